package quality

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

// A report of all rows holds what each measure says alone.
func TestReport(t *testing.T) {
	x := fixture.Normal(1, 80, 5)
	y := mat.DenseCopyOf(x.Slice(0, 80, 0, 2))
	r, err := Report{Neighbors: 7}.Compare(t.Context(), x, y)
	if err != nil {
		t.Fatal(err)
	}
	ranks, err := Rank{Neighbors: 7}.Compare(t.Context(), x, y)
	if err != nil {
		t.Fatal(err)
	}
	curves, err := RankCurve{}.Compare(t.Context(), x, y)
	if err != nil {
		t.Fatal(err)
	}
	distances, err := DistancePreservation{}.Compare(t.Context(), x, y)
	if err != nil {
		t.Fatal(err)
	}
	triplets, err := TripletAccuracy{}.Compare(t.Context(), x, y)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]float64{}
	for _, s := range []struct {
		name  string
		value float64
	}{
		{ranks.Trustworthiness(7).Name, ranks.Trustworthiness(7).Value}, {ranks.Continuity(7).Name, ranks.Continuity(7).Value},
		{ranks.QNX(7).Name, ranks.QNX(7).Value}, {ranks.RNX(7).Name, ranks.RNX(7).Value},
		{ranks.MRREFalse(7).Name, ranks.MRREFalse(7).Value}, {ranks.MRREMissing(7).Name, ranks.MRREMissing(7).Value},
		{curves.AUC().Name, curves.AUC().Value}, {distances.Pearson().Name, distances.R}, {distances.Spearman().Name, distances.Rho},
		{distances.Kendall().Name, distances.Tau.Value}, {distances.Stress1().Name, distances.Sigma}, {triplets.Name, triplets.Value},
	} {
		want[s.name] = s.value
	}
	for name, value := range want {
		if s, ok := r.Of(name); !ok || math.Abs(s.Value-value) > 1e-12 {
			t.Errorf("%s: %v, alone %v", name, s.Value, value)
		}
	}
	header, rows := r.Table()
	if len(rows) != len(r.Scores) || len(header) != len(rows[0]) || len(r.Failures) != 0 {
		t.Errorf("%d scores, table of %d, failures %v", len(r.Scores), len(rows), r.Failures)
	}
	for _, s := range r.Scores {
		if !strings.Contains(r.String(), s.Convention) {
			t.Errorf("%s is not in\n%v", s.Name, r)
		}
	}
	if _, ok := r.Of("nothing"); ok {
		t.Error("there is a score of no name")
	}
}

// The mean of the sample is within its standard errors of that of all rows, and these are
// no larger than what the sample explains.
func TestReportOfASample(t *testing.T) {
	testenv.Unraced(t)
	x := fixture.Normal(1, 300, 4)
	y := mat.DenseCopyOf(x.Slice(0, 300, 0, 2))
	all, err := Report{}.Compare(t.Context(), x, y)
	if err != nil {
		t.Fatal(err)
	}
	const seeds = 20
	squares, count := 0., 0
	for seed := range uint64(seeds) {
		some, err := Report{Sample: 60, Pairs: 500, Seed: seed}.Compare(t.Context(), x, y)
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range some.Scores[:7] {
			if !(s.StdErr > 0) || s.PerRow != nil || len(s.Notes) == 0 {
				t.Fatalf("%+v", s)
			}
			z := (s.Value - all.Scores[i].Value) / s.StdErr
			squares += z * z
			count++
		}
	}
	if mean := squares / float64(count); !(mean > .5 && mean < 1.8) {
		t.Errorf("squared errors are %.2f times what is stated", mean)
	}
}

func TestReportSameBits(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	x := fixture.Normal(1, 120, 4)
	y := mat.DenseCopyOf(x.Slice(0, 120, 0, 2))
	var want string
	for i, procs := range testenv.Cores() {
		runtime.GOMAXPROCS(procs)
		r, err := Report{Sample: 50, Pairs: 300}.Compare(t.Context(), x, y)
		if err != nil {
			t.Fatal(err)
		}
		bits := ""
		for _, s := range r.Scores {
			bits += fmt.Sprintf("%x %x ", s.Value, s.StdErr)
		}
		if i > 0 && bits != want {
			t.Errorf("%d processors: %s, with one %s", procs, bits, want)
		}
		want = bits
	}
}

func TestReportBadInput(t *testing.T) {
	x := fixture.Normal(1, 30, 3)
	var param *mat32.ParamError
	for _, r := range []Report{{Neighbors: 15}, {Neighbors: -1}, {Sample: 1}, {Pairs: 2}, {MemoryLimit: -1}} {
		if _, err := r.Compare(t.Context(), x, x); !errors.As(err, &param) || param.Method != reportMethod {
			t.Errorf("%+v: %v", r, err)
		}
	}
	var shape *mat32.ShapeError
	if _, err := (Report{}).Compare(t.Context(), x, x.Slice(0, 20, 0, 2)); !errors.As(err, &shape) {
		t.Errorf("fewer rows: %v", err)
	}
	if _, err := (Report{}).Compare(t.Context(), x.Slice(0, 3, 0, 3), x.Slice(0, 3, 0, 2)); !errors.As(err, &shape) {
		t.Errorf("three rows: %v", err)
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (Report{}).Compare(canceled, x, x); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	var memory *mat32.MemoryError
	if _, err := (Report{MemoryLimit: 100}).Compare(t.Context(), x, x); !errors.As(err, &memory) {
		t.Errorf("100 bytes: %v", err)
	}
	// An embedding in one point has ranks, and no correlation of distances.
	r, err := Report{}.Compare(t.Context(), x, mat.NewDense(30, 2, nil))
	if err != nil || len(r.Failures) == 0 || r.Failures[0].Measure != "DistancePreservation" || !strings.Contains(r.String(), "cannot answer") {
		t.Errorf("%v, %v", r, err)
	}
}

// An embedding of more columns than rows spans all there is.
func TestGlobalScoreOfAWideEmbedding(t *testing.T) {
	_, err := GlobalScore(t.Context(), fixture.Normal(1, 5, 12), fixture.Normal(2, 5, 7))
	if !errors.As(err, new(*mat32.DegenerateError)) {
		t.Errorf("five rows span four dimensions: %v", err)
	}
}
