package dr

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// PrincipalSubbundleModel is fitted by PrincipalSubbundle. It keeps the rows it was fitted
// to, for the planes are found among them: 8·n·d bytes.
//
// Points are slices of d values, vectors are differences of points. Methods on points
// return a *mat32.ShapeError for others than d values, *mat32.NotFiniteError,
// *mat32.DegenerateError for a point with too few rows around it to tell a plane, or for
// what is farther than 10⁴ bandwidths, and an error that wraps ctx.Err().
type PrincipalSubbundleModel struct {
	options     PrincipalSubbundle
	unit        float64   // of everything below, in units of the data
	center      []float64 // d: the mean of the rows
	field       *localPlanes
	ways        *neighbors.Neighborhoods // along which shooting goes
	base        []float64                // d
	axes        *mat.Dense               // k × d: the plane of the base, orthonormal rows
	coordinates *mat.Dense               // n × k
	misses      []float64                // n
	embedding   *Embedding
}

// Embedding returns the coordinates of the rows the model was fitted to.
func (m *PrincipalSubbundleModel) Embedding() *Embedding { return m.embedding }

// Options returns the resolved options.
func (m *PrincipalSubbundleModel) Options() PrincipalSubbundle { return m.options }

// Bandwidth returns the standard deviation of the weights, in units of the data: what
// Options say, or what was chosen.
func (m *PrincipalSubbundleModel) Bandwidth() float64 {
	return m.field.radius / supportInBandwidths * m.unit
}

// Base returns the point where the geodesics of the embedding begin.
func (m *PrincipalSubbundleModel) Base() []float64 { return m.outer(m.base) }

// Axes returns the plane at the base, k × d: orthonormal rows, which the coordinates of the
// embedding are along.
func (m *PrincipalSubbundleModel) Axes() *mat.Dense { return mat.DenseCopyOf(m.axes) }

// Residuals returns how far every row the model was fitted to is from the end of its
// geodesic.
func (m *PrincipalSubbundleModel) Residuals() []float64 {
	r := slices.Clone(m.misses)
	kernel.Scal64(m.unit, r)
	return r
}

// inner takes a point to the units of the model.
func (m *PrincipalSubbundleModel) inner(x, to []float64) error {
	if len(x) != len(m.center) {
		return &mat32.ShapeError{What: "a point", Rows: 1, Cols: len(x), Want: fmt.Sprintf("the %d columns the model was fitted to", len(m.center))}
	}
	for j, v := range x {
		if v-v != 0 {
			return &mat32.NotFiniteError{Row: 0, Col: j, Value: v}
		}
		to[j] = v/m.unit - m.center[j]
		if !(math.Abs(to[j]) < 1e100) {
			return &mat32.DegenerateError{Reason: "the point is too far from all rows for distances to be told apart"}
		}
	}
	return nil
}

// outer takes a point to the units of the data.
func (m *PrincipalSubbundleModel) outer(x []float64) []float64 {
	p := make([]float64, len(x))
	for j, v := range x {
		p[j] = (v + m.center[j]) * m.unit
	}
	return p
}

// nearest returns the row nearest to a point.
func (m *PrincipalSubbundleModel) nearest(x []float64) (row int) {
	n, _ := m.field.rows.Dims()
	least := math.Inf(1)
	for i := range n {
		if v := squared(x, m.field.rows.RawRowView(i)); v < least {
			row, least = i, v
		}
	}
	return row
}

// tolerance is that of coordinates, in the units of the model.
func (m *PrincipalSubbundleModel) tolerance() float64 {
	return m.options.Tolerance * m.field.radius / supportInBandwidths
}

// shooting returns what shoots from the base.
func (m *PrincipalSubbundleModel) shooting() *shooting {
	return newShooting(m.field, m.base, m.axes.RawMatrix().Data)
}

const subbundleMethod = "dr.PrincipalSubbundle"

