package dr

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/nn"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/screen"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/pkg/watch"
)

// GaussianLinear maps rows by a mixture of linear maps, Σ w_c(x)·M_c·(x − mean): every
// center c has a map M_c of its own, and its weight w_c falls with the distance from
// it like a Gaussian, the weights of a row adding up to 1. The maps are fitted so that
// distances between rows stay as they are. Near a center the map is as easy to
// read as a linear one: which columns it looks at (Influence, Suppressed), and how it
// stretches space (LocalStretch). With one center it is a linear map.
//
// All maps start as the first principal components, so the stress begins at that of
// PCA, and Adam lowers it. The centers come from k-means, which starts at rows far
// from each other, and the width of the Gaussians from the distances between them.
//
// For m centers, k components and p pairs of every row it takes O(n·(d·m·k + p·k)) an
// iteration, and O(n·d·(m + p)) once (O(n²·d) for Neighbors without a Graph). Memory
// about 8·(n·(2·d + m·(k + 1) + 3·p + 4·k) + m·d·(3 + 4·k)) bytes.
//
// Source: E. Bergh (2025), Interpretable non-linear dimensionality reduction using
// gaussian weighted linear transformation.
type GaussianLinear struct {
	// Components is the number of dimensions of the map, at most min(n−1, d).
	// Default 2, or that where it is less.
	Components int

	// Centers is the number of linear maps, at most n. More of them follow sharper
	// bends, and are more to read. Where there are fewer distinct rows there are
	// fewer, which the embedding notes. Default 10, or n where that is less.
	Centers int

	// Width is the standard deviation of the Gaussians, as a multiple of the root mean
	// square of the distances from the centers to the nearest others. Larger values
	// blend the maps more. Default 1.
	Width float64

	// Neighbors, when given, is the number of nearest neighbours of a row that the
	// distances are kept to: the map may then unroll what is bent. Default 0: the
	// distances to all rows are kept, as to Pairs of them.
	Neighbors int

	// Graph, when given, is a graph of the rows of x with Neighbors or more neighbours
	// each, Euclidean; it saves the search for them. It is ignored without Neighbors.
	Graph *neighbors.Graph

	// Pairs is how many rows, drawn once, the distances from a row are kept to; it
	// is ignored with Neighbors. More of them cost time and leave less to chance.
	// Default 32, or all n−1 where these are not more than twice as many.
	Pairs int

	// Iterations is the number of steps. Default 500.
	Iterations int

	// LearningRate is the largest change of a weight in one step, at most 1. Default
	// 0.1.
	LearningRate float64

	// Seed of the pairs; ignored with Neighbors.
	Seed uint64

	// MemoryLimit in bytes refuses data that would not fit. Default GOMEMLIMIT, or
	// 4 GiB.
	MemoryLimit int64
}

