package testenv

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// recorder is a testing.TB that notes how a test ended instead of ending this one.
type recorder struct {
	testing.TB
	skipped, failed string
}

func (r *recorder) Helper() {}
func (r *recorder) Skip(args ...any) {
	r.skipped = fmt.Sprint(args...)
	runtime.Goexit()
}
func (r *recorder) Fatalf(format string, args ...any) {
	r.failed = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// record runs f as the testing package does, in a goroutine that Skip and Fatalf end.
func record(f func(testing.TB)) *recorder {
	r := &recorder{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(r)
	}()
	<-done
	return r
}

// write makes the named files, and their folders, under dir.
func write(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

// bareMachine moves the test to an empty module with nothing installed and nothing on PATH, and returns its folder.
func bareMachine(t *testing.T) string {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "go.mod"), []byte("module github.com/flatland-go/flatland\n\ngo 1.26\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Chdir(root)
	t.Setenv("PATH", t.TempDir())
	t.Setenv("FLATLAND_DATA", t.TempDir())
	t.Setenv("FLATLAND_STRICT", "")
	return root
}

// satisfied lists, for each need, the files under the module root, on PATH and under FLATLAND_DATA that satisfy it.
var satisfied = map[string]struct{ tools, path, data []string }{
	"jupyter":  {tools: []string{"bin/gonb", "bin/goimports", "venv/bin/jupyter", "venv/bin/python", "node_modules/echarts/package.json"}},
	"chromium": {tools: []string{"node_modules/playwright-core/package.json", "node_modules/echarts/package.json"}, path: []string{"google-chrome", "node"}},
	"peers":    {tools: []string{"peers/bin/python"}},
	"mnist":    {data: []string{"mnist/t10k-images-idx3-ubyte.gz", "mnist/t10k-labels-idx1-ubyte.gz"}},
}

func TestNeedOnABareMachine(t *testing.T) {
	for what, n := range needs {
		t.Run(what, func(t *testing.T) {
			bareMachine(t)
			need := func(t testing.TB) { Need(t, what) }

			r := record(need)
			if r.failed != "" || !strings.Contains(r.skipped, "needs "+what) || !strings.Contains(r.skipped, n.install) {
				t.Errorf("skipped with %q, failed with %q; want a skip that names %q and says how to install it", r.skipped, r.failed, what)
			}
			t.Setenv("FLATLAND_STRICT", "1")
			r = record(need)
			if r.skipped != "" || !strings.Contains(r.failed, "needs "+what) || !strings.Contains(r.failed, n.install) {
				t.Errorf("strict: skipped with %q, failed with %q; want a failure that names %q and says how to install it", r.skipped, r.failed, what)
			}
		})
	}
}

// Each file alone matters: with all of them the need is met, with any one of them gone it is not.
func TestNeedAsksForEveryPart(t *testing.T) {
	for what := range needs {
		t.Run(what, func(t *testing.T) {
			parts, ok := satisfied[what]
			if !ok {
				t.Fatalf("this test does not know what satisfies %q", what)
			}
			root := bareMachine(t)
			t.Setenv("FLATLAND_STRICT", "1")
			write(t, filepath.Join(root, ".tools"), parts.tools...)
			write(t, os.Getenv("PATH"), parts.path...)
			write(t, os.Getenv("FLATLAND_DATA"), parts.data...)
			need := func(t testing.TB) { Need(t, what) }
			if r := record(need); r.failed != "" || r.skipped != "" {
				t.Fatalf("with every part: skipped with %q, failed with %q", r.skipped, r.failed)
			}

			for dir, names := range map[string][]string{
				filepath.Join(root, ".tools"): parts.tools,
				os.Getenv("PATH"):             parts.path,
				os.Getenv("FLATLAND_DATA"):    parts.data,
			} {
				for _, name := range names {
					path := filepath.Join(dir, name)
					if err := os.Rename(path, path+".away"); err != nil {
						t.Fatal(err)
					}
					if r := record(need); r.failed == "" {
						t.Errorf("%s is not asked for", name)
					}
					if err := os.Rename(path+".away", path); err != nil {
						t.Fatal(err)
					}
				}
			}
		})
	}
}

func TestNeedRefusesAnUnknownName(t *testing.T) {
	r := record(func(t testing.TB) { Need(t, "firefox") })
	if !strings.Contains(r.failed, `"firefox"`) || !strings.Contains(r.failed, "chromium, jupyter, mnist, peers") {
		t.Errorf("failed with %q; want the unknown name and the known ones", r.failed)
	}
}

func TestData(t *testing.T) {
	bareMachine(t)
	const name = "mnist/t10k-images-idx3-ubyte.gz"
	if r := record(func(t testing.TB) { Data(t, name) }); r.skipped == "" {
		t.Errorf("without the data: failed with %q, want a skip", r.failed)
	}

	dir := os.Getenv("FLATLAND_DATA")
	write(t, dir, satisfied["mnist"].data...)
	if got, want := Data(t, name), filepath.Join(dir, name); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	// A set that is there without the file asked for is a mistake in the test, never a reason to skip it.
	if r := record(func(t testing.TB) { Data(t, "mnist/train.gz") }); r.failed == "" {
		t.Errorf("a file that the set does not have: skipped with %q, want a failure", r.skipped)
	}

	t.Setenv("FLATLAND_DATA", "")
	beside := filepath.Join(Root(), "..", "shared", "data")
	if got := dataDir(); got != beside {
		t.Errorf("without FLATLAND_DATA: got %q, want %q", got, beside)
	}
}

func TestRootAndTools(t *testing.T) {
	root := bareMachine(t)
	if dir, ok := Tools(); ok {
		t.Errorf("found %q where there is none", dir)
	}
	write(t, root, ".tools/bin/gonb", "pkg/deep/deeper/doc.go", "tests/bench/doc.go")
	if err := os.WriteFile(filepath.Join(root, "tests/bench/go.mod"), []byte("module github.com/flatland-go/flatland/tests/bench\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{".", "pkg/deep/deeper", "tests/bench"} {
		t.Chdir(filepath.Join(root, dir))
		if got := Root(); got != root {
			t.Errorf("from %s: root %q, want %q", dir, got, root)
		}
		got, ok := Tools()
		if want := filepath.Join(root, ".tools"); !ok || got != want {
			t.Errorf("from %s: tools %q, want %q", dir, got, want)
		}
	}
	t.Chdir(t.TempDir())
	if got := Root(); got != "" {
		t.Errorf("outside of the module: root %q, want none", got)
	}
}

func TestChromiumPrefersTheTestedOne(t *testing.T) {
	bareMachine(t)
	if path, ok := Chromium(); ok {
		t.Errorf("found %q on an empty PATH", path)
	}
	path := os.Getenv("PATH")
	for _, name := range []string{"google-chrome", "chromium"} { // in the reverse of the order of preference
		write(t, path, name)
		if got, ok := Chromium(); !ok || got != filepath.Join(path, name) {
			t.Errorf("got %q, want %s", got, name)
		}
	}
}
