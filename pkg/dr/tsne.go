package dr

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/screen"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/dr/layout"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/pkg/watch"
)

// TSNE, t-distributed stochastic neighbour embedding, places the rows so that
// those near each other in the data are near each other in the map. Distances
// between groups, their sizes and the axes mean little; who is next to whom
// means much.
//
// Up to 1000 rows it is exact: all pairs count, in the similarities and in every step.
// Beyond, rows are similar to their 3·Perplexity nearest ones, and push each other away
// by an approximation; see Repulsion. The map is the same on any number of cores. It is
// not stable: the steps amplify differences, so that data that differ in their last
// digits, by a constant added to a column for example, have the same similarities to six
// digits and more, and maps of the same quality that may look different.
//
// Similarities in several pieces are accepted: a note says so, and how far the pieces
// lie from each other means nothing.
//
// Exact: time O(n²·d) + O(n²) an iteration, memory 4·n² + 8·n·d bytes. Else time that of
// the neighbours and O(n·(Perplexity + log n)) an iteration, memory some
// n·(300·Perplexity + 8·d) bytes. Distances in many columns are mostly noise: 50
// principal components before it make it faster and often better.
//
// A mat32.Distances given as x stands for rows at these distances: the
// similarities are those of the rows, and the map too where the start is.
//
// Sources: L. van der Maaten and G. Hinton (2008), Visualizing data using t-SNE;
// for trees L. van der Maaten (2014), Accelerating t-SNE using tree-based algorithms;
// for learning rate, start and exaggeration A. Belkina et al. (2019), Automated
// optimized parameters for t-distributed stochastic neighbor embedding, and D.
// Kobak and P. Berens (2019), The art of using t-SNE for single-cell
// transcriptomics. Defaults are those of openTSNE 1.0.4, but for the gains of steps that turn
// back: 0.8 of them and 0.01 at least, as the first source has it, where openTSNE adds 0.01.
type TSNE struct {
	// Components is the number of dimensions of the map, 1 to 3. Default 2.
	Components int

	// Perplexity is the smooth number of neighbours that every row has: larger
	// values look at larger neighbourhoods. It is at least 1 and below n−1.
	// Default 30, or (n−1)/3 where that is less.
	Perplexity float64

	// Perplexities, when given, are several: similarities are the mean of those by each
	// of them, of small and of large scale. Perplexity is then ignored.
	Perplexities []float64

	// Bandwidth, when given, is the standard deviation of the Gaussians that make
	// distances similarities, in the unit of distance: larger values look at larger
	// neighbourhoods. Default: that at which every row has the Perplexity, which with a
	// Bandwidth says only how many neighbours count.
	Bandwidth float64

	// DegreesOfFreedom is how fast the kernel (1 + d²/α)^(−α) of distances in the map
	// falls: below 1 its tails are heavier, which shows finer groups, and more is nearer
	// to a Gaussian. Between 0.01 and 1000; default 1, as in the paper. It is dof in
	// openTSNE; Student's t has 2α − 1 by the usual count. Source: D. Kobak, G. Linderman,
	// S. Steinerberger, Y. Kluger and P. Berens (2019), Heavy-tailed kernels reveal a
	// finer cluster structure in t-SNE visualisations.
	DegreesOfFreedom float64

	// Exaggeration multiplies the attraction in the early iterations, so that
	// groups find together before they spread; at least 1. Default 12.
	Exaggeration float64

	// EarlyIterations is the number of early iterations; None for none. Default
	// 250.
	EarlyIterations int

	// LateExaggeration multiplies the attraction in the iterations after the early
	// ones. Larger values than 1 make groups denser and the space between them wider;
	// about 4 is near to UMAP, and 30 to a spectral map. At least 1; default 1.
	LateExaggeration float64

	// Iterations is the number of iterations after the early ones; None for
	// none. Default 500.
	Iterations int

	// LearningRate is the length of a step, for the gradient without the factor
	// 4. Default n divided by the exaggeration of the phase.
	LearningRate float64

	// EarlyMomentum and Momentum are the shares of the last step that are kept, in the
	// early iterations and after: larger values are faster along valleys. The constant
	// Zero stands for 0; below 1. Default 0.8 both.
	EarlyMomentum, Momentum float64

	// MaxStep is the longest step of one point in one iteration: the map is some tens
	// wide. Default 5.
	MaxStep float64

	// Repulsion is how points that push each other away are counted: Direct, BarnesHut or
	// FFT. With Direct all pairs are similar, too, unless there is an Affinity or a Graph.
	// Default Direct up to 1000 rows, else BarnesHut.
	Repulsion Repulsion

	// Angle is how small a cell of BarnesHut must look to count as one: smaller values
	// are more exact and take longer. The constant Zero stands for 0, all pairs. Ignored
	// by others. Default 0.5.
	Angle float64

	// Metric says how rows are compared. Default Euclidean. Ignored for distances, and
	// where Affinity is given.
	Metric neighbors.Metric `json:"-"`

	// Graph, when given, is a graph of the rows of x by Metric, with three times the
	// perplexity neighbours or more, that is used instead of a new one. Ignored where
	// Affinity is given.
	Graph *neighbors.Graph `json:"-"`

	// Affinity, when given, are symmetric weights of the rows of x that are used instead
	// of similarities by perplexity, scaled to the sum 1. Models of given weights cannot
	// map new rows.
	Affinity *affinity.Sparse `json:"-"`

	// Start is where the points begin: FromPCA, FromSpectral, FromRandom or
	// From(y). All but the last are scaled to a standard deviation of 1e-4. Default
	// FromPCA, or FromRandom for distances, which have no principal components.
	Start Start

	// Seed chooses the random numbers of the start: all of them for FromRandom,
	// the small noise that separates duplicates for FromPCA and FromSpectral. Ignored for
	// From(y).
	Seed uint64

	// MemoryLimit in bytes refuses data whose similarities would not fit, and on the way, with
	// the map so far, a map too wide for the grid of FFT to fit.
	// Default GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// Resolve returns the options with defaults filled in for n × d data, or an
// error that names the option and its range. LearningRate stays 0 where it is
// left to the phases.
func (t TSNE) Resolve(n, d int) (TSNE, error) {
	const method = "dr.TSNE"
	if n < 4 {
		return t, fmt.Errorf("%s: %w", method, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 4 rows"})
	}
	t.Components = cmp.Or(t.Components, 2)
	t.Perplexity = cmp.Or(t.Perplexity, min(30, float64(n-1)/3))
	t.DegreesOfFreedom = cmp.Or(t.DegreesOfFreedom, 1)
	t.Exaggeration, t.LateExaggeration = cmp.Or(t.Exaggeration, 12), cmp.Or(t.LateExaggeration, 1)
	t.EarlyIterations, t.Iterations = cmp.Or(t.EarlyIterations, 250), cmp.Or(t.Iterations, 500)
	t.EarlyMomentum, t.Momentum = cmp.Or(t.EarlyMomentum, 0.8), cmp.Or(t.Momentum, 0.8)
	t.MaxStep, t.Angle = cmp.Or(t.MaxStep, 5), cmp.Or(t.Angle, 0.5)
	if t.Start == nil {
		t.Start = FromPCA
	}
	if err := checkRange(method, "Components", t.Components, 1, 3, "the dimensions of a map"); err != nil {
		return t, err
	}
	var err error
	if t.Metric, err = neighbors.ResolveMetric(method, t.Metric); err != nil {
		return t, err
	}
	if t.Repulsion, err = t.Repulsion.resolve(method, n, t.Components); err != nil {
		return t, err
	}
	for _, r := range []struct {
		param string
		value any
		ok    bool
		want  string
	}{
		{"Perplexity", t.Perplexity, t.Perplexity >= 1 && t.Perplexity < float64(n-1), fmt.Sprintf("1 ≤ Perplexity < n−1 = %d", n-1)},
		{"Bandwidth", t.Bandwidth, t.Bandwidth >= 0 && t.Bandwidth <= math.MaxFloat64, "0 (by the perplexity) or more, and finite"},
		{"Perplexities", t.Perplexities, t.Perplexities == nil || len(t.Perplexities) > 0 && t.Bandwidth == 0, "one or more, and no Bandwidth"},
		{"DegreesOfFreedom", t.DegreesOfFreedom, t.DegreesOfFreedom >= 0.01 && t.DegreesOfFreedom <= 1e3, "0.01 ≤ DegreesOfFreedom ≤ 1000"},
		{"Exaggeration", t.Exaggeration, t.Exaggeration >= 1 && t.Exaggeration <= 1e3, "1 ≤ Exaggeration ≤ 1000"},
		{"LateExaggeration", t.LateExaggeration, t.LateExaggeration >= 1 && t.LateExaggeration <= 1e3, "1 ≤ LateExaggeration ≤ 1000"},
		{"EarlyIterations", t.EarlyIterations, t.EarlyIterations >= None, "EarlyIterations ≥ 0, or None"},
		{"Iterations", t.Iterations, t.Iterations >= None, "Iterations ≥ 0, or None"},
		{"LearningRate", t.LearningRate, t.LearningRate >= 0 && t.LearningRate <= 1e9, "0 (automatic) ≤ LearningRate ≤ 1e9"},
		{"EarlyMomentum", t.EarlyMomentum, t.EarlyMomentum >= 0 && t.EarlyMomentum < 1, "0 ≤ EarlyMomentum < 1"},
		{"Momentum", t.Momentum, t.Momentum >= 0 && t.Momentum < 1, "0 ≤ Momentum < 1"},
		{"MaxStep", t.MaxStep, t.MaxStep > 0 && t.MaxStep <= 1e9, "0 < MaxStep ≤ 1e9"},
		{"Angle", t.Angle, t.Angle > 0 && t.Angle <= 2, "0 ≤ Angle ≤ 2"},
		{"MemoryLimit", t.MemoryLimit, t.MemoryLimit >= 0, "0 or more bytes"},
	} {
		if !r.ok {
			return t, &mat32.ParamError{Method: method, Param: r.param, Value: r.value, Want: r.want}
		}
	}
	for _, p := range t.Perplexities {
		if !(p >= 1 && p < float64(n-1)) {
			return t, &mat32.ParamError{Method: method, Param: "Perplexities", Value: p, Want: fmt.Sprintf("from 1 to below n−1 = %d each", n-1)}
		}
	}
	return t, checkLaidOut(method, t.Start, n, t.Components, FromPCA, FromSpectral, FromRandom)
}

// String returns the options in one line, as captions and tables show them. What is of
// no effect is left out.
func (t TSNE) String() string {
	similar := fmt.Sprintf("perplexity %.4g", t.Perplexity)
	switch {
	case t.Affinity != nil:
		similar = "given weights"
	case t.Perplexities != nil:
		similar = fmt.Sprintf("perplexities %.4g", t.Perplexities)
	case t.Bandwidth > 0:
		similar = fmt.Sprintf("bandwidth %.4g", t.Bandwidth)
	}
	rate := "automatic"
	if t.LearningRate > 0 {
		rate = fmt.Sprintf("%.4g", t.LearningRate)
	}
	s := fmt.Sprintf("%s, exaggeration %.4g for %d of %d iterations, learning rate %s, start %v, seed %d, repulsion %s",
		similar, t.Exaggeration, max(t.EarlyIterations, 0), max(t.EarlyIterations, 0)+max(t.Iterations, 0), rate, t.Start, t.Seed, t.Repulsion)
	if t.Repulsion == BarnesHut {
		s += fmt.Sprintf(" at angle %.4g", t.Angle)
	}
	for _, o := range []struct {
		name         string
		value, usual float64
	}{{"late exaggeration", t.LateExaggeration, 1}, {"degrees of freedom", t.DegreesOfFreedom, 1}, {"early momentum", t.EarlyMomentum, 0.8},
		{"momentum", t.Momentum, 0.8}, {"longest step", t.MaxStep, 5}} {
		if o.value != o.usual {
			s += fmt.Sprintf(", %s %.4g", o.name, o.value)
		}
	}
	if t.Metric != nil && t.Metric != neighbors.Metric(neighbors.Euclidean{}) && t.Affinity == nil {
		s += ", " + t.Metric.String() + " distance"
	}
	return s
}

// Fit makes a map of the rows of x (n × d), or of rows at the distances that x
// holds. Errors: those of mat32.Check and Resolve, *mat32.DegenerateError where
// all rows are equal or none are similar, *mat32.MemoryError, *mat32.ParamError for a Graph or an
// Affinity of other rows, and one that wraps ctx.Err(); a cancel during the iterations
// also returns the model so far, its embedding marked Partial and without a divergence.
func (t TSNE) Fit(ctx context.Context, x mat.Matrix) (*TSNEModel, error) {
	const method = "dr.TSNE"
	n, d, err := checkData(ctx, method, x, 4)
	if err != nil {
		return nil, err
	}
	var notes []string
	_, distances := x.(*mat32.Distances)
	if distances {
		switch t.Start {
		case nil:
			t.Start = FromRandom
			notes = append(notes, "distances have no principal components: the start is random")
		case FromPCA:
			return nil, &mat32.ParamError{Method: method, Param: "Start", Value: t.Start,
				Want: "FromSpectral, FromRandom or From(y): distances have no principal components"}
		}
	}
	t, err = t.Resolve(n, d)
	if err != nil {
		return nil, err
	}
	need, advice := t.memory(x)
	if err := mat32.CheckMemory(method, need, t.MemoryLimit, advice); err != nil {
		return nil, err
	}
	fail := func(err error) (*TSNEModel, error) { return nil, failed(method, err) }

	m := &TSNEModel{options: t, index: new(known), tree: new(made[*layout.BarnesHut]), embedding: &Embedding{Method: "t-SNE", Options: t.String(), Rows: n, Dim: d, Objective: math.NaN(), Loss: "KL divergence"}}
	more, err := m.compare(ctx, x)
	if err != nil {
		return fail(err)
	}
	m.embedding.Notes = append(notes, more...)
	y, started, err := place(ctx, t.Start, x, t.Components, 1e-4, t.Seed, "t-SNE/start", t.MemoryLimit)
	if err != nil {
		return fail(err)
	}
	m.embedding.Notes = append(m.embedding.Notes, started...)
	if !distances && t.Affinity == nil {
		if m.rows, err = keep(ctx, x); err != nil {
			return fail(err)
		}
	}
	early, late := max(t.EarlyIterations, 0), max(t.Iterations, 0)
	return m.descend(ctx, y, []phase{{early, t.Exaggeration, t.EarlyMomentum}, {late, t.LateExaggeration, t.Momentum}})
}

// exact reports whether the similarities of all pairs are made at once.
func (t TSNE) exact() bool {
	return t.Repulsion == Direct && t.Graph == nil && t.Affinity == nil && t.Perplexities == nil && t.Bandwidth == 0 &&
		t.Metric == neighbors.Metric(neighbors.Euclidean{})
}

// neighbors is how many rows a row is similar to.
func (t TSNE) neighbors(n int) int {
	if t.Repulsion == Direct && t.Graph == nil {
		return n - 1
	}
	largest := t.Perplexity
	if t.Perplexities != nil {
		largest = slices.Max(t.Perplexities)
	}
	return min(int(math.Ceil(3*largest)), n-1)
}

// memory returns about how many bytes a map takes, and what would need less.
func (t TSNE) memory(x mat.Matrix) (need int64, advice string) {
	rows, d := x.Dims()
	n := int64(rows)
	kept := 8 * n * int64(d)
	switch x.(type) {
	case *mat32.Distances, *mat32.Dense, *mat32.CSR:
		kept = 0
	}
	if t.exact() {
		return kept + n*n*4 + n*n/8 + screen.Bytes(x), "exact t-SNE holds n² similarities: use fewer rows, or another Repulsion"
	}
	if t.Affinity != nil {
		return n*200 + 20*int64(t.Affinity.NNZ()), "use fewer rows or weights"
	}
	return kept + n*(300+100*int64(t.neighbors(rows))) + 4*n*int64(d), "use fewer rows, or a smaller Perplexity"
}

// compare makes the similarities of the rows of x, and returns what is to be noted of
// them.
func (m *TSNEModel) compare(ctx context.Context, x mat.Matrix) (notes []string, err error) {
	t, n := m.options, m.embedding.Rows
	if t.exact() {
		m.pairs, notes, err = t.similarities(ctx, x)
		return notes, err
	}
	if t.Affinity != nil {
		if err := t.Affinity.CheckContext(ctx, "dr.TSNE", "Affinity", x); err != nil {
			return nil, err
		}
		m.similar = t.Affinity
	} else {
		if err := checkVaries(ctx, "dr.TSNE", x); err != nil {
			return nil, err
		}
		m.similar, err = affinity.Entropic{Perplexity: t.Perplexity, Perplexities: t.Perplexities, Bandwidth: t.Bandwidth,
			Neighbors: t.neighbors(n), Metric: t.Metric, Graph: t.Graph, MemoryLimit: t.MemoryLimit}.Weigh(ctx, x)
		if err != nil {
			return nil, err
		}
	}
	notes = slices.Clone(m.similar.Notes)
	if parts := m.similar.Components(); parts.Count > 1 {
		notes = append(notes, fmt.Sprintf("the similarities have %v: how far these lie from each other means nothing", parts))
	}
	return notes, nil
}

// Embed returns the map of the rows of x: Fit(ctx, x) and its embedding. When
// cancelled during the iterations it returns the map so far, marked Partial,
// with the error.
func (t TSNE) Embed(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	m, err := t.Fit(ctx, x)
	if m == nil {
		return nil, err
	}
	return m.embedding, err
}

// similarities returns the symmetric similarities of all pairs, n × n with sum 1,
// and what is to be noted of the data.
func (t TSNE) similarities(ctx context.Context, x mat.Matrix) (p []float32, notes []string, err error) {
	const block = 8
	n, _ := x.Dims()
	rows, err := screen.New(ctx, x)
	if err != nil {
		return nil, nil, err
	}
	p = make([]float32, n*n)
	tied, equal := make([]bool, n), make([]bool, n)
	failed := make([]error, n)
	stage := watch.Start(ctx, "t-SNE: similarities", n)
	err = par.BlocksWith(ctx, n, block, func() []float64 { return make([]float64, n) }, func(buf []float64, lo, hi int) {
		for i := lo; i < hi; i++ {
			if ctx.Err() != nil {
				return
			}
			largest := 0.
			others := buf[:n-1]
			for j := range others {
				k := j
				if j >= i {
					k = j + 1
				}
				others[j] = rows.Exact(i, k)
				largest = max(largest, others[j])
			}
			equal[i] = largest == 0
			for j, v := range others {
				if largest > 0 {
					v /= largest // the weights do not depend on the unit
				}
				others[j] = v * v
			}
			_, reached, err := affinity.Perplexity(others, others, t.Perplexity)
			tied[i], failed[i] = reached > t.Perplexity+0.01, err
			row := p[i*n : (i+1)*n]
			for j, v := range others[:i] {
				row[j] = float32(v)
			}
			for j, v := range others[i:] {
				row[i+1+j] = float32(v)
			}
		}
		stage.Add(hi - lo)
	})
	if err != nil {
		return nil, nil, err
	}
	if i := slices.IndexFunc(failed, func(err error) bool { return err != nil }); i >= 0 {
		return nil, nil, &mat32.DegenerateError{Method: "dr.TSNE", Reason: fmt.Sprintf("distances from row %d exceed the largest float64: rescale the data", i)}
	}
	if !slices.Contains(equal, false) {
		return nil, nil, &mat32.DegenerateError{Method: "dr.TSNE", Reason: "all rows are equal: nobody is nearer than another"}
	}
	ties := 0
	for _, is := range tied {
		if is {
			ties++
		}
	}
	if ties > 0 {
		notes = append(notes, fmt.Sprintf("%d rows have more rows at their smallest distance than the perplexity: these share their similarity evenly", ties))
	}
	return p, notes, symmetrize(ctx, p, n)
}

// symmetrize replaces the conditional similarities by (p + pᵀ)/2n.
func symmetrize(ctx context.Context, p []float32, n int) error {
	const tile = 64
	return par.Blocks(ctx, n, tile, func(lo, hi int) {
		for from := lo; from < n; from += tile {
			for i := lo; i < hi; i++ {
				for j := max(from, i+1); j < min(from+tile, n); j++ {
					v := float32((float64(p[i*n+j]) + float64(p[j*n+i])) / (2 * float64(n)))
					p[i*n+j], p[j*n+i] = v, v
				}
			}
		}
	})
}

// MarshalJSON writes the options; a given start is written by its name alone.
func (t TSNE) MarshalJSON() ([]byte, error) {
	type plain TSNE
	o := struct {
		plain
		Start string
	}{plain: plain(t)}
	if t.Start != nil {
		o.Start = t.Start.String()
	}
	return json.Marshal(o)
}

// UnmarshalJSON reads options that MarshalJSON wrote; a given start reads as one
// without rows.
func (t *TSNE) UnmarshalJSON(b []byte) error {
	type plain TSNE
	o := struct {
		*plain
		Start string
	}{plain: (*plain)(t)}
	if err := json.Unmarshal(b, &o); err != nil {
		return err
	}
	switch o.Start {
	case "":
		t.Start = nil
	case given{}.String():
		t.Start = given{}
	default:
		t.Start = startBy(o.Start)
	}
	return nil
}
