package similarity

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/watch"
)

// Profile asks all measures at once how alike two representations are. It returns a
// table of what each says, by which convention, whether it grows with likeness, and how
// often chance says as much: the rows of one are shuffled among themselves, so that nothing
// but chance makes the two alike, and the measures ask again. Measures of one zero value
// for anything, such as CKA that is biased and CCA of many columns, are read beside what
// they are by chance.
//
// The p-value of b shuffled rows as alike as the true ones, or more, of m is (b+1)/(m+1):
// under independence it is at most p with probability p. Those of many measures
// are not independent, and one in twenty is below .05 by chance.
//
// What a measure prepares of either representation, such as factors and neighbours, is
// prepared once and not once for every shuffle. A measure that cannot answer is a line of
// the table and does not fail the others. LinearityScore is LinearRegression by another
// name; measures that look from x to y are asked the other way by exchanging the two.
//
// The cost is that of the measures and of their shuffles; memory that of the hungriest, and
// what it prepares of both.
//
// Sources: E. Pitman (1937), Significance tests which may be applied to samples from any
// populations; that the true rows count as one of the shuffled, B. Phipson and G. Smyth
// (2010), Permutation P-values should never be zero.
type Profile struct {
	// Measures are those to ask. Default all of this package that compare two
	// representations, with their defaults. One that is not of this package grows with
	// likeness, unless it has a method Distance() bool that returns true.
	Measures []Measure

	// Permutations is how often the rows are shuffled, up to 1 000 000; −1 is never. Default
	// 99, less for measures that then take more than about 10¹¹ operations: 19, or
	// none at all. A number that is given holds for all. Larger values tell smaller
	// p-values: the least is 1/(Permutations+1).
	Permutations int

	// Seed is that of the shuffles, which are the same for all measures.
	Seed uint64
}

const (
	profileMethod        = "similarity.Profile"
	standardPermutations = 99
	fewPermutations      = 19
	mostPermutations     = 1_000_000
)

// Resolve returns the options with defaults filled in, or a *mat32.ParamError or
// *mat32.ShapeError, for a matrix of n rows and d columns.
func (c Profile) Resolve(n, d int) (Profile, error) {
	if n < 4 {
		return c, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 4 rows for " + profileMethod}
	}
	if c.Permutations < -1 || c.Permutations > mostPermutations {
		return c, &mat32.ParamError{Method: profileMethod, Param: "Permutations", Value: c.Permutations, Want: fmt.Sprintf("1 to %d, 0 for %d, or −1 for none", mostPermutations, standardPermutations)}
	}
	if c.Permutations == 0 {
		c.Permutations = standardPermutations
	}
	if slices.Contains(c.Measures, nil) {
		return c, &mat32.ParamError{Method: profileMethod, Param: "Measures", Value: nil, Want: "measures"}
	}
	if c.Measures == nil {
		c.Measures = []Measure{
			CKA{}, CKA{Estimator: Debiased}, CKA{Kernel: RBF}, HSIC{Estimator: Unbiased},
			CCA{}, SVCCA{}, PWCCA{}, LinearRegression{},
			Procrustes{}, ShapeDistance{Whitening: 1}, ShapeDistance{Group: Permutation},
			RSA{}, MutualKNN{}, CycleKNN{}, LCSKNN{}, EditKNN{}, CKNNA{}, InformationImbalance{},
			MatchUnits{}, SemiMatch{}, SparseMap{}, Relative{},
		}
	}
	return c, nil
}

// Compared is what Profile finds.
type Compared struct {
	Rows, X, Y int      // rows, columns of x, and of y
	All        []Tested // in the order of Measures
	Failures   []Failure
}

// Tested is what a measure says, beside what it says by chance.
type Tested struct {
	measure.Score

	Distance     bool    // 0 is same; or else it grows with likeness
	Permutations int     // how many shuffles were measured; without any, Chance is 0 and P is 1
	Chance       float64 // the mean of the value over them
	P            float64 // (1 + how many are as alike) / (1 + Permutations)
}

// Failure is a measure that could not answer.
type Failure struct {
	Measure string // for example "CKNNA"
	Reason  string
}

