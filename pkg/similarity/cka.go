package similarity

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

// CKA is centred kernel alignment: the cosine of the angle between two kernel matrices,
// centred. Rotations and scales of either representation leave it as it is, other linear
// maps do not. 1 is same. The zero value is linear and biased: it is 0 where no column of
// one correlates with one of the other, and larger the fewer the rows are for their widths,
// whatever the data. Debiased is about 0 for independent data of any width, and may be
// negative: it is not clipped.
//
// Compare takes x of n × p and y of n × q, at least 2 rows, or 4 where Debiased.
// Linear takes 2·n·p·q operations and half as much for each with itself, and of
// representations wider than n rows as if they were n wide; memory twice that of the data,
// in their precision. Two *mat32.Dense are multiplied as float32 and added up as float64,
// which leaves six digits or more; other matrices as float64. RBF takes n²·(p + q)
// operations and 2·n² exponentials, memory 8·n·(p + q) + 32 MB. No n × n matrix is held
// but where n is less than the width.
//
// Errors: *mat32.ParamError; those of mat32.CheckRows and mat32.Check for x and y;
// *mat32.ShapeError where their numbers of rows differ or are too few;
// *mat32.DegenerateError where all rows of one are alike to its kernel; and one that wraps
// ctx.Err().
//
// Among peers, netrep's LinearCKA is the arc cosine of this; platonic-rep adds 10⁻⁶ to the
// denominator; and subtracting the diagonal from every row instead of setting it to zero
// is a known slip of debiased ones.
//
// Sources: S. Kornblith, M. Norouzi, H. Lee and G. Hinton (2019), Similarity of neural
// network representations revisited; debiased, T. Nguyen, M. Raghu and S. Kornblith
// (2021), Do wide and deep networks learn the same things?
type CKA struct {
	// Kernel is Linear or RBF. Default Linear.
	Kernel Kernel

	// Estimator is Biased or Debiased. Default Biased; Trace is the same.
	Estimator Estimator

	// Bandwidth is σ of RBF, as a share of the median distance between rows: the root of the
	// median of all n² squared distances, those of rows to themselves included. Default
	// 1. Larger values see larger neighbourhoods; beyond all distances RBF is nearly
	// linear. Ignored by Linear.
	Bandwidth float64

	// Absolute takes Bandwidth in the unit of the data instead. Ignored by Linear.
	Absolute bool
}

func (c CKA) kerneled() kerneled {
	if c.Estimator == Trace { // the factors cancel
		c.Estimator = Biased
	}
	return kerneled{"similarity.CKA", c.Kernel, c.Estimator, c.Bandwidth, c.Absolute}
}

// Resolve returns the options with defaults filled in, or a *mat32.ParamError, whatever n
// and d are.
func (c CKA) Resolve(n, d int) (CKA, error) {
	k, err := c.kerneled().resolved()
	c.Bandwidth = k.bandwidth
	return c, err
}

// Compare returns the alignment of x and y.
func (c CKA) Compare(ctx context.Context, x, y mat.Matrix) (measure.Score, error) {
	k, err := c.kerneled().resolved()
	if err == nil {
		err = k.check(ctx, x, y)
	}
	if err != nil {
		return measure.Score{}, err
	}
	ctx, dismiss := par.WithCrew(ctx)
	defer dismiss()
	g, h, err := k.grams(ctx, x, y)
	if err != nil {
		return measure.Score{}, err
	}
	a, err := c.of(k, "x", g)
	if err != nil {
		return measure.Score{}, err
	}
	b, err := c.of(k, "y", h)
	if err != nil {
		return measure.Score{}, err
	}
	return a.against(ctx, b)
}

func (c CKA) check(ctx context.Context, x, y mat.Matrix) error {
	return c.kerneled().check(ctx, x, y)
}

func (c CKA) prepare(ctx context.Context, name string, x mat.Matrix) (prepared, error) {
	k, err := c.kerneled().resolved()
	if err != nil {
		return nil, err
	}
	g, err := k.gram(ctx, name, x)
	if err != nil {
		return nil, err
	}
	return c.of(k, name, g)
}

// of is what CKA needs of a kernel matrix.
func (c CKA) of(k kerneled, name string, g *gram) (*ckaOf, error) {
	// What is left of the kernel when it is centred, against what rounding leaves of nothing.
	self := k.estimator.hsic(g, g, g.square)
	if n := float64(g.n); !(self*n*n > 1e-13*g.square) {
		return nil, &mat32.DegenerateError{Method: k.method, Reason: "all rows of " + name + " are alike to the kernel: there is no geometry to compare"}
	}
	return &ckaOf{k, g, math.Sqrt(self)}, nil
}

type ckaOf struct {
	kerneled
	*gram
	norm float64 // the root of the criterion with itself
}

func (c *ckaOf) against(ctx context.Context, y prepared) (measure.Score, error) {
	of := y.(*ckaOf)
	cross, err := c.cross(ctx, of.gram)
	if err != nil {
		return measure.Score{}, fmt.Errorf("%s: %w", c.method, err)
	}
	estimator := "biased"
	if c.estimator == Debiased {
		estimator = "debiased"
	}
	v := c.estimator.hsic(c.gram, of.gram, cross) / c.norm / of.norm
	return finite(c.method, measure.Score{Name: "CKA", Rows: c.n, Value: max(-1, min(v, 1)), // but for rounding it is within
		Convention: fmt.Sprintf("%s, %s; similarity, 1 is same", estimator, c.convention())})
}
