package table

import (
	"math"
	"math/bits"
	"strconv"
)

// Powers of ten that a float64, and a uint64, holds exactly.
var (
	tens = [23]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
		1e20, 1e21, 1e22}
	wholeTens = [20]uint64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19}
)

// exact is the first whole number that a float64 need not hold.
const exact = 1 << 53

// scaled returns the float64 nearest to m·10^e, ties to even, where one rounding gives it, and whether it does.
//
// What has at most 53 bits is a float64, and so is a power of ten up to 22: their product or quotient is rounded once (Clinger, How
// to read floating point numbers accurately, 1990). The quotient of a longer m by a power that 64 bits hold is taken to 63 bits or
// more by whole numbers; whether something remains is kept in its last bit, far below those that the conversion rounds.
func scaled(m uint64, e int) (float64, bool) {
	switch {
	case e == 0 || m == 0:
		return float64(m), true
	case m < exact && -22 <= e && e < 0:
		return float64(m) / tens[-e], true
	case m < exact && 0 < e && e <= 22:
		return float64(m) * tens[e], true
	case -19 <= e && e < 0:
		d := wholeTens[-e]
		up, down := bits.LeadingZeros64(m), bits.LeadingZeros64(d)
		m, d = m<<up, d<<down
		q, rest := bits.Div64(m>>1, m<<63, d) // m·2⁶³/d, between 2⁶² and 2⁶⁴
		if rest != 0 {
			q |= 1
		}
		return float64(q) * math.Float64frombits(uint64(1023+down-up-63)<<52), true
	}
	return 0, false
}

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
	i, negative := 0, false
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		negative = b[0] == '-'
		i++
	}
	if i < len(b) && (b[i]|0x20) == 'i' {
		if word := b[i:]; foldEqual(word, "inf") || foldEqual(word, "infinity") {
			return sign(math.Inf(1), negative), isNumber
		}
		return 0, isWord
	}
	var m uint64
	digits, significant, fraction, at := 0, 0, 0, -1
	for ; i < len(b); i++ {
		if d := b[i] - '0'; d <= 9 {
			digits++
			if significant > 0 || d > 0 {
				if significant++; significant <= 19 {
					m = m*10 + uint64(d)
				}
			}
			if at >= 0 {
				fraction++
			}
		} else if b[i] == point && at < 0 {
			at = i
		} else {
			break
		}
	}
	if digits == 0 {
		return 0, isWord
	}
	e, exponent := -fraction, false
	if i < len(b) && (b[i]|0x20) == 'e' {
		exponent = true
		i++
		down := false
		if i < len(b) && (b[i] == '-' || b[i] == '+') {
			down = b[i] == '-'
			i++
		}
		if i == len(b) {
			return 0, isWord
		}
		value := 0
		for ; i < len(b) && b[i]-'0' <= 9; i++ {
			value = min(value*10+int(b[i]-'0'), 1<<30)
		}
		if down {
			value = -value
		}
		e += value
	}
	if i < len(b) {
		return 0, isWord
	}
	what := isNumber
	v, ok := 0.0, false
	if significant <= 19 {
		v, ok = scaled(m, e)
	}
	if ok {
		v = sign(v, negative)
	} else {
		text := string(b)
		if at >= 0 && point != '.' {
			text = text[:at] + "." + text[at+1:]
		}
		var err error
		if v, err = strconv.ParseFloat(text, 64); err != nil { // out of range: the grammar is checked
			what = isHuge
		}
	}
	if at < 0 && !exponent && (significant > 19 || m > exact && (v == 1<<64 || v == -1<<64 || uint64(math.Abs(v)) != m)) {
		what = isTooLong
		if math.IsInf(v, 0) {
			what = isHuge
		}
	}
	return v, what
}

func sign(v float64, negative bool) float64 {
	if negative {
		return -v
	}
	return v
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
