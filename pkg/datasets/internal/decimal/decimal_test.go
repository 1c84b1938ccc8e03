package decimal

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

// check compares with strconv, which rounds exactly.
func check(t *testing.T, text string) {
	t.Helper()
	b := []byte(text)
	want, err := strconv.ParseFloat(text, 64)
	if got, e := Float64(b); math.Float64bits(got) != math.Float64bits(want) || !same(e, err) {
		t.Errorf("%q: %v (%x), %v; strconv has %v (%x), %v", text, got, math.Float64bits(got), e, want, math.Float64bits(want), err)
	}
	wide, err := strconv.ParseFloat(text, 32)
	want32 := float32(wide)
	if got, e := Float32(b); math.Float32bits(got) != math.Float32bits(want32) || !same(e, err) {
		t.Errorf("%q: float32 %v (%x), %v; strconv has %v (%x), %v", text, got, math.Float32bits(got), e, want32, math.Float32bits(want32), err)
	}
	// A prefix is a number by itself.
	if v, n := Prefix64(b); n > 0 {
		if want, err := strconv.ParseFloat(text[:n], 64); err != nil || math.Float64bits(v) != math.Float64bits(want) {
			t.Errorf("%q begins with %q as %v, strconv has %v, %v", text, text[:n], v, want, err)
		}
	}
	comma := []byte(strings.ReplaceAll(text, ".", ","))
	if v, n := PrefixPoint64(comma, ','); n > 0 && !strings.Contains(text, ",") {
		if want, m := Prefix64(b); n != m || math.Float64bits(v) != math.Float64bits(want) {
			t.Errorf("%q begins with %q as %v, want %v of %d bytes as with a point", comma, comma[:n], v, want, m)
		}
	}
	if v, n := Prefix32(b); n > 0 {
		if want, err := strconv.ParseFloat(text[:n], 32); err != nil || math.Float32bits(v) != math.Float32bits(float32(want)) {
			t.Errorf("%q begins with %q as %v, strconv has %v, %v", text, text[:n], v, want, err)
		}
	}
}

func same(got, want error) bool {
	return got == nil && want == nil || want != nil && got != nil && errors.Is(want, got)
}

var peculiar = []string{
	"", "-", "+", ".", "-.", "e", "e5", "1e", "1e+", "1e-", "+-1", "--1", "1..2", "1.2.3", "1 ", " 1", "1,5", "0x1p-2", "0x", "1_000", "0x_1p4",
	"0", "-0", "+0", "00", "0.", ".0", "-.0", "0e99", "-0e-99999", "0e25", "0.00000000000", "0.000000000000000000e+00", "00000000000000000000000",
	"1", "1.", ".5", "+.5e1", "007", "0000000000000000000000000000000012.5", "0.00000000000000000000000000000000125",
	"inf", "-Inf", "+infinity", "INFINITY", "infi", "nan", "NaN", "-nan", "nanx", "None", "NA", "null", "true",
	"9007199254740992", "9007199254740993", "9007199254740994", "9007199254740993e0", "9007199254740993.0", "9007199254740992.5",
	"18446744073709551615", "18446744073709551616", "9999999999999999999", "10000000000000000000", "99999999999999999999",
	"1e22", "1e23", "1e27", "1e28", "1e-22", "1e-23", "1e-27", "1e-28", "9e307", "1.8e308", "1e309", "5e-324", "2e-324", "2.2250738585072011e-308",
	"3.4028234663852886e38", "3.4028235677973366e38", "3.4028235677973367e38", "1e38", "4e38", "1e39", "1e46", "1e-45", "7e-46", "1.1754943e-38",
	"16777217", "16777216", "16777215", "16777217.0000001", "8388608.5", "8388609.5", "1.00000005960464477539", "1.000000059604644775390625",
	"1.00000017881393432617", "0.1", "0.2", "0.3", "3.14159265358979323846", "123456789012345678", "0.123456789012345678", "1234567.12345678",
	"12345678", "123456789", "1234567812345678", "12345678.87654321", "1234567:", "12345678:", "1e99999", "1e999999", "1e-99999", "1e100000000000000000000", "1e0000000000000000000001",
	"\x00", "1\x00", "12345678\xff", "/1234567", ":2345678", "1234567/", "1e5e5", "٣", "∞",
}

