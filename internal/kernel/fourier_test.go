package kernel

import (
	"math"
	"math/cmplx"
	"testing"
)

// A pass by its definition, and nothing beyond its rows.
func TestFourier32(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for radix := 2; radix <= 5; radix++ {
			for _, groups := range []int{0, 1, 2, 3, 7} {
				for _, run := range []int{8, 24, 32} {
					n := radix * groups * run
					re, im := sample32(n+1, 1), sample32(n+1, 2)
					toRe, toIm := sample32(n+1, 3), sample32(n+1, 4)
					lastRe, lastIm := toRe[n], toIm[n]
					twiddles := sample32(2*(radix-1)*groups, 5)
					Fourier32(radix, toRe, toIm, re, im, twiddles, run)
					if toRe[n] != lastRe || toIm[n] != lastIm {
						t.Fatalf("radix %d, %d groups of %d: written beyond the rows", radix, groups, run)
					}
					for at := range n {
						g, k, i := at/run/radix, at/run%radix, at%run
						want := 0i
						for j := range radix {
							from := (g+j*groups)*run + i
							want += complex(float64(re[from]), float64(im[from])) * cmplx.Rect(1, -2*math.Pi*float64(j*k)/float64(radix))
						}
						if k > 0 {
							w := twiddles[2*((radix-1)*g+k-1):]
							want *= complex(float64(w[0]), float64(w[1]))
						}
						if got := complex(float64(toRe[at]), float64(toIm[at])); cmplx.Abs(got-want) > 1e-5 {
							t.Fatalf("radix %d, %d groups of %d: value %d is %v, want %v", radix, groups, run, at, got, want)
						}
					}
				}
			}
		}
	})
}
