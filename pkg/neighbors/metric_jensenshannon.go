package neighbors

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// JensenShannon compares rows as distributions (Endres and Schindelin, A new metric
// for probability distributions, 2003): the root of their Jensen–Shannon divergence,
// ½Σ[p·ln(p/m) + q·ln(q/m)] with m = (p+q)/2, where p and q are the rows over their
// sums. It is between 0 and √ln 2. A row of zeros is at 0 from another one, and
// at √ln 2 from all other rows. A negative value is a *DomainError.
type JensenShannon struct{}

// String returns "jensenshannon", as SciPy calls it.
func (JensenShannon) String() string { return "jensenshannon" }

func (m JensenShannon) space(ctx context.Context, x mat.Matrix) (space, error) {
	if x, ok := thin(x); ok {
		return thinJensenShannon.space(ctx, x)
	}
	return newPrepared(ctx, m.String(), x, func(ctx context.Context, y mat.Matrix) (*table[float64], error) {
		return distributions(ctx, m.String(), y)
	}, jensenShannon)
}

func (JensenShannon) bytes(x mat.Matrix) int64 {
	if x, ok := thin(x); ok {
		return thinJensenShannon.bytes(x)
	}
	n, d := x.Dims()
	return 8 * int64(n) * int64(d+1)
}

// distributions returns the rows over their sums, with a column of their own for
// rows of zeros.
func distributions(ctx context.Context, metric string, y mat.Matrix) (*table[float64], error) {
	n, d := y.Dims()
	t := newTable[float64](n, d+1)
	var no refused
	err := par.Blocks(ctx, n, max(1, 1<<12/d), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row := t.row(i)
			copy(row, mat32.Row(row[:d], i, y))
			no.note(i, distribution(row[:d]))
			row[d] = 1
			for _, v := range row[:d] {
				if v > 0 {
					row[d] = 0
					break
				}
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return t, no.err(metric)
}

func jensenShannon(a, b []float64) float64 {
	b = b[:len(a)]
	sum := 0.
	for i, p := range a {
		sum += divergence(p, b[i])
	}
	return math.Sqrt(sum / 2)
}

// divergence is p·ln(p/m) + q·ln(q/m) with m = (p+q)/2. With r = (p−q)/(p+q) it is
// (p+q)/2 times (1+r)·ln(1+r) + (1−r)·ln(1−r) = r² + r⁴/6 + r⁶/15 + …, which keeps
// its digits where p and q are near.
func divergence(p, q float64) float64 {
	size := p + q
	switch {
	case p == q:
		return 0
	case p == 0 || q == 0:
		return size * math.Ln2
	}
	r := (p - q) / size
	s := r * r
	if s < 1e-2 { // the next term is below 10⁻¹⁷ of the first
		return size / 2 * s * (1 + s*(1./6+s*(1./15+s*(1./28+s*(1./45+s*(1./66+s*(1./91+s/120)))))))
	}
	return size / 2 * ((1+r)*math.Log(1+r) + (1-r)*math.Log(1-r))
}

// thinJensenShannon has proxies of twice the squared distance: ln 2 for every share
// that one row has, and the divergence instead for what both have.
var thinJensenShannon = &thinForm{
	name:   "jensenshannon",
	about:  sumOfShares,
	value:  func(v float64, about [3]float64) float64 { return v / about[0] },
	common: func(p, q float64) float64 { return divergence(p, q) - (p+q)*math.Ln2 },
	proxy: func(a, b *[3]float64, sum, _ float64) float64 {
		if a[0] == 0 || b[0] == 0 {
			return 2 * math.Ln2 * apart(a[0] == b[0])
		}
		return 2*math.Ln2 + sum
	},
	// Shares are rounded to float32, and p·ln(p/m) + q·ln(q/m) − (p+q)·ln 2 changes
	// by at most four times the share of p + q by which they change.
	slack: func(_, _ *[3]float64, d float64) float64 { return 0x1p-20 + 4*rounding(d) },
	most:  func(v float64) float64 { return 2 * v * v },
	exact: func(a, b *thinRow, _ int) float64 {
		s, t := a.about[0], b.about[0]
		if s == 0 || t == 0 {
			return math.Sqrt(math.Ln2) * apart(s == t)
		}
		sum, _ := union(a, b, func(v, w float64) float64 { return divergence(v/s, w/t) })
		return math.Sqrt(sum / 2)
	},
}
