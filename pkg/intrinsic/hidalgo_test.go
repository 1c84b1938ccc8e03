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

// twoDimensions returns rows of dimension 1 and then as many of dimension 4, in six
// columns, apart from each other.
func twoDimensions(seed uint64, each int) *mat.Dense {
	x := mat.NewDense(2*each, 6, nil)
	thread, cloud := fixture.Normal(seed, each, 1), fixture.Normal(seed+100, each, 4)
	for i := range each {
		for j := range 6 {
			x.Set(i, j, thread.At(i, 0)*float64(j-2)/2)
		}
		for j := range 4 {
			x.Set(each+i, j, cloud.At(i, j))
		}
		x.Set(each+i, 5, 9)
	}
	return x
}

// Two planted dimensions are found, and 95 % of rows are told apart; rows of
// one dimension, which are divided as well, differ much less.
func TestHidalgoFindsPlantedDimensions(t *testing.T) {
	testenv.Unraced(t)
	for seed := range uint64(3) {
		const each = 300
		m, err := intrinsic.Hidalgo{Sweeps: 150, Warmup: 150, Seed: seed}.Mixture(context.Background(), twoDimensions(seed, each))
		if err != nil {
			t.Fatal(err)
		}
		right := 0
		for i, l := range m.Labels {
			if l == i/each {
				right++
			}
		}
		if len(m.Components) != 2 || float64(right) < .95*2*each {
			t.Errorf("seed %d: %d rows of %d are right\n%v", seed, right, 2*each, m)
			continue
		}
		for k, want := range []float64{1, 4} {
			if c := m.Components[k]; math.Abs(c.Value-want) > .15*want || !(c.StdErr > 0 && c.StdErr < .3) {
				t.Errorf("seed %d: %v, want %v", seed, c, want)
			}
		}
		one, err := intrinsic.Hidalgo{Sweeps: 150, Warmup: 150, Seed: seed}.Mixture(context.Background(), fixture.Normal(seed, 2*each, 3))
		if err != nil {
			t.Fatal(err)
		}
		c := one.Components
		if first, last := c[0].Value, c[len(c)-1].Value; last > 2*first || math.Abs(one.Dimension.Value-3) > .45 {
			t.Errorf("seed %d: one dimension: %v", seed, one)
		}
	}
}

// With one component the posterior is a Gamma law, whose mean and variance are known.
func TestHidalgoOfOneComponentIsBayes(t *testing.T) {
	testenv.Unraced(t)
	x := fixture.Normal(3, 120, 3)
	ml := estimate(t, intrinsic.TwoNN{Fit: intrinsic.MaximumLikelihood}, x)
	sum := 119 / ml.Value
	mean, deviation := 121/(1+sum), 11/(1+sum)
	d := estimate(t, intrinsic.Hidalgo{Components: 1, Chains: 1, Sweeps: 4000, Warmup: 2}, x)
	if math.Abs(d.Value-mean) > 5*deviation/math.Sqrt(4000) || math.Abs(d.StdErr-deviation) > .06*deviation {
		t.Errorf("%v, want %v ± %v", d, mean, deviation)
	}
	for _, v := range d.Local {
		near(t, "every row has the one", v, d.Value, 1e-12)
	}
}

func TestMixtureOfDuplicatesAndLattices(t *testing.T) {
	ctx := context.Background()
	x := twoDimensions(1, 40)
	h := intrinsic.Hidalgo{Sweeps: 40, Warmup: 20, Components: 4, Chains: 3, Seed: 5}
	want, err := h.Mixture(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	// A duplicate changes nothing for the others.
	twice := mat.NewDense(81, 6, nil)
	twice.Slice(0, 80, 0, 6).(*mat.Dense).Copy(x)
	twice.SetRow(80, x.RawRowView(3))
	got, err := h.Mixture(ctx, twice)
	if err != nil || got.Dimension.Value != want.Dimension.Value || got.Labels[80] != -1 || got.Dimension.Removed != 1 ||
		!math.IsNaN(got.Dimension.Local[80]) || mat.Sum(got.Probability.RowView(80)) != 0 {
		t.Errorf("a duplicate: %v, %v", got, err)
	}
	for i := range 80 {
		if s := mat.Sum(want.Probability.RowView(i)); s > 1+1e-12 || s < .2 {
			t.Errorf("row %d: probabilities of %v", i, s)
		}
	}
	lattice := mat.NewDense(25, 2, nil)
	for i := range 25 {
		lattice.SetRow(i, []float64{float64(i % 5), float64(i / 5)})
	}
	if _, err := h.Mixture(ctx, lattice); !errors.As(err, new(*mat32.DegenerateError)) {
		t.Errorf("a lattice: %v", err)
	}
}

func ExampleHidalgo_Mixture() {
	m, err := intrinsic.Hidalgo{Sweeps: 300}.Mixture(context.Background(), twoDimensions(1, 200))
	fmt.Println(m)
	fmt.Println(err)
	// Output:
	// 2 dimensions in 400 rows
	//   component     rows  dimension
	//           0      196  0.96 ± 0.07
	//           1      204  4.01 ± 0.29
	// <nil>
}

func ExampleHidalgo() {
	d, err := intrinsic.Hidalgo{Sweeps: 300}.Estimate(context.Background(), twoDimensions(1, 200))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.1f and %.1f where %.1f is the mean\n", d.Local[0], d.Local[200], d.Value)
	// Output: 1.0 and 4.0 where 2.5 is the mean
}
