package similarity

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/rankcorr"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

// RDMComparison is how two dissimilarity matrices are compared, over pairs of rows.
type RDMComparison int

const (
	Spearman         RDMComparison = iota // r of ranks, equal distances at their average rank
	Pearson                               // r of the distances: the same but for scale and offset
	KendallTauA                           // pairs of pairs in the same order less those in the other, over all: fair to models that predict ties
	KendallTauB                           // the same, over the root of the products of those that are not tied
	RhoA                                  // Spearman's ρ with ties broken at random, in expectation: fair to models that predict ties
	CosineComparison                      // the cosine of the distances: the same but for scale; 0 is a distance that means something
)

// String returns the name.
func (c RDMComparison) String() string {
	return name(int(c), "Spearman's ρ", "Pearson's r", "Kendall's τ-a", "Kendall's τ-b", "ρ-a", "cosine")
}

// RSA is representational similarity analysis: two representations are alike where the
// same samples are far apart in both. It correlates their dissimilarity matrices (RDM), so
// nothing of the units needs to correspond. All comparisons are similarities, 1 where the
// distances agree and, but for the cosine, about 0 where they have nothing to do with each
// other.
//
// Source: N. Kriegeskorte, M. Mur and P. Bandettini, 2008, Representational similarity
// analysis – connecting the branches of systems neuroscience, for Spearman; H. Nili et al.
// (2014), A toolbox for representational similarity analysis, for τ-a; H. Schütt et al.
// (2023), Statistical inference on representational geometries, for ρ-a. With GeoTopo it is
// topological RSA.
//
// Only the distances of different rows are compared, each once: a matrix flattened with its
// diagonal, as is sometimes seen, correlates better than it should.
//
// Time O(n²·(p + q)) and O(n²·log n) for ranks; memory 64·n² bytes and 24·n·(p + q).
type RSA struct {
	// RDM says how rows are compared. Its MemoryLimit is ignored.
	RDM RDM

	// GeoTopo transforms the distances first. Default not at all.
	GeoTopo GeoTopo

	// Comparison says how distances are compared. Default Spearman.
	Comparison RDMComparison

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT, or
	// 4 GiB.
	MemoryLimit int64
}

const rsa = "similarity.RSA"

// Resolve returns the options with defaults filled in, or a *mat32.ParamError or
// *mat32.ShapeError, for a matrix of n rows and d columns.
func (r RSA) Resolve(n, d int) (RSA, error) {
	if n < 3 {
		return r, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 3 rows for " + rsa}
	}
	var err error
	r.RDM.MemoryLimit = 0
	if r.RDM, err = r.RDM.Resolve(n, d); err != nil {
		return r, mat32.Rename(rsa, err)
	}
	if r.GeoTopo != (GeoTopo{}) {
		if r.GeoTopo, err = r.GeoTopo.Resolve(n, d); err != nil {
			return r, mat32.Rename(rsa, err)
		}
	}
	if r.Comparison < Spearman || r.Comparison > CosineComparison {
		return r, &mat32.ParamError{Method: rsa, Param: "Comparison", Value: r.Comparison,
			Want: "one of Spearman, Pearson, KendallTauA, KendallTauB, RhoA and CosineComparison"}
	}
	if r.MemoryLimit < 0 {
		return r, &mat32.ParamError{Method: rsa, Param: "MemoryLimit", Value: r.MemoryLimit, Want: "0 or more bytes"}
	}
	return r, nil
}

// Compare correlates the dissimilarities of the rows of x (n × p) with those of y (n × q).
// Either may be a mat32.Distances, which is a dissimilarity matrix, of whatever kind.
// Errors: those of mat32.Check and Resolve, naming x or y; *mat32.ShapeError where y has
// another number of rows; *mat32.DegenerateError where all dissimilarities of one are equal,
// or 0 for the cosine; those of RDM.Distances; and one that wraps ctx.Err().
func (r RSA) Compare(ctx context.Context, x, y mat.Matrix) (measure.Score, error) {
	return compare(ctx, r, x, y)
}

func (r RSA) check(ctx context.Context, x, y mat.Matrix) error {
	n, _, err := checkTogether(ctx, rsa, x, y)
	if err != nil {
		return err
	}
	need := int64(0)
	for _, m := range []mat.Matrix{x, y} {
		_, d := m.Dims()
		resolved, err := r.resolvedFor(m)
		if err != nil {
			return err
		}
		need += resolved.RDM.forecast(n, d) + 28*int64(n)*int64(n)
	}
	return mat32.CheckMemory(rsa, need, r.MemoryLimit, "reduce the number of rows")
}

// resolvedFor is Resolve, which has nothing to say of the rows where distances are given.
func (r RSA) resolvedFor(x mat.Matrix) (RSA, error) {
	n, d := x.Dims()
	if _, ok := x.(*mat32.Distances); ok {
		r.RDM = RDM{}
	}
	return r.Resolve(n, d)
}

