package hyperbolic_test

import (
	"context"
	"errors"
	"math"
	"math/big"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/hyperbolic"
	"github.com/flatland-go/flatland/pkg/manifold"
	"github.com/flatland-go/flatland/pkg/mat32"
)

const bits = 400

func number(v float64) *big.Float { return new(big.Float).SetPrec(bits).SetFloat64(v) }

// ln returns the logarithm of 1 + t, t > 0: Newton's method by the series of exp.
func ln1p(t *big.Float) float64 {
	one := number(1)
	if small, _ := t.Float64(); small < 1e-30 {
		return small
	}
	x := new(big.Float).Add(one, t)
	mantissa := new(big.Float)
	e := x.MantExp(mantissa) // x = mantissa·2^e
	m, _ := mantissa.Float64()
	if e != 0 && e != 1 {
		// Digits of the logarithm are those of float64: it is not near 0.
		return math.Log(m) + float64(e)*math.Ln2
	}
	// ln x = 2·artanh(t/(2+t)).
	q := new(big.Float).Quo(t, new(big.Float).Add(number(2), t))
	square, power, sum := new(big.Float).Mul(q, q), new(big.Float).Copy(q), number(0)
	for k := 1; k < 400; k += 2 {
		sum.Add(sum, new(big.Float).Quo(power, number(float64(k))))
		power.Mul(power, square)
	}
	v, _ := sum.Float64()
	return 2 * v
}

// truth returns arcosh(1 + 2·|x−y|²/((1−|x|²)·(1−|y|²))), as it is written, in 400 bits.
func truth(x, y []float64) float64 {
	gap := func(x []float64) *big.Float {
		g := number(1)
		for _, v := range x {
			g.Sub(g, new(big.Float).Mul(number(v), number(v)))
		}
		return g
	}
	sum := number(0)
	for i, v := range x {
		d := new(big.Float).Sub(number(v), number(y[i]))
		sum.Add(sum, d.Mul(d, d))
	}
	t := sum.Quo(sum, gap(x))
	t.Quo(t, gap(y))
	t.Add(t, t)
	// arcosh(1+t) = ln(1 + t + √(t·(t+2))).
	root := new(big.Float).Mul(t, new(big.Float).Add(t, number(2)))
	return ln1p(root.Add(root.Sqrt(root), t))
}

// naive is what is usually written.
func naive(x, y []float64) float64 {
	var xx, yy, xy float64
	for i, v := range x {
		xx += v * v
		yy += y[i] * y[i]
		xy += (v - y[i]) * (v - y[i])
	}
	return math.Acosh(1 + 2*xy/((1-xx)*(1-yy)))
}

func unit(seed uint64, row, d int) []float64 {
	s := rng.New(seed, "unit", row)
	x, square := make([]float64, d), 0.
	for c := range x {
		x[c] = s.Normal()
		square += x[c] * x[c]
	}
	for c := range x {
		x[c] /= math.Sqrt(square)
	}
	return x
}

func times(k float64, x []float64) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = k * v
	}
	return y
}

func TestDistancesAreRightWhereTheFormulaFails(t *testing.T) {
	testenv.Unraced(t)
	p := hyperbolic.Poincare{}
	worst, fails := 0., 0
	for row := range 80 {
		d := 1 + row%5
		x, y := unit(1, row, d), unit(2, row, d)
		for _, r := range []float64{1e-12, 1e-5, .3, 1 - 1e-9, 1 - 1e-15, 1 - 4e-16} {
			for _, near := range []float64{0, 1e-12, 1e-7, 1} {
				a := times(r, x)
				b := times(r*(1-near/2), a)
				if near == 1 {
					b = times(r, y)
				}
				if near == 0 {
					b = append([]float64(nil), a...)
					b[0] = math.Nextafter(b[0], 0)
				}
				if p.Check(a) != nil || p.Check(b) != nil {
					continue
				}
				want := truth(a, b)
				if want == 0 {
					continue
				}
				off := math.Abs(p.Distance(a, b)-want) / want
				if worst = max(worst, off); off > 1e-13 {
					t.Fatalf("%v and %v: %v, want %v", a, b, p.Distance(a, b), want)
				}
				if !(math.Abs(naive(a, b)-want) < 1e-6*want) {
					fails++
				}
			}
		}
	}
	if fails < 500 {
		t.Errorf("the formula as it is written failed %d times only: these points show nothing", fails)
	}
	t.Logf("worst relative error %.2g; the usual formula is off by a millionth or more on %d pairs", worst, fails)
}

