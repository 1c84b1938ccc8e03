package dr_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/tests/golden"
)

// strips returns two groups of rows beside each other, which differ by less across
// than along them.
func strips() (*mat.Dense, []int) {
	x := fixture.Normal(5, 200, 15)
	labels := make([]int, 200)
	for i := range labels {
		labels[i] = i % 2
		row := x.RawRowView(i)
		for j := range row {
			row[j] *= 3
		}
		row[0] = row[0]/6 + 15*float64(i%2)
		row[1] *= 4
	}
	return x, labels
}

// toldApart reports whether the first coordinate tells two groups apart.
func toldApart(e *dr.Embedding, labels []int) bool {
	var low, high [2]float64
	low, high = [2]float64{math.Inf(1), math.Inf(1)}, [2]float64{math.Inf(-1), math.Inf(-1)}
	for i, l := range labels {
		low[l], high[l] = min(low[l], e.At(i, 0)), max(high[l], e.At(i, 0))
	}
	return high[0] < low[1] || high[1] < low[0]
}

func ExampleLPP_Fit() {
	// Two groups of rows lie beside each other. Their length has the larger variance,
	// but neighbours are of the same group.
	x, labels := strips()
	model, err := dr.LPP{Components: 1, Neighbors: 5}.Fit(context.Background(), x)
	if err != nil {
		fmt.Println(err)
		return
	}
	pca, err := dr.PCA{Components: 1}.Fit(context.Background(), x)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("apart by LPP:", toldApart(model.Embedding(), labels))
	fmt.Println("apart by PCA:", toldApart(pca.Embedding(), labels))
	// Output:
	// apart by LPP: true
	// apart by PCA: false
}

func ExampleNPE_Fit() {
	x, labels := strips()
	model, err := dr.NPE{Components: 1, Neighbors: 5}.Fit(context.Background(), x)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("apart:", toldApart(model.Embedding(), labels))
	// Output: apart: true
}

type localGolden struct {
	Wine struct {
		LPP []struct {
			Simple     bool
			Values     []float64
			Components [][]float64
		}
		NPE struct {
			Values     []float64
			Components [][]float64
		}
	}
	Wide struct {
		Laplacian struct {
			Values []float64
			Map    [][]float64
		}
		LLE struct {
			Error float64
			Map   [][]float64
		}
	}
}

type spectral interface {
	Eigenvalues() []float64
	Components() *mat.Dense
	Embedding() *dr.Embedding
}

func sameMap(t *testing.T, what string, m spectral, values []float64, components [][]float64) {
	t.Helper()
	nearAll(t, what+" eigenvalue", m.Eigenvalues(), values, 1e-8, 0)
	for c, row := range components {
		nearAll(t, what+" component", m.Components().RawRowView(c), row, 0, 1e-7*mat.Norm(mat.NewVecDense(len(row), row), 2))
	}
}

// firstRows are the rows of wine, of which there are fewer than columns.
func firstRows(n int) mat.Matrix { return mat.DenseCopyOf(datasets.Wine().X).Slice(0, n, 0, 13) }

// sameColumns compares coordinates up to their signs and a shift.
func sameColumns(t *testing.T, what string, e *dr.Embedding, want [][]float64) {
	t.Helper()
	for c := range want[0] {
		far := 0
		for i := range want {
			if math.Abs(want[i][c]-want[0][c]) > math.Abs(want[far][c]-want[0][c]) {
				far = i
			}
		}
		sign := math.Copysign(1, (e.At(far, c)-e.At(0, c))*(want[far][c]-want[0][c]))
		for i := range want {
			near(t, what, sign*(e.At(i, c)-e.At(0, c)), want[i][c]-want[0][c], 0, 1e-7)
		}
	}
}

func TestLPPAgainstSciPy(t *testing.T) {
	testenv.Unraced(t)
	var file localGolden
	golden.Load(t, "locality", &file)
	if len(file.Wine.LPP) != 2 {
		t.Fatalf("%d runs", len(file.Wine.LPP))
	}
	for _, want := range file.Wine.LPP {
		m, err := dr.LPP{Neighbors: 10, Simple: want.Simple}.Fit(context.Background(), datasets.Wine().X)
		if err != nil {
			t.Fatal(err)
		}
		sameMap(t, m.String(), m, want.Values, want.Components)
	}
	// With as many columns as rows it is Laplacian eigenmaps.
	m, err := dr.LPP{Components: 3, Neighbors: 5, Simple: true}.Fit(context.Background(), firstRows(12))
	if err != nil {
		t.Fatal(err)
	}
	nearAll(t, "eigenvalue of the Laplacian", m.Eigenvalues(), file.Wide.Laplacian.Values, 1e-8, 0)
	sameColumns(t, "Laplacian eigenmap", m.Embedding(), file.Wide.Laplacian.Map)
}

