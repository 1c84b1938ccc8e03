package intrinsic

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/watch"
)

// ScoreID reads the dimension from the score of the data blurred by noise of standard
// deviation σ (Horvat and Pfister, 2024, On gauge freedom, conservativity and intrinsic
// dimensionality estimation in diffusion models). Across the surface that the rows lie
// near, the score pulls back to it as −x/σ², along it hardly at all: of the
// eigenvalues of its derivatives times σ², those near −1 are directions across and
// those near 0 directions along, which are counted.
//
// A score that is a gradient has symmetric derivatives. What a network learns need not
// be one: the antisymmetric part is dropped, and a note says how large it was.
//
// Below the distance between rows the score of a kernel density, and of a model that
// has memorised its rows, sees points: the dimension falls to 0. The density of x itself is
// therefore looked at in each row without the Gaussian of that row. Between, as
// with few rows in five or more dimensions, it still falls short (1000 normal rows of five
// dimensions have 4.2 by default), which the standard error does not cover. Beyond the
// curvature of the surface it sees the space.
//
// Time O(Sample·(n·d² + d³)) for a KDEScore and Sample·2·d calls for another; memory
// 8·n·d bytes and 8·(n + 256·d + 4·d²) a goroutine.
type ScoreID struct {
	// Score is that of the density, blurred by Sigma. Default that of x, in each row by
	// the KDEScore of the others. A KDEScore of other rows must be of as many columns.
	Score Score

	// Sigma is σ, in units of the data. Larger values look at a larger scale.
	// Default, for the density of x, the mean distance to the 20th neighbour, of which
	// there must be as many, and at most 0.6 of the standard deviation along the
	// first principal component; a KDEScore that is given has its own, and there is none
	// for another Score.
	Sigma float64

	// Trace takes d + σ²·div s, the sum of the eigenvalues, for the count of those
	// above −1/2: a real number, more exact where all is flat and less where it is
	// not. Default false.
	Trace bool

	// Sample is how many rows the score is looked at, all where there are no more.
	// Larger values take longer and make the standard error smaller. Default 200.
	Sample int

	// Seed of the sample.
	Seed uint64

	// MemoryLimit in bytes refuses data that would need more. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

const scoreID = "intrinsic.ScoreID"

// Resolve returns the options with defaults filled in, or a *mat32.ParamError or
// *mat32.ShapeError, for a matrix of n rows and d columns. Sigma stays 0 where it is found
// from the data.
func (e ScoreID) Resolve(n, d int) (ScoreID, error) {
	fail := func(param string, value any, want string) error {
		return &mat32.ParamError{Method: scoreID, Param: param, Value: value, Want: want}
	}
	if e.Sample == 0 {
		e.Sample = 200
	}
	if k, ok := e.Score.(*KDEScore); ok {
		if k == nil || k.rows == nil {
			return e, fail("Score", "an empty KDEScore", "one of NewKDEScore, or none")
		}
		if _, of := k.rows.Dims(); of != d {
			return e, fail("Score", fmt.Sprintf("a KDEScore of %d columns", of), fmt.Sprintf("%d, as x has", d))
		}
		if e.Sigma == 0 {
			e.Sigma = k.sigma
		}
		if e.Sigma != k.sigma {
			return e, fail("Sigma", e.Sigma, fmt.Sprintf("%v, that of the KDEScore, or 0", k.sigma))
		}
	}
	switch {
	case !(e.Sigma >= 0 && e.Sigma <= math.MaxFloat64) || e.Sigma == 0 && e.Score != nil:
		return e, fail("Sigma", e.Sigma, "above 0, and finite: that of the noise that the Score is of")
	case e.Sample < 2:
		return e, fail("Sample", e.Sample, "2 or more rows")
	case e.MemoryLimit < 0:
		return e, fail("MemoryLimit", e.MemoryLimit, "0 or more bytes")
	case n < 3:
		return e, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 3 rows for ScoreID"}
	}
	return e, nil
}

// Estimate returns the mean dimension at a sample of the rows of x (n × d). Local is that at
// every row, NaN at rows that were not sampled, Scale is Sigma, and the standard error
// that of the mean over rows by their spread, which takes them for independent.
// Duplicates stay in: they are part of the density.
//
// Errors: those of mat32.CheckRows, mat32.Check and Resolve; *mat32.MemoryError;
// *mat32.DegenerateError where all rows are equal, or Sigma is to be found and rows look
// like points or see less than twice as many others as dimensions, or where the Score is
// not finite; and one that wraps ctx.Err(). At a Sigma that is given, such rows are noted.
func (e ScoreID) Estimate(ctx context.Context, x mat.Matrix) (measure.Dimension, error) {
	fail := func(err error) (measure.Dimension, error) {
		return measure.Dimension{}, mat32.Rename(scoreID, err)
	}
	if err := mat32.CheckRows(scoreID, x); err != nil {
		return measure.Dimension{}, err
	}
	e, err := begin(ctx, scoreID, e, x)
	if err != nil {
		return measure.Dimension{}, err
	}
	n, d := x.Dims()
	if err := mat32.CheckMemory(scoreID, 8*(int64(n)*int64(d+16)+16*int64(d)*int64(4*d+256)), e.MemoryLimit, "use fewer rows or columns"); err != nil {
		return measure.Dimension{}, err
	}
	name, own, found := "the score given", e.Score == nil, e.Score == nil && e.Sigma == 0
	if own {
		name = "kernel density of the other rows"
		if e.Sigma == 0 {
			s, err := find(ctx, scoreID, x, 20, 20, nil, e.MemoryLimit)
			if err != nil {
				return fail(err)
			}
			e.Sigma = s.meanOf(func(i int) float64 { return s.row(i)[s.k-1] })
			most, err := widest(ctx, x, e.Sigma)
			if err != nil {
				return measure.Dimension{}, fmt.Errorf("%s: %w", scoreID, err)
			}
			e.Sigma *= min(1, 0.6*most)
		}
		if e.Score, err = NewKDEScore(x, e.Sigma); err != nil {
			return fail(err)
		}
	}
	rows := allRows(n)
	if n > e.Sample {
		stream := rng.New(e.Seed, scoreID, 0)
		for i := range e.Sample {
			j := i + stream.IntN(n-i)
			rows[i], rows[j] = rows[j], rows[i]
		}
		rows = rows[:e.Sample]
	}
	local, gauge, seen := make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range local {
		local[i] = math.NaN()
	}
	type room struct {
		at, up, down []float64
		full         *mat.Dense
		sym          *mat.SymDense
	}
	progress := watch.Start(ctx, "derivatives of the score", len(rows))
	err = par.BlocksWith(ctx, len(rows), 1, func() room {
		return room{make([]float64, d), make([]float64, d), make([]float64, d), mat.NewDense(d, d, nil), mat.NewSymDense(d, nil)}
	}, func(r room, lo, _ int) {
		i := rows[lo]
		copy(r.at, mat32.Row(r.up, i, x))
		if k, ok := e.Score.(*KDEScore); ok {
			without := -1
			if own {
				without = i
			}
			var err error
			if seen[i], err = k.jacobian(ctx, r.sym, r.at, without); err != nil {
				return // the context is seen by all
			}
		} else {
			e.differences(r.full, r.at, r.up, r.down)
			gauge[i] = symmetrize(r.sym, r.full)
		}
		local[i] = e.read(ctx, r.sym)
		progress.Add(1)
	})
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return measure.Dimension{}, fmt.Errorf("%s: %w", scoreID, err)
	}
	var mean, squares, worst, rowsSeen float64
	for _, i := range rows {
		if math.IsNaN(local[i]) {
			return measure.Dimension{}, &mat32.DegenerateError{Method: scoreID, Reason: fmt.Sprintf("the score or its derivatives at row %d are not finite", i)}
		}
		mean += local[i]
		worst = max(worst, gauge[i])
		rowsSeen += seen[i] / float64(len(rows))
	}
	mean /= float64(len(rows)) // of counts that are equal, exactly these
	for _, i := range rows {
		squares += (local[i] - mean) * (local[i] - mean)
	}
	way := "eigenvalues above −1/2 of σ² times the derivatives"
	if e.Trace {
		way = "d + σ² times the divergence"
	}
	m := measure.Dimension{Method: "ScoreID", Value: mean, StdErr: math.Sqrt(squares / float64(len(rows)-1) / float64(len(rows))),
		Scale: e.Sigma, Rows: len(rows), Local: local,
		Convention: fmt.Sprintf("%s, %s, mean over rows, duplicates kept, standard error: spread over rows", name, way)}
	if len(rows) < n {
		m.Notes = append(m.Notes, fmt.Sprintf("the score was looked at in %d of %d rows", len(rows), n))
	}
	few := ""
	switch {
	case mean < 0.5:
		few = fmt.Sprintf("at σ = %.4g, with %.2g dimensions, the rows look like points: σ is below the distance between rows, or beyond the data", e.Sigma, mean)
	case own && rowsSeen < 2*(mean+1): // with as many rows as that, chance spans a dimension less
		few = fmt.Sprintf("at σ = %.4g the density at a row is that of %.2g others, which span no more than %.2g dimensions of however many there are", e.Sigma, rowsSeen, mean)
	}
	if few != "" {
		if found {
			return measure.Dimension{}, &mat32.DegenerateError{Method: scoreID, Reason: few + "; take more rows, or give Sigma"}
		}
		m.Notes = append(m.Notes, few)
	}
	if worst > 1e-3 {
		m.Notes = append(m.Notes, fmt.Sprintf("the score is no gradient: the antisymmetric part of its derivatives has up to %.2g of their length", worst))
	}
	return m, nil
}

