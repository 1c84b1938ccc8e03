package dr

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// NMFStart is where NMF begins.
//
// NNDSVD, non-negative double singular value decomposition, takes of every pair of
// singular vectors the positive or the negative parts, whichever are longer.
// Source: C. Boutsidis and E. Gallopoulos (2008), SVD based initialization: a head
// start for nonnegative matrix factorization.
type NMFStart string

const (
	// FromNNDSVDA is NNDSVD with its zeros replaced by the mean of the data.
	FromNNDSVDA NMFStart = "NNDSVDa"

	// FromNNDSVD keeps the zeros: for sparse factors.
	FromNNDSVD NMFStart = "NNDSVD"

	// FromNNDSVDAR is NNDSVD with its zeros replaced by random numbers, about a
	// hundredth of the mean.
	FromNNDSVDAR NMFStart = "NNDSVDar"

	// FromRandomFactors takes magnitudes of normal numbers whose product is about as
	// large as the data.
	FromRandomFactors NMFStart = "random factors"
)

// svd is the decomposition that a start is made of.
func (f NMF) svd(n, d int) (TruncatedSVD, error) {
	return TruncatedSVD{Components: f.Components, Seed: f.Seed, MemoryLimit: f.MemoryLimit}.Resolve(n, d)
}

// start returns the factors to begin with, n × k and d × k, for x·scale.
func (f NMF) start(ctx context.Context, x mat.Matrix, scale float64) (w, h *mat.Dense, err error) {
	n, d := x.Dims()
	k := f.Components
	_, mean, err := rowMeans(ctx, x, scale)
	if err != nil {
		return nil, nil, err
	}
	w, h = mat.NewDense(n, k, nil), mat.NewDense(d, k, nil)
	if f.Start == FromRandomFactors {
		size := math.Sqrt(mean / float64(k))
		f.fill(w, "nmf/w", func(float64) bool { return true }, size)
		f.fill(h, "nmf/h", func(float64) bool { return true }, size)
		return w, h, nil
	}
	t, err := f.svd(n, d)
	if err != nil {
		return nil, nil, err
	}
	s, err := t.factor(ctx, x, scale)
	if err != nil {
		return nil, nil, err
	}
	left, right := mat.DenseCopyOf(s.U.T()), s.V
	for c := range k {
		keepLonger(left.RawRowView(c), right.RawRowView(c), s.Values[c], c == 0)
	}
	w.Copy(left.T())
	h.Copy(right.T())
	zero := func(v float64) bool { return v == 0 }
	for _, side := range []struct {
		of      *mat.Dense
		purpose string
	}{{w, "nmf/w"}, {h, "nmf/h"}} {
		dropMinute(side.of)
		switch f.Start {
		case FromNNDSVDA:
			side.of.Apply(func(_, _ int, v float64) float64 {
				if v == 0 {
					return mean
				}
				return v
			}, side.of)
		case FromNNDSVDAR:
			f.fill(side.of, side.purpose, zero, mean/100)
		}
	}
	return w, h, nil
}

// fill replaces what should be by magnitudes of normal numbers.
func (f NMF) fill(m *mat.Dense, purpose string, should func(float64) bool, size float64) {
	n, _ := m.Dims()
	for i := range n {
		s := rng.New(f.Seed, purpose, i)
		for j, v := range m.RawRowView(i) {
			if r := math.Abs(s.Normal()); should(v) {
				m.RawRowView(i)[j] = r * size
			}
		}
	}
}

// keepLonger replaces a pair of singular vectors by their positive or their negative
// parts, whichever have the larger product of lengths, and gives both the root of
// value times that product as their length. The first pair has one sign.
func keepLonger(u, v []float64, value float64, first bool) {
	if first {
		for _, side := range [][]float64{u, v} {
			for i, a := range side {
				side[i] = math.Sqrt(value) * math.Abs(a)
			}
		}
		return
	}
	length := func(x []float64, sign float64) float64 {
		sum := 0.
		for _, a := range x {
			sum += max(sign*a, 0) * max(sign*a, 0)
		}
		return math.Sqrt(sum)
	}
	sign := 1.
	uLength, vLength := length(u, 1), length(v, 1)
	if a, b := length(u, -1), length(v, -1); a*b >= uLength*vLength {
		sign, uLength, vLength = -1, a, b
	}
	root := math.Sqrt(value * uLength * vLength)
	for _, side := range []struct {
		x      []float64
		length float64
	}{{u, uLength}, {v, vLength}} {
		for i, a := range side.x {
			side.x[i] = 0
			if p := max(sign*a, 0); p > 0 {
				side.x[i] = root / side.length * p
			}
		}
	}
}

// dropMinute makes values zero that are a millionth of the largest, or less: most
// of what they hold is rounding.
func dropMinute(m *mat.Dense) {
	data := m.RawMatrix().Data
	largest := 0.
	for _, v := range data {
		largest = max(largest, v)
	}
	for i, v := range data {
		if v < largest*1e-6 {
			data[i] = 0
		}
	}
}

// rowMeans returns the mean of every row of x·scale, and of them all.
func rowMeans(ctx context.Context, x mat.Matrix, scale float64) (means []float64, mean float64, err error) {
	n, d := x.Dims()
	means = make([]float64, n)
	err = par.BlocksWith(ctx, n, 64, func() []float64 { return make([]float64, d) }, func(buf []float64, lo, hi int) {
		for i := lo; i < hi; i++ {
			for _, v := range mat32.Row(buf, i, x) {
				means[i] += v * scale / float64(d)
			}
		}
	})
	return means, kernel.Dot64(means, constant(n, 1/float64(n))), err
}
