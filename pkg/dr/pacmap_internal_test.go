package dr

import (
	"context"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/dr/layout"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/tests/golden"
)

type pacmapGolden struct {
	Rows, Neighbors int
	Near            [][]int32
	Margin          []float64
	Gradients       []struct {
		Weights []float64
		Values  [][]float64
		Loss    float64
	}
	Local   [][]float64
	Adam    [][][]float64
	Weights []struct {
		Iteration int
		MidNear   float64 `json:"mid_near"`
		Near      float64
	}
	Counts []struct {
		N, Neighbors int
		MidRatio     float64 `json:"mid_ratio"`
		FurtherRatio float64 `json:"further_ratio"`
		Near         int
		MidNear      int `json:"mid_near"`
		Further      int
	}
	Mammoth struct {
		X               [][]float64
		Triplets, Local []float64
	}
}

// The pairs, the gradients and the steps are those of pacmap.
func TestPaCMAPAgainstPacmap(t *testing.T) {
	var file pacmapGolden
	golden.Load(t, "pacmap", &file)
	ctx := context.Background()
	n, k := file.Rows, file.Neighbors
	x := mat.DenseCopyOf(datasets.Iris().X.Slice(0, n, 0, 4))
	g, err := neighbors.Exact{Neighbors: nearCandidates(n, k)}.Graph(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	near, err := nearPairs(ctx, g, k)
	if err != nil {
		t.Fatal(err)
	}
	clear := 0
	for i, want := range file.Near {
		if file.Margin[i] < 1e-5 {
			continue // a tie, which rounding decides
		}
		clear++
		got, want := slices.Clone(near[i*k:(i+1)*k]), slices.Clone(want)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("row %d has near pairs with %v, want %v", i, got, want)
		}
	}
	if clear < n/2 {
		t.Errorf("only %d rows have no ties", clear)
	}

	pairs := func(to []int32) *layout.Pairs {
		p, err := layout.NewPairs(ctx, n, to)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	listed := func(offsets ...int) (to []int32) {
		for i := range n {
			for _, o := range offsets {
				to = append(to, int32((i+o)%n))
			}
		}
		return to
	}
	nearest, midNear, further := pairs(slices.Concat(file.Near...)), pairs(listed(7, 19)), pairs(listed(11, 23, 31))
	bonds := func(w []float64, reach float64) layout.Bonds {
		return layout.Bonds{{Pairs: nearest, Weight: w[0], Offset: 10, Reach: reach}, {Pairs: midNear, Weight: w[1], Offset: 10_000}, {Pairs: further, Weight: -w[2], Offset: 1}}
	}
	y, gradient := make([]float32, 2*n), make([]float32, 2*n)
	for i := range y {
		y[i] = float32(3 * math.Sin(float64(37*i)+1))
	}
	same := func(what string, got []float32, want [][]float64, tolerance float64) {
		t.Helper()
		flat := slices.Concat(want...)
		size := 0.
		for _, v := range flat {
			size = max(size, math.Abs(v))
		}
		for i, v := range flat {
			if !(math.Abs(float64(got[i])-v) <= tolerance*size) {
				t.Fatalf("%s: number %d is %v, want %v", what, i, got[i], v)
			}
		}
	}
	for _, c := range file.Gradients {
		b := bonds(c.Weights, 0)
		if err := b.Gradient(ctx, gradient, y, 2); err != nil {
			t.Fatal(err)
		}
		same("gradient", gradient, c.Values, 2e-6)
		if loss, err := b.Loss(ctx, y, 2); err != nil || math.Abs(loss-c.Loss) > 2e-5*c.Loss {
			t.Errorf("weights %v: loss %v, %v, want %v", c.Weights, loss, err, c.Loss)
		}
	}
	if err := bonds([]float64{1, 0, 1}, 10).Gradient(ctx, gradient, y, 2); err != nil {
		t.Fatal(err)
	}
	same("gradient of LocalMAP", gradient, file.Local, 2e-6)
	adam := layout.NewAdam(1, len(y))
	for _, want := range file.Adam {
		if err := bonds([]float64{2, 1000, 1}, 0).Gradient(ctx, gradient, y, 2); err != nil {
			t.Fatal(err)
		}
		adam.Move(t.Context(), y, gradient)
		same("step", y, want, 1e-5)
	}

	for _, w := range file.Weights {
		near, midNear := phaseWeights(w.Iteration, [3]int{100, 200, 450})
		if near != w.Near || math.Abs(midNear-w.MidNear) > 1e-9 {
			t.Errorf("iteration %d: weights %v and %v, want %v and %v", w.Iteration, near, midNear, w.Near, w.MidNear)
		}
	}
	for _, c := range file.Counts {
		p, err := PaCMAP{Neighbors: c.Neighbors, MidNearRatio: c.MidRatio, FurtherRatio: c.FurtherRatio}.Resolve(c.N, 5)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := p.counts(c.N); got != (pairCounts{c.Near, c.MidNear, c.Further}) {
			t.Errorf("%d rows, %d neighbours: pairs %v, want %v", c.N, c.Neighbors, got, c)
		}
	}
}

// order returns the share of triplets whose two distances have the same order in both, as
// the golden file counts them.
func order(x [][]float64, y mat.Matrix) float64 {
	n := len(x)
	_, dim := y.Dims()
	same, all := 0, 0
	for t := range 20000 {
		i := t % n
		j, k := (i*7919+t*104729+1)%n, (i*15485863+t*32452843+2)%n
		if i == j || i == k || j == k {
			continue
		}
		var before, after float64
		for c := range x[i] {
			before += (x[i][c]-x[j][c])*(x[i][c]-x[j][c]) - (x[i][c]-x[k][c])*(x[i][c]-x[k][c])
		}
		for c := range dim {
			after += (y.At(i, c)-y.At(j, c))*(y.At(i, c)-y.At(j, c)) - (y.At(i, c)-y.At(k, c))*(y.At(i, c)-y.At(k, c))
		}
		all++
		if before < 0 == (after < 0) {
			same++
		}
	}
	return float64(same) / float64(all)
}

// A body, legs and tusks in three dimensions keep their form at least as well as in maps of
// pacmap: the median of five seeds of each.
func TestPaCMAPKeepsTheFormOfAMammoth(t *testing.T) {
	testenv.Unraced(t)
	var file pacmapGolden
	golden.Load(t, "pacmap", &file)
	x := mat.NewDense(len(file.Mammoth.X), 3, slices.Concat(file.Mammoth.X...))
	median := func(v []float64) float64 {
		slices.Sort(v)
		return v[len(v)/2]
	}
	for _, c := range []struct {
		name string
		want []float64
		of   func(seed uint64) Embedder
	}{
		{"PaCMAP", file.Mammoth.Triplets, func(seed uint64) Embedder { return PaCMAP{Seed: seed} }},
		{"LocalMAP", file.Mammoth.Local, func(seed uint64) Embedder { return LocalMAP{Seed: seed} }},
	} {
		var got []float64
		for seed := range uint64(5) {
			e, err := c.of(seed+1).Embed(context.Background(), x)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, order(file.Mammoth.X, e))
		}
		t.Logf("%s: %.4f, pacmap %.4f", c.name, got, c.want)
		if g, w := median(got), median(c.want); g < w-.01 {
			t.Errorf("%s keeps the order of %.4f of the triplets, pacmap of %.4f", c.name, g, w)
		}
	}
}

