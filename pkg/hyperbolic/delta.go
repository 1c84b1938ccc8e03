package hyperbolic

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

const delta = "hyperbolic.Delta"

// Delta measures how far distances are from those of a tree: Gromov's δ. Four rows can be
// paired in three ways; of the sums S₁ ≥ S₂ ≥ S₃ of the distances of the pairs, a tree has
// S₁ = S₂. δ is the largest (S₁ − S₂)/2 of all quadruples (M. Gromov, 1987, Hyperbolic
// groups). It is 0 for trees and for sets whose distances are all equal, at most
// ln(1+√2) = 0.88 in the hyperbolic plane, and grows with the size of flat data; 2·δ over
// the diameter, between 0 and 1, compares sizes.
//
// x holds rows, compared by Euclidean distances, a *mat32.Distances, an *Embedding, or an
// *affinity.Sparse: a connected graph whose weights are the lengths of its edges.
//
// The maximum is exact, to the rounding of the distances, whatever n: a quadruple has no
// more than half the distance of the nearer of the pairs that make S₁, so that pairs are
// taken from far to near until the best so far is half their distance; in a graph only
// pairs that no edge prolongs (N. Cohen, D. Coudert and A. Lancin, 2015, On computing the
// Gromov hyperbolicity); and with a pair only rows whose distances from its two ends
// differ by less than they may (M. Borassi, D. Coudert, P. Crescenzi and A. Marino, 2015,
// On computing the hyperbolicity of real-world graphs). The first guess is climbed to from
// several pairs. Peers that draw rows, or that look from one base point (see
// BasePointDelta), report less than δ.
//
// Time: O(n²·d) for the distances, then O(n⁴) at worst, which trees in disguise come near to
// and data whose δ is a fair share of the diameter do not; some seconds for 2 000 rows of those.
// Memory 8·n² bytes, and 16 for every pair farther apart than 2·δ.
type Delta struct {
	// Quadruples is over how many quadruples, drawn at random, the mean is taken where
	// there are more than that and more than 67 108 864 (from 203 rows on). Default
	// 1 048 576. Larger values cost time and lower the standard error, with their root;
	// from the number of all quadruples on the mean is exact. Up to 2³².
	Quadruples int

	// Seed draws them; any number will do. Default 0. Ignored where the mean is exact.
	Seed uint64

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT, or
	// 4 GiB.
	MemoryLimit int64
}

// Resolve returns the options with defaults filled in, or a *mat32.ParamError or
// *mat32.ShapeError, for a matrix of n rows and d columns.
func (o Delta) Resolve(n, d int) (Delta, error) {
	if n < 4 {
		return o, fmt.Errorf("%s: %w", delta, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 4 rows for a quadruple"})
	}
	if o.Quadruples == 0 {
		o.Quadruples = 1 << 20
	}
	if o.Quadruples < 2 || o.Quadruples > 1<<32 {
		return o, &mat32.ParamError{Method: delta, Param: "Quadruples", Value: o.Quadruples, Want: "0, or 2 ≤ Quadruples ≤ 2³²"}
	}
	if o.MemoryLimit < 0 {
		return o, &mat32.ParamError{Method: delta, Param: "MemoryLimit", Value: o.MemoryLimit, Want: "0 or more bytes"}
	}
	return o, nil
}

// Hyperbolicity is how far distances are from those of a tree.
type Hyperbolicity struct {
	Max       float64 // δ, the largest (S₁ − S₂)/2
	Quadruple [4]int  // rows that have it: the first two are a pair of S₁, the last two the other
	Mean      float64 // over quadruples
	StdErr    float64 // of Mean, where quadruples were drawn; 0 where it is exact
	Diameter  float64 // the largest distance
	Rows      int
	Of        int    // quadruples that Mean is over
	Distances string // what was compared: "Euclidean", "shortest ways", "given", "hyperbolic"
	Notes     []string
}

// Relative returns 2·Max over the diameter, from 0 for a tree to 1; 0 where all distances are 0.
func (h *Hyperbolicity) Relative() float64 { return h.share(h.Max) }

// RelativeMean returns 2·Mean over the diameter.
func (h *Hyperbolicity) RelativeMean() float64 { return h.share(h.Mean) }

func (h *Hyperbolicity) share(v float64) float64 {
	if h.Diameter == 0 {
		return 0
	}
	return 2 * v / h.Diameter
}

// String returns a small table.
func (h *Hyperbolicity) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "δ-hyperbolicity  %.4g\n  relative    %.4g  (2δ/diameter, from 0 for a tree to 1)\n", h.Max, h.Relative())
	fmt.Fprintf(&b, "  mean        %.4g", h.Mean)
	if h.StdErr > 0 {
		fmt.Fprintf(&b, " ± %.1g", h.StdErr)
	}
	fmt.Fprintf(&b, "  over %d quadruples\n  diameter    %.4g\n  rows        %d\n  distances   %s\n  convention  four points, (S₁ − S₂)/2", h.Of, h.Diameter, h.Rows, h.Distances)
	for _, note := range h.Notes {
		fmt.Fprintf(&b, "\n  note        %s", note)
	}
	return b.String()
}

