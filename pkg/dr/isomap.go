package dr

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/pkg/watch"
)

// Isomap unrolls a curved surface: classical scaling (see ClassicalMDS) of geodesic
// distances, the lengths of the shortest ways along a graph of neighbours (see
// affinity.Geodesics). Of a surface that is flat but for being bent, sampled densely and
// without holes, it gives the coordinates on the surface.
//
// Two rows are neighbours when either has the other among its nearest. Where that leaves
// rows in several components, which no way connects, these are joined by as few edges as
// it takes, the shortest between them (see neighbors.Join), and the notes say how many
// there were; with Connected that is an error. Duplicates are neighbours at distance 0.
//
// With Landmarks only distances from a few rows are measured, and all rows placed by
// these. The entry of largest magnitude of a coordinate is positive.
//
// Time that of the neighbours (see neighbors.Auto), O(n·Neighbors) for the distances from
// each row, some sixteenth of which a search for each would take, and O(n²·Components) for
// each of some dozens of products; memory 4·n² + 8·n·d bytes. With Landmarks, n² is
// n·Landmarks. Distances are held as float32: coordinates have about seven digits.
//
// Sources: J. Tenenbaum, V. de Silva and J. Langford (2000), A global geometric framework
// for nonlinear dimensionality reduction; V. de Silva and J. Tenenbaum (2003), Global
// versus local methods in nonlinear dimensionality reduction, for landmarks.
type Isomap struct {
	// Components is the number of dimensions of the map, at most n−1. Default 2, or 1
	// of two rows.
	Components int

	// Neighbors is the number of other rows from which every row looks for neighbours.
	// Larger values bridge gaps, and then shortcuts between sheets that are close to each
	// other. Ignored where Radius is given. Default 5, or n−1 where the data have fewer
	// rows.
	Neighbors int

	// Radius makes neighbours of all rows at this distance or nearer instead, in the unit
	// of the data. Larger values do what more Neighbors do. Default none.
	Radius float64

	// Connected makes it an error when the neighbours do not connect all rows. Default:
	// components are joined.
	Connected bool

	// Landmarks is how many rows are landmarks, above Components and at most n, drawn at
	// random. More of them cost time and memory and come nearer to what all rows give.
	// Default: all rows.
	Landmarks int

	// Graph, when given, is a graph of the rows of x with Neighbors or more neighbours
	// that is used instead of a new one. Ignored where Radius is given.
	Graph *neighbors.Graph

	// Seed of the landmarks.
	Seed uint64

	// MemoryLimit in bytes refuses data whose distances would not fit. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// Resolve returns the options with defaults filled in for n × d data, or an error that
// names the option and its range.
func (o Isomap) Resolve(n, d int) (Isomap, error) {
	const method = "dr.Isomap"
	if err := scalable(method, n, d, &o.Components, o.MemoryLimit); err != nil {
		return o, err
	}
	if !(o.Radius >= 0 && o.Radius <= math.MaxFloat64) {
		return o, &mat32.ParamError{Method: method, Param: "Radius", Value: o.Radius, Want: "above 0, or 0 for Neighbors instead"}
	}
	if o.Neighbors == 0 {
		o.Neighbors = min(5, n-1)
	}
	if err := checkRange(method, "Neighbors", o.Neighbors, 1, n-1, "n−1"); err != nil {
		return o, err
	}
	if o.Landmarks == 0 {
		o.Landmarks = n
	}
	return o, checkRange(method, "Landmarks", o.Landmarks, o.Components+1, n, "n")
}

// String returns the options in one line, as captions and tables show them.
func (o Isomap) String() string {
	s := fmt.Sprintf("%d components, %d neighbours", o.Components, o.Neighbors)
	if o.Radius > 0 {
		s = fmt.Sprintf("%d components, radius %.6g", o.Components, o.Radius)
	}
	if o.Connected {
		s += ", connected"
	}
	return s
}

// Fit finds the map of the rows of x (n × d), or of rows at the distances that x holds.
// Errors: those of mat32.Check, Resolve and Graph.Check, *mat32.DegenerateError where all
// rows are equal, distances exceed float64, or rows are not connected and must be,
// *mat32.MemoryError, and one that wraps ctx.Err().
func (o Isomap) Fit(ctx context.Context, x mat.Matrix) (*IsomapModel, error) {
	const method = "dr.Isomap"
	fail := func(err error) (*IsomapModel, error) { return nil, failed(method, err) }
	n, cols, err := checkData(ctx, method, x, 1)
	if err != nil {
		return nil, err
	}
	if o, err = o.Resolve(n, cols); err != nil {
		return nil, err
	}
	count := int64(o.Landmarks)
	need := 4*count*int64(n) + 8*int64(n)*int64(cols+o.Components) + 8*count*40*int64(o.Components+8) + 120*int64(n)*int64(o.Neighbors+5)
	if count < int64(n) {
		need += 4 * count * count
	}
	if err := mat32.CheckMemory(method, need, o.MemoryLimit, "it holds all distances: set Landmarks, or use fewer rows"); err != nil {
		return nil, err
	}
	m := &IsomapModel{options: o}
	m.options.Graph = nil
	if cols > 0 { // which fails where all rows are equal, before anything long
		if m.data, err = stand(ctx, method, x, nil); err != nil {
			return nil, err
		}
	}
	notes, err := m.connect(ctx, o, x)
	if err != nil {
		return nil, err
	}
	sources := o.landmarks(n)
	f, err := newGeodesicFrame(ctx, method, m.ways, sources, m.graph)
	if err != nil {
		return fail(err)
	}
	stage := watch.Start(ctx, "scaling of geodesics", 2)
	more, err := f.scale(ctx, &m.frameModel, o.Components)
	if err != nil {
		return fail(err)
	}
	stage.Add(1)
	notes = append(notes, more...)
	m.method, m.limit = method, o.MemoryLimit
	z := mat.DenseCopyOf(m.points)
	z.Scale(m.unit, z)
	if o.Landmarks < n {
		m.landmarks = sources
		notes = append(notes, fmt.Sprintf("%d of %d rows are landmarks, seed %d", o.Landmarks, n, o.Seed))
		z, err = m.place(ctx, n, func() func(i int, squares []float64) {
			return func(i int, squares []float64) {
				for l := range squares {
					squares[l] = square(f.distances.Row(l)[i])
				}
			}
		})
		if err != nil {
			return nil, err
		}
	}
	if err := checkFits(method, z); err != nil {
		return nil, err
	}
	m.embedding = &Embedding{Dense: z, Method: "Isomap", Options: o.String(), Rows: n, Dim: cols, Notes: notes}
	if m.reconstruction, m.residual, err = f.judge(ctx, m); err != nil {
		return fail(err)
	}
	m.embedding.Objective = m.reconstruction
	stage.Add(1)
	return m, nil
}

// Embed returns the map of the rows of x: Fit(ctx, x) and its embedding.
func (o Isomap) Embed(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	m, err := o.Fit(ctx, x)
	if err != nil {
		return nil, err
	}
	return m.embedding, nil
}

// landmarks returns the rows from which ways are measured, rising.
func (o Isomap) landmarks(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	if o.Landmarks == n {
		return all
	}
	draw := rng.New(o.Seed, "isomap/landmarks", 0)
	draw.Shuffle(n, func(i, j int) { all[i], all[j] = all[j], all[i] })
	list := all[:o.Landmarks:o.Landmarks]
	slices.Sort(list)
	return list
}

// connect finds the neighbours, and the ways along them.
func (m *IsomapModel) connect(ctx context.Context, o Isomap, x mat.Matrix) (notes []string, err error) {
	const method = "dr.Isomap"
	fail := func(err error) ([]string, error) { return nil, failed(method, err) }
	var h *neighbors.Neighborhoods
	if o.Radius > 0 {
		if h, err = (neighbors.Within{Radius: o.Radius, MemoryLimit: o.MemoryLimit}).Neighborhoods(ctx, x); err != nil {
			return fail(err)
		}
	} else {
		g := o.Graph
		if g == nil {
			if g, err = (neighbors.Auto{Neighbors: o.Neighbors, MemoryLimit: o.MemoryLimit}).Graph(ctx, x); err != nil {
				return fail(err)
			}
		} else if err := g.CheckContext(ctx, method, x, o.Neighbors); err != nil {
			return nil, err
		}
		notes = slices.Clone(g.Notes)
		if h, err = g.Neighborhoods(); err != nil {
			return nil, fmt.Errorf("%s: Graph: %w", method, err)
		}
		if g.K > o.Neighbors {
			if g, err = h.Nearest(o.Neighbors); err != nil {
				return nil, fmt.Errorf("%s: Graph: %w", method, err)
			}
		}
		if h, err = g.Union(); err != nil {
			return fail(err)
		}
	}
	parts, err := h.Components()
	if err != nil {
		return fail(err)
	}
	if parts.Count > 1 {
		if o.Connected {
			return nil, &mat32.DegenerateError{Method: method, Reason: fmt.Sprintf("the neighbours leave %v without ways between them: take more of them, or have the components joined", parts)}
		}
		joined, err := neighbors.Join{MemoryLimit: o.MemoryLimit}.Connect(ctx, x, h)
		if err != nil {
			return fail(err)
		}
		h = joined.Graph
		notes = append(notes, "the neighbours leave "+joined.String())
	}
	if !slices.ContainsFunc(h.Distances, func(d float64) bool { return d > 0 }) {
		return nil, &mat32.DegenerateError{Method: method, Reason: "all rows are equal: there are no distances to keep"}
	}
	m.graph = h
	if m.ways, err = affinity.NewGeodesics(ctx, h); err != nil {
		return fail(err)
	}
	return notes, nil
}
