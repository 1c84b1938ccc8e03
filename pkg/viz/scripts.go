package viz

import (
	"slices"

	"golang.org/x/image/font/sfnt"
)

// A piece is a part of a line of text, of its own size and height above the line.
type piece struct {
	text       string
	size, rise length
}

// scripts are the characters of superscripts and subscripts, and those of which smaller ones, raised or lowered, look the same.
var scripts = [...]struct {
	small, plain []rune
	size, rise   length // parts of the size of the line
}{
	{[]rune("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁱⁿ"), []rune("0123456789+−=()in"), 0.65, 0.37},
	{[]rune("₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎"), []rune("0123456789+−=()"), 0.65, -0.13},
}

// pieces parts a line of text at superscripts and subscripts of which the typeface lacks a character: it has ¹, but neither ⁰ nor ⁻.
// These are written by ordinary characters whole, so that the exponent of 10⁻¹⁰ is of one form.
func (s *sheet) pieces(w face, size length, text string) (of []piece) {
	var buffer sfnt.Buffer
	lacks := func(r rune) bool {
		g, err := s.fonts[w].GlyphIndex(&buffer, r)
		return err == nil && g == 0
	}
	line := []rune(unkerned(text))
	ordinary := 0 // where what is of no piece yet begins
	for at := 0; at < len(line); at++ {
		for _, script := range scripts {
			end := at
			for end < len(line) && slices.Contains(script.small, line[end]) {
				end++
			}
			if !slices.ContainsFunc(line[at:end], lacks) {
				continue
			}
			if ordinary < at {
				of = append(of, piece{string(line[ordinary:at]), size, 0})
			}
			plain := line[at:end]
			for i, r := range plain {
				plain[i] = script.plain[slices.Index(script.small, r)]
			}
			of = append(of, piece{string(plain), script.size * size, script.rise * size})
			ordinary = end
		}
	}
	if ordinary < len(line) {
		of = append(of, piece{string(line[ordinary:]), size, 0})
	}
	return of
}
