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
)

// stray returns rows of three columns; in the first, five rows stray far and the
// others are equal.
func stray() *mat.Dense {
	x := fixture.Normal(2, 200, 3)
	for i := range 200 {
		x.Set(i, 0, 0)
		if i < 5 {
			x.Set(i, 0, 100)
		}
	}
	return x
}

func ExampleMPAD_Fit() {
	// The first column has by far the largest variance, of which five rows have
	// nearly all.
	model, err := dr.MPAD{Components: 2}.Fit(context.Background(), stray())
	if err != nil {
		fmt.Println(err)
		return
	}
	for c := range 2 {
		fmt.Printf("weight of the first column: %.1f\n", math.Abs(model.Components().At(c, 0)))
	}
	// Output:
	// weight of the first column: 0.0
	// weight of the first column: 0.0
}

// differences returns the mean of the smallest differences between all pairs of the
// coordinates.
func differences(z []float64, tail float64) float64 {
	var all []float64
	for i, v := range z {
		for _, u := range z[:i] {
			all = append(all, math.Abs(v-u))
		}
	}
	slices.Sort(all)
	pairs := int(math.Round(tail * float64(len(all))))
	sum := 0.
	for _, d := range all[:pairs] {
		sum += d
	}
	return sum / float64(pairs)
}

// The objective is what all pairs, one by one, say of the map; directions are of unit
// length; and no direction near to one is much better.
func TestMPADByHand(t *testing.T) {
	testenv.Unraced(t)
	ctx := context.Background()
	x := fixture.Uniform(3, 80, 6)
	const penalty, tail = 2, .4
	m, err := dr.MPAD{Components: 3, Penalty: penalty, Tail: tail, Iterations: 500}.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	w := m.Components()
	worth := func(u []float64, k int) float64 {
		var z mat.VecDense
		z.MulVec(x, mat.NewVecDense(6, u))
		v := differences(z.RawVector().Data, tail)
		for c := range k {
			dot := mat.Dot(mat.NewVecDense(6, u), w.RowView(c))
			v -= penalty * m.Differences()[0] * dot * dot
		}
		return v
	}
	for c := range 3 {
		row := w.RawRowView(c)
		near(t, "length", mat.Norm(w.RowView(c), 2), 1, 1e-12, 0)
		near(t, "mean difference", differences(mat.Col(nil, c, m.Embedding()), tail), m.Differences()[c], 1e-9, 0)
		best, found := worth(row, c), 0.
		for seed := range uint64(50) {
			u := mat.Col(nil, 0, fixture.Normal(seed, 6, 1))
			size := 0.
			for j := range u {
				u[j] = row[j] + .1*u[j]
				size = math.Hypot(size, u[j])
			}
			for j := range u {
				u[j] /= size
			}
			found = max(found, worth(u, c))
		}
		if found > best*1.01 {
			t.Errorf("component %d is worth %v, and one near to it %v", c, best, found)
		}
	}
	// Units and a shift do not matter.
	var y mat.Dense
	y.Apply(func(_, _ int, v float64) float64 { return 1e5*v - 3e5 }, x)
	s, err := dr.MPAD{Components: 3, Penalty: penalty, Tail: tail, Iterations: 500}.Fit(ctx, &y)
	if err != nil {
		t.Fatal(err)
	}
	for c := range 3 {
		nearAll(t, "component in other units", s.Components().RawRowView(c), w.RawRowView(c), 0, 1e-3)
		near(t, "difference in other units", s.Differences()[c], 1e5*m.Differences()[c], 1e-4, 0)
	}
}

func TestMPADOfASample(t *testing.T) {
	ctx := context.Background()
	x := fixture.Normal(1, 300, 5)
	x.Apply(func(_, j int, v float64) float64 { return v * float64(1+j) }, x)
	a, err1 := dr.MPAD{Components: 2, Sample: 100}.Fit(ctx, x)
	b, err2 := dr.MPAD{Components: 2, Sample: 100, Seed: 1}.Fit(ctx, x)
	all, err3 := dr.MPAD{Components: 2}.Fit(ctx, x)
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	if mat.Equal(a.Embedding(), b.Embedding()) {
		t.Error("another seed draws the same sample")
	}
	for _, m := range []*dr.MPADModel{a, b, all} {
		if v := math.Abs(m.Components().At(0, 4)); v < .9 {
			t.Errorf("the first direction has the share %v of the largest column", v)
		}
	}
	z, err := a.Transform(ctx, x)
	if err != nil || !mat.Equal(z, a.Embedding()) {
		t.Errorf("transform: %v", err)
	}
	var degenerate *mat32.DegenerateError
	if _, err := (dr.MPAD{}).Fit(ctx, mat.NewDense(9, 2, nil)); !errors.As(err, &degenerate) {
		t.Errorf("equal rows: %v", err)
	}
}
