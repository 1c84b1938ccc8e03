package dr

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/mathext"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/resample"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// PrincipalSubspaceTest asks whether the principal subspaces of the distribution
// that rows are drawn from can be those of a hypothesis, and gives the error bars of
// those found.
//
// The angles between a subspace found and its hypothesis, as a tangent vector of the
// Grassmann manifold (the logarithm, whose length is that of the shortest turn), have
// for normal rows independent normal coordinates in the long run, one for every pair
// of axes i of the subspace and j outside, with variance λᵢλⱼ/((n−1)(λᵢ−λⱼ)²). The sum
// of their squares over these variances, counting pairs of subspaces once, is
// chi-squared with as many degrees of freedom as there are pairs of axes of different
// subspaces. It is far off where variances of different subspaces are nearly equal:
// n·(λᵢ−λⱼ)²/(λᵢλⱼ) should be well above 10. Variances within a subspace may be equal
// or not.
//
// For rows that are not normal, Replicates asks bootstrap samples what the sum is by
// chance. They are drawn in the coordinates of the components, in which a replicate
// costs O(n·d²) + O(d³).
//
// Time O(n·d²) + O(d³) and that of the replicates, memory about 8·(4·n·d + 16·d² +
// d·Replicates) bytes.
//
// Sources: D. Rabenoro and X. Pennec (2022), A geometric framework for asymptotic
// inference of principal subspaces in PCA; T. Anderson (1963), Asymptotic theory for
// principal component analysis; A. Fisher, B. Caffo, B. Schwartz and V. Zipunnikov
// (2016), Fast, exact bootstrap principal component analysis for p > 1 million.
type PrincipalSubspaceTest struct {
	// Axes holds the hypothesis, k × d: orthonormal rows, subspace after subspace by
	// falling variance. What they do not span is the last one. There is no default.
	Axes mat.Matrix

	// Sizes holds how many rows of Axes span every subspace. Default one subspace,
	// of all rows. With all d rows given there must be two or more.
	Sizes []int

	// Replicates is how many bootstrap samples tell the p-value and the error bars;
	// the p-value is no smaller than 1/(Replicates + 1). Default 0: those of normal
	// rows.
	Replicates int

	// Seed of the bootstrap samples. It is ignored without them.
	Seed uint64

	// MemoryLimit in bytes refuses data whose matrices would not fit. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// SubspaceTest is what PrincipalSubspaceTest finds.
type SubspaceTest struct {
	Statistic float64 // the sum of squares
	Freedom   int     // its degrees of freedom
	P         float64 // the chance of as large a sum under the hypothesis

	Variances   []float64 // along the components, falling (divisor n−1), in squared units of the data
	VarianceErr []float64 // their standard errors

	Sizes    []int     // of the subspaces, the last included
	Angles   []float64 // the largest angle between every subspace and its hypothesis, in radians
	AngleErr []float64 // the root mean square, by chance, of the length of all angles of a subspace

	Convention string
}

// String returns a small table.
func (s *SubspaceTest) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "principal subspaces: statistic %.4g, %d degrees of freedom, p = %.4g (%s)\n  %8s  %4s  %8s  %8s", s.Statistic, s.Freedom, s.P, s.Convention, "subspace", "size", "angle", "± chance")
	for a, q := range s.Sizes {
		fmt.Fprintf(&b, "\n  %8d  %4d  %7.2f°  %7.2f°", a+1, q, s.Angles[a]*180/math.Pi, s.AngleErr[a]*180/math.Pi)
	}
	return b.String()
}

