// Package decimal answers: which number is nearest to these digits?
//
// It is strconv.ParseFloat for bytes, with the same bits for every text, and without memory of its own. What files of data hold,
// up to nineteen digits with an exponent of ten from −27 to 27, takes half the time; all else is left to strconv.
package decimal

import (
	"encoding/binary"
	"math"
	"math/bits"
	"strconv"
	"unsafe"
)

// Float64 returns the float64 nearest to the number that b holds, as strconv.ParseFloat does. Errors: strconv.ErrSyntax, and
// strconv.ErrRange with an infinity.
func Float64(b []byte) (float64, error) {
	if v, n := Prefix64(b); n == len(b) && n > 0 {
		return v, nil
	}
	return slow(b, 64)
}

// Float32 returns the float32 nearest to the number that b holds, with the errors of Float64. It is rounded once, not first to a
// float64.
func Float32(b []byte) (float32, error) {
	if v, n := Prefix32(b); n == len(b) && n > 0 {
		return v, nil
	}
	v, err := slow(b, 32)
	return float32(v), err
}

// Prefix64 returns the number that b begins with and its length in bytes, as far as digits, a point and an exponent go. The
// length is 0 where there is none, or where Float64 must be asked: beyond nineteen digits, for NaN and the like. What follows
// the number is the caller's to judge: "12abc" begins with a number.
func Prefix64(b []byte) (v float64, n int) { return PrefixPoint64(b, '.') }

// PrefixPoint64 is Prefix64 for numbers with another point, as a decimal comma, which is no digit, sign or letter.
func PrefixPoint64(b []byte, point byte) (v float64, n int) {
	d, n := scan(b, point)
	if n == 0 {
		return 0, 0
	}
	switch {
	case d.mantissa == 0:
	case d.mantissa <= 1<<53 && d.exponent >= -22 && d.exponent <= 22:
		// Both operands are exact, so that the one operation rounds once (W. D. Clinger, 1990, How to read floating point
		// numbers accurately).
		v = float64(d.mantissa)
		if d.exponent < 0 {
			v /= tens[-d.exponent]
		} else {
			v *= tens[d.exponent]
		}
	case d.exponent >= -27 && d.exponent < 0:
		v = Fixed64(d.mantissa, -d.exponent)
	case d.exponent >= 0 && d.exponent <= 27:
		v = d.float64()
	default:
		return 0, 0
	}
	if d.negative {
		v = -v
	}
	return v, n
}

// Fixed64 returns the float64 nearest to m/10^fraction, for who has scanned the digits; fraction is 27 at most.
func Fixed64(m uint64, fraction int) float64 {
	switch {
	case m <= 1<<53 && fraction <= 22:
		return float64(m) / tens[fraction]
	case fraction == 0:
		return float64(m)
	case m > 0 && fraction < len(wholeTens):
		// The quotient is taken to 63 bits or more by whole numbers; whether something remains is kept in its last bit, far
		// below those that the conversion rounds.
		d := wholeTens[fraction]
		up, down := bits.LeadingZeros64(m), bits.LeadingZeros64(d)
		m, d = m<<up, d<<down
		q, rest := bits.Div64(m>>1, m<<63, d) // m·2⁶³/d, between 2⁶² and 2⁶⁴
		if rest != 0 {
			q |= 1
		}
		return float64(q) * math.Float64frombits(uint64(1023+down-up-63)<<52)
	case m == 0:
		return 0
	}
	return number{mantissa: m, exponent: -fraction}.float64()
}

// Ten returns 10^n, for n from 0 to 22: a float64 holds these exactly, so that a whole number up to 2^53 divided by one is rounded
// once, as Fixed64 does without a call.
func Ten(n int) float64 { return tens[n] }

// Prefix32 is Prefix64 for float32.
func Prefix32(b []byte) (v float32, n int) {
	d, n := scan(b, '.')
	if n == 0 {
		return 0, 0
	}
	switch {
	case d.mantissa == 0:
	case d.mantissa <= 1<<24 && d.exponent >= -10 && d.exponent <= 10:
		v = float32(d.mantissa)
		if d.exponent < 0 {
			v /= tens32[-d.exponent]
		} else {
			v *= tens32[d.exponent]
		}
	case d.mantissa <= 1<<53 && d.exponent >= -22 && d.exponent <= 22:
		w := float64(d.mantissa)
		if d.exponent < 0 {
			w /= tens[-d.exponent]
		} else {
			w *= tens[d.exponent]
		}
		// Rounded twice is rounded once, unless the first time ended half-way between two values of the second.
		const half, most = 1 << 28, 1<<29 - 1
		if math.Float64bits(w)&most == half || w < 0x1p-126 || w > math.MaxFloat32 {
			return 0, 0
		}
		v = float32(w)
	case d.exponent >= -27 && d.exponent <= 27:
		m, e := d.round(24)
		if e+23 > 127 {
			return 0, 0
		}
		v = math.Float32frombits(uint32(m)&(1<<23-1) | uint32(e+23+127)<<23)
	default:
		return 0, 0
	}
	if d.negative {
		v = -v
	}
	return v, n
}

