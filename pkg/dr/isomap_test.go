package dr_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/flatland-go/flatland/internal/apart"
	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/tests/golden"
)

func ExampleIsomap_Fit() {
	// A strip of paper, three wide, rolled up.
	x := mat.NewDense(120, 3, nil)
	for i := range 120 {
		along := .1 * float64(i/3) // of a spiral that has as much length for every row
		x.SetRow(i, []float64{math.Cos(2*along) * math.Exp(along/4), math.Sin(2*along) * math.Exp(along/4), .2 * float64(i%3)})
	}
	model, err := dr.Isomap{}.Fit(context.Background(), x)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("residual variance %.4f\n", model.ResidualVariance())
	z := model.Embedding()
	fmt.Println("from one end to the other:", z.At(0, 0)*z.At(119, 0) < 0)
	// Output:
	// residual variance 0.0008
	// from one end to the other: true
}

// thinned returns every step-th row of x.
func thinned(x mat.Matrix, step int) *mat.Dense {
	n, d := x.Dims()
	y := mat.NewDense((n+step-1)/step, d, nil)
	for i := range (n + step - 1) / step {
		y.SetRow(i, mat.Row(nil, i*step, x))
	}
	return y
}

// between returns points on the way from every row to that which follows, nearer to it.
func between(x mat.Matrix) *mat.Dense {
	n, d := x.Dims()
	y := mat.NewDense(n-1, d, nil)
	for i := range n - 1 {
		for j := range d {
			y.Set(i, j, .6*x.At(i, j)+.4*x.At(i+1, j))
		}
	}
	return y
}

// wineByMeans is wine, each column over the mean of its magnitudes.
func wineByMeans() *mat.Dense {
	x := mat.DenseCopyOf(datasets.Wine().X)
	n, d := x.Dims()
	for j := range d {
		mean := 0.
		for i := range n {
			mean += math.Abs(x.At(i, j)) / float64(n)
		}
		for i := range n {
			x.Set(i, j, x.At(i, j)/mean)
		}
	}
	return x
}

// waysAlong returns the lengths of the ways between all rows of x along the neighbours
// that Isomap takes.
func waysAlong(t *testing.T, x mat.Matrix, count int, radius float64) [][]float64 {
	ctx := context.Background()
	n, _ := x.Dims()
	var h *neighbors.Neighborhoods
	var err error
	if radius > 0 {
		h, err = neighbors.Within{Radius: radius}.Neighborhoods(ctx, x)
	} else {
		g, failed := neighbors.Exact{Neighbors: count}.Graph(ctx, x)
		if failed != nil {
			t.Fatal(failed)
		}
		h, err = g.Union()
	}
	if err != nil {
		t.Fatal(err)
	}
	g, err := affinity.NewGeodesics(ctx, h)
	if err != nil {
		t.Fatal(err)
	}
	ways, all := make([][]float64, n), make([]int, n)
	for i := range all {
		all[i] = i
	}
	if err := g.Each(ctx, all, func(i int, distances []float64) { ways[i] = slices.Clone(distances) }); err != nil {
		t.Fatal(err)
	}
	return ways
}

