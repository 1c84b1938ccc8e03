package mat32

import (
	"encoding/binary"
	"fmt"
	"hash/crc64"
	"math"
)

// The binary form of a matrix: a mark, the numbers of rows and columns, what the
// type holds, all little-endian, and a CRC-64 of what comes before it. A Dense
// holds its values row after row; a CSR the number of values, the end of every
// row, the columns and the values; a Distances its condensed form.
const (
	denseMark     = "mat32\x00\x00\x01"
	csrMark       = "csr32\x00\x00\x01"
	distancesMark = "dists\x00\x00\x01"
)

var crc = crc64.MakeTable(crc64.ECMA)

// begin starts the binary form of a matrix whose contents take size bytes.
func begin(mark string, rows, cols, size int) []byte {
	b := make([]byte, 0, len(mark)+16+size+8)
	b = append(b, mark...)
	b = binary.LittleEndian.AppendUint64(b, uint64(rows))
	return binary.LittleEndian.AppendUint64(b, uint64(cols))
}

func finish(b []byte) []byte { return binary.LittleEndian.AppendUint64(b, crc64.Checksum(b, crc)) }

// open returns what begin and finish enclose.
func open(kind, mark string, b []byte) (rows, cols uint64, contents []byte, err error) {
	head := len(mark) + 16
	if len(b) < head+8 || string(b[:len(mark)]) != mark {
		return 0, 0, nil, &FileError{Kind: kind, Reason: "it is not a saved matrix"}
	}
	body, sum := b[:len(b)-8], binary.LittleEndian.Uint64(b[len(b)-8:])
	if crc64.Checksum(body, crc) != sum {
		return 0, 0, nil, &FileError{Kind: kind, Reason: "its checksum is wrong: it is damaged"}
	}
	return binary.LittleEndian.Uint64(body[head-16:]), binary.LittleEndian.Uint64(body[head-8:]), body[head:], nil
}

func appendFloats(b []byte, values []float32) []byte {
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

func floats(b []byte) []float32 {
	values := make([]float32, len(b)/4)
	for i := range values {
		values[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return values
}

// MarshalBinary returns the matrix in a form that UnmarshalBinary reads.
func (m *Dense) MarshalBinary() ([]byte, error) {
	return finish(appendFloats(begin(denseMark, m.rows, m.cols, 4*len(m.data)), m.data)), nil
}

// UnmarshalBinary replaces the matrix by the one that MarshalBinary wrote. The
// error is a *FileError, and m does not change, when b is anything else.
func (m *Dense) UnmarshalBinary(b []byte) error {
	const kind = "mat32.Dense"
	rows, cols, values, err := open(kind, denseMark, b)
	if err != nil {
		return err
	}
	if size := uint64(len(values) / 4); len(values)%4 != 0 || rows > 0 && cols != size/rows || rows*cols != size {
		return &FileError{Kind: kind, Reason: fmt.Sprintf("it has %d values for %d × %d", size, rows, cols)}
	}
	*m = Dense{rows: int(rows), cols: int(cols), data: floats(values)}
	return nil
}

// MarshalBinary returns the matrix in a form that UnmarshalBinary reads.
func (m *CSR) MarshalBinary() ([]byte, error) {
	size := m.NNZ()
	b := begin(csrMark, m.rows, m.cols, 8+8*m.rows+8*size)
	b = binary.LittleEndian.AppendUint64(b, uint64(size))
	end := 0
	for i := range m.rows {
		columns, _ := m.Row(i)
		end += len(columns)
		b = binary.LittleEndian.AppendUint64(b, uint64(end))
	}
	for i := range m.rows {
		columns, _ := m.Row(i)
		for _, j := range columns {
			b = binary.LittleEndian.AppendUint32(b, uint32(j))
		}
	}
	for i := range m.rows {
		_, values := m.Row(i)
		b = appendFloats(b, values)
	}
	return finish(b), nil
}

// UnmarshalBinary replaces the matrix by the one that MarshalBinary wrote. The
// error is a *FileError, and m does not change, when b is anything else.
func (m *CSR) UnmarshalBinary(b []byte) error {
	const kind = "mat32.CSR"
	rows, cols, rest, err := open(kind, csrMark, b)
	if err != nil {
		return err
	}
	fail := func(reason string) error { return &FileError{Kind: kind, Reason: reason} }
	if len(rest) < 8 {
		return fail("it ends before its values")
	}
	size := binary.LittleEndian.Uint64(rest)
	rest = rest[8:]
	// Compared by division first: the products of large numbers wrap around.
	room := uint64(len(rest) / 8)
	if rows > room || size > room || len(rest)%8 != 0 || rows+size != room {
		return fail(fmt.Sprintf("%d bytes are not %d rows of %d values", len(rest), rows, size))
	}
	if cols > math.MaxInt32 {
		return fail(fmt.Sprintf("%d columns are more than int32 counts", cols))
	}
	start := make([]int, rows+1)
	for i := range rows {
		end := binary.LittleEndian.Uint64(rest[8*i:])
		if end > size {
			return fail(fmt.Sprintf("row %d ends beyond the values", i))
		}
		start[i+1] = int(end)
	}
	rest = rest[8*rows:]
	indices := make([]int32, size)
	for k := range indices {
		indices[k] = int32(binary.LittleEndian.Uint32(rest[4*k:]))
	}
	read, err := NewCSR(int(rows), int(cols), start, indices, floats(rest[4*size:]))
	if err != nil {
		return fail(err.Error())
	}
	*m = *read
	return nil
}

// MarshalBinary returns the distances in a form that UnmarshalBinary reads.
func (d *Distances) MarshalBinary() ([]byte, error) {
	b := begin(distancesMark, d.n, d.n, 8*len(d.pairs))
	for _, v := range d.pairs {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
	}
	return finish(b), nil
}

// UnmarshalBinary replaces the distances by those that MarshalBinary wrote. The
// error is a *FileError, and d does not change, when b is anything else.
func (d *Distances) UnmarshalBinary(b []byte) error {
	const kind = "mat32.Distances"
	n, cols, values, err := open(kind, distancesMark, b)
	if err != nil {
		return err
	}
	// More rows than distances, but one, is impossible, and fewer do not overflow.
	if size := uint64(len(values) / 8); len(values)%8 != 0 || n != cols || n > size+1 {
		return &FileError{Kind: kind, Reason: fmt.Sprintf("%d distances are not those of %d × %d", size, n, cols)}
	}
	pairs := make([]float64, len(values)/8)
	for i := range pairs {
		pairs[i] = math.Float64frombits(binary.LittleEndian.Uint64(values[8*i:]))
	}
	read, err := NewDistances(int(n), pairs)
	if err != nil {
		return &FileError{Kind: kind, Reason: err.Error()}
	}
	*d = *read
	return nil
}
