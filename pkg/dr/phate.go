package dr

import (
	"cmp"
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// PHATE, potential of heat-diffusion for affinity-based transition embedding, shows
// branches and progressions as such: it walks along the weights of near rows for as many
// steps as drown the noise, takes for every row the logarithms of the probabilities where
// the walk ends, its potential, and keeps the distances between potentials by metric
// scaling. Far rows are told apart by logarithms as much as near ones.
//
// Above Landmarks rows, rows that walk alike are one landmark: the walk is between these,
// they are scaled, and every row is placed among the landmarks it steps to.
//
// Weights in several pieces are accepted: a note says so, and how far the pieces lie from
// each other means nothing. Rows that are all equal are refused, and duplicates are like
// other rows.
//
// Time that of the neighbours, and for m rows or landmarks O(m³) for the entropies, O(m³)
// for the walk and the distances, and O(m²) for each of some dozens of passes; memory
// 56·m² + 100·n·(Neighbors + 8) + 36·n·d bytes, for the d columns that rows are compared by,
// and 5.6 kB a row where there are more than Landmarks.
//
// Source: K. Moon, D. van Dijk, Z. Wang, S. Gigante, D. Burkhardt, W. Chen, K. Yim,
// A. van den Elzen, M. Hirn, R. Coifman, N. Ivanova, G. Wolf and S. Krishnaswamy (2019),
// Visualizing structure and transitions in high-dimensional biological data. Defaults
// are those of phate 1.0.11.
type PHATE struct {
	// Components is the number of dimensions of the map, at most n−1, and below the
	// number of landmarks. Default 2, or 1 of two rows.
	Components int

	// Neighbors is the number of other rows within the reach of a row. Larger values
	// show larger structure, and connect more. Default 5, or n−1 where the data have
	// fewer rows.
	Neighbors int

	// Decay is how fast weights fall beyond the reach; see affinity.AlphaDecay. Default 40.
	Decay float64

	// Columns is how many principal components rows are compared by, where both n and d
	// are larger. Where they are not, all columns count. Ignored for distances. Default 100.
	Columns int

	// Alpha is how far the density of the rows is taken out of the weights, between 0
	// and 1; see affinity.Diffusion. Default 0: not at all.
	Alpha float64

	// Affinity, when given, holds the weights between the rows of x, and Neighbors, Decay and
	// Columns are ignored. Models of given weights cannot map new rows.
	Affinity *affinity.Sparse `json:"-"`

	// Landmarks is how many landmarks stand for the rows where there are more rows. With
	// n or more, rows stand for themselves. More of them cost time and show finer
	// structure. Default 2000.
	Landmarks int

	// Time is how many steps the walk takes. More of them drown more noise, and finer
	// structure with it. Default: where the entropy of the walk ceases to fall fast, at
	// the place counted from 0 where two straight lines fit the curve best. (As in phate,
	// the second line is also fitted to the point before the bend; affinity.Knee does
	// without it, and may find the place before.)
	Time int

	// MaxTime is the longest walk that is tried for the default of Time, at least 3.
	// Ignored where Time is given. Default 100.
	MaxTime int

	// Gamma makes potentials of probabilities p: −log(p + 1e-7) for 1, p itself for −1,
	// and p^c/c with c = (1 − Gamma)/2 in between; the constant Zero stands for 0,
	// square roots. Smaller values tell apart what is near, and larger ones what is far.
	// Between −1 and 1; default 1.
	Gamma float64

	// Scaling keeps the distances between potentials: MetricScaling, ClassicalScaling or
	// NonMetricScaling. Default MetricScaling.
	Scaling Scaling

	// Optimizer of MetricScaling: SGD or SMACOF. Default SGD.
	Optimizer Optimizer

	// Iterations is the number of passes of SGD, or the largest number of iterations of
	// SMACOF and NonMetricScaling. Ignored by ClassicalScaling. Default 30 for SGD, 300
	// otherwise.
	Iterations int

	// Seed of the landmarks, and of the order in which SGD takes pairs.
	Seed uint64

	// MemoryLimit in bytes refuses data whose matrices would not fit. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// Scaling is how distances are kept in a map.
type Scaling string

const (
	// MetricScaling lowers the stress of the distances, as MetricMDS does.
	MetricScaling Scaling = "metric"

	// ClassicalScaling keeps scalar products, as ClassicalMDS does.
	ClassicalScaling Scaling = "classical"

	// NonMetricScaling keeps the order of the distances, as NonMetricMDS does, from a
	// start that MetricScaling made.
	NonMetricScaling Scaling = "non-metric"
)

// Resolve returns the options with defaults filled in for n × d data, or an error that
// names the option and its range.
func (p PHATE) Resolve(n, d int) (PHATE, error) {
	const method = "dr.PHATE"
	if err := scalable(method, n, d, &p.Components, p.MemoryLimit); err != nil {
		return p, err
	}
	wrong := func(param string, value any, want string) error {
		return &mat32.ParamError{Method: method, Param: param, Value: value, Want: want}
	}
	kernel, err := affinity.AlphaDecay{Neighbors: p.Neighbors, Decay: p.Decay}.Resolve(n, d)
	if err != nil {
		return p, mat32.Rename(method, err)
	}
	p.Neighbors, p.Decay = kernel.Neighbors, kernel.Decay
	if _, err := (affinity.Diffusion{Alpha: p.Alpha}).Resolve(n, d); err != nil {
		return p, mat32.Rename(method, err)
	}
	p.Columns, p.Landmarks = cmp.Or(p.Columns, 100), cmp.Or(p.Landmarks, 2000)
	p.MaxTime, p.Gamma = cmp.Or(p.MaxTime, 100), cmp.Or(p.Gamma, 1)
	scaling := scalingOptions{p.Scaling, p.Optimizer, p.Iterations}
	if err := scaling.resolve(method); err != nil {
		return p, err
	}
	p.Scaling, p.Optimizer, p.Iterations = scaling.Scaling, scaling.Optimizer, scaling.Iterations
	switch {
	case p.Columns < 1:
		return p, wrong("Columns", p.Columns, "1 or more")
	case p.Landmarks <= p.Components:
		return p, wrong("Landmarks", p.Landmarks, fmt.Sprintf("more than Components = %d", p.Components))
	case p.Time < 0 || p.Time > mostBatch:
		return p, wrong("Time", p.Time, fmt.Sprintf("0 ≤ Time ≤ %d", mostBatch))
	case p.MaxTime < 3 || p.MaxTime > mostTime:
		return p, wrong("MaxTime", p.MaxTime, fmt.Sprintf("3 ≤ MaxTime ≤ %d", mostTime))
	case !(p.Gamma >= -1 && p.Gamma <= 1):
		return p, wrong("Gamma", p.Gamma, "−1 ≤ Gamma ≤ 1")
	}
	return p, nil
}

// mostTime is the longest curve whose knee is looked for, in a time that grows with its
// square.
const mostTime = 10000

// String returns the options in one line, as captions and tables show them.
func (p PHATE) String() string {
	time := "t by entropy"
	if p.Time > 0 {
		time = fmt.Sprintf("t %d", p.Time)
	}
	s := fmt.Sprintf("%d neighbours, decay %g, %s, gamma %g", p.Neighbors, p.Decay, time, p.Gamma)
	if p.Affinity != nil {
		s = fmt.Sprintf("given weights, %s, gamma %g", time, p.Gamma)
	}
	if p.Alpha > 0 {
		s += fmt.Sprintf(", alpha %g", p.Alpha)
	}
	return s + fmt.Sprintf(", at most %d landmarks, %v, seed %d", p.Landmarks, scalingOptions{p.Scaling, p.Optimizer, p.Iterations}, p.Seed)
}

// Fit makes a map of the rows of x (n × d), or of what lies at the distances that x
// holds. Errors: those of mat32.Check and Resolve, *mat32.DegenerateError where all rows
// are equal, walk alike or end alike, *mat32.MemoryError, *mat32.ParamError for an Affinity of other rows,
// and one that wraps ctx.Err(); a cancel during the scaling also returns the model so far,
// its embedding marked Partial.
func (p PHATE) Fit(ctx context.Context, x mat.Matrix) (*PHATEModel, error) {
	const method = "dr.PHATE"
	m := new(PHATEModel)
	d, notes, err := p.distances(ctx, x, m)
	if err != nil {
		return nil, err
	}
	n, cols := x.Dims()
	if _, ok := x.(*mat32.Distances); ok {
		cols = 0
	}
	p = m.options
	l, err := scalingOptions{p.Scaling, p.Optimizer, p.Iterations}.place(ctx, d, p.Components, nil, p.Seed)
	if l == nil {
		return nil, d.failed(err)
	}
	m.layout = l.Points
	z := m.layout
	if m.steps != nil {
		z = mat.NewDense(n, p.Components, nil)
		// A layout that a cancel left is worth placing the rows in all the same.
		if err := m.steps.Apply(context.WithoutCancel(ctx), z, m.layout); err != nil {
			return nil, failed(method, err)
		}
		m.steps = nil
	}
	m.embedding = layoutEmbedding(z, l, "PHATE", p.String(), n, cols, notes, err != nil)
	if err != nil {
		return m, failed(method, err)
	}
	return m, nil
}

// Embed returns the map of the rows of x: Fit(ctx, x) and its embedding. When cancelled
// during the scaling it returns the map so far, marked Partial, with the error.
func (p PHATE) Embed(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	model, err := p.Fit(ctx, x)
	if model == nil {
		return nil, err
	}
	return model.embedding, err
}

// Distances returns the distances between the potentials of the rows of x, which Fit
// keeps, or of the landmarks where there are. Errors, time and memory are those of Fit.
func (p PHATE) Distances(ctx context.Context, x mat.Matrix) (*mat32.Distances, error) {
	d, _, err := p.distances(ctx, x, new(PHATEModel))
	if err != nil {
		return nil, err
	}
	return mat32.NewDistances(d.n, d.pairs)
}

// distances returns those between the potentials, and fills in what m knows of them.
func (p PHATE) distances(ctx context.Context, x mat.Matrix, m *PHATEModel) (*dissimilarities, []string, error) {
	const method = "dr.PHATE"
	n, cols, err := checkData(ctx, method, x, 1)
	if err != nil {
		return nil, nil, err
	}
	if p, err = p.Resolve(n, cols); err != nil {
		return nil, nil, err
	}
	order := int64(min(n, p.Landmarks))
	need := 56*order*order + 100*int64(n)*int64(p.Neighbors+8) + p.comparing(n, cols)
	if n > p.Landmarks {
		need += 56 * int64(n) * landmarkVectors
	}
	if err := mat32.CheckMemory(method, need, p.MemoryLimit, "take fewer landmarks"); err != nil {
		return nil, nil, err
	}
	if err := checkVaries(ctx, method, x); err != nil {
		return nil, nil, err
	}
	stage := watch.Start(ctx, "walk", 4)
	walk, notes, err := p.walk(ctx, x, m)
	if err != nil {
		return nil, nil, err
	}
	stage.Add(1)
	var c *markov
	if n > p.Landmarks {
		if c, err = m.land(ctx, walk, p); err == nil && len(c.root) <= p.Components {
			err = &mat32.DegenerateError{Reason: fmt.Sprintf("rows walk alike but for %d landmarks, which is too few for %d components", len(c.root), p.Components)}
		}
	} else {
		c, err = markovOf(ctx, walk)
	}
	if err != nil {
		return nil, nil, failed(method, err)
	}
	stage.Add(1)
	if p.Time == 0 {
		if m.entropies, err = c.entropies(ctx, p.MaxTime); err == nil {
			p.Time = bend(m.entropies)
		}
		if err != nil {
			return nil, nil, failed(method, err)
		}
		notes = append(notes, fmt.Sprintf("t = %d by the knee of the entropies of up to %d steps", p.Time, p.MaxTime))
	}
	m.options, m.time = p, p.Time
	stage.Add(1)
	ends, err := c.power(ctx, p.Time)
	if err != nil {
		return nil, nil, failed(method, err)
	}
	if err := potentials(ctx, ends, p.Gamma); err != nil {
		return nil, nil, failed(method, err)
	}
	d, err := rowDistances(ctx, method, ends)
	stage.Add(1)
	return d, notes, err
}

// walk returns the random walk along the weights of the rows of x, and keeps in m what
// maps new rows.
func (p PHATE) walk(ctx context.Context, x mat.Matrix, m *PHATEModel) (*affinity.DiffusionOperator, []string, error) {
	const method = "dr.PHATE"
	s, notes, err := p.weigh(ctx, x, m)
	if err != nil {
		return nil, nil, mat32.Rename(method, err)
	}
	notes = append(notes, s.Notes...)
	if parts := s.Components(); parts.Count > 1 {
		notes = append(notes, fmt.Sprintf("the weights have %v: how far these lie from each other means nothing", parts))
	}
	o, err := affinity.Diffusion{Alpha: p.Alpha}.Of(ctx, s)
	if err != nil {
		return nil, nil, mat32.Rename(method, err)
	}
	return o, notes, nil
}

// weigh returns the weights of the rows of x, by their principal components where these
// are fewer than their columns.
func (p PHATE) weigh(ctx context.Context, x mat.Matrix, m *PHATEModel) (*affinity.Sparse, []string, error) {
	if p.Affinity != nil {
		return p.Affinity, nil, p.Affinity.CheckContext(ctx, "dr.PHATE", "Affinity", x)
	}
	var notes []string
	if given, ok := x.(*mat32.Distances); ok {
		s, err := p.kernel().Weigh(ctx, given)
		return s, nil, err
	}
	n, d := x.Dims()
	if min(n, d) > p.Columns {
		pca, err := PCA{Components: p.Columns, Seed: p.Seed, MemoryLimit: p.MemoryLimit}.Fit(ctx, x)
		if err != nil {
			return nil, nil, err
		}
		m.columns = pca
		notes = append(notes, fmt.Sprintf("rows are compared by %d principal components", p.Columns))
	} else {
		m.rows = mat.DenseCopyOf(x)
	}
	s, err := p.kernel().Weigh(ctx, m.compared())
	return s, notes, err
}

// comparing is the forecast in bytes for the rows as they are compared, by all d columns or
// by principal components.
func (p PHATE) comparing(n, d int) int64 {
	if min(n, d) > p.Columns {
		d = p.Columns
	}
	if p.Affinity != nil {
		return 0
	}
	return 36 * int64(n) * int64(d)
}

func (p PHATE) kernel() affinity.AlphaDecay {
	return affinity.AlphaDecay{Neighbors: p.Neighbors, Decay: p.Decay, MemoryLimit: p.MemoryLimit}
}

// potentials turns probabilities into potentials.
func potentials(ctx context.Context, ends *mat.Dense, gamma float64) error {
	const floor = 1e-7 // of probabilities, so that none is infinitely far
	if gamma == -1 {
		return ctx.Err()
	}
	if gamma == Zero {
		gamma = 0
	}
	c := (1 - gamma) / 2
	n, _ := ends.Dims()
	return overRows(ctx, n, func(i int) {
		row := ends.RawRowView(i)
		for j, v := range row {
			switch gamma {
			case 1:
				row[j] = -math.Log(v + floor)
			case 0:
				row[j] = 2 * math.Sqrt(v)
			default:
				row[j] = math.Pow(v, c) / c
			}
		}
	})
}

// bend returns where phate sees the knee of a curve of 3 points or more: of the lines of
// least squares of what comes before i, with it, and of what follows i−1, with it, the
// first misses the points up to i, and the second those from i on, by the least sum.
func bend(y []float64) int {
	// line is that of points from … to−1, and its misses of those within [low, high).
	misses := func(from, to, low, high int) (sum float64) {
		middle := float64(from+to-1) / 2
		var mean, xy, xx float64
		for i := from; i < to; i++ {
			x := float64(i) - middle
			mean += y[i] / float64(to-from)
			xx += x * x
			xy += x * y[i]
		}
		for i := low; i < high; i++ {
			sum += math.Abs(mean + xy/xx*(float64(i)-middle) - y[i])
		}
		return sum
	}
	n := len(y)
	best, least := 1, math.Inf(1)
	for i := 1; i < n-1; i++ {
		if s := misses(0, i+1, 0, i+1) + misses(i-1, n, i, n); s < least {
			best, least = i, s
		}
	}
	return best
}
