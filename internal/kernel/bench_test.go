package kernel

import (
	"context"
	"fmt"
	"testing"

	"gonum.org/v1/gonum/blas"
)

func BenchmarkGemm(b *testing.B) {
	ctx := context.Background()
	for _, s := range [][3]int{{2000, 784, 784}, {1000, 1000, 1000}, {32, 32, 700}, {700, 32, 32}, {100, 100, 100}, {32, 700, 700}, {50, 50, 50000}, {784, 784, 2000}} {
		m, n, k := s[0], s[1], s[2]
		x, y, z := general(m, k, 0), general(k, n, 1), general(m, n, 2)
		yt := general(n, k, 1)
		x32, y32, z32, yt32 := general32(x), general32(y), general32(z), general32(yt)
		flops := 2 * float64(m) * float64(n) * float64(k)
		rate := func(b *testing.B) { b.ReportMetric(flops*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s") }
		b.Run(fmt.Sprintf("32/NN/%dx%dx%d", m, n, k), func(b *testing.B) {
			for b.Loop() {
				Gemm32(ctx, blas.NoTrans, blas.NoTrans, 1, x32, y32, 0, z32)
			}
			rate(b)
		})
		b.Run(fmt.Sprintf("32/NT/%dx%dx%d", m, n, k), func(b *testing.B) {
			for b.Loop() {
				Gemm32(ctx, blas.NoTrans, blas.Trans, 1, x32, yt32, 0, z32)
			}
			rate(b)
		})
		b.Run(fmt.Sprintf("64/NN/%dx%dx%d", m, n, k), func(b *testing.B) {
			for b.Loop() {
				Gemm64(ctx, blas.NoTrans, blas.NoTrans, 1, x, y, 0, z)
			}
			rate(b)
		})
		b.Run(fmt.Sprintf("64/NT/%dx%dx%d", m, n, k), func(b *testing.B) {
			for b.Loop() {
				Gemm64(ctx, blas.NoTrans, blas.Trans, 1, x, yt, 0, z)
			}
			rate(b)
		})
		if m == n {
			b.Run(fmt.Sprintf("64/Syrk/%dx%dx%d", m, n, k), func(b *testing.B) {
				for b.Loop() {
					Syrk64(ctx, blas.NoTrans, 1, x, 0, z)
				}
				rate(b)
			})
		}
	}
}
