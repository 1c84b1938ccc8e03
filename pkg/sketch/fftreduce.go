package sketch

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// FFTReduce takes the columns of a row for a signal and keeps the lowest
// frequencies of its discrete Fourier transform: the constant, then the real and
// imaginary part of frequency 1, of 2, and so on. Scaled to be orthonormal, the
// map is a projection: at Dim = d it keeps every distance, and below none grows.
//
// It reduces well what is smooth from column to column, and nothing else: where
// columns stand in no order, as those of learnt representations do, low
// frequencies are directions like any others.
//
// Time O(Dim·d) a row at most, and O(d) times the sum of the prime factors of d
// where that is less; memory 4·n·Dim bytes for the result, twice as many with
// Magnitudes, and 4·Dim·d or at most 32·d times that sum for the matrices.
//
// Sources: Cooley and Tukey (1965), An algorithm for the machine calculation of
// complex Fourier series; Bulgakov and Segal (2024), Dimensionality reduction in
// sentence transformer vector databases with fast Fourier transform, which keeps
// magnitudes.
type FFTReduce struct {
	// Dim is the number of columns kept, at most d, or with Magnitudes d/2 + 1.
	// Larger ones keep more. Zero means 128, or the most where that is less.
	Dim int

	// Magnitudes keeps the magnitude of each of Dim frequencies in place of its two
	// parts, and so forgets where along the row a wave stands: distances shrink,
	// also to zero. Default false.
	Magnitudes bool
}

const fftReduce = "sketch.FFTReduce"

// Resolve fills in the defaults for d columns and checks the ranges; n is not
// used.
func (f FFTReduce) Resolve(n, d int) (FFTReduce, error) {
	limit := d
	if f.Magnitudes {
		limit = d/2 + 1
	}
	var err error
	f.Dim, err = checkDim(fftReduce, f.Dim, limit, limit)
	return f, err
}

// Apply returns the lowest frequencies of the rows of x (n × d), n × Dim.
func (f FFTReduce) Apply(ctx context.Context, x mat.Matrix) (*mat32.Dense, error) {
	z, err := apply(ctx, fftReduce, x, f.Resolve, FFTReduce.mapping)
	if err != nil || !f.Magnitudes {
		return z, err
	}
	n, parts := z.Dims()
	y := mat32.NewDense(n, parts/2+1, nil)
	err = par.Blocks(ctx, n, blockRows(parts), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			from, to := z.Row(i), y.Row(i)
			for k := range to {
				to[k] = float32(math.Hypot(float64(from[max(0, 2*k-1)]), float64(imaginary(from, k))))
			}
		}
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fftReduce, err)
	}
	if !finite(y.Data()) {
		return nil, culprit(fftReduce, x, 0, n)
	}
	return y, nil
}

// imaginary returns that part of frequency k of a packed transform; the constant
// and the last of an even number of values have none.
func imaginary(packed []float32, k int) float32 {
	if k == 0 || 2*k >= len(packed) {
		return 0
	}
	return packed[2*k]
}

// ApplyT returns the rows of y (n × Dim), times the transpose for d columns, n × d:
// the signals of these frequencies alone. Magnitudes have no transpose.
func (f FFTReduce) ApplyT(ctx context.Context, y mat.Matrix, d int) (*mat32.Dense, error) {
	if f.Magnitudes {
		return nil, &mat32.ParamError{Method: fftReduce, Param: "Magnitudes", Value: true, Want: "false: magnitudes are not linear, and have no transpose"}
	}
	return applyT(ctx, fftReduce, y, d, f.Resolve, FFTReduce.mapping)
}

func (f FFTReduce) shape() int {
	if f.Magnitudes {
		return 2 * f.Dim
	}
	return f.Dim
}

func (f FFTReduce) stored(d int) float64 { return harmonicBytes(d, f.shape()) }

func (f FFTReduce) mapping(ctx context.Context, d int) mapping {
	places := f.Dim
	if f.Magnitudes {
		places = min(d, 2*f.Dim-1) // the last of an even number has one part
	}
	weight := func(place int32) float64 {
		if place == 0 || d%2 == 0 && int(place) == d-1 {
			return math.Sqrt(1 / float64(d))
		}
		return math.Sqrt(2 / float64(d))
	}
	if direct(d, places) {
		return written(ctx, d, places, func(j, place int) float64 {
			cos, sin := turn((place+1)/2*j, d)
			if place > 0 && place%2 == 0 {
				cos = -sin
			}
			return cos * weight(int32(place))
		})
	}
	return &linear{d: d, k: places, chains: []chain{{
		factors: ones(d), size: d, stages: fourierOf(d).stages(ctx, counting(d), counting(places), weight),
	}}}
}

// counting returns 0 … n−1.
func counting(n int) []int32 {
	c := make([]int32, n)
	for i := range c {
		c[i] = int32(i)
	}
	return c
}

// direct reports whether k of d frequencies are had faster from their waves,
// written out, than by a fast transform: a product of matrices does some six
// operations in the time of one with a sparse matrix, and of those of a transform
// some are not needed for few frequencies.
func direct(d, k int) bool {
	return float64(d)*float64(k) <= 2*fourierOf(d).operations(d) || fourierOf(d).operations(d) > 1<<27
}

// harmonicBytes is the memory of either.
func harmonicBytes(d, k int) float64 {
	if direct(d, k) {
		return 4 * float64(d) * float64(k)
	}
	return 16 * fourierOf(d).operations(d)
}

// written returns the map whose entries from column j to place c are given.
func written(ctx context.Context, d, k int, entry func(j, c int) float64) *dense {
	m := &dense{d: d, k: k, at: make([]float32, d*k)}
	_ = par.Blocks(ctx, d, max(1, 1<<14/k), func(lo, hi int) {
		for j := lo; j < hi; j++ {
			for c := range k {
				m.at[j*k+c] = float32(entry(j, c))
			}
		}
	})
	return m
}
