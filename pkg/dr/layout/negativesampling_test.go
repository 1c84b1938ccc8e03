package layout

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
	"github.com/flatland-go/flatland/tests/golden"
)

// joins are symmetric weights of n points on a ring, in groups of ten with few weights
// between them, by rows.
type joins struct {
	columns [][]int32
	weights [][]float64
}

func (w *joins) row(i int) ([]int32, []float64) { return w.columns[i], w.weights[i] }

func ring(n int) *joins {
	w := &joins{make([][]int32, n), make([][]float64, n)}
	for i := range n {
		for j := range n {
			gap := min((i-j+n)%n, (j-i+n)%n)
			if gap == 0 || gap > 7 {
				continue
			}
			v := math.Exp(-float64(gap-1) / 2)
			if i/10 != j/10 {
				v /= 20
			}
			w.columns[i], w.weights[i] = append(w.columns[i], int32(j)), append(w.weights[i], v)
		}
	}
	return w
}

// shuffled are the same points in an order that tells nothing of where they are.
func (w *joins) shuffled() *joins {
	n := len(w.columns)
	r := rng.New(1, "shuffled", 0)
	to := make([]int32, n)
	for i := range to {
		j := r.IntN(i + 1)
		to[i], to[j] = to[j], int32(i)
	}
	s := &joins{make([][]int32, n), make([][]float64, n)}
	for i, columns := range w.columns {
		s.weights[to[i]] = w.weights[i]
		for _, j := range columns {
			s.columns[to[i]] = append(s.columns[to[i]], to[j])
		}
	}
	return s
}

func scattered(n, dim int, seed uint64) []float32 {
	y := make([]float32, n*dim)
	r := rng.New(seed, "scattered", 0)
	for i := range y {
		y[i] = float32(10 * r.Float64())
	}
	return y
}

func sampling(t testing.TB, epochs int) *NegativeSampling {
	a, b, err := FitAB(.1, 1)
	if err != nil {
		t.Fatal(err)
	}
	s := &NegativeSampling{Negatives: 5, Rate: 1, Epochs: epochs, Seed: 3, Purpose: "test"}
	s.Pull, s.Push = UMAPForces(a, b, 1)
	return s
}

