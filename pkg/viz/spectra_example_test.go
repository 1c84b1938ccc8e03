package viz_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/geometry"
	"github.com/flatland-go/flatland/pkg/intrinsic"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/quality"
	"github.com/flatland-go/flatland/pkg/spectrum"
	"github.com/flatland-go/flatland/pkg/viz"
	"gonum.org/v1/gonum/mat"
)

// irises are measured in four columns, of which two components tell most.
func irises() (*datasets.Dataset, *dr.PCAModel) {
	d := datasets.Iris()
	m, err := dr.PCA{}.Fit(context.Background(), d.X)
	if err != nil {
		panic(err)
	}
	return d, m
}

// plane is the map of two components.
func plane(m *dr.PCAModel) mat.Matrix { return m.Embedding().Slice(0, 150, 0, 2) }

// The scree of the irises, with what rules would keep.
func ExampleScree() {
	_, m := irises()
	stick, err := spectrum.BrokenStick(m.ExplainedVariance())
	if err != nil {
		panic(err)
	}
	viz.Scree(m, viz.Components{
		Choices: []viz.Choice{{Name: "broken stick", Count: stick}}, Chance: []viz.Series{{Name: "broken stick", Y: spectrum.Stick(4)}},
	}).Show()
	// Output:
	// Scree of 4 components: the first has 0.925 of the variance, 4 have 1; broken stick keeps 1
}

func ExampleEigenvalues() {
	viz.Scree(viz.Eigenvalues{2, 6}, viz.Components{}).Show()
	// Output:
	// Scree of 2 components: the first has 0.75 of the variance, 2 have 1
}

// A spectrum with the power law fitted to it.
func ExampleSpectra() {
	law, err := geometry.EigenspectrumPowerLaw(context.Background(), datasets.Digits().X, spectrum.AlphaReQ{To: 30})
	if err != nil {
		panic(err)
	}
	viz.Spectra(viz.Spectrum{Name: "digits", Values: law.Values, Law: law}).Show()
	// Output:
	// Lines of 2 series: digits (61 points, 2.3e-06 to 1), digits, α = 1.19 (32 points, 0.0409 to 2.36)
	// without 3 eigenvalues that are zero
}

func ExampleBiplot() {
	d, m := irises()
	viz.Biplot(m, viz.Columns{Names: d.Features, Most: 2}, viz.Points{Labels: d.Labels, Names: d.Names}).Show()
	// Output:
	// Biplot of 150 points in 3 classes: setosa (50), versicolor (50), virginica (50); arrows of petal length (cm) (0.857, -0.173) sepal length (cm) (0.361, 0.657)
	// PCA · n = 150 · 4 → 4 dimensions · arrows: the 2 longest of 4 columns
}

func ExampleLoadings() {
	d, m := irises()
	viz.Loadings(m.Components(), viz.Columns{Names: d.Features}).Show()
	// Output:
	// Heatmap of 4 × 4 cells by weight, -0.582 to 0.857
}

func ExampleShepard() {
	d, m := irises()
	viz.Shepard(d.X, plane(m)).Titled("PCA of the irises").Show()
	// Output:
	// PCA of the irises
	// Shepard's diagram of all 11175 pairs of 150 rows: stress-1 0.040, after isotonic regression 0.030
	// stress-1 0.040, nonmetric 0.030 · all 11175 pairs of 150 rows
}

// TestShepardAgreesWithQuality: both measure the same stress, with the ties that duplicates among the irises make.
func TestShepardAgreesWithQuality(t *testing.T) {
	d, m := irises()
	a, err := quality.DistancePreservation{}.Compare(context.Background(), d.X, plane(m))
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("stress-1 %.3f, nonmetric %.3f ", a.Stress1().Value, a.NonmetricStress().Value)
	if got := viz.Shepard(d.X, plane(m)).String(); !strings.Contains(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// ranks compares the two components of the irises with the irises.
func ranks() *quality.Ranks {
	d, m := irises()
	r, err := quality.Rank{Neighbors: 40}.Compare(context.Background(), d.X, plane(m))
	if err != nil {
		panic(err)
	}
	return r
}

func ExampleCoRanking() {
	viz.CoRanking(ranks(), 15).Show()
	// Output:
	// Co-ranking matrix of ranks up to 40: 5666 pairs of rows
	// ranks of 150 rows up to 40 · 1798 pairs are among the 15 nearest of both
}

func ExampleRankScores() {
	viz.RankScores(ranks()).Show()
	// Output:
	// Lines of 4 series: trustworthiness (18 points, 0.972 to 0.996), continuity (18 points, 0.988 to 0.997), Q_NX (18 points, 0.38 to 0.944), LCMC (18 points, 0.373 to 0.72)
	// ranks of 150 rows up to 40
}

func ExampleRankCurves() {
	d, m := irises()
	c, err := quality.RankCurve{}.Compare(context.Background(), d.X, plane(m))
	if err != nil {
		panic(err)
	}
	viz.RankCurves(viz.RankCurve{Of: c}).Show()
	// Output:
	// Lines of 3 series: Q_NX (149 points, 0.38 to 1), R_NX (0.692) (148 points, 0.376 to 0.995), LCMC (149 points, 0 to 0.723)
	// in brackets: the area under R_NX over the logarithm of k
}

// A class that was taken for another.
func ExampleConfusion() {
	viz.Confusion([]int{0, 0, 1, 1, 1}, []int{0, 1, 1, 1, -1}, []string{"cat", "dog"}).Show()
	// Output:
	// Heatmap of 2 × 2 cells by share of the row, 0 to 1
	// right: 0.7500 of 4 · 1 without a label or prediction
}

// What the nearest neighbours tell of the species, in ever more components.
func ExampleProbes() {
	d, m := irises()
	var scores []measure.Score
	for k := 1; k <= 4; k++ {
		s, err := quality.KNNProbe{Labels: d.Labels}.Estimate(context.Background(), m.Embedding().Slice(0, 150, 0, k))
		if err != nil {
			panic(err)
		}
		scores = append(scores, s)
	}
	viz.Probes(1./3, viz.Probe{Name: "species", Scores: scores}).Show()
	// Output:
	// Lines of 1 series: species (4 points, 0.913 to 0.967)
}

func ExampleDensity() {
	_, m := irises()
	viz.Density(plane(m), viz.Densities{}).Show()
	// Output:
	// Density of 150 points in 10 steps
	// n = 150
}

func ExampleLocalDimension() {
	d, m := irises()
	local, err := intrinsic.MLE{}.Estimate(context.Background(), d.X)
	if err != nil {
		panic(err)
	}
	fmt.Println(viz.LocalDimension(plane(m), local).Err())
	// Output: <nil>
}

func ExampleDiagnostic() {
	_, m := irises()
	viz.Diagnostic(plane(m), viz.Diagnosis{Components: m.Embedding(), Scores: []measure.Score{ranks().Trustworthiness(15)}}).Show()
	// Output:
	// Grid of 5 charts
	//   component 1: Scatter of 150 points by value, -3.22 to 3.5
	//   component 2: Scatter of 150 points by value, -1.19 to 1.34
	//   component 3: Scatter of 150 points by value, -0.615 to 0.735
	//   trustworthiness, k = 15: Scatter of 150 points by value, 0.917 to 1
	//   log density of the map: Scatter of 150 points by value, -2.57 to -0.00916
	// n = 150
}
