package intrinsic

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/watch"
)

// patch holds the scalar products of the vectors to the k nearest neighbours of
// one row, in units that make the longest of them about 1: angles and triangles
// have no scale. Products of distances follow from the law of cosines.
type patch struct {
	s       *distinct
	x       mat.Matrix // of which s holds the distinct rows
	between *mat32.Distances
	k       int

	vectors blas64.General // k × columns
	row     []float64
	means   []float64
	gram    []float64 // k × k
}

func (s *distinct) newPatch(x mat.Matrix, k int) *patch {
	p := &patch{s: s, x: x, k: k, gram: make([]float64, k*k), means: make([]float64, k)}
	if d, ok := x.(*mat32.Distances); ok {
		p.between = d
		return p
	}
	_, d := x.Dims()
	p.row = make([]float64, d)
	p.vectors = blas64.General{Rows: k, Cols: d, Stride: d, Data: make([]float64, k*d)}
	return p
}

// eachPatch calls f for every distinct row, with its patch empty, and reports
// the stage.
func (s *distinct) eachPatch(ctx context.Context, method, name string, x mat.Matrix, k int, f func(p *patch, i int)) error {
	const block = 64
	stage := watch.Start(ctx, name, s.n)
	err := par.BlocksWith(ctx, s.n, block, func() *patch { return s.newPatch(x, k) }, func(p *patch, lo, hi int) {
		for i := lo; i < hi && ctx.Err() == nil; i++ {
			f(p, i)
		}
		stage.Add(hi - lo)
	})
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	return nil
}

// neighbor returns the index of neighbour j of distinct row i in x.
func (p *patch) neighbor(i, j int) int { return p.s.rows[p.s.indices[i*p.s.k+j]] }

// lengths returns the distances to the neighbours of row i.
func (p *patch) lengths(i int) []float64 { return p.s.row(i)[:p.k] }

// fromRow fills gram with the products of the vectors from row i to its
// neighbours, over the square of the distance to the last.
func (p *patch) fromRow(ctx context.Context, i int) {
	r := p.lengths(i)
	unit := r[p.k-1]
	if p.between == nil {
		p.take(i, unit)
		p.products(ctx)
		return
	}
	for j := range p.k {
		a := r[j] / unit
		p.gram[j*p.k+j] = a * a
		for l := range j {
			b, v := r[l]/unit, p.between.At(p.neighbor(i, j), p.neighbor(i, l))/unit
			p.gram[j*p.k+l] = (a*a + b*b - v*v) / 2
			p.gram[l*p.k+j] = p.gram[j*p.k+l]
		}
	}
}

// fromMean fills gram with the products of the vectors from the mean of the
// neighbours of row i to them. It does so without the row, which may be so far
// from them that the difference of what it sees would have no digits left.
func (p *patch) fromMean(ctx context.Context, i int) {
	if p.between == nil {
		p.take(i, p.lengths(i)[p.k-1])
		d := p.vectors.Cols
		clear(p.row)
		for j := range p.k {
			kernel.Axpy64(1/float64(p.k), p.vectors.Data[j*d:(j+1)*d], p.row)
		}
		var longest float64
		for j := range p.k {
			v := p.vectors.Data[j*d : (j+1)*d]
			kernel.Axpy64(-1, p.row, v)
			for _, c := range v {
				longest = max(longest, math.Abs(c))
			}
		}
		for j := range p.vectors.Data {
			p.vectors.Data[j] /= longest
		}
		p.products(ctx)
		return
	}
	var longest, all float64
	for j := range p.k {
		p.gram[j*p.k+j] = 0
		for l := range j {
			v := p.between.At(p.neighbor(i, j), p.neighbor(i, l))
			p.gram[j*p.k+l], p.gram[l*p.k+j] = v, v
			longest = max(longest, v)
		}
	}
	for j := range p.k {
		var sum float64
		for l := range p.k {
			v := p.gram[j*p.k+l] / longest
			p.gram[j*p.k+l] = -v * v / 2
			sum += p.gram[j*p.k+l]
		}
		p.means[j] = sum / float64(p.k)
		all += p.means[j] / float64(p.k)
	}
	for j := range p.k {
		for l := range p.k {
			p.gram[j*p.k+l] += all - p.means[j] - p.means[l]
		}
	}
}

// take fills vectors with those from row i to its neighbours, over unit.
func (p *patch) take(i int, unit float64) {
	d := p.vectors.Cols
	for j := range p.k {
		v := p.vectors.Data[j*d : (j+1)*d]
		copy(v, mat32.Row(p.row, p.neighbor(i, j), p.x))
	}
	origin := mat32.Row(p.row, p.s.rows[i], p.x)
	inverse := 1 / unit
	whole := inverse <= math.MaxFloat64 && inverse > 1e-300
	for j := range p.k {
		v := p.vectors.Data[j*d : (j+1)*d]
		for c, o := range origin {
			if whole {
				v[c] = (v[c] - o) * inverse
			} else { // the inverse of a minute or a huge distance has no digits
				v[c] = (v[c] - o) / unit
			}
		}
	}
}

func (p *patch) products(ctx context.Context) {
	// The error is that of ctx, which whoever asks will see.
	_ = kernel.Syrk64(ctx, blas.NoTrans, 1, p.vectors, 0, blas64.General{Rows: p.k, Cols: p.k, Stride: p.k, Data: p.gram})
}

