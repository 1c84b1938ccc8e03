package dr

import (
	"context"
	"errors"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/golden"
)

type goldenPHATE struct {
	Neighbors        int
	Decay, Gamma     float64
	Kernel, Steps    [][]float64
	Entropies        []float64
	Time             int
	Potential        [][]float64
	Distances        []float64
	Places, Operator [][]float64
	Transitions      []float64
}

// every returns every so many rows of x, from one on.
func every(x *mat.Dense, from, step, most int) *mat.Dense {
	n, d := x.Dims()
	var y []float64
	for i := from; i < n && len(y) < most*d; i += step {
		y = append(y, x.RawRowView(i)...)
	}
	return mat.NewDense(len(y)/d, d, y)
}

func near(t *testing.T, what string, got, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) || len(want) == 0 {
		t.Fatalf("%s: %d numbers, want %d", what, len(got), len(want))
	}
	size := 0.
	for _, w := range want {
		size = max(size, math.Abs(w))
	}
	for i, w := range want {
		if !(math.Abs(got[i]-w) <= tolerance*size) {
			t.Errorf("%s: number %d is %v, want %v", what, i, got[i], w)
			return
		}
	}
}

func TestPHATEAgainstPhate(t *testing.T) {
	testenv.Unraced(t)
	var file struct {
		Wine, Digits, Iris   []goldenPHATE
		Transform, Landmarks goldenPHATE
	}
	golden.Load(t, "phate", &file)
	ctx := context.Background()
	rows := []int{0, 40}
	digits := datasets.Digits().X
	wine := every(datasets.Wine().X, 0, 1, 100)
	for _, c := range []struct {
		name string
		x    *mat.Dense
		all  []goldenPHATE
	}{{"wine", wine, file.Wine}, {"digits", every(digits, 0, 12, 1000), file.Digits}, {"iris", every(datasets.Iris().X, 0, 3, 1000), file.Iris}} {
		if len(c.all) == 0 {
			t.Errorf("%s: no golden", c.name)
		}
		for _, want := range c.all {
			n, d := c.x.Dims()
			gamma := want.Gamma
			if gamma == 0 {
				gamma = Zero
			}
			p := PHATE{Neighbors: want.Neighbors, Decay: want.Decay, Gamma: gamma}
			p, err := p.Resolve(n, d)
			if err != nil {
				t.Fatal(err)
			}
			m := new(PHATEModel)
			walk, _, err := p.walk(ctx, c.x, m)
			if err != nil {
				t.Fatal(err)
			}
			chain, err := markovOf(ctx, walk)
			if err != nil {
				t.Fatal(err)
			}
			for k, i := range rows {
				weights, steps := make([]float64, n), make([]float64, n)
				columns, values := walk.Weights().Row(i)
				for a, j := range columns {
					weights[j] = values[a]
				}
				columns, values = walk.Row(i)
				for a, j := range columns {
					steps[j] = values[a]
				}
				near(t, c.name+": kernel", weights, want.Kernel[k], 1e-12)
				near(t, c.name+": steps", steps, want.Steps[k], 1e-12)
			}
			entropies, err := chain.entropies(ctx, p.MaxTime)
			if err != nil {
				t.Fatal(err)
			}
			near(t, c.name+": entropies", entropies, want.Entropies, 1e-7)
			distances, _, err := p.distances(ctx, c.x, m)
			if err != nil {
				t.Fatal(err)
			}
			if m.time != want.Time {
				t.Errorf("%s: t = %d, want %d", c.name, m.time, want.Time)
			}
			ends, err := chain.power(ctx, m.time)
			if err != nil {
				t.Fatal(err)
			}
			if err := potentials(ctx, ends, p.Gamma); err != nil {
				t.Fatal(err)
			}
			for k, i := range rows {
				near(t, c.name+": potential", ends.RawRowView(i), want.Potential[k], 1e-9)
			}
			var some []float64
			for i := 0; i < len(distances.pairs); i += 100 {
				some = append(some, distances.pairs[i])
			}
			near(t, c.name+": distances", some, want.Distances, 1e-9)
		}
	}

	// New rows, with a layout that is known.
	x, other := every(digits, 0, 12, 1000), every(digits, 6, 12, 1000)
	n, d := x.Dims()
	places := mat.NewDense(n, 2, nil)
	for i := range n {
		places.SetRow(i, []float64{float64(i), float64(i*i) / 100})
	}
	options, err := PHATE{Neighbors: file.Transform.Neighbors}.Resolve(n, d)
	if err != nil {
		t.Fatal(err)
	}
	m := &PHATEModel{options: options, rows: x, layout: places, embedding: &Embedding{Dense: places, Dim: d}}
	z, err := m.Transform(ctx, other)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range file.Transform.Places {
		near(t, "transform", z.RawRowView(i), want, 1e-9)
	}

	// Landmarks that are known.
	m = &PHATEModel{labels: make([]int32, 100)}
	for i := range m.labels {
		m.labels[i] = int32(i % 7)
	}
	options, err = PHATE{Neighbors: file.Landmarks.Neighbors}.Resolve(wine.Dims())
	if err != nil {
		t.Fatal(err)
	}
	var walk *affinity.DiffusionOperator
	if walk, _, err = options.walk(ctx, wine, new(PHATEModel)); err != nil {
		t.Fatal(err)
	}
	chain, err := m.between(ctx, walk)
	if err != nil {
		t.Fatal(err)
	}
	p, err := chain.probabilities(ctx, chain.sym)
	if err != nil {
		t.Fatal(err)
	}
	for l, want := range file.Landmarks.Operator {
		near(t, "landmarks", p.RawRowView(l), want, 1e-12)
	}
	transitions := make([]float64, 7)
	columns, values := m.steps.Row(50)
	for k, l := range columns {
		transitions[l] = values[k]
	}
	near(t, "transitions", transitions, file.Landmarks.Transitions, 1e-12)
}

// Rows that walk alike are one landmark; fewer of them than a map has dimensions are refused.
func TestPHATETooFewLandmarks(t *testing.T) {
	x := mat.NewDense(40, 3, nil)
	for i := range 40 {
		for j := range 3 {
			x.Set(i, j, math.Sin(float64(3*i+j)))
		}
	}
	x.Set(0, 0, 1e300) // beside which all others are one
	_, err := PHATE{Neighbors: 39, Landmarks: 4}.Fit(context.Background(), x)
	if e, ok := errors.AsType[*mat32.DegenerateError](err); !ok || e.Method != "dr.PHATE" {
		t.Errorf("got %v, want a *mat32.DegenerateError of dr.PHATE", err)
	}
}
