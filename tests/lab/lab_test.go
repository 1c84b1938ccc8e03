package lab

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/flatland-go/flatland/internal/testenv"
)

// A seen is what drive.mjs saw, a result for each step.
type seen struct {
	Steps    []result
	Requests []string // to other addresses than the server's, all refused
	Errors   []string // that scripts of the page threw
	Console  []string // errors and warnings there
	Failed   string   // the step that could not be taken, and why
}

type result struct {
	Ms       int   // what the step took
	Took     []int // milliseconds, of each code cell; 0 for one that did not run
	Bars     []string
	Ended    int // milliseconds from the interrupt, or an answer, to the end of the cells
	Waited   int // milliseconds that a cell has waited for one
	Left     int // how much is still there that should be gone: questions for rows, pictures of maps so far
	Cells    []cell
	Chart    chart
	Charts   []chart // of a cell
	Scripts  int     // of a cell's outputs
	Words    string
	Pictures []struct {
		Width, Natural int // in the page, and of its own
		Alt            string
	}
	Shown   int // classes of a chart that its legend has not hidden
	Tooltip struct {
		Text   string
		Shades int
	}
}

type chart struct {
	State   string
	Ink     int    // coloured pixels
	Picture bool   // whether the static picture is visible
	Says    string // of a place under the pointer
}

// A cell is a code cell as the notebook's model has it.
type cell struct {
	State   string
	Number  int
	Outputs []output
}

// An output is one of a cell, with what Flatland says it is, and its plain text.
type output struct{ Type, Kind, Text string }

func (c cell) fails() bool {
	return slices.ContainsFunc(c.Outputs, func(o output) bool { return o.Type == "error" })
}

// shows reports whether the cell has an output of Flatland's of that kind, with the text in it.
func (c cell) shows(kind, text string) bool {
	for _, o := range c.Outputs {
		if o.Kind == kind && strings.Contains(o.Text, text) {
			return true
		}
	}
	return false
}

type step map[string]any

// drive takes the steps in the browser.
func (s server) drive(ctx context.Context, t *testing.T, steps ...step) []result {
	t.Helper()
	browser, _ := testenv.Chromium()
	tools, _ := testenv.Tools()
	text, err := json.Marshal(map[string]any{
		"playwright": filepath.Join(tools, "node_modules", "playwright-core"), "chromium": browser,
		"server": s.address, "token": s.token, "patience": patience.Milliseconds(), "steps": steps, "failure": shot(t, "lab-failure"),
	})
	if err != nil {
		t.Fatal(err)
	}
	order := filepath.Join(t.TempDir(), "job.json")
	if err := os.WriteFile(order, text, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, "node", "drive.mjs", order)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("drive.mjs: %v", err)
	}
	var saw seen
	if err := json.Unmarshal(out, &saw); err != nil {
		t.Fatalf("drive.mjs printed %q: %v", out, err)
	}
	for i, r := range saw.Steps {
		t.Logf("%-9s %6d ms  %s", steps[i]["do"], r.Ms, strings.Join(r.Bars, " | "))
	}
	if t.Failed() || saw.Failed != "" {
		t.Logf("the console shows %q", saw.Console)
	}
	if saw.Failed != "" {
		t.Fatal(saw.Failed)
	}
	if len(saw.Requests) > 0 {
		t.Errorf("the page asks the network for %q", saw.Requests)
	}
	if len(saw.Errors) > 0 {
		t.Errorf("the page's scripts throw %q", saw.Errors)
	}
	return saw.Steps
}

// shot is the path of a screenshot.
func shot(t *testing.T, name string) string {
	t.Helper()
	shots := filepath.Join(testenv.Root(), "build", "shots")
	if err := os.MkdirAll(shots, 0o755); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(shots, name+".png")
}

const (
	// patience is what a step may take: all cells of a notebook at most, on a busy machine.
	patience = 90 * time.Second

	// keptCell is what a cell may take that finds its result, compilation included.
	keptCell = 3 * time.Second
)

