package sketch

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// SRHT is the subsampled randomised Hadamard transform: random signs, the
// Walsh–Hadamard transform of the row padded with zeros to a power of two m, and
// Dim of its values, chosen at random without replacement, times 1/√Dim. At
// Dim = m it keeps every distance.
//
// Time O(m·log m) a row, memory 4·n·Dim bytes for the result and 4·m for the
// choice.
//
// Source: Tropp (2011), Improved analysis of the subsampled randomized Hadamard
// transform.
type SRHT struct {
	// Dim is the number of columns of the sketch, at most the power of two m.
	// Larger ones distort less. Zero means 128, or the number of columns where
	// that is less.
	Dim int

	// Seed chooses signs and columns.
	Seed uint64
}

const srht = "sketch.SRHT"

// Resolve fills in the defaults for d columns and checks the ranges; n is not
// used.
func (s SRHT) Resolve(n, d int) (SRHT, error) {
	var err error
	s.Dim, err = checkDim(srht, s.Dim, d, padded(max(d, 1)))
	return s, err
}

// Apply returns the sketch of the rows of x (n × d), n × Dim.
func (s SRHT) Apply(ctx context.Context, x mat.Matrix) (*mat32.Dense, error) {
	return apply(ctx, srht, x, s.Resolve, SRHT.linear)
}

// ApplyT returns the rows of y (n × Dim), times the sketch of d columns transposed,
// n × d.
func (s SRHT) ApplyT(ctx context.Context, y mat.Matrix, d int) (*mat32.Dense, error) {
	return applyT(ctx, srht, y, d, s.Resolve, SRHT.linear)
}

func (s SRHT) shape() int { return s.Dim }

func (s SRHT) stored(d int) float64 { return 16 * float64(padded(d)) }

func (s SRHT) linear(_ context.Context, d int) *linear {
	m := padded(d)
	chosen := permutation(s.Seed, "sketch.SRHT/columns", 0, m)[:s.Dim]
	return &linear{d: d, k: s.Dim, chains: []chain{{
		factors: signs(s.Seed, srht, d), size: m,
		stages: []stage{hadamard, {one(m, chosen, func(int) float64 { return 1 / math.Sqrt(float64(s.Dim)) })}},
	}}}
}

// permutation returns 0 … n−1 in a random order.
func permutation(seed uint64, purpose string, row, n int) []int32 {
	s := rng.New(seed, purpose, row)
	p := make([]int32, n)
	for i := range p {
		p[i] = int32(i)
	}
	s.Shuffle(n, func(i, j int) { p[i], p[j] = p[j], p[i] })
	return p
}

// one returns the matrix whose row i has one value, at places[i] of columns.
func one(columns int, places []int32, weight func(i int) float64) *table {
	t := &table{columns: columns, places: places, start: []int32{0}}
	for i := range places {
		t.weights = append(t.weights, float32(weight(i)))
		t.start = append(t.start, int32(i+1))
	}
	return t
}