func (m *PrincipalSubbundleModel) fail(err error) error { return mat32.Rename(subbundleMethod, err) }

// planeAt returns the inner point and the field there.
func (m *PrincipalSubbundleModel) planeAt(x []float64) ([]float64, *plane, error) {
	at := make([]float64, len(m.center))
	if err := m.inner(x, at); err != nil {
		return nil, nil, m.fail(err)
	}
	p := m.field.scratch()
	if !p.at(at) {
		return nil, nil, m.fail(&mat32.DegenerateError{Reason: fmt.Sprintf("the rows around the point do not tell a plane of %d dimensions", m.field.k)})
	}
	return at, p, nil
}

// Plane returns the plane of the field at x, k × d: orthonormal rows by falling variance of
// the rows around x, each with its entry of largest magnitude positive. The projector on it
// is its transpose times itself.
func (m *PrincipalSubbundleModel) Plane(x []float64) (*mat.Dense, error) {
	_, p, err := m.planeAt(x)
	if err != nil {
		return nil, err
	}
	frame := mat.NewDense(m.field.k, len(m.center), p.frame)
	scaleRows(frame, orientation(frame))
	return frame, nil
}

// launch puts a flow at x with the part of the vector v that is in the plane there, of the
// given length unless that is negative, and returns the length, in units of the model.
func (m *PrincipalSubbundleModel) launch(x, v []float64, length float64) (*geodesicFlow, float64, error) {
	at, p, err := m.planeAt(x)
	if err != nil {
		return nil, 0, err
	}
	if len(v) != len(at) {
		return nil, 0, m.fail(&mat32.ShapeError{What: "a vector", Rows: 1, Cols: len(v), Want: fmt.Sprintf("the %d columns the model was fitted to", len(at))})
	}
	far := &mat32.DegenerateError{Reason: fmt.Sprintf("the geodesic is longer than %g bandwidths", longestGeodesic)}
	inside := make([]float64, len(v))
	for j, e := range v {
		if e-e != 0 {
			return nil, 0, m.fail(&mat32.NotFiniteError{Row: 0, Col: j, Value: e})
		}
		if inside[j] = e / m.unit; !(math.Abs(inside[j]) < 1e100) {
			return nil, 0, m.fail(far)
		}
	}
	flow := newGeodesicFlow(m.field)
	flow.plane = p
	covector := make([]float64, len(v))
	flow.onto(inside, covector)
	size := norm(covector)
	if length >= 0 {
		length /= m.unit
		if !(size > 1e-12*norm(inside)) {
			return nil, 0, m.fail(&mat32.DegenerateError{Reason: "the vector has no part in the plane at the point"})
		}
		kernel.Scal64(length/size, covector)
		size = length
	}
	if !(size <= longestGeodesic*m.field.radius/supportInBandwidths) {
		return nil, 0, m.fail(far)
	}
	flow.start(at, covector)
	return flow, size, nil
}

// Geodesic returns points of the geodesic that begins at x in the direction of the vector v,
// or of its part in the plane there: (steps+1) × d, the first of them x, at equal distances
// along it to the given length.
func (m *PrincipalSubbundleModel) Geodesic(ctx context.Context, x, v []float64, length float64, steps int) (*mat.Dense, error) {
	if !(length >= 0 && length <= math.MaxFloat64) {
		return nil, &mat32.ParamError{Method: subbundleMethod, Param: "length", Value: length, Want: "0 or more"}
	}
	if steps < 1 || steps > mostBlocks {
		return nil, &mat32.ParamError{Method: subbundleMethod, Param: "steps", Value: steps, Want: fmt.Sprintf("1 ≤ steps ≤ %d", mostBlocks)}
	}
	if err := mat32.CheckMemory(subbundleMethod, 8*int64(steps+1)*int64(len(m.center)), m.options.MemoryLimit, "ask for fewer steps"); err != nil {
		return nil, err
	}
	flow, size, err := m.launch(x, v, length)
	if err != nil {
		return nil, err
	}
	path := mat.NewDense(steps+1, len(m.center), nil)
	path.SetRow(0, x)
	each := m.field.stepsFor(size / float64(steps))
	for s := range steps {
		flow.run(ctx, 1/float64(steps), each)
		path.SetRow(s+1, m.outer(flow.x))
	}
	if err := ctx.Err(); err != nil {
		return nil, m.fail(err)
	}
	return path, checkFits(subbundleMethod, path)
}

