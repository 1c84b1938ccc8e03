package layout

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/testenv"
)

// repulsionByPairs is the sum over all pairs by its definition.
func repulsionByPairs(y []float64, dim int, freedom float64) (forces []float64, z float64) {
	forces = make([]float64, len(y))
	for i := 0; i < len(y); i += dim {
		for j := 0; j < len(y); j += dim {
			if i == j {
				continue
			}
			u := 1 / (1 + square(y[i:i+dim], y[j:j+dim])/freedom)
			w := math.Pow(u, freedom)
			z += w
			for c := range dim {
				forces[i+c] += w * u * (y[i+c] - y[j+c])
			}
		}
	}
	return forces, z
}

// clusters returns a map of the given width, with lumps as maps of t-SNE have.
func clusters(n, dim int, width float64, seed uint64) []float64 {
	y := make([]float64, n*dim)
	s := rng.New(seed, "clusters", 0)
	centers := make([]float64, 8*dim)
	for i := range centers {
		centers[i] = s.Float64()
	}
	low, high := math.Inf(1), math.Inf(-1)
	for i := range y {
		y[i] = centers[i/dim%8*dim+i%dim] + 0.1*s.Normal()
		low, high = min(low, y[i]), max(high, y[i])
	}
	for i := range y {
		y[i] *= width / (high - low)
	}
	return y
}

func interpolated(t testing.TB, p *Interpolation, y []float64) ([]float64, float64) {
	t.Helper()
	f := make([]float64, len(y))
	z, err := p.Forces(context.Background(), f, y)
	if err != nil {
		t.Fatal(err)
	}
	return f, z
}

// away returns the root mean square of got − want over that of want.
func away(got, want []float64) float64 {
	var miss, size float64
	for i, v := range want {
		miss += (got[i] - v) * (got[i] - v)
		size += v * v
	}
	return math.Sqrt(miss / size)
}

// Forces and Z are those of all pairs, from the first steps of a map to the last, and
// for tails heavy and light.
func TestInterpolationIsTheSumOverPairs(t *testing.T) {
	testenv.Unraced(t)
	const n = 300
	for _, dim := range []int{1, 2} {
		for _, freedom := range []float64{0.4, 1, 2.5, 20} {
			p := NewInterpolation(n, dim, freedom)
			for _, width := range []float64{1e-9, 1e-4, 0.3, 5, 20, 60, 150} {
				y := clusters(n, dim, width, uint64(dim))
				want, wantZ := repulsionByPairs(y, dim, freedom)
				got, z := interpolated(t, p, y)
				e, ez := away(got, want), math.Abs(z/wantZ-1)
				t.Logf("dim %d, α %v, width %v: forces %.1e, Z %.1e", dim, freedom, width, e, ez)
				if !(e < 0.02 && ez < 5e-4) {
					t.Errorf("dim %d, α %v, width %v: forces err by %.1e, Z by %.1e", dim, freedom, width, e, ez)
				}
			}
		}
	}
}

// Nodes half as far apart leave less than a sixth of the error.
func TestInterpolationConverges(t *testing.T) {
	testenv.Unraced(t)
	const n = 300
	for _, dim := range []int{1, 2} {
		y := clusters(n, dim, 40, 7)
		want, _ := repulsionByPairs(y, dim, 1)
		last := math.Inf(1)
		for _, spacing := range []float64{0.8, 0.4, 0.2} {
			p := NewInterpolation(n, dim, 1)
			p.spacing = spacing
			got, _ := interpolated(t, p, y)
			e := away(got, want)
			t.Logf("dim %d, nodes %v apart: %.1e", dim, spacing, e)
			if !(e < last/6) {
				t.Errorf("dim %d, nodes %v apart: %.1e after %.1e", dim, spacing, e, last)
			}
			last = e
		}
	}
}

// The result is a function of the points: neither of the number of cores nor of the
// maps before.
func TestInterpolationHasTheSameBits(t *testing.T) {
	for _, dim := range []int{1, 2} {
		n := 300
		if !testing.Short() {
			n = 9000 // three blocks of points
		}
		y, other := clusters(n, dim, 50, 3), clusters(n, dim, 20, 4)
		var want []float64
		var wantZ float64
		for _, procs := range testenv.Cores() {
			old := runtime.GOMAXPROCS(procs)
			p := NewInterpolation(n, dim, 1)
			if procs > 1 {
				interpolated(t, p, other)
			}
			got, z := interpolated(t, p, y)
			runtime.GOMAXPROCS(old)
			if want == nil {
				want, wantZ = got, z
			}
			if !slices.Equal(got, want) || z != wantZ {
				t.Errorf("dim %d: %d cores give other bits", dim, procs)
			}
		}
	}
}

