package intrinsic

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// Gride estimates the dimension from the ratio μ = T_far/T_near of the distances
// of every row to two of its neighbours, by maximum likelihood (Denti, Doimo,
// Laio and Mira, 2022, The generalized ratios intrinsic dimension estimator).
// Where the density hardly changes within T_far, μ has the density
//
//	d·(μ^d − 1)^(far−near−1) / (μ^((far−1)·d+1)·B(far−near, near)).
//
// For the neighbours 1 and 2 it is TwoNN by maximum likelihood. Larger neighbours
// look at a larger scale with a smaller error, without leaving out rows: Curve
// shows the dimension against the scale. Noise makes it high at small scales and
// curvature and edges bias it at large ones; between the two, data of one
// dimension have a plateau.
//
// As in DADApy, N−1 takes the place of N before ln d, which makes the estimate
// for the neighbours 1 and 2 unbiased. DADApy also leaves out ratios that are far
// larger than most, because they come from duplicates; here duplicates are left
// out, and no ratio is.
//
// The cost is that of the neighbours, O(n²·d), or O(n·d + n) with a Graph;
// memory about 12·n·d + 24·n·Far bytes.
type Gride struct {
	// Near and Far are the two neighbours, of other rows. Default 1 for Near and
	// twice Near for Far. Larger ones look at a larger scale.
	// 1 ≤ Near < Far ≤ n−1. Curve ignores both.
	Near, Far int

	// Largest is the last neighbour of Curve, whose scales are 1 and 2, 2 and
	// 4, 4 and 8 … as far as Largest goes. Default 64, or one less than the
	// distinct rows where there are fewer. 2 ≤ Largest ≤ n−1. Estimate ignores
	// it.
	Largest int

	// Overlap widens the standard error by √(1+s) with s the share of the first
	// Near neighbours that are mutual, because two such rows tell of one
	// distance twice. Published errors, and the default, take rows for
	// independent, and are up to √2 too small.
	Overlap bool

	// Graph, when given, is a graph of the rows of x with Far (for Curve,
	// Largest) or more neighbours that is used instead of a new one. It does not
	// change the result.
	Graph *neighbors.Graph

	// MemoryLimit in bytes refuses data that would need more. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// Resolve returns the options with defaults filled in, or a *mat32.ParamError
// or *mat32.ShapeError, for a matrix of n rows and d columns.
func (e Gride) Resolve(n, d int) (Gride, error) {
	fail := func(param string, value any, want string) error {
		return &mat32.ParamError{Method: "intrinsic.Gride", Param: param, Value: value, Want: want}
	}
	if e.Near == 0 {
		e.Near = 1
	}
	if e.Far == 0 {
		e.Far = 2 * e.Near
	}
	if e.Largest == 0 {
		e.Largest = min(64, n-1)
	}
	switch {
	case e.MemoryLimit < 0:
		return e, fail("MemoryLimit", e.MemoryLimit, "0 or more bytes")
	case n < 3:
		return e, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 3 rows for Gride"}
	case e.Near < 1 || e.Near > n-2:
		return e, fail("Near", e.Near, fmt.Sprintf("1 ≤ Near ≤ n−2 = %d", n-2))
	case e.Far <= e.Near || e.Far > n-1:
		return e, fail("Far", e.Far, fmt.Sprintf("Near = %d < Far ≤ n−1 = %d", e.Near, n-1))
	case e.Largest < 2 || e.Largest > n-1:
		return e, fail("Largest", e.Largest, fmt.Sprintf("2 ≤ Largest ≤ n−1 = %d", n-1))
	}
	return e, nil
}

// Estimate returns the dimension of the rows of x (n × d), or of rows at the
// distances that x holds as a mat32.Distances, at one scale. Rows that equal an
// earlier one, or are at distance zero from it, are left out. Scale is the mean of
// T_near and T_far over all rows; Local is nil, since one ratio says next to
// nothing.
//
// The standard error is that of the likelihood (see Overlap). It covers chance,
// not the bias of edges, curvature and few rows.
//
// Errors: those of mat32.Check and Resolve; *mat32.ParamError for a Graph of
// other rows; *mat32.MemoryError; *mat32.DegenerateError where no more than Far
// rows are distinct, or where both neighbours are equally far at more than a tenth of
// them, as on a lattice and in rounded data; and one that wraps ctx.Err(). Fewer such
// rows are counted in Notes.
func (e Gride) Estimate(ctx context.Context, x mat.Matrix) (measure.Dimension, error) {
	const method = "intrinsic.Gride"
	e, err := begin(ctx, method, e, x)
	if err != nil {
		return measure.Dimension{}, err
	}
	s, err := find(ctx, method, x, e.Far, e.Far, e.Graph, e.MemoryLimit)
	if err != nil {
		return measure.Dimension{}, err
	}
	return e.at(method, s, e.Near, e.Far)
}

// Curve returns the dimension against the scale: that of the neighbours 1 and 2,
// of 2 and 4, of 4 and 8, and so on as far as Largest, from one search for
// neighbours. Each is what Estimate returns for the two neighbours. Scales that Estimate
// refuses, as where distances are equal, are left out; where all are, the error is that of
// the first.
func (e Gride) Curve(ctx context.Context, x mat.Matrix) (*ScaleCurve, error) {
	const method = "intrinsic.Gride"
	asked := e.Largest
	e.Near, e.Far = 0, 0
	e, err := begin(ctx, method, e, x)
	if err != nil {
		return nil, err
	}
	s, err := findStandard(ctx, method, x, asked, e.Largest, 2, e.Graph, e.MemoryLimit)
	if err != nil {
		return nil, err
	}
	c, err := e.curve(method, s)
	if ctx.Err() != nil {
		return nil, fmt.Errorf("%s: %w", method, ctx.Err())
	}
	if len(c.Scales) == 0 {
		return nil, err
	}
	return c, nil
}

// curve returns the scales that have an answer, and the error of the first that has not.
func (e Gride) curve(method string, s *distinct) (c *ScaleCurve, failed error) {
	c = &ScaleCurve{Method: "Gride", Rows: s.n, Removed: s.removed(), Notes: s.notes, Convention: e.convention("neighbours 1 and 2, 2 and 4, and so on")}
	for near := 1; 2*near <= s.k; near *= 2 {
		d, err := e.at(method, s, near, 2*near)
		if err != nil {
			if failed == nil {
				failed = err
			}
			continue
		}
		c.Scales, c.Dimensions, c.StdErr = append(c.Scales, d.Scale), append(c.Dimensions, d.Value), append(c.StdErr, d.StdErr)
		c.Notes = append(c.Notes[:len(c.Notes):len(c.Notes)], d.Notes[len(s.notes):]...)
	}
	return c, failed
}

func (e Gride) convention(pair string) string {
	rows := "rows taken for independent"
	if e.Overlap {
		rows = "mutual neighbours counted once"
	}
	return fmt.Sprintf("maximum likelihood, %s, duplicates removed, standard error: likelihood, %s", pair, rows)
}

func (e Gride) at(method string, s *distinct, near, far int) (measure.Dimension, error) {
	notes := s.notes
	if err := s.refuseTies(method, near, far); err != nil {
		return measure.Dimension{}, err
	}
	l, err := newRatioLikelihood(method, s.ratios(near, far), near, far)
	if err != nil {
		return measure.Dimension{}, err
	}
	value := l.most(float64(s.n - 1))
	stdErr := l.error(value)
	if e.Overlap {
		stdErr *= math.Sqrt(1 + s.mutual(near))
	}
	d := s.dimension("Gride", value, stdErr, nil, e.convention(fmt.Sprintf("neighbours %d and %d", near, far)))
	s.notes = notes[:len(notes):len(notes)] // ties are those of this scale
	d.Scale = s.meanOf(func(i int) float64 { return s.row(i)[near-1]/2 + s.row(i)[far-1]/2 })
	return d, nil
}
