// Package tests holds what can only be said of the house as a whole: which
// package stands on which floor, and what a notebook cell links.
package tests

import (
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/flatland-go/flatland/internal/testenv"
)

const module = "github.com/flatland-go/flatland/"

// house holds the floor of every package, from the ground up, by its folder.
//
// Arrows point down: a package imports packages of lower floors, and those of
// its own room (the folder below pkg, internal or tests, with all below it), but
// no other room of its floor. Two floors of DESIGN.md have a landing: what is
// made of others of its floor stands half a floor above them.
//
// Test files may look wherever they like in the house: nobody links them.
var house = []floor{
	{"0, tools", []string{"internal/contingency", "internal/front", "internal/npyhead", "internal/linkage", "internal/lock", "internal/par", "internal/rng", "internal/jupyter", "internal/testenv", "internal/fixture", "internal/saved", "internal/whole"}},
	{"0⅓, the innermost loops", []string{"internal/kernel"}},
	{"0⅔, tools made of tools", []string{"internal/fft", "internal/hdbscan", "internal/isotonic", "internal/kmeans", "internal/line", "internal/linalg", "internal/nn", "internal/rankcorr", "internal/resample", "internal/transport"}},
	{"1, what all rooms speak of", []string{"pkg/mat32", "pkg/measure", "pkg/watch"}},
	{"1¼, where rows are seen from", []string{"internal/frame"}},
	{"1½, what is made of these", []string{"pkg/cell", "pkg/nn", "internal/mds", "internal/screen", "internal/subspace"}},
	{"2, near, and to practise on", []string{"pkg/neighbors", "pkg/manifold", "pkg/sketch", "pkg/spectrum", "pkg/datasets", "pkg/datasets/fetch", "pkg/datasets/mnist10k",
		"pkg/datasets/sparse", "pkg/datasets/table", "pkg/datasets/internal/source", "pkg/datasets/images", "pkg/datasets/vectors", "pkg/datasets/idx", "pkg/datasets/npy", "pkg/datasets/internal/decimal", "pkg/datasets/internal/pack", "pkg/datasets/mnist10k/internal/pack"}},
	{"2½, what tests of other floors share", []string{"internal/apart"}},
	{"3, how near", []string{"pkg/affinity"}},
	{"4, the answers", []string{"pkg/cluster", "pkg/dr", "pkg/dr/layout", "pkg/dynamics", "pkg/geometry", "pkg/hyperbolic", "pkg/intrinsic", "pkg/quality", "pkg/search", "pkg/similarity", "pkg/topology"}},
	{"5, shown and tested", []string{"pkg/viz", "pkg/nbtest"}},
	{"5½, what tests and benchmarks read", []string{"internal/digits70k", "internal/digits70k/cmd/digits70k", "tests/golden"}},
	{"6, what crosses packages", []string{"docs", "tests", "tests/bench", "tests/bench/cmd/bench", "tests/bench/cmd/dimensions", "tests/bench/cmd/growth", "tests/bench/ours", "tests/bench/theirs", "tests/bench/wire",
		"tests/browser", "tests/browser/kinds", "tests/conformance", "tests/lab", "tests/lint", "tests/notebooks", "tests/notebooks/cmd/nbrun"}},
}

type floor struct {
	name     string
	packages []string
}

// barred are lower floors that a package must not import all the same.
var barred = map[string]struct{ floor, why string }{
	"pkg/viz":    {"4", "it draws whatever has the accessors it asks for, and links no method that a cell does not use"},
	"pkg/nbtest": {"4", "it judges notebooks, whatever they compute"},
}

// others are the modules that packages may import beside the house and Go's own,
// and the rooms that may. It holds for test files as well.
var others = []struct {
	prefix string
	rooms  []string // nil for all
}{
	{"gonum.org/v1/gonum", nil},
	{"gonum.org/v1/plot", []string{"pkg/viz"}},
	{"codeberg.org/go-fonts/", []string{"pkg/viz"}},
	{"golang.org/x/image/", []string{"pkg/datasets", "pkg/viz"}},
	{"golang.org/x/sys/", []string{"internal/kernel", "pkg/cell", "pkg/datasets", "pkg/nbtest", "tests/conformance", "tests/bench"}},
	{"github.com/janpfeifer/gonb/", []string{"internal/jupyter"}},
}

