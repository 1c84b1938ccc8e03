package neighbors

import (
	"context"
	"math/bits"
	"slices"
	"sync/atomic"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Hamming is the share of the columns in which two rows differ (Hamming, Error
// detecting and error correcting codes, 1950), whatever the values. Where no column
// has more than 255 values, they are compared 64 columns at a time.
type Hamming struct{}

// String returns "hamming".
func (Hamming) String() string { return "hamming" }

var hamming = measures{
	single: shareOfDifferent[float32, float32],
	double: shareOfDifferent[float64, float64],
	mixed:  shareOfDifferent[float64, float32],
}

func (m Hamming) space(ctx context.Context, x mat.Matrix) (space, error) {
	if x, ok := thin(x); ok {
		return thinHamming.space(ctx, x)
	}
	c, err := newNumbering(ctx, x)
	switch {
	case err != nil:
		return nil, err
	case c == nil:
		return hamming.space(m.String(), x), nil
	}
	return newPrepared(ctx, m.String(), x, c.encode, c.pair())
}

func (Hamming) bytes(x mat.Matrix) int64 {
	if x, ok := thin(x); ok {
		return thinHamming.bytes(x)
	}
	n, d := x.Dims()
	return max(directBytes(x), int64(n)*int64(d)+8*255*int64(d))
}

func shareOfDifferent[A, B number](a []A, b []B) float64 {
	b = b[:len(a)]
	count := 0
	for i, v := range a {
		if float64(v) != float64(b[i]) {
			count++
		}
	}
	return float64(count) / float64(len(a))
}

// numbering numbers the values of every column. The bits of the numbers are spread over
// planes, a word for 64 columns each, so that a few operations compare 64 columns.
type numbering struct {
	values [][]float64 // of each column, ascending
	planes []int       // of each 64 columns
	width  int         // all planes
}

// most is how many values a column may have; one number more is for values that
// x does not have, which new rows may.
const most = 255

// newNumbering returns the numbering of the values of x, or nil where some column has more
// than most.
func newNumbering(ctx context.Context, x mat.Matrix) (*numbering, error) {
	n, d := x.Dims()
	c := &numbering{values: make([][]float64, d), planes: make([]int, (d+63)/64)}
	var many atomic.Bool
	err := par.BlocksWith(ctx, d, 64, func() []float64 { return make([]float64, d) }, func(buf []float64, lo, hi int) {
		sets := c.values[lo:hi]
		for i := 0; i < n && !many.Load() && ctx.Err() == nil; i++ {
			for j, v := range mat32.Row(buf, i, x)[lo:hi] {
				at, known := slices.BinarySearch(sets[j], v)
				if known {
					continue
				}
				if len(sets[j]) == most {
					many.Store(true)
					return
				}
				sets[j] = slices.Insert(sets[j], at, v)
			}
		}
	})
	if err != nil || many.Load() {
		return nil, err
	}
	for j, set := range c.values {
		c.planes[j/64] = max(c.planes[j/64], bits.Len(uint(len(set))))
	}
	for _, p := range c.planes {
		c.width += p
	}
	return c, nil
}

// encode returns the planes of the rows of y.
func (c *numbering) encode(ctx context.Context, y mat.Matrix) (*table[uint64], error) {
	n, d := y.Dims()
	t := newTable[uint64](n, c.width)
	return t, par.BlocksWith(ctx, n, max(1, 1<<14/d), func() []float64 { return make([]float64, d) }, func(buf []float64, lo, hi int) {
		for i := lo; i < hi; i++ {
			row, word := t.row(i), 0
			values := mat32.Row(buf, i, y)
			for g, planes := range c.planes {
				for j := 64 * g; j < min(64*(g+1), d); j++ {
					number, known := slices.BinarySearch(c.values[j], values[j])
					if !known {
						number = len(c.values[j])
					}
					for p := range planes {
						row[word+p] |= uint64(number>>p&1) << (j & 63)
					}
				}
				word += planes
			}
		}
	})
}

// pair returns the share of columns in which rows of planes differ.
func (c *numbering) pair() func(a, b []uint64) float64 {
	d := float64(len(c.values))
	if c.width == len(c.planes) {
		return func(a, b []uint64) float64 {
			b = b[:len(a)]
			count := 0
			for i, v := range a {
				count += bits.OnesCount64(v ^ b[i])
			}
			return float64(count) / d
		}
	}
	return func(a, b []uint64) float64 {
		b = b[:len(a)]
		count, word := 0, 0
		for _, planes := range c.planes {
			differ := uint64(0)
			for p := word; p < word+planes; p++ {
				differ |= a[p] ^ b[p]
			}
			word += planes
			count += bits.OnesCount64(differ)
		}
		return float64(count) / d
	}
}

// thinHamming counts the columns of both rows, less those they share, once where they
// differ there and twice where they are equal.
var thinHamming = &thinForm{
	name:  "hamming",
	about: numberOfValues,
	common: func(v, w float64) float64 {
		if v == w {
			return -2
		}
		return -1
	},
	proxy: func(a, b *[3]float64, sum, d float64) float64 { return (a[0] + b[0] + sum) / d },
	slack: none,
	exact: func(a, b *thinRow, d int) float64 {
		different, _ := union(a, b, func(v, w float64) float64 {
			if v == w {
				return 0
			}
			return 1
		})
		return different / float64(d)
	},
}

// none is the slack of proxies that are the distances, bit by bit.
func none(_, _ *[3]float64, _ float64) float64 { return 0 }
