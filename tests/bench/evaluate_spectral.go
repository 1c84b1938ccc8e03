package bench

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// eigenMeasures judge spectral embeddings by the Laplacian of simple weights that are averaged both ways, and walkMeasures
// diffusion maps by the walk along the weights of a Gaussian.
var (
	eigenMeasures = append(eigenvectors(func(ctx context.Context, x *mat32.Dense, k int) (operator, error) {
		s, err := affinity.Connectivity{Neighbors: k, Symmetrization: affinity.Average}.Weigh(ctx, x)
		if err != nil {
			return nil, err
		}
		return affinity.Laplacian{Normalization: affinity.RandomWalk}.Of(ctx, s)
	}, "sum of the eigenvalues of the Laplacian (least is best)"), labelAccuracy)
	walkMeasures = eigenvectors(func(ctx context.Context, x *mat32.Dense, k int) (operator, error) {
		s, err := affinity.Gaussian{Neighbors: k}.Weigh(ctx, x)
		if err != nil {
			return nil, err
		}
		return affinity.Diffusion{Alpha: 1}.Of(ctx, s)
	}, "sum of the eigenvalues of the walk (most is best)")
)

// operator is a matrix that is symmetric in the scalar product that its degrees weigh.
type operator interface {
	Apply(ctx context.Context, dst, x *mat.Dense) error
	Degrees() []float64
}

// eigenvectors returns measures of how well columns are eigenvectors of the operator that of makes: their eigenvalues, by
// Rayleigh's quotient of what is not constant in them, and the largest of what it leaves of a vector of length 1.
func eigenvectors(of func(ctx context.Context, x *mat32.Dense, k int) (operator, error), sum string) []Measure {
	var (
		of0  *mat32.Dense
		last operator
	)
	judge := func(in []*mat32.Dense, o wire.Options, r *wire.Reply) (values, residuals []float64, err error) {
		ctx := context.Background()
		n, _ := in[0].Dims()
		k := o.Int("components")
		found, err := r.Matrix("map", n, k)
		if err != nil {
			return nil, nil, err
		}
		if of0 != in[0] {
			if last, err = of(ctx, in[0], o.Int("neighbors")); err != nil {
				return nil, nil, err
			}
			of0 = in[0]
		}
		degrees := last.Degrees()
		z := mat.NewDense(n, k, slices.Clone(found))
		product := mat.NewDense(n, k, nil)
		lessMeans(z, degrees)
		if err := last.Apply(ctx, product, z); err != nil {
			return nil, nil, err
		}
		for c := range k {
			length, both, left := 0., 0., 0.
			for i, d := range degrees {
				length += d * z.At(i, c) * z.At(i, c)
				both += d * z.At(i, c) * product.At(i, c)
			}
			value := both / length
			for i, d := range degrees {
				e := product.At(i, c) - value*z.At(i, c)
				left += d * e * e
			}
			values, residuals = append(values, value), append(residuals, math.Sqrt(left/length))
		}
		return values, residuals, nil
	}
	return []Measure{
		{Name: sum, Format: "%.8f", Of: func(in []*mat32.Dense, o wire.Options, r *wire.Reply) (float64, error) {
			values, _, err := judge(in, o, r)
			total := 0.
			for _, v := range values {
				total += v
			}
			return total, err
		}},
		{Name: "residual of an eigenvector, largest of all (0 is best)", Format: "%.1e", Of: func(in []*mat32.Dense, o wire.Options, r *wire.Reply) (float64, error) {
			_, residuals, err := judge(in, o, r)
			if err != nil {
				return 0, err
			}
			return slices.Max(residuals), nil
		}},
	}
}

// lessMeans takes from every column its mean by these weights.
func lessMeans(z *mat.Dense, weights []float64) {
	_, k := z.Dims()
	for c := range k {
		mean, total := 0., 0.
		for i, w := range weights {
			mean += w * z.At(i, c)
			total += w
		}
		for i := range weights {
			z.Set(i, c, z.At(i, c)-mean/total)
		}
	}
}
