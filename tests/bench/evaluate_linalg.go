package bench

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// productError is the largest error of some of the values of the product of a and bᵀ, over the product of the lengths of the rows
// they are made of.
var productError = Measure{Name: "largest error of a product, relative to the lengths of its rows (0 is best)", Format: "%.1e",
	Of: func(in []*mat32.Dense, _ wire.Options, r *wire.Reply) (float64, error) {
		n, _ := in[0].Dims()
		m, _ := in[1].Dims()
		product, err := r.Matrix("product", n, m)
		if err != nil {
			return 0, err
		}
		worst := 0.
		for _, i := range judgedOf(n) {
			for _, j := range judgedOf(m) {
				var sum, aa, bb float64
				b := in[1].Row(j)
				for k, v := range in[0].Row(i) {
					x, y := float64(v), float64(b[k])
					sum += x * y
					aa += x * x
					bb += y * y
				}
				if size := math.Sqrt(aa * bb); size > 0 {
					worst = max(worst, math.Abs(product[i*m+j]-sum)/size)
				}
			}
		}
		return worst, nil
	}}

// decomposition measures judge eigenvalues, and eigenvectors as rows, of the leading square of a symmetric matrix.
var decompositionMeasures = []Measure{
	{Name: "‖AV − VΛ‖ ÷ ‖A‖ (0 is best)", Format: "%.1e", Of: func(in []*mat32.Dense, _ wire.Options, r *wire.Reply) (float64, error) {
		a := leading(in[0])
		values, v, err := eigenpairs(a, r)
		if err != nil {
			return 0, err
		}
		var left mat.Dense
		left.Mul(v, a)
		left.Apply(func(i, j int, x float64) float64 { return x - values[i]*v.At(i, j) }, &left)
		return mat.Norm(&left, 2) / mat.Norm(a, 2), nil
	}},
	{Name: "‖VᵀV − I‖ (0 is best)", Format: "%.1e", Of: func(in []*mat32.Dense, _ wire.Options, r *wire.Reply) (float64, error) {
		_, v, err := eigenpairs(leading(in[0]), r)
		if err != nil {
			return 0, err
		}
		var gram mat.Dense
		gram.Mul(v, v.T())
		n, _ := gram.Dims()
		for i := range n {
			gram.Set(i, i, gram.At(i, i)-1)
		}
		return mat.Norm(&gram, 2), nil
	}},
}

// factorError judges an upper triangular U for which UᵀU is the leading square of a matrix.
var factorError = Measure{Name: "‖UᵀU − A‖ ÷ ‖A‖ (0 is best)", Format: "%.1e",
	Of: func(in []*mat32.Dense, _ wire.Options, r *wire.Reply) (float64, error) {
		a := leading(in[0])
		n, _ := a.Dims()
		values, err := r.Matrix("upper", n, n)
		if err != nil {
			return 0, err
		}
		u := mat.NewTriDense(n, mat.Upper, values)
		var left mat.Dense
		left.Mul(u.T(), u)
		left.Sub(&left, a)
		return mat.Norm(&left, 2) / mat.Norm(a, 2), nil
	}}

func eigenpairs(a *mat.SymDense, r *wire.Reply) (values []float64, vectors *mat.Dense, err error) {
	n, _ := a.Dims()
	if values, err = r.Matrix("values", 1, n); err != nil {
		return nil, nil, err
	}
	v, err := r.Matrix("vectors", n, n)
	if err != nil {
		return nil, nil, err
	}
	return values, mat.NewDense(n, n, v), nil
}

// leading returns the leading square of a symmetric matrix.
func leading(x *mat32.Dense) *mat.SymDense {
	n, _ := x.Dims()
	s := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			s.SetSym(i, j, x.At(i, j))
		}
	}
	return s
}
