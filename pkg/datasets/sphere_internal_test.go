package datasets

import (
	"math"
	"testing"
)

// The angle keeps its digits where the arc cosine of the scalar product has
// lost them.
func TestAngleNearItsEnds(t *testing.T) {
	u := []float64{1, 0, 0}
	for _, e := range []float64{1e-1, 1e-3, 1e-6, 1e-9, 1e-12} {
		near := []float64{math.Cos(e), math.Sin(e) * 0.6, math.Sin(e) * 0.8}
		if got := angle(u, near); math.Abs(got-e) > 1e-15*e+1e-17 {
			t.Errorf("angle %v is measured as %v", e, got)
		}
		for k := range near {
			near[k] = -near[k]
		}
		if got := math.Pi - angle(u, near); math.Abs(got-e) > 1e-15 {
			t.Errorf("angle π−%v is measured as π−%v", e, got)
		}
	}
	lost := math.Pi - math.Acos(-math.Cos(1e-9))
	if math.Abs(lost-1e-9) < 1e-10 {
		t.Errorf("the arc cosine would have done: it gives π−%v for π−1e-9", lost)
	}
	if got := angle(u, u); got != 0 {
		t.Errorf("a vector and itself enclose %v", got)
	}
	if got := angle(u, []float64{-1, 0, 0}); got != math.Pi {
		t.Errorf("opposite vectors enclose %v", got)
	}
}