// Compare returns what the measures say of x (n × p) and y (n × q).
//
// Errors: those of Resolve; those of mat32.CheckRows and mat32.Check for x and y;
// *mat32.ShapeError where their numbers of rows differ or are too few;
// *mat32.DegenerateError where all rows of one are equal, or no measure can answer; and one
// that wraps ctx.Err().
func (c Profile) Compare(ctx context.Context, x, y mat.Matrix) (*Compared, error) {
	n, p, q, err := checkBoth(ctx, profileMethod, 4, x, y)
	if err != nil {
		return nil, err
	}
	few, given := c.Permutations == 0, c.Measures != nil
	if c, err = c.Resolve(n, p); err != nil {
		return nil, err
	}
	for _, m := range []struct {
		name string
		mat.Matrix
	}{{"x", x}, {"y", y}} {
		if err := distinct(profileMethod, m.name, m.Matrix); err != nil {
			return nil, err
		}
	}
	found := &Compared{Rows: n, X: p, Y: q}
	stage := watch.Start(ctx, "measures", len(c.Measures))
	for _, m := range c.Measures {
		times := max(c.Permutations, 0)
		if few {
			times = affordable(m, times, float64(n), float64(p), float64(q))
		}
		one, err := c.tested(ctx, m, times, x, y)
		switch {
		case ctx.Err() != nil:
			return nil, fmt.Errorf("%s: %w", profileMethod, ctx.Err())
		case given && errors.As(err, new(*mat32.ParamError)):
			return nil, fmt.Errorf("%s: %w", profileMethod, err)
		case err != nil:
			method := strings.TrimPrefix(fmt.Sprintf("%T", m), "similarity.")
			found.Failures = append(found.Failures, Failure{method, strings.TrimPrefix(err.Error(), "similarity."+method+": ")})
		default:
			found.All = append(found.All, one)
		}
		stage.Add(1)
	}
	if len(found.All) == 0 {
		reason := "there is no measure to ask"
		if len(found.Failures) > 0 {
			reason = fmt.Sprintf("no measure can answer; %s says: %s", found.Failures[0].Measure, found.Failures[0].Reason)
		}
		return nil, &mat32.DegenerateError{Method: profileMethod, Reason: reason}
	}
	return found, nil
}

// tested measures x and y, and then with x shuffled so many times. To shuffle x or y is the
// same to all pairs of rows.
func (c Profile) tested(ctx context.Context, m Measure, times int, x, y mat.Matrix) (Tested, error) {
	ask := func(order []int) (measure.Score, error) { return m.Compare(ctx, inOrder(x, order), y) }
	if one, ok := m.(preparer); ok {
		if err := one.check(ctx, x, y); err != nil {
			return Tested{}, err
		}
		a, err := one.prepare(ctx, "x", x)
		if err != nil {
			return Tested{}, err
		}
		b, err := one.prepare(ctx, "y", y)
		if err != nil {
			return Tested{}, err
		}
		ask = func(order []int) (measure.Score, error) {
			if order == nil {
				return a.against(ctx, b)
			}
			return a.(shuffler).shuffled(order).against(ctx, b)
		}
	}
	s, err := ask(nil)
	if err != nil {
		return Tested{}, err
	}
	s.PerRow = nil
	t := Tested{Score: s, Distance: isDistance(m), Permutations: times}
	n, _ := x.Dims()
	order := make([]int, n)
	// Rounding makes no two values different that are one by definition.
	alike, slack := 0, 1e-10*math.Abs(s.Value)
	for k := range times {
		if err := ctx.Err(); err != nil {
			return Tested{}, err
		}
		for i := range order {
			order[i] = i
		}
		stream := rng.New(c.Seed, "similarity: permutation", k)
		stream.Shuffle(n, func(i, j int) { order[i], order[j] = order[j], order[i] })
		by, err := ask(order)
		if err != nil {
			return Tested{}, err
		}
		if t.Distance && by.Value <= s.Value+slack || !t.Distance && by.Value >= s.Value-slack {
			alike++
		}
		t.Chance += by.Value / float64(times)
	}
	t.P = float64(alike+1) / float64(times+1)
	return t, nil
}

