package datasets_test

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/datasets"
)

func TestSwissRollForm(t *testing.T) {
	const n = 5000
	d := generate(t, datasets.SwissRoll{Rows: n})
	angles := make([]float64, n)
	for i := range angles {
		x, z := d.X.At(i, 0), d.X.At(i, 2)
		angle := math.Hypot(x, z)
		angles[i] = angle
		if math.Abs(x-angle*math.Cos(angle)) > 1e-12 || math.Abs(z-angle*math.Sin(angle)) > 1e-12 {
			t.Fatalf("row %d, (%v, %v), is not on the spiral", i, x, z)
		}
		if d.X.At(i, 1) != d.Truth.Latent.At(i, 1) {
			t.Fatalf("row %d is %v high, its coordinate %v", i, d.X.At(i, 1), d.Truth.Latent.At(i, 1))
		}
	}
	heights := mat.Col(nil, 1, d.X)
	uniform(t, "the angle", angles, 1.5*math.Pi, 4.5*math.Pi)
	uniform(t, "the height", heights, 0, 21)
	if r := stat.Correlation(angles, heights, nil); math.Abs(r) > 4/math.Sqrt(n) {
		t.Errorf("angle and height correlate %v", r)
	}
	if d.Labels != nil || d.Names != nil {
		t.Error("a swiss roll has no classes")
	}
}

// path returns the length of a polyline on the roll, from angle a to angle b,
// whose height is a function of the share of the spiral's length behind it.
// Every length in it is a sum of straight pieces.
func path(a, b float64, height func(share float64) float64) float64 {
	const pieces = 20_000
	at := func(k int) (x, z float64) {
		t := a + (b-a)*float64(k)/pieces
		return t * math.Cos(t), t * math.Sin(t)
	}
	behind := make([]float64, pieces+1)
	for k := range pieces {
		x0, z0 := at(k)
		x1, z1 := at(k + 1)
		behind[k+1] = behind[k] + math.Hypot(x1-x0, z1-z0)
	}
	var length float64
	for k := range pieces {
		length += math.Hypot(behind[k+1]-behind[k],
			height(behind[k+1]/behind[pieces])-height(behind[k]/behind[pieces]))
	}
	return length
}

// The geodesic is as long as the path that climbs evenly, and shorter than paths
// nearby.
func TestSwissRollGeodesicIsTheShortestPath(t *testing.T) {
	testenv.Unraced(t)
	d := generate(t, datasets.SwissRoll{Rows: 30, Seed: 5})
	var angular float64
	for i := 1; i < 30; i++ {
		a, b := math.Hypot(d.X.At(0, 0), d.X.At(0, 2)), math.Hypot(d.X.At(i, 0), d.X.At(i, 2))
		from, to := d.X.At(0, 1), d.X.At(i, 1)
		got := d.Truth.Geodesic(0, i)
		want := path(a, b, func(share float64) float64 { return from + share*(to-from) })
		if math.Abs(got/want-1) > 1e-7 {
			t.Errorf("rows 0 and %d are %v apart, along the roll %v", i, got, want)
		}
		for _, bend := range []float64{-0.5, 0.5} {
			detour := path(a, b, func(share float64) float64 { return from + share*(to-from) + bend*math.Sin(math.Pi*share) })
			if detour <= got {
				t.Errorf("rows 0 and %d: the geodesic %v is longer than a detour of %v", i, got, detour)
			}
		}
		angular = max(angular, math.Abs(math.Hypot(b-a, to-from)/want-1))
	}
	if angular < 0.5 {
		t.Errorf("differences of the angle would have passed for lengths within %v", angular)
	}
}
