package layout

import (
	"context"
	"math"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Attraction computes how similar points of a map attract each other: on point i
// Σ_j p_ij·u_ij·(y_i−y_j), with the similarities p and u = 1/(1 + d²/α) as of Repulsion.
// Sums are of float32. Time O(similarities) a call, memory 8 bytes for each.
type Attraction struct {
	n, dim  int
	freedom float64
	start   []int     // of rows; the length of each is a multiple of 8
	rows    []int32   // filled up by the row itself
	values  []float32 // filled up by 0
	self    float64   // Σ p·log p
	mass    float64   // Σ p as stored
	points  []float32
}

// Similarities are the rows of a symmetric matrix, of each the columns and the weights
// that are not zero: an *affinity.Sparse.
type Similarities interface {
	Dims() (rows, cols int)
	Row(i int) (columns []int32, weights []float64)
}

// attractedRows is how many rows are one unit of work.
const attractedRows = 64

// NewAttraction returns the attraction of points in dim dimensions by p, which is scaled
// to the sum 1; what a row weighs itself does not count. The error is a
// *mat32.DegenerateError where nothing is left, or ctx.Err().
func NewAttraction(ctx context.Context, p Similarities, dim int, freedom float64) (*Attraction, error) {
	n, _ := p.Dims()
	a := &Attraction{n: n, dim: dim, freedom: freedom, start: make([]int, n+1), points: make([]float32, n*dim)}
	total, err := par.Sum(ctx, n, attractedRows, func(lo, hi int) (sum float64) {
		for i := lo; i < hi; i++ {
			columns, weights := p.Row(i)
			a.start[i+1] = len(columns)
			for k, j := range columns {
				if int(j) == i {
					a.start[i+1]--
					continue
				}
				sum += weights[k]
			}
		}
		return sum
	})
	if err != nil {
		return nil, err
	}
	if !(total > 0) || math.IsInf(total, 1) {
		return nil, &mat32.DegenerateError{Method: "layout.Attraction", Reason: "no two points are similar, or their similarities exceed float64"}
	}
	for i := range n {
		a.start[i+1] = a.start[i] + (a.start[i+1]+7)/8*8
	}
	a.rows, a.values = make([]int32, a.start[n]), make([]float32, a.start[n])
	err = par.Blocks(ctx, n, attractedRows, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			at := a.start[i]
			columns, weights := p.Row(i)
			for k, j := range columns {
				if int(j) != i {
					a.rows[at], a.values[at] = j, float32(weights[k]/total)
					at++
				}
			}
			for ; at < a.start[i+1]; at++ {
				a.rows[at] = int32(i)
			}
		}
	})
	if err != nil {
		return nil, err
	}
	sum := func(term func(v float64) float64) (float64, error) {
		return par.Sum(ctx, n, attractedRows, func(lo, hi int) (sum float64) {
			for _, v := range a.values[a.start[lo]:a.start[hi]] {
				if v > 0 {
					sum += term(float64(v))
				}
			}
			return sum
		})
	}
	if a.mass, err = sum(func(v float64) float64 { return v }); err != nil {
		return nil, err
	}
	a.self, err = sum(func(v float64) float64 { return v * math.Log(v) })
	return a, err
}

// Forces writes the attraction of the points y to dst, both n × dim row after row. The
// error is ctx.Err(). Beside, when given, is called once at the same time: work that one
// core does alone.
func (a *Attraction) Forces(ctx context.Context, dst, y []float64, beside func()) error {
	dim := a.dim
	if err := par.Blocks(ctx, len(y), valuesPerBlock, func(lo, hi int) {
		for i, v := range y[lo:hi] {
			a.points[lo+i] = float32(v)
		}
	}); err != nil {
		return err
	}
	rate := float32(1 / a.freedom)
	units, before := (a.n+attractedRows-1)/attractedRows, 0
	if beside != nil {
		before = 1
	}
	return par.BlocksWith(ctx, before+units, 1, func() []float32 { return make([]float32, dim) }, func(out []float32, unit, _ int) {
		if unit < before {
			beside()
			return
		}
		lo := (unit - before) * attractedRows
		for i := lo; i < min(lo+attractedRows, a.n); i++ {
			at, to := a.start[i], a.start[i+1]
			kernel.Attract32(out, a.points[i*dim:(i+1)*dim], a.points, a.rows[at:to], a.values[at:to], rate)
			for c, v := range out {
				dst[i*dim+c] = float64(v)
			}
		}
	})
}

// crossEntropy returns −Σ p·log w at y.
func (a *Attraction) crossEntropy(ctx context.Context, y []float64) (float64, error) {
	sum, err := par.Sum(ctx, a.n, attractedRows, func(lo, hi int) (sum float64) {
		for i := lo; i < hi; i++ {
			here := y[i*a.dim : (i+1)*a.dim]
			for k := a.start[i]; k < a.start[i+1]; k++ {
				j := int(a.rows[k])
				if v := a.values[k]; v > 0 {
					sum += float64(v) * math.Log1p(square(here, y[j*a.dim:(j+1)*a.dim])/a.freedom)
				}
			}
		}
		return sum
	})
	return a.freedom * sum, err
}
