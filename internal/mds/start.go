package mds

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
)

// begin returns where iterations start: at a given layout, or at the classical one.
// Dimensions that the latter lacks get a little noise, for a Guttman transform never
// leaves the subspace in which all points lie.
func begin(ctx context.Context, n, k int, dissimilarities []float64, start *mat.Dense, seed uint64) (coordinates, []string, error) {
	if start != nil {
		x := columnsOf(start)
		x.center()
		return x, nil, nil
	}
	frame, err := Classical{Dim: k, Tolerance: 1e-3, Seed: seed, start: true}.Place(ctx, n, dissimilarities)
	if err != nil {
		return coordinates{}, nil, err
	}
	x := columnsOf(frame.Points)
	missing := 0
	for c, v := range frame.Values {
		if v > 0 {
			continue
		}
		missing++
		size := 1e-3 * math.Sqrt(max(frame.Values[0], 0)/float64(n))
		if size == 0 {
			size = 1e-3 * largest(dissimilarities)
		}
		for i, column := 0, x.along(c); i < n; i++ {
			r := rng.New(seed, fmt.Sprint("mds/start/", c), i)
			column[i] = size * r.Normal()
		}
	}
	if missing == 0 {
		return x, nil, nil
	}
	return x, []string{fmt.Sprintf("the classical start has %d dimensions: the others start with a little noise", k-missing)}, nil
}

func largest(values []float64) float64 {
	most := 0.
	for _, v := range values {
		most = max(most, v)
	}
	return most
}
