package intrinsic

import (
	"context"
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

// ScaleCurve is the dimension of data against the distance at which they are looked at:
// noise at small ones, then the surface, then the whole. Where the curve is level, the
// data have a dimension; Plateau finds it.
//
//	viz.Lines(viz.Series{Name: c.Method, X: c.Scales, Y: c.Dimensions, Low: c.Low(), High: c.High()}).
//		Axes(viz.Axis{Name: "distance", Log: true}, viz.Axis{Name: "dimension"})
//
// Gride, CorrelationDimension and BoxCounting make curves.
type ScaleCurve struct {
	Method     string    // for example "CorrelationDimension"
	Scales     []float64 // ascending distances
	Dimensions []float64 // the estimate at each
	StdErr     []float64 // its standard error
	Rows       int       // rows it rests on
	Removed    int       // rows left out, such as duplicates
	Convention string
	Notes      []string
}

// Low returns the dimensions less their standard errors, and High those plus it.
func (c *ScaleCurve) Low() []float64 { return c.off(-1) }

// High returns the dimensions plus their standard errors.
func (c *ScaleCurve) High() []float64 { return c.off(1) }

func (c *ScaleCurve) off(sign float64) []float64 {
	v := make([]float64, len(c.Dimensions))
	for i, d := range c.Dimensions {
		v[i] = d + sign*c.StdErr[i]
	}
	return v
}

// Caption says what the curve is of.
func (c *ScaleCurve) Caption() string { return fmt.Sprintf("%s, %d rows", c.Method, c.Rows) }

// String returns a small table, a line for every scale.
func (c *ScaleCurve) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "dimension against scale (%s)\n  scale       dimension", c.Method)
	for i, v := range c.Scales {
		fmt.Fprintf(&b, "\n  %-10.4g  %.3g ± %.2g", v, c.Dimensions[i], c.StdErr[i])
	}
	return b.String()
}

// Plateau is a level stretch of a curve.
type Plateau struct {
	measure.Dimension         // the level; Scale is the middle of the stretch
	From, To          float64 // the scales between which it lies
}

// What makes a stretch of a curve level: that its values are within a share of their
// mean, or two standard errors, and known well enough to say so.
const (
	levelWithin = .05
	levelKnown  = .2
	levelPoints = 3
)

// Plateau returns the longest stretch, by the ratio of its scales, of three or more
// values that are all within 5 %, or two standard errors, of their mean weighted by
// 1/σ²; of stretches of one length the first. Values whose standard error is above a fifth
// of them belong to none. The standard error is the mean of those in the stretch, as its
// values see the same rows. The error is a *mat32.DegenerateError where there is no such
// stretch.
func (c *ScaleCurve) Plateau() (Plateau, error) {
	var best Plateau
	longest := 0.
	for from := range c.Scales {
		for to := from + levelPoints; to <= len(c.Scales); to++ {
			level, stdErr, ok := c.level(from, to)
			if !ok {
				continue
			}
			if length := logRatio(c.Scales[to-1], c.Scales[from]); length > longest*(1+1e-9) {
				longest = length
				best = Plateau{
					Dimension: measure.Dimension{
						Method: c.Method, Value: level, StdErr: stdErr,
						Scale: math.Sqrt(c.Scales[from]) * math.Sqrt(c.Scales[to-1]), Rows: c.Rows, Removed: c.Removed, Notes: c.Notes,
						Convention: fmt.Sprintf("plateau from %.4g to %.4g, %s", c.Scales[from], c.Scales[to-1], c.Convention),
					},
					From: c.Scales[from], To: c.Scales[to-1],
				}
			}
		}
	}
	if longest == 0 {
		return Plateau{}, &mat32.DegenerateError{Method: "intrinsic.ScaleCurve",
			Reason: fmt.Sprintf("no %d neighbouring scales of %d agree on a dimension: there is no plateau", levelPoints, len(c.Scales))}
	}
	return best, nil
}

// level returns the weighted mean of a stretch, the mean standard error, and whether it
// is level.
func (c *ScaleCurve) level(from, to int) (level, stdErr float64, ok bool) {
	var weights float64
	for i := from; i < to; i++ {
		d, s := c.Dimensions[i], c.StdErr[i]
		if !(d > 0) || !(s <= levelKnown*d) {
			return 0, 0, false
		}
		s = max(s, 1e-6*d)
		weights += 1 / (s * s)
		level += d / (s * s)
		stdErr += c.StdErr[i] / float64(to-from)
	}
	level /= weights
	for i := from; i < to; i++ {
		if math.Abs(c.Dimensions[i]-level) > max(levelWithin*level, 2*c.StdErr[i]) {
			return 0, 0, false
		}
	}
	return level, stdErr, true
}

// Curve returns the slope of the correlation sum around every radius but the first and
// the last, through it and its neighbours, by 25 Radii unless given: from the distance
// within which a row has one other on average to the median of all distances, unless
// quantiles or radii are given. Errors are those of Estimate, but for radii without pairs,
// which are left out, and *mat32.DegenerateError where none are left.
func (c CorrelationDimension) Curve(ctx context.Context, x mat.Matrix) (*ScaleCurve, error) {
	n, _ := x.Dims()
	if c.Radii == 0 {
		c.Radii = 25
	}
	if c.OuterQuantile == 0 && c.InnerQuantile == 0 && c.OuterRadius == 0 && c.InnerRadius == 0 && n > 3 {
		c.InnerQuantile, c.OuterQuantile = 1/float64(n-1), .5
	}
	s, err := c.sum(ctx, x)
	if err != nil {
		return nil, err
	}
	c = s.options
	curve := &ScaleCurve{Method: "CorrelationDimension", Rows: s.n, Removed: s.all - s.n, Notes: s.notes,
		Convention: fmt.Sprintf("slopes through three of %d radii, %s, duplicates removed", c.Radii, c.convention())}
	for r := 1; r < len(s.radii)-1; r++ {
		if s.share[r-1] == 0 {
			continue
		}
		value, stdErr := s.slope(r-1, r+2)
		curve.Scales, curve.Dimensions, curve.StdErr = append(curve.Scales, s.radii[r]), append(curve.Dimensions, value), append(curve.StdErr, stdErr)
	}
	return curve, curve.check(correlationDimension)
}

// Curve returns the slope of the number of boxes, or of their entropy, around every size
// but the first and the last, through it and its neighbours. Errors are those of Estimate,
// and *mat32.DegenerateError for fewer than three sizes.
func (b BoxCounting) Curve(ctx context.Context, x mat.Matrix) (*ScaleCurve, error) {
	g, err := b.count(ctx, x)
	if err != nil {
		return nil, err
	}
	curve := &ScaleCurve{Method: "BoxCounting", Rows: g.n, Removed: g.removed,
		Convention: fmt.Sprintf("order %.4g, slopes through three sizes of boxes, duplicates removed", b.Order)}
	for s := len(g.sides) - 2; s > 0; s-- {
		value, stdErr := g.slope(s-1, s+2)
		curve.Scales = append(curve.Scales, g.extent/float64(g.sides[s]))
		curve.Dimensions, curve.StdErr = append(curve.Dimensions, value), append(curve.StdErr, stdErr)
	}
	return curve, curve.check(boxCounting)
}

func (c *ScaleCurve) check(method string) error {
	if len(c.Scales) == 0 {
		return &mat32.DegenerateError{Method: method, Reason: "there are no three scales to make a curve of"}
	}
	return nil
}
