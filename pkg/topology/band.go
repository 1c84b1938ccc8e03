package topology

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/resample"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/screen"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// HausdorffBand says which bars of a Vietoris-Rips diagram are more than sampling: how far
// the diagram may be, with a given confidence, from that of the shape the rows were drawn
// from. The Hausdorff distances of small samples of the rows from all rows stand for
// that of the rows from the shape, and the diagram is no farther by bottleneck distance
// than twice that (B. Fasy, F. Lecci, A. Rinaldo, L. Wasserman, S. Balakrishnan and A. Singh,
// 2014, Confidence sets for persistence diagrams, section 4.1: subsampling).
//
// It is cautious, holds for bars of every dimension at once, and asks for a shape without
// noise around it.
type HausdorffBand struct {
	// Size is the number of rows in a sample. Default n/ln n, beyond which the theorem does
	// not reach. Larger values make the band narrower, and too narrow in the end; smaller
	// ones wider. 1 ≤ Size < n.
	Size int

	// Replicates is the number of samples. Default 200. Larger values take more time and
	// make the band steadier. 2 ≤ Replicates ≤ 100000.
	Replicates int

	// Level is that of confidence. Default .95. Larger values make the band wider. 0 <
	// Level < 1.
	Level float64

	// Seed draws the samples.
	Seed uint64

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT, or
	// 4 GiB.
	MemoryLimit int64
}

const hausdorffBand = "topology.HausdorffBand"

// Resolve returns the options with defaults filled in, or a *mat32.ParamError or
// *mat32.ShapeError, for a matrix of n rows and d columns.
func (h HausdorffBand) Resolve(n, d int) (HausdorffBand, error) {
	fail := func(param string, value any, want string) (HausdorffBand, error) {
		return h, &mat32.ParamError{Method: hausdorffBand, Param: param, Value: value, Want: want}
	}
	if n < 4 {
		return h, fmt.Errorf("%s: %w", hausdorffBand, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 4 rows"})
	}
	if h.Size == 0 {
		h.Size = int(float64(n) / math.Log(float64(n)))
	}
	if h.Replicates == 0 {
		h.Replicates = 200
	}
	if h.Level == 0 {
		h.Level = .95
	}
	switch {
	case h.Size < 1 || h.Size >= n:
		return fail("Size", h.Size, fmt.Sprintf("1 ≤ Size < n = %d", n))
	case h.Replicates < 2 || h.Replicates > 100_000:
		return fail("Replicates", h.Replicates, "2 ≤ Replicates ≤ 100000")
	case !(h.Level > 0 && h.Level < 1):
		return fail("Level", h.Level, "0 < Level < 1")
	case h.MemoryLimit < 0:
		return fail("MemoryLimit", h.MemoryLimit, "0 or more bytes")
	}
	return h, nil
}

// Compute returns the band for the rows of x (n × d), or of those whose distances x holds.
// Time O(Replicates·n·Size·d) at worst and usually a fraction of that. Errors: those of mat32.Check and Resolve,
// *mat32.DegenerateError where the band exceeds float64, *mat32.MemoryError, and one that wraps
// ctx.Err().
func (h HausdorffBand) Compute(ctx context.Context, x mat.Matrix) (*Band, error) {
	if err := mat32.CheckContext(ctx, x); err != nil {
		return nil, fmt.Errorf("%s: %w", hausdorffBand, err)
	}
	n, d := x.Dims()
	h, err := h.Resolve(n, d)
	if err != nil {
		return nil, err
	}
	if err := mat32.CheckMemory(hausdorffBand, screen.Bytes(x)+16*int64(n)+8*int64(h.Replicates), h.MemoryLimit, "use fewer rows"); err != nil {
		return nil, err
	}
	rows, err := screen.New(ctx, x)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", hausdorffBand, err)
	}
	stage := watch.Start(ctx, "samples", h.Replicates)
	found := make([]float64, h.Replicates)
	err = par.BlocksWith(ctx, h.Replicates, 1, func() []int { return make([]int, n) }, func(order []int, r, _ int) {
		for i := range order {
			order[i] = i
		}
		stream := rng.New(h.Seed, hausdorffBand, r)
		stream.Shuffle(n, func(i, j int) { order[i], order[j] = order[j], order[i] })
		sample, rest := order[:h.Size], order[h.Size:]
		farthest := 0.
		for k, i := range rest {
			if k%64 == 0 && ctx.Err() != nil {
				return
			}
			nearest := math.Inf(1)
			for _, j := range sample {
				// One that is nearer than the farthest so far changes nothing.
				if nearest = min(nearest, rows.Exact(i, j)); nearest <= farthest {
					break
				}
			}
			farthest = max(farthest, nearest)
		}
		found[r] = farthest
		stage.Add(1)
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", hausdorffBand, err)
	}
	radius := 4 * resample.Quantile(h.Level, found)
	if math.IsInf(radius, 0) {
		return nil, &mat32.DegenerateError{Method: hausdorffBand, Reason: "the band exceeds the largest float64: rescale the data"}
	}
	return &Band{Level: h.Level, Radius: radius, Distances: found, Size: h.Size}, nil
}

// Band is a confidence band around the diagonal and the bars of a diagram.
type Band struct {
	Level     float64   // of confidence
	Radius    float64   // the bottleneck distance within which the diagram of the shape is
	Distances []float64 // the Hausdorff distance of every sample from all rows
	Size      int       // rows in a sample
}

// Significant returns the bars of a diagram that the band does not let go to the diagonal,
// those longer than twice its radius: the shape has them too, at that level of confidence.
func (b *Band) Significant(d Diagram) Diagram {
	var long Diagram
	for _, bar := range d {
		if bar.Length() > 2*b.Radius {
			long = append(long, bar)
		}
	}
	return long
}

// Margin returns the length up to which bars may be noise, and the level of confidence.
func (b *Band) Margin() (length, level float64) { return 2 * b.Radius, b.Level }

// String returns a line.
func (b *Band) String() string {
	return fmt.Sprintf("confidence band at level %.4g  bars longer than %.4g, by Hausdorff distances of %d samples of %d rows", b.Level, 2*b.Radius, len(b.Distances), b.Size)
}
