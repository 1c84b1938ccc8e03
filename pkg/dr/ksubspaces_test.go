package dr_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// missed returns the largest sine between a true subspace and the one found that is nearest to
// it, 1 where that has fewer dimensions.
func missed(m *dr.KSubspacesModel, truth []*mat.Dense) (worst float64) {
	for _, u := range truth {
		rank, _ := u.Dims()
		least := 1.
		for _, v := range m.Bases {
			if v == nil || v.RawMatrix().Rows < rank {
				continue
			}
			var cross mat.Dense
			cross.Mul(u, v.T())
			var svd mat.SVD
			svd.Factorize(&cross, mat.SVDNone)
			cosine := svd.Values(nil)[rank-1]
			least = min(least, math.Sqrt(max(0, 1-cosine*cosine)))
		}
		worst = max(worst, least)
	}
	return worst
}

// Of one cluster the subspace is that of the principal components, and the loss what they leave.
func TestKSubspacesOfOneClusterIsPCA(t *testing.T) {
	x := datasets.Digits().X.Slice(0, 300, 0, 64)
	m, err := dr.KSubspaces{Clusters: 1, Components: 5}.Fit(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	var svd mat.SVD
	svd.Factorize(x, mat.SVDThin)
	var v mat.Dense
	svd.VTo(&v)
	if got := missed(m, []*mat.Dense{mat.DenseCopyOf(v.Slice(0, 64, 0, 5).T())}); got > 1e-7 {
		t.Errorf("the subspace is %v off", got)
	}
	want := 0.
	for _, s := range svd.Values(nil)[5:] {
		want += s * s
	}
	if math.Abs(m.Loss-want) > 1e-9*want {
		t.Errorf("loss %v, want %v", m.Loss, want)
	}
}

// A subspace is found from about as many rows as it has dimensions, and from no fewer.
func TestKSubspacesNeedAsManyRowsAsDimensions(t *testing.T) {
	for _, rank := range []int{2, 4, 8} {
		for _, share := range []float64{.5, 3} {
			rows := int(share * float64(rank))
			hits := 0
			for seed := range uint64(5) {
				d, err := datasets.LowRankGaussianMixture{Rows: 2 * rows, Rank: rank, Seed: seed}.Generate()
				if err != nil {
					t.Fatal(err)
				}
				m, err := dr.KSubspaces{Components: rank, Restarts: 20}.Fit(context.Background(), d.X)
				if err != nil {
					t.Fatal(err)
				}
				if missed(m, d.Truth.Bases) < .01 {
					hits++
				}
			}
			if want := share > 1; (hits >= 4) != want || !want && hits > 0 {
				t.Errorf("rank %d, %d rows a class: found %d times of 5", rank, rows, hits)
			}
		}
	}
}

func TestKSubspacesFindWhatNoiseLeaves(t *testing.T) {
	d, err := datasets.LowRankGaussianMixture{Rows: 300, Classes: 3, Rank: 4, Dim: 20, Sigma: .05, Seed: 3}.Generate()
	if err != nil {
		t.Fatal(err)
	}
	m, err := dr.KSubspaces{Clusters: 3, Components: 4}.Fit(context.Background(), d.X)
	if err != nil {
		t.Fatal(err)
	}
	if got := missed(m, d.Truth.Bases); got > .1 {
		t.Errorf("a subspace is %v off", got)
	}
	points, labels, err := m.Project(context.Background(), d.X)
	if err != nil || !slices.Equal(labels, m.Labels) {
		t.Fatalf("rows of the model project elsewhere (%v)", err)
	}
	var before, after mat.Dense
	before.Sub(d.X, d.Truth.Clean)
	after.Sub(points, d.Truth.Clean)
	if a, b := mat.Norm(&after, 2), mat.Norm(&before, 2); a > .6*b {
		t.Errorf("projection leaves %v of the noise %v", a, b)
	}
	var shape *mat32.ShapeError
	if _, _, err := m.Project(context.Background(), mat.NewDense(2, 3, nil)); !errors.As(err, &shape) {
		t.Errorf("other columns: %v", err)
	}
}

func ExampleKSubspaces() {
	d, err := datasets.LowRankGaussianMixture{Rows: 200, Rank: 3, Dim: 20}.Generate()
	if err != nil {
		fmt.Println(err)
		return
	}
	m, err := dr.KSubspaces{Components: 3}.Fit(context.Background(), d.X)
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
	fmt.Printf("wrong: %d, loss below 1e-12: %v\n", wrong, m.Loss < 1e-12)
	// Output: wrong: 0, loss below 1e-12: true
}
