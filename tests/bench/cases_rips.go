package bench

import (
	"math"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/bench/ours"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// ripsCases compute barcodes of points in a text file, which each side reads: the peer is a command, and its time that of its whole
// process.
func ripsCases() []Case {
	ripser := Peer{
		Package: "ripser", Script: "bench_ripser.py", Function: "rips", Serial: true,
		Settings: []Setting{{Name: "ripser --format point-cloud, the whole process, one core"}},
	}
	measures := []Measure{
		number("bars", "bars above dimension 0", "%.0f"),
		number("total", "length of those that end, in all", "%.4f"),
		{Name: "largest memory of the process, MiB", Format: "%.0f", Varies: true, Of: number("memory", "", "").Of},
	}
	return []Case{{
		Name: "rips-o3-1024", What: "Vietoris-Rips barcodes to dimension 3, up to 1.8: a file of 1024 orthogonal 3 × 3 matrices",
		Data: rotations, Options: wire.Options{"dim": 3, "threshold": "1.8"}, Prepared: true,
		Ours: ours.Rips, Peer: ripser, Quality: measures,
	}, {
		Name: "rips-sphere-192", What: "Vietoris-Rips barcodes to dimension 2: a file of 192 points on a sphere",
		Data: onSphere, Options: wire.Options{"dim": 2, "threshold": ""}, Prepared: true,
		Ours: ours.Rips, Peer: ripser, Quality: measures,
	}, {
		Name: "rips-torus-50000", What: "Vietoris-Rips barcodes to dimension 1, up to 0.15: a file of 50 000 points on a flat torus, 50 000 × 4",
		Data: flatTorus, Options: wire.Options{"dim": 1, "threshold": "0.15"}, Prepared: true,
		Ours: ours.Rips, Peer: ripser, Quality: measures,
	}}
}

// rotations returns orthogonal matrices, evenly distributed, as rows of nine.
func rotations(rows int) ([]*mat32.Dense, error) {
	x := mat32.NewDense(orAll(rows, 1024), 9, nil)
	n, _ := x.Dims()
	for i := range n {
		s := rng.New(1, "bench/rotations", i)
		var q [3][3]float64
		for a := range q {
			for j := range q[a] {
				q[a][j] = s.Normal()
			}
			for _, b := range q[:a] {
				dot := q[a][0]*b[0] + q[a][1]*b[1] + q[a][2]*b[2]
				for j := range b {
					q[a][j] -= dot * b[j]
				}
			}
			norm := math.Sqrt(q[a][0]*q[a][0] + q[a][1]*q[a][1] + q[a][2]*q[a][2])
			for j := range q[a] {
				q[a][j] /= norm
				x.Row(i)[3*a+j] = float32(q[a][j])
			}
		}
	}
	return []*mat32.Dense{x}, nil
}

// onSphere returns points of the unit sphere.
func onSphere(rows int) ([]*mat32.Dense, error) {
	x := mat32.NewDense(orAll(rows, 192), 3, nil)
	n, _ := x.Dims()
	for i := range n {
		s := rng.New(1, "bench/onsphere", i)
		a, b, c := s.Normal(), s.Normal(), s.Normal()
		norm := math.Sqrt(a*a + b*b + c*c)
		copy(x.Row(i), []float32{float32(a / norm), float32(b / norm), float32(c / norm)})
	}
	return []*mat32.Dense{x}, nil
}

// flatTorus returns points of the product of two unit circles.
func flatTorus(rows int) ([]*mat32.Dense, error) {
	x := mat32.NewDense(orAll(rows, 50_000), 4, nil)
	n, _ := x.Dims()
	for i := range n {
		s := rng.New(1, "bench/flattorus", i)
		sin, cos := math.Sincos(2 * math.Pi * s.Float64())
		sin2, cos2 := math.Sincos(2 * math.Pi * s.Float64())
		copy(x.Row(i), []float32{float32(cos), float32(sin), float32(cos2), float32(sin2)})
	}
	return []*mat32.Dense{x}, nil
}
