package linalg

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/testenv"
)

// normalized returns D^−½·L·D^−½ for a Laplacian L; nodes without edges keep a
// zero row.
func normalized(l *CSR) *CSR {
	d := l.Diagonal()
	var all []triplet
	for i := range l.rows {
		columns, values := l.Row(i)
		for k, j := range columns {
			if scale := math.Sqrt(d[i] * d[j]); scale > 0 {
				all = append(all, triplet{i, int(j), values[k] / scale})
			}
		}
	}
	return sparseOf(l.rows, l.cols, all)
}

// clusteredGraph joins groups of nodes, each a random graph, by edges of the
// weight given from one to the next.
func clusteredGraph(groups, size int, weight float64) *CSR {
	var edges []triplet
	for g := range groups {
		for i := range size {
			s := rng.New(5, "clusters", g*size+i)
			for range 5 {
				if j := s.IntN(size); j != i {
					edges = append(edges, triplet{g*size + i, g*size + j, 1 + s.Float64()})
				}
			}
		}
		if g > 0 && weight > 0 {
			edges = append(edges, triplet{g * size, g*size - 1, weight})
		}
	}
	return laplacian(groups*size, edges...)
}

func diagonalOf(values ...float64) *CSR {
	var all []triplet
	for i, v := range values {
		all = append(all, triplet{i, i, v})
	}
	return sparseOf(len(values), len(values), all)
}

// Spectra that iterations get wrong, beside ordinary ones.
func hardOperators() map[string]*CSR {
	logarithmic := make([]float64, 300)
	for i := range logarithmic {
		logarithmic[i] = math.Pow(10, 12*float64(i)/299)
	}
	// A star and a complete graph have few distinct eigenvalues, of high multiplicity.
	var star, complete []triplet
	for i := 1; i < 250; i++ {
		star = append(star, triplet{0, i, 1})
		for j := range i {
			complete = append(complete, triplet{i, j, 1})
		}
	}
	return map[string]*CSR{
		"path":                path(300),
		"ring":                ring(301), // pairs of equal eigenvalues
		"grid":                grid(17, 18),
		"normalised grid":     normalized(grid(18, 15)),
		"disconnected":        clusteredGraph(12, 25, 0), // more zeros than are asked for
		"isolated nodes":      laplacian(300, triplet{0, 1, 1}, triplet{5, 6, 2}),
		"two clusters":        normalized(clusteredGraph(2, 150, 1e-6)),
		"identity":            diagonalOf(slices.Repeat([]float64{1}, 260)...),
		"zero":                sparseOf(260, 260, nil),
		"ill scaled":          diagonalOf(logarithmic...),
		"huge":                diagonalOf(line(250, 1e300)...),
		"minute":              diagonalOf(line(250, 1e-300)...),
		"star":                laplacian(250, star...),
		"complete":            laplacian(250, complete...),
		"fewer than 5k":       path(28),
		"one":                 diagonalOf(-2),
		"two":                 sparseOf(2, 2, []triplet{{0, 1, 1}, {1, 0, 1}}),
		"positive & negative": sparseRandomSymmetric(270),
	}
}

// line returns values without a cluster, of either sign.
func line(n int, scale float64) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = scale * (float64(i)/float64(n) - 0.3)
	}
	return v
}

func sparseRandomSymmetric(n int) *CSR {
	var all []triplet
	for i := range n {
		s := rng.New(8, "symmetric", i)
		for range 4 {
			j, v := s.IntN(n), s.Normal()
			all = append(all, triplet{i, j, v}, triplet{j, i, v})
		}
	}
	return sparseOf(n, n, all)
}

