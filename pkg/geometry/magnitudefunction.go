package geometry

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/pkg/watch"
)

// MagnitudeFunction is the magnitude at many scales, which share the distances: from 1,
// where all points are alike, to n, where none are. How steeply it grows on logarithmic axes
// at a scale is how many dimensions the cloud has there (see MagnitudeDimension).
//
// It takes n³/3 operations for every scale, and 12·n² bytes. Equal rows and a
// mat32.Distances are treated as by Magnitude; scales at which there is no magnitude are
// left out, and Notes says so.
//
// Source: T. Leinster and S. Willerton (2013), On the asymptotic magnitude of subsets of
// Euclidean space.
type MagnitudeFunction struct {
	// Scales are those to look at, above 0, in any order. Default Points of them, in equal
	// steps of their logarithm, from one over the largest distance to two over the
	// median distance to a nearest neighbour.
	Scales []float64

	// Points is the number of scales. Default 24; at least 2. More show more detail.
	// Ignored where Scales are given.
	Points int

	// Metric is how rows are compared. Default Euclidean. It is ignored for a
	// mat32.Distances.
	Metric neighbors.Metric

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// Resolve returns the options with defaults filled in but for Scales, which depend on the
// distances, or a *mat32.ParamError or *mat32.ShapeError, for a matrix of n rows and d
// columns.
func (f MagnitudeFunction) Resolve(n, d int) (MagnitudeFunction, error) {
	return f.resolved("geometry.MagnitudeFunction", n, d)
}

func (f MagnitudeFunction) resolved(method string, n, d int) (MagnitudeFunction, error) {
	m, err := Magnitude{Metric: f.Metric, MemoryLimit: f.MemoryLimit}.resolved(method, n, d)
	if err != nil {
		return f, err
	}
	f.Metric = m.Metric
	if f.Points == 0 {
		f.Points = 24
	}
	if f.Points < 2 || f.Points > 10000 {
		return f, &mat32.ParamError{Method: method, Param: "Points", Value: f.Points, Want: "2 ≤ Points ≤ 10000"}
	}
	for _, t := range f.Scales {
		if !(t > 0) || math.IsInf(t, 0) {
			return f, &mat32.ParamError{Method: method, Param: "Scales", Value: t, Want: "finite numbers above 0"}
		}
	}
	return f, nil
}

// MagnitudeCurve is a magnitude function at some scales, in ascending order.
type MagnitudeCurve struct {
	Scales     []float64
	Magnitudes []float64
	Spreads    []float64 // Σᵢ 1/Σⱼ exp(−t·dᵢⱼ)
	Slopes     []float64 // d ln |tX| / d ln t, by its derivative: the dimension at that scale
	Points     int       // rows that are distinct
	Metric     string
	Notes      []string

	rows int
}

// Compute returns the magnitude function of the rows of x (n × d), or of rows at the
// distances that x holds. Errors: those of mat32.Check and Resolve; *mat32.MemoryError;
// those of the metric; *mat32.DegenerateError where there is no magnitude at any scale; and
// one that wraps ctx.Err().
func (f MagnitudeFunction) Compute(ctx context.Context, x mat.Matrix) (*MagnitudeCurve, error) {
	return f.compute(ctx, "geometry.MagnitudeFunction", x)
}

func (f MagnitudeFunction) compute(ctx context.Context, method string, x mat.Matrix) (*MagnitudeCurve, error) {
	if err := mat32.CheckContext(ctx, x); err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	n, d := x.Dims()
	f, err := f.resolved(method, n, d)
	if err != nil {
		return nil, err
	}
	m := Magnitude{Metric: f.Metric, MemoryLimit: f.MemoryLimit}
	if err := mat32.CheckMemory(method, m.bytes(x)+4*int64(n)*int64(n), f.MemoryLimit, "use fewer rows"); err != nil {
		return nil, err
	}
	p, err := m.points(ctx, method, x)
	if err != nil {
		return nil, err
	}
	if err := p.keep(ctx, method); err != nil {
		return nil, err
	}
	scales := slices.Clone(f.Scales)
	if len(scales) == 0 {
		if scales = p.scales(ctx, f.Points); scales == nil {
			return nil, ctx.Err()
		}
	}
	slices.Sort(scales)
	c := &MagnitudeCurve{Points: p.n, Metric: p.metric, Notes: p.notes, rows: p.rows}
	z, giveBack := linalg.Symmetric(p.n)
	defer giveBack()
	stage := watch.Start(ctx, "magnitude: scales", len(scales))
	var (
		last       *mat32.DegenerateError
		indefinite []float64
	)
	for _, t := range scales {
		s, err := p.factor(ctx, method, t, z)
		if e, ok := err.(*mat32.DegenerateError); ok {
			last = e
			c.Notes = append(c.Notes, e.Reason)
			stage.Add(1)
			continue
		}
		if err != nil {
			return nil, err
		}
		if s.definite == nil {
			indefinite = append(indefinite, t)
		}
		w, err := s.weights(ctx)
		if err != nil {
			return nil, err
		}
		spread, slope, err := p.around(ctx, t, w)
		if err != nil {
			return nil, err
		}
		c.Scales, c.Magnitudes = append(c.Scales, t), append(c.Magnitudes, total(w))
		c.Spreads, c.Slopes = append(c.Spreads, spread), append(c.Slopes, slope)
		stage.Add(1)
	}
	if len(c.Scales) == 0 {
		return nil, last
	}
	if k := len(indefinite); k > 0 {
		c.Notes = append(c.Notes, fmt.Sprintf("at %d scales from %.6g to %.6g the similarities are not positive definite, and the magnitude need not lie between 1 and n", k, indefinite[0], indefinite[k-1]))
	}
	return c, nil
}

// keep measures all distances once: from then on they are given.
func (p *points) keep(ctx context.Context, method string) error {
	if _, ok := p.gaps.(givenGaps); ok {
		return ctx.Err()
	}
	pairs := make([]float64, p.n*(p.n-1)/2)
	err := p.each(ctx, p.n-1, func(_ []float64, i int) error {
		lo := i * (2*p.n - i - 1) / 2
		own := pairs[lo : lo+p.n-1-i]
		err := p.fill(ctx, own, i, i+1)
		p.lengths(own)
		return err
	})
	if err != nil {
		return mat32.Rename(method, err)
	}
	d, err := mat32.NewDistances(p.n, pairs)
	if err != nil {
		return &mat32.DegenerateError{Method: method, Reason: "distances exceed the largest float64: rescale the data"}
	}
	p.gaps = givenGaps{d}
	return nil
}

// scales returns so many from where all points are alike to where most are apart, or nil
// when ctx is done before.
func (p *points) scales(ctx context.Context, count int) []float64 {
	most, nearest := 0., make([]float64, p.n)
	for i := range nearest {
		nearest[i] = math.Inf(1)
	}
	pairs := p.gaps.(givenGaps).Condensed()
	for i := range p.n {
		if i%256 == 0 && ctx.Err() != nil {
			return nil
		}
		for j := i + 1; j < p.n; j++ {
			d := pairs[0]
			pairs = pairs[1:]
			most = max(most, d)
			nearest[i], nearest[j] = min(nearest[i], d), min(nearest[j], d)
		}
	}
	slices.Sort(nearest)
	from, to := 1/most, 2/nearest[p.n/2]
	if p.n == 1 || !(from > 0) || math.IsInf(from, 0) || math.IsInf(to, 0) {
		from, to = 1, 1
	}
	scales := make([]float64, count)
	for i := range scales {
		scales[i] = from * math.Pow(to/from, float64(i)/float64(count-1))
	}
	return slices.Compact(scales)
}

// around returns the spread at scale t, and the slope of the magnitude whose weights are w:
// d|tX|/dt = wᵀ(D∘Z)w.
func (p *points) around(ctx context.Context, t float64, w []float64) (spread, slope float64, err error) {
	spreads, slopes := make([]float64, p.n), make([]float64, p.n)
	err = par.BlocksWith(ctx, p.n, 8, func() [2][]float64 { return [2][]float64{make([]float64, p.n), make([]float64, p.n)} },
		func(b [2][]float64, lo, hi int) {
			for i := lo; i < hi; i++ {
				_ = p.fill(ctx, b[0], i, 0) // they are given
				copy(b[1], b[0])
				p.decay(b[1], t)
				spreads[i] = 1 / total(b[1])
				sum := 0.
				for j, z := range b[1] {
					if z > 0 {
						sum += w[j] * b[0][j] * z
					}
				}
				slopes[i] = w[i] * sum
			}
		})
	return total(spreads), t * total(slopes) / total(w), err
}

// String returns a table with a line for every scale.
func (c *MagnitudeCurve) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "magnitude function of %d rows, %s\n", c.rows, c.Metric)
	fmt.Fprintf(&b, "%12s%12s%12s%12s", "scale", "magnitude", "spread", "slope")
	for i, t := range c.Scales {
		fmt.Fprintf(&b, "\n%12.4g%12.5g%12.5g%12.3f", t, c.Magnitudes[i], c.Spreads[i], c.Slopes[i])
	}
	for _, n := range c.Notes {
		b.WriteString("\n  note        " + n)
	}
	return b.String()
}
