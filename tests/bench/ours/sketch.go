package ours

import (
	"context"
	"math"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/sketch"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// FJLT projects rows by a fast Johnson–Lindenstrauss transform; option dim.
func FJLT(ctx context.Context, in []*mat32.Dense, o wire.Options, seed uint64) (wire.Result, error) {
	return sketched(sketch.FJLT{Dim: o.Int("dim"), Seed: seed}.Apply(ctx, in[0]))
}

// SRHT projects rows by a subsampled Hadamard transform; option dim.
func SRHT(ctx context.Context, in []*mat32.Dense, o wire.Options, seed uint64) (wire.Result, error) {
	return sketched(sketch.SRHT{Dim: o.Int("dim"), Seed: seed}.Apply(ctx, in[0]))
}

// CountSketch projects rows by feature hashing; option dim.
func CountSketch(ctx context.Context, in []*mat32.Dense, o wire.Options, seed uint64) (wire.Result, error) {
	return sketched(sketch.CountSketch{Dim: o.Int("dim"), Seed: seed}.Apply(ctx, in[0]))
}

// SparseProjection projects rows by a sparse matrix of density 1/√d; option dim.
func SparseProjection(ctx context.Context, in []*mat32.Dense, o wire.Options, seed uint64) (wire.Result, error) {
	_, d := in[0].Dims()
	return sketched(sketch.Sparse{Dim: o.Int("dim"), Density: 1 / math.Sqrt(float64(d)), Seed: seed}.Apply(ctx, in[0]))
}

// SparseWords projects rows that are given by the columns and the values that are not zero, by a sparse matrix of density 1/√words;
// options dim and words.
func SparseWords(ctx context.Context, in []*mat32.Dense, o wire.Options, seed uint64) (wire.Result, error) {
	x, err := corpus(in, o)
	if err != nil {
		return wire.Result{}, err
	}
	return sketched(sketch.Sparse{Dim: o.Int("dim"), Density: 1 / math.Sqrt(float64(o.Int("words"))), Seed: seed}.Apply(ctx, x))
}

// GaussianWords does so by a matrix of normal numbers.
func GaussianWords(ctx context.Context, in []*mat32.Dense, o wire.Options, seed uint64) (wire.Result, error) {
	x, err := corpus(in, o)
	if err != nil {
		return wire.Result{}, err
	}
	return sketched(sketch.Gaussian{Dim: o.Int("dim"), Seed: seed}.Apply(ctx, x))
}

// corpus returns the sparse matrix that columns and values are given of.
func corpus(in []*mat32.Dense, o wire.Options) (*mat32.CSR, error) {
	return documents.of(in[0], func() (*mat32.CSR, error) { return sparse(in[0], in[1], o.Int("words")) })
}

// RandomFeatures maps rows to features of the Gaussian kernel exp(−‖x−y‖²/gamma); options dim and gamma.
func RandomFeatures(ctx context.Context, in []*mat32.Dense, o wire.Options, seed uint64) (wire.Result, error) {
	return sketched(sketch.RandomFeatures{
		Dim: o.Int("dim"), Coupling: sketch.Orthogonal, Gamma: 1 / float64(o.Int("gamma")), Seed: seed,
	}.Apply(ctx, in[0]))
}

func sketched(z *mat32.Dense, err error) (wire.Result, error) {
	if err != nil {
		return wire.Result{}, err
	}
	n, k := z.Dims()
	return wire.Result{Arrays: []wire.Output{{Name: "map", Rows: n, Columns: k, Values: z.Data()}}}, nil
}
