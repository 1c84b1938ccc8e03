package viz

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"gonum.org/v1/gonum/mat"
)

// LocalDimension draws a map coloured by the dimension that the data have at each row, by an estimator of pkg/intrinsic that has local
// estimates. Colours end at the first and the ninety-ninth hundredth of the estimates, since the few beyond would leave all others one
// colour; the text of a point says its own.
//
//	d, err := intrinsic.MLE{}.Estimate(ctx, x)
//	viz.LocalDimension(tsne, d)
//
// Rows that the estimator left out are not drawn, and the caption says how many.
//
// What is wrong with the arguments is the chart's error: [mat32.ErrEmpty] without a local estimate, a [*mat32.ShapeError] for estimates that
// are not one for each row, and those of [Scatter]. It costs O(n·log n).
func LocalDimension(y mat.Matrix, d measure.Dimension) *Chart {
	const from = "viz.LocalDimension"
	if len(d.Local) == 0 {
		return &Chart{err: fmt.Errorf("%s: %s has no local estimates: %w", from, d.Method, mat32.ErrEmpty)}
	}
	c, err := perRow(y, "local dimension ("+d.Method+")", d.Local, false)
	if err != nil {
		return &Chart{err: fmt.Errorf("%s: %w", from, err)}
	}
	return c
}

// perRow draws a map coloured by a number of each row, without those that are NaN. A panel among others has small points and says less.
func perRow(y mat.Matrix, name string, values []float64, panel bool) (*Chart, error) {
	probe, err := newScatter(y, Points{})
	if err != nil {
		return nil, err
	}
	n := len(probe.x)
	if len(values) != n {
		return nil, &mat32.ShapeError{What: name, Rows: len(values), Cols: 1, Want: fmt.Sprintf("one for each of the %d rows of y", n)}
	}
	var rows []int
	var known []float64
	for i, v := range values {
		if v == v {
			rows, known = append(rows, i), append(known, v)
		}
	}
	if len(known) == 0 {
		return nil, fmt.Errorf("%s: %w", name, mat32.ErrEmpty)
	}
	if err := finite(name, "PerRow", known); err != nil {
		return nil, err
	}
	sorted := slices.Clone(known)
	slices.Sort(sorted)
	low, high := sorted[len(sorted)/100], sorted[len(sorted)-1-len(sorted)/100]
	p := Points{ValueName: name, Values: known}
	if panel {
		p.Size = panelPoints(n)
	}
	for i, v := range known {
		if v < low || v > high {
			if p.Text == nil {
				p.Text = make([]string, len(known))
				p.Values = slices.Clone(known)
			}
			p.Text[i] = "beyond the colours: " + tick(v)
			p.Values[i] = min(max(v, low), high)
		}
	}
	if len(rows) == n && (panel || p.Text == nil) {
		return Scatter(y, p), nil
	}
	said := ""
	if p.Text != nil && !panel {
		said = "colours: 1st to 99th percentile"
	}
	if len(rows) < n {
		said = withMore(said, fmt.Sprintf("%d rows without a number are not shown", n-len(rows)))
	}
	part := mat.NewDense(len(rows), 2, nil)
	for k, i := range rows {
		part.SetRow(k, []float64{y.At(i, 0), y.At(i, 1)})
	}
	return Scatter(&partOfRows{part, withMore(probe.caption(), said)}, p), nil
}

// panelPoints is the size of the points of a diagnosis: of many rows so small that none has a rim, which would wash out its colour.
func panelPoints(n int) float64 {
	switch {
	case n < 500:
		return 0
	case n < 5000:
		return 2
	}
	return 1.5
}

// partOfRows is some rows of a map.
type partOfRows struct {
	*mat.Dense
	caption string
}

// Caption says which they are.
func (c *partOfRows) Caption() string { return c.caption }

