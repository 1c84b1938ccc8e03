package geometry

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// osculation fits a surface of degree 2 to the neighbours of a row: the scratch of one
// goroutine.
type osculation struct {
	PrincipalCurvatures
	x        mat.Matrix
	origin   []float64
	buf      []float64
	rows     *mat.Dense // k × columns: from the row to its neighbours
	slope    *mat.Dense // Normals × Dimension
	hessians []*mat.SymDense
}

func newOsculation(p PrincipalCurvatures, x mat.Matrix) *osculation {
	_, d := x.Dims()
	o := &osculation{PrincipalCurvatures: p, x: x, origin: make([]float64, d), buf: make([]float64, d), rows: mat.NewDense(p.Neighbors, d, nil)}
	o.slope = mat.NewDense(p.Normals, p.Dimension, nil)
	for range p.Normals {
		o.hessians = append(o.hessians, mat.NewSymDense(p.Dimension, nil))
	}
	return o
}

// worstCondition is up to which the equations of a fit are trusted.
const worstCondition = 1e8

// fit finds the slopes and Hessians of the surface at row i, in units in which the farthest
// neighbour is at distance 1. It reports whether the neighbours tell.
func (o *osculation) fit(i int, neighbors []int32, unit float64) bool {
	d, k := o.Dimension, len(neighbors)
	copy(o.origin, mat32.Row(o.buf, i, o.x))
	for t, j := range neighbors {
		to := o.rows.RawRowView(t)
		for c, v := range mat32.Row(o.buf, int(j), o.x) {
			to[c] = (v/2 - o.origin[c]/2) / (unit / 2) // halves cannot overflow
			if to[c]-to[c] != 0 {
				return false
			}
			to[c] = orZero(to[c])
		}
	}
	// Where columns are more than neighbours, coordinates among those that they span.
	points := o.rows
	if _, columns := points.Dims(); columns > k {
		var lq mat.LQ
		lq.Factorize(points)
		points = new(mat.Dense)
		lq.LTo(points)
		points = points.Slice(0, k, 0, k).(*mat.Dense)
	}
	_, width := points.Dims()
	centered := mat.DenseCopyOf(points)
	for c := range width {
		mean := 0.
		for t := range k {
			mean += points.At(t, c) / float64(k)
		}
		for t := range k {
			centered.Set(t, c, points.At(t, c)-mean)
		}
	}
	var svd mat.SVD
	if !svd.Factorize(centered, mat.SVDThinV) {
		return false
	}
	var frame, placed mat.Dense
	svd.VTo(&frame)
	_, spanned := frame.Dims()
	if spanned < d+o.Normals {
		return false
	}
	placed.Mul(points, frame.Slice(0, width, 0, d+o.Normals))
	// The row itself lies at 0.
	terms, heights := mat.NewDense(k+1, coefficients(d), nil), mat.NewDense(k+1, o.Normals, nil)
	terms.Set(k, 0, 1)
	for t := range k {
		at, row := placed.RawRowView(t), terms.RawRowView(t)
		row[0] = 1
		copy(row[1:], at[:d])
		c := 1 + d
		for a := range d {
			row[c] = at[a] * at[a] / 2
			c++
			for b := a + 1; b < d; b++ {
				row[c] = at[a] * at[b]
				c++
			}
		}
		copy(heights.RawRowView(t), at[d:])
	}
	// Terms of one length: those of a thin neighbourhood are small, and no less known.
	lengths := make([]float64, coefficients(d))
	for c := range lengths {
		column := terms.ColView(c)
		lengths[c] = mat.Norm(column, 2)
		if lengths[c] == 0 {
			return false
		}
		for t := range k + 1 {
			terms.Set(t, c, terms.At(t, c)/lengths[c])
		}
	}
	var qr mat.QR
	qr.Factorize(terms)
	if !(qr.Cond() < worstCondition) {
		return false
	}
	var found mat.Dense
	if err := qr.SolveTo(&found, false, heights); err != nil {
		return false
	}
	for normal := range o.Normals {
		for a := range d {
			o.slope.Set(normal, a, found.At(1+a, normal)/lengths[1+a])
		}
		c := 1 + d
		for a := range d {
			for b := a; b < d; b++ {
				o.hessians[normal].SetSym(a, b, found.At(c, normal)/lengths[c])
				c++
			}
		}
	}
	return true
}

