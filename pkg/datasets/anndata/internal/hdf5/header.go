package hdf5

import "sync"

// Messages of object headers, by their type.
const (
	dataspaceMessage    = 0x01
	linkInfoMessage     = 0x02
	datatypeMessage     = 0x03
	oldFillMessage      = 0x04
	fillMessage         = 0x05
	linkMessage         = 0x06
	externalMessage     = 0x07
	layoutMessage       = 0x08
	filtersMessage      = 0x0b
	attributeMessage    = 0x0c
	continuationMessage = 0x10
	symbolTableMessage  = 0x11
	attributeInfo       = 0x15
)

// message is what an object header says.
type message struct {
	kind   int
	shared bool
	body   []byte
}

// Object is a group, a dataset or a named type.
type Object struct {
	file     *File
	name     string // its path, for messages
	address  uint64
	messages []message

	once  sync.Once
	known map[string]link
	err   error
}

// Name returns the object's path.
func (o *Object) Name() string { return o.name }

// Address returns where the object is in the file: two names of one object lead to the same.
func (o *Object) Address() uint64 { return o.address }

func (o *Object) errorf(format string, args ...any) error {
	return o.file.errorf("%s: "+format, append([]any{o.name}, args...)...)
}

// piece is a part of a header.
type piece struct{ at, size uint64 }

// object reads the header at an address.
func (f *File) object(at uint64, name string) (*Object, error) {
	o := &Object{file: f, name: name, address: at}
	head, err := f.read(at, 4)
	if err != nil {
		return nil, err
	}
	var rest []piece
	parse := (*Object).parseOld
	ordered := 0
	if string(head) == "OHDR" {
		var first *cursor
		if first, ordered, err = o.begin(); err != nil {
			return nil, err
		}
		if rest, err = o.parseNew(first, ordered); err != nil {
			return nil, err
		}
		parse = func(o *Object, c *cursor, _ int) ([]piece, error) { return o.parseNew(c, ordered) }
	} else {
		head, err := f.read(at, 16)
		if err != nil {
			return nil, err
		}
		c := f.cursor(head)
		if version := c.u8(); version != 1 {
			return nil, f.errorf("it is damaged: there is no header of an object at address %d, where %s should be", at, name)
		}
		c.skip(1 + 2 + 4)
		rest = []piece{{at + 16, uint64(c.u32())}}
	}
	seen := map[uint64]bool{}
	for len(rest) > 0 {
		p := rest[0]
		rest = rest[1:]
		if seen[p.at] {
			return nil, o.errorf("its header is damaged: it continues where it was before")
		}
		seen[p.at] = true
		var c *cursor
		if string(head) == "OHDR" {
			c, err = f.sealed(p.at, p.size, "OCHK")
		} else {
			c, err = f.block(p.at, p.size, "")
		}
		if err != nil {
			return nil, err
		}
		more, err := parse(o, c, 0)
		if err != nil {
			return nil, err
		}
		rest = append(rest, more...)
	}
	return o, nil
}

// begin returns the messages in the first piece of a header of version 2, and the bytes in each that tell their order.
func (o *Object) begin() (first *cursor, ordered int, err error) {
	const most = 4 + 1 + 1 + 16 + 4 + 8
	f := o.file
	head, err := f.read(o.address, min(most, f.size-o.address))
	if err != nil {
		return nil, 0, err
	}
	c := f.cursor(head)
	c.skip(4)
	version, flags := c.u8(), c.u8()
	if version != 2 {
		return nil, 0, o.errorf("its header has version %d, and 1 and 2 are known", version)
	}
	if flags&0x20 != 0 {
		c.skip(16)
	}
	if flags&0x10 != 0 {
		c.skip(4)
	}
	size := c.uint(1 << (flags & 3))
	if c.short || size > f.size {
		return nil, 0, o.errorf("its header is damaged: it ends too early")
	}
	if flags&0x04 != 0 {
		ordered = 2
	}
	first, err = f.sealed(o.address, uint64(c.at)+size+4, "OHDR")
	if err == nil {
		first.at = c.at
	}
	return first, ordered, err
}

// parseOld reads the messages of a piece of a header of version 1.
func (o *Object) parseOld(c *cursor, _ int) (more []piece, err error) {
	for c.left() >= 8 {
		kind, size, flags := c.u16(), c.u16(), c.u8()
		c.skip(3)
		if more, err = o.take(c, kind, size, flags, more); err != nil {
			return nil, err
		}
	}
	return more, nil
}

// parseNew reads the messages of a piece of a header of version 2.
func (o *Object) parseNew(c *cursor, ordered int) (more []piece, err error) {
	for c.left() >= 4+ordered {
		kind, size, flags := c.u8(), c.u16(), c.u8()
		c.skip(ordered)
		if more, err = o.take(c, kind, size, flags, more); err != nil {
			return nil, err
		}
	}
	return more, nil
}

// take keeps a message, or the piece that it points to.
func (o *Object) take(c *cursor, kind, size, flags int, more []piece) ([]piece, error) {
	body := c.bytes(uint64(size))
	if c.short {
		return nil, o.errorf("its header is damaged: a message of %d bytes does not fit in", size)
	}
	if kind != continuationMessage {
		o.messages = append(o.messages, message{kind: kind, shared: flags&2 != 0, body: body})
		return more, nil
	}
	b := o.file.cursor(body)
	p := piece{b.address(), b.size()}
	if b.short {
		return nil, o.errorf("its header is damaged: it does not say where it goes on")
	}
	return append(more, p), nil
}

// find returns the first message of a kind.
func (o *Object) find(kind int) (message, bool) {
	for _, m := range o.messages {
		if m.kind == kind {
			return m, true
		}
	}
	return message{}, false
}

// resolve returns the body of a message that may be kept in another object's header.
func (o *Object) resolve(m message) ([]byte, error) {
	if !m.shared {
		return m.body, nil
	}
	c := o.file.cursor(m.body)
	version, where := c.u8(), c.u8()
	switch {
	case version == 1:
		c.skip(6)
	case version > 3:
		return nil, o.errorf("a shared message has version %d, and 1 to 3 are known", version)
	case version == 3 && where != 2:
		return nil, o.errorf("a message is kept in a table of shared messages, which is not supported")
	}
	at := c.address()
	if c.short {
		return nil, o.errorf("its header is damaged: a shared message is cut off")
	}
	other, err := o.file.object(at, o.name)
	if err != nil {
		return nil, err
	}
	for _, found := range other.messages {
		if found.kind == m.kind && !found.shared {
			return found.body, nil
		}
	}
	return nil, o.errorf("its header is damaged: a shared message is not where it should be")
}

// IsGroup reports whether the object holds others.
func (o *Object) IsGroup() bool {
	for _, kind := range []int{symbolTableMessage, linkInfoMessage, linkMessage} {
		if _, ok := o.find(kind); ok {
			return true
		}
	}
	return false
}

// IsDataset reports whether the object holds data.
func (o *Object) IsDataset() bool {
	_, ok := o.find(layoutMessage)
	return ok
}
