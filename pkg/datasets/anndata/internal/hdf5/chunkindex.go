package hdf5

import (
	"encoding/binary"
	"math/bits"
)

// adder takes a chunk at its place in the grid of chunks.
type adder func(place []uint64, at, size uint64, mask uint32) error

// index finds all chunks of a dataset.
type index interface {
	each(d *Dataset, add adder) error
}

// newIndex parses the index that a layout of version 4 or 5 describes; nil where it is not known.
func (d *Dataset) newIndex(c *cursor, flags int) index {
	switch kind := c.u8(); kind {
	case 1:
		i := singleIndex{}
		if flags&2 != 0 {
			i.filtered, i.size, i.mask = true, c.size(), c.u32()
		}
		return i
	case 2:
		return implicitIndex{}
	case 3: // what follows in the message is in the head of the index as well
		c.skip(1)
		return fixedIndex{}
	case 4:
		c.skip(5)
		return extensibleIndex{}
	case 5:
		c.skip(4 + 1 + 1)
		return newTreeIndex{}
	}
	return nil
}

// oldTreeIndex is a B-tree of version 1, whose keys are the size, the filters left out and the place of a chunk in elements.
type oldTreeIndex struct{}

func (oldTreeIndex) each(d *Dataset, add adder) error {
	rank := len(d.chunk)
	place := make([]uint64, rank)
	return d.file.oldTree(d.at, 1, 8+8*(rank+1), func(key []byte, child uint64) error {
		for i := range place {
			at := binary.LittleEndian.Uint64(key[8+8*i:])
			if at%d.chunk[i] != 0 {
				return d.errorf("it is damaged: a chunk of it lies between others")
			}
			place[i] = at / d.chunk[i]
		}
		return add(place, child, uint64(binary.LittleEndian.Uint32(key)), binary.LittleEndian.Uint32(key[4:]))
	})
}

// singleIndex is no index: there is one chunk.
type singleIndex struct {
	filtered bool
	size     uint64
	mask     uint32
}

func (s singleIndex) each(d *Dataset, add adder) error {
	if !s.filtered {
		s.size = d.chunkBytes
	}
	return add(make([]uint64, len(d.chunk)), d.at, s.size, s.mask)
}

// implicitIndex is no index: all chunks follow each other.
type implicitIndex struct{}

func (implicitIndex) each(d *Dataset, add adder) error {
	n, ok := product(d.along(d.space.most))
	if !ok || n > d.file.size/d.chunkBytes {
		return d.errorf("it is damaged: it claims more chunks than the file has room for")
	}
	place := d.placer(d.space.most, -1)
	for i := range n {
		if err := add(place(i), d.at+i*d.chunkBytes, d.chunkBytes, 0); err != nil {
			return err
		}
	}
	return nil
}

// placer returns a function that returns the place of the chunk of a number in an index, which counts over the largest shape that
// the data may take, with the dimension first that has no end.
func (d *Dataset) placer(most []uint64, endless int) func(number uint64) []uint64 {
	rank := len(d.chunk)
	order := make([]int, 0, rank)
	if endless >= 0 {
		order = append(order, endless)
	}
	for i := range rank {
		if i != endless {
			order = append(order, i)
		}
	}
	grid := d.along(most)
	place := make([]uint64, rank)
	return func(number uint64) []uint64 {
		for k := rank - 1; k > 0; k-- {
			i := order[k]
			place[i] = number % max(grid[i], 1)
			number /= max(grid[i], 1)
		}
		place[order[0]] = number
		return place
	}
}

// entry reads an element of a fixed or extensible array: where a chunk lies and, where it is filtered, its size.
func (d *Dataset) entry(c *cursor, filtered bool, width int) (at, size uint64, mask uint32) {
	at, size = c.address(), d.chunkBytes
	if filtered {
		size, mask = c.uint(width-d.file.offset-4), c.u32()
	}
	return at, size, mask
}

// checkEntry checks the size of an element.
func (d *Dataset) checkEntry(filtered bool, width int) error {
	low, high := d.file.offset, d.file.offset
	if filtered {
		low, high = low+1+4, high+8+4
	}
	if width < low || width > high {
		return d.errorf("it is damaged: the entries of its index have %d bytes", width)
	}
	return nil
}

