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
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

func ExampleUMAPModel_Transform() {
	ctx := context.Background()
	iris := datasets.Iris()
	known, other := iris.X.Slice(0, 140, 0, 4), iris.X.Slice(140, 150, 0, 4)
	model, err := dr.UMAP{Seed: 1}.Fit(ctx, known)
	if err != nil {
		fmt.Println(err)
		return
	}
	z, err := model.Transform(ctx, other)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(z.Caption())
	// Output: UMAP · n = 10 · 4 → 2 dimensions
}

// A row's place does not depend on those that come with it, nor on their order; rows that
// the model knows have theirs; and the model stays as it is.
func TestUMAPMapsNewRowsOneByOne(t *testing.T) {
	ctx := context.Background()
	x := fixture.Normal(1, 200, 6)
	m, err := dr.UMAP{Epochs: 60, Components: 3, Seed: 3}.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	before := mat.DenseCopyOf(m.Embedding())
	fresh := fixture.Normal(2, 40, 6)
	z, err := m.Transform(ctx, fresh)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 40 {
		alone, err := m.Transform(ctx, fresh.Slice(39-i, 40-i, 0, 6))
		if err != nil {
			t.Fatal(err)
		}
		if !mat.Equal(alone, z.Slice(39-i, 40-i, 0, 3)) {
			t.Fatalf("row %d: %v alone, %v among others", 39-i, mat.Row(nil, 0, alone), z.RawRowView(39-i))
		}
	}
	own, err := m.Transform(ctx, x)
	if err != nil || !mat.Equal(own, before) {
		t.Errorf("rows that are known have other places (%v)", err)
	}
	if !mat.Equal(m.Embedding(), before) {
		t.Error("the model has changed")
	}
}

// Rows that are left out are told by their nearest known point as well as the known ones.
func TestUMAPMapsDigitsThatAreLeftOut(t *testing.T) {
	testenv.Unraced(t)
	ctx := context.Background()
	d := datasets.Digits()
	n, dim := d.X.Dims()
	const known = 1200
	m, err := dr.UMAP{Seed: 1}.Fit(ctx, mat.DenseCopyOf(d.X).Slice(0, known, 0, dim))
	if err != nil {
		t.Fatal(err)
	}
	z, err := m.Transform(ctx, mat.DenseCopyOf(d.X).Slice(known, n, 0, dim))
	if err != nil {
		t.Fatal(err)
	}
	right := 0
	for i := range n - known {
		best, at := math.Inf(1), 0
		for j := range known {
			dx, dy := z.At(i, 0)-m.Embedding().At(j, 0), z.At(i, 1)-m.Embedding().At(j, 1)
			if s := dx*dx + dy*dy; s < best {
				best, at = s, j
			}
		}
		if d.Labels[at] == d.Labels[known+i] {
			right++
		}
	}
	// umap-learn 0.5.12 gets 0.943 of them right, 0.925 to 0.951 by eight seeds; ten seeds of
	// this are 0.942 in the mean.
	if share := float64(right) / float64(n-known); share < 0.925 {
		t.Errorf("%.3f of the digits are told", share)
	} else {
		t.Logf("%.4f of the digits are told", share)
	}
}

func TestUMAPRefusesNewRows(t *testing.T) {
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
	)
	if _, err := fit(dr.UMAP{Affinity: s}).Transform(ctx, x); !errors.As(err, &degenerate) {
		t.Errorf("given weights: %v", err)
	}
	if _, err := fit(dr.UMAP{}).Transform(ctx, fixture.Normal(1, 4, 2)); !errors.As(err, &shape) {
		t.Errorf("other columns: %v", err)
	}
	if _, err := fit(dr.UMAP{}).Transform(ctx, mat.NewDense(1, 3, []float64{0, math.NaN(), 0})); !errors.As(err, &notFinite) {
		t.Errorf("not a number: %v", err)
	}
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	m := fit(dr.UMAP{})
	if _, err := m.Transform(canceled, x); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := m.Transform(ctx, x); err != nil {
		t.Errorf("after a cancel: %v", err)
	}
}

// Rows that have nothing in common with any that is known are placed all the same.
func TestUMAPPlacesRowsThatHaveNothingInCommon(t *testing.T) {
	ctx := context.Background()
	x := mat.NewDense(30, 4, nil)
	for i := range 30 {
		x.SetRow(i, []float64{1, float64(i%7 + 1), 0, 0})
	}
	m, err := dr.UMAP{Metric: neighbors.Hellinger{}, Neighbors: 5, Epochs: 10}.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	z, err := m.Transform(ctx, mat.NewDense(1, 4, []float64{0, 0, 1, 1}))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range z.RawRowView(0) {
		if math.IsNaN(v) || math.Abs(v) > 100 {
			t.Errorf("it is at %v", z.RawRowView(0))
		}
	}
}
