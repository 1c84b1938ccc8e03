package ours

import (
	"context"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// PCA finds the first principal components and the rows in their coordinates; option components, 0 for all.
func PCA(ctx context.Context, in []*mat32.Dense, o wire.Options, _ uint64) (wire.Result, error) {
	return pca(ctx, dr.PCA{Components: o.Int("components"), Solver: dr.Exact}, in[0])
}

// RandomizedPCA is PCA from products with random blocks.
func RandomizedPCA(ctx context.Context, in []*mat32.Dense, o wire.Options, seed uint64) (wire.Result, error) {
	return pca(ctx, dr.PCA{Components: o.Int("components"), Solver: dr.Randomized, Seed: seed}, in[0])
}

func pca(ctx context.Context, p dr.PCA, x *mat32.Dense) (wire.Result, error) {
	m, err := p.Fit(ctx, x)
	if err != nil {
		return wire.Result{}, err
	}
	return wire.Result{Arrays: []wire.Output{dense("components", m.Components()), dense("map", m.Embedding().Dense)}}, nil
}

// IncrementalPCA finds the first principal components of the rows of a file; option components.
func IncrementalPCA(ctx context.Context, _ []*mat32.Dense, o wire.Options, _ uint64) (wire.Result, error) {
	rows, err := mat32.RowsFromFloat32(o.Stream().Path, o.Stream().Columns)
	if err != nil {
		return wire.Result{}, err
	}
	m, err := dr.IncrementalPCA{Components: o.Int("components")}.FitRows(ctx, rows)
	if err != nil {
		return wire.Result{}, err
	}
	return wire.Result{Arrays: []wire.Output{dense("components", m.Components())}}, nil
}

// TSNE makes a map by t-SNE; options components, perplexity and iterations, the 250 early ones among them.
func TSNE(ctx context.Context, in []*mat32.Dense, o wire.Options, seed uint64) (wire.Result, error) {
	return tsne(ctx, dr.TSNE{Seed: seed}, o, in[0])
}

// ExactTSNE is TSNE of which all pairs count.
func ExactTSNE(ctx context.Context, in []*mat32.Dense, o wire.Options, seed uint64) (wire.Result, error) {
	return tsne(ctx, dr.TSNE{Repulsion: dr.Direct, Seed: seed}, o, in[0])
}

func tsne(ctx context.Context, t dr.TSNE, o wire.Options, x *mat32.Dense) (wire.Result, error) {
	const early = 250
	t.Components, t.Perplexity = o.Int("components"), float64(o.Int("perplexity"))
	t.EarlyIterations, t.Iterations = early, o.Int("iterations")-early
	e, err := t.Embed(ctx, x)
	if err != nil {
		return wire.Result{}, err
	}
	return wire.Result{Arrays: []wire.Output{dense("map", e.Dense)}, Values: map[string]float64{"divergence": e.Objective}}, nil
}

// dense returns the values of m, which gonum made without a gap between rows, as an output.
func dense(name string, m *mat.Dense) wire.Output {
	n, d := m.Dims()
	return wire.Output{Name: name, Rows: n, Columns: d, Values: m.RawMatrix().Data}
}
