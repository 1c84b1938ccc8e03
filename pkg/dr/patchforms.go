package dr

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/par"
)

// forms are quadratic forms of the coordinates of the rows of each patch, which are 0
// where the map shows the patch as the data do: what they sum up to is made smallest.
type forms struct {
	*patches
	x       *mat.Dense
	k       int     // coordinates of the map
	share   float64 // of regularization
	start   []int   // of the form of every patch in values
	values  []float64
	lacking int // patches that span fewer dimensions than the map has
}

// form is the memory to find one of them.
type form struct {
	barycenter
	mean, weights, gram, vectors, values, part []float64
}

// of returns the form of patch t, and its order.
func (f *forms) of(t int) ([]float64, int) {
	order := len(f.all[t].rows)
	if f.all[t].center >= 0 {
		order++
	}
	return f.values[f.start[t]:f.start[t+1]], order
}

// newForms finds the forms of the variant.
func newForms(ctx context.Context, p *patches, x *mat.Dense, v LLEVariant, k int, share float64) (*forms, error) {
	f := &forms{patches: p, x: x, k: k, share: share, start: make([]int, len(p.all)+1)}
	for t, q := range p.all {
		order := len(q.list())
		f.start[t+1] = f.start[t] + order*order
	}
	f.values = make([]float64, f.start[len(p.all)])
	each := func(do func(s *form, t int)) error {
		return par.BlocksWith(ctx, len(p.all), 16, func() *form { return new(form) }, func(s *form, lo, hi int) {
			for t := lo; t < hi && ctx.Err() == nil; t++ {
				do(s, t)
			}
		})
	}
	switch v {
	case StandardLLE:
		return f, each(f.weighOnce)
	case ModifiedLLE:
		return f, f.weighOften(each)
	}
	lacking := make([]bool, len(p.all))
	err := each(func(s *form, t int) { lacking[t] = f.align(s, t, v == HessianLLE) })
	for _, l := range lacking {
		if l {
			f.lacking++
		}
	}
	return f, err
}

// weighOnce is the square of what the center differs by from the combination of the
// others that it is in the data.
func (f *forms) weighOnce(s *form, t int) {
	to, order := f.of(t)
	p := f.all[t]
	s.weights = room(s.weights, order)
	s.weights[0] = -1
	s.weigh(s.weights[1:], f.x, f.x.RawRowView(int(p.center)), p.rows, f.share)
	for a, w := range s.weights {
		for b, v := range s.weights {
			to[a*order+b] = w * v
		}
	}
}

// decompose finds the eigenvalues of the Gram matrix of what the rows differ by from a
// point, falling, and the eigenvectors as rows.
func (s *form) decompose(x *mat.Dense, at []float64, rows []int32) {
	m, d := len(rows), len(at)
	s.differences, s.gram, s.vectors, s.values = room(s.differences, m*d), room(s.gram, m*m), zeros(s.vectors, m*m), room(s.values, m)
	for a, j := range rows {
		to := s.differences[a*d : (a+1)*d]
		copy(to, x.RawRowView(int(j)))
		kernel.Axpy64(-1, at, to)
	}
	for a := range m {
		for b := range a + 1 {
			s.gram[a*m+b] = kernel.Dot64(s.differences[a*d:(a+1)*d], s.differences[b*d:(b+1)*d])
		}
	}
	mirror(s.gram, m)
	if !eigenSmall(s.gram, s.vectors, s.values) { // which finite values do not do
		clear(s.values)
	}
	for a := range s.values {
		if a >= d || s.values[a] <= noDirection*s.values[0] {
			s.values[a] = 0
		}
	}
}

// weighOften is the same for as many combinations as are good ones: as many as there are
// directions in which the neighbours vary little, each orthonormal but for its sum.
func (f *forms) weighOften(each func(func(s *form, t int)) error) error {
	// The eigenvectors first, for what is little is little beside that of other patches.
	spectra := make([][]float64, len(f.all))
	err := each(func(s *form, t int) {
		p := f.all[t]
		s.decompose(f.x, f.x.RawRowView(int(p.center)), p.rows)
		spectra[t] = slices.Clone(s.values)
		to, _ := f.of(t)
		copy(to, s.vectors[:len(p.rows)*len(p.rows)])
	})
	if err != nil {
		return err
	}
	// rest is what the eigenvalues from the c-th on are of those before.
	rest := func(values []float64, c int) float64 {
		before := 0.
		for _, v := range values[:c] {
			before += v
		}
		after := 0.
		for a := len(values) - 1; a >= c; a-- {
			after += values[a]
		}
		if after == 0 {
			return 0
		}
		return after / before
	}
	usual := make([]float64, f.n)
	for i := range usual {
		usual[i] = rest(spectra[i], min(f.k, len(spectra[i])))
	}
	slices.Sort(usual)
	little := max((usual[f.n/2]+usual[(f.n-1)/2])/2, noDirection)
	return each(func(s *form, t int) {
		to, order := f.of(t)
		m, values := order-1, spectra[t]
		s.vectors = append(s.vectors[:0], to[:m*m]...)
		first := m - 1 // of the directions in which they vary little
		for first > 1 && rest(values, first-1) < little {
			first--
		}
		s.weights, s.part = zeros(s.weights, m), zeros(s.part, m)
		total := 0.
		for _, v := range values {
			total += v
		}
		extra := f.share * total
		if !(total > 0) {
			extra = f.share
		}
		for a := range m {
			v := s.vectors[a*m : (a+1)*m]
			sum := 0.
			for _, e := range v {
				sum += e
			}
			kernel.Axpy64(sum/(values[a]+extra), v, s.weights)
			if a >= first {
				kernel.Axpy64(sum, v, s.part)
			}
		}
		sum, length := 0., 0.
		for a, w := range s.weights {
			sum += w
			length += s.part[a]
		}
		kernel.Scal64(1/sum, s.weights)
		// The combinations are the eigenvectors, turned so that all sum to alpha, and
		// (1 − alpha) of the usual weights: their products need the projector alone.
		count := float64(m - first)
		alpha := math.Sqrt(max(length, 0) / count)
		cross := 0.
		if alpha > 1e-12 {
			cross = 1 / alpha
		}
		clear(to)
		to[0] = count
		for a := range m {
			for b := range a + 1 {
				v := 0.
				for c := first; c < m; c++ {
					v += s.vectors[c*m+a] * s.vectors[c*m+b]
				}
				v += (1 - alpha) * (cross*(s.part[a]*s.weights[b]+s.weights[a]*s.part[b]) + (1-alpha)*count*s.weights[a]*s.weights[b])
				to[(a+1)*order+b+1], to[(b+1)*order+a+1] = v, v
			}
			v := -(cross*s.part[a] + (1-alpha)*count*s.weights[a])
			to[a+1], to[(a+1)*order] = v, v
		}
	})
}