func TestPoincareIsTheHyperboloid(t *testing.T) {
	testenv.Unraced(t)
	for _, curvature := range []float64{0, -.25, -4} {
		p, h := hyperbolic.Poincare{Curvature: curvature}, manifold.Hyperboloid{Dimension: 3, Curvature: curvature}
		for row := range 50 {
			x, y := times(.9*rowShare(row, 1), unit(3, row, 3)), times(.95*rowShare(row, 2), unit(4, row, 3))
			a, b, v := make([]float64, 4), make([]float64, 4), make([]float64, 4)
			h.FromBall(a, x)
			h.FromBall(b, y)
			d := h.Distance(a, b)
			same := func(what string, got, want float64) {
				t.Helper()
				if !(math.Abs(got-want) <= 1e-12*(1+math.Abs(want))) {
					t.Fatalf("%s: got %v, want %v", what, got, want)
				}
			}
			same("distance", p.Distance(x, y), d)
			same("from the centre", p.FromCenter(x), p.Distance(x, []float64{0, 0, 0}))
			v3, back := make([]float64, 3), make([]float64, 3)
			same("log", p.Log(v3, x, y), h.Log(v, a, b))
			p.Exp(back, x, v3)
			for c := range 3 {
				same("exp of log", back[c], y[c])
			}
			p.Log0(v3, x)
			p.Exp0(back, v3)
			for c := range 3 {
				same("exp0 of log0", back[c], x[c])
			}
			// −x ⊕ y is as far from the centre as y from x, and undone by x.
			p.MobiusAdd(v3, times(-1, x), y)
			same("translated", p.FromCenter(v3), d)
			p.MobiusAdd(back, x, v3)
			for c := range 3 {
				same("translated back", back[c], y[c])
			}
			p.Midpoint(back, x, y)
			same("half the way", p.Distance(x, back), d/2)
			same("the other half", p.Distance(y, back), d/2)
			p.Geodesic(back, x, y, .3)
			same("part of the way", p.Distance(x, back), .3*d)
			p.Geodesic(back, x, y, 1.5)
			same("beyond", p.Distance(x, back), 1.5*d)
			for _, way := range []struct {
				to, from func(dst, x []float64)
				more     int
			}{{hyperbolic.ToLorentz, hyperbolic.FromLorentz, 1}, {hyperbolic.ToKlein, hyperbolic.FromKlein, 0}, {hyperbolic.ToHalfSpace, hyperbolic.FromHalfSpace, 0}} {
				there := make([]float64, 3+way.more)
				way.to(there, x)
				way.from(back, there)
				for c := range 3 {
					same("there and back", back[c], x[c])
				}
			}
			if curvature == 0 {
				u, w := make([]float64, 3), make([]float64, 3)
				hyperbolic.ToHalfSpace(u, x)
				hyperbolic.ToHalfSpace(w, y)
				same("half-space", hyperbolic.HalfSpaceDistance(u, w), d)
				hyperbolic.ToLorentz(v, x)
				for c := range 4 {
					same("Lorentz", v[c], a[c])
				}
			}
		}
	}
}

func rowShare(row int, seed uint64) float64 { s := rng.New(seed, "share", row); return s.Float64() }

func TestCapacity(t *testing.T) {
	for m, want := range map[hyperbolic.Model]float64{hyperbolic.PoincareBall: 37.92, hyperbolic.Lorentz: 18.36} {
		if got := hyperbolic.Capacity(m); math.Abs(got-want) > 1e-9 {
			t.Errorf("%v: got %v, want %v", m, got, want)
		}
	}
	if k := hyperbolic.Capacity(hyperbolic.KleinBall); !(k > 18 && k < 20) {
		t.Errorf("Klein's ball: %v", k)
	}
	if h := hyperbolic.Capacity(hyperbolic.HalfSpace); !(h > 700) {
		t.Errorf("half-space: %v", h)
	}
}

func TestMeanIsWhereDistancesAreLeast(t *testing.T) {
	p := hyperbolic.Poincare{}
	x := mat.NewDense(40, 3, nil)
	weights := make([]float64, 40)
	for i := range 40 {
		x.SetRow(i, times(.999*rowShare(i, 5), unit(6, i, 3)))
		weights[i] = rowShare(i, 7)
	}
	for _, w := range [][]float64{nil, weights} {
		m, err := p.Mean(context.Background(), x, w)
		if err != nil {
			t.Fatal(err)
		}
		// The velocities towards all rows cancel.
		sum, v := make([]float64, 3), make([]float64, 3)
		for i := range 40 {
			p.Log(v, m, x.RawRowView(i))
			for c := range sum {
				k := 1.
				if w != nil {
					k = w[i]
				}
				sum[c] += k * v[c]
			}
		}
		for _, g := range sum {
			if math.Abs(g) > 1e-10 {
				t.Errorf("gradient %v at the mean %v", sum, m)
			}
		}
	}
	var point *manifold.PointError
	if _, err := p.Mean(context.Background(), mat.NewDense(1, 2, []float64{.6, .8}), nil); !errors.As(err, &point) {
		t.Errorf("a row on the sphere: %v", err)
	}
	var shape *mat32.ShapeError
	if _, err := p.Mean(context.Background(), x, weights[:3]); !errors.As(err, &shape) {
		t.Errorf("three weights: %v", err)
	}
	var param *mat32.ParamError
	if _, err := p.Mean(context.Background(), x, make([]float64, 40)); !errors.As(err, &param) {
		t.Errorf("weights of 0: %v", err)
	}
	if _, err := (hyperbolic.Poincare{Curvature: 1}).Resolve(); !errors.As(err, &param) {
		t.Errorf("a curvature above 0: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := p.Mean(ctx, x, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestResultsStayInTheBall(t *testing.T) {
	p, x := hyperbolic.Poincare{}, []float64{0, 0}
	for _, v := range []float64{1, 20, 1e3, 1e200} {
		p.Exp0(x, []float64{v, v / 3})
		if err := p.Check(x); err != nil {
			t.Errorf("exp0 of %v: %v", v, err)
		}
		p.Exp(x, []float64{.3, -.9}, []float64{v, v})
		if err := p.Check(x); err != nil {
			t.Errorf("exp of %v: %v", v, err)
		}
	}
	a, b := []float64{1 - 0x1p-53, 0}, []float64{0, 1 - 0x1p-53}
	p.MobiusAdd(x, a, a)
	if err := p.Check(x); err != nil {
		t.Error(err)
	}
	p.Midpoint(x, a, b)
	if err := p.Check(x); err != nil || math.Abs(x[0]-x[1]) > 1e-15 {
		t.Errorf("halfway between two far points: %v, %v", x, err)
	}
}
