package sketch

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Fastfood multiplies by H·G·Π·H·B, whose rows look Gaussian although nothing
// but diagonals is stored: random signs B, the Walsh–Hadamard matrix H of the
// row padded with zeros to a power of two m, a permutation Π, normal numbers G
// and H again. A Dim beyond m takes as many such blocks as it needs. It is scaled
// by 1/√Dim, so that lengths are kept on average; the diagonal of Fastfood that
// gives rows the lengths of Gaussian ones is for kernels and left out, as it is
// where the sketch maps few parameters to many (ApplyT). Columns of a block share
// their normal numbers: distances vary somewhat more than by a Gaussian matrix.
//
// Time O(m·log m) a row and block, memory 4·n·Dim bytes for the result and 24·m a
// block.
//
// Source: Le, Sarlós and Smola (2013), Fastfood: approximating kernel expansions
// in loglinear time.
type Fastfood struct {
	// Dim is the number of columns of the sketch. Larger ones distort less, as
	// 1/√Dim. Zero means 128, or the number of columns where that is less.
	Dim int

	// Seed chooses the three diagonals and the permutation.
	Seed uint64
}

const fastfood = "sketch.Fastfood"

// Resolve fills in the defaults for d columns and checks the ranges; n is not
// used.
func (f Fastfood) Resolve(n, d int) (Fastfood, error) {
	var err error
	f.Dim, err = checkDim(fastfood, f.Dim, d, most)
	return f, err
}

// Apply returns the sketch of the rows of x (n × d), n × Dim.
func (f Fastfood) Apply(ctx context.Context, x mat.Matrix) (*mat32.Dense, error) {
	return apply(ctx, fastfood, x, f.Resolve, Fastfood.linear)
}

// ApplyT returns the rows of y (n × Dim), times the sketch of d columns transposed,
// n × d.
func (f Fastfood) ApplyT(ctx context.Context, y mat.Matrix, d int) (*mat32.Dense, error) {
	return applyT(ctx, fastfood, y, d, f.Resolve, Fastfood.linear)
}

func (f Fastfood) shape() int { return f.Dim }

func (f Fastfood) stored(d int) float64 { return 32 * float64(padded(d)+f.Dim) }

func (f Fastfood) linear(_ context.Context, d int) *linear {
	m := padded(d)
	l := &linear{d: d, k: f.Dim}
	for b := 0; b*m < f.Dim; b++ {
		s := rng.New(f.Seed, "sketch.Fastfood/B", b)
		factors := make([]float32, d)
		for j := range factors {
			factors[j] = float32(sign(&s))
		}
		g := rng.New(f.Seed, "sketch.Fastfood/G", b)
		mixed := one(m, permutation(f.Seed, "sketch.Fastfood/order", b, m), func(int) float64 { return g.Normal() / math.Sqrt(float64(m)) })
		first := make([]int32, min(m, f.Dim-b*m))
		for i := range first {
			first[i] = int32(i)
		}
		kept := one(m, first, func(int) float64 { return 1 / math.Sqrt(float64(f.Dim)) })
		l.chains = append(l.chains, chain{factors: factors, size: m, stages: []stage{hadamard, {mixed}, hadamard, {kept}}})
	}
	return l
}
