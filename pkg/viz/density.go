package viz

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// Densities says how a [Density] is made. All of it may be left out.
type Densities struct {
	// Width is that of the Gaussian which spreads each row, its standard deviation as a share of the side of the map, 0.002 to 0.5. Larger
	// values show less detail. Zero means 0.4·s·n^(−1/6) for rows of standard deviation s, at least 0.006: less than the rule for one normal
	// cloud, for maps have many.
	Width float64
}

// densitySide is how many cells a density has along a side.
const densitySide = 220

// densitySteps is in how many steps a density rises.
const densitySteps = 10

// Density draws where the rows of a map are, of as many as there are: in ten steps from the sparsest tenth of the rows to the densest, for
// which every row is spread by a Gaussian. A step means the same in every map, so that maps of any number of rows can be compared.
//
//	viz.Grid(viz.Panels{}, viz.Density(tsne, viz.Densities{}).Titled("t-SNE"), viz.Density(umap, viz.Densities{}).Titled("UMAP"))
//
// What is wrong with the arguments is the chart's error: those of [Scatter] for y, and a [*mat32.ParamError] for a Width out of range. It
// costs O(n·log n).
//
// Source: R. Hyndman (1996), Computing and graphing highest density regions.
func Density(y mat.Matrix, d Densities) *Chart {
	const from = "viz.Density"
	s, err := newScatter(y, Points{})
	if err != nil {
		return &Chart{err: fmt.Errorf("%s: %w", from, err)}
	}
	const least, widest = 0.002, 0.5
	if d.Width != 0 && !(least <= d.Width && d.Width <= widest) {
		return &Chart{err: param(from, "Width", d.Width, fmt.Sprintf("%g ≤ Width ≤ %g of the map's side, or 0 for the default", least, widest))}
	}
	if d.Width == 0 {
		d.Width = s.width()
	}
	cells, at := s.spread(d.Width)
	of := make([]float64, len(s.x)) // the density at each row
	for i := range of {
		of[i] = cells[at(i)]
	}
	slices.Sort(of)
	for i, v := range cells { // which share of the rows lies in sparser places
		below, _ := slices.BinarySearch(of, v)
		cells[i] = 100 * float64(below) / float64(len(of))
		if v < of[0] {
			cells[i] = math.NaN()
		}
	}
	whole := span{low: 0, high: 1}
	return &Chart{fig: &surface{
		what: "density", rows: densitySide, columns: densitySide, cells: cells, x: whole, y: whole, square: true, bare: true, steps: densitySteps,
		colors: &scale{name: "rows in sparser places, %", low: 0, high: 100}, source: s.caption(),
		said: fmt.Sprintf("Density of %d points in %d steps", len(s.x), densitySteps),
	}}
}

// width returns the standard deviation of the Gaussian that spreads each row, as a share of the map's side.
func (s *scatter) width() float64 {
	n := float64(len(s.x))
	squares := 0.0
	for _, column := range [2][]float64{s.x, s.y} {
		mean := 0.0
		for _, v := range column {
			mean += v / n
		}
		for _, v := range column {
			squares += (v - mean) * (v - mean) / (2 * n)
		}
	}
	return math.Max(0.006, 0.4*math.Sqrt(squares)*math.Pow(n, -1./6))
}

// spread returns the density of the rows in square cells, row by row from the top, by Gaussians of the given width, and the cell of each row.
func (s *scatter) spread(width float64) (cells []float64, at func(i int) int) {
	const side = densitySide
	to := func(v float64) int { return min(side-1, max(0, int(v*side))) }
	at = func(i int) int { return to(s.y[i])*side + to(s.x[i]) }
	cells = make([]float64, side*side)
	for i := range s.x {
		cells[at(i)]++
	}
	reach := int(math.Ceil(4 * width * side))
	weights := make([]float64, reach+1)
	for k := range weights {
		off := float64(k) / (width * side)
		weights[k] = math.Exp(-off * off / 2)
	}
	line := make([]float64, side)
	for _, by := range [2][2]int{{1, side}, {side, 1}} { // along the rows of cells, then across them
		for k := range side {
			for i := range line {
				line[i] = cells[k*by[1]+i*by[0]]
			}
			for i := range side {
				sum := 0.0
				for j := max(0, i-reach); j <= min(side-1, i+reach); j++ {
					sum += line[j] * weights[max(i-j, j-i)]
				}
				cells[k*by[1]+i*by[0]] = sum
			}
		}
	}
	return cells, at
}
