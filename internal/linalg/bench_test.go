package linalg

import (
	"context"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
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

func BenchmarkCholesky2000(b *testing.B) {
	a := definite(2000)
	for b.Loop() {
		NewCholesky(context.Background(), a)
	}
}

func BenchmarkCholeskyInPlace2000(b *testing.B) {
	a := definite(2000)
	c := newGeneral(2000, 2000)
	for b.Loop() {
		copy(c.Data, a.RawSymmetric().Data)
		CholeskyInPlace(context.Background(), mat.NewSymDense(2000, c.Data))
	}
}

func BenchmarkGemm1000(b *testing.B) {
	a, c := random(1000, 1000).RawMatrix(), newGeneral(1000, 1000)
	for b.Loop() {
		kernel.Gemm64(context.Background(), blas.Trans, blas.NoTrans, -1, a, a, 1, c)
	}
}

func BenchmarkQR10000x100(b *testing.B) {
	x := random(10000, 100)
	for b.Loop() {
		QR(context.Background(), x)
	}
}

func BenchmarkHouseholder10000x100(b *testing.B) {
	v := newGeneral(100, 10000)
	copy(v.Data, random(100, 10000).RawMatrix().Data)
	for b.Loop() {
		householderRows(context.Background(), v)
	}
}

func BenchmarkSVD10000x100(b *testing.B) {
	x := random(10000, 100)
	for b.Loop() {
		SVD(context.Background(), x)
	}
}

func BenchmarkSVD784(b *testing.B) {
	x := random(784, 784)
	for b.Loop() {
		SVD(context.Background(), x)
	}
}
