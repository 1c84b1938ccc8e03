package similarity

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// everyMeasure is what Profile asks, and variants with other ways through.
func everyMeasure(t *testing.T) []Measure {
	p, err := Profile{}.Resolve(60, 5)
	if err != nil {
		t.Fatal(err)
	}
	return append(p.Measures, LinearRegression{Backward: true}, LinearRegression{Folds: 4}, RSA{Comparison: KendallTauB},
		HSIC{Kernel: RBF}, CKA{Kernel: RBF, Estimator: Debiased}, PWCCA{Weighing: FromY}, ShapeDistance{Whitening: .5, Form: Euclidean})
}

// someLayers returns representations of 40 rows, one of them wider, one narrow.
func someLayers() []mat.Matrix {
	x := fixture.Normal(3, 40, 5)
	wide, plain := fixture.Normal(4, 40, 50), new(mat.Dense)
	plain.Mul(x, fixture.Normal(5, 5, 4))
	for i := range 40 {
		for j := range 5 {
			wide.Set(i, j, 5*x.At(i, j))
		}
	}
	return []mat.Matrix{mat32.Convert(x), wide, plain}
}

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-6*max(math.Abs(a), math.Abs(b), 1e-3) }

func TestMatrixHoldsWhatCompareGives(t *testing.T) {
	testenv.Unraced(t)
	layers := someLayers()
	for _, m := range everyMeasure(t) {
		among, err := Matrix{Measure: m}.Among(t.Context(), layers...)
		if err != nil {
			t.Errorf("%T: %v", m, err)
			continue
		}
		between, err := Matrix{Measure: m}.Between(t.Context(), layers[:1], layers)
		if err != nil {
			t.Errorf("%T, between: %v", m, err)
			continue
		}
		for i, x := range layers {
			for j, y := range layers {
				want, err := m.Compare(t.Context(), x, y)
				if err != nil || !near(among.At(i, j), want.Value) || i == 0 && !near(between.At(0, j), want.Value) {
					t.Errorf("%T{%+v}, %d and %d: %v, between %v, and Compare gives %v, %v", m, m, i, j, among.At(i, j), between.Scores[0], want.Value, err)
				}
			}
		}
	}
}

// What is prepared of rows in another order is what is prepared anew of rows in that order.
func TestShuffledPreparations(t *testing.T) {
	order := make([]int, 40)
	for i := range order {
		order[i] = (7*i + 3) % 40
	}
	layers := someLayers()
	tried := 0
	for _, m := range everyMeasure(t) {
		p, ok := m.(preparer)
		if !ok {
			continue
		}
		tried++
		for i, x := range layers {
			y := layers[(i+1)%len(layers)]
			a, err := p.prepare(t.Context(), "x", x)
			if err != nil {
				t.Fatalf("%T: %v", m, err)
			}
			b, err := p.prepare(t.Context(), "y", y)
			if err != nil {
				t.Fatalf("%T: %v", m, err)
			}
			got, err := a.(shuffler).shuffled(order).against(t.Context(), b)
			want, again := m.Compare(t.Context(), inOrder(x, order), y)
			if err != nil || again != nil || !near(got.Value, want.Value) {
				t.Errorf("%T{%+v}, layer %d: %v, %v, and anew %v, %v", m, m, i, got.Value, err, want.Value, again)
			}
		}
	}
	if tried < 20 {
		t.Errorf("%d measures prepare", tried)
	}
}

func TestMatrixNamesItsLayers(t *testing.T) {
	layers := someLayers()
	p, err := Matrix{Names: []string{"input", "hidden", "out"}}.Among(t.Context(), layers...)
	if err != nil {
		t.Fatal(err)
	}
	header, rows := p.Table()
	if len(header) != 4 || header[2] != "hidden" || len(rows) != 3 || rows[1][0] != "hidden" || rows[1][2] != p.At(1, 1) {
		t.Errorf("table %v %v", header, rows)
	}
	if s := p.String(); !strings.Contains(s, "CKA of 3 × 3 layers") || !strings.Contains(s, "hidden") {
		t.Errorf("%s", s)
	}
	if c := p.Caption(); !strings.Contains(c, "linear") {
		t.Error(c)
	}
	if rows, columns := p.Layers(); len(rows) != 3 || rows[1] != "hidden" || len(columns) != 3 || columns[2] != "out" {
		t.Errorf("layers %q and %q", rows, columns)
	}
	if r, c := p.T().Dims(); r != 3 || c != 3 {
		t.Errorf("transpose %d × %d", r, c)
	}
	long, err := Matrix{Measure: MutualKNN{Neighbors: 3}}.Among(t.Context(), append(append(someLayers(), someLayers()...), append(someLayers(), append(someLayers(), someLayers()...)...)...)...)
	if err != nil || !strings.Contains(long.String(), "and 3 rows and 3 columns more") {
		t.Errorf("%v, %v", long, err)
	}
}

