package dr_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/golden"
)

// mixed returns n rows of three sources with tails of three kinds, and their
// mixture in d columns.
func mixed(n, d int) (sources, x *mat.Dense) {
	sources = fixture.Uniform(1, n, 3)
	sources.Apply(func(i, j int, v float64) float64 {
		switch j {
		case 1:
			return math.Copysign(-math.Log(1-math.Abs(2*v-1)), 2*v-1)
		case 2:
			return math.Copysign(1, math.Sin(float64(i)/3.7))
		}
		return 2*v - 1
	}, sources)
	x = new(mat.Dense)
	x.Mul(sources, fixture.Normal(2, 3, d))
	return sources, x
}

func ExampleFastICA_Fit() {
	// Two microphones hear two voices.
	n := 500
	x := mat.NewDense(n, 2, nil)
	for i := range n {
		a, b := math.Sin(float64(i)/7), float64(i%23)/11-1
		x.SetRow(i, []float64{2*a + b, a - b})
	}
	model, err := dr.FastICA{Seed: 1}.Fit(context.Background(), x)
	if err != nil {
		fmt.Println(err)
		return
	}
	// The shares of the voices in the microphones, voices of variance 1.
	for c := range 2 {
		fmt.Printf("%.2f\n", model.Mixing().RawRowView(c))
	}
	// Output:
	// [1.41 0.71]
	// [0.60 -0.60]
}

// rowsOf returns the matrix with the given rows.
func rowsOf(rows [][]float64) *mat.Dense {
	x := mat.NewDense(len(rows), len(rows[0]), nil)
	for i, row := range rows {
		x.SetRow(i, row)
	}
	return x
}

func TestFastICAAgainstScikitLearn(t *testing.T) {
	testenv.Unraced(t)
	var file struct {
		X    [][]float64
		Runs []struct {
			Contrast                    dr.Contrast
			Alpha                       float64
			Deflation                   bool
			Mixing, Components, Sources [][]float64
		}
	}
	golden.Load(t, "fastica", &file)
	if len(file.Runs) < 5 {
		t.Fatalf("only %d runs", len(file.Runs))
	}
	x := rowsOf(file.X)
	for _, want := range file.Runs {
		name := fmt.Sprintf("%s, alpha %v, deflation %v", want.Contrast, want.Alpha, want.Deflation)
		run := dr.FastICA{Components: 3, Contrast: want.Contrast, Alpha: want.Alpha, Deflation: want.Deflation,
			Tolerance: 1e-14, Iterations: 5000, Seed: 1}
		m, err := run.Fit(context.Background(), x)
		// One after the other, the directions depend on which is found first, which
		// is up to the seed: one of the six orders is that of scikit-learn.
		for err == nil && want.Deflation && run.Seed < 60 && !mat.EqualApprox(m.Mixing(), rowsOf(want.Mixing), 1e-6) {
			run.Seed++
			m, err = run.Fit(context.Background(), x)
		}
		if err != nil {
			t.Fatal(err)
		}
		for c := range want.Mixing {
			nearAll(t, name+": mixing", m.Mixing().RawRowView(c), want.Mixing[c], 0, 1e-6)
			nearAll(t, name+": component", m.Components().RawRowView(c), want.Components[c], 1e-5, 1e-5)
		}
		for i, row := range want.Sources {
			nearAll(t, name+": source", m.Embedding().RawRowView(i), row, 0, 1e-5)
		}
	}
}

// correlation returns the largest magnitude of that of v with a column of y.
func correlation(v []float64, y mat.Matrix) (best float64) {
	n, k := y.Dims()
	for c := range k {
		var a, b, ab, aa, bb float64
		for i := range n {
			a += v[i] / float64(n)
			b += y.At(i, c) / float64(n)
		}
		for i := range n {
			ab += (v[i] - a) * (y.At(i, c) - b)
			aa += (v[i] - a) * (v[i] - a)
			bb += (y.At(i, c) - b) * (y.At(i, c) - b)
		}
		best = max(best, math.Abs(ab)/math.Sqrt(aa*bb))
	}
	return best
}

