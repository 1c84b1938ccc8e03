package bench

import (
	"fmt"
	"math"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/bench/ours"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// magnitudeCases weigh points.
func magnitudeCases() []Case {
	return []Case{{
		Name: "magnitude-2000", What: "exact magnitude and weights: uniform in a cube, 2000 × 10",
		Data: cubeOfTen, Ours: ours.Magnitude,
		Peer: Peer{
			Package: "scipy", Script: "bench_magnitude.py", Function: "magnitude",
			Settings: []Setting{
				{Name: "cdist, exp, cho_factor and cho_solve in place, without checks, all cores", Options: wire.Options{"lean": true}},
				{Name: "cho_solve(cho_factor(exp(-cdist(x, x))), 1), all cores", Options: wire.Options{"lean": false}},
			},
		},
		Quality: []Measure{number("magnitude", "magnitude", "%.10f"), weightError},
	}}
}

// cubeOfTen returns 2000 uniform rows in ten columns.
func cubeOfTen(rows int) ([]*mat32.Dense, error) {
	all, err := uniform(orAll(rows, 2000))
	if err != nil {
		return nil, err
	}
	n, _ := all[0].Dims()
	x := mat32.NewDense(n, 10, nil)
	for i := range n {
		copy(x.Row(i), all[0].Row(i))
	}
	return []*mat32.Dense{x}, nil
}

// weightError judges weights w for which exp(−d)·w is 1, at some of the rows.
var weightError = Measure{Name: "largest |1 − exp(−d)·w| of a row (0 is best)", Format: "%.1e",
	Of: func(in []*mat32.Dense, _ wire.Options, r *wire.Reply) (float64, error) {
		n, _ := in[0].Dims()
		w, err := r.Matrix("weights", 1, n)
		if err != nil {
			return 0, err
		}
		worst := 0.
		for _, i := range judgedOf(n) {
			left := 1.
			for j := range n {
				far := 0.
				for k, v := range in[0].Row(i) {
					d := float64(v) - float64(in[0].Row(j)[k])
					far += d * d
				}
				left -= math.Exp(-math.Sqrt(far)) * w[j]
			}
			worst = max(worst, math.Abs(left))
		}
		if math.IsNaN(worst) {
			return 0, fmt.Errorf("the weights hold NaN")
		}
		return worst, nil
	}}
