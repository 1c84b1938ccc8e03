package dr

import (
	"context"
	"fmt"
	"io"
	"math"
	"sync/atomic"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// RowNorm is how long RowNormalize finds a row.
type RowNorm string

const (
	// L2 is the root of the sum of squares: distances of normalised rows are those
	// of their directions, and products are cosines.
	L2 RowNorm = "l2"

	// L1 is the sum of magnitudes: counts become shares.
	L1 RowNorm = "l1"

	// Max is the largest magnitude.
	Max RowNorm = "max"
)

// RowNormalize divides every row by its norm, so that only its direction counts.
// A row of zeros stays as it is, which the embedding notes.
//
// Zeros stay zeros, sparse rows stay sparse and float32 rows float32.
//
// Time O(n·d), for sparse rows in the stored values; memory 8·n·d bytes for the
// result, or 8 bytes a stored value.
type RowNormalize struct {
	// Norm is L2, L1 or Max. Default L2.
	Norm RowNorm
}

// Resolve returns the options with defaults filled in, or a *mat32.ParamError.
func (r RowNormalize) Resolve(n, d int) (RowNormalize, error) {
	if r.Norm == "" {
		r.Norm = L2
	}
	if _, ok := rowNorms[r.Norm]; !ok {
		return r, &mat32.ParamError{Method: rowNormalizeName, Param: "Norm", Value: string(r.Norm), Want: "L2, L1 or Max"}
	}
	return r, nil
}

// String returns the options in one line, as captions and tables show them.
func (r RowNormalize) String() string {
	r, _ = r.Resolve(1, 1)
	return string(r.Norm) + " norm"
}

// rowNorms holds the norms of rows over unit.
var rowNorms = map[RowNorm]func(values []float64, unit float64) float64{
	L2: func(values []float64, unit float64) float64 {
		sum := 0.
		for _, v := range values {
			if unit != 1 {
				v /= unit
			}
			sum += v * v
		}
		return math.Sqrt(sum)
	},
	L1: func(values []float64, unit float64) float64 {
		sum := 0.
		for _, v := range values {
			sum += math.Abs(v) / unit
		}
		return sum
	},
	Max: func(values []float64, unit float64) float64 {
		largest := 0.
		for _, v := range values {
			largest = max(largest, math.Abs(v))
		}
		return largest / unit
	},
}

// Fit treats the rows of x (n × d); there is nothing to learn. Errors: those of
// mat32.CheckRows, mat32.Check and Resolve, and one that wraps ctx.Err().
func (r RowNormalize) Fit(ctx context.Context, x mat.Matrix) (*RowNormalizeModel, error) {
	n, d, err := checkRows(ctx, rowNormalizeName, x, 1)
	if err != nil {
		return nil, err
	}
	if r, err = r.Resolve(n, d); err != nil {
		return nil, err
	}
	m := &RowNormalizeModel{options: r, columns: d}
	z, zeros, err := m.normalized(ctx, x)
	if err != nil {
		return nil, err
	}
	about := m.about()
	about.Rows, about.Dim, about.Objective = n, d, math.NaN()
	if zeros > 0 {
		about.Notes = append(about.Notes, fmt.Sprintf("%d of %d rows are zero: they have no direction, and stay as they are", zeros, n))
	}
	m.rows = newTreated(z, about)
	return m, nil
}

// Embed returns the normalised rows of x: Fit(ctx, x) and its embedding.
func (r RowNormalize) Embed(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	m, err := r.Fit(ctx, x)
	if err != nil {
		return nil, err
	}
	return m.rows.embedded(rowNormalizeName)
}

// RowNormalizeModel is fitted by RowNormalize. It has no Inverse: the lengths of
// the rows are lost.
type RowNormalizeModel struct {
	options RowNormalize
	columns int
	rows    *treated
}

// Embedding returns the normalised rows the model was fitted to; see Sparse.
func (m *RowNormalizeModel) Embedding() *Embedding { return m.rows.embedding() }

// Sparse returns the normalised rows the model was fitted to where they are
// sparse, and nil where they are not. It costs nothing, while Embedding makes a
// dense copy.
func (m *RowNormalizeModel) Sparse() *mat32.CSR { return m.rows.sparse() }

func (m *RowNormalizeModel) fitted() *treated { return m.rows }

func (m *RowNormalizeModel) about() Embedding {
	return Embedding{Method: "normalise rows", Options: m.options.String()}
}

// Transform normalises new rows, n × d.
func (m *RowNormalizeModel) Transform(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	return transformed(ctx, m, x, rowNormalizeName, m.about())
}

// TransformSparse normalises new rows that are to stay sparse.
func (m *RowNormalizeModel) TransformSparse(ctx context.Context, x *mat32.CSR) (*mat32.CSR, error) {
	return transformedSparse(ctx, m, x, rowNormalizeName)
}

func (m *RowNormalizeModel) treat(ctx context.Context, x mat.Matrix) (mat.Matrix, error) {
	if _, err := checkColumns(ctx, rowNormalizeName, x, m.columns); err != nil {
		return nil, err
	}
	z, _, err := m.normalized(ctx, x)
	return z, err
}

// normalized also returns how many rows are zero.
func (m *RowNormalizeModel) normalized(ctx context.Context, x mat.Matrix) (mat.Matrix, int, error) {
	norm := rowNorms[m.options.Norm]
	var zeros atomic.Int64
	z, err := eachRow(ctx, rowNormalizeName, x, true, func(_ int, _ []int32, values []float64) {
		largest := 0.
		for _, v := range values {
			largest = max(largest, math.Abs(v))
		}
		if largest == 0 {
			zeros.Add(1)
			return
		}
		if largest > 0x1p-400 && largest < 0x1p400 { // whose squares are in range
			largest = 1
		}
		length := norm(values, largest)
		for k, v := range values {
			if largest != 1 {
				v /= largest
			}
			values[k] = v / length
		}
	})
	return z, int(zeros.Load()), err
}

// String returns a small table.
func (m *RowNormalizeModel) String() string {
	return fmt.Sprintf("normalise rows of %d columns\n  by          %s", m.columns, m.options)
}

const rowNormalizeName, rowNormalizeKind, rowNormalizeVersion = "dr.RowNormalize", "dr.RowNormalizeModel", 1

func (m *RowNormalizeModel) encode(w *saved.Writer) {
	w.JSON(m.options)
	w.Int(m.columns)
	m.rows.encode(w)
}

func (m *RowNormalizeModel) decode(r *saved.Reader) {
	r.JSON(&m.options)
	m.columns = r.Int()
	m.rows = new(treated)
	m.rows.decode(r)
	if _, err := m.options.Resolve(1, 1); r.OK() && err != nil {
		r.Fail("it has a norm of unknown name")
	}
}

// WriteTo saves the model.
func (m *RowNormalizeModel) WriteTo(w io.Writer) (int64, error) {
	return write(w, rowNormalizeKind, rowNormalizeVersion, m.encode)
}

// ReadFrom replaces m by a saved model; see Embedding.ReadFrom for the errors.
func (m *RowNormalizeModel) ReadFrom(r io.Reader) (int64, error) {
	return read(r, rowNormalizeKind, rowNormalizeVersion, m, (*RowNormalizeModel).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *RowNormalizeModel) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *RowNormalizeModel) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
