package dr

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// DiffusionMaps places rows so that their distances in the map are diffusion distances:
// how differently random walks from the two go on, which take the many ways between two
// rows together and hardly mind noise. A walk steps to a near row with a probability in
// proportion to exp(−distance²/(4·Epsilon)), the density of the rows taken out of it as
// far as Alpha says.
//
// Coordinates are λᵗ·ψ for the right eigenvectors ψ of the walk's largest eigenvalues λ,
// but the first, 1, whose vector is constant. ψ has Σ πᵢ·ψᵢ² = 1 for the stationary
// distribution π, so that in all coordinates together, squared distances are Σ (pᵗ(i,·) −
// pᵗ(j,·))²/π for the probabilities pᵗ of where t steps lead. With Alpha 1, −log λ over
// Epsilon tend to the eigenvalues of the Laplacian of the manifold that the rows lie
// on, and ψ to its eigenfunctions, however the rows are spread over it.
//
// Components of the weights are joined as LaplacianEigenmaps does it. Where eigenvalues
// are equal, coordinates are any basis of their space. The entry of largest magnitude of
// a coordinate is positive. Time that of the neighbours (see neighbors.Auto) and some dozens
// to hundreds of products of the weights with blocks of vectors; memory about
// 110·n·Neighbors + 220·n·(Components + 8) + 8·n·d bytes.
//
// Sources: R. Coifman and S. Lafon (2006), Diffusion maps; for Epsilon, T. Berry, D.
// Giannakis and J. Harlim (2015), Nonparametric forecasting of low-dimensional dynamical
// systems.
type DiffusionMaps struct {
	// Components is the number of coordinates, at most n−1. Default 2, or 1 of two rows.
	Components int

	// Neighbors is the number of other rows that a row gives weight to. Larger values lose
	// less of the far weights, which are small. Default 64, or n−1 where the data have fewer
	// rows. Ignored where Affinity is given.
	Neighbors int

	// Epsilon is a quarter of the squared distance at which the weight is 1/e, in squared
	// units of the data. Larger values smooth over more. Default that of
	// affinity.Bandwidth. Ignored where Affinity is given.
	Epsilon float64

	// Alpha is how far the density of the rows is taken out, up to 1. With the constant
	// Zero not at all: the walk prefers where rows are many; with ½ it is that of a
	// Fokker-Planck equation, as pydiffmap has it. Default 1: heat on the manifold, however
	// rows are spread over it.
	Alpha float64

	// Time is the number t of steps, which need not be whole. Larger values show a larger
	// scale: coordinates of small eigenvalues fade. With the constant Zero coordinates are
	// the eigenvectors themselves. Ignored with AutoTime. Default 1.
	Time float64

	// AutoTime takes the number of steps at which the entropy of the walk bends (see
	// affinity.EntropyCurve and Knee), of at most 100, as 33 eigenvalues or one more than
	// Components show it, whichever is more. Default false.
	AutoTime bool

	// Affinity, when given, are symmetric weights of the rows of x that are used instead:
	// those of affinity.AdaptiveGaussian have a bandwidth of its own for every row. The
	// model then maps no new rows.
	Affinity *affinity.Sparse

	// Graph, when given, is a graph of the rows of x with Neighbors or more neighbours
	// that is used instead of a new one. Ignored where Affinity is given.
	Graph *neighbors.Graph

	// Strict refuses weights that leave the rows in components. Default false: they are
	// joined.
	Strict bool

	// MemoryLimit in bytes refuses data whose matrices would not fit. Default GOMEMLIMIT,
	// or 4 GiB.
	MemoryLimit int64
}

// Resolve returns the options with defaults filled in for n × d data, or a
// *mat32.ParamError; the default of Epsilon is filled in by Fit, from the distances.
func (f DiffusionMaps) Resolve(n, d int) (DiffusionMaps, error) {
	const method = "dr.DiffusionMaps"
	if err := checkSpectral(method, n, d, &f.Components, &f.Neighbors, 64, f.MemoryLimit); err != nil {
		return f, err
	}
	if f.Alpha == 0 {
		f.Alpha = 1
	}
	if f.Time == 0 {
		f.Time = 1
	}
	wrong := func(param string, value float64, want string) (DiffusionMaps, error) {
		return f, &mat32.ParamError{Method: method, Param: param, Value: value, Want: want}
	}
	switch {
	case !(f.Epsilon >= 0 && f.Epsilon <= math.MaxFloat64):
		return wrong("Epsilon", f.Epsilon, "0 or more, and finite")
	case !(f.Alpha > 0 && f.Alpha <= 1):
		return wrong("Alpha", f.Alpha, "Zero ≤ Alpha ≤ 1")
	case !(f.Time > 0 && f.Time <= 1e9):
		return wrong("Time", f.Time, "Zero ≤ Time ≤ 1e9")
	}
	return f, nil
}

// String returns the options in one line, as captions and tables show them.
func (f DiffusionMaps) String() string {
	s := fmt.Sprintf("%d components, ", f.Components)
	switch {
	case f.Affinity != nil:
		s += "given weights"
	case f.Epsilon > 0:
		s += fmt.Sprintf("%d neighbours, ε = %.4g", f.Neighbors, f.Epsilon)
	default:
		s += fmt.Sprintf("%d neighbours", f.Neighbors)
	}
	s += fmt.Sprintf(", α = %.3g", max(f.Alpha, 0))
	if f.AutoTime {
		return s + ", time by entropy"
	}
	return s + fmt.Sprintf(", time %.4g", f.Time)
}