func TestMatrixBadInput(t *testing.T) {
	layers := someLayers()
	var param *mat32.ParamError
	if _, err := (Matrix{}).Among(t.Context()); !errors.As(err, &param) {
		t.Errorf("no layers: %v", err)
	}
	if _, err := (Matrix{Names: []string{"one"}}).Among(t.Context(), layers...); !errors.As(err, &param) || param.Param != "Names" {
		t.Errorf("one name: %v", err)
	}
	if _, err := (Matrix{Across: []string{"one"}}).Between(t.Context(), layers[:1], layers); !errors.As(err, &param) || param.Param != "Across" {
		t.Errorf("one name across: %v", err)
	}
	if _, err := (Matrix{}).Among(t.Context(), layers[0], nil); !errors.Is(err, mat32.ErrEmpty) {
		t.Errorf("nil: %v", err)
	}
	var shape *mat32.ShapeError
	for _, m := range []Measure{nil, SemiMatch{}} {
		if _, err := (Matrix{Measure: m, Names: []string{"a", "b"}}).Among(t.Context(), fixture.Normal(1, 40, 5), fixture.Normal(1, 30, 5)); !errors.As(err, &shape) || !strings.Contains(err.Error(), "b as y") {
			t.Errorf("fewer rows: %v", err)
		}
		holed := fixture.Normal(1, 40, 5)
		holed.Set(3, 2, math.NaN())
		var hole *mat32.NotFiniteError
		if _, err := (Matrix{Measure: m}).Among(t.Context(), fixture.Normal(1, 40, 5), holed); !errors.As(err, &hole) {
			t.Errorf("NaN: %v", err)
		}
		canceled, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := (Matrix{Measure: m}).Among(canceled, layers...); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
	}
}

// Independent rows have any p-value, those that depend on each other the least there is.
func TestPValues(t *testing.T) {
	testenv.Unraced(t)
	measures := []Measure{CKA{}, Procrustes{}, MutualKNN{}, InformationImbalance{}}
	const seeds, shuffles = 60, 19
	sums, small := make([]float64, len(measures)), make([]int, len(measures))
	for seed := range uint64(seeds) {
		x, y := fixture.Normal(2*seed+1000, 30, 3), fixture.Normal(2*seed+1001, 30, 3)
		c, err := Profile{Measures: measures, Permutations: shuffles, Seed: seed}.Compare(t.Context(), x, y)
		if err != nil {
			t.Fatal(err)
		}
		for i, one := range c.All {
			sums[i] += one.P / seeds
			if one.P <= .1 {
				small[i]++
			}
		}
		y.Scale(.3, y)
		y.Add(y, x)
		c, err = Profile{Measures: measures, Permutations: shuffles, Seed: seed}.Compare(t.Context(), x, y)
		if err != nil {
			t.Fatal(err)
		}
		for i, one := range c.All {
			if one.P != 1./(shuffles+1) || one.Distance != (i%2 == 1) || one.Distance != (one.Value < one.Chance) {
				t.Errorf("dependent, seed %d: %+v", seed, one)
			}
		}
	}
	for i, m := range measures { // mean .525 ± .037, and 6 ± 2.3 of 60
		if !(sums[i] > .4 && sums[i] < .65) || small[i] > 14 {
			t.Errorf("%T: mean p %.3f, %d of %d at most .1", m, sums[i], small[i], seeds)
		}
	}
}

