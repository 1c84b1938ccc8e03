// Package manifold answers: what is a straight line on a curved space?
//
// A Manifold has points and tangent vectors, both written as rows of ambient numbers:
// how far two points are, where a geodesic that leaves with a velocity arrives (Exp), with
// which velocity it must leave to arrive (Log), what a vector becomes along the way
// (Transport). That is all that optimisers on curved spaces, kernels by geodesic
// distances, and means on manifolds need.
//
//	s := manifold.Sphere{}                        // the unit sphere in three dimensions
//	v := make([]float64, s.Ambient())
//	distance := s.Log(v, x, y)                    // from x towards y
//	s.Exp(x, x, v)                                // x is where y is
//
// The spaces are values: Euclidean, Sphere, Hyperboloid, Torus, SPD, and what else
// implements the interface. Their calls do not allocate (SPD up to order 6), are safe for
// concurrent use, and keep their digits where the textbook formulas lose them: for near
// points, near the cut locus, and far out in hyperbolic space.
package manifold
