package topology

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/line"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/pkg/watch"
)

// PHDimension estimates the dimension from the persistent homology of samples of the rows:
// the lengths of the bars of one dimension of homology, raised to a power α, add up to
// what grows as m^((d−α)/d) with the m rows of a sample, so that the slope s of its
// logarithm over ln m gives d = α/(1−s) (H. Adams, M. Aminian, E. Farnell et al., 2020, A
// fractal dimension for measures via persistent homology; T. Birdal, A. Lou, L. Guibas and U.
// Şimşekli, 2021, Intrinsic dimension, persistent homology and generalization in neural
// networks).
//
// Bars of pieces are the edges of the minimum spanning tree, and of them and the same
// samples the estimate is that of intrinsic.MSTDimension. What differs is the dimension of
// homology, for which rings and cavities can be taken here, and how samples are drawn: here
// those of every size apart, as Birdal et al. do; there disjoint ones that together are
// all rows, which tells more of the error.
//
// Rings and cavities are few in small samples and grow faster than the law at first, so
// that the dimension by them comes down to the truth slowly: with 1500 rows a square has
// 2.3 to 2.7 by rings, and a cube 4 to 6 (as J. Jaquette and B. Schweinhart, 2020, Fractal
// dimension estimation with persistent homology, found). Pieces are the ones to measure
// with; the others say whether a law holds beyond them.
//
// Time is that of Samples spanning trees of every size, and of Rips for rings and cavities;
// memory that of the largest.
type PHDimension struct {
	// Homology is the dimension of the bars: 0 pieces, 1 rings, 2 cavities. Default 0.
	// Larger values take far longer, and see dimensions above them only.
	Homology int

	// Alpha is the power of the lengths. Default 1. Larger values give long bars more
	// weight. 0 < Alpha ≤ 100.
	Alpha float64

	// From and To are the least and the largest number of rows in a sample. Larger ones
	// look at a smaller scale. Default a fifth of To, at least 6, and all rows; for rings
	// a third of To, and 2000 rows where there are more, for cavities 500. 2 ≤ From < To ≤ n.
	From, To int

	// Reach is the scale up to which rings and cavities are looked at, in lengths of the
	// longest edge of the spanning tree of the sample. Default 2. Larger values take far longer;
	// bars that live beyond are left out: they are of the shape, and not of its
	// dimension. Ignored for pieces.
	Reach float64

	// Sizes is how many sizes of samples there are, evenly spaced from From to To.
	// Default 5, or as many as there are. Larger values take more time and err less. 2 ≤
	// Sizes ≤ To − From + 1.
	Sizes int

	// Samples is how many there are of each size. Default 5. Larger values take more
	// time and err less. 1 ≤ Samples ≤ 10000.
	Samples int

	// Seed draws the samples.
	Seed uint64

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT, or
	// 4 GiB.
	MemoryLimit int64
}

const phDimension = "topology.PHDimension"

