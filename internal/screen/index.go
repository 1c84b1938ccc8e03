package screen

// index finds values among sorted ones. It cuts their range into equal parts
// and remembers which values fall into each: mostly none or one, so that a
// search takes hardly a comparison.
type index struct {
	scale float32           // parts for each unit
	start [parts + 1]uint32 // the values of part p are start[p] … start[p+1]−1
}

const parts = 512

// build takes the values, which are sorted and end above −1.
func (x *index) build(sorted []float32) {
	x.scale = 0
	// Below, the scale would overflow: everything is left to one part.
	if last := sorted[len(sorted)-1]; last > 1e-30 {
		x.scale = (parts - 1) / last
	}
	p := 0
	for i, v := range sorted {
		for at := x.part(max(v, 0)); p <= at; p++ {
			x.start[p] = uint32(i)
		}
	}
	for ; p <= parts; p++ {
		x.start[p] = uint32(len(sorted))
	}
}

// part grows with v: a value in an earlier part is smaller.
func (x *index) part(v float32) int { return int(v * x.scale) }

// search returns the index of the first value that is at least v, for v from 0
// to the last of the values that the index was built of.
func (x *index) search(sorted []float32, v float32) int {
	p := x.part(v)
	first, n := int(x.start[p]), int(x.start[p+1])-int(x.start[p])
	for n > 0 {
		half := n / 2
		if sorted[first+half] < v {
			first += half + 1
			n -= half + 1
		} else {
			n = half
		}
	}
	return first
}
