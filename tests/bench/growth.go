package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"time"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Member is a method whose cost is measured as rows become more.
type Member struct {
	Name   string
	Most   int // rows that it is asked to map, where its memory grows with their square; 0 for any number
	Method dr.Embedder
}

// Spectral is the family whose growth BENCHMARKS.md shows.
var Spectral = []Member{
	{Name: "LandmarkMDS", Method: dr.LandmarkMDS{}},
	{Name: "Isomap", Most: 5000, Method: dr.Isomap{}},
	{Name: "Isomap, 500 landmarks", Method: dr.Isomap{Landmarks: 500}},
	{Name: "LLE", Method: dr.LLE{}},
	{Name: "LaplacianEigenmaps", Method: dr.LaplacianEigenmaps{}},
	{Name: "DiffusionMaps", Method: dr.DiffusionMaps{}},
	{Name: "VectorDiffusionMaps", Method: dr.VectorDiffusionMaps{}},
	{Name: "PHATE", Method: dr.PHATE{}},
	{Name: "HeatGeodesic", Most: 5000, Method: dr.HeatGeodesic{}},
}

// SwissRoll returns rows of a swiss roll that is rotated into 50 dimensions, with normal noise of standard deviation 0.1 in all of
// them. The sheets of the roll are 6.3 apart.
func SwissRoll(rows int) (*mat32.Dense, error) {
	roll := datasets.Rotated{Of: datasets.SwissRoll{Rows: rows, Seed: 1}, Dim: 50, Seed: 1}
	set, err := datasets.Noise{Of: roll, StdDev: 0.1, Seed: 1}.Generate()
	if err != nil {
		return nil, err
	}
	return mat32.Convert(set.X), nil
}

// Ladder is how growth is measured.
type Ladder struct {
	Sizes []int         // numbers of rows, which rise
	Limit time.Duration // of one run: what takes longer is stopped, and more rows are not tried
	Short time.Duration // runs below it are three, of which the median counts
	Log   io.Writer     // what is being done, for who waits
}

// Growth is what was found for a method.
type Growth struct {
	Member
	Points []Point
	Err    error // of the run with the number of rows after those of Points; errLimit, or the method's own
}

// Point is the time that some rows take.
type Point struct {
	Rows    int
	Seconds float64
}

// errLimit is the error of a run that was stopped because of Ladder.Limit.
var errLimit = errors.New("stopped at the limit")

// Measure measures a method on the first rows of x, as many as the sizes say, after one run on the least number that does not
// count. Errors of the method are in the growth; the error returned is that of ctx.
func (l Ladder) Measure(ctx context.Context, x *mat32.Dense, m Member) (Growth, error) {
	g := Growth{Member: m}
	n, d := x.Dims()
	for i, rows := range l.Sizes {
		if rows > n || m.Most > 0 && rows > m.Most {
			break
		}
		part := mat32.NewDense(rows, d, x.Data()[:rows*d])
		if i == 0 {
			_, g.Err = l.run(ctx, part, m)
		}
		var seconds []float64
		for repeats := 1; len(seconds) < repeats && g.Err == nil; {
			var s float64
			if s, g.Err = l.run(ctx, part, m); s < l.Short.Seconds() {
				repeats = 3
			}
			seconds = append(seconds, s)
		}
		if ctx.Err() != nil {
			return g, ctx.Err()
		}
		if g.Err != nil {
			fmt.Fprintf(l.Log, "%s: %d rows: %v\n", m.Name, rows, g.Err)
			break
		}
		g.Points = append(g.Points, Point{rows, median(seconds)})
		fmt.Fprintf(l.Log, "%s: %d rows: %s\n", m.Name, rows, duration(median(seconds)))
	}
	return g, nil
}

// run maps the rows of x once and returns the seconds that it took.
func (l Ladder) run(ctx context.Context, x *mat32.Dense, m Member) (float64, error) {
	limited, cancel := context.WithTimeout(ctx, l.Limit)
	defer cancel()
	runtime.GC() // what the last run left is not this one's
	start := time.Now()
	_, err := m.Method.Embed(limited, x)
	if errors.Is(err, context.DeadlineExceeded) {
		err = errLimit
	}
	return time.Since(start).Seconds(), err
}

// Exponent returns the power of the number of rows that the time grows with: the slope of the line that is nearest to the points, by
// least squares, where both are logarithms. It is NaN below two points.
func (g Growth) Exponent() float64 {
	var x, y, xx, xy float64 // means
	for _, p := range g.Points {
		u, v, share := math.Log(float64(p.Rows)), math.Log(p.Seconds), 1/float64(len(g.Points))
		x, y, xx, xy = x+share*u, y+share*v, xx+share*u*u, xy+share*u*v
	}
	if len(g.Points) < 2 {
		return math.NaN()
	}
	return (xy - x*y) / (xx - x*x)
}
