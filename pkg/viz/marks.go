package viz

import (
	"cmp"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"maps"
	"math"
	"slices"
)

// A group is marks of one look on the sheet: areas where it is to be filled, lines where it has a width, else points. What matters most comes last: it lies on top, and stays
// where there are too many for the page.
type group struct {
	name    string // its name in the legend, by which it is hidden
	tint    tint
	role    role // its colour in place of the tint
	shape   shape
	size    length // of points
	flat    bool   // points have no rim, of which many on one place would leave nothing else
	width   length // of lines
	fill    bool   // areas, through which what is behind them shows
	bare    bool   // lines of values have nothing behind them to keep pale ones in sight
	mute    bool   // nothing is said of it under the pointer
	at      [][][2]length
	colors  *scale // of values, in place of the tint
	values  []float64
	titles  []string
	columns []column
	texts   []string
}

// A column is a number that every mark of a group has.
type column struct {
	name   string
	values []float64
}

// casing is how much wider the line behind one of a pale colour is.
const casing = 1.2

// color returns the colour of a mark in the static picture, where values have the given number of colours.
func (g *group) color(t *theme, i int, steps float64) color.RGBA {
	switch {
	case g.colors != nil:
		return along(g.colors.palette(t), math.Round(g.colors.share(g.values[i])*(steps-1))/(steps-1))
	case g.role != "":
		return t.color(g.role)
	}
	return t.tint(g.tint)
}

// rim is the width of the line of paper around the points.
func (g *group) rim() length {
	if g.flat {
		return 0
	}
	return rim(g.size)
}

func (s *sheet) marks(groups []group, f rect) {
	steps := [details]float64{valueSteps, valueSteps, 20, 24, 12, 5}[s.detail] // sharpness goes before shades do
	used := map[color.RGBA]bool{s.paper: true, s.rule: true, s.tint(noClass): true, s.color(mesh): true}
	defer func() { s.snap(f, used) }()
	for _, g := range groups {
		if g.width > 0 && g.colors != nil && !g.bare { // what is pale in the middle of its colours stays in sight
			s.pen(s.tint(noClass), g.width+casing)
			for _, at := range g.at {
				s.line(at...)
			}
		}
		for i, at := range g.at {
			c := g.color(s.theme, i, steps)
			if g.fill {
				s.fill(color.NRGBA{c.R, c.G, c.B, bandOpacity}, at...)
				used[blend(s.paper, c, float64(bandOpacity)/255)] = true
				continue
			}
			used[c] = true
			if g.width > 0 {
				s.pen(c, g.width)
				s.line(at...)
			} else {
				s.rimmed(g.shape, at[0][0], at[0][1], g.size, c, g.rim())
			}
		}
	}
}

// snap gives each pixel of the frame the nearest of the colours used, and then each block of pixels the commonest of them, the paper's last.
// Where thousands of lines cross, their smooth edges have as many colours as the picture can have, and its text none. While the picture has
// room for all, it is left out.
func (s *sheet) snap(f rect, used map[color.RGBA]bool) {
	if s.detail == 0 || s.pixels == nil {
		return
	}
	side := [details]int{1, 1, 1, 2, 2, 3}[s.detail]
	var p color.Palette
	for _, c := range slices.SortedFunc(maps.Keys(used), func(a, b color.RGBA) int { return cmp.Compare(order(a), order(b)) }) {
		p = append(p, c)
		if s.detail == 1 {
			p = append(p, blend(c, s.paper, 0.5))
		}
	}
	paper := p.Index(s.paper)
	f = rect{f.X + 1, f.Y + 1, f.W - 2, f.H - 2} // the line around it stays
	nearest := map[color.RGBA]int{}
	count := make([]int, len(p))
	for top := int(f.Y); top < int(f.bottom()); top += side {
		for left := int(f.X); left < int(f.right()); left += side {
			block := image.Rect(left, top, min(left+side, int(f.right())), min(top+side, int(f.bottom())))
			clear(count)
			for y := block.Min.Y; y < block.Max.Y; y++ {
				for x := block.Min.X; x < block.Max.X; x++ {
					c := s.pixels.RGBAAt(x, y)
					to, ok := nearest[c]
					if !ok {
						to = p.Index(c)
						nearest[c] = to
					}
					count[to]++
				}
			}
			covered := block.Dx()*block.Dy() - count[paper]
			to := p[paper]
			if 3*covered >= block.Dx()*block.Dy() {
				count[paper] = 0
				to = p[slices.Index(count, slices.Max(count))]
			}
			draw.Draw(s.pixels, block, image.NewUniform(to), image.Point{}, draw.Src)
		}
	}
}

