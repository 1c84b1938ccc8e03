package dr

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Standardize brings every column to location 0 and scale 1, so that no feature
// weighs more for its unit of measurement. A constant column becomes 0, which
// the embedding notes.
//
// With KeepLocation zeros stay zeros, sparse rows stay sparse and float32 rows float32.
//
// Time O(n·d) (with Robust O(n·d·log n)), for sparse rows that stay so in the
// stored values; memory 8·n·d bytes for the result, or 20 bytes a stored value.
type Standardize struct {
	// Robust takes the median and the interquartile range (linearly
	// interpolated quantiles) instead of the mean and the standard deviation
	// (divisor n), so that outliers do not set the scale. Default false.
	Robust bool

	// MAD takes the median absolute deviation from the median as scale, over
	// 0.6745, which makes it the standard deviation of normal data; up to half of
	// the values may be outliers. It is for Robust, and ignored without. Default
	// false.
	MAD bool

	// KeepLocation leaves the location of the columns as it is. Default false.
	KeepLocation bool

	// KeepScale leaves the scale of the columns as it is. Default false.
	KeepScale bool
}

// StandardizeModel is fitted by Standardize.
type StandardizeModel struct {
	options         Standardize
	location, scale []float64
	rows            *treated
}

// Resolve returns the options: there are no defaults to fill in.
func (s Standardize) Resolve(n, d int) (Standardize, error) { return s, nil }

// String returns the options in one line, as captions and tables show them.
func (s Standardize) String() string {
	text := "mean and standard deviation (divisor n)"
	if s.Robust {
		text = "median and " + s.spread()
	}
	if s.KeepLocation {
		text += ", location kept"
	}
	if s.KeepScale {
		text += ", scale kept"
	}
	return text
}

