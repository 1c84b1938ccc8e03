package screen

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

func made(n, d int, f func(s *rng.Stream, i, j int) float64) *mat.Dense {
	x := mat.NewDense(n, d, nil)
	for i := range n {
		s := rng.New(7, "screen", i)
		for j := range d {
			x.Set(i, j, f(&s, i, j))
		}
	}
	return x
}

// inputs are matrices on which products of float32 values alone say little, beside
// ordinary ones.
func inputs() map[string]*mat.Dense {
	normal := func(s *rng.Stream, _, _ int) float64 { return s.Normal() }
	return map[string]*mat.Dense{
		"normal":     made(333, 7, normal),
		"wide":       made(70, 300, normal),
		"one column": made(200, 1, normal),
		"two rows":   made(2, 3, normal),
		"lattice":    made(350, 3, func(s *rng.Stream, _, _ int) float64 { return float64(s.IntN(4)) }),
		"bits":       made(300, 9, func(s *rng.Stream, _, _ int) float64 { return float64(s.IntN(2)) }),
		"duplicates": made(200, 3, func(_ *rng.Stream, i, _ int) float64 { return float64(i % 5) }),
		"constant":   made(150, 3, func(*rng.Stream, int, int) float64 { return 7 }),
		"zero":       made(50, 3, func(*rng.Stream, int, int) float64 { return 0 }),
		"far cluster": made(300, 4, func(s *rng.Stream, i, _ int) float64 {
			if i%2 == 0 {
				return 1e9 + float64(i)
			}
			return s.Normal() * 1e-3
		}),
		"scales": made(300, 5, func(s *rng.Stream, i, _ int) float64 { return s.Normal() * math.Pow(10, -float64(i%40)) }),
		"two scales": made(300, 5, func(s *rng.Stream, i, _ int) float64 {
			return 100*float64(i%3) + s.Normal()*math.Pow(10, -9*float64(i%2))
		}),
		"tiny differences": made(200, 3, func(s *rng.Stream, _, _ int) float64 { return 1 + s.Normal()*1e-12 }),
		"huge":             made(200, 3, func(s *rng.Stream, _, _ int) float64 { return s.Normal() * 1e250 }),
		"minute":           made(200, 3, func(s *rng.Stream, _, _ int) float64 { return s.Normal() * 1e-250 }),
		"least":            made(200, 3, func(s *rng.Stream, _, _ int) float64 { return s.Normal() * 1e-318 }),
	}
}

// values is a view of a matrix.
type values struct{ *mat.Dense }

func (v values) Row(buf []float64, i int) []float64 { return append(buf[:0], v.RawRowView(i)...) }

// forms are rows of x as every path of the engine takes them.
func forms(t *testing.T, x *mat.Dense) map[string]*Rows {
	t.Helper()
	ctx := context.Background()
	all := map[string]*Rows{"float64": rows(t, x)}
	if lo, hi := math.Abs(mat.Max(x)), math.Abs(mat.Min(x)); max(lo, hi) < 1e30 {
		all["float32"] = rows(t, mat32.Convert(x))
		all["float32 reduced"] = reduced(t, mat32.Convert(x))
	}
	v, err := NewMapped(ctx, values{x})
	if err != nil {
		t.Fatal(err)
	}
	all["view"] = v
	all["reduced"] = reduced(t, x)
	for _, r := range all {
		r.size = 32
	}
	return all
}

// reduced returns rows that are searched along a few directions of their own, whatever
// that gains.
func reduced(t *testing.T, x mat.Matrix) *Rows {
	t.Helper()
	r := rows(t, x)
	m := (r.d + 1) / 2
	directions := mat.NewDense(m, r.d, nil)
	for i := range m {
		s := rng.New(3, "screen/directions", i)
		for j := range r.d {
			directions.Set(i, j, s.Normal())
		}
	}
	ctx := context.Background()
	if err := linalg.Orthonormalize(ctx, directions); err != nil {
		t.Fatal(err)
	}
	var err error
	if r.reduced, err = r.project(ctx, directions); err != nil {
		t.Fatal(err)
	}
	r.tried = true
	return r
}

