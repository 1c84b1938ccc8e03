package dr

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// tangents are orthonormal frames of the spaces in which the neighbours of every row
// lie nearest to it: dim rows of d columns for each, by PCA about the row, in which
// nearer neighbours count more.
type tangents struct {
	dim, d  int
	frames  []float64 // n × dim × d
	lacking int       // rows whose neighbours span less
}

// frame returns that of row i.
func (t *tangents) frame(i int) []float64 { return t.frames[i*t.dim*t.d : (i+1)*t.dim*t.d] }

// localPCA is the memory to decompose the neighbours of one row.
type localPCA struct {
	rows  *mat.Dense
	graph *neighbors.Graph
	from  *mat.Dense // k × d: weighted differences from the row, over the distance of the last neighbour

	second, turned []float64 // order × order: their scatter or Gram matrix, the smaller of the two, and its eigenvectors
	values         []float64 // the eigenvalues, falling
}

func newLocalPCA(rows *mat.Dense, g *neighbors.Graph) *localPCA {
	_, d := rows.Dims()
	order := min(g.K, d)
	return &localPCA{rows: rows, graph: g, from: mat.NewDense(g.K, d, nil),
		second: make([]float64, order*order), turned: make([]float64, order*order), values: make([]float64, order)}
}

// decompose returns the eigenvalues of the scatter of row i's neighbours, falling, or nil
// where these equal the row.
func (l *localPCA) decompose(i int) []float64 {
	indices, distances := l.graph.Row(i)
	k := len(indices)
	reach := distances[k-1]
	if reach == 0 {
		return nil
	}
	own := l.rows.RawRowView(i)
	for a, j := range indices {
		// The kernel of Epanechnikov, which ends a little beyond the last neighbour.
		u := distances[a] / reach
		w := math.Sqrt(1 - u*u*float64(k)/float64(k+1))
		to := l.from.RawRowView(a)
		for c, v := range l.rows.RawRowView(int(j)) {
			to[c] = w * ((v - own[c]) / reach)
		}
	}
	order := len(l.values)
	clear(l.second)
	clear(l.turned)
	if order == len(own) {
		for t := range k {
			for a, v := range l.from.RawRowView(t) {
				kernel.Axpy64(v, l.from.RawRowView(t)[:a+1], l.second[a*order:a*order+a+1])
			}
		}
	} else {
		for a := range order {
			for b := range a + 1 {
				l.second[a*order+b] = kernel.Dot64(l.from.RawRowView(a), l.from.RawRowView(b))
			}
		}
	}
	mirror(l.second, order)
	if !eigenSmall(l.second, l.turned, l.values) {
		return nil
	}
	return l.values
}

// direction adds eigenvector a of the scatter to what is zero, up to its length.
func (l *localPCA) direction(a int, to []float64) {
	order := len(l.values)
	of := l.turned[a*order : (a+1)*order]
	if order == len(to) {
		copy(to, of)
		return
	}
	for b, v := range of {
		kernel.Axpy64(v, l.from.RawRowView(b), to)
	}
}

// noDirection is the share of the largest eigenvalue of a scatter below which others are
// rounding.
const noDirection = 1e-12

// dimensionOf returns the median over the rows of how many directions hold the share of
// the variance of their neighbours, at least 1 and at most the number of columns.
func dimensionOf(ctx context.Context, rows *mat.Dense, g *neighbors.Graph, share float64) (int, error) {
	n, d := rows.Dims()
	counts := make([]int, n)
	err := par.BlocksWith(ctx, n, 32, func() *localPCA { return newLocalPCA(rows, g) }, func(l *localPCA, lo, hi int) {
		for i := lo; i < hi && ctx.Err() == nil; i++ {
			values := l.decompose(i)
			total, sum := 0., 0.
			for _, v := range values {
				total += max(v, 0)
			}
			for a := 0; a < len(values) && sum < share*total; a++ {
				sum += max(values[a], 0)
				counts[i]++
			}
		}
	})
	slices.Sort(counts)
	return max(1, min(counts[n/2], d, g.K)), err
}

// newTangents finds the frames. Where the neighbours of a row span less than dim
// directions, axes of the data that are most at right angles to these complete its frame.
func newTangents(ctx context.Context, rows *mat.Dense, g *neighbors.Graph, dim int) (*tangents, error) {
	n, d := rows.Dims()
	t := &tangents{dim: dim, d: d, frames: make([]float64, n*dim*d)}
	lacking := make([]bool, n)
	err := par.BlocksWith(ctx, n, 32, func() *localPCA { return newLocalPCA(rows, g) }, func(l *localPCA, lo, hi int) {
		for i := lo; i < hi && ctx.Err() == nil; i++ {
			frame, have := t.frame(i), 0
			values := l.decompose(i)
			for a := 0; a < len(values) && have < dim && values[a] > noDirection*values[0]; a++ {
				l.direction(a, frame[have*d:(have+1)*d])
				if squareUp(frame, have, d) {
					have++
				}
			}
			lacking[i] = have < dim
			for ; have < dim; have++ {
				complete(frame, have, d)
			}
		}
	})
	for _, l := range lacking {
		if l {
			t.lacking++
		}
	}
	return t, err
}

// squareUp makes row have of a frame a unit vector at right angles to those before, and
// reports whether one is left of it; else it is zero.
func squareUp(frame []float64, have, d int) bool {
	to := frame[have*d : (have+1)*d]
	length := math.Sqrt(kernel.Dot64(to, to))
	if !(length > 0) {
		return false
	}
	kernel.Scal64(1/length, to)
	for range 2 {
		for b := range have {
			other := frame[b*d : (b+1)*d]
			kernel.Axpy64(-kernel.Dot64(other, to), other, to)
		}
	}
	left := math.Sqrt(kernel.Dot64(to, to))
	if left < 1e-3 {
		clear(to)
		return false
	}
	kernel.Scal64(1/left, to)
	return true
}

// complete sets row have of a frame to the axis that is most at right angles to those
// before, made so altogether.
func complete(frame []float64, have, d int) {
	best, least := 0, math.Inf(1)
	for c := range d {
		sum := 0.
		for b := range have {
			sum += frame[b*d+c] * frame[b*d+c]
		}
		if sum < least {
			best, least = c, sum
		}
	}
	frame[have*d+best] = 1
	squareUp(frame, have, d)
}
