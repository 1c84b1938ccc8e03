package geometry

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// hullOf returns which rows in a plane are corners of their convex hull.
func hullOf(x mat.Matrix) map[int]bool {
	n, _ := x.Dims()
	hull := map[int]bool{}
	for i := range n {
		for j := range n {
			left, right := false, false
			for k := range n {
				c := (x.At(j, 0)-x.At(i, 0))*(x.At(k, 1)-x.At(i, 1)) - (x.At(j, 1)-x.At(i, 1))*(x.At(k, 0)-x.At(i, 0))
				left, right = left || c > 0, right || c < 0
			}
			if i != j && left != right {
				hull[i], hull[j] = true, true
			}
		}
	}
	return hull
}

func hits(rows []int, hull map[int]bool) (n int) {
	for _, i := range rows {
		if hull[i] {
			n++
		}
	}
	return n
}

// From afar, the largest weights and removal costs of 60 points of a plane are at corners of the
// hull; so near that all points count for themselves, they are anywhere.
func TestLargeWeightsAreOnTheHull(t *testing.T) {
	testenv.Unraced(t)
	share := func(scale float64) (byWeight, byCost, kept float64) {
		const seeds = 6
		for seed := range uint64(seeds) {
			x := fixture.Uniform(seed+1, 60, 2)
			if seed%2 == 0 {
				x = fixture.Normal(seed+1, 60, 2)
			}
			hull := hullOf(x)
			w, err := Magnitude{Scale: scale}.Weights(context.Background(), x)
			if err != nil {
				t.Fatal(err)
			}
			r, err := Magnitude{Scale: scale}.LeaveOneOut(context.Background(), x)
			if err != nil {
				t.Fatal(err)
			}
			h, err := ApproxHull{Scale: scale, Keep: len(hull)}.Compute(context.Background(), x)
			if err != nil {
				t.Fatal(err)
			}
			of := float64(len(hull)) * seeds
			byWeight += float64(hits(w.Boundary(len(hull)), hull)) / of
			byCost += float64(hits(heaviest(r.Costs, len(hull)), hull)) / of
			kept += float64(hits(h.Rows, hull)) / of
			if seed == 3 && scale == .1 {
				t.Logf("%d corners: the top %d hold %d", len(hull), len(hull)+1, hits(w.Boundary(len(hull)+1), hull))
				if got := hits(w.Boundary(len(hull)+1), hull); got < len(hull)-1 {
					t.Errorf("the top %d weights hold %d of %d corners", len(hull)+1, got, len(hull))
				}
			}
		}
		return byWeight, byCost, kept
	}
	if w, c, k := share(.1); w < .85 || c < .8 || k < .6 {
		t.Errorf("of the largest weights %.2f are at corners, of costs %.2f, of what is kept %.2f", w, c, k)
	}
	if w, c, k := share(50); w >= .85 || c >= .8 || k >= .6 {
		t.Errorf("from near, of the largest weights %.2f are at corners, of costs %.2f, of what is kept %.2f", w, c, k)
	}
}

func disk(n int, radius func(u float64) float64) (x *mat.Dense, rim []bool) {
	u := fixture.Uniform(3, n, 2)
	x, rim = mat.NewDense(n, 2, nil), make([]bool, n)
	for i := range n {
		r := radius(u.At(i, 0))
		x.SetRow(i, []float64{r * math.Cos(2*math.Pi*u.At(i, 1)), r * math.Sin(2*math.Pi*u.At(i, 1))})
		rim[i] = r > .95
	}
	return x, rim
}

