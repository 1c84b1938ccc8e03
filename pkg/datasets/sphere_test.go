package datasets_test

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/datasets"
)

// Rows lie on the sphere, with the moments of the uniform distribution: mean 0,
// E xᵢxⱼ = δᵢⱼ/p, E xᵢ⁴ = 3/(p(p+2)) in p = Dim + 1 dimensions of radius 1.
func TestSphereIsUniform(t *testing.T) {
	const n = 20_000
	for _, dim := range []int{1, 2, 5} {
		const radius = 3
		d := generate(t, datasets.Sphere{Rows: n, Dim: dim, Radius: radius, Seed: 2})
		p := float64(dim + 1)
		sum, fourth := make([]float64, dim+1), make([]float64, dim+1)
		for i := range n {
			row := d.X.RawRowView(i)
			if math.Abs(floats.Norm(row, 2)/radius-1) > 1e-14 {
				t.Fatalf("row %d is %v from the origin", i, floats.Norm(row, 2))
			}
			for j, v := range row {
				sum[j] += v / radius / n
				fourth[j] += math.Pow(v/radius, 4) / n
			}
		}
		var second mat.Dense
		second.Mul(d.X.T(), d.X)
		second.Scale(1./(n*radius*radius), &second)
		// Bounds of five standard errors, for which the moments of order four and
		// eight of a coordinate, at most 1, stand in.
		se := 5 / math.Sqrt(n)
		for j := range sum {
			if math.Abs(sum[j]) > se/math.Sqrt(p) || math.Abs(fourth[j]-3/(p*(p+2))) > se/2 {
				t.Errorf("S%d: coordinate %d has mean %v and fourth moment %v", dim, j, sum[j], fourth[j])
			}
			for k := range sum {
				want := 0.
				if j == k {
					want = 1 / p
				}
				if got := second.At(j, k); math.Abs(got-want) > se*math.Sqrt(3/(p*(p+2))) {
					t.Errorf("S%d: coordinates %d and %d have the moment %v, want %v", dim, j, k, got, want)
				}
			}
		}
		if dim == 2 { // Archimedes: the height on a common sphere is uniform
			for j := range 3 {
				uniform(t, d.Features[j], mat.Col(nil, j, d.X), -radius, radius)
			}
		}
	}
}

// In three dimensions the angle is also that of vector and scalar product.
func TestSphereGeodesic(t *testing.T) {
	d := generate(t, datasets.Sphere{Rows: 200, Radius: 7})
	for i := range 200 {
		for j := range i {
			u, v := d.X.RawRowView(i), d.X.RawRowView(j)
			cross := []float64{u[1]*v[2] - u[2]*v[1], u[2]*v[0] - u[0]*v[2], u[0]*v[1] - u[1]*v[0]}
			want := 7 * math.Atan2(floats.Norm(cross, 2), floats.Dot(u, v))
			if got := d.Truth.Geodesic(i, j); math.Abs(got-want) > 1e-13 {
				t.Errorf("rows %d and %d are %v apart, want %v", i, j, got, want)
			}
		}
	}
	// The extremes of the range neither overflow nor vanish.
	for _, radius := range []float64{1e-15, 1e15} {
		far := generate(t, datasets.Sphere{Rows: 200, Radius: radius})
		if got, want := far.Truth.Geodesic(3, 4)/radius, d.Truth.Geodesic(3, 4)/7; math.Abs(got/want-1) > 1e-13 {
			t.Errorf("at radius %v the angle is %v, want %v", radius, got, want)
		}
	}
}