// Compute returns the hyperbolicity of x. Errors: those of mat32.Check and Resolve;
// *mat32.ParamError for a graph with directions; *mat32.DegenerateError for one in pieces,
// and where distances are beyond float64; *mat32.MemoryError; and one that wraps ctx.Err().
func (o Delta) Compute(ctx context.Context, x mat.Matrix) (*Hyperbolicity, error) {
	if err := sound(ctx, delta, x); err != nil {
		return nil, err
	}
	o, err := o.Resolve(x.Dims())
	if err != nil {
		return nil, err
	}
	m, err := between(ctx, delta, x, 4, 0, o.MemoryLimit)
	if err != nil {
		return nil, err
	}
	h := &Hyperbolicity{Diameter: m.diameter, Rows: m.n, Distances: m.name}
	s := &search{metric: m, limit: o.MemoryLimit}
	if m.given {
		if s.excess, err = m.excess(ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", delta, err)
		}
		if s.excess > 1e-9*m.diameter {
			h.Notes = append(h.Notes, fmt.Sprintf("the triangle inequality fails, by up to %.3g: it is no metric", s.excess))
		}
	}
	if err := s.run(ctx); err != nil {
		return nil, mat32.Rename(delta, err)
	}
	h.Max, h.Quadruple = s.best.delta, s.best.rows
	if err := o.mean(ctx, m, h); err != nil {
		return nil, fmt.Errorf("%s: %w", delta, err)
	}
	return h, nil
}

// fourPoint returns (S₁ − S₂)/2 of three sums.
func fourPoint(a, b, c float64) float64 {
	if a < b {
		a, b = b, a
	}
	if c > b {
		return math.Abs(a-c) / 2
	}
	return (a - b) / 2
}

// of returns the δ of four rows, and the rows so that the pairs of S₁ stand together.
func (m *metric) quadruple(i, j, k, l int) (float64, [4]int) {
	a, b, c := m.of[i*m.n+j]+m.of[k*m.n+l], m.of[i*m.n+k]+m.of[j*m.n+l], m.of[i*m.n+l]+m.of[j*m.n+k]
	rows := [4]int{i, j, k, l}
	switch {
	case b > a && b >= c:
		rows = [4]int{i, k, j, l}
	case c > a && c > b:
		rows = [4]int{i, l, j, k}
	}
	return fourPoint(a, b, c), rows
}

