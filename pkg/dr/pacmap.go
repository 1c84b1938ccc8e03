package dr

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/dr/layout"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/pkg/watch"
)

// PaCMAP, pairwise controlled manifold approximation, draws a map by three kinds of pairs
// of rows: near pairs attract, mid-near pairs, which are the second nearest of six rows
// drawn at random, attract from afar, and further pairs repel. Mid-near pairs are strong
// at first and lay out the whole, then fade and leave the detail to the neighbours.
//
// Rows are compared by their first principal components. The near pairs of a row are, of
// its Neighbors + 50 nearest rows (half as many more as Neighbors above 50 000 rows), those
// of the least d²/σσ', where σ is the mean distance of the fourth to sixth neighbour. With d = 1 +
// the squared distance in the map the losses of a pair are w·d/(10+d), near, w·d/(10⁴+d),
// mid-near, and 1/(1+d), further; the weights w are 2 and 1000 falling to 3 in the first
// phase, 3 and 3 in the second, 1 and 0 in the third. Adam takes the steps. The map has
// the same bits on any number of cores.
//
// Where there are few rows for so many pairs, of each kind there are fewer, in the same
// ratio, which the notes tell; a row is never drawn against its near ones, and the least,
// 4 rows, have one near pair and two further ones each. Rows that are all equal are
// refused; duplicates of a row are near it like others, and only their mid-near and further
// pairs part them. Parts without near pairs between them are placed by the others, which
// join all.
//
// Time that of the principal components and of the neighbours (see neighbors.Auto), and
// O(n·Neighbors) an iteration. Memory, with k neighbours and their mid-near and further
// pairs p, about n·(12·Columns + 48·(k + 50) + 24·p) bytes beside what
// the components take.
//
// Source: Y. Wang, H. Huang, C. Rudin and Y. Shaposhnik (2021), Understanding how
// dimension reduction tools work: an empirical approach to deciphering t-SNE, UMAP,
// TriMap, and PaCMAP for data visualization. Defaults are those of pacmap 0.9.1 where it is
// left to choose the number of neighbours.
type PaCMAP struct {
	// Components is the number of dimensions of the map, at most n−1. Default 2.
	Components int

	// Neighbors is the number of near pairs of a row, at most n−2. Larger values look at
	// larger neighbourhoods. Default 10, and round(10 + 15·(log₁₀ n − 4)) above 10 000
	// rows, or n−2 where the data have fewer rows.
	Neighbors int

	// MidNearRatio is the number of mid-near pairs of a row over that of near ones, at
	// most 1000. Larger values hold the whole together more. Default 0.5; the constant
	// Zero makes none.
	MidNearRatio float64

	// FurtherRatio is the number of further pairs of a row over that of near ones, above
	// 0 and at most 1000; there is at least one. Larger values spread the map more.
	// Default 2.
	FurtherRatio float64

	// Iterations of the three phases, each at most 1e9; −1 leaves one out. Default {100,
	// 100, 250}.
	Iterations [3]int

	// LearningRate is about how far a coordinate moves in a step, in units of the map,
	// which is some tens wide; at most 1e6. Default 1.
	LearningRate float64

	// Columns is how many principal components rows are compared by where n−1 and d are
	// larger. Larger values keep more of the data, and noise; d or more keep all. Ignored
	// for distances. Default 100.
	Columns int

	// Graph, when given, is a graph of the rows of x, as they are, with Neighbors or more
	// neighbours, that is used instead of a new one: of its first Neighbors + 50 are the
	// near pairs.
	Graph *neighbors.Graph `json:"-"`

	// Start is where the points begin: FromPCA, at their first principal components, the
	// first with a standard deviation of 10, which is about that of a finished map;
	// FromRandom, normal with a standard deviation of 1e-4; or From(y). (pacmap starts at .01
	// times the components, in units of the data or of their range: where that is less,
	// maps keep fewer distances in order.) Default FromPCA, or FromRandom for distances.
	Start Start `json:"-"`

	// Seed draws the mid-near and further pairs, and what FromRandom and approximate
	// searches draw.
	Seed uint64

	// MemoryLimit in bytes refuses data whose matrices would not fit. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

const (
	pacmapStart   = 10   // standard deviation of the first principal component
	pacmapMidNear = 1000 // weight of mid-near pairs to begin with
)

// nearCandidates returns of how many neighbours of a row k near pairs are chosen. Those
// beyond are hardly ever chosen; where neighbours are sought approximately they cost most
// of the time.
func nearCandidates(n, k int) int {
	const extra, many = 50, 50_000
	if n > many {
		return k + (k+1)/2
	}
	return min(k+extra, n-1)
}

// Resolve returns the options with defaults filled in for n × d data, or an error that
// names the option and its range.
func (p PaCMAP) Resolve(n, d int) (PaCMAP, error) { return p.resolve("dr.PaCMAP", n, d) }

func (p PaCMAP) resolve(method string, n, d int) (PaCMAP, error) {
	if n < 4 {
		return p, fmt.Errorf("%s: %w", method, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 4 rows"})
	}
	usual := 10
	if n > 10_000 {
		usual = int(math.Round(10 + 15*(math.Log10(float64(n))-4)))
	}
	p.Components, p.Neighbors = cmp.Or(p.Components, 2), cmp.Or(p.Neighbors, min(usual, n-2))
	p.MidNearRatio, p.FurtherRatio = cmp.Or(p.MidNearRatio, .5), cmp.Or(p.FurtherRatio, 2)
	p.LearningRate, p.Columns = cmp.Or(p.LearningRate, 1), cmp.Or(p.Columns, 100)
	for phase, usual := range [...]int{100, 100, 250} {
		p.Iterations[phase] = cmp.Or(p.Iterations[phase], usual)
	}
	if p.Start == nil {
		p.Start = FromPCA
	}
	if err := checkRange(method, "Components", p.Components, 1, n-1, "n−1"); err != nil {
		return p, err
	}
	if err := checkRange(method, "Neighbors", p.Neighbors, 1, n-2, "n−2"); err != nil {
		return p, err
	}
	const longest = 1e9
	for _, r := range []struct {
		param string
		value any
		ok    bool
		want  string
	}{
		{"MidNearRatio", p.MidNearRatio, p.MidNearRatio > 0 && p.MidNearRatio <= 1000, "above 0 and at most 1000, or Zero"},
		{"FurtherRatio", p.FurtherRatio, p.FurtherRatio > 0 && p.FurtherRatio <= 1000, "above 0 and at most 1000"},
		{"Iterations", p.Iterations, slices.Min(p.Iterations[:]) >= None && slices.Max(p.Iterations[:]) <= longest, "1 to 1e9 in each phase, or −1 for none"},
		{"LearningRate", p.LearningRate, p.LearningRate > 0 && p.LearningRate <= 1e6, "above 0 and at most 1e6"},
		{"Columns", p.Columns, p.Columns >= 1, "1 or more"},
		{"MemoryLimit", p.MemoryLimit, p.MemoryLimit >= 0, "0 or more bytes"},
	} {
		if !r.ok {
			return p, &mat32.ParamError{Method: method, Param: r.param, Value: r.value, Want: r.want}
		}
	}
	return p, checkLaidOut(method, p.Start, n, p.Components, FromPCA, FromRandom)
}

// String returns the options in one line, as captions and tables show them.
func (p PaCMAP) String() string {
	return fmt.Sprintf("%d neighbours by at most %d components, mid-near ratio %.4g, further ratio %.4g, %d + %d + %d iterations, learning rate %.4g, start %v, seed %d",
		p.Neighbors, p.Columns, p.MidNearRatio, p.FurtherRatio, max(p.Iterations[0], 0), max(p.Iterations[1], 0), max(p.Iterations[2], 0), p.LearningRate, p.Start, p.Seed)
}

// pairCounts are how many pairs of each kind a row has.
type pairCounts struct{ near, midNear, further int }

// counts returns how many pairs every one of n rows has, and whether they are fewer than
// was asked for.
func (p PaCMAP) counts(n int) (c pairCounts, fewer bool) {
	times := func(ratio float64) int { return int(math.RoundToEven(float64(p.Neighbors) * ratio)) }
	c = pairCounts{p.Neighbors, min(times(p.MidNearRatio), n-1), min(times(p.FurtherRatio), n-1-p.Neighbors)}
	fewer = c.further < times(p.FurtherRatio) || c.midNear < times(p.MidNearRatio)
	if c.near+c.midNear+c.further >= n {
		share := float64(n) / (1 + p.MidNearRatio + p.FurtherRatio)
		c = pairCounts{max(1, int(share)), int(share * p.MidNearRatio), int(share * p.FurtherRatio)}
		fewer = true
	}
	c.further = max(1, min(c.further, n-1-c.near))
	return c, fewer
}

// Fit makes a map of the rows of x (n × d), or of rows at the distances that x holds.
// Errors: those of mat32.Check, Resolve, PCA and Graph.Check, *mat32.DegenerateError where
// all rows are equal, *mat32.MemoryError, and one that wraps ctx.Err(); a cancel during the
// iterations also returns the model so far, its embedding marked Partial and without a
// loss.
func (p PaCMAP) Fit(ctx context.Context, x mat.Matrix) (*PaCMAPModel, error) {
	m, err := p.fit(ctx, "dr.PaCMAP", "PaCMAP", x, 0)
	if m == nil {
		return nil, err
	}
	return &PaCMAPModel{*m}, err
}

// Embed returns the map of the rows of x: Fit(ctx, x) and its embedding. When cancelled
// during the iterations it returns the map so far, marked Partial, with the error.
func (p PaCMAP) Embed(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	m, err := p.Fit(ctx, x)
	if m == nil {
		return nil, err
	}
	return m.embedding, err
}

// fit is Fit of PaCMAP, and with a reach of LocalMAP.
func (p PaCMAP) fit(ctx context.Context, method, name string, x mat.Matrix, reach float64) (*pairModel, error) {
	n, d, err := checkData(ctx, method, x, 4)
	if err != nil {
		return nil, err
	}
	var notes []string
	if d == 0 {
		switch p.Start {
		case nil:
			p.Start = FromRandom
			notes = append(notes, "distances have no principal components: the start is random")
		case FromPCA:
			return nil, &mat32.ParamError{Method: method, Param: "Start", Value: p.Start, Want: "FromRandom or From(y): distances have no principal components"}
		}
	}
	if p, err = p.resolve(method, n, d); err != nil {
		return nil, err
	}
	counts, fewer := p.counts(n)
	if fewer {
		notes = append(notes, fmt.Sprintf("%d rows are few for so many pairs: each has %d near, %d mid-near and %d further ones", n, counts.near, counts.midNear, counts.further))
	}
	columns := min(n-1, d, p.Columns)
	each := 12*columns + 48*nearCandidates(n, counts.near) + 24*(counts.near+counts.midNear+counts.further) + 100*p.Components
	if err := mat32.CheckMemory(method, int64(n)*int64(each), p.MemoryLimit, "take fewer neighbours, or fewer rows"); err != nil {
		return nil, err
	}
	if err := checkVaries(ctx, method, x); err != nil {
		return nil, err
	}
	m := &pairModel{options: p, method: method, counts: counts, index: new(known)}
	m.options.Graph = nil
	if d > 0 {
		more, err := m.compare(ctx, x, columns)
		if err != nil {
			return nil, err
		}
		notes = append(notes, more...)
	}
	pairs, more, err := p.pairs(ctx, method, x, m, counts)
	if err != nil {
		return nil, err
	}
	notes = append(notes, more...)
	y := p.place(n, m.rows)
	loss, canceled := p.descend(ctx, name, pairs, y, reach)
	z := widened(y, p.Components)
	m.embedding = &Embedding{Dense: z, Method: name, Options: p.String(), Rows: n, Dim: d, Objective: loss, Loss: "loss of pairs", Notes: notes}
	switch {
	case canceled != nil && !finite(z.RawMatrix().Data):
		return nil, failed(method, canceled)
	case canceled != nil:
		m.embedding.Partial = true
		return m, failed(method, canceled)
	case !finite(z.RawMatrix().Data):
		return nil, &mat32.ParamError{Method: method, Param: "LearningRate", Value: p.LearningRate, Want: "a smaller one: the map grew beyond all bounds"}
	}
	return m, nil
}

// place returns where the points begin.
func (p PaCMAP) place(n int, rows *mat32.Dense) []float32 {
	const spread = 1e-4
	dim := p.Components
	y := make([]float32, n*dim)
	known := 0 // coordinates that the data give
	switch s := p.Start.(type) {
	case given:
		buf := make([]float64, dim)
		for i := range n {
			for c, v := range mat32.Row(buf, i, s.Y) {
				y[i*dim+c] = float32(v)
			}
		}
		return y
	case startBy:
		if s == FromPCA {
			_, c := rows.Dims()
			known = min(dim, c)
		}
	}
	for i := range n {
		r := rng.New(p.Seed, "PaCMAP/start", i)
		for c := range dim {
			if c < known {
				y[i*dim+c] = rows.Row(i)[c]
			} else {
				y[i*dim+c] = float32(spread * r.Normal())
			}
		}
	}
	return y
}

// pairSets are the pairs of all rows, and what further ones are drawn anew with.
type pairSets struct {
	near, midNear, further *layout.Pairs

	neighbors, apart []int32 // lists of near and further pairs
}

// descend moves y for all iterations. It returns the loss by the weights of the last
// phase, or the error of a cancel.
func (p PaCMAP) descend(ctx context.Context, name string, pairs *pairSets, y []float32, reach float64) (float64, error) {
	const (
		every  = 50 // iterations between two looks at the loss, for who watches
		redraw = 10 // iterations between two draws of further pairs, for LocalMAP
	)
	dim, total := p.Components, 0
	var ends [3]int
	for phase, iterations := range p.Iterations {
		total += max(iterations, 0)
		ends[phase] = total
	}
	ctx, dismiss := par.WithCrew(ctx)
	defer dismiss()
	next, points := make([]float32, len(y)), y
	adam := layout.NewAdam(p.LearningRate, len(y))
	defer func() { copy(y, points) }()
	watched := watch.Watched(ctx)
	bonds := func(it int) layout.Bonds {
		near, midNear := phaseWeights(it, ends)
		local := 0.
		if it > ends[1] {
			local = reach
		}
		return layout.Bonds{
			{Pairs: pairs.near, Weight: near, Offset: 10, Reach: local},
			{Pairs: pairs.midNear, Weight: midNear, Offset: 10_000},
			{Pairs: pairs.further, Weight: -1, Offset: 1},
		}
	}
	for it := range total {
		if err := bonds(it).Descend(ctx, next, points, dim, adam); err != nil {
			return math.NaN(), err
		}
		points, next = next, points
		if reach > 0 && it > ends[1] && it%redraw == 0 {
			if err := pairs.redraw(ctx, points, dim, reach, p.Seed, it); err != nil {
				return math.NaN(), err
			}
		}
		if !watched {
			continue
		}
		loss := math.NaN()
		if (it+1)%every == 0 {
			var err error
			if loss, err = bonds(it).Loss(ctx, points, dim); err != nil {
				return loss, err
			}
		}
		watch.Report(ctx, watch.Event{Stage: name + ": layout", Done: it + 1, Total: total, Loss: loss, Layout: func() *mat.Dense { return widened(points, dim) }})
	}
	return bonds(max(total, ends[1]+1)).Loss(ctx, points, dim)
}

// phaseWeights returns the weights of near and mid-near pairs in an iteration of phases
// that end so; further pairs always have 1.
func phaseWeights(it int, ends [3]int) (near, midNear float64) {
	switch {
	case it < ends[0]:
		done := float64(it) / float64(ends[0])
		return 2, (1-done)*pacmapMidNear + done*3
	case it < ends[1]:
		return 3, 3
	}
	return 1, 0
}
