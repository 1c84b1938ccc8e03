package search_test

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/search"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// byProducts are the best k rows by float64 products of what float32 holds.
func byProducts(x, queries mat.Matrix, k int) (rows []int32, scores []float64) {
	a, b := mat32.Convert(x), mat32.Convert(queries)
	n, _ := a.Dims()
	m, _ := b.Dims()
	for q := range m {
		all := make([]float64, n)
		order := make([]int32, n)
		for i := range n {
			order[i] = int32(i)
			for j, v := range a.Row(i) {
				all[i] += float64(v) * float64(b.Row(q)[j])
			}
		}
		slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(all[b], all[a]) })
		for _, r := range order[:k] {
			rows, scores = append(rows, r), append(scores, all[r])
		}
	}
	return rows, scores
}

func TestExhaustiveAgainstSortedProducts(t *testing.T) {
	ctx := context.Background()
	many := 150
	if testing.Short() {
		many = 50
	}
	for _, c := range []struct {
		name          string
		n, m, d, k    int
		scale, offset float64
	}{
		{"usual", 300, 20, 7, 5, 1, 0}, {"several blocks", 30 * many, many, 9, 10, 1, 0}, {"many queries", 300, 400, 3, 2, 1, 0}, {"all rows", 40, 3, 5, 40, 1, 0}, {"one", 1, 1, 1, 1, 1, 0},
		{"far from the origin", 2100, 20, 6, 10, 1, 1000}, {"huge", 300, 5, 6, 10, 1e37, 0}, {"tiny", 300, 5, 6, 10, 1e-36, 0},
	} {
		x, queries := fixture.Normal(1, c.n, c.d), fixture.Normal(2, c.m, c.d)
		for _, y := range []*mat.Dense{x, queries} {
			y.Apply(func(_, _ int, v float64) float64 { return c.scale*v + c.offset }, y)
		}
		want, scores := byProducts(x, queries, c.k)
		got := must(search.Exhaustive(ctx, x, queries, c.k))
		if !slices.Equal(got.Rows, want) || !floats.EqualFunc(got.Scores, scores, func(a, b float64) bool { return math.Abs(a-b) <= 1e-12*math.Abs(b) }) {
			t.Errorf("%s: found %v with %v, want %v with %v", c.name, got.Rows[:c.k], got.Scores[:c.k], want[:c.k], scores[:c.k])
		}
		if got.Cost != (search.Cost{MultiplyAdds: int64(c.n * c.m * c.d), Bytes: int64(4 * c.n * c.m * c.d)}) {
			t.Errorf("%s: it took %+v", c.name, got.Cost)
		}
	}
}

func TestTiesComeByRow(t *testing.T) {
	ctx := context.Background()
	x := mat.NewDense(5001, 3, nil)
	x.Apply(func(_, j int, _ float64) float64 { return float64(j) / 3 }, x)
	for name, found := range map[string]*search.Found{
		"equal rows": must(search.Exhaustive(ctx, x, fixture.Normal(1, 2, 3), 6)),
		"zero rows":  must(search.Exhaustive(ctx, mat.NewDense(5001, 3, nil), fixture.Normal(1, 2, 3), 6)),
		"prefixes":   must(search.Adaptive{Short: 1}.Search(ctx, x, fixture.Normal(1, 2, 3), 6)),
		"cosines":    must(search.Funnel{Short: 1, Normalize: true}.Search(ctx, mat.NewDense(5001, 3, nil), fixture.Normal(1, 2, 3), 6)),
		"two stages": must(must(search.TwoStage{Dim: 3}.Index(ctx, x)).Search(ctx, fixture.Normal(1, 2, 3), 6)),
	} {
		if want := []int32{0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5}; !slices.Equal(found.Rows, want) {
			t.Errorf("%s: found %v, want %v", name, found.Rows, want)
		}
	}
}

