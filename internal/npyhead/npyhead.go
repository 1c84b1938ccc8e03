// Package npyhead reads and writes how a NumPy file begins: what type its values have, in which order and shape they lie, and
// where they start (numpy.lib.format, versions 1 to 3). The values themselves are the caller's.
//
// A head is a mark, a version, the length of a text, and the text: a dictionary in Python's notation, which ends with a line
// feed where the values start at a multiple of 64 bytes.
package npyhead

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// Head is what a file says of its values.
type Head struct {
	Type    string // as NumPy writes it: the order of bytes (<, > or |), the kind, and the bytes or characters of a value: "<f4"
	Fortran bool   // whether the first index runs fastest, and not the last
	Shape   []int  // empty for a single value
	Values  int    // how many there are: the product of the shape
	Offset  int64  // where they start, counted from the mark
}

const (
	mark = "\x93NUMPY"
	// No text of a head is longer: NumPy itself reads 10 000 bytes and no more unless it is told to.
	most = 1 << 20
	// Values start at a multiple of this.
	align = 64
	// NumPy leaves room for a longer first (or, by columns, last) axis, so that rows can be appended in place.
	roomForAxis = 21
)

// Read reads a head, and not a byte of the values. Errors say what is wrong with it, and are not those of r.
func Read(r io.Reader) (Head, error) {
	var h Head
	fixed := make([]byte, len(mark)+2)
	if _, err := io.ReadFull(r, fixed); err != nil || !bytes.HasPrefix(fixed, []byte(mark)) {
		return h, fmt.Errorf("it does not begin with the mark of one")
	}
	width := 4
	switch version := fixed[len(mark)]; version {
	case 1:
		width = 2
	case 2, 3:
	default:
		return h, fmt.Errorf("its format has version %d, want 1, 2 or 3", version)
	}
	length := make([]byte, 4)
	if _, err := io.ReadFull(r, length[:width]); err != nil {
		return h, fmt.Errorf("its header is cut short")
	}
	n := binary.LittleEndian.Uint32(length)
	if n > most {
		return h, fmt.Errorf("its header has %d bytes, want at most %d", n, most)
	}
	var text bytes.Buffer // which grows with what there is
	if held, err := io.CopyN(&text, r, int64(n)); err != nil || held < int64(n) {
		return h, fmt.Errorf("its header is cut short")
	}
	h.Offset = int64(len(fixed)+width) + int64(n)
	return h, h.parse(text.String())
}

// parse reads the dictionary.
func (h *Head) parse(text string) error {
	p := literal{text}
	found := map[string]bool{}
	if !p.take("{") {
		return fmt.Errorf("its header is no dictionary")
	}
	for !p.take("}") {
		key, ok := p.quoted()
		if !ok || !p.take(":") {
			return fmt.Errorf("its header is no dictionary: it does not tell a key at %.20q", p.rest)
		}
		if found[key] {
			return fmt.Errorf("its header tells the %s twice", key)
		}
		found[key] = true
		switch key {
		case "descr":
			if h.Type, ok = p.quoted(); !ok {
				return fmt.Errorf("its header does not tell one type of all values as descr, but %.40s: records are not read", strings.TrimSpace(p.rest))
			}
		case "fortran_order":
			switch {
			case p.take("True"):
				h.Fortran = true
			case !p.take("False"):
				return fmt.Errorf("its header does not tell the fortran_order, but %.20q", p.rest)
			}
		case "shape":
			if h.Shape, ok = p.tuple(); !ok {
				return fmt.Errorf("its header does not tell the shape, but %.40q", p.rest)
			}
		default:
			return fmt.Errorf("its header has an unknown key %.40q", key)
		}
		if !p.take(",") && !strings.HasPrefix(p.rest, "}") {
			return fmt.Errorf("its header does not go on after the %s, but with %.20q", key, p.rest)
		}
	}
	for _, key := range []string{"descr", "fortran_order", "shape"} {
		if !found[key] {
			return fmt.Errorf("its header does not tell the %s", key)
		}
	}
	values, ok := Product(h.Shape)
	if !ok {
		return fmt.Errorf("its shape is %s, more values than there are addresses", Tuple(h.Shape))
	}
	h.Values = values
	return nil
}

// Product returns the number of values of a shape, and whether that many, of 16 bytes each, can be counted.
func Product(shape []int) (int, bool) {
	n, empty := 1, false
	for _, s := range shape {
		if s == 0 {
			empty = true
			continue
		}
		if s < 0 || n > math.MaxInt/16/s {
			return 0, false
		}
		n *= s
	}
	if empty {
		n = 0
	}
	return n, true
}

// literal is what is left of a text in Python's notation.
type literal struct{ rest string }

func (p *literal) space() { p.rest = strings.TrimLeft(p.rest, " \t\r\n") }

// take reads a token that is next, and the space before and after it.
func (p *literal) take(token string) bool {
	p.space()
	rest, ok := strings.CutPrefix(p.rest, token)
	if ok {
		p.rest = rest
		p.space()
	}
	return ok
}

// quoted reads a string without escapes: none of those that a head needs has any.
func (p *literal) quoted() (string, bool) {
	p.space()
	for _, quote := range []string{"'", `"`} {
		if rest, ok := strings.CutPrefix(p.rest, quote); ok {
			s, rest, ok := strings.Cut(rest, quote)
			if !ok || strings.Contains(s, `\`) {
				return "", false
			}
			p.rest = rest
			return s, true
		}
	}
	return "", false
}

// tuple reads sizes of 0 or more.
func (p *literal) tuple() ([]int, bool) {
	if !p.take("(") {
		return nil, false
	}
	shape := []int{}
	for !p.take(")") {
		end := strings.IndexFunc(p.rest, func(c rune) bool { return c < '0' || c > '9' })
		if end < 1 {
			return nil, false
		}
		v, err := strconv.Atoi(p.rest[:end])
		if err != nil {
			return nil, false
		}
		shape = append(shape, v)
		p.rest = p.rest[end:]
		p.take("L") // Python 2 wrote long integers so
		if !p.take(",") && !strings.HasPrefix(p.rest, ")") {
			return nil, false
		}
	}
	return shape, true
}

// Tuple returns a shape in Python's notation.
func Tuple(shape []int) string {
	words := make([]string, len(shape))
	for i, s := range shape {
		words[i] = strconv.Itoa(s)
	}
	if len(words) == 1 {
		return "(" + words[0] + ",)"
	}
	return "(" + strings.Join(words, ", ") + ")"
}

// Append appends the head to b, byte by byte as NumPy writes it: version 1, or 2 where the text is too long for that. Values and
// Offset are not used.
func (h Head) Append(b []byte) []byte {
	order := "False"
	axis := 0
	if h.Fortran {
		order, axis = "True", len(h.Shape)-1
	}
	text := fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': %s, }", h.Type, order, Tuple(h.Shape))
	if len(h.Shape) > 0 {
		text += strings.Repeat(" ", max(0, roomForAxis-len(strconv.Itoa(h.Shape[axis]))))
	}
	for version, width := range []int{2, 4} {
		before := len(mark) + 2 + width
		pad := align - (before+len(text)+1)%align
		n := len(text) + pad + 1
		if width == 2 && n > math.MaxUint16 {
			continue
		}
		b = append(b, mark...)
		b = append(b, byte(version+1), 0)
		if width == 2 {
			b = binary.LittleEndian.AppendUint16(b, uint16(n))
		} else {
			b = binary.LittleEndian.AppendUint32(b, uint32(n))
		}
		b = append(b, text...)
		b = append(b, strings.Repeat(" ", pad)...)
		return append(b, '\n')
	}
	return b
}
