package dr_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/golden"
)

func ExampleCCA_FitPair() {
	// What two views of 200 rows share is the smallest part of both.
	shared, a, b := fixture.Normal(1, 200, 1), fixture.Normal(2, 200, 2), fixture.Normal(3, 200, 2)
	view := func(private *mat.Dense) *mat.Dense {
		x := mat.NewDense(200, 3, nil)
		for i := range 200 {
			u, v := private.At(i, 0), private.At(i, 1)
			x.SetRow(i, []float64{shared.At(i, 0) + 10*u, 10*u + v, v})
		}
		return x
	}
	model, err := dr.CCA{Components: 2, Permutations: 99}.FitPair(context.Background(), view(a), view(b))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(model)
	// Output:
	// CCA of 200 × 3 and 3, 2 components, 99 permutations, seed 0
	//   component  correlation        p
	//           1     1.000000   0.0100
	//           2     0.064024   1.0000
}

func TestCCAAgainstScikitLearn(t *testing.T) {
	testenv.Unraced(t)
	var file struct {
		Wine struct {
			Nipals struct {
				Correlations []float64
				X, Y         [][]float64
			}
			All []float64
		}
	}
	golden.Load(t, "cca", &file)
	wine := mat.DenseCopyOf(datasets.Wine().X)
	n, _ := wine.Dims()
	m, err := dr.CCA{}.FitPair(context.Background(), wine.Slice(0, n, 0, 6), wine.Slice(0, n, 6, 13))
	if err != nil {
		t.Fatal(err)
	}
	nearAll(t, "correlation", m.Correlations(), file.Wine.All, 1e-11, 0)
	nearAll(t, "correlation by NIPALS", m.Correlations()[:3], file.Wine.Nipals.Correlations, 1e-9, 0)
	for c := range 3 {
		sign := math.Copysign(1, m.Embedding().At(0, c)*file.Wine.Nipals.X[0][c])
		for i := range 3 {
			near(t, "score of x", sign*m.Embedding().At(i, c), file.Wine.Nipals.X[i][c], 0, 1e-5)
			near(t, "score of y", sign*m.EmbeddingY().At(i, c), file.Wine.Nipals.Y[i][c], 0, 1e-5)
		}
	}
}

// The fixture of representation similarity, whose correlations are published with
// those of other measures.
func TestCCAOfTheFixture(t *testing.T) {
	x := fixture.Normal(7, 200, 12)
	y := new(mat.Dense)
	y.Mul(x, fixture.Normal(8, 12, 8))
	e := fixture.Normal(9, 200, 8)
	y.Apply(func(i, j int, v float64) float64 { return math.Tanh(v/3) + .3*e.At(i, j) }, y)
	m, err := dr.CCA{}.FitPair(context.Background(), x, y)
	if err != nil {
		t.Fatal(err)
	}
	nearAll(t, "correlation", m.Correlations(), []float64{.945755, .91842199, .90089706, .82689349, .82008326, .67061466, .559822, .51658337}, 0, 1e-7)
	near(t, "mean", stat.Mean(m.Correlations(), nil), .76988385285, 1e-10, 0)

	// Coordinates have variance 1 and correlate within their pair alone; an affine
	// map of a view changes nothing, nor does a column that is a sum of others.
	n := 200
	a, b := m.Embedding(), m.EmbeddingY()
	for c := range 8 {
		for d := range 8 {
			u, v, w := mat.Col(nil, c, a), mat.Col(nil, d, a), mat.Col(nil, d, b)
			want, cross := 0., 0.
			if c == d {
				want, cross = 1, m.Correlations()[c]
			}
			near(t, "covariance", stat.Covariance(u, v, nil), want, 0, 1e-10)
			near(t, "cross covariance", stat.Covariance(u, w, nil), cross, 0, 1e-10)
		}
	}
	mixed := new(mat.Dense)
	mixed.Mul(x, fixture.Normal(20, 12, 12))
	more := mat.NewDense(n, 13, nil)
	for i := range n {
		sum := 0.
		for j := range 12 {
			more.Set(i, j, 1e6*mixed.At(i, j)+7)
			sum += mixed.At(i, j)
		}
		more.Set(i, 12, sum*1e-3)
	}
	same, err := dr.CCA{}.FitPair(context.Background(), more, y)
	if err != nil {
		t.Fatal(err)
	}
	nearAll(t, "correlation after a map", same.Correlations(), m.Correlations(), 0, 1e-7)
	if !mat.EqualApprox(absolute(same.Embedding()), absolute(a), 1e-5) {
		t.Error("an affine map of x changes its coordinates")
	}

	// In one column each it is Pearson's correlation, and with a ridge that with
	// larger variances.
	u, v := mat.Col(nil, 0, x), mat.Col(nil, 0, y)
	for _, ridge := range []float64{0, .5} {
		one, err := dr.CCA{Ridge: ridge}.FitPair(context.Background(), mat.NewDense(n, 1, u), mat.NewDense(n, 1, v))
		if err != nil {
			t.Fatal(err)
		}
		near(t, "of one column each", one.Correlations()[0], math.Abs(stat.Correlation(u, v, nil))/(1+ridge), 1e-12, 0)
	}
	z, err := m.TransformY(context.Background(), y)
	if err != nil || !mat.Equal(z, b) {
		t.Errorf("transform of y: %v", err)
	}
	var norms mat.Dense
	norms.Mul(m.ComponentsY(), m.ComponentsY().T())
	if len(m.MeanY()) != 8 || norms.At(0, 0) == 0 {
		t.Error("the map of y has no parts")
	}
}