func TestNPEAgainstScikitLearn(t *testing.T) {
	testenv.Unraced(t)
	var file localGolden
	golden.Load(t, "locality", &file)
	m, err := dr.NPE{Neighbors: 10}.Fit(context.Background(), datasets.Wine().X)
	if err != nil {
		t.Fatal(err)
	}
	sameMap(t, m.String(), m, file.Wine.NPE.Values, file.Wine.NPE.Components)
	// With as many columns as rows it is locally linear embedding.
	m, err = dr.NPE{Components: 3, Neighbors: 5}.Fit(context.Background(), firstRows(12))
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.
	for _, v := range m.Eigenvalues() {
		sum += v
	}
	near(t, "reconstruction error", sum, file.Wide.LLE.Error, 1e-7, 0)
	sameColumns(t, "locally linear embedding", m.Embedding(), file.Wide.LLE.Map)
}

// A given graph changes nothing, one of other rows is refused, and a basis of the
// columns does not matter where the graph is the same.
func TestLocalMapsOnGivenGraphs(t *testing.T) {
	ctx := context.Background()
	x := fixture.Normal(1, 60, 4)
	graph, err := neighbors.Exact{Neighbors: 12}.Graph(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	var param *mat32.ParamError
	for name, fit := range map[string]func(g *neighbors.Graph, x mat.Matrix) (spectral, error){
		"LPP": func(g *neighbors.Graph, x mat.Matrix) (spectral, error) {
			return dr.LPP{Neighbors: 8, Graph: g}.Fit(ctx, x)
		},
		"NPE": func(g *neighbors.Graph, x mat.Matrix) (spectral, error) {
			return dr.NPE{Neighbors: 8, Graph: g}.Fit(ctx, x)
		},
	} {
		own, err1 := fit(nil, x)
		given, err2 := fit(graph, x)
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		if !mat.Equal(own.Embedding(), given.Embedding()) {
			t.Errorf("%s: a given graph changes the map", name)
		}
		if v := own.Eigenvalues(); !slices.IsSorted(v) || v[0] <= 0 {
			t.Errorf("%s: eigenvalues %v", name, v)
		}
		if _, err := fit(graph, fixture.Normal(2, 60, 4)); !errors.As(err, &param) || param.Param != "Graph" {
			t.Errorf("%s: a graph of other rows: %v", name, err)
		}
		broken := *graph
		broken.Indices = slices.Clone(graph.Indices)
		broken.Indices[3] = 60
		if _, err := fit(&broken, x); !errors.As(err, &param) {
			t.Errorf("%s: a graph of rows that do not exist: %v", name, err)
		}
	}
}

func TestLocalMapsOfSomeVariance(t *testing.T) {
	ctx := context.Background()
	x := fixture.Normal(1, 60, 4)
	for i := range 60 {
		x.Set(i, 3, .01*x.At(i, 3))
	}
	for _, method := range []dr.Fitter{dr.Any(dr.LPP{Share: .99, Width: 2}), dr.Any(dr.NPE{Share: .99})} {
		m, err := method.Fit(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		e := m.Embedding()
		if v := m.(spectral).Eigenvalues(); v[2] == 0 || v[3] != 0 || e.At(0, 3) != 0 || len(e.Notes) < 2 {
			t.Errorf("%s: %v, eigenvalues %v", method, e, v)
		}
	}
	// Equal rows are neighbours at distance zero, also where all neighbours are.
	for i := range 60 {
		x.SetRow(i, []float64{float64(i / 20), float64(i / 20 % 2), 1, 2})
	}
	for _, method := range []dr.Fitter{dr.Any(dr.LPP{Neighbors: 5}), dr.Any(dr.NPE{Neighbors: 5})} {
		m, err := method.Fit(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		if v := m.(spectral).Eigenvalues(); v[0] > 1e-12 || mat32.Check(m.Embedding()) != nil {
			t.Errorf("%s of three points: %v", method, v)
		}
	}
}

// The width that was taken is told, and gives the same map when it is asked for.
func TestLPPTellsItsWidth(t *testing.T) {
	ctx := context.Background()
	x := fixture.Normal(1, 60, 4)
	m, err := dr.LPP{Neighbors: 8}.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	graph, err := neighbors.Exact{Neighbors: 8}.Graph(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	pairs, err := graph.Union()
	if err != nil {
		t.Fatal(err)
	}
	width := 0.
	for _, d := range pairs.Distances {
		width += d * d / float64(len(pairs.Distances))
	}
	again, err := dr.LPP{Neighbors: 8, Width: width}.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	if m.Embedding().Options != again.Embedding().Options || m.String() != again.String() || !mat.EqualApprox(m.Embedding(), again.Embedding(), 1e-9) {
		t.Errorf("%s is another model than\n%s", m, again)
	}
	x.Scale(1e-200, x)
	if m, err = (dr.LPP{Neighbors: 8}).Fit(ctx, x); err != nil || !mat.EqualApprox(m.Embedding(), again.Embedding(), 1e-9) {
		t.Errorf("where the width is below float64, another map: %v", err)
	}
}
