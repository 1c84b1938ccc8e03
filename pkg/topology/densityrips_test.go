package topology_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"runtime"
	"slices"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/apart"
	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/topology"
	"github.com/flatland-go/flatland/pkg/watch"
)

// A square whose center comes late: the ring of its corners is there at the first level, and
// filled at the second.
func ExampleDensityRips_Compute() {
	x := mat.NewDense(5, 2, []float64{1, 0, 0, 1, -1, 0, 0, -1, 0, 0})
	b, err := topology.DensityRips{Codensity: []float64{0, 0, 0, 0, 1}, Levels: 5}.Compute(context.Background(), x)
	if err != nil {
		fmt.Println(err)
		return
	}
	m, err := b.SignedMeasure(1)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, a := range m {
		fmt.Printf("%+d at scale %.3f, level %v\n", a.Mass, a.Scale, a.Level)
	}
	// Output:
	// +1 at scale 1.414, level 0
	// -1 at scale 1.414, level 1
	// -1 at scale 2.000, level 0
	// +1 at scale 2.000, level 1
}

// ringed returns rows on a circle, and others drawn from the square around it, some of them
// inside; without a ring all are drawn from the square.
func ringed(seed uint64, ring, others int) *mat.Dense {
	x := mat.NewDense(ring+others, 2, nil)
	u := fixture.Uniform(seed, ring+others, 2)
	for i := range ring {
		sin, cos := math.Sincos(2 * math.Pi * u.At(i, 0))
		r := 1 + .1*(u.At(i, 1)-.5)
		x.SetRow(i, []float64{r * cos, r * sin})
	}
	for i := ring; i < ring+others; i++ {
		x.SetRow(i, []float64{2.4*u.At(i, 0) - 1.2, 2.4*u.At(i, 1) - 1.2})
	}
	return x
}

// betti returns the Betti numbers 0 and 1 of the Vietoris-Rips complex of rows at a scale, by
// the ranks of boundary matrices modulo 2.
func betti(x *mat.Dense, rows []int, scale float64) (b [2]float64) {
	near := func(i, j int) bool {
		return math.Hypot(x.At(i, 0)-x.At(j, 0), x.At(i, 1)-x.At(j, 1)) <= scale
	}
	edge := map[[2]int]uint{}
	var edges, triangles []uint64
	for p, i := range rows {
		for q := range p {
			if near(i, rows[q]) {
				edge[[2]int{q, p}] = uint(len(edges))
				edges = append(edges, 1<<p|1<<q)
			}
		}
	}
	for p, i := range rows {
		for q := range p {
			for r := range q {
				if near(i, rows[q]) && near(i, rows[r]) && near(rows[q], rows[r]) {
					triangles = append(triangles, 1<<edge[[2]int{q, p}]|1<<edge[[2]int{r, p}]|1<<edge[[2]int{r, q}])
				}
			}
		}
	}
	rank := func(columns []uint64) (r float64) {
		pivots := map[uint64]uint64{}
		for _, c := range columns {
			for c != 0 {
				low := c & -c
				p, taken := pivots[low]
				if !taken {
					pivots[low] = c
					r++
					break
				}
				c ^= p
			}
		}
		return r
	}
	one, two := rank(edges), rank(triangles)
	return [2]float64{float64(len(rows)) - one, float64(len(edges)) - one - two}
}

