package quality_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/pkg/quality"
	"github.com/flatland-go/flatland/pkg/watch"
)

// inputs are matrices of 120 rows whose ranks float32 distances alone would get
// wrong, beside ordinary ones.
func inputs() map[string]*mat.Dense {
	const n = 120
	fill := func(d int, f func(i int, v float64) float64) *mat.Dense {
		var x mat.Dense
		x.Apply(func(i, _ int, v float64) float64 { return f(i, v) }, fixture.Normal(9, n, d))
		return &x
	}
	return map[string]*mat.Dense{
		"normal":           fill(7, func(_ int, v float64) float64 { return v }),
		"wide":             fill(300, func(_ int, v float64) float64 { return v }),
		"lattice":          fill(3, func(_ int, v float64) float64 { return math.Round(v) }),
		"duplicates":       fill(2, func(i int, v float64) float64 { return float64(i % 5) }),
		"constant":         fill(2, func(int, float64) float64 { return 7 }),
		"far cluster":      fill(4, func(i int, v float64) float64 { return v*1e-3 + float64(i%2)*1e9 }),
		"tiny differences": fill(3, func(_ int, v float64) float64 { return 1 + v*1e-12 }),
		"huge":             fill(3, func(_ int, v float64) float64 { return v * 1e250 }),
		"minute":           fill(3, func(_ int, v float64) float64 { return v * 1e-250 }),
	}
}

