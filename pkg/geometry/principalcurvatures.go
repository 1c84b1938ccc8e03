package geometry

import (
	"context"
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/screen"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/watch"
)

// PrincipalCurvatures says how the surface that rows lie on bends: at every row, in each
// normal direction, the eigenvalues of its second fundamental form. On a sphere of radius r
// they are all 1/r, on a cylinder 1/r and 0, on a plane 0: data of one dimension may
// differ in them.
//
// The nearest rows are split by principal components into tangent and normal coordinates,
// and each normal coordinate is fitted by a polynomial of degree 2 of the tangent ones, by
// least squares. Its Hessian is the second fundamental form, after what its slope adds is
// taken away: the components of a neighbourhood are not quite tangent at the row. The
// polynomial has (d+1)(d+2)/2 coefficients for d dimensions, and a neighbourhood must have as
// many rows. (The code of the source takes 2·d neighbours, too few for d ≥ 3.)
//
// What the fit leaves out falls with the square of the neighbourhood's radius over that of
// the bend; noise grows with the inverse of this square. Rows at an edge, where neighbours
// lie to one side, err most. Rows that equal an earlier one have its curvatures and are no
// neighbours. Time that of the neighbours and, for each row, O(k²·D + k·p²) for k neighbours
// in D columns and p coefficients; memory 8·n·(k + d·c) bytes for c normal directions.
//
// Sources: A. Kaufman and O. Azencot (2023), Data representations' study of latent image
// manifolds; the fit, Y. Li (2018), Curvature-aware manifold learning.
type PrincipalCurvatures struct {
	// Dimension is that of the surface, 1 to one less than the columns: for data that is
	// no hypersurface, an estimate of package intrinsic, rounded. Default one less than the
	// columns.
	Dimension int

	// Neighbors is how many other rows the surface is fitted to: at least the number of
	// coefficients. Default twice as many, or all where they are fewer. Larger ones resist
	// noise and blur bends.
	Neighbors int

	// Normals is in how many normal directions curvatures are measured, those along which
	// the neighbours vary most. Default all: columns less Dimension, or where neighbours
	// are fewer than columns, neighbours less Dimension, beyond which there is no bend.
	Normals int

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT, or
	// 4 GiB where that is not set.
	MemoryLimit int64
}

const curvaturesMethod = "geometry.PrincipalCurvatures"

// Resolve returns the options with defaults filled in, or a *mat32.ParamError, for n
// distinct rows of d columns.
func (p PrincipalCurvatures) Resolve(n, d int) (PrincipalCurvatures, error) {
	refuse := func(param string, value any, format string, args ...any) (PrincipalCurvatures, error) {
		return p, &mat32.ParamError{Method: curvaturesMethod, Param: param, Value: value, Want: fmt.Sprintf(format, args...)}
	}
	if p.Dimension == 0 {
		p.Dimension = d - 1
	}
	if p.Dimension < 1 || p.Dimension > d-1 {
		return refuse("Dimension", p.Dimension, "1 ≤ Dimension ≤ %d, fewer than columns", d-1)
	}
	if p.Dimension >= 1<<15 {
		return refuse("Dimension", p.Dimension, "fewer than 32 768 dimensions")
	}
	least := coefficients(p.Dimension)
	if p.Neighbors == 0 {
		p.Neighbors = max(least, min(2*least, n-1))
	}
	if p.Neighbors < least || p.Neighbors > n-1 {
		return refuse("Neighbors", p.Neighbors, "%d ≤ Neighbors ≤ %d: as many as a polynomial of degree 2 in %d dimensions has coefficients, and fewer than distinct rows", least, n-1, p.Dimension)
	}
	most := min(d, p.Neighbors) - p.Dimension
	if p.Normals == 0 {
		p.Normals = most
	}
	if p.Normals < 1 || p.Normals > most {
		return refuse("Normals", p.Normals, "1 ≤ Normals ≤ %d, the directions that neighbours span beside the tangent ones", most)
	}
	return p, limited(curvaturesMethod, p.MemoryLimit)
}

// coefficients returns how many a polynomial of degree 2 has.
func coefficients(dimension int) int { return (dimension + 1) * (dimension + 2) / 2 }

