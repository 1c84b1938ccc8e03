package sketch

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// drawn is a method with its options resolved.
type drawn interface {
	shape() int           // columns of the result
	stored(d int) float64 // bytes of the matrix for d columns, about, and of its transpose where it is wanted
}

// mapping is what a method draws.
type mapping interface {
	apply(ctx context.Context, method string, x mat.Matrix) (*mat32.Dense, error)
	applyT(ctx context.Context, method string, y mat.Matrix) (*mat32.Dense, error)
}

// apply checks x, fills in the options for it, draws the map and applies it. A draw
// stops where ctx is done, which what applies the map sees as well.
func apply[T drawn, M mapping](ctx context.Context, method string, x mat.Matrix, resolve func(n, d int) (T, error), draw func(t T, ctx context.Context, d int) M) (*mat32.Dense, error) {
	n, d, err := checkShape(ctx, method, x)
	if err != nil {
		return nil, err
	}
	t, err := resolve(n, d)
	if err != nil {
		return nil, err
	}
	if err := checkMemory(method, n, t.shape(), t.stored(d)); err != nil {
		return nil, err
	}
	return draw(t, ctx, d).apply(ctx, method, x)
}

// applyT is apply for the transpose of the map of d columns.
func applyT[T drawn, M mapping](ctx context.Context, method string, y mat.Matrix, d int, resolve func(n, d int) (T, error), draw func(t T, ctx context.Context, d int) M) (*mat32.Dense, error) {
	n, columns, err := checkShape(ctx, method, y)
	if err != nil {
		return nil, err
	}
	if err := checkRange(method, "d", d, 1, most); err != nil {
		return nil, err
	}
	t, err := resolve(n, d)
	if err != nil {
		return nil, err
	}
	if err := checkBack(method, n, columns, t.shape()); err != nil {
		return nil, err
	}
	if err := checkMemory(method, n, d, t.stored(d)); err != nil {
		return nil, err
	}
	return draw(t, ctx, d).applyT(ctx, method, y)
}

// sign returns −1 or 1.
func sign(s *rng.Stream) float64 { return float64(int64(s.Uint64()>>63)*2 - 1) }

// signs returns n random signs.
func signs(seed uint64, method string, n int) []float32 {
	s := rng.New(seed, method+"/signs", 0)
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(sign(&s))
	}
	return v
}

// sprinkled returns a matrix of rows × columns whose entries are there with
// probability q, each by itself, with values that value draws. Column j comes from
// stream j of the purpose.
func sprinkled(ctx context.Context, seed uint64, purpose string, columns, rows int, q float64, value func(s *rng.Stream) float64) *table {
	return byColumns(ctx, rows, columns, func(j int, list []entry) []entry {
		s := rng.New(seed, purpose, j)
		for i := skip(&s, q); i < rows; i += 1 + skip(&s, q) {
			list = append(list, entry{int32(i), float32(value(&s))})
		}
		return list
	})
}

// skip returns how many entries stay empty before the next one, a geometric
// number.
func skip(s *rng.Stream, q float64) int {
	u := 1 - s.Float64()
	if q >= 1 {
		return 0
	}
	return int(min(math.Log(u)/math.Log1p(-q), most))
}
