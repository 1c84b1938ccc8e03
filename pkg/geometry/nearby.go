package geometry

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
)

func dot(a, b []float64) float64 { return kernel.Dot64(a, b) }

// thin is how little of a point may be left when others are taken from it: below it,
// rounding is all there is.
const thin = 1e-12

// nearby solves systems of similarities of a point and some others.
type nearby struct {
	p     *points
	scale float64

	rows   []int32   // those that add something to the ones before
	lower  []float64 // the Cholesky factor of their similarities, width a row
	width  int
	ones   []float64 // lower⁻¹·1
	toward []float64 // lower⁻¹·z, for the similarities z to the point
	z      []float64

	rest float64 // 1 − zᵀZ⁻¹z: what the others leave of the point
	gain float64 // 1 − zᵀZ⁻¹1; its square over rest is what the point adds to the magnitude
}

func newNearby(p *points, scale float64, k int) *nearby {
	return &nearby{p: p, scale: scale, width: k, rows: make([]int32, 0, k), lower: make([]float64, k*k),
		ones: make([]float64, k), toward: make([]float64, k), z: make([]float64, k)}
}

// look takes the rows from point i.
func (b *nearby) look(ctx context.Context, i int, rows []int32) error {
	if err := b.factor(ctx, rows); err != nil {
		return err
	}
	z := b.z[:len(b.rows)]
	if err := b.p.list(ctx, z, i, b.rows); err != nil {
		return err
	}
	b.p.decay(z, b.scale)
	b.take(z)
	return ctx.Err()
}

// factor makes ready the rows. Those that add nothing to the ones before are left out.
func (b *nearby) factor(ctx context.Context, rows []int32) error {
	b.rows = b.rows[:0]
	for _, j := range rows {
		a := len(b.rows)
		own := b.lower[a*b.width : a*b.width+a+1]
		if err := b.p.list(ctx, own[:a], int(j), b.rows); err != nil {
			return err
		}
		b.p.decay(own[:a], b.scale)
		b.forward(own[:a])
		if left := 1 - dot(own[:a], own[:a]); left > thin {
			own[a] = math.Sqrt(left)
			b.ones[a] = (1 - dot(own[:a], b.ones[:a])) / own[a]
			b.rows = append(b.rows, j)
		}
	}
	return nil
}

// forward replaces v by lower⁻¹·v.
func (b *nearby) forward(v []float64) {
	for c := range v {
		other := b.lower[c*b.width : c*b.width+c+1]
		v[c] = (v[c] - dot(other[:c], v[:c])) / other[c]
	}
}

// take takes the rows from a point with similarities z to them.
func (b *nearby) take(z []float64) {
	q := b.toward[:len(z)]
	copy(q, z)
	b.forward(q)
	b.rest, b.gain = 1-dot(q, q), 1-dot(q, b.ones[:len(q)])
}

// coefficients writes Z⁻¹·z to dst.
func (b *nearby) coefficients(dst []float64) {
	copy(dst, b.toward[:len(dst)])
	for a := len(dst) - 1; a >= 0; a-- {
		own := b.lower[a*b.width : a*b.width+a+1]
		dst[a] /= own[a]
		for c := range a {
			dst[c] -= dst[a] * own[c]
		}
	}
}

// vecchiaNeighbors is how many earlier points each is regressed on.
const vecchiaNeighbors = 20

// vecchia approximates Z⁻¹ by the regression of every point on those nearest among the
// ones before it.
type vecchia struct {
	start        []int
	rows         []int32
	coefficients []float64
	inverse      []float64 // of what is left of each point
}

func newVecchia(ctx context.Context, p *points, scale float64) (*vecchia, error) {
	const k = vecchiaNeighbors
	v := &vecchia{start: make([]int, p.n+1), inverse: make([]float64, p.n)}
	for i := range p.n {
		v.start[i+1] = v.start[i] + min(i, k)
	}
	v.rows, v.coefficients = make([]int32, v.start[p.n]), make([]float64, v.start[p.n])
	err := p.each(ctx, p.n, func(buf []float64, i int) error {
		lo, hi := v.start[i], v.start[i+1]
		rows := v.rows[lo:lo:hi]
		near := v.coefficients[lo:lo:hi] // distances at first
		for from := 0; from < i; from += len(buf) {
			gaps := buf[:min(len(buf), i-from)]
			if err := p.fill(ctx, gaps, i, from); err != nil {
				return err
			}
			for j, g := range gaps {
				rows, near = nearer(rows, near, int32(from+j), g)
			}
		}
		b := newNearby(p, scale, max(k, 1))
		if err := b.look(ctx, i, rows); err != nil {
			return err
		}
		// Those that were left out have no coefficient.
		full := v.coefficients[lo:hi]
		clear(full)
		copy(v.rows[lo:hi], b.rows)
		for t := lo + len(b.rows); t < hi; t++ {
			v.rows[t] = int32(i)
		}
		b.coefficients(full[:len(b.rows)])
		v.inverse[i] = 1 / max(b.rest, thin)
		return nil
	})
	return v, err
}

// nearer puts a point in a list of the nearest, as long as its capacity, farthest last.
func nearer(rows []int32, far []float64, j int32, d float64) ([]int32, []float64) {
	if len(rows) == cap(rows) {
		if len(rows) == 0 || d >= far[len(far)-1] {
			return rows, far
		}
	} else {
		rows, far = append(rows, j), append(far, d)
	}
	t := len(rows) - 1
	for ; t > 0 && far[t-1] > d; t-- {
		rows[t], far[t] = rows[t-1], far[t-1]
	}
	rows[t], far[t] = j, d
	return rows, far
}

// Precondition writes the approximate Z⁻¹·r to dst.
func (v *vecchia) Precondition(ctx context.Context, dst, r *mat.Dense) error {
	n, cols := r.Dims()
	dst.Zero()
	for c := range cols {
		for i := range n {
			lo, hi := v.start[i], v.start[i+1]
			left := r.At(i, c)
			for t, j := range v.rows[lo:hi] {
				left -= v.coefficients[lo+t] * r.At(int(j), c)
			}
			left *= v.inverse[i]
			dst.Set(i, c, dst.At(i, c)+left)
			for t, j := range v.rows[lo:hi] {
				dst.Set(int(j), c, dst.At(int(j), c)-v.coefficients[lo+t]*left)
			}
		}
	}
	return ctx.Err()
}
