package screen

import (
	"context"
	"errors"
	"math"
	"runtime"
	"slices"
	"testing"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// byHeaps finds neighbours as ever.
func byHeaps(t *testing.T, r *Rows, k int) ([]int32, []float64) {
	t.Helper()
	ctx := context.Background()
	s, err := r.among(ctx)
	if err != nil {
		t.Fatal(err)
	}
	s.k, s.indices, s.distances = k, make([]int32, r.n*k), make([]float64, r.n*k)
	if err := s.run(ctx); err != nil {
		t.Fatal(err)
	}
	return s.indices, s.distances
}

// byReservoirs returns the search with its answer, and whether it was found.
func byReservoirs(t *testing.T, r *Rows, k int) (*reservoirs, bool) {
	t.Helper()
	ctx := context.Background()
	s, err := r.reservoirs(ctx, k, make([]int32, r.n*k), make([]float64, r.n*k))
	if err != nil {
		t.Fatal(err)
	}
	done, err := s.run(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return s, done
}

// Reservoirs find what heaps find, wherever they do not give up, which on ordinary rows
// they never do.
func TestReservoirsFindTheNearest(t *testing.T) {
	given := 0
	for name, x := range inputs() {
		for form, r := range forms(t, x) {
			if testing.Short() && form != "float32" {
				continue
			}
			r.size = 48 // for many blocks
			for _, k := range []int{1, 7, 40} {
				if k >= r.n || testing.Short() && k != 7 {
					continue
				}
				s, done := byReservoirs(t, r, k)
				if !done {
					if given++; name == "normal" || name == "wide" || name == "one column" {
						t.Errorf("%s, %s: gave up on %d neighbours", name, form, k)
					}
					continue
				}
				indices, distances := byHeaps(t, r, k)
				if !slices.Equal(s.indices, indices) || !slices.Equal(s.distances, distances) {
					t.Errorf("%s, %s: other %d neighbours", name, form, k)
				}
			}
		}
	}
	if given == 0 {
		t.Error("they never gave up: rows that float32 cannot tell apart are none of the inputs")
	}
}

// Rows that float32 cannot tell apart are measured, where they are few.
func TestUnsettledRowsAreMeasured(t *testing.T) {
	testenv.Unraced(t)
	const n, alike = 7000, 50
	x := mat32.NewDense(n, 8, nil)
	for i := range n {
		s := rng.New(5, "unsettled", i)
		for j := range 8 {
			if i%(n/alike) == 0 {
				x.Set(i, j, 3+1e-6*s.Normal())
			} else {
				x.Set(i, j, s.Normal())
			}
		}
	}
	r := rows(t, x)
	s, done := byReservoirs(t, r, 1)
	if !done || s.unsettled.Load() < alike/2 {
		t.Fatalf("%d rows were unsettled, done %v", s.unsettled.Load(), done)
	}
	indices, distances := byHeaps(t, r, 1)
	if !slices.Equal(s.indices, indices) || !slices.Equal(s.distances, distances) {
		t.Error("other neighbours")
	}
}

// Nearest takes reservoirs for many neighbours, gives the same bits on any number of
// cores, and takes heaps where they give up.
func TestNearestOfMany(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	const n, d, k = reservoirRows, leastColumns, reservoirNeighbors
	for name, value := range map[string]func(s *rng.Stream, i int) float64{
		"normal": func(s *rng.Stream, _ int) float64 { return s.Normal() },
		"far cluster": func(s *rng.Stream, i int) float64 {
			if i%2 == 0 {
				return 1e9 + float64(i)
			}
			return s.Normal() * 1e-3
		},
	} {
		r := rows(t, made(n, d, func(s *rng.Stream, i, _ int) float64 { return value(s, i) }))
		if !r.plenty(k) || r.plenty(k-1) {
			t.Fatal("reservoirs are not where they should be")
		}
		indices, distances := byHeaps(t, r, k)
		for _, cores := range []int{7, 2, 1} {
			if testing.Short() && cores < 7 {
				break
			}
			runtime.GOMAXPROCS(cores)
			gotIndices, gotDistances := make([]int32, n*k), make([]float64, n*k)
			if err := r.Nearest(context.Background(), k, gotIndices, gotDistances); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(gotIndices, indices) || !slices.Equal(gotDistances, distances) {
				t.Errorf("%s: other neighbours on %d cores", name, cores)
			}
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if err := r.Nearest(ctx, k, make([]int32, n*k), make([]float64, n*k)); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: cancelled, %v", name, err)
		}
	}
}

// Rows are put in order whatever their distances.
func TestSorter(t *testing.T) {
	var w sorter
	for trial := range 60 {
		s := rng.New(12, "sorter", trial)
		all := make([]near, 1+s.IntN(120))
		for i := range all {
			all[i] = near{s.Float64(), int32(s.IntN(1000))}
			switch trial % 4 {
			case 1:
				all[i].dist = float64(s.IntN(4))
			case 2:
				all[i].dist = math.Exp(200 * s.Normal())
			case 3:
				all[i].dist = 3
			}
		}
		if trial == 0 {
			all[0].dist = math.Inf(1)
		}
		want := slices.Clone(all)
		slices.SortFunc(want, compare)
		if w.sort(all); !slices.Equal(all, want) {
			t.Errorf("trial %d: %v", trial, all)
		}
	}
}

// What a reservoir drops is never below its limit, and the lowest stay.
func TestReservoirKeepsTheLowest(t *testing.T) {
	const n = 20
	for trial := range 50 {
		s := rng.New(11, "reservoir", trial)
		var all []keyed
		for i := range 100 + s.IntN(200) {
			v := float32(s.Float64())
			if trial%5 == 0 {
				v = float32(s.IntN(30)) // ties
			}
			all = append(all, keyed{v, int32(i)})
		}
		v := reservoir{items: slices.Clone(all), limit: float32(math.Inf(1))}
		margin := func(float32) float32 { return 0.001 }
		if trial%3 > 0 {
			if v.thin(n, margin); trial%5 > 0 && len(v.items) > 2*n {
				t.Errorf("trial %d: thinned to %d", trial, len(v.items))
			}
		}
		if trial%3 < 2 {
			v.keep(n, margin)
		}
		slices.SortFunc(all, func(a, b keyed) int {
			if a.before(b) {
				return -1
			}
			return 1
		})
		for _, c := range all[:n] {
			if !slices.Contains(v.items, c) {
				t.Fatalf("trial %d: %v is lost", trial, c)
			}
		}
		for _, c := range all {
			if c.key < v.limit && !slices.Contains(v.items, c) {
				t.Fatalf("trial %d: %v is below the limit %v, and lost", trial, c, v.limit)
			}
		}
	}
}
