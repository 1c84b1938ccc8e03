package dr_test

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/manifold"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// Whatever the values, shape and options, a map has a row of finite numbers for every row, or there is a typed error.
func FuzzFit(f *testing.F) {
	bytes := func(values ...float64) (b []byte) {
		for _, v := range values {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
		}
		return b
	}
	f.Add(2, 1, 2., false, bytes(3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 9, 7, 9))
	f.Add(3, 2, 0., true, bytes(3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 9, 7, 9, 3, 2, 3, 8))
	f.Add(6, 0, 1., false, bytes(3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 9))
	f.Add(2, 2, 1.5, false, bytes(0, math.MaxFloat64, -math.MaxFloat64, 5e-324, 1e-310, 1, 1, 1e150, 1e-150, 3))
	f.Add(1, 1, 1., false, bytes(0, 5e-324, 1e-323, 0, 0, 5e-324))
	f.Add(2, 2, 2., true, bytes(7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7))
	f.Add(1, -1, math.NaN(), false, bytes(1, 2, 3, 4))
	f.Add(1, 99, math.Inf(1), true, bytes(1, 2, math.NaN()))
	f.Add(1, 1, 1., true, []byte{})
	f.Fuzz(func(t *testing.T, d, k int, perplexity float64, single bool, b []byte) {
		if d < 0 || d > 16 || len(b) > 8*200 {
			return
		}
		n := 0
		if d > 0 {
			n = len(b) / 8 / d
		}
		var x mat.Matrix = mat32.NewDense(n, d, nil)
		if n > 0 {
			values := make([]float64, n*d)
			for i := range values {
				values[i] = math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:]))
			}
			x = mat.NewDense(n, d, values)
			if single {
				x = mat32.Convert(x)
			}
		}
		labels := make([]int, n)
		for i := range labels {
			labels[i] = i%3 - i%7/6
		}
		for name, method := range map[string]dr.Embedder{
			"Isomap":              dr.Isomap{Components: k},
			"Isomap, in a ball":   dr.Isomap{Components: k, Radius: perplexity, Landmarks: n / 2},
			"LLE":                 dr.LLE{Components: k, Neighbors: max(0, n/3)},
			"LLE, modified":       dr.LLE{Variant: dr.ModifiedLLE, Components: k},
			"LLE, Hessian":        dr.LLE{Variant: dr.HessianLLE, Neighbors: max(0, n/2)},
			"LTSA":                dr.LLE{Variant: dr.LTSA, Components: k},
			"ClassicalMDS":        dr.ClassicalMDS{Components: k},
			"LandmarkMDS":         dr.LandmarkMDS{Components: k, Landmarks: n / 2},
			"MetricMDS":           dr.MetricMDS{Components: k, Iterations: 5, Start: map[bool]dr.Start{true: dr.FromRandom}[single]},
			"MetricMDS, SGD":      dr.MetricMDS{Components: k, Iterations: 3, Optimizer: dr.SGD, LastStep: perplexity},
			"NonMetricMDS":        dr.NonMetricMDS{Components: k, Iterations: 5, Tolerance: max(perplexity, 0)},
			"FunctorialMDS":       dr.FunctorialMDS{Components: k, Iterations: 5},
			"FunctorialMDS, core": dr.FunctorialMDS{Components: k, Linkage: dr.RobustLinkage, Neighbors: max(0, n/3), Iterations: 5},
			"Sammon":              dr.Sammon{Components: k, Iterations: 5},
			"LaplacianEigenmaps":  dr.LaplacianEigenmaps{Components: k, Neighbors: max(0, n/3)},
			"Eigenmaps, heat":     dr.LaplacianEigenmaps{Components: k, Neighbors: max(0, n/2), Heat: true, Width: max(perplexity, 0)},
			"DiffusionMaps":       dr.DiffusionMaps{Components: k, Time: max(perplexity, 0)},
			"PHATE":               dr.PHATE{Components: k, Iterations: 3},
			"PHATE, landmarks":    dr.PHATE{Components: k, Landmarks: n / 2, Time: 3, Iterations: 3, Gamma: dr.Zero},
			"VectorDiffusionMaps": dr.VectorDiffusionMaps{Components: k, Neighbors: max(0, n/2), Dim: max(0, min(k, d))},
			"HeatGeodesic":        dr.HeatGeodesic{Components: k, Iterations: 3},
			"HeatGeodesic, times": dr.HeatGeodesic{Components: k, Time: max(perplexity, 0), Times: 3, Iterations: 3, Denoising: .5, Weighting: dr.WeighByInverse},
			"MAGIC":               dr.MAGIC{},
			"MAGIC, approximate":  dr.MAGIC{Solver: dr.Approximate, Columns: k, Time: 2},
			"LPP":                 dr.LPP{Components: k, Width: perplexity},
			"MPAD":                dr.MPAD{Components: k, Iterations: 5},
			"NPE":                 dr.NPE{Neighbors: k},
			"CCA":                 pairs{dr.CCA{Components: k}},
			"CCA, ridge":          pairs{dr.CCA{Ridge: perplexity}},
			"LDA":                 dr.LDA{Labels: labels},
			"LDA, shrunk":         dr.LDA{Labels: labels, LedoitWolf: true},
			"Standardize":         dr.Standardize{},
			"Standardize, robust": dr.Standardize{Robust: true},
			"Standardize, MAD":    dr.Standardize{Robust: true, MAD: true, KeepLocation: true},
			"LogNormalize":        dr.LogNormalize{Target: max(perplexity, 0)},
			"RowNormalize":        dr.RowNormalize{},
			"Impute":              dr.Impute{},
			"Impute, nearest":     dr.Impute{Missing: dr.FillNearest, Neighbors: k, ByDistance: single},
			"RegularizedMF, both": dr.RegularizedMF{Components: k, Penalty: dr.PenalizeFactors, Lambda: .5},
			"RegularizedMF":       dr.RegularizedMF{Components: k, Lambda: max(perplexity, 0)},
			"Whitening":           dr.Whitening{Components: k},
			"Whitening, ZCA":      dr.Whitening{Kind: dr.WhitenZCACor, Components: k, Shrinkage: .1},
			"Whitening, Cholesky": dr.Whitening{Kind: dr.WhitenCholesky, Components: k},
			"ZipfianWhitening":    dr.ZipfianWhitening{Components: k},
			"PCA":                 dr.PCA{Components: k},
			"PCA, whitened":       dr.PCA{Components: k, Whiten: true},
			"PCA, randomized":     dr.PCA{Components: k, Solver: dr.Randomized, Iterations: 1},
			"PCA by a rule":       dr.PCA{Components: k, Rule: dr.ByMinka},
			"BayesianPCA":         dr.BayesianPCA{Components: k, Rounds: 50},
			"Pursuit":             dr.PrincipalComponentPursuit{Iterations: 5},
			"StreamingPCA":        dr.StreamingPCA{Components: k}, "StreamingPCA, Oja": dr.StreamingPCA{Components: k, Rule: dr.Oja, HalfLife: 3},
			"OneSidedPCA":         dr.OneSidedPCA{Components: k, Iterations: 5},
			"IncrementalPCA":      dr.IncrementalPCA{Components: k, Whiten: single},
			"RobustPCA":           dr.RobustPCA{Components: k, MaxRounds: 4},
			"IncrementalPCA by 9": dr.IncrementalPCA{Components: k, Solver: dr.Incremental, Batch: 9},
			"TSNE":                dr.TSNE{Components: k, Perplexity: perplexity, EarlyIterations: 5, Iterations: 10},
			"TSNE, random start":  dr.TSNE{Components: k, Perplexity: perplexity, EarlyIterations: dr.None, Iterations: 5, Start: dr.FromRandom},
			"PaCMAP":              dr.PaCMAP{Components: k, Iterations: [3]int{2, 2, 3}},
			"LocalMAP":            dr.LocalMAP{Neighbors: max(0, n/3), Columns: 2, Iterations: [3]int{2, 2, 3}, Start: dr.FromRandom},
			"UMAP":                dr.UMAP{Components: k, MinDist: max(perplexity, 0), Epochs: 5},
			"UMAP, Manhattan":     dr.UMAP{Neighbors: k, Metric: neighbors.Manhattan{}, Epochs: 5, Start: dr.FromPCA},
			"AlignedUMAP":         twice{dr.AlignedUMAP{UMAP: dr.UMAP{Components: k, Epochs: 5}, Regularization: max(perplexity, 0)}},
			"LargeVis":            dr.LargeVis{Components: k, Samples: 5},
			"LargeVis, spectral":  dr.LargeVis{Perplexity: perplexity, Samples: 5, Start: dr.FromSpectral},
			"TriMap":              dr.TriMap{Components: k, Iterations: 5},
			"TriMap, by columns":  dr.TriMap{Columns: k, Inliers: max(0, n/3), Iterations: 5, Start: dr.FromSpectral},
			"RieSNE":              dr.RieSNE{Perplexity: perplexity, EarlyIterations: 5, Iterations: 10},
			"RieSNE, to a sphere": dr.RieSNE{Target: manifold.Sphere{Dimension: k}, EarlyIterations: dr.None, Iterations: 5, Start: dr.FromRandom},
			"TLDR":                dr.TLDR{Components: k, ProjectorWidth: 8, Epochs: 2},
			"TLDR, perceptron":    dr.TLDR{Components: k, EncoderLayers: 1, EncoderWidth: 4, Nonlinear: true, ProjectorLayers: dr.None, Epochs: 2},
			"Subbundle, width":    dr.PrincipalSubbundle{Components: k, Iterations: 5, Bandwidth: max(perplexity, 0)},
			"Subbundle":           dr.PrincipalSubbundle{Components: k, Iterations: 5},
			"KernelPCA":           dr.KernelPCA{Components: k},
			"SparsePCA":           dr.SparsePCA{Components: k, Iterations: 5},
			"KernelPCA, cosine":   dr.KernelPCA{Components: k, Kernel: dr.CosineKernel, Solver: dr.Randomized},
			"NMF":                 dr.NMF{Components: k, Iterations: 5},
			"NMF, KL":             dr.NMF{Components: k, Iterations: 5, Loss: dr.KullbackLeibler, Start: dr.FromRandomFactors},
			"GaussianLinear":      dr.GaussianLinear{Components: k, Iterations: 3},
			"Chain":               dr.Chain{dr.Any(dr.Standardize{}), dr.Any(dr.PCA{Components: k})},
		} {
			e, err := method.Embed(context.Background(), x)
			if err != nil {
				var (
					finite     *mat32.NotFiniteError
					param      *mat32.ParamError
					shape      *mat32.ShapeError
					degenerate *mat32.DegenerateError
				)
				if !errors.Is(err, mat32.ErrEmpty) && !errors.As(err, &finite) && !errors.As(err, &param) && !errors.As(err, &shape) &&
					!errors.As(err, &degenerate) {
					t.Errorf("%s: an error of no known type: %v", name, err)
				}
				continue
			}
			if rows, columns := e.Dims(); rows != n || columns < 1 || mat32.Check(e) != nil {
				t.Errorf("%s: a map of %d × %d: %v", name, rows, columns, mat32.Check(e))
			}
		}
	})
}

// pairs fits rows with the same rows, last column first.
type pairs struct{ method dr.CCA }

func (p pairs) Embed(ctx context.Context, x mat.Matrix) (*dr.Embedding, error) {
	y := x
	if n, d := x.Dims(); n > 0 && d > 0 {
		turned := mat.NewDense(n, d, nil)
		turned.Apply(func(i, j int, _ float64) float64 { return x.At(i, d-1-j) }, turned)
		y = turned
	}
	m, err := p.method.FitPair(ctx, x, y)
	if err != nil {
		return nil, err
	}
	return m.EmbeddingY(), nil
}

// twice fits a series of two slices that have the same rows.
type twice struct{ method dr.AlignedUMAP }

func (s twice) Embed(ctx context.Context, x mat.Matrix) (*dr.Embedding, error) {
	n, _ := x.Dims()
	m, err := s.method.FitSeries(ctx, []mat.Matrix{x, x}, [][]int{order(n)})
	if err != nil {
		return nil, err
	}
	return m.Embeddings()[1], nil
}
