// Package linkage reads hierarchies of clusters off their merges.
package linkage

// Labels returns the cluster that each of n rows is in after the first so many merges, numbered
// from 0 by their first rows. Merge k joins clusters a and b to cluster n+k; those below n are
// rows.
func Labels(n, merges int, merge func(k int) (a, b int)) []int {
	of := make([]int, n+merges) // the cluster each is in, itself where it is whole
	for i := range of {
		of[i] = i
	}
	for k := range merges {
		a, b := merge(k)
		of[a], of[b] = n+k, n+k
	}
	for i := len(of) - 1; i >= 0; i-- { // clusters come after what is in them
		of[i] = of[of[i]]
	}
	number := make(map[int]int)
	for i, c := range of[:n] {
		if _, ok := number[c]; !ok {
			number[c] = len(number)
		}
		of[i] = number[c]
	}
	return of[:n:n]
}
