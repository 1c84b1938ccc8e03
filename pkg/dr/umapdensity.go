package dr

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/dr/layout"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// umapDensity is densMAP: a map on which rows with distant neighbours have distant
// neighbours too: in the last epochs, every edge that fires also raises the correlation of
// local radii of the rows and of the map. Such a radius is the logarithm of the mean squared
// distance of those that a row is joined with, weighted by how much.
//
// Source: A. Narayan, B. Berger and H. Cho (2021), Assessing single-cell transcriptomic
// variability through density-preserving data visualization. Defaults of the other options
// are those of umap-learn.
type umapDensity struct {
	edges         *layout.Edges
	phi, slope    *layout.Force // v = 1/(1+a·s^b) of a squared distance s, and −(dv/ds)/v
	b             float64
	weight, shift float64

	rows     []float64 // radii of the rows; NaN of those of which no distance is known
	standard []float64 // of mean 0 and variance 1, and 0 for those that are not known
	counted  float64   // how many are
	total    float64   // edges that fire an epoch

	points []float64 // radii of the map
	sums   []float64 // of v over the edges of every point
	shares []float32 // what the radius of a point is worth, over its sum
	spread []float32 // one over its squared radius
}

// umapRadius keeps the logarithm of a radius finite, as umap-learn does.
const umapRadius = 1e-8

// near returns the graph of the rows of x that their weights are made of: one that is
// given, or the one that affinity.FuzzySet makes.
func (u UMAP) near(ctx context.Context, x mat.Matrix) (*neighbors.Graph, error) {
	if u.Graph != nil {
		return u.Graph, nil
	}
	return neighbors.Auto{Neighbors: u.Neighbors - 1, Metric: u.Metric, Seed: u.Seed, MemoryLimit: u.MemoryLimit}.Graph(ctx, x)
}

// density returns what keeps the density of the rows of x, joined by edges, on a map with
// the curve of a and b. Pairs that only targets join have no distance, and do not count.
func (u UMAP) density(ctx context.Context, x mat.Matrix, edges *layout.Edges, a, b float64) (*umapDensity, error) {
	g, err := u.near(ctx, x)
	if err != nil {
		return nil, err
	}
	n := edges.Heads()
	shift := u.DensityShift
	if shift == Zero {
		shift = 0
	}
	d := &umapDensity{edges: edges, b: b, weight: u.Density, shift: shift, rows: make([]float64, n), standard: make([]float64, n),
		points: make([]float64, n), sums: make([]float64, n), shares: make([]float32, n), spread: make([]float32, n)}
	d.phi = layout.NewForce(func(s float64) float64 { return 1 / (1 + a*math.Pow(s, b)) }, math.Inf(1))
	d.slope = layout.NewForce(func(s float64) float64 {
		p := a * math.Pow(s, b)
		return b * p / (s * (1 + p))
	}, math.Inf(1))
	distance := func(from, to int) float64 {
		for _, way := range [2][2]int{{from, to}, {to, from}} {
			columns, distances := g.Row(way[0])
			for k, j := range columns {
				if int(j) == way[1] {
					return distances[k]
				}
			}
		}
		return math.NaN()
	}
	d.total, err = par.Sum(ctx, n, umapBlock, func(lo, hi int) (total float64) {
		for i := lo; i < hi; i++ {
			of := edges.Row(i)
			sum, weight := 0., 0.
			for _, e := range of {
				w := float64(e.Rate) * 0x1p-32
				total += w
				if v := distance(i, int(e.Tail)); !math.IsNaN(v) {
					sum += w * v * v
					weight += w
				}
			}
			d.rows[i] = math.NaN()
			if weight > 0 {
				d.rows[i] = math.Log(umapRadius + min(sum/weight, math.MaxFloat64))
			}
		}
		return total
	})
	if err != nil {
		return nil, err
	}
	var known []float64
	for _, r := range d.rows {
		if !math.IsNaN(r) {
			known = append(known, r)
		}
	}
	d.counted = float64(len(known))
	mean, deviation := stat.PopMeanStdDev(known, nil)
	for i, r := range d.rows {
		if deviation > 0 && !math.IsNaN(r) {
			d.standard[i] = (r - mean) / deviation
		}
	}
	return d, nil
}

