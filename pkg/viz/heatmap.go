package viz

import (
	"fmt"
	"math"
	"reflect"
	"strconv"

	"github.com/flatland-go/flatland/pkg/mat32"
	"gonum.org/v1/gonum/mat"
)

// A Palette is the colours of the cells of a [Heatmap], or of the edges of a [Network].
type Palette int

const (
	// Suited, the default, is Diverging when the numbers lie on both sides of the middle, by a twentieth of the largest or more, and else
	// Sequential.
	Suited Palette = iota
	// Sequential is viridis: the larger, the lighter.
	Sequential
	// Diverging is blue below the middle and orange above it; what is equally far from the middle is equally strong.
	Diverging
)

// Cells says what is known of the cells that a [Heatmap] draws. All of it may be left out.
type Cells struct {
	// Rows and Columns are the names of the rows and columns. Without them they have their numbers, from 0.
	Rows, Columns []string
	// Down says what the rows are, and Across what the columns are.
	Down, Across string
	// Name is what the numbers are, with their unit: it stands above the colour bar.
	Name string
	// Palette is Suited by default.
	Palette Palette
	// Middle is the number in the middle of a diverging palette, 0 by default. A sequential one ignores it.
	Middle float64
	// Min and Max are the numbers at the ends of the colour bar; what lies beyond has the colour of the end. Zero means those of the matrix,
	// and [Zero] means 0. A diverging palette reaches as far below the middle as above it, whichever is farther.
	Min, Max float64
	// Text stands in the cells in place of their numbers, and below them under the pointer: one for each cell, by rows.
	Text [][]string
	// Bare leaves out the numbers in the cells, which otherwise show where all find room.
	Bare bool
}

// heatmap is the figure that Heatmap makes.
type heatmap struct {
	x             mat.Matrix
	rows, columns int
	cells         Cells
	values        extent
	colors        *scale
	across, down  span
}

// MaxCells is how many cells a [Heatmap] takes.
const MaxCells = 4 << 20

// Heatmap draws a matrix as coloured cells of one size, its first row at the top. A matrix of few cells has its numbers in them.
//
//	viz.Heatmap(cka, viz.Cells{Rows: layers, Columns: layers, Name: "CKA"})
//
// The picture shows a matrix of up to about 400 rows or columns cell by cell; of a larger one it shows means of square blocks, as it does
// for a matrix so irregular that its picture would take more than 40 KiB. In the notebook a cell shows its row, column and number under the
// pointer, to five digits for up to 4000 cells and to two or three beyond, and of blocks their mean.
//
// What is wrong with the arguments is the chart's error: [mat32.ErrEmpty], a [*mat32.NotFiniteError] naming row and column, a
// [*mat32.ShapeError] for more than MaxCells cells and for names that are not one for each row or column, a [*mat32.ParamError] for
// numbers whose size is above 1e300, for limits that are not in order, and for an unknown palette. It costs O(rows × columns).
func Heatmap(x mat.Matrix, c Cells) *Chart {
	h, err := newHeatmap(x, c)
	if err != nil {
		return &Chart{err: fmt.Errorf("viz.Heatmap: %w", err)}
	}
	return &Chart{fig: h}
}

func newHeatmap(x mat.Matrix, c Cells) (*heatmap, error) {
	if v := reflect.ValueOf(x); v.Kind() == reflect.Pointer && v.IsNil() {
		return nil, mat32.ErrEmpty
	}
	if err := mat32.Check(x); err != nil {
		return nil, err
	}
	h := &heatmap{x: x, cells: c, values: nothing()}
	h.rows, h.columns = x.Dims()
	if h.rows > MaxCells/h.columns {
		return nil, &mat32.ShapeError{What: "x", Rows: h.rows, Cols: h.columns, Want: fmt.Sprintf("at most %d cells", MaxCells)}
	}
	for _, s := range []struct {
		what      string
		len, want int
	}{{"Rows", len(c.Rows), h.rows}, {"Columns", len(c.Columns), h.columns}} {
		if s.len != 0 && s.len != s.want {
			return nil, &mat32.ShapeError{What: s.what, Rows: s.len, Cols: 1, Want: fmt.Sprintf("one name for each of %d", s.want)}
		}
	}
	for i := range h.rows {
		for j := range h.columns {
			v := x.At(i, j)
			if math.Abs(v) > most {
				return nil, param("viz.Heatmap", fmt.Sprintf("x[%d, %d]", i, j), v, "a number of size at most 1e300")
			}
			h.values.add(v)
		}
	}
	for i, row := range c.Text {
		if len(c.Text) != h.rows || len(row) != h.columns {
			return nil, &mat32.ShapeError{What: "Text", Rows: len(c.Text), Cols: len(c.Text[i]), Want: fmt.Sprintf("one for each of %d × %d cells", h.rows, h.columns)}
		}
	}
	named := func(names []string, n int) []string {
		if len(names) > 0 {
			return names
		}
		return indices(n)
	}
	h.across = span{Axis: Axis{Name: c.Across}, low: -0.5, high: float64(h.columns) - 0.5, names: named(c.Columns, h.columns), given: len(c.Columns) > 0}
	h.down = span{Axis: Axis{Name: c.Down}, low: float64(h.rows) - 0.5, high: -0.5, names: named(c.Rows, h.rows), given: len(c.Rows) > 0}
	return h, h.color(h.values)
}

