package dr

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// RieSNEModel is fitted by RieSNE. It keeps the rows it was fitted to, 8·n·d bytes.
type RieSNEModel struct {
	options   RieSNE
	embedding *Embedding
	rows      *mat.Dense // points of Source
}

// Embedding returns the map; its Objective is the KL divergence in nats, without
// exaggeration.
func (m *RieSNEModel) Embedding() *Embedding { return m.embedding }

// Options returns the resolved options.
func (m *RieSNEModel) Options() RieSNE { return m.options }

// String returns a small table: shape, divergence, options and notes.
func (m *RieSNEModel) String() string { return m.embedding.String() }

// Transform returns where new rows lie in the map, whose points stay: each goes down the
// divergence of its similarities in the map from those of the data, p(j|i), from their
// mean on Target. A row of the model lands near its place, not on it. Errors: those of
// mat32.CheckRows and mat32.Check, *mat32.ShapeError for other columns,
// *manifold.PointError for a row that is no point of Source, *mat32.DegenerateError where
// distances exceed float64, *mat32.MemoryError, and one that wraps ctx.Err(). Time O(n) distances and
// some hundreds of times as many logarithms a row, for n rows that the model was fitted to.
func (m *RieSNEModel) Transform(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	const method = "dr.RieSNE"
	count, err := checkColumns(ctx, method, x, m.embedding.Dim)
	if err != nil {
		return nil, err
	}
	o := m.options
	n, d := m.rows.Dims()
	dim := o.Target.Ambient()
	if err := mat32.CheckMemory(method, 8*int64(count)*int64(d+dim), o.MemoryLimit, "map fewer rows at a time"); err != nil {
		return nil, err
	}
	rows, err := pointsOf(o.Source, x)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	z := mat.NewDense(count, dim, nil)
	beyond := make([]bool, count)
	err = par.BlocksWith(ctx, count, 1, func() *settler { return newSettler(m) }, func(s *settler, lo, hi int) {
		for i := lo; i < hi; i++ {
			row := rows.RawRowView(i)
			for j := range n {
				known := m.rows.RawRowView(j)
				s.squared[j] = o.Source.Distance(row, known)
				s.volume[j] = o.Source.LogVolume(row, known)
			}
			if _, ok := s.weigh(o.Perplexity); !ok {
				beyond[i] = true
				continue
			}
			s.settle(ctx, z.RawRowView(i))
		}
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	if i := slices.Index(beyond, true); i >= 0 {
		return nil, &mat32.DegenerateError{Method: method, Reason: fmt.Sprintf("distances from row %d exceed the largest float64: rescale the data", i)}
	}
	return m.embedding.of(z), nil
}

// settler finds the place of one new row.
type settler struct {
	*brownian
	model                       *RieSNEModel
	log, step, away, try, there []float64
}

func newSettler(m *RieSNEModel) *settler {
	n, _ := m.rows.Dims()
	dim := m.options.Target.Ambient()
	return &settler{newBrownian(n), m, make([]float64, dim), make([]float64, dim), make([]float64, dim), make([]float64, dim), make([]float64, dim)}
}

// settle writes to y where the divergence of the weights is least, near their mean.
func (s *settler) settle(ctx context.Context, y []float64) {
	const (
		means     = 10
		steps     = 300
		tolerance = 1e-10
	)
	target := s.model.options.Target
	at := s.model.embedding.Dense
	first := 0
	for j, w := range s.weights {
		if w > s.weights[first] {
			first = j
		}
	}
	copy(y, at.RawRowView(first))
	for range means {
		clear(s.step)
		for j, w := range s.weights {
			target.Log(s.log, y, at.RawRowView(j))
			for c, v := range s.log {
				s.step[c] += w * v
			}
		}
		target.Exp(y, y, s.step)
	}
	loss := s.slope(y)
	share := 1.
	for range steps {
		length := math.Sqrt(max(target.Inner(y, s.step, s.step), 0))
		if ctx.Err() != nil || !(length*share > tolerance) {
			return
		}
		copy(s.there, s.step)
		for {
			for c, v := range s.there {
				s.try[c] = share * v
			}
			target.Exp(s.try, y, s.try)
			if next := s.slope(s.try); next < loss {
				copy(y, s.try)
				loss = next
				share = min(1, 2*share)
				break
			}
			share /= 2
			if !(length*share > tolerance) {
				return
			}
		}
	}
}

// slope returns the divergence at y, but for the entropy of the weights, and writes to
// s.step the way down, as far as attraction alone would lead.
func (s *settler) slope(y []float64) (loss float64) {
	target := s.model.options.Target
	at := s.model.embedding.Dense
	var z, pull float64
	clear(s.step)
	clear(s.away)
	for j, p := range s.weights {
		d := target.Log(s.log, y, at.RawRowView(j))
		w := 1 / (1 + d*d)
		z += w
		pull += p * w
		loss += p * math.Log1p(d*d)
		for c, v := range s.log {
			s.step[c] += p * w * v
			s.away[c] += w * w * v
		}
	}
	for c := range s.step {
		s.step[c] = (s.step[c] - s.away[c]/z) / pull
	}
	return loss + math.Log(z)
}

const riesneKind, riesneVersion = "dr.RieSNEModel", 1

func (m *RieSNEModel) encode(w *saved.Writer) {
	w.JSON(m.options)
	m.embedding.encode(w)
	w.Matrix(m.rows)
}

func (m *RieSNEModel) decode(r *saved.Reader) {
	r.JSON(&m.options)
	m.embedding = new(Embedding)
	m.embedding.decode(r)
	m.rows = r.Matrix()
	if !r.OK() {
		return
	}
	o := m.options
	if m.rows == nil || o.Source == nil || o.Target == nil {
		r.Fail("it lacks the rows, or a manifold")
		return
	}
	n, d := m.rows.Dims()
	if rows, k := m.embedding.Dims(); rows != n || d != m.embedding.Dim || d != o.Source.Ambient() || k != o.Target.Ambient() || !(o.Perplexity >= 1) {
		r.Fail("its parts differ in size")
	}
}

// WriteTo saves the model with the rows it was fitted to. A manifold of another package
// cannot be saved.
func (m *RieSNEModel) WriteTo(w io.Writer) (int64, error) {
	return write(w, riesneKind, riesneVersion, m.encode)
}

// ReadFrom replaces m by a saved model; see Embedding.ReadFrom for the errors.
func (m *RieSNEModel) ReadFrom(r io.Reader) (int64, error) {
	return read(r, riesneKind, riesneVersion, m, (*RieSNEModel).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *RieSNEModel) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *RieSNEModel) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
