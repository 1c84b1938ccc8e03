package table

import (
	"errors"
	"math"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/flatland-go/flatland/internal/testenv"
)

// grammar is that of what is a number here.
var grammar = regexp.MustCompile(`^[+-]?((\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|(?i:inf|infinity))$`)

// sameAsStrconv fails t where a cell is read to something else than strconv makes of it.
func sameAsStrconv(t *testing.T, cell string) {
	t.Helper()
	got, what := number([]byte(cell), '.')
	if !grammar.MatchString(cell) {
		if what != isWord {
			t.Fatalf("%q is read as %v", cell, got)
		}
		return
	}
	want, err := strconv.ParseFloat(cell, 64)
	if what == isWord || math.Float64bits(got) != math.Float64bits(want) {
		t.Fatalf("%q is read as %v (%d), strconv has %v", cell, got, what, want)
	}
	if huge := errors.Is(err, strconv.ErrRange); huge != (what == isHuge) {
		t.Fatalf("%q: out of range is %v, strconv has %v", cell, what == isHuge, err)
	}
	if comma, _ := number([]byte(strings.Replace(cell, ".", ",", 1)), ','); math.Float64bits(comma) != math.Float64bits(want) {
		t.Fatalf("%q with a comma is read as %v, want %v", cell, comma, want)
	}
	// The loop for common cells has code of its own.
	s := &spelling{dialect: dialect{comma: ';'}, point: '.'}
	p := newParser(s, []task{{do: takeNumber}})
	p.parse([]byte(cell + "\n"))
	if p.wrong.reason != "" || p.rows != 1 || math.Float64bits(p.numbers[0]) != math.Float64bits(want) {
		t.Fatalf("%q is parsed as %v (%s), want %v", cell, p.numbers, p.wrong.reason, want)
	}
}

func TestNumbersAreThoseOfStrconv(t *testing.T) {
	for _, cell := range []string{"0", "-0", "-0.0", "+1", "1.", ".5", "-.5", ".", "-", "+", "", "e5", "1e", "1e+", "1e5", "1E-5", "1e400",
		"-1e400", "1e-400", "inf", "-Inf", "+INFINITY", "infinit", "in", "nan", "0x10", "0x1p-2", "1_000", "1 000", "١", "1.2.3", "--1",
		"9007199254740993", "9007199254740992", "18446744073709551615", "18446744073709551616", "9999999999999999999",
		"99999999999999999999", "0.1234567890123456789", "1.7976931348623157e308", "1.7976931348623159e308", "4.9e-324", "2.4e-324",
		"2.2250738585072011e-308", "6929495644600919.5", "3602879701896397.25", "0.00000000000000000000000000001", "1e22", "1e23", "1e99999999999",
		"0e99999999999", "000000000000000000000000000000001.5", "0." + strings.Repeat("0", 400) + "1", strings.Repeat("9", 400),
		"9007199254740991e22", "9007199254740993e-22", "123456789012345678e-5"} {
		sameAsStrconv(t, cell)
	}
	testenv.Unraced(t)
	r := rand.New(rand.NewPCG(1, 2))
	for range 200_000 {
		v := math.Float64frombits(r.Uint64())
		if math.IsNaN(v) {
			continue
		}
		sameAsStrconv(t, strconv.FormatFloat(v, 'g', -1, 64))
		sameAsStrconv(t, strconv.FormatFloat(r.NormFloat64()*math.Pow(10, float64(r.IntN(12)-6)), 'f', r.IntN(20), 64))
		// Halfway between two, where rounding goes wrong first.
		m := r.Uint64() >> r.IntN(64)
		digits := strconv.FormatUint(m, 10)
		at := r.IntN(len(digits) + 1)
		sameAsStrconv(t, digits[:at]+"."+digits[at:])
		sameAsStrconv(t, strconv.FormatFloat(math.Float64frombits(uint64(1023+r.IntN(60))<<52|r.Uint64()>>12)+0.5, 'f', 1, 64))
	}
}

func TestWholeNumbersThatAreRoundedAreKnown(t *testing.T) {
	for cell, want := range map[string]reading{
		"9007199254740992": isNumber, "9007199254740993": isTooLong, "-9007199254740993": isTooLong, "18446744073709551615": isTooLong,
		"9223372036854775808": isNumber, "9007199254740993.0": isNumber, "9007199254740993e0": isNumber, "123456789012345678901": isTooLong,
	} {
		if _, what := number([]byte(cell), '.'); what != want {
			t.Errorf("%s is %d, want %d", cell, what, want)
		}
	}
}

func TestThousands(t *testing.T) {
	s := &spelling{point: '.', thousands: ',', dialect: dialect{comma: ';'}}
	for cell, want := range map[string]float64{"1,234": 1234, "-1,234,567.5": -1234567.5, "1,2,3": 123, "1,234e3": 1234e3, "12": 12} {
		if v, what := s.number([]byte(cell)); what != isNumber || v != want {
			t.Errorf("%s is %v, want %v", cell, v, want)
		}
	}
	for _, cell := range []string{",1", "1,", "1,,2", "1.2,3", "a,b", "-,1", "1,e5"} {
		if v, what := s.number([]byte(cell)); what != isWord {
			t.Errorf("%s is %v, want a word", cell, v)
		}
	}
}

// FuzzNumber holds that numbers are those of strconv.ParseFloat, to the last bit.
func FuzzNumber(f *testing.F) {
	for _, cell := range []string{"1.5", "-0", "1e400", "0x1p-2", "9007199254740993", "0.1234567890123456789", "+infinity", "1_0", ".", "5e-324"} {
		f.Add(cell)
	}
	f.Fuzz(func(t *testing.T, cell string) {
		if strings.ContainsAny(cell, ";\"\r\n \t") || len(cell) > 10_000 || cell == "" {
			return // other cells, and blanks
		}
		sameAsStrconv(t, cell)
	})
}
