package quality_test

import (
	"context"
	"errors"
	"math"
	"reflect"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/apart"
	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/quality"
)

func TestDistancesRankAsTheirRows(t *testing.T) {
	testenv.Unraced(t)
	y := fixture.Normal(3, 120, 2)
	dy := apart.Rows(t, y)
	for name, x := range inputs() {
		dx := apart.Rows(t, x)
		for _, k := range []int{1, 20, 119} {
			want := compare(t, k, x, y)
			for which, got := range map[string]*quality.Ranks{
				"x":    compare(t, k, dx, y),
				"y":    compare(t, k, x, dy),
				"both": compare(t, k, dx, dy),
			} {
				if !reflect.DeepEqual(got, want) {
					t.Errorf("%s, k = %d: distances for %s rank otherwise than their rows", name, k, which)
				}
			}
		}
	}
}

func TestHitOfDistancesIsThatOfTheirRows(t *testing.T) {
	y := inputs()["lattice"]
	labels := make([]int, 120)
	for i := range labels {
		labels[i] = i%4 - 1
	}
	want, err := quality.NeighborhoodHit(context.Background(), y, labels, 7)
	if err != nil {
		t.Fatal(err)
	}
	got, err := quality.NeighborhoodHit(context.Background(), apart.Rows(t, y), labels, 7)
	if err != nil || got.Value != want.Value || got.Rows != want.Rows {
		t.Errorf("%v of distances, %v of their rows, %v", got, want, err)
	}
}

func TestBadDistances(t *testing.T) {
	d := apart.Rows(t, fixture.Normal(3, 20, 2))
	var shape *mat32.ShapeError
	if _, err := (quality.Rank{}).Compare(context.Background(), d, fixture.Normal(3, 21, 2)); !errors.As(err, &shape) {
		t.Errorf("another number of rows: got %v", err)
	}
	if _, err := (quality.Rank{}).Compare(context.Background(), d, &mat32.Distances{}); !errors.Is(err, mat32.ErrEmpty) {
		t.Errorf("none: got %v", err)
	}
	// The largest float64 is a distance like another.
	huge, err := mat32.NewDistances(3, []float64{math.MaxFloat64, 1, math.MaxFloat64 / 2})
	if err != nil {
		t.Fatal(err)
	}
	line := mat.NewDense(3, 1, []float64{0, 5, 1})
	if got, want := compare(t, 2, huge, line), compare(t, 2, line, line); !reflect.DeepEqual(got, want) {
		t.Errorf("huge distances rank as %v, want %v", got, want)
	}
}
