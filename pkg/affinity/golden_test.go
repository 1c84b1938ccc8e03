package affinity_test

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/tests/golden"
)

type goldenDecay struct {
	Neighbors   int
	Decay       float64
	Weights     int
	Sums        []float64
	Rows, Steps [][]float64
	Eigenvalues [][]float64
	Entropy     []float64
}

type goldenGaussian struct {
	Neighbors                 int
	Alpha, Epsilon, Dimension float64
	Eigenvalues               []float64
}

type goldenAffinity struct {
	Wine struct {
		Decay        []goldenDecay
		Gaussian     []goldenGaussian
		Connectivity struct {
			Neighbors, Weights             int
			Sums, Symmetric, Combinatorial []float64
		}
		Entropic struct {
			Perplexity float64
			Sums, Row  []float64
		}
	}
	Iris struct {
		Decay    []goldenDecay
		Gaussian []goldenGaussian
	}
}

// equal reports how two slices differ, by more than a share of the largest.
func equal(t *testing.T, what string, got, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) || len(want) == 0 {
		t.Errorf("%s: %d numbers, want %d", what, len(got), len(want))
		return
	}
	size := max(floats.Max(want), -floats.Min(want))
	for i, w := range want {
		if math.Abs(got[i]-w) > tolerance*size {
			t.Errorf("%s: number %d is %v, want %v", what, i, got[i], w)
			return
		}
	}
}

// denseRow returns a row of a sparse matrix of n columns.
func denseRow(n int, columns []int32, values []float64) []float64 {
	row := make([]float64, n)
	for k, j := range columns {
		row[j] = values[k]
	}
	return row
}

func TestAlphaDecayAgainstGraphtools(t *testing.T) {
	testenv.Unraced(t)
	var file goldenAffinity
	golden.Load(t, "affinity", &file)
	ctx := context.Background()
	for _, c := range []struct {
		name string
		x    mat.Matrix
		all  []goldenDecay
	}{{"wine", datasets.Wine().X, file.Wine.Decay}, {"iris", datasets.Iris().X, file.Iris.Decay}} {
		n, _ := c.x.Dims()
		if len(c.all) == 0 {
			t.Errorf("%s: no golden", c.name)
		}
		for _, want := range c.all {
			s := weigh(t, affinity.AlphaDecay{Neighbors: want.Neighbors, Decay: want.Decay}, c.x)
			if s.NNZ() != want.Weights {
				t.Errorf("%s, %v: %d weights, want %d", c.name, s, s.NNZ(), want.Weights)
			}
			equal(t, c.name+": sums", s.Degrees(), want.Sums, 1e-12)
			for alpha, values := range want.Eigenvalues {
				o := must[*affinity.DiffusionOperator](t)(affinity.Diffusion{Alpha: float64(alpha)}.Of(ctx, s))
				p := must[*affinity.Eigenpairs](t)(o.Eigen(ctx, 10))
				equal(t, c.name+": eigenvalues", p.Values, values, 1e-9)
				if alpha > 0 {
					continue
				}
				for k, i := range []int{0, 101} {
					columns, weights := s.Row(i)
					equal(t, c.name+": row", denseRow(n, columns, weights), want.Rows[k], 1e-12)
					columns, steps := o.Row(i)
					equal(t, c.name+": steps", denseRow(n, columns, steps), want.Steps[k], 1e-12)
				}
				var svd mat.SVD
				if !svd.Factorize(full(t, o), mat.SVDNone) {
					t.Fatal("no singular values")
				}
				equal(t, c.name+": entropy", must[[]float64](t)(affinity.EntropyCurve(svd.Values(nil), len(want.Entropy))), want.Entropy, 1e-10)
			}
		}
	}
}

func TestGaussianAgainstPydiffmap(t *testing.T) {
	testenv.Unraced(t)
	var file goldenAffinity
	golden.Load(t, "affinity", &file)
	ctx := context.Background()
	for _, c := range []struct {
		name string
		x    mat.Matrix
		all  []goldenGaussian
	}{{"wine", datasets.Wine().X, file.Wine.Gaussian}, {"iris", datasets.Iris().X, file.Iris.Gaussian}} {
		if len(c.all) == 0 {
			t.Errorf("%s: no golden", c.name)
		}
		for _, want := range c.all {
			s := weigh(t, affinity.Gaussian{Neighbors: want.Neighbors}, c.x)
			if epsilon := s.Scales[0] * s.Scales[0] / 2; math.Abs(epsilon/want.Epsilon-1) > 1e-12 {
				t.Errorf("%s: ε = %v, want %v", c.name, epsilon, want.Epsilon)
			}
			g := must[*neighbors.Graph](t)(neighbors.Exact{Neighbors: want.Neighbors}.Graph(ctx, c.x))
			if epsilon, dimension, err := affinity.Bandwidth(ctx, g); err != nil || math.Abs(epsilon/want.Epsilon-1) > 1e-12 || math.Round(dimension) != want.Dimension {
				t.Errorf("%s: ε = %v of dimension %v (%v), want %v and %v", c.name, epsilon, dimension, err, want.Epsilon, want.Dimension)
			}
			o := must[*affinity.DiffusionOperator](t)(affinity.Diffusion{Alpha: want.Alpha}.Of(ctx, s))
			p := must[*affinity.Eigenpairs](t)(o.Eigen(ctx, len(want.Eigenvalues)))
			equal(t, c.name+": eigenvalues", p.Values, want.Eigenvalues, 1e-9)
		}
	}
}

func TestConnectivityAgainstScikitLearn(t *testing.T) {
	var file goldenAffinity
	golden.Load(t, "affinity", &file)
	want := file.Wine.Connectivity
	s := weigh(t, affinity.Connectivity{Neighbors: want.Neighbors, Symmetrization: affinity.Average}, datasets.Wine().X)
	if s.NNZ() != want.Weights {
		t.Errorf("%d weights, want %d", s.NNZ(), want.Weights)
	}
	equal(t, "sums", s.Degrees(), want.Sums, 1e-14)
	for norm, values := range map[affinity.Normalization][]float64{affinity.Symmetric: want.Symmetric, affinity.RandomWalk: want.Symmetric, affinity.Combinatorial: want.Combinatorial} {
		o := must[*affinity.LaplacianOperator](t)(affinity.Laplacian{Normalization: norm}.Of(context.Background(), s))
		p := must[*affinity.Eigenpairs](t)(o.Eigen(context.Background(), len(values)))
		equal(t, string(norm), p.Values, values, 1e-9)
	}
}

func TestEntropicAgainstScikitLearn(t *testing.T) {
	var file goldenAffinity
	golden.Load(t, "affinity", &file)
	want := file.Wine.Entropic
	s := weigh(t, affinity.Entropic{Perplexity: want.Perplexity}, datasets.Wine().X)
	equal(t, "sums", s.Degrees(), want.Sums, 1e-5) // what float32 and its search leave
	columns, weights := s.Row(0)
	equal(t, "row 0", denseRow(len(want.Row), columns, weights), want.Row, 1e-5)
}
