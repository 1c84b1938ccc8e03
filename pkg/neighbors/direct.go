package neighbors

import (
	"context"
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/screen"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// table holds rows of numbers, side by side.
type table[T any] struct {
	n, width, stride int
	data             []T
}

func newTable[T any](n, width int) *table[T] {
	return &table[T]{n, width, width, make([]T, n*width)}
}

func (t *table[T]) row(i int) []T {
	lo := i * t.stride
	return t.data[lo : lo+t.width : lo+t.width]
}

// direct compares rows pair by pair, in float64: every pair that matters is
// measured by the very function that defines the distance, so that there is
// nothing to prove. The rows asked about are of numbers Q, those of the space of
// numbers T.
type direct[Q, T any] struct {
	name string
	q    *table[Q]
	x    *table[T]
	own  bool // the rows asked about are those of the space

	// pair returns the distance between two rows, never NaN. It is symmetric, bit
	// by bit, where Q and T are the same: a row and an earlier one are given in that order.
	pair func(a []Q, b []T) float64

	// rough returns pair up to rounding in float32, faster, with a relative error of at most
	// loose beside underflow; where it overflows, nothing is known. May be nil.
	rough func(a []Q, b []T) float32
	loose float64

	// join makes of what rough returns, and of the sizes of both rows, a number that the
	// distance is not below, up to the same error: where signed, it may be far above.
	// May be nil.
	join     func(v float32, a, b float64) float32
	ofQ, ofX []float64
	signed   bool

	unit float64 // a power of two that brings distances to where float32 has digits
	done <-chan struct{}

	// strict is the function of the user's that pair is made of, where it may return
	// anything; pair says +Inf for what is no distance. Else nil.
	strict func(a []Q, b []T) float64
}

// measured completes a direct space: a sample of pairs tells the unit of distances.
func (s *direct[Q, T]) measured() *direct[Q, T] {
	s.unit = 1
	most, sample := 0., 32
	if s.strict != nil {
		sample = 4 // nobody hears a cancel meanwhile, and a user's function may be slow
	}
	for t := range min(s.x.n, sample) {
		v := s.exact(int32(s.q.n/2), int32(t*(s.x.n-1)/(sample-1)))
		if !math.IsInf(v, 0) {
			most = max(most, v)
		}
	}
	if most > 0 && (most > 0x1p40 || most < 0x1p-40) {
		_, exp := math.Frexp(most)
		s.unit = math.Ldexp(1, -max(exp, -1000))
		s.rough = nil
	}
	return s
}

// until returns the space during ctx.
func (s *direct[Q, T]) until(ctx context.Context) *direct[Q, T] {
	bound := *s
	bound.done = ctx.Done()
	return &bound
}

// over reports whether a channel, which may be nil, is closed.
func over(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}

// patience is how many rows are compared with one before anybody asks whether it is
// still wanted.
const patience = 16

// distance measures row i and row j of the space.
func (s *direct[Q, T]) distance(i, j int) float64 {
	return s.pair(s.q.row(i), s.x.row(j))
}

// roughly is distance by rough.
func (s *direct[Q, T]) roughly(i, j int) float32 {
	v := s.rough(s.q.row(i), s.x.row(j))
	if s.join != nil {
		return s.join(v, s.ofQ[i], s.ofX[j])
	}
	return v
}

func (s *direct[Q, T]) fast(dst []float32, i int32, to []int32) {
	often := patience
	if s.strict != nil {
		often = 1
	}
	for lo := 0; lo < len(to); lo += often {
		some := to[lo:min(lo+often, len(to))]
		switch {
		case over(s.done):
			for k := range to[lo:] {
				dst[lo+k] = float32(math.Inf(1))
			}
			return
		case s.rough != nil && !s.signed:
			for k, j := range some {
				dst[lo+k] = s.roughly(int(i), int(j))
			}
		default:
			for k, j := range some {
				dst[lo+k] = float32(s.distance(int(i), int(j)) * s.unit)
			}
		}
	}
}

func (s *direct[Q, T]) exact(i, j int32) float64 {
	if s.strict != nil && over(s.done) {
		return math.Inf(1)
	}
	if s.own && i > j {
		i, j = j, i
	}
	return s.distance(int(i), int(j))
}

// tile is a block of pairs: rows [a, a+m) asked about and rows [b, b+n) of the space.
type tile struct {
	a, m, b, n int
	values     []float64 // m × n
	column     []float64 // scratch

	// How near rows must be to matter, of those asked about and of the space.
	limits, across []float64
}

// collector takes the distances of row i to rows from, from+1 … of the space, and
// says which are too far to matter. Calls for one row do not overlap, and come in any order.
type collector interface {
	offer(i, from int, values []float64)
	limit(i int) float64
}

// sweep shows the collector the distances of all rows, but not to themselves; of own rows
// each pair is measured once.
func (s *direct[Q, T]) sweep(ctx context.Context, c collector) error {
	size := max(1, min(64, 1<<15/max(s.x.width, 1)))
	if s.strict != nil {
		size = min(size, 8)
	}
	rows, columns := (s.q.n+size-1)/size, (s.x.n+size-1)/size
	tasks := rows * columns
	if s.own {
		tasks = rows * (rows + 1) / 2
	}
	stage := watch.Start(ctx, "neighbours", s.q.n)
	locks := make([]sync.Mutex, rows)
	var done atomic.Int64
	var wrong invalid
	err := par.BlocksWith(ctx, tasks, 1, func() *tile {
		return &tile{values: make([]float64, size*size), column: make([]float64, size), limits: make([]float64, size), across: make([]float64, size)}
	}, func(t *tile, task, _ int) {
		i, j := task/columns, task%columns
		if s.own {
			i, j = triangle(task, rows)
		}
		t.a, t.b = i*size, j*size
		t.m, t.n = min(size, s.q.n-t.a), min(size, s.x.n-t.b)
		if wrong.before(task) {
			return
		}
		if s.rough != nil {
			locks[i].Lock()
			for a := range t.m {
				t.limits[a] = c.limit(t.a + a)
			}
			locks[i].Unlock()
			if s.own {
				locks[j].Lock()
				for b := range t.n {
					t.across[b] = c.limit(t.b + b)
				}
				locks[j].Unlock()
			}
		}
		if !s.measure(ctx, t) {
			return
		}
		if s.strict != nil && wrong.look(s, t, task) {
			return
		}
		locks[i].Lock()
		t.rows(s.own && i == j, c)
		locks[i].Unlock()
		if s.own && i != j {
			locks[j].Lock()
			t.columns(c)
			locks[j].Unlock()
		}
		k := int(done.Add(1))
		if part := s.q.n*k/tasks - s.q.n*(k-1)/tasks; part > 0 {
			stage.Add(part)
		}
	})
	if err != nil {
		return err
	}
	return wrong.err()
}

// triangle returns the place i ≤ j of a task among those of the upper triangle of
// a square, counted row by row.
func triangle(task, n int) (i, j int) {
	at := func(i int) int { return i * (2*n - i + 1) / 2 } // the first task of row i
	b := float64(2*n + 1)
	i = int((b - math.Sqrt(b*b-8*float64(task))) / 2)
	for i > 0 && at(i) > task { // the root may be off by rounding
		i--
	}
	for at(i+1) <= task {
		i++
	}
	return i, i + task - at(i)
}

// measure fills in the values of the tile; it returns false when cancelled.
func (s *direct[Q, T]) measure(ctx context.Context, t *tile) bool {
	across := s.own && t.a == t.b
	for i := range t.m {
		if ctx.Err() != nil {
			return false
		}
		values := t.values[i*t.n : (i+1)*t.n]
		first := 0
		if across {
			for j := range i {
				values[j] = t.values[j*t.n+i]
			}
			values[i] = 0
			first = i + 1
		}
		for j := first; j < t.n; j++ {
			if s.strict != nil && ctx.Err() != nil {
				return false
			}
			if s.rough != nil && s.far(t, i, j) {
				values[j] = math.Inf(1)
				continue
			}
			values[j] = s.distance(t.a+i, t.b+j)
		}
	}
	return true
}

// far reports whether rough tells that a pair of the tile is too far to matter to either of its
// rows.
func (s *direct[Q, T]) far(t *tile, i, j int) bool {
	v := s.roughly(t.a+i, t.b+j)
	limit := t.limits[i]
	if s.own {
		limit = max(limit, t.across[j])
	}
	return v <= math.MaxFloat32 && float64(v)*(1-2*s.loose)-float64(s.x.width)*0x1p-148 > limit
}

// rows offers the rows of the tile, each without itself where it is across the
// diagonal.
func (t *tile) rows(across bool, c collector) {
	for i := range t.m {
		values := t.values[i*t.n : (i+1)*t.n]
		if across {
			c.offer(t.a+i, t.b, values[:i])
			c.offer(t.a+i, t.b+i+1, values[i+1:])
			continue
		}
		c.offer(t.a+i, t.b, values)
	}
}

// columns offers the columns of the tile: the same pairs the other way round.
func (t *tile) columns(c collector) {
	for j := range t.n {
		for i := range t.m {
			t.column[i] = t.values[i*t.n+j]
		}
		c.offer(t.b+j, t.a, t.column[:t.m])
	}
}

// invalid keeps the first pair whose distance is none.
type invalid struct {
	mu    sync.Mutex
	task  int
	found *mat32.DistanceError
}

// before reports whether a task can be left out because one before it failed.
func (w *invalid) before(task int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.found != nil && w.task < task
}

// look reports whether the tile of a task has such a pair.
func (w *invalid) look(s interface{ raw(i, j int) float64 }, t *tile, task int) bool {
	at := slices.IndexFunc(t.values[:t.m*t.n], func(v float64) bool { return math.IsInf(v, 1) })
	if at < 0 {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.found == nil || task < w.task {
		i, j := t.a+at/t.n, t.b+at%t.n
		w.task, w.found = task, &mat32.DistanceError{I: i, J: j, Value: s.raw(i, j), Want: "a finite number, 0 or more"}
	}
	return true
}

func (w *invalid) err() error {
	if w.found == nil {
		return nil
	}
	return w.found
}

// raw returns what the user's function says of a pair.
func (s *direct[Q, T]) raw(i, j int) float64 { return s.strict(s.q.row(i), s.x.row(j)) }

func (s *direct[Q, T]) nearest(ctx context.Context, k int, indices []int32, distances []float64) error {
	best := &lists{k, indices, distances}
	best.clear()
	if err := s.sweep(ctx, best); err != nil {
		return err
	}
	return best.sort(ctx)
}

func (s *direct[Q, T]) within(ctx context.Context, method string, radius float64, limit int64) (*screen.Ragged, error) {
	b := newBalls(method, s.q.n, radius, limit)
	if err := s.sweep(ctx, b); err != nil {
		return nil, err
	}
	return b.ragged(ctx)
}

// number is what rows are made of.
type number interface{ float32 | float64 }

// measures is one distance, between rows of either kind of number.
type measures struct {
	single func(a, b []float32) float64
	double func(a, b []float64) float64
	mixed  func(a []float64, b []float32) float64
	rough  func(a, b []float32) float32 // may be nil
	loose  func(d int) float64          // of rough
	join   func(v float32, a, b float64) float32
}

// space returns the rows of x as they are, to be measured pair by pair.
func (m measures) space(name string, x mat.Matrix) space {
	switch x.(type) {
	case *mat32.Dense, *mat32.CSR:
		rows := single(mat32.Convert(x))
		return &singles{m, m.singly(&direct[float32, float32]{name: name, q: rows, x: rows, own: true})}
	}
	rows := double(x)
	return &doubles{(&direct[float64, float64]{name: name, q: rows, x: rows, own: true, pair: m.double}).measured()}
}

// singly completes a space of float32 rows.
func (m measures) singly(s *direct[float32, float32]) *direct[float32, float32] {
	s.pair, s.rough = m.single, m.rough
	if m.rough != nil {
		s.loose = m.loose(s.x.width)
	}
	if m.join != nil {
		s.join = m.join
		s.ofX, s.signed = sizes(s.x)
		s.ofQ = s.ofX
		if !s.own {
			var signed bool
			s.ofQ, signed = sizes(s.q)
			s.signed = s.signed || signed
		}
	}
	return s.measured()
}

// directBytes returns the memory that rows take that are measured as they are.
func directBytes(x mat.Matrix) int64 {
	n, d := x.Dims()
	size := int64(n) * int64(d)
	switch x.(type) {
	case *mat32.CSR:
		return 4 * size
	case *mat32.Dense, mat.RawMatrixer:
		return 0
	}
	return 8 * size
}

// singles are rows of float32 values, doubles of float64 values.
type (
	singles struct {
		measures measures
		*direct[float32, float32]
	}
	doubles struct{ *direct[float64, float64] }
)

func (s *singles) ask(ctx context.Context, y mat.Matrix) (asker, error) {
	switch y.(type) {
	case *mat32.Dense, *mat32.CSR:
		return s.measures.singly(&direct[float32, float32]{name: s.name, q: single(mat32.Convert(y)), x: s.x}).until(ctx), nil
	}
	return (&direct[float64, float32]{name: s.name, q: double(y), x: s.x, pair: s.measures.mixed}).measured().until(ctx), nil
}

func (s *singles) during(ctx context.Context) space { return &singles{s.measures, s.until(ctx)} }

func (s *doubles) ask(ctx context.Context, y mat.Matrix) (asker, error) {
	return (&direct[float64, float64]{name: s.name, q: double(y), x: s.x, pair: s.pair, strict: s.strict}).measured().until(ctx), nil
}

func (s *doubles) during(ctx context.Context) space { return &doubles{s.until(ctx)} }

// single returns the rows of x, borrowed.
func single(x *mat32.Dense) *table[float32] {
	n, d := x.Dims()
	return &table[float32]{n, d, d, x.Data()}
}

// double returns the rows of x as float64 values, borrowed where they are that.
func double(x mat.Matrix) *table[float64] {
	n, d := x.Dims()
	if raw, ok := x.(mat.RawMatrixer); ok {
		r := raw.RawMatrix()
		return &table[float64]{n, d, r.Stride, r.Data}
	}
	t := newTable[float64](n, d)
	for i := range n {
		row := t.row(i)
		copy(row, mat32.Row(row, i, x))
	}
	return t
}

// prepared is a space of rows that are brought into a form first, x and new ones
// alike.
type prepared[T any] struct {
	*direct[T, T]
	prepare func(ctx context.Context, y mat.Matrix) (*table[T], error)
}

func newPrepared[T any](ctx context.Context, name string, x mat.Matrix, prepare func(ctx context.Context, y mat.Matrix) (*table[T], error), pair func(a, b []T) float64) (space, error) {
	rows, err := prepare(ctx, x)
	if err != nil {
		return nil, err
	}
	return &prepared[T]{(&direct[T, T]{name: name, q: rows, x: rows, own: true, pair: pair}).measured(), prepare}, nil
}

func (s *prepared[T]) ask(ctx context.Context, y mat.Matrix) (asker, error) {
	rows, err := s.prepare(ctx, y)
	if err != nil {
		return nil, err
	}
	return (&direct[T, T]{name: s.name, q: rows, x: s.x, pair: s.pair}).measured().until(ctx), nil
}

func (s *prepared[T]) during(ctx context.Context) space { return &prepared[T]{s.until(ctx), s.prepare} }
