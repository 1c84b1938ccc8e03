package datasets_test

import (
	"errors"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/mat32"
)

func TestRotationIsAnIsometry(t *testing.T) {
	const n = 60
	for name, of := range map[string]datasets.Generator{
		"swiss roll": datasets.Noise{Of: datasets.SwissRoll{Rows: n}, StdDev: 0.2},
		"tree":       datasets.Tree{Rows: n},
		"mixture":    datasets.GaussianMixture{Rows: n, Dim: 4},
		"spikes":     datasets.SpikedCovariance{Rows: n, Dim: 12},
		"subspaces":  datasets.UnionOfSubspaces{Rows: n, Dim: 15},
	} {
		flat := generate(t, of)
		_, cols := flat.X.Dims()
		for _, dim := range []int{0, cols + 1, 300} {
			d := generate(t, datasets.Rotated{Of: of, Dim: dim, Seed: 7})
			rows, wide := d.X.Dims()
			if rows != n || wide != max(dim, cols) || len(d.Features) != wide {
				t.Fatalf("%s: %d × %d values, %d features", name, rows, wide, len(d.Features))
			}
			if mat.EqualApprox(d.X.Slice(0, n, 0, cols), flat.X, 1e-6) {
				t.Errorf("%s: nothing was rotated", name)
			}
			for i := range n {
				for j := range i {
					want := floats.Distance(flat.X.RawRowView(i), flat.X.RawRowView(j), 2)
					got := floats.Distance(d.X.RawRowView(i), d.X.RawRowView(j), 2)
					size := floats.Norm(flat.X.RawRowView(i), 2) + floats.Norm(flat.X.RawRowView(j), 2)
					if math.Abs(got-want) > 1e-14*size {
						t.Fatalf("%s: rows %d and %d are %v apart, were %v", name, i, j, got, want)
					}
					if flat.Truth.Geodesic != nil && d.Truth.Geodesic(i, j) != flat.Truth.Geodesic(i, j) {
						t.Fatalf("%s: the geodesic changed", name)
					}
				}
			}
			// What is known in coordinates lies to the rows as it did.
			between := func(x *mat.Dense, y *mat.Dense) *mat.Dense {
				var p mat.Dense
				p.Mul(x, y.T())
				return &p
			}
			known := func(d *datasets.Dataset) []*mat.Dense {
				all := append([]*mat.Dense{d.Truth.Clean, d.Truth.Centers}, d.Truth.Bases...)
				for _, c := range d.Truth.Covariances {
					var half mat.Dense
					half.Mul(d.X, c)
					all = append(all, &half)
				}
				return all
			}
			was, is := known(flat), known(d)
			for k := range was {
				if was[k] == nil {
					continue
				}
				if a, b := between(flat.X, was[k]), between(d.X, is[k]); !mat.EqualApprox(a, b, 1e-11*mat.Norm(a, 2)) {
					t.Errorf("%s: truth %d was not rotated with the rows", name, k)
				}
			}
		}
	}
	// The map is uniform: a unit vector goes to every axis alike.
	const dim, maps = 5, 4000
	var first, second [dim]float64
	for seed := range uint64(maps) {
		d := generate(t, datasets.Rotated{Of: &datasets.Dataset{Name: "e", X: mat.NewDense(1, 2, []float64{0, 1})}, Dim: dim, Seed: seed})
		for j, v := range d.X.RawRowView(0) {
			first[j] += v / maps
			second[j] += v * v / maps
		}
	}
	for j := range dim {
		if math.Abs(first[j]) > 5*math.Sqrt(1./dim/maps) || math.Abs(second[j]-1./dim) > 5*math.Sqrt(3./(dim*(dim+2))/maps) {
			t.Errorf("axis %d: mean %v, mean square %v, want 0 and %v", j, first[j], second[j], 1./dim)
		}
	}
}

