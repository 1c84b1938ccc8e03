package images

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"io/fs"
	"math"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"golang.org/x/image/bmp"
	"golang.org/x/image/draw"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/datasets/internal/source"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// Folder reads the pictures of a folder and of the folders in it, PNG, JPEG, GIF (its first picture) and BMP, as a set of
// samples. Its zero value is ready to use.
//
// Files are taken in natural order, in which img2 comes before img10; names that begin with a point, and endings of other kinds
// of file, are left alone. The class of a picture is the folder in which it is, by its path below the one given; pictures of that
// itself have none (−1). Values are light, from 0 to 255. Levels of grey are those of Rec. 601, 0.299 R + 0.587 G + 0.114 B.
// Transparent parts show white. A picture that a camera took on its side (EXIF orientation) stays as it is stored.
//
// Pictures are decoded on all cores, with the same result on any number of them. Memory is eight bytes for every value of the
// result and, on each core, the picture that it decodes.
type Folder struct {
	// Width and Height are the size in pixels to which every picture is scaled, without regard to its proportions, by an average over the
	// pixels that fall together where it becomes smaller (CatmullRom's filter). Where both are zero, it is the size of the first
	// picture; where one is, it follows from the first picture's proportions.
	Width, Height int

	// RGB keeps colours: three values for every pixel, red, green and blue. By default a pixel is one level of grey.
	RGB bool

	// SkipDamaged leaves out pictures that cannot be read, and names them in Notes. By default the first of them is the error.
	SkipDamaged bool

	// MaxPixels is how many pixels a picture may have; a larger one counts as damaged, and is not decoded. Default 2^26, some
	// 67 million.
	MaxPixels int

	// MemoryLimit in bytes refuses what would need more. Default GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

const (
	kind          = "picture"
	defaultPixels = 1 << 26
	// Pictures that are hurt may be many: so many are named.
	mostNamed = 12
)

// format is how pictures of one ending are read.
type format struct {
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
}

// formats are known by the ending of a file. The registry of package image is not asked: what it holds depends on what else a
// program links.
var formats = map[string]format{
	".png":  {png.DecodeConfig, png.Decode},
	".jpg":  {jpeg.DecodeConfig, jpeg.Decode},
	".jpeg": {jpeg.DecodeConfig, jpeg.Decode},
	".gif":  {gif.DecodeConfig, gif.Decode},
	".bmp":  {bmp.DecodeConfig, bmp.Decode},
}

// Open reads a folder. Errors: a *mat32.FileError with the path of the first picture, in order, that is damaged or larger than
// MaxPixels; mat32.ErrEmpty, wrapped with the folder's path, where there is no picture; a *mat32.ParamError for a size out of range;
// a *mat32.MemoryError; those of the file system; ctx.Err().
func (f Folder) Open(ctx context.Context, folder string) (*datasets.Dataset, error) {
	info, err := os.Stat(folder)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, &mat32.FileError{Path: folder, Kind: "folder of pictures", Reason: "it is not a folder"}
	}
	return f.read(ctx, os.DirFS(folder), folder)
}

// Read is Open for any tree of files, such as an embed.FS or the *zip.Reader of an archive.
func (f Folder) Read(ctx context.Context, tree fs.FS) (*datasets.Dataset, error) {
	return f.read(ctx, tree, "")
}

func (f Folder) check() error {
	const method = "images.Folder"
	for _, p := range []struct {
		name string
		v    int
	}{{"Width", f.Width}, {"Height", f.Height}, {"MaxPixels", f.MaxPixels}} {
		if p.v < 0 || p.v > math.MaxInt32 {
			return &mat32.ParamError{Method: method, Param: p.name, Value: p.v, Want: "0 to 2147483647"}
		}
	}
	return nil
}

