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

func ExampleSparsePCA_Fit() {
	// Which measurements tell the wines apart?
	ctx := context.Background()
	wine, err := dr.Standardize{}.Embed(ctx, datasets.Wine().X)
	if err != nil {
		fmt.Println(err)
		return
	}
	model, err := dr.SparsePCA{Components: 2, Penalty: 8}.Fit(ctx, wine)
	if err != nil {
		fmt.Println(err)
		return
	}
	for c := range 2 {
		used := 0
		for _, v := range model.Components().RawRowView(c) {
			if v != 0 {
				used++
			}
		}
		fmt.Printf("component %d is told by %d of 13 columns\n", c+1, used)
	}
	// Output:
	// component 1 is told by 4 of 13 columns
	// component 2 is told by 2 of 13 columns
}

func TestSparsePCAAgainstScikitLearn(t *testing.T) {
	testenv.Unraced(t)
	var file struct {
		Runs []struct {
			Table             string
			Components        int
			Penalty, Ridge    float64
			Rows, Transformed [][]float64
			Objective         float64
		}
	}
	golden.Load(t, "sparsepca", &file)
	if len(file.Runs) < 5 {
		t.Fatalf("only %d runs", len(file.Runs))
	}
	for _, want := range file.Runs {
		var x mat.Matrix
		if want.Table == "digits" {
			x = mat.DenseCopyOf(datasets.Digits().X.Slice(0, 300, 0, 64))
		} else {
			x = table(t, want.Table)
		}
		s := dr.SparsePCA{Components: want.Components, Penalty: want.Penalty, Ridge: want.Ridge, Tolerance: 1e-13, Iterations: 20000}
		name := fmt.Sprintf("%s, %v", want.Table, s)
		m, err := s.Fit(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		near(t, name+": objective", m.Embedding().Objective, want.Objective, 1e-8, 0)
		for c, row := range want.Rows {
			nearAll(t, name+": component", m.Components().RawRowView(c), row, 0, 1e-4)
		}
		size := math.Abs(mat.Max(m.Embedding()))
		for i, row := range want.Transformed {
			nearAll(t, name+": row", m.Embedding().RawRowView(i), row, 0, 1e-4*size)
		}
	}
}

// A small penalty leaves the principal subspace, more of it fewer columns and a
// larger error.
func TestSparsePCABetweenPCAAndNothing(t *testing.T) {
	ctx := context.Background()
	x := fixture.Normal(3, 100, 8)
	var y mat.Dense
	y.Mul(x, fixture.Normal(4, 8, 8))
	left := func(m interface {
		dr.Model
		dr.Inverter
	}) float64 {
		back, err := m.Inverse(ctx, m.Embedding())
		if err != nil {
			t.Fatal(err)
		}
		back.Sub(&y, back)
		return mat.Norm(back, 2)
	}
	p, err := dr.PCA{Components: 3}.Fit(ctx, &y)
	if err != nil {
		t.Fatal(err)
	}
	used, error_ := 1000, left(p)
	for _, penalty := range []float64{1e-6, 2, 6, 15} {
		m, err := dr.SparsePCA{Components: 3, Penalty: penalty, Ridge: 1e-12}.Fit(ctx, &y)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, v := range m.Components().RawMatrix().Data {
			if v != 0 {
				n++
			}
		}
		now := left(m)
		if penalty < 1e-3 {
			near(t, "the error of the smallest penalty", now, error_, 1e-6, 0)
		} else if n > used || now < error_*(1-1e-9) {
			t.Errorf("penalty %v: %d columns after %d, error %v after %v", penalty, n, used, now, error_)
		}
		used, error_ = n, now
	}
	if used >= 24 {
		t.Errorf("a large penalty leaves all %d entries", used)
	}
}

func TestSparsePCAAtTheEdges(t *testing.T) {
	ctx := context.Background()
	x := fixture.Normal(3, 20, 4)
	m, err := dr.SparsePCA{Penalty: 1e6}.Fit(ctx, x)
	if err != nil || mat.Norm(m.Components(), 2) != 0 || mat.Norm(m.Embedding(), 2) != 0 || len(m.Embedding().Notes) != 1 {
		t.Errorf("a penalty beyond all: %v, %v", m, err)
	}
	wide := fixture.Normal(3, 6, 30)
	m, err = dr.SparsePCA{Penalty: .5}.Fit(ctx, wide)
	if err != nil {
		t.Fatal(err)
	}
	if k, d := m.Components().Dims(); k != 5 || d != 30 {
		t.Errorf("%d × %d components of 6 × 30", k, d)
	}
	z, err := m.Transform(ctx, wide)
	if err != nil || !mat.Equal(z, m.Embedding()) {
		t.Errorf("rows are mapped elsewhere than they were (%v)", err)
	}
	m, err = dr.SparsePCA{Iterations: 1}.Fit(ctx, x)
	if err != nil || m.Iterations() != 1 || len(m.Embedding().Notes) != 1 {
		t.Errorf("one iteration: %v, %v", m, err)
	}
	var degenerate *mat32.DegenerateError
	if _, err := (dr.SparsePCA{}).Fit(ctx, mat.NewDense(5, 2, nil)); !errors.As(err, &degenerate) {
		t.Errorf("equal rows: %v", err)
	}
}
