package mat32

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
)

// Fingerprint returns 32 hexadecimal digits that identify the shape and values
// of x: equal values give equal fingerprints whatever type holds them (a
// float64 matrix of values that float32 holds exactly equals its Dense copy, and
// a CSR its dense twin), −0 counts as 0, and all NaN are one. *Distances are
// other data than rows of the same numbers, and have another fingerprint. It is
// the first half of a SHA-256 over blocks of rows hashed in parallel. It costs
// O(n·d), of a *CSR O(n + stored values), and keeps 32 bytes for each block.
func Fingerprint(x mat.Matrix) string {
	s, _ := FingerprintContext(context.Background(), x) // no error: this context is never done
	return s
}

// FingerprintContext is Fingerprint for large data: the error is ctx.Err() when
// ctx is done before all is read.
func FingerprintContext(ctx context.Context, x mat.Matrix) (string, error) {
	n, d := x.Dims()
	size := max(64, 1<<16/max(d, 1)) // the same for all types
	sums := make([]byte, (n+size-1)/size*sha256.Size)
	type scratch struct {
		hash.Hash
		encoder rowEncoder
	}
	err := par.BlocksWith(ctx, n, size,
		func() *scratch { return &scratch{sha256.New(), newRowEncoder(x)} },
		func(s *scratch, lo, hi int) {
			s.Reset()
			for i := lo; i < hi; i++ {
				s.Write(s.encoder.encode(i))
			}
			b := lo / size * sha256.Size
			s.Sum(sums[b : b : b+sha256.Size])
		})
	if err != nil {
		return "", err
	}
	h := sha256.New()
	var head [16]byte
	binary.LittleEndian.PutUint64(head[:8], uint64(n))
	binary.LittleEndian.PutUint64(head[8:], uint64(d))
	h.Write(head[:])
	if _, ok := x.(*Distances); ok {
		h.Write([]byte("distances"))
	}
	h.Write(sums)
	return hex.EncodeToString(h.Sum(nil)[:16]), nil
}

// rowEncoder writes rows as bytes that equal those of equal rows, whatever type
// holds them: for every value other than zero how many columns it is after the
// one before it, and the value; then a 0. No other row has the same bytes, and
// zeros cost nothing where they are not stored.
type rowEncoder struct {
	x     mat.Matrix
	buf   []float64
	bytes []byte
}

func newRowEncoder(x mat.Matrix) rowEncoder {
	e := rowEncoder{x: x}
	switch x.(type) {
	case *CSR, *Distances: // rows of values that need no room to be gathered in
	default:
		_, d := x.Dims()
		e.buf = make([]float64, d)
	}
	return e
}

// encode returns row i; the bytes hold until the next call.
func (e *rowEncoder) encode(i int) []byte {
	b, last := e.bytes[:0], -1
	if m, ok := e.x.(*CSR); ok {
		columns, values := m.Row(i)
		for k, v := range values {
			if v != 0 {
				j := int(columns[k])
				b, last = appendEntry(b, j-last, float64(v)), j
			}
		}
	} else {
		for j, v := range e.row(i) {
			if v != 0 {
				b, last = appendEntry(b, j-last, v), j
			}
		}
	}
	e.bytes = append(b, 0)
	return e.bytes
}

// row returns the values of row i; of distances those to the rows that follow,
// which hold every pair once.
func (e *rowEncoder) row(i int) []float64 {
	if d, ok := e.x.(*Distances); ok {
		return d.after(i)
	}
	return Row(e.buf, i, e.x)
}

// appendEntry writes a value and how many columns it is after the one before it.
// Half the bytes do where float32 holds the value, which the lowest bit of the gap
// tells; hashing them is what the time goes into.
func appendEntry(b []byte, gap int, v float64) []byte {
	if short := float32(v); float64(short) == v {
		return binary.LittleEndian.AppendUint32(binary.AppendUvarint(b, uint64(gap)<<1|1), math.Float32bits(short))
	}
	if v != v {
		v = math.NaN() // one of the many
	}
	return binary.LittleEndian.AppendUint64(binary.AppendUvarint(b, uint64(gap)<<1), math.Float64bits(v))
}
