package dr

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/rng"
)

// The loss is that of the formula in the doc of LowRankDenoiser, written out.
func TestDenoisingLossIsThatOfItsFormula(t *testing.T) {
	l := newDenoisingLoss(7, 5, 3, 2)
	s := rng.New(1, "test", 0)
	l.draw(&s, fixture.Normal(4, 9, 5), []int{3, 1, 8, 0, 5, 2, 7}, .3, 2)
	u := fixture.Normal(5, 6, 5)
	got, err := l.of(context.Background(), u, false)
	if err != nil {
		t.Fatal(err)
	}
	want := 0.
	for i, sigma := range l.sigmas {
		if sigma < .3 || sigma > 2 {
			t.Errorf("noise of %v", sigma)
		}
		for _, sign := range []float64{1, -1} {
			var y, clean mat.VecDense
			y.AddScaledVec(l.x.RowView(i), sign*sigma, l.e.RowView(i))
			v := sigma * sigma
			var w [3]float64
			total := 0.
			var parts [3]mat.VecDense
			for k := range w {
				basis := u.Slice(2*k, 2*k+2, 0, 5)
				var z mat.VecDense
				z.MulVec(basis, &y)
				w[k] = math.Exp(mat.Dot(&z, &z) / (2 * v * (1 + v)))
				total += w[k]
				parts[k].MulVec(basis.T(), &z)
			}
			clean.ScaleVec(-1, l.x.RowView(i))
			for k := range w {
				clean.AddScaledVec(&clean, w[k]/total/(1+v), &parts[k])
			}
			want += (1 + v) / v * mat.Dot(&clean, &clean) / 14
		}
	}
	if math.Abs(got-want) > 1e-12*want {
		t.Errorf("loss %v, want %v", got, want)
	}
}

func TestDenoisingLossFollowsItsGradient(t *testing.T) {
	l := newDenoisingLoss(7, 5, 3, 2)
	s := rng.New(1, "test", 0)
	l.draw(&s, fixture.Normal(4, 9, 5), []int{3, 1, 8, 0, 5, 2, 7}, .3, 2)
	u := fixture.Normal(5, 6, 5)
	of := func() float64 {
		v, err := l.of(context.Background(), u, false)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	if _, err := l.of(context.Background(), u, true); err != nil {
		t.Fatal(err)
	}
	const step = 1e-5
	data := u.RawMatrix().Data
	for i, slope := range l.slopes.RawMatrix().Data {
		v := data[i]
		data[i] = v + step
		up := of()
		data[i] = v - step
		down := of()
		data[i] = v
		if want := (up - down) / (2 * step); math.Abs(slope-want) > 1e-6*(1+math.Abs(want)) {
			t.Errorf("slope %d is %v, by differences %v", i, slope, want)
		}
	}
}
