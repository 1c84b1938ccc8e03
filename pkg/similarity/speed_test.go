package similarity

import (
	"context"
	"testing"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
)

func normal32(seed uint64, n, d int) *mat32.Dense {
	x := mat32.NewDense(n, d, nil)
	s := rng.New(seed, "test", 0)
	for i := range x.Data() {
		x.Data()[i] = float32(s.Normal())
	}
	return x
}

func BenchmarkCKA(b *testing.B) {
	x, y := normal32(1, 10_000, 512), normal32(2, 10_000, 256)
	for b.Loop() {
		if _, err := (CKA{}).Compare(context.Background(), x, y); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCKALayers(b *testing.B) {
	var layers []*mat32.Dense
	for i := range 24 {
		layers = append(layers, normal32(uint64(i), 5000, 256))
	}
	for b.Loop() {
		var list []prepared
		for _, x := range layers {
			p, err := CKA{}.prepare(context.Background(), "x", x)
			if err != nil {
				b.Fatal(err)
			}
			list = append(list, p)
		}
		for i, p := range list {
			for _, q := range list[:i] {
				if _, err := p.against(context.Background(), q); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
}