// newTreeIndex is a B-tree of version 2.
type newTreeIndex struct{}

func (newTreeIndex) each(d *Dataset, add adder) error {
	rank := len(d.chunk)
	kind := 10
	if len(d.filters) > 0 {
		kind = 11
	}
	place := make([]uint64, rank)
	return d.file.newTree(d.at, kind, func(record []byte) error {
		width := len(record) - 8*rank
		if err := d.checkEntry(kind == 11, width); err != nil {
			return err
		}
		c := d.file.cursor(record)
		at, size, mask := d.entry(c, kind == 11, width)
		for i := range place {
			place[i] = c.uint(8)
		}
		return add(place, at, size, mask)
	})
}

// fixedIndex is an array of as many entries as there can be chunks, in pages where they are many.
type fixedIndex struct{}

func (fixedIndex) each(d *Dataset, add adder) error {
	f := d.file
	c, err := f.sealed(d.at, uint64(4+4+f.length+f.offset+4), "FAHD")
	if err != nil {
		return err
	}
	c.skip(1)
	filtered, width, pageBits := c.u8() == 1, c.u8(), c.u8()
	n, block := c.size(), c.address()
	if err := d.checkEntry(filtered, width); err != nil {
		return err
	}
	if want, ok := product(d.along(d.space.most)); !ok || n != want || pageBits > 62 || n > f.size/uint64(width) {
		return d.errorf("it is damaged: its index has %d entries", n)
	}
	if block == undefined {
		return nil
	}
	place := d.placer(d.space.most, -1)
	at := block
	head := uint64(4 + 2 + f.offset)
	page := uint64(1) << pageBits
	if n <= page {
		c, err := f.sealed(at, head+n*uint64(width)+4, "FADB")
		if err != nil {
			return err
		}
		c.skip(int(head) - 4)
		return d.entries(c, 0, n, filtered, width, place, add)
	}
	pages := (n + page - 1) / page
	head += (pages + 7) / 8
	if c, err = f.sealed(at, head+4, "FADB"); err != nil {
		return err
	}
	c.skip(2 + f.offset)
	used := c.bytes((pages + 7) / 8)
	at += head + 4
	for p := range pages {
		count := min(page, n-p*page)
		size := count*uint64(width) + 4
		if used[p/8]&(0x80>>(p%8)) != 0 {
			c, err := f.sealed(at, size, "")
			if err != nil {
				return err
			}
			if err := d.entries(c, p*page, count, filtered, width, place, add); err != nil {
				return err
			}
		}
		at += size
	}
	return nil
}

// entries adds the chunks of consecutive entries.
func (d *Dataset) entries(c *cursor, first, n uint64, filtered bool, width int, place func(uint64) []uint64, add adder) error {
	for i := range n {
		at, size, mask := d.entry(c, filtered, width)
		if c.short {
			return d.errorf("it is damaged: its index is cut off")
		}
		if at == undefined {
			continue
		}
		if err := add(place(first+i), at, size, mask); err != nil {
			return err
		}
	}
	return nil
}

// extensibleIndex is an array that grows along the one dimension without an end: the first entries are in its head, the next in
// blocks that the head points to, the others in blocks that superblocks point to, each level with more and larger ones.
type extensibleIndex struct{}

