package dr

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// latent is the model of probabilistic PCA: a row is mean + unit·(shift + w·z + noise),
// where z is standard normal.
type latent struct {
	mean  []float64
	unit  float64    // a power of two: what the others are in is of order one
	shift []float64  // d
	w     *mat.Dense // d × k
	noise float64    // variance
}

// startLatent returns PCA of the rows whose missing values are the mean, and the
// rows as the model sees them, less mean over unit; nil where nothing varies.
func startLatent(ctx context.Context, x mat.Matrix, k int) (*latent, *mat.Dense, error) {
	n, d := x.Dims()
	l := &latent{mean: make([]float64, d), unit: 1, shift: make([]float64, d), w: mat.NewDense(d, k, nil)}
	y := mat.NewDense(n, d, nil)
	seen, first := make([]float64, d), make([]float64, d)
	for i := range n {
		if i%64 == 0 && ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		row := y.RawRowView(i)
		copy(row, mat32.Row(row, i, x))
		for j, v := range row {
			if math.IsNaN(v) {
				continue
			}
			if seen[j] == 0 {
				first[j] = v
			}
			seen[j]++
			l.mean[j] += v - first[j]
		}
	}
	most := 0.
	for j, c := range seen {
		if c == 0 {
			return nil, nil, &mat32.DegenerateError{Method: "dr.PCA", Reason: fmt.Sprintf("column %d has no value", j)}
		}
		l.mean[j] = first[j] + l.mean[j]/c
	}
	for i := range n {
		if i%64 == 0 && ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		for j, v := range y.RawRowView(i) {
			if e := math.Abs(v - l.mean[j]); e > most {
				most = e
			}
		}
	}
	if !(most > 0 && most <= math.MaxFloat64) {
		return nil, nil, nil
	}
	l.unit = binary(most)
	filled := mat.NewDense(n, d, nil)
	err := overRows(ctx, n, func(i int) {
		row, to := y.RawRowView(i), filled.RawRowView(i)
		for j, v := range row {
			row[j] = (v - l.mean[j]) / l.unit
			if !math.IsNaN(v) {
				to[j] = row[j]
			}
		}
	})
	if err != nil {
		return nil, nil, err
	}
	c, err := newCentered(ctx, filled)
	if err != nil || c.constant {
		return nil, nil, err
	}
	s, err := decompose(ctx, c, k)
	if err != nil || !(s.total > 0 && s.total <= math.MaxFloat64) {
		return nil, nil, err
	}
	l.noise = s.total / float64(n)
	for _, v := range s.scatter {
		l.noise -= v / float64(n)
	}
	l.noise = max(l.noise/float64(d-k), leastShare*s.total/float64(n*d))
	for t, v := range s.scatter {
		// A direction without variance may turn out to have some.
		size := math.Sqrt(max(v/float64(n)-l.noise, 1e-3*l.noise))
		for j, u := range s.components.RawRowView(t) {
			l.w.Set(j, t, size*u)
		}
	}
	return l, y, nil
}

// posterior is what a row says of its z, and the room to find it.
type posterior struct {
	k        int
	z, b     []float64 // k: the mean, and wᵀ of the row
	spread   []float64 // k × k: the covariance
	factor   []float64 // k × k: of the precision, lower triangle
	seen     int       // values that are there
	logLikel float64
}

func newPosterior(k int) *posterior {
	return &posterior{k: k, z: make([]float64, k), b: make([]float64, k), spread: make([]float64, k*k), factor: make([]float64, k*k)}
}

