package quality_test

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/quality"
)

func compare(t *testing.T, k int, x, y mat.Matrix) *quality.Ranks {
	t.Helper()
	r, err := quality.Rank{Neighbors: k}.Compare(context.Background(), x, y)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func hit(t *testing.T, r *quality.Ranks, k int, labels []int) measure.Score {
	t.Helper()
	s, err := r.NeighborhoodHit(k, labels)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// What scikit-learn, ZADU, coRanking and the definitions return on the fixture,
// to all digits published.
func TestValuesOfPeers(t *testing.T) {
	x, y, labels := fixture.Embedding()
	r := compare(t, 0, x, y)
	if r.K != 100 {
		t.Errorf("K is %d", r.K)
	}
	check := func(s measure.Score, value, want, tolerance float64) {
		t.Helper()
		if math.Abs(value-want) > tolerance {
			t.Errorf("%s at %d: got %.14g, want %.14g", s.Name, s.Neighbors, value, want)
		}
	}
	for _, c := range []struct {
		k                                               int
		trust, cont, lcmc, qnx, rnx, hit                float64
		zaduFalse, zaduMissing, verleysenF, verleysenMi float64 // as 1 − error
		classT, classC, dissimilarity                   float64
	}{
		{7, .88606524962926, .97870159828637, .321350533524, .344761904762, .329054142205, .987142857143,
			.874072103193, .976108030530, .87364465, .976026931, .997978250124, .980054374691, 30.3415926559},
		{20, .89460853432282, .97424366110080, .443443701226, .510333333333, .475231780167, .965333333333,
			.872716378161, .967926462574, .87227577, .967815436, .995870129870, .983635745207, 42.4709312354},
	} {
		exact := func(s measure.Score, want, tolerance float64) { t.Helper(); check(s, s.Value, want, tolerance) }
		exact(r.Trustworthiness(c.k), c.trust, 1e-14)
		exact(r.Continuity(c.k), c.cont, 1e-14)
		exact(r.LCMC(c.k), c.lcmc, 1e-12)
		exact(r.QNX(c.k), c.qnx, 1e-12)
		exact(r.RNX(c.k), c.rnx, 1e-12)
		exact(hit(t, r, c.k, labels), c.hit, 1e-12)
		f, m := r.MRREFalse(c.k), r.MRREMissing(c.k)
		check(f, 1-f.Value, c.verleysenF, 1e-8)
		check(m, 1-m.Value, c.verleysenMi, 1e-9)
		exact(r.MRREFalseKept(c.k), c.zaduFalse, 1e-12)
		exact(r.MRREMissingKept(c.k), c.zaduMissing, 1e-12)
		exact(classes(t, r.ClassTrustworthiness, c.k, labels), c.classT, 1e-12)
		exact(classes(t, r.ClassContinuity, c.k, labels), c.classC, 1e-12)
		d, err := r.NeighborDissimilarity(t.Context(), c.k)
		if err != nil {
			t.Fatal(err)
		}
		exact(d, c.dissimilarity, 1e-10)
	}
}

func classes(t *testing.T, score func(k int, labels []int) (measure.Score, error), k int, labels []int) measure.Score {
	t.Helper()
	s, err := score(k, labels)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// What the definitions give on the fixture for all k at once, to all digits published.
func TestCurvesOfTheFixture(t *testing.T) {
	x, y, _ := fixture.Embedding()
	c := curves(t, x, y)
	for _, v := range []struct {
		name      string
		got, want float64
	}{
		{"AUC", c.AUC().Value, .400533056648},
		{"K_max", float64(c.KMax()), 63},
		{"Q_local", c.Local().Value, .532336707721},
		{"Q_global", c.Global().Value, .867135585791},
		{"mean Q_NX", c.Mean().Value, .797227397731},
		{"Q_NX(20)", c.QNX()[19], .510333333333},
		{"R_NX(20)", c.RNX()[19], .475231780167},
		{"LCMC(20)", c.LCMC()[19], .443443701226},
	} {
		if math.Abs(v.got-v.want) > 1e-12 {
			t.Errorf("%s is %.14g, want %.12g", v.name, v.got, v.want)
		}
	}
}

func curves(t *testing.T, x, y mat.Matrix) *quality.RankCurves {
	t.Helper()
	c, err := quality.RankCurve{}.Compare(t.Context(), x, y)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// scores lists every score of ranks at k.
func scores(r *quality.Ranks, k int) []measure.Score {
	return []measure.Score{r.Trustworthiness(k), r.Continuity(k), r.MRREFalse(k), r.MRREMissing(k), r.QNX(k), r.RNX(k), r.LCMC(k),
		r.MRREFalseKept(k), r.MRREMissingKept(k)}
}

func TestScoresAreMeansOfTheirRows(t *testing.T) {
	x, y, labels := fixture.Embedding()
	r := compare(t, 0, x, y)
	all := append(scores(r, 15), hit(t, r, 15, labels), classes(t, r.ClassTrustworthiness, 15, labels), classes(t, r.ClassContinuity, 15, labels))
	for _, s := range all {
		if len(s.PerRow) != 300 || s.Rows != 300 || s.Neighbors != 15 || s.Name == "" || s.Convention == "" || s.StdErr != 0 {
			t.Errorf("%s: %d rows, %d per row, %d neighbours, by %q", s.Name, s.Rows, len(s.PerRow), s.Neighbors, s.Convention)
		}
		var mean float64
		varies := false
		for _, v := range s.PerRow {
			mean += v / 300
			varies = varies || v != s.PerRow[0]
		}
		if math.Abs(mean-s.Value) > 1e-12 || !varies {
			t.Errorf("%s: the mean of the rows is %v, the score %v", s.Name, mean, s.Value)
		}
	}
}

// The data as their own embedding are perfect by every score, mirrored, shrunk
// and moved as well; a shuffled embedding scores as chance does.
func TestPerfectAndShuffled(t *testing.T) {
	testenv.Unraced(t)
	x, _, _ := fixture.Embedding()
	var turned mat.Dense
	turned.Apply(func(_, j int, v float64) float64 { return v*-0.125 + float64(j) }, x)
	for _, y := range []mat.Matrix{x, &turned} {
		r := compare(t, 0, x, y)
		for _, k := range []int{1, 15, 100} {
			for i, want := range []float64{1, 1, 0, 0, 1, 1, 1 - float64(k)/299, 1, 1} {
				if s := scores(r, k)[i]; s.Value != want {
					t.Errorf("%s at %d is %v, want %v", s.Name, k, s.Value, want)
				}
			}
		}
	}
	shuffled := fixture.Normal(77, 300, 2)
	r := compare(t, 0, x, shuffled)
	for i, want := range []float64{.5, .5, .5, .5, 15. / 299, 0, 0, .5, .5} {
		if s := scores(r, 15)[i]; math.Abs(s.Value-want) > 0.04 {
			t.Errorf("%s of noise is %v, want about %v", s.Name, s.Value, want)
		}
	}
}

// The worst embedding that ranks allow scores 0: every row's neighbours are its
// farthest rows.
func TestWorstCaseIsZero(t *testing.T) {
	const n, k = 11, 4
	r := &quality.Ranks{N: n, K: k}
	for range n {
		for j := range k {
			r.EmbeddedRanks = append(r.EmbeddedRanks, int32(n-1-j))
			r.OriginalRanks = append(r.OriginalRanks, int32(n-1-j))
		}
	}
	for _, s := range []measure.Score{r.Trustworthiness(k), r.Continuity(k), r.QNX(k)} {
		if s.Value != 0 {
			t.Errorf("%s is %v", s.Name, s.Value)
		}
	}
	for _, s := range []measure.Score{r.MRREFalse(k), r.MRREMissing(k)} {
		if math.Abs(s.Value-1) > 1e-15 {
			t.Errorf("%s is %v", s.Name, s.Value)
		}
	}
}

func TestHitLeavesUnknownLabelsOut(t *testing.T) {
	y := mat.NewDense(6, 1, []float64{0, 1, 2.1, 10, 11, 12.1})
	labels := []int{0, 0, -1, 1, 0, -1}
	want := []float64{1, 1, math.NaN(), 0, 0, math.NaN()}
	r := compare(t, 0, y, y)
	method, err := r.NeighborhoodHit(2, labels)
	if err != nil {
		t.Fatal(err)
	}
	function, err := quality.NeighborhoodHit(context.Background(), y, labels, 2)
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]measure.Score{"method": method, "function": function} {
		if s.Value != 0.5 || s.Rows != 4 {
			t.Errorf("%s: %v", name, s)
		}
		for i, v := range s.PerRow {
			if v != want[i] && !(v != v && want[i] != want[i]) {
				t.Errorf("%s: row %d is %v, want %v", name, i, v, want[i])
			}
		}
	}
}
