package mat32

import (
	"context"
	"encoding/binary"
	"errors"
	"hash/crc64"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
)

// sparse returns a matrix with empty rows, stored zeros of both signs and equal
// rows, and the dense matrix of the same values.
// Other values stand in the same places, of a whole matrix and of a view of rows.
func TestWithValues(t *testing.T) {
	m, err := NewCSR(3, 4, []int{0, 2, 3, 5}, []int32{0, 3, 1, 0, 2}, []float32{1, 2, 3, 4, 5})
	if err != nil {
		t.Fatal(err)
	}
	other, err := m.WithValues([]float32{6, 7, 8, 9, 10})
	if err != nil || other.At(0, 3) != 7 || other.At(2, 2) != 10 || m.At(2, 2) != 5 || other.At(1, 0) != 0 {
		t.Errorf("got %v, %v", other, err)
	}
	for batch, err := range RowsOf(m).Batches(context.Background(), 2) {
		if err != nil {
			t.Fatal(err)
		}
		part := batch.(*CSR)
		n, _ := part.Dims()
		values := make([]float32, part.NNZ())
		for i := range values {
			values[i] = float32(10 * n)
		}
		other, err := part.WithValues(values)
		if err != nil || n == 1 && (other.At(0, 2) != 10 || other.At(0, 0) != 10 || other.At(0, 1) != 0) || Check(other) != nil {
			t.Errorf("a view of %d rows: %v, %v", n, other, err)
		}
	}
	var shape *ShapeError
	if _, err := m.WithValues(make([]float32, 4)); !errors.As(err, &shape) {
		t.Errorf("too few values: %v", err)
	}
}

func sparse(t testing.TB, rows, cols int) (*CSR, *Dense) {
	t.Helper()
	x := NewDense(rows, cols, nil)
	var triplets []Triplet
	for i := range rows {
		s := rng.New(3, "sparse", i%7) // rows 7 apart are equal
		for j := range cols {
			switch r := s.IntN(8); {
			case i%7 == 3:
			case r == 0:
				triplets = append(triplets, Triplet{i, j, float32(math.Copysign(0, s.Normal()))})
			case r < 3:
				v := float32(s.Normal())
				x.Set(i, j, float64(v))
				triplets = append(triplets, Triplet{i, j, v})
			}
		}
	}
	m, err := FromTriplets(rows, cols, triplets)
	if err != nil {
		t.Fatal(err)
	}
	return m, x
}

func TestCSREqualsItsDenseTwin(t *testing.T) {
	for _, shape := range [][2]int{{1, 1}, {3, 5}, {200, 9}, {9, 2000}} {
		m, x := sparse(t, shape[0], shape[1])
		if !mat.Equal(m, x) || !mat.Equal(m.T(), x.T()) {
			t.Fatalf("%v: values differ", shape)
		}
		if got, want := Fingerprint(m), Fingerprint(x); got != want {
			t.Errorf("%v: fingerprint %s, dense %s", shape, got, want)
		}
		if got, want := Distinct(m), Distinct(x); !slices.Equal(got, want) {
			t.Errorf("%v: distinct rows %v, dense %v", shape, got, want)
		}
		if !slices.Equal(Convert(m).Data(), x.Data()) {
			t.Errorf("%v: converted to other values", shape)
		}
		buf := make([]float64, shape[1])
		for i := range shape[0] {
			for j := range buf {
				buf[j] = 9 // what an earlier row left there
			}
			if got, want := Row(buf, i, m), mat.Row(nil, i, x); !slices.Equal(got, want) {
				t.Errorf("%v: row %d is %v, want %v", shape, i, got, want)
			}
		}
		rows := []int{shape[0] - 1, 0, 0}
		s := Select(m, rows)
		if _, ok := s.(*CSR); !ok || !mat.Equal(s, Select(x, rows)) {
			t.Errorf("%v: selected a %T of other values", shape, s)
		}
		if err := Check(m); err != nil {
			t.Error(err)
		}
	}
}

func TestFingerprintOfSparseDataTellsPlacesApart(t *testing.T) {
	seen := map[string]string{}
	for name, triplets := range map[string][]Triplet{
		"none":           nil,
		"first":          {{0, 0, 1}},
		"next column":    {{0, 1, 1}},
		"next row":       {{1, 0, 1}},
		"far column":     {{0, 299, 1}},
		"two":            {{0, 0, 1}, {0, 1, 1}},
		"one in each":    {{0, 0, 1}, {1, 0, 1}},
		"last and first": {{0, 299, 1}, {1, 0, 1}},
	} {
		m, err := FromTriplets(2, 300, triplets)
		if err != nil {
			t.Fatal(err)
		}
		f := Fingerprint(m)
		if other, ok := seen[f]; ok {
			t.Errorf("%q and %q have one fingerprint", name, other)
		}
		seen[f] = name
		if Fingerprint(Convert(m)) != f {
			t.Errorf("%s: the dense twin has another fingerprint", name)
		}
	}
}

