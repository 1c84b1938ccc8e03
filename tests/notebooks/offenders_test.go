package notebooks

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/nbtest"
)

// A finding is a problem as it must be reported.
type finding struct {
	cell int
	line int
	rule string
	text string // part of the message
}

// offenders are the notebooks under testdata/offenders, with everything that must be found in them and nothing else.
var offenders = map[string][]finding{
	"panics":   {{4, 0, "error", "panic: runtime error: index out of range [0] with length 0 (at cell 2, line 4 `return x[0]`)"}},
	"exits":    {{2, 0, "error", "exit status 3"}},
	"check":    {{2, 4, "error", "✗ trustworthiness: got 0.5, want ≥ 0.9"}},
	"compiles": {{2, 2, "error", "declared and not used: unused"}},
	"loops":    {{2, 0, "error", "still running when the notebook reached its limit of 4s"}},
	"dies":     {{2, 0, "error", "the kernel died"}},
	"budget": {
		{3, 0, "chart", "calls Show once and shows no chart"},
		{4, 0, "chart", "is tagged chart and shows none"},
		{5, 0, "chart", "no image/png"},
		{6, 0, "count", "shows chart 13"},
		{7, 0, "size", "output 1 takes 200 kB"},
		{8, 0, "time", `"1.23s"`},
		{9, 0, "library", "carries a JavaScript library"},
		{10, 0, "network", "https://cdn.example/x.js"},
		{11, 0, "path", "names a folder of this machine"},
		{12, 0, "stderr", "cannot access '/nowhere'"},
		{13, 1, "shadow", `declares fmt, which is also the name of the imported package "fmt"`},
	},
}

func TestOffenders(t *testing.T) {
	testenv.Need(t, "jupyter")
	scratch := t.TempDir()
	t.Setenv("TMPDIR", scratch)
	runner, err := nbtest.Open(t.Context(), nbtest.Options{Build: t.TempDir(), Timeouts: map[string]time.Duration{"loops": 4 * time.Second}})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range offenders {
		t.Run(name, func(t *testing.T) {
			report, err := runner.Run(t.Context(), filepath.Join("testdata", "offenders", name+".ipynb"))
			if err != nil {
				t.Fatal(err)
			}
			t.Log(report.Times())
			got := report.Problems
			for i := range max(len(got), len(want)) {
				if i >= len(got) {
					t.Errorf("not found: %v", want[i])
					continue
				}
				p := got[i]
				if i >= len(want) {
					t.Errorf("found besides: %v", p)
					continue
				}
				w := want[i]
				if p.Cell != w.cell || p.Line != w.line || p.Rule != w.rule || !strings.Contains(p.Text, w.text) {
					t.Errorf("got  %v\nwant %v", p, w)
				}
				if place := fmt.Sprintf("%s.ipynb: cell %d [%d] #%s-%d (", name, p.Cell, p.Count, name, p.Cell); !strings.HasPrefix(p.String(), place) {
					t.Errorf("the message does not begin with %q: %v", place, p)
				}
			}
		})
	}
	if err := runner.Close(); err != nil {
		t.Error(err)
	}
	nothingRemains(t, scratch)
}

// nothingRemains fails the test when a folder is left in scratch, or a process.
func nothingRemains(t *testing.T, scratch string) {
	t.Helper()
	entries, err := os.ReadDir(scratch)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), "nbtest-") {
			t.Errorf("%s is left behind", entry.Name())
		}
	}
	nothingRuns(t, scratch)
}

// nothingRuns fails the test when a process remains that was started with scratch as its folder for temporary files, or one in it. What was
// killed may take a moment to be gone.
func nothingRuns(t *testing.T, scratch string) {
	t.Helper()
	for range 50 {
		if len(running(scratch)) == 0 {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Errorf("still running: %q", running(scratch))
}

// running lists the commands of those processes; where there is no /proc, none.
func running(scratch string) (commands []string) {
	environments, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, path := range environments {
		if text, err := os.ReadFile(path); err == nil && strings.Contains(string(text), scratch) {
			command, _ := os.ReadFile(filepath.Join(filepath.Dir(path), "cmdline"))
			commands = append(commands, strings.ReplaceAll(string(command), "\x00", " "))
		}
	}
	return commands
}
