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
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/dr/layout"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/pkg/watch"
)

// TSNEModel is fitted by TSNE. It keeps the rows it was fitted to, unless it was fitted to
// distances or given weights, in 8·n·d bytes, half of that where float32 holds them (a
// *mat32.Dense is borrowed), and until it is saved their similarities.
type TSNEModel struct {
	options   TSNE
	embedding *Embedding
	rows      mat.Matrix // float32 where that is what they are, or float64; nil where there are distances or weights

	// What Continue goes on from. The similarities are one or the other, or neither once
	// they were saved.
	pairs        []float32 // n × n
	similar      *affinity.Sparse
	step, gain   []float64 // of the last iteration, n × k
	exaggeration float64   // of the last iteration

	index *known
	tree  *made[*layout.BarnesHut] // of the map, for new rows
}

// phase is a run of iterations of one objective.
type phase struct {
	iterations             int
	exaggeration, momentum float64
}

// objective is what is minimised: all pairs, or few.
type objective interface {
	Descend(ctx context.Context, d *layout.Descent, gradient, y []float64, exaggeration float64) error
	Divergence(ctx context.Context, y []float64) (float64, error)
	Glance(ctx context.Context, y []float64) (float64, error) // Divergence, as exact as the gradient
}

// objective returns that of the similarities of the model.
func (m *TSNEModel) objective(ctx context.Context) (objective, error) {
	t, n := m.options, m.embedding.Rows
	if m.pairs != nil {
		return layout.NewStudent(ctx, m.pairs, n, t.Components, t.DegreesOfFreedom)
	}
	angle := t.Angle
	if angle == Zero {
		angle = 0
	}
	return layout.NewSparseStudent(ctx, m.similar, t.Components, t.DegreesOfFreedom, t.Repulsion.of(n, t.Components, t.DegreesOfFreedom, angle, t.MemoryLimit))
}

// descend moves y through the phases and completes the model. After a cancel it returns
// the model so far with the error.
func (m *TSNEModel) descend(ctx context.Context, y []float64, phases []phase) (*TSNEModel, error) {
	const method = "dr.TSNE"
	t := m.options
	fail := func(err error) (*TSNEModel, error) { return nil, failed(method, err) }
	o, err := m.objective(ctx)
	if err != nil {
		return fail(err)
	}
	canceled := m.move(ctx, o, y, phases)
	m.embedding.Dense = mat.NewDense(m.embedding.Rows, t.Components, y)
	if canceled == nil {
		m.embedding.Objective, canceled = o.Divergence(ctx, y)
	}
	if canceled != nil {
		if !finite(y) {
			return fail(canceled)
		}
		m.embedding.Partial = true
		return m, fmt.Errorf("%s: %w", method, canceled)
	}
	if !finite(y) {
		return nil, &mat32.ParamError{Method: method, Param: "LearningRate", Value: t.LearningRate,
			Want: "a smaller one: the map grew beyond all bounds"}
	}
	if m.pairs == nil && m.embedding.Rows > 100_000 {
		m.embedding.Notes = append(m.embedding.Notes, "the sum over all pairs in the divergence is found by a tree, which errs by less than 0.001")
	}
	return m, nil
}

// move moves y for all iterations; it returns the error of a cancel.
func (m *TSNEModel) move(ctx context.Context, o objective, y []float64, phases []phase) error {
	const every = 50 // iterations between two looks at the loss, for who watches
	t, n := m.options, m.embedding.Rows
	ctx, dismiss := par.WithCrew(ctx)
	defer dismiss()
	gradient := make([]float64, len(y))
	watched := watch.Watched(ctx)
	done, total := 0, 0
	for _, p := range phases {
		total += p.iterations
	}
	var descent *layout.Descent
	if m.step != nil {
		descent = layout.ResumeDescent(t.Components, m.step, m.gain)
	}
	for _, p := range phases {
		if p.iterations == 0 {
			continue
		}
		if descent == nil || p.exaggeration != m.exaggeration {
			// The phases have other objectives: what was learned of steps in
			// one does not hold in the next.
			descent = layout.NewDescent(n, t.Components)
			m.step, m.gain = descent.State()
			m.exaggeration = p.exaggeration
		}
		descent.Momentum, descent.MaxStep, descent.Rate = p.momentum, t.MaxStep, t.LearningRate
		if descent.Momentum == Zero {
			descent.Momentum = 0
		}
		if descent.Rate == 0 {
			descent.Rate = float64(n) / p.exaggeration
		}
		for range p.iterations {
			if err := o.Descend(ctx, descent, gradient, y, p.exaggeration); err != nil {
				return err
			}
			done++
			if !watched {
				continue
			}
			loss := math.NaN()
			if done%every == 0 {
				var err error
				if loss, err = o.Glance(ctx, y); err != nil {
					return err
				}
			}
			watch.Report(ctx, watch.Event{Stage: "t-SNE: layout", Done: done, Total: total, Loss: loss,
				Layout: func() *mat.Dense { return mat.NewDense(n, t.Components, slices.Clone(y)) }})
		}
	}
	return nil
}

