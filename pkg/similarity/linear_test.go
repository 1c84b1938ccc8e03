package similarity

import (
	"context"

	"gonum.org/v1/gonum/mat"
)

// linearValues are those of the linear and kernel measures.
var linearValues = []published{
	{"HSIC, trace", score(HSIC{Estimator: Trace}), "115653.773217759"},
	{"HSIC, biased", score(HSIC{}), "2.92047607933535"},
	{"HSIC, unbiased", score(HSIC{Estimator: Unbiased}), "2.699246094069"},
	{"CKA, linear", score(CKA{}), ".477102080732393"},
	{"CKA, linear, debiased", score(CKA{Estimator: Debiased}), ".460685555652091"},
	{"CKA, linear, on normalised rows", onUnitRows(CKA{}), ".500497962930"},
	{"CKA, linear, debiased, on normalised rows", onUnitRows(CKA{Estimator: Debiased}), ".481798408930"},
	{"CKA, RBF, σ = 1", score(CKA{Kernel: RBF, Bandwidth: 1, Absolute: true}), ".531401248799422"},
	{"CKA, RBF, .2 of the median", score(CKA{Kernel: RBF, Bandwidth: .2}), ".953679931366527"},
	{"CKA, RBF, .5 of the median", score(CKA{Kernel: RBF, Bandwidth: .5}), ".524719546473208"},
	{"CKA, RBF, the median", score(CKA{Kernel: RBF}), ".503428969592365"},
}

// onUnitRows is the value of a measure on rows of length one.
func onUnitRows(m Measure) func(ctx context.Context, x, y mat.Matrix) (float64, error) {
	return func(ctx context.Context, x, y mat.Matrix) (float64, error) {
		return score(m)(ctx, unitLength(x), unitLength(y))
	}
}

func unitLength(x mat.Matrix) *mat.Dense {
	u := mat.DenseCopyOf(x)
	n, _ := u.Dims()
	for i := range n {
		row := mat.NewVecDense(len(u.RawRowView(i)), u.RawRowView(i))
		row.ScaleVec(1/mat.Norm(row, 2), row)
	}
	return u
}
