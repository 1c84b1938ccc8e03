package npy

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/npyhead"
	"github.com/flatland-go/flatland/pkg/mat32"
)

func TestMapHoldsWhatIsRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.npy")
	values := make([]float32, 5000*7)
	for i := range values {
		values[i] = float32(i) / 3
	}
	for name, array := range map[string]*Array{
		"float32":        {Shape: []int{5000, 7}, Values: values},
		"three axes":     {Shape: []int{500, 10, 7}, Values: values},
		"a list":         {Shape: []int{35000}, Values: values},
		"float64":        {Shape: []int{2, 2}, Values: []float64{1, 2, 3, 4}},
		"a single value": {Shape: []int{}, Values: []float64{5}},
	} {
		if err := array.Save(path); err != nil {
			t.Fatal(err)
		}
		m, err := Map(path)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want, err := array.Dense64()
		if err != nil || !mat.Equal(m.X, want) || !slices.Equal(m.Shape, array.Shape) {
			t.Errorf("%s: other values, %v", name, err)
		}
		dense, err := m.Dense()
		_, single := array.Values.([]float32)
		var pe *mat32.ParamError
		if single && (err != nil || dense != m.X) || !single && !errors.As(err, &pe) {
			t.Errorf("%s: as float32 %v", name, err)
		}
		// A file that takes its place changes nothing.
		if err := (&Array{Shape: []int{1}, Values: []float32{1}}).Save(path); err != nil {
			t.Fatal(err)
		}
		if !mat.Equal(m.X, want) {
			t.Errorf("%s: a new file changes the old one's map", name)
		}
		if err := errors.Join(m.Close(), m.Close()); err != nil || m.X != nil {
			t.Errorf("%s: closing: %v", name, err)
		}
	}
}

func TestMapRefuses(t *testing.T) {
	file := func(h npyhead.Head, values int) []byte { return append(h.Append(nil), make([]byte, values)...) }
	for name, c := range map[string]struct {
		b    []byte
		says string
	}{
		"integers":   {file(npyhead.Head{Type: "<i4", Shape: []int{2, 3}}, 24), "File.Open reads it"},
		"big-endian": {file(npyhead.Head{Type: ">f4", Shape: []int{2, 3}}, 24), "File.Open reads it"},
		"by columns": {file(npyhead.Head{Type: "<f4", Shape: []int{2, 3}, Fortran: true}, 24), "File.Open reads it"},
		"cut":        {file(npyhead.Head{Type: "<f4", Shape: []int{2, 3}}, 23), "5 of the 6"},
		"a claim":    {file(npyhead.Head{Type: "<f8", Shape: []int{1 << 29, 1 << 29}}, 8), "1 of the"},
		"no array":   {[]byte("text"), "mark"},
		"packed":     {gzipped(t, file(npyhead.Head{Type: "<f4", Shape: []int{2, 3}}, 24)), "packed by gzip"},
	} {
		var fe *mat32.FileError
		path := stored(t, "x.npy", c.b)
		if _, err := Map(path); !errors.As(err, &fe) || fe.Path != path || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, want a *FileError that says %q", name, err, c.says)
		}
	}
	if _, err := Map(stored(t, "x.npy", file(npyhead.Head{Type: "<f4", Shape: []int{0, 3}}, 0))); err != mat32.ErrEmpty {
		t.Errorf("no rows: %v", err)
	}
	folder := t.TempDir()
	var fe *mat32.FileError
	if _, err := Map(folder); !errors.As(err, &fe) || fe.Reason != "it is a folder" {
		t.Errorf("a folder: %v", err)
	}
	if _, err := Map(filepath.Join(folder, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	// A list by columns is one by rows.
	m, err := Map(stored(t, "x.npy", file(npyhead.Head{Type: "<f4", Shape: []int{3}, Fortran: true}, 12)))
	if err != nil {
		t.Fatal(err)
	}
	m.Close()
}

// Values that start where no float may are read and not mapped.
func TestMapReadsWhatIsNotAligned(t *testing.T) {
	whole := npyhead.Head{Type: "<f8", Shape: []int{2}}.Append(nil)
	text := strings.TrimRight(string(whole[10:]), " \n") + " \n" // a shorter head
	for len(text)%8 != 1 {
		text = strings.TrimSuffix(text, "\n") + " \n"
	}
	b := append([]byte("\x93NUMPY\x01\x00"), byte(len(text)), 0)
	b = append(b, text...)
	b = append(b, bytesOf([]float64{3, 4})...)
	m, err := Map(stored(t, "x.npy", b))
	if err != nil {
		t.Fatal(err)
	}
	if !mat.Equal(m.X, mat.NewDense(2, 1, []float64{3, 4})) {
		t.Errorf("it holds %v", m.X)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
}

func BenchmarkOpen(b *testing.B) {
	path := filepath.Join(b.TempDir(), "x.npy")
	if err := (&Array{Shape: []int{1_000_000, 100}, Values: make([]float32, 100_000_000)}).Save(path); err != nil {
		b.Fatal(err)
	}
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			if _, err := (File{}).Open(context.Background(), path); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("map", func(b *testing.B) {
		for b.Loop() {
			m, err := Map(path)
			if err != nil {
				b.Fatal(err)
			}
			m.Close()
		}
	})
}
