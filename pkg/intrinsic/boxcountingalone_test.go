package intrinsic_test

import (
	"math"
	"testing"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/intrinsic"
)

// Where nothing varies but rounding, no standard error is told.
func TestNoStandardErrorOfRounding(t *testing.T) {
	d := estimate(t, intrinsic.BoxCounting{}, fixture.Normal(1, 30, 500))
	if !math.IsNaN(d.StdErr) || len(d.Notes) != 2 {
		t.Errorf("rows with a box each: %v", d)
	}
	for _, n := range []int{4, 8, 10, 20} {
		if d := estimate(t, intrinsic.TLE{}, fixture.Normal(1, n, 3)); !(d.StdErr > .05) {
			t.Errorf("%d rows, all near each other: %v", n, d)
		}
	}
}
