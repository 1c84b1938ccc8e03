package cell

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// The checks state what a notebook claims. One that holds prints a quiet line, beginning with ✓, so that a reader sees what was asserted;
// one that does not fails the cell with what it got, what it wanted and by how much it missed. NaN never holds. Results that carry more
// than a number are checked by their Value.

// Check fails the cell unless ok holds. The format and its arguments say what was found; they may be empty.
func Check(name string, ok bool, format string, args ...any) {
	detail := strings.TrimSpace(fmt.Sprintf(format, args...))
	if !ok {
		if detail == "" {
			detail = "does not hold"
		}
		fail(name, errors.New(detail))
	}
	if detail != "" {
		detail = ": " + detail
	}
	passed(name + detail)
}

// CheckAbove fails the cell unless got ≥ bound.
func CheckAbove(name string, got, bound float64) {
	if !(got >= bound) {
		fail(name, fmt.Errorf("got %s, want ≥ %s%s", exactly(got), exactly(bound), missed("short by", bound-got)))
	}
	passed(fmt.Sprintf("%s %s ≥ %s", name, briefly(got), stated(bound)))
}

// CheckBelow fails the cell unless got ≤ bound.
func CheckBelow(name string, got, bound float64) {
	if !(got <= bound) {
		fail(name, fmt.Errorf("got %s, want ≤ %s%s", exactly(got), exactly(bound), missed("over by", got-bound)))
	}
	passed(fmt.Sprintf("%s %s ≤ %s", name, briefly(got), stated(bound)))
}

// CheckNear fails the cell unless |got − want| ≤ margin.
func CheckNear(name string, got, want, margin float64) {
	if off := math.Abs(got - want); !(off <= margin) {
		fail(name, fmt.Errorf("got %s, want %s ± %s%s", exactly(got), exactly(want), exactly(margin), missed("off by", off)))
	}
	passed(fmt.Sprintf("%s %s within %s ± %s", name, briefly(got), stated(want), stated(margin)))
}

// CheckEqual fails the cell unless got == want.
func CheckEqual[T comparable](name string, got, want T) {
	if got != want {
		fail(name, fmt.Errorf("got %v, want %v", got, want))
	}
	passed(fmt.Sprintf("%s = %v", name, got))
}

func passed(text string) { fmt.Println("✓ " + text) }

// missed tells by how much a check failed, where that is a number.
func missed(how string, by float64) string {
	if by-by != 0 {
		return ""
	}
	return ", " + how + " " + significant(by, 3)
}

// exactly prints a number as its author would have written it.
func exactly(v float64) string {
	if a := math.Abs(v); a != 0 && (a < 1e-4 || a >= 1e15) {
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// stated prints a bound: exactly where it was written by hand, briefly where it was computed.
func stated(v float64) string {
	if s := exactly(v); len(s) <= 8 {
		return s
	}
	return briefly(v)
}

// briefly prints a number to four significant digits, and whole numbers whole.
func briefly(v float64) string { return significant(v, 4) }

func significant(v float64, digits int) string {
	a := math.Abs(v)
	switch {
	case a >= math.Pow10(digits-1) && a < 1e15:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case v == math.Trunc(v), v-v != 0:
		return exactly(v)
	case a < 1e-4:
		return strconv.FormatFloat(v, 'g', digits, 64)
	}
	return strconv.FormatFloat(v, 'f', digits-1-int(math.Floor(math.Log10(a))), 64)
}
