package search_test

import (
	"context"
	"errors"
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/search"
)

// spectra returns rows whose columns fall in size, and queries that ask most about column most.
func spectra(seed uint64, n, m, d, most int, fall, sharp float64) (x, queries *mat.Dense) {
	x, queries = fixture.Normal(seed, n, d), fixture.Normal(seed+1000, m, d)
	x.Apply(func(_, j int, v float64) float64 { return v * math.Pow(fall, float64(j)) }, x)
	queries.Apply(func(_, j int, v float64) float64 { return v * math.Pow(sharp, math.Abs(float64(j-most))) }, queries)
	return x, queries
}

// lost is the loss as it is written: the squares of all products that the maps change.
func lost(m *search.LeanVecModel, a, b *mat.Dense, x, queries mat.Matrix) float64 {
	var short, long, whole mat.Dense
	whole.Mul(queries, x.T())
	short.Mul(queries, a.T())
	long.Mul(b, x.T())
	var kept mat.Dense
	kept.Mul(&short, &long)
	kept.Sub(&kept, &whole)
	return math.Pow(mat.Norm(&kept, 2)/mat.Norm(&whole, 2), 2)
}

// At the maps found, the loss falls along no direction within orthonormal maps by more than the
// steps of Frank and Wolfe's method could tell; and it is what it is said to be.
func TestLeanVecAgainstFiniteDifferences(t *testing.T) {
	x, queries := spectra(1, 200, 150, 10, 4, .7, .7)
	for _, by := range []search.LeanVecSolver{search.FrankWolfe, search.Mixture} {
		m := must(search.LeanVec{Dim: 3, Queries: queries, By: by, Tolerance: 1e-9, Iterations: 400}.Fit(context.Background(), x))
		last := m.Loss[len(m.Loss)-1]
		if got := lost(m, m.ForQueries, m.ForRows, x, queries); math.Abs(got-last) > 1e-9 {
			t.Errorf("%v: the loss is %v, said to be %v", by, got, last)
		}
		for i := 1; i < len(m.Loss); i++ {
			if m.Loss[i] > m.Loss[i-1]+1e-12 {
				t.Errorf("%v: the loss rises from %v to %v", by, m.Loss[i-1], m.Loss[i])
			}
		}
		if m.Loss[0] <= last {
			t.Errorf("%v: the loss has not fallen from %v", by, m.Loss[0])
		}
		if by != search.FrankWolfe {
			continue
		}
		// The gap of Frank and Wolfe: how far the linearised loss falls towards any map of norm
		// 1, the gradient by finite differences.
		const h = 1e-5
		gradient := mat.NewDense(3, 10, nil)
		for i := range 3 {
			for j := range 10 {
				a, b := mat.DenseCopyOf(m.ForQueries), mat.DenseCopyOf(m.ForQueries)
				a.Set(i, j, a.At(i, j)+h)
				b.Set(i, j, b.At(i, j)-h)
				gradient.Set(i, j, (lost(m, a, m.ForRows, x, queries)-lost(m, b, m.ForRows, x, queries))/(2*h))
			}
		}
		var svd mat.SVD
		svd.Factorize(gradient, mat.SVDNone)
		gap := 0.
		for _, s := range svd.Values(nil) {
			gap += s
		}
		for i := range 3 {
			gap += mat.Dot(gradient.RowView(i), m.ForQueries.RowView(i))
		}
		if gap < -1e-6 || gap > .02*last {
			t.Errorf("the loss %v could fall by %v", last, gap)
		}
	}
}

func TestLeanVecWithoutQueriesIsPrincipalDirections(t *testing.T) {
	x, _ := spectra(1, 500, 1, 6, 0, .5, .5)
	m := must(search.LeanVec{Dim: 2}.Fit(context.Background(), x))
	var svd mat.SVD
	svd.Factorize(x, mat.SVDThin)
	var v mat.Dense
	svd.VTo(&v)
	for i := range 2 {
		if dot := math.Abs(mat.Dot(v.ColView(i), m.ForRows.RowView(i))); math.Abs(dot-1) > 1e-9 {
			t.Errorf("direction %d is off by a cosine of %v", i, dot)
		}
	}
	s, kept, whole := svd.Values(nil), 0., 0.
	for i, v := range s {
		if whole += v * v * v * v; i >= 2 {
			kept += v * v * v * v
		}
	}
	if got := m.Loss[0]; math.Abs(got-kept/whole) > 1e-9 || m.Orthogonality > 1e-9 {
		t.Errorf("loss %v and orthogonality %v, want %v and 0", got, m.Orthogonality, kept/whole)
	}
	full := must(search.LeanVec{Dim: 6}.Fit(context.Background(), x))
	if full.Loss[0] > 1e-12 {
		t.Errorf("all directions lose %v", full.Loss[0])
	}
}