func absolute(x mat.Matrix) *mat.Dense {
	var y mat.Dense
	y.Apply(func(_, _ int, v float64) float64 { return math.Abs(v) }, x)
	return &y
}

// With a ridge the squared correlations are the eigenvalues of
// (Sxx + aI)⁻¹·Sxy·(Syy + bI)⁻¹·Syx.
func TestCCAWithRidgeInClosedForm(t *testing.T) {
	const n, ridge = 80, .3
	x := fixture.Normal(1, n, 4)
	y := new(mat.Dense)
	y.Mul(x, fixture.Normal(2, 4, 3))
	e := fixture.Normal(3, n, 3)
	y.Apply(func(i, j int, v float64) float64 { return v*float64(1+j) + 2*e.At(i, j) }, y)
	m, err := dr.CCA{Ridge: ridge}.FitPair(context.Background(), x, y)
	if err != nil {
		t.Fatal(err)
	}
	both := new(mat.Dense)
	both.Augment(x, y)
	var s mat.SymDense
	stat.CovarianceMatrix(&s, both, nil)
	inverse := func(from, to int) *mat.Dense {
		part := mat.DenseCopyOf(s.SliceSym(from, to))
		mean := mat.Trace(part) / float64(to-from)
		for j := range to - from {
			part.Set(j, j, part.At(j, j)+ridge*mean)
		}
		var inv mat.Dense
		if err := inv.Inverse(part); err != nil {
			t.Fatal(err)
		}
		return &inv
	}
	cross := mat.DenseCopyOf(&s).Slice(0, 4, 4, 7)
	var a, b, c mat.Dense
	a.Mul(cross.T(), inverse(0, 4))
	b.Mul(&a, cross)
	c.Mul(inverse(4, 7), &b)
	var eigen mat.Eigen
	if !eigen.Factorize(&c, mat.EigenNone) {
		t.Fatal("no eigenvalues")
	}
	var want []float64
	for _, v := range eigen.Values(nil) {
		want = append(want, math.Sqrt(real(v)))
	}
	slices.Sort(want)
	slices.Reverse(want)
	nearAll(t, "correlation", m.Correlations(), want, 1e-10, 0)
}

// Views of more columns than rows share everything, unless a ridge forbids it; and
// permutations tell chance from what is shared.
func TestCCATellsChance(t *testing.T) {
	ctx := context.Background()
	x, y := fixture.Normal(1, 20, 30), fixture.Normal(2, 20, 30)
	m, err := dr.CCA{Permutations: 19}.FitPair(ctx, x, y)
	if err != nil || m.Correlations()[18] < 1-1e-9 || len(m.Embedding().Notes) == 0 || m.PValues()[0] < .05 {
		t.Errorf("more columns than rows: %v, %v", m, err)
	}
	r, err := dr.CCA{Ridge: 1}.FitPair(ctx, x, y)
	if err != nil || r.Correlations()[0] > .95 || r.PValues() != nil {
		t.Errorf("with a ridge: %v, %v", r, err)
	}
	// Of unrelated views, p-values of the first correlation are uniform; of related
	// ones, small.
	var null []float64
	for seed := range uint64(40) {
		m, err := dr.CCA{Permutations: 39, Seed: seed}.FitPair(ctx, fixture.Normal(100+seed, 40, 3), fixture.Normal(200+seed, 40, 2))
		if err != nil {
			t.Fatal(err)
		}
		null = append(null, m.PValues()[0])
	}
	slices.Sort(null)
	for i, p := range null {
		if math.Abs(p-float64(i+1)/40) > .26 { // Kolmogorov and Smirnov at 1 %
			t.Errorf("p-values of unrelated views are not uniform: %.2f", null)
			break
		}
	}
	a, err1 := dr.CCA{Permutations: 39, Seed: 1}.FitPair(ctx, fixture.Normal(1, 40, 3), fixture.Normal(2, 40, 2))
	b, err2 := dr.CCA{Permutations: 39, Seed: 2}.FitPair(ctx, fixture.Normal(1, 40, 3), fixture.Normal(2, 40, 2))
	if err := errors.Join(err1, err2); err != nil || slices.Equal(a.PValues(), b.PValues()) {
		t.Errorf("another seed draws the same permutations: %v, %v", a, err)
	}
	var shape *mat32.ShapeError
	if _, err := (dr.CCA{}).FitPair(ctx, x, fixture.Normal(2, 19, 3)); !errors.As(err, &shape) {
		t.Errorf("views of other numbers of rows: %v", err)
	}
	var degenerate *mat32.DegenerateError
	if _, err := (dr.CCA{}).FitPair(ctx, x, mat.NewDense(20, 2, nil)); !errors.As(err, &degenerate) {
		t.Errorf("a constant view: %v", err)
	}
}
