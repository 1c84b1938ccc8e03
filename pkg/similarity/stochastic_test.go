package similarity

import (
	"errors"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// noisyTrials returns rows of conditions in turns, five each, with means of their own and
// noise whose columns have the given deviations, and the conditions.
func noisyTrials(seed uint64, conditions, d int, noise func(c, j int) float64) (*mat.Dense, []int) {
	const each = 8
	means, x := fixture.Normal(seed, conditions, d), fixture.Normal(seed+1, conditions*each, d)
	of := make([]int, conditions*each)
	for i := range of {
		of[i] = i % conditions
	}
	// Noise of mean 0 within each condition, so that the means are exact.
	sums := mat.NewDense(conditions, d, nil)
	for i, c := range of {
		for j := range d {
			sums.Set(c, j, sums.At(c, j)+x.At(i, j)/each)
		}
	}
	x.Apply(func(i, j int, v float64) float64 {
		return means.At(of[i], j) + noise(of[i], j)*(v-sums.At(of[i], j))
	}, x)
	return x, of
}

func even(int, int) float64 { return .5 }

func TestStochasticShapesAreMetrics(t *testing.T) {
	for seed := range uint64(3) {
		x, of := noisyTrials(10*seed, 6, 3, even)
		y, _ := noisyTrials(10*seed+2, 6, 3, func(c, j int) float64 { return .2 + .1*float64(c*j) })
		z, _ := noisyTrials(10*seed+4, 6, 4, even)
		for _, m := range []Measure{StochasticShape{Conditions: of}, EnergyShape{Conditions: of}, StochasticShape{Conditions: of, NoiseWeight: 3}} {
			xy, yz, xz := distance(t, m, x, y), distance(t, m, y, z), distance(t, m, x, z)
			if slack := .01 * (xy + yz); xy > yz+xz+slack || yz > xy+xz+slack || xz > xy+yz+slack {
				t.Errorf("%T: %v, %v and %v are no triangle", m, xy, yz, xz)
			}
			if back := distance(t, m, y, x); math.Abs(back-xy) > .01*xy {
				t.Errorf("%T: %v there and %v back", m, xy, back)
			}
			turned := moved(x, orthogonal(seed+7, 3), 1)
			if d := distance(t, m, x, turned); d > 1e-6 {
				t.Errorf("%T: a turned copy is %v away", m, d)
			}
			if math.Min(xy, xz) < .1 {
				t.Errorf("%T: random shapes are %v and %v apart", m, xy, xz)
			}
		}
	}
}

// Equal means and other noise: nothing to the shape of the means, and what the noises differ
// by, in closed form where they are along the same directions.
func TestNoiseHasAShape(t *testing.T) {
	x, of := noisyTrials(1, 20, 3, even)
	double, _ := noisyTrials(1, 20, 3, func(int, int) float64 { return 1 })
	quiet, _ := noisyTrials(1, 20, 3, func(int, int) float64 { return 0 })
	mean := func(m *mat.Dense) *mat.Dense {
		means := mat.NewDense(20, 3, nil)
		for i, c := range of {
			for j := range 3 {
				means.Set(c, j, means.At(c, j)+m.At(i, j)/8)
			}
		}
		return means
	}
	if d := distance(t, ShapeDistance{Form: Euclidean}, mean(x), mean(double)); d > 1e-12 {
		t.Errorf("the means are %v apart", d)
	}
	// Roots of covariances are .5·R and R: Bures' distance is the norm of half of R.
	squares := 0.
	for i := range of {
		for j := range 3 {
			v := x.At(i, j) - quiet.At(i, j)
			squares += v * v / 7 / 20
		}
	}
	if got, want := distance(t, StochasticShape{Conditions: of}, x, double), math.Sqrt(squares); math.Abs(got-want) > 1e-9*want {
		t.Errorf("stochastic: %v, want %v", got, want)
	}
	if got, want := distance(t, StochasticShape{Conditions: of, NoiseWeight: 4}, x, double), 2*math.Sqrt(squares); math.Abs(got-want) > 1e-9*want {
		t.Errorf("stochastic, weight 4: %v, want %v", got, want)
	}
	if got := distance(t, EnergyShape{Conditions: of}, x, double); got < .1 {
		t.Errorf("energy: %v", got)
	}
	// Without noise: the means are all there is.
	others, _ := noisyTrials(50, 20, 3, func(int, int) float64 { return 0 })
	want := distance(t, Procrustes{Form: Euclidean}, mean(quiet), mean(others)) / math.Sqrt(20)
	if got := distance(t, StochasticShape{Conditions: of}, quiet, others); math.Abs(got-want) > 1e-9*want {
		t.Errorf("without noise: %v, want %v", got, want)
	}
}

// The energy distance of two conditions on a line, counted by hand.
func TestEnergyShapeOnALine(t *testing.T) {
	x, y := mat.NewDense(4, 1, []float64{-1, -1, 1, 1}), mat.NewDense(4, 1, []float64{-2, 0, 0, 2})
	got := distance(t, EnergyShape{Conditions: []int{0, 0, 1, 1}}, x, y)
	// E|X − Y| = 1, E|X − X′| = 0, E|Y − Y′| = 1 in either condition.
	if want := math.Sqrt(.5); math.Abs(got-want) > 1e-12 {
		t.Errorf("%v, want %v", got, want)
	}
	if got := distance(t, EnergyShape{Conditions: []int{0, 0, 1, 1}}, mat.DenseCopyOf(scaledBy(x, 100)), scaledBy(y, 100)); math.Abs(got-10*math.Sqrt(.5)) > 1e-11 {
		t.Errorf("a hundred times as large: %v", got)
	}
}

func scaledBy(x *mat.Dense, by float64) *mat.Dense {
	y := new(mat.Dense)
	y.Scale(by, x)
	return y
}

func TestConditions(t *testing.T) {
	x, of := noisyTrials(1, 4, 2, even)
	y, _ := noisyTrials(5, 4, 2, even)
	far := mat.DenseCopyOf(x)
	far.SetRow(3, []float64{100, 100})
	out := append([]int(nil), of...)
	out[3] = -1
	a, b := distance(t, StochasticShape{Conditions: out}, x, y), distance(t, StochasticShape{Conditions: out}, far, y)
	if math.Abs(a-b) > 1e-9 {
		t.Errorf("a row that is left out counts: %v and %v", a, b)
	}
	for _, c := range [][]int{nil, of[1:], make([]int, 31), append([]int{-2}, of[1:]...), append([]int{32}, of[1:]...)} {
		var pe *mat32.ParamError
		for _, m := range []Measure{StochasticShape{Conditions: c}, EnergyShape{Conditions: c}} {
			if _, err := m.Compare(t.Context(), x, y); !errors.As(err, &pe) || pe.Param != "Conditions" {
				t.Errorf("%T, %v: got %v", m, c, err)
			}
		}
	}
}

// With more units than conditions, means leave most of a rotation open: a turned copy is found
// by what noise there is, whatever the order of the trials.
func TestTurnedCopiesOfManyUnits(t *testing.T) {
	for seed := range uint64(4) {
		x, of := noisyTrials(20*seed, 4, 7, func(c, j int) float64 { return .3 + .2*float64(j) + .1*float64(c*j%3) })
		turned := moved(x, orthogonal(seed+5, 7), 1)
		back := mat.DenseCopyOf(turned) // the trials of a condition the other way round
		for i := range of {
			back.SetRow(i, turned.RawRowView(len(of)-4-i/4*4+i%4))
		}
		for _, m := range []Measure{StochasticShape{Conditions: of}, EnergyShape{Conditions: of}} {
			for name, y := range map[string]*mat.Dense{"itself": x, "turned": turned, "in another order": back} {
				if d := distance(t, m, x, y); d > 1e-6 {
					t.Errorf("%T: a copy, %s, is %v away", m, name, d)
				}
			}
		}
	}
}
