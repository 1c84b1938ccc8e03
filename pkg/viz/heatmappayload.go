package viz

import (
	"encoding/binary"
	"math"
	"slices"
)

// The cells on the page: how many bytes they take, packed; for how many each takes two bytes; and how many bytes of names go with them.
const (
	cellBytes  = 36 << 10
	exactCells = 4000
	nameBytes  = 8 << 10
)

// heatmapPayload is what the page's script draws a heatmap of.
type heatmapPayload struct {
	Rows      int      `json:"rows"` // of what is shown
	Columns   int      `json:"columns"`
	Side      int      `json:"side"` // how many rows and columns of the matrix one shown stands for
	AllRows   int      `json:"allRows"`
	AllCols   int      `json:"allColumns"`
	Cells     string   `json:"cells"`  // uint8, or uint16 when Levels says so, row by row, gzip in base64
	Levels    int      `json:"levels"` // the largest number in Cells, which stands for High
	Low       float64  `json:"low"`
	High      float64  `json:"high"`
	From      float64  `json:"from"` // of the colours
	To        float64  `json:"to"`
	Diverging bool     `json:"diverging,omitempty"`
	RowNames  []string `json:"rowNames,omitempty"`
	ColNames  []string `json:"columnNames,omitempty"`
	Down      string   `json:"down,omitempty"`
	Across    string   `json:"across,omitempty"`
	Value     string   `json:"valueName,omitempty"`
	Decimals  int      `json:"decimals"` // of the numbers in cells; −1 when there are none
	TextSize  int      `json:"textSize"`
	Text      []string `json:"text,omitempty"` // of the cells, row by row, in place of their numbers
}

func (h *heatmap) data(f rect, g page) (any, error) {
	p := &heatmapPayload{
		AllRows: h.rows, AllCols: h.columns, Low: h.values.low, High: h.values.high, From: h.colors.low, To: h.colors.high,
		Diverging: h.colors.diverging, Down: h.cells.Down, Across: h.cells.Across, Value: h.cells.Name, Decimals: -1, TextSize: cellSize,
	}
	s, err := newSheet(nil, &light, height)
	if err != nil {
		return nil, err
	}
	if h.numbered(s, f) {
		p.Decimals = h.decimals()
	}
	if size(h.cells.Rows)+size(h.cells.Columns) <= g.bytes(nameBytes) {
		p.RowNames, p.ColNames = h.cells.Rows, h.cells.Columns
	}
	if h.rows*h.columns <= exactCells && size(slices.Concat(h.cells.Text...)) <= g.bytes(nameBytes) {
		p.Text = slices.Concat(h.cells.Text...)
	}
	// A page may have two pixels where the picture has one.
	p.Side = max(1, int(math.Ceil(math.Max(float64(h.columns)/(2*f.W), float64(h.rows)/(2*f.H)))))
	for ; ; p.Side++ {
		rows, columns, values := h.blocks(p.Side)
		for _, p.Levels = range [...]int{math.MaxUint16, math.MaxUint8, 63, 31} {
			if p.Levels > math.MaxUint8 && len(values) > exactCells {
				continue
			}
			if p.Cells, err = pack64(quantized(values, h.values, p.Levels)); err != nil {
				return nil, err
			}
			if len(p.Cells) <= g.packed(cellBytes) || len(values) == 1 {
				p.Rows, p.Columns = rows, columns
				return p, nil
			}
		}
	}
}

// quantized returns the numbers as levels of their range: bytes, or pairs of bytes for more than 255 levels.
func quantized(values []float64, e extent, levels int) []byte {
	var b []byte
	for _, v := range values {
		share := 0.0
		if e.high > e.low {
			share = math.Min(1, math.Max(0, (v/2-e.low/2)/(e.high/2-e.low/2)))
		}
		q := uint16(math.Round(share * float64(levels)))
		if levels > math.MaxUint8 {
			b = binary.LittleEndian.AppendUint16(b, q)
		} else {
			b = append(b, uint8(q))
		}
	}
	return b
}

func size(names []string) (n int) {
	for _, s := range names {
		n += len(s) + 3
	}
	return n
}