// widest returns the standard deviation of x along its first principal component, over
// unit; or +Inf where float64 has none. The noise must stay below it: a direction of
// deviation v shows as the eigenvalue −σ²/(v²+σ²), which reaches −1/2 at σ = v.
func widest(ctx context.Context, x mat.Matrix, unit float64) (float64, error) {
	const block = 256
	n, d := x.Dims()
	mean, row := make([]float64, d), make([]float64, d)
	products := blas64.General{Rows: d, Cols: d, Stride: d, Data: make([]float64, d*d)}
	some := blas64.General{Cols: d, Stride: d, Data: make([]float64, min(n, block)*d)}
	for i := range n {
		if i%block == 0 && ctx.Err() != nil {
			return 0, ctx.Err()
		}
		for j, v := range mat32.Row(row, i, x) {
			mean[j] += v / unit / float64(n)
		}
	}
	for lo := 0; lo < n; lo += block {
		some.Rows = min(block, n-lo)
		for i := range some.Rows {
			to := some.Data[i*d : (i+1)*d]
			for j, v := range mat32.Row(row, lo+i, x) {
				to[j] = v/unit - mean[j]
			}
		}
		if err := kernel.Syrk64(ctx, blas.Trans, 1/float64(n-1), some, 1, products); err != nil {
			return 0, err
		}
	}
	for _, v := range products.Data {
		if v-v != 0 {
			return math.Inf(1), nil
		}
	}
	values, err := linalg.EigenvaluesSym(ctx, mat.NewSymDense(d, products.Data))
	if err != nil {
		return 0, err
	}
	if most := slices.Max(values); most > 0 {
		return math.Sqrt(most), nil
	}
	return math.Inf(1), nil
}

