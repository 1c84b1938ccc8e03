package cluster

import (
	"context"
	"fmt"
	"io"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/hdbscan"
	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// HDBSCAN finds clusters as places where rows are dense, of any shape and each at the density
// that suits it, and leaves what lies between them as noise (R. Campello, D. Moulavi and J.
// Sander, 2013, Density-based clustering based on hierarchical density estimates).
//
// Rows are joined by mutual reachability: their distance, or the distance of either to its
// Core-th neighbour where that is larger. Wherever the hierarchy parts into several clusters of
// at least MinSize rows these are its branches; of every branch either it or what its own
// branches become is chosen, by which has the larger excess of mass. Joins at equal distances
// are one: the order of the rows does not matter.
//
// Time and memory are those of neighbors.MST, and 200·n bytes.
type HDBSCAN struct {
	// MinSize is the fewest rows of a cluster. Larger values call more of the rows noise.
	// Default 5, or n where that is less.
	MinSize int

	// Core is the number of other rows up to which a core distance goes. Larger values smooth the
	// density over more rows. Default MinSize, or n−1 where that is less. It is min_samples of
	// the Python library hdbscan, and one less than that of scikit-learn, which counts the row.
	Core int

	// Single also lets all rows be one cluster.
	Single bool

	// Metric says how rows are compared. Default Euclidean. It is ignored where x is a
	// mat32.Distances.
	Metric neighbors.Metric

	// Graph is an exact neighbour graph of x by the metric, with at least Core neighbours, where
	// there is one already. Default nil: one is made.
	Graph *neighbors.Graph

	// MemoryLimit in bytes refuses data whose tree would not fit. Default GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

const hdbscanMethod = "cluster.HDBSCAN"

// Resolve returns the options with defaults filled in, or a *mat32.ParamError, for a matrix of
// n rows and d columns.
func (h HDBSCAN) Resolve(n, d int) (HDBSCAN, error) {
	if err := some(hdbscanMethod, "MinSize", &h.MinSize, max(2, min(5, n)), 2, max(2, n), fmt.Sprintf("n = %d", n)); err != nil {
		return h, err
	}
	if err := some(hdbscanMethod, "Core", &h.Core, min(h.MinSize, max(1, n-1)), 1, max(1, n-1), fmt.Sprintf("n−1 = %d", n-1)); err != nil {
		return h, err
	}
	t, err := h.tree().Resolve(n, d)
	h.Metric = t.Metric
	return h, mat32.Rename(hdbscanMethod, err)
}

func (h HDBSCAN) tree() neighbors.MST {
	return neighbors.MST{Core: h.Core, Metric: h.Metric, Graph: h.Graph, MemoryLimit: h.MemoryLimit}
}

// Fit returns the clusters of the rows of x (n × d), or of those whose distances x holds. Errors:
// those of neighbors.MST and Resolve.
func (h HDBSCAN) Fit(ctx context.Context, x mat.Matrix) (*HDBSCANModel, error) {
	n, d, err := checked(ctx, hdbscanMethod, x, 2)
	if err != nil {
		return nil, err
	}
	if h, err = h.Resolve(n, d); err != nil {
		return nil, err
	}
	tree, err := h.tree().Fit(ctx, x)
	if err != nil {
		return nil, mat32.Rename(hdbscanMethod, err)
	}
	edges := make([]hdbscan.Edge, len(tree.Edges))
	for k, e := range tree.Edges {
		edges[k] = hdbscan.Edge{I: e.I, J: e.J, Length: e.Distance}
	}
	labels, strength := hdbscan.Options{MinSize: h.MinSize, Core: h.Core, Single: h.Single}.LabelsOf(n, edges)
	m := &HDBSCANModel{Labels: make([]int, n), Strength: strength}
	for i, l := range labels {
		m.Labels[i] = int(l)
	}
	m.Sizes, _ = numbered(m.Labels)
	m.Noise = m.noise()
	return m, nil
}

// HDBSCANModel holds clusters by density.
type HDBSCANModel struct {
	Labels   []int     // the cluster of every row, numbered from 0 by their first rows, −1 for noise
	Strength []float64 // how near each comes to the densest of its cluster, from 0 (noise) to 1
	Sizes    []int     // rows of each cluster
	Noise    int       // rows in none
}

func (m *HDBSCANModel) noise() int {
	noise := len(m.Labels)
	for _, s := range m.Sizes {
		noise -= s
	}
	return noise
}

// String returns a line: clusters, sizes, noise.
func (m *HDBSCANModel) String() string {
	return fmt.Sprintf("HDBSCAN of %d rows: %d clusters of %v, %d rows of noise", len(m.Labels), len(m.Sizes), m.Sizes, m.Noise)
}

const hdbscanKind = "cluster.HDBSCANModel"

// WriteTo writes the model in a form that ReadFrom reads.
func (m *HDBSCANModel) WriteTo(w io.Writer) (int64, error) {
	return write(w, hdbscanKind, func(s *saved.Writer) {
		s.Ints(m.Labels)
		s.Floats(m.Strength)
	})
}

func (m *HDBSCANModel) decode(s *saved.Reader) {
	m.Labels, m.Sizes = labeled(s)
	m.Strength = s.Floats()
	if s.OK() && len(m.Strength) != len(m.Labels) {
		s.Fail("its labels and strengths do not fit")
	}
	m.Noise = m.noise()
}

// ReadFrom replaces the model by one that WriteTo wrote. The error is a *mat32.FileError, and m
// does not change, where the file is damaged, of another kind or of a newer version.
func (m *HDBSCANModel) ReadFrom(r io.Reader) (int64, error) {
	return read(r, hdbscanKind, m, (*HDBSCANModel).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *HDBSCANModel) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *HDBSCANModel) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
