package dr_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
)

func ExampleRobustPCA_Fit() {
	// Rows along the first axis, and one in twenty far out on the second.
	x := mat.NewDense(200, 2, nil)
	for i := range 200 {
		x.SetRow(i, []float64{math.Sin(float64(i)), .1 * math.Cos(3*float64(i))})
		if i%20 == 0 {
			x.SetRow(i, []float64{0, 50})
		}
	}
	plain, err := dr.PCA{Components: 1}.Fit(context.Background(), x)
	if err != nil {
		fmt.Println(err)
		return
	}
	model, err := dr.RobustPCA{Components: 1}.Fit(context.Background(), x)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("PCA        %.2f\n", []float64{math.Abs(plain.Components().At(0, 0)), plain.Components().At(0, 1)})
	fmt.Printf("robust PCA %.2f, from %.0f rows\n", model.Components().RawRowView(0), model.Kept())
	// Output:
	// PCA        [0.00 1.00]
	// robust PCA [1.00 0.00], from 190 rows
}

// attacked returns n rows of d columns, of variance 4 along the first axis and 1
// along the others, in which a share are outliers.
func attacked(seed uint64, n, d int, share float64, attack func(row []float64, i int)) (x *mat.Dense, outlier []bool) {
	x, outlier = fixture.Normal(seed, n, d), make([]bool, n)
	u := fixture.Uniform(seed+1, n, 1)
	for i := range n {
		row := x.RawRowView(i)
		row[0] *= 2
		if outlier[i] = u.At(i, 0) < share; outlier[i] {
			attack(row, i)
		}
	}
	return x, outlier
}

// attacks are what outliers do.
var attacks = map[string]func(row []float64, i int){
	"far out on another axis": func(row []float64, _ int) { row[1] = 12 },
	"on both sides of it":     func(row []float64, i int) { row[1] = 20 * float64(1-i%2*2) },
	"along a diagonal": func(row []float64, _ int) {
		for j := range row {
			row[j] = 3 * min(float64(j), 1) // but not along the first axis
		}
	},
	"at all distances": func(row []float64, i int) { row[2] = math.Ldexp(8, i%30) },
	"in two places":    func(row []float64, i int) { row[1+i%2] = 15 },
	"all at one point": func(row []float64, _ int) { clear(row); row[3] = 1e6 },
}

// along returns the variance of the inliers along a direction, of which 4 is the most.
func along(u []float64) float64 {
	sum := 0.
	for j, v := range u {
		if j == 0 {
			v *= 2
		}
		sum += v * v
	}
	return sum
}

// PCA loses three quarters of the variance of the inliers, wherever the outliers
// want it to; the filter keeps 97 % and more, of rows in memory and of a stream.
func TestRobustPCAKeepsTheVarianceOfInliers(t *testing.T) {
	testenv.Unraced(t)
	ctx := context.Background()
	const n, d = 4000, 40
	for name, attack := range attacks {
		for _, share := range []float64{.02, .05, .1} {
			x, outlier := attacked(1, n, d, share, attack)
			plain, err := dr.PCA{Components: 1}.Fit(ctx, x)
			if err != nil {
				t.Fatal(err)
			}
			if v := along(plain.Components().RawRowView(0)); share == .1 && v > 4*.3 {
				t.Errorf("%s: PCA is to lose three quarters of the variance, and finds %.3f of 4", name, v)
			}
			m, err := dr.RobustPCA{Components: 1}.Fit(ctx, x)
			if err != nil {
				t.Fatal(err)
			}
			if v := along(m.Components().RawRowView(0)); v < 4*.97 {
				t.Errorf("%s, %v of the rows: the filter finds %.3f of 4 in %d rounds", name, share, v, m.Rounds())
			}
			kept, lost := 0., 0.
			for i, w := range m.Weights() {
				if outlier[i] {
					kept += w
				} else {
					lost += 1 - w
				}
			}
			t.Logf("%s, %v: %d rounds, the outliers keep %.1f, the others lose %.1f of %d; variance %.3f", name, share, m.Rounds(), kept, lost, n, m.ExplainedVariance()[0])
			if lost > 2*share*float64(n) {
				t.Errorf("%s, %v: inliers lose the weight of %.1f rows", name, share, lost)
			}
			if m.Rounds() > 20 {
				t.Errorf("%s, %v: %d rounds", name, share, m.Rounds())
			}
			s, err := dr.RobustPCA{Components: 1}.FitRows(ctx, mat32.RowsOf(x))
			if err != nil {
				t.Fatal(err)
			}
			if v := along(s.Components().RawRowView(0)); v < 4*.97 {
				t.Errorf("%s, %v of a stream: the filter finds %.3f of 4", name, share, v)
			}
		}
	}
}

