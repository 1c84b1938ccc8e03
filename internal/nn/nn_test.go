package nn

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"

	"gonum.org/v1/gonum/blas/blas32"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/testenv"
)

func normal(seed uint64, rows, cols int) blas32.General {
	m, s := matrix(rows, cols), rng.New(seed, "nn/test", 0)
	for i := range m.Data {
		m.Data[i] = float32(s.Normal())
	}
	return m
}

// squares is half the sum of squares of y less target, and its gradient.
func squares(y, target, by blas32.General) (loss float64) {
	for i, v := range y.Data {
		by.Data[i] = v - target.Data[i]
		loss += float64(by.Data[i]) * float64(by.Data[i]) / 2
	}
	return loss
}

var nets = map[string]func() []Layer{
	"heads on prefixes": func() []Layer {
		return []Layer{Linear{Out: 6}, Bias{Shape: Tanh}, Heads{Dims: []int{1, 3, 6}, Out: 2}, Bias{}, Linear{Out: 3}}
	},
	"linear":         func() []Layer { return []Layer{Linear{Out: 3}} },
	"two linear":     func() []Layer { return []Layer{Linear{Out: 7}, Linear{Out: 3}} },
	"normalised":     func() []Layer { return []Layer{Linear{Out: 5}, &BatchNorm{}, Linear{Out: 3}} },
	"plain, at last": func() []Layer { return []Layer{Linear{Out: 3}, &BatchNorm{Plain: true}} },
	"rectified":      func() []Layer { return []Layer{Linear{Out: 6}, &BatchNorm{Rectify: true}, Linear{Out: 3}} },
	"views":          func() []Layer { return []Layer{Linear{Out: 9}, &BatchNorm{Views: 2, Rectify: true}, Linear{Out: 3}} },
	"deep": func() []Layer {
		return []Layer{Linear{Out: 130}, &BatchNorm{Views: 2, Rectify: true}, Linear{Out: 8}, &BatchNorm{Views: 2}, Linear{Out: 3}}
	},
	"biased":     func() []Layer { return []Layer{Linear{Out: 6}, Bias{Rectified}, Linear{Out: 3}, Bias{}} },
	"bent":       func() []Layer { return []Layer{Linear{Out: 6, Gain: 2}, Bias{Tanh}, Linear{Out: 3}} },
	"bias alone": func() []Layer { return []Layer{Bias{Rectified}, Linear{Out: 3}} },
	"residual": func() []Layer {
		return []Layer{Linear{Out: 5}, &Residual{Layers: []Layer{Linear{Out: 8}, Bias{Tanh}, Linear{Out: 5}, Bias{}}}, Bias{Rectified}, Linear{Out: 3}}
	},
	"residual first": func() []Layer {
		return []Layer{&Residual{Layers: []Layer{Linear{Out: 4}, Bias{Rectified}}}, Linear{Out: 3}}
	},
	"deep, and plain": func() []Layer {
		return []Layer{Linear{Out: 8}, &BatchNorm{Rectify: true}, Linear{Out: 3}, &BatchNorm{Views: 2, Plain: true}}
	},
}

// The gradient is the slope of the loss, along random directions of the parameters
// of every layer.
func TestGradients(t *testing.T) {
	ctx := context.Background()
	for name, layers := range nets {
		list := layers()
		n := New(4, 1, "test", list...)
		x, target := normal(1, 150, 4), normal(2, 150, 3)
		for l := range list { // scales and means that are not 1 and 0
			switch list[l].(type) {
			case *BatchNorm, Bias:
				s := rng.New(3, "nn/test", l)
				for i := range n.Parameters(l) {
					n.Parameters(l)[i] += .3 * float32(s.Normal())
				}
			}
		}
		loss := func() float64 {
			y, err := n.Forward(ctx, x)
			if err != nil {
				t.Fatal(err)
			}
			return squares(y, target, n.Gradient())
		}
		loss()
		if err := n.Backward(ctx); err != nil {
			t.Fatal(err)
		}
		slopes := slices.Clone(n.Slopes)
		for l := range list {
			from, to := n.starts[l], n.starts[l+1]
			for trial := range 5 {
				s := rng.New(uint64(trial), "nn/direction", l)
				direction := make([]float64, to-from)
				expected, size := 0., 0.
				for i := range direction {
					direction[i] = s.Normal()
					expected += direction[i] * float64(slopes[from+i])
					size += float64(slopes[from+i]) * float64(slopes[from+i])
				}
				if to == from {
					continue
				}
				const h = 2e-4 // small, for the kinks of what is rectified
				before := slices.Clone(n.Values)
				move := func(by float64) float64 {
					for i, d := range direction {
						n.Values[from+i] = before[from+i] + float32(by*d)
					}
					return loss()
				}
				got := (move(h) - move(-h)) / (2 * h)
				copy(n.Values, before)
				if math.Abs(got-expected) > .01*math.Sqrt(size)+1e-3 {
					t.Errorf("%s, layer %d: the slope is %.5g, the gradient says %.5g (length %.3g)", name, l, got, expected, math.Sqrt(size))
				}
			}
		}
	}
}

