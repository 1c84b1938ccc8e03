package datasets

import (
	"fmt"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
)

// WalkTree draws rows from a tree whose branches are random walks: every coordinate of a
// step is uniform in [−1, 1). The first branch starts at the origin, and each of the
// others at a random place of the first. Rows are dealt to the branches, and lie at
// random places between the steps.
//
// Truth.Geodesic is the length of the path along the walks, with all their turns, which
// is unique. A branch does not depend on how many others there are.
//
// It is the tree that phate's software tries its method on, there without the places
// between the steps, and under normal noise of standard deviation 4:
//
//	datasets.Noise{Of: datasets.WalkTree{}, StdDev: 4}
//
// Source: Moon, van Dijk, Wang, Gigante, Burkhardt, Chen, Yim, van den Elzen, Hirn,
// Coifman, Ivanova, Wolf and Krishnaswamy (2019), Visualizing structure and transitions
// in high-dimensional biological data; phate.
type WalkTree struct {
	// Rows is the number of samples. Zero means 1000.
	Rows int

	// Branches is the number of branches. Zero means 20.
	Branches int

	// Steps is how many steps every branch takes. Zero means 100.
	Steps int

	// Dim is the number of columns, at least 2. Zero means 100.
	Dim int

	// Seed chooses the tree and the sample.
	Seed uint64
}

// Resolve returns the options with the defaults filled in, or a
// *mat32.ParamError for the first that is out of its range.
func (g WalkTree) Resolve() (WalkTree, error) {
	o := options{generator: "datasets.WalkTree"}
	check(&o, "Rows", &g.Rows, standardRows, 1, mostRows)
	check(&o, "Branches", &g.Branches, 20, 1, mostDims)
	check(&o, "Steps", &g.Steps, 100, 1, mostDims)
	check(&o, "Dim", &g.Dim, 100, 2, mostDims)
	return g, o.err
}

// Generate returns a Rows × Dim sample with the branch of every row as label, whose
// Truth holds Dimension 1, Geodesic, Latent (the distances from the root and from the
// start of the branch) and Clean. The error is a *mat32.ParamError or
// *mat32.MemoryError. It costs O((Rows + Branches·Steps)·Dim).
func (g WalkTree) Generate() (*Dataset, error) {
	g, err := g.Resolve()
	if err != nil {
		return nil, err
	}
	if err := checkMemory("datasets.WalkTree", max(g.Rows, g.Branches*(g.Steps+1)), 3*g.Dim+8); err != nil {
		return nil, err
	}
	branches := make([]branch, g.Branches)
	knots := make([]*mat.Dense, g.Branches)  // places before and after every step
	lengths := make([][]float64, g.Branches) // of the walk, up to each
	between := func(place []float64, b int, time float64) (along float64) {
		k := min(int(time), g.Steps-1)
		share := time - float64(k)
		for j, v := range knots[b].RawRowView(k) {
			place[j] = v + share*(knots[b].At(k+1, j)-v)
		}
		return lengths[b][k] + share*(lengths[b][k+1]-lengths[b][k])
	}
	for b := range branches {
		s := rng.New(g.Seed, "walk tree/branches", b)
		knots[b], lengths[b] = mat.NewDense(g.Steps+1, g.Dim, nil), make([]float64, g.Steps+1)
		branches[b].parent = -1
		if b > 0 {
			at := between(knots[b].RawRowView(0), 0, float64(g.Steps)*s.Float64())
			branches[b] = branch{parent: 0, at: at, depth: at}
		}
		for k := range g.Steps {
			from, to := knots[b].RawRowView(k), knots[b].RawRowView(k+1)
			for j, v := range from {
				to[j] = v + 2*s.Float64() - 1
			}
			lengths[b][k+1] = lengths[b][k] + floats.Distance(from, to, 2)
		}
	}
	labels := deal(g.Rows, g.Branches, g.Seed, "walk tree/labels")
	clean := mat.NewDense(g.Rows, g.Dim, nil)
	latent := mat.NewDense(g.Rows, 2, nil)
	eachRow(g.Rows, g.Seed, "walk tree", func(i int, s *rng.Stream) {
		b := labels[i]
		along := between(clean.RawRowView(i), b, float64(g.Steps)*s.Float64())
		copy(latent.RawRowView(i), []float64{branches[b].depth + along, along})
	})
	home := slices.Clone(labels)
	return &Dataset{
		Name:     "walk tree",
		X:        mat.DenseCopyOf(clean),
		Labels:   labels,
		Names:    numbered(g.Branches),
		Features: axes(g.Dim),
		Source:   "generated; after Moon et al. (2019)",
		Notes:    []string{fmt.Sprintf("branches of %d steps, seed %d", g.Steps, g.Seed)},
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
