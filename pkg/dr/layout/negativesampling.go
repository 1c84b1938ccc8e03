package layout

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// NegativeSampling places points by stochastic gradient descent: an edge pulls its head
// to its tail as often as its weight says, and whenever it does, some points at random
// push the head away, for all others that it is not joined to. UMAP and LargeVis place
// points so, by different forces.
//
// Where the heads are the tails, edges go both ways, and points pull each other: of an
// edge that fires, its head moves twice as far, for its tail is the head of the edge
// back, which fires in the same epoch. So every point is moved by its own edges alone,
// and is written by one goroutine. Points take turns, every eighth at a time: those of
// one turn see the others as they were when it began, and what the seven turns before
// it did. So the result does not depend on the number of goroutines, and hardly any
// point moves by a place that another has left. The pull of an edge and the pushes that
// come with it are those at one place, one step in all.
//
// It costs 10 to 20 floating-point operations a force, n·(edges that fire of a
// point)·(Negatives+1) forces an epoch. It never changes while it runs, and is safe for
// concurrent use.
//
// Source: J. Tang, J. Liu, M. Zhang and Q. Mei (2016), Visualizing large-scale and
// high-dimensional data, for negative sampling; L. McInnes, J. Healy and J. Melville
// (2018), UMAP: Uniform manifold approximation and projection for dimension reduction,
// for edges that fire by a schedule.
type NegativeSampling struct {
	Pull, Push *Force  // of edges, and of points at random
	Negatives  int     // points at random for every edge that fires
	Rate       float64 // learning rate of the first epoch; it falls to 0 in even steps
	Epochs     int
	Seed       uint64

	// Purpose keeps the random numbers of one use of a seed apart from those of
	// others, and names the stage for who watches.
	Purpose string

	// Anchors, when given, are the tails: points, row after row, that stay where they are
	// while the heads move, every one on its own.
	Anchors []float32

	// Keys, when given, choose the random numbers of every head, so that it need not
	// matter how heads are numbered. Default its number.
	Keys []uint64

	// Pushers, when given, are the tails that points at random are drawn from, as often as
	// they are listed. Default every tail once.
	Pushers []int32

	// More, when given, is called for every edge that fires, by its head, its place in
	// Edges and the squared distance: it returns what their difference is multiplied by in
	// addition to Pull, clipped apart. It is called from many goroutines.
	More func(head, edge int, squared float32) float32

	// MoreFrom is how many epochs are done before More is called at all.
	MoreFrom int

	// Before, when given, is called before every epoch, with the number of those
	// that are done and the points as they are; it must not change them.
	Before func(epoch int, y []float32) error

	// Loss, when given, is what who watches sees of the points, every 25 epochs.
	Loss func(ctx context.Context, y []float32) (float64, error)

	// Space is where the points lie. Default nil: the plane, or the Euclidean space of
	// Dim coordinates.
	Space Space
}

// Space is a curved space in which points are laid out: its points have as many
// coordinates as those of the layout.
type Space interface {
	// Difference writes to dst the direction at a that leads straight away from b, as long
	// as their distance, and returns the square of that.
	Difference(dst, a, b []float32) (squared float32)

	// Move moves a along a direction there, by its length.
	Move(a, direction []float32)
}

// turns is how many the points of an epoch take.
const turns = 8

// Run moves the heads, y, dim coordinates row after row. Events of who watches have the
// layout so far. The error is a *mat32.ParamError for fields that do not fit each other,
// that of Before, or ctx.Err(), with the heads where they were when it came.
func (s *NegativeSampling) Run(ctx context.Context, y []float32, dim int, edges *Edges) error {
	n := edges.Heads()
	tails := s.Anchors
	if tails == nil {
		tails = y
	}
	if err := s.check(edges, dim, len(y), len(tails)); err != nil {
		return err
	}
	d := &descent{NegativeSampling: s, dim: dim, n: n, edges: edges, turns: 1, y: y, tails: tails, pull: 1}
	if s.Anchors == nil {
		d.turns, d.pull, d.moved = turns, 2, make([]float32, (n+turns-1)/turns*dim)
	}
	d.move = d.rows
	if dim == 2 && s.Space == nil {
		d.move = d.plane
	}
	return d.run(ctx)
}