// source is what the files of one package import; build constraints are ignored.
type source struct {
	imports []string // by what is linked
	tests   []string // by test files
}

// sources reads the imports of all packages below root, by folder. Folders that
// go leaves out and modules of their own are left out.
func sources(root string) (map[string]source, error) {
	all := map[string]source{}
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			_, nested := os.Stat(filepath.Join(file, "go.mod"))
			if file != root && (nested == nil || name == "testdata" || name == "node_modules" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")) {
				return filepath.SkipDir
			}
			return nil
		}
		if filepath.Ext(name) != ".go" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		folder, err := filepath.Rel(root, filepath.Dir(file))
		if err != nil {
			return err
		}
		folder = filepath.ToSlash(folder)
		s := all[folder]
		to := &s.imports
		if strings.HasSuffix(name, "_test.go") {
			to = &s.tests
		}
		for _, i := range f.Imports {
			p, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			*to = append(*to, p)
		}
		all[folder] = s
		return nil
	})
	return all, err
}

// roomOf returns the folder that packages share a room by: pkg/dr for
// pkg/dr/layout.
func roomOf(folder string) string {
	parts := strings.Split(folder, "/")
	return path.Join(parts[:min(2, len(parts))]...)
}

// layers returns what breaks the rules of the house.
func layers(packages map[string]source) (problems []error) {
	fail := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	level := map[string]int{}
	for i, f := range house {
		for _, p := range f.packages {
			if _, twice := level[p]; twice {
				fail("%s stands on two floors", p)
			}
			level[p] = i
			if _, exists := packages[p]; !exists {
				fail("%s has a floor in tests/layers_test.go and no source", p)
			}
		}
	}
	for _, from := range slices.Sorted(maps.Keys(packages)) {
		own, known := level[from]
		if !known {
			fail("%s has no floor: give it one in tests/layers_test.go", from)
			continue
		}
		for _, path := range packages[from].imports {
			to, inside := strings.CutPrefix(path, module)
			if !inside || roomOf(to) == roomOf(from) {
				continue
			}
			at, known := level[to]
			switch {
			case !known:
				fail("%s imports %s, which has no floor", from, to)
			case at == own:
				fail("%s imports %s sideways: both stand on floor %s; what two rooms need stands below both", from, to, house[own].name)
			case at > own:
				fail("%s, floor %s, imports %s above it, floor %s", from, house[own].name, to, house[at].name)
			case barred[from].floor != "" && strings.HasPrefix(house[at].name, barred[from].floor+","):
				fail("%s imports %s, floor %s: %s", from, to, house[at].name, barred[from].why)
			}
		}
		for _, path := range append(slices.Clone(packages[from].imports), packages[from].tests...) {
			if err := outside(from, path); err != nil {
				problems = append(problems, err)
			}
		}
	}
	return problems
}

// outside judges an import that is not of the house.
func outside(from, path string) error {
	host, _, _ := strings.Cut(path, "/")
	if strings.HasPrefix(path+"/", module) || !strings.Contains(host, ".") {
		return nil // the house, or Go's own
	}
	for _, o := range others {
		if !strings.HasPrefix(path+"/", strings.TrimSuffix(o.prefix, "/")+"/") {
			continue
		}
		if o.rooms != nil && !slices.Contains(o.rooms, roomOf(from)) {
			return fmt.Errorf("%s imports %s, which only %s may", from, path, strings.Join(o.rooms, ", "))
		}
		return nil
	}
	return fmt.Errorf("%s imports %s: the house does without this module, or it is in the list of others in tests/layers_test.go", from, path)
}

func TestLayers(t *testing.T) {
	packages, err := sources(testenv.Root())
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range layers(packages) {
		t.Error(err)
	}
}

