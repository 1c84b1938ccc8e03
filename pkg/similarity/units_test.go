package similarity

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/subspace"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// permutedUnits returns x with its columns permuted, scaled and moved; column k is x's of[k].
func permutedUnits(x *mat.Dense) (y *mat.Dense, of []int) {
	n, d := x.Dims()
	y, of = mat.NewDense(n, d, nil), make([]int, d)
	for k := range d {
		of[k] = (5*k + 3) % d // a permutation where 5 does not divide d
		for i := range n {
			y.Set(i, k, float64(k+1)*x.At(i, of[k])+7)
		}
	}
	return y, of
}

func rotatedUnits(x *mat.Dense) *mat.Dense {
	_, d := x.Dims()
	var qr mat.QR
	qr.Factorize(fixture.Normal(99, d, d))
	var q, y mat.Dense
	qr.QTo(&q)
	y.Mul(x, &q)
	return &y
}

// A permuted copy is recovered exactly. A rotated one spans the same space, at angles of
// zero, and its units match poorly.
func TestMatchingCopies(t *testing.T) {
	ctx := t.Context()
	x := fixture.Normal(1, 200, 24)
	permuted, of := permutedUnits(x)
	for _, kind := range []Dependence{Correlation, AbsoluteCorrelation, MutualInformation} {
		m, err := MatchUnits{Dependence: kind}.Match(ctx, x, permuted)
		if err != nil {
			t.Fatal(err)
		}
		for i, k := range m.Units {
			if of[k] != i {
				t.Errorf("%v: unit %d is matched with a copy of %d", kind, i, of[k])
			}
		}
		if math.Abs(m.Mean-1) > 1e-12 {
			t.Errorf("%v of a permuted copy is %v", kind, m.Mean)
		}
		rotated, err := MatchUnits{Dependence: kind}.Match(ctx, x, rotatedUnits(x))
		if err != nil {
			t.Fatal(err)
		}
		if rotated.Mean > .6 {
			t.Errorf("%v of a rotated copy is %v", kind, rotated.Mean)
		}
	}
	var bases [2]*mat.Dense
	for i, m := range []*mat.Dense{x, rotatedUnits(x)} {
		c, _, err := subspace.Centered(ctx, m)
		if err != nil {
			t.Fatal(err)
		}
		if bases[i], err = subspace.Basis(ctx, c, 0); err != nil {
			t.Fatal(err)
		}
	}
	angles, err := subspace.PrincipalAngles(ctx, bases[0], bases[1])
	if err != nil {
		t.Fatal(err)
	}
	if most := slices.Max(angles.Angles); most > 1e-12 {
		t.Errorf("the space of a rotated copy is at an angle of %v", most)
	}
	// Turned over, a unit is as good by its magnitude.
	var minus mat.Dense
	minus.Scale(-1, permuted)
	if m, err := (MatchUnits{Dependence: AbsoluteCorrelation}).Match(ctx, x, &minus); err != nil || math.Abs(m.Mean-1) > 1e-12 {
		t.Errorf("turned over: %v, %v", m.Mean, err)
	}
}

// The assignment is the best of all, and no unit's is better than its best.
func TestMatchingIsTheBest(t *testing.T) {
	ctx := t.Context()
	for seed := range uint64(5) {
		x, y := fixture.Normal(seed, 30, 5), fixture.Normal(seed+100, 30, 6)
		m, err := MatchUnits{}.Match(ctx, x, y)
		if err != nil {
			t.Fatal(err)
		}
		best := math.Inf(-1)
		var visit func(i int, used [6]bool, sum float64)
		visit = func(i int, used [6]bool, sum float64) {
			if i == 5 {
				best = max(best, sum/5)
				return
			}
			for j := range 6 {
				if !used[j] {
					u := used
					u[j] = true
					visit(i+1, u, sum+m.All.At(i, j))
				}
			}
		}
		visit(0, [6]bool{}, 0)
		semi, err := SemiMatch{}.Match(ctx, x, y)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(m.Mean-best) > 1e-12 || semi.Mean < m.Mean {
			t.Errorf("seed %d: matched at %v, the best is %v, semi-matched at %v", seed, m.Mean, best, semi.Mean)
		}
		back, err := MatchUnits{}.Match(ctx, y, x)
		if err != nil {
			t.Fatal(err)
		}
		for j, i := range back.Units {
			if i >= 0 && m.Units[i] != j || i < 0 && slices.Contains(m.Units, j) {
				t.Errorf("seed %d: %v and, from y, %v", seed, m.Units, back.Units)
			}
		}
	}
}

