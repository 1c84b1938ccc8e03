package neighbors

import (
	"context"
	"slices"
	"sync"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/screen"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// screened is a space of a metric that is an increasing function of the Euclidean
// distance between images of the rows: internal/screen searches it.
type screened struct {
	*compared
	rows  *screen.Rows
	image *image // nil where rows are their own images
}

// compared are rows whose Euclidean distances are known, one way or another.
type compared struct {
	of interface {
		FastTo(dst []float32, i int, to []int32)
		Exact(i, j int) float64
		Nearest(ctx context.Context, k int, indices []int32, distances []float64) error
		Within(ctx context.Context, method string, radius float64, limit int64) (*screen.Ragged, error)
	}
	scale scale
}

// scale makes distances of Euclidean ones, and the reverse, both increasing; the
// zero value leaves them as they are.
type scale struct{ from, to func(float64) float64 }

func (s scale) distance(v float64) float64 {
	if s.from == nil {
		return v
	}
	return s.from(v)
}

// image says how a metric maps rows into a Euclidean space.
type image struct {
	metric string
	cols   int // of the images: as many as the rows have, or more

	// put maps a row of d values, the first of dst, in place, or says why it has no
	// image. It is called by several goroutines at once.
	put func(dst []float64, d int) (refusal string)

	scale scale
}

func asTheyAre(ctx context.Context, x mat.Matrix, s scale) (space, error) {
	rows, err := screen.New(ctx, x)
	if err != nil {
		return nil, err
	}
	return &screened{&compared{rows, s}, rows, nil}, nil
}

func (m *image) space(ctx context.Context, x mat.Matrix) (space, error) {
	images, err := m.of(ctx, x)
	if err != nil {
		return nil, err
	}
	rows, err := screen.New(ctx, images)
	if err != nil {
		return nil, err
	}
	return &screened{&compared{rows, m.scale}, rows, m}, nil
}

// of returns the images of the rows of x.
func (m *image) of(ctx context.Context, x mat.Matrix) (*mat.Dense, error) {
	n, d := x.Dims()
	images := mat.NewDense(n, m.cols, nil)
	var no refused
	err := par.Blocks(ctx, n, max(1, 1<<10/d), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			dst := images.RawRowView(i)
			copy(dst, mat32.Row(dst[:d], i, x))
			no.note(i, m.put(dst, d))
		}
	})
	if err != nil {
		return nil, err
	}
	return images, no.err(m.metric)
}

// bytes returns the memory that images of the rows of x take, with the float32
// copy for fast distances.
func (m *image) bytes(x mat.Matrix) int64 {
	n, _ := x.Dims()
	return int64(n) * (12*int64(m.cols) + 8)
}

// bytesAsTheyAre is that for rows that are their own images.
func bytesAsTheyAre(x mat.Matrix) int64 {
	n, d := x.Dims()
	need := screen.Bytes(x)
	switch x.(type) {
	case *mat32.Dense, *mat32.CSR, *mat32.Distances:
		return need
	}
	return need + int64(n)*(4*int64(d)+8)
}

// refused keeps the first of the rows that a metric is not defined for.
type refused struct {
	mu     sync.Mutex
	row    int
	reason string
}

// note takes why a row was refused, if it was.
func (r *refused) note(row int, reason string) {
	if reason == "" {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.reason == "" || row < r.row {
		r.row, r.reason = row, reason
	}
}

func (r *refused) err(metric string) error {
	if r.reason == "" {
		return nil
	}
	return &DomainError{Metric: metric, Row: r.row, Reason: r.reason}
}

// during returns the space itself: it compares rows fast, however many columns they
// have.
func (s *screened) during(context.Context) space { return s }

func (c *compared) fast(dst []float32, i int32, to []int32) { c.of.FastTo(dst, int(i), to) }

func (c *compared) exact(i, j int32) float64 { return c.scale.distance(c.of.Exact(int(i), int(j))) }

func (c *compared) nearest(ctx context.Context, k int, indices []int32, distances []float64) error {
	if err := c.of.Nearest(ctx, k, indices, distances); err != nil {
		return err
	}
	for lo := 0; lo < len(indices); lo += k {
		c.scale.apply(indices[lo:lo+k], distances[lo:lo+k])
	}
	return nil
}

func (c *compared) within(ctx context.Context, method string, radius float64, limit int64) (*screen.Ragged, error) {
	euclidean := radius
	if c.scale.to != nil { // wide enough for what both functions round
		euclidean = c.scale.to(radius) * (1 + 0x1p-40)
	}
	all, err := c.of.Within(ctx, method, euclidean, limit)
	if err != nil || c.scale.from == nil {
		return all, err
	}
	kept := &screen.Ragged{Starts: make([]int, 1, len(all.Starts)), Indices: all.Indices[:0], Distances: all.Distances[:0]}
	for i := range len(all.Starts) - 1 {
		lo, hi := all.Starts[i], all.Starts[i+1]
		indices, distances := all.Indices[lo:hi], all.Distances[lo:hi]
		c.scale.apply(indices, distances)
		for t, v := range distances {
			if v <= radius {
				kept.Indices, kept.Distances = append(kept.Indices, indices[t]), append(kept.Distances, v)
			}
		}
		kept.Starts = append(kept.Starts, len(kept.Indices))
	}
	return kept, nil
}

// apply makes distances of the sorted Euclidean ones of one row. Those that
// rounding makes equal are put in the order of their indices.
func (s scale) apply(indices []int32, distances []float64) {
	if s.from == nil {
		return
	}
	for t, v := range distances {
		distances[t] = s.from(v)
	}
	for lo := 0; lo < len(distances); {
		hi := lo + 1
		for hi < len(distances) && distances[hi] == distances[lo] {
			hi++
		}
		slices.Sort(indices[lo:hi])
		lo = hi
	}
}

func (s *screened) ask(ctx context.Context, y mat.Matrix) (asker, error) {
	if s.image != nil {
		images, err := s.image.of(ctx, y)
		if err != nil {
			return nil, err
		}
		y = images
	}
	q, err := s.rows.Ask(ctx, y)
	if err != nil {
		return nil, err
	}
	return &compared{q, s.scale}, nil
}

// near is a neighbour: distance and row.
type near struct {
	dist float64
	row  int32
}
