package viz

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"math/bits"
	"os"
	"strings"
	"time"

	"github.com/flatland-go/flatland/internal/jupyter"
	"github.com/flatland-go/flatland/pkg/cell"
)

// pagePatience is how long Select waits for a sign of a page that can answer.
const pagePatience = 3 * time.Second

// Select shows the chart and waits until the reader has marked rows in it with the lasso and pressed "Use selection", or Enter in the chart,
// and returns these rows in ascending order:
//
//	rows := viz.Select(cell.Context(), viz.Scatter(emb, viz.Points{Labels: d.Labels}), []int{0, 1, 2})
//
// It is the one call that waits for a reader, so it returns the fallback where none can answer or none wants to: at once outside a notebook, in
// a headless run (FLATLAND_HEADLESS=1) and in one without a Jupyter server, such as nbconvert's; after three seconds, with a notice in the
// cell, when no page answers that has [Library] and a way back to the kernel, which JupyterLab and Notebook 7 are, and VS Code and Colab are
// not; when the reader presses "Skip"; and when ctx is done or the cell is interrupted. While a page is there it waits for as long as it
// takes. A page that is loaded anew meanwhile cannot answer any more: interrupt the cell and run it again.
//
// The output is that of [Chart.Show], with the same bytes; the bar under it vanishes. Like Show it panics with what [Chart.Display] would
// return.
func Select(ctx context.Context, c *Chart, fallback []int) []int {
	c.Show()
	kernel := jupyter.Kernel()
	if kernel == "" {
		return fallback
	}
	a := newQuestion(kernel)
	rows, err := a.ask(ctx)
	var silent *noPageError
	switch {
	case err == nil:
		return rows
	case errors.As(err, &silent):
		cell.Notice("%v: these are the %d rows that the cell falls back on.", err, len(fallback))
	case errors.Is(err, errSkipped):
	case ctx.Err() != nil || cell.Context().Err() != nil:
		cell.Notice("Interrupted: these are the %d rows that the cell falls back on.", len(fallback))
	default:
		panic(err)
	}
	return fallback
}

// A question is a bar under a chart, by which the page says what is marked in it.
type question struct {
	id, address, kernel string
}

func newQuestion(kernel string) question {
	name := fmt.Sprintf("%d-%d", os.Getpid(), time.Now().UnixNano())
	return question{id: "flatland-select-" + name, address: "/flatland/select/" + name, kernel: kernel}
}

var errSkipped = errors.New("skipped")

// A noPageError says that nobody is there who could answer.
type noPageError struct{ waited time.Duration }

func (e *noPageError) Error() string { return fmt.Sprintf("No page has answered for %v", e.waited) }

// ask shows the bar, waits for the answer, and removes the bar.
func (q question) ask(ctx context.Context) ([]int, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(cell.Context(), cancel)()
	// The bar comes first: the kernel takes up to three seconds to hear that somebody listens, and shows nothing meanwhile.
	if err := q.show(q.html(), "Waiting for rows to be marked in the chart above."); err != nil {
		return nil, err
	}
	said, stop, err := jupyter.Listen(q.address)
	if err != nil {
		return nil, err
	}
	rows, answer := await(ctx, said)
	stop()
	if err := q.show("", ""); err != nil {
		return nil, err
	}
	return rows, answer
}

func (q question) show(page, plain string) error {
	return jupyter.Update(q.id, jupyter.Bundle{
		Data:     map[string]any{"text/html": page, "text/plain": plain},
		Metadata: map[string]any{jupyter.MarkKey: map[string]string{"kind": "progress"}}, // nothing that a saved notebook keeps
	})
}

// html returns the bar, which the page's script finds by its attribute and gives its buttons.
func (q question) html() string {
	way, _ := json.Marshal(map[string]string{"address": q.address, "kernel": q.kernel}) // strings
	return fmt.Sprintf(`<div data-flatland-ask="%s" style="display:flex;gap:.7em;align-items:center;margin:.3em 0">`+
		`<span>Mark rows in the chart with the lasso.</span></div><script>globalThis.flatland?.scan?.()</script>`, html.EscapeString(string(way)))
}

// await returns the rows that the page names. The page says "here" as soon as it can, and then "skip", or "rows" and the rows.
func await(ctx context.Context, said <-chan any) ([]int, error) {
	patience := time.NewTimer(pagePatience)
	defer patience.Stop()
	silent := patience.C
	for {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-silent:
			return nil, &noPageError{pagePatience}
		case v := <-said:
			text, _ := v.(string)
			silent = nil
			if text == "skip" {
				return nil, errSkipped
			}
			if packed, ok := strings.CutPrefix(text, "rows "); ok {
				if rows, err := rowsOf(packed); err == nil {
					return rows, nil
				}
			}
		}
	}
}

// rowsOf returns the rows that are set among the bits of a page's answer, the lowest of the first byte first.
func rowsOf(packed string) ([]int, error) {
	set, err := base64.StdEncoding.DecodeString(packed)
	if err != nil {
		return nil, err
	}
	rows := []int{}
	for i, b := range set {
		for ; b != 0; b &= b - 1 {
			rows = append(rows, 8*i+bits.TrailingZeros8(b))
		}
	}
	return rows, nil
}
