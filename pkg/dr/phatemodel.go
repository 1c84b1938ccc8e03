package dr

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kmeans"
	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// PHATEModel is fitted by PHATE. It keeps the rows it was fitted to, by the columns that
// are compared, unless it was fitted to distances or given weights: 8·n·d bytes.
type PHATEModel struct {
	options   PHATE
	embedding *Embedding
	time      int
	entropies []float64
	layout    *mat.Dense // of the rows, or the landmarks
	labels    []int32    // of every row: its landmark; nil where rows stand for themselves

	columns *PCAModel  // which rows are compared by; nil for all columns
	rows    *mat.Dense // as they were given; nil where there are columns, distances or weights

	steps *linalg.CSR // from rows to landmarks, while it is made
}

// clusters returns the cluster of every row of x, numbered without gaps.
func clusters(ctx context.Context, x *mat.Dense, count, batch int, seed uint64) ([]int32, error) {
	n, d := x.Dims()
	rows := blas32.General{Rows: n, Cols: d, Stride: d, Data: make([]float32, n*d)}
	for i := range n {
		for j, v := range x.RawRowView(i) {
			rows.Data[i*d+j] = float32(v)
		}
	}
	k := kmeans.KMeans{Clusters: count, Sample: 3 * count, Iterations: 20, Seed: seed}
	if n > batch {
		k.Batch = batch
	}
	c, err := k.Fit(ctx, rows)
	if err != nil {
		return nil, err
	}
	number := make([]int32, len(c.Sizes))
	next := int32(0)
	for l, size := range c.Sizes {
		if number[l] = next; size > 0 {
			next++
		}
	}
	for i, l := range c.Labels {
		c.Labels[i] = number[l]
	}
	return c.Labels, nil
}

// compared returns the rows as they are compared, or nil.
func (m *PHATEModel) compared() *mat.Dense {
	if m.columns != nil {
		return m.columns.embedding.Dense
	}
	return m.rows
}

// Embedding returns the map of the rows the model was fitted to.
func (m *PHATEModel) Embedding() *Embedding { return m.embedding }

// Time returns how many steps the walk took.
func (m *PHATEModel) Time() int { return m.time }

// Entropies returns the von Neumann entropies of walks of 1, 2, … steps, in nats, or nil
// where Time was given.
func (m *PHATEModel) Entropies() []float64 { return slices.Clone(m.entropies) }

// Landmarks returns the landmark of every row, a number from 0, or nil where rows stand
// for themselves.
func (m *PHATEModel) Landmarks() []int {
	if m.labels == nil {
		return nil
	}
	labels := make([]int, len(m.labels))
	for i, l := range m.labels {
		labels[i] = int(l)
	}
	return labels
}

// LandmarkLayout returns a copy of where the landmarks lie, one a row, or of the map where
// rows stand for themselves.
func (m *PHATEModel) LandmarkLayout() *mat.Dense { return mat.DenseCopyOf(m.layout) }

