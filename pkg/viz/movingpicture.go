package viz

import (
	"image/color"
	"math"
	"slices"
)

// Below the frame are the slider, and the strip of small snapshots with their names. A frame that is less wide than leastStripped, as in a
// grid, has no strip.
const (
	movingSide    = 384
	sliderRow     = 30
	stripGap      = 8
	stripName     = 16
	tileGap       = 8
	leastStripped = 310
)

// tileSide is the width of a small snapshot.
func (m *moving) tileSide() length {
	const most = 6
	return math.Floor((width - 2*edge - tileGap*(most-1)) / most)
}

// below is the room that a frame needs below it.
func (m *moving) below(side length) length {
	if m.strip == nil || side < leastStripped {
		return sliderRow
	}
	return sliderRow + stripGap + m.tileSide() + stripName
}

func (m *moving) insets(_ *sheet, room rect) insets {
	b := m.below(math.Inf(1))
	if math.Min(room.W, room.H-b) < leastStripped {
		b = sliderRow
	}
	return insets{bottom: b}
}

// tiles returns where the small snapshots are.
func (m *moving) tiles(f rect) (tiles []rect) {
	if m.below(f.W) == sliderRow {
		return nil
	}
	side := m.tileSide()
	for i := range m.strip {
		tiles = append(tiles, rect{f.X + length(i)*(side+tileGap), f.bottom() + sliderRow + stripGap, side, side})
	}
	return tiles
}

func (m *moving) axes(s *sheet, f rect) decor {
	d := framed(f)
	for i, t := range m.tiles(f) {
		d.add(framed(t))
		name := s.fit(regular, captionSize, t.W, m.states[m.strip[i]].name)
		d.label(label{X: t.X + t.W/2, Y: t.bottom() + stripName - 3, Text: name, Size: captionSize, Role: faint, Align: 0.5})
	}
	return d
}

// draw draws the last snapshot; where the page has its slider, it says which that is.
func (m *moving) draw(sh *sheet, f rect) {
	if m.lengths != nil {
		m.drawWays(sh, f)
	}
	m.scatter.draw(sh, f)
	for i, t := range m.tiles(f) {
		small := *m.scatter
		small.p.Size = 0 // smaller points, whatever their size is in the frame
		small.x, small.y = m.states[m.strip[i]].x, m.states[m.strip[i]].y
		small.draw(sh, t)
	}
	last := m.states[len(m.states)-1]
	said := last.name + last.loss
	if m.lengths != nil {
		said = "from " + m.states[0].name + " to " + last.name
	}
	sh.text(f.X, f.bottom()+18, regular, axisSize, sh.faint, sh.fit(regular, axisSize, f.W, said))
}

// Ways are drawn in so many degrees of strength, by their length, and of at most mostWays rows.
const (
	wayDegrees = 6
	mostWays   = 4000
)

// wayDegree returns how strong the way of a row is.
func (m *moving) wayDegree(row int) int {
	if m.longest == 0 {
		return 0
	}
	return min(wayDegrees-1, int(wayDegrees*m.lengths[row]/m.longest))
}

// wayShare returns how much of a point's colour its way has, of paper the rest. Ways of many rows are fainter.
func wayShare(degree, ways int) float64 {
	strongest := math.Min(0.75, math.Max(0.4, 0.75-0.1*math.Log10(float64(ways)/100)))
	return strongest * (0.3 + 0.7*float64(degree)/(wayDegrees-1))
}

// ways returns the rows whose ways are drawn, the shortest first.
func (m *moving) ways(rows []int) []int {
	if len(rows) > mostWays {
		some := sampled(len(rows), mostWays)
		for k, i := range some {
			some[k] = rows[i]
		}
		rows = some
	}
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b int) int { return m.wayDegree(a) - m.wayDegree(b) })
	return rows
}

func (m *moving) drawWays(sh *sheet, f rect) {
	from, palette := m.states[0], m.palette(sh.theme)
	rows := m.ways(rowsTo(len(m.x)))
	mixed := func(c color.RGBA, share float64) color.RGBA {
		part := func(a, b uint8) uint8 { return uint8(math.Round(float64(a) + share*(float64(b)-float64(a)))) }
		return color.RGBA{part(sh.paper.R, c.R), part(sh.paper.G, c.G), part(sh.paper.B, c.B), 255}
	}
	for _, i := range rows {
		sh.pen(mixed(palette[m.ink(i)], wayShare(m.wayDegree(i), len(rows))), wayWidth)
		sh.line([2]length{f.X + f.W*from.x[i], f.Y + f.H*from.y[i]}, [2]length{f.X + f.W*m.x[i], f.Y + f.H*m.y[i]})
	}
}

const wayWidth = 1
