package dr_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
)

func ExamplePCA_Fit() {
	model, err := dr.PCA{}.Fit(context.Background(), datasets.Iris().X)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(model)
	// Output:
	// PCA of 150 × 4, 4 components
	//   component      variance    share   so far
	//           1        4.2282   92.46%   92.46%
	//           2       0.24267    5.31%   97.77%
	//           3       0.07821    1.71%   99.48%
	//           4      0.023835    0.52%  100.00%
}

func ExamplePCAModel_Transform() {
	ctx := context.Background()
	model, err := dr.PCA{Components: 2}.Fit(ctx, datasets.Iris().X)
	if err != nil {
		fmt.Println(err)
		return
	}
	flower := mat.NewDense(1, 4, []float64{5.0, 3.5, 1.4, 0.2})
	z, err := model.Transform(ctx, flower)
	if err != nil {
		fmt.Println(err)
		return
	}
	back, err := model.Inverse(ctx, z)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f → %.2f\n", z.RawRowView(0), back.RawRowView(0))
	// Output: [-2.72 0.25] → [5.03 3.47 1.38 0.21]
}

// normal returns n rows of d independent normal numbers, column j scaled by
// 0.7ʲ, plus offset.
func normal(n, d int, offset float64) *mat.Dense {
	x := mat.NewDense(n, d, nil)
	for i := range n {
		s := rng.New(11, "dr", i)
		for j := range d {
			x.Set(i, j, s.Normal()*math.Pow(0.7, float64(j))+offset)
		}
	}
	return x
}

