package browser

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flatland-go/flatland/internal/testenv"
)

// TestNotebooks opens every page that the notebooks were exported to, in build, and wants all of their charts drawn.
func TestNotebooks(t *testing.T) {
	testenv.Need(t, "chromium")
	pages, err := filepath.Glob(filepath.Join(testenv.Root(), "build", "*.html"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range pages {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		charts := strings.Count(string(text), "data-flatland=")
		t.Run(strings.TrimSuffix(filepath.Base(path), ".html"), func(t *testing.T) {
			s := look(t, path, 2*patience, nil)
			s.Requests, s.Errors = nil, nil // nbconvert's page asks for MathJax and RequireJS, which is its own affair
			if err := verdict(s, charts); err != nil {
				t.Error(err)
			}
		})
	}
}
