package neighbors

// disjoint holds sets of rows that share no row. The lowest row of a set stands
// for it.
type disjoint []int32

func newDisjoint(n int) disjoint {
	s := make(disjoint, n)
	for i := range s {
		s[i] = int32(i)
	}
	return s
}

// find returns the lowest row of the set of row i, and shortens the way to it.
func (s disjoint) find(i int32) int32 {
	for s[i] != i {
		s[i] = s[s[i]]
		i = s[i]
	}
	return i
}

// unite joins the sets of two rows; it returns false when they were one.
func (s disjoint) unite(i, j int32) bool {
	i, j = s.find(i), s.find(j)
	switch {
	case i == j:
		return false
	case i < j:
		s[j] = i
	default:
		s[i] = j
	}
	return true
}

// labels numbers the sets by their lowest rows, and returns the number of the set
// of every row, and how many there are.
func (s disjoint) labels() (labels []int32, count int) {
	labels = make([]int32, len(s))
	for i := range s {
		if root := s.find(int32(i)); int(root) == i {
			labels[i] = int32(count)
			count++
		} else {
			labels[i] = labels[root] // which is lower, and so has its number
		}
	}
	return labels, count
}
