package layout

import "context"

// Repulsion computes how the points of a map push each other away: each pair by
//
//	w = (1 + d²/α)^(−α),
//
// where d is how far apart it is and α its degrees of freedom: 1 is the kernel of t-SNE,
// less has heavier tails, and much more is a Gaussian. It is, but for the scale of the
// map, the density of Student's t with 2α−1 degrees of freedom.
//
// With the weights q = w/Z the gradient of the divergence Σ p·log(p/q), without the
// constant factor 4, is
//
//	Σ_j p_ij·u_ij·(y_i−y_j) − (1/Z)·Σ_j w_ij·u_ij·(y_i−y_j), u = w^(1/α) = 1/(1 + d²/α).
//
// Source: D. Kobak, G. Linderman, S. Steinerberger, Y. Kluger and P. Berens (2019),
// Heavy-tailed kernels reveal a finer cluster structure in t-SNE visualisations.
//
// Direct, BarnesHut and Interpolation are the ways: NewDirect(n, dim, α),
// NewBarnesHut(n, dim, α, angle) and NewInterpolation(n, dim, α). They have scratch
// memory: one goroutine uses one at a time, and it uses every core.
type Repulsion interface {
	// Forces writes to dst the second sum without 1/Z, Σ_j w_ij·u_ij·(y_i−y_j), for
	// each of the points y, both n × dim row after row, and returns Z, the sum of w
	// over all ordered pairs of different points. It returns the error of a cancelled
	// context, and dst is then undefined.
	Forces(ctx context.Context, dst, y []float64) (z float64, err error)
}
