package intrinsic

import (
	"context"
	"maps"
	"math"
	"slices"
	"sort"
	"sync"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/screen"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// pairs measures all pairs of some rows, block by block: fast to see between which
// radii a pair lies, and exactly where that leaves a doubt.
type pairs struct {
	n    int
	rows *screen.Rows
	x    mat.Matrix
}

func newPairs(ctx context.Context, x mat.Matrix) (*pairs, error) {
	n, _ := x.Dims()
	rows, err := screen.New(ctx, x)
	if err != nil {
		return nil, err
	}
	return &pairs{n, rows, x}, rows.Prepare(ctx)
}

// pairCounters is how many bytes the counters of all parts may take.
const pairCounters = 512 << 20

// nearer returns for every row the number of other rows nearer than each of the
// ascending radii: count i·len(radii) + r.
func (p *pairs) nearer(ctx context.Context, radii []float64) ([]int32, error) {
	size := len(radii)
	first := newFirstRadius(p.rows, radii)
	all := make([]int32, p.n*size)
	var adding sync.Mutex
	stage := watch.Start(ctx, "pairs", p.n)
	// Whole numbers add up to the same in any order.
	parts := min(pairParts, pairCounters/(4*p.n*size))
	err := p.blocks(ctx, stage, parts, func(done func(visit func(i, lo int, fast []float32))) {
		counts := make([]int32, len(all))
		limits := newLimits(size)
		at := -1
		done(func(i, lo int, fast []float32) {
			if i != at {
				at = i
				limits.set(p.rows, i, radii)
			}
			own := counts[i*size : (i+1)*size]
			top := limits.high[size-1]
			for j, v := range fast {
				if v > top {
					continue
				}
				r := first.of(v)
				for r > 0 && v <= limits.high[r-1] {
					r--
				}
				for v > limits.high[r] {
					r++
				}
				if v >= limits.low[r] {
					exact := p.rows.Exact(i, lo+j)
					if r = sort.Search(size, func(r int) bool { return exact < radii[r] }); r == size {
						continue
					}
				}
				own[r]++
				counts[(lo+j)*size+r]++
			}
		})
		adding.Lock()
		defer adding.Unlock()
		for i, c := range counts {
			all[i] += c
		}
	})
	for i := range p.n {
		own := all[i*size : (i+1)*size]
		for r := 1; r < size; r++ {
			own[r] += own[r-1]
		}
	}
	return all, err
}

// between returns how many pairs are at each distance from low to below high.
func (p *pairs) between(ctx context.Context, low, high float64) (map[float64]int, error) {
	all := map[float64]int{}
	var adding sync.Mutex
	stage := watch.Start(ctx, "pairs", p.n)
	err := p.blocks(ctx, stage, pairParts, func(done func(visit func(i, lo int, fast []float32))) {
		found := map[float64]int{}
		done(func(i, lo int, fast []float32) {
			from, _ := p.rows.Interval(i, low)
			_, to := p.rows.Interval(i, high)
			for j, v := range fast {
				if v >= from && v <= to {
					if exact := p.rows.Exact(i, lo+j); exact >= low && exact < high {
						found[exact]++
					}
				}
			}
		})
		adding.Lock()
		defer adding.Unlock()
		for v, c := range found {
			all[v] += c
		}
	})
	return all, err
}

// pairParts is among how many parts, each with counters of its own, the rows are
// dealt at most.
const pairParts = 16

// blocks deals the rows to parts: each begins with f, which calls done with what is
// to be done with the fast distances from a row i to some rows from lo on, all later
// than i.
func (p *pairs) blocks(ctx context.Context, stage *watch.Stage, parts int, f func(done func(visit func(i, lo int, fast []float32)))) error {
	const block, stretch = 32, 1024
	parts = max(1, min(parts, (p.n+block-1)/block))
	return par.BlocksWith(ctx, parts, 1, func() []float32 { return make([]float32, stretch) }, func(fast []float32, part, _ int) {
		f(func(visit func(i, lo int, fast []float32)) {
			// In turn, for the first rows have the most pairs.
			for from := part * block; from < p.n; from += parts * block {
				to := min(from+block, p.n)
				for lo := from; lo < p.n && ctx.Err() == nil; lo += stretch {
					hi := min(lo+stretch, p.n)
					for i := from; i < to; i++ {
						if start := max(lo, i+1); start < hi {
							some := fast[:hi-start]
							p.rows.Fast(some, i, start)
							visit(i, start, some)
						}
					}
				}
				stage.Add(to - from)
			}
		})
	})
}

// limits are the fast distances from one row between which those at exactly the
// radii must lie.
type limits struct{ low, high []float32 }

func newLimits(size int) *limits { return &limits{make([]float32, size), make([]float32, size)} }

func (l *limits) set(rows *screen.Rows, i int, radii []float64) {
	for r, v := range radii {
		l.low[r], l.high[r] = rows.Interval(i, v)
	}
}

// firstRadius guesses the least radius that a fast distance does not exceed, by the
// leading bits of the distance.
type firstRadius [1 << 12]uint16

const dropped = 31 - 12 // bits of a positive float32 that do not matter

func newFirstRadius(rows *screen.Rows, radii []float64) *firstRadius {
	var f firstRadius
	r := 0
	for b := range f {
		edge := math.Float32frombits(uint32(b) << dropped)
		for r < len(radii)-1 {
			if _, high := rows.Interval(0, radii[r]); !(edge > high) {
				break
			}
			r++
		}
		f[b] = uint16(r)
	}
	return &f
}

func (f *firstRadius) of(v float32) int {
	if v < 0 {
		return 0
	}
	return int(f[math.Float32bits(v)>>dropped])
}

// total returns the number of pairs nearer than each of the radii.
func total(near []int32, size int) []float64 {
	sums := make([]int64, size)
	for i, c := range near {
		sums[i%size] += int64(c)
	}
	totals := make([]float64, size)
	for r, s := range sums {
		totals[r] = float64(s / 2)
	}
	return totals
}

// far returns a distance that no pair reaches, or the largest number.
func (p *pairs) far() float64 {
	var most float64
	if d, ok := p.x.(*mat32.Distances); ok {
		most = slices.Max(d.Condensed())
	} else { // by the triangle through the first row
		for i := range p.n {
			most = max(most, 2*p.rows.Exact(0, i))
		}
	}
	return min(most*(1+1e-9)+math.SmallestNonzeroFloat64, math.MaxFloat64)
}

// quantileGrid is at how many radii quantile counts at once.
const quantileGrid = 48

// quantile returns the distance that the given share of all pairs do not exceed,
// straight between the two nearest where it falls between them. The pairs are counted
// within ever narrower rings until few enough are left to be listed.
func (p *pairs) quantile(ctx context.Context, share float64) (float64, error) {
	const grid, enough = quantileGrid, 1 << 16
	count := float64(p.n) / 2 * float64(p.n-1)
	place := share * (count - 1)
	rank := math.Floor(place)
	low, high := 0., p.far()
	below := 0. // pairs nearer than low
	for range 40 {
		radii := make([]float64, grid)
		for r := range radii {
			at := float64(r+1) / grid
			if low == 0 {
				radii[r] = high * math.Exp2(24*(at-1))
			} else {
				radii[r] = low * math.Exp(at*logRatio(high, low))
			}
		}
		radii[grid-1] = high
		slices.Sort(radii)
		near, err := p.nearer(ctx, radii)
		if err != nil {
			return 0, err
		}
		counts := total(near, grid)
		held := counts[grid-1] - below
		for r := range grid {
			if counts[r] > rank+1 || r == grid-1 {
				high, held = radii[r], counts[r]-below
				break
			}
			if counts[r] <= rank {
				low, below = radii[r], counts[r]
				held = counts[grid-1] - below
			}
		}
		if held <= enough || high <= low*(1+1e-12) {
			break
		}
	}
	found, err := p.between(ctx, low, high)
	if err != nil {
		return 0, err
	}
	at := below
	values := slices.Sorted(maps.Keys(found))
	if len(values) == 0 { // a distance beyond all numbers
		return math.Inf(1), nil
	}
	for i, v := range values {
		at += float64(found[v])
		if rank >= at {
			continue
		}
		if rank+1 >= at && i+1 < len(values) {
			return v + (place-rank)*(values[i+1]-v), nil
		}
		return v, nil
	}
	return values[len(values)-1], nil
}
