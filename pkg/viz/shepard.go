package viz

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"

	"github.com/flatland-go/flatland/internal/isotonic"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
	"gonum.org/v1/gonum/mat"
)

// Of Shepard's diagram: how many pairs of rows it shows, and how many cells it has along each side.
const (
	shepardPairs   = 200_000
	shepardColumns = 120
	shepardRows    = 90
)

// Shepard draws Shepard's diagram: for pairs of rows their distance on the map y over their distance in the data x, as the number of pairs
// in each cell. A map that keeps distances has all pairs on the line of proportion; one that keeps their order has them on a rising curve,
// the isotonic regression. Either may be a *mat32.Distances.
//
//	viz.Shepard(x, embedding).Titled("MDS")
//
// The caption is that of y, if it has one, with Kruskal's stress-1 of both lines. Of more than 200 000 pairs these many are drawn, one from
// each of equal stretches of the list of all, and the caption says so; quality.DistancePreservation measures the same of as many as wanted.
//
// What is wrong with the arguments is the chart's error: those of [mat32.Check], naming x or y, a [*mat32.ShapeError] for other numbers of
// rows or fewer than 3 of them, and a [*mat32.DegenerateError] where all rows are equal in one of both, or distances exceed 1e150. It costs
// O(pairs·(d + log pairs)), half a second for 784 columns.
//
// Sources: R. Shepard (1962), The analysis of proximities: multidimensional scaling with an unknown distance function; J. Kruskal (1964),
// Multidimensional scaling by optimizing goodness of fit to a nonmetric hypothesis.
func Shepard(x, y mat.Matrix) *Chart {
	f, err := newShepard(x, y)
	if err != nil {
		return &Chart{err: fmt.Errorf("viz.Shepard: %w", err)}
	}
	return &Chart{fig: f}
}

func newShepard(x, y mat.Matrix) (*surface, error) {
	for name, m := range map[string]mat.Matrix{"x": x, "y": y} {
		if v := reflect.ValueOf(m); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
			return nil, fmt.Errorf("%s: %w", name, mat32.ErrEmpty)
		}
		if err := mat32.Check(m); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	n, d := x.Dims()
	if rows, columns := y.Dims(); rows != n {
		return nil, &mat32.ShapeError{What: "y", Rows: rows, Cols: columns, Want: fmt.Sprintf("%d rows, as many as x", n)}
	}
	if n < 3 {
		return nil, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 3 rows, whose pairs have distances"}
	}
	all := n * (n - 1) / 2
	pairs := drawnPairs(n, shepardPairs)
	in, on := lengths(x, pairs), lengths(y, pairs)
	var ends [2]extent
	for k, v := range [2][]float64{in, on} {
		ends[k] = nothing()
		ends[k].add(v...)
		if !(ends[k].high > 0 && ends[k].high < 1e150) {
			return nil, &mat32.DegenerateError{Method: [...]string{"x", "y"}[k], Reason: fmt.Sprintf("the distances are at most %g: they need one above 0, and below 1e150", ends[k].high)}
		}
	}
	f := &surface{what: "shepard", rows: shepardRows, columns: shepardColumns, cells: make([]float64, shepardRows*shepardColumns)}
	var err error
	if f.x, err = (Axis{Name: "distance in the data"}).span("", ends[0], 0.02, true); err != nil {
		return nil, err
	}
	if f.y, err = (Axis{Name: "distance on the map"}).span("", ends[1], 0.02, true); err != nil {
		return nil, err
	}
	column := func(v float64) int { return min(f.columns-1, int(f.x.share(v)*float64(f.columns))) }
	for k := range pairs {
		row := min(f.rows-1, int((1-f.y.share(on[k]))*float64(f.rows)))
		f.cells[row*f.columns+column(in[k])]++
	}
	for i, v := range f.cells {
		if v == 0 {
			f.cells[i] = math.NaN()
		}
	}
	f.colors = &scale{name: "pairs of rows", low: 1, high: f.reach().high, log: true}

	// The lines: proportion, and the curve that does not fall.
	scale, stress := proportion(in, on)
	fitted, monotone, err := risen(in, on)
	if err != nil {
		return nil, err
	}
	end := math.Min(f.x.high, f.y.high/scale)
	f.over = []curve{
		{name: "proportion", at: [][2]float64{{f.x.low, scale * f.x.low}, {end, scale * end}}, tint: 3, dashed: true},
		{name: "isotonic regression", at: fitted(column), tint: 3},
	}
	of := fmt.Sprintf("all %d pairs of %d rows", all, n)
	if len(pairs) < all {
		of = fmt.Sprintf("%d of %d pairs of %d rows", len(pairs), all, n)
	}
	f.source = withMore(captionOf(y), fmt.Sprintf("stress-1 %.3f, nonmetric %.3f · %s", stress, monotone, of))
	f.said = fmt.Sprintf("Shepard's diagram of %s: stress-1 %.3f, after isotonic regression %.3f", of, stress, monotone)
	return f, nil
}

