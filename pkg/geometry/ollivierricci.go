package geometry

import (
	"cmp"
	"context"
	"fmt"
	"math"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// RicciPlan says how what surrounds one end of an edge is carried to the other.
type RicciPlan string

const (
	// OptimalPlan carries it at the least cost, exactly.
	OptimalPlan RicciPlan = "optimal"

	// EntropicPlan pays for what it leaves to chance (Sinkhorn's algorithm). It costs more
	// than the least, so that curvature is lower: it is there to be compared with.
	EntropicPlan RicciPlan = "entropic"

	// ProductPlan leaves all to chance: what is at the neighbours of one end goes to those
	// of the other in proportion, wherever it comes from. It is a bound from below.
	ProductPlan RicciPlan = "product"
)

// OllivierRicci measures how the graph bends along its edges: whether the surroundings of
// the two ends are nearer to each other than the ends (positive, as on a sphere, and within
// communities), as near (zero, as in the plane) or further apart (negative, as where trees
// branch, and at bridges):
//
//	κ(x, y) = 1 − W(μx, μy) / d(x, y).
//
// d is the length of the shortest way, W the least cost of carrying μx to μy along such ways,
// and μx has the share Alpha at x and the rest at its neighbours v, in proportion to
// Base^(−l(x,v)^Exponent), where l is the length of the edge. A node without neighbours
// keeps all. Where edges have one length, neighbours have equal shares.
//
// The weights of the graph are the lengths of its edges. A graph that is not symmetric is
// directed: μx of an edge x→y is then at what leads to x, μy at where y leads, and ways go
// along arcs. Loops are left out.
//
// The divisor is the distance, not the length of the edge, which is longer where there is
// a short cut (GraphRicciCurvature divides by the length up to version 0.5; its fix is of
// 2026). All neighbours count, where GraphRicciCurvature takes the nearest 3000; shares of
// neighbours far away never become equal for being small.
//
// Transport is solved edge by edge, on what is left when mass that both ends have in common
// is taken off, and exactly: where edges have one length by whole numbers of steps, else by
// the simplex method for networks. In practice an edge whose ends have about d neighbours
// takes O(d² + d³/64) steps where edges have one length, and O(d³) where lengths differ, beside
// searches through what lies within three edges of it. Memory 24·n bytes and the product of
// the degrees of an edge's ends, 9 bytes each, for every core; where lengths differ, 24 bytes
// each and 32 MB.
//
// Sources: Y. Ollivier (2009), Ricci curvature of Markov chains on metric spaces; C.-C. Ni,
// Y.-Y. Lin, J. Gao, X. Gu and E. Saucan (2015), Ricci curvature of the Internet topology,
// for the shares; Y. Lin, L. Lu and S.-T. Yau (2011), Ricci curvature of graphs, for Limit.
type OllivierRicci struct {
	// Alpha is the share that stays, 0 ≤ Alpha ≤ 0.999. Default 0.5; Zero for none. With
	// more, curvature shrinks in proportion to what moves. It is ignored with Limit.
	Alpha float64

	// Limit asks for the curvature of Lin, Lu and Yau, lim κ/(1−Alpha) as Alpha goes to 1.
	// It is twice that at ½, from where on κ falls in proportion (D. Bourne, D. Cushing, S.
	// Liu, F. Münch and N. Peyerimhoff, 2018, Ollivier–Ricci idleness functions of graphs).
	Limit bool

	// Plan is how mass is carried. Default OptimalPlan.
	Plan RicciPlan

	// Regularization is the weight of entropy of an EntropicPlan, as a length. Default 0.1.
	// Small values come near the optimal plan, slowly. Other plans ignore it.
	Regularization float64

	// Base is above 1. Default e. Larger values favour near neighbours.
	Base float64

	// Exponent is 0 or more. Default 2; Zero for equal shares. Larger values favour near
	// neighbours where lengths exceed 1.
	Exponent float64

	// MemoryLimit in bytes refuses graphs that would need more. Default GOMEMLIMIT, or
	// 4 GiB.
	MemoryLimit int64
}

const ollivierRicci = "geometry.OllivierRicci"

// Resolve returns the options with the defaults filled in, or a *mat32.ParamError for the
// first that is out of its range, for a graph of any size.
func (o OllivierRicci) Resolve(nodes, edges int) (OllivierRicci, error) {
	fail := func(param string, value any, want string) (OllivierRicci, error) {
		return o, &mat32.ParamError{Method: ollivierRicci, Param: param, Value: value, Want: want}
	}
	o.Alpha, o.Plan = cmp.Or(o.Alpha, 0.5), cmp.Or(o.Plan, OptimalPlan)
	o.Base, o.Exponent, o.Regularization = cmp.Or(o.Base, math.E), cmp.Or(o.Exponent, 2), cmp.Or(o.Regularization, 0.1)
	switch {
	case !(o.Alpha >= 0 && o.Alpha <= 0.999):
		return fail("Alpha", o.Alpha, "0 ≤ Alpha ≤ 0.999, or Limit")
	case o.Plan != OptimalPlan && o.Plan != EntropicPlan && o.Plan != ProductPlan:
		return fail("Plan", string(o.Plan), fmt.Sprintf("one of %v", []RicciPlan{OptimalPlan, EntropicPlan, ProductPlan}))
	case o.Limit && o.Plan != OptimalPlan:
		return fail("Plan", string(o.Plan), fmt.Sprintf("%v with Limit, which is proved for it", OptimalPlan))
	case !(o.Regularization >= 1e-9 && o.Regularization <= 1e9):
		return fail("Regularization", o.Regularization, "1e-9 ≤ Regularization ≤ 1e9")
	case !(o.Base > 1 && o.Base <= 1e9):
		return fail("Base", o.Base, "1 < Base ≤ 1e9")
	case !(o.Exponent >= 0 && o.Exponent <= 100):
		return fail("Exponent", o.Exponent, "0 ≤ Exponent ≤ 100")
	case o.MemoryLimit < 0:
		return fail("MemoryLimit", o.MemoryLimit, "0 or more bytes")
	}
	return o, nil
}

// String returns the options in one line, as captions and tables show them.
func (o OllivierRicci) String() string {
	s := fmt.Sprintf("Ollivier-Ricci curvature, alpha %s", short(o.share()))
	if o.Limit {
		s = "Ollivier-Ricci curvature, limit of Lin, Lu and Yau"
	}
	switch o.Plan {
	case EntropicPlan:
		s += ", entropic plan at " + short(o.Regularization)
	case ProductPlan:
		s += ", product plan"
	}
	if o.Base != math.E || o.Exponent != 2 {
		s += fmt.Sprintf(", shares %s^−l^%s", short(o.Base), short(o.exponent()))
	}
	return s
}

// share is Alpha as a number to compute with.
func (o OllivierRicci) share() float64 { return exact(o.Alpha) }

func (o OllivierRicci) exponent() float64 { return exact(o.Exponent) }

// exact returns a number to compute with: Zero is 0.
func exact(v float64) float64 {
	if v == Zero {
		return 0
	}
	return v
}

// Edges returns the curvature of every edge of g, and of every node the mean of its edges.
// Errors: those of Resolve; *mat32.ParamError where g is nil or empty; *mat32.MemoryError;
// *mat32.DegenerateError where lengths are so large or small that shares or distances
// overflow; and one that wraps ctx.Err().
func (o OllivierRicci) Edges(ctx context.Context, g *affinity.Sparse) (*EdgeCurvature, error) {
	w, err := newNetwork(ctx, ollivierRicci, g)
	if err != nil {
		return nil, err
	}
	o, err = o.Resolve(w.n, len(w.edges))
	if err != nil {
		return nil, err
	}
	values := make([]float64, len(w.edges))
	notes, err := o.measure(ctx, ollivierRicci, w, values, make([]float64, len(w.edges)))
	if err != nil {
		return nil, err
	}
	return curved(o.String(), w, values, notes...), nil
}

// measure writes the curvature of every edge to values, and to distances how far its ends
// are apart. o is resolved.
func (o OllivierRicci) measure(ctx context.Context, method string, w *network, values, distances []float64) (notes []string, err error) {
	if o.Limit {
		o.Alpha = 0.5
	}
	if len(w.edges) == 0 {
		return nil, nil
	}
	if w.equal() && o.Plan == OptimalPlan {
		copy(distances, w.lengths)
		err = o.bySteps(ctx, method, w, values)
	} else {
		notes, err = o.byLengths(ctx, method, w, values, distances)
	}
	if err != nil {
		return nil, err
	}
	if o.Limit {
		for k := range values {
			values[k] *= 2
		}
	}
	return notes, nil
}

// edgeBlock is how many edges are one unit of work.
const edgeBlock = 16

// pairs is the largest product of the numbers of places that the ends of an edge reach.
func (w *network) pairs() (most float64) {
	for _, e := range w.edges {
		most = max(most, float64(w.in.degree(e[0])+1)*float64(w.out.degree(e[1])+1))
	}
	return most
}

// bySteps measures edges that all have one length.
func (o OllivierRicci) bySteps(ctx context.Context, method string, w *network, values []float64) error {
	// Flows, and twice and once a bit.
	need := float64(workers()) * (24*float64(w.n) + 9*w.pairs())
	if err := mat32.CheckMemory(method, int64(min(need, 1<<62)), o.MemoryLimit, "two ends of an edge have very many neighbours"); err != nil {
		return err
	}
	stage := watch.Start(ctx, "Ollivier-Ricci curvature: edges", len(values))
	err := par.BlocksWith(ctx, len(values), edgeBlock, func() *stepper { return newStepper(w, o.share()) }, func(s *stepper, lo, hi int) {
		for k := lo; k < hi; k++ {
			values[k] = s.curvature(ctx, w.edges[k][0], w.edges[k][1])
		}
		stage.Add(hi - lo)
	})
	if err == nil {
		err = ctx.Err() // which may have ended the last edges
	}
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	return nil
}
