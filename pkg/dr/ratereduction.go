package dr

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/par"
)

// codingRate returns ½·ln det(I + α·Σ wᵢ·zᵢzᵢᵀ) for rows z, and the inverse of the matrix. Nil
// weights are ones.
func codingRate(ctx context.Context, z *mat.Dense, weights []float64, alpha float64) (rate float64, inverse *mat.SymDense, err error) {
	n, p := z.Dims()
	m := mat.NewSymDense(p, nil)
	data := m.RawSymmetric().Data
	for i := range n {
		w := alpha
		if weights != nil {
			w *= weights[i]
		}
		row := z.RawRowView(i)
		for a, v := range row {
			v *= w
			for b := a; b < p; b++ {
				data[a*p+b] += v * row[b]
			}
		}
	}
	for a := range p {
		data[a*p+a]++
	}
	c, err := linalg.NewCholesky(ctx, m)
	if err != nil {
		return 0, nil, err
	}
	inverse, err = c.Inverse(ctx)
	return c.LogDet() / 2, inverse, err
}

// rateReduction is the objective of MLC on a batch: by how much rows are cheaper to code by the
// soft groups that the columns of a doubly stochastic matrix are than together.
type rateReduction struct{ precision float64 } // p/ε²

// of returns the reduction, its gradient by the rows of z, and by the memberships (n × n).
func (r rateReduction) of(ctx context.Context, z, member *mat.Dense) (value float64, byZ, byMember *mat.Dense, err error) {
	n, p := z.Dims()
	share := 1 / float64(n)
	whole, inverse, err := codingRate(ctx, z, nil, r.precision*share)
	if err != nil {
		return 0, nil, nil, err
	}
	byZ, byMember = mat.NewDense(n, p, nil), mat.NewDense(n, n, nil)
	byZ.Mul(z, inverse)
	byZ.Scale(r.precision*share, byZ)
	// Groups are cut into blocks, each with a gradient of its own that is added in order.
	const size = 16
	blocks := (n + size - 1) / size
	rates, slopes, errs := make([]float64, n), make([]*mat.Dense, blocks), make([]error, blocks)
	err = par.Blocks(ctx, n, size, func(lo, hi int) {
		slope, turned, weights := mat.NewDense(n, p, nil), mat.NewDense(n, p, nil), make([]float64, n)
		for g := lo; g < hi; g++ {
			mat.Col(weights, g, member)
			rate, inverse, err := codingRate(ctx, z, weights, r.precision)
			if err != nil {
				errs[lo/size] = err
				return
			}
			rates[g] = rate
			turned.Mul(z, inverse)
			for i, w := range weights {
				row, at := turned.RawRowView(i), z.RawRowView(i)
				along, to := 0., slope.RawRowView(i)
				for a, v := range row {
					along += v * at[a]
					to[a] += w * v
				}
				byMember.Set(i, g, -share*r.precision*along/2)
			}
		}
		slopes[lo/size] = slope
	})
	if err != nil {
		return 0, nil, nil, err
	}
	parts := 0.
	for b := range blocks {
		if errs[b] != nil {
			return 0, nil, nil, errs[b]
		}
		slopes[b].Scale(-share*r.precision, slopes[b])
		byZ.Add(byZ, slopes[b])
	}
	for _, v := range rates {
		parts += share * v
	}
	return whole - parts, byZ, byMember, nil
}

// doublyStochastic returns exp(cᵢ·cⱼ/γ + fᵢ + fⱼ) for rows c, with f such that all rows, and so all
// columns, sum to 1 (R. Sinkhorn, 1964, A relationship between arbitrary positive matrices and
// doubly stochastic matrices).
func doublyStochastic(ctx context.Context, c *mat.Dense, gamma float64) (*mat.Dense, error) {
	n, _ := c.Dims()
	k := mat.NewDense(n, n, nil)
	k.Mul(c, c.T())
	k.Apply(func(_, _ int, v float64) float64 { return math.Exp((v - 1) / gamma) }, k) // c has length 1
	u := make([]float64, n)
	for i := range u {
		u[i] = 1
	}
	next := make([]float64, n)
	for range 1000 {
		worst := 0.
		err := par.Blocks(ctx, n, 64, func(lo, hi int) {
			for i := lo; i < hi; i++ {
				sum := 0.
				for j, v := range k.RawRowView(i) {
					sum += v * u[j]
				}
				next[i] = sum
			}
		})
		if err != nil {
			return nil, err
		}
		for i, sum := range next {
			worst = max(worst, math.Abs(u[i]*sum-1))
			u[i] = math.Sqrt(u[i] / sum) // the middle of u and 1/sum: full steps go to and fro
		}
		if worst < 1e-10 {
			break
		}
	}
	k.Apply(func(i, j int, v float64) float64 { return u[i] * v * u[j] }, k)
	return k, nil
}

// byHeads returns the gradient by the rows c that a doubly stochastic matrix was made of, from
// that by its entries, through the condition that rows sum to 1: with w of (I + Γ)·w = h, hᵢ =
// Σⱼ Γᵢⱼ·(Gᵢⱼ + Gⱼᵢ), it is that of Γᵢⱼ·(Gᵢⱼ − wᵢ)/γ by cᵢ·cⱼ.
func byHeads(c, member, slope *mat.Dense, gamma float64) *mat.Dense {
	n, p := c.Dims()
	h, w := make([]float64, n), make([]float64, n)
	for i := range n {
		for j, v := range member.RawRowView(i) {
			h[i] += v * (slope.At(i, j) + slope.At(j, i))
		}
	}
	// The eigenvalues of Γ lie between 0 and 1, as it is a kernel whose rows sum to 1: steps of 2/3
	// leave at most a third of the error each.
	for range 60 {
		next := make([]float64, n)
		for i := range n {
			sum := 0.
			for j, v := range member.RawRowView(i) {
				sum += v * w[j]
			}
			next[i] = w[i] + (h[i]-w[i]-sum)*2/3
		}
		w = next
	}
	a := mat.NewDense(n, n, nil)
	a.Apply(func(i, j int, v float64) float64 {
		return (v*(slope.At(i, j)-w[i]) + member.At(j, i)*(slope.At(j, i)-w[j])) / gamma
	}, member)
	by := mat.NewDense(n, p, nil)
	by.Mul(a, c)
	return by
}
