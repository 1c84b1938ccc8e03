package neighbors

import (
	"cmp"
	"context"
	"encoding/binary"
	"hash/maphash"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// twins holds which rows of a matrix equal others. Nil means none.
type twins struct {
	group []int32   // of every row, −1 where it equals no other
	rows  [][]int32 // of every group, in order
}

// of returns the rows that equal row i, itself among them, or nil where there are
// no others.
func (t *twins) of(i int32) []int32 {
	if t == nil || t.group[i] < 0 {
		return nil
	}
	return t.rows[t.group[i]]
}

// newTwins compares the rows of x by hashes, and those of one hash by their
// values. It costs O(n·d + n·log n).
func newTwins(ctx context.Context, x mat.Matrix) (*twins, error) {
	n, d := x.Dims()
	seed := maphash.MakeSeed() // only decides who is compared with whom
	type hashed struct {
		hash uint64
		row  int32
	}
	all := make([]hashed, n)
	err := par.BlocksWith(ctx, n, max(1, 1<<16/max(d, 1)),
		func() *rowReader { return newRowReader(x) },
		func(r *rowReader, lo, hi int) {
			for i := lo; i < hi; i++ {
				all[i] = hashed{maphash.Bytes(seed, r.bytes(i)), int32(i)}
			}
		})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b hashed) int { return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.row, b.row)) })
	var t *twins
	first, other := newRowReader(x), newRowReader(x)
	for lo, hi := 0, 0; lo < n; lo = hi {
		for hi = lo + 1; hi < n && all[hi].hash == all[lo].hash; hi++ {
		}
		// Rows of one hash are all equal, but for a chance of n²/2⁶⁴.
		for same := all[lo:hi]; len(same) > 1; {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			var group []int32
			var rest []hashed
			b := first.bytes(int(same[0].row))
			for _, h := range same {
				if string(b) == string(other.bytes(int(h.row))) {
					group = append(group, h.row)
				} else {
					rest = append(rest, h)
				}
			}
			same = rest
			if len(group) == 1 {
				continue
			}
			if t == nil {
				t = &twins{group: make([]int32, n)}
				for i := range t.group {
					t.group[i] = -1
				}
			}
			t.rows = append(t.rows, group)
		}
	}
	if t != nil { // the order of hashes is left to chance
		slices.SortFunc(t.rows, func(a, b []int32) int { return cmp.Compare(a[0], b[0]) })
		for g, rows := range t.rows {
			for _, i := range rows {
				t.group[i] = int32(g)
			}
		}
	}
	return t, nil
}

// rowReader writes rows as bytes that equal those of equal rows.
type rowReader struct {
	x   mat.Matrix
	buf []float64
	b   []byte
}

func newRowReader(x mat.Matrix) *rowReader {
	_, d := x.Dims()
	r := &rowReader{x: x}
	if _, sparse := x.(*mat32.CSR); !sparse {
		r.buf = make([]float64, d)
	}
	return r
}

// bytes returns row i; the bytes hold until the next call.
func (r *rowReader) bytes(i int) []byte {
	r.b = r.b[:0]
	put := func(v float64) {
		r.b = binary.LittleEndian.AppendUint64(r.b, math.Float64bits(v+0)) // −0 is 0
	}
	if m, ok := r.x.(*mat32.CSR); ok {
		columns, values := m.Row(i)
		for k, v := range values {
			if v != 0 {
				r.b = binary.LittleEndian.AppendUint32(r.b, uint32(columns[k]))
				put(float64(v))
			}
		}
		return r.b
	}
	for _, v := range mat32.Row(r.buf, i, r.x) {
		put(v)
	}
	return r.b
}
