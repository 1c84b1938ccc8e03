package npy

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// judge fails where an error is of no known type, or an array is not what its shape says.
func judge(t *testing.T, a *Array, err error) {
	t.Helper()
	var (
		fe *mat32.FileError
		me *mat32.MemoryError
	)
	if err != nil {
		if !errors.As(err, &fe) && !errors.As(err, &me) {
			t.Fatalf("an error of no known type: %v", err)
		}
		return
	}
	if err := a.check("fuzz"); err != nil {
		t.Fatal(err)
	}
	if m, err := a.Dense64(); err == nil {
		rows, columns := m.Dims()
		if n, _ := length(a.Values); rows*columns != n {
			t.Fatalf("%d values as %d × %d", n, rows, columns)
		}
	}
}

// Whatever a file holds, reading it ends with values or with an error, and takes little memory.
func FuzzNPY(f *testing.F) {
	p := numpy(f)
	for _, c := range p.Cases {
		if len(c.File) < 1000 {
			f.Add(c.File)
		}
	}
	for _, b := range p.Refused {
		f.Add(b)
	}
	f.Add(gzipped(f, p.Cases[0].File))
	f.Fuzz(func(t *testing.T, b []byte) {
		const limit = 32 << 20
		a, err := File{MemoryLimit: limit}.Read(context.Background(), bytes.NewReader(b))
		judge(t, a, err)
		path := stored(t, "x.npy", b)
		other, e := File{MemoryLimit: limit}.Open(context.Background(), path)
		judge(t, other, e)
		if (err == nil) != (e == nil) {
			t.Fatalf("a reader gives %v, the file %v", err, e)
		}
		m, err := Map(path)
		if err != nil {
			return
		}
		defer m.Close()
		if e != nil {
			t.Fatalf("it is mapped, and not read: %v", e)
		}
		rows, columns := m.X.Dims()
		m.X.At(rows-1, columns-1)
	})
}

func FuzzNPZ(f *testing.F) {
	for _, b := range numpy(f).Archives {
		f.Add(b)
	}
	f.Add(zipped(f, "x.npy", "text", "y", "", "z.npy", ""))
	f.Fuzz(func(t *testing.T, b []byte) {
		arrays, err := Archive{MemoryLimit: 32 << 20}.Read(context.Background(), bytes.NewReader(b), int64(len(b)))
		if err != nil {
			judge(t, nil, err)
		}
		for _, a := range arrays {
			judge(t, a, nil)
		}
	})
}