// everyPair returns the rows nearest to row i by exact distance.
func everyPair(r *Rows, i int) []near {
	var all []near
	for j := range r.n {
		if j != i {
			all = append(all, near{r.Exact(i, j), int32(j)})
		}
	}
	slices.SortFunc(all, compare)
	return all
}

// seldom is the step from one row that is compared with every pair to the next: all rows are searched at once, but one
// goroutine judges them.
func seldom() int {
	if testing.Short() {
		return 7
	}
	return 1
}

func TestNearestAgainstEveryPair(t *testing.T) {
	ctx := context.Background()
	for name, x := range inputs() {
		for form, r := range forms(t, x) {
			for _, k := range []int{15, 1, r.n - 1} {
				if k = min(k, r.n-1); testing.Short() && (k != 15 || form != "float32" && form != "reduced") {
					continue
				}
				indices, distances := make([]int32, r.n*k), make([]float64, r.n*k)
				if err := r.Nearest(ctx, k, indices, distances); err != nil {
					t.Fatal(err)
				}
				for i := 0; i < r.n; i += seldom() {
					for at, want := range everyPair(r, i)[:k] {
						if got := (near{distances[i*k+at], indices[i*k+at]}); got != want {
							t.Fatalf("%s as %s, k=%d: neighbour %d of row %d is %v, want %v", name, form, k, at, i, got, want)
						}
					}
				}
			}
		}
	}
}

// The tiles do not measure every pair: where distances differ, few are measured twice.
func TestProductsSettleMostPairs(t *testing.T) {
	x := made(2000, 20, func(s *rng.Stream, i, _ int) float64 { return s.Normal() + 1000*float64(i%2) })
	ctx := context.Background()
	r := rows(t, x)
	s, err := r.among(ctx)
	if err != nil {
		t.Fatal(err)
	}
	s.k, s.indices, s.distances = 10, make([]int32, 20000), make([]float64, 20000)
	if err := errors.Join(s.diagonal(ctx), s.bands(ctx)); err != nil {
		t.Fatal(err)
	}
	if share := float64(s.measured.Load()) / (2000 * 2000); share > 0.1 || share == 0 {
		t.Errorf("%.3f of all pairs were measured", share)
	}
}

// Bounds of reduced rows hold, whatever the directions.
func TestReducedRowsAreNoFartherApart(t *testing.T) {
	for name, x := range inputs() {
		r := reduced(t, x)
		p := r.reduced
		for i := range r.n {
			for j := range i {
				sum := 0.
				for c := range p.M {
					v := float64(p.Data[i*p.M+c]) - float64(p.Data[j*p.M+c])
					sum += v * v
				}
				if got, most := math.Sqrt(sum), (r.Exact(i, j)+0x1p-1073)/r.unit*(1+1e-12)*p.scale+p.slack[i]+p.slack[j]; got > most {
					t.Fatalf("%s: rows %d and %d are %v apart, at most %v expected", name, i, j, got, most)
				}
			}
		}
	}
}

func TestReducedFindsTheDirections(t *testing.T) {
	// Twelve directions of sixty hold nearly all variance.
	x := made(fewestRows, 60, func(s *rng.Stream, _, j int) float64 {
		if j%5 == 0 {
			return s.Normal()
		}
		return s.Normal() * 0.05
	})
	r := rows(t, x)
	p, err := r.Reduced(context.Background())
	if err != nil || p == nil || p.M < 8 || p.M > 24 {
		t.Fatalf("got %v, %v", p, err)
	}
	var whole, kept float64
	for i := range 500 {
		d := r.Exact(i, 4000-i) * r.fit
		whole += d * d
		for c := range p.M {
			v := float64(p.Data[i*p.M+c] - p.Data[(4000-i)*p.M+c])
			kept += v * v
		}
	}
	if kept < 0.9*whole || kept > whole {
		t.Errorf("%v of the squared distances are kept", kept/whole)
	}
	isotropic := made(fewestRows, 60, func(s *rng.Stream, _, _ int) float64 { return s.Normal() })
	if p, err := rows(t, isotropic).Reduced(context.Background()); p != nil || err != nil {
		t.Errorf("rows without leading directions were reduced to %d columns: %v", p.M, err)
	}
}

