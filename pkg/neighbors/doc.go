// Package neighbors answers: who is near whom?
//
// Its currency is the Graph: for every row the same number of nearest other
// rows, sorted, with exact distances. Everything in Flatland that looks at
// neighbourhoods takes one, so that a graph is built once and shared:
//
//	g, err := neighbors.Auto{Neighbors: 15}.Graph(ctx, x) // exact, or nearly so where there are many rows
//	nearest, distances := g.Row(0)
//	emb, err := dr.UMAP{Graph: g}.Embed(ctx, x)
//
// Exact compares all rows; NNDescent improves a guess by the neighbours of neighbours; HNSW builds an
// index that new rows are looked up in. All take a Metric, rows dense or sparse, or mat32.Distances.
// Whatever found them, the distances in a graph are exact. Within finds all rows within a radius,
// MST the minimum spanning tree, and a Graph knows its Components, its Hubness and its Recall.
package neighbors
