package dynamics

import "math"

func maps() []System {
	return []System{
		{
			Name: "logistic", Variables: "x", Equations: []string{"rx − rx²"}, Map: true, Parameters: parameters("r", 4.), Start: []float64{0.1},
			Known: Invariants{Lyapunov: []float64{math.Ln2}, KaplanYorke: 1, Source: sprott},
		},
		{
			Name: "cubic", Variables: "x", Equations: []string{"Ax − Ax³"}, Map: true, Parameters: parameters("A", 3.), Start: []float64{0.1},
			Known: Invariants{Lyapunov: []float64{1.0986123}, KaplanYorke: 1, Source: sprott},
		},
		{
			Name: "cusp", Variables: "x", Equations: []string{"1 − A√|x|"}, Map: true, Parameters: parameters("A", 2.), Start: []float64{0.5},
			Rate:     func(p, x, dst []float64) { dst[0] = 1 - p[0]*math.Sqrt(math.Abs(x[0])) },
			Jacobian: func(p, x, dst []float64) { dst[0] = -p[0] * math.Copysign(0.5/math.Sqrt(math.Abs(x[0])), x[0]) },
			Known:    Invariants{Lyapunov: []float64{0.5}, KaplanYorke: 1, Source: sprott},
		},
		{
			Name: "Hénon", Variables: "xy", Equations: []string{"1 − ax² + y", "bx"}, Map: true,
			Parameters: parameters("a", 1.4, "b", .3), Start: []float64{0, 0},
			Known: Invariants{Lyapunov: []float64{0.41922, -1.62319}, KaplanYorke: 1.25827, Correlation: 1.22, Source: sprott},
		},
		{
			Name: "Lozi", Variables: "xy", Equations: []string{"1 − a|x| + by", "x"}, Map: true,
			Parameters: parameters("a", 1.7, "b", .5), Start: []float64{-0.1, 0.1},
			Rate: func(p, x, dst []float64) { dst[0], dst[1] = 1-p[0]*math.Abs(x[0])+p[1]*x[1], x[0] },
			Jacobian: func(p, x, dst []float64) {
				dst[0], dst[1], dst[2] = -p[0]*math.Copysign(1, x[0]), p[1], 1
			},
			Known: Invariants{Lyapunov: []float64{0.47023, -1.16338}, KaplanYorke: 1.40419, Source: sprott},
		},
		{
			Name: "delayed logistic", Variables: "xy", Equations: []string{"Ax − Axy", "x"}, Map: true,
			Parameters: parameters("A", 2.27), Start: []float64{0.001, 0.001},
			Known: Invariants{Lyapunov: []float64{0.18312, -1.24199}, KaplanYorke: 1.14744, Source: sprott},
		},
		{
			Name: "tinkerbell", Variables: "xy", Equations: []string{"x² − y² + ax + by", "2xy + cx + dy"}, Map: true,
			Parameters: parameters("a", .9, "b", -.6, "c", 2., "d", .5), Start: []float64{0, 0.5},
			Known: Invariants{Lyapunov: []float64{0.18997, -0.52091}, KaplanYorke: 1.36468, Source: sprott},
		},
		{
			Name: "Burgers", Variables: "xy", Equations: []string{"ax − y²", "by + xy"}, Map: true,
			Parameters: parameters("a", .75, "b", 1.75), Start: []float64{-0.1, 0.1},
			Known: Invariants{Lyapunov: []float64{0.12076, -0.22136}, KaplanYorke: 1.54553, Source: sprott},
		},
		{
			Name: "Holmes cubic", Variables: "xy", Equations: []string{"y", "−bx + dy − y³"}, Map: true,
			Parameters: parameters("b", .2, "d", 2.77), Start: []float64{1.6, 0},
			Known: Invariants{Lyapunov: []float64{0.59458, -2.20402}, KaplanYorke: 1.26977, Source: sprott},
		},
		{
			Name: "Ikeda", Variables: "xy", Equations: []string{"γ + μ(x cos φ − y sin φ), φ = β − α/(1 + x² + y²)", "μ(x sin φ + y cos φ)"}, Map: true,
			Parameters: parameters("α", 6., "β", .4, "γ", 1., "μ", .9), Start: []float64{0, 0},
			Rate: func(p, x, dst []float64) {
				sin, cos := math.Sincos(p[1] - p[0]/(1+x[0]*x[0]+x[1]*x[1]))
				dst[0], dst[1] = p[2]+p[3]*(x[0]*cos-x[1]*sin), p[3]*(x[0]*sin+x[1]*cos)
			},
			Jacobian: func(p, x, dst []float64) {
				of := 1 + x[0]*x[0] + x[1]*x[1]
				sin, cos := math.Sincos(p[1] - p[0]/of)
				byX, byY := 2*p[0]*x[0]/(of*of), 2*p[0]*x[1]/(of*of)
				a, b := x[0]*cos-x[1]*sin, x[0]*sin+x[1]*cos
				dst[0], dst[1] = p[3]*(cos-b*byX), p[3]*(-sin-b*byY)
				dst[2], dst[3] = p[3]*(sin+a*byX), p[3]*(cos+a*byY)
			},
			Known: Invariants{Lyapunov: []float64{0.50760, -0.71832}, KaplanYorke: 1.70665, Source: sprott},
		},
		{
			Name: "dissipative standard", Variables: "xy", Equations: []string{"x + y′ modulo 2π, y′ the new y", "by + k sin x modulo 2π"}, Map: true,
			Parameters: parameters("b", .1, "k", 8.8), Start: []float64{0.1, 0.1},
			Rate: func(p, x, dst []float64) {
				v := p[0]*x[1] + p[1]*math.Sin(x[0])
				dst[0], dst[1] = turn(x[0]+v), turn(v)
			},
			Jacobian: func(p, x, dst []float64) {
				k := p[1] * math.Cos(x[0])
				dst[0], dst[1], dst[2], dst[3] = 1+k, p[0], k, p[0]
			},
			Known: Invariants{Lyapunov: []float64{1.46995, -3.77254}, KaplanYorke: 1.38965, Source: sprott},
		},
		{
			Name: "standard", Variables: "xy", Equations: []string{"x + y′ modulo 2π, y′ the new y", "y + k sin x modulo 2π"}, Map: true,
			Parameters: parameters("k", 1.), Start: []float64{0, 6},
			Rate: func(p, x, dst []float64) {
				v := x[1] + p[0]*math.Sin(x[0])
				dst[0], dst[1] = turn(x[0]+v), turn(v)
			},
			Jacobian: func(p, x, dst []float64) {
				k := p[0] * math.Cos(x[0])
				dst[0], dst[1], dst[2], dst[3] = 1+k, 1, k, 1
			},
			Known: Invariants{Lyapunov: []float64{0.10497, -0.10497}, KaplanYorke: 2, Source: sprott},
		},
		{
			Name: "cat", Variables: "xy", Equations: []string{"x + y modulo 1", "x + ky modulo 1"}, Map: true,
			Parameters: parameters("k", 2.), Start: []float64{0, 1 / math.Sqrt2},
			Rate: func(p, x, dst []float64) {
				dst[0], dst[1] = part(x[0]+x[1]), part(x[0]+p[0]*x[1])
			},
			Jacobian: func(p, _, dst []float64) { dst[0], dst[1], dst[2], dst[3] = 1, 1, 1, p[0] },
			Known:    Invariants{Lyapunov: []float64{0.96242, -0.96242}, KaplanYorke: 2, Source: sprott},
		},
		{
			Name: "gingerbread man", Variables: "xy", Equations: []string{"1 − y + |x|", "x"}, Map: true, Start: []float64{0.5, 3.7},
			Rate:     func(_, x, dst []float64) { dst[0], dst[1] = 1-x[1]+math.Abs(x[0]), x[0] },
			Jacobian: func(_, x, dst []float64) { dst[0], dst[1], dst[2] = math.Copysign(1, x[0]), -1, 1 },
			Known:    Invariants{Lyapunov: []float64{0.07339, -0.07339}, KaplanYorke: 2, Source: sprott},
		},
	}
}

// turn returns an angle between 0 and 2π.
func turn(v float64) float64 { return v - 2*math.Pi*math.Floor(v/(2*math.Pi)) }

func part(v float64) float64 { return v - math.Floor(v) }
