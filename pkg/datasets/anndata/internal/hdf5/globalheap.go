package hdf5

import "sync"

// heapCache keeps the collections of strings that were read last: strings of one dataset follow each other in them.
type heapCache struct {
	mu    sync.Mutex
	held  map[uint64]map[uint32][]byte // by address of the collection, then by number
	bytes uint64
}

const mostHeld = 8 << 20

// heapObject returns an object of the collection at an address, and the bytes that were read for it.
func (f *File) heapObject(at uint64, number uint32) (b []byte, read uint64, err error) {
	f.heaps.mu.Lock()
	defer f.heaps.mu.Unlock()
	objects, ok := f.heaps.held[at]
	if !ok {
		objects, read, err = f.collection(at)
		if err != nil {
			return nil, 0, err
		}
		if f.heaps.held == nil || f.heaps.bytes+read > mostHeld {
			f.heaps.held, f.heaps.bytes = map[uint64]map[uint32][]byte{}, 0
		}
		f.heaps.held[at] = objects
		f.heaps.bytes += read
	}
	if b, ok = objects[number]; !ok {
		return nil, 0, f.errorf("it is damaged: there is no string %d in the collection at address %d", number, at)
	}
	return b, read, nil
}

// collection reads a collection of the global heap.
func (f *File) collection(at uint64) (objects map[uint32][]byte, size uint64, err error) {
	c, err := f.block(at, uint64(8+f.length), "GCOL")
	if err != nil {
		return nil, 0, err
	}
	c.skip(4)
	size = c.size()
	b, err := f.read(at, size)
	if err != nil {
		return nil, 0, err
	}
	head := len(c.b)
	if len(b) < head {
		return nil, 0, f.errorf("it is damaged: the collection at address %d is cut off", at)
	}
	objects = map[uint32][]byte{}
	c = f.cursor(b)
	c.skip(head)
	for c.left() >= 8+f.length {
		number := c.u16()
		c.skip(6)
		n := c.size()
		if number == 0 { // the free rest
			break
		}
		objects[uint32(number)] = c.bytes(n)
		if c.short {
			return nil, 0, f.errorf("it is damaged: a string in the collection at address %d is cut off", at)
		}
		c.skip(min(int(-n&7), c.left()))
	}
	return objects, size, nil
}
