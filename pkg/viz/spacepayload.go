package viz

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
)

// What the data of a space may take of an output, in bytes of base64, while the notebook runs and when nothing is known of where it is kept.
const (
	spaceLive  = 1_400_000
	spaceKept  = 48_000
	thumbsLive = 300_000
)

// Up to mostRowed points keep their order, and so their row; more are ordered along a curve through the box, on which gaps are short.
const (
	mostRowed  = 150_000
	mostSpaced = 1_000_000
	knownText  = 200_000 // bytes of the text of points on a curve
	curveBits  = 10      // of a coordinate on the curve
)

// spacePayload is what the page's script draws a space of. Packed numbers are gzip in base64.
type spacePayload struct {
	Count     int            `json:"count"`
	At        []string       `json:"at,omitempty"`     // x, y and z: 16-bit, in planes, in 65535ths from −1 to 1
	Deltas    bool           `json:"deltas,omitempty"` // At holds differences
	Curve     string         `json:"curve,omitempty"`  // in place of At: gaps between places on the curve, as varints
	Rows      string         `json:"rows,omitempty"`   // gaps between the rows shown, as varints; all when empty
	Known     string         `json:"known,omitempty"`  // gaps between the points on a curve whose rows are known, of which Rows are then not gaps
	Knowns    int            `json:"knowns,omitempty"`
	Half      [3]float64     `json:"half"`
	Middle    [3]float64     `json:"middle"`
	Unit      float64        `json:"unit"` // of the data, for 1 of the box
	Side      float64        `json:"side"` // pixels for 1 of the box
	Azimuth   float64        `json:"azimuth"`
	Elevation float64        `json:"elevation"`
	Flat      bool           `json:"flat,omitempty"`
	Linked    bool           `json:"linked,omitempty"`
	Bare      bool           `json:"bare,omitempty"`
	Size      float64        `json:"size"`
	Width     float64        `json:"width,omitempty"`
	Tint      int            `json:"tint"`
	Classes   []classPayload `json:"classes,omitempty"`
	Class     string         `json:"class,omitempty"`  // uint8
	Values    string         `json:"values,omitempty"` // uint8 on the curve, else 16-bit, in planes
	Low       float64        `json:"low"`
	High      float64        `json:"high"`
	Value     string         `json:"valueName,omitempty"`
	Text      []string       `json:"text,omitempty"`
	Thumbs    *thumbnails    `json:"thumbs,omitempty"`
	Edges     string         `json:"edges,omitempty"`  // uint16, or uint32 where there are more points, in pairs
	Levels    []int          `json:"levels,omitempty"` // of each edge, in 255ths of the colours
	Diverge   bool           `json:"diverge,omitempty"`
	EdgeName  string         `json:"edgeName,omitempty"`
	EdgeValue sixDigits      `json:"edgeValues,omitempty"`
	Courses   []int          `json:"courses,omitempty"` // how many points each has
	Heads     []int          `json:"heads,omitempty"`   // the points after which arrowheads are
	Times     string         `json:"times,omitempty"`   // float32
	Seen      [][3]float64   `json:"seen"`              // a few points and where they are in the frame, which the page compares with its own
	Note      string         `json:"note,omitempty"`
	numbers   []int          // the rows that are known, as the page has them
}

// A portion is what the page is given of a space: points, in order, and edges.
type portion struct{ rows, edges []int }

func (s *space) data(f rect, g page) (any, error) {
	panels := 1.0
	if g.share < 1 {
		panels = gridShare / g.share
	}
	limit, thumbs := int(spaceLive/panels), int(thumbsLive/panels)
	if !g.live {
		limit, thumbs = int(spaceKept/panels), g.bytes(thumbBytes)
		if g.room != 0 {
			limit = int(float64(g.room) / panels)
			if s.p.Images != nil {
				limit -= thumbs * 4 / 3
			}
			limit = max(limit-1500, 2000)
		}
	}
	share := 1.0
	if all := len(s.x) + len(s.links.Edges); all > mostSpaced {
		share = mostSpaced / float64(all)
	}
	for ; ; share *= 0.85 {
		part := s.portion(share)
		p, size, err := s.pack(part, f, g)
		if err != nil {
			return nil, err
		}
		if size > limit && len(part.rows) > 8 {
			share = math.Min(share, 1.2*share*float64(limit)/float64(size)) // not far above what fits
			continue
		}
		if p.Curve != "" {
			p.Note = fmt.Sprintf("all points are here, and of %d the row", p.Knowns)
		}
		if len(part.rows) < len(s.x) || len(part.edges) < len(s.links.Edges) {
			p.Note = fmt.Sprintf("%d of %d points are shown here; the static picture shows all", len(part.rows), len(s.x))
			if s.links.Edges != nil {
				p.Note = fmt.Sprintf("%d of %d edges are shown here; the static picture shows all", len(part.edges), len(s.links.Edges))
			}
		}
		if s.p.Images != nil {
			if p.Thumbs, err = newThumbnails(p.numbers, s.p.Images, thumbs); err != nil {
				return nil, err
			}
		}
		return p, nil
	}
}

