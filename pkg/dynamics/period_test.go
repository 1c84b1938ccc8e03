package dynamics_test

import (
	"cmp"
	"context"
	"math"
	"slices"
	"testing"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/dynamics"
)

// A wave has its period; and Lorenz's z, Rössler's turn and what a push of period 2π drives have
// theirs.
func TestPeriod(t *testing.T) {
	testenv.Unraced(t)
	turn := dynamics.System{Name: "turn", Variables: "xy", Equations: []string{"-2y", "2x"}, Start: []float64{1, 0}, Step: 0.05}
	for _, c := range []struct {
		system       dynamics.System
		want, margin float64
	}{
		{turn, math.Pi, 0.01}, {dynamics.Lorenz(), 0.75, 0.02}, {dynamics.Rossler(), 5.86, 0.03},
		{found(t, "Ueda"), 2 * math.Pi, 0.05}, {dynamics.Henon(), 1, 0},
	} {
		got, err := dynamics.Period(context.Background(), c.system)
		if err != nil || math.Abs(got-c.want) > c.margin {
			t.Errorf("%s: period %v, %v, want %v within %v", c.system.Name, got, err, c.want, c.margin)
		}
	}
	still := dynamics.System{Name: "still", Variables: "x", Equations: []string{"-x"}, Start: []float64{0}}
	if got, err := dynamics.Period(context.Background(), still); err == nil {
		t.Errorf("what rests has period %v", got)
	}
}

func found(t testing.TB, name string) dynamics.System {
	t.Helper()
	s, err := dynamics.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Over systems that are recorded at equally many points a period, the error of a forecast half a
// period ahead rises with the largest exponent per period (Gilpin, 2021). Dealt to other systems,
// the exponents say nothing.
func TestForecastsFailWithChaos(t *testing.T) {
	testenv.Unraced(t)
	ctx := context.Background()
	const perPeriod, n = 30, 3000
	var exponents, errors []float64
	for _, s := range dynamics.Flows() {
		// What keeps its volume wanders through all it may reach, for longer than this.
		if len(s.Known.Lyapunov) != 3 || len(exponents) == 20 || s.Name == "Nosé–Hoover" {
			continue
		}
		period, err := dynamics.Period(ctx, s)
		if err != nil {
			t.Fatal(err)
		}
		o, err := dynamics.Simulate{Step: period / perPeriod, Tolerance: 1e-6}.Run(ctx, s, n)
		if err != nil {
			t.Fatal(err)
		}
		x := o.Series(0).RawVector().Data
		f, err := dynamics.Simplex{Dim: 3, Lag: 5, Ahead: perPeriod / 2}.After(ctx, x[:n*2/3], x[n*2/3:])
		if err != nil {
			t.Fatal(err)
		}
		exponents, errors = append(exponents, s.Known.Lyapunov[0]*period), append(errors, f.SMAPE())
	}
	rho := spearman(exponents, errors)
	t.Logf("%d systems: Spearman %.2f", len(exponents), rho)
	if len(exponents) < 20 || rho < 0.5 {
		t.Errorf("over %d systems exponents and errors have Spearman's correlation %.2f, want 0.5", len(exponents), rho)
	}
	if shifted := spearman(append(exponents[7:], exponents[:7]...), errors); shifted > 0.4 {
		t.Errorf("exponents of other systems have a correlation of %.2f", shifted)
	}
}

func spearman(a, b []float64) float64 {
	ra, rb := rank(a), rank(b)
	mean, ab, aa := float64(len(a)-1)/2, 0.0, 0.0
	for i := range ra {
		ab += (ra[i] - mean) * (rb[i] - mean)
		aa += (ra[i] - mean) * (ra[i] - mean)
	}
	return ab / aa
}

func rank(values []float64) []float64 {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Compare(values[i], values[j]) })
	ranks := make([]float64, len(values))
	for r, i := range order {
		ranks[i] = float64(r)
	}
	return ranks
}
