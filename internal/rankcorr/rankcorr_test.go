package rankcorr

import (
	"context"
	"math"
	"runtime"
	"slices"
	"testing"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/testenv"
)

// few returns m values of which many are equal, some of them below 0 and zeros of both
// signs.
func few(row, m, different int) []float64 {
	s := rng.New(1, "rankcorr", row)
	values := make([]float64, m)
	for i := range values {
		values[i] = float64(s.IntN(different) - different/2)
		if values[i] == 0 && i%2 == 0 {
			values[i] = math.Copysign(0, -1)
		}
	}
	return values
}

// All pairs, one by one.
func slow(x, y []float64) (p Pairs) {
	for i := range x {
		for j := range i {
			a, b := x[i]-x[j], y[i]-y[j]
			p.All++
			if a == 0 {
				p.TiedX++
			}
			if b == 0 {
				p.TiedY++
			}
			if a == 0 && b == 0 {
				p.TiedBoth++
			}
			if a*b < 0 {
				p.Discordant++
			}
		}
	}
	return p
}

func TestKendallAgainstAllPairs(t *testing.T) {
	for _, m := range []int{0, 1, 2, 3, 31, 32, 33, 65, 200, 333} {
		for _, different := range []int{1, 2, 7, 1 << 20} {
			x, y := few(m, m, different), few(m+1000, m, 2*different)
			want := slow(x, y)
			for _, procs := range testenv.Cores() {
				old := runtime.GOMAXPROCS(procs)
				got, err := Kendall(context.Background(), x, y)
				runtime.GOMAXPROCS(old)
				if err != nil || got != want {
					t.Errorf("%d places, %d values: got %+v, %v, want %+v", m, different, got, err, want)
				}
			}
		}
	}
}

// SciPy 1.10's kendalltau of these lists: one with ties, one without.
func TestTau(t *testing.T) {
	p, _ := Kendall(context.Background(), []float64{12, 2, 1, 12, 2}, []float64{1, 4, 7, 1, 0})
	if got, want := p.TauB(), -0.47140452079103173; math.Abs(got-want) > 1e-15 {
		t.Errorf("tau-b is %v, want %v", got, want)
	}
	if got, want := p.TauA(), -.4; got != want {
		t.Errorf("tau-a is %v, want %v", got, want)
	}
	x := few(5, 3000, 1<<40)
	p, _ = Kendall(context.Background(), x, x)
	if p.TauA() != 1 || p.TauB() != 1 || p.Discordant != 0 {
		t.Errorf("a list with itself: %+v", p)
	}
	y := slices.Clone(x)
	for i := range y {
		y[i] = -y[i]
	}
	if p, _ = Kendall(context.Background(), x, y); p.TauA() != -1 || p.Concordant() != 0 {
		t.Errorf("a list upside down: %+v", p)
	}
}

func TestRank(t *testing.T) {
	values := []float64{3, -1, math.Copysign(0, -1), 3, 0, -7.5}
	order, err := NewSorter(6).Rank(context.Background(), values)
	if err != nil || !slices.Equal(order, []uint32{5, 1, 2, 4, 0, 3}) || !slices.Equal(values, []float64{4, -3, 0, 4, 0, -5}) {
		t.Errorf("got %v, %v, %v", order, values, err)
	}
	if order, err := NewSorter(0).Rank(context.Background(), nil); len(order) != 0 || err != nil {
		t.Errorf("no values: %v, %v", order, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Kendall(ctx, few(1, 50, 9), few(2, 50, 9)); err != ctx.Err() {
		t.Errorf("got %v after a cancel", err)
	}
}
