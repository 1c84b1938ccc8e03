package dr

import (
	"context"
	"fmt"
	"io"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/mds"
	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// IsomapModel is fitted by Isomap. It keeps the graph of neighbours and, unless it was
// fitted to distances, the rows, for new ones enter the graph by their neighbours:
// 8·n·(d + Components) bytes and some 48·n·Neighbors. The distances of all pairs are not
// kept.
type IsomapModel struct {
	frameModel[Isomap]
	options                  Isomap // without the graph
	graph                    *neighbors.Neighborhoods
	ways                     *affinity.Geodesics
	data                     *standing // nil where only distances are known
	reconstruction, residual float64
}

// ReconstructionError returns the root of the sum of the squared differences between the
// centred scalar products that the geodesic distances imply and those that the map keeps,
// over n, as scikit-learn gives it: in squared units of the data, and +Inf beyond float64.
// With landmarks it is that of the landmarks.
func (m *IsomapModel) ReconstructionError() float64 { return m.reconstruction }

// ResidualVariance returns 1 − r², where r is the correlation of geodesic distances, from
// landmarks if there are any, with distances in the map: 0 where they are proportional
// but for a constant. Tenenbaum and others (2000) look for the number of dimensions from
// which it falls no more.
func (m *IsomapModel) ResidualVariance() float64 { return m.residual }

// Landmarks returns the rows from which ways were measured, rising, or nil for all.
func (m *IsomapModel) Landmarks() []int { return slices.Clone(m.landmarks) }

// Transform returns where new rows lie in the map. Their ways to the rows of the map begin
// at their Neighbors nearest rows, or those within Radius (the nearest where there is
// none); by the lengths of these they are placed as ClassicalMDSModel places rows. A row
// that the model was fitted to lands on its place. Errors: *mat32.ParamError where the
// model was fitted to distances (see Triangulate), else those of mat32.CheckRows and
// mat32.Check, *mat32.ShapeError for other columns, *mat32.DegenerateError where the result
// exceeds float64, *mat32.MemoryError, and one that wraps ctx.Err(). Time O(n·d) and
// O(n·Neighbors) a row, for n rows that the model was fitted to.
func (m *IsomapModel) Transform(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	if err := mat32.CheckRows(m.method, x); err != nil {
		return nil, err
	}
	if m.data == nil {
		return nil, &mat32.ParamError{Method: m.method, Param: "x", Value: "rows", Want: "distances, by Triangulate: the model was fitted to distances"}
	}
	n, d := m.data.rows.Dims()
	rows, err := checkColumns(ctx, m.method, x, d)
	if err != nil {
		return nil, err
	}
	if err := mat32.CheckMemory(m.method, 8*int64(rows)*int64(d)+12*int64(n)*int64(d), m.limit, "map fewer rows at a time"); err != nil {
		return nil, err
	}
	at := mat.NewDense(rows, d, nil)
	unit := m.data.unit
	for i := range rows {
		to := at.RawRowView(i)
		for j, v := range mat32.Row(to, i, x) {
			to[j] = v/unit - m.data.mean[j]/unit
		}
	}
	if !finite(at.RawMatrix().Data) {
		return nil, &mat32.DegenerateError{Method: m.method, Reason: "a row is too far from all others for float64: rescale the data"}
	}
	fail := func(err error) (*Embedding, error) { return nil, failed(m.method, err) }
	index, err := neighbors.Exact{MemoryLimit: m.limit}.Index(ctx, m.data.rows)
	if err != nil {
		return fail(err)
	}
	nearest := 1
	if m.options.Radius == 0 {
		nearest = m.options.Neighbors
	}
	answer, err := index.Query(ctx, at, nearest)
	if err != nil {
		return fail(err)
	}
	kernel.Scal64(unit, answer.Distances)
	enter := answer.Row
	if m.options.Radius > 0 {
		balls, err := index.Within(ctx, at, m.options.Radius/unit)
		if err != nil {
			return fail(err)
		}
		kernel.Scal64(unit, balls.Distances)
		enter = func(i int) ([]int32, []float64) {
			if rows, distances := balls.Row(i); len(rows) > 0 {
				return rows, distances
			}
			return answer.Row(i)
		}
	}
	return m.enter(ctx, rows, enter)
}

// Triangulate is Transform for models that were fitted to distances: every row of
// distances holds those of a new row to all n rows that the model was fitted to. Errors:
// those of mat32.Check, *mat32.ShapeError, *mat32.DistanceError for one that is negative,
// *mat32.DegenerateError where the result exceeds float64, *mat32.MemoryError, and one that
// wraps ctx.Err().
func (m *IsomapModel) Triangulate(ctx context.Context, distances mat.Matrix) (*Embedding, error) {
	rows, columns, err := checkData(ctx, m.method, distances, 1)
	if err != nil {
		return nil, err
	}
	n := m.graph.N
	if columns == 0 {
		columns = rows
	}
	if columns != n {
		return nil, fmt.Errorf("%s: %w", m.method, &mat32.ShapeError{What: "distances", Rows: rows, Cols: columns,
			Want: fmt.Sprintf("%d columns, for the distances to the rows that the model was fitted to", n)})
	}
	const most = 1 << 20
	nearest := make([]answered, rows)
	buf := make([]float64, n)
	order := make([]int32, n)
	for i := range rows {
		if i%(1+most/n) == 0 && ctx.Err() != nil {
			return nil, failed(m.method, ctx.Err())
		}
		row := mat32.Row(buf, i, distances)
		for j, v := range row {
			if order[j] = int32(j); v < 0 {
				return nil, fmt.Errorf("%s: %w", m.method, &mat32.DistanceError{I: i, J: j, Value: v, Want: "0 or more"})
			}
		}
		slices.SortStableFunc(order, func(a, b int32) int {
			switch {
			case row[a] < row[b]:
				return -1
			case row[a] > row[b]:
				return 1
			}
			return int(a - b)
		})
		count := m.options.Neighbors
		if m.options.Radius > 0 {
			for count = 1; count < n && row[order[count]] <= m.options.Radius; {
				count++
			}
		}
		for _, j := range order[:count] {
			nearest[i].rows = append(nearest[i].rows, j)
			nearest[i].distances = append(nearest[i].distances, row[j])
		}
	}
	return m.enter(ctx, rows, func(i int) ([]int32, []float64) { return nearest[i].rows, nearest[i].distances })
}

// answered are the rows by which a new one enters the graph.
type answered struct {
	rows      []int32
	distances []float64
}

// enter places rows that enter the graph.
func (m *IsomapModel) enter(ctx context.Context, rows int, enter func(i int) ([]int32, []float64)) (*Embedding, error) {
	n, k := m.points.Dims()
	if err := mat32.CheckMemory(m.method, 8*int64(rows)*int64(k)+600*int64(n), m.limit, "map fewer rows at a time"); err != nil {
		return nil, err
	}
	z := mat.NewDense(rows, k, nil)
	frame := mds.Frame{Points: m.points, Values: m.values, Means: m.means}
	err := m.ways.EachEntering(ctx, rows, enter, func(i int, distances []float64) {
		if m.landmarks != nil {
			for l, s := range m.landmarks {
				distances[l] = distances[s] // which rise, so that none is overwritten before it is read
			}
			distances = distances[:len(m.landmarks)]
		}
		for j, d := range distances {
			d /= m.unit
			distances[j] = d * d
		}
		frame.Triangulate(z.RawRowView(i), distances)
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
	return m.embedding.of(z), nil
}

// String returns a small table: shape, options, notes, what is lost, and eigenvalues.
func (m *IsomapModel) String() string {
	return fmt.Sprintf("%s\n  residual variance     %.6g\n  reconstruction error  %.6g", m.frameModel.String(), m.residual, m.reconstruction)
}

const (
	isomapKind    = "dr.IsomapModel"
	isomapVersion = 1
)

func (Isomap) kind() string { return isomapKind }

func (m *IsomapModel) encode(w *saved.Writer) {
	m.frameModel.encode(w)
	w.JSON(m.options)
	w.Float(m.reconstruction)
	w.Float(m.residual)
	w.Text(m.graph.Metric)
	w.Text(m.graph.Rows)
	w.Ints(m.graph.Start)
	w.Int32s(m.graph.Indices)
	w.Floats(m.graph.Distances)
	w.Bool(m.data != nil)
	if m.data != nil {
		w.Matrix(m.data.rows)
		w.Floats(m.data.mean)
		w.Float(m.data.unit)
	}
}

func (m *IsomapModel) decode(r *saved.Reader) {
	m.frameModel.decode(r)
	r.JSON(&m.options)
	m.reconstruction, m.residual = r.Float(), r.Float()
	m.graph = &neighbors.Neighborhoods{Metric: r.Text(), Rows: r.Text(), Start: r.Ints(), Indices: r.Int32s(), Distances: r.Floats()}
	if r.Bool() {
		m.data = &standing{rows: r.Matrix(), mean: r.Floats(), unit: r.Float()}
	}
	if !r.OK() {
		return
	}
	n, _ := m.embedding.Dims()
	m.graph.N = n
	ways, err := affinity.NewGeodesics(context.Background(), m.graph)
	last := -1
	for _, l := range m.landmarks {
		if l <= last || l >= n {
			r.Fail("its landmarks are none of its rows")
			return
		}
		last = l
	}
	if err != nil || ways.Components().Count != 1 || m.options.Neighbors < 1 || m.options.Neighbors > n-1 {
		r.Fail("its graph does not connect its rows")
		return
	}
	if m.data != nil {
		if m.data.rows == nil {
			r.Fail("it has no rows")
			return
		}
		if rows, d := m.data.rows.Dims(); rows != n || d != len(m.data.mean) {
			r.Fail("its parts differ in size")
			return
		}
	}
	m.ways = ways
}

// WriteTo saves the model with its embedding, its graph and the rows it was fitted to.
func (m *IsomapModel) WriteTo(w io.Writer) (int64, error) {
	return write(w, isomapKind, isomapVersion, m.encode)
}

// ReadFrom replaces m by a saved model; see Embedding.ReadFrom for the errors.
func (m *IsomapModel) ReadFrom(r io.Reader) (int64, error) {
	return read(r, isomapKind, isomapVersion, m, (*IsomapModel).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *IsomapModel) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *IsomapModel) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
