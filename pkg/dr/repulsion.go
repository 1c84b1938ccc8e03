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

	// FFT spreads the points on a grid, in O(n) and the time of a fast Fourier transform,
	// for maps of one or two dimensions; see layout.Interpolation.
	FFT Repulsion = "FFT"
)

// mostExact is the largest number of points whose pairs are all counted by default.
// Beyond, a tree was faster than a grid at every number of rows up to 70 000, where an
// iteration took 50 ms and 75 ms.
const mostExact = 1000

// resolve returns the repulsion of n points in dim dimensions: a default for none.
func (r Repulsion) resolve(method string, n, dim int) (Repulsion, error) {
	want := fmt.Sprintf("%s, %s or %s", Direct, BarnesHut, FFT)
	switch r {
	case "":
		if n <= mostExact {
			return Direct, nil
		}
		return BarnesHut, nil
	case Direct, BarnesHut:
		return r, nil
	case FFT:
		if dim < 3 {
			return r, nil
		}
		want = fmt.Sprintf("%s or %s: there is no grid for 3 dimensions", Direct, BarnesHut)
	}
	return r, &mat32.ParamError{Method: method, Param: "Repulsion", Value: string(r), Want: want}
}

// of returns that of n points.
func (r Repulsion) of(n, dim int, freedom, angle float64, limit int64) layout.Repulsion {
	switch r {
	case Direct:
		return layout.NewDirect(n, dim, freedom)
	case FFT:
		grid := layout.NewInterpolation(n, dim, freedom)
		grid.MemoryLimit = limit
		return grid
	}
	return layout.NewBarnesHut(n, dim, freedom, angle)
}