// Of groups the page holds as many marks as fit into markBytes, packed, but at most mostMarks.
const (
	markBytes = 36 << 10
	mostMarks = 8000
)

// marksPayload is what the page's script draws marks of.
type marksPayload struct {
	Marks string `json:"marks"` // []groupPayload as JSON, gzip in base64
	Zoom  bool   `json:"zoom,omitempty"`
	Note  string `json:"note,omitempty"`
}

type groupPayload struct {
	Entry   int             `json:"entry"`
	Tint    int             `json:"tint"`
	Role    role            `json:"role,omitempty"`
	Symbol  string          `json:"symbol,omitempty"`
	Size    length          `json:"size,omitempty"`
	Rim     length          `json:"rim,omitempty"`
	Width   length          `json:"width,omitempty"`
	Casing  length          `json:"casing,omitempty"`
	Fill    bool            `json:"fill,omitempty"`
	Mute    bool            `json:"mute,omitempty"`
	At      [][]length      `json:"at"`               // x, y, x, y, … of each mark
	Levels  []int           `json:"levels,omitempty"` // of each mark, in 255ths of the colours
	Diverge bool            `json:"diverge,omitempty"`
	Titles  []string        `json:"titles,omitempty"`
	Columns []columnPayload `json:"columns,omitempty"`
	Texts   []string        `json:"texts,omitempty"`
}

type columnPayload struct {
	Name   string    `json:"name"`
	Values sixDigits `json:"values"`
}

func packMarks(groups []group, zoom bool, g page) (any, error) {
	const least = 40 // of a group
	all := 0
	for _, group := range groups {
		all += len(group.at)
	}
	share := math.Min(1, g.share*mostMarks/float64(max(1, all)))
	for ; ; share *= 0.8 {
		shown := 0
		packed := make([]groupPayload, len(groups))
		for i, group := range groups {
			n := len(group.at)
			packed[i] = group.payload(n-min(n, max(least, int(share*float64(n)))), g)
			shown += len(packed[i].At)
		}
		text, err := json.Marshal(packed)
		if err != nil {
			return nil, fmt.Errorf("viz: %w", err)
		}
		p := &marksPayload{Zoom: zoom}
		if p.Marks, err = pack64(text); err != nil {
			return nil, err
		}
		if shown < all {
			p.Note = fmt.Sprintf("%d of %d marks are shown here; the static picture shows all", shown, all)
		}
		if len(p.Marks) <= g.packed(markBytes) || share*float64(all) < 1 {
			return p, nil
		}
	}
}

// payload returns the marks from the given on.
func (g *group) payload(from int, on page) groupPayload {
	p := groupPayload{Entry: on.entry(g.name), Tint: g.tint.index(), Role: g.role, Width: round(g.width), Fill: g.fill, Mute: g.mute, At: [][]length{}}
	if g.width == 0 && !g.fill {
		p.Symbol, p.Size, p.Rim = g.shape.symbol(), round(g.size), g.rim()
	}
	for i := from; i < len(g.at); i++ {
		at := make([]length, 0, 2*len(g.at[i]))
		for _, v := range g.at[i] {
			at = append(at, round(v[0]), round(v[1]))
		}
		p.At = append(p.At, at)
		if g.colors != nil {
			p.Levels = append(p.Levels, int(math.Round(255*g.colors.share(g.values[i]))))
		}
	}
	if g.colors != nil {
		p.Diverge = g.colors.diverging
		if g.width > 0 && !g.bare {
			p.Casing = casing
		}
	}
	if g.titles != nil {
		p.Titles = g.titles[from:]
	}
	if g.texts != nil {
		p.Texts = g.texts[from:]
	}
	for _, c := range g.columns {
		p.Columns = append(p.Columns, columnPayload{c.name, c.values[from:]})
	}
	return p
}