func edgesOf(t testing.TB, n int, row func(int) ([]int32, []float64), epochs int) *Edges {
	e, err := NewEdges(context.Background(), n, row, 1, epochs)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func run(t testing.TB, s *NegativeSampling, y []float32, dim int, e *Edges) []float32 {
	y = slices.Clone(y)
	if err := s.Run(context.Background(), y, dim, e); err != nil {
		t.Fatal(err)
	}
	return y
}

// The values that umap-learn documents, and curves that are of the family themselves.
func TestFitABAgainstPublishedValues(t *testing.T) {
	for _, c := range []struct{ minDist, spread, a, b, tolerance float64 }{
		{.1, 1, 1.5769434, .8950608, 1e-5},
		{.01, 1, 1.90, .80, 5e-3},
		{.001, 1, 1.929, .792, 5e-4},
	} {
		a, b, err := FitAB(c.minDist, c.spread)
		if err != nil || math.Abs(a-c.a) > c.tolerance || math.Abs(b-c.b) > c.tolerance {
			t.Errorf("%v, %v: a %.7f, b %.7f, %v; want %v, %v", c.minDist, c.spread, a, b, err, c.a, c.b)
		}
	}
	var file struct {
		Curves []struct {
			MinDist float64 `json:"min_dist"`
			Spread  float64
			A, B    float64
		}
	}
	golden.Load(t, "umap", &file)
	if len(file.Curves) < 5 {
		t.Fatalf("the golden file has %d curves", len(file.Curves))
	}
	for _, c := range file.Curves {
		if a, b, err := FitAB(c.MinDist, c.Spread); err != nil || math.Abs(a/c.A-1) > 1e-5 || math.Abs(b/c.B-1) > 1e-5 {
			t.Errorf("%+v: a %.7f, b %.7f, %v", c, a, b, err)
		}
	}
	// The unit of the map does not matter: 1/(1+a·d^2b) at d = 7·x is the curve at x.
	a, b, _ := FitAB(.1, 1)
	sa, sb, err := FitAB(.7, 7)
	if err != nil || math.Abs(sb-b) > 1e-9 || math.Abs(sa*math.Pow(7, 2*sb)-a) > 1e-9 {
		t.Errorf("in another unit a %v, b %v, %v; want %v, %v", sa*math.Pow(7, 2*sb), sb, err, a, b)
	}
	for _, c := range [][2]float64{{-1, 1}, {2, 1}, {.1, 0}, {.1, math.Inf(1)}, {math.NaN(), 1}, {0, math.NaN()}} {
		var pe *mat32.ParamError
		if _, _, err := FitAB(c[0], c[1]); !errors.As(err, &pe) {
			t.Errorf("%v: %v", c, err)
		}
	}
	for _, c := range [][2]float64{{0, 1}, {1, 1}, {1e-300, 1e-3}, {.99, 1e6}} {
		if a, b, err := FitAB(c[0], c[1]); err != nil || !(a > 0 && b > 0) || math.IsInf(a+b, 0) {
			t.Errorf("%v: a %v, b %v, %v", c, a, b, err)
		}
	}
}

// Forces are the gradients of the cross entropy of a pair, by finite differences.
func TestForcesAreGradients(t *testing.T) {
	const a, b, strength = 1.577, .895, 2.
	pull, push := UMAPForces(a, b, strength)
	v := func(d float64) float64 { return 1 / (1 + a*math.Pow(d, 2*b)) }
	for d := .3; d < 60; d *= 1.07 {
		h := d * 1e-4
		slope := func(f func(d float64) float64) float64 { return (f(d+h) - f(d-h)) / (2 * h) }
		joined := slope(func(d float64) float64 { return math.Log(v(d)) })
		if got := float64(pull.At(float32(d*d))) * d; math.Abs(got-joined) > 2e-4*math.Abs(joined) {
			t.Errorf("at %v the pull is %v, want %v", d, got, joined)
		}
		// The push is that of a squared distance 0.001 larger, in its first factor.
		parted := strength * slope(func(d float64) float64 { return math.Log(1 - v(d)) }) * d * d / (d*d + umapCore)
		if got := float64(push.At(float32(d*d))) * d; math.Abs(got-parted) > 2e-4*math.Abs(parted) {
			t.Errorf("at %v the push is %v, want %v", d, got, parted)
		}
	}
}

func TestForceIsItsFormula(t *testing.T) {
	for name, f := range map[string]func(s float64) float64{
		"rising":  func(s float64) float64 { return math.Sqrt(s) },
		"falling": func(s float64) float64 { return -3 / (.1 + s) },
		"steep":   func(s float64) float64 { return 1 / s },
	} {
		force := NewForce(f, 4)
		for s := 1e-28; s < 1e28; s *= 1.013 {
			if got, want := float64(force.At(float32(s))), f(float64(float32(s))); math.Abs(got-want) > 1.3e-4*math.Abs(want) {
				t.Fatalf("%s: at %v it is %v, want %v", name, s, got, want)
			}
			// Where nothing is clipped, nothing need be.
			if v := math.Abs(f(s)) * math.Sqrt(s); float32(s) >= force.below && v > 4.001 {
				t.Fatalf("%s: at %v it is %v, and is not clipped", name, s, v)
			}
		}
		for _, s := range []float32{0, math.SmallestNonzeroFloat32, math.MaxFloat32, float32(math.Inf(1))} {
			if v := force.At(s); v-v != 0 {
				t.Errorf("%s: at %v it is %v", name, s, v)
			}
		}
	}
}

// An edge fires as often as its weight says, at the epochs at which umap-learn's does:
// after each multiple of most/weight.
func TestEdgesFireOnTime(t *testing.T) {
	const epochs = 200
	weights := []float64{1, .999, .75, 2. / 3, .5, .3, .01, .005, .0049}
	e, err := NewEdges(context.Background(), 1, func(int) ([]int32, []float64) {
		w := slices.Clone(weights)
		for i := range w {
			w[i] *= 7
		}
		return make([]int32, len(w)), w
	}, 7, epochs)
	if err != nil || e.Len() != len(weights)-1 {
		t.Fatalf("%d edges, %v; want all but the last, which never fires", e.Len(), err)
	}
	fired := make([][]int, len(weights))
	buffer := make([]int32, len(weights)+1)
	visits := headByHead(e).visits
	for epoch := range epochs {
		for _, k := range buffer[:fire(buffer, visits, uint32(epoch+1), 0)] {
			fired[k] = append(fired[k], epoch+1)
		}
	}
	for k, w := range weights[:e.Len()] {
		want := 0
		for m := 1; float64(m)/w < epochs+.5; m++ {
			at := int(math.Ceil(float64(m)/w - 1e-3))
			if at > epochs {
				break
			}
			if want++; want > len(fired[k]) || fired[k][want-1] != at {
				t.Fatalf("weight %v fires at %v; want time %d to be %d", w, fired[k], m, at)
			}
		}
		if want != len(fired[k]) {
			t.Errorf("weight %v fires %d times, want %d", w, len(fired[k]), want)
		}
	}
}

// Staggered edges fire as often on average, few or many times, and as many of them in the
// first epochs as in the last, also where each would fire in less than one of ten runs.
func TestStaggeredEdgesFireEvenly(t *testing.T) {
	const (
		count  = 5000
		epochs = 40
	)
	for _, weight := range []float64{.0002, .002, .03, .4} {
		e, err := NewEdges(context.Background(), 1, func(int) ([]int32, []float64) {
			return make([]int32, count), slices.Repeat([]float64{weight}, count)
		}, 1, math.MaxInt)
		if err != nil || e.Len() != count {
			t.Fatalf("%d edges, %v", e.Len(), err)
		}
		visits := headByHead(e).visits
		buffer := make([]int32, count+1)
		halves := [2]int{}
		for epoch := range epochs {
			halves[epoch*2/epochs] += fire(buffer, visits, uint32(epoch+1), goldenSection)
		}
		for half, fired := range halves {
			if want := weight * count * epochs / 2; math.Abs(float64(fired)-want) > 3 {
				t.Errorf("edges of weight %v fire %d times in half %d of the epochs, want %v", weight, fired, half, want)
			}
		}
	}
}

// In a tournament every edge is visited once, and no point by two units of a round.
func TestTournamentMeetsEveryEdgeOnce(t *testing.T) {
	for _, n := range []int{1, 5, 127, 128, 130, 701, 3001} {
		w := ring(n)
		p, err := tournament(context.Background(), edgesOf(t, n, w.row, 100_000), scattered(n, 2, 1), 2)
		if err != nil {
			t.Fatal(err)
		}
		type edge struct{ head, tail int32 }
		met, taken := map[edge]bool{}, make([]int, n)
		for round, units := range p.rounds {
			for u, unit := range units {
				for _, v := range p.visits[unit.lo:unit.hi] {
					e := edge{int32(p.point(int(v.head))), int32(p.point(int(v.tail)))}
					if met[e] {
						t.Fatalf("n = %d: %v is visited twice", n, e)
					}
					met[e] = true
					for _, i := range []int32{e.head, e.tail} {
						by := round*len(p.visits) + u + 1
						if old := taken[i]; old > round*len(p.visits) && old != by {
							t.Fatalf("n = %d: two units of round %d move point %d", n, round, i)
						}
						taken[i] = by
					}
				}
			}
		}
		for i := range n {
			if p.point(p.slot(i)) != i {
				t.Fatalf("n = %d: slot %d is that of %d", n, p.slot(i), i)
			}
			for _, j := range w.columns[i] {
				if !met[edge{int32(i), j}] {
					t.Fatalf("n = %d: the edge of %d and %d is never visited", n, i, j)
				}
			}
		}
	}
}

// Points that lie together are in one block, so the edges of neighbours meet in the first
// round; where they lie anywhere, an eighth of them do.
func TestTournamentKeepsNeighborsTogether(t *testing.T) {
	const n = 2000
	circle := make([]float32, 2*n)
	for i := range n {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / n)
		circle[2*i], circle[2*i+1] = float32(cos), float32(sin)
	}
	w := ring(n)
	share := func(y []float32) float64 {
		p, err := tournament(context.Background(), edgesOf(t, n, w.row, 100_000), y, 2)
		if err != nil {
			t.Fatal(err)
		}
		met := 0
		for _, u := range p.rounds[0] {
			met += u.hi - u.lo
		}
		for b := range p.starts[1:] {
			if lo, hi := p.ends(b); hi-lo != n/8 {
				t.Errorf("block %d has %d points", b, hi-lo)
			}
		}
		return float64(met) / float64(len(p.visits))
	}
	if got := share(circle); got < .9 {
		t.Errorf("%.3f of the edges of a circle meet in the first round", got)
	}
	if got := share(scattered(n, 2, 1)); got > .3 {
		t.Errorf("%.3f of the edges of points anywhere meet in the first round", got)
	}
}

