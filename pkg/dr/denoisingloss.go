package dr

import (
	"context"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/rng"
)

// denoisingLoss is that of LowRankDenoiser with bases U (p × d, for p = clusters·components, which
// need not be orthonormal) on rows x in units of their scale: the mean of (1+σ²)/σ²·‖D(y) − x‖²
// over y = x + σe and x − σe.
//
// As D(y) = Uᵀ·s/(1+σ²), where s are the coordinates U·y times the weights of their clusters, products
// with x, e and U·Uᵀ are all that it needs; and its gradient by U is byXᵀ·x + byEᵀ·e + byU·U.
type denoisingLoss struct {
	clusters, components int

	x, e   *mat.Dense // rows × d
	sigmas []float64  // of rows

	xu, eu    *mat.Dense // rows × p: coordinates of x and e
	weights   *mat.Dense // rows × clusters
	s, spread *mat.Dense // rows × p: the weighted coordinates, and what U·Uᵀ makes of them
	byX, byE  *mat.Dense // rows × p
	gram, byU *mat.Dense // p × p
	slopes    *mat.Dense // p × d: the gradient
	losses    []float64  // of rows
}

func newDenoisingLoss(rows, d, clusters, components int) *denoisingLoss {
	p := clusters * components
	at := func(r, c int) *mat.Dense { return mat.NewDense(r, c, nil) }
	return &denoisingLoss{
		clusters: clusters, components: components,
		x: at(rows, d), e: at(rows, d), sigmas: make([]float64, rows),
		xu: at(rows, p), eu: at(rows, p), weights: at(rows, clusters), s: at(rows, p), spread: at(rows, p),
		byX: at(rows, p), byE: at(rows, p), gram: at(p, p), byU: at(p, p), slopes: at(p, d), losses: make([]float64, rows),
	}
}

// draw takes some rows, in units of scale, and noise of scales that fill the range of their
// logarithms evenly.
func (l *denoisingLoss) draw(s *rng.Stream, from *mat.Dense, some []int, least, most float64) {
	const golden = 0.6180339887498949 // its multiples fill the circle evenly, however many
	at := s.Float64()
	for k, i := range some {
		copy(l.x.RawRowView(k), from.RawRowView(i))
		e := l.e.RawRowView(k)
		for j := range e {
			e[j] = s.Normal()
		}
		_, share := math.Modf(at + golden*float64(k))
		l.sigmas[k] = least * math.Pow(most/least, share)
	}
}

// of returns the loss of bases u and, where that is asked for, leaves its gradient in slopes.
func (l *denoisingLoss) of(ctx context.Context, u *mat.Dense, gradient bool) (loss float64, err error) {
	product := func(ta, tb blas.Transpose, a, b *mat.Dense, beta float64, to *mat.Dense) {
		if err == nil {
			err = kernel.Gemm64(ctx, ta, tb, 1, a.RawMatrix(), b.RawMatrix(), beta, to.RawMatrix())
		}
	}
	product(blas.NoTrans, blas.Trans, l.x, u, 0, l.xu)
	product(blas.NoTrans, blas.Trans, l.e, u, 0, l.eu)
	product(blas.NoTrans, blas.Trans, u, u, 0, l.gram)
	for i, sign := range []float64{1, -1} {
		l.each(ctx, &err, func(k int) { l.weigh(k, sign) })
		product(blas.NoTrans, blas.NoTrans, l.s, l.gram, 0, l.spread)
		l.each(ctx, &err, func(k int) { l.row(k, sign, gradient) })
		loss += floats.Sum(l.losses)
		if gradient {
			product(blas.Trans, blas.NoTrans, l.s, l.s, float64(i), l.byU)
		}
	}
	if gradient {
		product(blas.Trans, blas.NoTrans, l.byX, l.x, 0, l.slopes)
		product(blas.Trans, blas.NoTrans, l.byE, l.e, 1, l.slopes)
		product(blas.NoTrans, blas.NoTrans, l.byU, u, 1, l.slopes)
	}
	return loss, err
}

func (l *denoisingLoss) each(ctx context.Context, err *error, f func(k int)) {
	if *err == nil {
		*err = overRows(ctx, len(l.sigmas), f)
	}
}

