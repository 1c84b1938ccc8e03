package neighbors_test

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/tests/golden"
)

// distancesBy returns all distances between the rows of x, as the graph of all
// neighbours holds them.
func distancesBy(t testing.TB, m neighbors.Metric, x mat.Matrix) *mat.Dense {
	t.Helper()
	n, _ := x.Dims()
	g, err := neighbors.Exact{Neighbors: n - 1, Metric: m}.Graph(context.Background(), x)
	if err != nil {
		t.Fatalf("%v: %v", m, err)
	}
	if g.Metric != m.String() {
		t.Errorf("a graph by %v says %q", m, g.Metric)
	}
	square := mat.NewDense(n, n, nil)
	for i := range n {
		indices, distances := g.Row(i)
		for k, j := range indices {
			square.Set(i, int(j), distances[k])
		}
	}
	return square
}

func TestMetricsAgainstSciPy(t *testing.T) {
	var file struct {
		Cases []struct {
			Metric, Data string
			Distances    []float64
		}
	}
	golden.Load(t, "metrics", &file)
	spread := func(x mat.Matrix, f func(v float64) float64, cols int) *mat.Dense {
		n, d := x.Dims()
		y := mat.NewDense(20, min(d, cols), nil)
		y.Apply(func(i, j int, _ float64) float64 { return f(x.At(i*(n/20), j)) }, y)
		return y
	}
	same := func(v float64) float64 { return v }
	digits, wine, iris := datasets.Digits().X, datasets.Wine().X, datasets.Iris().X
	data := map[string]*mat.Dense{
		"digits": spread(digits, same, 64),
		"wine":   spread(wine, same, 13),
		"signed": spread(wine, func(v float64) float64 { return v - 5 }, 13),
		"places": spread(iris, func(v float64) float64 { return v / 3 }, 2),
		"ball":   spread(digits, func(v float64) float64 { return v / 100 }, 64),
	}
	toeplitz := mat.NewSymDense(13, nil)
	var weights []float64
	for i := range 13 {
		weights = append(weights, float64(i+1)/13)
		for j := range i + 1 {
			toeplitz.SetSym(i, j, 1/float64(1+i-j))
		}
	}
	var inverse mat.Dense
	if err := inverse.Inverse(toeplitz); err != nil {
		t.Fatal(err)
	}
	inverseSym := mat.NewSymDense(13, nil)
	for i := range 13 {
		for j := range i + 1 {
			inverseSym.SetSym(i, j, inverse.At(i, j))
		}
	}
	covariance := mat.NewSymDense(13, nil)
	stat.CovarianceMatrix(covariance, wine, nil)
	given := map[string][]neighbors.Metric{
		"mahalanobis":        {neighbors.Mahalanobis{Covariance: covariance}},
		"mahalanobis_given":  {neighbors.Mahalanobis{Covariance: toeplitz}, neighbors.Mahalanobis{Inverse: inverseSym}},
		"minkowski_weighted": {neighbors.Minkowski{P: 3, Weights: weights}},
	}
	for _, m := range plain() {
		given[m.String()] = append(given[m.String()], m)
	}
	for _, p := range []float64{1, 1.5, 2, 3, 4, 5, 12} {
		m := neighbors.Minkowski{P: p}
		given[m.String()] = []neighbors.Metric{m}
	}
	met := map[string]bool{}
	for _, c := range file.Cases {
		x := data[c.Data]
		for _, m := range given[c.Metric] {
			met[c.Metric] = true
			forms := []mat.Matrix{x, mat.DenseCopyOf(x.T()).T()}
			if c.Data == "digits" { // float32 holds them
				forms = append(forms, mat32.Convert(x), sparse(x))
			}
			for _, form := range forms {
				got := distancesBy(t, m, form)
				k := 0
				for i := range 20 {
					for j := i + 1; j < 20; j++ {
						want := c.Distances[k]
						k++
						if v := got.At(i, j); math.Abs(v-want) > 1e-12*max(1, want) {
							t.Fatalf("%v of %s, %T: rows %d and %d are at %v, want %v", m, c.Data, form, i, j, v, want)
						}
						if got.At(i, j) != got.At(j, i) {
							t.Fatalf("%v of %s, %T: from %d to %d is not as from %d to %d", m, c.Data, form, i, j, j, i)
						}
					}
				}
			}
		}
	}
	for name := range given {
		if !met[name] {
			t.Errorf("there is no golden of %s", name)
		}
	}
}

// plain returns every metric that has no parameters, Haversine apart, by what rows it
// is for.
func plain() []neighbors.Metric {
	return []neighbors.Metric{
		neighbors.Euclidean{}, neighbors.SquaredEuclidean{}, neighbors.Cosine{}, neighbors.Correlation{}, neighbors.Manhattan{},
		neighbors.Chebyshev{}, neighbors.Canberra{}, neighbors.BrayCurtis{}, neighbors.Hamming{}, neighbors.Jaccard{}, neighbors.Dice{},
		neighbors.Hellinger{}, neighbors.Haversine{}, neighbors.JensenShannon{}, neighbors.Spearman{}, neighbors.Poincare{},
	}
}

// sparse returns x with its zeros left out.
func sparse(x mat.Matrix) *mat32.CSR {
	n, d := x.Dims()
	var triplets []mat32.Triplet
	for i := range n {
		for j := range d {
			if v := x.At(i, j); v != 0 {
				triplets = append(triplets, mat32.Triplet{Row: i, Col: j, Value: float32(v)})
			}
		}
	}
	m, err := mat32.FromTriplets(n, d, triplets)
	if err != nil {
		panic(err)
	}
	return m
}
