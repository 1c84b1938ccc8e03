package dr_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/golden"
)

func ExamplePCA_Fit_rule() {
	// Three directions of variance 9, 4 and 1, in 20 columns of noise.
	x := spiked(400, 20, []float64{3, 2, 1}, .1)
	for _, rule := range []dr.Rule{dr.ByShare, dr.ByMinka, dr.ByBrokenStick, dr.ByParallelAnalysis, dr.ByNoiseEdge} {
		model, err := dr.PCA{Rule: rule}.Fit(context.Background(), x)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s: %d\n", rule, len(model.ExplainedVariance()))
	}
	// Output:
	// share: 3
	// Minka's evidence: 3
	// broken stick: 2
	// parallel analysis: 2
	// noise edge: 3
}

// spiked returns n rows of d columns that vary by sd along the first axes, turned,
// with noise in every column.
func spiked(n, d int, sd []float64, noise float64) *mat.Dense {
	s, turn, x := mat.NewDense(n, len(sd), nil), mat.NewDense(d, d, nil), mat.NewDense(n, d, nil)
	for i := range n {
		r := rng.New(5, "planted", i)
		for j := range sd {
			s.Set(i, j, sd[j]*r.Normal())
		}
		for j := range d {
			x.Set(i, j, noise*r.Normal())
		}
	}
	for i := range d {
		r := rng.New(6, "planted", i)
		for j := range d {
			turn.Set(i, j, r.Normal())
		}
	}
	var qr mat.QR
	qr.Factorize(turn)
	qr.QTo(turn)
	var signal mat.Dense
	signal.Mul(s, turn.Slice(0, len(sd), 0, d))
	x.Add(x, &signal)
	return x
}

