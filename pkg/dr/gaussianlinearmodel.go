package dr

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// GaussianLinearModel is fitted by GaussianLinear. It keeps the centers and their
// maps, not the rows it was fitted to.
type GaussianLinearModel struct {
	options   GaussianLinear
	rows      int
	mean      []float64
	unit      float64    // of centers and width
	centers   *mat.Dense // m × d, from the mean
	width     float64
	maps      *mat.Dense // m·k × d: k rows for every center
	embedding *Embedding
}

// Options returns the resolved options, without the Graph.
func (m *GaussianLinearModel) Options() GaussianLinear { return m.options }

// Mean returns a copy of the column means of the data.
func (m *GaussianLinearModel) Mean() []float64 { return slices.Clone(m.mean) }

// Centers returns a copy of the centers, one a row, in the space of the data.
func (m *GaussianLinearModel) Centers() *mat.Dense {
	c := mat.DenseCopyOf(m.centers)
	c.Apply(func(_, j int, v float64) float64 { return m.mean[j] + m.unit*v }, c)
	return c
}

// Width returns the standard deviation of the Gaussians, in the unit of the data.
func (m *GaussianLinearModel) Width() float64 { return m.unit * m.width }

// Map returns a copy of the linear map of center c, k × d. It panics where there is no
// such center.
func (m *GaussianLinearModel) Map(c int) *mat.Dense {
	k, d := m.options.Components, len(m.mean)
	return mat.DenseCopyOf(m.maps.Slice(c*k, (c+1)*k, 0, d))
}

// Influence returns how much every column counts at every center, m × d: the length
// of the image of a step of 1 along it, by the map of the center.
func (m *GaussianLinearModel) Influence() *mat.Dense {
	c, d := m.centers.Dims()
	k := m.options.Components
	influence := mat.NewDense(c, d, nil)
	influence.Apply(func(a, j int, _ float64) (length float64) {
		for r := range k {
			length = math.Hypot(length, m.maps.At(a*k+r, j))
		}
		return length
	}, influence)
	return influence
}

// Suppressed returns the columns that count nowhere: those whose influence is below
// tolerance times the largest of all, at every center.
func (m *GaussianLinearModel) Suppressed(tolerance float64) (columns []int) {
	influence := m.Influence()
	c, d := influence.Dims()
	largest := mat.Max(influence)
	for j := range d {
		if mat.Max(influence.Slice(0, c, j, j+1)) < tolerance*largest {
			columns = append(columns, j)
		}
	}
	return columns
}

// Embedding returns the images of the rows the model was fitted to. Its Objective is
// the stress: the root of the sum of the squared errors of the distances kept, over
// that of their squares.
func (m *GaussianLinearModel) Embedding() *Embedding { return m.embedding }

// Transform maps new rows, n × d, to n × k. Far from all centers the nearest decides.
// Time O(n·d·m·k).
func (m *GaussianLinearModel) Transform(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	z, err := m.apply(ctx, x)
	if err != nil {
		return nil, err
	}
	return m.embedding.of(z), nil
}

// local is the map at one row.
type local struct{ row, weights, images []float64 }

func (m *GaussianLinearModel) local() *local {
	c, d := m.centers.Dims()
	return &local{make([]float64, d), make([]float64, c), make([]float64, c*m.options.Components)}
}

// at computes the weights of row i of x and its images by all maps.
func (m *GaussianLinearModel) at(l *local, i int, x mat.Matrix) {
	for j, v := range mat32.Row(l.row, i, x) {
		l.row[j] = (v - m.mean[j]) / m.unit
	}
	m.weigh(l.weights, l.row)
	for r := range l.images {
		l.images[r] = kernel.Dot64(l.row, m.maps.RawRowView(r))
	}
}

// weigh writes the weights of the centers at a row, which is in units from the mean.
func (m *GaussianLinearModel) weigh(weights, row []float64) {
	least, sum := math.Inf(1), 0.
	for c := range weights {
		weights[c] = kernel.SquaredDistance64(row, m.centers.RawRowView(c))
		least = min(least, weights[c])
	}
	for c, v := range weights {
		weights[c] = math.Exp(-(v - least) / (2 * m.width * m.width))
		sum += weights[c]
	}
	kernel.Scal64(1/sum, weights)
}

