package intrinsic_test

import (
	"context"
	"errors"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/intrinsic"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// A density of other columns, or of other noise, is refused; without Sigma its own is taken.
func TestScoreIDOfAnotherDensity(t *testing.T) {
	x := fixture.Normal(1, 40, 3)
	kde := func(d int) *intrinsic.KDEScore {
		k, err := intrinsic.NewKDEScore(fixture.Normal(2, 30, d), 0.7)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	for _, c := range []struct {
		e     intrinsic.ScoreID
		param string
	}{
		{intrinsic.ScoreID{Score: kde(5), Sigma: .7}, "Score"},
		{intrinsic.ScoreID{Score: kde(2), Sigma: .7}, "Score"},
		{intrinsic.ScoreID{Score: &intrinsic.KDEScore{}, Sigma: .7}, "Score"},
		{intrinsic.ScoreID{Score: (*intrinsic.KDEScore)(nil), Sigma: .7}, "Score"},
		{intrinsic.ScoreID{Score: kde(3), Sigma: .6}, "Sigma"},
	} {
		var param *mat32.ParamError
		if _, err := c.e.Estimate(context.Background(), x); !errors.As(err, &param) || param.Param != c.param {
			t.Errorf("%s: %v", c.param, err)
		}
	}
	own, given := estimate(t, intrinsic.ScoreID{Score: kde(3)}, x), estimate(t, intrinsic.ScoreID{Score: kde(3), Sigma: .7}, x)
	if own.Value != given.Value || own.Scale != .7 {
		t.Errorf("%v, with Sigma %v", own, given)
	}
}

// By default noise is counted or refused, and never told to have no dimension; where rows
// are many for their dimension, it falls short by less than a fifth, and where the rows
// in sight cannot span it, it is refused.
func TestScoreIDOfNoise(t *testing.T) {
	testenv.Unraced(t)
	for _, c := range []struct {
		n, d   int
		within float64
	}{{200, 3, .2}, {300, 5, .35}, {1000, 5, .2}, {200, 10, .3}, {200, 20, .3}} {
		d, err := intrinsic.ScoreID{Sample: 50}.Estimate(context.Background(), fixture.Normal(1, c.n, c.d))
		if err == nil && math.Abs(d.Value-float64(c.d)) > c.within*float64(c.d) || err != nil && (!errors.As(err, new(*mat32.DegenerateError)) || c.d < 10) {
			t.Errorf("%d rows of %d columns: %v, %v", c.n, c.d, d, err)
		}
	}
}

func TestScoreIDHasNoUnit(t *testing.T) {
	x := fixture.Normal(1, 100, 3)
	want := estimate(t, intrinsic.ScoreID{Trace: true}, x)
	for _, unit := range []float64{1e-290, 1e-170, 1e170, 1e290} {
		var y mat.Dense
		y.Scale(unit, x)
		near(t, "trace", estimate(t, intrinsic.ScoreID{Trace: true}, &y).Value, want.Value, 1e-9)
	}
}

// Another seed looks at other rows.
func TestSeedOfScoreID(t *testing.T) {
	x := fixture.Normal(1, 100, 3)
	one, two := estimate(t, intrinsic.ScoreID{Sample: 20, Seed: 1}, x), estimate(t, intrinsic.ScoreID{Sample: 20, Seed: 2}, x)
	same := true
	for i, v := range one.Local {
		same = same && (v == v) == (two.Local[i] == two.Local[i])
	}
	if same {
		t.Error("two seeds looked at the same rows")
	}
}