func TestLeanVecRefuses(t *testing.T) {
	ctx := context.Background()
	x := fixture.Normal(1, 20, 4)
	var de *mat32.DegenerateError
	var se *mat32.ShapeError
	half := mat.NewDense(2, 4, []float64{1, 1, 0, 0, 1, 0, 0, 0})
	other := mat.NewDense(1, 4, []float64{0, 0, 1, 2})
	for name, fit := range map[string]func() (*search.LeanVecModel, error){
		"zero rows": func() (*search.LeanVecModel, error) { return search.LeanVec{}.Fit(ctx, mat.NewDense(3, 4, nil)) },
		"zero queries": func() (*search.LeanVecModel, error) {
			return search.LeanVec{Queries: mat.NewDense(3, 4, nil)}.Fit(ctx, x)
		},
		"orthogonal queries": func() (*search.LeanVecModel, error) { return search.LeanVec{Queries: other}.Fit(ctx, half) },
	} {
		if _, err := fit(); !errors.As(err, &de) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := (search.LeanVec{Queries: fixture.Normal(1, 3, 5)}).Fit(ctx, x); !errors.As(err, &se) {
		t.Errorf("queries of other columns: %v", err)
	}
	m := must(search.LeanVec{}.Fit(ctx, x))
	if _, err := m.Rows(ctx, fixture.Normal(1, 3, 5)); !errors.As(err, &se) {
		t.Errorf("rows of other columns: %v", err)
	}
}

// Queries of another spectrum, 96 → 24 (Tepper and others, 2024): the best ten of 4000 rows
// among 50 candidates, and so of fewer.
func TestLeanVecKnowsWhatIsAsked(t *testing.T) {
	ctx := context.Background()
	n := 4000
	if testing.Short() {
		n = 1000
	}
	x, queries := spectra(1, n, 400, 96, 30, .97, .9)
	learn, ask := queries.Slice(0, 200, 0, 96), queries.Slice(200, 400, 0, 96)
	truth := must(search.Exhaustive(ctx, x, ask, 10))
	recall := func(two search.TwoStage, queries mat.Matrix, truth *search.Found) float64 {
		return must(search.Recall(truth, must(must(two.Index(ctx, x)).Search(ctx, queries, 10)))).Value
	}
	pca := recall(search.TwoStage{Dim: 24, Candidates: 50}, ask, truth)
	known := recall(search.TwoStage{Dim: 24, Candidates: 50, Queries: learn}, ask, truth)
	alike, _ := spectra(2, 200, 1, 96, 0, .97, .97)
	usual := recall(search.TwoStage{Dim: 24, Candidates: 50}, alike, must(search.Exhaustive(ctx, x, alike, 10)))
	t.Logf("recall of shifted queries %.4f by principal directions, %.4f by LeanVec; of queries like rows %.4f", pca, known, usual)
	if known < pca+.3 || known < .9 || usual < .98 {
		t.Errorf("recall %v by principal directions, %v by LeanVec, and %v of queries like rows", pca, known, usual)
	}
}

// Maps fit the queries they are given: with few of them, or few long ones, other queries are
// ranked worse than by principal directions, whatever the loss says; with many of one length they
// are not, and where something is to be gained it is.
func TestLeanVecNeedsManyQueries(t *testing.T) {
	ctx := context.Background()
	const d, asked = 48, 200
	n, most := 2000, 50*d
	if testing.Short() {
		n = 500
	}
	even, queries := spectra(3, n, most+asked, d, 0, .95, 1)
	_, shifted := spectra(4, 1, most+asked, d, 15, .95, .9)
	long := mat.DenseCopyOf(queries)
	for i := range most {
		if i%100 == 0 {
			floats.Scale(100, long.RawRowView(i))
		}
	}
	for _, c := range []struct {
		name        string
		queries     *mat.Dense
		count       int
		least, most float64 // that recall gains
	}{
		{"as many queries as columns", queries, d, -.5, -.05},
		{"few long ones", long, most, -.5, -.05},
		{"many", queries, most, -.02, .02},
		{"many that ask about other directions", shifted, most, .1, 1},
	} {
		ask := c.queries.Slice(most, most+asked, 0, d)
		truth := must(search.Exhaustive(ctx, even, ask, 10))
		recall := func(l search.LeanVec) float64 {
			l.Dim = d / 4
			m := must(l.Fit(ctx, even))
			if last := m.Loss[len(m.Loss)-1]; l.Queries != nil && last >= m.Loss[0] {
				t.Errorf("%s: the loss has not fallen from %v", c.name, m.Loss[0])
			}
			return must(search.Recall(truth, must(must(search.TwoStage{Map: m, Candidates: 40}.Index(ctx, even)).Search(ctx, ask, 10)))).Value
		}
		pca, two := recall(search.LeanVec{}), recall(search.LeanVec{Queries: c.queries.Slice(0, c.count, 0, d)})
		t.Logf("%s: recall %.4f, by principal directions %.4f", c.name, two, pca)
		if two < pca+c.least || two > pca+c.most {
			t.Errorf("%s: recall %v, by principal directions %v", c.name, two, pca)
		}
	}
}
