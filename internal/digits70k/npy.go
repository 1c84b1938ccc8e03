package digits70k

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strings"
)

// WriteImages writes X as a NumPy file of float32 values, row after row
// (version 1.0 of the format: numpy.lib.format).
func (s *Set) WriteImages(w io.Writer) error {
	return writeNPY(w, "<f4", fmt.Sprintf("%d, %d", Rows, Side*Side), s.X.Data(),
		func(b []byte, v float32) []byte { return binary.LittleEndian.AppendUint32(b, math.Float32bits(v)) })
}

// WriteLabels writes Labels as a NumPy file of int64 values.
func (s *Set) WriteLabels(w io.Writer) error {
	return writeNPY(w, "<i8", fmt.Sprintf("%d,", Rows), s.Labels,
		func(b []byte, v int) []byte { return binary.LittleEndian.AppendUint64(b, uint64(v)) })
}

func writeNPY[T any](w io.Writer, kind, shape string, values []T, put func([]byte, T) []byte) error {
	const magic = "\x93NUMPY\x01\x00"
	head := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", kind, shape)
	// The values begin at a multiple of 64 bytes; the head ends with a line feed.
	pad := -(len(magic) + 2 + len(head) + 1) & 63
	head += strings.Repeat(" ", pad) + "\n"

	out := bufio.NewWriterSize(w, 1<<20)
	out.WriteString(magic) // a bufio.Writer keeps its first error for Flush
	out.Write(binary.LittleEndian.AppendUint16(nil, uint16(len(head))))
	out.WriteString(head)
	buf := make([]byte, 0, 8)
	for _, v := range values {
		out.Write(put(buf, v))
	}
	return out.Flush()
}
