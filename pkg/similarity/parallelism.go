package similarity

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

// ParallelismScore says whether a variable is coded along the same direction whatever the
// context: the mean cosine, over all pairs of contexts, of the directions from the mean of
// the rows of its lower value to that of its higher. 1 is abstract, as the corners of a box;
// 0 is as good as random in many dimensions, and −1 turns the variable over. The variable
// has two values; both, and contexts, are labels of the rows of zero or more. O(n·d) plus d
// for every pair of contexts; memory 8·n·d bytes.
//
// Errors: those of mat32.CheckRows and mat32.Check; *mat32.ShapeError for labels that are not
// one a row; *mat32.ParamError for negative ones and for a variable of more than two values;
// *mat32.DegenerateError where a variable or context has one value only, or a context
// lacks one of the variable or has one mean for both; and one that wraps ctx.Err().
//
// Sources: S. Bernardi, M. Benna, M. Rigotti, J. Munuera, S. Fusi and C. Salzman (2020), The
// geometry of abstraction in the hippocampus and prefrontal cortex, where contexts are
// paired so that the score is largest; here they are given. Of what networks learn,
// M. Alleman, J. Lindsey and S. Fusi (2024), Task structure and nonlinearity jointly
// determine learned representational geometry.
func ParallelismScore(ctx context.Context, x mat.Matrix, variable, contexts []int) (measure.Score, error) {
	const method = "similarity.ParallelismScore"
	c, err := newCrossed(ctx, method, x, variable, contexts)
	if err != nil {
		return measure.Score{}, err
	}
	k := len(c.contexts)
	directions := make([][]float64, k)
	for at := range directions {
		low, high := c.mean(at, 0), c.mean(at, 1)
		size, most := 0., 0.
		for j, v := range low {
			high[j] -= v
			most = max(most, math.Abs(high[j]))
		}
		if !(most > 1e-14) {
			return measure.Score{}, &mat32.DegenerateError{Method: method, Reason: fmt.Sprintf("in context %d both values of the variable have one mean: there is no direction", c.contexts[at])}
		}
		kernel.Scal64(1/most, high)
		size = math.Sqrt(kernel.Dot64(high, high))
		kernel.Scal64(1/size, high)
		directions[at] = high
	}
	// Σ of all cosines, each pair twice, is ‖Σ of the directions‖² less their number.
	total := make([]float64, len(directions[0]))
	for _, d := range directions {
		kernel.Axpy64(1, d, total)
	}
	pairs := float64(k) * float64(k-1)
	value := (kernel.Dot64(total, total) - float64(k)) / pairs
	return finite(method, measure.Score{Name: "parallelism score", Value: max(-1, min(value, 1)), Rows: c.n,
		Convention: fmt.Sprintf("mean cosine of the coding directions of %d contexts; 1 is parallel", k)})
}

// crossed is rows by the values of a variable and contexts.
type crossed struct {
	n, d     int
	x        *mat.Dense // centred
	values   [2]int
	contexts []int        // in increasing order
	rows     [][2][]int32 // of every context, those of the lower and of the higher value
}

func newCrossed(ctx context.Context, method string, x mat.Matrix, variable, contexts []int) (*crossed, error) {
	n, d, values, err := checkLabeled(ctx, method, x, variable)
	if err != nil {
		return nil, err
	}
	if values > 2 {
		return nil, &mat32.ParamError{Method: method, Param: "variable", Value: values, Want: "two different values"}
	}
	if _, err := checkLabels(method, "contexts", contexts, n); err != nil {
		return nil, err
	}
	c := &crossed{n: n, d: d, values: [2]int{slices.Min(variable), slices.Max(variable)}}
	c.contexts = slices.Compact(slices.Sorted(slices.Values(contexts)))
	c.rows = make([][2][]int32, len(c.contexts))
	for i, label := range contexts {
		at, _ := slices.BinarySearch(c.contexts, label)
		v := 0
		if variable[i] == c.values[1] {
			v = 1
		}
		c.rows[at][v] = append(c.rows[at][v], int32(i))
	}
	for at, r := range c.rows {
		for v, rows := range r {
			if len(rows) == 0 {
				return nil, &mat32.DegenerateError{Method: method, Reason: fmt.Sprintf("context %d has no rows where the variable is %d", c.contexts[at], c.values[v])}
			}
		}
	}
	if c.x, _, err = centered(ctx, method, "x", x); err != nil {
		return nil, err
	}
	return c, nil
}

// mean returns the mean of the rows of a context where the variable is low or high.
func (c *crossed) mean(at, value int) []float64 {
	mean := make([]float64, c.d)
	rows := c.rows[at][value]
	for _, i := range rows {
		kernel.Axpy64(1/float64(len(rows)), c.x.RawRowView(int(i)), mean)
	}
	return mean
}