// expect finds z for a row in the units of the model, whose missing values are NaN,
// where gram is wᵀw. The covariance is only found where it is asked for.
func (l *latent) expect(p *posterior, row, gram []float64, covariance bool) {
	k := p.k
	clear(p.b)
	p.seen = 0
	square := 0.
	for j, v := range row {
		if e := v - l.shift[j]; e == e {
			kernel.Axpy64(e, l.w.RawRowView(j), p.b)
			square += e * e
			p.seen++
		}
	}
	// The products of the rows of w that are seen: those of all less those of the
	// others, where these are fewer.
	sign, seen := 1., true
	clear(p.factor)
	if 2*p.seen > len(row) {
		copy(p.factor, gram)
		sign, seen = -1, false
	}
	for j, v := range row {
		if (v == v) == seen {
			w := l.w.RawRowView(j)
			for a, u := range w {
				kernel.Axpy64(sign*u, w[:a+1], p.factor[a*k:a*k+a+1])
			}
		}
	}
	for a := range k {
		p.factor[a*k+a] += l.noise
	}
	factorize(p.factor, k, l.noise)
	copy(p.z, p.b)
	solveFactor(p.factor, k, p.z)
	log := 0.
	for a := range k {
		log += 2 * math.Log(p.factor[a*k+a])
	}
	p.logLikel = -.5 * (float64(p.seen)*math.Log(2*math.Pi) + float64(p.seen-k)*math.Log(l.noise) + log +
		max(square-kernel.Dot64(p.b, p.z), 0)/l.noise)
	if covariance {
		for a := range k {
			unit := p.spread[a*k : (a+1)*k]
			clear(unit)
			unit[a] = l.noise
			solveFactor(p.factor, k, unit)
		}
	}
}

// gram returns wᵀw.
func (l *latent) gram(ctx context.Context) ([]float64, error) {
	_, k := l.w.Dims()
	g := mat.NewDense(k, k, nil)
	return g.RawMatrix().Data, multiply(ctx, g, l.w, blas.Trans, l.w, blas.NoTrans)
}

// roundRows is how many rows of a round are expected at a time.
const roundRows = 256

// round raises the likelihood by one expectation and maximisation, and returns what
// it was before. Noise stays at least at floor.
//
// The regression of a column on z and 1 takes the second moments of these over the
// rows in which it is seen: those over all rows less the others, where these are
// fewer.
func (l *latent) round(ctx context.Context, y *mat.Dense, floor float64) (float64, error) {
	n, d := y.Dims()
	_, k := l.w.Dims()
	m := k + 1
	gram, err := l.gram(ctx)
	if err != nil {
		return 0, err
	}
	lacking := make([]int, d) // rows in which a column is not seen
	for i := range n {
		if i%64 == 0 && ctx.Err() != nil {
			return 0, ctx.Err()
		}
		for j, v := range y.RawRowView(i) {
			if v != v {
				lacking[j]++
			}
		}
	}
	// moments[d] is over all rows.
	moments, products, squares := mat.NewDense(d+1, m*m, nil), mat.NewDense(d, m, nil), make([]float64, d)
	second, z := mat.NewDense(roundRows, m*m, nil), mat.NewDense(roundRows, m, nil)
	likelihoods, seen := make([]float64, roundRows), make([]int, roundRows)
	sum, count := 0., 0
	for lo := 0; lo < n; lo += roundRows {
		rows := min(roundRows, n-lo)
		err := par.BlocksWith(ctx, rows, 4, func() *posterior { return newPosterior(k) }, func(p *posterior, from, to int) {
			for i := from; i < to; i++ {
				l.expect(p, y.RawRowView(lo+i), gram, true)
				likelihoods[i], seen[i] = p.logLikel, p.seen
				zi, si := z.RawRowView(i), second.RawRowView(i)
				copy(zi, p.z)
				zi[k] = 1
				for a, v := range zi {
					out := si[a*m : a*m+a+1]
					clear(out)
					if a < k {
						copy(out, p.spread[a*k:a*k+a+1])
					}
					kernel.Axpy64(v, zi[:a+1], out)
				}
			}
		})
		if err != nil {
			return 0, err
		}
		for i := range rows {
			sum += likelihoods[i]
			count += seen[i]
		}
		err = par.Blocks(ctx, d+1, 4, func(from, to int) {
			for j := from; j < to; j++ {
				moment := moments.RawRowView(j)
				for i := range rows {
					if j == d {
						kernel.Axpy64(1, second.RawRowView(i), moment)
						continue
					}
					v := y.At(lo+i, j) - l.shift[j]
					if (v == v) == (2*lacking[j] > n) {
						kernel.Axpy64(1, second.RawRowView(i), moment)
					}
					if v == v {
						kernel.Axpy64(v, z.RawRowView(i), products.RawRowView(j))
						squares[j] += v * v
					}
				}
			}
		})
		if err != nil {
			return 0, err
		}
	}
	left := make([]float64, d)
	err = par.BlocksWith(ctx, d, 4, func() []float64 { return make([]float64, m) }, func(x []float64, from, to int) {
		for j := from; j < to; j++ {
			moment := moments.RawRowView(j)
			if 2*lacking[j] <= n {
				kernel.Scal64(-1, moment)
				kernel.Axpy64(1, moments.RawRowView(d), moment)
			}
			copy(x, products.RawRowView(j))
			factorize(moment, m, 0x1p-40*moment[m*m-1])
			solveFactor(moment, m, x)
			left[j] = squares[j] - kernel.Dot64(x, products.RawRowView(j))
			copy(l.w.RawRowView(j), x[:k])
			l.shift[j] += x[k]
		}
	})
	if err != nil {
		return 0, err
	}
	l.noise = 0
	for _, v := range left {
		l.noise += v
	}
	l.noise = max(l.noise/float64(count), floor)
	return sum, nil
}

