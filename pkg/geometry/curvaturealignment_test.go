package geometry_test

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
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/geometry"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// grouped returns 90 rows of three clouds in 6 dimensions.
func grouped(t testing.TB, seed uint64) *mat.Dense {
	t.Helper()
	d, err := datasets.Blobs{Rows: 90, Dim: 6, Seed: seed}.Generate()
	if err != nil {
		t.Fatal(err)
	}
	return d.X
}

func aligned(t testing.TB, x, y mat.Matrix) *geometry.CurvatureAgreement {
	t.Helper()
	a, err := geometry.CurvatureAlignment{}.Compare(context.Background(), x, y)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Turned, scaled and a little shaken, rows bend as before; in another order they do not,
// but for the distribution, which does not look at which is which.
func TestCurvatureAlignment(t *testing.T) {
	testenv.Unraced(t)
	x := grouped(t, 1)
	var turned, shaken, mixed mat.Dense
	var qr mat.QR
	qr.Factorize(fixture.Normal(5, 6, 6))
	var q mat.Dense
	qr.QTo(&q)
	turned.Mul(x, &q)
	turned.Scale(40, &turned)
	if a := aligned(t, x, &turned); a.Nodes.Value < 1-1e-9 || a.Edges.Value < 1-1e-9 || a.Distribution.Value > 1e-9 || a.Kolmogorov.Value > 1e-9 || a.Communities.Value != 1 {
		t.Errorf("turned: %v", a)
	}
	noise := fixture.Normal(9, 90, 6)
	noise.Scale(.1, noise)
	shaken.Add(x, noise)
	a := aligned(t, x, &shaken)
	order := make([]int, 90)
	for i := range order {
		order[i] = i
	}
	s := rng.New(1, "order", 0)
	s.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	mixed.CloneFrom(x)
	for i, j := range order {
		mixed.SetRow(i, x.RawRowView(j))
	}
	b := aligned(t, x, &mixed)
	if !(a.Nodes.Value > .6 && a.Communities.Value > .8) || math.Abs(b.Nodes.Value) > .3 || math.Abs(b.Communities.Value) > .2 {
		t.Errorf("shaken: %v\nin another order: %v", a, b)
	}
	if b.Distribution.Value > 1e-9 || b.Kolmogorov.Value > 1e-9 {
		t.Errorf("the order changes the distribution: %v", b)
	}
	// A cloud and a tree have other distributions.
	tree, err := datasets.Tree{Rows: 90, Dim: 6}.Generate()
	if err != nil {
		t.Fatal(err)
	}
	if c := aligned(t, x, tree.X); c.Distribution.Value < 2*a.Distribution.Value {
		t.Errorf("a tree: %v", c)
	}
}

func TestCurvatureAlignmentOfFewRows(t *testing.T) {
	ctx := context.Background()
	x := fixture.Normal(1, 5, 3)
	a := aligned(t, x, fixture.Normal(2, 5, 2)) // two complete graphs
	if a.Nodes.Value != 0 || len(a.Nodes.Notes) != 1 || a.Distribution.Value != 0 {
		t.Errorf("%v", a)
	}
	var shape *mat32.ShapeError
	if _, err := (geometry.CurvatureAlignment{}).Compare(ctx, x, fixture.Normal(2, 6, 3)); !errors.As(err, &shape) {
		t.Error(err)
	}
	var degenerate *mat32.DegenerateError
	if _, err := (geometry.CurvatureAlignment{}).Compare(ctx, x, mat.NewDense(5, 2, nil)); !errors.As(err, &degenerate) {
		t.Error(err)
	}
	var param *mat32.ParamError
	if _, err := (geometry.CurvatureAlignment{Flow: geometry.RicciFlow{Step: 3}}).Compare(ctx, x, x); !errors.As(err, &param) || param.Method != "geometry.CurvatureAlignment" {
		t.Error(err)
	}
}

func ExampleCurvatureAlignment_Compare() {
	d, _ := datasets.Noise{Of: datasets.Blobs{Rows: 45, Dim: 6}, StdDev: 0.1}.Generate()
	a, _ := geometry.CurvatureAlignment{Neighbors: 5, Flow: geometry.RicciFlow{Iterations: 2}}.Compare(context.Background(), d.Truth.Clean, d.X)
	fmt.Println(a)
	// Output:
	// curvature alignment
	//   correlation of node curvature        0.7172
	//   correlation of edge curvature        0.7525
	//   Wasserstein distance of curvatures   0.0174
	//   Kolmogorov-Smirnov distance          0.1110
	//   adjusted Rand index of communities   1.0000
}