// The Hilbert function is that of the complexes at every scale and level, and the signed
// measure sums up to it.
func TestHilbertFunctionAgainstRanks(t *testing.T) {
	x := fixture.Uniform(3, 11, 2)
	for k := range 8 { // a ring, with three rows in its square; of 11 rows edges fit a word
		sin, cos := math.Sincos(math.Pi / 4 * (float64(k) + .3*x.At(k, 0)))
		x.SetRow(k, []float64{.5 + cos, .5 + sin})
	}
	b, err := topology.DensityRips{Neighbors: 3, Levels: 11}.Compute(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	var scales []float64
	for k := range 40 {
		scales = append(scales, .07*float64(k))
	}
	euler := b.EulerSurface(scales)
	rings := 0.
	for dim := range 2 {
		h, err := b.HilbertFunction(dim, scales)
		if err != nil {
			t.Fatal(err)
		}
		m, err := b.SignedMeasure(dim)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := m.Total(), 1-dim; got != want {
			t.Errorf("dimension %d has the total mass %d, want %d", dim, got, want)
		}
		e := b.EulerMeasure()
		for k, level := range b.Levels {
			var rows []int
			for i, c := range b.Codensity {
				if c <= level {
					rows = append(rows, i)
				}
			}
			if len(rows) != b.Counts[k] {
				t.Fatalf("level %d has %d rows, want %d", k, b.Counts[k], len(rows))
			}
			for j, s := range scales {
				want := betti(x, rows, s)
				if h.At(k, j) != want[dim] || float64(m.At(s, level)) != want[dim] {
					t.Fatalf("dimension %d at scale %v, level %d: %v and %d, want %v", dim, s, k, h.At(k, j), m.At(s, level), want[dim])
				}
				if want := want[0] - want[1]; euler.At(k, j) != want || float64(e.At(s, level)) != want {
					t.Fatalf("the Euler characteristic at scale %v, level %d is %v and %d, want %v", s, k, euler.At(k, j), e.At(s, level), want)
				}
				rings += want[1]
			}
		}
	}
	if rings < 20 {
		t.Errorf("there are rings at %v places only", rings)
	}
	// The codensity is the root mean square of the distances to three others.
	var squares []float64
	for j := range 11 {
		squares = append(squares, math.Pow(x.At(0, 0)-x.At(j, 0), 2)+math.Pow(x.At(0, 1)-x.At(j, 1), 2))
	}
	slices.Sort(squares)
	if want := math.Sqrt((squares[1] + squares[2] + squares[3]) / 3); math.Abs(b.Codensity[0]-want) > 1e-14 {
		t.Errorf("codensity %v, want %v", b.Codensity[0], want)
	}
}

// margin returns how many times farther apart, at least, clouds of different kinds are than
// clouds of the same kind at most: above 1 it tells them apart.
func margin[T any](t *testing.T, kinds [2][]T, distance func(a, b T) (float64, error)) float64 {
	t.Helper()
	within, between := 0., math.Inf(1)
	for a, first := range kinds {
		for b, second := range kinds {
			for i, p := range first {
				for j, q := range second {
					if a > b || a == b && i >= j {
						continue
					}
					d, err := distance(p, q)
					if err != nil {
						t.Fatal(err)
					}
					if a == b {
						within = max(within, d)
					} else {
						between = min(between, d)
					}
				}
			}
		}
	}
	return between / within
}

// A circle with outliers is told from noise by scale and density: by the picture of the signed
// measure, by the longest ring at any level, and along lines; and not by scale alone. Of two
// kinds of noise none is told from the other.
func TestDensityRipsTellsARingAmongOutliers(t *testing.T) {
	testenv.Unraced(t)
	ctx := context.Background()
	const clouds = 5
	offsets := []float64{-9, -1, -.6, -.2, .2} // of the first, nothing comes late
	var scales []float64
	for k := range 50 {
		scales = append(scales, .04*float64(k))
	}
	type seen struct {
		both, alone   *mat.Dense // pictures
		last          topology.Diagram
		longest       [2]float64 // ring at any level, and of all rows
		highest, flat float64    // landscape on any line, and on that of scale alone
	}
	look := func(x *mat.Dense) (s seen) {
		b, err := topology.DensityRips{Neighbors: 5}.Compute(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		s.last = b.Diagrams[len(b.Levels)-1][1]
		for _, d := range b.Diagrams {
			for _, bar := range d[1] {
				s.longest[0] = max(s.longest[0], bar.Length())
			}
		}
		s.longest[1] = s.last.Longest(1)[0].Length()
		m, err := b.SignedMeasure(1)
		if err != nil {
			t.Fatal(err)
		}
		var one topology.SignedMeasure
		for _, bar := range s.last {
			one = append(one, topology.Atom{Scale: bar.Birth, Mass: 1}, topology.Atom{Scale: bar.Death, Mass: -1})
		}
		blur := topology.Convolution{Scales: [2]float64{0, 2}, Levels: [2]float64{0, .8}, Bandwidth: [2]float64{.2, .1}}
		if s.both, err = blur.Of(m); err != nil {
			t.Fatal(err)
		}
		if s.alone, err = blur.Of(one); err != nil {
			t.Fatal(err)
		}
		lines, err := topology.DensityRips{Neighbors: 5, Slope: .2}.Slice(ctx, x, offsets)
		if err != nil {
			t.Fatal(err)
		}
		l, err := lines.Landscape(1, 0, scales)
		if err != nil {
			t.Fatal(err)
		}
		s.highest, s.flat = mat.Max(l), slices.Max(l.RawRowView(0))
		return s
	}
	var rings, noises [2][]seen
	for seed := range uint64(clouds) {
		noise := look(ringed(seed+50, 0, 110))
		rings[0], rings[1] = append(rings[0], look(ringed(seed, 70, 40))), append(rings[1], noise)
		noises[0], noises[1] = append(noises[0], look(ringed(seed+90, 0, 110))), append(noises[1], noise)
	}
	apart := func(of func(seen) *mat.Dense) func(a, b seen) (float64, error) {
		return func(a, b seen) (float64, error) {
			var d mat.Dense
			d.Sub(of(a), of(b))
			return mat.Norm(&d, 2), nil
		}
	}
	for _, c := range []struct {
		name     string
		distance func(a, b seen) (float64, error)
		tells    bool
	}{
		{"convolution", apart(func(s seen) *mat.Dense { return s.both }), true},
		{"convolution of scale alone", apart(func(s seen) *mat.Dense { return s.alone }), false},
		{"bottleneck of scale alone", func(a, b seen) (float64, error) {
			m, err := topology.Bottleneck(ctx, a.last, b.last)
			return m.Distance, err
		}, false},
		{"sliced Wasserstein of scale alone", func(a, b seen) (float64, error) {
			return topology.SlicedWasserstein{}.Distance(a.last, b.last)
		}, false},
	} {
		ring, noise := margin(t, rings, c.distance), margin(t, noises, c.distance)
		if tells := ring > 1.2; tells != c.tells {
			t.Errorf("%s: rings and noise are %.3g times as far apart as either among themselves", c.name, ring)
		}
		if noise > 1 {
			t.Errorf("%s: two kinds of noise are told apart, %.3g", c.name, noise)
		}
	}
	for _, c := range []struct {
		name  string
		of    func(seen) float64
		tells bool
	}{
		{"longest ring at any level", func(s seen) float64 { return s.longest[0] }, true},
		{"longest ring by scale alone", func(s seen) float64 { return s.longest[1] }, false},
		{"highest landscape", func(s seen) float64 { return s.highest }, true},
		{"landscape by scale alone", func(s seen) float64 { return s.flat }, false},
	} {
		gap := func(kinds [2][]seen) float64 {
			least, most := math.Inf(1), 0.
			for i := range clouds {
				least, most = min(least, c.of(kinds[0][i])), max(most, c.of(kinds[1][i]))
			}
			return least / most
		}
		if tells := gap(rings) > 1.3; tells != c.tells {
			t.Errorf("%s: the least of a ring is %.3g times the largest of noise", c.name, gap(rings))
		}
		if gap(noises) > 1 {
			t.Errorf("%s: two kinds of noise are told apart, %.3g", c.name, gap(noises))
		}
	}
}

// Where no row moves by more than ε no landscape changes by more than 2ε, and the picture of
// the signed measure hardly does.
func TestDensityRipsIsStable(t *testing.T) {
	testenv.Unraced(t)
	ctx := context.Background()
	const eps = .01
	x := ringed(2, 60, 20)
	y := mat.DenseCopyOf(x)
	by := fixture.Uniform(9, 80, 2)
	for i := range 80 {
		sin, cos := math.Sincos(2 * math.Pi * by.At(i, 0))
		y.SetRow(i, []float64{x.At(i, 0) + eps*cos, x.At(i, 1) + eps*sin})
	}
	offsets := []float64{-.5, -.2, 0, .2, .5, 1}
	var scales []float64
	for k := range 60 {
		scales = append(scales, .04*float64(k))
	}
	slices := func(x mat.Matrix) *topology.LineSlices {
		s, err := topology.DensityRips{}.Slice(ctx, x, offsets)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	a, b, noise := slices(x), slices(y), slices(ringed(70, 0, 80))
	for k := range 2 {
		p, err := a.Landscape(1, k, scales)
		if err != nil {
			t.Fatal(err)
		}
		q, err := b.Landscape(1, k, scales)
		if err != nil {
			t.Fatal(err)
		}
		r, err := noise.Landscape(1, k, scales)
		if err != nil {
			t.Fatal(err)
		}
		far := func(q *mat.Dense) (most float64) {
			for i, v := range p.RawMatrix().Data {
				most = max(most, math.Abs(v-q.RawMatrix().Data[i]))
			}
			return most
		}
		if got := far(q); got > 2*eps || got == 0 {
			t.Errorf("landscape %d changes by %v, want at most %v", k, got, 2*eps)
		}
		if got := far(r); k == 0 && got < 10*eps {
			t.Errorf("of noise the landscape differs by %v only", got)
		}
	}
	measure := func(x mat.Matrix) topology.SignedMeasure {
		b, err := topology.DensityRips{}.Compute(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		m, err := b.SignedMeasure(1)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	m := measure(x)
	moved, err := topology.SlicedWasserstein{}.MeasureDistance(m, measure(y))
	if err != nil {
		t.Fatal(err)
	}
	other, err := topology.SlicedWasserstein{}.MeasureDistance(m, measure(ringed(70, 0, 80)))
	if err != nil || moved > other/5 {
		t.Errorf("the measure moves by %v, noise is at %v: %v", moved, other, err)
	}
	if s, err := a.Silhouette(1, 2, scales); err != nil || mat.Max(s) <= 0 {
		t.Errorf("silhouettes: %v", err)
	}
}

// A line of a large negative offset is the filtration by scale alone.
func TestLinesOfDensityRips(t *testing.T) {
	ctx := context.Background()
	x := ringed(4, 20, 6)
	s, err := topology.DensityRips{}.Slice(ctx, x, []float64{-10, 0, 10})
	if err != nil {
		t.Fatal(err)
	}
	p, err := topology.Rips{}.Compute(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(s.Diagrams[0][1], p.Diagrams[1]) {
		t.Errorf("scale alone has the rings %v, the line %v", p.Diagrams[1], s.Diagrams[0][1])
	}
	if len(s.Diagrams[2][1]) != 0 {
		t.Errorf("where all edges are there before the rows, rings are %v", s.Diagrams[2][1])
	}
	if s, err := (topology.DensityRips{MaxDim: topology.OnlyPieces}).Slice(ctx, x, nil); err != nil || len(s.Offsets) != 20 || len(s.Diagrams[0]) != 1 {
		t.Errorf("default lines: %v, %v", s, err)
	}
}

func TestSignedMeasures(t *testing.T) {
	one := topology.SignedMeasure{{Scale: 1, Level: 2, Mass: 3}, {Scale: 4, Level: 2, Mass: -3}}
	moved := topology.SignedMeasure{{Scale: 1.5, Level: 2, Mass: 3}, {Scale: 4, Level: 2, Mass: -3}}
	d, err := topology.SlicedWasserstein{Directions: 500}.MeasureDistance(one, moved)
	if err != nil {
		t.Fatal(err)
	}
	if want := 3 * .5 * 2 / math.Pi; math.Abs(d-want) > 1e-5 { // the mean of |cos|
		t.Errorf("three masses that move by ½ are at %v, want %v", d, want)
	}
	if d, err := (topology.SlicedWasserstein{}).MeasureDistance(one, one); err != nil || d != 0 {
		t.Errorf("a measure is %v from itself, %v", d, err)
	}
	var param *mat32.ParamError
	if _, err := (topology.SlicedWasserstein{}).MeasureDistance(one, one[:1]); !errors.As(err, &param) {
		t.Errorf("other total masses: %v", err)
	}
	if got := one.Scaled(2, 0); !reflect.DeepEqual(got, topology.SignedMeasure{{Scale: 2, Level: 0, Mass: 3}, {Scale: 8, Level: 0, Mass: -3}}) {
		t.Errorf("scaled: %v", got)
	}
	c := topology.Convolution{Rows: 5, Cols: 7, Scales: [2]float64{0, 7}, Levels: [2]float64{0, 5}, Bandwidth: [2]float64{2, 1}}
	p, err := c.Of(one)
	if err != nil {
		t.Fatal(err)
	}
	q, err := c.Of(moved)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		for j := range 7 {
			u, v := float64(j)+.5, float64(i)+.5
			bell := func(s, l float64) float64 { return math.Exp(-(u-s)*(u-s)/8 - (v-l)*(v-l)/2) }
			if want := 3*bell(1, 2) - 3*bell(4, 2); math.Abs(p.At(i, j)-want) > 1e-14 {
				t.Errorf("pixel %d, %d is %v, want %v", i, j, p.At(i, j), want)
			}
			if change, most := math.Abs(p.At(i, j)-q.At(i, j)), 3*.5/2*math.Exp(-.5); change > most {
				t.Errorf("pixel %d, %d changes by %v, want at most %v", i, j, change, most)
			}
		}
	}
	if p, err := (topology.Convolution{}).Of(nil); err != nil || mat.Norm(p, 1) != 0 {
		t.Errorf("no masses: %v", err)
	}
	if p, err := (topology.Convolution{}).Of(one[:1]); err != nil || mat.Max(p) <= 0 {
		t.Errorf("one mass: %v", err)
	}
	for want, c := range map[string]topology.Convolution{
		"Rows": {Rows: -1}, "Cols": {Cols: 5000}, "Scales": {Scales: [2]float64{1, 1}}, "Levels": {Levels: [2]float64{0, math.Inf(1)}}, "Bandwidth": {Bandwidth: [2]float64{-1, 1}},
	} {
		if _, err := c.Of(one); !errors.As(err, &param) || param.Param != want {
			t.Errorf("%+v: %v", c, err)
		}
	}
	var notFinite *mat32.NotFiniteError
	bad := topology.SignedMeasure{{Scale: 1, Level: math.NaN(), Mass: 1}}
	if _, err := c.Of(bad); !errors.As(err, &notFinite) || notFinite.Col != 1 {
		t.Errorf("NaN: %v", err)
	}
	if _, err := (topology.SlicedWasserstein{}).MeasureDistance(bad, bad); !errors.As(err, &notFinite) {
		t.Errorf("NaN: %v", err)
	}
}

func TestDensityRipsPromises(t *testing.T) {
	ctx := context.Background()
	x := ringed(1, 40, 10)
	want, err := topology.DensityRips{}.Compute(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	got, err := topology.DensityRips{}.Compute(ctx, apart.Rows(t, x))
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("distances: %v", err)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, cores := range testenv.Cores() {
		runtime.GOMAXPROCS(cores)
		if got, err := (topology.DensityRips{}).Compute(ctx, x); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%d cores: %v", cores, err)
		}
	}
	// Up to a scale all is as before, and there every class ends.
	short, err := topology.DensityRips{MaxScale: .5}.Compute(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	for k := range want.Levels {
		for dim := range 2 {
			for _, s := range []float64{0, .1, .3, .49} {
				if a, b := want.Diagrams[k][dim].At(s), short.Diagrams[k][dim].At(s); a != b {
					t.Errorf("level %d at %v: %d classes, want %d", k, s, b, a)
				}
			}
		}
	}
	if m, err := short.SignedMeasure(0); err != nil || m.Total() != 0 {
		t.Errorf("up to a scale the total mass is %d, %v", m.Total(), err)
	}
	d, err := datasets.Blobs{Rows: 30, Classes: 1}.Generate()
	if err != nil {
		t.Fatal(err)
	}
	if b, err := (topology.DensityRips{Levels: 30}).Compute(ctx, mat.NewDense(30, 2, nil)); err != nil || len(b.Levels) != 1 || len(b.Notes) != 1 {
		t.Errorf("equal rows: %v, %v", b, err)
	}
	if b, err := (topology.DensityRips{MaxDim: 2, Levels: 3}).Compute(ctx, d.X); err != nil || b.MaxDim() != 2 || b.String() == "" {
		t.Errorf("cavities: %v, %v", b, err)
	}
	for n := 2; n < 6; n++ {
		if _, err := (topology.DensityRips{}).Compute(ctx, fixture.Normal(1, n, 3)); err != nil {
			t.Errorf("%d rows: %v", n, err)
		}
	}
}

func TestDensityRipsSaysWhatIsWrong(t *testing.T) {
	ctx := context.Background()
	x := fixture.Normal(1, 12, 2)
	for want, r := range map[string]topology.DensityRips{
		"MaxDim": {MaxDim: -2}, "Neighbors": {Neighbors: 12}, "Levels": {Levels: 13}, "Slope": {Slope: -1}, "MaxScale": {MaxScale: math.NaN()}, "MemoryLimit": {MemoryLimit: -1},
	} {
		var param *mat32.ParamError
		if _, err := r.Compute(ctx, x); !errors.As(err, &param) || param.Param != want {
			t.Errorf("%s: %v", want, err)
		}
		if _, err := r.Slice(ctx, x, nil); !errors.As(err, &param) || param.Param != want {
			t.Errorf("%s: %v", want, err)
		}
	}
	var shape *mat32.ShapeError
	var notFinite *mat32.NotFiniteError
	var memory *mat32.MemoryError
	if _, err := (topology.DensityRips{Codensity: []float64{1}}).Compute(ctx, x); !errors.As(err, &shape) {
		t.Errorf("one codensity: %v", err)
	}
	if _, err := (topology.DensityRips{}).Compute(ctx, x.Slice(0, 1, 0, 2)); !errors.As(err, &shape) {
		t.Errorf("one row: %v", err)
	}
	codensity := make([]float64, 12)
	codensity[3] = math.Inf(1)
	if _, err := (topology.DensityRips{Codensity: codensity}).Compute(ctx, x); !errors.As(err, &notFinite) || notFinite.Row != 3 {
		t.Errorf("an infinite codensity: %v", err)
	}
	if _, err := (topology.DensityRips{}).Slice(ctx, x, []float64{math.NaN()}); !errors.As(err, &notFinite) {
		t.Errorf("an offset that is NaN: %v", err)
	}
	if _, err := (topology.DensityRips{MemoryLimit: 1000}).Compute(ctx, x); !errors.As(err, &memory) {
		t.Errorf("1000 bytes: %v", err)
	}
	b, err := topology.DensityRips{}.Compute(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	var param *mat32.ParamError
	if _, err := b.SignedMeasure(2); !errors.As(err, &param) {
		t.Errorf("dimension 2: %v", err)
	}
	if _, err := b.HilbertFunction(-1, []float64{1}); !errors.As(err, &param) {
		t.Errorf("dimension −1: %v", err)
	}
	s, err := topology.DensityRips{}.Slice(ctx, x, []float64{0})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Landscape(2, 0, []float64{1}); !errors.As(err, &param) {
		t.Errorf("dimension 2: %v", err)
	}
	if _, err := s.Silhouette(1, 0, []float64{1}); !errors.As(err, &param) || param.Param != "power" {
		t.Errorf("power 0: %v", err)
	}
}

func TestCanceledDensityRips(t *testing.T) {
	x := fixture.Normal(2, 250, 4)
	for name, f := range map[string]func(ctx context.Context) error{
		"levels": func(ctx context.Context) error {
			_, err := topology.DensityRips{MaxDim: 2}.Compute(ctx, x)
			return err
		},
		"lines": func(ctx context.Context) error {
			_, err := topology.DensityRips{}.Slice(ctx, x, nil)
			return err
		},
	} {
		ctx, cancel := context.WithCancel(context.Background())
		var at time.Time
		err := f(watch.With(ctx, func(e watch.Event) {
			if e.Done == 0 {
				at = time.Now()
				cancel()
			}
		}))
		cancel()
		if late := time.Since(at); !errors.Is(err, context.Canceled) || late > 250*time.Millisecond {
			t.Errorf("%s: %v, %v after the cancel", name, err, late)
		}
	}
}

// Landscapes of two samples of one ring come nearer to each other as the samples grow, and do
// not come near those of noise.
func TestLandscapesOfLargerSamplesAgree(t *testing.T) {
	testenv.Unraced(t)
	offsets := []float64{-1, -.6, -.2, .2}
	var scales []float64
	for k := range 50 {
		scales = append(scales, .04*float64(k))
	}
	land := func(x *mat.Dense) *mat.Dense {
		n, _ := x.Dims()
		s, err := topology.DensityRips{Neighbors: n / 20, Slope: .2}.Slice(context.Background(), x, offsets)
		if err != nil {
			t.Fatal(err)
		}
		l, err := s.Landscape(1, 0, scales)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	far := func(ring, others int, seed uint64) float64 {
		n := ring + others
		var d mat.Dense
		d.Sub(land(ringed(seed, ring, others)), land(ringed(seed+1, n*7/11, n*4/11)))
		return max(mat.Max(&d), -mat.Min(&d))
	}
	mean := func(n int, noise bool) (mean float64) {
		for seed := range uint64(3) {
			ring, others := n*7/11, n*4/11
			if noise {
				ring, others = 0, n
			}
			mean += far(ring, others, 2*seed) / 3
		}
		return mean
	}
	small, large, noise := mean(55, false), mean(220, false), mean(220, true)
	if large > .8*small {
		t.Errorf("of 220 rows landscapes differ by %v, of 55 by %v", large, small)
	}
	if noise < .8*small {
		t.Errorf("of noise they differ by %v only", noise)
	}
}