// portion returns about the given share of the space, by a fixed rule.
func (s *space) portion(share float64) portion {
	var p portion
	switch {
	case share >= 1:
		p.rows, p.edges = rowsTo(len(s.x)), rowsTo(len(s.links.Edges))
	case s.courses != nil:
		for _, c := range s.courses {
			p.rows = append(p.rows, s.bends(c, max(2, int(share*float64(c.end-c.first))))...)
		}
	default:
		take := func(n int) []int { return sampled(n, int(share*float64(n))) }
		p.rows = take(len(s.x))
		if s.links.Edges != nil {
			p.edges = take(len(s.links.Edges))
			for _, e := range p.edges {
				p.rows = append(p.rows, s.links.Edges[e][0], s.links.Edges[e][1])
			}
			slices.Sort(p.rows)
			p.rows = slices.Compact(p.rows)
		}
	}
	return p
}

// bends returns about the given number of points of a course, with the first and the last: those that stand out most from the line between
// others (D. Douglas and T. Peucker, Algorithms for the reduction of the number of points required to represent a digitized line, 1973).
func (s *space) bends(c course, count int) []int {
	type piece struct {
		a, b, at int
		off      float64
	}
	measure := func(a, b int) piece {
		w := piece{a: a, b: b, at: -1}
		p, q := s.point(a), s.point(b)
		way := [3]float64{q[0] - p[0], q[1] - p[1], q[2] - p[2]}
		square := dot(way, way)
		for i := a + 1; i < b; i++ {
			r := s.point(i)
			from := [3]float64{r[0] - p[0], r[1] - p[1], r[2] - p[2]}
			t := 0.0
			if square > 0 {
				t = math.Min(1, math.Max(0, dot(from, way)/square))
			}
			rest := [3]float64{from[0] - t*way[0], from[1] - t*way[1], from[2] - t*way[2]}
			if off := dot(rest, rest); off > w.off || w.at < 0 {
				w.at, w.off = i, off
			}
		}
		return w
	}
	rows := []int{c.first}
	if c.end-c.first > 1 {
		rows = append(rows, c.end-1)
	}
	// Every piece is cut where it bends most, round by round, so that the depth of the cuts, and the cost, stays small.
	pieces := []piece{measure(c.first, c.end-1)}
	for len(rows) < count && len(pieces) > 0 {
		slices.SortStableFunc(pieces, func(p, q piece) int {
			switch {
			case p.off > q.off:
				return -1
			case p.off < q.off:
				return 1
			}
			return p.a - q.a
		})
		half := (len(pieces) + 1) / 2
		var next []piece
		for i, w := range pieces {
			switch {
			case w.at < 0:
			case i < half && len(rows) < count:
				rows = append(rows, w.at)
				next = append(next, measure(w.a, w.at), measure(w.at, w.b))
			default:
				next = append(next, w)
			}
		}
		pieces = next
	}
	slices.Sort(rows)
	return rows
}

// pack returns the payload of a part, and the size of what of it grows with the part.
func (s *space) pack(part portion, f rect, g page) (*spacePayload, int, error) {
	border := length(boxBorder)
	if s.flat {
		border = scatterBorder * f.W
	}
	c := s.view.fitted(s.half, f, border)
	p := &spacePayload{
		Count: len(part.rows), Half: s.half, Middle: s.middle, Unit: s.unit, Side: c.unit, Azimuth: s.view.azimuth, Elevation: s.view.elevation,
		Flat: s.flat, Linked: s.linked, Bare: s.bare, Size: s.pointSize(f), Tint: soleTint.index(), Value: s.p.ValueName,
	}
	rows := part.rows
	w := &packer{}
	if len(rows) > mostRowed && s.courses == nil && s.links.Edges == nil {
		var gaps []uint32
		rows, gaps = s.alongCurve(rows)
		p.Curve = w.pack(varints(gaps))
		s.packKnown(p, rows, w)
	} else {
		p.Deltas = s.courses != nil
		for j := range s.at {
			p.At = append(p.At, w.pack(s.planes(rows, func(i int) uint16 { return fraction((s.at[j][i] + 1) / 2) })))
		}
		if len(rows) < len(s.x) {
			p.Rows = w.pack(varints(gapsOf(rows)))
		}
	}
	step := max(1, len(rows)/4)
	for k := 0; k < len(rows); k += step {
		at := c.see(s.point(rows[k]))
		p.Seen = append(p.Seen, [3]float64{float64(k), math.Round(100*(at.x-f.X)) / 100, math.Round(100*(at.y-f.Y)) / 100})
	}
	if s.class != nil {
		for _, c := range s.classes {
			p.Classes = append(p.Classes, classPayload{c.name, c.tint.index(), c.shape.symbol(), g.entry(c.name), c.tint == noClass})
		}
		p.Class = w.pack(numbers8(rows, func(i int) uint8 { return uint8(s.class[i]) }))
	}
	if s.values != nil {
		p.Low, p.High, p.Value = s.colors.low, s.colors.high, s.colors.name
		if p.Curve != "" {
			p.Values = w.pack(numbers8(rows, func(i int) uint8 { return uint8(math.Round(255 * s.colors.share(s.values[i]))) }))
		} else {
			p.Values = w.pack(s.planes(rows, func(i int) uint16 { return fraction(s.colors.share(s.values[i])) }))
		}
	}
	if p.numbers == nil {
		p.numbers = rows
	}
	if s.p.Text != nil {
		size := 0
		for _, i := range p.numbers {
			p.Text = append(p.Text, s.p.Text[i])
			size += len(s.p.Text[i]) + 3
		}
		if p.Curve != "" && size > knownText {
			p.Text, size = nil, 0
		}
		w.size += size
	}
	if s.width > 0 {
		p.Width = s.lineSize(f)
	}
	if s.links.Edges != nil {
		s.packLinks(p, part, w)
	}
	if s.courses != nil {
		s.packCourses(p, rows, w)
	}
	return p, w.size, w.err
}