// Every contrast separates the sources, which PCA does not.
func TestFastICASeparatesWhatPCADoesNot(t *testing.T) {
	ctx := context.Background()
	sources, x := mixed(400, 5)
	worst := func(y mat.Matrix) float64 {
		w := 1.
		for c := range 3 {
			w = min(w, correlation(mat.Col(nil, c, sources), y))
		}
		return w
	}
	for _, contrast := range []dr.Contrast{dr.LogCosh, dr.Exp, dr.Cube} {
		for _, deflation := range []bool{false, true} {
			m, err := dr.FastICA{Components: 3, Contrast: contrast, Deflation: deflation, Seed: 2}.Fit(ctx, x)
			if err != nil {
				t.Fatal(err)
			}
			if w := worst(m.Embedding()); w < .97 {
				t.Errorf("%s, deflation %v: a source has the correlation %.4f", contrast, deflation, w)
			}
			e := m.Embedding()
			for c := range 3 {
				mean, square := 0., 0.
				for i := range 400 {
					mean += e.At(i, c) / 400
					square += e.At(i, c) * e.At(i, c) / 400
				}
				near(t, "variance", square, 1, 1e-9, 0)
				near(t, "mean", mean, 0, 0, 1e-9)
			}
			back, err := m.Inverse(ctx, e)
			if err != nil || !mat.EqualApprox(back, x, 1e-9) {
				t.Errorf("%s, deflation %v: the rows do not come back (%v)", contrast, deflation, err)
			}
			again, err := m.Transform(ctx, x)
			if err != nil || !mat.EqualApprox(again, e, 1e-9) {
				t.Errorf("%s, deflation %v: rows are mapped elsewhere than they were (%v)", contrast, deflation, err)
			}
		}
	}
	p, err := dr.PCA{Components: 3}.Embed(ctx, x)
	if err != nil || worst(p) > .95 {
		t.Errorf("PCA separates them too: %v, %v", worst(p), err)
	}
}

func TestFastICAAtTheEdges(t *testing.T) {
	ctx := context.Background()
	_, x := mixed(200, 5) // of rank 3
	m, err := dr.FastICA{}.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	if _, k := m.Embedding().Dims(); k != 3 || len(m.Embedding().Notes) != 1 {
		t.Errorf("three sources in five columns give %d: %v", k, m.Embedding().Notes)
	}
	m, err = dr.FastICA{Iterations: 1, Tolerance: 1e-15}.Fit(ctx, x)
	if err != nil || len(m.Embedding().Notes) != 2 || m.Iterations() != 1 {
		t.Errorf("one iteration: %v, %v", m, err)
	}
	one, err := dr.FastICA{}.Fit(ctx, mat.NewDense(4, 1, []float64{1, 2, 4, 9}))
	if err != nil || one.Mixing().At(0, 0) < 0 {
		t.Errorf("one column: %v, %v", one, err)
	}
	var degenerate *mat32.DegenerateError
	if _, err := (dr.FastICA{}).Fit(ctx, mat.NewDense(5, 2, nil)); !errors.As(err, &degenerate) {
		t.Errorf("equal rows: %v", err)
	}
}

// Whitening by random blocks is said, and follows the seed.
func TestFastICATellsOfRandomBlocks(t *testing.T) {
	ctx := context.Background()
	x := fixture.Normal(1, 500, 500)
	maps := map[uint64]*dr.Embedding{}
	for seed := range uint64(2) {
		e, err := dr.FastICA{Components: 1, Seed: seed}.Embed(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		if len(e.Notes) != 1 || !strings.Contains(e.Notes[0], "randomized solver") {
			t.Errorf("notes %q", e.Notes)
		}
		maps[seed] = e
	}
	if mat.EqualApprox(maps[0], maps[1], 1e-9) {
		t.Error("another seed gives the same blocks")
	}
}
