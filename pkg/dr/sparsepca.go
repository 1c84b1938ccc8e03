package dr

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// SparsePCA finds components most of whose entries are zero, so that each is told
// by a few columns: it minimises
//
//	½·‖x − mean − U·V‖² + Penalty·Σ|V|
//
// over U (n × k), whose columns are at most 1 long, and V (k × d), whose rows,
// scaled to length 1, are the components. They need not be at right angles, so rows
// are mapped by a ridge regression on them, and Inverse gives back less than PCA
// does. It begins at the principal components, whose order the components keep;
// the entry of largest magnitude of each is positive. A component that no column
// uses begins again at the column that the others explain least, unless there are
// as many as the rank.
//
// All that counts of the rows are their principal coordinates: time and memory are
// those of PCA with all components, and O(d·k·(r + k·s)) an iteration, in which r ≤
// min(n, d) is the rank and s the number of sweeps that a column's entries take to
// settle, with 8·d·(r + 3k) bytes. A form that sees the rows in batches would gain
// nothing.
//
// Sources: R. Jenatton, G. Obozinski and F. Bach (2010), Structured sparse
// principal component analysis; J. Mairal, F. Bach, J. Ponce and G. Sapiro (2009),
// Online dictionary learning for sparse coding.
type SparsePCA struct {
	// Components is the number of components, at most min(n−1, d). Default: all of
	// these.
	Components int

	// Penalty weighs the entries of the components, in units of the data. Larger
	// values make more of them zero. Default 1.
	Penalty float64

	// Ridge steadies the map of rows where components are nearly dependent. Larger
	// values shrink the coordinates. Default 0.01.
	Ridge float64

	// Iterations is where it gives up. Default 1000.
	Iterations int

	// Tolerance is the relative fall of the objective that counts as none. Smaller
	// values cost iterations. Default 1e-8.
	Tolerance float64

	// MemoryLimit in bytes refuses data whose matrices would not fit. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// Resolve returns the options with defaults filled in for n × d data, or a
// *mat32.ParamError.
func (s SparsePCA) Resolve(n, d int) (SparsePCA, error) {
	const method = "dr.SparsePCA"
	most := min(n-1, d)
	if s.Components == 0 {
		s.Components = most
	}
	for _, o := range []struct {
		value    *float64
		standard float64
	}{{&s.Penalty, 1}, {&s.Ridge, .01}, {&s.Tolerance, 1e-8}} {
		if *o.value == 0 {
			*o.value = o.standard
		}
	}
	if s.Iterations == 0 {
		s.Iterations = 1000
	}
	wrong := func(param string, value any, want string) error {
		return &mat32.ParamError{Method: method, Param: param, Value: value, Want: want}
	}
	if err := checkRange(method, "Components", s.Components, 1, most, "min(n−1, d)"); err != nil {
		return s, err
	}
	positive := func(v float64) bool { return v > 0 && v <= math.MaxFloat64 }
	switch {
	case !positive(s.Penalty):
		return s, wrong("Penalty", s.Penalty, "above 0")
	case !positive(s.Ridge):
		return s, wrong("Ridge", s.Ridge, "above 0")
	case s.Iterations < 1:
		return s, wrong("Iterations", s.Iterations, "1 or more")
	case !(s.Tolerance > 0 && s.Tolerance < 1):
		return s, wrong("Tolerance", s.Tolerance, "0 < Tolerance < 1")
	case s.MemoryLimit < 0:
		return s, wrong("MemoryLimit", s.MemoryLimit, "0 or more bytes")
	}
	return s, nil
}

// String returns the options in one line, as captions and tables show them.
func (s SparsePCA) String() string {
	return fmt.Sprintf("%d components, penalty %.6g, ridge %.6g", s.Components, s.Penalty, s.Ridge)
}

// Fit learns the components of x (n × d). Errors: those of mat32.CheckRows,
// mat32.Check and Resolve, *mat32.ShapeError below 2 rows, *mat32.DegenerateError
// where variances exceed float64, *mat32.MemoryError, and one that wraps ctx.Err().
func (s SparsePCA) Fit(ctx context.Context, x mat.Matrix) (*SparsePCAModel, error) {
	const method = "dr.SparsePCA"
	fail := func(err error) (*SparsePCAModel, error) { return nil, fmt.Errorf("%s: %w", method, err) }
	n, d, err := checkRows(ctx, method, x, 2)
	if err != nil {
		return nil, err
	}
	if s, err = s.Resolve(n, d); err != nil {
		return nil, err
	}
	all := PCA{MemoryLimit: s.MemoryLimit}
	rank, columns, k := int64(min(n-1, d)), int64(d), int64(s.Components)
	need := decomposing(n, d, int(rank)) + 8*(columns*(rank+4*k)+int64(n)*(rank+k)+3*k*(k+rank))
	if err := mat32.CheckMemory(method, need, s.MemoryLimit, "reduce rows or columns"); err != nil {
		return nil, err
	}
	pca, err := all.Fit(ctx, x)
	if err != nil {
		return fail(err)
	}
	c, err := newCoding(ctx, s, pca)
	if err != nil {
		return nil, err
	}
	if err := c.learn(ctx); err != nil {
		return fail(err)
	}
	m := &SparsePCAModel{options: s, rows: n, iterations: c.iterations, mean: pca.Mean()}
	m.components = mat.DenseCopyOf(c.code.T())
	zero := 0
	for t := range s.Components {
		row := m.components.RawRowView(t)
		length := math.Sqrt(kernel.Dot64(row, row))
		if length == 0 {
			zero++
			continue
		}
		for j := range row {
			row[j] /= length
		}
	}
	scaleRows(m.components, orientation(m.components))
	if m.forward, err = ridgeMap(ctx, m.components, s.Ridge); err != nil {
		return fail(err)
	}
	z, err := m.linear().apply(ctx, method, x)
	if err != nil {
		return nil, err
	}
	m.embedding = &Embedding{Dense: z, Method: "sparse PCA", Options: s.String(), Rows: n, Dim: d, Objective: c.cost, Loss: "penalised squared error"}
	if !c.converged {
		m.embedding.Notes = append(m.embedding.Notes, fmt.Sprintf("not converged after %d iterations", c.iterations))
	}
	if zero > 0 {
		m.embedding.Notes = append(m.embedding.Notes, fmt.Sprintf("%d of %d components are zero: the penalty is larger than what they would explain", zero, s.Components))
	}
	return m, nil
}

// Embed returns the rows of x in the coordinates of the components: Fit(ctx, x)
// and its embedding.
func (s SparsePCA) Embed(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	m, err := s.Fit(ctx, x)
	if err != nil {
		return nil, err
	}
	return m.embedding, nil
}

// ridgeMap returns (c·cᵀ + ridge·I)⁻¹·c, which takes centred rows to coordinates.
func ridgeMap(ctx context.Context, c *mat.Dense, ridge float64) (*mat.Dense, error) {
	k, _ := c.Dims()
	a := mat.NewSymDense(k, nil)
	for t := range k {
		for u := t; u < k; u++ {
			a.SetSym(t, u, kernel.Dot64(c.RawRowView(t), c.RawRowView(u)))
		}
		a.SetSym(t, t, a.At(t, t)+ridge)
	}
	f, err := linalg.NewCholesky(ctx, a)
	if err != nil {
		return nil, err
	}
	forward := mat.DenseCopyOf(c)
	return forward, f.Solve(ctx, forward)
}

// coding is the search for sparse components: columns ≈ code·atoms, where a row of
// columns is a column of the data in principal coordinates.
type coding struct {
	SparsePCA
	columns, code, atoms *mat.Dense // d × r, d × k and k × r
	whole                float64    // the squared length of columns
	cost                 float64
	iterations           int
	converged            bool
}

func newCoding(ctx context.Context, s SparsePCA, pca *PCAModel) (*coding, error) {
	values := pca.SingularValues()
	_, d := pca.components.Dims()
	r := max(1, len(values)-pca.flat()) // other directions are those of rounding
	values = values[:r]
	c := &coding{SparsePCA: s, columns: mat.DenseCopyOf(pca.components.Slice(0, r, 0, d).T()), code: mat.NewDense(d, s.Components, nil), atoms: mat.NewDense(s.Components, r, nil)}
	c.code.Copy(c.columns)
	for t := range min(s.Components, r) {
		c.atoms.Set(t, t, values[t])
	}
	if err := scaleColumns(ctx, c.columns, values); err != nil {
		return nil, err
	}
	data := c.columns.RawMatrix().Data
	if c.whole = kernel.Dot64(data, data); math.IsInf(c.whole, 0) {
		return nil, &mat32.DegenerateError{Method: "dr.SparsePCA", Reason: "the variance exceeds the largest float64: rescale the data"}
	}
	return c, nil
}

// learn minimises over the code and over the atoms in turn.
func (c *coding) learn(ctx context.Context) error {
	d, r := c.columns.Dims()
	k := c.Components
	products, turned := mat.NewDense(d, k, nil), mat.NewDense(k, r, nil)
	gram, codes := mat.NewDense(k, k, nil), mat.NewDense(k, k, nil)
	stage := watch.Start(ctx, "sparse PCA", c.Iterations)
	for c.iterations < c.Iterations {
		if err := kernel.Syrk64(ctx, blas.NoTrans, 1, c.atoms.RawMatrix(), 0, gram.RawMatrix()); err != nil {
			return err
		}
		if err := multiply(ctx, products, c.columns, blas.NoTrans, c.atoms, blas.Trans); err != nil {
			return err
		}
		err := par.BlocksWith(ctx, d, 8, func() []float64 { return make([]float64, k) }, func(slope []float64, lo, hi int) {
			for j := lo; j < hi && ctx.Err() == nil; j++ {
				lasso(c.code.RawRowView(j), slope, products.RawRowView(j), gram, c.Penalty)
			}
		})
		if err != nil {
			return err
		}
		if err := kernel.Syrk64(ctx, blas.Trans, 1, c.code.RawMatrix(), 0, codes.RawMatrix()); err != nil {
			return err
		}
		if err := multiply(ctx, turned, c.code, blas.Trans, c.columns, blas.NoTrans); err != nil {
			return err
		}
		if err := c.refine(ctx, codes, turned); err != nil {
			return err
		}
		if err := kernel.Syrk64(ctx, blas.NoTrans, 1, c.atoms.RawMatrix(), 0, gram.RawMatrix()); err != nil {
			return err
		}
		sum := 0.
		for _, v := range c.code.RawMatrix().Data {
			sum += math.Abs(v)
		}
		cost := (c.whole+kernel.Dot64(codes.RawMatrix().Data, gram.RawMatrix().Data))/2 - kernel.Dot64(turned.RawMatrix().Data, c.atoms.RawMatrix().Data) + c.Penalty*sum
		c.iterations++
		stage.Add(1)
		fall := c.cost - cost
		c.cost = cost
		if c.iterations > 1 && !(fall >= c.Tolerance*cost) {
			c.converged = true
			return nil
		}
	}
	return nil
}

// refine minimises over one atom after the other, given the products of the code
// with itself and with the columns. An atom is at most 1 long.
func (c *coding) refine(ctx context.Context, codes, turned *mat.Dense) error {
	_, r := c.atoms.Dims()
	next := make([]float64, r)
	used := 0
	for t := range c.Components {
		if codes.At(t, t) > 0 {
			used++
		}
	}
	var fresh [][]float64 // atoms that begin again, made orthonormal
	for t := range c.Components {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		atom, weight := c.atoms.RawRowView(t), codes.At(t, t)
		if weight > 0 {
			copy(next, turned.RawRowView(t))
			for u, v := range codes.RawRowView(t) {
				if v != 0 && u != t {
					kernel.Axpy64(-v, c.atoms.RawRowView(u), next)
				}
			}
			for i, v := range next {
				atom[i] = v / weight
			}
		} else {
			clear(atom)
			if used+len(fresh) >= r {
				continue // there are as many as the columns have directions
			}
			if j, left := c.worst(ctx, fresh); left != nil {
				copy(atom, c.columns.RawRowView(j))
				kernel.Scal64(1/math.Sqrt(kernel.Dot64(left, left)), left)
				fresh = append(fresh, left)
			}
		}
		if length := math.Sqrt(kernel.Dot64(atom, atom)); length > 1 {
			kernel.Scal64(1/length, atom)
		}
	}
	return ctx.Err()
}

// worst returns the column that code and atoms explain least, what they leave of
// it, and that without its part along directions; nil where they leave nothing but
// rounding.
func (c *coding) worst(ctx context.Context, directions [][]float64) (worst int, left []float64) {
	d, r := c.columns.Dims()
	most, rest := 1e-18*c.whole, make([]float64, r)
	for j := 0; j < d && ctx.Err() == nil; j++ {
		copy(rest, c.columns.RawRowView(j))
		for t, v := range c.code.RawRowView(j) {
			if v != 0 {
				kernel.Axpy64(-v, c.atoms.RawRowView(t), rest)
			}
		}
		for range 2 {
			for _, u := range directions {
				kernel.Axpy64(-kernel.Dot64(u, rest), u, rest)
			}
		}
		// Of equal ones the first, whatever rounding does to them.
		if square := kernel.Dot64(rest, rest); square > most*(1+1e-9) {
			worst, most, left = j, square, append(left[:0], rest...)
		}
	}
	return worst, left
}

// settled ends the sweeps of lasso.
const (
	settled    = 1e-12
	mostSweeps = 1000
)

// lasso minimises ½·vᵀ·gram·v − productsᵀ·v + penalty·Σ|v| by coordinate descent.
func lasso(v, slope, products []float64, gram *mat.Dense, penalty float64) {
	copy(slope, products)
	for t, e := range v {
		if e != 0 {
			kernel.Axpy64(-e, gram.RawRowView(t), slope)
		}
	}
	for range mostSweeps {
		moved, size := 0., 0.
		for t, was := range v {
			row := gram.RawRowView(t)
			curvature := row[t]
			if curvature == 0 {
				v[t] = 0
				continue
			}
			pull := slope[t] + was*curvature
			now := math.Copysign(max(math.Abs(pull)-penalty, 0), pull) / curvature
			if now != was {
				kernel.Axpy64(was-now, row, slope)
				v[t] = now
			}
			moved, size = max(moved, math.Abs(now-was)), max(size, math.Abs(now))
		}
		if !(moved > settled*size) {
			return
		}
	}
}
