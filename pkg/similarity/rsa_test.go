package similarity

import (
	"context"
	"errors"
	"math"
	"runtime"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Every dissimilarity as its formula has it, also far from zero and of rows that are equal.
func TestDissimilarities(t *testing.T) {
	x := fixture.Normal(4, 30, 6)
	x.SetRow(7, x.RawRowView(3))
	x.SetRow(9, []float64{2, 2, 2, 2, 2, 2})
	x.SetRow(11, []float64{0, 0, 0, 0, 0, 0})
	noise := mat.NewSymDense(6, nil)
	noise.SymOuterK(1, fixture.Normal(8, 6, 20))
	inverse := new(mat.Dense)
	if err := inverse.Inverse(noise); err != nil {
		t.Fatal(err)
	}
	cosine := func(a, b []float64) float64 {
		na, nb := floats.Norm(a, 2), floats.Norm(b, 2)
		switch {
		case na < 1e-14 && nb < 1e-14:
			return 0
		case na < 1e-14 || nb < 1e-14:
			return 1
		}
		return 1 - floats.Dot(a, b)/na/nb
	}
	less := func(a []float64) []float64 {
		b := append([]float64(nil), a...)
		floats.AddConst(-stat.Mean(a, nil), b)
		return b
	}
	for _, c := range []struct {
		r    RDM
		want func(a, b []float64) float64
	}{
		{RDM{}, func(a, b []float64) float64 { return math.Pow(floats.Distance(a, b, 2), 2) / 6 }},
		{RDM{Dissimilarity: EuclideanDistance}, func(a, b []float64) float64 { return floats.Distance(a, b, 2) }},
		{RDM{Dissimilarity: CosineDistance}, cosine},
		{RDM{Dissimilarity: CorrelationDistance}, func(a, b []float64) float64 { return cosine(less(a), less(b)) }},
		{RDM{Dissimilarity: MahalanobisDistance, Noise: noise}, func(a, b []float64) float64 {
			d := mat.NewVecDense(6, nil)
			d.SubVec(mat.NewVecDense(6, a), mat.NewVecDense(6, b))
			return mat.Inner(d, inverse, d) / 6
		}},
	} {
		d, err := c.r.Distances(t.Context(), x)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 30 {
			for j := range i {
				if want := c.want(x.RawRowView(i), x.RawRowView(j)); math.Abs(d.At(i, j)-want) > 1e-12*(1+want) {
					t.Fatalf("%v of rows %d and %d: %v, want %v", c.r.Dissimilarity, i, j, d.At(i, j), want)
				}
			}
		}
		if d.At(7, 3) != 0 {
			t.Errorf("%v of equal rows: %v", c.r.Dissimilarity, d.At(7, 3))
		}
		if again, err := c.r.Distances(t.Context(), d); again != d || err != nil {
			t.Errorf("distances are not taken for themselves: %v", err)
		}
	}
	big := mat.NewDense(3, 1, []float64{-1e300, 0, 1e300})
	var degenerate *mat32.DegenerateError
	if _, err := (RDM{}).Distances(t.Context(), big); !errors.As(err, &degenerate) {
		t.Errorf("squares beyond float64: %v", err)
	}
	if s, err := (RSA{}).Compare(t.Context(), big, big); err != nil || s.Value != 1 {
		t.Errorf("which do not matter to ranks: %v, %v", s.Value, err)
	}
}

// The covariance of the rows whitens them.
func TestMahalanobisOfItsOwn(t *testing.T) {
	x := fixture.Normal(5, 40, 4)
	skewed := new(mat.Dense)
	skewed.Mul(x, fixture.Normal(6, 4, 4))
	r := RDM{Dissimilarity: MahalanobisDistance}
	a, errA := r.Distances(t.Context(), x)
	b, errB := r.Distances(t.Context(), skewed)
	if err := errors.Join(errA, errB); err != nil {
		t.Fatal(err)
	}
	for k, v := range a.Condensed() {
		if math.Abs(b.Condensed()[k]-v) > 1e-9*v {
			t.Fatalf("a linear map changes pair %d from %v to %v", k, v, b.Condensed()[k])
		}
	}
	var param *mat32.ParamError
	if _, err := r.Distances(t.Context(), x.Slice(0, 4, 0, 4)); !errors.As(err, &param) || param.Param != "Noise" {
		t.Errorf("too few rows for a covariance: %v", err)
	}
	r.Noise = mat.NewSymDense(4, nil)
	if _, err := r.Distances(t.Context(), x); !errors.As(err, &param) || param.Param != "Noise" {
		t.Errorf("a covariance of zeros: %v", err)
	}
}

// Comparisons know what they do not see: rotation and scale of rows; an offset of
// distances but for the cosine; any growing function of them where they rank.
func TestRSAInvariances(t *testing.T) {
	testenv.Unraced(t)
	x, y := representations()
	turned := new(mat.Dense)
	turned.Mul(x, rotation(t, 12))
	turned.Scale(7, turned)
	d, err := RDM{}.Distances(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	changed := func(f func(v float64) float64) *mat32.Distances {
		pairs := append([]float64(nil), d.Condensed()...)
		for k, v := range pairs {
			pairs[k] = f(v)
		}
		c, err := mat32.NewDistances(200, pairs)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	for c := Spearman; c <= CosineComparison; c++ {
		r := RSA{Comparison: c}
		want, err := r.Compare(t.Context(), x, y)
		if err != nil {
			t.Fatal(err)
		}
		ranks := c == Spearman || c == RhoA || c == KendallTauA || c == KendallTauB
		for _, other := range []struct {
			name string
			x    mat.Matrix
			same bool
		}{
			{"the distances", d, true},
			{"x turned and scaled", turned, true},
			{"distances + 3", changed(func(v float64) float64 { return v + 3 }), c != CosineComparison},
			{"the squares of distances", changed(func(v float64) float64 { return v * v }), ranks},
		} {
			got, err := r.Compare(t.Context(), other.x, y)
			if err != nil || (math.Abs(got.Value-want.Value) < 1e-10) != other.same {
				t.Errorf("%v of %s: %.15g, %v, and %.15g of x", c, other.name, got.Value, err, want.Value)
			}
		}
		if s, err := r.Compare(t.Context(), x, x); err != nil || math.Abs(s.Value-1) > 1e-14 {
			t.Errorf("%v of x with itself: %v, %v", c, s.Value, err)
		}
		old := runtime.GOMAXPROCS(1)
		one, err := r.Compare(t.Context(), x, y)
		runtime.GOMAXPROCS(old)
		if err != nil || one.Value != want.Value {
			t.Errorf("%v on one core: %v, %v, and %v on all", c, one.Value, err, want.Value)
		}
	}
}

// Ties: τ-a and ρ-a of a model that predicts only who is in which half do not reach 1,
// as published for them (Schütt et al., 2023, for ρ-a: the expectation over the ties).
func TestTiedModels(t *testing.T) {
	data, err := mat32.NewDistances(4, []float64{1, 4, 5, 3, 6, 2})
	if err != nil {
		t.Fatal(err)
	}
	model, err := mat32.NewDistances(4, []float64{0, 1, 1, 1, 1, 0})
	if err != nil {
		t.Fatal(err)
	}
	for c, want := range map[RDMComparison]float64{
		KendallTauA: 8. / 15, KendallTauB: 8 / math.Sqrt(15*8), RhoA: 24. / 35, Spearman: math.Sqrt(24. / 35),
	} {
		if s, err := (RSA{Comparison: c}).Compare(t.Context(), data, model); err != nil || math.Abs(s.Value-want) > 1e-14 {
			t.Errorf("%v: %v, %v, want %v", c, s.Value, err, want)
		}
	}
}

// Quantiles are NumPy's, and between them distances grow evenly.
func TestGeoTopo(t *testing.T) {
	d, err := mat32.NewDistances(4, []float64{1, 2, 4, 8, 16, 32})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		g    GeoTopo
		want []float64
	}{
		{GeoTopo{}, []float64{0, 1. / 31, 3. / 31, 7. / 31, 15. / 31, 1}},
		{GeoTopo{Lower: .2, Upper: .8}, []float64{0, 0, 2. / 14, 6. / 14, 1, 1}},
		{GeoTopo{Lower: .3, Upper: .3}, []float64{0, 0, 1, 1, 1, 1}},
		{GeoTopo{Lower: .2, Upper: .8, Geodesic: true}, []float64{0, 0, 2. / 14, 0, 2. / 14, 2. / 14}},
		{GeoTopo{Upper: .2, Geodesic: true}, []float64{0, 1, 1, 1, 1, 1}},
	} {
		got, err := c.g.Of(t.Context(), d)
		if err != nil || !floats.EqualApprox(got.Condensed(), c.want, 1e-14) {
			t.Errorf("%+v: %v, %v, want %v", c.g, got, err, c.want)
		}
	}
	var param *mat32.ParamError
	for _, g := range []GeoTopo{{Lower: .6, Upper: .5}, {Upper: 1.1}, {Lower: math.NaN()}, {Upper: -1}} {
		if _, err := g.Of(t.Context(), d); !errors.As(err, &param) {
			t.Errorf("%+v: %v", g, err)
		}
		if _, err := (RSA{GeoTopo: g}).Compare(t.Context(), d, d); !errors.As(err, &param) || param.Method != rsa {
			t.Errorf("RSA of %+v: %v", g, err)
		}
	}
	var shape *mat32.ShapeError
	if _, err := (GeoTopo{}).Of(t.Context(), nil); !errors.As(err, &shape) {
		t.Errorf("no distances: %v", err)
	}
}

// subjects sees six samples of units of one layer, with noise.
func subjects(seed uint64, noise float64) []mat.Matrix {
	z := fixture.Normal(seed, 30, 4)
	list := make([]mat.Matrix, 6)
	for s := range list {
		x := new(mat.Dense)
		x.Mul(z, fixture.Normal(seed+uint64(s)+1, 4, 25))
		e := fixture.Normal(seed+uint64(s)+100, 30, 25)
		e.Scale(noise, e)
		x.Add(x, e)
		list[s] = x
	}
	return list
}

// The ceiling holds what its definition says, sinks with noise, and the truth lies in it.
func TestNoiseCeiling(t *testing.T) {
	for c := Spearman; c <= CosineComparison; c++ {
		r := RSA{Comparison: c}
		quiet, errQ := r.NoiseCeiling(t.Context(), subjects(1, .1))
		noisy, errN := r.NoiseCeiling(t.Context(), subjects(1, 3))
		if err := errors.Join(errQ, errN); err != nil {
			t.Fatal(err)
		}
		if !(quiet.Lower < quiet.Upper && noisy.Lower < noisy.Upper && noisy.Upper < quiet.Upper && noisy.Lower < quiet.Lower) {
			t.Errorf("%v: quiet %v, noisy %v", c, quiet, noisy)
		}
	}
	list := subjects(2, 2)
	r := RSA{Comparison: Pearson}
	got, err := r.NoiseCeiling(t.Context(), list)
	if err != nil {
		t.Fatal(err)
	}
	standard := make([][]float64, len(list))
	for s, x := range list {
		d, err := RDM{}.Distances(t.Context(), x)
		if err != nil {
			t.Fatal(err)
		}
		standard[s] = append([]float64(nil), d.Condensed()...)
		m, sd := stat.MeanStdDev(standard[s], nil)
		floats.AddConst(-m, standard[s])
		floats.Scale(1/sd, standard[s])
	}
	for s := range list {
		all, others := make([]float64, len(standard[s])), make([]float64, len(standard[s]))
		for o, v := range standard {
			floats.Add(all, v)
			if o != s {
				floats.Add(others, v)
			}
		}
		if up, low := stat.Correlation(standard[s], all, nil), stat.Correlation(standard[s], others, nil); math.Abs(got.UpperOf[s]-up) > 1e-12 || math.Abs(got.LowerOf[s]-low) > 1e-12 {
			t.Errorf("subject %d: %v to %v, want %v to %v", s, got.LowerOf[s], got.UpperOf[s], low, up)
		}
	}
	var param *mat32.ParamError
	if _, err := r.NoiseCeiling(t.Context(), list[:1]); !errors.As(err, &param) {
		t.Errorf("one subject: %v", err)
	}
	var shape *mat32.ShapeError
	if _, err := r.NoiseCeiling(t.Context(), []mat.Matrix{list[0], fixture.Normal(1, 29, 25)}); !errors.As(err, &shape) {
		t.Errorf("30 and 29 rows: %v", err)
	}
}

// layersOf returns the layers of a random network as one subject sees them: a sample of
// the units of every layer, in noise. Stimuli and network are those of seed.
func layersOf(seed, subject uint64, units int, noise float64) []mat.Matrix {
	const stimuli, width, depth = 40, 60, 6
	x := fixture.Normal(seed, stimuli, width)
	layers := make([]mat.Matrix, depth)
	for l := range layers {
		w := fixture.Normal(seed+1000*uint64(l+1), width, width)
		next := new(mat.Dense)
		next.Mul(x, w)
		next.Apply(func(_, _ int, v float64) float64 { return math.Tanh(1.8 * v / math.Sqrt(width)) }, next)
		x = next
		seen := fixture.Normal(subject+uint64(l)*10, stimuli, units)
		seen.Scale(noise, seen)
		from := int(subject*17+uint64(l)*7) % (width - units)
		seen.Add(seen, x.Slice(0, stimuli, from, from+units))
		layers[l] = seen
	}
	return layers
}

// Layers are identified by topological RSA as well as by RSA, over a grid of thresholds
// (Lin and Kriegeskorte, 2024), and by neither where stimuli are not the same.
func TestIdentifyLayer(t *testing.T) {
	testenv.Unraced(t)
	accuracy := func(r RSA, units int, noise float64, other func(layers []mat.Matrix) []mat.Matrix) (a float64) {
		for s := range uint64(8) {
			d, err := IdentifyLayer{Measure: r}.Identify(t.Context(), layersOf(s+1, 100+s, units, noise), other(layersOf(s+1, 300+s, units, noise)))
			if err != nil {
				t.Fatal(err)
			}
			a += d.Accuracy / 8
		}
		return a
	}
	same := func(layers []mat.Matrix) []mat.Matrix { return layers }
	shuffled := func(layers []mat.Matrix) []mat.Matrix {
		for l, x := range layers {
			n, _ := x.Dims()
			y := mat.DenseCopyOf(x)
			for i := range n {
				y.SetRow(i, mat.Row(nil, (i*7+3)%n, x))
			}
			layers[l] = y
		}
		return layers
	}
	plain := accuracy(RSA{Comparison: Pearson}, 20, .5, same)
	for _, g := range []GeoTopo{{Upper: .8}, {Lower: .2, Upper: .8}, {Lower: .2}, {Lower: .4, Upper: .6}} {
		r := RSA{Comparison: Pearson, GeoTopo: g}
		if a := accuracy(r, 20, .5, same); a < .85 || a < plain-.1 {
			t.Errorf("%+v: accuracy %.3f, and %.3f of RSA", g, a, plain)
		}
		if a := accuracy(r, 20, .5, shuffled); a > .4 {
			t.Errorf("%+v: accuracy %.3f where stimuli are not the same: 1 in 6 is chance", g, a)
		}
	}
}

func TestIdentifyLayerErrors(t *testing.T) {
	layers := layersOf(1, 1, 10, 0)
	var shape *mat32.ShapeError
	if _, err := (IdentifyLayer{}).Identify(t.Context(), layers, layers[:2]); !errors.As(err, &shape) {
		t.Errorf("6 and 2 layers: %v", err)
	}
	if _, err := (IdentifyLayer{}).Identify(t.Context(), nil, nil); !errors.As(err, &shape) {
		t.Errorf("no layers: %v", err)
	}
	d, err := IdentifyLayer{Measure: InformationImbalance{}, Distance: true}.Identify(t.Context(), layers, layers)
	if err != nil || d.Accuracy < .999 {
		t.Errorf("by a distance: %v, %v", d, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (IdentifyLayer{}).Identify(ctx, layers, layers); !errors.Is(err, context.Canceled) {
		t.Errorf("after a cancel: %v", err)
	}
}
