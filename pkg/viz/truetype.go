package viz

import (
	"encoding/binary"
	"errors"
	"slices"

	"golang.org/x/image/font/sfnt"
)

var errTypeface = errors.New("viz: the typeface is no TrueType font with outlines")

// subset returns a TrueType font (Apple's reference manual; ISO/IEC 14496-22) with the outlines of the given glyphs and of what these are
// made of. Glyphs keep their numbers; those beyond the last that is used are gone, and the others of no outline.
func subset(font []byte, glyphs []sfnt.GlyphIndex) (small []byte, err error) {
	defer func() {
		if recover() != nil { // an index that the font itself gives lies outside it
			small, err = nil, errTypeface
		}
	}()
	be := binary.BigEndian
	font = font[:len(font):len(font)] // nothing beyond its end
	tables := map[string][]byte{}
	for i := range int(be.Uint16(font[4:])) {
		record := font[12+16*i:]
		at, size := be.Uint32(record[8:]), be.Uint32(record[12:])
		tables[string(record[:4])] = font[at : at+size]
	}
	for _, name := range []string{"head", "hhea", "hmtx", "maxp", "loca", "glyf"} {
		if tables[name] == nil {
			return nil, errTypeface
		}
	}
	long := be.Uint16(tables["head"][50:]) == 1
	outline := func(g uint16) []byte {
		if long {
			loca := tables["loca"][4*int(g):]
			return tables["glyf"][be.Uint32(loca):be.Uint32(loca[4:])]
		}
		loca := tables["loca"][2*int(g):]
		return tables["glyf"][2*int(be.Uint16(loca)) : 2*int(be.Uint16(loca[2:]))]
	}

	used := map[uint16]bool{}
	var use func(g uint16)
	use = func(g uint16) {
		if used[g] {
			return
		}
		used[g] = true
		for _, part := range parts(outline(g)) {
			use(part)
		}
	}
	use(0)
	last := uint16(0)
	for _, g := range glyphs {
		use(uint16(g))
	}
	for g := range used {
		last = max(last, g)
	}

	var glyf, loca []byte
	for g := range int(last) + 1 {
		loca = be.AppendUint32(loca, uint32(len(glyf)))
		if used[uint16(g)] {
			glyf = append(glyf, outline(uint16(g))...)
			glyf = append(glyf, make([]byte, -len(glyf)&3)...)
		}
	}
	loca = be.AppendUint32(loca, uint32(len(glyf)))
	head, hhea, maxp := slices.Clone(tables["head"]), slices.Clone(tables["hhea"]), slices.Clone(tables["maxp"])
	be.PutUint32(head[8:], 0) // the sum of the file is added at last
	be.PutUint16(head[50:], 1)
	be.PutUint16(maxp[4:], last+1)
	widths := min(be.Uint16(hhea[34:]), last+1)
	hmtx := tables["hmtx"][:4*int(widths)+2*int(last+1-widths)]
	be.PutUint16(hhea[34:], widths)
	out := []struct {
		name string
		data []byte
	}{
		{"cvt ", tables["cvt "]}, {"fpgm", tables["fpgm"]}, {"glyf", glyf}, {"head", head}, {"hhea", hhea}, {"hmtx", hmtx}, {"loca", loca},
		{"maxp", maxp}, {"prep", tables["prep"]},
	}

	n := len(out)
	small = be.AppendUint32(nil, 0x00010000)
	for _, v := range []int{n, 128, 3, 16*n - 128} { // n is 9; 8 is the power of two below
		small = be.AppendUint16(small, uint16(v))
	}
	at, headAt := len(small)+16*n, 0
	for _, t := range out {
		small = append(small, t.name...)
		small = be.AppendUint32(small, sum(t.data))
		small = be.AppendUint32(small, uint32(at))
		small = be.AppendUint32(small, uint32(len(t.data)))
		if t.name == "head" {
			headAt = at
		}
		at += (len(t.data) + 3) &^ 3
	}
	for _, t := range out {
		small = append(small, t.data...)
		small = append(small, make([]byte, -len(small)&3)...)
	}
	be.PutUint32(small[headAt+8:], 0xB1B0AFBA-sum(small))
	return small, nil
}

// parts returns the glyphs that an outline is made of, if it is made of others.
func parts(outline []byte) (of []uint16) {
	const (
		words, more               = 1 << 0, 1 << 5
		scaled, stretched, turned = 1 << 3, 1 << 6, 1 << 7
	)
	be := binary.BigEndian
	if len(outline) == 0 || int16(be.Uint16(outline)) >= 0 {
		return nil
	}
	for at := 10; ; {
		flags := be.Uint16(outline[at:])
		of = append(of, be.Uint16(outline[at+2:]))
		at += 6
		if flags&words != 0 {
			at += 2
		}
		switch {
		case flags&scaled != 0:
			at += 2
		case flags&stretched != 0:
			at += 4
		case flags&turned != 0:
			at += 8
		}
		if flags&more == 0 {
			return of
		}
	}
}

// sum is that of a table's big-endian words.
func sum(table []byte) (s uint32) {
	for i, b := range table {
		s += uint32(b) << (24 - 8*(i&3))
	}
	return s
}
