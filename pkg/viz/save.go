package viz

import (
	"bytes"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Save writes the chart to a file, in the form that its name ends in:
//
//	.html  a page with the interactive chart, which needs no network where [Library] finds ECharts on this machine
//	.png   the static picture, 640 × 480 pixels (a [Grid] is as high as it needs)
//	.svg   the same as vectors, for print, in the reader's typeface
//	.pdf   the same as vectors, for papers, with the letters it uses embedded
//
// The picture is light unless the chart is [Chart.Themed] dark; the page is as the reader's system is, unless the chart is themed. The same
// chart gives the same bytes. A file that exists is replaced.
func (c *Chart) Save(path string) error {
	if err := c.Err(); err != nil {
		return err
	}
	formats := map[string]func() ([]byte, error){".html": c.page, ".pdf": c.pdf, ".png": c.png, ".svg": c.svg}
	extension := strings.ToLower(filepath.Ext(path))
	format, ok := formats[extension]
	if !ok {
		known := make([]string, 0, len(formats))
		for e := range formats {
			known = append(known, e)
		}
		slices.Sort(known)
		return fmt.Errorf("viz: cannot save %s: its name must end in %s", path, strings.Join(known, ", "))
	}
	data, err := format()
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		return fmt.Errorf("viz: %w", err)
	}
	return nil
}

// page returns the chart as a page of its own.
func (c *Chart) page() ([]byte, error) {
	chart, err := c.Standalone().HTML()
	if err != nil {
		return nil, err
	}
	title := c.title
	if title == "" {
		title = c.fig.summary()
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"color-scheme\" content=\"%s\">\n<title>%s</title>\n</head>\n",
		map[Theme]string{Page: "light dark", Light: "light", Dark: "dark"}[c.theme], html.EscapeString(strings.ToValidUTF8(title, "\uFFFD")))
	fmt.Fprintf(&b, "<body>\n%s</body>\n</html>\n", chart)
	return b.Bytes(), nil
}