// Curvatures are the bends of a surface at every row of a cloud, in one over the unit of the
// data. Rows whose neighbours do not tell, because they lie on a plane or cone of fewer
// dimensions, hold NaN.
type Curvatures struct {
	Dimension, Normals, Neighbors int

	// Principal holds, in row i, the Dimension principal curvatures along the first normal
	// direction at row i, the largest first, then those along the second and so on. Normals
	// point to the side to which the surface bends: the sum of the curvatures along each is
	// not negative.
	Principal *mat.Dense

	// Mean is the length of the mean curvature vector, whatever the normal directions: the
	// mean of the principal curvatures of a hypersurface, 1/r on a sphere.
	Mean []float64

	// Scalar is the scalar curvature by the equation of Gauss, whatever the surface lies in:
	// twice the Gaussian curvature of a surface, d·(d−1)/r² on a sphere of d dimensions, 0
	// for what can be unrolled.
	Scalar []float64

	Notes []string // rows left out
}

// MAPC returns the mean absolute principal curvature, of all normal directions: its PerRow
// is that of every row, NaN where there is none, and its StdErr what chance among rows
// leaves of a mean, if they were independent.
func (c *Curvatures) MAPC() measure.Score {
	n, width := c.Principal.Dims()
	s := measure.Score{Name: "mean absolute principal curvature", Neighbors: c.Neighbors, PerRow: make([]float64, n), Notes: c.Notes,
		Convention: fmt.Sprintf("mean over rows, %d dimensions and %d normal directions; 0 is flat", c.Dimension, c.Normals)}
	for i := range n {
		for _, v := range c.Principal.RawRowView(i) {
			s.PerRow[i] += math.Abs(v) / float64(width)
		}
		if v := s.PerRow[i]; !math.IsNaN(v) {
			s.Value += v
			s.Rows++
		}
	}
	s.Value /= float64(s.Rows)
	squares := 0.
	for _, v := range s.PerRow {
		if !math.IsNaN(v) {
			squares += (v - s.Value) * (v - s.Value)
		}
	}
	if s.Rows > 1 {
		s.StdErr = math.Sqrt(squares / float64(s.Rows-1) / float64(s.Rows))
	}
	return s
}

// String returns a table of means over rows.
func (c *Curvatures) String() string {
	n, _ := c.Principal.Dims()
	mean := func(values func(i int) float64) float64 {
		sum, count := 0., 0.
		for i := range n {
			if v := values(i); !math.IsNaN(v) {
				sum, count = sum+v, count+1
			}
		}
		return sum / count
	}
	var b strings.Builder
	fmt.Fprintf(&b, "curvatures of %d rows on a surface of %d dimensions, means over rows", n, c.Dimension)
	for a := range min(c.Normals, 3) {
		fmt.Fprintf(&b, "\n  along normal %d:", a+1)
		for t := range min(c.Dimension, 8) {
			fmt.Fprintf(&b, " %.4g", mean(func(i int) float64 { return c.Principal.At(i, a*c.Dimension+t) }))
		}
	}
	fmt.Fprintf(&b, "\n  mean curvature %.4g, scalar curvature %.4g, MAPC %.4g", mean(func(i int) float64 { return c.Mean[i] }),
		mean(func(i int) float64 { return c.Scalar[i] }), c.MAPC().Value)
	for _, note := range c.Notes {
		b.WriteString("\n  " + note)
	}
	return b.String()
}

// Compute returns the curvatures of the surface that the rows of x lie on.
//
// Errors: those of mat32.CheckRows, mat32.Check and Resolve; *mat32.MemoryError;
// *mat32.DegenerateError where no neighbourhood tells; and one that wraps ctx.Err().
func (p PrincipalCurvatures) Compute(ctx context.Context, x mat.Matrix) (*Curvatures, error) {
	if err := mat32.CheckRows(curvaturesMethod, x); err != nil {
		return nil, err
	}
	if err := mat32.CheckContext(ctx, x); err != nil {
		return nil, fmt.Errorf("%s: %w", curvaturesMethod, err)
	}
	all, d := x.Dims()
	rows, err := mat32.DistinctContext(ctx, x)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", curvaturesMethod, err)
	}
	n := len(rows)
	if p, err = p.Resolve(n, d); err != nil {
		return nil, err
	}
	width := p.Dimension * p.Normals
	need := 12*int64(n)*int64(p.Neighbors) + 8*int64(n+all)*int64(width+2) + screen.Bytes(x)
	if n < all {
		need += 8 * int64(n) * int64(d)
	}
	if err := mat32.CheckMemory(curvaturesMethod, need, p.MemoryLimit, "take fewer rows, neighbours or normal directions"); err != nil {
		return nil, err
	}
	distinct := x
	if n < all {
		distinct = mat32.Select(x, rows)
	}
	f, err := p.fits(ctx, distinct)
	if err != nil {
		return nil, mat32.Rename(curvaturesMethod, err)
	}
	return f.of(x, rows)
}

