package hdf5

import (
	"encoding/binary"
	"math"
)

// Value is what elements can be read as.
type Value interface {
	float32 | float64 | int32 | int
}

// decode converts elements to values: numbers, truth values and enumerations. Floating-point numbers become the nearest values, and
// infinite beyond float32; integers must fit where integers are asked for, and floating-point numbers cannot be asked for as such.
// It may write to b.
func decode[T Value](o *Object, t *Type, out []T, b []byte) error {
	if len(b) < len(out)*t.Size {
		return o.errorf("it is damaged: it holds fewer than its %d elements", len(out))
	}
	if t.big {
		swap(b[:len(out)*t.Size], t.Size)
	}
	var ok bool
	switch t.Class {
	case Integer, Enum:
		ok = integers(t, out, b)
	case Float:
		var integer T
		integer = 1
		if integer/2 == 0 {
			return o.errorf("it has %v where whole numbers are needed", t)
		}
		ok = floats(t, out, b)
	}
	if !ok {
		var zero T
		return o.errorf("its elements, %v, cannot be read as %T, or are out of its range", t, zero)
	}
	return nil
}

// integers reports whether it could convert all.
func integers[T Value](t *Type, out []T, b []byte) bool {
	var high, low int64 = math.MaxInt64, math.MinInt64
	if _, narrow := any(out).([]int32); narrow {
		high, low = math.MaxInt32, math.MinInt32
	}
	_, exact := any(out).([]int)
	_, narrow := any(out).([]int32)
	whole := exact || narrow
	le := binary.LittleEndian
	switch {
	case t.Size == 1 && t.Signed:
		for i := range out {
			out[i] = T(int8(b[i]))
		}
	case t.Size == 1:
		for i := range out {
			out[i] = T(b[i])
		}
	case t.Size == 2 && t.Signed:
		for i := range out {
			out[i] = T(int16(le.Uint16(b[2*i:])))
		}
	case t.Size == 2:
		for i := range out {
			out[i] = T(le.Uint16(b[2*i:]))
		}
	case t.Size == 4 && t.Signed:
		b = b[:4*len(out)]
		for i := range out {
			out[i] = T(int32(le.Uint32(b[4*i:])))
		}
	case t.Size == 4:
		for i := range out {
			v := int64(le.Uint32(b[4*i:]))
			if v > high {
				return false
			}
			out[i] = T(v)
		}
	case t.Size == 8 && t.Signed:
		b = b[:8*len(out)]
		for i := range out {
			v := int64(le.Uint64(b[8*i:]))
			if whole && (v > high || v < low) {
				return false
			}
			out[i] = T(v)
		}
	case t.Size == 8:
		for i := range out {
			v := le.Uint64(b[8*i:])
			if whole && v > uint64(high) {
				return false
			}
			out[i] = T(v)
		}
	default:
		return false
	}
	return true
}

// Layouts of floating-point numbers: place and size of the exponent and of the mantissa.
var (
	binary16 = [4]int{10, 5, 0, 10}
	bfloat16 = [4]int{7, 8, 0, 7}
	binary32 = [4]int{23, 8, 0, 23}
	binary64 = [4]int{52, 11, 0, 52}
)

func floats[T Value](t *Type, out []T, b []byte) bool {
	le := binary.LittleEndian
	switch {
	case t.Size == 4 && t.precision == binary32:
		b = b[:4*len(out)]
		for i := range out {
			out[i] = T(math.Float32frombits(le.Uint32(b[4*i:])))
		}
	case t.Size == 8 && t.precision == binary64:
		b = b[:8*len(out)]
		for i := range out {
			out[i] = T(math.Float64frombits(le.Uint64(b[8*i:])))
		}
	case t.Size == 2 && t.precision == bfloat16:
		for i := range out {
			out[i] = T(math.Float32frombits(uint32(le.Uint16(b[2*i:])) << 16))
		}
	case t.Size == 2 && t.precision == binary16:
		for i := range out {
			out[i] = T(half(le.Uint16(b[2*i:])))
		}
	default:
		return false
	}
	return true
}

// half returns the number that IEEE 754 writes in 16 bits.
func half(v uint16) float64 {
	sign := 1.
	if v>>15 != 0 {
		sign = -1
	}
	exponent, mantissa := int(v>>10&31), float64(v&1023)
	switch {
	case exponent == 0:
		return sign * math.Ldexp(mantissa, -24)
	case exponent == 31 && mantissa == 0:
		return math.Inf(int(sign))
	case exponent == 31:
		return math.NaN()
	}
	return sign * math.Ldexp(mantissa+1024, exponent-25)
}
