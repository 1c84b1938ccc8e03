package dr

import (
	"context"
	"fmt"
	"math"
	"reflect"

	"gonum.org/v1/gonum/mat"
)

// Model is a fitted method.
type Model interface {
	Embedding() *Embedding // the map of the rows it was fitted to
	fmt.Stringer           // a small readable table
}

// Transformer is a model that maps new rows. It never changes by that, and a
// row's image does not depend on the rows that come with it.
type Transformer interface {
	Transform(ctx context.Context, x mat.Matrix) (*Embedding, error)
}

// Inverter is a model that maps points of the embedding back to the space of
// the data.
type Inverter interface {
	Inverse(ctx context.Context, z mat.Matrix) (*mat.Dense, error)
}

// Embedder is a method that maps the rows of a matrix.
type Embedder interface {
	Embed(ctx context.Context, x mat.Matrix) (*Embedding, error)
}

// Method is a method whose models have type M: every method of this package.
type Method[M Model] interface {
	Fit(ctx context.Context, x mat.Matrix) (M, error)
}

// Fitter is a method whatever the type of its models; Any makes one.
type Fitter interface {
	Fit(ctx context.Context, x mat.Matrix) (Model, error)
}

// Any returns m as a Fitter, so that methods can stand in one list. Saved chains that
// hold its models can be read from then on.
func Any[M Model](m Method[M]) Fitter {
	readableFrom(reflect.TypeFor[M]())
	return any_[M]{m}
}

// any_ keeps the method in an exported field, where reflection sees what the
// options of a chain are.
type any_[M Model] struct{ Method Method[M] }

func (a any_[M]) Fit(ctx context.Context, x mat.Matrix) (Model, error) {
	m, err := a.Method.Fit(ctx, x)
	var none M
	if any(m) == any(none) {
		return nil, err // not a Model that holds a nil pointer
	}
	return m, err // with an error where the work was cancelled: a partial map
}

func (a any_[M]) String() string { return fmt.Sprintf("%T", a.Method) }

// None says zero where a count's zero value means the default: no early
// iterations, no negative samples.
const None = -1

// Zero says zero where a number's zero value means the default: a kernel without
// an offset. It is the smallest float64, which nothing else is compared with.
const Zero = math.SmallestNonzeroFloat64
