//go:build !purego

package kernel

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/blas64"

	"github.com/flatland-go/flatland/internal/testenv"
)

// eachPath runs a test on every path that this processor has, and on that of
// AVX2 with the tiles of processors without AVX-512.
func eachPath(t *testing.T, f func(t *testing.T)) {
	defer func(narrow, wide bool) { avx2, avx512 = narrow, wide }(avx2, avx512)
	t.Run(Path(), f)
	if avx512 && !testing.Short() { // its goroutines are those of AVX2
		avx512 = false
		t.Run(Path(), f)
	}
	if avx2 {
		avx2, avx512 = false, false
		t.Run(Path(), f)
	}
}

// Tiles of AVX-512 have the bits of those of AVX2.
func TestWiderTilesHaveTheSameBits(t *testing.T) {
	testenv.Unraced(t)
	has := avx512
	defer func() { avx512 = has }()
	ctx := context.Background()
	for _, s := range append([][3]int{{12, 16, 256}, {25, 33, 257}, {3, 4, 9000}}, shapes...) {
		for _, ta := range transposes {
			for _, tb := range transposes {
				for _, beta := range []float64{0, 1, -0.3} {
					a, b, old := stored(ta, s[0], s[2], 0), stored(tb, s[2], s[1], 1), general(s[0], s[1], 2)
					var got [2]blas64.General
					var got32 [2]blas32.General
					for i, wide := range []bool{false, has} {
						avx512 = wide
						got[i], got32[i] = old, general32(old)
						got[i].Data = slices.Clone(old.Data)
						if err := Gemm64(ctx, ta, tb, 0.7, a, b, beta, got[i]); err != nil {
							t.Fatal(err)
						}
						if err := Gemm32(ctx, ta, tb, 0.7, general32(a), general32(b), float32(beta), got32[i]); err != nil {
							t.Fatal(err)
						}
					}
					name := fmt.Sprintf("%v %c%c beta %v", s, ta, tb, beta)
					same(t, name, got[0], got[1])
					same(t, name+" in float32", general64(got32[0]), general64(got32[1]))
				}
			}
		}
	}
	for _, s := range [][3]int{{1, 1, 1}, {7, 33, 50}, {40, 25, 300}, {14, 17, 784}} {
		_, a := sample(s[0]*s[2], 0, 1, 1)
		_, b := sample(s[1]*s[2], 0, 2, 1)
		var dst [2][]float32
		for i, wide := range []bool{false, has} {
			avx512 = wide
			var tile Tile32
			tile.SetA(a, s[2])
			tile.SetB(b, s[2])
			dst[i] = make([]float32, s[0]*s[1])
			tile.Mul(dst[i], s[1])
		}
		if !slices.Equal(dst[0], dst[1]) {
			t.Errorf("Tile32 of %v: other values", s)
		}
	}
}