// Correlations are Pearson's, and mutual information that of the table of counts.
func TestDependence(t *testing.T) {
	ctx := t.Context()
	x := mat.NewDense(8, 2, []float64{1, 5, 2, 5, 3, 5, 4, 5, 5, 5, 6, 5, 7, 5, 8, 5}) // the second is constant
	y := mat.NewDense(8, 2, []float64{0, 1, 0, 1, 0, 1, 9, 0, 9, 1, 9, 0, 9, 0, 9, 0})
	m, err := SemiMatch{}.Match(ctx, x, y)
	if err != nil {
		t.Fatal(err)
	}
	// Σ(x−4.5)(y−mean): 9·(4+…+8 − 5·4.5) = 67.5, over √(42·81·15/8).
	if got, want := m.All.At(0, 0), 67.5/math.Sqrt(42*81*15./8); math.Abs(got-want) > 1e-14 {
		t.Errorf("correlation %v, want %v", got, want)
	}
	if m.Units[1] != -1 || m.All.At(1, 0) != 0 || m.Pairs != 1 || len(m.Notes) != 1 {
		t.Errorf("a constant unit is matched: %+v", m)
	}
	// Of a copy with its constant unit, the other is matched to itself; even to one that opposes it.
	for by, want := range map[float64]float64{2: 1, -2: -1} {
		copied := mat.NewDense(8, 2, nil)
		copied.Apply(func(i, j int, _ float64) float64 { return by * x.At(i, 1-j) }, copied)
		m, err = MatchUnits{}.Match(ctx, x, copied)
		if err != nil || m.Units[0] != 1 || m.Units[1] != -1 || math.Abs(m.Mean-want) > 1e-14 || m.Pairs != 1 {
			t.Errorf("a copy times %v with a constant unit: %+v, %v", by, m, err)
		}
	}
	m, err = SemiMatch{Dependence: MutualInformation, Bins: 2}.Match(ctx, x, y)
	if err != nil {
		t.Fatal(err)
	}
	// x: four and four. The second of y: 1 in rows 0, 1, 2 and 4, so 3 and 1 of 4.
	h := func(p ...float64) (s float64) {
		for _, v := range p {
			s -= v * math.Log(v)
		}
		return s
	}
	want := (2*h(.5, .5) - h(3./8, 1./8, 1./8, 3./8)) / h(.5, .5)
	if got := m.All.At(0, 1); math.Abs(got-want) > 1e-14 {
		t.Errorf("mutual information %v, want %v", got, want)
	}
	if MutualInformation.String() != "mutual information" || Dependence(7).String() != "7" {
		t.Error(MutualInformation, Dependence(7))
	}
}