// Transform returns where new rows lie in the map: each at the mean of the landmarks, or
// rows, that a step along its weights leads to. The weights are those that it gives to the
// rows of the model, by its own reach; Alpha does not matter to them. A row of the model
// lands near its place, not on it. Errors: those of mat32.CheckRows and mat32.Check,
// *mat32.ShapeError for other columns, *mat32.DegenerateError where the model was fitted to
// distances or given weights, *mat32.MemoryError, and one that wraps ctx.Err(). Time
// O(n·d) a row, for n rows that the model was fitted to.
func (m *PHATEModel) Transform(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	const method = "dr.PHATE"
	if m.compared() == nil {
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
	known := m.compared()
	n, d := known.Dims()
	_, k := m.layout.Dims()
	if err := mat32.CheckMemory(method, int64(rows)*8*int64(k+d)+24*int64(n)*int64(d), m.options.MemoryLimit, "map fewer rows at a time"); err != nil {
		return nil, err
	}
	if m.columns != nil {
		z, err := m.columns.Transform(ctx, x)
		if err != nil {
			return nil, mat32.Rename(method, err)
		}
		x = z.Dense
	}
	near, err := m.near(ctx, x, rows)
	if err != nil {
		return nil, mat32.Rename(method, err)
	}
	z := mat.NewDense(rows, k, nil)
	err = overRows(ctx, rows, func(i int) { m.step(z.RawRowView(i), near[i]) })
	if err != nil {
		return nil, failed(method, err)
	}
	if err := checkFits(method, z); err != nil {
		return nil, err
	}
	return m.embedding.of(z), nil
}

// listed are the rows of the model near a new one, nearest first.
type listed struct {
	indices   []int32
	distances []float64
}

// near returns for every new row those of the model within the distance at which weights
// end.
func (m *PHATEModel) near(ctx context.Context, x mat.Matrix, rows int) ([]listed, error) {
	const wider = 4
	ix, err := neighbors.Exact{MemoryLimit: m.options.MemoryLimit}.Index(ctx, m.compared())
	if err != nil {
		return nil, err
	}
	k := m.options.Neighbors
	a, err := ix.Query(ctx, x, wider*k)
	if err != nil {
		return nil, err
	}
	kernel, err := m.options.kernel().Resolve(m.compared().Dims())
	if err != nil {
		return nil, err
	}
	beyond := math.Pow(-math.Log(kernel.Threshold), 1/kernel.Decay)
	near := make([]listed, rows)
	for i := range near {
		indices, distances := a.Row(i)
		reach := distances[k-1]
		radius := min(reach*beyond*(1+1e-12), math.MaxFloat64)
		if n, _ := ix.Dims(); a.K < n && reach > 0 && distances[a.K-1] <= radius {
			h, err := ix.Within(ctx, mat32.Select(x, []int{i}), radius)
			if err != nil {
				return nil, err
			}
			indices, distances = h.Row(0)
		}
		end, _ := slices.BinarySearchFunc(distances, radius, func(d, r float64) int { return cmp.Or(cmp.Compare(d, r), -1) })
		near[i] = listed{indices[:end], distances[:end]}
	}
	return near, nil
}

// step writes to dst the mean of what the weights of a new row lead to.
func (m *PHATEModel) step(dst []float64, near listed) {
	reach := near.distances[m.options.Neighbors-1]
	sum := 0.
	for k, j := range near.indices {
		w := 0.
		switch distance := near.distances[k]; {
		case distance == 0:
			w = 1
		case reach > 0:
			w = math.Exp(-math.Pow(distance/reach, m.options.Decay))
		}
		at := j
		if m.labels != nil {
			at = m.labels[j]
		}
		sum += w
		for c, v := range m.layout.RawRowView(int(at)) {
			dst[c] += w * v
		}
	}
	for c := range dst {
		dst[c] /= sum
	}
}

// String returns a small table: shape, options and notes.
func (m *PHATEModel) String() string {
	s := m.embedding.String()
	if m.labels != nil {
		n, _ := m.layout.Dims()
		s += fmt.Sprintf("\n  landmarks   %d", n)
	}
	return s + fmt.Sprintf("\n  steps       %d", m.time)
}

const phateKind, phateVersion = "dr.PHATEModel", 1

func (m *PHATEModel) encode(w *saved.Writer) {
	w.JSON(m.options)
	m.embedding.encode(w)
	w.Int(m.time)
	w.Floats(m.entropies)
	w.Matrix(m.layout)
	w.Int32s(m.labels)
	w.Bool(m.columns != nil)
	if m.columns != nil {
		m.columns.encode(w)
	}
	w.Bool(m.rows != nil)
	if m.rows != nil {
		w.Matrix(m.rows)
	}
}

func (m *PHATEModel) decode(r *saved.Reader) {
	r.JSON(&m.options)
	m.embedding = new(Embedding)
	m.embedding.decode(r)
	m.time, m.entropies, m.layout, m.labels = r.Int(), r.Floats(), r.Matrix(), r.Int32s()
	if len(m.labels) == 0 {
		m.labels = nil
	}
	if len(m.entropies) == 0 {
		m.entropies = nil
	}
	if r.Bool() {
		m.columns = new(PCAModel)
		m.columns.decode(r)
	}
	if r.Bool() {
		m.rows = r.Matrix()
		if r.OK() && m.rows == nil {
			r.Fail("it has no rows")
		}
	}
	if !r.OK() {
		return
	}
	if m.layout == nil {
		r.Fail("it has no layout")
		return
	}
	n, k := m.embedding.Dims()
	at, k2 := m.layout.Dims()
	fits := k == k2 && (m.labels == nil && at == n || len(m.labels) == n)
	for _, l := range m.labels {
		fits = fits && l >= 0 && int(l) < at
	}
	if x := m.compared(); x != nil {
		rows, d := x.Dims()
		fits = fits && rows == n && m.options.Neighbors >= 1 && m.options.Neighbors < n && (m.columns == nil && d == m.embedding.Dim || m.columns != nil && len(m.columns.mean) == m.embedding.Dim)
	}
	if !fits {
		r.Fail("its parts differ in size")
	}
}

// WriteTo saves the model with its embedding and the rows it was fitted to.
func (m *PHATEModel) WriteTo(w io.Writer) (int64, error) {
	return write(w, phateKind, phateVersion, m.encode)
}

// ReadFrom replaces m by a saved model; see Embedding.ReadFrom for the errors.
func (m *PHATEModel) ReadFrom(r io.Reader) (int64, error) {
	return read(r, phateKind, phateVersion, m, (*PHATEModel).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *PHATEModel) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *PHATEModel) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
