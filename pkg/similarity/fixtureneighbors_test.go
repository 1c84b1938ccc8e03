package similarity

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// neighborValues are those of the measures of neighbourhoods and of dissimilarities.
var neighborValues = slices.Concat(rsaValues, []published{
	{"mutual kNN, k = 1", score(MutualKNN{Neighbors: 1}), ".085"},
	{"mutual kNN, k = 10", score(MutualKNN{}), ".224"},
	{"mutual kNN, k = 20", score(MutualKNN{Neighbors: 20}), ".318"},
	{"cycle kNN, k = 1", score(CycleKNN{Neighbors: 1}), ".085"},
	{"cycle kNN, k = 10", score(CycleKNN{}), ".885"},
	{"cycle kNN, k = 20", score(CycleKNN{Neighbors: 20}), "1"},
	{"LCS kNN, k = 10", score(LCSKNN{}), "1.615"},
	{"LCS kNN, k = 20", score(LCSKNN{Neighbors: 20}), "3.35"},
	{"edit kNN, k = 10", score(EditKNN{}), ".028"},
	{"edit kNN, k = 20", score(EditKNN{Neighbors: 20}), ".02425"},
	{"CKNNA as published, k = 10", publishedCKNNA(10), ".202986548160"},
	{"CKNNA as published, k = 50", publishedCKNNA(50), ".545583624043"},
	{"CKNNA, k = 10", score(CKNNA{}), ".20299817152140"},
	{"CKNNA of all pairs, which is CKA", score(CKNNA{Neighbors: 199}), ".481798408930"},
	{"information imbalance x → y, k = 1", score(InformationImbalance{}), ".30415"},
	{"information imbalance y → x, k = 1", backwards(InformationImbalance{}), ".4568"},
	{"information imbalance x → y, k = 5", score(InformationImbalance{Neighbors: 5}), ".42489"},
	{"information imbalance y → x, k = 5", backwards(InformationImbalance{Neighbors: 5}), ".5257"},
})

// publishedCKNNA adds what its authors' code adds to the denominator.
func publishedCKNNA(k int) func(ctx context.Context, x, y mat.Matrix) (float64, error) {
	return func(ctx context.Context, x, y mat.Matrix) (float64, error) {
		a, err := CKNNA{Neighbors: k}.prepare(ctx, "x", x)
		if err != nil {
			return 0, err
		}
		b, err := CKNNA{Neighbors: k}.prepare(ctx, "y", y)
		if err != nil {
			return 0, err
		}
		g, h := a.(*masked), b.(*masked)
		return localHSIC(g, h) / (math.Sqrt(g.self*h.self) + 1e-6), nil
	}
}

// backwards is the value of a measure from y to x.
func backwards(m Measure) func(ctx context.Context, x, y mat.Matrix) (float64, error) {
	return func(ctx context.Context, x, y mat.Matrix) (float64, error) {
		s, err := m.Compare(ctx, y, x)
		return s.Value, err
	}
}
