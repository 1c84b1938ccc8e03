package geometry

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// pathLengths returns the lengths of shortest paths in a graph with edges of length 1.
func pathLengths(t *testing.T, n int, edges [][2]int) *mat32.Distances {
	t.Helper()
	d := mat.NewDense(n, n, nil)
	d.Apply(func(i, j int, _ float64) float64 {
		if i == j {
			return 0
		}
		return float64(n)
	}, d)
	for _, e := range edges {
		d.Set(e[0], e[1], 1)
		d.Set(e[1], e[0], 1)
	}
	for k := range n {
		for i := range n {
			for j := range n {
				d.Set(i, j, min(d.At(i, j), d.At(i, k)+d.At(k, j)))
			}
		}
	}
	z, err := mat32.DistancesFrom(d)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// complete returns the edges between groups of so many nodes, all of one with all of
// another.
func complete(sizes ...int) (n int, edges [][2]int) {
	first := 0
	for _, s := range sizes {
		for i := range first {
			for j := first; j < first+s; j++ {
				edges = append(edges, [2]int{i, j})
			}
		}
		first += s
	}
	return first, edges
}

func firstRows(x *mat.Dense, n int) mat.Matrix {
	_, d := x.Dims()
	return x.Slice(0, n, 0, d)
}

func magnitudeOf(t *testing.T, m Magnitude, x mat.Matrix) (magnitude, spread float64) {
	t.Helper()
	w, err := m.Weights(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	s, err := m.Spread(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	return w.Score().Value, s.Value
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance*max(1, math.Abs(want))) {
		t.Errorf("%s is %.12g, want %.12g", what, got, want)
	}
}

func TestMagnitudeClosedForms(t *testing.T) {
	five := pathLengths(t, 5, [][2]int{{0, 1}, {1, 2}, {1, 3}, {2, 3}, {3, 4}})
	for _, scale := range []float64{1e-9, .01, .3, 1, 2.5, 30} {
		q := math.Exp(-scale)
		got, _ := magnitudeOf(t, Magnitude{Scale: scale}, mat.NewDense(2, 1, []float64{5, 6}))
		near(t, "the magnitude of two points", got, 2/(1+q), 1e-12)
		for _, n := range []int{2, 5, 40} {
			sizes := make([]int, n)
			for i := range sizes {
				sizes[i] = 1
			}
			of, edges := complete(sizes...)
			magnitude, spread := magnitudeOf(t, Magnitude{Scale: scale}, pathLengths(t, of, edges))
			want := float64(n) / (1 + float64(n-1)*q)
			near(t, "the magnitude of a complete graph", magnitude, want, 1e-12)
			near(t, "the spread of a complete graph", spread, want, 1e-12)
		}
		magnitude, spread := magnitudeOf(t, Magnitude{Scale: scale}, five)
		near(t, "the magnitude of five nodes", magnitude, (5+5*q-4*q*q)/((1+q)*(1+2*q)), 1e-12)
		near(t, "the spread of five nodes", spread, 2/(1+q+2*q*q+q*q*q)+2/(1+3*q+q*q)+1/(1+2*q+2*q*q), 1e-12)
		line, _ := magnitudeOf(t, Magnitude{Scale: scale}, mat.NewDense(4, 1, []float64{0, 3.5, 1, 3}))
		near(t, "the magnitude of a line", line, 1+math.Tanh(.5*scale)+math.Tanh(scale)+math.Tanh(.25*scale), 1e-12)
	}
	line, _ := magnitudeOf(t, Magnitude{}, mat.NewDense(4, 1, []float64{0, 1, 3, 3.5}))
	near(t, "the magnitude of a line at scale 1", line, 2.46862997562, 1e-11)
}

func TestMagnitudeOfFixtures(t *testing.T) {
	b, c := firstRows(fixture.B(), 100), firstRows(fixture.C(), 100)
	for _, want := range []struct {
		x                        mat.Matrix
		scale, magnitude, spread float64
	}{
		{b, .1, 4.64422034, 3.76338712}, {b, 1, 76.7781514, 76.384985}, {b, 10, 99.8607793, 99.8607744},
		{c, .1, 1.14412682, 1.14345755}, {c, 1, 3.53866029, 3.51240696}, {c, 10, 90.9290083, 90.9036249},
	} {
		magnitude, spread := magnitudeOf(t, Magnitude{Scale: want.scale}, want.x)
		near(t, "the magnitude", magnitude, want.magnitude, 5e-9)
		near(t, "the spread", spread, want.spread, 5e-9)
		magnitude, _ = magnitudeOf(t, Magnitude{Scale: want.scale, Solver: ConjugateGradients}, want.x)
		near(t, "the magnitude by conjugate gradients", magnitude, want.magnitude, 5e-9)
	}
	w, err := Magnitude{Scale: .1}.Weights(context.Background(), b)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "the least weight", slices.Min(w.Values), -.0776801, 1e-7)
	scales := []float64{.1, math.Sqrt(.1), 1, math.Sqrt(10), 10}
	for i, want := range [][]float64{{1.41446, 1.02219, .208254, .0200606}, {.247775, .732954, 1.69039, 1.12934}} {
		curve, err := MagnitudeFunction{Scales: scales}.Compute(context.Background(), []mat.Matrix{b, c}[i])
		if err != nil {
			t.Fatal(err)
		}
		for k, slope := range want {
			got := math.Log(curve.Magnitudes[k+1]/curve.Magnitudes[k]) / math.Log(scales[k+1]/scales[k])
			near(t, "a slope between two scales", got, slope, 1e-5)
		}
	}
}

// K(3,2) is singular at ln 2/2, and not positive definite below.
func TestMagnitudeOfTwoAndThree(t *testing.T) {
	n, edges := complete(3, 2)
	x := pathLengths(t, n, edges)
	for _, want := range []struct{ scale, magnitude, spread float64 }{
		{.2, 1.18010781, 1.23879935}, {.3, 1.09287259, 1.36848799}, {.34, -.777262135, 1.42207115},
		{.35, 5.77078378, 1.43560946}, {.5, 1.77683162, 1.64481263}, {1, 2.4305929, 2.38845981},
	} {
		magnitude, spread := magnitudeOf(t, Magnitude{Scale: want.scale}, x)
		near(t, "the magnitude of K(3,2)", magnitude, want.magnitude, 1e-8)
		near(t, "the spread of K(3,2)", spread, want.spread, 5e-9)
		w, err := Magnitude{Scale: want.scale}.Weights(context.Background(), x)
		if indefinite := want.scale < math.Ln2/2; err != nil || (len(w.Notes) > 0) != indefinite {
			t.Errorf("at scale %v the notes are %v, %v", want.scale, w.Notes, err)
		}
	}
	_, err := Magnitude{Scale: math.Ln2 / 2}.Weights(context.Background(), x)
	var e *mat32.DegenerateError
	if !errors.As(err, &e) || !strings.Contains(e.Reason, "singular") {
		t.Errorf("where it is singular: %v", err)
	}
	curve, err := MagnitudeFunction{Scales: []float64{1, math.Ln2 / 2, .34}}.Compute(context.Background(), x)
	if err != nil || len(curve.Scales) != 2 || len(curve.Notes) != 2 {
		t.Errorf("the function leaves out %v, %v", curve, err)
	}
	if _, err := (MagnitudeFunction{Scales: []float64{math.Ln2 / 2}}).Compute(context.Background(), x); !errors.As(err, &e) {
		t.Errorf("with no scale left: %v", err)
	}
}

// Equal rows are one point.
func TestMagnitudeMergesDuplicates(t *testing.T) {
	x := mat.NewDense(6, 2, []float64{0, 0, 1, 0, 0, 0, 2, 5, math.Copysign(0, -1), 0, 1, 0})
	single := mat.NewDense(3, 2, []float64{0, 0, 1, 0, 2, 5})
	far := mat.NewDense(6, 6, nil)
	far.Apply(func(i, j int, _ float64) float64 {
		return math.Hypot(x.At(i, 0)-x.At(j, 0), x.At(i, 1)-x.At(j, 1))
	}, far)
	given, err := mat32.DistancesFrom(far)
	if err != nil {
		t.Fatal(err)
	}
	for _, solver := range []MagnitudeSolver{Direct, ConjugateGradients, NearestNeighbors} {
		m := Magnitude{Solver: solver}
		want, err := m.Weights(context.Background(), single)
		if err != nil {
			t.Fatal(err)
		}
		for _, rows := range []mat.Matrix{x, given} {
			got, err := m.Weights(context.Background(), rows)
			if err != nil {
				t.Fatal(err)
			}
			for i, of := range []int{0, 1, 0, 2, 0, 1} {
				near(t, "the share of a weight", got.Values[i], want.Values[of]/[]float64{3, 2, 1}[of], 1e-12)
			}
			near(t, "the magnitude", got.Score().Value, want.Score().Value, 1e-12)
			if len(got.Notes) != 1 || got.Points != 3 {
				t.Errorf("%d points, notes %v", got.Points, got.Notes)
			}
		}
	}
	one, _ := magnitudeOf(t, Magnitude{}, mat.NewDense(3, 1, []float64{2, 2, 2}))
	near(t, "the magnitude of one point", one, 1, 0)
}

// The metric, the type of the rows, their unit and where they lie change nothing that they
// should not.
func TestMagnitudeOfTheSameRows(t *testing.T) {
	x := fixture.Normal(4, 120, 30) // wide enough for distances of pairs of rows
	narrow := fixture.Normal(4, 120, 3)
	moved := mat.DenseCopyOf(narrow)
	moved.Apply(func(_, _ int, v float64) float64 { return v + 1000 }, moved)
	for _, solver := range []MagnitudeSolver{Direct, ConjugateGradients, NearestNeighbors} {
		for _, m := range []Magnitude{{Solver: solver}, {Solver: solver, Neighbors: 7, Scale: .3}} {
			same := func(what string, a, b mat.Matrix, n Magnitude, tolerance float64) {
				t.Helper()
				v, err := m.Weights(context.Background(), a)
				if err != nil {
					t.Fatal(err)
				}
				w, err := n.Weights(context.Background(), b)
				if err != nil {
					t.Fatal(err)
				}
				for i := range v.Values {
					near(t, what, w.Values[i], v.Values[i], tolerance)
				}
			}
			plain := m
			plain.Metric = neighbors.Func("mine", func(a, b []float64) float64 {
				s := 0.
				for j, v := range a {
					s += (v - b[j]) * (v - b[j])
				}
				return math.Sqrt(s)
			})
			small := m
			small.Scale = max(m.Scale, .3)
			if m.Scale == 0 {
				small.Scale = 1
			}
			same("a weight by a metric of mine", x, x, plain, 1e-8)
			same("a weight of moved rows", narrow, moved, m, 1e-8)
			for _, unit := range []float64{1e-200, 1e200} {
				scaled := mat.DenseCopyOf(narrow)
				scaled.Scale(unit, scaled)
				n := small
				n.Scale /= unit
				if solver != NearestNeighbors || unit < 1 { // graphs know no distances whose squares overflow
					same("a weight in another unit", narrow, scaled, n, 1e-8)
				}
			}
			same("a weight of float32 rows", mat.DenseCopyOf(mat32.Convert(x)), mat32.Convert(x), m, 1e-12)
		}
	}
}

func TestMagnitudeSolversAgree(t *testing.T) {
	testenv.Unraced(t)
	x := fixture.Uniform(7, 700, 3)
	for _, scale := range []float64{.01, 1, 20} {
		exact, err := Magnitude{Scale: scale}.Weights(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		iterated, err := Magnitude{Scale: scale, Solver: ConjugateGradients}.Weights(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		if iterated.Iterations > 30 {
			t.Errorf("scale %v: %d steps of conjugate gradients", scale, iterated.Iterations)
		}
		for i, v := range exact.Values {
			near(t, "a weight", iterated.Values[i], v, 1e-7)
		}
		some := firstRows(x, 90)
		if exact, err = (Magnitude{Scale: scale}).Weights(context.Background(), some); err != nil {
			t.Fatal(err)
		}
		all, err := Magnitude{Scale: scale, Solver: NearestNeighbors, Neighbors: 89}.Weights(context.Background(), some)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range exact.Values {
			near(t, "a weight among all", all.Values[i], v, 1e-7)
		}
	}
}
