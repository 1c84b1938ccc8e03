package geometry_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/geometry"
	"github.com/flatland-go/flatland/pkg/mat32"
)

func distance(x, y mat.Matrix, i, j int) float64 {
	_, d := x.Dims()
	sum := 0.
	for c := range d {
		sum += (x.At(i, c) - y.At(j, c)) * (x.At(i, c) - y.At(j, c))
	}
	return math.Sqrt(sum)
}

// lattice returns n rows of whole numbers, of which many are equal or equally far.
func lattice(seed uint64, n, d int) *mat.Dense {
	x := fixture.Normal(seed, n, d)
	x.Apply(func(_, _ int, v float64) float64 { return math.Round(1.5 * v) }, x)
	return x
}

func sphere(seed uint64, n, d int, radius float64) *mat.Dense {
	x := fixture.Normal(seed, n, d)
	for i := range n {
		row := x.RawRowView(i)
		length := mat.Norm(mat.NewVecDense(d, row), 2)
		for j := range row {
			row[j] *= radius / length
		}
	}
	return x
}

// kth returns the distance of row i to its k-th nearest other row.
func kth(x mat.Matrix, i, k int) float64 {
	n, _ := x.Dims()
	var all []float64
	for j := range n {
		if j != i {
			all = append(all, distance(x, x, i, j))
		}
	}
	slices.Sort(all)
	return all[k-1]
}

// What balls hold is what one finds who looks at every pair, ties and copies included.
func TestBallsAreCounted(t *testing.T) {
	for _, c := range []struct {
		x, y *mat.Dense
		k    int
	}{
		{fixture.Normal(1, 40, 3), fixture.Normal(2, 53, 3), 5},
		{lattice(3, 60, 2), lattice(4, 31, 2), 3},
		{lattice(5, 25, 1), lattice(6, 25, 1), 1},
		{fixture.Normal(7, 8, 20), fixture.Normal(8, 300, 20), 7},
		{fixture.Normal(9, 30, 2), fixture.Normal(9, 30, 2), 4},
	} {
		n, _ := c.x.Dims()
		m, _ := c.y.Dims()
		count, holds, covered, recalled := make([]float64, m), make([]float64, m), make([]float64, n), make([]float64, n)
		radius := make([]float64, m)
		for j := range m {
			radius[j] = kth(c.y, j, c.k)
		}
		for i := range n {
			r := kth(c.x, i, c.k)
			for j := range m {
				dist := distance(c.x, c.y, i, j)
				if dist <= r {
					count[j]++
					covered[i] = 1
				}
				if dist <= radius[j] {
					holds[j] = 1
					recalled[i] = 1
				}
			}
		}
		f, err := geometry.PRDC{Neighbors: c.k}.Compare(context.Background(), c.x, c.y)
		if err != nil {
			t.Fatal(err)
		}
		same := func(name string, got, want []float64) {
			t.Helper()
			for i := range want {
				if len(got) != len(want) || math.Abs(got[i]-want[i]) > 1e-12 {
					t.Fatalf("%d × %d, k = %d: %s is %v, want %v", n, m, c.k, name, got, want)
				}
			}
		}
		precision, density := make([]float64, m), make([]float64, m)
		for j, v := range count {
			precision[j], density[j] = min(v, 1), v/float64(c.k)
		}
		same("precision", f.Precision.PerRow, precision)
		same("density", f.Density.PerRow, density)
		same("recall", f.Recall.PerRow, recalled)
		same("coverage", f.Coverage.PerRow, covered)
		same("complement precision", f.ComplementPrecision.PerRow, holds)
		if f.SymmetricPrecision.Value != min(f.Precision.Value, f.ComplementPrecision.Value) || f.SymmetricRecall.Value != min(f.Recall.Value, f.Coverage.Value) {
			t.Errorf("symmetric: %v", f)
		}
	}
}

