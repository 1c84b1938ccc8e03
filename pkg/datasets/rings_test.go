package datasets_test

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/datasets"
)

// byArea fails where rows are not those of the surface at their latent u and v, or where
// waves in u and v have other means than over its area, which is taken from central
// differences of the surface on a grid.
func byArea(t *testing.T, d *datasets.Dataset, surface func(x []float64, u, v float64)) {
	t.Helper()
	n, cols := d.X.Dims()
	waves := []func(u, v float64) float64{
		func(u, v float64) float64 { return math.Sin(u / 2) },
		func(u, v float64) float64 { return math.Cos(u) },
		func(u, v float64) float64 { return math.Cos(v) },
		func(u, v float64) float64 { return math.Cos(2 * v) },
		func(u, v float64) float64 { return math.Sin(u) * math.Sin(v) },
		func(u, v float64) float64 { return math.Cos(u) * math.Cos(v) },
	}
	got := make([]float64, len(waves))
	want, square := make([]float64, len(waves)), make([]float64, len(waves))
	at := make([]float64, cols)
	for i := range n {
		u, v := d.Truth.Latent.At(i, 0), d.Truth.Latent.At(i, 1)
		surface(at, u, v)
		if off := floats.Distance(at, d.X.RawRowView(i), 2); off > 1e-12 {
			t.Fatalf("row %d is %v off the surface", i, off)
		}
		for k, w := range waves {
			got[k] += w(u, v) / float64(n)
		}
	}
	const steps, h = 200, 1e-5
	side := func(du, dv, u, v float64) []float64 {
		a, b := make([]float64, cols), make([]float64, cols)
		surface(a, u+h*du, v+h*dv)
		surface(b, u-h*du, v-h*dv)
		floats.Sub(a, b)
		floats.Scale(1/(2*h), a)
		return a
	}
	var all float64
	for p := range steps {
		for q := range steps {
			u, v := 2*math.Pi*(float64(p)+.5)/steps, 2*math.Pi*(float64(q)+.5)/steps
			xu, xv := side(1, 0, u, v), side(0, 1, u, v)
			area := math.Sqrt(floats.Dot(xu, xu)*floats.Dot(xv, xv) - math.Pow(floats.Dot(xu, xv), 2))
			all += area
			for k, w := range waves {
				want[k] += area * w(u, v)
				square[k] += area * w(u, v) * w(u, v)
			}
		}
	}
	for k := range waves {
		mean := want[k] / all
		if se := math.Sqrt((square[k]/all - mean*mean) / float64(n)); math.Abs(got[k]-mean) > 5*se {
			t.Errorf("%s: wave %d has the mean %v, over the area %v ± %v", d.Name, k, got[k], mean, se)
		}
	}
}

func TestSurfacesAreUniform(t *testing.T) {
	testenv.Unraced(t)
	const n, big, small = 20_000, 3., 2.
	byArea(t, generate(t, datasets.KleinBottle{Rows: n, Radius: big, Tube: small}), func(x []float64, u, v float64) {
		x[0], x[1] = (big+small*math.Cos(v))*math.Cos(u), (big+small*math.Cos(v))*math.Sin(u)
		x[2], x[3] = small*math.Sin(v)*math.Cos(u/2), small*math.Sin(v)*math.Sin(u/2)
	})
	byArea(t, generate(t, datasets.KleinBottle{Rows: n, Radius: big, Tube: 1.4, Crossed: true}), func(x []float64, u, v float64) {
		p := math.Cos(u/2)*math.Sin(v) - math.Sin(u/2)*math.Sin(2*v)
		q := math.Sin(u/2)*math.Sin(v) + math.Cos(u/2)*math.Sin(2*v)
		x[0], x[1], x[2] = (big+1.4*p)*math.Cos(u), (big+1.4*p)*math.Sin(u), 1.4*q
	})
	pinched := generate(t, datasets.PinchedTorus{Rows: n, Radius: big, Tube: small})
	byArea(t, pinched, func(x []float64, u, v float64) {
		tube := small * math.Sin(u/2)
		x[0], x[1], x[2] = (big+tube*math.Cos(v))*math.Cos(u), (big+tube*math.Cos(v))*math.Sin(u), tube*math.Sin(v)
	})
	for i := range n {
		if got, want := pinched.Truth.Latent.At(i, 2), floats.Distance(pinched.X.RawRowView(i), pinched.Truth.Singular.RawRowView(0), 2); math.Abs(got-want) > 1e-12 {
			t.Fatalf("row %d is %v from the pinch, want %v", i, got, want)
		}
	}
}

