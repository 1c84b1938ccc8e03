package quality

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/screen"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// KNNProbe asks what the nearest neighbours of a row in a map tell of it: the share of
// rows whose label the vote of their k nearest neighbours guesses right, or how well the
// mean of their targets does, each row being left out of its own neighbours (Cover and
// Hart, 1967, Nearest neighbor pattern classification).
//
// Of labels with as many votes the one of the nearest neighbour among them wins, so that
// ties depend on the map and not on how labels are numbered (scikit-learn's
// KNeighborsClassifier takes the lowest label). Rows at equal distance rank by index.
// Rows of unknown label neither vote nor are judged; a row all of whose neighbours are
// unknown is not judged.
//
// Targets give R² = 1 − Σ(guess − target)²/Σ(target − mean)², the share of their variance
// that neighbours explain: 1 at best, below 0 where the mean of all would be a better
// guess.
//
// Time O(n²·d) for the search of neighbours, memory 12·n·k bytes.
type KNNProbe struct {
	// Labels of the rows, 0 and above, −1 for unknown. Exactly one of Labels and
	// Targets must be given.
	Labels []int

	// Targets are numbers to be guessed, one for each row, finite and not all equal.
	Targets []float64

	// Neighbors is k. Default 5, or n−1 where there are fewer other rows. Larger values
	// ask for wider agreement.
	Neighbors int

	// MemoryLimit in bytes refuses data that would need more. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

const probe = "quality.KNNProbe"

// Resolve returns the options with defaults filled in, or a *mat32.ParamError or
// *mat32.ShapeError, for a map of n rows and d columns.
func (p KNNProbe) Resolve(n, d int) (KNNProbe, error) {
	if n < 2 {
		return p, &mat32.ShapeError{What: "y", Rows: n, Cols: d, Want: "at least 2 rows for neighbours"}
	}
	if p.Neighbors == 0 {
		p.Neighbors = min(5, n-1)
	}
	if p.Neighbors < 1 || p.Neighbors > n-1 {
		return p, &mat32.ParamError{Method: probe, Param: "Neighbors", Value: p.Neighbors, Want: fmt.Sprintf("1 ≤ Neighbors ≤ n−1 = %d", n-1)}
	}
	if p.MemoryLimit < 0 {
		return p, &mat32.ParamError{Method: probe, Param: "MemoryLimit", Value: p.MemoryLimit, Want: "0 or more bytes"}
	}
	if (p.Labels == nil) == (p.Targets == nil) {
		return p, &mat32.ParamError{Method: probe, Param: "Labels", Value: len(p.Labels), Want: "either Labels or Targets, not both and not neither"}
	}
	if p.Targets == nil {
		return p, checkLabels(probe, n, n-1, p.Neighbors, p.Labels)
	}
	if len(p.Targets) != n {
		return p, &mat32.ShapeError{What: "Targets", Rows: len(p.Targets), Cols: 1, Want: fmt.Sprintf("one for each of the %d rows", n)}
	}
	for i, v := range p.Targets {
		if math.IsNaN(v) || math.Abs(v) > 1e150 {
			return p, &mat32.ParamError{Method: probe, Param: fmt.Sprintf("Targets[%d]", i), Value: v, Want: "a number of magnitude up to 1e150"}
		}
	}
	return p, nil
}

// Estimate probes the map y (n × d), or distances between its rows. PerRow holds for
// labels 1 where the guess was right, 0 where it was wrong and NaN where a row was not
// judged; for targets the share of each row, of which R² is the mean. Errors: those of
// mat32.Check and Resolve; *mat32.MemoryError; *mat32.DegenerateError where no row can be judged or all
// targets are equal; and one that wraps ctx.Err().
func (p KNNProbe) Estimate(ctx context.Context, y mat.Matrix) (measure.Score, error) {
	if err := mat32.CheckContext(ctx, y); err != nil {
		return measure.Score{}, fmt.Errorf("%s: %w", probe, err)
	}
	p, err := p.Resolve(y.Dims())
	if err != nil {
		return measure.Score{}, err
	}
	n, _ := y.Dims()
	need := screen.Bytes(y) + int64(n)*int64(8+12*p.Neighbors)
	if err := mat32.CheckMemory(probe, need, p.MemoryLimit, "reduce Neighbors or the number of rows"); err != nil {
		return measure.Score{}, err
	}
	mean, spread := 0., 0.
	if p.Targets != nil {
		for i, v := range p.Targets {
			mean += (v - mean) / float64(i+1)
		}
		for _, v := range p.Targets {
			spread += (v - mean) * (v - mean) / float64(len(p.Targets))
		}
		if !(spread > 0) {
			return measure.Score{}, &mat32.DegenerateError{Method: probe, Reason: "all targets are equal, or closer than float64 can square: there is nothing to guess"}
		}
	}
	g, err := neighbors.Exact{Neighbors: p.Neighbors}.Graph(ctx, y)
	if err != nil {
		return measure.Score{}, fmt.Errorf("%s: %w", probe, err)
	}
	if p.Targets != nil {
		return p.regress(g, spread), nil
	}
	s := measure.Score{Name: "accuracy of nearest neighbours", Neighbors: p.Neighbors,
		Convention: "vote of the others, equal votes to the nearest, ties by index, unknown labels left out"}
	votes := map[int]int{}
	return judged(probe, s, p.Labels, func(i int) (float64, bool) {
		clear(votes)
		near, _ := g.Row(i)
		most := 0
		for _, j := range near {
			if label := p.Labels[j]; label >= 0 {
				votes[label]++
				most = max(most, votes[label])
			}
		}
		for _, j := range near {
			if label := p.Labels[j]; label >= 0 && votes[label] == most {
				if label == p.Labels[i] {
					return 1, true
				}
				return 0, true
			}
		}
		return 0, false
	})
}

func (p KNNProbe) regress(g *neighbors.Graph, spread float64) measure.Score {
	s := measure.Score{Name: "R² of nearest neighbours", Neighbors: p.Neighbors, Rows: g.N, PerRow: make([]float64, g.N),
		Convention: "mean of the others' targets, against the mean of all, ties by index"}
	for i := range s.PerRow {
		near, _ := g.Row(i)
		guess := 0.
		for t, j := range near {
			guess += (p.Targets[j] - guess) / float64(t+1)
		}
		off := guess - p.Targets[i]
		s.PerRow[i] = 1 - off*off/spread
		s.Value += s.PerRow[i] / float64(g.N)
	}
	return s
}
