package similarity

import (
	"context"
	"errors"
	"math"
	"runtime"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// linearValues are those of the linear and kernel measures.
var linearValues = []published{
	{"HSIC, trace", score(HSIC{Estimator: Trace}), "115653.773217759"},
	{"HSIC, biased", score(HSIC{}), "2.92047607933535"},
	{"HSIC, unbiased", score(HSIC{Estimator: Unbiased}), "2.699246094069"},
	{"CKA, linear", score(CKA{}), ".477102080732393"},
	{"CKA, linear, as netrep's angle", func(ctx context.Context, x, y mat.Matrix) (float64, error) {
		s, err := CKA{}.Compare(ctx, x, y)
		return math.Acos(s.Value), err
	}, "1.0734419840949"},
	{"CKA, linear, debiased", score(CKA{Estimator: Debiased}), ".460685555652091"},
	{"CKA, linear, on normalised rows", onUnitRows(CKA{}), ".500497962930"},
	{"CKA, linear, debiased, on normalised rows", onUnitRows(CKA{Estimator: Debiased}), ".481798408930"},
	{"CKA, RBF, σ = 1", score(CKA{Kernel: RBF, Bandwidth: 1, Absolute: true}), ".531401248799422"},
	{"CKA, RBF, .2 of the median", score(CKA{Kernel: RBF, Bandwidth: .2}), ".953679931366527"},
	{"CKA, RBF, .5 of the median", score(CKA{Kernel: RBF, Bandwidth: .5}), ".524719546473208"},
	{"CKA, RBF, the median", score(CKA{Kernel: RBF}), ".503428969592365"},
	{"CCA, ρ 1", correlation(0), ".945755"},
	{"CCA, ρ 2", correlation(1), ".91842199"},
	{"CCA, ρ 3", correlation(2), ".90089706"},
	{"CCA, ρ 4", correlation(3), ".82689349"},
	{"CCA, ρ 5", correlation(4), ".82008326"},
	{"CCA, ρ 6", correlation(5), ".67061466"},
	{"CCA, ρ 7", correlation(6), ".559822"},
	{"CCA, ρ 8", correlation(7), ".51658337"},
	{"CCA, mean", score(CCA{}), ".76988385285"},
	{"CCA, R²", score(CCA{Aggregate: MeanSquare}), ".616979930139"},
	{"CCA, Σρ²/12", score(CCA{Aggregate: MeanSquareWider}), ".411319953426"},
	{"PWCCA, from X", score(PWCCA{Weighing: FromX}), ".770167529162"},
	{"PWCCA, from Y", score(PWCCA{Weighing: FromY}), ".818275574155"},
	{"PWCCA, from fewer", score(PWCCA{}), ".818275574155"},
	{"SVCCA, 99 %", score(SVCCA{}), ".76988385285"},
	{"SVCCA, 90 %", score(SVCCA{Variance: .9}), ".791398854325"},
	{"linear regression, X from Y", score(LinearRegression{Backward: true}), ".41987612571"},
	{"linear regression, Y from X", score(LinearRegression{}), ".750580842147"},
}

// onUnitRows is the value of a measure on rows of length one.
func onUnitRows(m Measure) func(ctx context.Context, x, y mat.Matrix) (float64, error) {
	return func(ctx context.Context, x, y mat.Matrix) (float64, error) {
		return score(m)(ctx, unitLength(x), unitLength(y))
	}
}

func unitLength(x mat.Matrix) *mat.Dense {
	u := mat.DenseCopyOf(x)
	n, _ := u.Dims()
	for i := range n {
		row := mat.NewVecDense(len(u.RawRowView(i)), u.RawRowView(i))
		row.ScaleVec(1/mat.Norm(row, 2), row)
	}
	return u
}

func correlation(k int) func(ctx context.Context, x, y mat.Matrix) (float64, error) {
	return func(ctx context.Context, x, y mat.Matrix) (float64, error) {
		c, err := CCA{}.Correlate(ctx, x, y)
		if err != nil {
			return 0, err
		}
		return c.Values[k], nil
	}
}

// linearMeasures are those of this file's values, and what may be done to a representation
// that changes none of them.
var linearMeasures = []struct {
	name       string
	m          Measure
	affine     bool // any invertible affine map of both
	scale      bool // or a rotation and a scale
	asymmetric bool
}{
	{"HSIC", HSIC{}, false, false, false},
	{"HSIC unbiased", HSIC{Estimator: Unbiased}, false, false, false},
	{"CKA", CKA{}, false, true, false},
	{"CKA debiased", CKA{Estimator: Debiased}, false, true, false},
	{"CKA RBF", CKA{Kernel: RBF}, false, true, false},
	{"CKA RBF debiased", CKA{Kernel: RBF, Bandwidth: .4, Estimator: Debiased}, false, true, false},
	{"CCA", CCA{}, true, true, false},
	{"CCA R²", CCA{Aggregate: MeanSquare}, true, true, false},
	{"CCA ridge", CCA{Ridge: .1}, false, true, false},
	{"SVCCA", SVCCA{}, false, true, false},
	{"PWCCA", PWCCA{}, false, true, false}, // its weights are sums over columns
	{"regression", LinearRegression{}, false, true, true},
	{"regression by folds", LinearRegression{Folds: 5, Ridge: .01}, false, true, true},
}

func TestLinearInvariances(t *testing.T) {
	testenv.Unraced(t)
	x, y := representations()
	rotation := func(seed uint64, d int) *mat.Dense {
		var qr mat.QR
		qr.Factorize(fixture.Normal(seed, d, d))
		q := new(mat.Dense)
		qr.QTo(q)
		return q
	}
	times := func(x, by *mat.Dense, scale, shift float64) *mat.Dense {
		z := new(mat.Dense)
		z.Mul(x, by)
		z.Apply(func(_, j int, v float64) float64 { return scale*v + shift*float64(j) }, z)
		return z
	}
	of := func(m Measure, x, y mat.Matrix) float64 {
		t.Helper()
		s, err := m.Compare(t.Context(), x, y)
		if err != nil {
			t.Fatal(err)
		}
		return s.Value
	}
	for _, c := range linearMeasures {
		t.Run(c.name, func(t *testing.T) {
			want := of(c.m, x, y)
			scale := 1.
			if c.scale {
				scale = 40
			}
			turned := of(c.m, times(x, rotation(1, 12), 1, .5), times(y, rotation(2, 8), scale, -2))
			if weights := c.name == "PWCCA"; weights == (math.Abs(turned-want) <= 1e-12*math.Abs(want)) {
				t.Errorf("turned and scaled, it is %v, and was %v", turned, want)
			}
			mapped := of(c.m, times(x, fixture.Normal(3, 12, 12), 1, 1), times(y, fixture.Normal(4, 8, 8), 1, 1))
			if same := math.Abs(mapped-want) <= 1e-12; same != c.affine {
				t.Errorf("mapped, it is %v, and was %v", mapped, want)
			}
			if back := of(c.m, y, x); (math.Abs(back-want) <= 1e-14*max(1, math.Abs(want))) == c.asymmetric {
				t.Errorf("the other way round it is %v, and was %v", back, want)
			}
			if self := of(c.m, x, times(x, rotation(5, 12), scale, 3)); c.scale && c.name != "CCA ridge" && c.name != "regression by folds" && math.Abs(self-1) > 1e-12 {
				t.Errorf("of itself turned it is %v", self)
			}
		})
	}
	for _, m := range []Measure{CCA{}, SVCCA{Variance: 1}, PWCCA{}} {
		if v := of(m, x, times(x, fixture.Normal(3, 12, 12), 7, 1)); math.Abs(v-1) > 1e-12 {
			t.Errorf("%T of x and an affine map of it is %v", m, v)
		}
	}
}

// Float32 rows are multiplied as float32, which must leave six digits and more of what the same
// values give as float64; wide rows, and those of both types, take other ways.
func TestFloat32Rows(t *testing.T) {
	testenv.Unraced(t)
	for _, c := range []struct {
		name    string
		n, p, q int
		make    func(i, j int, v float64) float64
	}{
		{name: "normal", n: 300, p: 40, q: 20, make: func(_, _ int, v float64) float64 { return v }},
		{name: "far from zero", n: 300, p: 40, q: 20, make: func(_, _ int, v float64) float64 { return v + 1000 }},
		{name: "tiny", n: 300, p: 10, q: 20, make: func(_, _ int, v float64) float64 { return v * 1e-30 }},
		{name: "huge", n: 300, p: 10, q: 20, make: func(_, _ int, v float64) float64 { return v * 1e37 }},
		{name: "one direction", n: 300, p: 10, q: 20, make: func(i, j int, v float64) float64 { return float64(i%17*(j+1)) + .01*v }},
		{name: "wider than rows", n: 60, p: 90, q: 20, make: func(_, _ int, v float64) float64 { return v }},
		{name: "both wider", n: 50, p: 90, q: 70, make: func(_, _ int, v float64) float64 { return v }},
	} {
		x, y := fixture.Normal(1, c.n, c.p), fixture.Normal(2, c.n, c.q)
		y.Apply(func(i, j int, v float64) float64 { return c.make(i, j, v+x.At(i, j%c.p)) }, y)
		x.Apply(c.make, x)
		x32, y32 := mat32.Convert(x), mat32.Convert(y)
		for _, m := range []Measure{CKA{}, CKA{Estimator: Debiased}, CKA{Kernel: RBF}} {
			want, err := m.Compare(t.Context(), mat.DenseCopyOf(x32), mat.DenseCopyOf(y32))
			if err != nil {
				t.Fatal(err)
			}
			for _, pair := range [][2]mat.Matrix{{x32, y32}, {mat.DenseCopyOf(x32), y32}} {
				got, err := m.Compare(t.Context(), pair[0], pair[1])
				if err != nil || math.Abs(got.Value-want.Value) > 3e-7*math.Abs(want.Value) {
					t.Errorf("%s, %+v: got %.12g, %v, want %.12g", c.name, m, got.Value, err, want.Value)
				}
			}
		}
	}
}

// The criterion by its definition, on whole matrices.
func TestHSICByDefinition(t *testing.T) {
	const n = 40
	for _, cols := range []int{3, 60} { // fewer and more than rows
		x, y := fixture.Normal(5, n, cols), fixture.Normal(6, n, 4)
		for _, kernel := range []HSIC{{}, {Kernel: RBF, Bandwidth: 2, Absolute: true}, {Kernel: RBF, Bandwidth: 30, Absolute: true}} {
			of := func(x *mat.Dense) *mat.Dense {
				k := new(mat.Dense)
				k.Mul(x, x.T())
				squares := mat.DenseCopyOf(k)
				if kernel.Kernel == RBF {
					k.Apply(func(i, j int, v float64) float64 {
						d := squares.At(i, i) + squares.At(j, j) - 2*v
						return math.Exp(-d / 2 / kernel.Bandwidth / kernel.Bandwidth)
					}, k)
				}
				return k
			}
			k, l := of(x), of(y)
			h := mat.NewDense(n, n, nil)
			h.Apply(func(i, j int, _ float64) float64 {
				if i == j {
					return 1 - 1./n
				}
				return -1. / n
			}, h)
			var a, b, p mat.Dense
			a.Mul(k, h)
			b.Mul(l, h)
			p.Mul(&a, &b)
			var unbiased, sumK, sumL, both float64
			for i := range n {
				var rowK, rowL float64
				for j := range n {
					if i != j {
						unbiased += k.At(i, j) * l.At(i, j)
						rowK, rowL = rowK+k.At(i, j), rowL+l.At(i, j)
					}
				}
				sumK, sumL, both = sumK+rowK, sumL+rowL, both+rowK*rowL
			}
			unbiased = (unbiased + sumK*sumL/(n-1)/(n-2) - 2*both/(n-2)) / n / (n - 3)
			for e, want := range map[Estimator]float64{Trace: mat.Trace(&p), Biased: mat.Trace(&p) / (n - 1) / (n - 1), Unbiased: unbiased} {
				kernel.Estimator = e
				if got, err := kernel.Compare(t.Context(), x, y); err != nil || math.Abs(got.Value-want) > 1e-10*max(math.Abs(want), 1e-4) {
					t.Errorf("%d columns, %+v: got %.12g, %v, want %.12g", cols, kernel, got.Value, err, want)
				}
			}
		}
	}
}

// A kernel wider than the data is linear in the limit, and keeps its digits on the way.
func TestWideKernelIsLinear(t *testing.T) {
	x, y := representations()
	for _, e := range []Estimator{Biased, Debiased} {
		want, _ := score(CKA{Estimator: e})(t.Context(), x, y)
		got, err := score(CKA{Kernel: RBF, Estimator: e, Bandwidth: 1e5})(t.Context(), x, y)
		if err != nil || math.Abs(got-want) > 1e-8 {
			t.Errorf("%v: got %.12g, %v, want %.12g", e, got, err, want)
		}
	}
}

// The median of the squared distances among many, and among many equal ones.
func TestMedianDistance(t *testing.T) {
	testenv.Unraced(t)
	for name, x := range map[string]*mat.Dense{
		"few": fixture.Normal(1, 21, 3), "even": fixture.Normal(1, 20, 3), "many": fixture.Normal(1, 300, 3), "two": fixture.Normal(1, 2, 3),
		"most equal": mat.NewDense(240, 1, nil), "one-hot": mat.NewDense(240, 8, nil),
	} {
		n, d := x.Dims()
		for i := range n {
			if name == "most equal" {
				x.Set(i, 0, float64(i%3))
			}
			if name == "one-hot" {
				x.Set(i, i%8, 1)
			}
		}
		a, _, err := centered(t.Context(), "test", "x", x)
		if err != nil {
			t.Fatal(err)
		}
		r := &radial{rows: a, squares: make([]float64, n)}
		var all []float64
		for i := range n {
			for _, v := range a.RawRowView(i) {
				r.squares[i] += v * v
			}
			for j := range n {
				sum := 0.
				for c := range d {
					diff := a.At(i, c) - a.At(j, c)
					sum += diff * diff
				}
				all = append(all, sum)
			}
		}
		slices.Sort(all)
		want := all[(len(all)-1)/2]/2 + all[len(all)/2]/2
		for _, keep := range []int{mostKept, 10} {
			if got, err := r.median(t.Context(), keep); err != nil || math.Abs(got-want) > 1e-12 {
				t.Errorf("%s, keeping %d: got %v, %v, want %v", name, keep, got, err, want)
			}
		}
		for _, limits := range [][2]float64{{want - .1, want + .1}, {0, 4 * slices.Max(all)}} {
			counts, err := r.counts(t.Context(), limits[0], limits[1])
			pairs, sum := 0, 0
			for _, v := range all {
				if v >= limits[0] && v <= limits[1] {
					pairs++
				}
			}
			for _, c := range counts {
				sum += c
			}
			if limits[0] <= 0 {
				pairs -= n
			}
			if err != nil || name != "most equal" && name != "one-hot" && sum != pairs/2 {
				t.Errorf("%s: %d pairs are between %v, %v, want %d", name, sum, limits, err, pairs/2)
			}
		}
	}
}

// Too few rows, columns that depend on each other, and what is told of them.
func TestRanks(t *testing.T) {
	x, y := fixture.Normal(1, 12, 8), fixture.Normal(2, 12, 6)
	c, err := CCA{}.Correlate(t.Context(), x, y)
	if err != nil || len(c.Notes) != 1 || c.Values[2] < 1-1e-12 || c.Values[3] > 1-1e-6 {
		t.Errorf("12 rows of 8 and 6 columns: %v, %v", c, err)
	}
	// With a ridge none is 1, and there is nothing to tell.
	c, err = CCA{Ridge: .1}.Correlate(t.Context(), x, y)
	if err != nil || len(c.Notes) != 0 || c.Values[0] > .99 {
		t.Errorf("12 rows with a ridge: %v, %v", c, err)
	}
	x, y = representations()
	twice := mat.NewDense(200, 24, nil)
	twice.Augment(x, x)
	for _, m := range []Measure{CCA{}, SVCCA{Variance: 1}, LinearRegression{}} {
		for _, z := range []mat.Matrix{twice, mat32.Convert(twice)} {
			want, _ := score(m)(t.Context(), x, y)
			got, err := score(m)(t.Context(), z, y)
			if err != nil || math.Abs(got-want) > 1e-6 {
				t.Errorf("%T: columns twice give %v, %v, once %v", m, got, err, want)
			}
		}
	}
	c, err = CCA{}.Correlate(t.Context(), twice, y)
	if err != nil || c.RankX != 12 || len(c.Notes) != 1 {
		t.Errorf("columns twice: %v, %v", c, err)
	}
	if s, err := (LinearRegression{}).Compare(t.Context(), fixture.Normal(1, 10, 12), fixture.Normal(2, 10, 3)); err != nil || math.Abs(s.Value-1) > 1e-12 || len(s.Notes) != 1 {
		t.Errorf("regression of fewer rows than columns: %v, %v", s, err)
	}
	if s, err := (LinearRegression{Folds: 5}).Compare(t.Context(), fixture.Normal(1, 50, 12), fixture.Normal(2, 50, 3)); err != nil || s.Value > 0 {
		t.Errorf("nothing is explained of rows left out, and %v is, %v", s, err)
	}
}

// Directions make variables of variance 1 with the correlations told.
func TestDirections(t *testing.T) {
	x, y := representations()
	y.Scale(1e-3, y)
	for _, m := range []interface {
		Correlate(ctx context.Context, x, y mat.Matrix) (*Correlations, error)
	}{CCA{}, SVCCA{Variance: .9}, PWCCA{}} {
		for _, pair := range [][2]*mat.Dense{{x, y}, {y, x}} {
			c, err := m.Correlate(t.Context(), pair[0], pair[1])
			if err != nil {
				t.Fatal(err)
			}
			variables := func(x, w *mat.Dense) *mat.Dense {
				a, unit, err := centered(t.Context(), "test", "x", x)
				if err != nil {
					t.Fatal(err)
				}
				z := new(mat.Dense)
				z.Mul(a, w)
				z.Scale(unit/math.Sqrt(199), z)
				return z
			}
			a, b := variables(pair[0], c.X), variables(pair[1], c.Y)
			var aa, ab mat.Dense
			aa.Mul(a.T(), a)
			ab.Mul(a.T(), b)
			for i := range c.Values {
				for j := range c.Values {
					one, rho := 0., 0.
					if i == j {
						one, rho = 1, c.Values[i]
					}
					if math.Abs(aa.At(i, j)-one) > 1e-10 || math.Abs(ab.At(i, j)-rho) > 1e-10 {
						t.Fatalf("%T: variables %d and %d: %v and %v, want %v and %v", m, i, j, aa.At(i, j), ab.At(i, j), one, rho)
					}
				}
			}
		}
	}
}

func TestLinearBadInput(t *testing.T) {
	x, y := representations()
	var shape *mat32.ShapeError
	var flat *mat32.DegenerateError
	var param *mat32.ParamError
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range linearMeasures {
		if _, err := c.m.Compare(t.Context(), x, y.Slice(0, 100, 0, 8)); !errors.As(err, &shape) || shape.What != "y" {
			t.Errorf("%s, fewer rows of y: %v", c.name, err)
		}
		if _, err := c.m.Compare(t.Context(), x.Slice(0, 1, 0, 12), y.Slice(0, 1, 0, 8)); !errors.As(err, &shape) && !errors.As(err, &param) {
			t.Errorf("%s, one row: %v", c.name, err)
		}
		if _, err := c.m.Compare(t.Context(), x, mat.NewDense(200, 3, nil)); !errors.As(err, &flat) {
			t.Errorf("%s, equal rows: %v", c.name, err)
		}
		if _, err := c.m.Compare(canceled, x, y); !errors.Is(err, context.Canceled) {
			t.Errorf("%s, cancelled: %v", c.name, err)
		}
	}
	for _, m := range []Measure{CKA{Kernel: 7}, CKA{Estimator: -1}, HSIC{Bandwidth: -1}, CCA{Aggregate: 9}, CCA{Ridge: math.NaN()}, SVCCA{Variance: 2}, PWCCA{Weighing: 5}, LinearRegression{Folds: 1}, LinearRegression{Folds: 101}} {
		if _, err := m.Compare(t.Context(), x, y); !errors.As(err, &param) {
			t.Errorf("%+v: %v", m, err)
		}
	}
	// All rows alike to the kernel: half of all pairs at distance 0, and far beyond a bandwidth.
	few := mat.NewDense(40, 1, nil)
	few.Set(0, 0, 1)
	if _, err := (CKA{Kernel: RBF}).Compare(t.Context(), few, few); !errors.As(err, &flat) {
		t.Errorf("the median distance is 0: %v", err)
	}
	if _, err := (CKA{Kernel: RBF, Estimator: Debiased, Absolute: true, Bandwidth: 1e-9}).Compare(t.Context(), x, y); !errors.As(err, &flat) {
		t.Errorf("all rows apart: %v", err)
	}
}

func TestLinearSameBits(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	x, y := normal32(1, 300, 40), normal32(2, 300, 24)
	for _, c := range linearMeasures {
		var want float64
		for i, procs := range testenv.Cores() {
			runtime.GOMAXPROCS(procs)
			got, err := score(c.m)(t.Context(), x, y)
			if err != nil {
				t.Fatal(err)
			}
			if i > 0 && got != want {
				t.Errorf("%s: %v with %d processors, and %v with one", c.name, got, procs, want)
			}
			want = got
		}
	}
}
