package search

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Adaptive searches vectors whose columns go from coarse to fine, as those of Matryoshka training and principal components do: a shortlist by the first Short columns, which is then
// compared by the first Long ones (A. Kusupati and others, 2022, Matryoshka representation learning: adaptive retrieval).
//
// A query takes n·Short + Shortlist·Long multiply-adds.
type Adaptive struct {
	// Short is the length of the prefix that all rows are compared by. Default an eighth of d, or 1.
	Short int

	// Long is the length that the shortlist is compared by. Default d.
	Long int

	// Shortlist is how many rows are compared by Long columns. Default twenty for every row wanted.
	Shortlist int

	// Normalize compares prefixes by cosine: each is divided by its own length. Default inner products.
	Normalize bool
}

// Funnel searches by growing prefixes and shrinking shortlists: each stage doubles the prefix and halves the rows (the same, funnel retrieval). The first shortlist
// is Adaptive's; the rows it costs are those stages.
type Funnel struct {
	// Short is the length of the prefix that all rows are compared by. Default an eighth of d, or 1.
	Short int

	// Shortlist is how many rows the first stage keeps. Default twenty for every row wanted.
	Shortlist int

	// Normalize compares prefixes by cosine. Default inner products.
	Normalize bool
}

// stage is one comparison: by so many columns, keeping so many rows.
type stage struct{ columns, kept int }

// Search finds the k rows of x (n × d) that score best for every query by the last prefix, as far as they are on the shortlist. Scores are inner products, or cosines, of Long columns.
// Errors: those of mat32.Check, a *mat32.ShapeError, a *mat32.ParamError, and one that wraps ctx.Err().
func (a Adaptive) Search(ctx context.Context, x, queries mat.Matrix, k int) (*Found, error) {
	const method = "search.Adaptive"
	rows, asked, err := pair(ctx, method, x, queries)
	if err != nil {
		return nil, err
	}
	if err := checkCount(method, "k", k, rows.Rows); err != nil {
		return nil, err
	}
	if a.Short == 0 {
		a.Short = max(1, rows.Cols/8)
	}
	if a.Long == 0 {
		a.Long = rows.Cols
	}
	if a.Shortlist == 0 {
		a.Shortlist = min(20*k, rows.Rows)
	}
	switch {
	case a.Long < 1 || a.Long > rows.Cols:
		return nil, &mat32.ParamError{Method: method, Param: "Long", Value: a.Long, Want: fmt.Sprintf("1 ≤ Long ≤ d = %d", rows.Cols)}
	case a.Short < 1 || a.Short > a.Long:
		return nil, &mat32.ParamError{Method: method, Param: "Short", Value: a.Short, Want: fmt.Sprintf("1 ≤ Short ≤ Long = %d", a.Long)}
	case a.Shortlist < k || a.Shortlist > rows.Rows:
		return nil, &mat32.ParamError{Method: method, Param: "Shortlist", Value: a.Shortlist, Want: fmt.Sprintf("k = %d ≤ Shortlist ≤ n = %d", k, rows.Rows)}
	}
	return byPrefixes(ctx, method, rows, asked, k, a.Normalize, []stage{{a.Short, a.Shortlist}, {a.Long, k}})
}

