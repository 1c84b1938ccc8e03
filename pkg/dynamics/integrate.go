package dynamics

import (
	"context"
	"fmt"
	"math"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// mover carries a state, and tangent vectors with it, along a law.
//
// Flows are integrated by the method of Dormand and Prince (1980), A family of embedded
// Runge-Kutta formulae: fifth order, with an error estimate of fourth order that sets the
// steps. Tangent vectors obey dv/dt = J(x)v, and are carried by the same steps and stages.
type mover struct {
	law       *law
	tolerance float64 // of a step, relative to 1 + |x|; 0 for steps of equal size
	step      float64 // the next step to try, or the step
	least     float64 // the time that patience steps must cover
	covered   float64 // by those since it was asked last
	vectors   int

	y     []float64 // the state, then the tangent vectors, one after the other
	time  float64
	steps int

	jacobian []float64
	stages   [7][]float64
	next     []float64
	fresh    bool // stages[0] holds the rate at y
}

// patience is how many steps in a row may cover less than the first that is tried: where steps
// must be so short for so long, the law is too stiff for a method of explicit stages.
const patience = 1 << 20

func newMover(l *law, start []float64, vectors int, step, tolerance float64) *mover {
	m := &mover{law: l, tolerance: tolerance, step: step, least: step, vectors: vectors, jacobian: make([]float64, l.dim*l.dim)}
	size := l.dim * (1 + vectors)
	m.y = make([]float64, size)
	m.next = make([]float64, size)
	for i := range m.stages {
		m.stages[i] = make([]float64, size)
	}
	copy(m.y, start)
	// In no direction that the law keeps: from such a subspace tangent vectors never turn to
	// those beside it.
	random := rng.New(0, "dynamics/tangents", 0)
	for i := l.dim; i < size; i++ {
		m.y[i] = random.Normal()
	}
	_ = m.orthogonalize(make([]float64, vectors)) // normal numbers: none is too long
	return m
}

func (m *mover) state() []float64 { return m.y[:m.law.dim] }

// tangent returns vector v.
func (m *mover) tangent(v int) []float64 { return m.y[m.law.dim*(1+v):][:m.law.dim] }

// rate writes f(x), and J(x)v for every tangent vector, to dst.
func (m *mover) rate(y, dst []float64) {
	d := m.law.dim
	m.law.rate(y[:d], dst[:d])
	if m.vectors == 0 {
		return
	}
	m.law.jacobian(y[:d], m.jacobian)
	for v := 1; v <= m.vectors; v++ {
		from, to := y[v*d:(v+1)*d], dst[v*d:(v+1)*d]
		for i := range to {
			sum := 0.0
			for j, a := range m.jacobian[i*d : (i+1)*d] {
				sum += a * from[j]
			}
			to[i] = sum
		}
	}
}

// The coefficients of Dormand and Prince: what of earlier stages a stage stands on, and the
// difference of both orders.
var (
	dormand = [7][6]float64{
		{},
		{1. / 5},
		{3. / 40, 9. / 40},
		{44. / 45, -56. / 15, 32. / 9},
		{19372. / 6561, -25360. / 2187, 64448. / 6561, -212. / 729},
		{9017. / 3168, -355. / 33, 46732. / 5247, 49. / 176, -5103. / 18656},
		{35. / 384, 0, 500. / 1113, 125. / 192, -2187. / 6784, 11. / 84},
	}
	dormandError = [7]float64{71. / 57600, 0, -71. / 16695, 71. / 1920, -17253. / 339200, 22. / 525, -1. / 40}
)

// stage writes y + h·Σ aⱼ·kⱼ to dst, of the stages before s.
func (m *mover) stage(s int, h float64, dst []float64) {
	a, k := &dormand[s], &m.stages
	switch s {
	case 1:
		for i, y := range m.y {
			dst[i] = y + h*a[0]*k[0][i]
		}
	case 2:
		for i, y := range m.y {
			dst[i] = y + h*(a[0]*k[0][i]+a[1]*k[1][i])
		}
	case 3:
		for i, y := range m.y {
			dst[i] = y + h*(a[0]*k[0][i]+a[1]*k[1][i]+a[2]*k[2][i])
		}
	case 4:
		for i, y := range m.y {
			dst[i] = y + h*(a[0]*k[0][i]+a[1]*k[1][i]+a[2]*k[2][i]+a[3]*k[3][i])
		}
	case 5:
		for i, y := range m.y {
			dst[i] = y + h*(a[0]*k[0][i]+a[1]*k[1][i]+a[2]*k[2][i]+a[3]*k[3][i]+a[4]*k[4][i])
		}
	case 6:
		for i, y := range m.y {
			dst[i] = y + h*(a[0]*k[0][i]+a[2]*k[2][i]+a[3]*k[3][i]+a[4]*k[4][i]+a[5]*k[5][i])
		}
	}
}

// try takes one step of h to m.next, and returns its error relative to the tolerance.
func (m *mover) try(h float64) float64 {
	if !m.fresh {
		m.rate(m.y, m.stages[0])
		m.fresh = true
	}
	for s := 1; s <= 6; s++ {
		m.stage(s, h, m.next)
		m.rate(m.next, m.stages[s])
	}
	if m.tolerance == 0 {
		return 0
	}
	worst := 0.0
	// The error of the state alone sets the step: tangent vectors grow as they must.
	for i := range m.law.dim {
		e := 0.0
		for s, c := range dormandError {
			e += c * m.stages[s][i]
		}
		e = math.Abs(h*e) / (m.tolerance * (1 + math.Max(math.Abs(m.y[i]), math.Abs(m.next[i]))))
		if !(e <= worst) {
			worst = e
		}
	}
	return worst
}

// accept makes the step tried the state.
func (m *mover) accept(h float64) {
	m.y, m.next = m.next, m.y
	m.stages[0], m.stages[6] = m.stages[6], m.stages[0] // the last stage stands at the new state
	m.time += h
	m.steps++
}

// changed says that y was written to, so that the rate kept is not that at y.
func (m *mover) changed() { m.fresh = false }

// advance moves a flow by a span of time, or a map by one step for each unit of it. The error
// says where the orbit left for infinity or the steps became too many, or is that of ctx.
func (m *mover) advance(ctx context.Context, span float64) error {
	if m.law.discrete {
		for range int(math.Round(span)) {
			m.iterate()
			if m.steps&1023 == 0 {
				if err := ctx.Err(); err != nil {
					return err
				}
			}
		}
		return m.check()
	}
	for left := span; left > 0; {
		if m.steps&255 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := m.check(); err != nil {
				return err
			}
		}
		h := m.step
		last := h >= left*(1-1e-9) // what is left of a span by rounding is no step
		if last {
			h = left
		}
		worst := m.try(h)
		if m.tolerance > 0 {
			if !(worst <= 1) {
				if m.step = h * math.Max(0.2, 0.9*math.Pow(worst, -0.2)); !(m.step > 1e-14*(1+math.Abs(m.time))) {
					return m.lost()
				}
				if math.IsNaN(worst) || math.IsInf(worst, 0) {
					m.step = h / 10
				}
				continue
			}
			grown := h * math.Min(5, 0.9*math.Pow(math.Max(worst, 1e-6), -0.2))
			if !last || grown < m.step {
				m.step = grown
			}
		}
		m.accept(h)
		if m.covered += h; m.steps%patience == 0 {
			if m.covered < m.least {
				return m.stuck()
			}
			m.covered = 0
		}
		if left -= h; last {
			left = 0
		}
	}
	return m.check()
}

// iterate moves a map by one step.
func (m *mover) iterate() {
	m.rate(m.y, m.next)
	m.y, m.next = m.next, m.y
	m.time++
	m.steps++
}

func (m *mover) check() error {
	for _, v := range m.state() {
		if !(math.Abs(v) < 1e12) {
			return m.lost()
		}
	}
	return nil
}

func (m *mover) stuck() error {
	return &mat32.DegenerateError{Method: m.law.method, Reason: fmt.Sprintf(
		"%d steps of %s at time %.6g cover less than a time of %.3g: the system is too stiff for this method, or the Step too long",
		patience, m.law.name, m.time, m.least)}
}

func (m *mover) lost() error {
	return &mat32.DegenerateError{Method: m.law.method, Reason: fmt.Sprintf(
		"the orbit of %s leaves for infinity, or its step for nothing, at time %.6g: another start or other parameters are needed",
		m.law.name, m.time)}
}
