package geometry

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/pkg/watch"
)

// points are the distinct rows of a matrix, whose distances magnitude is made of.
type points struct {
	rows  int   // that were given
	n     int   // distinct ones
	of    []int // the point of every row
	first []int // the first row of every point
	count []int // the rows of every point

	options Magnitude // resolved
	metric  string    // its name
	notes   []string
	x       mat.Matrix // the distinct rows
	gaps
}

// gaps tell how far points are apart.
type gaps interface {
	// fill writes what keeps the distances from point i to points from … from+len(dst)−1.
	fill(ctx context.Context, dst []float64, i, from int) error
	// list writes what keeps the distances from point i to those listed.
	list(ctx context.Context, dst []float64, i int, to []int32) error
	// kept says whether that are their squares, and the unit they are in.
	kept() (squared bool, unit float64)
}

// points checks x and the options, and merges equal rows.
func (m Magnitude) points(ctx context.Context, method string, x mat.Matrix) (*points, error) {
	if err := mat32.CheckContext(ctx, x); err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	n, d := x.Dims()
	m, err := m.resolved(method, n, d)
	if err != nil {
		return nil, err
	}
	if err := mat32.CheckMemory(method, m.bytes(x), m.MemoryLimit, "use fewer rows, or another Solver"); err != nil {
		return nil, err
	}
	p := &points{rows: n, options: m, metric: m.Metric.String(), x: x}
	if p.first, err = mat32.DistinctContext(ctx, x); err != nil {
		return nil, err
	}
	p.n = len(p.first)
	p.merge(x)
	if p.n < n {
		p.notes = append(p.notes, fmt.Sprintf("%d of %d rows equal others: they are one point, and share its weight", n-p.n, n))
		p.x = mat32.Select(x, p.first)
	}
	if p.options.Neighbors > p.n-1 && p.n > 1 {
		p.options.Neighbors = p.n - 1
	}
	return p, p.measure(ctx, method)
}

// measure makes ready the distances of p.x.
func (p *points) measure(ctx context.Context, method string) (err error) {
	switch x := p.x.(type) {
	case *mat32.Distances:
		p.metric = neighbors.Precomputed
		p.gaps = givenGaps{x}
		return ctx.Err()
	}
	if p.options.Metric == neighbors.Metric(neighbors.Euclidean{}) {
		p.gaps, err = newEuclideanGaps(ctx, p.x)
		return err
	}
	ix, err := neighbors.Exact{Metric: p.options.Metric, MemoryLimit: p.options.MemoryLimit}.Index(ctx, p.x)
	if err != nil {
		return mat32.Rename(method, err)
	}
	p.gaps = measuredGaps{p.x, ix}
	return nil
}

// bytes is what the weights of the rows of x take.
func (m Magnitude) bytes(x mat.Matrix) int64 {
	n, d := x.Dims()
	rows := int64(n)
	need := rows * 200
	if _, ok := x.(*mat32.Distances); !ok {
		need += 24 * rows * int64(d)
	}
	switch m.Solver {
	case Direct:
		need += 8 * rows * rows
	case ConjugateGradients:
		need += rows * (16*vecchiaNeighbors + 100)
	case NearestNeighbors:
		need += rows * (100 + 40*int64(m.Neighbors))
	}
	return need
}

// merge numbers the point of every row.
func (p *points) merge(x mat.Matrix) {
	p.of, p.count = make([]int, p.rows), make([]int, p.n)
	if p.n == p.rows {
		for i := range p.of {
			p.of[i], p.count[i] = i, 1
		}
		return
	}
	if d, ok := x.(*mat32.Distances); ok {
		for i := range p.of {
			for k, j := range p.first {
				if j == i || d.At(j, i) == 0 {
					p.of[i] = k
					break
				}
			}
			p.count[p.of[i]]++
		}
		return
	}
	_, d := x.Dims()
	buf, key := make([]float64, d), make([]byte, 0, 8*d)
	seen := make(map[string]int, p.n)
	for i := range p.of {
		key = key[:0]
		for _, v := range mat32.Row(buf, i, x) {
			key = binary.LittleEndian.AppendUint64(key, math.Float64bits(v+0)) // −0 becomes 0
		}
		k, ok := seen[string(key)]
		if !ok {
			k = len(seen)
			seen[string(key)] = k
		}
		p.of[i] = k
		p.count[k]++
	}
}

// shared returns the values of points as those of rows, equal ones with equal shares.
func (p *points) shared(of []float64) []float64 {
	rows := make([]float64, p.rows)
	for i, k := range p.of {
		rows[i] = of[k] / float64(p.count[k])
	}
	return rows
}

// decay makes similarities at a scale of what is kept.
func (p *points) decay(kept []float64, scale float64) {
	squared, unit := p.kept()
	rate := min(scale*unit, math.MaxFloat64)
	if squared {
		kernel.DecayRoots64(kept, rate)
	} else {
		kernel.Decay64(kept, rate)
	}
}

// lengths makes distances of what is kept.
func (p *points) lengths(kept []float64) {
	squared, unit := p.kept()
	for i, v := range kept {
		if squared {
			v = math.Sqrt(v)
		}
		kept[i] = v * unit
	}
}

// stretch is how many similarities are made at a time, in a cache.
const stretch = 2048

// similarities calls f with all similarities of every point, some at a time in their order.
// Calls for one point do not overlap.
func (p *points) similarities(ctx context.Context, scale float64, f func(i, from int, z []float64)) error {
	return p.each(ctx, p.n, func(buf []float64, i int) error {
		for from := 0; from < p.n; from += len(buf) {
			z := buf[:min(len(buf), p.n-from)]
			if err := p.fill(ctx, z, i, from); err != nil {
				return err
			}
			p.decay(z, scale)
			f(i, from, z)
		}
		return nil
	})
}

