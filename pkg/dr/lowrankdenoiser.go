package dr

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"sync"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/nn"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// LowRankDenoiser is a diffusion model that can be read: a denoiser, trained to give rows back
// from which noise of all scales has been added, whose form is that of the best possible one
// where rows are normally distributed around the origin within some subspaces of few dimensions.
// Of y = x + σ·e it makes
//
//	τ²/(τ²+σ²) · Σₖ wₖ·Uₖᵀ·Uₖ·y,  w = softmax(τ²/(2σ²(τ²+σ²))·‖Uₖ·y‖²)
//
// with orthonormal bases Uₖ (Components × d), which it learns, and the scale τ of the rows, their root
// mean square along a dimension of their subspace. All subspaces weigh the same.
//
// Training it is the same as clustering rows by subspaces: it comes to those of KSubspaces, from about
// as many rows of each as they have dimensions, and from no fewer (P. Wang, H. Zhang, Z. Zhang,
// S. Chen, Y. Ma and Q. Qu, 2024, Diffusion models learn low-dimensional distributions via subspace
// clustering). It comes near them, as near as noise lets it: where rows are just enough, KSubspaces
// finds what it has yet to learn.
//
// Every step draws rows, a scale of noise for each, evenly by its logarithm, and noise, which is
// added and taken away; errors weigh by (τ²+σ²)/(τ²σ²), so that all scales count alike (T. Karras,
// M. Aittala, T. Aila and S. Laine, 2022, Elucidating the design space of diffusion-based generative
// models); and Adam moves the bases against that part of the gradient which turns the subspaces, after
// which they are made orthonormal. Starts are random bases, and the one that ends with the least loss
// is taken.
//
// Time O(Restarts·Steps·Batch·d·p) for p = Clusters·Components, starts on all cores; memory
// 8·n·(d+p) bytes and for every core 16·Batch·d + 48·Batch·p + 48·d·p + 16·p².
type LowRankDenoiser struct {
	// Clusters is the number of subspaces. Default 2, or n where that is less.
	Clusters int

	// Components is the dimension of every subspace. Larger ones hold more of any row, and tell
	// less apart. Default 2, or d where that is less.
	Components int

	// LeastNoise and MostNoise are the scales of noise to train with, in units of the scale of the
	// rows. With less noise subspaces are found more exactly, and with more they are found from
	// more starts, as a row is then of all of them at once. Defaults 0.05 and 2.
	LeastNoise, MostNoise float64

	// Restarts is the number of starts. Larger values miss the best subspaces less often.
	// Default 10.
	Restarts int

	// Steps is the number of steps of every start. Default 300.
	Steps int

	// Batch is the number of rows of a step. Default 256, or n where that is less.
	Batch int

	// LearningRate is about how far a step moves a vector of a basis, whose length is 1; it rises in a
	// tenth of the steps and falls to zero along a cosine. Larger values find the subspaces from more
	// starts, and less exactly. Default 2.
	LearningRate float64

	// Seed draws the starts, the rows and the noise.
	Seed uint64

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

const lowRankDenoiser = "dr.LowRankDenoiser"

// Resolve returns the options with defaults filled in, or a *mat32.ParamError, for a matrix of
// n rows and d columns.
func (l LowRankDenoiser) Resolve(n, d int) (LowRankDenoiser, error) {
	for _, o := range []struct {
		name           string
		value          *int
		standard, most int
		why            string
	}{
		{"Clusters", &l.Clusters, min(2, n), n, "n"},
		{"Components", &l.Components, min(2, d), d, "d"},
		{"Restarts", &l.Restarts, 10, mostBlocks, "2²⁰"},
		{"Steps", &l.Steps, 300, mostBlocks, "2²⁰"},
		{"Batch", &l.Batch, min(256, n), n, "n"},
	} {
		if *o.value == 0 {
			*o.value = o.standard
		}
		if err := checkRange(lowRankDenoiser, o.name, *o.value, 1, o.most, o.why); err != nil {
			return l, err
		}
	}
	for _, o := range []struct {
		name     string
		value    *float64
		standard float64
	}{{"LeastNoise", &l.LeastNoise, .05}, {"MostNoise", &l.MostNoise, 2}, {"LearningRate", &l.LearningRate, 2}} {
		if *o.value == 0 {
			*o.value = o.standard
		}
		if !(*o.value >= 1e-3 && *o.value <= 1e3) {
			return l, &mat32.ParamError{Method: lowRankDenoiser, Param: o.name, Value: *o.value, Want: fmt.Sprintf("0.001 ≤ %s ≤ 1000, or 0 for %v", o.name, o.standard)}
		}
	}
	if l.MostNoise < l.LeastNoise {
		return l, &mat32.ParamError{Method: lowRankDenoiser, Param: "MostNoise", Value: l.MostNoise, Want: fmt.Sprintf("at least LeastNoise = %v", l.LeastNoise)}
	}
	if l.MemoryLimit < 0 {
		return l, &mat32.ParamError{Method: lowRankDenoiser, Param: "MemoryLimit", Value: l.MemoryLimit, Want: "0 or more bytes"}
	}
	return l, nil
}

// Fit returns the denoiser of the rows of x (n × d), which are not centred. Errors: those of
// mat32.CheckRows, mat32.Check and Resolve, *mat32.DegenerateError where all rows are zero or their
// scale is beyond float64, *mat32.MemoryError, and one that wraps ctx.Err().
func (l LowRankDenoiser) Fit(ctx context.Context, x mat.Matrix) (*LowRankDenoiserModel, error) {
	n, d, err := checkRows(ctx, lowRankDenoiser, x, 1)
	if err != nil {
		return nil, err
	}
	if l, err = l.Resolve(n, d); err != nil {
		return nil, err
	}
	p := float64(l.Clusters) * float64(l.Components)
	need := 8*float64(n)*(float64(d)+p) +
		float64(min(l.Restarts, runtime.GOMAXPROCS(0)))*(16*float64(l.Batch)*float64(d)+48*float64(l.Batch)*p+48*float64(d)*p+16*p*p)
	if err := mat32.CheckMemory(lowRankDenoiser, int64(min(need, 1<<62)), l.MemoryLimit, "use fewer rows, Batch, Clusters or Components"); err != nil {
		return nil, err
	}
	rows := mat.DenseCopyOf(x)
	scale, err := l.scale(rows)
	if err != nil {
		return nil, err
	}
	bases, loss, err := l.best(ctx, rows)
	if err != nil {
		return nil, failed(lowRankDenoiser, err)
	}
	m := &LowRankDenoiserModel{Scale: scale, Loss: loss, options: fmt.Sprintf("%+v", l), dim: d}
	if err := m.settle(ctx, rows, bases, l.Clusters); err != nil {
		return nil, failed(lowRankDenoiser, err)
	}
	return m, nil
}

// scale divides rows by their root mean square along a dimension of their subspace, and returns it.
func (l LowRankDenoiser) scale(rows *mat.Dense) (float64, error) {
	data := rows.RawMatrix().Data
	most := 0.
	for _, v := range data {
		most = max(most, math.Abs(v))
	}
	if most == 0 {
		return 0, &mat32.DegenerateError{Method: lowRankDenoiser, Reason: "all rows are zero: they have no scale"}
	}
	_, exponent := math.Frexp(most)
	// In two halves, each of which float64 has: the largest is then from one half to one.
	kernel.Scal64(math.Ldexp(1, -exponent/2), data)
	kernel.Scal64(math.Ldexp(1, exponent/2-exponent), data)
	sum := 0.
	for _, v := range data {
		sum += v * v
	}
	root := math.Sqrt(sum / float64(rows.RawMatrix().Rows) / float64(l.Components))
	kernel.Scal64(1/root, data)
	scale := math.Ldexp(root, exponent)
	if math.IsInf(scale, 0) || scale < 0x1p-1022 {
		return 0, &mat32.DegenerateError{Method: lowRankDenoiser, Reason: "the scale of the rows is beyond float64: rescale the data"}
	}
	return scale, nil
}

// best trains from all starts, at the same time, and returns the bases that lose least.
func (l LowRankDenoiser) best(ctx context.Context, rows *mat.Dense) (bases *mat.Dense, loss float64, err error) {
	var mu sync.Mutex
	at := -1
	stage := watch.Start(ctx, "low-rank denoiser: starts", l.Restarts)
	inner := ctx
	if l.Restarts > 1 {
		inner = par.Alone(ctx)
	}
	all := par.Blocks(ctx, l.Restarts, 1, func(run, _ int) {
		found, lost, failure := l.from(inner, rows, run)
		mu.Lock()
		defer mu.Unlock()
		if failure != nil {
			err = failure
		} else if at < 0 || lost < loss || lost == loss && run < at {
			bases, loss, at = found, lost, run
		}
		stage.Add(1)
	})
	if all != nil {
		err = all
	}
	return bases, loss, err
}

// from trains from one start; it returns the bases and the mean loss of all rows.
func (l LowRankDenoiser) from(ctx context.Context, rows *mat.Dense, run int) (*mat.Dense, float64, error) {
	n, d := rows.Dims()
	u := mat.NewDense(l.Clusters*l.Components, d, nil)
	s := rng.New(l.Seed, "low-rank denoiser/start", run)
	for i := range u.RawMatrix().Data {
		u.RawMatrix().Data[i] = s.Normal()
	}
	if err := l.orthonormalize(ctx, u); err != nil {
		return nil, 0, err
	}
	b := newDenoisingLoss(l.Batch, d, l.Clusters, l.Components)
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	adam := new(nn.Adam[float64])
	rate := l.LearningRate / math.Sqrt(float64(d))
	purpose := fmt.Sprintf("low-rank denoiser/steps/%d", run)
	for step := range l.Steps {
		s := rng.New(l.Seed, purpose, step)
		if l.Batch < n {
			for k := range l.Batch {
				j := k + s.IntN(n-k)
				order[k], order[j] = order[j], order[k]
			}
		}
		b.draw(&s, rows, order[:l.Batch], l.LeastNoise, l.MostNoise)
		if _, err := b.of(ctx, u, true); err != nil {
			return nil, 0, err
		}
		if err := b.tangent(ctx, u); err != nil {
			return nil, 0, err
		}
		if err := adam.Step(ctx, rate*nn.Cosine(step, l.Steps/10, l.Steps), u.RawMatrix().Data, b.slopes.RawMatrix().Data); err != nil {
			return nil, 0, err
		}
		if err := l.orthonormalize(ctx, u); err != nil {
			return nil, 0, err
		}
	}
	const draws = 1024 // at least, by which all starts are judged
	passes := (max(n, draws) + l.Batch - 1) / l.Batch
	lost := 0.
	for pass := range passes {
		s := rng.New(l.Seed, "low-rank denoiser/judged", pass)
		for k := range l.Batch {
			order[k] = (pass*l.Batch + k) % n
		}
		b.draw(&s, rows, order[:l.Batch], l.LeastNoise, l.MostNoise)
		loss, err := b.of(ctx, u, false)
		if err != nil {
			return nil, 0, err
		}
		lost += loss / float64(passes*l.Components)
	}
	return u, lost, nil
}

func (l LowRankDenoiser) orthonormalize(ctx context.Context, u *mat.Dense) error {
	for c := range l.Clusters {
		if err := linalg.Orthonormalize(ctx, u.Slice(c*l.Components, (c+1)*l.Components, 0, u.RawMatrix().Cols).(*mat.Dense)); err != nil {
			return err
		}
	}
	return nil
}
