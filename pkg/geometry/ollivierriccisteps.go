package geometry

import (
	"context"
	"math"
	"runtime"

	"github.com/flatland-go/flatland/internal/transport"
)

// stepper measures the curvature of edges in a graph whose edges have one length, one edge
// after the other.
//
// There, amounts are whole numbers in a unit that suits both ends, and a neighbour of one
// end is one, two or three steps from a neighbour of the other.
type stepper struct {
	*network
	alpha   float64
	problem transport.Hops

	amount         []int64 // of every node, what x has there beyond y
	sources, sinks []int32
	row            []int32  // of every node: its place in reach, from 1; 0 for none
	reach          []uint64 // a row of bits for each node that leads to a sink in a step
	reaching       []int32  // these nodes
}

func newStepper(w *network, alpha float64) *stepper {
	return &stepper{network: w, alpha: alpha, amount: make([]int64, w.n), row: make([]int32, w.n)}
}

// workers is how many goroutines share the work.
func workers() int { return runtime.GOMAXPROCS(0) }

// curvature returns that of the edge from x to y; after ctx is done it may be anything.
func (s *stepper) curvature(ctx context.Context, x, y int) float64 {
	total := s.place(x, y)
	s.collect(x, y)
	steps := int64(0)
	if len(s.sources) > 0 {
		s.connect()
		steps, _ = s.problem.Least(ctx) // who asks looks at ctx
	}
	return float64(total-steps) / float64(total)
}

// place writes what x has at every node beyond what y has, and returns what each has in
// all.
func (s *stepper) place(x, y int) (total int64) {
	before, _ := s.in.row(x)
	after, _ := s.out.row(y)
	a, b := int64(max(1, len(before))), int64(max(1, len(after)))
	// At each of its neighbours x has 1/a of what moves, and y 1/b: in units of 1/ab that are
	// b and a, and what stays is a whole number, too, where Alpha is ½ or 0. Elsewhere units
	// are made so small that rounding it is nothing.
	stay := s.alpha / (1 - s.alpha) * float64(a*b)
	unit := int64(1)
	if stay != math.Floor(stay) {
		for ; float64(a*b*unit)/(1-s.alpha) < 1<<50; unit *= 2 {
		}
		stay = math.Round(stay * float64(unit))
	}
	total = a*b*unit + int64(stay)
	if len(before) == 0 {
		s.amount[x] = total
	} else {
		s.amount[x] += int64(stay)
		for _, v := range before {
			s.amount[v] += b * unit
		}
	}
	if len(after) == 0 {
		s.amount[y] -= total
	} else {
		s.amount[y] -= int64(stay)
		for _, v := range after {
			s.amount[v] -= a * unit
		}
	}
	return total
}

// collect sets up the problem of what is left where amounts differ, and takes the amounts
// away.
func (s *stepper) collect(x, y int) {
	before, _ := s.in.row(x)
	after, _ := s.out.row(y)
	s.sources, s.sinks = s.sources[:0], s.sinks[:0]
	ends := [2]int32{int32(x), int32(y)}
	lists := [...][]int32{ends[:], before, after}
	for _, list := range lists {
		for _, v := range list {
			if s.amount[v] == 0 || s.row[v] != 0 { // or it was listed before
				continue
			}
			s.row[v] = -1
			if s.amount[v] > 0 {
				s.sources = append(s.sources, v)
			} else {
				s.sinks = append(s.sinks, v)
			}
		}
	}
	s.problem.Set(len(s.sources), len(s.sinks))
	for i, v := range s.sources {
		s.problem.Supply[i] = s.amount[v]
	}
	for j, v := range s.sinks {
		s.problem.Demand[j] = -s.amount[v]
	}
	for _, list := range lists {
		for _, v := range list {
			s.amount[v], s.row[v] = 0, 0
		}
	}
}

// connect fills in which sinks are one step from each source, and which at most two.
func (s *stepper) connect() {
	words := transport.Words(len(s.sinks))
	s.reach, s.reaching = s.reach[:0], s.reaching[:0]
	for j, v := range s.sinks {
		from, _ := s.in.row(int(v))
		for _, u := range from {
			if s.row[u] == 0 {
				s.reaching = append(s.reaching, u)
				s.row[u] = int32(len(s.reaching))
				for range words {
					s.reach = append(s.reach, 0)
				}
			}
			s.reach[(int(s.row[u])-1)*words+j/64] |= 1 << (j % 64)
		}
	}
	for i, u := range s.sources {
		if r := int(s.row[u]); r > 0 {
			copy(s.problem.One[i*words:(i+1)*words], s.reach[(r-1)*words:r*words])
		}
		two := s.problem.Two[i*words : (i+1)*words]
		copy(two, s.problem.One[i*words:(i+1)*words])
		to, _ := s.out.row(int(u))
		for _, v := range to {
			if r := int(s.row[v]); r > 0 {
				for w, bits := range s.reach[(r-1)*words : r*words] {
					two[w] |= bits
				}
			}
		}
	}
	for _, u := range s.reaching {
		s.row[u] = 0
	}
}
