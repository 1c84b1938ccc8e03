package viz

import (
	"math"
	"slices"
)

// An arrangement is the plots of a figure, row by row.
type arrangement struct {
	plots   []plot
	titles  []string // of the plots; nil for a single one
	columns int
	height  length // of one row of plots, or zero for a single one
	own     bool   // each plot has a scale of its own beside it
	choice  string // the name of the key, where the reader may choose another
	keys    []key  // those to choose from, for which there is room
}

func single(p plot) arrangement { return arrangement{plots: []plot{p}, columns: 1} }

// insets is the room around a frame.
type insets struct{ left, top, right, bottom length }

func (a insets) max(b insets) insets {
	return insets{math.Max(a.left, b.left), math.Max(a.top, b.top), math.Max(a.right, b.right), math.Max(a.bottom, b.bottom)}
}

// A layout is what the static and the interactive chart share, so that the one replaces the other without a jump.
type layout struct {
	decor
	Width  length  `json:"width"`
	Height length  `json:"height"`
	Name   string  `json:"name"` // of the file that the page saves
	Panels []panel `json:"panels"`
	Legend *legend `json:"legend,omitempty"`
	Link   string  `json:"link,omitempty"`
	Choice *choice `json:"choice,omitempty"`
	bars   []bar   // the colour bars
	still  decor   // what the picture alone has
}

// A choice is the place of a list over the legend.
type choice struct {
	X length `json:"x"`
	Y length `json:"y"`
	W length `json:"w"`
}

// The height of that list, and its least width.
const (
	choiceRow   = 25
	choiceWidth = 120
)

// A panel is a plot in its place.
type panel struct {
	Kind  string `json:"kind"`
	Frame rect   `json:"frame"`
	Rows  int    `json:"rows,omitempty"` // that may be selected
	Bar   *bar   `json:"bar,omitempty"`
	Data  any    `json:"data,omitempty"`
	plot  plot
}

// The space between panels, and from a caption to what is above it.
const (
	panelGap   = 22
	captionGap = 6
)

// leastFrame is the side of a frame even where numbers, names, legend and colour bars leave it less.
const leastFrame = 40

// A chart is made less high when its plots leave leastTrim or more free, but not less than leastHeight.
const (
	leastTrim   = 24
	leastHeight = 200
	mostHeight  = 960
)

