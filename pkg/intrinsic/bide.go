package intrinsic

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/mathext"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// BIDE estimates the dimension from how many of the neighbours in a ball of
// radius R around every row lie in the inner ball of radius r·R (Macocco,
// Glielmo, Grilli and Laio, 2023, Intrinsic dimension estimation for discrete
// metrics, in its continuous form). Where the density hardly changes within R, each
// of the K neighbours counted is inside with probability r^d, so that with n of
// all K inside,
//
//	d = ln(n/K) / ln r.
//
// R is the distance to the neighbour k of every row, which itself is not
// counted, or Radius. I3D is the same for rows on a lattice, ABIDE for a k that
// suits each row.
//
// The cost is that of the neighbours, O(n²·d), or O(n·d + n·k) with a Graph;
// memory about 12·n·d + 24·n·k bytes, and with Radius 40 bytes for every pair of
// rows within it.
type BIDE struct {
	// Neighbors is k, the neighbour whose distance is R. Default 10, or one less
	// than the distinct rows where there are fewer. Larger values give a smaller
	// error at a larger scale, where curvature and edges bias the estimate.
	// 2 ≤ Neighbors ≤ n−1. It is ignored where Radius is given.
	Neighbors int

	// Radius, when given, is R for all rows, in the unit of the data. Dense
	// places then tell more than sparse ones, and rows with nobody near tell
	// nothing. Default 0: the distance to the neighbour k.
	Radius float64

	// Ratio is r, the radius of the inner ball over that of the outer one,
	// 0 < Ratio < 1. Default 0.5. The error is least where r^d = 0.2: larger
	// dimensions want larger ratios.
	Ratio float64

	// Posterior returns the mean and the standard deviation of the dimension
	// under a uniform prior of r^d instead of those of greatest likelihood. It
	// has an answer even where no neighbour is inside.
	Posterior bool

	// Overlap widens the standard error by √(1+s) with s the share of neighbours
	// that are mutual, because two such rows tell of one distance twice.
	// Published errors, and the default, take rows for independent, and are up
	// to √2 too small. With Radius all neighbours are mutual.
	Overlap bool

	// Graph, when given, is a graph of the rows of x with Neighbors or more
	// neighbours that is used instead of a new one. It does not change the
	// result. It is ignored where Radius is given.
	Graph *neighbors.Graph

	// MemoryLimit in bytes refuses data that would need more. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// Resolve returns the options with defaults filled in, or a *mat32.ParamError
// or *mat32.ShapeError, for a matrix of n rows and d columns.
func (e BIDE) Resolve(n, d int) (BIDE, error) {
	const method = "intrinsic.BIDE"
	if e.Ratio == 0 {
		e.Ratio = 0.5
	}
	switch {
	case !(e.Ratio > 0 && e.Ratio < 1):
		return e, &mat32.ParamError{Method: method, Param: "Ratio", Value: e.Ratio, Want: "0 < Ratio < 1"}
	case !(e.Radius >= 0) || math.IsInf(e.Radius, 1):
		return e, &mat32.ParamError{Method: method, Param: "Radius", Value: e.Radius, Want: "0 or a finite distance"}
	}
	if e.Radius > 0 {
		switch {
		case e.Neighbors < 0:
			return e, &mat32.ParamError{Method: method, Param: "Neighbors", Value: e.Neighbors, Want: "0 or more, ignored with a Radius"}
		case e.MemoryLimit < 0:
			return e, &mat32.ParamError{Method: method, Param: "MemoryLimit", Value: e.MemoryLimit, Want: "0 or more bytes"}
		case n < 2:
			return e, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 2 rows for BIDE with a Radius"}
		}
		return e, nil
	}
	var err error
	e.Neighbors, err = neighborhood(method, e.Neighbors, 10, 2, n, d, e.MemoryLimit)
	return e, err
}

// Estimate returns the dimension of the rows of x (n × d), or of rows at the
// distances that x holds as a mat32.Distances. Rows that equal an earlier one, or
// are at distance zero from it, are left out. Scale is the mean of R and r·R over
// all rows; Local is nil, since a count of few says next to nothing.
//
// The standard error is the bound of Cramér and Rao,
// √((r^−d − 1)/K)/|ln r| (see Posterior and Overlap). It covers chance, not the
// bias of edges, curvature and few rows.
//
// Errors: those of mat32.Check and Resolve; *mat32.ParamError for a Graph of
// other rows; *mat32.MemoryError; *mat32.DegenerateError where no more than
// the Neighbors asked for are distinct, where no neighbour is counted, or, but
// for Posterior, where none or all of them are inside, which makes the dimension
// infinite or zero; and one that wraps ctx.Err().
func (e BIDE) Estimate(ctx context.Context, x mat.Matrix) (measure.Dimension, error) {
	const method = "intrinsic.BIDE"
	asked := e.Neighbors
	e, err := begin(ctx, method, e, x)
	if err != nil {
		return measure.Dimension{}, err
	}
	if e.Radius > 0 {
		return e.within(ctx, method, x)
	}
	s, err := findStandard(ctx, method, x, asked, e.Neighbors, 2, e.Graph, e.MemoryLimit)
	if err != nil {
		return measure.Dimension{}, err
	}
	var b binomial
	for i := range s.n {
		r := s.row(i)
		b.inner += inside(r[:s.k-1], e.Ratio*r[s.k-1])
	}
	b.outer = s.n * (s.k - 1)
	mutual := 0.
	if e.Overlap {
		mutual = s.mutual(s.k)
	}
	value, stdErr, err := b.dimension(method, e.Ratio, e.Posterior, mutual)
	if err != nil {
		return measure.Dimension{}, err
	}
	d := s.dimension("BIDE", value, stdErr, nil, e.convention(fmt.Sprintf("k = %d", s.k)))
	d.Scale = s.meanOf(func(i int) float64 { return s.row(i)[s.k-1] * ((1 + e.Ratio) / 2) })
	return d, nil
}

// within is Estimate for a Radius.
func (e BIDE) within(ctx context.Context, method string, x mat.Matrix) (measure.Dimension, error) {
	n, _ := x.Dims()
	if err := mat32.CheckMemory(method, bytesOfDistinct(x, 0), e.MemoryLimit, "use fewer rows"); err != nil {
		return measure.Dimension{}, err
	}
	rows, err := someDistinct(ctx, method, x, 2)
	if err != nil {
		return measure.Dimension{}, err
	}
	if len(rows) < n {
		x = mat32.Select(x, rows)
	}
	near, err := neighbors.Within{Radius: e.Radius, MemoryLimit: e.MemoryLimit}.Neighborhoods(ctx, x)
	if err != nil {
		return measure.Dimension{}, fmt.Errorf("%s: %w", method, err)
	}
	var b binomial
	for i := range len(rows) {
		_, distances := near.Row(i)
		b.outer += len(distances)
		b.inner += inside(distances, e.Ratio*e.Radius)
	}
	mutual := 0.
	if e.Overlap {
		mutual = 1
	}
	value, stdErr, err := b.dimension(method, e.Ratio, e.Posterior, mutual)
	if err != nil {
		return measure.Dimension{}, err
	}
	return measure.Dimension{
		Method:     "BIDE",
		Value:      value,
		StdErr:     stdErr,
		Scale:      e.Radius * ((1 + e.Ratio) / 2),
		Rows:       len(rows),
		Removed:    n - len(rows),
		Convention: e.convention(fmt.Sprintf("radius %.4g", e.Radius)),
	}, nil
}

func (e BIDE) convention(size string) string {
	form, errors, rows := "binomial likelihood", "Cramér-Rao", "rows taken for independent"
	if e.Posterior {
		form, errors = "binomial posterior mean, uniform prior", "posterior"
	}
	if e.Overlap {
		rows = "mutual neighbours counted once"
	}
	return fmt.Sprintf("%s, %s, ratio %.4g, duplicates removed, standard error: %s, %s", form, size, e.Ratio, errors, rows)
}

// inside returns how many of the ascending distances are at most radius.
func inside(distances []float64, radius float64) int {
	count := 0
	for count < len(distances) && distances[count] <= radius {
		count++
	}
	return count
}

// binomial counts the neighbours in the balls around all rows.
type binomial struct{ inner, outer int }

// dimension returns the dimension d for which a neighbour of the outer ball is in
// the inner one with probability ratio^d.
func (b binomial) dimension(method string, ratio float64, posterior bool, mutual float64) (value, stdErr float64, err error) {
	fail := func(reason string) (float64, float64, error) {
		return 0, 0, &mat32.DegenerateError{Method: method, Reason: reason}
	}
	inner, outer, scale := float64(b.inner), float64(b.outer), -math.Log(ratio)
	switch {
	case b.outer == 0:
		return fail("no row has a neighbour to count: take more Neighbors or a larger Radius")
	case posterior:
		// ln p of p with the density Beta(1+inner, 1+outer−inner).
		value = (mathext.Digamma(outer+2) - mathext.Digamma(inner+1)) / scale
		stdErr = math.Sqrt(mathext.Zeta(2, inner+1)-mathext.Zeta(2, outer+2)) / scale
	case b.inner == 0:
		return fail(fmt.Sprintf("none of the %d neighbours counted is in an inner ball, which makes the estimate infinite: take a larger Ratio, or more rows", b.outer))
	case b.inner == b.outer:
		return fail(fmt.Sprintf("all of the %d neighbours counted are in the inner balls, which makes the estimate zero: take a smaller Ratio", b.outer))
	default:
		p := inner / outer
		value = -math.Log(p) / scale
		stdErr = math.Sqrt((1/p-1)/outer) / scale
	}
	return value, stdErr * math.Sqrt(1+mutual), nil
}
