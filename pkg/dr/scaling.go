package dr

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/mds"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// scalingOptions are how a method keeps distances that it has made.
type scalingOptions struct {
	Scaling    Scaling
	Optimizer  Optimizer
	Iterations int
}

// resolve fills in the defaults.
func (s *scalingOptions) resolve(method string) error {
	if s.Scaling == "" {
		s.Scaling = MetricScaling
	}
	if s.Optimizer == "" {
		s.Optimizer = SGD
	}
	if s.Iterations == 0 {
		s.Iterations = 300
		if s.Scaling == MetricScaling && s.Optimizer == SGD {
			s.Iterations = 30
		}
	}
	switch {
	case s.Scaling != MetricScaling && s.Scaling != ClassicalScaling && s.Scaling != NonMetricScaling:
		return &mat32.ParamError{Method: method, Param: "Scaling", Value: string(s.Scaling), Want: "MetricScaling, ClassicalScaling or NonMetricScaling"}
	case s.Optimizer != SGD && s.Optimizer != SMACOF:
		return &mat32.ParamError{Method: method, Param: "Optimizer", Value: string(s.Optimizer), Want: "SGD or SMACOF"}
	}
	return checkRange(method, "Iterations", s.Iterations, 1, mostBatch, "the most")
}

// String returns the options that count.
func (s scalingOptions) String() string {
	switch s.Scaling {
	case ClassicalScaling:
		return "classical scaling"
	case NonMetricScaling:
		return fmt.Sprintf("non-metric scaling, %d iterations", s.Iterations)
	}
	return fmt.Sprintf("scaling by %s, %d iterations", s.Optimizer, s.Iterations)
}

// place returns a layout of d in k dimensions; weights of the pairs may be nil. A cancel
// during the iterations returns the layout so far, with the error.
func (s scalingOptions) place(ctx context.Context, d *dissimilarities, k int, weights []float64, seed uint64) (*mds.Layout, error) {
	var l *mds.Layout
	var err error
	switch {
	case s.Scaling == ClassicalScaling:
		var f *mds.Frame
		if f, err = (mds.Classical{Dim: k, Seed: seed}).Place(ctx, d.n, d.pairs); err != nil {
			return nil, err
		}
		l = &mds.Layout{Points: f.Points, Converged: true, Notes: f.Notes}
		if l.Stress, l.Squares, err = mds.Stress(ctx, d.pairs, nil, f.Points); err != nil {
			return nil, err
		}
	case s.Scaling == MetricScaling && s.Optimizer == SMACOF:
		l, err = mds.SMACOF{Dim: k, Iterations: s.Iterations, Weights: weights, Seed: seed}.Place(ctx, d.n, d.pairs)
	default:
		sgd := mds.SGD{Dim: k, Weights: weights, Seed: seed}
		if s.Scaling == MetricScaling {
			sgd.Iterations = s.Iterations
		}
		l, err = sgd.Place(ctx, d.n, d.pairs)
		if s.Scaling == NonMetricScaling && err == nil {
			notes := l.Notes
			l, err = mds.NonMetric{Dim: k, Iterations: s.Iterations, Start: l.Points, Seed: seed}.Place(ctx, d.n, d.pairs)
			if l != nil {
				l.Notes = append(notes, l.Notes...)
			}
		}
	}
	if l == nil {
		return nil, err
	}
	if fits := d.scaled(l.Points); fits != nil {
		return nil, fits
	}
	return l, err
}

// layoutEmbedding returns the map of a layout.
func layoutEmbedding(z *mat.Dense, l *mds.Layout, name, options string, n, d int, notes []string, partial bool) *Embedding {
	return &Embedding{Dense: z, Method: name, Options: options, Rows: n, Dim: d, Objective: l.Normalized(), Loss: "stress-1",
		Notes: append(notes, l.Notes...), Partial: partial}
}
