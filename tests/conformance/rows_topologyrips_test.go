package conformance

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/topology"
)

// topology.Rips computes, which is none of the verbs of the table: its row is kept here, with
// all promises.
var ripsRow = row{
	method: "topology.Rips",
	source: "2021, Ripser: efficient computation of Vietoris-Rips persistence barcodes",
	golden: golden{form: "barcodes of regular shapes, and of small spaces by the definition", test: "topology.TestRipsClosedForms"},
	claim: claim{
		says:    "a noisy circle has one ring that lives five times as long as any other",
		on:      func(seed uint64) sample { return sample{x: noisyRing(seed, 150, 1)} },
		measure: ringsApart, from: 5, to: math.Inf(1),
	},
	control: control{
		says: "a disk has none",
		on:   func(seed uint64) sample { return sample{x: noisyRing(seed, 150, 0)} },
	},
	variants: []variant{
		{name: "rings", call: computed(topology.Rips{}), least: 1, constant: true, distances: asForRows, long: [2]int{4000, 40}},
		{name: "cavities", call: computed(topology.Rips{MaxDim: 2, Prime: 3}), least: 1, constant: true, distances: asForRows, long: [2]int{400, 8}},
		{name: "sparse", call: computed(topology.Rips{Sparse: .5}), least: 1, constant: true, distances: asForRows, long: [2]int{6000, 40}},
		{name: "cocycles of landmarks", call: computed(topology.Rips{Cocycles: true, Landmarks: 40}), least: 1, constant: true, distances: asForRows, long: [2]int{400_000, 20}},
	},
}

// computed calls Compute. That a class never dies is said by an infinity, which no other
// result may hold: here it is −1.
func computed(r topology.Rips) func(ctx context.Context, x mat.Matrix) (any, error) {
	return func(ctx context.Context, x mat.Matrix) (any, error) {
		p, err := r.Compute(ctx, x)
		if err != nil {
			return nil, err
		}
		for _, d := range p.Diagrams {
			for i, b := range d {
				if b.Essential() {
					d[i].Death = -1
				}
			}
		}
		return p, nil
	}
}

// ringsApart returns how many times as long as the next the longest ring lives.
func ringsApart(ctx context.Context, s sample) (float64, error) {
	p, err := topology.Rips{}.Compute(ctx, s.x)
	if err != nil {
		return 0, err
	}
	top := p.Diagrams[1].Longest(2)
	return top[0].Length() / top[1].Length(), nil
}

// noisyRing returns points between a radius and one, and a little off.
func noisyRing(seed uint64, n int, inner float64) *mat.Dense {
	x := mat.NewDense(n, 2, nil)
	for i := range n {
		s := rng.New(seed, "noisy ring", i)
		sin, cos := math.Sincos(2 * math.Pi * s.Float64())
		r := math.Sqrt(inner*inner + (1-inner*inner)*s.Float64())
		x.SetRow(i, []float64{r*cos + .03*s.Normal(), r*sin + .03*s.Normal()})
	}
	return x
}

func TestRipsClaim(t *testing.T) {
	problems, held, failed := ripsRow.judge(context.Background(), 5)
	report(t, problems)
	report(t, ripsRow.cells())
	t.Logf("%.4g, %.4g", held, failed)
}

func TestRipsPromises(t *testing.T) {
	for _, v := range ripsRow.variants {
		list, err := entries(ripsRow, v, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range list {
			for _, p := range promises {
				if testing.Short() && (!p.races || !e.first) {
					continue
				}
				t.Run(e.String()+"/"+p.name, func(t *testing.T) { report(t, p.keep(e)) })
			}
		}
	}
}
