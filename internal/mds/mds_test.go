package mds

import (
	"context"
	"errors"
	"math"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/testenv"
)

// between returns the distances between the rows of x.
func between(x *mat.Dense) []float64 {
	n, _ := x.Dims()
	pairs, _ := Condense(context.Background(), n, func(i int, after []float64) {
		for t := range after {
			s := 0.
			for c, v := range x.RawRowView(i) {
				s += (v - x.At(i+1+t, c)) * (v - x.At(i+1+t, c))
			}
			after[t] = math.Sqrt(s)
		}
	})
	return pairs
}

// sizes leaves out those that take long under the race detector.
func sizes(n ...int) []int {
	if testing.Short() {
		n = slices.DeleteFunc(n, func(n int) bool { return n > 200 })
	}
	return n
}

// twisted returns distances that are those of no points.
func twisted(n int) []float64 {
	d := between(fixture.Normal(3, n, 4))
	for i := range d {
		d[i] = math.Abs(d[i] + .3*math.Sin(float64(i)))
	}
	return d
}

func weighted(n int) []float64 {
	w := make([]float64, n*(n-1)/2)
	for i := range w {
		w[i] = float64(i%4) / 2
	}
	return w
}

// methods are all ways to place points.
func methods(n int) map[string]func(ctx context.Context, d []float64) (*Layout, error) {
	start := fixture.Normal(9, n, 2)
	return map[string]func(ctx context.Context, d []float64) (*Layout, error){
		"SMACOF": func(ctx context.Context, d []float64) (*Layout, error) { return SMACOF{Dim: 2}.Place(ctx, n, d) },
		"SMACOF, start": func(ctx context.Context, d []float64) (*Layout, error) {
			return SMACOF{Dim: 2, Start: start, Iterations: 20}.Place(ctx, n, d)
		},
		"SMACOF, weighted": func(ctx context.Context, d []float64) (*Layout, error) {
			return SMACOF{Dim: 3, Weights: weighted(n)}.Place(ctx, n, d)
		},
		"SGD": func(ctx context.Context, d []float64) (*Layout, error) { return SGD{Dim: 2, Seed: 4}.Place(ctx, n, d) },
		"SGD, weighted": func(ctx context.Context, d []float64) (*Layout, error) {
			return SGD{Dim: 3, Weights: weighted(n)}.Place(ctx, n, d)
		},
		"NonMetric": func(ctx context.Context, d []float64) (*Layout, error) {
			return NonMetric{Dim: 2, Iterations: 20}.Place(ctx, n, d)
		},
	}
}

func TestDistancesOfPointsAreRecovered(t *testing.T) {
	ctx := context.Background()
	for _, n := range sizes(3, 70, 400) {
		x := fixture.Normal(5, n, 2)
		d := between(x)
		for name, place := range methods(n) {
			if name == "SMACOF, start" {
				continue // need not reach the global minimum
			}
			l, err := place(ctx, d)
			if err != nil {
				t.Fatalf("%s, n = %d: %v", name, n, err)
			}
			if s := l.Normalized(); !(s < 1e-3) {
				t.Errorf("%s, n = %d: stress %v", name, n, s)
			}
		}
		for _, exact := range []bool{false, true} {
			f, err := Classical{Dim: 2, Exact: exact}.Place(ctx, n, d)
			if err != nil {
				t.Fatal(err)
			}
			for i, v := range between(f.Points) {
				if math.Abs(v-d[i]) > 1e-6*(1+d[i]) {
					t.Fatalf("classical, exact %v, n = %d: distance %d is %v, want %v", exact, n, i, v, d[i])
				}
			}
			if len(f.Notes) > 0 {
				t.Errorf("classical, n = %d: %q", n, f.Notes)
			}
		}
	}
}

// The pass is what its formulas say, pair by pair.
func TestPass(t *testing.T) {
	ctx := context.Background()
	for _, n := range sizes(1, 2, 65, 130, 600) {
		for k := 1; k <= 4; k++ {
			d := twisted(n)
			for _, w := range [][]float64{nil, weighted(n)} {
				points := fixture.Normal(2, n, k)
				if n > 2 {
					points.SetRow(2, mat.Row(nil, 0, points)) // at the same place
				}
				var stress, squares float64
				want := mat.NewDense(n, k, nil)
				for i := range n {
					for j := i + 1; j < n; j++ {
						p, s, weight := after(n, i)+j-i-1, 0., 1.
						if w != nil {
							weight = w[p]
						}
						for c := range k {
							s += math.Pow(points.At(i, c)-points.At(j, c), 2)
						}
						length := math.Sqrt(s)
						stress += weight * (length - d[p]) * (length - d[p])
						squares += weight * s
						if s == 0 {
							continue
						}
						for c := range k {
							v := weight * d[p] / length * (points.At(i, c) - points.At(j, c))
							want.Set(i, c, want.At(i, c)+v)
							want.Set(j, c, want.At(j, c)-v)
						}
					}
				}
				x, got := columnsOf(points), newCoordinates(n, k)
				totals, err := newPass(n, k, d, w).run(ctx, x, &got)
				if err != nil {
					t.Fatal(err)
				}
				near := func(a, b float64) bool { return math.Abs(a-b) <= 1e-10*(1+math.Abs(b)) }
				if !near(totals.stress, stress) || !near(totals.squares, squares) || !mat.EqualApprox(got.dense(), want, 1e-9*float64(n)) {
					t.Errorf("n = %d, k = %d, weights %v: %v, want %v and %v", n, k, w != nil, totals, stress, squares)
				}
				if a, b, err := Stress(ctx, d, w, points); err != nil || a != totals.stress || b != totals.squares {
					t.Errorf("n = %d, k = %d: Stress has %v and %v: %v", n, k, a, b, err)
				}
			}
		}
	}
}

