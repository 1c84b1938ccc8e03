package intrinsic_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/intrinsic"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// box returns n points drawn from the lattice {0 … side−1}^d.
func box(seed uint64, n, d, side int) *mat.Dense {
	x := fixture.Uniform(seed, n, d)
	x.Apply(func(_, _ int, v float64) float64 { return math.Floor(float64(side) * v) }, x)
	return x
}

// What DADApy's compute_id_binomial_lk returns with its likelihood, and its posterior; its
// search ends at 1e-6, it has the derivative of volumes of large radius to three digits,
// and it integrates the posterior by sums.
func TestI3DOfDADApy(t *testing.T) {
	for _, c := range []struct {
		x          mat.Matrix
		e          intrinsic.I3D
		value, err float64
	}{
		{box(11, 400, 3, 20), intrinsic.I3D{Radius: 4, Inner: 2, Period: 20}, 2.9221890888843727, 0.08677320601947852},
		{box(11, 400, 3, 20), intrinsic.I3D{Radius: 4, Inner: 2}, 2.8089747300079297, 0.08928880860322697},
		{box(11, 400, 3, 20), intrinsic.I3D{Radius: 4, Inner: 2, Period: 20, Posterior: true}, 2.921964365907655, 0.0867761844263413},
		{box(11, 400, 3, 20), intrinsic.I3D{Radius: 4, Inner: 2, Posterior: true}, 2.808780242216801, 0.08929299047569765},
		{box(12, 500, 5, 20), intrinsic.I3D{Radius: 9, Inner: 4, Period: 20}, 4.990075293308311, 0.2184374534491986},
		{box(12, 500, 5, 20), intrinsic.I3D{Radius: 9, Inner: 4}, 4.421319604571407, 0.21161708708082602},
		{box(13, 300, 2, 1000), intrinsic.I3D{Radius: 60, Inner: 30, Period: 1000}, 1.894398275383924, 0.09066039707521756},
		{box(13, 300, 2, 1000), intrinsic.I3D{Radius: 60, Inner: 30}, 1.8315122906909993, 0.09039485070757486},
	} {
		d := estimate(t, c.e, c.x)
		near(t, fmt.Sprintf("%+v", c.e), d.Value, c.value, 2e-6)
		digits := 2e-5
		if c.e.Radius > 20 {
			digits = 3e-3
		}
		near(t, fmt.Sprintf("%+v, error", c.e), d.StdErr, c.err, digits)
	}
}

// The posterior against its definition: the share p of V(4, d)/V(2, d), of which d is the
// inverse, has the density p^inside·(1−p)^(within−inside). With many neighbours it is that
// of the likelihood, and there is one where all are inside.
func TestI3DPosterior(t *testing.T) {
	volume := func(l int, d float64) float64 { // Σⱼ 2^j·C(d, j)·C(l, j)
		var sum float64
		term := 1.
		for j := range l + 1 {
			sum += term
			term *= 2 * (d - float64(j)) * float64(l-j) / float64((j+1)*(j+1))
		}
		return sum
	}
	x := box(14, 60, 3, 12)
	e := intrinsic.I3D{Radius: 4, Inner: 2, Period: 12, Posterior: true}
	var inside, within float64
	for i := range 60 {
		for j := range 60 {
			steps := 0.
			for c := range 3 {
				step := math.Abs(x.At(i, c) - x.At(j, c))
				steps += min(step, 12-step)
			}
			if i != j && steps <= 4 {
				if within++; steps <= 2 {
					inside++
				}
			}
		}
	}
	var mass, first, second float64
	const steps = 20000
	for i := range steps {
		p := (float64(i) + .5) / steps
		lo, hi := 0., 1e4
		for hi-lo > 1e-9 {
			if mid := (lo + hi) / 2; volume(2, mid) > p*volume(4, mid) {
				lo = mid
			} else {
				hi = mid
			}
		}
		weight := math.Pow(p, inside) * math.Pow(1-p, within-inside)
		mass, first, second = mass+weight, first+weight*lo, second+weight*lo*lo
	}
	d := estimate(t, e, x)
	near(t, "mean", d.Value, first/mass, 1e-5)
	near(t, "standard deviation", d.StdErr, math.Sqrt(second/mass-first/mass*first/mass), 1e-4)

	many := box(11, 400, 3, 20)
	e.Period = 20
	likeliest := e
	likeliest.Posterior = false
	near(t, "of many", estimate(t, e, many).Value, estimate(t, likeliest, many).Value, 2e-3)

	pairs := mat.NewDense(40, 2, nil) // one step apart, and far from the others
	for i := range 40 {
		pairs.SetRow(i, []float64{float64(100*(i/2) + i%2), 0})
	}
	if d := estimate(t, intrinsic.I3D{Radius: 4, Inner: 2, Posterior: true}, pairs); !(d.Value > 0 && d.Value < 1 && d.StdErr > 0) {
		t.Errorf("all inside: %v", d)
	}
	if d, err := (intrinsic.I3D{Radius: 2, Inner: 1, Posterior: true}).Estimate(context.Background(), mat.NewDense(2, 1, []float64{0, 2})); !errors.As(err, new(*mat32.DegenerateError)) {
		t.Errorf("one pair, outside: %v, %v", d, err)
	}
}

