package mat32

import (
	"bytes"
	"fmt"
	"math"

	"github.com/flatland-go/flatland/internal/saved"
)

// The kinds of file that matrices are saved as, and the version of each: a Dense
// holds its values row after row; a CSR the number of values of every row, the
// columns and the values; a Distances its condensed form.
const (
	denseKind, denseVersion         = "mat32.Dense", 1
	csrKind, csrVersion             = "mat32.CSR", 1
	distancesKind, distancesVersion = "mat32.Distances", 1
)

func fileError(kind, reason string) error { return &FileError{Kind: kind, Reason: reason} }

// encode returns a matrix as a file whose contents take about size bytes.
func encode(kind string, version, size int, fields func(s *saved.Writer)) ([]byte, error) {
	var b bytes.Buffer
	b.Grow(size + 128)
	s := saved.NewWriter(&b, kind, version)
	fields(s)
	_, err := s.Close()
	return b.Bytes(), err
}

// decode reads the file that b is, and nothing else.
func decode(kind string, version int, b []byte, fields func(s *saved.Reader)) error {
	r := bytes.NewReader(b)
	s, _ := saved.NewReader(r, kind, version, fileError)
	fields(s)
	if s.OK() && r.Len() != 8 { // the checksum
		s.Fail("it does not end where its values do")
	}
	_, err := s.Close()
	return err
}

// MarshalBinary returns the matrix in a form that UnmarshalBinary reads.
func (m *Dense) MarshalBinary() ([]byte, error) {
	return encode(denseKind, denseVersion, 4*len(m.data), func(s *saved.Writer) {
		s.Int(m.rows)
		s.Int(m.cols)
		s.Float32s(m.data)
	})
}

// UnmarshalBinary replaces the matrix by the one that MarshalBinary wrote. The
// error is a *FileError, and m does not change, when b is anything else.
func (m *Dense) UnmarshalBinary(b []byte) error {
	var read Dense
	err := decode(denseKind, denseVersion, b, func(s *saved.Reader) {
		read = Dense{s.Int(), s.Int(), s.Float32s()}
		// Compared by division: the product of large numbers wraps around.
		if size := len(read.data); s.OK() && (read.rows < 0 || read.cols < 0 ||
			read.rows > 0 && read.cols != size/read.rows || read.rows*read.cols != size) {
			s.Fail(fmt.Sprintf("it has %d values for %d × %d", size, read.rows, read.cols))
		}
	})
	if err == nil {
		*m = read
	}
	return err
}

// MarshalBinary returns the matrix in a form that UnmarshalBinary reads.
func (m *CSR) MarshalBinary() ([]byte, error) {
	lengths := make([]int32, m.rows)
	indices, values := make([]int32, 0, m.NNZ()), make([]float32, 0, m.NNZ())
	for i := range lengths {
		columns, v := m.Row(i)
		lengths[i] = int32(len(columns))
		indices, values = append(indices, columns...), append(values, v...)
	}
	return encode(csrKind, csrVersion, 4*len(lengths)+8*len(values), func(s *saved.Writer) {
		s.Int(m.cols)
		s.Int32s(lengths)
		s.Int32s(indices)
		s.Float32s(values)
	})
}

// UnmarshalBinary replaces the matrix by the one that MarshalBinary wrote. The
// error is a *FileError, and m does not change, when b is anything else.
func (m *CSR) UnmarshalBinary(b []byte) error {
	var read *CSR
	err := decode(csrKind, csrVersion, b, func(s *saved.Reader) {
		cols, lengths, indices, values := s.Int(), s.Int32s(), s.Int32s(), s.Float32s()
		if !s.OK() {
			return
		}
		if cols < 0 || cols > math.MaxInt32 {
			s.Fail(fmt.Sprintf("%d columns are not what int32 counts", cols))
			return
		}
		start := make([]int, len(lengths)+1)
		for i, length := range lengths {
			start[i+1] = start[i] + int(length)
		}
		var err error
		if read, err = NewCSR(len(lengths), cols, start, indices, values); err != nil {
			s.Fail(err.Error())
		}
	})
	if err == nil {
		*m = *read
	}
	return err
}

// MarshalBinary returns the distances in a form that UnmarshalBinary reads.
func (d *Distances) MarshalBinary() ([]byte, error) {
	return encode(distancesKind, distancesVersion, 8*len(d.pairs), func(s *saved.Writer) {
		s.Int(d.n)
		s.Floats(d.pairs)
	})
}

// UnmarshalBinary replaces the distances by those that MarshalBinary wrote. The
// error is a *FileError, and d does not change, when b is anything else.
func (d *Distances) UnmarshalBinary(b []byte) error {
	var read *Distances
	err := decode(distancesKind, distancesVersion, b, func(s *saved.Reader) {
		n, pairs := s.Int(), s.Floats()
		if !s.OK() {
			return
		}
		var err error
		if read, err = NewDistances(n, pairs); err != nil {
			s.Fail(err.Error())
		}
	})
	if err == nil {
		*d = *read
	}
	return err
}
