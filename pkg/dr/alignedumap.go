package dr

import (
	"cmp"
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/dr/layout"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// AlignedUMAP makes a map of every slice of a series, such as the years of a survey or
// windows along a column, by UMAP, so that rows that are in several slices are at much the
// same place in their maps: what moves from one map to the next has changed.
//
// All maps are made at once. Each slice has the weights, edges and random numbers of a map
// of its own, and starts where UMAP would, turned and moved to be nearest to the slice
// before; and in every epoch each point is drawn towards its images in the slices within
// Window of its own, the more the nearer these are and the larger the share of neighbours
// is that a row and its image have in common: a row that has other neighbours by then is
// free to go; see layout.Alignment. Rows without images, and slices, move by the forces of
// UMAP alone, as do slices without a row in common, which the notes tell.
//
// Peculiarities of the data are treated as by UMAP. Maps are the same on any number of
// cores.
//
// Time that of UMAP for all slices, and 2·Window·Epochs·n sums of a few nanoseconds for n
// rows in all; memory that of the maps, of 16·Window·n bytes more and of what the model
// keeps.
//
// Source: A. Dadu, V. Satone et al. (2023), Application of Aligned-UMAP to longitudinal
// biomedical studies; umap-learn 0.5, of which the defaults are. Its windows are
// Window slices backwards and one less forwards, and its last slice draws none; these are
// as wide on both sides.
type AlignedUMAP struct {
	// UMAP are the options of the map of each slice, of which Epochs are 200 by default, as
	// in umap-learn, whatever the number of rows, and 400 with Density; Neighbors is at most
	// the number of rows of the smallest slice. Graph, Affinity, Labels, Targets and a Start
	// From(y) are of one slice, and a curved OutputSpace has no means: they are refused.
	UMAP UMAP

	// Regularization is how strongly points are drawn to their images, whenever a force of
	// UMAP moves them. Larger values keep them nearer, and neighbours a little worse; at 1
	// all images of a row are nearly one point. At most 1e6. The constant Zero stands for 0:
	// maps are of one start alone. Default 0.01.
	Regularization float64

	// Window is how many slices before and after its own a point is drawn to: by
	// e^(1−distance) each. Larger values keep rows that last in place for longer. At most
	// 1000; None for none. Default 3.
	Window int

	// Labels, when given, are the Labels of UMAP for every slice, nil for those without.
	// Not kept by a saved model. Default nil.
	Labels [][]int `json:"-"`

	// Targets, when given, are the Targets of UMAP for every slice, nil for those without.
	// Not kept by a saved model. Default nil.
	Targets []mat.Matrix `json:"-"`

	// MemoryLimit in bytes refuses a series whose matrices would not fit together; that of
	// UMAP is for each slice. Default GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// Resolve returns the options with defaults filled in for slices of n × d, or an error that
// names the option and its range. Neighbors and TargetNeighbors by default are those of each
// slice, and stay 0.
func (a AlignedUMAP) Resolve(n, d int) (AlignedUMAP, error) {
	a, err := a.resolve()
	if err != nil {
		return a, err
	}
	u, err := a.UMAP.Resolve(n, d)
	if err != nil {
		return a, failed(alignedMethod, err)
	}
	u.Neighbors, u.TargetNeighbors = a.UMAP.Neighbors, a.UMAP.TargetNeighbors
	a.UMAP = u
	return a, nil
}

// resolve fills in and checks what UMAP does not know of.
func (a AlignedUMAP) resolve() (AlignedUMAP, error) {
	const most = 1e6
	epochs := 200
	if a.UMAP.Density > 0 {
		epochs = 400
	}
	a.UMAP.Epochs = cmp.Or(a.UMAP.Epochs, epochs)
	a.Regularization, a.Window = cmp.Or(a.Regularization, .01), cmp.Or(a.Window, 3)
	if a.UMAP.Start == nil {
		a.UMAP.Start = FromSpectral
	}
	var err error
	if a.UMAP.Metric, err = neighbors.ResolveMetric(alignedMethod, a.UMAP.Metric); err != nil {
		return a, err
	}
	_, from := a.UMAP.Start.(given)
	if err = a.UMAP.resolveSpace(alignedMethod); err != nil {
		return a, err
	}
	for _, r := range []struct {
		param string
		value any
		ok    bool
		want  string
	}{
		{"Regularization", a.Regularization, a.Regularization > 0 && a.Regularization <= most, "above 0 and at most 1e6, or Zero"},
		{"Window", a.Window, a.Window == None || a.Window >= 1 && a.Window <= 1000, "1 ≤ Window ≤ 1000, or None"},
		{"MemoryLimit", a.MemoryLimit, a.MemoryLimit >= 0, "0 or more bytes"},
		{"UMAP.OutputSpace", a.UMAP.OutputSpace, a.UMAP.curved() == nil, "a flat one"},
		{"UMAP.Start", a.UMAP.Start, !from, fmt.Sprintf("one of %v", []startBy{FromSpectral, FromPCA, FromRandom})},
		{"UMAP.Graph", "one graph", a.UMAP.Graph == nil, "none: every slice has its own"},
		{"UMAP.Affinity", "weights", a.UMAP.Affinity == nil, "none: every slice has its own"},
		{"UMAP.Labels", "labels of one slice", a.UMAP.Labels == nil, "Labels of AlignedUMAP, for every slice"},
		{"UMAP.Targets", "targets of one slice", a.UMAP.Targets == nil, "Targets of AlignedUMAP, for every slice"},
	} {
		if !r.ok {
			return a, &mat32.ParamError{Method: alignedMethod, Param: r.param, Value: r.value, Want: r.want}
		}
	}
	return a, nil
}

const alignedMethod = "dr.AlignedUMAP"

// String returns the options in one line.
func (a AlignedUMAP) String() string {
	return fmt.Sprintf("%v, regularization %.4g, window %d", a.UMAP, a.Regularization, max(a.Window, 0))
}

// FitSeries makes a map of the rows of every slice (n × d each, of any size), or of rows at
// the distances that one holds. relations[t] tells for every row of slice t which row of
// slice t+1 is its image, the same thing there, or −1 where it has none; two rows have not
// the same image. So there is one less than slices; see Relate.
//
// Errors: those of UMAP.Fit for a slice, which they name, *mat32.ParamError for what of
// Labels, Targets and relations does not fit the slices, *mat32.MemoryError, and one that
// wraps ctx.Err(); a cancel during the epochs also returns the model so far, its embeddings
// marked Partial.
func (a AlignedUMAP) FitSeries(ctx context.Context, slices []mat.Matrix, relations [][]int) (*AlignedUMAPModel, error) {
	a, err := a.resolve()
	if err != nil {
		return nil, err
	}
	wrong := func(param string, value, want int, what string) error {
		return &mat32.ParamError{Method: alignedMethod, Param: param, Value: value, Want: fmt.Sprintf("%d: %s", want, what)}
	}
	switch count := len(slices); {
	case count == 0:
		return nil, fmt.Errorf("%s: slices: %w", alignedMethod, mat32.ErrEmpty)
	case len(relations) != count-1:
		return nil, wrong("relations", len(relations), count-1, "one between every two slices")
	case a.Labels != nil && len(a.Labels) != count:
		return nil, wrong("Labels", len(a.Labels), count, "those of every slice, or nil")
	case a.Targets != nil && len(a.Targets) != count:
		return nil, wrong("Targets", len(a.Targets), count, "those of every slice, or nil")
	}
	s := series{AlignedUMAP: a, images: make([][]int32, 0, len(relations))}
	for t, x := range slices {
		u := a.UMAP
		if a.Labels != nil {
			u.Labels = a.Labels[t]
		}
		if a.Targets != nil {
			u.Targets = a.Targets[t]
		}
		if err := s.accept(ctx, t, u, x); err != nil {
			return nil, err
		}
		if t > 0 {
			if err := s.relate(t-1, relations[t-1]); err != nil {
				return nil, err
			}
		}
	}
	if err := mat32.CheckMemory(alignedMethod, s.memory, a.MemoryLimit, "use fewer rows, slices or neighbours"); err != nil {
		return nil, err
	}
	if s.AlignedUMAP, err = a.Resolve(s.rows[0], 1); err != nil {
		return nil, err
	}
	for t, x := range slices {
		if err := s.begin(ctx, t, x); err != nil {
			return nil, err
		}
		if t > 0 {
			l := s.maps[t]
			procrustes(l.points, s.maps[t-1].points, s.across(t, t-1), l.dim)
		}
	}
	return s.run(ctx)
}

// series are the maps of slices in the making, and those that are made.
type series struct {
	AlignedUMAP
	options []UMAP    // of every slice
	rows    []int     // of every slice
	memory  int64     // what all takes, in bytes
	images  [][]int32 // of every slice but the last, in the next
	joined  []rowsJoined
	maps    []*umapLayout
	made    []*UMAPModel // of the first slices, which stay as they are
}

// inSlice says in which slice something went wrong.
func inSlice(t int, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: slice %d: %w", alignedMethod, t, err)
}

// accept checks slice t and its options.
func (s *series) accept(ctx context.Context, t int, u UMAP, x mat.Matrix) error {
	const method = "dr.UMAP"
	n, d, err := checkData(ctx, method, x, 1)
	if err != nil {
		return inSlice(t, err)
	}
	if u, err = u.Resolve(n, d); err != nil {
		return inSlice(t, err)
	}
	need := u.memory(x)
	if err := mat32.CheckMemory(method, need, u.MemoryLimit, "use fewer rows or neighbours"); err != nil {
		return inSlice(t, err)
	}
	s.options, s.rows = append(s.options, u), append(s.rows, n)
	s.memory += need + int64(n)*int64(16*s.window()+8*u.Neighbors)
	return nil
}

// window is how far the images of a slice are.
func (s *series) window() int { return max(s.Window, 0) }

// relate checks and keeps which rows of slice t+1 are the images of those of slice t.
func (s *series) relate(t int, relation []int) error {
	wrong := func(value any, want string) error {
		return &mat32.ParamError{Method: alignedMethod, Param: fmt.Sprintf("relations[%d]", t), Value: value, Want: want}
	}
	n, next := s.rows[t], s.rows[t+1]
	if len(relation) != n {
		return wrong(fmt.Sprintf("%d rows", len(relation)), fmt.Sprintf("one image, or −1, for each of %d rows", n))
	}
	images, of := make([]int32, n), make([]int32, next)
	for i, j := range relation {
		switch {
		case j < -1 || j >= next:
			return wrong(fmt.Sprintf("%d for row %d", j, i), fmt.Sprintf("one of the %d rows of the next slice, or −1", next))
		case j >= 0 && of[j] > 0:
			return wrong(fmt.Sprintf("%d for the rows %d and %d", j, of[j]-1, i), "an image of one row")
		case j >= 0:
			of[j] = int32(i + 1)
		}
		images[i] = int32(j)
	}
	s.images = append(s.images, images)
	return nil
}

// alignedStart is how many times as large as that of UMAP the start is, as in umap-learn:
// shapes then have room for what they are in other slices.
const alignedStart = 2

// begin weighs and places the rows of slice t.
func (s *series) begin(ctx context.Context, t int, x mat.Matrix) error {
	const method = "dr.UMAP"
	u, w, err := s.options[t].joined(ctx, x)
	if err != nil {
		return inSlice(t, failed(method, err))
	}
	l, err := u.begin(ctx, method, x, w)
	if err != nil {
		return inSlice(t, err)
	}
	for i := range l.points {
		l.points[i] *= alignedStart
	}
	l.options = s.options[t]
	l.embedding.Method = "Aligned UMAP"
	l.embedding.Options = AlignedUMAP{UMAP: s.options[t], Regularization: s.Regularization, Window: s.Window}.String()
	if l.descent != nil {
		l.descent.Purpose = fmt.Sprintf("AlignedUMAP: slice %d", t)
	}
	if t > 0 && imaged(s.images[t-1]) == 0 {
		l.embedding.Notes = append(l.embedding.Notes, "no row is in the slice before: nothing aligns the two")
	}
	s.maps = append(s.maps, l)
	s.joined = append(s.joined, joinedBy(w))
	return nil
}

// run lets the maps that are not made yet move, drawn to each other and to those that are.
func (s *series) run(ctx context.Context) (*AlignedUMAPModel, error) {
	dim := s.maps[len(s.maps)-1].dim
	first := len(s.made)
	sets := make([]layout.Set, len(s.rows))
	for t := range sets {
		if t < first {
			sets[t].Points = narrowed(s.made[t].embedding.Dense)
			continue
		}
		l := s.maps[t-first]
		sets[t] = layout.Set{Points: l.points, Descent: l.descent, Edges: l.edges}
		links, err := s.links(ctx, t)
		if err != nil {
			return nil, failed(alignedMethod, err)
		}
		sets[t].Links = links
	}
	align := layout.Alignment{Sets: sets, Stage: "Aligned UMAP: layout"}
	canceled := align.Run(ctx, dim)
	if canceled != nil && ctx.Err() == nil {
		return nil, failed(alignedMethod, canceled)
	}
	m := &AlignedUMAPModel{options: s.AlignedUMAP, images: s.images, joined: s.joined, maps: append([]*UMAPModel(nil), s.made...)}
	m.options.Labels, m.options.Targets = nil, nil
	for t := range max(0, len(m.joined)-s.window()) {
		m.joined[t] = rowsJoined{} // no new slice looks as far back
	}
	for k, l := range s.maps {
		one, err := l.finish(ctx, canceled)
		if one == nil {
			return nil, inSlice(first+k, err)
		}
		if canceled == nil {
			canceled = err
		}
		m.maps = append(m.maps, one)
	}
	if canceled != nil {
		for _, one := range m.maps[first:] {
			one.embedding.Partial = true
		}
		return m, failed(alignedMethod, canceled)
	}
	return m, nil
}

// links returns what the points of slice t are drawn to, in the order of the slices.
func (s *series) links(ctx context.Context, t int) ([]layout.Link, error) {
	l := s.maps[t-len(s.made)]
	if l.descent == nil || s.Regularization == Zero {
		return nil, nil
	}
	// A force moves a point when its edge fires from it, and to it, and with every point at
	// random: that often it is drawn.
	rate := s.Regularization * float64(2+l.descent.Negatives)
	fires := make([]float64, s.rows[t])
	for i := range fires {
		_, weights := l.entropy.Row(i)
		for _, w := range weights {
			if share := w / l.most; share*float64(l.descent.Epochs) >= 1 {
				fires[i] += share
			}
		}
	}
	var links []layout.Link
	for to := max(0, t-s.window()); to <= min(len(s.rows)-1, t+s.window()); to++ {
		if to == t {
			continue
		}
		images := s.across(t, to)
		if imaged(images) == 0 {
			continue
		}
		weights, err := s.alike(ctx, t, to, images)
		if err != nil {
			return nil, err
		}
		near := rate * decay(t, to)
		for i := range weights {
			weights[i] *= float32(near * fires[i])
		}
		links = append(links, layout.Link{To: to, Images: images, Weights: weights})
	}
	return links, nil
}
