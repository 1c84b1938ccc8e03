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

// image says how rows are mapped.
type image struct {
	metric string
	cols   int // of the images

	// mapper returns a function, for one goroutine, that writes the image of row i
	// of a matrix, or says why it has none. The row may be written to.
	mapper func() func(dst, row []float64) (refusal string)
}

func asTheyAre(ctx context.Context, x mat.Matrix, s scale) (space, error) {
	rows, err := screen.New(ctx, x)
	if err != nil {
		return nil, err
	}
	return &screened{&compared{rows, s}, rows, nil}, nil
}

func mapped(ctx context.Context, x mat.Matrix, m *image, s scale) (space, error) {
	images, err := m.of(ctx, x)
	if err != nil {
		return nil, err
	}
	rows, err := screen.New(ctx, images)
	if err != nil {
		return nil, err
	}
	return &screened{&compared{rows, s}, rows, m}, nil
}

// of returns the images of the rows of x.
func (m *image) of(ctx context.Context, x mat.Matrix) (*mat.Dense, error) {
	n, d := x.Dims()
	images := mat.NewDense(n, m.cols, nil)
	type scratch struct {
		row []float64
		put func(dst, row []float64) string
	}
	var no refused
	err := par.BlocksWith(ctx, n, max(1, 1<<12/d), func() scratch { return scratch{make([]float64, d), m.mapper()} },
		func(s scratch, lo, hi int) {
			for i := lo; i < hi; i++ {
				copy(s.row, mat32.Row(s.row, i, x))
				no.note(i, s.put(images.RawRowView(i), s.row))
			}
		})
	if err != nil {
		return nil, err
	}
	return images, no.err(m.metric)
}

// imageBytes returns the memory that images of the rows of x take, of cols
// columns, with what searches them.
func imageBytes(x mat.Matrix, cols int) int64 {
	n, _ := x.Dims()
	return int64(n) * (12*int64(cols) + 8)
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
