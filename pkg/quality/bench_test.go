package quality_test

import (
	"context"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/quality"
)

func BenchmarkRankDigits(b *testing.B) {
	x := mat.DenseCopyOf(datasets.Digits().X)
	y := x.Slice(0, 1797, 20, 22)
	for b.Loop() {
		if _, err := (quality.Rank{}).Compare(context.Background(), x, y); err != nil {
			b.Fatal(err)
		}
	}
}
