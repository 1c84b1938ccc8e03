package similarity

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// rootPolynomial returns the weights γ of λ, λ², …, for which γᵀ·cov·γ + weight·b² is least,
// where b is the largest |Σ γₖ·λᵏ − √λ| over a grid of [0, 1], and b.
//
// It is a quadratic program of few unknowns and many constraints, solved by S. Mehrotra
// (1992), On the implementation of a primal-dual interior point method.
func rootPolynomial(cov *mat.SymDense, weight float64) (weights []float64, worst float64, err error) {
	k := cov.SymmetricDim()
	// The unknowns are the factors of λ·Tᵢ(2λ − 1), which are nearly independent, and b.
	basis := mat.NewDense(k, k, nil) // by powers, one row for each
	basis.Set(0, 0, 1)
	if k > 1 {
		basis.Set(1, 0, -1)
		basis.Set(1, 1, 2)
	}
	for i := 2; i < k; i++ {
		for j := range k {
			v := -2*basis.At(i-1, j) - basis.At(i-2, j)
			if j > 0 {
				v += 4 * basis.At(i-1, j-1)
			}
			basis.Set(i, j, v)
		}
	}
	var half, quadratic mat.Dense
	half.Mul(basis, cov)
	quadratic.Mul(&half, basis.T())
	h := mat.NewSymDense(k+1, nil)
	for i := range k {
		for j := i; j < k; j++ {
			h.SetSym(i, j, quadratic.At(i, j)/2+quadratic.At(j, i)/2)
		}
	}
	h.SetSym(k, k, weight)
	largest := 0.
	for i := range k + 1 {
		largest = max(largest, h.At(i, i))
	}
	h.ScaleSym(1/largest, h)

	a, limit := mat.NewDense(2*grid, k+1, nil), make([]float64, 2*grid)
	for g := range grid {
		// Finer near 0, where the root is steep.
		t := float64(g+1) / grid
		x := t * t
		before, value := 0., 1. // T₋₁ is of no use
		for i := range k {
			a.Set(2*g, i, x*value)
			a.Set(2*g+1, i, -x*value)
			if i == 0 {
				before, value = 1, 2*x-1
			} else {
				before, value = value, 2*(2*x-1)*value-before
			}
		}
		a.Set(2*g, k, -1)
		a.Set(2*g+1, k, -1)
		limit[2*g], limit[2*g+1] = t, -t
	}
	start := make([]float64, k+1)
	start[k] = 2 // within all limits
	z, ok := quadraticProgram(h, a, limit, start)
	if !ok {
		return nil, 0, &mat32.DegenerateError{Method: momentsMethod, Reason: "the weights of the moments cannot be found: their covariance is degenerate"}
	}
	weights = make([]float64, k)
	for i := range k {
		for j := range k {
			weights[j] += z[i] * basis.At(i, j)
		}
	}
	return weights, z[k], nil
}

// quadraticProgram returns the z of the least ½zᵀhz with a·z ≤ limit, from a start within all
// limits. It reports whether it came within 1e-9 of it.
func quadraticProgram(h *mat.SymDense, a *mat.Dense, limit, start []float64) ([]float64, bool) {
	m, k := a.Dims()
	z := mat.NewVecDense(k, append([]float64(nil), start...))
	slack, price := make([]float64, m), make([]float64, m)
	var az, gradient, pull mat.VecDense
	az.MulVec(a, z)
	for i := range m {
		slack[i], price[i] = limit[i]-az.AtVec(i), 1/float64(m)
	}
	for range 100 {
		gap := 0.
		for i := range m {
			gap += slack[i] * price[i] / float64(m)
		}
		az.MulVec(a, z)
		gradient.MulVec(h, z)
		pull.MulVec(a.T(), mat.NewVecDense(m, price))
		gradient.AddVec(&gradient, &pull)
		off := make([]float64, m)
		worst := mat.Norm(&gradient, math.Inf(1))
		for i := range m {
			off[i] = az.AtVec(i) + slack[i] - limit[i]
			worst = max(worst, math.Abs(off[i]))
		}
		if gap*float64(m) < 1e-11 && worst < 1e-9 {
			return z.RawVector().Data, true
		}
		normal := mat.NewSymDense(k, nil)
		normal.CopySym(h)
		for i := range m {
			normal.SymRankOne(normal, price[i]/slack[i], a.RowView(i))
		}
		var factor mat.Cholesky
		if !factor.Factorize(normal) {
			return nil, false
		}
		// step solves Newton's equations for slack·price → target.
		step := func(target func(i int) float64) (dz *mat.VecDense, ds, dp []float64, ok bool) {
			right := mat.NewVecDense(k, nil)
			right.ScaleVec(-1, &gradient)
			lift := mat.NewVecDense(m, nil)
			for i := range m {
				lift.SetVec(i, (target(i)-slack[i]*price[i]+price[i]*off[i])/slack[i])
			}
			var lifted mat.VecDense
			lifted.MulVec(a.T(), lift)
			right.SubVec(right, &lifted)
			dz = mat.NewVecDense(k, nil)
			// A factor of bad condition is still a direction, checked at the end.
			if err := factor.SolveVecTo(dz, right); err != nil && dz.AtVec(0) != dz.AtVec(0) {
				return nil, nil, nil, false
			}
			var adz mat.VecDense
			adz.MulVec(a, dz)
			ds, dp = make([]float64, m), make([]float64, m)
			for i := range m {
				ds[i] = -off[i] - adz.AtVec(i)
				dp[i] = (target(i) - slack[i]*price[i] - price[i]*ds[i]) / slack[i]
			}
			return dz, ds, dp, true
		}
		reach := func(ds, dp []float64) float64 {
			t := 1.
			for i := range m {
				if ds[i] < 0 {
					t = min(t, -slack[i]/ds[i])
				}
				if dp[i] < 0 {
					t = min(t, -price[i]/dp[i])
				}
			}
			return t
		}
		_, ds, dp, ok := step(func(int) float64 { return 0 })
		if !ok {
			return nil, false
		}
		t, after := reach(ds, dp), 0.
		for i := range m {
			after += (slack[i] + t*ds[i]) * (price[i] + t*dp[i]) / float64(m)
		}
		center := gap * math.Pow(after/gap, 3)
		var dz *mat.VecDense
		first, second := ds, dp
		dz, ds, dp, ok = step(func(i int) float64 { return center - first[i]*second[i] })
		if !ok {
			return nil, false
		}
		t = .99 * reach(ds, dp)
		z.AddScaledVec(z, t, dz)
		for i := range m {
			slack[i] += t * ds[i]
			price[i] += t * dp[i]
		}
	}
	return nil, false
}
