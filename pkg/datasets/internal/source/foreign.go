package source

import (
	"bytes"
	"slices"
	"strings"
)

// formats are those that loaders are given by mistake, by the bytes they begin with.
var formats = []struct {
	begins, says string
	kinds        []string // that begin so themselves
}{
	{"\x93NUMPY", "a NumPy file: npy.File reads it", []string{"NumPy file"}},
	{"PK\x03\x04", "a zip archive: unpack it, or read the arrays of one of NumPy's by npy.Archive", []string{"NumPy archive"}},
	{"PAR1\x15", "a Parquet file: columnar.Parquet reads it", []string{"Parquet file"}},
	{"ARROW1\x00\x00", "an Arrow file: columnar.Arrow reads it", []string{"Arrow file"}},
	{"\xff\xff\xff\xff", "an Arrow stream: columnar.Arrow reads it", []string{"Arrow file"}},
	{"\x89HDF\r\n\x1a\n", "an HDF5 file: anndata.Open reads those that end in .h5ad", []string{"AnnData file"}},
	{"\x00\x00\x08\x01", "an IDX file: idx.File reads it", []string{"IDX file"}},
	{"\x00\x00\x08\x03", "an IDX file: idx.File reads it", []string{"IDX file"}},
	{"%%MatrixMarket ", "a MatrixMarket file: sparse.MatrixMarket reads it", []string{"MatrixMarket file", "10x matrix", "CSV table"}},
	{"\x28\xb5\x2f\xfd", "packed by zstd: unpack it", nil},
	{"\xfd7zXZ\x00", "packed by xz: unpack it", nil},
	{"BZh91AY&SY", "packed by bzip2: unpack it", nil},
	{"version https://git-lfs.github.com/spec/", "not the file but what Git LFS keeps in its place: git lfs pull brings it", nil},
}

// Foreign returns what the beginning of a file, unpacked where gzip packed it, says that it is, and what to do, where that is not of
// the kind; else "". The bytes that name a format of text are longer than a word of a table may be by chance.
func Foreign(kind string, head []byte) string {
	for _, f := range formats {
		if bytes.HasPrefix(head, []byte(f.begins)) && !slices.Contains(f.kinds, kind) {
			return "it is " + f.says
		}
	}
	text := string(bytes.ToLower(bytes.TrimLeft(head[:min(len(head), 512)], "\xef\xbb\xbf \t\r\n")))
	if strings.HasPrefix(text, "<!doctype html") || strings.HasPrefix(text, "<html") {
		return "it is a web page: download the file that the page shows, by its button for the raw file"
	}
	return ""
}
