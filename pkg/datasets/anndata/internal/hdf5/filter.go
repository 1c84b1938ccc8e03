package hdf5

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"io"

	"github.com/klauspost/compress/zlib"
)

// Filters by their registered number.
const (
	deflate  = 1
	shuffle  = 2
	fletcher = 3
	lzf      = 32000
)

// others are filters that are known by name only.
var others = map[int]string{4: "szip", 5: "nbit", 6: "scale-offset", 32001: "blosc", 32004: "lz4", 32008: "bitshuffle", 32013: "zfp",
	32015: "zstd", 32026: "blosc2"}

// filter is a step that chunks went through before they were stored.
type filter struct {
	id   int
	data []uint32
}

// pipeline parses the filters of a dataset.
func (o *Object) pipeline(body []byte) (filters []filter, err error) {
	c := o.file.cursor(body)
	version, n := c.u8(), c.u8()
	if version == 1 {
		c.skip(6)
	}
	if version < 1 || version > 2 {
		return nil, o.errorf("its filters have version %d, and 1 and 2 are known", version)
	}
	for range n {
		f := filter{id: c.u16()}
		name := 0
		if version == 1 || f.id >= 256 {
			name = c.u16()
		}
		c.skip(2)
		values := c.u16()
		if version == 1 {
			name = (name + 7) &^ 7
		}
		c.skip(name)
		for range values {
			if c.short {
				break
			}
			f.data = append(f.data, c.u32())
		}
		if version == 1 && values%2 == 1 {
			c.skip(4)
		}
		if c.short {
			return nil, o.errorf("it is damaged: its filters are cut off")
		}
		switch f.id {
		case deflate, shuffle, fletcher, lzf:
		default:
			return nil, o.errorf("its data are packed by the filter %d (%s), which is not supported: deflate (gzip), LZF, shuffle and Fletcher32 are",
				f.id, cmp.Or(others[f.id], "unknown"))
		}
		filters = append(filters, f)
	}
	return filters, nil
}

// unpacker undoes filters. It is of one goroutine, and its buffers are used again.
type unpacker struct {
	raw, a, b []byte
	stored    bytes.Reader
	inflater  io.ReadCloser
}

// grown returns b with n bytes.
func grown(b []byte, n uint64) []byte {
	if uint64(cap(b)) < n {
		return make([]byte, n)
	}
	return b[:n]
}

// chunk reads a chunk and undoes its filters. What it returns holds until the next call.
func (u *unpacker) chunk(d *Dataset, c chunk) ([]byte, error) {
	if len(d.filters) > 0 && d.chunkBytes > small && d.chunkBytes/mostPacked > c.size {
		return nil, d.errorf("it is damaged: a chunk of %d bytes cannot be packed in %d", d.chunkBytes, c.size)
	}
	u.raw = grown(u.raw, c.size)
	if err := d.file.readInto(u.raw, c.at); err != nil {
		return nil, err
	}
	b, spare := u.raw, 0
	for i := len(d.filters) - 1; i >= 0; i-- {
		if c.mask>>i&1 != 0 {
			continue
		}
		// The buffers take turns.
		out := &u.a
		if spare%2 == 1 {
			out = &u.b
		}
		var ok bool
		switch f := d.filters[i]; f.id {
		case deflate:
			*out = grown(*out, u.room(d, i))
			b, ok = u.inflate(*out, b)
			spare++
		case lzf:
			*out = grown(*out, u.room(d, i))
			b, ok = unpackLZF(*out, b)
			spare++
		case shuffle:
			size := d.Type.Size
			if len(f.data) > 0 && f.data[0] > 0 {
				size = int(f.data[0])
			}
			*out = grown(*out, uint64(len(b)))
			unshuffle(*out, b, size)
			b, ok = *out, true
			spare++
		case fletcher:
			b, ok = checkFletcher(b)
		}
		if !ok {
			return nil, d.errorf("it is damaged: a chunk of its data cannot be unpacked")
		}
	}
	if uint64(len(b)) != d.chunkBytes {
		return nil, d.errorf("it is damaged: a chunk has %d bytes, not %d", len(b), d.chunkBytes)
	}
	return b, nil
}

