package intrinsic

import (
	"math"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// CompressionBound returns how much larger the error of a network on new rows may be than on the
// rows that it was trained on, if all that was learnt are so many numbers of so many bits, its
// dimension in the sense of ObjectiveLandscape: √((dimension·bits·ln 2 + ln(1/δ))/(2·rows)) holds
// with probability 1 − δ for errors from 0 to 1, however many parameters there are. From 1 on it
// says nothing. (Occam's bound over the 2^(dimension·bits) networks that can be told; the random
// subspace and the start must not depend on the rows.)
//
// The error is a *mat32.ParamError for a dimension below 0, bits from outside 1 to 64, no rows, or
// a δ outside (0, 1).
//
// Sources: A. Blumer, A. Ehrenfeucht, D. Haussler and M. Warmuth (1987), Occam's razor; S. Arora, R.
// Ge, B. Neyshabur and Y. Zhang (2018), Stronger generalization bounds for deep nets via a compression
// approach; A. Aghajanyan, S. Gupta and L. Zettlemoyer (2021), Intrinsic dimensionality explains the
// effectiveness of language model fine-tuning, for dimensions of fine-tuning.
func CompressionBound(dimension, bits, rows int, delta float64) (float64, error) {
	fail := func(param string, value any, want string) (float64, error) {
		return 0, &mat32.ParamError{Method: "intrinsic.CompressionBound", Param: param, Value: value, Want: want}
	}
	switch {
	case dimension < 0:
		return fail("dimension", dimension, "0 or more")
	case bits < 1 || bits > 64:
		return fail("bits", bits, "1 ≤ bits ≤ 64")
	case rows < 1:
		return fail("rows", rows, "1 or more")
	case !(delta > 0 && delta < 1):
		return fail("delta", delta, "0 < delta < 1")
	}
	return math.Sqrt((float64(dimension)*float64(bits)*math.Ln2 - math.Log(delta)) / (2 * float64(rows))), nil
}
