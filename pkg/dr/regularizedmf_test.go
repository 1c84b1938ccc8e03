package dr_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
)

func ExampleRegularizedMF() {
	ctx := context.Background()
	chosen := mat.NewDense(6, 3, []float64{1, 1, 0, 1, 1, 0, 1, 0, 0, 0, 1, 1, 0, 0, 1, 0, 1, 1})
	model, err := dr.RegularizedMF{}.Fit(ctx, chosen)
	if err != nil {
		fmt.Println(err)
		return
	}
	other, err := model.Rescaled(model.Orthogonal())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, m := range []*dr.RegularizedMFModel{model, other} {
		prediction, err := m.Inverse(ctx, m.Embedding())
		if err != nil {
			fmt.Println(err)
			return
		}
		unit, err := dr.RowNormalize{}.Embed(ctx, m.Items())
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("prediction %.4f, cosine of the first two items %.4f\n",
			prediction.At(0, 2), math.Abs(mat.Dot(unit.RowView(0), unit.RowView(1))))
	}
	// Output:
	// prediction 0.0833, cosine of the first two items 0.2500
	// prediction 0.0833, cosine of the first two items 0.0000
}

// interactions returns who chose what: users of three clusters choose mostly among
// the items of their own.
func interactions(n, d int) *mat.Dense {
	x := mat.NewDense(n, d, nil)
	for i := range n {
		s := rng.New(5, "interactions", i)
		for j := range d {
			likely := .05
			if i%3 == j%3 {
				likely = .4
			}
			if s.Float64() < likely {
				x.Set(i, j, 1)
			}
		}
	}
	return x
}

// lossOf is the definition.
func lossOf(x, a, b mat.Matrix, penalty dr.MFPenalty, lambda float64) float64 {
	var xa, product, prediction, left mat.Dense
	xa.Mul(x, a)
	product.Mul(a, b.T())
	prediction.Mul(&xa, b.T())
	left.Sub(x, &prediction)
	square := func(m mat.Matrix) float64 { return math.Pow(mat.Norm(m, 2), 2) }
	if penalty == dr.PenalizeFactors {
		return square(&left) + lambda*(square(&xa)+square(b))
	}
	return square(&left) + lambda*square(&product)
}

