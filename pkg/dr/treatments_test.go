package dr_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/golden"
)

func ExampleLogNormalize() {
	// Two cells with the same mixture of genes, of which one was read ten times as often.
	counts := mat.NewDense(3, 3, []float64{1, 9, 0, 10, 90, 0, 0, 0, 0})
	e, err := dr.LogNormalize{Target: 20}.Embed(context.Background(), counts)
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := range 3 {
		fmt.Printf("%.3f\n", e.RawRowView(i))
	}
	fmt.Println(e.Notes[0])
	// Output:
	// [1.099 2.944 0.000]
	// [1.099 2.944 0.000]
	// [0.000 0.000 0.000]
	// 1 of 3 rows have no counts: they stay 0
}

func ExampleRowNormalize() {
	x := mat.NewDense(2, 2, []float64{3, 4, 30, 40})
	for _, norm := range []dr.RowNorm{dr.L2, dr.L1, dr.Max} {
		e, err := dr.RowNormalize{Norm: norm}.Embed(context.Background(), x)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%-3s %.3f %.3f\n", norm, e.RawRowView(0), e.RawRowView(1))
	}
	// Output:
	// l2  [0.600 0.800] [0.600 0.800]
	// l1  [0.429 0.571] [0.429 0.571]
	// max [0.750 1.000] [0.750 1.000]
}

func ExampleImpute() {
	nan := math.NaN()
	x := mat.NewDense(5, 2, []float64{1, 10, 1.1, nan, 5, 50, 5.2, 52, nan, 51})
	for _, m := range []dr.Impute{{}, {Missing: dr.FillNearest, Neighbors: 1}} {
		e, err := m.Embed(context.Background(), x)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s: %.4g and %.4g (%s)\n", m, e.At(1, 1), e.At(4, 0), e.Notes[0])
	}
	// Output:
	// mean: 40.75 and 3.075 (2 of 10 values were missing, in 2 of 2 columns)
	// 1 nearest rows: 10 and 5 (2 of 10 values were missing, in 2 of 2 columns)
}

// treatmentsFile is what of the golden file the tests share.
type treatmentsFile struct {
	Data map[string]struct {
		MAD       struct{ Center, Scale []float64 }
		Normalize map[dr.RowNorm][][]float64
		Log       struct {
			Target float64
			Rows   [][]float64
		}
	}
	Sparse struct {
		Standard, Robust []float64
		L2               [][]float64
	}
	Impute map[string]struct {
		Holes   [][2]int
		Simple  map[string][]float64
		Nearest []struct {
			Neighbors   int
			Weights     string
			Values, New []float64
		}
	}
}

// sparseDigits returns the digits without their zeros.
func sparseDigits(t *testing.T) *mat32.CSR {
	t.Helper()
	return sparseOf(t, datasets.Digits().X)
}

