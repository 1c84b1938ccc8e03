package dr

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/dr/layout"
	"github.com/flatland-go/flatland/pkg/manifold"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// UMAP, uniform manifold approximation and projection, joins every row with its nearest
// neighbours, each at the scale of its own surroundings (affinity.FuzzySet), and places
// the points so that those that are joined are near each other and others are not: edges
// pull as often as they weigh, and points at random push (layout.NegativeSampling). Who is
// next to whom means much; how far groups are apart, how dense they are and the axes mean
// little.
//
// The map is the same on any number of cores, and no seed costs time: edges between two
// blocks of points are gone through one by one, and no point is moved by two at once. As
// with all methods that take steps at random, data that differ in their last digits have the
// same weights to six digits and maps of the same quality that may look different.
//
// Rows without weights to others, which bounded metrics leave and the notes tell, stay
// where the start puts them. Weights that leave the rows in several components are
// accepted, and noted: how far the components are apart means nothing. Duplicates are like
// other rows.
//
// Time that of the neighbours (see neighbors.Auto), some dozens of products with the
// weights for the spectral start, and about 40·Epochs·n forces of a few nanoseconds;
// memory about 150·n·Neighbors bytes, and 8·n·d for the rows that the model keeps, or half of that where float32 holds them.
//
// Source: L. McInnes, J. Healy and J. Melville (2018), UMAP: Uniform manifold
// approximation and projection for dimension reduction. Defaults are those of umap-learn
// 0.5.
type UMAP struct {
	// Components is the number of dimensions of the map, at most 100. Default 2, or those
	// of OutputSpace, with which it must agree.
	Components int

	// OutputSpace is where the points of the map lie: a manifold.Sphere, a
	// manifold.Hyperboloid or the flat manifold.Euclidean. Distances and forces are along
	// its geodesics, and a row of the map is a point as the manifold writes it, of one number
	// more than Components where it is curved. The scale of MinDist and Spread is that of its
	// radius: the smaller, the more curved is the map. No step is longer than a twentieth of it, and
	// no point of hyperbolic space farther than 12 radii from its origin. Default Euclidean.
	OutputSpace manifold.Manifold `json:"-"`

	// Neighbors is how many rows are near to a row, which counts itself, as umap-learn
	// does: 15 are 14 others. At least 2. Larger values show larger structure, and less of
	// the small. Ignored where Affinity is given. Default 15, or n where the data have
	// fewer rows.
	Neighbors int

	// MinDist is how far apart points lie that are joined as much as can be, in units of
	// Spread: smaller values make groups denser. At most Spread; the constant Zero stands
	// for 0. Default 0.1.
	MinDist float64

	// Spread is how far points lie apart as a rule, in units of the map. Default 1.
	Spread float64

	// Epochs is how often an edge of the largest weight pulls, at most a million; None
	// leaves the points where they start. More of them cost time and leave less to chance.
	// Default 500 up to 10 000 rows, and 200 beyond; 200 more with Density.
	Epochs int

	// LearningRate is the length of a step in the first epoch, in units of the force; it
	// falls to nothing in even steps. Default 1.
	LearningRate float64

	// NegativeSamples is how many points at random push a point whenever an edge pulls it;
	// None for none. More of them cost time and push evenly. Default 5.
	NegativeSamples int

	// RepulsionStrength multiplies what they push. Larger values leave more space between
	// points; the constant Zero stands for 0. Default 1.
	RepulsionStrength float64

	// Mix is between the union of what two rows give to each other, 1, and the
	// intersection, for which the constant Zero stands; see affinity.FuzzySet. Ignored
	// where Affinity is given. Default 1.
	Mix float64

	// LocalConnectivity is how many nearest rows a row is fully joined with, at most
	// Neighbors − 1; see affinity.FuzzySet. The constant Zero stands for 0. Ignored where
	// Affinity is given. Default 1.
	LocalConnectivity float64

	// Metric says how rows are compared. Default Euclidean. Ignored for distances, and
	// where Affinity is given.
	Metric neighbors.Metric `json:"-"`

	// Labels, when given, are the class of every row, numbered from 0 in any way, or −1
	// where it is unknown: rows of different classes are joined less, and less are rows of
	// which the class is not known; see affinity.Sparse.IntersectLabels. At least one is
	// known; rows of unknown class gain little from what is known of others. Where all have
	// one class, nothing but the union is taken once more. New rows need no labels. Not kept
	// by a saved model. Default nil.
	Labels []int `json:"-"`

	// Targets, when given instead of Labels, are a row of numbers for every row: rows are
	// joined that are near by both; see affinity.Sparse.Intersect. Targets of few values are
	// better told as Labels. Not kept by a saved model. Default nil.
	Targets mat.Matrix `json:"-"`

	// TargetWeight is between the rows, for which the constant Zero stands, and their
	// labels or targets, 1. Larger values part classes more; at 1 nothing joins them, at 0
	// weights between labels are still a twelfth. Ignored without these. Default 0.5.
	TargetWeight float64

	// TargetNeighbors is how many targets are near to one, which counts itself. Ignored
	// without Targets. Default Neighbors.
	TargetNeighbors int

	// TargetMetric says how targets are compared. Ignored without Targets. Default
	// Euclidean.
	TargetMetric neighbors.Metric `json:"-"`

	// Density is how much it counts that dense rows lie densely on the map, as in densMAP,
	// of which the authors use 2: in the last epochs the correlation of local radii of the
	// rows and of the map is raised, which the notes tell. Needs the distances of rows, so
	// it goes without Affinity, and with a flat OutputSpace alone. Default 0: not at all.
	//
	// Source: A. Narayan, B. Berger and H. Cho (2021), Assessing single-cell transcriptomic
	// variability through density-preserving data visualization.
	Density float64

	// DensityFraction is the share of the epochs, the last ones, that keep density. Ignored
	// without Density. Default 0.3.
	DensityFraction float64

	// DensityShift is added to the variance of the logarithms of local radii of the map:
	// larger values keep steps small where these are alike. The constant Zero stands for 0.
	// Ignored without Density. Default 0.1.
	DensityShift float64

	// Start is where the points begin: FromSpectral, at the smoothest functions on the
	// graph of the weights, component for component; FromPCA; or FromRandom, evenly in a
	// square; all of these with 10 units a side, on a sphere those of one dimension more
	// around its middle, in hyperbolic space within 2 radii of the origin. Or From(y), points
	// of OutputSpace, as they are. The default LearningRate keeps the large shape of y, not
	// its details: of a finished map of digits points move by a sixth of their mean distance,
	// and by a twentieth at a rate of 0.1. Default FromSpectral.
	Start Start `json:"-"`

	// Seed chooses all random numbers: of the start, of the points that push, and of an
	// approximate search for neighbours.
	Seed uint64

	// Graph, when given, is a graph of the rows of x by Metric, with Neighbors − 1 or more
	// neighbours, that is used instead of a new one. Ignored where Affinity is given.
	Graph *neighbors.Graph `json:"-"`

	// Affinity, when given, are symmetric weights of the rows of x that are used instead of
	// the fuzzy set: what they are over the largest of them is how much rows are joined.
	// The model then maps no new rows.
	Affinity *affinity.Sparse `json:"-"`

	// MemoryLimit in bytes refuses data whose matrices would not fit. Default GOMEMLIMIT,
	// or 4 GiB.
	MemoryLimit int64
}

