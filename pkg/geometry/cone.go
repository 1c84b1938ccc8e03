package geometry

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
)

// cone projects vectors on the convex cone of the rows of a matrix, which have length 1: by the
// active set of C. Lawson and R. Hanson (1974), Solving least squares problems, which takes in the
// row that gains most, solves for those that are in, and takes out those whose weight would turn
// negative.
type cone struct {
	rows    *mat.Dense
	along   []float64 // the products of all rows with the vector
	in      []int     // the active rows
	weights []float64 // theirs, above 0
	factor  []float64 // lower triangle of the Cholesky factor of their products, row after row
	rest    []float64 // what is left of the vector
	trial   []float64
	blocked []bool // rows that depend on those that are in
}

func newCone(rows *mat.Dense) *cone {
	n, d := rows.Dims()
	return &cone{rows: rows, along: make([]float64, n), rest: make([]float64, d), blocked: make([]bool, n)}
}

// project finds the point of the cone nearest to t, and returns the square of its length; rest
// is t less that point.
func (c *cone) project(t []float64) float64 {
	n, d := c.rows.Dims()
	c.in, c.weights, c.factor = c.in[:0], c.weights[:0], c.factor[:0]
	clear(c.blocked)
	copy(c.rest, t)
	for i := range c.along {
		c.along[i] = kernel.Dot64(c.rows.RawRowView(i), t)
	}
	size := math.Sqrt(kernel.Dot64(t, t))
	tolerance := 1e-10 * size
	// Each step brings the point nearer, so that no set comes twice; the bound is for rounding.
	for range 3*min(n, d) + 30 {
		best, gain := -1, tolerance
		for i := range n {
			if !c.blocked[i] {
				if g := kernel.Dot64(c.rows.RawRowView(i), c.rest); g > gain {
					best, gain = i, g
				}
			}
		}
		if best < 0 {
			break
		}
		if !c.add(best) {
			c.blocked[best] = true
			continue
		}
		for {
			c.solve()
			// The largest step towards the solution that keeps all weights.
			step, out := 1., -1
			for k, w := range c.trial {
				if w <= 0 {
					if s := c.weights[k] / (c.weights[k] - w); s <= step {
						step, out = s, k
					}
				}
			}
			for k, w := range c.trial {
				c.weights[k] += step * (w - c.weights[k])
			}
			if out < 0 {
				break
			}
			c.remove(out)
		}
		copy(c.rest, t)
		for k, i := range c.in {
			kernel.Axpy64(-c.weights[k], c.rows.RawRowView(i), c.rest)
		}
	}
	left := math.Sqrt(kernel.Dot64(c.rest, c.rest))
	return max((size-left)*(size+left), 0)
}

// triangle is where row i of a lower triangle begins.
func triangle(i int) int { return i * (i + 1) / 2 }

// add takes a row in with weight 0, and reports whether it is independent of those that are.
func (c *cone) add(row int) bool {
	at := len(c.factor)
	x := c.rows.RawRowView(row)
	for i, j := range c.in {
		of := c.factor[triangle(i):]
		l := kernel.Dot64(x, c.rows.RawRowView(j)) - kernel.Dot64(of[:i], c.factor[at:at+i])
		c.factor = append(c.factor, l/of[i])
	}
	own := c.factor[at:]
	rest := kernel.Dot64(x, x) - kernel.Dot64(own, own)
	if rest < 1e-12 {
		c.factor = c.factor[:at]
		return false
	}
	c.factor = append(c.factor, math.Sqrt(rest))
	c.in, c.weights = append(c.in, row), append(c.weights, 0)
	return true
}

// remove takes the active row at place k out. The rows of the factor below move up, with one value
// beyond the diagonal, which rotations of neighbouring columns take away.
func (c *cone) remove(k int) {
	last := len(c.in) - 1
	for j := k; j < last; j++ {
		of := c.factor[triangle(j+1):] // row j of what is left
		r := math.Hypot(of[j], of[j+1])
		cos, sin := of[j]/r, of[j+1]/r
		for i := j; i < last; i++ {
			pair := c.factor[triangle(i+1)+j:]
			pair[0], pair[1] = cos*pair[0]+sin*pair[1], cos*pair[1]-sin*pair[0]
		}
	}
	for i := k; i < last; i++ {
		copy(c.factor[triangle(i):triangle(i+1)], c.factor[triangle(i+1):])
	}
	c.factor = c.factor[:triangle(last)]
	c.in = append(c.in[:k], c.in[k+1:]...)
	c.weights = append(c.weights[:k], c.weights[k+1:]...)
}

// solve writes to trial the weights that bring the active rows nearest to the vector.
func (c *cone) solve() {
	c.trial = c.trial[:0]
	for i, row := range c.in {
		of := c.factor[triangle(i):]
		c.trial = append(c.trial, (c.along[row]-kernel.Dot64(of[:i], c.trial))/of[i])
	}
	for i := len(c.in) - 1; i >= 0; i-- {
		of := c.factor[triangle(i):]
		c.trial[i] /= of[i]
		kernel.Axpy64(-c.trial[i], of[:i], c.trial[:i])
	}
}
