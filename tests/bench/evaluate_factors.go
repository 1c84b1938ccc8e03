package bench

import (
	"context"
	"errors"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// unexplained judges non-negative factors of the rows: the squared length of what they leave over that of the data.
var unexplained = Measure{Name: "‖X − WH‖² ÷ ‖X‖², factors without negative values (least is best)", Format: "%.6f",
	Of: func(in []*mat32.Dense, o wire.Options, r *wire.Reply) (float64, error) {
		n, d := in[0].Dims()
		k := o.Int("components")
		h, err := r.Matrix("components", k, d)
		if err != nil {
			return 0, err
		}
		w, err := r.Matrix("map", n, k)
		if err != nil {
			return 0, err
		}
		for _, factor := range [][]float64{h, w} {
			for _, v := range factor {
				if v < 0 {
					return 0, errors.New("a factor has a negative value")
				}
			}
		}
		left, whole := 0., 0.
		row := make([]float64, d)
		for i := range n {
			clear(row)
			for c, v := range w[i*k : (i+1)*k] {
				for j, u := range h[c*d : (c+1)*d] {
					row[j] += v * u
				}
			}
			for j, v := range in[0].Row(i) {
				left += (float64(v) - row[j]) * (float64(v) - row[j])
				whole += float64(v) * float64(v)
			}
		}
		return left / whole, nil
	}}

// negentropy judges independent sources: how far from Gaussian they are by log cosh, Σ(E G(s) − E G(ν))² over the sources in
// units of their deviation, where ν is Gaussian, less what correlations between them show to be told twice.
var negentropy = Measure{Name: "negentropy by log cosh (most is best)", Format: "%.5f",
	Of: func(in []*mat32.Dense, o wire.Options, r *wire.Reply) (float64, error) {
		n, _ := in[0].Dims()
		k := o.Int("components")
		values, err := r.Matrix("map", n, k)
		if err != nil {
			return 0, err
		}
		const gaussian = 0.3745672075 // E log cosh of a standard normal number
		s := mat.NewDense(n, k, values)
		total := 0.
		for c := range k {
			column := mat.Col(nil, c, s)
			mean, square := 0., 0.
			for _, v := range column {
				mean += v / float64(n)
			}
			for _, v := range column {
				square += (v - mean) * (v - mean) / float64(n)
			}
			contrast := 0.
			for i, v := range column {
				column[i] = (v - mean) / math.Sqrt(square)
				a := math.Abs(column[i])
				contrast += (a + math.Log1p(math.Exp(-2*a)) - math.Ln2) / float64(n)
			}
			s.SetCol(c, column)
			total += (contrast - gaussian) * (contrast - gaussian)
		}
		var gram mat.Dense
		gram.Mul(s.T(), s)
		return total * mat.Det(&gram) / math.Pow(float64(n), float64(k)), nil
	}}

// residue judges coordinates by the kernel exp(−‖a − b‖²/squares): the largest length of what the centred kernel matrix makes of
// one of them over its eigenvalue, its squared length, less itself, where eigenvalues and vectors are; relative to the first
// eigenvalue.
var residue = Measure{Name: "‖Kz − (z·z)z‖ ÷ (‖z‖·first eigenvalue), largest of all (0 is best)", Format: "%.1e",
	Of: func(in []*mat32.Dense, o wire.Options, r *wire.Reply) (float64, error) {
		n, d := in[0].Dims()
		k := o.Int("components")
		values, err := r.Matrix("map", n, k)
		if err != nil {
			return 0, err
		}
		gamma := 1 / float64(o.Int("squares"))
		z := mat.NewDense(n, k, values)
		lessColumnMeans(z)
		x := mat.DenseCopyOf(in[0])
		lessColumnMeans(x)
		square := make([]float64, n)
		for i := range square {
			square[i] = mat.Dot(x.RowView(i), x.RowView(i))
		}
		product := mat.NewDense(n, k, nil)
		err = par.Blocks(context.Background(), n, 100, func(lo, hi int) {
			dots := mat.NewDense(hi-lo, n, nil)
			// The one error is that of the context.
			_ = kernel.Gemm64(context.Background(), blas.NoTrans, blas.Trans, 1, x.Slice(lo, hi, 0, d).(*mat.Dense).RawMatrix(), x.RawMatrix(), 0, dots.RawMatrix())
			for i := lo; i < hi; i++ {
				row := dots.RawRowView(i - lo)
				for j, dot := range row {
					v := math.Exp(-gamma * max(square[i]+square[j]-2*dot, 0))
					for c, u := range z.RawRowView(j) {
						product.RawRowView(i)[c] += v * u
					}
				}
			}
		})
		if err != nil {
			return 0, err
		}
		lessColumnMeans(product)
		worst, first := 0., 0.
		for c := range k {
			a := mat.Col(nil, c, z)
			value := 0.
			for _, v := range a {
				value += v * v
			}
			left := 0.
			for i, v := range a {
				e := product.At(i, c) - value*v
				left += e * e
			}
			first = max(first, value)
			worst = max(worst, math.Sqrt(left/value))
		}
		return worst / first, nil
	}}

// eigenvalues judges coordinates by the sum of their squared lengths, the eigenvalues.
var eigenvalues = Measure{Name: "sum of the eigenvalues (most is best)", Format: "%.6f",
	Of: func(in []*mat32.Dense, o wire.Options, r *wire.Reply) (float64, error) {
		n, _ := in[0].Dims()
		values, err := r.Matrix("map", n, o.Int("components"))
		sum := 0.
		for _, v := range values {
			sum += v * v
		}
		return sum, err
	}}

// lessColumnMeans takes the means of its columns from x.
func lessColumnMeans(x *mat.Dense) {
	n, d := x.Dims()
	means := make([]float64, d)
	for i := range n {
		for j, v := range x.RawRowView(i) {
			means[j] += v / float64(n)
		}
	}
	for i := range n {
		for j, m := range means {
			x.RawRowView(i)[j] -= m
		}
	}
}

// kept judges components of sparse rows, given by columns and values: the share of the squared values that is left when rows are
// put back together from their coordinates along them.
var kept = Measure{Name: "share of squared values reconstructed (most is best)", Format: "%.6f",
	Of: func(in []*mat32.Dense, o wire.Options, r *wire.Reply) (float64, error) {
		columns, values, k, d := in[0], in[1], o.Int("components"), o.Int("words")
		n, _ := values.Dims()
		v, err := r.Matrix("components", k, d)
		if err != nil {
			return 0, err
		}
		if _, err := r.Matrix("map", n, k); err != nil {
			return 0, err
		}
		components := mat.NewDense(k, d, v)
		turned := mat.DenseCopyOf(components.T())
		whole := 0.
		z := mat.NewDense(n, k, nil)
		for i := range n {
			for t, u := range values.Row(i) {
				if u == 0 {
					continue
				}
				whole += float64(u) * float64(u)
				for c, v := range turned.RawRowView(int(columns.Row(i)[t])) {
					z.RawRowView(i)[c] += float64(u) * v
				}
			}
		}
		// ‖X − ZV‖² = ‖X‖² − 2·tr(ZᵀZ) + tr(ZᵀZ·VVᵀ).
		var a, b, ab mat.Dense
		a.Mul(z.T(), z)
		b.Mul(components, components.T())
		ab.Mul(&a, &b)
		return (2*mat.Trace(&a) - mat.Trace(&ab)) / whole, nil
	}}
