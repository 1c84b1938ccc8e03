package hdf5

import (
	"bytes"
	"math/bits"
)

// fractalHeap holds links or attributes that are too many for a header.
type fractalHeap struct {
	file       *File
	at         uint64
	name       int // bytes of an object's name
	sealed     bool
	offset     int // bytes of an offset and of a length in a name
	length     int
	width      uint64 // blocks in a row
	start      uint64 // bytes of a block in the first row
	mostDirect uint64 // bytes of the largest block that holds objects
	root       uint64
	rows       int // of the root; 0 where it is a block of objects
	huge       uint64
	objects    map[uint64]hugeObject // by name; nil until they are asked for
	blocks     map[uint64][]byte     // what was read, by address
}

type hugeObject struct{ at, size uint64 }

func (f *File) fractalHeap(at uint64) (*fractalHeap, error) {
	n := 4 + 1 + 2 + 2 + 1 + 4 + 12*f.length + 3*f.offset + 4*2 + 4
	c, err := f.block(at, uint64(n), "FRHP")
	if err != nil {
		return nil, err
	}
	h := &fractalHeap{file: f, at: at, blocks: map[uint64][]byte{}}
	c.skip(1)
	h.name = c.u16()
	filtered := c.u16()
	flags := c.u8()
	mostManaged := uint64(c.u32())
	c.size()
	h.huge = c.address()
	c.size()
	c.address()
	c.skip(8 * f.length)
	h.width, h.start, h.mostDirect = uint64(c.u16()), c.size(), c.size()
	mostBits := c.u16()
	c.skip(2)
	h.root, h.rows = c.address(), c.u16()
	switch {
	case filtered != 0:
		return nil, f.errorf("a group or its attributes are packed by filters, which is not supported")
	case c.left() != 4:
		return nil, f.errorf("it is damaged: the heap at address %d is cut off", at)
	}
	if err := f.verify(c.b, at); err != nil {
		return nil, err
	}
	power := func(n uint64) bool { return bits.OnesCount64(n) == 1 }
	if !power(h.width) || !power(h.start) || !power(h.mostDirect) || h.mostDirect < h.start || mostBits > 64 || mostBits < 1 || h.name < 1 ||
		h.rows > 64 || h.mostDirect > 1<<32 {
		return nil, f.errorf("it is damaged: the heap at address %d is not what it should be", at)
	}
	h.sealed = flags&2 != 0
	h.offset = (mostBits + 7) / 8
	h.length = min((bits.Len64(h.mostDirect)-1+7)/8, limitWidth(mostManaged))
	return h, nil
}

// object returns the object of a name.
func (h *fractalHeap) object(name []byte) ([]byte, error) {
	c := h.file.cursor(name)
	flags := c.u8()
	if flags&0xc0 != 0 {
		return nil, h.damaged()
	}
	switch flags >> 4 & 3 {
	case 0:
		offset, length := c.uint(h.offset), c.uint(h.length)
		if c.short {
			return nil, h.damaged()
		}
		if h.rows == 0 {
			return h.cut(h.root, 0, h.start, offset, length)
		}
		return h.managed(h.root, 0, h.rows, offset, length, map[uint64]bool{})
	case 1:
		return h.hugeObject(c)
	case 2:
		length := flags&15 + 1
		if h.name > 17 {
			length = (flags&15)<<8 + c.u8() + 1
		}
		if b := c.bytes(uint64(length)); !c.short {
			return b, nil
		}
	}
	return nil, h.damaged()
}

func (h *fractalHeap) damaged() error {
	return h.file.errorf("it is damaged: the heap at address %d does not have what is looked for in it", h.at)
}

// row returns the bytes of a block in a row.
func (h *fractalHeap) row(r int) uint64 {
	if r == 0 {
		return h.start
	}
	return h.start << (r - 1)
}

// managed looks for an object in the blocks below one of pointers, which begins at a place in the heap.
func (h *fractalHeap) managed(at, begin uint64, rows int, offset, length uint64, seen map[uint64]bool) ([]byte, error) {
	if seen[at] || rows < 1 || rows > 64 {
		return nil, h.damaged()
	}
	seen[at] = true
	direct := bits.Len64(h.mostDirect) - bits.Len64(h.start) + 2 // rows of blocks of objects
	f := h.file
	head := uint64(5 + f.offset + h.offset)
	c, err := h.block(at, head+uint64(rows)*h.width*uint64(f.offset)+4, "FHIB", true)
	if err != nil {
		return nil, err
	}
	c.skip(int(head) - 4)
	for r := range rows {
		size := h.row(r)
		if size == 0 || size>>(bits.Len64(h.start)+r) != 0 || h.width > undefined/size || begin > undefined-h.width*size {
			return nil, h.damaged()
		}
		if offset >= begin+h.width*size {
			c.skip(int(h.width) * f.offset)
			begin += h.width * size
			continue
		}
		if offset < begin {
			return nil, h.damaged()
		}
		i := (offset - begin) / size
		c.skip(int(i) * f.offset)
		child := c.address()
		begin += i * size
		if child == undefined || c.short {
			return nil, h.damaged()
		}
		if r < direct {
			return h.cut(child, begin, size, offset, length)
		}
		below := bits.Len64(size) - bits.Len64(h.start*h.width) + 1
		return h.managed(child, begin, below, offset, length, seen)
	}
	return nil, h.damaged()
}

// cut returns an object of the block that begins at a place in the heap.
func (h *fractalHeap) cut(at, begin, size, offset, length uint64) ([]byte, error) {
	c, err := h.block(at, size, "FHDB", false)
	if err != nil {
		return nil, err
	}
	if offset < begin || offset-begin > size || length > size-(offset-begin) {
		return nil, h.damaged()
	}
	return c.b[offset-begin:][:length], nil
}

// block reads a block once.
func (h *fractalHeap) block(at, size uint64, sign string, pointers bool) (*cursor, error) {
	f := h.file
	if b := h.blocks[at]; uint64(len(b)) == size {
		c := f.cursor(b)
		c.skip(4)
		return c, nil
	}
	c, err := f.block(at, size, sign)
	if err != nil {
		return nil, err
	}
	switch {
	case pointers:
		err = f.verify(c.b, at)
	case h.sealed:
		// The checksum lies behind the head, and is counted as zero.
		place := 5 + f.offset + h.offset
		if place+4 > len(c.b) {
			return nil, h.damaged()
		}
		sum := f.cursor(c.b[place:]).u32()
		copy := bytes.Clone(c.b)
		clear(copy[place : place+4])
		if got := lookup3(copy); got != sum && !f.trusting {
			err = f.errorf("it is damaged: the checksum of the %d bytes at address %d is %08x, not %08x", size, at, got, sum)
		}
	}
	if err != nil {
		return nil, err
	}
	h.blocks[at] = c.b
	return c, nil
}

// hugeObject returns an object that is too large for blocks.
func (h *fractalHeap) hugeObject(c *cursor) ([]byte, error) {
	f := h.file
	if c.left() >= f.offset+f.length { // its place is its name
		return f.read(c.address(), c.size())
	}
	if h.huge == undefined {
		return nil, h.damaged()
	}
	if h.objects == nil {
		h.objects = map[uint64]hugeObject{}
		err := f.newTree(h.huge, 1, func(record []byte) error {
			c := f.cursor(record)
			o := hugeObject{c.address(), c.size()}
			h.objects[c.size()] = o
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	o, ok := h.objects[c.uint(min(c.left(), 8))]
	if !ok {
		return nil, h.damaged()
	}
	return f.read(o.at, o.size)
}
