package conformance

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/geometry"
	"github.com/flatland-go/flatland/pkg/spectrum"
)

// spreadRow returns the row of a function of rows with a score.
func spreadRow(method string, f scored, source, form, test string, c claim, fails control, v variant) row {
	v.name, v.call = "its only way", func(ctx context.Context, x mat.Matrix) (any, error) { return f(ctx, x) }
	if c.measure == nil {
		c.measure = func(ctx context.Context, s sample) (float64, error) {
			score, err := f(ctx, s.x)
			return score.Value, err
		}
	}
	return row{method: method, source: source, golden: golden{form: form, test: "geometry." + test}, claim: c, control: fails, variants: []variant{v}}
}

// partly returns 300 rows of d columns, of which the first live are normal and the others zero.
func partly(live, d int) func(seed uint64) sample {
	return func(seed uint64) sample {
		x := mat.NewDense(300, d, nil)
		x.Slice(0, 300, 0, live).(*mat.Dense).Copy(fixture.Normal(seed, 300, live))
		return sample{x: x}
	}
}

// aside returns 300 normal rows of five columns about a point at a distance.
func aside(distance float64) func(seed uint64) sample {
	return func(seed uint64) sample {
		s := partly(5, 5)(seed)
		for i := range 300 {
			s.x.(*mat.Dense).Set(i, 0, s.x.At(i, 0)+distance)
		}
		return s
	}
}

// directed returns rows brought to length 1.
func directed(s sample) sample {
	x := mat.DenseCopyOf(s.x)
	n, _ := x.Dims()
	for i := range n {
		v := x.RowView(i).(*mat.VecDense)
		v.ScaleVec(1/mat.Norm(v, 2), v)
	}
	s.x = x
	return s
}

// everyThird labels rows in turn.
func everyThird(x mat.Matrix, classes int) []int {
	n, _ := dims(x)
	labels := make([]int, n)
	for i := range labels {
		labels[i] = i % classes
	}
	return labels
}

// turnedAround returns the columns of x in reverse order, as another view of its rows.
func turnedAround(x mat.Matrix) mat.Matrix {
	n, d := dims(x)
	if n == 0 || d == 0 {
		return x
	}
	y := mat.NewDense(n, d, nil)
	y.Apply(func(i, j int, _ float64) float64 { return x.At(i, d-1-j) }, y)
	return y
}

// halfTurn returns an arc of half a circle in three dimensions, run along at a speed, and its targets.
func halfTurn(at func(share float64) float64) func(seed uint64) sample {
	return func(seed uint64) sample {
		x, y := mat.NewDense(100, 3, nil), mat.NewDense(100, 1, nil)
		for i := range 100 {
			s := float64(i) / 99
			a := math.Pi * at(s)
			x.SetRow(i, []float64{float64(seed) * math.Cos(a), 0, float64(seed) * math.Sin(a)})
			y.Set(i, 0, s)
		}
		return sample{x: x, y: y}
	}
}

