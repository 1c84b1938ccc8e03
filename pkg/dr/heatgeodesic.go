package dr

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// HeatGeodesic, heat geodesic embedding, keeps the lengths of the ways that heat takes:
// by Varadhan's formula, −4t·log H(i,j) is nearly the square of the distance along the
// data that heat goes from one row to another in time t, where H is the heat kernel of the
// graph of near rows. Unlike shortest paths, heat takes all ways, and one edge too many
// changes little. The distances are then scaled.
//
// What is farther than heat gets in the time has less than 1e-16 of it, and all such rows
// are equally far. Weights in several pieces are accepted: a note says so, and pieces are
// as far from each other as that. Rows that are all equal are refused.
//
// PHATELike and SNELike are settings by which it comes near other methods.
//
// Time O(n³) for the heat kernel by eigenpairs, or O(n·Order·weights) by ChebyshevHeat, and
// O(n²) for each of some dozens of passes; memory 72·n² + 36·n·d bytes, for the d columns that
// rows are compared by.
//
// Source: G. Huguet, A. Tong, E. De Brouwer, Y. Zhang, G. Wolf, I. Adelstein and
// S. Krishnaswamy (2023), A Heat Diffusion Perspective on Geodesic Preserving
// Dimensionality Reduction.
type HeatGeodesic struct {
	// Components is the number of dimensions of the map, at most n−1. Default 2, or 1 of
	// two rows.
	Components int

	// Neighbors is the number of other rows within the reach of a row. Larger values
	// connect more, and let heat take shorter ways. Default 5, or n−1 where the data have
	// fewer rows.
	Neighbors int

	// Decay is how fast weights fall beyond the reach; see affinity.AlphaDecay. Default 40.
	Decay float64

	// Columns is how many principal components rows are compared by, where both n and d
	// are larger. Where they are not, all columns count. Ignored for distances. Default 40.
	Columns int

	// Affinity, when given, holds the weights between the rows of x, and Neighbors, Decay and
	// Columns are ignored.
	Affinity *affinity.Sparse `json:"-"`

	// Normalization of the Laplacian. Default affinity.Symmetric.
	Normalization affinity.Normalization

	// Time is how long heat flows. Longer times reach farther, and see less of what is
	// near. Default: where the entropy of the kernel ceases to rise fast, of ten times up
	// to MaxTime.
	Time float64

	// MaxTime is the longest time that is tried for the default of Time, and the longest of
	// several Times, above 0.1. Default 200.
	MaxTime float64

	// Times, above 1, averages the distances of so many times from 0.1 to MaxTime, in even
	// ratios, with weights that fall as 1 − t/Σt. Time is ignored then. Default 1.
	Times int

	// Solver makes the heat kernel; see affinity.HeatKernel. Default
	// affinity.ChebyshevHeat where one Time is given, and affinity.EigenHeat where
	// several are looked at.
	Solver affinity.HeatSolver

	// Order of the Solver: more terms, steps or eigenpairs err less. Default that of
	// affinity.HeatKernel, with as many terms as leave an error of 1e-16.
	Order int

	// Volume is how much of the volume that heat fills around both rows is taken out of
	// the distances: Volume·4t·log((H(i,i) + H(j,j))/2) is added to their squares, after
	// Harnack's inequality, so that a row is at distance 0 from itself where it is 1. Usual
	// values are 0 to 1.5. Default 0.
	Volume float64

	// Power is what distances are raised to. Default 1.
	Power float64

	// Denoising, between 0 and 1, is the share of triplet distances: those between the rows
	// of the matrix of distances, by which two rows are near that are equally far from all
	// others. Default 0.
	Denoising float64

	// Weighting says which distances the scaling keeps best: WeighEqually, WeighByHeat,
	// WeighByInverse or WeighByGaussian. Metric scaling only. Default WeighEqually.
	Weighting Weighting

	// WeightScale is the power of WeighByInverse, or the square of the width of
	// WeighByGaussian, of distances that are scaled to 0 … 1. Larger values keep near rows
	// better by the first, and worse by the second. Ignored by the others. Default 1.
	WeightScale float64

	// Scaling keeps the distances: MetricScaling, ClassicalScaling or NonMetricScaling.
	// Default MetricScaling.
	Scaling Scaling

	// Optimizer of MetricScaling: SGD or SMACOF. Default SGD.
	Optimizer Optimizer

	// Iterations is the number of passes of SGD, or the largest number of iterations of
	// SMACOF and NonMetricScaling. Ignored by ClassicalScaling. Default 30 for SGD, 300
	// otherwise.
	Iterations int

	// Seed of the order in which SGD takes pairs.
	Seed uint64

	// MemoryLimit in bytes refuses data whose matrices would not fit. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// Weighting says how much the distance of a pair counts.
type Weighting string

const (
	// WeighEqually counts all pairs alike.
	WeighEqually Weighting = "equal"

	// WeighByHeat counts a pair by its entry of the heat kernel, and 1e-5.
	WeighByHeat Weighting = "heat"

	// WeighByInverse counts a pair by 1 over a power of its distance.
	WeighByInverse Weighting = "inverse"

	// WeighByGaussian counts a pair by a Gaussian of its distance, or 1e-5 where that is more.
	WeighByGaussian Weighting = "Gaussian"
)

// PHATELike returns the settings by which HeatGeodesic is like PHATE: distances between the
// logarithms of what heat leaves in all rows, of the walk's own Laplacian, at the given
// time, 0 for one that is found.
func PHATELike(time float64) HeatGeodesic {
	return HeatGeodesic{Time: time, Normalization: affinity.RandomWalk, Power: 2, Denoising: 1}
}

// SNELike returns the settings by which HeatGeodesic is like stochastic neighbour
// embedding: pairs count by the heat between them, so that near rows are kept, and how far
// others are is left open.
func SNELike(time float64) HeatGeodesic {
	return HeatGeodesic{Time: time, Weighting: WeighByHeat, Optimizer: SMACOF}
}

// Resolve returns the options with defaults filled in for n × d data, or an error that
// names the option and its range.
func (h HeatGeodesic) Resolve(n, d int) (HeatGeodesic, error) {
	const method = "dr.HeatGeodesic"
	if err := scalable(method, n, d, &h.Components, h.MemoryLimit); err != nil {
		return h, err
	}
	wrong := func(param string, value any, want string) error {
		return &mat32.ParamError{Method: method, Param: param, Value: value, Want: want}
	}
	graph, err := affinity.AlphaDecay{Neighbors: h.Neighbors, Decay: h.Decay}.Resolve(n, d)
	if err != nil {
		return h, mat32.Rename(method, err)
	}
	h.Neighbors, h.Decay = graph.Neighbors, graph.Decay
	l, err := affinity.Laplacian{Normalization: h.Normalization}.Resolve(n, d)
	if err != nil {
		return h, mat32.Rename(method, err)
	}
	h.Normalization = l.Normalization
	h.Columns, h.MaxTime, h.Times = cmp.Or(h.Columns, 40), cmp.Or(h.MaxTime, 200), cmp.Or(h.Times, 1)
	h.Power, h.WeightScale, h.Weighting = cmp.Or(h.Power, 1), cmp.Or(h.WeightScale, 1), cmp.Or(h.Weighting, WeighEqually)
	if h.Solver == "" {
		h.Solver = affinity.EigenHeat
		if h.Time != 0 && h.Times == 1 {
			h.Solver = affinity.ChebyshevHeat
		}
	}
	scaling := scalingOptions{h.Scaling, h.Optimizer, h.Iterations}
	if err := scaling.resolve(method); err != nil {
		return h, err
	}
	h.Scaling, h.Optimizer, h.Iterations = scaling.Scaling, scaling.Optimizer, scaling.Iterations
	switch {
	case h.Time < 0 || h.Time-h.Time != 0:
		return h, wrong("Time", h.Time, "a finite time above 0, or 0 for one that is found")
	case !(h.MaxTime > .1 && h.MaxTime <= math.MaxFloat64):
		return h, wrong("MaxTime", h.MaxTime, "a finite time above 0.1")
	case h.Columns < 1:
		return h, wrong("Columns", h.Columns, "1 or more")
	case h.Times < 1 || h.Times > mostTime:
		return h, wrong("Times", h.Times, fmt.Sprintf("1 ≤ Times ≤ %d", mostTime))
	case !(h.Volume >= 0 && h.Volume <= math.MaxFloat64):
		return h, wrong("Volume", h.Volume, "a finite number, 0 or more")
	case !(h.Power > 0 && h.Power <= 4):
		return h, wrong("Power", h.Power, "0 < Power ≤ 4")
	case !(h.Denoising >= 0 && h.Denoising <= 1):
		return h, wrong("Denoising", h.Denoising, "0 ≤ Denoising ≤ 1")
	case h.Weighting != WeighEqually && h.Weighting != WeighByHeat && h.Weighting != WeighByInverse && h.Weighting != WeighByGaussian:
		return h, wrong("Weighting", string(h.Weighting), "WeighEqually, WeighByHeat, WeighByInverse or WeighByGaussian")
	case h.Weighting != WeighEqually && h.Scaling != MetricScaling:
		return h, wrong("Weighting", string(h.Weighting), "WeighEqually, unless Scaling is MetricScaling")
	case !(h.WeightScale > 0 && h.WeightScale <= 16):
		return h, wrong("WeightScale", h.WeightScale, "0 < WeightScale ≤ 16")
	}
	if _, err := h.kernel(cmp.Or(h.Time, 1)).Resolve(n, n); err != nil {
		return h, mat32.Rename(method, err)
	}
	return h, nil
}

func (h HeatGeodesic) kernel(time float64) affinity.HeatKernel {
	return affinity.HeatKernel{Time: time, Solver: h.Solver, Order: h.Order, Tolerance: heatFloor, MemoryLimit: h.MemoryLimit}
}

// heatFloor is the least heat that counts.
const heatFloor = 1e-16

// String returns the options in one line, as captions and tables show them.
func (h HeatGeodesic) String() string {
	s := fmt.Sprintf("%d neighbours, decay %g", h.Neighbors, h.Decay)
	if h.Affinity != nil {
		s = "given weights"
	}
	s += fmt.Sprintf(", %s Laplacian, ", h.Normalization)
	switch {
	case h.Times > 1:
		s += fmt.Sprintf("%d times up to %g", h.Times, h.MaxTime)
	case h.Time > 0:
		s += fmt.Sprintf("t %.4g", h.Time)
	default:
		s += "t by entropy"
	}
	s += fmt.Sprintf(", %s", h.Solver)
	if h.Order > 0 {
		s += fmt.Sprintf(" of order %d", h.Order)
	}
	for _, o := range []struct {
		name         string
		value, usual float64
	}{{"volume", h.Volume, 0}, {"power", h.Power, 1}, {"denoising", h.Denoising, 0}} {
		if o.value != o.usual {
			s += fmt.Sprintf(", %s %g", o.name, o.value)
		}
	}
	if h.Weighting != WeighEqually {
		s += fmt.Sprintf(", weights by %s %g", h.Weighting, h.WeightScale)
	}
	return s + fmt.Sprintf(", %v, seed %d", scalingOptions{h.Scaling, h.Optimizer, h.Iterations}, h.Seed)
}

// Fit makes a map of the rows of x (n × d), or of what lies at the distances that x
// holds. Errors: those of mat32.Check and Resolve, *mat32.DegenerateError where all rows
// are equal or heat tells none apart, *mat32.MemoryError, *mat32.ParamError for an Affinity of
// other rows or a Time that the solver does not reach, and one that wraps ctx.Err(); a
// cancel during the scaling also returns the model so far, its embedding marked Partial.
func (h HeatGeodesic) Fit(ctx context.Context, x mat.Matrix) (*HeatGeodesicModel, error) {
	const method = "dr.HeatGeodesic"
	m := new(HeatGeodesicModel)
	d, weights, notes, err := h.distances(ctx, x, m)
	if err != nil {
		return nil, err
	}
	n, cols := x.Dims()
	if _, ok := x.(*mat32.Distances); ok {
		cols = 0
	}
	h = m.options
	l, err := scalingOptions{h.Scaling, h.Optimizer, h.Iterations}.place(ctx, d, h.Components, weights, h.Seed)
	if l == nil {
		return nil, d.failed(err)
	}
	m.embedding = layoutEmbedding(l.Points, l, "heat geodesic", h.String(), n, cols, notes, err != nil)
	if err != nil {
		return m, failed(method, err)
	}
	return m, nil
}

// Embed returns the map of the rows of x: Fit(ctx, x) and its embedding. When cancelled
// during the scaling it returns the map so far, marked Partial, with the error.
func (h HeatGeodesic) Embed(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	model, err := h.Fit(ctx, x)
	if model == nil {
		return nil, err
	}
	return model.embedding, err
}

// Distances returns the heat geodesic distances between the rows of x, which Fit keeps.
// Errors, time and memory are those of Fit.
func (h HeatGeodesic) Distances(ctx context.Context, x mat.Matrix) (*mat32.Distances, error) {
	d, _, _, err := h.distances(ctx, x, new(HeatGeodesicModel))
	if err != nil {
		return nil, err
	}
	return mat32.NewDistances(d.n, d.pairs)
}

// distances returns those of heat, and the weights of the pairs, nil for 1.
func (h HeatGeodesic) distances(ctx context.Context, x mat.Matrix, m *HeatGeodesicModel) (*dissimilarities, []float64, []string, error) {
	const method = "dr.HeatGeodesic"
	fail := func(err error) (*dissimilarities, []float64, []string, error) {
		return nil, nil, nil, mat32.Rename(method, err)
	}
	n, cols, err := checkData(ctx, method, x, 1)
	if err != nil {
		return nil, nil, nil, err
	}
	if h, err = h.Resolve(n, cols); err != nil {
		return nil, nil, nil, err
	}
	walk := PHATE{Neighbors: h.Neighbors, Decay: h.Decay, Columns: h.Columns, Affinity: h.Affinity, Seed: h.Seed, MemoryLimit: h.MemoryLimit}
	if err := mat32.CheckMemory(method, 72*int64(n)*int64(n)+walk.comparing(n, cols), h.MemoryLimit, "it holds all pairs: use fewer rows, or dr.PHATE with landmarks"); err != nil {
		return nil, nil, nil, err
	}
	if err := checkVaries(ctx, method, x); err != nil {
		return nil, nil, nil, err
	}
	stage := watch.Start(ctx, "heat", 3)
	s, notes, err := walk.weigh(ctx, x, new(PHATEModel))
	if err != nil {
		return fail(err)
	}
	notes = append(notes, s.Notes...)
	if parts := s.Components(); parts.Count > 1 {
		notes = append(notes, fmt.Sprintf("the weights have %v: no heat goes from one to another", parts))
	}
	l, err := affinity.Laplacian{Normalization: h.Normalization}.Of(ctx, s)
	if err != nil {
		return fail(err)
	}
	stage.Add(1)
	times, shares := h.times()
	o, err := h.kernel(times[0]).Of(ctx, l)
	if err != nil {
		return fail(err)
	}
	if h.Time == 0 && h.Times == 1 {
		if h.Time, err = m.find(ctx, o, h.MaxTime); err != nil {
			return fail(err)
		}
		times[0] = h.Time
		notes = append(notes, fmt.Sprintf("t = %.4g by the knee of the entropies of ten times up to %g", h.Time, h.MaxTime))
	}
	m.options, m.times = h, times
	stage.Add(1)
	pairs := make([]float64, n*(n-1)/2)
	var heat *mat.Dense // of the first time
	for k, time := range times {
		if k > 0 || o.Time != time {
			if o, err = o.At(ctx, time); err != nil {
				return fail(err)
			}
		}
		kernel, err := o.Dense(ctx)
		if err != nil {
			return fail(err)
		}
		if err := h.add(ctx, pairs, kernel, time, shares[k]); err != nil {
			return fail(err)
		}
		if k == 0 {
			heat = kernel
		}
	}
	if err := h.denoise(ctx, pairs, n); err != nil {
		return fail(err)
	}
	d := &dissimilarities{method: method, n: n, pairs: pairs, unit: 1, most: slices.Max(pairs)}
	if d.most == 0 || d.most-d.most != 0 {
		return nil, nil, nil, &mat32.DegenerateError{Method: method, Reason: "heat tells no rows apart: take a shorter Time, or less Volume"}
	}
	stage.Add(1)
	return d, h.weigh(d, heat), notes, nil
}

// times returns those that count, with their shares.
func (h HeatGeodesic) times() (times, shares []float64) {
	if h.Times == 1 {
		return []float64{cmp.Or(h.Time, 1)}, []float64{1}
	}
	sum := 0.
	for k := range h.Times {
		times = append(times, .1*math.Pow(h.MaxTime/.1, float64(k)/float64(h.Times-1)))
		sum += times[k]
	}
	for _, t := range times {
		shares = append(shares, (1-t/sum)/float64(h.Times-1))
	}
	return times, shares
}

// find returns the time at which the entropy −Σ H·log H bends, of ten from 0.05 to most.
func (m *HeatGeodesicModel) find(ctx context.Context, o *affinity.HeatOperator, most float64) (float64, error) {
	const tried = 10
	times := make([]float64, tried)
	m.entropies = make([]float64, tried)
	for k := range times {
		times[k] = .05 + (most-.05)*float64(k)/(tried-1)
		at, err := o.At(ctx, times[k])
		if err != nil {
			return 0, err
		}
		kernel, err := at.Dense(ctx)
		if err != nil {
			return 0, err
		}
		n, _ := kernel.Dims()
		sums := make([]float64, n)
		err = overRows(ctx, n, func(i int) {
			for _, v := range kernel.RawRowView(i) {
				if v > 0 {
					sums[i] -= v * math.Log(v+1e-10)
				}
			}
		})
		if err != nil {
			return 0, err
		}
		for _, v := range sums {
			m.entropies[k] += v
		}
	}
	m.tried = times
	return times[kneedle(m.entropies, .5)], nil
}

// kneedle returns the index at which a rising, concave curve at even steps bends: the
// first place where it is farthest above the line between its ends, before it falls by
// sensitivity steps nearer to it; or else where it is farthest (V. Satopää, J. Albrecht,
// D. Irwin and B. Raghavan (2011), Finding a "kneedle" in a haystack).
func kneedle(curve []float64, sensitivity float64) int {
	n := len(curve)
	low, high := slices.Min(curve), slices.Max(curve)
	if !(high > low) {
		return 0
	}
	above := make([]float64, n)
	for i, v := range curve {
		above[i] = (v-low)/(high-low) - float64(i)/float64(n-1)
	}
	step := sensitivity / float64(n-1)
	at := -1
	for i := 1; i < n; i++ {
		if at >= 0 && above[i] < above[at]-step {
			return at
		}
		if i < n-1 && above[i] >= above[i-1] && above[i] >= above[i+1] {
			at = i
		}
	}
	best := 0
	for i, v := range above {
		if v > above[best] {
			best = i
		}
	}
	return best
}

// add adds a share of the distances at one time to the pairs.
func (h HeatGeodesic) add(ctx context.Context, pairs []float64, kernel *mat.Dense, time, share float64) error {
	n, _ := kernel.Dims()
	far := func(heat, own float64) float64 {
		s := -4 * time * math.Log(heat+heatFloor)
		if h.Volume > 0 {
			s += h.Volume * 4 * time * math.Log(own+heatFloor)
		}
		s = max(0, s)
		if h.Power == 1 {
			return math.Sqrt(s)
		}
		return math.Pow(s, h.Power/2)
	}
	own := make([]float64, n)
	for i := range own {
		own[i] = kernel.At(i, i)
	}
	return overRows(ctx, n, func(i int) {
		row := kernel.RawRowView(i)
		at := i * (2*n - i - 1) / 2
		for j := i + 1; j < n; j++ {
			mean := own[i]/2 + own[j]/2
			v := far(row[j], mean)
			if h.Normalization == affinity.RandomWalk {
				v = v/2 + far(kernel.At(j, i), mean)/2
			}
			pairs[at+j-i-1] += share * v
		}
	})
}

// denoise mixes in the distances between the rows of the matrix of distances.
func (h HeatGeodesic) denoise(ctx context.Context, pairs []float64, n int) error {
	if h.Denoising == 0 {
		return nil
	}
	given, err := mat32.NewDistances(n, pairs)
	if err != nil {
		return &mat32.DegenerateError{Reason: err.Error()}
	}
	between, err := rowDistances(ctx, "", mat.DenseCopyOf(given))
	if err != nil {
		return err
	}
	for i, v := range between.pairs {
		pairs[i] += h.Denoising * (v - pairs[i])
	}
	return nil
}

// leastWeight keeps pairs that count for next to nothing from counting for nothing, which
// would leave open where rows lie.
const leastWeight = 1e-5

// weigh returns what the pairs count.
func (h HeatGeodesic) weigh(d *dissimilarities, heat *mat.Dense) []float64 {
	if h.Weighting == WeighEqually {
		return nil
	}
	weights := make([]float64, len(d.pairs))
	least := slices.Min(d.pairs)
	span := d.most - least
	for i, at := 0, 0; i < d.n; i++ {
		for j := i + 1; j < d.n; j++ {
			switch v := d.pairs[at]; h.Weighting {
			case WeighByHeat:
				weights[at] = heat.At(i, j)/2 + heat.At(j, i)/2 + leastWeight
			case WeighByInverse: // of equal rows as of such at a thousandth of the largest distance
				weights[at] = math.Pow(max(v/d.most, 1e-3), -h.WeightScale)
			default:
				if v -= least; span > 0 {
					v /= span
				}
				weights[at] = max(leastWeight, math.Exp(-v*v/h.WeightScale))
			}
			at++
		}
	}
	return weights
}

// HeatGeodesicModel is fitted by HeatGeodesic. It is the map of the rows it was given;
// distances along the data have no formula for others.
type HeatGeodesicModel struct {
	options   HeatGeodesic
	embedding *Embedding
	times     []float64
	tried     []float64
	entropies []float64
}

// Embedding returns the map of the rows the model was fitted to.
func (m *HeatGeodesicModel) Embedding() *Embedding { return m.embedding }

// Times returns how long heat flowed.
func (m *HeatGeodesicModel) Times() []float64 { return slices.Clone(m.times) }

// Entropies returns the times that were tried and the entropies of the heat kernel at
// these, in nats, or nil where Time was given.
func (m *HeatGeodesicModel) Entropies() (times, entropies []float64) {
	return slices.Clone(m.tried), slices.Clone(m.entropies)
}

// String returns a small table: shape, stress, options and notes.
func (m *HeatGeodesicModel) String() string {
	return m.embedding.String() + fmt.Sprintf("\n  times       %.4g", m.times)
}

const heatGeodesicKind, heatGeodesicVersion = "dr.HeatGeodesicModel", 1

func (m *HeatGeodesicModel) encode(w *saved.Writer) {
	w.JSON(m.options)
	m.embedding.encode(w)
	w.Floats(m.times)
	w.Floats(m.tried)
	w.Floats(m.entropies)
}

func (m *HeatGeodesicModel) decode(r *saved.Reader) {
	r.JSON(&m.options)
	m.embedding = new(Embedding)
	m.embedding.decode(r)
	m.times, m.tried, m.entropies = r.Floats(), r.Floats(), r.Floats()
	if r.OK() && len(m.tried) != len(m.entropies) {
		r.Fail("its parts differ in size")
	}
	if len(m.tried) == 0 {
		m.tried, m.entropies = nil, nil
	}
}

// WriteTo saves the model with its embedding.
func (m *HeatGeodesicModel) WriteTo(w io.Writer) (int64, error) {
	return write(w, heatGeodesicKind, heatGeodesicVersion, m.encode)
}

// ReadFrom replaces m by a saved model; see Embedding.ReadFrom for the errors.
func (m *HeatGeodesicModel) ReadFrom(r io.Reader) (int64, error) {
	return read(r, heatGeodesicKind, heatGeodesicVersion, m, (*HeatGeodesicModel).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *HeatGeodesicModel) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *HeatGeodesicModel) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