// The published trial: 800 rows of spheres of radius 1 and 0.7 or 1.3. Precision and recall
// change places from the inner to the outer one in many dimensions, the symmetric versions
// do not; in the plane, where nothing reaches that far, all are 0.
func TestPrecisionAndRecallOfSpheres(t *testing.T) {
	testenv.Unraced(t)
	type values struct{ precision, recall, symmetricPrecision, symmetricRecall float64 }
	measured := func(d int, radius float64) values {
		f, err := geometry.PRDC{}.Compare(context.Background(), sphere(1, 800, d, 1), sphere(2, 800, d, radius))
		if err != nil {
			t.Fatal(err)
		}
		return values{f.Precision.Value, f.Recall.Value, f.SymmetricPrecision.Value, f.SymmetricRecall.Value}
	}
	swapped := func(inner, outer values) bool {
		return inner.precision > .95 && inner.recall < .05 && outer.precision < .15 && outer.recall > .95
	}
	steady := func(inner, outer values) bool {
		return math.Abs(inner.symmetricPrecision-outer.symmetricPrecision) < .15 && math.Abs(inner.symmetricRecall-outer.symmetricRecall) < .15
	}
	for _, c := range []struct {
		d            int
		inner, outer values
		off          float64
	}{
		{32, values{1, .01, .01, .01}, values{.09, 1, .09, .09}, .03},
		{64, values{1, 0, 0, 0}, values{.01, 1, .01, .01}, .01},
	} {
		inner, outer := measured(c.d, .7), measured(c.d, 1.3)
		t.Logf("d = %d: inside %+v, outside %+v", c.d, inner, outer)
		if !swapped(inner, outer) || !steady(inner, outer) {
			t.Errorf("d = %d: inside %+v, outside %+v: not swapped, or not steady", c.d, inner, outer)
		}
		for _, pair := range [][2]values{{inner, c.inner}, {outer, c.outer}} {
			got, want := pair[0], pair[1]
			for k, off := range []float64{got.precision - want.precision, got.recall - want.recall, got.symmetricPrecision - want.symmetricPrecision, got.symmetricRecall - want.symmetricRecall} {
				if math.Abs(off) > c.off {
					t.Errorf("d = %d: value %d of %+v, published %+v", c.d, k, got, want)
				}
			}
		}
	}
	if inner, outer := measured(2, .7), measured(2, 1.3); swapped(inner, outer) || inner != (values{}) || outer != (values{}) {
		t.Errorf("in the plane: inside %+v, outside %+v, want zeros", inner, outer)
	}
}

// contrast adds up f over all pairs, of different rows or of all.
func contrast(x, y mat.Matrix, apart bool, f func(r float64) float64) float64 {
	mean := func(a, b mat.Matrix, same bool) float64 {
		n, _ := a.Dims()
		m, _ := b.Dims()
		sum, pairs := 0., 0.
		for i := range n {
			for j := range m {
				if same && apart && i == j {
					continue
				}
				sum += f(distance(a, b, i, j))
				pairs++
			}
		}
		return sum / pairs
	}
	return mean(x, x, true) + mean(y, y, true) - 2*mean(x, y, false)
}

