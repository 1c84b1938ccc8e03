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

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/tests/golden"
)

func ExampleLLE_Fit() {
	// A strip of paper, three wide, rolled up.
	x := mat.NewDense(120, 3, nil)
	for i := range 120 {
		along := .1 * float64(i/3)
		x.SetRow(i, []float64{math.Cos(2*along) * math.Exp(along/4), math.Sin(2*along) * math.Exp(along/4), .2 * float64(i%3)})
	}
	model, err := dr.LLE{Components: 1, Neighbors: 8}.Fit(context.Background(), x)
	if err != nil {
		fmt.Println(err)
		return
	}
	z := model.Embedding()
	fmt.Println("from one end to the other:", z.At(0, 0)*z.At(119, 0) < 0)
	fmt.Println("reconstruction error below 1e-5:", model.ReconstructionError() < 1e-5)
	// Output:
	// from one end to the other: true
	// reconstruction error below 1e-5: true
}

var variants = map[string]dr.LLEVariant{"standard": dr.StandardLLE, "modified": dr.ModifiedLLE, "hessian": dr.HessianLLE, "ltsa": dr.LTSA}

func TestLLEAgainstScikitLearn(t *testing.T) {
	testenv.Unraced(t)
	var file struct {
		Roll [][]float64
		Maps []struct {
			Table, Method          string
			Components, Neighbors  int
			Error                  float64 `json:"reconstruction_error"`
			Embedding, Transformed [][]float64
		}
	}
	golden.Load(t, "lle", &file)
	if len(file.Maps) < 10 {
		t.Fatalf("only %d maps", len(file.Maps))
	}
	ctx := context.Background()
	for _, want := range file.Maps {
		x := mat.NewDense(len(file.Roll), 3, nil)
		for i, row := range file.Roll {
			x.SetRow(i, row)
		}
		if want.Table == "digits" {
			x = thinned(datasets.Digits().X, 12)
			for i := range 150 {
				for j := range 64 {
					x.Set(i, j, x.At(i, j)*(1+float64(j)/1000))
				}
			}
		}
		what := fmt.Sprintf("%s, %s, %d neighbours", want.Table, want.Method, want.Neighbors)
		m, err := dr.LLE{Variant: variants[want.Method], Components: want.Components, Neighbors: want.Neighbors, Strict: true}.Fit(ctx, x)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		near(t, what+", reconstruction error", m.ReconstructionError(), want.Error, 1e-6, 1e-14)
		z, err := m.Transform(ctx, between(x))
		if err != nil {
			t.Fatal(err)
		}
		for i, row := range want.Embedding {
			nearAll(t, fmt.Sprintf("%s, row %d", what, i), m.Embedding().RawRowView(i), row, 0, 1e-6)
			if i < len(want.Transformed) {
				nearAll(t, fmt.Sprintf("%s, new row %d", what, 5*i), z.RawRowView(5*i), want.Transformed[i], 0, 1e-6)
			}
		}
	}
}

// affineMatch returns the least correlation of a true coordinate with what the best affine
// map makes of z.
func affineMatch(t *testing.T, z, truth mat.Matrix) float64 {
	t.Helper()
	n, k := z.Dims()
	a := mat.NewDense(n, k+1, nil)
	for i := range n {
		a.SetRow(i, append([]float64{1}, mat.Row(nil, i, z)...))
	}
	var turn, fit mat.Dense
	if err := turn.Solve(a, truth); err != nil {
		t.Fatal(err)
	}
	fit.Mul(a, &turn)
	least := 1.
	_, c := truth.Dims()
	for c := range c {
		least = min(least, stat.Correlation(mat.Col(nil, c, &fit), mat.Col(nil, c, truth), nil))
	}
	return least
}

// TestLLEOfASheetWithAHole: Donoho and Grimes (2003): ways around a hole are longer than
// straight ones, which Isomap takes for lengths; second derivatives do not see the hole.
func TestLLEOfASheetWithAHole(t *testing.T) {
	testenv.Unraced(t)
	data, err := datasets.SwissRoll{Rows: 2000, Seed: 1}.Generate()
	if err != nil {
		t.Fatal(err)
	}
	cut := func(x *mat.Dense) (kept, truth *mat.Dense) {
		var rows, flat []float64
		latent := data.Truth.Latent
		for i := range 2000 {
			if s, h := latent.At(i, 0), latent.At(i, 1); math.Abs(s-55) > 20 || math.Abs(h-10.5) > 6 {
				rows, flat = append(rows, mat.Row(nil, i, x)...), append(flat, s, h)
			}
		}
		return mat.NewDense(len(rows)/3, 3, rows), mat.NewDense(len(flat)/2, 2, flat)
	}
	ctx := context.Background()
	clean, truth := cut(mat.DenseCopyOf(data.X))
	var noisy mat.Dense
	noisy.Add(data.X, fixture.Normal(1, 2000, 3))
	rough, _ := cut(&noisy)
	for _, v := range []dr.LLEVariant{dr.HessianLLE, dr.LTSA} {
		z, err := dr.LLE{Variant: v, Neighbors: 10}.Embed(ctx, clean)
		if err != nil {
			t.Fatal(err)
		}
		if r := affineMatch(t, z, truth); r < .99 {
			t.Errorf("%s: coordinates on the sheet and in the map correlate by %.4f", v, r)
		}
		if z, err = (dr.LLE{Variant: v, Neighbors: 10}).Embed(ctx, rough); err != nil {
			t.Fatal(err)
		}
		if r := affineMatch(t, z, truth); r > .99 {
			t.Errorf("%s: with noise, coordinates still correlate by %.4f", v, r)
		}
	}
	z, err := dr.Isomap{Neighbors: 10}.Embed(ctx, clean)
	if err != nil {
		t.Fatal(err)
	}
	if r := affineMatch(t, z, truth); r > .99 {
		t.Errorf("Isomap: coordinates correlate by %.4f: the hole does not matter", r)
	}
}

