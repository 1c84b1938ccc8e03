package viz

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// mostNumbers is how many numbers the interactive chart shows of all series together.
const mostNumbers = 6000

// linesPayload is what the page's script draws lines of.
type linesPayload struct {
	X      axisPayload     `json:"x"`
	Y      axisPayload     `json:"y"`
	Series []seriesPayload `json:"series"`
	Note   string          `json:"note,omitempty"`
}

type axisPayload struct {
	Name string  `json:"name,omitempty"`
	Log  bool    `json:"log,omitempty"`
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

func (s span) payload() axisPayload { return axisPayload{s.Name, s.Log, s.low, s.high} }

type seriesPayload struct {
	Name   string    `json:"name,omitempty"`
	Entry  int       `json:"entry"`
	Tint   int       `json:"tint"`
	Symbol string    `json:"symbol"`
	Size   float64   `json:"size"`
	Width  float64   `json:"width"`
	Rim    float64   `json:"rim"`
	Marked bool      `json:"marked,omitempty"`
	Dashed bool      `json:"dashed,omitempty"`
	Dots   bool      `json:"dots,omitempty"`
	Ends   bool      `json:"ends,omitempty"` // Low and High are whiskers' ends
	X      sixDigits `json:"x,omitempty"`    // 0, 1, … when empty
	Y      sixDigits `json:"y"`
	Low    sixDigits `json:"low,omitempty"`
	High   sixDigits `json:"high,omitempty"`
}

// sixDigits are numbers written with six digits.
type sixDigits []float64

func (n sixDigits) MarshalJSON() ([]byte, error) {
	b := []byte{'['}
	for i, v := range n {
		if i > 0 {
			b = append(b, ',')
		}
		if math.Abs(v) < 1e6 && v == math.Trunc(v) {
			b = strconv.AppendFloat(b, v, 'f', 0, 64)
		} else {
			b = strconv.AppendFloat(b, v, 'g', 6, 64)
		}
	}
	return append(b, ']'), nil
}

var _ json.Marshaler = sixDigits(nil)

func (l *lines) data(_ rect, g page) (any, error) {
	p := &linesPayload{X: l.x.payload(), Y: l.y.payload()}
	all := 0
	for _, s := range l.series {
		all += 2*len(s.Y) + len(s.Low) + len(s.High)
	}
	shown, of := 0, 0
	for i, s := range l.series {
		rows := l.thin(s, g.share*mostNumbers/float64(all)*float64(len(s.Y)))
		pick := func(from []float64) sixDigits {
			if from == nil {
				return nil
			}
			to := make(sixDigits, len(rows))
			for k, row := range rows {
				to[k] = from[row]
			}
			return to
		}
		x := s.X
		if x == nil && len(rows) < len(s.Y) {
			x = make([]float64, len(s.Y))
			for j := range x {
				x[j] = float64(j)
			}
		}
		size := s.marker()
		p.Series = append(p.Series, seriesPayload{
			Name: s.Name, Entry: g.entry(s.Name), Tint: l.tints[i].index(), Symbol: l.shape(i).symbol(), Size: round(size), Width: s.width(), Rim: rim(size),
			Marked: s.marked(), Dashed: s.Dashed, Dots: s.Dots, Ends: s.whiskered(), X: pick(x), Y: pick(s.Y), Low: pick(s.Low), High: pick(s.High),
		})
		shown, of = shown+len(rows), of+len(s.Y)
	}
	if shown < of {
		p.Note = fmt.Sprintf("%d of %d points are shown here; the static picture shows all", shown, of)
	}
	return p, nil
}

// thin returns the rows of a series to draw when at most about the given number may be: all, or the least and the greatest of equal parts of
// the x axis, and the ends. Where x turns back, they are equal parts of the series.
func (l *lines) thin(s Series, most float64) []int {
	n := len(s.Y)
	rows := make([]int, 0, min(n, int(most)+2))
	if float64(n) <= most || n < 8 {
		for i := range n {
			rows = append(rows, i)
		}
		return rows
	}
	parts := max(2, int(most/2)-1)
	ordered := s.X == nil || slices.IsSorted(s.X)
	part := func(i int) int {
		if !ordered {
			return i * parts / n
		}
		return int(math.Min(1, math.Max(0, l.x.share(s.at(i)))) * float64(parts))
	}
	add := func(i int) {
		if len(rows) == 0 || i > rows[len(rows)-1] {
			rows = append(rows, i)
		}
	}
	add(0)
	for from := 0; from < n; {
		least, greatest, to := from, from, from
		for ; to < n && part(to) == part(from); to++ {
			if s.Y[to] < s.Y[least] {
				least = to
			}
			if s.Y[to] > s.Y[greatest] {
				greatest = to
			}
		}
		add(min(least, greatest))
		add(max(least, greatest))
		from = to
	}
	add(n - 1)
	return rows
}