// Every row is at the radius from the centre of its sphere, has zeros in the columns of
// other axes, and an angle to the joint that has the law of the sphere.
func TestWedgedSpheresForm(t *testing.T) {
	testenv.Unraced(t)
	const n, radius = 6000, 2.
	d := generate(t, datasets.WedgedSpheres{Rows: n, Spheres: 3, Radius: radius, Seed: 3})
	if _, cols := d.X.Dims(); cols != 6 || !slices.Equal(d.Truth.Betti, []int{1, 0, 3}) {
		t.Fatalf("%d columns, Betti numbers %v", cols, d.Truth.Betti)
	}
	centers := [][]float64{{radius, 0, 0, 0, 0, 0}, {-radius, 0, 0, 0, 0, 0}, {0, 0, 0, radius, 0, 0}}
	heights := make([]float64, n)
	for i := range n {
		row, k := d.X.RawRowView(i), d.Labels[i]
		if math.Abs(floats.Distance(row, centers[k], 2)-radius) > 1e-12 || floats.Norm(row[3-3*(k/2):6-3*(k/2)], 2) != 0 {
			t.Fatalf("row %d, %v, is not on sphere %d", i, row, k)
		}
		chord := floats.Norm(row, 2)
		if got, want := d.Truth.Latent.At(i, 0), 2*radius*math.Asin(min(1, chord/(2*radius))); math.Abs(got-want) > 1e-6 {
			t.Fatalf("row %d is %v from the joint, want %v", i, got, want)
		}
		heights[i] = math.Cos(d.Truth.Latent.At(i, 0) / radius) // uniform on a sphere: Archimedes
	}
	uniform(t, "the height", heights, -1, 1)
	turned := generate(t, datasets.Rotated{Of: datasets.PinchedTorus{Rows: 50}, Dim: 7})
	for i := range 50 {
		if got, want := floats.Distance(turned.X.RawRowView(i), turned.Truth.Singular.RawRowView(0), 2), turned.Truth.Latent.At(i, 2); math.Abs(got-want) > 1e-12 {
			t.Fatalf("turned, row %d is %v from the pinch, want %v", i, got, want)
		}
	}
}

func TestFigureEightForm(t *testing.T) {
	testenv.Unraced(t)
	const n = 5000
	d := generate(t, datasets.FigureEight{Rows: n, Radius: 2})
	// Arc length up to t, by the midpoint rule.
	const steps = 10_000
	length := make([]float64, steps+1)
	for k := range steps {
		s := 2 * math.Pi * (float64(k) + .5) / steps
		length[k+1] = length[k] + math.Hypot(math.Cos(s), math.Cos(2*s))
	}
	along := make([]float64, n)
	for i := range n {
		x, y := d.X.At(i, 0)/2, d.X.At(i, 1)/2
		if math.Abs(y*y-x*x*(1-x*x)) > 1e-12 || (x < 0) != (d.Labels[i] == 1) {
			t.Fatalf("row %d, (%v, %v), is not on the curve of its label %d", i, 2*x, 2*y, d.Labels[i])
		}
		k := d.Truth.Latent.At(i, 0) / (2 * math.Pi) * steps
		along[i] = length[int(k)] + (k-math.Floor(k))*(length[int(k)+1]-length[int(k)])
	}
	uniform(t, "the arc length", along, 0, length[steps])
}

