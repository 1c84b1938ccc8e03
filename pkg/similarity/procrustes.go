package similarity

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/subspace"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

// Form is how what the best alignment leaves is written as a number. X and Y are the centred
// rows, s is the cosine that alignment reaches, Σ xᵢ·yᵢ/(‖X‖·‖Y‖): for rotations the sum of
// the singular values of XᵀY over the norms.
type Form int

// The forms. All are distances: 0 is same. Angular, Euclidean and Chord obey the triangle
// inequality; the others are what peers report.
const (
	Angular          Form = iota // arccos s, in radians; the scale of neither matters
	Euclidean                    // ‖X − Y‖, in the unit of the data
	SquaredEuclidean             // ‖X − Y‖²
	Chord                        // √(2 − 2s): Euclidean after both are scaled to norm 1
	SquaredChord                 // 2 − 2s
	Disparity                    // 1 − s², as scipy.spatial.procrustes: what is left of Y when X is scaled too
)

var forms = [...]struct{ name, formula string }{
	{"angular", "arccos ⟨X, Y⟩/(‖X‖·‖Y‖), in radians"},
	{"Euclidean", "‖X − Y‖"},
	{"squared Euclidean", "‖X − Y‖²"},
	{"chord", "√(2 − 2·⟨X, Y⟩/(‖X‖·‖Y‖))"},
	{"squared chord", "2 − 2·⟨X, Y⟩/(‖X‖·‖Y‖)"},
	{"disparity", "1 − ⟨X, Y⟩²/(‖X‖·‖Y‖)²"},
}

// String returns its name, "angular".
func (f Form) String() string {
	if f < 0 || int(f) >= len(forms) {
		return fmt.Sprintf("Form(%d)", int(f))
	}
	return forms[f].name
}

// sized reports whether the sizes of the data matter.
func (f Form) sized() bool { return f == Euclidean || f == SquaredEuclidean }

// of returns the number for what is left of two representations, each of norm 1 unless the
// form is sized. Small ones keep their digits.
func (f Form) of(left float64) float64 {
	switch f {
	case Angular:
		return 2 * math.Asin(min(left/2, 1))
	case SquaredEuclidean, SquaredChord:
		return left * left
	case Disparity:
		gap := left * left / 2 // 1 − s
		return max(0, gap*(2-gap))
	}
	return left
}

func (f Form) resolve(method string, allowed ...Form) error {
	want := ""
	for i, a := range allowed {
		if a == f {
			return nil
		}
		switch {
		case i > 0 && i == len(allowed)-1:
			want += " or "
		case i > 0:
			want += ", "
		}
		want += a.String()
	}
	return &mat32.ParamError{Method: method, Param: "Form", Value: int(f), Want: want}
}

// Procrustes is the distance of two representations after the rotation, reflections
// included, that takes one nearest to the other: 0 where they differ by a shift, a
// rotation, a reflection and, but for the Euclidean forms, a scale. The narrower of the two
// counts as filled up with columns of zeros. The zero value is the angle, a metric between 0
// and π/2.
//
// Compare takes x of n × p and y of n × q, at least 2 rows. Time about 4·n·p·q operations
// and 20·min(p, q)³; representations wider than n rows count as n wide, for 8·n²·p
// operations. Memory about 24·n·(p + q) + 48·p·q bytes. What is left is measured by
// subtraction: distances keep their digits down to 10⁻¹⁵ of the size of the data.
//
// Errors: *mat32.ParamError; *mat32.MemoryError; those of mat32.CheckRows and mat32.Check for x and y;
// *mat32.ShapeError where their numbers of rows differ or are too few;
// *mat32.DegenerateError where all rows of one are equal, or the distance is beyond the
// range of float64; and one that wraps ctx.Err().
//
// Sources: P. Schönemann (1966), A generalized solution of the orthogonal Procrustes
// problem; as a metric of representations, A. Williams, E. Kunz, S. Kornblith and S.
// Linderman (2021), Generalized shape metrics on neural representations.
type Procrustes struct {
	// Form is one of the constants of its type. Default Angular.
	Form Form

	// Proper allows rotations only, no reflections. Ignored where widths differ: a
	// rotation in a dimension that one lacks is a reflection in the others.
	Proper bool

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT, or
	// 4 GiB where that is not set.
	MemoryLimit int64
}

// Resolve returns the options, or a *mat32.ParamError, whatever n and d are.
func (p Procrustes) Resolve(n, d int) (Procrustes, error) {
	if p.MemoryLimit < 0 {
		return p, &mat32.ParamError{Method: "similarity.Procrustes", Param: "MemoryLimit", Value: p.MemoryLimit, Want: "0 or more bytes"}
	}
	return p, p.Form.resolve("similarity.Procrustes", Angular, Euclidean, SquaredEuclidean, Chord, SquaredChord, Disparity)
}

