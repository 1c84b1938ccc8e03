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
)

// Two rings, one within the other: rows of one ring meet along it, at the length of a step,
// and rows of the other at the gap between both, however near these lie in the plane.
func ExampleFunctorialMDS_Embed() {
	d, err := datasets.Annuli{Rows: 200, Hole: .8, Seed: 1}.Generate()
	if err != nil {
		fmt.Println(err)
		return
	}
	z, err := dr.FunctorialMDS{}.Embed(context.Background(), d.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	within, between := 0., math.Inf(1)
	for i := range 200 {
		for j := range i {
			if d.Labels[i] == d.Labels[j] {
				within = max(within, distance(z, i, j))
			} else {
				between = min(between, distance(z, i, j))
			}
		}
	}
	fmt.Println(z.Options)
	fmt.Println("each ring is nearer to itself than to the other:", within < between)
	// Output:
	// single linkage, 300 iterations, tolerance 1e-06, start classical scaling, seed 0
	// each ring is nearer to itself than to the other: true
}

// By MaximalLinkage it is metric MDS, bit by bit. Of three rows on a line, the first two meet
// at 1 and the third joins them at 3: an isosceles triangle, which the plane has room for.
func TestFunctorialMDSInClosedForm(t *testing.T) {
	ctx := context.Background()
	x := fixture.Normal(2, 60, 3)
	metric, err := dr.MetricMDS{}.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	maximal, err := dr.FunctorialMDS{Linkage: dr.MaximalLinkage}.Fit(ctx, x)
	if err != nil || !mat.Equal(maximal.Embedding(), metric.Embedding()) || maximal.Stress() != metric.Stress() {
		t.Errorf("maximal linkage is not metric MDS: %v", err)
	}
	line := mat.NewDense(3, 1, []float64{0, 1, 4})
	m, err := dr.FunctorialMDS{Tolerance: 1e-14, Iterations: 3000}.Fit(ctx, line)
	if err != nil {
		t.Fatal(err)
	}
	z := m.Embedding()
	for _, c := range []struct {
		i, j int
		want float64
	}{{0, 1, 1}, {0, 2, 3}, {1, 2, 3}} {
		if got := distance(z, c.i, c.j); math.Abs(got-c.want) > 1e-5 {
			t.Errorf("rows %d and %d are %v apart, want %v", c.i, c.j, got, c.want)
		}
	}
	// Both ends have their second other row at 4, where all meet.
	robust, err := dr.FunctorialMDS{Linkage: dr.RobustLinkage, Neighbors: 2}.Fit(ctx, line)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := distance(robust.Embedding(), 0, 1), distance(robust.Embedding(), 1, 2); math.Abs(a-4) > 1e-3 || math.Abs(b-4) > 1e-3 {
		t.Errorf("rows meet at %v and %v, want 4", a, b)
	}
}

// Stress moves within the bound, whichever of two sets is fitted first, and noise beyond it
// moves the stress beyond it.
func TestFunctorialMDSBound(t *testing.T) {
	testenv.Unraced(t)
	ctx := context.Background()
	for _, linkage := range []dr.Linkage{dr.SingleLinkage, dr.MaximalLinkage, dr.RobustLinkage} {
		f := dr.FunctorialMDS{Linkage: linkage}
		shift := func(noise float64) (moved, bound float64) {
			const n = 60
			x := fixture.Normal(4, n, 3)
			y := mat.DenseCopyOf(x)
			by := fixture.Normal(5, n, 3)
			for i := range n {
				row := by.RawRowView(i)
				r := math.Hypot(math.Hypot(row[0], row[1]), row[2])
				for c, v := range row { // each row by half of the noise: distances by all of it
					y.Set(i, c, y.At(i, c)+noise/2*v/r)
				}
			}
			fit := func(f dr.FunctorialMDS, x mat.Matrix) *dr.FunctorialMDSModel {
				m, err := f.Fit(ctx, x)
				if err != nil {
					t.Fatal(err)
				}
				return m
			}
			a, b := fit(f, x), fit(f, y)
			fromA, fromB := f, f
			fromA.Start, fromB.Start = dr.From(a.Embedding()), dr.From(b.Embedding())
			least := func(p, q *dr.FunctorialMDSModel) float64 { return math.Sqrt(min(p.Stress(), q.Stress())) }
			return math.Abs(least(a, fit(fromB, x)) - least(b, fit(fromA, y))), a.StressBound(.01)
		}
		if moved, bound := shift(.01); moved > bound || moved == 0 {
			t.Errorf("%s linkage: the stress moves by %v, want at most %v", linkage, moved, bound)
		}
		if moved, bound := shift(10); moved < bound {
			t.Errorf("%s linkage: a thousand times the noise moves the stress by %v only, the bound of one is %v", linkage, moved, bound)
		}
	}
}

func TestFunctorialMDSSaysWhatIsWrong(t *testing.T) {
	ctx := context.Background()
	var param *mat32.ParamError
	for want, f := range map[string]dr.FunctorialMDS{
		"Linkage":   {Linkage: "average"},
		"Neighbors": {Linkage: dr.RobustLinkage, Neighbors: 6},
	} {
		if _, err := f.Fit(ctx, fixture.Normal(1, 6, 2)); !errors.As(err, &param) || param.Param != want {
			t.Errorf("%+v: %v", f, err)
		}
	}
	var degenerate *mat32.DegenerateError
	if _, err := (dr.FunctorialMDS{}).Fit(ctx, mat.NewDense(4, 2, nil)); !errors.As(err, &degenerate) || degenerate.Method != "dr.FunctorialMDS" {
		t.Errorf("equal rows: %v", err)
	}
	var memory *mat32.MemoryError
	if _, err := (dr.FunctorialMDS{MemoryLimit: 1000}).Fit(ctx, fixture.Normal(1, 60, 2)); !errors.As(err, &memory) || memory.Method != "dr.FunctorialMDS" {
		t.Errorf("1000 bytes: %v", err)
	}
}
