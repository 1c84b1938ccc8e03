package similarity

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/screen"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

// InformationImbalance says how much of the distances in y those in x tell: 2/n times the
// mean rank in y of the k nearest rows in x,
//
//	Δ(x → y) = 2/(n·k) · meanᵢ Σ rank in y of j as seen from i, over the k nearest j of i in x.
//
// It is near 0 where rows that are near in x are near in y, and 1 where x tells nothing of
// y: a distance, but another for y and x, which is what it is for. Where x tells all of y
// and y little of x, x has what y has and more. The best value is (k+1)/n.
//
// Source: A. Glielmo, C. Zeni, B. Cheng, G. Csányi and A. Laio, 2022, Ranking the
// information content of distance measures. Ranks are those of exact Euclidean distances,
// ties by index.
//
// Time O(n²·(p + q)), memory 12·n·k bytes for each.
type InformationImbalance struct {
	// Neighbors is k, of other rows. Default 1, as published. Larger values look at a
	// wider neighbourhood and vary less.
	Neighbors int

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT, or
	// 4 GiB.
	MemoryLimit int64
}

const imbalance = "similarity.InformationImbalance"

// Resolve returns the options with defaults filled in, or a *mat32.ParamError or
// *mat32.ShapeError, for a matrix of n rows and d columns.
func (m InformationImbalance) Resolve(n, d int) (InformationImbalance, error) {
	if n < 2 {
		return m, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 2 rows for " + imbalance}
	}
	if m.Neighbors == 0 {
		m.Neighbors = 1
	}
	if m.Neighbors < 1 || m.Neighbors > n-1 {
		return m, &mat32.ParamError{Method: imbalance, Param: "Neighbors", Value: m.Neighbors, Want: fmt.Sprintf("1 ≤ Neighbors ≤ n−1 = %d", n-1)}
	}
	if m.MemoryLimit < 0 {
		return m, &mat32.ParamError{Method: imbalance, Param: "MemoryLimit", Value: m.MemoryLimit, Want: "0 or more bytes"}
	}
	return m, nil
}

// Compare measures Δ(x → y) for x (n × p) and y (n × q); Both measures both. Either may be a
// mat32.Distances. PerRow holds what every row adds to the mean. Errors: those of
// mat32.Check and Resolve, naming x or y; *mat32.ShapeError where y has another number of
// rows; *mat32.DegenerateError where all rows of one are equal or distances may exceed
// float64; *mat32.MemoryError; and one that wraps ctx.Err().
func (m InformationImbalance) Compare(ctx context.Context, x, y mat.Matrix) (measure.Score, error) {
	return compare(ctx, m, x, y)
}

// Imbalance is the information imbalance in both directions.
type Imbalance struct {
	XToY, YToX measure.Score
}

// String returns one line for each direction.
func (b *Imbalance) String() string {
	return fmt.Sprintf("information imbalance of %d rows, k = %d (0: tells all, 1: tells nothing)\n  x → y  %.4f\n  y → x  %.4f",
		b.XToY.Rows, b.XToY.Neighbors, b.XToY.Value, b.YToX.Value)
}

// Both is Compare in both directions, for little more than the time of one.
func (m InformationImbalance) Both(ctx context.Context, x, y mat.Matrix) (*Imbalance, error) {
	if err := m.check(ctx, x, y); err != nil {
		return nil, err
	}
	a, err := m.prepare(ctx, "x", x)
	if err != nil {
		return nil, err
	}
	b, err := m.prepare(ctx, "y", y)
	if err != nil {
		return nil, err
	}
	both := new(Imbalance)
	if both.XToY, err = a.against(ctx, b); err != nil {
		return nil, err
	}
	both.YToX, err = b.against(ctx, a)
	return both, err
}

func (m InformationImbalance) check(ctx context.Context, x, y mat.Matrix) error {
	n, d, err := checkTogether(ctx, imbalance, x, y)
	if err != nil {
		return err
	}
	if m, err = m.Resolve(n, d); err != nil {
		return err
	}
	need := screen.Bytes(x) + screen.Bytes(y) + 40*int64(n)*int64(m.Neighbors)
	return mat32.CheckMemory(imbalance, need, m.MemoryLimit, "reduce Neighbors or the number of rows")
}

func (m InformationImbalance) prepare(ctx context.Context, name string, x mat.Matrix) (prepared, error) {
	n, d := x.Dims()
	m, err := m.Resolve(n, d)
	if err != nil {
		return nil, err
	}
	if err := distinct(imbalance, name, x); err != nil {
		return nil, err
	}
	rows, err := screen.New(ctx, x)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", imbalance, err)
	}
	if !rows.Fit() {
		return nil, &mat32.DegenerateError{Method: imbalance, Reason: name + " spans more than the largest float64: rescale it"}
	}
	r := &ranked{k: m.Neighbors, n: n, rows: rows, nearest: make([]int32, n*m.Neighbors)}
	if err := rows.Nearest(ctx, r.k, r.nearest, make([]float64, n*r.k)); err != nil {
		return nil, fmt.Errorf("%s: %w", imbalance, err)
	}
	return r, nil
}

// ranked is a representation that ranks the rows of another.
type ranked struct {
	n, k    int
	rows    *screen.Rows
	nearest []int32 // n × k
}

func (r *ranked) against(ctx context.Context, other prepared) (measure.Score, error) {
	ranks := make([]int32, r.n*r.k)
	if err := other.(*ranked).rows.Ranks(ctx, r.k, r.nearest, ranks); err != nil {
		return measure.Score{}, fmt.Errorf("%s: %w", imbalance, err)
	}
	s := measure.Score{Name: "information imbalance", Rows: r.n, Neighbors: r.k, PerRow: make([]float64, r.n),
		Convention: "Δ(x → y) = 2/n · mean rank in y of the k nearest rows in x, Euclidean, ties by index; 0: x tells all of y, 1: nothing"}
	total := 0 // a whole number: the mean is exact whatever the order
	for i := range r.n {
		sum := 0
		for _, rank := range ranks[i*r.k : (i+1)*r.k] {
			sum += int(rank)
		}
		total += sum
		s.PerRow[i] = 2 * float64(sum) / float64(r.k) / float64(r.n)
	}
	s.Value = 2 * float64(total) / float64(r.k) / float64(r.n) / float64(r.n)
	return s, nil
}