func TestPCAProperties(t *testing.T) {
	ctx := context.Background()
	for _, shape := range [][2]int{{200, 6}, {7, 30}, {30, 30}, {2, 5}, {50, 1}} {
		n, d := shape[0], shape[1]
		x := normal(n, d, 100)
		m, err := dr.PCA{}.Fit(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		k := min(n-1, d)
		c := m.Components()
		if r, _ := c.Dims(); r != k {
			t.Fatalf("%v: %d components, want %d", shape, r, k)
		}
		var gram mat.Dense
		gram.Mul(c, c.T())
		if !mat.EqualApprox(&gram, eye(k), 1e-10) {
			t.Errorf("%v: the components are not orthonormal", shape)
		}
		back, err := m.Inverse(ctx, m.Embedding())
		if err != nil {
			t.Fatal(err)
		}
		if !mat.EqualApprox(back, x, 1e-9) {
			t.Errorf("%v: all components do not give the data back", shape)
		}
		again, err := m.Transform(ctx, x)
		if err != nil || !mat.Equal(again, m.Embedding()) {
			t.Errorf("%v: the rows of the fit map elsewhere: %v", shape, err)
		}
		share := 0.
		for _, r := range m.ExplainedVarianceRatio() {
			share += r
		}
		near(t, "sum of shares", share, 1, 1e-12, 0)
	}
}

func eye(k int) *mat.Dense {
	e := mat.NewDense(k, k, nil)
	for i := range k {
		e.Set(i, i, 1)
	}
	return e
}

func TestPCAOfRankDeficientData(t *testing.T) {
	ctx := context.Background()
	for _, shape := range [][2]int{{100, 6}, {20, 40}} {
		n, d := shape[0], shape[1]
		x := mat.NewDense(n, d, nil)
		flat := normal(n, 2, 0)
		for i := range n {
			for j := range d {
				x.Set(i, j, flat.At(i, j%2)*float64(j+1))
			}
		}
		m, err := dr.PCA{Whiten: true}.Fit(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		c := m.Components()
		k, _ := c.Dims()
		var gram mat.Dense
		gram.Mul(c, c.T())
		if !mat.EqualApprox(&gram, eye(k), 1e-8) {
			t.Errorf("%v: the components are not orthonormal", shape)
		}
		e := m.Embedding()
		for j := range k {
			variance := 0.
			for i := range n {
				variance += e.At(i, j) * e.At(i, j) / float64(n-1)
			}
			want := 0.
			if j < 2 {
				want = 1
			}
			near(t, fmt.Sprintf("%v: whitened variance %d", shape, j), variance, want, 1e-9, 1e-12)
		}
		if len(e.Notes) != 1 || !strings.Contains(e.Notes[0], fmt.Sprintf("last %d of %d", k-2, k)) {
			t.Errorf("%v: notes %q", shape, e.Notes)
		}
		back, err := m.Inverse(ctx, e)
		if err != nil || !mat.EqualApprox(back, x, 1e-8) {
			t.Errorf("%v: whitened rows do not come back: %v", shape, err)
		}
	}
}

// Directions whose variance is far below that of others, as in tables of mixed
// units, are found with all their digits.
func TestPCAOfGradedData(t *testing.T) {
	ctx := context.Background()
	for _, shape := range [][2]int{{200, 4}, {12, 30}} {
		n, d := shape[0], shape[1]
		x := mat.NewDense(n, d, nil)
		for i := range n {
			for j := range 4 {
				// Columns at right angles, so that they are the components.
				x.Set(i, j, math.Cos(math.Pi*float64((2*i+1)*(j+1))/float64(2*n))*math.Pow(10, -4*float64(j)))
			}
		}
		m, err := dr.PCA{Components: 4, Whiten: true}.Fit(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		for j, v := range m.ExplainedVariance() {
			// The sum of squared cosines over n points is n/2.
			near(t, fmt.Sprintf("%v: variance %d", shape, j), v, float64(n)/2/float64(n-1)*math.Pow(10, -8*float64(j)), 1e-3, 0)
			near(t, fmt.Sprintf("%v: component %d", shape, j), m.Components().At(j, j), 1, 1e-3, 0)
		}
		if notes := m.Embedding().Notes; len(notes) != 0 {
			t.Errorf("%v: notes %q", shape, notes)
		}
		e := m.Embedding()
		for j := range 4 {
			variance := 0.
			for i := range n {
				variance += e.At(i, j) * e.At(i, j) / float64(n-1)
			}
			near(t, fmt.Sprintf("%v: whitened variance %d", shape, j), variance, 1, 1e-3, 0)
		}
	}
}

func TestPCABadInput(t *testing.T) {
	ctx := context.Background()
	x := normal(20, 3, 0)
	model, err := dr.PCA{}.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	fit := func(p dr.PCA, x mat.Matrix) error { _, err := p.Fit(ctx, x); return err }
	transform := func(x mat.Matrix) error { _, err := model.Transform(ctx, x); return err }
	inverse := func(x mat.Matrix) error { _, err := model.Inverse(ctx, x); return err }
	for name, c := range map[string]struct {
		err  error
		want any
	}{
		"too many":            {fit(dr.PCA{Components: 4}, x), new(*mat32.ParamError)},
		"more than rows vary": {fit(dr.PCA{Components: 2}, normal(2, 9, 0)), new(*mat32.ParamError)},
		"negative":            {fit(dr.PCA{Components: -1}, x), new(*mat32.ParamError)},
		"one row":             {fit(dr.PCA{}, normal(1, 3, 0)), new(*mat32.ShapeError)},
		"constant":            {fit(dr.PCA{}, mat.NewDense(5, 2, nil)), new(*mat32.DegenerateError)},
		"overflow":            {fit(dr.PCA{}, mat.NewDense(2, 1, []float64{1e200, -1e200})), new(*mat32.DegenerateError)},
		"underflow":           {fit(dr.PCA{}, mat.NewDense(2, 1, []float64{1e-200, -1e-200})), new(*mat32.DegenerateError)},
		"memory":              {fit(dr.PCA{MemoryLimit: 100}, x), new(*mat32.MemoryError)},
		"transform: columns":  {transform(normal(3, 4, 0)), new(*mat32.ShapeError)},
		"transform: NaN":      {transform(mat.NewDense(1, 3, []float64{1, math.NaN(), 2})), new(*mat32.NotFiniteError)},
		"inverse: columns":    {inverse(normal(3, 4, 0)), new(*mat32.ShapeError)},
	} {
		if c.err == nil || !errors.As(c.err, c.want) {
			t.Errorf("%s: got %v, want a %T", name, c.err, c.want)
		}
	}
}
