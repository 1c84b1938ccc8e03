package cluster

import (
	"context"
	"errors"
	"testing"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// Distances that are given may be a hundred million: where the context is done none is looked at.
func TestGivenDistancesHearACancel(t *testing.T) {
	given, err := mat32.NewDistances(3, []float64{1, 2, 3})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	if p, exponent, err := (Agglomerative{Linkage: Ward}).apart(ctx, given); err != nil || exponent != 2 || *p.at(0, 2) != .25 {
		t.Errorf("a distance of 2 is %v in a unit of 2^%d (%v)", p, exponent, err)
	}
	cancel()
	if p, _, err := (Agglomerative{Linkage: Ward}).apart(ctx, given); !errors.Is(err, context.Canceled) || p != nil {
		t.Errorf("cancelled: %v, %v", p, err)
	}
}
