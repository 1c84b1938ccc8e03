package notebooks

import (
	"path/filepath"
	"testing"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/nbtest"
)

const course = "../../notebooks/*.ipynb"

// TestCourse runs every notebook of the course.
func TestCourse(t *testing.T) {
	testenv.Need(t, "jupyter")
	nbtest.Run(t, course, nbtest.Options{})
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
