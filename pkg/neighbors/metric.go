package neighbors

import (
	"context"
	"fmt"
	"reflect"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/screen"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Metric says how rows are compared. The types of this package that implement it
// are all there are; Func makes one of any function. Wherever a Metric is an
// option, nil means Euclidean, and data given as a mat32.Distances are compared by
// the distances they hold, whatever the Metric.
type Metric interface {
	// String returns the name of the metric with its parameters, as Graph.Metric
	// holds it.
	String() string

	// space returns the rows of x, which are finite, ready to be compared.
	space(ctx context.Context, x mat.Matrix) (space, error)

	// bytes returns the memory that the space of x takes beside x, with all that
	// makes its fast distances.
	bytes(x mat.Matrix) int64
}

// space holds the rows of a matrix, ready to be compared by one metric. It is safe
// for concurrent use.
type space interface {
	asker

	// ask returns the rows of y, which has as many columns, ready to be compared
	// with those of the space.
	ask(ctx context.Context, y mat.Matrix) (asker, error)

	// during returns the space as it is until ctx is done. After that, where rows take
	// long to compare, it does not compare them any more and says that they are
	// infinitely far: a loop over many rows then ends soon, and ctx tells why. Spaces
	// that outlive ctx are others, and what ask returns is bound to the ctx given there.
	during(ctx context.Context) space
}

// asker compares rows with those of a space: rows of its own, which are not their
// own neighbours, or other rows.
type asker interface {
	// fast writes to dst numbers that order the rows listed by their distance to
	// row i: they grow with it, up to rounding in float32.
	fast(dst []float32, i int32, to []int32)

	// exact returns the distance between row i and row j of the space, with
	// float64 sums.
	exact(i, j int32) float64

	// nearest writes the k nearest rows of the space of every row i, nearest first
	// and those at equal distance by index, to indices[i·k:] and their exact
	// distances to distances[i·k:]. A distance is +Inf where float64 cannot hold it.
	nearest(ctx context.Context, k int, indices []int32, distances []float64) error

	// within returns for every row those of the space at a distance of at most
	// radius, or a *mat32.MemoryError by method where they take more than limit
	// bytes.
	within(ctx context.Context, method string, radius float64, limit int64) (*screen.Ragged, error)
}

// DomainError says which row a metric is not defined for, and why.
type DomainError struct {
	Metric string
	Row    int
	Reason string
}

// Error returns the message.
func (e *DomainError) Error() string {
	return fmt.Sprintf("the %s distance is not defined for row %d: %s", e.Metric, e.Row, e.Reason)
}

// ResolveMetric returns m, which may be nil for Euclidean or a pointer to a metric, as a
// value. The error is a *mat32.ParamError for method where m is a nil pointer.
func ResolveMetric(method string, m Metric) (Metric, error) {
	if m == nil {
		return Euclidean{}, nil
	}
	v := reflect.ValueOf(m)
	if v.Kind() != reflect.Pointer {
		return m, nil
	}
	if !v.IsNil() {
		if m, ok := v.Elem().Interface().(Metric); ok {
			return m, nil
		}
	}
	return nil, &mat32.ParamError{Method: method, Param: "Metric", Value: fmt.Sprintf("%T(nil)", m), Want: "a metric, or nil for Euclidean"}
}

// spaceOf returns the space of x during ctx by m, which may be nil, and the name of
// the metric.
func spaceOf(ctx context.Context, m Metric, x mat.Matrix) (space, string, error) {
	m, name := metricOf(m, x)
	s, err := m.space(ctx, x)
	if err != nil {
		return nil, name, err
	}
	return s.during(ctx), name, nil
}

// bytesOf returns the memory that spaceOf takes.
func bytesOf(m Metric, x mat.Matrix) int64 {
	m, _ = metricOf(m, x)
	return m.bytes(x)
}

// metricOf returns the metric by which the rows of x are compared, and its name.
func metricOf(m Metric, x mat.Matrix) (Metric, string) {
	if _, ok := x.(*mat32.Distances); ok {
		return Euclidean{}, Precomputed
	}
	if m == nil {
		m = Euclidean{}
	}
	return m, m.String()
}
