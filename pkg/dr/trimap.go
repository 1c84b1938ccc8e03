package dr

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/dr/layout"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/pkg/watch"
)

// TriMap places the rows so that of triplets of them the map says the same as the data:
// row i is nearer to j than to k. Most triplets hold a near row and one from anywhere, so
// that the map shows, beside neighbourhoods, how groups lie to each other; a few are of
// rows from anywhere alone.
//
// Rows of more than Columns columns are compared by that many principal components, which
// leave out the noise of the others. Rows i and j are as similar as −d²/(σᵢ·σⱼ), where d is
// their distance and σ the mean distance of a row to its third to fifth neighbour. A
// triplet matters by the tempered logarithm of how much more similar the near row is.
//
// The map is the same on any number of cores. Where the data have duplicates, rows with no
// neighbour at a distance up to the fifth have the distance of the nearest that is not a
// duplicate for σ, which the notes tell. Rows that are all equal are refused. Data in
// several pieces are like others: triplets of rows from anywhere hold the pieces together.
//
// Time that of the principal components and of the neighbours (see neighbors.Auto), and
// O(n·(Inliers·Outliers + Random)) an iteration; memory 24 bytes a triplet, 28·n·(Inliers +
// 49) for the neighbours, up to 48·n·min(d, Columns) for the rows as they are compared, and
// 160·n·Components for the map.
//
// Source: E. Amid and M. Warmuth (2019), TriMap: large-scale dimensionality reduction
// using triplets. Defaults are those of trimap 1.1.5. It differs where the result would
// depend on the unit of the data: these are always divided by their range, not only where
// they have few columns.
type TriMap struct {
	// Components is the number of dimensions of the map, at most n−1. Default 2, or 1 of
	// fewer than three rows.
	Components int

	// Inliers is the number of near rows of every row, at most n−2. Larger values look at
	// larger neighbourhoods. Default 12, or n−2 where the data have fewer rows.
	Inliers int

	// Outliers is the number of triplets of every near row: of far rows drawn from all but
	// the row itself and its nearer ones. Larger values take time and steady the map.
	// Default 4.
	Outliers int

	// Random is the number of triplets of every row of which both other rows are drawn
	// from all; None for none. Larger values show more of how groups lie to each other.
	// Default 3.
	Random int

	// Iterations of gradient descent; None for none. Default 400.
	Iterations int

	// LearningRate is the length of a step. Default 0.1.
	LearningRate float64

	// WeightTemperature is t in ((1+w)^(1−t) − 1)/(1−t), log(1+w) for t = 1, which weights w
	// become, between 0 and 2: the larger, the more alike they are. The constant Zero
	// leaves them as they are. Default 0.5.
	WeightTemperature float64

	// Columns is how many principal components rows are compared by, where both n and d
	// are larger. Where they are not, all columns count. Ignored for distances, another
	// metric than Euclidean, and a given graph. Default 100.
	Columns int

	// Metric says how rows are compared. Default Euclidean. It is ignored for distances.
	Metric neighbors.Metric `json:"-"`

	// Graph, when given, is a graph of the rows of x by Metric with Inliers or more
	// neighbours that is used instead of a new one. Of more neighbours than Inliers + 49 the
	// nearest are looked at.
	Graph *neighbors.Graph `json:"-"`

	// Start is where the points begin: FromPCA, FromSpectral, FromRandom or From(y). The
	// first is a hundredth of the principal components of the data, divided by their range;
	// the others are scaled to standard deviations of 0.01 and 1e-4. Default FromPCA, or
	// FromRandom for distances, which have no principal components.
	Start Start `json:"-"`

	// Seed chooses the triplets, and the random numbers of the start.
	Seed uint64

	// MemoryLimit in bytes refuses data whose triplets would not fit. Default GOMEMLIMIT,
	// or 4 GiB.
	MemoryLimit int64
}

// candidates is how many neighbours, beside Inliers, are looked at for those that are
// most similar.
const candidates = 49

