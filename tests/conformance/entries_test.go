package conformance

import (
	"context"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/intrinsic"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/pkg/quality"
)

// entry is one way into the library.
type entry struct {
	name string

	// run calls it on x and returns the numbers of its result.
	run func(ctx context.Context, x mat.Matrix) ([]float64, error)

	least       int  // the fewest rows it accepts
	constant    bool // it accepts data whose rows are all equal
	moves       bool // its result contains positions in the space of the data, which move with the data
	long        int  // rows of long input, for the cancel; 0 where it has no long work of its own
	longColumns int
}

// short t-SNE is long enough for every phase, and short enough for a map of
// shifted data to be the same: t-SNE amplifies differences as it goes on.
var short = dr.TSNE{EarlyIterations: 10, Iterations: 10}

// label makes labels for rows by their number.
func label(n int) []int {
	l := make([]int, n)
	for i := range l {
		l[i] = i%4 - 1
	}
	return l
}

func embedding(e *dr.Embedding, err error) ([]float64, error) {
	if err != nil {
		return nil, err
	}
	return append(values(e), e.Objective), nil
}

func matrix(x *mat.Dense, err error) ([]float64, error) {
	if err != nil {
		return nil, err
	}
	return values(x), nil
}

func values(x mat.Matrix) []float64 {
	n, d := x.Dims()
	v := make([]float64, 0, n*d)
	for i := range n {
		for j := range d {
			v = append(v, x.At(i, j))
		}
	}
	return v
}

func dimension(d measure.Dimension, err error) ([]float64, error) {
	if err != nil {
		return nil, err
	}
	return append([]float64{d.Value, d.StdErr, d.Scale, float64(d.Removed)}, d.Local...), nil
}

func scores(scores ...measure.Score) []float64 {
	var v []float64
	for _, s := range scores {
		v = append(append(v, s.Value), s.PerRow...)
	}
	return v
}

// fitted runs f on a model of other rows with the columns of x, or returns the
// error that x itself causes where it has no columns to speak of.
func fitted[M dr.Model](m dr.Method[M], f func(ctx context.Context, model M, x mat.Matrix) ([]float64, error)) func(ctx context.Context, x mat.Matrix) ([]float64, error) {
	return func(ctx context.Context, x mat.Matrix) ([]float64, error) {
		d := 4
		offset := 0.
		if n, columns := dims(x); columns > 0 && n > 0 {
			d = columns
			if v := x.At(n-1, columns-1); v > 500 {
				offset = 1000
			}
		}
		model, err := m.Fit(context.Background(), random(50, d, offset))
		if err != nil {
			return nil, err
		}
		return f(ctx, model, x)
	}
}

// wide returns x with its columns repeated until there are more than rows.
func wide(x mat.Matrix) mat.Matrix {
	n, d := dims(x)
	if n == 0 || d == 0 || d > n {
		return x
	}
	w := mat.NewDense(n, d*(n/d+1), nil)
	for i := range n {
		for j := range d * (n/d + 1) {
			w.Set(i, j, x.At(i, j%d))
		}
	}
	return w
}

func dims(x mat.Matrix) (n, d int) {
	if d, ok := x.(*mat.Dense); x == nil || ok && d == nil {
		return 0, 0
	}
	return x.Dims()
}

// random returns n rows of d columns, dyadic so that adding offset is exact.
func random(n, d int, offset float64) *mat.Dense {
	x := mat.NewDense(n, d, nil)
	for i := range n {
		s := rng.New(9, "conformance", i)
		for j := range d {
			x.Set(i, j, float64(int(s.Normal()*(1<<20)))/(1<<20)*float64(1+j%5)+offset)
		}
	}
	return x
}

