package viz

import (
	"fmt"
	"math"
	"slices"
)

// What the page has of points that move: how many at most, how fine their places are, and how many of their snapshots stay when there is not
// room for all, before rows are left out. A chart that is kept has less.
const (
	mostMoving, mostMovingKept       = mostMarkers, 3000
	movingBits, movingBitsKept       = 13, 11
	fewestStates, fewestStatesKept   = 40, 16
	movingBytes, movingBytesOfAPanel = 1_250_000, 400_000
)

// mostMarkers is up to how many points the page draws one by one.
const mostMarkers = 20_000

// movingPayload is what the page's script draws points that move of: those of the last snapshot, and the places of all.
type movingPayload struct {
	*scatterPayload
	Bits   int            `json:"bits2"` // of a place
	States []statePayload `json:"states"`
	Tiles  []tilePayload  `json:"tiles,omitempty"`
	Ways   *waysPayload   `json:"ways,omitempty"`
}

type statePayload struct {
	Label string `json:"label"`
	At    string `json:"at"` // of x and then of y, how much each is more than in the state before, zigzag, in planes
}

type tilePayload struct {
	rect
	State int `json:"state"`
}

// waysPayload says how the ways from the first to the last state are drawn.
type waysPayload struct {
	Points string    `json:"points"` // the gaps between the points that have one, zigzag, the faintest first
	Counts []int     `json:"counts"` // of each degree of strength
	Shares []float64 `json:"shares"`
	Width  float64   `json:"width"`
}

func (m *moving) data(f rect, g page) (any, error) {
	rows, count := len(m.x), len(m.states)
	most, bits, fewest, room := mostMoving, movingBits, fewestStates, movingBytes
	if g.share < 1 {
		room = movingBytesOfAPanel
	}
	if !g.live {
		most, bits, fewest, room = mostMovingKept, movingBitsKept, fewestStatesKept, math.MaxInt
		if g.room != 0 {
			room = int(float64(g.room) * min(1, g.share/gridShare))
			if m.p.Images != nil {
				room -= g.bytes(thumbBytes) * 4 / 3
			}
			room = max(room, 2000)
		}
	}
	rows = min(rows, most)
	for {
		p, err := m.pack(f, g, rows, count, bits, room/3)
		if err != nil {
			return nil, err
		}
		over := float64(p.size()) / float64(room)
		if over > 1 && (rows > 50 || count > 8) {
			shrink := 0.93 / over
			fewer := max(min(count, fewest), int(float64(count)*shrink))
			if rows <= 50 {
				fewer = max(8, int(float64(count)*shrink))
			}
			shrink *= float64(count) / float64(fewer)
			rows, count = max(min(rows, 50), int(float64(rows)*math.Min(1, shrink))), fewer
			continue
		}
		p.Note = m.left(rows, len(p.States))
		return p, m.illustrate(p.scatterPayload, g.bytes(thumbBytes))
	}
}

// left says what of the chart is not on the page.
func (m *moving) left(rows, states int) string {
	switch {
	case rows < len(m.x) && states < len(m.states):
		return fmt.Sprintf("%d of the points and %d of the snapshots are here; the static picture shows all points", rows, states)
	case rows < len(m.x):
		return fmt.Sprintf("%d of the points are shown here; the static picture shows all", rows)
	case states < len(m.states):
		return fmt.Sprintf("%d of the snapshots are here", states)
	}
	return ""
}

// pack is some of the rows in some of the states.
func (m *moving) pack(f rect, g page, rows, states, bits, text int) (*movingPayload, error) {
	some := rowsTo(len(m.x))
	if rows < len(some) {
		some = sampled(len(m.x), rows)
	}
	s, err := m.plain(f, g, some)
	if err != nil {
		return nil, err
	}
	if err := m.say(s, text); err != nil {
		return nil, err
	}
	p := &movingPayload{scatterPayload: s, Bits: bits}
	chosen := append(evenly(len(m.states), states), m.strip...)
	slices.Sort(chosen)
	chosen = slices.Compact(chosen)
	last, scale := make([]uint16, 2*len(some)), float64(int(1)<<bits-1)
	for _, i := range chosen {
		at := m.states[i]
		step := func(k int) uint16 {
			v := at.x
			if k >= len(some) {
				v = at.y
			}
			now := uint16(math.Round(v[some[k%len(some)]] * scale))
			by := int16(now - last[k])
			last[k] = now
			return uint16(by<<1 ^ by>>15)
		}
		packed, err := pack64(planes(len(last), step))
		if err != nil {
			return nil, err
		}
		p.States = append(p.States, statePayload{at.name + at.loss, packed})
	}
	for i, t := range m.tiles(f) {
		p.Tiles = append(p.Tiles, tilePayload{t, slices.Index(chosen, m.strip[i])})
	}
	if m.lengths != nil {
		p.Ways, err = m.packWays(some)
	}
	return p, err
}

func (m *moving) packWays(some []int) (*waysPayload, error) {
	place := make(map[int]int, len(some))
	for k, i := range some {
		place[i] = k
	}
	rows := m.ways(some)
	w := &waysPayload{Counts: make([]int, wayDegrees), Width: wayWidth}
	gaps, last := make([]uint32, len(rows)), 0
	for k, i := range rows {
		w.Counts[m.wayDegree(i)]++
		by := place[i] - last
		gaps[k], last = uint32(by<<1^by>>63), place[i]
	}
	for degree := range wayDegrees {
		w.Shares = append(w.Shares, round3(wayShare(degree, len(rows))))
	}
	var err error
	w.Points, err = pack64(varints(gaps))
	return w, err
}

func round3(v float64) float64 { return math.Round(1000*v) / 1000 }

func (p *movingPayload) size() int {
	n := p.scatterPayload.size()
	for _, s := range p.States {
		n += len(s.At) + len(s.Label) + 24
	}
	if p.Ways != nil {
		n += len(p.Ways.Points) + 200
	}
	return n
}