// Resolve returns the options with defaults filled in for n × d data, or an error
// that names the option and its range.
func (g GaussianLinear) Resolve(n, d int) (GaussianLinear, error) {
	const method = "dr.GaussianLinear"
	most := min(n-1, d)
	if n < 2 {
		return g, fmt.Errorf("%s: %w", method, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 2 rows for distances"})
	}
	usual := 32
	if n-1 <= 2*usual {
		usual = n - 1
	}
	for _, o := range []struct {
		value *int
		usual int
	}{{&g.Components, min(2, most)}, {&g.Centers, min(10, n)}, {&g.Pairs, usual}, {&g.Iterations, 500}} {
		if *o.value == 0 {
			*o.value = o.usual
		}
	}
	if g.Width == 0 {
		g.Width = 1
	}
	if g.LearningRate == 0 {
		g.LearningRate = 0.1
	}
	for _, r := range []struct {
		param string
		value any
		ok    bool
		want  string
	}{
		{"Components", g.Components, g.Components >= 1 && g.Components <= most, fmt.Sprintf("1 ≤ Components ≤ min(n−1, d) = %d", most)},
		{"Centers", g.Centers, g.Centers >= 1 && g.Centers <= n, fmt.Sprintf("1 ≤ Centers ≤ n = %d", n)},
		{"Width", g.Width, g.Width >= 1e-3 && g.Width <= 1e3, "0.001 ≤ Width ≤ 1000"},
		{"Neighbors", g.Neighbors, g.Neighbors >= 0 && g.Neighbors <= n-1, fmt.Sprintf("0 ≤ Neighbors ≤ n−1 = %d", n-1)},
		{"Pairs", g.Pairs, g.Pairs >= 1 && g.Pairs <= n-1, fmt.Sprintf("1 ≤ Pairs ≤ n−1 = %d", n-1)},
		{"Iterations", g.Iterations, g.Iterations >= 1, "1 or more"},
		{"LearningRate", g.LearningRate, g.LearningRate > 0 && g.LearningRate <= 1, "0 < LearningRate ≤ 1"},
		{"MemoryLimit", g.MemoryLimit, g.MemoryLimit >= 0, "0 or more bytes"},
	} {
		if !r.ok {
			return g, &mat32.ParamError{Method: method, Param: r.param, Value: r.value, Want: r.want}
		}
	}
	return g, nil
}

// String returns the options in one line, as captions and tables show them.
func (g GaussianLinear) String() string {
	pairs := fmt.Sprintf("%d pairs of every row, seed %d", g.Pairs, g.Seed)
	if g.Neighbors > 0 {
		pairs = fmt.Sprintf("%d neighbours", g.Neighbors)
	}
	return fmt.Sprintf("%d components, %d centers, width %.4g, %s, %d iterations, rate %.4g", g.Components, g.Centers, g.Width, pairs, g.Iterations, g.LearningRate)
}

// Fit learns a map from x (n × d). Errors: those of mat32.CheckRows, mat32.Check and
// Resolve, *mat32.ParamError for a Graph of other rows, *mat32.DegenerateError where
// all rows are equal or results exceed float64, *mat32.MemoryError, and one that
// wraps ctx.Err().
func (g GaussianLinear) Fit(ctx context.Context, x mat.Matrix) (*GaussianLinearModel, error) {
	const method = "dr.GaussianLinear"
	fail := func(err error) (*GaussianLinearModel, error) { return nil, fmt.Errorf("%s: %w", method, err) }
	n, d, err := checkRows(ctx, method, x, 2)
	if err != nil {
		return nil, err
	}
	g, err = g.Resolve(n, d)
	if err != nil {
		return nil, err
	}
	if g.Neighbors > 0 && g.Graph != nil {
		if err := g.Graph.CheckContext(ctx, method, x, g.Neighbors); err != nil {
			return nil, err
		}
	}
	pairs := g.Pairs
	if g.Neighbors > 0 {
		pairs = g.Neighbors
	}
	need := 8*(int64(n)*int64(d+g.Centers*(g.Components+1)+3*pairs+4*g.Components+3)+
		int64(g.Centers)*int64(d)*int64(3+4*g.Components)) + decomposing(n, d, g.Components) + packed(int64(g.Centers)*int64(g.Components)*int64(d))
	if g.Neighbors > 0 && g.Graph == nil {
		need += 12*int64(n)*int64(g.Neighbors) + screen.Bytes(x)
	}
	if err := mat32.CheckMemory(method, need, g.MemoryLimit, "reduce Pairs, Centers, rows or columns"); err != nil {
		return nil, err
	}
	var notes []string
	var graph *neighbors.Graph
	if g.Neighbors > 0 {
		if graph = g.Graph; graph != nil {
			notes = append(notes, fmt.Sprintf("neighbours of a given graph: the first %d of %d", g.Neighbors, graph.K))
		} else if graph, err = (neighbors.Exact{Neighbors: g.Neighbors, MemoryLimit: g.MemoryLimit}).Graph(ctx, x); err != nil {
			return fail(err)
		}
	}
	g.Graph = nil // an input, which the model does not keep
	pca, err := PCA{Components: g.Components, MemoryLimit: g.MemoryLimit}.Fit(ctx, x)
	if err != nil {
		return fail(err)
	}
	rows, unit, err := g.rows(ctx, x, pca.mean)
	if err != nil {
		return fail(err)
	}
	centers, width, err := g.spread(ctx, rows)
	if err != nil {
		return fail(err)
	}
	m := &GaussianLinearModel{options: g, rows: n, mean: pca.mean, unit: unit, centers: centers, width: width}
	if found, _ := centers.Dims(); found < g.Centers {
		notes = append(notes, fmt.Sprintf("the rows have only %d distinct places: there are as many centers", found))
	}
	edges, err := g.edges(ctx, rows, graph)
	if err != nil {
		return fail(err)
	}
	if edges.total == 0 {
		return nil, &mat32.DegenerateError{Method: method, Reason: "all rows of every pair are equal: there are no distances to keep"}
	}
	stress, err := m.train(ctx, rows, edges, pca.components)
	if err != nil {
		return fail(err)
	}
	if !finite(m.maps.RawMatrix().Data) || math.IsNaN(stress) || math.IsInf(stress, 0) {
		return nil, &mat32.DegenerateError{Method: method, Reason: "the weights grew beyond the largest float64: rescale the data or reduce LearningRate"}
	}
	z, err := m.apply(ctx, x)
	if err != nil {
		return nil, err
	}
	m.embedding = &Embedding{Dense: z, Method: "Gaussian-weighted linear map", Options: g.String(), Rows: n, Dim: d, Objective: stress, Loss: "stress", Notes: notes}
	return m, nil
}

// Embed returns the images of the rows of x: Fit(ctx, x) and its embedding.
func (g GaussianLinear) Embed(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	m, err := g.Fit(ctx, x)
	if err != nil {
		return nil, err
	}
	return m.embedding, nil
}

// rows returns x − mean over unit, a power of two near the root of the mean square
// length of a row.
func (g GaussianLinear) rows(ctx context.Context, x mat.Matrix, mean []float64) (*mat.Dense, float64, error) {
	n, d := x.Dims()
	c := &centered{x: x, n: n, d: d, mean: mean}
	largest, root, err := c.size(ctx)
	if err != nil {
		return nil, 0, err
	}
	if !(largest <= 0x1p1000) || largest < 0x1p-1000 {
		return nil, 0, &mat32.DegenerateError{Method: "dr.GaussianLinear", Reason: "the scale of the data is beyond float64: rescale them"}
	}
	rows, unit := mat.NewDense(n, d, nil), binary(root*math.Sqrt(float64(d)))
	return rows, unit, c.each(ctx, func(i int, row []float64) {
		to := rows.RawRowView(i)
		copy(to, row)
		kernel.Scal64(1/unit, to)
	})
}

// spread returns centers, one a row, and the width of their Gaussians.
func (g GaussianLinear) spread(ctx context.Context, rows *mat.Dense) (centers *mat.Dense, width float64, err error) {
	const rounds = 10
	n, d := rows.Dims()
	centers = mat.NewDense(g.Centers, d, nil)
	distance, nearest := make([]float64, n), make([]int, n)
	// look compares all rows with centers [from, to).
	look := func(from, to int) error {
		return par.Blocks(ctx, n, 256, func(lo, hi int) {
			for i := lo; i < hi; i++ {
				for c := from; c < to; c++ {
					if v := kernel.SquaredDistance64(rows.RawRowView(i), centers.RawRowView(c)); c == 0 || v < distance[i] {
						distance[i], nearest[i] = v, c
					}
				}
			}
		})
	}
	// Every center begins at the row furthest from those before, the first at the
	// row furthest from the mean.
	if err := look(0, 1); err != nil {
		return nil, 0, err
	}
	m := 0
	for m < g.Centers {
		furthest := 0
		for i, v := range distance {
			if v > distance[furthest]*(1+1e-9) {
				furthest = i
			}
		}
		if m > 0 && distance[furthest] == 0 {
			break
		}
		centers.SetRow(m, rows.RawRowView(furthest))
		if err := look(m, m+1); err != nil {
			return nil, 0, err
		}
		m++
	}
	centers = centers.Slice(0, m, 0, d).(*mat.Dense)
	counts := make([]float64, m)
	for range rounds {
		sums := mat.NewDense(m, d, nil)
		clear(counts)
		for i, c := range nearest {
			if i%4096 == 0 && ctx.Err() != nil {
				return nil, 0, ctx.Err()
			}
			kernel.Axpy64(1, rows.RawRowView(i), sums.RawRowView(c))
			counts[c]++
		}
		for c, count := range counts {
			if count > 0 {
				kernel.Scal64(1/count, sums.RawRowView(c))
				centers.SetRow(c, sums.RawRowView(c))
			}
		}
		if err := look(0, m); err != nil {
			return nil, 0, err
		}
	}
	square, err := par.Sum(ctx, m, 1, func(c, _ int) float64 {
		least := math.Inf(1)
		for b := range m {
			if b != c {
				least = min(least, kernel.SquaredDistance64(centers.RawRowView(b), centers.RawRowView(c)))
			}
		}
		return least / float64(m)
	})
	if err != nil {
		return nil, 0, err
	}
	if m == 1 || square == 0 {
		square = 1 // one center has all the weight, whatever the width
	}
	return mat.DenseCopyOf(centers), g.Width * math.Sqrt(square), nil
}

// edges are the pairs whose distances are kept, from both of their rows: those of
// row i are from start[i] on.
type edges struct {
	start    []int
	other    []int32
	distance []float64
	total    float64 // the sum of the squared distances
}

// edges returns the pairs of neighbours, or those drawn by chance: of rows in a ring in
// random order, all that are some random distances apart, so that every row has as
// many.
func (g GaussianLinear) edges(ctx context.Context, rows *mat.Dense, graph *neighbors.Graph) (*edges, error) {
	n, _ := rows.Dims()
	round, steps := shuffled(g.Seed, 0, n), shuffled(g.Seed, 1, n-1)
	// list calls f with both rows of every pair of the i-th row.
	list := func(i int, f func(i, j int32)) {
		if graph == nil {
			for _, s := range steps[:g.Pairs] {
				f(round[i], round[(i+1+int(s))%n])
			}
			return
		}
		near, _ := graph.Row(i)
		for _, j := range near[:g.Neighbors] {
			f(int32(i), j)
		}
	}
	e := &edges{start: make([]int, n+1)}
	for i := range n {
		if i%4096 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		list(i, func(i, j int32) {
			e.start[i+1]++
			e.start[j+1]++
		})
	}
	for i := range n {
		e.start[i+1] += e.start[i]
	}
	e.other, e.distance = make([]int32, e.start[n]), make([]float64, e.start[n])
	at := append([]int(nil), e.start...)
	for i := range n {
		if i%4096 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		list(i, func(i, j int32) {
			e.other[at[i]], e.other[at[j]] = j, i
			at[i]++
			at[j]++
		})
	}
	squares := make([]float64, n)
	err := par.Blocks(ctx, n, 64, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			for p := e.start[i]; p < e.start[i+1]; p++ {
				v := kernel.SquaredDistance64(rows.RawRowView(i), rows.RawRowView(int(e.other[p])))
				e.distance[p] = math.Sqrt(v)
				squares[i] += v
			}
		}
	})
	for _, v := range squares {
		e.total += v
	}
	return e, err
}

