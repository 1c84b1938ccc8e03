package kernel

import (
	"context"
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/blas64"

	"github.com/flatland-go/flatland/internal/rng"
)

// general returns an r×c matrix of normal values with some room at the end of
// its rows, which is NaN.
func general(r, c int, row int) blas64.General {
	s := rng.New(2, "matrix", row)
	m := blas64.General{Rows: r, Cols: c, Stride: c + 3, Data: make([]float64, r*(c+3))}
	for i := range m.Data {
		m.Data[i] = math.NaN()
	}
	for i := range r {
		for j := range c {
			m.Data[i*m.Stride+j] = s.Normal()
		}
	}
	return m
}

func general32(m blas64.General) blas32.General {
	out := blas32.General{Rows: m.Rows, Cols: m.Cols, Stride: m.Stride, Data: make([]float32, len(m.Data))}
	for i, v := range m.Data {
		out.Data[i] = float32(v)
	}
	return out
}

func TestGemm(t *testing.T) {
	ctx := context.Background()
	for _, shape := range [][3]int{{1, 1, 1}, {6, 16, 8}, {7, 17, 9}, {13, 5, 300}, {100, 100, 100}, {97, 130, 600}, {3, 4, 5000}, {200, 520, 33}, {5, 7, 0}, {250, 4200, 5}} {
		m, n, k := shape[0], shape[1], shape[2]
		for _, ta := range []blas.Transpose{blas.NoTrans, blas.Trans} {
			for _, tb := range []blas.Transpose{blas.NoTrans, blas.Trans} {
				for _, beta := range []float64{0, 1, -0.5} {
					a, b := general(m, k, 0), general(k, n, 1)
					if ta == blas.Trans {
						a = general(k, m, 0)
					}
					if tb == blas.Trans {
						b = general(n, k, 1)
					}
					a32, b32 := general32(a), general32(b)
					c := general(m, n, 2)
					if beta == 0 {
						for i := range c.Data {
							c.Data[i] = math.NaN()
						}
					}
					c32 := general32(c)
					before, before32 := append([]float64{}, c.Data...), append([]float32{}, c32.Data...)
					if err := Gemm64(ctx, ta, tb, 1.5, a, b, beta, c); err != nil {
						t.Fatal(err)
					}
					if err := Gemm32(ctx, ta, tb, 1.5, a32, b32, float32(beta), c32); err != nil {
						t.Fatal(err)
					}
					name := fmt.Sprintf("%d×%d×%d %c%c beta %v", m, n, k, ta, tb, beta)
					for i := range m {
						for j := range n + 3 {
							at := i*c.Stride + j
							if j >= n {
								if c.Data[at] == c.Data[at] || c32.Data[at] == c32.Data[at] {
									t.Fatalf("%s: wrote beyond row %d", name, i)
								}
								continue
							}
							sum, size, sum32 := 0., 0., 0.
							for p := range k {
								x, y := i*a.Stride+p, p*b.Stride+j
								if ta == blas.Trans {
									x = p*a.Stride + i
								}
								if tb == blas.Trans {
									y = j*b.Stride + p
								}
								sum += a.Data[x] * b.Data[y]
								size += math.Abs(a.Data[x] * b.Data[y])
								sum32 += float64(a32.Data[x]) * float64(b32.Data[y])
							}
							want, want32 := 1.5*sum, 1.5*sum32
							if beta != 0 {
								want += beta * before[at]
								want32 += beta * float64(before32[at])
								size += math.Abs(before[at])
							}
							if d := math.Abs(c.Data[at] - want); !(d <= 1e-13*(size+1e-300)) {
								t.Fatalf("%s: at %d, %d got %v, want %v", name, i, j, c.Data[at], want)
							}
							if d := math.Abs(float64(c32.Data[at]) - want32); !(d <= 3*(DotError32(k)+0x1p-24)*(size+1e-300)) {
								t.Fatalf("%s: at %d, %d got %v, want %v in float32", name, i, j, c32.Data[at], want32)
							}
						}
					}
				}
			}
		}
	}
}
