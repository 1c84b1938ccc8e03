package dr_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/golden"
)

func ExampleWhitening() {
	wine := datasets.Wine()
	model, err := dr.Whitening{Kind: dr.WhitenZCA}.Fit(context.Background(), wine.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	var covariance mat.SymDense
	stat.CovarianceMatrix(&covariance, model.Embedding(), nil)
	fmt.Printf("variance %.6f, covariance %.6f\n", covariance.At(0, 0), math.Abs(covariance.At(0, 1)))
	fmt.Println(model.Embedding().Caption())
	// Output:
	// variance 1.000000, covariance 0.000000
	// whitening · n = 178 · 13 → 13 dimensions
}

func ExampleZipfianWhitening() {
	// Four words by falling frequency: the first is met as often as all others together.
	words := mat.NewDense(4, 2, []float64{1, 0, 4, 1, 5, -1, 9, 0})
	often := []float64{30, 15, 10, 5}
	e, err := dr.ZipfianWhitening{Weights: often}.Embed(context.Background(), words)
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := range 4 {
		fmt.Printf("%.2f\n", math.Hypot(e.At(i, 0), e.At(i, 1)))
	}
	// Output:
	// 0.88
	// 1.50
	// 1.83
	// 2.43
}

func ExampleSymmetryScores() {
	ctx := context.Background()
	wine := datasets.Wine()
	before, err := dr.SymmetryScores(ctx, wine.X, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	white, err := dr.Whitening{}.Embed(ctx, wine.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	after, err := dr.SymmetryScores(ctx, white, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("before: centrality %.3f, isotropy %.3f\n", before.Centrality, before.Isotropy)
	fmt.Printf("after:  centrality %.3f, isotropy %.3f\n", after.Centrality, after.Isotropy)
	// Output:
	// before: centrality 0.001, isotropy 0.006
	// after:  centrality 1.000, isotropy 1.000
}

var whiteningKinds = map[string]dr.WhiteningKind{
	"pca": dr.WhitenPCA, "zca": dr.WhitenZCA, "cholesky": dr.WhitenCholesky, "pca_cor": dr.WhitenPCACor, "zca_cor": dr.WhitenZCACor,
}

type whiteningFile struct {
	Data map[string]struct {
		PCA, ZCA, Cholesky, Zipf [][]float64
		PCACor                   [][]float64 `json:"pca_cor"`
		ZCACor                   [][]float64 `json:"zca_cor"`
		Symmetry                 map[string][]float64
	}
}

func TestWhiteningAgainstPeers(t *testing.T) {
	testenv.Unraced(t)
	var file whiteningFile
	golden.Load(t, "whitening", &file)
	if len(file.Data) != 2 {
		t.Fatalf("%d tables", len(file.Data))
	}
	for name, want := range file.Data {
		for kind, rows := range map[string][][]float64{"pca": want.PCA, "zca": want.ZCA, "cholesky": want.Cholesky, "pca_cor": want.PCACor, "zca_cor": want.ZCACor} {
			if len(rows) != 3 {
				t.Fatalf("%s: %d rows of %s", name, len(rows), kind)
			}
			e, err := dr.Whitening{Kind: whiteningKinds[kind]}.Embed(context.Background(), table(t, name))
			if err != nil {
				t.Fatal(err)
			}
			for i, row := range rows {
				nearAll(t, name+" "+kind, e.RawRowView(i), row, 0, 1e-9)
			}
		}
	}
}

func TestZipfianWhiteningAgainstNumPy(t *testing.T) {
	testenv.Unraced(t)
	var file whiteningFile
	golden.Load(t, "whitening", &file)
	for name, want := range file.Data {
		e, err := dr.ZipfianWhitening{}.Embed(context.Background(), table(t, name))
		if err != nil {
			t.Fatal(err)
		}
		for i, row := range want.Zipf {
			nearAll(t, name, e.RawRowView(i), row, 0, 1e-9)
		}
	}
}

func TestSymmetryScoresAgainstNumPy(t *testing.T) {
	testenv.Unraced(t)
	var file whiteningFile
	golden.Load(t, "whitening", &file)
	for name, data := range file.Data {
		x := table(t, name)
		n, _ := x.Dims()
		for law, weights := range map[string][]float64{"zipf": harmonic(n), "equal": nil} {
			s, err := dr.SymmetryScores(context.Background(), x, weights)
			if err != nil {
				t.Fatal(err)
			}
			nearAll(t, name+" "+law, []float64{s.Centrality, s.Isotropy}, data.Symmetry[law], 1e-11, 1e-13)
		}
	}
}

func harmonic(n int) []float64 {
	w := make([]float64, n)
	for i := range w {
		w[i] = 1 / float64(i+1)
	}
	return w
}

// identity returns how far mean and covariance of z under the weights (nil: equal,
// divisor n−1) are from 0 and the identity.
func identity(z mat.Matrix, weights []float64) float64 {
	n, k := z.Dims()
	p := make([]float64, n)
	sum := 0.
	for i := range p {
		p[i] = 1
		if weights != nil {
			p[i] = weights[i]
		}
		sum += p[i]
	}
	divisor := sum
	if weights == nil {
		divisor--
	}
	worst := 0.
	for a := range k {
		mean := 0.
		for i := range n {
			mean += p[i] / sum * z.At(i, a)
		}
		worst = max(worst, math.Abs(mean))
		for b := range k {
			c := 0.
			for i := range n {
				c += p[i] / divisor * z.At(i, a) * z.At(i, b)
			}
			if a == b {
				c--
			}
			worst = max(worst, math.Abs(c))
		}
	}
	return worst
}

func TestCovarianceAfterWhiteningIsTheIdentity(t *testing.T) {
	ctx := context.Background()
	stretched := mat.DenseCopyOf(normal(80, 6, 5))
	stretched.Apply(func(i, j int, v float64) float64 {
		return (v + .5*stretched.At(i, 0)) * math.Pow(10, float64(2*j-5))
	}, stretched)
	for name, x := range map[string]mat.Matrix{"wine": datasets.Wine().X, "twelve digits of scales": stretched, "far away": normal(60, 5, 1e6)} {
		n, d := x.Dims()
		for _, kind := range whiteningKinds {
			m, err := dr.Whitening{Kind: kind}.Fit(ctx, x)
			if err != nil {
				t.Fatal(err)
			}
			if off := identity(m.Embedding(), nil); !(off < 1e-8) {
				t.Errorf("%s, %s: off by %.3g", name, kind, off)
			}
			back, err := m.Inverse(ctx, m.Embedding())
			var difference mat.Dense
			difference.Sub(back, x)
			if err != nil || mat.Norm(&difference, math.Inf(1)) > 1e-9*mat.Norm(x, math.Inf(1)) {
				t.Errorf("%s, %s: the rows do not come back: %v", name, kind, err)
			}
			z, err := dr.ZipfianWhitening{Kind: kind}.Embed(ctx, x)
			if err != nil {
				t.Fatal(err)
			}
			if off := identity(z, harmonic(n)); !(off < 1e-8) {
				t.Errorf("%s, Zipf, %s: off by %.3g", name, kind, off)
			}
			if _, k := z.Dims(); k != d {
				t.Errorf("%s, %s: %d coordinates", name, kind, k)
			}
			s, err := dr.SymmetryScores(ctx, z, harmonic(n))
			if err != nil || s.Centrality < 1-1e-8 || s.Isotropy < 1-1e-8 {
				t.Errorf("%s, %s: symmetry %v (%v)", name, kind, s, err)
			}
		}
	}
}

// A row's image has the same bits whatever rows come with it.
func TestWhiteningMapsRowByRow(t *testing.T) {
	ctx := context.Background()
	x := normal(1100, 13, 2)
	m, err := dr.Whitening{Kind: dr.WhitenCholesky}.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	for _, cut := range [][2]int{{0, 1}, {3, 8}, {1020, 1030}, {1099, 1100}} {
		z, err := m.Transform(ctx, x.Slice(cut[0], cut[1], 0, 13))
		if err != nil || !mat.Equal(z, m.Embedding().Slice(cut[0], cut[1], 0, 13)) {
			t.Errorf("rows %v: another image (%v)", cut, err)
		}
	}
}

// Equal weights make Zipfian whitening plain, but for the divisor.
func TestZipfianWhiteningOfEqualWeights(t *testing.T) {
	ctx := context.Background()
	x := normal(50, 4, 2)
	equal := make([]float64, 50)
	for i := range equal {
		equal[i] = 7
	}
	a, errA := dr.Whitening{Kind: dr.WhitenZCA}.Embed(ctx, x)
	b, errB := dr.ZipfianWhitening{Kind: dr.WhitenZCA, Weights: equal}.Embed(ctx, x)
	if err := errors.Join(errA, errB); err != nil {
		t.Fatal(err)
	}
	b.Dense.Scale(math.Sqrt(49./50), b.Dense)
	if !mat.EqualApprox(a, b, 1e-12) {
		t.Error("they differ")
	}
	var param *mat32.ParamError
	for _, w := range [][]float64{{1, 2}, make([]float64, 50), append(make([]float64, 49), -1), append(make([]float64, 49), math.NaN()), append(make([]float64, 49), math.Inf(1))} {
		if _, err := (dr.ZipfianWhitening{Weights: w}).Fit(ctx, x); !errors.As(err, &param) || param.Param != "Weights" {
			t.Errorf("weights %v: %v", w, err)
		}
		if _, err := dr.SymmetryScores(ctx, x, w); !errors.As(err, &param) || param.Param != "Weights" {
			t.Errorf("scores by weights %v: %v", w, err)
		}
	}
}

// Where directions do not vary, the others are white, and it is said.
func TestWhiteningOfDataThatDoNotFillTheSpace(t *testing.T) {
	ctx := context.Background()
	var x mat.Dense
	x.Mul(normal(40, 3, 1), normal(3, 7, 0))
	for _, kind := range whiteningKinds {
		for what, wide := range map[string]mat.Matrix{"flat": &x, "more columns than rows": x.Slice(0, 5, 0, 7)} {
			m, err := dr.Whitening{Kind: kind}.Fit(ctx, wide)
			if err != nil {
				t.Fatal(err)
			}
			notes := strings.Join(m.Embedding().Notes, "\n")
			_, k := m.Embedding().Dims()
			if !strings.Contains(notes, "have no variance") {
				t.Errorf("%s, %s: nothing is said: %q", what, kind, notes)
			}
			if kind == dr.WhitenZCA || kind == dr.WhitenZCACor {
				// A projection: of rank 3, and white on what it keeps.
				var c, cc mat.Dense
				c.Mul(m.Embedding().T(), m.Embedding())
				n, _ := wide.Dims()
				c.Scale(1/float64(n-1), &c)
				cc.Mul(&c, &c)
				if k != 7 || !mat.EqualApprox(&c, &cc, 1e-9) || math.Abs(mat.Trace(&c)-3) > 1e-9 {
					t.Errorf("%s, %s: the covariance is no projection of rank 3 (%d columns)", what, kind, k)
				}
			} else if off := identity(m.Embedding(), nil); k != 3 || !(off < 1e-9) {
				t.Errorf("%s, %s: %d coordinates, off by %.3g", what, kind, k, off)
			}
			back, err := m.Inverse(ctx, m.Embedding())
			if err != nil || !mat.EqualApprox(back, wide, 1e-9) {
				t.Errorf("%s, %s: the rows do not come back: %v", what, kind, err)
			}
		}
	}
}

// Cholesky coordinates are about columns in their order: the first k do not change
// when columns are appended, and z_i does not depend on later columns.
func TestCholeskyTakesColumnsInOrder(t *testing.T) {
	ctx := context.Background()
	x := normal(60, 5, 1)
	all, err := dr.Whitening{Kind: dr.WhitenCholesky}.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	w := all.Matrix()
	for i := range 5 {
		if w.At(i, i) <= 0 {
			t.Errorf("diagonal %d is %v", i, w.At(i, i))
		}
		for j := i + 1; j < 5; j++ {
			near(t, "above the diagonal", w.At(i, j), 0, 0, 1e-12)
		}
	}
	few, err := dr.Whitening{Kind: dr.WhitenCholesky}.Embed(ctx, x.Slice(0, 60, 0, 3))
	if err != nil || !mat.EqualApprox(few, all.Embedding().Slice(0, 60, 0, 3), 1e-10) {
		t.Errorf("three columns have other coordinates than the first three of five: %v", err)
	}
}

// Truncation keeps the directions of the largest variance; shrinkage spares small ones.
func TestWhiteningTruncatedAndShrunk(t *testing.T) {
	ctx := context.Background()
	x := datasets.Wine().X
	full, err := dr.Whitening{}.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	few, err := dr.Whitening{Components: 3}.Fit(ctx, x)
	if err != nil || !mat.EqualApprox(few.Embedding(), full.Embedding().Slice(0, 178, 0, 3), 1e-9) {
		t.Errorf("three components are not the first three: %v", err)
	}
	zca, err := dr.Whitening{Kind: dr.WhitenZCA, Components: 3}.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	var turned mat.Dense
	turned.Mul(few.Embedding(), mat.DenseCopyOf(orthonormal(few.Matrix())))
	if !mat.EqualApprox(zca.Embedding(), &turned, 1e-9) {
		t.Error("truncated ZCA is not truncated PCA, turned back")
	}
	shrunk, err := dr.Whitening{Shrinkage: .25}.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	mean := 0.
	for _, s := range full.Deviations() {
		mean += s * s / 13
	}
	for i, s := range shrunk.Deviations() {
		want := full.Deviations()[i]
		near(t, "shrunk deviation", s, math.Sqrt(.75*want*want+.25*mean), 1e-9, 0)
	}
}

// orthonormal scales rows, which are at right angles, to length one.
func orthonormal(w *mat.Dense) *mat.Dense {
	k, d := w.Dims()
	for i := range k {
		l := mat.Norm(w.Slice(i, i+1, 0, d), 2)
		for j := range d {
			w.Set(i, j, w.At(i, j)/l)
		}
	}
	return w
}
