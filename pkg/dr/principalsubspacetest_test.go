package dr_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// ellipsoid returns normal rows with the given standard deviations along the columns.
func ellipsoid(seed uint64, n int, deviations ...float64) *mat.Dense {
	x := fixture.Normal(seed, n, len(deviations))
	x.Apply(func(_, j int, v float64) float64 { return v * deviations[j] }, x)
	return x
}

// unitRows are the first k axes of d columns, the first turned towards the last.
func unitRows(k, d int, angle float64) *mat.Dense {
	u := mat.NewDense(k, d, nil)
	for c := range k {
		u.Set(c, c, 1)
	}
	u.Set(0, 0, math.Cos(angle))
	u.Set(0, d-1, math.Sin(angle))
	return u
}

func ExamplePrincipalSubspaceTest_Estimate() {
	x := ellipsoid(1, 500, 3, 3, 1, 1)
	for _, angle := range []float64{0, .1} {
		t, err := dr.PrincipalSubspaceTest{Axes: unitRows(2, 4, angle)}.Estimate(context.Background(), x)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("axes turned by %.1f: p = %.3f\n", angle, t.P)
	}
	// Output:
	// axes turned by 0.0: p = 0.732
	// axes turned by 0.1: p = 0.000
}

// kolmogorov is the largest difference between the shares of p-values and those of
// uniform numbers, times the root of their number: 1.63 at the level of 1 %.
func kolmogorov(p []float64) float64 {
	p = slices.Sorted(slices.Values(p))
	far := 0.
	for i, v := range p {
		far = max(far, math.Abs(v-float64(i)/float64(len(p))), math.Abs(v-float64(i+1)/float64(len(p))))
	}
	return far * math.Sqrt(float64(len(p)))
}

// pvalues tests as many data sets.
func pvalues(t *testing.T, p dr.PrincipalSubspaceTest, sets int, data func(seed uint64) mat.Matrix) []float64 {
	t.Helper()
	out := make([]float64, sets)
	for i := range out {
		r, err := p.Estimate(context.Background(), data(uint64(i)+1000))
		if err != nil {
			t.Fatal(err)
		}
		out[i] = r.P
	}
	return out
}

