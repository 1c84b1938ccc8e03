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
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/pkg/watch"
)

func ExampleTLDR_Embed() {
	// Groups that ten columns tell apart, beside two of loud noise.
	const n = 200
	x, centers := fixture.Normal(1, n, 12), fixture.Normal(2, 10, 10)
	x.Apply(func(i, j int, v float64) float64 {
		if j < 2 {
			return 2 * v
		}
		return centers.At(i%10, j-2) + .1*v
	}, x)
	for _, method := range []dr.Embedder{dr.PCA{Components: 2}, dr.TLDR{Components: 2, Epochs: 50, ProjectorWidth: 64, Seed: 1}} {
		e, err := method.Embed(context.Background(), x)
		if err != nil {
			fmt.Println(err)
			return
		}
		graph, err := neighbors.Exact{Neighbors: 1}.Graph(context.Background(), e)
		if err != nil {
			fmt.Println(err)
			return
		}
		same := 0
		for i := range n {
			if int(graph.Indices[i])%10 == i%10 {
				same++
			}
		}
		fmt.Printf("%s: the nearest row is of the same group for most: %v\n", e.Method, same > n/2)
	}
	// Output:
	// PCA: the nearest row is of the same group for most: false
	// TLDR: the nearest row is of the same group for most: true
}

// partners returns 2·m rows in pairs that share k columns but for a little noise, of
// which mix makes all columns, and the graph that says who is whose partner.
func partners(m, k, nuisances int) (*mat.Dense, *neighbors.Graph) {
	shared, own := fixture.Normal(3, m, k), fixture.Normal(4, 2*m, k+nuisances)
	plain := mat.NewDense(2*m, k+nuisances, nil)
	g := &neighbors.Graph{N: 2 * m, K: 1, Metric: neighbors.Euclidean{}.String()}
	for i := range 2 * m {
		for j := range k + nuisances {
			if j < k {
				plain.Set(i, j, shared.At(i/2, j)+.3*own.At(i, j))
			} else {
				plain.Set(i, j, 3*own.At(i, j))
			}
		}
	}
	mix := fixture.Normal(5, k+nuisances, k+nuisances)
	mix.Apply(func(i, j int, v float64) float64 {
		if i == j {
			return 1
		}
		return .2 * v
	}, mix)
	x := new(mat.Dense)
	x.Mul(plain, mix)
	for i := range 2 * m {
		j := i ^ 1
		distance := 0.
		for c := range k + nuisances {
			distance = math.Hypot(distance, x.At(i, c)-x.At(j, c))
		}
		g.Indices, g.Distances = append(g.Indices, int32(j)), append(g.Distances, distance)
	}
	g.Rows = mat32.Fingerprint(x)
	return x, g
}

