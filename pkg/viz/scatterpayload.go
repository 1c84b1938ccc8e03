package viz

import (
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/flatland-go/flatland/internal/rng"
)

// How many points the page gets, and how. A notebook that runs gets all: up to mostPlain rows as they are, of more, up to mostCurved, the
// cells that they are in along a curve, with the numbers of knownRows of them. A notebook that is kept gets as many as there is room for.
const (
	mostPlain  = 100_000
	mostCurved = 4 << 20
	knownRows  = 12_000
	mostKept   = 20_000
	gridRows   = 5_000 // kept, of all panels of a grid
)

// What the points may take of an output, in bytes of base64: along a curve, and their text.
const (
	curveBytes = 1_300_000
	textBytes  = 500_000
)

// Values are numbers to exactLevels where there are few rows, and else to fewLevels or less.
const (
	exactLevels = math.MaxUint16
	fewLevels   = math.MaxUint8
	exactRows   = 20_000
)

// scatterPayload is what the page's script draws a scatter of. Numbers are bytes that are compressed, in base64.
type scatterPayload struct {
	N       int               `json:"n"`
	X       string            `json:"x,omitempty"` // 16-bit, in planes, in 65535ths of the plot's side
	Y       string            `json:"y,omitempty"`
	Z       string            `json:"z,omitempty"` // or the gaps of a zcurve of Bits
	Bits    int               `json:"bits,omitempty"`
	Rows    string            `json:"rows,omitempty"`  // of points that are a part, the gaps of their rows; of known points, their rows
	Known   string            `json:"known,omitempty"` // the gaps of the points of a curve whose rows are known
	Knowns  int               `json:"knowns,omitempty"`
	Size    float64           `json:"size"`
	Tint    int               `json:"tint"` // where there are no classes
	Colors  []coloringPayload `json:"colors"`
	Text    string            `json:"text,omitempty"`  // a JSON list
	Every   int               `json:"every,omitempty"` // when not zero, text is of each so manyeth of the points whose rows are known
	Thumbs  *thumbnails       `json:"thumbs,omitempty"`
	Note    string            `json:"note,omitempty"` // below the caption
	numbers []int             // the points whose rows are known
}

// coloringPayload is what points are coloured by.
type coloringPayload struct {
	Name    string         `json:"name,omitempty"`
	Classes []classPayload `json:"classes,omitempty"`
	Class   string         `json:"class,omitempty"` // uint8, indices into Classes
	Level   string         `json:"level,omitempty"` // of Levels: uint8, or in planes
	Levels  int            `json:"levels,omitempty"`
	Low     float64        `json:"low"`
	High    float64        `json:"high"`
	Value   string         `json:"valueName,omitempty"`
}

type classPayload struct {
	Name   string `json:"name"`
	Tint   int    `json:"tint"`
	Symbol string `json:"symbol"`
	Entry  int    `json:"entry"`           // in the legend
	Under  bool   `json:"under,omitempty"` // drawn below the others
}

func (s *scatter) data(f rect, g page) (any, error) {
	n := len(s.x)
	if !g.live {
		return s.fitting(f, g)
	}
	panels := 1.0
	if g.share < 1 {
		panels = gridShare / g.share
	}
	var p *scatterPayload
	var err error
	if float64(n)*panels <= mostPlain {
		p, err = s.plain(f, g, rowsTo(n))
	} else {
		rows := rowsTo(n)
		if n > mostCurved {
			rows = sampled(n, mostCurved)
		}
		p, err = s.curved(f, g, rows, int(curveBytes/panels))
	}
	if err != nil {
		return nil, err
	}
	if err := s.say(p, int(textBytes/panels)); err != nil {
		return nil, err
	}
	room := liveBytes
	if n > exactRows {
		room = 1_000_000
	}
	if p.Z != "" {
		room = 1_450_000
	}
	left := float64(room-2*pictureBytes*4/3)/panels - float64(p.size())
	return p, s.illustrate(p, max(g.bytes(thumbBytes), int(left*0.74)))
}

