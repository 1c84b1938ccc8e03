package hdf5

import (
	"encoding/binary"
	"math/bits"
)

// lookup3 is the hash that seals blocks of metadata: Bob Jenkins, lookup3 (hashlittle with a start of zero), 2006.
func lookup3(p []byte) uint32 {
	a := 0xdeadbeef + uint32(len(p))
	b, c := a, a
	rot := bits.RotateLeft32
	for len(p) > 12 {
		a += binary.LittleEndian.Uint32(p)
		b += binary.LittleEndian.Uint32(p[4:])
		c += binary.LittleEndian.Uint32(p[8:])
		p = p[12:]
		a = (a - c) ^ rot(c, 4)
		c += b
		b = (b - a) ^ rot(a, 6)
		a += c
		c = (c - b) ^ rot(b, 8)
		b += a
		a = (a - c) ^ rot(c, 16)
		c += b
		b = (b - a) ^ rot(a, 19)
		a += c
		c = (c - b) ^ rot(b, 4)
		b += a
	}
	if len(p) == 0 {
		return c
	}
	var last [12]byte
	copy(last[:], p)
	a += binary.LittleEndian.Uint32(last[:])
	b += binary.LittleEndian.Uint32(last[4:])
	c += binary.LittleEndian.Uint32(last[8:])
	c = (c ^ b) - rot(b, 14)
	a = (a ^ c) - rot(c, 11)
	b = (b ^ a) - rot(a, 25)
	c = (c ^ b) - rot(b, 16)
	a = (a ^ c) - rot(c, 4)
	b = (b ^ a) - rot(a, 14)
	return (c ^ b) - rot(b, 24)
}

// fletcher32 is the checksum of the filter of that name: Fletcher's sums of 16-bit words, the high byte first.
func fletcher32(p []byte) uint32 {
	var a, b uint64
	for len(p) > 0 {
		n := min(len(p), 2*1000) // whose sums cannot overflow
		for i := 0; i < n; i += 2 {
			word := uint64(p[i]) << 8
			if i+1 < n {
				word |= uint64(p[i+1])
			}
			a += word
			b += a
		}
		p = p[n:]
		a, b = a%0xffff, b%0xffff
	}
	// The sums are folded, not divided: what is a multiple of 65535 but not zero stays 65535.
	return fold(b)<<16 | fold(a)
}

func fold(n uint64) uint32 {
	if n == 0 {
		return 0
	}
	return uint32((n-1)%0xffff + 1)
}
