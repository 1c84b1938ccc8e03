package dr

import (
	"context"
	"math"
	"testing"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/dr/layout"
	"github.com/flatland-go/flatland/tests/golden"
)

type openTSNE struct {
	Rows       int
	Pairs      [][2]int
	Affinities map[string][]float64
	Every      int
	Gradients  []struct {
		DOF, KL  float64
		Gradient [][]float64
	}
	Fit struct {
		Known int
		KL    float64
		OneNN float64 `json:"one_nn"`
	}
}

// The stages of sparse t-SNE: similarities of all kinds, and gradients by all repulsions.
func TestTSNEStagesAgainstOpenTSNE(t *testing.T) {
	testenv.Unraced(t)
	var file openTSNE
	golden.Load(t, "opentsne", &file)
	if len(file.Affinities) != 3 || len(file.Gradients) != 3 || len(file.Pairs) == 0 {
		t.Fatal("the golden file lacks stages")
	}
	ctx := context.Background()
	n := file.Rows
	x := datasets.Digits().X.Slice(0, n, 0, 64)
	for kind, e := range map[string]affinity.Entropic{
		"perplexity": {Perplexity: 20}, "perplexities": {Perplexities: []float64{10, 40}}, "bandwidth": {Bandwidth: 12, Neighbors: 60},
	} {
		s, err := e.Weigh(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		for k, pair := range file.Pairs {
			// Its search for the entropy ends at 1e-8, and far pairs multiply what is left.
			if got, want := s.At(pair[0], pair[1]), file.Affinities[kind][k]; math.Abs(got-want) > 1e-6*want+1e-12 {
				t.Errorf("%s: p%v is %v, want %v", kind, pair, got, want)
			}
		}
	}
	s, err := affinity.Entropic{Perplexity: 20}.Weigh(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	y := make([]float64, 2*n)
	for i := range n {
		a := float64(i)
		y[2*i], y[2*i+1] = 20*math.Sin(a), 15*math.Cos(2*a)+a/30
	}
	for _, g := range file.Gradients {
		for name, way := range map[string]struct {
			layout.Repulsion
			tolerance float64
		}{"direct": {layout.NewDirect(n, 2, g.DOF), 1e-5}, "tree": {layout.NewBarnesHut(n, 2, g.DOF, 0), 1e-5}, "tree at .5": {layout.NewBarnesHut(n, 2, g.DOF, .5), 5e-2}, "grid": {layout.NewInterpolation(n, 2, g.DOF), 5e-2}} {
			o, err := layout.NewSparseStudent(ctx, s, 2, g.DOF, way.Repulsion)
			if err != nil {
				t.Fatal(err)
			}
			// It adds a small number to what it takes logarithms of.
			if kl, err := o.Divergence(ctx, y); err != nil || math.Abs(kl-g.KL) > 1e-5*g.KL {
				t.Errorf("%s, freedom %v: KL %v, want %v (%v)", name, g.DOF, kl, g.KL, err)
			}
			got := make([]float64, 2*n)
			if err := o.Gradient(ctx, got, y, 1); err != nil {
				t.Fatal(err)
			}
			largest := 0.
			for _, row := range g.Gradient {
				largest = max(largest, math.Abs(row[0]), math.Abs(row[1]))
			}
			for k, row := range g.Gradient {
				for c, want := range row {
					if v := got[2*k*file.Every+c]; math.Abs(v-want) > way.tolerance*largest {
						t.Fatalf("%s, freedom %v: gradient of row %d is %v, want %v", name, g.DOF, k*file.Every, v, want)
					}
				}
			}
		}
	}
}

// The divergence of the map of 1200 digits, and where new ones land: their nearest row
// is as often of their kind. The control, labels shuffled, must fail.
func TestTSNEOfDigitsAgainstOpenTSNE(t *testing.T) {
	testenv.Unraced(t)
	var file openTSNE
	golden.Load(t, "opentsne", &file)
	ctx := context.Background()
	d := datasets.Digits()
	all, known := len(d.Labels), file.Fit.Known
	m, err := TSNE{}.Fit(ctx, d.X.Slice(0, known, 0, 64))
	if err != nil {
		t.Fatal(err)
	}
	if kl := m.embedding.Objective; !(kl <= 1.01*file.Fit.KL && kl > 0.9*file.Fit.KL) {
		t.Errorf("KL %v, openTSNE %v", kl, file.Fit.KL)
	}
	z, err := m.Transform(ctx, d.X.Slice(known, all, 0, 64))
	if err != nil {
		t.Fatal(err)
	}
	hits := func(label func(i int) int) float64 {
		sum := 0.
		for i := range all - known {
			best, who := math.Inf(1), -1
			for j := range known {
				if a := math.Hypot(z.At(i, 0)-m.embedding.At(j, 0), z.At(i, 1)-m.embedding.At(j, 1)); a < best {
					best, who = a, j
				}
			}
			if label(known+i) == label(who) {
				sum++
			}
		}
		return sum / float64(all-known)
	}
	got := hits(func(i int) int { return d.Labels[i] })
	t.Logf("KL %.4f, openTSNE %.4f; the nearest is of the same kind for %.4f, openTSNE %.4f", m.embedding.Objective, file.Fit.KL, got, file.Fit.OneNN)
	if got < file.Fit.OneNN-0.01 {
		t.Errorf("the nearest is of the same kind for %v, openTSNE %v", got, file.Fit.OneNN)
	}
	if h := hits(func(i int) int { return i * 7919 % 10 }); h > 0.3 {
		t.Errorf("shuffled labels agree in %v", h)
	}
}
