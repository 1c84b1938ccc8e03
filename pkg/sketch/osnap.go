package sketch

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// OSNAP adds every value, times a random sign, to few columns of the sketch: one
// in each of as many stretches of them, chosen at random. The matrix has as many
// entries, ±1/√Nonzeros, in each of its d columns.
//
// Time O(Nonzeros) for every value, of sparse rows for every stored one, and
// O(Dim) a row; memory 4·n·Dim bytes for the result and 16·d·(Nonzeros + 1) for
// the matrix.
//
// Source: Nelson and Nguyễn (2013), OSNAP: Faster numerical linear algebra
// algorithms via sparser subspace embeddings.
type OSNAP struct {
	// Dim is the number of columns of the sketch. Larger ones distort less, as
	// 1/√Dim. Zero means 128, or the number of columns where that is less.
	Dim int

	// Nonzeros is how many columns of the sketch a value goes to, from 1 to Dim.
	// Larger ones cost more time and distort rows of few values less. Zero means
	// 8, or Dim where that is less.
	Nonzeros int

	// Seed chooses places and signs.
	Seed uint64
}

const osnap = "sketch.OSNAP"

// Resolve fills in the defaults for d columns and checks the ranges; n is not
// used.
func (o OSNAP) Resolve(n, d int) (OSNAP, error) {
	var err error
	if o.Dim, err = checkDim(osnap, o.Dim, d, most); err != nil {
		return o, err
	}
	if o.Nonzeros == 0 {
		o.Nonzeros = min(8, o.Dim)
	}
	return o, checkRange(osnap, "Nonzeros", o.Nonzeros, 1, o.Dim)
}

// Apply returns the sketch of the rows of x (n × d), n × Dim.
func (o OSNAP) Apply(ctx context.Context, x mat.Matrix) (*mat32.Dense, error) {
	return apply(ctx, osnap, x, o.Resolve, OSNAP.linear)
}

// ApplyT returns the rows of y (n × Dim), times the sketch of d columns transposed,
// n × d.
func (o OSNAP) ApplyT(ctx context.Context, y mat.Matrix, d int) (*mat32.Dense, error) {
	return applyT(ctx, osnap, y, d, o.Resolve, OSNAP.linear)
}

func (o OSNAP) shape() int { return o.Dim }

func (o OSNAP) stored(d int) float64 { return 16 * float64(d) * float64(o.Nonzeros+1) }

func (o OSNAP) linear(ctx context.Context, d int) *linear {
	return scattered(ctx, osnap, o.Seed, d, o.Dim, o.Nonzeros)
}

// scattered sends every value to a place in each of count stretches of k.
func scattered(ctx context.Context, purpose string, seed uint64, d, k, count int) *linear {
	weight := 1 / math.Sqrt(float64(count))
	t := byColumns(ctx, k, d, func(j int, list []entry) []entry {
		s := rng.New(seed, purpose, j)
		for t := range count {
			lo, hi := t*k/count, (t+1)*k/count
			list = append(list, entry{int32(lo + s.IntN(hi-lo)), float32(sign(&s) * weight)})
		}
		return list
	})
	return &linear{d: d, k: k, chains: []chain{{factors: ones(d), size: d, stages: []stage{{t}}}}}
}
