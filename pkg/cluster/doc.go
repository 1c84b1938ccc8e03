// Package cluster answers: which rows belong together?
//
// Methods differ in what they call a cluster:
//
//	around a centre                     KMeans
//	merged, nearest first               Agglomerative (Ward, Average, Complete, Single)
//	cut off where a graph has few edges Spectral
//	dense, with noise between           HDBSCAN
//	a community of a graph              Leiden
//
// Each is a struct value whose Fit returns a model with Labels: the cluster of every row,
// numbered from 0 by their first rows, −1 for noise.
//
//	model, err := cluster.KMeans{Clusters: 3}.Fit(ctx, x)
//	fmt.Println(model.Sizes)
//
// How well two labelings agree say quality.AdjustedRand and quality.NormalizedMutualInformation,
// and how far clusters are apart quality.Silhouette. Pieces at every scale, with their
// persistence, are topology.SingleLinkage's.
package cluster