func TestInterpolationOfOddMaps(t *testing.T) {
	for _, dim := range []int{1, 2} {
		// All points in one place push nobody.
		y := slices.Repeat([]float64{0.7}, 9*dim)
		f, z := interpolated(t, NewInterpolation(9, dim, 1), y)
		if away(f, y) != 1 || slices.Max(f) != 0 || z != 72 {
			t.Errorf("dim %d: points in one place have forces %v, Z %v", dim, f, z)
		}

		// One point alone, very far from the rest, is pushed by nobody.
		y = clusters(200, dim, 10, 1)
		y[0] = 1e4
		p := NewInterpolation(200, dim, 1)
		p.most = 200
		f, z = interpolated(t, p, y)
		for i, v := range f {
			if !(math.Abs(v) < 200) {
				t.Fatalf("dim %d: force %d is %v", dim, i, v)
			}
		}
		if !(math.Abs(f[0]) < 1e-3 && z > 0 && z < 200*199) {
			t.Errorf("dim %d: a point far away is pushed by %v; Z is %v", dim, f[0], z)
		}

		// Numbers that are none do not hide.
		for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64} {
			y := clusters(20, dim, 10, 1)
			y[7], y[9] = v, -v
			if f, z := interpolated(t, NewInterpolation(20, dim, 1), y); !math.IsNaN(z) || !math.IsNaN(f[0]) {
				t.Errorf("dim %d, a coordinate of %v: forces %v, Z %v", dim, v, f[0], z)
			}
		}
	}

	// Points on a line, along either axis.
	line := clusters(200, 1, 30, 5)
	want, wantZ := repulsionByPairs(line, 1, 1)
	for axis := range 2 {
		y := make([]float64, 400)
		for i, v := range line {
			y[2*i+axis] = v
		}
		f, z := interpolated(t, NewInterpolation(200, 2, 1), y)
		var along, across []float64
		for i := range line {
			along, across = append(along, f[2*i+axis]), append(across, f[2*i+1-axis])
		}
		if e := away(along, want); e > 0.03 || math.Abs(z/wantZ-1) > 1e-3 {
			t.Errorf("points on a line: forces err by %v, Z is %v, want %v", e, z, wantZ)
		}
		for i, v := range across {
			if math.Abs(v) > 3e-3 {
				t.Errorf("points on a line: one is pushed off it by %v, and along it by %v", v, along[i])
				break
			}
		}
	}
}

// Two points, apart by what nodes are apart and less, wherever they lie among these.
func TestInterpolationOfPairs(t *testing.T) {
	testenv.Unraced(t)
	s := rng.New(1, "pairs", 0)
	for range 50 {
		// Two others keep the grid where it is.
		x, angle, r := [2]float64{10 + s.Float64(), 10 + s.Float64()}, 2*math.Pi*s.Float64(), 2*s.Float64()
		sin, cos := math.Sincos(angle)
		y := []float64{x[0], x[1], x[0] + r*cos, x[1] + r*sin, -20, -20, 20, 20}
		want, wantZ := repulsionByPairs(y, 2, 1)
		f, z := interpolated(t, NewInterpolation(4, 2, 1), y)
		for c := range 4 {
			if math.Abs(f[c]-want[c]) > 0.03 || math.Abs(z-wantZ) > 0.03 {
				t.Fatalf("points %.3f apart: forces %v, Z %v, want %v, %v", r, f, z, want, wantZ)
			}
		}
	}
}

func TestInterpolationHearsACancel(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	y := clusters(50, 2, 10, 1)
	if _, err := NewInterpolation(50, 2, 1).Forces(ctx, make([]float64, 100), y); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// Whatever the points, forces are numbers where all coordinates are, and Z is
// between 0 and that of points in one place.
func FuzzInterpolation(f *testing.F) {
	f.Add(binary.LittleEndian.AppendUint64(make([]byte, 64), math.Float64bits(3)), true)
	f.Add(make([]byte, 80), false)
	for _, far := range []float64{1e-160, 1e-30, 1, 1e3, 1e30, 1e160, 1e308} {
		b := binary.LittleEndian.AppendUint64(make([]byte, 56), math.Float64bits(far))
		f.Add(binary.LittleEndian.AppendUint64(b, math.Float64bits(-far/3)), far < 1)
	}
	f.Fuzz(func(t *testing.T, b []byte, plane bool) {
		dim := 1
		if plane {
			dim = 2
		}
		n := min(len(b)/8/dim, 100)
		if n < 2 {
			return
		}
		y := make([]float64, n*dim)
		bounded := true
		for i := range y {
			y[i] = math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:]))
			bounded = bounded && math.Abs(y[i]) < 1e300
		}
		p := NewInterpolation(n, dim, 1)
		p.most = 100
		forces, z := interpolated(t, p, y)
		if !bounded {
			return
		}
		pairs := float64(n * (n - 1))
		if !(z > -0.05*pairs && z < 1.05*pairs) {
			t.Errorf("Z is %v of %v", z, pairs)
		}
		for i, v := range forces {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				t.Errorf("force %d is %v", i, v)
			}
		}
	})
}

func BenchmarkInterpolation(b *testing.B) {
	for _, n := range []int{10_000, 70_000} {
		for _, width := range []float64{10, 50, 150} {
			b.Run(fmt.Sprintf("%d/%v", n, width), func(b *testing.B) {
				y := clusters(n, 2, width, 1)
				p := NewInterpolation(n, 2, 1)
				f := make([]float64, len(y))
				for b.Loop() {
					if _, err := p.Forces(context.Background(), f, y); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
