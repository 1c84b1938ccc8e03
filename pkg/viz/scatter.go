package viz

import (
	"fmt"
	"image"
	"math"
	"reflect"
	"strconv"
	"strings"

	"github.com/flatland-go/flatland/pkg/mat32"
	"gonum.org/v1/gonum/mat"
)

// Points says what is known of the rows that a [Scatter] draws. All of it may be left out; what is given has one element for each row.
type Points struct {
	// Labels are the classes of the rows, from 0; −1 says that a row's class is unknown. Classes get a colour and a legend whose entries
	// hide and show them. At most [MaxClasses] classes.
	Labels []int
	// Names are the names of the classes; without them a class is called by its number. Every label must be below their number.
	Names []string
	// Values colour the rows by a number, on the viridis scale, with a colour bar in place of the legend. Given both, Labels are named in the
	// hover only. Values must be finite.
	Values []float64
	// ValueName is what the colour bar says the values are.
	ValueName string
	// Text is shown when a point is hovered over.
	Text []string
	// Images gives the thumbnail that is shown when a point is hovered over. A row whose image is nil has none.
	Images Imager
	// Colors are what else the points may be coloured by: the notebook's chart has a list of them at its legend, of which the first is what Values
	// or Labels say, as the static picture shows. The panels of a [Grid] have a common list when all
	// have the same names.
	Colors []Coloring
	// Size is the diameter of a point in pixels (1/96 inch) of a picture 640 pixels wide, 0.5 to 40. Zero means from 9 for up to 150 points,
	// shrinking as the number of points grows, to 2.
	Size float64
}

// An Imager has a picture of each row.
type Imager interface{ Image(i int) image.Image }

// MaxClasses is how many classes a [Scatter] takes: beyond the 20 colours the same colours come with other shapes.
const MaxClasses = 120

// Points of few rows and few classes differ in shape as well as in colour, so that the picture survives a greyscale print.
const (
	shapedClasses = len(shapes)
	shapedRows    = 500
)

// scatter is the figure that Scatter makes.
type scatter struct {
	x, y    []float64 // in [0, 1] of the plot's side, y downwards
	classes []class   // those that have rows, in order; nil without labels
	class   []int     // of each row, an index into classes; nil without labels
	values  []float64 // nil when rows are coloured by class
	colors  *scale    // of the values
	limits  [2]extent // of the coordinates
	rows    mat.Matrix
	source  string // what y says of itself
	p       Points
	size    length

	coloring string     // the name of what the points are coloured by, where there is a choice
	choices  []*scatter // what they may be coloured by, from s itself; nil without a choice
}

// A class is what points of one label share.
type class struct {
	name  string
	tint  tint
	shape shape
	count int
}

// Scatter draws the rows of y, which has two columns, as points of a square map: without ticks, because the coordinates of most maps mean
// nothing by themselves, and with one scale for both axes, because distances are compared across directions.
//
// The caption is y's own, if it has a method Caption() string as *dr.Embedding has, and the number of rows. In the notebook a point that
// is hovered over shows its class, row, text and thumbnail; the wheel zooms about the pointer, dragging moves the map, and a double click or
// Escape resets it; arrows, plus, minus and 0 do so from the keyboard. A lasso, its tool's or drawn with shift, selects points, fades the
// others, and gives their rows to the clipboard as a Go slice for the next cell. A search finds rows by text, class or number.
//
//	viz.Scatter(emb, viz.Points{Labels: digits.Labels, Images: digits, Colors: []viz.Coloring{{Name: "local dimension", Values: d.Local}}})
//
// All rows are on the page while the notebook runs, up to 4 million, of more an even part. Up to 100 000 rows the chart rounds coordinates to
// 1/65535 of the plot's side, a hundredth of a pixel, and values to 1/65535 of their range, of more than 20 000 to 1/255. Above, it rounds
// coordinates to 1/8192, and as much coarser as 1.3 MB ask, and knows the row, text and thumbnail of 12 000 points, as it says. From 20 000 rows on,
// picture and chart draw a crowd: each pixel has the mean of its points' colours, the stronger the more points there are, so that one beside the
// densest place is seen, and its inside too. Thumbnails are as they are where they find room in 2 MB, in 1 MB with more than 20 000 rows; else
// they have fewer greys or colours, are smaller, and an evenly spread part of the rows has one.
//
// A notebook that is kept holds a smaller chart, where the whole takes more than 150 kB: with as many points as there is room for, chosen by a
// fixed rule, and 29 KiB of thumbnails, as it says; its picture always shows all.
//
// What is wrong with the arguments is returned by the chart's Err: [mat32.ErrEmpty], a [*mat32.NotFiniteError] naming row and column, a
// [*mat32.ShapeError] for a matrix that has not two columns or a slice that is not as long as y, a [*mat32.ParamError] for labels, values
// and sizes out of range. It costs O(n), about 0.1 s for 2000 points and 2.5 s for a million.
func Scatter(y mat.Matrix, p Points) *Chart {
	s, err := newScatter(y, p)
	if err != nil {
		return &Chart{err: fmt.Errorf("viz.Scatter: %w", err)}
	}
	return &Chart{fig: s}
}

