package measure_test

import (
	"fmt"

	"github.com/flatland-go/flatland/pkg/measure"
)

// Two estimates that differ, and why they may: they looked at different distances.
func Example() {
	near := measure.Dimension{Method: "TwoNN", Value: 8.91, StdErr: 0.27, Scale: 17.35, Rows: 1797}
	far := measure.Dimension{Method: "MLE", Value: 6.85, StdErr: 0.04, Scale: 23.6, Rows: 1797}
	fmt.Println(near)
	fmt.Println(far)
	// Output:
	// dimension (TwoNN)  8.91 ± 0.27
	//   scale       17.35
	//   rows        1797
	// dimension (MLE)  6.850 ± 0.040
	//   scale       23.60
	//   rows        1797
}
