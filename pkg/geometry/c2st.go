package geometry

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/resample"
	"github.com/flatland-go/flatland/internal/screen"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// C2ST is the classifier two-sample test: how often the nearest rows of a row tell which of
// two clouds it is of. One half is chance: the clouds may be of one distribution; 1 is
// that they are apart.
//
// Every row is judged by the Neighbors nearest among all others of both clouds, which is
// cross-validation with one row left out. A neighbour votes by one over the rows of its cloud,
// so that the larger one does not win; a draw is half right. The score is the mean of the
// shares of both clouds that are right. For equal distributions of few rows it is a little
// below one half, since each row is missing from its own cloud.
// The p-value is that of a permutation test, for which the neighbours stay: it needs no
// assumption, and rows that share neighbours do not deceive it, as they do the
// binomial law.
//
// Compare takes clouds of the same columns and at least 2 rows each. Time that of the
// neighbours and O((n + m)·Neighbors·Permutations); memory 8·(n + m)·(d + 2·Neighbors).
//
// Errors: *mat32.ParamError; *mat32.MemoryError; those of mat32.CheckRows and mat32.Check;
// *mat32.ShapeError; and one that wraps ctx.Err().
//
// Sources: D. Lopez-Paz and M. Oquab (2017), Revisiting classifier two-sample tests; by
// nearest neighbours, M. Schilling (1986), Multivariate two-sample tests based on nearest
// neighbors.
type C2ST struct {
	// Neighbors is how many others judge a row: 1 to the rows of the smaller cloud less one.
	// Default ⌊√n⌋ of the smaller cloud, as in the source. Larger ones see larger shapes.
	Neighbors int

	// Permutations is for how many random partings of the rows the score is computed
	// again, for the p-value. Default 199, which can tell 0.005; at most 10 000.
	Permutations int

	// Seed draws permutations.
	Seed uint64

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT, or
	// 4 GiB where that is not set.
	MemoryLimit int64
}

const c2stMethod = "geometry.C2ST"

// Resolve returns the options with defaults filled in, or a *mat32.ParamError, for n rows in
// the smaller cloud, whatever d is.
func (c C2ST) Resolve(n, d int) (C2ST, error) {
	if c.Neighbors == 0 {
		c.Neighbors = max(1, int(math.Sqrt(float64(n))))
	}
	if c.Neighbors < 1 || c.Neighbors > n-1 {
		return c, &mat32.ParamError{Method: c2stMethod, Param: "Neighbors", Value: c.Neighbors, Want: fmt.Sprintf("1 ≤ Neighbors ≤ %d, the rows of the smaller cloud less one", n-1)}
	}
	if c.Permutations == 0 {
		c.Permutations = 199
	}
	if err := resolvePermutations(c2stMethod, c.Permutations); err != nil {
		return c, err
	}
	return c, limited(c2stMethod, c.MemoryLimit)
}

// Compare returns how well x and y are told apart. The witness of a row is the vote of its
// neighbours, from −1, all for y, to 1, all for x.
func (c C2ST) Compare(ctx context.Context, x, y mat.Matrix) (*TwoSample, error) {
	n, m, d, err := checkClouds(ctx, c2stMethod, 2, x, y)
	if err != nil {
		return nil, err
	}
	if c, err = c.Resolve(min(n, m), d); err != nil {
		return nil, err
	}
	all := n + m
	need := bytesOfClouds(n, m, d) + 12*int64(all)*int64(c.Neighbors) + 48*int64(all)
	if err := mat32.CheckMemory(c2stMethod, need, c.MemoryLimit, "take fewer rows or neighbours"); err != nil {
		return nil, err
	}
	t, err := c.compare(ctx, x, y)
	if err != nil {
		return nil, mat32.Rename(c2stMethod, err)
	}
	t.Score.Name, t.Score.Rows, t.Score.Neighbors = "C2ST accuracy", all, c.Neighbors
	t.Score.Convention = "mean over both clouds, k nearest others, one row left out; 0.5 is chance, 1 is apart"
	return t, nil
}

func (c C2ST) compare(ctx context.Context, x, y mat.Matrix) (*TwoSample, error) {
	both, err := newClouds(ctx, x, y)
	if err != nil {
		return nil, err
	}
	n, k := both.n+both.m, c.Neighbors
	rows, err := screen.New(ctx, both.rows)
	if err != nil {
		return nil, err
	}
	nearest, distances := make([]int32, n*k), make([]float64, n*k)
	if err := rows.Nearest(ctx, k, nearest, distances); err != nil {
		return nil, err
	}
	v := &votes{nearest: nearest, k: k, n: both.n, m: both.m}
	t := &TwoSample{Null: make([]float64, c.Permutations), Witness: make([]float64, n)}
	inX := make([]bool, n)
	for i := range both.n {
		inX[i] = true
	}
	t.Score.Value = v.accuracy(inX, t.Witness)
	stage := watch.Start(ctx, "permutations", c.Permutations)
	type scratch struct {
		order []int
		inX   []bool
	}
	err = par.BlocksWith(ctx, c.Permutations, 1, func() scratch { return scratch{make([]int, n), make([]bool, n)} }, func(s scratch, p, _ int) {
		resample.Permutation(c.Seed, "geometry: two samples", p, s.order)
		clear(s.inX)
		for _, i := range s.order[:both.n] {
			s.inX[i] = true
		}
		t.Null[p] = v.accuracy(s.inX, nil)
		stage.Add(1)
	})
	t.PValue = resample.PValue(t.Score.Value, t.Null)
	return t, err
}

// votes are those of the k nearest others of every row of two clouds of n and m rows.
type votes struct {
	nearest []int32
	k, n, m int
}

// accuracy returns how well they tell the rows that are in the first cloud from the others,
// and writes to witness, if asked, what they said. Counts are whole numbers, and so is
// what is compared: partings that are as good score the same.
func (v *votes) accuracy(inX []bool, witness []float64) float64 {
	var right [2]int // twice the rows that are told right, of y and x
	for i, own := range inX {
		forX := 0
		for _, j := range v.nearest[i*v.k : (i+1)*v.k] {
			if inX[j] {
				forX++
			}
		}
		a, b := forX*v.m, (v.k-forX)*v.n // votes, times n·m
		if witness != nil {
			witness[i] = float64(a-b) / float64(a+b)
		}
		side := 0
		if own {
			side = 1
		}
		switch {
		case a == b:
			right[side]++
		case a > b == own:
			right[side] += 2
		}
	}
	return (float64(right[1])/float64(v.n) + float64(right[0])/float64(v.m)) / 4
}