// order returns the other rows by distance from row i, ties by index. A graph of
// all neighbours has them, from code of its own that is tested against every
// pair.
func order(t *testing.T, x mat.Matrix) *neighbors.Graph {
	t.Helper()
	n, _ := x.Dims()
	g, err := neighbors.Exact{Neighbors: n - 1}.Graph(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestRanksAgainstFullOrder(t *testing.T) {
	testenv.Unraced(t)
	all := inputs()
	names := []string{}
	graphs := map[string]*neighbors.Graph{}
	for name, x := range all {
		names = append(names, name)
		graphs[name] = order(t, x)
	}
	slices.SortFunc(names, cmp.Compare[string])
	for a, one := range names {
		// Every kind against the next in both roles, and against itself.
		for _, other := range []string{names[(a+1)%len(names)], one} {
			for _, k := range []int{1, 10, 119} {
				r := compare(t, k, all[one], all[other])
				check(t, fmt.Sprintf("%s in %s, k=%d", one, other, k), graphs[one], graphs[other], k, r.Original, r.OriginalRanks)
				check(t, fmt.Sprintf("%s from %s, k=%d", one, other, k), graphs[other], graphs[one], k, r.Embedded, r.EmbeddedRanks)
			}
		}
	}
}

// check wants the k nearest of the space from, with their ranks in the other.
func check(t *testing.T, name string, from, in *neighbors.Graph, k int, rows, ranks []int32) {
	t.Helper()
	rank := make([]int32, from.N)
	for i := range from.N {
		there, _ := in.Row(i)
		for r, j := range there {
			rank[j] = int32(r + 1)
		}
		want, _ := from.Row(i)
		if got := rows[i*k : (i+1)*k]; !slices.Equal(got, want[:k]) {
			t.Fatalf("%s: nearest of row %d are %v, want %v", name, i, got, want[:k])
		}
		for s, j := range want[:k] {
			if got := ranks[i*k+s]; got != rank[j] {
				t.Fatalf("%s: rank of row %d seen from %d is %d, want %d", name, j, i, got, rank[j])
			}
		}
	}
}

func TestOffsetsAndTypesChangeNothing(t *testing.T) {
	testenv.Unraced(t)
	x, y, _ := fixture.Embedding()
	want := compare(t, 0, x, y)
	shift := func(x mat.Matrix) mat.Matrix {
		var s mat.Dense
		s.Apply(func(_, _ int, v float64) float64 { return v + 1000 }, x)
		return &s
	}
	for name, r := range map[string]*quality.Ranks{
		"x + 1000":   compare(t, 0, shift(x), y),
		"y + 1000":   compare(t, 0, x, shift(y)),
		"transposed": compare(t, 0, mat.DenseCopyOf(x.T()).T(), mat.DenseCopyOf(y.T()).T()),
		"views":      compare(t, 0, shift(x).(*mat.Dense).Slice(0, 300, 0, 3), y),
	} {
		if !reflect.DeepEqual(r, want) {
			t.Errorf("%s changes the ranks", name)
		}
	}
	single := compare(t, 0, mat32.Convert(x), mat32.Convert(y))
	for i, s := range scores(single, 20) {
		if w := scores(want, 20)[i]; math.Abs(s.Value-w.Value) > 1e-5 {
			t.Errorf("float32: %s is %v, want %v", s.Name, s.Value, w.Value)
		}
	}
}

// Neighbourhoods of another size, and the roles exchanged, say the same.
func TestPartsAgree(t *testing.T) {
	testenv.Unraced(t)
	x, y, labels := fixture.Embedding()
	large, small, back := compare(t, 149, x, y), compare(t, 20, x, y), compare(t, 20, y, x)
	for i, s := range scores(small, 20) {
		if w := scores(large, 20)[i]; !reflect.DeepEqual(s, w) {
			t.Errorf("%s with K = 20 is %v, with K = 149 %v", s.Name, s.Value, w.Value)
		}
	}
	if a, b := small.Trustworthiness(20).Value, back.Continuity(20).Value; a != b {
		t.Errorf("trustworthiness is %v, continuity the other way round %v", a, b)
	}
	if a, b := small.MRREFalse(20).Value, back.MRREMissing(20).Value; a != b {
		t.Errorf("false errors are %v, missing the other way round %v", a, b)
	}
	s, err := quality.NeighborhoodHit(context.Background(), y, labels, 20)
	if err != nil || !reflect.DeepEqual(s, hit(t, small, 20, labels)) {
		t.Errorf("the function's hit is %v (%v), the method's %v", s, err, hit(t, small, 20, labels))
	}
}

func TestSameBitsOnAnyCores(t *testing.T) {
	x, y, _ := fixture.Embedding()
	var want *quality.Ranks
	for _, procs := range testenv.Cores() {
		old := runtime.GOMAXPROCS(procs)
		got := compare(t, 0, x, y)
		runtime.GOMAXPROCS(old)
		if want == nil {
			want = got
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%d cores give other ranks", procs)
		}
	}
}

func TestSmallestInputs(t *testing.T) {
	two := mat.NewDense(2, 1, []float64{1, 2})
	r := compare(t, 0, two, two)
	if r.K != 1 || r.QNX(1).Value != 1 || r.LCMC(1).Value != 0 {
		t.Errorf("two rows: %+v", r)
	}
	three := mat.NewDense(3, 1, []float64{1, 2, 4})
	r = compare(t, 0, three, mat.NewDense(3, 1, []float64{1, 9, 2}))
	// The nearest in the data are 1, 0, 1, in the picture 2, 2, 0.
	if s := r.Trustworthiness(1); s.Value != 0 {
		t.Errorf("three rows, all neighbours wrong: %v", s)
	}
	constant := mat.NewDense(30, 2, nil)
	r = compare(t, 0, constant, constant)
	for _, s := range scores(r, 5)[:2] {
		if s.Value != 1 {
			t.Errorf("constant data in both spaces: %v", s)
		}
	}
}

func TestBadInput(t *testing.T) {
	x, y, labels := fixture.Embedding()
	nan := mat.DenseCopyOf(y)
	nan.Set(3, 1, math.NaN())
	inf := mat.DenseCopyOf(x)
	inf.Set(4, 0, math.Inf(-1))
	far := mat.DenseCopyOf(x)
	far.Set(0, 0, -math.MaxFloat64)
	far.Set(1, 0, math.MaxFloat64)
	type rank = quality.Rank
	for _, c := range []struct {
		name string
		x, y mat.Matrix
		r    rank
		want any
		says string
	}{
		{"NaN", x, nan, rank{}, new(*mat32.NotFiniteError), "y: value at row 3, column 1"},
		{"Inf", inf, y, rank{}, new(*mat32.NotFiniteError), "x: value at row 4, column 0"},
		{"another length", x, y.Slice(0, 299, 0, 2), rank{}, new(*mat32.ShapeError), "299 × 2, want as many rows as x, 300"},
		{"one row", x.Slice(0, 1, 0, 3), y.Slice(0, 1, 0, 2), rank{}, new(*mat32.ShapeError), "at least 2 rows"},
		{"many neighbours", x, y, rank{Neighbors: 300}, new(*mat32.ParamError), "n−1 = 299"},
		{"negative", x, y, rank{Neighbors: -1}, new(*mat32.ParamError), "Neighbors"},
		{"memory", x, y, rank{MemoryLimit: 1000}, new(*mat32.MemoryError), "quality.Rank would need"},
		{"negative memory", x, y, rank{MemoryLimit: -1}, new(*mat32.ParamError), "MemoryLimit"},
		{"beyond float64", far, y, rank{}, new(*mat32.DegenerateError), "x spans"},
		{"beyond float64", x, far, rank{}, new(*mat32.DegenerateError), "y spans"},
	} {
		r, err := c.r.Compare(context.Background(), c.x, c.y)
		if r != nil || err == nil || !errors.As(err, c.want) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, %v", c.name, r, err)
		}
	}
	for _, pair := range [][2]mat.Matrix{{nil, y}, {x, nil}, {&mat.Dense{}, y}, {x, &mat.Dense{}}} {
		if _, err := (rank{}).Compare(context.Background(), pair[0], pair[1]); !errors.Is(err, mat32.ErrEmpty) {
			t.Errorf("empty: %v", err)
		}
	}

	r := compare(t, 20, x, y)
	bad := slices.Clone(labels)
	bad[5] = -2
	unknown := make([]int, 300)
	for i := range unknown {
		unknown[i] = -1
	}
	for _, c := range []struct {
		name   string
		labels []int
		k      int
		want   any
	}{
		{"no labels", nil, 5, new(*mat32.ShapeError)},
		{"too many labels", append(labels, 0), 5, new(*mat32.ShapeError)},
		{"label below −1", bad, 5, new(*mat32.ParamError)},
		{"all unknown", unknown, 5, new(*mat32.DegenerateError)},
		{"k = 0", labels, 0, new(*mat32.ParamError)},
		{"k = 300", labels, 300, new(*mat32.ParamError)},
	} {
		_, method := r.NeighborhoodHit(c.k, c.labels)
		_, function := quality.NeighborhoodHit(context.Background(), y, c.labels, c.k)
		if !errors.As(method, c.want) || !errors.As(function, c.want) {
			t.Errorf("hit, %s: the method says %v, the function %v", c.name, method, function)
		}
	}
	if _, err := r.NeighborhoodHit(21, labels); !errors.As(err, new(*mat32.ParamError)) {
		t.Errorf("hit beyond the neighbours compared: %v", err)
	}
	if _, err := quality.NeighborhoodHit(context.Background(), nan, labels, 5); !errors.As(err, new(*mat32.NotFiniteError)) {
		t.Errorf("hit of NaN: %v", err)
	}
}

// A k that the ranks cannot judge is a mistake in the program and panics with a
// typed error; the largest that they can judge does not.
func TestNeighborhoodsOutOfRangePanic(t *testing.T) {
	x, y, _ := fixture.Embedding()
	x, y = x.Slice(0, 30, 0, 3).(*mat.Dense), y.Slice(0, 30, 0, 2).(*mat.Dense)
	few, all := compare(t, 10, x, y), compare(t, 29, x, y)
	two := compare(t, 0, mat.NewDense(2, 1, []float64{1, 2}), mat.NewDense(2, 1, []float64{1, 2}))
	for _, c := range []struct {
		name  string
		score func(r *quality.Ranks, k int)
		last  int // of 30 rows
	}{
		{"Trustworthiness", func(r *quality.Ranks, k int) { r.Trustworthiness(k) }, 14},
		{"Continuity", func(r *quality.Ranks, k int) { r.Continuity(k) }, 14},
		{"MRREFalse", func(r *quality.Ranks, k int) { r.MRREFalse(k) }, 29},
		{"MRREMissing", func(r *quality.Ranks, k int) { r.MRREMissing(k) }, 29},
		{"MRREFalseKept", func(r *quality.Ranks, k int) { r.MRREFalseKept(k) }, 29},
		{"MRREMissingKept", func(r *quality.Ranks, k int) { r.MRREMissingKept(k) }, 29},
		{"CoRanking", func(r *quality.Ranks, k int) { r.CoRanking(k) }, 29},
		{"QNX", func(r *quality.Ranks, k int) { r.QNX(k) }, 29},
		{"RNX", func(r *quality.Ranks, k int) { r.RNX(k) }, 28},
		{"LCMC", func(r *quality.Ranks, k int) { r.LCMC(k) }, 29},
	} {
		panics := func(r *quality.Ranks, k int) (e *mat32.ParamError) {
			defer func() {
				if v := recover(); v != nil {
					e = v.(*mat32.ParamError)
				}
			}()
			c.score(r, k)
			return nil
		}
		for _, k := range []int{1, c.last} {
			if e := panics(all, k); e != nil {
				t.Errorf("%s at %d: %v", c.name, k, e)
			}
		}
		for _, k := range []int{-1, 0, c.last + 1} {
			if e := panics(all, k); e == nil || e.Param != "k" || e.Method != "quality."+c.name {
				t.Errorf("%s at %d: %v", c.name, k, e)
			}
		}
		if panics(few, 10) != nil || panics(few, 11) == nil {
			t.Errorf("%s beyond the 10 neighbours compared does not panic", c.name)
		}
		if e := panics(two, 1); (e == nil) != (c.name == "QNX" || c.name == "LCMC" || c.name == "CoRanking") {
			t.Errorf("%s of two rows: %v", c.name, e)
		}
	}
}

func TestCancel(t *testing.T) {
	x := fixture.Uniform(1, 3000, 200)
	y := fixture.Uniform(2, 3000, 2)
	labels := make([]int, 3000)
	for name, run := range map[string]func(ctx context.Context) error{
		"Rank": func(ctx context.Context) error {
			_, err := quality.Rank{}.Compare(ctx, x, y)
			return err
		},
		"NeighborhoodHit": func(ctx context.Context) error {
			_, err := quality.NeighborhoodHit(ctx, x, labels, 15)
			return err
		},
	} {
		ctx, cancel := context.WithCancel(context.Background())
		var at time.Time
		ctx = watch.With(ctx, func(e watch.Event) {
			if e.Done > 0 && at.IsZero() {
				at = time.Now()
				cancel()
			}
		})
		before := runtime.NumGoroutine()
		if err := run(ctx); !errors.Is(err, context.Canceled) {
			t.Fatalf("%s: got %v", name, err)
		}
		if late := time.Since(at); late > 250*time.Millisecond {
			t.Errorf("%s returned %v after the cancel", name, late)
		}
		// A goroutine that has finished its work may take a moment to be gone.
		for runtime.NumGoroutine() > before && time.Since(at) < 250*time.Millisecond {
			time.Sleep(time.Millisecond)
		}
		if after := runtime.NumGoroutine(); after > before {
			t.Errorf("%s: %d goroutines before, %d after", name, before, after)
		}
	}
}
