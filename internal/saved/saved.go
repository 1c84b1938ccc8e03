// Package saved is the file form of models and results: a kind, a format
// version, fields in a fixed order, and a checksum.
//
// A file is written and read as a stream. Lengths found in a damaged file are
// never trusted with memory: slices grow as their values arrive.
package saved

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash"
	"hash/crc64"
	"io"
	"math"

	"gonum.org/v1/gonum/mat"
)

const magic = "flatland"

var polynomial = crc64.MakeTable(crc64.ECMA)

const chunk = 1 << 13 // values encoded or decoded at once

// Writer writes one file. Errors are kept until Close.
type Writer struct {
	w   io.Writer
	sum hash.Hash64
	n   int64
	err error
	buf []byte
}

// NewWriter begins a file of a kind ("dr.PCAModel") in a format version.
func NewWriter(w io.Writer, kind string, version int) *Writer {
	s := &Writer{w: w, sum: crc64.New(polynomial)}
	s.write([]byte(magic))
	s.Text(kind)
	s.Int(version)
	return s
}

func (s *Writer) write(b []byte) {
	if s.err != nil {
		return
	}
	s.sum.Write(b)
	n, err := s.w.Write(b)
	s.n += int64(n)
	s.err = err
}

// Int writes an integer.
func (s *Writer) Int(v int) {
	s.buf = binary.LittleEndian.AppendUint64(s.buf[:0], uint64(v))
	s.write(s.buf)
}

// Float writes a number, whatever it is: NaN and infinities survive.
func (s *Writer) Float(v float64) {
	s.buf = binary.LittleEndian.AppendUint64(s.buf[:0], math.Float64bits(v))
	s.write(s.buf)
}

// Bool writes a truth value.
func (s *Writer) Bool(v bool) {
	if v {
		s.Int(1)
	} else {
		s.Int(0)
	}
}

// Text writes a string.
func (s *Writer) Text(v string) {
	s.Blob([]byte(v))
}

// Blob writes bytes that have a form of their own.
func (s *Writer) Blob(b []byte) {
	s.Int(len(b))
	s.write(b)
}

// Texts writes strings.
func (s *Writer) Texts(v []string) {
	s.Int(len(v))
	for _, t := range v {
		s.Text(t)
	}
}

// Ints writes integers.
func (s *Writer) Ints(v []int) {
	s.Int(len(v))
	chunks(s, v, func(b []byte, i int) []byte { return binary.LittleEndian.AppendUint64(b, uint64(i)) })
}

// Int32s writes integers in 4 bytes each.
func (s *Writer) Int32s(v []int32) {
	s.Int(len(v))
	chunks(s, v, func(b []byte, i int32) []byte { return binary.LittleEndian.AppendUint32(b, uint32(i)) })
}

// Float32s writes numbers in 4 bytes each.
func (s *Writer) Float32s(v []float32) {
	s.Int(len(v))
	chunks(s, v, func(b []byte, f float32) []byte { return binary.LittleEndian.AppendUint32(b, math.Float32bits(f)) })
}

// Floats writes numbers.
func (s *Writer) Floats(v []float64) {
	s.Int(len(v))
	chunks(s, v, func(b []byte, f float64) []byte { return binary.LittleEndian.AppendUint64(b, math.Float64bits(f)) })
}

// chunks writes values that put appends to bytes, many at a time.
func chunks[T any](s *Writer, v []T, put func(b []byte, v T) []byte) {
	for len(v) > 0 && s.err == nil {
		m := min(len(v), chunk)
		s.buf = s.buf[:0]
		for _, f := range v[:m] {
			s.buf = put(s.buf, f)
		}
		s.write(s.buf)
		v = v[m:]
	}
}

// Matrix writes a matrix as float64 values, row after row; nil stays nil.
func (s *Writer) Matrix(x *mat.Dense) {
	if x == nil || x.IsEmpty() {
		s.Int(0)
		s.Int(0)
		return
	}
	n, d := x.Dims()
	s.Int(n)
	s.Int(d)
	for i := range n {
		s.Floats(x.RawRowView(i))
	}
}

// JSON writes options.
func (s *Writer) JSON(v any) {
	b, err := json.Marshal(v)
	if err != nil && s.err == nil {
		s.err = err
	}
	s.Text(string(b))
}

// Fail keeps err as the error of the file, if it is the first.
func (s *Writer) Fail(err error) {
	if s.err == nil {
		s.err = err
	}
}

// Close writes the checksum and returns how many bytes were written, and the
// first error.
func (s *Writer) Close() (int64, error) {
	sum := s.sum.Sum64()
	s.buf = binary.LittleEndian.AppendUint64(s.buf[:0], sum)
	s.write(s.buf)
	return s.n, s.err
}

// Reader reads what a Writer wrote, field by field. After the first error
// everything reads as zero, and Close returns the error.
type Reader struct {
	r      io.Reader
	kind   string
	refuse func(kind, reason string) error
	sum    hash.Hash64
	n      int64
	err    error
	buf    []byte
}

// NewReader begins to read a file that must be of the kind and of at most the
// version given; it returns the version found. Refuse makes the error for a file
// that cannot be read.
func NewReader(r io.Reader, kind string, version int, refuse func(kind, reason string) error) (*Reader, int) {
	s := &Reader{r: r, kind: kind, refuse: refuse, sum: crc64.New(polynomial)}
	b := s.read(len(magic))
	if s.err == nil && string(b) != magic {
		s.fail("it is not a file of this library")
	}
	found := s.Text()
	if s.err == nil && found != kind {
		s.fail(fmt.Sprintf("it holds a %.40q", found))
	}
	v := s.Int()
	if s.err == nil && (v < 1 || v > version) {
		s.fail(fmt.Sprintf("its format version is %d, this library reads up to %d", v, version))
	}
	return s, v
}

