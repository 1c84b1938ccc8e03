package dr_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/flatland-go/flatland/internal/contingency"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/dr"
)

// Three curves that wind through all of few dimensions are told apart where linear subspaces
// are not.
func TestMLCPartsCurvesThatSubspacesDoNot(t *testing.T) {
	for _, dim := range []int{10, 50} {
		for seed := range uint64(2) {
			d, err := datasets.UnionOfManifolds{Rows: 300, Dim: dim, Dims: []int{1, 1, 1}, Seed: seed}.Generate()
			if err != nil {
				t.Fatal(err)
			}
			m, err := dr.MLC{Clusters: 3, Steps: 300}.Fit(context.Background(), d.X)
			if err != nil {
				t.Fatal(err)
			}
			k, err := dr.KSubspaces{Clusters: 3, Components: 2}.Fit(context.Background(), d.X)
			if err != nil {
				t.Fatal(err)
			}
			ours := contingency.Of(m.Labels(), d.Labels, 3, 3).AdjustedRand()
			linear := contingency.Of(k.Labels, d.Labels, 3, 3).AdjustedRand()
			t.Logf("%d columns, seed %d: %.2f, planes %.2f", dim, seed, ours, linear)
			if ours < .95 || linear > ours-.1 {
				t.Errorf("%d columns, seed %d: labels agree to %v, those of planes to %v", dim, seed, ours, linear)
			}
		}
	}
}

func ExampleMLC() {
	d, err := datasets.UnionOfManifolds{Rows: 200, Dim: 30, Dims: []int{1, 1}}.Generate()
	if err != nil {
		fmt.Println(err)
		return
	}
	m, err := dr.MLC{Steps: 200}.Fit(context.Background(), d.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	wrong := 0
	for i, l := range m.Labels() {
		if (l == m.Labels()[0]) != (d.Labels[i] == d.Labels[0]) {
			wrong++
		}
	}
	fmt.Println("wrong:", wrong)
	// Output: wrong: 0
}
