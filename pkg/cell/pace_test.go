package cell

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/flatland-go/flatland/pkg/watch"
)

// paced looks five times a second at a stage that has done(t) of total units after t seconds, and returns what it last saw.
func paced(p *pace, total int, seconds float64, done func(t float64) int) (rate float64, left time.Duration) {
	start := time.Unix(1000, 0)
	for i := range int(seconds*5) + 1 {
		t := float64(i) / 5
		rate, left = p.look(start.Add(time.Duration(t*float64(time.Second))), watch.Event{Stage: "s", Done: done(t), Total: total})
	}
	return rate, left
}

func TestPace(t *testing.T) {
	steady := func(t float64) int { return int(100*t + 1e-9) }
	for _, c := range []struct {
		name    string
		total   int
		seconds float64
		done    func(float64) int
		rate    float64
		left    time.Duration
	}{
		{"too early for anything", 1000, 0.8, steady, 0, 0},
		{"too early for what remains", 1000, 1.8, steady, 100, 0},
		{"steady", 1000, 3, steady, 100, 7 * time.Second},
		{"of unknown length", 0, 3, steady, 100, 0},
		{"at its end", 300, 3, steady, 100, 0},
		{"slower by the middle", 1000, 12, func(t float64) int { return int(math.Min(100*t, 600+10*(t-6)) + 1e-9) }, 10, 34 * time.Second},
		{"a unit each two seconds", 20, 9, func(t float64) int { return int(t / 2) }, 0.5, 31 * time.Second},
		{"stuck", 1000, 60, func(t float64) int { return min(300, int(100*t)) }, 301.0 / 60, math.MaxInt64},
		{"not begun", 1000, 60, func(float64) int { return 0 }, 0, 0},
	} {
		rate, left := paced(new(pace), c.total, c.seconds, c.done)
		if math.Abs(rate-c.rate) > 0.06*c.rate+1e-9 && c.left != math.MaxInt64 {
			t.Errorf("%s: %.3g units a second, want %.3g", c.name, rate, c.rate)
		}
		if c.left == math.MaxInt64 { // a rate that goes on sinking, and no time that shrinks while nothing happens
			if rate > 10 || left < time.Minute {
				t.Errorf("%s: %.3g units a second and %v left", c.name, rate, left)
			}
		} else if off := left - c.left; off.Abs() > 1100*time.Millisecond {
			t.Errorf("%s: %v left, want %v", c.name, left, c.left)
		}
	}

	var p pace
	paced(&p, 1000, 5, steady)
	if rate, left := p.look(time.Unix(1006, 0), watch.Event{Stage: "next", Done: 500, Total: 1000}); rate != 0 || left != 0 {
		t.Errorf("a stage that has just begun has a rate of %v, and %v left", rate, left)
	}
	if most := cap(p.moves); most > 64 {
		t.Errorf("%d moves are kept", most)
	}
}

func TestPaceInWords(t *testing.T) {
	for rate, want := range map[float64]string{0.25: "0.25 it/s", 61.3: "61 it/s", 9876: "9876 it/s", 25_400: "25k it/s", 3.21e6: "3.2M it/s"} {
		if got := perSecond(rate); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	for d, want := range map[time.Duration]string{
		200 * time.Millisecond: "1 s left", 59 * time.Second: "59 s left", 61 * time.Second: "2 min left", 59 * time.Minute: "59 min left",
		3*time.Hour + 5*time.Minute: "3 h 5 min left",
	} {
		if got := remaining(d); got != want {
			t.Errorf("%v: got %q, want %q", d, got, want)
		}
	}
}

func TestSpark(t *testing.T) {
	ramp := make([]float64, 1000)
	for i := range ramp {
		ramp[i] = -float64(i)
	}
	for _, c := range []struct {
		values []float64
		want   string
	}{
		{nil, ""},
		{[]float64{2, 1}, ""},
		{[]float64{3, 2, 1}, "█▅▁"},
		{[]float64{1, 1, 1}, "▁▁▁"},
		{[]float64{-math.MaxFloat64, 0, math.MaxFloat64}, "▁▁▁"},
		{ramp, "█▇▇▆▅▅▄▄▃▂▂▁"},
	} {
		if got := spark(c.values); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestLossesAreThinnedAndKeepTheirShape(t *testing.T) {
	var seen, before []float64
	for i := range 10_000 {
		before = slices.Clone(seen)
		was := seen
		seen = remembered(append(seen, float64(i)))
		if !slices.Equal(was, before) {
			t.Fatalf("after %d losses what the bar looks at has changed", i)
		}
		if len(seen) >= sparkMemory {
			t.Fatalf("%d losses are remembered", len(seen))
		}
	}
	if !slices.IsSorted(seen) || seen[0] > 500 || seen[len(seen)-1] != 9999 {
		t.Errorf("remembered are %v … %v", seen[:3], seen[len(seen)-3:])
	}
}
