package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/cpu"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/testenv"
)

// hashes.json keeps, for every kernel path and method, the hash of what the
// method returns, and the line of the CHANGELOG that tells users why it is what
// it is. A change of any bit must be told:
//
//   - TestHashes fails when a hash is another than the file's, and when the line
//     that justifies it is no longer in CHANGELOG.md;
//   - with -update it writes the new hash only where the section Unreleased has
//     a line that names the method (in backquotes, `PCA` or `dr.PCA`) and is not
//     the one that justified the old hash.
//
// The numbers are those of amd64 without fused multiply-add: arm64 and
// GOAMD64=v3 fuse where the compiler likes, and math.Exp takes another path on
// processors without FMA. Elsewhere the hashes are logged and not judged; the
// promise of the same bits on any number of cores holds there all the same.
var update = flag.Bool("update", false, "write hashes.json, given the lines in CHANGELOG.md that it needs")

const hashFile = "hashes.json"

// told is a hash with the line of the CHANGELOG that tells of it.
type told struct {
	Hash  string `json:"hash"`
	Since string `json:"since"` // the line, with single spaces
}

// hashes maps kernel paths and methods.
type hashes map[string]map[string]told

// judged reports whether this machine computes the bits that the hashes are of.
func judged() bool {
	return runtime.GOARCH == "amd64" && cpu.X86.HasFMA && !fuses(1+0x1p-30, 1-0x1p-30, -1)
}

// fuses reports whether x·y+z is computed with one rounding: the product of the
// arguments given above rounds to 1.
//
//go:noinline
func fuses(x, y, z float64) bool { return x*y+z != float64(x*y)+z }

// hash returns the digest of all variants and entries of a method.
func hash(r row) (string, error) {
	var all []number
	for _, v := range r.variants {
		list, err := entries(r, v, 0)
		if err != nil {
			return "", err
		}
		for _, e := range list {
			result, err := e.run(context.Background(), e.usual())
			if err != nil {
				return "", fmt.Errorf("%v: %w", e, err)
			}
			numbers, _ := numbersOf(result)
			all = append(all, numbers...)
		}
	}
	return digest(all), nil
}

// bullets returns the lines of a CHANGELOG, each a "* " with what it goes on with, in
// one line; those below another stand for themselves. Unreleased are those under
// "## Unreleased".
func bullets(changelog string) (all, unreleased []string) {
	section := ""
	open := false
	for line := range strings.Lines(changelog) {
		text := strings.Join(strings.Fields(line), " ")
		switch {
		case strings.HasPrefix(line, "## "):
			section, open = text, false
		case strings.HasPrefix(text, "* "):
			all, open = append(all, text), true
			if section == "## Unreleased" {
				unreleased = append(unreleased, text)
			}
		case open && text != "":
			all[len(all)-1] += " " + text
			if section == "## Unreleased" {
				unreleased[len(unreleased)-1] += " " + text
			}
		default:
			open = false
		}
	}
	return all, unreleased
}

// names reports whether a line of the CHANGELOG names a method.
func names(line, method string) bool {
	_, name, _ := strings.Cut(method, ".")
	return regexp.MustCompile("`(" + regexp.QuoteMeta(method) + "|" + regexp.QuoteMeta(name) + ")`").MatchString(line)
}

// judge compares what methods return now with what the file says of a path.
func (h hashes) judge(path string, now map[string]string, changelog string) (problems []error) {
	all, _ := bullets(changelog)
	for _, method := range slices.Sorted(maps.Keys(now)) {
		was, known := h[path][method]
		switch {
		case !known:
			problems = append(problems, fmt.Errorf("%s has no hash for the kernel path %s", method, path))
		case was.Hash != now[method]:
			problems = append(problems, fmt.Errorf("%s returns other bits than it did", method))
		case !slices.Contains(all, was.Since) || !names(was.Since, method):
			problems = append(problems, fmt.Errorf("%s: the line that tells of its results is not in CHANGELOG.md or does not name it: %q", method, was.Since))
		}
	}
	for method := range h[path] {
		if _, is := now[method]; !is {
			problems = append(problems, fmt.Errorf("%s has a hash, and there is no such method", method))
		}
	}
	if problems != nil {
		problems = append(problems, errors.New("where this is meant, add a line to the section Unreleased of CHANGELOG.md that names the method in backquotes and says what changes for users, then run\n\n\tgo test ./tests/conformance -run TestHashes -update\n\nand the same with -tags purego, for the other kernel path"))
	}
	return problems
}

