package datasets

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
)

// Tree draws rows from a branching tree: straight branches of equal length in
// random directions, the first from the origin and each of the others from a
// random point of a random branch before it. Branches have equal numbers of rows,
// which are uniform along them.
//
// Truth.Geodesic is the length of the path along the tree, which is unique: back
// along the branches of both rows to the last point that their ways from the root
// share. A branch does not depend on how many others there are.
//
// Such trees stand for cells that differentiate. In Moon, van Dijk, Wang, Gigante,
// Burkhardt, Chen, Yim, van den Elzen, Hirn, Coifman, Ivanova, Wolf and
// Krishnaswamy (2019), Visualizing structure and transitions in high-dimensional
// biological data, branches are straight as here, along axes, under normal noise:
//
//	datasets.Noise{Of: datasets.Tree{}, StdDev: 0.05}
//
// (their software also has one whose branches are random walks).
type Tree struct {
	// Rows is the number of samples. Zero means 1000.
	Rows int

	// Branches is the number of branches. Zero means 10.
	Branches int

	// Dim is the number of columns, at least 2. Zero means 60.
	Dim int

	// Length is that of every branch. Zero means 1.
	Length float64

	// Seed chooses the tree and the sample.
	Seed uint64
}

// Resolve returns the options with the defaults filled in, or a
// *mat32.ParamError for the first that is out of its range.
func (g Tree) Resolve() (Tree, error) {
	o := options{generator: "datasets.Tree"}
	check(&o, "Rows", &g.Rows, standardRows, 1, mostRows)
	check(&o, "Branches", &g.Branches, 10, 1, mostRows)
	check(&o, "Dim", &g.Dim, 60, 2, mostDims)
	check(&o, "Length", &g.Length, 1, smallest, largest)
	return g, o.err
}

// branch is a straight line from the point of an earlier branch, parent, at the
// distance at from that one's start. The parent of the first is −1.
type branch struct {
	parent int
	at     float64
	depth  float64 // length of the path from the root to the branch's start
}

// Generate returns a Rows × Dim sample with the branch of every row as label,
// whose Truth holds Dimension 1, Geodesic, Latent (the distance from the root and
// that from the start of the branch) and Clean. The error is a *mat32.ParamError or
// *mat32.MemoryError. It costs O((Rows + Branches)·Dim).
func (g Tree) Generate() (*Dataset, error) {
	g, err := g.Resolve()
	if err != nil {
		return nil, err
	}
	if err := checkMemory("datasets.Tree", max(g.Rows, g.Branches), 4*g.Dim+8); err != nil {
		return nil, err
	}
	branches := make([]branch, g.Branches)
	starts := mat.NewDense(g.Branches, g.Dim, nil)
	ways := mat.NewDense(g.Branches, g.Dim, nil) // directions
	for b := range branches {
		s := rng.New(g.Seed, "tree/branches", b)
		branches[b].parent = -1
		if b > 0 {
			p, at := s.IntN(b), g.Length*s.Float64()
			branches[b] = branch{parent: p, at: at, depth: branches[p].depth + at}
			for j, v := range ways.RawRowView(p) {
				starts.Set(b, j, starts.At(p, j)+at*v)
			}
		}
		direction(ways.RawRowView(b), &s)
	}
	labels := deal(g.Rows, g.Branches, g.Seed, "tree/labels")
	clean := mat.NewDense(g.Rows, g.Dim, nil)
	latent := mat.NewDense(g.Rows, 2, nil)
	eachRow(g.Rows, g.Seed, "tree", func(i int, s *rng.Stream) {
		b, along := labels[i], g.Length*s.Float64()
		start, way, row := starts.RawRowView(b), ways.RawRowView(b), clean.RawRowView(i)
		for j := range row {
			row[j] = start[j] + along*way[j]
		}
		copy(latent.RawRowView(i), []float64{branches[b].depth + along, along})
	})
	home := slices.Clone(labels)
	return &Dataset{
		Name:     "tree",
		X:        mat.DenseCopyOf(clean),
		Labels:   labels,
		Names:    numbered(g.Branches),
		Features: axes(g.Dim),
		Source:   "generated; after Moon et al. (2019)",
		Notes:    []string{fmt.Sprintf("branches of length %v, seed %d", g.Length, g.Seed)},
		Truth: Truth{
			Dimension: 1,
			Geodesic: func(i, j int) float64 {
				return path(branches, home[i], latent.At(i, 1), home[j], latent.At(j, 1))
			},
			Latent:      latent,
			Coordinates: []string{"distance from the root", "distance along the branch"},
			Clean:       clean,
		},
	}, nil
}

// path returns the length of the path between the points of branches a and b at
// the given distances from their starts. A branch comes after its parent, so the
// later of two different branches cannot be on the other's way to the root, and
// is the one to climb down.
func path(branches []branch, a int, alongA float64, b int, alongB float64) float64 {
	if a < b || a == b && alongA < alongB { // one order of addition, so that the path has one length
		a, alongA, b, alongB = b, alongB, a, alongA
	}
	var length float64
	for a != b {
		if a > b {
			length += alongA
			a, alongA = branches[a].parent, branches[a].at
		} else {
			length += alongB
			b, alongB = branches[b].parent, branches[b].at
		}
	}
	return length + math.Abs(alongA-alongB)
}

// direction fills v with a unit vector, uniform among all.
func direction(v []float64, s *rng.Stream) {
	var square float64
	for square == 0 { // the origin has no direction
		for j := range v {
			v[j] = s.Normal()
			square += v[j] * v[j]
		}
	}
	scale := 1 / math.Sqrt(square)
	for j := range v {
		v[j] *= scale
	}
}