// TestLab is a reader's first hour with Flatland, in two minutes.
func TestLab(t *testing.T) {
	testenv.Need(t, "jupyter")
	testenv.Need(t, "chromium")
	ctx := t.Context()
	if deadline, ok := t.Deadline(); ok { // ends in time to end the server
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-25*time.Second))
		defer cancel()
	}
	s := start(ctx, t)
	s.add(t, filepath.Join(testenv.Root(), "notebooks", "01_quickstart.ipynb"))
	s.add(t, filepath.Join("testdata", "long.ipynb"))
	s.add(t, filepath.Join("testdata", "select.ipynb"))
	s.add(t, filepath.Join("testdata", "mute.ipynb"))
	if got := s.status(ctx, "/api/contents", false); got != http.StatusForbidden {
		t.Errorf("without the token the server answers with %d, want %d", got, http.StatusForbidden)
	}

	t.Run("quickstart", func(t *testing.T) { quickstart(ctx, t, s) })
	t.Run("notebook 7", func(t *testing.T) { notebook7(ctx, t, s) })
	t.Run("untrusted", func(t *testing.T) { untrusted(ctx, t, s) })
	t.Run("kinds", func(t *testing.T) { everyKind(ctx, t, s) })
	t.Run("interrupt", func(t *testing.T) { interrupt(ctx, t, s) })
	t.Run("select", func(t *testing.T) { choose(ctx, t, s) })
}

// The code cells of the quickstart that are looked at, counted from 0.
const (
	planeCell = 1 // PCA
	tsneCell  = 3
)

func quickstart(ctx context.Context, t *testing.T, s server) {
	until := tsneCell + 1
	steps := s.drive(ctx, t,
		step{"do": "open", "path": "01_quickstart.ipynb"},
		step{"do": "run"},
		step{"do": "chart", "cell": planeCell, "shot": shot(t, "lab-pca")},
		step{"do": "chart", "cell": tsneCell, "shot": shot(t, "lab-tsne")},
	)
	kept := s.kept(t)
	steps = append(steps, s.drive(ctx, t,
		step{"do": "open", "path": "01_quickstart.ipynb"},
		step{"do": "restart"},
		step{"do": "run", "count": until},
		step{"do": "chart", "cell": tsneCell, "shot": shot(t, "lab-restarted")},
		step{"do": "run", "count": until},
	)...)
	first, again, last := steps[1], steps[6], steps[8]
	for i, c := range first.Cells {
		if c.Number != i+1 {
			t.Errorf("code cell %d has the number %d, and outputs %q", i, c.Number, c.Outputs)
		}
	}
	for _, i := range []int{2, 3, 7} {
		chart, tooltip := steps[i].Chart, steps[i].Tooltip
		if chart.State != "drawn" || chart.Ink < 100 || chart.Picture {
			t.Errorf("step %d: the chart is %s, with %d coloured pixels, its picture visible: %t", i, chart.State, chart.Ink, chart.Picture)
		}
		if !strings.Contains(tooltip.Text, "row ") || tooltip.Shades < 3 {
			t.Errorf("step %d: the tooltip says %q, with a thumbnail of %d greys", i, tooltip.Text, tooltip.Shades)
		}
	}

	// The kernel has forgotten its cells, and numbers them from 1 again; what they computed is still there, and is not computed once more.
	// How long that would take says nothing, since t-SNE may be as fast as the compiler.
	if n := again.Cells[tsneCell].Number; n != until {
		t.Errorf("after the restart the cell of t-SNE has the number %d, want %d", n, until)
	}
	if len(kept) == 0 {
		t.Error("the notebook keeps no result")
	}
	for name, file := range s.kept(t) {
		if before := kept[name]; before == nil || !os.SameFile(before, file) {
			t.Errorf("after the restart the result %s is computed again", name)
		}
	}
	took := min(again.Took[tsneCell], last.Took[tsneCell]) // the machine may be busy with other things in one of the two runs
	t.Logf("the cell of t-SNE takes %d ms at first, %d and %d ms after the restart", first.Took[tsneCell], again.Took[tsneCell], last.Took[tsneCell])
	if time.Duration(took)*time.Millisecond > keptCell {
		t.Errorf("after the restart the cell of t-SNE takes %d ms, want at most %v", took, keptCell)
	}
}