// umapBlock is how many points are one unit of work.
const umapBlock = 256

// measure finds the radii of the points y, dim coordinates row after row.
func (d *umapDensity) measure(ctx context.Context, y []float32, dim int) error {
	const least = 1e-30 // so that points far from all have a radius
	return par.Blocks(ctx, d.edges.Heads(), umapBlock, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			of := d.edges.Row(i)
			sum, weight := 0., 0.
			for _, e := range of {
				s := float32(0)
				for c, v := range y[i*dim:][:dim] {
					diff := v - y[int(e.Tail)*dim+c]
					s += diff * diff
				}
				v := max(float64(d.phi.At(s)), least)
				sum += v * float64(s)
				weight += v
			}
			d.points[i], d.sums[i] = math.NaN(), weight
			if weight > 0 {
				d.points[i] = math.Log(umapRadius + min(sum/weight, math.MaxFloat32))
			}
		}
	})
}

// moments returns the mean of the radii of the map, their deviation with the shift in it,
// and their covariance with the standard radii of the rows, over the rows that count.
func (d *umapDensity) moments() (mean, deviation, covariance float64) {
	for i, r := range d.points {
		if !math.IsNaN(d.rows[i]) {
			mean += r / d.counted
		}
	}
	variance := 0.
	for i, r := range d.points {
		if !math.IsNaN(d.rows[i]) {
			variance += (r - mean) * (r - mean) / d.counted
			covariance += (r - mean) * d.standard[i] / d.counted
		}
	}
	return mean, math.Sqrt(variance + d.shift), covariance
}

// prepare finds what the edges of an epoch need of the points y: by how much the weighted
// correlation grows with every radius, so that an edge that fires once in a while moves
// its ends as far as it would in all epochs together.
func (d *umapDensity) prepare(ctx context.Context, y []float32, dim int) error {
	if err := d.measure(ctx, y, dim); err != nil {
		return err
	}
	mean, deviation, covariance := d.moments()
	for i, r := range d.points {
		d.shares[i], d.spread[i] = 0, 0
		if math.IsNaN(d.rows[i]) || !(deviation > 0) {
			continue
		}
		worth := d.standard[i] - covariance*(r-mean)/(deviation*deviation)
		d.shares[i] = float32(d.weight * d.total * worth / (d.counted * deviation * d.sums[i]))
		d.spread[i] = float32(math.Exp(-r))
	}
	return nil
}

// force returns what the difference of the ends of an edge that fires at a rate is
// multiplied by, at their squared distance.
func (d *umapDensity) force(head, tail int, rate uint32, squared float32) float32 {
	const most = 1e30
	if squared == 0 || rate == 0 {
		return 0
	}
	v, slope := d.phi.At(squared), d.slope.At(squared)
	grow := 1 - float32(d.b)*(1-v)
	g := d.shares[head]*(grow*d.spread[head]+slope) + d.shares[tail]*(grow*d.spread[tail]+slope)
	g *= v / (float32(rate) * 0x1p-32)
	return max(-most, min(g, most))
}

// join has the descent keep the density in the last fraction of its epochs.
func (d *umapDensity) join(ctx context.Context, s *layout.NegativeSampling, dim int, fraction float64) {
	s.MoreFrom = max(0, int(math.Floor(float64(s.Epochs)*(1-fraction))))
	s.More = d.force
	s.Before = func(epoch int, y []float32) error {
		if epoch < s.MoreFrom {
			return nil
		}
		return d.prepare(ctx, y, dim)
	}
}

// note tells what came out.
func (d *umapDensity) note() string {
	_, deviation, covariance := d.moments()
	if variance := deviation*deviation - d.shift; variance > 0 && slices.Max(d.standard) > 0 {
		return fmt.Sprintf("local radii of the rows and of the map have the correlation %.3f", covariance/math.Sqrt(variance))
	}
	return "local radii do not differ: there is no density to keep"
}

// LocalRadii returns the local radii of the rows and of the points of the map, where it
// keeps Density: the logarithm of the mean squared distance of those that a row is joined
// with, weighted by how much they are, each in its own space. A row without weights has
// NaN. They must not be written to. Without Density, and for a model that was cancelled,
// both are nil.
func (m *UMAPModel) LocalRadii() (rows, points []float64) { return m.radii[0], m.radii[1] }