func TestPeculiarNumbers(t *testing.T) {
	for _, text := range peculiar {
		check(t, text)
		check(t, "-"+text)
	}
}

// Texts of every length and size, and those half-way between two values.
func TestRandomNumbers(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	n := 300_000
	if testing.Short() {
		n /= 10
	}
	for range n {
		digits := 1 + r.IntN(19)
		m := strconv.FormatUint(r.Uint64()>>r.IntN(64), 10)
		m = m[:min(len(m), digits)]
		point := r.IntN(len(m) + 1)
		text := m[:point] + "." + m[point:]
		switch r.IntN(3) {
		case 0:
			text += fmt.Sprintf("e%d", r.IntN(60)-30)
		case 1:
			text = "0." + strings.Repeat("0", r.IntN(8)) + m
		}
		check(t, text)
		v := math.Float64frombits(r.Uint64())
		check(t, strconv.FormatFloat(v, "efg"[r.IntN(3)], -1, 64))
		v = r.NormFloat64()
		check(t, strconv.FormatFloat(v, 'e', 18, 64))
		check(t, strconv.FormatFloat(v, 'g', -1, 64))
		w := float32(v)
		check(t, strconv.FormatFloat(float64(w), 'g', -1, 32))
		middle := (float64(w) + float64(math.Nextafter32(w, 9))) / 2
		check(t, strconv.FormatFloat(middle, 'f', -1, 64))
		check(t, strconv.FormatFloat(middle, 'e', 17, 64))
	}
}

// Quotients and products that end exactly half-way are rounded to even.
func TestHalves(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		// An odd number of 54 bits lies half-way between two of 53; times a power of five it is still exact in decimal.
		odd := 1<<53 | r.Uint64()>>11 | 1
		for k := range 4 {
			check(t, strconv.FormatUint(odd, 10)+fmt.Sprintf("e%d", k))
		}
		odd = 1<<24 | r.Uint64()>>40 | 1
		five := uint64(1)
		for k := range 16 {
			check(t, fmt.Sprintf("%de-%d", odd*five, k)) // odd / 2^k
			five *= 5
		}
	}
}

func TestNoMemory(t *testing.T) {
	for _, text := range []string{"0.418", "-12.345678901234567", "1e-300", "123456789012345678901234567890.123456789012345678901234567890", "nan", "setosa", "-", "+x"} {
		b := []byte(text)
		if n := testing.AllocsPerRun(10, func() { _, _ = Float64(b); _, _ = Float32(b) }); n != 0 {
			t.Errorf("%q takes %v allocations", text, n)
		}
	}
}

func TestFixed(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 50_000 {
		m, fraction := r.Uint64()>>r.IntN(64), r.IntN(28)
		want, err := strconv.ParseFloat(fmt.Sprintf("%de-%d", m, fraction), 64)
		if got := Fixed64(m, fraction); err != nil || math.Float64bits(got) != math.Float64bits(want) {
			t.Errorf("%d/10^%d: %v, strconv has %v, %v", m, fraction, got, want, err)
		}
	}
	for fraction := range 28 {
		if got := Fixed64(0, fraction); math.Float64bits(got) != 0 {
			t.Errorf("0/10^%d is %v", fraction, got)
		}
	}
}

func FuzzDecimal(f *testing.F) {
	for _, text := range peculiar {
		f.Add(text)
	}
	f.Fuzz(check)
}

func BenchmarkNumbers(b *testing.B) {
	for _, c := range []struct{ name, text string }{
		{"0.418", "0.418"}, {"7 digits", "-0.0412360"}, {"17 digits", "-0.41235678901234567"}, {"savetxt", "-4.123567890123456789e-01"}, {"integer", "1234"},
	} {
		text := []byte(c.text)
		b.Run(c.name+"/ours64", func(b *testing.B) {
			for b.Loop() {
				_, _ = Float64(text)
			}
		})
		b.Run(c.name+"/ours32", func(b *testing.B) {
			for b.Loop() {
				_, _ = Float32(text)
			}
		})
		b.Run(c.name+"/strconv", func(b *testing.B) {
			for b.Loop() {
				_, _ = strconv.ParseFloat(string(text), 64)
			}
		})
	}
}
