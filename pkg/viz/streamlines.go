package viz

import "math"

// A stream is a line along a field, by points one pixel apart.
type stream struct {
	at []([2]length)
}

// evenStreams places lines along a field of directions in a frame, evenly: none comes nearer to another than half of apart, and new ones begin at that
// distance beside those there are, the longest first to be asked (B. Jobard and W. Lefer, Creating Evenly-Spaced Streamlines of Arbitrary Density,
// 1997). toward is the direction at a place, of length 1, and whether there is one. Time O(area / apart), for a line every apart.
func evenStreams(f rect, apart length, toward func(p [2]length) (d [2]length, ok bool)) []stream {
	g := &streamGrid{frame: f, cell: apart, columns: int(f.W/apart) + 1, rows: int(f.H/apart) + 1, toward: toward}
	g.at = make([][]beadOf, g.columns*g.rows)
	var lines []stream
	lay := func(from [2]length) {
		if !inside(f, from) || g.near(from, apart, -1, 0) {
			return
		}
		line := g.trace(from, len(lines))
		if length(len(line.at)) < 1.5*apart {
			return
		}
		for i, p := range line.at {
			g.add(p, len(lines), i)
		}
		lines = append(lines, line)
	}
	lay([2]length{f.X + 0.5*f.W + 0.37, f.Y + 0.5*f.H + 0.41})
	for next := 0; ; next++ {
		if next >= len(lines) {
			// Where no line leads: islands, and fields that are nowhere in the middle.
			before := len(lines)
			for y := f.Y + apart/2; y < f.bottom() && len(lines) == before; y += apart {
				for x := f.X + apart/2; x < f.right() && len(lines) == before; x += apart {
					lay([2]length{x, y})
				}
			}
			if len(lines) == before {
				return lines
			}
		}
		line := lines[next].at
		for i := 0; i < len(line); i += 4 {
			d, ok := toward(line[i])
			if !ok {
				continue
			}
			for _, side := range [2]length{1.01, -1.01} {
				lay([2]length{line[i][0] - side*apart*d[1], line[i][1] + side*apart*d[0]})
			}
		}
	}
}

func inside(f rect, p [2]length) bool {
	return p[0] >= f.X && p[0] <= f.right() && p[1] >= f.Y && p[1] <= f.bottom()
}

// streamGrid knows what lines are near a place.
type streamGrid struct {
	frame         rect
	cell          length
	columns, rows int
	at            [][]beadOf
	toward        func(p [2]length) ([2]length, bool)
}

// beadOf is a point of a line.
type beadOf struct {
	at    [2]length
	line  int
	along int
}

func (g *streamGrid) place(p [2]length) (i, j int) {
	return min(g.rows-1, max(0, int((p[1]-g.frame.Y)/g.cell))), min(g.columns-1, max(0, int((p[0]-g.frame.X)/g.cell)))
}

func (g *streamGrid) add(p [2]length, line, along int) {
	i, j := g.place(p)
	g.at[i*g.columns+j] = append(g.at[i*g.columns+j], beadOf{p, line, along})
}

// near reports whether a point of a line is nearer than the given; of the line that is being laid, a point that was laid long before.
func (g *streamGrid) near(p [2]length, than length, line, along int) bool {
	i, j := g.place(p)
	for r := max(0, i-1); r <= min(g.rows-1, i+1); r++ {
		for q := max(0, j-1); q <= min(g.columns-1, j+1); q++ {
			for _, b := range g.at[r*g.columns+q] {
				if b.line == line && math.Abs(length(b.along-along)) < 3*than {
					continue
				}
				if math.Hypot(b.at[0]-p[0], b.at[1]-p[1]) < than {
					return true
				}
			}
		}
	}
	return false
}

// trace follows the field from a place forward and backward.
func (g *streamGrid) trace(from [2]length, line int) stream {
	var halves [2][][2]length
	for way := range halves {
		p := from
		sign := 1 - 2*length(way)
		for step := range int(4 * (g.frame.W + g.frame.H)) {
			next, ok := g.step(p, sign)
			if !ok || !inside(g.frame, next) || g.near(next, g.cell/2, -1, 0) || g.returns(halves[way], next, step) {
				break
			}
			halves[way] = append(halves[way], next)
			p = next
		}
	}
	var s stream
	for i := len(halves[1]) - 1; i >= 0; i-- {
		s.at = append(s.at, halves[1][i])
	}
	s.at = append(append(s.at, from), halves[0]...)
	return s
}

// returns reports whether a line comes back to where it was.
func (g *streamGrid) returns(line [][2]length, p [2]length, step int) bool {
	reach := g.cell / 2
	for i := 0; i < step-int(3*reach); i += 2 {
		if math.Hypot(line[i][0]-p[0], line[i][1]-p[1]) < reach {
			return true
		}
	}
	return false
}

