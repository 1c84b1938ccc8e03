package npy

import (
	"fmt"
	"io"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/flatland-go/flatland/internal/npyhead"
	"github.com/flatland-go/flatland/pkg/datasets/internal/source"
)

// Save writes the array to a file (.npy) that numpy.load reads, with the bytes that numpy.save writes of the same array: the first
// axis first, the least byte first. The file appears when all is written. Strings become text (U) of the length of the longest.
// Errors: a *mat32.ParamError where the shape is not that of the values, and those of the file system.
func (a *Array) Save(path string) error {
	return source.Save(path, a.Write)
}

// Write is Save for any writer.
func (a *Array) Write(w io.Writer) error {
	if err := a.check("npy.Array.Write"); err != nil {
		return err
	}
	h := npyhead.Head{Shape: a.Shape}
	var values []byte
	word := 1
	switch v := a.Values.(type) {
	case []bool:
		b := make([]byte, len(v))
		for i, is := range v {
			if is {
				b[i] = 1
			}
		}
		h.Type, values = "|b1", b
	case []int8:
		h.Type, values = "|i1", bytesOf(v)
	case []uint8:
		h.Type, values = "|u1", v
	case []int16:
		h.Type, values, word = "<i2", bytesOf(v), 2
	case []uint16:
		h.Type, values, word = "<u2", bytesOf(v), 2
	case []int32:
		h.Type, values, word = "<i4", bytesOf(v), 4
	case []uint32:
		h.Type, values, word = "<u4", bytesOf(v), 4
	case []int64:
		h.Type, values, word = "<i8", bytesOf(v), 8
	case []uint64:
		h.Type, values, word = "<u8", bytesOf(v), 8
	case []float32:
		h.Type, values, word = "<f4", bytesOf(v), 4
	case []float64:
		h.Type, values, word = "<f8", bytesOf(v), 8
	case []complex64:
		h.Type, values, word = "<c8", bytesOf(v), 4
	case []complex128:
		h.Type, values, word = "<c16", bytesOf(v), 8
	case []string:
		return writeTexts(w, h, v)
	}
	if _, err := w.Write(h.Append(nil)); err != nil {
		return err
	}
	return writeWords(w, values, word)
}

// writeWords writes numbers with the least byte first.
func writeWords(w io.Writer, b []byte, word int) error {
	if !bigEndian() || word == 1 {
		_, err := w.Write(b)
		return err
	}
	const part = 1 << 16
	for part := range slices.Chunk(b, part) {
		part = slices.Clone(part)
		swap(part, word)
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	return nil
}

// writeTexts writes strings, four bytes for every character.
func writeTexts(w io.Writer, h npyhead.Head, texts []string) error {
	longest := 1 // NumPy has no text of no character
	for _, s := range texts {
		longest = max(longest, utf8.RuneCountInString(s))
	}
	if longest > math.MaxInt32/4 {
		return fmt.Errorf("npy: a string of %d characters is longer than NumPy's are", longest)
	}
	h.Type = fmt.Sprintf("<U%d", longest)
	if _, err := w.Write(h.Append(nil)); err != nil {
		return err
	}
	value := make([]uint32, longest)
	for _, s := range texts {
		clear(value)
		i := 0
		for _, c := range s {
			value[i] = uint32(c)
			i++
		}
		if err := writeWords(w, bytesOf(value), 4); err != nil {
			return err
		}
	}
	return nil
}