func TestProfile(t *testing.T) {
	x, y := representations()
	c, err := Profile{Permutations: 9, Seed: 1}.Compare(t.Context(), x.Slice(0, 60, 0, 12), y.Slice(0, 60, 0, 8))
	if err != nil {
		t.Fatal(err)
	}
	resolved, _ := Profile{}.Resolve(60, 12)
	if len(c.All) != len(resolved.Measures) || len(c.Failures) != 0 {
		t.Errorf("%d of %d measures answered:\n%v", len(c.All), len(resolved.Measures), c)
	}
	s := c.String()
	header, rows := c.Table()
	if len(rows) != len(c.All) || len(header) != len(rows[0]) {
		t.Errorf("table of %d rows, %d of %d columns", len(rows), len(rows[0]), len(header))
	}
	for i, one := range c.All {
		if !strings.Contains(s, one.Convention) || one.Name == "" || one.Permutations != 9 || !(one.P >= .1 && one.P <= 1) {
			t.Errorf("%+v", one)
		}
		want, err := resolved.Measures[i].Compare(t.Context(), x.Slice(0, 60, 0, 12), y.Slice(0, 60, 0, 8))
		if err != nil || want.Value != one.Value {
			t.Errorf("%s: %v, alone %v, %v", one.Name, one.Value, want.Value, err)
		}
	}
	if cka, ok := c.Of("CKA"); !ok || cka.P != .1 {
		t.Errorf("CKA: %+v", cka)
	}
	if _, ok := c.Of("nothing"); ok {
		t.Error("there is a measure of no name")
	}
	// Few rows for their columns: what is 1 whatever the data has no small p-value.
	c, err = Profile{Measures: []Measure{CCA{}}, Permutations: 9}.Compare(t.Context(), x.Slice(0, 10, 0, 12), y.Slice(0, 10, 0, 8))
	if err != nil || !near(c.All[0].Value, 1) || c.All[0].P != 1 {
		t.Errorf("%v, %v", c, err)
	}
	c, err = Profile{Measures: []Measure{CKA{}}, Permutations: -1}.Compare(t.Context(), x, y)
	if err != nil || c.All[0].P != 1 || c.All[0].Permutations != 0 || !strings.Contains(c.String(), "–") {
		t.Errorf("%v, %v", c, err)
	}
}

// What is dear is asked less often, and then not at all.
func TestAffordableShuffles(t *testing.T) {
	for _, c := range []struct {
		m       Measure
		n, p, q float64
		want    int
	}{{CKA{}, 1000, 64, 64, 99}, {CKA{}, 1e4, 512, 256, 19}, {CKA{}, 1e6, 512, 512, 0}, {CKA{Kernel: RBF}, 1e4, 64, 64, 0}, {RSA{}, 1000, 64, 64, 99}, {MutualKNN{}, 1e4, 512, 512, 99}} {
		if got := affordable(c.m, 99, c.n, c.p, c.q); got != c.want {
			t.Errorf("%T of %v × %v and %v: %d shuffles, want %d", c.m, c.n, c.p, c.q, got, c.want)
		}
	}
}

func TestProfileSameBits(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	x, y := normal32(1, 100, 12), normal32(2, 100, 7)
	var want string
	for i, procs := range testenv.Cores() {
		runtime.GOMAXPROCS(procs)
		c, err := Profile{Measures: []Measure{CKA{}, CCA{}, RSA{}, MutualKNN{}, SemiMatch{}}, Permutations: 3}.Compare(t.Context(), x, y)
		if err != nil {
			t.Fatal(err)
		}
		bits := ""
		for _, one := range c.All {
			bits += fmt.Sprintf("%x %x %x ", one.Value, one.Chance, one.P)
		}
		if i > 0 && bits != want {
			t.Errorf("%d processors: %s, with one %s", procs, bits, want)
		}
		want = bits
	}
}

func TestProfileBadInput(t *testing.T) {
	x, y := representations()
	var flat *mat32.DegenerateError
	if _, err := (Profile{}).Compare(t.Context(), x, mat.NewDense(200, 2, nil)); !errors.As(err, &flat) {
		t.Errorf("equal rows: %v", err)
	}
	if _, err := (Profile{Measures: []Measure{}}).Compare(t.Context(), x, y); !errors.As(err, &flat) {
		t.Errorf("no measures: %v", err)
	}
	var param *mat32.ParamError
	for _, p := range []Profile{{Permutations: -2}, {Permutations: 1 << 40}, {Measures: []Measure{nil}}, {Measures: []Measure{CKA{Kernel: 7}}}} {
		if _, err := p.Compare(t.Context(), x, y); !errors.As(err, &param) {
			t.Errorf("%+v: %v", p, err)
		}
	}
	// Half of all pairs at distance 0: one measure fails, the other answers.
	few := Profile{Measures: []Measure{CKA{Kernel: RBF}, CKA{}}, Permutations: 3}
	spike := mat.NewDense(40, 1, nil)
	spike.Set(0, 0, 1)
	c, err := few.Compare(t.Context(), spike, fixture.Normal(1, 40, 2))
	if err != nil || len(c.All) != 1 || len(c.Failures) != 1 || c.Failures[0].Measure != "CKA" || !strings.Contains(c.String(), "cannot answer") {
		t.Errorf("%v, %v", c, err)
	}
	if _, err := (Profile{Measures: few.Measures[:1]}).Compare(t.Context(), spike, spike); !errors.As(err, &flat) {
		t.Errorf("no measure can answer: %v", err)
	}
}
