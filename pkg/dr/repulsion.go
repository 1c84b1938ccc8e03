package dr

import (
	"fmt"

	"github.com/flatland-go/flatland/pkg/dr/layout"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Repulsion is how the points of a map that push each other away are counted.
type Repulsion string

const (
	// Direct counts all pairs, one by one, in O(n²).
	Direct Repulsion = "direct"

	// BarnesHut counts far points together, by a tree, in O(n·log n); see
	// layout.BarnesHut.
	BarnesHut Repulsion = "Barnes-Hut"
)

// resolve returns the repulsion of n points in dim dimensions: a default for none.
func (r Repulsion) resolve(method string, n, dim int) (Repulsion, error) {
	if r == "" {
		if n <= mostExact {
			return Direct, nil
		}
		return BarnesHut, nil
	}
	if r != Direct && r != BarnesHut {
		return r, &mat32.ParamError{Method: method, Param: "Repulsion", Value: string(r), Want: fmt.Sprintf("%s or %s", Direct, BarnesHut)}
	}
	return r, nil
}

// of returns that of n points.
func (r Repulsion) of(n, dim int, freedom, angle float64) layout.Repulsion {
	if r == Direct {
		return layout.NewDirect(n, dim, freedom)
	}
	return layout.NewBarnesHut(n, dim, freedom, angle)
}
