package dr

import (
	"fmt"
	"io"
	"math"

	"github.com/flatland-go/flatland/internal/mds"
	"github.com/flatland-go/flatland/internal/saved"
)

// stressModel is what the models share that lower a stress: a map of the rows they
// were given and of no others.
type stressModel[M interface{ kind() string }] struct {
	embedding  *Embedding
	stress     float64
	stress1    float64
	iterations int
	converged  bool
}

// stressed fills m with a layout of d; a cancel that came during the iterations is
// passed on, and marks it as partial.
func (m *stressModel[M]) stressed(d *dissimilarities, l *mds.Layout, canceled error, e Embedding) error {
	if l == nil {
		return d.failed(canceled)
	}
	if err := d.scaled(l.Points); err != nil {
		return err
	}
	e.Dense, e.Rows, e.Notes = l.Points, d.n, l.Notes
	m.embedding, m.iterations, m.converged = &e, l.Iterations, l.Converged
	if canceled != nil {
		m.stress, m.stress1, e.Objective, e.Partial = math.NaN(), math.NaN(), math.NaN(), true
		return d.failed(canceled)
	}
	m.stress, m.stress1 = l.Stress*d.unit*d.unit, l.Normalized()
	e.Objective = m.stress1
	return nil
}

// Embedding returns the map of the rows the model was fitted to.
func (m *stressModel[M]) Embedding() *Embedding { return m.embedding }

// Stress returns the raw stress Σ w·(d − δ)², in squared units of the data, and +Inf
// beyond float64.
func (m *stressModel[M]) Stress() float64 { return m.stress }

// Stress1 returns Kruskal's normalised stress, stress-1: the root of the raw stress over
// the sum of the squared distances of the map, Σ w·d².
func (m *stressModel[M]) Stress1() float64 { return m.stress1 }

// Iterations returns how many were made.
func (m *stressModel[M]) Iterations() int { return m.iterations }

// Converged reports whether the iterations ended before they had to.
func (m *stressModel[M]) Converged() bool { return m.converged }

// String returns a small table: shape, stress, options and notes.
func (m *stressModel[M]) String() string {
	return m.embedding.String() + fmt.Sprintf("\n  raw stress  %.6g, after %d iterations", m.stress, m.iterations)
}

const stressVersion = 1

func (m *stressModel[M]) encode(w *saved.Writer) {
	w.Float(m.stress)
	w.Float(m.stress1)
	w.Int(m.iterations)
	w.Bool(m.converged)
	m.embedding.encode(w)
}

func (m *stressModel[M]) decode(r *saved.Reader) {
	m.stress, m.stress1, m.iterations, m.converged = r.Float(), r.Float(), r.Int(), r.Bool()
	m.embedding = new(Embedding)
	m.embedding.decode(r)
}

// WriteTo saves the model.
func (m *stressModel[M]) WriteTo(w io.Writer) (int64, error) {
	var of M
	return write(w, of.kind(), stressVersion, m.encode)
}

// ReadFrom replaces m by a saved model; see Embedding.ReadFrom for the errors.
func (m *stressModel[M]) ReadFrom(r io.Reader) (int64, error) {
	var of M
	return read(r, of.kind(), stressVersion, m, (*stressModel[M]).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *stressModel[M]) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *stressModel[M]) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
