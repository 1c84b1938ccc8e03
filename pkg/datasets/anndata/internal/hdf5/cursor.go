package hdf5

import (
	"bytes"
	"encoding/binary"
)

// undefined is the address of what is not there, whatever the width of addresses.
const undefined = ^uint64(0)

// cursor reads the fields of a block one after the other. Past the end it gives zeros and remembers: parsers look at short once,
// at their end, and before they trust a count.
type cursor struct {
	b      []byte
	at     int
	short  bool
	offset int // bytes of an address
	length int // bytes of a length
}

func (c *cursor) left() int { return len(c.b) - c.at }

func (c *cursor) bytes(n uint64) []byte {
	if n > uint64(c.left()) {
		c.short = true
		c.at = len(c.b)
		return nil
	}
	b := c.b[c.at : c.at+int(n) : c.at+int(n)]
	c.at += int(n)
	return b
}

func (c *cursor) skip(n int) { c.bytes(uint64(n)) }

// uint reads a number of so many bytes, at most 8.
func (c *cursor) uint(width int) uint64 {
	var b [8]byte
	copy(b[:], c.bytes(uint64(width)))
	return binary.LittleEndian.Uint64(b[:])
}

func (c *cursor) u8() int     { return int(c.uint(1)) }
func (c *cursor) u16() int    { return int(c.uint(2)) }
func (c *cursor) u32() uint32 { return uint32(c.uint(4)) }

// size reads a length.
func (c *cursor) size() uint64 { return c.uint(c.length) }

// address reads an address.
func (c *cursor) address() uint64 {
	a := c.uint(c.offset)
	if a == undefined>>(64-8*c.offset) {
		return undefined
	}
	return a
}

// text reads up to a zero byte; pad is what its length with the zero is a multiple of, counted from the first byte.
func (c *cursor) text(pad int) string {
	end := bytes.IndexByte(c.b[c.at:], 0)
	if end < 0 {
		c.short = true
		c.at = len(c.b)
		return ""
	}
	s := string(c.b[c.at : c.at+end])
	c.skip((end + pad) / pad * pad)
	return s
}
