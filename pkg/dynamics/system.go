package dynamics

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// System is a law of motion: a flow, whose state x changes at the rate dx/dt = f(x), or a map,
// whose next state is f(x).
//
// A law that is a polynomial is given by its Equations alone: they are what is computed, and so
// are their derivatives. Any other has a Rate, and Equations for reading.
type System struct {
	Name string

	// Variables names the coordinates of the state, a letter each: "xyz".
	Variables string

	// Equations holds the right-hand side for each variable. A polynomial is a sum of terms
	// "2.5axy" or "−x²", products of a number, letters of Parameters and of Variables, and
	// powers ² or ³ of these.
	Equations []string

	Parameters []Parameter

	// Map says that the law gives the next state; otherwise it gives the rate of change.
	Map bool

	// Rate writes f(x) to dst, for parameters p. Nil where Equations are polynomials.
	Rate func(p, x, dst []float64)

	// Jacobian writes the derivatives of f, row after row one of its components, to dst, which
	// holds zeros. Nil with a Rate means central differences.
	Jacobian func(p, x, dst []float64)

	// Start is a state in the basin of the attractor.
	Start []float64

	// Step is the time between two recorded states that draws a smooth curve, some fiftieth of
	// the dominant period; 0 for maps.
	Step float64

	Known Invariants
}

// Parameter is a constant of a law, named by a letter where the law is a polynomial.
type Parameter struct {
	Name  string
	Value float64
}

// Invariants are what is published about a system at its own parameters; what is zero or nil is
// not.
type Invariants struct {
	Lyapunov    []float64 // the spectrum of exponents, per unit of time or per step, the largest first
	KaplanYorke float64   // the dimension by Kaplan and Yorke
	Correlation float64   // the correlation dimension
	Source      string
}

// Dim returns the number of variables.
func (s System) Dim() int { return len(s.Start) }

// With returns the system with another value of a parameter; what is known is then unknown. The
// error is a *mat32.ParamError where there is no such parameter, or the value is not finite.
func (s System) With(parameter string, value float64) (System, error) {
	i := slices.IndexFunc(s.Parameters, func(p Parameter) bool { return p.Name == parameter })
	if i < 0 {
		names := make([]string, len(s.Parameters))
		for j, p := range s.Parameters {
			names[j] = p.Name
		}
		return System{}, &mat32.ParamError{
			Method: "dynamics.System.With", Param: "parameter", Value: parameter, Want: "one of " + strings.Join(names, ", "),
		}
	}
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return System{}, &mat32.ParamError{
			Method: "dynamics.System.With", Param: parameter, Value: value, Want: "a finite number",
		}
	}
	s.Parameters = slices.Clone(s.Parameters)
	s.Parameters[i].Value = value
	s.Known = Invariants{}
	return s, nil
}

// String returns the name, the equations and the parameters.
func (s System) String() string {
	var b strings.Builder
	b.WriteString(s.Name)
	for i, e := range s.Equations {
		v := "?"
		if letters := []rune(s.Variables); i < len(letters) {
			v = string(letters[i])
		}
		if s.Map {
			fmt.Fprintf(&b, "\n  %s ← %s", v, e)
		} else {
			fmt.Fprintf(&b, "\n  d%s/dt = %s", v, e)
		}
	}
	for i, p := range s.Parameters {
		sep := ", "
		if i == 0 {
			sep = "\n  "
		}
		fmt.Fprintf(&b, "%s%s = %.6g", sep, p.Name, p.Value)
	}
	return b.String()
}

// law is a system made ready to be computed.
type law struct {
	method   string // that it is made for
	name     string
	dim      int
	discrete bool
	rate     func(x, dst []float64)
	jacobian func(x, dst []float64) // writes all of dst
}

const mostVariables = 4096

// law checks the system and makes it ready.
func (s System) law(method string) (*law, error) {
	fail := func(param string, value any, want string) error {
		return &mat32.ParamError{Method: method, Param: "System." + param, Value: value, Want: want}
	}
	d := s.Dim()
	if d < 1 || d > mostVariables {
		return nil, fail("Start", fmt.Sprintf("%d values", d),
			fmt.Sprintf("1 to %d, one for each variable", mostVariables))
	}
	for _, v := range s.Start {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fail("Start", s.Start, "finite values")
		}
	}
	l := &law{method: method, name: s.Name, dim: d, discrete: s.Map}
	if s.Rate == nil {
		p, err := polynomialOf(s)
		if err != nil {
			return nil, fail("Equations", strings.Join(s.Equations, "; "), err.Error())
		}
		l.rate, l.jacobian = p.rate, p.jacobian
		return l, nil
	}
	p := make([]float64, len(s.Parameters))
	for i := range p {
		p[i] = s.Parameters[i].Value
	}
	l.rate = func(x, dst []float64) { s.Rate(p, x, dst) }
	if s.Jacobian == nil {
		l.jacobian = differences(l.rate, d)
		return l, nil
	}
	l.jacobian = func(x, dst []float64) {
		clear(dst)
		s.Jacobian(p, x, dst)
	}
	return l, nil
}

// differences returns the Jacobian of f by central differences, of steps that lose a third of
// the digits.
func differences(f func(x, dst []float64), d int) func(x, dst []float64) {
	at, ahead, behind := make([]float64, d), make([]float64, d), make([]float64, d)
	return func(x, dst []float64) {
		copy(at, x)
		for j, v := range x {
			h := 6e-6 * math.Max(math.Abs(v), 1)
			at[j] = v + h
			f(at, ahead)
			at[j] = v - h
			f(at, behind)
			at[j] = v
			for i := range ahead {
				dst[i*d+j] = (ahead[i] - behind[i]) / (2 * h)
			}
		}
	}
}