// Resolve returns the options with defaults filled in for n × d data, or an error that
// names the option and its range.
func (t TriMap) Resolve(n, d int) (TriMap, error) {
	const (
		method = "dr.TriMap"
		most   = 1 << 12 // triplets of a row
	)
	if n < 3 {
		return t, fmt.Errorf("%s: %w", method, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 3 rows"})
	}
	t.Components = cmp.Or(t.Components, 2)
	t.Inliers = cmp.Or(t.Inliers, min(12, n-2))
	t.Outliers, t.Random = cmp.Or(t.Outliers, 4), cmp.Or(t.Random, 3)
	t.Iterations, t.LearningRate = cmp.Or(t.Iterations, 400), cmp.Or(t.LearningRate, .1)
	t.WeightTemperature, t.Columns = cmp.Or(t.WeightTemperature, .5), cmp.Or(t.Columns, 100)
	if t.Start == nil {
		t.Start = FromPCA
	}
	var err error
	if t.Metric, err = neighbors.ResolveMetric(method, t.Metric); err != nil {
		return t, err
	}
	if err := checkRange(method, "Components", t.Components, 1, n-1, "n−1"); err != nil {
		return t, err
	}
	if err := checkRange(method, "Inliers", t.Inliers, 1, min(n-2, most), "n−2, or less"); err != nil {
		return t, err
	}
	for _, r := range []struct {
		param string
		value any
		ok    bool
		want  string
	}{
		{"Outliers", t.Outliers, t.Outliers >= 1 && t.Outliers <= most, fmt.Sprintf("1 ≤ Outliers ≤ %d", most)},
		{"Random", t.Random, t.Random >= None && t.Random <= most, fmt.Sprintf("0 ≤ Random ≤ %d, or None", most)},
		{"Iterations", t.Iterations, t.Iterations >= None, "Iterations ≥ 0, or None"},
		{"LearningRate", t.LearningRate, t.LearningRate > 0 && t.LearningRate <= 1e9, "0 < LearningRate ≤ 1e9"},
		{"WeightTemperature", t.WeightTemperature, t.WeightTemperature >= 0 && t.WeightTemperature <= 2, "0 ≤ WeightTemperature ≤ 2"},
		{"Columns", t.Columns, t.Columns >= 1, "1 or more"},
		{"MemoryLimit", t.MemoryLimit, t.MemoryLimit >= 0, "0 or more bytes"},
	} {
		if !r.ok {
			return t, &mat32.ParamError{Method: method, Param: r.param, Value: r.value, Want: r.want}
		}
	}
	return t, checkLaidOut(method, t.Start, n, t.Components, FromPCA, FromSpectral, FromRandom)
}

// String returns the options in one line, as captions and tables show them.
func (t TriMap) String() string {
	s := fmt.Sprintf("%d inliers, %d outliers, %d random, temperature %.4g, %d iterations at learning rate %.4g, start %v, seed %d",
		t.Inliers, t.Outliers, max(t.Random, 0), t.WeightTemperature, max(t.Iterations, 0), t.LearningRate, t.Start, t.Seed)
	if t.Metric != nil && t.Metric.String() != (neighbors.Euclidean{}).String() {
		s += fmt.Sprintf(", %v distances", t.Metric)
	}
	return s
}

// Fit makes a map of the rows of x (n × d), or of rows at the distances that x holds.
// Errors: those of mat32.Check, Resolve and the metric, *mat32.DegenerateError where all
// rows are equal, *mat32.MemoryError, *mat32.ParamError for a Graph of other rows, and one
// that wraps ctx.Err(); a cancel during the iterations also returns the model so far, its
// embedding marked Partial and without a loss.
func (t TriMap) Fit(ctx context.Context, x mat.Matrix) (*TriMapModel, error) {
	const method = "dr.TriMap"
	n, d, err := checkData(ctx, method, x, 3)
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
	if t, err = t.Resolve(n, d); err != nil {
		return nil, err
	}
	if err := mat32.CheckMemory(method, t.bytes(n, d), t.MemoryLimit, "take fewer rows, or fewer triplets of each"); err != nil {
		return nil, err
	}
	if err := checkVaries(ctx, method, x); err != nil {
		return nil, err
	}
	m := &TriMapModel{options: t}
	y, more, err := m.prepare(ctx, x)
	if err != nil {
		return nil, failed(method, err)
	}
	loss, more2, err := m.sample(ctx, x)
	if err != nil {
		return nil, failed(method, err)
	}
	notes = slices.Concat(notes, more, more2)

	canceled := t.descend(ctx, loss, y)
	z := widened(y, t.Components)
	m.embedding = &Embedding{Dense: z, Method: "TriMap", Options: t.String(), Rows: n, Dim: d, Objective: math.NaN(), Loss: "mean triplet loss"}
	if !finite(z.RawMatrix().Data) {
		if canceled != nil {
			return nil, failed(method, canceled)
		}
		return nil, &mat32.ParamError{Method: method, Param: "LearningRate", Value: t.LearningRate,
			Want: "a smaller one: the map grew beyond all bounds"}
	}
	if canceled == nil {
		var (
			sum      float64
			violated int
		)
		if sum, violated, canceled = loss.Value(ctx, y); canceled == nil {
			count := float64(loss.Count())
			m.embedding.Objective = sum / count
			notes = append(notes, fmt.Sprintf("%.4g %% of the triplets are violated", 100*float64(violated)/count))
		}
	}
	m.embedding.Notes = notes
	m.keep()
	if canceled != nil {
		m.embedding.Partial = true
		return m, failed(method, canceled)
	}
	return m, nil
}

// bytes is the forecast of the memory that Fit takes.
func (t TriMap) bytes(n, d int) int64 {
	const small = 1 << 16
	triplets := int64(t.Inliers)*int64(t.Outliers) + 2*int64(max(t.Random, 0))
	each := 24*triplets + 28*int64(min(t.Inliers+candidates, n-1)) + 160*int64(t.Components)
	once := int64(small)
	if min(n, d) > t.Columns {
		each += 48 * int64(t.Columns)
		once += 40 * int64(d) * int64(d)
	} else {
		each += 32 * int64(d)
	}
	return int64(n)*each + once
}

// Embed returns the map of the rows of x: Fit(ctx, x) and its embedding. When cancelled
// during the iterations it returns the map so far, marked Partial, with the error.
func (t TriMap) Embed(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	m, err := t.Fit(ctx, x)
	if m == nil {
		return nil, err
	}
	return m.embedding, err
}

// momentum returns the share of the last step that iteration it keeps.
func (TriMap) momentum(it int) float32 {
	if it > 250 {
		return .8
	}
	return .5
}

// descend moves y for all iterations; it returns the error of a cancel.
func (t TriMap) descend(ctx context.Context, loss *layout.TripletLoss, y []float32) error {
	const every = 50 // iterations between two looks at the loss, for who watches
	n, total := len(y)/t.Components, max(t.Iterations, 0)
	ctx, dismiss := par.WithCrew(ctx)
	defer dismiss()
	descent := layout.NewDeltaBarDelta(n, t.Components)
	descent.Rate = float32(t.LearningRate)
	ahead, gradient := make([]float32, len(y)), make([]float32, len(y))
	watched := watch.Watched(ctx)
	for it := range total {
		descent.Momentum = t.momentum(it)
		if err := descent.Ahead(ctx, ahead, y); err != nil {
			return err
		}
		if err := loss.Gradient(ctx, gradient, ahead); err != nil {
			return err
		}
		if err := descent.Move(ctx, y, gradient); err != nil {
			return err
		}
		if !watched {
			continue
		}
		mean := math.NaN()
		if (it+1)%every == 0 {
			sum, _, err := loss.Value(ctx, y)
			if err != nil {
				return err
			}
			mean = sum / float64(loss.Count())
		}
		watch.Report(ctx, watch.Event{Stage: "TriMap: layout", Done: it + 1, Total: total, Loss: mean, Layout: func() *mat.Dense { return widened(y, t.Components) }})
	}
	return ctx.Err()
}