func TestSameAnswerOnAnyCores(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	ctx := context.Background()
	for _, name := range []string{"normal", "lattice", "two scales"} {
		for form, r := range forms(t, inputs()[name]) {
			var want []int32
			for _, cores := range testenv.Cores() {
				runtime.GOMAXPROCS(cores)
				indices, distances := make([]int32, r.n*9), make([]float64, r.n*9)
				if err := r.Nearest(ctx, 9, indices, distances); err != nil {
					t.Fatal(err)
				}
				for _, d := range distances {
					bits := math.Float64bits(d)
					indices = append(indices, int32(bits), int32(bits>>32))
				}
				if want == nil {
					want = indices
				}
				if !slices.Equal(indices, want) {
					t.Errorf("%s as %s: another answer on %d cores", name, form, cores)
				}
			}
		}
	}
}

func TestProgressAddsUp(t *testing.T) {
	var events []watch.Event
	ctx := watch.With(context.Background(), func(e watch.Event) { events = append(events, e) })
	r := rows(t, inputs()["normal"])
	r.size = 50
	if err := r.Nearest(ctx, 3, make([]int32, 3*r.n), make([]float64, 3*r.n)); err != nil {
		t.Fatal(err)
	}
	for k, e := range events {
		if e.Stage != "neighbours" || e.Total != r.n || k > 0 && e.Done <= events[k-1].Done {
			t.Fatalf("event %d is %+v", k, e)
		}
	}
	if first, last := events[0], events[len(events)-1]; first.Done != 0 || last.Done != r.n || len(events) < 4 {
		t.Errorf("%d events, from %+v to %+v", len(events), first, last)
	}
}

func TestCanceledSearch(t *testing.T) {
	for form, r := range forms(t, inputs()["normal"]) {
		ctx, cancel := context.WithCancel(context.Background())
		ctx = watch.With(ctx, func(e watch.Event) {
			if e.Done > 0 {
				cancel()
			}
		})
		if err := r.Nearest(ctx, 3, make([]int32, 3*r.n), make([]float64, 3*r.n)); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v", form, err)
		}
	}
}

func TestArrangeKeepsNearRowsTogether(t *testing.T) {
	for _, n := range []int{1, 31, 32, 33, 100, 1000} {
		points := make([]float32, 2*n)
		for i := range n {
			s := rng.New(1, "screen", i)
			points[2*i], points[2*i+1] = float32(s.Float64()), float32(s.IntN(3))/8
		}
		b, err := arrange(context.Background(), points, 2, 32)
		if err != nil {
			t.Fatal(err)
		}
		seen := make([]bool, n)
		for k := range b.count() {
			rows := b.at(k)
			if !slices.IsSorted(rows) || len(rows) != 32 && k < b.count()-1 || len(rows) == 0 {
				t.Fatalf("n=%d: block %d is %v", n, k, rows)
			}
			for _, i := range rows {
				if seen[i] {
					t.Fatalf("n=%d: row %d is twice", n, i)
				}
				seen[i] = true
			}
		}
		if slices.Contains(seen, false) {
			t.Fatalf("n=%d: a row is missing", n)
		}
		if n == 1000 { // a block spans a part of the plane only
			for k := range b.count() {
				lo, hi := float32(1), float32(0)
				for _, i := range b.at(k) {
					lo, hi = min(lo, points[2*i]), max(hi, points[2*i])
				}
				if hi-lo > 0.5 {
					t.Errorf("block %d spans %v to %v", k, lo, hi)
				}
			}
		}
	}
}

func TestDivide(t *testing.T) {
	for n := range 60 {
		for kinds := 1; kinds < 20; kinds += 6 {
			items := make([]keyed, n)
			for i := range items {
				s := rng.New(2, fmt.Sprint("divide", n, kinds), i)
				items[i] = keyed{float32(s.IntN(kinds)), int32(i)}
			}
			want := slices.Clone(items)
			slices.SortFunc(want, func(a, b keyed) int {
				if a.before(b) {
					return -1
				}
				return 1
			})
			for cut := range n {
				got := slices.Clone(items)
				divide(got, cut)
				for at, v := range got {
					place := slices.Index(want, v)
					if (at < cut) != (place < cut) {
						t.Fatalf("%d of %d: %v is on the wrong side", cut, n, v)
					}
				}
			}
		}
	}
}
