package sketch

import (
	"context"
	"fmt"
	"math/bits"
	"runtime"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// linear is a linear map of rows of d values to rows of k: every chain makes
// some of the k.
type linear struct {
	d, k   int
	chains []chain

	// spares says that there may be values which no result depends on, so that
	// a NaN among them does not show in the result.
	spares bool
}

// chain multiplies the d values by factors, appends zeros up to size, and goes
// through the stages.
type chain struct {
	factors []float32
	size    int
	stages  []stage
}

// stage is a sparse matrix, or the Walsh–Hadamard matrix where there is none.
type stage struct{ matrix *table }

var hadamard = stage{}

// widest returns the most values that a row has on its way.
func (c chain) widest() int {
	w := c.size
	for _, s := range c.stages {
		if s.matrix != nil {
			w = max(w, s.matrix.rows())
		}
	}
	return w
}

// out returns the number of values that the chain makes.
func (c chain) out() int {
	for _, s := range slices.Backward(c.stages) {
		if s.matrix != nil {
			return s.matrix.rows()
		}
	}
	return c.size
}

// transpose returns the stages backwards.
func (c chain) transpose() []stage {
	var back []stage
	for _, s := range slices.Backward(c.stages) {
		if s.matrix != nil {
			s = stage{s.matrix.transpose(false)}
		}
		back = append(back, s)
	}
	return back
}

// run takes a block of lanes of size values through stages; spare is of the same
// length. The result is in the block that is returned.
func run(stages []stage, a, spare []float32, size int) []float32 {
	for _, s := range stages {
		if s.matrix == nil {
			kernel.Hadamard32(a[:kernel.Lanes*size])
			continue
		}
		kernel.Weigh32(spare, s.matrix.start, s.matrix.places, s.matrix.weights, a)
		a, spare = spare, a
		size = s.matrix.rows()
	}
	return a
}

// padded returns the least power of two that is not below d.
func padded(d int) int { return 1 << bits.Len(uint(d-1)) }

// room is how many bytes the workers take at once for n rows from d values to out,
// by way of no more than so many; without lanes they see the values that are stored.
func room(n, d, out, lanes int) float64 {
	size := blockRows(max(d, out))
	workers := min(runtime.GOMAXPROCS(0), (n+size-1)/size)
	if lanes == 0 {
		return float64(workers) * 4 * (kernel.Lanes + 4) * float64(out)
	}
	return float64(workers) * (4*kernel.Lanes*(float64(d)+float64(out)+3*float64(lanes)) + 8*float64(d))
}

// ones returns n times 1.
func ones(n int) []float32 { return slices.Repeat([]float32{1}, n) }

// blockRows is how many rows of d values are work of a few milliseconds.
func blockRows(d int) int { return max(kernel.Lanes, min(256, 1<<18/d&^(kernel.Lanes-1))) }

// scratch is what a worker needs.
type scratch struct {
	rows, made []float32 // eight rows of each side, the former where they are needed
	buf        []float64
	a, b, sum  []float32 // blocks of lanes
	sums       [][4]float32
}

// rowsAt returns rows [lo, lo+8) of x one after the other: x itself where it has
// them, else a copy in which rows from hi on are zero.
func (s *scratch) rowsAt(x mat.Matrix, lo, hi int) []float32 {
	_, d := x.Dims()
	if x, ok := x.(*mat32.Dense); ok && hi-lo == kernel.Lanes {
		return x.Data()[lo*d : hi*d]
	}
	if s.rows == nil {
		s.rows, s.buf = make([]float32, kernel.Lanes*d), make([]float64, d)
	}
	fill(s.rows, s.buf, x, lo, hi)
	clear(s.rows[(hi-lo)*d:])
	return s.rows
}

// each makes the n × out matrix whose rows come from those of x, eight at a time,
// and checks that they are finite.
func each(ctx context.Context, method string, x mat.Matrix, out, lanes int, spares bool, f func(s *scratch, x mat.Matrix, lo, hi int, to []float32)) (*mat32.Dense, error) {
	n, d := x.Dims()
	if err := checkMemory(method, n, out, room(n, d, out, lanes)); err != nil {
		return nil, err
	}
	z := mat32.NewDense(n, out, nil)
	size := blockRows(max(d, out))
	failed := make([]error, (n+size-1)/size)
	progress := watch.Start(ctx, method, n)
	err := par.BlocksWith(ctx, n, size, func() *scratch {
		return &scratch{made: make([]float32, kernel.Lanes*out),
			a: make([]float32, kernel.Lanes*lanes), b: make([]float32, kernel.Lanes*lanes), sum: make([]float32, kernel.Lanes*lanes)}
	}, func(s *scratch, lo, hi int) {
		for i := lo; i < hi && ctx.Err() == nil; i += kernel.Lanes {
			end := min(hi, i+kernel.Lanes)
			to := z.Data()[i*out : end*out]
			if end-i < kernel.Lanes {
				to = s.made
			}
			f(s, x, i, end, to)
			if end-i < kernel.Lanes {
				copy(z.Data()[i*out:end*out], to)
			}
			if spares {
				failed[lo/size] = refuse(method, x, i, end)
			}
			if failed[lo/size] == nil && !finite(z.Data()[i*out:end*out]) {
				failed[lo/size] = culprit(method, x, i, end)
			}
			if failed[lo/size] != nil {
				return
			}
		}
		progress.Add(hi - lo)
	})
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	for _, err := range failed {
		if err != nil {
			return nil, err
		}
	}
	return z, nil
}

// apply returns the rows of x (n × d) as the map makes them, n × k.
func (l *linear) apply(ctx context.Context, method string, x mat.Matrix) (*mat32.Dense, error) {
	if x, ok := x.(*mat32.CSR); ok && len(l.chains) == 1 && len(l.chains[0].stages) == 1 && l.chains[0].stages[0].matrix != nil {
		return l.scatter(ctx, method, x)
	}
	lanes := 0
	for _, c := range l.chains {
		lanes = max(lanes, c.widest())
	}
	same := ones(l.k)
	return each(ctx, method, x, l.k, lanes, l.spares, func(s *scratch, x mat.Matrix, lo, hi int, to []float32) {
		from := s.rowsAt(x, lo, hi)
		at := 0
		for _, c := range l.chains {
			kernel.ToLanes32(s.a, from, l.d, c.factors)
			clear(s.a[kernel.Lanes*l.d : kernel.Lanes*c.size])
			k := c.out()
			kernel.FromLanes32(to[at:], l.k, k, run(c.stages, s.a, s.b, c.size), same)
			at += k
		}
	})
}

// applyT returns the rows of y (n × k) as the transpose makes them, n × d.
func (l *linear) applyT(ctx context.Context, method string, y mat.Matrix) (*mat32.Dense, error) {
	lanes := max(l.d, l.k)
	back := make([][]stage, len(l.chains))
	for i, c := range l.chains {
		back[i], lanes = c.transpose(), max(lanes, c.widest())
	}
	same := ones(max(l.d, l.k))
	return each(ctx, method, y, l.d, lanes, true, func(s *scratch, y mat.Matrix, lo, hi int, to []float32) {
		from := s.rowsAt(y, lo, hi)
		clear(s.sum)
		at := 0
		for i, c := range l.chains {
			k := c.out()
			kernel.ToLanes32(s.a, from[at:], l.k, same[:k])
			made := run(back[i], s.a, s.b, c.size)
			for j, f := range c.factors {
				sum, v := s.sum[kernel.Lanes*j:][:kernel.Lanes], made[kernel.Lanes*j:][:kernel.Lanes]
				for r := range sum {
					sum[r] += float32(f * v[r])
				}
			}
			at += k
		}
		kernel.FromLanes32(to, l.d, l.d, s.sum, same)
	})
}

// scatter is apply for sparse rows and one sparse matrix: its time is that of the
// values stored.
func (l *linear) scatter(ctx context.Context, method string, x *mat32.CSR) (*mat32.Dense, error) {
	by := l.chains[0].stages[0].matrix.transpose(true)
	return each(ctx, method, x, l.k, 0, l.spares, func(s *scratch, _ mat.Matrix, lo, hi int, to []float32) {
		if s.sums == nil {
			s.sums = make([][4]float32, l.k)
		}
		for i := lo; i < hi; i++ {
			columns, values := x.Row(i)
			by.scatter(to[(i-lo)*l.k:][:l.k], s.sums, columns, values)
		}
	})
}
