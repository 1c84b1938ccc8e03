package quality

import (
	"fmt"
	"math"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

// checkLabels wants a label of −1 or above for each of n rows, and k from 1 to limit.
func checkLabels(method string, n, limit, k int, labels []int) error {
	if len(labels) != n {
		return &mat32.ShapeError{What: "labels", Rows: len(labels), Cols: 1, Want: fmt.Sprintf("one for each of the %d rows", n)}
	}
	if k < 1 || k > limit {
		return &mat32.ParamError{Method: method, Param: "k", Value: k, Want: fmt.Sprintf("1 ≤ k ≤ %d", limit)}
	}
	return knownLabels(method, labels)
}

// knownLabels refuses labels below −1.
func knownLabels(method string, labels []int) error {
	for i, label := range labels {
		if label < -1 {
			return &mat32.ParamError{Method: method, Param: fmt.Sprintf("labels[%d]", i), Value: label, Want: "0 or above, or −1 for unknown"}
		}
	}
	return nil
}

// judged completes s as the mean over rows of known label of what row returns, but for
// those that it cannot judge, which are NaN in PerRow.
func judged(method string, s measure.Score, labels []int, row func(i int) (value float64, ok bool)) (measure.Score, error) {
	s.PerRow = make([]float64, len(labels))
	for i, label := range labels {
		s.PerRow[i] = math.NaN()
		if label < 0 {
			continue
		}
		if v, ok := row(i); ok {
			s.PerRow[i] = v
			s.Value += v
			s.Rows++
		}
	}
	if s.Rows == 0 {
		return measure.Score{}, &mat32.DegenerateError{Method: method, Reason: "no row has a known label and, among its neighbours, another that has one"}
	}
	s.Value /= float64(s.Rows)
	return s, nil
}
