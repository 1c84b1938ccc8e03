// Package search answers: which vectors match this query best, and what did finding them cost?
//
// Scores are inner products: what is searched for by cosine has rows of length one. Vectors are
// made shorter (LeanVec, or the prefixes that Matryoshka training makes useful), coarser (LVQ)
// or both; TwoStage, Adaptive and Funnel find candidates among what is left and measure these
// in full. Every answer says how many multiplications and bytes it took, and Recall how many of
// the true ones it found.
//
//	truth, err := search.Exhaustive(ctx, x, queries, 10)
//	index, err := search.TwoStage{Dim: 64}.Index(ctx, x)
//	found, err := index.Search(ctx, queries, 10)
//	recall, err := search.Recall(truth, found)   // and found.Cost beside truth.Cost
//
// NormalizedMargin and MinDimForMargin say what random projections keep of a ranking, BM25 and
// Hybrid search by words, and InsertOrder and RecallCurve show what graphs of neighbours find
// as the data change.
package search
