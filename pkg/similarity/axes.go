package similarity

import (
	"context"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
)

// axes returns the rotation that lays the principal axes of the trials of y on those of x, the
// longest on the longest. Where means have fewer dimensions than units they leave most of a
// rotation open, and this is where second moments have it: of a turned copy whose axes
// differ in length it is the answer. An axis points either way; the ways are those on
// which means and covariances of the conditions agree most, by the leading eigenvector of
// their agreement (A. Singer, 2011, Angular synchronization by eigenvectors and semidefinite
// programming).
func (t *trials) axes(ctx context.Context) (*mat.Dense, error) {
	x, onX, err := t.along(ctx, t.x)
	if err != nil {
		return nil, err
	}
	y, onY, err := t.along(ctx, t.y)
	if err != nil {
		return nil, err
	}
	// Row and column w are of the means, which have a way of their own.
	w := t.width
	agree := mat.NewSymDense(w+1, nil)
	second := [2]*mat.Dense{mat.NewDense(w, w, nil), mat.NewDense(w, w, nil)}
	for c := range t.conditions() {
		size := float64(t.from[c+1] - t.from[c])
		var mean [2][]float64
		for side, rows := range [2]*mat.Dense{onX, onY} {
			part := t.of(rows, c)
			mean[side] = columnMeans(part)
			if err := kernel.Syrk64(ctx, blas.Trans, 1/size, part.RawMatrix(), 0, second[side].RawMatrix()); err != nil {
				return nil, err
			}
		}
		for j := range w {
			agree.SetSym(j, w, agree.At(j, w)+mean[0][j]*mean[1][j])
			a, b := second[0].RawRowView(j), second[1].RawRowView(j)
			for k := range j {
				agree.SetSym(j, k, agree.At(j, k)+a[k]*b[k])
			}
		}
	}
	_, vectors, err := linalg.EigenSymRange(ctx, agree, 0, 1)
	if err != nil {
		return nil, err
	}
	way := vectors.RawRowView(0)
	for k := range w {
		if way[k]*way[w] < 0 {
			kernel.Scal64(-1, x.RawRowView(k))
		}
	}
	turn := mat.NewDense(w, w, nil)
	return turn, crossProduct(ctx, turn, y, x)
}

// along returns the principal axes of trials, as rows, and the trials in their coordinates,
// each in its own unit. All conditions weigh the same.
func (t *trials) along(ctx context.Context, rows *mat.Dense) (axes, on *mat.Dense, err error) {
	w := t.width
	weighed := mat.DenseCopyOf(rows)
	for c := range t.conditions() {
		for i := t.from[c]; i < t.from[c+1]; i++ {
			kernel.Scal64(1/math.Sqrt(float64(t.from[c+1]-t.from[c])), weighed.RawRowView(i))
		}
	}
	products := mat.NewDense(w, w, nil)
	if err := kernel.Syrk64(ctx, blas.Trans, 1, weighed.RawMatrix(), 0, products.RawMatrix()); err != nil {
		return nil, nil, err
	}
	squares, axes, err := linalg.EigenSym(ctx, mat.NewSymDense(w, products.RawMatrix().Data))
	if err != nil {
		return nil, nil, err
	}
	on = weighed // which is of no more use
	if err := kernel.Gemm64(ctx, blas.NoTrans, blas.Trans, 1, rows.RawMatrix(), axes.RawMatrix(), 0, on.RawMatrix()); err != nil {
		return nil, nil, err
	}
	for i := range t.n {
		row := on.RawRowView(i)
		for k, s := range squares {
			if s > 1e-12*squares[0] {
				row[k] /= math.Sqrt(s)
			} else {
				row[k] = 0 // rounding
			}
		}
	}
	return axes, on, nil
}
