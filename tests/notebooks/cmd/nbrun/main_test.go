package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flatland-go/flatland/internal/testenv"
)

// TestRun runs copies of a notebook that passes and of one that does not: each is reported, and the one that passes gets its outputs.
func TestRun(t *testing.T) {
	testenv.Unraced(t)
	testenv.Need(t, "jupyter")
	folder, build := t.TempDir(), t.TempDir()
	before := map[string]string{}
	for _, name := range []string{"clean/clean.ipynb", "clean/data.csv", "offenders/exits.ipynb"} {
		text, err := os.ReadFile("../../testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(folder, filepath.Base(name))
		if err := os.WriteFile(path, text, 0o666); err != nil {
			t.Fatal(err)
		}
		before[filepath.Base(name)] = string(text)
	}
	var out, log strings.Builder
	err := run(t.Context(), []string{
		"-save", "-html", build, "-timeout", "30s", "-times", filepath.Join(folder, "clean.ipynb"), filepath.Join(folder, "exits.ipynb"),
	}, &out, &log)
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
	for name, changes := range map[string]bool{"clean.ipynb": true, "exits.ipynb": false, "data.csv": false} {
		after, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		if changed := string(after) != before[name]; changed != changes {
			t.Errorf("%s is changed: %v", name, changed)
		}
	}
	if t.Failed() {
		t.Logf("printed are\n%s%s", out.String(), log.String())
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
