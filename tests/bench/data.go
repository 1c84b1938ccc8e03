package bench

import (
	"context"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"github.com/flatland-go/flatland/internal/digits70k"
	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/datasets/mnist10k"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// The data sets take the number of rows wanted, 0 for all; those that are quickly made may return more.

func digits(int) ([]*mat32.Dense, error) {
	return []*mat32.Dense{mat32.Convert(datasets.Digits().X)}, nil
}

// digitsWithMap returns the digits and their first two principal components.
func digitsWithMap(int) ([]*mat32.Dense, error) {
	x := datasets.Digits().X
	y, err := dr.PCA{Components: 2}.Embed(context.Background(), x)
	if err != nil {
		return nil, err
	}
	return []*mat32.Dense{mat32.Convert(x), mat32.Convert(y)}, nil
}

// mnist returns the 10 000 digits of MNIST's test part, with grey levels from 0 to 255.
func mnist(int) ([]*mat32.Dense, error) {
	pixels, _ := mnist10k.Bytes()
	x := mat32.NewDense(mnist10k.Rows, len(pixels)/mnist10k.Rows, nil)
	for i, v := range pixels {
		x.Data()[i] = float32(v)
	}
	return []*mat32.Dense{x}, nil
}

// halfOfMNIST returns the first 5000 of them.
func halfOfMNIST(rows int) ([]*mat32.Dense, error) {
	x, err := mnist(0)
	if err != nil {
		return nil, err
	}
	n := orAll(rows, 5000)
	_, d := x[0].Dims()
	return []*mat32.Dense{mat32.NewDense(n, d, x[0].Data()[:n*d])}, nil
}

// varyingPixels returns those digits without the columns that are zero everywhere, of which the peer's faster whitening makes NaN.
func varyingPixels(int) ([]*mat32.Dense, error) {
	all, err := mnist(0)
	if err != nil {
		return nil, err
	}
	n, d := all[0].Dims()
	var columns []int
	for j := range d {
		for i := range n {
			if all[0].At(i, j) != 0 {
				columns = append(columns, j)
				break
			}
		}
	}
	x := mat32.NewDense(n, len(columns), nil)
	for i := range n {
		for c, j := range columns {
			x.Row(i)[c] = all[0].Row(i)[j]
		}
	}
	return []*mat32.Dense{x}, nil
}

// digits70000 returns the 70 000 distorted digits.
func digits70000(rows int) ([]*mat32.Dense, error) {
	if rows > 0 && rows <= digits70k.Originals {
		return mnist(rows) // those come first
	}
	return []*mat32.Dense{digits70k.Make(0).X}, nil
}

// uniform returns 100 000 rows drawn from a cube of 20 dimensions.
func uniform(rows int) ([]*mat32.Dense, error) {
	const n, d = 100_000, 20
	x := mat32.NewDense(orAll(rows, n), d, nil)
	for i := range orAll(rows, n) {
		s := rng.New(1, "bench/uniform", i)
		for j := range d {
			x.Row(i)[j] = float32(s.Float64())
		}
	}
	return []*mat32.Dense{x}, nil
}

// cloud returns 1 000 000 rows of a normal cloud in 100 dimensions, away from the origin, whose standard deviations fall along
// directions that are no axes.
func cloud(rows int) ([]*mat32.Dense, error) {
	const d = 100
	n := orAll(rows, 1_000_000)
	x := mat32.NewDense(n, d, nil)
	mirror := make([]float32, d) // a unit vector
	for j := range mirror {
		mirror[j] = float32(math.Sqrt(float64(2*(j+1)) / (d * (d + 1))))
	}
	err := par.Blocks(context.Background(), n, 1024, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			s := rng.New(1, "bench/cloud", i)
			row := x.Row(i)
			for j := range row {
				row[j] = float32(s.Normal() / (1 + float64(j)/10))
			}
			along := kernel.Dot32(row, mirror)
			for j, m := range mirror {
				row[j] += 3 - 2*along*m
			}
		}
	})
	return []*mat32.Dense{x}, err
}

// mixture returns 100 000 rows of a mixture of 100 normal clouds in 50 dimensions.
func mixture(rows int) ([]*mat32.Dense, error) {
	x, err := clouds(orAll(rows, 100_000))
	return []*mat32.Dense{x}, err
}

