package layout

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"

	"github.com/flatland-go/flatland/internal/testenv"
)

// crowds are layouts that a tree might stumble over.
func crowds(n, dim int) map[string][]float64 {
	twins := points(n, dim)
	copy(twins[n*dim/2:], twins[:n*dim/2])
	outlier := points(n, dim)
	outlier[0] = 3000
	line := points(n, dim)
	for i := range line {
		if i%dim > 0 {
			line[i] = 0
		}
	}
	small := points(n, dim)
	for i := range small {
		small[i] *= 1e-4
	}
	one := make([]float64, n*dim)
	for i := range one {
		one[i] = 3
	}
	far := points(n, dim)
	for i := range far {
		far[i] += 1000
	}
	return map[string][]float64{"cloud": points(n, dim), "twins": twins, "outlier": outlier, "line": line, "small": small, "one place": one, "far": far}
}

// differ returns the largest difference of two sets of forces, over the largest force.
func differ(a, b []float64) float64 {
	most, largest := 0., 0.
	for i, v := range a {
		most, largest = max(most, math.Abs(v-b[i])), max(largest, math.Abs(v))
	}
	if most == 0 {
		return 0
	}
	return most / largest
}

func TestBarnesHutAtAngleZeroIsDirect(t *testing.T) {
	ctx := context.Background()
	for _, n := range []int{1, 2, 9, 300} {
		for dim := 1; dim <= 3; dim++ {
			for _, freedom := range []float64{1, 0.5, 4} {
				for name, y := range crowds(n, dim) {
					got, want := make([]float64, n*dim), make([]float64, n*dim)
					zWant, err := NewDirect(n, dim, freedom).Forces(ctx, want, y)
					if err != nil {
						t.Fatal(err)
					}
					z, err := NewBarnesHut(n, dim, freedom, 0).Forces(ctx, got, y)
					// The forces of duplicates cancel.
					if err != nil || math.Abs(z-zWant) > 1e-6*(zWant+float64(n)) || name != "one place" && differ(want, got) > 3e-5 {
						t.Errorf("%s of %d in %d dimensions, freedom %v: Z %v, want %v; forces differ by %v (%v)", name, n, dim, freedom, z, zWant, differ(want, got), err)
					}
				}
			}
		}
	}
}

// What the angle promises, on a tree of several parts; the control, a wide angle, errs more.
func TestBarnesHutErrsLittle(t *testing.T) {
	testenv.Unraced(t)
	ctx := context.Background()
	const n = 5000
	for dim := 1; dim <= 3; dim++ {
		for name, y := range crowds(n, dim) {
			if name == "one place" {
				continue // no forces
			}
			want := make([]float64, n*dim)
			zWant, err := NewBarnesHut(n, dim, 1, 0).Forces(ctx, want, y)
			if err != nil {
				t.Fatal(err)
			}
			errs := func(angle float64) (z, force float64) {
				got := make([]float64, n*dim)
				zGot, err := NewBarnesHut(n, dim, 1, angle).Forces(ctx, got, y)
				if err != nil {
					t.Fatal(err)
				}
				return math.Abs(zGot/zWant - 1), differ(want, got)
			}
			if z, force := errs(0.5); z > 1.5e-2 || force > 6e-2 {
				t.Errorf("%s in %d dimensions: Z errs by %v, forces by %v", name, dim, z, force)
			}
			if z, force := errs(0.2); z > 2e-3 || force > 1e-2 {
				t.Errorf("%s in %d dimensions, angle 0.2: Z errs by %v, forces by %v", name, dim, z, force)
			}
			if _, force := errs(3); name == "cloud" && force < 0.1 {
				t.Errorf("%d dimensions: at angle 3 forces err by %v only", dim, force)
			}
		}
	}
}

func TestBarnesHutOnAnyCores(t *testing.T) {
	ctx := context.Background()
	const n = 4500
	for dim := 1; dim <= 3; dim++ {
		var want []float64
		for _, procs := range testenv.Cores() {
			old := runtime.GOMAXPROCS(procs)
			dst := make([]float64, n*dim)
			z, err := NewBarnesHut(n, dim, 1, 0.7).Forces(ctx, dst, points(n, dim))
			runtime.GOMAXPROCS(old)
			if err != nil {
				t.Fatal(err)
			}
			dst = append(dst, z)
			if want == nil {
				want = dst
			}
			if !slices.Equal(dst, want) {
				t.Errorf("%d dimensions: %d cores give other bits", dim, procs)
			}
		}
	}
}

func TestBarnesHutPushesOneMore(t *testing.T) {
	ctx := context.Background()
	const n = 400
	for dim := 1; dim <= 3; dim++ {
		y := points(n+1, dim)
		want := make([]float64, dim*(n+1))
		direct := NewDirect(n+1, dim, 0.5)
		if _, err := direct.Forces(ctx, want, y); err != nil {
			t.Fatal(err)
		}
		b := NewBarnesHut(n, dim, 0.5, 0)
		if err := b.Plant(ctx, y[:n*dim]); err != nil {
			t.Fatal(err)
		}
		got := make([]float64, dim)
		z := b.At(NewWalk(dim), got, y[n*dim:])
		if math.Abs(z-direct.norm[n]) > 1e-5*z || differ(want[n*dim:], got) > 1e-5 {
			t.Errorf("%d dimensions: %v, %v, want %v, %v", dim, got, z, want[n*dim:], direct.norm[n])
		}
	}
}

func TestRepulsionsHearACancel(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	y, dst := points(50, 2), make([]float64, 100)
	for _, r := range []Repulsion{NewDirect(50, 2, 1), NewBarnesHut(50, 2, 1, 0.5)} {
		if _, err := r.Forces(ctx, dst, y); !errors.Is(err, context.Canceled) {
			t.Errorf("%T: %v", r, err)
		}
	}
}

func BenchmarkBarnesHut(b *testing.B) {
	for _, n := range []int{1000, 10000, 70000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			// As dense as maps are.
			y, dst := points(n, 2), make([]float64, 2*n)
			for i := range y {
				y[i] *= math.Sqrt(float64(n)) / 10
			}
			r := NewBarnesHut(n, 2, 1, 0.5)
			for b.Loop() {
				if _, err := r.Forces(context.Background(), dst, y); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
