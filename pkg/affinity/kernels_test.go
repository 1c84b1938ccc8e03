package affinity_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// kernel is what all kernels are.
type kernel interface {
	Weigh(ctx context.Context, x mat.Matrix) (*affinity.Sparse, error)
}

func weigh(t testing.TB, k kernel, x mat.Matrix) *affinity.Sparse {
	t.Helper()
	return must[*affinity.Sparse](t)(k.Weigh(context.Background(), x))
}

// inputs are rows of every kind: random, on a lattice with many ties, with
// duplicates, and in groups of unlike density.
func inputs() map[string]*mat.Dense {
	lattice := mat.NewDense(49, 2, nil)
	for i := range 49 {
		lattice.SetRow(i, []float64{float64(i % 7), float64(i / 7)})
	}
	copies := fixture.Normal(2, 60, 3)
	for i := range 20 {
		copies.SetRow(3*i, copies.RawRowView(1))
	}
	groups := fixture.Normal(3, 70, 3)
	for i := range 35 {
		row := groups.RawRowView(i)
		for j := range row {
			row[j] = row[j]*100 + 1000
		}
	}
	return map[string]*mat.Dense{"normal": fixture.Normal(1, 80, 4), "lattice": lattice, "copies": copies, "groups": groups}
}

// listed is what a naive search knows of a row: all others, nearest first, ties by
// index.
type listed struct {
	row      int
	distance float64
}

func naive(x mat.Matrix, distance func(a, b []float64) float64) [][]listed {
	n, d := x.Dims()
	all := make([][]listed, n)
	a, b := make([]float64, d), make([]float64, d)
	for i := range n {
		mat.Row(a, i, x)
		for j := range n {
			if mat.Row(b, j, x); j != i {
				all[i] = append(all[i], listed{j, distance(a, b)})
			}
		}
		slices.SortFunc(all[i], func(a, b listed) int { return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(a.row, b.row)) })
	}
	return all
}

func euclidean(a, b []float64) float64 {
	sum := 0.
	for j := range a {
		sum += (a[j] - b[j]) * (a[j] - b[j])
	}
	return math.Sqrt(sum)
}

func manhattan(a, b []float64) (sum float64) {
	for j := range a {
		sum += math.Abs(a[j] - b[j])
	}
	return sum
}

// oneWay returns the matrix of what weight gives, row by row.
func oneWay(all [][]listed, weight func(i, rank int, l listed) float64) *mat.Dense {
	n := len(all)
	w := mat.NewDense(n, n, nil)
	for i := range all {
		for rank, l := range all[i] {
			w.Set(i, l.row, weight(i, rank, l))
		}
	}
	return w
}

func joined(w *mat.Dense, self float64, join func(a, b float64) float64) *mat.Dense {
	n, _ := w.Dims()
	s := mat.NewDense(n, n, nil)
	for i := range n {
		for j := range n {
			s.Set(i, j, join(w.At(i, j), w.At(j, i)))
		}
		s.Set(i, i, self)
	}
	return s
}

func half(a, b float64) float64 { return (a + b) / 2 }

