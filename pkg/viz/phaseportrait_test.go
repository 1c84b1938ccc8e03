package viz

import (
	"math"
	"strings"
	"testing"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/mat32"
	"gonum.org/v1/gonum/mat"
)

func rotation(x, y float64) (dx, dy float64) { return -y, x }

func vanDerPol(x, y float64) (dx, dy float64) { return y, (1-x*x)*y - x }

func flowSamples() map[string]*Chart {
	spiral := mat.NewDense(200, 2, nil)
	for i := range 200 {
		sin, cos := math.Sincos(float64(i) / 10)
		spiral.SetRow(i, []float64{float64(i) / 100 * cos, float64(i) / 100 * sin})
	}
	return map[string]*Chart{
		"phase": PhasePortrait(vanDerPol, Flow{Trajectories: []mat.Matrix{spiral}, Fixed: [][2]float64{{0, 0}}, Nullclines: true}).
			Axes(Axis{Name: "x", Min: -4, Max: 4}, Axis{Min: -4, Max: 4}).Rules(Rule{Name: "rest", At: 1}).Titled("Phase"),
		"phase still": PhasePortrait(func(x, _ float64) (dx, dy float64) { return 0, 0 }, Flow{Nullclines: true}),
		"phase half":  PhasePortrait(func(x, _ float64) (dx, dy float64) { return math.Sqrt(x), 1 }, Flow{Apart: 40}),
		"grid flows":  Grid(Panels{}, PhasePortrait(rotation, Flow{}).Titled("one"), PhasePortrait(vanDerPol, Flow{}).Titled("two")),
	}
}

func flowErrors() map[string]kindError {
	param, shape := &mat32.ParamError{}, &mat32.ShapeError{}
	bad := mat.NewDense(1, 2, []float64{math.NaN(), 0})
	return map[string]kindError{
		"viz.PhasePortrait: viz.PhasePortrait: field is <nil>":                {PhasePortrait(nil, Flow{}), param},
		"field is nowhere finite":                                             {PhasePortrait(func(_, _ float64) (dx, dy float64) { return math.NaN(), 0 }, Flow{}), param},
		"Flow: Apart is 1":                                                    {PhasePortrait(rotation, Flow{Apart: 1}), param},
		"Flow: Fixed[0][1] is +Inf":                                           {PhasePortrait(rotation, Flow{Fixed: [][2]float64{{0, math.Inf(1)}}}), param},
		"trajectory 0: value at row 0, column 0 is NaN":                       {PhasePortrait(rotation, Flow{Trajectories: []mat.Matrix{bad}}), &mat32.NotFiniteError{}},
		"Trajectories[0] has shape 2 × 3":                                     {PhasePortrait(rotation, Flow{Trajectories: []mat.Matrix{mat.NewDense(2, 3, nil)}}), shape},
		"Names has shape 1 × 1, want one name for each of the 0 trajectories": {PhasePortrait(rotation, Flow{Names: names(1, "t")}), shape},
		"Axes.Y: Log is true, want false: a field":                            {PhasePortrait(rotation, Flow{}).Axes(Axis{}, Axis{Log: true}), param},
	}
}

// TestStreams: lines follow the field, keep apart, and leave no room for another.
func TestStreams(t *testing.T) {
	testenv.Unraced(t)
	const apart = 16
	toward := func(p [2]length) ([2]length, bool) {
		x, y := p[0]-200, p[1]-200
		r := math.Hypot(x, y)
		return [2]length{-y / r, x / r}, r > 0
	}
	lines := evenStreams(unit, apart, toward)
	total := 0
	for a, l := range lines {
		total += len(l.at)
		r := math.Hypot(l.at[0][0]-200, l.at[0][1]-200)
		for i, p := range l.at {
			if !inside(unit, p) || r > 8 && math.Abs(math.Hypot(p[0]-200, p[1]-200)-r) > 0.1 {
				t.Fatalf("line %d leaves its circle of radius %g: %v", a, r, p)
			}
			if i > 0 && r > 8 && math.Abs(math.Hypot(p[0]-l.at[i-1][0], p[1]-l.at[i-1][1])-1) > 1e-2 {
				t.Fatalf("line %d: a step from %v to %v", a, l.at[i-1], p)
			}
		}
		for b, other := range lines[:a] {
			for i := 0; i < len(l.at); i += 5 {
				for k := 0; k < len(other.at); k += 2 {
					p, q := l.at[i], other.at[k]
					if math.Hypot(p[0]-q[0], p[1]-q[1]) < apart/2-1 {
						t.Fatalf("lines %d and %d are at %v and %v", b, a, p, q)
					}
				}
			}
		}
	}
	for y := 10.0; y < 400; y += 13 {
		for x := 10.0; x < 400; x += 13 {
			near := math.Inf(1)
			for _, l := range lines {
				for _, p := range l.at {
					near = math.Min(near, math.Hypot(p[0]-x, p[1]-y))
				}
			}
			if near > 1.3*apart {
				t.Fatalf("no line is within %g pixels of %g, %g", near, x, y)
			}
		}
	}
	if want := 400 * 400 / apart; total < want/2 || total > 2*want {
		t.Errorf("%d pixels of lines, about %d expected", total, want)
	}
}

