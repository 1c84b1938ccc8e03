// Package layout holds the optimisers that place points: what happens after a
// method has said which rows belong together, and how strongly.
//
// Three families move points. Those of t-SNE follow the gradient of a divergence: Student,
// and SparseStudent with a Repulsion that is Direct, BarnesHut or Interpolation, by
// Descent. NegativeSampling lets Edges pull and points at random push by a Force, for UMAP
// and LargeVis. Bonds and TripletLoss are sums over listed pairs and triplets, for PaCMAP
// by Adam and for TriMap by DeltaBarDelta.
package layout
