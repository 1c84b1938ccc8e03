package bench

import (
	"context"
	"math"
	"sync"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/digits70k"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/datasets/mnist10k"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/pkg/quality"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// mapMeasures judge maps of MNIST's digits, distorted or not, in two dimensions; klMeasures those by t-SNE as well.
var (
	mapMeasures = []Measure{trustworthy, labelAccuracy, tripletAccuracy}
	klMeasures  = append([]Measure{nearDivergence, number("divergence", "KL divergence as it is told (least is best)", "%.4f")}, mapMeasures...)
)

// principal returns the first 50 principal components of what of returns.
func principal(of func(rows int) ([]*mat32.Dense, error)) func(rows int) ([]*mat32.Dense, error) {
	return func(rows int) ([]*mat32.Dense, error) {
		x, err := of(rows)
		if err != nil {
			return nil, err
		}
		y, err := dr.PCA{Components: 50, Solver: dr.Exact}.Embed(context.Background(), x[0])
		if err != nil {
			return nil, err
		}
		return []*mat32.Dense{mat32.Convert(y)}, nil
	}
}

// digit returns the label of a row of MNIST's digits, or of their distorted copies.
func digit(row int) int { return int(labels()[digits70k.Original(row)]) }

var labels = sync.OnceValue(func() []byte {
	_, labels := mnist10k.Bytes()
	return labels
})

// trustworthy judges a map in two dimensions; of more than 10 000 rows, as many at most, as if there were no others.
var trustworthy = Measure{Name: "trustworthiness, k = 15 (1 is best)", Format: "%.4f",
	Of: func(in []*mat32.Dense, _ wire.Options, r *wire.Reply) (float64, error) {
		n, _ := in[0].Dims()
		values, err := r.Matrix("map", n, 2)
		if err != nil {
			return 0, err
		}
		x, z := spaced(10_000, in[0], values)
		ranks, err := quality.Rank{Neighbors: 15}.Compare(context.Background(), x, z)
		if err != nil {
			return 0, err
		}
		return ranks.Trustworthiness(15).Value, nil
	}}

// spaced returns most rows at most, evenly spread, of x and of its map in two dimensions.
func spaced(most int, x *mat32.Dense, values []float64) (*mat32.Dense, *mat.Dense) {
	n, d := x.Dims()
	step := (n + most - 1) / most
	if step == 1 {
		return x, mat.NewDense(n, 2, values)
	}
	kept := (n + step - 1) / step
	rows, z := mat32.NewDense(kept, d, nil), mat.NewDense(kept, 2, nil)
	for i := range kept {
		copy(rows.Row(i), x.Row(i*step))
		z.SetRow(i, values[2*i*step:2*i*step+2])
	}
	return rows, z
}

// labelAccuracy judges maps of MNIST's digits: the share of rows of whose ten nearest rows in the map most are the same digit.
var labelAccuracy = Measure{Name: "share of digits told by their 10 neighbours in the map (1 is best)", Format: "%.4f",
	Of: func(in []*mat32.Dense, o wire.Options, r *wire.Reply) (float64, error) {
		n, _ := in[0].Dims()
		z, err := r.Matrix("map", n, o.Int("components"))
		if err != nil {
			return 0, err
		}
		g, err := neighbors.Exact{Neighbors: 10}.Graph(context.Background(), mat.NewDense(n, o.Int("components"), z))
		if err != nil {
			return 0, err
		}
		hits := 0
		for i := range n {
			var votes [10]int
			near, _ := g.Row(i)
			for _, j := range near {
				votes[digit(int(j))]++
			}
			best := 0
			for d, v := range votes {
				if v > votes[best] {
					best = d
				}
			}
			if best == digit(i) {
				hits++
			}
		}
		return float64(hits) / float64(n), nil
	}}

// tripletAccuracy judges the whole of a map in two dimensions: the share of triplets of rows, five drawn for every row, of which
// the map tells which of two is nearer to the third.
var tripletAccuracy = Measure{Name: "share of random triplets in the right order (1 is best)", Format: "%.4f",
	Of: func(in []*mat32.Dense, _ wire.Options, r *wire.Reply) (float64, error) {
		n, _ := in[0].Dims()
		z, err := r.Matrix("map", n, 2)
		if err != nil {
			return 0, err
		}
		s, err := quality.TripletAccuracy{Seed: 1}.Compare(context.Background(), in[0], mat.NewDense(n, 2, z))
		return s.Value, err
	}}

// square returns the squared distance of two rows of a map in two dimensions.
func square(z []float64, i, j int) float64 {
	a, b := z[2*i]-z[2*j], z[2*i+1]-z[2*j+1]
	return a*a + b*b
}

// nearDivergence is the objective of t-SNE for many rows: the data's similarities are those of a row and its 3·perplexity exact
// neighbours, the map's are of all pairs.
var nearDivergence = Measure{Name: "KL divergence, of neighbours (least is best)", Format: "%.4f",
	Of: func(in []*mat32.Dense, o wire.Options, r *wire.Reply) (float64, error) {
		ctx := context.Background()
		n, _ := in[0].Dims()
		z, err := r.Matrix("map", n, 2)
		if err != nil {
			return 0, err
		}
		p, err := similarities(ctx, in[0], o.Int("perplexity"))
		if err != nil {
			return 0, err
		}
		kl, err := par.Sum(ctx, n, 64, func(lo, hi int) (sum float64) {
			for i := lo; i < hi; i++ {
				columns, weights := p.Row(i)
				for k, j := range columns {
					sum += weights[k] * math.Log(weights[k]*(1+square(z, i, int(j))))
				}
			}
			return sum
		})
		if err != nil {
			return 0, err
		}
		all, err := par.Sum(ctx, n, 64, func(lo, hi int) (sum float64) {
			for i := lo; i < hi; i++ {
				x, y, row := z[2*i], z[2*i+1], 0.
				for j := 0; j < 2*i; j += 2 {
					a, b := x-z[j], y-z[j+1]
					row += 1 / (1 + a*a + b*b)
				}
				sum += 2 * row
			}
			return sum
		})
		return kl + math.Log(all), err // as the similarities sum to 1
	}}

// similar keeps what similarities found last: the results of all seeds and sides are judged by it.
var similar struct {
	x          *mat32.Dense
	perplexity int
	found      *affinity.Sparse
}

// similarities returns those of t-SNE between a row of x and its exact neighbours.
func similarities(ctx context.Context, x *mat32.Dense, perplexity int) (*affinity.Sparse, error) {
	if similar.x == x && similar.perplexity == perplexity {
		return similar.found, nil
	}
	n, _ := x.Dims()
	k := min(3*perplexity, n-1)
	g, err := neighbors.Exact{Neighbors: k}.Graph(ctx, x)
	if err != nil {
		return nil, err
	}
	p, err := affinity.Entropic{Perplexity: float64(perplexity), Neighbors: k, Graph: g}.Weigh(ctx, x)
	if err != nil {
		return nil, err
	}
	similar.x, similar.perplexity, similar.found = x, perplexity, p
	return p, nil
}

// apartInOriginal is how far apart the originals are of which digitsWithNew draws distorted copies.
const apartInOriginal = 59

// digitsWithNew returns the 70 000 distorted digits, and 1000 that are distorted in other ways; or, of fewer, some that are not.
func digitsWithNew(rows int) ([]*mat32.Dense, error) {
	x, err := digits70000(rows)
	if err != nil {
		return nil, err
	}
	source, first := x[0], 0
	n, d := source.Dims()
	if n > digits70k.Originals {
		source, first = digits70k.Make(1).X, digits70k.Originals
	}
	added := mat32.NewDense(orAll(rows, 1000), d, nil)
	for i := range orAll(rows, 1000) {
		copy(added.Row(i), source.Row((first+apartInOriginal*i)%n))
	}
	return append(x, added), nil
}

// newDigits judges where a fitted map places the rows of the second input: the share of them whose nearest row of the first, in
// the map, is the same digit.
var newDigits = Measure{Name: "share of new digits told by their nearest neighbour in the map (1 is best)", Format: "%.4f",
	Of: func(in []*mat32.Dense, _ wire.Options, r *wire.Reply) (float64, error) {
		n, _ := in[0].Dims()
		added, _ := in[1].Dims()
		fitted, err := r.Matrix("fitted", n, 2)
		if err != nil {
			return 0, err
		}
		z, err := r.Matrix("map", added, 2)
		if err != nil {
			return 0, err
		}
		hits := 0
		for i := range added {
			best, least := 0, math.Inf(1)
			for j := range n {
				if d := math.Hypot(z[2*i]-fitted[2*j], z[2*i+1]-fitted[2*j+1]); d < least {
					best, least = j, d
				}
			}
			if digit(best) == digit(apartInOriginal*i) {
				hits++
			}
		}
		return float64(hits) / float64(added), nil
	}}

// latencyMeasures judge how long each of many calls took.
var latencyMeasures = []Measure{
	latency("median", "a call, median, in ms (least is best)"),
	latency("p99", "a call, 99th percentile, in ms (least is best)"),
}

func latency(value, name string) Measure {
	m := number(value, name, "%.3f")
	m.Varies = true
	return m
}
