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
	gram  *mat.SymDense
	eigen mat.EigenSym
}

func newLocalPCA(rows *mat.Dense, g *neighbors.Graph) *localPCA {
	_, d := rows.Dims()
	return &localPCA{rows: rows, graph: g, from: mat.NewDense(g.K, d, nil), gram: mat.NewSymDense(g.K, nil)}
}

// decompose returns the eigenvalues of the Gram matrix of row i's neighbours, rising, or
// nil where these equal the row.
func (l *localPCA) decompose(i int, vectors bool) []float64 {
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
	for a := range k {
		for b := range a + 1 {
			l.gram.SetSym(a, b, kernel.Dot64(l.from.RawRowView(a), l.from.RawRowView(b)))
		}
	}
	if !l.eigen.Factorize(l.gram, vectors) {
		return nil
	}
	return l.eigen.Values(nil)
}

// noDirection is the share of the largest eigenvalue of a Gram matrix below which others
// are rounding.
const noDirection = 1e-12

// dimensionOf returns the median over the rows of how many directions hold the share of
// the variance of their neighbours, at least 1 and at most the number of columns.
func dimensionOf(ctx context.Context, rows *mat.Dense, g *neighbors.Graph, share float64) (int, error) {
	n, d := rows.Dims()
	counts := make([]int, n)
	err := par.BlocksWith(ctx, n, 32, func() *localPCA { return newLocalPCA(rows, g) }, func(l *localPCA, lo, hi int) {
		for i := lo; i < hi && ctx.Err() == nil; i++ {
			values := l.decompose(i, false)
			total, sum := 0., 0.
			for _, v := range values {
				total += max(v, 0)
			}
			for a := len(values) - 1; a >= 0 && sum < share*total; a-- {
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
		var vectors mat.Dense
		for i := lo; i < hi && ctx.Err() == nil; i++ {
			frame, have := t.frame(i), 0
			values := l.decompose(i, true)
			if values != nil {
				l.eigen.VectorsTo(&vectors)
			}
			for a := len(values) - 1; a >= 0 && have < dim && values[a] > noDirection*values[len(values)-1]; a-- {
				to := frame[have*d : (have+1)*d]
				for b := range len(values) {
					kernel.Axpy64(vectors.At(b, a), l.from.RawRowView(b), to)
				}
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
