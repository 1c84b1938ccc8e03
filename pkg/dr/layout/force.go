package layout

import "math"

// Force is a force between two points of a map along the line between them: what
// their difference is multiplied by, a function of their squared distance. It is
// tabulated, linear between 64 points an octave, so that a force costs the same
// whatever its formula: about a ten-thousandth of it is lost. It never changes, and is
// safe for concurrent use.
type Force struct {
	curve
	clip  float32 // the largest component of a force
	below float32 // squared distances from this on have no force as large
}

// curve is a function of a squared distance, as a float32: the upper bits of one number
// its cell.
type curve struct{ cells *[curveCells]curveCell }

type curveCell struct{ value, slope float32 }

const (
	curveShift = 23 - 6
	curveCells = 1 << (31 - curveShift)
)

// NewForce returns the force that multiplies differences by f of the squared distance,
// and of which no component is larger than clip, above 0 and finite or +Inf. Values of f
// beyond float32 count as its largest.
func NewForce(f func(squared float64) float64, clip float64) *Force {
	force := &Force{curve: newCurve(f), clip: float32(min(clip, math.MaxFloat32))}
	const numbers = 0xFF << (23 - curveShift) // cells of numbers
	for c := numbers - 2; c >= 0 && force.below == 0; c-- {
		end := curveStart(c + 1)
		if v := max(absolute(force.cells[c].value), absolute(force.cells[c+1].value)); float64(v)*math.Sqrt(float64(end)) > clip {
			force.below = end
		}
	}
	return force
}

// newCurve tabulates f, which is taken as constant below and above these.
func newCurve(f func(squared float64) float64) curve {
	const (
		lowest, highest = 1e-30, 1e30
		bound           = math.MaxFloat32 / 4
	)
	c := curve{new([curveCells]curveCell)}
	at := 0.
	for cell := range curveCells {
		p := &c.cells[cell]
		s := highest // beyond all numbers too
		if start := float64(curveStart(cell)); start < highest {
			s = max(start, lowest)
		}
		if s == at {
			p.value = c.cells[cell-1].value
			continue
		}
		at = s
		p.value = float32(min(max(f(s), -bound), bound))
		if cell > 0 {
			last := &c.cells[cell-1]
			last.slope = (p.value - last.value) * (1. / (1 << curveShift))
		}
	}
	return c
}

// curveStart returns where a cell begins.
func curveStart(cell int) float32 { return math.Float32frombits(uint32(cell) << curveShift) }

// at returns the function at a squared distance of 0 or more.
func (c curve) at(squared float32) float32 {
	b := math.Float32bits(squared)
	p := &c.cells[(b>>curveShift)&(curveCells-1)]
	return p.value + p.slope*float32(int32(b&(1<<curveShift-1)))
}

// At returns what the force multiplies differences by at a squared distance, before it
// is clipped.
func (f *Force) At(squared float32) float32 { return f.at(squared) }

// limit clips one component of a force.
func (f *Force) limit(v float32) float32 {
	if v > f.clip {
		return f.clip
	}
	if v < -f.clip {
		return -f.clip
	}
	return v
}

func absolute(v float32) float32 { return math.Float32frombits(math.Float32bits(v) &^ (1 << 31)) }

// UMAPForces returns the forces of UMAP for the curve v = 1/(1+a·d^(2b)): the pull of
// two points that are joined is the gradient of log v, and the push of two that are not
// that of strength·log(1−v), at a squared distance that is 0.001 more. Their components
// are at most 4.
//
// Source: L. McInnes, J. Healy and J. Melville (2018), UMAP: Uniform manifold
// approximation and projection for dimension reduction.
func UMAPForces(a, b, strength float64) (pull, push *Force) {
	const clip = 4
	pull = NewForce(func(s float64) float64 {
		p := math.Pow(s, b)
		return -2 * a * b * p / (s * (1 + a*p))
	}, clip)
	push = NewForce(func(s float64) float64 {
		return 2 * strength * b / ((umapCore + s) * (1 + a*math.Pow(s, b)))
	}, clip)
	return pull, push
}

// umapCore is added to squared distances, so that no push is infinite.
const umapCore = 0.001
