package quality

import "github.com/flatland-go/flatland/pkg/measure"

// Trustworthiness returns how far the neighbours that the embedding shows can
// be believed (Venna and Kaski, 2001, Neighborhood preservation in nonlinear
// projection methods: an experimental study):
//
//	1 − 2/(n·k·(2n−3k−1)) · ΣᵢΣⱼ (r(i,j)−k)
//
// over the rows j among the k nearest of row i in the embedding but not in the
// data, r being their rank in the data. It is 1 when no row intruded and 0 at
// worst; random arrangements score about ½. PerRow holds the same for every
// row.
//
// It panics with a *mat32.ParamError unless 1 ≤ k ≤ K and k < n/2. Beyond, not all k
// neighbours can be among the last k rows, the factor is not the worst case, and
// what it gives is no share: early releases of scikit-learn returned more than 1
// there, later ones refuse it too; the coranking packages change to n·(n−k)·(n−k−1)
// in R and n·(n−k)² in Python. For neighbourhoods that large, see RankCurve.
//
// The formula of pyDRMetrics, with k+1 for k and n−1 for n in parts of it, is
// another quantity.
func (r *Ranks) Trustworthiness(k int) measure.Score {
	r.check("Trustworthiness", k, (r.N-1)/2, "below n/2")
	return r.score(measure.Score{Name: "trustworthiness", Convention: venna}, k,
		func(i int) float64 { return beyond(r.embedded(i, k)) }, r.kept(k))
}

// Continuity returns how far neighbours in the data stayed neighbours in the
// embedding (Venna and Kaski, 2006, Local multidimensional scaling): it is
// Trustworthiness with the spaces exchanged,
//
//	1 − 2/(n·k·(2n−3k−1)) · ΣᵢΣⱼ (s(i,j)−k)
//
// over the rows j among the k nearest of row i in the data but not in the
// embedding, s being their rank in the embedding. It is 1 when no neighbour was
// torn away. PerRow holds the same for every row.
//
// It panics with a *mat32.ParamError unless 1 ≤ k ≤ K and k < n/2.
func (r *Ranks) Continuity(k int) measure.Score {
	r.check("Continuity", k, (r.N-1)/2, "below n/2")
	return r.score(measure.Score{Name: "continuity", Convention: venna}, k,
		func(i int) float64 { return beyond(r.original(i, k)) }, r.kept(k))
}

const venna = "Venna and Kaski, factor 2/(n·k·(2n−3k−1)), ties by index"

// kept returns 1 − the share of the worst case that a sum of ranks beyond k is.
func (r *Ranks) kept(k int) func(sum float64) float64 {
	worst := float64(k) * float64(2*r.N-3*k-1) / 2
	return func(sum float64) float64 { return 1 - sum/worst }
}
