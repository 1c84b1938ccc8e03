package cell

import (
	"fmt"
	"html"
	"os"

	"github.com/flatland-go/flatland/internal/jupyter"
)

// notice tells the reader something that does not fail the cell: in the cell's output, or on standard error outside a notebook.
func notice(format string, args ...any) {
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