// Resolve returns the options with defaults filled in for n × d data, or an error that
// names the option and its range.
func (u UMAP) Resolve(n, d int) (UMAP, error) {
	const method = "dr.UMAP"
	if n < 2 {
		return u, fmt.Errorf("%s: %w", method, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 2 rows"})
	}
	epochs := 500
	if n > 10_000 {
		epochs = 200
	}
	if u.Density > 0 {
		epochs += 200
	}
	if err := u.resolveSpace(method); err != nil {
		return u, err
	}
	u.Neighbors, u.Epochs = cmp.Or(u.Neighbors, min(15, n)), cmp.Or(u.Epochs, epochs)
	u.MinDist, u.Spread, u.LearningRate = cmp.Or(u.MinDist, .1), cmp.Or(u.Spread, 1), cmp.Or(u.LearningRate, 1)
	u.NegativeSamples, u.RepulsionStrength = cmp.Or(u.NegativeSamples, 5), cmp.Or(u.RepulsionStrength, 1)
	u.Mix, u.LocalConnectivity = cmp.Or(u.Mix, 1), cmp.Or(u.LocalConnectivity, 1)
	u.DensityFraction, u.DensityShift = cmp.Or(u.DensityFraction, .3), cmp.Or(u.DensityShift, .1)
	u.TargetWeight, u.TargetNeighbors = cmp.Or(u.TargetWeight, .5), cmp.Or(u.TargetNeighbors, u.Neighbors)
	if u.Start == nil {
		u.Start = FromSpectral
	}
	var err error
	if u.Metric, err = neighbors.ResolveMetric(method, u.Metric); err != nil {
		return u, err
	}
	if u.TargetMetric, err = neighbors.ResolveMetric(method, u.TargetMetric); err != nil {
		return u, err
	}
	const most = 1e6
	for _, r := range []struct {
		param string
		value any
		ok    bool
		want  string
	}{
		{"Components", u.Components, u.Components >= 1 && u.Components <= 100, "1 ≤ Components ≤ 100"},
		{"Neighbors", u.Neighbors, u.Neighbors >= 2 && u.Neighbors <= n, fmt.Sprintf("2 ≤ Neighbors ≤ n = %d, the row itself among them", n)},
		{"Spread", u.Spread, u.Spread >= 1e-3 && u.Spread <= 1e3, "0.001 ≤ Spread ≤ 1000"},
		{"MinDist", u.MinDist, u.MinDist > 0 && u.MinDist <= u.Spread, fmt.Sprintf("0 ≤ MinDist ≤ Spread = %v, or Zero", u.Spread)},
		{"Epochs", u.Epochs, u.Epochs >= None && u.Epochs <= most, "1 ≤ Epochs ≤ 1e6, or None"},
		{"LearningRate", u.LearningRate, u.LearningRate > 0 && u.LearningRate <= most, "above 0 and at most 1e6"},
		{"NegativeSamples", u.NegativeSamples, u.NegativeSamples >= None && u.NegativeSamples <= most, "1 ≤ NegativeSamples ≤ 1e6, or None"},
		{"RepulsionStrength", u.RepulsionStrength, u.RepulsionStrength > 0 && u.RepulsionStrength <= most, "above 0 and at most 1e6, or Zero"},
		{"Mix", u.Mix, u.Mix > 0 && u.Mix <= 1, "0 ≤ Mix ≤ 1, or Zero"},
		{"LocalConnectivity", u.LocalConnectivity, u.LocalConnectivity > 0 && u.LocalConnectivity <= float64(u.Neighbors-1), fmt.Sprintf("0 ≤ LocalConnectivity ≤ Neighbors − 1 = %d, or Zero", u.Neighbors-1)},
		{"TargetWeight", u.TargetWeight, u.TargetWeight > 0 && u.TargetWeight <= 1, "0 ≤ TargetWeight ≤ 1, or Zero"},
		{"TargetNeighbors", u.TargetNeighbors, u.TargetNeighbors >= 2 && u.TargetNeighbors <= n, fmt.Sprintf("2 ≤ TargetNeighbors ≤ n = %d, the row itself among them", n)},
		{"Density", u.Density, u.Density == 0 || u.Density > 0 && u.Density <= most && u.Affinity == nil && u.curved() == nil, "0 to 1e6, and 0 where Affinity is given, which tells no distances, and where OutputSpace is curved"},
		{"DensityFraction", u.DensityFraction, u.DensityFraction > 0 && u.DensityFraction <= 1, "above 0 and at most 1"},
		{"DensityShift", u.DensityShift, u.DensityShift > 0 && u.DensityShift <= most, "above 0 and at most 1e6, or Zero"},
		{"MemoryLimit", u.MemoryLimit, u.MemoryLimit >= 0, "0 or more bytes"},
	} {
		if !r.ok {
			return u, &mat32.ParamError{Method: method, Param: r.param, Value: r.value, Want: r.want}
		}
	}
	if err := u.checkSupervision(method, n); err != nil {
		return u, err
	}
	return u, checkLaidOut(method, u.Start, n, u.width(), FromSpectral, FromPCA, FromRandom)
}

// String returns the options in one line, as captions and tables show them.
func (u UMAP) String() string {
	s := fmt.Sprintf("%d neighbours", u.Neighbors)
	if _, plain := u.Metric.(neighbors.Euclidean); u.Metric != nil && !plain {
		s += fmt.Sprintf(" by %v distance", u.Metric)
	}
	if u.Affinity != nil {
		s = "given weights"
	}
	s += fmt.Sprintf(", minimum distance %.4g", u.MinDist)
	for _, o := range []struct {
		name         string
		value, usual float64
	}{{"spread", u.Spread, 1}, {"mix", u.Mix, 1}, {"local connectivity", u.LocalConnectivity, 1}, {"learning rate", u.LearningRate, 1},
		{"negative samples", float64(max(u.NegativeSamples, 0)), 5}, {"repulsion strength", u.RepulsionStrength, 1}} {
		if o.value != o.usual {
			s += fmt.Sprintf(", %s %.4g", o.name, o.value)
		}
	}
	if u.OutputSpace != nil && u.curved() != nil {
		s += fmt.Sprintf(", on %v", u.OutputSpace)
	}
	if u.Density > 0 {
		s += fmt.Sprintf(", density %.4g in %.4g of the epochs", u.Density, u.DensityFraction)
	}
	switch {
	case u.Labels != nil:
		s += fmt.Sprintf(", labels of weight %.4g", u.TargetWeight)
	case u.Targets != nil:
		s += fmt.Sprintf(", targets of weight %.4g", u.TargetWeight)
	}
	return s + fmt.Sprintf(", %d epochs, start %v, seed %d", max(u.Epochs, 0), u.Start, u.Seed)
}

// Fit makes a map of the rows of x (n × d), or of rows at the distances that x holds. Its
// Objective is the cross entropy of a point, exact up to 4096 rows and beyond that
// estimated from 32 others for each; see layout.CrossEntropy.
//
// Errors: those of mat32.Check, also of Targets, Resolve, the metrics, Graph.CheckMetric
// and affinity.Sparse.Check, *mat32.DegenerateError where all rows or targets are equal,
// *mat32.MemoryError, and one that wraps ctx.Err(); a cancel during the epochs also
// returns the model so far, its embedding marked Partial and without a cross entropy.
func (u UMAP) Fit(ctx context.Context, x mat.Matrix) (*UMAPModel, error) {
	const method = "dr.UMAP"
	n, d, err := checkData(ctx, method, x, 1)
	if err != nil {
		return nil, err
	}
	if u, err = u.Resolve(n, d); err != nil {
		return nil, err
	}
	if err := mat32.CheckMemory(method, u.memory(x), u.MemoryLimit, "use fewer rows or neighbours"); err != nil {
		return nil, err
	}
	given := u.Graph
	u, s, err := u.joined(ctx, x)
	if err != nil {
		return nil, failed(method, err)
	}
	m, err := u.layOut(ctx, method, x, s)
	if m != nil {
		m.options.Graph = given
	}
	return m, err
}

// Embed returns the map of the rows of x: Fit(ctx, x) and its embedding. When cancelled
// during the epochs it returns the map so far, marked Partial, with the error.
func (u UMAP) Embed(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	m, err := u.Fit(ctx, x)
	if m == nil {
		return nil, err
	}
	return m.embedding, err
}

// memory is the forecast of what a map takes, in bytes.
func (u UMAP) memory(x mat.Matrix) int64 {
	n, d := x.Dims()
	weights := 150 * int64(u.Neighbors)
	if u.Affinity != nil {
		weights = 40 * int64(u.Affinity.NNZ()) / int64(n)
	}
	if u.Density > 0 {
		weights += 12*int64(u.Neighbors) + 40
	}
	if u.Targets != nil {
		weights += 150 * int64(u.TargetNeighbors)
	}
	need := int64(n) * (weights + 200*int64(u.Components+8))
	switch x.(type) {
	case *mat32.Distances, *mat32.Dense, *mat32.CSR:
		return need
	}
	return need + 12*int64(n)*int64(d)
}

// joined returns how much the rows of x are joined, by their labels and targets too, and
// the options with the graph that density needs a second time.
func (u UMAP) joined(ctx context.Context, x mat.Matrix) (UMAP, *affinity.Sparse, error) {
	var err error
	if u.Density > 0 {
		if u.Graph, err = u.near(ctx, x); err != nil {
			return u, nil, err
		}
	}
	s, err := u.weigh(ctx, x)
	if err != nil {
		return u, nil, err
	}
	s, err = u.supervise(ctx, s)
	return u, s, err
}

// weigh returns how much the rows of x are joined.
func (u UMAP) weigh(ctx context.Context, x mat.Matrix) (*affinity.Sparse, error) {
	const method = "dr.UMAP"
	if u.Affinity != nil {
		return u.Affinity, u.Affinity.CheckContext(ctx, method, "Affinity", x)
	}
	if err := checkVaries(ctx, method, x); err != nil {
		return nil, err
	}
	return affinity.FuzzySet{Neighbors: u.Neighbors, LocalConnectivity: u.LocalConnectivity, Mix: u.Mix,
		Metric: u.Metric, Graph: u.Graph, Seed: u.Seed, MemoryLimit: u.MemoryLimit}.Weigh(ctx, x)
}

// layOut makes the model of the rows of x by their weights s: it starts, lets edges pull
// and points push, and looks at what came out. Options are resolved.
func (u UMAP) layOut(ctx context.Context, method string, x mat.Matrix, s *affinity.Sparse) (*UMAPModel, error) {
	l, err := u.begin(ctx, method, x, s)
	if err != nil {
		return nil, err
	}
	if l.descent != nil {
		if err = l.descent.Run(ctx, l.points, l.dim, l.edges); err != nil && ctx.Err() == nil {
			return nil, failed(method, err)
		}
	}
	return l.finish(ctx, err)
}

// umapLayout is a map in the making.
type umapLayout struct {
	*UMAPModel
	method  string
	points  []float32 // of dim coordinates, row after row
	dim     int
	most    float64 // the largest weight
	entropy layout.CrossEntropy
	density *umapDensity // nil where it counts for nothing

	// What moves the points: nil where nothing does.
	descent *layout.NegativeSampling
	edges   *layout.Edges
}

// begin places the points of the rows of x, of weights s.
func (u UMAP) begin(ctx context.Context, method string, x mat.Matrix, s *affinity.Sparse) (*umapLayout, error) {
	n, d := x.Dims()
	if _, ok := x.(*mat32.Distances); ok {
		d = 0
	}
	l := &umapLayout{UMAPModel: &UMAPModel{options: u}, method: method, dim: u.width(), most: largestWeight(s)}
	var err error
	if l.a, l.b, err = layout.FitAB(u.MinDist, u.Spread); err != nil {
		return nil, failed(method, err)
	}
	var notes []string
	if l.points, notes, err = u.place(ctx, x, s); err != nil {
		return nil, failed(method, err)
	}
	notes = slices.Concat(s.Notes, notes)
	l.entropy = layout.CrossEntropy{A: l.a, B: l.b, Row: s.Row, Most: l.most, Seed: u.Seed, Space: u.curved()}
	if n > umapAllPairs {
		l.entropy.Samples = umapSamples
		notes = append(notes, fmt.Sprintf("the cross entropy is estimated from %d pairs a row", umapSamples))
	}
	if u.Affinity == nil && d > 0 {
		if l.rows, err = keep(ctx, x); err != nil {
			return nil, failed(method, err)
		}
	}
	l.embedding = &Embedding{Method: "UMAP", Options: u.String(), Rows: n, Dim: d, Objective: math.NaN(), Loss: "cross entropy", Notes: notes}
	epochs := max(u.Epochs, 0)
	if epochs == 0 || l.most == 0 {
		return l, nil
	}
	if l.edges, err = layout.NewEdges(ctx, n, s.Row, l.most, epochs); err != nil {
		return nil, failed(method, err)
	}
	l.descent = u.sampling(l.a, l.b, epochs)
	l.descent.Loss = func(ctx context.Context, y []float32) (float64, error) { return l.entropy.Of(ctx, y, l.dim) }
	if u.Density > 0 {
		if l.density, err = u.density(ctx, x, l.edges, l.a, l.b); err != nil {
			return nil, failed(method, err)
		}
		l.density.join(ctx, l.descent, l.dim, u.DensityFraction)
	}
	return l, nil
}

// finish looks at where the points are: at the end, or when they were cancelled.
func (l *umapLayout) finish(ctx context.Context, canceled error) (*UMAPModel, error) {
	m, u := l.UMAPModel, l.options
	z := u.points(l.points)
	if !finite(z.RawMatrix().Data) {
		return nil, errors.Join(canceled, &mat32.ParamError{Method: l.method, Param: "LearningRate", Value: u.LearningRate,
			Want: "a smaller one: the map grew beyond all bounds"})
	}
	m.embedding.Dense = z
	if canceled == nil && l.most > 0 {
		m.embedding.Objective, canceled = l.entropy.Of(ctx, l.points, l.dim)
	}
	if canceled == nil && l.density != nil {
		if canceled = l.density.measure(ctx, l.points, l.dim); canceled == nil {
			m.radii = [2][]float64{l.density.rows, l.density.points}
			m.embedding.Notes = append(m.embedding.Notes, l.density.note())
		}
	}
	if canceled != nil {
		m.embedding.Partial = true
		return m, failed(l.method, canceled)
	}
	return m, nil
}

// Up to how many rows the cross entropy is that of all pairs, and what it is estimated
// from beyond.
const (
	umapAllPairs = 4096
	umapSamples  = 32
)

// sampling returns the descent by the options.
func (u UMAP) sampling(a, b float64, epochs int) *layout.NegativeSampling {
	s := &layout.NegativeSampling{Negatives: max(u.NegativeSamples, 0), Rate: u.LearningRate, Epochs: epochs, Seed: u.Seed, Purpose: "UMAP: layout", Space: u.curved()}
	s.Pull, s.Push = layout.UMAPForces(a, b, u.RepulsionStrength)
	return s
}

// largestWeight returns the largest weight between different rows.
func largestWeight(s *affinity.Sparse) (most float64) {
	n, _ := s.Dims()
	for i := range n {
		columns, weights := s.Row(i)
		for k, w := range weights {
			if w > most && int(columns[k]) != i {
				most = w
			}
		}
	}
	return most
}
