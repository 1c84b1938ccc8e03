package viz

import (
	"fmt"
	"math"
	"reflect"
	"slices"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// A Spectrum is eigenvalues to draw by [Spectra].
type Spectrum struct {
	// Name stands in the legend.
	Name string
	// Values are the eigenvalues, in any order.
	Values []float64
	// Law is a power law that was fitted to them, or nil.
	Law Lined
	// Edge is where noise ends, of spectrum.NoiseEdge or spectrum.MarchenkoPastur, in the unit of Values; zero for none.
	Edge float64
}

// A Lined result has a straight line through logarithms, as *geometry.PowerLaw has: places from 1 and the values of the line there.
type Lined interface {
	Line() (places, values []float64)
}

// Spectra draws spectra on logarithmic axes: the j-th largest eigenvalue over j, as dots, with the power law j^−α that was fitted, which is
// a straight line there, and where noise ends.
//
//	law, err := geometry.EigenspectrumPowerLaw(ctx, x, spectrum.AlphaReQ{})
//	viz.Spectra(viz.Spectrum{Name: "layer 3", Values: law.Values, Law: law})
//
// Eigenvalues that are zero, below 1e-15 of the largest, have no logarithm: they are left out, and the caption says how many.
//
// What is wrong with the arguments is the chart's error: [mat32.ErrEmpty] without a spectrum, with one that has no positive value and with a
// nil pointer for a Law, and a [*mat32.ParamError] for values and edges that are not finite, edges that are negative and laws that are no
// line. It costs O(n·log n).
func Spectra(spectra ...Spectrum) *Chart {
	const from = "viz.Spectra"
	if len(spectra) == 0 {
		return &Chart{err: fmt.Errorf("%s: %w", from, mat32.ErrEmpty)}
	}
	var dots, laws []Series
	var rules []Rule
	zeros := 0
	for i, s := range spectra {
		where := fmt.Sprintf("Spectra[%d]", i)
		if s.Name == "" && len(spectra) > 1 {
			s.Name = fmt.Sprintf("spectrum %d", i+1)
		}
		if err := finite(where, "Values", s.Values); err != nil {
			return &Chart{err: fmt.Errorf("%s: %w", from, err)}
		}
		if !(s.Edge >= 0 && s.Edge <= most) {
			return &Chart{err: fmt.Errorf("%s: %w", from, param(where, "Edge", s.Edge, "0 for none, or a positive number up to 1e300"))}
		}
		values := slices.Clone(s.Values)
		slices.SortFunc(values, func(a, b float64) int { return sign(b - a) })
		d := Series{Name: s.Name, Dots: true}
		for j, v := range values {
			if !(v > 1e-15*values[0]) {
				zeros += len(values) - j
				break
			}
			d.X, d.Y = append(d.X, float64(j+1)), append(d.Y, v)
		}
		if len(d.Y) == 0 {
			return &Chart{err: fmt.Errorf("%s: %s: %w", from, where, mat32.ErrEmpty)}
		}
		dots = append(dots, d)
		if s.Law != nil {
			l, err := lawLine(s.Name, s.Law)
			if err != nil {
				return &Chart{err: fmt.Errorf("%s: %s: %w", from, where, err)}
			}
			laws = append(laws, l)
		}
		if s.Edge > 0 {
			name := "edge of noise"
			if s.Name != "" {
				name += ", " + s.Name
			}
			rules = append(rules, Rule{Name: name, At: s.Edge})
		}
	}
	source := ""
	if zeros > 0 {
		source = fmt.Sprintf("without %d eigenvalues that are zero", zeros)
	}
	return planarChart(from, &lines{series: append(dots, laws...), source: source},
		plane{x: Axis{Name: "place", Log: true}, y: Axis{Name: "eigenvalue", Log: true}, rules: rules})
}

// lawLine returns the line of a power law, of so many points that none is marked, and its exponent as its name.
func lawLine(name string, law Lined) (Series, error) {
	if v := reflect.ValueOf(law); v.Kind() == reflect.Pointer && v.IsNil() { // the result of a fit whose error was not looked at
		return Series{}, fmt.Errorf("%s: %w", "Law", mat32.ErrEmpty) // a field's name
	}
	x, y := law.Line()
	if n := len(x); n < 2 || len(y) != n || !(0 < x[0] && x[0] < x[n-1] && x[n-1] <= most && 0 < y[0] && y[0] <= most && 0 < y[n-1] && y[n-1] <= most) {
		return Series{}, param("Law", "Line()", fmt.Sprintf("%v, %v", x, y), "two places, rising, and a positive value at each")
	}
	last := len(x) - 1
	exponent := -math.Log(y[last]/y[0]) / math.Log(x[last]/x[0])
	s := Series{Name: fmt.Sprintf("α = %.2f", exponent), Dashed: true, of: name}
	if name != "" {
		s.Name = name + ", " + s.Name
	}
	for i := range markedPoints + 2 {
		at := x[0] * math.Pow(x[last]/x[0], float64(i)/(markedPoints+1))
		s.X, s.Y = append(s.X, at), append(s.Y, y[0]*math.Pow(at/x[0], -exponent))
	}
	return s, nil
}
