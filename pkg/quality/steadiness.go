package quality

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/watch"
)

const steadiness = "quality.SteadinessCohesiveness"

// SteadinessCohesiveness says whether the clusters of an embedding are those of the data
// (Jeon, Ko, Jo, Kim and Seo, 2021, Measuring and explaining the inter-cluster reliability
// of multidimensional projections). For steadiness, clusters are drawn from the embedding
// and clustered again in the data: it falls where the embedding joins what is apart. For
// cohesiveness they are drawn from the data and clustered in the embedding: it falls where
// the embedding tears what belongs together.
//
// Rows are as similar as the neighbours they share, weighted by rank k+1 … 2 as in the
// authors' program, over the largest such sum of two rows; distances are 1/(similarity +
// Alpha). A cluster is what a random walk along neighbours meets. HDBSCAN parts it in the
// other space (at least 5 rows in a group, core distances to the fifth other row, one group
// allowed, noise a group each). Every two groups whose mean similarity there is smaller
// have as distortion by how much farther apart that puts them, over the most for any two
// rows, 1 at most. The score is 1 less the mean distortion over all such pairs of groups
// in all iterations, weighted by their pairs of rows. It is 1 where there are none.
//
// Neighbors is used as given: the ZADU library ignores its own k and takes √n. Pairs of
// rows nearer in neither space have no distortion, so the smallest, by which the authors'
// program also rescales, is 0, and the largest is found among those that share neighbours:
// there is no n × n array. Joins at equal distances are made at once. Walks that end where
// they begin, which the authors' program repeats, for ever in a row that resembles no
// neighbour, are drawn from those that do not. Rows at equal distance rank by index, so
// that with many duplicates the order of the rows matters.
//
// Time O(n²·d) for neighbours and some (Iterations·Walk + 1)·n·k² for similarities, more
// where hubs are neighbours of many; memory some 100·n·k bytes.
type SteadinessCohesiveness struct {
	// Neighbors is k, how many of the nearest rows are compared. Default ⌊√n⌋. Larger
	// values look at larger clusters. 2 to n−1.
	Neighbors int

	// Iterations is how many clusters are drawn for each score. Default 150. Larger values
	// cost time and lower the standard error, with their root. 2 to 1 048 576.
	Iterations int

	// Alpha is added to similarities before their reciprocals are distances. Default 0.1.
	// Larger values make less of whether similarities are small or none. 10⁻⁶ to 10⁶.
	Alpha float64

	// Walk is how many steps a random walk has, as a share of n. Default 0.3. Larger
	// values draw larger clusters. Above 0, to 1; one step is always made.
	Walk float64

	// Seed draws the clusters; any number will do. Default 0.
	Seed uint64

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT, or
	// 4 GiB.
	MemoryLimit int64
}

// Resolve returns the options with defaults filled in, or a *mat32.ParamError or
// *mat32.ShapeError, for a matrix of n rows and d columns.
func (c SteadinessCohesiveness) Resolve(n, d int) (SteadinessCohesiveness, error) {
	const most = 1 << 20
	if n < 4 {
		return c, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 4 rows for neighbours to be shared"}
	}
	if c.Neighbors == 0 {
		c.Neighbors = int(math.Sqrt(float64(n)))
	}
	if c.Iterations == 0 {
		c.Iterations = 150
	}
	if c.Alpha == 0 {
		c.Alpha = .1
	}
	if c.Walk == 0 {
		c.Walk = .3
	}
	fail := func(param string, value any, want string) error {
		return &mat32.ParamError{Method: steadiness, Param: param, Value: value, Want: want}
	}
	switch {
	case c.Neighbors < 2 || c.Neighbors > n-1:
		return c, fail("Neighbors", c.Neighbors, fmt.Sprintf("0, or 2 ≤ Neighbors ≤ %d", n-1))
	case c.Iterations < 2 || c.Iterations > most:
		return c, fail("Iterations", c.Iterations, fmt.Sprintf("0, or 2 ≤ Iterations ≤ %d", most))
	case !(c.Alpha >= 1e-6 && c.Alpha <= 1e6):
		return c, fail("Alpha", c.Alpha, "0, or 10⁻⁶ ≤ Alpha ≤ 10⁶")
	case !(c.Walk > 0 && c.Walk <= 1):
		return c, fail("Walk", c.Walk, "0, or 0 < Walk ≤ 1")
	case c.MemoryLimit < 0:
		return c, fail("MemoryLimit", c.MemoryLimit, "0 or more bytes")
	}
	return c, nil
}

// ClusterReliability holds both scores. PerRow is the reliability map: the same mean over
// the pairs that a row is of, so that the rows of low steadiness lie where the embedding
// joins clusters, and those of low cohesiveness where it tears one. It is 1 for rows of no
// distorted pair and NaN for rows in no cluster drawn. The value is not its mean: rows
// weigh as much as their pairs. StdErr is that over clusters drawn.
type ClusterReliability struct {
	Steadiness, Cohesiveness measure.Score
}

// String returns a small table of both.
func (r *ClusterReliability) String() string {
	return fmt.Sprintf("%v\n%v", r.Steadiness, r.Cohesiveness)
}