// align is the square of what coordinates differ by from affine functions on the tangent
// space of the patch or, for the Hessian, of their second derivatives there. It reports
// whether the rows span fewer dimensions than the map has.
func (f *forms) align(s *form, t int, hessian bool) (lacking bool) {
	to, m := f.of(t)
	rows := f.all[t].rows
	_, d := f.x.Dims()
	s.mean = zeros(s.mean, d)
	for _, j := range rows {
		kernel.Axpy64(1/float64(m), f.x.RawRowView(int(j)), s.mean)
	}
	s.decompose(f.x, s.mean, rows)
	have := 0
	for have < min(f.k, m) && s.values[have] > 0 {
		have++
	}
	tangent := s.vectors[:have*m]
	if !hessian {
		for a := range m {
			for b := range a + 1 {
				v := -1 / float64(m)
				if a == b {
					v++
				}
				for c := range have {
					v -= tangent[c*m+a] * tangent[c*m+b]
				}
				to[a*m+b], to[b*m+a] = v, v
			}
		}
		return have < f.k
	}
	// Gram and Schmidt: the constant, the coordinates, and then their products, of which
	// what is new counts.
	columns := append(slices.Repeat([]float64{1 / math.Sqrt(float64(m))}, m), tangent...)
	clear(to)
	for p := range have {
		for q := p; q < have; q++ {
			begin := len(columns)
			for a := range m {
				columns = append(columns, tangent[p*m+a]*tangent[q*m+a])
			}
			column := columns[begin:]
			length := math.Sqrt(kernel.Dot64(column, column))
			for range 2 {
				for o := 0; o < begin; o += m {
					other := columns[o : o+m]
					kernel.Axpy64(-kernel.Dot64(other, column), other, column)
				}
			}
			left := math.Sqrt(kernel.Dot64(column, column))
			if !(left > 1e-10*length) {
				columns = columns[:begin]
				continue
			}
			kernel.Scal64(1/left, column)
			for a := range m {
				kernel.Axpy64(column[a], column, to[a*m:(a+1)*m])
			}
		}
	}
	return have < f.k
}

// sum adds up the forms of all patches.
func (f *forms) sum(ctx context.Context) (*linalg.CSR, error) {
	type in struct{ patch, at int32 }
	holding := make([][]in, f.n)
	for t, p := range f.all {
		for a, j := range p.list() {
			holding[j] = append(holding[j], in{int32(t), int32(a)})
		}
	}
	type line struct {
		columns []int32
		values  []float64
	}
	lines := make([]line, f.n)
	type scratch struct {
		values []float64
		known  []bool
	}
	err := par.BlocksWith(ctx, f.n, 64, func() *scratch { return &scratch{make([]float64, f.n), make([]bool, f.n)} }, func(s *scratch, lo, hi int) {
		for i := lo; i < hi; i++ {
			var columns []int32
			for _, h := range holding[i] {
				form, order := f.of(int(h.patch))
				for b, j := range f.all[h.patch].list() {
					if !s.known[j] {
						s.known[j], s.values[j] = true, 0
						columns = append(columns, j)
					}
					s.values[j] += form[int(h.at)*order+b]
				}
			}
			slices.Sort(columns)
			values := make([]float64, len(columns))
			for b, j := range columns {
				values[b], s.known[j] = s.values[j], false
			}
			lines[i] = line{columns, values}
		}
	})
	if err != nil {
		return nil, err
	}
	start := make([]int, f.n+1)
	for i, l := range lines {
		start[i+1] = start[i] + len(l.columns)
	}
	indices, values := make([]int32, 0, start[f.n]), make([]float64, 0, start[f.n])
	for _, l := range lines {
		indices, values = append(indices, l.columns...), append(values, l.values...)
	}
	return linalg.NewCSR(f.n, f.n, start, indices, values)
}
