package similarity

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// metrics are the shape distances that are metrics.
var metrics = map[string]Measure{
	"Procrustes":                      Procrustes{},
	"Procrustes, proper":              Procrustes{Proper: true},
	"Procrustes, Euclidean":           Procrustes{Form: Euclidean},
	"Procrustes, chord":               Procrustes{Form: Chord},
	"shape, half whitened":            ShapeDistance{Whitening: .5},
	"shape, whitened":                 ShapeDistance{Whitening: 1},
	"shape, half whitened, Euclidean": ShapeDistance{Whitening: .5, Form: Euclidean},
	"permutation":                     ShapeDistance{Group: Permutation},
	"permutation, Euclidean":          ShapeDistance{Group: Permutation, Form: Euclidean},
}

func distance(t *testing.T, m Measure, x, y mat.Matrix) float64 {
	t.Helper()
	s, err := m.Compare(t.Context(), x, y)
	if err != nil {
		t.Fatalf("%+v: %v", m, err)
	}
	return s.Value
}

// Random triples of several widths, two of which nearly agree.
func TestShapeDistancesAreMetrics(t *testing.T) {
	for seed := range uint64(6) {
		n := []int{12, 30, 20}[seed%3]
		x, z := fixture.Normal(10*seed+1, n, 3+int(seed%2)), fixture.Normal(10*seed+2, n, 6)
		near := fixture.Normal(10*seed+3, n, 6)
		near.Scale(.1, near)
		near.Add(near, z)
		triples := [][3]mat.Matrix{{x, z, near}, {z, fixture.Normal(10*seed+4, n, 6), near}}
		for name, m := range metrics {
			for _, r := range triples {
				ab, bc, ac := distance(t, m, r[0], r[1]), distance(t, m, r[1], r[2]), distance(t, m, r[0], r[2])
				if slack := 1e-12 * (ab + bc); ab > bc+ac+slack || bc > ab+ac+slack || ac > ab+bc+slack {
					t.Errorf("%s: %v, %v and %v are no triangle", name, ab, bc, ac)
				}
				if back := distance(t, m, r[1], r[0]); math.Abs(back-ab) > 1e-12*ab {
					t.Errorf("%s: %v there and %v back", name, ab, back)
				}
				if ab < 1e-3 {
					t.Errorf("%s: random shapes are %v apart", name, ab)
				}
			}
		}
	}
}

// orthogonal returns a random rotation or reflection.
func orthogonal(seed uint64, d int) *mat.Dense {
	var qr mat.QR
	qr.Factorize(fixture.Normal(seed, d, d))
	q := new(mat.Dense)
	qr.QTo(q)
	return q
}

func moved(x *mat.Dense, by mat.Matrix, scale float64) *mat.Dense {
	y := new(mat.Dense)
	y.Mul(x, by)
	y.Apply(func(_, j int, v float64) float64 { return scale*v + float64(100*j) }, y)
	return y
}

// Each is 0 for what its group allows, and not for what it does not.
func TestShapesAreThoseOfTheirGroups(t *testing.T) {
	x := fixture.Normal(1, 40, 5)
	turn, mirror := orthogonal(2, 5), orthogonal(2, 5)
	if mat.Det(turn) < 0 {
		turn.Scale(-1, turn)
	}
	mirror.Scale(-mat.Det(mirror), mirror)
	order := mat.NewDense(5, 5, nil)
	for i, j := range []int{3, 0, 4, 1, 2} {
		order.Set(i, j, 1)
	}
	linear := fixture.Normal(3, 5, 5)
	wide := mat.NewDense(5, 8, nil) // a rotation into a wider space
	wide.Slice(0, 5, 3, 8).(*mat.Dense).Copy(turn)
	for _, c := range []struct {
		name        string
		by          mat.Matrix
		scale       float64
		groups, not string // of the metrics, by name
	}{
		{"a rotation", turn, 1, "Procrustes;Procrustes, proper;Procrustes, Euclidean;Procrustes, chord;shape, half whitened;shape, whitened;shape, half whitened, Euclidean", "permutation"},
		{"a scaled rotation", turn, 3, "Procrustes;Procrustes, proper;Procrustes, chord;shape, whitened", "Procrustes, Euclidean;shape, half whitened, Euclidean"},
		{"a reflection", mirror, 1, "Procrustes;shape, half whitened", "Procrustes, proper"},
		{"a rotation into more dimensions", wide, 1, "Procrustes;Procrustes, proper;Procrustes, Euclidean;shape, half whitened, Euclidean;shape, whitened", "permutation"},
		{"another order", order, 1, "permutation;permutation, Euclidean;Procrustes", ""},
		{"a linear map", linear, 1, "shape, whitened", "Procrustes;shape, half whitened"},
	} {
		y := moved(x, c.by, c.scale)
		for _, name := range strings.Split(c.groups, ";") {
			if d := distance(t, metrics[name], x, y); d > 1e-12 {
				t.Errorf("%s of %s is %v", name, c.name, d)
			}
		}
		for _, name := range strings.Split(c.not, ";") {
			if name == "" {
				continue
			}
			if d := distance(t, metrics[name], x, y); d < .01 {
				t.Errorf("%s of %s is %v", name, c.name, d)
			}
		}
	}
}

// A difference far below the root of the precision of numbers is measured, not lost.
func TestSmallShapeDistancesKeepTheirDigits(t *testing.T) {
	x, e := fixture.Normal(1, 60, 4), fixture.Normal(2, 60, 4)
	for _, m := range []Measure{Procrustes{}, Procrustes{Form: Euclidean}, ShapeDistance{Whitening: .3}, ShapeDistance{Group: Permutation}} {
		at := func(size float64) float64 {
			y := new(mat.Dense)
			y.Scale(size, e)
			y.Add(y, x)
			return distance(t, m, x, y) / size
		}
		if a, b := at(1e-5), at(1e-11); math.Abs(a/b-1) > 1e-3 {
			t.Errorf("%+v: %v at 1e-5 and %v at 1e-11 of a direction", m, a, b)
		}
	}
}