func TestMMDOfPairs(t *testing.T) {
	x, y := lattice(1, 37, 3), fixture.Normal(2, 290, 3) // more than one tile
	for _, c := range []struct {
		kernel geometry.CloudKernel
		of     func(r, sigma float64) float64
	}{
		{geometry.RBF, func(r, sigma float64) float64 { return math.Exp(-r * r / 2 / sigma / sigma) }},
		{geometry.Laplace, func(r, sigma float64) float64 { return math.Exp(-r / sigma) }},
		{geometry.RationalQuadratic, func(r, sigma float64) float64 { return 1 / (1 + r*r/2/sigma/sigma) }},
	} {
		for _, biased := range []bool{false, true} {
			got, err := geometry.MMD{Kernel: c.kernel, Bandwidths: []float64{.7, 2}, Absolute: true, Biased: biased}.Compare(context.Background(), x, y)
			if err != nil {
				t.Fatal(err)
			}
			want := contrast(x, y, !biased, func(r float64) float64 { return (c.of(r, .7) + c.of(r, 2)) / 2 })
			if math.Abs(got.Score.Value-want) > 1e-13 {
				t.Errorf("%v, biased %v: %v, want %v", c.kernel, biased, got.Score.Value, want)
			}
			for _, i := range []int{0, 36, 37, 326} {
				witness := 0.
				for side, cloud := range []*mat.Dense{x, y} {
					n, _ := cloud.Dims()
					from, at := x, i
					if i >= 37 {
						from, at = y, i-37
					}
					sum, pairs := 0., 0.
					for j := range n {
						if !biased && cloud == from && j == at {
							continue
						}
						r := distance(from, cloud, at, j)
						sum += (c.of(r, .7) + c.of(r, 2)) / 2
						pairs++
					}
					witness += sum / pairs * float64(1-2*side)
				}
				if math.Abs(got.Witness[i]-witness) > 1e-13 {
					t.Errorf("%v, biased %v: witness of row %d is %v, want %v", c.kernel, biased, i, got.Witness[i], witness)
				}
			}
		}
	}
	// The median of three points on a line, at distances 1, 2 and 3 of each other and of none
	// of the fourth, which is a copy.
	line, point := mat.NewDense(2, 1, []float64{0, 1}), mat.NewDense(2, 1, []float64{3, 3})
	got, err := geometry.MMD{Biased: true}.Compare(context.Background(), line, point)
	if err != nil {
		t.Fatal(err)
	}
	k := func(r float64) float64 { return math.Exp(-r * r / 2 / 4.0) } // squares 0, 1, 4, 4, 9, 9
	if want := (1+k(1))/2 + 1 - k(3) - k(2); math.Abs(got.Score.Value-want) > 1e-14 {
		t.Errorf("median: %v, want %v", got.Score.Value, want)
	}
	var degenerate *mat32.DegenerateError
	if _, err := (geometry.MMD{}).Compare(context.Background(), point, point); !errors.As(err, &degenerate) {
		t.Errorf("no distances: %v", err)
	}
}

// The published values are those of the examples of scipy.stats.energy_distance.
func TestEnergyDistanceOnALine(t *testing.T) {
	testenv.Unraced(t)
	column := func(v ...float64) *mat.Dense { return mat.NewDense(len(v), 1, v) }
	for _, c := range []struct {
		x, y *mat.Dense
		want float64
	}{
		{column(0, 0), column(2, 2), 2},
		{column(0, 0, 0, 8), column(0, 8), 1},
		{lattice(1, 30, 4), fixture.Normal(2, 280, 4), 0},
	} {
		if c.want > 0 {
			got, err := geometry.EnergyDistance{}.Compare(context.Background(), c.x, c.y)
			if err != nil || math.Abs(got.Score.Value-c.want) > 1e-14 {
				t.Errorf("%v, %v, want %v", got, err, c.want)
			}
		}
		for _, exponent := range []float64{1, .5, 1.7} {
			for _, unbiased := range []bool{false, true} {
				want := contrast(c.x, c.y, unbiased, func(r float64) float64 { return -math.Pow(r, exponent) })
				got, err := geometry.EnergyDistance{Exponent: exponent, Squared: true, Unbiased: unbiased}.Compare(context.Background(), c.x, c.y)
				if err != nil {
					t.Fatal(err)
				}
				if math.Abs(got.Score.Value-want) > 1e-12*(1+math.Abs(want)) {
					t.Errorf("exponent %v, unbiased %v: %v, want %v", exponent, unbiased, got.Score.Value, want)
				}
			}
		}
	}
}

