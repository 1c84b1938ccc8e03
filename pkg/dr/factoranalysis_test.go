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
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/golden"
)

func ExampleFactorAnalysis_Fit() {
	// Four columns that one factor moves, the last with much more noise.
	factor, noise := fixture.Normal(1, 1000, 1), fixture.Normal(2, 1000, 4)
	x := mat.NewDense(1000, 4, nil)
	x.Apply(func(i, j int, _ float64) float64 {
		return factor.At(i, 0) + []float64{.5, .5, .5, 4}[j]*noise.At(i, j)
	}, x)
	model, err := dr.FactorAnalysis{Components: 1}.Fit(context.Background(), x)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.0f\n", model.NoiseVariance())
	// Output: [0 0 0 16]
}

func TestFactorAnalysisAgainstScikitLearn(t *testing.T) {
	testenv.Unraced(t)
	var file struct {
		Data map[string][]struct {
			Components            int
			Rotation              dr.Rotation
			Likelihood            float64 `json:"loglike"`
			Noise                 []float64
			Loadings, Transformed [][]float64
		}
	}
	golden.Load(t, "factoranalysis", &file)
	if len(file.Data["wine"]) < 4 {
		t.Fatalf("only %d runs", len(file.Data["wine"]))
	}
	for name, runs := range file.Data {
		for _, want := range runs {
			x := table(t, name)
			m, err := dr.FactorAnalysis{Components: want.Components, Rotation: want.Rotation, Tolerance: 1e-9, Iterations: 100000}.Fit(context.Background(), x)
			if err != nil {
				t.Fatal(err)
			}
			what := fmt.Sprintf("%s, %d %s factors: ", name, want.Components, want.Rotation)
			near(t, what+"likelihood", m.LogLikelihood(), want.Likelihood, 1e-8, 0)
			nearAll(t, what+"noise", m.NoiseVariance(), want.Noise, 1e-3, 1e-3)
			for c, row := range want.Loadings {
				size := mat.Norm(mat.NewVecDense(len(row), row), 2)
				nearAll(t, what+"loading", m.Loadings().RawRowView(c), row, 1e-3, 1e-3*size)
			}
			for i, row := range want.Transformed {
				nearAll(t, what+"score", m.Embedding().RawRowView(i), row, 0, 5e-3)
			}
		}
	}
}

func TestFactorAnalysisProperties(t *testing.T) {
	ctx := context.Background()
	s, a, e := fixture.Normal(1, 400, 2), fixture.Normal(2, 2, 8), fixture.Normal(3, 400, 8)
	x := new(mat.Dense)
	x.Mul(s, a)
	x.Apply(func(i, j int, v float64) float64 { return v + .2*float64(j+1)*e.At(i, j) }, x)
	m, err := dr.FactorAnalysis{Components: 2}.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	for j, v := range m.NoiseVariance() {
		near(t, "noise", v, .04*float64((j+1)*(j+1)), .35, .05)
	}
	// A rotation changes neither the fit nor the span, and units nothing but units.
	for _, r := range []dr.Rotation{dr.Varimax, dr.Quartimax} {
		q, err := dr.FactorAnalysis{Components: 2, Rotation: r}.Fit(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		var one, two mat.Dense
		one.Mul(m.Loadings().T(), m.Loadings())
		two.Mul(q.Loadings().T(), q.Loadings())
		if !mat.EqualApprox(&one, &two, 1e-9) || q.LogLikelihood() != m.LogLikelihood() {
			t.Errorf("%s: another covariance", r)
		}
	}
	y := new(mat.Dense)
	y.Apply(func(_, j int, v float64) float64 { return v * math.Pow(10, float64(j)) }, x)
	u, err := dr.FactorAnalysis{Components: 2}.Fit(ctx, y)
	if err != nil {
		t.Fatal(err)
	}
	if !mat.EqualApprox(u.Embedding(), m.Embedding(), 1e-8) {
		t.Error("units of the columns change the factors")
	}
	for i := range 400 {
		x.Set(i, 3, 7)
	}
	c, err := dr.FactorAnalysis{Components: 2}.Fit(ctx, x)
	if err != nil || c.NoiseVariance()[3] != 0 || c.Loadings().At(0, 3) != 0 {
		t.Errorf("a constant column: %v, %v", c, err)
	}
	short, err := dr.FactorAnalysis{Components: 2, Iterations: 1}.Fit(ctx, x)
	if err != nil || len(short.Embedding().Notes) != 1 {
		t.Errorf("one iteration: %v, %v", short, err)
	}
	var degenerate *mat32.DegenerateError
	if _, err := (dr.FactorAnalysis{}).Fit(ctx, mat.NewDense(5, 2, nil)); !errors.As(err, &degenerate) {
		t.Errorf("equal rows: %v", err)
	}
}
