package hyperbolic

import (
	"context"
	"fmt"
	"math"
	"math/big"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/mds"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Embedding holds points of hyperbolic space of curvature −1, one a row: as a matrix, their
// coordinates in Poincaré's ball, which angles and pictures are read from. It never changes.
//
// Given as x or y to what compares distances, it stands for the hyperbolic ones. Points of
// another origin are &Embedding{Dense: x}, with their Scale if it is not 1; rows of x outside the ball
// are a *mat32.NotFiniteError of Distances.
type Embedding struct {
	*mat.Dense // n × Dim: within the ball, rounded to float64

	Method  string // with its resolved options: for captions
	Dim     int
	Scale   float64   // a distance of 1 in the data is this long in the space; 0 stands for 1
	Values  []float64 // by MDS, all eigenvalues of −cosh(Scale·distance), largest first
	Edges   [][2]int  // by Sarkar, those of the tree, of which the first node is nearer to the root
	Lengths []float64 // of the edges, in the unit of the data
	Notes   []string

	points *precise
}

// precise holds points of the ball to many bits.
type precise struct {
	bits uint
	at   [][]*big.Float // n × Dim
	gaps []*big.Float   // 1 − |x|²
	node []int          // of each row: rows at distance 0 share one
}

// Precision returns how many bits the coordinates have: 53 unless the method took more.
func (e *Embedding) Precision() uint {
	if e.points == nil {
		return 53
	}
	return e.points.bits
}

// Point returns the coordinates of row i in Poincaré's ball, in all the bits they have, as a
// copy.
func (e *Embedding) Point(i int) []*big.Float {
	_, d := e.Dims()
	to := make([]*big.Float, d)
	for c := range to {
		if e.points == nil {
			to[c] = new(big.Float).SetFloat64(e.At(i, c))
			continue
		}
		to[c] = new(big.Float).Copy(e.points.at[e.points.node[i]][c])
	}
	return to
}

// Distances returns the distances between the points, over Scale: in the unit of the data. They
// are right to float64 however far out the points are, by all their bits. The error is
// that of ctx. Time O(n²·Dim), of additions as long as the coordinates; memory 4·n² bytes.
func (e *Embedding) Distances(ctx context.Context) (*mat32.Distances, error) {
	n, d := e.Dims()
	unit := e.unit()
	var pairs []float64
	var err error
	if e.points != nil {
		pairs, err = mds.Condense(ctx, n, func(i int, after []float64) {
			r := newRuler(e.points)
			for k := range after {
				if k%64 == 0 && ctx.Err() != nil {
					return
				}
				after[k] = r.distance(e.points.node[i], e.points.node[i+1+k]) / unit
			}
		})
	} else {
		gaps := make([]float64, n)
		for i := range gaps {
			if gaps[i] = gap(e.RawRowView(i)); !(gaps[i] > 0) {
				gaps[i] = math.NaN() // outside
			}
		}
		pairs, err = mds.Condense(ctx, n, func(i int, after []float64) {
			x := e.RawRowView(i)[:d]
			for k := range after {
				y, sum := e.RawRowView(i + 1 + k)[:len(x)], 0.
				for c, v := range x {
					sum += (v - y[c]) * (v - y[c])
				}
				after[k] = 2 * math.Asinh(math.Sqrt(sum/gaps[i]/gaps[i+1+k])) / unit
			}
		})
	}
	if err != nil {
		return nil, fmt.Errorf("hyperbolic.Embedding.Distances: %w", err)
	}
	return mat32.NewDistances(n, pairs)
}

// unit is how long a distance of 1 in the data is.
func (e *Embedding) unit() float64 {
	if e.Scale == 0 {
		return 1
	}
	return e.Scale
}

// Radii returns the distances of the points from the centre of the ball, over Scale.
func (e *Embedding) Radii() []float64 {
	n, _ := e.Dims()
	radii, unit := make([]float64, n), e.unit()
	for i := range radii {
		if e.points == nil {
			radii[i] = Poincare{}.FromCenter(e.RawRowView(i)) / unit
			continue
		}
		radii[i] = newRuler(e.points).fromCenter(e.points.node[i]) / unit
	}
	return radii
}

// Ties returns Edges.
func (e *Embedding) Ties() [][2]int { return e.Edges }

// Lorentz returns the points on the hyperboloid of curvature −1 (n × Dim+1), as pkg/manifold has
// them, from the coordinates in float64.
func (e *Embedding) Lorentz() *mat.Dense {
	n, d := e.Dims()
	to := mat.NewDense(n, d+1, nil)
	for i := range n {
		ToLorentz(to.RawRowView(i), e.RawRowView(i))
	}
	return to
}

// Caption returns a line for a chart.
func (e *Embedding) Caption() string {
	n, _ := e.Dims()
	return fmt.Sprintf("%s · n = %d", e.Method, n)
}

// String returns a small table.
func (e *Embedding) String() string {
	n, d := e.Dims()
	most := 0.
	for _, r := range e.Radii() {
		most = max(most, r)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n  points     %d in the Poincaré ball of dimension %d\n  scale      %.4g\n  farthest   %.4g from the centre, in the space %.4g\n  precision  %d bits",
		e.Method, n, d, e.unit(), most, most*e.unit(), e.Precision())
	for _, note := range e.Notes {
		fmt.Fprintf(&b, "\n  note       %s", note)
	}
	return b.String()
}

// ruler measures points of many bits.
type ruler struct {
	*precise
	difference, square, sum big.Float
}

// seen is how many bits of a difference count for its float64.
const seen = 96

func newRuler(p *precise) *ruler {
	r := &ruler{precise: p}
	r.difference.SetPrec(seen)
	r.square.SetPrec(seen)
	r.sum.SetPrec(seen)
	return r
}

func (r *ruler) distance(i, j int) float64 {
	if i == j {
		return 0
	}
	r.sum.SetInt64(0)
	for c, v := range r.at[i] {
		r.difference.Sub(v, r.at[j][c]) // in full, then rounded
		r.sum.Add(&r.sum, r.square.Mul(&r.difference, &r.difference))
	}
	r.sum.Quo(&r.sum, r.gaps[i])
	r.sum.Quo(&r.sum, r.gaps[j])
	return twiceArsinhRoot(&r.sum)
}

func (r *ruler) fromCenter(i int) float64 {
	r.sum.SetInt64(0)
	for _, v := range r.at[i] {
		r.difference.Set(v)
		r.sum.Add(&r.sum, r.square.Mul(&r.difference, &r.difference))
	}
	r.sum.Quo(&r.sum, r.gaps[i])
	return twiceArsinhRoot(&r.sum)
}

// twiceArsinhRoot returns 2·arsinh(√t), also where t is beyond float64.
func twiceArsinhRoot(t *big.Float) float64 {
	mantissa := new(big.Float)
	exponent := t.MantExp(mantissa)
	if exponent < 1000 {
		v, _ := t.Float64()
		return 2 * math.Asinh(math.Sqrt(v))
	}
	m, _ := mantissa.Float64()
	return math.Log(4*m) + float64(exponent)*math.Ln2
}

// rounded fills the matrix from the points, and returns how many rows are nearer to the
// sphere than float64 can tell.
func (e *Embedding) rounded(ctx context.Context, n int) (int, error) {
	e.Dense = mat.NewDense(n, e.Dim, nil)
	beyond := make([]bool, n)
	err := par.Blocks(ctx, n, 32, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row, node := e.RawRowView(i), e.points.node[i]
			for c, v := range e.points.at[node] {
				row[c], _ = v.Float64()
			}
			inside(row)
			left, _ := e.points.gaps[node].Float64()
			beyond[i] = left < 0x1p-52
		}
	})
	count := 0
	for _, b := range beyond {
		if b {
			count++
		}
	}
	return count, err
}