func (s *NegativeSampling) check(edges *Edges, dim, heads, tails int) error {
	const method = "layout.NegativeSampling"
	n, points := edges.Heads(), tails/max(dim, 1)
	drawn := func(j int32) bool { return j >= 0 && int(j) < points }
	for _, r := range []struct {
		param string
		value any
		ok    bool
		want  string
	}{
		{"Pull", s.Pull, s.Pull != nil, "a force"},
		{"Push", s.Push, s.Push != nil || s.Negatives == 0, "a force"},
		{"Negatives", s.Negatives, s.Negatives >= 0, "0 or more"},
		{"Epochs", s.Epochs, s.Epochs >= 0 && s.Epochs < early, fmt.Sprintf("0 ≤ Epochs < %d", early)},
		{"Rate", s.Rate, s.Rate >= 0 && s.Rate <= math.MaxFloat32, "a finite number of 0 or more"},
		{"y", fmt.Sprintf("%d coordinates", heads), dim >= 1 && heads == n*dim, fmt.Sprintf("%d of each of %d heads", dim, n)},
		{"Anchors", fmt.Sprintf("%d coordinates", tails), tails == points*dim && points >= edges.reach && points < math.MaxInt32, fmt.Sprintf("%d of each of %d tails or more", dim, edges.reach)},
		{"Pushers", fmt.Sprintf("%d tails", len(s.Pushers)), s.Pushers == nil || len(s.Pushers) > 0 && len(s.Pushers) < math.MaxInt32 && !slices.ContainsFunc(s.Pushers, func(j int32) bool { return !drawn(j) }), "one or more of the tails"},
		{"Keys", fmt.Sprintf("%d keys", len(s.Keys)), s.Keys == nil || len(s.Keys) == n, fmt.Sprintf("one for each of %d heads", n)},
	} {
		if !r.ok {
			return &mat32.ParamError{Method: method, Param: r.param, Value: r.value, Want: r.want}
		}
	}
	return nil
}

// descent is one run.
type descent struct {
	*NegativeSampling
	dim, n, turns int
	edges         *Edges
	y, tails      []float32
	pull          float32 // how often the head of an edge that fires moves
	moved         []float32
	move          func(s *stride)
}

// stride is a part of the points that take one turn: number turn + k·turns for k from
// lo to below hi.
type stride struct {
	turn, lo, hi int
	epoch        uint32 // from 1
	rate         float32
	key          uint64 // of the random numbers of the epoch
	fired        []int32
	a, b, c      []float32 // of dim coordinates
}

// run moves the points for all epochs.
func (d *descent) run(ctx context.Context) error {
	const (
		smallest = 32 // points of a part
		every    = 25 // epochs between two looks at the loss
	)
	most := (d.n + d.turns - 1) / d.turns
	parts := max(1, min(par.MaxParts, most/smallest))
	strides := make([]stride, parts)
	for p := range strides {
		buffer := make([]float32, 3*d.dim)
		strides[p] = stride{fired: make([]int32, d.edges.most+1), a: buffer[:d.dim], b: buffer[d.dim : 2*d.dim], c: buffer[2*d.dim:]}
	}
	crew := par.NewCrew(parts)
	defer crew.Dismiss()
	watched := watch.Watched(ctx)
	for epoch := range d.Epochs {
		if d.Before != nil {
			if err := d.Before(epoch, d.y); err != nil {
				return err
			}
		}
		random := rng.New(d.Seed, d.Purpose, epoch)
		key := random.Uint64()
		move := d.move
		if d.More != nil && epoch >= d.MoreFrom {
			move = d.rows
		}
		rate := float32(d.Rate * (1 - float64(epoch)/float64(d.Epochs)))
		for turn := range d.turns {
			if err := ctx.Err(); err != nil {
				return err
			}
			points := (d.n - turn + d.turns - 1) / d.turns
			crew.Run(parts, func(p int) {
				s := &strides[p]
				s.turn, s.lo, s.hi = turn, p*points/parts, (p+1)*points/parts
				s.epoch, s.rate, s.key = uint32(epoch+1), rate, key
				move(s)
			})
			if d.moved == nil {
				continue // nobody looks at heads
			}
			for k := range points {
				copy(d.y[(turn+k*d.turns)*d.dim:][:d.dim], d.moved[k*d.dim:])
			}
		}
		if !watched {
			continue
		}
		loss := math.NaN()
		if d.Loss != nil && (epoch+1)%every == 0 {
			var err error
			if loss, err = d.Loss(ctx, d.y); err != nil {
				return err
			}
		}
		watch.Report(ctx, watch.Event{Stage: d.Purpose, Done: epoch + 1, Total: d.Epochs, Loss: loss, Layout: d.snapshot})
	}
	return nil
}

func (d *descent) snapshot() *mat.Dense {
	m := mat.NewDense(d.n, d.dim, nil)
	for i, v := range d.y {
		m.RawMatrix().Data[i] = float64(v)
	}
	return m
}

