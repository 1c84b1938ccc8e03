package dr_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/golden"
)

func ExampleNMF_Fit() {
	// Four baskets of fruit, mixed from two kinds of them.
	x := mat.NewDense(4, 3, []float64{
		2, 4, 0,
		1, 2, 0,
		0, 0, 3,
		1, 2, 3,
	})
	model, err := dr.NMF{Components: 2, Tolerance: 1e-8}.Fit(context.Background(), x)
	if err != nil {
		fmt.Println(err)
		return
	}
	back, err := model.Inverse(context.Background(), model.Embedding())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f\n", mat.Formatted(back))
	h := model.Components()
	for c := range 2 { // what the kinds are made of
		row := h.RawRowView(c)
		fmt.Printf("%.2f %.2f %.2f\n", row[0]/mat.Sum(h.RowView(c)), row[1]/mat.Sum(h.RowView(c)), row[2]/mat.Sum(h.RowView(c)))
	}
	// Output:
	// ⎡2.00  4.00  0.00⎤
	// ⎢1.00  2.00  0.00⎥
	// ⎢0.00  0.00  3.00⎥
	// ⎣1.00  2.00  3.00⎦
	// 0.33 0.67 0.00
	// 0.00 0.00 1.00
}

func TestNMFAgainstScikitLearn(t *testing.T) {
	testenv.Unraced(t)
	var file struct {
		Runs []struct {
			Table, Loss, Init string
			Components        int
			Iterations        int
			PenaltyW          float64 `json:"penalty_w"`
			PenaltyH          float64 `json:"penalty_h"`
			L1Ratio           float64 `json:"l1_ratio"`
			H, W, Transformed [][]float64
			Error             float64
		}
	}
	golden.Load(t, "nmf", &file)
	if len(file.Runs) < 10 {
		t.Fatalf("only %d runs", len(file.Runs))
	}
	ctx := context.Background()
	digits := mat.DenseCopyOf(datasets.Digits().X.Slice(0, 120, 0, 64))
	more := mat.DenseCopyOf(digits)
	more.Apply(func(_, _ int, v float64) float64 { return v + 1 }, more)
	for _, want := range file.Runs {
		var x mat.Matrix
		switch want.Table {
		case "digits":
			x = digits
		case "digits_plus1":
			x = more
		default:
			x = table(t, want.Table)
		}
		f := dr.NMF{Components: want.Components, Iterations: want.Iterations, Tolerance: 1e-300, Sweeps: 1,
			Loss:     map[string]dr.Divergence{"frobenius": dr.SquaredError, "kullback-leibler": dr.KullbackLeibler, "itakura-saito": dr.ItakuraSaito}[want.Loss],
			Start:    map[string]dr.NMFStart{"nndsvd": dr.FromNNDSVD, "nndsvda": dr.FromNNDSVDA}[want.Init],
			PenaltyW: want.PenaltyW, PenaltyH: want.PenaltyH, L1Ratio: want.L1Ratio}
		name := fmt.Sprintf("%s, %v", want.Table, f)
		m, err := f.Fit(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		for c, row := range want.H {
			nearAll(t, name+": component", m.Components().RawRowView(c), row, 1e-6, 1e-6)
		}
		for i, row := range want.W {
			nearAll(t, name+": row", m.Embedding().RawRowView(i), row, 1e-6, 1e-6)
		}
		got := m.Embedding().Objective
		if f.Loss != dr.SquaredError {
			got = math.Sqrt(2 * got)
		}
		near(t, name+": error", got, want.Error, 1e-8, 0)
		if want.Transformed == nil {
			continue
		}
		five := mat.DenseCopyOf(x).Slice(0, 5, 0, len(want.H[0]))
		z, err := m.Transform(ctx, five)
		if err != nil {
			t.Fatal(err)
		}
		for i, row := range want.Transformed {
			nearAll(t, name+": new row", z.RawRowView(i), row, 1e-5, 1e-6)
		}
	}
}

// planted returns non-negative rows that are sums of k parts.
func planted(n, d, k int) *mat.Dense {
	positive := func(seed uint64, n, d int) *mat.Dense {
		m := fixture.Normal(seed, n, d)
		m.Apply(func(_, _ int, v float64) float64 { return max(v, 0) }, m)
		return m
	}
	var x mat.Dense
	x.Mul(positive(1, n, k), positive(2, k, d))
	return &x
}

// Whatever the start and the loss, factors are not negative, what they are worth
// is what the embedding says, and rows are mapped where they are.
func TestNMFIsWhatItSays(t *testing.T) {
	testenv.Unraced(t)
	ctx := context.Background()
	x := planted(40, 12, 4)
	x.Apply(func(_, _ int, v float64) float64 { return v + .1 }, x)
	for _, loss := range []dr.Divergence{dr.SquaredError, dr.KullbackLeibler, dr.ItakuraSaito} {
		for _, start := range []dr.NMFStart{dr.FromNNDSVDA, dr.FromNNDSVD, dr.FromNNDSVDAR, dr.FromRandomFactors} {
			if start == dr.FromNNDSVD && loss != dr.SquaredError {
				continue
			}
			m, err := dr.NMF{Components: 5, Loss: loss, Start: start, Iterations: 2000, Tolerance: 1e-7, Seed: 3}.Fit(ctx, x)
			if err != nil {
				t.Fatal(err)
			}
			e := m.Embedding()
			if mat.Min(e) < 0 || mat.Min(m.Components()) < 0 {
				t.Errorf("%s from %s: a factor has a negative value", loss, start)
			}
			y, err := m.Inverse(ctx, e)
			if err != nil {
				t.Fatal(err)
			}
			want := 0.
			for i := range 40 {
				for j := range 12 {
					v, u := x.At(i, j), y.At(i, j)
					switch loss {
					case dr.SquaredError:
						want += (v - u) * (v - u)
					case dr.KullbackLeibler:
						want += v*math.Log(v/u) - v + u
					default:
						want += v/u - math.Log(v/u) - 1
					}
				}
			}
			if loss == dr.SquaredError {
				want = math.Sqrt(want)
			}
			near(t, fmt.Sprintf("%s from %s: objective", loss, start), e.Objective, want, 1e-6, 1e-9)
			z, err := m.Transform(ctx, x)
			if err != nil {
				t.Fatal(err)
			}
			var apart mat.Dense
			apart.Sub(z, e)
			if mat.Norm(&apart, 2) > .02*mat.Norm(e, 2) {
				t.Errorf("%s from %s: rows are mapped %.3g of their size away", loss, start, mat.Norm(&apart, 2)/mat.Norm(e, 2))
			}
			one, err := m.Transform(ctx, x.Slice(7, 8, 0, 12))
			if err != nil || !mat.Equal(one, z.Slice(7, 8, 0, 5)) {
				t.Errorf("%s from %s: a row alone is mapped elsewhere (%v)", loss, start, err)
			}
		}
	}
}

// Sparse rows and the same rows in full find the same factors, few of them or many.
func TestNMFOfSparseRows(t *testing.T) {
	testenv.Unraced(t)
	ctx := context.Background()
	x := counted(t, 150, 120, 4, 8) // 6 % are not zero
	for _, loss := range []dr.Divergence{dr.SquaredError, dr.KullbackLeibler} {
		f := dr.NMF{Components: 4, Loss: loss, Iterations: 15}
		sparse, err := f.Fit(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		for name, y := range map[string]mat.Matrix{"float64": mat.DenseCopyOf(x), "float32": mat32.Convert(x)} {
			m, err := f.Fit(ctx, y)
			if err != nil {
				t.Fatal(err)
			}
			near(t, fmt.Sprintf("%s, %s", loss, name), m.Embedding().Objective, sparse.Embedding().Objective, 1e-5, 0)
			if !mat.EqualApprox(m.Components(), sparse.Components(), 1e-3*mat.Max(sparse.Components())) {
				t.Errorf("%s, %s: other components", loss, name)
			}
		}
	}
}

// More sweeps for a product come further in as many products.
func TestNMFSweepsSaveProducts(t *testing.T) {
	testenv.Unraced(t)
	x := datasets.Digits().X.Slice(0, 400, 0, 64)
	for _, iterations := range []int{5, 10, 20, 40} {
		var left [2]float64
		for i, sweeps := range []int{1, 0} {
			m, err := dr.NMF{Components: 10, Sweeps: sweeps, Iterations: iterations, Tolerance: 1e-12}.Fit(context.Background(), x)
			if err != nil {
				t.Fatal(err)
			}
			left[i] = m.Embedding().Objective
		}
		if t.Logf("%d iterations: one sweep leaves %.5g, more %.5g", iterations, left[0], left[1]); left[1] >= left[0] {
			t.Errorf("%d iterations: one sweep leaves %.5g, more %.5g", iterations, left[0], left[1])
		}
	}
}

// A penalty by sums makes values zero that one by squares does not.
func TestNMFPenalties(t *testing.T) {
	testenv.Unraced(t)
	x := datasets.Digits().X.Slice(0, 200, 0, 64)
	zeros := func(f dr.NMF) (n int) {
		f.Components = 8
		m, err := f.Fit(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range m.Components().RawMatrix().Data {
			if v == 0 {
				n++
			}
		}
		return n
	}
	none, sums, squares := zeros(dr.NMF{}), zeros(dr.NMF{PenaltyH: .2, L1Ratio: 1}), zeros(dr.NMF{PenaltyH: .2})
	if !(sums > none+20 && sums > squares+20) {
		t.Errorf("%d zeros without a penalty, %d by sums, %d by squares", none, sums, squares)
	}
}

func TestNMFAtTheEdges(t *testing.T) {
	ctx := context.Background()
	var degenerate *mat32.DegenerateError
	for name, x := range map[string]*mat.Dense{
		"a negative value": mat.NewDense(2, 2, []float64{1, 2, 3, -1}),
		"zeros":            mat.NewDense(3, 2, nil),
	} {
		if _, err := (dr.NMF{}).Fit(ctx, x); !errors.As(err, &degenerate) {
			t.Errorf("%s: %v", name, err)
		}
	}
	x := planted(20, 6, 2)
	if _, err := (dr.NMF{Loss: dr.ItakuraSaito}).Fit(ctx, x); !errors.As(err, &degenerate) {
		t.Errorf("zeros, for Itakura–Saito: %v", err)
	}
	m, err := dr.NMF{Components: 2, Iterations: 500, Tolerance: 1e-8}.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	if m.Embedding().Objective > 1e-3*mat.Norm(x, 2) {
		t.Errorf("two parts leave %v of %v", m.Embedding().Objective, mat.Norm(x, 2))
	}
	if _, err := m.Transform(ctx, mat.NewDense(1, 6, []float64{1, 1, 1, -1, 1, 1})); !errors.As(err, &degenerate) {
		t.Errorf("a negative value to map: %v", err)
	}
	z, err := m.Transform(ctx, mat.NewDense(1, 6, nil))
	if err != nil || mat.Max(z) != 0 {
		t.Errorf("zeros are mapped to %v (%v)", z, err)
	}
	// A huge and a minute copy have the same parts, with and without penalties in
	// their units.
	for _, by := range []float64{0x1p400, 0x1p-400} {
		var y mat.Dense
		y.Scale(by, x)
		for _, penalty := range []float64{0, .01} {
			f := dr.NMF{Components: 2, PenaltyW: penalty * by, PenaltyH: penalty * by, Start: dr.FromNNDSVD}
			same := dr.NMF{Components: 2, PenaltyW: penalty, PenaltyH: penalty, Start: dr.FromNNDSVD}
			a, err := f.Fit(ctx, &y)
			if err != nil {
				t.Fatal(err)
			}
			b, err := same.Fit(ctx, x)
			if err != nil {
				t.Fatal(err)
			}
			near(t, "scaled", a.Embedding().Objective/by, b.Embedding().Objective, 1e-6, 1e-9)
			u, err := a.Transform(ctx, y.Slice(0, 3, 0, 6))
			if err != nil {
				t.Fatal(err)
			}
			v, err := b.Transform(ctx, x.Slice(0, 3, 0, 6))
			if err != nil {
				t.Fatal(err)
			}
			nearAll(t, "scaled row", u.RawRowView(0), scaledBy(v.RawRowView(0), math.Sqrt(by)), 1e-6, 1e-9*math.Sqrt(by))
		}
	}
	for _, f := range []dr.NMF{{Loss: dr.KullbackLeibler}, {Loss: dr.ItakuraSaito}} {
		y := fixture.Uniform(1, 5, 1)
		y.Apply(func(_, _ int, v float64) float64 { return v + .5 }, y)
		if m, err := f.Fit(ctx, y); err != nil || m.Embedding().Objective > 1e-6 {
			t.Errorf("%s of one column: %v, %v", f.Loss, m, err)
		}
	}
}

func scaledBy(v []float64, by float64) []float64 {
	w := make([]float64, len(v))
	for i := range v {
		w[i] = v[i] * by
	}
	return w
}