// Resolve returns the options with defaults filled in for n × d data, or a
// *mat32.ParamError. That Axes are orthonormal, which takes O(k²·d), is for Estimate
// to find out.
func (p PrincipalSubspaceTest) Resolve(n, d int) (PrincipalSubspaceTest, error) {
	const method = "dr.PrincipalSubspaceTest"
	wrong := func(param string, value any, want string) error {
		return &mat32.ParamError{Method: method, Param: param, Value: value, Want: want}
	}
	if mat32.Check(p.Axes) != nil {
		return p, wrong("Axes", "empty or not finite", "orthonormal rows")
	}
	k, columns := p.Axes.Dims()
	if columns != d || k > d {
		return p, wrong("Axes", fmt.Sprintf("%d × %d", k, columns), fmt.Sprintf("at most %d rows of %[1]d columns", d))
	}
	if p.Sizes == nil {
		p.Sizes = []int{k}
	}
	sum := 0
	for _, q := range p.Sizes {
		if q < 1 {
			return p, wrong("Sizes", p.Sizes, "1 or more for every subspace")
		}
		sum += q
	}
	switch {
	case sum != k:
		return p, wrong("Sizes", p.Sizes, fmt.Sprintf("sizes that add up to the %d rows of Axes", k))
	case k == d && len(p.Sizes) == 1:
		return p, wrong("Sizes", p.Sizes, "two subspaces or more: one of all axes is always right")
	case p.Replicates < 0:
		return p, wrong("Replicates", p.Replicates, "0 or more")
	case p.MemoryLimit < 0:
		return p, wrong("MemoryLimit", p.MemoryLimit, "0 or more bytes")
	}
	return p, nil
}

// Estimate tests the rows of x (n × d). Errors: those of mat32.CheckRows,
// mat32.Check and Resolve, *mat32.ShapeError unless n > d,
// *mat32.DegenerateError where a direction has no variance or the variance is beyond
// float64, *mat32.MemoryError, and one that wraps ctx.Err().
func (p PrincipalSubspaceTest) Estimate(ctx context.Context, x mat.Matrix) (*SubspaceTest, error) {
	const method = "dr.PrincipalSubspaceTest"
	fail := func(err error) (*SubspaceTest, error) { return nil, failed(method, err) }
	n, d, err := checkRows(ctx, method, x, 1)
	if err != nil {
		return nil, err
	}
	if p, err = p.Resolve(n, d); err != nil {
		return nil, err
	}
	if n <= d {
		return fail(&mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "more rows than columns"})
	}
	need := 8*(3*int64(n)*int64(d)+8*int64(d)*int64(d)) + decomposing(n, d, d) + int64(min(8*float64(d+1)*float64(p.Replicates), math.MaxInt64/4))
	if err := mat32.CheckMemory(method, need, p.MemoryLimit, "reduce rows, columns or Replicates"); err != nil {
		return nil, err
	}
	k, _ := p.Axes.Dims()
	hypothesis := mat.NewDense(d, d, nil)
	hypothesis.Slice(0, k, 0, d).(*mat.Dense).Copy(p.Axes)
	if err := orthonormal(ctx, method, hypothesis.Slice(0, k, 0, d).(*mat.Dense)); err != nil {
		return nil, err
	}
	s, err := stand(ctx, method, x, nil)
	if err != nil {
		return nil, err
	}
	stage := watch.Start(ctx, "principal subspaces", 1+p.Replicates)
	axes, lengths, err := inverseRoot(ctx, s.rows)
	if err != nil {
		return fail(err)
	}
	if len(lengths) < d {
		return nil, &mat32.DegenerateError{Method: method, Reason: fmt.Sprintf("rows vary in %d of %d directions: reduce the columns first", len(lengths), d)}
	}
	scaleRows(axes, lengths) // of unit length again
	t := &SubspaceTest{Sizes: slices.Clone(p.Sizes), Variances: make([]float64, d), VarianceErr: make([]float64, d), Convention: "chi-squared, normal rows"}
	if k < d {
		t.Sizes = append(t.Sizes, d-k)
	}
	variances := make([]float64, d)
	for c, v := range lengths {
		variances[c] = v * v / float64(n-1)
		t.Variances[c] = variances[c] * s.unit * s.unit
		t.VarianceErr[c] = t.Variances[c] * math.Sqrt(2/float64(n-1))
	}
	if !finite(t.Variances) || t.Variances[0] == 0 {
		return nil, &mat32.DegenerateError{Method: method, Reason: "the variance is beyond float64: rescale the data"}
	}
	if err := linalg.Orthonormalize(ctx, hypothesis); err != nil { // which completes it
		return fail(err)
	}
	cosines, err := product(ctx, axes, blas.NoTrans, hypothesis, blas.Trans)
	if err != nil {
		return fail(err)
	}
	turn, err := turnOf(ctx, cosines, t.Sizes)
	if err != nil {
		return fail(err)
	}
	t.Statistic, t.Angles = turn.statistic(variances, n), turn.largest
	t.AngleErr = chanceAngles(variances, t.Sizes, n)
	for a, q := range t.Sizes {
		for _, r := range t.Sizes[:a] {
			t.Freedom += q * r
		}
	}
	t.P = mathext.GammaIncRegComp(float64(t.Freedom)/2, t.Statistic/2)
	stage.Add(1)
	if p.Replicates > 0 {
		if err := p.bootstrap(ctx, stage, t, s, axes); err != nil {
			return fail(err)
		}
	}
	return t, nil
}

