package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/flatland-go/flatland/tests/bench"
)

// This test binary is the workers, too: those of the real program, by its own arguments.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == "-worker" {
		if err := run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Setenv("GORACE", "atexit_sleep_ms=0") // else every worker takes a second to end under the race detector
	os.Exit(m.Run())
}

func TestArguments(t *testing.T) {
	for want, args := range map[string][]string{
		`no case matches "nothing-like-it"`: {"-case", "nothing-like-it"},
		"error parsing regexp":              {"-case", "("},
		"no arguments beside flags":         {"pca"},
		"not defined: -fast":                {"-fast"},
	} {
		if err := run(context.Background(), args, nil, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", args, err, want)
		}
	}
	cases, err := choose("^(pca-digits|pca-mnist10k|twonn-digits)$")
	if err != nil || len(cases) != 3 {
		t.Errorf("%d cases: %v", len(cases), err)
	}
}

func TestWithoutPeers(t *testing.T) {
	if _, err := config(t.TempDir(), io.Discard); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "docker/setup.sh peers") {
		t.Errorf("got %v", err)
	}
}

// From the cases to the file, with Flatland's worker on both sides, of which the peer's knows no function by the peer's name.
func TestMeasureWritesThePage(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cases, err := choose("^mle-digits$")
	if err != nil {
		t.Fatal(err)
	}
	source, target := filepath.Join(t.TempDir(), "page.md"), filepath.Join(t.TempDir(), "new", "page.md")
	page := "# Mine\n"
	for _, name := range []string{"machine", "speed", "quality", "memory"} {
		page += "<!-- " + name + ": written by make bench -->\n<!-- end of " + name + " -->\n"
	}
	if err := os.WriteFile(source, []byte(page), 0o644); err != nil {
		t.Fatal(err)
	}
	worker := []string{self, "-worker"}
	c := bench.Config{Ours: worker, Peer: func(string) []string { return worker }, Log: io.Discard, Rows: 100, Each: time.Minute, Blocks: 8,
		Rule: func(float64) bench.Repeat { return bench.Repeat{Pairs: 2} }}
	measureInto := func(cases []bench.Case, target string) (string, error) {
		var out bytes.Buffer
		err := measure(context.Background(), c, &bench.Report{Revision: "abc"}, cases, source, target, &out)
		return out.String(), err
	}
	out, err := measureInto(cases, target)
	if err == nil || !strings.Contains(err.Error(), "1 of 1 cases failed") {
		t.Errorf("got %v", err)
	}
	b, err := os.ReadFile(target)
	if err != nil {
		t.Fatal(err)
	}
	const row = `: there is no function "mle" | – |`
	for where, text := range map[string]string{"output": out, "page": string(b)} {
		if !strings.Contains(text, row) || !strings.Contains(text, "| mle-digits | dimension | ") {
			t.Errorf("the %s is\n%s", where, text)
		}
	}

	cases[0].Peer.Function = cases[0].Name
	if _, err := measureInto(cases, source); err != nil {
		t.Errorf("both sides can: %v", err)
	}
	if b, err = os.ReadFile(source); err != nil || strings.Contains(string(b), "failed") {
		t.Errorf("%v\n%s", err, b)
	}

	if err := os.WriteFile(source, []byte("# Another page\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	cases[0].Data = nil // which nothing reaches
	if _, err := measureInto(cases, source); err == nil || !strings.Contains(err.Error(), "left as it was") {
		t.Errorf("a page without tables: %v", err)
	}
}
