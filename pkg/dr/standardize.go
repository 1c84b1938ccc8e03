package dr

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Standardize brings every column to location 0 and scale 1, so that no feature
// weighs more for its unit of measurement. A constant column becomes 0, which
// the embedding notes.
//
// Time O(n·d) (with Robust O(n·d·log n)), memory 8·n·d bytes for the result.
type Standardize struct {
	// Robust takes the median and the interquartile range (linearly
	// interpolated quantiles) instead of the mean and the standard deviation
	// (divisor n), so that outliers do not set the scale. Default false.
	Robust bool

	// KeepLocation leaves the location of the columns as it is. Default false.
	KeepLocation bool

	// KeepScale leaves the scale of the columns as it is. Default false.
	KeepScale bool
}

// StandardizeModel is fitted by Standardize.
type StandardizeModel struct {
	options         Standardize
	location, scale []float64
	embedding       *Embedding
}

// Resolve returns the options: there are no defaults to fill in.
func (s Standardize) Resolve(n, d int) (Standardize, error) { return s, nil }

// String returns the options in one line, as captions and tables show them.
func (s Standardize) String() string {
	text := "mean and standard deviation (divisor n)"
	if s.Robust {
		text = "median and interquartile range"
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
	const method = "dr.Standardize"
	n, d, err := checkRows(ctx, method, x, 1)
	if err != nil {
		return nil, err
	}
	m := &StandardizeModel{options: s, location: make([]float64, d), scale: make([]float64, d)}
	constant := make([]bool, d)
	err = par.BlocksWith(ctx, d, 1, func() []float64 { return make([]float64, n) }, func(column []float64, lo, hi int) {
		for j := lo; j < hi; j++ {
			for i := range column {
				column[i] = x.At(i, j)
			}
			m.location[j], m.scale[j] = moments(column)
			if s.Robust {
				m.location[j], m.scale[j] = quartiles(column)
			}
			constant[j] = m.scale[j] == 0
		}
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
	m.embedding, err = m.Transform(ctx, x)
	if err != nil {
		return nil, err
	}
	if flat > 0 {
		what := "standard deviation"
		if s.Robust {
			what = "interquartile range"
		}
		m.embedding.Notes = append(m.embedding.Notes, fmt.Sprintf("%d of %d columns have %s 0: their scale was left as it is", flat, d, what))
	}
	return m, nil
}

// Embed returns the standardised rows of x: Fit(ctx, x) and its embedding.
func (s Standardize) Embed(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	m, err := s.Fit(ctx, x)
	if err != nil {
		return nil, err
	}
	return m.embedding, nil
}

// moments returns the mean and the standard deviation with divisor n. The
// second pass corrects the mean by the rounding of the first, so a constant
// column has a standard deviation of exactly 0.
func moments(v []float64) (mean, sd float64) {
	n := float64(len(v))
	largest := 0.
	for _, x := range v {
		mean += x / n
		largest = max(largest, math.Abs(x))
	}
	var sum, square float64
	for _, x := range v {
		sum += (x - mean) / n
	}
	mean += sum
	least, most := slices.Min(v), slices.Max(v)
	if least == most {
		return least, 0
	}
	unit := most/2 - least/2 // squares of extreme values stay in range
	for _, x := range v {
		e := (x - mean) / unit
		square += e * e
	}
	return mean, math.Sqrt(square/n) * unit
}

// quartiles returns the median and the interquartile range; it sorts v.
func quartiles(v []float64) (median, iqr float64) {
	slices.Sort(v)
	at := func(q float64) float64 {
		h := q * float64(len(v)-1)
		i := int(h)
		if i+1 == len(v) {
			return v[i]
		}
		return v[i] + (h-float64(i))*(v[i+1]-v[i])
	}
	return at(0.5), at(0.75) - at(0.25)
}

// Location returns what is subtracted from the d columns, and Scale what they
// are then divided by; both are copies.
func (m *StandardizeModel) Location() []float64 { return slices.Clone(m.location) }

// Scale returns what the d columns are divided by.
func (m *StandardizeModel) Scale() []float64 { return slices.Clone(m.scale) }

// Embedding returns the standardised rows the model was fitted to.
func (m *StandardizeModel) Embedding() *Embedding { return m.embedding }

// Transform standardises new rows, n × d.
func (m *StandardizeModel) Transform(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	const method = "dr.Standardize"
	n, err := checkColumns(ctx, method, x, len(m.location))
	if err != nil {
		return nil, err
	}
	z, err := m.apply(ctx, x, func(v, location, scale float64) float64 { return (v - location) / scale })
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	if err := checkFits(method, z); err != nil {
		return nil, err
	}
	return &Embedding{Dense: z, Method: "standardize", Options: m.options.String(),
		Rows: n, Dim: len(m.location), Objective: math.NaN()}, nil
}

// Inverse brings standardised rows, n × d, back to the units of the data.
func (m *StandardizeModel) Inverse(ctx context.Context, z mat.Matrix) (*mat.Dense, error) {
	const method = "dr.Standardize"
	if _, err := checkColumns(ctx, method, z, len(m.location)); err != nil {
		return nil, err
	}
	x, err := m.apply(ctx, z, func(v, location, scale float64) float64 { return v*scale + location })
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	if err := checkFits(method, x); err != nil {
		return nil, err
	}
	return x, nil
}

func (m *StandardizeModel) apply(ctx context.Context, x mat.Matrix, f func(v, location, scale float64) float64) (*mat.Dense, error) {
	n, d := x.Dims()
	z := mat.NewDense(n, d, nil)
	err := par.Blocks(ctx, n, 256, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row := z.RawRowView(i)
			for j, v := range mat32.Row(row, i, x) {
				row[j] = f(v, m.location[j], m.scale[j])
			}
		}
	})
	return z, err
}

// String returns a small table: the options and the range of the scales.
func (m *StandardizeModel) String() string {
	return fmt.Sprintf("standardize %d columns\n  by          %s\n  scales      %.4g … %.4g",
		len(m.scale), m.options, slices.Min(m.scale), slices.Max(m.scale))
}

const standardizeKind, standardizeVersion = "dr.StandardizeModel", 1

func (m *StandardizeModel) encode(w *saved.Writer) {
	w.JSON(m.options)
	w.Floats(m.location)
	w.Floats(m.scale)
	m.embedding.encode(w)
}

func (m *StandardizeModel) decode(r *saved.Reader) {
	r.JSON(&m.options)
	m.location, m.scale = r.Floats(), r.Floats()
	m.embedding = new(Embedding)
	m.embedding.decode(r)
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