// Continue returns a model whose map has moved on for some more iterations, its
// attraction multiplied by exaggeration (0 for that of the last iteration); the model
// itself does not change. Where the exaggeration is that of the last iteration, steps and
// gains go on from there, and the map is the one that as many iterations more would have
// made; where it is another, they begin anew.
//
// A model that was read from a file makes the similarities again of the rows it keeps;
// steps and gains are in the file. Errors: *mat32.ParamError for
// iterations below 1, an exaggeration below 1, or rates that are too large,
// *mat32.DegenerateError where a model that was read was fitted to distances or given
// weights, and one that wraps ctx.Err(); a cancel during the iterations also returns the
// model so far, its embedding marked Partial.
func (m *TSNEModel) Continue(ctx context.Context, iterations int, exaggeration float64) (*TSNEModel, error) {
	const method = "dr.TSNE"
	if iterations < 1 {
		return nil, &mat32.ParamError{Method: method, Param: "iterations", Value: iterations, Want: "1 or more"}
	}
	if exaggeration == 0 {
		exaggeration = max(m.exaggeration, 1)
	}
	if !(exaggeration >= 1 && exaggeration <= 1e3) {
		return nil, &mat32.ParamError{Method: method, Param: "exaggeration", Value: exaggeration, Want: "1 ≤ exaggeration ≤ 1000, or 0"}
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	next := *m
	e := *m.embedding
	e.Notes, e.Objective, e.Partial = slices.Clone(e.Notes), math.NaN(), false
	next.embedding = &e
	next.step, next.gain = slices.Clone(m.step), slices.Clone(m.gain)
	if exaggeration == m.exaggeration {
		next.options.Iterations = max(next.options.Iterations, 0) + iterations
	} else {
		e.Notes = append(e.Notes, fmt.Sprintf("continued for %d iterations at exaggeration %g", iterations, exaggeration))
	}
	e.Options = next.options.String()
	next.tree = new(made[*layout.BarnesHut]) // which is of the map; the index is of the rows
	if m.pairs == nil && m.similar == nil {
		if m.rows == nil {
			return nil, &mat32.DegenerateError{Method: method, Reason: "it cannot go on: it was fitted to distances or given weights, which are not saved with it"}
		}
		if _, err := next.compare(ctx, m.rows); err != nil {
			return nil, failed(method, err)
		}
	}
	return next.descend(ctx, slices.Clone(m.embedding.RawMatrix().Data), []phase{{iterations, exaggeration, m.options.Momentum}})
}

// Embedding returns the map; its Objective is the KL divergence in nats, without
// exaggeration.
func (m *TSNEModel) Embedding() *Embedding { return m.embedding }

// Options returns the resolved options; once the model was saved without graph and weights.
func (m *TSNEModel) Options() TSNE { return m.options }

// String returns a small table: shape, divergence, options and notes.
func (m *TSNEModel) String() string { return m.embedding.String() }

const tsneKind, tsneVersion = "dr.TSNEModel", 2

func (m *TSNEModel) encode(w *saved.Writer) {
	w.JSON(m.options)
	neighbors.WriteMetric(w, "dr.TSNEModel.WriteTo", m.options.Metric)
	m.embedding.encode(w)
	w.Floats(m.step)
	w.Floats(m.gain)
	w.Float(m.exaggeration)
	w.Bool(m.rows != nil)
	if m.rows != nil {
		neighbors.WriteRows(w, m.rows)
	}
}

func (m *TSNEModel) decode(r *saved.Reader) {
	r.JSON(&m.options)
	m.options.Metric = neighbors.ReadMetric(r)
	m.embedding, m.index, m.tree = new(Embedding), new(known), new(made[*layout.BarnesHut])
	m.embedding.decode(r)
	m.step, m.gain, m.exaggeration = r.Floats(), r.Floats(), r.Float()
	if r.Bool() {
		m.rows = neighbors.ReadRows(r)
	}
	if !r.OK() {
		return
	}
	n, k := m.embedding.Dims()
	fits := n == m.embedding.Rows && k == m.options.Components && len(m.step) == len(m.gain) && (len(m.step) == 0 || len(m.step) == n*k)
	if m.rows != nil {
		rows, d := m.rows.Dims()
		fits = fits && rows == n && d == m.embedding.Dim
	}
	if !fits {
		r.Fail("its parts differ in size")
	}
}

// WriteTo saves the model with its embedding and the rows it was fitted to, without their
// similarities. The error is that of w, or a *mat32.ParamError where the metric is a Func,
// of which there is only code.
func (m *TSNEModel) WriteTo(w io.Writer) (int64, error) {
	return write(w, tsneKind, tsneVersion, m.encode)
}

// ReadFrom replaces m by a saved model; see Embedding.ReadFrom for the errors.
func (m *TSNEModel) ReadFrom(r io.Reader) (int64, error) {
	return read(r, tsneKind, tsneVersion, m, (*TSNEModel).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *TSNEModel) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *TSNEModel) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
