package sketch

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Gaussian multiplies by a matrix of independent normal numbers of variance
// 1/Dim: the sketch whose distortion is known exactly.
//
// Time O(Dim) for every value, of sparse rows for every stored one; memory 4·n·Dim
// bytes for the result and 4·d·Dim for the matrix, twice that for ApplyT of sparse
// rows.
//
// Sources: Johnson and Lindenstrauss (1984), Extensions of Lipschitz mappings into
// a Hilbert space; Dasgupta and Gupta (2003), An elementary proof of a theorem of
// Johnson and Lindenstrauss.
type Gaussian struct {
	// Dim is the number of columns of the sketch. Larger ones distort less, as
	// 1/√Dim. Zero means 128, or the number of columns where that is less.
	Dim int

	// Seed chooses the matrix.
	Seed uint64
}

const gaussian = "sketch.Gaussian"

// Resolve fills in the defaults for d columns and checks the ranges; n is not
// used.
func (g Gaussian) Resolve(n, d int) (Gaussian, error) {
	var err error
	g.Dim, err = checkDim(gaussian, g.Dim, d, most)
	return g, err
}

// Apply returns the sketch of the rows of x (n × d), n × Dim.
func (g Gaussian) Apply(ctx context.Context, x mat.Matrix) (*mat32.Dense, error) {
	return apply(ctx, gaussian, x, g.Resolve, Gaussian.draw)
}

// ApplyT returns the rows of y (n × Dim), times the sketch of d columns transposed,
// n × d.
func (g Gaussian) ApplyT(ctx context.Context, y mat.Matrix, d int) (*mat32.Dense, error) {
	return applyT(ctx, gaussian, y, d, g.Resolve, Gaussian.draw)
}

func (g Gaussian) shape() int { return g.Dim }

func (g Gaussian) stored(d int) float64 { return 8 * float64(d) * float64(g.Dim) }

func (g Gaussian) draw(ctx context.Context, d int) *dense {
	m := &dense{d: d, k: g.Dim, at: make([]float32, d*g.Dim)}
	scale := 1 / math.Sqrt(float64(g.Dim))
	_ = par.Blocks(ctx, d, max(1, 1<<14/g.Dim), func(lo, hi int) {
		for j := lo; j < hi; j++ {
			s := rng.New(g.Seed, gaussian, j)
			row := m.at[j*g.Dim:][:g.Dim]
			for c := range row {
				row[c] = float32(s.Normal() * scale)
			}
		}
	})
	return m
}