func fitPCA(t *testing.T, p dr.PCA, x mat.Matrix) *dr.PCAModel {
	t.Helper()
	m, err := p.Fit(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestPCASolversAgainstScikitLearn(t *testing.T) {
	testenv.Unraced(t)
	var file struct {
		Data map[string]struct {
			Scores     []float64
			Score      float64
			MLE        *int `json:"mle"`
			Share95    int
			Randomized []float64
			Sparse     []float64
		}
	}
	golden.Load(t, "pca", &file)
	if len(file.Data) < 6 {
		t.Fatalf("only %d tables", len(file.Data))
	}
	for name, want := range file.Data {
		x := table(t, name)
		two := fitPCA(t, dr.PCA{Components: 2}, x)
		likelihoods, err := two.LogLikelihood(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		mean := 0.
		for _, l := range likelihoods {
			mean += l / float64(len(likelihoods))
		}
		nearAll(t, name+": log-likelihood", likelihoods[:5], want.Scores, 1e-8, 0)
		near(t, name+": mean log-likelihood", mean, want.Score, 1e-9, 0)
		count := func(p dr.PCA) int { return len(fitPCA(t, p, x).ExplainedVariance()) }
		if k := count(dr.PCA{Rule: dr.ByShare}); k != want.Share95 {
			t.Errorf("%s: %d components have a share of 0.95, want %d", name, k, want.Share95)
		}
		if want.MLE != nil {
			if k := count(dr.PCA{Rule: dr.ByMinka}); k != *want.MLE {
				t.Errorf("%s: %d components by Minka's rule, want %d", name, k, *want.MLE)
			}
		}
		p := dr.PCA{Components: 3, Solver: dr.Randomized, Iterations: 10}
		nearAll(t, name+": randomized", fitPCA(t, p, x).ExplainedVariance(), want.Randomized, 1e-5, 0)
		if strings.HasSuffix(name, "standardized") {
			continue // float32 does not hold it
		}
		sparse := sparseOf(t, x)
		nearAll(t, name+": sparse, exact", fitPCA(t, dr.PCA{Components: 3}, sparse).ExplainedVariance(), want.Sparse, 1e-6, 0)
		nearAll(t, name+": sparse, randomized", fitPCA(t, p, sparse).ExplainedVariance(), want.Sparse, 1e-6, 0)
	}
}

// The solvers agree, far from the origin, whatever holds the rows and however few
// there are of them, and their components are orthonormal.
func TestPCASolversAgree(t *testing.T) {
	ctx := context.Background()
	for _, shape := range [][2]int{{300, 90}, {90, 300}} {
		x := spiked(shape[0], shape[1], []float64{9, 5, 3, 2}, .3)
		x.Apply(func(_, j int, v float64) float64 {
			if j == 3 {
				return 7 // a column that does not vary
			}
			return v + 1000
		}, x)
		single := mat32.Convert(x)
		exact := fitPCA(t, dr.PCA{Components: 4}, single)
		if s := fmt.Sprint(exact); strings.Contains(s, "randomized") {
			t.Errorf("%v: Auto is not exact: %s", shape, s)
		}
		for name, rows := range map[string]mat.Matrix{"float64": mat.DenseCopyOf(single), "float32": single, "sparse": sparseOf(t, single)} {
			for _, p := range []dr.PCA{{Components: 4, Solver: dr.Exact}, {Components: 4, Solver: dr.Randomized}, {Components: 4, Solver: dr.Randomized, Oversample: 200}} {
				m := fitPCA(t, p, rows)
				what := fmt.Sprintf("%v %s %s", shape, name, p.Solver)
				nearAll(t, what+": variance", m.ExplainedVariance(), exact.ExplainedVariance(), 1e-5, 0)
				near(t, what+": noise", m.NoiseVariance(), exact.NoiseVariance(), 1e-4, 0)
				nearAll(t, what+": mean", m.Mean(), exact.Mean(), 1e-12, 0)
				var gram mat.Dense
				c := m.Components()
				gram.Mul(c, c.T())
				if !mat.EqualApprox(&gram, eye(4), 1e-10) {
					t.Errorf("%s: the components are not orthonormal", what)
				}
				gram.Mul(c, exact.Components().T())
				if !mat.EqualApprox(&gram, eye(4), 1e-2) {
					t.Errorf("%s: other components: %v", what, mat.Formatted(&gram))
				}
				again, err := m.Transform(ctx, rows)
				if err != nil || !mat.Equal(again, m.Embedding()) {
					t.Errorf("%s: the rows of the fit map elsewhere: %v", what, err)
				}
				if name != "sparse" {
					one, err := m.Transform(ctx, mat32.Select(rows, []int{17}))
					if err != nil || !mat.Equal(one, m.Embedding().Slice(17, 18, 0, 4)) {
						t.Errorf("%s: alone a row maps elsewhere: %v", what, err)
					}
				}
			}
		}
	}
}

// Six digits of the coordinates are left of float32 rows however far from the origin.
func TestPCAOfFloat32Rows(t *testing.T) {
	x := spiked(120, 300, []float64{9, 5, 3}, .5)
	single := mat32.Convert(x)
	shifted := mat32.NewDense(120, 300, nil)
	for i, v := range single.Data() {
		shifted.Data()[i] = float32(math.Round(float64(v)*1024)/1024) + 1000
	}
	near64 := mat.DenseCopyOf(shifted)
	near64.Apply(func(_, _ int, v float64) float64 { return v - 1000 }, near64)
	a, b := fitPCA(t, dr.PCA{Components: 3}, shifted), fitPCA(t, dr.PCA{Components: 3}, near64)
	nearAll(t, "variance", a.ExplainedVariance(), b.ExplainedVariance(), 1e-10, 0)
	for i := range 120 {
		nearAll(t, "coordinate", a.Embedding().RawRowView(i), b.Embedding().RawRowView(i), 0, 2e-5)
	}
}

func TestPCAChoosesItsSolverByShape(t *testing.T) {
	testenv.Unraced(t)
	x := spiked(520, 510, []float64{9, 5}, .1)
	m := fitPCA(t, dr.PCA{Components: 2}, mat32.Convert(x))
	if notes := m.Embedding().Notes; len(notes) != 1 || !strings.Contains(notes[0], "randomized solver was chosen") {
		t.Errorf("notes %q", notes)
	}
	for _, c := range []struct {
		p    dr.PCA
		n, d int
		want dr.Solver
	}{
		{dr.PCA{Components: 2}, 10_000, 784, dr.Randomized},
		{dr.PCA{Components: 50}, 10_000, 784, dr.Exact},
		{dr.PCA{Components: 2}, 10_000, 499, dr.Exact},
		{dr.PCA{Components: 2, Rule: dr.ByShare}, 10_000, 784, dr.Exact},
		{dr.PCA{Components: 2, Missing: dr.EM}, 10_000, 784, dr.Exact},
		{dr.PCA{Components: 600, Solver: dr.Randomized}, 10_000, 784, dr.Randomized},
	} {
		p, err := c.p.Resolve(c.n, c.d)
		if err != nil || p.Solver != c.want {
			t.Errorf("%v of %d × %d: %s, want %s: %v", c.p, c.n, c.d, p.Solver, c.want, err)
		}
	}
}

// Values near where numbers end, float32 ones among them.
func TestPCARandomizedAtTheEndsOfTheRange(t *testing.T) {
	x := spiked(60, 30, []float64{5, 3, 2}, .1)
	want := fitPCA(t, dr.PCA{Components: 3}, x).ExplainedVariance()
	for _, size := range []float64{1e-30, 1e-12, 1e30, 1e36} {
		var y mat.Dense
		y.Scale(size, x)
		for name, rows := range map[string]mat.Matrix{"float64": &y, "float32": mat32.Convert(&y), "sparse": sparseOf(t, &y)} {
			got := fitPCA(t, dr.PCA{Components: 3, Solver: dr.Randomized}, rows).ExplainedVariance()
			for i := range got {
				near(t, fmt.Sprintf("%g %s: variance %d", size, name, i), got[i]/size/size, want[i], 1e-4, 0)
			}
		}
	}
	var pe *mat32.DegenerateError
	for name, rows := range map[string]mat.Matrix{"equal": mat.NewDense(5, 2, []float64{.1, .2, .1, .2, .1, .2, .1, .2, .1, .2}),
		"equal, sparse": sparseOf(t, mat.NewDense(5, 2, []float64{.1, .2, .1, .2, .1, .2, .1, .2, .1, .2})),
		"zero":          sparseOf(t, mat.NewDense(5, 2, nil)), "beyond": mat.NewDense(3, 2, []float64{1e300, 0, -1e300, 1, 4, 5})} {
		if _, err := (dr.PCA{Solver: dr.Randomized}).Fit(context.Background(), rows); !errors.As(err, &pe) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A row of weight 2 is two rows, and one of weight 0 is none.
func TestPCAWeightsCountRows(t *testing.T) {
	const n, d = 40, 6
	x := spiked(n, d, []float64{5, 3, 2}, .5)
	var twice []int
	weights := make([]float64, n)
	for i := range n {
		weights[i] = float64(i % 3)
		for range i % 3 {
			twice = append(twice, i)
		}
	}
	x.Set(3, 2, 1e9) // of weight 0
	counted := 0
	for _, w := range weights {
		if w > 0 {
			counted++
		}
	}
	for _, wide := range []bool{false, true} {
		rows := mat.Matrix(x)
		if wide {
			big := mat.NewDense(n, 60, nil)
			big.Slice(0, n, 10, 10+d).(*mat.Dense).Copy(x)
			rows = big
		}
		for _, p := range []dr.PCA{{Components: 3}, {Components: 3, Solver: dr.Randomized, Oversample: 60}} {
			want := fitPCA(t, p, mat32.Select(rows, twice))
			for name, of := range map[string]mat.Matrix{"dense": rows, "sparse": sparseOf(t, rows)} {
				for _, scale := range []float64{1, 1e-200, 7} {
					p.Weights = make([]float64, n)
					for i, w := range weights {
						p.Weights[i] = scale * w
					}
					m := fitPCA(t, p, of)
					what := fmt.Sprintf("%s, wide %v, %s, %g", name, wide, p.Solver, scale)
					nearAll(t, what+": mean", m.Mean(), want.Mean(), 1e-6, 1e-12)
					nearAll(t, what+": share", m.ExplainedVarianceRatio(), want.ExplainedVarianceRatio(), 1e-6, 0)
					// Variances have the divisor n−1, of rows that are counted.
					size := float64(len(twice)-1) / float64(len(twice)) * float64(counted) / float64(counted-1)
					near(t, what+": variance", m.ExplainedVariance()[0], want.ExplainedVariance()[0]*size, 1e-6, 0)
					if !mat.EqualApprox(m.Components(), want.Components(), 1e-5) {
						t.Errorf("%s: other components", what)
					}
					if r, _ := m.Embedding().Dims(); r != n {
						t.Errorf("%s: a map of %d rows", what, r)
					}
				}
			}
		}
	}
}

func TestPCARefusesByName(t *testing.T) {
	x := spiked(30, 5, []float64{3, 2}, .1)
	ones := make([]float64, 30)
	for i := range ones {
		ones[i] = 1
	}
	bad := append([]float64(nil), ones...)
	bad[4] = math.NaN()
	for _, c := range []struct {
		p     dr.PCA
		param string
	}{
		{dr.PCA{Weights: ones[:29]}, "Weights"},
		{dr.PCA{Weights: bad}, "Weights"},
		{dr.PCA{Weights: append([]float64{-1}, ones[1:]...)}, "Weights"},
		{dr.PCA{Weights: make([]float64, 30)}, "Weights"},
		{dr.PCA{Weights: append([]float64{1, 1, 1}, make([]float64, 27)...), Components: 3}, "Components"},
		{dr.PCA{Weights: ones, Rule: dr.ByParallelAnalysis}, "Rule"},
		{dr.PCA{Rule: "scree"}, "Rule"},
		{dr.PCA{Rule: dr.ByShare, Share: 1.5}, "Share"},
		{dr.PCA{Rule: dr.ByMinka, Solver: dr.Randomized}, "Solver"},
		{dr.PCA{Solver: "lanczos"}, "Solver"},
		{dr.PCA{Missing: "zero"}, "Missing"},
		{dr.PCA{Missing: dr.EM, Weights: ones}, "Missing"},
		{dr.PCA{Missing: dr.EM, Rule: dr.ByShare}, "Missing"},
		{dr.PCA{Missing: dr.EM, Components: 5}, "Components"},
		{dr.PCA{Oversample: -1}, "Oversample"},
		{dr.PCA{Iterations: -1}, "Iterations"},
		{dr.PCA{Rounds: -1}, "Rounds"},
		{dr.PCA{Tolerance: math.Inf(1)}, "Tolerance"},
	} {
		_, err := c.p.Fit(context.Background(), x)
		var pe *mat32.ParamError
		if !errors.As(err, &pe) || pe.Param != c.param {
			t.Errorf("%+v: %v, want a ParamError of %s", c.p, err, c.param)
		}
	}
}

// Rules keep at least one component and at most Components, and say so.
func TestPCARulesHaveBounds(t *testing.T) {
	noise := normal(50, 4, 0)
	noise.Apply(func(i, j int, v float64) float64 { return v / math.Pow(.7, float64(j)) }, noise)
	m := fitPCA(t, dr.PCA{Rule: dr.ByBrokenStick}, noise)
	if k, notes := len(m.ExplainedVariance()), m.Embedding().Notes; k != 1 || len(notes) != 1 || !strings.Contains(notes[0], "no component stands out") {
		t.Errorf("noise: %d components, notes %q", k, notes)
	}
	x := spiked(200, 12, []float64{9, 8, 7, 6}, .1)
	m = fitPCA(t, dr.PCA{Rule: dr.ByShare, Share: .99, Components: 2}, x)
	if k, notes := len(m.ExplainedVariance()), m.Embedding().Notes; k != 2 || len(notes) != 1 || !strings.Contains(notes[0], "would keep 4") {
		t.Errorf("two at most: %d components, notes %q", k, notes)
	}
	all := fitPCA(t, dr.PCA{Components: 4}, x)
	four := fitPCA(t, dr.PCA{Rule: dr.ByShare, Share: .99}, x)
	if !mat.EqualApprox(all.Embedding(), four.Embedding(), 1e-9) {
		t.Error("the components that a rule keeps are not those of PCA")
	}
	near(t, "noise variance", four.NoiseVariance(), all.NoiseVariance(), 1e-9, 0)
}

// The likelihood is that of the normal distribution with the model's covariance.
func TestPCALogLikelihoodIsThatOfItsCovariance(t *testing.T) {
	ctx := context.Background()
	x := spiked(80, 5, []float64{3, 2}, .4)
	for _, k := range []int{2, 5} {
		m := fitPCA(t, dr.PCA{Components: k}, x)
		got, err := m.LogLikelihood(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		c := mat.NewSymDense(5, nil)
		for i := range 5 {
			c.SetSym(i, i, m.NoiseVariance())
		}
		for r, v := range m.ExplainedVariance() {
			c.SymRankOne(c, v-m.NoiseVariance(), m.Components().RowView(r))
		}
		nearAll(t, fmt.Sprint(k), got, normalLogs(x, m.Mean(), c), 1e-9, 0)
	}
	flat := mat.NewDense(10, 3, nil)
	flat.Apply(func(i, _ int, _ float64) float64 { return float64(i) }, flat)
	var de *mat32.DegenerateError
	if _, err := fitPCA(t, dr.PCA{Components: 1}, flat).LogLikelihood(ctx, flat); !errors.As(err, &de) {
		t.Errorf("a line has a likelihood: %v", err)
	}
	if _, err := fitPCA(t, dr.PCA{Components: 1}, datasets.Iris().X).LogLikelihood(ctx, flat); err == nil {
		t.Error("rows of other columns have a likelihood")
	}
}

// normalLogs returns the log-densities of the values of x that are not NaN.
func normalLogs(x mat.Matrix, mean []float64, c mat.Symmetric) (logs []float64) {
	n, d := x.Dims()
	for i := range n {
		var seen []int
		for j := range d {
			if !math.IsNaN(x.At(i, j)) {
				seen = append(seen, j)
			}
		}
		if len(seen) == 0 {
			logs = append(logs, 0)
			continue
		}
		part, e := mat.NewSymDense(len(seen), nil), mat.NewVecDense(len(seen), nil)
		for a, j := range seen {
			e.SetVec(a, x.At(i, j)-mean[j])
			for b := range a + 1 {
				part.SetSym(a, b, c.At(j, seen[b]))
			}
		}
		var ch mat.Cholesky
		if !ch.Factorize(part) {
			panic("the covariance is not positive definite")
		}
		var s mat.VecDense
		if err := ch.SolveVecTo(&s, e); err != nil {
			panic(err)
		}
		logs = append(logs, -.5*(float64(len(seen))*math.Log(2*math.Pi)+ch.LogDet()+mat.Dot(e, &s)))
	}
	return logs
}

// What random blocks and rounds of EM find has the same bits on any number of cores.
func TestPCASameBitsOnAnyCores(t *testing.T) {
	x := spiked(300, 90, []float64{9, 5, 3}, .3)
	few := holes(spiked(120, 9, []float64{3, 2}, .3), .2)
	single := mat32.Convert(x)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for name, c := range map[string]struct {
		p dr.PCA
		x mat.Matrix
	}{
		"float64": {dr.PCA{Components: 3, Solver: dr.Randomized}, x},
		"float32": {dr.PCA{Components: 3, Solver: dr.Randomized}, single},
		"sparse":  {dr.PCA{Components: 3, Solver: dr.Randomized}, sparseOf(t, x)},
		"gaps":    {dr.PCA{Components: 2, Missing: dr.EM, Rounds: 30}, few},
	} {
		var want []byte
		for _, cores := range testenv.Cores() {
			runtime.GOMAXPROCS(cores)
			got, err := fitPCA(t, c.p, c.x).MarshalBinary()
			if err != nil {
				t.Fatal(err)
			}
			if want == nil {
				want = got
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s: other bits on %d cores", name, cores)
			}
		}
	}
}

// A cancel is heard between the rounds, and within them.
func TestPCAMissingHearsACancel(t *testing.T) {
	x := holes(spiked(400, 40, []float64{3, 2}, .3), .2)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err := dr.PCA{Components: 20, Missing: dr.EM, Tolerance: 1e-300, Rounds: 1 << 40}.Fit(ctx, x)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("it took %v", took)
	}
}

// Blocks that fill what few rows of weight span are the exact solver, and take its
// memory.
func TestPCAForecastsByRowsThatCount(t *testing.T) {
	x, weights := fixture.Normal(1, 300, 300), make([]float64, 300)
	for i := range 12 {
		weights[i] = 1
	}
	p := dr.PCA{Components: 5, Solver: dr.Randomized, MemoryLimit: 3 << 20}
	if _, err := p.Fit(context.Background(), x); err != nil {
		t.Error(err)
	}
	p.Weights = weights
	var memory *mat32.MemoryError
	if _, err := p.Fit(context.Background(), x); !errors.As(err, &memory) {
		t.Errorf("12 rows of 300 count: %v", err)
	}
}