// Fit learns location and scale of the columns of x (n × d). Errors: those of
// mat32.CheckRows and mat32.Check, *mat32.DegenerateError where a column's range
// exceeds float64, and one that wraps ctx.Err().
func (s Standardize) Fit(ctx context.Context, x mat.Matrix) (*StandardizeModel, error) {
	const method = standardizeName
	n, d, err := checkRows(ctx, method, x, 1)
	if err != nil {
		return nil, err
	}
	m := &StandardizeModel{options: s, location: make([]float64, d), scale: make([]float64, d)}
	constant := make([]bool, d)
	measure := s.measure()
	err = eachColumn(ctx, x, func(j int, nonzero []float64) {
		m.location[j], m.scale[j] = measure(nonzero, n)
		constant[j] = m.scale[j] == 0
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	flat := 0
	for j := range d {
		if math.IsInf(m.scale[j], 0) || math.IsNaN(m.scale[j]) {
			return nil, &mat32.DegenerateError{Method: method, Reason: fmt.Sprintf("the scale of column %d exceeds the largest float64", j)}
		}
		if constant[j] {
			flat++
		}
		if s.KeepScale || constant[j] {
			m.scale[j] = 1
		}
		if s.KeepLocation {
			m.location[j] = 0
		}
	}
	z, err := m.treat(ctx, x)
	if err != nil {
		return nil, err
	}
	about := m.about()
	about.Rows, about.Dim, about.Objective = n, d, math.NaN()
	if flat > 0 {
		about.Notes = append(about.Notes, fmt.Sprintf("%d of %d columns have %s 0: their scale was left as it is", flat, d, s.spread()))
	}
	m.rows = newTreated(z, about)
	return m, nil
}

// spread names what scales are.
func (s Standardize) spread() string {
	switch {
	case s.Robust && s.MAD:
		return "median absolute deviation"
	case s.Robust:
		return "interquartile range"
	}
	return "standard deviation"
}

// measure returns what measures location and scale of a column: its values that
// are not zero, of n in all.
func (s Standardize) measure() func(nonzero []float64, n int) (location, scale float64) {
	switch {
	case s.Robust && s.MAD:
		return deviations
	case s.Robust:
		return quartiles
	}
	return moments
}

// Embed returns the standardised rows of x: Fit(ctx, x) and its embedding.
func (s Standardize) Embed(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	m, err := s.Fit(ctx, x)
	if err != nil {
		return nil, err
	}
	return m.rows.embedded(standardizeName)
}

// Location returns what is subtracted from the d columns, and Scale what they
// are then divided by; both are copies.
func (m *StandardizeModel) Location() []float64 { return slices.Clone(m.location) }

// Scale returns what the d columns are divided by.
func (m *StandardizeModel) Scale() []float64 { return slices.Clone(m.scale) }

// Embedding returns the standardised rows the model was fitted to; see Sparse.
func (m *StandardizeModel) Embedding() *Embedding { return m.rows.embedding() }

// Sparse returns the standardised rows the model was fitted to where they are
// sparse, and nil where they are not. It costs nothing, while Embedding makes a
// dense copy.
func (m *StandardizeModel) Sparse() *mat32.CSR { return m.rows.sparse() }

func (m *StandardizeModel) fitted() *treated { return m.rows }

func (m *StandardizeModel) about() Embedding {
	return Embedding{Method: "standardize", Options: m.options.String()}
}

// Transform standardises new rows, n × d.
func (m *StandardizeModel) Transform(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	return transformed(ctx, m, x, standardizeName, m.about())
}

// TransformSparse standardises new rows that are to stay sparse; that takes
// KeepLocation.
func (m *StandardizeModel) TransformSparse(ctx context.Context, x *mat32.CSR) (*mat32.CSR, error) {
	return transformedSparse(ctx, m, x, standardizeName)
}

func (m *StandardizeModel) treat(ctx context.Context, x mat.Matrix) (mat.Matrix, error) {
	if _, err := checkColumns(ctx, standardizeName, x, len(m.location)); err != nil {
		return nil, err
	}
	return eachRow(ctx, standardizeName, x, m.options.KeepLocation, func(_ int, columns []int32, values []float64) {
		if columns != nil {
			for k, j := range columns {
				values[k] = (values[k] - m.location[j]) / m.scale[j]
			}
			return
		}
		for j, v := range values {
			values[j] = (v - m.location[j]) / m.scale[j]
		}
	})
}

// Inverse brings standardised rows, n × d, back to the units of the data.
func (m *StandardizeModel) Inverse(ctx context.Context, z mat.Matrix) (*mat.Dense, error) {
	if _, err := checkColumns(ctx, standardizeName, z, len(m.location)); err != nil {
		return nil, err
	}
	x, err := eachRow(ctx, standardizeName, z, false, func(_ int, _ []int32, values []float64) {
		for j, v := range values {
			values[j] = v*m.scale[j] + m.location[j]
		}
	})
	if err != nil {
		return nil, err
	}
	return x.(*mat.Dense), nil
}

// String returns a small table: the options and the range of the scales.
func (m *StandardizeModel) String() string {
	return fmt.Sprintf("standardize %d columns\n  by          %s\n  scales      %.4g … %.4g",
		len(m.scale), m.options, slices.Min(m.scale), slices.Max(m.scale))
}

const standardizeName, standardizeKind, standardizeVersion = "dr.Standardize", "dr.StandardizeModel", 2 // 1 had no sparse rows

func (m *StandardizeModel) encode(w *saved.Writer) {
	w.JSON(m.options)
	w.Floats(m.location)
	w.Floats(m.scale)
	m.rows.encode(w)
}

func (m *StandardizeModel) decode(r *saved.Reader) {
	r.JSON(&m.options)
	m.location, m.scale = r.Floats(), r.Floats()
	m.rows = new(treated)
	m.rows.decode(r)
	if r.OK() && (len(m.location) == 0 || len(m.location) != len(m.scale)) {
		r.Fail("locations and scales differ in number")
	}
}

// WriteTo saves the model.
func (m *StandardizeModel) WriteTo(w io.Writer) (int64, error) {
	return write(w, standardizeKind, standardizeVersion, m.encode)
}

// ReadFrom replaces m by a saved model; see Embedding.ReadFrom for the errors.
func (m *StandardizeModel) ReadFrom(r io.Reader) (int64, error) {
	return read(r, standardizeKind, standardizeVersion, m, (*StandardizeModel).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *StandardizeModel) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *StandardizeModel) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
