package geometry_test

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/geometry"
)

// balls returns p classes of m rows each: centroids on axes of their own, and about each a ball's
// surface of the given radius in dim directions drawn at random.
func balls(seed uint64, p, m, dim, d int, radius float64) (*mat.Dense, []int) {
	x, labels := mat.NewDense(p*m, d, nil), make([]int, p*m)
	for k := range p {
		directions := fixture.Normal(seed+1000+uint64(k), dim, d)
		at := fixture.Normal(seed+uint64(k), m, dim)
		for i := range m {
			row := x.RawRowView(k*m + i)
			labels[k*m+i] = k
			a := mat.NewVecDense(dim, at.RawRowView(i))
			a.ScaleVec(1/mat.Norm(a, 2), a)
			var v mat.VecDense
			v.MulVec(directions.T(), a)
			v.ScaleVec(radius/math.Sqrt(float64(d)), &v)
			copy(row, v.RawVector().Data)
			row[k] += 1
		}
	}
	return x, labels
}

func capacity(t *testing.T, draws int, x mat.Matrix, labels []int) *geometry.Manifolds {
	t.Helper()
	m, err := geometry.ManifoldCapacity{Draws: draws}.Compute(t.Context(), x, labels)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// The statistical dimension of a cone that is known: a ray, a segment and a corner.
func TestCapacityOfKnownCones(t *testing.T) {
	testenv.Unraced(t)
	const draws = 20_000
	// Two classes that lie opposite to each other, of one shape.
	mirrored := func(rows [][]float64) (*mat.Dense, []int) {
		m := len(rows)
		x, labels := mat.NewDense(2*m, len(rows[0]), nil), make([]int, 2*m)
		for i, r := range rows {
			x.SetRow(i, r)
			for j, v := range r {
				x.Set(m+i, j, -v)
			}
			labels[m+i] = 1
		}
		return x, labels
	}
	for _, c := range []struct {
		name string
		rows [][]float64
		want float64
	}{
		{"points (Cover)", [][]float64{{0, 3, 0}}, 2},
		{"segments of radius ½", [][]float64{{1, .5, 0}, {1, -.5, 0}}, 1 / (.5 + 2/math.Pi*math.Atan(.5))},
		{"segments of radius 1, with what lies between", [][]float64{{1, 1, 0}, {1, .2, 0}, {1, -.4, 0}, {1, -1, 0}}, 1},
		{"segments of radius 4", [][]float64{{1, 4}, {1, -4}}, 1 / (.5 + 2/math.Pi*math.Atan(4))},
		{"corners of 3 axes", [][]float64{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}, 2. / 3},
		{"corners of 6 axes", [][]float64{{1, 0, 0, 0, 0, 0}, {0, 2, 0, 0, 0, 0}, {0, 0, 1, 0, 0, 0}, {0, 0, 0, 1, 0, 0}, {0, 0, 0, 0, 3, 0}, {0, 0, 0, 0, 0, 1}}, 1. / 3},
	} {
		x, labels := mirrored(c.rows)
		m := capacity(t, draws, x, labels)
		near(t, c.name, m.Capacity.Value, c.want, 4*m.Capacity.StdErr)
		if m.Capacity.StdErr > .03 || m.Capacity.StdErr == 0 || len(m.ByClass) != 2 {
			t.Errorf("%s: %v", c.name, m)
		}
	}
	x, labels := mirrored([][]float64{{1, 0, .5}, {1, 0, -.5}})
	m := capacity(t, draws, x, labels)
	// A segment bears on classifiers at its ends where they meet one at all.
	if r := m.Anchors.Radius[0]; r > .5 || r < .3 || m.Anchors.Dimension[0] > 1.5 || m.Anchors.Dimension[0] < .5 {
		t.Errorf("anchors of a segment: %v", m.Anchors)
	}
}

// Capacity is near 2 for points, and falls with the radius and with the dimension.
func TestCapacityFallsWithRadiusAndDimension(t *testing.T) {
	testenv.Unraced(t)
	of := func(radius float64, dim int) float64 {
		x, labels := balls(1, 12, 30, dim, 60, radius)
		return capacity(t, 150, x, labels).Capacity.Value
	}
	if points := of(0, 3); math.Abs(points-2) > .25 {
		t.Errorf("points have a capacity of %v, want near 2", points)
	}
	last := 2.3
	for _, radius := range []float64{.2, .6, 1.5, 5} {
		v := of(radius, 6)
		if !(v < last-.1) {
			t.Errorf("radius %v: the capacity is %v after %v", radius, v, last)
		}
		last = v
	}
	last = 2.3
	for _, dim := range []int{1, 3, 9, 25} {
		v := of(1.5, dim)
		if !(v < last-.02) {
			t.Errorf("dimension %d: the capacity is %v after %v", dim, v, last)
		}
		last = v
	}
}

// The projection leaves a rest without a positive product with any row, at a right angle to
// the point: what makes it the nearest.
func TestRadiusAndDimensionOfBalls(t *testing.T) {
	x, labels := balls(2, 8, 60, 4, 400, .5)
	m, err := geometry.ManifoldRadiusDim(t.Context(), x, labels)
	if err != nil {
		t.Fatal(err)
	}
	// Centroids lie at √(1−1/8) from their mean.
	near(t, "radius", m.MeanRadius(), .5/math.Sqrt(7./8), .03)
	near(t, "dimension", m.MeanDimension(), 4, .4)
	points := mat.NewDense(6, 3, []float64{1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1})
	if m, err = geometry.ManifoldRadiusDim(t.Context(), points, []int{0, 0, 1, 1, 2, 2}); err != nil || m.MeanRadius() != 0 || m.MeanDimension() != 0 {
		t.Errorf("points: %v, %v", m, err)
	}
}

// MMCR is √(P·m) for tight orthogonal centroids, and less for everything else.
func TestMMCRIsLargestForTightOrthogonalClasses(t *testing.T) {
	value := func(x mat.Matrix, labels []int) float64 {
		t.Helper()
		s, err := geometry.MMCR(t.Context(), x, labels)
		return scoreOf(t, s, err).Value
	}
	for _, d := range []int{10, 40} {
		x, labels := balls(3, 10, 8, 3, d, 0)
		best := value(x, labels)
		near(t, "tight and orthogonal", best, 10, 1e-10)
		wide, labels := balls(3, 10, 8, 3, d, .5)
		if v := value(wide, labels); v > best-.3 {
			t.Errorf("wide: %v of %v", v, best)
		}
		var slanted mat.Dense
		slanted.Apply(func(_, _ int, v float64) float64 { return v + .1 }, x)
		if v := value(&slanted, labels); v > best-.3 {
			t.Errorf("not orthogonal: %v of %v", v, best)
		}
	}
	// More classes than dimensions: a tight frame has √(P·d).
	three := mat.NewDense(3, 2, []float64{1, 0, -.5, math.Sqrt(.75), -.5, -math.Sqrt(.75)})
	near(t, "three in a plane", value(three, []int{0, 1, 2}), math.Sqrt(6), 1e-12)
}