// model returns PCA as the latent model sees it: its covariance, times n/(n−1) as
// that of rows.
func (l *latent) model(ctx context.Context, p PCA, n int) (*PCAModel, error) {
	d, k := l.w.Dims()
	g, err := l.gram(ctx)
	if err != nil {
		return nil, err
	}
	values, vectors, err := linalg.EigenSym(ctx, mat.NewSymDense(k, g))
	if err != nil {
		return nil, err
	}
	m := &PCAModel{options: p, rows: n, mean: make([]float64, d), components: mat.NewDense(k, d, nil), variance: make([]float64, k)}
	if err := multiply(ctx, m.components, vectors, blas.NoTrans, l.w, blas.Trans); err != nil {
		return nil, err
	}
	if err := linalg.Orthonormalize(ctx, m.components); err != nil {
		return nil, err
	}
	scaleRows(m.components, orientation(m.components))
	size := l.unit * l.unit * float64(n) / float64(n-1)
	m.noise = l.noise * size
	m.total = m.noise * float64(d-k)
	for c, v := range values {
		m.variance[c] = (max(v, 0) + l.noise) * size
		m.total += m.variance[c]
	}
	for j := range d {
		m.mean[j] = l.mean[j] + l.unit*l.shift[j]
	}
	return m, nil
}

// latent returns the model of probabilistic PCA that has the components.
func (m *PCAModel) latent() *latent {
	k, d := m.components.Dims()
	l := &latent{mean: m.mean, unit: 1, shift: make([]float64, d), w: mat.NewDense(d, k, nil)}
	if size := math.Sqrt(m.variance[0]); size > 0 {
		l.unit = binary(size)
	}
	// Without noise there would be nothing left to weigh.
	l.noise = max(m.noise/l.unit/l.unit, leastShare)
	for c, v := range m.variance {
		size := math.Sqrt(max(v/l.unit/l.unit-l.noise, 0))
		for j, u := range m.components.RawRowView(c) {
			l.w.Set(j, c, size*u)
		}
	}
	return l
}

// each calls f with every row of x, less the mean over unit, and its posterior.
func (l *latent) each(ctx context.Context, x mat.Matrix, f func(i int, row []float64, p *posterior)) error {
	n, d := x.Dims()
	_, k := l.w.Dims()
	gram, err := l.gram(ctx)
	if err != nil {
		return err
	}
	type room struct {
		row []float64
		*posterior
	}
	return par.BlocksWith(ctx, n, 16, func() room { return room{make([]float64, d), newPosterior(k)} }, func(r room, lo, hi int) {
		for i := lo; i < hi; i++ {
			for j, v := range mat32.Row(r.row, i, x) {
				r.row[j] = (v - l.mean[j]) / l.unit
			}
			l.expect(r.posterior, r.row, gram, false)
			f(i, r.row, r.posterior)
		}
	})
}

