package viz

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// A zcurve is points of a square in the order in which a Z-order curve (Morton, 1966) through its 2^bits × 2^bits cells meets them. Neighbours
// on the curve are neighbours in the square, so that the gaps between them are small numbers, and the numbers of a field, in this order, come
// in runs. Points of one cell are in the order of their class, and then of their rows.
type zcurve struct {
	rows []int    // in the order of the curve
	gaps []uint32 // from cell to cell, along the curve
}

// The cell, class and row of a point are one number, by which points are sorted.
const (
	zClass = 7
	zPlace = 23                            // in the list of rows, which has at most mostCurved
	mostZ  = min(16, (64-zClass-zPlace)/2) // bits of a coordinate
)

// newZcurve orders the given rows; class may be nil.
func newZcurve(x, y []float64, class []int, rows []int, side int) zcurve {
	keys := make([]uint64, len(rows))
	for k, i := range rows {
		key := interleave(cellOf(x[i], side)) | interleave(cellOf(y[i], side))<<1
		key <<= zClass
		if class != nil {
			key |= uint64(class[i])
		}
		keys[k] = key<<zPlace | uint64(k)
	}
	slices.Sort(keys)
	z := zcurve{rows: make([]int, len(rows)), gaps: make([]uint32, len(rows))}
	last := uint64(0)
	for k, key := range keys {
		cell := key >> (zClass + zPlace)
		z.rows[k], z.gaps[k], last = rows[key&(1<<zPlace-1)], uint32(cell-last), cell
	}
	return z
}

// cellOf returns which of 2^bits equal parts of [0, 1] v is in.
func cellOf(v float64, bits int) uint64 {
	side := 1 << bits
	return uint64(min(side-1, max(0, int(v*float64(side)))))
}

// interleave moves bit i of v, which has at most 16, to bit 2i.
func interleave(v uint64) uint64 {
	v = (v | v<<8) & 0x00FF00FF
	v = (v | v<<4) & 0x0F0F0F0F
	v = (v | v<<2) & 0x33333333
	return (v | v<<1) & 0x55555555
}

// varints writes small numbers in few bytes.
func varints(numbers []uint32) []byte {
	b := make([]byte, 0, len(numbers)*5/4)
	for _, v := range numbers {
		b = binary.AppendUvarint(b, uint64(v))
	}
	return b
}

// gapsOf returns the first of some rising numbers and then how much each exceeds the one before.
func gapsOf(rising []int) []uint32 {
	gaps := make([]uint32, len(rising))
	last := 0
	for k, i := range rising {
		gaps[k], last = uint32(i-last), i
	}
	return gaps
}

// planes writes 16-bit numbers as their low bytes and then their high bytes, which alone can be compressed.
func planes(n int, number func(k int) uint16) []byte {
	b := make([]byte, 2*n)
	for k := range n {
		v := number(k)
		b[k], b[n+k] = byte(v), byte(v>>8)
	}
	return b
}

// finest returns how many bits a coordinate of n points has at most along a curve: 12, for 4096 cells to the side, and more where points are few.
func finest(n int) int {
	return min(mostZ, max(12, 17-bits.Len(uint(n>>16))))
}
