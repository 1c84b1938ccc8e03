package dr

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/pkg/watch"
)

// PrincipalSubbundle learns a curved surface of k dimensions from local PCA, at any
// point of the space, not at rows alone. The planes that it finds are a smooth field, and
// a metric that measures vectors within them and allows no others, a sub-Riemannian one:
// its geodesics are the solutions of Hamilton's equations for H(x, p) = ½·|P(x)·p|² with
// the projector P on the plane. Those that begin at a base point, in its plane, sweep out a
// surface through the rows. The map of a row is the direction and the length of the
// geodesic from the base that ends nearest to it, its normal coordinates: distances from
// the base are kept, others as far as the surface is flat.
//
// Rows are weighted by (1 − r²/12σ²)⁶ at distance r for a Bandwidth of σ, which is close to
// a Gaussian of that standard deviation and has an end: beyond 3.46·σ from all rows there is
// no plane, and geodesics go on straight. Steps are of a third of σ, by the Runge–Kutta
// method of order four, and H keeps within a share of 1e-3 in each. Geodesics are found by
// shooting, with the least squares of Levenberg and Marquardt, which begin for every row with
// the coordinates of the row before it on the shortest way from the base along neighbours:
// so they go around bends which no straight line would. A row that no shooting comes near to
// keeps the best that was found; notes say of how many rows that is so.
//
// A step looks at the rows within 4.1·σ, m of them: time O(n·d + m·d·min(m, d)), and some
// hundreds of steps a row: in three columns about ten milliseconds of a core for each of 2000
// rows. Memory 36·n·d + 360·n bytes, and 32·m·d a goroutine. Of data in many columns, take the
// principal components before.
//
// Planes that turn within a bandwidth lose rows: of a swiss roll of 700 rows the shooting for
// every fourth ends away from it, as the notes say, and Isomap is the better choice.
//
// Source: M. Akhøj, J. Benn, E. Grong, S. Sommer and X. Pennec (2023), Principal
// subbundles for dimension reduction.
type PrincipalSubbundle struct {
	// Components is the number of dimensions of the surface, at most min(n−1, d).
	// Default 2, or 1 of two rows or of one column.
	Components int

	// Bandwidth is the standard deviation of the weights of rows, in units of the data.
	// Larger values look at more rows: less noise reaches the planes, and what bends within
	// a bandwidth is smoothed away. No share of the default serves both: with six tenths of
	// it, the surface through 700 noisy rows of a swiss roll is .97 times as far from the roll
	// as they are, and not 1.6 times; that through as many of a sphere .84 times, and not .29.
	// Default the median distance of rows to their tenth
	// nearest other row (3·Components where that is more, n−1 where rows are fewer), of
	// those distances that are not zero.
	Bandwidth float64

	// Base is where all geodesics begin, a point with as many values as the data have
	// columns, such as a row. Default the row halfway on the longest of the shortest ways
	// along neighbours, moved across its plane to the quadratic surface that is fitted to
	// the rows around it, so that the noise of one row does not move the whole surface.
	Base []float64

	// Tolerance ends the shooting for a row once its coordinates change by less, in
	// bandwidths. Smaller values cost time and give more digits. Default 1e-6.
	Tolerance float64

	// Iterations is how often coordinates of a row are changed at most. Default 30.
	Iterations int

	// MemoryLimit in bytes refuses data that would not fit. Default GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// Resolve returns the options with defaults filled in for n × d data, or a
// *mat32.ParamError. Bandwidth and Base, which depend on the rows, stay as they are.
func (s PrincipalSubbundle) Resolve(n, d int) (PrincipalSubbundle, error) {
	const method = "dr.PrincipalSubbundle"
	if n < 2 {
		return s, fmt.Errorf("%s: %w", method, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 2 rows"})
	}
	if s.Components == 0 {
		s.Components = min(2, n-1, d)
	}
	if s.Tolerance == 0 {
		s.Tolerance = 1e-6
	}
	if s.Iterations == 0 {
		s.Iterations = 30
	}
	if err := checkRange(method, "Components", s.Components, 1, min(n-1, d), "min(n−1, d)"); err != nil {
		return s, err
	}
	for _, r := range []struct {
		param string
		value any
		ok    bool
		want  string
	}{
		{"Bandwidth", s.Bandwidth, s.Bandwidth >= 0 && s.Bandwidth <= math.MaxFloat64, "0 (automatic) or more"},
		{"Base", s.Base, s.Base == nil || len(s.Base) == d && finite(s.Base), fmt.Sprintf("%d finite values, or none", d)},
		{"Tolerance", s.Tolerance, s.Tolerance >= 1e-12 && s.Tolerance <= 1, "1e-12 ≤ Tolerance ≤ 1"},
		{"Iterations", s.Iterations, s.Iterations >= 1, "1 or more"},
		{"MemoryLimit", s.MemoryLimit, s.MemoryLimit >= 0, "0 or more bytes"},
	} {
		if !r.ok {
			return s, &mat32.ParamError{Method: method, Param: r.param, Value: r.value, Want: r.want}
		}
	}
	return s, nil
}

// String returns the options in one line, as captions and tables show them.
func (s PrincipalSubbundle) String() string {
	width, base := "automatic", "in the middle"
	if s.Bandwidth > 0 {
		width = fmt.Sprintf("%.4g", s.Bandwidth)
	}
	if s.Base != nil {
		base = "given"
	}
	return fmt.Sprintf("%d components, bandwidth %s, base %s, tolerance %.3g", s.Components, width, base, s.Tolerance)
}

// neighborsOfSubbundle is how many neighbours rows have in the graph that shooting goes
// along, and which of them the bandwidth is measured by.
func neighborsOfSubbundle(n, components int) int { return min(max(10, 3*components), n-1) }

func (s PrincipalSubbundle) memory(n, d int) int64 {
	rows, columns, order := int64(n), int64(d), int64(min(n, d))
	return 8*(3*rows*columns+3*rows+4*order*order) + 12*rows*columns + 36*rows*int64(neighborsOfSubbundle(n, s.Components))
}

// Fit learns the surface through the rows of x (n × d) and their coordinates on it, whose
// Objective is the root of the mean squared distance of rows from the ends of their
// geodesics. Errors: those of mat32.CheckRows, mat32.Check and Resolve,
// *mat32.DegenerateError where all rows are equal, where Bandwidth leaves too few rows near
// the base to tell a plane, or where results exceed float64, *mat32.MemoryError, and one that
// wraps ctx.Err().
func (s PrincipalSubbundle) Fit(ctx context.Context, x mat.Matrix) (*PrincipalSubbundleModel, error) {
	const method = "dr.PrincipalSubbundle"
	n, d, err := checkRows(ctx, method, x, 2)
	if err != nil {
		return nil, err
	}
	if s, err = s.Resolve(n, d); err != nil {
		return nil, err
	}
	if err := mat32.CheckMemory(method, s.memory(n, d), s.MemoryLimit, "reduce rows or columns, by PCA for example"); err != nil {
		return nil, err
	}
	fail := func(err error) (*PrincipalSubbundleModel, error) { return nil, mat32.Rename(method, err) }
	m := &PrincipalSubbundleModel{options: s}
	if err := m.place(ctx, x); err != nil {
		return fail(err)
	}
	notes, err := m.connect(ctx)
	if err != nil {
		return fail(err)
	}
	root, err := m.settle(ctx)
	if err != nil {
		return fail(err)
	}
	lost, err := m.spread(ctx, root)
	if err != nil {
		return fail(err)
	}
	notes = append(notes, lost...)
	z := mat.DenseCopyOf(m.coordinates)
	z.Scale(m.unit, z)
	squares := 0.
	for _, v := range m.misses {
		squares += v * v / float64(n)
	}
	m.embedding = &Embedding{Dense: z, Method: "principal subbundle", Options: s.String(), Rows: n, Dim: d,
		Objective: math.Sqrt(squares) * m.unit, Loss: "RMS distance", Notes: notes}
	if err := checkFits(method, z); err != nil {
		return nil, err
	}
	if !finite([]float64{m.embedding.Objective, m.field.radius * m.unit}) {
		return nil, &mat32.DegenerateError{Method: method, Reason: "the result exceeds the largest float64: rescale the data"}
	}
	return m, nil
}

// Embed returns the coordinates of the rows of x on the surface: Fit(ctx, x) and its
// embedding.
func (s PrincipalSubbundle) Embed(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	m, err := s.Fit(ctx, x)
	if err != nil {
		return nil, err
	}
	return m.embedding, nil
}

// place takes the rows of x, less their mean and in units of about their spread.
func (m *PrincipalSubbundleModel) place(ctx context.Context, x mat.Matrix) error {
	n, _ := x.Dims()
	scaled := func(by float64) (rows *mat.Dense, center []float64, err error) {
		if rows, err = dense(ctx, x, 1/by); err != nil {
			return nil, nil, err
		}
		if center, err = columnSums(ctx, rows); err != nil {
			return nil, nil, err
		}
		for j := range center {
			center[j] /= float64(n)
		}
		return rows, center, lessRow(ctx, rows, center)
	}
	largest, err := magnitude(ctx, x)
	if err != nil {
		return err
	}
	equal := &mat32.DegenerateError{Reason: "all rows are equal: they lie on no surface"}
	if largest == 0 {
		return equal
	}
	m.unit = binary(largest)
	rows, center, err := scaled(m.unit)
	if err != nil {
		return err
	}
	spread, err := magnitude(ctx, rows)
	if err != nil {
		return err
	}
	if spread <= 0x1p-50*largest/m.unit { // rounding of the mean, at most
		return equal
	}
	// Rows far from the origin are scaled by how far they are from each other.
	if spread < 1 {
		if unit := m.unit * binary(spread); unit >= 0x1p-1022 {
			m.unit = unit
			if rows, center, err = scaled(unit); err != nil {
				return err
			}
		}
	}
	m.center = center
	m.field = &localPlanes{rows: rows, k: m.options.Components}
	m.coordinates = mat.NewDense(n, m.options.Components, nil)
	m.misses = make([]float64, n)
	return nil
}

// connect finds the neighbours of rows, joins what is apart, and measures the bandwidth.
func (m *PrincipalSubbundleModel) connect(ctx context.Context) (notes []string, err error) {
	rows, limit := m.field.rows, m.options.MemoryLimit
	n, _ := rows.Dims()
	g, err := neighbors.Exact{Neighbors: neighborsOfSubbundle(n, m.options.Components), MemoryLimit: limit}.Graph(ctx, rows)
	if err != nil {
		return nil, err
	}
	bandwidth := m.options.Bandwidth / m.unit
	if bandwidth == 0 && m.options.Bandwidth == 0 {
		var last []float64
		for i := range n {
			if _, distances := g.Row(i); distances[g.K-1] > 0 {
				last = append(last, distances[g.K-1])
			}
		}
		slices.Sort(last)
		if len(last) == 0 {
			return nil, &mat32.DegenerateError{Reason: "all rows have so many duplicates that there is no distance to their neighbours: set Bandwidth"}
		}
		bandwidth = last[len(last)/2]
	}
	m.field.radius = bandwidth * supportInBandwidths
	if !(m.field.radius > 1e-100 && m.field.radius < 1e100) {
		return nil, &mat32.DegenerateError{Reason: "Bandwidth is too far from the distances between rows"}
	}
	union, err := g.Union()
	if err != nil {
		return nil, err
	}
	joined, err := neighbors.Join{MemoryLimit: limit}.Connect(ctx, rows, union)
	if err != nil {
		return nil, err
	}
	m.ways = joined.Graph
	if added := len(joined.Added); added > 0 {
		notes = append(notes, fmt.Sprintf("the rows fall into %d parts: shooting goes along the %d shortest edges between them", added+1, added))
	}
	return notes, nil
}

// settle chooses the base and returns the row that is nearest to it.
func (m *PrincipalSubbundleModel) settle(ctx context.Context) (root int, err error) {
	rows := m.field.rows
	_, d := rows.Dims()
	m.base = make([]float64, d)
	p := m.field.scratch()
	if given := m.options.Base; given != nil {
		if err := m.inner(given, m.base); err != nil {
			return 0, err
		}
		root = m.nearest(m.base)
	} else {
		// The end of the longest way from any row, the longest way from there, and halfway.
		one, err := m.waysFrom(ctx, 0)
		if err != nil {
			return 0, err
		}
		if one, err = m.waysFrom(ctx, one.farthest); err != nil {
			return 0, err
		}
		root = one.farthest
		for half := one.length[root] / 2; one.length[root] > half; {
			root = int(one.before[root])
		}
		// Where that row has too few around it, the next along neighbours that has enough.
		around, err := m.waysFrom(ctx, root)
		if err != nil {
			return 0, err
		}
		for _, i := range around.order {
			if p.at(rows.RawRowView(int(i))) {
				root = int(i)
				break
			}
		}
		copy(m.base, rows.RawRowView(root))
		if p.at(m.base) {
			p.acrossTo(m.base)
		}
	}
	if !p.at(m.base) {
		return 0, &mat32.DegenerateError{Reason: fmt.Sprintf("the rows near the base do not tell a plane of %d dimensions: raise Bandwidth, or reduce Components", m.field.k)}
	}
	m.axes = mat.NewDense(m.field.k, d, slices.Clone(p.frame))
	scaleRows(m.axes, orientation(m.axes))
	return root, nil
}

// acrossTo moves x across its plane, which at has just found, to the quadratic surface
// that fits the rows around it, if these are enough.
func (p *plane) acrossTo(x []float64) {
	d, k := len(x), p.of.k
	m, terms := p.near, 1+k+k*(k+1)/2
	count := 0
	for _, w := range p.weight {
		if w > 0 {
			count++
		}
	}
	if count < 2*terms || terms > 1000 {
		return
	}
	// Weighted least squares with the monomials up to order two of coordinates along the
	// plane: of the solution only the value at x is wanted, which is linear in the rows.
	design := mat.NewDense(m, terms, nil)
	normal := make([]float64, terms*terms)
	for t, w := range p.weight {
		row := design.RawRowView(t)
		row[0] = 1
		next := 1 + k
		for a := range k {
			for j, v := range p.frame[a*d : (a+1)*d] {
				row[1+a] += v * (p.from[j*m+t] + p.mean[j]) / p.of.radius
			}
			for b := range a + 1 {
				row[next] = row[1+a] * row[1+b]
				next++
			}
		}
		for a, v := range row {
			for b := range a + 1 {
				normal[a*terms+b] += w / p.mass * v * row[b]
			}
		}
	}
	if !factorize(normal, terms, 0) {
		return
	}
	// What factorize lets pass may still be too near to singular to mean anything.
	for a := range terms {
		if normal[a*terms+a] < 1e-6 {
			return
		}
	}
	value := make([]float64, terms)
	value[0] = 1
	solveFactor(normal, terms, value)
	offset := make([]float64, d)
	for t, w := range p.weight {
		share := w / p.mass * kernel.Dot64(design.RawRowView(t), value)
		for j := range offset {
			offset[j] += share * (p.from[j*m+t] + p.mean[j])
		}
	}
	for a := range k {
		u := p.frame[a*d : (a+1)*d]
		along := 0.
		for j, v := range u {
			along += v * offset[j]
		}
		for j, v := range u {
			offset[j] -= along * v
		}
	}
	if finite(offset) && norm(offset) < p.of.radius {
		for j, v := range offset {
			x[j] += v
		}
	}
}

// spread shoots from the base for all rows, each after the row before it on the shortest
// way from root.
func (m *PrincipalSubbundleModel) spread(ctx context.Context, root int) (notes []string, err error) {
	n, _ := m.field.rows.Dims()
	ways, err := m.waysFrom(ctx, root)
	if err != nil {
		return nil, err
	}
	depth, deepest := make([]int, n), 0
	for _, i := range ways.order {
		if before := ways.before[i]; before >= 0 {
			depth[i] = depth[before] + 1
			deepest = max(deepest, depth[i])
		}
	}
	waves := make([][]int32, deepest+1)
	for i, at := range depth {
		waves[at] = append(waves[at], int32(i))
	}
	shots := make([]shot, n)
	stage := watch.Start(ctx, "principal subbundle", n)
	for _, wave := range waves {
		err := par.BlocksWith(ctx, len(wave), 1, m.shooting, func(s *shooting, w, _ int) {
			i := int(wave[w])
			z := m.coordinates.RawRowView(i)
			if before := ways.before[i]; before >= 0 {
				copy(z, m.coordinates.RawRowView(int(before)))
			}
			shots[i] = s.toward(ctx, m.field.rows.RawRowView(i), z, m.tolerance(), m.options.Iterations)
			m.misses[i] = shots[i].miss
			stage.Add(1)
		})
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, err
		}
	}
	return notesOf(shots), nil
}

// notesOf says what is to be known of shots.
func notesOf(shots []shot) (notes []string) {
	lost, strayed := 0, 0
	for _, s := range shots {
		if !s.converged {
			lost++
		}
		if s.strayed {
			strayed++
		}
	}
	if lost > 0 {
		notes = append(notes, fmt.Sprintf("the shooting for %d of %d rows ended before its tolerance: they have the best coordinates that were found", lost, len(shots)))
	}
	if strayed > 0 {
		notes = append(notes, fmt.Sprintf("the geodesics of %d of %d rows lead where no plane is, and go on straight", strayed, len(shots)))
	}
	return notes
}

// subbundleWays are the shortest ways from one row to all along neighbours.
type subbundleWays struct {
	length   []float64
	before   []int32 // on the way; −1 for the first
	order    []int32 // rows by length
	farthest int
}

// waysFrom finds the shortest ways from a row, as Dijkstra does: the row that is nearest
// of those not yet done is done, the first of equals. Time O(n²).
func (m *PrincipalSubbundleModel) waysFrom(ctx context.Context, row int) (*subbundleWays, error) {
	n := m.ways.N
	w := &subbundleWays{length: make([]float64, n), before: make([]int32, n), order: make([]int32, 0, n)}
	done := make([]bool, n)
	for i := range n {
		w.length[i], w.before[i] = math.Inf(1), -1
	}
	w.length[row] = 0
	for range n {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		next := -1
		for i, d := range w.length {
			if !done[i] && (next < 0 || d < w.length[next]) {
				next = i
			}
		}
		done[next] = true
		w.order = append(w.order, int32(next))
		w.farthest = next
		indices, distances := m.ways.Row(next)
		for k, j := range indices {
			if via := w.length[next] + distances[k]; via < w.length[j] {
				w.length[j], w.before[j] = via, int32(next)
			}
		}
	}
	return w, nil
}
