package geometry

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/subspace"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

// FrechetDistance is the squared Fréchet distance, or 2-Wasserstein distance, of the normal
// distributions that have the means and covariances of two clouds: ‖mₓ − m_y‖² + tr(Cₓ + C_y −
// 2·(Cₓ·C_y)^½). Of the features of a network it is the Fréchet inception distance, FID. It
// is 0 where means and covariances are equal, in squared units of the data. What clouds
// have beyond these it does not see.
//
// Compare takes clouds of the same columns and at least 2 rows each. Covariances divide by the
// rows less one, as implementations of FID do. It grows as rows become fewer, by about
// the trace of a covariance times d/n: compare values of equal numbers of rows.
//
// No covariance and no root of a product is made: with L the rows less their mean, or
// their triangular factor where they are more than columns, the distance of covariances is
// what is left of one L after the best rotation of the other, measured by subtraction. So
// singular covariances do no harm, and equal clouds are 0 apart to rounding. With p and q
// the lesser of rows and columns of either cloud, time about 4·(n·p + m·q)·d and
// 25·min(p, q)³ operations; memory 8·(4·(n + m)·d + 4·p·q) bytes.
//
// Errors: *mat32.ParamError; *mat32.MemoryError; those of mat32.CheckRows and mat32.Check;
// *mat32.ShapeError; *mat32.DegenerateError where float64 cannot hold it; and one that
// wraps ctx.Err().
//
// Sources: D. Dowson and B. Landau (1982), The Fréchet distance between multivariate normal
// distributions; M. Heusel, H. Ramsauer, T. Unterthiner, B. Nessler and S. Hochreiter (2017),
// GANs trained by a two time-scale update rule converge to a local Nash equilibrium; by a
// rotation, R. Bhatia, T. Jain and Y. Lim (2019), On the Bures-Wasserstein distance between
// positive definite matrices.
type FrechetDistance struct {
	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT, or
	// 4 GiB where that is not set.
	MemoryLimit int64
}

const frechetMethod = "geometry.FrechetDistance"

// Resolve returns the options, or a *mat32.ParamError, whatever n and d are.
func (f FrechetDistance) Resolve(n, d int) (FrechetDistance, error) {
	return f, limited(frechetMethod, f.MemoryLimit)
}

// Compare returns the squared distance of x and y.
func (f FrechetDistance) Compare(ctx context.Context, x, y mat.Matrix) (measure.Score, error) {
	f, err := f.Resolve(0, 0)
	if err != nil {
		return measure.Score{}, err
	}
	n, m, d, err := checkClouds(ctx, frechetMethod, 2, x, y)
	if err != nil {
		return measure.Score{}, err
	}
	p, q := int64(min(n, d)), int64(min(m, d))
	if err := mat32.CheckMemory(frechetMethod, 8*(4*int64(n+m)*int64(d)+4*p*q), f.MemoryLimit, "take fewer rows or columns"); err != nil {
		return measure.Score{}, err
	}
	c, err := newClouds(ctx, x, y)
	if err != nil {
		return measure.Score{}, mat32.Rename(frechetMethod, err)
	}
	means, spread, err := c.moved(ctx)
	if err != nil {
		return measure.Score{}, mat32.Rename(frechetMethod, err)
	}
	s := measure.Score{Name: "Fréchet distance", Rows: n + m, Value: (means + spread) * c.unit * c.unit,
		Convention: fmt.Sprintf("squared, covariances of n−1, %.3g of it by means; 0 is equal means and covariances", share(means, means+spread))}
	for _, cloud := range []struct {
		name string
		rows int
	}{{"x", n}, {"y", m}} {
		if cloud.rows <= d {
			s.Notes = append(s.Notes, fmt.Sprintf("the %d rows of %s span fewer than %d columns: its covariance is singular and the distance too large", cloud.rows, cloud.name, d))
		}
	}
	if s.Value-s.Value != 0 {
		return measure.Score{}, outOfRange(frechetMethod)
	}
	return s, nil
}

// share is a/b, and 0 of nothing.
func share(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// moved returns the squared distance of the means of two clouds and that of their
// covariances, in units of near rows.
func (c *clouds) moved(ctx context.Context) (means, spread float64, err error) {
	var mean [2][]float64
	var columns [2]*mat.Dense // d × p: the transpose of a square root of the covariance
	for which, at := range [][2]int{{0, c.n}, {c.n, c.n + c.m}} {
		rows := mat.DenseCopyOf(c.near.Slice(at[0], at[1], 0, c.d))
		n := at[1] - at[0]
		mean[which] = make([]float64, c.d)
		for i := range n {
			kernel.Axpy64(1/float64(n), rows.RawRowView(i), mean[which])
		}
		for i := range n {
			if i%1024 == 0 && ctx.Err() != nil {
				return 0, 0, ctx.Err()
			}
			row := rows.RawRowView(i)
			kernel.Axpy64(-1, mean[which], row)
			kernel.Scal64(1/math.Sqrt(float64(n-1)), row)
		}
		var root mat.Matrix = rows
		if n > c.d {
			if _, root, err = linalg.QR(ctx, rows); err != nil {
				return 0, 0, err
			}
		}
		columns[which] = mat.DenseCopyOf(root.T())
	}
	found, err := subspace.Procrustes{}.Align(ctx, columns[0], columns[1])
	if err != nil {
		return 0, 0, err
	}
	return kernel.SquaredDistance64(mean[0], mean[1]), found.Residual * found.Residual, nil
}
