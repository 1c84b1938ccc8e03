package similarity

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

// preparer is a Measure that does what concerns one representation alone once, however
// many others that one is compared with.
type preparer interface {
	Measure

	// check returns an error where x and y are no pair for the measure.
	check(ctx context.Context, x, y mat.Matrix) error

	// prepare takes a representation that check has passed. Errors call it by name.
	prepare(ctx context.Context, name string, x mat.Matrix) (prepared, error)
}

// prepared is what a preparer keeps of a representation. It never changes, and is safe for
// concurrent use.
type prepared interface {
	// against compares the representation, as x, with y, which the same preparer has made.
	against(ctx context.Context, y prepared) (measure.Score, error)
}

// compare is the Compare of every preparer but those that prepare two at once.
func compare(ctx context.Context, m preparer, x, y mat.Matrix) (measure.Score, error) {
	if err := m.check(ctx, x, y); err != nil {
		return measure.Score{}, err
	}
	a, err := m.prepare(ctx, "x", x)
	if err != nil {
		return measure.Score{}, err
	}
	b, err := m.prepare(ctx, "y", y)
	if err != nil {
		return measure.Score{}, err
	}
	return a.against(ctx, b)
}

// finite refuses scores beyond float64.
func finite(method string, s measure.Score) (measure.Score, error) {
	if math.IsNaN(s.Value) || math.IsInf(s.Value, 0) {
		return measure.Score{}, &mat32.DegenerateError{Method: method, Reason: "the value is beyond the range of float64"}
	}
	return s, nil
}
