package whole

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestSave(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "x")
	text := func(s string, err error) func(*os.File) error {
		return func(f *os.File) error {
			if _, err := f.WriteString(s); err != nil {
				t.Error(err)
			}
			if all, _ := os.ReadDir(folder); len(all) == 0 || f.Name() == path {
				t.Errorf("it is written as %s", f.Name())
			}
			return err
		}
	}
	holds := func(want string, mode fs.FileMode) {
		t.Helper()
		got, err := os.ReadFile(path)
		if err != nil || string(got) != want {
			t.Errorf("the file holds %q, %v, want %q", got, err, want)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode {
			t.Errorf("its mode is %v, %v, want %v", info.Mode(), err, mode)
		}
		if all, _ := os.ReadDir(folder); len(all) != 1 {
			t.Errorf("%d files are left", len(all))
		}
	}
	if err := Save(path, text("one", nil)); err != nil {
		t.Fatal(err)
	}
	holds("one", 0o644)
	full := errors.New("the disk is full")
	if err := Save(path, text("two", full)); err != full {
		t.Errorf("got %v", err)
	}
	holds("one", 0o644)
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Save(path, text("three", nil)); err != nil {
		t.Fatal(err)
	}
	holds("three", 0o600)
	if err := Save(filepath.Join(folder, "none", "x"), text("", nil)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
	if err := os.Mkdir(filepath.Join(folder, "folder"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := Save(filepath.Join(folder, "folder"), text("", nil)); err == nil {
		t.Error("a folder was replaced")
	}
	if all, _ := os.ReadDir(folder); len(all) != 2 {
		t.Errorf("%d files are left", len(all))
	}
}