// mixtureWithQueries returns that mixture, and 10 000 rows more of it.
func mixtureWithQueries(rows int) ([]*mat32.Dense, error) {
	n, q := orAll(rows, 100_000), orAll(rows, 10_000)
	x, err := clouds(n + q)
	if err != nil {
		return nil, err
	}
	_, d := x.Dims()
	return []*mat32.Dense{mat32.NewDense(n, d, x.Data()[:n*d]), mat32.NewDense(q, d, x.Data()[n*d:])}, nil
}

func clouds(rows int) (*mat32.Dense, error) {
	set, err := datasets.GaussianMixture{Rows: rows, Dim: 50, Classes: 100, Box: 1, Seed: 1}.Generate()
	if err != nil {
		return nil, err
	}
	return mat32.Convert(set.X), nil
}

// The size of the vocabulary of words, and the most different words that a document has.
const (
	vocabulary = 20_000
	mostWords  = 160
)

// words returns 200 000 documents of some 100 different words each: the words of every document, and how often they occur, both
// followed by zeros.
func words(rows int) ([]*mat32.Dense, error) {
	n := orAll(rows, 200_000)
	corpus, err := datasets.BagOfWords{Rows: n, Words: vocabulary, Topics: 50, Length: 110, Beta: 0.05, Seed: 1}.Generate()
	if err != nil {
		return nil, err
	}
	indices, counts := mat32.NewDense(n, mostWords, nil), mat32.NewDense(n, mostWords, nil)
	for i := range n {
		columns, values := corpus.Counts.Row(i)
		for k := range min(len(columns), mostWords) {
			indices.Row(i)[k], counts.Row(i)[k] = float32(columns[k]), values[k]
		}
	}
	return []*mat32.Dense{indices, counts}, nil
}

// fewerWords returns 20 000 documents of the same kind.
func fewerWords(rows int) ([]*mat32.Dense, error) { return words(orAll(rows, 20_000)) }

// factors returns 2000 digits, and a square matrix to multiply them by.
func factors(rows int) ([]*mat32.Dense, error) {
	x, err := mnist(rows)
	if err != nil {
		return nil, err
	}
	_, d := x[0].Dims()
	return []*mat32.Dense{mat32.NewDense(2000, d, x[0].Data()[:2000*d]), normal(d, d)}, nil
}

// covariance returns that of the MNIST digits, with as many rows as pixels.
func covariance(int) ([]*mat32.Dense, error) {
	x, err := mnist(0)
	if err != nil {
		return nil, err
	}
	n, d := x[0].Dims()
	for j := range d {
		var sum float64
		for i := range n {
			sum += x[0].At(i, j)
		}
		for i := range n {
			x[0].Row(i)[j] -= float32(sum / float64(n))
		}
	}
	return []*mat32.Dense{products(x[0], blas.Trans, d, n)}, nil
}

// definite returns a well conditioned positive definite matrix of 2000 rows.
func definite(rows int) ([]*mat32.Dense, error) {
	n := orAll(rows, 2000)
	a := products(normal(n, n), blas.NoTrans, n, n)
	for i := range n {
		a.Row(i)[i]++
	}
	return []*mat32.Dense{a}, nil
}

// products returns xᵀx/n, or xxᵀ/n for NoTrans, of rows rows.
func products(x *mat32.Dense, t blas.Transpose, rows, n int) *mat32.Dense {
	p, q := x.Dims()
	a := blas32.General{Rows: p, Cols: q, Stride: q, Data: x.Data()}
	c := mat32.NewDense(rows, rows, nil)
	other := blas.NoTrans
	if t == blas.NoTrans {
		other = blas.Trans
	}
	// The one error is that of the context.
	_ = kernel.Gemm32(context.Background(), t, other, 1/float32(n), a, a, 0, blas32.General{Rows: rows, Cols: rows, Stride: rows, Data: c.Data()})
	return c
}

func normal(n, d int) *mat32.Dense {
	x := mat32.NewDense(n, d, nil)
	for i := range n {
		s := rng.New(1, "bench/normal", i)
		for j := range d {
			x.Row(i)[j] = float32(s.Normal())
		}
	}
	return x
}

func orAll(rows, all int) int {
	if rows == 0 {
		return all
	}
	return min(rows, all)
}
