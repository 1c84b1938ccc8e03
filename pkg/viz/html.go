package viz

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"strings"
)

// HTML returns the chart as a piece of a page, as the notebook gets it: the static picture, which becomes the interactive chart on a page
// that has [LibraryHTML] anywhere. Several charts share one.
func (c *Chart) HTML() (string, error) {
	picture, err := c.png()
	if err != nil {
		return "", err
	}
	page, err := c.html(picture, true, 0)
	if err != nil {
		return "", err
	}
	return c.carrying(page)
}

// html carries data only; the page's script, which comes with the library's output, finds it by its data-flatland attribute, whenever either
// arrives. It has no id: two identical charts are identical pieces, and both are found.
//
// A chart that is live may take liveBytes; one that is kept has the given room for its data.
func (c *Chart) html(picture []byte, live bool, room int) (string, error) {
	l, err := c.layout()
	if err != nil {
		return "", err
	}
	g := page{legend: l.Legend, share: 1, live: live, room: room}
	views, err := c.recolorings()
	if err != nil {
		return "", err
	}
	for _, v := range views {
		g.legends = append(g.legends, v.Legend)
	}
	if n := len(l.Panels); n > 1 {
		g.share = gridShare / float64(n)
	}
	for i, p := range l.Panels {
		if l.Panels[i].Data, err = p.plot.data(p.Frame, g); err != nil {
			return "", err
		}
	}
	data, err := json.Marshal(struct { // escapes <, > and &, so that nothing in it ends the script element
		layout
		Views []recoloring     `json:"views,omitempty"`
		Looks map[string]*look `json:"looks"`
	}{l, views, c.looks()})
	if err != nil {
		return "", fmt.Errorf("viz: %w", err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<div data-flatland="%s" style="position:relative;width:%.0fpx;height:%.0fpx">`, c.fig.kind(), l.Width, l.Height)
	fmt.Fprintf(&b, `<img width="%.0f" height="%.0f" alt="%s" src="data:image/png;base64,`, l.Width, l.Height, html.EscapeString(c.String()))
	b.WriteString(base64.StdEncoding.EncodeToString(picture))
	b.WriteString(`"><script type="application/json">`)
	b.Write(data)
	b.WriteString("</script></div>\n<script>globalThis.flatland?.scan()</script>\n")
	return b.String(), nil
}