// Every solver finds the pairs at both ends of every spectrum, as often as they
// occur.
func TestExtremalPairs(t *testing.T) {
	testenv.Unraced(t)
	const pairs = 6
	for name, a := range hardOperators() {
		truth, _, err := eigenAscending(context.Background(), filled(a), 1)
		if err != nil {
			t.Fatal(err)
		}
		norm := max(math.Abs(truth[0]), math.Abs(truth[len(truth)-1]))
		for _, solver := range []Eigensolver{AutoEigensolver, Lanczos, LOBPCG, DenseEigensolver} {
			for _, largest := range []bool{false, true} {
				t.Run(fmt.Sprint(name, "/", solver, "/", largest), func(t *testing.T) {
					r, err := Extremal{Pairs: pairs, Largest: largest, Solver: solver}.Solve(context.Background(), a)
					if err != nil {
						t.Fatal(err)
					}
					want := slices.Clone(truth)
					if largest {
						slices.Reverse(want)
					}
					checkExtremal(t, a, r, want[:min(pairs, len(want))], norm)
				})
			}
		}
	}
}

// checkExtremal compares values, and looks at the vectors themselves.
func checkExtremal(t *testing.T, a *CSR, r *Eigenpairs, want []float64, norm float64) {
	t.Helper()
	const tolerance = 1e-8
	if len(r.Values) != len(want) {
		t.Fatalf("%d pairs, want %d", len(r.Values), len(want))
	}
	n := a.Dim()
	product := mat.NewDense(n, len(want), nil)
	if err := a.Apply(context.Background(), product, r.Vectors); err != nil {
		t.Fatal(err)
	}
	var gram mat.Dense
	gram.Mul(r.Vectors.T(), r.Vectors)
	for j, l := range want {
		if math.Abs(r.Values[j]-l) > tolerance*norm {
			t.Errorf("value %d is %v, want %v (%v)", j, r.Values[j], l, r.Notes)
		}
		residual := 0.
		for i := range n {
			residual = math.Hypot(residual, product.At(i, j)-r.Values[j]*r.Vectors.At(i, j))
		}
		if residual > 2*tolerance*norm || math.Abs(residual-r.Residuals[j]) > 1e-12*norm {
			t.Errorf("pair %d has a residual of %v of %v, said to be %v", j, residual, norm, r.Residuals[j])
		}
		for i := range want {
			unit := 0.
			if i == j {
				unit = 1
			}
			if math.Abs(gram.At(i, j)-unit) > 1e-10 {
				t.Errorf("vectors %d and %d have the product %v", i, j, gram.At(i, j))
			}
		}
	}
}