// Search finds the k rows of x (n × d) that score best for every query, as far as they came through all stages. Errors as of Adaptive.
func (f Funnel) Search(ctx context.Context, x, queries mat.Matrix, k int) (*Found, error) {
	const method = "search.Funnel"
	rows, asked, err := pair(ctx, method, x, queries)
	if err != nil {
		return nil, err
	}
	if err := checkCount(method, "k", k, rows.Rows); err != nil {
		return nil, err
	}
	if f.Short == 0 {
		f.Short = max(1, rows.Cols/8)
	}
	if f.Shortlist == 0 {
		f.Shortlist = min(20*k, rows.Rows)
	}
	switch {
	case f.Short < 1 || f.Short > rows.Cols:
		return nil, &mat32.ParamError{Method: method, Param: "Short", Value: f.Short, Want: fmt.Sprintf("1 ≤ Short ≤ d = %d", rows.Cols)}
	case f.Shortlist < k || f.Shortlist > rows.Rows:
		return nil, &mat32.ParamError{Method: method, Param: "Shortlist", Value: f.Shortlist, Want: fmt.Sprintf("k = %d ≤ Shortlist ≤ n = %d", k, rows.Rows)}
	}
	stages := []stage{{f.Short, f.Shortlist}}
	for columns, kept := f.Short, f.Shortlist; columns < rows.Cols; {
		columns, kept = min(2*columns, rows.Cols), max(kept/2, k)
		stages = append(stages, stage{columns, kept})
	}
	stages[len(stages)-1].kept = k
	return byPrefixes(ctx, method, rows, asked, k, f.Normalize, stages)
}

func byPrefixes(ctx context.Context, method string, rows, asked blas32.General, k int, normalize bool, stages []stage) (*Found, error) {
	first := stages[0]
	from := prefix(rows, first.columns)
	if normalize {
		from = unitPrefix(rows, first.columns)
	}
	short := asked
	short.Cols = first.columns
	best, err := scan(ctx, method, rows.Rows, from, short, first.kept)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	out := &Found{N: asked.Rows, K: k, Rows: make([]int32, asked.Rows*k), Scores: make([]float64, asked.Rows*k)}
	out.Cost.add(int64(asked.Rows)*int64(rows.Rows), int64(first.columns), 4)
	kept := first.kept
	for _, s := range stages[1:] {
		out.Cost.add(int64(asked.Rows)*int64(kept), int64(s.columns), 4)
		kept = s.kept
	}
	type scored struct {
		row   int32
		score float64
	}
	err = par.BlocksWith(ctx, asked.Rows, 16, func() []scored { return make([]scored, first.kept) }, func(all []scored, lo, hi int) {
		for q := lo; q < hi; q++ {
			left := all[:first.kept]
			for i, c := range best[q*first.kept:][:first.kept] {
				left[i] = scored{c.row, float64(c.score)}
			}
			for at, s := range stages {
				if at == 0 && len(stages) > 1 {
					continue
				}
				query := asked.Data[q*asked.Stride:][:s.columns]
				for i := range left {
					row := rows.Data[int(left[i].row)*rows.Stride:][:s.columns]
					left[i].score = kernel.DotMixed(query, row)
					if normalize {
						left[i].score = cosine(left[i].score, query, row)
					}
				}
				slices.SortFunc(left, func(a, b scored) int {
					switch {
					case a.score > b.score:
						return -1
					case a.score < b.score:
						return 1
					}
					return int(a.row - b.row)
				})
				left = left[:s.kept]
			}
			for i, s := range left[:k] {
				out.Rows[q*k+i], out.Scores[q*k+i] = s.row, s.score
			}
		}
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	return out, nil
}

// unitPrefix is prefix, of rows divided by its length.
func unitPrefix(rows blas32.General, columns int) block {
	return func(lo, hi int, buffer []float32) blas32.General {
		out := blas32.General{Rows: hi - lo, Cols: columns, Stride: columns, Data: buffer[:(hi-lo)*columns]}
		for i := lo; i < hi; i++ {
			from, to := rows.Data[i*rows.Stride:][:columns], out.Data[(i-lo)*columns:][:columns]
			length := math.Sqrt(kernel.DotMixed(from, from))
			if length == 0 {
				length = 1
			}
			for j, v := range from {
				to[j] = float32(float64(v) / length)
			}
		}
		return out
	}
}

// cosine returns a product over both lengths, 0 where one of them is.
func cosine(dot float64, a, b []float32) float64 {
	if lengths := math.Sqrt(kernel.DotMixed(a, a) * kernel.DotMixed(b, b)); lengths > 0 {
		return dot / lengths
	}
	return 0
}
