package dr_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/manifold"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// Directions in four dimensions, on a globe.
func ExampleRieSNE_Embed() {
	d, err := datasets.Sphere{Rows: 60, Dim: 3, Seed: 1}.Generate()
	if err != nil {
		fmt.Println(err)
		return
	}
	emb, err := dr.RieSNE{
		Source: manifold.Sphere{Dimension: 3}, Target: manifold.Sphere{Radius: 2}, Perplexity: 10, Iterations: 100,
	}.Embed(context.Background(), d.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s %.1f\n", emb.Method, emb.Objective)
	fmt.Printf("%.3f\n", mat.Norm(emb.RowView(0), 2))
	// Output:
	// Rie-SNE 0.6
	// 2.000
}

// sphericalGroups returns rows on the sphere in five dimensions in three groups.
func sphericalGroups(n int) *mat.Dense {
	x := normal(n, 5, 0)
	s := manifold.Sphere{Dimension: 4}
	for i := range n {
		row := x.RawRowView(i)
		row[i%3] += 8
		s.Project(row)
	}
	return x
}

var briefRieSNE = dr.RieSNE{Source: manifold.Sphere{Dimension: 4}, Perplexity: 8, EarlyIterations: 40, Iterations: 60}

// Groups on a sphere stay apart on every target, and new rows land in theirs. The
// control, labels shuffled, must fail.
func TestRieSNEKeepsGroupsApartOnEveryTarget(t *testing.T) {
	testenv.Unraced(t)
	const n = 60
	ctx := context.Background()
	x := sphericalGroups(n + 15)
	for _, target := range []manifold.Manifold{
		manifold.Euclidean{}, manifold.Euclidean{Dimension: 1}, manifold.Sphere{}, manifold.Sphere{Radius: 5}, manifold.Hyperboloid{}, manifold.Torus{Periods: []float64{20, 20}}, manifold.SPD{},
	} {
		method := briefRieSNE
		method.Target = target
		m, err := method.Fit(ctx, x.Slice(0, n, 0, 5))
		if err != nil {
			t.Fatal(err)
		}
		e := m.Embedding()
		for i := range n {
			if err := target.Check(e.RawRowView(i)); err != nil {
				t.Fatalf("row %d left %v: %v", i, target, err)
			}
		}
		near := func(z []float64, not int) (who int) {
			best := math.Inf(1)
			for j := range n {
				if d := target.Distance(z, e.RawRowView(j)); j != not && d < best {
					best, who = d, j
				}
			}
			return who
		}
		hits, shuffled := 0, 0
		for i := range n {
			who := near(e.RawRowView(i), i)
			if who%3 == i%3 {
				hits++
			}
			if who*7/5%3 == i*7/5%3 {
				shuffled++
			}
		}
		if hits < n-1 || shuffled > n*2/3 {
			t.Errorf("%v: %d of %d have a neighbour of their group, %d of shuffled ones", target, hits, n, shuffled)
		}
		z, err := m.Transform(ctx, x.Slice(n, n+15, 0, 5))
		if err != nil {
			t.Fatal(err)
		}
		for i := range 15 {
			if who := near(z.RawRowView(i), -1); who%3 != (n+i)%3 {
				t.Errorf("%v: new row %d lands in the group of row %d", target, n+i, who)
			}
			if i > 2 {
				continue
			}
			// A row does not depend on those it comes with.
			alone, err := m.Transform(ctx, x.Slice(n+i, n+i+1, 0, 5))
			if err != nil || !reflect.DeepEqual(alone.RawRowView(0), z.RawRowView(i)) {
				t.Errorf("%v: alone, row %d is mapped otherwise: %v", target, n+i, err)
			}
		}
	}
}

func TestRieSNEBadInput(t *testing.T) {
	ctx := context.Background()
	x := sphericalGroups(30)
	off := mat.DenseCopyOf(x)
	off.Set(7, 2, 3)
	nan := mat.DenseCopyOf(x)
	nan.Set(2, 1, math.NaN())
	same := mat.DenseCopyOf(x)
	for i := range 30 {
		same.SetRow(i, x.RawRowView(0))
	}
	with := func(change func(r *dr.RieSNE)) dr.RieSNE {
		r := briefRieSNE
		change(&r)
		return r
	}
	var none *manifold.SPD
	for name, c := range map[string]struct {
		method dr.RieSNE
		x      mat.Matrix
		want   any
	}{
		"NaN":              {briefRieSNE, nan, new(*mat32.NotFiniteError)},
		"off the sphere":   {briefRieSNE, off, new(*manifold.PointError)},
		"three rows":       {briefRieSNE, x.Slice(0, 3, 0, 5), new(*mat32.ShapeError)},
		"equal rows":       {briefRieSNE, same, new(*mat32.DegenerateError)},
		"another source":   {with(func(r *dr.RieSNE) { r.Source = manifold.Sphere{} }), x, new(*mat32.ParamError)},
		"a bad source":     {with(func(r *dr.RieSNE) { r.Source = manifold.Sphere{Dimension: 4, Radius: -1} }), x, new(*mat32.ParamError)},
		"a nil target":     {with(func(r *dr.RieSNE) { r.Target = none }), x, new(*mat32.ParamError)},
		"a large target":   {with(func(r *dr.RieSNE) { r.Target = manifold.SPD{Order: 3} }), x, new(*mat32.ParamError)},
		"perplexity":       {with(func(r *dr.RieSNE) { r.Perplexity = 29 }), x, new(*mat32.ParamError)},
		"start: classical": {with(func(r *dr.RieSNE) { r.Start = dr.FromClassical }), x, new(*mat32.ParamError)},
		"start: shape":     {with(func(r *dr.RieSNE) { r.Start = dr.From(normal(29, 2, 0)) }), x, new(*mat32.ShapeError)},
		"start: no points": {with(func(r *dr.RieSNE) { r.Start = dr.From(normal(30, 3, 0)); r.Target = manifold.Sphere{} }), x, new(*manifold.PointError)},
		"memory":           {with(func(r *dr.RieSNE) { r.MemoryLimit = 1000 }), x, new(*mat32.MemoryError)},
	} {
		m, err := c.method.Fit(ctx, c.x)
		if m != nil || err == nil || !errors.As(err, c.want) || !strings.HasPrefix(err.Error(), "dr.RieSNE") && name != "three rows" && name != "start: shape" {
			t.Errorf("%s: got %v, %v, want a %T", name, m, err, c.want)
		}
	}
	m, err := briefRieSNE.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	var point *manifold.PointError
	if _, err := m.Transform(ctx, off); !errors.As(err, &point) || !strings.Contains(err.Error(), "row 7") {
		t.Errorf("a new row off the sphere: %v", err)
	}
}

// foreign is a manifold of another package.
type foreign struct{ manifold.Sphere }

func (f foreign) Resolve() (manifold.Manifold, error) { return f, nil }

func TestRieSNEOnAManifoldOfAnotherPackage(t *testing.T) {
	ctx := context.Background()
	x := sphericalGroups(30)
	method := briefRieSNE
	want, err := method.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	method.Source = foreign{manifold.Sphere{Dimension: 4}}
	m, err := method.Fit(ctx, x)
	if err != nil || !mat.Equal(m.Embedding(), want.Embedding()) {
		t.Fatalf("the map is another: %v", err)
	}
	if _, err := m.WriteTo(new(bytes.Buffer)); err == nil || !strings.Contains(err.Error(), "cannot be saved") {
		t.Errorf("it is saved: %v", err)
	}
}

// Antipodes, at which the leading term of the heat kernel has no bound, do not count as
// neighbours.
func TestRieSNEOfAntipodes(t *testing.T) {
	const n = 60
	x := sphericalGroups(n)
	for i := range n / 2 { // axes: every row has its antipode
		for j, v := range x.RawRowView(i) {
			x.Set(n/2+i, j, -v)
		}
	}
	e, err := briefRieSNE.Embed(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	plane := manifold.Euclidean{}
	for i := range n / 2 {
		nearer := 0
		for j := range n {
			if plane.Distance(e.RawRowView(i), e.RawRowView(j)) < plane.Distance(e.RawRowView(i), e.RawRowView(n/2+i)) {
				nearer++
			}
		}
		if nearer < 9 {
			t.Errorf("the antipode of row %d is among the %d nearest", i, nearer+1)
		}
	}
}

// A cancel during the layout gives the map so far; watching changes nothing.
func TestRieSNEWatchedAndCanceled(t *testing.T) {
	x := sphericalGroups(30)
	method := briefRieSNE
	method.Target = manifold.Sphere{}
	want, err := method.Embed(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	losses, layouts := 0, 0
	ctx := watch.With(context.Background(), func(e watch.Event) {
		if e.Layout != nil {
			layouts++
			e.Layout().Zero() // a copy: the map must not suffer
		}
		if !math.IsNaN(e.Loss) {
			losses++
		}
	})
	got, err := method.Embed(ctx, x)
	if err != nil || !mat.Equal(got, want) || losses != 2 || layouts != 100 {
		t.Errorf("watched: %d losses, %d layouts, %v", losses, layouts, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ctx = watch.With(ctx, func(e watch.Event) {
		if e.Layout != nil && e.Done == 70 {
			cancel()
		}
	})
	partial, err := method.Embed(ctx, x)
	if !errors.Is(err, context.Canceled) || partial == nil || !partial.Partial || mat.Equal(partial, want) {
		t.Errorf("cancelled: %v, %v", partial, err)
	}
}