func TestRecallCounts(t *testing.T) {
	truth := &search.Found{N: 2, K: 2, Rows: []int32{1, 2, 3, 4}}
	s := must(search.Recall(truth, &search.Found{N: 2, K: 3, Rows: []int32{9, 2, 1, 5, 3, 6}}))
	if s.Value != .75 || !slices.Equal(s.PerRow, []float64{1, .5}) {
		t.Errorf("recall is %v, by query %v; want 0.75 of 1 and 0.5", s.Value, s.PerRow)
	}
	var se *mat32.ShapeError
	for name, other := range map[string]*search.Found{
		"another number of queries": {N: 1, K: 2, Rows: []int32{1, 2}}, "too few rows": {N: 2, K: 2, Rows: []int32{1, 2}},
		"no rows": {N: 2}, "nothing": {}, "nil": nil,
	} {
		for _, pair := range [][2]*search.Found{{truth, other}, {other, truth}} {
			if _, err := search.Recall(pair[0], pair[1]); !errors.As(err, &se) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestTwoStageWithNothingLeftOutIsExhaustive(t *testing.T) {
	ctx := context.Background()
	x, queries := fixture.Normal(1, 500, 12), fixture.Normal(2, 30, 12)
	truth := must(search.Exhaustive(ctx, x, queries, 10))
	for _, two := range []search.TwoStage{{Dim: 12}, {Dim: 12, Bits: 8, Candidates: 100}, {Dim: 1, Candidates: 500}, {Dim: 12, Bits: 4, Candidates: 500}} {
		got := must(must(two.Index(ctx, x)).Search(ctx, queries, 10))
		if !slices.Equal(got.Rows, truth.Rows) || !slices.Equal(got.Scores, truth.Scores) {
			t.Errorf("%+v finds others than an exhaustive search", two)
		}
	}
	for _, c := range []struct {
		two  search.TwoStage
		want search.Cost
	}{
		{search.TwoStage{Dim: 3}, search.Cost{MultiplyAdds: 30 * (12*3 + 500*3 + 100*12), Bytes: 4 * 30 * (12*3 + 500*3 + 100*12)}},
		{search.TwoStage{Dim: 3, Bits: 4, Candidates: 20}, search.Cost{MultiplyAdds: 30 * (12*3 + 500*3 + 20*12), Bytes: 30 * (4*12*3 + 500*(2+8) + 4*20*12)}},
	} {
		index := must(c.two.Index(ctx, x))
		if got := must(index.Search(ctx, queries, 10)); got.Cost != c.want {
			t.Errorf("%+v: it took %+v, want %+v", c.two, got.Cost, c.want)
		}
	}
}

func TestPrefixes(t *testing.T) {
	ctx := context.Background()
	x, queries := fixture.Normal(1, 400, 16), fixture.Normal(2, 25, 16)
	truth := must(search.Exhaustive(ctx, x, queries, 7))
	for name, got := range map[string]*search.Found{
		"adaptive, in full": must(search.Adaptive{Short: 16, Long: 16}.Search(ctx, x, queries, 7)),
		"adaptive, all":     must(search.Adaptive{Short: 1, Shortlist: 400}.Search(ctx, x, queries, 7)),
		"funnel, in full":   must(search.Funnel{Short: 16, Shortlist: 7}.Search(ctx, x, queries, 7)),
	} {
		if !slices.Equal(got.Rows, truth.Rows) || !slices.Equal(got.Scores, truth.Scores) {
			t.Errorf("%s: it finds others than an exhaustive search", name)
		}
	}
	const m = 25
	for name, c := range map[string]struct {
		got  *search.Found
		want int64
	}{
		"adaptive": {must(search.Adaptive{Short: 4, Long: 8, Shortlist: 50}.Search(ctx, x, queries, 7)), m * (400*4 + 50*8)},
		"funnel":   {must(search.Funnel{Short: 2, Shortlist: 60}.Search(ctx, x, queries, 7)), m * (400*2 + 60*4 + 30*8 + 15*16)},
	} {
		if c.got.Cost != (search.Cost{MultiplyAdds: c.want, Bytes: 4 * c.want}) {
			t.Errorf("%s: it took %+v, want %d multiply-adds", name, c.got.Cost, c.want)
		}
	}
	// Cosines do not see the lengths of rows.
	longer := mat.DenseCopyOf(x)
	for i := range 400 {
		floats.Scale(float64(1+i%7), longer.RawRowView(i))
	}
	a, b := must(search.Adaptive{Normalize: true}.Search(ctx, x, queries, 7)), must(search.Adaptive{Normalize: true}.Search(ctx, longer, queries, 7))
	if !slices.Equal(a.Rows, b.Rows) {
		t.Error("cosines rank longer rows otherwise")
	}
}

// Every way to search refuses what it cannot search.
func TestRefusals(t *testing.T) {
	ctx := context.Background()
	x := fixture.Normal(1, 20, 4)
	nan := mat.NewDense(2, 4, []float64{0, 0, 0, 0, 0, math.NaN(), 0, 0})
	index := must(search.TwoStage{}.Index(ctx, x))
	coarse := must(search.LVQ{}.Fit(ctx, x))
	for name, ask := range map[string]func(queries mat.Matrix, k int) (*search.Found, error){
		"exhaustive": func(q mat.Matrix, k int) (*search.Found, error) { return search.Exhaustive(ctx, x, q, k) },
		"adaptive":   func(q mat.Matrix, k int) (*search.Found, error) { return search.Adaptive{}.Search(ctx, x, q, k) },
		"funnel":     func(q mat.Matrix, k int) (*search.Found, error) { return search.Funnel{}.Search(ctx, x, q, k) },
		"two stages": func(q mat.Matrix, k int) (*search.Found, error) { return index.Search(ctx, q, k) },
	} {
		var ne *mat32.NotFiniteError
		var se *mat32.ShapeError
		var pe *mat32.ParamError
		if f, err := ask(nan, 3); !errors.As(err, &ne) || ne.Row != 1 || ne.Col != 1 || f != nil {
			t.Errorf("%s, a NaN: %v, %v", name, f, err)
		}
		if f, err := ask(fixture.Normal(1, 2, 5), 3); !errors.As(err, &se) || f != nil {
			t.Errorf("%s, other columns: %v, %v", name, f, err)
		}
		if f, err := ask(nil, 3); !errors.Is(err, mat32.ErrEmpty) || f != nil {
			t.Errorf("%s, no queries: %v, %v", name, f, err)
		}
		for _, k := range []int{-1, 0, 21, math.MaxInt} {
			if f, err := ask(x, k); !errors.As(err, &pe) || f != nil {
				t.Errorf("%s, k %d: %v, %v", name, k, f, err)
			}
		}
		canceled, cancel := context.WithCancel(ctx)
		cancel()
		if _, err := search.Exhaustive(canceled, x, x, 1); !errors.Is(err, context.Canceled) {
			t.Errorf("%s, cancelled: %v", name, err)
		}
	}
	for _, bad := range []interface {
		Search(context.Context, mat.Matrix, mat.Matrix, int) (*search.Found, error)
	}{search.Adaptive{Short: 5}, search.Adaptive{Long: 5}, search.Adaptive{Short: 3, Long: 2}, search.Adaptive{Shortlist: 2}, search.Adaptive{Shortlist: 21}, search.Adaptive{Short: -1}, search.Funnel{Short: 5}, search.Funnel{Shortlist: 2}, search.Funnel{Shortlist: -1}} {
		var pe *mat32.ParamError
		if _, err := bad.Search(ctx, x, x, 3); !errors.As(err, &pe) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	for _, bad := range []search.TwoStage{{Dim: 5}, {Bits: 16}, {Candidates: 21}, {Candidates: -1}, {Map: new(search.LeanVecModel)}} {
		var pe *mat32.ParamError
		if _, err := bad.Index(ctx, x); !errors.As(err, &pe) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	var me *mat32.MemoryError
	if _, err := (search.TwoStage{MemoryLimit: 1}).Index(ctx, x); !errors.As(err, &me) {
		t.Errorf("a limit of one byte: %v", err)
	}
	if n := coarse.Len(); n != 20 {
		t.Errorf("%d coarse rows of 20", n)
	}
}
