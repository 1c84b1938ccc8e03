package dr

import (
	"context"
	"math"
	"sort"
	"sync"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/dr/layout"
	"github.com/flatland-go/flatland/pkg/manifold"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// umapField is what new points of a map meet: made when it is first needed, and kept.
type umapField struct {
	known
	once       sync.Once
	at         []float32 // the map
	pull, push *layout.Force
}

// umapNewEpochs is how often the edge of the largest weight of a new row pulls it. After
// 100, and by a quarter of the learning rate, as in umap-learn, digits that are left out
// are told a little worse.
const umapNewEpochs = 200

// Transform maps new rows, each on its own: what comes with it changes nothing, and the
// model stays as it is. A row is joined with its Neighbors nearest of the rows that the
// model was fitted to, as these were with theirs, but fully with none for being the
// nearest; it begins at their mean, weighted so, and is moved for 200 epochs, by half of
// the learning rate, while the map stays. A row that the model was fitted to, or a
// duplicate of it, has its place; of several, that of the first; of more than 50 000 rows it
// may be missed, and lies near there. One that has nothing in
// common with any, by a bounded metric, is placed amid the nearest.
//
// The first call makes an index of the rows the model was fitted to, which beyond 50 000
// is approximate, and takes a while; see neighbors.Auto. Later calls take a millisecond a
// row or so.
//
// Errors: those of mat32.CheckRows and mat32.Check, *mat32.ShapeError for other columns,
// *mat32.DegenerateError where the model was fitted to distances or given weights, those
// of the metric, *mat32.MemoryError, and one that wraps ctx.Err().
//
// Source: L. McInnes, J. Healy and J. Melville (2018), UMAP: Uniform manifold
// approximation and projection for dimension reduction; umap-learn, where the weights and
// the epochs of a row depend on those that come with it.
func (m *UMAPModel) Transform(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	const method = "dr.UMAP"
	u, dim := m.options, m.options.width()
	rows, err := checkColumns(ctx, method, x, m.embedding.Dim)
	if m.rows == nil {
		if err != nil && m.embedding.Dim > 0 {
			return nil, err
		}
		return nil, &mat32.DegenerateError{Method: method, Reason: "it cannot map new rows: it was fitted to distances or given weights"}
	}
	if err != nil {
		return nil, err
	}
	n, _ := m.rows.Dims()
	count := min(u.Neighbors, n)
	if err := mat32.CheckMemory(method, int64(rows)*(40*int64(count)+12*int64(dim)+16), u.MemoryLimit, "map fewer rows at a time"); err != nil {
		return nil, err
	}
	near, err := m.field.nearest(ctx, m.rows, neighbors.Auto{Metric: u.Metric, Seed: u.Seed, MemoryLimit: u.MemoryLimit}, x, count)
	if err != nil {
		return nil, failed(method, err)
	}
	m.field.once.Do(func() {
		m.field.at = narrowed(m.embedding.Dense)
		m.field.pull, m.field.push = layout.UMAPForces(m.a, m.b, u.RepulsionStrength)
	})
	joined, y, keys := make([]joinedRow, rows), make([]float32, rows*dim), make([]uint64, rows)
	far := affinity.Disconnection(u.Metric)
	err = par.BlocksWith(ctx, rows, 64, func() []float64 { return make([]float64, dim) }, func(buf []float64, lo, hi int) {
		for i := lo; i < hi; i++ {
			indices, distances := near.Row(i)
			keys[i] = keyOf(indices)
			joined[i] = m.join(indices, distances, far)
			joined[i].mean(y[i*dim:(i+1)*dim], buf[:dim], m.embedding.Dense, u.OutputSpace)
		}
	})
	if err != nil {
		return nil, failed(method, err)
	}
	epochs := umapNewEpochs
	if u.Epochs == None {
		epochs = 0
	}
	edges, err := layout.NewEdges(ctx, rows, func(i int) ([]int32, []float64) {
		if joined[i].still {
			return nil, nil
		}
		return joined[i].tails, joined[i].weights
	}, 1, max(epochs, 1))
	if err != nil {
		return nil, failed(method, err)
	}
	sgd := layout.NegativeSampling{Negatives: max(u.NegativeSamples, 0), Rate: u.LearningRate / 2, Epochs: epochs, Seed: u.Seed,
		Purpose: "UMAP: new rows", Anchors: m.field.at, Keys: keys, Pull: m.field.pull, Push: m.field.push, Space: u.curved()}
	if err := sgd.Run(ctx, y, dim, edges); err != nil {
		return nil, failed(method, err)
	}
	z := u.points(y)
	for i := range rows {
		if joined[i].still && len(joined[i].tails) == 1 {
			copy(z.RawRowView(i), m.embedding.RawRowView(int(joined[i].tails[0])))
		}
	}
	return m.embedding.of(z), nil
}

// joinedRow is how much a new row is joined with some that are known: the largest weight
// is 1.
type joinedRow struct {
	tails   []int32
	weights []float64
	still   bool // it stays where it begins
}

// join weighs the nearest of a row, at ascending distances.
func (m *UMAPModel) join(indices []int32, distances []float64, far float64) joinedRow {
	if distances[0] == 0 {
		return joinedRow{tails: indices[:1], weights: []float64{1}, still: true}
	}
	weights := make([]float64, len(indices))
	within := sort.SearchFloat64s(distances, far)
	if within == 0 {
		for k := range weights {
			weights[k] = 1
		}
		return joinedRow{tails: indices, weights: weights, still: true}
	}
	indices, distances, weights = indices[:within], distances[:within], weights[:within]
	unit, sum := distances[within-1], 0.
	for k, v := range distances {
		weights[k] = v / unit // the weights do not depend on the unit, and sums are finite
		sum += weights[k]
	}
	connectivity := max(m.options.LocalConnectivity-1, 0)
	if _, _, err := affinity.Memberships(weights, weights, math.Log2(float64(m.options.Neighbors)), connectivity, sum/float64(within)); err != nil {
		panic(err) // distances ascend, and are finite
	}
	most, kept := weights[0], 0
	for ; kept < within && weights[kept] > 0; kept++ {
		weights[kept] /= most
	}
	return joinedRow{tails: indices[:kept], weights: weights[:kept]}
}

// mean writes the mean of the places of a row's tails, by their weights, to dst: the point
// of the space that their mean in the ambient one is moved to. sums is as long.
func (j joinedRow) mean(dst []float32, sums []float64, at *mat.Dense, space manifold.Manifold) {
	clear(sums)
	total := 0.
	for k, t := range j.tails {
		total += j.weights[k]
		for c, v := range at.RawRowView(int(t)) {
			sums[c] += j.weights[k] * v
		}
	}
	for c := range sums {
		sums[c] /= total
	}
	space.Project(sums)
	for c, v := range sums {
		dst[c] = float32(v)
	}
}

// keyOf returns a number that is the same for the same nearest rows, wherever the origin of
// the data is: FNV-1a of them.
func keyOf(nearest []int32) uint64 {
	h := uint64(14695981039346656037)
	for _, j := range nearest {
		h = (h ^ uint64(j)) * 1099511628211
		h ^= h >> 29
	}
	return h
}

// widened returns points of dim coordinates, row after row, as a matrix.
func widened(y []float32, dim int) *mat.Dense {
	z := mat.NewDense(len(y)/dim, dim, nil)
	for i, v := range y {
		z.RawMatrix().Data[i] = float64(v)
	}
	return z
}

// narrowed returns the values of z, row after row, as float32.
func narrowed(z *mat.Dense) []float32 {
	n, k := z.Dims()
	y := make([]float32, n*k)
	for i := range n {
		for c, v := range z.RawRowView(i) {
			y[i*k+c] = float32(v)
		}
	}
	return y
}
