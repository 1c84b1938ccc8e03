package notebooks

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/nbtest"
)

const course = "../../notebooks/*.ipynb"

// TestCourse runs every notebook of the course, and compares it with what is committed.
func TestCourse(t *testing.T) {
	testenv.Need(t, "jupyter")
	nbtest.Run(t, course, nbtest.Options{Report: func(r nbtest.Report) { asCommitted(t, r) }})
}

// TestCourseOnOneCore runs the course as on a machine with one core: to the same bytes.
func TestCourseOnOneCore(t *testing.T) {
	testenv.Need(t, "jupyter")
	if runtime.GOMAXPROCS(0) == 1 {
		t.Log("TestCourse has done it")
		return
	}
	nbtest.Run(t, course, nbtest.Options{
		GOMAXPROCS: 1, Build: t.TempDir(), Timeout: 120 * time.Second,
		Report: func(r nbtest.Report) { asCommitted(t, r) },
	})
}

// asCommitted fails t when the notebook ran to other bytes than it is committed with.
func asCommitted(t *testing.T, r nbtest.Report) {
	t.Helper()
	if len(r.Problems) > 0 {
		return // which are reported
	}
	committed, err := os.ReadFile(filepath.Join(filepath.Dir(course), r.Notebook))
	if err != nil {
		t.Error(err)
		return
	}
	executed, err := r.Saved.Bytes()
	if err != nil {
		t.Error(err)
		return
	}
	if !bytes.Equal(committed, executed) {
		t.Errorf("%s runs to other outputs than it is committed with: compare it with build/%[1]s, then run make notebooks", r.Notebook)
	}
}

// TestCourseAsCommitted judges the outputs that the course is committed with; it needs no Jupyter.
func TestCourseAsCommitted(t *testing.T) {
	paths, err := filepath.Glob(course)
	if err != nil || len(paths) == 0 {
		t.Fatalf("no notebook matches %s (%v)", course, err)
	}
	for _, path := range paths {
		problems, err := nbtest.Inspect(path)
		if err != nil {
			t.Error(err)
		}
		for _, p := range problems {
			t.Error(p)
		}
	}
}