// For one axis the sum is that of Anderson (1963), n·(λ·uᵀS⁻¹u + uᵀSu/λ − 2), but for
// the length of an angle and of its sine.
func TestPrincipalSubspaceTestOfAnderson(t *testing.T) {
	const n = 200
	x := ellipsoid(3, n, 3, 2, 1, .5)
	u := unitRows(1, 4, .05)
	r, err := dr.PrincipalSubspaceTest{Axes: u}.Estimate(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	var s mat.SymDense
	stat.CovarianceMatrix(&s, x, nil)
	var inverse mat.Dense
	if err := inverse.Inverse(&s); err != nil {
		t.Fatal(err)
	}
	axis := u.RowView(0)
	l := r.Variances[0]
	anderson := (n - 1) * (l*mat.Inner(axis, &inverse, axis) + mat.Inner(axis, &s, axis)/l - 2)
	angle := r.Angles[0]
	near(t, "statistic", r.Statistic, anderson*math.Pow(angle/math.Sin(angle), 2), 1e-9, 0)
	if r.Freedom != 3 || fmt.Sprint(r.Sizes) != "[1 3]" || r.Angles[1] != angle && math.Abs(r.Angles[1]-angle) > 1e-9 {
		t.Errorf("of one axis in four: %v", r)
	}
	total := 0.
	for j, v := range r.Variances {
		total += v
		near(t, "standard error", r.VarianceErr[j], v*math.Sqrt(2./(n-1)), 1e-12, 0)
	}
	near(t, "variance in all", total, mat.Trace(&s), 1e-12, 0)
}

// The p-values of true hypotheses are uniform, of false ones small; subspaces may
// have equal variances within, and be several.
func TestPrincipalSubspacesAreCalibrated(t *testing.T) {
	testenv.Unraced(t)
	const sets = 400
	data := func(seed uint64) mat.Matrix { return ellipsoid(seed, 400, 4, 4, 2, 1, 1) }
	for name, p := range map[string]dr.PrincipalSubspaceTest{
		"two of five":       {Axes: unitRows(2, 5, 0)},
		"two, one and two":  {Axes: unitRows(3, 5, 0), Sizes: []int{2, 1}},
		"the same, by name": {Axes: unitRows(5, 5, 0), Sizes: []int{2, 1, 2}},
	} {
		null := pvalues(t, p, sets, data)
		if k := kolmogorov(null); k > 1.63 {
			t.Errorf("%s: p-values of true hypotheses are not uniform: %.2f", name, k)
		}
	}
	for _, p := range pvalues(t, dr.PrincipalSubspaceTest{Axes: unitRows(2, 5, .3)}, 20, data) {
		if p > 1e-6 {
			t.Errorf("axes turned by 17° have p = %v", p)
		}
	}
	// As the gap between variances closes, it is far off.
	closed := pvalues(t, dr.PrincipalSubspaceTest{Axes: unitRows(1, 3, 0)}, sets, func(seed uint64) mat.Matrix { return ellipsoid(seed, 60, 1.02, 1, .98) })
	if k := kolmogorov(closed); k < 2 {
		t.Errorf("where variances are nearly equal p-values are uniform all the same: %.2f", k)
	}
}

// Of rows with heavy tails bootstrap samples know what normal theory does not.
func TestPrincipalSubspacesOfHeavyTails(t *testing.T) {
	testenv.Unraced(t)
	const sets = 100
	data := func(seed uint64) mat.Matrix {
		x := ellipsoid(seed, 300, 3, 1, 1)
		scale := fixture.Uniform(seed+7, 300, 1)
		x.Apply(func(i, _ int, v float64) float64 { return v / math.Pow(1-scale.At(i, 0), .3) }, x)
		return x
	}
	small := func(p []float64) (share float64) {
		for _, v := range p {
			if v < .05 {
				share += 1 / float64(len(p))
			}
		}
		return share
	}
	axes := unitRows(1, 3, 0)
	normal := small(pvalues(t, dr.PrincipalSubspaceTest{Axes: axes}, sets, data))
	drawn := small(pvalues(t, dr.PrincipalSubspaceTest{Axes: axes, Replicates: 99}, sets, data))
	if normal < .2 || drawn > .16 {
		t.Errorf("at the level of 5 %% true hypotheses are rejected in %.0f %% and, by bootstrap, %.0f %%", 100*normal, 100*drawn)
	}
}

// The error bars say by how much what is found varies from one data set to the next.
func TestErrorBarsOfPrincipalSubspaces(t *testing.T) {
	ctx := context.Background()
	const sets = 200
	var first, squares []float64
	for seed := range uint64(sets) {
		r, err := dr.PrincipalSubspaceTest{Axes: unitRows(2, 4, 0)}.Estimate(ctx, ellipsoid(seed+50, 300, 4, 2, 1, 1))
		if err != nil {
			t.Fatal(err)
		}
		first = append(first, r.Variances[0])
		squares = append(squares, r.Angles[0]*r.Angles[0])
	}
	x := ellipsoid(1, 300, 4, 2, 1, 1)
	a, err1 := dr.PrincipalSubspaceTest{Axes: unitRows(2, 4, 0)}.Estimate(ctx, x)
	b, err2 := dr.PrincipalSubspaceTest{Axes: unitRows(2, 4, 0), Replicates: 300}.Estimate(ctx, x)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	for _, r := range []*dr.SubspaceTest{a, b} {
		near(t, r.Convention+": error of the first variance", r.VarianceErr[0], stat.StdDev(first, nil), .25, 0)
		// The largest of the two angles has most of the squares.
		if e := math.Sqrt(stat.Mean(squares, nil)); r.AngleErr[0] < .9*e || r.AngleErr[0] > 1.6*e {
			t.Errorf("%s: angles of %v by chance, the largest has %v", r.Convention, r.AngleErr[0], e)
		}
	}
	if a.Statistic != b.Statistic || a.P == b.P || b.String() == a.String() {
		t.Errorf("%v\n%v", a, b)
	}
}

func TestPrincipalSubspaceTestRefuses(t *testing.T) {
	ctx := context.Background()
	x := fixture.Normal(1, 30, 4)
	var param *mat32.ParamError
	skew := unitRows(2, 4, 0)
	skew.Set(1, 0, .5)
	for field, methods := range map[string][]dr.PrincipalSubspaceTest{
		"Axes":  {{}, {Axes: skew}, {Axes: unitRows(2, 5, 0)}},
		"Sizes": {{Axes: unitRows(4, 4, 0)}, {Axes: unitRows(2, 4, 0), Sizes: []int{1}}, {Axes: unitRows(2, 4, 0), Sizes: []int{2, 0}}},
	} {
		for _, m := range methods {
			if _, err := m.Estimate(ctx, x); !errors.As(err, &param) || param.Param != field {
				t.Errorf("%v: %v", m, err)
			}
		}
	}
	var degenerate *mat32.DegenerateError
	for i := range 30 {
		x.Set(i, 3, x.At(i, 0))
	}
	if _, err := (dr.PrincipalSubspaceTest{Axes: unitRows(1, 4, 0)}).Estimate(ctx, x); !errors.As(err, &degenerate) {
		t.Errorf("a column twice: %v", err)
	}
	var shape *mat32.ShapeError
	if _, err := (dr.PrincipalSubspaceTest{Axes: unitRows(1, 4, 0)}).Estimate(ctx, fixture.Normal(1, 4, 4)); !errors.As(err, &shape) {
		t.Errorf("as many columns as rows: %v", err)
	}
}
