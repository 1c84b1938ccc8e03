package viz

import (
	"fmt"
	"os"
	"strings"

	"github.com/flatland-go/flatland/internal/jupyter"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// A Chart is a picture that can be shown, saved and printed. It does not change, and is safe for concurrent use; it borrows the slices it was
// made from, which must not change either.
//
// A function that makes a chart and cannot, for example [Scatter] given a NaN, returns one whose Err says why; Display, Show and Save report it.
type Chart struct {
	title string
	theme Theme
	link  string // of the charts whose selection it shares
	alone bool   // its output carries the library
	fig   figure
	err   error
}

// A figure is what differs from one sort of chart to the next.
type figure interface {
	kind() string         // "scatter": the chart's name in metadata
	summary() string      // one line of text: the sort, how much data, and the names of its parts
	caption() string      // where the picture comes from: the method and n
	arrange() arrangement // the plots it is made of: one, but for a Grid
}

// A plot is a frame with data in it and what stands around the frame.
type plot interface {
	kind() string // the plot's name for the page's script
	key() key     // what its colours mean
	// insets returns the room that numbers and names take around the frame, when frame and insets together fill the given room.
	insets(s *sheet, room rect) insets
	// fit returns the size of the frame when it may be at most as large as the given.
	fit(w, h length) (length, length)
	// axes returns what stands around the frame and behind the data.
	axes(s *sheet, frame rect) decor
	// draw draws the data in the static picture.
	draw(s *sheet, frame rect)
	// data returns what the page's script makes the interactive chart of, as a JSON value.
	data(frame rect, g page) (any, error)
}

// gridShare is what the panels of a grid together may take of what a single plot may, because their frames and their picture take more.
const gridShare = 0.6

// A page is what a plot's data need to know of the chart they are part of.
type page struct {
	legend  *legend
	legends []*legend // of each of a plot's colorings
	share   float64   // of what a chart may take
	live    bool      // the chart is for a notebook that runs, which may hold liveBytes of it; else for one that is kept
	room    int       // of a chart that is kept, what its data may take, in bytes; zero where nothing is known
}

// entry returns the place of a name in the legend, or −1.
func (g page) entry(name string) int {
	if g.legend != nil {
		for i, e := range g.legend.Entries {
			if e.Name == name {
				return i
			}
		}
	}
	return -1
}

// bytes returns the plot's share of a limit.
func (g page) bytes(limit int) int { return int(g.share * float64(limit)) }

// packed returns the plot's share of a limit of compressed bytes, in base64; a notebook that is kept takes no longer run of them than packBytes,
// and all together no more than there is room for.
func (g page) packed(limit int) int {
	n := g.bytes(limit * 4 / 3)
	if !g.live {
		n = min(n, packBytes)
	}
	if g.room != 0 {
		n = min(n, g.bytes(max(0, g.room)))
	}
	return n
}

// Titled returns the chart with a title above it.
func (c *Chart) Titled(title string) *Chart {
	d := *c
	d.title = title
	return &d
}

// Err returns what is wrong with the arguments the chart was made from, or nil.
func (c *Chart) Err() error {
	if c == nil || c.err == nil && c.fig == nil {
		return errNoChart
	}
	return c.err
}

// errNoChart is that of a Chart that no function made.
var errNoChart = fmt.Errorf("viz.Chart: %w: a chart is made by one of the functions of viz, such as viz.Scatter", mat32.ErrEmpty)

// String returns the chart in words: its title, its sort, how much data it shows, the names of its parts, and its caption.
func (c *Chart) String() string {
	if err := c.Err(); err != nil {
		return err.Error()
	}
	s := c.fig.summary()
	if c.title != "" {
		s = c.title + "\n" + s
	}
	if caption := c.fig.caption(); caption != "" {
		s += "\n" + caption
	}
	return strings.ToValidUTF8(s, "\uFFFD") // names may be any bytes
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
	if err := c.Err(); err != nil {
		return err
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