// A house that keeps the rules, with one arrow too many, or a room too many or
// too few.
func TestOffendingArrowsAreFound(t *testing.T) {
	sound := func() map[string]source {
		all := map[string]source{}
		for _, f := range house {
			for _, p := range f.packages {
				all[p] = source{}
			}
		}
		all["pkg/dr"] = source{imports: []string{"context", module + "pkg/mat32", module + "pkg/dr/layout", "gonum.org/v1/gonum/mat"},
			tests: []string{module + "pkg/quality"}}
		all["pkg/datasets/mnist10k"] = source{imports: []string{module + "pkg/datasets"}}
		return all
	}
	if p := layers(sound()); p != nil {
		t.Fatalf("a sound house: %v", p)
	}
	for _, c := range []struct{ from, to, says string }{
		{"pkg/dr", module + "pkg/quality", "sideways"},
		{"pkg/dr/layout", module + "pkg/intrinsic", "sideways"},
		{"internal/rng", module + "internal/par", "sideways"},
		{"pkg/neighbors", module + "pkg/dr", "above it"},
		{"pkg/mat32", module + "pkg/cell", "above it"},
		{"internal/rng", module + "pkg/mat32", "above it"},
		{"pkg/viz", module + "pkg/dr", "links no method"},
		{"pkg/nbtest", module + "pkg/quality", "whatever they compute"},
		{"pkg/dr", module + "pkg/util", "has no floor"},
		{"pkg/cell", "github.com/janpfeifer/gonb/gonbui", "which only internal/jupyter may"},
		{"pkg/dr", "gonum.org/v1/plot", "which only pkg/viz may"},
		{"pkg/dr", "gonum.org/v1/gonumeric", "does without"},
		{"pkg/dr", "example.com/dimension/reduction", "does without"},
	} {
		all := sound()
		s := all[c.from]
		s.imports = append(slices.Clone(s.imports), c.to)
		all[c.from] = s
		wantOne(t, fmt.Sprintf("%s → %s", c.from, c.to), c.says, layers(all))
	}

	all := sound()
	all["pkg/cell"] = source{tests: []string{"github.com/janpfeifer/gonb/gonbui"}}
	wantOne(t, "a test that imports gonbui", "which only internal/jupyter may", layers(all))
	all = sound()
	all["pkg/helpers"] = source{}
	wantOne(t, "a package of no floor", "pkg/helpers has no floor", layers(all))
	all = sound()
	delete(all, "pkg/affinity")
	wantOne(t, "a floor of no package", "no source", layers(all))
}

func wantOne(t *testing.T, what, says string, problems []error) {
	t.Helper()
	if err := errors.Join(problems...); len(problems) != 1 || !strings.Contains(err.Error(), says) {
		t.Errorf("%s: found %v, want one problem that says %q", what, err, says)
	}
}

// No build constraint, folder or file name hides an import.
func TestSourcesMissNothing(t *testing.T) {
	root := t.TempDir()
	for file, text := range map[string]string{
		"go.mod":                    "module m",
		"pkg/dr/plain.go":           "package dr\nimport \"a\"",
		"pkg/dr/arm.go":             "//go:build arm64 && ignore\n\npackage dr\nimport (\n\t_ \"b\"\n\tx \"c\"\n)",
		"pkg/dr/dr_windows.go":      "package dr\nimport \"d\"",
		"pkg/dr/dr_test.go":         "package dr_test\nimport \"e\"",
		"pkg/dr/testdata/x.go":      "package x\nimport \"f\"",
		"pkg/dr/heavy/go.mod":       "module heavy",
		"pkg/dr/heavy/heavy.go":     "package heavy\nimport \"g\"",
		"pkg/dr/layout/internal.go": "package layout\nimport \"h\"",
	} {
		file = filepath.Join(root, filepath.FromSlash(file))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	all, err := sources(root)
	if err != nil {
		t.Fatal(err)
	}
	got := slices.Sorted(slices.Values(all["pkg/dr"].imports))
	if len(all) != 2 || strings.Join(got, "") != "abcd" || strings.Join(all["pkg/dr"].tests, "") != "e" || strings.Join(all["pkg/dr/layout"].imports, "") != "h" {
		t.Errorf("read %v", all)
	}
}
