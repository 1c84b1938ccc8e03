package search

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
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
	return out.search(ctx, method, rows, asked, centered(rows), asked, slack(k, rows.Rows), []stage{{rows.Cols, k}}, false)
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
	if err := mat32.CheckFloat32(x); err != nil {
		return fail(err)
	}
	n, d := x.Dims()
	if _, is := x.(*mat32.Dense); !is {
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

// centered writes rows less about their mean, in units near their largest value. A query ranks
// them as it ranks the rows, but float32 neither rounds away how they differ nor overflows.
func centered(rows blas32.General) fill {
	n, d := rows.Rows, rows.Cols
	largest := make([]float32, (n+rowBlock-1)/rowBlock)
	// No work is left undone here: the context has no part in it.
	_ = par.Blocks(context.Background(), n, rowBlock, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			largest[lo/rowBlock] = max(largest[lo/rowBlock], most(rows.Data[i*rows.Stride:][:d]))
		}
	})
	unit := unitOf(slices.Max(largest))
	mean := make([]float64, d)
	step := (n + rowBlock - 1) / rowBlock
	count := (n + step - 1) / step
	for i := 0; i < n; i += step {
		for j, v := range rows.Data[i*rows.Stride:][:d] {
			mean[j] += float64(v*unit) / float64(count)
		}
	}
	middle := make([]float32, d)
	for j, v := range mean {
		middle[j] = float32(v)
	}
	return func(lo, hi int, to []float32) {
		for i := lo; i < hi; i++ {
			dst := to[(i-lo)*d:][:d]
			for j, v := range rows.Data[i*rows.Stride:][:d] {
				dst[j] = v*unit - middle[j]
			}
		}
	}
}

// most returns the largest magnitude.
func most(row []float32) (m float32) {
	for _, v := range row {
		m = max(m, v, -v)
	}
	return m
}

// unitOf returns the power of two that brings a magnitude near 1.
func unitOf(magnitude float32) float32 {
	if magnitude == 0 {
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

// candidate is a row with its score.
type candidate struct {
	row   int32
	score float32
}

// worse says that a row comes after another: it scores less, or as much and stands behind.
func (c candidate) worse(than candidate) bool {
	return c.score < than.score || c.score == than.score && c.row > than.row
}

const (
	queryBlock = 128
	rowBlock   = 2048
)

// scan returns, for each query one after the other, the wanted rows that score best by float32
// products, the best first, ties by row. Blocks depend on the shapes alone.
func scan(ctx context.Context, name string, n int, rows fill, asked blas32.General, wanted int) ([]candidate, error) {
	if err := mat32.CheckMemory(name, int64(asked.Rows)*(8*int64(wanted)+4*int64(asked.Cols)), 0, "ask fewer queries at a time, or for fewer rows"); err != nil {
		return nil, err
	}
	d := asked.Cols
	units := blas32.General{Rows: asked.Rows, Cols: d, Stride: d, Data: make([]float32, asked.Rows*d)}
	for q := range asked.Rows {
		query := asked.Data[q*asked.Stride:][:d]
		unit := unitOf(most(query))
		for j, v := range query {
			units.Data[q*d+j] = v * unit
		}
	}
	best := make([]candidate, asked.Rows*wanted)
	counts := make([]int, asked.Rows)
	products := make([]float32, min(queryBlock, asked.Rows)*min(rowBlock, n))
	buffer := make([]float32, min(rowBlock, n)*d)
	stage := watch.Start(ctx, name, n)
	for lo := 0; lo < n; lo += rowBlock {
		hi := min(lo+rowBlock, n)
		err := par.Blocks(ctx, hi-lo, 128, func(from, to int) { rows(lo+from, lo+to, buffer[from*d:to*d]) })
		if err != nil {
			return nil, err
		}
		some := blas32.General{Rows: hi - lo, Cols: d, Stride: d, Data: buffer[:(hi-lo)*d]}
		for first := 0; first < asked.Rows; first += queryBlock {
			last := min(first+queryBlock, asked.Rows)
			query := blas32.General{Rows: last - first, Cols: d, Stride: d, Data: units.Data[first*d : last*d]}
			scores := blas32.General{Rows: last - first, Cols: hi - lo, Stride: hi - lo, Data: products[:(last-first)*(hi-lo)]}
			if err := kernel.Gemm32(ctx, blas.NoTrans, blas.Trans, 1, query, some, 0, scores); err != nil {
				return nil, err
			}
			err := par.Blocks(ctx, last-first, 8, func(from, to int) {
				for q := from; q < to; q++ {
					own := best[(first+q)*wanted:][:wanted]
					counts[first+q] = keep(own, counts[first+q], lo, scores.Data[q*scores.Stride:][:scores.Cols])
				}
			})
			if err != nil {
				return nil, err
			}
		}
		stage.Add(hi - lo)
	}
	return best, par.Blocks(ctx, asked.Rows, max(1, 1<<14/wanted), func(lo, hi int) {
		for q := lo; q < hi; q++ {
			slices.SortFunc(best[q*wanted:][:wanted], func(a, b candidate) int {
				switch {
				case a.worse(b):
					return 1
				case b.worse(a):
					return -1
				}
				return 0
			})
		}
	})
}

// keep adds rows from first on, with their scores, to the count best, a heap whose worst row is
// on top once it is full.
func keep(best []candidate, count, first int, scores []float32) int {
	at := 0
	for ; at < len(scores) && count < len(best); at++ {
		best[count] = candidate{int32(first + at), scores[at]}
		if count++; count == len(best) {
			for i := len(best)/2 - 1; i >= 0; i-- {
				sink(best, i)
			}
		}
	}
	if at == len(scores) {
		return count
	}
	limit := best[0].score
	for i, s := range scores[at:] {
		// Of equal scores the earlier row stays.
		if s > limit {
			best[0] = candidate{int32(first + at + i), s}
			sink(best, 0)
			limit = best[0].score
		}
	}
	return count
}

// sink moves a row down to where those below are better.
func sink(heap []candidate, i int) {
	for {
		child := 2*i + 1
		if child >= len(heap) {
			return
		}
		if child+1 < len(heap) && heap[child+1].worse(heap[child]) {
			child++
		}
		if !heap[child].worse(heap[i]) {
			return
		}
		heap[i], heap[child] = heap[child], heap[i]
		i = child
	}
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
				left[i] = scored{c.row, float64(c.score)}
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