func TestNoiseOverAndUnderARotation(t *testing.T) {
	const n, dim, sigma = 3000, 20, 0.5
	roll := datasets.SwissRoll{Rows: n}
	over := generate(t, datasets.Noise{Of: datasets.Rotated{Of: roll, Dim: dim}, StdDev: sigma})
	under := generate(t, datasets.Rotated{Of: datasets.Noise{Of: roll, StdDev: sigma}, Dim: dim})
	size := func(d *datasets.Dataset) float64 {
		var noise mat.Dense
		noise.Sub(d.X, d.Truth.Clean)
		return math.Pow(mat.Norm(&noise, 2), 2) / (n * sigma * sigma)
	}
	if got := size(over); math.Abs(got/dim-1) > 5*math.Sqrt(2./(n*dim)) {
		t.Errorf("noise over the rotation fills %v dimensions, want %d", got, dim)
	}
	if got := size(under); math.Abs(got/3-1) > 5*math.Sqrt(2./(n*3)) {
		t.Errorf("noise under the rotation fills %v dimensions, want 3", got)
	}
	// Two layers of one seed are two noises.
	twice := generate(t, datasets.Noise{Of: datasets.Noise{Of: roll, StdDev: sigma}, StdDev: sigma})
	if got := size(twice); math.Abs(got/6-1) > 5*math.Sqrt(2./(n*3)) {
		t.Errorf("two noises have %v times the variance of one, want 2", got/3)
	}
	if !mat.Equal(twice.Truth.Clean, generate(t, roll).X) {
		t.Error("Clean is not clean of both")
	}
}

func TestImbalanceOfClasses(t *testing.T) {
	const n, classes, ratio = 30_000, 5, 16
	of := datasets.Blobs{Rows: n, Classes: classes, Seed: 2}
	d, all := generate(t, datasets.Imbalance{Of: of, Ratio: ratio, Seed: 1}), generate(t, of)
	for k, got := range counts(d.Labels, d.Names) {
		share := math.Pow(ratio, -float64(k)/(classes-1)) // 1, ½, ¼, …
		if se := math.Sqrt(n / classes * share * (1 - share)); math.Abs(float64(got)-share*n/classes) > 5*se {
			t.Errorf("class %d has %d rows, want about %v", k, got, share*n/classes)
		}
	}
	// The rows that are left are rows of Of, in order.
	at := 0
	for i := range d.Labels {
		for at < n && !slices.Equal(d.X.RawRowView(i), all.X.RawRowView(at)) {
			at++
		}
		if at == n || d.Labels[i] != all.Labels[at] {
			t.Fatalf("row %d is none of the rows there were, or out of order", i)
		}
	}
	if same := generate(t, datasets.Imbalance{Of: of, Ratio: 1}); !mat.Equal(same.X, all.X) {
		t.Error("a ratio of 1 changes something")
	}
	of.Rows = 500
	few := generate(t, datasets.Imbalance{Of: of, Ratio: ratio, Seed: 1})
	if rows, _ := few.X.Dims(); !mat.Equal(few.X, d.X.Slice(0, rows, 0, 2)) {
		t.Error("a small sample does not begin the large one")
	}
}

func TestImbalanceOfUnusualLabels(t *testing.T) {
	x := mat.NewDense(2000, 1, nil)
	labels := make([]int, 2000)
	for i := range labels {
		labels[i] = i%3 - 1
	}
	d := generate(t, datasets.Imbalance{Of: &datasets.Dataset{Name: "nameless", X: x, Labels: labels}, Ratio: 1e12})
	if rows := len(d.Labels); slices.Max(d.Labels) != 0 || rows != 1334 {
		t.Errorf("%d rows are left, up to class %d, want the 1334 of class 0 or of none", rows, slices.Max(d.Labels))
	}
	for i := range labels {
		labels[i] = 1
	}
	var none *mat32.DegenerateError
	if _, err := (datasets.Imbalance{Of: &datasets.Dataset{X: x, Labels: labels}, Ratio: 1e15}).Generate(); !errors.As(err, &none) {
		t.Errorf("no rows are left: %v", err)
	}
}

