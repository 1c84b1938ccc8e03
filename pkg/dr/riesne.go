package dr

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/screen"
	"github.com/flatland-go/flatland/pkg/dr/layout"
	"github.com/flatland-go/flatland/pkg/manifold"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// RieSNE is t-SNE for points of a known manifold, such as directions, angles, covariances
// or trees in hyperbolic space, and maps them to the plane or to another manifold.
//
// Where t-SNE has Gaussian similarities, the data have those of Brownian motion on Source,
// by the leading term of its heat kernel for short times,
//
//	p(j|i) ∝ u₀(i, j)·exp(−distance²/2t),
//
// in which distances are geodesic, u₀ is manifold.Manifold.LogVolume, and t is that at which
// row i has the perplexity that is asked for. Similarities in the map are Student's,
// 1/(1 + distance²), by the geodesic distance of Target. With flat space on both sides it
// is t-SNE.
//
// The unit of length of a Target is that of Student's kernel. A unit sphere, on which no
// two points are farther than π, has no room for groups apart: with a radius of √n/4 it is
// about as large as a map of n rows in the plane.
//
// All pairs count, in the similarities and in every step: time O(n²) distances, and as
// many logarithms on Target an iteration; memory 4·n² + 24·n·d bytes: for a few thousand
// rows. The model keeps the rows, 8·n·d bytes.
//
// Source: A. Bergsson and S. Hauberg (2022), Visualizing Riemannian data with Rie-SNE;
// learning rate, start and exaggeration are those of TSNE.
type RieSNE struct {
	// Source is the manifold that rows are points of: every row as its Check wants it.
	// Default flat space of as many dimensions as there are columns.
	Source manifold.Manifold

	// Target is the manifold of the map, of 1 to 3 dimensions: a row of the map is the
	// ambient numbers of a point. Default the plane.
	Target manifold.Manifold

	// Perplexity is the smooth number of neighbours that every row has: larger
	// values look at larger neighbourhoods. It is at least 1 and below n−1.
	// Default 30, or (n−1)/3 where that is less.
	Perplexity float64

	// Exaggeration multiplies the attraction in the early iterations; at least 1. Larger
	// values draw groups together more. Default 12.
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

	// Start is where the points begin: FromPCA, FromSpectral or FromRandom, around the
	// origin of Target with a standard deviation of 1e-4, or From(y), points of Target.
	// The first two look at the ambient numbers of the rows. Default FromPCA.
	Start Start

	// Seed chooses the random numbers of the start: all of them for FromRandom,
	// the small noise that separates duplicates for FromPCA and FromSpectral. Ignored for
	// From(y).
	Seed uint64

	// MemoryLimit in bytes refuses data whose similarities would not fit.
	// Default GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// Resolve returns the options with defaults filled in for n × d data, or an error that
// names the option and its range. LearningRate stays 0 where it is left to the phases.
func (r RieSNE) Resolve(n, d int) (RieSNE, error) {
	const method = "dr.RieSNE"
	if n < 4 {
		return r, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 4 rows"}
	}
	var err error
	if r.Source, err = resolveManifold(method, "Source", r.Source, manifold.Euclidean{Dimension: d}); err != nil {
		return r, err
	}
	if r.Target, err = resolveManifold(method, "Target", r.Target, manifold.Euclidean{}); err != nil {
		return r, err
	}
	r.Perplexity = cmp.Or(r.Perplexity, min(30, float64(n-1)/3))
	r.Exaggeration = cmp.Or(r.Exaggeration, 12)
	r.EarlyIterations, r.Iterations = cmp.Or(r.EarlyIterations, 250), cmp.Or(r.Iterations, 750)
	if r.Start == nil {
		r.Start = FromPCA
	}
	for _, o := range []struct {
		param string
		value any
		ok    bool
		want  string
	}{
		{"Source", r.Source, r.Source.Ambient() == d, fmt.Sprintf("a manifold whose points have %d numbers, as the rows", d)},
		{"Target", r.Target, r.Target.Dim() >= 1 && r.Target.Dim() <= 3, "a manifold of 1 to 3 dimensions"},
		{"Perplexity", r.Perplexity, r.Perplexity >= 1 && r.Perplexity < float64(n-1), fmt.Sprintf("1 ≤ Perplexity < n−1 = %d", n-1)},
		{"Exaggeration", r.Exaggeration, r.Exaggeration >= 1 && r.Exaggeration <= 1e3, "1 ≤ Exaggeration ≤ 1000"},
		{"EarlyIterations", r.EarlyIterations, r.EarlyIterations >= None && r.EarlyIterations <= mostBatch, fmt.Sprintf("0 ≤ EarlyIterations ≤ %d, or None", mostBatch)},
		{"Iterations", r.Iterations, r.Iterations >= None && r.Iterations <= mostBatch, fmt.Sprintf("0 ≤ Iterations ≤ %d, or None", mostBatch)},
		{"LearningRate", r.LearningRate, r.LearningRate >= 0 && r.LearningRate <= 1e9, "0 (automatic) ≤ LearningRate ≤ 1e9"},
		{"MemoryLimit", r.MemoryLimit, r.MemoryLimit >= 0, "0 or more bytes"},
	} {
		if !o.ok {
			return r, &mat32.ParamError{Method: method, Param: o.param, Value: o.value, Want: o.want}
		}
	}
	if err := checkStart(method, r.Start, n, r.Target.Ambient(), FromPCA, FromSpectral, FromRandom); err != nil {
		return r, err
	}
	if s, ok := r.Start.(given); ok {
		if _, err := pointsOf(r.Target, s.Y); err != nil {
			return r, fmt.Errorf("%s: Start: %w", method, err)
		}
	}
	return r, nil
}

// resolveManifold returns m, or what stands for nil, with its defaults filled in.
func resolveManifold(method, param string, m, standard manifold.Manifold) (manifold.Manifold, error) {
	if m == nil {
		m = standard
	}
	if v := reflect.ValueOf(m); v.Kind() == reflect.Pointer && v.IsNil() {
		return nil, &mat32.ParamError{Method: method, Param: param, Value: fmt.Sprintf("%T(nil)", m), Want: "a manifold"}
	}
	whole, err := m.Resolve()
	if err != nil {
		return nil, &mat32.ParamError{Method: method, Param: param, Value: m, Want: "a manifold in range: " + err.Error()}
	}
	return whole, nil
}

// pointsOf returns the rows of x as points of m. The error says which is none.
func pointsOf(m manifold.Manifold, x mat.Matrix) (*mat.Dense, error) {
	points := mat.DenseCopyOf(x)
	n, _ := points.Dims()
	for i := range n {
		row := points.RawRowView(i)
		if err := m.Check(row); err != nil {
			return nil, fmt.Errorf("row %d: %w", i, err)
		}
		m.Project(row)
	}
	return points, nil
}

// String returns the options in one line, as captions and tables show them.
func (r RieSNE) String() string {
	rate := "automatic"
	if r.LearningRate > 0 {
		rate = fmt.Sprintf("%.4g", r.LearningRate)
	}
	return fmt.Sprintf("%v to %v, perplexity %.4g, exaggeration %.4g for %d of %d iterations, learning rate %s, start %v, seed %d",
		r.Source, r.Target, r.Perplexity, r.Exaggeration, max(r.EarlyIterations, 0), max(r.EarlyIterations, 0)+max(r.Iterations, 0), rate, r.Start, r.Seed)
}

// Fit makes a map of the rows of x (n × d), points of Source. Errors: those of
// mat32.CheckRows, mat32.Check and Resolve, *manifold.PointError for a row that is no point
// of Source, *mat32.DegenerateError where all rows are equal, *mat32.MemoryError, and one
// that wraps ctx.Err(); a cancel during the iterations also returns the model so far, its
// embedding marked Partial and without a divergence.
func (r RieSNE) Fit(ctx context.Context, x mat.Matrix) (*RieSNEModel, error) {
	const method = "dr.RieSNE"
	n, d, err := checkRows(ctx, method, x, 4)
	if err != nil {
		return nil, err
	}
	if r, err = r.Resolve(n, d); err != nil {
		return nil, err
	}
	need := 4*int64(n)*int64(n) + 24*int64(n)*int64(d) + screen.Bytes(x)
	if err := mat32.CheckMemory(method, need, r.MemoryLimit, "it holds n² similarities: use fewer rows"); err != nil {
		return nil, err
	}
	fail := func(err error) (*RieSNEModel, error) { return nil, fmt.Errorf("%s: %w", method, err) }

	rows, err := pointsOf(r.Source, x)
	if err != nil {
		return fail(err)
	}
	p, notes, err := r.similarities(ctx, rows)
	if err != nil {
		return fail(err)
	}
	y, started, err := r.place(ctx, rows)
	if err != nil {
		return fail(err)
	}
	objective, err := layout.NewGeodesicStudent(ctx, p, n, r.Target)
	if err != nil {
		return fail(err)
	}
	canceled := r.descend(ctx, objective, y)
	m := &RieSNEModel{options: r, rows: rows, embedding: &Embedding{
		Dense: mat.NewDense(n, r.Target.Ambient(), y), Method: "Rie-SNE", Options: r.String(),
		Rows: n, Dim: d, Objective: math.NaN(), Loss: "KL divergence", Notes: append(notes, started...),
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
		return nil, &mat32.ParamError{Method: method, Param: "LearningRate", Value: r.LearningRate,
			Want: "a smaller one: the map grew beyond all bounds"}
	}
	return m, nil
}

// Embed returns the map of the rows of x: Fit(ctx, x) and its embedding. When
// cancelled during the iterations it returns the map so far, marked Partial,
// with the error.
func (r RieSNE) Embed(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	m, err := r.Fit(ctx, x)
	if m == nil {
		return nil, err
	}
	return m.embedding, err
}

// place returns where the points of the map begin, row after row, and the notes of a map
// that it begins with.
func (r RieSNE) place(ctx context.Context, rows *mat.Dense) (y []float64, notes []string, err error) {
	if s, ok := r.Start.(given); ok {
		points, err := pointsOf(r.Target, s.Y)
		if err != nil {
			return nil, nil, err
		}
		return points.RawMatrix().Data, nil, nil
	}
	n, _ := rows.Dims()
	k, dim := r.Target.Dim(), r.Target.Ambient()
	z, notes, err := place(ctx, r.Start, rows, k, 1e-4, r.Seed, "Rie-SNE/start", r.MemoryLimit)
	if err != nil {
		return nil, nil, err
	}
	y = make([]float64, n*dim)
	for i := range n {
		r.Target.Point(y[i*dim:(i+1)*dim], z[i*k:(i+1)*k])
	}
	return y, notes, nil
}

// mover returns what moves the points of a map of n rows by gradients.
func (r RieSNE) mover(n int, rate float64) mover {
	if _, flat := r.Target.(manifold.Euclidean); flat {
		d := layout.NewDescent(n, r.Target.Dim())
		d.Rate, d.Momentum, d.MaxStep = rate, riesneMomentum, riesneMaxStep
		return d
	}
	d := layout.NewGeodesicDescent(n, r.Target)
	d.Rate, d.Momentum, d.MaxStep = rate, riesneMomentum, riesneMaxStep
	return d
}

// As in TSNE.
const (
	riesneMomentum = 0.8
	riesneMaxStep  = 5
)

// mover moves points one step against a gradient.
type mover interface {
	Move(ctx context.Context, y, gradient []float64)
}

// descend moves y for all iterations; it returns the error of a cancel.
func (r RieSNE) descend(ctx context.Context, objective *layout.GeodesicStudent, y []float64) error {
	const every = 50 // iterations between two looks at the loss, for who watches
	dim := r.Target.Ambient()
	n := len(y) / dim
	early, late := max(r.EarlyIterations, 0), max(r.Iterations, 0)
	gradient := make([]float64, len(y))
	watched := watch.Watched(ctx)
	ctx, dismiss := par.WithCrew(ctx)
	defer dismiss()
	var to mover
	for it := range early + late {
		exaggeration := 1.
		if it < early {
			exaggeration = r.Exaggeration
		}
		if it == 0 || it == early {
			// The phases have other objectives: what was learned of steps in
			// the first does not hold in the second.
			to = r.mover(n, cmp.Or(r.LearningRate, float64(n)/exaggeration))
		}
		if err := objective.Gradient(ctx, gradient, y, exaggeration); err != nil {
			return err
		}
		to.Move(ctx, y, gradient)
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
		watch.Report(ctx, watch.Event{Stage: "Rie-SNE: layout", Done: it + 1, Total: early + late, Loss: loss,
			Layout: func() *mat.Dense { return mat.NewDense(n, dim, slices.Clone(y)) }})
	}
	return nil
}

// MarshalJSON writes the options: a given start by its name alone, and manifolds by
// theirs. The error names a manifold of another package, which could not be read back.
func (r RieSNE) MarshalJSON() ([]byte, error) {
	type plain RieSNE
	o := struct {
		plain
		Source, Target, Start string
	}{plain: plain(r)}
	for _, m := range []struct {
		of manifold.Manifold
		to *string
	}{{r.Source, &o.Source}, {r.Target, &o.Target}} {
		if m.of == nil {
			continue
		}
		*m.to = m.of.String()
		if back, err := manifold.Parse(*m.to); err != nil || reflect.TypeOf(back) != reflect.TypeOf(m.of) {
			return nil, fmt.Errorf("dr.RieSNE: a %T of another package cannot be saved", m.of)
		}
	}
	if r.Start != nil {
		o.Start = r.Start.String()
	}
	return json.Marshal(o)
}

// UnmarshalJSON reads options that MarshalJSON wrote; a given start reads as one without
// rows.
func (r *RieSNE) UnmarshalJSON(b []byte) error {
	type plain RieSNE
	o := struct {
		*plain
		Source, Target, Start string
	}{plain: (*plain)(r)}
	if err := json.Unmarshal(b, &o); err != nil {
		return err
	}
	for _, m := range []struct {
		from string
		to   *manifold.Manifold
	}{{o.Source, &r.Source}, {o.Target, &r.Target}} {
		*m.to = nil
		if m.from == "" {
			continue
		}
		var err error
		if *m.to, err = manifold.Parse(m.from); err != nil {
			return err
		}
	}
	switch o.Start {
	case "":
		r.Start = nil
	case given{}.String():
		r.Start = given{}
	default:
		r.Start = startBy(o.Start)
	}
	return nil
}
