package viz

import (
	"slices"
	"testing"
)

func TestScriptsThatTheTypefaceLacks(t *testing.T) {
	s, err := newSheet(nil, &light, 100)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string][]piece{
		"three curves in R³": {{"three\u00A0curves\u00A0in\u00A0R³", 10, 0}},
		"R¹⁰ to R²":          {{"R", 10, 0}, {"10", 6.5, 3.7}, {"\u00A0to\u00A0R²", 10, 0}},
		"10⁻⁹":               {{"10", 10, 0}, {"−9", 6.5, 3.7}},
		"x₊¹⁰":               {{"x", 10, 0}, {"+", 6.5, -1.3}, {"10", 6.5, 3.7}},
		"":                   nil,
	} {
		if got := s.pieces(regular, 10, text); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
	one, two := s.measure(regular, 10, "R¹"), s.measure(regular, 10, "R¹⁰")
	if two <= one+2 {
		t.Errorf("R¹⁰ is %g wide, R¹ %g", two, one)
	}
}
