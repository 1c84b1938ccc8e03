package viz

import (
	"fmt"
	"image/color"
	"math"
)

// A surface is numbers of places of a plane, as small cells, with lines over them: the figure of Shepard, CoRanking and Density.
type surface struct {
	what          string // its kind
	said          string // its words
	rows, columns int
	cells         []float64 // row by row, the first at the upper end of y; NaN where there is nothing
	x, y          span
	colors        *scale
	steps         int // of colour; 0 for as many as there is room for
	over          []curve
	square, bare  bool // of equal sides, and without numbers beside it
	source        string
}

// A curve is a line over a surface.
type curve struct {
	name   string
	at     [][2]float64
	tint   tint
	dashed bool
}

func (f *surface) kind() string { return f.what }

func (f *surface) arrange() arrangement { return single(f) }

func (f *surface) caption() string { return f.source }

func (f *surface) summary() string { return f.said }

func (f *surface) key() key {
	k := key{scale: f.colors}
	for _, c := range f.over {
		if c.name != "" {
			k.entries = append(k.entries, entry{name: c.name, tint: c.tint, line: true, dashed: c.dashed})
		}
	}
	return k
}

// reach is the range of the numbers.
func (f *surface) reach() extent {
	e := nothing()
	for _, v := range f.cells {
		if v == v {
			e.add(v)
		}
	}
	return e
}

func (f *surface) insets(s *sheet, room rect) insets {
	if f.bare {
		return insets{}
	}
	w, _ := f.fit(room.W, room.H)
	return planeInsets(s, room, w, f.x, f.y)
}

// lowest is the height that a frame may have however narrow it is.
const lowest = 120

func (f *surface) fit(w, h length) (length, length) {
	if !f.square {
		return w, math.Min(h, math.Max(w, lowest)) // in a narrow panel not higher than wide
	}
	side := math.Floor(math.Min(w, h))
	return side, side
}

func (f *surface) axes(s *sheet, r rect) decor {
	d := framed(r)
	for i := range d.Strokes {
		d.Strokes[i].Over = true
	}
	if !f.bare {
		d.add(planeAxes(s, r, f.x, f.y, none))
	}
	return d
}

// level returns a number's colour, as a whole number of steps from 0 to one less than there are.
func (f *surface) level(v float64, steps int) int {
	return min(steps-1, int(f.colors.share(v)*float64(steps)))
}

func (f *surface) draw(s *sheet, r rect) {
	steps := [details]int{40, 24, 16, 12, 8, 6}[s.detail]
	if f.steps > 0 {
		steps = f.steps
	}
	ramp := f.colors.palette(s.theme)
	s.raster(r, f.columns, f.rows, func(i, j int) (none color.RGBA) {
		v := f.cells[i*f.columns+j]
		if v != v {
			return none
		}
		return along(ramp, float64(f.level(v, steps))/float64(max(1, steps-1)))
	})
	for _, c := range f.over {
		at := make([][2]length, len(c.at))
		for i, p := range c.at {
			at[i] = place(r, f.x, f.y, p[0], p[1])
		}
		for _, part := range clipLine(at, r) {
			s.pen(s.paper, lineWidth+2.4)
			s.line(part...)
			s.linePen(c.tint, lineWidth, c.dashed)
			s.line(part...)
		}
	}
}

// surfacePayload is what the page's script draws a surface of.
type surfacePayload struct {
	Rows    int            `json:"rows"`
	Columns int            `json:"columns"`
	Cells   string         `json:"cells"` // uint8, row by row, gzip in base64: 255 for none, else the number in 254ths of the colours
	Steps   int            `json:"steps,omitempty"`
	From    float64        `json:"from"`
	To      float64        `json:"to"`
	Log     bool           `json:"log,omitempty"`
	Value   string         `json:"valueName,omitempty"`
	X       axisPayload    `json:"x"`
	Y       axisPayload    `json:"y"`
	Bare    bool           `json:"bare,omitempty"`
	Curves  []curvePayload `json:"curves,omitempty"`
}

type curvePayload struct {
	Entry  int       `json:"entry"`
	Tint   int       `json:"tint"`
	Width  length    `json:"width"`
	Dashed bool      `json:"dashed,omitempty"`
	At     sixDigits `json:"at"` // x, y, x, y, … in pixels
}

// nowhere is the number of a cell with nothing in it.
const nowhere = 255

func (f *surface) data(r rect, g page) (any, error) {
	p := &surfacePayload{Steps: f.steps, From: f.colors.low, To: f.colors.high, Log: f.colors.log, Value: f.colors.name, X: f.x.payload(), Y: f.y.payload(), Bare: f.bare}
	for _, c := range f.over {
		q := curvePayload{Entry: g.entry(c.name), Tint: c.tint.index(), Width: lineWidth, Dashed: c.dashed}
		for _, v := range c.at {
			at := place(r, f.x, f.y, v[0], v[1])
			q.At = append(q.At, round(at[0]), round(at[1]))
		}
		p.Curves = append(p.Curves, q)
	}
	for side := 1; ; side++ { // coarser where the page has no room for all
		cells := f.coarse(side)
		for _, levels := range [...]int{nowhere - 1, 31} {
			b := make([]byte, len(cells.cells))
			for i, v := range cells.cells {
				b[i] = nowhere
				if v == v {
					b[i] = byte(math.Round(math.Round(f.colors.share(v)*float64(levels)) * (nowhere - 1) / float64(levels)))
				}
			}
			var err error
			if p.Cells, err = pack64(b); err != nil {
				return nil, fmt.Errorf("viz: %w", err)
			}
			if len(p.Cells) <= g.packed(cellBytes) || len(b) == 1 {
				p.Rows, p.Columns = cells.rows, cells.columns
				return p, nil
			}
		}
	}
}

// coarse returns the surface with each square block of the given side in place of its cells, as the mean of those that have a number.
func (f *surface) coarse(side int) *surface {
	if side == 1 {
		return f
	}
	m := *f
	m.rows, m.columns = (f.rows+side-1)/side, (f.columns+side-1)/side
	m.cells = make([]float64, m.rows*m.columns)
	for i := range m.rows {
		for j := range m.columns {
			mean, count := 0.0, 0.0
			for a := i * side; a < min(f.rows, (i+1)*side); a++ {
				for b := j * side; b < min(f.columns, (j+1)*side); b++ {
					if v := f.cells[a*f.columns+b]; v == v {
						count++
						mean += (v - mean) / count
					}
				}
			}
			if count == 0 {
				mean = math.NaN()
			}
			m.cells[i*m.columns+j] = mean
		}
	}
	return &m
}
