package fft

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/cmplx"
	"runtime"
	"slices"
	"testing"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/testenv"
)

func sample(n, seed int) []float32 {
	s := rng.New(uint64(seed), "fft", 0)
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(s.Normal())
	}
	return x
}

// Transforms by their definition, and back, for every length up to 60 and some above.
func TestPlan(t *testing.T) {
	testenv.Unraced(t)
	lengths := []int{72, 75, 80, 81, 96, 100, 125, 128, 144, 180, 225, 240, 256, 270, 300, 384}
	for n := 1; n <= 60; n++ {
		m := n
		for _, p := range []int{2, 3, 5} {
			for m%p == 0 {
				m /= p
			}
		}
		if m == 1 {
			lengths = append(lengths, n)
		}
	}
	for _, n := range lengths {
		re, im := sample(n*Lanes, 1), sample(n*Lanes, 2)
		x, spare, p := &Columns{slices.Clone(re), slices.Clone(im)}, NewColumns(n), NewPlan(n)
		p.Forward(x, spare)
		tolerance := 3e-7 * math.Sqrt(float64(n)) * (1 + math.Log(float64(n)))
		for k := range n {
			for l := range Lanes {
				want := 0i
				for j := range n {
					sin, cos := math.Sincos(-2 * math.Pi * float64(j*k%n) / float64(n))
					want += complex(float64(re[j*Lanes+l]), float64(im[j*Lanes+l])) * complex(cos, sin)
				}
				got := complex(float64(x.Re[k*Lanes+l]), float64(x.Im[k*Lanes+l]))
				if cmplx.Abs(got-want) > tolerance {
					t.Fatalf("length %d: value %d of column %d is %v, want %v", n, k, l, got, want)
				}
			}
		}
		p.Inverse(x, spare)
		for i := range re {
			if d := math.Hypot(float64(x.Re[i])/float64(n)-float64(re[i]), float64(x.Im[i])/float64(n)-float64(im[i])); d > 1e-6 {
				t.Fatalf("length %d: value %d comes back %g away", n, i, d)
			}
		}
	}
}

func TestPlanRefusesOtherLengths(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("planned a transform of length 14")
		}
	}()
	NewPlan(14)
}

func TestLengthIsTheLeast(t *testing.T) {
	testenv.Unraced(t)
	for n := 1; n < 3000; n++ {
		got := Length(n)
		NewPlan(got)
		for m := n; m < got; m++ {
			left := m
			for _, p := range []int{2, 3, 5} {
				for left%p == 0 {
					left /= p
				}
			}
			if m%2 == 0 && left == 1 {
				t.Fatalf("Length(%d) is %d, and %d would do", n, got, m)
			}
		}
		if got < n || got%2 != 0 {
			t.Fatalf("Length(%d) is %d", n, got)
		}
	}
}

// unweighted is a filter that changes nothing.
func unweighted(n int) []float64 { return slices.Repeat([]float64{1}, n/2+1) }

// Convolutions by their definition, with whatever beyond the columns, on 1, 2 and 7
// cores.
func TestConvolution(t *testing.T) {
	ctx := context.Background()
	for _, c := range []struct{ rows, cols, height, length int }{
		{1, 1, 1, 1}, {7, 1, 20, 1}, {1, 9, 1, 20}, {5, 5, 10, 10}, {17, 40, 36, 80}, {30, 12, 64, 24}, {50, 33, 108, 72}, {12, 12, 12, 12},
	} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			at := func(i, j int) float64 { return 1 / (1 + 0.1*float64(i*i) + 0.2*float64(j*j)) }
			width := Width(c.cols)
			grid := make([]float32, c.rows*width)
			values := sample(c.rows*c.cols, 3)
			for i := range c.rows {
				copy(grid[i*width:], values[i*c.cols:][:c.cols])
			}
			var first []float32
			for _, procs := range testenv.Cores() {
				old := runtime.GOMAXPROCS(procs)
				f, err := NewConvolution(ctx, c.rows, c.cols, c.height, c.length, at, unweighted(c.height), unweighted(c.length))
				if err != nil {
					t.Fatal(err)
				}
				got := slices.Clone(grid)
				if err := f.Apply(ctx, got); err != nil {
					t.Fatal(err)
				}
				if first == nil {
					first = slices.Clone(got)
				}
				if !slices.Equal(got, first) {
					t.Errorf("other bits on %d cores", procs)
				}
				got = slices.Clone(grid)
				if err := f.Apply(ctx, got); err != nil || !slices.Equal(got, first) {
					t.Errorf("other bits the second time, %v", err)
				}
				runtime.GOMAXPROCS(old)
			}
			around := func(d, period int) int { d = max(d, -d); return min(d, period-d) }
			for i := range c.rows {
				for j := range c.cols {
					want, size := 0., 0.
					for k := range c.rows {
						for l := range c.cols {
							v := float64(values[k*c.cols+l]) * at(around(i-k, c.height), around(j-l, c.length))
							want += v
							size += v * v
						}
					}
					if got := float64(first[i*width+j]); math.Abs(got-want) > 1e-6*(1+math.Sqrt(size))*10 {
						t.Fatalf("at %d, %d: got %v, want %v", i, j, got, want)
					}
				}
			}
		})
	}
}

// A filter of the kernel's frequencies acts on those of the grid.
func TestFilters(t *testing.T) {
	ctx := context.Background()
	const height, length = 24, 20
	fy, fx := make([]float64, height/2+1), make([]float64, length/2+1)
	fy[3], fx[2] = 2, 0.5 // the others are silent
	impulse := func(i, j int) float64 {
		if i == 0 && j == 0 {
			return 1
		}
		return 0
	}
	f, err := NewConvolution(ctx, height, length, height, length, impulse, fy, fx)
	if err != nil {
		t.Fatal(err)
	}
	width := Width(length)
	grid := make([]float32, height*width)
	grid[0] = 1
	if err := f.Apply(ctx, grid); err != nil {
		t.Fatal(err)
	}
	for i := range height {
		for j := range length {
			want := 4 * math.Cos(2*math.Pi*3*float64(i)/height) * math.Cos(2*math.Pi*2*float64(j)/length) / (height * length)
			if got := float64(grid[i*width+j]); math.Abs(got-want) > 1e-8 {
				t.Fatalf("at %d, %d: got %v, want %v", i, j, got, want)
			}
		}
	}
}

func TestConvolutionHearsACancel(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	at := func(i, j int) float64 { return 1 }
	f, err := NewConvolution(ctx, 8, 8, 16, 16, at, unweighted(16), unweighted(16))
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := f.Apply(ctx, make([]float32, 8*Width(8))); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, err := NewConvolution(ctx, 8, 8, 16, 16, at, unweighted(16), unweighted(16)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func BenchmarkConvolution(b *testing.B) {
	ctx := context.Background()
	for _, n := range []int{128, 400, 640, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			rows := n/2 - 4
			f, err := NewConvolution(ctx, rows, rows, n, n, func(i, j int) float64 { return 1 / (1 + float64(i*i+j*j)) }, unweighted(n), unweighted(n))
			if err != nil {
				b.Fatal(err)
			}
			grid := sample(rows*Width(rows), 1)
			for b.Loop() {
				clear(grid)
				if err := f.Apply(ctx, grid); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
