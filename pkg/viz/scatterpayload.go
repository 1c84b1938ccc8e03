package viz

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/flatland-go/flatland/internal/rng"
)

// Above mostInteractive rows the interactive chart shows sampleRows of them: a browser searches all points for the one under the pointer.
// The panels of a grid share gridRows.
const (
	mostInteractive = 50_000
	sampleRows      = 20_000
	gridRows        = 5_000
)

// scatterPayload is what the page's script draws a scatter of. Numbers per row are arrays of little-endian integers in base64.
type scatterPayload struct {
	X       string         `json:"x"` // uint16, in 65535ths of the plot's side
	Y       string         `json:"y"`
	Rows    string         `json:"rows,omitempty"` // uint32, the rows shown; all when empty
	Size    float64        `json:"size"`
	Rim     float64        `json:"rim"`
	Tint    int            `json:"tint"` // where there are no classes
	Classes []classPayload `json:"classes,omitempty"`
	Class   string         `json:"class,omitempty"`  // uint8, indices into Classes
	Values  string         `json:"values,omitempty"` // uint16, in 65535ths of the range
	Low     float64        `json:"low"`
	High    float64        `json:"high"`
	Value   string         `json:"valueName,omitempty"`
	Text    []string       `json:"text,omitempty"`
	Thumbs  *thumbnails    `json:"thumbs,omitempty"`
	Note    string         `json:"note,omitempty"` // below the caption
}

type classPayload struct {
	Name   string `json:"name"`
	Tint   int    `json:"tint"`
	Symbol string `json:"symbol"`
	Entry  int    `json:"entry"`           // in the legend
	Under  bool   `json:"under,omitempty"` // drawn below the others
}

func (s *scatter) data(f rect, g page) (any, error) {
	rows := make([]int, len(s.x))
	for i := range rows {
		rows[i] = i
	}
	size := s.diameter(f.W)
	p := &scatterPayload{Size: round(size), Rim: rim(size), Tint: soleTint.index()}
	most, sample := mostInteractive, sampleRows
	if g.share < 1 {
		most, sample = g.bytes(gridRows), g.bytes(gridRows)
	}
	if len(rows) > most {
		rows = shuffled(len(rows))[:sample]
		slices.Sort(rows)
		p.Rows = pack(rows, func(i int) uint32 { return uint32(i) })
		p.Note = fmt.Sprintf("%d of the points are shown here; the static picture shows all", len(rows))
	}
	p.X = pack(rows, func(i int) uint16 { return fraction(s.x[i]) })
	p.Y = pack(rows, func(i int) uint16 { return fraction(s.y[i]) })
	if s.class != nil {
		p.Class = pack(rows, func(i int) uint8 { return uint8(s.class[i]) })
		for _, c := range s.classes {
			p.Classes = append(p.Classes, classPayload{c.name, c.tint.index(), c.shape.symbol(), g.entry(c.name), c.tint == noClass})
		}
	}
	if s.values != nil {
		p.Values = pack(rows, func(i int) uint16 { return fraction(s.colors.share(s.values[i])) })
		p.Low, p.High, p.Value = s.colors.low, s.colors.high, s.colors.name
	}
	for _, i := range rows {
		if s.p.Text != nil {
			p.Text = append(p.Text, s.p.Text[i])
		}
	}
	if s.p.Images != nil {
		var err error
		if p.Thumbs, err = newThumbnails(rows, s.p.Images, g.bytes(thumbBytes)); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// fraction rounds a number in [0, 1] to 65535ths.
func fraction(v float64) uint16 { return uint16(math.Round(v * math.MaxUint16)) }

// pack writes one number for each row.
func pack[T uint8 | uint16 | uint32](rows []int, number func(i int) T) string {
	var b []byte
	for _, i := range rows {
		b, _ = binary.Append(b, binary.LittleEndian, number(i)) // fails for types of no fixed size only
	}
	return base64.StdEncoding.EncodeToString(b)
}

// shuffled returns the numbers below n in an order that depends on n only.
func shuffled(n int) []int {
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	stream := rng.New(0, "viz/order", n)
	stream.Shuffle(n, func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	return rows
}
