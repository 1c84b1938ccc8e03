package search

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"sync"

	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// Exhaustive finds the k rows of x (n × d) that score best for each of m queries, by comparing
// all: the truth that other searches are judged by. Products of float32 choose k + max(8, k/4)
// candidates, which are then measured with float64 sums.
//
// Time O(n·m·d), memory O(m·(d + k)), and 4·(n + m)·d bytes for what is not a *mat32.Dense.
// Errors: those of mat32.Check, a *mat32.ShapeError for queries of other columns, a
// *mat32.ParamError for k out of range, a *mat32.MemoryError, and one that wraps ctx.Err().
func Exhaustive(ctx context.Context, x, queries mat.Matrix, k int) (*Found, error) {
	const method = "search.Exhaustive"
	rows, asked, err := pair(ctx, method, x, queries)
	if err != nil {
		return nil, err
	}
	if err := checkCount(method, "k", k, rows.Rows); err != nil {
		return nil, err
	}
	out := &Found{}
	out.Cost.add(int64(asked.Rows)*int64(rows.Rows), int64(rows.Cols), 4)
	return out.search(ctx, method, rows, asked, centered(rows, unitOf(largestOf(rows))).fill, asked, slack(k, rows.Rows), []stage{{rows.Cols, k}}, false)
}

// slack is how many rows float32 products choose where the best k of them count.
func slack(k, n int) int { return min(n, k+max(8, k/4)) }

// pair returns rows and queries as float32, checked.
func pair(ctx context.Context, method string, x, queries mat.Matrix) (rows, asked blas32.General, err error) {
	if rows, err = table(ctx, method, "x", x); err != nil {
		return rows, asked, err
	}
	asked, err = questions(ctx, method, queries, rows.Cols)
	return rows, asked, err
}

// questions returns queries as float32, of so many columns.
func questions(ctx context.Context, method string, queries mat.Matrix, columns int) (blas32.General, error) {
	asked, err := table(ctx, method, "queries", queries)
	if err == nil && asked.Cols != columns {
		err = mat32.Rename(method, &mat32.ShapeError{What: "queries", Rows: asked.Rows, Cols: asked.Cols, Want: fmt.Sprintf("%d columns, as the rows have", columns)})
	}
	return asked, err
}

// table returns the rows of x as float32: its own where it is a *mat32.Dense.
func table(ctx context.Context, method, what string, x mat.Matrix) (blas32.General, error) {
	fail := func(err error) (blas32.General, error) {
		if what == "x" {
			return blas32.General{}, fmt.Errorf("%s: %w", method, err)
		}
		return blas32.General{}, fmt.Errorf("%s: %s: %w", method, what, err)
	}
	if err := mat32.CheckRows(method, x); err != nil {
		return blas32.General{}, err
	}
	if err := mat32.CheckContext(ctx, x); err != nil {
		return fail(err)
	}
	n, d := x.Dims()
	if _, is := x.(*mat32.Dense); !is {
		if err := mat32.CheckFloat32(x); err != nil {
			return fail(err)
		}
		if err := mat32.CheckMemory(method, 4*int64(n)*int64(d), 0, "give the rows as a *mat32.Dense, which is not copied"); err != nil {
			return blas32.General{}, err
		}
	}
	m := mat32.Convert(x)
	return blas32.General{Rows: n, Cols: d, Stride: d, Data: m.Data()}, nil
}

func checkCount(method, param string, k, n int) error {
	if k < 1 || k > n {
		return &mat32.ParamError{Method: method, Param: param, Value: k, Want: fmt.Sprintf("1 ≤ %s ≤ n = %d", param, n)}
	}
	return nil
}

// fill writes rows lo … hi, one after the other, as they are compared with queries.
type fill func(lo, hi int, to []float32)

// centering is rows less about their mean, in units near their largest value where float32 would
// not hold their products otherwise.
type centering struct {
	row    func(i int, own []float32) []float32 // a row: as it is kept, or written to own
	unit   float32
	middle []float32
}

// centered returns rows ready to be compared. A query ranks them as it ranks the rows, but
// float32 neither rounds away how they differ nor overflows.
func centered(rows blas32.General, unit float32) *centering {
	return centeredBy(rows.Rows, rows.Cols, unit, func(i int, _ []float32) []float32 { return rows.Data[i*rows.Stride:][:rows.Cols] })
}

func centeredBy(n, d int, unit float32, row func(i int, own []float32) []float32) *centering {
	c := &centering{row: row, unit: unit, middle: make([]float32, d)}
	mean := make([]float64, d)
	step := (n + rowBlock - 1) / rowBlock
	count := (n + step - 1) / step
	for i := 0; i < n; i += step {
		for j, v := range row(i, c.middle) {
			mean[j] += float64(v * unit)
		}
	}
	for j, v := range mean {
		c.middle[j] = float32(v / float64(count))
	}
	return c
}

