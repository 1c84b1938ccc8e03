package neighbors_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc64"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

func TestHNSWIndexIsSavedAndReadBack(t *testing.T) {
	ctx := context.Background()
	x := fixture.Uniform(1, 130, 4)
	x.SetRow(9, x.RawRowView(3))
	y := fixture.Uniform(2, 11, 4)
	for name, c := range map[string]struct {
		m    neighbors.Metric
		x, y mat.Matrix
	}{
		"float64":     {nil, x, y},
		"a view":      {nil, mat.DenseCopyOf(x.T()).T(), y},
		"float32":     {neighbors.Cosine{}, mat32.Convert(x), mat32.Convert(y)},
		"sparse":      {neighbors.Manhattan{}, sparseTwin(t, x), sparseTwin(t, y)},
		"minkowski":   {neighbors.Minkowski{P: 3, Weights: []float64{1, 2, 3, 4}}, x, y},
		"covariance":  {neighbors.Mahalanobis{Covariance: mat.NewSymDense(4, []float64{2, 1, 0, 0, 1, 2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1})}, x, y},
		"mahalanobis": {neighbors.Mahalanobis{}, x, y},
	} {
		ix := hnswIndex(t, neighbors.HNSW{M: 4, EfConstruction: 12, EfSearch: 10, Seed: 1 << 63, KeepPruned: true, Metric: c.m}, c.x)
		var file bytes.Buffer
		n, err := ix.WriteTo(&file)
		if err != nil || n != int64(file.Len()) {
			t.Fatalf("%s: wrote %d of %d bytes: %v", name, n, file.Len(), err)
		}
		file.WriteString("rest")
		var back neighbors.HNSWIndex
		if m, err := back.ReadFrom(&file); err != nil || m != n || file.String() != "rest" {
			t.Fatalf("%s: read %d of %d bytes: %v", name, m, n, err)
		}
		if !bytes.Equal(saveIndex(t, ix), saveIndex(t, &back)) || ix.String() != back.String() {
			t.Errorf("%s: read back it is another", name)
		}
		a, errA := ix.Query(ctx, c.y, 9)
		b, errB := back.Query(ctx, c.y, 9)
		if err := errors.Join(errA, errB); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !slices.Equal(a.Indices, b.Indices) || !slices.Equal(a.Distances, b.Distances) || a.Metric != b.Metric {
			t.Errorf("%s: read back it gives another answer", name)
		}
		more, errA := ix.Add(ctx, c.y)
		also, errB := back.Add(ctx, c.y)
		if err := errors.Join(errA, errB); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !bytes.Equal(saveIndex(t, more), saveIndex(t, also)) {
			t.Errorf("%s: rows added to what was read are linked in another way", name)
		}
	}
	f := neighbors.Func("nothing", func(a, b []float64) float64 { return 0 })
	var param *mat32.ParamError
	if _, err := hnswIndex(t, neighbors.HNSW{Metric: f}, x).MarshalBinary(); !errors.As(err, &param) {
		t.Errorf("a function was saved: %v", err)
	}
}

// sealed returns a file with the checksum that its bytes should have.
func sealed(b []byte) []byte {
	return binary.LittleEndian.AppendUint64(slices.Clone(b), crc64.Checksum(b, crc64.MakeTable(crc64.ECMA)))
}

