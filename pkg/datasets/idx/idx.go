package idx

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/datasets/internal/source"
	"github.com/flatland-go/flatland/pkg/datasets/npy"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// File reads the array of a single file. Its zero value is ready to use. Memory is that of the values; a damaged file takes no
// more than twice what it really holds.
type File struct {
	// MemoryLimit in bytes refuses what would need more. Default GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

const kind = "IDX file"

// Open reads a file, which may be packed by gzip: Values of the array are []uint8, []int8, []int16, []int32, []float32 or
// []float64. Errors: a *mat32.FileError where it is not such a file, or is longer or shorter than it says; a *mat32.MemoryError;
// those of os.Open; ctx.Err().
func (f File) Open(ctx context.Context, path string) (*npy.Array, error) {
	file, err := source.Open(ctx, kind, path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return f.read(file)
}

// Read is Open for what any reader gives.
func (f File) Read(ctx context.Context, r io.Reader) (*npy.Array, error) {
	file, err := source.From(ctx, kind, "", r)
	if err != nil {
		return nil, err
	}
	return f.read(file)
}

// types are those of values, by their number in the file.
var types = map[byte]struct {
	size   int
	decode func(b []byte, n int) any
}{
	0x08: {1, func(b []byte, n int) any { return b }},
	0x09: {1, func(b []byte, n int) any { return decoded(b, 1, n, func(b []byte) int8 { return int8(b[0]) }) }},
	0x0b: {2, func(b []byte, n int) any {
		return decoded(b, 2, n, func(b []byte) int16 { return int16(binary.BigEndian.Uint16(b)) })
	}},
	0x0c: {4, func(b []byte, n int) any {
		return decoded(b, 4, n, func(b []byte) int32 { return int32(binary.BigEndian.Uint32(b)) })
	}},
	0x0d: {4, func(b []byte, n int) any {
		return decoded(b, 4, n, func(b []byte) float32 { return math.Float32frombits(binary.BigEndian.Uint32(b)) })
	}},
	0x0e: {8, func(b []byte, n int) any {
		return decoded(b, 8, n, func(b []byte) float64 { return math.Float64frombits(binary.BigEndian.Uint64(b)) })
	}},
}

func decoded[T any](b []byte, size, n int, one func(b []byte) T) []T {
	values := make([]T, n)
	for i := range values {
		values[i] = one(b[i*size:])
	}
	return values
}

func (f File) read(file *source.File) (*npy.Array, error) {
	head := make([]byte, 4)
	if _, err := io.ReadFull(file, head); err != nil {
		return nil, file.Wrap(err)
	}
	kind, ok := types[head[2]]
	if head[0] != 0 || head[1] != 0 || !ok {
		return nil, file.Errorf("it begins with the bytes % x, want 00 00, a type of values (08, 09 or 0b to 0e) and the number of axes", head)
	}
	shape := make([]int, head[3])
	values, room := 1, 1 // room counts an axis of no values as one, as what takes shapes does
	for i := range shape {
		var length [4]byte
		if _, err := io.ReadFull(file, length[:]); err != nil {
			return nil, file.Wrap(err)
		}
		n := int64(binary.BigEndian.Uint32(length[:]))
		if int64(room) > math.MaxInt/32/max(n, 1) {
			return nil, file.Errorf("its axes have more values than there are addresses")
		}
		shape[i] = int(n)
		values *= int(n)
		room *= int(max(n, 1))
	}
	need := int64(kind.size) * int64(values)
	while := need
	if head[2] != 0x08 {
		while *= 2 // the bytes, and the values
	}
	if file.Size > 0 && !file.Packed() && file.Size != int64(4+4*len(shape))+need {
		return nil, file.Errorf("it has %d bytes, and with %s it should have %d", file.Size, axes(shape), int64(4+4*len(shape))+need)
	}
	if err := file.CheckMemory("idx.File", while, f.MemoryLimit, "it says that it has "+axes(shape)+"; MemoryLimit allows more"); err != nil {
		return nil, err
	}
	b, err := read(file, int(need))
	if err != nil {
		return nil, file.Wrap(err)
	}
	// Its end is read, where gzip keeps its checksum.
	if _, err := file.ReadByte(); err == nil {
		return nil, file.Errorf("it goes on after its %s", axes(shape))
	} else if !errors.Is(err, io.EOF) {
		return nil, file.Wrap(err)
	}
	return &npy.Array{Shape: shape, Values: kind.decode(b, values)}, nil
}

// read reads n bytes, with memory that grows with what there is.
func read(r io.Reader, n int) ([]byte, error) {
	const part = 1 << 20
	b := make([]byte, 0, min(n, part))
	for len(b) < n {
		have := len(b)
		more := min(n-have, max(have, part))
		b = slices.Grow(b, more)[:have+more]
		if _, err := io.ReadFull(r, b[have:]); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// axes returns a shape in words: "60000 × 28 × 28 values".
func axes(shape []int) string {
	words := make([]string, len(shape))
	for i, n := range shape {
		words[i] = fmt.Sprint(n)
	}
	if len(words) == 0 {
		return "one value"
	}
	return strings.Join(words, " × ") + " values"
}

// Pair reads a set of two files, one of images (or other arrays) and one of labels. Its zero value is ready to use.
type Pair struct {
	// MemoryLimit in bytes refuses what would need more. Default GOMEMLIMIT, or 4 GiB. It counts the bytes
	// of both files and the eight that every value takes in the set.
	MemoryLimit int64
}

// Open reads two files as a set: a row for every image, with its values as they are stored (0 for ground to 255 for ink in MNIST and
// its kin; divide by Ink for 0 to 1), line after line from the top left, and Width and Height where images have two axes. Labels
// are numbered in ascending order, and Names holds their numbers: where all from 0 on occur, a label is its own number. An empty
// path for labels means there are none.
//
// Errors: those of File.Open, and a *mat32.FileError where the file of images has fewer than two axes or no values, or that of
// labels has not one whole number for each image, which is also where the two paths were interchanged.
func (p Pair) Open(ctx context.Context, images, labels string) (*datasets.Dataset, error) {
	x, err := File(p).Open(ctx, images)
	if err != nil {
		return nil, err
	}
	fail := func(path, format string, args ...any) error {
		return &mat32.FileError{Path: path, Kind: kind, Reason: fmt.Sprintf(format, args...)}
	}
	if len(x.Shape) < 2 || slices.Contains(x.Shape, 0) {
		return nil, fail(images, "it has %s, want some images of two axes, or rows: are the two paths interchanged?", axes(x.Shape))
	}
	n := int64(1)
	for _, s := range x.Shape {
		n *= int64(s)
	}
	if err := source.CheckMemory("idx.Pair", images, 9*n, p.MemoryLimit, "it has "+axes(x.Shape)+"; File.Open and Dense take half or less"); err != nil {
		return nil, err
	}
	var y *npy.Array
	if labels != "" {
		if y, err = File(p).Open(ctx, labels); err != nil {
			return nil, err
		}
		if len(y.Shape) != 1 {
			return nil, fail(labels, "it has %s, want a list of labels", axes(y.Shape))
		}
		if y.Shape[0] != x.Shape[0] {
			return nil, fail(labels, "it has %d labels, and %s has %d images", y.Shape[0], filepath.Base(images), x.Shape[0])
		}
		if _, err := y.Ints(); err != nil {
			return nil, &mat32.FileError{Path: labels, Kind: kind, Reason: "its labels are not whole numbers", Err: err}
		}
	}
	d, err := npy.Dataset(x, y, nil)
	if err != nil {
		return nil, err
	}
	d.Name = name(images)
	if d.Width > 0 {
		_, columns := d.X.Dims()
		d.Features = make([]string, columns)
		for k := range d.Features {
			d.Features[k] = fmt.Sprintf("pixel_%d_%d", k/d.Width, k%d.Width)
		}
	}
	return d, nil
}

// name returns that of a file without its endings: "t10k-images" of "t10k-images-idx3-ubyte.gz".
func name(path string) string {
	base, _, _ := strings.Cut(strings.TrimSuffix(filepath.Base(path), ".gz"), "-idx")
	return strings.TrimSuffix(base, ".idx")
}
