package dr

import (
	"cmp"
	"fmt"
	"io"
	"math"

	"github.com/flatland-go/flatland/internal/mds"
	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// majorizing fills in and checks the options of all methods that lower a stress.
func majorizing(method string, n, d int, components, iterations *int, tolerance *float64, start *Start, limit int64) error {
	if err := scalable(method, n, d, components, limit); err != nil {
		return err
	}
	*iterations, *tolerance = cmp.Or(*iterations, 300), cmp.Or(*tolerance, 1e-6)
	if *start == nil {
		*start = FromClassical
	}
	switch {
	case *iterations < 1:
		return &mat32.ParamError{Method: method, Param: "Iterations", Value: *iterations, Want: "1 or more"}
	case !(*tolerance > 0 && *tolerance < 1):
		return &mat32.ParamError{Method: method, Param: "Tolerance", Value: *tolerance, Want: "Zero ≤ Tolerance < 1"}
	}
	return checkStart(method, *start, n, *components, FromClassical, FromRandom)
}

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
