package screen

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// questions are rows near those of x, some of them equal to one, and one far away.
func questions(x *mat.Dense, n int) *mat.Dense {
	rows, d := x.Dims()
	y := mat.NewDense(n, d, nil)
	for i := range n {
		s := rng.New(11, "questions", i)
		from := s.IntN(rows)
		for j := range d {
			v := x.At(from, j)
			switch {
			case i == 0:
				v *= 1000
			case i%3 > 0:
				v += s.Normal() * (x.At(s.IntN(rows), j) - v) / 4
			}
			y.Set(i, j, v)
		}
	}
	return y
}

func TestQueriesAgainstEveryPair(t *testing.T) {
	testenv.Unraced(t)
	ctx := context.Background()
	for name, x := range inputs() {
		for form, r := range forms(t, x) {
			for _, n := range []int{few - 1, 90} {
				if testing.Short() && n == few-1 {
					continue
				}
				y := questions(x, n)
				var q *Queries
				var err error
				switch {
				case r.view != nil:
					q, err = r.AskMapped(ctx, values{y})
				case r.x32 != nil:
					q, err = r.Ask(ctx, mat32.Convert(y))
				default:
					q, err = r.Ask(ctx, y)
				}
				if err != nil {
					t.Fatal(err)
				}
				q.own.size = 40
				ordered(t, name+" as "+form, r, q)
				want := make([][]near, n)
				for i := range n {
					for j := range r.n {
						want[i] = append(want[i], near{q.Exact(i, j), int32(j)})
					}
					slices.SortFunc(want[i], compare)
				}
				for _, k := range []int{min(7, r.n), r.n} {
					indices, distances := make([]int32, n*k), make([]float64, n*k)
					if err := q.Nearest(ctx, k, indices, distances); err != nil {
						t.Fatal(err)
					}
					for i := range n {
						for at, want := range want[i][:k] {
							if got := (near{distances[i*k+at], indices[i*k+at]}); got != want {
								t.Fatalf("%s as %s, k=%d: neighbour %d of query %d is %v, want %v", name, form, k, at, i, got, want)
							}
						}
					}
				}
				radius := want[n/2][min(9, r.n-1)].dist
				got, err := q.Within(ctx, "test", radius, 0)
				if err != nil {
					t.Fatal(err)
				}
				inside(t, name+" as "+form, got, want, radius)
			}
		}
	}
}

// ordered wants fast distances of queries to come near exact ones in the units of
// those of the rows.
func ordered(t *testing.T, name string, r *Rows, q *Queries) {
	t.Helper()
	to := make([]int32, r.n)
	for j := range to {
		to[j] = int32(j)
	}
	fast := make([]float32, r.n)
	fit := r.bounds().fit
	for i := 1; i < q.own.n; i += 7 { // the first is far away
		q.FastTo(fast, i, to)
		for j, f := range fast {
			want := q.Exact(i, j) / r.unit * fit
			if got := math.Sqrt(float64(f)); math.Abs(got-want) > 1e-5*want+2e-6*fit/r.fit+1e-6*fit*math.Abs(r.center[0]) {
				t.Fatalf("%s: query %d and row %d are %v apart, fast %v", name, i, j, want, got)
			}
		}
	}
}

// inside wants of every sorted list what is within a radius.
func inside(t *testing.T, name string, got *Ragged, all [][]near, radius float64) {
	t.Helper()
	for i, want := range all {
		n := 0
		for n < len(want) && want[n].dist <= radius {
			n++
		}
		lo, hi := got.Starts[i], got.Starts[i+1]
		if hi-lo != n {
			t.Fatalf("%s: %d rows within %v of row %d, want %d", name, hi-lo, radius, i, n)
		}
		for at, w := range want[:n] {
			if (near{got.Distances[lo+at], got.Indices[lo+at]}) != w {
				t.Fatalf("%s: row %d has %v as %d-th within %v", name, i, got.Indices[lo+at], at, radius)
			}
		}
	}
}

func TestWithinAgainstEveryPair(t *testing.T) {
	testenv.Unraced(t)
	ctx := context.Background()
	for name, x := range inputs() {
		for form, r := range forms(t, x) {
			all := make([][]near, r.n)
			for i := range r.n {
				all[i] = everyPair(r, i)
			}
			for _, radius := range []float64{0, all[0][min(8, r.n-2)].dist, math.MaxFloat64} {
				if testing.Short() && radius > all[0][min(8, r.n-2)].dist {
					continue
				}
				got, err := r.Within(ctx, "test", radius, 0)
				if err != nil {
					t.Fatal(err)
				}
				inside(t, name+" as "+form, got, all, radius)
			}
		}
	}
	d, err := mat32.NewDistances(4, []float64{1, 2, 3, 4, 5, 6})
	if err != nil {
		t.Fatal(err)
	}
	got, err := rows(t, d).Within(ctx, "test", 4, 0)
	if err != nil || !slices.Equal(got.Indices, []int32{1, 2, 3, 0, 2, 0, 1, 0}) || !slices.Equal(got.Starts, []int{0, 3, 5, 7, 8}) {
		t.Errorf("given distances: %v, %v", got, err)
	}
}

func TestWithinStopsWhereMemoryEnds(t *testing.T) {
	x := inputs()["normal"]
	ctx := context.Background()
	var memory *mat32.MemoryError
	for form, r := range forms(t, x) {
		if _, err := r.Within(ctx, "test", 1e6, 28*1000); !errors.As(err, &memory) || memory.Method != "test" {
			t.Errorf("%s: got %v", form, err)
		}
		if _, err := r.Within(ctx, "test", 1e6, 28*int64(r.n)*int64(r.n)); err != nil {
			t.Errorf("%s: got %v", form, err)
		}
		for _, n := range []int{few - 1, few} {
			q, err := r.Ask(ctx, questions(x, n))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := q.Within(ctx, "test", 1e6, 28*1000); !errors.As(err, &memory) {
				t.Errorf("%s, %d queries: got %v", form, n, err)
			}
		}
	}
}

func TestCanceledQueries(t *testing.T) {
	x := inputs()["normal"]
	for _, n := range []int{few - 1, 200} {
		r := rows(t, x)
		q, err := r.Ask(context.Background(), questions(x, n))
		if err != nil {
			t.Fatal(err)
		}
		q.own.size = 20
		ctx, cancel := context.WithCancel(context.Background())
		ctx = watch.With(ctx, func(e watch.Event) {
			if e.Done > 0 {
				cancel()
			}
		})
		if err := q.Nearest(ctx, 3, make([]int32, 3*n), make([]float64, 3*n)); !errors.Is(err, context.Canceled) {
			t.Errorf("%d queries: got %v", n, err)
		}
		if _, err := q.Within(ctx, "test", 1, 0); !errors.Is(err, context.Canceled) {
			t.Errorf("%d queries within: got %v", n, err)
		}
	}
}
