package viz

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func shown(n []notch) (texts []string) {
	for _, n := range n {
		texts = append(texts, n.text)
	}
	return texts
}

// TestNotches: the numbers of axes as a reader expects them.
func TestNotches(t *testing.T) {
	for _, test := range []struct {
		s    span
		want string
	}{
		{span{low: 0, high: 1}, "0.0 0.2 0.4 0.6 0.8 1.0"},
		{span{low: -0.07, high: 1.04}, "0.0 0.5 1.0"},
		{span{low: 0, high: 10}, "0 2 4 6 8 10"},
		{span{low: -3, high: 4}, "−2 0 2 4"},
		{span{low: 0.012, high: 0.0235}, "0.015 0.020"},
		{span{low: 1000, high: 9000}, "2000 4000 6000 8000"},
		{span{low: 0, high: 3e7}, "0 1e7 2e7 3e7"},
		{span{low: 0, high: 6e-7}, "0 2e−7 4e−7 6e−7"},
		{span{Axis: Axis{Log: true}, low: 1, high: 100}, "1 10 100"},
		{span{Axis: Axis{Log: true}, low: 2, high: 9}, "2 5"},
		{span{Axis: Axis{Log: true}, low: 1e-9, high: 1e9}, "1e−8 0.0001 1 10000 1e8"},
		{span{names: []string{"a", "b", "c"}, low: -0.5, high: 2.5}, "a b c"},
		{span{names: indices(30), low: -0.5, high: 29.5}, "0 10 20"},
	} {
		if got := strings.Join(shown(test.s.notches(200, func(string) length { return 38 })), " "); got != test.want {
			t.Errorf("%+v: %s, want %s", test.s, got, test.want)
		}
	}
}

// TestNotchesAreNice: on axes of all sizes the numbers are multiples of 1, 2 or 5 times a power of ten, keep apart, lie on the axis, say what
// they are, and are at least two.
func TestNotchesAreNice(t *testing.T) {
	for i := range 400 {
		size := math.Pow(10, float64(i%37)-18+0.37*float64(i%7))
		low := size * math.Sin(float64(i))
		s := span{low: low, high: low + size*(1+math.Abs(math.Cos(float64(i))))}
		n := s.notches(300, func(string) length { return 40 })
		if len(n) < 2 {
			t.Fatalf("%+v has %d numbers", s, len(n))
		}
		step := n[1].value - n[0].value
		mantissa := step / math.Pow(10, math.Floor(math.Log10(step)+1e-9))
		if !slices.ContainsFunc([]float64{1, 2, 5}, func(m float64) bool { return math.Abs(m-mantissa) < 1e-6 }) {
			t.Errorf("%+v: steps of %g", s, step)
		}
		for k, v := range n {
			if share := s.share(v.value); share < -1e-6 || share > 1+1e-6 {
				t.Errorf("%+v: %g is off the axis", s, v.value)
			}
			said, err := strconv.ParseFloat(strings.ReplaceAll(v.text, "−", "-"), 64)
			if err != nil || math.Abs(said-v.value) > 1e-6*step+1e-12*math.Abs(v.value) {
				t.Errorf("%+v: %g is written %s", s, v.value, v.text)
			}
			if k > 0 && math.Abs(v.value-n[k-1].value-step) > 1e-6*step {
				t.Errorf("%+v: the steps are uneven", s)
			}
		}
	}
}

// TestSpan: axes hold all numbers, begin at zero where it is near, and end where they are told to.
func TestSpan(t *testing.T) {
	for name, test := range map[string]struct {
		a         Axis
		e         extent
		zero      bool
		low, high float64
	}{
		"around":        {Axis{}, extent{10, 20}, true, 9.5, 20.5},
		"from zero":     {Axis{}, extent{1, 20}, true, 0, 20.95},
		"up to zero":    {Axis{}, extent{-20, -1}, true, -20.95, 0},
		"not from zero": {Axis{}, extent{1, 20}, false, 0.05, 20.95},
		"constant":      {Axis{}, extent{5, 5}, false, 4.5, 5.5},
		"zero":          {Axis{}, extent{0, 0}, false, -1, 1},
		"told":          {Axis{Min: Zero, Max: 7}, extent{3, 5}, false, 0, 7},
		"log":           {Axis{Log: true}, extent{1, 1e10}, true, math.Pow(10, -0.5), math.Pow(10, 10.5)},
		"log constant":  {Axis{Log: true}, extent{8, 8}, true, 4, 16},
	} {
		s, err := test.a.span("", test.e, 0.05, test.zero)
		if err != nil || math.Abs(s.low-test.low) > 1e-9*math.Abs(test.low)+1e-12 || math.Abs(s.high-test.high) > 1e-9*math.Abs(test.high) {
			t.Errorf("%s: %g to %g (%v), want %g to %g", name, s.low, s.high, err, test.low, test.high)
		}
	}
}

// TestClip: what is left of lines and areas lies in the frame, and is as long and large as it should be.
func TestClip(t *testing.T) {
	r := rect{0, 0, 10, 10}
	length := func(parts [][][2]length) (sum float64) {
		for _, p := range parts {
			for i := 1; i < len(p); i++ {
				sum += math.Hypot(p[i][0]-p[i-1][0], p[i][1]-p[i-1][1])
			}
			for _, v := range p {
				if v[0] < -1e-9 || v[0] > 10+1e-9 || v[1] < -1e-9 || v[1] > 10+1e-9 {
					t.Errorf("%v is outside", v)
				}
			}
		}
		return sum
	}
	for name, test := range map[string]struct {
		line  [][2]float64
		parts int
		long  float64
	}{
		"inside":         {[][2]float64{{1, 1}, {4, 5}, {4, 9}}, 1, 9},
		"through":        {[][2]float64{{-5, 5}, {15, 5}}, 1, 10},
		"out and back":   {[][2]float64{{5, 5}, {5, 25}, {8, 25}, {8, 5}}, 2, 10},
		"outside":        {[][2]float64{{-5, -5}, {-5, 15}}, 0, 0},
		"past a corner":  {[][2]float64{{-6, 5}, {5, 20}}, 0, 0},
		"across corners": {[][2]float64{{-10, -10}, {20, 20}}, 1, 10 * math.Sqrt2},
	} {
		parts := clipLine(test.line, r)
		if got := length(parts); len(parts) != test.parts || math.Abs(got-test.long) > 1e-9 {
			t.Errorf("%s: %d parts of length %g, want %d of %g", name, len(parts), got, test.parts, test.long)
		}
	}
	area := func(p [][2]float64) (sum float64) {
		for i, b := range p {
			a := p[(i+len(p)-1)%len(p)]
			sum += (a[0]*b[1] - b[0]*a[1]) / 2
		}
		return math.Abs(sum)
	}
	for want, p := range map[float64][][2]float64{
		25:  {{5, 5}, {15, 5}, {15, 15}, {5, 15}},
		100: {{-5, -5}, {15, -5}, {15, 15}, {-5, 15}},
		50:  {{0, 0}, {10, 10}, {0, 10}},
		0:   {{11, 11}, {15, 11}, {15, 15}},
	} {
		if got := area(clipPolygon(p, r)); math.Abs(got-want) > 1e-9 {
			t.Errorf("%v: %g is left, want %g", p, got, want)
		}
	}
}
