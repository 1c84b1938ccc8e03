package table

import (
	"bytes"
	"math"
	"strconv"

	"github.com/flatland-go/flatland/pkg/datasets/internal/decimal"
)

// reading is what a cell is as a number.
type reading uint8

const (
	isNumber reading = iota
	isMissing
	isWord
	isHuge    // beyond what a float64 reaches: an infinity
	isTooLong // a whole number that no float64 holds
)

// number reads a decimal number as strconv.ParseFloat does, with the same result to the last bit, of what that takes only digits, a
// sign, a point and an exponent, and the infinities. Hexadecimal numbers and underscores are words, and so is "nan", which is a
// matter of missing spellings.
func number(b []byte, point byte) (float64, reading) {
	v, n := decimal.PrefixPoint64(b, point)
	if n == 0 || n < len(b) {
		var what reading
		if v, what = rare(b, point); what != isNumber {
			return v, what
		}
	}
	if math.Abs(v) >= exact && rounded(b, v) {
		return v, isTooLong
	}
	return v, isNumber
}

// exact is the first whole number whose successor no float64 holds.
const exact = 1 << 53

// rare reads the numbers that have many digits or a large exponent, and infinities, and tells what is no number.
func rare(b []byte, point byte) (float64, reading) {
	text, negative := b, false
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		text, negative = b[1:], b[0] == '-'
	}
	if foldEqual(text, "inf") || foldEqual(text, "infinity") {
		if negative {
			return math.Inf(-1), isNumber
		}
		return math.Inf(1), isNumber
	}
	at := -1
	for i, c := range b {
		switch {
		case c == point:
			at = i
		case c-'0' > 9 && c != '-' && c != '+' && c|0x20 != 'e':
			return 0, isWord
		}
	}
	if at >= 0 && point != '.' {
		b = bytes.Clone(b)
		b[at] = '.' // a second point stays as it is, and is none
	}
	switch v, err := decimal.Float64(b); err {
	case nil:
		return v, isNumber
	case strconv.ErrRange:
		return v, isHuge
	}
	return 0, isWord
}

// rounded reports whether v, of 2⁵³ or more, was read from a whole number that it does not hold, or of twenty digits or more.
func rounded(b []byte, v float64) bool {
	if b[0] == '-' || b[0] == '+' {
		b = b[1:]
	}
	m, err := uint64(0), false
	for _, c := range b {
		d := uint64(c - '0')
		if d > 9 {
			return false // a point or an exponent
		}
		err = err || m > (math.MaxUint64-d)/10
		m = 10*m + d
	}
	v = math.Abs(v)
	return err || v == 1<<64 || uint64(v) != m
}

// foldEqual compares ASCII letters whatever their case with a lower-case word.
func foldEqual(b []byte, word string) bool {
	if len(b) != len(word) {
		return false
	}
	for i := range b {
		if b[i]|0x20 != word[i] {
			return false
		}
	}
	return true
}

// ungrouped returns a number without the separators of its thousands, or nil where there are none, or one does not stand between
// two digits before the decimal point.
func ungrouped(b []byte, separator, point byte) []byte {
	out := make([]byte, 0, len(b))
	found := false
	digit := func(i int) bool { return i >= 0 && i < len(b) && b[i]-'0' <= 9 }
	for i, c := range b {
		if c == point || c|0x20 == 'e' {
			if !found {
				return nil
			}
			return append(out, b[i:]...)
		}
		if c == separator {
			if !digit(i-1) || !digit(i+1) {
				return nil
			}
			found = true
			continue
		}
		out = append(out, c)
	}
	if !found {
		return nil
	}
	return out
}
