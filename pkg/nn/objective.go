package nn

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Objective is the mean loss of an MLP over all its rows, as a function of its parameters:
// what intrinsic.ObjectiveLandscape seeks in random subspaces. Parameters are those of
// MLPModel.Parameters; the loss is without L2. It belongs to one goroutine.
type Objective struct {
	lesson    *lesson
	gradients *gradients
	start     *MLPModel
	ctx       context.Context

	held   mat.Matrix
	labels []int
}

// Objective returns that of x, with the Labels or Targets of the options. It is computed in
// float32, on every core, and costs 6 operations for every row and parameter. When ctx is done,
// losses are NaN. Errors are those of Fit.
func (m MLP) Objective(ctx context.Context, x mat.Matrix) (*Objective, error) {
	l, err := m.prepare(ctx, x, true)
	if err != nil {
		return nil, err
	}
	start := l.begin()
	return &Objective{lesson: l, start: start, ctx: ctx, gradients: newGradients(start.with(slices.Clone(start.values)).net(), l.rows, len(l.known), l.loss), held: x, labels: m.Labels}, nil
}

// Hold returns the objective with its score, the accuracy, taken on other rows. Errors are those of
// MLPModel.Accuracy, and *mat32.ParamError where the objective has Targets.
func (o *Objective) Hold(x mat.Matrix, labels []int) (*Objective, error) {
	if o.lesson.Labels == nil {
		return nil, &mat32.ParamError{Method: mlp, Param: "Targets", Value: "given", Want: "Labels, for a score on other rows"}
	}
	if _, err := o.start.Accuracy(o.ctx, x, labels); err != nil {
		return nil, err
	}
	held := *o
	held.held, held.labels = x, labels
	return &held, nil
}

// Parameters returns their number.
func (o *Objective) Parameters() int { return len(o.start.values) }

// Start returns the parameters that Fit begins with.
func (o *Objective) Start() []float64 { return o.start.Parameters() }

// Model returns the network with the given parameters. Errors are those of
// MLPModel.WithParameters.
func (o *Objective) Model(parameters []float64) (*MLPModel, error) {
	return o.start.WithParameters(parameters)
}

// Loss returns the loss at parameters and fills gradient, of as many values, with its
// derivatives. It is NaN where float32 cannot hold the parameters, and where either has another
// length than there are parameters.
func (o *Objective) Loss(gradient, parameters []float64) float64 {
	net := o.gradients.nets[0]
	if len(parameters) != len(net.Values) || len(gradient) != len(net.Values) {
		return math.NaN()
	}
	for i, v := range parameters {
		net.Values[i] = float32(v)
	}
	loss, count, err := o.gradients.find(o.ctx, o.lesson.known)
	if err != nil {
		return math.NaN()
	}
	for i, v := range o.gradients.gather(0, len(net.Values), count, len(o.lesson.known)) {
		gradient[i] = float64(v)
	}
	clear(net.Slopes)
	return loss
}

// Score returns the accuracy with the given parameters, on the rows of Hold or its own, and for Targets
// e^−loss; 0 where float32 cannot hold them.
func (o *Objective) Score(parameters []float64) float64 {
	if o.labels == nil {
		if loss := o.Loss(make([]float64, len(parameters)), parameters); loss == loss {
			return math.Exp(-loss)
		}
		return 0
	}
	m, err := o.Model(parameters)
	if err != nil {
		return 0
	}
	share, err := m.Accuracy(o.ctx, o.held, o.labels)
	if err != nil {
		return 0
	}
	return share
}

// GradientError compares the gradient of a loss with finite differences, at given parameters:
// it returns the length of the difference of the two along count random directions, over that of
// the gradient along them. Values of float32 losses are around 0.001 for a step of 0.01, and near
// 1 for a gradient that is wrong. It costs 2·count losses.
//
// Errors: *mat32.ShapeError for another number of parameters, *mat32.ParamError for a step or a count
// that is not above 0, and *mat32.DegenerateError where the loss or its gradient is not finite, or
// the gradient is zero.
func GradientError(objective interface {
	Parameters() int
	Loss(gradient, parameters []float64) float64
}, at []float64, step float64, count int, seed uint64) (float64, error) {
	const method = "nn.GradientError"
	n := objective.Parameters()
	switch {
	case len(at) != n || n == 0:
		return 0, fmt.Errorf("%s: %w", method, &mat32.ShapeError{What: "at", Rows: 1, Cols: len(at), Want: fmt.Sprintf("%d parameters, and at least one", n)})
	case !(step > 0 && step <= 1e6):
		return 0, &mat32.ParamError{Method: method, Param: "step", Value: step, Want: "0 < step ≤ 1e6"}
	case count < 1:
		return 0, &mat32.ParamError{Method: method, Param: "count", Value: count, Want: "1 or more"}
	}
	gradient, spare, there, way := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	objective.Loss(gradient, at)
	var missed, all float64
	for k := range count {
		s := rng.New(seed, method, k)
		length := 0.
		for j := range way {
			way[j] = s.Normal()
			length += way[j] * way[j]
		}
		want, side := 0., [2]float64{}
		for j := range way {
			way[j] /= math.Sqrt(length)
			want += way[j] * gradient[j]
		}
		for t, sign := range []float64{1, -1} {
			for j, v := range at {
				there[j] = v + sign*step*way[j]
			}
			side[t] = objective.Loss(spare, there)
		}
		got := (side[0] - side[1]) / (2 * step)
		missed += (got - want) * (got - want)
		all += want * want
	}
	if !(missed <= math.MaxFloat64 && all > 0) {
		return 0, &mat32.DegenerateError{Method: method, Reason: "the loss or its gradient is not finite there, or the gradient is zero"}
	}
	return math.Sqrt(missed / all), nil
}