func TestFromTripletsAddsInTheOrderGiven(t *testing.T) {
	m, err := FromTriplets(3, 4, []Triplet{{2, 3, 1}, {0, 1, 5}, {2, 3, 2}, {2, 0, 7}, {2, 3, -3}})
	if err != nil {
		t.Fatal(err)
	}
	want := mat.NewDense(3, 4, []float64{0, 5, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0})
	if !mat.Equal(m, want) || m.NNZ() != 3 {
		t.Errorf("got %v with %d stored values", mat.Formatted(m), m.NNZ())
	}
	columns, values := m.Row(2)
	if !slices.Equal(columns, []int32{0, 3}) || !slices.Equal(values, []float32{7, 0}) {
		t.Errorf("row 2 stores %v at %v", values, columns)
	}
	// 2²⁴ + 1 is beyond float32; its float64 sum is not.
	m, err = FromTriplets(1, 1, []Triplet{{0, 0, 1 << 24}, {0, 0, 1}, {0, 0, 1}})
	if err != nil || m.At(0, 0) != 1<<24+2 {
		t.Errorf("counts add up to %v, %v", m.At(0, 0), err)
	}
	var se *SparseError
	for _, bad := range []Triplet{{3, 0, 1}, {-1, 0, 1}, {0, 4, 1}, {0, -1, 1}} {
		if _, err := FromTriplets(3, 4, []Triplet{bad}); !errors.As(err, &se) || se.Row != bad.Row {
			t.Errorf("%v: got %v", bad, err)
		}
	}
	var shape *ShapeError
	if _, err := FromTriplets(-1, 4, nil); !errors.As(err, &shape) {
		t.Errorf("−1 rows: got %v", err)
	}
}

