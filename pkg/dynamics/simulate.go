package dynamics

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// Simulate records the motion of a system. Flows are integrated by the embedded Runge-Kutta
// method of Dormand and Prince (1980), A family of embedded Runge-Kutta formulae, of order
// five, whose steps follow the tolerance.
//
// Time O(n·steps·d), memory 8·n·d bytes.
type Simulate struct {
	// Step is the time between two recorded states. Default the system's own, or 0.01 where it
	// has none. Ignored for maps, whose every state is recorded.
	Step float64

	// Transient is the time, or for maps the number of steps, that passes before the first state
	// is recorded. Default 500 times Step, or 500 steps; Zero for none; 10⁹ of them at most.
	Transient float64

	// Tolerance is the error of a step relative to 1 + |x|. Smaller values are slower. Default
	// 1e-9. Ignored for maps.
	Tolerance float64

	// Start is where the motion starts. Default the system's own.
	Start []float64
}

// Zero says that a number is zero where the zero value means the default.
const Zero = math.SmallestNonzeroFloat64

// Orbit is a recorded motion.
type Orbit struct {
	System System
	Times  []float64
	X      *mat.Dense // a state in each row, a variable in each column
}

// String returns the name of the system, and how many states were recorded over which time.
func (o *Orbit) String() string {
	n, d := o.X.Dims()
	return fmt.Sprintf("orbit of %s: %d states of %d variables, time %.6g to %.6g",
		o.System.Name, n, d, o.Times[0], o.Times[n-1])
}

// Series returns one variable as a column of its own.
func (o *Orbit) Series(variable int) *mat.VecDense {
	n, _ := o.X.Dims()
	return mat.NewVecDense(n, mat.Col(nil, variable, o.X))
}

const simulate = "dynamics.Simulate"

// Resolve returns the options with defaults filled in, for a system, or a *mat32.ParamError.
func (s Simulate) Resolve(of System) (Simulate, error) {
	fail := func(param string, value any, want string) error {
		return &mat32.ParamError{Method: simulate, Param: param, Value: value, Want: want}
	}
	if of.Map {
		s.Step = 1
	} else if s.Step == 0 {
		if s.Step = of.Step; s.Step == 0 {
			s.Step = 0.01
		}
	}
	if !(s.Step >= 1e-100 && s.Step <= 1e100) {
		return s, fail("Step", s.Step, "1e-100 ≤ Step ≤ 1e100")
	}
	if s.Transient == 0 {
		s.Transient = 500 * s.Step
	}
	if !(s.Transient >= 0 && s.Transient <= 1e9*s.Step) {
		return s, fail("Transient", s.Transient, "0 ≤ Transient ≤ 1e9·Step")
	}
	if s.Tolerance == 0 {
		s.Tolerance = 1e-9
	}
	if !(s.Tolerance >= 1e-13 && s.Tolerance <= 0.1) {
		return s, fail("Tolerance", s.Tolerance, "1e-13 ≤ Tolerance ≤ 0.1")
	}
	if s.Start == nil {
		s.Start = of.Start
	}
	if len(s.Start) != of.Dim() {
		return s, mat32.Rename(simulate, &mat32.ShapeError{
			What: "Start", Rows: 1, Cols: len(s.Start), Want: "a value for every variable of the system",
		})
	}
	for i, v := range s.Start {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return s, mat32.Rename(simulate, &mat32.NotFiniteError{Row: 0, Col: i, Value: v})
		}
	}
	return s, nil
}

// Run records n states. Errors: a *mat32.ParamError for options or a system that cannot be
// computed, a *mat32.DegenerateError where the motion leaves for infinity or the flow is so stiff
// that a million steps get hardly on, and that of ctx.
func (s Simulate) Run(ctx context.Context, of System, n int) (*Orbit, error) {
	s, err := s.Resolve(of)
	if err != nil {
		return nil, err
	}
	if n < 1 {
		return nil, &mat32.ParamError{Method: simulate, Param: "n", Value: n, Want: "1 or more"}
	}
	l, err := of.law(simulate)
	if err != nil {
		return nil, err
	}
	if err := mat32.CheckMemory(simulate, 8*int64(n)*int64(l.dim+1), 0, "record fewer states"); err != nil {
		return nil, err
	}
	m := newMover(l, s.Start, 0, s.Step/4, s.Tolerance)
	if err := m.pass(ctx, s.Transient); err != nil {
		return nil, err
	}
	o := &Orbit{System: of, Times: make([]float64, n), X: mat.NewDense(n, l.dim, nil)}
	const part = 1024
	stage := watch.Start(ctx, "simulating "+of.Name, n)
	for i := range n {
		if i > 0 {
			if err := m.advance(ctx, s.Step); err != nil {
				return nil, err
			}
		}
		o.Times[i] = float64(i) * s.Step
		o.X.SetRow(i, m.state())
		if (i+1)%part == 0 {
			stage.Add(part)
		}
	}
	stage.Add(n % part)
	return o, nil
}

// pass lets time go by, and starts the clock at its end.
func (m *mover) pass(ctx context.Context, span float64) error {
	if m.law.discrete {
		span = math.Round(span)
	}
	if span > Zero {
		if err := m.advance(ctx, span); err != nil {
			return err
		}
	}
	m.time, m.steps = 0, 0
	return nil
}
