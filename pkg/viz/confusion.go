package viz

import (
	"fmt"
	"strconv"

	"github.com/flatland-go/flatland/pkg/mat32"
	"gonum.org/v1/gonum/mat"
)

// mostConfused is how many classes a [Confusion] takes.
const mostConfused = 200

// Confusion draws which class was taken for which: a row for each true class, a column for each predicted one, coloured by the share of the
// row, with counts in the cells. Rows whose label or prediction is −1, unknown, are left out, and the caption says how many; it also says
// which share was right. Classes stand in the order of their numbers.
//
//	viz.Confusion(d.Labels, predicted, d.Names)
//
// What is wrong with the arguments is the chart's error: [mat32.ErrEmpty] without a row that has both, a [*mat32.ShapeError] for other numbers
// of labels and predictions, and a [*mat32.ParamError] for labels below −1, beyond the names or beyond 200 classes. It costs O(n + classes²).
func Confusion(truth, predicted []int, names []string) *Chart {
	h, err := newConfusion(truth, predicted, names)
	if err != nil {
		return &Chart{err: fmt.Errorf("viz.Confusion: %w", err)}
	}
	return &Chart{fig: h}
}

func newConfusion(truth, predicted []int, names []string) (*heatmap, error) {
	if len(predicted) != len(truth) {
		return nil, &mat32.ShapeError{What: "predicted", Rows: len(predicted), Cols: 1, Want: fmt.Sprintf("one for each of the %d of truth", len(truth))}
	}
	classes := len(names)
	for _, l := range []struct {
		what   string
		labels []int
	}{{"truth", truth}, {"predicted", predicted}} {
		for i, v := range l.labels {
			switch {
			case v < -1 || len(names) > 0 && v >= len(names):
				return nil, param("viz.Confusion", fmt.Sprintf("%s[%d]", l.what, i), v, fmt.Sprintf("−1 (unknown), or a class of the %d names", len(names)))
			case v >= mostConfused:
				return nil, param("viz.Confusion", fmt.Sprintf("%s[%d]", l.what, i), v, fmt.Sprintf("below %d", mostConfused))
			}
			classes = max(classes, v+1)
		}
	}
	if classes > mostConfused {
		return nil, param("viz.Confusion", "len(names)", classes, fmt.Sprintf("at most %d", mostConfused))
	}
	if classes == 0 {
		return nil, mat32.ErrEmpty
	}
	if len(names) == 0 {
		names = indices(classes)
	}
	counts, of := make([]int, classes*classes), make([]int, classes)
	known, right := 0, 0
	for i, t := range truth {
		p := predicted[i]
		if t < 0 || p < 0 {
			continue
		}
		counts[t*classes+p]++
		of[t]++
		known++
		if t == p {
			right++
		}
	}
	if known == 0 {
		return nil, mat32.ErrEmpty
	}
	c := &confused{Dense: mat.NewDense(classes, classes, nil)}
	text := make([][]string, classes)
	for i := range classes {
		for j := range classes {
			n := counts[i*classes+j]
			word := ""
			if n > 0 {
				c.Set(i, j, float64(n)/float64(of[i]))
				word = strconv.Itoa(n)
			}
			text[i] = append(text[i], word)
		}
	}
	c.caption = fmt.Sprintf("right: %s of %d", strconv.FormatFloat(float64(right)/float64(known), 'f', 4, 64), known)
	if known < len(truth) {
		c.caption += fmt.Sprintf(" · %d without a label or prediction", len(truth)-known)
	}
	return newHeatmap(c, Cells{
		Rows: names, Columns: names, Down: "true class", Across: "predicted class", Name: "share of the row", Palette: Sequential, Min: Zero, Max: 1, Text: text,
	})
}

// confused is the shares of a confusion matrix, and their caption.
type confused struct {
	*mat.Dense
	caption string
}

// Caption says which share was right.
func (c *confused) Caption() string { return c.caption }
