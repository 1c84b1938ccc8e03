package dr

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// AlignedUMAPModel is fitted by AlignedUMAP. It keeps a UMAPModel of every slice, with the
// rows of that; which rows are images of which; and what those of the last Window slices
// are joined with.
type AlignedUMAPModel struct {
	options AlignedUMAP
	maps    []*UMAPModel
	images  [][]int32    // of every slice but the last, in the next
	joined  []rowsJoined // of every slice, of those that a new one looks back to
}

// Embeddings returns the map of every slice.
func (m *AlignedUMAPModel) Embeddings() []*Embedding {
	e := make([]*Embedding, len(m.maps))
	for t, one := range m.maps {
		e[t] = one.embedding
	}
	return e
}

// Maps returns the model of every slice, which maps new rows of that, and back.
func (m *AlignedUMAPModel) Maps() []*UMAPModel { return slices.Clone(m.maps) }

// Options returns the resolved options; Maps have those of each slice.
func (m *AlignedUMAPModel) Options() AlignedUMAP { return m.options }

// Drift returns for every slice but the last how far its rows are from their images in the
// next one: the root of the mean squared distance, over that of all these points from the
// centres of their maps. It is 0 where nothing moves, and √2 for maps that have nothing in
// common but their centres; NaN where slices have no row in common.
func (m *AlignedUMAPModel) Drift() []float64 {
	drift := make([]float64, len(m.images))
	for t, images := range m.images {
		y, z := m.maps[t].embedding, m.maps[t+1].embedding
		count := float64(imaged(images))
		_, dim := y.Dims()
		apart, spread := 0., 0.
		for c := range dim {
			var sum, square [2]float64
			for i, j := range images {
				if j < 0 {
					continue
				}
				a, b := y.At(i, c), z.At(int(j), c)
				apart += (a - b) * (a - b)
				sum[0], sum[1] = sum[0]+a, sum[1]+b
			}
			for i, j := range images {
				if j >= 0 {
					a, b := y.At(i, c)-sum[0]/count, z.At(int(j), c)-sum[1]/count
					square[0], square[1] = square[0]+a*a, square[1]+b*b
				}
			}
			spread += (square[0] + square[1]) / 2
		}
		drift[t] = math.Sqrt(apart / spread)
	}
	return drift
}

// String returns a small table: options, and the rows, cross entropy, images and drift of
// every slice.
func (m *AlignedUMAPModel) String() string {
	options := m.options
	options.UMAP = m.maps[0].options
	lines := []string{fmt.Sprintf("Aligned UMAP of %d slices", len(m.maps)), "  options     " + options.String()}
	drift := m.Drift()
	for t, one := range m.maps {
		line := fmt.Sprintf("  slice %-5d %s", t, one.embedding.Caption())
		if t < len(drift) {
			line += fmt.Sprintf(" · %d rows in the next, drift %.3g", imaged(m.images[t]), drift[t])
		}
		lines = append(lines, line)
		for _, n := range one.embedding.Notes {
			lines = append(lines, "  note        "+n)
		}
	}
	return strings.Join(lines, "\n")
}

// Update returns the model with one slice more, the rows of x (n × d), of which relation
// tells where those of the last slice are, as in FitSeries. Maps that are made stay as they
// are; the new one begins at them and is drawn to those within Window, as far as rows are
// alike. It has no labels and no targets.
//
// Errors: those of FitSeries, *mat32.DegenerateError for a model that was cancelled, and
// one that wraps ctx.Err(); a cancel during the epochs also returns the model so far.
func (m *AlignedUMAPModel) Update(ctx context.Context, x mat.Matrix, relation []int) (*AlignedUMAPModel, error) {
	s := series{AlignedUMAP: m.options, images: slices.Clone(m.images), joined: slices.Clone(m.joined), made: m.maps}
	for _, one := range m.maps {
		if one.embedding.Partial {
			return nil, &mat32.DegenerateError{Method: alignedMethod, Reason: "the model was cancelled: fit it whole before a slice is added"}
		}
		n, _ := one.embedding.Dims()
		s.rows, s.options = append(s.rows, n), append(s.options, one.options)
	}
	t := len(s.rows)
	if err := s.accept(ctx, t, m.options.UMAP, x); err != nil {
		return nil, err
	}
	if err := s.relate(t-1, relation); err != nil {
		return nil, err
	}
	if err := mat32.CheckMemory(alignedMethod, s.memory, m.options.MemoryLimit, "use fewer rows or neighbours"); err != nil {
		return nil, err
	}
	if err := s.begin(ctx, t, x); err != nil {
		return nil, err
	}
	l, before := s.maps[0], narrowed(m.maps[t-1].embedding.Dense)
	of := s.across(t, t-1)
	procrustes(l.points, before, of, l.dim)
	follow(l.points, before, of, l.dim, l.entropy.Row)
	return s.run(ctx)
}

