package quality_test

import (
	"context"
	"encoding/binary"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/quality"
)

// Whatever the values, ranks are those of the full order of exact distances, or
// there is an error.
func FuzzCompare(f *testing.F) {
	bytes := func(values ...float64) (b []byte) {
		for _, v := range values {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
		}
		return b
	}
	f.Add(1, 2, bytes(1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 9, 9, 9, 9))
	f.Add(2, 1, bytes(0, 1e308, -1e308, 5e-324, 1e-310, 1, 1, 3, 1e150, 1e-150, 1e-160, 0))
	f.Add(1, 1, bytes(math.NaN(), 1, 2, 3))
	f.Add(1, 1, []byte{})
	f.Fuzz(func(t *testing.T, dx, dy int, b []byte) {
		if dx < 1 || dy < 1 || dx > 10 || dy > 10 || len(b) > 8*400 {
			return
		}
		n := len(b) / 8 / (dx + dy)
		if n == 0 {
			return
		}
		x, y := mat.NewDense(n, dx, nil), mat.NewDense(n, dy, nil)
		for i := range n {
			for j := range dx + dy {
				v := math.Float64frombits(binary.LittleEndian.Uint64(b[8*(i*(dx+dy)+j):]))
				if j < dx {
					x.Set(i, j, v)
				} else {
					y.Set(i, j-dx, v)
				}
			}
		}
		r, err := quality.Rank{}.Compare(context.Background(), x, y)
		if err != nil {
			if n >= 2 && mat32.Check(x) == nil && mat32.Check(y) == nil && mat.Norm(x, 1) < 1e300 && mat.Norm(y, 1) < 1e300 {
				t.Errorf("refused: %v", err)
			}
			return
		}
		gx, gy := order(t, x), order(t, y)
		check(t, "in the embedding", gx, gy, r.K, r.Original, r.OriginalRanks)
		check(t, "in the data", gy, gx, r.K, r.Embedded, r.EmbeddedRanks)
	})
}
