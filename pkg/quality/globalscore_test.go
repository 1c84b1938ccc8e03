package quality_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/quality"
	"github.com/flatland-go/flatland/tests/golden"
)

func ExampleGlobalScore() {
	iris := datasets.Iris()
	petals := mat.DenseCopyOf(iris.X).Slice(0, 150, 2, 4)
	s, err := quality.GlobalScore(context.Background(), iris.X, petals)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s %.4f\n", s.Name, s.Value)
	// Output:
	// global score 0.1306
}

func TestGlobalScoreAgainstTrimap(t *testing.T) {
	var g struct {
		X, Y        [][]float64
		GlobalScore float64 `json:"global_score"`
	}
	golden.Load(t, "trimap", &g)
	of := func(rows [][]float64) *mat.Dense {
		m := mat.NewDense(len(rows), len(rows[0]), nil)
		for i, r := range rows {
			m.SetRow(i, r)
		}
		return m
	}
	s, err := quality.GlobalScore(context.Background(), of(g.X), of(g.Y))
	if err != nil || math.Abs(s.Value-g.GlobalScore) > 1e-9 {
		t.Errorf("got %v and %v, want %v", s.Value, err, g.GlobalScore)
	}
}

// It does not depend on offsets, units, or which linear map of an embedding is taken, a
// degenerate one among them; and the span of the leading columns of uncorrelated data is 1.
func TestGlobalScoreOfLinearMaps(t *testing.T) {
	ctx := context.Background()
	x, y := fixture.Normal(1, 80, 6), fixture.Normal(2, 80, 2)
	score := func(x, y mat.Matrix) float64 {
		s, err := quality.GlobalScore(ctx, x, y)
		if err != nil {
			t.Fatal(err)
		}
		return s.Value
	}
	want := score(x, y)
	var turned mat.Dense
	turned.Mul(y, mat.NewDense(2, 2, []float64{3, 1, -2, 5}))
	moved := mat.DenseCopyOf(x)
	moved.Apply(func(_, _ int, v float64) float64 { return 1e-5 * (v + 1000) }, moved)
	for name, got := range map[string]float64{"another linear map": score(x, &turned), "other units": score(moved, y), "float32": score(x, mat32.Convert(y))} {
		if math.Abs(got-want) > 1e-6 {
			t.Errorf("%s gives %v, want %v", name, got, want)
		}
	}
	for i := range 80 {
		turned.Set(i, 1, 2*turned.At(i, 0))
	}
	if got := score(x, &turned); !(got > 0 && got < want) {
		t.Errorf("a line of a plane gives %v, and the plane %v", got, want)
	}
	axes := mat.NewDense(8, 3, nil)
	for i := range 8 {
		axes.SetRow(i, []float64{float64(i & 1), 3 * float64(i>>1&1), 2 * float64(i>>2)})
	}
	if got := score(axes, axes.Slice(0, 8, 1, 3)); math.Abs(got-1) > 1e-12 {
		t.Errorf("principal components score %v", got)
	}
	// The shortest axis leaves variances of 9 + 4, in quarters, where 1 + 4 would do.
	if got, want := score(axes, mat.DenseCopyOf(axes.Slice(0, 8, 0, 1))), math.Exp(-8./5); math.Abs(got-want) > 1e-12 {
		t.Errorf("the shortest axis scores %v, want %v", got, want)
	}
}

func TestGlobalScoreRefuses(t *testing.T) {
	ctx := context.Background()
	x := fixture.Normal(1, 20, 4)
	var (
		se *mat32.ShapeError
		de *mat32.DegenerateError
	)
	if _, err := quality.GlobalScore(ctx, x, fixture.Normal(2, 19, 2)); !errors.As(err, &se) {
		t.Errorf("other rows: %v", err)
	}
	if _, err := quality.GlobalScore(ctx, x.Slice(0, 2, 0, 4), x.Slice(0, 2, 0, 2)); !errors.As(err, &se) {
		t.Errorf("two rows: %v", err)
	}
	if _, err := quality.GlobalScore(ctx, x, mat.NewDense(20, 2, nil)); !errors.As(err, &de) {
		t.Errorf("a point: %v", err)
	}
	if _, err := quality.GlobalScore(ctx, x.Slice(0, 20, 0, 2), x); !errors.As(err, &de) {
		t.Errorf("more dimensions than the data have: %v", err)
	}
	if _, err := quality.GlobalScore(ctx, fixture.Normal(3, 20, 40), fixture.Normal(4, 20, 30)); !errors.As(err, &de) {
		t.Errorf("an embedding of more columns than rows: %v", err)
	}
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := quality.GlobalScore(canceled, x, x.Slice(0, 20, 0, 2)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
