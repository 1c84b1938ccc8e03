package geometry

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

// RateReduction returns how much cheaper the rows of x (n × d) are to code class by class than
// together: the CodingRate of all less the mean of those of the classes, weighted by their
// sizes. It is 0 where classes fill one space, and for rows of given lengths largest where
// those of different classes are orthogonal and each class fills as many dimensions as it may
// (MCR²). Labels are 0 and above, −1 for unknown: those rows are left out. Epsilon is that of
// CodingRate.
//
// Time O(n·d·m + m³) for m = min(n, d) and as much for the classes together, memory
// 8·(2·n·d + 2·m²) bytes. Errors: those of CodingRate, *mat32.ShapeError unless there is a
// label for each row, *mat32.ParamError for one below −1, and *mat32.DegenerateError for
// fewer than two classes.
//
// Source: Y. Yu, K. Chan, C. You, C. Song and Y. Ma (2020), Learning diverse and discriminative
// representations via the principle of maximal coding rate reduction. It is what T. Ding, S. Tong,
// K. Chan, X. Dai, Y. Ma and B. Haeffele (2023), Unsupervised manifold linearizing and clustering,
// maximise over the classes as well.
func RateReduction(ctx context.Context, x mat.Matrix, labels []int, epsilon float64) (measure.Score, error) {
	const method = "geometry.RateReduction"
	r, err := newCoder(ctx, method, x, epsilon)
	if err != nil {
		return measure.Score{}, err
	}
	n, _ := x.Dims()
	c, err := classesOf(method, n, 2, labels)
	if err != nil {
		return measure.Score{}, err
	}
	all := r.rows
	if c.known < n {
		var rows []int
		for i, l := range labels {
			if l >= 0 {
				rows = append(rows, i)
			}
		}
		all = gathered(r.rows, rows)
	}
	whole, err := r.rate(ctx, all)
	if err != nil {
		return measure.Score{}, mat32.Rename(method, err)
	}
	parts := 0.
	for _, rows := range c.rows {
		v, err := r.rate(ctx, gathered(r.rows, rows))
		if err != nil {
			return measure.Score{}, mat32.Rename(method, err)
		}
		parts += float64(len(rows)) / float64(c.known) * v
	}
	return finite(method, measure.Score{Name: "rate reduction", Value: max(whole-parts, 0), Rows: c.known, Notes: c.notes(n),
		Convention: fmt.Sprintf("coding rate of all less that of %d classes, nats a row, ε = %.4g; larger parts classes more", len(c.labels), r.epsilon)})
}
