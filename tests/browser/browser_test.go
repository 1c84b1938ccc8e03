package browser

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/viz"
)

// A seen is what drive.mjs saw of a page: its charts when it had settled, what came of each step, and its charts after the last.
type seen struct {
	Charts, After []chartState
	Steps         []stepResult
	Requests      []string // over the network, all refused
	Errors        []string // that the page's console shows
}

type chartState struct {
	Kind, State string
	Theme       string // that the chart was drawn in
	Left        float64
	Ink         int  // coloured pixels of the interactive chart
	Picture     bool // whether the static picture is visible
}

type stepResult struct {
	Text    string
	Shades  int // different greys of the thumbnail
	Row     int
	Visible int // series that are shown
	Ink     int
	Charts  []chartState // of the page's frames
	Panels  []panelState

	First, Hover, Zoom, Drag float64 // milliseconds
	Said                     int     // hovers that found a point
}

type step map[string]any

// A job is a page, what is done with it, and for whom.
type job struct {
	Page     string            // a file
	Files    map[string]string // requests that are answered, by URL, with a file
	Steps    []step
	Patience int  // milliseconds to wait for the charts
	Scripts  bool // whether the page's scripts run
	Dark     bool // whether the reader's system is dark
}

// look opens the file in the browser and takes the steps, the last of which is a screenshot under build/shots.
func look(t *testing.T, path string, patience int, files map[string]string, steps ...step) seen {
	t.Helper()
	return drive(t, job{Page: path, Patience: patience, Files: files, Steps: steps, Scripts: true})
}

// drive is look for a reader with preferences.
func drive(t *testing.T, j job) seen {
	t.Helper()
	shot := filepath.Join(shots(t), strings.NewReplacer("/", "-", " ", "-").Replace(t.Name())+".png")
	var s seen
	run(t, "drive.mjs", map[string]any{
		"page": (&url.URL{Scheme: "file", Path: j.Page}).String(), "files": j.Files, "steps": append(j.Steps, step{"do": "shot", "path": shot}),
		"patience": j.Patience, "scripts": j.Scripts, "dark": j.Dark,
	}, &s)
	return s
}

// run runs a script of this folder with node, which drives the browser as the job says, and reads what the script saw.
func run(t *testing.T, script string, job map[string]any, saw any) {
	t.Helper()
	browser, _ := testenv.Chromium()
	tools, _ := testenv.Tools()
	job["playwright"], job["chromium"] = filepath.Join(tools, "node_modules", "playwright-core"), browser
	text, err := json.Marshal(job)
	if err != nil {
		t.Fatal(err)
	}
	order := filepath.Join(t.TempDir(), "job.json")
	if err := os.WriteFile(order, text, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", script, order)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", script, err)
	}
	if err := json.Unmarshal(out, saw); err != nil {
		t.Fatalf("%s printed %q: %v", script, out, err)
	}
}

// verdict says what is wrong with a page that should show the given number of charts, all drawn, without the network; fewer than zero
// stands for any number of at least one.
func verdict(s seen, charts int) error {
	if n := len(s.Charts); n != charts && (charts >= 0 || n == 0) {
		return fmt.Errorf("%d charts on the page, want %d", n, charts)
	}
	for i, c := range s.Charts {
		switch {
		case c.State != "drawn":
			return fmt.Errorf("chart %d is %s, not drawn; the console says %q", i, c.State, s.Errors)
		case c.Ink < 100:
			return fmt.Errorf("chart %d is blank: %d coloured pixels", i, c.Ink)
		case c.Picture:
			return fmt.Errorf("chart %d covers its picture, which is still visible", i)
		}
	}
	if len(s.Requests) > 0 {
		return fmt.Errorf("the page asks the network for %q", s.Requests)
	}
	if len(s.Errors) > 0 {
		return fmt.Errorf("the console shows %q", s.Errors)
	}
	return nil
}

// page writes the pieces as a page and returns its path.
func page(t *testing.T, pieces ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "page.html")
	text := "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"></head><body>\n" + strings.Join(pieces, "\n<hr>\n") + "\n</body></html>\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// library returns the output of viz.Library with the scripts in it.
func library(t *testing.T) string {
	t.Helper()
	tools, _ := testenv.Tools()
	t.Setenv("FLATLAND_ECHARTS", filepath.Join(tools, "node_modules"))
	html, err := viz.LibraryHTML()
	if err != nil {
		t.Fatal(err)
	}
	return html
}

func output(t *testing.T, c *viz.Chart) string {
	t.Helper()
	html, err := c.HTML()
	if err != nil {
		t.Fatal(err)
	}
	return html
}
