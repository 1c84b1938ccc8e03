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

func ExampleLDA_Fit() {
	iris := datasets.Iris()
	model, err := dr.LDA{Labels: iris.Labels}.Fit(context.Background(), iris.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(model)
	// Output:
	// LDA of 150 × 4, 3 classes, 2 components
	//   component  between
	//           1   99.12%
	//           2    0.88%
}

// labelsOf are the classes of the tables of golden files.
func labelsOf(t *testing.T, name string) []int {
	t.Helper()
	switch name {
	case "iris":
		return datasets.Iris().Labels
	case "wine":
		return datasets.Wine().Labels
	case "digits":
		return datasets.Digits().Labels
	}
	t.Fatalf("no labels of %q", name)
	return nil
}

func TestLDAAgainstScikitLearn(t *testing.T) {
	testenv.Unraced(t)
	type result struct {
		Shrinkage               float64
		Auto                    bool
		Ratio                   []float64
		Components, Transformed [][]float64
	}
	var file struct {
		Data map[string]struct {
			SVD    result
			Shrunk []result
		}
	}
	golden.Load(t, "lda", &file)
	if len(file.Data) < 3 {
		t.Fatalf("only %d tables", len(file.Data))
	}
	for name, data := range file.Data {
		for i, want := range append([]result{data.SVD}, data.Shrunk...) {
			m, err := dr.LDA{Labels: labelsOf(t, name), Shrinkage: want.Shrinkage, LedoitWolf: want.Auto}.Fit(context.Background(), table(t, name))
			if err != nil {
				t.Fatal(err)
			}
			what := fmt.Sprintf("%s, %d: ", name, i)
			nearAll(t, what+"share", m.ExplainedVarianceRatio(), want.Ratio, 1e-9, 1e-12)
			for c, row := range want.Components {
				nearAll(t, what+"component", m.Components().RawRowView(c), row, 0, 1e-8*mat.Norm(mat.NewVecDense(len(row), row), 2))
			}
			for i, row := range want.Transformed {
				nearAll(t, what+"score", m.Embedding().RawRowView(i), row, 0, 1e-7)
			}
		}
	}
}

func TestLDAProperties(t *testing.T) {
	ctx := context.Background()
	wine := datasets.Wine()
	// Within classes the map has the covariance I, in any units and any basis of
	// the columns, and between them a diagonal one.
	n, _ := wine.X.Dims()
	var mixed mat.Dense
	mixed.Mul(wine.X, fixture.Normal(3, 13, 13))
	for name, x := range map[string]mat.Matrix{"as it is": wine.X, "mixed": &mixed} {
		e, err := dr.LDA{Labels: wine.Labels}.Embed(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		var means [3][2]float64
		var counts [3]float64
		for i, l := range wine.Labels {
			counts[l]++
			means[l][0] += e.At(i, 0)
			means[l][1] += e.At(i, 1)
		}
		within, between := mat.NewDense(2, 2, nil), 0.
		for l := range means {
			means[l][0] /= counts[l]
			means[l][1] /= counts[l]
			between += counts[l] * means[l][0] * means[l][1]
		}
		for i, l := range wine.Labels {
			for a := range 2 {
				for b := range 2 {
					within.Set(a, b, within.At(a, b)+(e.At(i, a)-means[l][a])*(e.At(i, b)-means[l][b])/float64(n))
				}
			}
		}
		if !mat.EqualApprox(within, mat.NewDiagDense(2, []float64{1, 1}), 1e-6) || math.Abs(between) > 1e-5*float64(n) {
			t.Errorf("%s: within %v, between %v", name, mat.Formatted(within), between)
		}
	}
	// Rows without a label are mapped and change nothing, and classes may have any numbers.
	labels := make([]int, n)
	for i, l := range wine.Labels {
		labels[i] = 10 * l
		if i%5 == 0 {
			labels[i] = -1
		}
	}
	var rows []int
	var known []int
	for i, l := range labels {
		if l >= 0 {
			rows, known = append(rows, i), append(known, wine.Labels[i])
		}
	}
	some, err1 := dr.LDA{Labels: labels}.Fit(ctx, wine.X)
	alone, err2 := dr.LDA{Labels: known}.Fit(ctx, mat32.Select(wine.X, rows))
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	if !mat.Equal(some.Components(), alone.Components()) || len(some.Embedding().Notes) != 1 || fmt.Sprint(some.Classes()) != "[0 10 20]" {
		t.Errorf("rows without a label change the map: %v", some.Embedding())
	}
	z, err := some.Transform(ctx, wine.X)
	if err != nil || !mat.Equal(z, some.Embedding()) {
		t.Errorf("transform: %v", err)
	}
}

func TestLDAWhereTheScatterIsSingular(t *testing.T) {
	ctx := context.Background()
	labels := make([]int, 20)
	for i := range labels {
		labels[i] = i % 2
	}
	// More columns than rows: two classes of rows always have a direction each.
	wide := fixture.Normal(1, 20, 50)
	m, err := dr.LDA{Labels: labels}.Fit(ctx, wide)
	if err != nil || len(m.Embedding().Notes) != 1 {
		t.Fatalf("more columns than rows: %v, %v", m, err)
	}
	for _, l := range []dr.LDA{{Labels: labels, Shrinkage: .5}, {Labels: labels, LedoitWolf: true}} {
		m, err := l.Fit(ctx, wide)
		if err != nil || len(m.Embedding().Notes) != 0 {
			t.Fatalf("shrunk: %v, %v", m, err)
		}
	}
	three := make([]int, 20)
	x := mat.NewDense(20, 3, nil)
	for i := range three {
		three[i] = i % 3
		x.SetRow(i, []float64{float64(i%3) + wide.At(i, 0), wide.At(i, 1), wide.At(i, 2)})
	}
	for i := range 20 {
		x.Set(i, 1, 2*x.At(i, 0)+0)
	}
	line, err := dr.LDA{Labels: three}.Fit(ctx, x)
	if err != nil || len(line.Embedding().Notes) == 0 {
		t.Fatalf("a column twice: %v, %v", line, err)
	}
	var degenerate *mat32.DegenerateError
	for i := range 20 {
		x.SetRow(i, []float64{float64(i % 2), 1, 2})
	}
	if _, err := (dr.LDA{Labels: labels}).Fit(ctx, x); !errors.As(err, &degenerate) {
		t.Errorf("classes of equal rows: %v", err)
	}
	var param *mat32.ParamError
	for _, l := range [][]int{nil, labels[:19], make([]int, 20), append([]int{-2}, labels[1:]...)} {
		if _, err := (dr.LDA{Labels: l}).Fit(ctx, wide); !errors.As(err, &param) || param.Param != "Labels" {
			t.Errorf("labels %v: %v", l, err)
		}
	}
}