// The rim of a disk has ten times the weight of its inside; of shuffled points no group has.
func TestWeightsAtTheRimOfADisk(t *testing.T) {
	testenv.Unraced(t)
	x, rim := disk(800, math.Sqrt)
	means := func(w []float64, rim []bool) (at, inside float64) {
		var many float64
		for i, v := range w {
			if rim[i] {
				at += v
				many++
			} else {
				inside += v
			}
		}
		return at / many, inside / (float64(len(w)) - many)
	}
	w, err := Magnitude{Scale: 5}.Weights(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	at, inside := means(w.Values, rim)
	if at < .11 || at > .16 || inside < .011 || inside > .015 {
		t.Errorf("the weight is %.3f at the rim and %.4f inside", at, inside)
	}
	shuffled := make([]bool, len(rim))
	for i := range rim {
		shuffled[i] = rim[i*37%len(rim)]
	}
	if a, b := means(w.Values, shuffled); a > 2*b {
		t.Errorf("at random the weights are %.3f and %.3f", a, b)
	}
	local, err := Magnitude{Scale: 5, Solver: NearestNeighbors}.Weights(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := means(local.Values, rim); a < .11 || b > .02 {
		t.Errorf("among neighbours the weight is %.3f at the rim and %.3f inside", a, b)
	}
	n := len(w.Boundary(80))
	top, found := map[int]bool{}, 0
	for _, i := range w.Boundary(n) {
		top[i] = true
	}
	for _, i := range local.Boundary(n) {
		if top[i] {
			found++
		}
	}
	if found < 6*n/10 {
		t.Errorf("of the %d largest weights %d are among the largest of neighbours", n, found)
	}
}

// The identity of removals, against the magnitudes without each row.
func TestLeaveOneOut(t *testing.T) {
	ctx := context.Background()
	n, edges := complete(3, 2)
	rows := fixture.Normal(8, 40, 3)
	rows.SetRow(7, rows.RawRowView(30))
	for _, c := range []struct {
		x     mat.Matrix
		scale float64
	}{{rows, 1}, {rows, .05}, {pathLengths(t, n, edges), .34}, {pathLengths(t, n, edges), 1}} {
		m := Magnitude{Scale: c.scale}
		r, err := m.LeaveOneOut(ctx, c.x)
		if err != nil {
			t.Fatal(err)
		}
		rows, _ := c.x.Dims()
		for i := range rows {
			var rest []int
			for j := range rows {
				if j != i {
					rest = append(rest, j)
				}
			}
			w, err := m.Weights(ctx, mat32.Select(c.x, rest))
			if err != nil {
				t.Fatal(err)
			}
			near(t, "what is left", r.Magnitude-r.Costs[i], w.Score().Value, 1e-9)
		}
	}
	var e *mat32.ParamError
	if _, err := (Magnitude{Solver: ConjugateGradients}).LeaveOneOut(ctx, rows); !errors.As(err, &e) || e.Param != "Solver" {
		t.Errorf("another solver: %v", err)
	}
}

// Novelty is the weight of a row that is added, and finds outliers.
func TestNovelty(t *testing.T) {
	ctx := context.Background()
	x := fixture.Normal(2, 60, 3)
	y := mat.DenseCopyOf(fixture.Normal(5, 12, 3))
	y.SetRow(0, []float64{30, 0, 0})
	y.SetRow(1, x.RawRowView(9))
	for _, m := range []Magnitude{{}, {Scale: 2, Solver: NearestNeighbors, Neighbors: 59}} {
		got, err := m.Novelty(ctx, x, y)
		if err != nil {
			t.Fatal(err)
		}
		for i := range got {
			var both mat.Dense
			both.Stack(x, y.Slice(i, i+1, 0, 3))
			m.Neighbors = 0
			if m.Solver == NearestNeighbors {
				m.Neighbors = 59 + 1
			}
			w, err := m.Weights(ctx, &both)
			if i == 1 {
				w, err = Magnitude{Scale: m.Scale}.Weights(ctx, &both)
			}
			if err != nil {
				t.Fatal(err)
			}
			if m.Solver == NearestNeighbors { // of which one is left out
				near(t, "a novelty among neighbours", got[i], w.Values[60], .02)
			} else {
				near(t, "a novelty", got[i], w.Values[60], 1e-9)
			}
		}
		if got[0] < .99 || slices.Max(got[1:]) > got[0] {
			t.Errorf("the outlier has %v of %v", got[0], slices.Max(got))
		}
	}
	var needed *mat32.RowsNeededError
	n, edges := complete(3, 2)
	if _, err := (Magnitude{}).Novelty(ctx, pathLengths(t, n, edges), y); !errors.As(err, &needed) {
		t.Errorf("distances: %v", err)
	}
	var shape *mat32.ShapeError
	if _, err := (Magnitude{}).Novelty(ctx, x, fixture.Normal(1, 5, 2)); !errors.As(err, &shape) {
		t.Errorf("other columns: %v", err)
	}
}

// The largest slope of cubes is that of the literature; of normal noise in ten columns it is
// larger, and of a moved, scaled and repeated cube the same.
func TestMagnitudeDimension(t *testing.T) {
	testenv.Unraced(t)
	for d, want := range []float64{.97, 1.67, 2.08} {
		x := fixture.Uniform(5, 1000, d+1)
		got, err := MagnitudeDimension{}.Estimate(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(got.Value-want) > .04 {
			t.Errorf("a cube of dimension %d has slope %.3f, want %v", d+1, got.Value, want)
		}
	}
	ten, err := MagnitudeDimension{}.Estimate(context.Background(), fixture.Normal(1, 300, 10))
	if err != nil || ten.Value < 2.3 {
		t.Errorf("ten columns of noise: %v, %v", ten, err)
	}
}

func TestMagnitudeDimensionDoesNotSeeTheUnit(t *testing.T) {
	x := fixture.Uniform(5, 120, 2)
	want, err := MagnitudeDimension{}.Estimate(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	var twice mat.Dense
	twice.Stack(x, x)
	twice.Apply(func(_, _ int, v float64) float64 { return 1e5*v + 1e7 }, &twice)
	got, err := MagnitudeDimension{}.Estimate(context.Background(), &twice)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "the dimension", got.Value, want.Value, 1e-6)
	near(t, "the scale", got.Scale, 1e5*want.Scale, 1e-6)
	if got.Removed != 120 || got.Rows != 120 {
		t.Errorf("%d rows, %d removed", got.Rows, got.Removed)
	}
}

// The slope is the derivative of the magnitude.
func TestMagnitudeSlope(t *testing.T) {
	x := fixture.Uniform(5, 80, 2)
	const h = 1e-4
	for _, scale := range []float64{.1, 1, 10, 60} {
		c, err := MagnitudeFunction{Scales: []float64{scale * (1 + h), scale, scale * (1 - h)}}.Compute(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		difference := math.Log(c.Magnitudes[2]/c.Magnitudes[0]) / math.Log(c.Scales[2]/c.Scales[0])
		near(t, "the slope", c.Slopes[1], difference, 1e-6)
	}
}

// The magnitude of Euclidean points grows from 1 to n, and is never below the spread.
func TestMagnitudeFunctionGrows(t *testing.T) {
	x := fixture.Normal(6, 90, 4)
	c, err := MagnitudeFunction{}.Compute(context.Background(), x)
	if err != nil || len(c.Scales) != 24 {
		t.Fatal(c, err)
	}
	for i, v := range c.Magnitudes {
		if i > 0 && v < c.Magnitudes[i-1] || v < c.Spreads[i] || v < 1 || v > 90 {
			t.Errorf("at %v the magnitude is %v, the spread %v", c.Scales[i], v, c.Spreads[i])
		}
	}
	for _, end := range []struct{ scale, want float64 }{{1e-7, 1}, {1e4, 90}} {
		v, s := magnitudeOf(t, Magnitude{Scale: end.scale}, x)
		near(t, "the magnitude at an end", v, end.want, 1e-5)
		near(t, "the spread at an end", s, end.want, 1e-5)
	}
}

// Removals add up to what is lost, and a tolerance is kept.
func TestApproxHull(t *testing.T) {
	ctx := context.Background()
	x := fixture.Normal(4, 80, 2)
	x.SetRow(11, x.RawRowView(3))
	h, err := ApproxHull{Tolerance: .05}.Compute(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	w, err := Magnitude{Scale: h.Scale}.Weights(ctx, mat32.Select(x, h.Rows))
	if err != nil {
		t.Fatal(err)
	}
	near(t, "the magnitude of what is kept", w.Score().Value, h.Magnitude-total(h.Costs), 1e-9)
	if lost := total(h.Costs); lost > .05*h.Magnitude || len(h.Removed) == 0 {
		t.Errorf("%d rows are removed, and %v of %v lost", len(h.Removed), lost, h.Magnitude)
	}
	if len(h.Rows)+len(h.Removed) != 79 || slices.Contains(h.Rows, 11) || !slices.IsSorted(h.Rows) {
		t.Errorf("kept %v, removed %v", h.Rows, h.Removed)
	}
	var e *mat32.ParamError
	for _, o := range []ApproxHull{{Keep: 81}, {Keep: -1}, {Tolerance: 1}, {Scale: -1}, {Scale: math.NaN()}, {MemoryLimit: -1}} {
		if _, err := o.Compute(ctx, x); !errors.As(err, &e) {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

func TestMagnitudeRefuses(t *testing.T) {
	ctx := context.Background()
	x := fixture.Normal(4, 30, 2)
	var param *mat32.ParamError
	for _, m := range []Magnitude{{Scale: -1}, {Scale: math.Inf(1)}, {Solver: 3}, {Neighbors: 30}, {Neighbors: -1}, {Tolerance: 1}, {MemoryLimit: -1}} {
		if _, err := m.Weights(ctx, x); !errors.As(err, &param) {
			t.Errorf("%+v: %v", m, err)
		}
	}
	for _, m := range []MagnitudeFunction{{Scales: []float64{0}}, {Points: 1}, {Points: 1 << 20}} {
		if _, err := m.Compute(ctx, x); !errors.As(err, &param) {
			t.Errorf("%+v: %v", m, err)
		}
	}
	var memory *mat32.MemoryError
	if _, err := (Magnitude{MemoryLimit: 1 << 20}).Weights(ctx, fixture.Normal(1, 400, 2)); !errors.As(err, &memory) {
		t.Errorf("too little memory: %v", err)
	}
	if _, err := (Magnitude{MemoryLimit: 1 << 20, Solver: ConjugateGradients}).Weights(ctx, fixture.Normal(1, 400, 2)); err != nil {
		t.Errorf("no n × n array: %v", err)
	}
	n, edges := complete(3, 2)
	var degenerate *mat32.DegenerateError
	if _, err := (Magnitude{Scale: 1e-300}).Weights(ctx, x); !errors.As(err, &degenerate) {
		t.Errorf("from so far that all is one: %v", err)
	}
	if _, err := (Magnitude{Scale: .2, Solver: ConjugateGradients, Tolerance: 1e-14}).Weights(ctx, pathLengths(t, n, edges)); err != nil && !errors.As(err, &degenerate) {
		t.Errorf("indefinite: %v", err)
	}
}

func TestMagnitudeSameBitsOnAnyCores(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	x := fixture.Normal(3, 230, 4)
	var first string
	for _, procs := range testenv.Cores() {
		runtime.GOMAXPROCS(procs)
		all := ""
		for _, s := range []MagnitudeSolver{Direct, ConjugateGradients, NearestNeighbors} {
			w, err := Magnitude{Solver: s}.Weights(context.Background(), x)
			if err != nil {
				t.Fatal(err)
			}
			all += fmt.Sprintf("%x %x", w.Values, w.sum)
		}
		c, err := MagnitudeFunction{Points: 3}.Compute(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		h, err := ApproxHull{}.Compute(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		all += fmt.Sprintf("%x %x %x %v %x", c.Magnitudes, c.Slopes, c.Spreads, h.Removed, h.Costs)
		if first == "" {
			first = all
		}
		if all != first {
			t.Errorf("%d cores give other bits", procs)
		}
	}
}

func TestMagnitudeIsCanceled(t *testing.T) {
	x := fixture.Normal(3, 1500, 4)
	for name, f := range map[string]func(ctx context.Context) error{
		"direct": func(ctx context.Context) error { _, err := Magnitude{}.Weights(ctx, x); return err },
		"iterative": func(ctx context.Context) error {
			_, err := Magnitude{Solver: ConjugateGradients}.Weights(ctx, x)
			return err
		},
		"local": func(ctx context.Context) error {
			_, err := Magnitude{Solver: NearestNeighbors, Neighbors: 200}.Weights(ctx, x)
			return err
		},
		"function": func(ctx context.Context) error { _, err := MagnitudeFunction{}.Compute(ctx, x); return err },
		"hull":     func(ctx context.Context) error { _, err := ApproxHull{Keep: 1}.Compute(ctx, x); return err },
		"removals": func(ctx context.Context) error { _, err := Magnitude{}.LeaveOneOut(ctx, x); return err },
	} {
		ctx, cancel := context.WithTimeout(context.Background(), 4*time.Millisecond)
		start := time.Now()
		err := f(ctx)
		took := time.Since(start)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) || took > 254*time.Millisecond {
			t.Errorf("%s: %v after %v", name, err, took)
		}
	}
}