func (f Folder) read(ctx context.Context, tree fs.FS, root string) (*datasets.Dataset, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	if f.MaxPixels == 0 {
		f.MaxPixels = defaultPixels
	}
	// at returns an error of a picture.
	at := func(file string, err error) error {
		var already *mat32.FileError
		if errors.As(err, &already) {
			return err
		}
		return &mat32.FileError{Path: filepath.Join(root, filepath.FromSlash(file)), Kind: kind, Err: err}
	}
	files, err := list(ctx, tree)
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, &mat32.FileError{Path: root, Kind: "folder of pictures", Reason: "it has no file that ends in .png, .jpg, .jpeg, .gif or .bmp", Err: mat32.ErrEmpty}
	}
	if f.Width == 0 || f.Height == 0 {
		if err := f.bySize(ctx, tree, files, at); err != nil {
			return nil, err
		}
	}
	channels := 1
	if f.RGB {
		channels = 3
	}
	columns := float64(f.Width) * float64(f.Height) * float64(channels)
	need := int64(math.MaxInt64)
	if bytes := columns * 8 * float64(len(files)); bytes < 1<<62 {
		need = int64(bytes)
	}
	if err := source.CheckMemory("images.Folder", root, need, f.MemoryLimit, "scale pictures to a smaller Width and Height"); err != nil {
		return nil, err
	}
	width := int(columns)
	values := make([]float64, len(files)*width)
	failed := make([]error, len(files))
	var (
		mu    sync.Mutex
		first = len(files) // the first picture that failed: later ones need not be read
	)
	stage := watch.Start(ctx, "reading pictures", len(files))
	err = par.BlocksWith(ctx, len(files), 1, func() *scratch { return &scratch{} }, func(s *scratch, lo, _ int) {
		mu.Lock()
		late := lo > first && !f.SkipDamaged
		mu.Unlock()
		if late {
			return
		}
		if failed[lo] = f.row(tree, files[lo], s, values[lo*width:(lo+1)*width]); failed[lo] != nil {
			mu.Lock()
			first = min(first, lo)
			mu.Unlock()
		}
		stage.Add(1)
	})
	if err != nil {
		return nil, err
	}
	d := &datasets.Dataset{Width: f.Width, Height: f.Height, Ink: 255, Light: true}
	if root != "" {
		d.Name = filepath.Base(filepath.Clean(root))
	}
	var kept, damaged []string
	for i, file := range files {
		if failed[i] != nil {
			if !f.SkipDamaged {
				return nil, at(file, failed[i])
			}
			damaged = append(damaged, fmt.Sprintf("%s (%v)", file, failed[i]))
			continue
		}
		copy(values[len(kept)*width:], values[i*width:(i+1)*width])
		kept = append(kept, file)
	}
	if len(kept) == 0 {
		return nil, &mat32.FileError{Path: root, Kind: "folder of pictures", Reason: "none of its pictures can be read: " + damaged[0], Err: mat32.ErrEmpty}
	}
	d.X = mat.NewDense(len(kept), width, values[:len(kept)*width])
	d.Notes = []string{fmt.Sprintf("pictures scaled to %d × %d pixels", f.Width, f.Height)}
	if len(damaged) > 0 {
		note := fmt.Sprintf("%d damaged pictures left out: ", len(damaged))
		if len(damaged) > mostNamed {
			damaged = append(damaged[:mostNamed], "…")
		}
		d.Notes = append(d.Notes, note+strings.Join(damaged, ", "))
	}
	label(d, kept)
	return d, nil
}

// list returns the pictures of a tree, in natural order.
func list(ctx context.Context, tree fs.FS) ([]string, error) {
	var files []string
	err := fs.WalkDir(tree, ".", func(file string, entry fs.DirEntry, err error) error {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		if file != "." && strings.HasPrefix(entry.Name(), ".") {
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if _, known := formats[ending(file)]; known && !entry.IsDir() {
			files = append(files, file)
		}
		return nil
	})
	slices.SortFunc(files, natural)
	return files, err
}

func ending(file string) string { return strings.ToLower(path.Ext(file)) }

// natural compares paths folder by folder, and within a name the digits that stand together as numbers. Names that differ in
// zeros before a number alone are compared byte by byte.
func natural(a, b string) int {
	digit := func(c byte) bool { return '0' <= c && c <= '9' }
	run := func(s string) int {
		n := 0
		for n < len(s) && digit(s[n]) {
			n++
		}
		return n
	}
	x, y := a, b
	for len(x) > 0 && len(y) > 0 {
		if n, m := run(x), run(y); n > 0 && m > 0 {
			p, q := strings.TrimLeft(x[:n], "0"), strings.TrimLeft(y[:m], "0")
			if c := cmp.Or(cmp.Compare(len(p), len(q)), cmp.Compare(p, q)); c != 0 {
				return c
			}
			x, y = x[n:], y[m:]
			continue
		}
		if x[0] != y[0] {
			// A folder's name ends before whatever it could go on with.
			return cmp.Compare(rank(x[0]), rank(y[0]))
		}
		x, y = x[1:], y[1:]
	}
	return cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(a, b))
}

