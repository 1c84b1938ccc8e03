package dr

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
)

// barycenter is the memory to find the weights by which a point is nearest to a
// combination of rows.
type barycenter struct{ differences, gram []float64 }

// weigh writes to w the weights of the given rows of x whose combination is nearest to
// the point at; they sum to 1. The share of the sum of the squared distances is added to
// the diagonal of the equations, which keeps weights small where several choices are
// equally good.
func (s *barycenter) weigh(w []float64, x *mat.Dense, at []float64, rows []int32, share float64) {
	k, d := len(rows), len(at)
	s.differences, s.gram = room(s.differences, k*d), room(s.gram, k*k)
	for a, j := range rows {
		to := s.differences[a*d : (a+1)*d]
		copy(to, x.RawRowView(int(j)))
		kernel.Axpy64(-1, at, to)
	}
	for extra := share; ; extra *= 10 {
		trace := s.products(k, d)
		if !(trace > 0x1p-800 && trace < 0x1p800) { // weights do not depend on the unit
			s.level()
			trace = s.products(k, d)
		}
		if trace == 0 {
			trace = 1
		}
		for a := range k {
			s.gram[a*k+a] += extra * trace
		}
		for a := range w {
			w[a] = 1
		}
		if factorize(s.gram, k, 0) {
			solveFactor(s.gram, k, w)
			break
		}
	}
	sum := 0.
	for _, v := range w {
		sum += v
	}
	kernel.Scal64(1/sum, w)
}

// products fills in those of the k differences, which have d values, and returns their
// trace.
func (s *barycenter) products(k, d int) (trace float64) {
	for a := range k {
		for b := range a + 1 {
			s.gram[a*k+b] = kernel.Dot64(s.differences[a*d:(a+1)*d], s.differences[b*d:(b+1)*d])
		}
		trace += s.gram[a*k+a]
	}
	return trace
}

// level brings the differences to a unit in which their squares are in range.
func (s *barycenter) level() {
	most := 0.
	for _, v := range s.differences {
		most = max(most, math.Abs(v))
	}
	_, exponent := math.Frexp(most)
	for i, v := range s.differences {
		s.differences[i] = math.Ldexp(v, -exponent)
	}
}
