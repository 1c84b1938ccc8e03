package sketch

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// DCT takes the columns of a row for a signal and keeps the lowest frequencies
// of its discrete cosine transform (DCT-II), scaled to be orthonormal: at Dim = d
// every distance is kept, and below none grows. The signal is continued by its
// mirror image, which does not jump at the ends as that of FFTReduce does, so that
// fewer frequencies hold what is smooth.
//
// Time, memory and what it cannot do are those of FFTReduce.
//
// Source: Ahmed, Natarajan and Rao (1974), Discrete cosine transform.
type DCT struct {
	// Dim is the number of columns kept, at most d. Larger ones keep more. Zero
	// means 128, or d where that is less.
	Dim int
}

const dct = "sketch.DCT"

// Resolve fills in the defaults for d columns and checks the ranges; n is not
// used.
func (c DCT) Resolve(n, d int) (DCT, error) {
	var err error
	c.Dim, err = checkDim(dct, c.Dim, d, d)
	return c, err
}

// Apply returns the lowest frequencies of the rows of x (n × d), n × Dim.
func (c DCT) Apply(ctx context.Context, x mat.Matrix) (*mat32.Dense, error) {
	return apply(ctx, dct, x, c.Resolve, DCT.mapping)
}

// ApplyT returns the rows of y (n × Dim), times the transpose for d columns, n × d:
// the signals of these frequencies alone.
func (c DCT) ApplyT(ctx context.Context, y mat.Matrix, d int) (*mat32.Dense, error) {
	return applyT(ctx, dct, y, d, c.Resolve, DCT.mapping)
}

func (c DCT) shape() int { return c.Dim }

func (c DCT) stored(d int) float64 { return harmonicBytes(d, c.Dim) }

// mapping takes the Fourier transform of the even columns and then the odd ones
// backwards: turned by a quarter of a column, its real parts are those wanted
// (Makhoul, 1980, A fast cosine transform in one and two dimensions).
func (c DCT) mapping(ctx context.Context, d int) mapping {
	scale := func(k int) float64 {
		if k == 0 {
			return math.Sqrt(1 / float64(d))
		}
		return math.Sqrt(2 / float64(d))
	}
	if direct(d, c.Dim) {
		return written(ctx, d, c.Dim, func(j, k int) float64 {
			cos, _ := turn((2*j+1)*k, 4*d)
			return cos * scale(k)
		})
	}
	order := counting(d)
	for j := range d / 2 {
		order[d-1-j] = int32(2*j + 1)
	}
	for j := range (d + 1) / 2 {
		order[j] = int32(2 * j)
	}
	last := &table{start: []int32{0}}
	for k := range c.Dim {
		from, sign := k, 1.
		if 2*k > d {
			from, sign = d-k, -1
		}
		cos, sin := turn(k, 4*d)
		last.places, last.weights = append(last.places, int32(max(0, 2*from-1))), append(last.weights, float32(cos*scale(k)))
		if 0 < from && 2*from < d {
			last.places, last.weights = append(last.places, int32(2*from)), append(last.weights, float32(sign*sin*scale(k)))
		}
		last.start = append(last.start, int32(len(last.places)))
	}
	wanted := slices.Compact(slices.Sorted(slices.Values(last.places)))
	last.columns = len(wanted)
	at := make([]int32, d)
	for i, place := range wanted {
		at[place] = int32(i)
	}
	for i, place := range last.places {
		last.places[i] = at[place]
	}
	stages := fourierOf(d).stages(ctx, order, wanted, func(int32) float64 { return 1 })
	return &linear{d: d, k: c.Dim, chains: []chain{{factors: ones(d), size: d, stages: append(stages, stage{last})}}}
}
