package dr_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
)

func ExampleStandardize_Fit() {
	x := mat.NewDense(4, 2, []float64{1, 7, 2, 7, 3, 7, 4, 7})
	model, err := dr.Standardize{}.Fit(context.Background(), x)
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := range 4 {
		fmt.Printf("%.3f\n", model.Embedding().RawRowView(i))
	}
	fmt.Println(model.Embedding().Notes[0])
	// Output:
	// [-1.342 0.000]
	// [-0.447 0.000]
	// [0.447 0.000]
	// [1.342 0.000]
	// 1 of 2 columns have standard deviation 0: their scale was left as it is
}

func TestStandardizeProperties(t *testing.T) {
	ctx := context.Background()
	x := normal(101, 5, 1e6)
	for _, s := range []dr.Standardize{{}, {Robust: true}, {KeepLocation: true}, {KeepScale: true}, {Robust: true, KeepScale: true, KeepLocation: true}} {
		m, err := s.Fit(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		again, err := dr.Standardize{Robust: s.Robust}.Fit(ctx, m.Embedding())
		if err != nil {
			t.Fatal(err)
		}
		for j := range 5 {
			if !s.KeepLocation {
				near(t, fmt.Sprint(s, " location"), again.Location()[j], 0, 0, 1e-9)
			}
			if !s.KeepScale {
				near(t, fmt.Sprint(s, " scale"), again.Scale()[j], 1, 1e-9, 0)
			}
		}
		back, err := m.Inverse(ctx, m.Embedding())
		if err != nil || !mat.EqualApprox(back, x, 1e-8) {
			t.Errorf("%v: the rows do not come back: %v", s, err)
		}
	}
}

func TestStandardizeOfExtremeColumns(t *testing.T) {
	ctx := context.Background()
	x := mat.NewDense(3, 3, []float64{1e308, 1e-308, 0.1, 9e307, 2e-308, 0.1, 8e307, 3e-308, 0.1})
	e, err := dr.Standardize{}.Embed(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{math.Sqrt(1.5), 0, -math.Sqrt(1.5)} {
		near(t, "huge", e.At(i, 0), want, 1e-12, 1e-12)
		near(t, "minute", e.At(i, 1), -want, 1e-12, 1e-12)
		near(t, "constant", e.At(i, 2), 0, 0, 0)
	}
	_, err = dr.Standardize{}.Fit(ctx, mat.NewDense(2, 1, []float64{math.NaN(), 1}))
	var nf *mat32.NotFiniteError
	if !errors.As(err, &nf) || !strings.HasPrefix(err.Error(), "dr.Standardize: ") {
		t.Errorf("NaN: %v", err)
	}
}
