package dr

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// locality is what linear maps that keep neighbourhoods share: rows z of white
// coordinates, in which such a map minimises a quadratic form.
type locality struct {
	method string
	graph  *neighbors.Graph // of the nearest neighbours alone that are wanted
	rows   *standing
	white  *mat.Dense // r × d: white coordinates are those of the rows, times its transpose
	z      *mat.Dense // n × r
	notes  []string
}

// checkLocality checks what the options of such maps share.
func checkLocality(method string, n, d int, components, neighbors *int, share *float64, limit int64) error {
	if *components == 0 {
		*components = min(n-1, d)
	}
	if *neighbors == 0 {
		*neighbors = min(15, n-1)
	}
	if *share == 0 {
		*share = 1
	}
	if n < 3 {
		return fmt.Errorf("%s: %w", method, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 3 rows"})
	}
	if err := checkRange(method, "Components", *components, 1, min(n-1, d), "min(n−1, d)"); err != nil {
		return err
	}
	if err := checkRange(method, "Neighbors", *neighbors, 1, n-1, "n−1"); err != nil {
		return err
	}
	if !(*share > 0 && *share <= 1) {
		return &mat32.ParamError{Method: method, Param: "Share", Value: *share, Want: "0 < Share ≤ 1"}
	}
	if limit < 0 {
		return &mat32.ParamError{Method: method, Param: "MemoryLimit", Value: limit, Want: "0 or more bytes"}
	}
	return nil
}

// localityMemory is the forecast of such a map in bytes, beside the graph.
func localityMemory(n, d, k, components int) int64 {
	small := int64(min(n, d))
	return 8*(int64(n)*(2*int64(d)+2*small+int64(components))+5*small*small+band*int64(d)) + 36*int64(n)*int64(k)
}

// newLocality finds the k nearest neighbours of the rows of x, or takes those of a
// given graph.
func newLocality(ctx context.Context, method string, x mat.Matrix, given *neighbors.Graph, k int, limit int64) (*locality, error) {
	l := &locality{method: method, graph: given}
	var err error
	if given != nil {
		if err := given.CheckContext(ctx, method, x, k); err != nil {
			return nil, err
		}
	} else if l.graph, err = (neighbors.Auto{Neighbors: k, MemoryLimit: limit}).Graph(ctx, x); err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	l.notes = slices.Clone(l.graph.Notes)
	all, err := l.graph.Neighborhoods()
	if err != nil {
		return nil, fmt.Errorf("%s: Graph: %w", method, err)
	}
	if l.graph, err = all.Nearest(k); err != nil {
		return nil, fmt.Errorf("%s: Graph: %w", method, err)
	}
	l.rows, err = stand(ctx, method, x, nil)
	return l, err
}

// whiten finds coordinates z of the rows in which Σ wᵢ(zᵢ−z̄)(zᵢ−z̄)ᵀ = I for the
// weights w (nil for 1) and the mean z̄ by them: principal components, as many as
// hold the share of the variance, divided by their lengths.
func (l *locality) whiten(ctx context.Context, weights []float64, share float64) error {
	y := mat.DenseCopyOf(l.rows.rows)
	n, d := y.Dims()
	if weights != nil {
		sum := 0.
		for _, w := range weights {
			sum += w
		}
		parts := slices.Clone(weights)
		for i := range parts {
			parts[i] /= sum
		}
		mean, err := weightedSum(ctx, y, parts)
		if err != nil {
			return err
		}
		err = overRows(ctx, n, func(i int) {
			kernel.Axpy64(-1, mean, y.RawRowView(i))
			kernel.Scal64(math.Sqrt(weights[i]), y.RawRowView(i))
		})
		if err != nil {
			return err
		}
	}
	lengths := slices.Repeat([]float64{1}, d)
	var err error
	if share == 1 { // then units do not matter
		if lengths, err = levelColumns(ctx, y); err != nil {
			return err
		}
	}
	w, values, err := inverseRoot(ctx, y)
	if err != nil {
		return err
	}
	if len(values) == 0 {
		return &mat32.DegenerateError{Method: l.method, Reason: "nothing varies among rows that have weight"}
	}
	total := 0.
	for _, v := range values {
		total += v * v
	}
	r, so := 0, 0.
	for r < len(values) && so < share*total*(1-1e-12) {
		so += values[r] * values[r]
		r++
	}
	for j := range lengths {
		lengths[j] = 1 / lengths[j]
	}
	l.white = mat.DenseCopyOf(w.Slice(0, r, 0, d))
	if err := scaleColumns(ctx, l.white, lengths); err != nil {
		return err
	}
	if r < d {
		l.notes = append(l.notes, fmt.Sprintf("%d of %d directions are looked at: in the others rows vary too little, or not at all", r, d))
	}
	l.z, err = product(ctx, l.rows.rows, blas.NoTrans, l.white, blas.Trans)
	return err
}

// solve returns the map of k coordinates that makes the quadratic form aᵀ·b of white
// coordinates, which is symmetric, smallest, and the values it takes, rising.
func (l *locality) solve(ctx context.Context, x mat.Matrix, a, b *mat.Dense, k int) (projection, []float64, error) {
	r, d := l.white.Dims()
	fail := func(err error) (projection, []float64, error) {
		return projection{}, nil, failed(l.method, err)
	}
	form, err := product(ctx, a, blas.Trans, b, blas.NoTrans)
	if err != nil {
		return fail(err)
	}
	symmetric := mat.NewSymDense(r, nil)
	for i := range r {
		for j := i; j < r; j++ {
			symmetric.SetSym(i, j, (form.At(i, j)+form.At(j, i))/2)
		}
	}
	kept := min(k, r)
	all, vectors, err := linalg.EigenSymRange(ctx, symmetric, r-kept, r)
	if err != nil {
		return fail(err)
	}
	rising, values := mat.NewDense(kept, r, nil), make([]float64, k)
	for c := range kept {
		values[c] = max(all[r-1-c], 0)
		rising.SetRow(c, vectors.RawRowView(kept-1-c))
	}
	components := mat.NewDense(k, d, nil)
	part := components.Slice(0, kept, 0, d).(*mat.Dense)
	if err := multiply(ctx, part, rising, blas.NoTrans, l.white, blas.NoTrans); err != nil {
		return fail(err)
	}
	scaleRows(components, orientation(components))
	p, err := newProjection(ctx, l.method, x, l.rows.mean, components, l.rows.unit)
	if err != nil {
		return p, nil, err
	}
	if kept < k {
		l.notes = append(l.notes, fmt.Sprintf("there are %d components: further ones are zero", kept))
	}
	p.embedding.Notes = l.notes
	return p, values, nil
}

// localModel is what LPPModel and NPEModel share.
type localModel[M interface {
	fmt.Stringer
	kind() string
}] struct {
	projection
	options M // without the graph
	values  []float64
}

// Eigenvalues returns what every coordinate makes of the objective, rising: the
// smaller, the better it keeps neighbourhoods. It is 0 for components that are zero.
func (m *localModel[M]) Eigenvalues() []float64 { return slices.Clone(m.values) }

// String returns a small table: the first components with their eigenvalues.
func (m *localModel[M]) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s of %d × %d, %s\n  %9s  %12s", m.embedding.Method, m.embedding.Rows, len(m.mean), m.options, "component", "eigenvalue")
	numbered(&b, 9, len(m.values), func(c int) string { return fmt.Sprintf("  %12.5g", m.values[c]) })
	return b.String()
}

const localVersion = 1

func (m *localModel[M]) encode(w *saved.Writer) {
	w.JSON(m.options)
	w.Floats(m.values)
	m.projection.encode(w)
}

func (m *localModel[M]) decode(r *saved.Reader) {
	r.JSON(&m.options)
	m.values = r.Floats()
	m.projection.decode(r)
	if !r.OK() {
		return
	}
	if k, _ := m.components.Dims(); k != len(m.values) {
		r.Fail("its parts differ in size")
	}
}

// WriteTo saves the model with its embedding.
func (m *localModel[M]) WriteTo(w io.Writer) (int64, error) {
	return write(w, m.options.kind(), localVersion, m.encode)
}

// ReadFrom replaces m by a saved model; see Embedding.ReadFrom for the errors.
func (m *localModel[M]) ReadFrom(r io.Reader) (int64, error) {
	return read(r, m.options.kind(), localVersion, m, (*localModel[M]).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *localModel[M]) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *localModel[M]) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
