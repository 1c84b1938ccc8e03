package neighbors_test

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// Whatever the values, shape and number of neighbours, a graph holds nearest rows in order at their distances, or there is a typed
// error.
func FuzzExact(f *testing.F) {
	bytes := func(values ...float64) (b []byte) {
		for _, v := range values {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
		}
		return b
	}
	f.Add(1, 2, false, bytes(3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 9))
	f.Add(2, 3, true, bytes(0, 1, 2, 3, 1e30, -1e30, 0.5, 0.25, 1e-30, 7, 7, 7))
	f.Add(2, 0, false, bytes(0, math.MaxFloat64, -math.MaxFloat64, 5e-324, 1e-310, 1, 1, 1e150))
	f.Add(3, 1, false, bytes(1e150, 0, 0, 1e150, 1e-150, 0, 0, 1e-140, 1, 2, 3, 4))
	f.Add(1, -1, false, bytes(1, 2, 3))
	f.Add(1, 99, true, bytes(1, 2, math.NaN()))
	f.Add(1, 1, true, []byte{})
	f.Fuzz(func(t *testing.T, d, k int, single bool, b []byte) {
		if d < 0 || d > 16 || len(b) > 8*400 {
			return
		}
		n := 0
		if d > 0 {
			n = len(b) / 8 / d
		}
		x := mat.NewDense(max(n, 1), max(d, 1), nil)
		for i := range n * d {
			x.Set(i/d, i%d, math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:])))
		}
		var given mat.Matrix = x
		if n == 0 {
			given = mat32.NewDense(n, d, nil)
		} else if single {
			given = mat32.Convert(x)
			x.Copy(given)
		}
		g, err := neighbors.Exact{Neighbors: k}.Graph(context.Background(), given)
		if err != nil {
			var (
				finite     *mat32.NotFiniteError
				param      *mat32.ParamError
				shape      *mat32.ShapeError
				degenerate *mat32.DegenerateError
			)
			if !errors.Is(err, mat32.ErrEmpty) && !errors.As(err, &finite) && !errors.As(err, &param) && !errors.As(err, &shape) &&
				!errors.As(err, &degenerate) {
				t.Fatalf("an error of no known type: %v", err)
			}
			if n >= 2 && k >= 1 && k < n && mat32.Check(x) == nil && mat.Max(x)-mat.Min(x) < 1e300 {
				t.Fatalf("refused: %v", err)
			}
			return
		}
		if g.N != n || g.K < 1 || g.K != k && k != 0 {
			t.Fatalf("%v for %d × %d values and %d neighbours", g, n, d, k)
		}
		// Squares of what is far below the largest value may be too small for float64.
		floor := 1e-30*max(mat.Max(x), -mat.Min(x)) + 1e-322
		slack := func(v float64) float64 { return 1e-12*v + floor }
		for i := range n {
			far := make([]float64, n)
			for j := range far {
				for c := range d {
					far[j] = math.Hypot(far[j], x.At(i, c)-x.At(j, c))
				}
			}
			indices, distances := g.Row(i)
			chosen := map[int32]bool{int32(i): true}
			for j, row := range indices {
				if chosen[row] || j > 0 && distances[j] < distances[j-1] {
					t.Fatalf("row %d has neighbours %v at %v", i, indices, distances)
				}
				chosen[row] = true
				if want := far[row]; !(math.Abs(distances[j]-want) <= slack(want)) {
					t.Fatalf("rows %d and %d are %v apart, not %v", i, row, want, distances[j])
				}
			}
			for j, v := range far {
				if last := distances[g.K-1]; !chosen[int32(j)] && v < last-slack(last) {
					t.Fatalf("row %d at %v is not among the neighbours of %d, the last of which is at %v", j, v, i, last)
				}
			}
		}
	})
}