// fitting is as many points as there is room for, chosen by a fixed rule.
func (s *scatter) fitting(f rect, g page) (*scatterPayload, error) {
	n := len(s.x)
	most, room := mostKept, math.MaxInt
	if g.share < 1 {
		most = g.bytes(gridRows)
	}
	if g.room != 0 {
		room = int(float64(g.room) * min(1, g.share/gridShare))
		if s.p.Images != nil {
			room -= g.bytes(thumbBytes) * 4 / 3
		}
		room = max(room, 2000)
	}
	rows := rowsTo(n)
	if n > most {
		rows = sampled(n, most)
	}
	for {
		p, err := s.plain(f, g, rows)
		if err != nil {
			return nil, err
		}
		if err := s.say(p, max(room/3, 1000)); err != nil {
			return nil, err
		}
		if over := float64(p.size()) / float64(room); over > 1 && len(rows) > 50 {
			rows = sampled(n, int(float64(len(rows))/over*0.95))
			continue
		}
		if len(rows) < n {
			p.Note = fmt.Sprintf("%d of the points are shown here; the static picture shows all", len(rows))
		}
		return p, s.illustrate(p, g.bytes(thumbBytes))
	}
}

// size is what the points take in the page, but for their thumbnails.
func (p *scatterPayload) size() int {
	n := len(p.X) + len(p.Y) + len(p.Z) + len(p.Rows) + len(p.Known) + len(p.Text) + 1000
	for _, c := range p.Colors {
		n += len(c.Class) + len(c.Level) + 160*len(c.Classes)
	}
	return n
}

// begin is a payload without points.
func (s *scatter) begin(f rect, n int) *scatterPayload {
	return &scatterPayload{N: n, Size: round(s.diameter(f.W)), Tint: soleTint.index()}
}

// plain is the given rows, which rise, as they are.
func (s *scatter) plain(f rect, g page, rows []int) (p *scatterPayload, err error) {
	p = s.begin(f, len(rows))
	p.numbers = rows
	if p.X, err = pack64(planes(len(rows), func(k int) uint16 { return fraction(s.x[rows[k]]) })); err != nil {
		return nil, err
	}
	if p.Y, err = pack64(planes(len(rows), func(k int) uint16 { return fraction(s.y[rows[k]]) })); err != nil {
		return nil, err
	}
	if len(rows) < len(s.x) {
		if p.Rows, err = pack64(varints(gapsOf(rows))); err != nil {
			return nil, err
		}
	}
	levels := exactLevels
	if len(rows) > exactRows {
		levels = fewLevels
	}
	return p, s.tell(p, g, rows, levels)
}

// curved is the given rows along a curve, as fine as there is room for, and the numbers of some of them.
func (s *scatter) curved(f rect, g page, rows []int, room int) (p *scatterPayload, err error) {
	p = s.begin(f, len(rows))
	class := s.class
	for bits, levels := finest(len(rows)), 63; ; bits, levels = bits-1, max(15, levels/2) {
		z := newZcurve(s.x, s.y, class, rows, bits)
		p.Bits = bits
		if p.Z, err = pack64(varints(z.gaps)); err != nil {
			return nil, err
		}
		if err := s.tell(p, g, z.rows, levels); err != nil {
			return nil, err
		}
		if p.size() > room && bits > 8 {
			continue
		}
		known := make([]bool, len(s.x))
		for _, i := range sampled(len(s.x), min(len(s.x), knownRows)) {
			known[i] = true
		}
		var at []int
		for k, i := range z.rows {
			if known[i] {
				at, p.numbers = append(at, k), append(p.numbers, i)
			}
		}
		numbers := make([]uint32, len(p.numbers))
		for k, i := range p.numbers {
			numbers[k] = uint32(i)
		}
		p.Knowns = len(at)
		if p.Known, err = pack64(varints(gapsOf(at))); err != nil {
			return nil, err
		}
		p.Rows, err = pack64(varints(numbers))
		p.Note = fmt.Sprintf("all points are here; of %d the chart knows the row", len(at))
		if len(rows) < len(s.x) {
			p.Note = fmt.Sprintf("%d of the points are here, and of %d the row", len(rows), len(at))
		}
		return p, err
	}
}

