package geometry

import (
	"context"
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

// UniformityMetric is a measure of uniformity of which lower is more uniform.
type UniformityMetric func(ctx context.Context, x mat.Matrix) (measure.Score, error)

// UniformityProperty is what a metric made of one change of the data.
type UniformityProperty struct {
	Name          string
	Want          string // "the same" or "less uniform"
	Before, After float64
	Holds         bool
}

// UniformityCheck is what CheckUniformity finds.
type UniformityCheck struct {
	Metric     string
	Properties []UniformityProperty
}

// Passed counts the properties that hold.
func (c *UniformityCheck) Passed() int {
	k := 0
	for _, p := range c.Properties {
		if p.Holds {
			k++
		}
	}
	return k
}

// String returns a table of a line for every property.
func (c *UniformityCheck) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %d of %d properties", c.Metric, c.Passed(), len(c.Properties))
	for _, p := range c.Properties {
		verdict := "fails"
		if p.Holds {
			verdict = "holds"
		}
		fmt.Fprintf(&b, "\n  %-20s %-12s  %9.4f → %9.4f  %s", p.Name, p.Want, p.Before, p.After, verdict)
	}
	return b.String()
}

// CheckUniformity tries a metric of uniformity on x (n × d) and on what is made of it, and says
// which of five properties hold. It should stay the same when rows are put in another order
// (instance permutation), multiplied by numbers of their own (instance scaling) or all given twice
// (instance cloning), and rise, by more than 10⁻⁶ of itself, when all columns are given twice
// (feature cloning) or as many columns of zeros are added (feature babies), for then whole
// dimensions are unused.
//
// UniformityW2 has all five. Uniformity has two: rows given twice are pairs at no distance, and
// columns given twice or empty leave all distances as they are.
//
// It calls metric six times, on 2·n × d and n × 2·d values at most, which it holds. Errors:
// those of mat32.CheckRows and mat32.Check, *mat32.ShapeError below 2 rows,
// *mat32.MemoryError, those of the metric, and one that wraps ctx.Err().
//
// Source: X. Fang, J. Li, Q. Sun and B. Wang (2024), Rethinking the uniformity metric in
// self-supervised learning.
func CheckUniformity(ctx context.Context, metric UniformityMetric, x mat.Matrix) (*UniformityCheck, error) {
	const method = "geometry.CheckUniformity"
	if err := check(ctx, method, 2, 3, x); err != nil {
		return nil, err
	}
	n, d := x.Dims()
	before, err := metric(ctx, x)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	s := rng.New(0, method, 0)
	s.Shuffle(n, func(i, j int) { order[i], order[j] = order[j], order[i] })
	// Below 1, so that no value leaves the range of float64.
	factor := func(i int) float64 { f := rng.New(0, method, 1+i); return .5 + .5*f.Float64() }
	same := func(i int) int { return i }
	whole := func(to, row []float64, _ int) { copy(to, row) }
	c := &UniformityCheck{Metric: before.Name}
	for _, p := range []struct {
		name, want string
		rows, cols int
		from       func(i int) int                // which row of x it is made of
		write      func(to, row []float64, i int) // to is zero
	}{
		{"instance permutation", "the same", n, d, func(i int) int { return order[i] }, whole},
		{"instance scaling", "the same", n, d, same, func(to, row []float64, i int) { kernel.Axpy64(factor(i), row, to) }},
		{"instance cloning", "the same", 2 * n, d, func(i int) int { return i % n }, whole},
		{"feature cloning", "less uniform", n, 2 * d, same, func(to, row []float64, _ int) { copy(to[copy(to, row):], row) }},
		{"feature babies", "less uniform", n, 2 * d, same, whole},
	} {
		changed := mat.NewDense(p.rows, p.cols, nil)
		err := par.BlocksWith(ctx, p.rows, blockRows, func() []float64 { return make([]float64, d) }, func(buf []float64, lo, hi int) {
			for i := lo; i < hi; i++ {
				p.write(changed.RawRowView(i), mat32.Row(buf, p.from(i), x), i)
			}
		})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", method, err)
		}
		after, err := metric(ctx, changed)
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", method, p.name, err)
		}
		rise := after.Value - before.Value
		tolerance := 1e-6 * max(math.Abs(before.Value), 1e-3)
		holds := math.Abs(rise) <= tolerance
		if p.want != "the same" {
			holds = rise > tolerance
		}
		c.Properties = append(c.Properties, UniformityProperty{p.name, p.want, before.Value, after.Value, holds})
	}
	return c, nil
}
