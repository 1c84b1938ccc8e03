package topology

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// circle returns n points on the unit circle.
func circle(seed uint64, n int) *mat.Dense {
	u := fixture.Uniform(seed, n, 1)
	x := mat.NewDense(n, 2, nil)
	for i := range n {
		sin, cos := math.Sincos(2 * math.Pi * u.At(i, 0))
		x.SetRow(i, []float64{cos, sin})
	}
	return x
}

func ExampleHausdorffBand_Compute() {
	ctx := context.Background()
	x := circle(1, 1000)
	band, err := HausdorffBand{}.Compute(ctx, x)
	if err != nil {
		fmt.Println(err)
		return
	}
	ring := Bar{.03, 1.73} // of Rips{}.Compute(ctx, x)
	fmt.Println(len(band.Significant(Diagram{{.02, .05}, {.04, .06}, ring})), "of 3 rings is significant")
	// Output: 1 of 3 rings is significant
}

func ExampleLandscapeBand_Around() {
	var of []*Landscape
	for k := range 20 {
		l, err := NewLandscape(Diagram{{0, 4 + float64(k%5)/4}}, 0)
		if err != nil {
			fmt.Println(err)
			return
		}
		of = append(of, l)
	}
	b, err := LandscapeBand{}.Around(context.Background(), of)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(b)
	// Output: mean of 20 landscapes ± 0.1611 at level 0.95 of confidence
}

