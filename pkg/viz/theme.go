package viz

import "image/color"

// A Theme is the paper that a chart is on.
type Theme int

const (
	// Page, the default, draws the interactive chart as the page around it is, light or dark, also when the reader changes that. Static
	// pictures are light: on a dark page they are a light card.
	Page Theme = iota
	// Light makes all forms of the chart light.
	Light
	// Dark makes all forms of the chart dark.
	Dark
)

// A theme is the colours of a chart.
type theme struct {
	paper     color.RGBA
	ink       color.RGBA // titles, legends and what the data say
	faint     color.RGBA // captions and the numbers of axes
	rule      color.RGBA // frames and axes
	grid      color.RGBA // lines across the plot
	unlabeled color.RGBA
	classes   *[classCount]color.RGBA
	ramp      []color.RGBA
	diverging []color.RGBA
	inks      []color.RGBA // diverging, of lines and marks
}

var (
	light = theme{
		paper: rgb(0xFFFFFF), ink: rgb(0x222222), faint: rgb(0x666666), rule: rgb(0xD0D0D0), grid: rgb(0xEAEAEA),
		unlabeled: rgb(0xB8B8B8), classes: &classColors, ramp: ramp[:], diverging: blueOrange[:], inks: blueOrangeInk[:],
	}
	dark = theme{
		paper: rgb(0x161616), ink: rgb(0xE8E8E8), faint: rgb(0xA6A6A6), rule: rgb(0x4A4A4A), grid: rgb(0x2B2B2B),
		unlabeled: rgb(0x6C6C6C), classes: &darkClassColors, ramp: darkRamp[:], diverging: darkBlueOrange[:], inks: darkBlueOrangeInk[:],
	}
)

// themes are those of the static picture.
var themes = map[Theme]*theme{Page: &light, Light: &light, Dark: &dark}

// A role is what the colour of a text or line stands for, which the theme turns into a colour.
type role string

const (
	ink   role = "ink"
	faint role = "faint"
	rule  role = "rule"
	mesh  role = "grid"
)

func (t *theme) color(r role) color.RGBA {
	return map[role]color.RGBA{ink: t.ink, faint: t.faint, rule: t.rule, mesh: t.grid}[r]
}

// texts are the colours of text, and of its edges: it has few pixels, and none of them may take the colour of a point.
func (t *theme) texts() []color.RGBA {
	var all []color.RGBA
	for _, c := range []color.RGBA{t.ink, t.faint} {
		all = append(all, c, blend(t.paper, c, 0.5))
	}
	return append(all, t.paper)
}

// A tint is the colour of a class or series: its place among the theme's classes.
type tint int

// noClass is the tint of what has no known class among others that have, and soleTint that of what is alone.
const (
	noClass  tint = -1
	soleTint tint = 0
)

func (t *theme) tint(c tint) color.RGBA {
	if c == noClass {
		return t.unlabeled
	}
	return t.classes[int(c)%classCount]
}

// index is the tint's place in a look.
func (c tint) index() int {
	if c == noClass {
		return classCount
	}
	return int(c) % classCount
}

// A look is a theme as the page's script takes it.
type look struct {
	Paper   string   `json:"paper"`
	Ink     string   `json:"ink"`
	Faint   string   `json:"faint"`
	Rule    string   `json:"rule"`
	Grid    string   `json:"grid"`
	Tints   []string `json:"tints"` // those of the classes, and at last that of no class
	Ramp    []string `json:"ramp,omitempty"`
	Diverge []string `json:"diverge,omitempty"`
	Inks    []string `json:"inks,omitempty"` // diverging, of lines and marks
}

func (t *theme) look() *look {
	return &look{
		Paper: hex(t.paper), Ink: hex(t.ink), Faint: hex(t.faint), Rule: hex(t.rule), Grid: hex(t.grid),
		Tints: hexes(append(t.classes[:classCount:classCount], t.unlabeled)),
	}
}

// withRamps adds the colours of values.
func (l *look) withRamps(t *theme) *look {
	l.Ramp, l.Diverge, l.Inks = hexes(t.ramp), hexes(t.diverging), hexes(t.inks)
	return l
}

func hexes(colors []color.RGBA) []string {
	s := make([]string, len(colors))
	for i, c := range colors {
		s[i] = hex(c)
	}
	return s
}

// Themed returns the chart on the given paper. Any other number than those of the constants is an error of the chart's.
func (c *Chart) Themed(t Theme) *Chart {
	d := *c
	d.theme = t
	if _, ok := themes[t]; !ok && d.err == nil {
		d.err = param("viz.Chart", "Theme", int(t), "viz.Page, viz.Light or viz.Dark")
	}
	return &d
}
