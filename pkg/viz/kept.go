package viz

import (
	"encoding/base64"
	"fmt"
	"html"
	"strings"

	"github.com/flatland-go/flatland/internal/jupyter"
)

// What an output of a notebook may take, in bytes: while the notebook runs, and when it is kept in a repository, where sites that show
// notebooks have their limits. An output that takes more than it may when kept carries what to keep in its metadata.
const (
	liveBytes = 1_950_000
	keptBytes = 150_000
)

// packBytes is the longest run of compressed data in a notebook that is kept; more is taken for a library.
const packBytes = 32 << 10

// bundle returns the chart in the three forms of a notebook output.
func (c *Chart) bundle() (jupyter.Bundle, error) {
	picture, err := c.png()
	if err != nil {
		return jupyter.Bundle{}, err
	}
	text := c.String()
	page, err := c.html(picture, true, 0)
	if err != nil {
		return jupyter.Bundle{}, err
	}
	mark := map[string]string{"kind": "chart", "chart": c.fig.kind()}
	if c.alone || outputBytes(page, picture, text) > keptBytes || longestPack(page) > packBytes {
		if mark["saved"], err = c.kept(picture, text); err != nil {
			return jupyter.Bundle{}, err
		}
	}
	if page, err = c.carrying(page); err != nil {
		return jupyter.Bundle{}, err
	}
	return jupyter.Bundle{
		Data:     map[string]any{"text/html": page, "image/png": picture, "text/plain": text},
		Metadata: map[string]any{jupyter.MarkKey: mark},
	}, nil
}

// kept returns the chart as a notebook is kept with it: interactive, with as many of its points as there is room for, or else a picture.
func (c *Chart) kept(picture []byte, text string) (string, error) {
	room := keptBytes - outputBytes("", picture, text) - base64.StdEncoding.EncodedLen(len(picture))
	for range 6 {
		page, err := c.html(picture, false, room)
		if err != nil {
			return "", err
		}
		over := outputBytes(page, picture, text) - keptBytes
		if over <= 0 && longestPack(page) <= packBytes {
			return page, nil
		}
		room = min(room-over, room) * 9 / 10
	}
	alt := html.EscapeString(text)
	return fmt.Sprintf(`<img alt="%s" src="data:image/png;base64,%s">`, alt, base64.StdEncoding.EncodeToString(picture)), nil
}

// outputBytes returns what the notebook's file takes for an output: its text as JSON strings, its lines as a list, and what stands around.
func outputBytes(page string, picture []byte, text string) int {
	n := 700 + base64.StdEncoding.EncodedLen(len(picture))
	for _, s := range []string{page, text} {
		n += len(s) + strings.Count(s, `"`) + strings.Count(s, `\`) + 16*strings.Count(s, "\n")
	}
	return n
}

// longestPack returns the length of the longest compressed piece of a page, which begins as all that is compressed and in base64 does.
func longestPack(page string) (longest int) {
	for {
		_, after, found := strings.Cut(page, `"H4sI`)
		if !found {
			return longest
		}
		longest, page = max(longest, strings.IndexByte(after, '"')+4), after
	}
}
