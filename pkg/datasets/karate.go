package datasets

// Karate returns the friendships of the 34 members of a karate club that split in two: 78
// edges, each of length 1, and as labels whom a member went with. Node 0 is the
// instructor, node 33 the president of the club, whose officers stayed.
//
// Zachary also counted where friends met, which some libraries give as weights: more is
// nearer, so that they are no lengths, and they are left out here.
//
// Source: W. Zachary (1977), An information flow model for conflict and fission in small
// groups.
func Karate() *Graph {
	upper := [][]int{
		0: {1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 17, 19, 21, 31}, 1: {2, 3, 7, 13, 17, 19, 21, 30}, 2: {3, 7, 8, 9, 13, 27, 28, 32},
		3: {7, 12, 13}, 4: {6, 10}, 5: {6, 10, 16}, 6: {16}, 8: {30, 32, 33}, 9: {33}, 13: {33}, 14: {32, 33}, 15: {32, 33}, 18: {32, 33},
		19: {33}, 20: {32, 33}, 22: {32, 33}, 23: {25, 27, 29, 32, 33}, 24: {25, 27, 31}, 25: {31}, 26: {29, 33}, 27: {33}, 28: {31, 33},
		29: {32, 33}, 30: {32, 33}, 31: {32, 33}, 32: {33},
	}
	g := &Graph{Name: "karate club", Nodes: 34, Names: []string{"instructor", "officers"}, Source: "Zachary (1977)", Labels: make([]int, 34)}
	for i, list := range upper {
		for _, j := range list {
			g.Edges = append(g.Edges, [2]int{i, j})
		}
	}
	for _, i := range []int{9, 14, 15, 18, 20, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33} {
		g.Labels[i] = 1
	}
	return g
}
