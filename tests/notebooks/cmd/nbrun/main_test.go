package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flatland-go/flatland/internal/testenv"
)

const fixtures = "../../testdata/"

func TestRun(t *testing.T) {
	testenv.Need(t, "jupyter")
	build := t.TempDir()
	var out, log strings.Builder
	err := run(t.Context(), []string{"-html", build, "-timeout", "30s", "-times", fixtures + "clean/clean.ipynb", fixtures + "offenders/exits.ipynb"}, &out, &log)
	if !errors.Is(err, errProblems) {
		t.Errorf("with one notebook that exits the error is %v", err)
	}
	for _, want := range []string{
		"ok    clean.ipynb", "\n      dimension 7.1\n", "of 30s in 7 cells",
		"\nFAIL  exits.ipynb", "\n      exits.ipynb: cell 2 [1] #exits-2", "exit status 3",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not printed", want)
		}
	}
	for _, name := range []string{"clean.ipynb", "clean.html", "exits.ipynb", "exits.html"} {
		if _, err := os.Stat(filepath.Join(build, name)); err != nil {
			t.Error(err)
		}
	}
	if t.Failed() {
		t.Logf("printed are\n%s%s", out.String(), log.String())
	}
}

// TestSave runs a copy, which must get its outputs if it passes, and stay as it is if it does not.
func TestSave(t *testing.T) {
	testenv.Need(t, "jupyter")
	folder := t.TempDir()
	for name, passes := range map[string]bool{"clean/clean.ipynb": true, "offenders/exits.ipynb": false} {
		text, err := os.ReadFile(fixtures + name)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(folder, filepath.Base(name))
		if err := os.WriteFile(path, text, 0o666); err != nil {
			t.Fatal(err)
		}
		if passes {
			if err := os.WriteFile(filepath.Join(folder, "data.csv"), []byte("a,b\n1,2\n"), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		var out strings.Builder
		if err := run(t.Context(), []string{"-save", "-html", t.TempDir(), path}, &out, &out); (err == nil) != passes {
			t.Errorf("%s: %v\n%s", name, err, out.String())
		}
		after, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if changed := string(after) != string(text); changed != passes {
			t.Errorf("%s: saved is %v", name, changed)
		}
	}
}

func TestInstallKernel(t *testing.T) {
	testenv.Need(t, "jupyter")
	dir := t.TempDir()
	var out strings.Builder
	if err := run(t.Context(), []string{"-install-kernel", dir}, &out, &out); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "kernels", "gonb", "kernel.json")); err != nil {
		t.Error(err)
	}
}

func TestArguments(t *testing.T) {
	for name, args := range map[string][]string{
		"none":                   nil,
		"a flag that is none":    {"-fast", "x.ipynb"},
		"install and a notebook": {"-install-kernel", "somewhere", "x.ipynb"},
	} {
		var out, log strings.Builder
		if err := run(t.Context(), args, &out, &log); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