// differences fills to with σ² times central differences of the score at x, by rows.
func (e ScoreID) differences(to *mat.Dense, x, up, down []float64) {
	h := e.Sigma * 1e-4
	for j, v := range x {
		h := max(h, math.Abs(v)*1e-7)
		x[j] = v + h
		e.Score.Score(up, x)
		high := x[j]
		x[j] = v - h
		e.Score.Score(down, x)
		apart := high - x[j]
		x[j] = v
		row := to.RawRowView(j)
		for i := range row {
			row[i] = (up[i] - down[i]) * e.Sigma * (e.Sigma / apart)
		}
	}
}

// symmetrize fills to with the symmetric part of a, and returns the length of the rest
// over that of a.
func symmetrize(to *mat.SymDense, a *mat.Dense) float64 {
	d, _ := a.Dims()
	var odd, all float64
	for i := range d {
		for j := range d {
			u, v := a.At(i, j), a.At(j, i)
			all += u * u
			odd += (u - v) * (u - v) / 4
			if j >= i {
				to.SetSym(i, j, (u+v)/2)
			}
		}
	}
	if all == 0 {
		return 0
	}
	return math.Sqrt(odd / all)
}

// read returns the dimension that σ² times derivatives show, NaN where they are not finite.
func (e ScoreID) read(ctx context.Context, derivatives *mat.SymDense) float64 {
	d := derivatives.SymmetricDim()
	trace := 0.
	for i := range d {
		trace += derivatives.At(i, i)
	}
	if e.Trace {
		if math.IsInf(trace, 0) {
			return math.NaN()
		}
		return float64(d) + trace
	}
	values, err := linalg.EigenvaluesSym(ctx, derivatives)
	if err != nil {
		return math.NaN()
	}
	count := 0
	for _, v := range values {
		if v > -.5 {
			count++
		}
	}
	return float64(count)
}