// slow reads what the quick ways leave.
func slow(b []byte, size int) (float64, error) {
	// Words of a table are told from numbers without the memory of an error.
	first := b
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		first = b[1:]
	}
	if len(first) == 0 {
		return 0, strconv.ErrSyntax
	}
	switch c := first[0] | 0x20; {
	case first[0] >= '0' && first[0] <= '9', first[0] == '.', c == 'i', c == 'n':
	default:
		return 0, strconv.ErrSyntax
	}
	// The string is not kept: strconv's errors hold a copy.
	v, err := strconv.ParseFloat(unsafe.String(unsafe.SliceData(b), len(b)), size)
	if n, ok := err.(*strconv.NumError); ok { // not wrapped, and errors.As would take memory
		err = n.Err
	}
	return v, err
}

// number is ±mantissa · 10^exponent.
type number struct {
	mantissa uint64
	exponent int
	negative bool
}

// scan reads the digits that b begins with: a sign or none, at least one digit, at most one point, and an exponent or none. The
// length is 0 where they are not of this form, or more than nineteen, which no uint64 need hold.
func scan(b []byte, point byte) (d number, n int) {
	i := 0
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		d.negative = b[0] == '-'
		i = 1
	}
	start := i
	m, i := digits(b, i, 0)
	count := i - start
	if i < len(b) && b[i] == point {
		from := i + 1
		m, i = digits(b, from, m)
		d.exponent = from - i
		count += i - from
	}
	if count == 0 {
		return d, 0
	}
	if count > 19 {
		for _, c := range b[start:i] { // zeros before the first digit that counts
			if c == '0' {
				count--
			} else if c != point {
				break
			}
		}
		if count > 19 {
			return d, 0
		}
	}
	d.mantissa = m
	if i < len(b) && b[i]|0x20 == 'e' {
		i++
		minus := false
		if i < len(b) && (b[i] == '-' || b[i] == '+') {
			minus = b[i] == '-'
			i++
		}
		e, from := 0, i
		for ; i < len(b) && b[i]-'0' <= 9; i++ {
			if i-from >= 5 {
				return d, 0
			}
			e = 10*e + int(b[i]-'0')
		}
		if i == from {
			return d, 0
		}
		if minus {
			e = -e
		}
		d.exponent += e
	}
	return d, i
}

// digits appends the digits from b[i] on to the decimal number m, and returns where they end. It wraps round beyond 2^64.
func digits(b []byte, i int, m uint64) (uint64, int) {
	// Eight at a time: their values are summed in pairs, the pairs in fours, the fours in eights, within one word
	// (D. Lemire, 2021, Number parsing at a gigabyte per second).
	for len(b)-i >= 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		if ((w+0x4646464646464646)|(w-0x3030303030303030))&0x8080808080808080 != 0 {
			break
		}
		w -= 0x3030303030303030
		w = 10*w + w>>8
		w = (w&0x000000ff000000ff*(100+1000000<<32) + w>>16&0x000000ff000000ff*(1+10000<<32)) >> 32
		m = 100000000*m + w&0xffffffff
		i += 8
	}
	for ; i < len(b); i++ {
		c := b[i] - '0'
		if c > 9 {
			break
		}
		m = 10*m + uint64(c)
	}
	return m, i
}

// float64 returns the nearest one to the number, which is not zero and within 10^±47: always normal.
func (d number) float64() float64 {
	m, e := d.round(53)
	return math.Float64frombits(m&(1<<52-1) | uint64(e+52+1023)<<52)
}

// round returns the number, which is not zero, for exponents from −27 to 27, rounded to a mantissa of the given number of bits, the first of them
// set (or the next power of two), and its power of two: half to even. Powers of five up to 5^27 fit into 64 bits, so that
// product and quotient with a remainder are exact.
func (d number) round(size int) (m uint64, exponent int) {
	shift := bits.LeadingZeros64(d.mantissa)
	w := d.mantissa << shift
	exponent = d.exponent - shift
	var q uint64  // the first 64 bits of the number, of which the very first is set
	var rest bool // whether any other is
	if d.exponent >= 0 {
		hi, lo := bits.Mul64(w, fives[d.exponent])
		lead := bits.LeadingZeros64(hi) // hi is 0 only for 5^0
		if hi == 0 {
			q = lo
		} else {
			q, rest = hi<<lead|lo>>(64-lead), lo<<lead != 0
			exponent += 64 - lead
		}
	} else {
		five := fives[-d.exponent]
		lead := bits.LeadingZeros64(five)
		five <<= lead
		exponent += lead - 64
		var hi, lo, r uint64
		if hi = w; w >= five { // for a quotient of 64 bits
			hi, lo = w>>1, w<<63
			exponent++
		}
		q, r = bits.Div64(hi, lo, five)
		rest = r != 0
	}
	drop := 64 - size
	m = q >> drop
	half := uint64(1) << (drop - 1)
	if tail := q & (half<<1 - 1); tail > half || tail == half && (rest || m&1 == 1) {
		m++
	}
	exponent += drop
	if m>>size != 0 {
		m >>= 1
		exponent++
	}
	return m, exponent
}

// The powers of ten that a float64, a float32 and a uint64 hold exactly, and those of five that a uint64 does.
var (
	tens      = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}
	tens32    = [...]float32{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10}
	wholeTens = [...]uint64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19}
	fives     = [...]uint64{1, 5, 25, 125, 625, 3125, 15625, 78125, 390625, 1953125, 9765625, 48828125, 244140625, 1220703125,
		6103515625, 30517578125, 152587890625, 762939453125, 3814697265625, 19073486328125, 95367431640625, 476837158203125,
		2384185791015625, 11920928955078125, 59604644775390625, 298023223876953125, 1490116119384765625, 7450580596923828125}
)
