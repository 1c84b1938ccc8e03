package columnar

import (
	"bytes"
	"encoding/binary"
	"io"
)

// The library makes room for as many fields, row groups and words as the head of a file says there are, before it reads them: what
// a few damaged bytes say could be more than any machine has. So the counts are compared first with the bytes that are there.

const overstated = "it is damaged: its schema says that it has more than its bytes can hold"

// compact walks through what Parquet writes in Thrift's compact protocol.
type compact struct {
	b  []byte
	at int
}

// maximal nesting of structures; Parquet's own is below ten.
const deepestStruct = 64

// soundFooter reports whether the lists of a Parquet footer, within lists and structures, are no longer than the bytes that follow.
func soundFooter(b []byte) bool {
	c := compact{b: b}
	return c.structure(0)
}

func (c *compact) byte() (byte, bool) {
	if c.at >= len(c.b) {
		return 0, false
	}
	c.at++
	return c.b[c.at-1], true
}

func (c *compact) varint() (uint64, bool) {
	v, n := binary.Uvarint(c.b[c.at:])
	c.at += max(n, 0)
	return v, n > 0
}

func (c *compact) skip(n uint64) bool {
	if n > uint64(len(c.b)-c.at) {
		return false
	}
	c.at += int(n)
	return true
}

func (c *compact) structure(depth int) bool {
	if depth > deepestStruct {
		return false
	}
	for {
		head, ok := c.byte()
		if !ok {
			return false
		}
		kind := head & 0xf
		if kind == 0 {
			return true
		}
		if head>>4 == 0 { // the number of the field follows
			if _, ok := c.varint(); !ok {
				return false
			}
		}
		if kind > 2 && !c.value(kind, depth) { // true and false are in the head
			return false
		}
	}
}

// value passes over a value; those of lists that are true or false have a byte.
func (c *compact) value(kind byte, depth int) bool {
	switch kind {
	case 1, 2, 3:
		return c.skip(1)
	case 4, 5, 6:
		_, ok := c.varint()
		return ok
	case 7:
		return c.skip(8)
	case 8:
		n, ok := c.varint()
		return ok && c.skip(n)
	case 9, 10:
		head, ok := c.byte()
		n := uint64(head >> 4)
		if ok && n == 15 {
			n, ok = c.varint()
		}
		return ok && c.values(n, depth, head&0xf)
	case 11:
		n, ok := c.varint()
		if !ok || n == 0 {
			return ok
		}
		kinds, ok := c.byte()
		return ok && c.values(n, depth, kinds>>4, kinds&0xf)
	case 12:
		return c.structure(depth + 1)
	case 13:
		return c.skip(16)
	}
	return false
}

// values passes over n values, or pairs of them.
func (c *compact) values(n uint64, depth int, kinds ...byte) bool {
	if n > uint64(len(c.b)-c.at) || depth > deepestStruct {
		return false
	}
	for range n {
		for _, kind := range kinds {
			if !c.value(kind, depth+1) {
				return false
			}
		}
	}
	return true
}

// tables walks through what Arrow writes as FlatBuffers. Parts of them may be told of more than once, which damaged files use to
// say more than they hold: all that is told may be twice the bytes.
type tables struct {
	b    []byte
	left int
}

// The slots of Arrow's tables.
const (
	footerSchema, footerDictionaries, footerBatches, footerMetadata = 1, 2, 3, 4
	messageKind, messageHeader, messageBody, messageMetadata        = 1, 2, 3, 4
	dictionaryData                                                  = 1
	batchNodes, batchBuffers, batchVariadic                         = 1, 2, 4
	schemaFields, schemaMetadata                                    = 1, 2
	fieldName, fieldKind, fieldType, fieldChildren, fieldMetadata   = 0, 2, 3, 5, 6

	kindTimestamp, kindUnion                    = 10, 14
	headerSchema, headerDictionary, headerBatch = 1, 2, 3
)

