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
)

func ExampleMAGIC() {
	noisy, err := datasets.Noise{Of: datasets.Tree{Rows: 200, Branches: 3, Dim: 20, Length: 10}, StdDev: .5}.Generate()
	if err != nil {
		fmt.Println(err)
		return
	}
	smooth, err := dr.MAGIC{Time: 3}.Embed(context.Background(), noisy.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("noise %.1f, smoothed %.1f\n", off(noisy.X, noisy.Truth.Clean), off(smooth, noisy.Truth.Clean))
	// Output:
	// noise 0.5, smoothed 0.2
}

// off returns the root mean square of the differences.
func off(a, b mat.Matrix) float64 {
	n, d := a.Dims()
	var difference mat.Dense
	difference.Sub(a, b)
	return mat.Norm(&difference, 2) / math.Sqrt(float64(n*d))
}

// The result is the walk's mean, and by components nearly so.
func TestMAGICIsTheWalk(t *testing.T) {
	ctx := context.Background()
	d := noisyTree(t, 90)
	s, err := affinity.AlphaDecay{Decay: 1, MaxNeighbors: 15}.Weigh(ctx, d.X)
	if err != nil {
		t.Fatal(err)
	}
	o, err := affinity.Diffusion{}.Of(ctx, s)
	if err != nil {
		t.Fatal(err)
	}
	want := mat.NewDense(90, 10, nil)
	if err := o.Power(ctx, want, d.X, 4); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		m    dr.MAGIC
		most float64
	}{{dr.MAGIC{Time: 4}, 1e-14}, {dr.MAGIC{Time: 4, Affinity: s, Neighbors: 3}, 1e-14}, {dr.MAGIC{Time: 4, Columns: 9}, .1}, {dr.MAGIC{Time: 4, Columns: 9, Solver: dr.Approximate}, .2}} {
		e, err := c.m.Embed(ctx, d.X)
		if err != nil {
			t.Fatal(err)
		}
		if v := off(e, want); v > c.most {
			t.Errorf("%v: it is %v from the walk", e.Options, v)
		}
	}
}

// The time is the first after which a step changes less than asked for, by Procrustes.
func TestMAGICFindsItsTime(t *testing.T) {
	d := noisyTree(t, 90)
	for _, tolerance := range []float64{.1, 1e-2, 1e-3, 1e-9} {
		m, err := dr.MAGIC{Tolerance: tolerance}.Fit(context.Background(), d.X)
		if err != nil {
			t.Fatal(err)
		}
		changes := m.Changes()
		if m.Time() != len(changes) {
			t.Fatalf("t = %d, %d changes", m.Time(), len(changes))
		}
		for k, v := range changes {
			if last := k == len(changes)-1; (v < tolerance) != last && !(last && m.Time() == 20) {
				t.Errorf("tolerance %v: step %d of %d changes %v", tolerance, k+1, len(changes), v)
			}
		}
	}
}

// More columns than rows give what their coordinates among the rows do, which a rotation
// takes to them, and take no memory of all columns by all.
func TestMAGICOfManyColumns(t *testing.T) {
	testenv.Unraced(t)
	ctx := context.Background()
	few := fixture.Normal(1, 30, 12)
	const columns = 6000 // by 6000 are 288 MB
	wide := mat.NewDense(30, columns, nil)
	for i := range 30 {
		for j := range columns {
			wide.Set(i, j, few.At(i, j%12)*math.Sqrt(12./columns))
		}
	}
	want, err := dr.MAGIC{}.Fit(ctx, few)
	if err != nil {
		t.Fatal(err)
	}
	got, err := dr.MAGIC{MemoryLimit: 60 << 20}.Fit(ctx, wide)
	if err != nil {
		t.Fatal(err)
	}
	nearAll(t, "changes", got.Changes(), want.Changes(), 1e-8, 1e-12)
	for i := range 30 {
		for j := range 12 {
			near(t, "value", got.Embedding().At(i, j), want.Embedding().At(i, j)*math.Sqrt(12./columns), 1e-9, 1e-12)
		}
	}
}

func TestMAGICBadInput(t *testing.T) {
	ctx := context.Background()
	x := noisyTree(t, 60).X
	for param, m := range map[string]dr.MAGIC{"Neighbors": {Neighbors: 60}, "Decay": {Decay: -1}, "MaxNeighbors": {MaxNeighbors: 2}, "Columns": {Columns: -1}, "Time": {Time: -1},
		"MaxTime": {MaxTime: -1}, "Tolerance": {Tolerance: 1}, "Solver": {Solver: dr.Lanczos}} {
		_, err := m.Fit(ctx, x)
		if e, ok := errors.AsType[*mat32.ParamError](err); !ok || e.Param != param || e.Method != "dr.MAGIC" {
			t.Errorf("%+v: got %v, want a *mat32.ParamError of %s", m, err, param)
		}
	}
	if _, err := (dr.MAGIC{}).Fit(ctx, mat.NewDense(20, 3, nil)); !isA[*mat32.DegenerateError](err) {
		t.Errorf("equal rows: %v", err)
	}
}
