package intrinsic

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

// BinnedEntropy is Shannon's entropy, in bits, of the cells of a grid that the rows
// fall in (Shannon, 1948, A mathematical theory of communication): what
// DiffusionSpectralEntropy is compared with. In more than a few columns every row has
// a cell of its own and it is log₂ n, whatever the data.
//
// Time O(n·d), memory 2·n·d bytes.
type BinnedEntropy struct {
	// Bins is how many equal parts the range of every column is cut into, 65536 at
	// most. Larger values make finer cells. Default 30.
	Bins int

	// MemoryLimit in bytes refuses data that would need more. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

const binnedEntropy = "intrinsic.BinnedEntropy"

// Resolve returns the options with defaults filled in, or a *mat32.ParamError; n and d
// do not matter.
func (b BinnedEntropy) Resolve(n, d int) (BinnedEntropy, error) {
	if b.Bins == 0 {
		b.Bins = 30
	}
	if b.Bins < 1 || b.Bins > 1<<16 {
		return b, &mat32.ParamError{Method: binnedEntropy, Param: "Bins", Value: b.Bins, Want: "1 ≤ Bins ≤ 65536"}
	}
	if b.MemoryLimit < 0 {
		return b, &mat32.ParamError{Method: binnedEntropy, Param: "MemoryLimit", Value: b.MemoryLimit, Want: "0 or more bytes"}
	}
	return b, nil
}

// Estimate returns the entropy of the rows of x (n × d). Errors: those of
// mat32.CheckRows, mat32.Check and Resolve; *mat32.MemoryError; and one that wraps
// ctx.Err().
func (b BinnedEntropy) Estimate(ctx context.Context, x mat.Matrix) (measure.Score, error) {
	fail := func(err error) (measure.Score, error) {
		return measure.Score{}, fmt.Errorf("%s: %w", binnedEntropy, err)
	}
	if err := mat32.CheckRows(binnedEntropy, x); err != nil {
		return measure.Score{}, err
	}
	if err := mat32.CheckContext(ctx, x); err != nil {
		return fail(err)
	}
	n, d := x.Dims()
	b, err := b.Resolve(n, d)
	if err != nil {
		return measure.Score{}, err
	}
	if err := mat32.CheckMemory(binnedEntropy, int64(n)*(2*int64(d)+64), b.MemoryLimit, "take fewer rows"); err != nil {
		return measure.Score{}, err
	}
	low, high := slices.Repeat([]float64{math.Inf(1)}, d), slices.Repeat([]float64{math.Inf(-1)}, d)
	buffer := make([]float64, d)
	each := func(f func(row []float64)) error {
		for i := range n {
			if i%1024 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			f(mat32.Row(buffer, i, x))
		}
		return nil
	}
	err = each(func(row []float64) {
		for j, v := range row {
			low[j], high[j] = min(low[j], v), max(high[j], v)
		}
	})
	if err != nil {
		return fail(err)
	}
	cells := map[string]int{}
	cell := make([]byte, 2*d)
	err = each(func(row []float64) {
		for j, v := range row {
			bin := 0
			if high[j] > low[j] {
				// Halves, so that the widest range is finite.
				share := (v/2 - low[j]/2) / (high[j]/2 - low[j]/2)
				bin = min(int(share*float64(b.Bins)), b.Bins-1)
			}
			cell[2*j], cell[2*j+1] = byte(bin), byte(bin>>8)
		}
		cells[string(cell)]++
	})
	if err != nil {
		return fail(err)
	}
	counts := make([]int, 0, len(cells))
	for _, c := range cells {
		counts = append(counts, c)
	}
	slices.Sort(counts)
	h := 0.
	for _, c := range counts {
		p := float64(c) / float64(n)
		h -= p * math.Log2(p)
	}
	return measure.Score{Name: "binned entropy", Value: max(h, 0), Rows: n,
		Convention: fmt.Sprintf("bits, %d equal bins a column", b.Bins)}, nil
}