// inOrder returns the rows of x in another order, or x itself for none.
func inOrder(x mat.Matrix, order []int) mat.Matrix {
	if order == nil {
		return x
	}
	if narrow, ok := x.(*mat32.Dense); ok {
		return rowsInOrder32(narrow, order)
	}
	_, d := x.Dims()
	a, row := mat.NewDense(len(order), d, nil), make([]float64, d)
	for i, from := range order {
		copy(a.RawRowView(i), mat32.Row(row, from, x))
	}
	return a
}

// isDistance reports whether 0 is same.
func isDistance(m Measure) bool {
	switch m := m.(type) {
	case Procrustes, ShapeDistance, InformationImbalance, StochasticShape, EnergyShape:
		return true
	case interface{ Distance() bool }:
		return m.Distance()
	}
	return false
}

// affordable returns how many shuffles, up to times, a measure is asked about: those that
// take no more than so many operations, in round numbers.
func affordable(m Measure, times int, n, p, q float64) int {
	const most = 1e11
	a, b := min(n, p), min(n, q)
	decomposed := 4*n*a*b + 20*a*b*min(a, b)
	var each float64
	switch m := m.(type) {
	case CKA:
		each = kernelWork(m.Kernel, n, p, q)
	case HSIC:
		each = kernelWork(m.Kernel, n, p, q)
	case CCA, SVCCA, PWCCA, Procrustes:
		each = decomposed
	case ShapeDistance:
		each = decomposed
		if m.Group == Permutation {
			each = 4*n*p*q + 10*min(p, q)*min(p, q)*max(p, q)
		}
	case LinearRegression:
		each = 4*n*a*q + float64(m.Folds)*12*n*p*a
	case RSA:
		each = 20 * n * n
	case MutualKNN, CycleKNN, LCSKNN, EditKNN, CKNNA:
		each = 5000 * n
	case InformationImbalance:
		each = 2 * n * n * q
	case Relative:
		each = 2 * n * n * n
	case MatchUnits, SemiMatch:
		each = 20*n*(p+q) + 4*n*p*q + 10*min(p, q)*min(p, q)*max(p, q)
	default:
		each = 20*n*(p+q)*(p+q) + 1000*p*p*q
	}
	for _, k := range []int{times, fewPermutations} {
		if each*float64(k) <= most {
			return k
		}
	}
	return 0
}

func kernelWork(k Kernel, n, p, q float64) float64 {
	if k == RBF {
		return n * n * (p + q + 40)
	}
	return 2 * n * min(n, p) * min(n, q)
}

// Of returns what the first measure of that name says, such as "CKA", and whether there is
// one.
func (c *Compared) Of(name string) (Tested, bool) {
	i := slices.IndexFunc(c.All, func(t Tested) bool { return t.Name == name })
	if i < 0 {
		return Tested{}, false
	}
	return c.All[i], true
}

// Table returns what a cell.Table takes: the header, and a row for every measure.
func (c *Compared) Table() (header []string, rows [][]any) {
	header = []string{"measure", "value", "by chance", "p", "shuffles", "convention"}
	for _, t := range c.All {
		row := []any{t.Name, t.Value, nil, nil, t.Permutations, t.Convention}
		if t.Permutations > 0 {
			row[2], row[3] = t.Chance, t.P
		}
		rows = append(rows, row)
	}
	for _, f := range c.Failures {
		rows = append(rows, []any{f.Measure, nil, nil, nil, nil, f.Reason})
	}
	return header, rows
}

// String returns the table: a line for each measure, and those that could not answer.
func (c *Compared) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "comparison of %d × %d with %d × %d\n", c.Rows, c.X, c.Rows, c.Y)
	fmt.Fprintf(&b, "  %-22s  %9s  %9s  %6s  %8s  %s", "measure", "value", "by chance", "p", "shuffles", "convention")
	for _, t := range c.All {
		chance, p := "–", "–"
		if t.Permutations > 0 {
			chance, p = fmt.Sprintf("%.4g", t.Chance), fmt.Sprintf("%.3g", t.P)
		}
		fmt.Fprintf(&b, "\n  %-22s  %9.4g  %9s  %6s  %8d  %s", t.Name, t.Value, chance, p, t.Permutations, t.Convention)
	}
	for _, f := range c.Failures {
		fmt.Fprintf(&b, "\n  %-22s  cannot answer: %s", f.Measure, f.Reason)
	}
	return b.String()
}
