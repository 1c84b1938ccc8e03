package quality_test

import (
	"context"
	"errors"
	"math"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/flatland-go/flatland/internal/apart"
	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/rankcorr"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/quality"
	"github.com/flatland-go/flatland/tests/golden"
)

func preserved(t testing.TB, p quality.DistancePreservation, x, y mat.Matrix) *quality.DistanceAgreement {
	t.Helper()
	a, err := p.Compare(context.Background(), x, y)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestDistancesAgainstSciPy(t *testing.T) {
	testenv.Unraced(t)
	var file struct {
		Cases []struct {
			Name, Table, Metric              string
			Times                            float64
			Step, First, End, Pairs          int
			Pearson, Spearman, Scale, Stress float64

			Kendall, Raw, Normalized, Kruskal, Sammon, Nonmetric float64
			Coincident                                           int
		}
	}
	golden.Load(t, "distancepreservation", &file)
	tables := map[string]*datasets.Dataset{"iris": datasets.Iris(), "digits": datasets.Digits()}
	for _, c := range file.Cases {
		table := tables[c.Table]
		n, d := table.X.Dims()
		rows := mat.NewDense((n+c.Step-1)/c.Step, d, nil)
		rows.Apply(func(i, j int, _ float64) float64 { return math.Round(table.X.At(i*c.Step, j) * c.Times) }, rows)
		n, _ = rows.Dims()
		var x mat.Matrix = rows
		if c.Metric == "cityblock" {
			var condensed []float64
			for i := range n {
				for j := i + 1; j < n; j++ {
					sum := 0.
					for k := range d {
						sum += math.Abs(rows.At(i, k) - rows.At(j, k))
					}
					condensed = append(condensed, sum)
				}
			}
			given, err := mat32.NewDistances(n, condensed)
			if err != nil {
				t.Fatal(err)
			}
			x = given
		}
		a := preserved(t, quality.DistancePreservation{}, x, rows.Slice(0, n, c.First, c.End))
		if a.Coincident != c.Coincident || a.Pairs != c.Pairs || a.All != c.Pairs || a.Rows != n {
			t.Errorf("%s: %d of %d pairs of %d rows", c.Name, a.Pairs, a.All, a.Rows)
		}
		for what, v := range map[string][2]float64{
			"r": {a.Pearson().Value, c.Pearson}, "ρ": {a.Spearman().Value, c.Spearman},
			"scale": {a.Scale, c.Scale}, "stress": {a.Stress1().Value, c.Stress},
			"τ": {a.Kendall().Value, c.Kendall}, "raw": {a.RawStress().Value, c.Raw}, "normalized": {a.NormalizedStress().Value, c.Normalized},
			"Kruskal": {a.KruskalStress().Value, c.Kruskal}, "Sammon": {a.SammonStress().Value, c.Sammon}, "non-metric": {a.NonmetricStress().Value, c.Nonmetric},
		} {
			if !(math.Abs(v[0]-v[1]) <= 1e-12*math.Abs(v[1])) {
				t.Errorf("%s: %s is %.16g, SciPy's %.16g", c.Name, what, v[0], v[1])
			}
		}
	}
}

// Maps of known agreement: the data themselves, larger and moved; and given
// distances that a decreasing function turns.
func TestDistancesOfKnownAgreement(t *testing.T) {
	x, _, _ := fixture.Embedding()
	var larger mat.Dense
	larger.Apply(func(_, j int, v float64) float64 { return 8*v + float64(j) }, x)
	a := preserved(t, quality.DistancePreservation{}, x, &larger)
	if a.Tau.Value != 1 || a.Nonmetric.Value != 0 || a.R < 1-1e-14 || a.Rho != 1 || a.Sigma > 1e-7 || math.Abs(a.Scale-.125) > 1e-15 {
		t.Errorf("the data themselves: %v, scale %v", a, a.Scale)
	}
	given := apart.Rows(t, fixture.Normal(3, 60, 2))
	turned := make([]float64, 60*59/2)
	squared := make([]float64, len(turned))
	for i, v := range given.Condensed() {
		turned[i], squared[i] = 100-v, v*v
	}
	for _, c := range []struct {
		to     []float64
		r, rho float64
	}{{turned, -1, -1}, {squared, math.NaN(), 1}} {
		y, err := mat32.NewDistances(60, c.to)
		if err != nil {
			t.Fatal(err)
		}
		a := preserved(t, quality.DistancePreservation{}, given, y)
		if a.Rho != c.rho || a.Tau.Value != c.rho || (a.Nonmetric.Value == 0) != (c.rho == 1) || c.r == c.r && math.Abs(a.R-c.r) > 1e-13 || a.R > 1-1e-3 {
			t.Errorf("turned or squared: %v", a)
		}
	}
}

// Whatever the units, near the ends of float64 too, the scores are the same.
func TestDistancesHaveNoUnit(t *testing.T) {
	testenv.Unraced(t)
	x, y, _ := fixture.Embedding()
	want := preserved(t, quality.DistancePreservation{}, x, y)
	for _, exp := range []int{-900, 900, 1015} {
		var far mat.Dense
		far.Scale(math.Ldexp(1, exp), x)
		got := preserved(t, quality.DistancePreservation{}, &far, y)
		got.Scale = math.Ldexp(got.Scale, -exp)
		// These have one, or compare one with the other.
		got.RMS, got.Normalized, got.Kruskal, got.SammonRoot = want.RMS, want.Normalized, want.Kruskal, want.SammonRoot
		for i := range got.Shepard {
			got.Shepard[i].Original = math.Ldexp(got.Shepard[i].Original, -exp)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("times 2^%d: %v, want %v", exp, got, want)
		}
	}
	// Ranks tell distances apart whose ratio exceeds float64's.
	wide, err := mat32.NewDistances(3, []float64{1e308, 1e-307, 2e-307})
	if err != nil {
		t.Fatal(err)
	}
	like, err := mat32.NewDistances(3, []float64{3, 1, 2})
	if err != nil {
		t.Fatal(err)
	}
	if a := preserved(t, quality.DistancePreservation{}, like, wide); a.Rho != 1 {
		t.Errorf("three distances in order: %v", a)
	}
}

// Over many draws, the scores scatter about those of all pairs as the standard
// error says, and a little less: the draw is by stretches.
func TestDrawnPairs(t *testing.T) {
	testenv.Unraced(t)
	x, _, _ := fixture.Embedding()
	for name, y := range map[string]mat.Matrix{"picture": x.Slice(0, 300, 0, 2), "lattice": inputsOf300()} {
		all := preserved(t, quality.DistancePreservation{}, x, y)
		if s := all.Pearson(); s.StdErr != 0 || s.Notes != nil || s.Rows != 300 || strings.Contains(s.Convention, "jackknife") {
			t.Errorf("all pairs: %v", s)
		}
		const draws = 200
		of := func(a *quality.DistanceAgreement) []measure.Score {
			return []measure.Score{a.Pearson(), a.Spearman(), a.Stress1(), a.Kendall(), a.RawStress(), a.NormalizedStress(),
				a.KruskalStress(), a.NonmetricStress(), a.SammonStress(), a.ResidualVariance()}
		}
		var off, square, said [10]float64
		for seed := range uint64(draws) {
			a := preserved(t, quality.DistancePreservation{Pairs: 2000, Seed: seed}, x, y)
			for k, s := range of(a) {
				e := s.Value - of(all)[k].Value
				off[k] += e / draws
				square[k] += e * e / draws
				said[k] += s.StdErr / draws
				if len(s.Notes) != 1 || !strings.Contains(s.Notes[0], "2000 of 44850 pairs") {
					t.Fatalf("drawn: %v", s)
				}
			}
		}
		for k, s := range of(all) {
			most, bias := 1.1, .25
			if s.Name == "non-metric stress-1" {
				most, bias = 1.3, .75 // fewer pairs are fitted better
			}
			if ratio := math.Sqrt(square[k]) / said[k]; ratio < .7 || ratio > most || math.Abs(off[k]) > bias*said[k] {
				t.Errorf("%s, %s: it scatters %.3g times what the error says, and is off by %.3g of it", name, s.Name, ratio, off[k]/said[k])
			}
		}
	}
}

// Published values of peers on the fixture, and SciPy's Kendall.
func TestStressesOfPeers(t *testing.T) {
	testenv.Unraced(t)
	x, y, _ := fixture.Embedding()
	a := preserved(t, quality.DistancePreservation{}, x, y)
	for _, c := range []struct {
		s         measure.Score
		want, tol float64
	}{
		{a.NormalizedStress(), .250710314260, 1e-12},
		{a.KruskalStress(), .293449928477, 1e-12},
		{a.Stress1(), .219427018906, 1e-12},
		{measure.Score{Name: "scale", Value: a.Scale}, 1.14194837460868, 1e-14},
		{a.NonmetricStress(), .214791396685, 1e-12},
		{a.SammonStress(), .0725048340318, 1e-13},
		{a.RawStress(), 723195.430082, 1e-6},
		{a.Pearson(), .863761377716, 1e-12},
		{a.Spearman(), .864280768324, 1e-12},
		{a.Kendall(), .701828346937, 1e-12},
		{a.ResidualVariance(), 1 - .863761377716*.863761377716, 1e-11},
	} {
		if math.Abs(c.s.Value-c.want) > c.tol {
			t.Errorf("%s is %.14g, want %.14g", c.s.Name, c.s.Value, c.want)
		}
	}
	// ZADU flattens the whole matrices, zeros from rows to themselves included.
	var p, q []float64
	for i := range 300 {
		for j := range 300 {
			p = append(p, apartIn(x, i, j))
			q = append(q, apartIn(y, i, j))
		}
	}
	if got := stat.Correlation(p, q, nil); math.Abs(got-.865793066787) > 1e-12 {
		t.Errorf("ZADU's r is %.12f", got)
	}
	if got := spearmanOf(t, p, q); math.Abs(got-.865633436717) > 1e-12 {
		t.Errorf("ZADU's ρ is %.12f", got)
	}
}

// spearmanOf is Spearman's ρ of two lists.
func spearmanOf(t *testing.T, p, q []float64) float64 {
	p, q = slices.Clone(p), slices.Clone(q)
	for _, list := range [][]float64{p, q} {
		if _, err := rankcorr.NewSorter(len(list)).Rank(context.Background(), list); err != nil {
			t.Fatal(err)
		}
	}
	return stat.Correlation(p, q, nil)
}

func apartIn(x *mat.Dense, i, j int) float64 {
	var d mat.VecDense
	d.SubVec(x.RowView(i), x.RowView(j))
	return mat.Norm(&d, 2)
}

// The curve of a map rises with the distances of the data, its fit never falls, and its
// points count all pairs; of four rows it has a point a pair.
func TestShepardCurve(t *testing.T) {
	testenv.Unraced(t)
	x, y, _ := fixture.Embedding()
	for pairs, want := range map[int]int{0: 44850, 2000: 2000} {
		a := preserved(t, quality.DistancePreservation{Pairs: pairs}, x, y)
		count, fit, embedded := 0, 0., 0.
		for i, p := range a.Shepard {
			count += p.Pairs
			fit += p.Fitted * float64(p.Pairs)
			embedded += p.Embedded * float64(p.Pairs)
			if i > 0 && (p.Original < a.Shepard[i-1].Original || p.Fitted < a.Shepard[i-1].Fitted-1e-12) || p.Spread <= 0 {
				t.Fatalf("point %d of %d pairs: %+v after %+v", i, pairs, p, a.Shepard[i-1])
			}
		}
		// A regression keeps the mean.
		if len(a.Shepard) != 100 || count != want || math.Abs(fit/embedded-1) > 1e-12 {
			t.Errorf("%d points of %d pairs, mean %v fitted to %v", len(a.Shepard), count, embedded, fit)
		}
	}
	few := preserved(t, quality.DistancePreservation{}, x.Slice(0, 4, 0, 3), y.Slice(0, 4, 0, 2))
	if len(few.Shepard) != 6 || few.Shepard[5].Pairs != 1 || few.Shepard[0].Spread != 0 {
		t.Errorf("four rows: %+v", few.Shepard)
	}
}

// Duplicates are left out of Sammon's stress, and said to be; values beyond float64 as well.
func TestStressesBeyond(t *testing.T) {
	x := mat.NewDense(4, 1, []float64{0, 0, 1, 3})
	y := mat.NewDense(4, 1, []float64{0, 1, 1, 3})
	s := preserved(t, quality.DistancePreservation{}, x, y).SammonStress()
	// Distances 0, 1, 3, 1, 3, 2 of the data, and 1, 1, 3, 0, 2, 2 of the map.
	if want := (1. + 1./3) / 10; math.Abs(s.Value-want) > 1e-15 || len(s.Notes) != 1 || !strings.Contains(s.Notes[0], "1 pairs") {
		t.Errorf("with a duplicate: %v, want %v", s, want)
	}
	y.Scale(1e250, y)
	a := preserved(t, quality.DistancePreservation{}, x, y)
	for _, s := range []measure.Score{a.RawStress(), a.SammonStress()} {
		if !math.IsInf(s.Value, 1) || !strings.Contains(strings.Join(s.Notes, ""), "exceeds") {
			t.Errorf("beyond float64: %v", s)
		}
	}
}

// inputsOf300 is a map with many equal distances.
func inputsOf300() mat.Matrix {
	x, _, _ := fixture.Embedding()
	y := mat.NewDense(300, 2, nil)
	y.Apply(func(i, j int, _ float64) float64 { return math.Round(x.At(i, 2*j) / 3) }, y)
	return y
}

// As many pairs as there are, or more, are all of them whatever the seed.
func TestAllPairsAreDrawnOnce(t *testing.T) {
	testenv.Unraced(t)
	x, y, _ := fixture.Embedding()
	want := preserved(t, quality.DistancePreservation{}, x, y)
	for _, pairs := range []int{44850, 44851, math.MaxInt} {
		if got := preserved(t, quality.DistancePreservation{Pairs: pairs, Seed: 7}, x, y); !reflect.DeepEqual(got, want) {
			t.Errorf("%d pairs: %v, want %v", pairs, got, want)
		}
	}
	one := preserved(t, quality.DistancePreservation{Pairs: 44849, Seed: 7}, x, y)
	if one.Pairs != 44849 || one.RErr == 0 || math.Abs(one.R-want.R) > 4*one.RErr {
		t.Errorf("all but one: %v ± %v, want about %v", one, one.RErr, want)
	}
}

func TestDistancesHaveTheSameBitsOnAnyCores(t *testing.T) {
	x, y := fixture.Normal(1, 200, 3), fixture.Normal(2, 200, 2)
	var want []*quality.DistanceAgreement
	for _, procs := range testenv.Cores() {
		old := runtime.GOMAXPROCS(procs)
		got := []*quality.DistanceAgreement{
			preserved(t, quality.DistancePreservation{}, x, y),
			preserved(t, quality.DistancePreservation{Pairs: 9000}, x, y),
		}
		runtime.GOMAXPROCS(old)
		if want == nil {
			want = got
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("on %d cores %v, on one %v", procs, got, want)
		}
	}
}

func TestEqualDistancesAreDegenerate(t *testing.T) {
	simplex := mat.NewDense(30, 30, nil)
	for i := range 30 {
		simplex.Set(i, i, .1)
	}
	rows := fixture.Normal(1, 30, 2)
	for name, c := range map[string]struct {
		x, y mat.Matrix
		of   string
	}{
		"a simplex":   {simplex, rows, "in x"},
		"one point":   {rows, mat.NewDense(30, 2, nil), "in y"},
		"no distance": {mat.NewDense(30, 1, nil), rows, "in x"},
	} {
		for _, pairs := range []int{0, 100} {
			_, err := quality.DistancePreservation{Pairs: pairs}.Compare(context.Background(), c.x, c.y)
			var de *mat32.DegenerateError
			if !errors.As(err, &de) || de.Method != "quality.DistancePreservation" || !strings.Contains(de.Reason, c.of) {
				t.Errorf("%s: got %v", name, err)
			}
		}
	}
	huge, tiny := mat.NewDense(3, 1, []float64{0, 1e200, 3e200}), mat.NewDense(3, 1, []float64{0, 1e-200, 3e-200})
	for _, c := range [][2]mat.Matrix{{huge, tiny}, {tiny, huge}} {
		_, err := quality.DistancePreservation{}.Compare(context.Background(), c[0], c[1])
		var de *mat32.DegenerateError
		if !errors.As(err, &de) || !strings.Contains(de.Reason, "ratio") {
			t.Errorf("a ratio beyond float64: got %v", err)
		}
	}
}

func TestBadDistancePreservation(t *testing.T) {
	x := fixture.Normal(1, 20, 2)
	var pe *mat32.ParamError
	for _, pairs := range []int{-1, 1, 2} {
		if _, err := (quality.DistancePreservation{Pairs: pairs}).Compare(context.Background(), x, x); !errors.As(err, &pe) || pe.Param != "Pairs" {
			t.Errorf("%d pairs: got %v", pairs, err)
		}
	}
	var se *mat32.ShapeError
	if _, err := (quality.DistancePreservation{}).Compare(context.Background(), x, fixture.Normal(1, 21, 2)); !errors.As(err, &se) || se.What != "y" {
		t.Errorf("another number of rows: got %v", err)
	}
	if _, err := (quality.DistancePreservation{}).Compare(context.Background(), x, &mat32.Distances{}); !errors.Is(err, mat32.ErrEmpty) {
		t.Errorf("none: got %v", err)
	}
	var me *mat32.MemoryError
	if _, err := (quality.DistancePreservation{Pairs: math.MaxUint32}).Compare(context.Background(), mat32.NewDense(100_000, 1, nil), mat32.NewDense(100_000, 1, nil)); !errors.As(err, &me) || !strings.Contains(me.Advice, "Pairs") {
		t.Errorf("as many pairs as can be counted: got %v", err)
	}
	if _, err := (quality.DistancePreservation{Pairs: math.MaxUint32 + 1}).Compare(context.Background(), mat32.NewDense(100_000, 1, nil), mat32.NewDense(100_000, 1, nil)); !errors.As(err, &pe) {
		t.Errorf("more pairs than can be counted: got %v", err)
	}
}

func TestDistancePreservationStops(t *testing.T) {
	testenv.Unraced(t)
	x := fixture.Normal(1, 3000, 20)
	for _, after := range []time.Duration{time.Millisecond, 30 * time.Millisecond, 90 * time.Millisecond} {
		ctx, cancel := context.WithTimeout(context.Background(), after)
		start := time.Now()
		_, err := quality.DistancePreservation{Pairs: 4_000_000}.Compare(ctx, x, x)
		if took := time.Since(start); !errors.Is(err, context.DeadlineExceeded) || took > after+250*time.Millisecond {
			t.Errorf("told to stop after %v, it returned %v after %v", after, err, took)
		}
		cancel()
	}
}

func BenchmarkDistancePreservation(b *testing.B) {
	for name, n := range map[string]int{"all of 3000 rows": 3000, "5 million of 5000": 5000} {
		x := fixture.Normal(1, n, 50)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				preserved(b, quality.DistancePreservation{}, x, x.Slice(0, n, 0, 2))
			}
		})
	}
}