// Exp returns where the geodesic ends that begins at x with the vector v, or with its part
// in the plane there, and is as long.
func (m *PrincipalSubbundleModel) Exp(ctx context.Context, x, v []float64) ([]float64, error) {
	flow, size, err := m.launch(x, v, -1)
	if err != nil {
		return nil, err
	}
	flow.run(ctx, 1, m.field.stepsFor(size))
	if err := ctx.Err(); err != nil {
		return nil, m.fail(err)
	}
	end := m.outer(flow.x)
	if !finite(end) {
		return nil, m.fail(&mat32.DegenerateError{Reason: "the result exceeds the largest float64: rescale the data"})
	}
	return end, nil
}

// SubbundleLog is the geodesic from one point that ends nearest to another.
type SubbundleLog struct {
	Vector    []float64 // with which it begins, in the plane of its first point
	Length    float64   // of it, and of the vector
	Residual  float64   // how far from the other point it ends
	Converged bool      // the shooting met its tolerance
}

// Log returns the geodesic from one point that ends nearest to another: shooting goes along
// rows on the shortest way between those nearest to the points, a bandwidth at a time. It
// finds a geodesic, and the shortest where no other one is about as short.
func (m *PrincipalSubbundleModel) Log(ctx context.Context, from, to []float64) (SubbundleLog, error) {
	at, p, err := m.planeAt(from)
	if err != nil {
		return SubbundleLog{}, err
	}
	target := make([]float64, len(at))
	if err := m.inner(to, target); err != nil {
		return SubbundleLog{}, m.fail(err)
	}
	ways, err := m.waysFrom(ctx, m.nearest(at))
	if err != nil {
		return SubbundleLog{}, m.fail(err)
	}
	bandwidth := m.field.radius / supportInBandwidths
	var stops []int
	last := math.Inf(1)
	for i := int32(m.nearest(target)); i >= 0; i = ways.before[i] {
		if last-ways.length[i] >= bandwidth {
			stops = append(stops, int(i))
			last = ways.length[i]
		}
	}
	axes := slices.Clone(p.frame)
	s := newShooting(m.field, at, axes)
	z := make([]float64, m.field.k)
	for _, i := range slices.Backward(stops) {
		s.toward(ctx, m.field.rows.RawRowView(i), z, .1*bandwidth, 5)
	}
	found := s.toward(ctx, target, z, m.tolerance(), m.options.Iterations)
	if err := ctx.Err(); err != nil {
		return SubbundleLog{}, m.fail(err)
	}
	log := SubbundleLog{Vector: make([]float64, len(at)), Length: norm(z) * m.unit, Residual: found.miss * m.unit, Converged: found.converged}
	for a, v := range z {
		kernel.Axpy64(v*m.unit, axes[a*len(at):(a+1)*len(at)], log.Vector)
	}
	if !finite(append([]float64{log.Length, log.Residual}, log.Vector...)) {
		return SubbundleLog{}, m.fail(&mat32.DegenerateError{Reason: "the result exceeds the largest float64: rescale the data"})
	}
	return log, nil
}

// Distance returns the length of the geodesic from one point that ends nearest to another,
// as Log finds it. It is that of the surface through the first point: the way back is
// as long up to what noise makes of the planes. A *mat32.DegenerateError says that the
// shooting did not meet its tolerance.
func (m *PrincipalSubbundleModel) Distance(ctx context.Context, from, to []float64) (float64, error) {
	log, err := m.Log(ctx, from, to)
	if err != nil {
		return 0, err
	}
	if !log.Converged {
		return 0, m.fail(&mat32.DegenerateError{Reason: fmt.Sprintf("no shooting from the first point came to rest: the best ends %.4g from the second", log.Residual)})
	}
	return log.Length, nil
}