var entries = []entry{
	{name: "neighbors.Exact.Graph", least: 2, constant: true, long: 6000, longColumns: 100,
		run: func(ctx context.Context, x mat.Matrix) ([]float64, error) {
			g, err := neighbors.Exact{}.Graph(ctx, x)
			if err != nil {
				return nil, err
			}
			v := append([]float64(nil), g.Distances...)
			for _, i := range g.Indices {
				v = append(v, float64(i))
			}
			return v, nil
		}},
	{name: "dr.Standardize.Embed", least: 1, constant: true, long: 20000, longColumns: 200,
		run: func(ctx context.Context, x mat.Matrix) ([]float64, error) {
			return embedding(dr.Standardize{}.Embed(ctx, x))
		}},
	{name: "dr.Standardize.Embed, robust", least: 1, constant: true, long: 20000, longColumns: 200,
		run: func(ctx context.Context, x mat.Matrix) ([]float64, error) {
			return embedding(dr.Standardize{Robust: true}.Embed(ctx, x))
		}},
	{name: "dr.StandardizeModel.Transform", least: 1, constant: true,
		run: fitted(dr.Standardize{}, func(ctx context.Context, m *dr.StandardizeModel, x mat.Matrix) ([]float64, error) {
			return embedding(m.Transform(ctx, x))
		})},
	{name: "dr.StandardizeModel.Inverse", least: 1, constant: true, moves: true,
		run: fitted(dr.Standardize{}, func(ctx context.Context, m *dr.StandardizeModel, x mat.Matrix) ([]float64, error) {
			return matrix(m.Inverse(ctx, x))
		})},
	{name: "dr.PCA.Embed", least: 2, long: 4000, longColumns: 600,
		run: func(ctx context.Context, x mat.Matrix) ([]float64, error) { return embedding(dr.PCA{}.Embed(ctx, x)) }},
	{name: "dr.PCA.Embed, by the Gram matrix", least: 2, long: 600, longColumns: 4000,
		run: func(ctx context.Context, x mat.Matrix) ([]float64, error) {
			return embedding(dr.PCA{Whiten: true}.Embed(ctx, wide(x)))
		}},
	{name: "dr.PCAModel.Transform", least: 1, constant: true,
		run: fitted(dr.PCA{}, func(ctx context.Context, m *dr.PCAModel, x mat.Matrix) ([]float64, error) {
			return embedding(m.Transform(ctx, x))
		})},
	{name: "dr.PCAModel.Inverse", least: 1, constant: true, moves: true,
		run: fitted(dr.PCA{}, func(ctx context.Context, m *dr.PCAModel, x mat.Matrix) ([]float64, error) {
			return matrix(m.Inverse(ctx, x))
		})},
	{name: "dr.TSNE.Embed", least: 4, long: 3000, longColumns: 30,
		run: func(ctx context.Context, x mat.Matrix) ([]float64, error) { return embedding(short.Embed(ctx, x)) }},
	{name: "dr.TSNE.Embed, from random", least: 4, long: 3000, longColumns: 30,
		run: func(ctx context.Context, x mat.Matrix) ([]float64, error) {
			t := short
			t.Start, t.Seed, t.Components = dr.FromRandom, 3, 3
			return embedding(t.Embed(ctx, x))
		}},
	{name: "dr.Chain.Embed", least: 4, long: 3000, longColumns: 100,
		run: func(ctx context.Context, x mat.Matrix) ([]float64, error) {
			return embedding(dr.Chain{dr.Any(dr.Standardize{}), dr.Any(dr.PCA{}), dr.Any(short)}.Embed(ctx, x))
		}},
	{name: "dr.ChainModel.Transform", least: 1, constant: true,
		run: fitted(dr.Chain{dr.Any(dr.Standardize{}), dr.Any(dr.PCA{})}, func(ctx context.Context, m *dr.ChainModel, x mat.Matrix) ([]float64, error) {
			return embedding(m.Transform(ctx, x))
		})},
	{name: "dr.ChainModel.Inverse", least: 1, constant: true, moves: true,
		run: fitted(dr.Chain{dr.Any(dr.Standardize{}), dr.Any(dr.PCA{})}, func(ctx context.Context, m *dr.ChainModel, x mat.Matrix) ([]float64, error) {
			return matrix(m.Inverse(ctx, x))
		})},
	{name: "intrinsic.TwoNN.Estimate", least: 4, long: 6000, longColumns: 100,
		run: func(ctx context.Context, x mat.Matrix) ([]float64, error) {
			return dimension(intrinsic.TwoNN{}.Estimate(ctx, x))
		}},
	{name: "intrinsic.TwoNN.Estimate, Bayes", least: 4, long: 6000, longColumns: 100,
		run: func(ctx context.Context, x mat.Matrix) ([]float64, error) {
			return dimension(intrinsic.TwoNN{Fit: intrinsic.Bayes}.Estimate(ctx, x))
		}},
	{name: "intrinsic.MLE.Estimate", least: 3, long: 6000, longColumns: 100,
		run: func(ctx context.Context, x mat.Matrix) ([]float64, error) {
			return dimension(intrinsic.MLE{}.Estimate(ctx, x))
		}},
	{name: "quality.Rank.Compare, as data", least: 2, constant: true, long: 6000, longColumns: 100,
		run: func(ctx context.Context, x mat.Matrix) ([]float64, error) {
			n, _ := dims(x)
			y := mat.NewDense(max(n, 1), 2, nil)
			if n > 0 {
				y = random(n, 2, 0)
			}
			return ranks(ctx, x, y)
		}},
	{name: "quality.Rank.Compare, as map", least: 2, constant: true, long: 6000, longColumns: 100,
		run: func(ctx context.Context, x mat.Matrix) ([]float64, error) {
			n, _ := dims(x)
			y := mat.NewDense(max(n, 1), 3, nil)
			if n > 0 {
				y = random(n, 3, 0)
			}
			return ranks(ctx, y, x)
		}},
	{name: "quality.NeighborhoodHit", least: 6, constant: true, long: 6000, longColumns: 100,
		run: func(ctx context.Context, x mat.Matrix) ([]float64, error) {
			n, _ := dims(x)
			s, err := quality.NeighborhoodHit(ctx, x, label(n), 5)
			if err != nil {
				return nil, err
			}
			return scores(s), nil
		}},
}

func ranks(ctx context.Context, x, y mat.Matrix) ([]float64, error) {
	r, err := quality.Rank{}.Compare(ctx, x, y)
	if err != nil {
		return nil, err
	}
	k := max(1, min(r.K, r.N/2-1, 7))
	v := scores(r.QNX(k))
	if 2*k < r.N {
		v = append(v, scores(r.Trustworthiness(k), r.Continuity(k))...)
	}
	if r.N > 2 {
		v = append(v, scores(r.MRREFalse(k), r.MRREMissing(k), r.LCMC(k))...)
	}
	return v, nil
}