// mean takes the mean over all quadruples, or over some.
func (o Delta) mean(ctx context.Context, m *metric, h *Hyperbolicity) error {
	const allOf = 1 << 26
	n := m.n
	all := float64(n) * float64(n-1) / 2 * float64(n-2) / 3 * float64(n-3) / 4
	if all <= max(allOf, float64(o.Quadruples)) {
		h.Of = int(math.Round(all))
		// The parts are those of the first two rows.
		pairs := n * (n - 1) / 2
		sum, err := par.Sum(ctx, pairs, 16, func(lo, hi int) (sum float64) {
			i, first := 0, 0 // the pairs of row i begin at first
			for p := lo; p < hi; p++ {
				for first+n-1-i <= p {
					first += n - 1 - i
					i++
				}
				j := i + 1 + p - first
				if ctx.Err() != nil {
					return 0
				}
				sum += m.from(i, j)
			}
			return sum
		})
		h.Mean = sum / all
		return err
	}
	h.Of = o.Quadruples
	const draws = 4096
	blocks := (o.Quadruples + draws - 1) / draws
	squares := make([]float64, blocks)
	sum, err := par.Sum(ctx, blocks, 1, func(b, _ int) (sum float64) {
		s := rng.New(o.Seed, delta, b)
		for range min(draws, o.Quadruples-b*draws) {
			var rows [4]int
			for t := 0; t < 4; {
				rows[t] = s.IntN(n)
				if !slices.Contains(rows[:t], rows[t]) {
					t++
				}
			}
			v, _ := m.quadruple(rows[0], rows[1], rows[2], rows[3])
			if h.Diameter > 0 {
				v /= h.Diameter // whose square is a number
			}
			sum += v
			squares[b] += v * v
		}
		return sum
	})
	count := float64(o.Quadruples)
	mean, square := sum/count, 0.
	for _, v := range squares {
		square += v
	}
	h.Mean = mean * h.Diameter
	h.StdErr = math.Sqrt(max(0, square/count-mean*mean)/(count-1)) * h.Diameter
	return err
}

// from returns the sum over quadruples i < j < k < l.
func (m *metric) from(i, j int) (sum float64) {
	a, b := m.row(i), m.row(j)
	first := a[j]
	for k := j + 1; k < m.n; k++ {
		c := m.row(k)[k+1:]
		a, b, ak, bk := a[k+1:], b[k+1:], a[k], b[k]
		a, b = a[:len(c)], b[:len(c)]
		for l, v := range c {
			x, y, z := first+v, ak+b[l], a[l]+bk
			sum += math.Abs(max(x, y) - max(z, min(x, y)))
		}
	}
	return sum / 2
}

// found is a quadruple and its δ.
type found struct {
	delta float64
	rows  [4]int
}

// search looks for the quadruple of the largest δ.
type search struct {
	*metric
	limit  int64
	excess float64 // by which the triangle inequality may fail
	best   found
	far    []float64 // of every row, the largest distance
}

// rounding is how much better, as a share of the diameter, a quadruple must be for it to
// be sought.
const rounding = 1e-13

// bar is what twice the δ of a quadruple must exceed to be better.
func (s *search) bar(best float64) float64 { return 2*best + rounding*s.diameter }

func (s *search) run(ctx context.Context) error {
	s.best.rows = [4]int{0, 1, 2, 3}
	s.best.delta, s.best.rows = s.quadruple(0, 1, 2, 3)
	s.far = make([]float64, s.n)
	for i := range s.far {
		s.far[i] = slices.Max(s.row(i))
	}
	if err := s.climb(ctx); err != nil {
		return err
	}
	done, err := s.bounded(ctx)
	if done || err != nil {
		return err
	}
	pairs, err := s.pairs(ctx)
	if err != nil {
		return err
	}
	return s.descend(ctx, pairs)
}

