package intrinsic

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// growth is how the length of a graph on samples of rows grows with their size: as
// size^((d−α)/d) where lengths of edges are raised to the power α.
type growth struct {
	sizes    []int
	lengths  []float64 // mean over the samples of each size
	variance []float64 // of their logarithms
}

// sampleSizes returns so many sizes evenly spaced from the least to the largest.
func sampleSizes(from, to, count int) []int {
	sizes := make([]int, count)
	for s := range sizes {
		sizes[s] = from + int(math.Round(float64(s)*float64(to-from)/float64(count-1)))
	}
	return sizes
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
	var center, squares float64
	for s, size := range g.sizes {
		at[s] = math.Log(float64(size))
		center += at[s] / float64(len(at))
	}
	for _, v := range at {
		squares += (v - center) * (v - center)
	}
	var variance float64
	for s, v := range at {
		w := (v - center) / squares
		value += w * math.Log(g.lengths[s])
		variance += w * w * g.variance[s]
	}
	return value, math.Sqrt(variance)
}
