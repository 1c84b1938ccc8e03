package dynamics

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// LyapunovSpectrum measures how fast neighbouring states part, direction after direction, from
// the equations: tangent vectors are carried along the orbit by the derivatives of the law, and
// made orthogonal again before they align; the exponents are the means of the logarithms of
// what they are stretched by (Benettin, Galgani, Giorgilli and Strelcyn, 1980, Lyapunov
// characteristic exponents for smooth dynamical systems and for Hamiltonian systems; Shimada
// and Nagashima, 1979, A numerical approach to ergodic problem of dissipative dynamical
// systems).
//
// Tangent vectors are integrated with the state, stage by stage, and the steps are of one size
// unless a Tolerance is given. Time O(Steps·d²·Count), memory O(d²).
type LyapunovSpectrum struct {
	// Count is how many exponents are measured, the largest first. Default all.
	Count int

	// Steps is how many steps of integration, or of the map, are averaged over. More are more
	// exact: the error falls as one over the root. Default 100 000.
	Steps int

	// Step is the time of one step. Default half the system's Step, or 0.01 where it has none.
	// Ignored for maps.
	Step float64

	// Tolerance, when given, is the error of a step relative to 1 + |x|, as of Simulate: a Step
	// is then the most that one is split from.
	Tolerance float64

	// Interval is after how many steps the vectors are made orthogonal again. Default 10, and 1
	// for maps.
	Interval int

	// Transient is how many steps pass before the vectors are measured, while they turn to their
	// directions. Default 5000.
	Transient int

	// Start is where the motion starts. Default the system's own.
	Start []float64
}

// Spectrum is a measured spectrum of exponents.
type Spectrum struct {
	System    string
	Exponents []float64 // per unit of time, or per step of a map, the largest first; natural logarithms
	StdErr    []float64 // by the means of twenty parts of the orbit; NaN for −∞
	Time      float64   // over which they are means

	// Running holds the estimates as they stood after each of Times.
	Times   []float64
	Running [][]float64

	all bool
}

const (
	lyapunovSpectrum = "dynamics.LyapunovSpectrum"

	parts = 20 // of an orbit, for the error
)

// Resolve returns the options with defaults filled in, for a system, or a *mat32.ParamError.
func (s LyapunovSpectrum) Resolve(of System) (LyapunovSpectrum, error) {
	fail := func(param string, value any, want string) error {
		return &mat32.ParamError{Method: lyapunovSpectrum, Param: param, Value: value, Want: want}
	}
	d := of.Dim()
	if s.Count == 0 {
		s.Count = d
	}
	if s.Count < 1 || s.Count > d {
		return s, fail("Count", s.Count, fmt.Sprintf("1 ≤ Count ≤ d = %d", d))
	}
	if s.Steps == 0 {
		s.Steps = 100000
	}
	if s.Steps < 100 || s.Steps > 1e9 {
		return s, fail("Steps", s.Steps, "100 ≤ Steps ≤ 1e9")
	}
	if of.Map {
		s.Step = 1
	} else if s.Step == 0 {
		if s.Step = of.Step / 2; s.Step == 0 {
			s.Step = 0.01
		}
	}
	if !(s.Step >= 1e-100 && s.Step <= 1e100) {
		return s, fail("Step", s.Step, "1e-100 ≤ Step ≤ 1e100")
	}
	if s.Tolerance != 0 && !(s.Tolerance >= 1e-13 && s.Tolerance <= 0.1) {
		return s, fail("Tolerance", s.Tolerance, "1e-13 ≤ Tolerance ≤ 0.1, or 0 for steps of equal size")
	}
	if s.Interval == 0 {
		s.Interval = 10
		if of.Map {
			s.Interval = 1
		}
	}
	if s.Interval < 1 || s.Interval > s.Steps/20 {
		return s, fail("Interval", s.Interval, fmt.Sprintf("1 ≤ Interval ≤ Steps/20 = %d", s.Steps/20))
	}
	if s.Transient == 0 {
		s.Transient = 5000
	}
	if s.Transient < 1 || s.Transient > 1e9 {
		return s, fail("Transient", s.Transient, "1 ≤ Transient ≤ 1e9")
	}
	simulated, err := Simulate{Step: s.Step, Start: s.Start}.Resolve(of)
	if err != nil {
		return s, mat32.Rename(lyapunovSpectrum, err)
	}
	s.Start = simulated.Start
	return s, nil
}

