package cell

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/flatland-go/flatland/internal/testenv"
)

func TestStampChangesWithTheSources(t *testing.T) {
	dir := t.TempDir()
	old := time.Now().Add(-time.Hour)
	write := func(name, text string) {
		t.Helper()
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(name, old, old); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := stampOf(dir); err == nil {
		t.Error("a directory without go.mod has a stamp")
	}
	if _, err := stampOf("relative"); err == nil {
		t.Error("a relative path has a stamp")
	}
	for _, name := range []string{"go.mod", "root.go", "pkg/a/a.go", "pkg/a/a_amd64.s", "pkg/a/data/iris.csv.gz", "internal/b/b.go", "other/c.go"} {
		write(name, "text")
	}
	before, err := stampOf(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"pkg/a/a_test.go", "pkg/a/testdata/x", "pkg/a/.swap", ".git/x.go", "notebooks/n.ipynb", "README.md", "internal/gen/go.mod", "internal/gen/gen.go", "build/node_modules/x.go"} {
		write(name, "text")
		if after, err := stampOf(dir); err != nil || after != before {
			t.Errorf("%s counts (%v)", name, err)
			before = after
		}
	}
	change := map[string]func() error{
		"a touched source":     func() error { return os.Chtimes(filepath.Join(dir, "pkg/a/a.go"), old, old.Add(time.Second)) },
		"a source put back":    func() error { return os.Chtimes(filepath.Join(dir, "other/c.go"), old, old.Add(-time.Hour)) },
		"touched data":         func() error { return os.Chtimes(filepath.Join(dir, "pkg/a/data/iris.csv.gz"), old, time.Now()) },
		"touched assembly":     func() error { return os.Chtimes(filepath.Join(dir, "pkg/a/a_amd64.s"), old, time.Now()) },
		"a removed source":     func() error { return os.Remove(filepath.Join(dir, "root.go")) },
		"another size":         func() error { write("internal/b/b.go", "longer text"); return nil },
		"a requirement edited": func() error { return os.Chtimes(filepath.Join(dir, "go.mod"), old, time.Now()) },
		"a new source":         func() error { write("pkg/d.go", "text"); return nil },
	}
	for name, f := range change {
		if err := f(); err != nil {
			t.Fatal(err)
		}
		after, err := stampOf(dir)
		if err != nil {
			t.Fatal(err)
		}
		if after == before {
			t.Errorf("%s goes unnoticed", name)
		}
		before = after
	}
}

func TestModulesAreFoundByTheirPackages(t *testing.T) {
	all := map[string]*debug.Module{libraryModule: {}, gonumModule: {}, "mine": {}, "mine/nested": {}}
	for pkg, want := range map[string]string{
		"gonum.org/v1/gonum/mat":      gonumModule,
		"gonum.org/v1/gonumstuff":     "",
		libraryModule + "/pkg/cell":   libraryModule,
		libraryModule:                 libraryModule,
		libraryModule + "_test":       libraryModule,
		"github.com/flatland-go/flat": "",
		"mine/nested/pkg":             "mine/nested",
		"mine/other":                  "mine",
		"time":                        "",
	} {
		if got := moduleOf(pkg, all); got != want {
			t.Errorf("%s is in %q, want %q", pkg, got, want)
		}
	}
	if got := packageCode("time"); got != "" {
		t.Errorf("time is identified as %q, want nothing: Go's version covers it", got)
	}
	if got := packageCode("example.com/not/in/here"); got != programCode() || !strings.HasPrefix(got, "program ") {
		t.Errorf("an unknown package is identified as %q", got)
	}
	if got := moduleCode(libraryModule); !strings.HasPrefix(got, libraryModule+" ") {
		t.Errorf("the library's own directory is identified as %q", got)
	}
}

// notebook is a module like the one that the kernel makes of a notebook, with a copy of the library so that this can be edited.
type notebook struct {
	t            *testing.T
	dir, library string
	store        string
	env          []string
}

func newNotebook(t *testing.T) *notebook {
	t.Helper()
	nb := &notebook{t: t, dir: t.TempDir(), library: t.TempDir(), store: t.TempDir()}
	nb.env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off", "GOPROXY=off")
	root := libraryDirectory()
	for _, pkg := range strings.Fields(nb.command(root, "list", "-deps", "./pkg/cell")) {
		rel, ok := strings.CutPrefix(pkg, libraryModule+"/")
		if !ok {
			continue
		}
		if err := os.CopyFS(filepath.Join(nb.library, rel), os.DirFS(filepath.Join(root, rel))); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		nb.write(filepath.Join(nb.library, name), string(text))
		if name == "go.mod" {
			text = []byte(strings.Replace(string(text), "module "+libraryModule, "module notebook", 1) +
				fmt.Sprintf("\nrequire %s v0.0.0\nreplace %s => %s\n", libraryModule, libraryModule, nb.library))
		}
		nb.write(filepath.Join(nb.dir, name), string(text))
	}
	return nb
}

// command runs the go command, and returns what it prints.
func (nb *notebook) command(dir string, args ...string) string {
	nb.t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir, cmd.Env = dir, nb.env
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		nb.t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, said.String())
	}
	return string(out)
}

