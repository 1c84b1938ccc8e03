package dynamics

import (
	"math"
	"slices"
	"strings"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// Lorenz returns the convection of E. Lorenz (1963), Deterministic nonperiodic flow, at σ = 10,
// ρ = 28, β = 8/3.
func Lorenz() System { return known(flows(), "Lorenz") }

// Rossler returns the flow of O. Rössler (1976), An equation for continuous chaos, at a = b =
// 0.2, c = 5.7.
func Rossler() System { return known(flows(), "Rössler") }

// Henon returns the map of M. Hénon (1976), A two-dimensional mapping with a strange attractor,
// at a = 1.4, b = 0.3.
func Henon() System { return known(maps(), "Hénon") }

// Logistic returns the map of R. May (1976), Simple mathematical models with very complicated
// dynamics, at r = 4.
func Logistic() System { return known(maps(), "logistic") }

// Flows returns the flows that are known here, each with what is published about it.
func Flows() []System { return flows() }

// Maps returns the maps that are known here, each with what is published about it.
func Maps() []System { return maps() }

// Find returns a system by its name: capitals, spaces, hyphens and the dots of ö and é make no
// difference. The error is a *mat32.ParamError that holds all names.
func Find(name string) (System, error) {
	var names []string
	for _, s := range slices.Concat(flows(), maps()) {
		if plain(s.Name) == plain(name) {
			return s, nil
		}
		names = append(names, s.Name)
	}
	return System{}, &mat32.ParamError{Method: "dynamics.Find", Param: "name", Value: name, Want: "one of " + strings.Join(names, ", ")}
}

func plain(name string) string {
	return strings.NewReplacer(" ", "", "-", "", "–", "", "_", "", "ö", "o", "é", "e", "ü", "u").Replace(strings.ToLower(name))
}

func known(among []System, name string) System {
	return among[slices.IndexFunc(among, func(s System) bool { return s.Name == name })]
}

const (
	sprott     = "J. Sprott (2003), Chaos and time-series analysis, appendix A"
	sprott1994 = "J. Sprott (1994), Some simple chaotic flows"
)

func parameters(of ...any) (p []Parameter) {
	for i := 0; i < len(of); i += 2 {
		p = append(p, Parameter{of[i].(string), of[i+1].(float64)})
	}
	return p
}

// case19 is one of the nineteen flows of Sprott (1994): five terms and two products, or six and
// one.
func case19(letter string, start [3]float64, exponents [3]float64, equations ...string) System {
	return System{
		Name: "Sprott " + letter, Variables: "xyz", Equations: equations, Start: start[:], Step: 0.1,
		Known: Invariants{Lyapunov: exponents[:], Source: sprott1994},
	}
}

func flows() []System {
	return []System{
		{
			Name: "Lorenz", Variables: "xyz", Equations: []string{"σy − σx", "ρx − xz − y", "xy − βz"},
			Parameters: parameters("σ", 10., "ρ", 28., "β", 8./3), Start: []float64{0, -0.01, 9}, Step: 0.02,
			Known: Invariants{Lyapunov: []float64{0.9056, 0, -14.5723}, KaplanYorke: 2.06215, Correlation: 2.05, Source: sprott},
		},
		{
			Name: "Rössler", Variables: "xyz", Equations: []string{"−y − z", "x + ay", "b + xz − cz"},
			Parameters: parameters("a", .2, "b", .2, "c", 5.7), Start: []float64{-9, 0, 0}, Step: 0.1,
			Known: Invariants{Lyapunov: []float64{0.0714, 0, -5.3943}, KaplanYorke: 2.0132, Correlation: 1.991, Source: sprott},
		},
		{
			Name: "Chen", Variables: "xyz", Equations: []string{"ay − ax", "cx − ax − xz + cy", "xy − bz"},
			Parameters: parameters("a", 35., "b", 3., "c", 28.), Start: []float64{-10, 0, 37}, Step: 0.01,
			Known: Invariants{Lyapunov: []float64{2.0272, 0, -12.0272}, KaplanYorke: 2.1686, Source: sprott},
		},
		{
			Name: "Chua", Variables: "xyz",
			Equations:  []string{"α(y − x + bx + (a − b)(|x + 1| − |x − 1|)/2)", "x − y + z", "−βy"},
			Parameters: parameters("α", 9., "β", 100./7, "a", 8./7, "b", 5./7), Start: []float64{0, 0, 0.6}, Step: 0.05,
			Rate: func(p, x, dst []float64) {
				bent := p[3]*x[0] + (p[2]-p[3])*(math.Abs(x[0]+1)-math.Abs(x[0]-1))/2
				dst[0], dst[1], dst[2] = p[0]*(x[1]-x[0]+bent), x[0]-x[1]+x[2], -p[1]*x[1]
			},
			Jacobian: func(p, x, dst []float64) {
				slope := p[3]
				if math.Abs(x[0]) < 1 {
					slope = p[2]
				}
				dst[0], dst[1] = p[0]*(slope-1), p[0]
				dst[3], dst[4], dst[5] = 1, -1, 1
				dst[7] = -p[1]
			},
			Known: Invariants{Lyapunov: []float64{0.3271, 0, -2.5197}, KaplanYorke: 2.1298, Source: sprott},
		},
		{
			Name: "Halvorsen", Variables: "xyz", Equations: []string{"−ax − 4y − 4z − y²", "−ay − 4z − 4x − z²", "−az − 4x − 4y − x²"},
			Parameters: parameters("a", 1.27), Start: []float64{-5, 0, 0}, Step: 0.02,
			Known: Invariants{Lyapunov: []float64{0.7899, 0, -4.5999}, KaplanYorke: 2.1717, Source: sprott},
		},
		{
			Name: "Thomas", Variables: "xyz", Equations: []string{"−bx + sin y", "−by + sin z", "−bz + sin x"},
			Parameters: parameters("b", .18), Start: []float64{0.1, 0, 0}, Step: 0.2,
			Rate: func(p, x, dst []float64) {
				for i := range dst {
					dst[i] = math.Sin(x[(i+1)%3]) - p[0]*x[i]
				}
			},
			Jacobian: func(p, x, dst []float64) {
				for i := range 3 {
					dst[4*i] = -p[0]
					dst[3*i+(i+1)%3] = math.Cos(x[(i+1)%3])
				}
			},
			Known: Invariants{Lyapunov: []float64{0.0349, 0, -0.5749}, KaplanYorke: 2.0607, Source: sprott},
		},
		{
			Name: "labyrinth", Variables: "xyz", Equations: []string{"sin y", "sin z", "sin x"}, Start: []float64{0.1, 0, 0}, Step: 0.2,
			Rate: func(_, x, dst []float64) {
				for i := range dst {
					dst[i] = math.Sin(x[(i+1)%3])
				}
			},
			Jacobian: func(_, x, dst []float64) {
				for i := range 3 {
					dst[3*i+(i+1)%3] = math.Cos(x[(i+1)%3])
				}
			},
			// Printed is 0.1402; the equations give 0.093.
		},
		{
			Name: "Rabinovich–Fabrikant", Variables: "xyz", Equations: []string{"yz − y + x²y + γx", "3xz + x − x³ + γy", "−2αz − 2xyz"},
			Parameters: parameters("γ", .87, "α", 1.1), Start: []float64{-1, 0, 0.5}, Step: 0.05,
			Known: Invariants{Lyapunov: []float64{0.1981, 0, -0.6581}, KaplanYorke: 2.3010, Source: sprott},
		},
		{
			Name: "Rucklidge", Variables: "xyz", Equations: []string{"−κx + λy − yz", "x", "−z + y²"},
			Parameters: parameters("κ", 2., "λ", 6.7), Start: []float64{1, 0, 4.5}, Step: 0.05,
			// The 0.0643 that is printed for these parameters is not what the equations give, which is 0.19.
		},
		{
			Name: "Moore–Spiegel", Variables: "xyz", Equations: []string{"y", "z", "−z − Ty + Ry − Rx²y − Tx"},
			Parameters: parameters("T", 6., "R", 20.), Start: []float64{0.1, 0, 0}, Step: 0.05,
			// Printed is 0.1119; the equations give 0.094.
		},
		{
			Name: "diffusionless Lorenz", Variables: "xyz", Equations: []string{"−y − x", "−xz", "xy + R"},
			Parameters: parameters("R", 1.), Start: []float64{1, -1, 0.01}, Step: 0.05,
			Known: Invariants{Lyapunov: []float64{0.2101, 0, -1.2101}, KaplanYorke: 2.1736, Source: sprott},
		},
		{
			Name: "Nosé–Hoover", Variables: "xyz", Equations: []string{"y", "−x + yz", "1 − y²"}, Start: []float64{0, 5, 0}, Step: 0.1,
			Known: Invariants{Lyapunov: []float64{0.0138, 0, -0.0138}, KaplanYorke: 3, Source: sprott},
		},
		{
			Name: "simplest quadratic", Variables: "xyz", Equations: []string{"y", "z", "−az + y² − x"},
			Parameters: parameters("a", 2.017), Start: []float64{-0.9, 0, 0.5}, Step: 0.1,
			Known: Invariants{Lyapunov: []float64{0.0551, 0, -2.0721}, KaplanYorke: 2.0266, Source: sprott},
		},
		{
			Name: "simplest cubic", Variables: "xyz", Equations: []string{"y", "z", "−az + xy² − x"},
			Parameters: parameters("a", 2.028), Start: []float64{0, 0.96, 0}, Step: 0.1,
			Known: Invariants{Lyapunov: []float64{0.0837, 0, -2.1117}, KaplanYorke: 2.0396, Source: sprott},
		},
		{
			Name: "simplest piecewise linear", Variables: "xyz", Equations: []string{"y", "z", "−az − y + |x| − 1"},
			Parameters: parameters("a", .6), Start: []float64{0, -0.7, 0}, Step: 0.1,
			Rate: func(p, x, dst []float64) {
				dst[0], dst[1], dst[2] = x[1], x[2], -p[0]*x[2]-x[1]+math.Abs(x[0])-1
			},
			Jacobian: func(p, x, dst []float64) {
				dst[1], dst[5] = 1, 1
				dst[6], dst[7], dst[8] = math.Copysign(1, x[0]), -1, -p[0]
			},
			Known: Invariants{Lyapunov: []float64{0.0362, 0, -0.6362}, KaplanYorke: 2.0569, Source: sprott},
		},
		{
			Name: "WINDMI", Variables: "xyz", Equations: []string{"y", "z", "−az − y + b − exp x"},
			Parameters: parameters("a", .7, "b", 2.5), Start: []float64{0, 0.8, 0}, Step: 0.1,
			Rate: func(p, x, dst []float64) {
				dst[0], dst[1], dst[2] = x[1], x[2], -p[0]*x[2]-x[1]+p[1]-math.Exp(x[0])
			},
			Jacobian: func(p, x, dst []float64) {
				dst[1], dst[5] = 1, 1
				dst[6], dst[7], dst[8] = -math.Exp(x[0]), -1, -p[0]
			},
			Known: Invariants{Lyapunov: []float64{0.0755, 0, -0.7755}, KaplanYorke: 2.0974, Source: sprott},
		},
		driven("Ueda", []string{"y", "−ky − x³ + A sin t", "ω"}, parameters("k", .05, "A", 7.5, "ω", 1.), []float64{2.5, 0, 0},
			func(p, x, v, push float64) float64 { return -p*v - x*x*x + push },
			func(p, x, v float64) (byX, byV float64) { return -3 * x * x, -p },
			Invariants{Lyapunov: []float64{0.1034, 0, -0.1534}, KaplanYorke: 2.6741, Source: sprott}),
		driven("Duffing", []string{"y", "−ky + x − x³ + A sin t", "ω"}, parameters("k", .25, "A", .4, "ω", 1.), []float64{0.2, 0, 0},
			func(p, x, v, push float64) float64 { return -p*v + x - x*x*x + push },
			func(p, x, v float64) (byX, byV float64) { return 1 - 3*x*x, -p },
			Invariants{Lyapunov: []float64{0.1572, 0, -0.4072}, KaplanYorke: 2.3862, Source: sprott}),
		driven("driven pendulum", []string{"y", "−ky − sin x + A sin t", "ω"}, parameters("k", .05, "A", .6, "ω", .7), []float64{0, 0, 0},
			func(p, x, v, push float64) float64 { return -p*v - math.Sin(x) + push },
			func(p, x, v float64) (byX, byV float64) { return -math.Cos(x), -p },
			Invariants{Lyapunov: []float64{0.1400, 0, -0.1900}, KaplanYorke: 2.7369, Source: sprott}),
		driven("van der Pol", []string{"y", "k(1 − x²)y − x + A sin t", "ω"}, parameters("k", 3., "A", 5., "ω", 1.788), []float64{-1.9, 0, 0},
			func(p, x, v, push float64) float64 { return p*(1-x*x)*v - x + push },
			func(p, x, v float64) (byX, byV float64) { return -2*p*x*v - 1, p * (1 - x*x) },
			Invariants{Lyapunov: []float64{0.1933, 0, -2.0614}, KaplanYorke: 2.0938, Source: sprott}),
		{
			Name: "hyperchaotic Rössler", Variables: "xyzw", Equations: []string{"−y − z", "x + ay + w", "b + xz", "−cz + dw"},
			Parameters: parameters("a", .25, "b", 3., "c", .5, "d", .05), Start: []float64{-20, 0, 0, 15}, Step: 0.02,
			Known: Invariants{Lyapunov: []float64{0.112, 0.019, 0, -25.188}, KaplanYorke: 3.005, Source: "A. Wolf, J. Swift, H. Swinney and J. Vastano (1985), Determining Lyapunov exponents from a time series; " +
				"K. Ramasubramanian and M. Sriram (2000), A comparative study of computation of Lyapunov spectra with different algorithms"},
		},
		lorenz96(40),
		case19("B", [3]float64{0.05, 0.05, 0.05}, [3]float64{0.210, 0, -1.210}, "yz", "x − y", "1 − xy"),
		case19("C", [3]float64{0.05, 0.05, 0.05}, [3]float64{0.163, 0, -1.163}, "yz", "x − y", "1 − x²"),
		case19("D", [3]float64{0.05, 0.05, 0.05}, [3]float64{0.103, 0, -1.320}, "−y", "x + z", "xz + 3y²"),
		case19("E", [3]float64{0.05, 0.05, 0.05}, [3]float64{0.078, 0, -1.078}, "yz", "x² − y", "1 − 4x"),
		case19("F", [3]float64{0.05, 0.05, 0.05}, [3]float64{0.117, 0, -0.617}, "y + z", "−x + 0.5y", "x² − z"),
		case19("G", [3]float64{0.05, 0.05, 0.05}, [3]float64{0.034, 0, -0.634}, "0.4x + z", "xz − y", "−x + y"),
		case19("H", [3]float64{0.05, 0.05, 0.05}, [3]float64{0.117, 0, -0.617}, "−y + z²", "x + 0.5y", "x − z"),
		case19("I", [3]float64{0.05, 0.05, 0.05}, [3]float64{0.012, 0, -1.012}, "−0.2y", "x + z", "x + y² − z"),
		case19("J", [3]float64{0.05, 0.05, 0.05}, [3]float64{0.076, 0, -2.076}, "2z", "−2y + z", "−x + y + y²"),
		case19("K", [3]float64{0.05, 0.05, 0.05}, [3]float64{0.038, 0, -0.890}, "xy − z", "x − y", "x + 0.3z"),
		case19("L", [3]float64{0.05, 0.05, 0.05}, [3]float64{0.061, 0, -1.061}, "y + 3.9z", "0.9x² − y", "1 − x"),
		case19("M", [3]float64{0.05, 0.05, 0.05}, [3]float64{0.044, 0, -1.044}, "−z", "−x² − y", "1.7 + 1.7x + y"),
		case19("N", [3]float64{0.05, 0.05, 0.05}, [3]float64{0.076, 0, -2.076}, "−2y", "x + z²", "1 + y − 2z"),
		case19("O", [3]float64{0.05, 0.05, 0.05}, [3]float64{0.049, 0, -0.319}, "y", "x − z", "x + xz + 2.7y"),
		case19("P", [3]float64{0.05, 0.05, 0.05}, [3]float64{0.087, 0, -0.481}, "2.7y + z", "−x + y²", "x + y"),
		case19("Q", [3]float64{0.05, 0.05, 0.05}, [3]float64{0.109, 0, -0.609}, "−z", "x − y", "3.1x + y² + 0.5z"),
		case19("R", [3]float64{0.05, 0.05, 0.05}, [3]float64{0.062, 0, -1.062}, "0.9 − y", "0.4 + z", "xy − z"),
		case19("S", [3]float64{0.05, 0.05, 0.05}, [3]float64{0.188, 0, -1.188}, "−x − 4y", "x + z²", "1 + x"),
	}
}

// driven is an oscillator x″ = force(x, x′) + A sin t that is pushed at a rate ω: its phase is
// the third variable. Parameters are a constant of the force, A and ω.
func driven(name string, equations []string, p []Parameter, start []float64,
	force func(p, x, v, push float64) float64, slopes func(p, x, v float64) (byX, byV float64), known Invariants) System {
	return System{
		Name: name, Variables: "xyt", Equations: equations, Parameters: p, Start: start, Step: 0.1,
		Rate: func(p, x, dst []float64) {
			dst[0], dst[1], dst[2] = x[1], force(p[0], x[0], x[1], p[1]*math.Sin(x[2])), p[2]
		},
		Jacobian: func(p, x, dst []float64) {
			dst[1] = 1
			dst[3], dst[4] = slopes(p[0], x[0], x[1])
			dst[5] = p[1] * math.Cos(x[2])
		},
		Known: known,
	}
}

// lorenz96 is weather on a circle of n places (E. Lorenz, 1996, Predictability: a problem
// partly solved).
func lorenz96(n int) System {
	start := make([]float64, n)
	for i := range start {
		start[i] = 8
	}
	start[0] = 8.01
	return System{
		Name: "Lorenz 96", Equations: []string{"(xᵢ₊₁ − xᵢ₋₂)xᵢ₋₁ − xᵢ + F, 40 places i on a circle"}, Variables: "x",
		Parameters: parameters("F", 8.), Start: start, Step: 0.05,
		Rate: func(p, x, dst []float64) {
			n := len(x)
			for i := range x {
				dst[i] = (x[(i+1)%n]-x[(i+n-2)%n])*x[(i+n-1)%n] - x[i] + p[0]
			}
		},
		Jacobian: func(_, x, dst []float64) {
			n := len(x)
			for i := range x {
				ahead, behind, far := (i+1)%n, (i+n-1)%n, (i+n-2)%n
				dst[i*n+ahead] += x[behind]
				dst[i*n+far] -= x[behind]
				dst[i*n+behind] += x[ahead] - x[far]
				dst[i*n+i]--
			}
		},
		Known: Invariants{KaplanYorke: 27.1, Source: "E. Lorenz and K. Emanuel (1998), Optimal sites for supplementary weather observations: simulation with a small model"},
	}
}
