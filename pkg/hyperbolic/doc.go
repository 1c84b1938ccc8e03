// Package hyperbolic answers: is it a tree, and how does it lie in hyperbolic space?
//
// Distances of a tree grow in hyperbolic space as they grow in the tree, where a flat map of
// few dimensions has no room. The package measures how near distances come to those of a
// tree (δ-hyperbolicity), places trees and distances in the Poincaré disk or ball
// (Sarkar's construction, hyperbolic MDS), and says what was lost (distortion, mean average
// precision). pkg/manifold holds the hyperboloid itself: exponential map, logarithm, mean.
package hyperbolic
