package nn

import (
	"math"

	"gonum.org/v1/gonum/blas/blas32"
)

// CrossEntropy returns the mean, over the rows of y, of minus the logarithm of the
// probability of the row's label, where probabilities are in proportion to the exponentials
// of y. It writes the gradient by y to by.
func CrossEntropy(y blas32.General, labels []int, by blas32.General) (loss float64) {
	for i := range y.Rows {
		row, g := y.Data[i*y.Stride:][:y.Cols], by.Data[i*by.Stride:][:y.Cols]
		most := row[0]
		for _, v := range row {
			most = max(most, v)
		}
		sum := 0.
		for j, v := range row {
			e := math.Exp(float64(v - most))
			g[j] = float32(e)
			sum += e
		}
		loss += math.Log(sum) - float64(row[labels[i]]-most)
		scale := float32(1 / (sum * float64(y.Rows)))
		for j := range g {
			g[j] *= scale
		}
		g[labels[i]] -= 1 / float32(y.Rows)
	}
	return loss / float64(y.Rows)
}

// SquaredError returns the mean square of y less target, and writes the gradient by y to by.
func SquaredError(y, target, by blas32.General) (loss float64) {
	count := float64(y.Rows) * float64(y.Cols)
	scale := float32(2 / count)
	for i := range y.Rows {
		want, g := target.Data[i*target.Stride:][:y.Cols], by.Data[i*by.Stride:][:y.Cols]
		for j, v := range y.Data[i*y.Stride:][:y.Cols] {
			d := v - want[j]
			loss += float64(d) * float64(d)
			g[j] = scale * d
		}
	}
	return loss / count
}

// BinaryCrossEntropy returns the mean over all values of y of minus the logarithm of the
// likelihood of target, from 0 to 1, where 1/(1 + e^−y) is the probability of 1. It writes the
// gradient by y to by.
func BinaryCrossEntropy(y, target, by blas32.General) (loss float64) {
	count := float64(y.Rows) * float64(y.Cols)
	for i := range y.Rows {
		want, g := target.Data[i*target.Stride:][:y.Cols], by.Data[i*by.Stride:][:y.Cols]
		for j, v := range y.Data[i*y.Stride:][:y.Cols] {
			z := float64(v)
			e := math.Exp(-math.Abs(z))
			loss += math.Log1p(e) + max(z, 0) - z*float64(want[j])
			p := 1 / (1 + e) // of the likelier one
			if z < 0 {
				p = e / (1 + e)
			}
			g[j] = float32((p - float64(want[j])) / count)
		}
	}
	return loss / count
}