// orthonormal refuses axes (k × d) that are not.
func orthonormal(ctx context.Context, method string, axes *mat.Dense) error {
	k, _ := axes.Dims()
	products := mat.NewDense(k, k, nil)
	if err := kernel.Syrk64(ctx, blas.NoTrans, 1, axes.RawMatrix(), 0, products.RawMatrix()); err != nil {
		return failed(method, err)
	}
	for a := range k {
		for b, v := range products.RawRowView(a)[:a+1] {
			if a == b {
				v--
			}
			if !(math.Abs(v) <= 1e-6) {
				return &mat32.ParamError{Method: method, Param: "Axes", Value: fmt.Sprintf("rows %d and %d, whose inner product is off by %.3g", b, a, v), Want: "orthonormal rows"}
			}
		}
	}
	return nil
}

// turns are the angles that subspaces are turned by.
type turns struct {
	sizes   []int
	tangent []*mat.Dense // of every subspace: d × q, row j and column i the angle from axis i to axis j outside
	largest []float64
	squares []float64 // the sums of squared angles
}

// turnOf returns the turns of subspaces given by the inner products of their axes
// with those of the hypothesis.
func turnOf(ctx context.Context, cosines *mat.Dense, sizes []int) (*turns, error) {
	d, _ := cosines.Dims()
	t := &turns{sizes: sizes, largest: make([]float64, len(sizes)), squares: make([]float64, len(sizes))}
	lo := 0
	for a, q := range sizes {
		hi := lo + q
		own := mat.DenseCopyOf(cosines.Slice(lo, hi, lo, hi))
		left, cos, right, err := factors(ctx, own)
		if err != nil {
			return nil, err
		}
		rest := mat.DenseCopyOf(cosines.Slice(0, d, lo, hi))
		for i := lo; i < hi; i++ {
			clear(rest.RawRowView(i))
		}
		sines, err := product(ctx, rest, blas.NoTrans, right, blas.Trans)
		if err != nil {
			return nil, err
		}
		sin, ratios := make([]float64, q), make([]float64, q)
		err = downColumns(ctx, d, q, func(j, lo, hi int) {
			for c, v := range sines.RawRowView(j)[lo:hi] {
				sin[lo+c] = math.Hypot(sin[lo+c], v)
			}
		})
		if err != nil {
			return nil, err
		}
		for c, s := range sin {
			angle := math.Atan2(s, cos[c])
			t.largest[a] = max(t.largest[a], angle)
			t.squares[a] += angle * angle
			if ratios[c] = 1; s > 0 {
				ratios[c] = angle / s
			}
		}
		if err := scaleColumns(ctx, sines, ratios); err != nil {
			return nil, err
		}
		tangent, err := product(ctx, sines, blas.NoTrans, left, blas.NoTrans)
		if err != nil {
			return nil, err
		}
		t.tangent = append(t.tangent, tangent)
		lo = hi
	}
	return t, nil
}