// Fit finds the map of the rows of x (n × d), or of rows at the distances that x holds.
// Errors: those of mat32.Check, Resolve, Graph.Check, affinity.Bandwidth and
// affinity.Sparse.Check, *mat32.DegenerateError where all rows are equal, where components
// are met and not to be joined, and where distances exceed float64, *mat32.MemoryError,
// and one that wraps ctx.Err().
func (f DiffusionMaps) Fit(ctx context.Context, x mat.Matrix) (*DiffusionMapsModel, error) {
	const method = "dr.DiffusionMaps"
	fail := func(err error) (*DiffusionMapsModel, error) { return nil, failed(method, err) }
	n, d, err := checkData(ctx, method, x, 1)
	if err != nil {
		return nil, err
	}
	if f, err = f.Resolve(n, d); err != nil {
		return nil, err
	}
	sought := f.Components + 1 // eigenpairs
	if f.AutoTime {
		sought = max(sought, min(n, 33))
	}
	if err := mat32.CheckMemory(method, spectralMemory(x, f.Neighbors, sought, f.Affinity), f.MemoryLimit, "use fewer rows or neighbours"); err != nil {
		return nil, err
	}
	if err := checkVaries(ctx, method, x); err != nil {
		return nil, err
	}
	m := new(DiffusionMapsModel)
	m.method, m.neighbors, m.limit = method, f.Neighbors, f.MemoryLimit
	s, weigh := f.Affinity, func(float64) float64 { return 1 }
	if s != nil {
		err = s.CheckContext(ctx, method, "Affinity", x)
	} else if s, err = (affinity.Gaussian{Neighbors: f.Neighbors, Epsilon: f.Epsilon, Graph: f.Graph, MemoryLimit: f.MemoryLimit}).Weigh(ctx, x); err == nil {
		m.width = 2 * s.Scales[0] * s.Scales[0]
		f.Epsilon, weigh = m.width/4, gaussian(m.width)
	}
	if err != nil {
		return fail(err)
	}
	if s, err = connected(ctx, method, x, s, f.Strict, f.MemoryLimit, weigh); err != nil {
		return nil, err
	}
	o, err := affinity.Diffusion{Alpha: f.Alpha}.Of(ctx, s)
	if err != nil {
		return fail(err)
	}
	pairs, err := o.Eigen(ctx, sought)
	if err != nil {
		return fail(err)
	}
	notes := slices.Concat(s.Notes, pairs.Notes)
	if f.AutoTime {
		if f.Time, err = timeOf(pairs.Values); err != nil {
			return fail(err)
		}
		notes = append(notes, fmt.Sprintf("the entropy of the walk bends at %g steps", f.Time))
	}
	m.values = pairs.Values[1 : f.Components+1]
	z := mat.DenseCopyOf(pairs.Vectors.Slice(0, n, 1, f.Components+1))
	m.gain = make([]float64, f.Components)
	powers := make([]float64, f.Components)
	for c, v := range m.values {
		powers[c] = math.Pow(math.Abs(v), f.Time) // below zero, powers would only change the sign
		// ψ at a row is the mean of ψ over where a step leads, over λ.
		if math.Abs(v) > 1e-12 {
			m.gain[c] = 1 / v
		}
	}
	err = overRows(ctx, n, func(i int) { floats.Mul(z.RawRowView(i), powers) })
	if err != nil {
		return fail(err)
	}
	m.embedding = &Embedding{Dense: z, Method: "diffusion maps", Options: f.String(), Rows: n, Dim: d, Objective: math.NaN(), Notes: notes}
	if err := checkFits(method, z); err != nil {
		return nil, err
	}
	if d == 0 || f.Affinity != nil {
		return m, nil
	}
	if m.rows, err = dense(ctx, x, 1); err != nil {
		return fail(err)
	}
	m.density = s.Degrees()
	most := slices.Max(m.density)
	for i, q := range m.density {
		m.density[i] = math.Pow(q/most, f.Alpha)
	}
	return m, nil
}

// timeOf returns the number of steps at which the entropy of a walk with these
// eigenvalues bends.
func timeOf(values []float64) (float64, error) {
	const longest = 100
	curve, err := affinity.EntropyCurve(values, longest)
	if err != nil {
		return 0, err
	}
	knee, err := affinity.Knee(curve)
	return float64(knee + 1), err // the curve begins at one step
}

// Embed returns the map of the rows of x: Fit(ctx, x) and its embedding.
func (f DiffusionMaps) Embed(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	m, err := f.Fit(ctx, x)
	if err != nil {
		return nil, err
	}
	return m.embedding, nil
}

// DiffusionMapsModel is fitted by DiffusionMaps. It keeps the rows it was fitted to,
// for new ones are compared with them: 8·n·d bytes.
//
// Its Transform is Nyström's extension: a new row steps to its nearest rows, as many as
// Neighbors and one, for itself, and its coordinates are the mean of theirs by where it
// steps, over λ.
type DiffusionMapsModel struct{ spectralModel[DiffusionMaps] }

const diffusionMapsKind = "dr.DiffusionMapsModel"

func (DiffusionMaps) kind() string { return diffusionMapsKind }
