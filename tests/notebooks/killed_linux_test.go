package notebooks

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/flatland-go/flatland/internal/testenv"
)

// TestKilled kills a run in the middle of a cell that does not end, as a time limit or an impatient user may: its kernel must not outlive it.
func TestKilled(t *testing.T) {
	testenv.Need(t, "jupyter")
	scratch := t.TempDir()
	nbrun := filepath.Join(t.TempDir(), "nbrun")
	if said, err := exec.CommandContext(t.Context(), "go", "build", "-o", nbrun, "./cmd/nbrun").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	run := exec.CommandContext(t.Context(), nbrun, "-html", t.TempDir(), "testdata/offenders/loops.ipynb")
	run.Env = append(os.Environ(), "TMPDIR="+scratch)
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(time.Minute)
	for !strings.Contains(strings.Join(running(scratch), "\n"), "sleep 600") {
		if time.Now().After(deadline) {
			t.Fatalf("the cell's own process does not appear among %q", running(scratch))
		}
		time.Sleep(50 * time.Millisecond)
	}
	if err := run.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = run.Wait()
	nothingRuns(t, scratch)
}
