package sketch

import (
	"fmt"
	"math"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// MinDim returns how many columns of a Gaussian sketch keep all squared
// distances between n rows within a factor of 1 ± eps, with a probability above
// 0: ⌊4·ln n/(eps²/2 − eps³/3)⌋, as scikit-learn's johnson_lindenstrauss_min_dim
// counts. It does not depend on the number of columns, and may exceed it: then no
// sketch is needed. Errors: *mat32.ParamError for n below 1 and eps outside (0, 1).
//
// Source: Dasgupta and Gupta (2003), An elementary proof of a theorem of Johnson
// and Lindenstrauss.
func MinDim(n int, eps float64) (int, error) {
	if n < 1 {
		return 0, &mat32.ParamError{Method: "sketch.MinDim", Param: "n", Value: n, Want: "n ≥ 1"}
	}
	if !(eps > 0 && eps < 1) {
		return 0, &mat32.ParamError{Method: "sketch.MinDim", Param: "eps", Value: eps, Want: "0 < eps < 1"}
	}
	k := 4 * math.Log(float64(n)) / (eps*eps/2 - eps*eps*eps/3)
	if !(k < 1<<53) {
		return 0, &mat32.ParamError{Method: "sketch.MinDim", Param: "eps", Value: eps, Want: fmt.Sprintf("eps large enough for fewer than 2⁵³ columns at n = %d", n)}
	}
	return int(k), nil
}
