package intrinsic_test

import (
	"context"
	"errors"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/intrinsic"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// The default number of neighbours shrinks to the distinct rows; one asked for does not.
func TestDefaultNeighborsOfDuplicates(t *testing.T) {
	few := fixture.Normal(1, 15, 3)
	x := mat.NewDense(60, 3, nil)
	for i := range 60 {
		x.SetRow(i, few.RawRowView(i%15))
	}
	for name, e := range map[string][3]estimator{
		"LocalPCA": {intrinsic.LocalPCA{}, intrinsic.LocalPCA{Neighbors: 14}, intrinsic.LocalPCA{Neighbors: 15}},
		"TLE":      {intrinsic.TLE{}, intrinsic.TLE{Neighbors: 14}, intrinsic.TLE{Neighbors: 15}},
	} {
		got, want := estimate(t, e[0], x), estimate(t, e[1], few)
		if got.Value != want.Value || got.Removed != 45 || len(got.Notes) == 0 || got.Convention != want.Convention {
			t.Errorf("%s: %v, of the distinct rows %v", name, got, want)
		}
		if _, err := e[2].Estimate(context.Background(), x); !errors.As(err, new(*mat32.DegenerateError)) {
			t.Errorf("%s with neighbours asked for: %v", name, err)
		}
	}
}