// Without a projector, and with mutual pairs in one batch, the loss of a linear map is
// ‖A·R·Aᵀ − I‖² for unit rows A and the correlation R of partners in whitened
// coordinates. Where k eigenvalues of R stand out its minimum is Σ(1 − ρ)² over
// them, at their eigenvectors.
func TestTLDRFindsWhatPartnersShare(t *testing.T) {
	testenv.Unraced(t)
	ctx := context.Background()
	const m, k, nuisances = 300, 3, 5
	x, g := partners(m, k, nuisances)
	e, err := dr.TLDR{Components: k, Graph: g, Neighbors: 1, ProjectorLayers: dr.None, Lambda: 1, Epochs: 600, Batch: 2 * m, Seed: 1}.Embed(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	w, err := dr.PCA{Whiten: true}.Embed(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	d := k + nuisances
	r := mat.NewSymDense(d, nil)
	for i := range 2 * m {
		for a := range d {
			for b := a; b < d; b++ {
				r.SetSym(a, b, r.At(a, b)+w.At(i, a)*w.At(i^1, b)/(2*m-1))
			}
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(r, true) {
		t.Fatal("no eigenvectors")
	}
	var axes mat.Dense
	eigen.VectorsTo(&axes)
	values := eigen.Values(nil)
	want := 0.
	for _, rho := range values[nuisances:] {
		want += (1 - rho) * (1 - rho)
	}
	if values[nuisances] < .7 || values[nuisances-1] > .3 {
		t.Fatalf("the eigenvalues %v do not stand out", values)
	}
	near(t, "loss", e.Objective, want, .02, 0)
	var images, along mat.Dense
	images.Mul(w.T(), e) // the map in whitened coordinates
	along.Mul(axes.Slice(0, d, nuisances, d).T(), &images)
	if share := math.Pow(mat.Norm(&along, 2)/mat.Norm(&images, 2), 2); share < .999 {
		t.Errorf("only %.4f of the map lies along the eigenvectors", share)
	}
}

var shortTLDR = dr.TLDR{Components: 3, Epochs: 20, ProjectorWidth: 32, Batch: 64, Seed: 1}

// Neighbours that are strangers teach nothing: with the groups' own neighbours the map
// tells groups apart, with shuffled ones it does not.
func TestTLDRNeedsTrueNeighbors(t *testing.T) {
	testenv.Unraced(t)
	ctx := context.Background()
	const n = 240
	x, centers := fixture.Normal(1, n, 24), fixture.Normal(2, 8, 18)
	x.Apply(func(i, j int, v float64) float64 {
		if j < 6 {
			return 1.5 * v
		}
		return centers.At(i%8, j-6) + .3*v
	}, x)
	g, err := neighbors.Exact{Neighbors: 5}.Graph(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	strangers := *g
	strangers.Indices = slices.Clone(g.Indices)
	for i, u := range fixture.Uniform(3, 5*n, 1).RawMatrix().Data {
		strangers.Indices[i] = int32((i/5 + 1 + int(u*(n-1))) % n) // not itself
	}
	recall := func(g *neighbors.Graph) float64 {
		m := shortTLDR
		m.Components, m.Epochs, m.Graph = 3, 60, g
		e, err := m.Embed(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		near, err := neighbors.Exact{Neighbors: 1}.Graph(ctx, e)
		if err != nil {
			t.Fatal(err)
		}
		hits := 0.
		for i, j := range near.Indices {
			if i%8 == int(j)%8 {
				hits++
			}
		}
		return hits / n
	}
	taught, misled := recall(g), recall(&strangers)
	if taught < .85 || misled > .5 {
		t.Errorf("the nearest is of the same group in %.2f, with strangers for neighbours in %.2f", taught, misled)
	}
}

func TestTLDRMaps(t *testing.T) {
	ctx := context.Background()
	x, more := normal(150, 6, 3), normal(20, 6, 3)
	for name, change := range map[string]func(*dr.TLDR){
		"linear":       func(*dr.TLDR) {},
		"no projector": func(m *dr.TLDR) { m.ProjectorLayers = dr.None },
		"factors":      func(m *dr.TLDR) { m.EncoderLayers, m.EncoderWidth = 2, 10 },
		"perceptron":   func(m *dr.TLDR) { m.EncoderLayers, m.EncoderWidth, m.Nonlinear = 2, 10, true },
	} {
		method := shortTLDR
		change(&method)
		m, err := method.Fit(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		e := m.Embedding()
		again, err := m.Transform(ctx, x)
		if err != nil || !mat.Equal(again, e) {
			t.Errorf("%s: the rows it was fitted to are mapped elsewhere (%v)", name, err)
		}
		// Principal axes, of mean variance 1 together, and mean 0.
		var second mat.Dense
		second.Mul(e.T(), e)
		for a := range 3 {
			near(t, name+": mean", mat.Sum(e.ColView(a))/150, 0, 0, 1e-9)
			for b := range a {
				near(t, name+": covariance", second.At(a, b)/150, 0, 0, 1e-9)
			}
			if a > 0 && second.At(a, a) > second.At(a-1, a-1) {
				t.Errorf("%s: component %d has more variance than the one before", name, a)
			}
		}
		near(t, name+": mean variance", mat.Trace(&second)/150/3, 1, 1e-9, 0)
		z, err := m.Transform(ctx, more)
		if err != nil {
			t.Fatal(err)
		}
		w := m.Components()
		if method.Nonlinear {
			var middle, half mat.Dense
			middle.Add(more.Slice(0, 10, 0, 6), more.Slice(10, 20, 0, 6))
			middle.Scale(.5, &middle)
			between, err := m.Transform(ctx, &middle)
			half.Add(z.Slice(0, 10, 0, 3), z.Slice(10, 20, 0, 3))
			half.Scale(.5, &half)
			if err != nil || w != nil || mat.EqualApprox(between, &half, 1e-3) {
				t.Errorf("%s: it is linear (%v)", name, err)
			}
			continue
		}
		var shifted, want mat.Dense
		shifted.Apply(func(_, j int, v float64) float64 { return v - m.Mean()[j] }, more)
		want.Mul(&shifted, w.T())
		if !mat.EqualApprox(z, &want, 1e-12) {
			t.Errorf("%s: new rows are not mapped by the components", name)
		}
	}
}

func TestTLDROfAGivenGraph(t *testing.T) {
	ctx := context.Background()
	x := normal(80, 5, 0)
	sought, err := shortTLDR.Embed(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	g, err := neighbors.Exact{Neighbors: 9}.Graph(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	method := shortTLDR
	method.Batch, method.Graph = 64, g
	m, err := method.Fit(ctx, x)
	if err != nil || !mat.Equal(m.Embedding(), sought) || len(m.Embedding().Notes) != 1 || m.Options().Graph != nil {
		t.Errorf("the graph it would find gives another map, or no note: %v, %v", m, err)
	}
	var param *mat32.ParamError
	for name, x := range map[string]mat.Matrix{"other rows": normal(80, 5, 1), "fewer rows": normal(70, 5, 0)} {
		if _, err := method.Fit(ctx, x); !errors.As(err, &param) || param.Param != "Graph" {
			t.Errorf("a graph of %s: %v", name, err)
		}
	}
	method.Neighbors = 10
	if _, err := method.Fit(ctx, x); !errors.As(err, &param) || param.Param != "Graph" {
		t.Errorf("a graph of too few neighbours: %v", err)
	}
}

func TestTLDRWatched(t *testing.T) {
	var losses []float64
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ctx = watch.With(ctx, func(e watch.Event) {
		if e.Stage == "TLDR: training" {
			losses = append(losses, e.Loss)
		}
	})
	e, err := shortTLDR.Embed(ctx, normal(80, 5, 0))
	if err != nil || len(losses) != 20 || losses[19] != e.Objective || !(losses[19] < losses[0]) {
		t.Errorf("losses %v, at last %v (%v)", losses, e, err)
	}
	ctx = watch.With(ctx, func(e watch.Event) { cancel() })
	if _, err := shortTLDR.Embed(ctx, normal(80, 5, 0)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
