package intrinsic

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/pkg/watch"
)

// Profile asks all estimators at once how many dimensions the data have. It
// seeks the neighbours of every row once, for all, and returns a table of what
// each says, at which scale, with its standard error and how it varies from row to
// row, the dimension against the scale, and, in sentences, why they disagree.
//
// Every estimator has its defaults, but no more neighbours than were found; GeoMLE
// seeks its own where they are too few. The dimension against the scale is that of
// Gride (Denti, Doimo, Laio and Mira, 2022, The generalized ratios intrinsic dimension
// estimator).
//
// An estimator that cannot answer is a line of the table and does not fail the
// others. Those that take long are asked where With names them, and I3D where the
// rows are whole numbers and many distances equal.
//
// The cost is that of the neighbours, O(n²·d), of CorrelationDimension and
// FisherS, O(n²·d), and of ESS, ABID and LocalPCA, O(n·k²·d); memory about
// 12·n·d + 60·n·k bytes, and what the hungriest estimator takes.
type Profile struct {
	// Neighbors is how many nearest rows of every row are sought. Default 100, 133
	// with GeoMLE, or one less than the distinct rows where there are fewer. Larger
	// values let Curve look farther, and nothing else; smaller ones limit the
	// estimators whose default is more. 3 ≤ Neighbors ≤ n−1.
	Neighbors int

	// With names estimators to ask beside those that are always asked: "GeoMLE",
	// "DANCo", "Hidalgo", "KNN", "MSTDimension" and "ScoreID", some of which take
	// longer than all others together, or "Separability".
	With []string

	// Without names estimators not to ask, such as "CorrelationDimension" and
	// "FisherS", which compare all pairs, where rows are very many.
	Without []string

	// Seed is that of the estimators that draw: those With names.
	Seed uint64

	// Graph, when given, is a graph of the rows of x with Neighbors or more
	// neighbours that is used instead of a new one. It does not change the
	// result.
	Graph *neighbors.Graph

	// MemoryLimit in bytes refuses data that would need more. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

const profileMethod = "intrinsic.Profile"

// Resolve returns the options with defaults filled in, or a *mat32.ParamError
// or *mat32.ShapeError, for a matrix of n rows and d columns.
func (p Profile) Resolve(n, d int) (Profile, error) {
	const fewest = 3
	var err error
	standard := 100
	if slices.Contains(p.With, "GeoMLE") {
		standard = geoReach
	}
	if p.Neighbors, err = neighborhood(profileMethod, p.Neighbors, standard, fewest, n, d, p.MemoryLimit); err != nil {
		return p, err
	}
	var names, more []string
	for _, a := range asked {
		names = append(names, a.name)
		if a.when == named {
			more = append(more, a.name)
		}
	}
	for _, name := range p.With {
		if !slices.Contains(more, name) {
			return p, &mat32.ParamError{Method: profileMethod, Param: "With", Value: name, Want: "one of " + strings.Join(more, ", ")}
		}
	}
	for _, name := range p.Without {
		if !slices.Contains(names, name) {
			return p, &mat32.ParamError{Method: profileMethod, Param: "Without", Value: name, Want: "one of " + strings.Join(names, ", ")}
		}
	}
	if len(p.estimators(false)) == 0 {
		return p, &mat32.ParamError{Method: profileMethod, Param: "Without", Value: p.Without, Want: "to leave an estimator"}
	}
	return p, nil
}

// estimators returns those to ask of rows that are on a lattice or not.
func (p Profile) estimators(grid bool) []askedEstimator {
	var list []askedEstimator
	for _, a := range asked {
		ask := map[when]bool{ever: true, named: slices.Contains(p.With, a.name), onLattice: grid}[a.when]
		if ask && !slices.Contains(p.Without, a.name) {
			list = append(list, a)
		}
	}
	return list
}

// Estimate returns the dimensions of the rows of x (n × d), or of rows at the
// distances that x holds as a mat32.Distances, which estimators that look at
// columns do not take. Rows that equal an earlier one, or are at distance zero from
// it, are left out.
//
// Errors: those of mat32.Check and Resolve; *mat32.ParamError for a Graph of
// other rows; *mat32.MemoryError, of whichever estimator needs more than the
// limit; *mat32.DegenerateError where fewer than 4 rows are distinct, no more
// than the Neighbors asked for are, or no estimator can answer; and one that wraps
// ctx.Err().
func (p Profile) Estimate(ctx context.Context, x mat.Matrix) (*Dimensions, error) {
	k := p.Neighbors
	p, err := begin(ctx, profileMethod, p, x)
	if err != nil {
		return nil, err
	}
	s, err := findStandard(ctx, profileMethod, x, k, p.Neighbors, 3, p.Graph, p.MemoryLimit)
	if err != nil {
		return nil, err
	}
	if p.Graph, err = s.graphOf(ctx, x); err != nil {
		return nil, err
	}
	n, cols := x.Dims()
	d := &Dimensions{Rows: n, Columns: cols, Removed: s.removed(), Neighbors: s.k, Notes: s.notes}
	if _, ok := x.(*mat32.Distances); ok {
		d.Columns = 0
	}
	tied, _ := s.tied(1, 2)
	d.Tied = float64(tied) / float64(s.n)
	d.Spread = s.localSpread()
	list := p.estimators(d.Tied >= manyTied && wholeNumbers(x))
	stage := watch.Start(ctx, "estimators", len(list))
	for _, a := range list {
		one, err := a.of(p, s.n, s.k).Estimate(ctx, x)
		switch {
		case ctx.Err() != nil:
			return nil, fmt.Errorf("%s: %w", profileMethod, ctx.Err())
		case errors.As(err, new(*mat32.MemoryError)):
			return nil, fmt.Errorf("%s: %w", profileMethod, err)
		case err != nil:
			d.Failures = append(d.Failures, Failure{a.name, strings.TrimPrefix(err.Error(), "intrinsic."+a.name+": ")})
		default:
			d.All = append(d.All, one)
		}
		stage.Add(1)
	}
	d.Curve, _ = Gride{Overlap: true}.curve(profileMethod, s) // without the scales at which distances are equal
	if !slices.Contains(p.Without, "CorrelationDimension") {
		if d.Whole, err = p.whole(ctx, s, x); err != nil {
			return nil, err
		}
	}
	if len(d.All) == 0 {
		return nil, &mat32.DegenerateError{Method: profileMethod,
			Reason: fmt.Sprintf("no estimator can answer; %s says: %s", d.Failures[0].Method, d.Failures[0].Reason)}
	}
	slices.SortStableFunc(d.All, func(a, b measure.Dimension) int { return cmp.Compare(a.Scale, b.Scale) })
	return d, nil
}

// graphOf returns the neighbours found as a graph of all rows of x, whose lists hold
// no duplicates: every estimator finds in them what it would find anew. Those of
// the rows left out are empty, and nobody looks at them.
func (s *distinct) graphOf(ctx context.Context, x mat.Matrix) (*neighbors.Graph, error) {
	rows, err := mat32.FingerprintContext(ctx, x)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", profileMethod, err)
	}
	g := &neighbors.Graph{N: s.all, K: s.k, Metric: neighbors.Euclidean{}.String(), Indices: s.indices, Distances: s.distances, Rows: rows}
	if _, ok := x.(*mat32.Distances); ok {
		g.Metric = neighbors.Precomputed
	}
	if s.n == s.all {
		return g, nil
	}
	g.Indices, g.Distances = make([]int32, s.all*s.k), make([]float64, s.all*s.k)
	for i, row := range s.rows {
		copy(g.Distances[row*s.k:], s.row(i))
		for j, v := range s.indices[i*s.k : (i+1)*s.k] {
			g.Indices[row*s.k+j] = int32(s.rows[v])
		}
	}
	return g, nil
}

