package geometry

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/subspace"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

// SubspaceMetric is a distance of subspaces, made of the principal angles θ between them.
type SubspaceMetric int

const (
	Geodesic    SubspaceMetric = iota // √Σθ²: the length of the shortest way on the Grassmann manifold
	Asimov                            // the largest θ
	BinetCauchy                       // √(1 − Πcos²θ)
	Chordal                           // √Σsin²θ: of projections, in the Frobenius norm over √2; some call it the projection metric
	FubiniStudy                       // arccos Πcosθ: the angle of the subspaces' volumes
	Martin                            // √(−log Πcos²θ), infinite where any direction is at a right angle
	OfBases                           // 2·√Σsin²(θ/2): of the nearest orthonormal bases, Procrustes distance
	Projection                        // sin of the largest θ: of projections, in the spectral norm
	Spectral                          // 2·sin of half the largest θ: of the nearest bases, in the spectral norm
)

// subspaceMetrics holds their names, and what they make of angles that rise.
var subspaceMetrics = []struct {
	name, form string
	of         func(angles []float64) float64
}{
	Geodesic:    {"geodesic", "√Σθ²", func(a []float64) float64 { return rootOf(a, func(t float64) float64 { return t }) }},
	Asimov:      {"Asimov", "max θ", func(a []float64) float64 { return a[len(a)-1] }},
	BinetCauchy: {"Binet-Cauchy", "√(1 − Πcos²θ)", func(a []float64) float64 { return math.Sqrt(-math.Expm1(2 * logCosines(a))) }},
	Chordal:     {"chordal", "√Σsin²θ", func(a []float64) float64 { return rootOf(a, math.Sin) }},
	FubiniStudy: {"Fubini-Study", "arccos Πcosθ", func(a []float64) float64 {
		volume := logCosines(a)
		return math.Atan2(math.Sqrt(-math.Expm1(2*volume)), math.Exp(volume)) // which keeps small angles
	}},
	Martin:     {"Martin", "√(−log Πcos²θ)", func(a []float64) float64 { return math.Sqrt(-2 * logCosines(a)) }},
	OfBases:    {"Procrustes", "2·√Σsin²(θ/2)", func(a []float64) float64 { return 2 * rootOf(a, func(t float64) float64 { return math.Sin(t / 2) }) }},
	Projection: {"projection", "sin max θ", func(a []float64) float64 { return math.Sin(a[len(a)-1]) }},
	Spectral:   {"spectral", "2·sin(max θ/2)", func(a []float64) float64 { return 2 * math.Sin(a[len(a)-1]/2) }},
}

func rootOf(angles []float64, f func(float64) float64) float64 {
	sum := 0.
	for _, t := range angles {
		sum += f(t) * f(t)
	}
	return math.Sqrt(sum)
}

// logCosines returns log Πcosθ, with the digits of small angles.
func logCosines(angles []float64) float64 {
	sum := 0.
	for _, t := range angles {
		if t >= math.Pi/2 {
			return math.Inf(-1)
		}
		s := math.Sin(t)
		sum += math.Log1p(-s*s) / 2
	}
	return sum
}

// String returns the name.
func (m SubspaceMetric) String() string {
	if m < 0 || int(m) >= len(subspaceMetrics) {
		return fmt.Sprint(int(m))
	}
	return subspaceMetrics[m].name
}

// GrassmannDistance is the distance of two subspaces: those that the rows of x and of y
// span, seen from the origin, such as principal directions of two data sets. It knows
// nothing of lengths of rows, and of which rows span the same. 0 is the same subspace, or one
// within the other: of spaces of different dimensions only as many principal angles count as
// the smaller has.
//
// Compare takes x and y of the same columns d. Directions of less than max(n, d)·2⁻⁵² of the
// largest singular value are not spanned. Time that of the singular values of x and y,
// memory 40·(n + m)·d bytes. Errors: *mat32.ParamError; *mat32.MemoryError; those of
// mat32.CheckRows and mat32.Check; *mat32.ShapeError where columns differ;
// *mat32.DegenerateError where all rows are zero, or Martin's distance is infinite; and one
// that wraps ctx.Err().
//
// Sources: A. Edelman, T. Arias and S. Smith (1998), The geometry of algorithms with
// orthogonality constraints; the names, and spaces of different dimensions, K. Ye and L.-H.
// Lim (2016), Schubert varieties and distances between subspaces of different dimensions.
type GrassmannDistance struct {
	// Metric is what is made of the principal angles. Default Geodesic.
	Metric SubspaceMetric

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT, or
	// 4 GiB where that is not set.
	MemoryLimit int64
}

