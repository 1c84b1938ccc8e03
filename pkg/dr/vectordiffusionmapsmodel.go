package dr

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/saved"
)

// VectorDiffusionMapsModel is fitted by VectorDiffusionMaps. It maps no new rows.
type VectorDiffusionMapsModel struct {
	embedding   *Embedding
	time        float64
	values      []float64  // eigenvalues of the fields, falling
	fields      *mat.Dense // n·dim × m: what the fields are at a row, in its frame
	frames      *mat.Dense // n·dim × d
	frustration float64
	sides       []int
}

// Embedding returns the map of the rows the model was fitted to.
func (m *VectorDiffusionMapsModel) Embedding() *Embedding { return m.embedding }

// Eigenvalues returns those of the vector fields, falling: near 1 where a field hardly
// changes as it is carried along.
func (m *VectorDiffusionMapsModel) Eigenvalues() []float64 { return slices.Clone(m.values) }

// Dim returns the number of directions of a frame.
func (m *VectorDiffusionMapsModel) Dim() int {
	rows, _ := m.frames.Dims()
	return rows / len(m.sides)
}

// Frame returns the directions at row i, 0 ≤ i < n, as the orthonormal rows of a matrix
// with the columns of the data: a copy.
func (m *VectorDiffusionMapsModel) Frame(i int) *mat.Dense {
	_, d := m.frames.Dims()
	return mat.DenseCopyOf(m.frames.Slice(i*m.Dim(), (i+1)*m.Dim(), 0, d))
}

// Field returns vector field c, 0 ≤ c < Vectors: a tangent vector for every row, in the
// columns of the data.
func (m *VectorDiffusionMapsModel) Field(c int) *mat.Dense {
	_, d := m.frames.Dims()
	dim := m.Dim()
	field := mat.NewDense(m.embedding.Rows, d, nil)
	for i := range m.embedding.Rows {
		to := field.RowView(i).(*mat.VecDense)
		for p := range dim {
			to.AddScaledVec(to, m.fields.At(i*dim+p, c), m.frames.RowView(i*dim+p))
		}
	}
	return field
}

// Frustration says whether what the rows lie on can be oriented: 0 where frames can be
// turned so that none is the mirror image of one nearby, and else how fast the sign of a
// function that changes with the frames must vary, 1 − λ for its walk, over how fast other
// functions vary at least. It is about ¼ for a Möbius band.
func (m *VectorDiffusionMapsModel) Frustration() float64 { return m.frustration }

// Sides returns for every row 1 or −1: frames of rows that have −1, mirrored, agree best
// with those of 1. They mean nothing where Frustration is not small.
func (m *VectorDiffusionMapsModel) Sides() []int { return slices.Clone(m.sides) }

// Distance returns the vector diffusion distance of the rows i and j, by all pairs of
// fields. It panics where there are no such rows.
func (m *VectorDiffusionMapsModel) Distance(i, j int) float64 {
	sum := 0.
	_, k := m.fields.Dims()
	for a := range k {
		for b := range a + 1 {
			e := m.coordinate(i, a, b) - m.coordinate(j, a, b)
			sum += e * e
		}
	}
	return math.Sqrt(sum)
}

// coordinate returns what row i has for the pair of the fields a and b.
func (m *VectorDiffusionMapsModel) coordinate(i, a, b int) float64 {
	dim, sum := m.Dim(), 0.
	for p := i * dim; p < (i+1)*dim; p++ {
		row := m.fields.RawRowView(p)
		sum += row[a] * row[b]
	}
	sum *= math.Pow(math.Abs(m.values[a]*m.values[b]), m.time)
	if a != b {
		sum *= math.Sqrt2
	}
	return sum
}

// coordinates returns those of the given number of pairs of fields that vary most over
// the rows, the first most of all.
func (m *VectorDiffusionMapsModel) coordinates(ctx context.Context, count int) (*mat.Dense, error) {
	n := len(m.sides)
	type pair struct {
		a, b   int
		spread float64
	}
	var pairs []pair
	for a := range m.values {
		for b := range a + 1 {
			pairs = append(pairs, pair{a: a, b: b})
		}
	}
	err := par.Blocks(ctx, len(pairs), 1, func(lo, hi int) {
		for at := lo; at < hi; at++ {
			p := &pairs[at]
			mean := 0.
			for i := range n {
				mean += m.coordinate(i, p.a, p.b) / float64(n)
			}
			for i := range n {
				e := m.coordinate(i, p.a, p.b) - mean
				p.spread += e * e
			}
		}
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(pairs, func(p, q pair) int {
		switch {
		case p.spread > q.spread:
			return -1
		case p.spread < q.spread:
			return 1
		}
		return 0
	})
	z := mat.NewDense(n, count, nil)
	for c, p := range pairs[:count] {
		most, sign := 0., 1.
		for i := range n {
			v := m.coordinate(i, p.a, p.b)
			if z.Set(i, c, v); math.Abs(v) > most {
				most, sign = math.Abs(v), math.Copysign(1, v)
			}
		}
		for i := range n {
			z.Set(i, c, sign*z.At(i, c))
		}
	}
	return z, ctx.Err()
}

// String returns a small table: shape, options, notes, frustration and eigenvalues.
func (m *VectorDiffusionMapsModel) String() string {
	return withEigenvalues(fmt.Sprintf("%v\n  frustration %.3g", m.embedding, m.frustration), "field", m.values)
}

const vectorMapsKind, vectorMapsVersion = "dr.VectorDiffusionMapsModel", 1

func (m *VectorDiffusionMapsModel) encode(w *saved.Writer) {
	m.embedding.encode(w)
	w.Float(m.time)
	w.Floats(m.values)
	w.Matrix(m.fields)
	w.Matrix(m.frames)
	w.Float(m.frustration)
	w.Ints(m.sides)
}

func (m *VectorDiffusionMapsModel) decode(r *saved.Reader) {
	m.embedding = new(Embedding)
	m.embedding.decode(r)
	m.time, m.values, m.fields, m.frames, m.frustration, m.sides = r.Float(), r.Floats(), r.Matrix(), r.Matrix(), r.Float(), r.Ints()
	if !r.OK() {
		return
	}
	if m.fields == nil || m.frames == nil {
		r.Fail("it has no frames")
		return
	}
	n, _ := m.embedding.Dims()
	rows, k := m.fields.Dims()
	rows2, d := m.frames.Dims()
	if n != m.embedding.Rows || n != len(m.sides) || rows != rows2 || rows%n != 0 || k != len(m.values) || d != m.embedding.Dim {
		r.Fail("its parts differ in size")
	}
}

// WriteTo saves the model with its embedding, fields and frames.
func (m *VectorDiffusionMapsModel) WriteTo(w io.Writer) (int64, error) {
	return write(w, vectorMapsKind, vectorMapsVersion, m.encode)
}

// ReadFrom replaces m by a saved model; see Embedding.ReadFrom for the errors.
func (m *VectorDiffusionMapsModel) ReadFrom(r io.Reader) (int64, error) {
	return read(r, vectorMapsKind, vectorMapsVersion, m, (*VectorDiffusionMapsModel).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *VectorDiffusionMapsModel) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *VectorDiffusionMapsModel) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