// A Diagnosis is what is known of the rows of a map. Each part that is given is a panel; any may be left out.
type Diagnosis struct {
	// Points colour the first panel, by class or number.
	Points Points
	// Components are coordinates of the rows by another method, such as principal components: up to three are a panel each. Where the
	// colours run smoothly, the map has kept that direction.
	Components mat.Matrix
	// Dimension has the local dimension of the data, in Local.
	Dimension measure.Dimension
	// Scores are measures of quality that have one number for each row, in PerRow, such as the trustworthiness of quality.Ranks.
	Scores []measure.Score
}

// Diagnostic draws one map several times, coloured by what tells whether to trust it: classes, principal components of the data, the
// local dimension of the data, how well the neighbourhood of each row is kept, and, at last, how dense the map is there.
//
//	viz.Diagnostic(tsne, viz.Diagnosis{
//		Points: viz.Points{Labels: labels}, Components: pca, Dimension: dimension, Scores: []measure.Score{ranks.Trustworthiness(15)},
//	})
//
// With nothing given it shows the density alone, as the logarithm of how many rows a Gaussian around each holds, where the densest is 0.
//
// What is wrong with the arguments is the chart's error: those of [Scatter], a [*mat32.ShapeError] for what has not one number for each row,
// [mat32.ErrEmpty] for scores without any, and a [*mat32.ParamError] for more than MaxPanels panels. It costs O(n·log n) a panel.
//
// Source: L. McInnes, J. Healy and J. Melville (2018), UMAP: uniform manifold approximation and projection, whose program has such a page.
func Diagnostic(y mat.Matrix, d Diagnosis) *Chart {
	const from = "viz.Diagnostic"
	s, err := newScatter(y, Points{})
	if err != nil {
		return &Chart{err: fmt.Errorf("%s: %w", from, err)}
	}
	var panels []*Chart
	add := func(title, name string, values []float64) error {
		c, err := perRow(y, name, values, true)
		if err == nil {
			panels = append(panels, c.Titled(title))
		}
		return err
	}
	if len(d.Points.Labels) > 0 || len(d.Points.Values) > 0 {
		p := d.Points
		if p.Size == 0 {
			p.Size = panelPoints(len(s.x))
		}
		panels = append(panels, Scatter(y, p).Titled(cmp.Or(p.ValueName, "class")))
	}
	if d.Components != nil {
		if err := filled(d.Components); err != nil {
			return &Chart{err: fmt.Errorf("%s: Components: %w", from, err)}
		}
		n, k := d.Components.Dims()
		for j := range min(3, k) {
			values := make([]float64, n)
			for i := range values {
				values[i] = d.Components.At(i, j)
			}
			if err := add(fmt.Sprintf("component %d", j+1), "", values); err != nil {
				return &Chart{err: fmt.Errorf("%s: Components: %w", from, err)}
			}
		}
	}
	if d.Dimension.Local != nil {
		if err := add("local dimension ("+d.Dimension.Method+")", "", d.Dimension.Local); err != nil {
			return &Chart{err: fmt.Errorf("%s: Dimension: %w", from, err)}
		}
	}
	for _, score := range d.Scores {
		title := score.Name
		if score.Neighbors > 0 {
			title += fmt.Sprintf(", k = %d", score.Neighbors)
		}
		if err := add(title, "", score.PerRow); err != nil {
			return &Chart{err: fmt.Errorf("%s: %s: %w", from, score.Name, err)}
		}
	}
	cells, at := s.spread(s.width())
	densest := 0.0
	values := make([]float64, len(s.x))
	for i := range values {
		values[i] = cells[at(i)]
		densest = math.Max(densest, values[i])
	}
	for i, v := range values {
		values[i] = math.Log(v / densest)
	}
	if err := add("log density of the map", "", values); err != nil {
		return &Chart{err: fmt.Errorf("%s: %w", from, err)}
	}
	g := Grid(Panels{Limits: Own, Columns: min(3, len(panels))}, panels...)
	if g.err != nil {
		g.err = fmt.Errorf("%s: %w", from, g.err)
	}
	return g
}
