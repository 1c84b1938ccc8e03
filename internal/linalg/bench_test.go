package linalg

import (
	"context"
	"testing"

	"gonum.org/v1/gonum/blas/blas64"
)

func BenchmarkEigenSym784(b *testing.B) {
	a := randomSym(784)
	for b.Loop() {
		EigenSym(context.Background(), a)
	}
}

func BenchmarkEigenvalues784(b *testing.B) {
	a := randomSym(784)
	for b.Loop() {
		EigenvaluesSym(context.Background(), a)
	}
}

func BenchmarkEigenTop10(b *testing.B) {
	a := randomSym(784)
	for b.Loop() {
		EigenSymRange(context.Background(), a, 0, 10)
	}
}

func BenchmarkTridiagonalize784(b *testing.B) {
	a := randomSym(784).RawSymmetric()
	for b.Loop() {
		w := newGeneral(784, 784)
		copy(w.Data, a.Data)
		tridiagonalize(context.Background(), w)
	}
}

func BenchmarkDivide784(b *testing.B) {
	a := randomSym(784).RawSymmetric()
	w := newGeneral(784, 784)
	copy(w.Data, a.Data)
	t, _ := tridiagonalize(context.Background(), w)
	for b.Loop() {
		d, e := append([]float64{}, t.diagonal...), append([]float64{}, t.off...)
		divide(context.Background(), d, e, newGeneral(784, 784), newGeneral(784, 784), newGeneral(784, 784), 0, 784)
	}
}

func BenchmarkBack784(b *testing.B) {
	a := randomSym(784).RawSymmetric()
	w := newGeneral(784, 784)
	copy(w.Data, a.Data)
	t, _ := tridiagonalize(context.Background(), w)
	z := newGeneral(784, 784)
	for b.Loop() {
		t.backTransform(context.Background(), z)
	}
}

var _ blas64.General
