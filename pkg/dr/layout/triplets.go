package layout

import (
	"context"
	"fmt"
	"slices"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Triplets say of every row which others should lie nearer to it than which: it has
// Groups groups of one row that should be near, and Far rows that should be farther.
type Triplets struct {
	N, Groups, Far int

	Rows    []int32   // N × Groups × (1 + Far): the near row of a group, then its far ones
	Weights []float32 // N × Groups × Far: how much each far one matters
}

// Count returns how many triplets there are.
func (t *Triplets) Count() int { return t.N * t.Groups * t.Far }

// check returns an error where the triplets are not of n rows.
func (t *Triplets) check(n int) error {
	const method = "layout.TripletLoss"
	wrong := func(param string, value any, want string) error {
		return &mat32.ParamError{Method: method, Param: param, Value: value, Want: want}
	}
	switch {
	case t.N != n:
		return wrong("N", t.N, fmt.Sprintf("%d, the number of points", n))
	case t.Groups < 0 || t.Far < 1:
		return wrong("Far", t.Far, "0 or more groups of 1 or more far rows")
	case len(t.Rows) != n*t.Groups*(1+t.Far):
		return wrong("Rows", fmt.Sprintf("%d long", len(t.Rows)), fmt.Sprintf("N·Groups·(1+Far) = %d", n*t.Groups*(1+t.Far)))
	case len(t.Weights) != t.Count():
		return wrong("Weights", fmt.Sprintf("%d long", len(t.Weights)), fmt.Sprintf("N·Groups·Far = %d", t.Count()))
	}
	for _, j := range t.Rows {
		if j < 0 || int(j) >= n {
			return wrong("Rows", j, fmt.Sprintf("rows from 0 to %d", n-1))
		}
	}
	return nil
}

// TripletLoss is the objective of TriMap: the sum over triplets (i, j, k) of
// w·a/(a+b), where a = 1+‖yᵢ−yⱼ‖² of the near row j and b = 1+‖yᵢ−yₖ‖² of the far row k.
//
// Source: E. Amid and M. Warmuth (2019), TriMap: large-scale dimensionality reduction
// using triplets. It has scratch memory, 8·n·dim bytes for each of up to 8 parts: one
// goroutine uses it at a time, and it uses every core.
type TripletLoss struct {
	n, dim int
	sets   []*Triplets
	parts  [][]float32 // of every point its place, and the force that consecutive rows exert on it
}

// NewTripletLoss returns the loss over sets of triplets of n points in dim dimensions,
// which it borrows and which must not change. The error is a *mat32.ParamError for triplets of other points.
func NewTripletLoss(n, dim int, sets ...*Triplets) (*TripletLoss, error) {
	// A part has forces of its own on every point, so that the order of sums does not
	// depend on who computes it.
	const (
		rowsPerPart = 64
		most        = 8
	)
	if n < 1 || dim < 1 {
		return nil, &mat32.ShapeError{What: "the map", Rows: n, Cols: dim, Want: "points, and dimensions"}
	}
	l := &TripletLoss{n: n, dim: dim, sets: sets}
	for _, t := range sets {
		if err := t.check(n); err != nil {
			return nil, err
		}
	}
	l.parts = make([][]float32, min(most, (n+rowsPerPart-1)/rowsPerPart))
	for p := range l.parts {
		l.parts[p] = make([]float32, 2*n*dim)
	}
	return l, nil
}

// Count returns how many triplets there are.
func (l *TripletLoss) Count() (sum int) {
	for _, t := range l.sets {
		sum += t.Count()
	}
	return sum
}

// Gradient writes to dst the gradient at y, both n × dim row after row, without its
// constant factor 2, which learning rates are usually given without. The error is that
// of ctx.
func (l *TripletLoss) Gradient(ctx context.Context, dst, y []float32) error {
	lay, forces, gather := layParts, exert, gatherForces
	if l.dim == 2 {
		lay, forces, gather = layInPlane, exertInPlane, gatherInPlane
	}
	err := par.Blocks(ctx, len(l.parts), 1, func(p, _ int) {
		part := l.parts[p]
		lay(part, y, l.dim)
		lo, hi := p*l.n/len(l.parts), (p+1)*l.n/len(l.parts)
		for _, t := range l.sets {
			forces(part, t, lo, hi, l.dim)
		}
	})
	if err != nil {
		return err
	}
	return par.Blocks(ctx, l.n, valuesPerBlock, func(lo, hi int) { gather(dst, l.parts, lo, hi, l.dim) })
}

// layParts writes the places of all points, and no forces.
func layParts(part, y []float32, dim int) {
	for i := range len(y) / dim {
		copy(part[2*i*dim:], y[i*dim:(i+1)*dim])
		clear(part[(2*i+1)*dim:][:dim])
	}
}

// layInPlane is layParts in two dimensions.
func layInPlane(part, y []float32, _ int) {
	for i := range len(y) / 2 {
		at, both := y[2*i:][:2], part[4*i:][:4]
		both[0], both[1], both[2], both[3] = at[0], at[1], 0, 0
	}
}

// gatherForces sums up the forces of all parts, in their order, on points from lo to hi.
func gatherForces(dst []float32, parts [][]float32, lo, hi, dim int) {
	for i := lo; i < hi; i++ {
		for c := range dim {
			sum := float32(0)
			for _, part := range parts {
				sum += part[(2*i+1)*dim+c]
			}
			dst[i*dim+c] = sum
		}
	}
}

// gatherInPlane is gatherForces in two dimensions.
func gatherInPlane(dst []float32, parts [][]float32, lo, hi, _ int) {
	for i := lo; i < hi; i++ {
		var x, y float32
		for _, part := range parts {
			force := part[4*i+2:][:2]
			x += force[0]
			y += force[1]
		}
		to := dst[2*i:][:2]
		to[0], to[1] = x, y
	}
}

// exertInPlane is exert in two dimensions.
func exertInPlane(part []float32, t *Triplets, lo, hi, _ int) {
	numbers, weights := t.Groups*(1+t.Far), t.Groups*t.Far
	for i := lo; i < hi; i++ {
		kernel.Triplets32(part, t.Rows[i*numbers:(i+1)*numbers], t.Weights[i*weights:(i+1)*weights], i, t.Far)
	}
}

// exert adds to the forces of a part what the triplets of the rows from lo to hi exert.
// Places and forces lie side by side, for they are wanted together, and nowhere near the
// last ones.
func exert(part []float32, t *Triplets, lo, hi, dim int) {
	each := 1 + t.Far
	at := func(i int32) (y, force []float32) {
		both := part[2*int(i)*dim:][:2*dim]
		return both[:dim], both[dim:]
	}
	for i := lo; i < hi; i++ {
		rows := t.Rows[i*t.Groups*each : (i+1)*t.Groups*each]
		weights := t.Weights[i*t.Groups*t.Far : (i+1)*t.Groups*t.Far]
		yi, fi := at(int32(i))
		for len(rows) >= each {
			yj, fj := at(rows[0])
			a := apart(yi, yj)
			var pull float32
			for s, k := range rows[1:each] {
				yk, fk := at(k)
				b := apart(yi, yk)
				c := weights[s] / ((a + b) * (a + b))
				pull += b * c
				push := a * c
				for x, v := range yi {
					e := push * (v - yk[x])
					fi[x] -= e
					fk[x] += e
				}
			}
			for x, v := range yi {
				e := pull * (v - yj[x])
				fi[x] += e
				fj[x] -= e
			}
			rows, weights = rows[each:], weights[t.Far:]
		}
	}
}

// apart returns 1 + ‖a−b‖².
func apart(a, b []float32) float32 {
	sum := float32(1)
	for x, v := range a {
		d := v - b[x]
		sum += d * d
	}
	return sum
}

// Value returns the loss at y, and how many triplets are violated: their far row is
// nearer than their near one. The error is that of ctx.
func (l *TripletLoss) Value(ctx context.Context, y []float32) (loss float64, violated int, err error) {
	const block = 256
	counts := make([]int, (l.n+block-1)/block)
	loss, err = par.Sum(ctx, l.n, block, func(lo, hi int) (sum float64) {
		for _, t := range l.sets {
			each := 1 + t.Far
			for i := lo; i < hi; i++ {
				weights := t.Weights[i*t.Groups*t.Far : (i+1)*t.Groups*t.Far]
				yi := y[i*l.dim:][:l.dim]
				for group := range slices.Chunk(t.Rows[i*t.Groups*each:(i+1)*t.Groups*each], each) {
					a := apart(yi, y[int(group[0])*l.dim:][:l.dim])
					for s, k := range group[1:] {
						b := apart(yi, y[int(k)*l.dim:][:l.dim])
						sum += float64(weights[s]) * float64(a) / (float64(a) + float64(b))
						if a > b {
							counts[lo/block]++
						}
					}
					weights = weights[t.Far:]
				}
			}
		}
		return sum
	})
	for _, c := range counts {
		violated += c
	}
	return loss, violated, err
}
