// Package affinity answers: how near counts as near?
//
// It turns distances into weights: what a method calls similar is decided here,
// and seen here by those who want to look into the box.
//
// A kernel weighs rows on a neighbour graph: AlphaDecay, AdaptiveGaussian, Gaussian,
// Connectivity, Ball and Entropic, each with a method Weigh. Its answer, a Sparse, is
// what operators are made of: Laplacian, along which heat flows, and Diffusion, a
// random walk. Both know their eigenpairs, and EntropyCurve and Knee tell how many
// steps of a walk still show structure.
//
//	weights, err := affinity.AlphaDecay{Neighbors: 5}.Weigh(ctx, x)
//	walk, err := affinity.Diffusion{}.Of(ctx, weights)
package affinity
