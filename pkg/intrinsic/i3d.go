package intrinsic

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

// I3D estimates the dimension of rows on a lattice, such as counts, grades,
// spins and one-hot letters, where distances repeat and are often zero, so that
// the other estimators fail (Macocco, Glielmo, Grilli and Laio, 2023, Intrinsic
// dimension estimation for discrete metrics). It is BIDE with the Manhattan
// distance and with the volumes of a lattice: a ball of radius l in d dimensions
// holds
//
//	V(l, d) = Σⱼ 2^j·C(d, j)·C(l, j)
//
// points, which the sum extends to all d ≥ 0. With n of all K neighbours in the
// balls around the rows inside the inner ones, d solves
// V(Inner, d)/V(Radius, d) = n/K.
//
// Rows that are equal are neighbours at distance zero, and none is left out.
//
// The cost is O(n²·d) on whole numbers, memory 8·n·d bytes.
type I3D struct {
	// Radius is that of the outer ball, in steps of the lattice. Default: the
	// distance to neighbour 25 (or the last) that is the median over up to 256
	// rows, made even, at least 2, and doubled until the inner balls hold some
	// of the neighbours and not all. Larger values give a smaller error at a
	// larger scale. 1 ≤ Radius ≤ 100000.
	Radius int

	// Inner is the radius of the inner ball, in steps of the lattice. Default
	// half of Radius, rounded down. The constant LatticePoint stands for a ball
	// of one point. Inner < Radius.
	Inner int

	// Period is the length after which every column repeats, in steps of the
	// lattice. Default 0: none. Without one, rows near an edge make the
	// dimension too small. 2·Radius < Period, so that no ball meets itself.
	Period int

	// Spacing is the length of a step, in the unit of the data. Default 1.
	// Values are rounded to whole steps; a note says where that changed them.
	Spacing float64

	// Posterior returns the mean and the standard deviation of the dimension
	// under a uniform prior of V(Inner, d)/V(Radius, d) instead of those of greatest
	// likelihood. It has an answer even where no neighbour is inside, or all are.
	Posterior bool

	// Overlap widens the standard error by √2, because every pair of rows is
	// counted from both. The published error, and the default, takes rows for
	// independent.
	Overlap bool

	// MemoryLimit in bytes refuses data that would need more. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// LatticePoint is the Inner of I3D that leaves the inner ball a single point.
const LatticePoint = -1

// Most rows and neighbours that the default Radius looks at, and the largest
// Radius.
const (
	latticeRows      = 256
	latticeNeighbors = 25
	latticeRadius    = 100000
)

// Resolve returns the options with defaults filled in, but for those that depend
// on the data, or a *mat32.ParamError or *mat32.ShapeError, for a matrix of n
// rows and d columns.
func (e I3D) Resolve(n, d int) (I3D, error) {
	fail := func(param string, value any, want string) error {
		return &mat32.ParamError{Method: "intrinsic.I3D", Param: param, Value: value, Want: want}
	}
	if e.Spacing == 0 {
		e.Spacing = 1
	}
	switch {
	case !(e.Spacing > 0) || math.IsInf(e.Spacing, 1):
		return e, fail("Spacing", e.Spacing, "a finite length above 0")
	case e.Radius < 0 || e.Radius > latticeRadius:
		return e, fail("Radius", e.Radius, fmt.Sprintf("1 ≤ Radius ≤ %d, or 0 for one that suits the data", latticeRadius))
	case e.Inner < LatticePoint || e.Radius > 0 && e.Inner >= e.Radius || e.Inner >= latticeRadius:
		return e, fail("Inner", e.Inner, "1 ≤ Inner < Radius, 0 for half of it, or LatticePoint")
	case e.Period < 0 || e.Period > math.MaxInt32 || e.Period > 0 && (e.Period <= 2*e.Radius || e.Period < 3):
		return e, fail("Period", e.Period, "2·Radius < Period, or 0 for none")
	case e.MemoryLimit < 0:
		return e, fail("MemoryLimit", e.MemoryLimit, "0 or more bytes")
	case n < 2:
		return e, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 2 rows for I3D"}
	}
	return e, nil
}

// Estimate returns the dimension of the rows of x (n × d), which hold points of a
// lattice. Scale is Radius in the unit of the data; Local is nil.
//
// The standard error is the bound of Cramér and Rao (see Posterior and Overlap). It covers
// chance, not the bias of edges.
//
// Errors: those of mat32.Check and Resolve; *mat32.RowsNeededError for distances;
// *mat32.MemoryError; *mat32.DegenerateError where values are more than 2³⁰
// steps from zero, where no row has a neighbour in its ball, or, but for Posterior, where
// none or all of them are in the inner balls, as with equal rows, which makes the
// dimension infinite or zero; and one that wraps ctx.Err().
func (e I3D) Estimate(ctx context.Context, x mat.Matrix) (measure.Dimension, error) {
	const method = "intrinsic.I3D"
	if _, ok := x.(*mat32.Distances); ok {
		return measure.Dimension{}, &mat32.RowsNeededError{Method: method}
	}
	e, err := begin(ctx, method, e, x)
	if err != nil {
		return measure.Dimension{}, err
	}
	n, d := x.Dims()
	if err := mat32.CheckMemory(method, 8*int64(n)*int64(d+1), e.MemoryLimit, "use fewer rows"); err != nil {
		return measure.Dimension{}, err
	}
	points, rounded, err := e.lattice(ctx, x)
	if err != nil {
		return measure.Dimension{}, err
	}
	var notes []string
	if rounded > 0 {
		notes = append(notes, fmt.Sprintf("%d of %d values are not on the lattice and were rounded", rounded, n*d))
	}
	most := latticeRadius
	if e.Period > 0 {
		most = min(most, (e.Period-1)/2)
	}
	if e.Radius == 0 {
		if e.Radius, err = points.reach(ctx); err != nil {
			return measure.Dimension{}, fmt.Errorf("%s: %w", method, err)
		}
		e.Radius = min(max(2, e.Radius+e.Radius%2, e.Inner+1), most)
	} else {
		most = e.Radius
	}
	asked := e.Inner
	var inner, outer float64
	for {
		switch asked {
		case 0:
			e.Inner = e.Radius / 2
		case LatticePoint:
			e.Inner = 0
		}
		if e.Inner >= e.Radius {
			return measure.Dimension{}, &mat32.ParamError{Method: method, Param: "Inner", Value: e.Inner,
				Want: fmt.Sprintf("less than %d, the largest Radius for the Period", most)}
		}
		if inner, outer, err = points.count(ctx, e.Inner, e.Radius); err != nil {
			return measure.Dimension{}, fmt.Errorf("%s: %w", method, err)
		}
		if e.Radius == most || inner > 0 && inner < outer || inner == float64(n)*float64(n-1) {
			break
		}
		e.Radius = min(2*e.Radius, most)
	}
	if outer == 0 || !e.Posterior && (inner == 0 || inner == outer) {
		which := "none"
		if outer > 0 && inner == outer {
			which = "all"
		}
		return measure.Dimension{}, &mat32.DegenerateError{Method: method, Reason: fmt.Sprintf(
			"%s of the %.0f neighbours within %d steps are within %d: take other radii", which, outer, e.Radius, e.Inner)}
	}
	// In many dimensions shares fall as a power, of so many steps between the balls.
	if tail := (inner + 1) * float64(e.Radius-e.Inner); e.Posterior && tail <= 2 {
		return measure.Dimension{}, &mat32.DegenerateError{Method: method, Reason: fmt.Sprintf(
			"%.0f neighbours within %d steps of %.0f within %d leave the posterior no standard deviation: take radii farther apart", inner, e.Inner, outer, e.Radius)}
	}
	var value, stdErr float64
	form, errors, rows := "binomial likelihood", "Cramér-Rao", "rows taken for independent"
	if e.Posterior {
		form, errors = "binomial posterior mean, uniform prior", "posterior"
		value, stdErr = latticePosterior(e.Inner, e.Radius, inner, outer)
	} else {
		share := inner / outer
		value = latticeDimension(e.Inner, e.Radius, share)
		_, slope := latticeShare(e.Inner, e.Radius, value)
		stdErr = math.Sqrt((1/share-1)/outer) / -slope
	}
	if e.Overlap {
		stdErr *= math.Sqrt2
		rows = "every pair counted once"
	}
	period := ""
	if e.Period > 0 {
		period = fmt.Sprintf(" of period %d", e.Period)
	}
	return measure.Dimension{
		Method: "I3D",
		Value:  value,
		StdErr: stdErr,
		Scale:  float64(e.Radius) * e.Spacing,
		Rows:   n,
		Notes:  notes,
		Convention: fmt.Sprintf("%s, Manhattan balls of %d and %d steps on a lattice%s, duplicates kept, standard error: %s, %s",
			form, e.Inner, e.Radius, period, errors, rows),
	}, nil
}

// lattice holds rows in whole steps.
type lattice struct {
	n, d   int
	at     []int32
	period int
}

// lattice rounds x to the lattice and returns how many values that changed.
func (e I3D) lattice(ctx context.Context, x mat.Matrix) (p *lattice, rounded int, err error) {
	const most = 1 << 30
	n, d := x.Dims()
	p = &lattice{n: n, d: d, at: make([]int32, n*d), period: e.Period}
	row := make([]float64, d)
	for i := range n {
		if i%1024 == 0 && ctx.Err() != nil {
			return nil, 0, fmt.Errorf("intrinsic.I3D: %w", ctx.Err())
		}
		for j, v := range mat.Row(row, i, x) {
			steps := math.Round(v / e.Spacing)
			if !(math.Abs(steps) <= most) {
				return nil, 0, &mat32.DegenerateError{Method: "intrinsic.I3D", Reason: fmt.Sprintf(
					"row %d, column %d is %.4g, more than 2³⁰ steps of %.4g from zero: set Spacing", i, j, v, e.Spacing)}
			}
			if math.Abs(v/e.Spacing-steps) > 1e-9*max(1, math.Abs(steps)) {
				rounded++
			}
			whole := int(steps)
			if e.Period > 0 {
				whole = (whole%e.Period + e.Period) % e.Period
			}
			p.at[i*d+j] = int32(whole)
		}
	}
	return p, rounded, nil
}

// distance returns the number of steps between rows i and j, or one above most.
func (p *lattice) distance(i, j, most int) int {
	a, b := p.at[i*p.d:(i+1)*p.d], p.at[j*p.d:(j+1)*p.d]
	sum := 0
	for c, v := range a {
		step := int(v) - int(b[c])
		if step < 0 {
			step = -step
		}
		if p.period > 0 {
			step = min(step, p.period-step)
		}
		if sum += step; sum > most {
			return sum
		}
	}
	return sum
}

// count returns how many other rows, over all rows, are within the two radii.
func (p *lattice) count(ctx context.Context, inner, outer int) (inside, within float64, err error) {
	const size = 32
	type pairs struct{ inside, within int }
	blocks := make([]pairs, (p.n+size-1)/size)
	err = par.Blocks(ctx, p.n, size, func(lo, hi int) {
		var c pairs
		for i := lo; i < hi && ctx.Err() == nil; i++ {
			for j := i + 1; j < p.n; j++ {
				if steps := p.distance(i, j, outer); steps <= outer {
					c.within++
					if steps <= inner {
						c.inside++
					}
				}
			}
		}
		blocks[lo/size] = c
	})
	for _, c := range blocks {
		inside += 2 * float64(c.inside)
		within += 2 * float64(c.within)
	}
	return inside, within, err
}

// reach returns the median over rows of the distance to a neighbour that leaves
// enough of them to count.
func (p *lattice) reach(ctx context.Context) (int, error) {
	rows := min(p.n, latticeRows)
	reaches := make([]int, rows)
	err := par.Blocks(ctx, rows, 4, func(lo, hi int) {
		steps := make([]int, 0, p.n)
		for r := lo; r < hi && ctx.Err() == nil; r++ {
			i := r * p.n / rows
			steps = steps[:0]
			for j := range p.n {
				if j != i {
					steps = append(steps, p.distance(i, j, math.MaxInt))
				}
			}
			slices.Sort(steps)
			reaches[r] = steps[min(latticeNeighbors, len(steps))-1]
		}
	})
	slices.Sort(reaches)
	return min(reaches[rows/2], latticeRadius), err
}

// latticePosterior returns the mean and the standard deviation of d where the share
// p = V(inner, d)/V(outer, d), uniform before, has been seen inside times of within: those
// of the density p^inside·(1−p)^(within−inside)·|dp/dd|, by Simpson's rule over ln d where
// it is more than e⁻⁴⁰ of its largest.
func latticePosterior(inner, outer int, inside, within float64) (mean, deviation float64) {
	const steps, least = 2000, -40
	log := func(u float64) float64 {
		share, slope := latticeShare(inner, outer, math.Exp(u))
		sum := (inside+1)*share + math.Log(-slope) + u
		if within > inside {
			sum += (within - inside) * math.Log(-math.Expm1(share))
		}
		return sum
	}
	p := (inside + 1) / (within + 2) // the mean of the share
	middle := latticeDimension(inner, outer, p)
	_, slope := latticeShare(inner, outer, middle)
	step := math.Sqrt((1/p-1)/(within+2)) / -slope / middle
	top := math.Log(middle)
	peak, lo, hi := log(top), top, top
	for log(lo) > peak+least && lo > top-100 {
		lo -= step
	}
	for log(hi) > peak+least {
		hi += step
	}
	var mass, first, second float64
	weights, ds := make([]float64, steps+1), make([]float64, steps+1)
	for i := range weights {
		u := lo + (hi-lo)*float64(i)/steps
		ds[i] = math.Exp(u)
		if weights[i] = math.Exp(log(u)-peak) * float64(2+2*(i%2)); i == 0 || i == steps {
			weights[i] /= 2
		}
		mass += weights[i]
		first += weights[i] * ds[i]
	}
	mean = first / mass
	for i, w := range weights {
		second += w * (ds[i] - mean) * (ds[i] - mean)
	}
	return mean, math.Sqrt(second / mass)
}

// latticeDimension returns the d at which V(inner, d)/V(outer, d) is a share.
func latticeDimension(inner, outer int, share float64) float64 {
	return root(-math.Log(share)/math.Log(float64(outer+1)/float64(inner+1)), func(d float64) (value, slope float64) {
		value, slope = latticeShare(inner, outer, d)
		return value - math.Log(share), slope
	})
}

// latticeShare returns the logarithm of V(inner, d)/V(outer, d) and its
// derivative by d.
//
// The volumes are the coefficients of (1+z)^d/(1−z)^(d+1), whose logarithmic
// derivative gives l·V(l) = (2d+1)·V(l−1) + (l−1)·V(l−2): terms above zero only,
// where the sum that defines them alternates beyond j = d.
func latticeShare(inner, outer int, d float64) (log, slope float64) {
	// The volumes of radius l−1 and l−2, with their derivatives, in units of
	// exp(unit).
	v, before := 1., 0.
	dv, dbefore := 0., 0.
	var unit, innerLog, innerSlope float64
	for l := 0; ; {
		if l == inner {
			innerLog, innerSlope = unit+math.Log(v), dv/v
		}
		if l == outer {
			return innerLog - unit - math.Log(v), innerSlope - dv/v
		}
		l++
		next := ((2*d+1)*v + float64(l-1)*before) / float64(l)
		dnext := ((2*d+1)*dv + 2*v + float64(l-1)*dbefore) / float64(l)
		before, dbefore, v, dv = v, dv, next, dnext
		if v > 1e200 {
			unit += math.Log(v)
			before, dbefore, dv, v = before/v, dbefore/v, dv/v, 1
		}
	}
}
