package viz

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// An Axis says how numbers become places in a chart. The zero Axis shows all the numbers there are, evenly.
type Axis struct {
	// Name is what the numbers are, with their unit: "time (s)". Empty shows none.
	Name string
	// Log makes equal ratios equal lengths. All numbers must then be positive; an error bar or band that is not reaches the end of the axis.
	Log bool
	// Min and Max are where the axis ends; what lies beyond is cut off. Zero means a little beyond the numbers, and for the lower end of what
	// is never negative and comes near zero: zero. [Zero] ends an axis at exactly 0.
	Min, Max float64

	whole bool // only whole numbers are written: those of components and layers
}

// Zero is the smallest positive number. As the end of an [Axis] it stands for 0, which would mean "automatic".
const Zero = math.SmallestNonzeroFloat64

// most is the largest number that charts take: far enough from the largest there is for sums and differences to stay finite.
const most = 1e300

// A span is an axis whose ends are known.
type span struct {
	Axis
	low, high float64
	names     []string // of the numbers 0, 1, …, in place of the numbers
	given     bool     // the names are the user's, so that none is left out while there is a way
	quiet     bool     // its Name is not written, because it stands at another panel
}

// extent is the range of some numbers.
type extent struct{ low, high float64 }

func nothing() extent { return extent{math.Inf(1), math.Inf(-1)} }

func (e *extent) add(v ...float64) {
	for _, v := range v {
		e.low, e.high = math.Min(e.low, v), math.Max(e.high, v)
	}
}

func (e *extent) join(f extent) { e.add(f.low, f.high) }

// span gives the axis its ends: around the extent, with a border of the given share at both, from zero where zero is near.
func (a Axis) span(where string, e extent, border float64, zero bool) (span, error) {
	s := span{Axis: a, low: e.low, high: e.high}
	bad := func(name string, v float64, want string) (span, error) {
		return span{}, param(where, name, v, want)
	}
	for name, v := range map[string]float64{"Min": a.Min, "Max": a.Max} {
		if !(math.Abs(v) <= most) || a.Log && v < 0 {
			return bad(name, v, map[bool]string{false: "a finite number, at most 1e300", true: "a positive number on a logarithmic axis, or 0 for automatic"}[a.Log])
		}
	}
	if a.Log {
		if !(e.low > 0) {
			return bad("Log", e.low, "positive numbers only: this is the least of them")
		}
		if a.Min == Zero {
			return bad("Min", a.Min, "a positive number on a logarithmic axis, or 0 for automatic")
		}
		by := math.Pow(e.high/e.low, border)
		if e.high/e.low < 1.001 {
			by = 2
		}
		if math.IsInf(e.high/e.low, 1) {
			by = math.Pow(e.high, border) / math.Pow(e.low, border)
		}
		s.low, s.high = math.Max(e.low/by, math.SmallestNonzeroFloat64), math.Min(e.high*by, math.MaxFloat64)
	} else {
		by := border * (e.high - e.low)
		if e.high-e.low <= 1e-9*math.Max(math.Abs(e.low), math.Abs(e.high)) {
			by = math.Max(math.Abs(e.high)/10, math.SmallestNonzeroFloat64*1e10)
			if e.high == 0 {
				by = 1
			}
		}
		s.low, s.high = e.low-by, e.high+by
		if zero && e.low >= 0 && e.low < 0.35*e.high {
			s.low = 0
		}
		if zero && e.high <= 0 && e.high > 0.35*e.low {
			s.high = 0
		}
	}
	exact := func(v float64) float64 {
		if v == Zero {
			return 0
		}
		return v
	}
	if a.Min != 0 {
		s.low = exact(a.Min)
	}
	if a.Max != 0 {
		s.high = exact(a.Max)
	}
	if !(s.low < s.high) {
		return bad("Max", s.high, fmt.Sprintf("more than the lower end, %s", tick(s.low)))
	}
	return s, nil
}

// scale is how far along v is in the units in which the axis is even.
func (s span) scale(v float64) float64 {
	if s.Log {
		if v <= 0 {
			return math.Inf(-1)
		}
		return math.Log10(v)
	}
	return v
}

// share returns where v lies between the ends: 0 is the lower, 1 the upper.
func (s span) share(v float64) float64 {
	low, high := s.scale(s.low), s.scale(s.high)
	return (s.scale(v) - low) / (high - low)
}

// A notch is a number beside an axis.
type notch struct {
	value float64
	text  string
}

// steps is how many steps of 1, 2 or 5 times a power of ten notches tries at most.
const steps = 60

