package datasets_test

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/mat32"
)

type generator interface {
	Generate() (*datasets.Dataset, error)
}

func generate(t *testing.T, g generator) *datasets.Dataset {
	t.Helper()
	d, err := g.Generate()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// noisy lists every generator with its options set, for any number of rows.
var noisy = map[string]func(rows int, seed uint64) generator{
	"swiss roll": func(n int, seed uint64) generator { return datasets.SwissRoll{Rows: n, Noise: 0.3, Seed: seed} },
	"sphere": func(n int, seed uint64) generator {
		return datasets.Sphere{Rows: n, Dim: 3, Radius: 5, Noise: 0.2, Seed: seed}
	},
	"blobs": func(n int, seed uint64) generator {
		return datasets.Blobs{Rows: n, Classes: 7, Dim: 4, Spread: 2, Seed: seed}
	},
}

// parts returns whatever in d has a line for every row.
func parts(d *datasets.Dataset) map[string]mat.Matrix {
	all := map[string]mat.Matrix{"X": d.X}
	if d.Labels != nil {
		labels := mat.NewDense(len(d.Labels), 1, nil)
		for i, l := range d.Labels {
			labels.Set(i, 0, float64(l))
		}
		all["Labels"] = labels
	}
	if d.Truth.Latent != nil {
		all["Latent"] = d.Truth.Latent
	}
	if d.Truth.Clean != nil {
		all["Clean"] = d.Truth.Clean
	}
	return all
}

func TestZeroMeansTheDefault(t *testing.T) {
	for name, g := range map[string][2]generator{
		"swiss roll": {datasets.SwissRoll{}, datasets.SwissRoll{Rows: 1000, Noise: 0, Seed: 0}},
		"sphere":     {datasets.Sphere{}, datasets.Sphere{Rows: 1000, Dim: 2, Radius: 1}},
		"blobs":      {datasets.Blobs{}, datasets.Blobs{Rows: 1000, Classes: 3, Dim: 2, Spread: 1, Box: 10}},
	} {
		a, b := generate(t, g[0]), generate(t, g[1])
		if n, _ := a.X.Dims(); n != 1000 || !mat.Equal(a.X, b.X) {
			t.Errorf("%s: the zero value is not the default", name)
		}
		if d := a.Truth.Dimension; d != 2 {
			t.Errorf("%s has dimension %d", name, d)
		}
	}
	resolved, err := datasets.Sphere{Dim: 3}.Resolve()
	if want := (datasets.Sphere{Rows: 1000, Dim: 3, Radius: 1}); err != nil || resolved != want {
		t.Errorf("resolved to %+v, %v, want %+v", resolved, err, want)
	}
}

// A row is the same whatever the size of its sample; the sizes are on both sides
// of the blocks in which rows are made.
func TestSmallSamplesBeginLargeOnes(t *testing.T) {
	for name, g := range noisy {
		large := parts(generate(t, g(1000, 3)))
		for _, n := range []int{1, 2, 255, 256, 257, 999} {
			for part, small := range parts(generate(t, g(n, 3))) {
				_, cols := small.Dims()
				if !mat.Equal(small, large[part].(*mat.Dense).Slice(0, n, 0, cols)) {
					t.Errorf("%s: %s of %d rows does not begin that of 1000", name, part, n)
				}
			}
		}
	}
}

func TestSameBitsOnAnyCores(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for name, g := range noisy {
		want := map[string]string{}
		for _, cores := range []int{1, 2, 7} {
			runtime.GOMAXPROCS(cores)
			for part, m := range parts(generate(t, g(3000, 1))) {
				got := mat32.Fingerprint(m)
				if want[part] == "" {
					want[part] = got
				}
				if got != want[part] {
					t.Errorf("%s: %s has other bits on %d cores", name, part, cores)
				}
			}
		}
		if got := mat32.Fingerprint(generate(t, g(3000, 2)).X); got == want["X"] {
			t.Errorf("%s: another seed gives the same rows", name)
		}
	}
}

func TestOptionsOutOfRange(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	centers := mat.NewDense(2, 3, []float64{0, 0, 0, 1, 1, 1})
	for _, c := range []struct {
		g     generator
		param string
	}{
		{datasets.SwissRoll{Rows: -1}, "Rows"},
		{datasets.SwissRoll{Noise: -0.1}, "Noise"},
		{datasets.SwissRoll{Noise: nan}, "Noise"},
		{datasets.SwissRoll{Noise: inf}, "Noise"},
		{datasets.Sphere{Rows: math.MinInt}, "Rows"},
		{datasets.Sphere{Dim: -2}, "Dim"},
		{datasets.Sphere{Dim: math.MaxInt}, "Dim"},
		{datasets.Sphere{Radius: -1}, "Radius"},
		{datasets.Sphere{Radius: nan}, "Radius"},
		{datasets.Sphere{Noise: -1}, "Noise"},
		{datasets.Blobs{Rows: -5}, "Rows"},
		{datasets.Blobs{Classes: -1}, "Classes"},
		{datasets.Blobs{Dim: -1}, "Dim"},
		{datasets.Blobs{Spread: -1}, "Spread"},
		{datasets.Blobs{Spread: inf}, "Spread"},
		{datasets.Blobs{Box: nan}, "Box"},
		{datasets.Blobs{Centers: centers, Classes: 3}, "Classes"},
		{datasets.Blobs{Centers: centers, Dim: 2}, "Dim"},
	} {
		d, err := c.g.Generate()
		var bad *mat32.ParamError
		if !errors.As(err, &bad) {
			t.Errorf("%+v: got %v, %v, want a *mat32.ParamError", c.g, d, err)
			continue
		}
		if want := fmt.Sprintf("%T", c.g); bad.Param != c.param || bad.Method != want || bad.Want == "" || d != nil {
			t.Errorf("%+v: got %+v with %v, want %s of %s", c.g, bad, d, c.param, want)
		}
	}

	var memory *mat32.MemoryError
	for _, g := range []generator{
		datasets.SwissRoll{Rows: math.MaxInt32},
		datasets.Sphere{Rows: math.MaxInt32, Dim: 1 << 20},
		datasets.Blobs{Classes: math.MaxInt32, Dim: 1 << 20},
	} {
		if _, err := g.Generate(); !errors.As(err, &memory) {
			t.Errorf("%+v: got %v, want a *mat32.MemoryError", g, err)
		}
	}

	var notFinite *mat32.NotFiniteError
	_, err := datasets.Blobs{Centers: mat.NewDense(1, 2, []float64{0, nan})}.Generate()
	if !errors.As(err, &notFinite) || notFinite.Col != 1 {
		t.Errorf("a centre with NaN: %v", err)
	}
	if _, err := (datasets.Blobs{Centers: &mat.Dense{}}).Generate(); !errors.Is(err, mat32.ErrEmpty) {
		t.Errorf("no centres: %v", err)
	}
}

// Noise has the stated size, is not a function of the place, and moves the rows
// of the sample without it.
func TestNoise(t *testing.T) {
	const n = 4000
	for name, g := range map[string]struct {
		with, without generator
		sigma         float64
	}{
		"swiss roll": {datasets.SwissRoll{Rows: n, Noise: 0.5}, datasets.SwissRoll{Rows: n}, 0.5},
		"sphere":     {datasets.Sphere{Rows: n, Noise: 0.01}, datasets.Sphere{Rows: n}, 0.01},
	} {
		d, clean := generate(t, g.with), generate(t, g.without)
		if !mat.Equal(d.Truth.Clean, clean.X) || !mat.Equal(clean.Truth.Clean, clean.X) {
			t.Errorf("%s: Clean is not the sample without noise", name)
		}
		if a, b := d.Truth.Geodesic(1, 2), clean.Truth.Geodesic(1, 2); a != b {
			t.Errorf("%s: noise changes the truth from %v to %v", name, b, a)
		}
		var noise mat.Dense
		noise.Sub(d.X, d.Truth.Clean)
		_, cols := noise.Dims()
		for j := range cols {
			column := mat.Col(nil, j, &noise)
			mean, sd := stat.MeanStdDev(column, nil)
			if math.Abs(mean) > 5*g.sigma/math.Sqrt(n) || math.Abs(sd/g.sigma-1) > 5/math.Sqrt(2*n) {
				t.Errorf("%s: noise of column %d has mean %v and standard deviation %v", name, j, mean, sd)
			}
			for k := range cols {
				if r := stat.Correlation(column, mat.Col(nil, k, &noise), nil); k != j && math.Abs(r) > 5/math.Sqrt(n) {
					t.Errorf("%s: noise of columns %d and %d correlates %v", name, j, k, r)
				}
			}
			size := make([]float64, n)
			for i, v := range column {
				size[i] = v * v
			}
			for part, m := range map[string]*mat.Dense{"Clean": d.Truth.Clean, "Latent": d.Truth.Latent} {
				if m == nil {
					continue
				}
				_, places := m.Dims()
				for k := range places {
					place := mat.Col(nil, k, m)
					r, r2 := stat.Correlation(column, place, nil), stat.Correlation(size, place, nil)
					if max(math.Abs(r), math.Abs(r2)) > 5/math.Sqrt(n) {
						t.Errorf("%s: noise of column %d correlates %v, its square %v, with column %d of %s", name, j, r, r2, k, part)
					}
				}
			}
		}
		clean.X.Zero()
		if mat.Sum(clean.Truth.Clean) == 0 {
			t.Errorf("%s: Clean is X itself", name)
		}
	}
}

// A geodesic is a metric, and never shorter than the straight line.
func TestGeodesicsAreAMetric(t *testing.T) {
	for name, g := range map[string]generator{
		"swiss roll": datasets.SwissRoll{Rows: 40},
		"circle":     datasets.Sphere{Rows: 40, Dim: 1},
		"sphere":     datasets.Sphere{Rows: 40, Radius: 3},
		"S⁹":         datasets.Sphere{Rows: 40, Dim: 9},
	} {
		d := generate(t, g)
		between := d.Truth.Geodesic
		for i := range 40 {
			if between(i, i) != 0 {
				t.Errorf("%s: row %d is %v from itself", name, i, between(i, i))
			}
			for j := range i {
				ij := between(i, j)
				if ij != between(j, i) {
					t.Errorf("%s: %d to %d is not %d to %d", name, i, j, j, i)
				}
				straight := floats.Distance(d.X.RawRowView(i), d.X.RawRowView(j), 2)
				if !(ij >= straight*(1-1e-14)) || ij == 0 {
					t.Errorf("%s: %v from %d to %d, straight %v", name, ij, i, j, straight)
				}
				for k := range 40 {
					if through := between(i, k) + between(k, j); ij > through*(1+1e-14) {
						t.Errorf("%s: %v from %d to %d, %v through %d", name, ij, i, j, through, k)
					}
				}
			}
		}
	}
}

// uniform fails when values are not uniform in [lo, hi], by the distance of
// Kolmogorov and Smirnov at p = 0.0007.
func uniform(t *testing.T, what string, values []float64, lo, hi float64) {
	t.Helper()
	values = slices.Sorted(slices.Values(values))
	n := float64(len(values))
	var worst float64
	for i, v := range values {
		u := (v - lo) / (hi - lo)
		worst = max(worst, math.Abs(u-float64(i)/n), math.Abs(u-float64(i+1)/n))
	}
	if worst > 2/math.Sqrt(n) {
		t.Errorf("%s is not uniform in [%v, %v]: Kolmogorov-Smirnov %v, want at most %v", what, lo, hi, worst, 2/math.Sqrt(n))
	}
}