// Of measures a system. Errors: a *mat32.ParamError for options or a system that cannot be
// computed, a *mat32.DegenerateError where the motion leaves for infinity or, with a Tolerance, is
// too stiff, as of Simulate, and that of ctx.
func (s LyapunovSpectrum) Of(ctx context.Context, of System) (*Spectrum, error) {
	s, err := s.Resolve(of)
	if err != nil {
		return nil, err
	}
	l, err := of.law(lyapunovSpectrum)
	if err != nil {
		return nil, err
	}
	m := newMover(l, s.Start, s.Count, s.Step, s.Tolerance)
	grown := make([]float64, s.Count)
	segment := s.Step * float64(s.Interval)
	for done := 0; done < s.Transient; done += s.Interval {
		if err := m.advance(ctx, segment); err != nil {
			return nil, err
		}
		if err := m.orthogonalize(grown); err != nil {
			return nil, err
		}
	}
	clear(grown)
	m.time = 0

	segments := (s.Steps + s.Interval - 1) / s.Interval
	const shown = 200
	out := &Spectrum{System: of.Name, all: s.Count == l.dim}
	part, before := make([]float64, s.Count), make([]float64, s.Count)
	var means [parts][]float64
	stage := watch.Start(ctx, "Lyapunov spectrum of "+of.Name, segments)
	last, lastPart := 0, 0
	for i := 1; i <= segments; i++ {
		if err := m.advance(ctx, segment); err != nil {
			return nil, err
		}
		if err := m.orthogonalize(grown); err != nil {
			return nil, err
		}
		time := float64(i) * segment
		if i*parts/segments > (i-1)*parts/segments {
			p := i*parts/segments - 1
			for v, g := range grown {
				part[v] = (g - before[v]) / (float64(i-lastPart) * segment)
			}
			copy(before, grown)
			means[p], lastPart = append([]float64(nil), part...), i
		}
		if i*shown/segments > (i-1)*shown/segments {
			now := make([]float64, s.Count)
			for v, g := range grown {
				now[v] = g / time
			}
			out.Times, out.Running = append(out.Times, time), append(out.Running, now)
			stage.Add(i - last)
			last = i
		}
	}
	out.Time = float64(segments) * segment
	out.Exponents, out.StdErr = make([]float64, s.Count), make([]float64, s.Count)
	for v, g := range grown {
		mean, squares := g/out.Time, 0.0
		for _, p := range means {
			squares += (p[v] - mean) * (p[v] - mean)
		}
		out.Exponents[v], out.StdErr[v] = mean, math.Sqrt(squares/(parts-1)/parts)
	}
	out.sort()
	return out, nil
}

// sort puts the largest exponent first: those that hardly differ may come in any order.
func (s *Spectrum) sort() {
	order := make([]int, len(s.Exponents))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(s.Exponents[b], s.Exponents[a]) })
	sorted := func(values []float64) []float64 {
		out := make([]float64, len(values))
		for to, from := range order {
			out[to] = values[from]
		}
		return out
	}
	s.Exponents, s.StdErr = sorted(s.Exponents), sorted(s.StdErr)
	for i, r := range s.Running {
		s.Running[i] = sorted(r)
	}
}

// orthogonalize makes the tangent vectors orthonormal, each by those before it, and adds the
// logarithms of their lengths. One that vanished stays nothing: its exponent is −∞. The error
// says that one has become too long for a number.
func (m *mover) orthogonalize(grown []float64) error {
	for v := range m.vectors {
		a := m.tangent(v)
		// Twice is enough for vectors that nearly align.
		for range 2 {
			for u := range v {
				b := m.tangent(u)
				dot := 0.0
				for i := range a {
					dot += a[i] * b[i]
				}
				for i := range a {
					a[i] -= dot * b[i]
				}
			}
		}
		squares := 0.0
		for _, c := range a {
			squares += c * c
		}
		norm := math.Sqrt(squares)
		if !(norm < math.MaxFloat64) {
			return &mat32.DegenerateError{Method: m.law.method, Reason: fmt.Sprintf(
				"the tangent vectors of %s grow beyond all numbers by time %.6g: a smaller Step or Interval is needed",
				m.law.name, m.time)}
		}
		grown[v] += math.Log(norm)
		if norm > 0 {
			for i := range a {
				a[i] /= norm
			}
		}
	}
	m.changed()
	return nil
}

// KaplanYorke returns the dimension of the attractor by the spectrum. NaN where not all
// exponents were measured and those there do not reach it.
func (s *Spectrum) KaplanYorke() float64 {
	d, reached := kaplanYorke(s.Exponents)
	if !reached && !s.all {
		return math.NaN()
	}
	return d
}

// Entropy returns the sum of the positive exponents, which by Pesin's formula is the entropy
// that the motion makes, in nats per unit of time.
func (s *Spectrum) Entropy() float64 {
	sum := 0.0
	for _, e := range s.Exponents {
		sum += math.Max(e, 0)
	}
	return sum
}

// String returns a small table.
func (s *Spectrum) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Lyapunov exponents of %s", s.System)
	for i, e := range s.Exponents {
		if i == 12 {
			fmt.Fprintf(&b, "\n  and %d more", len(s.Exponents)-i)
			break
		}
		fmt.Fprintf(&b, "\n  %9.4f ± %.4f", e, s.StdErr[i])
	}
	if d := s.KaplanYorke(); !math.IsNaN(d) {
		fmt.Fprintf(&b, "\n  Kaplan–Yorke dimension  %.4f", d)
	}
	fmt.Fprintf(&b, "\n  convention  natural logarithms, mean over a time of %.6g, errors by %d parts of it", s.Time, parts)
	return b.String()
}
