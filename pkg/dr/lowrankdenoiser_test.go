package dr_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// held returns the share of some subspaces that others have, each of the best.
func held(truth, found []*mat.Dense) (share float64) {
	for _, u := range truth {
		best := 0.
		for _, v := range found {
			var cross mat.Dense
			cross.Mul(u, v.T())
			norm := mat.Norm(&cross, 2)
			best = max(best, norm*norm/float64(u.RawMatrix().Rows))
		}
		share += best / float64(len(truth))
	}
	return share
}

func lowRankRows(t *testing.T, g datasets.LowRankGaussianMixture) *datasets.Dataset {
	t.Helper()
	d, err := g.Generate()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Of one subspace the best denoiser is known: that of the principal components.
func TestLowRankDenoiserOfOneSubspaceIsPCA(t *testing.T) {
	x := datasets.Digits().X.Slice(0, 300, 0, 64)
	m, err := dr.LowRankDenoiser{Clusters: 1, Components: 5, Restarts: 1}.Fit(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	var svd mat.SVD
	svd.Factorize(x, mat.SVDThin)
	var v mat.Dense
	svd.VTo(&v)
	if got := held([]*mat.Dense{mat.DenseCopyOf(v.Slice(0, 64, 0, 5).T())}, m.Bases); got < .99 {
		t.Errorf("it has %v of the principal components", got)
	}
}

// The paper's claim: trained, it ends at the subspaces of KSubspaces, from two and a half times as many
// rows of each as it has dimensions, and of fewer rows than dimensions it finds no subspaces at all.
func TestLowRankDenoiserFindsTheSubspacesOfKSubspaces(t *testing.T) {
	for _, rank := range []int{2, 4, 8} {
		for _, share := range []float64{.5, 2.5} {
			rows := int(share * float64(rank))
			d := lowRankRows(t, datasets.LowRankGaussianMixture{Rows: 2 * rows, Rank: rank, Seed: 7})
			m, err := dr.LowRankDenoiser{Components: rank}.Fit(context.Background(), d.X)
			if err != nil {
				t.Fatal(err)
			}
			got := held(d.Truth.Bases, m.Bases)
			if share < 1 {
				if got > .7 {
					t.Errorf("rank %d, %d rows of each: it has %v of the subspaces", rank, rows, got)
				}
				continue
			}
			k, err := dr.KSubspaces{Components: rank}.Fit(context.Background(), d.X)
			if err != nil {
				t.Fatal(err)
			}
			if same := held(k.Bases, m.Bases); same < .998 || got < .998 {
				t.Errorf("rank %d, %d rows of each: it has %v of the subspaces of KSubspaces and %v of the true ones", rank, rows, same, got)
			}
			for i, l := range m.Labels {
				if l != k.Labels[i] {
					t.Errorf("rank %d: row %d is of subspace %d, not %d", rank, i, l, k.Labels[i])
				}
			}
		}
	}
}

// What it makes of noisy rows is nearer to the rows without, its score is the gradient of the density of
// a mixture, and its samples are those of the mixture.
func TestLowRankDenoiserKnowsTheDistribution(t *testing.T) {
	ctx := context.Background()
	d := lowRankRows(t, datasets.LowRankGaussianMixture{Rows: 200, Rank: 3, Dim: 12, Seed: 2})
	m, err := dr.LowRankDenoiser{Components: 3}.Fit(ctx, d.X)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(m.Scale-1) > .1 {
		t.Errorf("scale %v", m.Scale)
	}
	const sigma = .4
	var noisy mat.Dense
	noisy.Scale(sigma, fixture.Normal(9, 200, 12))
	noisy.Add(&noisy, d.X)
	clean, err := m.Denoise(ctx, &noisy, sigma)
	if err != nil {
		t.Fatal(err)
	}
	square := func(a, b mat.Matrix) float64 {
		var off mat.Dense
		off.Sub(a, b)
		norm := mat.Norm(&off, 2)
		return norm * norm / 200
	}
	// A posterior mean of rows that fill 3 dimensions is off by 3σ²/(1+σ²), and by more where the subspace is in doubt.
	best := 3 * sigma * sigma / (1 + sigma*sigma)
	if got := square(clean, d.X); got > 1.35*best || got < .8*best {
		t.Errorf("rows are off by %v after and %v before, the best would be %v", got, square(&noisy, d.X), best)
	}

	density := func(row []float64) float64 { // its logarithm, but for a constant
		v, s := sigma*sigma, m.Scale*m.Scale
		sum := 0.
		for _, u := range m.Bases {
			var z mat.VecDense
			z.MulVec(u, mat.NewVecDense(12, row))
			sum += math.Exp(mat.Dot(&z, &z) * s / (2 * v * (v + s)))
		}
		x := mat.NewVecDense(12, row)
		return math.Log(sum) - mat.Dot(x, x)/(2*v)
	}
	score, err := m.ScoreFunction(ctx, &noisy, sigma)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		row := noisy.RawRowView(i)
		for j := range row {
			const step = 1e-5
			v := row[j]
			row[j] = v + step
			up := density(row)
			row[j] = v - step
			down := density(row)
			row[j] = v
			if want := (up - down) / (2 * step); math.Abs(score.At(i, j)-want) > 1e-5*(1+math.Abs(want)) {
				t.Errorf("score of row %d, column %d is %v, by differences %v", i, j, score.At(i, j), want)
			}
		}
	}

	sample, err := m.Sample(ctx, 2000, 4)
	if err != nil {
		t.Fatal(err)
	}
	weights, err := m.Posterior(ctx, sample, .01)
	if err != nil {
		t.Fatal(err)
	}
	if share := mat.Sum(weights.ColView(0)) / 2000; math.Abs(share-.5) > .05 {
		t.Errorf("a share of %v is of the first subspace", share)
	}
	within := 0.
	for i := range 2000 {
		k := 0
		if weights.At(i, 1) > .5 {
			k = 1
		}
		var z mat.VecDense
		z.MulVec(m.Bases[k], sample.RowView(i))
		within += mat.Dot(&z, &z) / 2000
	}
	norm := mat.Norm(sample, 2)
	if all := norm * norm / 2000; within < .995*all {
		t.Errorf("of %v, %v lies in a subspace", all, within)
	}
	if got := within / 3 / m.Scale / m.Scale; math.Abs(got-1) > .06 {
		t.Errorf("samples have %v times the variance of rows", got)
	}
}

func TestLowRankDenoiserIsKept(t *testing.T) {
	ctx := context.Background()
	d := lowRankRows(t, datasets.LowRankGaussianMixture{Rows: 40, Rank: 2, Dim: 6})
	m, err := dr.LowRankDenoiser{Clusters: 2, Steps: 50, Restarts: 2}.Fit(ctx, d.X)
	if err != nil {
		t.Fatal(err)
	}
	want, err := m.Denoise(ctx, d.X, .3)
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if _, err := m.WriteTo(&file); err != nil {
		t.Fatal(err)
	}
	var back dr.LowRankDenoiserModel
	if _, err := back.ReadFrom(&file); err != nil {
		t.Fatal(err)
	}
	got, err := back.Denoise(ctx, d.X, .3)
	if err != nil || !mat.Equal(got, want) || back.String() != m.String() {
		t.Errorf("it came back as %v (%v)", &back, err)
	}
}

func TestLowRankDenoiserRefuses(t *testing.T) {
	ctx := context.Background()
	var param *mat32.ParamError
	var degenerate *mat32.DegenerateError
	var shape *mat32.ShapeError
	if _, err := (dr.LowRankDenoiser{LeastNoise: 3}).Fit(ctx, mat.NewDense(4, 3, nil)); !errors.As(err, &param) {
		t.Errorf("least noise above the most: %v", err)
	}
	if _, err := (dr.LowRankDenoiser{}).Fit(ctx, mat.NewDense(4, 3, nil)); !errors.As(err, &degenerate) {
		t.Errorf("rows of zeros: %v", err)
	}
	m, err := dr.LowRankDenoiser{Steps: 2, Restarts: 1}.Fit(ctx, fixture.Normal(1, 9, 3))
	if err != nil {
		t.Fatal(err)
	}
	for _, sigma := range []float64{0, -1, math.NaN(), math.Inf(1), 1e-12} {
		if _, err := m.Denoise(ctx, fixture.Normal(1, 9, 3), sigma); !errors.As(err, &param) {
			t.Errorf("sigma %v: %v", sigma, err)
		}
	}
	if _, err := m.ScoreFunction(ctx, fixture.Normal(1, 9, 4), 1); !errors.As(err, &shape) {
		t.Errorf("other columns: %v", err)
	}
	if _, err := m.Denoise(ctx, mat.NewDense(1, 3, []float64{1e300, 1e300, 1e300}), 1); !errors.As(err, &degenerate) {
		t.Errorf("a row too long: %v", err)
	}
	if _, err := m.Sample(ctx, 0, 1); !errors.As(err, &param) {
		t.Errorf("no samples: %v", err)
	}
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := m.Sample(canceled, 10, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func ExampleLowRankDenoiser() {
	ctx := context.Background()
	d, err := datasets.LowRankGaussianMixture{Rows: 60, Rank: 3, Dim: 20}.Generate()
	if err != nil {
		fmt.Println(err)
		return
	}
	m, err := dr.LowRankDenoiser{Components: 3}.Fit(ctx, d.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := m.Posterior(ctx, d.X, .5)
	if err != nil {
		fmt.Println(err)
		return
	}
	right := 0
	for i, l := range m.Labels {
		if (l == m.Labels[0]) == (d.Labels[i] == d.Labels[0]) && p.At(i, l) > .5 {
			right++
		}
	}
	fmt.Printf("%d of %d rows are of their subspace, also by the posterior\n", right, len(m.Labels))
	// Output: 60 of 60 rows are of their subspace, also by the posterior
}
