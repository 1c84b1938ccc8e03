package bench

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// mnist2000 returns the first 2000 of the MNIST test digits.
func mnist2000(rows int) ([]*mat32.Dense, error) {
	x, err := mnist(0)
	if err != nil {
		return nil, err
	}
	n := orAll(rows, 2000)
	_, d := x[0].Dims()
	return []*mat32.Dense{mat32.NewDense(n, d, x[0].Data()[:n*d])}, nil
}

// stress judges a map by Kruskal's stress-1 of all its distances.
var stress = Measure{Name: "stress-1 (least is best)", Format: "%.6f",
	Of: func(in []*mat32.Dense, _ wire.Options, r *wire.Reply) (float64, error) {
		n, _ := in[0].Dims()
		values, err := r.Matrix("map", n, 2)
		if err != nil {
			return 0, err
		}
		z := mat.NewDense(n, 2, values)
		missed, all := 0., 0.
		for i := range n {
			a := z.RawRowView(i)
			for j := range i {
				b := z.RawRowView(j)
				d := math.Hypot(a[0]-b[0], a[1]-b[1])
				e := d - apart(in[0].Row(i), in[0].Row(j))
				missed += e * e
				all += d * d
			}
		}
		return math.Sqrt(missed / all), nil
	}}