// The axes of two boxes tell their covariances: the distance is that of means, and of
// lengths axis by axis. Turned, and in more columns than rows, it is the same.
func TestFrechetDistanceOfAxes(t *testing.T) {
	ctx := context.Background()
	box := func(center, length []float64) *mat.Dense {
		d := len(center)
		x := mat.NewDense(2*d, d, nil)
		for j := range d {
			for i := range 2 * d {
				x.Set(i, j, center[j])
			}
			off := length[j] * math.Sqrt(float64(2*d-1)/2) // so that its variance is length²
			x.Set(2*j, j, center[j]+off)
			x.Set(2*j+1, j, center[j]-off)
		}
		return x
	}
	x, y := box([]float64{1, 2, 3}, []float64{1, 2, 0}), box([]float64{1, 4, 2}, []float64{3, 2, 1e-3})
	want := 5 + 4 + 1e-6
	check := func(name string, x, y mat.Matrix) {
		t.Helper()
		got, err := geometry.FrechetDistance{}.Compare(ctx, x, y)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(got.Value-want) > 1e-12*(1+want) {
			t.Errorf("%s: %v, want %v", name, got.Value, want)
		}
	}
	check("boxes", x, y)
	var q, wideX, wideY mat.Dense
	var qr mat.QR
	qr.Factorize(fixture.Normal(1, 20, 20))
	qr.QTo(&q)
	wideX.Mul(x, q.Slice(0, 3, 0, 20))
	wideY.Mul(y, q.Slice(0, 3, 0, 20))
	check("turned into 20 columns", &wideX, &wideY)
	got, err := geometry.FrechetDistance{}.Compare(ctx, &wideX, &wideY)
	if err != nil || len(got.Notes) != 2 {
		t.Errorf("rows that do not span the columns: %v, %v", got, err)
	}
	want = 0
	z := fixture.Normal(3, 50, 6)
	check("itself", z, z)
	want = 1e-16 // a shift of 1e-8, and nothing else: the root of a product of covariances is off by more
	shifted := mat.DenseCopyOf(z)
	shifted.Apply(func(_, j int, v float64) float64 {
		if j == 0 {
			return v + 1e-8
		}
		return v
	}, z)
	if got, err := (geometry.FrechetDistance{}).Compare(ctx, z, shifted); err != nil || math.Abs(got.Value-want) > 1e-20 {
		t.Errorf("a small shift: %v, %v, want %v", got.Value, err, want)
	}
}

func TestVotesAreCounted(t *testing.T) {
	column := func(v ...float64) *mat.Dense { return mat.NewDense(len(v), 1, v) }
	// 0 and 1 | 10, 11 and 1.4: each of 0, 1.4 and 1 is nearest to one of the other cloud or
	// of its own as said.
	x, y := column(0, 1), column(1.4, 10, 11)
	got, err := geometry.C2ST{Neighbors: 1, Permutations: 50}.Compare(context.Background(), x, y)
	if err != nil {
		t.Fatal(err)
	}
	// 0 → 1 right; 1 → 1.4 wrong; 1.4 → 1 wrong; 10 and 11 right.
	if want := (.5 + 2./3) / 2; math.Abs(got.Score.Value-want) > 1e-15 {
		t.Errorf("accuracy %v, want %v", got.Score.Value, want)
	}
	for i, want := range []float64{1, -1, 1, -1, -1} {
		if got.Witness[i] != want {
			t.Errorf("row %d: vote %v, want %v", i, got.Witness[i], want)
		}
	}
	// Of one distribution neither an even number of votes nor unequal clouds sway it.
	for _, k := range []int{1, 2, 6} {
		mean := 0.
		for s := range uint64(20) {
			got, err := geometry.C2ST{Neighbors: k, Permutations: 1}.Compare(context.Background(), fixture.Normal(2*s+1, 40, 2), fixture.Normal(2*s+2, 120, 2))
			if err != nil {
				t.Fatal(err)
			}
			mean += got.Score.Value / 20
		}
		if math.Abs(mean-.5) > .03 {
			t.Errorf("k = %d: of one distribution the accuracy is %v", k, mean)
		}
	}
	if _, err := (geometry.C2ST{Neighbors: 2}).Compare(context.Background(), x, y); err == nil {
		t.Error("two neighbours of two rows")
	}
}

