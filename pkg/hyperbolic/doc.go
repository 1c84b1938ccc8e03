// Package hyperbolic answers: is it a tree, and how does it lie in hyperbolic space?
//
// Distances of a tree grow in hyperbolic space as they grow in the tree, where a flat map of
// few dimensions has no room. The package measures how near distances come to those of a
// tree, places trees and distances in Poincaré's ball, and says what was lost.
//
//   - Is it a tree: Delta (δ-hyperbolicity, exactly), BasePointDelta (the bound from one row).
//   - Where does it lie: Sarkar (trees, in as many bits as they need), MDS (distances).
//     Both return an Embedding.
//   - What was lost: Distortion, MeanAveragePrecision.
//   - The space itself: Poincare (distance, Möbius addition, exponential map and logarithm, geodesics, mean), the
//     other Models and the ways between them, Capacity (how far out float64 reaches).
//     manifold.Hyperboloid is that of Lorentz.
//
// Data are rows, whose distances are Euclidean; a *mat32.Distances; a graph, as an
// *affinity.Sparse whose weights are the lengths of edges, whose distances are those of
// shortest ways; or an Embedding, whose distances are hyperbolic.
package hyperbolic
