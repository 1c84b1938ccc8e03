package dr

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"sync/atomic"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// ImputeModel is fitted by Impute. With FillNearest it keeps the rows it was fitted
// to, in float64. It has no Inverse: what was missing is not known.
type ImputeModel struct {
	options Impute
	fill    []float64
	donors  *donors // for FillNearest
	rows    *treated
}

// Fill returns what missing values of each column are filled with; with FillNearest
// where no row can lend one.
func (m *ImputeModel) Fill() []float64 { return slices.Clone(m.fill) }

// Embedding returns the rows the model was fitted to, with what was missing; see
// Sparse.
func (m *ImputeModel) Embedding() *Embedding { return m.rows.embedding() }

// Sparse returns the rows the model was fitted to, with what was missing, where
// they are sparse, and nil where they are not. It costs nothing, while Embedding
// makes a dense copy.
func (m *ImputeModel) Sparse() *mat32.CSR { return m.rows.sparse() }

func (m *ImputeModel) fitted() *treated { return m.rows }

func (m *ImputeModel) about() Embedding {
	return Embedding{Method: "impute", Options: m.options.String()}
}

// Transform returns new rows, n × d, with what is missing; with FillNearest from
// the rows the model was fitted to.
func (m *ImputeModel) Transform(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	return transformed(ctx, m, x, imputeName, m.about())
}

// TransformSparse is Transform for new rows that are to stay sparse.
func (m *ImputeModel) TransformSparse(ctx context.Context, x *mat32.CSR) (*mat32.CSR, error) {
	return transformedSparse(ctx, m, x, imputeName)
}

func (m *ImputeModel) treat(ctx context.Context, x mat.Matrix) (mat.Matrix, error) {
	n, d, missing, err := checkGaps(ctx, imputeName, x)
	if err != nil {
		return nil, err
	}
	if d != len(m.fill) {
		return nil, fmt.Errorf("%s: %w", imputeName, &mat32.ShapeError{What: "x", Rows: n, Cols: d,
			Want: fmt.Sprintf("the %d columns the model was fitted to", len(m.fill))})
	}
	z, _, err := m.filledIn(ctx, x, missing)
	return z, err
}

// filledIn also returns how many values no row could lend.
func (m *ImputeModel) filledIn(ctx context.Context, x mat.Matrix, missing bool) (mat.Matrix, int, error) {
	var alone atomic.Int64
	lookUp := missing && m.donors != nil
	z, err := eachRow(ctx, imputeName, x, true, func(i int, columns []int32, values []float64) {
		if !slices.ContainsFunc(values, math.IsNaN) || ctx.Err() != nil {
			return
		}
		fill := m.fill
		if lookUp {
			fill = slices.Clone(mat32.Row(make([]float64, len(m.fill)), i, x))
			alone.Add(int64(m.donors.lend(fill, m.options, m.fill)))
		}
		for k, v := range values {
			j := k
			if columns != nil {
				j = int(columns[k])
			}
			if math.IsNaN(v) {
				values[k] = fill[j]
			}
		}
	})
	return z, int(alone.Load()), err
}

// String returns a small table: the options and what columns are filled with.
func (m *ImputeModel) String() string {
	s := fmt.Sprintf("impute %d columns\n  by          %s", len(m.fill), m.options)
	if m.donors == nil {
		s += "\n  filled with " + describe(m.fill)
	}
	return s
}

const imputeKind, imputeVersion = "dr.ImputeModel", 1

func (m *ImputeModel) encode(w *saved.Writer) {
	w.JSON(m.options)
	w.Floats(m.fill)
	w.Bool(m.donors != nil)
	if m.donors != nil {
		w.Matrix(m.donors.values)
		w.Matrix(m.donors.present)
		w.Float(m.donors.scale)
	}
	m.rows.encode(w)
}

func (m *ImputeModel) decode(r *saved.Reader) {
	r.JSON(&m.options)
	m.fill = r.Floats()
	fits := len(m.fill) > 0
	if r.Bool() {
		m.donors = &donors{values: r.Matrix(), present: r.Matrix(), scale: r.Float()}
		fits = fits && m.donors.values != nil && m.donors.present != nil
		if fits {
			n, d := m.donors.values.Dims()
			n2, d2 := m.donors.present.Dims()
			fits = n == n2 && d == d2 && d == len(m.fill)
		}
	}
	m.rows = new(treated)
	m.rows.decode(r)
	if r.OK() && !fits {
		r.Fail("its parts differ in size")
	}
}

// WriteTo saves the model.
func (m *ImputeModel) WriteTo(w io.Writer) (int64, error) {
	return write(w, imputeKind, imputeVersion, m.encode)
}

// ReadFrom replaces m by a saved model; see Embedding.ReadFrom for the errors.
func (m *ImputeModel) ReadFrom(r io.Reader) (int64, error) {
	return read(r, imputeKind, imputeVersion, m, (*ImputeModel).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *ImputeModel) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *ImputeModel) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
