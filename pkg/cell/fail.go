package cell

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"

	"github.com/flatland-go/flatland/internal/jupyter"
)

// Must returns v, or fails the cell when err is not nil.
func Must[T any](v T, err error) T {
	if err != nil {
		fail("cell.Must", err)
	}
	return v
}

// errInterrupted is what a reader is told instead of "context canceled".
var errInterrupted = errors.New("interrupted")

// fail ends the cell: what was called, where in the notebook, and why, in one line. It does not return.
func fail(call string, err error) {
	bar.hide()
	fmt.Fprintf(os.Stderr, "✗ %s: %v\n", call+within(), err)
	jupyter.Sync() // what the cell has displayed so far should still be seen; its error would only hide ours
	os.Exit(1)
}

// within names the function of the program that called this package, as " in sweep"; it is empty for the cell's own body.
func within() string {
	frames := callers()
	for {
		frame, more := frames.Next()
		if name, ok := strings.CutPrefix(frame.Function, "main."); ok && name != "main" {
			return " in " + name
		}
		if !more || frame.Function == "main.main" {
			return ""
		}
	}
}

func callers() *runtime.Frames {
	pc := make([]uintptr, 64)
	return runtime.CallersFrames(pc[:runtime.Callers(2, pc)])
}