// step goes one pixel along the field, by the classical method of Runge and Kutta.
func (g *streamGrid) step(p [2]length, sign length) ([2]length, bool) {
	sum, at := [2]length{}, p
	for stage, weight := range [4]length{1. / 6, 1. / 3, 1. / 3, 1. / 6} {
		d, ok := g.toward(at)
		if !ok {
			return p, false
		}
		sum[0] += weight * sign * d[0]
		sum[1] += weight * sign * d[1]
		if stage < 3 {
			by := [3]length{0.5, 0.5, 1}[stage]
			at = [2]length{p[0] + by*sign*d[0], p[1] + by*sign*d[1]}
		}
	}
	if math.Hypot(sum[0], sum[1]) < 0.2 { // around a point where the field turns about
		return p, false
	}
	return [2]length{p[0] + sum[0], p[1] + sum[1]}, true
}

// simplified returns the line through fewer of its points, from which none is farther than the tolerance (D. Douglas and T. Peucker, Algorithms for
// the Reduction of the Number of Points Required to Represent a Digitized Line, 1973).
func simplified(line [][2]length, tolerance length) [][2]length {
	if len(line) < 3 {
		return line
	}
	kept := make([]bool, len(line))
	kept[0], kept[len(line)-1] = true, true
	parts := [][2]int{{0, len(line) - 1}}
	for len(parts) > 0 {
		part := parts[len(parts)-1]
		parts = parts[:len(parts)-1]
		a, b := line[part[0]], line[part[1]]
		farthest, at := tolerance, -1
		for i := part[0] + 1; i < part[1]; i++ {
			if far := fromSegment(line[i], a, b); far > farthest {
				farthest, at = far, i
			}
		}
		if at > 0 {
			kept[at] = true
			parts = append(parts, [2]int{part[0], at}, [2]int{at, part[1]})
		}
	}
	var short [][2]length
	for i, k := range kept {
		if k {
			short = append(short, line[i])
		}
	}
	return short
}

// fromSegment is how far p is from the line between a and b.
func fromSegment(p, a, b [2]length) length {
	dx, dy := b[0]-a[0], b[1]-a[1]
	t := 0.0
	if square := dx*dx + dy*dy; square > 0 {
		t = math.Min(1, math.Max(0, ((p[0]-a[0])*dx+(p[1]-a[1])*dy)/square))
	}
	return math.Hypot(a[0]+t*dx-p[0], a[1]+t*dy-p[1])
}

// contours returns lines where a function is zero on a grid of the given cells, by the signs at their corners (marching squares; W. Lorensen and H.
// Cline, Marching Cubes, 1987). A cell with a corner where the function is no number has none.
func contours(f rect, cell length, of func(p [2]length) float64) (lines [][][2]length) {
	columns, rows := int(math.Ceil(f.W/cell)), int(math.Ceil(f.H/cell))
	corner := func(i, j int) [2]length {
		return [2]length{math.Min(f.right(), f.X+cell*length(j)), math.Min(f.bottom(), f.Y+cell*length(i))}
	}
	v := make([]float64, (rows+1)*(columns+1))
	for i := range rows + 1 {
		for j := range columns + 1 {
			if v[i*(columns+1)+j] = of(corner(i, j)); v[i*(columns+1)+j] == 0 {
				v[i*(columns+1)+j] = math.SmallestNonzeroFloat64 // so that a zero is on one side
			}
		}
	}
	// A crossing is on an edge of the grid: to the right of a corner (even) or below it (odd).
	links := map[int][]int{}
	var order []int
	point := func(edge int) [2]length {
		i, j := edge/2/(columns+1), edge/2%(columns+1)
		to := [2]int{i, j + 1}
		if edge%2 == 1 {
			to = [2]int{i + 1, j}
		}
		p, q := corner(i, j), corner(to[0], to[1])
		a, b := v[i*(columns+1)+j], v[to[0]*(columns+1)+to[1]]
		t := a / (a - b)
		return [2]length{p[0] + t*(q[0]-p[0]), p[1] + t*(q[1]-p[1])}
	}
	for i := range rows {
		for j := range columns {
			at := i*(columns+1) + j
			around := [4]int{at, at + 1, at + columns + 2, at + columns + 1}
			edges := [4]int{2 * at, 2*(at+1) + 1, 2 * (at + columns + 1), 2*at + 1}
			var crossed []int
			finite := true
			for k, c := range around {
				a, b := v[c], v[around[(k+1)%4]]
				finite = finite && a-a == 0
				if (a < 0) != (b < 0) {
					crossed = append(crossed, edges[k])
				}
			}
			if !finite {
				continue
			}
			for k := 0; k+1 < len(crossed); k += 2 {
				for _, e := range crossed[k : k+2] {
					if links[e] == nil {
						order = append(order, e)
					}
				}
				links[crossed[k]] = append(links[crossed[k]], crossed[k+1])
				links[crossed[k+1]] = append(links[crossed[k+1]], crossed[k])
			}
		}
	}
	walk := func(from int) {
		line := [][2]length{point(from)}
		for at := from; len(links[at]) > 0; {
			next := links[at][0]
			links[at] = links[at][1:]
			for k, back := range links[next] {
				if back == at {
					links[next] = append(links[next][:k:k], links[next][k+1:]...)
					break
				}
			}
			line = append(line, point(next))
			at = next
		}
		if len(line) > 1 {
			lines = append(lines, line)
		}
	}
	for _, ends := range [2]bool{true, false} { // open lines from their ends, and then rings
		for _, e := range order {
			if len(links[e]) > 0 && (!ends || len(links[e]) == 1) {
				walk(e)
			}
		}
	}
	return lines
}