// Resolve returns the options with defaults filled in, or a *mat32.ParamError or
// *mat32.ShapeError, for a matrix of n rows and d columns.
func (p PHDimension) Resolve(n, d int) (PHDimension, error) {
	fail := func(param string, value any, want string) (PHDimension, error) {
		return p, &mat32.ParamError{Method: phDimension, Param: param, Value: value, Want: want}
	}
	if n < 12 {
		return p, fmt.Errorf("%s: %w", phDimension, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 12 rows"})
	}
	if p.Homology < 0 || p.Homology > 8 {
		return fail("Homology", p.Homology, "0 ≤ Homology ≤ 8")
	}
	if p.Alpha == 0 {
		p.Alpha = 1
	}
	if p.To == 0 {
		switch p.Homology {
		case 0:
			p.To = n
		case 1:
			p.To = min(n, 2000)
		default:
			p.To = min(n, 500)
		}
	}
	if p.From == 0 && p.Homology > 0 {
		p.From = max(6, p.To/3)
	}
	if p.Reach == 0 {
		p.Reach = 2
	}
	if p.Samples == 0 {
		p.Samples = 5
	}
	switch {
	case !(p.Alpha > 0 && p.Alpha <= 100):
		return fail("Alpha", p.Alpha, "0 < Alpha ≤ 100")
	case !(p.Reach >= 1 && p.Reach <= math.MaxFloat64):
		return fail("Reach", p.Reach, "1 ≤ Reach < ∞")
	case p.Samples < 1 || p.Samples > 10_000:
		return fail("Samples", p.Samples, "1 ≤ Samples ≤ 10000")
	case p.MemoryLimit < 0:
		return fail("MemoryLimit", p.MemoryLimit, "0 or more bytes")
	}
	sizes, err := line.Sizes{From: p.From, To: p.To, Count: p.Sizes}.Resolve(n, func(param string, value any, want string) error {
		return &mat32.ParamError{Method: phDimension, Param: param, Value: value, Want: want}
	})
	p.From, p.To, p.Sizes = sizes.From, sizes.To, sizes.Count
	return p, err
}

// Estimate returns the dimension of the rows of x (n × d), or of rows at the distances that
// x holds as a mat32.Distances. Rows that equal an earlier one are left out. Scale is the
// mean length of the bars of the last of the largest samples; Local is nil.
//
// The standard error comes from the spread of samples of one size, corrected for the rows
// they share, and takes the lengths at the sizes for independent, which makes it too large
// rather than too small. It is NaN with one sample of each size, or where all have all rows.
//
// Errors: those of mat32.Check, Resolve, neighbors.MST and Rips; *mat32.DegenerateError
// where fewer than To rows are distinct that were asked for, some sample has no bars, or
// the length grows as fast as the number of rows; and one that wraps ctx.Err().
func (p PHDimension) Estimate(ctx context.Context, x mat.Matrix) (measure.Dimension, error) {
	asked := p
	fail := func(err error) (measure.Dimension, error) {
		return measure.Dimension{}, mat32.Rename(phDimension, err)
	}
	degenerate := func(format string, args ...any) (measure.Dimension, error) {
		return fail(&mat32.DegenerateError{Reason: fmt.Sprintf(format, args...)})
	}
	if err := mat32.CheckContext(ctx, x); err != nil {
		return fail(err)
	}
	n, d := x.Dims()
	p, err := p.Resolve(n, d)
	if err != nil {
		return measure.Dimension{}, err
	}
	rows, err := mat32.DistinctContext(ctx, x)
	if err != nil {
		return fail(err)
	}
	if len(rows) < n {
		if len(rows) < 12 || asked.To > len(rows) {
			return degenerate("%d of %d rows are distinct, at least %d are needed", len(rows), n, max(12, asked.To))
		}
		if p, err = asked.Resolve(len(rows), d); err != nil {
			return measure.Dimension{}, err
		}
	}
	stage := watch.Start(ctx, "homology of samples", p.Sizes*p.Samples)
	var (
		at, lengths     = make([]float64, p.Sizes), make([]float64, p.Sizes)
		unit, scale     float64 // a unit near the lengths keeps their powers within float64
		squares, degree float64
	)
	order := make([]int, len(rows))
	for s, size := range (line.Sizes{From: p.From, To: p.To, Count: p.Sizes}).All() {
		at[s] = math.Log(float64(size))
		found := make([]float64, p.Samples)
		for k := range found {
			if size == len(rows) && k > 0 { // there is one sample of all rows
				found[k] = found[0]
				stage.Add(1)
				continue
			}
			copy(order, rows)
			stream := rng.New(p.Seed, phDimension, s*p.Samples+k)
			stream.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
			bars, err := p.bars(ctx, mat32.Select(x, order[:size]))
			if err != nil {
				return fail(err)
			}
			if unit == 0 && len(bars) > 0 {
				unit = bars[0].Length()
			}
			scale = 0
			for _, b := range bars {
				found[k] += math.Pow(b.Length()/unit, p.Alpha)
				scale += b.Length() / float64(len(bars))
			}
			if !(found[k] > 0 && found[k] <= math.MaxFloat64) {
				return degenerate("a sample of %d rows has no bars of dimension %d, or bars of no one scale", size, p.Homology)
			}
			lengths[s] += found[k] / float64(p.Samples)
			stage.Add(1)
		}
		if apart := 1 - float64(size)/float64(len(rows)); apart > 0 {
			for _, v := range found {
				squares += (v/lengths[s] - 1) * (v/lengths[s] - 1) * float64(size) / apart
			}
			degree += float64(p.Samples - 1)
		} else {
			lengths[s] = found[0]
		}
	}
	slope, variance := 0., 0.
	for s, w := range line.Weights(at) {
		slope += w * math.Log(lengths[s])
		size := math.Exp(at[s])
		variance += w * w * squares / degree * ((1-size/float64(len(rows)))/(size*float64(p.Samples)) + 1/float64(len(rows)))
	}
	value := p.Alpha / (1 - slope)
	if !(slope < 1) || !(value > 0 && value <= math.MaxFloat64) {
		return degenerate("the length grows as the number of rows to the power %.3g, which no dimension explains: take samples of other sizes", slope)
	}
	stdErr := math.NaN()
	if degree > 0 {
		stdErr = math.Sqrt(variance) * value * value / p.Alpha
	}
	return measure.Dimension{Method: "PHDimension", Value: value, StdErr: stdErr, Scale: scale, Rows: len(rows), Removed: n - len(rows),
		Convention: fmt.Sprintf("slope of bars of dimension %d, α = %.4g, %d samples each of %d sizes from %d to %d, duplicates removed, standard error: spread of samples",
			p.Homology, p.Alpha, p.Samples, p.Sizes, p.From, p.To)}, nil
}

// bars returns the finite bars of a sample.
func (p PHDimension) bars(ctx context.Context, x mat.Matrix) (Diagram, error) {
	tree, err := neighbors.MST{MemoryLimit: p.MemoryLimit}.Fit(ctx, x)
	if err != nil {
		return nil, err
	}
	if p.Homology > 0 {
		longest := tree.Edges[len(tree.Edges)-1].Distance
		h, err := Rips{MaxDim: p.Homology, Threshold: p.Reach * longest, MemoryLimit: p.MemoryLimit}.Compute(ctx, x)
		if err != nil {
			return nil, err
		}
		return h.Diagrams[p.Homology].Finite(), nil
	}
	bars := make(Diagram, len(tree.Edges))
	for i, e := range tree.Edges {
		bars[i].Death = e.Distance
	}
	return bars, nil
}
