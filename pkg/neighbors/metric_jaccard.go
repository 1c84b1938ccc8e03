package neighbors

import (
	"context"
	"math/bits"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Jaccard compares the sets of columns in which rows are not zero (Jaccard, The
// distribution of the flora in the alpine zone, 1912): one minus the share of
// their union that both have. Two empty sets are at 0. That is what SciPy gives for
// booleans; for numbers other than 0 and 1 SciPy's also asks whether they are equal.
type Jaccard struct{}

// String returns "jaccard".
func (Jaccard) String() string { return "jaccard" }

func (m Jaccard) space(ctx context.Context, x mat.Matrix) (space, error) {
	if x, ok := thin(x); ok {
		return thinJaccard.space(ctx, x)
	}
	return newPrepared(ctx, m.String(), x, patterns, func(a, b []uint64) float64 {
		return jaccardOf(common(a, b))
	})
}

func (Jaccard) bytes(x mat.Matrix) int64 {
	if x, ok := thin(x); ok {
		return thinJaccard.bytes(x)
	}
	return patternBytes(x)
}

// jaccardOf takes how many are in both sets, and in each.
func jaccardOf(both, a, b int) float64 {
	union := a + b - both
	return float64(union-both) / float64(max(union, 1))
}

// Dice compares the sets of columns in which rows are not zero (Dice, Measures of
// the amount of ecologic association between species, 1945): one minus twice the
// number that both have over the sum of their sizes. Two empty sets are at 0. It
// orders neighbours as Jaccard does, and breaks the triangle inequality.
type Dice struct{}

// String returns "dice".
func (Dice) String() string { return "dice" }

func (m Dice) space(ctx context.Context, x mat.Matrix) (space, error) {
	if x, ok := thin(x); ok {
		return thinDice.space(ctx, x)
	}
	return newPrepared(ctx, m.String(), x, patterns, func(a, b []uint64) float64 {
		return diceOf(common(a, b))
	})
}

func (Dice) bytes(x mat.Matrix) int64 {
	if x, ok := thin(x); ok {
		return thinDice.bytes(x)
	}
	return patternBytes(x)
}

func diceOf(both, a, b int) float64 { return float64(a+b-2*both) / float64(max(a+b, 1)) }

// patterns returns for every row a bit for every column that is not zero, and at
// last how many there are.
func patterns(ctx context.Context, y mat.Matrix) (*table[uint64], error) {
	n, d := y.Dims()
	words := (d + 63) / 64
	t := newTable[uint64](n, words+1)
	return t, par.BlocksWith(ctx, n, max(1, 1<<14/d), func() []float64 { return make([]float64, d) }, func(buf []float64, lo, hi int) {
		for i := lo; i < hi; i++ {
			row := t.row(i)
			for j, v := range mat32.Row(buf, i, y) {
				if v != 0 {
					row[j/64] |= 1 << (j & 63)
					row[words]++
				}
			}
		}
	})
}

func patternBytes(x mat.Matrix) int64 {
	n, d := x.Dims()
	return 8 * int64(n) * int64((d+63)/64+1)
}

// common returns how many bits two patterns share, and how many each has.
func common(a, b []uint64) (both, inA, inB int) {
	last := len(a) - 1
	b = b[:len(a)]
	for i, v := range a[:last] {
		both += bits.OnesCount64(v & b[i])
	}
	return both, int(a[last]), int(b[last])
}

var (
	thinJaccard = thinSets("jaccard", jaccardOf)
	thinDice    = thinSets("dice", diceOf)
)

// thinSets compares the sets of columns that rows have.
func thinSets(name string, of func(both, a, b int) float64) *thinForm {
	return &thinForm{
		name:  name,
		about: numberOfValues,
		value: func(float64, [3]float64) float64 { return 1 }, // products of ones count what rows share
		proxy: func(a, b *[3]float64, sum, _ float64) float64 {
			return of(int(sum), int(a[0]), int(b[0]))
		},
		slack: none,
		exact: func(a, b *thinRow, _ int) float64 {
			_, count := union(a, b, func(_, _ float64) float64 { return 0 })
			return of(len(a.columns)+len(b.columns)-count, len(a.columns), len(b.columns))
		},
	}
}