func TestNewCSRRefusesWhatIsNotWellFormed(t *testing.T) {
	one := []float32{1}
	two := []float32{1, 2}
	var shape *ShapeError
	for name, err := range map[string]error{
		"negative rows":     second(NewCSR(-1, 2, nil, nil, nil)),
		"negative columns":  second(NewCSR(0, -2, []int{0}, nil, nil)),
		"too many columns":  second(NewCSR(0, math.MaxInt32+1, []int{0}, nil, nil)),
		"no offsets":        second(NewCSR(0, 2, nil, nil, nil)),
		"few offsets":       second(NewCSR(2, 2, []int{0, 1}, []int32{0}, one)),
		"values missing":    second(NewCSR(1, 2, []int{0, 2}, []int32{0, 1}, one)),
		"first offset":      second(NewCSR(1, 2, []int{1, 2}, []int32{0, 1}, two)),
		"last offset":       second(NewCSR(1, 2, []int{0, 1}, []int32{0, 1}, two)),
		"offsets too large": second(NewCSR(1, 2, []int{0, 3}, []int32{0, 1}, two)),
	} {
		if !errors.As(err, &shape) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	var se *SparseError
	for name, c := range map[string]struct {
		row int
		err error
	}{
		"falling offsets":  {1, second(NewCSR(3, 2, []int{0, 2, 1, 2}, []int32{0, 1}, two))},
		"wild offset":      {0, second(NewCSR(2, 2, []int{0, 9, 2}, []int32{0, 1}, two))},
		"negative offset":  {0, second(NewCSR(2, 2, []int{0, -1, 2}, []int32{0, 1}, two))},
		"negative column":  {0, second(NewCSR(1, 2, []int{0, 1}, []int32{-1}, one))},
		"column too large": {1, second(NewCSR(2, 2, []int{0, 1, 2}, []int32{0, 2}, two))},
		"column twice":     {0, second(NewCSR(1, 2, []int{0, 2}, []int32{1, 1}, two))},
		"falling columns":  {0, second(NewCSR(1, 2, []int{0, 2}, []int32{1, 0}, two))},
	} {
		if !errors.As(c.err, &se) || se.Row != c.row {
			t.Errorf("%s: got %v, want row %d named", name, c.err, c.row)
		}
	}
	// A column may fall from one row to the next.
	if _, err := NewCSR(2, 2, []int{0, 1, 2}, []int32{1, 0}, two); err != nil {
		t.Error(err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestCheckOfCSR(t *testing.T) {
	for _, empty := range []mat.Matrix{(*CSR)(nil), &CSR{}, mustCSR(t, 0, 3, []int{0}), mustCSR(t, 2, 0, []int{0, 0, 0})} {
		if err := Check(empty); !errors.Is(err, ErrEmpty) {
			t.Errorf("%v: got %v, want ErrEmpty", empty, err)
		}
	}
	if err := Check(mustCSR(t, 2, 3, []int{0, 0, 0})); err != nil {
		t.Errorf("zeros alone: %v", err)
	}
	bad, err := NewCSR(3, 4, []int{0, 1, 1, 3}, []int32{0, 1, 2}, []float32{1, 2, float32(math.NaN())})
	if err != nil {
		t.Fatal(err)
	}
	var nf *NotFiniteError
	for _, f := range []func(mat.Matrix) error{Check, CheckFloat32} {
		if err := f(bad); !errors.As(err, &nf) || nf.Row != 2 || nf.Col != 2 {
			t.Errorf("got %v, want row 2, column 2", err)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a place outside the matrix was read")
		}
	}()
	bad.At(0, 4)
}

func mustCSR(t testing.TB, rows, cols int, start []int) *CSR {
	t.Helper()
	m, err := NewCSR(rows, cols, start, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestBinaryFormOfCSR(t *testing.T) {
	m, _ := sparse(t, 9, 5)
	for _, m := range []*CSR{m, m.slice(2, 6), {}, mustCSR(t, 3, 0, []int{0, 0, 0, 0}), mustCSR(t, 0, 7, []int{0})} {
		b, err := m.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		var got CSR
		if err := got.UnmarshalBinary(b); err != nil {
			t.Fatal(err)
		}
		if got.rows != m.rows || got.cols != m.cols || got.NNZ() != m.NNZ() || m.rows > 0 && m.cols > 0 && !mat.Equal(&got, m) {
			t.Errorf("%d × %d came back as %d × %d", m.rows, m.cols, got.rows, got.cols)
		}
		for i := range b {
			bad := slices.Clone(b)
			bad[i] ^= 0x41
			var fe *FileError
			if err := got.UnmarshalBinary(bad); !errors.As(err, &fe) {
				t.Fatalf("byte %d changed: %v", i, err)
			}
			if err := got.UnmarshalBinary(b[:i]); !errors.As(err, &fe) {
				t.Fatalf("cut at %d: %v", i, err)
			}
		}
	}
}

// wellFormed fails when reading all of m panics or meets what NewCSR excludes.
func wellFormed(t *testing.T, m *CSR) {
	t.Helper()
	rows, cols := m.Dims()
	stored := 0
	for i := range rows {
		columns, values := m.Row(i)
		stored += len(values)
		for k, j := range columns {
			if j < 0 || int(j) >= cols || k > 0 && columns[k-1] >= j {
				t.Fatalf("row %d has columns %v of %d", i, columns, cols)
			}
			if got := m.At(i, int(j)); got != float64(values[k]) && got == got {
				t.Fatalf("%d, %d holds %v, found %v", i, j, values[k], got)
			}
		}
	}
	if stored != m.NNZ() {
		t.Fatalf("%d values in rows, %d in all", stored, m.NNZ())
	}
	if err := Check(m); err != nil && rows*cols < 1<<16 && rows*cols > 0 {
		if dense := Check(Convert(m)); dense == nil || dense.Error() != err.Error() {
			t.Fatalf("sparse: %v, dense: %v", err, dense)
		}
	}
}

func FuzzNewCSR(f *testing.F) {
	f.Add(2, 3, []byte{0, 1, 2}, []byte{0, 2}, 2)
	f.Add(2, 3, []byte{0, 9, 2}, []byte{0, 2}, 2)
	f.Add(0, 0, []byte{0}, []byte{}, 0)
	f.Fuzz(func(t *testing.T, rows, cols int, starts, columns []byte, values int) {
		start, indices := make([]int, len(starts)), make([]int32, len(columns))
		for i, v := range starts {
			start[i] = int(int8(v))
		}
		for i, v := range columns {
			indices[i] = int32(int8(v))
		}
		m, err := NewCSR(rows, cols, start, indices, make([]float32, max(0, min(values, 1000))))
		if err == nil {
			wellFormed(t, m)
		} else if !errors.As(err, new(*ShapeError)) && !errors.As(err, new(*SparseError)) {
			t.Fatalf("untyped error %v", err)
		}
	})
}

func FuzzCSRUnmarshal(f *testing.F) {
	m, _ := sparse(f, 4, 6)
	good, err := m.MarshalBinary()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good[:len(good)-8], true)
	f.Add(good, false)
	f.Fuzz(func(t *testing.T, b []byte, sealed bool) {
		if sealed { // gets past the checksum, where the shape must defend itself
			b = sum(b)
		}
		var m CSR
		if err := m.UnmarshalBinary(b); err != nil {
			if !errors.As(err, new(*FileError)) {
				t.Fatalf("untyped error %v", err)
			}
			return
		}
		wellFormed(t, &m)
		again, err := m.MarshalBinary()
		if err != nil || binary.LittleEndian.Uint64(again[len(again)-8:]) != binary.LittleEndian.Uint64(b[len(b)-8:]) {
			t.Fatalf("reads, but is written otherwise: %v", err)
		}
	})
}

// sum adds the checksum of a file to what it covers.
func sum(b []byte) []byte {
	return binary.LittleEndian.AppendUint64(slices.Clone(b), crc64.Checksum(b, crc64.MakeTable(crc64.ECMA)))
}