func sparseOf(t *testing.T, x mat.Matrix) *mat32.CSR {
	t.Helper()
	n, d := x.Dims()
	var stored []mat32.Triplet
	for i := range n {
		for j := range d {
			if v := x.At(i, j); v != 0 {
				stored = append(stored, mat32.Triplet{Row: i, Col: j, Value: float32(v)})
			}
		}
	}
	s, err := mat32.FromTriplets(n, d, stored)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSparseAndMADScalesAgainstPeers(t *testing.T) {
	testenv.Unraced(t)
	var file treatmentsFile
	golden.Load(t, "treatments", &file)
	ctx := context.Background()
	if len(file.Data) < 3 {
		t.Fatalf("only %d tables", len(file.Data))
	}
	for name, want := range file.Data {
		m, err := dr.Standardize{Robust: true, MAD: true}.Fit(ctx, table(t, name))
		if err != nil {
			t.Fatal(err)
		}
		nearAll(t, name+" median", m.Location(), want.MAD.Center, 1e-13, 0)
		for j, v := range want.MAD.Scale {
			if v == 0 {
				v = 1 // SciPy reports it as it is
			}
			near(t, name+" MAD", m.Scale()[j], v, 1e-12, 0)
		}
	}
	x := sparseDigits(t)
	for _, c := range []struct {
		s    dr.Standardize
		want []float64
	}{{dr.Standardize{KeepLocation: true}, file.Sparse.Standard}, {dr.Standardize{KeepLocation: true, Robust: true}, file.Sparse.Robust}} {
		m, err := c.s.Fit(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		nearAll(t, c.s.String(), m.Scale(), c.want, 1e-12, 0)
		if m.Sparse() == nil || m.Sparse().NNZ() != x.NNZ() {
			t.Errorf("%v: the rows did not stay sparse", c.s)
		}
	}
}

func TestRowNormalizeAgainstScikitLearn(t *testing.T) {
	testenv.Unraced(t)
	var file treatmentsFile
	golden.Load(t, "treatments", &file)
	for name, want := range file.Data {
		if len(want.Normalize) != 3 {
			t.Fatalf("%s: %d norms", name, len(want.Normalize))
		}
		for norm, rows := range want.Normalize {
			e, err := dr.RowNormalize{Norm: norm}.Embed(context.Background(), table(t, name))
			if err != nil {
				t.Fatal(err)
			}
			for i, row := range rows {
				nearAll(t, fmt.Sprint(name, " ", norm), e.RawRowView(i), row, 1e-14, 0)
			}
		}
	}
	m, err := dr.RowNormalize{}.Fit(context.Background(), sparseDigits(t))
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range file.Sparse.L2 {
		for j, v := range row {
			near(t, "sparse row", m.Sparse().At(i, j), v, 1e-7, 0)
		}
	}
}

func TestLogNormalizeAgainstScikitLearn(t *testing.T) {
	testenv.Unraced(t)
	var file treatmentsFile
	golden.Load(t, "treatments", &file)
	for name, want := range file.Data {
		m, err := dr.LogNormalize{}.Fit(context.Background(), table(t, name))
		if err != nil {
			t.Fatal(err)
		}
		near(t, name+" target", m.Target(), want.Log.Target, 1e-14, 0)
		for i, row := range want.Log.Rows {
			nearAll(t, name, m.Embedding().RawRowView(i), row, 1e-13, 0)
		}
	}
}

func TestImputeAgainstScikitLearn(t *testing.T) {
	testenv.Unraced(t)
	var file treatmentsFile
	golden.Load(t, "treatments", &file)
	ctx := context.Background()
	for name, want := range file.Impute {
		x := mat.DenseCopyOf(table(t, name))
		for _, h := range want.Holes {
			x.Set(h[0], h[1], math.NaN())
		}
		if len(want.Holes) < 100 {
			t.Fatalf("%s: only %d holes", name, len(want.Holes))
		}
		for filling, values := range map[dr.Filling][]float64{dr.FillMean: want.Simple["mean"], dr.FillMedian: want.Simple["median"], dr.FillMostFrequent: want.Simple["most_frequent"]} {
			m, err := dr.Impute{Missing: filling}.Fit(ctx, x)
			if err != nil {
				t.Fatal(err)
			}
			nearAll(t, name+" "+string(filling), m.Fill(), values, 1e-13, 1e-13)
			for _, h := range want.Holes {
				near(t, name, m.Embedding().At(h[0], h[1]), values[h[1]], 1e-13, 1e-13)
			}
		}
		n, d := x.Dims()
		for _, c := range want.Nearest {
			options := dr.Impute{Missing: dr.FillNearest, Neighbors: c.Neighbors, ByDistance: c.Weights == "distance"}
			e, err := options.Embed(ctx, x)
			if err != nil {
				t.Fatal(err)
			}
			m, err := options.Fit(ctx, x.Slice(0, n-10, 0, d))
			if err != nil {
				t.Fatal(err)
			}
			late, err := m.Transform(ctx, x.Slice(n-10, n, 0, d))
			if err != nil {
				t.Fatal(err)
			}
			at := 0
			for k, h := range want.Holes {
				near(t, fmt.Sprintf("%s, %v, hole %v", name, options, h), e.At(h[0], h[1]), c.Values[k], 1e-9, 1e-9)
				if h[0] >= n-10 {
					near(t, fmt.Sprintf("%s, %v, new row, hole %v", name, options, h), late.At(h[0]-n+10, h[1]), c.New[at], 1e-9, 1e-9)
					at++
				}
			}
			if at == 0 || at != len(c.New) {
				t.Errorf("%s: %d of %d new values", name, at, len(c.New))
			}
		}
	}
}

// counts returns whole numbers, among them zeros.
func counts(n, d int) *mat.Dense {
	x := normal(n, d, 0)
	x.Apply(func(_, _ int, v float64) float64 { return math.Floor(math.Abs(3 * v)) }, x)
	return x
}

// gaps returns normal data, every seventh value of which is missing.
func gaps(n, d int) *mat.Dense {
	x := normal(n, d, 3)
	for i := range n {
		for j := range d {
			if (3*i+5*j)%7 == 0 {
				x.Set(i, j, math.NaN())
			}
		}
	}
	return x
}

func TestImputeIsTheSameSparseAndOnAnyCores(t *testing.T) {
	ctx := context.Background()
	single := mat32.Convert(gaps(80, 6))
	for i := range 80 {
		single.Set(i, i%6, 0)
	}
	sparse := sparseOf(t, single)
	for _, filling := range []dr.Filling{dr.FillMean, dr.FillMedian, dr.FillMostFrequent, dr.FillConstant, dr.FillNearest} {
		m, err := dr.Impute{Missing: filling, Value: 7}.Fit(ctx, sparse)
		if err != nil {
			t.Fatal(err)
		}
		if m.Sparse() == nil || m.Sparse().NNZ() != sparse.NNZ() || mat32.Check(m.Sparse()) != nil {
			t.Errorf("%s: the rows did not stay sparse, or not finite", filling)
		}
		for _, procs := range testenv.Cores() {
			old := runtime.GOMAXPROCS(procs)
			e, err := dr.Impute{Missing: filling, Value: 7}.Embed(ctx, single)
			runtime.GOMAXPROCS(old)
			if err != nil || !mat.Equal(e, m.Embedding()) {
				t.Errorf("%s on %d cores: other bits than of sparse rows (%v)", filling, procs, err)
			}
		}
	}
}

func TestImputeRefusesWhatItCannotKnow(t *testing.T) {
	ctx := context.Background()
	x := gaps(30, 4)
	x.Set(20, 2, math.Inf(-1))
	var bad *mat32.NotFiniteError
	if _, err := (dr.Impute{}).Fit(ctx, x); !errors.As(err, &bad) || bad.Row != 20 || bad.Col != 2 || !strings.HasPrefix(err.Error(), "dr.Impute: ") {
		t.Errorf("an infinity behind gaps: %v", err)
	}
	x = gaps(30, 4)
	for i := range 30 {
		x.Set(i, 1, math.NaN())
	}
	var degenerate *mat32.DegenerateError
	for _, filling := range []dr.Filling{dr.FillMean, dr.FillNearest} {
		if _, err := (dr.Impute{Missing: filling}).Fit(ctx, x); !errors.As(err, &degenerate) || !strings.Contains(err.Error(), "column 1") {
			t.Errorf("%s of a column without values: %v", filling, err)
		}
	}
	e, err := dr.Impute{Missing: dr.FillConstant, Value: 2}.Embed(ctx, x)
	if err != nil || e.At(3, 1) != 2 {
		t.Errorf("a constant for a column without values: %v", err)
	}
	// Rows that share no column with those that have the value.
	nan := math.NaN()
	e, err = dr.Impute{Missing: dr.FillNearest}.Embed(ctx, mat.NewDense(3, 2, []float64{nan, 4, 1, nan, 3, nan}))
	if err != nil || e.At(0, 0) != 2 || e.At(1, 1) != 4 || !strings.Contains(strings.Join(e.Notes, "\n"), "3 missing values got the mean of their column") {
		t.Errorf("nobody to ask: %v, %v", e, err)
	}
	huge := gaps(30, 4)
	huge.Scale(1e307, huge)
	if e, err = (dr.Impute{Missing: dr.FillNearest}).Embed(ctx, huge); err != nil || mat32.Check(e) != nil {
		t.Errorf("values near the largest float64: %v", err)
	}
}

func TestLogNormalizeRefusesWhatIsNoCount(t *testing.T) {
	ctx := context.Background()
	var degenerate *mat32.DegenerateError
	for says, x := range map[string]*mat.Dense{
		"below zero":  mat.NewDense(2, 2, []float64{1, 2, 3, -1}),
		"has a count": mat.NewDense(2, 2, nil),
		"row 1":       mat.NewDense(2, 2, []float64{1, 2, 1.7e308, 1e308}),
	} {
		if _, err := (dr.LogNormalize{}).Fit(ctx, x); !errors.As(err, &degenerate) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
	}
	x := mat.NewDense(2, 3, []float64{5, 1, 0, 2, 2, 8})
	m, err := dr.LogNormalize{}.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	back, err := m.Inverse(ctx, m.Embedding())
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		near(t, "total", mat.Sum(back.Slice(i, i+1, 0, 3)), m.Target(), 1e-14, 0)
	}
}

// A sparse matrix goes through a chain of treatments as it is, and what it gives
// is what the same rows give in full.
func TestChainKeepsSparseRowsSparse(t *testing.T) {
	ctx := context.Background()
	x := sparseDigits(t)
	var seen []mat.Matrix
	chain := func(last dr.Fitter) dr.Chain {
		return dr.Chain{dr.Any(dr.LogNormalize{}), dr.Any(dr.Chain{dr.Any(dr.Standardize{KeepLocation: true}), dr.Any(dr.RowNormalize{})}), &spy{&seen}, last}
	}
	m, err := chain(dr.Any(dr.TruncatedSVD{Components: 3})).Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	reached, sparse := seen[0].(*mat32.CSR)
	if !sparse || reached.NNZ() != x.NNZ() {
		t.Fatalf("a %T reached the third method", seen[0])
	}
	want, err := chain(dr.Any(dr.TruncatedSVD{Components: 3})).Embed(ctx, mat32.Convert(x))
	if err != nil || !mat.Equal(m.Embedding(), want) {
		t.Errorf("sparse rows give another map (%v)", err)
	}
	treated, err := dr.Chain{dr.Any(dr.LogNormalize{}), dr.Any(dr.RowNormalize{})}.Fit(ctx, x)
	if err != nil || treated.Sparse() == nil {
		t.Fatalf("the last treatment's rows are not sparse: %v", err)
	}
	if !mat.Equal(treated.Embedding(), treated.Sparse()) {
		t.Error("the embedding differs from the sparse rows")
	}
	few, err := treated.Transform(ctx, x)
	if err != nil || !mat.Equal(few, treated.Sparse()) || few.Method != "log-normalise → normalise rows" {
		t.Errorf("new rows: %v", err)
	}
	if _, err := (&dr.StandardizeModel{}).TransformSparse(ctx, nil); !errors.Is(err, mat32.ErrEmpty) {
		t.Errorf("no rows: %v", err)
	}
	center, err := dr.Standardize{}.Fit(ctx, x)
	if err != nil || center.Sparse() != nil {
		t.Fatalf("centred rows have no zeros: %v", err)
	}
	var degenerate *mat32.DegenerateError
	if _, err := center.TransformSparse(ctx, x); !errors.As(err, &degenerate) {
		t.Errorf("centred rows that are to stay sparse: %v", err)
	}
}

// spy keeps what a chain gives it, and passes it on.
type spy struct{ seen *[]mat.Matrix }

func (s *spy) Fit(ctx context.Context, x mat.Matrix) (dr.Model, error) {
	*s.seen = append(*s.seen, x)
	return dr.Standardize{KeepLocation: true, KeepScale: true}.Fit(ctx, x)
}

// Behind Impute any method takes data with gaps; in any other place they are errors.
func TestChainTakesMissingValuesByImpute(t *testing.T) {
	ctx := context.Background()
	x := gaps(60, 5)
	for _, inner := range []dr.Fitter{dr.Any(dr.Impute{Missing: dr.FillNearest}), dr.Any(dr.Chain{dr.Any(dr.Impute{})})} {
		m, err := dr.Chain{inner, dr.Any(dr.Standardize{}), dr.Any(dr.PCA{Components: 2})}.Fit(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		z, err := m.Transform(ctx, x)
		if err != nil || !mat.EqualApprox(z, m.Embedding(), 1e-12) {
			t.Errorf("new rows with gaps: %v", err)
		}
	}
	var bad *mat32.NotFiniteError
	if _, err := (dr.Chain{dr.Any(dr.Standardize{}), dr.Any(dr.Impute{})}).Fit(ctx, x); !errors.As(err, &bad) || !strings.HasPrefix(err.Error(), "dr.Chain: method 0: ") {
		t.Errorf("gaps before Impute: %v", err)
	}
}

// Sparse rows that a chain saved come back sparse.
func TestSparseTreatmentsAreSaved(t *testing.T) {
	ctx := context.Background()
	x := sparseOf(t, mat32.Convert(datasets.Digits().X.Slice(0, 40, 0, 64)))
	m, err := dr.Chain{dr.Any(dr.LogNormalize{}), dr.Any(dr.RowNormalize{})}.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	b, err := m.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	var back dr.ChainModel
	if err := back.UnmarshalBinary(b); err != nil {
		t.Fatal(err)
	}
	if back.Sparse() == nil || !mat.Equal(back.Sparse(), m.Sparse()) || back.String() != m.String() {
		t.Error("the sparse rows are others")
	}
	for i := 0; i < len(b); i += 1 + i/20 {
		var file *mat32.FileError
		if err := back.UnmarshalBinary(b[:i]); !errors.As(err, &file) {
			t.Fatalf("cut at %d: %v", i, err)
		}
	}
}

// Scales of sparse columns are those of the columns in full.
func TestStandardizeOfSparseColumns(t *testing.T) {
	ctx := context.Background()
	x := mat.DenseCopyOf(datasets.Digits().X.Slice(0, 100, 0, 64))
	x.Apply(func(i, j int, v float64) float64 { return v * float64(1-2*((i+j)%2)) }, x) // negative ones too
	for _, s := range []dr.Standardize{{KeepLocation: true}, {KeepLocation: true, Robust: true}, {KeepLocation: true, Robust: true, MAD: true}, {}} {
		a, errA := s.Fit(ctx, sparseOf(t, x))
		b, errB := s.Fit(ctx, mat32.Convert(x))
		if err := errors.Join(errA, errB); err != nil {
			t.Fatal(err)
		}
		if !mat.Equal(a.Embedding(), b.Embedding()) {
			t.Errorf("%v: sparse rows give other bits", s)
		}
		back, err := a.Inverse(ctx, a.Embedding())
		if err != nil || !mat.EqualApprox(back, x, 1e-5) {
			t.Errorf("%v: the rows do not come back: %v", s, err)
		}
	}
}