// color chooses the palette and its ends for numbers in the given range.
func (h *heatmap) color(e extent) error {
	c := h.cells
	for _, v := range []struct {
		name  string
		value float64
	}{{"Min", c.Min}, {"Max", c.Max}, {"Middle", c.Middle}} {
		if !(math.Abs(v.value) <= most) {
			return param("Cells", v.name, v.value, "a finite number, at most 1e300")
		}
	}
	s := &scale{name: c.Name, low: e.low, high: e.high}
	limit := func(to *float64, v float64) {
		switch v {
		case 0:
		case Zero:
			*to = 0
		default:
			*to = v
		}
	}
	limit(&s.low, c.Min)
	limit(&s.high, c.Max)
	if s.low > s.high || s.low == s.high && (c.Min != 0 || c.Max != 0) {
		return param("Cells", "Min, Max", []float64{s.low, s.high}, "in order")
	}
	if err := s.paint("Cells", c.Palette, c.Middle); err != nil {
		return err
	}
	h.colors = s
	return nil
}

// paint chooses the colours of a scale, whose ends a diverging palette moves as far below the middle as above it.
func (s *scale) paint(from string, p Palette, middle float64) error {
	below, above := middle-s.low, s.high-middle
	far := math.Max(math.Abs(below), math.Abs(above))
	switch p {
	case Suited:
		s.diverging = math.Min(below, above) > far/20
	case Sequential:
	case Diverging:
		s.diverging = true
	default:
		return param(from, "Palette", int(p), "viz.Suited, viz.Sequential or viz.Diverging")
	}
	if s.diverging {
		s.low, s.high = middle-far, middle+far
	}
	return nil
}

func (h *heatmap) kind() string { return "heatmap" }

func (h *heatmap) arrange() arrangement { return single(h) }

func (h *heatmap) caption() string {
	if c, ok := h.x.(interface{ Caption() string }); ok {
		return c.Caption()
	}
	return ""
}

func (h *heatmap) summary() string {
	name := h.cells.Name
	if name == "" {
		name = "value"
	}
	return fmt.Sprintf("Heatmap of %d × %d cells by %s, %s to %s", h.rows, h.columns, name, tick(h.values.low), tick(h.values.high))
}

func (h *heatmap) key() key { return key{scale: h.colors} }

// blocks returns the matrix with each square block of the given side in place of its cells, as its mean.
func (h *heatmap) blocks(side int) (rows, columns int, values []float64) {
	rows, columns = (h.rows+side-1)/side, (h.columns+side-1)/side
	values = make([]float64, rows*columns)
	for i := range rows {
		for j := range columns {
			mean, count := 0.0, 0.0
			for a := i * side; a < min(h.rows, (i+1)*side); a++ {
				for b := j * side; b < min(h.columns, (j+1)*side); b++ {
					count++
					mean += (h.x.At(a, b) - mean) / count
				}
			}
			values[i*columns+j] = mean
		}
	}
	return rows, columns, values
}

// decimals returns how many decimals the numbers in cells have: enough for a hundredth of their range, none when all are whole.
func (h *heatmap) decimals() int {
	whole := true
	for i := range h.rows {
		for j := range h.columns {
			v := h.x.At(i, j)
			whole = whole && v == math.Trunc(v)
		}
	}
	size := math.Max(math.Abs(h.values.low), math.Abs(h.values.high))
	if whole || size == 0 {
		return 0
	}
	return min(6, max(0, 2-int(math.Ceil(math.Log10(size)-1e-9))))
}

// text is what stands in a cell.
func (h *heatmap) text(i, j, decimals int) string {
	if h.cells.Text != nil {
		return h.cells.Text[i][j]
	}
	return inCell(h.x.At(i, j), decimals)
}

// inCell prints a number for its cell.
func inCell(v float64, decimals int) string {
	s := strconv.FormatFloat(v, 'f', decimals, 64)
	if zero, _ := strconv.ParseFloat(s, 64); zero == 0 {
		s = strconv.FormatFloat(0, 'f', decimals, 64)
	}
	return minus(s)
}
