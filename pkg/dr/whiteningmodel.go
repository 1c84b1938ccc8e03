package dr

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// WhiteningModel is fitted by Whitening and by ZipfianWhitening. It keeps the map,
// not the rows it was fitted to.
type WhiteningModel struct {
	method, name, options string
	linearMap
	deviations []float64 // along the principal directions
	embedding  *Embedding
}

// Mean returns a copy of what is subtracted from rows.
func (m *WhiteningModel) Mean() []float64 { return slices.Clone(m.mean) }

// Matrix returns a copy of the map of centred rows, coordinates × d.
func (m *WhiteningModel) Matrix() *mat.Dense { return mat.DenseCopyOf(m.forward) }

// Deviations returns what coordinates along the principal directions are divided by,
// largest first: their standard deviations, in units of the data (of standardised
// columns with WhitenPCACor and WhitenZCACor), with what Shrinkage makes of them.
func (m *WhiteningModel) Deviations() []float64 { return slices.Clone(m.deviations) }

// Embedding returns the white rows the model was fitted to.
func (m *WhiteningModel) Embedding() *Embedding { return m.embedding }

func (m *WhiteningModel) about(z *mat.Dense, n int) *Embedding {
	return &Embedding{Dense: z, Method: m.name, Options: m.options, Rows: n, Dim: len(m.mean), Objective: math.NaN()}
}

// mapped maps rows by products of bands of them.
func (m *WhiteningModel) mapped(ctx context.Context, x mat.Matrix) (*mat.Dense, error) {
	k, d := m.forward.Dims()
	n, err := checkColumns(ctx, m.method, x, d)
	if err != nil {
		return nil, err
	}
	z := mat.NewDense(n, k, nil)
	rows := mat.NewDense(min(n, band), d, nil)
	for lo := 0; lo < n; lo += band {
		part := rows.Slice(0, min(band, n-lo), 0, d).(*mat.Dense)
		count, _ := part.Dims()
		err := par.Blocks(ctx, count, 32, func(from, to int) {
			for i := from; i < to; i++ {
				row := part.RawRowView(i)
				for j, v := range mat32.Row(row, lo+i, x) {
					row[j] = v - m.mean[j]
				}
			}
		})
		if err == nil {
			out := z.Slice(lo, lo+count, 0, k).(*mat.Dense)
			err = multiply(ctx, out, part, blas.NoTrans, m.forward, blas.Trans)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.method, err)
		}
	}
	return z, checkFits(m.method, z)
}

// Transform maps new rows, n × d, by the same map. Time O(n·d·k) for k coordinates.
func (m *WhiteningModel) Transform(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	z, err := m.mapped(ctx, x)
	if err != nil {
		return nil, err
	}
	n, _ := z.Dims()
	return m.about(z, n), nil
}

// Inverse returns the points of the data space that lie in the span of the
// directions kept and have the white coordinates z.
func (m *WhiteningModel) Inverse(ctx context.Context, z mat.Matrix) (*mat.Dense, error) {
	return m.undo(ctx, m.method, z)
}

// String returns a small table: the options and the standard deviations that were
// levelled.
func (m *WhiteningModel) String() string {
	const shown = 6
	var b strings.Builder
	k, d := m.forward.Dims()
	fmt.Fprintf(&b, "%s of %d columns to %d\n  by          %s\n  deviations ", m.name, d, k, m.options)
	for i, s := range m.deviations {
		if i < shown || i == len(m.deviations)-1 {
			fmt.Fprintf(&b, " %.4g", s)
		} else if i == shown {
			b.WriteString(" …")
		}
	}
	return b.String()
}

const whiteningKind, whiteningVersion = "dr.WhiteningModel", 1

func (m *WhiteningModel) encode(w *saved.Writer) {
	w.Text(m.method)
	w.Text(m.name)
	w.Text(m.options)
	w.Floats(m.mean)
	w.Matrix(m.forward)
	w.Matrix(m.back)
	w.Floats(m.deviations)
	m.embedding.encode(w)
}

func (m *WhiteningModel) decode(r *saved.Reader) {
	m.method, m.name, m.options = r.Text(), r.Text(), r.Text()
	m.mean, m.forward, m.back, m.deviations = r.Floats(), r.Matrix(), r.Matrix(), r.Floats()
	m.embedding = new(Embedding)
	m.embedding.decode(r)
	if !r.OK() {
		return
	}
	if m.forward == nil || m.back == nil {
		r.Fail("it has no map")
		return
	}
	k, d := m.forward.Dims()
	k2, d2 := m.back.Dims()
	if k != k2 || d != d2 || d != len(m.mean) {
		r.Fail("its parts differ in size")
	}
}

// WriteTo saves the model with its embedding.
func (m *WhiteningModel) WriteTo(w io.Writer) (int64, error) {
	return write(w, whiteningKind, whiteningVersion, m.encode)
}

// ReadFrom replaces m by a saved model; see Embedding.ReadFrom for the errors.
func (m *WhiteningModel) ReadFrom(r io.Reader) (int64, error) {
	return read(r, whiteningKind, whiteningVersion, m, (*WhiteningModel).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *WhiteningModel) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *WhiteningModel) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