func TestFirst(t *testing.T) {
	for _, n := range []int{1, 2, 3, 10, 1000} {
		for _, k := range []int{0, 1, n / 2, n - 1, n} {
			points := make([]int32, n)
			for i := range points {
				points[i] = int32(i)
			}
			first(k, points, func(i, j int32) bool { return i%5 < j%5 || i%5 == j%5 && i < j })
			for _, a := range points[:k] {
				for _, b := range points[k:] {
					if b%5 < a%5 || b%5 == a%5 && b < a {
						t.Fatalf("n = %d, k = %d: %d is not among the first", n, k, b)
					}
				}
			}
		}
	}
}

func TestNegativeSamplingHasTheSameBitsOnAnyCores(t *testing.T) {
	n, epochs := 700, 30
	if testing.Short() {
		n, epochs = 300, 5
	}
	for _, dim := range []int{2, 3} {
		e := edgesOf(t, n, ring(n).row, epochs)
		var want []float32
		for _, procs := range testenv.Cores() {
			old := runtime.GOMAXPROCS(procs)
			got := run(t, sampling(t, epochs), scattered(n, dim, 1), dim, e)
			runtime.GOMAXPROCS(old)
			if want == nil {
				want = got
			}
			if !slices.Equal(got, want) {
				t.Errorf("%d dimensions: %d cores give other bits", dim, procs)
			}
		}
	}
}

