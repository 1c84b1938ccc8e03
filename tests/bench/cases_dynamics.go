package bench

import (
	"math"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/bench/ours"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// dynamicsCases measure motion.
func dynamicsCases() []Case {
	published := map[string]float64{"first": 0.9056, "second": 0, "third": -14.5723}
	away := func(_ []*mat32.Dense, _ wire.Options, r *wire.Reply) (float64, error) {
		worst := 0.0
		for name, want := range published {
			found, err := r.Value(name)
			if err != nil {
				return 0, err
			}
			worst = math.Max(worst, math.Abs(found-want))
		}
		return worst, nil
	}
	return []Case{{
		Name: "lyapunov-lorenz", What: "all three Lyapunov exponents of Lorenz's flow, 1 000 000 steps of 0.01, tangent vectors made orthogonal every ten",
		Data: noData, Options: wire.Options{"steps": 1000000}, Ours: ours.Lyapunov,
		Peer: Peer{
			Package: "numba", Script: "bench_dynamics.py", Function: "lyapunov",
			Settings: []Setting{{Name: "a loop of ours that Numba compiles for this flow alone, Runge-Kutta of order four"}},
			Serial:   true,
		},
		Quality: []Measure{{
			Name: "farthest from the published exponents (0 is best)", Format: "%.4f",
			Of: away,
		}},
	}}
}

// noData is for what needs none: a single number, since each side is sent some.
func noData(int) ([]*mat32.Dense, error) { return []*mat32.Dense{mat32.NewDense(1, 1, nil)}, nil }
