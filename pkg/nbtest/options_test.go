package nbtest

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// module makes a folder with a go.mod.
func module(t *testing.T, text string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestResolve(t *testing.T) {
	library := module(t, "module example.org/library\n\ngo 1.26\n")
	course := module(t, "module example.org/course\n\ngo 1.26\n\nrequire example.org/library v0.0.0\n\nreplace example.org/library => "+library+"\n")
	t.Chdir(course)
	t.Setenv("GOWORK", "off")

	o, err := Options{}.resolve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{course, library}; !slices.Equal(o.Modules, want) {
		t.Errorf("the modules are %v, want %v: the folder's own and the one that it replaces", o.Modules, want)
	}
	if want := filepath.Join(course, "build"); o.Build != want || o.Timeout != 45*time.Second {
		t.Errorf("by default, Build is %s and Timeout %v", o.Build, o.Timeout)
	}

	o, err = Options{Modules: []string{"../" + filepath.Base(course)}, Build: "out", Timeouts: map[string]time.Duration{"a": 1, "b.ipynb": 2}}.resolve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{course}; !slices.Equal(o.Modules, want) || o.Build != filepath.Join(course, "out") {
		t.Errorf("the modules are %v, want %v; Build is %s", o.Modules, want, o.Build)
	}
	if a, b, c := o.limit("a.ipynb"), o.limit("b.ipynb"), o.limit("c.ipynb"); a != 1 || b != 2 || c != defaultTimeout {
		t.Errorf("the limits are %v, %v and %v", a, b, c)
	}

	for name, o := range map[string]Options{
		"a rule that is none":   {Without: []string{"tempo"}},
		"a module that is none": {Modules: []string{t.TempDir()}},
		"a negative timeout":    {Timeout: -1},
		"an exception of zero":  {Timeouts: map[string]time.Duration{"a": 0}},
		"negative processors":   {GOMAXPROCS: -1},
	} {
		if _, err := o.resolve(t.Context()); err == nil {
			t.Errorf("%s is let pass", name)
		}
	}
	t.Chdir(t.TempDir())
	if _, err := (Options{}).resolve(t.Context()); err == nil || !strings.Contains(err.Error(), "nbtest: ") {
		t.Errorf("a folder in no module gives the error %v", err)
	}
}

// A requirement whose go.mod is not in Go's cache yet hides no folder that stands in for another.
func TestResolveWithAnEmptyCache(t *testing.T) {
	proxy := t.TempDir()
	for name, text := range map[string]string{"list": "v1.0.0\n", "v1.0.0.info": `{"Version":"v1.0.0"}`, "v1.0.0.mod": "module example.org/far\n\ngo 1.26\n"} {
		path := filepath.Join(proxy, "example.org", "far", "@v", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	library := module(t, "module example.org/library\n\ngo 1.26\n")
	course := module(t, "module example.org/course\n\ngo 1.26\n\nrequire (\n\texample.org/far v1.0.0\n\texample.org/library v0.0.0\n)\n\nreplace example.org/library => "+library+"\n")
	t.Chdir(course)
	for name, value := range map[string]string{"GOWORK": "off", "GOPROXY": "file://" + proxy, "GONOSUMDB": "*", "GOFLAGS": "-modcacherw", "GOMODCACHE": t.TempDir()} {
		t.Setenv(name, value)
	}
	if said, err := exec.CommandContext(t.Context(), "go", "list", "-mod=mod", "-m", "all").CombinedOutput(); err != nil { // for its go.sum
		t.Fatalf("%v: %s", err, said)
	}
	t.Setenv("GOMODCACHE", t.TempDir())
	for proxy, want := range map[string][]string{"file://" + proxy: {course, library}, "off": {course}} {
		t.Setenv("GOPROXY", proxy)
		t.Setenv("GOMODCACHE", t.TempDir())
		if got, err := modulesHere(t.Context()); err != nil || !slices.Equal(got, want) {
			t.Errorf("with GOPROXY=%s the modules are %v (%v), want %v", proxy, got, err, want)
		}
	}
}

func TestMissingToolsAreNamedWithTheirCommands(t *testing.T) {
	dir := module(t, "module example.org/course\n\ngo 1.26\n")
	t.Chdir(dir)
	t.Setenv("PATH", t.TempDir())
	_, err := Open(t.Context(), Options{Modules: []string{dir}})
	var missing *MissingError
	if !errors.As(err, &missing) {
		t.Fatalf("the error is %v", err)
	}
	if len(missing.Missing) != 3 {
		t.Errorf("missing are %q, on an empty PATH", missing.Missing)
	}
	for _, command := range []string{"pip install", "go get -tool github.com/janpfeifer/gonb@v0.11.4", "goimports"} {
		if !strings.Contains(err.Error(), command) {
			t.Errorf("the error does not say %q: %v", command, err)
		}
	}
	missing.Setup = "docker/setup.sh"
	if said := missing.Error(); !strings.HasSuffix(said, "\n\tdocker/setup.sh") {
		t.Errorf("in Flatland's repository the error says %s", said)
	}
}

func TestGoflagsSuitAWorkspace(t *testing.T) {
	t.Setenv("GOFLAGS", "-mod=mod '-gcflags=-N -l' -modfile=x.mod -v")
	if got, want := goflags(t.Context()), "'-gcflags=-N -l' -v -buildvcs=false '-ldflags=-s -w'"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestCheckNames(t *testing.T) {
	if err := checkNames([]string{"a/x.ipynb", "b/x.ipynb"}, Options{}); err == nil {
		t.Error("two notebooks of one name are let pass")
	}
	if err := checkNames([]string{"a/x.ipynb"}, Options{Timeouts: map[string]time.Duration{"y": 1}}); err == nil {
		t.Error("a limit for no notebook is let pass")
	}
	if err := checkNames([]string{"a/x.ipynb"}, Options{Timeouts: map[string]time.Duration{"x": 1, "x.ipynb": 1}}); err != nil {
		t.Error(err)
	}
}