// With orthogonal units weights are correlations less lambda; else they meet the conditions
// of a least value: every slope is lambda against its weight, and within lambda where there
// is none.
func TestSparseMapIsTheLeast(t *testing.T) {
	ctx := t.Context()
	x, y := representations()
	var q mat.Dense
	centered, _, _ := subspace.Centered(ctx, x)
	basis, err := subspace.Basis(ctx, centered, 0)
	if err != nil {
		t.Fatal(err)
	}
	q.CloneFrom(basis)
	for _, lambda := range []float64{.02, .1, .3} {
		u, err := SemiMatch{}.Match(ctx, &q, y)
		if err != nil {
			t.Fatal(err)
		}
		m, err := SparseMap{Lambda: lambda}.Map(ctx, &q, y)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 12 {
			for j := range 8 {
				c := u.All.At(i, j)
				if want := math.Copysign(max(math.Abs(c)-lambda, 0), c); math.Abs(m.Weights.At(i, j)-want) > 1e-10 {
					t.Fatalf("lambda %v: weight %v, want %v", lambda, m.Weights.At(i, j), want)
				}
			}
		}
		m, err = SparseMap{Lambda: lambda}.Map(ctx, x, y)
		if err != nil {
			t.Fatal(err)
		}
		a, b := standard(x), standard(y)
		var left mat.Dense
		left.Mul(a, m.Weights)
		left.Sub(b, &left)
		var slopes mat.Dense
		slopes.Mul(a.T(), &left)
		for j := range 8 {
			square, active := 0., 0
			for i := range 200 {
				square += left.At(i, j) * left.At(i, j)
			}
			for i := range 12 {
				w, s := m.Weights.At(i, j), slopes.At(i, j)
				if w != 0 {
					active++
				}
				if w != 0 && math.Abs(s-math.Copysign(lambda, w)) > 1e-8 || math.Abs(s) > lambda+1e-8 {
					t.Fatalf("lambda %v: weight %v has slope %v", lambda, w, s)
				}
			}
			if math.Abs(1-square-m.Explained[j]) > 1e-9 || active != m.Active[j] {
				t.Errorf("lambda %v: unit %d is explained by %v with %d weights, want %v with %d", lambda, j, m.Explained[j], m.Active[j], 1-square, active)
			}
		}
	}
	m, err := SparseMap{Lambda: 1e-3, Rounds: 1}.Map(ctx, x, y)
	if err != nil || len(m.Notes) != 1 {
		t.Errorf("one round: %v, %v", m.Notes, err)
	}
}

// standard returns x with columns centred and of length one.
func standard(x mat.Matrix) *mat.Dense {
	a := mat.DenseCopyOf(x)
	n, d := a.Dims()
	for j := range d {
		mean, square := 0., 0.
		for i := range n {
			mean += a.At(i, j) / float64(n)
		}
		for i := range n {
			a.Set(i, j, a.At(i, j)-mean)
			square += a.At(i, j) * a.At(i, j)
		}
		for i := range n {
			a.Set(i, j, a.At(i, j)/math.Sqrt(square))
		}
	}
	return a
}

// Units that share a source are in one cluster, of both sides.
func TestCoCluster(t *testing.T) {
	ctx := t.Context()
	s, noise := fixture.Normal(1, 300, 3), fixture.Normal(2, 300, 24)
	x, y := mat.NewDense(300, 12, nil), mat.NewDense(300, 13, nil)
	for i := range 300 {
		for j := range 12 {
			x.Set(i, j, s.At(i, j%3)+.5*noise.At(i, j))
			y.Set(i, j, -s.At(i, j/4)+.5*noise.At(i, 12+j))
		}
	}
	u, err := CoCluster{Clusters: 3}.Cluster(ctx, x, y)
	if err != nil {
		t.Fatal(err)
	}
	for j := range 12 {
		if u.X[j] != u.X[j%3] || u.Y[j] != u.X[j/4] {
			t.Fatalf("clusters %v and %v", u.X, u.Y)
		}
	}
	if u.Y[12] != -1 || len(u.Notes) != 1 || u.Number != 3 || u.Within < .6 {
		t.Errorf("%+v", u)
	}
	again, err := CoCluster{Clusters: 3, Seed: 5}.Cluster(ctx, x, y)
	if err != nil || again.Within != u.Within {
		t.Errorf("another seed: %v, %v", again, err)
	}
	var param *mat32.ParamError
	for _, c := range []int{-1, 13} {
		if _, err := (CoCluster{Clusters: c}).Cluster(ctx, x, y); !errors.As(err, &param) {
			t.Errorf("%d clusters: got %v", c, err)
		}
	}
}