// Points of a periodic lattice, in some of six columns, have the dimension of the
// lattice within 2 %, also where most distances are repeated; TwoNN, for which
// ties mean nothing, does not see it. Without the period, the edges show.
func TestI3DOnLattices(t *testing.T) {
	testenv.Unraced(t)
	for _, c := range []struct{ dim, side int }{{1, 400}, {2, 40}, {3, 20}, {5, 12}} {
		x := mat.NewDense(2000, 6, nil)
		x.Slice(0, 2000, 0, c.dim).(*mat.Dense).Copy(box(uint64(c.dim), 2000, c.dim, c.side))
		want := float64(c.dim)
		near(t, fmt.Sprintf("dimension %d", c.dim), estimate(t, intrinsic.I3D{Period: c.side}, x).Value, want, 0.02)
		if c.dim > 1 {
			if open := estimate(t, intrinsic.I3D{}, x).Value; !(open < 0.98*want) {
				t.Errorf("dimension %d without the period: %v", c.dim, open)
			}
			if d, err := (intrinsic.TwoNN{}).Estimate(context.Background(), x); err == nil && math.Abs(d.Value-want) < 0.02*want {
				t.Errorf("dimension %d by TwoNN: %v", c.dim, d.Value)
			}
		}
	}
}

func TestI3DShiftsAndSpacing(t *testing.T) {
	x := box(3, 300, 3, 15)
	e := intrinsic.I3D{Period: 15}
	want := estimate(t, e, x)
	var moved, finer mat.Dense
	moved.Apply(func(_, j int, v float64) float64 { return v + float64(7*j) - 1000 }, x)
	finer.Apply(func(_, _ int, v float64) float64 { return 0.25 * v }, x)
	if got := estimate(t, e, &moved); !same(got, want) {
		t.Errorf("moved: %v, want %v", got, want)
	}
	got := estimate(t, intrinsic.I3D{Period: 15, Spacing: 0.25}, &finer)
	if got.Value != want.Value || got.Scale != want.Scale/4 || len(got.Notes) > 0 {
		t.Errorf("in quarters: %v, want %v", got, want)
	}
	finer.Set(0, 0, 0.1)
	if d := estimate(t, intrinsic.I3D{Spacing: 0.25}, &finer); len(d.Notes) != 1 {
		t.Errorf("rounded: %v", d)
	}
	near(t, "overlap", estimate(t, intrinsic.I3D{Period: 15, Overlap: true}, x).StdErr, want.StdErr*math.Sqrt2, 1e-12)
}

func TestI3DRefuses(t *testing.T) {
	x := box(3, 100, 3, 15)
	var huge mat.Dense
	huge.Scale(1e9, x)
	for _, c := range []struct {
		e     intrinsic.I3D
		x     mat.Matrix
		param string // or degenerate
	}{
		{intrinsic.I3D{Radius: -1}, x, "Radius"},
		{intrinsic.I3D{Radius: 4, Inner: 4}, x, "Inner"},
		{intrinsic.I3D{Inner: 7, Period: 15}, x, "Inner"},
		{intrinsic.I3D{Inner: -2}, x, "Inner"},
		{intrinsic.I3D{Radius: 8, Period: 16}, x, "Period"},
		{intrinsic.I3D{Spacing: math.NaN()}, x, "Spacing"},
		{intrinsic.I3D{MemoryLimit: -1}, x, "MemoryLimit"},
		{intrinsic.I3D{Radius: 2, Inner: 1}, mat.NewDense(50, 3, nil), ""},
		{intrinsic.I3D{}, &huge, ""},
	} {
		d, err := c.e.Estimate(context.Background(), c.x)
		var param *mat32.ParamError
		ok := errors.As(err, &param) && param.Param == c.param
		if c.param == "" {
			ok = errors.As(err, new(*mat32.DegenerateError))
		}
		if !ok {
			t.Errorf("%+v: %v, %v", c.e, d, err)
		}
	}
}

func ExampleI3D_Estimate() {
	// Strings of letters are rows of 0 and 1; here, counts in three columns of
	// which the third is the sum of the others.
	x := mat.NewDense(500, 3, nil)
	for i, row := range box(1, 500, 2, 60).RawMatrix().Data {
		x.Set(i/2, i%2, row)
		x.Set(i/2, 2, x.At(i/2, 0)+x.At(i/2, 1))
	}
	d, err := intrinsic.I3D{Radius: 12}.Estimate(context.Background(), x)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(d)
	// Output:
	// dimension (I3D)  1.775 ± 0.025
	//   scale       12.00
	//   rows        500
	//   convention  binomial likelihood, Manhattan balls of 6 and 12 steps on a lattice,
	//               duplicates kept, standard error: Cramér-Rao, rows taken for
	//               independent
}
