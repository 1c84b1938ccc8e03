package viz

import (
	"fmt"
	"image/color"
	"math"
	"strconv"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// Frames says how the pictures of [Images] are laid out and what stands under them. All of it may be left out.
type Frames struct {
	// Captions stand under the pictures, one for each; an empty one is none.
	Captions []string
	// Columns is how many pictures stand side by side. Zero means as many as make the pictures largest.
	Columns int
	// Of is what the pictures are of, for the words under the chart.
	Of string
}

// MaxImages is how many pictures [Images] takes.
const MaxImages = 400

// images is the figure that Images makes.
type images struct {
	from  Imager
	rows  []int
	f     Frames
	tiles *thumbnails
	slots map[int]int // of the picture at a place, its tile
}

// Images draws the pictures of the given rows side by side, all as large as the first, with sharp pixels: samples of a data set, the means of
// clusters, reconstructions beside originals. A row that has no picture leaves its place empty.
//
//	viz.Images(digits, []int{0, 10, 20}, viz.Frames{Captions: []string{"0", "1", "2"}})
//
// Pictures are reduced to 6 to 16 greys, or to 216 colours, and in size where they are many or large, so that all together stay under 29 KiB.
// In the notebook a picture shows its row and caption under the pointer.
//
// What is wrong with the arguments is the chart's error: [mat32.ErrEmpty] without rows or when no row has a picture, a [*mat32.ShapeError]
// for more than MaxImages rows and captions that are not one for each, a [*mat32.ParamError] for a row below 0 and for fewer than 0
// columns. It costs O(pixels).
func Images(from Imager, rows []int, f Frames) *Chart {
	m, err := newImages(from, rows, f)
	if err != nil {
		return &Chart{err: fmt.Errorf("viz.Images: %w", err)}
	}
	return &Chart{fig: m}
}

func newImages(from Imager, rows []int, f Frames) (*images, error) {
	if from == nil || len(rows) == 0 {
		return nil, mat32.ErrEmpty
	}
	if len(rows) > MaxImages {
		return nil, &mat32.ShapeError{What: "rows", Rows: len(rows), Cols: 1, Want: fmt.Sprintf("at most %d pictures", MaxImages)}
	}
	if len(f.Captions) != 0 && len(f.Captions) != len(rows) {
		return nil, &mat32.ShapeError{What: "Captions", Rows: len(f.Captions), Cols: 1, Want: fmt.Sprintf("one for each of the %d rows", len(rows))}
	}
	if f.Columns < 0 {
		return nil, param("Frames", "Columns", f.Columns, "a positive number, or 0 for automatic")
	}
	for i, row := range rows {
		if row < 0 {
			return nil, param("viz.Images", fmt.Sprintf("rows[%d]", i), row, "a row, from 0")
		}
	}
	m := &images{from: from, rows: rows, f: f}
	return m, m.tile(thumbBytes)
}

// tile reduces the pictures to what the limit allows.
func (m *images) tile(limit int) error {
	t, err := newThumbnails(m.rows, m.from, limit)
	if err != nil {
		return err
	}
	if t == nil {
		return fmt.Errorf("none of the rows has a picture: %w", mat32.ErrEmpty)
	}
	m.tiles, m.slots = t, map[int]int{}
	for k := range m.rows {
		m.slots[k] = k
	}
	if t.Points != nil {
		m.slots = map[int]int{}
		for slot, k := range t.Points {
			m.slots[k] = slot
		}
	}
	return nil
}

func (m *images) kind() string { return "images" }

func (m *images) arrange() arrangement { return single(m) }

func (m *images) caption() string { return m.f.Of }

func (m *images) summary() string {
	rows := "rows"
	for i, row := range m.rows {
		sep := ", "
		if i == 0 {
			sep = " "
		}
		if i == 10 && len(m.rows) > 11 {
			rows += fmt.Sprintf(" and %d more", len(m.rows)-i)
			break
		}
		rows += sep + strconv.Itoa(row)
	}
	return fmt.Sprintf("Images of %d %s", len(m.rows), rows)
}

func (m *images) key() key { return key{} }

// The space between pictures, and the height of their captions.
const (
	imageGap     = 8
	imageCaption = 11
	captionRow   = 15
)

// mostPixels is the largest a pixel becomes.
const mostPixels = 16

// A wall is where the pictures hang.
type wall struct {
	columns, lines int
	w, h           length // of a picture
	caption        length // the height under it
}

func (m *images) wall(w, h length) wall {
	n := len(m.rows)
	caption := 0.0
	for _, c := range m.f.Captions {
		if c != "" {
			caption = captionRow
		}
	}
	choices := []int{min(m.f.Columns, n)}
	if m.f.Columns == 0 {
		choices = choices[:0]
		for c := 1; c <= n; c++ {
			choices = append(choices, c)
		}
	}
	var best wall
	largest := 0.0
	for _, columns := range choices {
		lines := (n + columns - 1) / columns
		times := math.Min(
			((w+imageGap)/length(columns)-imageGap)/length(m.tiles.Width),
			((h+imageGap)/length(lines)-imageGap-caption)/length(m.tiles.Height))
		if times > 1 {
			times = math.Min(mostPixels, math.Floor(times))
		}
		if times > largest {
			largest = times
			best = wall{columns, lines, math.Max(1, math.Floor(times*length(m.tiles.Width))), math.Max(1, math.Floor(times*length(m.tiles.Height))), caption}
		}
	}
	if largest == 0 { // no room for so many in a column
		best = wall{choices[0], (n + choices[0] - 1) / choices[0], 1, 1, caption}
	}
	return best
}

// at returns where the k-th picture hangs in the frame.
func (v wall) at(f rect, k int) rect {
	return rect{f.X + length(k%v.columns)*(v.w+imageGap), f.Y + length(k/v.columns)*(v.h+imageGap+v.caption), v.w, v.h}
}

func (m *images) insets(*sheet, rect) insets { return insets{} }

func (m *images) fit(w, h length) (length, length) {
	v := m.wall(w, h)
	return length(v.columns)*(v.w+imageGap) - imageGap, length(v.lines)*(v.h+imageGap+v.caption) - imageGap
}

func (m *images) axes(s *sheet, f rect) decor {
	var d decor
	v := m.wall(f.W, f.H)
	for k, text := range m.f.Captions {
		at := v.at(f, k)
		d.label(label{
			X: at.X + at.W/2, Y: at.bottom() + imageCaption + 2, Text: s.fit(regular, imageCaption, at.W, text),
			Size: imageCaption, Role: faint, Align: 0.5,
		})
	}
	return d
}

func (m *images) draw(s *sheet, f rect) {
	v := m.wall(f.W, f.H)
	t := m.tiles
	for k := range m.rows {
		slot, ok := m.slots[k]
		if !ok {
			continue
		}
		left, top := slot%t.Columns*t.Width, slot/t.Columns*t.Height
		s.raster(v.at(f, k), t.Width, t.Height, func(i, j int) color.RGBA {
			return color.RGBAModel.Convert(t.sheet.At(left+j, top+i)).(color.RGBA)
		})
	}
}

// imagesPayload is what the page's script draws images of.
type imagesPayload struct {
	Thumbs   *thumbnails `json:"thumbs"`
	Rows     []int       `json:"rows"`
	Slots    []int       `json:"slots"` // of each, the place of its picture in the sheet, or −1
	Captions []string    `json:"captions,omitempty"`
	Columns  int         `json:"columns"`
	Width    length      `json:"w"` // of a picture, and from one to the next
	Height   length      `json:"h"`
	Across   length      `json:"across"`
	Down     length      `json:"down"`
}

func (m *images) data(f rect, g page) (any, error) {
	v := m.wall(f.W, f.H)
	small := *m
	if g.share < 1 {
		if err := small.tile(g.bytes(thumbBytes)); err != nil {
			return nil, err
		}
	}
	p := &imagesPayload{
		Thumbs: small.tiles, Rows: m.rows, Captions: m.f.Captions,
		Columns: v.columns, Width: v.w, Height: v.h, Across: v.w + imageGap, Down: v.h + imageGap + v.caption,
	}
	for k := range m.rows {
		slot, ok := small.slots[k]
		if !ok {
			slot = -1
		}
		p.Slots = append(p.Slots, slot)
	}
	return p, nil
}
