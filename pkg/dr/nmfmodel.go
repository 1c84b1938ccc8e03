package dr

import (
	"context"
	"fmt"
	"io"
	"math"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/saved"
)

// NMFModel is fitted by NMF. It keeps k components of d columns, not the rows it
// was fitted to.
type NMFModel struct {
	options    NMF
	rows       int
	iterations int
	components *mat.Dense // k × d
	embedding  *Embedding
}

// Components returns a copy of H, k × d: one component a row.
func (m *NMFModel) Components() *mat.Dense { return mat.DenseCopyOf(m.components) }

// Iterations returns how many there were.
func (m *NMFModel) Iterations() int { return m.iterations }

// Embedding returns W, how much of every component there is in the rows the model
// was fitted to. Its objective is ‖x − W·H‖ for SquaredError, else the divergence.
func (m *NMFModel) Embedding() *Embedding { return m.embedding }

// mapped ends the updates of a new row.
const (
	mappedSweeps = 5000
	mappedChange = 1e-9
)

// Transform returns how much of every component there is in new rows, n × d, as
// n × k: each row minimises the loss and the penalty of W given the components, to
// about nine digits. A row of the data the model was fitted to is mapped where the
// fit would have it, had it converged. Time O(d·k) a row and O(k²) a sweep, or
// O(d·k) an update for losses other than SquaredError. Errors: as those of Fit.
func (m *NMFModel) Transform(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	const method = "dr.NMF"
	k, d := m.components.Dims()
	n, err := checkColumns(ctx, method, x, d)
	if err != nil {
		return nil, err
	}
	fail := func(err error) (*Embedding, error) { return nil, fmt.Errorf("%s: %w", method, err) }
	f := m.options
	if _, err := f.largest(ctx, x); err != nil {
		return nil, err
	}
	z := mat.NewDense(n, k, nil)
	h := mat.DenseCopyOf(m.components.T())
	// Each row in units of its own, so that its image does not depend on others. W
	// is in units of the data over those of H.
	unit := evenUnit(mat.Max(h))
	h.Scale(1/unit, h)
	q, err := shared(ctx, h, 0)
	if err != nil {
		return fail(err)
	}
	u, err := newUpdate(ctx, f.Loss, h, 0, 0)
	if err != nil {
		return fail(err)
	}
	type scratch struct {
		*nonzeros
		*ratios
		q      *mat.Dense
		w, was []float64
	}
	fresh := func() scratch {
		return scratch{newNonzeros(d), newRatios(d, k), mat.DenseCopyOf(q), make([]float64, k), make([]float64, k)}
	}
	err = par.BlocksWith(ctx, n, 16, fresh, func(s scratch, lo, hi int) {
		for i := lo; i < hi; i++ {
			columns, values := s.of(i, x)
			largest := 0.
			for _, v := range values {
				largest = max(largest, v)
			}
			if largest == 0 {
				continue
			}
			size := evenUnit(largest)
			for p := range values {
				values[p] /= size
			}
			// Where x = size·x′, H = unit·H′ and w = size/unit·w′, the penalties are
			// those of x′ and H′ after the loss is divided by its unit.
			first, second := f.rowPenalties(d, size, unit)
			w := s.w
			if f.Loss == SquaredError {
				clear(w)
				kernel.Gather64(1, values, columns, h.RawMatrix().Data, k, 0, s.numerator)
				for t := range k {
					s.q.Set(t, t, q.At(t, t)+second)
				}
				for range mappedSweeps {
					copy(s.was, w)
					descendRow(w, s.denominator, s.numerator, s.q, first, 10, 0)
					if still(w, s.was) || ctx.Err() != nil {
						break
					}
				}
			} else {
				u := update{u.loss, u.other, u.sums, first, second}
				total := 0.
				for _, v := range values {
					total += v
				}
				for t := range w {
					w[t] = total / max(kernel.Dot64(u.sums, constant(k, 1)), least)
				}
				for range mappedSweeps {
					copy(s.was, w)
					for range 10 {
						u.row(s.ratios, w, columns, values)
					}
					if still(w, s.was) || ctx.Err() != nil {
						break
					}
				}
			}
			to := z.RawRowView(i)
			for t, v := range w {
				to[t] = v / unit * size
			}
		}
	})
	if err != nil {
		return fail(err)
	}
	if err := checkFits(method, z); err != nil {
		return nil, err
	}
	return m.embedding.of(z), nil
}

