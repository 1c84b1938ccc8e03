package viz

import (
	"image/color"
	"math"
	"testing"
)

// visions are the matrices that turn linear RGB into what a reader sees: normal vision, protanopia, deuteranopia, tritanopia (Machado,
// Oliveira and Fernandes 2009, severity 1).
var visions = [4][9]float64{
	{1, 0, 0, 0, 1, 0, 0, 0, 1},
	{0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998},
	{0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.011820, 0.042940, 0.968881},
	{1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.303900},
}

// oklab is a colour in OKLab (B. Ottosson, 2020): lightness, green to red, blue to yellow.
type oklab [3]float64

func (a oklab) distance(b oklab) float64 {
	return math.Sqrt((a[0]-b[0])*(a[0]-b[0]) + (a[1]-b[1])*(a[1]-b[1]) + (a[2]-b[2])*(a[2]-b[2]))
}

// see returns how the colour looks to each vision.
func see(c color.RGBA) (seen [len(visions)]oklab) {
	linear := func(b uint8) float64 {
		v := float64(b) / 255
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	in := [3]float64{linear(c.R), linear(c.G), linear(c.B)}
	for v, m := range visions {
		var out [3]float64
		for i := range out {
			out[i] = math.Min(1, math.Max(0, m[3*i]*in[0]+m[3*i+1]*in[1]+m[3*i+2]*in[2]))
		}
		r, g, b := out[0], out[1], out[2]
		l := math.Cbrt(0.4122214708*r + 0.5363325363*g + 0.0514459929*b)
		w := math.Cbrt(0.2119034982*r + 0.6806995451*g + 0.1073969566*b)
		s := math.Cbrt(0.0883024619*r + 0.2817188376*g + 0.6299787005*b)
		seen[v] = oklab{
			0.2104542553*l + 0.7936177850*w - 0.0040720468*s,
			1.9779984951*l - 2.4285922050*w + 0.4505937099*s,
			0.0259040371*l + 0.7827717662*w - 0.8086757660*s,
		}
	}
	return seen
}

// apart is the distance that classColors were chosen by.
func apart(a, b [len(visions)]oklab) float64 {
	least := 0.75 * a[0].distance(b[0])
	for v := 1; v < len(visions); v++ {
		least = math.Min(least, a[v].distance(b[v]))
	}
	return least
}

// TestClassColorsAreApart: to no vision are two classes nearer than three times what can just be told apart, and the twelve colours that
// were added do not bring any two much nearer than the nearest two of Okabe and Ito's.
func TestClassColorsAreApart(t *testing.T) {
	for paper, test := range map[string]struct {
		theme      *theme
		least, was float64
	}{"light": {&light, 0.075, 0.001}, "dark": {&dark, 0.059, 0.03}} {
		colors := test.theme.classes
		nearest := func(n, vision int) float64 {
			least := math.Inf(1)
			for i := range n {
				for j := range i {
					least = math.Min(least, see(colors[i])[vision].distance(see(colors[j])[vision]))
				}
			}
			return least
		}
		names := [...]string{"normal", "protanopia", "deuteranopia", "tritanopia"}
		for v, name := range names {
			if got := nearest(len(colors), v); got < test.least {
				t.Errorf("%s paper, %s vision: two of the %d colours are %.3f apart", paper, name, len(colors), got)
			}
		}
		if got, want := nearest(len(colors), 2), nearest(8, 2); got < want-test.was {
			t.Errorf("%s paper, deuteranopia: the %d colours are %.4f apart, the first eight %.4f", paper, len(colors), got, want)
		}
	}
}

// TestAddedColorsAreTheFarthest repeats the choice that the comments of classColors and darkClassColors describe.
func TestAddedColorsAreTheFarthest(t *testing.T) {
	for paper, test := range map[string]struct {
		theme     *theme
		low, high float64 // the lightness of what reads on it
	}{"light": {&light, 0.30, 0.86}, "dark": {&dark, 0.50, 0.97}} {
		type candidate struct {
			color color.RGBA
			least float64 // distance to what was chosen so far
		}
		var candidates []candidate
		for i := range 16 * 16 * 16 {
			c := color.RGBA{uint8(i / 256 * 17), uint8(i / 16 % 16 * 17), uint8(i % 16 * 17), 255}
			seen := see(c)
			if l := seen[0][0]; test.low < l && l < test.high && math.Hypot(seen[0][1], seen[0][2]) > 0.07 {
				candidates = append(candidates, candidate{c, math.Inf(1)})
			}
		}
		choose := func(chosen color.RGBA) {
			for i, c := range candidates {
				candidates[i].least = math.Min(c.least, apart(see(c.color), see(chosen)))
			}
		}
		choose(test.theme.paper)
		choose(test.theme.unlabeled)
		for _, c := range test.theme.classes[:8] {
			choose(c)
		}
		for i, c := range test.theme.classes[8:] {
			best := candidates[0]
			for _, d := range candidates {
				if d.least > best.least {
					best = d
				}
			}
			if best.color != c {
				t.Fatalf("%s paper: colour %d is %s, the farthest is %s", paper, 8+i, hex(c), hex(best.color))
			}
			choose(best.color)
		}
	}
}

// TestRampRises: the lightness of the ramps grows to every vision, and evenly to a normal one.
func TestRampRises(t *testing.T) {
	const n = 50
	for _, paper := range []*theme{&light, &dark} {
		for v := range visions {
			last := see(along(paper.ramp, 0))[v][0]
			whole := see(along(paper.ramp, 1))[v][0] - last
			for i := 1; i <= n; i++ {
				l := see(along(paper.ramp, float64(i)/n))[v][0]
				least, most := 0.5, 1.6
				if v > 0 {
					least, most = 0.03, 2.2
				}
				if step := (l - last) / whole * n; step < least || step > most {
					t.Errorf("vision %d: step %d of %d raises the lightness by %.2f of an even step", v, i, n, step)
				}
				last = l
			}
		}
	}
}

// TestDivergingIsBalanced: to every vision the lightness changes in one direction from the middle to either end; what is equally far from
// the middle is about equally light; and the two sides are far apart.
func TestDivergingIsBalanced(t *testing.T) {
	for name, colors := range map[string][]color.RGBA{"light": light.diverging, "dark": dark.diverging, "light, inks": light.inks, "dark, inks": dark.inks} {
		for v := range visions {
			at := func(t float64) oklab { return see(along(colors, t))[v] }
			sign := 1.0
			if at(0.5)[0] > at(0)[0] {
				sign = -1
			}
			for i := 1; i <= 16; i++ {
				far, near := float64(i)/32, float64(i-1)/32
				for _, side := range []float64{-1, 1} {
					if step := sign * (at(0.5 + side*far)[0] - at(0.5 + side*near)[0]); step <= 0 {
						t.Errorf("%s paper, vision %d: at %+.2f of the middle the lightness turns", name, v, side*far)
					}
				}
				if d := math.Abs(at(0.5 + far)[0] - at(0.5 - far)[0]); d > 0.12 {
					t.Errorf("%s paper, vision %d: %.2f from the middle the sides differ in lightness by %.2f", name, v, far, d)
				}
			}
			for _, far := range []float64{0.25, 0.4} {
				if d := at(0.5 - far).distance(at(0.5 + far)); d < 0.1 {
					t.Errorf("%s paper, vision %d: the sides are %.3f apart %.2f from the middle", name, v, d, far)
				}
			}
		}
	}
}

// TestContrast: text has at least the contrast with what it stands on that WCAG 2.2 asks for at level AA, 4.5: on the paper, on the paper
// behind the names of rules, and in the cells of heatmaps.
func TestContrast(t *testing.T) {
	if got := contrast(rgb(0x000000), rgb(0xFFFFFF)); math.Abs(got-21) > 1e-9 {
		t.Fatalf("black on white has contrast %g", got)
	}
	if got := contrast(rgb(0x777777), rgb(0xFFFFFF)); math.Abs(got-4.478) > 1e-3 { // WCAG's well-known near miss
		t.Fatalf("#777 on white has contrast %g", got)
	}
	for name, p := range map[string]*theme{"light": &light, "dark": &dark} {
		for role, c := range map[string]color.RGBA{"ink": p.ink, "faint": p.faint} {
			if got := contrast(c, p.paper); got < 4.5 {
				t.Errorf("%s paper: %s has contrast %.2f", name, role, got)
			}
		}
		for i, class := range p.classes {
			if got := contrast(p.ink, blend(class, p.paper, float64(backing)/255)); got < 4.5 {
				t.Errorf("%s paper: a rule's name over colour %d has contrast %.2f", name, i, got)
			}
		}
		for i := range 101 {
			for _, colors := range [][]color.RGBA{p.ramp, p.diverging, p.inks} {
				c := along(colors, float64(i)/100)
				if got := contrast(legible(c), c); got < 4.5 {
					t.Errorf("%s paper: text on %s has contrast %.2f", name, hex(c), got)
				}
			}
		}
	}
	for name, p := range map[string]*theme{"light": &light, "dark": &dark} {
		for i := range 101 {
			if c := along(p.inks, float64(i)/100); contrast(c, p.paper) < 2 {
				t.Errorf("%s paper: a line coloured %s has contrast %.2f", name, hex(c), contrast(c, p.paper))
			}
		}
	}
	for i, c := range dark.classes {
		if got := contrast(c, dark.paper); got < 2.4 {
			t.Errorf("dark paper: colour %d has contrast %.2f", i, got)
		}
	}
}

// TestEndsAreApart: to every vision the ends of a range of colours are a quarter of the way from black to white apart, at least.
func TestEndsAreApart(t *testing.T) {
	const least = 0.25
	if black, gray := see(rgb(0)), see(rgb(0x111111)); black[0].distance(gray[0]) > least {
		t.Fatal("a measure by which nearly black and black differ")
	}
	for name, paper := range map[string]*theme{"light": &light, "dark": &dark} {
		for v := range visions {
			at := func(colors []color.RGBA, t float64) oklab { return see(along(colors, t))[v] }
			for what, d := range map[string]float64{
				"the ramp's ends":                         at(paper.ramp, 0).distance(at(paper.ramp, 1)),
				"the diverging colours' low end, middle":  at(paper.diverging, 0).distance(at(paper.diverging, 0.5)),
				"the diverging colours' high end, middle": at(paper.diverging, 1).distance(at(paper.diverging, 0.5)),
			} {
				if d < least {
					t.Errorf("%s paper, vision %d: %s are %.2f apart", name, v, what, d)
				}
			}
		}
	}
}

// TestClassesStandOut: no class is near the paper, or near the grey of rows without a class, to any vision.
func TestClassesStandOut(t *testing.T) {
	for name, p := range map[string]*theme{"light": &light, "dark": &dark} {
		for i, c := range p.classes {
			for v := range visions {
				if d := see(c)[v].distance(see(p.paper)[v]); d < 0.1 {
					t.Errorf("%s paper, vision %d: colour %d is %.3f from the paper", name, v, i, d)
				}
				if d := see(c)[v].distance(see(p.unlabeled)[v]); d < 0.059 {
					t.Errorf("%s paper, vision %d: colour %d is %.3f from that of no class", name, v, i, d)
				}
			}
		}
	}
}

func TestHex(t *testing.T) {
	if got := hex(rgb(0x0A72F0)); got != "#0a72f0" {
		t.Error(got)
	}
}
