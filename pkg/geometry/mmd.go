package geometry

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// CloudKernel is how alike two rows at distance r are to MMD, for a bandwidth σ.
type CloudKernel int

const (
	RBF               CloudKernel = iota // exp(−r²/2σ²)
	Laplace                              // exp(−r/σ)
	RationalQuadratic                    // 1/(1 + r²/2σ²): it falls slowly, and sees all scales beyond σ
)

// kernels holds their names, and what they make of squared distances for a scale 1/σ².
var kernels = []struct {
	name string
	of   func(squares []float64, scale float64)
}{
	RBF: {"RBF", func(squares []float64, scale float64) {
		for j, s := range squares {
			squares[j] = math.Exp(-s * scale / 2)
		}
	}},
	Laplace: {"Laplace", func(squares []float64, scale float64) {
		for j, s := range squares {
			squares[j] = math.Exp(-math.Sqrt(s * scale))
		}
	}},
	RationalQuadratic: {"rational quadratic", func(squares []float64, scale float64) {
		for j, s := range squares {
			squares[j] = 1 / (1 + s*scale/2)
		}
	}},
}

// String returns the name.
func (k CloudKernel) String() string {
	if k < 0 || int(k) >= len(kernels) {
		return fmt.Sprint(int(k))
	}
	return kernels[k].name
}

// MMD is the squared maximum mean discrepancy of two clouds: how far apart the means of
// their rows are in the space of a kernel, E k(x, x′) + E k(y, y′) − 2·E k(x, y). It is 0 just
// where the distributions are equal. The zero value is unbiased, so that it is negative
// half the time for equal ones, and takes an RBF kernel of the median distance.
//
// Compare takes clouds of the same columns and at least 2 rows each; a kernel sees distances
// near its bandwidth, so columns should have comparable units. Time (n+m)²·(d + Permutations)/2
// products and as many exponentials for each bandwidth; memory 8·(n+m)·(2·d + Permutations)
// bytes and 4 MB, for the matrix of the kernel is never whole.
//
// Errors: *mat32.ParamError; *mat32.MemoryError; those of mat32.CheckRows and mat32.Check;
// *mat32.ShapeError; *mat32.DegenerateError where the median distance is 0; and one that
// wraps ctx.Err().
//
// Source: A. Gretton, K. Borgwardt, M. Rasch, B. Schölkopf and A. Smola (2012), A kernel
// two-sample test.
type MMD struct {
	// Kernel is RBF, Laplace or RationalQuadratic. Default RBF.
	Kernel CloudKernel

	// Bandwidths are those of kernels whose mean is taken, each a share of the median
	// distance of all rows of both clouds. Larger ones see larger shapes, and fewer
	// details. Default one, of the median itself. At most 100.
	Bandwidths []float64

	// Absolute takes Bandwidths in the unit of the data instead. Ignored without them.
	Absolute bool

	// Biased counts every row with itself, as E k(x, x′) of the rows as they are: never below
	// 0, and above it even for equal distributions, by about (1/n + 1/m) at most.
	Biased bool

	// Permutations is for how many random partings of the rows the score is computed
	// again, for a p-value: 199 can tell 0.005. Default none; at most 10 000. Each costs about
	// (n+m)² operations.
	Permutations int

	// Seed draws permutations, and of more than 724 rows the pairs whose distances have
	// the median.
	Seed uint64

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT, or
	// 4 GiB where that is not set.
	MemoryLimit int64
}

const mmdMethod = "geometry.MMD"

// Resolve returns the options with defaults filled in, or a *mat32.ParamError, whatever n
// and d are.
func (k MMD) Resolve(n, d int) (MMD, error) {
	refuse := func(param string, value any, want string) (MMD, error) {
		return k, &mat32.ParamError{Method: mmdMethod, Param: param, Value: value, Want: want}
	}
	if k.Kernel < RBF || k.Kernel > RationalQuadratic {
		return refuse("Kernel", k.Kernel, "RBF, Laplace or RationalQuadratic")
	}
	if len(k.Bandwidths) > 100 {
		return refuse("Bandwidths", len(k.Bandwidths), "at most 100 of them")
	}
	for _, b := range k.Bandwidths {
		if !(b > 0 && b <= math.MaxFloat64) {
			return refuse("Bandwidths", k.Bandwidths, "all of them above 0 and finite")
		}
	}
	if len(k.Bandwidths) == 0 {
		k.Bandwidths, k.Absolute = []float64{1}, false
	}
	if err := resolvePermutations(mmdMethod, k.Permutations); err != nil {
		return k, err
	}
	return k, limited(mmdMethod, k.MemoryLimit)
}

// Compare returns the squared discrepancy of x and y.
func (k MMD) Compare(ctx context.Context, x, y mat.Matrix) (*TwoSample, error) {
	k, err := k.Resolve(0, 0)
	if err != nil {
		return nil, err
	}
	n, m, d, err := checkClouds(ctx, mmdMethod, 2, x, y)
	if err != nil {
		return nil, err
	}
	if err := mat32.CheckMemory(mmdMethod, bytesOfClouds(n, m, d)+bytesOfSums(n+m, k.Permutations)+12<<18, k.MemoryLimit, "take fewer rows or permutations"); err != nil {
		return nil, err
	}
	t, err := k.compare(ctx, x, y)
	if err != nil {
		return nil, mat32.Rename(mmdMethod, err)
	}
	return t, nil
}

func (k MMD) compare(ctx context.Context, x, y mat.Matrix) (*TwoSample, error) {
	c, err := newClouds(ctx, x, y)
	if err != nil {
		return nil, err
	}
	scales, names := make([]float64, len(k.Bandwidths)), make([]string, len(k.Bandwidths))
	unit := 1.
	if k.Absolute {
		unit = 1 / c.unit
		if c.unit == 0 {
			unit = 0
		}
	} else {
		median, err := c.median(ctx, k.Seed)
		if err != nil {
			return nil, err
		}
		if median == 0 {
			return nil, &mat32.DegenerateError{Method: mmdMethod, Reason: "half of all pairs of rows are at distance 0, and so is their median: give Bandwidths that are Absolute"}
		}
		unit = math.Sqrt(median)
	}
	for i, b := range k.Bandwidths {
		sigma := b * unit
		scales[i] = 1 / sigma / sigma
		if scales[i] > math.MaxFloat64 { // unit is 0, or rows are farther apart than float64 tells
			scales[i] = math.MaxFloat64
		}
		names[i] = fmt.Sprintf("%.4g", b)
	}
	of := kernels[k.Kernel].of
	s, err := c.sums(ctx, k.Seed, k.Permutations, func(row []float64) {
		if len(scales) == 1 {
			of(row, scales[0])
			return
		}
		squares, part := slices.Clone(row), make([]float64, len(row))
		clear(row)
		for _, scale := range scales {
			copy(part, squares)
			of(part, scale)
			kernel.Axpy64(1/float64(len(scales)), part, row)
		}
	})
	if err != nil {
		return nil, err
	}
	t := c.twoSample(s, 1, !k.Biased, 1)
	t.Score.Name, t.Score.Rows = "MMD²", c.n+c.m
	form, relative := "unbiased", " of the median distance"
	if k.Biased {
		form = "biased"
	}
	if k.Absolute {
		relative = ""
	}
	t.Score.Convention = fmt.Sprintf("%s, %v kernel, σ = %s%s; 0 is the same distribution", form, k.Kernel, strings.Join(names, ", "), relative)
	return t, nil
}
