package bench

import (
	"context"

	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/tests/bench/ours"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// clusterCases part rows.
func clusterCases() []Case {
	leiden := Case{
		Name: "leiden-digits70k", What: "communities by Leiden, modularity, 2 iterations, of a graph that is there: the 15 nearest neighbours of the distorted MNIST test digits, 70 000 nodes, 780 000 edges",
		Data: nearDigits, Prepared: true, Seeds: 5, Ours: ours.Leiden,
		Peer: Peer{
			Package: "leidenalg", Script: "bench_leiden.py", Function: "leidenalg_communities", Seeds: 3, Serial: true,
			Settings: []Setting{{Name: "find_partition(RBConfigurationVertexPartition, n_iterations=2)"}},
		},
		Quality: []Measure{{Name: "modularity (most is best)", Format: "%.4f", Of: modularity}, number("communities", "communities", "%.0f")},
	}
	igraph := leiden
	igraph.Name += "-igraph"
	igraph.Peer = Peer{
		Package: "igraph", Script: "bench_leiden.py", Function: "igraph_communities", Seeds: 5, Serial: true,
		Settings: []Setting{{Name: "Graph.community_leiden(objective_function='modularity', n_iterations=2)"}},
	}
	return []Case{{
		Name: "kmeans-digits70k", What: "k-means, 10 clusters, the best of 10 starts: 50 principal components of the distorted MNIST test digits, 70 000 × 50",
		Data: principal(digits70000), Options: wire.Options{"clusters": 10, "restarts": 10}, Seeds: 5, Ours: ours.KMeans,
		Peer: Peer{
			Package: "scikit-learn", Script: "bench_cluster.py", Function: "kmeans", Seeds: 5,
			Settings: []Setting{
				{Name: "KMeans(algorithm='lloyd', n_init=10), float32, all cores", Options: wire.Options{"algorithm": "lloyd"}},
				{Name: "KMeans(algorithm='elkan', n_init=10), float32, all cores", Options: wire.Options{"algorithm": "elkan"}},
			},
		},
		Quality: []Measure{{Name: "inertia (least is best)", Format: "%.6g", Of: inertia}},
	}, {
		Name: "ward-5000x50", What: "Ward's linkage, all merges: 50 principal components of half of the MNIST test digits, 5000 × 50",
		Data: fewComponents, Ours: ours.Ward,
		Peer: Peer{
			Package: "fastcluster", Script: "bench_cluster.py", Function: "ward", Serial: true,
			Settings: []Setting{
				{Name: "linkage(method='ward')", Options: wire.Options{"by": "fastcluster"}},
				{Name: "linkage_vector(method='ward')", Options: wire.Options{"by": "fastcluster_vector"}},
				{Name: "cluster.hierarchy.linkage(method='ward')", Options: wire.Options{"by": "scipy"}, Package: "scipy"},
			},
		},
		Quality: []Measure{number("heights", "sum of the heights", "%.9g")},
	}, {
		Name: "hdbscan-20000x10", What: "HDBSCAN, at least 50 rows a cluster, 10 other rows to a core: normal clouds, 20 000 × 10",
		Data: tenDimensions, Options: wire.Options{"size": 50, "core": 10}, Ours: ours.HDBSCAN,
		Peer: Peer{
			Package: "hdbscan", Script: "bench_cluster.py", Function: "density", Serial: true,
			Settings: []Setting{
				{Name: "HDBSCAN(algorithm='boruvka_kdtree', core_dist_n_jobs=-1), exact", Options: wire.Options{"by": "boruvka_kdtree"}},
				{Name: "HDBSCAN(algorithm='prims_kdtree')", Options: wire.Options{"by": "prims_kdtree"}},
				{Name: "HDBSCAN(n_jobs=-1)", Options: wire.Options{"by": "sklearn"}, Package: "scikit-learn"},
			},
		},
		Quality: []Measure{number("clusters", "clusters", "%.0f"), number("noise", "rows of noise", "%.0f")},
	}, {
		Name: "spectral-cluster-5000x50", What: "spectral clustering by 10 neighbours, 10 clusters: 50 principal components of half of the MNIST test digits, 5000 × 50",
		Data: fewComponents, Options: wire.Options{"clusters": 10, "neighbors": 10}, Seeds: 5, Ours: ours.SpectralClusters,
		Peer: Peer{
			Package: "scikit-learn", Script: "bench_cluster.py", Function: "spectral_clusters", Seeds: 5,
			Settings: []Setting{
				{Name: "SpectralClustering(affinity='nearest_neighbors', eigen_solver='arpack'), all cores", Options: wire.Options{"solver": "arpack"}},
				{Name: "SpectralClustering(affinity='nearest_neighbors', eigen_solver='lobpcg'), all cores", Options: wire.Options{"solver": "lobpcg"}},
			},
		},
		Quality: []Measure{{Name: "normalised cut (least is best)", Format: "%.4f", Of: normalizedCut}},
	}, leiden, igraph}
}

// nearDigits returns the 15 nearest neighbours of the 70 000 digits, as numbers of rows.
func nearDigits(rows int) ([]*mat32.Dense, error) {
	x, err := digits70000(rows)
	if err != nil {
		return nil, err
	}
	n, d := x[0].Dims()
	n = orAll(rows, n)
	const k = 15
	g, err := neighbors.Auto{Neighbors: k}.Graph(context.Background(), mat32.NewDense(n, d, x[0].Data()[:n*d]))
	if err != nil {
		return nil, err
	}
	near := mat32.NewDense(n, k, nil)
	for i := range n {
		indices, _ := g.Row(i)
		for c, j := range indices[:k] {
			near.Row(i)[c] = float32(j)
		}
	}
	return []*mat32.Dense{near}, nil
}

// tenDimensions returns 20 000 rows of 30 normal clouds, some of which touch.
func tenDimensions(rows int) ([]*mat32.Dense, error) {
	set, err := datasets.GaussianMixture{Rows: orAll(rows, 20_000), Dim: 10, Classes: 30, Box: 3, Seed: 1}.Generate()
	if err != nil {
		return nil, err
	}
	return []*mat32.Dense{mat32.Convert(set.X)}, nil
}

// labelsIn returns the clusters of the rows, and how many numbers they use.
func labelsIn(in []*mat32.Dense, r *wire.Reply) (labels []int, count int, err error) {
	n, _ := in[0].Dims()
	values, err := r.Matrix("labels", n, 1)
	for _, v := range values {
		labels = append(labels, int(v))
		count = max(count, int(v)+1)
	}
	return labels, count, err
}

// inertia is the sum of squared distances of rows to the means of their clusters.
func inertia(in []*mat32.Dense, _ wire.Options, r *wire.Reply) (float64, error) {
	labels, k, err := labelsIn(in, r)
	if err != nil {
		return 0, err
	}
	_, d := in[0].Dims()
	means, sizes := make([]float64, k*d), make([]float64, k)
	for i, c := range labels {
		sizes[c]++
		for j, v := range in[0].Row(i) {
			means[c*d+j] += float64(v)
		}
	}
	sum := 0.
	for i, c := range labels {
		for j, v := range in[0].Row(i) {
			away := float64(v) - means[c*d+j]/sizes[c]
			sum += away * away
		}
	}
	return sum, nil
}

// normalizedCut is the sum over clusters of the weights that leave each, as a share of all it has.
func normalizedCut(in []*mat32.Dense, o wire.Options, r *wire.Reply) (float64, error) {
	labels, k, err := labelsIn(in, r)
	if err != nil {
		return 0, err
	}
	s, err := affinity.Connectivity{Neighbors: o.Int("neighbors"), Symmetrization: affinity.Average}.Weigh(context.Background(), in[0])
	if err != nil {
		return 0, err
	}
	within, all := sums(s, labels, k)
	cut := 0.
	for c, w := range within {
		if all[c] > 0 {
			cut += 1 - w/all[c]
		}
	}
	return cut, nil
}

// modularity is that of communities of a graph of neighbours.
func modularity(in []*mat32.Dense, _ wire.Options, r *wire.Reply) (float64, error) {
	labels, k, err := labelsIn(in, r)
	if err != nil {
		return 0, err
	}
	s, err := ours.Averaged(in[0])
	if err != nil {
		return 0, err
	}
	within, all := sums(s, labels, k)
	total, value := 0., 0.
	for _, a := range all {
		total += a
	}
	for c, w := range within {
		value += w/total - all[c]/total*all[c]/total
	}
	return value, nil
}

// sums returns the weights within each cluster, and all that its rows have.
func sums(s *affinity.Sparse, labels []int, count int) (within, all []float64) {
	within, all = make([]float64, count), make([]float64, count)
	for i, c := range labels {
		columns, weights := s.Row(i)
		for k, j := range columns {
			all[c] += weights[k]
			if labels[j] == c {
				within[c] += weights[k]
			}
		}
	}
	return within, all
}