// climb improves quadruples that hold a pair of far rows, by turns taking the best other
// pair for one and for the other.
func (s *search) climb(ctx context.Context) error {
	const starts, turns = 12, 6
	order := make([]int, s.n) // rows that see far first
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(s.far[b], s.far[a]) })
	tries := make([]found, min(starts, s.n))
	err := par.BlocksWith(ctx, len(tries), 1, s.scratch, func(w *scratch, t, _ int) {
		x := order[t*(s.n-1)/max(1, len(tries)-1)]
		y := slices.Index(s.row(x), s.far[x])
		best := s.best
		for range turns {
			f := s.others(ctx, w, x, y, s.diameter, best)
			if f.delta <= best.delta {
				break
			}
			best, x, y = f, f.rows[2], f.rows[3]
		}
		tries[t] = best
	})
	for _, f := range tries {
		if f.delta > s.best.delta {
			s.best = f
		}
	}
	return err
}

// bounded reports whether the bound from a base point shows the best to be the best: as
// for a tree, where pairs say nothing.
func (s *search) bounded(ctx context.Context) (bool, error) {
	if s.best.delta > rounding*s.diameter || s.diameter == 0 {
		return s.diameter == 0, nil
	}
	base, err := s.gromov(ctx, 0)
	return 2*base <= rounding*s.diameter, err
}

// pair is two rows and their distance.
type pair struct {
	distance float64
	x, y     int32
}

// pairs lists those that may be of a better quadruple, far ones first.
func (s *search) pairs(ctx context.Context) ([]pair, error) {
	count, bar := 0, s.bar(s.best.delta)-s.excess
	for i := range s.n {
		for _, v := range s.row(i)[i+1:] {
			if v > bar {
				count++
			}
		}
	}
	if err := mat32.CheckMemory(delta, 8*int64(s.n)*int64(s.n)+16*int64(count), s.limit, "use fewer rows"); err != nil {
		return nil, err
	}
	list := make([]pair, 0, count)
	for i := range s.n {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		for k, v := range s.row(i)[i+1:] {
			if j := i + 1 + k; v > bar && !s.prolonged(i, j) && !s.prolonged(j, i) {
				list = append(list, pair{v, int32(i), int32(j)})
			}
		}
	}
	slices.SortFunc(list, func(a, b pair) int {
		return cmp.Or(cmp.Compare(b.distance, a.distance), cmp.Compare(a.x, b.x), cmp.Compare(a.y, b.y))
	})
	return list, nil
}

// prolonged reports whether an edge of the graph at x leads farther from y by all its
// length: with its other end for x, no quadruple is worse.
func (s *search) prolonged(x, y int) bool {
	if s.graph == nil {
		return false
	}
	to, lengths := s.graph.Row(x)
	row := s.row(y)
	for k, w := range to {
		if int(w) != x && row[w] >= row[x]+lengths[k] {
			return true
		}
	}
	return false
}

// descend looks at all pairs, in rounds. A pair is measured against the best of earlier
// rounds and of its block, so that which quadruple is found is not left to chance.
func (s *search) descend(ctx context.Context, pairs []pair) error {
	stage := watch.Start(ctx, "δ-hyperbolicity", len(pairs))
	size := max(1, min(32, 1<<22/(s.n*s.n)))
	for at, round := 0, 64*size; at < len(pairs) && pairs[at].distance+s.excess > s.bar(s.best.delta); round *= 2 {
		some := pairs[at:min(at+round, len(pairs))]
		results := make([]found, (len(some)+size-1)/size)
		err := par.BlocksWith(ctx, len(some), size, s.scratch, func(w *scratch, lo, hi int) {
			best := s.best
			for _, p := range some[lo:hi] {
				if p.distance+s.excess <= s.bar(best.delta) || ctx.Err() != nil {
					break
				}
				best = s.others(ctx, w, int(p.x), int(p.y), p.distance, best)
			}
			results[lo/size] = best
			stage.Add(hi - lo)
		})
		if err != nil {
			return err
		}
		for _, f := range results {
			if f.delta > s.best.delta {
				s.best = f
			}
		}
		at += len(some)
	}
	return nil
}