// transformMissing maps rows with values that are missing.
func (m *PCAModel) transformMissing(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	const method = "dr.PCA"
	n, d, _, err := checkMissing(ctx, method, x)
	if err == nil && d != len(m.mean) {
		err = fmt.Errorf("%s: %w", method, &mat32.ShapeError{What: "x", Rows: n, Cols: d,
			Want: fmt.Sprintf("the %d columns the model was fitted to", len(m.mean))})
	}
	if err != nil {
		return nil, err
	}
	l, scale := m.latent(), m.weights()
	z := mat.NewDense(n, len(scale), nil)
	err = l.each(ctx, x, func(i int, row []float64, p *posterior) {
		if p.seen < d {
			for j, v := range row {
				if v != v {
					row[j] = kernel.Dot64(l.w.RawRowView(j), p.z)
				}
			}
		}
		out := z.RawRowView(i)
		for c := range out {
			out[c] = kernel.Dot64(row, m.components.RawRowView(c)) * l.unit * scale[c]
		}
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	return m.caption(z, n), checkFits(method, z)
}

// LogLikelihood returns that of every row of x, n × d, in nats, by the model of
// probabilistic PCA: normal, with the variances of the components and NoiseVariance in
// all other directions. Of a model with Missing rows may have values that are NaN,
// and the likelihood is that of the others. Its mean over rows is scikit-learn's
// score. Errors: those of Transform, and *mat32.DegenerateError where the model has
// no noise and does not fill the space. Time O(n·d·k).
//
// Source: M. Tipping and C. Bishop (1999), Probabilistic principal component
// analysis.
func (m *PCAModel) LogLikelihood(ctx context.Context, x mat.Matrix) ([]float64, error) {
	const method = "dr.PCA"
	k, d := m.components.Dims()
	if k < d && m.noise <= m.rounding() || slices.Min(m.variance) <= m.rounding() {
		return nil, &mat32.DegenerateError{Method: method, Reason: "a direction has no variance: rows beyond it have no likelihood"}
	}
	var n int
	var err error
	if m.options.Missing == "" {
		n, err = checkColumns(ctx, method, x, d)
	} else {
		var columns int
		if n, columns, _, err = checkMissing(ctx, method, x); err == nil && columns != d {
			err = fmt.Errorf("%s: %w", method, &mat32.ShapeError{What: "x", Rows: n, Cols: columns,
				Want: fmt.Sprintf("the %d columns the model was fitted to", d)})
		}
	}
	if err != nil {
		return nil, err
	}
	likelihoods := make([]float64, n)
	if m.options.Missing != "" {
		l := m.latent()
		err = l.each(ctx, x, func(i int, _ []float64, p *posterior) {
			likelihoods[i] = p.logLikel - float64(p.seen)*math.Log(l.unit)
		})
		if err != nil {
			err = fmt.Errorf("%s: %w", method, err)
		}
		return likelihoods, err
	}
	ones := slices.Repeat([]float64{1}, k)
	z, err := newCoordinates(m.components, m.mean, ones).apply(ctx, method, x, true)
	if err != nil {
		return nil, err
	}
	log := float64(d)*math.Log(2*math.Pi) + float64(d-k)*math.Log(max(m.noise, math.SmallestNonzeroFloat64))
	for _, v := range m.variance {
		log += math.Log(max(v, m.noise))
	}
	err = par.BlocksWith(ctx, n, 64, func() []float64 { return make([]float64, d) }, func(row []float64, lo, hi int) {
		for i := lo; i < hi; i++ {
			rest, distance := 0., 0.
			for j, v := range mat32.Row(row, i, x) {
				rest += (v - m.mean[j]) * (v - m.mean[j])
			}
			for c, v := range z.RawRowView(i) {
				rest -= v * v
				distance += v * v / max(m.variance[c], m.noise)
			}
			if k < d {
				distance += max(rest, 0) / m.noise
			}
			likelihoods[i] = -.5 * (log + distance)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	if !finite(likelihoods) {
		return nil, &mat32.DegenerateError{Method: method, Reason: "a likelihood is beyond the range of float64: rescale the data"}
	}
	return likelihoods, nil
}
