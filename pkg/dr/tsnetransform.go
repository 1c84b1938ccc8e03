package dr

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/dr/layout"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// What Transform does with a new row, as openTSNE 1.0.4 does but for the least gain, as
// TSNE says.
const (
	newPerplexity   = 5.
	newSimilar      = 15
	newStart        = 25 // nearest rows, at whose median a row begins
	newIterations   = 250
	newExaggeration = 1.5
	newRate         = 0.1
	newMomentum     = 0.8
	newGradient     = 0.25 // the longest
	newAngle        = 0.5
)

// Transform returns where new rows lie in the map. Each begins at the median of its 25
// nearest rows of the model, and moves by 250 steps of the gradient of its own divergence:
// attracted 1.5 times by its 15 nearest by perplexity 5, and pushed away by all by a tree
// at an angle of 0.5, while these stand still. New rows do not see each other. A row of
// the model lands near its place, not on it.
//
// The first call makes an index of the rows of the model; see neighbors.Auto. Errors:
// those of mat32.CheckRows and mat32.Check, *mat32.ShapeError for other columns,
// *mat32.DegenerateError where the model was fitted to distances or given weights,
// *mat32.MemoryError, and one that wraps ctx.Err(). Time that of a query and O(log n) for
// each step, for n rows of the model.
//
// Source: P. Poličar, M. Stražar and B. Zupan (2021), Embedding to reference t-SNE space
// addresses batch effects in single-cell classification.
func (m *TSNEModel) Transform(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	const method = "dr.TSNE"
	if m.rows == nil {
		if err := mat32.CheckRows(method, x); err != nil {
			return nil, err
		}
		if _, _, err := checkData(ctx, method, x, 1); err != nil {
			return nil, err
		}
		return nil, &mat32.DegenerateError{Method: method, Reason: "it cannot map new rows: it was fitted to distances or given weights"}
	}
	rows, err := checkColumns(ctx, method, x, m.embedding.Dim)
	if err != nil {
		return nil, err
	}
	n, k := m.embedding.Dims()
	if err := mat32.CheckMemory(method, int64(rows)*int64(12*newStart+16*k)+100*int64(n), m.options.MemoryLimit, "map fewer rows at a time"); err != nil {
		return nil, err
	}
	fail := func(err error) (*Embedding, error) { return nil, mat32.Rename(method, err) }
	by := neighbors.Auto{Metric: m.options.Metric, MemoryLimit: m.options.MemoryLimit}
	near, err := m.index.nearest(ctx, m.rows, by, x, min(newStart, n))
	if err != nil {
		return fail(err)
	}
	tree, err := m.tree.ask(ctx, func() (*layout.BarnesHut, error) {
		tree := layout.NewBarnesHut(n, k, m.options.DegreesOfFreedom, newAngle)
		return tree, tree.Plant(ctx, m.embedding.RawMatrix().Data)
	})
	if err != nil {
		return fail(err)
	}
	z := mat.NewDense(rows, k, nil)
	bad := make([]error, rows)
	err = par.BlocksWith(ctx, rows, 8, func() *newcomer { return m.newcomer(tree) }, func(c *newcomer, lo, hi int) {
		for i := lo; i < hi; i++ {
			indices, distances := near.Row(i)
			bad[i] = c.settle(z.RawRowView(i), indices, distances)
		}
	})
	if err != nil {
		return fail(err)
	}
	for i, err := range bad {
		if err != nil {
			return nil, &mat32.DegenerateError{Method: method, Reason: fmt.Sprintf("distances from row %d exceed the largest float64: rescale the data", i)}
		}
	}
	return m.embedding.of(z), nil
}

// newcomer is the scratch memory of who places new rows.
type newcomer struct {
	tree             *layout.BarnesHut
	walk             *layout.Walk
	known            *mat.Dense
	freedom          float64
	weights          []float64
	median           []float64
	push, step, gain []float64
}

func (m *TSNEModel) newcomer(tree *layout.BarnesHut) *newcomer {
	_, k := m.embedding.Dims()
	return &newcomer{tree: tree, walk: layout.NewWalk(k), known: m.embedding.Dense, freedom: m.options.DegreesOfFreedom,
		push: make([]float64, k), step: make([]float64, k), gain: make([]float64, k)}
}

// settle writes to y where a row lies whose nearest rows these are.
func (c *newcomer) settle(y []float64, indices []int32, distances []float64) error {
	for a := range y {
		c.median = c.median[:0]
		for _, j := range indices {
			c.median = append(c.median, c.known.At(int(j), a))
		}
		slices.Sort(c.median)
		half := len(c.median) / 2
		y[a] = c.median[half]
		if len(c.median)%2 == 0 {
			y[a] = c.median[half-1]/2 + c.median[half]/2
		}
		c.step[a], c.gain[a] = 0, 1
	}
	indices = indices[:min(newSimilar, len(indices))]
	if err := c.weigh(distances[:len(indices)]); err != nil {
		return err
	}
	for range newIterations {
		z := c.tree.At(c.walk, c.push, y)
		length := 0.
		for a := range y {
			c.push[a] /= -z
		}
		for k, j := range indices {
			at := c.known.RawRowView(int(j))
			far := 0.
			for a, v := range y {
				far += (v - at[a]) * (v - at[a])
			}
			w := newExaggeration * c.weights[k] / (1 + far/c.freedom)
			for a, v := range y {
				c.push[a] += w * (v - at[a])
			}
		}
		for _, g := range c.push {
			length = math.Hypot(length, g)
		}
		shorter := min(1, newGradient/(length+1e-6))
		for a, g := range c.push {
			g *= shorter
			if g*c.step[a] <= 0 {
				c.gain[a] += 0.2
			} else {
				c.gain[a] = max(0.8*c.gain[a], 0.01)
			}
			c.step[a] = newMomentum*c.step[a] - newRate*c.gain[a]*g
			y[a] += c.step[a]
		}
	}
	return nil
}

// weigh makes the similarities of a new row to its nearest ones, of sum 1.
func (c *newcomer) weigh(distances []float64) error {
	c.weights = c.weights[:0]
	unit := distances[len(distances)-1]
	for _, d := range distances {
		if unit > 0 {
			d /= unit
		}
		c.weights = append(c.weights, d*d)
	}
	_, _, err := affinity.Perplexity(c.weights, c.weights, newPerplexity)
	return err
}
