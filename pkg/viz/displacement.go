package viz

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/flatland-go/flatland/internal/subspace"
	"github.com/flatland-go/flatland/pkg/mat32"
	"gonum.org/v1/gonum/mat"
)

// Aligned returns the snapshots with each but the last moved, turned, reflected and scaled onto the one after it: what is left of their
// differences is not of those that mean nothing on a map. The last stays as it is. Snapshots have the same number of rows and of columns.
//
// Errors: [mat32.ErrEmpty], [*mat32.NotFiniteError], and [*mat32.ShapeError] for snapshots that differ in their shape. It costs O(n) a snapshot.
//
// Source: P. Schönemann (1966), A generalized solution of the orthogonal Procrustes problem.
func Aligned(snapshots []Snapshot) ([]Snapshot, error) {
	aligned := slices.Clone(snapshots)
	for i := len(aligned) - 2; i >= 0; i-- {
		y, _, err := fitted(aligned[i].Y, aligned[i+1].Y)
		if err != nil {
			return nil, fmt.Errorf("viz.Aligned: snapshot %d: %w", i, err)
		}
		aligned[i].Y = y
	}
	return aligned, nil
}

// fitted returns a, moved, turned, reflected and scaled to the spread of b so that their rows are as near as they can be, and the disparity: the
// share of the squares that a scaled at best leaves of b, from 0 to 1.
func fitted(a, b mat.Matrix) (y *mat.Dense, disparity float64, err error) {
	for _, m := range []mat.Matrix{a, b} {
		if err := filled(m); err != nil {
			return nil, 0, err
		}
	}
	n, d := b.Dims()
	if rows, columns := a.Dims(); rows != n || columns != d {
		return nil, 0, &mat32.ShapeError{What: "Y", Rows: rows, Cols: columns, Want: fmt.Sprintf("%d × %d: maps of the same rows", n, d)}
	}
	ctx := context.Background()
	from, _, err := subspace.Centered(ctx, a)
	if err != nil {
		return nil, 0, err
	}
	to, unit, err := subspace.Centered(ctx, b)
	if err != nil {
		return nil, 0, err
	}
	found, err := subspace.Procrustes{}.Align(ctx, from, to)
	if err != nil {
		return nil, 0, err
	}
	size, want := subspace.Norm(from), subspace.Norm(to)
	scale := 0.0
	disparity = 1
	if size > 0 && want > 0 {
		scale = want / size
		fit := found.Nuclear / size / want
		disparity = math.Max(0, 1-fit*fit)
	} else if size == want {
		disparity = 0
	}
	y = mat.NewDense(n, d, nil)
	y.Mul(from, found.Turn)
	for j := range d { // the middle of b, which its first row is known to be at the centred row's distance from
		middle := b.At(0, j) - unit*to.At(0, j)
		for i := range n {
			y.Set(i, j, middle+unit*scale*y.At(i, j))
		}
	}
	return y, disparity, nil
}

// Displacement compares two maps of the same rows, each of two columns: a line leads from where a row is on the map a to where it is on b,
// the longest lines on top. First a is moved, turned, reflected and scaled to the spread of b, so that the two lie on each other as well as
// they can. In the notebook a slider moves the points from the one to the other.
//
//	viz.Displacement(umap, tsne, viz.Points{Labels: d.Labels})
//
// Rows without labels and values are coloured by how far they move, in the unit of b. The caption says the Procrustes disparity of the maps: 0
// for maps of the same shape, near 1 for such as have nothing in common. Of more than 4000 rows as many evenly spread ones have a line.
//
// What is wrong with the arguments is the chart's error: those of [Scatter] for either map, and [*mat32.ShapeError] for maps of other shapes. It
// costs O(n), about half a second for 3000 rows.
//
// Source: J. Gower (1975), Generalized Procrustes analysis.
func Displacement(a, b mat.Matrix, p Points) *Chart {
	m, err := newDisplacement(a, b, p)
	if err != nil {
		return &Chart{err: fmt.Errorf("viz.Displacement: %w", err)}
	}
	return &Chart{fig: m}
}

func newDisplacement(a, b mat.Matrix, p Points) (*moving, error) {
	y, disparity, err := fitted(a, b)
	if err != nil {
		return nil, err
	}
	n, d := b.Dims()
	if d != 2 {
		return nil, &mat32.ShapeError{What: "b", Rows: n, Cols: d, Want: "2 columns: a map of the plane"}
	}
	lengths, size := make([]float64, n), 0.0
	for i := range lengths {
		lengths[i] = math.Hypot(b.At(i, 0)-y.At(i, 0), b.At(i, 1)-y.At(i, 1))
		size = math.Max(size, math.Hypot(b.At(i, 0), b.At(i, 1)))
	}
	for i, l := range lengths {
		if l < 1e-12*size { // rounding
			lengths[i] = 0
		}
	}
	if len(p.Labels) == 0 && len(p.Values) == 0 {
		p.Values, p.ValueName = lengths, "displacement"
	}
	from, to := methodOf(a), methodOf(b)
	if from == "" || to == "" || from == to {
		from, to = "the first map", "the second"
	}
	m, err := newMoving("displacement", []Snapshot{{Y: y, Name: from}, {Y: b, Name: to}}, p)
	if err != nil {
		return nil, err
	}
	m.lengths, m.longest = lengths, slices.Max(lengths)
	m.source = ""
	if to != "the second" {
		m.source = "from " + from + " to " + to
	}
	m.said = "Procrustes disparity " + tick(math.Round(1e4*disparity)/1e4)
	return m, nil
}

// methodOf returns what a map's caption begins with, or nothing.
func methodOf(y mat.Matrix) string {
	c, ok := y.(interface{ Caption() string })
	if !ok {
		return ""
	}
	method, _, _ := strings.Cut(c.Caption(), " · ")
	return method
}
