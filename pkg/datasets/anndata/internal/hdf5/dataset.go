package hdf5

import (
	"bytes"
	"cmp"
	"slices"
	"sync"
)

// Dataset is data of an object: its shape, type and where they lie.
type Dataset struct {
	*Object
	Shape []int // empty for a single value
	Null  bool  // there is no value at all
	Type  *Type

	space   space
	class   int
	compact []byte // the data, of a compact layout
	at      uint64 // of the data in one piece, or of the index of chunks
	size    uint64 // of the data in one piece

	chunk      []uint64 // shape of a chunk
	chunkBytes uint64
	index      index
	filters    []filter
	fill       []byte // an element, or nil for zeros

	found  sync.Once
	chunks []chunk // by number
	stored uint64  // their bytes in the file
	failed error
}

// Classes of layouts.
const (
	compactLayout = iota
	contiguousLayout
	chunkedLayout
)

// chunk is where a chunk lies. It is kept by the million, so its size is in 32 bits as all versions but the last have it.
type chunk struct {
	number uint64 // in the order of the data
	at     uint64
	size   uint64
	mask   uint32 // filters that were left out
}

// Dataset parses what an object says of its data.
func (o *Object) Dataset() (*Dataset, error) {
	d := &Dataset{Object: o}
	var bodies [3][]byte
	for i, kind := range []int{datatypeMessage, dataspaceMessage, layoutMessage} {
		m, ok := o.find(kind)
		if !ok {
			return nil, o.errorf("it is not a dataset")
		}
		var err error
		if bodies[i], err = o.resolve(m); err != nil {
			return nil, err
		}
	}
	if _, ok := o.find(externalMessage); ok {
		return nil, o.errorf("its data lie in other files, which is not supported")
	}
	var err error
	if d.Type, err = o.datatype(bodies[0]); err != nil {
		return nil, err
	}
	if d.space, err = o.dataspace(bodies[1]); err != nil {
		return nil, err
	}
	d.Null = d.space.null
	for _, n := range d.space.dims {
		d.Shape = append(d.Shape, int(n))
	}
	if n, _ := d.space.elements(); n > uint64(1<<62)/uint64(max(d.Type.Size, 1)) {
		return nil, o.errorf("it is damaged: its shape is %v", d.Shape)
	}
	if m, ok := o.find(filtersMessage); ok {
		body, err := o.resolve(m)
		if err == nil {
			d.filters, err = o.pipeline(body)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := d.findFill(); err != nil {
		return nil, err
	}
	return d, d.layout(bodies[2])
}

// Len returns the number of elements.
func (d *Dataset) Len() int {
	n, _ := d.space.elements()
	return int(n)
}

// ChunkRows returns how many rows are unpacked together: 1 where there are no chunks.
func (d *Dataset) ChunkRows() int {
	if d.class != chunkedLayout {
		return 1
	}
	return int(d.chunk[0])
}

// findFill reads what elements are that were never written.
func (d *Dataset) findFill() error {
	for _, kind := range []int{fillMessage, oldFillMessage} {
		m, ok := d.find(kind)
		if !ok {
			continue
		}
		body, err := d.resolve(m)
		if err != nil {
			return err
		}
		c := d.file.cursor(body)
		defined := true
		if kind == fillMessage {
			switch version := c.u8(); version {
			case 1, 2:
				c.skip(2)
				defined = c.u8() != 0 || version == 1
			case 3:
				defined = c.u8()&0x20 != 0
			default:
				return d.errorf("its fill value has version %d, and 1 to 3 are known", version)
			}
		}
		if !defined {
			return nil
		}
		if value := c.bytes(uint64(c.u32())); !c.short && len(value) == d.Type.Size && len(bytes.Trim(value, "\x00")) > 0 {
			d.fill = value
		}
		return nil
	}
	return nil
}

// layout reads where the data lie.
func (d *Dataset) layout(body []byte) error {
	c := d.file.cursor(body)
	version := c.u8()
	if version < 3 || version > 5 {
		return d.errorf("its layout has version %d, and 3 to 5 are known", version)
	}
	switch d.class = c.u8(); d.class {
	case compactLayout:
		d.compact = c.bytes(uint64(c.u16()))
	case contiguousLayout:
		d.at, d.size = c.address(), c.size()
	case chunkedLayout:
		var dims []uint64
		if version == 3 {
			rank := c.u8()
			d.index = oldTreeIndex{}
			d.at = c.address()
			for range rank {
				dims = append(dims, uint64(c.u32()))
			}
		} else {
			flags := c.u8()
			rank, width := c.u8(), c.u8()
			for range rank {
				dims = append(dims, c.uint(min(width, 8)))
			}
			if d.index = d.newIndex(c, flags); d.index == nil {
				return d.errorf("its chunks are found in a way that is not known, or it is damaged")
			}
			d.at = c.address()
		}
		if err := d.chunkShape(dims); err != nil {
			return err
		}
	case 3:
		return d.errorf("it is a view of other datasets (virtual), which is not supported")
	default:
		return d.errorf("its layout %d is not known", d.class)
	}
	if c.short {
		return d.errorf("it is damaged: its layout is cut off")
	}
	if d.class == chunkedLayout {
		return nil
	}
	if len(d.filters) > 0 {
		return d.errorf("it is damaged: it has filters, but no chunks")
	}
	want := uint64(d.Len()) * uint64(d.Type.Size)
	switch {
	case d.class == compactLayout && uint64(len(d.compact)) < want,
		d.class == contiguousLayout && d.at != undefined && d.size < want:
		return d.errorf("it is damaged: it holds fewer than its %d elements", d.Len())
	case d.class == contiguousLayout && d.at != undefined:
		d.stored = want
		return d.file.holds(d.at, want)
	}
	return nil
}

// mostChunk is the size of the largest chunk there can be.
const mostChunk = 1<<32 - 1

func (d *Dataset) chunkShape(dims []uint64) error {
	rank := len(d.space.dims)
	if len(dims) != rank+1 || rank == 0 || dims[rank] != uint64(d.Type.Size) || slices.Contains(dims, 0) {
		return d.errorf("it is damaged: the shape of its chunks, %v, does not fit to that of its data, %v", dims, d.Shape)
	}
	n, ok := product(dims)
	if !ok || n > mostChunk {
		return d.errorf("it is damaged: the shape of its chunks is %v", dims)
	}
	d.chunk, d.chunkBytes = dims[:rank], n
	return nil
}

// along returns the number of chunks along every dimension of that length.
func (d *Dataset) along(dims []uint64) []uint64 {
	n := make([]uint64, len(dims))
	for i, length := range dims {
		n[i] = length / d.chunk[i]
		if length%d.chunk[i] > 0 {
			n[i]++
		}
	}
	return n
}

// locate fills the list of chunks, once.
func (d *Dataset) locate() error {
	d.found.Do(func() { d.failed = d.locateChunks() })
	return d.failed
}

func (d *Dataset) locateChunks() error {
	if d.class != chunkedLayout || d.at == undefined || d.Len() == 0 {
		return nil
	}
	grid := d.along(d.space.dims)
	add := func(place []uint64, at, size uint64, mask uint32) error {
		number := uint64(0)
		for i, p := range place {
			if p >= grid[i] { // of a dataset that was larger once
				return nil
			}
			number = number*grid[i] + p
		}
		if at == undefined {
			return nil
		}
		if err := d.file.holds(at, size); err != nil {
			return err
		}
		if len(d.filters) == 0 && size != d.chunkBytes {
			return d.errorf("it is damaged: a chunk has %d bytes, not %d", size, d.chunkBytes)
		}
		d.chunks = append(d.chunks, chunk{number, at, size, mask})
		d.stored += size
		return nil
	}
	if err := d.index.each(d, add); err != nil {
		return err
	}
	byNumber := func(a, b chunk) int { return cmp.Compare(a.number, b.number) }
	if !slices.IsSortedFunc(d.chunks, byNumber) {
		slices.SortFunc(d.chunks, byNumber)
	}
	for i := 1; i < len(d.chunks); i++ {
		if d.chunks[i].number == d.chunks[i-1].number {
			return d.errorf("it is damaged: a chunk is there twice")
		}
	}
	return nil
}

// mostPacked is how far a filter can shrink what it packs: 1032 by deflate, less by the others.
const mostPacked = 1040

// small is how many bytes a dataset may claim that are stored nowhere.
const small = 16 << 20

// claim checks that what a dataset says to hold is no more than what is stored can account for, so that a damaged file does not ask
// for memory that it has nothing to fill with.
func (d *Dataset) claim() error {
	if err := d.locate(); err != nil {
		return err
	}
	limit := min(d.stored, d.file.size) // chunks do not overlap
	if len(d.filters) > 0 {
		limit *= mostPacked
	}
	if need := uint64(d.Len()) * uint64(d.Type.Size); need > small && need > 2*limit {
		return d.errorf("it is damaged: it claims %d bytes and stores %d", need, d.stored)
	}
	return nil
}