// fill writes rows lo … hi.
func (c *centering) fill(lo, hi int, to []float32) {
	d := len(c.middle)
	for i := lo; i < hi; i++ {
		dst := to[(i-lo)*d:][:d]
		row := c.row(i, dst)
		if c.unit == 1 {
			kernel.Difference32(dst, row, c.middle)
			continue
		}
		for j, v := range row {
			dst[j] = v*c.unit - c.middle[j]
		}
	}
}

// largestOf returns the largest magnitude of all values; it is not finite where one is not.
func largestOf(rows blas32.General) float32 {
	const block = 256
	largest := make([]float32, (rows.Rows+block-1)/block)
	// No work is left undone here: the context has no part in it.
	_ = par.Blocks(context.Background(), rows.Rows, block, func(lo, hi int) {
		if rows.Stride == rows.Cols {
			largest[lo/block] = most(rows.Data[lo*rows.Cols : hi*rows.Cols])
			return
		}
		var m float32
		for i := lo; i < hi; i++ {
			m = max(m, most(rows.Data[i*rows.Stride:][:rows.Cols]))
		}
		largest[lo/block] = m
	})
	return slices.Max(largest)
}

// most returns the largest magnitude: that of the bits without the sign.
func most(row []float32) float32 {
	const magnitude = 1<<31 - 1
	var a, b, c, d uint32
	for ; len(row) >= 4; row = row[4:] {
		a = max(a, math.Float32bits(row[0])&magnitude)
		b = max(b, math.Float32bits(row[1])&magnitude)
		c = max(c, math.Float32bits(row[2])&magnitude)
		d = max(d, math.Float32bits(row[3])&magnitude)
	}
	for _, v := range row {
		a = max(a, math.Float32bits(v)&magnitude)
	}
	return math.Float32frombits(max(a, b, c, d))
}

// unitOf returns the power of two that brings a magnitude near 1, or 1 where products of such
// are in the range of float32 as they are.
func unitOf(magnitude float32) float32 {
	if magnitude == 0 || magnitude > 0x1p-30 && magnitude < 0x1p30 {
		return 1
	}
	_, e := math.Frexp(float64(magnitude))
	return float32(math.Ldexp(1, max(-126, min(126, -e))))
}

// prefix returns the first columns.
func prefix(rows blas32.General, columns int) blas32.General {
	rows.Cols = columns
	return rows
}

// candidate is a row with its score, as a number that is the larger, the better the row: bits of
// the score, turned such that they grow with it, and below them those of the row, turned round.
type candidate uint64

func candidateOf(row int, score float32) candidate {
	bits := math.Float32bits(score + 0) // of −0 as of 0
	bits ^= uint32(int32(bits)>>31) | 1<<31
	return candidate(bits)<<32 | candidate(^uint32(row))
}

func (c candidate) row() int32 { return int32(^uint32(c)) }

func (c candidate) score() float32 {
	bits := uint32(c >> 32)
	return math.Float32frombits(bits ^ (^uint32(int32(bits)>>31) | 1<<31))
}

const (
	queryBlock = 48
	rowBlock   = 2048
	rowStrip   = 128 // rows that are made ready at a time
)

// scan returns, for each query one after the other, the wanted rows that score best by float32
// products, the best first, ties by row. Blocks depend on the shapes alone.
func scan(ctx context.Context, name string, n int, rows fill, asked blas32.General, wanted int) ([]candidate, error) {
	m, d := asked.Rows, asked.Cols
	if err := mat32.CheckMemory(name, int64(m)*(8*int64(wanted)+4*int64(d)), 0, "ask fewer queries at a time, or for fewer rows"); err != nil {
		return nil, err
	}
	units := make([]float32, m*d)
	for q := range m {
		query := asked.Data[q*asked.Stride:][:d]
		unit := unitOf(most(query))
		for j, v := range query {
			units[q*d+j] = v * unit
		}
	}
	best := make([]candidate, m*wanted)
	counts := make([]int, m)
	strips := make([]kernel.Tile32, (min(rowBlock, n)+rowStrip-1)/rowStrip)
	together := max(1, min(queryBlock, (m/8+11)/12*12))
	type seer struct {
		tile           kernel.Tile32
		rows, products []float32
		hits           []int32
	}
	seers := sync.Pool{New: func() any {
		return &seer{rows: make([]float32, min(rowStrip, n)*d), products: make([]float32, min(together, m)*min(rowBlock, n)), hits: make([]int32, keepAtOnce)}
	}}
	stage := watch.Start(ctx, name, n)
	for lo := 0; lo < n; lo += rowBlock {
		hi := min(lo+rowBlock, n)
		err := par.Blocks(ctx, hi-lo, rowStrip, func(from, to int) {
			s := seers.Get().(*seer)
			defer seers.Put(s)
			some := s.rows[:(to-from)*d]
			rows(lo+from, lo+to, some)
			strips[from/rowStrip].SetB(some, d)
		})
		if err == nil {
			err = par.Blocks(ctx, m, together, func(first, last int) {
				s := seers.Get().(*seer)
				defer seers.Put(s)
				s.tile.SetA(units[first*d:last*d], d)
				for from := 0; from < hi-lo; from += rowStrip {
					s.tile.ShareB(&strips[from/rowStrip])
					s.tile.Mul(s.products[from:], hi-lo)
				}
				for q := first; q < last; q++ {
					counts[q] = keep(best[q*wanted:][:wanted], counts[q], lo, s.products[(q-first)*(hi-lo):][:hi-lo], s.hits)
				}
			})
		}
		if err != nil {
			return nil, err
		}
		stage.Add(hi - lo)
	}
	return best, par.Blocks(ctx, m, max(1, 1<<14/wanted), func(lo, hi int) {
		for q := lo; q < hi; q++ {
			own := best[q*wanted:][:wanted]
			slices.Sort(own)
			slices.Reverse(own)
		}
	})
}

