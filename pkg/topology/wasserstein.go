package topology

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// Wasserstein measures how far two diagrams are apart by all their bars: every bar is
// matched with a bar of the other diagram or with the nearest point of the diagonal, and
// W = (Σ dᵖ)^(1/p) over the distances of the pairs is as small as it can be (D.
// Cohen-Steiner, H. Edelsbrunner, J. Harer and Y. Mileyko, 2010, Lipschitz functions have
// Lp-stable persistence). The limit of large orders is Bottleneck.
//
// Libraries differ in the order, the norm of the plane and hence in what the diagonal
// costs: GUDHI takes order 1 and L∞, persim order 1 and L2, POT and giotto-tda order 2.
// A Matching names the norm, and its Name the order.
type Wasserstein struct {
	// Order is p. Default 2. Larger values give long ways more weight. 1 ≤ Order ≤ 100.
	Order float64

	// Ground is the norm of differences of bars. Default Largest, L∞.
	Ground Norm
}

const wasserstein = "topology.Wasserstein"

// Resolve returns the options with defaults filled in, or a *mat32.ParamError, for diagrams
// of n and m bars.
func (w Wasserstein) Resolve(n, m int) (Wasserstein, error) {
	if w.Order == 0 {
		w.Order = 2
	}
	switch {
	case !(w.Order >= 1 && w.Order <= 100):
		return w, &mat32.ParamError{Method: wasserstein, Param: "Order", Value: w.Order, Want: "1 ≤ Order ≤ 100: Bottleneck is the limit"}
	case w.Ground != Largest && w.Ground != Straight:
		return w, &mat32.ParamError{Method: wasserstein, Param: "Ground", Value: w.Ground, Want: "Largest or Straight"}
	}
	return w, nil
}

// Match returns the distance and a matching that attains it. Essential bars are matched
// among themselves, by their births in order; where one diagram has more of them the
// distance is +Inf.
//
// The matching is exact, but for rounding: bars are assigned along shortest augmenting paths
// over the pairs of near bars, and prices of bars prove that no other pair would be
// cheaper, or name those that are looked at next (R. Jonker and A. Volgenant, 1987, A
// shortest augmenting path algorithm for dense and sparse linear assignment problems).
// Time grows a little faster than n² where many bars must move one after the other, such
// as those of pieces, far less where bars are sparse, and O(n³) at worst; memory about
// 2000 bytes a bar.
//
// Errors: those of Resolve, *mat32.NotFiniteError for a birth that is not finite or a death
// that is NaN, *mat32.ParamError for a bar that dies before it is born, and one that wraps
// ctx.Err().
func (w Wasserstein) Match(ctx context.Context, p, q Diagram) (*Matching, error) {
	w, err := w.Resolve(len(p), len(q))
	if err != nil {
		return nil, err
	}
	if err := cmp.Or(p.check(wasserstein, "p"), q.check(wasserstein, "q")); err != nil {
		return nil, err
	}
	m := &Matching{Name: fmt.Sprintf("Wasserstein distance of order %.4g", w.Order), Ground: w.Ground}
	a, b := part(p), part(q)
	if !m.endless(p, q, a, b) {
		return m, nil
	}
	d := newDeal(ctx, w, a.points, b.points)
	if err := d.close(ctx); err != nil {
		return nil, fmt.Errorf("%s: %w", wasserstein, err)
	}
	m.ending(a, b, d.sides[0].mate)
	unit, sum := 0., 0.
	for _, pair := range m.Pairs {
		unit = max(unit, pair.Distance)
	}
	if unit > 0 { // which keeps powers within float64
		for _, pair := range m.Pairs {
			sum += math.Pow(pair.Distance/unit, w.Order)
		}
		m.Distance = unit * math.Pow(sum, 1/w.Order)
	}
	return m, nil
}

// deal assigns the points of one side to those of the other, or to the diagonal. Prices
// prove that it is the cheapest: no pair costs less than the prices of both, no diagonal
// less than that of the point, and what is chosen costs just that.
type deal struct {
	Wasserstein
	unit  float64 // of lengths
	sides [2]side
}

type side struct {
	*plane
	at       []point
	diagonal []float64   // the cost of leaving a point to the diagonal
	price    []float64   // at most that
	mate     []int32     // −1 for the diagonal
	settled  []bool      // has a mate, or is left to the diagonal at its price
	offers   [][]partner // the pairs that are looked at
	top      []float64   // the largest price under every node of the plane

	distance []float64 // of a search: of points of the other side along the shortest path
	from     []int32
}

type partner struct {
	to   int32
	cost float64
}

// nearPoints is how many pairs of every point are looked at first.
const nearPoints = 6

