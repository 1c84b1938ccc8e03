package screen

import (
	"context"
	"math"
	"slices"
	"sync"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/watch"
)

// Queries are rows of another matrix, ready to be compared with those of Rows.
// They are safe for concurrent use.
type Queries struct {
	rows *Rows
	own  *Rows
	fit  float64 // of all rows about the centre of rows

	scratch sync.Pool // of *question
	rulers  sync.Pool
}

// Ask takes the rows of y, finite and with as many columns as r, for queries; r
// must not be of given distances. It borrows and copies as New does.
func (r *Rows) Ask(ctx context.Context, y mat.Matrix) (*Queries, error) { return r.ask(ctx, take(y)) }

// AskMapped is Ask for the rows of v, mapped as those of r were.
func (r *Rows) AskMapped(ctx context.Context, v View) (*Queries, error) {
	n, d := v.Dims()
	return r.ask(ctx, &Rows{n: n, d: d, unit: 1, view: v})
}

func (r *Rows) ask(ctx context.Context, own *Rows) (*Queries, error) {
	if r.unit != 1 {
		_, exp := math.Frexp(r.unit)
		own.rescale(exp - 1)
	}
	columns, err := own.columns(ctx)
	if err != nil {
		return nil, err
	}
	var spread float64
	own.center, spread = columns.center(own.n)
	own.fit = fitting(nil, spread).scale
	own.rel64 = r.rel64
	for j, c := range r.center {
		spread = max(spread, c-columns.low[j], columns.high[j]-c)
	}
	q := &Queries{rows: r, own: own, fit: min(r.fit, fitting(nil, spread).scale)}
	q.scratch.New = func() any { return &question{make([]float64, own.d), make([]float32, own.d)} }
	q.rulers.New = func() any { return newRuler(own, r) }
	return q, nil
}

// Dims returns the number of rows asked about and of columns.
func (q *Queries) Dims() (n, d int) { return q.own.n, q.own.d }

// FastTo writes to dst the fast squared distances, in the units of r.FastTo,
// between query i and the rows listed.
func (q *Queries) FastTo(dst []float32, i int, to []int32) {
	rows, d := q.rows.ready(), q.own.d
	if q.own.x32 != nil && q.rows.borrows() {
		kernel.SquaredDistancesTo32(dst, q.own.x32[i*d:(i+1)*d], rows, to)
		return
	}
	scratch := q.scratch.Get().(*question)
	defer q.scratch.Put(scratch)
	for j, v := range q.own.row(scratch.buf, i) {
		if !q.rows.borrows() {
			v = (v - q.rows.center[j]) * q.rows.fit
		}
		scratch.row[j] = float32(v)
	}
	kernel.SquaredDistancesTo32(dst, scratch.row, rows, to)
}

// question is a row to compare with fast rows.
type question struct {
	buf []float64
	row []float32
}

// Exact returns the Euclidean distance between query i and row j, and +Inf where
// float64 cannot hold its square.
func (q *Queries) Exact(i, j int) float64 {
	m := q.rulers.Get().(*ruler)
	defer q.rulers.Put(m)
	return m.exact(int32(i), int32(j))
}

// few is how many queries are not worth cutting the rows into blocks.
const few = 32

// Nearest writes the k nearest rows of every query i, nearest first and those
// at equal distance by index, to indices[i·k:] and their exact distances to
// distances[i·k:]. It reports the stage "neighbours", a unit a query. The error
// is ctx.Err().
func (q *Queries) Nearest(ctx context.Context, k int, indices []int32, distances []float64) error {
	if q.own.n < few {
		return q.one(ctx, func(i int, all func(func(dist float64, row int32))) {
			h := heap{indices[i*k : (i+1)*k], distances[i*k : (i+1)*k]}
			h.reset()
			all(func(dist float64, row int32) { h.offer(dist, row) })
			h.sort()
		})
	}
	s, err := q.search(ctx)
	if err != nil {
		return err
	}
	s.k, s.indices, s.distances = k, indices, distances
	return s.answer(ctx)
}

// one measures all distances of a query.
func (q *Queries) one(ctx context.Context, each func(i int, all func(func(dist float64, row int32)))) error {
	stage := watch.Start(ctx, "neighbours", q.own.n)
	return par.BlocksWith(ctx, q.own.n, 1, func() *ruler { return newRuler(q.own, q.rows) }, func(m *ruler, i, _ int) {
		each(i, func(take func(dist float64, row int32)) {
			for j := range q.rows.n {
				if j%1024 == 0 && ctx.Err() != nil {
					return
				}
				take(m.exact(int32(i), int32(j)), int32(j))
			}
		})
		stage.Add(1)
	})
}

// search prepares that of the queries among the rows.
func (q *Queries) search(ctx context.Context) (*search, error) {
	s := &search{from: q.own, among: q.rows}
	var err error
	if s.near2, err = q.rows.Reduced(ctx); err != nil {
		return nil, err
	}
	if s.near2 != nil && q.fit < q.rows.fit { // far from all rows, they may exceed float32 there
		s.near2 = nil
	}
	if s.near2 != nil {
		if s.near, err = s.near2.of(ctx, q.own); err != nil {
			return nil, err
		}
	}
	if s.right, err = q.rows.cut(ctx, s.near2); err != nil {
		return nil, err
	}
	if s.left, err = q.own.cut(ctx, s.near); err != nil {
		return nil, err
	}
	s.others, s.centers = make([]ball, s.right.count()), make([]ball, s.left.count())
	s.prepare(ctx, frame{q.rows.center, q.fit}, s.left.count())
	return s, par.BlocksWith(ctx, s.right.count(), 1, func() []float64 { return make([]float64, q.own.d) }, func(buf []float64, J, _ int) {
		s.others[J].enclose(q.rows, s.near2, s.right.at(J), buf)
	})
}

// answer lets the blocks of queries meet those of rows, the nearest first.
func (s *search) answer(ctx context.Context) error {
	type other struct {
		gap   float64
		block int
	}
	err := par.BlocksWith(ctx, s.left.count(), 1, func() *worker { return s.worker(ctx) }, func(w *worker, I, _ int) {
		c := &s.centers[I]
		s.open(I)
		s.look(I)
		c.enclose(s.from, s.near, s.left.at(I), w.buf)
		order := make([]other, len(s.others))
		for J := range order {
			order[J] = other{s.gap(I, J), J}
		}
		slices.SortFunc(order, func(a, b other) int { return compare(near{a.gap, int32(a.block)}, near{b.gap, int32(b.block)}) })
		led := false // w.a holds block I in the global frame
		for t, o := range order {
			if ctx.Err() != nil || o.gap > math.Float64frombits(c.reach.Load()) {
				break
			}
			f := s.global
			own := s.near == nil && (t == 0 || s.fine[I])
			if own {
				f = s.between(w.middle, I, o.block)
				led = false
			}
			if !led {
				w.lead(I, f)
				led = !own
			}
			if !w.meet(I, o.block, f) {
				return
			}
			if t == 0 {
				s.fine[I] = s.needs(I)
			}
		}
		s.report.add(1)
	})
	if err != nil {
		return err
	}
	return s.sort(ctx)
}
