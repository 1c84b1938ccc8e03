package intrinsic

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/sketch"
	"github.com/flatland-go/flatland/pkg/watch"
)

// Objective is a problem of finding parameters. Its methods are called from one goroutine.
type Objective interface {
	// Parameters returns their number.
	Parameters() int
	// Loss returns the loss at parameters and fills gradient, of as many values, with
	// its derivatives.
	Loss(gradient, parameters []float64) float64
}

// Scored is an Objective with a score of its own, larger where better, such as the
// accuracy on other rows than those of the loss.
type Scored interface {
	Objective
	Score(parameters []float64) float64
}

// Subspace is a way to draw a random subspace of the parameters.
type Subspace int

const (
	// DenseSubspace is spanned by normal numbers (sketch.Gaussian): 4 bytes for every
	// parameter and dimension drawn at every step.
	DenseSubspace Subspace = iota
	// SparseSubspace has an entry other than zero in every √D (sketch.Sparse), for
	// D parameters.
	SparseSubspace
	// FastfoodSubspace is that of sketch.Fastfood, in O(D) memory and O(D·log D) time.
	FastfoodSubspace
)

var subspaces = [...]string{"dense", "sparse", "Fastfood"}

// String returns the name of the subspace.
func (s Subspace) String() string {
	if s < 0 || int(s) >= len(subspaces) {
		return fmt.Sprintf("Subspace(%d)", int(s))
	}
	return subspaces[s]
}

// ObjectiveLandscape measures how many dimensions a problem of D parameters has: the
// parameters are sought in random subspaces through the start, θ = θ₀ + P·u, and the
// smallest dimension of u in which the problem is solved is its own (Li, Farkhoor, Liu and
// Yosinski, 2018, Measuring the intrinsic dimension of objective landscapes). Solved
// means a score of Threshold times that of all parameters.
//
// Parameters are sought by L-BFGS (Liu and Nocedal, 1989, On the limited memory BFGS
// method for large scale optimization), which suits losses without noise. It may end in a
// local minimum or at a saddle, which makes a subspace look smaller than it is: of a
// convex loss there are none, but with a LayerScale there are, where a factor is 0, and
// most with Fastfood, whose slopes are float32. Look at Curve: a score that falls with
// the dimension shows one.
//
// Time O(log(dimension)·Iterations) losses and maps between u and θ; memory that of the
// map, 8 bytes for every parameter and dimension where it is dense, and 400·D bytes.
type ObjectiveLandscape struct {
	// Subspace is how P is drawn. Default DenseSubspace.
	Subspace Subspace

	// Dims are the dimensions to try. Default doubled from the least until one
	// solves the problem, and then halved in between, which takes a problem that is
	// solved in some dimension for solved in larger ones.
	Dims []int

	// Threshold is the share of the score of all parameters that solves the problem,
	// above 0 and at most 1. Larger values find larger dimensions; a subspace one too
	// small may come near by chance. Default 0.9.
	Threshold float64

	// LayerScale, when given, holds the numbers of parameters of consecutive layers,
	// and every layer has a factor of its own, which counts as a dimension, that the
	// random step is multiplied by (SAID: Aghajanyan, Gupta and Zettlemoyer, 2021,
	// Intrinsic dimensionality explains the effectiveness of language model
	// fine-tuning). Default none.
	LayerScale []int

	// Iterations is the most of L-BFGS in every subspace. Larger values take longer
	// and find better parameters. Default 500.
	Iterations int

	// Seed of the subspaces.
	Seed uint64
}

const objectiveLandscape = "intrinsic.ObjectiveLandscape"

// Resolve returns the options with defaults filled in, or a *mat32.ParamError, for d
// parameters; n does not matter.
func (o ObjectiveLandscape) Resolve(n, d int) (ObjectiveLandscape, error) {
	fail := func(param string, value any, want string) error {
		return &mat32.ParamError{Method: objectiveLandscape, Param: param, Value: value, Want: want}
	}
	if o.Threshold == 0 {
		o.Threshold = .9
	}
	if o.Iterations == 0 {
		o.Iterations = 500
	}
	switch {
	case o.Subspace < 0 || int(o.Subspace) >= len(subspaces):
		return o, fail("Subspace", int(o.Subspace), "DenseSubspace, SparseSubspace or FastfoodSubspace")
	case !(o.Threshold > 0 && o.Threshold <= 1):
		return o, fail("Threshold", o.Threshold, "0 < Threshold ≤ 1")
	case o.Iterations < 1:
		return o, fail("Iterations", o.Iterations, "1 or more")
	}
	if o.LayerScale != nil {
		total := 0
		for _, size := range o.LayerScale {
			if size < 1 || size > d {
				return o, fail("LayerScale", size, fmt.Sprintf("layers of 1 to %d parameters", d))
			}
			total += size
		}
		if total != d || len(o.LayerScale) >= d {
			return o, fail("LayerScale", total, fmt.Sprintf("fewer layers than parameters, of %d together", d))
		}
	}
	for _, dim := range o.Dims {
		if dim <= len(o.LayerScale) || dim > d {
			return o, fail("Dims", dim, fmt.Sprintf("%d ≤ Dims ≤ %d", len(o.LayerScale)+1, d))
		}
	}
	return o, nil
}