// seeded returns the state of the random numbers of a head in an epoch: one step of a
// linear congruential generator each, of which the upper half is used.
func (d *descent) seeded(key uint64, head int) uint64 {
	k := uint64(head)
	if d.Keys != nil {
		k = d.Keys[head]
	}
	z := key + k*0x9E3779B97F4A7C15
	z = (z ^ z>>32) * 0xD6E8FEB86659FD93
	z = (z ^ z>>32) * 0xD6E8FEB86659FD93
	return z ^ z>>32
}

const (
	lcgFactor = 0x5851F42D4C957F2D
	lcgStep   = 0x14057B7EF767814F
)

// to returns where the new place of point k of a turn, number i, is written.
func (d *descent) to(i, k int) []float32 {
	if d.moved == nil {
		return d.y[i*d.dim:][:d.dim]
	}
	return d.moved[k*d.dim:][:d.dim]
}

// rows moves the points of a stride, whatever the space.
func (d *descent) rows(s *stride) {
	dim := d.dim
	tails := len(d.tails) / dim
	draws := tails
	if d.Pushers != nil {
		draws = len(d.Pushers)
	}
	at, diff, step := s.a, s.b, s.c
	difference := func(j int) float32 {
		other := d.tails[j*dim:][:dim]
		if d.Space != nil {
			return d.Space.Difference(diff, at, other)
		}
		squared := float32(0)
		for c, v := range at {
			x := v - other[c]
			diff[c] = x
			squared += x * x
		}
		return squared
	}
	push := func(f *Force, g, rate float32) {
		for c, v := range diff {
			step[c] += rate * f.limit(g*v)
		}
	}
	apply := func() {
		if d.Space != nil {
			d.Space.Move(at, step)
		} else {
			for c, v := range step {
				at[c] += v
			}
		}
		clear(step)
	}
	clear(step)
	for k := s.lo; k < s.hi; k++ {
		i := s.turn + k*d.turns
		copy(at, d.y[i*dim:][:dim])
		edges, first := d.edges.Row(i)
		state := d.seeded(s.key, i)
		for _, e := range s.fired[:fire(s.fired, edges, s.epoch)] {
			squared := difference(int(edges[e].Tail))
			push(d.Pull, d.Pull.at(squared), d.pull*s.rate)
			if d.More != nil && int(s.epoch) > d.MoreFrom {
				push(d.Pull, d.More(i, first+int(e), squared), d.pull*s.rate)
			}
			for range d.Negatives {
				state = state*lcgFactor + lcgStep
				j := int((state >> 32) * uint64(draws) >> 32)
				if d.Pushers != nil {
					j = int(d.Pushers[j])
				}
				push(d.Push, d.Push.at(difference(j)), s.rate)
			}
			apply()
		}
		copy(d.to(i, k), at)
	}
}

// plane is rows in the plane, with everything in registers.
func (d *descent) plane(s *stride) {
	y := d.tails
	pushers := d.Pushers
	draws := uint64(len(y) / 2)
	if pushers != nil {
		draws = uint64(len(pushers))
	}
	pull, push := *d.Pull, Force{}
	if d.Push != nil {
		push = *d.Push
	}
	rate, twice := s.rate, d.pull*s.rate
	for k := s.lo; k < s.hi; k++ {
		i := s.turn + k*d.turns
		edges, _ := d.edges.Row(i)
		fired := s.fired[:fire(s.fired, edges, s.epoch)]
		at := d.y[2*i : 2*i+2]
		px, py := at[0], at[1]
		state := d.seeded(s.key, i)
		for _, e := range fired {
			j := 2 * uint(edges[e].Tail)
			other := y[j : j+2 : j+2]
			dx, dy := px-other[0], py-other[1]
			squared := dx*dx + dy*dy
			g := pull.at(squared)
			dx, dy = g*dx, g*dy
			if squared < pull.below {
				dx, dy = pull.limit(dx), pull.limit(dy)
			}
			sx, sy := twice*dx, twice*dy
			for range d.Negatives {
				state = state*lcgFactor + lcgStep
				j := uint(state >> 32 * draws >> 32)
				if pushers != nil {
					j = uint(pushers[j])
				}
				other := y[2*j : 2*j+2 : 2*j+2]
				dx, dy := px-other[0], py-other[1]
				squared := dx*dx + dy*dy
				g := push.at(squared)
				dx, dy = g*dx, g*dy
				if squared < push.below {
					dx, dy = push.limit(dx), push.limit(dy)
				}
				sx, sy = sx+rate*dx, sy+rate*dy
			}
			px, py = px+sx, py+sy
		}
		to := d.to(i, k)
		to[0], to[1] = px, py
	}
}
