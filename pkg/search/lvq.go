package search

import (
	"context"
	"fmt"
	"math"
	"strings"
	"sync/atomic"

	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// LVQ makes vectors coarser: each row, less the mean of all, is cut into 2^Bits even steps
// between its own least and largest value (C. Aguerrebere, I. Bhati, M. Hildebrand, M. Tepper
// and T. Willke, 2023, Similarity search in the blink of an eye with compressed indices:
// locally-adaptive vector quantization).
//
// A row takes d·Bits/8 bytes and 8 more. Time O(n·d), memory that of the codes.
type LVQ struct {
	// Bits is how many bits a value takes: 4 or 8. Default 8.
	Bits int

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// LVQModel holds coarse rows.
type LVQModel struct {
	Options LVQ       // resolved
	Mean    []float32 // of all rows
	Least   []float32 // of every row, the least value that its codes stand for, less the mean
	Step    []float32 // of every row, between one code and the next
	Codes   []uint8   // row after row, each in whole bytes; with 4 bits two values to a byte, the first in the low half

	n, d, stride int
}

const lvq = "search.LVQ"

// Resolve returns the options with defaults filled in, or a *mat32.ParamError.
func (l LVQ) Resolve(n, d int) (LVQ, error) {
	if n < 1 || d < 1 {
		return l, mat32.Rename(lvq, mat32.ErrEmpty)
	}
	if l.Bits == 0 {
		l.Bits = 8
	}
	if l.Bits != 4 && l.Bits != 8 {
		return l, &mat32.ParamError{Method: lvq, Param: "Bits", Value: l.Bits, Want: "4 or 8"}
	}
	if l.MemoryLimit < 0 {
		return l, &mat32.ParamError{Method: lvq, Param: "MemoryLimit", Value: l.MemoryLimit, Want: "0 or more bytes"}
	}
	return l, nil
}

// Fit makes the rows of x (n × d) coarser. Errors: those of mat32.Check, a *mat32.ParamError, a
// *mat32.MemoryError, and one that wraps ctx.Err().
func (l LVQ) Fit(ctx context.Context, x mat.Matrix) (*LVQModel, error) {
	rows, err := table(ctx, lvq, "x", x)
	if err != nil {
		return nil, err
	}
	n, d := x.Dims()
	if l, err = l.Resolve(n, d); err != nil {
		return nil, err
	}
	stride := (d*l.Bits + 7) / 8
	if err := mat32.CheckMemory(lvq, int64(n)*int64(stride+8)+4*int64(d), l.MemoryLimit, "use 4 bits, or fewer rows"); err != nil {
		return nil, err
	}
	return l.fit(ctx, rows)
}

func (l LVQ) fit(ctx context.Context, rows blas32.General) (*LVQModel, error) {
	n, d := rows.Rows, rows.Cols
	m := &LVQModel{Options: l, n: n, d: d, stride: (d*l.Bits + 7) / 8, Mean: make([]float32, d), Least: make([]float32, n), Step: make([]float32, n)}
	m.Codes = make([]uint8, n*m.stride)
	const block = 1024
	sums := make([]float64, (n+block-1)/block*d)
	err := par.Blocks(ctx, n, block, func(lo, hi int) {
		sum := sums[lo/block*d:][:d]
		for i := lo; i < hi; i++ {
			add(sum, rows.Data[i*rows.Stride:][:d])
		}
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", lvq, err)
	}
	for at := d; at < len(sums); at += d {
		kernel.Axpy64(1, sums[at:at+d], sums[:d])
	}
	for j, s := range sums[:d] {
		m.Mean[j] = float32(s / float64(n))
	}
	top := int32(1)<<l.Bits - 1
	var beyond atomic.Bool
	err = par.BlocksWith(ctx, n, 256, func() []float32 { return make([]float32, d) }, func(row []float32, lo, hi int) {
		for i := lo; i < hi; i++ {
			kernel.Difference32(row, rows.Data[i*rows.Stride:][:d], m.Mean)
			least, most := row[0], row[0]
			for _, v := range row {
				if v < least {
					least = v
				}
				if v > most {
					most = v
				}
			}
			step := most/float32(top) - least/float32(top)
			if m.Least[i], m.Step[i] = least, step; step-step != 0 {
				beyond.Store(true)
				return
			}
			if step == 0 {
				continue
			}
			code := m.Codes[i*m.stride:][:m.stride]
			for j, v := range row {
				c := top
				if at := (v-least)/step + .5; at < float32(top) {
					c = int32(at)
				}
				if l.Bits == 8 {
					code[j] = uint8(c)
				} else {
					code[j/2] |= uint8(c) << (4 * (j % 2))
				}
			}
		}
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", lvq, err)
	}
	if beyond.Load() {
		return nil, &mat32.DegenerateError{Method: lvq, Reason: "rows differ from their mean by more than float32 holds"}
	}
	return m, nil
}

// Len returns the number of rows.
func (m *LVQModel) Len() int { return m.n }

// Bytes returns the memory of the coarse rows.
func (m *LVQModel) Bytes() int64 { return int64(m.n)*int64(m.stride+8) + 4*int64(m.d) }

// perValue is the bytes that are read for one value.
func (m *LVQModel) perValue() float64 { return float64(m.stride+8) / float64(m.d) }

// Decode writes what row i is taken for to dst, which has the length of a row.
func (m *LVQModel) Decode(i int, dst []float32) {
	m.decode(i, dst, 1)
	for j, v := range m.Mean {
		dst[j] = max(-math.MaxFloat32, min(math.MaxFloat32, dst[j]+v)) // the last step may reach beyond the largest value
	}
}

// decode writes what row i, less the mean and times a unit, is taken for.
func (m *LVQModel) decode(i int, dst []float32, unit float32) {
	code, least, step := m.Codes[i*m.stride:][:m.stride], m.Least[i]*unit, m.Step[i]*unit
	if m.Options.Bits == 8 {
		for j, c := range code {
			dst[j] = least + step*float32(c)
		}
		return
	}
	for j := range m.d {
		dst[j] = least + step*float32(code[j/2]>>(4*(j%2))&15)
	}
}

// fill writes decoded rows less the mean, in units near the largest value.
func (m *LVQModel) fill() fill {
	var largest float32
	levels := float32(int(1)<<m.Options.Bits - 1)
	for i, least := range m.Least {
		largest = max(largest, -least, least+levels*m.Step[i])
	}
	unit := unitOf(largest)
	return func(lo, hi int, to []float32) {
		for i := lo; i < hi; i++ {
			m.decode(i, to[(i-lo)*m.d:][:m.d], unit)
		}
	}
}

// Decoded returns what all rows are taken for (n × d).
func (m *LVQModel) Decoded() *mat32.Dense {
	out := mat32.NewDense(m.n, m.d, make([]float32, m.n*m.d))
	for i := range m.n {
		m.Decode(i, out.Row(i))
	}
	return out
}

// String returns a small table.
func (m *LVQModel) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "LVQ  %d rows of %d values in %d bits\n  bytes       %d, %.3g of float32", m.n, m.d, m.Options.Bits, m.Bytes(), float64(m.Bytes())/float64(4*m.n*m.d))
	return b.String()
}
