package quality

import (
	"context"
	"fmt"
	"math"
	"math/bits"
	"sort"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rankcorr"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/screen"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/watch"
)

const preservation = "quality.DistancePreservation"

// DistancePreservation compares distances: how those between the rows of an
// embedding agree with those in the data, over pairs of rows. Large distances
// dominate, so it judges the arrangement of the whole, as Rank with few
// neighbours judges details (Kobak and Berens, 2019, The art of using t-SNE for
// single-cell transcriptomics, report both). Given geodesic distances as a
// mat32.Distances for the data, it measures how well an embedding unrolls them
// (Huguet, Tong, De Brouwer, Zhang, Wolf, Adelstein and Krishnaswamy, 2023, A
// heat diffusion perspective on geodesic preserving dimensionality reduction).
//
// Pearson's r asks for proportion up to a constant, Spearman's ρ and Kendall's τ
// for the same order (Spearman, 1904, The proof and measurement of association
// between two things), stress-1 for proportion (Kruskal, 1964, Multidimensional
// scaling by optimizing goodness of fit to a nonmetric hypothesis). Peers mean
// different numbers by stress: see DistanceAgreement, which has each by its name.
//
// Distances are exact, by direct subtraction with float64 sums. Where there are
// more pairs than Pairs, these many are drawn, one from each of as many equal
// stretches of the list of all pairs, so that every pair is as likely; the
// scores then have a standard error.
//
// Time O(Pairs·(d + log Pairs)), memory 56·Pairs bytes.
type DistancePreservation struct {
	// Pairs is how many pairs of rows are compared, at least 3. Default all
	// n·(n−1)/2 of them, or 5 000 000 where there are more. Larger values cost
	// time and memory, and lower the standard error, with their root; more than
	// there are mean all.
	Pairs int

	// Seed draws the pairs; any number will do. Default 0. Ignored where all
	// pairs are compared.
	Seed uint64

	// MemoryLimit in bytes refuses data that would need more. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

const (
	defaultPairs = 5_000_000
	fewestPairs  = 3
	mostPairs    = math.MaxUint32 // which the order of the pairs counts
)

// Resolve returns the options with defaults filled in, or a *mat32.ParamError
// or *mat32.ShapeError, for a matrix of n rows and d columns.
func (p DistancePreservation) Resolve(n, d int) (DistancePreservation, error) {
	if n < 3 {
		return p, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 3 rows for a correlation of distances"}
	}
	if p.Pairs == 0 {
		p.Pairs = defaultPairs
	}
	p.Pairs = min(p.Pairs, n*(n-1)/2)
	if p.Pairs < fewestPairs || p.Pairs > mostPairs {
		return p, &mat32.ParamError{Method: preservation, Param: "Pairs", Value: p.Pairs,
			Want: fmt.Sprintf("0, or %d ≤ Pairs ≤ %d", fewestPairs, mostPairs)}
	}
	if p.MemoryLimit < 0 {
		return p, &mat32.ParamError{Method: preservation, Param: "MemoryLimit", Value: p.MemoryLimit, Want: "0 or more bytes"}
	}
	return p, nil
}

// DistanceAgreement holds how the distances of an embedding agree with those of
// the data. The scores with their conventions are its methods.
type DistanceAgreement struct {
	Rows  int // n
	Pairs int // how many pairs were compared
	All   int // how many there are, n·(n−1)/2

	R      float64 // Pearson's r
	RErr   float64 // its standard error; 0 where all pairs were compared
	Rho    float64 // Spearman's ρ
	RhoErr float64 // its standard error
	Sigma  float64 // stress-1 at the best scale
	SigErr float64 // its standard error

	// Scale times the distances of the embedding is nearest to those of the
	// data, by the sum of squared differences.
	Scale float64

	Tau        Sampled // Kendall's τ-b
	RMS        Sampled // root mean square of the differences δ − d, in the unit of the data
	Normalized Sampled // √(Σ(δ−d)²/Σδ²)
	Kruskal    Sampled // √(Σ(δ−d)²/Σd²)
	Nonmetric  Sampled // stress-1 after isotonic regression of d on δ
	SammonRoot Sampled // the root of Sammon's stress; +Inf where that is beyond float64
	Coincident int     // pairs at distance 0 in the data, which Sammon's stress leaves out

	Shepard []ShepardPoint // the curve of d over δ
}

// Sampled is a number with its standard error over the pairs drawn, which is 0
// where all were compared.
type Sampled struct{ Value, StdErr float64 }

// String returns one line: the scores and the pairs.
func (a *DistanceAgreement) String() string {
	return fmt.Sprintf("distances of %d of %d pairs of rows: r = %.4f, ρ = %.4f, τ = %.4f, stress-1 = %.4f", a.Pairs, a.All, a.R, a.Rho, a.Tau.Value, a.Sigma)
}

// Pearson returns Pearson's correlation of the two distances of a pair: 1 when
// those of the embedding are a linear, growing function of those in the data,
// about 0 for a random arrangement. Its StdErr, where pairs were drawn, is that
// of the draw, by the infinitesimal jackknife (Jaeckel, 1972, The infinitesimal
// jackknife), and rather too large than too small: it takes the pairs as
// independent, and equal stretches of all pairs vary less.
func (a *DistanceAgreement) Pearson() measure.Score {
	return a.score("Pearson correlation of distances", a.R, a.RErr, "product-moment r over pairs of rows")
}

// Spearman returns Spearman's rank correlation of the two distances of a pair,
// with the average rank for those that are equal: 1 when both have the same
// order. Its StdErr is that of Pearson, with what a pair changes in the ranks of
// others.
func (a *DistanceAgreement) Spearman() measure.Score {
	return a.score("Spearman correlation of distances", a.Rho, a.RhoErr, "r of the ranks over pairs of rows, equal distances at their average rank")
}

// Stress1 returns Kruskal's stress-1 of the embedding at its best scale: 0 when
// its distances d are in proportion to those in the data, δ. At that scale it is
// the same over the squares of either, √(1−c²) of the cosine c between δ and d,
// and does not depend on the units of the embedding.
func (a *DistanceAgreement) Stress1() measure.Score {
	return a.score("stress-1", a.Sigma, a.SigErr, "√(Σ(δ−s·d)²/Σδ²) at the scale s that makes it least, raw distances δ")
}

func (a *DistanceAgreement) score(name string, value, stdErr float64, convention string) measure.Score {
	s := measure.Score{Name: name, Value: value, StdErr: stdErr, Rows: a.Rows, Convention: convention}
	if a.Pairs < a.All {
		s.Convention += ", standard error by the infinitesimal jackknife over pairs"
		s.Notes = []string{fmt.Sprintf("%d of %d pairs were compared, drawn by Seed", a.Pairs, a.All)}
	}
	return s
}

// Compare measures how the distances between the rows of the embedding y (n
// rows, any number of columns) agree with those between the rows of the data x
// (n × d), both Euclidean. Either may be a mat32.Distances, which then holds the
// distances. Errors: those of mat32.Check and Resolve, naming x or y;
// *mat32.ShapeError when y has another number of rows; *mat32.MemoryError;
// *mat32.DegenerateError where the distances of x or of y are all equal to
// rounding, a part in 10¹³ of the largest, so that no correlation is defined,
// and where distances or Scale may exceed float64; and one that wraps ctx.Err().
func (p DistancePreservation) Compare(ctx context.Context, x, y mat.Matrix) (*DistanceAgreement, error) {
	n, d, err := checkBoth(ctx, preservation, x, y)
	if err != nil {
		return nil, err
	}
	if p, err = p.Resolve(n, d); err != nil {
		return nil, err
	}
	need := screen.Bytes(x) + screen.Bytes(y) + 56*int64(p.Pairs)
	if err := mat32.CheckMemory(preservation, need, p.MemoryLimit, "reduce Pairs"); err != nil {
		return nil, err
	}
	original, err := screened(ctx, preservation, "x", x)
	if err != nil {
		return nil, err
	}
	embedded, err := screened(ctx, preservation, "y", y)
	if err != nil {
		return nil, err
	}
	a := &DistanceAgreement{Rows: n, Pairs: p.Pairs, All: n * (n - 1) / 2}
	pairs := &pairDistances{original: make([]float64, p.Pairs), embedded: make([]float64, p.Pairs)}
	wrap := func(err error) (*DistanceAgreement, error) { return nil, fmt.Errorf("%s: %w", preservation, err) }
	if err := pairs.measure(ctx, a, p.Seed, original, embedded); err != nil {
		return wrap(err)
	}
	ux, err := unitOf("x", pairs.original)
	if err != nil {
		return nil, err
	}
	uy, err := unitOf("y", pairs.embedded)
	if err != nil {
		return nil, err
	}
	if err := pairs.values(ctx, a, ux, uy); err != nil {
		return wrap(err)
	}
	if math.IsInf(a.Scale+a.Normalized.Value+a.Kruskal.Value, 0) || a.Scale == 0 && a.Sigma < 1 {
		return nil, &mat32.DegenerateError{Method: preservation, Reason: "the ratio of the distances of x to those of y is beyond float64: rescale one of them"}
	}
	if err := pairs.orders(ctx, a, ux, uy); err != nil {
		return wrap(err)
	}
	return a, nil
}

// pairsAtOnce is what one goroutine takes.
const pairsAtOnce = 1 << 12

// pairDistances holds the two distances of every pair compared; in the end, their
// ranks.
type pairDistances struct{ original, embedded []float64 }

// measure fills in the distances.
func (p *pairDistances) measure(ctx context.Context, a *DistanceAgreement, seed uint64, original, embedded *screen.Rows) error {
	begin := func(i int) int { return i * (2*a.Rows - i - 1) / 2 } // where the pairs of row i with later ones stand
	_, dx := original.Dims()
	_, dy := embedded.Dims()
	breath := max(1, 1<<20/(dx+dy)) // pairs between looks at ctx
	stage := watch.Start(ctx, "distance preservation: distances", a.Pairs)
	return par.Blocks(ctx, a.Pairs, pairsAtOnce, func(lo, hi int) {
		draw := rng.New(seed, preservation, lo/pairsAtOnce)
		i := -1
		for t := lo; t < hi; t++ {
			place := t
			if a.Pairs < a.All {
				place = stretch(t, a.Pairs, a.All, uint32(draw.Uint64()>>32))
			}
			if i < 0 {
				i = sort.Search(a.Rows-1, func(i int) bool { return begin(i+1) > place })
			}
			for begin(i+1) <= place {
				i++
			}
			j := place - begin(i) + i + 1
			// Given distances may be negative zeros.
			p.original[t], p.embedded[t] = math.Abs(original.Exact(i, j)), math.Abs(embedded.Exact(i, j))
			if t%breath == 0 && ctx.Err() != nil {
				return
			}
		}
		stage.Add(hi - lo)
	})
}

// stretch returns a place in stretch t of all places cut into so many, at the
// share u/2³² of it.
func stretch(t, stretches, all int, u uint32) int {
	hi, lo := bits.Mul64(uint64(t)<<32|uint64(u), uint64(all))
	place, _ := bits.Div64(hi, lo, uint64(stretches)<<32)
	return int(place)
}

// sumsAtOnce is how many sums a pass takes at most.
const sumsAtOnce = 7

// sums adds what f returns for blocks of the pairs.
func (p *pairDistances) sums(ctx context.Context, f func(s *[sumsAtOnce]float64, lo, hi int)) (sums [sumsAtOnce]float64, err error) {
	parts := make([][sumsAtOnce]float64, (len(p.original)+pairsAtOnce-1)/pairsAtOnce)
	err = par.Blocks(ctx, len(p.original), pairsAtOnce, func(lo, hi int) {
		var s [sumsAtOnce]float64
		f(&s, lo, hi)
		parts[lo/pairsAtOnce] = s
	})
	for _, part := range parts {
		for k, v := range part {
			sums[k] += v
		}
	}
	return sums, err
}

// unit brings distances into [0, 1], the largest above ½. Its two factors are
// powers of two, apart because their product may exceed float64.
type unit struct {
	exp  int
	a, b float64
}

func unitAt(exp int) unit { return unit{exp, math.Ldexp(1, -exp/2), math.Ldexp(1, -exp-(-exp/2))} }

func (u unit) of(v float64) float64 { return v * u.a * u.b }

// unitOf returns the unit of distances, or an error where these are all equal.
func unitOf(name string, distances []float64) (unit, error) {
	least, largest := distances[0], distances[0]
	for _, v := range distances {
		least, largest = min(least, v), max(largest, v)
	}
	const rounding = 1e-13
	if largest-least <= rounding*largest {
		return unit{}, &mat32.DegenerateError{Method: preservation,
			Reason: fmt.Sprintf("all %d pairs of rows compared are at the same distance in %s: no correlation is defined", len(distances), name)}
	}
	_, exp := math.Frexp(largest)
	return unitAt(exp), nil
}

// values fills in the scores of the distances themselves.
func (p *pairDistances) values(ctx context.Context, a *DistanceAgreement, ux, uy unit) error {
	m := float64(a.Pairs)
	raw, err := p.sums(ctx, func(s *[sumsAtOnce]float64, lo, hi int) {
		for t, x := range p.original[lo:hi] {
			x, y := ux.of(x), uy.of(p.embedded[lo+t])
			s[0] += x
			s[1] += y
			s[2] += x * x
			s[3] += y * y
			s[4] += x * y
		}
	})
	if err != nil {
		return err
	}
	meanX, meanY, scale := raw[0]/m, raw[1]/m, raw[4]/raw[3]
	a.Scale = math.Ldexp(scale, ux.exp-uy.exp)
	both := unitAt(max(ux.exp, uy.exp))           // of differences
	ratio := math.Ldexp(1, min(0, ux.exp-uy.exp)) // brings those over distances of x down
	// Sums of differences keep the digits that differences of sums lose.
	around, err := p.sums(ctx, func(s *[sumsAtOnce]float64, lo, hi int) {
		for t, givenX := range p.original[lo:hi] {
			givenY := p.embedded[lo+t]
			x, y := ux.of(givenX), uy.of(givenY)
			miss := x - scale*y
			s[3] += miss * miss
			miss = both.of(givenX) - both.of(givenY)
			s[4] += miss * miss
			if x > 0 {
				s[5] += sammon(x, givenX, givenY, ratio)
			} else {
				s[6]++
			}
			x, y = x-meanX, y-meanY
			s[0] += x * x
			s[1] += y * y
			s[2] += x * y
		}
	})
	if err != nil {
		return err
	}
	rootX, rootY, miss := math.Sqrt(raw[2]/m), math.Sqrt(raw[3]/m), math.Sqrt(around[4]/m)
	a.R = correlation(around)
	a.Sigma = math.Sqrt(min(1, around[3]/raw[2]))
	a.RMS.Value = math.Ldexp(miss, both.exp)
	a.Normalized.Value = math.Ldexp(miss/rootX, both.exp-ux.exp)
	a.Kruskal.Value = math.Ldexp(miss/rootY, both.exp-uy.exp)
	a.SammonRoot.Value = math.Sqrt(around[5]/raw[0]) / ratio
	a.Coincident = int(around[6])
	if a.Pairs == a.All {
		return nil
	}
	// Distances of variance 1 for r, and of mean square 1 for the cosine. Ratios of
	// means change by the difference of what a pair changes in both.
	sdX, sdY := math.Sqrt(around[0]/m), math.Sqrt(around[1]/m)
	cosine := min(1, raw[4]/math.Sqrt(raw[2]*raw[3]))
	meanSammon := around[5] / m
	spread, err := p.sums(ctx, func(s *[sumsAtOnce]float64, lo, hi int) {
		for t, givenX := range p.original[lo:hi] {
			givenY := p.embedded[lo+t]
			x, y := ux.of(givenX), uy.of(givenY)
			v := influence((x-meanX)/sdX, (y-meanY)/sdY, a.R)
			s[0] += v * v
			v = influence(x/rootX, y/rootY, cosine)
			s[1] += v * v
			square := 0.
			if miss > 0 {
				square = (both.of(givenX) - both.of(givenY)) / miss
				square *= square
			}
			s[2] += (square - 1) * (square - 1)
			v = square - x/rootX*(x/rootX)
			s[3] += v * v
			v = square - y/rootY*(y/rootY)
			s[4] += v * v
			v = -x / meanX
			if x > 0 && meanSammon > 0 {
				v += sammon(x, givenX, givenY, ratio) / meanSammon
			}
			s[5] += v * v
		}
	})
	if err != nil {
		return err
	}
	a.RErr = math.Sqrt(spread[0]) / m
	if a.Sigma > 0 {
		a.SigErr = math.Sqrt(spread[1]) / m * cosine / a.Sigma
	}
	a.RMS.err(math.Sqrt(spread[2]) / m / 2)
	a.Normalized.err(math.Sqrt(spread[3]) / m / 2)
	a.Kruskal.err(math.Sqrt(spread[4]) / m / 2)
	a.SammonRoot.err(math.Sqrt(spread[5]) / m / 2)
	return nil
}

// err sets the standard error, given as a share of the value.
func (s *Sampled) err(share float64) {
	if s.Value > 0 && !math.IsInf(s.Value, 0) {
		s.StdErr = s.Value * share
	}
}

// correlation returns r from Σx², Σy² and Σxy.
func correlation(s [sumsAtOnce]float64) float64 { return max(-1, min(1, s[2]/math.Sqrt(s[0]*s[1]))) }

// influence returns how one more pair moves a correlation r of values of mean
// square 1: its derivative by the weight of the pair.
func influence(x, y, r float64) float64 { return x*y - r*(x*x+y*y)/2 }

// orders fills in the scores of the order of the distances, which it replaces by
// their ranks.
func (p *pairDistances) orders(ctx context.Context, a *DistanceAgreement, ux, uy unit) error {
	stage := watch.Start(ctx, "distance preservation: ranks", 5)
	s := rankcorr.NewSorter(a.Pairs)
	orderY, err := s.Sort(ctx, p.embedded)
	if err != nil {
		return err
	}
	stage.Add(1)
	orderX, err := s.SortFrom(ctx, p.original, orderY) // equal ones by the other distance
	if err != nil {
		return err
	}
	stage.Add(1)
	if err := p.regress(ctx, a, orderX, ux, uy); err != nil {
		return err
	}
	stage.Add(1)
	if err := s.RankInOrder(ctx, p.original, orderX); err != nil {
		return err
	}
	if err := s.RankInOrder(ctx, p.embedded, orderY); err != nil {
		return err
	}
	if err := p.spearman(ctx, a, s, orderX, orderY); err != nil {
		return err
	}
	stage.Add(1)
	if err := p.kendall(ctx, a, s, orderX, orderY); err != nil {
		return err
	}
	stage.Add(1)
	return nil
}

// spearman fills in Spearman's ρ, from the ranks.
func (p *pairDistances) spearman(ctx context.Context, a *DistanceAgreement, s *rankcorr.Sorter, orderX, orderY []uint32) error {
	squares, err := p.sums(ctx, func(s *[sumsAtOnce]float64, lo, hi int) {
		for t, x := range p.original[lo:hi] {
			y := p.embedded[lo+t]
			s[0] += x * x
			s[1] += y * y
			s[2] += x * y
		}
	})
	if err != nil {
		return err
	}
	a.Rho = correlation(squares)
	if a.Pairs == a.All {
		return nil
	}
	m := float64(a.Pairs)
	sdX, sdY := math.Sqrt(squares[0]/m), math.Sqrt(squares[1]/m)
	// A pair also moves the ranks of all that are farther: by one, and of those as
	// far, by a half. Ranks are in halves here.
	onX, onY := s.Keys, s.Spare
	err = par.Blocks(ctx, 2, 1, func(lo, _ int) {
		on, order, own, other, sdOwn, sdOther := onX, orderX, p.original, p.embedded, sdX, sdY
		if lo == 1 {
			on, order, own, other, sdOwn, sdOther = onY, orderY, p.embedded, p.original, sdY, sdX
		}
		farther := 0.
		for end := len(order); end > 0 && ctx.Err() == nil; {
			first, equal, value := end, 0., own[order[end-1]]
			for ; first > 0 && own[order[first-1]] == value; first-- {
				equal += other[order[first-1]]/sdOther - a.Rho*value/sdOwn
			}
			v := math.Float64bits(2 / sdOwn * (farther + equal/2))
			for _, t := range order[first:end] {
				on[t] = v
			}
			farther += equal
			end = first
		}
	})
	if err != nil {
		return err
	}
	spread, err := p.sums(ctx, func(s *[sumsAtOnce]float64, lo, hi int) {
		for t := lo; t < hi; t++ {
			v := influence(p.original[t]/sdX, p.embedded[t]/sdY, a.Rho) + math.Float64frombits(onX[t]) + math.Float64frombits(onY[t])
			s[0] += v * v
		}
	})
	a.RhoErr = math.Sqrt(spread[0]) / m
	return err
}