// TestContours: the zeros of a function are where it is zero, and a ring is closed.
func TestContours(t *testing.T) {
	lines := contours(unit, 4, func(p [2]length) float64 { return math.Hypot(p[0]-200, p[1]-150) - 90 })
	if len(lines) != 1 || lines[0][0] != lines[0][len(lines[0])-1] {
		t.Fatalf("%d lines, the first from %v to %v", len(lines), lines[0][0], lines[0][len(lines[0])-1])
	}
	for _, p := range lines[0] {
		if r := math.Hypot(p[0]-200, p[1]-150); math.Abs(r-90) > 0.1 {
			t.Errorf("a corner at radius %g", r)
		}
	}
	if open := contours(unit, 4, func(p [2]length) float64 { return p[0] - 101 }); len(open) != 1 || len(open[0]) != 101 {
		t.Errorf("an upright line in %d parts", len(open))
	}
	if none := contours(unit, 4, func([2]length) float64 { return math.NaN() }); len(none) != 0 {
		t.Errorf("what is no number has %d lines", len(none))
	}
	short := simplified(lines[0], 0.5)
	if len(short) >= len(lines[0])/2 {
		t.Errorf("%d of %d corners are left", len(short), len(lines[0]))
	}
	for _, p := range lines[0] {
		far := math.Inf(1)
		for i := 1; i < len(short); i++ {
			far = math.Min(far, fromSegment(p, short[i-1], short[i]))
		}
		if far > 0.5+1e-9 {
			t.Errorf("a corner is %g from the simplified line", far)
		}
	}
}

// TestFixedPoints are told apart by their eigenvalues.
func TestFixedPoints(t *testing.T) {
	for want, f := range map[string]func(x, y float64) (dx, dy float64){
		"stable node":      func(x, y float64) (dx, dy float64) { return -x, -2 * y },
		"unstable node":    func(x, y float64) (dx, dy float64) { return x, 2 * y },
		"saddle":           func(x, y float64) (dx, dy float64) { return x, -y },
		"centre":           rotation,
		"stable focus":     func(x, y float64) (dx, dy float64) { return -y - x/5, x - y/5 },
		"unstable focus":   vanDerPol,
		"degenerate point": func(x, y float64) (dx, dy float64) { return x * x, -y },
	} {
		p := PhasePortrait(f, Flow{Fixed: [][2]float64{{0, 0}}})
		if got := p.String(); !strings.Contains(got, "; "+want+" at (0, 0)") {
			t.Errorf("%q, want a %s", got, want)
		}
	}
}

// TestPhaseOnThePage: the page shows every piece of the streamlines, in the direction of the field, and says the speed.
func TestPhaseOnThePage(t *testing.T) {
	p := flowSamples()["phase"].fig.(*phasePortrait)
	data, err := p.data(rect{40, 40, 440, 360}, whole)
	if err != nil {
		t.Fatal(err)
	}
	if m := data.(*marksPayload); m.Note != "" {
		t.Errorf("the page says %q", m.Note)
	}
	g := p.groups(unit)[0]
	for i, line := range g.at {
		if len(line) == 3 && g.at[i][0] == g.at[i][2] {
			t.Errorf("a head of an arrow without breadth: %v", line)
		}
		if x, y, speed := g.columns[0].values[i], g.columns[1].values[i], g.columns[2].values[i]; math.Abs(speed-p.at(x, y)) > 1e-9 {
			t.Errorf("at %g, %g the speed is %g", x, y, speed)
		}
	}
	if again := p.groups(unit)[0]; len(again.at) != len(g.at) {
		t.Errorf("%d and %d pieces", len(again.at), len(g.at))
	}
}