// Transform returns the coordinates of new rows: shooting from the base begins with those of
// the row nearest to each. A row beyond the support, farther than 3.46 bandwidths from all
// rows of the fit, gets the coordinates of the nearest. Notes say of how many rows that is so,
// and for how many the shooting did not meet its tolerance.
func (m *PrincipalSubbundleModel) Transform(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	rows, err := checkColumns(ctx, subbundleMethod, x, len(m.center))
	if err != nil {
		return nil, err
	}
	d, k := len(m.center), m.field.k
	if err := mat32.CheckMemory(subbundleMethod, 8*int64(rows)*int64(k+4), m.options.MemoryLimit, "map fewer rows at a time"); err != nil {
		return nil, err
	}
	z, shots, refused, beyond := mat.NewDense(rows, k, nil), make([]shot, rows), make([]error, rows), make([]bool, rows)
	type scratch struct {
		*shooting
		row, at []float64
	}
	fresh := func() scratch { return scratch{m.shooting(), make([]float64, d), make([]float64, d)} }
	err = par.BlocksWith(ctx, rows, 1, fresh, func(s scratch, i, _ int) {
		if refused[i] = m.inner(mat32.Row(s.row, i, x), s.at); refused[i] != nil {
			return
		}
		to, row := z.RawRowView(i), m.nearest(s.at)
		copy(to, m.coordinates.RawRowView(row))
		if beyond[i] = squared(s.at, m.field.rows.RawRowView(row)) > m.field.radius*m.field.radius; !beyond[i] {
			shots[i] = s.toward(ctx, s.at, to, m.tolerance(), m.options.Iterations)
		}
		shots[i].converged = shots[i].converged || beyond[i]
		kernel.Scal64(m.unit, to)
	})
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, m.fail(err)
	}
	for i, err := range refused {
		if err != nil {
			return nil, m.fail(&mat32.DegenerateError{Reason: fmt.Sprintf("row %d is too far from all rows of the fit for distances to be told apart", i)})
		}
	}
	if err := checkFits(subbundleMethod, z); err != nil {
		return nil, err
	}
	e := m.embedding.of(z)
	e.Notes = notesOf(shots)
	far := 0
	for _, is := range beyond {
		if is {
			far++
		}
	}
	if far > 0 {
		e.Notes = append(e.Notes, fmt.Sprintf("%d of %d rows are beyond the support: they have the coordinates of the row of the fit that is nearest", far, rows))
	}
	return e, nil
}

// Inverse returns the points of the surface with the coordinates z, n × k: the ends of
// geodesics from the base.
func (m *PrincipalSubbundleModel) Inverse(ctx context.Context, z mat.Matrix) (*mat.Dense, error) {
	rows, err := checkColumns(ctx, subbundleMethod, z, m.field.k)
	if err != nil {
		return nil, err
	}
	d, k := len(m.center), m.field.k
	if err := mat32.CheckMemory(subbundleMethod, 8*int64(rows)*int64(d), m.options.MemoryLimit, "map fewer rows at a time"); err != nil {
		return nil, err
	}
	x, far := mat.NewDense(rows, d, nil), make([]bool, rows)
	longest := longestGeodesic * m.field.radius / supportInBandwidths
	type scratch struct {
		*shooting
		row, at []float64
	}
	fresh := func() scratch { return scratch{m.shooting(), make([]float64, k), make([]float64, k)} }
	err = par.BlocksWith(ctx, rows, 1, fresh, func(s scratch, i, _ int) {
		for a, v := range mat32.Row(s.row, i, z) {
			s.at[a] = v / m.unit
			far[i] = far[i] || !(math.Abs(s.at[a]) <= longest)
		}
		if far[i] = far[i] || norm(s.at) > longest; far[i] {
			return
		}
		s.fly(ctx, s.at, m.field.stepsFor(norm(s.at)))
		for j, v := range s.flow.x {
			x.Set(i, j, (v+m.center[j])*m.unit)
		}
	})
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, m.fail(err)
	}
	if i := slices.Index(far, true); i >= 0 {
		return nil, m.fail(&mat32.DegenerateError{Reason: fmt.Sprintf("row %d is the end of a geodesic longer than %g bandwidths", i, longestGeodesic)})
	}
	return x, checkFits(subbundleMethod, x)
}