// The score is R²: the published value of linear regression. Maps that are linear score 1,
// and what a residual layer adds is taken from it.
func TestLinearityScore(t *testing.T) {
	ctx := t.Context()
	x, y := representations()
	for _, c := range []struct {
		l    LinearityScore
		x, y mat.Matrix
		want float64
		tol  float64
	}{
		{LinearityScore{}, x, y, .750580842147, 1e-12},
		{LinearityScore{}, y, x, .41987612571, 1e-11},
		{LinearityScore{}, x, rotatedUnits(x), 1, 1e-14},
		{LinearityScore{}, rotatedUnits(x), x, 1, 1e-14},
	} {
		s, err := c.l.Compare(ctx, c.x, c.y)
		if err != nil || math.Abs(s.Value-c.want) > c.tol {
			t.Errorf("%+v: %v, %v, want %v", c.l, s.Value, err, c.want)
		}
	}
	var sum mat.Dense
	wide := mat.DenseCopyOf(x.Slice(0, 200, 0, 8))
	sum.Scale(1e3, wide)
	sum.Add(&sum, y)
	var by mat.Dense
	by.Scale(999, wide)
	by.Add(&by, y)
	a, errA := LinearityScore{WithoutResidual: true}.Compare(ctx, wide, &sum)
	b, errB := LinearityScore{}.Compare(ctx, wide, &by)
	if errA != nil || errB != nil || math.Abs(a.Value-b.Value) > 1e-10 {
		t.Errorf("without the residual %v, by hand %v: %v, %v", a.Value, b.Value, errA, errB)
	}
	var shape *mat32.ShapeError
	if _, err := (LinearityScore{WithoutResidual: true}).Compare(ctx, x, y); !errors.As(err, &shape) {
		t.Errorf("other columns: got %v", err)
	}
	var degenerate *mat32.DegenerateError
	if _, err := (LinearityScore{WithoutResidual: true}).Compare(ctx, x, x); !errors.As(err, &degenerate) {
		t.Errorf("nothing added: got %v", err)
	}
	if s, err := (LinearityScore{}).Compare(ctx, fixture.Normal(1, 5, 9), fixture.Normal(2, 5, 2)); err != nil || s.Value < 1-1e-12 || len(s.Notes) != 1 {
		t.Errorf("five rows: %+v, %v", s, err)
	}
}

// Shares against their closed forms: of orthogonal features, of a feature beside noise.
func TestFeatureShares(t *testing.T) {
	ctx := t.Context()
	features := mat.NewDense(8, 3, nil)
	x := mat.NewDense(8, 3, nil)
	for i := range 8 {
		a, b, c := float64(i&1), float64(i>>1&1), float64(i>>2&1)
		features.SetRow(i, []float64{a, 7 * b, 4})
		x.SetRow(i, []float64{3*a + b, 2 * b, c})
	}
	// Variances, of each sign ¼: 9 + 1, 4, 1: the first feature has 9 of 15, the second 5.
	s, err := VarianceExplained(ctx, x, features)
	if err != nil {
		t.Fatal(err)
	}
	for k, want := range []float64{9. / 15, 5. / 15, 0} {
		if math.Abs(s.Shares[k]-want) > 1e-14 {
			t.Errorf("feature %d explains %v, want %v", k, s.Shares[k], want)
		}
	}
	if math.Abs(s.Joint-14./15) > 1e-14 {
		t.Errorf("together they explain %v", s.Joint)
	}
	u, err := UnitSelectivity(ctx, x, features)
	if err != nil {
		t.Fatal(err)
	}
	want := mat.NewDense(3, 3, []float64{.9, .1, 0, 0, 1, 0, 0, 0, 0})
	if !mat.EqualApprox(u.Shares, want, 1e-14) || u.Preferred[0] != 0 || u.Preferred[1] != 1 {
		t.Errorf("selectivity %v, preferred %v", mat.Formatted(u.Shares), u.Preferred)
	}
}

