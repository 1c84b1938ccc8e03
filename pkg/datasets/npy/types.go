package npy

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
	"unsafe"
)

// kind is a type of values as a file names it.
type kind struct {
	swapped bool // whether its bytes are in the other order than this machine's
	letter  byte // b, i, u, f, c, S or U
	size    int  // bytes of a value
}

// bigEndian reports the order of bytes of this machine.
func bigEndian() bool { return binary.NativeEndian.Uint16([]byte{0, 1}) == 1 }

// kindOf reads the name of a type, or says why its values are not read.
func kindOf(name string) (kind, error) {
	var k kind
	if len(name) < 2 {
		return k, fmt.Errorf("its values have the type %q, which is none", name)
	}
	switch name[0] {
	case '<':
		k.swapped = bigEndian()
	case '>':
		k.swapped = !bigEndian()
	case '|', '=':
	default:
		return k, fmt.Errorf("its values have the type %.20q, which is none", name)
	}
	k.letter = name[1]
	if k.letter == 'O' {
		return k, fmt.Errorf("its values are objects of Python, which only Python can unpack")
	}
	// Times carry their unit behind the size: <M8[ns].
	digits, _, _ := strings.Cut(name[2:], "[")
	size, err := strconv.Atoi(digits)
	if err != nil || size < 0 || size > math.MaxInt32/4 || digits[0] == '+' {
		return k, fmt.Errorf("its values have the type %.20q, which is none", name)
	}
	k.size = size
	switch k.letter {
	case 'a', 'S':
		k.letter = 'S'
	case 'U':
		k.size *= 4
	}
	sizes := map[byte]string{'b': " 1 ", 'i': " 1 2 4 8 ", 'u': " 1 2 4 8 ", 'f': " 2 4 8 ", 'c': " 8 16 "}
	switch {
	case k.letter == 'S' || k.letter == 'U':
		if k.size == 0 {
			return k, fmt.Errorf("its values are strings without room for a character")
		}
	case !strings.Contains(sizes[k.letter], fmt.Sprintf(" %d ", k.size)):
		return k, fmt.Errorf("its values have the type %.20q, want numbers (b1, i1 to i8, u1 to u8, f2 to f8, c8, c16) or strings (S, U)", name)
	}
	return k, nil
}

// memory returns the bytes that n values take while they are read, and afterwards, where they can be counted.
func (k kind) memory(n int, fortran bool) (while, after int64) {
	each, held := int64(k.size), int64(k.size)
	switch {
	case k.letter == 'S' || k.letter == 'U':
		held += 16
		each += held
	case k.letter == 'b', k.letter == 'f' && k.size == 2:
		held *= 2
		each += held
	}
	if fortran {
		each += held
	}
	if int64(n) > math.MaxInt64/2/each {
		return math.MaxInt64 / 2, math.MaxInt64 / 2
	}
	return each * int64(n), held * int64(n)
}

// read reads n values in the order in which the file has them.
func (k kind) read(ctx context.Context, from *bytesFrom, n int, shape []int, fortran bool) (any, error) {
	switch k.letter {
	case 'b':
		return through(ctx, from, n, shape, fortran, k, func(b []uint8) []bool {
			out := make([]bool, len(b))
			for i, v := range b {
				out[i] = v != 0
			}
			return out
		})
	case 'i':
		switch k.size {
		case 1:
			return through(ctx, from, n, shape, fortran, k, same[int8])
		case 2:
			return through(ctx, from, n, shape, fortran, k, same[int16])
		case 4:
			return through(ctx, from, n, shape, fortran, k, same[int32])
		}
		return through(ctx, from, n, shape, fortran, k, same[int64])
	case 'u':
		switch k.size {
		case 1:
			return through(ctx, from, n, shape, fortran, k, same[uint8])
		case 2:
			return through(ctx, from, n, shape, fortran, k, same[uint16])
		case 4:
			return through(ctx, from, n, shape, fortran, k, same[uint32])
		}
		return through(ctx, from, n, shape, fortran, k, same[uint64])
	case 'f':
		switch k.size {
		case 2:
			return through(ctx, from, n, shape, fortran, k, singles)
		case 4:
			return through(ctx, from, n, shape, fortran, k, same[float32])
		}
		return through(ctx, from, n, shape, fortran, k, same[float64])
	case 'c':
		if k.size == 8 {
			return through(ctx, from, n, shape, fortran, k, same[complex64])
		}
		return through(ctx, from, n, shape, fortran, k, same[complex128])
	case 'S':
		return through(ctx, from, n*k.size, shape, fortran, k, func(b []uint8) []string { return k.words(b) })
	}
	return through(ctx, from, n*(k.size/4), shape, fortran, k, func(c []uint32) []string { return k.texts(c) })
}