// Where u has the density of Ratio^−u, Ratio^−u is uniform between its ends.
func TestImbalanceOfDensity(t *testing.T) {
	const ratio = 20
	of := datasets.SCurve{Rows: 20_000}
	d, all := generate(t, datasets.Imbalance{Of: of, Ratio: ratio}), generate(t, of)
	along := mat.Col(nil, 0, all.Truth.Latent)
	lo, hi := slices.Min(along), slices.Max(along)
	rows, _ := d.X.Dims()
	u := make([]float64, rows)
	for i := range u {
		u[i] = math.Pow(ratio, -(d.Truth.Latent.At(i, 0)-lo)/(hi-lo))
		straight := floats.Distance(d.X.RawRowView(0), d.X.RawRowView(i), 2)
		if d.Truth.Geodesic(0, i) < straight*(1-1e-13) || !slices.Equal(d.X.RawRowView(i), d.Truth.Clean.RawRowView(i)) {
			t.Fatalf("row %d has the truth of another", i)
		}
	}
	uniform(t, "the thinned coordinate", u, 1./ratio, 1)
	want := 20_000 * (1 - 1./ratio) / math.Log(ratio)
	if math.Abs(float64(rows)-want) > 5*math.Sqrt(want) {
		t.Errorf("%d rows are left, want about %v", rows, want)
	}
	// All in one place is all at the thick end.
	same := &datasets.Dataset{Name: "same", X: mat.NewDense(50, 2, nil)}
	if rows, _ := generate(t, datasets.Imbalance{Of: same}).X.Dims(); rows != 50 {
		t.Errorf("%d of 50 equal rows are left", rows)
	}
}

func TestOutliers(t *testing.T) {
	const n, share = 20_000, 0.1
	of := datasets.Blobs{Rows: n, Seed: 5}
	d, all := generate(t, datasets.Outliers{Of: of, Share: share, Seed: 3}), generate(t, of)
	var replaced []int
	for i, out := range d.Truth.Outliers {
		if out {
			replaced = append(replaced, i)
		}
		if same := slices.Equal(d.X.RawRowView(i), all.X.RawRowView(i)); same == out {
			t.Fatalf("row %d: outlier %v, unchanged %v", i, out, same)
		}
		if (d.Labels[i] == -1) != out || !out && d.Labels[i] != all.Labels[i] {
			t.Fatalf("row %d: outlier %v, label %d", i, out, d.Labels[i])
		}
	}
	if got := float64(len(replaced)) / n; math.Abs(got-share) > 5*math.Sqrt(share*(1-share)/n) {
		t.Errorf("%v of the rows are outliers, want %v", got, share)
	}
	outliers := d.Select(replaced).X
	for j := range 2 {
		column := mat.Col(nil, j, all.X)
		uniform(t, "a column of outliers", mat.Col(nil, j, outliers), slices.Min(column), slices.Max(column))
	}
	if r := stat.Correlation(mat.Col(nil, 0, outliers), mat.Col(nil, 1, outliers), nil); math.Abs(r) > 5/math.Sqrt(float64(len(replaced))) {
		t.Errorf("columns of outliers correlate %v", r)
	}
	of.Rows = 700
	few := generate(t, datasets.Outliers{Of: of, Share: share, Seed: 3})
	if !slices.Equal(few.Truth.Outliers, d.Truth.Outliers[:700]) {
		t.Error("other rows of a small sample are outliers")
	}
	for s, want := range map[float64]int{0: 0, 1: 700} {
		count := 0
		for _, out := range generate(t, datasets.Outliers{Of: of, Share: s}).Truth.Outliers {
			if out {
				count++
			}
		}
		if count != want {
			t.Errorf("a share of %v makes %d outliers", s, count)
		}
	}
	birds := generate(t, datasets.Outliers{Of: datasets.Penguins(), Share: 1})
	if birds.Labels[0] != -1 || birds.Factors[0].Labels[7] != -1 {
		t.Error("an outlier is a bird of some island")
	}
}