// interrupt runs a notebook whose second cell would take a quarter of an hour.
func interrupt(ctx context.Context, t *testing.T, s server) {
	const long = 1
	steps := s.drive(ctx, t,
		step{"do": "open", "path": "long.ipynb"},
		step{"do": "interrupt", "bars": 25, "shot": shot(t, "lab-progress")},
		step{"do": "chart", "cell": long, "shot": shot(t, "lab-interrupted")},
	)
	run, chart := steps[1], steps[2].Chart
	if last := run.Bars[len(run.Bars)-1]; !strings.Contains(last, "cell.Embed(dr.TSNE)") || !strings.Contains(last, "/100250") {
		t.Errorf("the progress bar says %q", run.Bars)
	}
	if last := run.Bars[len(run.Bars)-1]; !regexp.MustCompile(`\d it/s, \d+ (s|min|h .*) left, loss \d\S* [▁▂▃▄▅▆▇█]{3,}`).MatchString(last) {
		t.Errorf("the progress bar says %q, want the rate, what remains, and the course of the loss", last)
	}
	if run.Ended > 5000 {
		t.Errorf("the cells end %d ms after the interrupt", run.Ended)
	}
	if run.Left > 0 {
		t.Error("the picture of the map so far is still there")
	}
	c := run.Cells[long]
	if !c.shows("notice", "as far as it got") || !c.shows("chart", "") {
		t.Errorf("after the interrupt the cell shows %q; want the map as far as it got, and a notice", c.Outputs)
	}
	if c.fails() {
		t.Errorf("after the interrupt the cell fails: %q", c.Outputs)
	}
	if chart.State != "drawn" || chart.Ink < 100 {
		t.Errorf("the map as far as it got is %s, with %d coloured pixels", chart.State, chart.Ink)
	}
}

// choose answers a cell that waits for rows, by the button and by the Enter key, in JupyterLab and in Notebook 7, and leaves it without an answer.
func choose(ctx context.Context, t *testing.T, s server) {
	const asking, after = 1, 2
	steps := s.drive(ctx, t,
		step{"do": "open", "path": "select.ipynb"},
		step{"do": "select", "first": 56, "last": 59, "by": "button", "shot": shot(t, "lab-select")},
		step{"do": "select", "first": 52, "last": 52, "by": "enter", "shot": shot(t, "lab-select-again")},
		step{"do": "select", "shot": shot(t, "lab-select-unanswered")},
		step{"do": "open", "path": "mute.ipynb"},
		step{"do": "run"},
		step{"do": "open", "app": "notebooks", "path": "select.ipynb"},
		step{"do": "select", "first": 58, "last": 59, "by": "button", "shot": shot(t, "notebook7-select")},
	)
	for i, want := range map[int]string{1: "rows [56 57 58 59]", 2: "rows [52]", 3: "rows [7]", 7: "rows [58 59]"} {
		r := steps[i]
		if c := r.Cells[asking]; !c.shows("", want) || c.fails() {
			t.Errorf("select %d: the cell shows %q, want %q", i, c.Outputs, want)
		}
		if c := r.Cells[after]; !c.shows("", "alive") {
			t.Errorf("select %d: after it the kernel shows %q", i, c.Outputs)
		}
		if r.Left > 0 {
			t.Errorf("select %d: its bar is still there", i)
		}
		if r.Ended > 5000 {
			t.Errorf("select %d: the cells end %d ms after the answer", i, r.Ended)
		}
	}
	if waited := steps[3]; waited.Waited < 5000 || !waited.Cells[asking].shows("notice", "Interrupted") {
		t.Errorf("without an answer the cell waits for %d ms and shows %q, want that it waits until the interrupt", waited.Waited, waited.Cells[asking].Outputs)
	}
	// A page without the library has nobody who could answer.
	if c := steps[5].Cells[0]; !c.shows("", "rows [7]") || !c.shows("notice", "No page has answered for 3s") {
		t.Errorf("a page that cannot answer shows %q, want the fallback and a notice", c.Outputs)
	}
}
