package quality

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/tests/golden"
)

// Given the groups that a cluster falls into, its pairs and their distortions are those of
// the definition on full matrices. Over all walks the scores agree as those of two seeds
// do, though groups by equal joins are not scikit-learn's.
func TestSteadinessAgainstItsDefinition(t *testing.T) {
	testenv.Unraced(t)
	var file struct {
		Maps []struct {
			Table               string
			Step, First, End, K int
			Times, Jitter       float64
			Parts               []struct {
				Steady             bool
				Rows, Labels       []int32
				Distortion, Weight float64
			}
			Steadiness, Cohesiveness float64
			Deviation                [2]float64
			Seeds                    int
		}
	}
	golden.Load(t, "steadiness", &file)
	ctx := context.Background()
	tables := map[string]*datasets.Dataset{"iris": datasets.Iris(), "digits": datasets.Digits(), "wine": datasets.Wine()}
	for _, want := range file.Maps {
		all := tables[want.Table].X
		n, d := all.Dims()
		rows := (n + want.Step - 1) / want.Step
		x, y := mat.NewDense(rows, d, nil), mat.NewDense(rows, want.End-want.First, nil)
		for i := range rows {
			for j := range d {
				v := all.At(i*want.Step, j)
				if want.Times != 0 {
					v = math.Round(v * want.Times)
				}
				x.Set(i, j, v)
			}
			for j := range want.End - want.First {
				y.Set(i, j, x.At(i, want.First+j)+want.Jitter*math.Sin(float64(i*(j+1))))
			}
		}
		c, err := SteadinessCohesiveness{Neighbors: want.K}.Resolve(rows, d)
		if err != nil {
			t.Fatal(err)
		}
		var spaces [2]*sharedNeighbors
		for m, of := range []mat.Matrix{x, y} {
			if spaces[m], err = shareNeighbors(ctx, of, c.Neighbors, 0); err != nil {
				t.Fatal(err)
			}
		}
		compressed, stretched, err := c.most(ctx, spaces[0], spaces[1])
		if err != nil {
			t.Fatal(err)
		}
		p := &parting{met: make([]bool, rows)}
		for i, part := range want.Parts {
			s := side{"cohesiveness", spaces[0], spaces[1], stretched}
			if part.Steady {
				s = side{"steadiness", spaces[1], spaces[0], compressed}
			}
			p.in.gather(s.in, part.Rows)
			p.from.gather(s.from, part.Rows)
			got, err := p.between(ctx, s, part.Labels, c.Alpha)
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(got.distortion-part.Distortion) > 1e-9*part.Weight || got.weight != part.Weight {
				t.Errorf("%s, part %d: distortion %v of weight %v, want %v of %v", want.Table, i, got.distortion, got.weight, part.Distortion, part.Weight)
			}
		}
		var sums [2]float64
		const seeds = 4
		for seed := range uint64(seeds) {
			r, err := SteadinessCohesiveness{Neighbors: want.K, Seed: seed}.Compare(ctx, x, y)
			if err != nil {
				t.Fatal(err)
			}
			sums[0] += r.Steadiness.Value / seeds
			sums[1] += r.Cohesiveness.Value / seeds
		}
		for m, w := range []float64{want.Steadiness, want.Cohesiveness} {
			spread := want.Deviation[m] * math.Sqrt(1./seeds+1/float64(want.Seeds))
			if math.Abs(sums[m]-w) > 4*spread {
				t.Errorf("%s: score %d is %.4f, its definition has %.4f ± %.4f", want.Table, m, sums[m], w, spread)
			}
		}
	}
}