// Landscape is what ObjectiveLandscape finds.
type Landscape struct {
	Dimension  int // the smallest tried that solves the problem; 0 where none does
	Parameters int
	Baseline   float64 // the score of all parameters
	Threshold  float64 // the score that solves the problem
	Curve      []Trial // by rising dimension
	Convention string
}

// Trial is what one subspace gives.
type Trial struct {
	Dim         int
	Loss, Score float64
	Solved      bool
}

// Compression returns how many parameters there are for every dimension that the problem
// has: 0 where none was found.
func (l *Landscape) Compression() float64 {
	if l.Dimension == 0 {
		return 0
	}
	return float64(l.Parameters) / float64(l.Dimension)
}

// String returns a small table.
func (l *Landscape) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "dimension of the objective  %d of %d parameters\n  convention  %s", l.Dimension, l.Parameters, l.Convention)
	for _, t := range l.Curve {
		fmt.Fprintf(&b, "\n  %6d  score %.4g", t.Dim, t.Score)
		if t.Solved {
			b.WriteString(", solved")
		}
	}
	return b.String()
}

// Measure finds the dimension of an objective from the parameters start. The score is that of a
// Scored, else e^−loss.
//
// Errors: that of Resolve; *mat32.ShapeError for a start of another length;
// *mat32.NotFiniteError for one that is not finite; *mat32.DegenerateError where the
// loss at the start is not finite, or all parameters have no score above 0;
// *mat32.MemoryError; and one that wraps ctx.Err().
func (o ObjectiveLandscape) Measure(ctx context.Context, objective Objective, start []float64) (*Landscape, error) {
	d := objective.Parameters()
	if len(start) != d || d == 0 {
		return nil, fmt.Errorf("%s: %w", objectiveLandscape, &mat32.ShapeError{What: "start", Rows: 1, Cols: len(start), Want: fmt.Sprintf("%d parameters, and at least one", d)})
	}
	for j, v := range start {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("%s: %w", objectiveLandscape, &mat32.NotFiniteError{Col: j, Value: v})
		}
	}
	o, err := o.Resolve(1, d)
	if err != nil {
		return nil, err
	}
	score := func(parameters []float64, loss float64) float64 {
		if s, ok := objective.(Scored); ok {
			return s.Score(parameters)
		}
		return math.Exp(-loss)
	}
	if loss := objective.Loss(make([]float64, d), start); math.IsNaN(loss) || math.IsInf(loss, 0) {
		return nil, &mat32.DegenerateError{Method: objectiveLandscape, Reason: fmt.Sprintf("the loss at the start is %v", loss)}
	}
	all, loss, err := descend(ctx, objective.Loss, start, o.Iterations)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", objectiveLandscape, err)
	}
	l := &Landscape{Parameters: d, Baseline: score(all, loss),
		Convention: fmt.Sprintf("%s subspaces, %v of the score of all parameters, L-BFGS of %d iterations", o.Subspace, o.Threshold, o.Iterations)}
	if l.Threshold = o.Threshold * l.Baseline; !(l.Baseline > 0) {
		return nil, &mat32.DegenerateError{Method: objectiveLandscape, Reason: fmt.Sprintf("all parameters have the score %v: a share of it solves nothing", l.Baseline)}
	}
	progress := watch.Start(ctx, "random subspaces", 0)
	try := func(dim int) (bool, error) {
		p := newPlane(o, start, dim)
		fallible := func(gradient, u []float64) float64 { return p.loss(ctx, objective, gradient, u) }
		u, loss, err := descend(ctx, fallible, p.begin(), o.Iterations)
		if err == nil {
			err = p.err
		}
		if err != nil {
			return false, fmt.Errorf("%s: %w", objectiveLandscape, err)
		}
		p.move(ctx, u)
		if p.err != nil {
			return false, fmt.Errorf("%s: %w", objectiveLandscape, p.err)
		}
		t := Trial{Dim: dim, Loss: loss, Score: score(p.at, loss)}
		t.Solved = t.Score >= l.Threshold
		l.Curve = append(l.Curve, t)
		progress.Add(1)
		return t.Solved, nil
	}
	if err := o.search(d, try); err != nil {
		return nil, err
	}
	slices.SortFunc(l.Curve, func(a, b Trial) int { return a.Dim - b.Dim })
	for _, t := range slices.Backward(l.Curve) {
		if t.Solved {
			l.Dimension = t.Dim
		}
	}
	return l, nil
}

