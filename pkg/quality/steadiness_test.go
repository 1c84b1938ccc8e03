package quality_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/quality"
)

func reliability(t *testing.T, c quality.SteadinessCohesiveness, x, y mat.Matrix) *quality.ClusterReliability {
	t.Helper()
	r, err := c.Compare(context.Background(), x, y)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// spots returns two groups of rows so far apart, the even ones and the odd ones.
func spots(seed uint64, n int, gap float64) *mat.Dense {
	x := fixture.Normal(seed, n, 2)
	for i := range n {
		x.Set(i, 0, x.At(i, 0)+gap*float64(i%2))
	}
	return x
}

// The paper's claim: joining two clusters costs steadiness, tearing one cohesiveness, and
// it is the rows of these of which the map of reliability says so.
func TestJoiningAndTearing(t *testing.T) {
	testenv.Unraced(t)
	const n = 160
	for seed := range uint64(3) {
		c := quality.SteadinessCohesiveness{Seed: seed, Iterations: 60}
		apart, one := spots(seed+1, n, 30), spots(seed+1, n, 0)
		joined := reliability(t, c, apart, one)
		torn := reliability(t, c, one, apart)
		if s, o := joined.Steadiness, joined.Cohesiveness; s.Value > o.Value-.2 {
			t.Errorf("joined: steadiness %v, cohesiveness %v", s.Value, o.Value)
		}
		if s, o := torn.Cohesiveness, torn.Steadiness; s.Value > o.Value-.2 {
			t.Errorf("torn: cohesiveness %v, steadiness %v", s.Value, o.Value)
		}
		// Two spots of four are shown as one.
		x, y := fixture.Normal(seed+1, n, 2), mat.NewDense(n, 2, nil)
		for i := range n {
			x.Set(i, 0, x.At(i, 0)+30*float64(i%4))
			y.SetRow(i, x.RawRowView(i))
			if i%4 == 1 {
				y.Set(i, 0, y.At(i, 0)-30)
			}
		}
		r := reliability(t, c, x, y)
		var low [2]float64
		for i, v := range r.Steadiness.PerRow {
			if v == v {
				low[i%4/2] += (1 - v) / (n / 2)
			}
		}
		if low[0] < 3*low[1] || low[0] < .1 {
			t.Errorf("rows joined lose %v, others %v", low[0], low[1])
		}
	}
}

// What moves no neighbour costs nothing, exactly.
func TestSteadyMaps(t *testing.T) {
	x := spots(3, 60, 5)
	y := mat.NewDense(60, 3, nil)
	for i := range 60 {
		y.SetRow(i, []float64{7, -3 * x.At(i, 1), 3 * x.At(i, 0)})
	}
	r := reliability(t, quality.SteadinessCohesiveness{Iterations: 10}, x, y)
	if r.Steadiness.Value != 1 || r.Cohesiveness.Value != 1 || r.Steadiness.StdErr != 0 {
		t.Errorf("the data turned: %v", r)
	}
	met := 0
	for _, v := range r.Cohesiveness.PerRow {
		if v == 1 {
			met++
		} else if v == v {
			t.Fatalf("a row has %v", v)
		}
	}
	if met == 0 {
		t.Error("no row was drawn")
	}
	if s := r.String(); !strings.Contains(s, "steadiness") || !strings.Contains(s, "cohesiveness") || !strings.Contains(s, "α = 0.1") {
		t.Error(s)
	}
}

// What x loses to y, y loses to x: the scores change places, but for what is drawn.
func TestSteadinessChangesPlaces(t *testing.T) {
	x, y := fixture.Normal(1, 80, 5), fixture.Normal(2, 80, 2)
	c := quality.SteadinessCohesiveness{Iterations: 60}
	a, b := reliability(t, c, x, y), reliability(t, c, y, x)
	for _, p := range [][2]float64{{a.Steadiness.Value, b.Cohesiveness.Value}, {a.Cohesiveness.Value, b.Steadiness.Value}} {
		if spread := 4 * (a.Steadiness.StdErr + a.Cohesiveness.StdErr); math.Abs(p[0]-p[1]) > spread {
			t.Errorf("%v and, changed, %v: more than %v apart", p[0], p[1], spread)
		}
	}
}

// The standard error is that of the draw.
func TestSteadinessVariesAsItSays(t *testing.T) {
	testenv.Unraced(t)
	x, y := fixture.Normal(1, 100, 5), fixture.Normal(2, 100, 2)
	var values []float64
	var says, mean, squares float64
	const seeds = 30
	for seed := range uint64(seeds) {
		r := reliability(t, quality.SteadinessCohesiveness{Seed: seed, Iterations: 40}, x, y)
		values = append(values, r.Steadiness.Value)
		mean += r.Steadiness.Value / seeds
		says += r.Steadiness.StdErr / seeds
	}
	for _, v := range values {
		squares += (v - mean) * (v - mean) / (seeds - 1)
	}
	if ratio := math.Sqrt(squares) / says; ratio < .6 || ratio > 1.6 {
		t.Errorf("it varies by %v and says %v", math.Sqrt(squares), says)
	}
}

func TestSteadinessOnAnyCores(t *testing.T) {
	x, y := fixture.Normal(1, 70, 5), fixture.Normal(2, 70, 2)
	c := quality.SteadinessCohesiveness{Iterations: 8}
	var want *quality.ClusterReliability
	for _, cores := range testenv.Cores() {
		was := runtime.GOMAXPROCS(cores)
		got := reliability(t, c, x, y)
		runtime.GOMAXPROCS(was)
		if want == nil {
			want = got
		}
		if fmt.Sprint(got.Steadiness.PerRow, got.Cohesiveness.PerRow) != fmt.Sprint(want.Steadiness.PerRow, want.Cohesiveness.PerRow) ||
			got.Steadiness.Value != want.Steadiness.Value || got.Cohesiveness.StdErr != want.Cohesiveness.StdErr {
			t.Errorf("%d cores: %v, on one %v", cores, got, want)
		}
	}
}

func TestSteadinessOfLittle(t *testing.T) {
	for n := 4; n < 12; n++ {
		for k := 2; k < n; k++ {
			r, err := quality.SteadinessCohesiveness{Neighbors: k, Iterations: 5}.Compare(context.Background(), fixture.Normal(1, n, 3), fixture.Normal(2, n, 2))
			var none *mat32.DegenerateError
			if errors.As(err, &none) {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range []float64{r.Steadiness.Value, r.Cohesiveness.Value} {
				if !(s >= 0 && s <= 1) {
					t.Errorf("%d rows, %d neighbours: %v", n, k, s)
				}
			}
		}
	}
}

func TestSteadinessErrors(t *testing.T) {
	ctx := context.Background()
	x, y := fixture.Normal(1, 30, 3), fixture.Normal(2, 30, 2)
	for _, c := range []struct {
		c    quality.SteadinessCohesiveness
		x, y mat.Matrix
		want any
		says string
	}{
		{quality.SteadinessCohesiveness{Neighbors: 1}, x, y, new(*mat32.ParamError), "2 ≤ Neighbors ≤ 29"},
		{quality.SteadinessCohesiveness{Neighbors: 30}, x, y, new(*mat32.ParamError), "Neighbors"},
		{quality.SteadinessCohesiveness{Iterations: 1}, x, y, new(*mat32.ParamError), "Iterations"},
		{quality.SteadinessCohesiveness{Alpha: math.NaN()}, x, y, new(*mat32.ParamError), "Alpha"},
		{quality.SteadinessCohesiveness{Walk: 1.5}, x, y, new(*mat32.ParamError), "Walk"},
		{quality.SteadinessCohesiveness{MemoryLimit: 1000}, x, y, new(*mat32.MemoryError), "quality.SteadinessCohesiveness"},
		{quality.SteadinessCohesiveness{}, x, fixture.Normal(1, 29, 2), new(*mat32.ShapeError), "y"},
		{quality.SteadinessCohesiveness{}, fixture.Normal(1, 3, 3), fixture.Normal(1, 3, 2), new(*mat32.ShapeError), "at least 4"},
		{quality.SteadinessCohesiveness{}, x, mat.NewDense(30, 2, nil), new(*mat32.DegenerateError), "in y every row has 5 duplicates"},
		{quality.SteadinessCohesiveness{}, x, mat.NewDense(30, 1, append(make([]float64, 29), math.NaN())), new(*mat32.NotFiniteError), "y"},
	} {
		_, err := c.c.Compare(ctx, c.x, c.y)
		if !errors.As(err, reflect.ValueOf(c.want).Interface()) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%+v: %v, want %T that says %q", c.c, err, c.want, c.says)
		}
	}
}

func TestSteadinessCanceled(t *testing.T) {
	testenv.Unraced(t)
	x, y := fixture.Normal(1, 700, 10), fixture.Normal(2, 700, 2)
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err := quality.SteadinessCohesiveness{Iterations: 100_000}.Compare(ctx, x, y)
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > 310*time.Millisecond {
		t.Errorf("after %v: %v", time.Since(start), err)
	}
}