// bend writes the principal curvatures of the surface that was fitted, the length of its
// mean curvature vector and its scalar curvature.
//
// Of a surface u ↦ (u, h(u)) with slopes G at the row, tangent vectors have the products
// I + GᵀG, and normals (−Gᵀν, ν) the products I + GGᵀ. Both roots differ from the unit matrix by
// what the eigenvectors of GᵀG span: with its eigenvalues q, (I + GᵀG)^−½ = I + V·φ(q)·q·Vᵀ and
// (I + GGᵀ)^−½ = I + G·V·φ(q)·Vᵀ·Gᵀ where φ(q) = ((1+q)^−½ − 1)/q.
func (o *osculation) bend(dst []float64, mean, scalar *float64, unit float64) bool {
	d := o.Dimension
	var products mat.SymDense
	products.SymOuterK(1, o.slope.T())
	for i, v := range products.RawSymmetric().Data {
		products.RawSymmetric().Data[i] = orZero(v)
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(&products, true) {
		return false
	}
	var v, along mat.Dense
	eigen.VectorsTo(&v)
	along.Mul(o.slope, &v) // Normals × d
	tangent := mat.NewDense(d, d, nil)
	phi := make([]float64, d)
	for t, q := range eigen.Values(nil) {
		q = max(q, 0)
		root := math.Sqrt(1 + q)
		phi[t] = -1 / (root * (1 + root))
		for a := range d {
			for b := range d {
				tangent.Set(a, b, tangent.At(a, b)+v.At(a, t)*phi[t]*q*v.At(b, t))
			}
		}
	}
	for a := range d {
		tangent.Set(a, a, tangent.At(a, a)+1)
	}
	// shares[t] is Σ over normals of along[normal][t]·Hessian: the rest of the turn to
	// orthonormal normals.
	shares := make([]*mat.SymDense, d)
	for t := range shares {
		shares[t] = mat.NewSymDense(d, nil)
		for normal, h := range o.hessians {
			addScaled(shares[t], along.At(normal, t), h)
		}
	}
	var sumSquares, all float64
	form := mat.NewSymDense(d, nil)
	for normal := range o.Normals {
		form.CopySym(o.hessians[normal])
		for t, share := range shares {
			addScaled(form, phi[t]*along.At(normal, t), share)
		}
		var half, whole mat.Dense
		half.Mul(tangent, form)
		whole.Mul(&half, tangent)
		trace := 0.
		for a := range d {
			trace += whole.At(a, a)
			for b := a; b < d; b++ {
				form.SetSym(a, b, orZero(whole.At(a, b)/2+whole.At(b, a)/2))
			}
		}
		if !eigen.Factorize(form, false) {
			return false
		}
		values := eigen.Values(nil) // rising
		to := dst[normal*d : (normal+1)*d]
		for a := range to {
			if trace < 0 {
				to[a] = -values[a]
			} else {
				to[a] = values[d-1-a]
			}
			all += to[a] * to[a]
			to[a] /= unit
			if to[a]-to[a] != 0 {
				return false
			}
		}
		sumSquares += trace * trace
	}
	*mean = math.Sqrt(sumSquares) / float64(d) / unit
	*scalar = (sumSquares - all) / unit / unit
	return *mean-*mean == 0 && *scalar-*scalar == 0
}

// orZero returns v, or zero where it is so small beside 1 that decompositions would stumble
// over it.
func orZero(v float64) float64 {
	if math.Abs(v) < 1e-140 {
		return 0
	}
	return v
}

// addScaled adds alpha·b to a.
func addScaled(a *mat.SymDense, alpha float64, b *mat.SymDense) {
	x, y := a.RawSymmetric().Data, b.RawSymmetric().Data
	for i, v := range y {
		x[i] += alpha * v
	}
}
