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
		"LocalPCA":             {intrinsic.LocalPCA{}, intrinsic.LocalPCA{Neighbors: 14}, intrinsic.LocalPCA{Neighbors: 15}},
		"TLE":                  {intrinsic.TLE{}, intrinsic.TLE{Neighbors: 14}, intrinsic.TLE{Neighbors: 15}},
		"MLE":                  {intrinsic.MLE{}, intrinsic.MLE{Neighbors: 14}, intrinsic.MLE{Neighbors: 15}},
		"MLE, averaged":        {intrinsic.MLE{AverageFrom: 10}, intrinsic.MLE{Neighbors: 14, AverageFrom: 10}, intrinsic.MLE{AverageFrom: 15}},
		"ABID":                 {intrinsic.ABID{}, intrinsic.ABID{Neighbors: 14}, intrinsic.ABID{Neighbors: 15}},
		"ESS":                  {intrinsic.ESS{}, intrinsic.ESS{Neighbors: 14}, intrinsic.ESS{Neighbors: 15}},
		"MOM":                  {intrinsic.MOM{}, intrinsic.MOM{Neighbors: 14}, intrinsic.MOM{Neighbors: 15}},
		"MADA":                 {intrinsic.MADA{}, intrinsic.MADA{Neighbors: 14}, intrinsic.MADA{Neighbors: 15}},
		"MiND":                 {intrinsic.MiND{}, intrinsic.MiND{Neighbors: 13}, intrinsic.MiND{Neighbors: 14}},
		"CDF":                  {intrinsic.CDF{}, intrinsic.CDF{Neighbors: 14}, intrinsic.CDF{Neighbors: 15}},
		"ABIDE":                {intrinsic.ABIDE{}, intrinsic.ABIDE{Neighbors: 14}, intrinsic.ABIDE{Neighbors: 15}},
		"BIDE":                 {intrinsic.BIDE{}, intrinsic.BIDE{Neighbors: 10}, intrinsic.BIDE{Neighbors: 15}},
		"CorrelationDimension": {intrinsic.CorrelationDimension{}, intrinsic.CorrelationDimension{OuterNeighbors: 14}, intrinsic.CorrelationDimension{OuterNeighbors: 15}},
		"DANCo":                {intrinsic.DANCo{Draws: 1}, intrinsic.DANCo{Neighbors: 10, Draws: 1}, intrinsic.DANCo{Neighbors: 14, Draws: 1}},
	} {
		got, want := estimate(t, e[0], x), estimate(t, e[1], few)
		if got.Value != want.Value || got.Removed != 45 || len(got.Notes) == 0 && name != "BIDE" && name != "DANCo" || got.Convention != want.Convention {
			t.Errorf("%s: %v, of the distinct rows %v", name, got, want)
		}
		if _, err := e[2].Estimate(context.Background(), x); !errors.As(err, new(*mat32.DegenerateError)) {
			t.Errorf("%s with neighbours asked for: %v", name, err)
		}
	}
}
