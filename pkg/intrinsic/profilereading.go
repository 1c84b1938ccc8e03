package intrinsic

import (
	"fmt"
	"math"
	"slices"

	"github.com/flatland-go/flatland/pkg/measure"
)

// What Reading takes for a difference. The figures part the benchmark manifolds,
// noisy planes, mixtures and grids of datasets.BenchmarkManifold and the tests, with
// 2500 rows, into those that have a cause and those that do not.
const (
	differs      = 1.1  // times as large is another dimension
	level        = 1.05 // times as large is the same
	certain      = 4    // standard errors of a difference
	manyTied     = .05  // of the rows have their two nearest equally far
	muchSpread   = 1.5  // times the variance of local dimensions that chance makes
	fallsShort   = 5    // is the dimension above which distances fall short
	filled       = .93  // of the columns is all of them
	unlikeOthers = .85  // times another estimate is below it
	agree        = 1.35 // is the largest over the least of estimates that agree
	muchOf       = 8    // times the neighbours are few rows
)

// Reading says in sentences what the table shows and why estimators disagree:
// values that are discrete, duplicates, pieces of several dimensions, noise at the
// small scales, edges and curvature at the large ones, more dimensions than distances
// can show. The causes are the likely ones, read from the table alone by rules of
// thumb; data may have others.
func (d *Dimensions) Reading() []string {
	v := d.view()
	var said []string
	for _, rule := range []func(view) string{
		view.duplicates, view.discrete, view.largeNeighborhoods, view.agreement, view.noise, view.edges, view.curvature,
		view.shortfall, view.bends, view.mixture, view.density, view.oneSided, view.components, view.span, view.boxes, view.fullColumns,
	} {
		if s := rule(v); s != "" {
			said = append(said, s)
		}
	}
	return said
}

// view is what the rules look at.
type view struct {
	*Dimensions
	near, far      measure.Dimension // the ends of the curve, or from where to where it falls or rises
	mle, ess       measure.Dimension // no value where there is none
	falls, rises   bool              // the curve, by more than chance
	grid           bool              // the values are discrete, and small scales tell of that
	mixed          bool              // the local dimensions vary by more than chance
	least, largest measure.Dimension // of those by distances
	byDistances    int
}

func (d *Dimensions) view() view {
	v := view{Dimensions: d, grid: d.Tied >= manyTied, mixed: d.Spread >= muchSpread}
	v.mle, _ = d.Of("MLE")
	v.ess, _ = d.Of("ESS")
	last := len(d.Curve.Scales) - 1
	for last > 1 && muchOf<<(last+1) > d.Rows-d.Removed {
		last-- // as many neighbours tell of the data as a whole
	}
	if last > 0 {
		v.near, v.far = d.Curve.at(0), d.Curve.at(last)
		for i := range last { // small scales are less certain
			one := d.Curve.at(i)
			if v.falls, v.rises = above(one, v.far), above(v.far, one); v.falls || v.rises {
				v.near = one
				break
			}
		}
		v.falls, v.rises = v.falls && !v.grid, v.rises && !v.grid
	}
	for _, one := range d.All {
		if !slices.ContainsFunc(asked, func(a askedEstimator) bool { return a.name == one.Method && a.near }) {
			continue
		}
		if v.byDistances++; v.byDistances == 1 {
			v.least, v.largest = one, one
		}
		if one.Value < v.least.Value {
			v.least = one
		}
		if one.Value > v.largest.Value {
			v.largest = one
		}
	}
	return v
}

// at returns a point of a curve.
func (c *ScaleCurve) at(i int) measure.Dimension {
	return measure.Dimension{Method: c.Method, Value: c.Dimensions[i], StdErr: c.StdErr[i], Scale: c.Scales[i]}
}

// above reports whether a is larger than b by more than chance and convention.
func above(a, b measure.Dimension) bool {
	return b.Value > 0 && a.Value > differs*b.Value && a.Value-b.Value > certain*math.Hypot(a.StdErr, b.StdErr)
}

func (v view) duplicates() string {
	if v.Removed == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %d rows equal an earlier one and were left out.", v.Removed, v.Rows)
}

func (v view) discrete() string {
	if !v.grid {
		return ""
	}
	s := fmt.Sprintf("The two nearest rows are equally far at %.0f %% of the rows: the values are discrete. Estimators take them for "+
		"continuous, and the small scales tell of the distances between values.", 100*v.Tied)
	if i, ok := v.Of("I3D"); ok {
		return s + fmt.Sprintf(" I3D does not: %s.", i.Brief())
	}
	return s
}

func (v view) largeNeighborhoods() string {
	rows := v.Rows - v.Removed
	if k := min(v.Neighbors, 100); muchOf*k > rows {
		return fmt.Sprintf("%d neighbours are much of %d rows: ABIDE, MOM, ESS, ABID and LocalPCA look at the data as a whole.", k, rows)
	}
	return ""
}

func (v view) agreement() string {
	if v.byDistances < 2 {
		return ""
	}
	s := fmt.Sprintf("The %d estimators by distances say %.2f (%s) to %.2f (%s).", v.byDistances,
		v.least.Value, v.least.Method, v.largest.Value, v.largest.Method)
	if v.falls || v.rises || v.grid || v.mixed || v.short() || v.mle.Value == 0 || v.largest.Value > agree*v.least.Value {
		return s
	}
	return s + fmt.Sprintf(" The dimension hardly depends on the scale, so that MLE, %s, may be quoted; MADA, TLE and MOM are "+
		"means over rows and lie some per cent above.", v.mle.Brief())
}

