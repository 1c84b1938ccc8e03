package topology

import (
	"context"
	"fmt"
	"math"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/resample"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// LandscapeBand says how well landscapes of independent samples know their mean: between
// which two curves a level of the true one is at every scale at once, with a given
// confidence. It is the multiplier bootstrap: deviations from the mean are multiplied by
// normal random numbers, and the quantile of the largest of their sums is the half width
// (F. Chazal, B. Fasy, F. Lecci, A. Rinaldo and L. Wasserman, 2014, Stochastic convergence
// of persistence landscapes and silhouettes).
type LandscapeBand struct {
	// Depth is which level, 0 the highest. Default 0.
	Depth int

	// Replicates is the number of bootstrap samples. Default 1000. Larger values take more
	// time and make the band steadier. 2 ≤ Replicates ≤ 100000.
	Replicates int

	// Level is that of confidence. Default .95. Larger values make the band wider. 0 <
	// Level < 1.
	Level float64

	// Seed draws the random numbers.
	Seed uint64
}

const landscapeBand = "topology.LandscapeBand"

// Resolve returns the options with defaults filled in, or a *mat32.ParamError or
// *mat32.ShapeError, for n landscapes of which the largest has d levels.
func (l LandscapeBand) Resolve(n, d int) (LandscapeBand, error) {
	fail := func(param string, value any, want string) (LandscapeBand, error) {
		return l, &mat32.ParamError{Method: landscapeBand, Param: param, Value: value, Want: want}
	}
	if n < 2 {
		return l, fmt.Errorf("%s: %w", landscapeBand, &mat32.ShapeError{What: "the list of landscapes", Rows: n, Cols: d, Want: "at least 2"})
	}
	if l.Replicates == 0 {
		l.Replicates = 1000
	}
	if l.Level == 0 {
		l.Level = .95
	}
	switch {
	case l.Depth < 0 || l.Depth >= d:
		return fail("Depth", l.Depth, fmt.Sprintf("0 ≤ Depth < %d levels", d))
	case l.Replicates < 2 || l.Replicates > 100_000:
		return fail("Replicates", l.Replicates, "2 ≤ Replicates ≤ 100000")
	case !(l.Level > 0 && l.Level < 1):
		return fail("Level", l.Level, "0 < Level < 1")
	}
	return l, nil
}

// Around returns the band around the mean of the landscapes. It is exact between scales too.
// Time O(n·m·Replicates) for n landscapes with m knots in all, memory 8·n·m bytes. Errors:
// those of Resolve, *mat32.ParamError for a landscape that is nil, *mat32.MemoryError, and one
// that wraps ctx.Err().
func (l LandscapeBand) Around(ctx context.Context, of []*Landscape) (*MeanBand, error) {
	levels := 0
	for i, o := range of {
		if o == nil {
			return nil, &mat32.ParamError{Method: landscapeBand, Param: fmt.Sprintf("of[%d]", i), Value: "nil", Want: "a landscape"}
		}
		levels = max(levels, len(o.Levels))
	}
	l, err := l.Resolve(len(of), levels)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", landscapeBand, err)
	}
	scales := turns(of, l.Depth)
	if err := mat32.CheckMemory(landscapeBand, 8*int64(len(of)+1)*int64(len(scales)), 0, "fewer landscapes, or landscapes of fewer bars"); err != nil {
		return nil, err
	}
	mean, n := make([]Knot, len(scales)), float64(len(of))
	apart := make([][]float64, len(of)) // from the mean
	err = par.Blocks(ctx, len(of), 1, func(i, _ int) {
		apart[i] = make([]float64, len(scales))
		for j, s := range scales {
			apart[i][j] = of[i].At(l.Depth, s)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", landscapeBand, err)
	}
	err = par.Blocks(ctx, len(scales), 1024, func(lo, hi int) {
		for j := lo; j < hi; j++ {
			mean[j].Scale = scales[j]
			for i := range apart {
				mean[j].Value += apart[i][j] / n
			}
			for i := range apart {
				apart[i][j] -= mean[j].Value
			}
		}
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", landscapeBand, err)
	}
	found := make([]float64, l.Replicates)
	err = par.BlocksWith(ctx, l.Replicates, 1, func() []float64 { return make([]float64, len(scales)) }, func(sum []float64, r, _ int) {
		clear(sum)
		stream := rng.New(l.Seed, landscapeBand, r)
		for _, row := range apart {
			if ctx.Err() != nil {
				return
			}
			z := stream.Normal()
			for j, v := range row {
				sum[j] += z * v
			}
		}
		for _, v := range sum {
			found[r] = max(found[r], math.Abs(v)/n)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", landscapeBand, err)
	}
	return &MeanBand{Level: l.Level, Mean: mean, HalfWidth: resample.Quantile(l.Level, found), Landscapes: len(of)}, nil
}

// MeanBand is a confidence band around a level of a mean landscape.
type MeanBand struct {
	Level      float64 // of confidence
	Mean       []Knot  // of the landscapes
	HalfWidth  float64 // of the band, everywhere
	Landscapes int
}

// Between returns the band at a scale. No landscape is below 0, nor is the band.
func (b *MeanBand) Between(scale float64) (low, high float64) {
	v := 0.
	if len(b.Mean) > 0 {
		v = value(b.Mean, scale)
	}
	return max(0, v-b.HalfWidth), v + b.HalfWidth
}

// Turns returns the knots of the mean as slices, all of level 0.
func (b *MeanBand) Turns() (level []int, scale, value []float64) {
	return (&Landscape{Levels: [][]Knot{b.Mean}}).Turns()
}

// Envelope returns the ends of the band at every scale where one of them turns.
func (b *MeanBand) Envelope() (scale, low, high []float64) {
	for i, k := range b.Mean {
		scale = append(scale, k.Scale)
		if i+1 == len(b.Mean) {
			break
		}
		// The lower end leaves 0, or comes to it, where the mean is half the band's width.
		if next := b.Mean[i+1]; (k.Value < b.HalfWidth) != (next.Value < b.HalfWidth) {
			scale = append(scale, k.Scale+(b.HalfWidth-k.Value)/(next.Value-k.Value)*(next.Scale-k.Scale))
		}
	}
	for _, s := range scale {
		l, h := b.Between(s)
		low, high = append(low, l), append(high, h)
	}
	return scale, low, high
}

// Caption returns a line for a chart.
func (b *MeanBand) Caption() string { return b.String() }

// String returns a line.
func (b *MeanBand) String() string {
	return fmt.Sprintf("mean of %d landscapes ± %.4g at level %.4g of confidence", b.Landscapes, b.HalfWidth, b.Level)
}
