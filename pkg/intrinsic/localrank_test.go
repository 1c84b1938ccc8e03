package intrinsic_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/intrinsic"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// folded is a network of two layers: diagonal matrices, the second of which loses a dimension
// where the first column is negative.
type folded struct{}

func (folded) Layers() int { return 2 }

func (folded) Jacobian(layer int, row []float64) (*mat.Dense, error) {
	j := mat.NewDense(3, 3, []float64{1, 0, 0, 0, .5, 0, 0, 0, .01})
	if layer == 2 && row[0] < 0 {
		j.Set(1, 1, 0)
	}
	return j, nil
}

func TestLocalRankCounts(t *testing.T) {
	ctx := context.Background()
	x := mat.NewDense(4, 3, []float64{1, 0, 0, -1, 0, 0, 1, 0, 0, -1, 0, 0})
	for _, c := range []struct {
		tolerance     float64
		first, second float64
	}{{0, 2, 1.5}, {.001, 3, 2.5}, {.6, 1, 1}} {
		s, err := intrinsic.LocalRank{Tolerance: c.tolerance}.Measure(ctx, folded{}, x)
		if err != nil || len(s) != 2 || s[0].Value != c.first || s[1].Value != c.second {
			t.Errorf("tolerance %v: %v, %v", c.tolerance, s, err)
		}
		if want := math.Abs(s[1].PerRow[0]-s[1].PerRow[1]) / (2 * math.Sqrt(3)); math.Abs(s[1].StdErr-want) > 1e-12 {
			t.Errorf("tolerance %v: standard error %v, want %v", c.tolerance, s[1].StdErr, want)
		}
	}
	var param *mat32.ParamError
	if _, err := (intrinsic.LocalRank{Tolerance: 2}).Measure(ctx, folded{}, x); !errors.As(err, &param) {
		t.Errorf("a tolerance of 2: %v", err)
	}
	x.Set(2, 1, math.NaN())
	if _, err := (intrinsic.LocalRank{}).Measure(ctx, folded{}, x); !errors.As(err, new(*mat32.NotFiniteError)) {
		t.Errorf("NaN: %v", err)
	}
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := (intrinsic.LocalRank{}).Measure(gone, folded{}, fixture.Normal(1, 5, 3)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// One network leaves Hoeffding's bound, 200 numbers a bound for the data of MRPC, all parameters none.
func TestCompressionBound(t *testing.T) {
	one, err := intrinsic.CompressionBound(0, 8, 200, .05)
	if err != nil || math.Abs(one-math.Sqrt(math.Log(20)/400)) > 1e-12 {
		t.Errorf("of one network: %v, %v", one, err)
	}
	few, _ := intrinsic.CompressionBound(200, 8, 3668, .05)
	many, _ := intrinsic.CompressionBound(300_000_000, 8, 3668, .05)
	if !(few < .41 && few > .38 && many > 100) {
		t.Errorf("200 dimensions: %v, all parameters: %v", few, many)
	}
	for name, of := range map[string][4]float64{"dimension": {-1, 8, 10, .1}, "bits": {1, 65, 10, .1}, "rows": {1, 8, 0, .1}, "delta": {1, 8, 10, 1}} {
		var param *mat32.ParamError
		if _, err := intrinsic.CompressionBound(int(of[0]), int(of[1]), int(of[2]), of[3]); !errors.As(err, &param) || param.Param != name {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func ExampleLocalRank() {
	x := mat.NewDense(2, 3, []float64{1, 0, 0, -1, 0, 0})
	s, err := intrinsic.LocalRank{}.Measure(context.Background(), folded{}, x)
	fmt.Println(s[0].Value, s[1].Value, err)
	// Output: 2 1.5 <nil>
}

func ExampleCompressionBound() {
	gap, err := intrinsic.CompressionBound(50, 8, 1500, .05)
	fmt.Printf("%.3f %v\n", gap, err)
	// Output: 0.306 <nil>
}
