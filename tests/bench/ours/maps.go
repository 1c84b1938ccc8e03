package ours

import (
	"context"
	"slices"
	"time"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// UMAP makes a map of the fuzzy sets of neighbours; options components and neighbors, which count the row itself.
func UMAP(ctx context.Context, in []*mat32.Dense, o wire.Options, seed uint64) (wire.Result, error) {
	return embedded(ctx, dr.UMAP{Components: o.Int("components"), Neighbors: o.Int("neighbors"), Seed: seed}, in[0])
}

// PaCMAP makes a map of near, mid-near and further pairs; options components and neighbors.
func PaCMAP(ctx context.Context, in []*mat32.Dense, o wire.Options, seed uint64) (wire.Result, error) {
	return embedded(ctx, dr.PaCMAP{Components: o.Int("components"), Neighbors: o.Int("neighbors"), Seed: seed}, in[0])
}

// TriMap makes a map of triplets; option components.
func TriMap(ctx context.Context, in []*mat32.Dense, o wire.Options, seed uint64) (wire.Result, error) {
	return embedded(ctx, dr.TriMap{Components: o.Int("components"), Seed: seed}, in[0])
}

func embedded(ctx context.Context, method dr.Embedder, x mat.Matrix) (wire.Result, error) {
	e, err := method.Embed(ctx, x)
	if err != nil {
		return wire.Result{}, err
	}
	return wire.Result{Arrays: []wire.Output{dense("map", e.Dense)}}, nil
}

var (
	similarities preparation[*affinity.Sparse]
	fuzzySets    preparation[*affinity.Sparse]
	graphs       preparation[*neighbors.Graph]
)

// TSNELayout is t-SNE from similarities that are given, and from points at random: the optimiser alone; options components and perplexity.
func TSNELayout(ctx context.Context, in []*mat32.Dense, o wire.Options, seed uint64) (wire.Result, error) {
	p, err := similarities.of(in[0], func() (*affinity.Sparse, error) {
		return affinity.Entropic{Perplexity: float64(o.Int("perplexity"))}.Weigh(ctx, in[0])
	})
	if err != nil {
		return wire.Result{}, err
	}
	return embedded(ctx, dr.TSNE{Components: o.Int("components"), Perplexity: float64(o.Int("perplexity")), Affinity: p, Start: dr.FromRandom, Seed: seed}, in[0])
}

// UMAPLayout is UMAP from a fuzzy set that is given, and from points at random: the optimiser alone; options components and neighbors, which count the row itself.
func UMAPLayout(ctx context.Context, in []*mat32.Dense, o wire.Options, seed uint64) (wire.Result, error) {
	w, err := fuzzySets.of(in[0], func() (*affinity.Sparse, error) {
		return affinity.FuzzySet{Neighbors: o.Int("neighbors")}.Weigh(ctx, in[0])
	})
	if err != nil {
		return wire.Result{}, err
	}
	return embedded(ctx, dr.UMAP{Components: o.Int("components"), Neighbors: o.Int("neighbors"), Affinity: w, Start: dr.FromRandom, Seed: seed}, in[0])
}

// PaCMAPLayout is PaCMAP from neighbours that are given, and from points at random, for times as many iterations as by default, so that the
// optimiser is all but a few hundredths of the work; options components, neighbors and times.
func PaCMAPLayout(ctx context.Context, in []*mat32.Dense, o wire.Options, seed uint64) (wire.Result, error) {
	g, err := candidates(ctx, in[0], o.Int("neighbors"))
	if err != nil {
		return wire.Result{}, err
	}
	p := dr.PaCMAP{Components: o.Int("components"), Neighbors: o.Int("neighbors"), Graph: g, Start: dr.FromRandom, Seed: seed}
	n, d := in[0].Dims()
	if p, err = p.Resolve(n, d); err != nil {
		return wire.Result{}, err
	}
	for phase := range p.Iterations {
		p.Iterations[phase] *= o.Int("times")
	}
	return embedded(ctx, p, in[0])
}

// TriMapLayout is TriMap from neighbours that are given, and from points at random, for times as many iterations as by default, so that the
// optimiser is all but a few hundredths of the work; options components, neighbors and times.
func TriMapLayout(ctx context.Context, in []*mat32.Dense, o wire.Options, seed uint64) (wire.Result, error) {
	g, err := candidates(ctx, in[0], o.Int("neighbors"))
	if err != nil {
		return wire.Result{}, err
	}
	t := dr.TriMap{Components: o.Int("components"), Inliers: o.Int("neighbors"), Graph: g, Start: dr.FromRandom, Seed: seed}
	n, d := in[0].Dims()
	if t, err = t.Resolve(n, d); err != nil {
		return wire.Result{}, err
	}
	t.Iterations *= o.Int("times")
	return embedded(ctx, t, in[0])
}

// candidates returns the neighbours of the rows of x, and 50 more.
func candidates(ctx context.Context, x *mat32.Dense, k int) (*neighbors.Graph, error) {
	n, _ := x.Dims()
	return graphs.of(x, func() (*neighbors.Graph, error) {
		return neighbors.Exact{Neighbors: min(k+50, n-1)}.Graph(ctx, x)
	})
}

var fittedUMAP preparation[*dr.UMAPModel]

// UMAPTransform places the rows of the second input, each by a call of its own, on a map of the first that is there before;
// options components and neighbors, which count the row itself. The values are of the milliseconds of a call.
func UMAPTransform(ctx context.Context, in []*mat32.Dense, o wire.Options, _ uint64) (wire.Result, error) {
	model, err := fittedUMAP.of(in[0], func() (*dr.UMAPModel, error) {
		return dr.UMAP{Components: o.Int("components"), Neighbors: o.Int("neighbors")}.Fit(ctx, in[0])
	})
	if err != nil {
		return wire.Result{}, err
	}
	n, d := in[1].Dims()
	var z, milliseconds []float64
	for i := range n {
		row := mat32.NewDense(1, d, in[1].Row(i))
		start := time.Now()
		e, err := model.Transform(ctx, row)
		if err != nil {
			return wire.Result{}, err
		}
		milliseconds = append(milliseconds, time.Since(start).Seconds()*1e3)
		z = append(z, e.RawRowView(0)...)
	}
	slices.Sort(milliseconds)
	return wire.Result{
		Arrays: []wire.Output{dense("fitted", model.Embedding().Dense), {Name: "map", Rows: n, Columns: o.Int("components"), Values: z}},
		Values: map[string]float64{
			"median": stat.Quantile(.5, stat.LinInterp, milliseconds, nil), "p99": stat.Quantile(.99, stat.LinInterp, milliseconds, nil)},
	}, nil
}
