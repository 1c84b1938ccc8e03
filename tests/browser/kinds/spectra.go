package kinds

import (
	"context"
	"sync"

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

// A judged map is digits, their principal components and the map of the first two, with what measures say of it.
type judged struct {
	data  *datasets.Dataset
	model *dr.PCAModel
	y     *mat.Dense
	ranks *quality.Ranks
	local measure.Dimension
}

// digits are every third of the handwritten digits, judged once.
var digits = sync.OnceValue(func() judged {
	ctx := context.Background()
	var rows []int
	for i := 0; i < 1797; i += 3 {
		rows = append(rows, i)
	}
	d := datasets.Digits().Select(rows)
	model := must(dr.PCA{}.Fit(ctx, d.X))
	y := mat.DenseCopyOf(model.Embedding().Slice(0, len(rows), 0, 2))
	return judged{d, model, y, must(quality.Rank{Neighbors: 100}.Compare(ctx, d.X, y)), must(intrinsic.MLE{}.Estimate(ctx, d.X))}
})

// scree is that of the digits, with what rules keep and what chance gives.
func scree() *viz.Chart {
	j := digits()
	values := j.model.ExplainedVariance()
	return viz.Scree(j.model, viz.Components{
		Choices: []viz.Choice{
			{Name: "elbow", Count: must(spectrum.Elbow(values))}, {Name: "broken stick", Count: must(spectrum.BrokenStick(values))},
			{Name: "90 % of the variance", Count: must(spectrum.Share(values, 0.9))},
		},
		Chance: []viz.Series{{Name: "broken stick", Y: spectrum.Stick(64)}},
	}).Titled("How many components have the digits?")
}

// spectra are those of the digits and of a Swiss roll.
func spectra() *viz.Chart {
	ctx := context.Background()
	law := must(geometry.EigenspectrumPowerLaw(ctx, digits().data.X, spectrum.AlphaReQ{To: 30}))
	noise := must(geometry.EigenspectrumPowerLaw(ctx, datasets.Iris().X, spectrum.AlphaReQ{}))
	return viz.Spectra(viz.Spectrum{Name: "digits", Values: law.Values, Law: law}, viz.Spectrum{Name: "irises", Values: noise.Values, Law: noise, Edge: 0.02}).
		Titled("Spectra and power laws")
}

// biplot is that of the irises.
func biplot() *viz.Chart {
	d := datasets.Iris()
	return viz.Biplot(must(dr.PCA{}.Fit(context.Background(), d.X)), viz.Columns{Names: d.Features}, viz.Points{Labels: d.Labels, Names: d.Names}).
		Titled("Irises and their measures")
}

func loadings() *viz.Chart {
	d := datasets.Iris()
	return viz.Loadings(must(dr.PCA{}.Fit(context.Background(), d.X)).Components(), viz.Columns{Names: d.Features}).Titled("What the components are made of")
}

func shepard() *viz.Chart {
	return viz.Shepard(digits().data.X, digits().y).Titled("PCA of the digits")
}

func coRanking() *viz.Chart { return viz.CoRanking(digits().ranks, 15).Titled("PCA of the digits") }

// rankCurves are those of two components and of ten.
func rankCurves() *viz.Chart {
	j := digits()
	of := func(k int) viz.RankCurved {
		n, _ := j.y.Dims()
		return must(quality.RankCurve{}.Compare(context.Background(), j.data.X, j.model.Embedding().Slice(0, n, 0, k)))
	}
	return viz.RankCurves(viz.RankCurve{Name: "PCA, 2", Of: of(2)}, viz.RankCurve{Name: "PCA, 10", Of: of(10)}).Titled("Neighbourhoods of every size")
}

func rankScores() *viz.Chart { return viz.RankScores(digits().ranks).Titled("PCA of the digits") }

func localDimension() *viz.Chart {
	return viz.LocalDimension(digits().y, digits().local).Titled("How many dimensions are there at each digit?")
}

func density() *viz.Chart {
	return viz.Density(digits().y, viz.Densities{}).Titled("Where the digits are")
}

func diagnostic() *viz.Chart {
	j := digits()
	return viz.Diagnostic(j.y, viz.Diagnosis{
		Points: viz.Points{Labels: j.data.Labels, Names: j.data.Names}, Components: j.model.Embedding(), Dimension: j.local,
		Scores: []measure.Score{j.ranks.Trustworthiness(15)},
	}).Titled("Is the map of the digits to be trusted?")
}

// confusion is that of the nearest neighbour on the map.
func confusion() *viz.Chart {
	j := digits()
	guess := make([]int, len(j.data.Labels))
	for i := range guess {
		guess[i] = j.data.Labels[j.ranks.Embedded[i*j.ranks.K]]
	}
	return viz.Confusion(j.data.Labels, guess, j.data.Names).Titled("Digits by their nearest neighbour on the map")
}

// probes ask components, ever more of them, for the digit.
func probes() *viz.Chart {
	j := digits()
	var scores []measure.Score
	for k := 1; k <= 8; k++ {
		scores = append(scores, must(quality.KNNProbe{Labels: j.data.Labels}.Estimate(context.Background(), j.model.Embedding().Slice(0, len(j.data.Labels), 0, k))))
	}
	return viz.Probes(0.1, viz.Probe{Name: "digit", Scores: scores}).Titled("What neighbours tell, by components")
}