func TestSMACOFNeverRises(t *testing.T) {
	ctx := context.Background()
	const n = 60
	d := twisted(n)
	for _, w := range [][]float64{nil, weighted(n)} {
		last := math.Inf(1)
		for it := 1; it < 30; it++ {
			l, err := SMACOF{Dim: 2, Weights: w, Iterations: it, Tolerance: 1e-15, Start: fixture.Normal(1, n, 2)}.Place(ctx, n, d)
			if err != nil {
				t.Fatal(err)
			}
			if l.Stress > last {
				t.Errorf("iteration %d: %v after %v", it, l.Stress, last)
			}
			last = l.Stress
		}
	}
}

// At the end of an unhurried descent the gradient is zero: Σ w·(d − δ)/d·(x_i − x_j).
func TestStationary(t *testing.T) {
	const n = 40
	d := twisted(n)
	for _, w := range [][]float64{nil, weighted(n)} {
		l, err := SMACOF{Dim: 2, Weights: w, Iterations: 5000, Tolerance: 1e-14}.Place(context.Background(), n, d)
		if err != nil {
			t.Fatal(err)
		}
		const h = 1e-5
		stress := func(i, c int, by float64) float64 {
			y := mat.DenseCopyOf(l.Points)
			y.Set(i, c, y.At(i, c)+by)
			s, _, _ := Stress(context.Background(), d, w, y)
			return s
		}
		for i := range n {
			for c := range 2 {
				if g := (stress(i, c, h) - stress(i, c, -h)) / (2 * h); math.Abs(g) > 1e-3*l.Stress {
					t.Errorf("weights %v: the gradient of point %d along %d is %v of a stress of %v", w != nil, i, c, g, l.Stress)
				}
			}
		}
	}
}

func TestTournamentMeetsEveryPairOnce(t *testing.T) {
	for _, n := range sizes(1, 2, 3, 4, 5, 8, 33, 600, 601) {
		met := make([]int, n*(n-1)/2)
		r := rng.New(1, "test", n)
		var mu sync.Mutex
		busy := make([]bool, n)
		err := tournament(context.Background(), n, &r, func(a, b, count int) {
			mark := func(to bool) {
				mu.Lock()
				defer mu.Unlock()
				for t := range count {
					i, j := min(a+t, b-t), max(a+t, b-t)
					if busy[i] == to || busy[j] == to {
						panic("one is in two matches at once")
					}
					busy[i], busy[j] = to, to
					if to {
						met[after(n, i)+j-i-1]++
					}
				}
			}
			mark(true)
			runtime.Gosched()
			mark(false)
		})
		if err != nil {
			t.Fatal(err)
		}
		for p, c := range met {
			if c != 1 {
				t.Fatalf("n = %d: pair %d met %d times", n, p, c)
			}
		}
	}
}

func TestClassicalWaysAgree(t *testing.T) {
	ctx := context.Background()
	n := exactOrder + 20
	d := twisted(n)
	a, err := Classical{Dim: 3, Exact: true}.Place(ctx, n, d)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Classical{Dim: 3}.Place(ctx, n, d)
	if err != nil {
		t.Fatal(err)
	}
	if !mat.EqualApprox(a.Points, b.Points, 1e-5) || math.Abs(a.Least-b.Least) > .01*a.Values[0] {
		t.Errorf("values %v and %v, least %v and %v", a.Values, b.Values, a.Least, b.Least)
	}
	if len(a.Notes) != 1 || len(b.Notes) != 1 {
		t.Errorf("notes %q and %q do not say that the distances are not Euclidean", a.Notes, b.Notes)
	}
}

