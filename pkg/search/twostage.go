package search

import (
	"context"
	"fmt"
	"strings"

	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// TwoStage searches by inner product in two stages: all rows are compared with the query in a
// shorter and, with Bits, coarser form, and the candidates that are best there in full. It is
// what LeanVec and LVQ are for (M. Tepper, I. Bhati, C. Aguerrebere, M. Hildebrand and T.
// Willke, 2024, LeanVec: searching vectors faster by making them fit).
//
// A query takes n·Dim multiply-adds, d·Dim to make it short, and d a candidate, where comparing
// all takes n·d. Memory 4·n·Dim bytes, or n·(Dim·Bits/8 + 8), beside the rows, which are
// borrowed where they are a *mat32.Dense.
type TwoStage struct {
	// Dim is the number of columns of the first stage. Default a quarter of d, or 1; d is for
	// none left out.
	Dim int

	// Queries are queries like those to come, by which LeanVec fits its maps. Default none.
	Queries mat.Matrix

	// Map, when given, is a LeanVec that was fitted before. Dim and Queries are then ignored.
	Map *LeanVecModel

	// Bits is how many bits a value of the first stage takes, 4 or 8. Default 32: float32.
	Bits int

	// Candidates is how many rows are measured in full. More find more. Default ten for every
	// row wanted.
	Candidates int

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// TwoStageIndex answers queries. It is safe for concurrent use.
type TwoStageIndex struct {
	Options  TwoStage // resolved
	Map      *LeanVecModel
	rows     blas32.General // in full
	first    fill
	perValue float64 // bytes of a value of the first stage
	bytes    int64
}

const twoStage = "search.TwoStage"

// Resolve returns the options with defaults filled in, or a *mat32.ParamError or
// *mat32.ShapeError, for n rows of d columns.
func (t TwoStage) Resolve(n, d int) (TwoStage, error) {
	fail := func(param string, value any, want string) error {
		return &mat32.ParamError{Method: twoStage, Param: param, Value: value, Want: want}
	}
	if t.Map != nil {
		if t.Map.ForRows == nil || t.Map.ForQueries == nil {
			return t, fail("Map", "empty", "a LeanVecModel that was fitted or read")
		}
		dim, of := t.Map.ForRows.Dims()
		if of != d {
			return t, mat32.Rename(twoStage, &mat32.ShapeError{What: "Map", Rows: dim, Cols: of, Want: fmt.Sprintf("maps of %d columns", d)})
		}
		t.Dim = dim
	}
	l, err := LeanVec{Dim: t.Dim, Queries: t.Queries, MemoryLimit: t.MemoryLimit}.Resolve(n, d)
	if err != nil {
		return t, mat32.Rename(twoStage, err)
	}
	t.Dim = l.Dim
	if t.Bits == 0 {
		t.Bits = 32
	}
	if t.Bits != 4 && t.Bits != 8 && t.Bits != 32 {
		return t, fail("Bits", t.Bits, "4, 8 or 32")
	}
	if t.Candidates < 0 || t.Candidates > n {
		return t, fail("Candidates", t.Candidates, fmt.Sprintf("1 ≤ Candidates ≤ n = %d, or 0 for ten for each row wanted", n))
	}
	return t, nil
}

// Index makes the rows of x ready (n × d). Errors: those of mat32.Check and Resolve, a
// *mat32.MemoryError, and one that wraps ctx.Err().
func (t TwoStage) Index(ctx context.Context, x mat.Matrix) (*TwoStageIndex, error) {
	rows, err := table(ctx, twoStage, "x", x)
	if err != nil {
		return nil, err
	}
	if t, err = t.Resolve(rows.Rows, rows.Cols); err != nil {
		return nil, err
	}
	if err := mat32.CheckMemory(twoStage, 4*int64(rows.Rows)*int64(t.Dim), t.MemoryLimit, "use a lower Dim"); err != nil {
		return nil, err
	}
	index := &TwoStageIndex{Options: t, Map: t.Map, rows: rows, perValue: 4}
	short, largest := rows, float32(0)
	if t.Dim < rows.Cols || t.Map != nil {
		if index.Map == nil {
			if index.Map, err = (LeanVec{Dim: t.Dim, Queries: t.Queries, MemoryLimit: t.MemoryLimit}).fit(ctx, x); err != nil {
				return nil, mat32.Rename(twoStage, err)
			}
		}
		if short, largest, err = index.Map.shorten(ctx, index.Map.ForRows, rows); err != nil {
			return nil, mat32.Rename(twoStage, err)
		}
	} else {
		largest = largestOf(rows)
	}
	if t.Bits < 32 {
		codes, err := LVQ{Bits: t.Bits}.fit(ctx, short)
		if err != nil {
			return nil, err
		}
		index.first, index.perValue, index.bytes = codes.fill(), codes.perValue(), codes.Bytes()
		return index, nil
	}
	index.first, index.bytes = centered(short, unitOf(largest)).fill, 4*int64(short.Rows)*int64(short.Cols)
	return index, nil
}

// Bytes returns the memory of the first stage.
func (t *TwoStageIndex) Bytes() int64 { return t.bytes }

// Search finds the k rows that score best for every query, as far as they are among the
// candidates. Errors: those of mat32.Check, a *mat32.ShapeError for queries of another number
// of columns, a *mat32.ParamError for k out of range, and one that wraps ctx.Err().
func (t *TwoStageIndex) Search(ctx context.Context, queries mat.Matrix, k int) (*Found, error) {
	asked, err := questions(ctx, twoStage, queries, t.rows.Cols)
	if err != nil {
		return nil, err
	}
	if err := checkCount(twoStage, "k", k, t.rows.Rows); err != nil {
		return nil, err
	}
	candidates := t.Options.Candidates
	if candidates == 0 {
		candidates = min(10*k, t.rows.Rows)
	}
	candidates = max(candidates, k)
	out, short := &Found{}, asked
	if t.Map != nil {
		mapped, err := t.Map.Queries(ctx, queries)
		if err != nil {
			return nil, mat32.Rename(twoStage, err)
		}
		short = blas32.General{Rows: asked.Rows, Cols: t.Options.Dim, Stride: t.Options.Dim, Data: mapped.Data()}
		out.Cost.add(int64(asked.Rows)*int64(t.Options.Dim), int64(asked.Cols), 4)
	}
	out.Cost.add(int64(asked.Rows)*int64(t.rows.Rows), int64(short.Cols), t.perValue)
	out.Cost.add(int64(asked.Rows)*int64(candidates), int64(asked.Cols), 4)
	return out.search(ctx, twoStage, t.rows, asked, t.first, short, candidates, []stage{{asked.Cols, k}}, false)
}

// String returns a small table.
func (t *TwoStageIndex) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "two-stage index of %d rows\n  first       %d of %d columns in %d bits, %.4g MB", t.rows.Rows, t.Options.Dim, t.rows.Cols, t.Options.Bits, float64(t.bytes)/1e6)
	return b.String()
}
