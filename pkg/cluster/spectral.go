package cluster

import (
	"context"
	"fmt"
	"io"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// Spectral cuts a graph of near rows where its edges are few and light beside what they part:
// the normalised cut of J. Shi and J. Malik (2000), Normalized cuts and image segmentation,
// relaxed. The eigenvectors of the random-walk Laplacian with the smallest eigenvalues, which
// are nearly constant on what hangs together, are the coordinates that k-means parts (U. von
// Luxburg, 2007, A tutorial on spectral clustering). Clusters may have any shape.
//
// Edges join neighbours, as in scikit-learn: ½ where one of two rows has the other among its
// nearest, 1 where both do; or they are given as Affinity, by any kernel of package affinity.
// Components of the graph beyond Clusters are joined at will, and Notes say that there are such.
//
// Time that of the neighbours and of Clusters eigenvectors of a sparse matrix; memory
// 60·n·Neighbors + 200·n·Clusters bytes.
type Spectral struct {
	// Clusters is how many there are, and the number of eigenvectors. Default 8, or n where that
	// is less.
	Clusters int

	// Neighbors is the number of other rows that a row has edges to. Larger values bridge wider
	// gaps. Default 10, or n−1 where that is less. It is ignored with Affinity.
	Neighbors int

	// Restarts is the number of starts of k-means. Default 10.
	Restarts int

	// Metric says how rows are compared. Default Euclidean. It is ignored with Affinity, and where
	// x is a mat32.Distances.
	Metric neighbors.Metric

	// Graph is a neighbour graph of x by the metric, with at least Neighbors neighbours, where
	// there is one already. Default nil: one is made.
	Graph *neighbors.Graph

	// Affinity holds the weights of the edges. Default nil: those of neighbours.
	Affinity *affinity.Sparse

	// Seed draws the starts.
	Seed uint64

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

const spectralMethod = "cluster.Spectral"

// Resolve returns the options with defaults filled in, or a *mat32.ParamError, for a matrix of
// n rows and d columns.
func (s Spectral) Resolve(n, d int) (Spectral, error) {
	if err := some(spectralMethod, "Clusters", &s.Clusters, min(8, n), 1, n, fmt.Sprintf("n = %d", n)); err != nil {
		return s, err
	}
	if err := some(spectralMethod, "Restarts", &s.Restarts, 10, 1, most, "2²⁰"); err != nil {
		return s, err
	}
	if s.Neighbors == 0 {
		s.Neighbors = min(10, n-1)
	}
	c, err := s.kernel().Resolve(n, d)
	s.Metric = c.Metric
	return s, mat32.Rename(spectralMethod, err)
}

func (s Spectral) kernel() affinity.Connectivity {
	return affinity.Connectivity{Neighbors: s.Neighbors, Symmetrization: affinity.Average, Metric: s.Metric, Graph: s.Graph, MemoryLimit: s.MemoryLimit}
}

// Fit returns the clusters of the rows of x (n × d), or of those whose distances x holds. Errors:
// those of mat32.Check and Resolve, *mat32.ParamError for a Graph or an Affinity that is not of
// x, *mat32.DegenerateError where no eigenvectors are found, *mat32.MemoryError, and one that
// wraps ctx.Err().
func (s Spectral) Fit(ctx context.Context, x mat.Matrix) (*SpectralModel, error) {
	n, d, err := checked(ctx, spectralMethod, x, 2)
	if err != nil {
		return nil, err
	}
	if s, err = s.Resolve(n, d); err != nil {
		return nil, err
	}
	need := int64(n) * (60*int64(s.Neighbors) + 200*int64(s.Clusters))
	if err := mat32.CheckMemory(spectralMethod, need, s.MemoryLimit, "use fewer rows, Neighbors or Clusters"); err != nil {
		return nil, err
	}
	weights := s.Affinity
	if weights != nil {
		err = weights.CheckContext(ctx, spectralMethod, "Affinity", x)
	} else {
		weights, err = s.kernel().Weigh(ctx, x)
	}
	if err != nil {
		return nil, mat32.Rename(spectralMethod, err)
	}
	l, err := affinity.Laplacian{Normalization: affinity.RandomWalk}.Of(ctx, weights)
	if err != nil {
		return nil, mat32.Rename(spectralMethod, err)
	}
	pairs, err := l.Eigen(ctx, s.Clusters)
	if err != nil {
		return nil, mat32.Rename(spectralMethod, err)
	}
	c, err := KMeans{Clusters: s.Clusters, Restarts: s.Restarts, Seed: s.Seed, MemoryLimit: s.MemoryLimit}.Fit(ctx, pairs.Vectors)
	if err != nil {
		return nil, mat32.Rename(spectralMethod, err)
	}
	m := &SpectralModel{Labels: c.Labels, Sizes: c.Sizes, Values: pairs.Values, Vectors: pairs.Vectors, Notes: append(pairs.Notes, c.Notes...)}
	if parts := weights.Components().Count; parts > s.Clusters {
		m.Notes = append(m.Notes, fmt.Sprintf("the graph has %d components, more than Clusters: some are together without an edge", parts))
	}
	return m, nil
}

// SpectralModel holds the clusters of a graph.
type SpectralModel struct {
	Labels  []int      // the cluster of every row, numbered from 0 by their first rows
	Sizes   []int      // rows of each
	Values  []float64  // the eigenvalues of the Laplacian, from 0 up: a gap behind the k-th speaks for k clusters
	Vectors *mat.Dense // n × clusters: the coordinates that k-means parted
	Notes   []string
}

// String returns a line: clusters, sizes, eigenvalues.
func (m *SpectralModel) String() string {
	return fmt.Sprintf("spectral clustering of %d rows: %d clusters of %v, eigenvalues %.3g", len(m.Labels), len(m.Sizes), m.Sizes, m.Values)
}

const spectralKind = "cluster.SpectralModel"

// WriteTo writes the model in a form that ReadFrom reads.
func (m *SpectralModel) WriteTo(w io.Writer) (int64, error) {
	return write(w, spectralKind, func(s *saved.Writer) {
		s.Ints(m.Labels)
		s.Floats(m.Values)
		s.Matrix(m.Vectors)
		s.Texts(m.Notes)
	})
}

func (m *SpectralModel) decode(s *saved.Reader) {
	m.Labels, m.Sizes = labeled(s)
	m.Values, m.Vectors, m.Notes = s.Floats(), s.Matrix(), notes(s)
	if !s.OK() {
		return
	}
	if m.Vectors == nil {
		s.Fail("it has no vectors")
	} else if n, k := m.Vectors.Dims(); n != len(m.Labels) || k != len(m.Values) {
		s.Fail("its labels, values and vectors do not fit")
	}
}

// ReadFrom replaces the model by one that WriteTo wrote. The error is a *mat32.FileError, and m
// does not change, where the file is damaged, of another kind or of a newer version.
func (m *SpectralModel) ReadFrom(r io.Reader) (int64, error) {
	return read(r, spectralKind, m, (*SpectralModel).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *SpectralModel) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *SpectralModel) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
