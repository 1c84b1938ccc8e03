package dr

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/dr/layout"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// LargeVis weighs near rows as t-SNE does (affinity.Entropic) and places the points so that
// those of large weights are near each other: edges pull as often as they weigh, and for
// each that does a few points at random, drawn by their degree to the power of ¾, push. So
// its time grows with n as that of UMAP does, from weights and a curve, 1/(1+d²), that are
// nearer to those of t-SNE.
//
// The map is the same on any number of cores (see layout.NegativeSampling). Edges fire by a
// schedule, as often as those that are drawn do on average. As with all methods that take
// steps at random, data that differ in their last digits have the same weights to six
// digits and maps of the same quality that may look different.
//
// Weights that leave the rows in several components are accepted, and noted: how far the
// components are apart means nothing. Rows that are all equal are refused; duplicates are
// like other rows.
//
// Time that of the neighbours (see neighbors.Auto) and n·Samples·(1 + NegativeSamples)
// forces of a few nanoseconds; memory about 120·n·Neighbors bytes, and 8·n·d for the rows
// that the model keeps, unless it borrows them.
//
// Source: J. Tang, J. Liu, M. Zhang and Q. Mei (2016), Visualizing large-scale and
// high-dimensional data.
type LargeVis struct {
	// Components is the number of dimensions of the map, at most 100. Default 2.
	Components int

	// Perplexity is the smooth number of neighbours that every row has: larger values look
	// at larger neighbourhoods. At least 1 and at most Neighbors. Ignored where Affinity is
	// given. Default 50, or (n−1)/3 where that is less.
	Perplexity float64

	// Neighbors is the number of other rows that a row gives weight to. Larger values lose
	// less of the far weights, which are small. Ignored where Affinity is given. Default
	// three times the perplexity, 150 as a rule, and at most n−1.
	Neighbors int

	// Samples is how many edges of every row fire, on average, at most a million; None
	// leaves the points where they start. More of them cost time and leave less to chance.
	// Default 10 000, as many as the paper's program takes for a million rows; it takes
	// 100 000 where there are 10 000 rows or fewer, which gains little: of the MNIST test
	// digits, 1000 and 10 000 samples a row make the label of a point that of most of its 10
	// nearest for .793 and .942 of them. Below some hundreds a map is not unfolded.
	Samples int

	// NegativeSamples is how many points at random push a point whenever an edge pulls it;
	// None for none. More of them cost time and push evenly. Default 5.
	NegativeSamples int

	// RepulsionStrength multiplies what they push. Larger values leave more space between
	// points; the constant Zero stands for 0. Default 7.
	RepulsionStrength float64

	// LearningRate is the length of a step at first, in units of the force; it falls to
	// nothing in even steps. Default 1.
	LearningRate float64

	// Metric says how rows are compared. Default Euclidean. Ignored for distances, and
	// where Affinity is given.
	Metric neighbors.Metric `json:"-"`

	// Start is where the points begin: FromRandom, within a ten-thousandth of each other;
	// FromPCA or FromSpectral, as small; or From(y), as it is. Default FromRandom.
	Start Start `json:"-"`

	// Seed chooses all random numbers: of the start, of the points that push, and of an
	// approximate search for neighbours.
	Seed uint64

	// Graph, when given, is a graph of the rows of x by Metric, with Neighbors or more
	// neighbours, that is used instead of a new one. Ignored where Affinity is given.
	Graph *neighbors.Graph `json:"-"`

	// Affinity, when given, are symmetric weights of the rows of x that are used instead.
	// The model then maps no new rows.
	Affinity *affinity.Sparse `json:"-"`

	// MemoryLimit in bytes refuses data whose matrices would not fit. Default GOMEMLIMIT,
	// or 4 GiB.
	MemoryLimit int64
}