// Eigenvalues in closed form, with gaps of 1e-7 of the norm: λ = 2 − 2·cos(πk/n) for a
// path, and 2 − 2·cos(2πk/n), twice each, for a ring.
func TestExtremalClosedForms(t *testing.T) {
	n := 3000
	if testing.Short() {
		n = 600
	}
	value := func(k, period int) float64 {
		s := math.Sin(math.Pi * float64(k) / float64(period))
		return 4 * s * s
	}
	ring, path := ring(n), path(n)
	cholesky := func(a *CSR) Preconditioner {
		c, err := NewIncompleteCholesky(context.Background(), a)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	for _, c := range []struct {
		name  string
		a     *CSR
		value func(k int) float64
		by    Extremal
	}{
		{"path by Lanczos", path, func(k int) float64 { return value(k, 2*n) }, Extremal{Solver: Lanczos}},
		{"ring by Lanczos", ring, func(k int) float64 { return value((k+1)/2, n) }, Extremal{Solver: Lanczos}},
		{"path, preconditioned", path, func(k int) float64 { return value(k, 2*n) }, Extremal{Preconditioner: cholesky(path)}},
		{"ring, preconditioned", ring, func(k int) float64 { return value((k+1)/2, n) }, Extremal{Preconditioner: cholesky(ring)}},
	} {
		by := c.by
		by.Pairs, by.Tolerance, by.DenseLimit = 5, 1e-10, 1
		r, err := by.Solve(context.Background(), c.a)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if len(r.Notes) > 0 {
			t.Errorf("%s: %v", c.name, r.Notes)
		}
		for k, got := range r.Values {
			// An error of a value is at most its residual squared by the gap.
			if want := c.value(k); math.Abs(got-want) > 1e-11 {
				t.Errorf("%s: value %d is %v, want %v", c.name, k, got, want)
			}
		}
	}
}

// With the null vectors of the components deflated, the first pairs are those
// beside them, and orthogonal to them.
func TestExtremalDeflates(t *testing.T) {
	const groups, size = 3, 100
	a := clusteredGraph(groups, size, 0)
	null := mat.NewDense(groups*size, groups+1, nil)
	for i := range groups * size {
		null.Set(i, i/size, 5)
		null.Set(i, groups, 1) // depends on the others
	}
	truth, _, err := eigenAscending(context.Background(), filled(a), 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, solver := range []Eigensolver{Lanczos, LOBPCG, DenseEigensolver} {
		r, err := Extremal{Pairs: 4, Solver: solver, Deflate: null}.Solve(context.Background(), a)
		if err != nil {
			t.Fatal(err)
		}
		checkExtremal(t, a, r, truth[groups:groups+4], truth[len(truth)-1])
		var along mat.Dense
		along.Mul(null.T(), r.Vectors)
		if m := largest(&along); m > 1e-9 {
			t.Errorf("%v: products of %v with deflated vectors", solver, m)
		}
	}
	// Nothing is left beside a whole basis.
	whole := mat.NewDense(4, 4, nil)
	for i := range 4 {
		whole.Set(i, i, 1)
	}
	r, err := Extremal{Deflate: whole}.Solve(context.Background(), path(4))
	if err != nil || len(r.Values) != 0 {
		t.Errorf("beside all vectors: %v, %v", r, err)
	}
}

// A good guess, or a preconditioner, saves products.
func TestExtremalTakesHelp(t *testing.T) {
	a := grid(25, 24)
	solve := func(e Extremal) *Eigenpairs {
		t.Helper()
		e.Pairs, e.Seed = 4, 3
		r, err := e.Solve(context.Background(), a)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	cholesky, err := NewIncompleteCholesky(context.Background(), a)
	if err != nil {
		t.Fatal(err)
	}
	plain := solve(Extremal{Solver: LOBPCG})
	for name, e := range map[string]Extremal{
		"preconditioner": {Preconditioner: cholesky},
		"guess":          {Solver: LOBPCG, Start: plain.Vectors},
	} {
		r := solve(e)
		if r.Solver != LOBPCG || 3*r.Products > 2*plain.Products {
			t.Errorf("%s: %d products by %v, %d without", name, r.Products, r.Solver, plain.Products)
		}
	}
	bad := solve(Extremal{Preconditioner: Jacobi(make([]float64, 600))}) // as good as none
	if bad.Products != plain.Products {
		t.Errorf("no preconditioner and one: %d and %d products", plain.Products, bad.Products)
	}
}

// What does not converge hands over, says so, and ends with the best there is.
func TestExtremalHandsOver(t *testing.T) {
	a := path(400)
	for _, c := range []struct {
		first, last Eigensolver
		limit       int
		fails       bool
	}{{LOBPCG, DenseEigensolver, 0, false}, {Lanczos, DenseEigensolver, 0, false}, {Lanczos, 0, 1, true}, {LOBPCG, 0, 1, true}} {
		r, err := Extremal{Pairs: 5, Solver: c.first, MaxProducts: 3, DenseLimit: c.limit}.Solve(context.Background(), a)
		var missed *ConvergenceError
		if errors.As(err, &missed) != c.fails || errors.Is(err, ErrNoConvergence) != c.fails {
			t.Errorf("%v: got %v", c.first, err)
		}
		if r == nil || len(r.Notes) == 0 || len(r.Values) != 5 {
			t.Errorf("%v: got %+v", c.first, r)
			continue
		}
		if c.fails {
			if !(missed.Residual > missed.Tolerance) || slices.Max(r.Residuals) > r.Norm {
				t.Errorf("%v: %v, with %v", c.first, missed, r.Residuals)
			}
		} else if r.Solver != c.last {
			t.Errorf("%v: ended with %v", c.first, r.Solver)
		}
	}
}

func TestExtremalSameBitsOnAnyCores(t *testing.T) {
	a := normalized(grid(35, 34))
	cholesky, err := NewIncompleteCholesky(context.Background(), a)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range []Extremal{{Solver: Lanczos, Pairs: 5}, {Pairs: 3, Preconditioner: cholesky}} {
		onCores(t, func() []*mat.Dense {
			r, err := e.Solve(context.Background(), a)
			if err != nil {
				t.Fatal(err)
			}
			return []*mat.Dense{r.Vectors, mat.NewDense(1, len(r.Values), r.Values)}
		})
	}
}

func TestExtremalIsCanceled(t *testing.T) {
	a := grid(20, 20)
	for _, solver := range []Eigensolver{Lanczos, LOBPCG, DenseEigensolver} {
		canceled(t, func(ctx context.Context) error {
			_, err := Extremal{Pairs: 3, Solver: solver}.Solve(ctx, a)
			return err
		})
	}
}

// broken fails, or returns what is not finite.
type broken struct {
	n   int
	err error
}

func (b broken) Dim() int { return b.n }

func (b broken) Apply(_ context.Context, dst, _ *mat.Dense) error {
	dst.Apply(func(_, _ int, _ float64) float64 { return math.NaN() }, dst)
	return b.err
}

func TestExtremalRefuses(t *testing.T) {
	for name, e := range map[string]Extremal{
		"pairs": {Pairs: -1}, "tolerance": {Tolerance: -1}, "NaN tolerance": {Tolerance: math.NaN()}, "products": {MaxProducts: -1},
		"limit": {DenseLimit: -1}, "solver": {Solver: 9}, "bounds": {Low: 2, High: 1}, "start": {Start: mat.NewDense(3, 1, nil)},
		"deflate": {Deflate: mat.NewDense(5, 1, nil)}, "NaN deflate": {Deflate: mat.NewDense(4, 1, []float64{1, 1, math.NaN(), 0})},
	} {
		_, err := e.Solve(context.Background(), path(4))
		var wrong *InputError
		if !errors.As(err, &wrong) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	own := errors.New("its own")
	for _, solver := range []Eigensolver{Lanczos, LOBPCG, DenseEigensolver} {
		if _, err := (Extremal{Solver: solver}).Solve(context.Background(), broken{300, own}); !errors.Is(err, own) {
			t.Errorf("%v: got %v", solver, err)
		}
		if _, err := (Extremal{Solver: solver}).Solve(context.Background(), broken{300, nil}); err == nil {
			t.Errorf("%v: NaN is no eigenvalue", solver)
		}
	}
}

// What rounding leaves of a known vector far outside the wanted eigenvalues must not
// grow in the filters until nothing else is seen: all others crowd together here.
func TestExtremalKeepsKnownVectorsOut(t *testing.T) {
	n := 3000
	if testing.Short() {
		n = 800
	}
	known := mat.NewDense(n, 1, nil)
	for i := range n {
		known.Set(i, 0, 1)
	}
	p, err := Extremal{Pairs: 2, Deflate: known, DenseLimit: 1, MaxProducts: 1500, Low: 0, High: 2}.Solve(t.Context(), crowd(n))
	if err != nil || len(p.Notes) > 0 {
		t.Fatalf("%v, %v, want neither an error nor a fallback", err, p.Notes)
	}
}

// crowd is (I − qqᵀ)·D·(I − qqᵀ) for a constant vector q, of the eigenvalue 0, and a
// diagonal D that rises evenly from 0.64 to 1.36.
type crowd int

func (c crowd) Dim() int { return int(c) }

func (c crowd) Apply(_ context.Context, dst, x *mat.Dense) error {
	n, b := x.Dims()
	center := func() {
		mean := make([]float64, b)
		for i := range n {
			floats.AddScaled(mean, 1/float64(n), dst.RawRowView(i))
		}
		for i := range n {
			floats.Sub(dst.RawRowView(i), mean)
		}
	}
	dst.Copy(x)
	center()
	for i := range n {
		row := dst.RawRowView(i)
		for j := range row {
			row[j] *= 0.64 + 0.72*float64(i)/float64(n-1)
		}
	}
	center()
	return nil
}