const grassmannMethod = "geometry.GrassmannDistance"

// Resolve returns the options, or a *mat32.ParamError, whatever n and d are.
func (g GrassmannDistance) Resolve(n, d int) (GrassmannDistance, error) {
	if g.Metric < Geodesic || g.Metric > Spectral {
		return g, &mat32.ParamError{Method: grassmannMethod, Param: "Metric", Value: g.Metric, Want: "Geodesic … Spectral"}
	}
	return g, limited(grassmannMethod, g.MemoryLimit)
}

// Compare returns the distance of the spans of the rows of x and y.
func (g GrassmannDistance) Compare(ctx context.Context, x, y mat.Matrix) (measure.Score, error) {
	g, err := g.Resolve(0, 0)
	if err != nil {
		return measure.Score{}, err
	}
	angles, p, q, err := g.angles(ctx, x, y)
	if err != nil {
		return measure.Score{}, err
	}
	m := subspaceMetrics[g.Metric]
	s := measure.Score{Name: m.name + " distance", Value: m.of(angles),
		Convention: fmt.Sprintf("%s of %d principal angles; 0 is the same subspace", m.form, len(angles))}
	if p != q {
		s.Notes = append(s.Notes, fmt.Sprintf("subspaces of %d and %d dimensions: %d angles count", p, q, len(angles)))
	}
	if math.IsInf(s.Value, 0) {
		return measure.Score{}, &mat32.DegenerateError{Method: grassmannMethod, Reason: "a direction of one subspace is at a right angle to the other: Martin's distance is infinite"}
	}
	return s, nil
}

// Angles returns the principal angles between the spans of the rows of x and y, in radians,
// the smallest first: as many as the smaller has dimensions. Errors are those of Compare.
func (g GrassmannDistance) Angles(ctx context.Context, x, y mat.Matrix) ([]float64, error) {
	angles, _, _, err := g.angles(ctx, x, y)
	return angles, err
}

func (g GrassmannDistance) angles(ctx context.Context, x, y mat.Matrix) (angles []float64, p, q int, err error) {
	n, m, d, err := checkClouds(ctx, grassmannMethod, 1, x, y)
	if err != nil {
		return nil, 0, 0, err
	}
	if err := mat32.CheckMemory(grassmannMethod, 40*int64(n+m)*int64(d), g.MemoryLimit, "take fewer rows or columns"); err != nil {
		return nil, 0, 0, err
	}
	a, err := spanned(ctx, x)
	if err != nil {
		return nil, 0, 0, mat32.Rename(grassmannMethod, err)
	}
	b, err := spanned(ctx, y)
	if err != nil {
		return nil, 0, 0, mat32.Rename(grassmannMethod, err)
	}
	found, err := subspace.PrincipalAngles(ctx, a, b)
	if err != nil {
		return nil, 0, 0, mat32.Rename(grassmannMethod, err)
	}
	_, p = a.Dims()
	_, q = b.Dims()
	return found.Angles, p, q, nil
}

// spanned returns orthonormal columns that span the rows of x, which was checked.
func spanned(ctx context.Context, x mat.Matrix) (*mat.Dense, error) {
	rows, unit, err := copyInUnits(ctx, x)
	if err != nil {
		return nil, err
	}
	if unit == 0 {
		return nil, &mat32.DegenerateError{Method: grassmannMethod, Reason: "all rows are zero: they span nothing"}
	}
	return subspace.Basis(ctx, mat.DenseCopyOf(rows.T()), 0)
}