// notches returns the numbers to write beside an axis of the given length: as many multiples of 1, 2 or 5 times a power of ten as find
// room, when each needs the room that need says.
func (s span) notches(along length, need func(text string) length) []notch {
	if s.names != nil {
		return s.named(along, need)
	}
	if s.Log {
		if n := s.decades(along, need); len(n) > 1 {
			return n
		}
	}
	exponent := math.Floor(math.Log10(math.Abs(s.high-s.low) / 100))
	var n []notch
	for i := range steps {
		step := [3]float64{1, 2, 5}[i%3] * math.Pow(10, exponent+float64(i/3))
		if s.whole && step < 1 {
			continue
		}
		n = s.multiples(step)
		if s.fits(n, along, need) {
			break
		}
	}
	return n
}

// multiples returns the multiples of step within the span, with as many decimals as the step has.
func (s span) multiples(step float64) []notch {
	var n []notch
	low, high := math.Min(s.low, s.high), math.Max(s.low, s.high) // an axis of ranks may go down
	slack := 1e-9 * (high - low)
	first, last := math.Ceil((low-slack)/step), math.Floor((high+slack)/step)
	if last-first > 1000 || math.Max(math.Abs(first), math.Abs(last)) >= 1<<53 {
		return make([]notch, 1000) // far too many for any axis, or numbers that k++ does not change
	}
	for k := first; k <= last; k++ {
		v := k * step
		if math.Abs(v) < slack {
			v = 0
		}
		n = append(n, notch{v, inSteps(v, step, math.Max(math.Abs(s.low), math.Abs(s.high)))})
	}
	return n
}

// fits reports whether the notches keep apart on an axis of the given length.
func (s span) fits(n []notch, along length, need func(string) length) bool {
	if len(n) >= 1000 {
		return false
	}
	for i := 1; i < len(n); i++ {
		between := along * math.Abs(s.share(n[i].value)-s.share(n[i-1].value))
		if between < (need(n[i].text)+need(n[i-1].text))/2 {
			return false
		}
	}
	return true
}

// decades returns the powers of ten within the span, with their multiples by 2 and 5 where those find room, or every second power, third,
// and so on where they do not.
func (s span) decades(along length, need func(string) length) []notch {
	first, last := math.Floor(math.Log10(s.low)), math.Ceil(math.Log10(s.high))
	for _, multiples := range [][]float64{{1, 2, 5}, {1}} {
		for every := 1.0; every <= math.Max(1, last-first); every++ {
			var n []notch
			for k := first; k <= last; k++ {
				if math.Mod(k, every) != 0 {
					continue
				}
				for _, m := range multiples {
					if v := m * math.Pow(10, k); v >= s.low*(1-1e-9) && v <= s.high*(1+1e-9) {
						n = append(n, notch{v, inSteps(v, v, v)})
					}
				}
			}
			if s.fits(n, along, need) && len(n) > 0 {
				return n
			}
			if len(multiples) > 1 {
				break
			}
		}
	}
	return nil
}

// named returns the names that find room: all, or every second, fifth, tenth, ….
func (s span) named(along length, need func(string) length) []notch {
	for try := 0; ; try++ {
		every := [3]int{1, 2, 5}[try%3]
		for range try / 3 {
			every *= 10
		}
		var n []notch
		for i := 0; i < len(s.names); i += every {
			n = append(n, notch{float64(i), s.names[i]})
		}
		if every >= len(s.names) || s.fits(n, along, need) {
			return n
		}
	}
}

// inSteps prints a multiple of a step: plainly, or, where that would be long, as 2e6. The largest number of the axis decides, so that all
// its numbers are printed alike.
func inSteps(v, step, largest float64) string {
	exponent := int(math.Floor(math.Log10(step) + 1e-9))
	if largest >= 1e6 || exponent < -4 {
		if v == 0 {
			return "0"
		}
		of := int(math.Floor(math.Log10(math.Abs(v)) + 1e-9))
		mantissa := strconv.FormatFloat(v/math.Pow(10, float64(of)), 'f', min(12, max(0, of-exponent)), 64)
		return minus(mantissa + "e" + strconv.Itoa(of))
	}
	return minus(strconv.FormatFloat(v, 'f', max(0, -exponent), 64))
}

// minus makes the signs of a number as long as those of print.
func minus(number string) string { return strings.ReplaceAll(number, "-", "−") }

// tick prints a number for a reader.
func tick(v float64) string {
	s := strconv.FormatFloat(v, 'g', 3, 64)
	if short := strconv.FormatFloat(v, 'f', -1, 64); len(short) <= len(s) {
		return short
	}
	return s
}

// title returns the name to write.
func (s span) title() string {
	if s.quiet {
		return ""
	}
	return s.Name
}

// indices returns the names that things have without names: their numbers, from 0.
func indices(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = strconv.Itoa(i)
	}
	return names
}

// finite returns an error that names the first number that no chart can show.
func finite(method, name string, values []float64) error {
	for i, v := range values {
		if !(math.Abs(v) <= most) {
			return param(method, fmt.Sprintf("%s[%d]", name, i), v, "a finite number, at most 1e300")
		}
	}
	return nil
}

func param(method, name string, value any, want string) error {
	return &mat32.ParamError{Method: method, Param: name, Value: value, Want: want}
}
