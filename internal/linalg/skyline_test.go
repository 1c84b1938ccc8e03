package linalg

import (
	"context"
	"errors"
	"math"
	"runtime"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/testenv"
)

// shuffledGrid returns the Laplacian of a grid whose edges have random weights, with its
// rows in random order, and of two components where split.
func shuffledGrid(t *testing.T, wide, high int, split bool) *CSR {
	t.Helper()
	n := wide * high
	name := make([]int, n)
	for i := range name {
		name[i] = i
	}
	s := rng.New(1, "grid", 0)
	s.Shuffle(n, func(i, j int) { name[i], name[j] = name[j], name[i] })
	full := mat.NewDense(n, n, nil)
	join := func(a, b int) {
		a, b = name[a], name[b]
		w := .5 + s.Float64()
		full.Set(a, b, -w)
		full.Set(b, a, -w)
		full.Set(a, a, full.At(a, a)+w)
		full.Set(b, b, full.At(b, b)+w)
	}
	for i := range n {
		if i%wide < wide-1 && !(split && i%wide == wide/2) {
			join(i, i+1)
		}
		if i < n-wide {
			join(i, i+wide)
		}
	}
	start, indices, values := []int{0}, []int32(nil), []float64(nil)
	for i := range n {
		for j, v := range full.RawRowView(i) {
			if v != 0 {
				indices, values = append(indices, int32(j)), append(values, v)
			}
		}
		start = append(start, len(indices))
	}
	a, err := NewCSR(n, n, start, indices, values)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestSkyline(t *testing.T) {
	ctx := context.Background()
	for _, split := range []bool{false, true} {
		a := shuffledGrid(t, 20, 13, split)
		n := a.Dim()
		s := NewSkyline(a)
		if most := n * 20; s.Entries() > most {
			t.Errorf("%d entries, of a grid that 13 across can be done with %d", s.Entries(), most)
		}
		if err := s.Factor(ctx, .01); err != nil {
			t.Fatal(err)
		}
		b := mat.NewDense(5, n, nil)
		for i := range 5 {
			r := rng.New(2, "sides", i)
			for j := range n {
				b.Set(i, j, r.Normal())
			}
		}
		x := mat.DenseCopyOf(b)
		if err := s.SolveRows(ctx, x); err != nil {
			t.Fatal(err)
		}
		back := mat.NewDense(n, 5, nil)
		if err := a.Apply(ctx, back, mat.DenseCopyOf(x.T())); err != nil {
			t.Fatal(err)
		}
		for i := range 5 {
			for j := range n {
				if d := back.At(j, i) + .01*x.At(i, j) - b.At(i, j); math.Abs(d) > 1e-9 {
					t.Fatalf("the equation of row %d, side %d is off by %g", j, i, d)
				}
			}
		}
		for _, procs := range testenv.Cores() {
			old := runtime.GOMAXPROCS(procs)
			other := NewSkyline(a)
			err := other.Factor(ctx, .01)
			y := mat.DenseCopyOf(b)
			if err == nil {
				err = other.SolveRows(ctx, y)
			}
			runtime.GOMAXPROCS(old)
			if err != nil {
				t.Fatal(err)
			}
			if !mat.Equal(x, y) {
				t.Errorf("%d cores give other bits", procs)
			}
		}
		var definite *NotPositiveError
		if err := s.Factor(ctx, -1); !errors.As(err, &definite) {
			t.Errorf("not positive definite: %v", err)
		}
		stopped, stop := context.WithCancel(ctx)
		stop()
		if err := s.Factor(stopped, .01); !errors.Is(err, context.Canceled) {
			t.Errorf("canceled: %v", err)
		}
	}
}

func TestInverted(t *testing.T) {
	ctx := context.Background()
	a := shuffledGrid(t, 13, 8, false)
	n := a.Dim()
	whole := mat.NewSymDense(n, nil)
	for i := range n {
		columns, values := a.Row(i)
		for k, j := range columns {
			whole.SetSym(i, int(j), values[k])
		}
	}
	want, _, err := EigenSym(ctx, whole)
	if err != nil {
		t.Fatal(err)
	}
	s := NewSkyline(a)
	if err := s.Factor(ctx, 1e-9); err != nil {
		t.Fatal(err)
	}
	for _, pairs := range []int{1, 3, 10} {
		steps := 0
		rows, residual, err := Inverted{N: n, Pairs: pairs, Solve: s.SolveRows, Progress: func(float64) { steps++ }}.Find(ctx)
		if err != nil || residual > 1e-10 || steps == 0 {
			t.Fatalf("%d pairs: residual %g after %d steps: %v", pairs, residual, steps, err)
		}
		columns := mat.DenseCopyOf(rows.T())
		image := mat.NewDense(n, pairs, nil)
		if err := a.Apply(ctx, image, columns); err != nil {
			t.Fatal(err)
		}
		for c := range pairs {
			value, sum := 0., 0.
			for i := range n {
				value += columns.At(i, c) * image.At(i, c)
				sum += columns.At(i, c)
			}
			if w := want[n-2-c]; math.Abs(value-w) > 1e-9*w || math.Abs(sum) > 1e-9 {
				t.Errorf("pair %d of %d: %.12g, want %.12g; the vector sums to %g", c, pairs, value, w, sum)
			}
		}
	}
}
