package quality

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/screen"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Rank compares neighbourhoods: it finds the nearest neighbours of every row in
// the data and in the embedding, and the rank each has in the other space.
//
// Products of blocks of rows in float32, with a proven bound on their error,
// settle most comparisons; pairs they leave in doubt are measured exactly, by
// direct subtraction with float64 sums. The ranks are those of exact distances,
// and adding a constant to a column changes none.
//
// Time O(n²·(d + log K)), half of it for the data and half for the embedding
// where they have as many columns. Memory 16·n·K bytes for the result, and while it
// is made 8·n·K and as much as the rows take in float32, or ¼ GiB if that is less.
type Rank struct {
	// Neighbors is K, the largest neighbourhood that can be judged afterwards.
	// Default 100, or n−1 where the data have fewer rows. Larger values cost
	// memory and little time.
	Neighbors int

	// MemoryLimit in bytes refuses data that would need more. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// Resolve returns the options with defaults filled in, or a *mat32.ParamError
// or *mat32.ShapeError, for a matrix of n rows and d columns.
func (r Rank) Resolve(n, d int) (Rank, error) {
	if n < 2 {
		return r, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 2 rows for ranks"}
	}
	if r.Neighbors == 0 {
		r.Neighbors = min(100, n-1)
	}
	if r.Neighbors < 1 || r.Neighbors > n-1 {
		return r, &mat32.ParamError{Method: "quality.Rank", Param: "Neighbors", Value: r.Neighbors,
			Want: fmt.Sprintf("1 ≤ Neighbors ≤ n−1 = %d", n-1)}
	}
	if r.MemoryLimit < 0 {
		return r, &mat32.ParamError{Method: "quality.Rank", Param: "MemoryLimit", Value: r.MemoryLimit, Want: "0 or more bytes"}
	}
	return r, nil
}

// Ranks holds the K nearest neighbours of every row in two spaces, and their
// ranks in the other. The nearest other row has rank 1; rows at equal distance
// rank by index; a row has no rank for itself. The scores are its methods.
type Ranks struct {
	N, K int // rows, and neighbours of each

	Original      []int32 // N × K: the nearest rows in the data, nearest first
	OriginalRanks []int32 // N × K: their ranks in the embedding
	Embedded      []int32 // N × K: the nearest rows in the embedding, nearest first
	EmbeddedRanks []int32 // N × K: their ranks in the data
}

// String returns one line: rows and neighbours.
func (r *Ranks) String() string {
	return fmt.Sprintf("ranks of the %d nearest neighbours of %d rows in two spaces", r.K, r.N)
}

// Compare ranks the rows of the data x (n × d) and of their embedding y (n rows,
// any number of columns). Either may be a mat32.Distances, whose rows rank by the
// distances it holds. Errors: those of mat32.Check and Resolve, naming x or
// y; *mat32.ShapeError when y has another number of rows; *mat32.MemoryError;
// *mat32.DegenerateError where distances may exceed float64; and one that wraps
// ctx.Err().
func (r Rank) Compare(ctx context.Context, x, y mat.Matrix) (*Ranks, error) {
	const method = "quality.Rank"
	n, d, err := checkBoth(ctx, method, x, y)
	if err != nil {
		return nil, err
	}
	if r, err = r.Resolve(n, d); err != nil {
		return nil, err
	}
	k := r.Neighbors
	need := screen.Bytes(x) + screen.Bytes(y) + max(screen.RanksBytes(x), screen.RanksBytes(y)) + 24*int64(n)*int64(k)
	if err := mat32.CheckMemory(method, need, r.MemoryLimit, "reduce Neighbors or the number of rows"); err != nil {
		return nil, err
	}
	original, err := screened(ctx, method, "x", x)
	if err != nil {
		return nil, err
	}
	embedded, err := screened(ctx, method, "y", y)
	if err != nil {
		return nil, err
	}
	list := func() []int32 { return make([]int32, n*k) }
	ranks := &Ranks{N: n, K: k, Original: list(), OriginalRanks: list(), Embedded: list(), EmbeddedRanks: list()}
	distances := make([]float64, n*k)
	for _, step := range []func() error{
		func() error { return original.Nearest(ctx, k, ranks.Original, distances) },
		func() error { return embedded.Nearest(ctx, k, ranks.Embedded, distances) },
		func() error { return original.Ranks(ctx, k, ranks.Embedded, ranks.EmbeddedRanks) },
		func() error { return embedded.Ranks(ctx, k, ranks.Original, ranks.OriginalRanks) },
	} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("%s: %w", method, err)
		}
	}
	return ranks, nil
}

// checkBoth returns the dimensions of x, or an error unless x and y hold finite
// values in as many rows.
func checkBoth(ctx context.Context, method string, x, y mat.Matrix) (n, d int, err error) {
	for _, m := range []struct {
		name string
		mat.Matrix
	}{{"x", x}, {"y", y}} {
		if err := mat32.CheckContext(ctx, m.Matrix); err != nil {
			return 0, 0, fmt.Errorf("%s: %s: %w", method, m.name, err)
		}
	}
	n, d = x.Dims()
	if rows, cols := y.Dims(); rows != n {
		return 0, 0, &mat32.ShapeError{What: "y", Rows: rows, Cols: cols, Want: fmt.Sprintf("as many rows as x, %d", n)}
	}
	return n, d, nil
}

// screened prepares the rows of x, which the error calls by name.
func screened(ctx context.Context, method, name string, x mat.Matrix) (*screen.Rows, error) {
	rows, err := screen.New(ctx, x)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	if !rows.Fit() {
		return nil, &mat32.DegenerateError{Method: method, Reason: name + " spans more than the largest float64: rescale it"}
	}
	return rows, nil
}
