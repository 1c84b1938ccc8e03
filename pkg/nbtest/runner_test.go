package nbtest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/flatland-go/flatland/internal/testenv"
)

func TestCopyFolder(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	for _, name := range []string{"a.ipynb", "data/b.csv", ".hidden", ".git/c", "node_modules/d", "build/e"} {
		path := filepath.Join(from, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(name), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for link, target := range map[string]string{"linked.csv": "data/b.csv", "circle": ".", "broken": "nowhere"} {
		if err := os.Symlink(target, filepath.Join(from, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := copyFolder(to, from); err != nil {
		t.Fatal(err)
	}
	var got []string
	if err := filepath.WalkDir(to, func(path string, entry os.DirEntry, err error) error {
		if !entry.IsDir() {
			at, _ := filepath.Rel(to, path)
			text, _ := os.ReadFile(path)
			got = append(got, at+"="+string(text))
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if want := []string{"a.ipynb=a.ipynb", "data/b.csv=data/b.csv", "linked.csv=data/b.csv"}; !slices.Equal(got, want) {
		t.Errorf("copied are %v, want %v", got, want)
	}
}

// TestIsolatedHasOnlyALoopback starts a process as a worker is started, and looks at its network from outside. Where the system gives a process
// no network of its own there is nothing to look at; a Report says so then, and TestExposed covers it.
func TestIsolatedHasOnlyALoopback(t *testing.T) {
	testenv.Need(t, "jupyter")
	tools, err := findTools(t.Context(), testenv.Root())
	if err != nil {
		t.Fatal(err)
	}
	attr := isolated()
	if attr == nil {
		return
	}
	w, err := startWorker(tools.python, os.Environ(), t.TempDir(), attr)
	if err != nil {
		t.Logf("this system does not permit it: %v", err)
		return
	}
	defer w.end(true)
	if err := errors.Join(w.tell(command{Do: "isolate"}), w.expect(t.Context(), "isolated", time.Minute)); err != nil {
		t.Logf("this system does not permit it: %v", err)
		return
	}
	where, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join("/proc", strconv.Itoa(w.process.Process.Pid), "ns", "net")
	if there, err := os.Readlink(link); err != nil || there == where {
		t.Errorf("the worker's network is %s, ours %s (%v)", there, where, err)
	}
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(w.process.Process.Pid), "net", "dev"))
	if err != nil {
		t.Fatal(err)
	}
	if devices := strings.Count(string(text), ":"); devices == 0 || !strings.Contains(string(text), "lo:") || strings.Contains(string(text), "eth") {
		t.Errorf("the worker's network has\n%s", text)
	}
}

// TestExposed runs a notebook as on a system that gives no process a network of its own.
func TestExposed(t *testing.T) {
	testenv.Need(t, "jupyter")
	reports := 0
	r, err := Open(t.Context(), Options{Build: t.TempDir(), Env: []string{"NETWORK=environment", "COST=5$"}, Report: func(Report) { reports++ }})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	r.exposed.Store(true)
	path := filepath.Join(t.TempDir(), "exposed.ipynb")
	n := &Notebook{Rest: map[string]any{"nbformat": 4, "nbformat_minor": 4}, Cells: []*Cell{{
		Kind: "code",
		Source: `%%
if os.Getenv("NETWORK") != "environment" || os.Getenv("COST") != "5$" || os.Getenv("GOPROXY") != "off" || os.Getenv("https_proxy") != "http://127.0.0.1:9" {
	panic(fmt.Sprint(os.Environ()))
}`,
	}}}
	text, err := n.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o666); err != nil {
		t.Fatal(err)
	}
	report, err := r.Run(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if report.Isolated || len(report.Problems) > 0 || reports != 1 || len(report.Cells) != 1 {
		t.Errorf("isolated %v, %d reports, problems %v, cells %v", report.Isolated, reports, report.Problems, report.Cells)
	}
	if !strings.Contains(report.Times(), "environment only") {
		t.Errorf("the log does not say how the network was cut: %s", report.Times())
	}

	ctx, cancel := context.WithCancel(t.Context())
	n.Cells[0].Source = "%%\ntime.Sleep(time.Hour)"
	if text, err = n.Bytes(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o666); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(3*time.Second, cancel)
	begin := time.Now()
	if _, err := r.Run(ctx, path); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled, a run gives the error %v", err)
	}
	if took := time.Since(begin); took > 20*time.Second {
		t.Errorf("a cancelled run ends after %v", took)
	}

	n.Metadata = map[string]any{"kernelspec": map[string]any{"name": "python3"}}
	if text, err = n.Bytes(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Run(t.Context(), path); err == nil || !strings.Contains(err.Error(), "python3") {
		t.Errorf("a notebook in Python gives the error %v", err)
	}
}

func TestInstallWritesAKernel(t *testing.T) {
	testenv.Need(t, "jupyter")
	dir := t.TempDir()
	if err := Install(t.Context(), dir, Options{Env: []string{"COST=5$"}}); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "kernels", "gonb", "kernel.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"-go_work=" + testenv.Root(), `'-ldflags=-s -w'`, `"COST": "5$$"`, "${PATH}"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("kernel.json lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(string(text), "GOPROXY") {
		t.Errorf("the kernel of a Jupyter server has no network:\n%s", text)
	}
}
