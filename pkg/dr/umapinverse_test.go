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
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/golden"
)

func ExampleUMAPModel_Inverse() {
	ctx := context.Background()
	model, err := dr.UMAP{Seed: 1}.Fit(ctx, datasets.Iris().X)
	if err != nil {
		fmt.Println(err)
		return
	}
	flowers, err := model.Inverse(ctx, model.Embedding().Slice(0, 3, 0, 2))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(flowers.Dims())
	// Output: 3 4
}

func squaredError(x, y mat.Matrix) float64 {
	var diff mat.Dense
	diff.Sub(x, y)
	n, d := diff.Dims()
	norm := mat.Norm(&diff, 2)
	return norm * norm / float64(n*d)
}

// On the same map, digits come back nearer to what they were than by umap-learn: those
// that the map was made of and those that it had not seen.
func TestUMAPMapsDigitsBack(t *testing.T) {
	testenv.Unraced(t)
	var file struct {
		Known      [][]float64
		New        [][]float64
		KnownError float64 `json:"known_error"`
		NewError   float64 `json:"new_error"`
	}
	golden.Load(t, "umapinverse", &file)
	x := mat.DenseCopyOf(datasets.Digits().X)
	n, d := x.Dims()
	known := len(file.Known)
	places := mat.NewDense(n, 2, nil)
	for i, p := range append(file.Known, file.New...) {
		places.SetRow(i, p)
	}
	m, err := dr.UMAP{Start: dr.From(places.Slice(0, known, 0, 2)), Epochs: dr.None}.Fit(t.Context(), x.Slice(0, known, 0, d))
	if err != nil {
		t.Fatal(err)
	}
	var fifth, others []int
	for i := 0; i < known; i += 5 {
		fifth = append(fifth, i)
	}
	for i := known; i < n; i++ {
		others = append(others, i)
	}
	for _, c := range []struct {
		what         string
		rows         []int
		peer, atMost float64
	}{{"known", fifth, file.KnownError, .5}, {"new", others, file.NewError, .75}} {
		back, err := m.Inverse(t.Context(), mat32.Select(places, c.rows))
		if err != nil {
			t.Fatal(err)
		}
		got := squaredError(back, mat32.Select(x, c.rows))
		if t.Logf("%s digits: mean squared error %.3f, umap-learn's %.3f", c.what, got, c.peer); !(got <= c.atMost*c.peer) {
			t.Errorf("%s digits: %.3f is more than %v of %.3f", c.what, got, c.atMost, c.peer)
		}
	}
}

// A point's row does not depend on those that come with it, nor on the unit of the data,
// and is a mean of rows, wherever the point is.
func TestUMAPMapsPointsBackOneByOne(t *testing.T) {
	ctx := t.Context()
	x := fixture.Normal(1, 120, 7)
	places := fixture.Normal(2, 120, 5)
	places.SetRow(7, places.RawRowView(3))
	fit := func(x mat.Matrix) *dr.UMAPModel {
		m, err := dr.UMAP{Components: 5, Start: dr.From(places), Epochs: dr.None, Neighbors: 9}.Fit(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	var scaled mat.Dense
	scaled.Scale(1<<20, x)
	z := fixture.Normal(3, 30, 5)
	z.SetRow(4, []float64{1e6, 0, -1e6, 0, 0})
	z.SetRow(5, []float64{1e100, 1e100, -1e100, 0, 0})
	m := fit(x)
	back, err := m.Inverse(ctx, z)
	if err != nil {
		t.Fatal(err)
	}
	if err := mat32.Check(back); err != nil {
		t.Fatal(err)
	}
	large, err := fit(&scaled).Inverse(ctx, z)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 30 {
		alone, err := m.Inverse(ctx, z.Slice(i, i+1, 0, 5))
		if err != nil || !mat.Equal(alone, back.Slice(i, i+1, 0, 7)) {
			t.Errorf("row %d is another alone (%v)", i, err)
		}
		for c := range 7 {
			if large.At(i, c) != back.At(i, c)*(1<<20) {
				t.Errorf("in another unit row %d is %v, not %v", i, large.At(i, c), back.At(i, c)*(1<<20))
			}
			column := mat.Col(nil, c, x)
			if v := back.At(i, c); v < slices.Min(column) || v > slices.Max(column) {
				t.Errorf("row %d: %v is outside the data", i, v)
			}
		}
	}
	sparse, err := fit(sparseOf(t, x)).Inverse(ctx, z)
	if err != nil || !mat.EqualApprox(sparse, back, 1e-6) {
		t.Errorf("of sparse rows it is another: %v", err)
	}
}

// Points that are all at one place are given the plain mean of their rows.
func TestUMAPMapsOnePlaceBack(t *testing.T) {
	x := fixture.Normal(1, 6, 3)
	m, err := dr.UMAP{Start: dr.From(mat.NewDense(6, 2, nil)), Epochs: dr.None}.Fit(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	back, err := m.Inverse(t.Context(), mat.NewDense(1, 2, nil))
	if err != nil {
		t.Fatal(err)
	}
	for c := range 3 {
		if mean := mat.Sum(x.ColView(c)) / 6; math.Abs(back.At(0, c)-mean) > 1e-6 {
			t.Errorf("column %d is %v, not %v", c, back.At(0, c), mean)
		}
	}
}

func TestUMAPRefusesToMapBack(t *testing.T) {
	ctx := context.Background()
	x := fixture.Normal(1, 40, 3)
	s, err := affinity.FuzzySet{}.Weigh(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	fit := func(u dr.UMAP) *dr.UMAPModel {
		u.Epochs = 5
		m, err := u.Fit(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	var (
		degenerate *mat32.DegenerateError
		shape      *mat32.ShapeError
		notFinite  *mat32.NotFiniteError
		memory     *mat32.MemoryError
	)
	if _, err := fit(dr.UMAP{Affinity: s}).Inverse(ctx, fixture.Normal(1, 4, 2)); !errors.As(err, &degenerate) {
		t.Errorf("given weights: %v", err)
	}
	m := fit(dr.UMAP{MemoryLimit: 1 << 20})
	if _, err := m.Inverse(ctx, fixture.Normal(1, 4, 3)); !errors.As(err, &shape) {
		t.Errorf("other columns: %v", err)
	}
	if _, err := m.Inverse(ctx, mat.NewDense(1, 2, []float64{0, math.NaN()})); !errors.As(err, &notFinite) {
		t.Errorf("not a number: %v", err)
	}
	if _, err := m.Inverse(ctx, mat.NewDense(10_000, 2, nil)); !errors.As(err, &memory) {
		t.Errorf("too many: %v", err)
	}
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := m.Inverse(canceled, fixture.Normal(1, 4, 2)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
