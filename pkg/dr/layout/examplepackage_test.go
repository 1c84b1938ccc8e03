package layout_test

import (
	"fmt"

	"github.com/flatland-go/flatland/pkg/dr/layout"
)

// The forces of UMAP: the curve that its options ask for, and what it does to two points that are one apart.
func Example() {
	a, b, err := layout.FitAB(0.1, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	pull, push := layout.UMAPForces(a, b, 1)
	fmt.Printf("a %.3f, b %.3f\n", a, b)
	fmt.Printf("joined %.2f, not joined %.2f\n", pull.At(1), push.At(1))
	// Output:
	// a 1.577, b 0.895
	// joined -1.10, not joined 0.69
}
