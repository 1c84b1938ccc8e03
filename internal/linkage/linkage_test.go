package linkage

import (
	"slices"
	"testing"
)

// Rows 1 and 3 join, then 0 and 2, then both.
func TestLabels(t *testing.T) {
	merges := [][2]int{{1, 3}, {0, 2}, {4, 5}}
	for k, want := range [][]int{{0, 1, 2, 3}, {0, 1, 2, 1}, {0, 1, 0, 1}, {0, 0, 0, 0}} {
		if got := Labels(4, k, func(k int) (int, int) { return merges[k][0], merges[k][1] }); !slices.Equal(got, want) {
			t.Errorf("after %d merges: %v, want %v", k, got, want)
		}
	}
}
