package kernel

import (
	"context"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
)

// A sparse row has the bits of the row in full, whatever the length of the sum,
// and on every path.
func TestSparseRowHasTheBitsOfGemm(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for _, inner := range []int{1, 5, 8, 255, 256, 257, 600, 1025} {
			for _, cols := range []int{1, 7, 16, 33, 130} {
				const rows = 4
				a, b := make([]float32, rows*inner), make([]float32, inner*cols)
				for i := range b {
					b[i] = float32(math.Sin(float64(3*i + 1)))
				}
				for i := range a {
					if i%7 == 0 || i%11 == 3 || i < inner/2 && i%2 == 0 {
						a[i] = float32(math.Cos(float64(5*i))) * float32(math.Exp(math.Sin(float64(i))*5))
					}
				}
				want := make([]float32, rows*cols)
				err := Gemm32(context.Background(), blas.NoTrans, blas.NoTrans, 1, blas32.General{Rows: rows, Cols: inner, Stride: inner, Data: a},
					blas32.General{Rows: inner, Cols: cols, Stride: cols, Data: b}, 0, blas32.General{Rows: rows, Cols: cols, Stride: cols, Data: want})
				if err != nil {
					t.Fatal(err)
				}
				got, sums := make([]float32, cols), make([]float32, cols)
				for i := range rows {
					var places []int32
					var values []float32
					for j, v := range a[i*inner : (i+1)*inner] {
						if v != 0 {
							places, values = append(places, int32(j)), append(values, v)
						}
					}
					SparseRow32(got, places, values, inner, b, cols, sums)
					if !slices.Equal(got, want[i*cols:(i+1)*cols]) {
						t.Fatalf("%d columns of %d steps, row %d: %v, want %v", cols, inner, i, got, want[i*cols:(i+1)*cols])
					}
				}
			}
		}
	})
}
