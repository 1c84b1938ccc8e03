package quality

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/screen"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

const triplets = "quality.TripletAccuracy"

// TripletAccuracy judges the arrangement of the whole: the share of random triplets of
// rows of which an embedding tells as the data do which of two is nearer to the third,
// some drawn for every row (Wang, Huang, Rudin and Shaposhnik, 2021, Understanding how
// dimension reduction tools work: an empirical approach to deciphering t-SNE, UMAP,
// TriMap, and PaCMAP for data visualization). It is 1 for the same order, ½ for a random
// arrangement. Equal distances in both are the same order; in one of them only, half:
// an embedding in one point has ½.
//
// Distances are exact. Time O(n·Triplets·d), memory O(n) beside the rows.
type TripletAccuracy struct {
	// Triplets is how many are drawn for every row. Default 5. Larger values cost time
	// and lower the standard error, with their root. 1 to 1 048 576.
	Triplets int

	// Seed draws the triplets; any number will do. Default 0.
	Seed uint64

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT, or
	// 4 GiB.
	MemoryLimit int64
}

// Resolve returns the options with defaults filled in, or a *mat32.ParamError or
// *mat32.ShapeError, for a matrix of n rows and d columns.
func (t TripletAccuracy) Resolve(n, d int) (TripletAccuracy, error) {
	const most = 1 << 20
	if n < 3 {
		return t, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 3 rows for a triplet"}
	}
	if t.Triplets == 0 {
		t.Triplets = 5
	}
	if t.Triplets < 1 || t.Triplets > most {
		return t, &mat32.ParamError{Method: triplets, Param: "Triplets", Value: t.Triplets, Want: fmt.Sprintf("0, or 1 ≤ Triplets ≤ %d", most)}
	}
	if t.MemoryLimit < 0 {
		return t, &mat32.ParamError{Method: triplets, Param: "MemoryLimit", Value: t.MemoryLimit, Want: "0 or more bytes"}
	}
	return t, nil
}

// Compare returns the accuracy of the embedding y (n rows) of the data x (n × d), with
// that of every row; StdErr is that of the draw. Either may be a mat32.Distances. Errors:
// those of mat32.Check and Resolve, naming x or y; *mat32.ShapeError when y has another
// number of rows; *mat32.MemoryError; *mat32.DegenerateError where distances may exceed
// float64; and one that wraps ctx.Err().
func (t TripletAccuracy) Compare(ctx context.Context, x, y mat.Matrix) (measure.Score, error) {
	fail := func(err error) (measure.Score, error) { return measure.Score{}, err }
	n, d, err := checkBoth(ctx, triplets, x, y)
	if err != nil {
		return fail(err)
	}
	if t, err = t.Resolve(n, d); err != nil {
		return fail(err)
	}
	if err := mat32.CheckMemory(triplets, screen.Bytes(x)+screen.Bytes(y)+8*int64(n), t.MemoryLimit, "give fewer rows"); err != nil {
		return fail(err)
	}
	original, err := screened(ctx, triplets, "x", x)
	if err != nil {
		return fail(err)
	}
	embedded, err := screened(ctx, triplets, "y", y)
	if err != nil {
		return fail(err)
	}
	s := measure.Score{Name: "random triplet accuracy", Rows: n, PerRow: make([]float64, n),
		Convention: fmt.Sprintf("%d triplets for every row, ties in one space count half, standard error of the draw", t.Triplets)}
	halves, err := par.Sum(ctx, n, 32, func(lo, hi int) (sum float64) {
		for i := lo; i < hi; i++ {
			draw, own := rng.New(t.Seed, triplets, i), 0
			other := func() int { // a row that is not i
				j := draw.IntN(n - 1)
				if j >= i {
					j++
				}
				return j
			}
			for drawn := range t.Triplets {
				if drawn%1024 == 0 && ctx.Err() != nil {
					return 0
				}
				j, k := other(), other()
				for k == j {
					k = other()
				}
				a, b := nearer(original, i, j, k), nearer(embedded, i, j, k)
				if a == b {
					own += 2
				} else if a == 0 || b == 0 {
					own++
				}
			}
			s.PerRow[i] = float64(own) / 2 / float64(t.Triplets)
			sum += float64(own)
		}
		return sum
	})
	if err != nil {
		return fail(fmt.Errorf("%s: %w", triplets, err))
	}
	all := float64(n) * float64(t.Triplets)
	s.Value = halves / 2 / all
	s.StdErr = math.Sqrt(s.Value * (1 - s.Value) / all)
	return s, nil
}

// nearer returns −1 where row j is nearer to row i than k is, 1 where k is, 0 for equal.
func nearer(r *screen.Rows, i, j, k int) int {
	switch a, b := r.Exact(i, j), r.Exact(i, k); {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
