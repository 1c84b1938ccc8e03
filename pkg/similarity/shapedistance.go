package similarity

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/subspace"
	"github.com/flatland-go/flatland/internal/transport"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

// Group is what two representations may differ by and still have the same shape.
type Group int

// The groups.
const (
	Orthogonal  Group = iota // any rotation and reflection
	Permutation              // the order of the units: columns are matched one to one
)

// String returns "orthogonal" or "permutation".
func (g Group) String() string {
	switch g {
	case Orthogonal:
		return "orthogonal"
	case Permutation:
		return "permutation"
	}
	return fmt.Sprintf("Group(%d)", int(g))
}

// ShapeDistance is the distance of the shapes of two representations: what is left between
// their centred rows after the best member of a group has been applied to one. It is a
// metric: symmetric, 0 just for the same shape, and never longer than by way of a third,
// so that shapes can be clustered and mapped. The zero value is Procrustes' angle.
//
// With Whitening the directions in which a representation varies little count more, up to
// 1 where all count the same and any invertible linear map leaves the shape as it is, as in
// CCA: X becomes X·(α·I + (1−α)·(XᵀX)^(−½)) for α = 1 − Whitening, scaled to the variance it
// had. For 0 < Whitening < 1 the unit of the data matters, for I has none. The narrower of two
// representations counts as filled up with columns of zeros.
//
// Compare takes x of n × p and y of n × q, at least 2 rows. The orthogonal group takes the
// time and memory of Procrustes, and with Whitening 8·n·p² + 10·p³ operations more for
// each. Permutations take 2·n·p·q operations and at worst min(p, q)²·max(p, q) for an exact
// assignment.
//
// Errors are those of Procrustes. Eigenvalues of XᵀX of less than 10⁻¹⁰ of the largest count
// as that when they are whitened, which keeps what is rounding from being blown up.
//
// Of netrep's classes LinearMetric is the orthogonal group, its alpha 1 − Whitening, and
// PermutationMetric the other; see PadFirst for where they differ.
//
// Source: A. Williams, E. Kunz, S. Kornblith and S. Linderman (2021), Generalized shape
// metrics on neural representations.
type ShapeDistance struct {
	// Group is Orthogonal or Permutation. Default Orthogonal.
	Group Group

	// Form is Angular or Euclidean. Default Angular, which takes scale away.
	Form Form

	// Whitening is how far variances are made alike: 0 not at all, 1 wholly. Default 0. It
	// must be 0 for the permutation group.
	Whitening float64

	// PadFirst adds the columns of zeros before whitening, as netrep does, not after: they
	// take their part of the variance, and eigenvalues are clipped at 10⁻⁷ in the
	// squared unit of the data. So the Euclidean distance depends on the width of the
	// other, and is no metric between representations of several widths. Ignored without
	// Whitening.
	PadFirst bool

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT, or
	// 4 GiB where that is not set.
	MemoryLimit int64
}

// Resolve returns the options, or a *mat32.ParamError, whatever n and d are.
func (s ShapeDistance) Resolve(n, d int) (ShapeDistance, error) {
	const method = "similarity.ShapeDistance"
	switch {
	case s.Group != Orthogonal && s.Group != Permutation:
		return s, &mat32.ParamError{Method: method, Param: "Group", Value: int(s.Group), Want: "Orthogonal or Permutation"}
	case s.MemoryLimit < 0:
		return s, &mat32.ParamError{Method: method, Param: "MemoryLimit", Value: s.MemoryLimit, Want: "0 or more bytes"}
	case !(s.Whitening >= 0 && s.Whitening <= 1):
		return s, &mat32.ParamError{Method: method, Param: "Whitening", Value: s.Whitening, Want: "0 ≤ Whitening ≤ 1"}
	case s.Whitening > 0 && s.Group == Permutation:
		return s, &mat32.ParamError{Method: method, Param: "Whitening", Value: s.Whitening, Want: "0 for permutations: whitening mixes the units"}
	}
	return s, s.Form.resolve(method, Angular, Euclidean)
}

// Compare returns the distance of x and y.
func (s ShapeDistance) Compare(ctx context.Context, x, y mat.Matrix) (measure.Score, error) {
	return compare(ctx, s, x, y)
}

func (s ShapeDistance) check(ctx context.Context, x, y mat.Matrix) error {
	if _, err := s.Resolve(0, 0); err != nil {
		return err
	}
	return checkShapes(ctx, "similarity.ShapeDistance", x, y, s.Group == Orthogonal, s.MemoryLimit)
}

func (s ShapeDistance) prepare(ctx context.Context, name string, x mat.Matrix) (prepared, error) {
	const method = "similarity.ShapeDistance"
	a, err := newShape(ctx, method, name, x)
	if err != nil {
		return nil, err
	}
	f := &shapeOf{ShapeDistance: s, shape: a}
	if s.Group == Orthogonal {
		if a.rows, err = subspace.Narrowed(ctx, a.rows); err == nil && s.Whitening > 0 {
			err = f.whiten(ctx)
		}
	}
	return f, within(method, err)
}

