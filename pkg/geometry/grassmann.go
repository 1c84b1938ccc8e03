package geometry

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/subspace"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// Grassmann is the manifold of the subspaces of one dimension p among d columns: geodesics
// from one to another, and means. A subspace is p orthonormal rows, as Basis makes them, and
// which rows span it does not matter; a tangent vector at it is p rows at right angles to
// them, whose lengths along the geodesic are angles. For distances see GrassmannDistance.
//
// Everything takes O(d·p²) operations for each subspace.
//
// Sources: A. Edelman, T. Arias and S. Smith (1998), The geometry of algorithms with
// orthogonality constraints; the mean, H. Karcher (1977), Riemannian center of mass and
// mollifier smoothing.
type Grassmann struct {
	// Tolerance is the length of the step at which Mean ends. Default 1e-10. Smaller ones than
	// about 1e-14 are never reached.
	Tolerance float64

	// Iterations is how many steps Mean takes at most, after which it says so. Default 200.
	Iterations int
}

const grassmann = "geometry.Grassmann"

// Resolve returns the options with defaults filled in, or a *mat32.ParamError, whatever n
// and d are.
func (g Grassmann) Resolve(n, d int) (Grassmann, error) {
	if g.Tolerance == 0 {
		g.Tolerance = 1e-10
	}
	if !(g.Tolerance > 0 && g.Tolerance <= 1) {
		return g, &mat32.ParamError{Method: grassmann, Param: "Tolerance", Value: g.Tolerance, Want: "0 < Tolerance ≤ 1, or 0 for 1e-10"}
	}
	if g.Iterations == 0 {
		g.Iterations = 200
	}
	if g.Iterations < 1 || g.Iterations > 1e6 {
		return g, &mat32.ParamError{Method: grassmann, Param: "Iterations", Value: g.Iterations, Want: "1 ≤ Iterations ≤ 1000000, or 0 for 200"}
	}
	return g, nil
}

// Basis returns orthonormal rows that span the rows of x: as many as are linearly
// independent. Errors: those of mat32.CheckRows and mat32.Check; *mat32.MemoryError;
// *mat32.DegenerateError where all rows are zero; and one that wraps ctx.Err().
func (Grassmann) Basis(ctx context.Context, x mat.Matrix) (*mat.Dense, error) {
	if err := check(ctx, grassmann, 1, 4, x); err != nil {
		return nil, err
	}
	basis, err := spanned(ctx, x)
	if err != nil {
		return nil, mat32.Rename(grassmann, err)
	}
	return mat.DenseCopyOf(basis.T()), nil
}

// point checks that the rows of x are orthonormal and returns them as columns.
func (Grassmann) point(ctx context.Context, name string, x mat.Matrix) (*mat.Dense, error) {
	if err := check(ctx, grassmann, 1, 2, x); err != nil {
		return nil, err
	}
	p, d := x.Dims()
	columns := mat.DenseCopyOf(x.T())
	if p <= d {
		products := mat.NewDense(p, p, nil)
		if err := kernel.Gemm64(ctx, blas.Trans, blas.NoTrans, 1, columns.RawMatrix(), columns.RawMatrix(), 0, products.RawMatrix()); err != nil {
			return nil, fmt.Errorf("%s: %w", grassmann, err)
		}
		off := 0.
		for i := range p {
			for j := range p {
				want := 0.
				if i == j {
					want = 1
				}
				off = math.Max(off, math.Abs(products.At(i, j)-want))
			}
		}
		if off <= 1e-6 {
			q, _, err := linalg.QR(ctx, columns) // orthonormal to the last digit
			if err != nil {
				return nil, mat32.Rename(grassmann, err)
			}
			return q, nil
		}
	}
	return nil, &mat32.ParamError{Method: grassmann, Param: name, Value: fmt.Sprintf("%d × %d", p, d), Want: "orthonormal rows, as Basis makes them"}
}

// pair checks two subspaces of one dimension.
func (g Grassmann) pair(ctx context.Context, x, y mat.Matrix) (a, b *mat.Dense, err error) {
	if a, err = g.point(ctx, "x", x); err != nil {
		return nil, nil, err
	}
	if b, err = g.point(ctx, "y", y); err != nil {
		return nil, nil, err
	}
	d, p := a.Dims()
	if rows, q := b.Dims(); rows != d || q != p {
		return nil, nil, fmt.Errorf("%s: %w", grassmann, &mat32.ShapeError{What: "y", Rows: q, Cols: rows, Want: fmt.Sprintf("%d × %d, as x", p, d)})
	}
	return a, b, nil
}

