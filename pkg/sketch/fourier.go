package sketch

import (
	"context"
	"math"
	"slices"
)

// fourier is the discrete Fourier transform of d real values, as a product of
// sparse matrices. Transforms are packed: place 0 is the constant, 2k−1 and 2k the
// real and imaginary part of frequency k, and of the last of an even number there
// is the real part alone, so that there are as many places as values.
type fourier struct {
	radices []int // their product is d; the first is applied to the values
}

// fourierOf returns the transform of d values: four at a time, as few operations
// go, and what is left by its prime factors, the largest first, which then
// meets values that are real.
func fourierOf(d int) fourier {
	var f fourier
	for ; d%4 == 0; d /= 4 {
		f.radices = append(f.radices, 4)
	}
	for p := 2; d > 1; p++ {
		if p*p > d {
			p = d
		}
		for ; d%p == 0; d /= p {
			f.radices = append(f.radices, p)
		}
	}
	slices.SortFunc(f.radices, func(a, b int) int { return b - a })
	return f
}

// operations returns the number of entries of the matrices, at most: those of
// the first are for real values, of the others for complex ones.
func (f fourier) operations(d int) (count float64) {
	for level, r := range f.radices {
		count += float64(d) * float64(r*min(level+1, 2))
	}
	return max(count, float64(d))
}

// stages returns the matrices that lead from d values to the places wanted, each
// times its weight, and no rows that these do not depend on. Value i is found at
// order[i]. Where ctx is done the matrices are unfinished.
func (f fourier) stages(ctx context.Context, order []int32, wanted []int32, weight func(place int32) float64) []stage {
	d := len(order)
	levels := len(f.radices)
	made := make([]stage, max(levels, 1))
	if levels == 0 {
		made[0] = stage{one(d, order[wanted[0]:][:1], func(int) float64 { return weight(0) })}
		return made
	}
	n := d
	at := make([]int32, d) // of a place of the level below, or −1
	for level := levels - 1; level >= 0; level-- {
		r := f.radices[level]
		m := n / r
		t := &table{columns: d, start: make([]int32, 1, len(wanted)+1)}
		turns := turnsOf(n, r*len(wanted))
		for i, place := range wanted {
			if i%4096 == 0 && ctx.Err() != nil {
				t.start = append(t.start, slices.Repeat(t.start[len(t.start)-1:], len(wanted)-i)...)
				break
			}
			scale := 1.
			if level == levels-1 {
				scale = weight(place)
			}
			t.butterfly(int(place)/n, int(place)%n, n, r, d/n, turns, scale)
			t.start = append(t.start, int32(len(t.places)))
		}
		if level == 0 {
			for i, place := range t.places {
				t.places[i] = order[place]
			}
		} else {
			for i := range at {
				at[i] = -1
			}
			for _, place := range t.places {
				at[place] = 0
			}
			wanted = wanted[:0:0]
			for place, v := range at {
				if v == 0 {
					at[place] = int32(len(wanted))
					wanted = append(wanted, int32(place))
				}
			}
			for i, place := range t.places {
				t.places[i] = at[place]
			}
			t.columns = len(wanted)
		}
		made[level], n = stage{t}, m
	}
	return made
}

// butterfly adds the row of a place of transform block, of n values that are
// step apart, made of r transforms of n/r values (Cooley and Tukey, 1965): block q
// of those turns by q·k/n at frequency k.
func (t *table) butterfly(block, place, n, r, step int, turns func(i int) (cos, sin float64), scale float64) {
	m, k, imaginary := n/r, (place+1)/2, place > 0 && place%2 == 0
	below, sign := k%m, 1.
	if 2*below > m { // the conjugate of another
		below, sign = m-below, -1
	}
	both := 0 < below && 2*below < m
	for q := range r {
		from := (block + q*step) * m
		cos, sin := turns(q * k)
		a, b := cos, sign*sin // of the real and the imaginary part below
		if imaginary {
			a, b = -sin, sign*cos
		}
		if a != 0 {
			t.places, t.weights = append(t.places, int32(from+max(0, 2*below-1))), append(t.weights, float32(a*scale))
		}
		if both && b != 0 {
			t.places, t.weights = append(t.places, int32(from+2*below)), append(t.weights, float32(b*scale))
		}
	}
}

// turnsOf returns the function turn for n, which looks them up if it is called so
// many times.
func turnsOf(n, calls int) func(i int) (cos, sin float64) {
	if calls < n {
		return func(i int) (cos, sin float64) { return turn(i, n) }
	}
	table := make([][2]float64, n)
	for i := range table {
		table[i][0], table[i][1] = turn(i, n)
	}
	return func(i int) (cos, sin float64) {
		v := &table[i%n]
		return v[0], v[1]
	}
}

// turn returns the cosine and sine of i/n turns, exact at every quarter.
func turn(i, n int) (cos, sin float64) {
	i %= n
	quarter := 4 * i / n
	sin, cos = math.Sincos(2 * math.Pi * (float64(i)/float64(n) - float64(quarter)/4))
	if 4*i%n == 0 {
		cos, sin = 1, 0
	}
	for range quarter {
		cos, sin = -sin, cos
	}
	return cos, sin
}
