package dr

import (
	"context"
	"math"

	"github.com/flatland-go/flatland/internal/kernel"
)

// shooting seeks the geodesic from a point that ends nearest to another: the least
// squares of what it misses by, over initial covectors in the plane of the point, by the
// method of Levenberg and Marquardt.
type shooting struct {
	flow *geodesicFlow
	from []float64 // d
	axes []float64 // k × d: the plane there, orthonormal rows

	covector  []float64 // d, of the coordinates that are tried
	end, miss []float64 // d: where the geodesic ends, and what from there to the target
	low       []float64 // d
	jacobian  []float64 // k × d: the derivatives of the end
	turn      []float64 // k × k: orthonormal rows, the first along the coordinates
	normal    []float64 // k × k: of the least squares
	step, try []float64 // k
}

// shot is what was found.
type shot struct {
	miss      float64 // how far from the target the geodesic ends
	converged bool
	strayed   bool // it leads where the field has no plane
}

const (
	// differences of coordinates, in bandwidths, that derivatives are taken by.
	differenceInBandwidths = 1e-4

	// centralInBandwidths is the change of coordinates from which on differences are
	// central: before, half as many will do.
	centralInBandwidths = .03

	// leapInBandwidths is the largest change of coordinates at once.
	leapInBandwidths = 3
)

func newShooting(f *localPlanes, from, axes []float64) *shooting {
	d, k := len(from), f.k
	s := &shooting{flow: newGeodesicFlow(f), from: from, axes: axes, jacobian: make([]float64, k*d), turn: make([]float64, k*k)}
	for _, v := range []*[]float64{&s.covector, &s.end, &s.miss, &s.low} {
		*v = make([]float64, d)
	}
	s.normal, s.step, s.try = make([]float64, k*k), make([]float64, k), make([]float64, k)
	return s
}

// fly goes the geodesic of coordinates z, in the given number of steps.
func (s *shooting) fly(ctx context.Context, z []float64, steps int) {
	d := len(s.from)
	clear(s.covector)
	for a, v := range z {
		kernel.Axpy64(v, s.axes[a*d:(a+1)*d], s.covector)
	}
	s.flow.start(s.from, s.covector)
	s.flow.run(ctx, 1, steps)
}

// toward replaces coordinates z by those of the geodesic that ends nearest to the target,
// begun at z. It has converged where a step is shorter than tolerance.
func (s *shooting) toward(ctx context.Context, target, z []float64, tolerance float64, iterations int) shot {
	d, k := len(s.from), len(z)
	f := s.flow.plane.of
	bandwidth := f.radius / supportInBandwidths
	var best shot
	steps := f.stepsFor(norm(z))
	s.fly(ctx, z, steps)
	record := func() {
		copy(s.end, s.flow.x)
		for j, v := range target {
			s.miss[j] = v - s.end[j]
		}
		best.miss, best.strayed = norm(s.miss), s.flow.outside > 0
	}
	record()
	damping, last := 0., math.Inf(1) // the last change of the coordinates
	for range iterations {
		s.differentiate(ctx, z, steps, differenceInBandwidths*bandwidth, last <= centralInBandwidths*bandwidth)
		if ctx.Err() != nil {
			return best
		}
		largest := 0.
		for a := range k {
			largest = max(largest, kernel.Dot64(s.jacobian[a*d:(a+1)*d], s.jacobian[a*d:(a+1)*d]))
		}
		for {
			for a := range k {
				for b := range a + 1 {
					s.normal[a*k+b] = kernel.Dot64(s.jacobian[a*d:(a+1)*d], s.jacobian[b*d:(b+1)*d])
				}
				s.normal[a*k+a] += damping * largest
				s.step[a] = kernel.Dot64(s.jacobian[a*d:(a+1)*d], s.miss)
			}
			if largest == 0 || !factorize(s.normal, k, 1e-14*largest) {
				return best
			}
			solveFactor(s.normal, k, s.step)
			size := norm(s.step)
			if !(size <= math.MaxFloat64) {
				return best
			}
			if size <= tolerance {
				best.converged = damping <= 1e-2 // else it is the damping that makes it short
				return best
			}
			if most := leapInBandwidths * bandwidth; size > most {
				kernel.Scal64(most/size, s.step)
				size = most
			}
			copy(s.try, z)
			kernel.Axpy64(1, s.step, s.try)
			length := norm(s.try)
			if length > longestGeodesic*bandwidth {
				return best
			}
			steps = f.stepsFor(length)
			s.fly(ctx, s.try, steps)
			if ctx.Err() != nil {
				return best
			}
			if distance := math.Sqrt(kernel.SquaredDistance64(s.flow.x, target)); distance < best.miss || distance <= best.miss*(1+1e-12) && size <= 1e3*tolerance {
				copy(z, s.try)
				record()
				// Steps shrink by a share: so far are those that would follow.
				if share := size / last; damping == 0 && 0 < share && share < .3 && size*share/(1-share) <= tolerance {
					best.converged = true
					return best
				}
				if last, damping = size, damping/8; damping < 1e-6 {
					damping = 0
				}
				break
			}
			if damping = max(8*damping, 1e-3); damping > 1e6 {
				return best
			}
		}
	}
	return best
}

// differentiate fills the jacobian at coordinates z, where the flow has just ended.
//
// The derivative along z is known: a geodesic of a longer covector goes the same way and
// farther. Others are differences, central or not.
func (s *shooting) differentiate(ctx context.Context, z []float64, steps int, by float64, central bool) {
	d, k := len(s.from), len(z)
	clear(s.turn)
	length := norm(z)
	first := 0
	if length > 100*by {
		first = 1
		reflection(z, length, s.turn)
		copy(s.low, s.flow.dx[0])
	} else {
		for a := range k {
			s.turn[a*k+a] = 1
		}
	}
	clear(s.jacobian)
	if first == 1 {
		for a := range k {
			kernel.Axpy64(s.turn[a]/length, s.low, s.jacobian[a*d:(a+1)*d])
		}
	}
	for c := first; c < k; c++ {
		axis := s.turn[c*k : (c+1)*k]
		copy(s.low, s.end)
		width := by
		if central {
			copy(s.try, z)
			kernel.Axpy64(-by, axis, s.try)
			s.fly(ctx, s.try, steps)
			copy(s.low, s.flow.x)
			width = 2 * by
		}
		copy(s.try, z)
		kernel.Axpy64(by, axis, s.try)
		s.fly(ctx, s.try, steps)
		for a, v := range axis {
			to := s.jacobian[a*d : (a+1)*d]
			kernel.Axpy64(v/width, s.flow.x, to)
			kernel.Axpy64(-v/width, s.low, to)
		}
	}
}

// reflection fills q, k × k, with the orthonormal rows of a mirror that takes z to the
// first axis or its opposite, signed so that the first row is z over its length.
func reflection(z []float64, length float64, q []float64) {
	k := len(z)
	sign := 1.
	if z[0] > 0 {
		sign = -1 // away from cancellation
	}
	// w = z/length − sign·e₁, and Q = sign·(I − 2·w·wᵀ/w·w).
	w := make([]float64, k)
	for a, v := range z {
		w[a] = v / length
	}
	w[0] -= sign
	square := kernel.Dot64(w, w)
	for a := range k {
		for b := range k {
			v := -2 * w[a] * w[b] / square
			if a == b {
				v++
			}
			q[a*k+b] = sign * v
		}
	}
}

func norm(v []float64) float64 { return math.Sqrt(kernel.Dot64(v, v)) }
