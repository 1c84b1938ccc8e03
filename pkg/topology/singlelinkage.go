package topology

import (
	"context"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// SingleLinkage joins rows to clusters, always the two that are nearest by their nearest
// rows: the pieces of the data at every scale. Its merges are the edges of the minimum
// spanning tree (J. Gower and G. Ross, 1969, Minimum spanning trees and single linkage
// cluster analysis), and of all ways to cluster hierarchically it is the one that is
// functorial, and stable: moving distances by at most ε moves merges by at most ε (G.
// Carlsson and F. Mémoli, 2010, Characterization, stability and convergence of hierarchical
// clustering methods).
type SingleLinkage struct {
	// Metric says how rows are compared. Default Euclidean. It is ignored where x is a
	// mat32.Distances.
	Metric neighbors.Metric

	// Core is the number of other rows up to which a row's core distance goes. With it
	// lengths are mutual reachability distances, and noise does not chain clusters
	// together: robust single linkage, on which HDBSCAN stands. Larger values smooth the
	// density over more rows. Default 0: lengths are distances.
	Core int

	// Graph is an exact neighbour graph of x by the metric, with at least Core
	// neighbours, where there is one already. Default nil: one is made.
	Graph *neighbors.Graph

	// MemoryLimit in bytes refuses data whose tree would not fit. Default GOMEMLIMIT, or
	// 4 GiB.
	MemoryLimit int64
}

const singleLinkage = "topology.SingleLinkage"

// Resolve returns the options with defaults filled in, or a *mat32.ParamError or
// *mat32.ShapeError, for a matrix of n rows and d columns.
func (s SingleLinkage) Resolve(n, d int) (SingleLinkage, error) {
	m, err := s.tree().Resolve(n, d)
	s.Metric = m.Metric
	return s, mat32.Rename(singleLinkage, err)
}

func (s SingleLinkage) tree() neighbors.MST {
	return neighbors.MST{Core: s.Core, Metric: s.Metric, Graph: s.Graph, MemoryLimit: s.MemoryLimit}
}

// Fit returns the dendrogram of the rows of x (n × d), or of those whose distances x holds.
// Time and memory are those of neighbors.MST, and 40·n bytes. Errors: those of
// neighbors.MST.
func (s SingleLinkage) Fit(ctx context.Context, x mat.Matrix) (*Dendrogram, error) {
	tree, err := s.tree().Fit(ctx, x)
	if err != nil {
		return nil, mat32.Rename(singleLinkage, err)
	}
	return NewDendrogram(tree), nil
}
