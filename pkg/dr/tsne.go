package dr

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/internal/screen"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/dr/layout"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// TSNE, t-distributed stochastic neighbour embedding, places the rows so that
// those near each other in the data are near each other in the map. Distances
// between groups, their sizes and the axes mean little; who is next to whom
// means much.
//
// It is exact: all pairs count, in the similarities and in every step. The map
// is the same on any number of cores. It is not stable: the steps amplify
// differences, so that data that differ in their last digits, by a constant
// added to a column for example, have the same similarities to six digits and
// more, and maps of the same quality that may look different.
//
// Time O(n²·d) + O(n²) an iteration, memory 4·n² + 4·n·d bytes: for a few
// thousand rows. Distances in many columns are mostly noise: 50 principal
// components before it make it faster and often better.
//
// A mat32.Distances given as x stands for rows at these distances: the
// similarities are those of the rows, and the map too where the start is.
//
// Sources: L. van der Maaten and G. Hinton (2008), Visualizing data using t-SNE;
// for learning rate, start and exaggeration A. Belkina et al. (2019), Automated
// optimized parameters for t-distributed stochastic neighbor embedding, and D.
// Kobak and P. Berens (2019), The art of using t-SNE for single-cell
// transcriptomics.
type TSNE struct {
	// Components is the number of dimensions of the map, 1 to 3. Default 2.
	Components int

	// Perplexity is the smooth number of neighbours that every row has: larger
	// values look at larger neighbourhoods. It is at least 1 and below n−1.
	// Default 30, or (n−1)/3 where that is less.
	Perplexity float64

	// Exaggeration multiplies the attraction in the early iterations, so that
	// groups find together before they spread; at least 1. Default 12.
	Exaggeration float64

	// EarlyIterations is the number of early iterations; None for none. Default
	// 250.
	EarlyIterations int

	// Iterations is the number of iterations after the early ones; None for
	// none. Default 750.
	Iterations int

	// LearningRate is the length of a step, for the gradient without the factor
	// 4. Default n divided by the exaggeration of the phase.
	LearningRate float64

	// Start is where the points begin: FromPCA, FromSpectral, FromRandom or
	// From(y). All but the last are scaled to a standard deviation of 1e-4. Default
	// FromPCA, or FromRandom for distances, which have no principal components.
	Start Start

	// Seed chooses the random numbers of the start: all of them for FromRandom,
	// the small noise that separates duplicates for FromPCA and FromSpectral. Ignored for
	// From(y).
	Seed uint64

	// MemoryLimit in bytes refuses data whose similarities would not fit.
	// Default GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// The step of a point in one iteration is at most this long, as in openTSNE:
// the map is some tens wide.
const tsneMaxStep = 5

const tsneMomentum = 0.8

// Resolve returns the options with defaults filled in for n × d data, or an
// error that names the option and its range. LearningRate stays 0 where it is
// left to the phases.
func (t TSNE) Resolve(n, d int) (TSNE, error) {
	const method = "dr.TSNE"
	if n < 4 {
		return t, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 4 rows"}
	}
	if t.Components == 0 {
		t.Components = 2
	}
	if t.Perplexity == 0 {
		t.Perplexity = min(30, float64(n-1)/3)
	}
	if t.Exaggeration == 0 {
		t.Exaggeration = 12
	}
	if t.EarlyIterations == 0 {
		t.EarlyIterations = 250
	}
	if t.Iterations == 0 {
		t.Iterations = 750
	}
	if t.Start == nil {
		t.Start = FromPCA
	}
	if err := checkRange(method, "Components", t.Components, 1, 3, "the dimensions of a map"); err != nil {
		return t, err
	}
	for _, r := range []struct {
		param string
		value any
		ok    bool
		want  string
	}{
		{"Perplexity", t.Perplexity, t.Perplexity >= 1 && t.Perplexity < float64(n-1), fmt.Sprintf("1 ≤ Perplexity < n−1 = %d", n-1)},
		{"Exaggeration", t.Exaggeration, t.Exaggeration >= 1 && t.Exaggeration <= 1e3, "1 ≤ Exaggeration ≤ 1000"},
		{"EarlyIterations", t.EarlyIterations, t.EarlyIterations >= None, "EarlyIterations ≥ 0, or None"},
		{"Iterations", t.Iterations, t.Iterations >= None, "Iterations ≥ 0, or None"},
		{"LearningRate", t.LearningRate, t.LearningRate >= 0 && t.LearningRate <= 1e9, "0 (automatic) ≤ LearningRate ≤ 1e9"},
		{"MemoryLimit", t.MemoryLimit, t.MemoryLimit >= 0, "0 or more bytes"},
	} {
		if !r.ok {
			return t, &mat32.ParamError{Method: method, Param: r.param, Value: r.value, Want: r.want}
		}
	}
	return t, checkStart(method, t.Start, n, t.Components, FromPCA, FromSpectral, FromRandom)
}

// String returns the options in one line, as captions and tables show them.
func (t TSNE) String() string {
	rate := "automatic"
	if t.LearningRate > 0 {
		rate = fmt.Sprintf("%.4g", t.LearningRate)
	}
	return fmt.Sprintf("perplexity %.4g, exaggeration %.4g for %d of %d iterations, learning rate %s, start %v, seed %d",
		t.Perplexity, t.Exaggeration, max(t.EarlyIterations, 0), max(t.EarlyIterations, 0)+max(t.Iterations, 0), rate, t.Start, t.Seed)
}

// Fit makes a map of the rows of x (n × d), or of rows at the distances that x
// holds. Errors: those of mat32.Check and Resolve, *mat32.DegenerateError where
// all rows are equal, *mat32.MemoryError, and one that wraps ctx.Err(); a cancel
// during the iterations also returns the model so far, its embedding marked
// Partial and without a divergence.
func (t TSNE) Fit(ctx context.Context, x mat.Matrix) (*TSNEModel, error) {
	const method = "dr.TSNE"
	n, d, err := checkData(ctx, method, x, 4)
	if err != nil {
		return nil, err
	}
	var notes []string
	if _, ok := x.(*mat32.Distances); ok {
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
	need := int64(n)*int64(n)*4 + int64(n)*int64(n)/8 + screen.Bytes(x)
	if err := mat32.CheckMemory(method, need, t.MemoryLimit, "exact t-SNE holds n² similarities: use fewer rows"); err != nil {
		return nil, err
	}
	fail := func(err error) (*TSNEModel, error) { return nil, fmt.Errorf("%s: %w", method, err) }

	p, ties, err := t.similarities(ctx, x)
	notes = append(notes, ties...)
	if err != nil {
		return fail(err)
	}
	y, started, err := place(ctx, t.Start, x, t.Components, 1e-4, t.Seed, "t-SNE/start", t.MemoryLimit)
	if err != nil {
		return fail(err)
	}
	notes = append(notes, started...)
	objective, err := layout.NewStudent(ctx, p, n, t.Components)
	if err != nil {
		return fail(err)
	}
	canceled := t.descend(ctx, objective, y)
	m := &TSNEModel{options: t, embedding: &Embedding{
		Dense: mat.NewDense(n, t.Components, y), Method: "t-SNE", Options: t.String(),
		Rows: n, Dim: d, Objective: math.NaN(), Loss: "KL divergence", Notes: notes,
	}}
	if canceled == nil {
		m.embedding.Objective, canceled = objective.Divergence(ctx, y)
	}
	if canceled != nil {
		if !finite(y) {
			return fail(canceled)
		}
		m.embedding.Partial = true
		return m, fmt.Errorf("%s: %w", method, canceled)
	}
	if !finite(y) {
		return nil, &mat32.ParamError{Method: method, Param: "LearningRate", Value: t.LearningRate,
			Want: "a smaller one: the map grew beyond all bounds"}
	}
	return m, nil
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

// descend moves y for all iterations; it returns the error of a cancel.
func (t TSNE) descend(ctx context.Context, objective *layout.Student, y []float64) error {
	const every = 50 // iterations between two looks at the loss, for who watches
	n := len(y) / t.Components
	early, late := max(t.EarlyIterations, 0), max(t.Iterations, 0)
	gradient := make([]float64, len(y))
	watched := watch.Watched(ctx)
	var descent *layout.Descent
	for it := range early + late {
		if it == 0 || it == early {
			// The phases have other objectives: what was learned of steps in
			// the first does not hold in the second.
			descent = layout.NewDescent(n, t.Components)
			descent.Momentum, descent.MaxStep = tsneMomentum, tsneMaxStep
		}
		exaggeration := 1.
		if it < early {
			exaggeration = t.Exaggeration
		}
		descent.Rate = t.LearningRate
		if descent.Rate == 0 {
			descent.Rate = float64(n) / exaggeration
		}
		if err := objective.Gradient(ctx, gradient, y, exaggeration); err != nil {
			return err
		}
		descent.Move(y, gradient)
		if !watched {
			continue
		}
		loss := math.NaN()
		if (it+1)%every == 0 {
			var err error
			if loss, err = objective.Divergence(ctx, y); err != nil {
				return err
			}
		}
		watch.Report(ctx, watch.Event{Stage: "t-SNE: layout", Done: it + 1, Total: early + late, Loss: loss,
			Layout: func() *mat.Dense { return mat.NewDense(n, t.Components, slices.Clone(y)) }})
	}
	return nil
}

// TSNEModel is fitted by TSNE. It is the map of the rows it was given; t-SNE has
// no formula for others.
type TSNEModel struct {
	options   TSNE
	embedding *Embedding
}

// Embedding returns the map; its Objective is the KL divergence in nats, without
// exaggeration.
func (m *TSNEModel) Embedding() *Embedding { return m.embedding }

// Options returns the resolved options.
func (m *TSNEModel) Options() TSNE { return m.options }

// String returns a small table: shape, divergence, options and notes.
func (m *TSNEModel) String() string { return m.embedding.String() }

const tsneKind, tsneVersion = "dr.TSNEModel", 1

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

func (m *TSNEModel) encode(w *saved.Writer) {
	w.JSON(m.options)
	m.embedding.encode(w)
}

func (m *TSNEModel) decode(r *saved.Reader) {
	r.JSON(&m.options)
	m.embedding = new(Embedding)
	m.embedding.decode(r)
}

// WriteTo saves the model.
func (m *TSNEModel) WriteTo(w io.Writer) (int64, error) {
	return write(w, tsneKind, tsneVersion, m.encode)
}

// ReadFrom replaces m by a saved model; see Embedding.ReadFrom for the errors.
func (m *TSNEModel) ReadFrom(r io.Reader) (int64, error) {
	return read(r, tsneKind, tsneVersion, m, (*TSNEModel).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *TSNEModel) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *TSNEModel) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
