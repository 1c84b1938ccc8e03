// Package datasets answers: what do I practise on?
//
// Generators draw samples whose truth is known, and return it beside them:
//
//	surfaces and curves     SwissRoll, SCurve, Sphere, Torus, Moebius, KleinBottle, Tree, Mammoth
//	rings and pinches       Annuli, LinkedRings, FigureEight, PinchedTorus, WedgedSpheres
//	clouds                  Blobs, GaussianMixture
//	benchmarks              BenchmarkManifold, LineDiskBall, RollAndSphere
//	linear models           SpikedCovariance, UnionOfSubspaces, LowRankGaussianMixture
//	several manifolds       UnionOfManifolds
//	pairs of views          TwoView
//	sparse counts           BagOfWords
//	features to compute     FeaturePair, AlignedTask
//	activations             LowRankActivations
//	graphs                  GraphFamily, StochasticBlockModel, RandomGeometricGraph, RandomTree
//
// What makes data harder is a generator, too, and is laid over any other, or over
// data at hand, in any order: Noise, Rotated (into more dimensions), Imbalance (of
// classes or density) and Outliers.
//
//	d, err := datasets.Noise{Of: datasets.Rotated{Of: datasets.SwissRoll{Rows: 500}, Dim: 50}, StdDev: 0.1}.Generate()
//
// Iris, Wine, Digits and Penguins are real measurements that a program carries
// with it, so that a notebook needs no network; Karate is a real graph. A program carries only those it
// calls; package mnist10k holds a larger set, and package fetch downloads others. A Network learns any of them in a second, and
// keeps what its layers made of rows on the way.
//
// Data of one's own are read by the packages beside this one, each for its kind of file:
//
//	table      CSV and TSV, and the table that all readers of tables return
//	columnar   Parquet, Arrow, Feather
//	npy        NumPy's .npy and .npz
//	anndata    single cells in .h5ad
//	sparse     MatrixMarket, folders of 10x Genomics, svmlight
//	idx        MNIST's format
//	images     folders of pictures
//	vectors    word vectors of GloVe, word2vec, fastText
//
// Graphs are a *Graph. All others but BagOfWords are a *Dataset, TwoView two, whose X is a float64 matrix: the truth
// of a generator is then exact, decimals of real data are the ones that were
// published, and the fast kernels make their float32 copy once.
//
// A generator is a struct value whose zero value is the published default. Row i
// depends on the options, the seed and i alone: a larger sample begins with the
// smaller one, and has the same bits on any number of cores. What Outliers and,
// for data without classes, Imbalance do to a row depends on the range of the
// sample besides, as they say.
package datasets

// The files in data are made from the published ones, which are not needed
// otherwise; internal/pack says where they come from.
//go:generate go run ./internal/pack -from $FLATLAND_DATA -to data