var geometrySpreadRows = []row{
	fromOrigin(spreadRow("geometry.MeanCosine", geometry.MeanCosine, "2019, How contextual are contextualized word representations?",
		"−1/(n−1) on the ends of axes", "TestSpreadOnAxesIsExact",
		claim{says: "rows far from the origin point one way", on: aside(20), from: .95, to: 1},
		control{says: "about the origin they point everywhere", on: aside(0)},
		variant{least: 2, constant: true, long: [2]int{20000, 100}})),
	spreadRow("geometry.IsoScore", geometry.IsoScore, "2022, IsoScore: measuring the uniformity of embedding space utilization",
		"(q−1)/(d−1) on q of d axes, and the definition on three fixtures", "TestSpectraOfFixtureClouds",
		claim{says: "isotropic rows fill all dimensions", on: partly(10, 10), from: .95, to: 1},
		control{says: "they fill three of ten", on: partly(3, 10)},
		variant{least: 2, long: [2]int{4000, 200}}),
	spreadRow("geometry.Anisotropy", geometry.Anisotropy, "2024, The shape of learning: anisotropy and intrinsic dimensions in transformer-based models",
		"1/q on q axes", "TestSpreadOnAxesIsExact",
		claim{says: "isotropic rows have 1/d", on: partly(10, 10), from: .1, to: .15},
		control{says: "three of ten dimensions have more", on: partly(3, 10)},
		variant{least: 2, long: [2]int{4000, 200}}),
	fromOrigin(spreadRow("geometry.Uniformity", func2(geometry.Uniformity, 2), "2020, Understanding contrastive representation learning through alignment and uniformity on the hypersphere",
		"the pairs of the ends of axes", "TestSpreadOnAxesIsExact",
		claim{says: "even rows have the mean potential of the sphere, ln ₀F₁(5/2; 4) − 4 = −2.65", on: aside(0), from: -2.72, to: -2.58},
		control{says: "rows of a cone", on: aside(2)},
		variant{least: 2, constant: true, long: [2]int{6000, 100}})),
	fromOrigin(spreadRow("geometry.UniformityW2", geometry.UniformityW2, "2024, Rethinking the uniformity metric in self-supervised learning",
		"√(2 − 2·√(q/d)) on q of d axes", "TestSpreadOnAxesIsExact",
		claim{says: "with half of the dimensions dead it is √(2 − √2) = 0.765", on: partly(5, 10), from: .755, to: .785},
		control{says: "all dimensions live", on: partly(10, 10)},
		variant{least: 2, constant: true, long: [2]int{4000, 200}})),
	fromOrigin(row{
		method: "geometry.Alignment", source: "2020, Understanding contrastive representation learning through alignment and uniformity on the hypersphere",
		golden: golden{form: "0 of a view with itself, 2^power with its opposite", test: "geometry.TestAlignmentIsExact"},
		claim: claim{
			says: "views that differ by little noise are aligned",
			on: func(seed uint64) sample {
				s := partly(10, 10)(seed)
				var y mat.Dense
				y.Scale(.2, fixture.Normal(seed+50, 300, 10))
				y.Add(s.x, &y)
				return sample{x: s.x, y: &y}
			},
			measure: func(ctx context.Context, s sample) (float64, error) {
				a, err := geometry.Alignment(ctx, s.x, s.y, 2)
				return a.Value, err
			},
			from: 0, to: .1,
		},
		control: control{says: "the views are of other samples", on: func(seed uint64) sample {
			x := fixture.Normal(seed, 300, 10)
			return sample{x: x, y: shuffledRows(x)}
		}},
		variants: []variant{
			{name: "squares", least: 1, constant: true, long: [2]int{20000, 100},
				call: func(ctx context.Context, x mat.Matrix) (any, error) {
					return geometry.Alignment(ctx, x, turnedAround(x), 0)
				}},
			{name: "distances", least: 1, constant: true, long: [2]int{20000, 100},
				call: func(ctx context.Context, x mat.Matrix) (any, error) {
					return geometry.Alignment(ctx, x, turnedAround(x), 1)
				}},
		},
	}),
	{
		method: "geometry.VICReg", source: "2022, VICReg: variance-invariance-covariance regularization for self-supervised learning",
		golden: golden{form: "the definition, loop by loop", test: "geometry.TestVICRegIsItsDefinition"},
		claim: claim{
			says: "the variance term alone tells a collapsed encoder", on: partly(2, 10),
			measure: func(ctx context.Context, s sample) (float64, error) {
				v, err := geometry.VICReg(ctx, s.x, s.x)
				if err != nil {
					return 0, err
				}
				return v.Variance[0], nil
			},
			from: .5, to: 1,
		},
		control: control{says: "all dimensions live", on: partly(10, 10)},
		variants: []variant{{name: "its only way", least: 2, constant: true, long: [2]int{4000, 200},
			call: func(ctx context.Context, x mat.Matrix) (any, error) { return geometry.VICReg(ctx, x, turnedAround(x)) }}},
	},
	fromOrigin(spreadRow("geometry.CodingRate", func2(geometry.CodingRate, 0), "2020, Learning diverse and discriminative representations via the principle of maximal coding rate reduction",
		"q/2·ln(1 + d/(q·ε²)) on q of d axes", "TestSpreadOnAxesIsExact",
		claim{says: "unit rows of 3 of 10 dimensions cost 3/2·ln(1 + 20/3) = 3.06 at most", on: func(seed uint64) sample { return directed(partly(3, 10)(seed)) }, from: 2.9, to: 3.056},
		control{says: "all ten dimensions cost 5·ln 3", on: func(seed uint64) sample { return directed(partly(10, 10)(seed)) }},
		variant{least: 1, constant: true, long: [2]int{4000, 200}})),
	fromOrigin(row{
		method: "geometry.RateReduction", source: "2020, Learning diverse and discriminative representations via the principle of maximal coding rate reduction",
		golden: golden{form: "the determinants of orthogonal classes", test: "geometry.TestRateReductionOfOrthogonalClasses"},
		claim: claim{
			says: "classes on three axes are cheaper to code one by one", on: func(seed uint64) sample { return directed(groups(seed, 150, 3)) },
			measure: func(ctx context.Context, s sample) (float64, error) {
				r, err := geometry.RateReduction(ctx, s.x, s.labels, 0)
				return r.Value, err
			},
			from: .5, to: .8,
		},
		control: control{says: "the labels are shuffled", on: func(seed uint64) sample { return shuffledLabels(directed(groups(seed, 150, 3))) }},
		variants: []variant{{name: "2 classes", least: 2, constant: true, long: [2]int{4000, 200},
			call: func(ctx context.Context, x mat.Matrix) (any, error) {
				return geometry.RateReduction(ctx, x, everyThird(x, 2), 0)
			}}},
	}),
	{
		method: "geometry.ManifoldRadiusDim", source: "2018, Classification and geometry of general perceptual manifolds",
		golden: golden{form: "the radius and dimension of balls", test: "geometry.TestRadiusAndDimensionOfBalls"},
		claim: claim{
			says: "groups that are far apart are small beside their distance", on: func(seed uint64) sample { return groups(seed, 150, 3) },
			measure: func(ctx context.Context, s sample) (float64, error) {
				m, err := geometry.ManifoldRadiusDim(ctx, s.x, s.labels)
				if err != nil {
					return 0, err
				}
				return m.MeanRadius(), nil
			},
			from: .05, to: .2,
		},
		control: control{says: "the labels are shuffled", on: func(seed uint64) sample { return shuffledLabels(groups(seed, 150, 3)) }},
		variants: []variant{{name: "2 classes", least: 2, long: [2]int{4000, 200},
			call: func(ctx context.Context, x mat.Matrix) (any, error) {
				return geometry.ManifoldRadiusDim(ctx, x, everyThird(x, 2))
			}}},
	},
	fromOrigin(row{
		method: "geometry.MMCR", source: "2023, Learning efficient coding of natural images with maximum manifold capacity representations",
		golden: golden{form: "√(P·m) for tight orthogonal centroids and for a tight frame", test: "geometry.TestMMCRIsLargestForTightOrthogonalClasses"},
		claim: claim{
			says: "tight classes on three axes have nearly 3, the most", on: func(seed uint64) sample { return groups(seed, 150, 3) },
			measure: func(ctx context.Context, s sample) (float64, error) {
				m, err := geometry.MMCR(ctx, s.x, s.labels)
				return m.Value, err
			},
			from: 2.95, to: 3,
		},
		control: control{says: "the labels are shuffled", on: func(seed uint64) sample { return shuffledLabels(groups(seed, 150, 3)) }},
		variants: []variant{{name: "3 classes", least: 1, constant: true, long: [2]int{20000, 100},
			call: func(ctx context.Context, x mat.Matrix) (any, error) { return geometry.MMCR(ctx, x, everyThird(x, 3)) }}},
	}),
	{
		method: "geometry.NeuralRegressionCollapse", source: "2024, The prevalence of neural collapse in neural multivariate regression",
		golden: golden{form: "0 for a linear picture of the targets", test: "geometry.TestRegressionCollapse"},
		claim: claim{
			says: "features that are a linear picture of the targets have collapsed",
			on: func(seed uint64) sample {
				y := fixture.Normal(seed, 200, 2)
				var x mat.Dense
				x.Mul(y, fixture.Normal(seed+100, 2, 10))
				return sample{x: &x, y: y}
			},
			measure: func(ctx context.Context, s sample) (float64, error) {
				r, err := geometry.NeuralRegressionCollapse(ctx, s.x, s.y)
				if err != nil {
					return 0, err
				}
				return r.NRC1, nil
			},
			from: 0, to: 1e-6,
		},
		control: control{says: "features of ten dimensions of their own", on: func(seed uint64) sample {
			return sample{x: fixture.Normal(seed, 200, 10), y: fixture.Normal(seed+1, 200, 2)}
		}},
		variants: []variant{{name: "2 targets", least: 3, long: [2]int{4000, 200},
			call: func(ctx context.Context, x mat.Matrix) (any, error) {
				n, _ := dims(x)
				return geometry.NeuralRegressionCollapse(ctx, x, random(max(n, 1), 2, 0))
			}}},
	},
	{
		method: "geometry.EigenspectrumPowerLaw", source: "2024, The geometry of concepts: sparse autoencoder feature structure",
		golden: golden{form: "the definition on three fixtures, and planted exponents", test: "geometry.TestPowerLawFindsThePower"},
		claim: claim{
			says: "a planted exponent of 1 is found",
			on: func(seed uint64) sample {
				x := fixture.Normal(seed, 400, 20)
				x.Apply(func(_, j int, v float64) float64 { return v / math.Sqrt(float64(j+1)) }, x)
				return sample{x: x}
			},
			measure: func(ctx context.Context, s sample) (float64, error) {
				p, err := geometry.EigenspectrumPowerLaw(ctx, s.x, spectrum.AlphaReQ{})
				if err != nil {
					return 0, err
				}
				return p.Exponent.Value, nil
			},
			from: .9, to: 1.2,
		},
		control: control{says: "isotropic noise has none", on: partly(20, 20)},
		variants: []variant{
			{name: "all eigenvalues", least: 3, long: [2]int{4000, 200},
				call: func(ctx context.Context, x mat.Matrix) (any, error) {
					return geometry.EigenspectrumPowerLaw(ctx, x, spectrum.AlphaReQ{})
				}},
			{name: "the first two", least: 3, long: [2]int{4000, 200},
				call: func(ctx context.Context, x mat.Matrix) (any, error) {
					return geometry.EigenspectrumPowerLaw(ctx, x, spectrum.AlphaReQ{To: 2})
				}},
		},
	},
	fromOrigin(row{
		method: "geometry.Homogeneity", source: "2025, Improve representation for imbalanced regression through geometric constraints",
		golden: golden{form: "arcs at constant and at growing speed", test: "geometry.TestHomogeneityIsLeastAtConstantSpeed"},
		claim: claim{
			says: "half a turn at constant speed has π², the least", on: halfTurn(func(s float64) float64 { return s }),
			measure: func(ctx context.Context, s sample) (float64, error) {
				h, err := geometry.Homogeneity(ctx, s.x, mat.Col(nil, 0, s.y))
				return h.Value, err
			},
			from: 9.8, to: 9.88,
		},
		control: control{says: "the same arc at a growing speed", on: halfTurn(func(s float64) float64 { return s * s })},
		variants: []variant{{name: "steps of 1", least: 2, constant: true, long: [2]int{20000, 100},
			call: func(ctx context.Context, x mat.Matrix) (any, error) { return geometry.Homogeneity(ctx, x, nil) }}},
	}),
	fromOrigin(row{
		method: "geometry.CollapseReport", source: "2022, VICReg: variance-invariance-covariance regularization for self-supervised learning",
		golden: golden{form: "the potential of the sphere by its series, and the measures one by one", test: "geometry.TestEvenPotentialOfReports"},
		claim: claim{
			says: "columns that are dead are counted", on: partly(3, 10),
			measure: func(ctx context.Context, s sample) (float64, error) {
				c, err := geometry.CollapseReport(ctx, s.x)
				if err != nil {
					return 0, err
				}
				return float64(c.DeadColumns), nil
			},
			from: 7, to: 7,
		},
		control: control{says: "all dimensions live", on: partly(10, 10)},
		variants: []variant{{name: "its only way", least: 3, long: [2]int{4000, 100},
			call: func(ctx context.Context, x mat.Matrix) (any, error) { return geometry.CollapseReport(ctx, x) }}},
	}),
	fromOrigin(row{
		method: "geometry.MSTSpread", source: "2025, T-REGS: minimum spanning tree regularization for self-supervised learning",
		golden: golden{form: "the simplex of n ≤ d+1 points: its cosines and its length", test: "geometry.TestMSTSpreadReachesTheSimplex"},
		claim: claim{
			says: "five points in six dimensions become a simplex, with cosines of −1/4",
			on:   func(seed uint64) sample { return sample{x: fixture.Normal(seed, 5, 6)} },
			measure: func(ctx context.Context, s sample) (float64, error) {
				p, err := geometry.MSTSpread{}.Apply(ctx, s.x)
				if err != nil {
					return 0, err
				}
				n, _ := p.Points.Dims()
				off := 0.
				for i := range n {
					for j := range i {
						off = max(off, math.Abs(mat.Dot(p.Points.RowView(i), p.Points.RowView(j))+1/float64(n-1)))
					}
				}
				return off, nil
			},
			from: 0, to: .02,
		},
		control:  control{says: "twelve points in three dimensions have no simplex", on: func(seed uint64) sample { return sample{x: fixture.Normal(seed, 12, 3)} }},
		variants: []variant{{name: "10 steps", of: always(geometry.MSTSpread{Steps: 10}), least: 2, constant: true, long: [2]int{3000, 60}}},
		refused:  map[string][]any{"Rate": {geometry.MSTSpread{Rate: 11}}},
	}),
}

// func2 returns a function of rows and a number as one of rows.
func func2[S any](f func(ctx context.Context, x mat.Matrix, v float64) (S, error), v float64) func(ctx context.Context, x mat.Matrix) (S, error) {
	return func(ctx context.Context, x mat.Matrix) (S, error) { return f(ctx, x, v) }
}