// reference computes kernels from their definitions.
func reference(k kernel, x mat.Matrix) *mat.Dense {
	n, d := x.Dims()
	switch k := k.(type) {
	case affinity.AlphaDecay:
		distance := euclidean
		if _, ok := k.Metric.(neighbors.Manhattan); ok {
			distance = manhattan
		}
		k, _ = k.Resolve(n, d)
		all := naive(x, distance)
		return joined(oneWay(all, func(i, rank int, l listed) float64 {
			reach := all[i][k.Neighbors-1].distance
			if reach == 0 {
				if rank < k.Neighbors {
					return 1
				}
				return 0
			}
			w := math.Exp(-math.Pow(l.distance/reach, k.Decay))
			if w < k.Threshold || rank >= k.MaxNeighbors {
				return 0
			}
			return w
		}), 1, half)
	case affinity.Connectivity:
		k, _ = k.Resolve(n, d)
		return joined(oneWay(naive(x, euclidean), func(_, rank int, _ listed) float64 {
			if rank < k.Neighbors {
				return 1
			}
			return 0
		}), 0, map[affinity.Symmetrization]func(a, b float64) float64{
			affinity.Union: math.Max, affinity.Mutual: math.Min, affinity.Average: half}[k.Symmetrization])
	case affinity.AdaptiveGaussian:
		k, _ = k.Resolve(n, d)
		all := naive(x, euclidean)
		scale := make([]float64, n)
		for i := range scale {
			for _, l := range all[i][k.Local-1 : k.Neighbors] {
				if scale[i] == 0 {
					scale[i] = l.distance
				}
			}
		}
		return joined(oneWay(all, func(i, rank int, l listed) float64 {
			switch {
			case rank >= k.Neighbors:
				return 0
			case l.distance == 0:
				return 1
			}
			return math.Exp(-l.distance * l.distance / (scale[i] * scale[l.row]))
		}), 0, math.Max)
	case affinity.Gaussian:
		k, _ = k.Resolve(n, d)
		return joined(oneWay(naive(x, euclidean), func(_, rank int, l listed) float64 {
			if rank >= k.Neighbors {
				return 0
			}
			return math.Exp(-l.distance * l.distance / (4 * k.Epsilon))
		}), 1, math.Max)
	case affinity.Ball:
		return joined(oneWay(naive(x, euclidean), func(_, _ int, l listed) float64 {
			if l.distance <= k.Radius {
				return 1
			}
			return 0
		}), 0, math.Max)
	case affinity.Entropic:
		k, _ = k.Resolve(n, d)
		all := naive(x, euclidean)
		p := make([][]float64, n)
		for i := range p {
			p[i] = make([]float64, k.Neighbors)
			for rank, l := range all[i][:k.Neighbors] {
				p[i][rank] = l.distance * l.distance
			}
			if _, _, err := affinity.Perplexity(p[i], p[i], k.Perplexity); err != nil {
				panic(err)
			}
		}
		return joined(oneWay(all, func(i, rank int, _ listed) float64 {
			if rank >= k.Neighbors {
				return 0
			}
			return p[i][rank]
		}), 0, func(a, b float64) float64 { return (a + b) / float64(2*n) })
	case affinity.FuzzySet:
		k, _ = k.Resolve(n, d)
		all := naive(x, euclidean)
		mean := 0.
		for i := range all {
			for _, l := range all[i][:k.Neighbors-1] {
				mean += l.distance / float64(n*k.Neighbors)
			}
		}
		mix := k.Mix
		if mix < 1e-300 {
			mix = 0
		}
		return joined(oneWay(all, func(i, rank int, l listed) float64 {
			if rank >= k.Neighbors-1 {
				return 0
			}
			rho, sigma := bisected(all[i][:k.Neighbors-1], math.Log2(float64(k.Neighbors)), k.LocalConnectivity, mean)
			if l.distance <= rho {
				return 1
			}
			return math.Exp(-(l.distance - rho) / sigma)
		}), 0, func(a, b float64) float64 { return mix*(a+b-a*b) + (1-mix)*(a*b) })
	}
	panic(fmt.Sprintf("no reference for a %T", k))
}

// bisected finds ρ and σ of a row as umap-learn does, by halving, to the last digit.
func bisected(others []listed, count, connectivity, mean float64) (rho, sigma float64) {
	var apart []float64
	sum := 0.
	for _, l := range others {
		sum += l.distance
		if l.distance > 0 {
			apart = append(apart, l.distance)
		}
	}
	whole := int(connectivity)
	rest := connectivity - float64(whole)
	switch {
	case len(apart) == 0:
	case whole >= len(apart):
		rho = apart[len(apart)-1]
	case whole == 0:
		rho = rest * apart[0]
	default:
		rho = apart[whole-1] + rest*(apart[whole]-apart[whole-1])
	}
	given := func(sigma float64) (total float64) {
		for _, l := range others {
			if l.distance <= rho {
				total++
			} else {
				total += math.Exp(-(l.distance - rho) / sigma)
			}
		}
		return total
	}
	low, high := 0., 1e6
	for range 200 {
		if sigma = (low + high) / 2; given(sigma) > count {
			high = sigma
		} else {
			low = sigma
		}
	}
	least := mean
	if rho > 0 {
		least = sum / float64(len(others)+1)
	}
	return rho, max(sigma, least/1000)
}

