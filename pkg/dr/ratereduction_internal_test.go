package dr

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
)

func unitRows(x *mat.Dense) *mat.Dense {
	n, _ := x.Dims()
	for i := range n {
		row := x.RawRowView(i)
		floats.Scale(1/floats.Norm(row, 2), row)
	}
	return x
}

// Gradients are those of finite differences, through the Sinkhorn projection.
func TestRateReductionFollowsItsGradient(t *testing.T) {
	const n, p, gamma = 14, 4, .3
	ctx := context.Background()
	z, c := unitRows(fixture.Normal(1, n, p)), unitRows(fixture.Normal(2, n, 3))
	r := rateReduction{precision: p / .25}
	value := func() float64 {
		member, err := doublyStochastic(ctx, c, gamma)
		if err != nil {
			t.Fatal(err)
		}
		v, _, _, err := r.of(ctx, z, member)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	member, err := doublyStochastic(ctx, c, gamma)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if sum := floats.Sum(member.RawRowView(i)); math.Abs(sum-1) > 1e-9 {
			t.Fatalf("row %d sums to %v", i, sum)
		}
	}
	_, byZ, byMember, err := r.of(ctx, z, member)
	if err != nil {
		t.Fatal(err)
	}
	byC := byHeads(c, member, byMember, gamma)
	for _, of := range []struct{ x, by *mat.Dense }{{z, byZ}, {c, byC}} {
		_, cols := of.x.Dims()
		for i := range n {
			for j := range cols {
				const step = 1e-5
				old := of.x.At(i, j)
				of.x.Set(i, j, old+step)
				up := value()
				of.x.Set(i, j, old-step)
				down := value()
				of.x.Set(i, j, old)
				if want, got := (up-down)/(2*step), of.by.At(i, j); math.Abs(got-want) > 1e-6*(1+math.Abs(want)) {
					t.Fatalf("row %d, column %d: %v, want %v", i, j, got, want)
				}
			}
		}
	}
}
