package viz

import (
	"fmt"
	"math"
	"reflect"

	"github.com/flatland-go/flatland/pkg/mat32"
	"gonum.org/v1/gonum/mat"
)

// Poincare draws points of the hyperbolic plane in Poincaré's disk, whose rim is infinitely far, and edges as its shortest ways, arcs that meet the
// rim at right angles. It is a [Network] with its Disk that takes what a hyperbolic result knows of itself: the edges of a tree that it laid out, from
// a method Ties() [][2]int, and the distances of its points from the middle as their colour, from a method Radii() []float64, unless l says
// otherwise.
//
//	e, err := hyperbolic.Sarkar{}.Embed(ctx, tree)
//	viz.Poincare(e, viz.Links{})
//	viz.Poincare(e, viz.Links{Nodes: viz.Points{Labels: labels, Names: names}})
//
// Rows of two columns are points of the disk. Rows of three are points (x₀, x₁, x₂) of the hyperboloid x₀² − x₁² − x₂² = 1, as Lorentz gives them,
// and are projected.
//
// What is wrong with the arguments is the chart's error: those of [Network], and a [*mat32.ParamError] for a row outside the disk or off the
// hyperboloid. It costs what a Network does.
func Poincare(y mat.Matrix, l Links) *Chart {
	n, err := newPoincare(y, l)
	if err != nil {
		return &Chart{err: fmt.Errorf("viz.Poincare: %w", err)}
	}
	return &Chart{fig: n}
}

func newPoincare(y mat.Matrix, l Links) (*network, error) {
	if v := reflect.ValueOf(y); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		return nil, mat32.ErrEmpty
	}
	l.Disk = true
	if t, ok := y.(interface{ Ties() [][2]int }); ok && l.Edges == nil {
		l.Edges = t.Ties()
	}
	rows, columns := y.Dims()
	if r, ok := y.(interface{ Radii() []float64 }); ok && len(l.Values) == 0 && len(l.Nodes.Values) == 0 && len(l.Nodes.Labels) == 0 {
		if radii := r.Radii(); len(radii) == rows {
			l.Nodes.Values, l.Nodes.ValueName = radii, "radius"
		}
	}
	if columns != 3 {
		return newNetwork(y, l)
	}
	if err := mat32.Check(y); err != nil {
		return nil, err
	}
	disk := mat.NewDense(rows, 2, nil)
	for i := range rows {
		up, a, b := y.At(i, 0), y.At(i, 1), y.At(i, 2)
		if want := math.Hypot(1, math.Hypot(a, b)); !(math.Abs(up-want) <= 1e-6*want) {
			return nil, param("viz.Poincare", fmt.Sprintf("row %d", i), [3]float64{up, a, b}, fmt.Sprintf("a point of the hyperboloid, whose first coordinate would be %g", want))
		}
		disk.SetRow(i, []float64{a / (1 + up), b / (1 + up)})
	}
	if c, ok := y.(interface{ Caption() string }); ok {
		return newNetwork(captionedRows{disk, c.Caption()}, l)
	}
	return newNetwork(disk, l)
}

// captionedRows are rows that know where they come from.
type captionedRows struct {
	*mat.Dense
	source string
}

func (r captionedRows) Caption() string { return r.source }
