package digits70k

import (
	"bufio"
	"encoding/binary"
	"io"
	"math"

	"github.com/flatland-go/flatland/internal/npyhead"
)

// WriteImages writes X as a NumPy file of float32 values, row after row.
func (s *Set) WriteImages(w io.Writer) error {
	return writeNPY(w, npyhead.Head{Type: "<f4", Shape: []int{Rows, Side * Side}}, s.X.Data(),
		func(b []byte, v float32) []byte { return binary.LittleEndian.AppendUint32(b, math.Float32bits(v)) })
}

// WriteLabels writes Labels as a NumPy file of int64 values.
func (s *Set) WriteLabels(w io.Writer) error {
	return writeNPY(w, npyhead.Head{Type: "<i8", Shape: []int{Rows}}, s.Labels,
		func(b []byte, v int) []byte { return binary.LittleEndian.AppendUint64(b, uint64(v)) })
}

func writeNPY[T any](w io.Writer, head npyhead.Head, values []T, put func([]byte, T) []byte) error {
	out := bufio.NewWriterSize(w, 1<<20)
	out.Write(head.Append(nil)) // a bufio.Writer keeps its first error for Flush
	buf := make([]byte, 0, 8)
	for _, v := range values {
		out.Write(put(buf, v))
	}
	return out.Flush()
}
