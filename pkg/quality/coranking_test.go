package quality_test

import (
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// Sizes rise to the largest at which all scores are defined, and the scores take all of them.
func TestSizesOfNeighborhoods(t *testing.T) {
	x := mat.NewDense(30, 1, nil)
	for i := range 30 {
		x.Set(i, 0, float64(i*i))
	}
	for k, want := range map[int][]int{29: {1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 13, 14}, 10: {1, 2, 3, 4, 5, 6, 7, 8, 10}, 1: {1}} {
		r := compare(t, k, x, x)
		if got := r.Sizes(); !slices.Equal(got, want) || r.Reach() != k {
			t.Errorf("up to %d: sizes %v, want %v", r.Reach(), got, want)
		}
		for _, k := range r.Sizes() {
			if r.Trustworthiness(k).Value != 1 || r.Continuity(k).Value != 1 || r.QNX(k).Value != 1 {
				t.Errorf("of %d neighbours not all are kept", k)
			}
		}
	}
	if got := compare(t, 1, x.Slice(0, 2, 0, 1), x.Slice(0, 2, 0, 1)).Sizes(); got != nil {
		t.Errorf("sizes of two rows: %v", got)
	}
}
