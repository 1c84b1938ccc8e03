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
	{"CCA, ρ 1", correlation(0), ".945755"},
	{"CCA, ρ 2", correlation(1), ".91842199"},
	{"CCA, ρ 3", correlation(2), ".90089706"},
	{"CCA, ρ 4", correlation(3), ".82689349"},
	{"CCA, ρ 5", correlation(4), ".82008326"},
	{"CCA, ρ 6", correlation(5), ".67061466"},
	{"CCA, ρ 7", correlation(6), ".559822"},
	{"CCA, ρ 8", correlation(7), ".51658337"},
	{"CCA, mean", score(CCA{}), ".76988385285"},
	{"CCA, R²", score(CCA{Aggregate: MeanSquare}), ".616979930139"},
	{"CCA, Σρ²/12", score(CCA{Aggregate: MeanSquareWider}), ".411319953426"},
	{"PWCCA, from X", score(PWCCA{Weighing: FromX}), ".770167529162"},
	{"PWCCA, from Y", score(PWCCA{Weighing: FromY}), ".818275574155"},
	{"PWCCA, from fewer", score(PWCCA{}), ".818275574155"},
	{"SVCCA, 99 %", score(SVCCA{}), ".76988385285"},
	{"SVCCA, 90 %", score(SVCCA{Variance: .9}), ".791398854325"},
	{"linear regression, X from Y", score(LinearRegression{Backward: true}), ".41987612571"},
	{"linear regression, Y from X", score(LinearRegression{}), ".750580842147"},
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

func correlation(k int) func(ctx context.Context, x, y mat.Matrix) (float64, error) {
	return func(ctx context.Context, x, y mat.Matrix) (float64, error) {
		c, err := CCA{}.Correlate(ctx, x, y)
		if err != nil {
			return 0, err
		}
		return c.Values[k], nil
	}
}
