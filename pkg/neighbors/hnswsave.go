package neighbors

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/mat32"
)

const (
	hnswKind, hnswVersion = "neighbors.HNSWIndex", 1
	hnswBlock             = 1024 // rows that are written together
)

// WriteTo saves the index with its rows, as float64, float32 or sparse values as
// they were given, and its links, about two bytes each. The error is a
// *mat32.ParamError where the metric is a Func, of which there is only code, or
// that of w.
func (ix *HNSWIndex) WriteTo(w io.Writer) (int64, error) {
	s := saved.NewWriter(w, hnswKind, hnswVersion)
	o := ix.o
	for _, v := range []int{o.Neighbors, o.M, o.EfConstruction, o.EfSearch, int(o.Seed), int(o.MemoryLimit), ix.lost, int(ix.links.entry)} {
		s.Int(v)
	}
	s.Bool(o.KeepPruned)
	WriteMetric(s, "neighbors.HNSWIndex.WriteTo", o.Metric)
	WriteRows(s, ix.x)
	n := len(ix.links.level)
	var b []byte
	for lo := 0; lo < n; lo += hnswBlock {
		b = b[:0]
		for i := lo; i < min(lo+hnswBlock, n); i++ {
			level := ix.links.level[i]
			b = append(b, level)
			for l := 0; level != absent && l <= int(level); l++ {
				links := linked(ix.links.of(int32(i), l))
				b = binary.AppendUvarint(b, uint64(len(links)))
				last := int32(-1)
				for _, j := range links { // which ascend
					b = binary.AppendUvarint(b, uint64(j-last))
					last = j
				}
			}
		}
		s.Blob(b)
	}
	return s.Close()
}

// readAscending appends what b begins with: a number of at most most, and so many
// ascending numbers below limit. It returns what is left of b.
func readAscending(to []int32, b []byte, most, limit int) ([]int32, []byte, bool) {
	next := func() uint64 {
		v, k := binary.Uvarint(b)
		if k <= 0 {
			b = nil
			return math.MaxUint64
		}
		b = b[k:]
		return v
	}
	count := next()
	if count > uint64(most) {
		return to, b, false
	}
	last := int64(-1)
	for range count {
		step := next()
		if step == 0 || step > uint64(limit) {
			return to, b, false
		}
		if last += int64(step); last >= int64(limit) {
			return to, b, false
		}
		to = append(to, int32(last))
	}
	return to, b, true
}

// ReadFrom replaces the index by one that WriteTo wrote. The error is a
// *mat32.FileError, and ix does not change, where the file is damaged, of another
// kind or of a newer version.
func (ix *HNSWIndex) ReadFrom(r io.Reader) (int64, error) {
	s, _ := saved.NewReader(r, hnswKind, hnswVersion, fileError)
	var o HNSW
	var seed, limit, entry int
	var read HNSWIndex
	for _, v := range []*int{&o.Neighbors, &o.M, &o.EfConstruction, &o.EfSearch, &seed, &limit, &read.lost, &entry} {
		*v = s.Int()
	}
	o.Seed, o.MemoryLimit = uint64(seed), int64(limit)
	o.KeepPruned = s.Bool()
	o.Metric = ReadMetric(s)
	read.x = ReadRows(s)
	if s.OK() {
		n, d := read.x.Dims()
		ef := o.EfSearch // which a view may have made anything
		o.EfSearch = 1
		if r, err := o.resolve(n, d); err != nil {
			s.Fail(err.Error())
		} else if r.M != o.M || r.EfConstruction != o.EfConstruction {
			s.Fail("its options are not resolved")
		}
		o.EfSearch = ef
		if s.OK() {
			read.links = readLinks(s, o.M, n)
		}
		if s.OK() && (entry < 0 || entry >= n || read.links.level[entry] == absent) {
			s.Fail("its entry is no row")
		}
	}
	read.o = o
	size, err := s.Close()
	if err != nil {
		return size, err
	}
	read.links.entry, read.links.top = int32(entry), int(read.links.level[entry])
	if err := read.restore(); err != nil {
		return size, &mat32.FileError{Kind: hnswKind, Reason: "it is damaged: " + err.Error()}
	}
	*ix = read
	return size, nil
}

// readLinks reads the levels and links of n rows.
func readLinks(s *saved.Reader, m, n int) *hnswLinks {
	l := newHNSWLinks(m)
	var links []int32
	for lo := 0; lo < n && s.OK(); lo += hnswBlock {
		b := s.Blob()
		for i := lo; i < min(lo+hnswBlock, n); i++ {
			if len(b) == 0 || b[0] > hnswTop && b[0] != absent {
				s.Fail("the level of a row cannot be")
				return nil
			}
			level := b[0]
			b = b[1:]
			l.append(level)
			for k := 0; level != absent && k <= int(level); k++ {
				slots := l.of(int32(i), k)
				var ok bool
				if links, b, ok = readAscending(links[:0], b, len(slots), n); !ok {
					s.Fail("the links of a row are torn")
					return nil
				}
				copy(slots, links)
			}
		}
		if len(b) > 0 {
			s.Fail("a block of links is too long")
		}
	}
	return l
}

// restore makes what an index does not save, and checks the rest.
func (ix *HNSWIndex) restore() (err error) {
	ctx := context.Background()
	if err := mat32.CheckContext(ctx, ix.x); err != nil {
		return err
	}
	l := ix.links
	l.each(func(i int32, level int, slots []int32) {
		for _, j := range linked(slots) {
			if l.level[j] == absent || int(l.level[j]) < level || i == j {
				err = fmt.Errorf("row %d has a link that cannot be", i)
			}
		}
		if level > l.top {
			err = fmt.Errorf("row %d stands above the entry", i)
		}
	})
	if err != nil {
		return err
	}
	if ix.twins, err = newTwins(ctx, ix.x); err != nil {
		return err
	}
	r := newReach(l)
	if err := r.from(ctx, l.entry); err != nil {
		return err
	}
	for i, level := range l.level {
		if level != absent && r.parent[i] < 0 {
			return fmt.Errorf("row %d cannot be reached", i)
		}
		apart := 0 // of rows that are equal, one is linked
		same := ix.twins.of(int32(i))
		for _, j := range same {
			if l.level[j] != absent {
				apart++
			}
		}
		if same == nil && level == absent || same != nil && same[0] == int32(i) && apart != 1 {
			return fmt.Errorf("row %d is not linked as rows that equal it should be", i)
		}
	}
	ix.space, err = ix.o.Metric.space(ctx, ix.x)
	return err
}

// MarshalBinary returns what WriteTo writes.
func (ix *HNSWIndex) MarshalBinary() ([]byte, error) { return saved.Marshal(ix) }

// UnmarshalBinary reads what MarshalBinary returned.
func (ix *HNSWIndex) UnmarshalBinary(b []byte) error { return saved.Unmarshal(ix, b) }
