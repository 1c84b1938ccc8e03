package source

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flatland-go/flatland/pkg/watch"
)

func TestSave(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "x")
	text := func(s string, err error) func(io.Writer) error {
		return func(w io.Writer) error {
			io.WriteString(w, s)
			return err
		}
	}
	holds := func(want string) {
		t.Helper()
		got, err := os.ReadFile(path)
		if err != nil || string(got) != want {
			t.Errorf("the file holds %q, %v, want %q", got, err, want)
		}
		if all, _ := os.ReadDir(folder); len(all) != 1 {
			t.Errorf("%d files are left", len(all))
		}
	}
	if err := Save(path, text("one", nil)); err != nil {
		t.Fatal(err)
	}
	holds("one")
	full := errors.New("the disk is full")
	if err := Save(path, text("two", full)); err != full {
		t.Errorf("got %v", err)
	}
	holds("one")
	if err := Save(path, text("three", nil)); err != nil {
		t.Fatal(err)
	}
	holds("three")
	if err := Save(filepath.Join(folder, "none", "x"), text("", nil)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
}

func TestAt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(path, []byte("0123456789"), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := 0
	f, err := Open(watch.With(ctx, func(e watch.Event) { done = e.Done }), "file", path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	at, ok := f.At()
	b := make([]byte, 3)
	if !ok {
		t.Fatal("a regular file is not read at any place")
	}
	if _, err := at.ReadAt(b, 4); err != nil || string(b) != "456" || done != 3 {
		t.Errorf("read %q, %v, counted %d", b, err, done)
	}
	cancel()
	if _, err := at.ReadAt(b, 4); !errors.Is(err, context.Canceled) {
		t.Errorf("after a cancel: %v", err)
	}
	r, err := From(context.Background(), "file", "", strings.NewReader("01"))
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := r.At(); ok {
		t.Error("what is no file is read at any place")
	}
}
