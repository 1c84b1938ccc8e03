package neighbors_test

import (
	"context"
	"errors"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// Distances to listed rows are those that a query finds, by every metric.
func TestListedDistancesByEveryMetric(t *testing.T) {
	ctx := context.Background()
	x, y := fixture.Uniform(1, 30, 4), fixture.Uniform(2, 7, 4)
	x.Scale(.4, x) // within the ball of Poincaré
	y.Scale(.4, y)
	for _, m := range append(plain(), neighbors.Minkowski{P: 3}, neighbors.Mahalanobis{}) {
		from, to := x, y
		if m.String() == (neighbors.Haversine{}).String() {
			from, to = mat.DenseCopyOf(x.Slice(0, 30, 0, 2)), mat.DenseCopyOf(y.Slice(0, 7, 0, 2))
		}
		ix, err := neighbors.Exact{Metric: m}.Index(ctx, from)
		if err != nil {
			t.Fatalf("%v: %v", m, err)
		}
		a, err := ix.Query(ctx, to, 5)
		if err != nil {
			t.Fatalf("%v: %v", m, err)
		}
		far, err := ix.Distances(ctx, to, a.Indices)
		if err != nil {
			t.Fatalf("%v: %v", m, err)
		}
		for k, d := range a.Distances {
			if far[k] != d {
				t.Errorf("%v: row %d is listed at %v, and found at %v", m, a.Indices[k], far[k], d)
			}
		}
	}
}

func TestListedDistancesRefuse(t *testing.T) {
	ctx := context.Background()
	ix, err := neighbors.Exact{}.Index(ctx, fixture.Normal(1, 10, 3))
	if err != nil {
		t.Fatal(err)
	}
	y := fixture.Normal(2, 4, 3)
	var pe *mat32.ParamError
	for _, to := range [][]int32{{1, 2, 3}, {1, 2, 3, 10}, {1, 2, 3, -1}} {
		if _, err := ix.Distances(ctx, y, to); !errors.As(err, &pe) || pe.Param != "to" {
			t.Errorf("the list %v: %v", to, err)
		}
	}
	var se *mat32.ShapeError
	if _, err := ix.Distances(ctx, y.Slice(0, 4, 0, 2), []int32{0, 1, 2, 3}); !errors.As(err, &se) {
		t.Errorf("two columns: %v", err)
	}
	if far, err := ix.Distances(ctx, y, nil); err != nil || len(far) != 0 {
		t.Errorf("no list: %v and %v", far, err)
	}
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := ix.Distances(canceled, y, []int32{0, 1, 2, 3}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	huge := mat.NewDense(1, 3, []float64{1e300, -1e300, 1e300})
	var de *mat32.DegenerateError
	if _, err := ix.Distances(ctx, huge, []int32{0}); !errors.As(err, &de) {
		t.Errorf("distances beyond float64: %v", err)
	}
}
