// Package topology answers: which pieces and holes does it have?
//
// Points that are joined where they are nearer than a scale form pieces, rings, cavities;
// as the scale grows these are born and die. Persistent homology lists them with both
// scales, as a Diagram of every dimension: what lives long is shape, what dies at once is
// sampling.
//
//	p, err := topology.Rips{MaxDim: 1}.Compute(ctx, x)
//	rings := p.Diagrams[1].Longest(3)
//
// Where data are no manifold, Euclidicity tells by the homology of annuli around every point;
// and where outliers fill a ring, DensityRips looks at scale and density at once.
//
// Of a function on an image or on a graph, LowerStar looks at where it is low.
//
// Scales of Vietoris-Rips filtrations are lengths of edges, not radii.
package topology