// Log returns the tangent vector at the subspace x (p × d, orthonormal rows) along the shortest
// geodesic that reaches y in unit time; the root of its summed squares is the geodesic
// distance. Where directions are at right angles several are shortest, and it is one of
// them. Errors: those of mat32.CheckRows and mat32.Check; *mat32.ParamError where rows are not
// orthonormal; *mat32.ShapeError where shapes differ; and one that wraps ctx.Err().
func (g Grassmann) Log(ctx context.Context, x, y mat.Matrix) (*mat.Dense, error) {
	a, b, err := g.pair(ctx, x, y)
	if err != nil {
		return nil, err
	}
	v, _, err := logarithm(ctx, a, b)
	if err != nil {
		return nil, mat32.Rename(grassmann, err)
	}
	return mat.DenseCopyOf(v.T()), nil
}

// logarithm is Log of orthonormal columns; it also returns the squared distance.
func logarithm(ctx context.Context, a, b *mat.Dense) (v *mat.Dense, square float64, err error) {
	f, err := subspace.PrincipalAngles(ctx, a, b)
	if err != nil {
		return nil, 0, err
	}
	d, p := a.Dims()
	normal := mat.NewDense(d, p, nil) // of the length of the angles
	for k, angle := range f.Angles {
		square += angle * angle
		scale := 1.
		if s := math.Sin(angle); s > 0 {
			scale = angle / s
		}
		c := math.Cos(angle)
		for i := range d {
			normal.Set(i, k, scale*(f.B.At(i, k)-c*f.A.At(i, k)))
		}
	}
	v = mat.NewDense(d, p, nil)
	if err := kernel.Gemm64(ctx, blas.NoTrans, blas.Trans, 1, normal.RawMatrix(), f.U.RawMatrix(), 0, v.RawMatrix()); err != nil {
		return nil, 0, err
	}
	return v, square, tangent(ctx, a, v)
}

// tangent takes from v what is not at right angles to the columns of a.
func tangent(ctx context.Context, a, v *mat.Dense) error {
	_, p := a.Dims()
	along := mat.NewDense(p, p, nil)
	if err := kernel.Gemm64(ctx, blas.Trans, blas.NoTrans, 1, a.RawMatrix(), v.RawMatrix(), 0, along.RawMatrix()); err != nil {
		return err
	}
	return kernel.Gemm64(ctx, blas.NoTrans, blas.NoTrans, -1, a.RawMatrix(), along.RawMatrix(), 1, v.RawMatrix())
}

// Exp returns orthonormal rows of the subspace that the geodesic from x (p × d, orthonormal
// rows) with velocity v (p × d) reaches in unit time. What of v is not tangent at x does not count.
// Errors: those of Log; *mat32.ShapeError where v has another shape.
func (g Grassmann) Exp(ctx context.Context, x, v mat.Matrix) (*mat.Dense, error) {
	a, err := g.point(ctx, "x", x)
	if err != nil {
		return nil, err
	}
	if err := check(ctx, grassmann, 1, 2, v); err != nil {
		return nil, err
	}
	d, p := a.Dims()
	if rows, columns := v.Dims(); rows != p || columns != d {
		return nil, fmt.Errorf("%s: %w", grassmann, &mat32.ShapeError{What: "v", Rows: rows, Cols: columns, Want: fmt.Sprintf("%d × %d, as x", p, d)})
	}
	velocity := mat.DenseCopyOf(v.T())
	if err := tangent(ctx, a, velocity); err != nil {
		return nil, fmt.Errorf("%s: %w", grassmann, err)
	}
	b, err := exponential(ctx, a, velocity)
	if err != nil {
		return nil, mat32.Rename(grassmann, err)
	}
	return mat.DenseCopyOf(b.T()), nil
}

// exponential is Exp of orthonormal columns and a tangent vector.
func exponential(ctx context.Context, a, v *mat.Dense) (*mat.Dense, error) {
	u, angles, right, err := linalg.SVD(ctx, v)
	if err != nil {
		return nil, err
	}
	d, p := a.Dims()
	turned, moved := mat.NewDense(d, p, nil), mat.NewDense(d, p, nil)
	if err := kernel.Gemm64(ctx, blas.NoTrans, blas.Trans, 1, a.RawMatrix(), right.RawMatrix(), 0, turned.RawMatrix()); err != nil {
		return nil, err
	}
	for k, angle := range angles {
		s, c := math.Sincos(angle)
		for i := range d {
			moved.Set(i, k, c*turned.At(i, k)+s*u.At(i, k))
		}
	}
	back := mat.NewDense(d, p, nil)
	if err := kernel.Gemm64(ctx, blas.NoTrans, blas.NoTrans, 1, moved.RawMatrix(), right.RawMatrix(), 0, back.RawMatrix()); err != nil {
		return nil, err
	}
	q, _, err := linalg.QR(ctx, back)
	return q, err
}

