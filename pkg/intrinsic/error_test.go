package intrinsic_test

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/intrinsic"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// sphere returns n rows on the sphere of dimension d: uniform and without edge.
func sphere(seed uint64, n, d int) *mat.Dense {
	x := fixture.Normal(seed, n, d+1)
	for i := range n {
		row := mat.NewVecDense(d+1, x.RawRowView(i))
		row.ScaleVec(1/mat.Norm(row, 2), row)
	}
	return x
}

// The standard errors against the spread of estimates over many samples: their
// ratio is 1 within what 100 samples can tell (7 %, so ±20 % is nearly three
// standard errors), but for the posterior, which takes rows for independent,
// and the mean, whose error is too large on curves. Where there is no edge, an
// estimate without bias is within 1.96 standard errors of the truth in 95 % of
// the samples; 88 % is three standard errors of that share below.
func TestStandardErrors(t *testing.T) {
	testenv.Unraced(t)
	const samples, n = 100, 200
	type method struct {
		name   string
		e      func(g *neighbors.Graph) estimator
		lo, hi float64 // of mean standard error over actual spread
		covers bool    // the truth, where the data have no edge
	}
	twonn := func(fit intrinsic.Fit, discard float64) func(g *neighbors.Graph) estimator {
		return func(g *neighbors.Graph) estimator {
			return intrinsic.TwoNN{Fit: fit, Discard: discard, Graph: g}
		}
	}
	mle := func(a intrinsic.Aggregate, from int, unbiased bool) func(g *neighbors.Graph) estimator {
		return func(g *neighbors.Graph) estimator {
			return intrinsic.MLE{Aggregate: a, AverageFrom: from, Unbiased: unbiased, Graph: g}
		}
	}
	methods := []method{
		{"least squares", twonn(intrinsic.LeastSquares, 0), 0.8, 1.2, true},
		{"least squares, all but the last", twonn(intrinsic.LeastSquares, intrinsic.Zero), 0.8, 1.2, true},
		{"maximum likelihood", twonn(intrinsic.MaximumLikelihood, 0), 0.8, 1.2, true},
		{"maximum likelihood, censored", twonn(intrinsic.MaximumLikelihood, 0.2), 0.8, 1.2, true},
		{"trimmed likelihood", twonn(intrinsic.TrimmedLikelihood, 0), 0.8, 1.2, false},
		{"posterior", twonn(intrinsic.Bayes, 0), 0.6, 1, false},
		{"harmonic", mle(intrinsic.Harmonic, 0, false), 0.8, 1.2, true},
		{"harmonic, k = 10 … 20", mle(intrinsic.Harmonic, 10, false), 0.8, 1.2, true},
		{"mean", mle(intrinsic.Mean, 0, true), 0.8, 1.7, true},
		{"median", mle(intrinsic.Median, 0, false), 0.8, 1.2, false},
		{"geometric", mle(intrinsic.GeometricMean, 0, false), 0.8, 1.3, false},
		{"shares", func(g *neighbors.Graph) estimator { return intrinsic.MiND{Neighbors: 10, Graph: g} }, 0.8, 1.4, true},
		{"ratios", func(g *neighbors.Graph) estimator { return intrinsic.Gride{Near: 4, Overlap: true, Graph: g} }, 0.8, 1.2, true},
		{"counts", func(g *neighbors.Graph) estimator { return intrinsic.BIDE{Overlap: true, Graph: g} }, 0.7, 1.3, true},
		{"growth", func(g *neighbors.Graph) estimator { return intrinsic.CDF{Graph: g} }, 0.8, 1.2, true},
		{"moments", func(g *neighbors.Graph) estimator {
			return intrinsic.MOM{Neighbors: 20, Inner: true, Graph: g}
		}, 0.7, 1.7, false},
		{"moments, mean", func(g *neighbors.Graph) estimator { return intrinsic.MOM{Neighbors: 20, Graph: g} }, 0.8, 1.7, false},
		{"doubling", func(g *neighbors.Graph) estimator { return intrinsic.MADA{Graph: g} }, 0.8, 1.7, false},
	}
	for _, data := range []struct {
		name string
		dim  float64
		edge bool
		x    func(seed uint64) *mat.Dense
	}{
		{"circle", 1, false, func(seed uint64) *mat.Dense { return sphere(seed, n, 1) }},
		{"sphere", 2, false, func(seed uint64) *mat.Dense { return sphere(seed, n, 2) }},
		{"normal", 5, true, func(seed uint64) *mat.Dense { return fixture.Normal(seed, n, 5) }},
	} {
		values, errors := make([][]float64, len(methods)), make([][]float64, len(methods))
		covered := make([]float64, len(methods))
		for s := range samples {
			x := data.x(uint64(1000 + s))
			g, err := neighbors.Exact{Neighbors: 20}.Graph(context.Background(), x)
			if err != nil {
				t.Fatal(err)
			}
			for i, m := range methods {
				d := estimate(t, m.e(g), x)
				values[i] = append(values[i], d.Value)
				errors[i] = append(errors[i], d.StdErr)
				if math.Abs(d.Value-data.dim) < 1.96*d.StdErr {
					covered[i] += 1 / float64(samples)
				}
			}
		}
		for i, m := range methods {
			mean, sd := stat.MeanStdDev(values[i], nil)
			ratio := stat.Mean(errors[i], nil) / sd
			if ratio < m.lo || ratio > m.hi {
				t.Errorf("%s, %s: standard error over spread is %.2f, want %v to %v", data.name, m.name, ratio, m.lo, m.hi)
			}
			if m.covers && !data.edge && covered[i] < 0.88 {
				t.Errorf("%s, %s: %.2f of the intervals around a mean of %.3f hold the truth", data.name, m.name, covered[i], mean)
			}
		}
	}
}
