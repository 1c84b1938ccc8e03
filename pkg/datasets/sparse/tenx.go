package sparse

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/flatland-go/flatland/pkg/datasets/internal/source"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// TenX reads the folders that 10x Genomics' Cell Ranger leaves: matrix.mtx, which counts the molecules of every feature in every
// cell, barcodes.tsv, which names the cells, and features.tsv, or genes.tsv before version 3, which names the features; each may
// be packed by gzip and end in .gz. The files hold features × cells; what is returned has a row for every cell.
type TenX struct {
	// Prefix is what the names of the files begin with, as where several samples share a folder: "GSM3489182_".
	Prefix string

	// MemoryLimit in bytes refuses what would need more. Default GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// Counts is what such a folder holds.
type Counts struct {
	X        *mat32.CSR // a row for every cell, a column for every feature
	Barcodes []string   // of the rows
	Features []Feature  // of the columns
}

// Feature is what a column counts.
type Feature struct {
	ID   string // for example "ENSG00000243485"
	Name string // for example "MIR1302-2HG"; several features may share one: see Names
	Type string // for example "Gene Expression", or "Antibody Capture"; that of all where the file tells none
}

const geneExpression = "Gene Expression"

// Open returns what a folder holds. Time and memory are those of MatrixMarket.Open, and the names. Errors: those of os.Open,
// where a file is missing too, *mat32.FileError naming the file and the line, *mat32.MemoryError, and ctx.Err().
func (t TenX) Open(ctx context.Context, folder string) (*Counts, error) {
	var files []*source.File
	defer func() {
		for _, f := range files {
			f.Close()
		}
	}()
	for _, part := range []struct {
		kind  string
		names []string
	}{
		{"10x features", []string{"features.tsv", "genes.tsv"}},
		{"10x barcodes", []string{"barcodes.tsv"}},
		{"10x matrix", []string{"matrix.mtx"}},
	} {
		f, err := t.open(ctx, part.kind, folder, part.names)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return t.read(ctx, files[2], files[0], files[1])
}

// open opens the first file that is there.
func (t TenX) open(ctx context.Context, kind, folder string, names []string) (*source.File, error) {
	for _, name := range names {
		for _, ending := range []string{".gz", ""} {
			path := filepath.Join(folder, t.Prefix+name+ending)
			f, err := source.Open(ctx, kind, path)
			if !errors.Is(err, fs.ErrNotExist) {
				return f, err
			}
		}
	}
	if _, err := os.Stat(folder); err != nil {
		return nil, err
	}
	return nil, &mat32.FileError{Path: filepath.Join(folder, t.Prefix+names[0]), Kind: kind, Reason: "there is no such file in the folder, packed or not", Err: fs.ErrNotExist}
}

// Read is Open for the three files by themselves, which may be packed.
func (t TenX) Read(ctx context.Context, matrix, features, barcodes io.Reader) (*Counts, error) {
	var files [3]*source.File
	for k, part := range []struct {
		kind string
		r    io.Reader
	}{{"10x matrix", matrix}, {"10x features", features}, {"10x barcodes", barcodes}} {
		f, err := source.From(ctx, part.kind, "", part.r)
		if err != nil {
			return nil, err
		}
		files[k] = f
	}
	return t.read(ctx, files[0], files[1], files[2])
}

func (t TenX) read(ctx context.Context, matrix, features, barcodes *source.File) (*Counts, error) {
	c := &Counts{}
	held, err := t.lines(features, 0, func(line []byte, number int) error {
		f, why := feature(line)
		if why != "" {
			return features.ErrorAt(number, "", "%s", why)
		}
		c.Features = append(c.Features, f)
		return nil
	})
	if err != nil {
		return nil, err
	}
	held, err = t.lines(barcodes, held, func(line []byte, number int) error {
		name, _, _ := bytes.Cut(line, []byte{'\t'})
		if len(name) == 0 {
			return barcodes.ErrorAt(number, "", "the barcode is missing")
		}
		c.Barcodes = append(c.Barcodes, string(name))
		return nil
	})
	if err != nil {
		return nil, err
	}
	h, err := readHeader(matrix)
	if err != nil {
		return nil, err
	}
	if h.rows != int64(len(c.Features)) || h.cols != int64(len(c.Barcodes)) {
		why := ""
		if h.cols == int64(len(c.Features)) && h.rows == int64(len(c.Barcodes)) {
			why = ": it is turned over, and a MatrixMarket reads it"
		}
		return nil, matrix.ErrorAt(h.line-1, "", "the matrix is %d × %d, but there are %d features and %d barcodes%s", h.rows, h.cols, len(c.Features), len(c.Barcodes), why)
	}
	if h.array || h.mirror != alone {
		return nil, matrix.ErrorAt(1, "", "counts are general coordinates, no array and not symmetric")
	}
	limit := t.MemoryLimit
	if limit > 0 {
		limit = max(1, limit-held)
	}
	c.X, err = MatrixMarket{Transpose: true, MemoryLimit: limit}.coordinates(ctx, matrix, h)
	if err != nil {
		return nil, mat32.Rename("sparse.TenX", err)
	}
	return c, nil
}

// lines calls take with every line of a file, without its end, and returns the bytes that are held by names, of which so many
// were before.
func (t TenX) lines(f *source.File, held int64, take func(line []byte, number int) error) (int64, error) {
	const perName = 48 // and what doubles while a list grows
	for number := 1; ; number++ {
		line, err := f.ReadSlice('\n')
		last := errors.Is(err, io.EOF)
		if err != nil && !last {
			if errors.Is(err, bufio.ErrBufferFull) {
				return 0, f.ErrorAt(number, "", "it is longer than a line of names is: it is no such file")
			}
			return 0, f.Wrap(err)
		}
		if last && len(line) == 0 {
			return held, nil
		}
		if number == 1 {
			line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
		}
		held += int64(len(line)) + 3*perName
		if err := f.CheckMemory("sparse.TenX", held, t.MemoryLimit, "the names alone are more"); err != nil {
			return 0, err
		}
		if err := take(bytes.TrimRight(line, "\r\n"), number); err != nil {
			return 0, err
		}
		if last {
			return held, nil
		}
	}
}

// feature reads a line: an ID, and where they are, a name and a type. What follows, as the place in the genome, is left out.
func feature(line []byte) (f Feature, why string) {
	fields := bytes.SplitN(line, []byte{'\t'}, 4)
	if len(fields[0]) == 0 {
		return f, "the ID of the feature is missing"
	}
	f = Feature{ID: string(fields[0]), Type: geneExpression}
	f.Name = f.ID
	if len(fields) > 1 && len(fields[1]) > 0 {
		f.Name = string(fields[1])
	}
	if len(fields) > 2 && len(fields[2]) > 0 {
		f.Type = known(fields[2])
	}
	return f, ""
}

// known returns a type as a string, the common ones without memory of their own.
func known(name []byte) string {
	for _, s := range []string{geneExpression, "Antibody Capture", "CRISPR Guide Capture", "Multiplexing Capture", "Custom", "Peaks"} {
		if string(name) == s {
			return s
		}
	}
	return string(name)
}

// Names returns the names of the features, made distinct as anndata's var_names_make_unique does: of several that share a name
// the first keeps it, and the others follow it by "-1", "-2" and so on, leaving out what is a name already.
func (c *Counts) Names() []string {
	names := make([]string, len(c.Features))
	taken := make(map[string]bool, len(names))
	for k, f := range c.Features {
		names[k] = f.Name
		taken[f.Name] = true
	}
	first := make(map[string]bool, len(names))
	next := map[string]int{}
	for k, name := range names {
		if !first[name] {
			first[name] = true
			continue
		}
		for {
			next[name]++
			distinct := name + "-" + strconv.Itoa(next[name])
			if !taken[distinct] {
				taken[distinct] = true
				names[k] = distinct
				break
			}
		}
	}
	return names
}

// OfType returns the columns of one type of features, as "Gene Expression" where antibodies were counted too. The barcodes are
// shared, the counts copied.
func (c *Counts) OfType(featureType string) (*Counts, error) {
	of := &Counts{Barcodes: c.Barcodes}
	column := make([]int32, len(c.Features)) // of the feature in what is returned
	for j, f := range c.Features {
		column[j] = -1
		if f.Type == featureType {
			column[j] = int32(len(of.Features))
			of.Features = append(of.Features, f)
		}
	}
	rows, _ := c.X.Dims()
	start := make([]int, rows+1)
	var indices []int32
	var values []float32
	for i := range rows {
		from, counts := c.X.Row(i)
		for k, j := range from {
			if column[j] >= 0 {
				indices, values = append(indices, column[j]), append(values, counts[k])
			}
		}
		start[i+1] = len(indices)
	}
	var err error
	of.X, err = mat32.NewCSR(rows, len(of.Features), start, indices, values)
	return of, err
}
