package source_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/flatland-go/flatland/pkg/datasets/internal/source"
	"github.com/flatland-go/flatland/pkg/mat32"
)

func TestForeignFilesAreNamed(t *testing.T) {
	for head, c := range map[string]struct {
		says string
		own  string // the kind that begins so
	}{
		"\x93NUMPY\x01\x00":                               {"npy.File reads it", "NumPy file"},
		"PK\x03\x04\x14":                                  {"unpack it, or read the arrays", "NumPy archive"},
		"PAR1\x15\x00":                                    {"columnar.Parquet reads it", "Parquet file"},
		"ARROW1\x00\x00\xff\xff":                          {"columnar.Arrow reads it", "Arrow file"},
		"\xff\xff\xff\xff\x10":                            {"columnar.Arrow reads it", "Arrow file"},
		"\x89HDF\r\n\x1a\n\x00":                           {"anndata.Open reads", "AnnData file"},
		"\x00\x00\x08\x03\x00\x00":                        {"idx.File reads it", "IDX file"},
		"%%MatrixMarket matrix array real general\n":      {"sparse.MatrixMarket reads it", "MatrixMarket file"},
		"\x28\xb5\x2f\xfd\x04":                            {"packed by zstd", ""},
		"\xfd7zXZ\x00\x00":                                {"packed by xz", ""},
		"BZh91AY&SY\x00":                                  {"packed by bzip2", ""},
		"version https://git-lfs.github.com/spec/v1\noid": {"git lfs pull", ""},
		"\xef\xbb\xbf\n <!DOCTYPE HTML>\n<html>":          {"a web page", ""},
	} {
		for name, b := range map[string][]byte{"plain": []byte(head), "packed": pack(t, []byte(head))} {
			path := write(t, b)
			_, err := source.Open(context.Background(), "thing", path)
			var file *mat32.FileError
			if !errors.As(err, &file) || file.Path != path || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%q, %s: %v, want what says %q", head, name, err, c.says)
			}
			if c.own == "" {
				continue
			}
			f, err := source.Open(context.Background(), c.own, path)
			if err != nil {
				t.Errorf("%q for a %s: %v", head, c.own, err)
				continue
			}
			if got, err := io.ReadAll(f); err != nil || string(got) != head {
				t.Errorf("%q for a %s is read as %q, %v", head, c.own, got, err)
			}
			f.Close()
		}
	}
	for _, head := range []string{"", "P", "PAR1,PAR2\n1,2\n", "ARROW1,a\n", "BZh,b\n", "version,b\n", "a,b\n<html>,2\n"} {
		f, err := source.From(context.Background(), "CSV table", "", strings.NewReader(head))
		if err != nil {
			t.Errorf("%q: %v", head, err)
			continue
		}
		if got, err := io.ReadAll(f); err != nil || string(got) != head {
			t.Errorf("%q is read as %q, %v", head, got, err)
		}
	}
	// Nobody waits for more than there is.
	r, w := io.Pipe()
	defer w.Close()
	go w.Write([]byte("four"))
	if _, err := source.From(context.Background(), "thing", "", r); err != nil {
		t.Error(err)
	}
}
