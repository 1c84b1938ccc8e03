package search

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Adaptive searches vectors whose columns go from coarse to fine, as those of Matryoshka
// training and principal components do: a shortlist by the first Short columns, which is then
// compared by the first Long ones (A. Kusupati and others, 2022, Matryoshka representation
// learning: adaptive retrieval).
//
// A query takes n·Short + Shortlist·Long multiply-adds.
type Adaptive struct {
	// Short is the length of the prefix that all rows are compared by. Default an eighth of d,
	// or 1.
	Short int

	// Long is the length that the shortlist is compared by. Default d.
	Long int

	// Shortlist is how many rows are compared by Long columns. Default twenty for every row
	// wanted.
	Shortlist int

	// Normalize compares prefixes by cosine: each is divided by its own length. Default inner
	// products.
	Normalize bool
}

// Funnel searches by growing prefixes and shrinking shortlists: each stage doubles the prefix
// and halves the rows (the same, funnel retrieval). The first shortlist is Adaptive's; the rows
// it costs are those stages.
type Funnel struct {
	// Short is the length of the prefix that all rows are compared by. Default an eighth of d,
	// or 1.
	Short int

	// Shortlist is how many rows the first stage keeps. Default twenty for every row wanted.
	Shortlist int

	// Normalize compares prefixes by cosine. Default inner products.
	Normalize bool
}

// Search finds the k rows of x (n × d) that score best for every query by the last prefix, as
// far as they are on the shortlist. Scores are inner products, or cosines, of Long columns.
// Errors: those of mat32.Check, a *mat32.ShapeError, a *mat32.ParamError, and one that wraps
// ctx.Err().
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

// Search finds the k rows of x (n × d) that score best for every query, as far as they came
// through all stages. Errors as of Adaptive.
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

// byPrefixes scans by the prefix of the first stage, and compares what it keeps by the others.
func byPrefixes(ctx context.Context, method string, rows, asked blas32.General, k int, normalize bool, stages []stage) (*Found, error) {
	first, later := stages[0], stages[1:]
	candidates := first.kept
	if len(later) == 0 {
		later, candidates = stages, max(candidates, slack(k, rows.Rows))
	}
	shorter := prefix(rows, first.columns)
	var short fill
	if normalize {
		short = units(shorter)
	} else {
		short = centered(shorter, unitOf(largestOf(shorter))).fill
	}
	out := &Found{}
	out.Cost.add(int64(asked.Rows)*int64(rows.Rows), int64(first.columns), 4)
	kept := first.kept
	for _, s := range stages[1:] {
		out.Cost.add(int64(asked.Rows)*int64(kept), int64(s.columns), 4)
		kept = s.kept
	}
	return out.search(ctx, method, rows, asked, short, prefix(asked, first.columns), candidates, later, normalize)
}

// units writes rows divided by their length.
func units(rows blas32.General) fill {
	return func(lo, hi int, to []float32) {
		for i := lo; i < hi; i++ {
			row, dst := rows.Data[i*rows.Stride:][:rows.Cols], to[(i-lo)*rows.Cols:][:rows.Cols]
			length := math.Sqrt(kernel.DotMixed(row, row))
			if length == 0 {
				length = 1
			}
			for j, v := range row {
				dst[j] = float32(float64(v) / length)
			}
		}
	}
}
