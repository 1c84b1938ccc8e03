//go:build unix

package cell

import (
	"context"
	"errors"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// interrupted runs a cell and interrupts it once it computes.
func interrupted(t *testing.T, name, store string, times int) (stdout, stderr string, code int) {
	t.Helper()
	cmd, out, errs := start(t, name, store)
	out.await(t, "computed\n")
	ended := make(chan error, 1)
	for range times {
		if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		time.Sleep(100 * time.Millisecond)
	}
	go func() { ended <- cmd.Wait() }()
	select {
	case <-ended:
	case <-time.After(5 * time.Second):
		t.Fatalf("%s: still there 5 s after the interrupt, when the kernel kills it", name)
	}
	return strings.TrimPrefix(out.String(), "computed\n"), errs.String(), cmd.ProcessState.ExitCode()
}

func TestInterruptedMapIsReturnedAsFarAsItGot(t *testing.T) {
	store := t.TempDir()
	stdout, stderr, code := interrupted(t, "embed interrupted", store, 1)
	if stdout != "result [7]\nended\n" || code != 0 {
		t.Errorf("exit code %d and %q", code, stdout)
	}
	if want := "Interrupted: this is the result of cell.Embed(cell.Slow) as far as it got. It is not kept; run the cell again for the whole.\n"; stderr != want {
		t.Errorf("notice %q, want %q", stderr, want)
	}
	if files := list(t, store); len(files) > 0 {
		t.Errorf("kept: %v", files)
	}
}

func TestWatchedMapIsReturnedAsFarAsItGot(t *testing.T) {
	stdout, stderr, code := interrupted(t, "watched embed interrupted", t.TempDir(), 1)
	if stdout != "result [7] 1 1 1\nended\n" || code != 0 || !strings.Contains(stderr, "as far as it got") {
		t.Errorf("exit code %d, %q and %q", code, stdout, stderr)
	}
}

func TestInterruptionWithoutAResultFailsTheCell(t *testing.T) {
	for name, want := range map[string]string{
		"embed interrupted with nothing": "✗ cell.Embed(cell.Slow): interrupted\n",
		"fit interrupted":                "✗ cell.Fit(cell.Slow): interrupted\n",
	} {
		store := t.TempDir()
		stdout, stderr, code := interrupted(t, name, store, 1)
		if stdout != "" || stderr != want || code != 1 {
			t.Errorf("%s: exit code %d, %q and %q, want %q", name, code, stdout, stderr, want)
		}
	}
}

func TestResultThatHidesAnInterruptionIsNotKept(t *testing.T) {
	store := t.TempDir()
	stdout, _, code := interrupted(t, "keep hides an interruption", store, 1)
	if stdout != "result 4\n" || code != 0 {
		t.Errorf("exit code %d and %q", code, stdout)
	}
	if files := list(t, store); len(files) > 0 {
		t.Errorf("kept: %v", files)
	}
}

func TestSecondInterruptEndsTheProgram(t *testing.T) {
	_, _, code := interrupted(t, "deaf", t.TempDir(), 2)
	if code != -1 {
		t.Errorf("exit code %d, want to be ended by the signal", code)
	}
}

func TestWaitingForAnotherNotebookCanBeCanceled(t *testing.T) {
	s := store{dir: t.TempDir(), limit: defaultLimit}
	done, err := s.lock(context.Background(), digest{1}, "test")
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) { // a clock of its own
		ctx, cancel := context.WithTimeout(context.Background(), 60*time.Millisecond)
		defer cancel()
		began := time.Now()
		if _, err := s.lock(ctx, digest{1}, "test"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v while another holds the lock", err)
		}
		if took := time.Since(began); took != 60*time.Millisecond {
			t.Errorf("gave up after %v, want 60 ms", took)
		}
	})
	other, err := s.lock(context.Background(), digest{2}, "test")
	if err != nil {
		t.Fatal(err)
	}
	other()
	done()
	if done, err := s.lock(context.Background(), digest{1}, "test"); err != nil {
		t.Error(err)
	} else {
		done()
	}
	if files := list(t, s.dir); len(files) > 0 {
		t.Errorf("left behind: %v", files)
	}
}

func TestKilledNotebookDoesNotHoldUpOthers(t *testing.T) {
	store := t.TempDir()
	first, out, _ := start(t, "keep hides an interruption", store)
	out.await(t, "computed\n")
	first.Process.Kill()
	first.Wait()
	if len(list(t, store)) != 1 {
		t.Fatalf("the test wants a lock left behind, not %v", list(t, store))
	}
	if stdout, _, _ := interrupted(t, "keep hides an interruption", store, 1); stdout != "result 4\n" {
		t.Errorf("got %q", stdout)
	}
}
