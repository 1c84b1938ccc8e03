package kernel

import (
	"math"
	"math/big"
	"testing"

	"github.com/flatland-go/flatland/internal/rng"
)

// Every kernel against arbitrary precision, on every length around the unrolled
// one and on unaligned slices.
func TestAgainstBigFloats(t *testing.T) {
	s := rng.New(1, "kernel", 0)
	for d := 0; d <= 70; d++ {
		a32, b32 := make([]float32, d+1)[1:], make([]float32, d+1)[1:]
		a64, b64 := make([]float64, d), make([]float64, d)
		sq, sq32, dot, size := new(big.Float).SetPrec(200), new(big.Float).SetPrec(200), new(big.Float).SetPrec(200), 0.
		for i := range d {
			a64[i], b64[i] = s.Normal(), s.Normal()*1e3
			a32[i], b32[i] = float32(a64[i]), float32(b64[i])
			add := func(sum *big.Float, x, y float64) {
				sum.Add(sum, new(big.Float).Mul(big.NewFloat(x).SetPrec(200), big.NewFloat(y)))
			}
			diff := func(sum *big.Float, x, y float64) {
				z := new(big.Float).SetPrec(200).Sub(big.NewFloat(x).SetPrec(200), big.NewFloat(y))
				sum.Add(sum, new(big.Float).Mul(z, z))
			}
			diff(sq, a64[i], b64[i])
			diff(sq32, float64(a32[i]), float64(b32[i]))
			add(dot, a64[i], b64[i])
			size += math.Abs(a64[i] * b64[i])
		}
		check := func(name string, got float64, want *big.Float, tol float64) {
			w, _ := want.Float64()
			if math.Abs(got-w) > tol {
				t.Errorf("%s of %d terms: got %v, want %v ± %v", name, d, got, w, tol)
			}
		}
		w64, _ := sq.Float64()
		w32, _ := sq32.Float64()
		check("SquaredDistance64", SquaredDistance64(a64, b64), sq, 1e-15*float64(d+3)*w64)
		check("SquaredDistanceMixed", SquaredDistanceMixed(a32, b32), sq32, 1e-15*float64(d+3)*w32)
		check("SquaredDistance32", float64(SquaredDistance32(a32, b32)), sq32, Error32(d)*w32)
		check("Dot64", Dot64(a64, b64), dot, 1e-15*float64(d+3)*size)

		many := append(append([]float32{}, b32...), a32...)
		dst := make([]float32, 2)
		SquaredDistances32(dst, a32, many)
		if dst[0] != SquaredDistance32(a32, b32) || dst[1] != 0 {
			t.Errorf("SquaredDistances32 of %d terms: %v", d, dst)
		}
	}
}

func TestNotFiniteValuesShow(t *testing.T) {
	for d := 1; d <= 20; d++ {
		for k := range d {
			a, b := make([]float64, d), make([]float64, d)
			a32, b32 := make([]float32, d), make([]float32, d)
			a[k], a32[k] = math.NaN(), float32(math.NaN())
			if v := SquaredDistance64(a, b); v == v {
				t.Errorf("NaN at %d of %d was lost", k, d)
			}
			if v := SquaredDistance32(a32, b32); v == v {
				t.Errorf("NaN at %d of %d was lost in float32", k, d)
			}
			if v := Dot64(a, b); v == v {
				t.Errorf("NaN at %d of %d was lost in the product", k, d)
			}
		}
	}
}

func TestPathHasAName(t *testing.T) {
	if p := Path(); p != "generic" && p != "avx2" {
		t.Errorf("the path is called %q, and tests/conformance/hashes.json knows generic and avx2", p)
	}
}
