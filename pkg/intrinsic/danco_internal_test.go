package intrinsic

import (
	"context"
	"math"
	"runtime"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
)

// The statistics that scikit-dimension compares, on the fixtures A, B and C. Its
// directions are arctangents of a quotient, which turns one above a right angle
// round; and its likeliest dimensions of B and C are the whole numbers at which
// its optimiser stalls.
func TestStatisticsOfPeers(t *testing.T) {
	testenv.Unraced(t)
	for i, x := range []mat.Matrix{fixture.A(), fixture.B(), fixture.C()} {
		ctx := context.Background()
		s, err := find(ctx, "", x, 11, 11, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		c, err := s.concentrate(ctx, "", x, 10)
		if err != nil {
			t.Fatal(err)
		}
		var turned float64
		for _, v := range c.directions {
			if v > math.Pi/2 {
				v -= math.Pi
			}
			turned += v / float64(s.n)
		}
		for name, v := range map[string][2]float64{
			"likeliest":     {c.likeliest, [3]float64{4.42694619, 1.96238645, 2.96968879}[i]},
			"direction":     {turned, [3]float64{.759631456, -.127632187, .360075909}[i]},
			"concentration": {c.concentration, [3]float64{5.44613345, 1.83230062, 3.04220768}[i]},
		} {
			if !(math.Abs(v[0]-v[1]) <= 1e-8*math.Abs(v[1])) {
				t.Errorf("%s of %s: %.9g, want %.9g", name, "ABC"[i:i+1], v[0], v[1])
			}
		}
		if c.direction < turned {
			t.Errorf("%s: direction %v, and %v where large ones are turned", "ABC"[i:i+1], c.direction, turned)
		}
	}
}

// Against the integrals (1/π)∫e^(x·cos t)·cos(n·t) dt, on both sides of where the
// series change.
func TestBessel(t *testing.T) {
	testenv.Unraced(t)
	for _, x := range []float64{0, 1e-3, .5, 3, 20, 39.9, 40.1, 100, 1e4} {
		const steps = 20000
		var want0, want1 float64
		for i := range steps {
			a := math.Pi * (float64(i) + .5) / steps
			e := math.Exp(x*(math.Cos(a)-1)) / steps
			want0 += e
			want1 += e * math.Cos(a)
		}
		got0, got1 := bessel(x)
		if math.Abs(got0-want0) > 1e-11*want0 || math.Abs(got1-want1) > 1e-11*want0 {
			t.Errorf("at %v: %v and %v, want %v and %v", x, got0, got1, want0, want1)
		}
	}
}

// A divergence is least, over the balls of one kind, where they equal the data.
func TestDivergenceIsLeastAtTheSame(t *testing.T) {
	for _, k := range []int{2, 10, mostBallNeighbors} {
		of := statistics{4.5, 1.2, 6}
		least := of.divergence(of, k)
		for _, other := range []statistics{{4.6, 1.2, 6}, {4.4, 1.2, 6}, {4.5, 1.3, 6}, {4.5, 1.1, 6}, {4.5, 1.2, 6.2}, {4.5, 1.2, 5.8}} {
			if v := of.divergence(other, k); !(v > least) {
				t.Errorf("k = %d: %v from %v, and %v from itself", k, v, other, least)
			}
		}
	}
}

// Balls are the same on any number of cores, also where none is known.
func TestBallsOnAnyCores(t *testing.T) {
	var want statistics
	for i, procs := range testenv.Cores() {
		balls.Lock()
		clear(balls.known)
		balls.Unlock()
		old := runtime.GOMAXPROCS(procs)
		got, err := ballOf(context.Background(), 1100, 5, 3, 2, 5, 0)
		runtime.GOMAXPROCS(old)
		if i == 0 {
			want = got
		}
		if err != nil || got != want {
			t.Errorf("on %d cores: %v, %v, want %v", procs, got, err, want)
		}
	}
}