func (extensibleIndex) each(d *Dataset, add adder) error {
	f := d.file
	c, err := f.sealed(d.at, uint64(4+2+6+6*f.length+f.offset+4), "EAHD")
	if err != nil {
		return err
	}
	c.skip(1)
	e := &extensible{d: d, filtered: c.u8() == 1, width: c.u8(), add: add}
	mostBits, direct, least, leastPointers, pageBits := c.u8(), c.u8(), uint64(c.u8()), uint64(c.u8()), c.u8()
	c.skip(4 * f.length)
	e.n = c.size() // one past the last that was set
	c.skip(f.length)
	head := c.address()
	if err := d.checkEntry(e.filtered, e.width); err != nil {
		return err
	}
	power := func(n uint64) bool { return bits.OnesCount64(n) == 1 }
	if mostBits < 1 || mostBits > 64 || !power(least) || !power(leastPointers) || leastPointers < 2 || pageBits > mostBits ||
		bits.Len64(least) > mostBits || e.n > f.size {
		return d.errorf("it is damaged: its index is not what it should be")
	}
	endless := -1
	for i, n := range d.space.most {
		if n == undefined {
			endless = i
			break
		}
	}
	if endless < 0 {
		return d.errorf("it is damaged: its index is for data without an end")
	}
	e.place = d.placer(d.space.most, endless)
	e.offset = (mostBits + 7) / 8
	e.page = 1 << min(pageBits, 62)
	if head == undefined {
		return nil
	}
	levels := 1 + mostBits - (bits.Len64(least) - 1)
	inHead := 2 * (bits.Len64(leastPointers) - 1) // levels whose blocks the head points to itself
	blocks := 2 * (leastPointers - 1)
	supers := max(levels-inHead, 0)
	size := uint64(4+2+f.offset+direct*e.width) + (blocks+uint64(supers))*uint64(f.offset) + 4
	if c, err = f.sealed(head, size, "EAIB"); err != nil {
		return err
	}
	c.skip(2 + f.offset)
	if err := d.entries(c, 0, min(uint64(direct), e.n), e.filtered, e.width, e.place, add); err != nil {
		return err
	}
	c.at = 4 + 2 + f.offset + direct*e.width
	next := uint64(direct) // the number of the first entry of a level
	for level := range levels {
		if next >= e.n {
			return nil
		}
		count := uint64(1) << (level / 2)
		length := least << ((level + 1) / 2)
		if length == 0 || length > f.size || count > f.size {
			return d.errorf("it is damaged: its index is not what it should be")
		}
		if level < inHead {
			for range count {
				if err := e.block(c.address(), next, length, nil); err != nil {
					return err
				}
				next += length
			}
			continue
		}
		if err := e.super(c.address(), next, count, length); err != nil {
			return err
		}
		next += count * length
	}
	return nil
}

type extensible struct {
	d        *Dataset
	filtered bool
	width    int
	n        uint64
	offset   int
	page     uint64 // entries in a page
	place    func(uint64) []uint64
	add      adder
}

// super reads a superblock, which points to blocks of a length.
func (e *extensible) super(at, first, count, length uint64) error {
	if at == undefined {
		return nil
	}
	f := e.d.file
	bitmap := uint64(0) // bytes of a block that tell which of its pages are used
	if length > e.page {
		bitmap = (length/e.page + 7) / 8
	}
	c, err := f.sealed(at, uint64(4+2+f.offset+e.offset)+count*(bitmap+uint64(f.offset))+4, "EASB")
	if err != nil {
		return err
	}
	c.skip(2 + f.offset + e.offset)
	used := c.bytes(count * bitmap)
	for i := range count {
		// The bits of all blocks follow each other, though there are whole bytes for each.
		used := func(page uint64) bool {
			bit := i*(length/e.page) + page
			return used[bit/8]&(0x80>>(bit%8)) != 0
		}
		if err := e.block(c.address(), first+i*length, length, used); err != nil {
			return err
		}
	}
	return nil
}

// block reads a block of entries; used tells which pages of it are, where it may have pages.
func (e *extensible) block(at, first, length uint64, used func(page uint64) bool) error {
	if at == undefined || first >= e.n {
		return nil
	}
	d := e.d
	f := d.file
	head := uint64(4 + 2 + f.offset + e.offset)
	if used == nil || length <= e.page {
		c, err := f.sealed(at, head+length*uint64(e.width)+4, "EADB")
		if err != nil {
			return err
		}
		c.skip(int(head) - 4)
		return d.entries(c, first, min(length, e.n-first), e.filtered, e.width, e.place, e.add)
	}
	if _, err := f.sealed(at, head+4, "EADB"); err != nil {
		return err
	}
	at += head + 4
	size := e.page*uint64(e.width) + 4
	for p := range length / e.page {
		start := first + p*e.page
		if start >= e.n {
			return nil
		}
		if used(p) {
			c, err := f.sealed(at+p*size, size, "")
			if err != nil {
				return err
			}
			if err := d.entries(c, start, min(e.page, e.n-start), e.filtered, e.width, e.place, e.add); err != nil {
				return err
			}
		}
	}
	return nil
}
