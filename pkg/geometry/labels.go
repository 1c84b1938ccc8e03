package geometry

import (
	"fmt"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// classes are the rows of each label, labels in increasing order.
type classes struct {
	labels []int
	rows   [][]int
	known  int // rows that have a label
}

// classesOf sorts n rows by their labels, of which −1 is unknown, and refuses fewer than
// least classes.
func classesOf(method string, n, least int, labels []int) (*classes, error) {
	if len(labels) != n {
		return nil, fmt.Errorf("%s: %w", method, &mat32.ShapeError{What: "labels", Rows: len(labels), Cols: 1, Want: fmt.Sprintf("one for each of %d rows", n)})
	}
	c := new(classes)
	for _, l := range labels {
		if l < -1 {
			return nil, &mat32.ParamError{Method: method, Param: "labels", Value: l, Want: "0 or more, or −1 where it is unknown"}
		}
		if l >= 0 {
			c.labels = append(c.labels, l)
		}
	}
	c.known = len(c.labels)
	slices.Sort(c.labels)
	c.labels = slices.Compact(c.labels)
	if len(c.labels) < least {
		return nil, &mat32.DegenerateError{Method: method, Reason: fmt.Sprintf("%d classes have rows: it takes %d", len(c.labels), least)}
	}
	c.rows = make([][]int, len(c.labels))
	for i, l := range labels {
		if l >= 0 {
			k, _ := slices.BinarySearch(c.labels, l)
			c.rows[k] = append(c.rows[k], i)
		}
	}
	return c, nil
}

// notes says how many rows have no label.
func (c *classes) notes(n int) []string {
	if c.known < n {
		return []string{fmt.Sprintf("%d rows of unknown class were left out", n-c.known)}
	}
	return nil
}

// gathered copies some rows of a.
func gathered(a *mat.Dense, rows []int) *mat.Dense {
	_, d := a.Dims()
	part := mat.NewDense(len(rows), d, nil)
	for k, i := range rows {
		copy(part.RawRowView(k), a.RawRowView(i))
	}
	return part
}