// search tries dimensions up to d.
func (o ObjectiveLandscape) search(d int, try func(dim int) (bool, error)) error {
	if o.Dims != nil {
		for _, dim := range slices.Compact(slices.Sorted(slices.Values(o.Dims))) {
			if _, err := try(dim); err != nil {
				return err
			}
		}
		return nil
	}
	low, high := len(o.LayerScale), len(o.LayerScale)+1
	for {
		solved, err := try(high)
		if err != nil {
			return err
		}
		if solved {
			break
		}
		if high == d {
			return nil
		}
		low, high = high, min(2*high, d)
	}
	for high-low > 1 {
		dim := low + (high-low)/2
		solved, err := try(dim)
		if err != nil {
			return err
		}
		if solved {
			high = dim
		} else {
			low = dim
		}
	}
	return nil
}

// plane is a random subspace through the start, with a factor for every layer.
type plane struct {
	o        ObjectiveLandscape
	start    []float64
	dim      int        // of the random part
	matrix   *mat.Dense // dim × D, unless it is Fastfood
	scale    float64    // for columns of length 1
	step, at []float64  // P·u, and where that leads
	slope    []float64  // of the loss there
	err      error
}

func newPlane(o ObjectiveLandscape, start []float64, dim int) *plane {
	d := len(start)
	p := &plane{o: o, start: start, dim: dim - len(o.LayerScale), step: make([]float64, d), at: make([]float64, d), slope: make([]float64, d)}
	p.scale = math.Sqrt(float64(p.dim) / float64(d))
	return p
}

// begin returns the u that leads nowhere, with factors of 1.
func (p *plane) begin() []float64 {
	return append(make([]float64, p.dim), slices.Repeat([]float64{1}, len(p.o.LayerScale))...)
}

// draw makes the matrix of a subspace that is held.
func (p *plane) draw(ctx context.Context) error {
	d := len(p.start)
	if p.matrix != nil || p.o.Subspace == FastfoodSubspace {
		return nil
	}
	if err := mat32.CheckMemory(objectiveLandscape, 16*int64(p.dim)*int64(d+p.dim), 0, "use a FastfoodSubspace"); err != nil {
		return err
	}
	unit := mat.NewDense(p.dim, p.dim, nil)
	for i := range p.dim {
		unit.Set(i, i, 1)
	}
	var rows *mat32.Dense
	var err error
	if p.o.Subspace == DenseSubspace {
		rows, err = sketch.Gaussian{Dim: p.dim, Seed: p.o.Seed}.ApplyT(ctx, unit, d)
	} else {
		rows, err = sketch.Sparse{Dim: p.dim, Density: 1 / math.Sqrt(float64(d)), Seed: p.o.Seed}.ApplyT(ctx, unit, d)
	}
	if err != nil {
		return err
	}
	p.matrix = mat.DenseCopyOf(rows)
	return nil
}

// move finds where u leads.
func (p *plane) move(ctx context.Context, u []float64) {
	if p.err = p.draw(ctx); p.err != nil {
		return
	}
	from := mat.NewDense(1, p.dim, slices.Clone(u[:p.dim]))
	if p.matrix != nil {
		mat.NewDense(1, len(p.step), p.step).Mul(from, p.matrix)
	} else {
		row, err := sketch.Fastfood{Dim: p.dim, Seed: p.o.Seed}.ApplyT(ctx, from, len(p.start))
		if p.err = err; err != nil {
			return
		}
		for j, v := range row.Row(0) {
			p.step[j] = float64(v)
		}
	}
	p.layers(func(j, layer int) {
		p.step[j] *= p.scale
		p.at[j] = p.start[j] + p.factor(u, layer)*p.step[j]
	})
}

// layers calls f for every parameter and its layer.
func (p *plane) layers(f func(j, layer int)) {
	if p.o.LayerScale == nil {
		for j := range p.start {
			f(j, 0)
		}
		return
	}
	j := 0
	for layer, size := range p.o.LayerScale {
		for range size {
			f(j, layer)
			j++
		}
	}
}

func (p *plane) factor(u []float64, layer int) float64 {
	if p.o.LayerScale == nil {
		return 1
	}
	return u[p.dim+layer]
}

// loss is that of the objective where u leads, NaN where it cannot be found.
func (p *plane) loss(ctx context.Context, objective Objective, gradient, u []float64) float64 {
	if p.move(ctx, u); p.err != nil {
		return math.NaN()
	}
	loss := objective.Loss(p.slope, p.at)
	clear(gradient)
	p.layers(func(j, layer int) {
		if p.o.LayerScale != nil {
			gradient[p.dim+layer] += p.slope[j] * p.step[j]
		}
		p.slope[j] *= p.factor(u, layer) * p.scale
	})
	from := mat.NewDense(1, len(p.slope), p.slope)
	if p.matrix != nil {
		mat.NewDense(1, p.dim, gradient[:p.dim]).Mul(from, p.matrix.T())
		return loss
	}
	row, err := sketch.Fastfood{Dim: p.dim, Seed: p.o.Seed}.Apply(ctx, from)
	if p.err = err; err != nil {
		return math.NaN()
	}
	for i, v := range row.Row(0) {
		gradient[i] = float64(v)
	}
	return loss
}