// soundArrow reports whether the schema of an Arrow file or stream, and what stands before its batches of rows, say no more than
// their bytes hold.
func soundArrow(r io.ReaderAt, size int64, stream bool) bool {
	if stream {
		at, ok := soundMessage(r, size, 0, headerSchema)
		for ok && at > 0 && at < size {
			at, ok = soundMessage(r, size, at, headerDictionary, headerBatch)
		}
		return ok
	}
	const magic = "ARROW1"
	tail := make([]byte, 4+len(magic))
	if size < int64(2*len(tail)) {
		return false
	}
	if _, err := r.ReadAt(tail, size-int64(len(tail))); err != nil || string(tail[4:]) != magic {
		return false
	}
	length := int64(binary.LittleEndian.Uint32(tail))
	if length > size-int64(2*len(tail)) {
		return false
	}
	t := newTables(r, size-int64(len(tail))-length, length)
	root, ok := t.root()
	if !ok || !t.metadata(root, footerMetadata) {
		return false
	}
	left := 2 * size // of what stands before the batches, which damaged files may tell of more than once
	for slot, kind := range map[int]byte{footerDictionaries: headerDictionary, footerBatches: headerBatch} {
		at, n, ok := t.vector(root, slot, 24)
		if !ok {
			return false
		}
		for ; n > 0; n, at = n-1, at+24 {
			offset, length := int64(binary.LittleEndian.Uint64(t.b[at:])), int64(int32(binary.LittleEndian.Uint32(t.b[at+8:])))
			left -= max(length, 8)
			if offset < 0 || length < 0 || offset > size-length || left < 0 {
				return false
			}
			if _, ok := soundMessage(r, offset+length, offset, kind); !ok {
				return false
			}
		}
	}
	schema, there, ok := t.table(root, footerSchema)
	return ok && there && t.schema(schema)
}

// soundMessage judges a message, of one of some kinds, that begins at a place and ends, without what follows it, before the limit. It
// returns where the next one begins, 0 after the last.
func soundMessage(r io.ReaderAt, limit, at int64, kinds ...byte) (next int64, ok bool) {
	head := make([]byte, 4)
	if _, err := r.ReadAt(head, at); err != nil {
		return 0, false
	}
	length := int64(binary.LittleEndian.Uint32(head))
	at += 4
	if length == 0xffffffff { // since version 0.15
		if _, err := r.ReadAt(head, at); err != nil {
			return 0, false
		}
		length = int64(binary.LittleEndian.Uint32(head))
		at += 4
	}
	if length == 0 {
		return 0, true
	}
	if length > limit-at {
		return 0, false
	}
	t := newTables(r, at, length)
	root, ok := t.root()
	if !ok || !t.message(root, kinds) {
		return 0, false
	}
	body := int64(0)
	if place, ok := t.slot(root, messageBody); ok && place > 0 && place <= len(t.b)-8 {
		body = int64(binary.LittleEndian.Uint64(t.b[place:]))
	}
	if body < 0 || body > 1<<60 {
		return 0, false
	}
	return at + length + body, true
}

func newTables(r io.ReaderAt, from, length int64) *tables {
	b := make([]byte, length)
	if _, err := r.ReadAt(b, from); err != nil {
		b = nil
	}
	return &tables{b: b, left: 2 * len(b)}
}

func (t *tables) spend(n int) bool {
	t.left -= n
	return t.left >= 0
}

func (t *tables) uint32(at int) (int, bool) {
	if at < 0 || at > len(t.b)-4 {
		return 0, false
	}
	return int(binary.LittleEndian.Uint32(t.b[at:])), true
}

func (t *tables) root() (int, bool) { return t.uint32(0) }

// slot returns where a field of the table is, 0 for nowhere.
func (t *tables) slot(table, slot int) (int, bool) {
	back, ok := t.uint32(table)
	if !ok {
		return 0, false
	}
	layout := table - int(int32(uint32(back)))
	if layout < 0 || layout > len(t.b)-2 {
		return 0, false
	}
	at := layout + 4 + 2*slot
	if 4+2*slot >= int(binary.LittleEndian.Uint16(t.b[layout:])) {
		return 0, true
	}
	if at > len(t.b)-2 {
		return 0, false
	}
	offset := int(binary.LittleEndian.Uint16(t.b[at:]))
	if offset == 0 {
		return 0, true
	}
	return table + offset, table+offset < len(t.b)
}