// The quantile is that of the Hausdorff distances of samples, which are what they should be
// by all pairs, and 4 of these are the radius.
func TestBandIsOfHausdorffDistances(t *testing.T) {
	x := fixture.Normal(3, 60, 3)
	h := HausdorffBand{Replicates: 20, Size: 59, Level: .5, Seed: 4}
	b, err := h.Compute(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	// With all rows but one, the distance is that to the neighbour nearest to the one.
	var nearest []float64
	for i := range 60 {
		least := math.Inf(1)
		for j := range 60 {
			if i != j {
				least = min(least, math.Sqrt(sq(x, i, j)))
			}
		}
		nearest = append(nearest, least)
	}
	for _, v := range b.Distances {
		if !slices.ContainsFunc(nearest, func(n float64) bool { return math.Abs(n-v) < 1e-12 }) {
			t.Errorf("%v is no distance to a nearest neighbour", v)
		}
	}
	sorted := slices.Sorted(slices.Values(b.Distances))
	if want := 2 * (sorted[9] + sorted[10]); math.Abs(b.Radius-want) > 1e-12 {
		t.Errorf("radius %v, want %v", b.Radius, want)
	}
	again := func(procs int) *Band {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		b, err := HausdorffBand{Replicates: 30}.Compute(t.Context(), x)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	one := again(1)
	for _, procs := range []int{2, 7} {
		if other := again(procs); !slices.Equal(one.Distances, other.Distances) {
			t.Errorf("%d cores make another band", procs)
		}
	}
}

func sq(x *mat.Dense, i, j int) (sum float64) {
	for k, v := range x.RawRowView(i) {
		sum += (v - x.At(j, k)) * (v - x.At(j, k))
	}
	return sum
}

// The circle is in the band around its sample: twice the Hausdorff distance between them,
// half the widest gap, is below the radius, and the band so narrow that the ring of the
// circle, which lives up to √3, stands out. Noise has no ring that does.
func TestBandHoldsTheShape(t *testing.T) {
	testenv.Unraced(t)
	for seed := range uint64(3) {
		x := circle(seed, 1000)
		band, err := HausdorffBand{Seed: seed}.Compute(t.Context(), x)
		if err != nil {
			t.Fatal(err)
		}
		angles := make([]float64, 1000)
		for i := range angles {
			angles[i] = math.Atan2(x.At(i, 1), x.At(i, 0))
		}
		slices.Sort(angles)
		gap := angles[0] - angles[999] + 2*math.Pi
		for i := 1; i < 1000; i++ {
			gap = max(gap, angles[i]-angles[i-1])
		}
		if 2*2*math.Sin(gap/4) > band.Radius {
			t.Errorf("seed %d: the circle is %v from its sample, beyond %v", seed, 2*math.Sin(gap/4), band)
		}
		ring, noise := Bar{2 * math.Sin(gap/2), math.Sqrt(3)}, Bar{0, .5}
		if found := band.Significant(Diagram{ring, noise}); !slices.Equal(found, Diagram{ring}) {
			t.Errorf("seed %d: %v beyond %v", seed, found, band)
		}
		x = fixture.Uniform(seed, 150, 2)
		if band, err = (HausdorffBand{Seed: seed}).Compute(t.Context(), x); err != nil {
			t.Fatal(err)
		}
		p, err := Rips{}.Compute(t.Context(), x)
		if err != nil {
			t.Fatal(err)
		}
		if found := band.Significant(p.Diagrams[1]); len(found) > 0 || len(p.Diagrams[1]) < 10 {
			t.Errorf("seed %d: noise has the rings %v beyond %v", seed, found, band)
		}
	}
}

// In 95 of a hundred trials the band holds the true mean, here of bars with random ends;
// at half the width it does not.
func TestLandscapeBandCovers(t *testing.T) {
	testenv.Unraced(t)
	const trials, samples = 200, 40
	draw := func(seed uint64) []*Landscape {
		u := fixture.Uniform(seed, samples, 2)
		of := make([]*Landscape, samples)
		for i := range of {
			l, err := NewLandscape(Diagram{{u.At(i, 0), 2 + u.At(i, 1)}}, 0)
			if err != nil {
				t.Fatal(err)
			}
			of[i] = l
		}
		return of
	}
	var many []*Landscape
	for seed := range uint64(100) {
		many = append(many, draw(1000+seed)...)
	}
	at := []float64{.25, .5, .75, 1, 1.25, 1.5, 1.75, 2, 2.25, 2.5, 2.75}
	truth := make([]float64, len(at))
	for j, s := range at {
		for _, l := range many {
			truth[j] += l.At(0, s) / float64(len(many))
		}
	}
	held, halved := 0, 0
	for seed := range uint64(trials) {
		b, err := LandscapeBand{Seed: seed, Replicates: 200}.Around(t.Context(), draw(seed))
		if err != nil {
			t.Fatal(err)
		}
		in, inHalf := true, true
		for j, s := range at {
			low, high := b.Between(s)
			in = in && low <= truth[j] && truth[j] <= high
			inHalf = inHalf && math.Abs(truth[j]-value(b.Mean, s)) <= b.HalfWidth/2
		}
		if in {
			held++
		}
		if inHalf {
			halved++
		}
	}
	if held < trials*88/100 || halved > trials*80/100 {
		t.Errorf("%d of %d bands hold the mean, %d at half the width", held, trials, halved)
	}
}

func TestBandsRefuse(t *testing.T) {
	x := fixture.Normal(1, 30, 2)
	for _, h := range []HausdorffBand{{Size: 30}, {Size: -1}, {Replicates: 1}, {Replicates: 1 << 30}, {Level: 1}, {Level: -1}, {Level: math.NaN()}, {MemoryLimit: -1}} {
		if _, err := h.Compute(t.Context(), x); !errors.As(err, new(*mat32.ParamError)) {
			t.Errorf("%+v: %v", h, err)
		}
	}
	if _, err := (HausdorffBand{MemoryLimit: 10}).Compute(t.Context(), x); !errors.As(err, new(*mat32.MemoryError)) {
		t.Errorf("%v", err)
	}
	if _, err := (HausdorffBand{}).Compute(t.Context(), x.Slice(0, 3, 0, 2)); !errors.As(err, new(*mat32.ShapeError)) {
		t.Errorf("%v", err)
	}
	x.Set(3, 1, math.NaN())
	if _, err := (HausdorffBand{}).Compute(t.Context(), x); !errors.As(err, new(*mat32.NotFiniteError)) {
		t.Errorf("%v", err)
	}
	one, err := NewLandscape(Diagram{{0, 1}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	two := []*Landscape{one, one}
	for _, l := range []LandscapeBand{{Depth: 1}, {Depth: -1}, {Replicates: 1}, {Level: 2}, {Level: math.NaN()}} {
		if _, err := l.Around(t.Context(), two); !errors.As(err, new(*mat32.ParamError)) {
			t.Errorf("%+v: %v", l, err)
		}
	}
	if _, err := (LandscapeBand{}).Around(t.Context(), two[:1]); !errors.As(err, new(*mat32.ShapeError)) {
		t.Errorf("%v", err)
	}
	if b, err := (LandscapeBand{}).Around(t.Context(), two); err != nil || b.HalfWidth != 0 {
		t.Errorf("%v, %v of twins", b, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (LandscapeBand{}).Around(ctx, two); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if _, err := (HausdorffBand{}).Compute(ctx, fixture.Normal(1, 30, 2)); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