func same[T any](values []T) []T { return values }

// through reads n stored values, has convert make those of the array, and puts them in order.
func through[T, U any](ctx context.Context, from *bytesFrom, n int, shape []int, fortran bool, k kind, convert func([]T) []U) (any, error) {
	stored, err := read[T](ctx, from, n)
	if err != nil {
		return nil, err
	}
	if k.swapped {
		swap(bytesOf(stored), k.word())
	}
	values := convert(stored)
	if fortran {
		return byColumns(ctx, values, shape)
	}
	return values, nil
}

// word returns the bytes that the order of bytes is one of.
func (k kind) word() int {
	switch k.letter {
	case 'c':
		return k.size / 2
	case 'U':
		return 4
	case 'S':
		return 1
	}
	return k.size
}

// words cuts bytes into strings without the zeros behind them. They share one memory.
func (k kind) words(b []uint8) []string {
	all := string(b)
	out := make([]string, len(b)/k.size)
	for i := range out {
		out[i] = strings.TrimRight(all[i*k.size:(i+1)*k.size], "\x00")
	}
	return out
}

// texts is words for code points, four bytes each.
func (k kind) texts(c []uint32) []string {
	size := k.size / 4
	var all []byte
	ends := make([]int, len(c)/size)
	for i := range ends {
		value := c[i*size : (i+1)*size]
		for len(value) > 0 && value[len(value)-1] == 0 {
			value = value[:len(value)-1]
		}
		for _, v := range value {
			all = utf8.AppendRune(all, rune(min(v, utf8.MaxRune+1))) // what is no code point becomes U+FFFD
		}
		ends[i] = len(all)
	}
	text, from := string(all), 0
	out := make([]string, len(ends))
	for i, end := range ends {
		out[i], from = text[from:end], end
	}
	return out
}

// singles returns numbers of half precision (IEEE 754, binary16) as float32, which holds all of them.
func singles(halves []uint16) []float32 {
	out := make([]float32, len(halves))
	for i, h := range halves {
		sign, exponent, fraction := uint32(h>>15)<<31, uint32(h>>10&31), uint32(h&1023)
		switch exponent {
		case 0:
			v := float32(fraction) * 0x1p-24
			out[i] = math.Float32frombits(math.Float32bits(v) | sign)
		case 31:
			out[i] = math.Float32frombits(sign | 255<<23 | fraction<<13)
		default:
			out[i] = math.Float32frombits(sign | (exponent+127-15)<<23 | fraction<<13)
		}
	}
	return out
}

// bytesOf returns the memory of numbers.
func bytesOf[T any](values []T) []byte {
	var v T
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(values))), len(values)*int(unsafe.Sizeof(v)))
}

// swap turns the bytes of every word round.
func swap(b []byte, word int) {
	switch word {
	case 2:
		for ; len(b) >= 2; b = b[2:] {
			b[0], b[1] = b[1], b[0]
		}
	case 4:
		for ; len(b) >= 4; b = b[4:] {
			binary.LittleEndian.PutUint32(b, binary.BigEndian.Uint32(b))
		}
	case 8:
		for ; len(b) >= 8; b = b[8:] {
			binary.LittleEndian.PutUint64(b, binary.BigEndian.Uint64(b))
		}
	}
}