// flatSpace is Euclidean space, the long way.
type flatSpace struct{}

func (flatSpace) Difference(dst, a, b []float32) (squared float32) {
	for c, v := range a {
		dst[c] = v - b[c]
		squared += dst[c] * dst[c]
	}
	return squared
}

func (flatSpace) Move(a, direction []float32) {
	for c, v := range direction {
		a[c] += v
	}
}

// The plane has a loop of its own, which does what that of all spaces does.
func TestPlaneIsASpace(t *testing.T) {
	const n, epochs = 60, 12
	e := edgesOf(t, n, ring(n).row, epochs)
	y := scattered(n, 2, 1)
	plain := run(t, sampling(t, epochs), y, 2, e)
	s := sampling(t, epochs)
	s.More = func(int, int, uint32, float32) float32 { return 0 }
	if got := run(t, s, y, 2, e); !slices.Equal(got, plain) {
		t.Error("with nothing more the map is another")
	}
	s = sampling(t, epochs)
	s.Space = flatSpace{}
	if got := run(t, s, y, 2, e); !slices.Equal(got, plain) {
		t.Error("in a flat space the map is another")
	}
	s = sampling(t, epochs)
	all := make([]int32, n)
	for i := range all {
		all[i] = int32(i)
	}
	s.Pushers = all
	if got := run(t, s, y, 2, e); !slices.Equal(got, plain) {
		t.Error("with all points as pushers the map is another")
	}
}

// serial is stochastic gradient descent as umap-learn does it: edge after edge, each end
// moved at once, in float64.
func serial(w *joins, y []float32, dim, epochs, negatives int, a, b float64, seed uint64) []float32 {
	n := len(y) / dim
	p := make([]float64, len(y))
	for i, v := range y {
		p[i] = float64(v)
	}
	r := rng.New(seed, "serial", 0)
	next := make([][]float64, n)
	for i := range next {
		for _, v := range w.weights[i] {
			next[i] = append(next[i], 1/v)
		}
	}
	clip := func(v float64) float64 { return max(-4, min(4, v)) }
	rate := 1.
	for epoch := range epochs + 1 {
		for i := range n {
			for k, j := range w.columns[i] {
				if next[i][k] > float64(epoch) {
					continue
				}
				next[i][k] += 1 / w.weights[i][k]
				move := func(j int, g func(s float64) float64, both bool) {
					s := 0.
					for c := range dim {
						s += math.Pow(p[i*dim+c]-p[j*dim+c], 2)
					}
					if s == 0 {
						return
					}
					for c := range dim {
						step := rate * clip(g(s)*(p[i*dim+c]-p[j*dim+c]))
						p[i*dim+c] += step
						if both {
							p[j*dim+c] -= step
						}
					}
				}
				move(int(j), func(s float64) float64 { return -2 * a * b * math.Pow(s, b-1) / (1 + a*math.Pow(s, b)) }, true)
				for range negatives {
					move(r.IntN(n), func(s float64) float64 { return 2 * b / ((.001 + s) * (1 + a*math.Pow(s, b))) }, false)
				}
			}
		}
		rate = 1 - float64(epoch)/float64(epochs)
	}
	for i, v := range p {
		y[i] = float32(v)
	}
	return y
}

