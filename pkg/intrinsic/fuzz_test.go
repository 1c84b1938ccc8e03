package intrinsic_test

import (
	"context"
	"encoding/binary"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// Whatever the values, an estimate is a number above zero with an error that is
// a number or noted as missing, or there is an error that says why not.
func FuzzEstimate(f *testing.F) {
	bytes := func(values ...float64) (b []byte) {
		for _, v := range values {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
		}
		return b
	}
	var spread []float64
	for i := range 30 {
		spread = append(spread, math.Ldexp(float64(1+i%3), 60*(i-15)))
	}
	f.Add(1, bytes(spread...))
	f.Add(3, bytes(spread...))
	f.Add(1, bytes(1, 2, 3, 4, 5, 6, 7, 8, 9))
	f.Add(2, bytes(0, math.MaxFloat64, -math.MaxFloat64, math.NaN(), 5e-324, 1e-310, 1, 1))
	f.Add(1, bytes(0, 5e-324, 1e-323, 1e-322, 1e-200, 1e300, 1.5e308, -1.5e308))
	f.Add(0, []byte{})
	f.Fuzz(func(t *testing.T, d int, b []byte) {
		if d < 1 || d > 10 || len(b) > 8*400 {
			return
		}
		n := len(b) / 8 / d
		x := &mat.Dense{}
		if n > 0 {
			x = mat.NewDense(n, d, nil)
			for i := range n * d {
				x.Set(i/d, i%d, math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:])))
			}
		}
		for name, e := range estimators(nil) {
			m, err := e.Estimate(context.Background(), x)
			if err != nil {
				continue
			}
			if !(m.Value > 0) || math.IsInf(m.Value, 0) || !(m.StdErr >= 0 || math.IsNaN(m.StdErr) && len(m.Notes) > 0) || math.IsInf(m.StdErr, 0) ||
				!(m.Scale > 0) || math.IsInf(m.Scale, 0) || m.Rows+m.Removed != n {
				t.Errorf("%s: %v of %v", name, m, mat.Formatted(x))
			}
			for i, v := range m.Local {
				if v < 0 || v == 0 && kind(name) != "ScoreID" { // which sees a row alone as a point
					t.Errorf("%s: local estimate %d is %v", name, i, v)
				}
			}
		}
	})
}
