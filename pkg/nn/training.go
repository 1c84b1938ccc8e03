package nn

import (
	"context"
	"math"

	"gonum.org/v1/gonum/blas/blas32"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/nn"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Batches are cut into parts, by their length alone: a core then computes all layers of a
// part with what is in its cache, and waits for the others only once a step.
const (
	partRows   = 48      // of a part, about, and no less than half as many
	mostParts  = 16      // of a batch
	together   = 1 << 12 // parameters that are moved at a time
	worthwhile = 1 << 19 // products of a step that are worth another core
)

// parts returns how many parts a batch is cut into, and the rows of one.
func parts(rows int) (count, size int) {
	count = min(max(rows/partRows, 1), mostParts)
	size = (rows + count - 1) / count
	return (rows + size - 1) / size, size
}

// lossOf compares what a net makes of some rows with what it should, writes the gradient of
// the mean loss of these rows by y, and returns the mean. Parts are worked on at the same time.
type lossOf func(part int, rows []int, y, by blas32.General) float64

// gradients finds the gradient of a mean loss by the parameters of a net.
type gradients struct {
	rows  *mat32.Dense
	loss  lossOf
	nets  []*nn.Net        // one for each part of a batch, of the same parameters
	some  []blas32.General // the rows of each
	means []float64        // its loss
	errs  []error
}

// newGradients returns one for batches of at most so many rows.
func newGradients(net *nn.Net, rows *mat32.Dense, batch int, loss lossOf) *gradients {
	// A batch of fewer rows may have parts of more: those just short of one part more.
	count, size := parts(batch)
	size = max(size, min(batch, 2*partRows))
	_, d := rows.Dims()
	g := &gradients{rows: rows, loss: loss, nets: []*nn.Net{net}, means: make([]float64, count), errs: make([]error, count)}
	for p := range count {
		if p > 0 {
			g.nets = append(g.nets, net.Share())
		}
		g.some = append(g.some, blas32.General{Rows: size, Cols: d, Stride: d, Data: make([]float32, size*d)})
	}
	return g
}

// gradientBytes is what gradients take beside nn.Bytes of a part.
func gradientBytes(parameters, in, columns, batch int) int64 {
	count, size := parts(batch)
	size = max(size, min(batch, 2*partRows))
	return 4*int64(count)*int64(parameters) + int64(count)*int64(size)*(4*int64(in)+8*int64(columns))
}

// find leaves the gradients of the parts of a batch in the slopes of the nets, and returns the
// mean loss and the share that each part has in it.
func (g *gradients) find(ctx context.Context, batch []int) (loss float64, count int, err error) {
	count, size := parts(len(batch))
	part := func(ctx context.Context, p int) {
		rows := batch[p*size : min((p+1)*size, len(batch))]
		x := g.some[p]
		x.Rows = len(rows)
		for k, i := range rows {
			copy(x.Data[k*x.Stride:][:x.Cols], g.rows.Row(i))
		}
		y, err := g.nets[p].Forward(ctx, x)
		if err == nil {
			g.means[p] = g.loss(p, rows, y, g.nets[p].Gradient())
			err = g.nets[p].Backward(ctx)
		}
		g.errs[p] = err
	}
	if count == 1 {
		part(ctx, 0) // whose products may be cut
	} else {
		inner := par.Alone(ctx)
		err = par.Blocks(ctx, count, 1, func(p, _ int) { part(inner, p) })
	}
	if err != nil {
		return 0, 0, err
	}
	for p := range count {
		if g.errs[p] != nil {
			return 0, 0, g.errs[p]
		}
		loss += g.means[p] * float64(g.share(p, len(batch)))
	}
	return loss, count, nil
}

// share returns the share of part p in a batch.
func (g *gradients) share(p, rows int) float32 {
	_, size := parts(rows)
	return float32(min((p+1)*size, rows)-p*size) / float32(rows)
}

// gather adds what find left for parameters [lo, hi) to the slopes of the first net, and
// clears those of the others.
func (g *gradients) gather(lo, hi, count, rows int) []float32 {
	all := g.nets[0].Slopes[lo:hi]
	if count == 1 {
		return all
	}
	kernel.Scal32(g.share(0, rows), all)
	for p := 1; p < count; p++ {
		part := g.nets[p].Slopes[lo:hi]
		kernel.Axpy32(g.share(p, rows), part, all)
		clear(part)
	}
	return all
}

// span is a run of parameters.
type span struct{ lo, hi int }

// within returns the part of s in [lo, hi), counted from lo.
func (s span) within(lo, hi int) (from, to int) {
	from, to = max(s.lo, lo), min(s.hi, hi)
	return from - lo, max(from, to) - lo
}

// training is how a net is trained on the rows of its gradients.
type training struct {
	*gradients
	optimizer nn.Optimizer
	schedule  Schedule
	rate      float64
	l2, decay float64
	weights   []span // what l2 and decay draw to zero
	order     string // the purpose of the order of the rows
	seed      uint64
	after     func(values []float32) // what becomes of the parameters after a step, or nil
}

// run trains for epochs from the given one on. Visit is told of every step and epoch, the mean
// loss of which it gets, until it returns false.
func (t *training) run(ctx context.Context, rows []int, batch, epoch, epochs int, step func(number int, loss float64) bool, end func(epoch int, loss float64) bool) error {
	net := t.nets[0]
	each := (len(rows) + batch - 1) / batch
	if float64(min(batch, len(rows)))*float64(len(net.Values)) >= worthwhile {
		crew, dismiss := par.WithCrew(ctx)
		defer dismiss()
		ctx = crew
	} else {
		ctx = par.Alone(ctx)
	}
	order := make([]int, len(rows))
	for e := range epochs {
		copy(order, rows)
		s := rng.New(t.seed, t.order, epoch+e)
		s.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		mean := 0.
		for b := range each {
			some := order[b*batch : min((b+1)*batch, len(order))]
			loss, count, err := t.find(ctx, some)
			if err != nil {
				return err
			}
			rate := t.rate * t.schedule.rate(e*each+b, epochs*each)
			t.optimizer.Begin(rate, len(net.Values))
			err = par.Blocks(ctx, len(net.Values), together, func(lo, hi int) {
				values, slopes := net.Values[lo:hi], t.gather(lo, hi, count, len(some))
				for _, w := range t.weights {
					if from, to := w.within(lo, hi); from < to {
						if t.l2 > 0 {
							kernel.Axpy32(float32(t.l2/float64(len(some))), values[from:to], slopes[from:to])
						}
						if t.decay > 0 {
							kernel.Scal32(float32(1-rate*t.decay), values[from:to])
						}
					}
				}
				t.optimizer.Move(lo, values, slopes)
			})
			if err != nil {
				return err
			}
			if t.after != nil {
				t.after(net.Values)
			}
			mean += loss * float64(len(some)) / float64(len(rows))
			if !step((epoch+e)*each+b+1, loss) {
				return nil
			}
		}
		if !end(epoch+e+1, mean) {
			return nil
		}
	}
	return nil
}

// diverged says whether training has gone beyond all bounds.
func diverged(loss float64, values []float32) bool {
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		return true
	}
	for _, v := range values {
		if v-v != 0 {
			return true
		}
	}
	return false
}

// glorot draws the parameters of a dense layer, weights and then constants, evenly between
// ±gain·√(6/(in+out)) (X. Glorot and Y. Bengio, 2010, Understanding the difficulty of training
// deep feedforward neural networks).
func glorot(values []float32, in, out int, gain float64, s *rng.Stream) {
	bound := gain * math.Sqrt(6/float64(in+out))
	for i := range values {
		values[i] = float32(bound * (2*s.Float64() - 1))
	}
}

func general(m *mat32.Dense) blas32.General {
	n, d := m.Dims()
	return blas32.General{Rows: n, Cols: d, Stride: d, Data: m.Data()}
}
