package cell

import (
	"fmt"
	"html"
	"os"

	"github.com/flatland-go/flatland/internal/jupyter"
)

// Notice tells the reader of the cell something that does not fail it, in the words that fmt.Sprintf makes of the arguments: in a box of the
// cell's output, or on standard error outside a notebook.
func Notice(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if jupyter.Connected() {
		err := jupyter.Display(jupyter.Bundle{
			Data: map[string]any{
				"text/html":  `<div style="border-left:3px solid #e69f00;padding-left:.6em">` + html.EscapeString(text) + `</div>`,
				"text/plain": text,
			},
			Metadata: mark("notice"),
		})
		if err == nil {
			return
		}
	}
	fmt.Fprintln(os.Stderr, text)
}

func mark(kind string) map[string]any {
	return map[string]any{jupyter.MarkKey: map[string]string{"kind": kind}}
}
