package mat32

import (
	"encoding/binary"
	"fmt"
	"hash/crc64"
	"math"
)

// The binary form of a Dense: a mark, the numbers of rows and columns, the
// values row after row, all little-endian, and a CRC-64 of what comes before it.
const denseMark = "mat32\x00\x00\x01"

var crc = crc64.MakeTable(crc64.ECMA)

// MarshalBinary returns the matrix in a form that UnmarshalBinary reads.
func (m *Dense) MarshalBinary() ([]byte, error) {
	b := make([]byte, 0, len(denseMark)+24+4*len(m.data))
	b = append(b, denseMark...)
	b = binary.LittleEndian.AppendUint64(b, uint64(m.rows))
	b = binary.LittleEndian.AppendUint64(b, uint64(m.cols))
	for _, v := range m.data {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return binary.LittleEndian.AppendUint64(b, crc64.Checksum(b, crc)), nil
}

// UnmarshalBinary replaces the matrix by the one that MarshalBinary wrote. The
// error is a *FileError, and m does not change, when b is anything else.
func (m *Dense) UnmarshalBinary(b []byte) error {
	fail := func(reason string) error { return &FileError{Kind: "mat32.Dense", Reason: reason} }
	const head = len(denseMark) + 16
	if len(b) < head+8 || string(b[:len(denseMark)]) != denseMark {
		return fail("it is not a saved matrix")
	}
	body, sum := b[:len(b)-8], binary.LittleEndian.Uint64(b[len(b)-8:])
	if crc64.Checksum(body, crc) != sum {
		return fail("its checksum is wrong: it is damaged")
	}
	rows := binary.LittleEndian.Uint64(body[head-16:])
	cols := binary.LittleEndian.Uint64(body[head-8:])
	values := body[head:]
	if size := uint64(len(values) / 4); len(values)%4 != 0 || rows > 0 && cols != size/rows || rows*cols != size {
		return fail(fmt.Sprintf("it has %d values for %d × %d", size, rows, cols))
	}
	data := make([]float32, len(values)/4)
	for i := range data {
		data[i] = math.Float32frombits(binary.LittleEndian.Uint32(values[4*i:]))
	}
	*m = Dense{rows: int(rows), cols: int(cols), data: data}
	return nil
}
