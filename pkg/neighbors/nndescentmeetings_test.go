package neighbors

import (
	"math/rand/v2"
	"testing"
)

// Whatever the number of leaves, rows have met when they were in one leaf of a tree
// that is remembered and not covered.
func TestRowsMeetInLeaves(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for _, depth := range []int{1, 8, 9, 16, 17, 31} {
		for range 200 {
			const trees = 10
			m := newMeetings(2, trees, depth)
			var leaves [2][trees]int
			for tree := range trees {
				for i := range leaves {
					leaves[i][tree] = random.IntN(1 << depth)
					if i == 1 && random.IntN(8) == 0 {
						leaves[1][tree] = leaves[0][tree]
					}
					m.attend(int32(i), tree, leaves[i][tree], true)
				}
			}
			for upto := range trees + 1 {
				want := false
				for tree := range min(upto, m.room()) {
					want = want || leaves[0][tree] == leaves[1][tree]
				}
				if got := m.met(m.leaves[0], m.leaves[1], m.before(upto)); got != want {
					t.Fatalf("depth %d, %d trees: %t; %v", depth, upto, got, leaves)
				}
			}
		}
	}
}
