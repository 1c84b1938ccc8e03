package subspace

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
)

// rotation returns orthonormal columns, d of them in D dimensions.
func rotation(seed uint64, wide, d int) *mat.Dense {
	var qr mat.QR
	qr.Factorize(fixture.Normal(seed, wide, d))
	var q mat.Dense
	qr.QTo(&q)
	return mat.DenseCopyOf(q.Slice(0, wide, 0, d))
}

// Whatever was turned, mirrored, scaled and moved by a little is found, and what it was
// moved by is left.
func TestProcrustesUndoesARotation(t *testing.T) {
	ctx := context.Background()
	for _, c := range []struct {
		n, p, q int
		scale   float64
		noise   float64
	}{{60, 5, 5, 1, 0}, {60, 5, 5, 1, 1e-12}, {60, 5, 5, 2.5, 1e-6}, {60, 3, 7, 1, 1e-9}, {60, 7, 3, 1, 1e-9}, {4, 9, 9, 1, 0}, {2, 1, 1, 1, 0}} {
		narrow, wide := min(c.p, c.q), max(c.p, c.q)
		a := fixture.Normal(1, c.n, narrow)
		var b mat.Dense
		b.Mul(a, rotation(2, wide, narrow).T())
		b.Scale(c.scale, &b)
		e := fixture.Normal(3, c.n, wide)
		e.Scale(c.noise, e)
		b.Add(&b, e)
		from, to, scale := a, &b, c.scale
		if c.p > c.q {
			from, to, scale = &b, a, 1/c.scale
		}
		found, err := Procrustes{Scaled: true}.Align(ctx, from, to)
		if err != nil {
			t.Fatal(err)
		}
		most := c.noise*Norm(e)/max(c.noise, 1e-300) + 1e-13*Norm(&b)
		if math.Abs(found.Scale-scale) > 1e-12*scale+3*c.noise || found.Residual > most || c.noise > 0 && found.Residual < most/4 {
			t.Errorf("%v: scale %v, residual %v, want %v and about %v", c, found.Scale, found.Residual, scale, most)
		}
		var gram mat.Dense
		if c.p <= c.q {
			gram.Mul(found.Turn, found.Turn.T())
		} else {
			gram.Mul(found.Turn.T(), found.Turn)
		}
		if gap := identityGap(&gram); gap > 1e-13 {
			t.Errorf("%v: the turn is off an isometry by %v", c, gap)
		}
	}
}

func identityGap(m *mat.Dense) (gap float64) {
	n, d := m.Dims()
	for i := range n {
		for j := range d {
			want := 0.
			if i == j {
				want = 1
			}
			gap = max(gap, math.Abs(m.At(i, j)-want))
		}
	}
	return gap
}

// No other rotation does better, and a mirrored copy is only found where reflections are
// allowed.
func TestProcrustesIsTheBest(t *testing.T) {
	ctx := context.Background()
	a, b := fixture.Normal(4, 40, 3), fixture.Normal(5, 40, 3)
	for _, proper := range []bool{false, true} {
		found, err := Procrustes{Proper: proper}.Align(ctx, a, b)
		if err != nil {
			t.Fatal(err)
		}
		norm := Norm(a)*Norm(a) + Norm(b)*Norm(b)
		if want := math.Sqrt(norm - 2*found.Nuclear); math.Abs(found.Residual-want) > 1e-12*want {
			t.Errorf("proper %v: residual %v, want %v of the nuclear norm", proper, found.Residual, want)
		}
		if det := mat.Det(found.Turn); proper && math.Abs(det-1) > 1e-12 {
			t.Errorf("the proper rotation has determinant %v", det)
		}
		var rest mat.Dense
		for seed := range uint64(50) {
			q := rotation(100+seed, 3, 3)
			if proper && mat.Det(q) < 0 {
				q.Scale(-1, q)
			}
			rest.Mul(a, q)
			rest.Sub(&rest, b)
			if Norm(&rest) < found.Residual {
				t.Fatalf("proper %v: a random rotation leaves %v, less than %v", proper, Norm(&rest), found.Residual)
			}
		}
	}
	mirror := mat.DenseCopyOf(a)
	for i := range 40 {
		mirror.Set(i, 2, -mirror.At(i, 2))
	}
	free, err := Procrustes{}.Align(ctx, a, mirror)
	if err != nil {
		t.Fatal(err)
	}
	proper, err := Procrustes{Proper: true}.Align(ctx, a, mirror)
	if err != nil {
		t.Fatal(err)
	}
	if free.Residual > 1e-13 || proper.Residual < 1 {
		t.Errorf("a mirrored copy: %v with reflections, %v without", free.Residual, proper.Residual)
	}
}

// Where there is nothing in common any rotation will do, and it is one.
func TestProcrustesOfOrthogonalRows(t *testing.T) {
	a, b := mat.NewDense(4, 2, []float64{1, 0, 0, 1, 0, 0, 0, 0}), mat.NewDense(4, 3, []float64{0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0})
	found, err := Procrustes{Scaled: true}.Align(context.Background(), a, b)
	if err != nil {
		t.Fatal(err)
	}
	var gram mat.Dense
	gram.Mul(found.Turn, found.Turn.T())
	if identityGap(&gram) > 1e-14 || found.Nuclear != 0 || found.Scale != 0 || math.Abs(found.Residual-math.Sqrt2) > 1e-15 {
		t.Errorf("got %+v", found)
	}
}

// Fewer columns hold the inner products of the rows.
func TestNarrowed(t *testing.T) {
	x := fixture.Normal(6, 5, 30)
	y, err := Narrowed(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	if _, d := y.Dims(); d != 5 {
		t.Fatalf("%d columns", d)
	}
	var a, b mat.Dense
	a.Mul(x, x.T())
	b.Mul(y, y.T())
	if !mat.EqualApprox(&a, &b, 1e-12) {
		t.Error("the inner products of rows changed")
	}
	if same, _ := Narrowed(context.Background(), y); same != y {
		t.Error("a narrow matrix was copied")
	}
}
