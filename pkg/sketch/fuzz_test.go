package sketch_test

import (
	"context"
	"encoding/binary"
	"errors"
	"maps"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/sketch"
)

// Whatever the shape, seed and values, a map gives finite rows, the same bits for
// the same rows stored sparsely, and its transpose is one; or there is a typed
// error, where the shape does not fit or float32 does not hold a value.
func FuzzApply(f *testing.F) {
	bytes := func(values ...float32) (b []byte) {
		for _, v := range values {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
		}
		return b
	}
	f.Add(uint8(0), 1, 1, uint64(0), bytes(3, 1, 4))
	f.Add(uint8(2), 3, 2, uint64(1), bytes(0, 1, 2, 3, 1e30, -1e30, 0.5, 0.25, 1e-30))
	f.Add(uint8(7), 5, 9, uint64(2), bytes(0, math.MaxFloat32, -math.MaxFloat32, 1e-45, 1))
	f.Add(uint8(11), 2, 7, uint64(3), bytes(1, 2, 3, float32(math.NaN())))
	f.Add(uint8(13), 4, 3, uint64(4), bytes(1, 0, 0, 0, 0, 0, 0, 1))
	f.Add(uint8(14), 30, 30, uint64(5), bytes(make([]float32, 120)...))
	f.Add(uint8(1), 1, -1, uint64(6), []byte{})
	all := maps.Clone(sketches)
	maps.Copy(all, projections)
	all["RandomFeatures"] = func(k int, seed uint64) sketcher { return features{sketch.RandomFeatures{Dim: k, Seed: seed}} }
	all["RandomFeatures, simplex"] = func(k int, seed uint64) sketcher {
		return features{sketch.RandomFeatures{Dim: k, Seed: seed, Positive: true, Coupling: sketch.Simplex}}
	}
	names := slices.Sorted(maps.Keys(all))
	f.Fuzz(func(t *testing.T, which uint8, d, k int, seed uint64, b []byte) {
		if d < 1 || d > 80 || k > 200 || len(b) > 4*1000 {
			return
		}
		n := max(len(b)/4/d, 1)
		x := mat32.NewDense(n, d, nil)
		var stored []mat32.Triplet
		valid, small := true, true
		for i := range min(n*d, len(b)/4) {
			v := math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
			x.Data()[i] = v
			valid = valid && v-v == 0
			small = small && math.Abs(float64(v)) < 1e15
			if v != 0 {
				stored = append(stored, mat32.Triplet{Row: i / d, Col: i % d, Value: v})
			}
		}
		s := all[names[int(which)%len(names)]](k, seed)
		y, err := s.Apply(context.Background(), x)
		if err != nil {
			var (
				nf *mat32.NotFiniteError
				pe *mat32.ParamError
				de *mat32.DegenerateError
			)
			if !errors.As(err, &nf) && !errors.As(err, &pe) && !errors.As(err, &de) {
				t.Fatalf("an error of no known type: %v", err)
			}
			if f, is := s.(features); is && (f.Positive || k%2 == 1) {
				return // an odd number, or exponentials beyond float32
			}
			if k >= 0 && (k == 0 || fits(s, d, k)) && valid && small {
				t.Fatalf("refused: %v", err)
			}
			return
		}
		rows, columns := y.Dims()
		if !valid || rows != n || k > 0 && columns != k || k < 0 {
			t.Fatalf("%d × %d values of %d × %d, Dim %d, all finite: %v", rows, columns, n, d, k, valid)
		}
		for i, v := range y.Data() {
			if v-v != 0 {
				t.Fatalf("value %d is %v", i, v)
			}
		}
		csr, err := mat32.FromTriplets(n, d, stored)
		if err != nil {
			t.Fatal(err)
		}
		if z := done(t)(s.Apply(context.Background(), csr)); !slices.Equal(z.Data(), y.Data()) {
			t.Fatal("sparse rows give other bits")
		}
		if _, is := s.(features); is || !small {
			return
		}
		w := fixture.Normal(seed, n, columns)
		back := done(t)(s.ApplyT(context.Background(), w, d))
		for i := range n {
			var p, q, size float64
			for c := range columns {
				p += y.At(i, c) * w.At(i, c)
				size += math.Abs(y.At(i, c) * w.At(i, c))
			}
			for j := range d {
				q += x.At(i, j) * back.At(i, j)
				size += math.Abs(x.At(i, j) * back.At(i, j))
			}
			// What cancels within a value of either is not in size.
			if math.Abs(p-q) > 1e-4*(size+math.Sqrt(norm(x, i)*norm(w, i)))+1e-30 {
				t.Fatalf("%T %+v, row %d: ⟨Sx, w⟩ = %v, ⟨x, Sᵀw⟩ = %v", s, s, i, p, q)
			}
		}
	})
}

// features stand among linear maps, without a transpose.
type features struct{ sketch.RandomFeatures }

func (features) ApplyT(context.Context, mat.Matrix, int) (*mat32.Dense, error) {
	panic("features have no transpose")
}
