package quality

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

const radii = "quality.RadiusCorrelation"

// RadiusCorrelation says whether rows in sparse regions of the data are in sparse ones of
// an embedding: Pearson's correlation of the logarithms of their local radii, the mean
// squared distances to the Neighbors nearest rows, in each space its own (Narayan, Berger
// and Cho, 2021, Assessing single-cell transcriptomic variability through
// density-preserving data visualization). It is 1 when one is a power of the other, times
// a number. densMAP itself weighs neighbours by its graphs; here they weigh the same.
//
// Rows with as many duplicates have no radius in their space. They are left out, a note
// says how many, and PerRow is NaN there; elsewhere it is the product of both logarithms
// less their means and over their standard deviations.
//
// It costs two searches of neighbours, O(n²·d).
type RadiusCorrelation struct {
	// Neighbors is how many of the nearest rows make a radius. Default 15, or n−1 where
	// the data have fewer rows. Larger values look at densities in the large. 1 to n−1.
	Neighbors int

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT, or
	// 4 GiB.
	MemoryLimit int64
}

// Resolve returns the options with defaults filled in, or a *mat32.ParamError or
// *mat32.ShapeError, for a matrix of n rows and d columns.
func (r RadiusCorrelation) Resolve(n, d int) (RadiusCorrelation, error) {
	k, err := resolveNeighbors(radii, n, d, 3, 15, r.Neighbors, r.MemoryLimit)
	r.Neighbors = k
	return r, err
}

// resolveNeighbors returns how many neighbours are meant, the default where it is 0.
func resolveNeighbors(method string, n, d, least, usual, k int, limit int64) (int, error) {
	if n < least {
		return k, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: fmt.Sprintf("at least %d rows", least)}
	}
	if k == 0 {
		k = min(usual, n-1)
	}
	if k < 1 || k > n-1 {
		return k, &mat32.ParamError{Method: method, Param: "Neighbors", Value: k, Want: fmt.Sprintf("0, or 1 ≤ Neighbors ≤ %d", n-1)}
	}
	if limit < 0 {
		return k, &mat32.ParamError{Method: method, Param: "MemoryLimit", Value: limit, Want: "0 or more bytes"}
	}
	return k, nil
}

// Compare returns the correlation for the data x (n × d) and the embedding y (n rows).
// Either may be a mat32.Distances. Errors: those of mat32.Check and Resolve, naming x or
// y; *mat32.ShapeError when y has another number of rows; *mat32.MemoryError;
// *mat32.DegenerateError when fewer than 3 rows have radii in both spaces, or all have
// the same; and one that wraps ctx.Err().
func (r RadiusCorrelation) Compare(ctx context.Context, x, y mat.Matrix) (measure.Score, error) {
	fail := func(err error) (measure.Score, error) { return measure.Score{}, err }
	n, d, err := checkBoth(ctx, radii, x, y)
	if err != nil {
		return fail(err)
	}
	if r, err = r.Resolve(n, d); err != nil {
		return fail(err)
	}
	var logs [2][]float64
	for side, m := range []mat.Matrix{x, y} {
		g, err := neighbors.Exact{Neighbors: r.Neighbors, MemoryLimit: r.MemoryLimit}.Graph(ctx, m)
		if err != nil {
			return fail(limitOnly(radii, err))
		}
		logs[side] = make([]float64, n)
		for i := range n {
			_, distances := g.Row(i)
			logs[side][i] = logRadius(distances)
		}
	}
	s := measure.Score{Name: "correlation of local radii", Neighbors: r.Neighbors, PerRow: make([]float64, n),
		Convention: "Pearson's r of log mean squared distances to the nearest rows, in each space its own"}
	with := func(i int) bool { return !math.IsInf(logs[0][i]+logs[1][i], 0) }
	var mean, spread [2]float64
	for i := range n {
		if with(i) {
			s.Rows++
			for side := range mean {
				mean[side] += logs[side][i]
			}
		}
	}
	for side := range mean {
		mean[side] /= float64(s.Rows)
		most := 0.
		for i, v := range logs[side] {
			if with(i) {
				spread[side] += (v - mean[side]) * (v - mean[side])
				most = max(most, math.Abs(v-mean[side]))
			}
		}
		if name := [2]string{"x", "y"}[side]; s.Rows < 3 || most < 1e-12 {
			return fail(&mat32.DegenerateError{Method: radii, Reason: fmt.Sprintf("%d rows have a radius in both spaces, and those in %s do not differ: no correlation is defined", s.Rows, name)})
		}
		spread[side] = math.Sqrt(spread[side] / float64(s.Rows))
	}
	for i := range n {
		if !with(i) {
			s.PerRow[i] = math.NaN()
			continue
		}
		s.PerRow[i] = (logs[0][i] - mean[0]) / spread[0] * ((logs[1][i] - mean[1]) / spread[1])
		s.Value += s.PerRow[i] / float64(s.Rows)
	}
	s.Value = max(-1, min(1, s.Value))
	if s.Rows < n {
		s.Notes = []string{fmt.Sprintf("%d rows at distance 0 from all neighbours were left out", n-s.Rows)}
	}
	return s, nil
}

// logRadius returns the logarithm of the mean squared distance, −Inf where all are 0.
func logRadius(distances []float64) float64 {
	most := distances[len(distances)-1]
	if most == 0 {
		return math.Inf(-1)
	}
	sum := 0.
	for _, v := range distances {
		sum += v / most * (v / most)
	}
	return 2*math.Log(most) + math.Log(sum/float64(len(distances)))
}

// limitOnly names the method in errors of a search that it made.
func limitOnly(method string, err error) error {
	var me *mat32.MemoryError
	if errors.As(err, &me) {
		return &mat32.MemoryError{Method: method, Need: me.Need, Limit: me.Limit, Advice: me.Advice}
	}
	return mat32.Rename(method, err)
}
