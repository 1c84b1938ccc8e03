package cluster_test

import (
	"context"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/contingency"
	"github.com/flatland-go/flatland/pkg/cluster"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/tests/golden"
)

func table(t *testing.T, name string) *mat.Dense {
	t.Helper()
	switch name {
	case "iris":
		return datasets.Iris().X
	case "wine":
		return datasets.Wine().X
	case "digits":
		return datasets.Digits().X.Slice(0, 400, 0, 64).(*mat.Dense)
	}
	t.Fatalf("the golden file has a table %q this test does not know", name)
	return nil
}

// rand returns how well two labelings agree; labels may begin at −1.
func rand(a, b []int) float64 {
	a, b = slices.Clone(a), slices.Clone(b)
	for i := range a {
		a[i]++
		b[i]++
	}
	return contingency.Of(a, b, slices.Max(a)+1, slices.Max(b)+1).AdjustedRand()
}

func TestKMeansAgainstScikitLearn(t *testing.T) {
	var g struct {
		KMeans []struct {
			Table   string
			Start   []int
			Inertia float64
			Centers [][]float64
			Labels  []int
		}
	}
	golden.Load(t, "cluster", &g)
	for _, want := range g.KMeans {
		x := table(t, want.Table)
		_, d := x.Dims()
		start := mat.NewDense(len(want.Start), d, nil)
		for k, i := range want.Start {
			start.SetRow(k, x.RawRowView(i))
		}
		m, err := cluster.KMeans{Start: start, Tolerance: 1e-12}.Fit(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(m.Inertia-want.Inertia) > 1e-6*want.Inertia {
			t.Errorf("%s: inertia %v, want %v", want.Table, m.Inertia, want.Inertia)
		}
		if got := rand(m.Labels, want.Labels); got != 1 {
			t.Errorf("%s: labels agree to %v", want.Table, got)
		}
		for i, k := range want.Labels {
			for j, v := range want.Centers[k] {
				if got := m.Centers().At(m.Labels[i], j); math.Abs(got-v) > 1e-5*(1+math.Abs(v)) {
					t.Fatalf("%s: a centre is at %v in column %d, want %v", want.Table, got, j, v)
				}
			}
		}
		// Drawn starts come as near as the given one, or nearer.
		free, err := cluster.KMeans{Clusters: len(want.Start)}.Fit(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		if free.Inertia > 1.001*want.Inertia {
			t.Errorf("%s: inertia %v of drawn starts, %v of given ones", want.Table, free.Inertia, want.Inertia)
		}
		labels, err := m.Predict(context.Background(), x)
		if err != nil || !slices.Equal(labels, m.Labels) {
			t.Errorf("%s: rows of the model are predicted elsewhere (%v)", want.Table, err)
		}
	}
}

func TestLinkagesAgainstSciPy(t *testing.T) {
	var g struct {
		Linkages []struct {
			Table, Linkage string
			Heights        []float64
			Clusters       int
			Labels         []int
		}
	}
	golden.Load(t, "cluster", &g)
	names := map[string]cluster.Linkage{"ward": cluster.Ward, "average": cluster.Average, "complete": cluster.Complete, "single": cluster.Single}
	for _, want := range g.Linkages {
		x := table(t, want.Table)
		h, err := cluster.Agglomerative{Linkage: names[want.Linkage], Clusters: want.Clusters}.Fit(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		for k, m := range h.Merges {
			if math.Abs(m.Height-want.Heights[k]) > 1e-9*want.Heights[len(want.Heights)-1] {
				t.Fatalf("%s, %s: merge %d at %v, want %v", want.Table, want.Linkage, k, m.Height, want.Heights[k])
			}
		}
		if got := rand(h.Labels, want.Labels); got != 1 {
			t.Errorf("%s, %s: labels agree to %v", want.Table, want.Linkage, got)
		}
	}
}

func TestSpectralAgainstScikitLearn(t *testing.T) {
	var g struct {
		Spectral []struct {
			Table    string
			Clusters int
			Labels   []int
		}
	}
	golden.Load(t, "cluster", &g)
	for _, want := range g.Spectral {
		m, err := cluster.Spectral{Clusters: want.Clusters}.Fit(context.Background(), table(t, want.Table))
		if err != nil {
			t.Fatal(err)
		}
		// k-means of near ties may end elsewhere in a row or two.
		if got := rand(m.Labels, want.Labels); got < .99 {
			t.Errorf("%s: labels agree to %v", want.Table, got)
		}
	}
}

func TestHDBSCANAgainstScikitLearn(t *testing.T) {
	var g struct {
		HDBSCAN []struct {
			Table         string
			MinSize       int `json:"min_size"`
			Labels        []int
			Probabilities []float64
			Agreement     float64 // of the peer with itself, for another order of the rows
		}
	}
	golden.Load(t, "cluster", &g)
	alike := 0
	for _, want := range g.HDBSCAN {
		m, err := cluster.HDBSCAN{MinSize: want.MinSize}.Fit(context.Background(), table(t, want.Table))
		if err != nil {
			t.Fatal(err)
		}
		got, least := rand(m.Labels, want.Labels), want.Agreement
		if least < 1 {
			least -= .02
		}
		t.Logf("%s, %d: labels agree to %v, those of the peer with its own to %v", want.Table, want.MinSize, got, want.Agreement)
		if got < least {
			t.Errorf("%s, %d: labels agree to %v, want %v", want.Table, want.MinSize, got, least)
		}
		if got < 1 {
			continue
		}
		alike++
		for i, p := range want.Probabilities {
			if math.Abs(m.Strength[i]-p) > 1e-9 {
				t.Errorf("%s, %d: row %d belongs to its cluster with %v, want %v", want.Table, want.MinSize, i, m.Strength[i], p)
				break
			}
		}
	}
	if alike == 0 {
		t.Error("no data on which the labels are the same, to compare strengths on")
	}
}
