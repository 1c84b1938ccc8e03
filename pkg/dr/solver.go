package dr

import (
	"fmt"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// Solver is how a decomposition is computed. A method refuses one it does not
// have.
type Solver string

const (
	// Auto decides by the shape of the data and the number of components.
	Auto Solver = ""

	// Exact decomposes the whole matrix.
	Exact Solver = "exact"

	// Randomized finds the leading components from products with random blocks.
	Randomized Solver = "randomized"

	// Lanczos finds the leading eigenvectors to full accuracy from products with
	// blocks of vectors.
	Lanczos Solver = "lanczos"
)

func checkSolver(method string, s Solver, accepted ...Solver) error {
	for _, a := range accepted {
		if s == a {
			return nil
		}
	}
	return &mat32.ParamError{Method: method, Param: "Solver", Value: string(s), Want: fmt.Sprintf("Auto or one of %v", accepted)}
}