// Resolve returns the options with defaults filled in for n × d data, or an error that
// names the option and its range.
func (l LargeVis) Resolve(n, d int) (LargeVis, error) {
	const (
		method = "dr.LargeVis"
		most   = 1e6
	)
	if n < 4 {
		return l, fmt.Errorf("%s: %w", method, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 4 rows"})
	}
	l.Components = cmp.Or(l.Components, 2)
	l.Perplexity = cmp.Or(l.Perplexity, min(50, float64(n-1)/3))
	if l.Neighbors == 0 && l.Perplexity >= 1 && l.Perplexity <= float64(n-1) {
		l.Neighbors = min(int(math.Ceil(3*l.Perplexity)), n-1)
	}
	l.Samples, l.NegativeSamples = cmp.Or(l.Samples, 10_000), cmp.Or(l.NegativeSamples, 5)
	l.RepulsionStrength, l.LearningRate = cmp.Or(l.RepulsionStrength, 7), cmp.Or(l.LearningRate, 1)
	if l.Start == nil {
		l.Start = FromRandom
	}
	var err error
	if l.Metric, err = neighbors.ResolveMetric(method, l.Metric); err != nil {
		return l, err
	}
	for _, r := range []struct {
		param string
		value any
		ok    bool
		want  string
	}{
		{"Components", l.Components, l.Components >= 1 && l.Components <= 100, "1 ≤ Components ≤ 100"},
		{"Perplexity", l.Perplexity, l.Perplexity >= 1 && l.Perplexity <= float64(n-1), fmt.Sprintf("1 ≤ Perplexity ≤ n−1 = %d", n-1)},
		{"Neighbors", l.Neighbors, float64(l.Neighbors) >= l.Perplexity && l.Neighbors <= n-1, fmt.Sprintf("Perplexity = %.4g ≤ Neighbors ≤ n−1 = %d", l.Perplexity, n-1)},
		{"Samples", l.Samples, l.Samples >= None && l.Samples <= most, "1 ≤ Samples ≤ 1e6, or None"},
		{"NegativeSamples", l.NegativeSamples, l.NegativeSamples >= None && l.NegativeSamples <= most, "1 ≤ NegativeSamples ≤ 1e6, or None"},
		{"RepulsionStrength", l.RepulsionStrength, l.RepulsionStrength > 0 && l.RepulsionStrength <= most, "above 0 and at most 1e6, or Zero"},
		{"LearningRate", l.LearningRate, l.LearningRate > 0 && l.LearningRate <= most, "above 0 and at most 1e6"},
		{"MemoryLimit", l.MemoryLimit, l.MemoryLimit >= 0, "0 or more bytes"},
	} {
		if !r.ok {
			return l, &mat32.ParamError{Method: method, Param: r.param, Value: r.value, Want: r.want}
		}
	}
	return l, checkLaidOut(method, l.Start, n, l.Components, FromRandom, FromPCA, FromSpectral)
}

// String returns the options in one line, as captions and tables show them.
func (l LargeVis) String() string {
	s := fmt.Sprintf("perplexity %.4g of %d neighbours", l.Perplexity, l.Neighbors)
	if _, plain := l.Metric.(neighbors.Euclidean); l.Metric != nil && !plain {
		s += fmt.Sprintf(" by %v distance", l.Metric)
	}
	if l.Affinity != nil {
		s = "given weights"
	}
	return s + fmt.Sprintf(", %d samples a row with %d negative ones, repulsion %.4g, learning rate %.4g, start %v, seed %d",
		max(l.Samples, 0), max(l.NegativeSamples, 0), l.RepulsionStrength, l.LearningRate, l.Start, l.Seed)
}

// Fit makes a map of the rows of x (n × d), or of rows at the distances that x holds. Its
// Objective is the negative logarithm of the likelihood that the method raises, of an edge
// with its negative samples: exact up to 4096 rows, and beyond that estimated from 64
// points at random for each.
//
// Errors: those of mat32.Check, Resolve, the metric, Graph.CheckMetric and
// affinity.Sparse.Check, *mat32.DegenerateError where all rows are equal,
// *mat32.MemoryError, and one that wraps ctx.Err(); a cancel during the layout also returns
// the model so far, its embedding marked Partial and without a likelihood.
func (l LargeVis) Fit(ctx context.Context, x mat.Matrix) (*LargeVisModel, error) {
	const method = "dr.LargeVis"
	n, d, err := checkData(ctx, method, x, 4)
	if err != nil {
		return nil, err
	}
	if _, ok := x.(*mat32.Distances); ok && l.Start == FromPCA {
		return nil, &mat32.ParamError{Method: method, Param: "Start", Value: l.Start, Want: "FromRandom, FromSpectral or From(y): distances have no principal components"}
	}
	if l, err = l.Resolve(n, d); err != nil {
		return nil, err
	}
	if err := mat32.CheckMemory(method, l.bytes(n, d), l.MemoryLimit, "use fewer rows or neighbours"); err != nil {
		return nil, err
	}
	s := l.Affinity
	if s != nil {
		if err = s.CheckContext(ctx, method, "Affinity", x); err == nil && !s.Symmetric() {
			err = &mat32.ParamError{Method: method, Param: "Affinity", Value: s.Kernel, Want: "symmetric weights"}
		}
	} else if err = checkVaries(ctx, method, x); err == nil {
		s, err = affinity.Entropic{Perplexity: l.Perplexity, Neighbors: l.Neighbors, Metric: l.Metric, Graph: l.Graph, MemoryLimit: l.MemoryLimit}.Weigh(ctx, x)
	}
	if err != nil {
		return nil, failed(method, err)
	}
	const size = 1e-4
	wide, notes, err := place(ctx, l.Start, x, l.Components, size, l.Seed, "LargeVis/start", l.MemoryLimit)
	if err != nil {
		return nil, failed(method, err)
	}
	notes = slices.Concat(s.Notes, notes)
	if parts := s.Components(); parts.Count > 1 {
		notes = append(notes, fmt.Sprintf("the weights have %v: how far these lie from each other means nothing", parts))
	}
	y := narrowed(mat.NewDense(n, l.Components, wide))
	m := &LargeVisModel{options: l, degrees: s.Degrees(), field: new(largevisField)}
	if l.Affinity == nil && d > 0 {
		if m.rows, err = keep(ctx, x); err != nil {
			return nil, failed(method, err)
		}
	}
	m.embedding = &Embedding{Method: "LargeVis", Options: l.String(), Rows: n, Dim: d, Objective: math.NaN(), Loss: "negative log likelihood", Notes: notes}
	likelihood := l.likelihood(s, m.degrees)
	canceled := l.descend(ctx, s, m.degrees, y, likelihood)
	if canceled != nil && ctx.Err() == nil {
		return nil, failed(method, canceled)
	}
	z := widened(y, l.Components)
	if !finite(z.RawMatrix().Data) {
		if canceled != nil {
			return nil, failed(method, canceled)
		}
		return nil, &mat32.ParamError{Method: method, Param: "LearningRate", Value: l.LearningRate, Want: "a smaller one: the map grew beyond all bounds"}
	}
	m.embedding.Dense = z
	if canceled == nil {
		m.embedding.Objective, canceled = likelihood(ctx, y)
	}
	if canceled != nil {
		m.embedding.Partial, m.embedding.Objective = true, math.NaN()
		return m, failed(method, canceled)
	}
	return m, nil
}

// Embed returns the map of the rows of x: Fit(ctx, x) and its embedding. When cancelled
// during the layout it returns the map so far, marked Partial, with the error.
func (l LargeVis) Embed(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	m, err := l.Fit(ctx, x)
	if m == nil {
		return nil, err
	}
	return m.embedding, err
}

// bytes is the forecast of the memory that Fit takes.
func (l LargeVis) bytes(n, d int) int64 {
	weights := 120 * int64(l.Neighbors)
	if l.Affinity != nil {
		weights = 60 * int64(l.Affinity.NNZ()) / int64(n)
	}
	return int64(n)*(weights+64*int64(l.Components)+16*int64(d)+256) + 1<<20
}

// forces returns the gradients of log f and of strength·log(1−f) for f = 1/(1+d²), the
// second at a squared distance that is 0.1 more where it would be infinite, and ends times
// as large: points that push are pushed back as much, which in a map is as if each pushed
// twice, for all are about as often at the one end as at the other. The longest push is
// that of one end, so that points part in good order when all begin at one place.
func (l LargeVis) forces(ends float64) (pull, push *layout.Force) {
	const (
		core = .1
		clip = 5
	)
	pull = layout.NewForce(func(s float64) float64 { return -2 / (1 + s) }, clip)
	push = layout.NewForce(func(s float64) float64 { return ends * 2 * l.RepulsionStrength / ((core + s) * (1 + s)) }, clip)
	return pull, push
}

// descend moves y; it returns the error of a cancel.
func (l LargeVis) descend(ctx context.Context, s *affinity.Sparse, degrees []float64, y []float32, loss func(context.Context, []float32) (float64, error)) error {
	n := len(degrees)
	all := 0.
	for _, w := range degrees {
		all += w
	}
	if l.Samples == None || all == 0 {
		return ctx.Err()
	}
	row, most, epochs := l.schedule(s, all)
	edges, err := layout.NewEdges(ctx, n, row, most, math.MaxInt)
	if err != nil {
		return err
	}
	sgd := &layout.NegativeSampling{Negatives: max(l.NegativeSamples, 0), Rate: l.LearningRate, Epochs: epochs, Seed: l.Seed,
		Purpose: "LargeVis: layout", Pushers: pushers(degrees), Loss: loss, Staggered: true}
	sgd.Pull, sgd.Push = l.forces(2)
	return sgd.Run(ctx, y, l.Components, edges)
}

// schedule returns edges by which as many fire as Samples wants of n rows whose weights sum
// to all, of the largest weight most, in as many epochs. An edge fires once an epoch at
// most, so that those of large weights, which would make the epochs many in which little
// else fires, are listed as several. Few samples are spread over some epochs all the same,
// for the learning rate to fall, and for points that push to be where they are.
func (l LargeVis) schedule(s *affinity.Sparse, all float64) (row func(i int) ([]int32, []float64), most float64, epochs int) {
	const (
		share     = 4 // an edge of mean weight fires in one of so many epochs
		few, many = 50, 1_000_000
	)
	n, _ := s.Dims()
	once := all / (float64(l.Samples) * float64(n)) // what weighs so much fires once
	most = min(max(share*all/float64(s.NNZ()), few*once), many*once)
	row = func(i int) (tails []int32, weights []float64) {
		columns, values := s.Row(i)
		for k, j := range columns {
			if int(j) == i {
				continue
			}
			times := math.Ceil(values[k] / most)
			for range int(times) {
				tails, weights = append(tails, j), append(weights, values[k]/times)
			}
		}
		return tails, weights
	}
	return row, most, int(math.Round(most / once))
}

// pushers lists the rows as often as they are drawn to push: by their degree to the power
// of ¾, and every row once at least.
func pushers(degrees []float64) []int32 {
	const times = 4 // how often a row is listed on average
	sum := 0.
	for _, w := range degrees {
		sum += math.Pow(w, .75)
	}
	list := make([]int32, 0, (times+1)*len(degrees))
	owed := 0.
	for i, w := range degrees {
		share := 1.
		if sum > 0 {
			share = math.Pow(w, .75) / sum * float64(len(degrees))
		}
		owed += times * share
		list = append(list, int32(i))
		for owed--; owed >= 1 && len(list) < cap(list); owed-- {
			list = append(list, int32(i))
		}
	}
	return list
}

// Up to how many rows the likelihood is that of all pairs, and what it is estimated from
// beyond.
const (
	largevisAllPairs = 4096
	largevisSamples  = 64
)

// likelihood returns the function that is lowered: of an edge (i, j) drawn by its weight,
// −log f(yᵢ, yⱼ) − γ·NegativeSamples·E log(1−f(yᵢ, yₖ)), for rows k as they push. Squared
// distances below the core of the push count as that in the second term.
func (l LargeVis) likelihood(s *affinity.Sparse, degrees []float64) func(ctx context.Context, y []float32) (float64, error) {
	const (
		core  = .1
		block = 64
	)
	dim := l.Components
	list := pushers(degrees)
	strength := l.RepulsionStrength * float64(max(l.NegativeSamples, 0))
	all := 0.
	for _, w := range degrees {
		all += w
	}
	return func(ctx context.Context, y []float32) (float64, error) {
		n := len(degrees)
		squared := func(i, j int) float64 {
			sum := 0.
			for c, v := range y[i*dim : (i+1)*dim] {
				d := float64(v) - float64(y[j*dim+c])
				sum += d * d
			}
			return sum
		}
		apart := func(s float64) float64 { return math.Log1p(1 / max(s, core)) }
		sum, err := par.Sum(ctx, n, block, func(lo, hi int) (sum float64) {
			for i := lo; i < hi; i++ {
				columns, weights := s.Row(i)
				for k, j := range columns {
					sum += weights[k] * math.Log1p(squared(i, int(j)))
				}
				push, drawn := 0., len(list)
				if n > largevisAllPairs {
					drawn = largevisSamples
					r := rng.New(l.Seed, "LargeVis/likelihood", i)
					for range drawn {
						push += apart(squared(i, int(list[r.IntN(len(list))])))
					}
				} else {
					last := 0.
					for k, j := range list { // which ascend
						if k == 0 || j != list[k-1] {
							last = apart(squared(i, int(j)))
						}
						push += last
					}
				}
				sum += degrees[i] * strength * push / float64(drawn)
			}
			return sum
		})
		if all == 0 {
			return 0, err
		}
		return sum / all, err
	}
}
