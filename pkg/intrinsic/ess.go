package intrinsic

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// ESS estimates the dimension at every row by expected simplex skewness
// (Johnsson, Soneson and Fontes, 2015, Low bias local intrinsic dimension
// estimation from expected simplex skewness). The vectors from the mean of the k
// nearest neighbours of a row to them are the more nearly orthogonal, the more
// dimensions they fill. The skewness is that of simplices with one corner in
// the mean: Σ(volume) / Σ(product of the lengths of their edges there), which
// for Order 1 is the mean sine between two vectors, weighted by their lengths.
// In a ball of dimension n its expectation is
//
//	(Γ(n/2)/Γ((n+1)/2))^Order · Γ(n/2)/Γ((n−Order)/2);
//
// the estimate is the n, between whole numbers by a straight line, where that
// equals the skewness. The dimension is the mean over rows.
//
// Angles do not fall short in high dimensions as distances do: data of dimension
// 20 are seen as such from 1000 rows. In return the neighbourhood is large, so
// that curvature counts for dimensions. A hypersurface that bends within 100
// neighbours is given one dimension too many.
//
// For Order 1 all pairs are summed, from one product of matrices a row, where
// scikit-dimension draws 5000 of them beyond 100 neighbours.
//
// The cost is that of the neighbours and O(n·k²·d); of Order above 1 another
// O(n·5000·Order³). Memory is that of MLE.
type ESS struct {
	// Version tells the statistic. Default Skewness.
	Version SimplexVersion

	// Order is the number of vectors in a simplex, less one. Default 1: pairs.
	// Larger values tell high dimensions better apart, and take 5000 simplices
	// a row where there are more; a dimension below Order is seen as Order, whose
	// simplices have no volume either. 1 ≤ Order ≤ 10; only 1 for Projection.
	Order int

	// Neighbors is k, the number of other rows looked at from each. Default
	// 100, or one less than the distinct rows where these are fewer. Larger values give a smaller
	// error at a larger scale. Order+2 ≤ Neighbors ≤ n−1.
	Neighbors int

	// Seed draws the simplices of an Order above 1; Order 1 draws none and
	// ignores it.
	Seed uint64

	// Graph, when given, is a graph of the rows of x with Neighbors or more
	// neighbours that is used instead of a new one. It does not change the
	// result.
	Graph *neighbors.Graph

	// MemoryLimit in bytes refuses data that would need more. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// SimplexVersion is a statistic of ESS.
type SimplexVersion int

const (
	// Skewness is version a: the volume of simplices. It grows with the
	// dimension, from 0 in one.
	Skewness SimplexVersion = iota

	// Projection is version b: the mean of |cos| for the sine, which falls with
	// the dimension as 2/(√π·n)·Γ((n+2)/2)/Γ((n+1)/2), from 1 in one.
	Projection
)

// simplexVersions holds the names, and the expectation in a ball of dimension n,
// whatever n > 0.
var simplexVersions = [...]struct {
	name      string
	reference func(n, order float64) float64
}{
	Skewness: {"version a (skewness)", func(n, order float64) float64 {
		if n <= order {
			return 0
		}
		return math.Exp(order*gammaRatio(n/2, (n+1)/2) + gammaRatio(n/2, (n-order)/2))
	}},
	Projection: {"version b (projection)", func(n, _ float64) float64 {
		return 2 / (math.Sqrt(math.Pi) * n) * math.Exp(gammaRatio((n+2)/2, (n+1)/2))
	}},
}

// gammaRatio returns ln Γ(a)/Γ(b).
func gammaRatio(a, b float64) float64 {
	p, _ := math.Lgamma(a)
	q, _ := math.Lgamma(b)
	return p - q
}

// String returns the name of the version.
func (v SimplexVersion) String() string {
	if v < 0 || int(v) >= len(simplexVersions) {
		return fmt.Sprintf("SimplexVersion(%d)", int(v))
	}
	return simplexVersions[v].name
}

const (
	mostOrder     = 10
	mostSimplices = 5000 // that are measured at a row
)

// Resolve returns the options with defaults filled in, or a *mat32.ParamError
// or *mat32.ShapeError, for a matrix of n rows and d columns.
func (e ESS) Resolve(n, d int) (ESS, error) {
	fail := func(param string, value any, want string) error {
		return &mat32.ParamError{Method: "intrinsic.ESS", Param: param, Value: value, Want: want}
	}
	if e.Order == 0 {
		e.Order = 1
	}
	switch {
	case e.Version < 0 || int(e.Version) >= len(simplexVersions):
		return e, fail("Version", int(e.Version), "Skewness or Projection")
	case e.Version == Projection && e.Order != 1:
		return e, fail("Order", e.Order, "1 for Projection")
	case e.Order < 1 || e.Order > mostOrder:
		return e, fail("Order", e.Order, fmt.Sprintf("1 ≤ Order ≤ %d", mostOrder))
	}
	var err error
	e.Neighbors, err = neighborhood("intrinsic.ESS", e.Neighbors, 100, e.Order+2, n, d, e.MemoryLimit)
	return e, err
}

// Estimate returns the dimension of the rows of x (n × d), or of rows at the
// distances that x holds as a mat32.Distances. Rows that equal an earlier one, or
// are at distance zero from it, are left out. Local holds the estimate at every
// row, NaN at rows left out. Scale is the mean distance to all neighbours.
//
// The standard error is that of a mean of local estimates, taken for as dependent
// as their neighbourhoods have pairs of rows in common. It is an upper bound: one
// to four times the spread from sample to sample on spheres and normal data, and up to
// eight times on curves, whose bends make the rows differ. It covers chance, not the bias of curvature.
//
// Errors: those of mat32.Check and Resolve; *mat32.ParamError for a Graph of
// other rows; *mat32.MemoryError; *mat32.DegenerateError where no more than
// the Neighbors asked for are distinct; and one that wraps ctx.Err().
func (e ESS) Estimate(ctx context.Context, x mat.Matrix) (measure.Dimension, error) {
	const method = "intrinsic.ESS"
	asked := e.Neighbors
	e, err := begin(ctx, method, e, x)
	if err != nil {
		return measure.Dimension{}, err
	}
	s, err := findStandard(ctx, method, x, asked, e.Neighbors, e.Order+2, e.Graph, e.MemoryLimit)
	if err != nil {
		return measure.Dimension{}, err
	}
	d, err := s.byPatches(ctx, "ESS", "simplex skewness", x, byPairs, func(p *patch, i int) float64 {
		p.fromMean(ctx, i)
		return e.dimension(e.skewness(p.gram, p.k, s.rows[i]))
	}, fmt.Sprintf("%s, order %d, mean over rows, k = %d, neighbours centred on their mean, duplicates removed, %s",
		e.Version, e.Order, s.k, byPairsError))
	if e.Order > 1 && err == nil && d.Value < float64(e.Order)+0.5 {
		d.Notes = append(d.Notes, fmt.Sprintf("simplices of order %d have no volume in so few dimensions: there may be fewer", e.Order))
	}
	return d, err
}

// skewness returns the statistic of k vectors, given their products. Row keys the
// draws.
func (e ESS) skewness(gram []float64, k, row int) float64 {
	if e.Order > 1 {
		return e.volumes(gram, k, row)
	}
	var squares, lengths, top float64
	for j := range k {
		squares += gram[j*k+j]
		lengths += math.Sqrt(gram[j*k+j])
	}
	for j := range k {
		own := gram[j*k+j]
		line := gram[j*k : j*k+j]
		if e.Version == Projection {
			for _, g := range line {
				top += math.Abs(g)
			}
			continue
		}
		for l, g := range line {
			top += math.Sqrt(max(own*gram[l*k+l]-g*g, 0))
		}
	}
	// Σ over pairs of a product is half of what the square of the sum has
	// beyond the squares.
	return top / ((lengths*lengths - squares) / 2)
}

// volumes returns the skewness of Order above 1, from all simplices or, where
// there are more, from as many as are measured at most.
func (e ESS) volumes(gram []float64, k, row int) float64 {
	p := e.Order + 1
	chosen := make([]int, p)
	factor := make([]float64, p*p)
	var volume, weight float64
	add := func() {
		v, w := simplex(gram, k, chosen, factor)
		volume += v
		weight += w
	}
	if choose(k, p) > mostSimplices {
		stream := rng.New(e.Seed, "ess/simplices", row)
		for range mostSimplices {
			// Floyd's sample of p of k, each subset as likely.
			for c := range p {
				at := k - p + c
				pick := stream.IntN(at + 1)
				for _, other := range chosen[:c] {
					if other == pick {
						pick = at
						break
					}
				}
				chosen[c] = pick
			}
			add()
		}
		return volume / weight
	}
	for c := range chosen {
		chosen[c] = c
	}
	for {
		add()
		c := p - 1
		for c >= 0 && chosen[c] == k-p+c {
			c--
		}
		if c < 0 {
			return volume / weight
		}
		chosen[c]++
		for after := c + 1; after < p; after++ {
			chosen[after] = chosen[after-1] + 1
		}
	}
}

// choose returns the number of subsets of p of k.
func choose(k, p int) float64 {
	count := 1.
	for c := range p {
		count = count * float64(k-c) / float64(c+1)
	}
	return math.Round(count)
}

// simplex returns the volume that the chosen vectors span, as the square root of
// the determinant of their products, and the product of their lengths. Cholesky
// factors go to factor.
func simplex(gram []float64, k int, chosen []int, factor []float64) (volume, lengths float64) {
	p := len(chosen)
	volume, lengths = 1, 1
	for a, i := range chosen {
		lengths *= math.Sqrt(gram[i*k+i])
		left := gram[i*k+i]
		for b := range a {
			sum := gram[i*k+chosen[b]]
			for c := range b {
				sum -= factor[a*p+c] * factor[b*p+c]
			}
			if diagonal := factor[b*p+b]; diagonal > 0 {
				sum /= diagonal
			} else {
				sum = 0
			}
			factor[a*p+b] = sum
			left -= sum * sum
		}
		factor[a*p+a] = math.Sqrt(max(left, 0))
		volume *= factor[a*p+a]
	}
	return volume, lengths
}

// dimension returns where the expectation in a ball equals the statistic, on a
// straight line between whole dimensions.
func (e ESS) dimension(statistic float64) float64 {
	reference := func(n int) float64 {
		return simplexVersions[e.Version].reference(float64(n), float64(e.Order))
	}
	beyond := func(n int) bool {
		if e.Version == Projection {
			return reference(n) <= statistic
		}
		return reference(n) >= statistic
	}
	// k vectors whose mean is 0 can be no more orthogonal than in a simplex,
	// which is as vectors in a ball of dimension k² are.
	const most = 1 << 30
	hi := 2
	for !beyond(hi) {
		if hi *= 2; hi > most {
			return math.Inf(1)
		}
	}
	lo := hi / 2 // the dimension lies in (lo, hi], or below 2
	for hi-lo > 1 {
		if mid := (lo + hi) / 2; beyond(mid) {
			hi = mid
		} else {
			lo = mid
		}
	}
	a, b := reference(lo), reference(hi)
	if a == b { // two orders beyond the dimension, which both mean 0
		return float64(lo)
	}
	return float64(lo) + min(max((statistic-a)/(b-a), 0), 1)
}
