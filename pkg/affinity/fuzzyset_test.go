package affinity_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/tests/golden"
)

// All that a row gives sums to the count, wherever a scale can make it so.
func TestMembershipsSumToTheCount(t *testing.T) {
	for seed := range 300 {
		r := rng.New(uint64(seed), "distances", 0)
		n := 2 + r.IntN(30)
		unit := math.Pow(10, float64(r.IntN(200)-100))
		distances := make([]float64, n)
		for i := range distances {
			distances[i] = unit * (5 + r.Float64())
		}
		slices.Sort(distances)
		connectivity := 3 * r.Float64()
		count := 1 + float64(n-1)*r.Float64()
		given := make([]float64, n)
		rho, sigma, err := affinity.Memberships(given, distances, count, connectivity, 0)
		if err != nil {
			t.Fatal(err)
		}
		sum, mean, within := 0., 0., 0.
		for i, v := range given {
			sum += v
			mean += distances[i] / float64(n+1)
			if distances[i] <= rho {
				within++
			}
			if want := math.Exp(-max(distances[i]-rho, 0) / sigma); math.Abs(v-want) > 1e-12 {
				t.Fatalf("seed %d: at %v a row gives %v, want %v", seed, distances[i], v, want)
			}
		}
		switch {
		case sigma <= 1e-3*mean*(1+1e-12): // as small as it may be
			if sum < count-1e-9 {
				t.Errorf("seed %d: the least scale gives %v of %v", seed, sum, count)
			}
		case math.Abs(sum-count) > 1e-8:
			t.Errorf("seed %d: memberships sum to %v, want %v; %v are within ρ", seed, sum, count, within)
		}
	}
}

func TestMembershipsAtTheEdges(t *testing.T) {
	for _, c := range []struct {
		name                      string
		distances, want           []float64
		count, connectivity, mean float64
		rho, sigma                float64
	}{
		{"duplicates alone", []float64{0, 0, 0}, []float64{1, 1, 1}, 2, 1, 5, 0, .005},
		{"more copies than the count", []float64{0, 0, 0, 2, 4}, []float64{1, 1, 1, 1, 0}, 2, 1, 5, 2, .001},
		{"a count of all", []float64{1, 2, 3}, []float64{1, 1, 1}, 3, 1, 5, 1, math.MaxFloat64},
		{"ties", []float64{2, 2, 2, 2}, []float64{1, 1, 1, 1}, 2, 1, 5, 2, .0016},
		{"one", []float64{3}, []float64{1}, 1, 1, 5, 3, .0015},
		{"no connectivity", []float64{math.Ln2, math.Ln2}, []float64{.5, .5}, 1, 0, 0, 0, 1},
		{"all connected", []float64{1, 2, 3}, []float64{1, 1, 1}, 2, 7, 0, 3, .0015},
		{"between two", []float64{1, 2, 2 + math.Ln2}, []float64{1, math.Exp(-.5), .5 * math.Exp(-.5)}, 1 + 1.5*math.Exp(-.5), 1.5, 0, 1.5, 1},
	} {
		got := make([]float64, len(c.want))
		rho, sigma, err := affinity.Memberships(got, c.distances, c.count, c.connectivity, c.mean)
		if err != nil || math.Abs(rho-c.rho) > 1e-9 || math.Abs(sigma/c.sigma-1) > 1e-6 {
			t.Errorf("%s: ρ %v, σ %v, %v; want %v and %v", c.name, rho, sigma, err, c.rho, c.sigma)
		}
		for i, w := range c.want {
			if math.Abs(got[i]-w) > 1e-6 {
				t.Errorf("%s: gives %v, want %v", c.name, got, c.want)
				break
			}
		}
	}
	four := make([]float64, 4)
	var pe *mat32.ParamError
	var se *mat32.ShapeError
	for _, d := range [][]float64{{1, 2, 1, 3}, {-1, 0, 0, 0}, {1, 2, 3, math.NaN()}, {1, 2, 3, math.Inf(1)}} {
		if _, _, err := affinity.Memberships(four, d, 2, 1, 0); !errors.As(err, &pe) {
			t.Errorf("%v: %v", d, err)
		}
	}
	for _, p := range [][3]float64{{math.NaN(), 1, 1}, {2, -1, 1}, {2, 1, math.Inf(1)}} {
		if _, _, err := affinity.Memberships(four, []float64{1, 2, 3, 4}, p[0], p[1], p[2]); !errors.As(err, &pe) {
			t.Errorf("%v: %v", p, err)
		}
	}
	if _, _, err := affinity.Memberships(nil, nil, 2, 1, 0); !errors.As(err, &se) {
		t.Error(err)
	}
}

