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
// Where the heads are the tails, points pull each other: an edge that fires moves both its
// ends, each from where it is at that moment, edge after edge. The points are in blocks that
// do not depend on the number of cores, and pairs of blocks meet in rounds, as players in a tournament: the edges
// between two blocks are gone through by one goroutine, and no block is in two pairs of a
// round. So no point is moved by two at once, and the result does not depend on the number
// of goroutines. Points that push are taken as they were when the epoch began. The pull of
// an edge and the pushes that come with it are those at one place, one step in all.
//
// It costs 10 to 20 floating-point operations a force, n·(edges that fire of a
// point)·(Negatives+1) forces an epoch, and 16 bytes an edge. It never changes while it runs, and is safe for
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

	// Staggered has edges begin anywhere between one time that they fire and the next, spread
	// evenly, instead of all just after one: so an edge that weighs too little to fire once
	// in all epochs fires in some runs of many, and edges that weigh the same do not fire in
	// the same epochs.
	Staggered bool

	// Anchors, when given, are the tails: points, row after row, that stay where they are
	// while the heads move, every one on its own.
	Anchors []float32

	// Keys, when given, choose the random numbers of every head, so that it need not
	// matter how heads are numbered. Default its number.
	Keys []uint64

	// Pushers, when given, are the tails that points at random are drawn from, as often as
	// they are listed. Default every tail once.
	Pushers []int32

	// More, when given, is called for every edge that fires, by its ends, its rate in units
	// of 2^−32 and their squared distance: it returns what their difference is multiplied by
	// in addition to Pull, clipped apart. It is called from many goroutines.
	More func(head, tail int, rate uint32, squared float32) float32

	// MoreFrom is how many epochs are done before More is called at all.
	MoreFrom int

	// Before, when given, is called before every epoch, with the number of those
	// that are done and the points as they are, which it may move.
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

