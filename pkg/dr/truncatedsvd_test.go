package dr_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/golden"
)

func ExampleTruncatedSVD_Fit() {
	// Four texts, counted by three words: the last two share theirs.
	counts, err := mat32.FromTriplets(4, 3, []mat32.Triplet{{Row: 0, Col: 0, Value: 2}, {Row: 1, Col: 0, Value: 1}, {Row: 2, Col: 1, Value: 2}, {Row: 2, Col: 2, Value: 2}, {Row: 3, Col: 1, Value: 1}, {Row: 3, Col: 2, Value: 1}})
	if err != nil {
		fmt.Println(err)
		return
	}
	model, err := dr.TruncatedSVD{Components: 2}.Fit(context.Background(), counts)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f\n", model.SingularValues())
	for i := range 4 {
		row := model.Embedding().RawRowView(i)
		fmt.Printf("%.1f %.1f\n", math.Abs(row[0]), math.Abs(row[1]))
	}
	// Output:
	// [3.16 2.24]
	// 0.0 2.0
	// 0.0 1.0
	// 2.8 0.0
	// 1.4 0.0
}

func TestTruncatedSVDAgainstScikitLearn(t *testing.T) {
	testenv.Unraced(t)
	var file struct {
		Data map[string]struct {
			Values      []float64 `json:"singular_values"`
			Ratio       []float64
			Components  [][]float64
			Transformed [][]float64
		}
	}
	golden.Load(t, "truncatedsvd", &file)
	if len(file.Data) < 3 {
		t.Fatalf("only %d tables", len(file.Data))
	}
	for name, want := range file.Data {
		x := table(t, name)
		for _, solver := range []dr.Solver{dr.Exact, dr.Randomized} {
			m, err := dr.TruncatedSVD{Components: len(want.Values), Solver: solver, Iterations: 8, Seed: 1}.Fit(context.Background(), x)
			if err != nil {
				t.Fatal(err)
			}
			first := want.Values[0]
			nearAll(t, name+" singular value", m.SingularValues(), want.Values, 1e-9, 0)
			nearAll(t, name+" share", m.ExplainedVarianceRatio(), want.Ratio, 1e-6, 1e-9)
			for c, row := range want.Components {
				nearAll(t, name+" component", m.Components().RawRowView(c), row, 0, 1e-7)
			}
			for i, row := range want.Transformed {
				nearAll(t, name+" score", m.Embedding().RawRowView(i), row, 0, 1e-7*first)
			}
		}
	}
}

// counted returns n sparse rows of d columns in a few topics.
func counted(t testing.TB, n, d, topics, words int) *mat32.CSR {
	t.Helper()
	var list []mat32.Triplet
	for i := range n {
		r := rng.New(7, "counted", i)
		topic := r.IntN(topics)
		for range words {
			j := r.IntN(d)
			if r.Float64() < .7 {
				j = (topic*d/topics + r.IntN(d/topics)) % d
			}
			list = append(list, mat32.Triplet{Row: i, Col: j, Value: 1})
		}
	}
	x, err := mat32.FromTriplets(n, d, list)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// Sparse rows, the same rows in full in either precision, and the exact solver
// find the same; another seed, the same to fewer digits.
func TestTruncatedSVDOfSparseRows(t *testing.T) {
	testenv.Unraced(t)
	ctx := context.Background()
	x := counted(t, 400, 350, 6, 20)
	exact, err := dr.TruncatedSVD{Components: 6, Solver: dr.Exact}.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	fits := map[string]*dr.TruncatedSVDModel{}
	for name, y := range map[string]mat.Matrix{"sparse": x, "float32": mat32.Convert(x), "float64": mat.DenseCopyOf(x), "a transpose of a transpose": mat.DenseCopyOf(x.T()).T()} {
		m, err := dr.TruncatedSVD{Components: 6, Iterations: 8}.Fit(ctx, y)
		if err != nil {
			t.Fatal(err)
		}
		fits[name] = m
		nearAll(t, name, m.SingularValues(), exact.SingularValues(), 2e-6, 0)
		nearAll(t, name+" share", m.ExplainedVarianceRatio(), exact.ExplainedVarianceRatio(), 1e-3, 1e-6)
		z, err := m.Transform(ctx, y)
		if err != nil || !mat.EqualApprox(z, m.Embedding(), 1e-4) {
			t.Errorf("%s: the rows are mapped elsewhere than they were (%v)", name, err)
		}
	}
	other, err := dr.TruncatedSVD{Components: 6, Iterations: 8, Seed: 9}.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	nearAll(t, "another seed", other.SingularValues(), exact.SingularValues(), 2e-6, 0)
	if mat.Equal(other.Embedding(), fits["sparse"].Embedding()) {
		t.Error("another seed gives the same bits")
	}
	wide, err := dr.TruncatedSVD{Components: 6, Iterations: 8}.Fit(ctx, x.T())
	if err != nil {
		t.Fatal(err)
	}
	nearAll(t, "transposed", wide.SingularValues(), exact.SingularValues(), 2e-6, 0)
}

func TestTruncatedSVDAtTheEdges(t *testing.T) {
	testenv.Unraced(t)
	ctx := context.Background()
	x := fixture.Normal(3, 30, 4)
	m, err := dr.TruncatedSVD{}.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	back, err := m.Inverse(ctx, m.Embedding())
	if err != nil || !mat.EqualApprox(back, x, 1e-12) {
		t.Errorf("with all components the rows come back: %v", err)
	}
	var gram mat.Dense
	gram.Mul(m.Components(), m.Components().T())
	if !mat.EqualApprox(&gram, mat.NewDiagDense(4, []float64{1, 1, 1, 1}), 1e-12) {
		t.Error("components are not orthonormal")
	}
	// A huge and a minute copy have the same directions.
	for _, by := range []float64{1e200, 1e-200} {
		var y mat.Dense
		y.Scale(by, x)
		h, err := dr.TruncatedSVD{Components: 2}.Fit(ctx, &y)
		var degenerate *mat32.DegenerateError
		if by > 1 {
			if !errors.As(err, &degenerate) { // its variance has no float64
				t.Errorf("values around %v: %v", by, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		near(t, "scaled", h.SingularValues()[0]/by, m.SingularValues()[0], 1e-12, 0)
	}
	// Rank 1 of three components, by both solvers.
	y := mat.NewDense(400, 380, nil)
	y.Apply(func(i, j int, _ float64) float64 { return float64(i+1) * float64(j%7+1) }, y)
	for _, s := range []dr.Solver{dr.Exact, dr.Randomized} {
		m, err := dr.TruncatedSVD{Components: 3, Solver: s}.Fit(ctx, y)
		if err != nil || len(m.SingularValues()) != 3 || len(m.Embedding().Notes) != 1 || m.SingularValues()[1] > 1e-9*m.SingularValues()[0] {
			t.Fatalf("%s of rank 1: %v, %v", s, m, err)
		}
		if v := m.ExplainedVarianceRatio(); math.Abs(v[0]-1) > 1e-6 {
			t.Errorf("%s: the one direction has the share %v", s, v)
		}
	}
	var degenerate *mat32.DegenerateError
	if _, err := (dr.TruncatedSVD{}).Fit(ctx, mat.NewDense(5, 2, nil)); !errors.As(err, &degenerate) {
		t.Errorf("zeros: %v", err)
	}
}