// packKnown adds the rows of some of the points on a curve.
func (s *space) packKnown(p *spacePayload, rows []int, w *packer) {
	known := make([]bool, len(s.x))
	for _, i := range sampled(len(s.x), knownRows) {
		known[i] = true
	}
	var at []int
	var numbers []uint32
	for k, i := range rows {
		if known[i] {
			at, numbers, p.numbers = append(at, k), append(numbers, uint32(i)), append(p.numbers, i)
		}
	}
	p.Known, p.Rows, p.Knowns = w.pack(varints(gapsOf(at))), w.pack(varints(numbers)), len(at)
}

func (s *space) packLinks(p *spacePayload, part portion, w *packer) {
	place := make(map[int]int, len(part.rows))
	for k, i := range part.rows {
		place[i] = k
	}
	var ends []byte
	for _, e := range part.edges {
		for _, end := range s.links.Edges[e] {
			if len(part.rows) > math.MaxUint16 {
				ends = binary.LittleEndian.AppendUint32(ends, uint32(place[end]))
			} else {
				ends = binary.LittleEndian.AppendUint16(ends, uint16(place[end]))
			}
		}
		if s.tones != nil {
			v := s.links.Values[e]
			p.Levels, p.EdgeValue = append(p.Levels, int(math.Round(255*s.tones.share(v)))), append(p.EdgeValue, v)
			w.size += 12
		}
	}
	p.Edges = w.pack(ends)
	if s.tones != nil {
		p.Diverge, p.EdgeName = s.tones.diverging, s.tones.name
	}
}

func (s *space) packCourses(p *spacePayload, rows []int, w *packer) {
	first := 0
	timed := false
	for _, c := range s.courses {
		end := first
		for end < len(rows) && rows[end] < c.end {
			end++
		}
		p.Courses = append(p.Courses, end-first)
		for _, h := range s.heads(c) { // after the last point kept before it
			k, _ := slices.BinarySearch(rows, h+1)
			if k = max(first, k-1); k+1 < end && !slices.Contains(p.Heads, k) {
				p.Heads = append(p.Heads, k)
			}
		}
		for i := c.first; i < c.end; i++ {
			timed = timed || s.times[i] != float64(i-c.first)
		}
		first = end
	}
	if timed {
		var b []byte
		for _, i := range rows {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(s.times[i])))
		}
		p.Times = w.pack(b)
	}
}

// alongCurve orders rows along a curve that fills the box, on which the bits of the coordinates take turns (G. M. Morton, A computer oriented
// geodetic data base, 1966), and returns the gaps between them there.
func (s *space) alongCurve(rows []int) ([]int, []uint32) {
	type place struct {
		code uint32
		row  int
	}
	places := make([]place, len(rows))
	for k, i := range rows {
		places[k].row = i
		for j := range s.at {
			places[k].code |= spread(uint32(math.Round((s.at[j][i]+1)/2*(1<<curveBits-1)))) << j
		}
	}
	slices.SortFunc(places, func(p, q place) int {
		if p.code != q.code {
			return int(p.code) - int(q.code)
		}
		return p.row - q.row
	})
	order, gaps, last := make([]int, len(rows)), make([]uint32, len(rows)), uint32(0)
	for k, p := range places {
		order[k], gaps[k], last = p.row, p.code-last, p.code
	}
	return order, gaps
}

// spread leaves two empty bits after each of ten bits.
func spread(v uint32) uint32 {
	v = (v | v<<16) & 0x030000FF
	v = (v | v<<8) & 0x0300F00F
	v = (v | v<<4) & 0x030C30C3
	return (v | v<<2) & 0x09249249
}

// A packer packs numbers and counts the bytes.
type packer struct {
	size int
	err  error
}

func (w *packer) pack(b []byte) string {
	text, err := pack64(b)
	if err != nil {
		w.err = err
	}
	w.size += len(text)
	return text
}

// planes returns a number of each row, or, of courses, whose numbers hardly change, how much it exceeds the one before.
func (s *space) planes(rows []int, number func(i int) uint16) []byte {
	last := uint16(0)
	return planes(len(rows), func(k int) uint16 {
		v := number(rows[k])
		d := v - last
		if s.courses != nil {
			last = v
		}
		return d
	})
}
