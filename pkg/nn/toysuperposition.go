package nn

import (
	"context"
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/nn"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// ToySuperposition trains networks that bring more features through fewer dimensions than there
// are features: x′ = ReLU(WᵀW·x + b), with W of Hidden × Features. Features are even in [0, 1] and
// each is zero with probability Sparsity, by itself; the loss is Σ Importance·(x − x′)². Features
// that are dense share no dimension, and the least important are dropped; sparse ones lie in
// superposition, at the corners of regular figures: opposites, triangles, pentagons, tetrahedra.
//
// Instances learn from data of their own, in parallel, in float64. Rows without any feature are
// counted, not computed: time O(Instances·Steps·Batch·share·Features·Hidden) with share that of the
// rows that have one, about a second on two cores for 10 instances of 5 features in 2 dimensions
// and 10 000 steps at a Sparsity of 0.9; memory 32·Instances·Features·(Hidden + 1) bytes.
//
// Source: N. Elhage, T. Hume, C. Olsson, N. Schiefer, T. Henighan, S. Kravec, Z. Hatfield-Dodds
// and others (2022), Toy models of superposition.
type ToySuperposition struct {
	// Features is their number. Default 5.
	Features int

	// Hidden is the number of dimensions that they are brought through. Default 2.
	Hidden int

	// Sparsity is the probability that a feature is zero, below 1. Default 0.9, or Zero.
	Sparsity float64

	// Importance holds the weight of every feature in the loss, 0 or more. Default 1 for all.
	Importance []float64

	// Linear leaves the ReLU out: then there is no superposition. Default false.
	Linear bool

	// Instances is how many are trained. Default 10.
	Instances int

	// Steps of training. Default 10000.
	Steps int

	// Batch is the number of samples of a step. Default 1024.
	Batch int

	// Rate is about how far a parameter moves in a step by Adam, at first: it falls to zero along
	// half a cosine. Default 0.003.
	Rate float64

	// Seed draws the first parameters and the samples.
	Seed uint64
}

const toy = "nn.ToySuperposition"

// Resolve returns the options with defaults filled in, or a *mat32.ParamError.
func (t ToySuperposition) Resolve() (ToySuperposition, error) {
	o := options{method: toy}
	check(&o, "Features", &t.Features, 5, 1, 1<<12)
	check(&o, "Hidden", &t.Hidden, 2, 1, 1<<12)
	check(&o, "Sparsity", &t.Sparsity, .9, Zero, 1-0x1p-20)
	check(&o, "Instances", &t.Instances, 10, 1, 1<<16)
	check(&o, "Steps", &t.Steps, 10_000, 1, longest)
	check(&o, "Batch", &t.Batch, 1024, 1, 1<<20)
	check(&o, "Rate", &t.Rate, .003, Zero, 100)
	if t.Importance == nil && o.err == nil {
		t.Importance = make([]float64, t.Features)
		for i := range t.Importance {
			t.Importance[i] = 1
		}
	}
	if o.err == nil && len(t.Importance) != t.Features {
		o.refuse("Importance", len(t.Importance), fmt.Sprintf("one for each of the %d features", t.Features))
	}
	for _, v := range t.Importance {
		if !(v >= 0 && v <= 1e100) {
			o.refuse("Importance", v, "0 ≤ each of Importance ≤ 1e100")
		}
	}
	return t, o.err
}

// Superposition is what instances of a ToySuperposition have learnt.
type Superposition struct {
	Options   ToySuperposition // resolved
	Instances []ToyInstance
	Best      int // the instance of the least loss
}

// ToyInstance is one network.
type ToyInstance struct {
	// Directions, Features × Hidden, holds for every feature the direction that it is brought
	// through by: the columns of W. It is what geometry.FeatureDimensionality looks at.
	Directions *mat.Dense
	Bias       []float64 // of every feature
	Loss       float64   // on 32768/(1 − Sparsity) samples, the same for all instances
}

// Train trains all instances. Errors: those of Resolve, *mat32.MemoryError, *mat32.ParamError for a Rate
// at which parameters grow beyond bounds, and one that wraps ctx.Err().
func (t ToySuperposition) Train(ctx context.Context) (*Superposition, error) {
	t, err := t.Resolve()
	if err != nil {
		return nil, err
	}
	parameters := int64(t.Features) * int64(t.Hidden+1)
	if err := mat32.CheckMemory(toy, 32*int64(t.Instances)*parameters, 0, "reduce Features, Hidden or Instances"); err != nil {
		return nil, err
	}
	s := &Superposition{Options: t, Instances: make([]ToyInstance, t.Instances)}
	errs := make([]error, t.Instances)
	progress := watch.Start(ctx, "toy superposition: instances", t.Instances)
	err = par.Blocks(ctx, t.Instances, 1, func(i, _ int) {
		s.Instances[i], errs[i] = t.instance(ctx, i)
		progress.Add(1)
	})
	for _, e := range errs {
		if err == nil {
			err = e
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", toy, err)
	}
	for i, one := range s.Instances {
		if diverged(one.Loss, nil) {
			return nil, &mat32.ParamError{Method: toy, Param: "Rate", Value: t.Rate, Want: "a smaller one: the parameters grew beyond all bounds"}
		}
		if one.Loss < s.Instances[s.Best].Loss {
			s.Best = i
		}
	}
	return s, nil
}

// String returns a small table of the instances.
func (s *Superposition) String() string {
	var b strings.Builder
	t := s.Options
	fmt.Fprintf(&b, "toy superposition  %d features in %d dimensions, each zero with probability %.4g, %d steps, seed %d\n", t.Features, t.Hidden, exactly(t.Sparsity), t.Steps, t.Seed)
	for i, one := range s.Instances {
		fmt.Fprintf(&b, "  instance %-4d loss %.5g", i, one.Loss)
		if i == s.Best {
			b.WriteString(", the least")
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// instance trains one.
func (t ToySuperposition) instance(ctx context.Context, number int) (ToyInstance, error) {
	w := newToyNet(t)
	s := rng.New(t.Seed, "superposition/start", number)
	for i := range w.directions {
		w.directions[i] = s.Normal() * math.Sqrt(2/float64(t.Features+t.Hidden)) // of Glorot and Bengio
	}
	s = rng.New(t.Seed, "superposition/samples", number)
	adam := new(nn.Adam[float64])
	for step := range t.Steps {
		if step%16 == 0 && ctx.Err() != nil {
			return ToyInstance{}, ctx.Err()
		}
		w.batch(ctx, &s, t.Batch, true)
		adam.Begin(t.Rate*nn.Cosine(step, 0, t.Steps), len(w.values))
		adam.Move(0, w.values, w.slopes)
	}
	judge := rng.New(t.Seed, "superposition/judge", 0)
	samples, loss := int(1<<11/(1-exactly(t.Sparsity))), 0.
	for range 16 {
		loss += w.batch(ctx, &judge, samples, false) / 16
		if err := ctx.Err(); err != nil {
			return ToyInstance{}, err
		}
	}
	return ToyInstance{Directions: mat.NewDense(t.Features, t.Hidden, w.directions), Bias: w.bias, Loss: loss}, nil
}

// toyNet is an instance in training. Directions and bias are parts of values, as their
// gradients are of slopes.
type toyNet struct {
	t                        ToySuperposition
	values, slopes           []float64
	directions, bias         []float64
	byDirections, byBias     []float64
	active                   []int     // features of the sample
	x, hidden, byHidden, all []float64 // its values, what they are brought to, the gradient by that, and all values
}

func newToyNet(t ToySuperposition) *toyNet {
	n, m := t.Features, t.Hidden
	w := &toyNet{t: t, values: make([]float64, n*(m+1)), slopes: make([]float64, n*(m+1)),
		active: make([]int, 0, n), x: make([]float64, 0, n), hidden: make([]float64, m), byHidden: make([]float64, m), all: make([]float64, n)}
	w.directions, w.bias = w.values[:n*m:n*m], w.values[n*m:]
	w.byDirections, w.byBias = w.slopes[:n*m:n*m], w.slopes[n*m:]
	return w
}

// batch returns the mean loss of samples, and adds its gradient to slopes. Where ctx is done it
// leaves the rest of the samples out.
func (w *toyNet) batch(ctx context.Context, s *rng.Stream, samples int, learn bool) (loss float64) {
	n := w.t.Features
	every := max(1, 1<<20/len(w.values))      // samples, after which ctx is asked
	absent := math.Log(exactly(w.t.Sparsity)) // of one more cell that is zero
	empty, row := samples, 0
	w.active, w.x = w.active[:0], w.x[:0]
	end := func() {
		if len(w.active) > 0 {
			empty--
			loss += w.sample(samples, 1, learn)
			w.active, w.x = w.active[:0], w.x[:0]
		}
	}
	for cell := -1; ; {
		// The gap to the next feature that is there has the geometric distribution.
		gap := math.Floor(math.Log(1-s.Float64()) / absent)
		if !(gap < float64(samples*n-cell-1)) {
			break
		}
		cell += 1 + int(gap)
		if cell >= samples*n {
			break
		}
		if at := cell / n; at != row {
			end()
			if at/every != row/every && ctx.Err() != nil {
				return loss
			}
			row = at
		}
		w.active, w.x = append(w.active, cell%n), append(w.x, s.Float64())
	}
	end()
	if empty > 0 {
		loss += w.sample(samples, float64(empty), learn)
	}
	return loss / float64(samples)
}

// sample returns the loss of the sample, so many times, and adds its part of the gradient of a
// mean.
func (w *toyNet) sample(samples int, times float64, learn bool) (loss float64) {
	m := w.t.Hidden
	clear(w.hidden)
	for k, j := range w.active {
		axpy(w.x[k], w.directions[j*m:(j+1)*m], w.hidden)
		w.all[j] = w.x[k]
	}
	clear(w.byHidden)
	for i, v := range w.all {
		direction := w.directions[i*m : (i+1)*m]
		z := w.bias[i] + dot(direction, w.hidden)
		bent := z > 0 || w.t.Linear
		if !bent {
			z = 0
		}
		e := z - v
		loss += times * w.t.Importance[i] * e * e
		if learn && bent {
			g := 2 * times * w.t.Importance[i] * e / float64(samples)
			w.byBias[i] += g
			axpy(g, w.hidden, w.byDirections[i*m:(i+1)*m])
			axpy(g, direction, w.byHidden)
		}
	}
	for k, j := range w.active {
		if learn {
			axpy(w.x[k], w.byHidden, w.byDirections[j*m:(j+1)*m])
		}
		w.all[j] = 0
	}
	return loss
}

// short is below what length a call costs more than its work.
const short = 8

func dot(a, b []float64) (sum float64) {
	if len(a) >= short {
		return kernel.Dot64(a, b)
	}
	for i, v := range a {
		sum += v * b[i]
	}
	return sum
}

func axpy(alpha float64, x, y []float64) {
	if len(x) >= short {
		kernel.Axpy64(alpha, x, y)
		return
	}
	for i, v := range x {
		y[i] += alpha * v
	}
}
