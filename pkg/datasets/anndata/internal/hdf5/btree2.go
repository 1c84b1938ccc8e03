package hdf5

import "math/bits"

// newTree calls f with every record of a B-tree of version 2.
func (f *File) newTree(at uint64, kind int, record func(b []byte) error) error {
	c, err := f.sealed(at, uint64(4+2+4+2+2+2+f.offset+2+f.length+4), "BTHD")
	if err != nil {
		return err
	}
	c.skip(1)
	got := c.u8()
	t := &newTree{file: f, size: uint64(c.u32()), width: c.u16(), f: record, seen: map[uint64]bool{}}
	depth := c.u16()
	c.skip(2)
	root, records := c.address(), c.u16()
	total := c.size()
	if got != kind || t.width < 1 || t.size < 10+uint64(t.width) || t.size > f.size || depth > 32 {
		return f.errorf("it is damaged: the tree at address %d is not what it should be", at)
	}
	t.header = uint64(at)
	// How many records a node of every level holds, and how wide those counts are.
	t.most = []uint64{(t.size - 10) / uint64(t.width)}
	t.all = []uint64{t.most[0]}
	for level := 1; level <= depth; level++ {
		pointer := uint64(t.pointer(level))
		if t.size < 10+pointer {
			return f.errorf("it is damaged: the nodes of the tree at address %d are too small", at)
		}
		most := (t.size - 10 - pointer) / (uint64(t.width) + pointer)
		high, all := bits.Mul64(most+1, t.all[level-1])
		if high != 0 || all+most < all {
			all = undefined - most
		}
		t.most, t.all = append(t.most, most), append(t.all, all+most)
	}
	if root == undefined {
		return nil
	}
	if err := t.walk(root, records, depth); err != nil {
		return err
	}
	if t.count != total {
		return f.errorf("it is damaged: the tree at address %d has %d records, not %d", at, t.count, total)
	}
	return nil
}

type newTree struct {
	file      *File
	header    uint64
	size      uint64 // of a node
	width     int    // of a record
	most, all []uint64
	f         func([]byte) error
	seen      map[uint64]bool
	count     uint64
}

// pointer returns the bytes of a pointer in a node of a level above 0.
func (t *newTree) pointer(level int) int {
	n := t.file.offset + limitWidth(t.most[0])
	if level > 1 {
		n += limitWidth(t.all[level-1])
	}
	return n
}

func (t *newTree) walk(at uint64, records, level int) error {
	if t.seen[at] {
		return t.file.errorf("it is damaged: the tree at address %d leads to itself", t.header)
	}
	t.seen[at] = true
	if uint64(records) > t.most[level] {
		return t.file.errorf("it is damaged: a node of the tree at address %d has %d records", t.header, records)
	}
	sign, n := "BTLF", uint64(10+records*t.width)
	if level > 0 {
		sign = "BTIN"
		n += uint64((records + 1) * t.pointer(level))
	}
	c, err := t.file.sealed(at, n, sign)
	if err != nil {
		return err
	}
	c.skip(2)
	own := c.bytes(uint64(records * t.width))
	if (t.count+uint64(records))*uint64(t.width) > t.file.size {
		return t.file.errorf("it is damaged: the tree at address %d would take more than the file", t.header)
	}
	for i := range records {
		t.count++
		if err := t.f(own[i*t.width : (i+1)*t.width]); err != nil {
			return err
		}
	}
	if level == 0 {
		return nil
	}
	for range records + 1 {
		child, n := c.address(), int(c.uint(limitWidth(t.most[0])))
		if level > 1 {
			c.uint(limitWidth(t.all[level-1]))
		}
		if err := t.walk(child, n, level-1); err != nil {
			return err
		}
	}
	return nil
}