// Data at hand stand where a generator can, and are not changed by what is laid
// over them.
func TestLayersOverRealData(t *testing.T) {
	digits := datasets.Digits()
	before := mat32.Fingerprint(digits.X)
	d := generate(t, datasets.Outliers{Of: datasets.Noise{Of: digits, StdDev: 2}, Share: 0.3})
	if mat32.Fingerprint(digits.X) != before || slices.Contains(digits.Labels, -1) || len(digits.Notes) != 1 || digits.Truth.Clean != nil {
		t.Error("the digits were changed")
	}
	if !mat.Equal(d.Truth.Clean, digits.X) || d.Image(0) == nil || len(d.Notes) != 3 {
		t.Errorf("clean digits are lost, or notes: %q", d.Notes)
	}
	if turned := generate(t, datasets.Rotated{Of: digits}); turned.Image(0) != nil {
		t.Error("a rotated digit has a picture")
	}
	for _, empty := range []datasets.Generator{
		datasets.Noise{Of: &datasets.Dataset{}}, datasets.Rotated{Of: (*datasets.Dataset)(nil)},
		datasets.Imbalance{Of: &datasets.Dataset{X: &mat.Dense{}}}, datasets.Outliers{Of: &datasets.Dataset{}},
	} {
		if d, err := empty.Generate(); !errors.Is(err, mat32.ErrEmpty) || d != nil {
			t.Errorf("%T over nothing: %v, %v", empty, d, err)
		}
	}
	// What is wrong below is reported from above.
	var bad *mat32.ParamError
	deep := datasets.Rotated{Of: datasets.Noise{Of: datasets.Outliers{Of: datasets.Imbalance{Of: datasets.Torus{Tube: 9}}}}}
	if _, err := deep.Generate(); !errors.As(err, &bad) || bad.Method != "datasets.Torus" {
		t.Errorf("the torus' complaint is %v", err)
	}
}

func TestSelect(t *testing.T) {
	birds := datasets.Penguins()
	rows := []int{300, 0, 0, 17}
	s := birds.Select(rows)
	for i, r := range rows {
		if !slices.Equal(s.X.RawRowView(i), birds.X.RawRowView(r)) || s.Labels[i] != birds.Labels[r] || s.Factors[1].Labels[i] != birds.Factors[1].Labels[r] {
			t.Errorf("row %d is not row %d", i, r)
		}
	}
	roll := generate(t, datasets.Outliers{Of: datasets.SwissRoll{Rows: 400}, Share: 0.5})
	part := roll.Select(rows)
	rows[0] = 5
	if got, want := part.Truth.Geodesic(0, 3), roll.Truth.Geodesic(300, 17); got != want {
		t.Errorf("a path of %v, want %v", got, want)
	}
	if !slices.Equal(part.Truth.Outliers, []bool{roll.Truth.Outliers[300], roll.Truth.Outliers[0], roll.Truth.Outliers[0], roll.Truth.Outliers[17]}) ||
		!slices.Equal(part.Truth.Latent.RawRowView(3), roll.Truth.Latent.RawRowView(17)) {
		t.Error("truth is that of other rows")
	}
	if none := birds.Select(nil); !none.X.IsEmpty() || len(none.Labels) != 0 || none.String() == "" {
		t.Errorf("no rows are %v", none)
	}
	// A copy, by Select or Generate, shares nothing.
	mixture := generate(t, datasets.GaussianMixture{Rows: 3})
	for _, c := range []*datasets.Dataset{mixture.Select([]int{0, 1, 2}), generate(t, mixture)} {
		c.X.Zero()
		c.Labels[0], c.Names[0], c.Notes[0], c.Truth.Weights[0] = -7, "", "", -1
		c.Truth.Centers.Zero()
		c.Truth.Covariances[0].Zero()
	}
	if mixture.X.At(0, 0) == 0 || mixture.Labels[0] < 0 || mixture.Names[0] == "" || mixture.Notes[0] == "" ||
		mixture.Truth.Weights[0] < 0 || mixture.Truth.Centers.At(0, 0) == 0 || mixture.Truth.Covariances[0].At(0, 0) == 0 {
		t.Error("a copy was written to and the data changed")
	}
}
