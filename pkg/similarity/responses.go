package similarity

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/subspace"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/watch"
)

// trials is two representations of the same conditions, of several rows each, in one unit
// and one width, less the mean of the means of their conditions.
type trials struct {
	n, width     int
	from         []int      // the first row of every condition, and n
	x, y         *mat.Dense // n × width, sorted by condition
	meanX, meanY *mat.Dense // conditions × width
	unit         float64
	size         float64 // the root of the summed squares of all rows of both
}

// resolveTrials checks what conditions, restarts and the limit may be.
func resolveTrials(method string, conditions []int, restarts *int, limit int64) error {
	if limit < 0 {
		return &mat32.ParamError{Method: method, Param: "MemoryLimit", Value: limit, Want: "0 or more bytes"}
	}
	if *restarts == 0 {
		*restarts = 5
	}
	if *restarts < 1 || *restarts > 1000 {
		return &mat32.ParamError{Method: method, Param: "Restarts", Value: *restarts, Want: "1 ≤ Restarts ≤ 1000"}
	}
	for i, c := range conditions {
		if c < -1 || c >= len(conditions) {
			return &mat32.ParamError{Method: method, Param: "Conditions", Value: c, Want: fmt.Sprintf("−1 ≤ condition < the number of rows, in row %d", i)}
		}
	}
	return nil
}

// newTrials groups the rows of x and y by their conditions.
func newTrials(ctx context.Context, method string, conditions []int, limit int64, x, y mat.Matrix) (*trials, error) {
	n, p, q, err := checkBoth(ctx, method, 2, x, y)
	if err != nil {
		return nil, err
	}
	if len(conditions) != n {
		return nil, &mat32.ParamError{Method: method, Param: "Conditions", Value: len(conditions), Want: fmt.Sprintf("the condition of each of the %d rows", n)}
	}
	t := &trials{width: max(p, q)}
	w := int64(t.width)
	if err := mat32.CheckMemory(method, 8*w*(9*int64(n)+12*w), limit, "use fewer columns, such as principal components"); err != nil {
		return nil, err
	}
	rowsX, unitX, err := centered(ctx, method, "x", x)
	if err != nil {
		return nil, err
	}
	rowsY, unitY, err := centered(ctx, method, "y", y)
	if err != nil {
		return nil, err
	}
	t.unit = max(unitX, unitY)
	order := make([]int, 0, n)
	for i, c := range conditions {
		if c >= 0 {
			order = append(order, i)
		}
	}
	if len(order) == 0 {
		return nil, &mat32.ParamError{Method: method, Param: "Conditions", Value: -1, Want: "at least one condition that is not −1"}
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(conditions[i], conditions[j]) })
	t.n = len(order)
	t.x, t.y = mat.NewDense(t.n, t.width, nil), mat.NewDense(t.n, t.width, nil)
	for k, i := range order {
		if k == 0 || conditions[i] != conditions[order[k-1]] {
			t.from = append(t.from, k)
		}
		kernel.Axpy64(unitX/t.unit, rowsX.RawRowView(i), t.x.RawRowView(k)[:p])
		kernel.Axpy64(unitY/t.unit, rowsY.RawRowView(i), t.y.RawRowView(k)[:q])
	}
	t.from = append(t.from, t.n)
	t.meanX, t.meanY = t.middle(t.x), t.middle(t.y)
	sizeX, sizeY := subspace.Norm(t.x), subspace.Norm(t.y)
	t.size = math.Hypot(sizeX, sizeY)
	if sizeX == 0 || sizeY == 0 {
		return nil, &mat32.DegenerateError{Method: method, Reason: "all rows that have a condition are equal, or nothing beside those of the other: there is no geometry to compare"}
	}
	return t, nil
}

// conditions is how many there are.
func (t *trials) conditions() int { return len(t.from) - 1 }

// of returns the rows of a condition.
func (t *trials) of(m *mat.Dense, c int) *mat.Dense {
	return m.Slice(t.from[c], t.from[c+1], 0, t.width).(*mat.Dense)
}

// middle takes the mean of the means of conditions from all rows, and returns the means.
func (t *trials) middle(rows *mat.Dense) *mat.Dense {
	means := mat.NewDense(t.conditions(), t.width, nil)
	all := make([]float64, t.width)
	for c := range t.conditions() {
		count := t.from[c+1] - t.from[c]
		for i := t.from[c]; i < t.from[c+1]; i++ {
			kernel.Axpy64(1/float64(count), rows.RawRowView(i), means.RawRowView(c))
		}
		kernel.Axpy64(1/float64(t.conditions()), means.RawRowView(c), all)
	}
	for c := range t.conditions() {
		kernel.Axpy64(-1, all, means.RawRowView(c))
	}
	for i := range t.n {
		kernel.Axpy64(-1, all, rows.RawRowView(i))
	}
	return means
}

// aligner is a distance that falls with every step of its rotation of y.
type aligner interface {
	// improve returns a rotation that is no worse than turn, and what turn leaves: the
	// squared distance.
	improve(ctx context.Context, turn *mat.Dense) (better *mat.Dense, left float64, err error)
}

const (
	steps   = 300
	settled = 1e-10 // the share by which a step that ends the search lowers what is left
)

// aligned improves rotations from several starts, that of the means first, that of the axes
// next and then random ones, and returns the least that is left.
func (t *trials) aligned(ctx context.Context, a aligner, restarts int, seed uint64) (float64, error) {
	stage := watch.Start(ctx, "align", restarts)
	cross := mat.NewDense(t.width, t.width, nil)
	best := math.Inf(1)
	for r := range restarts {
		var err error
		switch r {
		case 0:
			err = crossProduct(ctx, cross, t.meanY, t.meanX)
		case 1:
			cross, err = t.axes(ctx)
		default:
			stream := rng.New(seed, "similarity.restart", r)
			cross.Apply(func(_, _ int, _ float64) float64 { return stream.Normal() }, cross)
		}
		if err != nil {
			return 0, err
		}
		turn, _, err := subspace.Procrustes{}.Rotation(ctx, cross)
		if err != nil {
			return 0, err
		}
		before := math.Inf(1)
		for range steps {
			next, left, err := a.improve(ctx, turn)
			if err != nil {
				return 0, err
			}
			best = min(best, left)
			if !(before-left > settled*before) || left == 0 {
				break
			}
			turn, before = next, left
		}
		stage.Add(1)
	}
	return max(0, best), nil
}

// score writes what is left as a distance.
func (t *trials) score(method, name, convention string, left float64) (measure.Score, error) {
	return finite(method, measure.Score{Name: name, Value: math.Sqrt(left), Rows: t.n,
		Convention: fmt.Sprintf("%s, over %d conditions; distance, 0 is same", convention, t.conditions())})
}