// Random rows are others each, and never near ones where these are refused, however few
// there are.
func TestPairsAreDrawnOnce(t *testing.T) {
	ctx := context.Background()
	for n := 4; n <= 40; n++ {
		p, err := PaCMAP{}.Resolve(n, 2)
		if err != nil {
			t.Fatal(err)
		}
		c, _ := p.counts(n)
		if c.near < 1 || c.further < 1 || c.near+c.further > n-1 {
			t.Fatalf("%d rows have pairs %v", n, c)
		}
		near := make([]int32, n*c.near)
		for i := range near {
			near[i] = int32((i/c.near + 1 + i%c.near) % n)
		}
		further, err := furtherPairs(ctx, n, c.further, 1, near)
		if err != nil {
			t.Fatal(err)
		}
		calls := 0
		midNear, err := midNearPairs(ctx, n, c.midNear, 1, func(i, j int) float64 { return math.Abs(float64(i - j)) })
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			for _, lists := range [][]int32{
				slices.Concat([]int32{int32(i)}, near[i*c.near:(i+1)*c.near], further[i*c.further:(i+1)*c.further]),
				slices.Concat([]int32{int32(i)}, midNear[i*c.midNear:(i+1)*c.midNear]),
			} {
				slices.Sort(lists)
				if len(slices.Compact(lists)) != len(lists) {
					t.Errorf("%d rows: row %d is paired twice: %v", n, i, lists)
				}
				calls++
			}
		}
		if calls != 2*n {
			t.Errorf("%d rows: %d lists", n, calls)
		}
	}
}

// The second nearest of six: the mean of its rank, over how many rows there are, is 2/7.
func TestMidNearPairsAreTheSecondNearestOfSix(t *testing.T) {
	const n, m = 2000, 5
	to, err := midNearPairs(context.Background(), n, m, 3, func(i, j int) float64 { return float64((j - i + n) % n) })
	if err != nil {
		t.Fatal(err)
	}
	mean := 0.
	for at, j := range to {
		mean += float64((int(j)-at/m+n)%n) / n / float64(len(to))
	}
	if math.Abs(mean-2./7) > .01 {
		t.Errorf("the mean rank is %v, want 2/7", mean)
	}
}

// Further pairs of LocalMAP that are drawn anew are within reach.
func TestRedrawnPairsAreWithinReach(t *testing.T) {
	const n, k, m, reach = 300, 3, 6, 1.5
	ctx := context.Background()
	y := make([]float32, 2*n)
	for i := range n {
		y[2*i], y[2*i+1] = float32(i%20)/4, float32(i/20)/4
	}
	near := make([]int32, n*k)
	for i := range near {
		near[i] = int32((i/k + 1 + i%k) % n)
	}
	apart, err := furtherPairs(ctx, n, m, 1, near)
	if err != nil {
		t.Fatal(err)
	}
	before := slices.Clone(apart)
	s := &pairSets{neighbors: near, apart: apart}
	if err := s.redraw(ctx, y, 2, reach, 1, 210); err != nil {
		t.Fatal(err)
	}
	inside := func(to []int32) float64 {
		count := 0.
		for at, j := range to {
			i := at / m
			if math.Hypot(float64(y[2*i]-y[2*j]), float64(y[2*i+1]-y[2*j+1])) <= reach {
				count++
			}
		}
		return count / float64(len(to))
	}
	if inside(s.apart) < .99 || inside(before) > .7 {
		t.Errorf("%v of the pairs are within reach, and were %v before", inside(s.apart), inside(before))
	}
	for i := range n {
		for _, j := range s.apart[i*m : (i+1)*m] {
			if int(j) == i || slices.Contains(near[i*k:(i+1)*k], j) {
				t.Fatalf("row %d repels %d, which is itself or near", i, j)
			}
		}
	}
}
