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

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/mat32"
)

func generate(t *testing.T, g datasets.Generator) *datasets.Dataset {
	t.Helper()
	d, err := g.Generate()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// every lists every generator, with its options set, for any number of rows.
var every = map[string]func(rows int, seed uint64) datasets.Generator{
	"swiss roll": func(n int, seed uint64) datasets.Generator { return datasets.SwissRoll{Rows: n, Seed: seed} },
	"s-curve":    func(n int, seed uint64) datasets.Generator { return datasets.SCurve{Rows: n, Seed: seed} },
	"sphere": func(n int, seed uint64) datasets.Generator {
		return datasets.Sphere{Rows: n, Dim: 3, Radius: 5, Seed: seed}
	},
	"torus": func(n int, seed uint64) datasets.Generator {
		return datasets.Torus{Rows: n, Radius: 3, Tube: 2, Seed: seed}
	},
	"flat torus": func(n int, seed uint64) datasets.Generator {
		return datasets.Torus{Rows: n, Tube: 2.5, Flat: true, Seed: seed}
	},
	"moebius": func(n int, seed uint64) datasets.Generator {
		return datasets.Moebius{Rows: n, HalfTwists: 3, Width: 1.5, Seed: seed}
	},
	"klein bottle": func(n int, seed uint64) datasets.Generator {
		return datasets.KleinBottle{Rows: n, Radius: 3, Tube: 2, Seed: seed}
	},
	"crossed klein bottle": func(n int, seed uint64) datasets.Generator {
		return datasets.KleinBottle{Rows: n, Crossed: true, Seed: seed}
	},
	"wedged spheres": func(n int, seed uint64) datasets.Generator {
		return datasets.WedgedSpheres{Rows: n, Dim: 3, Spheres: 3, Radius: 2, Seed: seed}
	},
	"pinched torus": func(n int, seed uint64) datasets.Generator { return datasets.PinchedTorus{Rows: n, Seed: seed} },
	"figure eight":  func(n int, seed uint64) datasets.Generator { return datasets.FigureEight{Rows: n, Seed: seed} },
	"annuli": func(n int, seed uint64) datasets.Generator {
		return datasets.Annuli{Rows: n, Rings: 3, Apart: 1.5, Seed: seed}
	},
	"linked rings": func(n int, seed uint64) datasets.Generator {
		return datasets.LinkedRings{Rows: n, Rings: 3, Seed: seed}
	},
	"tree": func(n int, seed uint64) datasets.Generator {
		return datasets.Tree{Rows: n, Branches: 6, Dim: 5, Length: 3, Seed: seed}
	},
	"walk tree": func(n int, seed uint64) datasets.Generator {
		return datasets.WalkTree{Rows: n, Branches: 6, Steps: 30, Dim: 5, Seed: seed}
	},
	"mammoth": func(n int, seed uint64) datasets.Generator { return datasets.Mammoth{Rows: n, Seed: seed} },
	"blobs": func(n int, seed uint64) datasets.Generator {
		return datasets.Blobs{Rows: n, Classes: 7, Dim: 4, Spread: 2, Seed: seed}
	},
	"gaussian mixture": func(n int, seed uint64) datasets.Generator {
		return datasets.GaussianMixture{Rows: n, Dim: 4, Weights: []float64{3, 1}, Condition: 100, Seed: seed}
	},
	"spiked covariance": func(n int, seed uint64) datasets.Generator {
		return datasets.SpikedCovariance{Rows: n, Dim: 9, Spikes: []float64{3, 7}, Seed: seed}
	},
	"weekly chaos": func(n int, seed uint64) datasets.Generator { return datasets.WeeklyChaos{Rows: n, Seed: seed} },
	"feature pair": func(n int, seed uint64) datasets.Generator { return datasets.FeaturePair{Rows: n, Seed: seed} },
	"union of subspaces": func(n int, seed uint64) datasets.Generator {
		return datasets.UnionOfSubspaces{Rows: n, Dim: 6, Dims: []int{1, 3}, Seed: seed}
	},
	"low-rank gaussian mixture": func(n int, seed uint64) datasets.Generator {
		return datasets.LowRankGaussianMixture{Rows: n, Dim: 7, Classes: 3, Rank: 2, Sigma: .1, Seed: seed}
	},
	"union of manifolds": func(n int, seed uint64) datasets.Generator {
		return datasets.UnionOfManifolds{Rows: n, Dim: 9, Dims: []int{2, 1}, Seed: seed}
	},
	"benchmark manifold": func(n int, seed uint64) datasets.Generator {
		return datasets.BenchmarkManifold{Name: "Mbeta", Rows: n, Dim: 3, Columns: 15, Seed: seed}
	},
	"line, disc and ball": func(n int, seed uint64) datasets.Generator { return datasets.LineDiskBall{Rows: n, Seed: seed} },
	"roll and sphere":     func(n int, seed uint64) datasets.Generator { return datasets.RollAndSphere{Rows: n, Seed: seed} },
	"noise": func(n int, seed uint64) datasets.Generator {
		return datasets.Noise{Of: datasets.SwissRoll{Rows: n, Seed: seed}, StdDev: 0.3, Seed: seed}
	},
	"rotated": func(n int, seed uint64) datasets.Generator {
		return datasets.Rotated{Of: datasets.Sphere{Rows: n, Seed: seed}, Dim: 9, Seed: seed}
	},
	"all layers": func(n int, seed uint64) datasets.Generator {
		tree := datasets.Tree{Rows: n, Dim: 4, Seed: seed}
		return datasets.Noise{Of: datasets.Rotated{Of: datasets.Noise{Of: tree, StdDev: 0.1}, Dim: 6}, StdDev: 0.01, Seed: seed}
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
	if d.Truth.Dimensions != nil {
		dims := mat.NewDense(len(d.Truth.Dimensions), 1, nil)
		for i, k := range d.Truth.Dimensions {
			dims.Set(i, 0, float64(k))
		}
		all["Dimensions"] = dims
	}
	return all
}

func TestZeroMeansTheDefault(t *testing.T) {
	testenv.Unraced(t)
	for name, g := range map[string][2]datasets.Generator{
		"swiss roll":                {datasets.SwissRoll{}, datasets.SwissRoll{Rows: 1000, Seed: 0}},
		"s-curve":                   {datasets.SCurve{}, datasets.SCurve{Rows: 1000}},
		"sphere":                    {datasets.Sphere{}, datasets.Sphere{Rows: 1000, Dim: 2, Radius: 1}},
		"torus":                     {datasets.Torus{}, datasets.Torus{Rows: 1000, Radius: 2, Tube: 1}},
		"moebius":                   {datasets.Moebius{}, datasets.Moebius{Rows: 1000, HalfTwists: 1, Width: 1}},
		"klein bottle":              {datasets.KleinBottle{}, datasets.KleinBottle{Rows: 1000, Radius: 2, Tube: 1}},
		"crossed klein bottle":      {datasets.KleinBottle{Crossed: true}, datasets.KleinBottle{Rows: 1000, Radius: 2, Tube: .5, Crossed: true}},
		"wedged spheres":            {datasets.WedgedSpheres{}, datasets.WedgedSpheres{Rows: 1000, Dim: 2, Spheres: 2, Radius: 1}},
		"pinched torus":             {datasets.PinchedTorus{}, datasets.PinchedTorus{Rows: 1000, Radius: 2, Tube: 1}},
		"figure eight":              {datasets.FigureEight{}, datasets.FigureEight{Rows: 1000, Radius: 1}},
		"annuli":                    {datasets.Annuli{}, datasets.Annuli{Rows: 1000, Rings: 2, Hole: .5}},
		"linked rings":              {datasets.LinkedRings{}, datasets.LinkedRings{Rows: 1000, Rings: 2}},
		"tree":                      {datasets.Tree{}, datasets.Tree{Rows: 1000, Branches: 10, Dim: 60, Length: 1}},
		"walk tree":                 {datasets.WalkTree{}, datasets.WalkTree{Rows: 1000, Branches: 20, Steps: 100, Dim: 100}},
		"mammoth":                   {datasets.Mammoth{}, datasets.Mammoth{Rows: 1000}},
		"blobs":                     {datasets.Blobs{}, datasets.Blobs{Rows: 1000, Classes: 3, Dim: 2, Spread: 1, Box: 10}},
		"gaussian mixture":          {datasets.GaussianMixture{}, datasets.GaussianMixture{Rows: 1000, Classes: 3, Dim: 2, Weights: []float64{2, 2, 2}, Box: 10, Spread: 1, Condition: 10}},
		"spiked covariance":         {datasets.SpikedCovariance{Sigma: 2}, datasets.SpikedCovariance{Rows: 1000, Dim: 200, Sigma: 2, Spikes: []float64{20, 80, 40}}},
		"union of subspaces":        {datasets.UnionOfSubspaces{}, datasets.UnionOfSubspaces{Rows: 1000, Dim: 30, Dims: []int{2, 5, 10}}},
		"low-rank gaussian mixture": {datasets.LowRankGaussianMixture{}, datasets.LowRankGaussianMixture{Rows: 1000, Dim: 48, Classes: 2, Rank: 6}},
		"union of manifolds":        {datasets.UnionOfManifolds{}, datasets.UnionOfManifolds{Rows: 1000, Dim: 20, Dims: []int{1, 1, 2}, Harmonics: 2}},
		"M1, sphere":                {datasets.BenchmarkManifold{}, datasets.BenchmarkManifold{Name: "M1", Rows: 1000, Dim: 10, Columns: 11}},
		"line, disc and ball":       {datasets.LineDiskBall{}, datasets.LineDiskBall{Rows: 1000}},
		"roll and sphere":           {datasets.RollAndSphere{}, datasets.RollAndSphere{Rows: 1000}},
		"imbalance":                 {datasets.Imbalance{Of: datasets.Blobs{Rows: 2000}}, datasets.Imbalance{Of: datasets.Blobs{Rows: 2000}, Ratio: 10}},
	} {
		a, b := generate(t, g[0]), generate(t, g[1])
		if n, _ := a.X.Dims(); n != 1000 && name != "imbalance" || !mat.Equal(a.X, b.X) {
			t.Errorf("%s: the zero value is not the default", name)
		}
		if a.Name != name && name != "imbalance" {
			t.Errorf("%s is called %s", name, a.Name)
		}
	}
	for name, want := range map[string]struct {
		g         datasets.Generator
		dimension int
	}{
		"swiss roll": {datasets.SwissRoll{}, 2}, "s-curve": {datasets.SCurve{}, 2}, "sphere": {datasets.Sphere{}, 2},
		"torus": {datasets.Torus{}, 2}, "moebius": {datasets.Moebius{}, 2}, "tree": {datasets.Tree{}, 1},
		"mammoth": {datasets.Mammoth{}, 2}, "blobs": {datasets.Blobs{}, 2}, "gaussian mixture": {datasets.GaussianMixture{}, 2},
		"spiked covariance": {datasets.SpikedCovariance{}, 3}, "union of subspaces": {datasets.UnionOfSubspaces{}, 0},
		"low-rank gaussian mixture": {datasets.LowRankGaussianMixture{}, 6}, "union of manifolds": {datasets.UnionOfManifolds{}, 0},
		"equal manifolds": {datasets.UnionOfManifolds{Dims: []int{2, 2}}, 2},
		"equal subspaces": {datasets.UnionOfSubspaces{Dims: []int{4, 4}}, 4},
	} {
		if d := generate(t, want.g).Truth.Dimension; d != want.dimension {
			t.Errorf("%s has dimension %d, want %d", name, d, want.dimension)
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
	for name, g := range every {
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
	for name, g := range every {
		want := map[string]string{}
		for _, cores := range testenv.Cores() {
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
		g     datasets.Generator
		param string
	}{
		{datasets.SwissRoll{Rows: -1}, "Rows"},
		{datasets.SCurve{Rows: -1}, "Rows"},
		{datasets.Torus{Rows: -1}, "Rows"},
		{datasets.Torus{Radius: nan}, "Radius"},
		{datasets.Torus{Tube: -1}, "Tube"},
		{datasets.Torus{Tube: 2}, "Tube"},
		{datasets.Torus{Tube: nan}, "Tube"},
		{datasets.Moebius{Rows: -1}, "Rows"},
		{datasets.Moebius{HalfTwists: -1}, "HalfTwists"},
		{datasets.Moebius{Width: 2}, "Width"},
		{datasets.Moebius{Width: nan}, "Width"},
		{datasets.KleinBottle{Rows: -1}, "Rows"},
		{datasets.KleinBottle{Radius: nan}, "Radius"},
		{datasets.KleinBottle{Tube: 2}, "Tube"},
		{datasets.KleinBottle{Tube: 1, Crossed: true}, "Tube"},
		{datasets.WedgedSpheres{Rows: -1}, "Rows"},
		{datasets.WedgedSpheres{Dim: -1}, "Dim"},
		{datasets.WedgedSpheres{Spheres: 1}, "Spheres"},
		{datasets.WedgedSpheres{Radius: inf}, "Radius"},
		{datasets.PinchedTorus{Rows: -1}, "Rows"},
		{datasets.PinchedTorus{Radius: -1}, "Radius"},
		{datasets.PinchedTorus{Tube: 2}, "Tube"},
		{datasets.FigureEight{Rows: -1}, "Rows"},
		{datasets.FigureEight{Radius: nan}, "Radius"},
		{datasets.Annuli{Rows: -1}, "Rows"},
		{datasets.Annuli{Rings: -1}, "Rings"},
		{datasets.Annuli{Hole: 1}, "Hole"},
		{datasets.Annuli{Apart: -1}, "Apart"},
		{datasets.Annuli{Rings: 3, Apart: .9}, "Apart"},
		{datasets.LinkedRings{Rows: -1}, "Rows"},
		{datasets.LinkedRings{Rings: -1}, "Rings"},
		{datasets.WalkTree{Rows: -1}, "Rows"},
		{datasets.WalkTree{Branches: -1}, "Branches"},
		{datasets.WalkTree{Steps: -1}, "Steps"},
		{datasets.WalkTree{Dim: 1}, "Dim"},
		{datasets.Tree{Rows: -1}, "Rows"},
		{datasets.Tree{Branches: -1}, "Branches"},
		{datasets.Tree{Dim: 1}, "Dim"},
		{datasets.Tree{Length: inf}, "Length"},
		{datasets.Mammoth{Rows: -1}, "Rows"},
		{datasets.GaussianMixture{Rows: -1}, "Rows"},
		{datasets.GaussianMixture{Classes: -1}, "Classes"},
		{datasets.GaussianMixture{Classes: 3, Weights: []float64{1, 1}}, "Classes"},
		{datasets.GaussianMixture{Dim: 3, Covariances: []mat.Symmetric{mat.NewDiagDense(2, []float64{1, 1})}}, "Dim"},
		{datasets.GaussianMixture{Weights: []float64{1, 0}}, "Weights"},
		{datasets.GaussianMixture{Weights: []float64{1, nan}}, "Weights"},
		{datasets.GaussianMixture{Weights: []float64{}}, "Weights"},
		{datasets.GaussianMixture{Weights: []float64{1, 1, 1}, Centers: centers}, "Centers"},
		{datasets.GaussianMixture{Centers: centers, Covariances: []mat.Symmetric{mat.NewDiagDense(3, []float64{1, 1, 1})}}, "Covariances"},
		{datasets.GaussianMixture{Covariances: []mat.Symmetric{nil}}, "Covariances"},
		{datasets.GaussianMixture{Covariances: []mat.Symmetric{mat.NewDiagDense(2, []float64{1, 0})}}, "Covariances"},
		{datasets.GaussianMixture{Covariances: []mat.Symmetric{mat.NewSymDense(2, []float64{1, 2, 2, 1})}}, "Covariances"},
		{datasets.GaussianMixture{Spread: -1}, "Spread"},
		{datasets.GaussianMixture{Box: inf}, "Box"},
		{datasets.GaussianMixture{Condition: 0.5}, "Condition"},
		{datasets.SpikedCovariance{Rows: -1}, "Rows"},
		{datasets.SpikedCovariance{Dim: 2}, "Dim"},
		{datasets.SpikedCovariance{Sigma: -1}, "Sigma"},
		{datasets.SpikedCovariance{Spikes: []float64{2, 1}}, "Spikes"},
		{datasets.SpikedCovariance{Spikes: []float64{nan}}, "Spikes"},
		{datasets.UnionOfSubspaces{Rows: -1}, "Rows"},
		{datasets.UnionOfSubspaces{Dim: 9}, "Dims"},
		{datasets.UnionOfSubspaces{Dims: []int{}}, "Dims"},
		{datasets.UnionOfSubspaces{Dims: []int{1, 0}}, "Dims"},
		{datasets.LowRankGaussianMixture{Rows: -1}, "Rows"},
		{datasets.LowRankGaussianMixture{Rank: 49}, "Rank"},
		{datasets.LowRankGaussianMixture{Classes: -1}, "Classes"},
		{datasets.LowRankGaussianMixture{Sigma: nan}, "Sigma"},
		{datasets.UnionOfManifolds{Rows: -1}, "Rows"},
		{datasets.UnionOfManifolds{Harmonics: -1}, "Harmonics"},
		{datasets.UnionOfManifolds{Dim: 7}, "Dims"},
		{datasets.UnionOfManifolds{Dims: []int{}}, "Dims"},
		{datasets.BenchmarkManifold{Rows: -1}, "Rows"},
		{datasets.BenchmarkManifold{Name: "M10"}, "Name"},
		{datasets.BenchmarkManifold{Name: "M7", Dim: 3}, "Dim"},
		{datasets.BenchmarkManifold{Dim: -1}, "Dim"},
		{datasets.BenchmarkManifold{Dim: 20, Columns: 20}, "Columns"},
		{datasets.LineDiskBall{Rows: -1}, "Rows"},
		{datasets.RollAndSphere{Rows: -1}, "Rows"},
		{datasets.Noise{}, "Of"},
		{datasets.Noise{Of: datasets.SCurve{}, StdDev: -0.1}, "StdDev"},
		{datasets.Noise{Of: datasets.SCurve{}, StdDev: nan}, "StdDev"},
		{datasets.Noise{Of: datasets.SCurve{}, StdDev: inf}, "StdDev"},
		{datasets.Rotated{}, "Of"},
		{datasets.Rotated{Of: datasets.SCurve{}, Dim: -1}, "Dim"},
		{datasets.Rotated{Of: datasets.SCurve{}, Dim: 2}, "Dim"},
		{datasets.Imbalance{}, "Of"},
		{datasets.Imbalance{Of: datasets.SCurve{}, Ratio: 0.9}, "Ratio"},
		{datasets.Outliers{}, "Of"},
		{datasets.Outliers{Of: datasets.SCurve{}, Share: 1.1}, "Share"},
		{datasets.Outliers{Of: datasets.SCurve{}, Share: nan}, "Share"},
		{datasets.Sphere{Rows: math.MinInt}, "Rows"},
		{datasets.Sphere{Dim: -2}, "Dim"},
		{datasets.Sphere{Dim: math.MaxInt}, "Dim"},
		{datasets.Sphere{Radius: -1}, "Radius"},
		{datasets.Sphere{Radius: nan}, "Radius"},
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
	for _, g := range []datasets.Generator{
		datasets.SwissRoll{Rows: math.MaxInt32},
		datasets.SCurve{Rows: math.MaxInt32},
		datasets.Torus{Rows: math.MaxInt32},
		datasets.Moebius{Rows: math.MaxInt32},
		datasets.KleinBottle{Rows: math.MaxInt32},
		datasets.WedgedSpheres{Rows: math.MaxInt32},
		datasets.PinchedTorus{Rows: math.MaxInt32},
		datasets.FigureEight{Rows: math.MaxInt32},
		datasets.Annuli{Rows: math.MaxInt32},
		datasets.LinkedRings{Rows: math.MaxInt32},
		datasets.BenchmarkManifold{Name: "Mp1", Rows: math.MaxInt32, Dim: 1 << 20},
		datasets.LineDiskBall{Rows: math.MaxInt32},
		datasets.RollAndSphere{Rows: math.MaxInt32},
		datasets.Tree{Branches: math.MaxInt32, Dim: 1 << 20},
		datasets.WalkTree{Steps: 1 << 20, Branches: 1 << 20},
		datasets.Mammoth{Rows: math.MaxInt32},
		datasets.GaussianMixture{Dim: 1 << 20},
		datasets.GaussianMixture{Rows: math.MaxInt32, Classes: 1 << 20, Dim: 1 << 20},
		datasets.SpikedCovariance{Rows: math.MaxInt32, Dim: 1 << 20},
		datasets.UnionOfSubspaces{Rows: math.MaxInt32, Dim: 1 << 20},
		datasets.LowRankGaussianMixture{Rows: math.MaxInt32, Dim: 1 << 20},
		datasets.LowRankGaussianMixture{Classes: 1 << 20, Dim: 1 << 20, Rank: 1 << 20},
		datasets.UnionOfManifolds{Rows: math.MaxInt32, Dim: 1 << 20},
		datasets.Rotated{Of: datasets.SCurve{}, Dim: 1 << 20},
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
		with, without datasets.Generator
		sigma         float64
	}{
		"swiss roll": {datasets.Noise{Of: datasets.SwissRoll{Rows: n}, StdDev: 0.5}, datasets.SwissRoll{Rows: n}, 0.5},
		"sphere":     {datasets.Noise{Of: datasets.Sphere{Rows: n}, StdDev: 0.01}, datasets.Sphere{Rows: n}, 0.01},
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
	for name, g := range map[string]datasets.Generator{
		"swiss roll": datasets.SwissRoll{Rows: 40},
		"circle":     datasets.Sphere{Rows: 40, Dim: 1},
		"sphere":     datasets.Sphere{Rows: 40, Radius: 3},
		"S⁹":         datasets.Sphere{Rows: 40, Dim: 9},
		"s-curve":    datasets.SCurve{Rows: 40},
		"flat torus": datasets.Torus{Rows: 40, Flat: true},
		"wedge":      datasets.WedgedSpheres{Rows: 40, Dim: 1, Spheres: 3},
		"tree":       datasets.Tree{Rows: 40, Dim: 3},
		"spikes":     datasets.SpikedCovariance{Rows: 40},
		"subspaces":  datasets.UnionOfSubspaces{Rows: 40},
		"rotated":    datasets.Rotated{Of: datasets.Torus{Rows: 40, Flat: true}, Dim: 7},
		"thinned":    datasets.Imbalance{Of: datasets.SwissRoll{Rows: 120}, Ratio: 2},
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
				straight := floats.Distance(d.Truth.Clean.RawRowView(i), d.Truth.Clean.RawRowView(j), 2)
				if !(ij >= straight*(1-1e-13)) || ij == 0 {
					t.Errorf("%s: %v from %d to %d, straight %v", name, ij, i, j, straight)
				}
				for k := range 40 {
					if through := between(i, k) + between(k, j); ij > through*(1+1e-13) {
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
