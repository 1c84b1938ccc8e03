package intrinsic

import (
	"fmt"
	"math"
	"slices"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// Aggregate is a way to make one estimate of those at all rows. Zero is the
// default of the method.
type Aggregate int

const (
	// Harmonic is the harmonic mean, N/Σ(1/mᵢ): for MLE the maximum of the
	// likelihood of all rows (MacKay and Ghahramani), its default and that of
	// scikit-dimension.
	Harmonic Aggregate = iota + 1

	// Mean is the arithmetic mean, as Levina and Bickel have it for MLE, where
	// it overestimates by 1/(k−2), 5.6 % for 20 neighbours.
	Mean

	// Median is the median, which a minority of rows in sparse or crowded
	// places cannot move.
	Median

	// GeometricMean is the geometric mean, exp(Σ ln mᵢ/N). Two local
	// dimensions are |ln(m₁/m₂)| apart by the Fisher-Rao metric of the
	// distributions of distances they stand for, and this is the mean by that
	// metric (Huang, Campello, Erfani, Ma, Houle and Bailey, 2024, LDReg: Local
	// dimensionality regularized self-supervised learning). A minority of rows
	// that have collapsed pull it down, which the others hardly show.
	GeometricMean
)

// aggregates holds what tells the aggregations apart: the value, from 1/mᵢ in
// descending order, and the variance of the result for independent rows over
// that of a mean.
var aggregates = [...]struct {
	name     string
	value    func(inverse []float64) float64
	variance float64
}{
	Harmonic:      {"harmonic mean", harmonic, 1},
	Mean:          {"arithmetic mean", mean, 1},
	Median:        {"median", median, math.Pi / 2},
	GeometricMean: {"geometric mean (Fisher-Rao)", geometric, 1},
}

const allAggregates = "Harmonic, Mean, Median or GeometricMean"

// String returns the name of the aggregation.
func (a Aggregate) String() string {
	if !a.known() {
		return fmt.Sprintf("Aggregate(%d)", int(a))
	}
	return aggregates[a].name
}

func (a Aggregate) known() bool { return a > 0 && int(a) < len(aggregates) }

// of returns the aggregate of the estimates whose inverses are given, or an
// error that names the rows at which it is infinite because which neighbours
// ("the 20 nearest neighbours") are equally far.
func (a Aggregate) of(method string, inverse []float64, rows []int, which string) (float64, error) {
	sorted := slices.Clone(inverse)
	slices.Sort(sorted)
	slices.Reverse(sorted) // descending inverses are ascending estimates
	value := aggregates[a].value(sorted)
	if !math.IsInf(value, 1) {
		return value, nil
	}
	count, first := 0, -1
	for i, v := range inverse {
		if math.IsInf(1/v, 1) {
			if count++; first < 0 {
				first = rows[i]
			}
		}
	}
	advice := ""
	if a != Harmonic && count < len(rows) {
		advice = ", or use the Aggregate Harmonic"
	}
	return 0, &mat32.DegenerateError{Method: method, Reason: fmt.Sprintf(
		"%s of %d of the %d distinct rows (row %d first) are all equally far, as on a lattice, which makes the estimate infinite: take more Neighbors%s",
		which, count, len(rows), first, advice)}
}

func harmonic(inverse []float64) float64 {
	var sum float64
	for _, v := range inverse {
		sum += v
	}
	return float64(len(inverse)) / sum
}

func mean(inverse []float64) float64 {
	var sum float64
	for _, v := range inverse {
		sum += 1 / v
	}
	return sum / float64(len(inverse))
}

// median takes sorted inverses; the middle two of an even number are averaged
// as estimates.
func median(inverse []float64) float64 {
	n := len(inverse)
	return (1/inverse[(n-1)/2] + 1/inverse[n/2]) / 2
}

func geometric(inverse []float64) float64 {
	var sum float64
	for _, v := range inverse {
		sum += math.Log(v)
	}
	return math.Exp(-sum / float64(len(inverse)))
}
