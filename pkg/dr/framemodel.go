package dr

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/mds"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// frameModel is what the models share that place rows in the classical layout of a
// frame, all rows of the data or landmarks among them, by their distances to these.
type frameModel[M interface{ kind() string }] struct {
	method    string
	embedding *Embedding
	points    *mat.Dense // of the frame: n × k, in units of unit
	values    []float64  // eigenvalues, in unit²
	means     []float64  // of squared distances, in unit²
	unit      float64    // a power of two
	landmarks []int      // the rows of the frame; nil for all
	rows      *standing  // the rows themselves; nil where only distances are known
	limit     int64
}

// scale makes the frame of the dissimilarities d, and returns its notes.
func (m *frameModel[M]) scale(ctx context.Context, d *dissimilarities, c mds.Classical) ([]string, error) {
	f, err := c.Place(ctx, d.n, d.pairs)
	if err != nil {
		return nil, d.failed(err)
	}
	m.method, m.points, m.values, m.means, m.unit = d.method, f.Points, f.Values, f.Means, d.unit
	return f.Notes, nil
}

// Embedding returns the map of the rows the model was fitted to.
func (m *frameModel[M]) Embedding() *Embedding { return m.embedding }

// Eigenvalues returns those that belong to the coordinates, falling: of each, the sum of
// the squared coordinates of the rows that the map is made of. They are 0 or below where
// the coordinates are 0, and infinite beyond float64.
func (m *frameModel[M]) Eigenvalues() []float64 {
	values := slices.Clone(m.values)
	for i := range values {
		values[i] = values[i] * m.unit * m.unit // not of the square of unit: 0 stays 0
	}
	return values
}