// tell adds what the points are coloured by.
func (s *scatter) tell(p *scatterPayload, g page, rows []int, levels int) (err error) {
	p.Colors = p.Colors[:0]
	choices := []*scatter{s}
	if len(g.legends) > 1 {
		choices = s.choices
	}
	for i, c := range choices {
		named := g
		if len(g.legends) > i {
			named.legend = g.legends[i]
		}
		q := coloringPayload{Name: c.coloring}
		if c.class != nil {
			if q.Class, err = pack64(numbers8(rows, func(i int) uint8 { return uint8(c.class[i]) })); err != nil {
				return err
			}
			for _, class := range c.classes {
				q.Classes = append(q.Classes, classPayload{class.name, class.tint.index(), class.shape.symbol(), named.entry(class.name), class.tint == noClass})
			}
		}
		if c.values != nil {
			level := func(i int) float64 { return math.Round(c.colors.share(c.values[i]) * float64(levels)) }
			b := numbers8(rows, func(i int) uint8 { return uint8(level(i)) })
			if levels > math.MaxUint8 {
				b = planes(len(rows), func(k int) uint16 { return uint16(level(rows[k])) })
			}
			if q.Level, err = pack64(b); err != nil {
				return err
			}
			q.Levels, q.Low, q.High, q.Value = levels, c.colors.low, c.colors.high, c.colors.name
		}
		p.Colors = append(p.Colors, q)
	}
	return nil
}

// say adds the text of the points whose rows are known, or, when that takes too much, of some of them or none.
func (s *scatter) say(p *scatterPayload, room int) error {
	if s.p.Text == nil {
		return nil
	}
	raw, every := 0, 1
	for _, i := range p.numbers {
		raw += len(s.p.Text[i])
	}
	for raw/every > 20*room { // more than compression makes good
		every *= 2
	}
	for ; ; every *= 2 {
		list := make([]string, 0, len(p.numbers)/every+1)
		for k := 0; k < len(p.numbers); k += every {
			list = append(list, s.p.Text[p.numbers[k]])
		}
		b, err := json.Marshal(list)
		if err != nil {
			return fmt.Errorf("viz: %w", err)
		}
		if p.Text, err = pack64(b); err != nil {
			return err
		}
		switch {
		case len(p.Text) <= room && every == 1:
			return nil
		case len(p.Text) <= room:
			p.Every = every
			return nil
		case len(list) == 1:
			p.Text = ""
			return nil
		}
	}
}

// illustrate adds thumbnails of the points whose rows are known.
func (s *scatter) illustrate(p *scatterPayload, limit int) (err error) {
	if s.p.Images != nil {
		p.Thumbs, err = newThumbnails(p.numbers, s.p.Images, limit)
	}
	return err
}

// fraction rounds a number in [0, 1] to 65535ths.
func fraction(v float64) uint16 { return uint16(math.Round(v * math.MaxUint16)) }

// numbers8 returns one number for each row.
func numbers8(rows []int, number func(i int) uint8) []byte {
	b := make([]byte, len(rows))
	for k, i := range rows {
		b[k] = number(i)
	}
	return b
}

// pack writes one number for each row, as it is.
func pack[T uint8 | uint16 | uint32](rows []int, number func(i int) T) string {
	var b []byte
	for _, i := range rows {
		b, _ = binary.Append(b, binary.LittleEndian, number(i)) // fails for types of no fixed size only
	}
	return base64.StdEncoding.EncodeToString(b)
}

func rowsTo(n int) []int {
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	return rows
}

// sampled returns some of the rows below n, in order, spread by a rule that depends on n only.
func sampled(n, some int) []int {
	rows := shuffled(n)[:min(n, max(1, some))]
	slices.SortFunc(rows, cmp.Compare[int])
	return rows
}

// shuffled returns the numbers below n in an order that depends on n only.
func shuffled(n int) []int {
	rows := rowsTo(n)
	stream := rng.New(0, "viz/order", n)
	stream.Shuffle(n, func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	return rows
}
