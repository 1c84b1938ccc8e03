package hyperbolic

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

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
	if s.costs(ctx, pairs) > s.costsOfAll() {
		return s.all(ctx)
	}
	return s.descend(ctx, pairs)
}

// What a search takes, in nanoseconds as they were measured: to look at a row, or at a
// quadruple, of a pair; to look at a triple, and to begin and go on with its quadruples.
const (
	perRow, perQuadruple          = 4, 3.5
	perTriple, perStart, perPoint = 2.5, 12, .2
)

// costs tells what descend would take, from some of the pairs, which it looks at.
func (s *search) costs(ctx context.Context, pairs []pair) float64 {
	const some = 64
	w, sum := s.scratch(), 0.
	count := min(some, len(pairs))
	for t := range count {
		p := pairs[t*len(pairs)/count]
		w.looked = 0
		s.best = s.others(ctx, w, int(p.x), int(p.y), p.distance, s.best)
		sum += perRow*float64(s.n) + perQuadruple*float64(w.looked)
	}
	return sum / float64(max(1, count)) * float64(len(pairs))
}

// costsOfAll tells what all would take.
func (s *search) costsOfAll() float64 {
	const some = 4096
	draw, kept := rng.New(0, "hyperbolic.triples", 0), 0
	for range some {
		if s.promising(draw.IntN(s.n), draw.IntN(s.n), draw.IntN(s.n), s.bar(s.best.delta)-s.excess) {
			kept++
		}
	}
	n := float64(s.n)
	return n * (n - 1) * (n - 2) / 6 * (perTriple + float64(kept)/some*(perStart+perPoint*n/4))
}

// promising reports whether three rows may be of a quadruple whose δ is better: S₁ has the
// distance of two of them, and leads by no more than that, less by how much the third is
// nearer to one than to the other.
func (m *metric) promising(i, j, k int, bar float64) bool {
	a, b, c := m.of[i*m.n+j], m.of[i*m.n+k], m.of[j*m.n+k]
	return a-math.Abs(b-c) > bar || b-math.Abs(a-c) > bar || c-math.Abs(a-b) > bar
}

// all looks at all quadruples whose first three rows are promising, in float32 first: where
// the metric is so near to a tree's that pairs tell little.
func (s *search) all(ctx context.Context) error {
	if err := mat32.CheckMemory(delta, 12*int64(s.n)*int64(s.n), s.limit, "use fewer rows"); err != nil {
		return err
	}
	shares := make([]float32, s.n*s.n) // distances over the diameter
	for i, v := range s.of {
		shares[i] = float32(v / s.diameter)
	}
	const size = 4 // pairs of a block
	pairs := s.n * (s.n - 1) / 2
	stage := watch.Start(ctx, "δ-hyperbolicity", pairs)
	for at, round := 0, 64*size; at < pairs; round *= 2 {
		some := min(round, pairs-at)
		results := make([]found, (some+size-1)/size)
		err := par.Blocks(ctx, some, size, func(lo, hi int) {
			best := s.best
			i, j := s.place(at + lo)
			for range hi - lo {
				if ctx.Err() != nil {
					return
				}
				best = s.fourths(shares, i, j, best)
				if j++; j == s.n {
					i++
					j = i + 1
				}
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
		at += some
	}
	return nil
}

// place returns the rows i < j of a pair by its number in condensed order.
func (m *metric) place(p int) (i, j int) {
	for p >= m.n-1-i {
		p -= m.n - 1 - i
		i++
	}
	return i, i + 1 + p
}

// fourths returns the best quadruple i < j < k < l, if it is better than best.
func (s *search) fourths(shares []float32, i, j int, best found) found {
	const off = 1e-6 // what float32 may be wrong by, of the diameter: a dozen roundings of numbers up to 2
	n := s.n
	a, b := s.row(i), s.row(j)
	ij := a[j]
	bar := s.bar(best.delta) - s.excess
	fast := float32(s.bar(best.delta)/s.diameter - off)
	a32, b32 := shares[i*n:(i+1)*n], shares[j*n:(j+1)*n]
	for k := j + 1; k < n-1; k++ {
		ik, jk := a[k], b[k]
		if ij-math.Abs(ik-jk) <= bar && ik-math.Abs(ij-jk) <= bar && jk-math.Abs(ij-ik) <= bar {
			continue
		}
		if kernel.FourPoints32(a32[k+1:], b32[k+1:], shares[k*n+k+1:(k+1)*n], a32[j], a32[k], b32[k]) <= fast {
			continue
		}
		c := s.row(k)
		for l := k + 1; l < n; l++ {
			if 2*fourPoint(ij+c[l], ik+b[l], jk+a[l]) <= s.bar(best.delta) {
				continue
			}
			best.delta, best.rows = s.quadruple(i, j, k, l)
			bar = s.bar(best.delta) - s.excess
			fast = float32(s.bar(best.delta)/s.diameter - off)
		}
	}
	return best
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

	looked int // how many quadruples were
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
		w.looked += len(at)
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