// Several components are found as one is: the inliers vary most along two axes.
func TestRobustPCAOfSeveralComponents(t *testing.T) {
	ctx := context.Background()
	n, d := 2000, 20
	if testing.Short() {
		n = 600
	}
	for name, attack := range attacks {
		x, outlier := attacked(5, n, d, .05, attack)
		for i := range n {
			if !outlier[i] {
				x.Set(i, 5, 3*x.At(i, 5))
			}
		}
		// kept is the variance of inliers, 9 + 4 at most, along two directions.
		kept := func(components *mat.Dense) (sum float64) {
			for c := range 2 {
				u := components.RawRowView(c)
				sum += along(u) + 8*u[5]*u[5]
			}
			return sum
		}
		plain, err := dr.PCA{Components: 2}.Fit(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		m, err := dr.RobustPCA{Components: 2}.Fit(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %.2f by the filter, %.2f by PCA, of 13", name, kept(m.Components()), kept(plain.Components()))
		if v := kept(m.Components()); v < 13*.97 {
			t.Errorf("%s: the filter finds %.2f of 13", name, v)
		}
	}
}

// Where there are no outliers nothing is lost: the result is that of PCA.
func TestRobustPCAOfSoundRowsIsPCA(t *testing.T) {
	ctx := context.Background()
	mixed := func(seed uint64, n, k, d int) *mat.Dense {
		var x mat.Dense
		x.Mul(fixture.Normal(seed, n, k), fixture.Normal(seed+100, k, d))
		return &x
	}
	for name, x := range map[string]*mat.Dense{
		"normal":              fixture.Normal(1, 1500, 8),
		"uniform":             fixture.Uniform(2, 900, 5),
		"a mixture":           mixed(3, 500, 6, 6),
		"a plane in space":    mixed(4, 400, 2, 7),
		"few rows":            fixture.Normal(5, 12, 4),
		"more columns":        fixture.Normal(6, 30, 40),
		"two rows":            fixture.Normal(7, 2, 3),
		"two groups":          groupsOf(400),
		"many equal, one not": mostlyEqual(100),
	} {
		m, err := dr.RobustPCA{}.Fit(ctx, x)
		if err != nil {
			t.Fatal(name, err)
		}
		want, err := dr.PCA{}.Fit(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		n, _ := x.Dims()
		if m.Kept() != float64(n) || m.Rounds() != 0 {
			t.Errorf("%s: rows with the weight of %.2f of %d remain, after %d rounds", name, m.Kept(), n, m.Rounds())
			continue
		}
		nearAll(t, name+" variance", m.ExplainedVariance(), want.ExplainedVariance(), 1e-9, 1e-12*want.ExplainedVariance()[0])
		nearAll(t, name+" share", m.ExplainedVarianceRatio(), want.ExplainedVarianceRatio(), 1e-9, 1e-12)
		if rank := len(want.ExplainedVariance()); name == "normal" && !mat.EqualApprox(m.Components(), want.Components(), 1e-9) {
			t.Errorf("%s: other components than the %d of PCA", name, rank)
		}
	}
	// Few components of many columns, by random blocks.
	x := mixed(8, 420, 3, 330)
	x.Apply(func(i, j int, v float64) float64 { return v + .1*math.Sin(float64(i*331+j*j)) }, x)
	m, err := dr.RobustPCA{Components: 3}.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	want, err := dr.PCA{Components: 3}.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	nearAll(t, "variance, randomised", m.ExplainedVariance(), want.ExplainedVariance(), 1e-6, 0)
	if !mat.EqualApprox(m.Components(), want.Components(), 1e-6) {
		t.Error("randomised, other components")
	}
	other, err := dr.RobustPCA{Components: 3, Seed: 5}.Fit(ctx, x)
	if err != nil || mat.Equal(other.Components(), m.Components()) {
		t.Errorf("another seed gives the same bits: %v", err)
	}
}

// groupsOf returns rows in two equal groups, which are no outliers.
func groupsOf(n int) *mat.Dense {
	x := fixture.Normal(9, n, 3)
	for i := range n {
		x.Set(i, 0, x.At(i, 0)+float64(i%2)*9)
	}
	return x
}

// mostlyEqual returns rows of which too few differ for there to be a middle.
func mostlyEqual(n int) *mat.Dense {
	x := mat.NewDense(n, 2, nil)
	x.SetRow(3, []float64{1, 2})
	return x
}

func TestRobustPCALearner(t *testing.T) {
	ctx := context.Background()
	x, _ := attacked(3, 900, 6, .08, attacks["far out on another axis"])
	method := dr.RobustPCA{Components: 2, Batch: 200}
	want, err := method.FitRows(ctx, mat32.RowsOf(x))
	if err != nil {
		t.Fatal(err)
	}
	if want.Weights() != nil || want.Rows() != 900 || want.Kept() > 850 || want.Kept() < 780 || want.Rounds() == 0 {
		t.Errorf("of a stream with 8 %% outliers %.0f of %d rows are kept, in %d rounds; weights: %v", want.Kept(), want.Rows(), want.Rounds(), want.Weights() != nil)
	}
	for _, step := range []int{1, 333} {
		for _, cores := range testenv.Cores() {
			old := runtime.GOMAXPROCS(cores)
			l, err := method.Start(6)
			if err != nil {
				t.Fatal(err)
			}
			for lo := 0; lo < 900; lo += step {
				if err := l.Add(ctx, x.Slice(lo, min(lo+step, 900), 0, 6)); err != nil {
					t.Fatal(err)
				}
				if lo%300 == 299 {
					if m, err := l.Model(ctx); err != nil || m.Rows() != l.Rows() {
						t.Fatal(err)
					}
				}
			}
			m, err := l.Model(ctx)
			runtime.GOMAXPROCS(old)
			if err != nil || m.String() != want.String() || !mat.Equal(m.Components(), want.Components()) {
				t.Errorf("%d rows at a time, on %d cores: another model: %v", step, cores, err)
			}
		}
	}
	var back dr.RobustPCAModel
	b, err := want.MarshalBinary()
	if err != nil || back.UnmarshalBinary(b) != nil || back.String() != want.String() {
		t.Errorf("read back, the model of a stream is another: %v", err)
	}
	l, err := method.Start(6)
	if err != nil {
		t.Fatal(err)
	}
	var shape *mat32.ShapeError
	if _, err := l.Model(ctx); !errors.As(err, &shape) {
		t.Errorf("a model of nothing: %v", err)
	}
	if err := l.Add(ctx, normal(3, 5, 1)); !errors.As(err, &shape) {
		t.Errorf("other columns: %v", err)
	}
	var degenerate *mat32.DegenerateError
	if err := l.Add(ctx, mat.NewDense(300, 6, nil)); err != nil {
		t.Errorf("equal rows: %v", err)
	}
	if _, err := l.Model(ctx); !errors.As(err, &degenerate) {
		t.Errorf("a model of equal rows: %v", err)
	}
	huge := normal(300, 6, 1)
	huge.Scale(1e200, huge)
	if err := l.Add(ctx, huge); !errors.As(err, &degenerate) {
		t.Errorf("beyond float64: %v", err)
	}
	if err := l.Add(ctx, x); !errors.As(err, &degenerate) {
		t.Errorf("after that: %v", err)
	}
	if _, err := (dr.RobustPCA{}).Start(0); !errors.Is(err, mat32.ErrEmpty) {
		t.Errorf("no columns: %v", err)
	}
	var memory *mat32.MemoryError
	if _, err := (dr.RobustPCA{MemoryLimit: 10}).Start(20); !errors.As(err, &memory) {
		t.Errorf("no memory: %v", err)
	}
}
