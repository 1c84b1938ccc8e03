package dr

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kmeans"
	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/nn"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/pkg/watch"
)

// MLC maps a union of curved manifolds to linear subspaces, one for each, and tells which rows
// are of which: manifold linearising and clustering. A network with two heads gives every row a
// point and a membership of length 1; soft groups are the columns of the doubly stochastic matrix
// nearest to the products of memberships; and the network is trained so that the points cost
// less to code group by group than together (the reduction of their coding rate, see
// geometry.RateReduction): points of a group then lie in few dimensions, and those of different
// groups apart (T. Ding, S. Tong, K. Chan, X. Dai, Y. Ma and B. Haeffele, 2023, Unsupervised manifold
// linearizing and clustering).
//
// As in the paper the network first learns without groups what is alike: there two views of a
// picture, here a row and one of its nearest neighbours, while all rows together fill the space;
// memberships begin as the points. In the end k-means parts the leading eigenvectors of the matrix
// of all rows.
//
// It gains over k-means and linear subspaces where manifolds curve so much that their linear spans
// meet, and rows are so dense that neighbours are of one manifold: of 1000 rows on three curves that
// each span all of R¹⁰ (datasets.UnionOfManifolds of 5 harmonics) labels agree to an adjusted Rand
// index of 0.85, the median of ten seeds, and 0.44 at worst (of five more, one 0.02). Linear methods
// find nothing there, but cluster.Spectral, which is given as good neighbours, parts such curves as
// well. In R²⁰ the median is 1 and the least 0.44.
//
// It gains nothing where linear methods suffice. In R⁵⁰, with 10 harmonics, the median is 0.59 and
// the least 0.03 (where it fails, two curves are joined and another is cut), and least-squares
// representation finds all. Where spans have few dimensions, KSubspaces of these do as well or better
// (3 harmonics in R¹⁰, 600 rows: 1 on all seeds, and MLC 0.18 to 1).
//
// Time O(Steps·Batch²·Components²) beside the network, and O(n³) for the eigenvectors; memory
// 32·n² + 16·n·d bytes.
type MLC struct {
	// Clusters is the number of groups. Default 2, or n where that is less.
	Clusters int

	// Components is the number of columns of the map. It must hold the subspaces of all groups.
	// Default 12.
	Components int

	// Neighbors is how many other rows count as another view of a row. Larger values bridge wider
	// gaps, and join groups that come near each other. Default 6, or n−1 where that is less.
	Neighbors int

	// Epsilon is the error up to which points are coded: larger ones are coarser. Default 0.5.
	Epsilon float64

	// Scale is that of the products of memberships: smaller values make groups of fewer rows.
	// Default 0.1.
	Scale float64

	// Width is that of the two hidden layers. Larger values follow sharper turns. Default 256.
	Width int

	// Batch is the number of rows of a step. Default 128, or n where that is less.
	Batch int

	// Steps is the number of steps, of which the last seventh is with groups. Default 700.
	Steps int

	// LearningRate is the step of Adam without groups; with groups it is 0.03 of it. Default 0.01.
	LearningRate float64

	// Seed draws the network, the batches and the starts of k-means.
	Seed uint64

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

const mlc = "dr.MLC"

// Resolve returns the options with defaults filled in, or a *mat32.ParamError, for a matrix of
// n rows and d columns.
func (m MLC) Resolve(n, d int) (MLC, error) {
	for _, o := range []struct {
		name           string
		value          *int
		standard, most int
		why            string
	}{
		{"Clusters", &m.Clusters, min(2, n), n, "n"},
		{"Components", &m.Components, 12, 256, "256"},
		{"Neighbors", &m.Neighbors, min(6, n-1), n - 1, "n−1"},
		{"Width", &m.Width, 256, 1 << 14, "2¹⁴"},
		{"Batch", &m.Batch, min(128, n), n, "n"},
		{"Steps", &m.Steps, 700, mostBlocks, "2²⁰"},
	} {
		if *o.value == 0 {
			*o.value = o.standard
		}
		if err := checkRange(mlc, o.name, *o.value, 1, o.most, o.why); err != nil {
			return m, err
		}
	}
	for _, o := range []struct {
		name     string
		value    *float64
		standard float64
	}{{"Epsilon", &m.Epsilon, .5}, {"Scale", &m.Scale, .1}, {"LearningRate", &m.LearningRate, .01}} {
		if *o.value == 0 {
			*o.value = o.standard
		}
		if !(*o.value >= 1e-3 && *o.value <= 1e3) {
			return m, &mat32.ParamError{Method: mlc, Param: o.name, Value: *o.value, Want: fmt.Sprintf("0.001 ≤ %s ≤ 1000, or 0 for %v", o.name, o.standard)}
		}
	}
	if m.MemoryLimit < 0 {
		return m, &mat32.ParamError{Method: mlc, Param: "MemoryLimit", Value: m.MemoryLimit, Want: "0 or more bytes"}
	}
	return m, nil
}

// layers end in the two heads, side by side.
func (m MLC) layers() []nn.Layer {
	return []nn.Layer{nn.Linear{Out: m.Width}, &nn.BatchNorm{Rectify: true}, nn.Linear{Out: m.Width}, &nn.BatchNorm{Rectify: true},
		nn.Linear{Out: 2 * m.Components}, nn.Bias{}}
}

// Embed is Fit for its map.
func (m MLC) Embed(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	model, err := m.Fit(ctx, x)
	if err != nil {
		return nil, err
	}
	return model.embedding, nil
}

// Fit returns the map and the groups of the rows of x (n × d). Errors: those of mat32.CheckRows,
// mat32.Check and Resolve, *mat32.DegenerateError where training leaves float32,
// *mat32.MemoryError, and one that wraps ctx.Err().
func (m MLC) Fit(ctx context.Context, x mat.Matrix) (*MLCModel, error) {
	n, d, err := checkRows(ctx, mlc, x, 2)
	if err != nil {
		return nil, err
	}
	if m, err = m.Resolve(n, d); err != nil {
		return nil, err
	}
	b := int64(m.Batch)
	need := 32*int64(n)*int64(n) + 16*int64(n)*int64(d) + 32*b*b + nn.Bytes(d, max(2*m.Batch, n), m.layers()...)
	if err := mat32.CheckMemory(mlc, need, m.MemoryLimit, "use fewer rows"); err != nil {
		return nil, err
	}
	rows, err := scaled(ctx, mlc, x)
	if err != nil {
		return nil, failed(mlc, err)
	}
	graph, err := neighbors.Exact{Neighbors: m.Neighbors, MemoryLimit: m.MemoryLimit}.Graph(ctx, x)
	if err != nil {
		return nil, mat32.Rename(mlc, err)
	}
	net := nn.New(d, m.Seed, "MLC/weights", m.layers()...)
	value, err := m.train(ctx, net, rows, graph)
	if err != nil {
		return nil, failed(mlc, err)
	}
	all := blas32.General{Rows: n, Cols: d, Stride: d, Data: make([]float32, n*d)}
	for i := range n {
		copy(all.Data[i*d:(i+1)*d], rows.Row(i))
	}
	y, err := net.Forward(ctx, all)
	if err != nil {
		return nil, failed(mlc, err)
	}
	z, c, _ := m.heads(y, 0, n)
	if !finite(z.RawMatrix().Data) || !finite(c.RawMatrix().Data) {
		return nil, &mat32.DegenerateError{Method: mlc, Reason: "the network left float32: take a smaller LearningRate"}
	}
	model := &MLCModel{embedding: &Embedding{Dense: z, Method: "MLC", Options: fmt.Sprintf("%+v", m), Rows: n, Dim: d, Objective: value, Loss: "rate reduction"}}
	model.labels, err = m.parted(ctx, c)
	if err != nil {
		return nil, failed(mlc, err)
	}
	return model, nil
}

// heads returns what both heads make of some rows, brought to length 1, and their lengths before.
func (m MLC) heads(y blas32.General, lo, hi int) (z, c *mat.Dense, lengths [2][]float64) {
	p := m.Components
	both := [2]*mat.Dense{mat.NewDense(hi-lo, p, nil), mat.NewDense(hi-lo, p, nil)}
	for h, to := range both {
		lengths[h] = make([]float64, hi-lo)
		for i := range hi - lo {
			row := to.RawRowView(i)
			for j, v := range y.Data[(lo+i)*y.Stride+h*p:][:p] {
				row[j] = float64(v)
			}
			l := floats.Norm(row, 2)
			if l == 0 {
				row[0], l = 1, 1
			} else {
				floats.Scale(1/l, row)
			}
			lengths[h][i] = l
		}
	}
	return both[0], both[1], lengths
}

// train maximises, first, the coding rate of the points of a batch and how alike neighbours are. The
// head of memberships begins as that of points has become, and then both learn the rate
// reduction, still with neighbours alike; it returns the last of that.
//
// Free groups reduce the rate most where they are single directions, as many as there are
// Components: from a good start slow steps straighten groups, and fast ones would cut them up. So
// would neighbours with less weight.
func (m MLC) train(ctx context.Context, net *nn.Net, rows *scaledRows32, graph *neighbors.Graph) (value float64, err error) {
	const alike, slow = 30., .03
	n, d := rows.Dims()
	b, p := m.Batch, m.Components
	objective := rateReduction{float64(p) / (m.Epsilon * m.Epsilon)}
	pairs := blas32.General{Rows: 2 * b, Cols: d, Stride: d, Data: make([]float32, 2*b*d)}
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	adam := new(nn.Adam[float32])
	first := m.Steps * 6 / 7
	for step := range m.Steps {
		rate := m.LearningRate
		if step < first {
			rate *= nn.Cosine(step, first/10, first)
		} else {
			rate *= slow * nn.Cosine(step-first, (m.Steps-first)/10, m.Steps-first)
		}
		if step == first {
			for last := range 2 {
				of := net.Parameters(len(m.layers()) - 1 - last)
				copy(of[len(of)/2:], of[:len(of)/2])
			}
			adam = new(nn.Adam[float32])
		}
		s := rng.New(m.Seed, "MLC/batch", step)
		for k := range b {
			j := k + s.IntN(n-k)
			order[k], order[j] = order[j], order[k]
			near, _ := graph.Row(order[k])
			copy(pairs.Data[k*d:(k+1)*d], rows.Row(order[k]))
			copy(pairs.Data[(b+k)*d:(b+k+1)*d], rows.Row(int(near[s.IntN(m.Neighbors)])))
		}
		y, err := net.Forward(ctx, pairs)
		if err != nil {
			return 0, err
		}
		z, c, lengths := m.heads(y, 0, 2*b)
		if !finite(z.RawMatrix().Data) || !finite(c.RawMatrix().Data) {
			return 0, linalg.ErrNotFinite
		}
		by := [2]*mat.Dense{mat.NewDense(2*b, p, nil), mat.NewDense(2*b, p, nil)}
		half := func(x *mat.Dense) *mat.Dense { return x.Slice(0, b, 0, p).(*mat.Dense) }
		if step < first {
			_, inverse, err := codingRate(ctx, z, nil, objective.precision/float64(2*b))
			if err != nil {
				return 0, err
			}
			by[0].Mul(z, inverse)
			by[0].Scale(objective.precision/float64(2*b), by[0])
		} else {
			member, err := doublyStochastic(ctx, mat.DenseCopyOf(half(c)), m.Scale)
			if err != nil {
				return 0, err
			}
			var byZ, byMember *mat.Dense
			if value, byZ, byMember, err = objective.of(ctx, mat.DenseCopyOf(half(z)), member); err != nil {
				return 0, err
			}
			half(by[0]).Copy(byZ)
			half(by[1]).Copy(byHeads(mat.DenseCopyOf(half(c)), member, byMember, m.Scale))
		}
		g := net.Gradient()
		for h, x := range [2]*mat.Dense{z, c} {
			if h == 1 && step < first { // memberships do not learn yet
				for i := range 2 * b {
					clear(g.Data[i*g.Stride+p:][:p])
				}
				break
			}
			for k := range b {
				floats.AddScaled(by[h].RawRowView(k), alike*float64(p)/float64(b), x.RawRowView(b+k))
				floats.AddScaled(by[h].RawRowView(b+k), alike*float64(p)/float64(b), x.RawRowView(k))
			}
			for i := range 2 * b {
				at, slope := x.RawRowView(i), by[h].RawRowView(i)
				along := floats.Dot(at, slope)
				for j, v := range slope { // the objective is raised, the network descends
					g.Data[i*g.Stride+h*p+j] = float32(-(v - along*at[j]) / lengths[h][i])
				}
			}
		}
		if err := net.Backward(ctx); err != nil {
			return 0, err
		}
		if err := adam.Step(ctx, rate, net.Values, net.Slopes); err != nil {
			return 0, err
		}
		watch.Report(ctx, watch.Event{Stage: "MLC: training", Done: step + 1, Total: m.Steps, Loss: value})
	}
	return value, nil
}

// parted returns the groups of all rows by their memberships.
func (m MLC) parted(ctx context.Context, c *mat.Dense) ([]int, error) {
	n, _ := c.Dims()
	member, err := doublyStochastic(ctx, c, m.Scale)
	if err != nil {
		return nil, err
	}
	sym := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			sym.SetSym(i, j, (member.At(i, j)+member.At(j, i))/2)
		}
	}
	_, vectors, err := linalg.EigenSymRange(ctx, sym, 0, m.Clusters)
	if err != nil {
		return nil, err
	}
	points := blas32.General{Rows: n, Cols: m.Clusters, Stride: m.Clusters, Data: make([]float32, n*m.Clusters)}
	for i := range n {
		for k := range m.Clusters {
			points.Data[i*m.Clusters+k] = float32(vectors.At(k, i) * math.Sqrt(float64(n)))
		}
	}
	var best *kmeans.Clusters
	for run := range uint64(10) {
		k, err := kmeans.KMeans{Clusters: m.Clusters, Seed: 10*m.Seed + run}.Fit(ctx, points)
		if err != nil {
			return nil, err
		}
		if best == nil || k.Inertia < best.Inertia {
			best = k
		}
	}
	labels, number := make([]int, n), map[int32]int{}
	for i, l := range best.Labels {
		if _, ok := number[l]; !ok {
			number[l] = len(number)
		}
		labels[i] = number[l]
	}
	return labels, nil
}

