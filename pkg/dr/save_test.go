package dr_test

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"io"
	"reflect"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/apart"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/manifold"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

type savable interface {
	io.WriterTo
	io.ReaderFrom
	MarshalBinary() ([]byte, error)
	UnmarshalBinary([]byte) error
}

// saved holds one fitted value of everything that can be saved.
func savedValues(t *testing.T) map[string]savable {
	t.Helper()
	ctx := context.Background()
	x := normal(40, 4, 5)
	must := func(v savable, err error) savable {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	short := dr.TSNE{EarlyIterations: 5, Iterations: 5}
	given := short
	given.Start = dr.From(normal(40, 2, 0))
	st, err1 := dr.Standardize{Robust: true}.Fit(ctx, x)
	pc, err2 := dr.PCA{Components: 3, Whiten: true}.Fit(ctx, x)
	ts, err3 := short.Fit(ctx, x)
	tg, err4 := given.Fit(ctx, x)
	ch, err5 := dr.Chain{dr.Any(dr.Standardize{}), dr.Any(dr.Chain{dr.Any(dr.PCA{})}), dr.Any(short)}.Fit(ctx, x)
	em, err6 := short.Embed(ctx, x)
	labels := make([]int, 40)
	for i := range labels {
		labels[i] = i % 3
	}
	cc, err8 := dr.CCA{Permutations: 3}.FitPair(ctx, x, normal(40, 3, 2))
	lp, err20 := dr.LPP{}.Fit(ctx, x)
	mp, err22 := dr.MPAD{Components: 2}.Fit(ctx, x)
	np, err21 := dr.NPE{Components: 2}.Fit(ctx, x)
	ld, err7 := dr.LDA{Labels: labels}.Fit(ctx, x)
	ln, err10 := dr.LogNormalize{}.Fit(ctx, mat32.Convert(counts(40, 4)))
	rn, err11 := dr.RowNormalize{}.Fit(ctx, sparseOf(t, counts(40, 4)))
	im, err12 := dr.Impute{Missing: dr.FillNearest}.Fit(ctx, gaps(40, 4))
	al, err23 := dr.AlignedUMAP{UMAP: dr.UMAP{Epochs: dr.None}, Window: 1}.FitSeries(ctx, []mat.Matrix{x.Slice(0, 8, 0, 4), x.Slice(0, 9, 0, 4), x.Slice(0, 9, 0, 3)}, [][]int{fill(8, 3), order(9)})
	return map[string]savable{
		"SparsePCAModel":                 fitted(t, dr.SparsePCA{Components: 2}, x),
		"GaussianLinearModel":            fitted(t, dr.GaussianLinear{Centers: 3, Iterations: 5}, x),
		"IsomapModel":                    fitted(t, dr.Isomap{}, x),
		"IsomapModel with landmarks":     fitted(t, dr.Isomap{Landmarks: 7}, x),
		"IsomapModel of distances":       fitted(t, dr.Isomap{Radius: 2}, apart.Rows(t, x)),
		"LLEModel":                       fitted(t, dr.LLE{Variant: dr.HessianLLE}, x),
		"ClassicalMDSModel":              fitted(t, dr.ClassicalMDS{}, x),
		"LandmarkMDSModel":               fitted(t, dr.LandmarkMDS{Landmarks: 7}, x),
		"LandmarkMDSModel of distances":  fitted(t, dr.LandmarkMDS{Landmarks: 7}, apart.Rows(t, x)),
		"MetricMDSModel":                 fitted(t, dr.MetricMDS{Iterations: 3}, x),
		"NonMetricMDSModel":              fitted(t, dr.NonMetricMDS{Iterations: 3}, x),
		"FunctorialMDSModel":             fitted(t, dr.FunctorialMDS{Iterations: 3, Linkage: dr.RobustLinkage}, x),
		"PHATEModel":                     fitted(t, dr.PHATE{Iterations: 3}, x),
		"PHATEModel with landmarks":      fitted(t, dr.PHATE{Landmarks: 7, Columns: 2, Iterations: 3}, x),
		"PHATEModel of distances":        fitted(t, dr.PHATE{Iterations: 3}, apart.Rows(t, x)),
		"UMAPModel":                      fitted(t, dr.UMAP{Epochs: 3}, x),
		"UMAPModel by Minkowski":         fitted(t, dr.UMAP{Epochs: 3, Metric: neighbors.Minkowski{P: 3}, Start: dr.From(normal(40, 2, 0))}, mat32.Convert(x)),
		"LargeVisModel":                  fitted(t, dr.LargeVis{Samples: 3}, x),
		"TriMapModel":                    fitted(t, dr.TriMap{Columns: 2, Iterations: 3}, x),
		"HeatGeodesicModel":              fitted(t, dr.HeatGeodesic{Iterations: 3}, x),
		"MAGICModel":                     fitted(t, dr.MAGIC{}, x),
		"RieSNEModel":                    fitted(t, dr.RieSNE{Target: manifold.Hyperboloid{}, EarlyIterations: 5, Iterations: 5}, x),
		"SammonModel":                    fitted(t, dr.Sammon{Iterations: 3}, x),
		"LaplacianEigenmapsModel":        fitted(t, dr.LaplacianEigenmaps{Heat: true}, x),
		"DiffusionMapsModel":             fitted(t, dr.DiffusionMaps{}, x),
		"DiffusionMapsModel, distances":  fitted(t, dr.DiffusionMaps{}, apart.Rows(t, x)),
		"VectorDiffusionMapsModel":       fitted(t, dr.VectorDiffusionMaps{}, x),
		"PaCMAPModel":                    fitted(t, dr.PaCMAP{Iterations: [3]int{2, 2, 3}}, x),
		"PaCMAPModel of distances":       fitted(t, dr.PaCMAP{Iterations: [3]int{2, 2, 3}}, apart.Rows(t, x)),
		"LocalMAPModel":                  fitted(t, dr.LocalMAP{Iterations: [3]int{2, 2, 3}, Start: dr.FromRandom}, x),
		"PrincipalSubbundleModel":        fitted(t, dr.PrincipalSubbundle{}, x),
		"KernelPCAModel":                 fitted(t, dr.KernelPCA{}, x),
		"NMFModel":                       fitted(t, dr.NMF{Components: 2}, counts(40, 4)),
		"TLDRModel":                      fitted(t, dr.TLDR{ProjectorWidth: 8, Epochs: 2}, x),
		"TLDRModel, perceptron":          fitted(t, dr.TLDR{Components: 2, EncoderLayers: 1, EncoderWidth: 4, Nonlinear: true, ProjectorLayers: dr.None, Epochs: 2}, x),
		"BayesianPCAModel":               fitted(t, dr.BayesianPCA{}, x),
		"PCAModel with gaps":             fitted(t, dr.PCA{Components: 2, Missing: dr.EM, Rounds: 20}, holes(x, .1)),
		"RobustPCAModel":                 fitted(t, dr.RobustPCA{}, x),
		"PrincipalComponentPursuitModel": fitted(t, dr.PrincipalComponentPursuit{}, x),
		"StreamingPCAModel":              fitted(t, dr.StreamingPCA{Components: 2, HalfLife: 30}, x),
		"OneSidedPCAModel":               fitted(t, dr.OneSidedPCA{Components: 2}, x),
		"IncrementalPCAModel":            fitted(t, dr.IncrementalPCA{Components: 3, Whiten: true}, x),
		"StandardizeModel":               must(st, err1), "PCAModel": must(pc, err2), "TSNEModel": must(ts, err3),
		"TSNEModel from a given start": must(tg, err4), "ChainModel": must(ch, err5), "Embedding": must(em, err6),
		"LDAModel": must(ld, err7), "CCAModel": must(cc, err8),
		"LPPModel": must(lp, err20), "NPEModel": must(np, err21), "MPADModel": must(mp, err22),
		"AlignedUMAPModel": must(al, err23), "LogNormalizeModel": must(ln, err10), "RowNormalizeModel": must(rn, err11), "ImputeModel": must(im, err12),
		"WhiteningModel": fitted(t, dr.Whitening{Kind: dr.WhitenCholesky}, x), "WhiteningModel of ZipfianWhitening": fitted(t, dr.ZipfianWhitening{Kind: dr.WhitenZCA}, x),
		"RegularizedMFModel": fitted(t, dr.RegularizedMF{Components: 3, Rescale: []float64{1, 2, 3}}, x), "RegularizedMFModel, factors": fitted(t, dr.RegularizedMF{Penalty: dr.PenalizeFactors}, x),
	}
}

func TestSavedIsTheSame(t *testing.T) {
	x := normal(7, 4, 5)
	for name, v := range savedValues(t) {
		var b bytes.Buffer
		n, err := v.WriteTo(&b)
		if err != nil || n != int64(b.Len()) {
			t.Fatalf("%s: wrote %d of %d bytes: %v", name, n, b.Len(), err)
		}
		b.WriteString("rest")
		fresh := reflect.New(reflect.TypeOf(v).Elem()).Interface().(savable)
		if m, err := fresh.ReadFrom(&b); err != nil || m != n || b.String() != "rest" {
			t.Fatalf("%s: read %d of %d bytes, left %q: %v", name, m, n, b.String(), err)
		}
		one, _ := v.MarshalBinary()
		two, err := fresh.MarshalBinary()
		if err != nil || !bytes.Equal(one, two) {
			t.Errorf("%s: saved again it has other bytes: %v", name, err)
		}
		if s, ok := v.(interface{ String() string }); ok && s.String() != fresh.(interface{ String() string }).String() {
			t.Errorf("%s: reads as %v, was %v", name, fresh, v)
		}
		if tr, ok := v.(dr.Transformer); ok {
			a, errA := tr.Transform(context.Background(), x)
			b, errB := fresh.(dr.Transformer).Transform(context.Background(), x)
			if (errA == nil) != (errB == nil) || errA == nil && !mat.Equal(a, b) {
				t.Errorf("%s: transforms otherwise: %v, %v", name, errA, errB)
			}
		}
		var g bytes.Buffer
		if err := gob.NewEncoder(&g).Encode(v); err != nil {
			t.Errorf("%s: gob: %v", name, err)
		}
		again := reflect.New(reflect.TypeOf(v).Elem()).Interface().(savable)
		if err := gob.NewDecoder(&g).Decode(again); err != nil {
			t.Errorf("%s: gob: %v", name, err)
		} else if three, _ := again.MarshalBinary(); !bytes.Equal(one, three) {
			t.Errorf("%s: gob loses something", name)
		}
	}
}

func TestDamagedFilesAreErrors(t *testing.T) {
	testenv.Unraced(t)
	values := savedValues(t)
	for name, v := range values {
		good, err := v.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		fresh := reflect.New(reflect.TypeOf(v).Elem()).Interface().(savable)
		file := func(err error) bool { var fe *mat32.FileError; return errors.As(err, &fe) }
		for i := 0; i < len(good); i += 1 + i/30 {
			bad := bytes.Clone(good)
			bad[i] ^= 0x55
			if err := fresh.UnmarshalBinary(bad); !file(err) {
				t.Fatalf("%s, byte %d changed: %v", name, i, err)
			}
			if err := fresh.UnmarshalBinary(good[:i]); !file(err) {
				t.Fatalf("%s, cut at %d: %v", name, i, err)
			}
		}
		for other, w := range values {
			b, _ := w.MarshalBinary()
			if err := fresh.UnmarshalBinary(b); reflect.TypeOf(w) != reflect.TypeOf(v) && !file(err) {
				t.Errorf("%s read a saved %s: %v", name, other, err)
			}
		}
	}
}

func FuzzReadChainModel(f *testing.F) {
	ctx := context.Background()
	m, err := dr.Chain{dr.Any(dr.Standardize{}), dr.Any(dr.PCA{})}.Fit(ctx, normal(5, 2, 0))
	if err != nil {
		f.Fatal(err)
	}
	b, err := m.MarshalBinary()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) { new(dr.ChainModel).UnmarshalBinary(b) })
}