// Every kernel gives the weights of its definition, whatever the rows.
func TestKernelsAreTheirDefinitions(t *testing.T) {
	testenv.Unraced(t)
	for name, x := range inputs() {
		for _, k := range []kernel{
			affinity.AlphaDecay{},
			affinity.AlphaDecay{Neighbors: 3, Decay: 2},                      // reaches far beyond the first neighbours
			affinity.AlphaDecay{Neighbors: 2, Decay: 1, Threshold: 1e-9},     // reaches all
			affinity.AlphaDecay{Neighbors: 3, Decay: 2, MaxNeighbors: 9},     // which is cut short
			affinity.AlphaDecay{Neighbors: 3, Metric: neighbors.Manhattan{}}, // by a metric that compares pairs
			affinity.Connectivity{Neighbors: 4},
			affinity.Connectivity{Neighbors: 4, Symmetrization: affinity.Mutual},
			affinity.Connectivity{Neighbors: 4, Symmetrization: affinity.Average},
			affinity.AdaptiveGaussian{},
			affinity.AdaptiveGaussian{Neighbors: 25, Local: 2},
			affinity.Gaussian{Neighbors: 12, Epsilon: .25},
			affinity.Ball{Radius: 1.5},
			affinity.Entropic{Perplexity: 7},
			affinity.Entropic{Perplexity: 7, Neighbors: 9},
			affinity.FuzzySet{},
			affinity.FuzzySet{Neighbors: 6, Mix: .3, LocalConnectivity: 2.5},
			affinity.FuzzySet{Mix: math.SmallestNonzeroFloat64, LocalConnectivity: .5},
		} {
			got, want := weigh(t, k, x), reference(k, x)
			n, _ := x.Dims()
			for i := range n {
				for j := range n {
					if v, w := got.At(i, j), want.At(i, j); math.Abs(v-w) > 1e-9*w || v != got.At(j, i) {
						t.Fatalf("%s, %+v: rows %d and %d weigh %v, want %v", name, k, i, j, v, w)
					}
				}
			}
			if !got.Symmetric() || got.Rows != mat32.Fingerprint(x) {
				t.Errorf("%s, %+v: symmetric %v, of rows %s", name, k, got.Symmetric(), got.Rows)
			}
		}
	}
}

// withGraph returns the kernel with a graph given.
func withGraph(k kernel, g *neighbors.Graph) kernel {
	switch k := k.(type) {
	case affinity.AlphaDecay:
		k.Graph = g
		return k
	case affinity.Connectivity:
		k.Graph = g
		return k
	case affinity.AdaptiveGaussian:
		k.Graph = g
		return k
	case affinity.Gaussian:
		k.Graph = g
		return k
	case affinity.Entropic:
		k.Graph = g
		return k
	case affinity.FuzzySet:
		k.Graph = g
		return k
	}
	panic(fmt.Sprintf("a %T takes no graph", k))
}

func TestGivenGraphs(t *testing.T) {
	ctx := context.Background()
	x := inputs()["copies"]
	n, _ := x.Dims()
	graph := func(k int, x mat.Matrix) *neighbors.Graph {
		return must[*neighbors.Graph](t)(neighbors.Exact{Neighbors: k}.Graph(ctx, x))
	}
	for _, k := range []kernel{affinity.AlphaDecay{Neighbors: 6, Decay: 3}, affinity.Connectivity{Neighbors: 6}, affinity.AdaptiveGaussian{Neighbors: 6},
		affinity.Gaussian{Neighbors: 6}, affinity.Entropic{Perplexity: 2}, affinity.FuzzySet{Neighbors: 7}} {
		want := weigh(t, k, x)
		for _, neighbors := range []int{6, 7, 20, n - 1} {
			if got := weigh(t, withGraph(k, graph(neighbors, x)), x); !mat.Equal(got, want) {
				t.Errorf("%T: a graph of %d neighbours gives other weights", k, neighbors)
			}
		}
		torn := graph(7, x)
		torn.Indices[3] = int32(n)
		for name, g := range map[string]*neighbors.Graph{"too few neighbours": graph(5, x), "other rows": graph(7, fixture.Normal(9, n, 3)), "torn": torn,
			"another metric": must[*neighbors.Graph](t)(neighbors.Exact{Neighbors: 7, Metric: neighbors.Manhattan{}}.Graph(ctx, x))} {
			var pe *mat32.ParamError
			if _, err := withGraph(k, g).Weigh(ctx, x); !errors.As(err, &pe) {
				t.Errorf("%T: %s: %v", k, name, err)
			}
		}
	}
}

