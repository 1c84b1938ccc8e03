package kernel

// Lanes is how many rows a block of lanes holds. Such a block stores rows by
// columns, one value of each of them after the other, so that what is done to
// one row is done to all by the same instructions: value j of row r is at
// Lanes·j + r.
//
// Everything here is additions, subtractions and products, each rounded by
// itself and in a fixed order: the bits are the same on every path.
const Lanes = 8

// ToLanes32 stores len(factors) columns of the rows that begin at rows, stride
// values apart, each times its factor, in a block of lanes.
func ToLanes32(to, rows []float32, stride int, factors []float32) {
	d := len(factors)
	_, _ = rows[:(Lanes-1)*stride+d], to[:Lanes*d]
	turn32(d/8, rows, stride, 8, factors, to, Lanes, 64)
	for j := d &^ 7; j < d; j++ {
		for r := range Lanes {
			to[Lanes*j+r] = rows[r*stride+j] * factors[j]
		}
	}
}

// FromLanes32 stores k columns of a block of lanes as rows that begin at to,
// stride values apart. The first k of ones must be 1.
func FromLanes32(to []float32, stride, k int, lanes, ones []float32) {
	_, _, _ = to[:(Lanes-1)*stride+k], lanes[:Lanes*k], ones[:k]
	turn32(k/8, lanes, Lanes, 64, ones, to, stride, 8)
	for j := k &^ 7; j < k; j++ {
		for r := range Lanes {
			to[r*stride+j] = lanes[Lanes*j+r]
		}
	}
}

func turn32(blocks int, from []float32, fromStride, fromStep int, factors, to []float32, toStride, toStep int) {
	switch {
	case blocks == 0:
	case avx2:
		turn32AVX2(blocks, from, fromStride, fromStep, factors, to, toStride, toStep)
	default:
		turn32Go(blocks, from, fromStride, fromStep, factors, to, toStride, toStep)
	}
}

func turn32Go(blocks int, from []float32, fromStride, fromStep int, factors, to []float32, toStride, toStep int) {
	for b := range blocks {
		for i := range 8 {
			for j, v := range from[b*fromStep+i*fromStride:][:8] {
				to[b*toStep+j*toStride+i] = v * factors[8*b+j]
			}
		}
	}
}

// Hadamard32 multiplies x, len(x)/8 groups of 8 values, a power of two of them,
// by the Walsh–Hadamard matrix of that order in its natural order: the rows of a
// block of lanes are transformed. In place, without scaling, in O(len(x)·log).
func Hadamard32(x []float32) {
	groups := len(x) / 8
	if groups&(groups-1) != 0 || len(x)%8 != 0 {
		panic("kernel: the groups are no power of two")
	}
	for h := 1; h < groups; {
		switch left := groups / h; {
		case !avx2:
			butterfliesGo(x, 8*h)
			h *= 2
		case left >= 32 || left == 8:
			butterflies8x32AVX2(x, h)
			h *= 8
		case left >= 4:
			butterflies4x32AVX2(x, h)
			h *= 4
		default:
			butterflies2x32AVX2(x, h)
			h *= 2
		}
	}
}

// butterfliesGo is one level: sums and differences of values h apart.
func butterfliesGo(x []float32, h int) {
	for lo := 0; lo < len(x); lo += 2 * h {
		a, b := x[lo:lo+h], x[lo+h:lo+2*h]
		for i, u := range a {
			v := b[i]
			a[i], b[i] = u+v, u-v
		}
	}
}

// Weigh32 computes a block of lanes from another, x, by a sparse matrix in
// compressed rows: value i of every row becomes Σ weights[t]·x[places[t]] for
// start[i] ≤ t < start[i+1]. Term t goes to the running sum (t−start[i]) mod 4;
// Weighed adds such sums as it does. Places must be those of x, and start must
// ascend from 0.
func Weigh32(to []float32, start, places []int32, weights, x []float32) {
	rows := len(start) - 1
	if rows < 1 {
		return
	}
	_, _, _ = to[:Lanes*rows], places[:start[rows]], weights[:start[rows]]
	if avx2 {
		weigh32AVX2(start, places, weights, x, to)
		return
	}
	weigh32Go(start, places, weights, x, to)
}

// Weighed adds the four running sums of Weigh32.
func Weighed(s *[4]float32) float32 { return (s[0] + s[1]) + (s[2] + s[3]) }

func weigh32Go(start, places []int32, weights, x, to []float32) {
	for i := range len(start) - 1 {
		var s [Lanes][4]float32
		for t := start[i]; t < start[i+1]; t++ {
			w, p := weights[t], x[Lanes*int(places[t]):][:Lanes]
			for r, v := range p {
				s[r][(t-start[i])%4] += float32(w * v)
			}
		}
		for r := range s {
			to[Lanes*i+r] = Weighed(&s[r])
		}
	}
}