func newDeal(ctx context.Context, w Wasserstein, a, b []point) *deal {
	d := &deal{Wasserstein: w}
	for s, points := range [2][]point{a, b} {
		n := len(points)
		d.sides[s] = side{plane: newPlane(ctx, points), at: points, diagonal: make([]float64, n), price: make([]float64, n),
			mate: make([]int32, n), settled: make([]bool, n), offers: make([][]partner, n)}
		for _, p := range points {
			d.unit = max(d.unit, w.Ground.diagonal(p))
		}
	}
	for s := range d.sides {
		d.sides[s].distance = make([]float64, len(d.sides[1-s].at))
		d.sides[s].from = make([]int32, len(d.sides[1-s].at))
		for i, p := range d.sides[s].at {
			d.sides[s].diagonal[i] = d.power(w.Ground.diagonal(p))
			d.sides[s].mate[i] = -1
		}
		for j := range d.sides[s].distance {
			d.sides[s].distance[j] = math.Inf(1)
		}
	}
	return d
}

func (d *deal) power(length float64) float64 {
	switch length /= d.unit; d.Order {
	case 1:
		return length
	case 2:
		return length * length
	}
	return math.Pow(length, d.Order)
}

func (d *deal) cost(p, q point) float64 { return d.power(d.Ground.of(p.x-q.x, p.y-q.y)) }

// close finds the cheapest of all assignments.
func (d *deal) close(ctx context.Context) error {
	if err := d.open(ctx); err != nil {
		return err
	}
	for {
		for s := range d.sides {
			for i, settled := range d.sides[s].settled {
				if settled {
					continue
				}
				if ctx.Err() != nil {
					return ctx.Err()
				}
				d.settle(s, int32(i))
			}
		}
		if found, err := d.missing(ctx); found == 0 || err != nil {
			return err
		}
	}
}

// open looks at the nearest pairs of every point that cost less than two diagonals, and
// sets the first prices: half of what the cheapest costs, then what is left of it.
func (d *deal) open(ctx context.Context) error {
	if ctx.Err() != nil {
		return ctx.Err() // planes may not be whole
	}
	for s := range d.sides {
		mine, theirs := &d.sides[s], &d.sides[1-s]
		all := theirs.none()
		all.fill()
		for i, p := range mine.at {
			if i%look == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			for _, j := range all.several(p, nearPoints) {
				d.offer(s, int32(i), j)
			}
		}
	}
	if err := d.reach(ctx); err != nil {
		return err
	}
	// Those that both sides name stand twice.
	for s := range d.sides {
		for i, offers := range d.sides[s].offers {
			if i%look == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			slices.SortFunc(offers, func(a, b partner) int {
				return cmp.Or(cmp.Compare(a.cost, b.cost), cmp.Compare(a.to, b.to))
			})
			d.sides[s].offers[i] = slices.Compact(offers)
		}
	}
	mine, theirs := &d.sides[0], &d.sides[1]
	for j := range theirs.price {
		theirs.price[j] = theirs.diagonal[j]
		if o := theirs.offers[j]; len(o) > 0 {
			theirs.price[j] = min(theirs.price[j], o[0].cost/2)
		}
	}
	for i := range mine.price {
		mine.price[i] = mine.diagonal[i]
		for _, o := range mine.offers[i] {
			mine.price[i] = min(mine.price[i], o.cost-theirs.price[o.to])
		}
	}
	// What is free is taken at once.
	for i := range mine.price {
		for _, o := range mine.offers[i] {
			if theirs.mate[o.to] < 0 && o.cost-theirs.price[o.to] == mine.price[i] {
				mine.mate[i], theirs.mate[o.to] = o.to, int32(i)
				mine.settled[i], theirs.settled[o.to] = true, true
				break
			}
		}
	}
	return nil
}

// reach looks at pairs ever farther apart, at distances of ranks that double, by births and
// by deaths: where many points must move one after the other, such as all pieces born at
// 0, prices are soon right on the whole.
func (d *deal) reach(ctx context.Context) error {
	for _, by := range [2]func(p point) (float64, float64){
		func(p point) (float64, float64) { return p.x, p.y },
		func(p point) (float64, float64) { return p.y, p.x },
	} {
		compare := func(p, q point) int {
			a, b := by(p)
			u, v := by(q)
			return cmp.Or(cmp.Compare(a, u), cmp.Compare(b, v))
		}
		var order [2][]int32
		for s := range order {
			order[s] = slices.Clone(d.sides[s].which)
			at := d.sides[s].at
			slices.SortFunc(order[s], func(i, j int32) int { return cmp.Or(compare(at[i], at[j]), cmp.Compare(i, j)) })
		}
		place, n := 0, len(order[1])
		for t, i := range order[0] {
			if t%look == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			for place < n && compare(d.sides[1].at[order[1][place]], d.sides[0].at[i]) < 0 {
				place++
			}
			for far := nearPoints; far < n; far *= 2 {
				if k := place - far; k >= 0 {
					d.offer(0, i, order[1][k])
				}
				if k := place + far; k < n {
					d.offer(0, i, order[1][k])
				}
			}
		}
	}
	return nil
}

// offer adds a pair where it costs less than two diagonals.
func (d *deal) offer(s int, i, j int32) {
	a, b := &d.sides[s], &d.sides[1-s]
	c := d.cost(a.at[i], b.at[j])
	if c < a.diagonal[i]+b.diagonal[j] {
		a.offers[i] = append(a.offers[i], partner{j, c})
		b.offers[j] = append(b.offers[j], partner{i, c})
	}
}