// drawnPairs returns pairs of rows, all or one from each of as many equal stretches of the list of all, by a fixed rule.
func drawnPairs(n, most int) [][2]int {
	all := n * (n - 1) / 2
	m := min(all, most)
	pairs := make([][2]int, 0, m)
	stream := rng.New(0, "viz/pairs", n)
	first, row := 0, 0 // the pairs of a row with those after it begin at first
	for k := range m {
		from, to := part(all, m, k), part(all, m, k+1)
		at := from + stream.IntN(to-from)
		for at >= first+n-1-row {
			first += n - 1 - row
			row++
		}
		pairs = append(pairs, [2]int{row, row + 1 + at - first})
	}
	return pairs
}

// part returns where the k-th of m nearly equal parts begins.
func part(all, m, k int) int { return k*(all/m) + k*(all%m)/m }

// lengths returns the distances of pairs of rows.
func lengths(x mat.Matrix, pairs [][2]int) []float64 {
	d := make([]float64, len(pairs))
	known, _ := x.(*mat32.Distances)
	_, columns := x.Dims()
	err := par.Blocks(context.Background(), len(pairs), 1024, func(lo, hi int) {
		a, b := make([]float64, columns), make([]float64, columns)
		row := -1
		for k := lo; k < hi; k++ {
			i, j := pairs[k][0], pairs[k][1]
			if known != nil {
				d[k] = known.At(i, j)
				continue
			}
			if i != row {
				a, row = mat32.Row(a, i, x), i
			}
			b = mat32.Row(b, j, x)
			sum := 0.0
			for c, v := range a {
				sum += (v - b[c]) * (v - b[c])
			}
			d[k] = math.Sqrt(sum)
		}
	})
	if err != nil {
		panic(err) // of a context that nobody cancels
	}
	return d
}

// proportion returns the number by which distances in the data are nearest to those on the map, and the stress-1 of it.
func proportion(in, on []float64) (scale, stress float64) {
	var both, squares, of float64
	for k, v := range in {
		both += v * on[k]
		squares += v * v
		of += on[k] * on[k]
	}
	scale = both / squares
	return scale, math.Sqrt(math.Max(0, 1-scale*both/of))
}

// risen fits distances on the map by what does not fall as those in the data rise. It returns the curve, as its mean in each column, and its
// stress-1. Pairs at one distance in the data may be fitted apart, Kruskal's first approach to ties.
func risen(in, on []float64) (at func(column func(float64) int) [][2]float64, stress float64, err error) {
	order := make([]int, len(in))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		switch {
		case in[a] != in[b]:
			return sign(in[a] - in[b])
		case on[a] != on[b]:
			return sign(on[a] - on[b])
		}
		return a - b
	})
	fit := make([]float64, len(order))
	for k, i := range order {
		fit[k] = on[i]
	}
	if err := isotonic.Fit(context.Background(), fit, fit, nil); err != nil {
		return nil, 0, errors.New("isotonic regression: " + err.Error())
	}
	var off, of float64
	for k, i := range order {
		off += (on[i] - fit[k]) * (on[i] - fit[k])
		of += on[i] * on[i]
	}
	at = func(column func(float64) int) [][2]float64 {
		var line [][2]float64
		var x, y, count float64
		for k, i := range order {
			count++
			x += (in[i] - x) / count
			y += (fit[k] - y) / count
			if k+1 == len(order) || column(in[order[k+1]]) != column(in[i]) {
				line = append(line, [2]float64{x, y})
				x, y, count = 0, 0, 0
			}
		}
		return line
	}
	return at, math.Sqrt(off / of), nil
}

func sign(v float64) int {
	if v < 0 {
		return -1
	}
	return 1
}
