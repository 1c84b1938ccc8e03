package dr

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/nn"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/screen"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/pkg/watch"
)

// TLDR, twin learning for dimensionality reduction, learns a map under which
// neighbours agree: of every row and one of its nearest neighbours, drawn anew in
// every epoch, the images should be the same, and the coordinates should not
// repeat each other (the Barlow Twins loss, taken behind a projector that is
// thrown away). PCA keeps directions of large variance; TLDR keeps those that
// neighbours share, and drops others, however large.
//
// The map is linear unless Nonlinear. It is trained by Adam, with a rate that rises
// over a tenth of the steps and falls along a cosine. Its coordinates are then turned
// to their principal axes, which leaves distances as they are, and scaled together
// to a mean variance of 1.
//
// For a batch of b rows a step takes O(b·(d·k + k·p + L·p²)) for k components and a
// projector of L layers p wide, and there are Epochs·n/b steps; the neighbours take
// O(n²·d) without a Graph. Memory 4·n·d bytes for the rows, 16·n·k for the map, about
// 16·b·(k + L·p) + 32·d·k + 16·L·p², and 16·n·EncoderWidth if Nonlinear.
//
// Sources: Y. Kalantidis, C. Lassance, J. Almazán and D. Larlus (2022), TLDR: twin
// learning for dimensionality reduction; J. Zbontar, L. Jing, I. Misra, Y. LeCun and
// S. Deny (2021), Barlow twins: self-supervised learning via redundancy reduction;
// D. Kingma and J. Ba (2015), Adam: a method for stochastic optimization, where the
// authors train by LARS.
type TLDR struct {
	// Components is the number of dimensions of the map, at most d. Default 32, or
	// d where that is less.
	Components int

	// Neighbors is the number of other rows that a row may be paired with. More of
	// them ask for a coarser agreement. Default 5, or n−1 where the data have fewer
	// rows.
	Neighbors int

	// Graph, when given, is a graph of the rows of x with Neighbors or more
	// neighbours each, Euclidean; it saves the search for them. Default: they are
	// sought by neighbors.Exact.
	Graph *neighbors.Graph

	// EncoderLayers is the number of hidden layers of the map, each with a batch
	// normalisation. Without Nonlinear their product is one linear map, learned in
	// factors. Default 0.
	EncoderLayers int

	// EncoderWidth is the width of these layers; ignored without them. Default 512.
	EncoderWidth int

	// Nonlinear rectifies what the hidden layers give: the map is a multilayer
	// perceptron. It needs EncoderLayers. Default false.
	Nonlinear bool

	// ProjectorLayers is the number of hidden layers of the projector, rectified,
	// behind which comes a linear one; None takes the loss of the map itself.
	// Default 2.
	ProjectorLayers int

	// ProjectorWidth is the width of all layers of the projector; ignored without
	// it. A step takes time as its square. Default 256, where the authors have 2048
	// on graphics processors.
	ProjectorWidth int

	// Lambda is the weight of the repetition of coordinates against the
	// disagreement of neighbours, at most 1. Default 0.0039.
	Lambda float64

	// Epochs is how often every row is seen. Default 100.
	Epochs int

	// Batch is the number of pairs that a step looks at, 2 to n; what is left of an
	// epoch below it waits for the next. Smaller batches make more steps. Default
	// 256, or n where that is less; the authors, with some million rows, have 1024.
	Batch int

	// LearningRate is the largest step of a weight, at most 1. Default 0.01.
	LearningRate float64

	// Seed of the first weights, of the order of the rows and of their partners.
	Seed uint64

	// MemoryLimit in bytes refuses data that would not fit. Default GOMEMLIMIT, or
	// 4 GiB.
	MemoryLimit int64
}

