package quality

import "github.com/flatland-go/flatland/pkg/measure"

// QNX returns the share of the k nearest neighbours that data and embedding
// have in common (Lee and Verleysen, 2009, Quality assessment of dimensionality
// reduction: rank-based criteria). Random arrangements score k/(n−1): compare
// different k by RNX. PerRow holds the share of every row. It panics with a
// *mat32.ParamError unless 1 ≤ k ≤ K.
func (r *Ranks) QNX(k int) measure.Score {
	r.check("QNX", k, r.K, "at least 1")
	return r.shared("Q_NX", "share of common neighbours, ties by index", k, func(q float64) float64 { return q })
}

// RNX returns QNX brought to a scale on which a random arrangement scores 0 and
// a perfect one 1, ((n−1)·Q − k)/(n−1−k) (Lee, Renard, Bernard, Dupont and
// Verleysen, 2013, Type 1 and 2 mixtures of Kullback–Leibler divergences as cost
// functions in dimensionality reduction based on similarity preservation). It
// panics with a *mat32.ParamError unless 1 ≤ k ≤ K and k < n−1.
func (r *Ranks) RNX(k int) measure.Score {
	r.check("RNX", k, r.N-2, "below n−1")
	others, chosen := float64(r.N-1), float64(k)
	return r.shared("R_NX", "common neighbours above chance, ties by index", k,
		func(q float64) float64 { return (others*q - chosen) / (others - chosen) })
}

// LCMC returns the local continuity meta-criterion (Chen and Buja, 2009, Local
// multidimensional scaling for nonlinear dimension reduction, graph drawing,
// and proximity analysis): QNX less what a random arrangement scores,
// Q − k/(n−1). It panics with a *mat32.ParamError unless 1 ≤ k ≤ K.
func (r *Ranks) LCMC(k int) measure.Score {
	r.check("LCMC", k, r.K, "at least 1")
	chance := float64(k) / float64(r.N-1)
	return r.shared("LCMC", "Q_NX − k/(n−1), ties by index", k, func(q float64) float64 { return q - chance })
}

// shared returns a score that is a linear function of Q.
func (r *Ranks) shared(name, convention string, k int, value func(q float64) float64) measure.Score {
	return r.score(measure.Score{Name: name, Convention: convention}, k,
		func(i int) float64 { return within(r.embedded(i, k)) },
		func(sum float64) float64 { return value(sum / float64(k)) })
}
