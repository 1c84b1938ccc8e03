package topology

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"sync"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/screen"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// Euclidicity tells at which points the data are no manifold. Around a point of a manifold of
// d dimensions the rows between two radii are those of an annulus of Euclidean space, whose
// shape is a sphere of d−1 dimensions; where sheets meet or are pinched they are not. For
// annuli of several radii around every point it computes the persistent homology of the
// rows within, and from it two numbers:
//
//   - the persistent intrinsic dimension, one more than the highest dimension in which an
//     annulus has a long bar, 0 where none has: at the end of a curve, on the rim of a
//     surface;
//   - the Euclidicity, the mean over the annuli of the bottleneck distance to a Euclidean
//     annulus, in the unit of the data. It is large where the data are no manifold at
//     that scale. Diagrams are compared dimension by dimension, and the largest distance
//     counts; the authors' program stacks all dimensions in one diagram, where a ring may
//     be matched with a piece.
//
// Where sheets touch at a small angle, as spheres side by side do, annuli must be wide enough
// to see that they part: give Inner and Outer.
//
// An annulus of fewer than two rows has no shape: it is left out of the mean, and counted. A
// point with no other annuli has no Euclidicity: NaN, and a note.
//
// Time, for every point and annulus, that of Rips for Size rows, and as much for the models,
// which points with as many rows share: some seconds for 1000 rows by default. Memory 8·n·d
// bytes, 40·Size for every annulus, and 50·Size·Samples for each that differs in radii or
// number of rows; no array is n × n.
//
// Source: J. von Rohrscheidt and B. Rieck (2023), Topological singularity detection at
// multiple scales.
type Euclidicity struct {
	// Dim is the dimension of the Euclidean annuli that those of the data are compared with.
	// Default the persistent intrinsic dimension of most points, the larger of two that are
	// as frequent.
	Dim int

	// MaxDim is the largest dimension looked for: homology up to MaxDim − 1. Each costs many
	// times more. Default 2, or Dim.
	MaxDim int

	// Inner and Outer are the least and the largest of the inner and of the outer radii of
	// annuli, in the unit of the distances. Default 0.3 to 0.5 and 0.8 to 1 times the median
	// distance of rows from their neighbour of number Neighbors, without rows that equal it.
	Inner, Outer [2]float64

	// Neighbors of a row are within the largest outer radius, of half the rows, where no
	// radii are given. Larger values look at larger annuli, with more rows. Default 100, or
	// half of the others.
	Neighbors int

	// Steps is how many inner radii there are, evenly spaced, and how many outer ones: up to
	// Steps² annuli a point. Default 3.
	Steps int

	// Size is the largest number of rows that are looked at in an annulus; of more, so many
	// are drawn. Default 100.
	Size int

	// Model is what a Euclidean annulus is: SampledAnnulus or IdealAnnulus. Default
	// SampledAnnulus.
	Model AnnulusModel

	// Samples is how many samples of a Euclidean annulus are compared with, of which the mean
	// counts. More of them steady the number. Ignored by IdealAnnulus. Default 3.
	Samples int

	// Persistence is the least length of a bar that counts for the dimension, as a share of
	// the inner radius of its annulus. Larger values see less noise, and less of what is
	// sampled sparsely. The constant Zero counts every bar, as the authors do, whose maximal
	// dimension is that of the data. Default 0.5.
	Persistence float64

	// Points are the rows that are looked at. Default nil: all.
	Points []int

	// Seed of what is drawn: rows of crowded annuli, and samples of Euclidean ones.
	Seed uint64

	// MemoryLimit in bytes refuses data that would not fit. Default GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// Zero, as an option, is exactly zero, where 0 is the default.
const Zero = math.SmallestNonzeroFloat64

// AnnulusModel says what an annulus of a manifold looks like.
type AnnulusModel string

const (
	// SampledAnnulus draws as many points as the annulus has, uniformly from a Euclidean one
	// of the same radii: bars of sampling are then expected, and cost little.
	SampledAnnulus AnnulusModel = "sampled annuli"

	// IdealAnnulus has one piece and one class that lives from the inner radius to the outer
	// one: cheap, but every sample is far from it, since its own class dies otherwise.
	IdealAnnulus AnnulusModel = "ideal annulus"
)

const euclidicity = "topology.Euclidicity"

// mostDim is the largest dimension that is looked for.
const mostDim = 10

// Resolve returns the options with defaults filled in but for radii, which take the data, or
// a *mat32.ParamError, for a matrix of n rows and d columns.
func (e Euclidicity) Resolve(n, d int) (Euclidicity, error) {
	if n < 3 {
		return e, fmt.Errorf("%s: %w", euclidicity, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 3 rows"})
	}
	e.MaxDim = cmp.Or(e.MaxDim, e.Dim, 2)
	if e.Neighbors == 0 {
		e.Neighbors = min(100, max(1, (n-1)/2))
	}
	e.Steps, e.Size, e.Samples = cmp.Or(e.Steps, 3), cmp.Or(e.Size, 100), cmp.Or(e.Samples, 3)
	e.Model, e.Persistence = cmp.Or(e.Model, SampledAnnulus), cmp.Or(e.Persistence, .5)
	for _, o := range []struct {
		param       string
		value       int
		least, most int
	}{
		{"Dim", e.Dim, 0, mostDim},
		{"MaxDim", e.MaxDim, 1, mostDim},
		{"Dim", e.Dim, 0, e.MaxDim},
		{"Neighbors", e.Neighbors, 1, n - 1},
		{"Steps", e.Steps, 1, 100},
		{"Size", e.Size, 2, 10_000},
		{"Samples", e.Samples, 1, 1000},
	} {
		if o.value < o.least || o.value > o.most {
			return e, &mat32.ParamError{Method: euclidicity, Param: o.param, Value: o.value, Want: fmt.Sprintf("%d ≤ %s ≤ %d", o.least, o.param, o.most)}
		}
	}
	for _, r := range []struct {
		param string
		value [2]float64
	}{{"Inner", e.Inner}, {"Outer", e.Outer}} {
		if r.value != [2]float64{} && !(r.value[0] > 0 && r.value[0] <= r.value[1] && r.value[1] <= math.MaxFloat64) {
			return e, &mat32.ParamError{Method: euclidicity, Param: r.param, Value: r.value, Want: "two radii, 0 < least ≤ largest"}
		}
	}
	switch {
	case (e.Inner == [2]float64{}) != (e.Outer == [2]float64{}):
		return e, &mat32.ParamError{Method: euclidicity, Param: "Outer", Value: e.Outer, Want: "radii for Inner and Outer, or for neither"}
	case e.Inner[0] > 0 && e.Inner[0] >= e.Outer[1]:
		return e, &mat32.ParamError{Method: euclidicity, Param: "Inner", Value: e.Inner, Want: fmt.Sprintf("an inner radius below the largest outer one, %v", e.Outer[1])}
	case e.Model != SampledAnnulus && e.Model != IdealAnnulus:
		return e, &mat32.ParamError{Method: euclidicity, Param: "Model", Value: string(e.Model), Want: "SampledAnnulus or IdealAnnulus"}
	case !(e.Persistence > 0 && e.Persistence <= 2):
		return e, &mat32.ParamError{Method: euclidicity, Param: "Persistence", Value: e.Persistence, Want: "Zero ≤ Persistence ≤ 2"}
	case e.MemoryLimit < 0:
		return e, &mat32.ParamError{Method: euclidicity, Param: "MemoryLimit", Value: e.MemoryLimit, Want: "0 or more bytes"}
	}
	for _, i := range e.Points {
		if i < 0 || i >= n {
			return e, &mat32.ParamError{Method: euclidicity, Param: "Points", Value: i, Want: fmt.Sprintf("rows, 0 to %d", n-1)}
		}
	}
	return e, nil
}

// Compute returns the Euclidicity and the persistent intrinsic dimension of rows of x (n × d),
// or of those whose distances x holds. Errors: those of mat32.Check and Resolve,
// *mat32.DegenerateError where all rows have Neighbors others equal to them, no annulus has two
// rows or distances exceed float64, *mat32.MemoryError, and one that wraps ctx.Err().
func (e Euclidicity) Compute(ctx context.Context, x mat.Matrix) (*Singularities, error) {
	if err := mat32.CheckContext(ctx, x); err != nil {
		return nil, fmt.Errorf("%s: %w", euclidicity, err)
	}
	n, d := x.Dims()
	e, err := e.Resolve(n, d)
	if err != nil {
		return nil, err
	}
	points := slices.Clone(e.Points)
	if points == nil {
		for i := range n {
			points = append(points, i)
		}
	}
	all := int64(e.Steps*e.Steps) * int64(e.Size)
	need := screen.Bytes(x) + 64*int64(n) + all*(40*int64(len(points))+50*int64(min(e.Size, n*e.Steps*e.Steps))*int64(e.Samples))
	if err := mat32.CheckMemory(euclidicity, need, e.MemoryLimit, "a smaller Size has smaller annuli, fewer Steps have fewer of them"); err != nil {
		return nil, err
	}
	rows, err := screen.New(ctx, x)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", euclidicity, err)
	}
	if !rows.Fit() {
		return nil, &mat32.DegenerateError{Method: euclidicity, Reason: "distances exceed the largest float64: rescale the data"}
	}
	if e.Inner[0] == 0 {
		if err := e.scales(ctx, rows, points); err != nil {
			return nil, err
		}
	}
	if e.Outer[1] > math.MaxFloat64/4 { // across a Euclidean annulus distances would not fit
		return nil, &mat32.DegenerateError{Method: euclidicity, Reason: "radii of annuli are near the largest float64: rescale the data"}
	}
	s := &Singularities{Points: points, Scores: make([]float64, len(points)), Dimensions: make([]int, len(points)),
		Annuli: make([]int, len(points)), Radii: e.radii(), Model: e.Model, Dim: e.Dim, Rows: n}
	w := annuli{Euclidicity: e, rows: rows, radii: s.Radii, models: map[modelKey]*models{}}
	stage := watch.Start(ctx, "Euclidicity", 2*len(points))
	inner := quiet{ctx}
	seen, failed := make([][]local, len(points)), make([]error, len(points))
	err = par.BlocksWith(ctx, len(points), 1, func() *annulus { return new(annulus) }, func(a *annulus, k, _ int) {
		seen[k], failed[k] = w.look(inner, a, points[k])
		stage.Add(1)
	})
	if err = cmp.Or(err, cmp.Or(failed...)); err != nil {
		return nil, mat32.Rename(euclidicity, err)
	}
	for k := range seen {
		s.Annuli[k], s.Dimensions[k] = len(seen[k]), w.dimension(seen[k])
	}
	if !slices.ContainsFunc(s.Annuli, func(seen int) bool { return seen > 0 }) {
		return nil, &mat32.DegenerateError{Method: euclidicity, Reason: "no annulus around any point has two rows: take larger radii, or more Neighbors"}
	}
	if s.Dim == 0 {
		s.Dim = max(1, s.usual())
	}
	err = par.Blocks(ctx, len(points), 1, func(k, _ int) {
		s.Scores[k], failed[k] = w.score(inner, seen[k], s.Dim)
		stage.Add(1)
	})
	if err = cmp.Or(err, cmp.Or(failed...)); err != nil {
		return nil, mat32.Rename(euclidicity, err)
	}
	s.note()
	return s, nil
}

// quiet is a context whose watchers do not see the stages of what it is given to.
type quiet struct{ context.Context }

func (quiet) Value(any) any { return nil }

// scales sets the radii by distances to neighbours.
func (e *Euclidicity) scales(ctx context.Context, rows *screen.Rows, points []int) error {
	n, _ := rows.Dims()
	far := make([]float64, len(points))
	err := par.BlocksWith(ctx, len(points), 1, func() []float64 { return make([]float64, n) }, func(distances []float64, k, _ int) {
		for j := range distances {
			distances[j] = rows.Exact(points[k], j)
		}
		slices.Sort(distances)
		far[k] = distances[e.Neighbors]
	})
	if err != nil {
		return fmt.Errorf("%s: %w", euclidicity, err)
	}
	if far = slices.DeleteFunc(far, func(d float64) bool { return d == 0 }); len(far) == 0 {
		return &mat32.DegenerateError{Method: euclidicity, Reason: fmt.Sprintf("all rows have %d others equal to them: ask for more Neighbors, or give radii", e.Neighbors)}
	}
	slices.Sort(far)
	scale := far[len(far)/2]
	e.Inner, e.Outer = [2]float64{.3 * scale, .5 * scale}, [2]float64{.8 * scale, scale}
	return nil
}

// radii returns those of all annuli.
func (e Euclidicity) radii() (radii [][2]float64) {
	step := func(r [2]float64, i int) float64 {
		if e.Steps == 1 {
			return r[1]
		}
		t := float64(i) / float64(e.Steps-1)
		return (1-t)*r[0] + t*r[1]
	}
	for i := range e.Steps {
		for j := range e.Steps {
			if r, s := step(e.Inner, i), step(e.Outer, j); r < s {
				radii = append(radii, [2]float64{r, s})
			}
		}
	}
	return radii
}

// annuli computes what Euclidicity is of, point by point.
type annuli struct {
	Euclidicity
	rows  *screen.Rows
	radii [][2]float64

	mu     sync.Mutex
	models map[modelKey]*models
}

// annulus is the memory of one worker.
type annulus struct {
	distances []float64
	within    []int
	pairs     []float64
}

// local is the homology of an annulus, of which radii and size are the model's.
type local struct {
	radii, size int
	diagrams    []Diagram
}

// look returns the homology of the annuli around row i that have one.
func (w *annuli) look(ctx context.Context, a *annulus, i int) ([]local, error) {
	n, _ := w.rows.Dims()
	a.distances = slices.Grow(a.distances[:0], n)[:n]
	for j := range n {
		a.distances[j] = w.rows.Exact(i, j)
	}
	var seen []local
	for k, r := range w.radii {
		a.within = a.within[:0]
		for j, d := range a.distances {
			if r[0] <= d && d <= r[1] && j != i {
				a.within = append(a.within, j)
			}
		}
		if len(a.within) < 2 {
			continue
		}
		w.thin(a, i, k)
		a.pairs = a.pairs[:0]
		for p, j := range a.within {
			for _, l := range a.within[p+1:] {
				a.pairs = append(a.pairs, w.rows.Exact(j, l))
			}
		}
		d, err := ripsOf(ctx, len(a.within), a.pairs, w.MaxDim-1, 0)
		if err != nil {
			return nil, err
		}
		seen = append(seen, local{k, len(a.within), d})
	}
	return seen, nil
}

// dimension returns one more than the highest degree in which one of them has a long bar.
func (w *annuli) dimension(seen []local) (dim int) {
	for _, l := range seen {
		least := w.Persistence * w.radii[l.radii][0]
		for h, d := range l.diagrams {
			if h+1 > dim && slices.ContainsFunc(d, func(b Bar) bool { return !b.Essential() && b.Length() > least }) {
				dim = h + 1
			}
		}
	}
	return dim
}

// score returns their mean distance from annuli of a dimension.
func (w *annuli) score(ctx context.Context, seen []local, dim int) (float64, error) {
	if len(seen) == 0 {
		return math.NaN(), nil
	}
	mean := 0.
	for _, l := range seen {
		far, err := w.apart(ctx, l.diagrams, modelKey{l.radii, l.size, dim})
		if err != nil {
			return 0, err
		}
		mean += far / float64(len(seen))
	}
	return mean, nil
}

// thin leaves Size of the rows within, drawn without preference.
func (w *annuli) thin(a *annulus, i, k int) {
	if len(a.within) <= w.Size {
		return
	}
	n, _ := w.rows.Dims()
	s := rng.New(w.Seed, "euclidicity/rows", k*n+i)
	for p := range w.Size {
		q := p + s.IntN(len(a.within)-p)
		a.within[p], a.within[q] = a.within[q], a.within[p]
	}
	a.within = a.within[:w.Size]
	slices.Sort(a.within)
}

// apart returns the mean distance of diagrams from those of the models.
func (w *annuli) apart(ctx context.Context, d []Diagram, key modelKey) (float64, error) {
	m, err := w.model(ctx, key)
	if err != nil {
		return 0, err
	}
	mean := 0.
	for _, of := range m {
		far := 0.
		for h := range d {
			match, err := Bottleneck(ctx, d[h], of[h])
			if err != nil {
				return 0, err
			}
			far = max(far, match.Distance)
		}
		mean += far / float64(len(m))
	}
	return mean, nil
}

// modelKey names models: annuli of one pair of radii, number of points and dimension.
type modelKey struct{ radii, size, dim int }

type models struct {
	once     sync.Once
	diagrams [][]Diagram
	err      error
}

// model returns the diagrams of models, which it makes once: whoever asks first, they are the
// same.
func (w *annuli) model(ctx context.Context, key modelKey) ([][]Diagram, error) {
	r := w.radii[key.radii]
	if w.Model == IdealAnnulus {
		ideal := make([]Diagram, w.MaxDim)
		ideal[0] = Diagram{{0, math.Inf(1)}}
		ideal[key.dim-1] = append(ideal[key.dim-1], Bar{r[0], r[1]})
		return [][]Diagram{ideal}, nil
	}
	w.mu.Lock()
	m := w.models[key]
	if m == nil {
		m = new(models)
		w.models[key] = m
	}
	w.mu.Unlock()
	m.once.Do(func() {
		for k := range w.Samples {
			var d []Diagram
			if d, m.err = w.drawn(ctx, key, k); m.err != nil {
				return
			}
			m.diagrams = append(m.diagrams, d)
		}
	})
	return m.diagrams, m.err
}

// drawn returns the diagrams of a sample of a Euclidean annulus.
func (w *annuli) drawn(ctx context.Context, key modelKey, sample int) ([]Diagram, error) {
	r, dim := w.radii[key.radii], key.dim
	inner := math.Pow(r[0]/r[1], float64(dim))
	x := mat.NewDense(key.size, dim, nil)
	purpose := fmt.Sprintf("euclidicity/model/%d/%d/%d/%d", dim, key.radii, key.size, sample)
	for i := range key.size {
		s := rng.New(w.Seed, purpose, i)
		row, norm := x.RawRowView(i), 0.
		for norm == 0 {
			for c := range row {
				row[c] = s.Normal()
				norm += row[c] * row[c]
			}
		}
		// The share of the volume within a radius is uniform.
		at, norm := r[1]*math.Pow(inner+(1-inner)*s.Float64(), 1/float64(dim)), math.Sqrt(norm)
		for c := range row {
			row[c] = row[c] / norm * at // in this order: at may be near the largest float64
		}
	}
	rows, err := screen.New(ctx, x)
	if err != nil {
		return nil, err
	}
	var pairs []float64
	for i := range key.size {
		for j := i + 1; j < key.size; j++ {
			pairs = append(pairs, rows.Exact(i, j))
		}
	}
	return ripsOf(ctx, key.size, pairs, w.MaxDim-1, 0)
}
