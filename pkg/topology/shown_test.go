package topology_test

import (
	"math"
	"slices"
	"testing"

	"github.com/flatland-go/flatland/pkg/topology"
	"gonum.org/v1/gonum/mat"
)

// TestLinkage: the slices are the merges.
func TestLinkage(t *testing.T) {
	d, err := topology.SingleLinkage{}.Fit(t.Context(), mat.NewDense(4, 1, []float64{0, 1, 10, 12}))
	if err != nil {
		t.Fatal(err)
	}
	rows, a, b, height := d.Linkage()
	if rows != 4 || !slices.Equal(a, []int{0, 2, 4}) || !slices.Equal(b, []int{1, 3, 5}) || !slices.Equal(height, []float64{1, 2, 9}) {
		t.Errorf("%d rows, %v, %v at %v", rows, a, b, height)
	}
	if got := d.Caption(); got != "single linkage · n = 4" {
		t.Errorf("caption %q", got)
	}
}

// TestTurns: the slices are the knots, level by level.
func TestTurns(t *testing.T) {
	l, err := topology.NewLandscape(topology.Diagram{{Birth: 0, Death: 2}, {Birth: 1, Death: 3}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	level, scale, value := l.Turns()
	at := 0
	for k, knots := range l.Levels {
		for _, knot := range knots {
			if level[at] != k || scale[at] != knot.Scale || value[at] != knot.Value {
				t.Errorf("turn %d is at %g, %g of level %d", at, scale[at], value[at], level[at])
			}
			at++
		}
	}
	if at != len(level) || len(l.Levels) != 2 {
		t.Errorf("%d turns of %d levels, want %d of 2", len(level), len(l.Levels), at)
	}
}

// TestEnvelope: lines between the ends of a band are the band, also where it leaves 0.
func TestEnvelope(t *testing.T) {
	b := &topology.MeanBand{Level: 0.95, HalfWidth: 0.4, Mean: []topology.Knot{{Scale: 0}, {Scale: 1, Value: 1}, {Scale: 2, Value: 0.2}, {Scale: 4}}}
	scale, low, high := b.Envelope()
	if !slices.IsSorted(scale) || len(scale) != 6 {
		t.Fatalf("it turns at %v", scale)
	}
	for i := 1; i < len(scale); i++ {
		for _, share := range []float64{0, 0.25, 0.5, 1} {
			wantLow, wantHigh := b.Between(scale[i-1] + share*(scale[i]-scale[i-1]))
			gotLow, gotHigh := low[i-1]+share*(low[i]-low[i-1]), high[i-1]+share*(high[i]-high[i-1])
			if math.Abs(gotLow-wantLow) > 1e-12 || math.Abs(gotHigh-wantHigh) > 1e-12 {
				t.Errorf("part %d: %g to %g, want %g to %g", i, gotLow, gotHigh, wantLow, wantHigh)
			}
		}
	}
	level, at, mean := b.Turns()
	if !slices.Equal(level, make([]int, 4)) || !slices.Equal(at, []float64{0, 1, 2, 4}) || !slices.Equal(mean, []float64{0, 1, 0.2, 0}) || b.Caption() != b.String() {
		t.Errorf("the mean turns at %v, %v", at, mean)
	}
}

// TestMargin: bars are significant that are longer than the margin.
func TestMargin(t *testing.T) {
	b := &topology.Band{Level: 0.9, Radius: 0.25}
	length, level := b.Margin()
	if length != 0.5 || level != 0.9 {
		t.Errorf("margin %g at %g", length, level)
	}
	if long := b.Significant(topology.Diagram{{Birth: 0, Death: length}, {Birth: 0, Death: 1.01 * length}}); len(long) != 1 {
		t.Errorf("%d bars are significant", len(long))
	}
}