// MLCModel is fitted by MLC. It keeps the map and the groups, not the network.
type MLCModel struct {
	embedding *Embedding
	labels    []int
}

// Embedding returns the map, whose rows have length 1.
func (m *MLCModel) Embedding() *Embedding { return m.embedding }

// Labels returns the group of every row, numbered from 0 by their first rows.
func (m *MLCModel) Labels() []int { return slices.Clone(m.labels) }

// String returns a small table: shape, options and groups.
func (m *MLCModel) String() string {
	sizes := make([]int, slices.Max(m.labels)+1)
	for _, l := range m.labels {
		sizes[l]++
	}
	return m.embedding.String() + fmt.Sprintf("\n  groups      %d", sizes)
}

const mlcKind, mlcVersion = "dr.MLCModel", 1

func (m *MLCModel) encode(w *saved.Writer) {
	m.embedding.encode(w)
	w.Ints(m.labels)
}

func (m *MLCModel) decode(r *saved.Reader) {
	m.embedding = new(Embedding)
	m.embedding.decode(r)
	m.labels = r.Ints()
	if r.OK() && (len(m.labels) != m.embedding.Rows || len(m.labels) == 0 || slices.Min(m.labels) < 0 || slices.Max(m.labels) >= len(m.labels)) {
		r.Fail("its map and groups do not fit")
	}
}

// WriteTo saves the model.
func (m *MLCModel) WriteTo(w io.Writer) (int64, error) {
	return write(w, mlcKind, mlcVersion, m.encode)
}

// ReadFrom replaces m by a saved model; see Embedding.ReadFrom for the errors.
func (m *MLCModel) ReadFrom(r io.Reader) (int64, error) {
	return read(r, mlcKind, mlcVersion, m, (*MLCModel).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *MLCModel) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *MLCModel) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
