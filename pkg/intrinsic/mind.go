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

// MiND estimates the dimension from the share ρ = T₁/T_k₊₁ of every row, the
// distance to the nearest neighbour over that to the neighbour k+1, by maximum
// likelihood (Lombardi, Rozza, Ceruti, Casiraghi and Campadelli, 2011, Minimum
// neighbor distance estimators of intrinsic dimension: MiND_ML). Where the
// density hardly changes within T_k₊₁,
//
//	ln L(d) = N·ln(k·d) + (d−1)·Σ ln ρ + (k−1)·Σ ln(1−ρ^d).
//
// It is the likelihood of Gride for the neighbours 1 and k+1. L has one maximum,
// which is found to the last digits and has no bound: scikit-dimension stops at
// a dimension of 10 unless told otherwise, and may stay at the integer where its
// search starts.
//
// The cost is that of the neighbours, O(n²·d), or O(n·d + n) with a Graph;
// memory about 12·n·d + 24·n·k bytes.
type MiND struct {
	// Neighbors is k; the neighbour k+1 sets the scale. Default 20, or two less
	// than the distinct rows where there are fewer. Larger values give a
	// slightly smaller error at a larger scale, where curvature and edges bias
	// the estimate. 1 ≤ Neighbors ≤ n−2.
	Neighbors int

	// Integer returns the most likely whole number (MiND_MLi) instead of the
	// most likely number (MiND_MLk).
	Integer bool

	// Graph, when given, is a graph of the rows of x with Neighbors+1 or more
	// neighbours that is used instead of a new one. It does not change the
	// result.
	Graph *neighbors.Graph

	// MemoryLimit in bytes refuses data that would need more. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// Resolve returns the options with defaults filled in, or a *mat32.ParamError
// or *mat32.ShapeError, for a matrix of n rows and d columns.
func (e MiND) Resolve(n, d int) (MiND, error) {
	const method = "intrinsic.MiND"
	if e.Neighbors == 0 {
		e.Neighbors = min(20, n-2)
	}
	switch {
	case e.MemoryLimit < 0:
		return e, &mat32.ParamError{Method: method, Param: "MemoryLimit", Value: e.MemoryLimit, Want: "0 or more bytes"}
	case n < 3:
		return e, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 3 rows for MiND"}
	case e.Neighbors < 1 || e.Neighbors > n-2:
		return e, &mat32.ParamError{Method: method, Param: "Neighbors", Value: e.Neighbors, Want: fmt.Sprintf("1 ≤ Neighbors ≤ n−2 = %d", n-2)}
	}
	return e, nil
}

// Estimate returns the dimension of the rows of x (n × d), or of rows at the
// distances that x holds as a mat32.Distances. Rows that equal an earlier one, or
// are at distance zero from it, are left out. Scale is the mean distance to the
// first k+1 neighbours; Local is nil, since one share says next to nothing.
//
// The standard error is that of the likelihood of independent rows, times √(1+s)
// with s the share of rows that are the nearest neighbour of their nearest
// neighbour, because two such rows share T₁: up to a third too large on curves. With Integer it is that of the
// number before rounding. It covers chance, not the bias of edges, curvature and
// few rows.
//
// Errors: those of mat32.Check and Resolve; *mat32.ParamError for a Graph of
// other rows; *mat32.MemoryError; *mat32.DegenerateError where too few rows are
// distinct for the Neighbors asked for, or where T₁ = T₂ at more than a tenth of them,
// as on a lattice and in rounded data; and one that wraps ctx.Err(). Fewer such rows are
// counted in Notes.
func (e MiND) Estimate(ctx context.Context, x mat.Matrix) (measure.Dimension, error) {
	const method = "intrinsic.MiND"
	asked := e.Neighbors
	e, err := begin(ctx, method, e, x)
	if err != nil {
		return measure.Dimension{}, err
	}
	s, err := findStandard(ctx, method, x, asked, e.Neighbors+1, 2, e.Graph, e.MemoryLimit)
	if err != nil {
		return measure.Dimension{}, err
	}
	// Ties at the nearest tell of a lattice, where the neighbour k+1 may be on another shell.
	if err := s.refuseTies(method, 1, 2); err != nil {
		return measure.Dimension{}, err
	}
	l, err := newRatioLikelihood(method, s.ratios(1, s.k), 1, s.k)
	if err != nil {
		return measure.Dimension{}, err
	}
	value, form := l.most(float64(s.n)), "maximum likelihood"
	stdErr := l.error(value) * math.Sqrt(1+s.mutual(1))
	if e.Integer {
		// The likelihood has one maximum, so that the best whole number is
		// next to it.
		form = "most likely whole number"
		below := max(1, math.Floor(value))
		value = below
		if l.log(below+1) > l.log(below) {
			value = below + 1
		}
	}
	return s.dimension("MiND", value, stdErr, nil, fmt.Sprintf(
		"%s, k = %d, duplicates removed, standard error: likelihood, mutual neighbours counted once", form, s.k-1)), nil
}