// String returns a small table: shape, how far rows are from the surface, options and notes.
func (m *PrincipalSubbundleModel) String() string {
	var b strings.Builder
	b.WriteString(m.embedding.String())
	fmt.Fprintf(&b, "\n  bandwidth   %.6g", m.Bandwidth())
	return b.String()
}

const subbundleKind, subbundleVersion = "dr.PrincipalSubbundleModel", 1

func (m *PrincipalSubbundleModel) encode(w *saved.Writer) {
	w.JSON(m.options)
	w.Float(m.unit)
	w.Floats(m.center)
	w.Matrix(m.field.rows)
	w.Float(m.field.radius)
	w.Ints(m.ways.Start)
	w.Int32s(m.ways.Indices)
	w.Floats(m.ways.Distances)
	w.Floats(m.base)
	w.Matrix(m.axes)
	w.Matrix(m.coordinates)
	w.Floats(m.misses)
	m.embedding.encode(w)
}

func (m *PrincipalSubbundleModel) decode(r *saved.Reader) {
	r.JSON(&m.options)
	m.unit, m.center = r.Float(), r.Floats()
	m.field = &localPlanes{rows: r.Matrix(), k: m.options.Components, radius: r.Float()}
	m.ways = &neighbors.Neighborhoods{Metric: neighbors.Euclidean{}.String(), Start: r.Ints(), Indices: r.Int32s(), Distances: r.Floats()}
	m.base, m.axes, m.coordinates, m.misses = r.Floats(), r.Matrix(), r.Matrix(), r.Floats()
	m.embedding = new(Embedding)
	m.embedding.decode(r)
	if !r.OK() {
		return
	}
	if m.field.rows == nil || m.axes == nil || m.coordinates == nil {
		r.Fail("it has no rows, no plane or no coordinates")
		return
	}
	n, d := m.field.rows.Dims()
	k, columns := m.axes.Dims()
	rows, components := m.coordinates.Dims()
	if m.ways.N = n; len(m.center) != d || len(m.base) != d || columns != d || rows != n || components != k || m.field.k != k || k > d ||
		len(m.misses) != n || len(m.ways.Start) != n+1 {
		r.Fail("its parts differ in size")
		return
	}
	if !(m.unit > 0 && m.unit <= math.MaxFloat64 && m.field.radius > 0 && m.field.radius <= math.MaxFloat64 && m.options.Iterations > 0 && m.options.Tolerance > 0) {
		r.Fail("its unit, bandwidth or options are out of range")
		return
	}
	if _, err := m.ways.Components(); err != nil { // which looks at every neighbour
		r.Fail("its neighbours are no rows")
	}
}

// WriteTo saves the model with its embedding.
func (m *PrincipalSubbundleModel) WriteTo(w io.Writer) (int64, error) {
	return write(w, subbundleKind, subbundleVersion, m.encode)
}

// ReadFrom replaces m by a saved model; see Embedding.ReadFrom for the errors.
func (m *PrincipalSubbundleModel) ReadFrom(r io.Reader) (int64, error) {
	return read(r, subbundleKind, subbundleVersion, m, (*PrincipalSubbundleModel).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *PrincipalSubbundleModel) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *PrincipalSubbundleModel) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