// room returns how many bytes unpacking filter i may give: those of the chunk, and the checksums that filters before it appended.
func (u *unpacker) room(d *Dataset, i int) uint64 {
	n := d.chunkBytes
	for _, f := range d.filters[:i] {
		if f.id == fletcher {
			n += 4
		}
	}
	return n
}

// inflate unpacks a zlib stream that gives at most len(out) bytes.
func (u *unpacker) inflate(out, b []byte) ([]byte, bool) {
	u.stored.Reset(b)
	var err error
	if u.inflater == nil {
		u.inflater, err = zlib.NewReader(&u.stored)
	} else {
		err = u.inflater.(zlib.Resetter).Reset(&u.stored, nil)
	}
	if err != nil {
		u.inflater = nil
		return nil, false
	}
	n, err := io.ReadFull(u.inflater, out)
	if err == io.ErrUnexpectedEOF || err == io.EOF {
		return out[:n], true // shorter than the chunk, which the caller sees; the stream itself ended well
	}
	if err != nil {
		return nil, false
	}
	var more [1]byte // the checksum of the stream is compared at its end
	_, err = io.ReadFull(u.inflater, more[:])
	return out, err == io.EOF
}

// unshuffle puts together the bytes of every value, which lie apart: first the first byte of all, and so on. What is left over at
// the end is as it was.
func unshuffle(out, b []byte, size int) {
	n := len(b) / size
	switch {
	case size == 1 || n < 2:
		copy(out, b)
		return
	case size == 4:
		b0, b1, b2, b3 := b[:n], b[n:2*n], b[2*n:3*n], b[3*n:4*n]
		for i := range n {
			binary.LittleEndian.PutUint32(out[4*i:], uint32(b0[i])|uint32(b1[i])<<8|uint32(b2[i])<<16|uint32(b3[i])<<24)
		}
	default:
		for k := range size {
			for i, v := range b[k*n : (k+1)*n] {
				out[i*size+k] = v
			}
		}
	}
	copy(out[n*size:], b[n*size:])
}

// checkFletcher returns what a checksum stands behind. Files of before 1.6.3 have its bytes the other way round in each half.
func checkFletcher(b []byte) ([]byte, bool) {
	n := len(b) - 4
	if n < 0 {
		return nil, false
	}
	got, want := fletcher32(b[:n]), binary.LittleEndian.Uint32(b[n:])
	old := got&0xff00ff<<8 | got>>8&0xff00ff
	return b[:n], got == want || old == want
}

// unpackLZF unpacks an LZF stream that gives at most len(out) bytes. Its pieces begin with a byte: below 32 that many bytes and one
// more follow as they are; else its high three bits and two are the length of a piece of what came before, 7 of them saying that
// the length goes on in the next byte, and its low five bits with another byte are how far back that piece lies, less one.
func unpackLZF(out, b []byte) ([]byte, bool) {
	n := 0
	for i := 0; i < len(b); {
		head := int(b[i])
		i++
		if head < 32 {
			length := head + 1
			if length > len(b)-i || length > len(out)-n {
				return nil, false
			}
			n += copy(out[n:], b[i:i+length])
			i += length
			continue
		}
		length := head >> 5
		if length == 7 {
			if i >= len(b) {
				return nil, false
			}
			length += int(b[i])
			i++
		}
		if i >= len(b) {
			return nil, false
		}
		from := n - 1 - (head&31<<8 | int(b[i]))
		i++
		length += 2
		if from < 0 || length > len(out)-n {
			return nil, false
		}
		for k := range length { // the pieces may overlap
			out[n+k] = out[from+k]
		}
		n += length
	}
	return out[:n], true
}