// weigh finds the weights of a row y = x ± σe, and its weighted coordinates.
func (l *denoisingLoss) weigh(k int, sign float64) {
	v := l.sigmas[k] * l.sigmas[k]
	s, w := l.s.RawRowView(k), l.weights.RawRowView(k)
	floats.AddScaledTo(s, l.xu.RawRowView(k), sign*l.sigmas[k], l.eu.RawRowView(k))
	responsibilities(w, s, v)
	for c, share := range w {
		floats.Scale(share, s[c*l.components:(c+1)*l.components])
	}
}

// row finds the loss of a row, and what it adds to the gradient; s is used up.
func (l *denoisingLoss) row(k int, sign float64, gradient bool) {
	q, sigma := l.components, l.sigmas[k]
	v := sigma * sigma
	shrink, weight := 1/(1+v), (1+v)/v/float64(2*len(l.sigmas))
	x, s, spread, xu, eu := l.x.RawRowView(k), l.s.RawRowView(k), l.spread.RawRowView(k), l.xu.RawRowView(k), l.eu.RawRowView(k)
	l.losses[k] = weight * (shrink*(shrink*kernel.Dot64(s, spread)-2*kernel.Dot64(s, xu)) + kernel.Dot64(x, x))
	if !gradient {
		return
	}
	byX, byE, w := l.byX.RawRowView(k), l.byE.RawRowView(k), l.weights.RawRowView(k)
	if sign > 0 {
		clear(byX)
		clear(byE)
	}
	slope := 2 * weight * shrink // of the loss by what the weights and coordinates make
	// What each cluster makes of y, along what is wrong: U·(D − x) and the coordinates of y.
	wrong := func(j int) float64 { return shrink*spread[j] - xu[j] }
	y := func(j int) float64 { return xu[j] + sign*sigma*eu[j] }
	agree, mean := make([]float64, l.clusters), 0.
	for c := range agree {
		for j := c * q; j < (c+1)*q; j++ {
			agree[c] += wrong(j) * y(j)
		}
		mean += w[c] * agree[c]
	}
	for c, share := range w {
		turn := share * (agree[c] - mean) / (v * (1 + v)) // the gradient by ‖U·y‖², twice
		for j := c * q; j < (c+1)*q; j++ {
			h := slope * (share*wrong(j) + turn*y(j))
			byX[j] += h - slope*s[j]
			byE[j] += sign * sigma * h
		}
	}
	floats.Scale(math.Sqrt(slope*shrink), s)
}

// responsibilities writes the weights of clusters for a row that has some coordinates in their bases, and
// noise of variance v, in units of the variance of rows along each dimension.
func responsibilities(weights, coordinates []float64, v float64) {
	q := len(coordinates) / len(weights)
	for c := range weights {
		z := coordinates[c*q : (c+1)*q]
		weights[c] = kernel.Dot64(z, z)
	}
	most, sum := floats.Max(weights), 0.
	for c, w := range weights {
		weights[c] = math.Exp((w - most) / (2 * v * (1 + v)))
		sum += weights[c]
	}
	floats.Scale(1/sum, weights)
}

// tangent takes from the gradient what would not turn the subspaces of orthonormal bases u.
func (l *denoisingLoss) tangent(ctx context.Context, u *mat.Dense) error {
	q, d := l.components, l.x.RawMatrix().Cols
	for c := range l.clusters {
		g := l.slopes.Slice(c*q, (c+1)*q, 0, d).(*mat.Dense).RawMatrix()
		own := u.Slice(c*q, (c+1)*q, 0, d).(*mat.Dense).RawMatrix()
		along := l.gram.Slice(c*q, (c+1)*q, 0, q).(*mat.Dense).RawMatrix() // used up by then
		if err := kernel.Gemm64(ctx, blas.NoTrans, blas.Trans, 1, g, own, 0, along); err != nil {
			return err
		}
		if err := kernel.Gemm64(ctx, blas.NoTrans, blas.NoTrans, -1, along, own, 1, g); err != nil {
			return err
		}
	}
	return nil
}
