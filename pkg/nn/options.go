package nn

import (
	"fmt"
	"math"

	"github.com/flatland-go/flatland/internal/nn"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Zero stands for exactly zero where 0 would mean the default: the smallest float64.
const Zero = math.SmallestNonzeroFloat64

// Activation is how a layer bends its values.
type Activation int

// Activations.
const (
	ReLU     Activation = iota // negative values become zero
	Tanh                       // the hyperbolic tangent
	GELU                       // times the share of the standard normal distribution below (D. Hendrycks and K. Gimpel, 2016)
	Identity                   // not at all: the layers together are linear
)

var activations = [...]struct {
	name  string
	shape nn.Shape
}{{"ReLU", nn.Rectified}, {"tanh", nn.Tanh}, {"GELU", nn.GELU}, {"identity", nn.Straight}}

// String returns the name.
func (a Activation) String() string {
	if a < 0 || int(a) >= len(activations) {
		return fmt.Sprintf("Activation(%d)", int(a))
	}
	return activations[a].name
}

// Loss is what training makes small.
type Loss int

// Losses.
const (
	AutoLoss           Loss = iota // CrossEntropy of Labels, SquaredError of Targets
	CrossEntropy                   // minus the logarithm of the probability of the label; probabilities are in proportion to the exponentials of the output
	SquaredError                   // the mean square of the output less the target
	BinaryCrossEntropy             // minus the mean logarithm of the likelihood of targets from 0 to 1, each told by a unit of its own
)

var losses = [...]string{"automatic", "cross-entropy", "squared error", "binary cross-entropy"}

// String returns the name.
func (l Loss) String() string {
	if l < 0 || int(l) >= len(losses) {
		return fmt.Sprintf("Loss(%d)", int(l))
	}
	return losses[l]
}

// Optimizer is how parameters follow the gradient.
type Optimizer int

// Optimizers.
const (
	Adam Optimizer = iota // steps of about Rate, whatever the size of the gradient (D. Kingma and J. Ba, 2015)
	SGD                   // steps of Rate times the gradient, with Nesterov's Momentum
)

var optimizers = [...]string{"Adam", "SGD"}

// String returns the name.
func (o Optimizer) String() string {
	if o < 0 || int(o) >= len(optimizers) {
		return fmt.Sprintf("Optimizer(%d)", int(o))
	}
	return optimizers[o]
}

// optimizer returns one at rest.
func (o Optimizer) optimizer(momentum float64) nn.Optimizer {
	if o == SGD {
		return &nn.Momentum{Keep: momentum}
	}
	return new(nn.Adam[float32])
}

// Schedule is how the rate changes from step to step.
type Schedule int

// Schedules.
const (
	Steady Schedule = iota // not at all: training longer begins with the shorter training
	Cosine                 // it rises over a tenth of the steps, and falls to zero along half a cosine (I. Loshchilov and F. Hutter, 2017)
)

var schedules = [...]string{"steady", "cosine"}

// String returns the name.
func (s Schedule) String() string {
	if s < 0 || int(s) >= len(schedules) {
		return fmt.Sprintf("Schedule(%d)", int(s))
	}
	return schedules[s]
}

// rate returns the share of the rate at a step of steps.
func (s Schedule) rate(step, steps int) float64 {
	if s == Cosine {
		return nn.Cosine(step, steps/10, steps)
	}
	return 1
}

// options checks fields one after the other, and keeps the first error.
type options struct {
	method string
	err    error
}

func (o *options) refuse(param string, value any, want string) {
	if o.err == nil {
		o.err = &mat32.ParamError{Method: o.method, Param: param, Value: value, Want: want}
	}
}

// check fills in a default and refuses what is not between least and most.
func check[T int | float64](o *options, param string, value *T, usual, least, most T) {
	if *value == 0 {
		*value = usual
	}
	if !(*value >= least && *value <= most) {
		o.refuse(param, *value, fmt.Sprintf("%v ≤ %s ≤ %v", least, param, most))
	}
}

// oneOf refuses what a list of names does not have.
func oneOf[T ~int](o *options, param string, value T, count int, want string) {
	if value < 0 || int(value) >= count {
		o.refuse(param, int(value), want)
	}
}

const (
	widest  = 1 << 14 // units of a layer
	deepest = 64      // hidden layers
	longest = 1 << 40 // epochs, steps, rows
)

// checkHidden refuses widths of hidden layers that are out of range.
func (o *options) checkHidden(hidden []int) {
	if len(hidden) > deepest {
		o.refuse("Hidden", len(hidden), fmt.Sprintf("at most %d layers", deepest))
	}
	for _, w := range hidden {
		if w < 1 || w > widest {
			o.refuse("Hidden", w, fmt.Sprintf("1 ≤ each of Hidden ≤ %d", widest))
		}
	}
}

// exactly returns 0 for Zero.
func exactly(v float64) float64 {
	if v == Zero {
		return 0
	}
	return v
}
