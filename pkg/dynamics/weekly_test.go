package dynamics_test

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/dynamics"
	"github.com/flatland-go/flatland/pkg/nn"
)

// A forecaster learns what follows rows, and says it of others.
type forecaster func(t testing.TB, rows *mat.Dense, next []float64, others *mat.Dense) []float64

// weighed says the mean of what followed, each weighed by its distance from the row.
func weighed(weights func(distances []float64) []float64) forecaster {
	return func(_ testing.TB, rows *mat.Dense, next []float64, others *mat.Dense) []float64 {
		n, _ := rows.Dims()
		m, _ := others.Dims()
		said, distances := make([]float64, m), make([]float64, n)
		for i := range said {
			for j := range distances {
				squares := 0.0
				for k, v := range others.RawRowView(i) {
					squares += (v - rows.At(j, k)) * (v - rows.At(j, k))
				}
				distances[j] = math.Sqrt(squares)
			}
			total := 0.0
			for j, w := range weights(distances) {
				said[i] += w * next[j]
				total += w
			}
			said[i] /= total
		}
		return said
	}
}

// nearestFive weighs the five nearest alike.
func nearestFive(distances []float64) []float64 {
	w := make([]float64, len(distances))
	for range 5 {
		best := -1
		for j, d := range distances {
			if w[j] == 0 && (best < 0 || d < distances[best]) {
				best = j
			}
		}
		w[best] = 1
	}
	return w
}

// gaussian weighs all by a Gaussian kernel (D. Specht, 1991, A general regression neural network).
func gaussian(distances []float64) []float64 {
	w := make([]float64, len(distances))
	for j, d := range distances {
		w[j] = math.Exp(-d*d/(2*0.3*0.3)) + 1e-12
	}
	return w
}

func ridge(t testing.TB, rows *mat.Dense, next []float64, others *mat.Dense) []float64 {
	_, d := rows.Dims()
	var normal mat.SymDense
	normal.SymOuterK(1, rows.T())
	for j := range d {
		normal.SetSym(j, j, normal.At(j, j)+0.1)
	}
	var c mat.Cholesky
	if !c.Factorize(&normal) {
		t.Fatal("the normal equations have no solution")
	}
	var right, weights, said mat.VecDense
	right.MulVec(rows.T(), mat.NewVecDense(len(next), next))
	if err := c.SolveVecTo(&weights, &right); err != nil {
		t.Fatal(err)
	}
	said.MulVec(others, &weights)
	return said.RawVector().Data
}

func perceptron(t testing.TB, rows *mat.Dense, next []float64, others *mat.Dense) []float64 {
	ctx := context.Background()
	m, err := nn.MLP{
		Hidden: []int{32}, Targets: mat.NewDense(len(next), 1, next), Epochs: 300, Batch: 50, Rate: 0.01, Schedule: nn.Cosine, Seed: 1,
	}.Fit(ctx, rows)
	if err != nil {
		t.Fatal(err)
	}
	out, err := m.Output(ctx, others)
	if err != nil {
		t.Fatal(err)
	}
	return mat.Col(nil, 0, out)
}

// States of several days make every forecaster of demand better than one day does, and the weekday
// better still, as on the cash machines of Sarveswararao, Ravi and Vivek (2023).
func TestEmbeddingAndWeekdayHelpEveryForecaster(t *testing.T) {
	testenv.Unraced(t)
	d, err := datasets.WeeklyChaos{Seed: 1}.Generate()
	if err != nil {
		t.Fatal(err)
	}
	values := mat.Col(nil, 0, d.X)
	const known = 800
	mean, scale := 0.0, 0.0
	for _, v := range values[:known] {
		mean += v / known
	}
	for _, v := range values[:known] {
		scale += (v - mean) * (v - mean) / known
	}
	scale = math.Sqrt(scale)
	smape := func(f forecaster, dim int, weekday bool) float64 {
		states, err := dynamics.Delays(values, dim, 1)
		if err != nil {
			t.Fatal(err)
		}
		n, _ := states.Dims()
		wide := dim + 1
		if weekday {
			wide += 7
		}
		rows, next := mat.NewDense(n-1, wide, nil), make([]float64, n-1)
		for i := range n - 1 {
			row := rows.RawRowView(i)
			for j, v := range states.RawRowView(i) {
				row[j] = (v - mean) / scale
			}
			row[dim] = 1
			if weekday {
				row[dim+1+d.Factors[0].Labels[i+dim]] = 1
			}
			next[i] = (values[i+dim] - mean) / scale
		}
		cut := known - dim
		said := f(t, rows.Slice(0, cut, 0, wide).(*mat.Dense), next[:cut], rows.Slice(cut, n-1, 0, wide).(*mat.Dense))
		for i := range said {
			said[i] = said[i]*scale + mean
		}
		e, err := dynamics.SMAPE(values[known:], said)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	for name, f := range map[string]forecaster{
		"ridge": ridge, "nearest neighbours": weighed(nearestFive), "kernel regression": weighed(gaussian), "perceptron": perceptron,
	} {
		day, state, both := smape(f, 1, false), smape(f, 3, false), smape(f, 3, true)
		t.Logf("%-18s one day %5.2f %%, three days %5.2f %%, and the weekday %5.2f %%", name, day, state, both)
		if !(state < day && both < 0.8*day) {
			t.Errorf("%s: an error of %.2f %% by the day before, %.2f %% by three days, %.2f %% with the weekday", name, day, state, both)
		}
	}
}
