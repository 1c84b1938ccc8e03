package similarity

import (
	"context"

	"gonum.org/v1/gonum/mat"
)

// shapeValues are those of scipy.spatial.procrustes and netrep.
var shapeValues = []published{
	{"Procrustes, disparity", score(Procrustes{Form: Disparity}), ".606945539526"},
	{"Procrustes, squared chord", score(Procrustes{Form: SquaredChord}), ".746118888452"},
	{"Procrustes, angular", score(Procrustes{}), ".893176411581"},
	{"Procrustes, squared Euclidean", score(Procrustes{Form: SquaredEuclidean}), "1444.954355088"},
	{"shape, angular, α = 0", score(ShapeDistance{Whitening: 1}), ".891034854414"},
	{"shape, angular, α = .5", score(ShapeDistance{Whitening: .5}), ".888323907095"},
	{"shape, angular, α = 1", score(ShapeDistance{}), ".893176411581"},
	{"shape, Euclidean, α = 0", score(ShapeDistance{Form: Euclidean, Whitening: 1, PadFirst: true}), "38.7082288565"},
	{"shape, Euclidean, α = .5", score(ShapeDistance{Form: Euclidean, Whitening: .5, PadFirst: true}), "37.8860210992"},
	{"shape, Euclidean, α = 1", score(ShapeDistance{Form: Euclidean}), "38.0125552297"},
	{"shape, permutation, angular", score(ShapeDistance{Group: Permutation}), "1.30585412944"},
	{"shape, permutation, Euclidean", score(ShapeDistance{Group: Permutation, Form: Euclidean}), "49.1338997549"},
	{"nuclear norm of the normalised cross-product", plugIn, ".626940555774"},
}

// plugIn is the cosine of Procrustes' angle of the rows themselves.
func plugIn(ctx context.Context, x, y mat.Matrix) (float64, error) {
	e, err := ShapeMoments{Moments: 1}.Estimated(ctx, x, y)
	if err != nil {
		return 0, err
	}
	return e.PlugIn, nil
}
