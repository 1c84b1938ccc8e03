package cluster_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/apart"
	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/cluster"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// joins makes the hierarchy by looking at all pairs of clusters for every join.
func joins(x *mat.Dense, by cluster.Linkage) (heights []float64) {
	n, d := x.Dims()
	var all [][]int
	for i := range n {
		all = append(all, []int{i})
	}
	center := func(rows []int) []float64 {
		c := make([]float64, d)
		for _, i := range rows {
			floats.Add(c, x.RawRowView(i))
		}
		floats.Scale(1/float64(len(rows)), c)
		return c
	}
	between := func(a, b []int) float64 {
		if by == cluster.Ward {
			na, nb := float64(len(a)), float64(len(b))
			return math.Sqrt(2*na*nb/(na+nb)) * floats.Distance(center(a), center(b), 2)
		}
		least, most, sum := math.Inf(1), 0., 0.
		for _, i := range a {
			for _, j := range b {
				v := floats.Distance(x.RawRowView(i), x.RawRowView(j), 2)
				least, most, sum = min(least, v), max(most, v), sum+v
			}
		}
		return map[cluster.Linkage]float64{cluster.Single: least, cluster.Complete: most, cluster.Average: sum / float64(len(a)*len(b))}[by]
	}
	for len(all) > 1 {
		least, p, q := math.Inf(1), 0, 0
		for i := range all {
			for j := range i {
				if v := between(all[i], all[j]); v < least {
					least, p, q = v, j, i
				}
			}
		}
		heights = append(heights, least)
		all[p] = append(all[p], all[q]...)
		all = slices.Delete(all, q, q+1)
	}
	return heights
}

func TestLinkagesAreTheirDefinitions(t *testing.T) {
	x := fixture.Normal(5, 40, 3)
	for _, by := range []cluster.Linkage{cluster.Ward, cluster.Average, cluster.Complete, cluster.Single} {
		want := joins(x, by)
		for name, m := range map[string]mat.Matrix{"rows": x, "distances": apart.Rows(t, x)} {
			h, err := cluster.Agglomerative{Linkage: by}.Fit(context.Background(), m)
			if err != nil {
				t.Fatal(err)
			}
			for k, v := range want {
				if got := h.Merges[k].Height; math.Abs(got-v) > 1e-12*v {
					t.Fatalf("%s of %s: merge %d at %v, want %v", by, name, k, got, v)
				}
			}
			if last := h.Merges[38]; last.Size != 40 {
				t.Errorf("%s: the last merge has %d rows", by, last.Size)
			}
			below, err := h.Into(5)
			if err != nil || !slices.Equal(below, h.Cut((want[34]+want[35])/2)) || slices.Max(below) != 4 {
				t.Errorf("%s: five clusters are %v, cut at their height %v (%v)", by, below, h.Cut((want[34]+want[35])/2), err)
			}
		}
	}
}

func TestMetricsOfLinkages(t *testing.T) {
	x := fixture.Normal(6, 30, 4)
	far := mat.NewSymDense(30, nil)
	for i := range 30 {
		for j := range i {
			far.SetSym(i, j, floats.Distance(x.RawRowView(i), x.RawRowView(j), 1))
		}
	}
	d, err := mat32.DistancesFrom(far)
	if err != nil {
		t.Fatal(err)
	}
	for _, by := range []cluster.Linkage{cluster.Average, cluster.Single} {
		a, errA := cluster.Agglomerative{Linkage: by, Metric: neighbors.Manhattan{}}.Fit(context.Background(), x)
		b, errB := cluster.Agglomerative{Linkage: by}.Fit(context.Background(), d)
		if err := errors.Join(errA, errB); err != nil {
			t.Fatal(err)
		}
		for k := range a.Merges {
			if p, q := a.Merges[k].Height, b.Merges[k].Height; math.Abs(p-q) > 1e-12*q {
				t.Fatalf("%s: merge %d at %v by the metric, %v by its distances", by, k, p, q)
			}
		}
	}
	var param *mat32.ParamError
	if _, err := (cluster.Agglomerative{Metric: neighbors.Manhattan{}}).Fit(context.Background(), x); !errors.As(err, &param) || param.Param != "Metric" {
		t.Errorf("Ward by another metric: %v", err)
	}
}

