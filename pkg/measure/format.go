package measure

import (
	"math"
	"strconv"
)

// trim prints v with the given significant digits and without an exponent where
// a reader does not need one.
func trim(v float64, digits int) string {
	if a := math.Abs(v); a != 0 && (a < 1e-4 || a >= 1e7) {
		return strconv.FormatFloat(v, 'g', digits, 64)
	}
	if v == 0 || v-v != 0 {
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	places := digits - 1 - int(math.Floor(math.Log10(math.Abs(v))))
	return fixed(v, max(places, 0))
}

func fixed(v float64, places int) string { return strconv.FormatFloat(v, 'f', places, 64) }

func integer(n int) string { return strconv.Itoa(n) }
