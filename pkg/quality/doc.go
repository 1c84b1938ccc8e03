// Package quality answers: did the embedding keep the structure?
//
// Rank compares the neighbours of every row in the data with its neighbours in
// the embedding, in one pass that keeps no n × n array; all measures of ranks
// are read from its result. The number k of neighbours they look at is a scale:
// a few say whether details are right, many whether the arrangement of the
// whole is.
//
//	r, err := quality.Rank{}.Compare(ctx, x, emb)
//	fmt.Println(r.Trustworthiness(15), r.Continuity(15))
//
// DistancePreservation looks at distances instead: stresses, correlations, Shepard's curve. Triplets,
// densities, groups (SteadinessCohesiveness) and labels (KNNProbe, Silhouette and others) have measures
// of their own, and Report asks the most common of them in one call.
//
// Ranks are those of exact distances, and rows at equal distance rank by
// index, so that the same data give the same numbers everywhere. With
// duplicate rows the order of the data therefore matters, a little.
package quality