// layout puts the title above the plots, the caption below, the legend or colour bar to their right, and all of it at the left edge.
func (c *Chart) layout() (layout, error) {
	a := c.fig.arrange()
	s, err := newSheet(nil, themes[c.theme], height)
	if err != nil {
		return layout{}, err
	}
	l := layout{Width: width, Height: height, Name: c.title, Link: c.link}
	top, bottom := length(margin), length(height-margin)
	if c.title != "" {
		l.label(label{X: edge, Y: margin + titleSize*0.8, Text: s.fit(bold, titleSize, width-2*edge, c.title), Size: titleSize, Role: ink, Bold: true})
		top += titleSize * 1.6
	}
	var caption []string
	if text := c.fig.caption(); text != "" {
		lines := 2
		if len(a.plots) > 1 {
			lines = 6 // of what differs from panel to panel
		}
		caption = s.wrap(regular, captionSize, width-2*edge-a.toolsWidth(), lines, text)
		bottom -= captionSize*lineHeight*length(len(caption)) + captionGap
	}

	// What all panels have in common.
	k := a.key()
	beside := 0.0
	for _, k := range append(a.keys, k) {
		if w := k.width(s); w > 0 {
			beside = math.Max(beside, w+gap)
		}
	}
	if a.choice != "" {
		beside = math.Max(beside, choiceWidth+gap)
	}
	rows := (len(a.plots) + a.columns - 1) / a.columns
	titled := 0.0
	for _, t := range a.titles {
		if t != "" {
			titled = panelSize * 1.7
		}
	}
	if a.height > 0 {
		l.Height = math.Ceil(top + length(rows)*a.height + length(rows-1)*panelGap + height - bottom)
		bottom = l.Height - (height - bottom)
	}
	room := rect{edge, top, width - 2*edge - beside, bottom - top}
	cell := rect{
		W: (room.W - length(a.columns-1)*panelGap) / length(a.columns),
		H: (room.H - length(rows-1)*panelGap) / length(rows),
	}
	inner := rect{W: cell.W, H: cell.H - titled}
	ruled := make([]length, a.columns) // the room of the colour bars of a column
	if a.own {
		for i, p := range a.plots {
			if w := p.key().scaleWidth(s); w > 0 {
				ruled[i%a.columns] = math.Max(ruled[i%a.columns], w+gap/2)
			}
		}
		inner.W -= slices.Max(ruled)
	}
	// Panels of a column have what it needs at their sides, and those of a row above and below. What that leaves is parted equally.
	beneath, sides := make([]insets, rows), make([]insets, a.columns)
	for i, p := range a.plots {
		in := p.insets(s, inner)
		beneath[i/a.columns] = beneath[i/a.columns].max(in)
		sides[i%a.columns] = sides[i%a.columns].max(in)
	}
	across, down := room.W-length(a.columns-1)*panelGap, room.H-length(rows-1)*panelGap-titled*length(rows)
	for c, in := range sides {
		across -= in.left + in.right + ruled[c]
	}
	for _, in := range beneath {
		down -= in.top + in.bottom
	}
	across, down = math.Max(leastFrame, math.Floor(across/length(a.columns))), math.Max(leastFrame, math.Floor(down/length(rows)))

	right, below := 0.0, room.Y // how far the plots reach, and where the next row begins
	var x length
	for i, p := range a.plots {
		column := i % a.columns
		if column == 0 {
			x = room.X
			if i > 0 {
				room.Y = below + panelGap
			}
		}
		around := sides[column]
		around.top, around.bottom = beneath[i/a.columns].top, beneath[i/a.columns].bottom
		wide := around.left + across + around.right + ruled[column]
		w, h := p.fit(across, down)
		frame := rect{math.Round(x + around.left), math.Round(room.Y + titled + around.top), w, h}
		if len(a.titles) > 0 {
			l.label(label{X: x, Y: room.Y + panelSize, Text: s.fit(bold, panelSize, wide, a.titles[i]), Size: panelSize, Role: ink, Bold: true})
		}
		l.add(p.axes(s, frame))
		place := panel{Kind: p.kind(), Frame: frame, Rows: linkedRows(p), plot: p}
		if a.own {
			if sc := p.key().scale; sc != nil {
				place.Bar = l.bar(s, sc, frame.right()+gap/2, frame)
				right = math.Max(right, frame.right()+gap/2+p.key().scaleWidth(s)) // the legend stands beside it
			}
		}
		l.Panels = append(l.Panels, place)
		right, below = math.Max(right, frame.right()+around.right), math.Max(below, frame.bottom()+around.bottom)
		x += wide + panelGap
	}
	if free := math.Floor(bottom - below); free >= leastTrim { // room that the plots have no use for
		l.Height = math.Max(l.Height-free, leastHeight)
	}
	first := l.Panels[0].Frame
	space := rect{X: math.Round(right + gap), Y: first.Y, W: width - edge - right - gap, H: math.Max(first.H, below-beneath[rows-1].bottom-first.Y)}
	if a.choice != "" {
		l.Choice = &choice{space.X, space.Y, space.W}
		l.still.label(label{X: space.X, Y: space.Y + legendSize*0.9, Text: s.fit(regular, legendSize, legendMost, a.choice), Size: legendSize, Role: ink})
		space.Y += choiceRow
		space.H -= choiceRow
		if k.scale != nil {
			unnamed := *k.scale
			unnamed.name, k.scale = "", &unnamed
		}
	}
	if k.scale != nil {
		room := space
		room.H = math.Min(space.H, math.Max(leastBar+legendRow, space.H-gap-legendRow*length(len(k.entries)))) // the legend needs the rest
		b := l.bar(s, k.scale, space.X, room)
		for i := range l.Panels {
			if l.Panels[i].plot.key().scale != nil {
				l.Panels[i].Bar = b
			}
		}
		space.Y += b.Y + b.H + gap - first.Y
		space.H -= b.Y + b.H + gap - first.Y
	}
	if len(k.entries) > 0 {
		// Panels that are less high than the legend leave it room below them.
		if more := math.Ceil(math.Min(space.Y+legendRow*length(len(k.entries))-below, mostHeight-l.Height)); a.height > 0 && more > 0 {
			space.H = math.Max(space.H, below+more-space.Y)
			below += more
			l.Height += more
		}
		l.Legend = newLegend(s, k.entries, space)
	}
	for i, line := range caption {
		y := below + captionGap + captionSize*(lineHeight*length(i)+1)
		l.label(label{X: edge, Y: y, Text: line, Size: captionSize, Role: faint})
	}
	return l, nil
}

// key merges what the plots' colours mean.
func (a arrangement) key() key {
	var all key
	has := map[string]bool{}
	for _, p := range a.plots {
		k := p.key()
		for _, e := range k.entries {
			if !has[e.name] {
				has[e.name] = true
				all.entries = append(all.entries, e)
			}
		}
		if !a.own && all.scale == nil {
			all.scale = k.scale
		}
	}
	return all
}

// looks returns the themes that the interactive chart may take.
func (c *Chart) looks() map[string]*look {
	looks := map[string]*look{}
	ramps := false
	a := c.fig.arrange()
	for _, p := range a.plots {
		ramps = ramps || p.key().scale != nil
	}
	for _, k := range a.keys {
		ramps = ramps || k.scale != nil
	}
	for name, t := range map[string]*theme{"light": &light, "dark": &dark} {
		if c.theme == Page || themes[c.theme] == t {
			looks[name] = t.look()
			if ramps {
				looks[name].withRamps(t)
			}
		}
	}
	return looks
}