func TestIsomapAgainstScikitLearn(t *testing.T) {
	testenv.Unraced(t)
	var file struct {
		Isomap []struct {
			Table                 string
			Components, Neighbors int
			Radius                float64
			Sums, Eigenvalues     []float64
			Distances             [][]float64
			Embedding             [][]float64
			Transformed           [][]float64
			Error                 float64 `json:"reconstruction_error"`
		}
	}
	golden.Load(t, "isomap", &file)
	if len(file.Isomap) < 3 {
		t.Fatalf("only %d maps", len(file.Isomap))
	}
	ctx := context.Background()
	for _, want := range file.Isomap {
		x := wineByMeans()
		if want.Table == "digits" {
			x = thinned(datasets.Digits().X, 8)
		}
		what := fmt.Sprintf("%s, %d neighbours", want.Table, want.Neighbors)
		m, err := dr.Isomap{Components: want.Components, Neighbors: want.Neighbors, Radius: want.Radius, Connected: true}.Fit(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		ways := waysAlong(t, x, want.Neighbors, want.Radius)
		for s, row := range want.Distances {
			nearAll(t, fmt.Sprintf("%s, ways from row %d", what, 60*s), ways[60*s], row, 1e-12, 0)
		}
		for i, sum := range want.Sums {
			near(t, fmt.Sprintf("%s, sum of the ways from row %d", what, i), floats.Sum(ways[i]), sum, 1e-12, 0)
		}
		near(t, what+", reconstruction error", m.ReconstructionError(), want.Error, 1e-6, 0)
		near(t, what+", objective", m.Embedding().Objective, want.Error, 1e-6, 0)
		nearAll(t, what+", eigenvalues", m.Eigenvalues(), want.Eigenvalues, 1e-6, 0)
		size := math.Abs(want.Embedding[0][0])
		for _, row := range want.Embedding {
			size = max(size, math.Abs(row[0]))
		}
		z, err := m.Transform(ctx, between(x))
		if err != nil {
			t.Fatal(err)
		}
		for i, row := range want.Embedding {
			nearAll(t, fmt.Sprintf("%s, row %d", what, i), m.Embedding().RawRowView(i), row, 0, 1e-5*size)
			if i < len(want.Transformed) {
				nearAll(t, fmt.Sprintf("%s, new row %d", what, i), z.RawRowView(i), want.Transformed[i], 0, 1e-5*size)
			}
		}
	}
}

// TestIsomapOfAField: where ways are straight, it is classical scaling.
func TestIsomapOfAField(t *testing.T) {
	ctx := context.Background()
	line := mat.NewDense(50, 3, nil)
	for i := range 50 {
		line.SetRow(i, []float64{float64(i), 2 * float64(i), -2 * float64(i)})
	}
	m, err := dr.Isomap{Components: 1, Neighbors: 2}.Fit(ctx, line)
	if err != nil {
		t.Fatal(err)
	}
	z := m.Embedding()
	for i := range 50 {
		near(t, "a line", z.At(i, 0)*math.Copysign(1, z.At(49, 0)), 3*(float64(i)-24.5), 0, 1e-5)
	}
	near(t, "residual variance", m.ResidualVariance(), 0, 0, 1e-10)
	near(t, "eigenvalue", m.Eigenvalues()[0], 9*50*(50*50-1)/12., 1e-6, 0)

	// All pairs of a field within reach: the field, but for a rotation.
	field := mat.NewDense(7*9, 2, nil)
	for i := range 63 {
		field.SetRow(i, []float64{float64(i % 9), float64(i / 9)})
	}
	if m, err = (dr.Isomap{Radius: 20}).Fit(ctx, field); err != nil {
		t.Fatal(err)
	}
	for i := range 63 {
		for j := range i {
			near(t, fmt.Sprintf("from %d to %d", i, j), distance(m.Embedding(), i, j), distance(field, i, j), 0, 1e-5)
		}
	}
	near(t, "reconstruction error", m.ReconstructionError(), 0, 0, 1e-3)

	// Along the streets only, distances are |Δx| + |Δy|, which no plane has; but the map
	// keeps the symmetry of the field.
	if m, err = (dr.Isomap{Radius: 1}).Fit(ctx, field); err != nil {
		t.Fatal(err)
	}
	z = m.Embedding()
	if r := math.Abs(stat.Correlation(mat.Col(nil, 0, z), mat.Col(nil, 0, field), nil)); r < .99 {
		t.Errorf("the first coordinate and the length of the field correlate by %.4f", r)
	}
	if r := math.Abs(stat.Correlation(mat.Col(nil, 1, z), mat.Col(nil, 1, field), nil)); r < .99 {
		t.Errorf("the second coordinate and the width of the field correlate by %.4f", r)
	}
}

func TestIsomapUnrollsTheSwissRoll(t *testing.T) {
	testenv.Unraced(t)
	const n = 1500
	data, err := datasets.SwissRoll{Rows: n, Seed: 1}.Generate()
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range []dr.Isomap{{Neighbors: 8}, {Neighbors: 8, Landmarks: n / 10, Seed: 1}} {
		m, err := o.Fit(context.Background(), data.X)
		if err != nil {
			t.Fatal(err)
		}
		var along, flat []float64
		for i := 0; i < n; i += 7 {
			for j := 3; j < i; j += 11 {
				along, flat = append(along, data.Truth.Geodesic(i, j)), append(flat, distance(m.Embedding(), i, j))
			}
		}
		if r := stat.Correlation(along, flat, nil); r < .985 {
			t.Errorf("%v: distances on the roll and in the map correlate by %.4f", o, r)
		}
		if v := m.ResidualVariance(); v > .03 {
			t.Errorf("%v: residual variance %.4f", o, v)
		}
	}
}

func TestIsomapOfRowsApart(t *testing.T) {
	ctx := context.Background()
	x := fixture.Normal(1, 60, 3)
	for i := range 60 {
		x.Set(i, 0, x.At(i, 0)+30*float64(i%3))
	}
	x.SetRow(59, []float64{1000, 0, 0}) // by itself
	for name, o := range map[string]dr.Isomap{"neighbours": {}, "a ball": {Radius: 3}} {
		m, err := o.Fit(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		note := strings.Join(m.Embedding().Notes, "\n")
		if !strings.Contains(note, "components of") || !strings.Contains(note, "joined by") {
			t.Errorf("%s: the notes do not say what was joined: %q", name, note)
		}
		if d := distance(m.Embedding(), 59, 0); d < 800 {
			t.Errorf("%s: the row by itself is at %v", name, d)
		}
		o.Connected = true
		var degenerate *mat32.DegenerateError
		if _, err := o.Fit(ctx, x); !errors.As(err, &degenerate) || !strings.Contains(err.Error(), "components") {
			t.Errorf("%s that must be connected: %v", name, err)
		}
	}
	// More duplicates of a row than neighbours are a part of their own.
	for i := range 12 {
		x.SetRow(i, []float64{5, 5, 5})
	}
	m, err := dr.Isomap{}.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	for i := 1; i < 12; i++ {
		near(t, "duplicates", distance(m.Embedding(), 0, i), 0, 0, 1e-4)
	}
	var degenerate *mat32.DegenerateError
	same := mat.NewDense(8, 2, nil)
	for _, x := range []mat.Matrix{same, apart.Rows(t, same)} {
		for _, o := range []dr.Isomap{{}, {Radius: 1}} {
			if _, err := o.Fit(ctx, x); !errors.As(err, &degenerate) {
				t.Errorf("equal rows: %v", err)
			}
		}
	}
}

func TestIsomapOfFewAndFarRows(t *testing.T) {
	ctx := context.Background()
	for n := 2; n < 8; n++ {
		for _, scale := range []float64{1, 1e-200, 1e150} {
			x := fixture.Normal(uint64(n), n, 2)
			x.Scale(scale, x)
			m, err := dr.Isomap{}.Fit(ctx, x)
			if err != nil {
				t.Fatalf("%d rows of size %g: %v", n, scale, err)
			}
			if n == 2 {
				near(t, "two rows", distance(m.Embedding(), 0, 1)/scale, distance(x, 0, 1)/scale, 1e-6, 0)
			}
		}
	}
	var degenerate *mat32.DegenerateError
	if _, err := (dr.Isomap{}).Fit(ctx, mat.NewDense(3, 1, []float64{-1e308, 0, 1.7e308})); !errors.As(err, &degenerate) {
		t.Errorf("beyond float64: %v", err)
	}
	var memory *mat32.MemoryError
	if _, err := (dr.Isomap{MemoryLimit: 1 << 20}).Fit(ctx, fixture.Normal(1, 600, 2)); !errors.As(err, &memory) {
		t.Errorf("beyond memory: %v", err)
	}
	var param *mat32.ParamError
	for name, o := range map[string]dr.Isomap{"Components": {Components: 20}, "Neighbors": {Neighbors: 20}, "Radius": {Radius: -1}, "Landmarks": {Landmarks: 2},
		"too many Landmarks": {Landmarks: 21}} {
		if _, err := o.Fit(ctx, fixture.Normal(1, 20, 2)); !errors.As(err, &param) || !strings.HasSuffix(name, param.Param) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestIsomapPlacesItsOwnRows: what was fitted, entered again, lands on its place.
func TestIsomapPlacesItsOwnRows(t *testing.T) {
	ctx := context.Background()
	x := fixture.Normal(2, 90, 4)
	d := apart.Rows(t, x)
	g, err := neighbors.Exact{Neighbors: 9}.Graph(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]dr.Isomap{"all": {}, "landmarks": {Landmarks: 30}, "a ball": {Radius: 1.5, Components: 3}, "a graph": {Graph: g}} {
		m, err := o.Fit(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		again, err := m.Transform(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		if !mat.EqualApprox(again, m.Embedding(), 1e-4) {
			t.Errorf("%s: rows land elsewhere", name)
		}
		o.Graph = nil
		given, err := o.Fit(ctx, d)
		if err != nil {
			t.Fatal(err)
		}
		if !mat.EqualApprox(given.Embedding(), m.Embedding(), 1e-5) {
			t.Errorf("%s: another map of distances", name)
		}
		if again, err = given.Triangulate(ctx, d); err != nil {
			t.Fatal(err)
		}
		if !mat.EqualApprox(again, m.Embedding(), 1e-4) {
			t.Errorf("%s: distances land elsewhere", name)
		}
		var param *mat32.ParamError
		if _, err := given.Transform(ctx, x); !errors.As(err, &param) {
			t.Errorf("rows for distances: %v", err)
		}
	}
}

// TestIsomapWithLandmarks: as the landmarks grow to be all rows, the map becomes that of all.
func TestIsomapWithLandmarks(t *testing.T) {
	ctx := context.Background()
	data, err := datasets.SwissRoll{Rows: 300, Seed: 2}.Generate()
	if err != nil {
		t.Fatal(err)
	}
	all, err := dr.Isomap{Neighbors: 7}.Fit(ctx, data.X)
	if err != nil {
		t.Fatal(err)
	}
	before := math.Inf(1)
	for _, count := range []int{15, 299} {
		m, err := dr.Isomap{Neighbors: 7, Landmarks: count, Seed: 3}.Fit(ctx, data.X)
		if err != nil {
			t.Fatal(err)
		}
		if len(m.Landmarks()) != count {
			t.Fatalf("%d landmarks, want %d", len(m.Landmarks()), count)
		}
		far := 0.
		for i := range 300 {
			for j := range i {
				far = max(far, math.Abs(distance(all.Embedding(), i, j)-distance(m.Embedding(), i, j)))
			}
		}
		if far >= before || count == 299 && far > .5 {
			t.Errorf("%d landmarks: distances differ by %v, with fewer by %v", count, far, before)
		}
		before = far
	}
}