// table returns a table that a field leads to.
func (t *tables) table(table, slot int) (at int, there, ok bool) {
	at, ok = t.slot(table, slot)
	if !ok || at == 0 {
		return 0, false, ok
	}
	forward, ok := t.uint32(at)
	return at + forward, true, ok && at+forward <= len(t.b)-4 && t.spend(4)
}

// vector returns where a list of values of so many bytes begins, and how many there are.
func (t *tables) vector(table, slot, size int) (at, n int, ok bool) {
	at, there, ok := t.table(table, slot)
	if !ok || !there {
		return 0, 0, ok
	}
	n, ok = t.uint32(at)
	return at + 4, n, ok && n <= (len(t.b)-at-4)/size && t.spend(n*size)
}

// each calls do for the tables of a list.
func (t *tables) each(table, slot int, do func(table int) bool) bool {
	at, n, ok := t.vector(table, slot, 4)
	for k := 0; ok && k < n; k++ {
		forward, _ := t.uint32(at + 4*k)
		ok = t.spend(4) && do(at+4*k+forward)
	}
	return ok
}

// metadata checks a list of words in pairs.
func (t *tables) metadata(table, slot int) bool {
	return t.each(table, slot, func(pair int) bool {
		_, _, key := t.vector(pair, 0, 1)
		_, _, value := t.vector(pair, 1, 1)
		return key && value
	})
}

// message checks a message of one of some kinds.
func (t *tables) message(table int, kinds []byte) bool {
	place, ok := t.slot(table, messageKind)
	if !ok || place == 0 || bytes.IndexByte(kinds, t.b[place]) < 0 || !t.metadata(table, messageMetadata) {
		return false
	}
	header, there, ok := t.table(table, messageHeader)
	if !ok || !there {
		return false
	}
	switch t.b[place] {
	case headerSchema:
		return t.schema(header)
	case headerDictionary:
		data, there, ok := t.table(header, dictionaryData)
		return ok && there && t.batch(data)
	}
	return t.batch(header)
}

// batch checks a batch of rows: columns whose number of buffers is told have no more than there are.
func (t *tables) batch(table int) bool {
	_, _, nodes := t.vector(table, batchNodes, 16)
	_, buffers, ok := t.vector(table, batchBuffers, 16)
	at, n, variadic := t.vector(table, batchVariadic, 8)
	if !nodes || !ok || !variadic {
		return false
	}
	for ; n > 0; n, at = n-1, at+8 {
		if binary.LittleEndian.Uint64(t.b[at:]) > uint64(buffers) {
			return false
		}
	}
	return true
}

func (t *tables) schema(table int) bool {
	return t.metadata(table, schemaMetadata) && t.each(table, schemaFields, func(field int) bool { return t.field(field, 0) })
}

func (t *tables) field(table, depth int) bool {
	if depth > deepestStruct || !t.metadata(table, fieldMetadata) {
		return false
	}
	if _, _, ok := t.vector(table, fieldName, 1); !ok {
		return false
	}
	if kind, ok := t.slot(table, fieldKind); ok && kind > 0 && (t.b[kind] == kindTimestamp || t.b[kind] == kindUnion) {
		size := map[byte]int{kindTimestamp: 1, kindUnion: 4}[t.b[kind]]
		of, there, ok := t.table(table, fieldType)
		if !ok {
			return false
		}
		if there {
			if _, _, ok := t.vector(of, 1, size); !ok { // the time zone, or the types of the union
				return false
			}
		}
	}
	return t.each(table, fieldChildren, func(child int) bool { return t.field(child, depth+1) })
}

// mostClaimed returns the most memory, in bytes, that a piece of a file of some size is believed to need before it is read: pages and
// buffers of what comes again and again are packed into few bytes.
func mostClaimed(size int64) int64 {
	const least, most = 16 << 20, 256 << 20
	if size > (most-least)/4096 {
		return most
	}
	return least + 4096*size
}
