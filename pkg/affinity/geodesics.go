package affinity

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/flatland-go/flatland/internal/front"
	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/pkg/watch"
)

// Geodesics measures rows along a graph of their neighbours: how long the shortest way
// is from one to another, where every step leads from a row to a neighbour and is as
// long as they are far apart. Between rows of a curved surface that is sampled densely it
// is close to the distance on the surface. Steps lead both ways, whichever of two rows has
// the other as a neighbour. Between rows in different components the distance is +Inf.
//
// Sums are float64, added along the way from where it begins: a distance has the same bits
// whatever the order of the search, and the way back the same but for rounding. A
// Geodesics never changes and is safe for concurrent use.
//
// Source: E. Dijkstra (1959), A note on two problems in connexion with graphs.
type Geodesics struct {
	n       int
	start   []int
	to      []int32
	lengths []float64
	parts   *neighbors.Components
}

// NewGeodesics returns the ways along h, which it copies. Errors: *mat32.ParamError for
// neighbourhoods that are not of rows among themselves, or that no search makes, and one
// that wraps ctx.Err(). Time O(e·log k) for e neighbours, k of a row, memory 24·e bytes
// and as much again while they are made.
func NewGeodesics(ctx context.Context, h *neighbors.Neighborhoods) (*Geodesics, error) {
	const method = "affinity.NewGeodesics"
	parts, err := h.ComponentsContext(ctx) // which looks at every neighbour
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	forth, err := direct(ctx, h.N, h.Row, func(_ int, _ int32, distance float64) float64 { return distance })
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	back, err := forth.transposed(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	g := &Geodesics{n: h.N, start: make([]int, h.N+1), parts: parts}
	count := make([]int, h.N)
	// Counted, and then written: the ways that lead from row i, forth or back.
	each := func(write func(at int, to int32, length float64)) error {
		return par.Blocks(ctx, h.N, rowBlock, func(lo, hi int) {
			for i := lo; i < hi; i++ {
				a, aEnd, b, bEnd, at := forth.start[i], forth.start[i+1], back.start[i], back.start[i+1], g.start[i]
				for a < aEnd || b < bEnd {
					to, length := int32(math.MaxInt32), math.Inf(1)
					if a < aEnd {
						to = forth.columns[a]
					}
					if b < bEnd {
						to = min(to, back.columns[b])
					}
					// Of two rows that have each other as neighbours: once.
					if a < aEnd && forth.columns[a] == to {
						length = forth.weights[a]
						a++
					}
					if b < bEnd && back.columns[b] == to {
						length = min(length, back.weights[b])
						b++
					}
					if write != nil {
						write(at, to, length)
					}
					at++
				}
				if write == nil {
					count[i] = at
				}
			}
		})
	}
	if err := each(nil); err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	for i, c := range count {
		g.start[i+1] = g.start[i] + c
	}
	g.to, g.lengths = make([]int32, g.start[h.N]), make([]float64, g.start[h.N])
	err = each(func(at int, to int32, length float64) { g.to[at], g.lengths[at] = to, length })
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	return g, nil
}

// Dim returns the number of rows.
func (g *Geodesics) Dim() int { return g.n }

// Components returns the parts between which there is no way.
func (g *Geodesics) Components() *neighbors.Components { return g.parts }

// String returns one line: size and parts.
func (g *Geodesics) String() string {
	return fmt.Sprintf("ways between %d rows along %d pairs of neighbours, %v", g.n, len(g.to)/2, g.parts)
}

// Each calls visit for every source, by its place in sources, with the distances from it
// to all rows. Many goroutines call it at once, in any order; what it is given is
// overwritten when it returns. Errors: *mat32.ParamError for a source that is no row, and
// one that wraps ctx.Err(). Time O((n + e)·log n) a source for e neighbours, memory about
// 300·n bytes a goroutine.
func (g *Geodesics) Each(ctx context.Context, sources []int, visit func(i int, distances []float64)) error {
	const method = "affinity.Geodesics"
	for i, s := range sources {
		if s < 0 || s >= g.n {
			return &mat32.ParamError{Method: method, Param: fmt.Sprintf("sources[%d]", i), Value: s, Want: fmt.Sprintf("one of the %d rows", g.n)}
		}
	}
	zero := []float64{0}
	return g.walk(ctx, method, len(sources), func(i int, row []int32) ([]int32, []float64) {
		return append(row[:0], int32(sources[i])), zero
	}, visit)
}

// EachEntering is Each for points that are no rows of the graph: of each of count points,
// enter returns the rows from which ways begin, and how far they are. It is the distance
// to all rows of a new point whose neighbours are known. Many goroutines call enter at
// once, several times for a point: it must always return the same.
func (g *Geodesics) EachEntering(ctx context.Context, count int, enter func(i int) (rows []int32, distances []float64), visit func(i int, distances []float64)) error {
	const method = "affinity.Geodesics"
	for i := range count {
		if i%rowBlock == 0 && ctx.Err() != nil {
			return fmt.Errorf("%s: %w", method, ctx.Err())
		}
		rows, distances := enter(i)
		if len(rows) != len(distances) {
			return fmt.Errorf("%s: %w", method, &mat32.ShapeError{What: fmt.Sprintf("distances of point %d", i), Rows: len(distances), Cols: 1,
				Want: fmt.Sprintf("one for each of its %d rows", len(rows))})
		}
		for k, r := range rows {
			if r < 0 || int(r) >= g.n {
				return &mat32.ParamError{Method: method, Param: fmt.Sprintf("row %d of point %d", k, i), Value: r, Want: fmt.Sprintf("one of the %d rows", g.n)}
			}
			if !(distances[k] >= 0) {
				return &mat32.ParamError{Method: method, Param: fmt.Sprintf("distance %d of point %d", k, i), Value: distances[k], Want: "0 or more"}
			}
		}
	}
	return g.walk(ctx, method, count, func(i int, _ []int32) ([]int32, []float64) { return enter(i) }, visit)
}

// Rows returns the distances from every source to all rows, one source a row, as float32:
// 4·n bytes a source. Errors: those of Each, *mat32.MemoryError for the limit in bytes (0
// for GOMEMLIMIT, or 4 GiB), and *mat32.DegenerateError where a distance exceeds float32.
func (g *Geodesics) Rows(ctx context.Context, sources []int, limit int64) (*mat32.Dense, error) {
	const method = "affinity.Geodesics"
	if len(sources) == 0 {
		return nil, &mat32.ParamError{Method: method, Param: "sources", Value: "none", Want: "at least one row"}
	}
	if err := mat32.CheckMemory(method, 4*int64(len(sources))*int64(g.n), limit, "ask for fewer sources, or for one after the other by Each"); err != nil {
		return nil, err
	}
	d := mat32.NewDense(len(sources), g.n, nil)
	far := make([]bool, len(sources))
	err := g.Each(ctx, sources, func(i int, distances []float64) {
		to, part := d.Row(i), g.parts.Labels[sources[i]]
		for j, v := range distances {
			to[j] = float32(v)
			far[i] = far[i] || v > math.MaxFloat32 && g.parts.Labels[j] == part
		}
	})
	if err != nil {
		return nil, err
	}
	if slices.Contains(far, true) {
		return nil, &mat32.DegenerateError{Method: method, Reason: "distances exceed the largest float32: rescale the data, or take them by Each"}
	}
	return d, nil
}

// walk measures the ways from count points, which begin where and as far as enter says.
//
// Points that begin near each other go together. Their ways lead through the rows in
// nearly one order, that of the distances from one of them; so that passes over all rows
// in that order, each for sixteen points at once, soon find nothing shorter. That takes a
// tenth of the time of as many searches. Where it takes more passes than that, because
// ways wind, every point is searched from by itself: it comes to the same bits.
func (g *Geodesics) walk(ctx context.Context, method string, count int, enter func(i int, row []int32) ([]int32, []float64), visit func(i int, distances []float64)) error {
	stage := watch.Start(ctx, "geodesics", count)
	points, err := g.gather(ctx, count, enter)
	if err == nil {
		err = par.BlocksWith(ctx, count, neighborly, func() *walker { return g.walker(enter) }, func(w *walker, lo, hi int) {
			w.walk(ctx, points[lo:hi], func(i int, distances []float64) {
				visit(i, distances)
				stage.Add(1)
			})
		})
	}
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	return nil
}

const (
	neighborly  = 4 * kernel.WaysTogether // points that share an order
	mostPasses  = 40
	fewTogether = kernel.WaysTogether / 4 // points, below which passes do not pay
)

// gather lists all points so that those that follow each other begin near each other.
// That is found by walking a little way round.
func (g *Geodesics) gather(ctx context.Context, count int, enter func(i int, row []int32) ([]int32, []float64)) ([]int, error) {
	const far = 16 * neighborly // rows that are walked through to fill a block
	// Of every row a chain of the points that begin there, as 1 more than their numbers.
	first, next := make([]int32, g.n), make([]int32, count)
	begins := make([]int32, count)
	list, row := make([]int, 0, count), make([]int32, 1)
	for i := count - 1; i >= 0; i-- {
		begins[i] = -1
		if rows, _ := enter(i, row); len(rows) > 0 {
			begins[i] = rows[0]
			next[i], first[rows[0]] = first[rows[0]], int32(i+1)
		}
	}
	seen := make([]int32, g.n) // when the way round from which point came by, 1 more than its number
	var queue []int32
	done := make([]bool, count)
	for i := range count {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if done[i] {
			continue
		}
		if begins[i] < 0 {
			done[i] = true
			list = append(list, i)
			continue
		}
		stop := min(count, (len(list)/neighborly+1)*neighborly)
		queue = append(queue[:0], begins[i])
		seen[begins[i]] = int32(i + 1)
		for q := 0; q < len(queue) && q < far && len(list) < stop; q++ {
			r := queue[q]
			for p := &first[r]; *p != 0 && len(list) < stop; *p = next[*p-1] {
				list = append(list, int(*p-1))
				done[*p-1] = true
			}
			for _, j := range g.to[g.start[r]:g.start[r+1]] {
				if seen[j] != int32(i+1) {
					seen[j] = int32(i + 1)
					queue = append(queue, j)
				}
			}
		}
	}
	return list, nil
}

// walker is what a goroutine needs to walk.
type walker struct {
	*Geodesics
	front     front.Front
	enter     func(i int, row []int32) ([]int32, []float64)
	ways      *kernel.Ways
	row       []int32
	order     []int32
	distances []float64 // WaysTogether × n
	passed    []float64 // n × WaysTogether: lengths of ways so far
}

func (g *Geodesics) walker(enter func(i int, row []int32) ([]int32, []float64)) *walker {
	return &walker{Geodesics: g, enter: enter, ways: kernel.NewWays(g.start, g.to, g.lengths), row: make([]int32, 1), distances: make([]float64, g.n)}
}

func (w *walker) walk(ctx context.Context, points []int, visit func(i int, distances []float64)) {
	if len(points) >= fewTogether {
		if !w.sort(ctx, points[len(points)/2]) {
			return
		}
		w.distances = slices.Grow(w.distances[:0], kernel.WaysTogether*w.n)[:kernel.WaysTogether*w.n]
		w.passed = slices.Grow(w.passed[:0], kernel.WaysTogether*w.n)[:kernel.WaysTogether*w.n]
		for len(points) >= fewTogether {
			some := points[:min(kernel.WaysTogether, len(points))]
			if !w.together(ctx, some) {
				break
			}
			for l, i := range some {
				visit(i, w.distances[l*w.n:(l+1)*w.n])
			}
			points = points[len(some):]
		}
	}
	w.distances = w.distances[:w.n]
	for _, i := range points {
		if ctx.Err() != nil || !w.alone(ctx, i) {
			return
		}
		visit(i, w.distances)
	}
}

// sort puts rows in the order of their distances from a point.
func (w *walker) sort(ctx context.Context, point int) bool {
	w.order = w.order[:0]
	w.distances = w.distances[:w.n]
	if !w.alone(ctx, point) {
		return false
	}
	for i, d := range w.distances {
		if math.IsInf(d, 1) { // in another part
			w.order = append(w.order, int32(i))
		}
	}
	return true
}

// shortenedAtOnce is how many rows are passed between two looks at ctx.
const shortenedAtOnce = 1 << 16

// together measures the ways from several points at once. It reports whether that came
// to an end.
func (w *walker) together(ctx context.Context, points []int) bool {
	for i := range w.passed {
		w.passed[i] = math.Inf(1)
	}
	for l, i := range points {
		rows, distances := w.enter(i, w.row)
		for k, r := range rows {
			at := &w.passed[int(r)*kernel.WaysTogether+l]
			*at = min(*at, distances[k])
		}
	}
	for pass := 0; ; pass++ {
		shortened := false
		for part := range slices.Chunk(w.order, shortenedAtOnce) {
			if ctx.Err() != nil {
				return false
			}
			shortened = w.ways.Shorten(w.passed, part) || shortened
		}
		if !shortened {
			break
		}
		if pass == mostPasses {
			return false
		}
		slices.Reverse(w.order) // for ways that turn back
	}
	const rowsAtOnce = 64 // whose lengths stay in the cache while they are turned
	for lo := 0; lo < w.n; lo += rowsAtOnce {
		hi := min(lo+rowsAtOnce, w.n)
		for l := range points {
			to := w.distances[l*w.n+lo : l*w.n+hi]
			from := w.passed[lo*kernel.WaysTogether+l:]
			for j := range to {
				to[j] = from[j*kernel.WaysTogether]
			}
		}
	}
	return true
}

// alone measures the ways from one point, and lists rows in the order of their distances.
func (w *walker) alone(ctx context.Context, point int) bool {
	for j := range w.distances {
		w.distances[j] = math.Inf(1)
	}
	w.front, w.order = w.front[:0], w.order[:0]
	rows, distances := w.enter(point, w.row)
	for k, r := range rows {
		if distances[k] < w.distances[r] {
			w.distances[r] = distances[k]
			w.front.Push(front.Place{Distance: distances[k], Node: r})
		}
	}
	return w.search(ctx)
}

// search is Dijkstra's. It reports whether it came to its end.
func (w *walker) search(ctx context.Context) bool {
	const steps = 4096 // between looks at ctx
	for len(w.front) > 0 {
		at := w.front.Pop()
		if at.Distance > w.distances[at.Node] {
			continue
		}
		if w.order = append(w.order, at.Node); len(w.order)%steps == 0 && ctx.Err() != nil {
			return false
		}
		lo, hi := w.start[at.Node], w.start[at.Node+1]
		to, lengths := w.to[lo:hi], w.lengths[lo:hi]
		for k, j := range to {
			if d := at.Distance + lengths[k]; d < w.distances[j] {
				w.distances[j] = d
				w.front.Push(front.Place{Distance: d, Node: j})
			}
		}
	}
	return true
}
