package dr_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
)

func ExampleStreamingPCA_Start() {
	ctx := context.Background()
	learner, err := dr.StreamingPCA{Components: 1, HalfLife: 50}.Start(2)
	if err != nil {
		fmt.Println(err)
		return
	}
	// A direction that turns: first along (1, 1), then along (1, −1).
	for i := range 1000 {
		v := math.Sin(float64(i))
		row := []float64{v, v}
		if i >= 500 {
			row[1] = -v
		}
		if err := learner.Add(ctx, mat.NewDense(1, 2, row)); err != nil {
			fmt.Println(err)
			return
		}
		if i == 499 || i == 999 {
			model, err := learner.Model(ctx)
			if err != nil {
				fmt.Println(err)
				return
			}
			fmt.Printf("after %d rows %.2f\n", model.Rows(), model.Components().RawRowView(0))
		}
	}
	// Output:
	// after 500 rows [0.71 0.71]
	// after 1000 rows [0.71 -0.71]
}

// Where all rows lie in the space of the components, nothing is lost.
func TestStreamingPCAOfFullComponentsIsPCA(t *testing.T) {
	ctx := context.Background()
	var flat mat.Dense
	flat.Mul(fixture.Normal(1, 300, 3), fixture.Normal(2, 3, 12))
	for name, c := range map[string]struct {
		x mat.Matrix
		k int
	}{"a space of three dimensions": {&flat, 3}, "all components": {fixture.Normal(3, 200, 5), 5}, "few rows": {fixture.Normal(4, 7, 20), 6}, "far away": {shifted(&flat, 1e5), 3}} {
		m, err := dr.StreamingPCA{Components: c.k}.Fit(ctx, c.x)
		if err != nil {
			t.Fatal(err)
		}
		want, err := dr.PCA{Components: c.k}.Fit(ctx, c.x)
		if err != nil {
			t.Fatal(err)
		}
		nearAll(t, name+" variance", m.ExplainedVariance(), want.ExplainedVariance(), 1e-8, 0)
		nearAll(t, name+" share", m.ExplainedVarianceRatio(), want.ExplainedVarianceRatio(), 1e-8, 0)
		nearAll(t, name+" mean", m.Mean(), want.Mean(), 1e-9, 1e-9)
		if !mat.EqualApprox(m.Components(), want.Components(), 1e-6) || !mat.EqualApprox(m.Embedding(), want.Embedding(), 1e-5) {
			t.Errorf("%s: the map is not that of PCA", name)
		}
	}
}

func shifted(x *mat.Dense, by float64) *mat.Dense {
	var y mat.Dense
	y.Apply(func(_, _ int, v float64) float64 { return v + by }, x)
	return &y
}

// twoSpikes returns rows of variance 9 and 4 along two directions that are no axes, and
// 1 otherwise, and the directions.
func twoSpikes(seed uint64, n, d int) (x, directions *mat.Dense) {
	directions = fixture.Normal(seed+70, 2, d)
	u, v := directions.RawRowView(0), directions.RawRowView(1)
	uu, uv := 0., 0.
	for j := range u {
		uu += u[j] * u[j]
		uv += u[j] * v[j]
	}
	vv := 0.
	for j := range v {
		v[j] -= uv / uu * u[j]
		vv += v[j] * v[j]
	}
	for j := range v {
		u[j] /= math.Sqrt(uu)
		v[j] /= math.Sqrt(vv)
	}
	x = fixture.Normal(seed, n, d)
	s := fixture.Normal(seed+90, n, 2)
	for i := range n {
		for j := range d {
			x.Set(i, j, x.At(i, j)+math.Sqrt(8)*s.At(i, 0)*u[j]+math.Sqrt(3)*s.At(i, 1)*v[j]+7)
		}
	}
	return x, directions
}

// shared returns how much of the directions the components have: 1 for the same space.
func shared(components, directions *mat.Dense) float64 {
	k, _ := directions.Dims()
	var c mat.Dense
	c.Mul(components, directions.T())
	return math.Pow(mat.Norm(&c, 2), 2) / float64(k)
}