// Transform returns where new rows lie in the map, by Gower's formula: their distances
// to the rows that the map is made of are kept as well as its dimensions can. Errors:
// *mat32.ParamError where the model was fitted to distances (see Triangulate), else those
// of mat32.CheckRows and mat32.Check, *mat32.ShapeError for other columns,
// *mat32.DegenerateError where the result exceeds float64, *mat32.MemoryError, and one
// that wraps ctx.Err(). Time O(n·(d + Components)) a row, for n rows that the map is made
// of.
func (m *frameModel[M]) Transform(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	if err := mat32.CheckRows(m.method, x); err != nil {
		return nil, err
	}
	if m.rows == nil {
		return nil, &mat32.ParamError{Method: m.method, Param: "x", Value: "rows", Want: "distances, by Triangulate: the model was fitted to distances"}
	}
	n, d := m.rows.rows.Dims()
	rows, err := checkColumns(ctx, m.method, x, d)
	if err != nil {
		return nil, err
	}
	z, err := m.place(ctx, rows, func() func(i int, squares []float64) {
		row := make([]float64, d)
		unit := m.rows.unit
		return func(i int, squares []float64) {
			for j, v := range mat32.Row(row, i, x) {
				row[j] = v/unit - m.rows.mean[j]/unit
			}
			for j := range n {
				distance := math.Sqrt(kernel.SquaredDistance64(row, m.rows.rows.RawRowView(j))) * unit / m.unit
				squares[j] = distance * distance
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return m.embedding.of(z), nil
}

// Triangulate returns where new rows lie in the map, given their distances to the rows
// that it is made of: all that the model was fitted to, or its landmarks; every row of
// distances is a new row. It is Transform for models that were fitted to distances.
// Errors: those of mat32.Check, *mat32.ShapeError, *mat32.DistanceError for one that is
// negative, *mat32.DegenerateError where the result exceeds float64, *mat32.MemoryError,
// and one that wraps ctx.Err().
func (m *frameModel[M]) Triangulate(ctx context.Context, distances mat.Matrix) (*Embedding, error) {
	rows, columns, err := checkData(ctx, m.method, distances, 1)
	if err != nil {
		return nil, err
	}
	n, _ := m.points.Dims()
	if columns > 0 && columns != n {
		return nil, fmt.Errorf("%s: %w", m.method, &mat32.ShapeError{What: "distances", Rows: rows, Cols: columns,
			Want: fmt.Sprintf("%d columns, for the distances to the rows that the map is made of", n)})
	}
	for i, buf := 0, make([]float64, n); i < rows; i++ {
		for j, v := range mat32.Row(buf, i, distances) {
			if v < 0 {
				return nil, fmt.Errorf("%s: %w", m.method, &mat32.DistanceError{I: i, J: j, Value: v, Want: "0 or more"})
			}
		}
	}
	z, err := m.place(ctx, rows, func() func(i int, squares []float64) {
		return func(i int, squares []float64) {
			for j, v := range mat32.Row(squares, i, distances) {
				v /= m.unit
				squares[j] = v * v
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return m.embedding.of(z), nil
}

// place places rows by what measure makes for a goroutine, which fills in the squared
// distances of row i to the frame, in unit².
func (m *frameModel[M]) place(ctx context.Context, rows int, measure func() func(i int, squares []float64)) (*mat.Dense, error) {
	const together = 8
	n, k := m.points.Dims()
	if err := mat32.CheckMemory(m.method, 8*int64(rows)*int64(k)+16*int64(n), m.limit, "map fewer rows at a time"); err != nil {
		return nil, err
	}
	z := mat.NewDense(rows, k, nil)
	frame := mds.Frame{Points: m.points, Values: m.values, Means: m.means}
	type scratch struct {
		measure func(i int, squares []float64)
		squares []float64
	}
	err := par.BlocksWith(ctx, rows, together, func() scratch { return scratch{measure(), make([]float64, n)} }, func(s scratch, lo, hi int) {
		for i := lo; i < hi && ctx.Err() == nil; i++ {
			s.measure(i, s.squares)
			frame.Triangulate(z.RawRowView(i), s.squares)
		}
	})
	if err != nil {
		return nil, failed(m.method, err)
	}
	if m.unit != 1 {
		z.Scale(m.unit, z)
	}
	if err := checkFits(m.method, z); err != nil {
		return nil, err
	}
	return z, nil
}

// String returns a small table: shape, options, notes and eigenvalues.
func (m *frameModel[M]) String() string {
	return withEigenvalues(m.embedding, "component", m.Eigenvalues())
}

const frameVersion = 1

func (m *frameModel[M]) encode(w *saved.Writer) {
	w.Text(m.method)
	m.embedding.encode(w)
	w.Matrix(m.points)
	w.Floats(m.values)
	w.Floats(m.means)
	w.Float(m.unit)
	w.Ints(m.landmarks)
	w.Int(int(m.limit))
	w.Bool(m.rows != nil)
	if m.rows != nil {
		w.Matrix(m.rows.rows)
		w.Floats(m.rows.mean)
		w.Float(m.rows.unit)
	}
}

func (m *frameModel[M]) decode(r *saved.Reader) {
	m.method, m.embedding = r.Text(), new(Embedding)
	m.embedding.decode(r)
	m.points, m.values, m.means, m.unit = r.Matrix(), r.Floats(), r.Floats(), r.Float()
	m.landmarks, m.limit = r.Ints(), int64(r.Int())
	if r.Bool() {
		m.rows = &standing{rows: r.Matrix(), mean: r.Floats(), unit: r.Float()}
	}
	if !r.OK() {
		return
	}
	if m.points == nil || m.rows != nil && m.rows.rows == nil {
		r.Fail("it has no points")
		return
	}
	n, k := m.points.Dims()
	all, k2 := m.embedding.Dims()
	fits := k == k2 && k == len(m.values) && n == len(m.means)
	if len(m.landmarks) == 0 {
		m.landmarks = nil
		fits = fits && n == all
	} else {
		fits = fits && n == len(m.landmarks)
	}
	if m.rows != nil {
		rows, d := m.rows.rows.Dims()
		fits = fits && rows == n && d == len(m.rows.mean)
	}
	if !fits {
		r.Fail("its parts differ in size")
	}
}

// WriteTo saves the model with its embedding and the rows that the map is made of.
func (m *frameModel[M]) WriteTo(w io.Writer) (int64, error) {
	var of M
	return write(w, of.kind(), frameVersion, m.encode)
}

// ReadFrom replaces m by a saved model; see Embedding.ReadFrom for the errors.
func (m *frameModel[M]) ReadFrom(r io.Reader) (int64, error) {
	var of M
	return read(r, of.kind(), frameVersion, m, (*frameModel[M]).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *frameModel[M]) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *frameModel[M]) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
