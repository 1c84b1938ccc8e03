package mat32

import (
	"context"
	"errors"
	"math"
	"runtime"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/testenv"
)

func TestFromRowsAndColumnsAgree(t *testing.T) {
	a, err := FromRows([][]float64{{1, 2, 3}, {4, 5, 6}})
	if err != nil {
		t.Fatal(err)
	}
	b, err := FromColumns([]float32{1, 4}, []float32{2, 5}, []float32{3, 6})
	if err != nil {
		t.Fatal(err)
	}
	if !mat.Equal(a, b) {
		t.Errorf("rows give %v, columns give %v", mat.Formatted(a), mat.Formatted(b))
	}
	if !mat.Equal(a.T(), mat.NewDense(3, 2, []float64{1, 4, 2, 5, 3, 6})) {
		t.Error("the transpose is wrong")
	}
}

func TestRaggedInputIsNamed(t *testing.T) {
	_, err := FromRows([][]float64{{1, 2}, {3, 4}, {5}})
	var ragged *RaggedError
	if !errors.As(err, &ragged) || ragged.What != "row" || ragged.Index != 2 || ragged.Len != 1 || ragged.Want != 2 {
		t.Errorf("got %v, want row 2 named with 1 value instead of 2", err)
	}
	_, err = FromColumns([]float64{1, 2}, []float64{3})
	if !errors.As(err, &ragged) || ragged.What != "column" || ragged.Index != 1 {
		t.Errorf("got %v, want column 1 named", err)
	}
}

func TestCheckNamesTheFirstBadValue(t *testing.T) {
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		x := mat.NewDense(3, 2, []float64{1, 2, 3, bad, bad, 6})
		for _, m := range []mat.Matrix{x, Convert(x), x.T().T(), x.Slice(0, 3, 0, 2)} {
			err := Check(m)
			var nf *NotFiniteError
			if !errors.As(err, &nf) || nf.Row != 1 || nf.Col != 1 {
				t.Errorf("%T with %v at (1,1): got %v", m, bad, err)
			}
		}
	}
	if err := Check(mat.NewDense(1, 1, []float64{math.MaxFloat64})); err != nil {
		t.Errorf("a finite value was refused: %v", err)
	}
	if err := CheckFloat32(mat.NewDense(1, 1, []float64{math.MaxFloat64})); err == nil {
		t.Error("a value beyond float32 was accepted where float32 is needed")
	}
	for _, empty := range []mat.Matrix{nil, (*mat.Dense)(nil), (*Dense)(nil), &Dense{}, &mat.Dense{}, NewDense(0, 3, nil), NewDense(3, 0, nil)} {
		if err := Check(empty); !errors.Is(err, ErrEmpty) {
			t.Errorf("%v: got %v, want ErrEmpty", empty, err)
		}
	}
}

func TestFingerprintSeesValuesNotTypes(t *testing.T) {
	x := mat.NewDense(2, 3, []float64{1, -2.5, 0, 4, 5, math.Copysign(0, -1)})
	want := Fingerprint(x)
	big := mat.NewDense(4, 5, nil)
	big.Slice(1, 3, 1, 4).(*mat.Dense).Copy(x)
	same := map[string]mat.Matrix{
		"Dense":         Convert(x),
		"slice":         big.Slice(1, 3, 1, 4),
		"transposed":    mat.DenseCopyOf(x.T()).T(),
		"positive zero": mat.NewDense(2, 3, []float64{1, -2.5, 0, 4, 5, 0}),
	}
	for name, m := range same {
		if got := Fingerprint(m); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	other := map[string]mat.Matrix{
		"another shape": mat.NewDense(3, 2, x.RawMatrix().Data),
		"another value": mat.NewDense(2, 3, []float64{1, -2.5, 0, 4, 5, 1e-300}),
		"rows swapped":  mat.NewDense(2, 3, []float64{4, 5, 0, 1, -2.5, 0}),
	}
	tenth := mat.NewDense(1, 1, []float64{0.1}) // which float32 rounds
	if Fingerprint(tenth) == Fingerprint(Convert(tenth)) {
		t.Error("a rounded value has the fingerprint of the value")
	}
	for name, m := range other {
		if Fingerprint(m) == want {
			t.Errorf("%s has the same fingerprint", name)
		}
	}
}

func TestFingerprintOfManyBlocks(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	_, x := sparse(t, 3000, 100)
	want := ""
	for _, cores := range testenv.Cores() {
		runtime.GOMAXPROCS(cores)
		got := Fingerprint(x)
		if want == "" {
			want = got
		}
		if got != want {
			t.Errorf("%s on %d cores, %s on one", got, cores, want)
		}
	}
	x.Set(2999, 99, 17) // the last value of the last block
	if Fingerprint(x) == want {
		t.Error("the last value was not read")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := FingerprintContext(ctx, x); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
}

func TestCheckMemory(t *testing.T) {
	if err := CheckMemory("m", 1<<40, 0, "use fewer rows"); err == nil {
		t.Error("a terabyte was allowed by default")
	}
	var me *MemoryError
	err := CheckMemory("m", 3<<20, 2<<20, "use fewer rows")
	if !errors.As(err, &me) {
		t.Fatalf("got %v", err)
	}
	if got, want := err.Error(), "m would need about 3.0 MiB, the limit is 2.0 MiB: use fewer rows"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	me.Path = "x.csv"
	if got, want := Rename("n", err).Error(), "n, reading x.csv, would need about 3.0 MiB, the limit is 2.0 MiB: use fewer rows"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if err := CheckMemory("m", 2<<20, 2<<20, ""); err != nil {
		t.Error(err)
	}
}

func TestDistinctKeepsFirstRows(t *testing.T) {
	x := mat.NewDense(6, 2, []float64{1, 0, 2, 2, 1, math.Copysign(0, -1), 3, 3, 2, 2, 1, 1e-300})
	for _, m := range []mat.Matrix{x, mat.DenseCopyOf(x.T()).T()} {
		got := Distinct(m)
		want := []int{0, 1, 3, 5}
		if !slices.Equal(got, want) {
			t.Errorf("%T: got %v, want %v", m, got, want)
		}
		if s := Select(m, got); !mat.Equal(s, mat.NewDense(4, 2, []float64{1, 0, 2, 2, 3, 3, 1, 1e-300})) {
			t.Errorf("%T: selected %v", m, mat.Formatted(s))
		}
	}
	if got := Distinct(Convert(x)); len(got) != 3 {
		t.Errorf("float32: got %v, want three rows (1e-300 is zero there)", got)
	}
}

func TestBinaryForm(t *testing.T) {
	for _, m := range []*Dense{NewDense(2, 3, []float32{1, 2, 3, 4, 5, float32(math.Inf(1))}), {}, NewDense(3, 0, nil)} {
		b, err := m.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		var got Dense
		if err := got.UnmarshalBinary(b); err != nil || got.rows != m.rows || got.cols != m.cols || !slices.Equal(got.data, m.data) {
			t.Errorf("%d × %d came back as %d × %d: %v", m.rows, m.cols, got.rows, got.cols, err)
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