// each calls f for points below n on every core, with memory for a stretch.
func (p *points) each(ctx context.Context, n int, f func(buf []float64, i int) error) error {
	const together = 8
	errs := make([]error, (n+together-1)/together)
	err := par.BlocksWith(ctx, n, together, func() []float64 { return make([]float64, min(p.n, stretch)) },
		func(buf []float64, lo, hi int) {
			for i := lo; i < hi && errs[lo/together] == nil && ctx.Err() == nil; i++ {
				errs[lo/together] = f(buf, i)
			}
		})
	if err != nil {
		return err
	}
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// upper fills the upper triangle of a square with similarities, and its diagonal with ones.
func (p *points) upper(ctx context.Context, z *mat.SymDense, scale float64) error {
	raw := z.RawSymmetric()
	stage := watch.Start(ctx, "magnitude: similarities", p.n)
	return p.each(ctx, p.n, func(_ []float64, i int) error {
		own := raw.Data[i*raw.Stride+i : i*raw.Stride+p.n]
		own[0] = 1
		for from := 1; from < len(own); from += stretch {
			some := own[from:min(from+stretch, len(own))]
			if err := p.fill(ctx, some, i, i+from); err != nil {
				return err
			}
			p.decay(some, scale)
		}
		stage.Add(1)
		return nil
	})
}

// euclideanGaps are squared distances, measured by direct subtraction.
type euclideanGaps struct {
	n, d    int
	unit    float64
	rows    []float64 // n × d
	columns []float64 // d × n, where there are few
}

// fewGapColumns is up to where a column at a time is faster.
const fewGapColumns = 24

func newEuclideanGaps(ctx context.Context, x mat.Matrix) (*euclideanGaps, error) {
	n, d := x.Dims()
	g := &euclideanGaps{n: n, d: d, unit: 1, rows: make([]float64, n*d)}
	most := 0.
	for i := range n {
		if i%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		own := g.rows[i*d : (i+1)*d]
		copy(own, mat32.Row(own, i, x))
		for _, v := range own {
			most = max(most, math.Abs(v))
		}
	}
	if most > 1e140 || most < 1e-120 && most > 0 { // their squares are beyond float64
		_, exponent := math.Frexp(most)
		g.unit = math.Ldexp(1, min(exponent, 1023))
		for i, v := range g.rows {
			g.rows[i] = v / g.unit
		}
	}
	if d <= fewGapColumns {
		g.columns = make([]float64, n*d)
		for i := range n {
			for j, v := range g.rows[i*d : (i+1)*d] {
				g.columns[j*n+i] = v
			}
		}
	}
	return g, nil
}

func (g *euclideanGaps) kept() (squared bool, unit float64) { return true, g.unit }

func (g *euclideanGaps) fill(_ context.Context, dst []float64, i, from int) error {
	own := g.rows[i*g.d : (i+1)*g.d]
	if g.columns == nil {
		for k := range dst {
			dst[k] = kernel.SquaredDistance64(own, g.rows[(from+k)*g.d:(from+k+1)*g.d])
		}
		return nil
	}
	clear(dst)
	for j, v := range own {
		kernel.AddSquares64(dst, g.columns[j*g.n+from:j*g.n+from+len(dst)], v)
	}
	return nil
}

func (g *euclideanGaps) list(_ context.Context, dst []float64, i int, to []int32) error {
	own := g.rows[i*g.d : (i+1)*g.d]
	for k, j := range to {
		dst[k] = kernel.SquaredDistance64(own, g.rows[int(j)*g.d:(int(j)+1)*g.d])
	}
	return nil
}

// givenGaps are distances that were given.
type givenGaps struct{ *mat32.Distances }

func (g givenGaps) kept() (squared bool, unit float64) { return false, 1 }

func (g givenGaps) fill(_ context.Context, dst []float64, i, from int) error {
	if n := g.SymmetricDim(); from > i {
		copy(dst, g.Condensed()[i*(2*n-i-1)/2+from-i-1:])
		return nil
	}
	for k := range dst {
		dst[k] = g.At(i, from+k)
	}
	return nil
}

func (g givenGaps) list(_ context.Context, dst []float64, i int, to []int32) error {
	for k, j := range to {
		dst[k] = g.At(i, int(j))
	}
	return nil
}

// measuredGaps are distances by any metric.
type measuredGaps struct {
	x  mat.Matrix
	ix *neighbors.ExactIndex
}

func (g measuredGaps) kept() (squared bool, unit float64) { return false, 1 }

func (g measuredGaps) fill(ctx context.Context, dst []float64, i, from int) error {
	to := make([]int32, len(dst))
	for k := range to {
		to[k] = int32(from + k)
	}
	return g.list(ctx, dst, i, to)
}

func (g measuredGaps) list(ctx context.Context, dst []float64, i int, to []int32) error {
	far, err := g.ix.Distances(ctx, mat32.Select(g.x, []int{i}), to)
	copy(dst, far)
	for k, j := range to {
		if int(j) == i {
			dst[k] = 0 // but for rounding
		}
	}
	return err
}

func total(x []float64) (s float64) {
	for _, v := range x {
		s += v
	}
	return s
}

// heaviest returns the places of the k largest values, largest first and equal ones in
// their order.
func heaviest(x []float64, k int) []int {
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(x[b], x[a]) })
	return order[:max(0, min(k, len(x)))]
}

// decayDistances makes similarities of distances.
func decayDistances(far []float64, scale float64) { kernel.Decay64(far, scale) }
