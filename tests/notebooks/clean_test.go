package notebooks

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/nbtest"
)

// TestClean runs a notebook in which nothing is wrong and which asserts what a run promises: that it finds the file beside it, an empty store
// and no network. It runs on one processor and on two, and is saved; both must give the same file.
func TestClean(t *testing.T) {
	testenv.Need(t, "jupyter")
	folder, build := t.TempDir(), t.TempDir()
	if err := os.CopyFS(folder, os.DirFS("testdata/clean")); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "clean.ipynb")
	original, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var files [][]byte
	var last nbtest.Report
	for _, processors := range []int{1, 2} {
		runner, err := nbtest.Open(t.Context(), nbtest.Options{Build: build, Save: true, GOMAXPROCS: processors})
		if err != nil {
			t.Fatal(err)
		}
		last, err = runner.Run(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		if err := runner.Close(); err != nil {
			t.Error(err)
		}
		t.Log(last.Times())
		for _, p := range last.Problems {
			t.Error(p)
		}
		saved, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, saved)
	}
	if !bytes.Equal(files[0], files[1]) {
		t.Errorf("on one processor it is saved as\n%s\non two as\n%s", files[0], files[1])
	}
	if bytes.Equal(files[0], original) {
		t.Error("nothing was saved")
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) != 2 {
		t.Errorf("the notebook's folder holds %v (%v)", entries, err)
	}
	if len(files[0]) > 100_000 {
		t.Errorf("saved, it takes %d bytes: the large output was kept", len(files[0]))
	}
	for _, dropped := range []string{"define.amd", "point point"} {
		if bytes.Contains(files[0], []byte(dropped)) {
			t.Errorf("saved, it contains %q", dropped)
		}
	}

	page, err := os.ReadFile(last.Page)
	if err != nil {
		t.Fatal(err)
	}
	for _, kept := range []string{"define.amd", "point point", "data:image/png;base64,", "<title>clean</title>"} {
		if !bytes.Contains(page, []byte(kept)) {
			t.Errorf("the page lacks %q", kept)
		}
	}
	for _, script := range regexp.MustCompile(`<script[^>]*src="[^"]*"`).FindAllString(string(page), -1) {
		if !strings.Contains(script, "mathjax") { // the notebook has a formula
			t.Errorf("the page loads %s", script)
		}
	}
}

// TestTeacher makes a module of a teacher's, whose go.mod requires Flatland, and has go test run its two notebooks, as a teacher would. One of
// them makes a false claim: the test must fail, and say where.
func TestTeacher(t *testing.T) {
	testenv.Need(t, "jupyter")
	module := t.TempDir()
	if err := os.CopyFS(module, os.DirFS("testdata/teacher")); err != nil {
		t.Fatal(err)
	}
	root := testenv.Root()
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	requires := "module example.org/lesson\n\ngo 1.26\n\nrequire github.com/flatland-go/flatland v0.0.0\n\nreplace github.com/flatland-go/flatland => " + root + "\n"
	for name, text := range map[string]string{"go.mod": requires, "go.sum": string(sums)} {
		if err := os.WriteFile(filepath.Join(module, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	tools, _ := testenv.Tools()
	run := exec.CommandContext(t.Context(), "go", "test", "-v", "-mod=mod", "./...")
	run.Dir = module
	run.Env = append(os.Environ(), "GOPROXY=off", "GOWORK=off",
		"PATH="+strings.Join([]string{filepath.Join(tools, "bin"), filepath.Join(tools, "venv", "bin"), os.Getenv("PATH")}, string(os.PathListSeparator)))
	said, err := run.CombinedOutput()
	if err == nil {
		t.Error("go test passes, and one notebook's claim is false")
	}
	for _, want := range []string{
		"--- PASS: TestNotebooks/lesson", "--- FAIL: TestNotebooks/wrong",
		"wrong.ipynb: cell 2 [1] #t2 (cell.CheckEqual(", "line 6 `cell.CheckEqual(\"the sum\", lesson.Sum(1, 2, 3), 7)`: ✗ the sum: got 6, want 7",
	} {
		if !strings.Contains(string(said), want) {
			t.Errorf("go test does not say %q", want)
		}
	}
	if _, err := os.Stat(filepath.Join(module, "build", "lesson.html")); err != nil {
		t.Error(err)
	}
	if t.Failed() {
		t.Logf("go test says\n%s", said)
	}
}