// rowPenalties are those of W for a row in units of size and components in units
// of unit.
func (f NMF) rowPenalties(d int, size, unit float64) (first, second float64) {
	p := f.penalties(0, d, 1)
	ratio := size / unit
	// The loss of the row has the unit size², size or 1.
	loss := map[Divergence]float64{SquaredError: size * size, KullbackLeibler: size, ItakuraSaito: 1}[f.Loss]
	return p.w1 * ratio / loss, p.w2 * ratio * ratio / loss
}

// still reports whether a row has ceased to move.
func still(w, was []float64) bool {
	size, moved := 0., 0.
	for t, v := range w {
		size, moved = max(size, v), max(moved, math.Abs(v-was[t]))
	}
	return !(moved > mappedChange*size)
}

// Inverse returns the sums of components that z, n × k, stands for: z·H.
func (m *NMFModel) Inverse(ctx context.Context, z mat.Matrix) (*mat.Dense, error) {
	return linearMap{back: m.components}.undo(ctx, "dr.NMF", z)
}

// String returns a small table: the first components with the share of values that
// they have and the share of the reconstruction that they make up.
func (m *NMFModel) String() string {
	var b strings.Builder
	k, d := m.components.Dims()
	fmt.Fprintf(&b, "NMF of %d × %d, %s, %d iterations, %s %.6g\n", m.rows, d, m.options, m.iterations, m.embedding.Loss, m.embedding.Objective)
	fmt.Fprintf(&b, "  %9s  %7s  %8s", "component", "share", "not zero")
	mass, total := make([]float64, k), 0.
	for c := range k {
		left, right := 0., 0.
		for i := range m.rows {
			left += m.embedding.At(i, c)
		}
		for _, v := range m.components.RawRowView(c) {
			right += v
		}
		mass[c] = left * right
		total += mass[c]
	}
	numbered(&b, 9, k, func(c int) string {
		some := 0
		for _, v := range m.components.RawRowView(c) {
			if v != 0 {
				some++
			}
		}
		share := 0.
		if total > 0 {
			share = mass[c] / total
		}
		return fmt.Sprintf("  %6.2f%%  %7.1f%%", 100*share, 100*float64(some)/float64(d))
	})
	return b.String()
}

const nmfKind, nmfVersion = "dr.NMFModel", 1

func (m *NMFModel) encode(w *saved.Writer) {
	w.JSON(m.options)
	w.Int(m.rows)
	w.Int(m.iterations)
	w.Matrix(m.components)
	m.embedding.encode(w)
}

func (m *NMFModel) decode(r *saved.Reader) {
	r.JSON(&m.options)
	m.rows, m.iterations = r.Int(), r.Int()
	m.components = r.Matrix()
	m.embedding = new(Embedding)
	m.embedding.decode(r)
	if !r.OK() {
		return
	}
	if m.components == nil {
		r.Fail("it has no components")
		return
	}
	k, d := m.components.Dims()
	if n, k2 := m.embedding.Dims(); n != m.rows || k != k2 || d != m.embedding.Dim {
		r.Fail("its parts differ in size")
	}
}

// WriteTo saves the model with its embedding.
func (m *NMFModel) WriteTo(w io.Writer) (int64, error) {
	return write(w, nmfKind, nmfVersion, m.encode)
}

// ReadFrom replaces m by a saved model; see Embedding.ReadFrom for the errors.
func (m *NMFModel) ReadFrom(r io.Reader) (int64, error) {
	return read(r, nmfKind, nmfVersion, m, (*NMFModel).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *NMFModel) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *NMFModel) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
