package neighbors_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/apart"
	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

func ExampleAuto_Graph() {
	x := mat.NewDense(4, 1, []float64{0, 1, 3, 10})
	g, err := neighbors.Auto{Neighbors: 1}.Graph(context.Background(), x)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(g)
	// Output:
	// graph of 4 rows, 1 nearest neighbours each, euclidean distance
	//   exact search was picked: 4 rows, compared by products of matrices, are no more than 50000
}

func TestAutoIsTheMethodItPicks(t *testing.T) {
	ctx := context.Background()
	few, many := fixture.Normal(3, 300, 3), fixture.Normal(3, 5001, 2)
	for name, c := range map[string]struct {
		a  neighbors.Auto
		x  mat.Matrix
		as interface {
			Graph(ctx context.Context, x mat.Matrix) (*neighbors.Graph, error)
		}
		says string
	}{
		"few":            {neighbors.Auto{}, few, neighbors.Exact{}, "exact search"},
		"many":           {neighbors.Auto{Neighbors: 3}, many, neighbors.Exact{Neighbors: 3}, "exact search"},
		"few, manhattan": {neighbors.Auto{Metric: neighbors.Manhattan{}}, few, neighbors.Exact{Metric: neighbors.Manhattan{}}, "exact search"},
		"many, manhattan": {neighbors.Auto{Neighbors: 3, Metric: neighbors.Manhattan{}, Seed: 7}, many,
			neighbors.NNDescent{Neighbors: 3, Metric: neighbors.Manhattan{}, Seed: 7}, "NN-descent"},
		"distances": {neighbors.Auto{Metric: neighbors.Manhattan{}}, apart.Rows(t, few), neighbors.Exact{}, "distances are given"},
	} {
		if n, _ := c.x.Dims(); n > 1000 && testing.Short() {
			continue
		}
		got, err := c.a.Graph(ctx, c.x)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want, err := c.as.Graph(ctx, c.x)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.Indices, want.Indices) || got.Fingerprint() != want.Fingerprint() || got.Method != want.Method {
			t.Errorf("%s: %v is not %v", name, got, want)
		}
		if len(got.Notes) == 0 || !strings.Contains(got.Notes[0], c.says) {
			t.Errorf("%s: it says %q", name, got.Notes)
		}
	}
	if testing.Short() {
		return
	}
	one := neighbors.Auto{Neighbors: 3, Metric: neighbors.Manhattan{}, Seed: 1}
	a, err := one.Graph(ctx, many)
	if err != nil {
		t.Fatal(err)
	}
	one.Seed = 2
	if b, err := one.Graph(ctx, many); err != nil || a.Method == b.Method {
		t.Errorf("another seed is not told: %v, %v", b, err)
	}
}

