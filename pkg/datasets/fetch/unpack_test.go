package fetch_test

import (
	"archive/tar"
	archive "archive/zip"
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/flatland-go/flatland/pkg/datasets/fetch"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

type member struct {
	name string
	body string
	kind byte // as tar has it
}

func tarOf(t *testing.T, members ...member) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, m := range members {
		h := &tar.Header{Name: m.name, Mode: 0o644, Typeflag: m.kind}
		if m.kind == tar.TypeReg {
			h.Size = int64(len(m.body))
		} else {
			h.Linkname = m.body
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if m.kind == tar.TypeReg {
			if _, err := w.Write([]byte(m.body)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zipOf(t *testing.T, members ...member) []byte {
	t.Helper()
	var b bytes.Buffer
	w := archive.NewWriter(&b)
	for _, m := range members {
		h := &archive.FileHeader{Name: m.name, Method: archive.Deflate}
		if m.kind != tar.TypeReg {
			h.SetMode(os.ModeSymlink | 0o777)
		}
		f, err := w.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(m.body)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// packed serves an archive under its name and returns the set of some members.
func packed(t *testing.T, name string, body []byte, members ...string) (*site, fetch.Set) {
	t.Helper()
	server := serve(t, whole(body, `"v1"`))
	return server, fetch.Set{Name: "set", Files: []fetch.File{{Name: name, URLs: []string{server.URL}, Size: int64(len(body)), SHA256: sum(body), Members: members}}}
}

func TestMembersAreUnpacked(t *testing.T) {
	members := []member{{"top.txt", "one", tar.TypeReg}, {"in/deep.txt", "two", tar.TypeReg}, {"in/other.txt", "three", tar.TypeReg}, {"../../out.txt", "four", tar.TypeReg}}
	for name, body := range map[string][]byte{
		"a.zip": zipOf(t, members...), "a.tar": tarOf(t, members...), "a.tar.gz": zip(t, tarOf(t, members...)), "a.tgz": zip(t, tarOf(t, members...)),
	} {
		t.Run(name, func(t *testing.T) {
			server, s := packed(t, name, body, "in/deep.txt", "top.txt")
			f := quick(t)
			for range 2 {
				paths, err := f.Fetch(t.Context(), s)
				if err != nil {
					t.Fatal(err)
				}
				below := filepath.Join(f.Dir, "set", "a-"+sum(body)[:8])
				if !slices.Equal(paths, []string{filepath.Join(below, "in", "deep.txt"), filepath.Join(below, "top.txt")}) {
					t.Fatalf("they are at %v", paths)
				}
				for i, want := range []string{"two", "one"} {
					if got, err := os.ReadFile(paths[i]); err != nil || string(got) != want {
						t.Errorf("%s holds %q, want %q: %v", paths[i], got, want, err)
					}
				}
			}
			if len(server.seen()) != 1 {
				t.Errorf("%d requests, want 1", len(server.seen()))
			}
			var found []string
			err := filepath.WalkDir(f.Dir, func(path string, d os.DirEntry, err error) error {
				if err == nil && !d.IsDir() {
					found = append(found, filepath.Base(path))
				}
				return err
			})
			slices.Sort(found)
			if err != nil || !slices.Equal(found, []string{name, "deep.txt", "top.txt"}) {
				t.Errorf("below the folder are %v: %v", found, err)
			}

			// Other members of the same archive are unpacked beside them, offline as well.
			s.Files[0].Members = []string{"in/other.txt"}
			f.Offline = true
			if paths, err := f.Fetch(t.Context(), s); err != nil || len(paths) != 1 {
				t.Errorf("%v, %v", paths, err)
			}
			// Once they are there the archive may go.
			if err := os.Remove(filepath.Join(f.Dir, "set", name)); err != nil {
				t.Fatal(err)
			}
			if paths, err := f.Fetch(t.Context(), s); err != nil || len(paths) != 1 {
				t.Errorf("without the archive: %v, %v", paths, err)
			}
		})
	}
}

func TestArchivesThatAreRefused(t *testing.T) {
	big := strings.Repeat("0", 1<<20)
	for name, c := range map[string]struct {
		file string
		body []byte
		says string
	}{
		"no such member":   {"a.zip", zipOf(t, member{"b", "", tar.TypeReg}), "it has no member a"},
		"none in a tar":    {"a.tgz", zip(t, tarOf(t, member{"b", "", tar.TypeReg})), "it has no member a"},
		"a link":           {"a.tar", tarOf(t, member{"a", "/etc/passwd", tar.TypeSymlink}), "not a plain file"},
		"a link in a zip":  {"a.zip", zipOf(t, member{"a", "/etc/passwd", tar.TypeSymlink}), "not a plain file"},
		"a folder":         {"a.tar", tarOf(t, member{"a", "", tar.TypeDir}), "not a plain file"},
		"no zip":           {"a.zip", []byte("plain"), "zip"},
		"no gzip":          {"a.tgz", bytes.Repeat([]byte("plain"), 500), "gzip"},
		"no tar":           {"a.tar", bytes.Repeat([]byte("plain"), 500), "tar"},
		"cut off":          {"a.tar", tarOf(t, member{"a", big[:5000], tar.TypeReg})[:1000], "EOF"},
		"damaged":          {"a.zip", damaged(zipOf(t, member{"a", string(content(30, 5000)), tar.TypeReg})), "checksum"},
		"too large":        {"a.zip", zipOf(t, member{"a", big, tar.TypeReg}), "more than the 1.0 MB"},
		"too large, tar":   {"a.tgz", zip(t, tarOf(t, member{"a", big, tar.TypeReg})), "more than the 1.0 MB"},
		"larger than said": {"a.zip", understated(t, zipOf(t, member{"a", big, tar.TypeReg}), 1<<20), "not a valid zip"},
	} {
		t.Run(name, func(t *testing.T) {
			_, s := packed(t, c.file, c.body, "a")
			s.Files[0].Unpacked = 1_000_000
			f := quick(t)
			_, err := f.Fetch(t.Context(), s)
			var file *mat32.FileError
			var size *fetch.SizeError
			if err == nil || !strings.Contains(err.Error(), c.says) || !errors.As(err, &file) && !errors.As(err, &size) {
				t.Errorf("%v, want an error that says %q", err, c.says)
			}
			below, _ := filepath.Glob(filepath.Join(f.Dir, "set", "a-*", "*"))
			if len(below) != 0 {
				t.Errorf("it left %v", below)
			}
		})
	}
}

func damaged(b []byte) []byte {
	b = slices.Clone(b)
	b[len(b)/2] ^= 1
	return b
}

// understated makes a zip say that its member of that size has 10 bytes.
func understated(t *testing.T, b []byte, size uint32) []byte {
	t.Helper()
	from := []byte{byte(size), byte(size >> 8), byte(size >> 16), byte(size >> 24)}
	if !bytes.Contains(b, from) {
		t.Fatal("the archive does not say how large its member is")
	}
	return bytes.ReplaceAll(b, from, []byte{10, 0, 0, 0})
}

// What is skipped may unpack to any size, and hears a cancel.
func TestUnpackingHearsACancel(t *testing.T) {
	body := zip(t, tarOf(t, member{"a", strings.Repeat("0", 4<<20), tar.TypeReg}, member{"b", strings.Repeat("0", 4<<20), tar.TypeReg}))
	for _, wanted := range []string{"a", "b"} {
		_, s := packed(t, "a.tgz", body, wanted)
		f := quick(t)
		ctx, cancel := context.WithCancel(t.Context())
		ctx = watch.With(ctx, func(e watch.Event) {
			if e.Note == "unpacking" {
				cancel()
			}
		})
		if _, err := f.Fetch(ctx, s); !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
		if found, _ := filepath.Glob(filepath.Join(f.Dir, "set", "a-*", "*")); len(found) != 0 {
			t.Errorf("it left %v", found)
		}
	}
}
