package dr

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
)

// nuclear returns the sum of singular values, and the largest.
func nuclear(m mat.Matrix) (sum, largest float64) {
	var svd mat.SVD
	svd.Factorize(m, mat.SVDNone)
	values := svd.Values(nil)
	for _, v := range values {
		sum += v
	}
	return sum, values[0]
}

// pursuitGap returns by what share of the objective the split of x into low and the
// rest may miss the least there is, as the matrix y proves: for every y whose largest
// singular value is at most 1 and whose entries are at most lambda, ⟨x, y⟩ is below the
// objective of any split (weak duality). y is scaled to be one of these.
func pursuitGap(x, low, y *mat.Dense, lambda float64) float64 {
	_, over := nuclear(y)
	objective, _ := nuclear(low)
	bound := 0.
	n, d := x.Dims()
	for i := range n {
		for j := range d {
			over = max(over, math.Abs(y.At(i, j))/lambda)
			bound += x.At(i, j) * y.At(i, j)
			objective += lambda * math.Abs(x.At(i, j)-low.At(i, j))
		}
	}
	return (objective - bound/over) / objective
}

// Of data without any structure, too, the split is the best there is.
func TestPursuitIsOptimal(t *testing.T) {
	testenv.Unraced(t)
	ctx := context.Background()
	low, spikes := new(mat.Dense), fixture.Uniform(7, 40, 30)
	low.Mul(fixture.Normal(8, 40, 2), fixture.Normal(9, 2, 30))
	spikes.Apply(func(_, _ int, u float64) float64 { return 30 * max(u-.9, 0) }, spikes)
	spikes.Add(spikes, low)
	for name, x := range map[string]*mat.Dense{
		"noise": fixture.Normal(4, 40, 25), "uniform": fixture.Uniform(5, 25, 40), "both parts": spikes,
	} {
		n, d := x.Dims()
		lambda := 1 / math.Sqrt(float64(max(n, d)))
		m, err := PrincipalComponentPursuit{}.Fit(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		s := &split{data: x, lambda: lambda}
		if err := s.start(ctx); err != nil {
			t.Fatal(err)
		}
		for range m.Iterations() {
			if _, _, err := s.step(ctx); err != nil {
				t.Fatal(err)
			}
		}
		gap := pursuitGap(x, m.LowRank(), s.dual, lambda)
		t.Logf("%s: rank %d, %d entries, %d iterations, %.2g", name, m.Rank(), m.Entries(), m.Iterations(), gap)
		if !(math.Abs(gap) < 1e-3) {
			t.Errorf("%s: the objective may be %.2g above the least one", name, gap)
		}
		if len(m.Embedding().Notes) > 0 {
			t.Error(m.Embedding().Notes)
		}
	}
}
