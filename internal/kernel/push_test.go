package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

func TestPush(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 2))
		for dim := 1; dim <= 3; dim++ {
			for _, n := range []int{0, 8, 16, 88} {
				for _, freedom := range []float32{1, 0.5, 3, 0.05, 200} {
					stride := n + 3
					points, masses, here := make([]float32, dim*stride), make([]float32, n), make([]float32, dim)
					for i := range points {
						points[i] = float32(4 * r.NormFloat64())
					}
					for i := range masses {
						masses[i] = float32(r.IntN(4))
					}
					for c := range here {
						here[c] = float32(r.NormFloat64())
						if n > 0 {
							points[c*stride] = here[c] // the point itself
						}
					}
					want, size := make([]float64, dim+1), make([]float64, dim+1)
					for k, mass := range masses {
						far := 0.
						for c, v := range here {
							far += math.Pow(float64(v)-float64(points[c*stride+k]), 2)
						}
						u := 1 / (1 + far/float64(freedom))
						w := float64(mass) * math.Pow(u, float64(freedom))
						want[dim] += w
						size[dim] += w
						for c, v := range here {
							f := w * u * (float64(v) - float64(points[c*stride+k]))
							want[c] += f
							size[c] += math.Abs(f)
						}
					}
					got := make([]float32, dim+2)
					got[dim+1] = 7
					Push32(got[:dim+1], here, points, stride, masses, freedom)
					for c, v := range want {
						// Powers lose digits with the size of their logarithms.
						if math.Abs(float64(got[c])-v) > 2e-6*(1+float64(freedom)/10)*size[c] {
							t.Errorf("dim %d, %d points, freedom %v, value %d: %v, want %v", dim, n, freedom, c, got[c], v)
						}
					}
					if got[dim+1] != 7 {
						t.Error("wrote beyond the end")
					}
				}
			}
		}
	})
}

func TestAttract(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 2))
		for dim := 1; dim <= 3; dim++ {
			for _, n := range []int{0, 5, 8, 24, 64} {
				const known = 40
				points, rows, values, here := make([]float32, known*dim), make([]int32, n), make([]float32, n), make([]float32, dim)
				for i := range points {
					points[i] = float32(10 * r.NormFloat64())
				}
				for k := range rows {
					rows[k], values[k] = int32(r.IntN(known)), r.Float32()
				}
				for c := range here {
					here[c] = r.Float32()
				}
				want, size := make([]float64, dim), make([]float64, dim)
				for k, j := range rows {
					far := 0.
					for c, v := range here {
						far += math.Pow(float64(v)-float64(points[int(j)*dim+c]), 2)
					}
					for c, v := range here {
						f := float64(values[k]) / (1 + far*0.7) * (float64(v) - float64(points[int(j)*dim+c]))
						want[c] += f
						size[c] += math.Abs(f)
					}
				}
				got := make([]float32, dim)
				Attract32(got, here, points, rows, values, 0.7)
				for c, v := range want {
					if math.Abs(float64(got[c])-v) > 1e-6*size[c] {
						t.Errorf("dim %d, %d rows, coordinate %d: %v, want %v", dim, n, c, got[c], v)
					}
				}
			}
		}
	})
}

func BenchmarkPush(b *testing.B) {
	const n = 512
	for _, freedom := range []float32{1, 0.5} {
		b.Run(fmt.Sprint("freedom ", freedom), func(b *testing.B) {
			points, masses := make([]float32, 2*n), make([]float32, n)
			for i := range masses {
				points[i], points[n+i], masses[i] = float32(i), float32(i%7), 1
			}
			dst, here := make([]float32, 3), []float32{3, 4}
			for b.Loop() {
				Push32(dst, here, points, n, masses, freedom)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/pair")
		})
	}
}

func BenchmarkAttract(b *testing.B) {
	const n, known = 128, 70000
	points, rows, values := make([]float32, 2*known), make([]int32, known*n), make([]float32, n)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range rows {
		rows[i] = int32(r.IntN(known))
	}
	dst, here := make([]float32, 2), []float32{3, 4}
	i := 0
	for b.Loop() {
		Attract32(dst, here, points, rows[i*n:(i+1)*n], values, 1)
		i = (i + 1) % known
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/pair")
}
