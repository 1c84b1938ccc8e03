package measure_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/flatland-go/flatland/pkg/measure"
)

func ExampleDimension_notes() {
	fmt.Println(measure.Dimension{Method: "TwoNN", Value: 2.04, Rows: 300, Notes: []string{"the neighbours were sought anew"}})
	// Output:
	// dimension (TwoNN)  2.040
	//   rows        300
	//   note        the neighbours were sought anew
}

func ExampleScore() {
	fmt.Println(measure.Score{Name: "trustworthiness", Value: 0.894608534, Rows: 300, Neighbors: 20})
	fmt.Println(measure.Score{Name: "trustworthiness", Value: 0.894608534, StdErr: 0.00312, Rows: 300})
	// Output:
	// trustworthiness  0.8946
	//   neighbours  20
	//   rows        300
	// trustworthiness  0.8946 ± 0.0031
	//   rows        300
}

func ExampleDimension() {
	fmt.Println(measure.Dimension{Method: "TwoNN", Value: 1.94856, StdErr: 0.0621, Scale: 0.866750667,
		Rows: 1000, Removed: 3, Convention: "least squares through the origin, lowest 90 %, duplicates removed, standard error by the delta method"})
	// Output:
	// dimension (TwoNN)  1.949 ± 0.062
	//   scale       0.8668
	//   rows        1000
	//   removed     3
	//   convention  least squares through the origin, lowest 90 %, duplicates removed,
	//               standard error by the delta method
}

func ExampleDimension_Brief() {
	fmt.Println(measure.Dimension{Method: "TwoNN", Value: 1.94856, StdErr: 0.0621}.Brief())
	// Output: 1.949 ± 0.062
}

func TestNumbersOfEverySize(t *testing.T) {
	for v, want := range map[float64]string{
		0: "s  0", 1234567: "s  1234567", 1.5e9: "s  1.5e+09", 0.00012345: "s  0.0001234",
		3e-7: "s  3e-07", -2.25: "s  -2.250", math.Inf(1): "s  +Inf",
	} {
		if got := (measure.Score{Name: "s", Value: v}).String(); got != want {
			t.Errorf("%v: got %q, want %q", v, got, want)
		}
	}
	if got, want := (measure.Score{Name: "s", Value: 123.4, StdErr: 25}).String(), "s  123 ± 25"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
