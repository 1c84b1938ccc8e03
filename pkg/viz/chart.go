package viz

import (
	"fmt"
	"image/color"
	"os"

	"github.com/flatland-go/flatland/internal/jupyter"
)

// A Chart is a picture that can be shown, saved and printed. It does not change, and is safe for concurrent use; it borrows the slices it was
// made from, which must not change either.
//
// A function that makes a chart and cannot, for example [Scatter] given a NaN, returns one whose Err says why; Display, Show and Save report it.
type Chart struct {
	title string
	fig   figure
	err   error
}

// A figure is what differs from one sort of chart to the next.
type figure interface {
	kind() string                  // "scatter": the chart's name in metadata and for the page's script
	summary() string               // one line of text: the sort, n, the classes with their counts
	caption() string               // where the picture comes from: the method and n
	colors() []color.RGBA          // the colours of its static picture, beside those of text and frame
	legendWidth(s *sheet) length   // the width to keep free at the right of the plot, or zero
	draw(s *sheet, f frame)        // the static picture
	payload(l layout) (any, error) // what the page's script makes the interactive chart of, as a JSON value
}

// Titled returns the chart with a title above it.
func (c *Chart) Titled(title string) *Chart {
	d := *c
	d.title = title
	return &d
}

// Err returns what is wrong with the arguments the chart was made from, or nil.
func (c *Chart) Err() error { return c.err }

// String returns the chart in words: its title, sort, number of points, classes with their counts, and caption.
func (c *Chart) String() string {
	if c.err != nil {
		return c.err.Error()
	}
	s := c.fig.summary()
	if c.title != "" {
		s = c.title + "\n" + s
	}
	if caption := c.fig.caption(); caption != "" {
		s += "\n" + caption
	}
	return s
}

// Show displays the chart, or fails the cell: it panics with the error that Display would return, which GoNB reports as the cell's failure.
// A program that wants to handle the error calls Display.
func (c *Chart) Show() {
	if err := c.Display(); err != nil {
		panic(err)
	}
}

// Display shows the chart as an output of the running notebook cell and returns when the kernel has it. Outside a notebook it prints the
// chart's String on standard output.
func (c *Chart) Display() error {
	if c.err != nil {
		return c.err
	}
	if !jupyter.Connected() {
		_, err := fmt.Fprintln(os.Stdout, c)
		return err
	}
	b, err := c.bundle()
	if err != nil {
		return err
	}
	return jupyter.Display(b)
}

// bundle returns the chart in the three forms of a notebook output.
func (c *Chart) bundle() (jupyter.Bundle, error) {
	picture, err := c.png()
	if err != nil {
		return jupyter.Bundle{}, err
	}
	html, err := c.html(picture)
	if err != nil {
		return jupyter.Bundle{}, err
	}
	return jupyter.Bundle{
		Data:     map[string]any{"text/html": html, "image/png": picture, "text/plain": c.String()},
		Metadata: map[string]any{jupyter.MarkKey: map[string]string{"kind": "chart", "chart": c.fig.kind()}},
	}, nil
}
