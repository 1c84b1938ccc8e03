// Package layout holds the optimisers that place points: what happens after a
// method has said which rows belong together, and how strongly.
//
// Three families move points. Those of t-SNE follow the gradient of a divergence: Student,
// and SparseStudent with a Repulsion that is Direct, BarnesHut or Interpolation, by
// Descent. NegativeSampling lets Edges pull and points at random push by a Force, for UMAP
// and LargeVis. Bonds and TripletLoss are sums over listed pairs and triplets, for PaCMAP
// by Adam and for TriMap by DeltaBarDelta.
//
//	a, b, err := layout.FitAB(0.1, 1) // the curve of UMAP's MinDist and Spread
//	pull, push := layout.UMAPForces(a, b, 1)
//
// Most readers want a method of package dr, which calls these; they are public for those who study a
// stage by itself, or place points by forces of their own.
package layout