// KernelAlignment is CKA with a column for every label.
func TestKernelAlignment(t *testing.T) {
	ctx := t.Context()
	for _, d := range []int{3, 80} { // by products of columns and of rows
		x := fixture.Normal(1, 50, d)
		labels, columns := make([]int, 50), mat.NewDense(50, 4, nil)
		for i := range labels {
			labels[i] = 9 * (i % 4 * (i % 3) % 4) // unbalanced, and with gaps
			columns.Set(i, labels[i]/9, 1)
		}
		a, err := KernelAlignment(ctx, x, labels)
		if err != nil {
			t.Fatal(err)
		}
		b, err := CKA{}.Compare(ctx, x, columns)
		if err != nil || math.Abs(a.Value-b.Value) > 1e-12 {
			t.Errorf("%d columns: %v, CKA %v, %v", d, a.Value, b.Value, err)
		}
	}
}

// corners returns points around the corners of a box turned in d dimensions: the variable is
// along one axis and contexts along others; with apart, in a direction of its own for each
// context.
func corners(seed uint64, d int, apart bool, spread float64) (x *mat.Dense, variable, contexts []int) {
	const n = 240
	axes := rotatedUnits(mat.DenseCopyOf(mat.NewDiagDense(d, slices.Repeat([]float64{1}, d))))
	x = mat.NewDense(n, d, nil)
	x.Scale(spread, fixture.Normal(seed, n, d))
	for i := range n {
		c, v := i%3, i/3%2
		variable, contexts = append(variable, 4*v), append(contexts, c)
		along := 0
		if apart {
			along = 3 + c
		}
		for j := range d {
			x.Set(i, j, x.At(i, j)+float64(2*v-1)*axes.At(along, j)+2*axes.At(1+c%2, j)*float64(c-1))
		}
	}
	return x, variable, contexts
}

// A box is abstract by both measures. Where every context has a direction of its own, the
// variable is as easy to read, and abstract by neither.
func TestAbstraction(t *testing.T) {
	ctx := t.Context()
	for _, c := range []struct {
		apart               bool
		parallel, generally [2]float64
	}{{false, [2]float64{.98, 1}, [2]float64{.99, 1}}, {true, [2]float64{-.1, .1}, [2]float64{.3, .7}}} {
		x, variable, contexts := corners(1, 10, c.apart, .2)
		p, err := ParallelismScore(ctx, x, variable, contexts)
		if err != nil || p.Value < c.parallel[0] || p.Value > c.parallel[1] {
			t.Errorf("apart %v: parallelism %v, %v", c.apart, p.Value, err)
		}
		g, err := CCGP{}.Score(ctx, x, variable, contexts)
		if err != nil || g.Value < c.generally[0] || g.Value > c.generally[1] {
			t.Errorf("apart %v: CCGP %v, %v", c.apart, g.Value, err)
		}
	}
	// Without spread cosines are exact, also that of a variable turned over.
	x, variable, contexts := corners(1, 10, true, 0)
	p, err := ParallelismScore(ctx, x, variable, contexts)
	if err != nil || math.Abs(p.Value) > 1e-14 {
		t.Errorf("orthogonal directions: %v, %v", p.Value, err)
	}
	over := mat.NewDense(4, 1, []float64{0, 1, 1, 0})
	p, err = ParallelismScore(ctx, over, []int{0, 1, 0, 1}, []int{0, 0, 1, 1})
	if err != nil || p.Value != -1 {
		t.Errorf("turned over: %v, %v", p.Value, err)
	}
	g, err := CCGP{}.Score(ctx, over, []int{0, 1, 0, 1}, []int{0, 0, 1, 1})
	if err != nil || g.Value != 0 {
		t.Errorf("turned over: %v, %v", g.Value, err)
	}
}

