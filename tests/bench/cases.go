package bench

import (
	"github.com/flatland-go/flatland/tests/bench/ours"
	"github.com/flatland-go/flatland/tests/bench/theirs"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// Cases are all there are, in the order of BENCHMARKS.md.
var Cases = append([]Case{
	{
		Name: "gemm-f32", What: "matrix product, float32: 2000 × 784 by 784 × 784",
		Data: factors, Ours: ours.Gemm,
		Peer: Peer{
			Package: "numpy", Script: "bench_linalg.py", Function: "gemm",
			Settings: []Setting{{Name: "a @ b.T, all cores"}},
		},
		Quality: []Measure{productError},
	},
	{
		Name: "eigen-784", What: "symmetric eigendecomposition with vectors, float64: the covariance of the MNIST test digits, 784 × 784",
		Data: covariance, Ours: ours.Eigen,
		Peer: Peer{
			Package: "scipy", Script: "bench_linalg.py", Function: "eigen",
			Settings: []Setting{
				{Name: "eigh(driver='evd'), all cores", Options: wire.Options{"driver": "evd"}},
				{Name: "eigh(driver='evr'), all cores", Options: wire.Options{"driver": "evr"}},
				{Name: "eigh(driver='ev'), all cores", Options: wire.Options{"driver": "ev"}},
			},
		},
		Quality: decompositionMeasures,
	},
	{
		Name: "cholesky-2000", What: "Cholesky factor, float64: 2000 × 2000",
		Data: definite, Ours: ours.Cholesky,
		Peer: Peer{
			Package: "scipy", Script: "bench_linalg.py", Function: "cholesky",
			Settings: []Setting{{Name: "cholesky, all cores"}},
		},
		Quality: []Measure{factorError},
	},
	{
		Name: "knn-digits", What: "15 nearest neighbours, exact: digits, 1797 × 64",
		Data: digits, Options: wire.Options{"neighbors": 15},
		Ours: ours.Exact, Peer: sklearnExact, Quality: neighborMeasures,
	},
	{
		Name: "knn-mnist10k", What: "15 nearest neighbours, exact: MNIST test digits, 10 000 × 784",
		Data: mnist, Options: wire.Options{"neighbors": 15},
		Ours: ours.Exact, Peer: sklearnExact, Quality: neighborMeasures,
	},
	{
		Name: "knn-mnist10k-faiss", What: "15 nearest neighbours, exact: MNIST test digits, 10 000 × 784",
		Data: mnist, Options: wire.Options{"neighbors": 15},
		Ours: ours.Exact, Peer: faissExact, Quality: neighborMeasures,
	},
	{
		Name: "graph-digits70k", What: "15 nearest neighbours, approximate (NN-descent): distorted MNIST test digits, 70 000 × 784",
		Data: digits70000, Options: wire.Options{"neighbors": 15}, Seeds: 5,
		Ours: ours.NNDescent, Peer: pynnGraph, Quality: neighborMeasures,
	},
	{
		Name: "graph-uniform", What: "15 nearest neighbours, approximate (NN-descent): uniform in a cube, 100 000 × 20",
		Data: uniform, Options: wire.Options{"neighbors": 15}, Seeds: 5,
		Ours: ours.NNDescent, Peer: pynnGraph, Quality: neighborMeasures,
	},
	{
		Name: "graph-mixture", What: "15 nearest neighbours, approximate (NN-descent): mixture of normal clouds, 100 000 × 50",
		Data: mixture, Options: wire.Options{"neighbors": 15}, Seeds: 5,
		Ours: ours.NNDescent, Peer: pynnGraph, Quality: neighborMeasures,
	},
	{
		Name: "graph-digits70k-exact", What: "15 nearest neighbours, exact, against approximate ones: distorted MNIST test digits, 70 000 × 784",
		Data: digits70000, Options: wire.Options{"neighbors": 15}, Seeds: 1,
		Ours: ours.Exact, Peer: pynnOnce, Quality: neighborMeasures,
	},
	{
		Name: "graph-words", What: "15 nearest neighbours by cosine distance, approximate (NN-descent): 200 000 documents of some 110 different words of 20 000",
		Data: words, Options: wire.Options{"neighbors": 15, "words": vocabulary}, Seeds: 1,
		Ours: ours.SparseNNDescent, Peer: pynnSparse, Quality: cosineMeasures,
	},
	{
		Name: "hnsw-mixture", What: "15 nearest neighbours of 10 000 new rows by an index that is built first: mixture of normal clouds, 100 000 × 50",
		Data: mixtureWithQueries, Options: wire.Options{"neighbors": 15, "links": 16, "construction": 200, "search": 40}, Seeds: 5,
		Ours: ours.HNSW,
		Peer: Peer{
			Package: "hnswlib", Script: "bench_hnswlib.py", Function: "query", Seeds: 5,
			Settings: []Setting{{Name: "Index('l2'), M 16, ef_construction 200, ef 40, all cores"}},
		},
		Quality: neighborMeasures,
	},
	{
		Name: "hnsw-mixture-annoy", What: "15 nearest neighbours of 10 000 new rows by an index that is built first: mixture of normal clouds, 100 000 × 50",
		Data: mixtureWithQueries, Options: wire.Options{"neighbors": 15, "links": 16, "construction": 200, "search": 40}, Seeds: 5,
		Ours: ours.HNSW,
		Peer: Peer{
			Package: "annoy", Script: "bench_annoy.py", Function: "query", Seeds: 5,
			Settings: []Setting{{Name: "AnnoyIndex('euclidean'), 50 trees, search_k 20 000, all cores to build", Options: wire.Options{"trees": 50, "search": 20_000}}},
		},
		Quality: neighborMeasures,
	},
	{
		Name: "pca-digits", What: "PCA, exact, 64 components: digits, 1797 × 64",
		Data: digits, Options: wire.Options{"components": 64},
		Ours: ours.PCA, Peer: sklearnPCA, Quality: []Measure{variance},
	},
	{
		Name: "pca-mnist10k", What: "PCA, exact, 50 components: MNIST test digits, 10 000 × 784",
		Data: mnist, Options: wire.Options{"components": 50},
		Ours: ours.PCA, Peer: sklearnPCA, Quality: []Measure{variance},
	},
	{
		Name: "fjlt-digits70k", What: "random projection to 128 columns, FJLT: distorted MNIST test digits, 70 000 × 784",
		Data: digits70000, Options: wire.Options{"dim": 128}, Seeds: 5,
		Ours: ours.FJLT,
		Peer: Peer{
			Package: "numpy", Script: "bench_sketch.py", Function: "gaussian", Seeds: 5,
			Settings: []Setting{{Name: "x @ normal numbers, float32, all cores"}},
		},
		Quality: sketchMeasures,
	},
	{
		Name: "srht-digits70k", What: "random projection to 128 columns, SRHT: distorted MNIST test digits, 70 000 × 784",
		Data: digits70000, Options: wire.Options{"dim": 128}, Seeds: 5,
		Ours: ours.SRHT, Peer: sklearnProjection, Quality: sketchMeasures,
	},
	{
		Name: "countsketch-digits70k", What: "random projection to 128 columns, count sketch: distorted MNIST test digits, 70 000 × 784",
		Data: digits70000, Options: wire.Options{"dim": 128}, Seeds: 5,
		Ours: ours.CountSketch, Peer: sklearnProjection, Quality: sketchMeasures,
	},
	{
		Name: "sparse-digits70k", What: "random projection to 128 columns, a share of 1/√784 of them filled: distorted MNIST test digits, 70 000 × 784",
		Data: digits70000, Options: wire.Options{"dim": 128}, Seeds: 5,
		Ours: ours.SparseProjection, Peer: sklearnProjection, Quality: sketchMeasures,
	},
	{
		Name: "sparse-words", What: "random projection to 128 columns, a share of 1/√20 000 of them filled: 200 000 documents of some 110 different words of 20 000",
		Data: words, Options: wire.Options{"dim": 128, "words": vocabulary}, Seeds: 5,
		Ours: ours.SparseWords, Peer: sklearnWords, Quality: wordMeasures,
	},
	{
		Name: "gaussian-words", What: "random projection to 128 columns, normal numbers: 200 000 documents of some 110 different words of 20 000",
		Data: words, Options: wire.Options{"dim": 128, "words": vocabulary}, Seeds: 5,
		Ours: ours.GaussianWords,
		Peer: Peer{
			Package: "scikit-learn", Script: "bench_sketch.py", Function: "words_gaussian", Seeds: 5,
			Settings: []Setting{{Name: "GaussianRandomProjection, float32, sparse rows"}},
		},
		Quality: wordMeasures,
	},
	{
		Name: "features-digits70k", What: "512 random features of the Gaussian kernel (ours with Coupling: Orthogonal): distorted MNIST test digits, 70 000 × 784",
		Data: digits70000, Options: wire.Options{"dim": 512, "gamma": digitGamma}, Seeds: 5,
		Ours: ours.RandomFeatures,
		Peer: Peer{
			Package: "scikit-learn", Script: "bench_sketch.py", Function: "features", Seeds: 5,
			Settings: []Setting{{Name: "RBFSampler, float32, all cores"}},
		},
		Quality: kernelMeasures,
	},
	{
		Name: "incrementalpca-file", What: "incremental PCA, 10 components, read from a file in one pass: normal clouds, 1 000 000 × 100",
		Data: cloud, Stream: true, Options: wire.Options{"components": 10},
		Ours: ours.IncrementalPCA,
		Peer: Peer{
			Package: "scikit-learn", Script: "bench_dr.py", Function: "incremental_pca",
			Settings: []Setting{
				{Name: "IncrementalPCA.partial_fit by 5000 rows of numpy.memmap, float32, all cores", Options: wire.Options{"batch": 5000}},
				{Name: "IncrementalPCA.partial_fit by 20 000 rows of numpy.memmap, float32, all cores", Options: wire.Options{"batch": 20_000}},
			},
		},
		Quality: []Measure{varianceAlong},
	},
	{
		Name: "nmf-mnist10k", What: "NMF by the squared error, 30 components: MNIST test digits, 10 000 × 784",
		Data: mnist, Options: wire.Options{"components": 30}, Seeds: 5,
		Ours: ours.NMF,
		Peer: Peer{
			Package: "scikit-learn", Script: "bench_factors.py", Function: "nmf", Seeds: 5,
			Settings: []Setting{{Name: "NMF(solver='cd'), float32"}},
		},
		Quality: []Measure{unexplained},
	},
	{
		Name: "fastica-mnist10k", What: "FastICA by log cosh, 30 components: MNIST test digits without the pixels that are never grey, 10 000 rows",
		Data: varyingPixels, Options: wire.Options{"components": 30}, Seeds: 5,
		Ours: ours.FastICA,
		Peer: Peer{
			Package: "scikit-learn", Script: "bench_factors.py", Function: "fastica", Seeds: 5,
			Settings: []Setting{
				{Name: "FastICA(whiten_solver='eigh'), float32, all cores", Options: wire.Options{"solver": "eigh"}},
				{Name: "FastICA(whiten_solver='svd'), float32, all cores", Options: wire.Options{"solver": "svd"}},
			},
		},
		Quality: []Measure{negentropy},
	},
	{
		Name: "kernelpca-mnist5k", What: "kernel PCA, exp(−‖a − b‖² ÷ 5 000 000), 20 components: half of the MNIST test digits, 5000 × 784",
		Data: halfOfMNIST, Options: wire.Options{"components": 20, "squares": 5_000_000},
		Ours: ours.KernelPCA,
		Peer: Peer{
			Package: "scikit-learn", Script: "bench_factors.py", Function: "kernelpca",
			Settings: []Setting{
				{Name: "KernelPCA(eigen_solver='arpack'), float32, all cores", Options: wire.Options{"solver": "arpack"}},
				{Name: "KernelPCA(eigen_solver='randomized'), float32, all cores", Options: wire.Options{"solver": "randomized"}},
			},
		},
		Quality: []Measure{eigenvalues, residue},
	},
	{
		Name: "truncatedsvd-words", What: "truncated SVD, 50 components: 20 000 documents of some 110 different words of 20 000",
		Data: fewerWords, Options: wire.Options{"components": 50, "words": vocabulary}, Seeds: 5,
		Ours: ours.SparseTruncatedSVD,
		Peer: Peer{
			Package: "scikit-learn", Script: "bench_factors.py", Function: "truncatedsvd", Seeds: 5,
			Settings: []Setting{
				{Name: "TruncatedSVD(algorithm='randomized'), float32, all cores", Options: wire.Options{"algorithm": "randomized"}},
				{Name: "TruncatedSVD(algorithm='arpack'), float32", Options: wire.Options{"algorithm": "arpack"}},
			},
		},
		Quality: []Measure{kept},
	},
	{
		Name: "pca-mnist10k-full", What: "PCA, exact, all 784 components: MNIST test digits, 10 000 × 784",
		Data: mnist, Options: wire.Options{"components": 0},
		Ours: ours.PCA, Peer: sklearnPCA, Quality: []Measure{variance},
	},
	{
		Name: "pca-mnist10k-gonum", What: "PCA, exact, all 784 components: MNIST test digits, 10 000 × 784",
		Data: mnist, Options: wire.Options{"components": 0},
		Ours: ours.PCA,
		Peer: Peer{
			Package: theirs.Gonum, Function: "pca", Go: theirs.GonumPCA,
			Settings: []Setting{{Name: "stat.PC, float64, one core for most of it"}},
			Serial:   true,
		},
		Quality: []Measure{variance},
	},
	{
		Name: "pca-mnist10k-randomized", What: "PCA, randomised, 50 components, their variance within 1e-4 of the exact one: MNIST test digits, 10 000 × 784",
		Data: mnist, Options: wire.Options{"components": 50}, Seeds: 5,
		Ours: ours.RandomizedPCA,
		Peer: Peer{
			Package: "scikit-learn", Script: "bench_dr.py", Function: "pca", Seeds: 5,
			Settings: []Setting{
				{Name: "PCA(svd_solver='randomized', iterated_power=5, n_oversamples=20), float32, all cores", Options: randomized(5, 20)},
				{Name: "PCA(svd_solver='randomized', iterated_power=6), float32, all cores", Options: randomized(6, 10)},
				{Name: "PCA(svd_solver='randomized', iterated_power='auto'), float32, all cores", Options: randomized(7, 10)}, // what it is here
			},
		},
		Quality: []Measure{variance},
	},
	{
		Name: "tsne-digits", What: "t-SNE, exact, perplexity 30, 1000 iterations: digits, 1797 × 64",
		Data: digits, Options: wire.Options{"components": 2, "perplexity": 30, "iterations": 1000}, Seeds: 5,
		Ours: ours.ExactTSNE,
		Peer: Peer{
			Package: "scikit-learn", Script: "bench_dr.py", Function: "tsne", Serial: true,
			Settings: []Setting{{Name: "TSNE(method='exact'), float32"}}, // it starts at principal components, without chance
		},
		Quality: []Measure{divergence, trustworthy},
	},
	{
		Name: "tsne-10000x50", What: "t-SNE, perplexity 30, 1000 iterations: 50 principal components of the MNIST test digits, 10 000 × 50",
		Data: principal(mnist), Options: wire.Options{"components": 2, "perplexity": 30, "iterations": 1000}, Seeds: 5,
		Ours: ours.TSNE,
		Peer: Peer{
			Package: "scikit-learn", Script: "bench_dr.py", Function: "barnes_hut",
			Settings: []Setting{{Name: "TSNE(method='barnes_hut', n_jobs=-1), float32"}}, // it starts at principal components, without chance
		},
		Quality: klMeasures,
	},
	{
		Name: "tsne-10000x50-opentsne", What: "t-SNE, perplexity 30, 750 iterations: 50 principal components of the MNIST test digits, 10 000 × 50",
		Data: principal(mnist), Options: wire.Options{"components": 2, "perplexity": 30, "iterations": 750}, Seeds: 5,
		Ours: ours.TSNE, Peer: openTSNE, Quality: klMeasures,
	},
	{
		Name: "tsne-digits70k", What: "t-SNE, perplexity 30, 750 iterations, by Barnes-Hut against the peer's FFT: 50 principal components of the distorted MNIST test digits, 70 000 × 50",
		Data: principal(digits70000), Options: wire.Options{"components": 2, "perplexity": 30, "iterations": 750}, Seeds: 3,
		Ours: ours.TSNE, Peer: seeds(3, openTSNEGrid), Quality: klMeasures,
	},
	{
		Name: "tsne-cores", What: "the optimiser of t-SNE, from given similarities and with the divergence, on all cores against one: 50 principal components of the MNIST test digits, 10 000 × 50",
		Data: principal(mnist), Options: wire.Options{"components": 2, "perplexity": 30}, Prepared: true,
		Ours: ours.TSNELayout, Peer: oneCore("tsne-one-core", ours.TSNELayout), Quality: []Measure{labelAccuracy},
	},
	{
		Name: "umap-mnist10k", What: "UMAP, 15 neighbours that count the row, with a seed: MNIST test digits, 10 000 × 784",
		Data: mnist, Options: wire.Options{"components": 2, "neighbors": 15}, Seeds: 5,
		Ours: ours.UMAP, Peer: umapSeeded, Quality: mapMeasures,
	},
	{
		Name: "umap-mnist10k-parallel", What: "UMAP, 15 neighbours that count the row, the peer without a seed: MNIST test digits, 10 000 × 784",
		Data: mnist, Options: wire.Options{"components": 2, "neighbors": 15}, Seeds: 5,
		Ours: ours.UMAP, Peer: umapParallel, Quality: mapMeasures,
	},
	{
		Name: "umap-digits70k", What: "UMAP, 15 neighbours that count the row, the peer without a seed: distorted MNIST test digits, 70 000 × 784",
		Data: digits70000, Options: wire.Options{"components": 2, "neighbors": 15}, Seeds: 3,
		Ours: ours.UMAP, Peer: seeds(3, umapParallel), Quality: mapMeasures,
	},
	{
		Name: "umap-transform", What: "1000 new rows, a call each, on a UMAP that is fitted before: distorted MNIST test digits, 70 000 × 784",
		Data: digitsWithNew, Options: wire.Options{"components": 2, "neighbors": 15}, Prepared: true,
		Ours: ours.UMAPTransform,
		Peer: Peer{
			Package: "umap-learn", Script: "bench_umap.py", Function: "transform",
			Settings: []Setting{{Name: "UMAP(n_jobs=-1).transform, float32, compiled, all cores"}},
		},
		Quality: append([]Measure{newDigits}, latencyMeasures...),
	},
	{
		Name: "umap-cores", What: "the optimiser of UMAP, from a given fuzzy set, on all cores against one: 50 principal components of the MNIST test digits, 10 000 × 50",
		Data: principal(mnist), Options: wire.Options{"components": 2, "neighbors": 15}, Prepared: true,
		Ours: ours.UMAPLayout, Peer: oneCore("umap-one-core", ours.UMAPLayout), Quality: []Measure{labelAccuracy},
	},
	{
		Name: "pacmap-digits70k", What: "PaCMAP, 10 neighbours, by 100 principal components: distorted MNIST test digits, 70 000 × 784",
		Data: digits70000, Options: wire.Options{"components": 2, "neighbors": 10}, Seeds: 3,
		Ours: ours.PaCMAP,
		Peer: Peer{
			Package: "pacmap", Script: "bench_pacmap.py", Function: "pacmap", Seeds: 3, Serial: true,
			Settings: []Setting{{Name: "PaCMAP(n_neighbors=10), float32, compiled, without a seed, which would cost it threads", Options: wire.Options{"seeded": false}}},
		},
		Quality: mapMeasures,
	},
	{
		Name: "pacmap-cores", What: "the optimiser of PaCMAP, ten times as many iterations as by default so that the choice of pairs counts for little, from given neighbours, on all cores against one: 50 principal components of the MNIST test digits, 10 000 × 50",
		Data: principal(mnist), Options: wire.Options{"components": 2, "neighbors": 10, "times": 10}, Prepared: true,
		Ours: ours.PaCMAPLayout, Peer: oneCore("pacmap-one-core", ours.PaCMAPLayout), Quality: []Measure{labelAccuracy},
	},
	{
		Name: "trimap-digits70k", What: "TriMap, by 100 principal components: distorted MNIST test digits, 70 000 × 784",
		Data: digits70000, Options: wire.Options{"components": 2}, Seeds: 3,
		Ours: ours.TriMap,
		Peer: Peer{
			Package: "trimap", Script: "bench_trimap.py", Function: "trimap", Seeds: 3, Serial: true,
			Settings: []Setting{{Name: "TRIMAP(), float32, compiled"}}, // it takes no seed
		},
		Quality: mapMeasures,
	},
	{
		Name: "trimap-cores", What: "the optimiser of TriMap, four times as many iterations as by default so that the choice of triplets counts for little, from given neighbours, on all cores against one: 50 principal components of the MNIST test digits, 10 000 × 50",
		Data: principal(mnist), Options: wire.Options{"components": 2, "neighbors": 12, "times": 4}, Prepared: true,
		Ours: ours.TriMapLayout, Peer: oneCore("trimap-one-core", ours.TriMapLayout), Quality: []Measure{labelAccuracy},
	},
	{
		Name: "smacof-2000", What: "metric scaling by SMACOF from the classical layout, at most 30 iterations: MNIST test digits, 2000 × 784",
		Data: mnist2000, Options: wire.Options{"iterations": 30},
		Ours: ours.MetricMDS,
		Peer: Peer{
			Package: "scikit-learn", Script: "bench_scaling.py", Function: "metric_mds",
			Settings: []Setting{
				{Name: "MDS(init='classical_mds', n_init=1), float32, all cores", Options: wire.Options{"dtype": "float32"}},
				{Name: "MDS(init='classical_mds', n_init=1), float64, all cores", Options: wire.Options{"dtype": "float64"}},
			},
		},
		Quality: []Measure{stress},
	},
	{
		Name: "spectral-mnist10k", What: "spectral embedding by 15 neighbours, 10 components: MNIST test digits, 10 000 × 784",
		Data: mnist, Options: wire.Options{"components": 10, "neighbors": 15},
		Ours: ours.LaplacianEigenmaps,
		Peer: Peer{
			Package: "scikit-learn", Script: "bench_spectral.py", Function: "spectral",
			Settings: []Setting{
				{Name: "SpectralEmbedding(eigen_solver='lobpcg'), float32, all cores", Options: wire.Options{"solver": "lobpcg"}},
				{Name: "SpectralEmbedding(eigen_solver='arpack'), float32, all cores", Options: wire.Options{"solver": "arpack"}},
			},
		},
		Quality: eigenMeasures,
	},
	{
		Name: "diffusionmaps-mnist5k", What: "diffusion maps by 64 neighbours, α = 1, ε found, 10 components: half of the MNIST test digits, 5000 × 784",
		Data: halfOfMNIST, Options: wire.Options{"components": 10, "neighbors": 64},
		Ours: ours.DiffusionMaps,
		Peer: Peer{
			Package: "pydiffmap", Script: "bench_spectral.py", Function: "diffusion",
			Settings: []Setting{
				{Name: "DiffusionMap.from_sklearn(epsilon='bgh', alpha=1), neighbours by brute force, float32, all cores", Options: wire.Options{"algorithm": "brute"}},
			},
		},
		Quality: walkMeasures,
	},
	{
		Name: "isomap-5000x50", What: "Isomap, 5 neighbours: 50 principal components of half of the MNIST test digits, 5000 × 50",
		Data: fewComponents, Options: wire.Options{"components": 2, "neighbors": 5},
		Ours: ours.Isomap,
		Peer: Peer{
			Package: "scikit-learn", Script: "bench_geodesic.py", Function: "isomap", Serial: true,
			Settings: []Setting{
				{Name: "Isomap(eigen_solver='auto', path_method='D'), float32, all cores", Options: wire.Options{"solver": "auto"}},
				{Name: "Isomap(eigen_solver='arpack', path_method='D'), float32, all cores", Options: wire.Options{"solver": "arpack"}},
			},
		},
		Quality: []Measure{geodesicResidual, number("error", "reconstruction error (least is best)", "%.6f")},
	},
	{
		Name: "lle-5000", What: "Locally linear embedding, 12 neighbours: a swiss roll, 5000 × 3",
		Data: longRoll, Options: wire.Options{"components": 2, "neighbors": 12},
		Ours: ours.LLE,
		Peer: Peer{
			Package: "scikit-learn", Script: "bench_geodesic.py", Function: "lle", Serial: true,
			Settings: []Setting{
				{Name: "LocallyLinearEmbedding(eigen_solver='auto'), float32, all cores", Options: wire.Options{"solver": "auto"}},
				{Name: "LocallyLinearEmbedding(eigen_solver='arpack'), float32, all cores", Options: wire.Options{"solver": "arpack"}},
			},
		},
		Quality: []Measure{number("error", "reconstruction error (least is best)", "%.3g")},
	},
	{
		Name: "phate-10000x50", What: "PHATE: rows near a tree, 10 000 × 50",
		Data: noisyTree, Options: wire.Options{"components": 2}, Seeds: 5,
		Ours: ours.PHATE,
		Peer: Peer{
			Package: "phate", Script: "bench_phate.py", Function: "phate", Seeds: 5,
			Settings: []Setting{{Name: "PHATE(n_jobs=-1), all cores"}},
		},
		Quality: []Measure{treeRanks, number("time", "steps of the walk", "%.0f")},
	},
	{
		Name: "heatgeodesic-2000", What: "heat geodesic embedding, against our own PHATE: rows near a tree, 2000 × 50",
		Data: smallTree, Options: wire.Options{"components": 2}, Seeds: 5,
		Ours: ours.HeatGeodesic,
		Peer: Peer{
			Package: "Flatland", Function: "phate", Go: ours.PHATE, Seeds: 5,
			Settings: []Setting{{Name: "dr.PHATE"}},
		},
		Quality: []Measure{treeRanks},
	},
	{
		Name: "twonn-digits", What: "TwoNN dimension, least squares, 10 % discarded: digits, 1797 × 64",
		Data: digits, Ours: ours.TwoNN,
		Peer: Peer{
			Package: "scikit-dimension", Script: "bench_intrinsic.py", Function: "twonn", Serial: true,
			Settings: skdimSettings,
		},
		Quality: []Measure{number("dimension", "dimension (ours with F = i/N, the peer with F = (i−1)/N)", "%.6f")},
	},
	{
		Name: "mle-digits", What: "MLE dimension, 20 neighbours, harmonic mean: digits, 1797 × 64",
		Data: digits, Options: wire.Options{"neighbors": 20}, Ours: ours.MLE,
		Peer: Peer{
			Package: "scikit-dimension", Script: "bench_intrinsic.py", Function: "mle", Serial: true,
			Settings: skdimSettings,
		},
		Quality: []Measure{number("dimension", "dimension", "%.6f")},
	},
	{
		Name: "trustworthiness-digits", What: "trustworthiness, k = 15, of a map by two principal components: digits, 1797 × 64",
		Data: digitsWithMap, Options: wire.Options{"neighbors": 15}, Ours: ours.Trustworthiness,
		Peer: Peer{
			Package: "scikit-learn", Script: "bench_quality.py", Function: "trustworthiness", Serial: true,
			Settings: []Setting{{Name: "trustworthiness, float32"}},
		},
		Quality: []Measure{number("trustworthiness", "trustworthiness (1 is best)", "%.9f")},
	},
}, append(append(append(append(qualityCases(), dimensionCases()...), similarityCases()...), append(append(magnitudeCases(), clusterCases()...), nnCases()...)...), append(append(append(diagramCases(), ripsCases()...), curvatureCases()...), append(append(csvCases(), dynamicsCases()...), searchCases()...)...)...)...)

var sklearnExact = Peer{
	Package: "scikit-learn", Script: "bench_neighbors.py", Function: "exact",
	Settings: []Setting{{Name: "NearestNeighbors(algorithm='brute'), float32, all cores"}},
}

var (
	pynnGraph = Peer{
		Package: "pynndescent", Script: "bench_pynndescent.py", Function: "graph", Seeds: 5,
		Settings: []Setting{{Name: "NNDescent(n_neighbors=16, n_jobs=-1), float32, compiled, all cores"}},
	}
	pynnOnce   = seeds(1, pynnGraph)
	pynnSparse = seeds(1, asked("sparse", pynnGraph))
)

// seeds returns p judged by so many seeds.
func seeds(n int, p Peer) Peer {
	p.Seeds = n
	return p
}

// asked returns p with another function.
func asked(function string, p Peer) Peer {
	p.Function = function
	return p
}

var faissExact = Peer{
	Package: "faiss-cpu", Script: "bench_faiss.py", Function: "exact",
	Settings: []Setting{{Name: "IndexFlatL2, all cores"}},
}

// The exact solvers of scikit-learn; its "auto" is one of them, or the randomized one, which is not exact.
var sklearnPCA = Peer{
	Package: "scikit-learn", Script: "bench_dr.py", Function: "pca",
	Settings: []Setting{
		{Name: "PCA(svd_solver='covariance_eigh'), float32, all cores", Options: wire.Options{"solver": "covariance_eigh"}},
		{Name: "PCA(svd_solver='full'), float32, all cores", Options: wire.Options{"solver": "full"}},
	},
}

// umap-learn keeps to one thread where it has a seed.
var (
	umapSeeded = Peer{
		Package: "umap-learn", Script: "bench_umap.py", Function: "umap", Seeds: 5, Serial: true,
		Settings: []Setting{{Name: "UMAP(random_state=seed), float32, compiled", Options: wire.Options{"seeded": true}}},
	}
	umapParallel = Peer{
		Package: "umap-learn", Script: "bench_umap.py", Function: "umap", Seeds: 5,
		Settings: []Setting{{Name: "UMAP(n_jobs=-1), float32, compiled, all cores", Options: wire.Options{"seeded": false}}},
	}
)

// openTSNEGrid is openTSNE where a tree takes longer than a grid for certain.
var openTSNEGrid = Peer{
	Package: openTSNE.Package, Script: openTSNE.Script, Function: openTSNE.Function, Settings: openTSNE.Settings[:1],
}

// oneCore returns Flatland itself on one core, as a peer of that name.
func oneCore(name string, f wire.Func) Peer {
	return Peer{
		Package: "Flatland", Function: name, Go: ours.OnOneCore(f),
		Settings: []Setting{{Name: "on one core"}},
	}
}

var openTSNE = Peer{
	Package: "openTSNE", Script: "bench_opentsne.py", Function: "tsne", Seeds: 5,
	Settings: []Setting{
		{Name: "TSNE(negative_gradient_method='fft', n_jobs=-1), all cores", Options: wire.Options{"repulsion": "fft"}},
		{Name: "TSNE(negative_gradient_method='bh', n_jobs=-1), all cores", Options: wire.Options{"repulsion": "bh"}},
	},
}

// The density of "auto" is 1/√d.
var (
	sklearnProjection = Peer{
		Package: "scikit-learn", Script: "bench_sketch.py", Function: "projection", Seeds: 5,
		Settings: []Setting{
			{Name: "SparseRandomProjection(density='auto', dense_output=True), float32", Options: wire.Options{"filled": "some"}},
			{Name: "x @ normal numbers, float32, all cores", Options: wire.Options{"filled": "all"}, Package: "numpy"},
		},
	}
	sklearnWords = Peer{
		Package: "scikit-learn", Script: "bench_sketch.py", Function: "words_projection", Seeds: 5,
		Settings: []Setting{{Name: "SparseRandomProjection(density='auto', dense_output=True), float32, sparse rows"}},
	}
)

func randomized(power, oversamples int) wire.Options {
	return wire.Options{"solver": "randomized", "power": power, "oversamples": oversamples}
}

// scikit-dimension finds neighbours, or takes those of others.
var skdimSettings = []Setting{
	{Name: "its own neighbours, float32, all cores", Options: wire.Options{"given": false}},
	{Name: "on neighbours by scikit-learn, brute force, float32, all cores", Options: wire.Options{"given": true}},
}
