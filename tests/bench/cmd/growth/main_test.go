package main

import (
	"bytes"
	"context"
	"errors"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/tests/bench"
)

// linear takes a millisecond for every row, and refuses what it is told to.
type linear struct{ refuse int }

func (l linear) Embed(ctx context.Context, x mat.Matrix) (*dr.Embedding, error) {
	n, _ := x.Dims()
	time.Sleep(time.Duration(n) * time.Millisecond)
	if n == l.refuse {
		return nil, errors.New("out of luck")
	}
	return nil, ctx.Err()
}

func TestArguments(t *testing.T) {
	for want, args := range map[string][]string{
		"no arguments beside flags": {"isomap"},
		"not defined: -fast":        {"-fast"},
	} {
		if err := run(t.Context(), args, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", args, err, want)
		}
	}
}

// From the methods to the table and the pictures, on a clock of its own.
func TestMeasureWritesThePage(t *testing.T) {
	folder := t.TempDir()
	source, target := filepath.Join(folder, "page.md"), filepath.Join(folder, "new", "page.md")
	const begin, end = "# Mine\n<!-- growth: written by make bench -->\n", "<!-- end of growth -->\nYours\n"
	if err := os.WriteFile(source, []byte(begin+end), 0o644); err != nil {
		t.Fatal(err)
	}
	family := []bench.Member{{Name: "one", Method: linear{}}, {Name: "other", Method: linear{refuse: 40}}}
	grow := func(target string) (out bytes.Buffer, err error) {
		synctest.Test(t, func(t *testing.T) {
			r := &bench.GrowthReport{Machine: &bench.Machine{Processor: "Abacus", Cores: 2, Go: "go1"}, Revision: "abc",
				Ladder: bench.Ladder{Sizes: []int{10, 40}, Limit: time.Minute, Short: time.Second, Log: io.Discard}}
			err = measure(t.Context(), r, family, source, target, &out)
		})
		return out, err
	}
	out, err := grow(target)
	if err == nil || !strings.Contains(err.Error(), "other: out of luck") {
		t.Errorf("got %v", err)
	}
	text, err := os.ReadFile(target)
	if err != nil {
		t.Fatal(err)
	}
	const rows = "| one | 10.0 ms | 40.0 ms | 1.00 |\n| other | 10.0 ms | failed: out of luck | – |\n"
	if !strings.Contains(out.String(), rows) || !strings.HasPrefix(string(text), begin) || !strings.HasSuffix(string(text), rows+end) {
		t.Errorf("the page is\n%s\nand the output\n%s", text, &out)
	}
	file, err := os.Open(filepath.Join(folder, "new", "docs", "growth.png"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := png.Decode(file); err != nil {
		t.Error(err)
	}
	svg, err := os.ReadFile(filepath.Join(folder, "new", "docs", "growth.svg"))
	if err != nil || !strings.Contains(string(svg), ">other<") {
		t.Errorf("%v: the vectors do not name a method", err)
	}

	if err := os.WriteFile(target, []byte("# Another page\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := grow(target); err == nil || !strings.Contains(err.Error(), "left as it was") {
		t.Errorf("a page without the table: %v", err)
	}
}