func TestUnitsRefuse(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	x := fixture.Normal(1, 12, 3)
	var param *mat32.ParamError
	var shape *mat32.ShapeError
	var degenerate *mat32.DegenerateError
	four := []int{0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1}
	two := []int{0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1}
	for name, c := range map[string]struct {
		err error
		as  any
	}{
		"Dependence":       {second(MatchUnits{Dependence: 3}.Compare(ctx, x, x)), &param},
		"Bins":             {second(SemiMatch{Bins: 13}.Compare(ctx, x, x)), &param},
		"Lambda":           {second(SparseMap{Lambda: 2}.Compare(ctx, x, x)), &param},
		"Rounds":           {second(SparseMap{Rounds: -1}.Compare(ctx, x, x)), &param},
		"Shrinkage":        {second(CCGP{Shrinkage: 2}.Score(ctx, x, two, four)), &param},
		"one layer":        {second(LinearityScore{}.LayerProfile(ctx, x)), &param},
		"few labels":       {second(KernelAlignment(ctx, x, two[:3])), &shape},
		"unknown labels":   {second(KernelAlignment(ctx, x, append([]int{-1}, two[1:]...))), &param},
		"equal labels":     {second(KernelAlignment(ctx, x, make([]int, 12))), &degenerate},
		"three values":     {second(ParallelismScore(ctx, x, append([]int{5}, two[1:]...), four)), &param},
		"one context":      {second(ParallelismScore(ctx, x, two, make([]int, 12))), &degenerate},
		"few contexts":     {second(CCGP{}.Score(ctx, x, two, four[:2])), &shape},
		"one in a context": {second(CCGP{}.Score(ctx, x, two, two)), &degenerate},
		"no direction":     {second(ParallelismScore(ctx, mat.NewDense(12, 1, []float64{0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1}), two, four)), &degenerate},
	} {
		if !errors.As(c.err, c.as) {
			t.Errorf("%s: got %v, want a %T", name, c.err, c.as)
		}
	}
	cancel()
	for name, err := range map[string]error{
		"MatchUnits":       second(MatchUnits{}.Compare(ctx, x, x)),
		"SparseMap":        second(SparseMap{}.Compare(ctx, x, x)),
		"CoCluster":        second(CoCluster{}.Cluster(ctx, x, x)),
		"CCGP":             second(CCGP{}.Score(ctx, x, two, four)),
		"ParallelismScore": second(ParallelismScore(ctx, x, two, four)),
	} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s after a cancel: %v", name, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// trainedNetworks are networks of the digits that differ by their seed, trained once for
// all tests here.
var trainedNetworks = sync.OnceValues(func() (nets [3]*datasets.DigitNetwork, err error) {
	for seed := range nets {
		if nets[seed], err = (datasets.Network{Seed: uint64(seed), Epochs: 16}).ReadDigits(context.Background()); err != nil {
			return nets, err
		}
	}
	return nets, nil
})

// As M. Raghu, J. Gilmer, J. Yosinski and J. Sohl-Dickstein say (2017, SVCCA: singular vector
// canonical correlation analysis for deep learning dynamics and interpretability), layers
// converge from the bottom up: on the way, the lower a layer, the nearer it is to what it
// will be. Nearer to what that of another network will be, it is not.
func TestLayersConvergeBottomUp(t *testing.T) {
	testenv.Unraced(t)
	ctx := t.Context()
	nets, err := trainedNetworks()
	if err != nil {
		t.Fatal(err)
	}
	lead := func(from, to *datasets.DigitNetwork) (lower, upper float64) {
		var near [4]float64
		last := len(to.Checkpoints) - 1
		for c := 1; c < last-1; c++ { // epochs 1, 2 and 4
			for l := 1; l <= 3; l++ {
				s, err := SVCCA{}.Compare(ctx, from.Activations[c][l], to.Activations[last][l])
				if err != nil {
					t.Fatal(err)
				}
				near[l] += s.Value / float64(last-2)
			}
		}
		return near[1] - near[2], near[2] - near[3]
	}
	const margin = .02
	for i, n := range nets {
		if lower, upper := lead(n, n); lower < margin || upper < margin {
			t.Errorf("network %d: layer 1 leads layer 2 by %.3f, which leads layer 3 by %.3f", i, lower, upper)
		}
		if lower, upper := lead(n, nets[(i+1)%3]); lower >= margin && upper >= margin {
			t.Errorf("network %d against another: layer 1 leads layer 2 by %.3f, which leads layer 3 by %.3f: the claim says nothing", i, lower, upper)
		}
	}
}

// As Li and others say, networks that start elsewhere share spaces more than units: layers
// correlate along their best directions well above their matched units, and some units have
// no partner of their own. A permuted copy shares its units as well.
func TestNetworksShareSpacesMoreThanUnits(t *testing.T) {
	testenv.Unraced(t)
	ctx := t.Context()
	nets, err := trainedNetworks()
	if err != nil {
		t.Fatal(err)
	}
	last := len(nets[0].Checkpoints) - 1
	gaps := func(x, y mat.Matrix) (space, semi float64) {
		var values [3]float64
		for i, m := range []Measure{MatchUnits{}, SemiMatch{}, SVCCA{Variance: .9}} {
			s, err := m.Compare(ctx, x, y)
			if err != nil {
				t.Fatal(err)
			}
			values[i] = s.Value
		}
		return values[2] - values[0], values[1] - values[0]
	}
	for l := 1; l <= 3; l++ {
		x := nets[0].Activations[last][l]
		if space, semi := gaps(x, nets[1].Activations[last][l]); space < .1 || semi < .02 {
			t.Errorf("layer %d: the space is shared by %.3f more than units, these have partners that are %.3f better", l, space, semi)
		}
		copied, _ := permutedUnits(mat.DenseCopyOf(x))
		if space, semi := gaps(x, copied); space >= .1 || semi >= .02 {
			t.Errorf("layer %d and its copy: %.3f and %.3f: the claim says nothing", l, space, semi)
		}
	}
}

// As Razzhigaev and others say, layers with a residual are nearly linear in what comes
// before, and what they add is not: here at random, the less they add the more.
func TestResidualLayersAreNearlyLinear(t *testing.T) {
	testenv.Unraced(t)
	ctx := t.Context()
	x := fixture.Normal(1, 300, 32)
	least := 2.
	for _, gain := range []float64{.2, .5, 1} {
		net, err := datasets.Network{Widths: []int{32, 32, 32, 32}, Residual: true, Gain: gain, Epochs: 1, Checkpoints: []int{0}}.Regress(ctx, x, x, x)
		if err != nil {
			t.Fatal(err)
		}
		var layers []mat.Matrix
		for _, l := range net.Activations[0][:5] {
			layers = append(layers, l)
		}
		with, err := LinearityScore{}.LayerProfile(ctx, layers...)
		if err != nil {
			t.Fatal(err)
		}
		without, err := LinearityScore{WithoutResidual: true}.LayerProfile(ctx, layers...)
		if err != nil {
			t.Fatal(err)
		}
		mean := 0.
		for i := range with {
			mean += with[i].Value / float64(len(with))
			if without[i].Value > .9 || with[i].Value < without[i].Value+.05 {
				t.Errorf("gain %v, layer %d: %.3f with the residual, %.3f without", gain, i+1, with[i].Value, without[i].Value)
			}
		}
		if gain == .2 && mean < .98 {
			t.Errorf("gain %v: %.4f in the mean", gain, mean)
		}
		if mean > least {
			t.Errorf("gain %v: %.4f in the mean, more than where layers add less", gain, mean)
		}
		least = mean
	}
}

func ExampleMatchUnits() {
	x := fixture.Normal(1, 100, 3)
	y, _ := permutedUnits(x)
	m, err := MatchUnits{}.Match(context.Background(), x, y)
	if err != nil {
		panic(err)
	}
	fmt.Print(m)
	// Output:
	// 3 pairs of units, mean correlation 1.0000
	//      0    0   1.0000
	//      1    2   1.0000
	//      2    1   1.0000
}

func ExampleSemiMatch() {
	x := fixture.Normal(1, 100, 3)
	y := rotatedUnits(x)
	matched, _ := MatchUnits{}.Compare(context.Background(), x, y)
	s, err := SemiMatch{}.Compare(context.Background(), x, y)
	if err != nil {
		panic(err)
	}
	fmt.Println(s.Value >= matched.Value, s.Convention)
	// Output: true mean correlation of 3 units of x with their best of y; similarity, 1 is same
}

func ExampleSparseMap() {
	x := fixture.Normal(1, 200, 4)
	y := mat.NewDense(200, 1, nil)
	for i := range 200 {
		y.Set(i, 0, x.At(i, 1)-x.At(i, 3))
	}
	m, err := SparseMap{}.Map(context.Background(), x, y)
	if err != nil {
		panic(err)
	}
	fmt.Print(m)
	// Output:
	// sparse map of 4 units to 1: 2.0 weights a unit, mean R² 0.9786
	//   unit 0      2 weights   R² 0.9786
}

func ExampleLinearityScore() {
	layers, noise := []mat.Matrix{fixture.Normal(1, 200, 4)}, fixture.Normal(2, 200, 4)
	var next mat.Dense
	next.Apply(func(i, j int, v float64) float64 { return v + .1*noise.At(i, j) }, layers[0])
	s, err := LinearityScore{}.LayerProfile(context.Background(), layers[0], &next)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.2f\n", s[0].Value)
	// Output: 0.99
}

func ExampleVarianceExplained() {
	x := mat.NewDense(4, 2, []float64{0, 0, 0, 1, 3, 0, 3, 1})
	features := mat.NewDense(4, 2, []float64{0, 0, 0, 1, 1, 0, 1, 1})
	s, err := VarianceExplained(context.Background(), x, features)
	if err != nil {
		panic(err)
	}
	fmt.Print(s)
	// Output:
	// variance explained by features, of 4 rows
	//   feature 0    90.00 %
	//   feature 1    10.00 %
	//   together    100.00 %
}

func ExampleUnitSelectivity() {
	x := mat.NewDense(4, 2, []float64{0, 0, 0, 1, 3, 0, 3, 1})
	features := mat.NewDense(4, 2, []float64{0, 0, 0, 1, 1, 0, 1, 1})
	s, err := UnitSelectivity(context.Background(), x, features)
	if err != nil {
		panic(err)
	}
	fmt.Print(s)
	// Output:
	// selectivity of 2 units, of 4 rows
	//   feature 0   preferred by    1, explains  50.00 % of a unit
	//   feature 1   preferred by    1, explains  50.00 % of a unit
}

func ExampleKernelAlignment() {
	x := mat.NewDense(4, 1, []float64{0, 0, 1, 1})
	s, err := KernelAlignment(context.Background(), x, []int{0, 0, 1, 1})
	if err != nil {
		panic(err)
	}
	fmt.Println(s)
	// Output:
	// kernel alignment  1.000
	//   rows        4
	//   convention  centred, linear, with 2 labels; similarity, 1 is same
}

func ExampleParallelismScore() {
	// The variable is along the first axis in both contexts, which are apart on the second.
	x := mat.NewDense(4, 2, []float64{0, 0, 1, 0, 0, 5, 1, 5})
	s, err := ParallelismScore(context.Background(), x, []int{0, 1, 0, 1}, []int{0, 0, 1, 1})
	if err != nil {
		panic(err)
	}
	fmt.Println(s)
	// Output:
	// parallelism score  1.000
	//   rows        4
	//   convention  mean cosine of the coding directions of 2 contexts; 1 is parallel
}

func ExampleCCGP() {
	x := mat.NewDense(4, 2, []float64{0, 0, 1, 0, 0, 5, 1, 5})
	s, err := CCGP{}.Score(context.Background(), x, []int{0, 1, 0, 1}, []int{0, 0, 1, 1})
	if err != nil {
		panic(err)
	}
	fmt.Println(s)
	// Output:
	// CCGP  1.000
	//   rows        4
	//   convention  mean balanced accuracy of a linear discriminant, shrinkage 0.1, each
	//               of 2 contexts left out; 1 is abstract, 1/2 chance
}

func ExampleCoCluster() {
	x := fixture.Normal(1, 200, 4)
	u, err := CoCluster{Clusters: 2}.Cluster(context.Background(), x, x.Slice(0, 200, 0, 2))
	if err != nil {
		panic(err)
	}
	fmt.Print(u)
	// Output:
	// 2 clusters of units, 97.1 % of all dependence within
	//     0:    2 of x,    1 of y
	//     1:    2 of x,    1 of y
}
