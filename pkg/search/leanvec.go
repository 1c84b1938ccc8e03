package search

import (
	"context"
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// LeanVec makes vectors shorter such that inner products stay: queries by one linear map A and
// rows by another, B, with ‖Q(AᵀB − I)Xᵀ‖ as small as it gets over maps that lengthen nothing
// (M. Tepper, I. Bhati, C. Aguerrebere, M. Hildebrand and T. Willke, 2024, LeanVec: searching
// vectors faster by making them fit).
//
// Without Queries both maps are the principal directions of the rows, about the origin: the
// best where queries are like rows. With them it is known which directions are asked about, and
// both maps change.
//
// The maps fit the queries that are given, and Loss is that of these: where there are few, or
// few long ones, other queries are ranked worse than by principal directions though the loss has
// fallen. Of 4000 rows of 96 columns that fall in size as 0.97^j, and queries that ask about all
// columns alike, 24 principal directions find 0.80 of the best ten among 50 candidates, two maps
// 0.68 with 100 queries, 0.76 with 200, 0.78 with 500 and 0.80 with 5000. Give twenty
// queries for each column or more, divided by their lengths where these differ, which changes no
// ranking, and compare both by the Recall of queries that were kept aside.
//
// Time O(n·d²) and O(Iterations·d³), memory 8·d² bytes a few times.
type LeanVec struct {
	// Dim is the number of columns that are left. Default a quarter of d, or 1. Larger ones
	// keep more.
	Dim int

	// Queries are queries like those to come, of as many columns as the rows. Default none:
	// they are like the rows.
	Queries mat.Matrix

	// By is how the maps are found with Queries. Default FrankWolfe.
	By LeanVecSolver

	// Iterations is how many steps of Frank and Wolfe's method are taken at most, or how many
	// mixtures are tried by Mixture. Default 100, and 40.
	Iterations int

	// Tolerance ends Frank and Wolfe's steps where eight in turn make the loss fall by a
	// smaller share each. Default 1e-4.
	Tolerance float64

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// LeanVecSolver is how the maps of LeanVec are found.
type LeanVecSolver int

// The ways.
const (
	FrankWolfe LeanVecSolver = iota // two maps, in turn, by steps towards the best map of the linearised loss (M. Frank and P. Wolfe, 1956), as long as the loss along it falls; from principal directions
	Mixture                         // one map for both: the principal directions of the mixture of rows and queries whose loss is least
)

// String returns the name of the way.
func (s LeanVecSolver) String() string {
	switch s {
	case FrankWolfe:
		return "Frank–Wolfe"
	case Mixture:
		return "eigenvectors of a mixture"
	}
	return fmt.Sprintf("LeanVecSolver(%d)", int(s))
}

// LeanVecModel holds the maps.
type LeanVecModel struct {
	Options LeanVec // resolved, without Queries
	Asked   int     // queries that the maps were found for; 0 for none

	// ForQueries and ForRows are A and B: Dim × d.
	ForQueries, ForRows *mat.Dense

	// Loss is ‖Q(AᵀB − I)Xᵀ‖² over ‖QXᵀ‖², of the start and after each iteration: the share of
	// the squares of all inner products that is lost.
	Loss []float64

	// Orthogonality is the largest entry by which AAᵀ or BBᵀ differ from the unit matrix: maps
	// between those of Frank and Wolfe's method are near orthonormal only.
	Orthogonality float64
}

const leanVec = "search.LeanVec"

// Resolve returns the options with defaults filled in, or a *mat32.ParamError or
// *mat32.ShapeError, for rows of d columns.
func (l LeanVec) Resolve(n, d int) (LeanVec, error) {
	fail := func(param string, value any, want string) error {
		return &mat32.ParamError{Method: leanVec, Param: param, Value: value, Want: want}
	}
	if n < 1 || d < 1 {
		return l, mat32.Rename(leanVec, mat32.ErrEmpty)
	}
	if l.Dim == 0 {
		l.Dim = max(1, d/4)
	}
	if l.Dim < 1 || l.Dim > d {
		return l, fail("Dim", l.Dim, fmt.Sprintf("1 ≤ Dim ≤ d = %d", d))
	}
	if l.By < FrankWolfe || l.By > Mixture {
		return l, fail("By", l.By, "FrankWolfe or Mixture")
	}
	if l.Iterations == 0 {
		l.Iterations = 100
		if l.By == Mixture {
			l.Iterations = 40
		}
	}
	if l.Iterations < 1 || l.Iterations > 1e6 {
		return l, fail("Iterations", l.Iterations, "1 ≤ Iterations ≤ 1 000 000")
	}
	if l.Tolerance == 0 {
		l.Tolerance = 1e-4
	}
	if !(l.Tolerance > 0 && l.Tolerance < 1) {
		return l, fail("Tolerance", l.Tolerance, "0 < Tolerance < 1")
	}
	if l.MemoryLimit < 0 {
		return l, fail("MemoryLimit", l.MemoryLimit, "0 or more bytes")
	}
	if l.Queries != nil {
		if m, c := l.Queries.Dims(); c != d || m < 1 {
			return l, mat32.Rename(leanVec, &mat32.ShapeError{What: "Queries", Rows: m, Cols: c, Want: fmt.Sprintf("one row or more of %d columns", d)})
		}
	}
	return l, nil
}

// Fit finds the maps for the rows of x (n × d). Errors: those of mat32.Check and Resolve, a
// *mat32.MemoryError, a *mat32.DegenerateError where all rows or queries are zero or orthogonal
// to the others, and one that wraps ctx.Err().
func (l LeanVec) Fit(ctx context.Context, x mat.Matrix) (*LeanVecModel, error) {
	if err := mat32.CheckRows(leanVec, x); err != nil {
		return nil, err
	}
	if err := mat32.CheckContext(ctx, x); err != nil {
		return nil, fmt.Errorf("%s: %w", leanVec, err)
	}
	return l.fit(ctx, x)
}

// fit is Fit for rows that were checked.
func (l LeanVec) fit(ctx context.Context, x mat.Matrix) (*LeanVecModel, error) {
	n, d := x.Dims()
	l, err := l.Resolve(n, d)
	if err != nil {
		return nil, err
	}
	if err := mat32.CheckMemory(leanVec, 8*10*int64(d)*int64(d)+8*rowBlock*int64(d), l.MemoryLimit, "project the rows at random first"); err != nil {
		return nil, err
	}
	ofRows, err := moments(ctx, x)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", leanVec, err)
	}
	if ofRows == nil {
		return nil, &mat32.DegenerateError{Method: leanVec, Reason: "all rows are zero"}
	}
	out := &LeanVecModel{Options: l}
	out.Options.Queries = nil // an input, which the model does not keep
	ofQueries := ofRows
	if l.Queries != nil {
		if err := mat32.CheckContext(ctx, l.Queries); err != nil {
			return nil, fmt.Errorf("%s: Queries: %w", leanVec, err)
		}
		if ofQueries, err = moments(ctx, l.Queries); err != nil {
			return nil, fmt.Errorf("%s: %w", leanVec, err)
		}
		if ofQueries == nil {
			return nil, &mat32.DegenerateError{Method: leanVec, Reason: "all queries are zero"}
		}
		out.Asked, _ = l.Queries.Dims()
	}
	s := &leanVecProblem{ctx: ctx, rows: ofRows, queries: ofQueries, dim: l.Dim, d: d}
	if s.whole = inner(ofQueries, ofRows); s.whole <= 0 {
		return nil, &mat32.DegenerateError{Method: leanVec, Reason: "all queries are orthogonal to all rows"}
	}
	switch {
	case l.Queries == nil:
		err = s.principal(out, ofRows)
	case l.By == Mixture:
		err = s.mixture(out, l)
	default:
		if err = s.principal(out, ofRows); err == nil {
			err = s.frankWolfe(out, l)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", leanVec, err)
	}
	for _, m := range []*mat.Dense{out.ForQueries, out.ForRows} {
		var g mat.Dense
		g.Mul(m, m.T())
		for i := range l.Dim {
			for j := range l.Dim {
				want := 0.0
				if i == j {
					want = 1
				}
				out.Orthogonality = math.Max(out.Orthogonality, math.Abs(g.At(i, j)-want))
			}
		}
	}
	return out, nil
}

// leanVecProblem is the loss tr(K_Q M K_X Mᵀ), M = AᵀB − I.
type leanVecProblem struct {
	ctx           context.Context
	rows, queries *mat.Dense // K_X and K_Q
	dim, d        int
	whole         float64 // the loss of maps to zero
}

func (s *leanVecProblem) product(ta, tb blas.Transpose, a, b *mat.Dense) (*mat.Dense, error) {
	rows, columns := a.RawMatrix().Rows, b.RawMatrix().Cols
	if ta == blas.Trans {
		rows = a.RawMatrix().Cols
	}
	if tb == blas.Trans {
		columns = b.RawMatrix().Rows
	}
	out := mat.NewDense(rows, columns, nil)
	return out, kernel.Gemm64(s.ctx, ta, tb, 1, a.RawMatrix(), b.RawMatrix(), 0, out.RawMatrix())
}

// away returns M and K_Q M K_X.
func (s *leanVecProblem) away(a, b *mat.Dense) (m, pulled *mat.Dense, err error) {
	if m, err = s.product(blas.Trans, blas.NoTrans, a, b); err != nil {
		return nil, nil, err
	}
	for i := range s.d {
		m.Set(i, i, m.At(i, i)-1)
	}
	half, err := s.product(blas.NoTrans, blas.NoTrans, s.queries, m)
	if err != nil {
		return nil, nil, err
	}
	pulled, err = s.product(blas.NoTrans, blas.NoTrans, half, s.rows)
	return m, pulled, err
}

func inner(a, b *mat.Dense) float64 {
	sum := 0.0
	for i, v := range a.RawMatrix().Data {
		sum += v * b.RawMatrix().Data[i]
	}
	return sum
}

func (s *leanVecProblem) weigh(a, b *mat.Dense) (float64, error) {
	m, pulled, err := s.away(a, b)
	if err != nil {
		return 0, err
	}
	return math.Max(inner(m, pulled), 0), nil
}

func (s *leanVecProblem) share(a, b *mat.Dense) (float64, error) {
	loss, err := s.weigh(a, b)
	return loss / s.whole, err
}

// directions returns the eigenvectors of the largest eigenvalues as rows.
func (s *leanVecProblem) directions(of *mat.Dense) (*mat.Dense, error) {
	sym := mat.NewSymDense(s.d, nil)
	for i := range s.d {
		for j := i; j < s.d; j++ {
			sym.SetSym(i, j, (of.At(i, j)+of.At(j, i))/2)
		}
	}
	_, vectors, err := linalg.EigenSymRange(s.ctx, sym, 0, s.dim)
	if err != nil {
		return nil, err
	}
	out := mat.NewDense(s.dim, s.d, nil)
	for i := range s.dim {
		sign, most := 1.0, 0.0
		for j := range s.d {
			if v := vectors.At(i, j); math.Abs(v) > most*(1+1e-9) {
				most, sign = math.Abs(v), math.Copysign(1, v)
			}
		}
		for j := range s.d {
			out.Set(i, j, sign*vectors.At(i, j))
		}
	}
	return out, nil
}

func (s *leanVecProblem) principal(out *LeanVecModel, of *mat.Dense) error {
	a, err := s.directions(of)
	if err != nil {
		return err
	}
	loss, err := s.share(a, a)
	out.ForQueries, out.ForRows, out.Loss = a, mat.DenseCopyOf(a), []float64{loss}
	return err
}

// mixture looks for the share of the queries' moments in [0, 1]: evenly spaced shares first,
// then by golden sections around the best.
func (s *leanVecProblem) mixture(out *LeanVecModel, l LeanVec) error {
	stage := watch.Start(s.ctx, "LeanVec: mixtures", l.Iterations)
	scaleX, scaleQ := mat.Trace(s.rows), mat.Trace(s.queries)
	var best *mat.Dense
	least, at := math.Inf(1), 0.0
	try := func(share float64) (float64, error) {
		mixed := mat.NewDense(s.d, s.d, nil)
		for i := range mixed.RawMatrix().Data {
			mixed.RawMatrix().Data[i] = (1-share)*s.rows.RawMatrix().Data[i]/scaleX + share*s.queries.RawMatrix().Data[i]/scaleQ
		}
		p, err := s.directions(mixed)
		if err != nil {
			return 0, err
		}
		loss, err := s.share(p, p)
		if loss < least {
			best, least, at = p, loss, share
		}
		out.Loss = append(out.Loss, least)
		stage.Add(1)
		return loss, err
	}
	grid := max(2, l.Iterations/2)
	for i := range grid {
		if _, err := try(float64(i) / float64(grid-1)); err != nil {
			return err
		}
	}
	const golden = 0.6180339887498949
	lo, hi := math.Max(0, at-1/float64(grid-1)), math.Min(1, at+1/float64(grid-1))
	u, v := hi-golden*(hi-lo), lo+golden*(hi-lo)
	if l.Iterations > grid+1 {
		fu, err := try(u)
		if err != nil {
			return err
		}
		fv, err := try(v)
		if err != nil {
			return err
		}
		for i := grid + 2; i < l.Iterations && hi-lo > 1e-6; i++ {
			if fu < fv {
				hi, v, fv = v, u, fu
				u = hi - golden*(hi-lo)
				fu, err = try(u)
			} else {
				lo, u, fu = u, v, fv
				v = lo + golden*(hi-lo)
				fv, err = try(v)
			}
			if err != nil {
				return err
			}
		}
	}
	out.ForQueries, out.ForRows = best, mat.DenseCopyOf(best)
	return nil
}

// frankWolfe moves both maps in turn. The loss is a square in either, so the best step towards
// a map is known.
func (s *leanVecProblem) frankWolfe(out *LeanVecModel, l LeanVec) error {
	a, b := out.ForQueries, out.ForRows
	stage := watch.Start(s.ctx, "LeanVec: Frank–Wolfe", l.Iterations)
	for range l.Iterations {
		for _, ofQueries := range []bool{true, false} {
			_, pulled, err := s.away(a, b)
			if err != nil {
				return err
			}
			var gradient *mat.Dense
			if ofQueries {
				gradient, err = s.product(blas.NoTrans, blas.Trans, b, pulled)
			} else {
				gradient, err = s.product(blas.NoTrans, blas.NoTrans, a, pulled)
			}
			if err != nil {
				return err
			}
			towards, err := s.polar(gradient)
			if err != nil {
				return err
			}
			moving := a
			if !ofQueries {
				moving = b
			}
			change := mat.NewDense(s.dim, s.d, nil)
			change.Scale(-1, towards)
			change.Sub(change, moving)
			// Along the step M moves by N: the loss is that of M, plus 2γ⟨N, K_Q M K_X⟩, plus
			// γ²⟨N, K_Q N K_X⟩.
			var by *mat.Dense
			if ofQueries {
				by, err = s.product(blas.Trans, blas.NoTrans, change, b)
			} else {
				by, err = s.product(blas.Trans, blas.NoTrans, a, change)
			}
			if err != nil {
				return err
			}
			half, err := s.product(blas.NoTrans, blas.NoTrans, s.queries, by)
			if err != nil {
				return err
			}
			bent, err := s.product(blas.NoTrans, blas.NoTrans, half, s.rows)
			if err != nil {
				return err
			}
			slope, curve := inner(by, pulled), inner(by, bent)
			if slope >= 0 || curve <= 0 {
				continue
			}
			step := math.Min(1, -slope/curve)
			change.Scale(step, change)
			moving.Add(moving, change)
		}
		loss, err := s.share(a, b)
		if err != nil {
			return err
		}
		out.Loss = append(out.Loss, loss)
		stage.Add(1)
		// The first steps may be small: several together say that there is little left.
		const together = 8
		if i := len(out.Loss) - 1 - together; i >= 0 && out.Loss[i]-loss <= together*l.Tolerance*out.Loss[i] {
			break
		}
	}
	return nil
}

// polar returns the nearest map with orthonormal rows: UVᵀ of the singular vectors, as (GGᵀ)^−½
// G.
func (s *leanVecProblem) polar(g *mat.Dense) (*mat.Dense, error) {
	square, err := s.product(blas.NoTrans, blas.Trans, g, g)
	if err != nil {
		return nil, err
	}
	sym := mat.NewSymDense(s.dim, nil)
	for i := range s.dim {
		for j := i; j < s.dim; j++ {
			sym.SetSym(i, j, square.At(i, j))
		}
	}
	values, vectors, err := linalg.EigenSym(s.ctx, sym)
	if err != nil {
		return nil, err
	}
	largest := 0.0
	for _, v := range values {
		largest = math.Max(largest, v)
	}
	scaled := mat.NewDense(s.dim, s.dim, nil)
	for j, v := range values {
		root := 0.0
		if v > 1e-14*largest {
			root = 1 / math.Sqrt(v)
		}
		for i := range s.dim {
			scaled.Set(j, i, vectors.At(j, i)*root)
		}
	}
	half, err := s.product(blas.Trans, blas.NoTrans, scaled, vectors)
	if err != nil {
		return nil, err
	}
	return s.product(blas.NoTrans, blas.NoTrans, half, g)
}

// Rows returns the rows of x made shorter (n × Dim), for an index. Errors: those of
// mat32.Check, a *mat32.ShapeError for another number of columns.
func (m *LeanVecModel) Rows(ctx context.Context, x mat.Matrix) (*mat32.Dense, error) {
	return m.apply(ctx, "x", m.ForRows, x)
}

// Queries returns queries made shorter, to be compared with Rows. Errors as of Rows.
func (m *LeanVecModel) Queries(ctx context.Context, queries mat.Matrix) (*mat32.Dense, error) {
	return m.apply(ctx, "queries", m.ForQueries, queries)
}

func (m *LeanVecModel) apply(ctx context.Context, what string, by *mat.Dense, x mat.Matrix) (*mat32.Dense, error) {
	rows, err := table(ctx, leanVec, what, x)
	if err != nil {
		return nil, err
	}
	dim, d := by.Dims()
	if rows.Cols != d {
		return nil, mat32.Rename(leanVec, &mat32.ShapeError{What: what, Rows: rows.Rows, Cols: rows.Cols, Want: fmt.Sprintf("%d columns", d)})
	}
	out, _, err := m.shorten(ctx, by, rows)
	if err != nil {
		return nil, err
	}
	return mat32.NewDense(rows.Rows, dim, out.Data), nil
}

// shorten maps rows of as many columns as the map has, and returns the largest magnitude of
// what it makes of them.
func (m *LeanVecModel) shorten(ctx context.Context, by *mat.Dense, rows blas32.General) (short blas32.General, largest float32, err error) {
	dim, d := by.Dims()
	if err := mat32.CheckMemory(leanVec, 4*int64(rows.Rows)*int64(dim), m.Options.MemoryLimit, "map fewer rows at a time"); err != nil {
		return short, 0, err
	}
	short = blas32.General{Rows: rows.Rows, Cols: dim, Stride: dim, Data: make([]float32, rows.Rows*dim)}
	err = kernel.Gemm32(ctx, blas.NoTrans, blas.Trans, 1, rows, blas32.General{Rows: dim, Cols: d, Stride: d, Data: mat32.Convert(by).Data()}, 0, short)
	if err != nil {
		return short, 0, fmt.Errorf("%s: %w", leanVec, err)
	}
	if largest = largestOf(short); largest-largest != 0 {
		err = &mat32.DegenerateError{Method: leanVec, Reason: "what the map makes of the rows is beyond float32: rescale them"}
	}
	return short, largest, err
}

// String returns a small table.
func (m *LeanVecModel) String() string {
	var b strings.Builder
	dim, d := m.ForRows.Dims()
	fmt.Fprintf(&b, "LeanVec  %d → %d columns", d, dim)
	how := "principal directions of the rows"
	if m.Asked > 0 {
		how = m.Options.By.String()
	}
	fmt.Fprintf(&b, "\n  maps        %s, %d iterations\n  loss        %.4g of all squared products, %.4g at the start\n  orthogonal  within %.2g", how, len(m.Loss)-1, m.Loss[len(m.Loss)-1], m.Loss[0], m.Orthogonality)
	return b.String()
}
