package intrinsic

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/flatland-go/flatland/pkg/measure"
)

// Dimensions is what Profile returns: what all estimators say of some rows.
type Dimensions struct {
	Rows, Columns int // of the data; no columns where distances were given
	Removed       int // rows left out as duplicates
	Neighbors     int // that were sought of every other row

	// All are the dimensions found, by rising scale.
	All []measure.Dimension

	// Failures are the estimators that could not answer.
	Failures []Failure

	// Curve is the dimension against the scale: that of Gride for the neighbours
	// 1 and 2, 2 and 4, and so on.
	Curve *ScaleCurve

	// Whole is the same by CorrelationDimension, from the distance of neighbours to
	// that of half of all pairs; nil without that estimator, and where there are no
	// scales between.
	Whole *ScaleCurve

	// Tied is the share of rows whose two nearest rows are equally far: well above
	// zero, the numbers in the data take few values.
	Tied float64

	// Spread is the variance over rows of the inverse of the local dimension, by
	// MLE with 20 neighbours, over that which chance makes: about 1 in data of one
	// dimension, up to 2 where they have edges, and more where pieces of the data
	// differ in dimension.
	Spread float64

	Notes []string // what was done otherwise than asked, and why
}

// Failure is an estimator that could not answer.
type Failure struct {
	Method string
	Reason string
}

// Of returns the dimension by the estimator of that name, such as "TwoNN", and
// whether there is one.
func (d *Dimensions) Of(method string) (measure.Dimension, bool) {
	i := slices.IndexFunc(d.All, func(one measure.Dimension) bool { return one.Method == method })
	if i < 0 {
		return measure.Dimension{}, false
	}
	return d.All[i], true
}

// Points returns All and the points of the curves, each as a dimension of its own:
//
//	viz.Dimensions(d.Points()...)
func (d *Dimensions) Points() []measure.Dimension {
	points := d.Curve.points()
	if d.Whole != nil {
		points = append(points, d.Whole.points()...)
	}
	return append(points, d.All...)
}

func (c *ScaleCurve) points() []measure.Dimension {
	points := make([]measure.Dimension, len(c.Scales))
	for i := range points {
		points[i] = c.at(i)
	}
	return points
}

// String returns the table: a line for each estimator with dimension, standard error,
// scale and the quartiles of the local dimensions, those that could not answer, the
// dimension against the scale, and the Reading.
func (d *Dimensions) String() string {
	what := fmt.Sprintf("%d rows × %d columns", d.Rows, d.Columns)
	if d.Columns == 0 {
		what = fmt.Sprintf("%d rows, of which the distances are known", d.Rows)
	}
	if d.Removed > 0 {
		what += fmt.Sprintf(", %d of them duplicates", d.Removed)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "dimensions of %s\n", what)
	lines := [][]string{{"estimator", "dimension", "scale", "at rows: ¼", "½", "¾"}}
	for _, one := range d.All {
		line := []string{one.Method, one.Brief(), distance(one.Scale)}
		if q, ok := quartiles(one.Local); ok {
			for _, v := range q {
				line = append(line, fmt.Sprintf("%.2f", v))
			}
		}
		lines = append(lines, line)
	}
	for i, v := range d.Curve.Dimensions {
		name := ""
		if i == 0 {
			lines = append(lines, nil)
			name = "against scale (" + d.Curve.Method + ")"
		}
		one := measure.Dimension{Value: v, StdErr: d.Curve.StdErr[i]}
		lines = append(lines, []string{name, one.Brief(), distance(d.Curve.Scales[i])})
	}
	writeColumns(&b, lines)
	for _, f := range d.Failures {
		writeParagraph(&b, f.Method+" cannot answer: "+f.Reason)
	}
	for _, note := range append(slices.Clone(d.Notes), d.Reading()...) {
		writeParagraph(&b, note)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// distance prints a scale.
func distance(v float64) string { return fmt.Sprintf("%.4g", v) }

// quartiles returns those of the finite local dimensions.
func quartiles(local []float64) (q [3]float64, ok bool) {
	var known []float64
	for _, v := range local {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			known = append(known, v)
		}
	}
	if len(known) == 0 {
		return q, false
	}
	slices.Sort(known)
	for i := range q {
		q[i] = known[(len(known)-1)*(i+1)/4]
	}
	return q, true
}

// writeColumns writes lines whose cells stand below each other, the first to the
// left and the others to the right.
func writeColumns(b *strings.Builder, lines [][]string) {
	var widths []int
	for _, line := range lines {
		for c, text := range line {
			if c == len(widths) {
				widths = append(widths, 0)
			}
			widths[c] = max(widths[c], utf8.RuneCountInString(text))
		}
	}
	for _, line := range lines {
		for c, text := range line {
			pad := strings.Repeat(" ", widths[c]-utf8.RuneCountInString(text))
			if c == 0 {
				b.WriteString("  " + text + pad)
			} else {
				b.WriteString("  " + pad + text)
			}
		}
		b.WriteString("\n")
	}
}

// writeParagraph writes a sentence in lines that a notebook shows without breaking
// them.
func writeParagraph(b *strings.Builder, text string) {
	const width = 84
	b.WriteString(" ")
	column := 1
	for _, word := range strings.Fields(text) {
		size := utf8.RuneCountInString(word)
		if column+1+size > width {
			b.WriteString("\n   ")
			column = 3
		}
		b.WriteString(" " + word)
		column += 1 + size
	}
	b.WriteString("\n")
}