// scratch is what a goroutine needs to look for the other pair.
type scratch struct {
	row []other
	at  []int32
	f   []float64
	s   []float64
}

// other is a row that may be of the other pair.
type other struct {
	share float64 // the most that it adds to 2·δ, by one bound
	f, s  float64 // half the sum, and half the difference, of its distances from the pair
	to    float64 // its distance from the middle
	row   int32
}

func (s *search) scratch() *scratch { return &scratch{} }

// others returns the best quadruple that has x and y for a pair of S₁, and another that is
// no farther apart than cap, if it is better than best. With a and b the distances of a row
// v from x and y, f = (a+b)/2 and s = (a−b)/2, the four points x, y | v, w have
//
//	2·δ = d(x,y) + d(v,w) − f(v) − f(w) − |s(v) − s(w)|
//
// where this is above 0. By the triangle inequality it is at most d(x,y) − 2·|s(v)|. For
// d(v,w) stands cap, or the farthest of v, or the way by any row c, for which the one in the
// middle between x and y is taken: the first and the last make a bound that is a sum of
// shares of v and of w.
func (s *search) others(ctx context.Context, w *scratch, x, y int, cap float64, best found) found {
	a, b := s.row(x), s.row(y)
	b = b[:len(a)]
	distance := a[y]
	bar := s.bar(best.delta)
	middle, least, lowest := 0, math.Inf(1), math.Inf(1)
	for v, d := range a {
		e := b[v]
		lowest = min(lowest, d+e)
		if m := max(d, e); m < least {
			middle, least = v, m
		}
	}
	lowest /= 2
	if distance+cap-2*lowest <= bar {
		return best
	}
	c := s.row(middle)[:len(a)]
	w.row = w.row[:0]
	most := math.Inf(-1)
	for v, d := range a {
		e := b[v]
		f := (d + e) / 2
		if distance-math.Abs(d-e)+s.excess <= bar || distance+min(cap, s.far[v])-f-lowest <= bar {
			continue
		}
		w.row = append(w.row, other{f: f, s: (d - e) / 2, to: c[v] + s.excess, row: int32(v)})
		most = max(most, c[v]+s.excess-f)
	}
	// The bound that leaves fewer rows.
	byWay := 0
	for _, o := range w.row {
		if distance+o.to-o.f+most > bar {
			byWay++
		}
	}
	way := byWay < len(w.row)
	kept := w.row[:0]
	for _, o := range w.row {
		if distance+o.to-o.f+most <= bar {
			continue
		}
		o.share = (distance+cap)/2 - o.f
		if way {
			o.share = distance/2 + o.to - o.f
		}
		kept = append(kept, o)
	}
	slices.SortFunc(kept, func(a, b other) int {
		return cmp.Or(cmp.Compare(b.share, a.share), cmp.Compare(a.row, b.row))
	})
	w.at, w.f, w.s = w.at[:0], w.f[:0], w.s[:0]
	for _, o := range kept {
		w.at, w.f, w.s = append(w.at, o.row), append(w.f, o.f), append(w.s, o.s)
	}
	end := len(kept)
	for i, v := range kept {
		if i%64 == 0 && ctx.Err() != nil {
			return best
		}
		for end > 0 && kept[end-1].share+v.share <= bar {
			end--
		}
		if end <= i+1 {
			break
		}
		row := s.row(int(v.row))
		at, fs, ss := w.at[i+1:end], w.f[i+1:end], w.s[i+1:end]
		fs, ss = fs[:len(at)], ss[:len(at)]
		need := bar - distance + v.f
		for k, u := range at {
			if row[u]-fs[k]-math.Abs(ss[k]-v.s) <= need {
				continue
			}
			if value, rows := s.quadruple(x, y, int(v.row), int(u)); value > best.delta {
				best = found{value, rows}
				if bar = s.bar(value); bar-distance+v.f > need {
					need = bar - distance + v.f
				}
			}
		}
	}
	return best
}
