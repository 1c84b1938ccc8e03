// Package dr answers: how do I see it in fewer dimensions?
//
// A method is a struct value whose zero value is the published default:
//
//	emb, err := dr.TSNE{Seed: 1}.Embed(ctx, x)       // the short way: the map
//	model, err := dr.PCA{Components: 50}.Fit(ctx, x) // the long way: the model
//	z, err := model.Transform(ctx, more)             // new rows by the same map
//
// Data are gonum matrices with one row per sample. Methods are composed by
// Chain. A fitted model never changes and is safe for concurrent use; the same
// seed gives the same bits on any number of cores.
//
// # What there is
//
//   - Linear maps: PCA, and its kin for streams, sparse rows, missing values and outliers;
//     NMF, FastICA, FactorAnalysis, LDA, CCA, LPP, NPE, TLDR, whitening.
//   - Maps that keep distances: ClassicalMDS, MetricMDS, NonMetricMDS, Sammon, and Isomap,
//     which keeps those along the surface.
//   - Maps by the graph of neighbours: LLE, LaplacianEigenmaps, DiffusionMaps, PHATE,
//     HeatGeodesic.
//   - Neighbour embeddings, which part groups and show them: TSNE, UMAP, PaCMAP, LocalMAP,
//     TriMap, LargeVis; AlignedUMAP for a series.
//   - Treatments of rows and columns before: Standardize, LogNormalize, RowNormalize, Impute.
//
// Begin with PCA: it is fast, has no options that matter, and places new rows. Neighbour
// embeddings show groups that it hides; sizes of groups and distances between them mean
// little there. Package quality says what either has kept.
package dr