// Run moves the heads, y, dim coordinates row after row. Events of who watches have the
// layout so far. The error is a *mat32.ParamError for fields that do not fit each other,
// that of Before, or ctx.Err(), with the heads where the last whole epoch left them.
func (s *NegativeSampling) Run(ctx context.Context, y []float32, dim int, edges *Edges) error {
	n := edges.Heads()
	tails := s.Anchors
	if tails == nil {
		tails = y
	}
	if err := s.check(edges, dim, len(y), len(tails)); err != nil {
		return err
	}
	d := &sampler{NegativeSampling: s, dim: dim, y: y, pushers: s.Pushers}
	if s.Staggered {
		d.stagger = goldenSection
	}
	if s.Anchors != nil {
		d.plan = headByHead(edges)
		d.heads, d.tails, d.seen = y, s.Anchors, s.Anchors
	} else {
		var err error
		if d.plan, err = tournament(ctx, edges, y, dim); err != nil {
			return err
		}
		d.seen, d.heads = make([]float32, n*dim), make([]float32, n*dim)
		d.tails = d.heads
		d.take()
		if s.Pushers != nil {
			d.pushers = make([]int32, len(s.Pushers))
			for k, i := range s.Pushers {
				d.pushers[k] = int32(d.plan.slot(int(i)))
			}
		}
		defer d.show()
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

// sampler is one run.
type sampler struct {
	*NegativeSampling
	*plan
	dim          int
	y            []float32
	heads, tails []float32 // by slots
	seen         []float32 // the tails when the epoch began, which push
	pushers      []int32   // by slots
	stagger      uint32
	move         func(w *worker)
}

// goldenSection is that of 2³²: its multiples spread evenly, however many.
const goldenSection = 0x9E3779B9

// worker is who moves the ends of the edges of one unit.
type worker struct {
	edges   []visit
	epoch   uint32 // from 1
	rate    float32
	key     uint64 // of the random numbers of the epoch
	fired   []int32
	a, b, c []float32 // of dim coordinates
	fetched float32   // of no use
}

// run moves the points for all epochs.
func (d *sampler) run(ctx context.Context) error {
	const every = 25 // epochs between two looks at the loss
	parts := 1
	for _, units := range d.rounds {
		parts = max(parts, len(units))
	}
	workers := make([]worker, parts)
	for p := range workers {
		buffer := make([]float32, 3*d.dim)
		workers[p] = worker{fired: make([]int32, glance+1), a: buffer[:d.dim], b: buffer[d.dim : 2*d.dim], c: buffer[2*d.dim:]}
	}
	crew := par.NewCrew(parts)
	defer crew.Dismiss()
	watched := watch.Watched(ctx)
	for epoch := range d.Epochs {
		if d.Before != nil {
			d.show()
			if err := d.Before(epoch, d.y); err != nil {
				return err
			}
			d.take()
		}
		random := rng.New(d.Seed, d.Purpose, epoch)
		key := random.Uint64()
		move := d.move
		if d.More != nil && epoch >= d.MoreFrom {
			move = d.rows
		}
		rate := float32(d.Rate * (1 - float64(epoch)/float64(d.Epochs)))
		for _, units := range d.rounds {
			if err := ctx.Err(); err != nil {
				return err
			}
			crew.Run(len(units), func(p int) {
				w := &workers[p]
				w.edges, w.epoch, w.rate, w.key = d.visits[units[p].lo:units[p].hi], uint32(epoch+1), rate, key
				if d.Anchors == nil {
					for _, b := range units[p].blocks {
						lo, hi := d.ends(b)
						w.fetched += fetch(d.heads[lo*d.dim : hi*d.dim])
					}
				}
				move(w)
			})
		}
		if d.Anchors == nil {
			crew.Run(parts, func(p int) {
				lo, hi := p*len(d.seen)/parts, (p+1)*len(d.seen)/parts
				copy(d.seen[lo:hi], d.heads[lo:hi])
			})
		}
		if !watched {
			continue
		}
		d.show()
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

// show puts the points, as they were when the last whole epoch ended, where others see
// them.
func (d *sampler) show() {
	if d.Anchors != nil {
		return
	}
	for i := range len(d.y) / d.dim {
		copy(d.y[i*d.dim:][:d.dim], d.seen[d.slot(i)*d.dim:])
	}
}

// take puts the points where others have moved them.
func (d *sampler) take() {
	if d.Anchors != nil {
		return
	}
	for i := range len(d.y) / d.dim {
		copy(d.seen[d.slot(i)*d.dim:][:d.dim], d.y[i*d.dim:])
	}
	copy(d.heads, d.seen)
}

func (d *sampler) snapshot() *mat.Dense {
	m := mat.NewDense(len(d.y)/d.dim, d.dim, nil)
	for i, v := range d.y {
		m.RawMatrix().Data[i] = float64(v)
	}
	return m
}

// seeded returns the state of the random numbers of an edge that fires: one step of a
// linear congruential generator each, of which the upper half is used.
func (d *sampler) seeded(key uint64, e *visit) uint64 {
	k := uint64(e.number)
	if d.Keys != nil {
		k += d.Keys[e.head] * 0xD1B54A32D192ED03
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

// rows moves the ends of the edges of a unit, whatever the space.
func (d *sampler) rows(w *worker) {
	dim := d.dim
	draws := len(d.seen) / dim
	if d.pushers != nil {
		draws = len(d.pushers)
	}
	mutual := d.Anchors == nil
	diff, step, back := w.a, w.b, w.c
	difference := func(at, other []float32) float32 {
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
	add := func(to []float32, f *Force, g, rate float32) {
		for c, v := range diff {
			to[c] += rate * f.limit(g*v)
		}
	}
	apply := func(at, step []float32) {
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
	clear(back)
	for lo := 0; lo < len(w.edges); lo += glance {
		edges := w.edges[lo:min(lo+glance, len(w.edges))]
		for _, k := range w.fired[:fire(w.fired, edges, w.epoch, d.stagger)] {
			e := &edges[k]
			at, other := d.heads[int(e.head)*dim:][:dim], d.tails[int(e.tail)*dim:][:dim]
			pull := func(to []float32, squared float32) {
				add(to, d.Pull, d.Pull.at(squared), w.rate)
				if d.More != nil && int(w.epoch) > d.MoreFrom {
					add(to, d.Pull, d.More(d.point(int(e.head)), d.point(int(e.tail)), e.rate, squared), w.rate)
				}
			}
			if mutual {
				pull(back, difference(other, at))
			}
			pull(step, difference(at, other))
			state := d.seeded(w.key, e)
			for range d.Negatives {
				state = state*lcgFactor + lcgStep
				j := int((state >> 32) * uint64(draws) >> 32)
				if d.pushers != nil {
					j = int(d.pushers[j])
				}
				if mutual && j == int(e.head) {
					continue // a point does not push itself
				}
				add(step, d.Push, d.Push.at(difference(at, d.seen[j*dim:][:dim])), w.rate)
			}
			if mutual {
				apply(other, back)
			}
			apply(at, step)
		}
	}
}

// plane is rows in the plane, with everything in registers.
func (d *sampler) plane(w *worker) {
	seen, pushers := d.seen, d.pushers
	draws := uint64(len(seen) / 2)
	if pushers != nil {
		draws = uint64(len(pushers))
	}
	pull, push := *d.Pull, Force{}
	if d.Push != nil {
		push = *d.Push
	}
	rate, mutual := w.rate, d.Anchors == nil
	for lo := 0; lo < len(w.edges); lo += glance {
		edges := w.edges[lo:min(lo+glance, len(w.edges))]
		for _, k := range w.fired[:fire(w.fired, edges, w.epoch, d.stagger)] {
			e := &edges[k]
			h, t := 2*uint(e.head), 2*uint(e.tail)
			at, other := d.heads[h:h+2:h+2], d.tails[t:t+2:t+2]
			px, py := at[0], at[1]
			dx, dy := px-other[0], py-other[1]
			squared := dx*dx + dy*dy
			g := pull.at(squared)
			dx, dy = g*dx, g*dy
			if squared < pull.below {
				dx, dy = pull.limit(dx), pull.limit(dy)
			}
			sx, sy := rate*dx, rate*dy
			if mutual {
				other[0], other[1] = other[0]-sx, other[1]-sy
			}
			state := d.seeded(w.key, e)
			for range d.Negatives {
				state = state*lcgFactor + lcgStep
				j := uint(state >> 32 * draws >> 32)
				if pushers != nil {
					j = uint(pushers[j])
				}
				if mutual && j == uint(e.head) {
					continue // a point does not push itself
				}
				other := seen[2*j : 2*j+2 : 2*j+2]
				dx, dy := px-other[0], py-other[1]
				squared := dx*dx + dy*dy
				g := push.at(squared)
				dx, dy = g*dx, g*dy
				if squared < push.below {
					dx, dy = push.limit(dx), push.limit(dy)
				}
				sx, sy = sx+rate*dx, sy+rate*dy
			}
			at[0], at[1] = px+sx, py+sy
		}
	}
}
