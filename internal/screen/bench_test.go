package screen_test

import (
	"context"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/digits70k"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/screen"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/datasets/mnist10k"
	"github.com/flatland-go/flatland/pkg/mat32"
)

func uniform(n, d int) *mat32.Dense {
	x := mat32.NewDense(n, d, nil)
	for i := range n {
		s := rng.New(1, "bench", i)
		for j := range d {
			x.Set(i, j, s.Float64())
		}
	}
	return x
}

func BenchmarkNearest(b *testing.B) {
	for _, c := range []struct {
		name string
		x    func() mat.Matrix
	}{
		{"digits", func() mat.Matrix { return mat32.Convert(datasets.Digits().X) }},
		{"mnist10k", func() mat.Matrix { return mat32.Convert(mnist10k.Load().X) }},
		{"digits70k", func() mat.Matrix { return digits70k.Make(1).X }},
		{"uniform/10000x2", func() mat.Matrix { return uniform(10000, 2) }},
		{"uniform/10000x3", func() mat.Matrix { return uniform(10000, 3) }},
		{"uniform/10000x10", func() mat.Matrix { return uniform(10000, 10) }},
		{"uniform/50000x20", func() mat.Matrix { return uniform(50000, 20) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			x := c.x()
			n, _ := x.Dims()
			for b.Loop() {
				r, err := screen.New(context.Background(), x)
				if err != nil {
					b.Fatal(err)
				}
				if err := r.Nearest(context.Background(), 15, make([]int32, 15*n), make([]float64, 15*n)); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(float64(n)*float64(n)), "ns/pair")
		})
	}
}