// settle finds the shortest path from a point, where a step to a partner costs what the
// pair does beyond both prices: to one without a mate, or to a point that goes to the
// diagonal. It moves the pairs along it by one, and the prices so that they prove it.
func (d *deal) settle(s int, start int32) {
	mine, theirs := &d.sides[s], &d.sides[1-s]
	var (
		q       queue
		reached []int32 // partners whose distance is known
		touched []int32
		last    = start // the point that may go to the diagonal, at the cost end
		end     = math.Inf(1)
		found   = int32(-1)
	)
	expand := func(i int32, before float64) {
		if e := before + max(0, mine.diagonal[i]-mine.price[i]); e < end {
			last, end = i, e
		}
		for _, o := range mine.offers[i] {
			length := before + max(0, o.cost-mine.price[i]-theirs.price[o.to])
			if length < mine.distance[o.to] && length < end {
				if math.IsInf(mine.distance[o.to], 1) {
					touched = append(touched, o.to)
				}
				mine.distance[o.to], mine.from[o.to] = length, i
				q.push(step{length, o.to, 0})
			}
		}
	}
	expand(start, 0)
	for q.top() < end {
		st := q.pop()
		j := st.from
		if st.length > mine.distance[j] {
			continue
		}
		reached = append(reached, j)
		if theirs.mate[j] < 0 {
			found, end = j, st.length
			break
		}
		expand(theirs.mate[j], st.length)
	}
	mine.price[start] += end
	for _, j := range reached {
		more := end - mine.distance[j]
		theirs.price[j] -= more
		if i := theirs.mate[j]; i >= 0 {
			mine.price[i] += more
		}
	}
	j := found
	if j < 0 {
		mine.price[last] = mine.diagonal[last]
		j, mine.mate[last] = mine.mate[last], -1
	} else {
		theirs.settled[j] = true
	}
	for j >= 0 {
		i := mine.from[j]
		j, mine.mate[i], theirs.mate[j] = mine.mate[i], j, i
	}
	mine.settled[start] = true
	for _, j := range touched {
		mine.distance[j] = math.Inf(1)
	}
}

// missing adds pairs that cost less than their prices, and returns how many. Their points
// lower their prices, and have no mates then. What is looked at already is left as it is:
// there it is rounding.
func (d *deal) missing(ctx context.Context) (found int, err error) {
	mine, theirs := &d.sides[0], &d.sides[1]
	theirs.rank()
	var s scan
	for i := range mine.at {
		if i%look == 0 && ctx.Err() != nil {
			return 0, ctx.Err()
		}
		s.deal, s.point, s.price, s.known = d, mine.at[i], mine.price[i], mine.offers[i]
		s.found = s.found[:0]
		s.visit(0)
		if len(s.found) == 0 {
			continue
		}
		slices.SortFunc(s.found, func(a, b partner) int {
			return cmp.Or(cmp.Compare(a.cost, b.cost), cmp.Compare(a.to, b.to))
		})
		for _, c := range s.found[:min(len(s.found), nearPoints)] {
			d.offer(0, int32(i), c.to)
			found++
		}
		mine.price[i] += s.found[0].cost // which is negative
		if j := mine.mate[i]; j >= 0 {
			theirs.mate[j], theirs.settled[j] = -1, false
		}
		mine.mate[i], mine.settled[i] = -1, false
	}
	return found, nil
}

// rank finds the largest price under every node.
func (s *side) rank() {
	if s.top == nil {
		s.top = make([]float64, len(s.nodes))
	}
	for at := len(s.nodes) - 1; at >= 0; at-- {
		s.top[at] = math.Inf(-1)
		if left := 2*at + 1; left < len(s.nodes) {
			s.top[at] = max(s.top[left], s.top[left+1])
			continue
		}
		for _, j := range s.which[s.nodes[at].lo:s.nodes[at].hi] {
			s.top[at] = max(s.top[at], s.price[j])
		}
	}
}

// scan looks for partners of a point that cost less than the prices of both.
type scan struct {
	*deal
	point point
	price float64
	known []partner
	found []partner // with what they cost beyond the prices
}

// rounding is what a cost may be below prices, of which the largest is 1.
const rounding = 1e-13

func (s *scan) visit(at int) {
	t := &s.sides[1]
	n := &t.nodes[at]
	x, y := n.gaps(s.point)
	if s.power(s.Ground.of(x, y)) >= s.price+t.top[at] {
		return
	}
	if left := 2*at + 1; left < len(t.nodes) {
		s.visit(left)
		s.visit(left + 1)
		return
	}
	for k := n.lo; k < n.hi; k++ {
		j := t.which[k]
		if c := s.cost(s.point, t.points[k]) - s.price - t.price[j]; c < -rounding && !slices.ContainsFunc(s.known, func(o partner) bool { return o.to == j }) {
			s.found = append(s.found, partner{j, c})
		}
	}
}
