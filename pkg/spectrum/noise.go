package spectrum

import (
	"math"
)

// NoiseEdge counts the eigenvalues beyond the edge of noise: those of a covariance
// of n rows that are larger than the largest that Marchenko and Pastur's law
// allows for noise of one variance in all columns. A finite sample of noise may
// exceed the edge by a share of about n^(−2/3).
//
// Sources: V. Marchenko and L. Pastur (1967), Distribution of eigenvalues for some
// sets of random matrices; I. Johnstone (2001), On the distribution of the largest
// eigenvalue in principal components analysis.
type NoiseEdge struct {
	// Columns of the data, which may have more than there are values. Default: as
	// many as there are values.
	Columns int

	// Variance of the noise in every column, in squared units of the data. Larger
	// values count fewer. Default: estimated, such that the median of the
	// min(n, d) largest eigenvalues is that of the law, for which more than half
	// of them must be noise.
	Variance float64
}

// Resolve returns the options with Columns filled in by d; the Variance stays 0
// where it is to be estimated.
func (e NoiseEdge) Resolve(n, d int) (NoiseEdge, error) {
	var err error
	e.Columns, err = noiseOptions("spectrum.NoiseEdge", n, d, e.Columns, e.Variance)
	return e, err
}

// Count returns how many eigenvalues of the covariance of n rows lie beyond the
// edge.
func (e NoiseEdge) Count(values []float64, n int) (int, error) {
	edge, err := e.Edge(values, n)
	if err != nil {
		return 0, err
	}
	return above(values, edge), nil
}

// Edge returns the edge itself.
func (e NoiseEdge) Edge(values []float64, n int) (float64, error) {
	const method = "spectrum.NoiseEdge"
	v, unit, err := relative(method, values)
	if err != nil {
		return 0, err
	}
	if e, err = e.Resolve(n, len(values)); err != nil {
		return 0, err
	}
	law := MarchenkoPastur{Ratio: float64(e.Columns) / float64(n)}
	variance := e.Variance
	if variance == 0 {
		if variance, err = noiseVariance(v, n, e.Columns, law); err != nil {
			return 0, err
		}
		variance *= unit
	}
	_, edge, err := law.Edges()
	return edge * variance, err
}

// HardThreshold counts the singular values worth keeping when a matrix of low rank
// is to be recovered from noise: those beyond the threshold at which keeping
// costs as much squared error as dropping. It is higher than NoiseEdge, since
// what barely rises above the noise points elsewhere. For a square matrix it is
// 4/√3 standard deviations of the noise times √n, or 2.858 times the median
// singular value.
//
// Source: M. Gavish and D. Donoho (2014), The optimal hard threshold for singular
// values is 4/√3.
type HardThreshold struct {
	// Columns of the data, which may have more than there are values. Default: as
	// many as there are values.
	Columns int

	// Variance of the noise in every column, in squared units of the data. Larger
	// values count fewer. Default: estimated by the median, as in NoiseEdge.
	Variance float64
}

// Resolve returns the options with Columns filled in by d; the Variance stays 0
// where it is to be estimated.
func (h HardThreshold) Resolve(n, d int) (HardThreshold, error) {
	var err error
	h.Columns, err = noiseOptions("spectrum.HardThreshold", n, d, h.Columns, h.Variance)
	return h, err
}

// Count returns how many eigenvalues of the covariance of n rows, squared singular
// values over n, are worth keeping.
func (h HardThreshold) Count(values []float64, n int) (int, error) {
	threshold, err := h.Threshold(values, n)
	if err != nil {
		return 0, err
	}
	return above(values, threshold), nil
}

// Threshold returns the threshold itself, as an eigenvalue; that of singular
// values is √(n·Threshold).
func (h HardThreshold) Threshold(values []float64, n int) (float64, error) {
	const method = "spectrum.HardThreshold"
	v, unit, err := relative(method, values)
	if err != nil {
		return 0, err
	}
	if h, err = h.Resolve(n, len(values)); err != nil {
		return 0, err
	}
	rows, columns := float64(n), float64(h.Columns)
	variance := h.Variance
	if variance == 0 {
		if variance, err = noiseVariance(v, n, h.Columns, MarchenkoPastur{Ratio: columns / rows}); err != nil {
			return 0, err
		}
		variance *= unit
	}
	beta := min(rows, columns) / max(rows, columns)
	squared := 2*(beta+1) + 8*beta/(beta+1+math.Sqrt(beta*beta+14*beta+1))
	return squared * max(rows, columns) / rows * variance, nil
}

func noiseOptions(method string, n, d, columns int, variance float64) (int, error) {
	if columns == 0 {
		columns = d
	}
	if err := counted(method, "n", n, 1); err != nil {
		return columns, err
	}
	if err := counted(method, "Columns", columns, max(d, 1)); err != nil {
		return columns, err
	}
	return columns, within(method, "Variance", variance, 0, math.MaxFloat64, "0 or more, and finite")
}

// noiseVariance is the variance at which the median of the law is that of the
// values; those that are not given are zero.
func noiseVariance(v []float64, n, d int, law MarchenkoPastur) (float64, error) {
	at := func(i int) float64 {
		if i < len(v) {
			return v[i]
		}
		return 0
	}
	m := min(n, d)
	middle, err := law.Quantile(.5)
	return (at((m-1)/2) + at(m/2)) / 2 / middle, err
}

func above(values []float64, limit float64) (n int) {
	for _, x := range values {
		if x > limit {
			n++
		}
	}
	return n
}