func TestAnnuliForm(t *testing.T) {
	testenv.Unraced(t)
	const n = 5000
	for _, g := range []datasets.Annuli{{Rows: n}, {Rows: n, Rings: 3, Hole: .8, Apart: 1.5}} {
		d := generate(t, g)
		apart := g.Apart > 0
		shares := make([]float64, len(d.Names))
		squares := make([][]float64, len(d.Names))
		for i := range n {
			k := d.Labels[i]
			r := math.Hypot(d.X.At(i, 0)-g.Apart*float64(k), d.X.At(i, 1))
			shares[k]++
			squares[k] = append(squares[k], r*r)
		}
		for k, s := range squares {
			lo, hi := .5+float64(k), 1+float64(k)
			if apart {
				lo, hi = .8, 1
			}
			uniform(t, "the square of the radius", s, lo*lo, hi*hi)
		}
		if want := n * (1 - .25) / (1 - .25 + 4 - 2.25); !apart && math.Abs(shares[0]-want) > 5*math.Sqrt(want) {
			t.Errorf("the inner ring has %v rows, want %v", shares[0], want)
		}
	}
	// The holes of two rings, counted on a grid by flooding what they leave free.
	for _, g := range []datasets.Annuli{
		{Rows: 1}, {Rows: 1, Rings: 1}, {Rows: 1, Apart: 2.5}, {Rows: 1, Apart: 1.5}, {Rows: 1, Apart: .75},
		{Rows: 1, Apart: .3}, {Rows: 1, Hole: .1, Apart: .5}, {Rows: 1, Hole: .1, Apart: 1.2},
		{Rows: 1, Rings: 4, Apart: 1.2, Hole: .7}, {Rows: 1, Rings: 3, Apart: 1.8},
	} {
		got := generate(t, g)
		n, hole := len(got.Names), g.Hole
		if hole == 0 {
			hole = .5
		}
		const step = .02
		left, wide, high := -1.2-float64(n), int((float64(n)*(g.Apart+2)+4)/step), int((2*float64(n)+2.4)/step)
		covered := func(x, y float64) bool {
			for k := range n {
				outer := 1.
				if g.Apart == 0 {
					outer += float64(k)
				}
				if r := math.Hypot(x-g.Apart*float64(k), y); r <= outer && r >= outer-1+hole {
					return true
				}
			}
			return false
		}
		cell := make([]bool, wide*high) // seen, or of the other kind
		count := func(kind bool) (pieces int) {
			for at := range cell {
				cell[at] = covered(left+step*float64(at%wide), -1.2-float64(n-1)+step*float64(at/wide)) != kind
			}
			for from := range cell {
				if cell[from] {
					continue
				}
				size := 0
				for stack := []int{from}; len(stack) > 0; {
					at := stack[len(stack)-1]
					stack = stack[:len(stack)-1]
					size++
					for _, next := range []int{at - 1, at + 1, at - wide, at + wide} {
						if next >= 0 && next < len(cell) && (next%wide == at%wide || next/wide == at/wide) && !cell[next] {
							cell[next] = true
							stack = append(stack, next)
						}
					}
				}
				if size > 10 { // not the tip of a crescent, cut off by the grid
					pieces++
				}
			}
			return pieces
		}
		if want := []int{count(true), count(false) - 1}; !slices.Equal(got.Truth.Betti, want) {
			t.Errorf("%+v: Betti numbers %v, want %v", g, got.Truth.Betti, want)
		}
	}
}

// The link of two neighbours is ±1 by Gauss's integral, of others 0.
func TestRingsAreLinked(t *testing.T) {
	testenv.Unraced(t)
	const steps = 120
	d := generate(t, datasets.LinkedRings{Rows: 300, Rings: 3})
	frame := make([][2][]float64, 3)
	for k := range 3 { // two rows of a ring span its plane around its centre
		center := d.Truth.Centers.RawRowView(k)
		for i := range 300 {
			if d.Labels[i] != k {
				continue
			}
			row := slices.Clone(d.X.RawRowView(i))
			floats.Sub(row, center)
			if math.Abs(floats.Norm(row, 2)-1) > 1e-12 {
				t.Fatalf("row %d is %v from its centre", i, floats.Norm(row, 2))
			}
			if frame[k][0] == nil {
				frame[k][0] = row
				continue
			}
			floats.AddScaled(row, -floats.Dot(row, frame[k][0]), frame[k][0])
			if size := floats.Norm(row, 2); frame[k][1] == nil && size > .1 {
				floats.Scale(1/size, row)
				frame[k][1] = row
			}
		}
	}
	at := func(k, step int) (place, way []float64) {
		sin, cos := math.Sincos(2 * math.Pi * float64(step) / steps)
		place, way = slices.Clone(d.Truth.Centers.RawRowView(k)), make([]float64, 3)
		floats.AddScaled(place, cos, frame[k][0])
		floats.AddScaled(place, sin, frame[k][1])
		floats.AddScaled(way, -sin, frame[k][0])
		floats.AddScaled(way, cos, frame[k][1])
		return place, way
	}
	for _, pair := range []struct {
		a, b int
		want float64
	}{{0, 1, 1}, {1, 2, 1}, {0, 2, 0}} {
		var link float64
		for p := range steps {
			for q := range steps {
				x, dx := at(pair.a, p)
				y, dy := at(pair.b, q)
				floats.Sub(x, y)
				link += mat.Det(mat.NewDense(3, 3, slices.Concat(x, dx, dy))) / math.Pow(floats.Norm(x, 2), 3)
			}
		}
		link *= math.Pi / steps / steps
		if math.Abs(math.Abs(link)-pair.want) > 1e-3 {
			t.Errorf("rings %d and %d link %v times, want %v", pair.a, pair.b, link, pair.want)
		}
	}
}
