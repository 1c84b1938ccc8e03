package nbtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRoundTrip reads files that nbformat 5.11 wrote, with what this package does not know in every part, and expects its bytes back.
func TestRoundTrip(t *testing.T) {
	for _, name := range []string{"full.ipynb", "old.ipynb"} {
		path := filepath.Join("testdata", name)
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		n, err := Read(path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := n.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			t.Errorf("%s: written back it is\n%s", name, got)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	for name, c := range map[string]struct{ text, says string }{
		"no JSON":          {"{", "unexpected end"},
		"no notebook":      {`{"a": 1}`, "format 4"},
		"an old format":    {`{"nbformat": 3, "worksheets": []}`, "nbformat is 3"},
		"a wrong source":   {`{"nbformat": 4, "cells": [{"cell_type": "code", "source": 7}]}`, "cell 1: source"},
		"a wrong cell":     {`{"nbformat": 4, "cells": [7]}`, "cell 1"},
		"a wrong output":   {`{"nbformat": 4, "cells": [{"cell_type": "code", "outputs": [7]}]}`, "cell 1: output 1"},
		"a wrong metadata": {`{"nbformat": 4, "cells": [], "metadata": []}`, "metadata"},
	} {
		path := filepath.Join(t.TempDir(), "x.ipynb")
		if err := os.WriteFile(path, []byte(c.text), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(path); err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: the error is %v, which should name the file and say %q", name, err, c.says)
		}
	}
	if _, err := Read("nowhere.ipynb"); !os.IsNotExist(err) {
		t.Errorf("a missing file gives %v", err)
	}
}

func FuzzRead(f *testing.F) {
	for _, name := range []string{"full.ipynb", "old.ipynb"} {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var n Notebook
		if n.UnmarshalJSON(text) != nil {
			return
		}
		once, err := n.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		var again Notebook
		if err := again.UnmarshalJSON(once); err != nil {
			t.Fatalf("what was written cannot be read: %v\n%s", err, once)
		}
		tidy(&again)
		if _, err := forSaving(&again); err != nil {
			t.Fatal(err)
		}
		inspection("fuzz", &again).judge(nil)
	})
}