// Compare returns the scores of the embedding y (n rows) of the data x (n × d). Either may
// be a mat32.Distances. It reports the stage "clusters", a unit for each drawn. Errors:
// those of mat32.Check and Resolve, naming x or y; *mat32.ShapeError when y has another
// number of rows; *mat32.MemoryError; *mat32.DegenerateError where distances exceed
// float64, or every row of x or of y has as many duplicates as Neighbors or resembles none
// of its neighbours; and one that wraps ctx.Err().
func (c SteadinessCohesiveness) Compare(ctx context.Context, x, y mat.Matrix) (*ClusterReliability, error) {
	n, d, err := checkBoth(ctx, steadiness, x, y)
	if err != nil {
		return nil, err
	}
	if c, err = c.Resolve(n, d); err != nil {
		return nil, err
	}
	rows := min(int64(n), int64(c.Walk*float64(n))+int64(c.Neighbors)+1) // of a cluster, at most
	need := 64*int64(n)*int64(c.Neighbors) + 40*rows*int64(c.Iterations) +
		int64(runtime.GOMAXPROCS(0))*(24*rows*int64(c.Neighbors)+200*rows+24*int64(n))
	if err := mat32.CheckMemory(steadiness, need, c.MemoryLimit, "reduce Neighbors or the number of rows"); err != nil {
		return nil, err
	}
	var spaces [2]*sharedNeighbors
	for m, of := range []mat.Matrix{x, y} {
		if spaces[m], err = shareNeighbors(ctx, of, c.Neighbors, c.MemoryLimit); err != nil {
			return nil, limitOnly(steadiness, err)
		}
		if len(spaces[m].starts) == 0 {
			return nil, &mat32.DegenerateError{Method: steadiness, Reason: fmt.Sprintf("in %s every row has %d duplicates or shares none of %[2]d neighbours with one of these: raise Neighbors", []string{"x", "y"}[m], c.Neighbors)}
		}
	}
	compressed, stretched, err := c.most(ctx, spaces[0], spaces[1])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", steadiness, err)
	}
	sides := []side{
		{"steadiness", spaces[1], spaces[0], compressed},
		{"cohesiveness", spaces[0], spaces[1], stretched},
	}
	all := make([]drawn, 2*c.Iterations)
	errs := make([]error, len(all))
	stage := watch.Start(ctx, "clusters", len(all))
	err = par.BlocksWith(ctx, len(all), 1, func() *parting { return &parting{met: make([]bool, n)} }, func(p *parting, lo, hi int) {
		for t := lo; t < hi; t++ {
			s := sides[t/c.Iterations]
			draw := rng.New(c.Seed, steadiness+"/"+s.name, t%c.Iterations)
			var cluster []int32
			cluster, p.queue = s.from.walk(&draw, max(1, int(c.Walk*float64(n))), p.met, p.queue)
			slices.Sort(cluster)
			all[t], errs[t] = p.part(ctx, s, cluster, c.Alpha)
			stage.Add(1)
		}
	})
	for _, e := range errs {
		if err == nil {
			err = e
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", steadiness, err)
	}
	return &ClusterReliability{
		Steadiness:   c.score(n, sides[0].name, all[:c.Iterations]),
		Cohesiveness: c.score(n, sides[1].name, all[c.Iterations:]),
	}, nil
}

// most returns by how much the distance of two rows shrinks at most from x to y, and by how
// much it grows: only pairs that share neighbours in one of them can.
func (c SteadinessCohesiveness) most(ctx context.Context, x, y *sharedNeighbors) (shrinks, grows float64, err error) {
	parts := make([][2]float64, x.n)
	type scratch struct{ x, y []float64 }
	err = par.BlocksWith(ctx, x.n, 4, func() scratch { return scratch{make([]float64, x.n), make([]float64, x.n)} }, func(s scratch, lo, hi int) {
		for i := lo; i < hi; i++ {
			x.all.sums(i, s.x)
			y.all.sums(i, s.y)
			for j, v := range s.x[:i] {
				if w := s.y[j]; v != 0 || w != 0 {
					change := x.distance(v, c.Alpha) - y.distance(w, c.Alpha)
					parts[i][0] = max(parts[i][0], change)
					parts[i][1] = max(parts[i][1], -change)
				}
			}
		}
	})
	for _, p := range parts {
		shrinks, grows = max(shrinks, p[0]), max(grows, p[1])
	}
	return shrinks, grows, err
}

// score sums up what was drawn: a ratio of sums, with the standard error of one.
func (c SteadinessCohesiveness) score(n int, name string, all []drawn) measure.Score {
	var distortion, weight float64
	own := make([]struct {
		distortion, weight float64
		met                bool
	}, n)
	for _, d := range all {
		distortion += d.distortion
		weight += d.weight
		for p, i := range d.rows {
			own[i].met = true
			own[i].distortion += d.distortions[p]
			own[i].weight += d.weights[p]
		}
	}
	s := measure.Score{Name: name, Value: 1, Rows: n, Neighbors: c.Neighbors, PerRow: make([]float64, n),
		Convention: fmt.Sprintf("shared neighbours of weights k+1 … 2, α = %.4g, %d clusters of %.4g·n steps, standard error of the draw; 1 is undistorted", c.Alpha, c.Iterations, c.Walk)}
	if weight > 0 {
		ratio, squares := distortion/weight, 0.
		for _, d := range all {
			e := d.distortion - ratio*d.weight
			squares += e * e
		}
		s.Value = 1 - ratio
		s.StdErr = math.Sqrt(squares*float64(len(all))/float64(len(all)-1)) / weight
	}
	for i, o := range own {
		switch {
		case !o.met:
			s.PerRow[i] = math.NaN()
		case o.weight > 0:
			s.PerRow[i] = 1 - o.distortion/o.weight
		default:
			s.PerRow[i] = 1
		}
	}
	return s
}