// accept writes into h what methods return now, as far as the CHANGELOG tells
// of it.
func (h hashes) accept(path string, now map[string]string, changelog string) (problems []error) {
	all, unreleased := bullets(changelog)
	next := map[string]told{}
	for method, hash := range now {
		was, known := h[path][method]
		same := known && was.Hash == hash
		if same && slices.Contains(all, was.Since) && names(was.Since, method) {
			next[method] = was
			continue
		}
		// A line that was reworded may stand for the same hash; another hash
		// needs another line.
		lines := unreleased
		if same {
			lines = all
		}
		// The newest change is told last.
		at := -1
		for i, l := range lines {
			if names(l, method) && (same || l != was.Since) {
				at = i
			}
		}
		if at < 0 {
			problems = append(problems, fmt.Errorf("%s: no line of the section Unreleased tells of the change: add one that names it", method))
			if known {
				next[method] = was
			}
			continue
		}
		next[method] = told{Hash: hash, Since: lines[at]}
	}
	h[path] = next
	return problems
}

func TestHashes(t *testing.T) {
	testenv.Unraced(t)
	now := map[string]string{}
	for _, r := range table {
		h, err := hash(r)
		if err != nil {
			t.Fatal(err)
		}
		now[r.method] = h
	}
	if !judged() {
		t.Logf("on %s, or without FMA, the hashes are not judged: %v", runtime.GOARCH, now)
		return
	}
	changelog, err := os.ReadFile(filepath.Join(testenv.Root(), "CHANGELOG.md"))
	if err != nil {
		t.Fatal(err)
	}
	file := hashes{}
	b, err := os.ReadFile(hashFile)
	if err == nil {
		err = json.Unmarshal(b, &file)
	}
	if err != nil && !(*update && errors.Is(err, os.ErrNotExist)) {
		t.Fatal(err)
	}
	if *update {
		report(t, file.accept(kernel.Path(), now, string(changelog)))
		var out bytes.Buffer
		encoder := json.NewEncoder(&out)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", " ")
		if err := encoder.Encode(file); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(hashFile, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	report(t, file.judge(kernel.Path(), now, string(changelog)))
}

// A change of bits is found, and cannot be written down before the CHANGELOG
// tells of it.
func TestHashesWantTheChangelog(t *testing.T) {
	const before = "# Changelog\n\n## Unreleased\n\nText.\n\n* `dr`: `PCA`\n  and `TSNE`.\n\n## 1.0\n\n* `dr`: `PCA`.\n"
	now := map[string]string{"dr.PCA": "a", "dr.TSNE": "b"}
	h := hashes{}
	if p := h.judge("generic", now, before); len(p) != 3 {
		t.Errorf("new methods: %v", p)
	}
	if p := h.accept("generic", now, before); p != nil {
		t.Fatal(p)
	}
	if p := h.judge("generic", now, before); p != nil {
		t.Errorf("told and written down: %v", p)
	}
	if got := h["generic"]["dr.TSNE"].Since; got != "* `dr`: `PCA` and `TSNE`." {
		t.Errorf("the line is %q", got)
	}

	changed := map[string]string{"dr.PCA": "c", "dr.TSNE": "b"}
	if p := h.judge("generic", changed, before); len(p) != 2 || !strings.Contains(fmt.Sprint(p), "-update") || !strings.Contains(fmt.Sprint(p), "dr.PCA returns other bits") {
		t.Errorf("a change of bits: %v", p)
	}
	if p := h.accept("generic", changed, before); len(p) != 1 {
		t.Errorf("the line that told of the old bits was accepted for the new: %v", p)
	}
	if p := h.judge("generic", changed, before); p == nil {
		t.Error("an untold change was written down")
	}
	for name, line := range map[string]string{"another method": "* `dr`: `Chain` is faster.\n", "no backquotes": "* PCA is faster.\n", "a part of a name": "* `SparsePCA`.\n"} {
		if p := h.accept("generic", changed, strings.Replace(before, "Text.\n\n", "Text.\n\n"+line, 1)); p == nil {
			t.Errorf("a line that tells of %s was accepted", name)
		}
	}
	after := strings.Replace(before, "and `TSNE`.\n", "and `TSNE`.\n* `dr.PCA` finds small components.\n", 1)
	if p := h.accept("generic", changed, after); p != nil {
		t.Error(p)
	}
	if p := h.judge("generic", changed, after); p != nil {
		t.Error(p)
	}
	if p := h.judge("generic", changed, before); p == nil {
		t.Error("the line was taken out again, which nobody noticed")
	}
	if p := h.judge("generic", map[string]string{"dr.PCA": "c"}, after); p == nil {
		t.Error("a hash of a method that is gone")
	}
}
