package dr

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// eachColumn calls f for every column of x with its values that are not zero, in
// the order of the rows. They are f's to change, until it returns.
func eachColumn(ctx context.Context, x mat.Matrix, f func(j int, nonzero []float64)) error {
	n, d := x.Dims()
	if sparse, ok := x.(*mat32.CSR); ok {
		start, values := byColumn(sparse)
		return par.BlocksWith(ctx, d, 1, func() []float64 { return nil }, func(column []float64, lo, hi int) {
			for j := lo; j < hi; j++ {
				column = column[:0]
				for _, v := range values[start[j]:start[j+1]] {
					if v != 0 {
						column = append(column, float64(v))
					}
				}
				f(j, column)
			}
		})
	}
	const width = 8 // columns that share a cache line of the rows
	return par.BlocksWith(ctx, d, width, func() *[width][]float64 { return new([width][]float64) }, func(columns *[width][]float64, lo, hi int) {
		var buffer [width]float64
		for c := range columns {
			columns[c] = columns[c][:0]
		}
		for i := range n {
			row := part(buffer[:hi-lo], x, i, lo)
			for c, v := range row {
				if v != 0 {
					columns[c] = append(columns[c], v)
				}
			}
		}
		for j := lo; j < hi; j++ {
			f(j, columns[j-lo])
		}
	})
}

// part returns the columns of row i from lo on, as many as buf holds: the row itself,
// or buf.
func part(buf []float64, x mat.Matrix, i, lo int) []float64 {
	switch x := x.(type) {
	case mat.RawRowViewer:
		return x.RawRowView(i)[lo : lo+len(buf)]
	case *mat32.Dense:
		for c, v := range x.Row(i)[lo : lo+len(buf)] {
			buf[c] = float64(v)
		}
	default:
		for c := range buf {
			buf[c] = x.At(i, lo+c)
		}
	}
	return buf
}

// byColumn returns the stored values of x column by column, and where each begins.
func byColumn(x *mat32.CSR) (start []int, values []float32) {
	n, d := x.Dims()
	start = make([]int, d+2)
	for i := range n {
		columns, _ := x.Row(i)
		for _, j := range columns {
			start[j+2]++
		}
	}
	for j := range d {
		start[j+2] += start[j+1]
	}
	values = make([]float32, x.NNZ())
	for i := range n { // start[j+1] runs through column j, and ends where j+1 begins
		columns, row := x.Row(i)
		for k, j := range columns {
			values[start[j+1]] = row[k]
			start[j+1]++
		}
	}
	return start[:d+1], values
}

// moments returns the mean and the standard deviation with divisor n of n
// values, those given and zeros. The second pass corrects the mean by the
// rounding of the first, so a constant column has a standard deviation of
// exactly 0.
func moments(nonzero []float64, n int) (mean, sd float64) {
	rows, zeros := float64(n), float64(n-len(nonzero))
	least, most := math.Inf(1), math.Inf(-1)
	if zeros > 0 {
		least, most = 0, 0
	}
	for _, x := range nonzero {
		mean += x / rows
		least, most = min(least, x), max(most, x)
	}
	if least == most {
		return least, 0
	}
	sum := 0.
	for _, x := range nonzero {
		sum += (x - mean) / rows
	}
	if zeros > 0 {
		sum -= zeros / rows * mean
	}
	mean += sum
	unit := most/2 - least/2 // squares of extreme values stay in range
	square := 0.
	for _, x := range nonzero {
		e := (x - mean) / unit
		square += e * e
	}
	if zeros > 0 {
		e := mean / unit
		square += zeros * (e * e)
	}
	return mean, math.Sqrt(square/rows) * unit
}

// ranked is a sorted list of values, of which one that is there many times is
// held once.
type ranked struct {
	values []float64 // ascending
	run    float64   // stands before those values that are not less
	times  int
	before int // how many values are less than run
}

// rank sorts values, which it takes, and adds times copies of run.
func rank(values []float64, run float64, times int) ranked {
	slices.Sort(values)
	before, _ := slices.BinarySearch(values, run)
	return ranked{values: values, run: run, times: times, before: before}
}

func (r ranked) len() int { return len(r.values) + r.times }

// at returns the value of rank i.
func (r ranked) at(i int) float64 {
	switch {
	case i < r.before:
		return r.values[i]
	case i < r.before+r.times:
		return r.run
	}
	return r.values[i-r.times]
}

// quantile interpolates linearly between ranks.
func (r ranked) quantile(q float64) float64 {
	h := q * float64(r.len()-1)
	i := int(h)
	if i+1 >= r.len() {
		return r.at(i)
	}
	low, high := r.at(i), r.at(i+1)
	return low + (h-float64(i))*(high-low)
}

// quartiles returns the median and the interquartile range of n values, those
// given, which it takes, and zeros.
func quartiles(nonzero []float64, n int) (median, iqr float64) {
	r := rank(nonzero, 0, n-len(nonzero))
	return r.quantile(.5), r.quantile(.75) - r.quantile(.25)
}

// normalMAD is the median absolute deviation of a normal distribution of
// standard deviation 1: the third quartile.
const normalMAD = 0.67448975019608171

// deviations returns the median of n values, those given, which it takes, and
// zeros, and the median distance from it, in standard deviations of a normal
// distribution.
func deviations(nonzero []float64, n int) (median, mad float64) {
	zeros := n - len(nonzero)
	median = rank(nonzero, 0, zeros).quantile(.5)
	for i, v := range nonzero {
		nonzero[i] = math.Abs(v - median)
	}
	return median, rank(nonzero, math.Abs(median), zeros).quantile(.5) / normalMAD
}
