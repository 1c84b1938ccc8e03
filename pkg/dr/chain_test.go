package dr_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

func ExampleChain() {
	ctx := context.Background()
	wine := datasets.Wine()
	model, err := dr.Chain{dr.Any(dr.Standardize{}), dr.Any(dr.PCA{Components: 2})}.Fit(ctx, wine.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(model.Embedding().Caption())
	z, err := model.Transform(ctx, wine.X.Slice(0, 1, 0, 13))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f\n", z.RawRowView(0))
	// Output:
	// standardize → PCA · n = 178 · 13 → 2 dimensions
	// [3.32 1.44]
}

func TestChainIsItsMethodsInOrder(t *testing.T) {
	ctx := context.Background()
	x := normal(50, 4, 3)
	m, err := dr.Chain{dr.Any(dr.Standardize{}), dr.Any(dr.PCA{})}.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	s, err := dr.Standardize{}.Embed(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	want := scores(t, dr.PCA{}, s)
	if !mat.Equal(m.Embedding(), want) {
		t.Error("the chain gives another map than its methods by hand")
	}
	back, err := m.Inverse(ctx, m.Embedding())
	if err != nil || !mat.EqualApprox(back, x, 1e-10) {
		t.Errorf("the rows do not come back: %v", err)
	}
	if len(m.Models()) != 2 {
		t.Errorf("%d models", len(m.Models()))
	}
}

func TestChainErrorsNameThePlace(t *testing.T) {
	ctx := context.Background()
	x := normal(50, 4, 3)
	fit := func(c dr.Chain) error { _, err := c.Fit(ctx, x); return err }
	var pe *mat32.ParamError
	for _, c := range []dr.Chain{{}, {nil}} {
		if err := fit(c); !errors.As(err, &pe) {
			t.Errorf("%v: %v", c, err)
		}
	}
	if err := fit(dr.Chain{dr.Any(dr.PCA{Components: 3}), dr.Any(dr.PCA{Components: 4})}); !errors.As(err, &pe) || !strings.HasPrefix(err.Error(), "dr.Chain: method 1: ") {
		t.Errorf("too many components in the second: %v", err)
	}
	m, err := dr.Chain{dr.Any(dr.PCA{}), dr.Any(dr.MetricMDS{Iterations: 5})}.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Transform(ctx, x); err == nil || err.Error() != "dr.Chain: method 1: metric MDS: it cannot map new rows" {
		t.Errorf("transform: %v", err)
	}
	if _, err := m.Inverse(ctx, m.Embedding()); err == nil {
		t.Error("a layout was inverted")
	}
	if e := m.Embedding(); e.Method != "PCA → metric MDS" || e.Dim != 4 {
		t.Errorf("caption %q", e.Caption())
	}
}

func TestChainReturnsAPartialMap(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	ctx = watch.With(ctx, func(e watch.Event) {
		if e.Layout != nil && e.Done == 7 {
			cancel()
		}
	})
	e, err := dr.Chain{dr.Any(dr.PCA{}), dr.Any(dr.TSNE{})}.Embed(ctx, normal(50, 4, 3))
	if !errors.Is(err, context.Canceled) || e == nil || !e.Partial {
		t.Errorf("got %v, %v", e, err)
	}
}