// P-values of equal distributions are spread evenly, whatever the sizes of the clouds, and
// small where they differ; another seed draws others.
func TestPermutationsAreDrawn(t *testing.T) {
	testenv.Unraced(t)
	ctx := context.Background()
	for name, test := range map[string]func(seed uint64) interface {
		Compare(ctx context.Context, x, y mat.Matrix) (*geometry.TwoSample, error)
	}{
		"MMD": func(seed uint64) interface {
			Compare(ctx context.Context, x, y mat.Matrix) (*geometry.TwoSample, error)
		} {
			return geometry.MMD{Permutations: 99, Seed: seed}
		},
		"energy": func(seed uint64) interface {
			Compare(ctx context.Context, x, y mat.Matrix) (*geometry.TwoSample, error)
		} {
			return geometry.EnergyDistance{Permutations: 99, Seed: seed}
		},
		"C2ST": func(seed uint64) interface {
			Compare(ctx context.Context, x, y mat.Matrix) (*geometry.TwoSample, error)
		} {
			return geometry.C2ST{Permutations: 99, Seed: seed}
		},
	} {
		mean, low := 0., 0
		const trials = 60
		for s := range uint64(trials) {
			got, err := test(s).Compare(ctx, fixture.Normal(2*s+1, 20, 2), fixture.Normal(2*s+2, 45, 2))
			if err != nil {
				t.Fatal(err)
			}
			mean += got.PValue / trials
			if got.PValue <= .1 {
				low++
			}
		}
		// The mean of 60 even numbers errs by 0.037; 6 are expected to be low.
		if math.Abs(mean-.5) > .15 || low > 15 {
			t.Errorf("%s: of one distribution, p-values of mean %.3f, %d of %d at most 0.1", name, mean, low, trials)
		}
		y := fixture.Normal(2, 45, 2)
		y.Apply(func(_, _ int, v float64) float64 { return v + 2 }, y)
		got, err := test(1).Compare(ctx, fixture.Normal(1, 40, 2), y)
		if err != nil || got.PValue > .011 {
			t.Errorf("%s: apart, p = %v, %v", name, got.PValue, err)
		}
		other, err := test(2).Compare(ctx, fixture.Normal(1, 40, 2), y)
		if err != nil || fmt.Sprint(other.Null) == fmt.Sprint(got.Null) || other.Score.Value != got.Score.Value {
			t.Errorf("%s: another seed gives the same partings, or another score: %v", name, err)
		}
	}
}

func TestCloudsThatDoNotFit(t *testing.T) {
	ctx := context.Background()
	x, y := fixture.Normal(1, 20, 3), fixture.Normal(2, 20, 4)
	var shape *mat32.ShapeError
	_, err := geometry.PRDC{}.Compare(ctx, x, y)
	if !errors.As(err, &shape) || shape.What != "y" {
		t.Errorf("columns: %v", err)
	}
	_, err = geometry.EnergyDistance{}.Compare(ctx, x, fixture.Normal(2, 1, 3))
	if !errors.As(err, &shape) || shape.What != "y" || shape.Rows != 1 {
		t.Errorf("rows: %v", err)
	}
	far := mat.NewDense(3, 1, []float64{0, 1e200, -1e200})
	var degenerate *mat32.DegenerateError
	if _, err := (geometry.FrechetDistance{}).Compare(ctx, far, far); err != nil {
		t.Errorf("0 apart, however large: %v", err)
	}
	if _, err := (geometry.FrechetDistance{}).Compare(ctx, far, mat.NewDense(2, 1, nil)); !errors.As(err, &degenerate) {
		t.Errorf("beyond float64: %v", err)
	}
}
