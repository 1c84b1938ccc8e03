package dr

import (
	"context"
	"fmt"
	"io"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// LogNormalize makes rows of counts comparable: each is scaled to the same total,
// and of every value v the logarithm log(1 + v) is taken, so that a few large
// counts do not drown the rest. A row without counts stays 0, which the embedding
// notes. It is what single-cell analysis begins with.
//
// Zeros stay zeros, sparse rows stay sparse and float32 rows float32.
//
// Time O(n·d), for sparse rows in the stored values; memory 8·n·d bytes for the
// result, or 8 bytes a stored value.
//
// Source: F. A. Wolf, P. Angerer and F. J. Theis (2018), SCANPY: large-scale
// single-cell gene expression data analysis (normalize_total and log1p).
type LogNormalize struct {
	// Target is the total of every row before logarithms, in counts. Larger ones
	// spread small counts further apart. Default: the median total of the rows that
	// have one.
	Target float64
}

// Resolve returns the options, or a *mat32.ParamError. A Target of 0 is left as it
// is: the default comes from the data.
func (l LogNormalize) Resolve(n, d int) (LogNormalize, error) {
	if !(l.Target >= 0) || math.IsInf(l.Target, 0) {
		return l, &mat32.ParamError{Method: logNormalizeName, Param: "Target", Value: l.Target, Want: "a positive total, or 0 for the median"}
	}
	return l, nil
}

// String returns the options in one line, as captions and tables show them.
func (l LogNormalize) String() string {
	if l.Target == 0 {
		return "total: the median"
	}
	return fmt.Sprintf("total %.6g", l.Target)
}

// Fit learns the total that rows are scaled to. Errors: those of mat32.CheckRows,
// mat32.Check and Resolve, *mat32.DegenerateError for a value below zero, where no
// row has a count, or where a total exceeds float64, and one that wraps ctx.Err().
func (l LogNormalize) Fit(ctx context.Context, x mat.Matrix) (*LogNormalizeModel, error) {
	n, d, err := checkRows(ctx, logNormalizeName, x, 1)
	if err != nil {
		return nil, err
	}
	if l, err = l.Resolve(n, d); err != nil {
		return nil, err
	}
	totals, err := rowTotals(ctx, logNormalizeName, x)
	if err != nil {
		return nil, err
	}
	empty := 0
	counted := make([]float64, 0, n)
	for _, t := range totals {
		if t > 0 {
			counted = append(counted, t)
		} else {
			empty++
		}
	}
	if len(counted) == 0 {
		return nil, &mat32.DegenerateError{Method: logNormalizeName, Reason: "no row has a count"}
	}
	m := &LogNormalizeModel{options: l, columns: d, target: l.Target}
	if m.target == 0 {
		m.target = rank(counted, 0, 0).quantile(.5)
	}
	z, err := m.scaled(ctx, x, totals)
	if err != nil {
		return nil, err
	}
	about := m.about()
	about.Rows, about.Dim, about.Objective = n, d, math.NaN()
	if empty > 0 {
		about.Notes = append(about.Notes, fmt.Sprintf("%d of %d rows have no counts: they stay 0", empty, n))
	}
	m.rows = newTreated(z, about)
	return m, nil
}

// Embed returns the treated rows of x: Fit(ctx, x) and its embedding.
func (l LogNormalize) Embed(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	m, err := l.Fit(ctx, x)
	if err != nil {
		return nil, err
	}
	return m.rows.embedded(logNormalizeName)
}

// rowTotals returns the sum of every row, of values that must not be negative.
func rowTotals(ctx context.Context, method string, x mat.Matrix) ([]float64, error) {
	n, _ := x.Dims()
	totals := make([]float64, n)
	err := eachNonzero(ctx, x, func(i int, columns []int32, values []float64) {
		for _, v := range values {
			if v < 0 {
				totals[i] = math.NaN()
				return
			}
			totals[i] += v
		}
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	for i, t := range totals {
		switch {
		case math.IsNaN(t):
			return nil, &mat32.DegenerateError{Method: method, Reason: fmt.Sprintf("row %d has a value below zero: these are no counts", i)}
		case math.IsInf(t, 0):
			return nil, &mat32.DegenerateError{Method: method, Reason: fmt.Sprintf("the total of row %d exceeds the largest float64: rescale the data", i)}
		}
	}
	return totals, nil
}

// LogNormalizeModel is fitted by LogNormalize.
type LogNormalizeModel struct {
	options LogNormalize
	columns int
	target  float64
	rows    *treated
}

// Target returns the total that rows are scaled to.
func (m *LogNormalizeModel) Target() float64 { return m.target }

// Embedding returns the treated rows the model was fitted to; see Sparse.
func (m *LogNormalizeModel) Embedding() *Embedding { return m.rows.embedding() }

// Sparse returns the treated rows the model was fitted to where they are sparse,
// and nil where they are not. It costs nothing, while Embedding makes a dense copy.
func (m *LogNormalizeModel) Sparse() *mat32.CSR { return m.rows.sparse() }

func (m *LogNormalizeModel) fitted() *treated { return m.rows }

func (m *LogNormalizeModel) about() Embedding {
	return Embedding{Method: "log-normalise", Options: m.options.String()}
}

// Transform treats new rows, n × d.
func (m *LogNormalizeModel) Transform(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	return transformed(ctx, m, x, logNormalizeName, m.about())
}

// TransformSparse treats new rows that are to stay sparse.
func (m *LogNormalizeModel) TransformSparse(ctx context.Context, x *mat32.CSR) (*mat32.CSR, error) {
	return transformedSparse(ctx, m, x, logNormalizeName)
}

func (m *LogNormalizeModel) treat(ctx context.Context, x mat.Matrix) (mat.Matrix, error) {
	if _, err := checkColumns(ctx, logNormalizeName, x, m.columns); err != nil {
		return nil, err
	}
	totals, err := rowTotals(ctx, logNormalizeName, x)
	if err != nil {
		return nil, err
	}
	return m.scaled(ctx, x, totals)
}

func (m *LogNormalizeModel) scaled(ctx context.Context, x mat.Matrix, totals []float64) (mat.Matrix, error) {
	return eachRow(ctx, logNormalizeName, x, true, func(i int, _ []int32, values []float64) {
		for k, v := range values {
			if v != 0 {
				values[k] = math.Log1p(v / totals[i] * m.target)
			}
		}
	})
}

// Inverse returns the counts of rows, n × d, as they were after scaling: what the
// total of a row had been is lost.
func (m *LogNormalizeModel) Inverse(ctx context.Context, z mat.Matrix) (*mat.Dense, error) {
	if _, err := checkColumns(ctx, logNormalizeName, z, m.columns); err != nil {
		return nil, err
	}
	x, err := eachRow(ctx, logNormalizeName, z, false, func(_ int, _ []int32, values []float64) {
		for k, v := range values {
			values[k] = math.Expm1(v)
		}
	})
	if err != nil {
		return nil, err
	}
	return x.(*mat.Dense), nil
}

// String returns a small table.
func (m *LogNormalizeModel) String() string {
	return fmt.Sprintf("log-normalise %d columns\n  total       %.6g", m.columns, m.target)
}

const logNormalizeName, logNormalizeKind, logNormalizeVersion = "dr.LogNormalize", "dr.LogNormalizeModel", 1

func (m *LogNormalizeModel) encode(w *saved.Writer) {
	w.JSON(m.options)
	w.Int(m.columns)
	w.Float(m.target)
	m.rows.encode(w)
}

func (m *LogNormalizeModel) decode(r *saved.Reader) {
	r.JSON(&m.options)
	m.columns, m.target = r.Int(), r.Float()
	m.rows = new(treated)
	m.rows.decode(r)
}

// WriteTo saves the model.
func (m *LogNormalizeModel) WriteTo(w io.Writer) (int64, error) {
	return write(w, logNormalizeKind, logNormalizeVersion, m.encode)
}

// ReadFrom replaces m by a saved model; see Embedding.ReadFrom for the errors.
func (m *LogNormalizeModel) ReadFrom(r io.Reader) (int64, error) {
	return read(r, logNormalizeKind, logNormalizeVersion, m, (*LogNormalizeModel).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *LogNormalizeModel) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *LogNormalizeModel) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