// SubspaceMean is the mean of subspaces.
type SubspaceMean struct {
	Basis      *mat.Dense // p × d orthonormal rows
	Variance   float64    // the mean squared geodesic distance from it, in square radians
	Iterations int        // that were taken
	Notes      []string   // whether it ended before the tolerance
}

// String returns one line.
func (m *SubspaceMean) String() string {
	p, d := m.Basis.Dims()
	s := fmt.Sprintf("mean subspace of %d among %d dimensions, variance %.4g", p, d, m.Variance)
	for _, n := range m.Notes {
		s += "\n  " + n
	}
	return s
}

// Mean returns the subspace whose mean squared geodesic distance from those given is least, as
// far as steps from their chordal mean find it: it is the only one where they lie within π/4 of each
// other. Every subspace is p orthonormal rows. Errors: those of Resolve and Log;
// *mat32.ParamError where none are given; and one that wraps ctx.Err().
func (g Grassmann) Mean(ctx context.Context, subspaces []mat.Matrix) (*SubspaceMean, error) {
	g, err := g.Resolve(0, 0)
	if err != nil {
		return nil, err
	}
	if len(subspaces) == 0 {
		return nil, &mat32.ParamError{Method: grassmann, Param: "subspaces", Value: 0, Want: "at least one"}
	}
	points := make([]*mat.Dense, len(subspaces))
	for i, s := range subspaces {
		if points[i], err = g.point(ctx, fmt.Sprintf("subspaces[%d]", i), s); err != nil {
			return nil, err
		}
		d, p := points[0].Dims()
		if rows, q := points[i].Dims(); rows != d || q != p {
			return nil, fmt.Errorf("%s: %w", grassmann, &mat32.ShapeError{What: fmt.Sprintf("subspaces[%d]", i), Rows: q, Cols: rows, Want: fmt.Sprintf("%d × %d, as the first", p, d)})
		}
	}
	m, err := g.mean(ctx, points)
	if err != nil {
		return nil, mat32.Rename(grassmann, err)
	}
	return m, nil
}

func (g Grassmann) mean(ctx context.Context, points []*mat.Dense) (*SubspaceMean, error) {
	d, p := points[0].Dims()
	center, err := chordalMean(ctx, points)
	if err != nil {
		return nil, err
	}
	m := &SubspaceMean{}
	stage := watch.Start(ctx, "mean of subspaces", g.Iterations)
	for {
		step := mat.NewDense(d, p, nil)
		m.Variance = 0
		for _, point := range points {
			v, square, err := logarithm(ctx, center, point)
			if err != nil {
				return nil, err
			}
			m.Variance += square / float64(len(points))
			kernel.Axpy64(1/float64(len(points)), v.RawMatrix().Data, step.RawMatrix().Data)
		}
		length := subspace.Norm(step)
		if length <= g.Tolerance {
			break
		}
		if m.Iterations == g.Iterations {
			m.Notes = append(m.Notes, fmt.Sprintf("after %d steps the next one would still be %.3g long", m.Iterations, length))
			break
		}
		if center, err = exponential(ctx, center, step); err != nil {
			return nil, err
		}
		m.Iterations++
		stage.Add(1)
	}
	m.Basis = mat.DenseCopyOf(center.T())
	return m, nil
}

// chordalMean returns the p directions that the points have most of: the leading left
// singular vectors of all their columns.
func chordalMean(ctx context.Context, points []*mat.Dense) (*mat.Dense, error) {
	d, p := points[0].Dims()
	all := mat.NewDense(d, p*len(points), nil)
	for i, point := range points {
		all.Slice(0, d, i*p, (i+1)*p).(*mat.Dense).Copy(point)
	}
	if p*len(points) <= d {
		u, _, _, err := linalg.SVD(ctx, all)
		if err != nil {
			return nil, err
		}
		return mat.DenseCopyOf(u.Slice(0, d, 0, p)), nil
	}
	_, _, right, err := linalg.SVD(ctx, mat.DenseCopyOf(all.T()))
	if err != nil {
		return nil, err
	}
	return mat.DenseCopyOf(right.Slice(0, p, 0, d).T()), nil
}