// Resolve returns the options with defaults filled in for n × d data, or an error
// that names the option and its range.
func (t TLDR) Resolve(n, d int) (TLDR, error) {
	const method = "dr.TLDR"
	if n < 2 {
		return t, fmt.Errorf("%s: %w", method, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 2 rows for neighbours"})
	}
	for _, o := range []struct {
		value *int
		usual int
	}{
		{&t.Components, min(32, d)}, {&t.Neighbors, min(5, n-1)}, {&t.EncoderWidth, 512}, {&t.ProjectorLayers, 2}, {&t.ProjectorWidth, 256},
		{&t.Epochs, 100}, {&t.Batch, min(256, n)},
	} {
		if *o.value == 0 {
			*o.value = o.usual
		}
	}
	if t.Lambda == 0 {
		t.Lambda = 0.0039
	}
	if t.LearningRate == 0 {
		t.LearningRate = 0.01
	}
	const widest, deepest = 1 << 16, 64
	for _, r := range []struct {
		param string
		value any
		ok    bool
		want  string
	}{
		{"Components", t.Components, t.Components >= 1 && t.Components <= d, fmt.Sprintf("1 ≤ Components ≤ d = %d", d)},
		{"Neighbors", t.Neighbors, t.Neighbors >= 1 && t.Neighbors <= n-1, fmt.Sprintf("1 ≤ Neighbors ≤ n−1 = %d", n-1)},
		{"EncoderLayers", t.EncoderLayers, t.EncoderLayers >= 0 && t.EncoderLayers <= deepest, fmt.Sprintf("0 ≤ EncoderLayers ≤ %d", deepest)},
		{"EncoderWidth", t.EncoderWidth, t.EncoderWidth >= 1 && t.EncoderWidth <= widest, fmt.Sprintf("1 ≤ EncoderWidth ≤ %d", widest)},
		{"Nonlinear", t.Nonlinear, !t.Nonlinear || t.EncoderLayers > 0, "EncoderLayers ≥ 1 with it"},
		{"ProjectorLayers", t.ProjectorLayers, t.ProjectorLayers >= None && t.ProjectorLayers <= deepest, fmt.Sprintf("1 ≤ ProjectorLayers ≤ %d, or None", deepest)},
		{"ProjectorWidth", t.ProjectorWidth, t.ProjectorWidth >= 1 && t.ProjectorWidth <= widest, fmt.Sprintf("1 ≤ ProjectorWidth ≤ %d", widest)},
		{"Lambda", t.Lambda, t.Lambda > 0 && t.Lambda <= 1, "0 < Lambda ≤ 1"},
		{"Epochs", t.Epochs, t.Epochs >= 1, "1 or more"},
		{"Batch", t.Batch, t.Batch >= 2 && t.Batch <= n, fmt.Sprintf("2 ≤ Batch ≤ n = %d", n)},
		{"LearningRate", t.LearningRate, t.LearningRate > 0 && t.LearningRate <= 1, "0 < LearningRate ≤ 1"},
		{"MemoryLimit", t.MemoryLimit, t.MemoryLimit >= 0, "0 or more bytes"},
	} {
		if !r.ok {
			return t, &mat32.ParamError{Method: method, Param: r.param, Value: r.value, Want: r.want}
		}
	}
	return t, nil
}

// String returns the options in one line, as captions and tables show them.
func (t TLDR) String() string {
	encoder, projector := "linear", "no projector"
	if t.EncoderLayers > 0 {
		encoder = fmt.Sprintf("linear in %d factors %d wide", t.EncoderLayers+1, t.EncoderWidth)
		if t.Nonlinear {
			encoder = fmt.Sprintf("%d hidden layers of %d", t.EncoderLayers, t.EncoderWidth)
		}
	}
	if t.ProjectorLayers > 0 {
		projector = fmt.Sprintf("projector %d × %d", t.ProjectorLayers, t.ProjectorWidth)
	}
	return fmt.Sprintf("%d components, %d neighbours, %s, %s, lambda %.4g, %d epochs in batches of %d, rate %.4g, seed %d",
		t.Components, t.Neighbors, encoder, projector, t.Lambda, t.Epochs, t.Batch, t.LearningRate, t.Seed)
}

// layers returns the encoder and the projector with the normalisation before the
// loss, for the two views of a batch.
func (t TLDR) layers() []nn.Layer {
	var l []nn.Layer
	for range t.EncoderLayers {
		l = append(l, nn.Linear{Out: t.EncoderWidth}, &nn.BatchNorm{Views: 2, Rectify: t.Nonlinear})
	}
	l = append(l, nn.Linear{Out: t.Components})
	if t.ProjectorLayers > 0 {
		for range t.ProjectorLayers {
			l = append(l, nn.Linear{Out: t.ProjectorWidth}, &nn.BatchNorm{Views: 2, Rectify: true})
		}
		l = append(l, nn.Linear{Out: t.ProjectorWidth})
	}
	return append(l, &nn.BatchNorm{Views: 2, Plain: true})
}

// Fit learns a map from x (n × d). Errors: those of mat32.CheckRows, mat32.Check and
// Resolve, *mat32.ParamError for a Graph of other rows and for a rate at which the
// weights grow beyond bounds, *mat32.DegenerateError where all rows are equal or
// results exceed float64, *mat32.MemoryError, and one that wraps ctx.Err().
func (t TLDR) Fit(ctx context.Context, x mat.Matrix) (*TLDRModel, error) {
	const method = "dr.TLDR"
	fail := func(err error) (*TLDRModel, error) { return nil, fmt.Errorf("%s: %w", method, err) }
	n, d, err := checkRows(ctx, method, x, 2)
	if err != nil {
		return nil, err
	}
	t, err = t.Resolve(n, d)
	if err != nil {
		return nil, err
	}
	if t.Graph != nil {
		if err := t.Graph.CheckContext(ctx, method, x, t.Neighbors); err != nil {
			return nil, err
		}
	}
	layers := t.layers()
	need := 4*int64(n)*int64(d) + 16*int64(n)*int64(t.Components) + 8*int64(t.Batch)*int64(d) +
		nn.Bytes(d, 2*t.Batch, layers...) + 4*int64(t.ProjectorWidth)*int64(t.ProjectorWidth) + packed(int64(n)*int64(d))
	wide := d
	for l := 0; l <= 2*t.EncoderLayers; l += 2 { // the map in float64, and a product or a copy of each factor
		out := layers[l].(nn.Linear).Out
		need += 16 * int64(wide) * int64(out)
		wide = out
	}
	if t.Nonlinear {
		need += 16 * int64(n) * int64(t.EncoderWidth)
	}
	if t.Graph == nil {
		need += 12*int64(n)*int64(t.Neighbors) + screen.Bytes(x)
	}
	if err := mat32.CheckMemory(method, need, t.MemoryLimit, "reduce rows, columns, Batch or the widths of layers"); err != nil {
		return nil, err
	}
	rows, err := scaled(ctx, method, x)
	if err != nil {
		return fail(err)
	}
	var notes []string
	graph := t.Graph
	if graph == nil {
		if graph, err = (neighbors.Exact{Neighbors: t.Neighbors, MemoryLimit: t.MemoryLimit}).Graph(ctx, x); err != nil {
			return fail(err)
		}
	} else {
		notes = append(notes, fmt.Sprintf("neighbours of a given graph: the first %d of %d", t.Neighbors, graph.K))
		t.Graph = nil // an input, which the model does not keep
	}
	net := nn.New(d, t.Seed, "TLDR/weights", layers...)
	loss, err := t.train(ctx, net, rows, graph)
	if err != nil {
		return fail(err)
	}
	m := &TLDRModel{options: t, rows: n, mean: rows.mean}
	if m.layers, err = t.encoder(ctx, net, layers, d); err != nil {
		return fail(err)
	}
	kernel.Scal64(1/rows.unit, m.layers[0].weights.RawMatrix().Data)
	for _, l := range m.layers {
		if !finite(l.weights.RawMatrix().Data) || !finite(l.shift) {
			return nil, &mat32.ParamError{Method: method, Param: "LearningRate", Value: t.LearningRate, Want: "a smaller one, or rescaled data: the weights grew beyond all bounds"}
		}
	}
	if err := m.turn(ctx, x); err != nil {
		return fail(err)
	}
	z, err := m.apply(ctx, x)
	if err != nil {
		return nil, err
	}
	m.embedding = &Embedding{Dense: z, Method: "TLDR", Options: t.String(), Rows: n, Dim: d, Objective: loss, Loss: "Barlow Twins loss", Notes: notes}
	return m, nil
}

// Embed returns the images of the rows of x: Fit(ctx, x) and its embedding.
func (t TLDR) Embed(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	m, err := t.Fit(ctx, x)
	if err != nil {
		return nil, err
	}
	return m.embedding, nil
}

// scaledRows32 are centred rows over unit, a power of two near the root of their
// mean square.
type scaledRows32 struct {
	*mat32.Dense
	mean []float64
	unit float64
}

// scaled returns the rows of x for learners in float32.
func scaled(ctx context.Context, method string, x mat.Matrix) (*scaledRows32, error) {
	n, d := x.Dims()
	c, err := newCentered(ctx, x)
	if err != nil {
		return nil, err
	}
	if c.constant {
		return nil, &mat32.DegenerateError{Method: method, Reason: "all rows are equal: there is nothing to tell them apart"}
	}
	largest, root, err := c.size(ctx)
	if err != nil {
		return nil, err
	}
	if !(largest <= math.MaxFloat64/4) {
		return nil, &mat32.DegenerateError{Method: method, Reason: "deviations from the mean exceed the largest float64: rescale the data"}
	}
	s := &scaledRows32{Dense: mat32.NewDense(n, d, nil), mean: c.mean, unit: binary(root)}
	return s, c.each(ctx, func(i int, row []float64) {
		to := s.Row(i)
		for j, v := range row {
			to[j] = float32(v / s.unit)
		}
	})
}

// train returns the mean loss of the last epoch.
func (t TLDR) train(ctx context.Context, net *nn.Net, rows *scaledRows32, graph *neighbors.Graph) (loss float64, err error) {
	n, d := rows.Dims()
	pairs := blas32.General{Rows: 2 * t.Batch, Cols: d, Stride: d, Data: make([]float32, 2*t.Batch*d)}
	order, partner := make([]int, n), make([]int, t.Batch)
	for i := range order {
		order[i] = i
	}
	each := n / t.Batch
	steps, step := t.Epochs*each, 0
	objective, adam := barlow{lambda: t.Lambda}, new(nn.Adam[float32])
	for epoch := range t.Epochs {
		s := rng.New(t.Seed, "TLDR/pairs", epoch)
		s.Shuffle(n, func(i, j int) { order[i], order[j] = order[j], order[i] })
		loss = 0
		for b := range each {
			batch := order[b*t.Batch : (b+1)*t.Batch]
			for k, i := range batch {
				near, _ := graph.Row(i)
				partner[k] = int(near[s.IntN(t.Neighbors)])
			}
			err := par.Blocks(ctx, t.Batch, 64, func(lo, hi int) {
				for k := lo; k < hi; k++ {
					copy(pairs.Data[k*d:(k+1)*d], rows.Row(batch[k]))
					copy(pairs.Data[(t.Batch+k)*d:(t.Batch+k+1)*d], rows.Row(partner[k]))
				}
			})
			if err != nil {
				return 0, err
			}
			y, err := net.Forward(ctx, pairs)
			if err != nil {
				return 0, err
			}
			now, err := objective.of(ctx, y, net.Gradient())
			if err != nil {
				return 0, err
			}
			loss += now / float64(each)
			if err := net.Backward(ctx); err != nil {
				return 0, err
			}
			if err := adam.Step(ctx, t.LearningRate*nn.Cosine(step, steps/10, steps), net.Values, net.Slopes); err != nil {
				return 0, err
			}
			step++
		}
		watch.Report(ctx, watch.Event{Stage: "TLDR: training", Done: epoch + 1, Total: t.Epochs, Loss: loss})
	}
	return loss, nil
}

// encoder returns the trained map: a hidden layer with its normalisation by the
// running moments is one layer, and those of a linear map are multiplied.
func (t TLDR) encoder(ctx context.Context, net *nn.Net, layers []nn.Layer, d int) ([]affine, error) {
	var chain []affine
	for i := 0; i <= 2*t.EncoderLayers; i += 2 {
		w := mat.NewDense(layers[i].(nn.Linear).Out, d, nil)
		for j, v := range net.Parameters(i) {
			w.RawMatrix().Data[j] = float64(v)
		}
		l := affine{weights: w}
		if i < 2*t.EncoderLayers {
			var scale []float64
			scale, l.shift = layers[i+1].(*nn.BatchNorm).Running(net.Parameters(i + 1))
			scaleRows(w, scale)
		}
		d, _ = w.Dims()
		if !t.Nonlinear && len(chain) > 0 {
			whole, err := product(ctx, w, blas.NoTrans, chain[0].weights, blas.NoTrans)
			if err != nil {
				return nil, err
			}
			chain[0].weights = whole
		} else {
			chain = append(chain, l)
		}
	}
	if !t.Nonlinear {
		chain[0].shift = nil // constants, which turning would take away
	}
	return chain, nil
}

// turn brings the images of the rows of x to their principal axes, of mean variance
// 1 together, and their mean to zero.
func (m *TLDRModel) turn(ctx context.Context, x mat.Matrix) error {
	z, err := m.apply(ctx, x)
	if err != nil {
		return err
	}
	c, err := newCentered(ctx, z)
	if err != nil {
		return err
	}
	n, k := z.Dims()
	largest := 0.
	for i := range n {
		c.row(z.RawRowView(i), i)
		for _, v := range z.RawRowView(i) {
			largest = max(largest, math.Abs(v))
		}
	}
	flat := func() error {
		return &mat32.DegenerateError{Method: "dr.TLDR", Reason: "the images of all rows are equal: nothing of the rows is left, or their scale is beyond float64"}
	}
	if !(largest > 0x1p-900 && largest < 0x1p900) {
		return flat()
	}
	unit := binary(largest)
	kernel.Scal64(1/unit, z.RawMatrix().Data)
	gram := mat.NewSymDense(k, nil)
	if err := addProducts(ctx, gram, blas.Trans, z); err != nil {
		return err
	}
	_, axes, err := linalg.EigenSym(ctx, gram)
	if err != nil {
		return err
	}
	size := math.Sqrt(mat.Trace(gram)/float64(n)/float64(k)) * unit
	last := &m.layers[len(m.layers)-1]
	turned, err := product(ctx, axes, blas.NoTrans, last.weights, blas.NoTrans)
	if err != nil {
		return err
	}
	signs := orientation(turned)
	for j := range signs {
		signs[j] /= size
	}
	scaleRows(turned, signs)
	if !finite(turned.RawMatrix().Data) {
		return flat()
	}
	if !m.options.Nonlinear {
		*last = affine{weights: turned} // of centred rows the images are centred
		return nil
	}
	scaleRows(axes, signs)
	shift := make([]float64, k)
	for i := range shift {
		for j, v := range axes.RawRowView(i) {
			shift[i] -= v * c.mean[j]
		}
	}
	*last = affine{turned, shift}
	return nil
}
