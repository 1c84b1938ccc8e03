package viz

import "strings"

// weaveBytes is what the page's strands take, packed, times liveWeave while a notebook runs, where there is room for all; pointShare is the share of
// what marks may take that is left to points.
const (
	weaveBytes = 36 << 10
	liveWeave  = 5
	pointShare = 0.35
)

// connectivityPayload is what the page's script draws a connectivity of: marks, and under them strands.
type connectivityPayload struct {
	*marksPayload
	Side  int       `json:"side"`
	Weave string    `json:"weave"` // of each pixel 0, or 1 + hue · steps + level − 1, gzip in base64
	Steps int       `json:"steps"`
	Hues  []huePart `json:"hues"`
	Faint float64   `json:"faint"`
}

// A huePart is a colour of strands: a tint, or a share of the ramp.
type huePart struct {
	Entry int     `json:"entry"`
	Tint  int     `json:"tint"`
	Ramp  float64 `json:"ramp,omitempty"`
}

func (c *connectivity) data(f rect, g page) (any, error) {
	marks, err := packMarks(c.groups(f), true, page{legend: g.legend, share: pointShare * g.share, live: g.live, room: g.room})
	if err != nil {
		return nil, err
	}
	p := &connectivityPayload{marksPayload: marks.(*marksPayload), Faint: faintest}
	if len(c.x) > dotted {
		p.Note = strings.Replace(p.Note, "marks are shown here; the static picture shows all", "points are shown here; the static picture shows edges alone", 1)
	}
	for h := range c.hues() {
		part := huePart{Entry: -1, Tint: soleTint.index()}
		switch {
		case c.lengths != nil:
			part.Ramp = (float64(h) + 0.5) / lengthHues
		case c.class != nil && c.values == nil:
			part.Entry, part.Tint = g.entry(c.classes[h].name), c.classes[h].tint.index()
		}
		p.Hues = append(p.Hues, part)
	}
	g.share *= 1 - pointShare
	limit := g.packed(weaveBytes)
	if g.live {
		limit *= liveWeave
	}
	whole := c.weave(int(f.W))
	most := 255 / c.hues()
	for _, try := range [][2]int{{1, 10}, {1, 7}, {1, 5}, {1, 4}, {2, 8}, {2, 5}, {2, 4}, {3, 5}, {3, 3}, {4, 4}, {4, 2}, {6, 2}, {10, 2}, {16, 2}, {32, 1}} {
		w := whole.coarse(try[0])
		p.Side, p.Steps = w.side, min(try[1], most)
		pixels := w.levels(p.Steps)
		for at, l := range pixels {
			if l > 0 {
				pixels[at] = 1 + w.strong[at]*uint8(p.Steps) + l - 1
			}
		}
		if p.Weave, err = pack64(pixels); err != nil {
			return nil, err
		}
		if len(p.Weave) <= limit {
			break
		}
	}
	return p, nil
}