// whole returns the dimension against the scale from the distance at which half of the
// rows have a neighbour to that of half of all pairs, or nil where there are no radii
// between.
func (p Profile) whole(ctx context.Context, s *distinct, x mat.Matrix) (*ScaleCurve, error) {
	pairs, err := newPairs(ctx, x)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", profileMethod, err)
	}
	const some = 128 // rows, evenly among all
	var between []float64
	count := min(some, s.n)
	for a := range count {
		for b := range a {
			between = append(between, pairs.rows.Exact(s.rows[a*s.n/count], s.rows[b*s.n/count]))
		}
	}
	slices.Sort(between)
	c := CorrelationDimension{InnerRadius: s.medianDistance(1), OuterRadius: between[len(between)/2], Graph: p.Graph, MemoryLimit: p.MemoryLimit}
	if !(c.InnerRadius < c.OuterRadius) {
		return nil, nil
	}
	curve, err := c.Curve(ctx, x)
	switch {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("%s: %w", profileMethod, ctx.Err())
	case errors.As(err, new(*mat32.DegenerateError)) || errors.As(err, new(*mat32.ParamError)):
		return nil, nil // the radii are beyond what numbers can part
	case err != nil:
		return nil, fmt.Errorf("%s: %w", profileMethod, err)
	}
	return curve, nil
}

// spreadNeighbors is how many neighbours localSpread looks at: enough for the local
// dimensions to differ little by chance, and few enough to stay near the row.
const spreadNeighbors = 20

// localSpread returns the variance of the local estimates over that which chance
// makes. In data of one dimension and even density the inverse of the estimate of
// MLE at a row is 1/d times a gamma variate of shape k−1, and varies by 1/(k−1) of
// its square.
func (s *distinct) localSpread() float64 {
	k := min(spreadNeighbors, s.k)
	inverse := make([]float64, s.n)
	var mean float64
	for i := range inverse {
		MLE{AverageFrom: k}.inverses(s.row(i)[:k], func(_ int, v float64) { inverse[i] = v })
		mean += inverse[i] / float64(s.n)
	}
	if mean == 0 || math.IsInf(mean, 1) {
		return 0
	}
	for i := range inverse {
		inverse[i] /= mean
	}
	return spread(inverse) * float64(k-1)
}
