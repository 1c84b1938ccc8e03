package nn

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Jacobian returns the derivatives of what comes into layer l, counted from 1, before it is
// bent, by the input: a row for every unit, a column for every column of the rows, at one row.
// It is computed in float64. Time O(parameters·d), memory 16 bytes for every value.
//
// Errors: *mat32.ParamError for a layer that there is not, *mat32.ShapeError for a row of another
// length, and *mat32.NotFiniteError for one that is not finite.
func (m *MLPModel) Jacobian(l int, row []float64) (*mat.Dense, error) {
	if l < 1 || l > m.Layers() {
		return nil, &mat32.ParamError{Method: mlp, Param: "layer", Value: l, Want: fmt.Sprintf("1 ≤ layer ≤ %d", m.Layers())}
	}
	d := m.Sizes[0]
	if len(row) != d {
		return nil, fmt.Errorf("%s: %w", mlp, &mat32.ShapeError{What: "row", Rows: 1, Cols: len(row), Want: fmt.Sprintf("%d columns", d)})
	}
	for j, v := range row {
		if v-v != 0 {
			return nil, fmt.Errorf("%s: %w", mlp, &mat32.NotFiniteError{Col: j, Value: v})
		}
	}
	at, h := 0, row
	var slope *mat.Dense
	for k := 1; ; k++ {
		in, out := m.Sizes[k-1], m.Sizes[k]
		weights := mat.NewDense(out, in, nil)
		for i, v := range m.values[at : at+in*out] {
			weights.RawMatrix().Data[i] = float64(v)
		}
		constants := m.values[at+in*out:][:out]
		at += sizes(m.Sizes).parameters(k)
		next := weights
		if k > 1 {
			next = mat.NewDense(out, d, nil)
			if err := kernel.Gemm64(context.Background(), blas.NoTrans, blas.NoTrans, 1, weights.RawMatrix(), slope.RawMatrix(), 0, next.RawMatrix()); err != nil {
				return nil, err
			}
		}
		if slope = next; k == l {
			return slope, nil
		}
		bent, bend := make([]float64, out), m.Options.Activation
		if k == m.Options.straight {
			bend = Identity
		}
		for i := range bent {
			z := kernel.Dot64(weights.RawRowView(i), h) + float64(constants[i])
			var by float64
			bent[i], by = bend.at(z)
			kernel.Scal64(by, slope.RawRowView(i))
		}
		h = bent
	}
}

// at returns what the activation makes of a value, and its derivative.
func (a Activation) at(z float64) (value, slope float64) {
	switch a {
	case Tanh:
		t := math.Tanh(z)
		return t, 1 - t*t
	case GELU:
		below := math.Erfc(-z/math.Sqrt2) / 2
		return z * below, below + z*math.Exp(-z*z/2)/math.Sqrt(2*math.Pi)
	case ReLU:
		if z <= 0 {
			return 0, 0
		}
	}
	return z, 1
}
