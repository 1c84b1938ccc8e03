package dr_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/dr"
)

// Stages that few data show are interrupted as well: checks of many axes, and sorting
// of many numbers.
func TestLongStagesHearACancel(t *testing.T) {
	if testing.Short() {
		t.Skip("large data")
	}
	for name, c := range map[string]struct {
		x     mat.Matrix
		after time.Duration
		run   func(ctx context.Context, x mat.Matrix) error
	}{
		"axes": {fixture.Normal(1, 1600, 1500), 30 * time.Millisecond, func(ctx context.Context, x mat.Matrix) error {
			_, err := dr.PrincipalSubspaceTest{Axes: unitRows(1400, 1500, 0)}.Estimate(ctx, x)
			return err
		}},
		"gaps": {fixture.Normal(1, 2_000_000, 2), 600 * time.Millisecond, func(ctx context.Context, x mat.Matrix) error {
			_, err := dr.MPAD{Sample: 2_000_000}.Fit(ctx, x)
			return err
		}},
	} {
		ctx, cancel := context.WithTimeout(context.Background(), c.after)
		start := time.Now()
		err := c.run(ctx, c.x)
		if late := time.Since(start) - c.after; !errors.Is(err, context.DeadlineExceeded) || late > 250*time.Millisecond {
			t.Errorf("%s: got %v, %v after the cancel", name, err, late)
		}
		cancel()
	}
}