// shuffled returns 0 … n−1 in random order.
func shuffled(seed uint64, what, n int) []int32 {
	order := make([]int32, n)
	for i := range order {
		order[i] = int32(i)
	}
	s := rng.New(seed, "GaussianLinear/pairs", what)
	s.Shuffle(n, func(i, j int) { order[i], order[j] = order[j], order[i] })
	return order
}

// train fits the maps, which start at the principal components, and returns the
// stress.
func (m *GaussianLinearModel) train(ctx context.Context, rows *mat.Dense, e *edges, start *mat.Dense) (float64, error) {
	g := m.options
	n, d := rows.Dims()
	k := g.Components
	c, _ := m.centers.Dims()
	m.maps = mat.NewDense(c*k, d, nil)
	for r := range c * k {
		m.maps.SetRow(r, start.RawRowView(r%k))
	}
	weights := mat.NewDense(n, c, nil)
	if err := par.Blocks(ctx, n, 256, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			m.weigh(weights.RawRowView(i), rows.RawRowView(i))
		}
	}); err != nil {
		return 0, err
	}
	images, z, losses := mat.NewDense(n, c*k, nil), mat.NewDense(n, k, nil), make([]float64, n)
	forward := func() error {
		if err := multiply(ctx, images, rows, blas.NoTrans, m.maps, blas.Trans); err != nil {
			return err
		}
		return par.Blocks(ctx, n, 256, func(lo, hi int) {
			for i := lo; i < hi; i++ {
				blend(z.RawRowView(i), weights.RawRowView(i), images.RawRowView(i))
			}
		})
	}
	// pull returns the stress, and leaves in images the gradient by them.
	pull := func() (float64, error) {
		err := par.BlocksWith(ctx, n, 64, func() []float64 { return make([]float64, k) }, func(by []float64, lo, hi int) {
			for i := lo; i < hi; i++ {
				losses[i] = e.pull(i, z, by)
				to := images.RawRowView(i)
				for a, w := range weights.RawRowView(i) {
					for j, v := range by {
						to[a*k+j] = w * v
					}
				}
			}
		})
		sum := 0.
		for _, v := range losses {
			sum += v
		}
		return math.Sqrt(sum / e.total), err
	}
	slopes, adam := mat.NewDense(c*k, d, nil), new(nn.Adam[float64])
	for it := range g.Iterations {
		if err := forward(); err != nil {
			return 0, err
		}
		stress, err := pull()
		if err != nil {
			return 0, err
		}
		if err := kernel.Gemm64(ctx, blas.Trans, blas.NoTrans, 2/float64(n), images.RawMatrix(), rows.RawMatrix(), 0, slopes.RawMatrix()); err != nil {
			return 0, err
		}
		rate := g.LearningRate * nn.Cosine(it, g.Iterations/20, g.Iterations)
		if err := adam.Step(ctx, rate, m.maps.RawMatrix().Data, slopes.RawMatrix().Data); err != nil {
			return 0, err
		}
		watch.Report(ctx, watch.Event{Stage: "Gaussian-weighted linear map", Done: it + 1, Total: g.Iterations, Loss: stress})
	}
	if err := forward(); err != nil {
		return 0, err
	}
	return pull()
}

// pull returns the squared errors of the distances from row i in the map z, and half
// the gradient of their sum by its place.
func (e *edges) pull(i int, z *mat.Dense, by []float64) (loss float64) {
	clear(by)
	at := z.RawRowView(i)
	for p := e.start[i]; p < e.start[i+1]; p++ {
		other := z.RawRowView(int(e.other[p]))
		square := 0.
		for j, v := range at {
			square += (v - other[j]) * (v - other[j])
		}
		length := math.Sqrt(square)
		miss := length - e.distance[p]
		loss += miss * miss
		if length == 0 {
			continue // no direction is better than another
		}
		for j, v := range at {
			by[j] += miss / length * (v - other[j])
		}
	}
	return loss
}

// blend writes to z the images of one row by all maps, weighted.
func blend(z, weights, images []float64) {
	clear(z)
	for c, w := range weights {
		kernel.Axpy64(w, images[c*len(z):(c+1)*len(z)], z)
	}
}
