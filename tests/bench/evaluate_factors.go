package bench

import (
	"errors"
	"math"

	"gonum.org/v1/gonum/mat"

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