func newScatter(y mat.Matrix, p Points) (*scatter, error) {
	s, err := newPoints(y, p, 2, "2 columns: a map of the plane; choose two with Slice, or embed into two dimensions")
	if err != nil {
		return nil, err
	}
	s.measure()
	s.place(s.limits)
	s.choices, err = s.recolored(p)
	return s, err
}

// newPoints returns rows of the given number of columns with their classes and values, in no place yet.
func newPoints(y mat.Matrix, p Points, columns int, want string) (*scatter, error) {
	if err := filled(y); err != nil {
		return nil, err
	}
	n, d := y.Dims()
	if d != columns {
		return nil, &mat32.ShapeError{What: "y", Rows: n, Cols: d, Want: want}
	}
	for _, s := range []struct {
		what string
		len  int
	}{{"Labels", len(p.Labels)}, {"Values", len(p.Values)}, {"Text", len(p.Text)}} {
		if err := oneEach(s.what, s.len, n); err != nil {
			return nil, err
		}
	}
	if p.Size != 0 && !(0.5 <= p.Size && p.Size <= 40) {
		return nil, pointsParam("Size", p.Size, "0.5 ≤ Size ≤ 40 pixels, or 0 for the default")
	}
	s := &scatter{p: p, size: p.Size, rows: y}
	if s.size == 0 {
		s.size = math.Min(9, math.Max(2, 9*math.Pow(150/float64(n), 0.23)))
	}
	if c, ok := y.(interface{ Caption() string }); ok {
		s.source = c.Caption()
	}
	if err := s.classify(p); err != nil {
		return nil, err
	}
	if err := s.scale(p.Values); err != nil {
		return nil, err
	}
	return s, nil
}

// oneEach reports that what is given is not given for each of the n rows.
func oneEach(what string, given, n int) error {
	if given != 0 && given != n {
		return &mat32.ShapeError{What: what, Rows: given, Cols: 1, Want: fmt.Sprintf("one element for each of the %d rows of y", n)}
	}
	return nil
}

// filled reports what is wrong with the numbers of a matrix.
func filled(y mat.Matrix) error {
	if v := reflect.ValueOf(y); v.Kind() == reflect.Pointer && v.IsNil() { // the result of a method whose error was not looked at
		return mat32.ErrEmpty
	}
	return mat32.Check(y)
}

// measure finds the limits of the coordinates.
func (s *scatter) measure() {
	n, _ := s.rows.Dims()
	for j := range s.limits {
		s.limits[j] = nothing()
		for i := range n {
			s.limits[j].add(s.rows.At(i, j))
		}
	}
}

// scatterBorder keeps markers from being cut, as a share of the square's side.
const scatterBorder = 0.035

