// Package linalg holds the linear algebra that gonum lacks or does slowly.
package linalg

import (
	"math"

	"gonum.org/v1/gonum/blas/blas64"
)

// rowsAtOnce cuts loops whose body costs O(n) a row.
const rowsAtOnce = 32

func newGeneral(rows, cols int) blas64.General {
	m := blas64.General{Rows: rows, Cols: cols, Stride: max(cols, 1), Data: make([]float64, rows*cols)}
	inLargePages(m.Data)
	return m
}

// row returns row i of m.
func row(m blas64.General, i int) []float64 { return m.Data[i*m.Stride : i*m.Stride+m.Cols] }

// part returns the rows top … bottom−1 of the columns left … right−1 as a view.
func part(m blas64.General, top, bottom, left, right int) blas64.General {
	v := blas64.General{Rows: bottom - top, Cols: right - left, Stride: m.Stride}
	if v.Rows > 0 && v.Cols > 0 {
		v.Data = m.Data[top*m.Stride+left : (bottom-1)*m.Stride+right]
	}
	return v
}

// power is a power of two, in two factors, as it may be beyond the range of one.
type power struct{ half, rest float64 }

func newPower(exponent int) power {
	return power{math.Ldexp(1, exponent/2), math.Ldexp(1, exponent-exponent/2)}
}

func (p power) times(x float64) float64 { return x * p.half * p.rest }