func TestKernelsHaveTheSameBitsOnAnyCores(t *testing.T) {
	n := 1500 // many units of work
	if testing.Short() {
		n = 300
	}
	x := fixture.Normal(5, n, 3)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, k := range []kernel{affinity.AlphaDecay{Decay: 3}, affinity.Gaussian{}, affinity.Entropic{Perplexity: 5}, affinity.FuzzySet{}} {
		var want string
		for _, procs := range testenv.Cores() {
			runtime.GOMAXPROCS(procs)
			s := weigh(t, k, x)
			if got := s.Fingerprint() + fmt.Sprint(s.Scales, s); want == "" {
				want = got
			} else if got != want {
				t.Errorf("%T: %d cores give other bits than 1", k, procs)
			}
		}
	}
}

// What DESIGN and the doc comments say of rows that give a kernel nothing to go by.
func TestDegenerateRows(t *testing.T) {
	ctx := context.Background()
	equal := mat.NewDense(50, 2, nil)
	for _, k := range []kernel{affinity.AlphaDecay{}, affinity.Connectivity{}, affinity.AdaptiveGaussian{}, affinity.Gaussian{Epsilon: 1}, affinity.Ball{}, affinity.Entropic{}, affinity.FuzzySet{}} {
		s := weigh(t, k, equal)
		if c := s.Components(); c.Count != 1 {
			t.Errorf("%T: equal rows are in %v", k, c)
		}
	}
	var de *mat32.DegenerateError
	if _, err := (affinity.Gaussian{}).Weigh(ctx, equal); !errors.As(err, &de) || de.Method != "affinity.Gaussian" {
		t.Errorf("equal rows have a bandwidth: %v", err)
	}
	// A row given weight in one direction only is not alone; one too far for float64
	// is, and the notes say so.
	far := mat.NewDense(30, 1, nil)
	for i := range 29 {
		far.Set(i, 0, float64(i))
	}
	far.Set(29, 0, 1e6)
	for _, c := range []struct {
		k     kernel
		alone bool
	}{
		{affinity.AlphaDecay{}, false},
		{affinity.Connectivity{}, false},
		{affinity.Connectivity{Symmetrization: affinity.Mutual}, true},
		{affinity.AdaptiveGaussian{}, true},
		{affinity.Gaussian{Epsilon: 1}, true},
		{affinity.Ball{Radius: 1}, true},
		{affinity.Ball{}, false},
		{affinity.Entropic{}, false},
		{affinity.FuzzySet{}, false},
	} {
		s := weigh(t, c.k, far)
		said := slices.ContainsFunc(s.Notes, func(n string) bool { return n == "1 rows have no weights to others, row 29 among them" })
		if alone := s.Components().Count == 2; alone != c.alone || said != c.alone {
			t.Errorf("%+v: the far row is alone: %v, want %v; notes %q", c.k, alone, c.alone, s.Notes)
		}
	}
}

// Weights that would not fit end the search, and do not begin to fill the memory: of
// the corners of a simplex every row is as near as every other.
func TestTiesAreBoundedInMemory(t *testing.T) {
	const n = 300
	x := mat32.NewDense(n, n, nil)
	for i := range n {
		x.Set(i, i, 1)
	}
	ctx := context.Background()
	var me *mat32.MemoryError
	k := affinity.AlphaDecay{MemoryLimit: 4 << 20}
	if _, err := k.Weigh(ctx, x); !errors.As(err, &me) || me.Method != "affinity.AlphaDecay" {
		t.Errorf("all pairs of %d rows in 4 MB: %v", n, err)
	}
	k.MaxNeighbors = 10
	if s := weigh(t, k, x); s.NNZ() > n*21 {
		t.Errorf("at most 10 neighbours one way give %d weights", s.NNZ())
	}
	// Copies of one row give weight to few of each other.
	if s := weigh(t, affinity.AlphaDecay{MemoryLimit: 4 << 20}, mat.NewDense(n, 3, nil)); s.NNZ() > n*12 {
		t.Errorf("equal rows have %d weights", s.NNZ())
	}
}

func TestKernelsHearACancel(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	x := inputs()["normal"]
	for _, k := range []kernel{affinity.AlphaDecay{}, affinity.Connectivity{}, affinity.AdaptiveGaussian{}, affinity.Gaussian{}, affinity.Ball{}, affinity.Entropic{}, affinity.FuzzySet{}} {
		if _, err := k.Weigh(ctx, x); !errors.Is(err, context.Canceled) {
			t.Errorf("%T: %v", k, err)
		}
	}
}