// Compare returns the distance of x and y.
func (p Procrustes) Compare(ctx context.Context, x, y mat.Matrix) (measure.Score, error) {
	return compare(ctx, p, x, y)
}

func (p Procrustes) check(ctx context.Context, x, y mat.Matrix) error {
	if _, err := p.Resolve(0, 0); err != nil {
		return err
	}
	return checkShapes(ctx, "similarity.Procrustes", x, y, true, p.MemoryLimit)
}

// checkShapes is checkBoth for what needs the products of all columns of one with those of
// the other, of no more than n where the shape of the rows is all that counts.
func checkShapes(ctx context.Context, method string, x, y mat.Matrix, narrowed bool, limit int64) error {
	n, p, q, err := checkBoth(ctx, method, 2, x, y)
	if err != nil {
		return err
	}
	a, b := p, q
	if narrowed {
		a, b = min(n, p), min(n, q)
	}
	need := 8 * (int64(n)*int64(2*(p+q)+max(a, b)) + 4*int64(a)*int64(b) + 2*int64(max(a, b))*int64(min(a, b)))
	return mat32.CheckMemory(method, need, limit, "use fewer rows, or fewer columns such as principal components")
}

func (p Procrustes) prepare(ctx context.Context, name string, x mat.Matrix) (prepared, error) {
	s, err := newShape(ctx, "similarity.Procrustes", name, x)
	if err == nil {
		s.rows, err = subspace.Narrowed(ctx, s.rows)
	}
	if err != nil {
		return nil, within("similarity.Procrustes", err)
	}
	return &procrustesOf{p, s}, nil
}

type procrustesOf struct {
	Procrustes
	*shape
}

func (p *procrustesOf) against(ctx context.Context, y prepared) (measure.Score, error) {
	const method = "similarity.Procrustes"
	of := y.(*procrustesOf)
	proper := p.Proper && p.d == of.d
	left, err := p.turned(ctx, of.shape, proper, p.Form)
	if err != nil {
		return measure.Score{}, within(method, err)
	}
	says := "the best rotation or reflection"
	if proper {
		says = "the best rotation"
	}
	return finite(method, measure.Score{Name: "Procrustes distance", Value: left, Rows: p.n,
		Convention: fmt.Sprintf("%s: %s of centred rows after %s; distance, 0 is same", p.Form, forms[p.Form].formula, says)})
}

// shape is a representation without its place and its size.
type shape struct {
	n, d int        // as given
	rows *mat.Dense // centred, of norm 1
	norm float64    // what they are multiples of,
	unit float64    // in this unit, a power of two
}

// newShape centres the rows of x and scales them. Errors name the method.
func newShape(ctx context.Context, method, name string, x mat.Matrix) (*shape, error) {
	n, d := x.Dims()
	rows, unit, err := centered(ctx, method, name, x)
	if err != nil {
		return nil, err
	}
	s := &shape{n: n, d: d, rows: rows, unit: unit}
	s.normalize()
	return s, nil
}

// normalize scales rows to norm 1, and the norm by what they were.
func (s *shape) normalize() {
	s.norm = subspace.Norm(s.rows)
	for i := range s.rows.RawMatrix().Rows {
		kernel.Scal64(1/s.norm, s.rows.RawRowView(i))
	}
}

// turned returns the distance of s and t after the best rotation of one.
func (s *shape) turned(ctx context.Context, t *shape, proper bool, form Form) (float64, error) {
	_, p := s.rows.Dims()
	_, q := t.rows.Dims()
	cross := mat.NewDense(p, q, nil)
	if err := crossProduct(ctx, cross, s.rows, t.rows); err != nil {
		return 0, err
	}
	turn, _, err := subspace.Procrustes{Proper: proper && p == q}.Rotation(ctx, cross)
	if err != nil {
		return 0, err
	}
	scaleS, scaleT, unit := s.sizes(t, form)
	left, err := (&subspace.Alignment{Turn: turn}).Misfit(ctx, s.rows, t.rows, scaleS, scaleT)
	return form.in(left, unit), err
}

// sizes returns by what the rows of s and t are multiplied, in which unit, before the form
// is read.
func (s *shape) sizes(t *shape, form Form) (scaleS, scaleT, unit float64) {
	if !form.sized() {
		return 1, 1, 1
	}
	unit = max(s.unit, t.unit)
	return s.norm * (s.unit / unit), t.norm * (t.unit / unit), unit
}

// in is of in a unit.
func (f Form) in(left, unit float64) float64 {
	if f == SquaredEuclidean {
		return left * left * unit * unit
	}
	return f.of(left) * unit
}

// within names the method of an error that does not.
func within(method string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", method, err)
}
