package intrinsic

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/line"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/watch"
)

// graphLength is a graph on samples of the rows whose length grows with their size: as
// size^((d−power)/d) where lengths of edges are raised to a power.
type graphLength struct {
	name    string
	power   float64
	sizes   line.Sizes
	seed    uint64
	repeats int // of the samples of each size; none takes the first rows
	edges   func(ctx context.Context, x mat.Matrix) ([]float64, error)
}

// dimension returns the dimension that the growth shows, and the growth. Scale is the
// mean edge of the last of the largest samples.
func (l graphLength) dimension(ctx context.Context, x mat.Matrix, rows []int, convention string) (measure.Dimension, *growth, error) {
	method := "intrinsic." + l.name
	fail := func(err error) (measure.Dimension, *growth, error) { return measure.Dimension{}, nil, err }
	var scale, unit float64 // a unit near the lengths keeps their powers within float64
	g, err := grow(ctx, method, x, rows, l.sizes.All(), l.seed, l.repeats, func(x mat.Matrix) (float64, error) {
		edges, err := l.edges(ctx, x)
		if err != nil {
			return 0, mat32.Rename(method, err)
		}
		if unit == 0 {
			unit = slices.Max(edges)
		}
		var length float64
		scale = 0
		for _, v := range edges {
			length += math.Pow(v/unit, l.power)
			scale += v / float64(len(edges))
		}
		return length, nil
	})
	if err != nil {
		return fail(err)
	}
	slope, stdErr := g.slope()
	value := l.power / (1 - slope)
	if !(slope < 1) || !(value > 0) || value > math.MaxFloat64 {
		return fail(&mat32.DegenerateError{Method: method,
			Reason: fmt.Sprintf("the length grows as the number of rows to the power %.3g, which no dimension explains, as on a lattice: take samples of other sizes", slope)})
	}
	n, _ := x.Dims()
	return measure.Dimension{
		Method:  l.name,
		Value:   value,
		StdErr:  stdErr * (value * value / l.power),
		Scale:   scale,
		Rows:    len(rows),
		Removed: n - len(rows),
		Convention: fmt.Sprintf("%s, %d sizes from %d to %d, duplicates removed, standard error: spread of disjoint samples",
			convention, l.sizes.Count, l.sizes.From, l.sizes.To),
	}, g, nil
}

// growth is the length of a graph on samples of rows.
type growth struct {
	sizes    []int
	lengths  []float64 // mean over the samples of each size
	variance []float64 // of their logarithms
}

// grow measures the length of samples of each size. Of every shuffled order of the
// rows, of which there are repeats, samples of one size are disjoint, so that their
// spread says how much chance moves the length: by a share whose square is inversely
// proportional to the size, and to the rows in all samples. Without repeats, the
// samples are the first rows, in order.
func grow(ctx context.Context, name string, x mat.Matrix, rows, sizes []int, seed uint64, repeats int, length func(x mat.Matrix) (float64, error)) (*growth, error) {
	n := len(rows)
	g := &growth{sizes: sizes, lengths: make([]float64, len(sizes)), variance: make([]float64, len(sizes))}
	stage := watch.Start(ctx, "graphs of samples", max(repeats, 1)*len(sizes))
	var squares, freedom float64
	for r := range max(repeats, 1) {
		order := make([]int, n)
		copy(order, rows)
		stream := rng.New(seed, name, r)
		if repeats > 0 {
			stream.Shuffle(n, func(i, j int) { order[i], order[j] = order[j], order[i] })
		}
		for s, size := range sizes {
			samples := n / size
			if repeats == 0 {
				samples = 1
			}
			found := make([]float64, samples)
			var mean float64
			for t := range found {
				if err := ctx.Err(); err != nil {
					return nil, fmt.Errorf("%s: %w", name, err)
				}
				v, err := length(mat32.Select(x, order[t*size:(t+1)*size]))
				if err != nil {
					return nil, err
				}
				found[t] = v
				mean += v / float64(samples)
			}
			if !(mean > 0 && mean <= math.MaxFloat64) {
				return nil, &mat32.DegenerateError{Method: name,
					Reason: fmt.Sprintf("the lengths of samples of %d rows leave the range of float64 beside others: the data have no one scale", size)}
			}
			g.lengths[s] += mean / float64(max(repeats, 1))
			for _, v := range found {
				squares += (v/mean - 1) * (v/mean - 1) * float64(size)
			}
			freedom += float64(samples - 1)
			stage.Add(1)
		}
	}
	for s, size := range sizes {
		g.variance[s] = math.NaN()
		if freedom > 0 {
			g.variance[s] = squares / freedom / float64(n/size*size)
		}
	}
	return g, nil
}

// slope returns that of the logarithm of the length over that of the size by least
// squares, and its standard error for lengths at the sizes that are independent.
func (g *growth) slope() (value, stdErr float64) {
	at := make([]float64, len(g.sizes))
	for s, size := range g.sizes {
		at[s] = math.Log(float64(size))
	}
	var variance float64
	for s, w := range line.Weights(at) {
		value += w * math.Log(g.lengths[s])
		variance += w * w * g.variance[s]
	}
	return value, math.Sqrt(variance)
}
