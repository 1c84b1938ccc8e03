package quality_test

import (
	"context"
	"fmt"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/quality"
)

func BenchmarkRankDigits(b *testing.B) {
	x := mat.DenseCopyOf(datasets.Digits().X)
	y := x.Slice(0, 1797, 20, 22)
	for _, k := range []int{15, 100} {
		b.Run(fmt.Sprintf("K=%d", k), func(b *testing.B) {
			for b.Loop() {
				if _, err := (quality.Rank{Neighbors: k}).Compare(context.Background(), x, y); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
