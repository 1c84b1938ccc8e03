package linalg

import (
	"math/bits"
	"sync"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"
)

// scratch keeps the memory of matrices that are needed only while something is
// computed, by the binary digits of their size, until the collector wants it: to
// touch fresh memory can take as long as the arithmetic.
var scratch [64]sync.Pool

// borrow returns a matrix with any values, for giveBack.
func borrow(rows, cols int) blas64.General {
	need := rows * cols
	if kept, ok := scratch[bits.Len(uint(need))].Get().(*[]float64); ok && cap(*kept) >= need {
		return blas64.General{Rows: rows, Cols: cols, Stride: max(cols, 1), Data: (*kept)[:need]}
	}
	return newGeneral(rows, cols)
}

// borrowZero returns a matrix of zeros, for giveBack.
func borrowZero(rows, cols int) blas64.General {
	m := borrow(rows, cols)
	clear(m.Data)
	return m
}

// giveBack keeps the memory of borrowed matrices, which nobody uses any more.
func giveBack(matrices ...blas64.General) {
	for _, m := range matrices {
		scratch[bits.Len(uint(len(m.Data)))].Put(&m.Data)
	}
}

// Symmetric returns a matrix of any values that is needed only for a while: giveBackNow ends
// that, and lets others have the memory. What was factored in it ends then, too.
func Symmetric(n int) (a *mat.SymDense, giveBackNow func()) {
	m := borrow(n, n)
	return mat.NewSymDense(n, m.Data), func() { giveBack(m) }
}
