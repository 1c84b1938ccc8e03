package viz

import (
	"cmp"
	"fmt"
	"math"
	"reflect"
	"slices"

	"github.com/flatland-go/flatland/pkg/mat32"
	"gonum.org/v1/gonum/mat"
)

// Loadings draws what the columns of the data weigh in each component, k × d as Components of a linear model and Loadings of a factor
// analysis return them: a row for each column, a column for each component, blue where the weight is below zero and orange where it is
// above.
//
//	viz.Loadings(model.Components(), viz.Columns{Names: d.ColumnNames})
//
// Of more columns than Columns.Most those of the largest weight are shown, in their order, and the caption says so.
//
// What is wrong with the arguments is the chart's error: those of [Heatmap] for the weights, a [*mat32.ShapeError] for names that are not one
// for each column, and a [*mat32.ParamError] for a negative Most. It costs O(k·d + d·log d).
func Loadings(weights mat.Matrix, c Columns) *Chart {
	h, err := newLoadings(weights, c)
	if err != nil {
		return &Chart{err: fmt.Errorf("viz.Loadings: %w", err)}
	}
	return &Chart{fig: h}
}

func newLoadings(weights mat.Matrix, c Columns) (*heatmap, error) {
	if v := reflect.ValueOf(weights); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		return nil, mat32.ErrEmpty
	}
	if err := mat32.Check(weights); err != nil {
		return nil, err
	}
	k, d := weights.Dims()
	c, err := c.resolve(d, 40)
	if err != nil {
		return nil, err
	}
	rows, most := make([]int, d), make([]float64, d)
	for j := range d {
		rows[j] = j
		for i := range k {
			most[j] = math.Max(most[j], math.Abs(weights.At(i, j)))
		}
	}
	slices.SortStableFunc(rows, func(a, b int) int { return cmp.Compare(most[b], most[a]) })
	rows = rows[:min(d, c.Most)]
	slices.Sort(rows)
	l := &loaded{Dense: mat.NewDense(len(rows), k, nil)}
	var names []string
	for r, j := range rows {
		names = append(names, c.Names[j])
		for i := range k {
			l.Set(r, i, weights.At(i, j))
		}
	}
	if len(rows) < d {
		l.caption = fmt.Sprintf("the %d of %d columns that weigh most in one component", len(rows), d)
	}
	across := make([]string, k)
	for i := range across {
		across[i] = fmt.Sprint(i + 1)
	}
	return newHeatmap(l, Cells{Rows: names, Columns: across, Down: "column", Across: "component", Name: "weight", Palette: Diverging})
}

// loaded is the weights that are shown, and which they are.
type loaded struct {
	*mat.Dense
	caption string
}

// Caption says which columns are shown.
func (l *loaded) Caption() string { return l.caption }