// Both rules find the directions of a stream. History needs fewer rows, and gets
// nearer to what all rows at once show; Oja gets there.
func TestStreamingPCAFindsTheDirections(t *testing.T) {
	testenv.Unraced(t)
	ctx := context.Background()
	const n = 8000
	for seed := range uint64(3) {
		x, directions := twoSpikes(seed+1, n, 30)
		whole, err := dr.PCA{Components: 2}.Fit(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		found := map[dr.StreamRule]float64{}
		for _, rule := range []dr.StreamRule{dr.History, dr.Oja} {
			m, err := dr.StreamingPCA{Components: 2, Rule: rule}.FitRows(ctx, mat32.RowsOf(x))
			if err != nil {
				t.Fatal(err)
			}
			found[rule] = shared(m.Components(), directions)
			if v := m.ExplainedVariance(); v[0] < 6 || v[0] > 10 || v[1] < 2.5 || v[1] > 5 {
				t.Errorf("%s: variances of %.2f, which are 9 and 4", rule, v)
			}
			if v := m.ExplainedVarianceRatio()[0]; math.Abs(v-m.ExplainedVariance()[0]/41) > .01 {
				t.Errorf("%s: the share %v of a variance of 41", rule, v)
			}
		}
		t.Logf("seed %d: history %.4f, Oja %.4f, all rows at once %.4f", seed, found[dr.History], found[dr.Oja], shared(whole.Components(), directions))
		if found[dr.History] < .95 || found[dr.Oja] < .8 {
			t.Errorf("seed %d: %v of the directions are found", seed, found)
		}
		if whole := shared(whole.Components(), directions); whole-found[dr.History] > (whole-found[dr.Oja])/2 {
			t.Errorf("seed %d: history is to be twice as near to %.4f, which all rows show, as Oja: %v", seed, whole, found)
		}
	}
}

// The stream turns to another direction: with a half-life the learner follows, and
// without one it keeps to what most rows had.
func TestStreamingPCAFollows(t *testing.T) {
	ctx := context.Background()
	x := fixture.Normal(5, 1500, 8)
	for i := range 1500 {
		j := 0
		if i >= 1000 {
			j = 1
		}
		x.Set(i, j, 4*x.At(i, j)+50*float64(j)) // the mean moves as well
	}
	for _, rule := range []dr.StreamRule{dr.History, dr.Oja} {
		m, err := dr.StreamingPCA{Components: 1, HalfLife: 60, Rule: rule}.FitRows(ctx, mat32.RowsOf(x))
		if err != nil {
			t.Fatal(err)
		}
		if c := m.Components(); math.Abs(c.At(0, 1)) < .95 || math.Abs(m.Mean()[1]-50) > 3 {
			t.Errorf("%s: it has not followed: %.2f about %.2f", rule, c.RawRowView(0), m.Mean())
		}
		if v := m.ExplainedVariance()[0]; v < 8 || v > 40 {
			t.Errorf("%s: a variance of %v, which is 16", rule, v)
		}
	}
	y := mat.DenseCopyOf(x)
	for i := range 1500 {
		if i >= 1000 {
			y.Set(i, 1, y.At(i, 1)-50)
		}
	}
	m, err := dr.StreamingPCA{Components: 1}.FitRows(ctx, mat32.RowsOf(y))
	if err != nil {
		t.Fatal(err)
	}
	if c := m.Components(); math.Abs(c.At(0, 0)) < .9 {
		t.Errorf("without a half-life the direction of most rows is %.2f", c.RawRowView(0))
	}
}

func TestStreamingPCALearner(t *testing.T) {
	ctx := context.Background()
	x, _ := twoSpikes(9, 500, 10)
	for _, method := range []dr.StreamingPCA{{}, {Components: 2}, {Components: 3, Rule: dr.Oja, HalfLife: 90}} {
		want, err := method.Fit(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		same := func(name string, m *dr.StreamingPCAModel, err error) {
			t.Helper()
			if err != nil || m.String() != want.String() || !mat.Equal(m.Components(), want.Components()) {
				t.Errorf("%s: another model: %v", name, err)
			}
		}
		for _, cores := range testenv.Cores() {
			old := runtime.GOMAXPROCS(cores)
			m, err := method.FitRows(ctx, mat32.RowsOf(x))
			same("a stream", m, err)
			runtime.GOMAXPROCS(old)
		}
		for _, step := range []int{1, 77} {
			l, err := method.Start(10)
			if err != nil {
				t.Fatal(err)
			}
			for lo := 0; lo < 500; lo += step {
				if err := l.Add(ctx, x.Slice(lo, min(lo+step, 500), 0, 10)); err != nil {
					t.Fatal(err)
				}
				if lo > 20 && lo%5 == 0 {
					if m, err := l.Model(ctx); err != nil || m.Rows() != l.Rows() {
						t.Fatal(err)
					}
				}
			}
			m, err := l.Model(ctx)
			same(fmt.Sprint(step, " rows at a time"), m, err)
		}
	}
	l, err := dr.StreamingPCA{Components: 2, Rule: dr.Oja}.Start(6)
	if err != nil {
		t.Fatal(err)
	}
	var shape *mat32.ShapeError
	if _, err := l.Model(ctx); !errors.As(err, &shape) {
		t.Errorf("a model of nothing: %v", err)
	}
	if err := l.Add(ctx, normal(3, 5, 1)); !errors.As(err, &shape) {
		t.Errorf("other columns: %v", err)
	}
	var degenerate *mat32.DegenerateError
	if err := l.Add(ctx, mat.NewDense(40, 6, nil)); err != nil {
		t.Errorf("equal rows: %v", err)
	}
	if _, err := l.Model(ctx); !errors.As(err, &degenerate) {
		t.Errorf("a model of equal rows: %v", err)
	}
	huge := normal(40, 6, 1)
	huge.Scale(1e200, huge)
	if err := l.Add(ctx, huge); !errors.As(err, &degenerate) {
		t.Errorf("beyond float64: %v", err)
	}
	if err := l.Add(ctx, x); !errors.As(err, &degenerate) {
		t.Errorf("after that: %v", err)
	}
	if _, err := (dr.StreamingPCA{}).Start(0); !errors.Is(err, mat32.ErrEmpty) {
		t.Errorf("no columns: %v", err)
	}
	var memory *mat32.MemoryError
	if _, err := (dr.StreamingPCA{MemoryLimit: 10}).Start(20); !errors.As(err, &memory) {
		t.Errorf("no memory: %v", err)
	}
}
