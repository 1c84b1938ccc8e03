package cluster_test

import (
	"context"
	"fmt"

	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/cluster"
	"github.com/flatland-go/flatland/pkg/datasets"
)

func ExampleKMeans() {
	d, err := datasets.Blobs{Rows: 300, Classes: 3, Spread: .5, Seed: 3}.Generate()
	if err != nil {
		fmt.Println(err)
		return
	}
	m, err := cluster.KMeans{Clusters: 3}.Fit(context.Background(), d.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.Sizes)
	// Output: [100 100 100]
}

func ExampleAgglomerative() {
	d, err := datasets.Blobs{Rows: 300, Classes: 3, Spread: .5, Seed: 3}.Generate()
	if err != nil {
		fmt.Println(err)
		return
	}
	h, err := cluster.Agglomerative{Clusters: 3, Linkage: cluster.Average}.Fit(context.Background(), d.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(h)
	// Output: average linkage of 300 rows: 3 clusters of [101 100 99], merges from 0.006036 to 10.18
}

// Rings that wind through each other have no centres that would tell them apart.
func ExampleSpectral() {
	d, err := datasets.LinkedRings{Rows: 300}.Generate()
	if err != nil {
		fmt.Println(err)
		return
	}
	m, err := cluster.Spectral{Clusters: 2}.Fit(context.Background(), d.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	wrong := 0
	for i, l := range m.Labels {
		if (l == m.Labels[0]) != (d.Labels[i] == d.Labels[0]) {
			wrong++
		}
	}
	fmt.Println(m.Sizes, "wrong:", wrong)
	// Output: [150 150] wrong: 0
}

func ExampleHDBSCAN() {
	d, err := datasets.Outliers{Of: datasets.Blobs{Rows: 300, Classes: 3, Spread: .5, Seed: 3}}.Generate()
	if err != nil {
		fmt.Println(err)
		return
	}
	m, err := cluster.HDBSCAN{MinSize: 10}.Fit(context.Background(), d.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m)
	// Output: HDBSCAN of 300 rows: 3 clusters of [100 100 99], 1 rows of noise
}

func ExampleLeiden() {
	d, err := datasets.Blobs{Rows: 300, Classes: 3, Spread: .5, Seed: 3}.Generate()
	if err != nil {
		fmt.Println(err)
		return
	}
	m, err := cluster.Leiden{Resolution: .2}.Fit(context.Background(), d.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.Sizes)
	// Output: [100 100 100]
}

// The members of a karate club that broke up over its instructor.
func ExampleLeiden_Of() {
	g := datasets.Karate()
	s, err := affinity.FromEdges(g.Nodes, g.Edges, g.Weights)
	if err != nil {
		fmt.Println(err)
		return
	}
	m, err := cluster.Leiden{Iterations: 10}.Of(context.Background(), s)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.4f in communities of %v\n", m.Value, m.Sizes)
	// Output: 0.4198 in communities of [11 5 12 6]
}