// byPatches returns the dimension as the mean over the distinct rows of x of what f
// makes of the patch of each.
func (s *distinct) byPatches(ctx context.Context, name, stage string, x mat.Matrix, d dependence, f func(p *patch, i int) float64, convention string) (measure.Dimension, error) {
	method := "intrinsic." + name
	local := make([]float64, s.n)
	err := s.eachPatch(ctx, method, stage, x, s.k, func(p *patch, i int) { local[i] = f(p, i) })
	if err != nil {
		return measure.Dimension{}, err
	}
	value, stdErr, err := s.average(method, s.k, local, d)
	if err != nil {
		return measure.Dimension{}, err
	}
	return s.dimension(name, value, stdErr, local, convention), nil
}

// average returns the mean of the local estimates of all distinct rows but those
// that are not finite, which it sets to NaN and notes.
//
// The variance of the mean is what dependence says of the finite ones.
func (s *distinct) average(method string, k int, local []float64, dependence dependence) (mean, stdErr float64, err error) {
	var sum float64
	count, first := 0, -1
	for i, v := range local {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			if local[i] = math.NaN(); first < 0 {
				first = s.rows[i]
			}
			continue
		}
		sum += v
		count++
	}
	if count < s.n {
		reason := fmt.Sprintf("the %d nearest neighbours of %d of the %d distinct rows (row %d first) tell no dimension, as where all are equally far on a lattice",
			k, s.n-count, s.n, first)
		if count == 0 {
			return 0, 0, &mat32.DegenerateError{Method: method, Reason: reason + ": take more Neighbors"}
		}
		s.notes = append(s.notes, reason+": they are left out of the mean")
	}
	mean = sum / float64(count)
	if count == 1 {
		return mean, math.NaN(), nil
	}
	return mean, math.Sqrt(dependence(s, k, local, mean)), nil
}

// dependence estimates the variance of the mean of local estimates, NaN where
// there is none. Neighbouring rows share most of their neighbours, and so what
// chance makes of them. With wᵢⱼ the share of rows common to the neighbourhoods of
// i and j, each with its own row, two forms of that are told apart.
type dependence func(s *distinct, k int, local []float64, mean float64) float64

// byRows is Σᵢⱼ wᵢⱼ·cᵢ·cⱼ/n² with c the deviations from the mean, which is the sum
// over rows of (Σcᵢ)²/(k+1) over the neighbourhoods that the row is of. Deviations
// sum to zero, which takes the mean of w from the expectation of the sum; it is
// given back. Where most neighbourhoods have most rows in common, too little spread is
// left to tell, and the bound of byPairs stands for it.
func byRows(s *distinct, k int, local []float64, mean float64) float64 {
	share, covers := make([]float64, s.n), make([]float64, s.n)
	var n float64
	for i, v := range local {
		if math.IsNaN(v) {
			continue
		}
		n++
		share[i] += v - mean
		covers[i]++
		for _, j := range s.indices[i*s.k : i*s.k+k] {
			share[j] += v - mean
			covers[j]++
		}
	}
	var squares, width float64
	for i, v := range share {
		squares += v * v
		width += covers[i] * covers[i]
	}
	width /= float64(k+1) * n * n
	if width > 0.5 {
		return byPairs(s, k, local, mean)
	}
	return squares / float64(k+1) / n / n / (1 - width)
}

// byPairs is the variance of independent rows times the mean over rows i of
// Σⱼ wᵢⱼ². Where a local estimate is a mean over pairs of neighbours of something
// whose expectation no single neighbour changes, two of them covary by the pairs
// that they have in common, at most, and the share of these is wᵢⱼ². Differences
// between regions of the data count as chance: it is an upper bound.
func byPairs(s *distinct, k int, local []float64, mean float64) float64 {
	var squares, n float64
	for _, v := range local {
		if !math.IsNaN(v) {
			squares += (v - mean) * (v - mean)
			n++
		}
	}
	return squares / (n - 1) / n * s.shared(k)
}

// shared returns the mean over rows i of Σⱼ wᵢⱼ².
func (s *distinct) shared(k int) float64 {
	const most = 256 // rows i, evenly among all, which is enough for three digits
	starts := make([]int, s.n+2)
	for i := range s.n {
		starts[i+2]++
		for _, j := range s.indices[i*s.k : i*s.k+k] {
			starts[int(j)+2]++
		}
	}
	for i := range s.n {
		starts[i+2] += starts[i+1]
	}
	of := make([]int32, s.n*(k+1)) // the rows whose neighbourhoods hold a row
	for i := range s.n {
		of[starts[i+1]] = int32(i)
		starts[i+1]++
		for _, j := range s.indices[i*s.k : i*s.k+k] {
			of[starts[j+1]] = int32(i)
			starts[j+1]++
		}
	}
	common := make([]int, s.n)
	sampled := min(s.n, most)
	var sum float64
	for c := range sampled {
		i := c * s.n / sampled
		clear(common)
		for _, other := range of[starts[i]:starts[i+1]] {
			common[other]++
		}
		for _, j := range s.indices[i*s.k : i*s.k+k] {
			for _, other := range of[starts[j]:starts[j+1]] {
				common[other]++
			}
		}
		for _, v := range common {
			sum += float64(v) * float64(v)
		}
	}
	return sum / float64(k+1) / float64(k+1) / float64(sampled)
}

// What conventions say of the standard errors.
const (
	byRowsError  = "standard error: spread over rows, as dependent as their neighbourhoods share rows"
	byPairsError = "standard error: spread over rows, upper bound for neighbourhoods that share pairs"
)
