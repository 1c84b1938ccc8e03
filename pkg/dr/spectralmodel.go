package dr

import (
	"context"
	"io"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// spectralModel is what the models share whose coordinates are eigenvectors of weights
// between rows, and so, at every row, means over its neighbours but for a factor.
type spectralModel[M interface{ kind() string }] struct {
	method    string
	embedding *Embedding
	values    []float64  // eigenvalues
	gain      []float64  // of every coordinate: what means over neighbours are multiplied by
	width     float64    // weights are exp(−distance²/width); 0 for simple ones
	density   []float64  // of every row, what its weights are divided by; nil for 1
	neighbors int        // how many rows a new one is compared with
	repeats   bool       // a row that is known has its coordinates
	rows      *mat.Dense // nil where only distances or weights are known
	limit     int64
}

// gaussian returns the kernel exp(−distance²/width).
func gaussian(width float64) func(distance float64) float64 {
	root := math.Sqrt(width)
	return func(distance float64) float64 { return math.Exp(-(distance / root) * (distance / root)) }
}

// Embedding returns the map of the rows the model was fitted to.
func (m *spectralModel[M]) Embedding() *Embedding { return m.embedding }

// Eigenvalues returns those that belong to the coordinates, without that of the constant
// vector.
func (m *spectralModel[M]) Eigenvalues() []float64 { return slices.Clone(m.values) }

// Width returns that of the kernel exp(−distance²/width), in squared units of the
// data, or 0 where weights are simple or were given.
func (m *spectralModel[M]) Width() float64 { return m.width }

// Transform returns new rows in the coordinates of the map, as the type of the model
// says. Errors: those of mat32.CheckRows and mat32.Check, *mat32.ShapeError for other
// columns, *mat32.DegenerateError where the model was fitted to distances or given
// weights, and where distances or the result exceed float64, *mat32.MemoryError, and
// one that wraps ctx.Err(). Time O(n·d) a row, for n rows that the model was fitted to.
func (m *spectralModel[M]) Transform(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	fail := func(err error) (*Embedding, error) { return nil, failed(m.method, err) }
	if m.rows == nil {
		if _, err := checkColumns(ctx, m.method, x, m.embedding.Dim); err != nil && m.embedding.Dim > 0 {
			return nil, err
		}
		return nil, &mat32.DegenerateError{Method: m.method, Reason: "it cannot map new rows: it was fitted to distances or given weights"}
	}
	n, d := m.rows.Dims()
	rows, err := checkColumns(ctx, m.method, x, d)
	if err != nil {
		return nil, err
	}
	_, k := m.embedding.Dims()
	if err := mat32.CheckMemory(m.method, int64(rows)*(8*int64(k)+12*int64(m.neighbors+1))+24*int64(n)*int64(d), m.limit, "map fewer rows at a time"); err != nil {
		return nil, err
	}
	ix, err := neighbors.Exact{MemoryLimit: m.limit}.Index(ctx, m.rows)
	if err != nil {
		return fail(err)
	}
	near, err := ix.Query(ctx, x, min(m.neighbors+1, n)) // one more: the row itself, where it is known
	if err != nil {
		return fail(err)
	}
	z := mat.NewDense(rows, k, nil)
	err = par.Blocks(ctx, rows, 64, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			indices, distances := near.Row(i)
			m.average(z.RawRowView(i), indices, distances)
		}
	})
	if err != nil {
		return fail(err)
	}
	if err := checkFits(m.method, z); err != nil {
		return nil, err
	}
	return m.embedding.of(z), nil
}

// average writes the coordinates of a row to dst, which is zero, given its nearest rows.
func (m *spectralModel[M]) average(dst []float64, indices []int32, distances []float64) {
	known := m.repeats && distances[0] == 0
	root := math.Sqrt(m.width)
	sum := 0.
	for a, j := range indices {
		w := 1.
		switch {
		case known && distances[a] > 0, m.repeats && !known && a == m.neighbors:
			continue
		case !known && m.width > 0:
			// In units of the weight of the nearest, so that rows far from all have some.
			near, far := distances[0]/root, distances[a]/root
			w = math.Exp(-(far - near) * (far + near))
		}
		if m.density != nil {
			w /= m.density[j]
		}
		sum += w
		kernel.Axpy64(w, m.embedding.RawRowView(int(j)), dst)
	}
	for c := range dst {
		dst[c] /= sum
		if !known {
			dst[c] *= m.gain[c]
		}
	}
}

// String returns a small table: shape, options, notes and eigenvalues.
func (m *spectralModel[M]) String() string {
	return withEigenvalues(m.embedding, "component", m.values)
}

const spectralVersion = 1

func (m *spectralModel[M]) encode(w *saved.Writer) {
	w.Text(m.method)
	m.embedding.encode(w)
	w.Floats(m.values)
	w.Floats(m.gain)
	w.Float(m.width)
	w.Floats(m.density)
	w.Int(m.neighbors)
	w.Bool(m.repeats)
	w.Int(int(m.limit))
	w.Bool(m.rows != nil)
	if m.rows != nil {
		w.Matrix(m.rows)
	}
}

func (m *spectralModel[M]) decode(r *saved.Reader) {
	m.method, m.embedding = r.Text(), new(Embedding)
	m.embedding.decode(r)
	m.values, m.gain, m.width, m.density = r.Floats(), r.Floats(), r.Float(), r.Floats()
	m.neighbors, m.repeats, m.limit = r.Int(), r.Bool(), int64(r.Int())
	if r.Bool() {
		if m.rows = r.Matrix(); r.OK() && m.rows == nil {
			r.Fail("it has no rows")
		}
	}
	if !r.OK() {
		return
	}
	if len(m.density) == 0 {
		m.density = nil
	}
	n, k := m.embedding.Dims()
	fits := len(m.values) == k && len(m.gain) == k && (m.density == nil || len(m.density) == n) && m.neighbors >= 1 && m.neighbors < n && m.width >= 0
	if m.rows != nil {
		rows, d := m.rows.Dims()
		fits = fits && rows == n && d == m.embedding.Dim
	}
	if !fits {
		r.Fail("its parts differ in size")
	}
}

// WriteTo saves the model with its embedding and the rows it was fitted to.
func (m *spectralModel[M]) WriteTo(w io.Writer) (int64, error) {
	var of M
	return write(w, of.kind(), spectralVersion, m.encode)
}

// ReadFrom replaces m by a saved model; see Embedding.ReadFrom for the errors.
func (m *spectralModel[M]) ReadFrom(r io.Reader) (int64, error) {
	var of M
	return read(r, of.kind(), spectralVersion, m, (*spectralModel[M]).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *spectralModel[M]) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *spectralModel[M]) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