// TestLLEOfAField: a flat sheet is an affine map of itself, without error.
func TestLLEOfAField(t *testing.T) {
	ctx := context.Background()
	x := mat.NewDense(150, 3, nil)
	flat := fixture.Normal(3, 150, 2)
	for i := range 150 {
		a, b := flat.At(i, 0), flat.At(i, 1)
		x.SetRow(i, []float64{a + b, a - 2*b, 3*a + b})
	}
	for v, tolerance := range map[dr.LLEVariant]float64{dr.ModifiedLLE: 1e-3, dr.HessianLLE: 1e-12, dr.LTSA: 1e-12} { // one regularizes
		m, err := dr.LLE{Variant: v, Neighbors: 12}.Fit(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		near(t, string(v)+", reconstruction error", m.ReconstructionError(), 0, 0, tolerance)
		if r := affineMatch(t, m.Embedding(), flat); r < 1-tolerance {
			t.Errorf("%s: correlation %v", v, r)
		}
	}
}

func TestLLEOfRowsApart(t *testing.T) {
	ctx := context.Background()
	x := fixture.Normal(1, 80, 3)
	for i := range 80 {
		x.Set(i, 0, x.At(i, 0)+30*float64(i%2))
	}
	for i := range 14 { // duplicates, more of them than neighbours
		x.SetRow(i, []float64{5, 5, 5})
	}
	for name, v := range variants {
		m, err := dr.LLE{Variant: v, Neighbors: 9}.Fit(ctx, x)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if note := strings.Join(m.Embedding().Notes, "\n"); !strings.Contains(note, "joined by") {
			t.Errorf("%s: the notes do not say what was joined: %q", name, note)
		}
		again, err := m.Transform(ctx, x.Slice(20, 80, 0, 3))
		if err != nil {
			t.Fatal(err)
		}
		if !mat.EqualApprox(again, m.Embedding().Slice(20, 80, 0, 2), 1e-12) {
			t.Errorf("%s: rows land elsewhere", name)
		}
		var degenerate *mat32.DegenerateError
		if _, err := (dr.LLE{Variant: v, Neighbors: 9, Strict: true}).Fit(ctx, x); !errors.As(err, &degenerate) {
			t.Errorf("%s that must be connected: %v", name, err)
		}
		if _, err := (dr.LLE{Variant: v}).Fit(ctx, mat.NewDense(20, 3, nil)); !errors.As(err, &degenerate) {
			t.Errorf("%s, equal rows: %v", name, err)
		}
		for n := map[bool]int{true: 4, false: 3}[v == dr.HessianLLE]; n < 9; n++ {
			for _, scale := range []float64{1, 1e-200, 1e150} {
				few := fixture.Normal(uint64(n), n, 2)
				few.Scale(scale, few)
				if _, err := (dr.LLE{Variant: v}).Fit(ctx, few); err != nil {
					t.Errorf("%s, %d rows of size %g: %v", name, n, scale, err)
				}
			}
		}
	}
}

func TestLLERefuses(t *testing.T) {
	ctx := context.Background()
	x := fixture.Normal(1, 20, 4)
	for name, o := range map[string]dr.LLE{
		"Components": {Components: 5}, "Neighbors": {Neighbors: 20}, "Hessian Neighbors": {Variant: dr.HessianLLE, Neighbors: 5},
		"modified Neighbors": {Variant: dr.ModifiedLLE, Neighbors: 2, Components: 3}, "Variant": {Variant: "none"}, "Regularization": {Regularization: -1},
	} {
		var param *mat32.ParamError
		if _, err := o.Fit(ctx, x); !errors.As(err, &param) || !strings.HasSuffix(name, param.Param) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var shape *mat32.ShapeError
	if _, err := (dr.LLE{}).Fit(ctx, fixture.Normal(1, 2, 4)); !errors.As(err, &shape) {
		t.Errorf("two rows: %v", err)
	}
	var memory *mat32.MemoryError
	if _, err := (dr.LLE{MemoryLimit: 1000}).Fit(ctx, x); !errors.As(err, &memory) {
		t.Errorf("beyond memory: %v", err)
	}
	g, err := neighbors.Exact{Neighbors: 9}.Graph(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	a, err := dr.LLE{Graph: g}.Embed(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	b, err := dr.LLE{}.Embed(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	if !mat.Equal(a, b) {
		t.Error("a given graph gives another map")
	}
}

// Rows however far or near to each other are combinations of others: the unit does not matter.
func TestLLEOfFarRows(t *testing.T) {
	ctx := context.Background()
	x := fixture.Normal(1, 30, 3)
	m, err := dr.LLE{}.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	for _, far := range []float64{1e20, 1e140, 1e155, 1e160, 1e200} {
		row := mat.NewDense(1, 3, []float64{far, -far, far})
		z, err := m.Transform(ctx, row)
		if err != nil {
			if !isA[*mat32.DegenerateError](err) {
				t.Errorf("a row at %v: %v", far, err)
			}
			continue
		}
		if mat32.Check(z) != nil {
			t.Errorf("a row at %v is at %v", far, z)
		}
	}
}