// Clusters that are far apart are found by all, in the same order.
func TestClearClusters(t *testing.T) {
	d, err := datasets.Blobs{Rows: 240, Classes: 4, Dim: 5, Spread: .3, Seed: 9}.Generate()
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	k, err1 := cluster.KMeans{Clusters: 4}.Fit(ctx, d.X)
	b, err2 := cluster.KMeans{Clusters: 4, Batch: 60}.Fit(ctx, d.X)
	a, err3 := cluster.Agglomerative{Clusters: 4}.Fit(ctx, d.X)
	s, err4 := cluster.Spectral{Clusters: 4}.Fit(ctx, d.X)
	h, err5 := cluster.HDBSCAN{MinSize: 10}.Fit(ctx, d.X)
	if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
		t.Fatal(err)
	}
	for name, labels := range map[string][]int{"k-means": k.Labels, "batches": b.Labels, "Ward": a.Labels, "spectral": s.Labels} {
		if got := rand(labels, d.Labels); got != 1 {
			t.Errorf("%s: labels agree to %v", name, got)
		}
		if labels[0] != 0 {
			t.Errorf("%s: the first row is in cluster %d", name, labels[0])
		}
	}
	if got := rand(h.Labels, d.Labels); got < .95 || len(h.Sizes) != 4 {
		t.Errorf("HDBSCAN: labels agree to %v: %v", got, h)
	}
}

// Spectral parts what has no centres, by any kernel.
func TestSpectralPartsRings(t *testing.T) {
	d, err := datasets.LinkedRings{Rows: 300, Seed: 2}.Generate()
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	weights, err := affinity.AdaptiveGaussian{Neighbors: 12}.Weigh(ctx, d.X)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []cluster.Spectral{{Clusters: 2}, {Clusters: 2, Affinity: weights}} {
		m, err := s.Fit(ctx, d.X)
		if err != nil {
			t.Fatal(err)
		}
		if got := rand(m.Labels, d.Labels); got != 1 {
			t.Errorf("labels agree to %v", got)
		}
	}
	k, err := cluster.KMeans{Clusters: 2}.Fit(ctx, d.X)
	if err != nil {
		t.Fatal(err)
	}
	if got := rand(k.Labels, d.Labels); got > .9 {
		t.Errorf("k-means parts rings, to %v: they say nothing", got)
	}
	var param *mat32.ParamError
	if _, err := (cluster.Spectral{Affinity: weights}).Fit(ctx, fixture.Normal(1, 300, 3)); !errors.As(err, &param) || param.Param != "Affinity" {
		t.Errorf("weights of other rows: %v", err)
	}
}

// A graph of neighbours that was made before gives the same clusters.
func TestGraphsAreUsed(t *testing.T) {
	x := fixture.Normal(3, 120, 4)
	g, err := neighbors.Exact{Neighbors: 12}.Graph(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	a, err1 := cluster.Spectral{Clusters: 3}.Fit(context.Background(), x)
	b, err2 := cluster.Spectral{Clusters: 3, Graph: g}.Fit(context.Background(), x)
	c, err3 := cluster.HDBSCAN{}.Fit(context.Background(), x)
	d, err4 := cluster.HDBSCAN{Graph: g}.Fit(context.Background(), x)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(a.Labels, b.Labels) || !slices.Equal(c.Labels, d.Labels) {
		t.Error("the graph changes labels")
	}
}

// Fewer rows that differ than clusters: as many clusters as there are.
func TestFewDifferentRows(t *testing.T) {
	x := mat.NewDense(30, 2, nil)
	for i := range 30 {
		x.Set(i, 0, float64(i%3))
	}
	m, err := cluster.KMeans{Clusters: 5}.Fit(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Sizes) != 3 || m.Inertia > 1e-12 || len(m.Notes) != 1 {
		t.Errorf("%v, notes %q", m, m.Notes)
	}
	labels, err := m.Predict(context.Background(), mat.NewDense(2, 2, []float64{1e300, 0, -1e300, 0}))
	if err != nil || len(labels) != 2 {
		t.Errorf("far rows: %v, %v", labels, err)
	}
}
