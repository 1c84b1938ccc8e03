package similarity

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

// KernelAlignment says how well the geometry of the rows of x is that of a target: the
// cosine, between 0 and 1, of the angle between the matrix of the products of all rows and
// that of the target, 1 for rows of one label and 0 for others, both centred. It is CKA,
// linear and biased, with a column of 0 and 1 for every label; with that of the inputs of a
// network, CKA says how much a layer keeps of those. Rows with label −1 are unknown, and
// refused. Rows of x are n × p, at least 2; n·p·min(n, p) operations; memory 8·n·p and
// 8·min(n, p)² bytes.
//
// Errors: those of mat32.CheckRows and mat32.Check; *mat32.ShapeError for too few rows and
// for labels that are not one a row; *mat32.ParamError for negative ones;
// *mat32.DegenerateError where all rows or all labels are equal; *mat32.MemoryError; and one
// that wraps ctx.Err().
//
// Sources: C. Cortes, M. Mohri and A. Rostamizadeh (2012), Algorithms for learning kernels
// based on centered alignment; N. Cristianini, J. Shawe-Taylor, A. Elisseeff and J. Kandola
// (2001), On kernel-target alignment, which does not centre; of what networks learn, M. Alleman,
// J. Lindsey and S. Fusi (2024), Task structure and nonlinearity jointly determine learned
// representational geometry.
func KernelAlignment(ctx context.Context, x mat.Matrix, labels []int) (measure.Score, error) {
	const method = "similarity.KernelAlignment"
	n, d, classes, err := checkLabeled(ctx, method, x, labels)
	if err != nil {
		return measure.Score{}, err
	}
	side := min(n, d)
	if err := mat32.CheckMemory(method, 8*(int64(n)*int64(d)+int64(side)*int64(side)), 0, "use fewer rows or columns"); err != nil {
		return measure.Score{}, err
	}
	a, _, err := centered(ctx, method, "x", x)
	if err != nil {
		return measure.Score{}, err
	}
	products, how := mat.NewDense(side, side, nil), blas.Transpose(blas.Trans)
	if d > n {
		how = blas.NoTrans
	}
	if err := kernel.Syrk64(ctx, how, 1, a.RawMatrix(), 0, products.RawMatrix()); err != nil {
		return measure.Score{}, fmt.Errorf("%s: %w", method, err)
	}
	self, err := sumOfSquares(ctx, products)
	if err != nil {
		return measure.Score{}, fmt.Errorf("%s: %w", method, err)
	}
	// Of centred rows and the centred target, Σ over classes of ‖sum of the rows‖².
	sums, sizes := make(map[int][]float64, classes), make(map[int]float64, classes)
	var order []int // a sum in an order of its own
	for i, l := range labels {
		if sums[l] == nil {
			sums[l] = make([]float64, d)
			order = append(order, l)
		}
		sizes[l]++
		kernel.Axpy64(1, a.RawRowView(i), sums[l])
	}
	cross, squares, cubes := 0., 0., 0.
	for _, l := range order {
		cross += kernel.Dot64(sums[l], sums[l])
		squares += sizes[l] * sizes[l]
		cubes += sizes[l] * sizes[l] * sizes[l]
	}
	target := squares - 2*cubes/float64(n) + squares*squares/float64(n)/float64(n)
	return finite(method, measure.Score{Name: "kernel alignment", Value: max(0, min(cross/math.Sqrt(self)/math.Sqrt(target), 1)), Rows: n,
		Convention: fmt.Sprintf("centred, linear, with %d labels; similarity, 1 is same", classes)})
}

// checkLabeled checks x, of at least two rows, and labels that are not negative, of which
// there must be two at least.
func checkLabeled(ctx context.Context, method string, x mat.Matrix, labels []int) (n, d, classes int, err error) {
	if err := mat32.CheckRows(method, x); err != nil {
		return 0, 0, 0, err
	}
	if err := mat32.CheckContext(ctx, x); err != nil {
		return 0, 0, 0, fmt.Errorf("%s: %w", method, err)
	}
	n, d = x.Dims()
	if n < 2 {
		return 0, 0, 0, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 2 rows for " + method}
	}
	classes, err = checkLabels(method, "labels", labels, n)
	return n, d, classes, err
}

// checkLabels returns the number of different labels.
func checkLabels(method, name string, labels []int, n int) (int, error) {
	if len(labels) != n {
		return 0, &mat32.ShapeError{What: name, Rows: len(labels), Cols: 1, Want: fmt.Sprintf("one for each of the %d rows", n)}
	}
	seen := map[int]bool{}
	for _, l := range labels {
		if l < 0 {
			return 0, &mat32.ParamError{Method: method, Param: name, Value: l, Want: "labels of zero or more"}
		}
		seen[l] = true
	}
	if len(seen) < 2 {
		return 0, &mat32.DegenerateError{Method: method, Reason: "all " + name + " are equal"}
	}
	return len(seen), nil
}