func (nb *notebook) write(name, text string) {
	nb.t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		nb.t.Fatal(err)
	}
}

// declarations are what the cells of the notebook have declared so far.
const declarations = `
type centre struct{ shift float64 }

func (c centre) Estimate(ctx context.Context, x mat.Matrix) (float64, error) {
	println("estimated")
	return mat.Sum(x) + c.shift, nil
}

var (
	rate = base() / 2
	unused = 1
)

const (
	one = 1 + iota
	two
)

func base() float64 { return 8 }

func data() mat.Matrix { return mat.NewDense(1, 2, []float64{1, two}) }

func estimate() float64 { return cell.Estimate(centre{2}, data()) }

func sweep() []float64 {
	return cell.Keep(cell.On(data()), func(ctx context.Context) ([]float64, error) {
		println("swept")
		return []float64{rate, two}, nil // a comment
	})
}

func other() string { return "other" }
`

// cell runs a cell: the declarations so far and a body. It returns what was computed, as printed on standard error.
func (nb *notebook) cell(declared, body string, flags ...string) string {
	nb.t.Helper()
	nb.write(filepath.Join(nb.dir, "main.go"), `package main

import (
	"context"
	"fmt"

	"github.com/flatland-go/flatland/pkg/cell"
	"gonum.org/v1/gonum/mat"
)
`+declared+"\nfunc main() {\n"+body+"\n}\n")
	program := filepath.Join(nb.dir, "program")
	nb.command(nb.dir, append(append([]string{"build"}, flags...), "-o", program, ".")...)
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), "FLATLAND_STORE="+nb.store, "GONB_PIPE=")
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		nb.t.Fatalf("%v: %s", err, said.String())
	}
	if len(out) == 0 {
		nb.t.Fatal("the cell printed no result")
	}
	return strings.Join(strings.Fields(said.String()), " ")
}

// TestEditsAreNoticed builds cells as the kernel does and edits what a reader may edit.
func TestEditsAreNoticed(t *testing.T) {
	testenv.Unraced(t)
	nb := newNotebook(t)
	edit := func(old, new string) string {
		t.Helper()
		if strings.Count(declarations, old) != 1 {
			t.Fatalf("%q stands %d times in the declarations", old, strings.Count(declarations, old))
		}
		return strings.Replace(declarations, old, new, 1)
	}
	const both = "fmt.Println(estimate(), sweep())"
	steps := []struct {
		what     string
		declared string
		body     string
		computed string
	}{
		{"the first cell", declarations, both, "estimated swept"},
		{"another cell, with the calls elsewhere and functions before them", declarations + "\nfunc again() { fmt.Println(sweep()) }\n",
			"f := func() { fmt.Println(1) }; f(); again(); fmt.Println(estimate())", ""},
		{"a comment, layout and a declaration that nothing mentions", strings.Replace(edit("// a comment", "// another\n\n"), `"other"`, `"changed"`, 1), both, ""},
		{"the function's own text", edit("[]float64{rate, two}", "[]float64{rate, two, 0}"), both, "swept"},
		{"a function that a variable that it mentions mentions", edit("return 8", "return 10"), both, "swept"},
		{"a constant and so the data", edit("1 + iota", "2 + iota"), both, "estimated swept"},
		{"a method of the notebook's own", edit("mat.Sum(x) + c.shift", "mat.Sum(x) - c.shift"), both, "estimated"},
		{"a field of that method", edit("centre{2}", "centre{3}"), both, "estimated"},
		{"all as it was", declarations, both, ""},
	}
	for _, s := range steps {
		if got := nb.cell(s.declared, s.body); got != s.computed {
			t.Errorf("%s: computed %q, want %q", s.what, got, s.computed)
		}
	}
	source := filepath.Join(nb.library, "pkg", "mat32", "dense.go")
	now := time.Now()
	if err := os.Chtimes(source, now, now); err != nil {
		t.Fatal(err)
	}
	if got := nb.cell(declarations, both); got != "estimated swept" {
		t.Errorf("an edited library: computed %q, want all", got)
	}
	if got := nb.cell(declarations, both); got != "" {
		t.Errorf("the edited library again: computed %q", got)
	}
	// Without paths the text cannot be found, and the program stands for it.
	if got := nb.cell(declarations, both, "-trimpath"); got != "estimated swept" {
		t.Errorf("-trimpath: computed %q, want all", got)
	}
	if got := nb.cell(declarations, both, "-trimpath"); got != "" {
		t.Errorf("-trimpath, the same program again: computed %q", got)
	}
	if got := nb.cell(declarations, both+"; fmt.Println()", "-trimpath"); got != "estimated swept" {
		t.Errorf("-trimpath, another program: computed %q, want all", got)
	}
}
