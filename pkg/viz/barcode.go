package viz

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// mostLives is how many bars a barcode shows.
const mostLives = 200

// barcode is the figure that Barcode makes.
type barcode struct {
	*homology
	shown  []lives // the longest
	bars   int     // how many that are
	bounds plane
	x      span
}

// Barcode draws persistent homology as bars from the birth of every class to its death, dimension below dimension, by birth; of one birth the
// longest comes first. The bar of an essential class runs to the edge and ends in an arrow. In the notebook a bar says its birth, death and
// length under the pointer, and a click on a dimension's name shows it alone.
//
//	p, err := topology.Rips{}.Compute(ctx, x)
//	viz.Barcode(p)
//
// Given a confidence band, as of topology.HausdorffBand, bars that may be sampling are grey:
//
//	b, err := topology.HausdorffBand{}.Compute(ctx, x)
//	viz.Barcode(p, b)
//
// Of more than 200 bars it shows the longest of each dimension, essential ones first, and says so. The caption is the result's own, if it has a
// method Caption() string.
//
// What is wrong with the arguments is the chart's error: [mat32.ErrEmpty] without a class, a [*mat32.ShapeError] for slices of unequal lengths, a
// [*mat32.ParamError] for a dimension below 0, a birth that is not finite, a death before it, and axes and rules that do not suit: only the
// x axis has numbers, and for more than one band or one out of range. It costs O(n·log n).
func Barcode(h Homology, band ...Margin) *Chart {
	m, err := newHomology(h)
	if err == nil {
		err = m.within(band)
	}
	if err != nil {
		return &Chart{err: fmt.Errorf("viz.Barcode: %w", err)}
	}
	b := &barcode{homology: m}
	b.choose()
	return planarChart("viz.Barcode", b, plane{})
}

// choose finds the bars to show: as many of each dimension, where they have as many.
func (b *barcode) choose() {
	share := func(each int) (total int) {
		for _, l := range b.of {
			total += min(each, len(l.all))
		}
		return total
	}
	each := 1
	for each < b.count && share(each+1) <= mostLives {
		each++
	}
	for _, l := range b.of {
		kept := slices.Clone(l.all)
		slices.SortStableFunc(kept, func(a, b life) int { return cmp.Compare(b.death-b.birth, a.death-a.birth) })
		kept = kept[:min(each, len(kept))]
		slices.SortFunc(kept, func(a, b life) int { return cmp.Or(cmp.Compare(a.birth, b.birth), cmp.Compare(b.death, a.death)) })
		b.shown = append(b.shown, lives{l.dimension, kept})
		b.bars += len(kept)
	}
}

func (b *barcode) plane() plane { return b.bounds }

func (b *barcode) on(p plane) (figure, error) {
	e, err := b.extent(p)
	if err != nil {
		return nil, err
	}
	return b.spanning(p, e)
}

// extent returns the range of the births, deaths and rules.
func (b *barcode) extent(p plane) (extent, error) {
	e := b.reaches
	for i, r := range p.rules {
		where := fmt.Sprintf("Rules[%d]", i)
		if !r.Vertical {
			return e, param(where, "Vertical", false, "true: a line at a scale, for bars have no numbers from top to bottom")
		}
		if err := finite(where, "At", []float64{r.At}); err != nil {
			return e, err
		}
		e.add(r.At)
	}
	return e, nil
}

// spanning returns the figure on an axis for the given range.
func (b *barcode) spanning(p plane, e extent) (figure, error) {
	m := *b
	m.bounds = p
	if p.x.Name == "" {
		p.x.Name = "scale"
	}
	var err error
	m.x, err = p.x.span("Axes.X", e, 0.05, true)
	return &m, err
}

func (b *barcode) kind() string { return "barcode" }

func (b *barcode) arrange() arrangement { return single(b) }

func (b *barcode) caption() string {
	if b.bars == b.count {
		return b.source
	}
	note := fmt.Sprintf("the %d longest of %d bars", b.bars, b.count)
	if b.source == "" {
		return note
	}
	return b.source + " · " + note
}

func (b *barcode) summary() string {
	return fmt.Sprintf("Barcode of %d bars: %s", b.count, b.counted())
}

func (b *barcode) key() key {
	var k key
	for _, l := range b.shown {
		k.entries = append(k.entries, entry{name: l.name(), tint: l.tint(), shape: "rect"})
	}
	return k
}

// The room of a bar, at most, and between dimensions.
const (
	barPitch   = 20
	betweenDim = 9
)

// free is the y axis, which has no numbers.
func free() span { return span{low: 0, high: 1, names: []string{}} }

func (b *barcode) insets(s *sheet, room rect) insets {
	return planeInsets(s, room, room.W, b.x, free())
}

func (b *barcode) fit(w, h length) (length, length) {
	return w, math.Min(h, math.Max(60, barPitch*length(b.bars)+betweenDim*length(len(b.shown)+1)))
}

func (b *barcode) axes(s *sheet, f rect) decor {
	d := planeAxes(s, f, b.x, free(), fromX)
	d.stroke(rule, f.X, f.bottom(), f.right(), f.bottom())
	d.add(ruleDecor(s, f, b.x, free(), b.bounds.rules))
	return d
}

func (b *barcode) groups(f rect) []group {
	pitch := (f.H - betweenDim*length(len(b.shown)+1)) / length(b.bars)
	thick := math.Min(10, math.Max(0.8, 0.7*pitch))
	head := math.Min(11, math.Max(8, 1.1*pitch))
	var all []group
	y := f.Y
	for _, l := range b.shown {
		y += betweenDim
		dying := group{name: l.name(), tint: l.tint(), width: thick}
		lasting, heads := dying, dying
		heads.width, heads.size, heads.shape, heads.flat, heads.mute = 0, head, onward, true, true
		noise := dying
		noise.tint = noClass
		var seen [3][]life
		for _, one := range l.all {
			middle := y + pitch/2
			y += pitch
			from := place(f, b.x, free(), one.birth, 0)[0]
			to := f.right() - head/2
			if !one.essential() {
				to = place(f, b.x, free(), one.death, 0)[0]
				to = math.Max(to, from+1) // what lives for no time to be seen is a dot
			}
			from, to = math.Max(from, f.X), math.Min(to, f.right())
			if from >= to {
				continue
			}
			bar := [][2]length{{from, middle}, {to, middle}}
			if one.essential() {
				lasting.at, seen[1] = append(lasting.at, bar), append(seen[1], one)
				heads.at = append(heads.at, [][2]length{{to, middle}})
				continue
			}
			if b.noise(one) {
				noise.at, seen[2] = append(noise.at, bar), append(seen[2], one)
				continue
			}
			dying.at, seen[0] = append(dying.at, bar), append(seen[0], one)
		}
		dying.titles, dying.columns = same(l.name(), len(seen[0])), columns(seen[0])
		lasting.titles, lasting.columns = same(l.name()+", essential", len(seen[1])), columns(seen[1])
		noise.titles, noise.columns = same(l.name()+", within the band", len(seen[2])), columns(seen[2])
		for _, g := range []group{noise, dying, lasting, heads} {
			if len(g.at) > 0 {
				all = append(all, g)
			}
		}
	}
	return all
}

func (b *barcode) draw(s *sheet, f rect) { s.marks(b.groups(f), f) }

func (b *barcode) data(f rect, g page) (any, error) { return packMarks(b.groups(f), false, g) }