func TestTriangulate(t *testing.T) {
	const n = 50
	x := fixture.Normal(5, n+20, 3)
	all := between(x)
	d := between(x.Slice(0, n, 0, 3).(*mat.Dense))
	f, err := Classical{Dim: 3}.Place(context.Background(), n, d)
	if err != nil {
		t.Fatal(err)
	}
	placed := mat.NewDense(n+20, 3, nil)
	squares := make([]float64, n)
	for i := range n + 20 {
		for j := range n {
			lo, hi := min(i, j), max(i, j)
			squares[j] = 0
			if lo != hi {
				squares[j] = math.Pow(all[after(n+20, lo)+hi-lo-1], 2)
			}
		}
		f.Triangulate(placed.RawRowView(i), squares)
	}
	if !mat.EqualApprox(placed.Slice(0, n, 0, 3), f.Points, 1e-9) {
		t.Error("rows of the layout do not land on their points")
	}
	for i, v := range between(placed) {
		if math.Abs(v-all[i]) > 1e-9 {
			t.Fatalf("distance %d is %v, want %v", i, v, all[i])
		}
	}
}

func TestSameBitsOnAnyCores(t *testing.T) {
	const n = 70
	d := twisted(n)
	for name, place := range methods(n) {
		var first *Layout
		for _, cores := range testenv.Cores() {
			before := runtime.GOMAXPROCS(cores)
			l, err := place(context.Background(), d)
			runtime.GOMAXPROCS(before)
			if err != nil {
				t.Fatal(err)
			}
			if first == nil {
				first = l
			}
			if !mat.Equal(first.Points, l.Points) || first.Stress != l.Stress {
				t.Errorf("%s on %d cores gives other bits", name, cores)
			}
		}
	}
}

func TestCancel(t *testing.T) {
	const n = 500
	d := twisted(n)
	for name, place := range methods(n) {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Millisecond)
		l, err := place(ctx, d)
		cancel()
		if err != nil && !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", name, err)
		}
		if l != nil && slices.ContainsFunc(l.Points.RawMatrix().Data, func(v float64) bool { return v-v != 0 }) {
			t.Errorf("%s: a partial layout that is not finite", name)
		}
		ctx, cancel = context.WithCancel(context.Background())
		cancel()
		if _, err := place(ctx, d); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOddDissimilarities(t *testing.T) {
	ctx := context.Background()
	for name, d := range map[string][]float64{
		"zero":  make([]float64, 45),
		"equal": slices.Repeat([]float64{1}, 45),
		"huge":  slices.Repeat([]float64{1e200, 1e10, 5}, 15),
		"tiny":  slices.Repeat([]float64{1e-300, 0, 1e-310}, 15),
		"star":  slices.Concat(slices.Repeat([]float64{1}, 9), slices.Repeat([]float64{2}, 36)),
		"one":   append(make([]float64, 44), 1),
	} {
		for method, place := range methods(10) {
			l, err := place(ctx, d)
			if err != nil {
				if !errors.Is(err, ErrNotFinite) {
					t.Errorf("%s, %s: %v", name, method, err)
				}
				continue
			}
			if !columnsOf(l.Points).finite() || math.IsNaN(l.Stress) {
				t.Errorf("%s, %s: stress %v", name, method, l.Stress)
			}
		}
	}
	apart := make([]float64, 45)
	for i := range apart {
		apart[i] = 1
	}
	for j := range 9 {
		apart[j] = 0 // row 0 has no weight
	}
	if _, err := (SMACOF{Dim: 2, Weights: apart}).Place(ctx, 10, apart); !errors.Is(err, ErrUnconnected) {
		t.Errorf("SMACOF: %v", err)
	}
	if _, err := (SGD{Dim: 2, Weights: apart}).Place(ctx, 10, apart); !errors.Is(err, ErrUnconnected) {
		t.Errorf("SGD: %v", err)
	}
}

func benchmark(b *testing.B, f func(n int, d []float64) error) {
	const n = 2000
	d := between(fixture.Normal(1, n, 10))
	for b.Loop() {
		if err := f(n, d); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSMACOF10(b *testing.B) {
	start := fixture.Normal(2, 2000, 2)
	benchmark(b, func(n int, d []float64) error {
		_, err := SMACOF{Dim: 2, Iterations: 10, Tolerance: 1e-300, Start: start}.Place(context.Background(), n, d)
		return err
	})
}

func BenchmarkSGD3(b *testing.B) {
	start := fixture.Normal(2, 2000, 2)
	benchmark(b, func(n int, d []float64) error {
		_, err := SGD{Dim: 2, Iterations: 3, Start: start}.Place(context.Background(), n, d)
		return err
	})
}

func BenchmarkClassical(b *testing.B) {
	benchmark(b, func(n int, d []float64) error {
		_, err := Classical{Dim: 2}.Place(context.Background(), n, d)
		return err
	})
}

func BenchmarkNonMetric10(b *testing.B) {
	benchmark(b, func(n int, d []float64) error {
		_, err := NonMetric{Dim: 2, Iterations: 10}.Place(context.Background(), n, d)
		return err
	})
}