// Points in blocks come as far in as many epochs as points that move one by one: over
// seeds, the cross entropy is no larger, but for its spread.
func TestBlocksCostNoEpochs(t *testing.T) {
	testenv.Unraced(t)
	const n, seeds = 280, 9
	w := ring(n).shuffled()
	a, b, _ := FitAB(.1, 1)
	c := CrossEntropy{A: a, B: b, Row: w.row, Most: 1}
	for _, epochs := range []int{20, 60} {
		var ours, theirs [seeds]float64
		for seed := range uint64(seeds) {
			s := sampling(t, epochs)
			s.Seed = seed
			y := scattered(n, 2, seed)
			var err error
			if ours[seed], err = c.Of(context.Background(), run(t, s, y, 2, edgesOf(t, n, w.row, epochs)), 2); err != nil {
				t.Fatal(err)
			}
			if theirs[seed], err = c.Of(context.Background(), serial(w, y, 2, epochs, 5, a, b, seed), 2); err != nil {
				t.Fatal(err)
			}
		}
		slices.Sort(ours[:])
		slices.Sort(theirs[:])
		if t.Logf("%d epochs: in blocks %.4v, one by one %.4v", epochs, ours, theirs); ours[seeds/2] > 1.04*theirs[seeds/2] {
			t.Errorf("%d epochs: the median cross entropy is %v, one by one %v", epochs, ours[seeds/2], theirs[seeds/2])
		}
	}
}

// Heads among anchors move each on its own, whoever comes with it.
func TestHeadsAmongAnchors(t *testing.T) {
	const n, epochs = 50, 20
	w := ring(n)
	anchors := scattered(n, 2, 4)
	heads := []int{3, 17, 41}
	at := func(which []int) []float32 {
		s := sampling(t, epochs)
		s.Anchors = slices.Clone(anchors)
		var y []float32
		for _, i := range which {
			s.Keys = append(s.Keys, uint64(1000+i))
			y = append(y, anchors[2*i]+1, anchors[2*i+1])
		}
		e := edgesOf(t, len(which), func(h int) ([]int32, []float64) { return w.row(which[h]) }, epochs)
		got := run(t, s, y, 2, e)
		if !slices.Equal(s.Anchors, anchors) {
			t.Error("anchors moved")
		}
		if slices.Equal(got, y) {
			t.Error("heads stayed")
		}
		return got
	}
	together := at(heads)
	for h, i := range heads {
		if alone := at([]int{i}); !slices.Equal(alone, together[2*h:2*h+2]) {
			t.Errorf("head %d is at %v alone, and at %v in company", i, alone, together[2*h:2*h+2])
		}
	}
}