func (r RSA) prepare(ctx context.Context, name string, x mat.Matrix) (prepared, error) {
	pairs, err := r.dissimilarities(ctx, x)
	if err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	p, err := r.profile(ctx, name, n, pairs)
	if err != nil {
		return nil, err
	}
	p.kind = r.RDM.Dissimilarity.String()
	if _, ok := x.(*mat32.Distances); ok {
		p.kind = "given"
	}
	return p, nil
}

// dissimilarities returns those of x, condensed, to some scale. They must not be written to.
func (r RSA) dissimilarities(ctx context.Context, x mat.Matrix) ([]float64, error) {
	n, _ := x.Dims()
	r, err := r.resolvedFor(x)
	if err != nil {
		return nil, err
	}
	var pairs []float64
	if d, ok := x.(*mat32.Distances); ok {
		pairs = d.Condensed()
	} else {
		r.RDM.MemoryLimit = math.MaxInt64 // which is checked
		if pairs, _, err = r.RDM.condensed(ctx, x); err != nil {
			return nil, mat32.Rename(rsa, err)
		}
	}
	if r.GeoTopo != (GeoTopo{}) {
		if pairs, err = r.GeoTopo.transformed(ctx, n, pairs); err != nil {
			return nil, mat32.Rename(rsa, err)
		}
	}
	return pairs, nil
}

// profile is the dissimilarities of a representation as a comparison takes them.
type profile struct {
	RSA
	n      int
	kind   string    // of the dissimilarities
	values []float64 // at unit length, ranks as whole numbers, or as they are for Kendall
}

// profile makes one of condensed dissimilarities, which it does not change.
func (r RSA) profile(ctx context.Context, name string, n int, pairs []float64) (*profile, error) {
	least, most := slices.Min(pairs), slices.Max(pairs)
	degenerate := func(reason string) (*profile, error) {
		return nil, &mat32.DegenerateError{Method: rsa, Reason: fmt.Sprintf("the dissimilarities of %s are %s", name, reason)}
	}
	const rounding = 1e-13
	switch {
	case r.Comparison == CosineComparison && most == 0:
		return degenerate("all 0: no cosine is defined")
	case r.Comparison != CosineComparison && most-least <= rounding*most:
		return degenerate("all equal: no correlation is defined")
	}
	p := &profile{RSA: r, n: n, values: slices.Clone(pairs)}
	switch r.Comparison {
	case Spearman, RhoA:
		if _, err := rankcorr.NewSorter(len(pairs)).Rank(ctx, p.values); err != nil {
			return nil, fmt.Errorf("%s: %w", rsa, err)
		}
	case Pearson:
		toMean(p.values)
		toUnit(p.values)
	case CosineComparison:
		toUnit(p.values)
	}
	return p, ctx.Err()
}

// toMean takes their mean from values ≥ 0, twice for the digits of a sum.
func toMean(values []float64) {
	most := slices.Max(values)
	for t := range values {
		values[t] /= most
	}
	for range 2 {
		m := mean(values)
		for t := range values {
			values[t] -= m
		}
	}
}

func (p *profile) against(ctx context.Context, other prepared) (measure.Score, error) {
	v, err := p.agreement(ctx, other.(*profile))
	if err != nil {
		return measure.Score{}, err
	}
	kind := p.kind
	if q := other.(*profile); q.kind != kind {
		kind += " and " + q.kind
	}
	s := measure.Score{Name: "RSA", Value: v, Rows: p.n, Convention: fmt.Sprintf("%v of %s dissimilarities over pairs of different rows", p.Comparison, kind)}
	if p.GeoTopo != (GeoTopo{}) {
		g, _ := p.GeoTopo.Resolve(p.n, p.n) // which has passed
		s.Convention += fmt.Sprintf(", geo-topological between the quantiles %v and %v", g.Lower, g.Upper)
		if g.Geodesic {
			s.Convention += ", lengths of paths"
		}
	}
	s.Convention += "; similarity, 1 is same"
	return s, nil
}

// agreement returns the comparison itself.
func (p *profile) agreement(ctx context.Context, q *profile) (float64, error) {
	m := float64(len(p.values))
	switch p.Comparison {
	case KendallTauA, KendallTauB:
		pairs, err := rankcorr.Kendall(ctx, p.values, q.values)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", rsa, err)
		}
		if p.Comparison == KendallTauA {
			return pairs.TauA(), nil
		}
		return pairs.TauB(), nil
	case RhoA:
		return 3 * kernel.Dot64(p.values, q.values) / (m * (m*m - 1)), ctx.Err()
	case Spearman:
		both, xx, yy := kernel.DotNorms64(p.values, q.values)
		return max(-1, min(1, both/math.Sqrt(xx)/math.Sqrt(yy))), ctx.Err()
	}
	return max(-1, min(1, kernel.Dot64(p.values, q.values))), ctx.Err()
}
