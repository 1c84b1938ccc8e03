package neighbors

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Canberra is Σ|a−b|/(|a|+|b|), where 0/0 counts 0 (Lance and Williams, Computer
// programs for hierarchical polythetic classification, 1966).
type Canberra struct{}

// String returns "canberra".
func (Canberra) String() string { return "canberra" }

var canberra = measures{
	single: relativeDifferences[float32, float32],
	double: relativeDifferences[float64, float64],
	mixed:  relativeDifferences[float64, float32],
	rough:  relativeDifferences32,
	// Three roundings of every term, and those of a chain of sums.
	loose: func(d int) float64 { return 1.01 * 0x1p-24 * float64(d/4+9) },
}

func (m Canberra) space(ctx context.Context, x mat.Matrix) (space, error) {
	if x, ok := thin(x); ok {
		return thinCanberra.space(ctx, x)
	}
	return canberra.space(m.String(), x), nil
}

func (Canberra) bytes(x mat.Matrix) int64 {
	if x, ok := thin(x); ok {
		return thinCanberra.bytes(x)
	}
	return directBytes(x)
}

func relativeDifferences[A, B number](a []A, b []B) float64 {
	b = b[:len(a)]
	var s0, s1, sizes float64
	i := 0
	for ; i+1 < len(a); i += 2 {
		v, w := float64(a[i]), float64(b[i])
		size := math.Abs(v) + math.Abs(w)
		sizes += size
		s0 += math.Abs(v-w) / orOne(size)
		v, w = float64(a[i+1]), float64(b[i+1])
		size = math.Abs(v) + math.Abs(w)
		sizes += size
		s1 += math.Abs(v-w) / orOne(size)
	}
	if sizes > math.MaxFloat64 { // some of them may be
		s0, s1, i = 0, 0, 0
	}
	for ; i < len(a); i++ {
		s0 += relativeDifference(float64(a[i]), float64(b[i]))
	}
	return s0 + s1
}

// orOne returns a size, and 1 in place of 0; where zeros are many, a branch would
// cost more than a division.
func orOne(size float64) float64 {
	const one = 0x3ff << 52
	b := math.Float64bits(size)
	return math.Float64frombits(b | one*((b-1)>>63))
}

func relativeDifferences32(a, b []float32) float32 {
	b = b[:len(a)]
	var s0, s1, s2, s3 float32
	i := 0
	for ; i+3 < len(a); i += 4 {
		s0 += abs32(a[i]-b[i]) / orOne32(abs32(a[i])+abs32(b[i]))
		s1 += abs32(a[i+1]-b[i+1]) / orOne32(abs32(a[i+1])+abs32(b[i+1]))
		s2 += abs32(a[i+2]-b[i+2]) / orOne32(abs32(a[i+2])+abs32(b[i+2]))
		s3 += abs32(a[i+3]-b[i+3]) / orOne32(abs32(a[i+3])+abs32(b[i+3]))
	}
	for ; i < len(a); i++ {
		s0 += abs32(a[i]-b[i]) / orOne32(abs32(a[i])+abs32(b[i]))
	}
	return (s0 + s2) + (s1 + s3)
}

func orOne32(size float32) float32 {
	const one = 0x7f << 23
	b := math.Float32bits(size)
	return math.Float32frombits(b | one*((b-1)>>31))
}

func relativeDifference(v, w float64) float64 {
	size := math.Abs(v) + math.Abs(w)
	switch {
	case size == 0:
		return 0
	case size > math.MaxFloat64:
		return math.Abs(v/2-w/2) / (math.Abs(v)/2 + math.Abs(w)/2)
	}
	return math.Abs(v-w) / size
}

// thinCanberra counts 1 for every column that one of the rows has.
var thinCanberra = &thinForm{
	name:   "canberra",
	about:  numberOfValues,
	common: func(v, w float64) float64 { return relativeDifference(v, w) - 2 },
	proxy:  func(a, b *[3]float64, sum, _ float64) float64 { return a[0] + b[0] + sum },
	slack:  func(a, b *[3]float64, d float64) float64 { return 3 * rounding(d) * (a[0] + b[0]) },
	exact: func(a, b *thinRow, _ int) float64 {
		sum, _ := union(a, b, relativeDifference)
		return sum
	},
}

func numberOfValues(values []float32, _ int) (about [3]float64, _ string) {
	about[0] = float64(len(values))
	return about, ""
}
