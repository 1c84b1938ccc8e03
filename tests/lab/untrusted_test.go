package lab

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flatland-go/flatland/internal/testenv"
)

// untrusted opens a notebook with the outputs it was committed with, which were made elsewhere: JupyterLab runs no script of theirs, and takes
// out of them whatever it does not know. The pictures stay.
func untrusted(ctx context.Context, t *testing.T, s server) {
	text, err := os.ReadFile(filepath.Join(testenv.Root(), "notebooks", "01_quickstart.ipynb"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.notebooks, "elsewhere.ipynb"), text, 0o644); err != nil {
		t.Fatal(err)
	}
	steps := s.drive(ctx, t,
		step{"do": "open", "path": "elsewhere.ipynb"},
		step{"do": "pictures", "cell": planeCell, "shot": shot(t, "lab-untrusted")},
	)
	p := steps[1].Pictures
	if len(p) != 1 || p[0].Width != 640 || p[0].Natural != 640 || p[0].Alt == "" {
		t.Errorf("the cell shows the pictures %+v, want one of 640 pixels with words", p)
	}
	if steps[1].Scripts != 0 || strings.TrimSpace(steps[1].Words) != "" {
		t.Errorf("beside the picture the output has %d scripts and the words %.100q", steps[1].Scripts, steps[1].Words)
	}
}