// Backward adds to Slopes.
func TestSlopesAddUp(t *testing.T) {
	ctx := context.Background()
	n := New(4, 1, "test", nets["deep"]()...)
	x, target := normal(1, 40, 4), normal(2, 40, 3)
	var once []float32
	for range 2 {
		y, err := n.Forward(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		squares(y, target, n.Gradient())
		if err := n.Backward(ctx); err != nil {
			t.Fatal(err)
		}
		if once == nil {
			once = slices.Clone(n.Slopes)
		}
	}
	for i, v := range n.Slopes {
		if math.Abs(float64(v-2*once[i])) > 1e-4*math.Abs(float64(v))+1e-5 {
			t.Fatalf("slope %d is %v, and was %v once", i, v, once[i])
		}
	}
}

func TestBatchNormOfViews(t *testing.T) {
	ctx := context.Background()
	both := normal(4, 60, 140)
	for i := range both.Data[:30*140] {
		both.Data[i] = 3*both.Data[i] + 1000 // the other view is elsewhere
	}
	b := &BatchNorm{Views: 2}
	n := New(140, 1, "test", b)
	y, err := n.Forward(ctx, both)
	if err != nil {
		t.Fatal(err)
	}
	for view := range 2 {
		for j := range 140 {
			var mean, square float64
			for i := range 30 {
				v := float64(y.Data[(30*view+i)*140+j])
				mean += v / 30
				square += v * v / 30
			}
			if math.Abs(mean) > 1e-4 || math.Abs(square-1) > 1e-3 {
				t.Fatalf("view %d, column %d: mean %v, mean square %v", view, j, mean, square)
			}
		}
	}
	// After one batch, of two views, the running moments are theirs.
	scale, shift := b.Running(n.Parameters(0))
	weights := [2]float64{.09 / .19, .1 / .19}
	for j := range 140 {
		var mean, variance float64
		for view, w := range weights {
			m, v := 0., 0.
			for i := range 30 {
				m += float64(both.Data[(30*view+i)*140+j]) / 30
			}
			for i := range 30 {
				v += math.Pow(float64(both.Data[(30*view+i)*140+j])-m, 2) / 29
			}
			mean += w * m
			variance += w * v
		}
		want := 1 / math.Sqrt(variance+batchNormEpsilon)
		if math.Abs(scale[j]-want) > 1e-4*want || math.Abs(shift[j]+want*mean) > 1e-4*math.Abs(want*mean)+1e-4 {
			t.Fatalf("column %d is mapped by %v and %v, want %v and %v", j, scale[j], shift[j], want, -want*mean)
		}
	}
}

// A column that is constant gives its shift, and no gradient that is not finite.
func TestConstantColumn(t *testing.T) {
	ctx := context.Background()
	x := matrix(10, 2)
	for i := range 10 {
		x.Data[2*i] = 7
		x.Data[2*i+1] = float32(i)
	}
	n := New(2, 1, "test", Linear{Out: 2}, &BatchNorm{Plain: true})
	copy(n.Parameters(0), []float32{1, 0, 0, 1})
	y, err := n.Forward(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	squares(y, normal(1, 10, 2), n.Gradient())
	if err := n.Backward(ctx); err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		if y.Data[2*i] != 0 {
			t.Fatalf("row %d of a constant column gives %v", i, y.Data[2*i])
		}
	}
	for _, s := range n.Slopes {
		if s-s != 0 {
			t.Fatalf("slopes %v", n.Slopes)
		}
	}
}

// The first steps by the formulas of the paper, in float64.
func TestAdam(t *testing.T) {
	ctx := context.Background()
	s := rng.New(1, "nn/adam", 0)
	const d = 10
	values, slopes := make([]float32, d), make([]float32, d)
	var x, m, v [d]float64
	for i := range values {
		values[i] = float32(s.Normal())
		x[i] = float64(values[i])
	}
	a := new(Adam[float32])
	for step := 1; step <= 20; step++ {
		for i := range slopes {
			g := math.Ldexp(s.Normal(), -2*i)
			slopes[i] = float32(g)
			m[i] = .9*m[i] + .1*g
			v[i] = .999*v[i] + .001*g*g
			x[i] -= .01 * (m[i] / (1 - math.Pow(.9, float64(step)))) / (math.Sqrt(v[i]/(1-math.Pow(.999, float64(step)))) + 1e-8)
		}
		if err := a.Step(ctx, .01, values, slopes); err != nil {
			t.Fatal(err)
		}
		for i := range values {
			if math.Abs(float64(values[i])-x[i]) > 1e-5 {
				t.Fatalf("step %d: value %d is %v, want %v", step, i, values[i], x[i])
			}
			if slopes[i] != 0 {
				t.Fatal("slopes are left")
			}
		}
	}
}

// Losses against their definitions, and their gradients against their slopes.
func TestLosses(t *testing.T) {
	const n, d = 6, 4
	y, target, by := normal(1, n, d), normal(2, n, d), matrix(n, d)
	labels := []int{0, 3, 1, 1, 2, 0}
	y.Data[3] = 200 // whose exponential is beyond float32
	losses := map[string]struct{ of, want func() float64 }{
		"cross-entropy": {
			func() float64 { return CrossEntropy(y, labels, by) },
			func() (sum float64) {
				for i, l := range labels {
					row, all := y.Data[i*d:][:d], 0.
					for _, v := range row {
						all += math.Exp(float64(v - row[l]))
					}
					sum += math.Log(all) / n
				}
				return sum
			},
		},
		"squared error": {
			func() float64 { return SquaredError(y, target, by) },
			func() (sum float64) {
				for i, v := range y.Data {
					sum += math.Pow(float64(v)-float64(target.Data[i]), 2) / (n * d)
				}
				return sum
			},
		},
	}
	for name, l := range losses {
		if got, want := l.of(), l.want(); math.Abs(got-want) > 1e-6*want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
		slopes := slices.Clone(by.Data)
		for i, g := range slopes {
			const h = 1. / 64
			before := y.Data[i]
			y.Data[i] = before + h
			up := l.want()
			y.Data[i] = before - h
			slope := (up - l.want()) / (2 * h)
			y.Data[i] = before
			if math.Abs(slope-float64(g)) > 1e-4 {
				t.Errorf("%s: value %d has slope %v, the gradient says %v", name, i, slope, g)
			}
		}
	}
}

func TestCosine(t *testing.T) {
	for step, want := range map[int]float64{0: .1, 4: .5, 9: 1, 10: 1, 55: .5, 100: 0} {
		if got := Cosine(step, 10, 100); math.Abs(got-want) > 1e-12 {
			t.Errorf("step %d: %v, want %v", step, got, want)
		}
	}
	if Cosine(0, 0, 1) != 1 {
		t.Error("one step, not warmed up, is not at the full rate")
	}
}

// train returns the parameters after some steps.
func train(ctx context.Context, steps int) ([]float32, error) {
	n, a := New(30, 1, "test", Linear{Out: 150}, &BatchNorm{Views: 2, Rectify: true}, Linear{Out: 140}, &BatchNorm{Views: 2, Plain: true}), new(Adam[float32])
	x, target := normal(1, 260, 30), normal(2, 260, 140)
	for range steps {
		y, err := n.Forward(ctx, x)
		if err != nil {
			return nil, err
		}
		squares(y, target, n.Gradient())
		if err := n.Backward(ctx); err != nil {
			return nil, err
		}
		if err := a.Step(ctx, .01, n.Values, n.Slopes); err != nil {
			return nil, err
		}
	}
	return n.Values, nil
}

func TestSameBitsOnAnyCores(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	var want []float32
	for _, procs := range testenv.Cores() {
		runtime.GOMAXPROCS(procs)
		got, err := train(context.Background(), 5)
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = got
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d cores train to other bits than 1", procs)
		}
	}
}

func TestCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := train(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled before it starts: %v", err)
	}
}

func TestBytes(t *testing.T) {
	// 16 weights and 4 constants in a residual, 4 columns and 4 and 4 in it.
	if got := Bytes(4, 8, &Residual{Layers: []Layer{Linear{Out: 4}, Bias{}}}); got != 16*20+8*8*12 {
		t.Errorf("%d bytes with a residual", got)
	}
	// 4·10 + 2·10 + 10·3 parameters, 23 columns.
	if got := Bytes(4, 8, Linear{Out: 10}, &BatchNorm{}, Linear{Out: 3}); got != 16*90+8*8*23 {
		t.Errorf("%d bytes", got)
	}
}

func ExampleNet() {
	// Fit y = 2·a − b.
	ctx := context.Background()
	n, adam := New(2, 1, "example", Linear{Out: 1}), new(Adam[float32])
	x, y := normal(1, 64, 2), matrix(64, 1)
	for i := range y.Data {
		y.Data[i] = 2*x.Data[2*i] - x.Data[2*i+1]
	}
	for step := range 400 {
		out, _ := n.Forward(ctx, x)
		squares(out, y, n.Gradient())
		n.Backward(ctx)
		adam.Step(ctx, .1*Cosine(step, 40, 400), n.Values, n.Slopes)
	}
	fmt.Printf("%.3f\n", n.Values)
	// Output: [2.000 -1.000]
}
