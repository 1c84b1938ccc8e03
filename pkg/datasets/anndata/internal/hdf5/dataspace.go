package hdf5

import "math"

// space is the shape of data.
type space struct {
	dims, most []uint64 // most[i] is undefined where that dimension has no end
	null       bool     // no data at all, as against a scalar
}

// elements returns the number of elements, or false where an int does not hold it.
func (s space) elements() (uint64, bool) {
	if s.null {
		return 0, true
	}
	return product(s.dims)
}

// product multiplies, and returns false where an int does not hold the result.
func product(dims []uint64) (uint64, bool) {
	n := uint64(1)
	for _, d := range dims {
		if d == 0 {
			return 0, true
		}
	}
	for _, d := range dims {
		if d > math.MaxInt64/n {
			return 0, false
		}
		n *= d
	}
	return n, true
}

const mostRank = 32

func (o *Object) dataspace(body []byte) (s space, err error) {
	c := o.file.cursor(body)
	version, rank, flags := c.u8(), c.u8(), c.u8()
	switch version {
	case 1:
		c.skip(5)
	case 2:
		s.null = c.u8() == 2
	default:
		return s, o.errorf("its dataspace has version %d, and 1 and 2 are known", version)
	}
	if rank > mostRank {
		return s, o.errorf("it is damaged: its data have %d dimensions", rank)
	}
	for range rank {
		s.dims = append(s.dims, c.size())
	}
	s.most = s.dims
	if flags&1 != 0 {
		s.most = nil
		for range rank {
			n := c.size()
			if n == undefined>>(64-8*c.length) {
				n = undefined
			}
			s.most = append(s.most, n)
		}
	}
	if c.short {
		return s, o.errorf("it is damaged: its dataspace is cut off")
	}
	if _, ok := s.elements(); !ok {
		return s, o.errorf("it is damaged: its shape is %v", s.dims)
	}
	return s, nil
}
