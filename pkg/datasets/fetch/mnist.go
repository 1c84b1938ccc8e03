package fetch

import (
	"context"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/datasets/idx"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Part is a part of a set that its publisher divided.
type Part int

// The parts. The zero value is all rows: those to train on first, then those to
// test on.
const (
	All Part = iota
	Train
	Test
)

// String returns the name of the part.
func (p Part) String() string {
	if p < All || p > Test {
		return fmt.Sprintf("Part(%d)", int(p))
	}
	return [...]string{"all", "train", "test"}[p]
}

// MNIST returns the 70 000 handwritten digits, or the 60 000 or 10 000 of a part,
// with the digit as label.
//
// Rows are images of 28 × 28 pixels with values from 0 (paper) to 255 (ink), in
// the published order; the factor "part" tells which part a row is from. Only the
// files of the part asked for are downloaded, 11.6 MB for all. The matrix takes 439
// MB for all and 63 MB for the part to test on, an eighth of that more while it is
// read; beyond GOMEMLIMIT, or 4 GiB where that is not set, it is refused.
//
// Errors are a *mat32.ParamError for a part that there is not, a
// *mat32.MemoryError, and those of Fetcher.Fetch and idx.File.
func MNIST(ctx context.Context, p Part) (*datasets.Dataset, error) {
	return images(ctx, "mnist", p, 0, digits(), upright)
}

// FashionMNIST returns 70 000 pictures of clothes, or those of a part, as MNIST
// does, with the kind of clothes as label. It downloads 30.9 MB.
func FashionMNIST(ctx context.Context, p Part) (*datasets.Dataset, error) {
	return images(ctx, "fashion-mnist", p, 0, []string{
		"T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"}, upright)
}

// KMNIST returns 70 000 characters of old Japanese script, or those of a part, as
// MNIST does, with the modern character as label. It downloads 21.2 MB.
func KMNIST(ctx context.Context, p Part) (*datasets.Dataset, error) {
	return images(ctx, "kmnist", p, 0, []string{"お", "き", "す", "つ", "な", "は", "ま", "や", "れ", "を"}, upright)
}

// EMNISTDigits returns 280 000 handwritten digits, or the 240 000 or 40 000 of a
// part, as MNIST does. The published images lie on their sides; these stand. It
// downloads the archive of all of EMNIST, 562 MB; the matrix takes 1.8 GB, and
// 251 MB for the part to test on.
func EMNISTDigits(ctx context.Context, p Part) (*datasets.Dataset, error) {
	return images(ctx, "emnist-digits", p, 0, digits(), turned)
}

// EMNISTLetters returns 145 600 handwritten letters, or the 124 800 or 20 800 of a
// part, as EMNISTDigits does, with the letter as label, be it large or small. The
// matrix takes 913 MB, and 130 MB for the part to test on.
func EMNISTLetters(ctx context.Context, p Part) (*datasets.Dataset, error) {
	letters := make([]string, 26)
	for k := range letters {
		letters[k] = string(rune('a' + k))
	}
	return images(ctx, "emnist-letters", p, 1, letters, turned)
}

// How images lie in their file: line after line, or column after column.
const (
	upright = false
	turned  = true
)

// of returns what a part takes of a list of four: images and labels to train on,
// then those to test on.
func of[T any](p Part, four []T) []T {
	switch p {
	case Train:
		return four[:2]
	case Test:
		return four[2:]
	}
	return four
}

// images returns a part of a set like MNIST, whose labels count from first.
func images(ctx context.Context, name string, p Part, first int, names []string, lying bool) (*datasets.Dataset, error) {
	if p < All || p > Test {
		return nil, &mat32.ParamError{Method: "fetch", Param: "Part", Value: p, Want: "All, Train or Test"}
	}
	s, err := Named(name)
	if err != nil {
		return nil, err
	}
	if len(s.Files) == 1 { // the four are in an archive
		s.Files[0].Members = of(p, s.Files[0].Members)
	} else {
		s.Files = of(p, s.Files)
	}
	paths, err := Fetcher{}.Fetch(ctx, s)
	if err != nil {
		return nil, err
	}
	d, err := join(ctx, paths, first, names, lying)
	if err != nil {
		return nil, err
	}
	d.Name, d.Source = s.Name, s.Source+", "+s.License
	if p == Test {
		d.Factors[0].Labels = slices.Repeat([]int{1}, len(d.Labels))
	}
	if p != All {
		d.Notes = append(d.Notes, "the "+p.String()+" part of the published set")
	}
	return d, nil
}

// join reads pairs of files, of images and of labels, below each other.
func join(ctx context.Context, paths []string, first int, names []string, lying bool) (*datasets.Dataset, error) {
	const side = 28
	type block struct{ pixels, labels []byte }
	var blocks []block
	rows := 0
	for k := 0; k < len(paths); k += 2 {
		var b block
		for _, f := range []struct {
			path  string
			shape []int
			to    *[]byte
		}{{paths[k], []int{side, side}, &b.pixels}, {paths[k+1], nil, &b.labels}} {
			a, err := idx.File{}.Open(ctx, f.path)
			if err != nil {
				return nil, err
			}
			values, bytes := a.Values.([]byte)
			if !bytes || len(a.Shape) == 0 || a.Shape[0] == 0 || !slices.Equal(a.Shape[1:], f.shape) {
				return nil, &mat32.FileError{Path: f.path, Kind: "IDX", Reason: fmt.Sprintf("its axes are %v, want some rows of %v bytes", a.Shape, f.shape)}
			}
			*f.to = values
		}
		if n := len(b.labels); n*side*side != len(b.pixels) {
			return nil, &mat32.FileError{Path: paths[k+1], Kind: "IDX", Reason: fmt.Sprintf("it has %d labels, want one for each of %d images", n, len(b.pixels)/(side*side))}
		}
		for i, l := range b.labels {
			if int(l) < first || int(l)-first >= len(names) {
				return nil, &mat32.FileError{Path: paths[k+1], Kind: "IDX", Reason: fmt.Sprintf("row %d has the label %d, want %d to %d", i, l, first, first+len(names)-1)}
			}
		}
		blocks = append(blocks, b)
		rows += len(b.labels)
	}
	if err := mat32.CheckMemory("fetch", 9*int64(rows)*side*side, 0, "ask for a Part"); err != nil {
		return nil, err
	}
	d := &datasets.Dataset{
		X: mat.NewDense(rows, side*side, nil), Labels: make([]int, 0, rows), Names: names, Features: pixels(side, side),
		Width: side, Height: side, Ink: 255,
	}
	part := datasets.Factor{Name: "part", Names: []string{"train", "test"}, Labels: make([]int, 0, rows)}
	values := d.X.RawMatrix().Data
	for k, b := range blocks {
		for i, l := range b.labels {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			image := b.pixels[i*side*side : (i+1)*side*side]
			for j, v := range image {
				if lying {
					j = j%side*side + j/side
				}
				values[j] = float64(v)
			}
			values = values[side*side:]
			d.Labels = append(d.Labels, int(l)-first)
			part.Labels = append(part.Labels, k)
		}
	}
	d.Factors = []datasets.Factor{part}
	if lying {
		d.Notes = append(d.Notes, "images were stood up: they are published lying on their sides")
	}
	return d, nil
}
