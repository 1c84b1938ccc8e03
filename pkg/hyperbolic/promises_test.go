package hyperbolic_test

import (
	"context"
	"errors"
	"math"
	"reflect"
	"runtime"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/hyperbolic"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// bruteForce returns δ and its mean by all quadruples.
func bruteForce(d mat.Matrix) (most, mean float64) {
	n, _ := d.Dims()
	count := 0.
	for i := range n {
		for j := range i {
			for k := range j {
				for l := range k {
					a, b, c := d.At(i, j)+d.At(k, l), d.At(i, k)+d.At(j, l), d.At(i, l)+d.At(j, k)
					first := max(a, b, c)
					v := (first - max(min(a, b), min(max(a, b), c))) / 2
					most = max(most, v)
					mean += v
					count++
				}
			}
		}
	}
	return most, mean / count
}

func given(t testing.TB, x mat.Matrix, distance func(i, j int) float64) *mat32.Distances {
	t.Helper()
	n, _ := x.Dims()
	var pairs []float64
	for i := range n {
		for j := i + 1; j < n; j++ {
			pairs = append(pairs, distance(i, j))
		}
	}
	d, err := mat32.NewDistances(n, pairs)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Whatever is left out on the way to the largest quadruple, it is the largest: of clouds,
// of points of hyperbolic space, of graphs with edges of any length, of what is no metric.
func TestDeltaIsThatOfAllQuadruples(t *testing.T) {
	testenv.Unraced(t)
	euclidean := func(x *mat.Dense) *mat32.Distances {
		return given(t, x, func(i, j int) float64 {
			a, b := mat.Row(nil, i, x), mat.Row(nil, j, x)
			sum := 0.
			for c, v := range a {
				sum += (v - b[c]) * (v - b[c])
			}
			return math.Sqrt(sum)
		})
	}
	inputs := map[string]mat.Matrix{
		"tree with a few edges more": func() mat.Matrix {
			edges := [][2]int{{3, 40}, {7, 31}, {20, 44}}
			lengths := []float64{1.5, .7, 2}
			for i := 1; i < 45; i++ {
				edges, lengths = append(edges, [2]int{(i - 1) / 2, i}), append(lengths, .5+rowShare(i, 21))
			}
			return fromEdges(t, 45, edges, lengths)
		}(),
		"no metric": given(t, mat.NewDense(30, 1, nil), func(i, j int) float64 { return rowShare(i*30+j, 22) }),
	}
	for seed := range uint64(6) {
		inputs["cloud "+string('0'+rune(seed))] = euclidean(fixture.Normal(seed, 36, 1+int(seed)))
		inputs["hyperbolic "+string('0'+rune(seed))] = distances(hyperbolicPoints(30+int(seed), 2+int(seed%3), 2+float64(seed)))
	}
	for name, x := range inputs {
		var d mat.Matrix = x
		if g, ok := x.(*affinity.Sparse); ok {
			d = shortest(g)
		}
		most, mean := bruteForce(d)
		h, err := hyperbolic.Delta{}.Compute(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		if !(math.Abs(h.Max-most) <= 1e-12*h.Diameter) || !(math.Abs(h.Mean-mean) <= 1e-12*h.Diameter) {
			t.Errorf("%s: got %v and mean %v, want %v and %v", name, h.Max, h.Mean, most, mean)
		}
		q := h.Quadruple
		first, second, third := d.At(q[0], q[1])+d.At(q[2], q[3]), d.At(q[0], q[2])+d.At(q[1], q[3]), d.At(q[0], q[3])+d.At(q[1], q[2])
		if got := (first - max(second, third)) / 2; !(math.Abs(got-most) <= 1e-12*h.Diameter) {
			t.Errorf("%s: the quadruple %v has %v, want %v", name, q, got, most)
		}
		if base, err := hyperbolic.BasePointDelta(context.Background(), x, 3); name != "no metric" &&
			(err != nil || base.Value > most+1e-12*h.Diameter || most > 2*base.Value+1e-12*h.Diameter) {
			t.Errorf("%s: base-point %v does not enclose %v: %v", name, base.Value, most, err)
		}
	}
}

// shortest returns the lengths of shortest ways, by Floyd and Warshall.
func shortest(g *affinity.Sparse) *mat.Dense {
	n, _ := g.Dims()
	d := mat.NewDense(n, n, nil)
	d.Apply(func(i, j int, _ float64) float64 {
		if w := g.At(i, j); w > 0 || i == j {
			return w
		}
		return math.Inf(1)
	}, d)
	for k := range n {
		for i := range n {
			for j := range n {
				d.Set(i, j, min(d.At(i, j), d.At(i, k)+d.At(k, j)))
			}
		}
	}
	return d
}

func TestMeanDeltaByDrawsIsNearAll(t *testing.T) {
	testenv.Unraced(t)
	x := fixture.Normal(3, 210, 4)
	all, err := hyperbolic.Delta{Quadruples: 1 << 27}.Compute(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	some, err := hyperbolic.Delta{Quadruples: 20_000}.Compute(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	again, err := hyperbolic.Delta{Quadruples: 20_000, Seed: 1}.Compute(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	if all.StdErr != 0 || all.Of != 210*209/2*208/3*207/4 {
		t.Errorf("all: %d quadruples ± %v", all.Of, all.StdErr)
	}
	for _, h := range []*hyperbolic.Hyperbolicity{some, again} {
		if !(h.StdErr > 0) || math.Abs(h.Mean-all.Mean) > 4*h.StdErr || h.StdErr > .02*all.Mean || h.Max != all.Max {
			t.Errorf("%d quadruples: %v ± %v, of all %v; max %v and %v", h.Of, h.Mean, h.StdErr, all.Mean, h.Max, all.Max)
		}
	}
	if some.Mean == again.Mean {
		t.Error("the seed changes nothing")
	}
}

func TestDeltaKeepsItsPromises(t *testing.T) {
	x := fixture.Normal(5, 120, 4)
	var want *hyperbolic.Hyperbolicity
	for _, procs := range testenv.Cores() {
		old := runtime.GOMAXPROCS(procs)
		got, err := hyperbolic.Delta{Quadruples: 5000}.Compute(context.Background(), x)
		runtime.GOMAXPROCS(old)
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = got
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%d cores: %v, on one %v", procs, got, want)
		}
	}
	moved := mat.DenseCopyOf(x)
	moved.Apply(func(_, _ int, v float64) float64 { return v + 1000 }, x)
	if h, err := (hyperbolic.Delta{Quadruples: 5000}).Compute(context.Background(), moved); err != nil || math.Abs(h.Max-want.Max) > 1e-9 {
		t.Errorf("moved: %v, %v, want %v", h, err, want.Max)
	}
	if h, err := (hyperbolic.Delta{}).Compute(context.Background(), mat.NewDense(8, 2, nil)); err != nil || h.Max != 0 || h.Relative() != 0 {
		t.Errorf("equal rows: %v, %v", h, err)
	}
	var param *mat32.ParamError
	var shape *mat32.ShapeError
	var degenerate *mat32.DegenerateError
	var finite *mat32.NotFiniteError
	var memory *mat32.MemoryError
	nan := mat.DenseCopyOf(x)
	nan.Set(3, 1, math.NaN())
	huge := mat.DenseCopyOf(x)
	huge.Scale(1e307, huge)
	for name, c := range map[string]struct {
		o  hyperbolic.Delta
		x  mat.Matrix
		is any
	}{
		"quadruples":  {hyperbolic.Delta{Quadruples: -5}, x, &param},
		"memory":      {hyperbolic.Delta{MemoryLimit: 1000}, x, &memory},
		"limit":       {hyperbolic.Delta{MemoryLimit: -1}, x, &param},
		"three rows":  {hyperbolic.Delta{}, x.Slice(0, 3, 0, 4), &shape},
		"NaN":         {hyperbolic.Delta{}, nan, &finite},
		"huge":        {hyperbolic.Delta{}, huge, &degenerate},
		"in pieces":   {hyperbolic.Delta{}, graph(t, 8, func(i, j int) bool { return j == i+1 && j != 4 }), &degenerate},
		"one-way":     {hyperbolic.Delta{}, oneWay(t), &param},
		"no matrix":   {hyperbolic.Delta{}, nil, nil},
		"no graph":    {hyperbolic.Delta{}, (*affinity.Sparse)(nil), nil},
		"empty graph": {hyperbolic.Delta{}, &affinity.Sparse{}, nil},
		"no points":   {hyperbolic.Delta{}, (*hyperbolic.Embedding)(nil), nil},
	} {
		_, err := c.o.Compute(context.Background(), c.x)
		if c.is == nil && !errors.Is(err, mat32.ErrEmpty) || c.is != nil && !errors.As(err, c.is) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func oneWay(t testing.TB) *affinity.Sparse {
	g, err := affinity.NewSparse(4, []int{0, 1, 2, 3, 4}, []int32{1, 2, 3, 0}, []float64{1, 1, 1, 1})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestDeltaHearsACancel(t *testing.T) {
	x := distances(hyperbolicPoints(400, 2, 12)) // which would take seconds
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	begun := runtime.NumGoroutine()
	_, err := hyperbolic.Delta{}.Compute(ctx, x)
	deadline, _ := ctx.Deadline()
	if late := time.Since(deadline); !errors.Is(err, context.DeadlineExceeded) || late > 250*time.Millisecond {
		t.Errorf("%v after the deadline: %v", late, err)
	}
	for range 100 {
		if runtime.NumGoroutine() <= begun {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Error("goroutines are left")
}