// Rows that have nothing in common are not joined, and a note tells whom it leaves
// alone.
func TestFuzzySetOfABoundedMetric(t *testing.T) {
	x := mat.NewDense(24, 12, nil)
	for i := range 22 { // two groups that share no column, of eleven rows each
		for j := range 4 {
			x.Set(i, 4*(i%2)+(i/2+j)%4, float64(1+(i+j)%3))
		}
	}
	x.Set(22, 10, 1) // shares columns with nobody
	x.Set(23, 11, 1)
	s := weigh(t, affinity.FuzzySet{Neighbors: 15, Metric: neighbors.Jaccard{}}, x)
	parts := s.Components()
	if parts.Count != 4 || parts.Labels[22] == parts.Labels[23] || parts.Labels[0] == parts.Labels[1] {
		t.Errorf("%v: %v", parts, parts.Labels)
	}
	if notes := strings.Join(s.Notes, "\n"); !strings.Contains(notes, "24 rows have fewer than 14 neighbours nearer than 1") ||
		!strings.Contains(notes, "2 rows have no weights to others, row 22 among them") {
		t.Errorf("notes %q", s.Notes)
	}
	for i, v := range s.Scales {
		if v < 0 || v-v != 0 {
			t.Errorf("row %d has σ %v", i, v)
		}
	}
	// Another measure of the same rows has no largest distance.
	if s := weigh(t, affinity.FuzzySet{Neighbors: 15}, x); strings.Contains(strings.Join(s.Notes, ""), "largest") {
		t.Errorf("notes %q", s.Notes)
	}
}

func TestFuzzySetRefuses(t *testing.T) {
	x := fixture.Normal(1, 20, 3)
	for param, k := range map[string]affinity.FuzzySet{
		"Neighbors":         {Neighbors: 21},
		"LocalConnectivity": {LocalConnectivity: 15},
		"Mix":               {Mix: 1.1},
		"MemoryLimit":       {MemoryLimit: -1},
	} {
		var pe *mat32.ParamError
		if _, err := k.Weigh(t.Context(), x); !errors.As(err, &pe) || pe.Param != param || pe.Method != "affinity.FuzzySet" {
			t.Errorf("%+v: %v", k, err)
		}
	}
	var pe *mat32.ParamError
	if _, err := (affinity.FuzzySet{Neighbors: 1}).Weigh(t.Context(), x); !errors.As(err, &pe) {
		t.Errorf("only the row itself: %v", err)
	}
	var se *mat32.ShapeError
	if _, err := (affinity.FuzzySet{}).Weigh(t.Context(), fixture.Normal(1, 1, 3)); !errors.As(err, &se) {
		t.Errorf("one row: %v", err)
	}
}

// Scales, distances of the first neighbour and weights are those of umap-learn, which
// computes in float32 and stops at a sum within 1e-5.
func TestFuzzySetAgainstUmapLearn(t *testing.T) {
	var file struct {
		Weights []struct {
			Table             string
			Rows, Neighbors   int
			Connectivity, Mix float64
			Sigmas, Rhos      []float64
			Heads, Tails      []int
			Weights           []float64
		}
	}
	golden.Load(t, "umap", &file)
	if len(file.Weights) < 3 {
		t.Fatalf("the golden file has %d fuzzy sets", len(file.Weights))
	}
	for _, want := range file.Weights {
		x := datasets.Wine().X
		if want.Table == "digits" {
			x = datasets.Digits().X
		}
		rows := mat.DenseCopyOf(x)
		_, d := rows.Dims()
		part := rows.Slice(0, want.Rows, 0, d)
		s := weigh(t, affinity.FuzzySet{Neighbors: want.Neighbors, LocalConnectivity: want.Connectivity, Mix: want.Mix}, part)
		g := must[*neighbors.Graph](t)(neighbors.Exact{Neighbors: want.Neighbors - 1}.Graph(t.Context(), part))
		for i := range want.Rows {
			_, distances := g.Row(i)
			rho, sigma, err := affinity.Memberships(make([]float64, len(distances)), distances, math.Log2(float64(want.Neighbors)), want.Connectivity, 0)
			if err != nil || math.Abs(rho-want.Rhos[i]) > 1e-6*want.Rhos[i] || sigma != s.Scales[i] {
				t.Fatalf("%s, row %d: ρ %v, σ %v, %v; want %v and %v", want.Table, i, rho, sigma, err, want.Rhos[i], s.Scales[i])
			}
			if math.Abs(s.Scales[i]-want.Sigmas[i]) > 1e-4*want.Sigmas[i] {
				t.Errorf("%s, row %d: σ %v, want %v", want.Table, i, s.Scales[i], want.Sigmas[i])
			}
		}
		count := 0
		for k, w := range want.Weights {
			if w < 1e-12 { // which float32 has lost
				continue
			}
			count++
			if got := s.At(want.Heads[k], want.Tails[k]); math.Abs(got-w) > 5e-5 {
				t.Errorf("%s: rows %d and %d weigh %v, want %v", want.Table, want.Heads[k], want.Tails[k], got, w)
			}
		}
		if got := s.NNZ() / 2; got < count || got > count+count/20 {
			t.Errorf("%s: %d pairs are weighed, want %d", want.Table, got, count)
		}
	}
}

// The seed is that of the search for neighbours, where it is approximate.
func TestFuzzySetDrawsApproximateNeighbors(t *testing.T) {
	testenv.Unraced(t)
	x := fixture.Normal(1, 5200, 40)
	k := affinity.FuzzySet{Neighbors: 4, Metric: neighbors.Manhattan{}}
	one := weigh(t, k, x)
	if again := weigh(t, k, x); again.Fingerprint() != one.Fingerprint() {
		t.Error("the same seed gives other weights")
	}
	k.Seed = 1
	if other := weigh(t, k, x); other.Fingerprint() == one.Fingerprint() {
		t.Error("another seed gives the same weights")
	}
}
