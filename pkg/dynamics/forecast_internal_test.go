package dynamics

import (
	"context"
	"math"
	"slices"
	"testing"
)

// A block of forecasts goes through all known states for each: where the context is done it looks at none.
func TestLocalMapHearsACancelFirst(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	from := &states{points: []float64{1, 2, 3, 5}, n: 4, dim: 1, next: []float64{2, 3, 5, 8}}
	m := newLocalMap(ctx, from, SMap{Theta: 2})
	cancel()
	if got := m.say([]float64{4}, nowhere); !math.IsNaN(got) || !slices.Equal(m.distances, make([]float64, 4)) {
		t.Errorf("it says %v from distances %v, want NaN from none", got, m.distances)
	}
}
