package hdf5

import (
	"maps"
	"path"
	"slices"
	"strings"
)

// link is where a name of a group leads: to the address of an object, or to another name.
type link struct {
	address uint64
	soft    string
	foreign bool // into another file
}

// Links returns the names in a group, sorted.
func (o *Object) Links() ([]string, error) {
	links, err := o.links()
	return slices.Sorted(maps.Keys(links)), err
}

// mostSoft links are followed on the way to one object.
const mostSoft = 16

// Open returns the object of a path below o, or nil where there is none.
func (o *Object) Open(name string) (*Object, error) {
	soft := 0
	return o.follow(name, &soft)
}

func (o *Object) follow(name string, soft *int) (*Object, error) {
	if strings.HasPrefix(name, "/") {
		root, err := o.file.Root()
		if err != nil {
			return nil, err
		}
		o = root
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || part == "." {
			continue
		}
		links, err := o.links()
		if err != nil {
			return nil, err
		}
		l, ok := links[part]
		below := path.Join(o.name, part)
		switch {
		case !ok:
			return nil, nil
		case l.foreign:
			return nil, o.file.errorf("%s lies in another file, which is not supported", below)
		case l.soft != "":
			if *soft++; *soft > mostSoft {
				return nil, o.file.errorf("%s: its soft links lead around in a circle", below)
			}
			next, err := o.follow(l.soft, soft)
			if next == nil || err != nil {
				return nil, err
			}
			o = next
		default:
			next, err := o.file.object(l.address, below)
			if err != nil {
				return nil, err
			}
			o = next
		}
	}
	return o, nil
}

// links returns all links of a group, which are read once.
func (o *Object) links() (map[string]link, error) {
	o.once.Do(func() { o.known, o.err = o.readLinks() })
	return o.known, o.err
}

func (o *Object) readLinks() (map[string]link, error) {
	all := map[string]link{}
	for _, m := range o.messages {
		var err error
		switch c := o.file.cursor(m.body); m.kind {
		case symbolTableMessage:
			tree, heap := c.address(), c.address()
			if c.short {
				return nil, o.errorf("it is damaged: its table of names is cut off")
			}
			err = o.symbols(all, tree, heap)
		case linkMessage:
			err = o.link(all, m.body)
		case linkInfoMessage:
			c.skip(1)
			if flags := c.u8(); flags&1 != 0 {
				c.skip(8)
			}
			heap, tree := c.address(), c.address()
			if c.short {
				return nil, o.errorf("it is damaged: what it says of its links is cut off")
			}
			if heap != undefined && tree != undefined {
				err = o.dense(heap, tree, 5, 4, func(body []byte) error { return o.link(all, body) })
			}
		}
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// link adds the link of a message.
func (o *Object) link(all map[string]link, body []byte) error {
	c := o.file.cursor(body)
	c.skip(1)
	flags := c.u8()
	kind := 0
	if flags&8 != 0 {
		kind = c.u8()
	}
	if flags&4 != 0 {
		c.skip(8)
	}
	if flags&16 != 0 {
		c.skip(1)
	}
	name := string(c.bytes(c.uint(1 << (flags & 3))))
	var l link
	switch kind {
	case 0:
		l.address = c.address()
	case 1:
		l.soft = string(c.bytes(uint64(c.u16())))
	default:
		l.foreign = true
	}
	if c.short || name == "" || kind == 1 && l.soft == "" {
		return o.errorf("it is damaged: a link in it is cut off")
	}
	all[name] = l
	return nil
}

// symbols adds the links of a symbol table: a B-tree of nodes whose names lie in a local heap.
func (o *Object) symbols(all map[string]link, tree, heap uint64) error {
	f := o.file
	c, err := f.block(heap, uint64(8+2*f.length+f.offset), "HEAP")
	if err != nil {
		return err
	}
	c.skip(4)
	size := c.size()
	c.size()
	names, err := f.read(c.address(), size)
	if err != nil {
		return err
	}
	text := func(at uint64) (string, bool) {
		if at >= uint64(len(names)) {
			return "", false
		}
		t := &cursor{b: names, at: int(at)}
		s := t.text(1)
		return s, !t.short && s != ""
	}
	width := 2*f.offset + 8 + 16
	total := uint64(0)
	return f.oldTree(tree, 0, f.length, func(_ []byte, child uint64) error {
		c, err := f.block(child, 8, "SNOD")
		if err != nil {
			return err
		}
		c.skip(2)
		n := c.u16()
		if total += 8 + uint64(n*width); total > f.size {
			return o.errorf("it is damaged: its names would take more than the file")
		}
		entries, err := f.read(child+8, uint64(n*width))
		if err != nil {
			return err
		}
		for c := f.cursor(entries); c.left() > 0; {
			name, ok := text(c.uint(c.offset))
			l := link{address: c.address()}
			kind := c.u32()
			c.skip(4)
			scratch := f.cursor(c.bytes(16))
			if kind == 2 {
				var soft bool
				l.soft, soft = text(uint64(scratch.u32()))
				ok = ok && soft
			}
			if !ok {
				return o.errorf("it is damaged: a name in it lies outside its heap")
			}
			all[name] = l
		}
		return nil
	})
}

// oldTree calls f with the key before every child of the leaves of a B-tree of version 1, whose keys have so many bytes.
func (f *File) oldTree(at uint64, kind, key int, leaf func(key []byte, child uint64) error) error {
	seen := map[uint64]bool{}
	total := uint64(0)
	var walk func(at uint64, level int) error
	walk = func(at uint64, level int) error {
		if seen[at] {
			return f.errorf("it is damaged: the tree at address %d leads to itself", at)
		}
		seen[at] = true
		c, err := f.block(at, uint64(8+2*f.offset), "TREE")
		if err != nil {
			return err
		}
		got, own, n := c.u8(), c.u8(), c.u16()
		if got != kind || level >= 0 && own != level {
			return f.errorf("it is damaged: the tree at address %d has nodes that do not belong to it", at)
		}
		width := key + f.offset
		if total += uint64(n * width); total > f.size {
			return f.errorf("it is damaged: the tree at address %d would take more than the file", at)
		}
		entries, err := f.read(at+uint64(len(c.b)), uint64(n*width))
		if err != nil {
			return err
		}
		for c := f.cursor(entries); c.left() > 0; {
			k := c.bytes(uint64(key))
			child := c.address()
			if own > 0 {
				err = walk(child, own-1)
			} else {
				err = leaf(k, child)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	return walk(at, -1)
}

// dense calls f with every object of a fractal heap that a B-tree of version 2 lists, in records that have the object's name in the
// heap behind so many bytes.
func (o *Object) dense(heap, tree uint64, kind, behind int, f func(body []byte) error) error {
	h, err := o.file.fractalHeap(heap)
	if err != nil {
		return err
	}
	total := uint64(0)
	return o.file.newTree(tree, kind, func(record []byte) error {
		if len(record) < behind+h.name {
			return o.errorf("it is damaged: the records of its tree are too short")
		}
		body, err := h.object(record[behind : behind+h.name])
		if err != nil {
			return err
		}
		if total += uint64(len(body)); total > o.file.size {
			return o.errorf("it is damaged: what its heap holds would take more than the file")
		}
		return f(body)
	})
}
