package intrinsic

import (
	"context"
	"fmt"
	"math"
	"sync"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
)

// A ballKey is all that the statistics of balls depend on.
type ballKey struct {
	n, k, d, draws int
	seed           uint64
	path           string
}

// balls keeps statistics of balls, which every data set of as many rows is
// compared with. It holds few numbers each, and is emptied when it is full.
var balls = struct {
	sync.Mutex
	known map[ballKey]statistics
}{known: map[ballKey]statistics{}}

const mostBalls = 4096

// ballOf returns the mean statistics of n rows from the ball of dimension d, over
// the draws.
func ballOf(ctx context.Context, n, k, d, draws int, seed uint64, limit int64) (statistics, error) {
	key := ballKey{n, k, d, draws, seed, kernel.Path()}
	balls.Lock()
	known, ok := balls.known[key]
	balls.Unlock()
	if ok {
		return known, nil
	}
	var mean statistics
	for draw := range draws {
		x, err := ball(ctx, n, d, fmt.Sprintf("danco/%d/%d", d, draw), seed)
		if err != nil {
			return statistics{}, err
		}
		s, err := find(ctx, "the ball", x, k+1, k+1, nil, limit)
		if err != nil {
			return statistics{}, err
		}
		c, err := s.concentrate(ctx, "the ball", x, k)
		if err != nil {
			return statistics{}, err
		}
		mean.likeliest += c.likeliest / float64(draws)
		mean.direction += c.direction / float64(draws)
		mean.concentration += c.concentration / float64(draws)
	}
	balls.Lock()
	defer balls.Unlock()
	if len(balls.known) >= mostBalls {
		clear(balls.known)
	}
	balls.known[key] = mean
	return mean, nil
}

// ball returns n rows drawn uniformly from the ball of dimension d.
func ball(ctx context.Context, n, d int, purpose string, seed uint64) (*mat.Dense, error) {
	const block = 256
	x := mat.NewDense(n, d, nil)
	err := par.Blocks(ctx, n, block, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			stream := rng.New(seed, purpose, i)
			row := x.RawRowView(i)
			var squares float64
			for j := range row {
				row[j] = stream.Normal()
				squares += row[j] * row[j]
			}
			kernel.Scal64(math.Pow(stream.Float64(), 1/float64(d))/math.Sqrt(squares), row)
		}
	})
	return x, err
}