// The closed forms are minima: no step from them lowers the loss as it is defined,
// and its gradient, by differences, is zero.
func TestRegularizedMFIsTheMinimum(t *testing.T) {
	x := interactions(40, 8)
	for _, c := range []struct {
		m dr.RegularizedMF
	}{{dr.RegularizedMF{Lambda: 3}}, {dr.RegularizedMF{Lambda: 3, Components: 3, Rescale: []float64{2, .5, 1}}},
		{dr.RegularizedMF{Penalty: dr.PenalizeFactors, Lambda: 2}}, {dr.RegularizedMF{Penalty: dr.PenalizeFactors, Components: 2}}} {
		m, err := c.m.Fit(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		lambda := c.m.Lambda
		if lambda == 0 {
			lambda = 1
		}
		a, b := m.Encoder(), m.Items()
		best := lossOf(x, a, b, c.m.Penalty, lambda)
		near(t, "loss", m.Loss(), best, 1e-11, 0)
		near(t, "objective", m.Embedding().Objective, best, 1e-11, 0)
		const h = 1e-4
		for _, part := range []*mat.Dense{a, b} {
			rows, k := part.Dims()
			for i := range rows {
				for j := range k {
					v := part.At(i, j)
					part.Set(i, j, v+h)
					up := lossOf(x, a, b, c.m.Penalty, lambda)
					part.Set(i, j, v-h)
					down := lossOf(x, a, b, c.m.Penalty, lambda)
					part.Set(i, j, v)
					near(t, "gradient", (up-down)/(2*h), 0, 0, 1e-6*best)
					if min(up, down) < best-1e-9*best {
						t.Errorf("%v: a step lowers the loss from %v to %v", c.m, best, min(up, down))
					}
				}
			}
		}
		for step := range 20 { // and further away
			away := normal(8, m.Encoder().RawMatrix().Cols, float64(step))
			var a2, b2 mat.Dense
			a2.Add(a, away)
			b2.Sub(b, away)
			if l := lossOf(x, &a2, &b2, c.m.Penalty, lambda); l < best {
				t.Errorf("%v: a loss of %v is below %v", c.m, l, best)
			}
		}
	}
}

// similar returns the cosines of all pairs of rows.
func similar(t *testing.T, x mat.Matrix) *mat.Dense {
	t.Helper()
	e, err := dr.RowNormalize{}.Embed(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	var c mat.Dense
	c.Mul(e, e.T())
	return &c
}

// Predictions are the same to rounding whatever D; cosines are not, and of full rank
// one D makes them say nothing.
func TestCosinesDependOnDWithOnePenaltyOnly(t *testing.T) {
	ctx := context.Background()
	x := interactions(200, 30)
	m, err := dr.RegularizedMF{Lambda: 50}.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	want, err := m.Inverse(ctx, m.Embedding())
	if err != nil {
		t.Fatal(err)
	}
	offDiagonal := func(c *mat.Dense) float64 {
		sum := 0.
		for i := range 30 {
			for j := range i {
				sum += math.Abs(c.At(i, j)) / (15 * 29)
			}
		}
		return sum
	}
	rising := make([]float64, 30)
	for i := range rising {
		rising[i] = math.Sqrt(float64(1 + i))
	}
	means := []float64{offDiagonal(similar(t, m.Items()))}
	for _, scale := range [][]float64{m.Orthogonal(), rising} {
		other, err := m.Rescaled(scale)
		if err != nil {
			t.Fatal(err)
		}
		got, err := other.Inverse(ctx, other.Embedding())
		if err != nil || !mat.EqualApprox(got, want, 1e-10) {
			t.Errorf("other predictions: %v", err)
		}
		direct, err := dr.RegularizedMF{Lambda: 50, Rescale: scale}.Fit(ctx, x)
		if err != nil || !mat.EqualApprox(direct.Embedding(), other.Embedding(), 1e-10) || !mat.EqualApprox(direct.Items(), other.Items(), 1e-12) {
			t.Errorf("rescaled afterwards it is another model: %v", err)
		}
		near(t, "loss", other.Loss(), m.Loss(), 0, 0)
		means = append(means, offDiagonal(similar(t, other.Items())))
	}
	t.Logf("mean cosine between items: %.4f", means)
	if means[1] > 1e-10 || means[0] < .02 || means[2] < 1.5*means[0] {
		t.Errorf("mean cosines %v: want one of 0, and others that differ", means)
	}

	fixed, err := dr.RegularizedMF{Lambda: 5, Penalty: dr.PenalizeFactors}.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	for _, scale := range [][]float64{nil, rising} {
		var param *mat32.ParamError
		if _, err := fixed.Rescaled(scale); !errors.As(err, &param) || param.Param != "Rescale" {
			t.Errorf("rescaled by %v: %v", scale, err)
		}
	}
	// What the other loss leaves open, a rotation, changes no cosine.
	var svd mat.SVD
	svd.Factorize(normal(30, 30, 0), mat.SVDFull)
	var u, turned mat.Dense
	svd.UTo(&u)
	turned.Mul(fixed.Items(), &u)
	if !mat.EqualApprox(similar(t, &turned), similar(t, fixed.Items()), 1e-10) {
		t.Error("a rotation changes cosines")
	}
	weak, err := dr.RegularizedMF{Lambda: .1, Penalty: dr.PenalizeFactors}.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	if mat.EqualApprox(similar(t, weak.Items()), similar(t, fixed.Items()), .1) {
		t.Error("another λ should move cosines")
	}
}

func TestRegularizedMFOfLowRankAndSparseRows(t *testing.T) {
	ctx := context.Background()
	var x mat.Dense
	x.Mul(normal(20, 2, 0), normal(2, 6, 0))
	for _, penalty := range []dr.MFPenalty{dr.PenalizeProduct, dr.PenalizeFactors} {
		m, err := dr.RegularizedMF{Penalty: penalty, Lambda: dr.Zero}.Fit(ctx, &x)
		if err != nil {
			t.Fatal(err)
		}
		back, err := m.Inverse(ctx, m.Embedding())
		if err != nil || !mat.EqualApprox(back, &x, 1e-10) {
			t.Errorf("%s: without a penalty the rows should come back: %v", penalty, err)
		}
		counts := sparseOf(t, interactions(50, 7))
		a, errA := dr.RegularizedMF{Penalty: penalty}.Embed(ctx, counts)
		b, errB := dr.RegularizedMF{Penalty: penalty}.Embed(ctx, mat32.Convert(counts))
		if err := errors.Join(errA, errB); err != nil || !mat.Equal(a, b) {
			t.Errorf("%s: sparse rows give another map: %v", penalty, err)
		}
	}
	m, err := dr.RegularizedMF{Penalty: dr.PenalizeFactors, Lambda: 1e6}.Fit(ctx, &x)
	if err != nil || len(m.Embedding().Notes) != 1 || mat.Norm(m.Embedding(), 2) != 0 {
		t.Errorf("a penalty above all singular values: %v, %v", m, err)
	}
	var param *mat32.ParamError
	for _, scale := range [][]float64{{1}, {1, 0, 1, 1, 1, 1}, {1, 1, 1, 1, 1, math.NaN()}} {
		if _, err := (dr.RegularizedMF{Rescale: scale}).Fit(ctx, &x); !errors.As(err, &param) || param.Param != "Rescale" {
			t.Errorf("scale %v: %v", scale, err)
		}
	}
}
