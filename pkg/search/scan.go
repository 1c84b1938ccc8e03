package search

import (
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

// Exhaustive finds the k rows of x that score best for every query, by comparing all: the truth that other searches are judged by. x and queries have as
// many columns. Time O(n·m·d), memory 4·(n+m)·d bytes for what is not a *mat32.Dense. Errors: those of mat32.Check, a *mat32.ShapeError, a *mat32.ParamError for
// k out of range, and that of ctx.
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
	slack := min(rows.Rows, k+max(8, k/4))
	best, err := scan(ctx, method, rows.Rows, whole(rows), asked, slack)
	if err != nil {
		return nil, err
	}
	out.Cost.add(int64(asked.Rows)*int64(rows.Rows), int64(rows.Cols), 4)
	return out, out.rerank(ctx, rows, asked, best, slack, k)
}

// pair returns rows and queries as float32, checked.
func pair(ctx context.Context, method string, x, queries mat.Matrix) (rows, asked blas32.General, err error) {
	if rows, err = table(ctx, method, "x", x); err != nil {
		return rows, asked, err
	}
	if asked, err = table(ctx, method, "queries", queries); err != nil {
		return rows, asked, err
	}
	if rows.Cols != asked.Cols {
		return rows, asked, mat32.Rename(method, &mat32.ShapeError{What: "queries", Rows: asked.Rows, Cols: asked.Cols, Want: fmt.Sprintf("%d columns, as x has", rows.Cols)})
	}
	return rows, asked, nil
}

// table returns the rows of x as float32: its own where it is a *mat32.Dense.
func table(ctx context.Context, method, what string, x mat.Matrix) (blas32.General, error) {
	if err := mat32.CheckRows(method, x); err != nil {
		return blas32.General{}, err
	}
	if err := mat32.CheckContext(ctx, x); err != nil {
		return blas32.General{}, fmt.Errorf("%s: %s: %w", method, what, err)
	}
	if err := mat32.CheckFloat32(x); err != nil {
		return blas32.General{}, fmt.Errorf("%s: %s: %w", method, what, err)
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

// block writes rows lo … hi as float32 values to buffer, or returns them where they lie.
type block func(lo, hi int, buffer []float32) blas32.General

func whole(rows blas32.General) block {
	return func(lo, hi int, _ []float32) blas32.General { return part(rows, lo, hi) }
}

// prefix is whole, of the first columns alone.
func prefix(rows blas32.General, columns int) block {
	return func(lo, hi int, _ []float32) blas32.General {
		p := part(rows, lo, hi)
		p.Cols = columns
		return p
	}
}

func part(m blas32.General, lo, hi int) blas32.General {
	return blas32.General{Rows: hi - lo, Cols: m.Cols, Stride: m.Stride, Data: m.Data[lo*m.Stride : (hi-1)*m.Stride+m.Cols]}
}

// candidate is a row with its score.
type candidate struct {
	row   int32
	score float32
}

const (
	queryBlock = 128
	rowBlock   = 2048
)

// scan returns, for each query one after the other, the most rows that score best by float32 products, the best first, ties by row. Blocks depend on the shapes alone.
func scan(ctx context.Context, name string, n int, rows block, asked blas32.General, most int) ([]candidate, error) {
	best := make([]candidate, asked.Rows*most)
	counts := make([]int, asked.Rows)
	products := make([]float32, min(queryBlock, asked.Rows)*min(rowBlock, n))
	buffer := make([]float32, min(rowBlock, n)*asked.Cols)
	stage := watch.Start(ctx, name, asked.Rows)
	for first := 0; first < asked.Rows; first += queryBlock {
		last := min(first+queryBlock, asked.Rows)
		some := part(asked, first, last)
		for lo := 0; lo < n; lo += rowBlock {
			hi := min(lo+rowBlock, n)
			scores := blas32.General{Rows: some.Rows, Cols: hi - lo, Stride: hi - lo, Data: products[:some.Rows*(hi-lo)]}
			if err := kernel.Gemm32(ctx, blas.NoTrans, blas.Trans, 1, some, rows(lo, hi, buffer), 0, scores); err != nil {
				return nil, err
			}
			err := par.Blocks(ctx, some.Rows, 8, func(from, to int) {
				for q := from; q < to; q++ {
					own := best[(first+q)*most:][:most]
					counts[first+q] = keep(own, counts[first+q], lo, scores.Data[q*scores.Stride:][:scores.Cols])
				}
			})
			if err != nil {
				return nil, err
			}
		}
		stage.Add(last - first)
	}
	return best, nil
}

// keep adds rows from first on, with their scores, to the count best.
func keep(best []candidate, count, first int, scores []float32) int {
	limit := float32(math.Inf(-1))
	if count == len(best) {
		limit = best[count-1].score
	}
	for i, s := range scores {
		// Of equal scores the earlier row stays.
		if !(s > limit) && count == len(best) {
			continue
		}
		place := count
		if count < len(best) {
			count++
		} else {
			place--
		}
		for place > 0 && best[place-1].score < s {
			best[place] = best[place-1]
			place--
		}
		best[place] = candidate{int32(first + i), s}
		if count == len(best) {
			limit = best[count-1].score
		}
	}
	return count
}

// rerank measures each query's candidates in full and keeps the best k.
func (f *Found) rerank(ctx context.Context, rows, asked blas32.General, best []candidate, most, k int) error {
	f.N, f.K = asked.Rows, k
	f.Rows, f.Scores = make([]int32, f.N*k), make([]float64, f.N*k)
	type scored struct {
		row   int32
		score float64
	}
	return par.BlocksWith(ctx, asked.Rows, 16, func() []scored { return make([]scored, most) }, func(all []scored, lo, hi int) {
		for q := lo; q < hi; q++ {
			query := asked.Data[q*asked.Stride:][:asked.Cols]
			for i, c := range best[q*most:][:most] {
				all[i] = scored{c.row, kernel.DotMixed(query, rows.Data[int(c.row)*rows.Stride:][:rows.Cols])}
			}
			slices.SortFunc(all, func(a, b scored) int {
				switch {
				case a.score > b.score:
					return -1
				case a.score < b.score:
					return 1
				}
				return int(a.row - b.row)
			})
			for i, s := range all[:k] {
				f.Rows[q*k+i], f.Scores[q*k+i] = s.row, s.score
			}
		}
	})
}
