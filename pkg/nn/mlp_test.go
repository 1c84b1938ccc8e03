package nn_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"runtime"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/nn"
)

// disk returns rows of d columns, of class 1 where they are longer than most.
func disk(seed uint64, n, d int) (*mat.Dense, []int) {
	x, labels := fixture.Normal(seed, n, d), make([]int, n)
	for i := range n {
		if row := x.RawRowView(i); mat.Norm(mat.NewVecDense(d, row), 2) > math.Sqrt(float64(d)) {
			labels[i] = 1
		}
	}
	return x, labels
}

// The gradient of every loss through every activation is that of finite differences.
func TestMLPGradients(t *testing.T) {
	ctx := context.Background()
	x, labels := disk(1, 150, 4)
	targets := mat.NewDense(150, 2, nil)
	for i, l := range labels {
		targets.SetRow(i, []float64{float64(l), float64(1-l) / 2})
	}
	for _, activation := range []nn.Activation{nn.Tanh, nn.GELU, nn.Identity, nn.ReLU} {
		for _, m := range []nn.MLP{{Labels: labels}, {Targets: targets}, {Targets: targets, Loss: nn.BinaryCrossEntropy}} {
			m.Hidden, m.Activation, m.Gain = []int{7, 5}, activation, 2
			o, err := m.Objective(ctx, x)
			if err != nil {
				t.Fatal(err)
			}
			wrong, err := nn.GradientError(o, o.Start(), .003, 40, 1)
			if limit := .003; err != nil || wrong > limit*map[bool]float64{true: 10, false: 1}[activation == nn.ReLU] { // which has corners
				t.Errorf("%v, %v: off by %.2g, %v", activation, m.Loss, wrong, err)
			}
		}
	}
	o, err := nn.MLP{Labels: labels, Hidden: []int{5}}.Objective(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	if wrong, err := nn.GradientError(half{o}, o.Start(), .003, 40, 1); err != nil || wrong < .8 {
		t.Errorf("half the gradient is off by %.2g, %v", wrong, err)
	}
}

// Parameters of another number are those of no network.
func TestObjectiveOfAnotherNumberOfParameters(t *testing.T) {
	o, err := nn.MLP{Labels: []int{0, 1}, Hidden: []int{2}}.Objective(context.Background(), mat.NewDense(2, 1, []float64{0, 1}))
	if err != nil {
		t.Fatal(err)
	}
	whole := o.Start()
	gradient := make([]float64, len(whole))
	if loss := o.Loss(gradient, whole); !(loss > 0) {
		t.Fatalf("the loss of the start is %v", loss)
	}
	for _, n := range []int{0, len(whole) - 1, len(whole) + 1} {
		if loss := o.Loss(gradient, make([]float64, n)); !math.IsNaN(loss) {
			t.Errorf("%d of %d parameters have a loss of %v", n, len(whole), loss)
		}
		if loss := o.Loss(make([]float64, n), whole); !math.IsNaN(loss) {
			t.Errorf("a gradient of %d of %d parameters goes with a loss of %v", n, len(whole), loss)
		}
	}
}

// half is an objective whose gradient is half of what it should be.
type half struct{ *nn.Objective }

func (h half) Loss(gradient, parameters []float64) float64 {
	loss := h.Objective.Loss(gradient, parameters)
	for i := range gradient {
		gradient[i] /= 2
	}
	return loss
}

// Without hidden layers and L2, squared error ends at the least squares, and with L2 at ridge
// regression.
func TestMLPWithoutHiddenLayersIsLeastSquares(t *testing.T) {
	const n, d, k = 120, 3, 2
	x, y := fixture.Normal(2, n, d), fixture.Normal(3, n, k)
	for _, l2 := range []float64{nn.Zero, 30} {
		m, err := nn.MLP{Hidden: []int{}, Targets: y, Optimizer: nn.SGD, Rate: .05, Epochs: 600, Batch: n, L2: l2}.Fit(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		// The loss is Σ(y − ŷ)²/(n·k) + l2·Σw²/(2n), the constants without: the normal equations
		// have l2·k/2 on the diagonal.
		design := mat.NewDense(n, d+1, nil)
		for i := range n {
			design.SetRow(i, append(slices.Clone(x.RawRowView(i)), 1))
		}
		var gram, right, want mat.Dense
		gram.Mul(design.T(), design)
		for j := range d {
			gram.Set(j, j, gram.At(j, j)+l2*k/2)
		}
		right.Mul(design.T(), y)
		if err := want.Solve(&gram, &right); err != nil {
			t.Fatal(err)
		}
		got := m.Parameters()
		for unit := range k {
			for j := range d + 1 {
				at := unit*d + j
				if j == d {
					at = d*k + unit
				}
				if math.Abs(got[at]-want.At(j, unit)) > 1e-4 {
					t.Errorf("L2 %.2g: weight %d of unit %d is %v, want %v", l2, j, unit, got[at], want.At(j, unit))
				}
			}
		}
	}
}

func TestMLPReadsDigits(t *testing.T) {
	testenv.Unraced(t)
	ctx := context.Background()
	x, labels, held, names := digits()
	for _, c := range []struct {
		nn.MLP
		least float64
	}{
		{nn.MLP{Hidden: []int{128}}, .963},
		{nn.MLP{Hidden: []int{128}, Optimizer: nn.SGD, Rate: .05, Epochs: 60}, .95},
		{nn.MLP{Hidden: []int{64, 64}, Activation: nn.Tanh, Epochs: 30, Batch: 50, Schedule: nn.Cosine, Rate: .003}, .955},
		{nn.MLP{Hidden: []int{32}, Activation: nn.GELU, Epochs: 30, Rate: .01, WeightDecay: .1}, .95},
	} {
		m := c.MLP
		m.Labels = labels
		model, err := m.Fit(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		share, err := model.Accuracy(ctx, held, names)
		if err != nil || share < c.least {
			t.Errorf("%v: %.4f, %v", model.Options, share, err)
		}
		p, err := model.Probabilities(ctx, held)
		if err != nil {
			t.Fatal(err)
		}
		got, _ := model.Predict(ctx, held)
		for i := range got {
			sum := 0.
			for _, v := range p.Row(i) {
				sum += float64(v)
			}
			if math.Abs(sum-1) > 1e-5 || p.Row(i)[got[i]] != slices.Max(p.Row(i)) {
				t.Fatalf("row %d: probabilities %v, class %d", i, p.Row(i), got[i])
			}
		}
	}
}

// Batches in one part and in many, with and without a crew.
func TestMLPSameBitsOnAnyCores(t *testing.T) {
	x, labels := disk(4, 700, 6)
	for _, m := range []nn.MLP{{Hidden: []int{300, 40}, Epochs: 2, Batch: 130}, {Hidden: []int{600}, Epochs: 1, Batch: 40}, {Hidden: []int{8}, Epochs: 3}, {Hidden: []int{90}, Batch: 700, Epochs: 2}} {
		m.Labels = labels
		var want []float64
		old := runtime.GOMAXPROCS(0)
		for _, procs := range testenv.Cores() {
			runtime.GOMAXPROCS(procs)
			got, err := m.Fit(context.Background(), x)
			runtime.GOMAXPROCS(old)
			if err != nil {
				t.Fatal(err)
			}
			if want == nil {
				want = got.Parameters()
			}
			if !slices.Equal(want, got.Parameters()) {
				t.Errorf("%v: other bits on %d cores", m.Hidden, procs)
			}
		}
	}
}

func TestMLPOnItsWay(t *testing.T) {
	ctx := context.Background()
	x, labels := disk(5, 100, 3)
	whole := nn.MLP{Hidden: []int{9}, Labels: labels, Batch: 30, Epochs: 12, Snapshots: []int{0, 1, 21, 48, 900}}
	m, err := whole.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	if m.Steps != 48 || len(m.Losses) != 12 || len(m.Snapshots) != 4 || m.Snapshots[2].Step != 21 {
		t.Fatalf("%d steps, losses %v, %d snapshots", m.Steps, m.Losses, len(m.Snapshots))
	}
	var steps []nn.Step
	var middle *nn.MLPModel
	visited, err := whole.Train(ctx, x, func(s nn.Step) bool {
		if s.Number == 21 {
			middle = s.Model()
		}
		s.Parameters = nil
		steps = append(steps, s)
		return s.Number < 40
	})
	if err != nil || len(steps) != 40 || steps[39].Epoch != 9 || visited.Steps != 40 || len(visited.Losses) != 9 {
		t.Errorf("a training ended at step 40: %d visits, %d steps, %d epochs, %v", len(steps), visited.Steps, len(visited.Losses), err)
	}
	if !slices.Equal(middle.Parameters(), m.At(m.Snapshots[2]).Parameters()) || slices.Equal(middle.Parameters(), m.Parameters()) {
		t.Error("the network visited at step 21 is not that of the snapshot")
	}
	if !slices.Equal(m.At(m.Snapshots[3]).Parameters(), m.Parameters()) {
		t.Error("the last snapshot is not the network")
	}
	// Taken up again, also from a file.
	for _, optimizer := range []nn.Optimizer{nn.Adam, nn.SGD} {
		whole.Optimizer = optimizer
		want, err := whole.Fit(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		part, rest := whole, whole
		part.Epochs, rest.Epochs = 5, 7
		first, err := part.Fit(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		var file bytes.Buffer
		if _, err := first.WriteTo(&file); err != nil {
			t.Fatal(err)
		}
		var back nn.MLPModel
		if _, err := back.ReadFrom(&file); err != nil {
			t.Fatal(err)
		}
		got, err := back.Continue(ctx, x, rest)
		if err != nil || !slices.Equal(got.Parameters(), want.Parameters()) || !slices.Equal(got.Losses, want.Losses) || !reflect.DeepEqual(got.Snapshots, want.Snapshots) {
			t.Errorf("%v: 5 epochs and 7 are not 12 (%v)", optimizer, err)
		}
	}
	layers, err := m.Activations(ctx, x)
	if err != nil || len(layers) != 3 {
		t.Fatalf("%d layers, %v", len(layers), err)
	}
	// The activations are those of the parameters.
	p := m.Parameters()
	for i := range 3 {
		row := x.RawRowView(i)
		for j := range 9 {
			z := p[27+j]
			for k, v := range row {
				z += p[3*j+k] * v
			}
			if got := layers[1].At(i, j); math.Abs(got-max(z, 0)) > 1e-5 {
				t.Errorf("unit %d of row %d is %v, want %v", j, i, got, max(z, 0))
			}
		}
	}
	same, err := m.WithParameters(p)
	if err != nil || !slices.Equal(same.Parameters(), p) || !slices.Equal(m.LayerParameters(), []int{36, 20}) {
		t.Errorf("with its own parameters: %v, layers of %v", err, m.LayerParameters())
	}
}

// The Jacobian is that of finite differences of what comes into a layer.
func TestMLPJacobian(t *testing.T) {
	ctx := context.Background()
	x, labels := disk(6, 80, 4)
	for _, activation := range []nn.Activation{nn.ReLU, nn.Tanh, nn.GELU, nn.Identity} {
		m, err := nn.MLP{Hidden: []int{6, 5}, Activation: activation, Labels: labels, Epochs: 2}.Fit(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		row := []float64{.3, -.2, .5, .1}
		got, err := m.Jacobian(3, row)
		if err != nil {
			t.Fatal(err)
		}
		const step = 1e-2
		for j := range row {
			sides := mat.NewDense(2, 4, append(slices.Clone(row), row...))
			sides.Set(0, j, row[j]+step)
			sides.Set(1, j, row[j]-step)
			y, err := m.Output(ctx, sides)
			if err != nil {
				t.Fatal(err)
			}
			for unit := range 2 {
				if want := (y.At(0, unit) - y.At(1, unit)) / (2 * step); math.Abs(got.At(unit, j)-want) > 2e-3 {
					t.Errorf("%v: the derivative of output %d by column %d is %.4f, want %.4f", activation, unit, j, got.At(unit, j), want)
				}
			}
		}
	}
}

func TestMLPRefuses(t *testing.T) {
	ctx := context.Background()
	x, labels := disk(7, 40, 3)
	y := fixture.Normal(8, 40, 2)
	for name, m := range map[string]nn.MLP{
		"Labels": {}, "Targets": {Labels: labels, Targets: y}, "Loss": {Labels: labels, Loss: nn.SquaredError}, "Hidden": {Labels: labels, Hidden: []int{0}},
		"Rate": {Targets: y, Rate: 90, Optimizer: nn.SGD}, "Snapshots": {Labels: labels, Snapshots: []int{3, 3}}, "Activation": {Labels: labels, Activation: 9},
	} {
		var param *mat32.ParamError
		if _, err := m.Fit(ctx, x); !errors.As(err, &param) || param.Param != name {
			t.Errorf("%s: %v", name, err)
		}
	}
	var param *mat32.ParamError
	if _, err := (nn.MLP{Targets: y, Loss: nn.BinaryCrossEntropy}).Fit(ctx, x); !errors.As(err, &param) || param.Param != "Targets" {
		t.Errorf("targets that are no probabilities: %v", err)
	}
	if _, err := (nn.MLP{Labels: slices.Repeat([]int{-1}, 40)}).Fit(ctx, x); !errors.As(err, &param) || param.Param != "Labels" {
		t.Errorf("no label is known: %v", err)
	}
	if _, err := (nn.MLP{Labels: labels[1:]}).Fit(ctx, x); !errors.As(err, new(*mat32.ShapeError)) {
		t.Errorf("a label too few: %v", err)
	}
	m, err := nn.MLP{Labels: labels, Epochs: 1}.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Output(ctx, fixture.Normal(1, 5, 4)); !errors.As(err, new(*mat32.ShapeError)) {
		t.Errorf("rows of other columns: %v", err)
	}
	if _, err := m.Continue(ctx, y, nn.MLP{Labels: labels}); !errors.As(err, new(*mat32.ShapeError)) {
		t.Errorf("rows of other columns to train on: %v", err)
	}
	if _, err := m.Jacobian(3, x.RawRowView(0)); !errors.As(err, &param) {
		t.Errorf("a layer that there is not: %v", err)
	}
}

// Rows of unknown label are as if they were not there.
func TestMLPLeavesUnknownRowsOut(t *testing.T) {
	ctx := context.Background()
	x, labels := disk(9, 60, 3)
	s := rng.New(9, "unknown", 0)
	for i := 40; i < 60; i++ {
		labels[i] = -1
		for j := range 3 {
			x.Set(i, j, 100*s.Normal())
		}
	}
	m := nn.MLP{Labels: labels, Epochs: 3, Batch: 20}
	got, err := m.Fit(ctx, x)
	m.Labels = labels[:40]
	want, err2 := m.Fit(ctx, x.Slice(0, 40, 0, 3))
	if err != nil || err2 != nil || got.Rows != 40 || !slices.Equal(got.Parameters(), want.Parameters()) {
		t.Errorf("rows of unknown label count: %v, %v", err, err2)
	}
}

func ExampleMLP() {
	// Exclusive or, which no line tells apart.
	x := mat.NewDense(4, 2, []float64{0, 0, 0, 1, 1, 0, 1, 1})
	m, err := nn.MLP{Hidden: []int{16}, Activation: nn.Tanh, Labels: []int{0, 1, 1, 0}, Rate: .05}.Fit(context.Background(), x)
	if err != nil {
		fmt.Println(err)
		return
	}
	classes, err := m.Predict(context.Background(), x)
	fmt.Println(classes, len(m.Parameters()), err)
	// Output: [0 1 1 0] 82 <nil>
}

func ExampleMLP_Objective() {
	x := mat.NewDense(4, 2, []float64{0, 0, 0, 1, 1, 0, 1, 1})
	o, err := nn.MLP{Hidden: []int{16}, Activation: nn.Tanh, Labels: []int{0, 1, 1, 0}}.Objective(context.Background(), x)
	if err != nil {
		fmt.Println(err)
		return
	}
	gradient := make([]float64, o.Parameters())
	loss := o.Loss(gradient, o.Start())
	wrong, err := nn.GradientError(o, o.Start(), .003, 10, 1)
	fmt.Println(loss > .5, wrong < .01, err)
	// Output: true true <nil>
}