func TestAutoIndex(t *testing.T) {
	ctx := context.Background()
	few, many, y := fixture.Normal(3, 300, 2), fixture.Normal(3, 5001, 2), fixture.Normal(4, 20, 2)
	for _, x := range []*mat.Dense{few, many} {
		if x == many && testing.Short() {
			continue
		}
		ix, err := neighbors.Auto{Metric: neighbors.Manhattan{}}.Index(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		n, _ := x.Dims()
		if _, exactly := ix.(*neighbors.ExactIndex); exactly != (n <= 5000) {
			t.Errorf("%d rows have a %T", n, ix)
		}
		if rows, cols := ix.Dims(); rows != n || cols != 2 {
			t.Errorf("an index of %d × %d for %d rows", rows, cols, n)
		}
		truth, err := neighbors.Exact{Metric: neighbors.Manhattan{}}.Index(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		want, err := truth.Query(ctx, y, 5)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ix.Query(ctx, y, 5)
		if err != nil || got.Metric != "manhattan" {
			t.Fatalf("%v, %v", got, err)
		}
		same := 0
		for i := range got.Indices {
			if got.Indices[i] == want.Indices[i] {
				same++
			}
		}
		if same < 95 { // of 100
			t.Errorf("%d rows: %d of 100 neighbours are the true ones", n, same)
		}
	}
}

// Errors name the method that was called, not the one that was picked.
func TestAutoNamesItself(t *testing.T) {
	ctx := context.Background()
	x := inputs()["normal"]
	_, param := neighbors.Auto{Neighbors: 300}.Graph(ctx, x)
	_, memory := neighbors.Auto{MemoryLimit: 1}.Graph(ctx, x)
	_, indexed := neighbors.Auto{MemoryLimit: 1}.Index(ctx, x)
	_, rows := neighbors.Auto{}.Index(ctx, apart.Rows(t, x))
	_, empty := neighbors.Auto{}.Graph(ctx, &mat.Dense{})
	_, domain := neighbors.Auto{Metric: neighbors.Hellinger{}}.Graph(ctx, x) // which has negative values
	for _, c := range []struct {
		err  error
		want any
	}{
		{param, new(*mat32.ParamError)}, {memory, new(*mat32.MemoryError)}, {indexed, new(*mat32.MemoryError)},
		{rows, new(*mat32.RowsNeededError)}, {domain, new(*neighbors.DomainError)},
	} {
		if c.err == nil || !errors.As(c.err, c.want) || !strings.HasPrefix(c.err.Error(), "neighbors.Auto") {
			t.Errorf("got %v, want a %T of neighbors.Auto", c.err, c.want)
		}
	}
	if !errors.Is(empty, mat32.ErrEmpty) || !strings.HasPrefix(empty.Error(), "neighbors.Auto") {
		t.Errorf("empty: %v", empty)
	}
}

// What a metric is called, or whether it is given by a pointer, changes nothing.
func TestAutoPicksByWhatAMetricIs(t *testing.T) {
	ctx := context.Background()
	x := fixture.Normal(3, 60, 3)
	const products, pairs = "products of matrices", "pair by pair"
	for _, c := range []struct {
		metric, as neighbors.Metric
		says       string
	}{
		{&neighbors.Euclidean{}, nil, products},
		{neighbors.Minkowski{}, nil, products},
		{&neighbors.Minkowski{P: 2}, nil, products},
		{&neighbors.Minkowski{P: 1}, neighbors.Manhattan{}, pairs},
		{neighbors.Minkowski{P: 2, Weights: []float64{1, 1, 1}}, nil, pairs},
		{&neighbors.Cosine{}, neighbors.Cosine{}, products},
		{&neighbors.Canberra{}, neighbors.Canberra{}, pairs},
	} {
		got, err := neighbors.Auto{Neighbors: 5, Metric: c.metric}.Graph(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		want, err := neighbors.Exact{Neighbors: 5, Metric: c.as}.Graph(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.Indices, want.Indices) || len(got.Notes) == 0 || !strings.Contains(got.Notes[0], c.says) {
			t.Errorf("%T, %v: another graph than by %v, or other notes: %q", c.metric, c.metric, c.as, got.Notes)
		}
		if err := got.CheckMetric("test", x, 5, c.metric); err != nil {
			t.Errorf("%T: %v", c.metric, err)
		}
		r, err := neighbors.Auto{Metric: c.metric}.Resolve(60, 3)
		if err != nil || reflect.TypeOf(r.Metric).Kind() == reflect.Pointer {
			t.Errorf("resolved, the metric is a %T: %v", r.Metric, err)
		}
	}
}

// A nil pointer is not a metric, wherever one is an option.
func TestNilPointersAreNoMetrics(t *testing.T) {
	ctx := context.Background()
	x := fixture.Normal(3, 60, 3)
	g, err := neighbors.Exact{Neighbors: 5}.Graph(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	h, err := g.Union()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []neighbors.Metric{(*neighbors.Minkowski)(nil), (*neighbors.Cosine)(nil)} {
		for name, of := range map[string]func() error{
			"Auto.Graph":        func() error { _, err := neighbors.Auto{Metric: m}.Graph(ctx, x); return err },
			"Auto.Index":        func() error { _, err := neighbors.Auto{Metric: m}.Index(ctx, x); return err },
			"Exact.Graph":       func() error { _, err := neighbors.Exact{Metric: m}.Graph(ctx, x); return err },
			"Exact.Index":       func() error { _, err := neighbors.Exact{Metric: m}.Index(ctx, x); return err },
			"NNDescent.Graph":   func() error { _, err := neighbors.NNDescent{Metric: m}.Graph(ctx, x); return err },
			"NNDescent.Index":   func() error { _, err := neighbors.NNDescent{Metric: m}.Index(ctx, x); return err },
			"HNSW.Graph":        func() error { _, err := neighbors.HNSW{Metric: m}.Graph(ctx, x); return err },
			"HNSW.Index":        func() error { _, err := neighbors.HNSW{Metric: m}.Index(ctx, x); return err },
			"Within":            func() error { _, err := neighbors.Within{Radius: 1, Metric: m}.Neighborhoods(ctx, x); return err },
			"MST":               func() error { _, err := neighbors.MST{Metric: m}.Fit(ctx, x); return err },
			"Join":              func() error { _, err := neighbors.Join{Metric: m}.Connect(ctx, x, h); return err },
			"Graph.CheckMetric": func() error { return g.CheckMetric("test", x, 5, m) },
		} {
			var param *mat32.ParamError
			if err := of(); !errors.As(err, &param) || param.Param != "Metric" {
				t.Errorf("%s by a %T that is nil: %v", name, m, err)
			}
		}
	}
}