// More columns than rows are taken by the shape of the rows: as they are, through all
// columns.
func TestWideShapes(t *testing.T) {
	x, y := fixture.Normal(1, 6, 40), fixture.Normal(2, 6, 15)
	cross := new(mat.Dense)
	cx, cy := mat.DenseCopyOf(x), mat.DenseCopyOf(y)
	for _, m := range []*mat.Dense{cx, cy} {
		mean := columnMeans(m)
		m.Apply(func(_, j int, v float64) float64 { return v - mean[j] }, m)
	}
	cross.Mul(cx.T(), cy)
	var svd mat.SVD
	svd.Factorize(cross, mat.SVDNone)
	nuclear := 0.
	for _, v := range svd.Values(nil) {
		nuclear += v
	}
	want := math.Acos(nuclear / mat.Norm(cx, 2) / mat.Norm(cy, 2))
	for _, m := range []Measure{Procrustes{}, ShapeDistance{}} {
		if got := distance(t, m, x, y); math.Abs(got-want) > 1e-12 {
			t.Errorf("%+v: %v, want %v", m, got, want)
		}
	}
}

// Proper rotations of three points in the plane, by the angle that is best by calculus.
func TestProperProcrustesInThePlane(t *testing.T) {
	x, y := fixture.Normal(3, 7, 2), fixture.Normal(4, 7, 2)
	y.Apply(func(i, j int, v float64) float64 { return []float64{1, -1}[j]*x.At(i, j) + .1*v }, y)
	mx, my := columnMeans(x), columnMeans(y)
	var a, b, xx, yy float64
	for i := range 7 {
		p, q, r, s := x.At(i, 0)-mx[0], x.At(i, 1)-mx[1], y.At(i, 0)-my[0], y.At(i, 1)-my[1]
		a, b, xx, yy = a+p*r+q*s, b+p*s-q*r, xx+p*p+q*q, yy+r*r+s*s
	}
	best := xx + yy - 2*math.Hypot(a, b)
	if got := distance(t, Procrustes{Form: SquaredEuclidean, Proper: true}, x, y); math.Abs(got-best) > 1e-12*best {
		t.Errorf("%v, want %v", got, best)
	}
}

func TestSuperimpose(t *testing.T) {
	x := fixture.Normal(1, 30, 3)
	y := moved(x, orthogonal(2, 3), 2.5)
	s, err := Procrustes{}.Superimpose(t.Context(), x, y)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(s.Scale-2.5) > 1e-12 || !mat.EqualApprox(s.Moved, y, 1e-11) || s.Residual > 1e-11 || s.Share > 1e-24 {
		t.Errorf("%v", s)
	}
	again := new(mat.Dense)
	again.Mul(x, s.Rotation)
	again.Apply(func(_, j int, v float64) float64 { return s.Scale*v + s.Offset[j] }, again)
	if !mat.EqualApprox(again, s.Moved, 1e-11) {
		t.Error("the map is not what moved the rows")
	}
	noisy := new(mat.Dense)
	noisy.Add(y, fixture.Normal(3, 30, 3))
	for _, p := range []Procrustes{{Form: Disparity}, {Form: SquaredEuclidean}} {
		s, err := p.Superimpose(t.Context(), x, noisy)
		if err != nil {
			t.Fatal(err)
		}
		want, got := distance(t, p, x, noisy), s.Share
		if p.Form == SquaredEuclidean {
			got = s.Residual * s.Residual
		}
		if math.Abs(got-want) > 1e-12*want || p.Form == SquaredEuclidean && s.Scale != 1 {
			t.Errorf("%v: the superposition leaves %v, the distance is %v", p.Form, got, want)
		}
	}
	flat, err := Procrustes{}.Superimpose(t.Context(), x, fixture.Normal(4, 30, 2))
	if err != nil {
		t.Fatal(err)
	}
	if _, q := flat.Moved.Dims(); q != 2 || flat.Share > 1 {
		t.Errorf("on a plane: %v", flat)
	}
	var me *mat32.MemoryError
	if _, err := (Procrustes{MemoryLimit: 1000}).Superimpose(t.Context(), x, y); !errors.As(err, &me) {
		t.Errorf("beyond the limit: %v", err)
	}
}

func TestShapeOptions(t *testing.T) {
	x := fixture.Normal(1, 10, 3)
	for _, m := range []Measure{Procrustes{Form: 9}, ShapeDistance{Form: Chord}, ShapeDistance{Group: 2}, ShapeDistance{Whitening: 1.1},
		ShapeDistance{Whitening: math.NaN()}, ShapeDistance{Whitening: .1, Group: Permutation}} {
		var pe *mat32.ParamError
		if _, err := m.Compare(t.Context(), x, x); !errors.As(err, &pe) {
			t.Errorf("%+v: got %v", m, err)
		}
	}
	for _, s := range []fmt.Stringer{Angular, Form(-1), Orthogonal, Permutation, Group(7)} {
		if s.String() == "" {
			t.Errorf("%#v has no name", s)
		}
	}
	huge := mat.NewDense(3, 1, []float64{-math.MaxFloat64, 0, math.MaxFloat64})
	var de *mat32.DegenerateError
	if _, err := (Procrustes{Form: SquaredEuclidean}).Compare(t.Context(), huge, x.Slice(0, 3, 0, 3)); !errors.As(err, &de) {
		t.Errorf("a distance beyond float64: %v", err)
	}
}