// keepAtOnce is how many scores are compared with the worst that is kept before it is looked up
// again.
const keepAtOnce = 256

// keep adds rows from first on, with their scores, to the count best, a heap whose worst row is
// on top once it is full. Hits is scratch.
func keep(best []candidate, count, first int, scores []float32, hits []int32) int {
	at := 0
	for ; at < len(scores) && count < len(best); at++ {
		best[count] = candidateOf(first+at, scores[at])
		if count++; count == len(best) {
			for i := len(best)/2 - 1; i >= 0; i-- {
				sink(best, i)
			}
		}
	}
	inf := float32(math.Inf(1))
	for ; at < len(scores); at += keepAtOnce {
		some := scores[at:min(at+keepAtOnce, len(scores))]
		// Of equal scores the earlier row stays.
		above := math.Nextafter32(best[0].score(), inf)
		for _, i := range hits[:kernel.Between32(hits, some, above, inf)] {
			if c := candidateOf(first+at+int(i), some[i]); c > best[0] {
				best[0] = c
				sink(best, 0)
			}
		}
	}
	return count
}

// sink moves a row down to where those below are better.
func sink(heap []candidate, i int) {
	c := heap[i]
	for {
		child := 2*i + 1
		if child >= len(heap) {
			break
		}
		if child+1 < len(heap) && heap[child+1] < heap[child] {
			child++
		}
		if heap[child] >= c {
			break
		}
		heap[i], i = heap[child], child
	}
	heap[i] = c
}

// stage is one comparison: by so many columns, keeping so many rows.
type stage struct{ columns, kept int }

// search scans short forms of the rows for candidates, compares these with the queries in full
// by one stage after the other, and keeps the last.
func (f *Found) search(ctx context.Context, method string, rows, asked blas32.General, short fill, by blas32.General, candidates int, stages []stage, cosines bool) (*Found, error) {
	k := stages[len(stages)-1].kept
	if err := mat32.CheckMemory(method, int64(asked.Rows)*(12*int64(k)+8*int64(candidates)), 0, "ask fewer queries at a time, or for fewer rows"); err != nil {
		return nil, err
	}
	best, err := scan(ctx, method, rows.Rows, short, by, candidates)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	f.N, f.K = asked.Rows, k
	f.Rows, f.Scores = make([]int32, f.N*k), make([]float64, f.N*k)
	type scored struct {
		row   int32
		score float64
	}
	together := max(1, min(16, 1<<20/(candidates*rows.Cols)))
	err = par.BlocksWith(ctx, asked.Rows, together, func() []scored { return make([]scored, candidates) }, func(all []scored, lo, hi int) {
		for q := lo; q < hi; q++ {
			left := all[:candidates]
			for i, c := range best[q*candidates:][:candidates] {
				left[i].row = c.row()
			}
			for _, s := range stages {
				query := asked.Data[q*asked.Stride:][:s.columns]
				for i := range left {
					row := rows.Data[int(left[i].row)*rows.Stride:][:s.columns]
					if left[i].score = kernel.DotMixed(query, row); cosines {
						left[i].score = cosine(left[i].score, query, row)
					}
				}
				slices.SortFunc(left, func(a, b scored) int {
					return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.row, b.row))
				})
				left = left[:s.kept]
			}
			for i, s := range left {
				f.Rows[q*k+i], f.Scores[q*k+i] = s.row, s.score
			}
		}
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	return f, nil
}

// cosine returns a product over both lengths, 0 where one of them is.
func cosine(dot float64, a, b []float32) float64 {
	if lengths := math.Sqrt(kernel.DotMixed(a, a)) * math.Sqrt(kernel.DotMixed(b, b)); lengths > 0 {
		return dot / lengths
	}
	return 0
}