// statistic returns the sum of squared angles over their variances.
func (t *turns) statistic(variances []float64, n int) (sum float64) {
	lo := 0
	for a, q := range t.sizes {
		hi := lo + q
		for j := hi; j < len(variances); j++ {
			for i := lo; i < hi; i++ {
				angle := t.tangent[a].At(j, i-lo)
				sum += angle * angle / angleVariance(variances[i], variances[j], n)
			}
		}
		lo = hi
	}
	return sum
}

// angleVariance is that of the angle between the axes of two variances, which is
// beyond all bounds where they are equal.
func angleVariance(u, v float64, n int) float64 {
	return 1 / (float64(n-1) * ((u - v) / u) * ((u - v) / v))
}

// chanceAngles returns the root mean square length of the angles of every subspace,
// of normal rows: at most that of right angles, which says nothing.
func chanceAngles(variances []float64, sizes []int, n int) []float64 {
	e := make([]float64, len(sizes))
	lo := 0
	for a, q := range sizes {
		hi := lo + q
		for i := lo; i < hi; i++ {
			for j, v := range variances {
				if j < lo || j >= hi {
					e[a] += angleVariance(variances[i], v, n)
				}
			}
		}
		most := math.Pi / 2 * math.Sqrt(float64(min(q, len(variances)-q)))
		e[a] = min(math.Sqrt(e[a]), most)
		lo = hi
	}
	return e
}

// bootstrap replaces what is said of normal rows by what samples of the rows say.
// In them the subspaces found are the truth.
func (p PrincipalSubspaceTest) bootstrap(ctx context.Context, stage *watch.Stage, t *SubspaceTest, s *standing, axes *mat.Dense) error {
	n, d := s.rows.Dims()
	scores, err := product(ctx, s.rows, blas.NoTrans, axes, blas.Trans)
	if err != nil {
		return err
	}
	statistics := make([]float64, p.Replicates)
	variances := mat.NewDense(d, p.Replicates, nil)
	squares := make([]float64, len(t.Sizes))
	counts, drawn := make([]float64, n), mat.NewDense(n, d, nil)
	for b := range statistics {
		resample.Bootstrap(p.Seed, "principal subspaces", b, counts)
		for i, c := range counts {
			counts[i] = c / float64(n)
		}
		mean, err := weightedSum(ctx, scores, counts)
		if err != nil {
			return err
		}
		err = overRows(ctx, n, func(i int) {
			root := math.Sqrt(counts[i] * float64(n) / float64(n-1))
			to := drawn.RawRowView(i)
			for j, v := range scores.RawRowView(i) {
				to[j] = root * (v - mean[j])
			}
		})
		if err != nil {
			return err
		}
		covariance := mat.NewSymDense(d, nil)
		if err := addProducts(ctx, covariance, blas.Trans, drawn); err != nil {
			return err
		}
		values, vectors, err := linalg.EigenSym(ctx, covariance)
		if err != nil {
			return err
		}
		least := values[0] * float64(n) * 0x1p-52 // few rows drawn again and again may span too little
		for c, v := range values {
			values[c] = max(v, least)
			variances.Set(c, b, values[c]*s.unit*s.unit)
		}
		turn, err := turnOf(ctx, vectors, t.Sizes)
		if err != nil {
			return err
		}
		statistics[b] = turn.statistic(values, n)
		for a, v := range turn.squares {
			squares[a] += v / float64(p.Replicates)
		}
		stage.Add(1)
	}
	t.P = resample.PValue(t.Statistic, statistics)
	t.Convention = fmt.Sprintf("%d bootstrap samples", p.Replicates)
	for a, v := range squares {
		t.AngleErr[a] = math.Sqrt(v)
	}
	if p.Replicates > 1 {
		for c := range d {
			t.VarianceErr[c] = resample.StdErr(variances.RawRowView(c))
		}
	}
	return nil
}
