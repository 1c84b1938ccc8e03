package quality_test

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/quality"
	"github.com/flatland-go/flatland/tests/golden"
)

// Principal planes of real tables: as they are, with many equal distances, and
// with a little noise that leaves none.
func TestRanksAgainstScikitLearn(t *testing.T) {
	testenv.Unraced(t)
	type scores struct{ Trustworthiness, Continuity, Hit []float64 }
	var file struct {
		Data map[string]struct {
			Times         float64
			Neighbors     []int
			EmbeddingUnit float64 `json:"embedding_unit"`
			Embedding     [][]float64
			JitteredRow1  []float64 `json:"jittered_row_1"`
			Jittered      scores
			Tied          scores
		}
	}
	golden.Load(t, "quality", &file)
	for name, table := range map[string]*datasets.Dataset{"digits": datasets.Digits(), "iris": datasets.Iris()} {
		want, ok := file.Data[name]
		if !ok {
			t.Fatalf("the golden file has no table %s", name)
		}
		n, d := table.X.Dims()
		tied, jittered, y := mat.NewDense(n, d, nil), mat.NewDense(n, d, nil), mat.NewDense(n, 2, nil)
		for i := range n {
			for j := range d {
				v := math.Round(table.X.At(i, j) * want.Times)
				tied.Set(i, j, v)
				jittered.Set(i, j, v+jitter(uint32(i*d+j)))
			}
			for j, v := range want.Embedding[i] {
				y.Set(i, j, v*want.EmbeddingUnit)
			}
		}
		for j, v := range want.JitteredRow1 {
			if jittered.At(1, j) != v {
				t.Fatalf("%s: the noise is another: row 1, column %d is %v, want %v", name, j, jittered.At(1, j), v)
			}
		}
		for kind, c := range map[string]struct {
			x    *mat.Dense
			want scores
		}{"tied": {tied, want.Tied}, "jittered": {jittered, want.Jittered}} {
			r := compare(t, 50, c.x, y)
			for i, k := range want.Neighbors {
				if got, w := r.Trustworthiness(k).Value, c.want.Trustworthiness[i]; math.Abs(got-w) > 1e-13 {
					t.Errorf("%s, %s: trustworthiness at %d is %.15g, want %.15g", name, kind, k, got, w)
				}
				if got, w := r.Continuity(k).Value, c.want.Continuity[i]; math.Abs(got-w) > 1e-13 {
					t.Errorf("%s, %s: continuity at %d is %.15g, want %.15g", name, kind, k, got, w)
				}
				if kind == "jittered" {
					alone, err := quality.NeighborhoodHit(context.Background(), y, table.Labels, k)
					if err != nil {
						t.Fatal(err)
					}
					for _, got := range []float64{hit(t, r, k, table.Labels).Value, alone.Value} {
						if w := c.want.Hit[i]; math.Abs(got-w) > 1e-13 {
							t.Errorf("%s: hit at %d is %.15g, want %.15g", name, k, got, w)
						}
					}
				}
			}
		}
	}
}

// jitter is noise below 1/8 that any language can make again.
func jitter(k uint32) float64 {
	k *= 2654435761
	k ^= k >> 15
	k *= 2246822519
	return float64(k>>18) * 0x1p-17
}