// fits are surfaces fitted at the rows of a matrix without duplicates.
type fits struct {
	PrincipalCurvatures
	bends        []float64 // a row's principal curvatures, below each other
	mean, scalar []float64
}

func (p PrincipalCurvatures) fits(ctx context.Context, x mat.Matrix) (*fits, error) {
	n, _ := x.Dims()
	k := p.Neighbors
	indices, distances := make([]int32, n*k), make([]float64, n*k)
	among, err := screen.New(ctx, x)
	if err != nil {
		return nil, err
	}
	if err := among.Nearest(ctx, k, indices, distances); err != nil {
		return nil, err
	}
	width := p.Dimension * p.Normals
	f := &fits{p, make([]float64, n*width), make([]float64, n), make([]float64, n)}
	stage := watch.Start(ctx, "curvatures: rows", n)
	err = par.BlocksWith(ctx, n, 8, func() *osculation { return newOsculation(p, x) }, func(o *osculation, lo, hi int) {
		for i := lo; i < hi && ctx.Err() == nil; i++ {
			to := f.bends[i*width : (i+1)*width]
			if unit := distances[(i+1)*k-1]; !o.fit(i, indices[i*k:(i+1)*k], unit) || !o.bend(to, &f.mean[i], &f.scalar[i], unit) {
				f.mean[i] = math.NaN()
			}
		}
		stage.Add(hi - lo)
	})
	return f, err
}

// of returns the curvatures of all rows of x, of which distinct are fitted.
func (f *fits) of(x mat.Matrix, distinct []int) (*Curvatures, error) {
	n, _ := x.Dims()
	width := f.Dimension * f.Normals
	c := &Curvatures{Dimension: f.Dimension, Normals: f.Normals, Neighbors: f.Neighbors,
		Principal: mat.NewDense(n, width, nil), Mean: make([]float64, n), Scalar: make([]float64, n)}
	first := distinct
	if len(distinct) < n {
		first = firstOfEach(x, distinct)
	} else {
		first = make([]int, n)
		for i := range first {
			first[i] = i
		}
	}
	left := 0
	for i, from := range first {
		c.Mean[i], c.Scalar[i] = f.mean[from], f.scalar[from]
		copy(c.Principal.RawRowView(i), f.bends[from*width:(from+1)*width])
		if math.IsNaN(c.Mean[i]) {
			left++
			c.Scalar[i] = math.NaN()
			for j := range width {
				c.Principal.Set(i, j, math.NaN())
			}
		}
	}
	switch {
	case left == n:
		return nil, &mat32.DegenerateError{Method: curvaturesMethod, Reason: fmt.Sprintf("no neighbourhood of %d rows tells a surface of %d dimensions: rows lie in fewer, or on few curves", f.Neighbors, f.Dimension)}
	case left > 0:
		c.Notes = append(c.Notes, fmt.Sprintf("%d rows whose neighbours do not tell a surface of %d dimensions were left out", left, f.Dimension))
	}
	return c, nil
}

// firstOfEach returns for every row of x which of the distinct rows it equals.
func firstOfEach(x mat.Matrix, distinct []int) []int {
	n, d := x.Dims()
	buf, values := make([]float64, d), make([]byte, 0, 8*d)
	key := func(i int) string {
		values = values[:0]
		for _, v := range mat32.Row(buf, i, x) {
			bits := math.Float64bits(v + 0) // −0 equals 0
			for shift := 0; shift < 64; shift += 8 {
				values = append(values, byte(bits>>shift))
			}
		}
		return string(values)
	}
	number := make(map[string]int, len(distinct))
	for k, i := range distinct {
		number[key(i)] = k
	}
	first := make([]int, n)
	for i := range first {
		first[i] = number[key(i)]
	}
	return first
}
