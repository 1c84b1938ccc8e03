package quality_test

import (
	"context"
	"encoding/binary"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/quality"
)

// Whatever the values, ranks are those of the full order of exact distances, or
// there is an error.
func FuzzCompare(f *testing.F) {
	bytes := func(values ...float64) (b []byte) {
		for _, v := range values {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
		}
		return b
	}
	f.Add(1, 2, bytes(1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 9, 9, 9, 9))
	f.Add(2, 1, bytes(0, 1e308, -1e308, 5e-324, 1e-310, 1, 1, 3, 1e150, 1e-150, 1e-160, 0))
	f.Add(1, 1, bytes(math.NaN(), 1, 2, 3))
	f.Add(1, 1, []byte{})
	f.Fuzz(func(t *testing.T, dx, dy int, b []byte) {
		if dx < 1 || dy < 1 || dx > 10 || dy > 10 || len(b) > 8*400 {
			return
		}
		n := len(b) / 8 / (dx + dy)
		if n == 0 {
			return
		}
		x, y := mat.NewDense(n, dx, nil), mat.NewDense(n, dy, nil)
		for i := range n {
			for j := range dx + dy {
				v := math.Float64frombits(binary.LittleEndian.Uint64(b[8*(i*(dx+dy)+j):]))
				if j < dx {
					x.Set(i, j, v)
				} else {
					y.Set(i, j-dx, v)
				}
			}
		}
		r, err := quality.Rank{}.Compare(context.Background(), x, y)
		if err != nil {
			if n >= 2 && mat32.Check(x) == nil && mat32.Check(y) == nil && mat.Norm(x, 1) < 1e300 && mat.Norm(y, 1) < 1e300 {
				t.Errorf("refused: %v", err)
			}
			return
		}
		gx, gy := order(t, x), order(t, y)
		check(t, "in the embedding", gx, gy, r.K, r.Original, r.OriginalRanks)
		check(t, "in the data", gy, gx, r.K, r.Embedded, r.EmbeddedRanks)
	})
}

// Whatever the values, scores of distances are numbers within their bounds, and
// ranks those of the full order, or there is an error.
func FuzzDistancePreservation(f *testing.F) {
	f.Add(uint16(0), []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 9, 9, 9, 9, 9})
	add := func(pairs uint16, values ...float64) {
		var b []byte
		for _, v := range values {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
		}
		f.Add(pairs, b)
	}
	add(0, 0, 1e308, -1e308, 5e-324, 1e-310, 1, 1, 3, 1e150, 1e-150)
	add(5, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 1, 1)
	add(0, 1, 1, 1, 1, 1, 2)
	f.Fuzz(func(t *testing.T, pairs uint16, b []byte) {
		n := len(b) / 16
		if n == 0 || n > 100 {
			return
		}
		x, y := mat.NewDense(n, 1, nil), mat.NewDense(n, 1, nil)
		for i := range n {
			x.Set(i, 0, math.Float64frombits(binary.LittleEndian.Uint64(b[16*i:])))
			y.Set(i, 0, math.Float64frombits(binary.LittleEndian.Uint64(b[16*i+8:])))
		}
		a, err := quality.DistancePreservation{Pairs: int(pairs)}.Compare(context.Background(), x, y)
		if err != nil {
			return
		}
		for _, v := range []float64{a.R, a.Rho, a.Sigma, a.Scale, a.RErr, a.RhoErr, a.SigErr,
			a.Tau.Value, a.Tau.StdErr, a.RMS.Value, a.RMS.StdErr, a.Normalized.Value, a.Kruskal.Value, a.Nonmetric.Value, a.Nonmetric.StdErr} {
			if v-v != 0 {
				t.Fatalf("%+v", a)
			}
		}
		if math.Abs(a.R) > 1 || math.Abs(a.Rho) > 1 || math.Abs(a.Tau.Value) > 1 || a.Nonmetric.Value > 1 || a.Sigma < 0 || a.Sigma > 1 || a.Scale < 0 {
			t.Errorf("%+v", a)
		}
		var dx, dy []float64
		for i := range n {
			for j := i + 1; j < n; j++ {
				dx, dy = append(dx, math.Abs(x.At(i, 0)-x.At(j, 0))), append(dy, math.Abs(y.At(i, 0)-y.At(j, 0)))
			}
		}
		for _, m := range []*mat.Dense{x, y} {
			for _, v := range m.RawMatrix().Data {
				if v != 0 && (math.Abs(v) < 1e-100 || math.Abs(v) > 1e100) {
					return // squares of differences round to others
				}
			}
		}
		if rho := rankCorrelation(dx, dy); a.Pairs == a.All && math.Abs(a.Rho-rho) > 1e-12 {
			t.Errorf("ρ is %v, want %v", a.Rho, rho)
		}
	})
}

// rankCorrelation counts, for every value, the smaller ones and half of the equal.
func rankCorrelation(x, y []float64) float64 {
	rank := func(values []float64) []float64 {
		ranks := make([]float64, len(values))
		for i, v := range values {
			for _, w := range values {
				if w < v {
					ranks[i]++
				} else if w == v {
					ranks[i] += .5
				}
			}
		}
		return ranks
	}
	return stat.Correlation(rank(x), rank(y), nil)
}
