package datasets

import (
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
)

// WeeklyChaos draws a series of daily demand that looks irregular and is not: a chaotic map,
// which the days before determine, times the habits of the week, with noise on top. Day i is
//
//	Level·(1 + Swing·x)·(1 + Week·w) + Noise·Level·ε
//
// where x is the first variable of Hénon's map, w the weekday's share in a week whose Friday and
// Saturday are strong and whose Tuesday is weak, and ε normal. Neither the weekday nor the day
// before is enough to foretell a day: two days before it, and the weekday, are, up to the noise.
//
// Source: the setting is that of V. Sarveswararao, V. Ravi and Y. Vivek (2023), ATM cash demand
// forecasting in an Indian bank with chaos and hybrid deep learning networks, whose own series are
// not public; the map is M. Hénon's (1976), A two-dimensional mapping with a strange attractor.
type WeeklyChaos struct {
	// Rows is the number of days. Zero means 1000.
	Rows int

	// Level is the demand of a middling day. Zero means 100.
	Level float64

	// Swing is how far chaos moves demand, as a share of it, at most 0.7. Larger values leave less
	// to the weekday. Zero means 0.3.
	Swing float64

	// Week is how far the strongest weekday is above the middle, as a share, at most 1. Zero means
	// 0.3.
	Week float64

	// Noise is the standard deviation of the noise, as a share of Level. Zero means 0.02.
	Noise float64

	// Seed chooses where the map starts, and the noise.
	Seed uint64
}

// Resolve returns the options with the defaults filled in, or a *mat32.ParamError for the first
// that is out of its range.
func (g WeeklyChaos) Resolve() (WeeklyChaos, error) {
	o := options{generator: "datasets.WeeklyChaos"}
	check(&o, "Rows", &g.Rows, standardRows, 1, mostRows)
	check(&o, "Level", &g.Level, 100, smallest, largest)
	check(&o, "Swing", &g.Swing, 0.3, smallest, 0.7)
	check(&o, "Week", &g.Week, 0.3, smallest, 1)
	check(&o, "Noise", &g.Noise, 0.02, smallest, largest)
	return g, o.err
}

// Generate returns a series of Rows days in one column, in the order of time. Factors holds
// "weekday", from Monday, the first day; Truth has Latent, the state of the map, and Clean, the
// series without noise. The error is a *mat32.ParamError or *mat32.MemoryError. It costs O(Rows).
func (g WeeklyChaos) Generate() (*Dataset, error) {
	g, err := g.Resolve()
	if err != nil {
		return nil, err
	}
	if err := checkMemory("datasets.WeeklyChaos", g.Rows, 5); err != nil {
		return nil, err
	}
	days := Factor{
		Name: "weekday", Labels: make([]int, g.Rows),
		Names: []string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"},
	}
	week := [7]float64{-0.6, -0.9, -0.4, 0.1, 1, 0.9, -0.1}
	state, clean := mat.NewDense(g.Rows, 2, nil), mat.NewDense(g.Rows, 1, nil)
	start := rng.New(g.Seed, "weekly chaos/start", 0)
	// Every start in this box is in the basin of the attractor, which it has reached when the
	// first day is recorded.
	x, y := start.Float64()-0.5, 0.2*(start.Float64()-0.5)
	const before = 200
	for i := range before + g.Rows {
		x, y = 1-1.4*x*x+y, 0.3*x
		day := i - before
		if day < 0 {
			continue
		}
		days.Labels[day] = day % 7
		state.SetRow(day, []float64{x, y})
		clean.Set(day, 0, g.Level*(1+g.Swing*x)*(1+g.Week*week[day%7]))
	}
	noisy := mat.NewDense(g.Rows, 1, nil)
	eachRow(g.Rows, g.Seed, "weekly chaos", func(i int, s *rng.Stream) {
		noisy.Set(i, 0, clean.At(i, 0)+g.Noise*g.Level*s.Normal())
	})
	return &Dataset{
		Name: "weekly chaos", X: noisy, Features: []string{"demand"}, Factors: []Factor{days},
		Source: "generated: chaos and the week, after Sarveswararao, Ravi and Vivek (2023)",
		Truth:  Truth{Latent: state, Coordinates: []string{"x", "y"}, Clean: clean},
	}, nil
}