// place maps the coordinates into the square.
func (s *scatter) place(limits [2]extent) {
	n, _ := s.rows.Dims()
	s.x, s.y = make([]float64, n), make([]float64, n)
	// Halves, because the span of finite numbers may be infinite.
	span := math.Max(limits[0].high/2-limits[0].low/2, limits[1].high/2-limits[1].low/2)
	if span == 0 {
		span = 1
	}
	for j, column := range [2][]float64{s.x, s.y} {
		middle := limits[j].low/2 + limits[j].high/2
		for i := range column {
			column[i] = 0.5 + (0.5-scatterBorder)*((s.rows.At(i, j)/2-middle/2)/(span/2))
		}
	}
	for i, v := range s.y {
		s.y[i] = 1 - v
	}
}

// classify finds the classes that have rows.
func (s *scatter) classify(p Points) error {
	if len(p.Labels) == 0 {
		return nil
	}
	most, want := MaxClasses, fmt.Sprintf("−1 (unknown) to %d", MaxClasses-1)
	if len(p.Names) > 0 {
		most, want = len(p.Names), fmt.Sprintf("−1 (unknown) to %d: there are %d Names", len(p.Names)-1, len(p.Names))
	}
	if most > MaxClasses {
		return pointsParam("len(Names)", most, fmt.Sprintf("at most %d; colour by Values instead", MaxClasses))
	}
	counts := make([]int, most+1) // the last for −1
	for i, l := range p.Labels {
		if l < -1 || l >= most {
			return pointsParam(fmt.Sprintf("Labels[%d]", i), l, want)
		}
		counts[(l+most+1)%(most+1)]++
	}
	used := 0
	for _, c := range counts[:most] {
		if c > 0 {
			used++
		}
	}
	shaped := used <= shapedClasses && len(p.Labels) <= shapedRows
	index := make([]int, most+1)
	for l, count := range counts {
		if count == 0 {
			continue
		}
		c := class{name: strconv.Itoa(l), count: count, tint: tint(l % classCount), shape: shapes[l/classCount%len(shapes)]}
		if shaped && l < shapedClasses {
			c.shape = shapes[l]
		}
		switch {
		case l == most:
			c.name, c.tint, c.shape = "unknown", noClass, shapes[0]
		case len(p.Names) > 0:
			c.name = p.Names[l]
		}
		index[l] = len(s.classes)
		s.classes = append(s.classes, c)
	}
	s.class = make([]int, len(p.Labels))
	for i, l := range p.Labels {
		s.class[i] = index[(l+most+1)%(most+1)]
	}
	return nil
}

// scale finds the range of the values.
func (s *scatter) scale(values []float64) error {
	if len(values) == 0 {
		return nil
	}
	e := nothing()
	for i, v := range values {
		if v-v != 0 {
			return pointsParam(fmt.Sprintf("Values[%d]", i), v, "a finite number")
		}
		e.add(v)
	}
	s.values, s.colors = values, &scale{name: s.p.ValueName, low: e.low, high: e.high}
	return nil
}

func pointsParam(name string, value any, want string) error {
	return param("Points", name, value, want)
}

func (s *scatter) kind() string { return "scatter" }

func (s *scatter) arrange() arrangement {
	a := single(s)
	for _, c := range s.choices {
		a.choice, a.keys = s.coloring, append(a.keys, c.key())
	}
	return a
}

func (s *scatter) caption() string {
	n := "n = " + strconv.Itoa(len(s.x))
	switch {
	case s.source == "":
		return n
	case strings.Contains(s.source, "n = "):
		return s.source
	}
	return s.source + " · " + n
}

func (s *scatter) summary() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Scatter of %d points", len(s.x))
	if s.values != nil {
		name := s.p.ValueName
		if name == "" {
			name = "value"
		}
		fmt.Fprintf(&b, " by %s, %s to %s", name, tick(s.colors.low), tick(s.colors.high))
		return b.String()
	}
	for i, c := range s.classes {
		if i == 0 {
			fmt.Fprintf(&b, " in %d classes: ", len(s.classes))
		} else {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s (%d)", c.name, c.count)
	}
	return b.String()
}
