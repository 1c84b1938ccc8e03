package saved

import (
	"bytes"
	"errors"
	"io"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/testenv"
)

// refusal is the error for a file that cannot be read.
type refusal struct{ kind, reason string }

func (r *refusal) Error() string { return r.kind + ": " + r.reason }

func refuse(kind, reason string) error { return &refusal{kind, reason} }

type options struct{ K int }

func write(w io.Writer, kind string, version int) (int64, error) {
	s := NewWriter(w, kind, version)
	s.Int(-7)
	s.Float(math.Inf(-1))
	s.Bool(true)
	s.Text("naïve")
	s.Texts([]string{"a", "", "b"})
	s.Floats(make([]float64, 3*chunk+1))
	s.Ints([]int{1, -2, math.MaxInt})
	s.Int32s([]int32{1, -2, math.MaxInt32})
	s.Float32s(append(make([]float32, 2*chunk), 1.5))
	s.Blob([]byte{0, 255})
	s.Matrix(mat.NewDense(2, 3, []float64{1, 2, 3, 4, math.NaN(), 6}))
	s.Matrix(nil)
	s.JSON(options{K: 4})
	return s.Close()
}

func read(r io.Reader) (int64, error) {
	s, version := NewReader(r, "test", 2, refuse)
	ok := s.Int() == -7 && math.IsInf(s.Float(), -1) && s.Bool() && s.Text() == "naïve" &&
		slices.Equal(s.Texts(), []string{"a", "", "b"}) && len(s.Floats()) == 3*chunk+1 &&
		slices.Equal(s.Ints(), []int{1, -2, math.MaxInt}) && slices.Equal(s.Int32s(), []int32{1, -2, math.MaxInt32})
	singles, blob := s.Float32s(), s.Blob()
	ok = ok && len(singles) == 2*chunk+1 && singles[2*chunk] == 1.5 && bytes.Equal(blob, []byte{0, 255})
	m := s.Matrix()
	ok = ok && m != nil && m.At(1, 2) == 6 && math.IsNaN(m.At(1, 1)) && s.Matrix() == nil
	var o options
	s.JSON(&o)
	n, err := s.Close()
	if err == nil && !(ok && o.K == 4 && version == 1) {
		return n, errors.New("the fields came back wrong")
	}
	return n, err
}

func TestRoundTripLeavesTheRest(t *testing.T) {
	var b bytes.Buffer
	n, err := write(&b, "test", 1)
	if err != nil || n != int64(b.Len()) {
		t.Fatalf("wrote %d of %d bytes: %v", n, b.Len(), err)
	}
	b.WriteString("next")
	m, err := read(&b)
	if err != nil || m != n {
		t.Fatalf("read %d of %d bytes: %v", m, n, err)
	}
	if b.String() != "next" {
		t.Errorf("left %q", b.String())
	}
}

func TestDamageIsAnError(t *testing.T) {
	testenv.Unraced(t)
	var good bytes.Buffer
	write(&good, "test", 1)
	file := func(err error) bool { var r *refusal; return errors.As(err, &r) && r.kind == "test" }
	for i := 0; i < good.Len(); i += 1 + i/50 {
		b := slices.Clone(good.Bytes())
		b[i] ^= 0x90
		if _, err := read(bytes.NewReader(b)); !file(err) {
			t.Fatalf("byte %d changed: %v", i, err)
		}
		if _, err := read(bytes.NewReader(good.Bytes()[:i])); !file(err) {
			t.Fatalf("cut at %d: %v", i, err)
		}
	}
	var newer, foreign bytes.Buffer
	write(&newer, "test", 3)
	write(&foreign, "other", 1)
	for name, b := range map[string][]byte{"newer": newer.Bytes(), "foreign": foreign.Bytes(), "text": []byte("no such file at all"), "empty": nil} {
		if _, err := read(bytes.NewReader(b)); !file(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWriteErrorsSurface(t *testing.T) {
	pr, pw := io.Pipe()
	pr.Close()
	if _, err := write(pw, "test", 1); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v", err)
	}
}

func FuzzReader(f *testing.F) {
	var b bytes.Buffer
	write(&b, "test", 1)
	f.Add(b.Bytes()[:200])
	f.Add([]byte(magic))
	f.Fuzz(func(t *testing.T, b []byte) { read(bytes.NewReader(b)) })
}