func (m *GaussianLinearModel) apply(ctx context.Context, x mat.Matrix) (*mat.Dense, error) {
	const method = "dr.GaussianLinear"
	n, err := checkColumns(ctx, method, x, len(m.mean))
	if err != nil {
		return nil, err
	}
	z := mat.NewDense(n, m.options.Components, nil)
	err = par.BlocksWith(ctx, n, 64, m.local, func(l *local, lo, hi int) {
		for i := lo; i < hi; i++ {
			m.at(l, i, x)
			blend(z.RawRowView(i), l.weights, l.images)
			kernel.Scal64(m.unit, z.RawRowView(i))
		}
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	return z, checkFits(method, z)
}

// LocalStretch returns by how much the map stretches space at the rows of x (n × d),
// along the k directions that it keeps there: the singular values of its derivative,
// n × k, largest first. 1 is as it was, below 1 is pressed together, 0 is lost.
// Errors: those of Transform. Time O(n·d·(m·k + k²)).
func (m *GaussianLinearModel) LocalStretch(ctx context.Context, x mat.Matrix) (*mat.Dense, error) {
	const method = "dr.GaussianLinear"
	n, err := checkColumns(ctx, method, x, len(m.mean))
	if err != nil {
		return nil, err
	}
	k, d := m.options.Components, len(m.mean)
	stretch := mat.NewDense(n, k, nil)
	err = par.BlocksWith(ctx, n, 16, m.local, func(l *local, lo, hi int) {
		derivative, middle := mat.NewDense(k, d, nil), make([]float64, d)
		var svd mat.SVD
		for i := lo; i < hi && ctx.Err() == nil; i++ {
			m.at(l, i, x)
			clear(middle)
			for c, w := range l.weights {
				kernel.Axpy64(w, m.centers.RawRowView(c), middle)
			}
			// The derivative of a weight is w·(center − middle)/width².
			derivative.Zero()
			for c, w := range l.weights {
				center := m.centers.RawRowView(c)
				for r := range k {
					to, s := derivative.RawRowView(r), w*l.images[c*k+r]/(m.width*m.width)
					kernel.Axpy64(w, m.maps.RawRowView(c*k+r), to)
					kernel.Axpy64(s, center, to)
					kernel.Axpy64(-s, middle, to)
				}
			}
			if finite(derivative.RawMatrix().Data) && svd.Factorize(derivative, mat.SVDNone) {
				svd.Values(stretch.RawRowView(i))
			} else {
				stretch.Set(i, 0, math.Inf(1))
			}
		}
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	return stretch, checkFits(method, stretch)
}

// String returns a small table: shape, stress, options, and the columns that count
// most at the first centers.
func (m *GaussianLinearModel) String() string {
	const shown = 5
	var b strings.Builder
	fmt.Fprintf(&b, "Gaussian-weighted linear map of %d × %d, stress %.4g\n  %s", m.rows, len(m.mean), m.embedding.Objective, m.options)
	influence := m.Influence()
	c, d := influence.Dims()
	for a := range min(c, shown) {
		order := make([]int, d)
		for j := range order {
			order[j] = j
		}
		slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(influence.At(a, j), influence.At(a, i)) })
		fmt.Fprintf(&b, "\n  center %-5d columns", a)
		for _, j := range order[:min(d, shown)] {
			fmt.Fprintf(&b, "  %d: %.2f", j, influence.At(a, j))
		}
	}
	if c > shown {
		fmt.Fprintf(&b, "\n  … %d centers", c)
	}
	return b.String()
}

const gaussianLinearKind, gaussianLinearVersion = "dr.GaussianLinearModel", 1

func (m *GaussianLinearModel) encode(w *saved.Writer) {
	w.JSON(m.options)
	w.Int(m.rows)
	w.Floats(m.mean)
	w.Float(m.unit)
	w.Matrix(m.centers)
	w.Float(m.width)
	w.Matrix(m.maps)
	m.embedding.encode(w)
}

func (m *GaussianLinearModel) decode(r *saved.Reader) {
	r.JSON(&m.options)
	m.rows, m.mean, m.unit = r.Int(), r.Floats(), r.Float()
	m.centers, m.width, m.maps = r.Matrix(), r.Float(), r.Matrix()
	m.embedding = new(Embedding)
	m.embedding.decode(r)
	if !r.OK() {
		return
	}
	if m.centers == nil || m.maps == nil {
		r.Fail("it has no centers or no maps")
		return
	}
	c, d := m.centers.Dims()
	rows, d2 := m.maps.Dims()
	n, k := m.embedding.Dims()
	if d != len(m.mean) || d2 != d || k != m.options.Components || rows != c*k || n != m.rows {
		r.Fail("its parts differ in size")
	}
}

// WriteTo saves the model with its embedding.
func (m *GaussianLinearModel) WriteTo(w io.Writer) (int64, error) {
	return write(w, gaussianLinearKind, gaussianLinearVersion, m.encode)
}

// ReadFrom replaces m by a saved model; see Embedding.ReadFrom for the errors.
func (m *GaussianLinearModel) ReadFrom(r io.Reader) (int64, error) {
	return read(r, gaussianLinearKind, gaussianLinearVersion, m, (*GaussianLinearModel).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *GaussianLinearModel) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *GaussianLinearModel) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
