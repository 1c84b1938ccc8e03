package neighbors

import (
	"context"
	"math"
	"slices"
	"sync"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/screen"
	"github.com/flatland-go/flatland/pkg/watch"
)

// postingRows is how many rows share an inverted index: their sums stay in the
// cache while the columns of a row are gone through.
const postingRows = 1 << 15

// postings is an inverted index: for every column, the rows that have it and their
// values, in parts of so many rows.
type postings struct{ parts []posting }

type posting struct {
	first  int
	start  []int // of each column
	rows   []int32
	values []float32
}

func newPostings(ctx context.Context, x *thinRows) (*postings, error) {
	p := &postings{parts: make([]posting, (x.n+postingRows-1)/postingRows)}
	return p, par.Blocks(ctx, len(p.parts), 1, func(part, _ int) {
		lo := part * postingRows
		hi := min(lo+postingRows, x.n)
		start := make([]int, x.d+1)
		for i := lo; i < hi; i++ {
			columns, _ := x.x.Row(i)
			for _, c := range columns {
				start[c+1]++
			}
		}
		for c := range x.d {
			start[c+1] += start[c]
		}
		rows, values := make([]int32, start[x.d]), make([]float32, start[x.d])
		for i := lo; i < hi; i++ { // start[c] moves to where column c+1 starts
			if i&1023 == 0 && ctx.Err() != nil {
				return
			}
			row := x.row(i)
			for k, c := range row.columns {
				rows[start[c]], values[start[c]] = int32(i-lo), row.fast[k]
				start[c]++
			}
		}
		copy(start[1:], start[:x.d])
		start[0] = 0
		p.parts[part] = posting{lo, start, rows, values}
	})
}

// sums adds to dst, which is for the rows of the part, what every column of a row
// has in common with them.
func (p *posting) sums(dst []float64, a *thinRow, common func(a, b float64) float64) {
	for k, c := range a.columns {
		v := float64(a.fast[k])
		lo, hi := p.start[c], p.start[c+1]
		rows, values := p.rows[lo:hi], p.values[lo:hi]
		if common != nil {
			for t, j := range rows {
				dst[j] += common(v, float64(values[t]))
			}
			continue
		}
		for t, j := range rows {
			dst[j] += v * float64(values[t])
		}
	}
}

// invertedIndex is made when it is first asked for, and shared.
type invertedIndex struct {
	mu   sync.Mutex
	made *postings
}

func (x *invertedIndex) of(ctx context.Context, rows *thinRows) (*postings, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.made == nil {
		made, err := newPostings(ctx, rows)
		if err != nil {
			return nil, err
		}
		x.made = made
	}
	return x.made, nil
}

// sifter is the scratch of one worker: the proxies of one row to all others.
type sifter struct {
	proxies, slacks []float64
	indices         []int32
	distances       []float64
	found           []near
}

// sift calls f for every row asked about, with the proxies of all rows of the space and
// bounds on their errors, that of the row itself infinite.
func (s *thinSpace) sift(ctx context.Context, f func(w *sifter, i int, a *thinRow)) error {
	p, err := s.index.of(ctx, s.x)
	if err != nil {
		return err
	}
	stage := watch.Start(ctx, "neighbours", s.q.n)
	return par.BlocksWith(ctx, s.q.n, 4, func() *sifter {
		return &sifter{proxies: make([]float64, s.x.n), slacks: make([]float64, s.x.n)}
	}, func(w *sifter, lo, hi int) {
		for i := lo; i < hi; i++ {
			a := s.q.row(i)
			if !s.proxies(ctx, w, p, &a) {
				return
			}
			if s.own {
				w.proxies[i], w.slacks[i] = math.Inf(1), 0
			}
			f(w, i, &a)
		}
		stage.Add(hi - lo)
	})
}

// proxies fills in the proxies of row a; it returns false when cancelled.
func (s *thinSpace) proxies(ctx context.Context, w *sifter, p *postings, a *thinRow) bool {
	clear(w.proxies)
	d := float64(s.x.d)
	for t := range p.parts {
		if ctx.Err() != nil {
			return false
		}
		part := &p.parts[t]
		proxies := w.proxies[part.first:min(part.first+postingRows, len(w.proxies))]
		part.sums(proxies, a, s.form.common)
		for j, sum := range proxies {
			b := &s.x.about[part.first+j]
			proxies[j] = s.form.proxy(&a.about, b, sum, d)
			w.slacks[part.first+j] = s.form.slack(&a.about, b, d)
		}
	}
	return true
}

// measure puts the distances of all rows whose proxies may be limit or less into
// w.found, in order.
func (s *thinSpace) measure(w *sifter, i int, a *thinRow, limit float64) {
	w.found = w.found[:0]
	for j, proxy := range w.proxies {
		if proxy-w.slacks[j] <= limit && !(s.own && i == j) {
			b := s.x.row(j)
			w.found = append(w.found, near{s.form.exact(a, &b, s.x.d), int32(j)})
		}
	}
	slices.SortFunc(w.found, nearer)
}

func (s *thinSpace) nearest(ctx context.Context, k int, indices []int32, distances []float64) error {
	return s.sift(ctx, func(w *sifter, i int, a *thinRow) {
		if w.indices == nil {
			w.indices, w.distances = make([]int32, k), make([]float64, k)
		}
		// The k least of the largest that proxies can be: so far and no farther.
		best := &lists{k, w.indices, w.distances}
		best.clear()
		top := math.Inf(1)
		for j, proxy := range w.proxies {
			if v := proxy + w.slacks[j]; v < top {
				sink(best.indices, best.distances, near{v, int32(j)})
				top = best.distances[0]
			}
		}
		s.measure(w, i, a, top)
		for t, v := range w.found[:k] {
			indices[i*k+t], distances[i*k+t] = v.row, v.dist
		}
	})
}

func (s *thinSpace) within(ctx context.Context, method string, radius float64, limit int64) (*screen.Ragged, error) {
	b := newBalls(method, s.q.n, radius, limit)
	most := radius
	if s.form.most != nil {
		most = s.form.most(radius)
	}
	most *= 1 + 0x1p-40
	err := s.sift(ctx, func(w *sifter, i int, a *thinRow) {
		if b.over.Load() {
			return
		}
		s.measure(w, i, a, most)
		b.take(i, w.found)
	})
	if err != nil {
		return nil, err
	}
	return b.ragged(ctx)
}
