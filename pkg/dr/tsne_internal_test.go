package dr

import (
	"context"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/dr/layout"
	"github.com/flatland-go/flatland/tests/golden"
)

// The stages of t-SNE against the peers': the similarities of chosen pairs, their
// entropy, and objective and gradient at the start.
func TestTSNEStagesAgainstPeers(t *testing.T) {
	testenv.Unraced(t)
	var file struct {
		Start  [][]float64
		Stages []struct {
			Rows           int
			Perplexity     float64
			Entropy        float64
			Pairs          [][5]float64 // i, j, exact, scikit-learn, openTSNE
			Spread         float64
			KLStart        float64     `json:"kl_start"`
			GradientStart  [][]float64 `json:"gradient_start"`
			KLSpread       float64     `json:"kl_spread"`
			GradientSpread [][]float64 `json:"gradient_spread"`
		}
	}
	golden.Load(t, "tsne", &file)
	if len(file.Stages) == 0 {
		t.Fatal("no stages in the golden file")
	}
	ctx := context.Background()
	for _, s := range file.Stages {
		n := s.Rows
		x := datasets.Digits().X.Slice(0, n, 0, 64)
		p, notes, err := TSNE{Perplexity: s.Perplexity}.similarities(ctx, x)
		if err != nil || len(notes) > 0 {
			t.Fatal(err, notes)
		}
		for _, pair := range s.Pairs {
			i, j, want := int(pair[0]), int(pair[1]), pair[2]
			// Far pairs multiply what is left of the entropy's tolerance.
			if got := float64(p[i*n+j]); math.Abs(got-want) > 1e-6*want || p[i*n+j] != p[j*n+i] {
				t.Fatalf("perplexity %v: p(%d, %d) is %v, want %v", s.Perplexity, i, j, got, want)
			}
		}
		entropy := 0.
		for _, v := range p {
			if v > 0 {
				entropy -= float64(v) * math.Log(float64(v))
			}
		}
		if math.Abs(entropy-s.Entropy) > 1e-6 {
			t.Errorf("perplexity %v: entropy %v, want %v", s.Perplexity, entropy, s.Entropy)
		}
		objective, err := layout.NewStudent(ctx, p, n, 2, 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range []struct {
			scale, kl float64
			gradient  [][]float64
		}{{1, s.KLStart, s.GradientStart}, {s.Spread, s.KLSpread, s.GradientSpread}} {
			y, got := make([]float64, 2*n), make([]float64, 2*n)
			for i, row := range file.Start[:n] {
				y[2*i], y[2*i+1] = row[0]*at.scale, row[1]*at.scale
			}
			kl, err := objective.Divergence(ctx, y)
			if err != nil || math.Abs(kl-at.kl) > 1e-6 {
				t.Errorf("perplexity %v at %v: KL %v, want %v (%v)", s.Perplexity, at.scale, kl, at.kl, err)
			}
			if err := objective.Gradient(ctx, got, y, 1); err != nil {
				t.Fatal(err)
			}
			largest := 0.
			for _, row := range at.gradient {
				largest = max(largest, math.Abs(row[0]), math.Abs(row[1]))
			}
			for i, row := range at.gradient {
				for c, want := range row {
					if math.Abs(4*got[2*i+c]-want) > 1e-5*largest {
						t.Fatalf("perplexity %v at %v: gradient of row %d is %v, want %v", s.Perplexity, at.scale, i, 4*got[2*i+c], want)
					}
				}
			}
		}
	}
}

func TestTSNENotesTies(t *testing.T) {
	x := mat.NewDense(40, 2, nil)
	for i := range 40 {
		x.Set(i, 0, float64(i%2)) // twenty copies of two rows
	}
	m, err := TSNE{Perplexity: 5, EarlyIterations: 20, Iterations: 20}.Fit(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	if e := m.Embedding(); len(e.Notes) != 1 || !strings.HasPrefix(e.Notes[0], "40 rows have more rows") || !finite(e.RawMatrix().Data) {
		t.Errorf("notes %q", e.Notes)
	}
}