// rank orders bytes with the slash first.
func rank(c byte) int {
	if c == '/' {
		return -1
	}
	return int(c)
}

// bySize sets the size that is not given by the first picture that can be read.
func (f *Folder) bySize(ctx context.Context, tree fs.FS, files []string, at func(string, error) error) error {
	for _, file := range files {
		if err := ctx.Err(); err != nil {
			return err
		}
		size, err := f.size(tree, file)
		if err != nil {
			if f.SkipDamaged {
				continue
			}
			return at(file, err)
		}
		follow := func(other, of, from int) int {
			return max(1, int(math.Round(math.Min(float64(other)*float64(of)/float64(from), math.MaxInt32))))
		}
		switch {
		case f.Width == 0 && f.Height == 0:
			f.Width, f.Height = size.X, size.Y
		case f.Width == 0:
			f.Width = follow(f.Height, size.X, size.Y)
		default:
			f.Height = follow(f.Width, size.Y, size.X)
		}
		return nil
	}
	return at(files[0], errors.New("neither it nor any other picture can be read"))
}

// size reads how large a picture says that it is.
func (f *Folder) size(tree fs.FS, name string) (image.Point, error) {
	file, err := tree.Open(name)
	if err != nil {
		return image.Point{}, err
	}
	defer file.Close()
	c, err := formats[ending(name)].config(file)
	if err != nil {
		return image.Point{}, damaged(err)
	}
	if c.Width < 1 || c.Height < 1 {
		return image.Point{}, fmt.Errorf("it says that it has %d × %d pixels", c.Width, c.Height)
	}
	if c.Width > f.MaxPixels/c.Height {
		return image.Point{}, fmt.Errorf("it says that it has %d × %d pixels, more than the %d of MaxPixels", c.Width, c.Height, f.MaxPixels)
	}
	return image.Pt(c.Width, c.Height), nil
}

// damaged puts what a decoder says into words where that says little.
func damaged(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("it ends too early: %w", io.ErrUnexpectedEOF)
	}
	return err
}

// scratch is the memory of a core.
type scratch struct{ flat, scaled *image.RGBA }

// on returns a picture of the size, in white: the one at hand where it has that size.
func on(m **image.RGBA, size image.Point) *image.RGBA {
	if *m == nil || (*m).Rect.Size() != size {
		*m = image.NewRGBA(image.Rectangle{Max: size})
	}
	draw.Draw(*m, (*m).Rect, image.White, image.Point{}, draw.Src)
	return *m
}

// row reads a picture as a row of values.
func (f *Folder) row(tree fs.FS, name string, s *scratch, row []float64) error {
	if _, err := f.size(tree, name); err != nil {
		return err
	}
	file, err := tree.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	m, err := formats[ending(name)].decode(file)
	if err != nil {
		return damaged(err)
	}
	size := m.Bounds().Size()
	picture := on(&s.flat, size)
	draw.Draw(picture, picture.Rect, m, m.Bounds().Min, draw.Over)
	if size != image.Pt(f.Width, f.Height) {
		scaled := on(&s.scaled, image.Pt(f.Width, f.Height))
		draw.CatmullRom.Scale(scaled, scaled.Rect, picture, picture.Rect, draw.Src, nil)
		picture = scaled
	}
	for i := range f.Width * f.Height {
		p := picture.Pix[4*i:]
		r, g, b := float64(p[0]), float64(p[1]), float64(p[2])
		if f.RGB {
			row[3*i], row[3*i+1], row[3*i+2] = r, g, b
		} else {
			row[i] = (299*r + 587*g + 114*b) / 1000 // the weights are whole, so that white is 255 exactly
		}
	}
	return nil
}

// label gives pictures the folders that they are in as classes, in natural order.
func label(d *datasets.Dataset, files []string) {
	folders := map[string]int{}
	for _, file := range files {
		if folder := path.Dir(file); folder != "." {
			folders[folder] = 0
		}
	}
	if len(folders) == 0 {
		return
	}
	for folder := range folders {
		d.Names = append(d.Names, folder)
	}
	slices.SortFunc(d.Names, natural)
	for k, folder := range d.Names {
		folders[folder] = k
	}
	d.Labels = make([]int, len(files))
	for i, file := range files {
		d.Labels[i] = -1
		if folder := path.Dir(file); folder != "." {
			d.Labels[i] = folders[folder]
		}
	}
}
