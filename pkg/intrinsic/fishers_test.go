package intrinsic_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/intrinsic"
	"github.com/flatland-go/flatland/pkg/mat32"
)

func TestFisherSOfPeers(t *testing.T) {
	matches(t, "scikit-dimension FisherS", intrinsic.FisherS{}, [3]float64{4.88546832, 2.8742913, 4.01184408})
}

// Few rows of many dimensions are all separable, which scikit-dimension calls NaN.
func TestFisherSOfSeparableRows(t *testing.T) {
	_, err := intrinsic.FisherS{}.Estimate(context.Background(), fixture.Normal(1, 60, 50))
	if !errors.As(err, new(*mat32.DegenerateError)) {
		t.Errorf("got %v", err)
	}
}

func TestErrorOfFisherS(t *testing.T) {
	ball := func(seed uint64) *mat.Dense { return fixture.Normal(seed, 300, 4) }
	honest(t, "normal", intrinsic.FisherS{}, 80, ball, .6, 1.7)
}

func ExampleFisherS_Estimate() {
	d, err := intrinsic.FisherS{}.Estimate(context.Background(), datasets.Digits().X)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.1f\n", d.Value)
	// Output: 6.9
}
