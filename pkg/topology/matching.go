package topology

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// Match pairs a bar of one diagram with a bar of another, or with the diagonal.
type Match struct {
	P, Q     int     // their numbers in the diagrams; −1 for the diagonal
	Distance float64 // of both by the ground norm
}

// Matching says which bars of two diagrams belong together, and how far apart that puts
// the diagrams.
type Matching struct {
	Distance float64 // +Inf where the diagrams have different numbers of essential bars
	Pairs    []Match // by P, then those of the diagonal with a bar of Q; none where Distance is +Inf
	Name     string  // "bottleneck distance"
	Ground   Norm    // by which distances of bars are taken
}

// Worst returns the pair that is farthest apart, the first of several, and whether there
// is any.
func (m *Matching) Worst() (worst Match, ok bool) {
	for i, p := range m.Pairs {
		if i == 0 || p.Distance > worst.Distance {
			worst, ok = p, true
		}
	}
	return worst, ok
}

// String returns a table of one line: the distance, and what is matched.
func (m *Matching) String() string {
	bars, left, right := 0, 0, 0
	for _, p := range m.Pairs {
		switch {
		case p.Q < 0:
			left++
		case p.P < 0:
			right++
		default:
			bars++
		}
	}
	if math.IsInf(m.Distance, 1) {
		return fmt.Sprintf("%s  +Inf, the diagrams have different numbers of essential bars", m.Name)
	}
	return fmt.Sprintf("%s  %.6g, %v, %d pairs of bars, %d and %d bars matched with the diagonal", m.Name, m.Distance, m.Ground, bars, left, right)
}

// Norm measures differences of bars in the plane of births and deaths.
type Norm int

const (
	// Largest takes the larger of both differences: L∞. The diagonal is half the length
	// of a bar away.
	Largest Norm = iota
	// Straight takes the straight line: L2. The diagonal is the length of a bar over √2
	// away.
	Straight
)

// String names the norm.
func (n Norm) String() string {
	switch n {
	case Largest:
		return "L∞ between bars"
	case Straight:
		return "L2 between bars"
	}
	return fmt.Sprintf("Norm(%d)", int(n))
}

func (n Norm) of(x, y float64) float64 {
	if n == Straight {
		return math.Hypot(x, y)
	}
	return max(math.Abs(x), math.Abs(y))
}

// diagonal returns how far a bar is from its nearest point on the diagonal.
func (n Norm) diagonal(p point) float64 {
	if n == Straight {
		return (p.y - p.x) / math.Sqrt2
	}
	return (p.y - p.x) / 2
}

// check returns an error where a bar is born at no finite scale, or dies at none or before
// it is born.
func (d Diagram) check(method, name string) error {
	for i, b := range d {
		switch {
		case b.Birth-b.Birth != 0:
			return fmt.Errorf("%s: %s: %w", method, name, &mat32.NotFiniteError{Row: i, Col: 0, Value: b.Birth})
		case b.Death != b.Death:
			return fmt.Errorf("%s: %s: %w", method, name, &mat32.NotFiniteError{Row: i, Col: 1, Value: b.Death})
		case b.Death < b.Birth:
			return &mat32.ParamError{Method: method, Param: fmt.Sprintf("%s[%d]", name, i), Value: b, Want: "Birth ≤ Death"}
		}
	}
	return nil
}

// parted is a diagram without bars of length 0: those that die, as points, and those that
// do not, by birth.
type parted struct {
	points    []point
	bars      []int // the numbers of the points in the diagram
	essential []int // the numbers of the others
}

func part(d Diagram) (f parted) {
	for i, b := range d {
		switch {
		case b.Essential():
			f.essential = append(f.essential, i)
		case b.Death > b.Birth:
			f.points, f.bars = append(f.points, pointOf(b)), append(f.bars, i)
		}
	}
	slices.SortStableFunc(f.essential, func(i, j int) int { return cmp.Compare(d[i].Birth, d[j].Birth) })
	return f
}

// endless matches essential bars by the order of their births: on a line nothing is nearer.
// It reports whether both diagrams have as many.
func (m *Matching) endless(p, q Diagram, a, b parted) bool {
	if len(a.essential) != len(b.essential) {
		m.Distance = math.Inf(1)
		return false
	}
	for k, i := range a.essential {
		j := b.essential[k]
		m.Pairs = append(m.Pairs, Match{i, j, math.Abs(p[i].Birth - q[j].Birth)})
	}
	return true
}

// ending adds the pairs of finite bars, where mate holds the point of b for every one of a,
// or −1, and puts all pairs in order.
func (m *Matching) ending(a, b parted, mate []int32) {
	taken := make([]bool, len(b.points))
	for i, j := range mate {
		if j < 0 {
			m.Pairs = append(m.Pairs, Match{a.bars[i], -1, m.Ground.diagonal(a.points[i])})
			continue
		}
		taken[j] = true
		p, q := a.points[i], b.points[j]
		m.Pairs = append(m.Pairs, Match{a.bars[i], b.bars[j], m.Ground.of(p.x-q.x, p.y-q.y)})
	}
	for j, is := range taken {
		if !is {
			m.Pairs = append(m.Pairs, Match{-1, b.bars[j], m.Ground.diagonal(b.points[j])})
		}
	}
	slices.SortFunc(m.Pairs, func(x, y Match) int {
		if (x.P < 0) != (y.P < 0) {
			return cmp.Compare(y.P, x.P)
		}
		return cmp.Or(cmp.Compare(x.P, y.P), cmp.Compare(x.Q, y.Q))
	})
}