const alignedKind, alignedVersion = "dr.AlignedUMAPModel", 1

func (m *AlignedUMAPModel) encode(w *saved.Writer) {
	w.JSON(m.options)
	w.Text(m.options.UMAP.Start.String())
	neighbors.WriteMetric(w, "dr.AlignedUMAPModel.WriteTo", m.options.UMAP.Metric)
	w.Int(len(m.maps))
	for t, one := range m.maps {
		one.encode(w)
		w.Ints(m.joined[t].start)
		w.Int32s(m.joined[t].columns)
		if t > 0 {
			w.Int32s(m.images[t-1])
		}
	}
}

func (m *AlignedUMAPModel) decode(r *saved.Reader) {
	r.JSON(&m.options)
	m.options.UMAP.Start = startBy(r.Text())
	m.options.UMAP.Metric = neighbors.ReadMetric(r)
	count := r.Int()
	if r.OK() {
		var err error
		if m.options, err = m.options.resolve(); err != nil {
			r.Fail(err.Error())
		}
	}
	if r.OK() && count < 1 {
		r.Fail("it has no slices")
	}
	for t := 0; r.OK() && t < count; t++ {
		one := new(UMAPModel)
		one.decode(r)
		joined := rowsJoined{start: r.Ints(), columns: r.Int32s()}
		var images []int32
		if t > 0 {
			images = r.Int32s()
		}
		if !r.OK() {
			return
		}
		n, dim := one.embedding.Dims()
		fits := joined.fits(n, t+m.options.Window >= count)
		if t > 0 {
			before, width := m.maps[t-1].embedding.Dims()
			fits = fits && width == dim && len(images) == before && oneToOne(images, n)
			m.images = append(m.images, images)
		}
		if !fits {
			r.Fail("its parts differ in size")
			return
		}
		m.maps, m.joined = append(m.maps, one), append(m.joined, joined)
	}
}

// fits reports whether these are of n rows, or none where they need not be.
func (r *rowsJoined) fits(n int, needed bool) bool {
	if len(r.start) == 0 && len(r.columns) == 0 {
		return !needed
	}
	return len(r.start) == n+1 && r.start[0] == 0 && r.start[n] == len(r.columns) && slices.IsSorted(r.start) &&
		!slices.ContainsFunc(r.columns, func(j int32) bool { return j < 0 || int(j) >= n })
}

// oneToOne reports whether images are different rows of n.
func oneToOne(images []int32, n int) bool {
	seen := make([]bool, n)
	for _, j := range images {
		if j < -1 || int(j) >= n || j >= 0 && seen[j] {
			return false
		}
		if j >= 0 {
			seen[j] = true
		}
	}
	return true
}

// WriteTo saves the model with its maps and the rows of all slices. The error is that of w,
// or a *mat32.ParamError where the metric is a Func, of which there is only code.
func (m *AlignedUMAPModel) WriteTo(w io.Writer) (int64, error) {
	return write(w, alignedKind, alignedVersion, m.encode)
}

// ReadFrom replaces m by a saved model; see Embedding.ReadFrom for the errors.
func (m *AlignedUMAPModel) ReadFrom(r io.Reader) (int64, error) {
	return read(r, alignedKind, alignedVersion, m, (*AlignedUMAPModel).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *AlignedUMAPModel) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *AlignedUMAPModel) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