// A file that is damaged gives an error, and one whose damage a checksum has
// sealed an error or an index that answers.
func TestHNSWDamagedFiles(t *testing.T) {
	good := saveIndex(t, hnswIndex(t, neighbors.HNSW{M: 2, EfConstruction: 5}, mat32.Convert(fixture.Normal(1, 12, 2))))
	body := good[:len(good)-8]
	var held neighbors.HNSWIndex
	if err := held.UnmarshalBinary(sealed(body)); err != nil {
		t.Fatal(err)
	}
	var fe *mat32.FileError
	for i := range body {
		for _, by := range []byte{1, 0x55, 0x80} {
			bad := slices.Clone(body)
			bad[i] ^= by
			if err := held.UnmarshalBinary(append(bad, good[len(body):]...)); !errors.As(err, &fe) {
				t.Fatalf("byte %d changed: %v", i, err)
			}
			answersOrRefuses(t, sealed(bad))
		}
		if err := held.UnmarshalBinary(good[:i]); !errors.As(err, &fe) {
			t.Fatalf("cut at %d: %v", i, err)
		}
	}
	if !bytes.Equal(saveIndex(t, &held), good) {
		t.Error("files that were refused have changed the index")
	}
}

func answersOrRefuses(t *testing.T, file []byte) {
	t.Helper()
	var ix neighbors.HNSWIndex
	if err := ix.UnmarshalBinary(file); err != nil {
		var fe *mat32.FileError
		if !errors.As(err, &fe) {
			t.Fatalf("got %v", err)
		}
		return
	}
	n, d := ix.Dims()
	if n > 1000 || d > 1000 {
		return
	}
	a, err := ix.Query(context.Background(), mat.NewDense(1, d, nil), n)
	if err != nil {
		return
	}
	all := slices.Sorted(slices.Values(a.Indices))
	for j, v := range all {
		if v != int32(j) || len(all) != n {
			t.Fatalf("an index of %d rows answers %v", n, a.Indices)
		}
	}
	_ = ix.String()
}

func FuzzHNSWIndexReadFrom(f *testing.F) {
	x := fixture.Normal(1, 9, 2)
	for _, given := range []mat.Matrix{x, mat32.Convert(x), sparseTwin(f, x)} {
		b := saveIndex(f, hnswIndex(f, neighbors.HNSW{M: 2, EfConstruction: 4, Metric: neighbors.Minkowski{P: 3}}, given))
		f.Add(b[:len(b)-8])
	}
	f.Add([]byte("flatland"))
	f.Fuzz(func(t *testing.T, body []byte) { answersOrRefuses(t, sealed(body)) })
}

// Whatever the values, shape and options, a graph holds distinct other rows in
// order at their distances, or there is a typed error.
func FuzzHNSW(f *testing.F) {
	f.Add(1, 2, 2, 3, []byte{3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 9})
	f.Add(2, 3, 4, 1, []byte{0, 1, 0, 1, 0, 1, 7, 7, 7, 7, 9, 200})
	f.Add(3, 0, 0, 0, []byte{1, 2, 3})
	f.Add(1, -1, 1, 99, []byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, d, k, m, ef int, b []byte) {
		if d < 1 || d > 8 || len(b) < d || len(b) > 2000 || ef > 1000 {
			return
		}
		n := len(b) / d
		x := mat.NewDense(n, d, nil)
		for i := range n * d {
			x.Set(i/d, i%d, math.Ldexp(float64(b[i]&15)-8, int(b[i]>>4)))
		}
		g, err := neighbors.HNSW{Neighbors: k, M: m, EfConstruction: ef, EfSearch: ef}.Graph(context.Background(), x)
		if err != nil {
			var (
				param *mat32.ParamError
				shape *mat32.ShapeError
			)
			if !errors.As(err, &param) && !errors.As(err, &shape) {
				t.Fatalf("an error of no known type: %v", err)
			}
			return
		}
		for i := range g.N {
			indices, distances := g.Row(i)
			chosen := map[int32]bool{int32(i): true}
			for p, j := range indices {
				far := 0.
				for c := range d {
					far = math.Hypot(far, x.At(i, c)-x.At(int(j), c))
				}
				if chosen[j] || p > 0 && distances[p] < distances[p-1] || math.Abs(distances[p]-far) > 1e-12*far {
					t.Fatalf("row %d has neighbours %v at %v", i, indices, distances)
				}
				chosen[j] = true
			}
		}
	})
}
