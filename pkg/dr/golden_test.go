package dr_test

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/golden"
)

// tables are the inputs the goldens were made from.
func table(t *testing.T, name string) mat.Matrix {
	t.Helper()
	switch name {
	case "iris":
		return datasets.Iris().X
	case "iris_float32":
		return mat32.Convert(datasets.Iris().X)
	case "wine":
		return datasets.Wine().X
	case "wine_float32":
		return mat32.Convert(datasets.Wine().X)
	case "wine_standardized":
		e, err := dr.Standardize{}.Embed(context.Background(), datasets.Wine().X)
		if err != nil {
			t.Fatal(err)
		}
		return e
	case "digits":
		return datasets.Digits().X
	}
	t.Fatalf("the golden file has a table %q this test does not know", name)
	return nil
}

// near fails when a value differs from what is wanted by more than rel of its
// size and abs.
func near(t *testing.T, what string, got, want, rel, abs float64) {
	t.Helper()
	if !(math.Abs(got-want) <= rel*math.Abs(want)+abs) {
		t.Errorf("%s: got %.15g, want %.15g", what, got, want)
	}
}

func nearAll(t *testing.T, what string, got, want []float64, rel, abs float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d values, want %d", what, len(got), len(want))
		return
	}
	for i := range got {
		near(t, what, got[i], want[i], rel, abs)
	}
}

func TestPCAAgainstScikitLearn(t *testing.T) {
	testenv.Unraced(t)
	var file struct {
		Data map[string]struct {
			Rank          int
			Mean          []float64
			Variance      []float64 `json:"explained_variance"`
			Ratio         []float64 `json:"explained_variance_ratio"`
			SingularValue []float64 `json:"singular_values"`
			Noise         float64   `json:"noise_variance"` // with 2 components
			Components    [][]float64
			Transformed   [][]float64
			Whitened      [][]float64
		}
	}
	golden.Load(t, "pca", &file)
	if len(file.Data) < 6 {
		t.Fatalf("only %d tables", len(file.Data))
	}
	ctx := context.Background()
	for name, want := range file.Data {
		t.Run(name, func(t *testing.T) {
			x := table(t, name)
			m, err := dr.PCA{}.Fit(ctx, x)
			if err != nil {
				t.Fatal(err)
			}
			first := want.Variance[0]
			nearAll(t, "mean", m.Mean(), want.Mean, 1e-13, 1e-13*math.Sqrt(first))
			nearAll(t, "variance", m.ExplainedVariance(), want.Variance, 1e-9, 1e-13*first)
			nearAll(t, "ratio", m.ExplainedVarianceRatio(), want.Ratio, 1e-9, 1e-13)
			nearAll(t, "singular value", m.SingularValues()[:want.Rank], want.SingularValue[:want.Rank], 1e-9, 0)
			components, whitened := m.Components(), scores(t, dr.PCA{Whiten: true}, x)
			for i, row := range want.Components {
				nearAll(t, "component", components.RawRowView(i), row, 0, 1e-9)
			}
			for i, row := range want.Transformed {
				k := len(row)
				nearAll(t, "score", m.Embedding().RawRowView(i)[:k], row, 0, 1e-9*math.Sqrt(first))
				nearAll(t, "whitened score", whitened.RawRowView(i)[:k], want.Whitened[i], 0, 1e-8)
			}
			two, err := dr.PCA{Components: 2}.Fit(ctx, x)
			if err != nil {
				t.Fatal(err)
			}
			near(t, "noise variance", two.NoiseVariance(), want.Noise, 1e-9, 0)
		})
	}
}

func scores(t *testing.T, p dr.PCA, x mat.Matrix) *dr.Embedding {
	t.Helper()
	e, err := p.Embed(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestStandardizeAgainstScikitLearn(t *testing.T) {
	testenv.Unraced(t)
	type scaler struct {
		Center, Scale []float64
		Transformed   [][]float64
	}
	var file struct {
		Data map[string]struct{ Standard, Robust scaler }
	}
	golden.Load(t, "standardize", &file)
	if len(file.Data) < 3 {
		t.Fatalf("only %d tables", len(file.Data))
	}
	for name, want := range file.Data {
		for _, c := range []struct {
			method dr.Standardize
			want   scaler
		}{{dr.Standardize{}, want.Standard}, {dr.Standardize{Robust: true}, want.Robust}} {
			m, err := c.method.Fit(context.Background(), table(t, name))
			if err != nil {
				t.Fatal(err)
			}
			nearAll(t, name+" location", m.Location(), c.want.Center, 1e-13, 1e-13)
			nearAll(t, name+" scale", m.Scale(), c.want.Scale, 1e-12, 0)
			for i, row := range c.want.Transformed {
				nearAll(t, name+" row", m.Embedding().RawRowView(i), row, 1e-11, 1e-12)
			}
		}
	}
}

// The divergence reached from the same start. t-SNE amplifies rounding: from a
// start that differs in the seventh digit the peer itself reaches a value that
// differs by 0.1 % on all rows and by 3 % on 300.
func TestTSNEReachesTheDivergenceOfScikitLearn(t *testing.T) {
	testenv.Unraced(t)
	var file struct {
		Start [][]float64
		Runs  []struct {
			Rows, Iterations int
			Perplexity       float64
			KL               float64
			Trustworthiness  float64
			OneNN            float64 `json:"one_nn"`
		}
	}
	golden.Load(t, "tsne", &file)
	d := datasets.Digits()
	ran := 0
	for _, run := range file.Runs {
		ran++
		start, err := mat32.FromRows(file.Start[:run.Rows])
		if err != nil {
			t.Fatal(err)
		}
		m, err := dr.TSNE{
			Perplexity: run.Perplexity, Start: dr.From(start), Repulsion: dr.Direct,
			EarlyIterations: 250, Iterations: run.Iterations - 250,
		}.Fit(context.Background(), d.X.Slice(0, run.Rows, 0, 64))
		if err != nil {
			t.Fatal(err)
		}
		e := m.Embedding()
		t.Logf("%d rows, perplexity %v: KL %.4f, scikit-learn %.4f", run.Rows, run.Perplexity, e.Objective, run.KL)
		margin := 0.02
		if run.Rows < 1000 {
			margin = 0.05
		}
		if e.Objective > (1+margin)*run.KL {
			t.Errorf("%d rows, perplexity %v: KL %.4f is more than %v %% above %.4f", run.Rows, run.Perplexity, e.Objective, 100*margin, run.KL)
		}
		if e.Objective < 0.9*run.KL {
			t.Errorf("%d rows, perplexity %v: KL %.4f is too good beside %.4f: is it the same objective?", run.Rows, run.Perplexity, e.Objective, run.KL)
		}
		hits := 0
		for i := range run.Rows {
			best, who := math.Inf(1), -1
			for j := range run.Rows {
				if dist := math.Hypot(e.At(i, 0)-e.At(j, 0), e.At(i, 1)-e.At(j, 1)); j != i && dist < best {
					best, who = dist, j
				}
			}
			if d.Labels[i] == d.Labels[who] {
				hits++
			}
		}
		if acc := float64(hits) / float64(run.Rows); acc < run.OneNN-0.01 {
			t.Errorf("%d rows, perplexity %v: 1-NN accuracy %.4f, scikit-learn %.4f", run.Rows, run.Perplexity, acc, run.OneNN)
		}
	}
	if ran == 0 {
		t.Fatal("no run in the golden file")
	}
}