type shapeOf struct {
	ShapeDistance
	*shape
	before, after []float64 // singular values, before whitening and after, where there is any
}

// The least eigenvalue that whitening blows up, as a share of the largest; and, where
// columns are added first, in the squared unit of the data.
const (
	clip    = 1e-10
	clipAll = 1e-7
)

// whiten replaces the rows by their left singular vectors times what whitening makes of the
// singular values: the shape itself, for the right ones are a rotation.
func (f *shapeOf) whiten(ctx context.Context) error {
	u, values, _, err := linalg.SVD(ctx, f.rows)
	if err != nil {
		return err
	}
	floor := math.Sqrt(clip) * values[0]
	if f.PadFirst {
		floor = math.Sqrt(clipAll) / f.unit / f.norm
	}
	// What variances made alike weigh beside those as they are, which have the unit of the
	// data; and the two in the measure of the larger, which no data are too large or small for.
	share := f.Whitening / (1 - f.Whitening) / f.unit / f.norm
	f.before, f.after = values, make([]float64, len(values))
	most := 0.
	for k, v := range values {
		white := v / max(v, floor)
		if share > 1 {
			f.after[k] = v/share + white
		} else {
			f.after[k] = v + share*white
		}
		most = max(most, f.after[k])
	}
	if most == 0 {
		return &mat32.DegenerateError{Method: "similarity.ShapeDistance", Reason: "all variances are far below those that count"}
	}
	n, d := u.Dims()
	for i := range n {
		row := u.RawRowView(i)
		for k := range d {
			row[k] *= f.after[k] / most
		}
	}
	f.rows = u
	norm := f.norm // which whitening keeps
	f.normalize()
	f.norm = norm
	return nil
}

// padded returns the shape as netrep scales it, among columns of zeros up to the given
// width: as if each had the least variance that counts.
func (f *shapeOf) padded(width int) *shape {
	if !f.PadFirst || f.Whitening == 0 {
		return f.shape
	}
	least, α := math.Sqrt(clipAll), 1-f.Whitening
	var had, counted, has float64 // norms: before, after as counted, after
	for k := range width {
		v, own := least, 0.
		if k < len(f.before) {
			own = f.before[k] * f.norm * f.unit
			v = max(own, least)
		}
		had = math.Hypot(had, v)
		counted = math.Hypot(counted, α*v+f.Whitening)
		has = math.Hypot(has, α*own+f.Whitening*own/v)
	}
	scaled := *f.shape
	scaled.norm = has / counted * (had / f.unit)
	return &scaled
}

func (f *shapeOf) against(ctx context.Context, y prepared) (measure.Score, error) {
	const method = "similarity.ShapeDistance"
	of := y.(*shapeOf)
	var value float64
	var err error
	says := "the best rotation or reflection"
	if f.Group == Permutation {
		says = "the best matching of columns"
		value, err = f.matched(ctx, of.shape, f.Form)
	} else {
		width := max(f.d, of.d)
		value, err = f.padded(width).turned(ctx, of.padded(width), false, f.Form)
	}
	if err != nil {
		return measure.Score{}, within(method, err)
	}
	white := ""
	if f.Whitening > 0 {
		white = fmt.Sprintf(", whitened by %g", f.Whitening)
		if f.PadFirst {
			white += " among columns of zeros"
		}
	}
	return finite(method, measure.Score{Name: "shape distance", Value: value, Rows: f.n,
		Convention: fmt.Sprintf("%s: %s of centred rows%s after %s; distance, 0 is same", f.Form, forms[f.Form].formula, white, says)})
}

// matched returns the distance of s and t after the columns of the narrower have been
// assigned to those of the wider that they correlate with most in all, by covariance.
func (s *shape) matched(ctx context.Context, t *shape, form Form) (float64, error) {
	if s.d > t.d {
		s, t = t, s
	}
	cross := mat.NewDense(s.d, t.d, nil)
	if err := crossProduct(ctx, cross, s.rows, t.rows); err != nil {
		return 0, err
	}
	column, _, err := transport.Heaviest(ctx, cross)
	if err != nil {
		return 0, err
	}
	scaleS, scaleT, unit := s.sizes(t, form)
	squares, err := par.Sum(ctx, s.n, 256, func(lo, hi int) (sum float64) {
		rest := make([]float64, t.d)
		for i := lo; i < hi; i++ {
			for j, v := range t.rows.RawRowView(i) {
				rest[j] = scaleT * v
			}
			for j, v := range s.rows.RawRowView(i) {
				rest[column[j]] -= scaleS * v
			}
			sum += kernel.Dot64(rest, rest)
		}
		return sum
	})
	return form.in(math.Sqrt(squares), unit), err
}
