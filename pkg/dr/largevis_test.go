package dr_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/pkg/quality"
	"github.com/flatland-go/flatland/pkg/watch"
)

func ExampleLargeVis() {
	iris := datasets.Iris()
	ctx := context.Background()
	m, err := dr.LargeVis{Samples: 200, Seed: 1}.Fit(ctx, iris.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	n, k := m.Embedding().Dims()
	fmt.Println(m.Embedding().Method, n, k)
	e, err := m.Transform(ctx, mat32.Select(iris.X, []int{3, 70, 140}))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(e.Dims())
	// Output:
	// LargeVis 150 2
	// 3 2
}

// hits returns the share of the 10 nearest points of a map that are of the same digit.
func hits(t *testing.T, e *dr.Embedding, labels []int) float64 {
	t.Helper()
	hit, err := quality.NeighborhoodHit(context.Background(), e, labels, 10)
	if err != nil {
		t.Fatal(err)
	}
	return hit.Value
}

// Neighbours in the map are as good as those of t-SNE, from which the weights are.
func TestLargeVisIsAsGoodAsTSNE(t *testing.T) {
	testenv.Unraced(t)
	ctx := context.Background()
	x, labels := thirdDigits(0)
	ours, err := dr.LargeVis{Seed: 1}.Embed(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	tsne, err := dr.TSNE{Perplexity: 50, Iterations: 500, Seed: 1}.Embed(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := hits(t, ours, labels), hits(t, tsne, labels); got < want-.02 {
		t.Errorf("the share of neighbours of the same digit is %.4f, that of t-SNE %.4f", got, want)
	}
}

// Whatever the number of samples, the points move, and where they are enough to unfold the
// map, the likelihood rises with it.
func TestLargeVisSamples(t *testing.T) {
	testenv.Unraced(t)
	ctx := context.Background()
	x, _ := thirdDigits(1)
	var loss []float64
	for _, samples := range []int{dr.None, 3, 20, 100, 500, 2000, 5000} {
		e, err := dr.LargeVis{Samples: samples, Seed: 1}.Embed(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		loss = append(loss, e.Objective)
	}
	if slices.Max(loss[1:]) > loss[0]/5 || loss[4] >= loss[3] || loss[5] >= loss[4] || loss[6] >= loss[5] {
		t.Errorf("no, 3, 20, 100, 500, 2000 and 5000 samples leave negative log likelihoods of %.4f", loss)
	}
}

// New rows land among those of their digit, rows of the model near their points, and each
// where it does alone; a saved model does the same.
func TestLargeVisTransform(t *testing.T) {
	testenv.Unraced(t)
	ctx := context.Background()
	x, labels := thirdDigits(0)
	m, err := dr.LargeVis{Samples: 5000, Seed: 1}.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	e := m.Embedding()
	fresh, theirs := thirdDigits(1)
	z, err := m.Transform(ctx, fresh)
	if err != nil {
		t.Fatal(err)
	}
	right := 0
	for i, l := range theirs {
		at, least := 0, math.Inf(1)
		for j := range labels {
			if d := math.Hypot(z.At(i, 0)-e.At(j, 0), z.At(i, 1)-e.At(j, 1)); d < least {
				at, least = j, d
			}
		}
		if labels[at] == l {
			right++
		}
	}
	if share := float64(right) / float64(len(theirs)); share < .9 {
		t.Errorf("%.3f of the new rows land next to their digit", share)
	}
	back, err := m.Transform(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	size := mat.Max(e) - mat.Min(e)
	var moved []float64
	for i := range labels {
		moved = append(moved, math.Hypot(back.At(i, 0)-e.At(i, 0), back.At(i, 1)-e.At(i, 1))/size)
	}
	slices.Sort(moved)
	if half := moved[len(moved)/2]; half > .05 {
		t.Errorf("half of the rows of the model land farther than %.3f of the map from their points", half)
	}
	one, err := m.Transform(ctx, mat32.Select(fresh, []int{17}))
	if err != nil || one.At(0, 0) != z.At(17, 0) || one.At(0, 1) != z.At(17, 1) {
		t.Errorf("alone, row 17 lands at %v, else at %v (%v)", one.RawRowView(0), z.RawRowView(17), err)
	}
}

// Given graphs, weights and distances are taken for what they are.
func TestLargeVisByOtherWeights(t *testing.T) {
	testenv.Unraced(t)
	ctx := context.Background()
	x := fixture.Normal(7, 90, 6)
	x.Apply(func(i, j int, v float64) float64 {
		if i%3 == j {
			v += 12
		}
		return v
	}, x)
	labels := slices.Repeat([]int{0, 1, 2}, 30)
	l := dr.LargeVis{Samples: 2000, Perplexity: 9, Seed: 2}
	apart := func(e *dr.Embedding) bool {
		hit, err := quality.NeighborhoodHit(ctx, e, labels, 5)
		return err == nil && hit.Value > .98
	}
	graph, err := neighbors.Exact{Neighbors: 30}.Graph(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := l.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	withGraph := l
	withGraph.Graph = graph
	same, err := withGraph.Fit(ctx, x)
	if err != nil || !mat.Equal(plain.Embedding(), same.Embedding()) {
		t.Errorf("the same graph gives another map (%v)", err)
	}
	weights, err := affinity.Entropic{Perplexity: 9, Graph: graph, Neighbors: 27}.Weigh(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	given := l
	given.Affinity = weights
	m, err := given.Fit(ctx, x)
	if err != nil || !mat.Equal(plain.Embedding(), m.Embedding()) {
		t.Errorf("the same weights give another map (%v)", err)
	}
	var de *mat32.DegenerateError
	if _, err := m.Transform(ctx, x); !errors.As(err, &de) {
		t.Errorf("a model of given weights maps rows: %v", err)
	}
	cosine := l
	cosine.Metric = neighbors.Cosine{}
	if m, err = cosine.Fit(ctx, x); err != nil || !apart(m.Embedding()) {
		t.Errorf("by angles: %v", err)
	}
	d, err := mat32.DistancesFrom(distancesOf(x))
	if err != nil {
		t.Fatal(err)
	}
	if m, err = l.Fit(ctx, d); err != nil || !apart(m.Embedding()) {
		t.Errorf("by distances: %v", err)
	}
	var pe *mat32.ParamError
	l.Start = dr.FromPCA
	if _, err := l.Fit(ctx, d); !errors.As(err, &pe) || pe.Param != "Start" {
		t.Errorf("distances begin at principal components: %v", err)
	}
	lopsided, err := affinity.NewSparse(90, append([]int{0}, slices.Repeat([]int{1}, 90)...), []int32{1}, []float64{1})
	if err != nil {
		t.Fatal(err)
	}
	given.Affinity = lopsided
	if _, err := given.Fit(ctx, x); !errors.As(err, &pe) || pe.Param != "Affinity" {
		t.Errorf("weights of one direction: %v", err)
	}
}

// A cancel during the layout leaves the map so far.
func TestLargeVisCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ctx = watch.With(ctx, func(e watch.Event) {
		if e.Stage == "LargeVis: layout" && e.Done == 20 {
			cancel()
		}
	})
	e, err := dr.LargeVis{}.Embed(ctx, fixture.Normal(1, 60, 4))
	if !errors.Is(err, context.Canceled) || e == nil || !e.Partial || !math.IsNaN(e.Objective) {
		t.Errorf("got %v and %v", e, err)
	}
}