func TestNegativeSamplingRefuses(t *testing.T) {
	const n = 20
	ctx := context.Background()
	e := edgesOf(t, n, ring(n).row, 5)
	y := scattered(n, 2, 1)
	for name, spoil := range map[string]func(s *NegativeSampling){
		"Pull":      func(s *NegativeSampling) { s.Pull = nil },
		"Push":      func(s *NegativeSampling) { s.Push = nil },
		"Negatives": func(s *NegativeSampling) { s.Negatives = -1 },
		"Epochs":    func(s *NegativeSampling) { s.Epochs = -1 },
		"Rate":      func(s *NegativeSampling) { s.Rate = math.NaN() },
		"Keys":      func(s *NegativeSampling) { s.Keys = make([]uint64, 3) },
		"Anchors":   func(s *NegativeSampling) { s.Anchors = y[:10] },
		"Pushers":   func(s *NegativeSampling) { s.Pushers = []int32{n} },
	} {
		s := sampling(t, 5)
		spoil(s)
		var pe *mat32.ParamError
		if err := s.Run(ctx, y, 2, e); !errors.As(err, &pe) || pe.Param != name {
			t.Errorf("%s: %v", name, err)
		}
	}
	var pe *mat32.ParamError
	if err := sampling(t, 5).Run(ctx, y[:7], 2, e); !errors.As(err, &pe) {
		t.Errorf("too few coordinates: %v", err)
	}
	for _, c := range []struct {
		tail   int32
		most   float64
		epochs int
	}{{-1, 1, 5}, {0, 0, 5}, {0, 1, 0}} {
		if _, err := NewEdges(ctx, 1, func(int) ([]int32, []float64) { return []int32{c.tail}, []float64{1} }, c.most, c.epochs); !errors.As(err, &pe) {
			t.Errorf("%v: %v", c, err)
		}
	}
	s := sampling(t, 5)
	s.Negatives, s.Push = 0, nil
	if err := s.Run(ctx, y, 2, e); err != nil {
		t.Errorf("no pushers: %v", err)
	}
}

func TestNegativeSamplingIsWatchedAndCanceled(t *testing.T) {
	const n, epochs = 40, 30
	e := edgesOf(t, n, ring(n).row, epochs)
	ctx, cancel := context.WithCancel(context.Background())
	var at []string
	var last []float64
	ctx = watch.With(ctx, func(v watch.Event) {
		at = append(at, fmt.Sprint(v.Stage, v.Done, v.Total))
		last = v.Layout().RawMatrix().Data
		if v.Done == 7 {
			cancel()
		}
	})
	y := scattered(n, 2, 1)
	if err := sampling(t, epochs).Run(ctx, y, 2, e); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if len(at) != 7 || at[6] != "test7 30" {
		t.Errorf("heard of %v", at)
	}
	for i, v := range last {
		if v != float64(y[i]) {
			t.Fatal("the last layout shown is not where the points are")
		}
	}
	broken := errors.New("broken")
	s := sampling(t, epochs)
	s.Before = func(epoch int, _ []float32) error {
		if epoch == 3 {
			return broken
		}
		return nil
	}
	if err := s.Run(context.Background(), y, 2, e); !errors.Is(err, broken) {
		t.Error(err)
	}
}

// The cross entropy is its definition, and its estimate is near.
func TestCrossEntropyByDefinition(t *testing.T) {
	const n, dim, a, b = 90, 3, 1.3, .8
	w := ring(n)
	y := scattered(n, dim, 6)
	want := 0.
	for i := range n {
		for j := range i {
			s := 0.
			for c := range dim {
				s += math.Pow(float64(y[i*dim+c]-y[j*dim+c]), 2)
			}
			v := 1 / (1 + a*math.Pow(max(s, umapCore), b))
			weight := 0.
			if at := slices.Index(w.columns[i], int32(j)); at >= 0 {
				weight = w.weights[i][at]
			}
			if weight > 0 {
				want += weight * math.Log(weight/v)
			}
			if weight < 1 {
				want += (1 - weight) * math.Log((1-weight)/(1-v))
			}
		}
	}
	want /= n
	twice := func(i int) ([]int32, []float64) {
		columns, weights := w.row(i)
		weights = slices.Clone(weights)
		for k := range weights {
			weights[k] *= 2
		}
		return columns, weights
	}
	for name, c := range map[string]CrossEntropy{"all": {A: a, B: b, Row: w.row, Most: 1}, "in another unit": {A: a, B: b, Row: twice, Most: 2}} {
		if got, err := c.Of(context.Background(), y, dim); err != nil || math.Abs(got-want) > 1e-4*want {
			t.Errorf("%s: %v, %v; want %v", name, got, err, want)
		}
	}
	if got, err := (CrossEntropy{A: a, B: b, Row: w.row, Most: 1, Samples: 40}).Of(context.Background(), y, dim); err != nil || math.Abs(got-want) > .05*want {
		t.Errorf("an estimate is %v, %v; want near %v", got, err, want)
	}
}
