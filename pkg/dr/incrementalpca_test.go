package dr_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"runtime"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/golden"
)

func ExampleIncrementalPCA_Start() {
	ctx := context.Background()
	learner, err := dr.IncrementalPCA{Components: 1}.Start(2)
	if err != nil {
		fmt.Println(err)
		return
	}
	// Rows near the line y = x, in two parts.
	for _, part := range []*mat.Dense{mat.NewDense(2, 2, []float64{1, 1.1, 2, 1.9}), mat.NewDense(2, 2, []float64{3, 3.1, 4, 3.9})} {
		if err := learner.Add(ctx, part); err != nil {
			fmt.Println(err)
			return
		}
	}
	model, err := learner.Model(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f\n", mat.Formatted(model.Components()))
	fmt.Printf("%.3f of the variance of %d rows\n", model.ExplainedVarianceRatio()[0], model.Rows())
	// Output:
	// [0.72  0.69]
	// 0.998 of the variance of 4 rows
}

// fitted returns the model of a method.
func fitted[M interface {
	dr.Model
	savable
}](t *testing.T, method dr.Method[M], x mat.Matrix) savable {
	t.Helper()
	m, err := method.Fit(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestIncrementalPCAAgainstScikitLearn(t *testing.T) {
	testenv.Unraced(t)
	var file struct {
		Data map[string]struct {
			Batch       int
			Mean        []float64
			Variance    []float64 `json:"explained_variance"`
			Ratio       []float64 `json:"explained_variance_ratio"`
			Components  [][]float64
			Transformed [][]float64
			Whitened    [][]float64
		}
	}
	golden.Load(t, "incrementalpca", &file)
	if len(file.Data) < 3 {
		t.Fatalf("only %d tables", len(file.Data))
	}
	ctx := context.Background()
	for name, want := range file.Data {
		x := table(t, name)
		k := len(want.Variance)
		method := dr.IncrementalPCA{Components: k, Solver: dr.Incremental, Batch: want.Batch}
		m, err := method.Fit(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		method.Whiten = true
		white, err := method.Embed(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		nearAll(t, name+" mean", m.Mean(), want.Mean, 1e-12, 1e-12)
		nearAll(t, name+" variance", m.ExplainedVariance(), want.Variance, 1e-9, 0)
		nearAll(t, name+" ratio", m.ExplainedVarianceRatio(), want.Ratio, 1e-9, 0)
		for c, row := range want.Components {
			nearAll(t, name+" component", m.Components().RawRowView(c), row, 0, 1e-8)
		}
		for i, row := range want.Transformed {
			nearAll(t, name+" score", m.Embedding().RawRowView(i), row, 0, 1e-8*math.Sqrt(want.Variance[0]))
			nearAll(t, name+" whitened score", white.RawRowView(i), want.Whitened[i], 0, 1e-7)
		}
		// Neither the peer nor any batches get nearer to the data than all rows at once.
		exact, err := dr.IncrementalPCA{Components: k}.Fit(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		whole, err := dr.PCA{Components: k}.Fit(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		nearAll(t, name+" variance, exact", exact.ExplainedVariance(), whole.ExplainedVariance(), 1e-10, 0)
		if !mat.EqualApprox(exact.Components(), whole.Components(), 1e-8) {
			t.Errorf("%s: the exact components are not those of PCA", name)
		}
		sum := func(m *dr.IncrementalPCAModel) (s float64) {
			for _, v := range m.ExplainedVariance() {
				s += v
			}
			return s
		}
		if sum(exact) < sum(m) {
			t.Errorf("%s: batches explain more, %v, than all rows at once, %v", name, sum(m), sum(exact))
		}
	}
}

// However the rows come, from wherever, the model has the same bits.
func TestIncrementalPCALearnsTheSameHoweverRowsCome(t *testing.T) {
	testenv.Unraced(t)
	ctx := context.Background()
	x := normal(700, 5, 3)
	single := mat32.Convert(x)
	for _, method := range []dr.IncrementalPCA{{}, {Components: 2, Solver: dr.Incremental, Batch: 60}, {Components: 3, Solver: dr.Incremental}} {
		whole, err := method.Fit(ctx, single)
		if err != nil {
			t.Fatal(err)
		}
		want := whole.String() + fmt.Sprintf("%x %x %x", whole.Components().RawMatrix().Data, whole.ExplainedVariance(), whole.Mean())
		same := func(name string, m *dr.IncrementalPCAModel, err error) {
			t.Helper()
			if err != nil {
				t.Fatal(name, err)
			}
			if got := m.String() + fmt.Sprintf("%x %x %x", m.Components().RawMatrix().Data, m.ExplainedVariance(), m.Mean()); got != want {
				t.Errorf("%s: another model:\n%s\n%s", name, got, want)
			}
			z, err := m.Transform(ctx, single)
			if err != nil || !mat.Equal(z, whole.Embedding()) {
				t.Errorf("%s: rows are mapped elsewhere: %v", name, err)
			}
		}
		for _, cores := range testenv.Cores() {
			old := runtime.GOMAXPROCS(cores)
			m, err := method.FitRows(ctx, mat32.RowsOf(single))
			same("a stream", m, err)
			runtime.GOMAXPROCS(old)
			if n, k := m.Embedding().Dims(); n != 0 || k != 0 {
				t.Errorf("the map of a stream has %d × %d values", n, k)
			}
		}
		m, err := method.FitRows(ctx, mat32.RowsFrom(5, func() iter.Seq2[[]float32, error] {
			return func(yield func([]float32, error) bool) {
				for i := range 700 {
					if !yield(single.Row(i), nil) {
						return
					}
				}
			}
		}))
		same("rows one by one", m, err)
		for _, step := range []int{1, 59, 350} {
			l, err := method.Start(5)
			if err != nil {
				t.Fatal(err)
			}
			for lo := 0; lo < 700; lo += step {
				hi := min(lo+step, 700)
				if err := l.Add(ctx, mat32.NewDense(hi-lo, 5, single.Data()[lo*5:hi*5])); err != nil {
					t.Fatal(err)
				}
				if l.Rows() != hi {
					t.Fatalf("%d rows of %d", l.Rows(), hi)
				}
				if hi > 10 && lo%7 == 0 { // asked for on the way, it is a model of these rows and changes nothing
					if m, err := l.Model(ctx); err != nil || m.Rows() != hi {
						t.Fatal(m, err)
					}
				}
			}
			m, err := l.Model(ctx)
			same(fmt.Sprint(step, " rows at a time"), m, err)
		}
		// A model of a stream is saved, too.
		var back dr.IncrementalPCAModel
		b, err := m.MarshalBinary()
		if err != nil || back.UnmarshalBinary(b) != nil {
			t.Fatal(err)
		}
		if again, _ := back.MarshalBinary(); !bytes.Equal(b, again) || back.String() != m.String() {
			t.Error("read back, the model of a stream is another")
		}
	}
}

// With all components nothing is forgotten, and both solvers are PCA; an offset
// that dwarfs the data costs no digits, nor does a first row far from the others.
func TestIncrementalPCAOfAllComponentsIsPCA(t *testing.T) {
	ctx := context.Background()
	for name, change := range map[string]func(x *mat.Dense){
		"plain":         func(*mat.Dense) {},
		"far away":      func(x *mat.Dense) { x.Apply(func(_, j int, v float64) float64 { return v + 1e6*float64(j) }, x) },
		"a first row":   func(x *mat.Dense) { x.Set(0, 0, 1e5) },
		"a late change": func(x *mat.Dense) { x.Apply(func(i, _ int, v float64) float64 { return v + float64(i/250)*100 }, x) },
	} {
		x := fixture.Normal(4, 300, 6)
		change(x)
		whole, err := dr.PCA{}.Fit(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		for _, method := range []dr.IncrementalPCA{{}, {Solver: dr.Incremental, Batch: 25}, {Solver: dr.Incremental, Batch: 1000}} {
			m, err := method.Fit(ctx, x)
			if err != nil {
				t.Fatal(err)
			}
			first := whole.ExplainedVariance()[0]
			nearAll(t, name+" variance "+method.String(), m.ExplainedVariance(), whole.ExplainedVariance(), 1e-9, 1e-13*first)
			nearAll(t, name+" mean", m.Mean(), whole.Mean(), 1e-12, 1e-12)
			nearAll(t, name+" share", m.ExplainedVarianceRatio(), whole.ExplainedVarianceRatio(), 1e-9, 1e-12)
			back, err := m.Inverse(ctx, m.Embedding())
			if err != nil || !mat.EqualApprox(back, x, 1e-9*math.Sqrt(first)) {
				t.Errorf("%s: the rows do not come back: %v", name, err)
			}
		}
	}
	// More columns than rows.
	x := fixture.Normal(5, 20, 30)
	for _, s := range []dr.Solver{dr.Exact, dr.Incremental} {
		m, err := dr.IncrementalPCA{Solver: s, Batch: 19, Whiten: true}.Fit(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		whole, _ := dr.PCA{Whiten: true}.Fit(ctx, x)
		nearAll(t, "wide", m.ExplainedVariance(), whole.ExplainedVariance(), 1e-9, 0)
		if !mat.EqualApprox(m.Embedding(), whole.Embedding(), 1e-7) {
			t.Error("wide: another map than that of PCA")
		}
	}
}

func TestIncrementalPCALearnerRefuses(t *testing.T) {
	ctx := context.Background()
	var (
		shape      *mat32.ShapeError
		param      *mat32.ParamError
		finite     *mat32.NotFiniteError
		degenerate *mat32.DegenerateError
		memory     *mat32.MemoryError
	)
	l, err := dr.IncrementalPCA{Components: 2}.Start(3)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Model(ctx); !errors.As(err, &shape) {
		t.Errorf("a model of nothing: %v", err)
	}
	if err := l.Add(ctx, normal(5, 4, 1)); !errors.As(err, &shape) {
		t.Errorf("other columns: %v", err)
	}
	if err := l.Add(ctx, mat.NewDense(1, 3, []float64{1, math.NaN(), 2})); !errors.As(err, &finite) {
		t.Errorf("NaN: %v", err)
	}
	if err := l.Add(ctx, mat.NewDense(2, 3, nil)); err != nil || l.Rows() != 2 {
		t.Errorf("rows after those that were refused: %v, %d rows", err, l.Rows())
	}
	if _, err := l.Model(ctx); !errors.As(err, &shape) {
		t.Errorf("two components of two rows: %v", err)
	}
	if err := l.Add(ctx, mat.NewDense(2, 3, nil)); err != nil {
		t.Error(err)
	}
	if _, err := l.Model(ctx); !errors.As(err, &degenerate) {
		t.Errorf("four equal rows: %v", err)
	}
	if err := l.Add(ctx, normal(5, 3, 1)); err != nil {
		t.Error(err)
	}
	if m, err := l.Model(ctx); err != nil || m.Rows() != 9 {
		t.Errorf("nine rows: %v", err)
	}
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := l.Model(canceled); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled model: %v", err)
	}
	if err := l.Add(canceled, normal(5, 3, 1)); !errors.Is(err, context.Canceled) || l.Rows() != 9 {
		t.Errorf("cancelled before it began: %v, %d rows", err, l.Rows())
	}
	if _, err := l.Model(ctx); err != nil {
		t.Errorf("what was cancelled before it began ended the learner: %v", err)
	}
	// What ends half-way ends the learner.
	l, err = dr.IncrementalPCA{Components: 2, Solver: dr.Incremental, Batch: 4}.Start(3)
	if err != nil {
		t.Fatal(err)
	}
	huge := normal(9, 3, 1)
	huge.Scale(1e300, huge)
	huge.Set(0, 0, -math.MaxFloat64)
	huge.Set(1, 0, math.MaxFloat64)
	if err := l.Add(ctx, huge); !errors.As(err, &degenerate) {
		t.Errorf("beyond float64: %v", err)
	}
	if _, err := l.Model(ctx); !errors.As(err, &degenerate) || l.Add(ctx, normal(2, 3, 1)) == nil {
		t.Errorf("a broken learner answers: %v", err)
	}
	if _, err := (dr.IncrementalPCA{}).Start(0); !errors.Is(err, mat32.ErrEmpty) {
		t.Errorf("no columns: %v", err)
	}
	if _, err := (dr.IncrementalPCA{Components: 4}).Start(3); !errors.As(err, &param) {
		t.Errorf("more components than columns: %v", err)
	}
	if _, err := (dr.IncrementalPCA{MemoryLimit: 1000}).Start(300); !errors.As(err, &memory) {
		t.Errorf("no memory: %v", err)
	}
	boom := errors.New("boom")
	_, err = dr.IncrementalPCA{}.FitRows(ctx, mat32.RowsFrom(2, func() iter.Seq2[[]float64, error] {
		return func(yield func([]float64, error) bool) { _ = yield([]float64{1, 2}, nil) && yield(nil, boom) }
	}))
	var stream *mat32.StreamError
	if !errors.Is(err, boom) || !errors.As(err, &stream) || stream.Row != 1 {
		t.Errorf("a source that fails: %v", err)
	}
	if _, err = (dr.IncrementalPCA{}).FitRows(ctx, nil); !errors.Is(err, mat32.ErrEmpty) {
		t.Errorf("no stream: %v", err)
	}
}

// Batches are decomposed by themselves, not by their squares: a direction far below
// the root of rounding is whitened as others are, and what is rounding is not.
func TestIncrementalPCAWhitensSmallDirections(t *testing.T) {
	ctx := context.Background()
	x := fixture.Normal(6, 300, 5)
	for i := range 300 {
		row := x.RawRowView(i)
		row[3] *= 1e-10
		row[4] = row[0] - row[1]
	}
	m, err := dr.IncrementalPCA{Solver: dr.Incremental, Batch: 40, Whiten: true}.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	var back dr.IncrementalPCAModel
	b, err := m.MarshalBinary()
	if err == nil {
		err = back.UnmarshalBinary(b)
	}
	if err != nil {
		t.Fatal(err)
	}
	z, err := back.Transform(ctx, x)
	if err != nil || !mat.Equal(z, m.Embedding()) {
		t.Errorf("read back, another map: %v", err)
	}
	for c, want := range []float64{1, 1, 1, 1, 0} {
		column, sum := mat.Col(nil, c, z), 0.
		for _, v := range column {
			sum += v * v / 299
		}
		near(t, fmt.Sprintf("variance of coordinate %d", c), sum, want, 1e-4, 0)
	}
	if notes := m.Embedding().Notes; len(notes) != 1 {
		t.Errorf("notes %q", notes)
	}
}