// noisy reports whether the curve falls although angles, within the largest
// neighbourhoods, show fewer dimensions than the smallest distances: edges would not
// do that.
func (v view) noisy() bool {
	return v.falls && !v.mixed && v.ess.Value > 0 && above(v.near, v.ess)
}

func (v view) noise() string {
	if !v.noisy() {
		return ""
	}
	s := fmt.Sprintf("The dimension falls from %.2f at the scale %.3g to %.2f at %.3g, where angles (ESS) see %.2f: noise, which fills "+
		"more dimensions than the data, rules the small scales.", v.near.Value, v.near.Scale, v.far.Value, v.far.Scale, v.ess.Value)
	if before := v.Curve.at(max(0, slices.Index(v.Curve.Scales, v.far.Scale)-1)); before.Value < level*v.far.Value {
		return s + fmt.Sprintf(" From %.3g on the dimension is level: %s.", before.Scale, v.far.Brief())
	}
	if v.Whole != nil {
		if p, err := v.Whole.Plateau(); err == nil && p.To > v.far.Scale {
			return s + fmt.Sprintf(" By pairs it is level from %.3g to %.3g: %s.", p.From, p.To, p.Brief())
		}
	}
	return s + " It is not level yet: more Neighbors look farther."
}

func (v view) edges() string {
	if !v.falls || v.noisy() || v.short() {
		return ""
	}
	return fmt.Sprintf("The dimension falls from %.2f at the scale %.3g to %.2f at %.3g: rows near an edge of the data, or where the density "+
		"changes, see fewer neighbours far away; strong noise looks alike. The small scales suffer least from edges.", v.near.Value, v.near.Scale, v.far.Value, v.far.Scale)
}

func (v view) curvature() string {
	if !v.rises {
		return ""
	}
	return fmt.Sprintf("The dimension rises from %.2f at the scale %.3g to %.2f at %.3g: the data bend, or parts of them come near each other. "+
		"The small scales are right where there is no noise.", v.near.Value, v.near.Scale, v.far.Value, v.far.Scale)
}

// short reports whether angles see more dimensions than distances because these are
// too many.
func (v view) short() bool {
	return above(v.ess, v.mle) && v.mle.Value > fallsShort && v.far.Value <= v.near.Value && !v.grid
}

func (v view) shortfall() string {
	if !v.short() {
		return ""
	}
	return fmt.Sprintf("Angles (ESS) see %.2f dimensions, distances (MLE) %.2f. Distances fall short where dimensions are many, for nearly all "+
		"rows are then at an edge: they are lower bounds, and ESS is nearer. Data that bend within its neighbourhoods it gives too many.",
		v.ess.Value, v.mle.Value)
}

func (v view) bends() string {
	if v.short() || v.noisy() || v.mixed || v.grid || !above(v.ess, v.mle) {
		return ""
	}
	return fmt.Sprintf("Angles over the large neighbourhoods of ESS see %.2f dimensions where distances see %.2f (MLE): the data bend "+
		"within the distance %.3g, and angles count that for dimensions.", v.ess.Value, v.mle.Value, v.ess.Scale)
}

func (v view) mixture() string {
	q, ok := quartiles(v.mle.Local)
	if !v.mixed || !ok {
		return ""
	}
	return fmt.Sprintf("The local dimensions vary %.1f times as much as chance makes them: half of the rows lie between %.2f and %.2f (MLE). "+
		"Either pieces differ in dimension, which Hidalgo would tell apart, or the density changes within a few neighbours.",
		v.Spread, q[0], q[2])
}

func (v view) density() string {
	c, ok := v.Of("CorrelationDimension")
	if !ok || v.grid || v.noisy() || !(c.Value < unlikeOthers*v.mle.Value) {
		return ""
	}
	return fmt.Sprintf("CorrelationDimension, %.2f, counts pairs, most of which are where the rows are densest: the density is uneven.", c.Value)
}

func (v view) oneSided() string {
	a, ok := v.Of("ABID")
	if !ok || v.ess.Value < fallsShort || !(a.Value < unlikeOthers*v.ess.Value) {
		return ""
	}
	return fmt.Sprintf("ABID, %.2f, looks from the row where ESS looks from the mean of its neighbours: in many dimensions nearly all rows see "+
		"their neighbours on one side.", a.Value)
}

func (v view) components() string {
	c, ok := v.Of("LocalPCA")
	if !ok || v.grid || !above(c, v.ess) || v.ess.Value == 0 {
		return ""
	}
	return fmt.Sprintf("LocalPCA, %.2f, counts all directions with a twentieth of the largest variance or more, those of curvature and noise too.", c.Value)
}

func (v view) span() string {
	f, ok := v.Of("FisherS")
	if !ok || v.mixed || v.grid || v.short() || v.noisy() || !above(f, v.mle) || !above(f, v.ess) {
		return ""
	}
	return fmt.Sprintf("As a whole the data fill %.2f linear dimensions (FisherS), more than near any row: they are curved.", f.Value)
}

func (v view) boxes() string {
	b, ok := v.Of("BoxCounting")
	if !ok || v.grid || v.noisy() || !(b.Value < unlikeOthers*v.mle.Value) {
		return ""
	}
	return fmt.Sprintf("BoxCounting, %.2f, needs boxes with many rows in them, which run out as dimensions grow.", b.Value)
}

func (v view) fullColumns() string {
	if v.Columns < 2 || v.rises || v.noisy() || v.mixed || v.grid || v.ess.Value < filled*float64(v.Columns) {
		return ""
	}
	return fmt.Sprintf("The data fill their %d columns: at these scales there is no surface of fewer dimensions.", v.Columns)
}