func (s *Reader) fail(reason string) {
	if s.err == nil {
		s.err = s.refuse(s.kind, reason)
	}
}

// Fail makes reason the error of the file, if it is the first: a value that no
// Writer would have written.
func (s *Reader) Fail(reason string) { s.fail("it is damaged: " + reason) }

// read returns the next n ≤ 8·chunk bytes, valid until the next read.
func (s *Reader) read(n int) []byte {
	if cap(s.buf) < n {
		s.buf = make([]byte, n)
	}
	b := s.buf[:n]
	if s.err != nil {
		clear(b)
		return b
	}
	m, err := io.ReadFull(s.r, b)
	s.n += int64(m)
	if err != nil {
		clear(b)
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			s.fail("it ends too early")
		} else {
			s.err = err
		}
		return b
	}
	s.sum.Write(b)
	return b
}

// Int reads an integer.
func (s *Reader) Int() int { return int(binary.LittleEndian.Uint64(s.read(8))) }

// Float reads a number.
func (s *Reader) Float() float64 { return math.Float64frombits(binary.LittleEndian.Uint64(s.read(8))) }

// Bool reads a truth value.
func (s *Reader) Bool() bool { return s.Int() != 0 }

// length reads a length; a negative one is an error.
func (s *Reader) length() int {
	n := s.Int()
	if n < 0 {
		s.Fail("a length is negative")
		return 0
	}
	return n
}

// Text reads a string.
func (s *Reader) Text() string { return string(s.Blob()) }

// Blob reads bytes.
func (s *Reader) Blob() []byte {
	var b []byte
	for n := s.length(); n > 0 && s.err == nil; {
		m := min(n, chunk)
		b = append(b, s.read(m)...)
		n -= m
	}
	if s.err != nil {
		return nil
	}
	return b
}

// Texts reads strings.
func (s *Reader) Texts() []string {
	var v []string
	for n := s.length(); n > 0 && s.err == nil; n-- {
		v = append(v, s.Text())
	}
	return v
}

// Floats reads numbers.
func (s *Reader) Floats() []float64 {
	return s.appendFloats(nil)
}

func (s *Reader) appendFloats(v []float64) []float64 {
	return gather(s, v, 8, func(b []byte) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(b)) })
}

// Ints reads integers.
func (s *Reader) Ints() []int {
	return gather(s, nil, 8, func(b []byte) int { return int(binary.LittleEndian.Uint64(b)) })
}

// Int32s reads integers that Int32s wrote.
func (s *Reader) Int32s() []int32 {
	return gather(s, nil, 4, func(b []byte) int32 { return int32(binary.LittleEndian.Uint32(b)) })
}

// Float32s reads numbers that Float32s wrote.
func (s *Reader) Float32s() []float32 {
	return gather(s, nil, 4, func(b []byte) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(b)) })
}

// gather appends values of size bytes each, after their number.
func gather[T any](s *Reader, v []T, size int, take func(b []byte) T) []T {
	for n := s.length(); n > 0 && s.err == nil; {
		m := min(n, chunk)
		b := s.read(size * m)
		for i := range m {
			v = append(v, take(b[size*i:]))
		}
		n -= m
	}
	return v
}

// Matrix reads a matrix.
func (s *Reader) Matrix() *mat.Dense {
	n, d := s.length(), s.length()
	if n == 0 || d == 0 || s.err != nil {
		return nil
	}
	var v []float64
	for i := 0; i < n && s.err == nil; i++ {
		before := len(v)
		v = s.appendFloats(v)
		if s.err == nil && len(v)-before != d {
			s.Fail("the rows of a matrix differ in length")
		}
	}
	if s.err != nil {
		return nil
	}
	return mat.NewDense(n, d, v)
}

// JSON reads options into v.
func (s *Reader) JSON(v any) {
	text := s.Text()
	if s.err != nil {
		return
	}
	if err := json.Unmarshal([]byte(text), v); err != nil {
		s.Fail("its options do not parse: " + err.Error())
	}
}

// OK reports whether everything so far could be read.
func (s *Reader) OK() bool { return s.err == nil }

// Close reads the checksum and returns how many bytes were read, and the first
// error: that of refuse where the file is at fault. What was read must not be used
// when there is one.
func (s *Reader) Close() (int64, error) {
	want := s.sum.Sum64()
	got := binary.LittleEndian.Uint64(s.read(8))
	if s.err == nil && got != want {
		s.fail("its checksum is wrong: it is damaged")
	}
	return s.n, s.err
}

// Write writes a file of a kind in a format version, whose fields encode writes.
func Write(w io.Writer, kind string, version int, encode func(*Writer)) (int64, error) {
	s := NewWriter(w, kind, version)
	encode(s)
	return s.Close()
}

// Read replaces *v by what decode reads of a file, as NewReader has it, when all of it could be read.
func Read[T any](r io.Reader, kind string, version int, refuse func(kind, reason string) error, v *T, decode func(*T, *Reader)) (int64, error) {
	s, _ := NewReader(r, kind, version, refuse)
	var fresh T
	decode(&fresh, s)
	n, err := s.Close()
	if err == nil {
		*v = fresh
	}
	return n, err
}

// Marshal returns what v writes.
func Marshal(v io.WriterTo) ([]byte, error) {
	var b bytes.Buffer
	_, err := v.WriteTo(&b)
	return b.Bytes(), err
}

// Unmarshal reads v from b.
func Unmarshal(v io.ReaderFrom, b []byte) error {
	_, err := v.ReadFrom(bytes.NewReader(b))
	return err
}
