package fetch

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/flatland-go/flatland/internal/whole"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// archive is a kind of archive.
type archive int

const (
	none archive = iota
	zipped
	tarred
	tarGzipped
)

func archiveOf(name string) archive {
	for _, k := range []struct {
		ending string
		kind   archive
	}{{".zip", zipped}, {".tar", tarred}, {".tar.gz", tarGzipped}, {".tgz", tarGzipped}} {
		if strings.HasSuffix(name, k.ending) {
			return k.kind
		}
	}
	return none
}

// place returns where a member goes: below a folder beside the archive that bears
// its name and the first digits of its digest, so that members of one archive are
// never taken for those of another.
func (t *item) place(member string) string {
	stem := strings.TrimSuffix(t.path, filepath.Ext(t.path))
	stem = strings.TrimSuffix(stem, ".tar")
	digest := strings.ToLower(t.file.SHA256 + t.file.MD5)
	return filepath.Join(stem+"-"+digest[:8], filepath.FromSlash(path.Clean(member)))
}

// unpacked returns where the members are, and whether all are there.
func (t *item) unpacked() (paths []string, all bool) {
	for _, m := range t.file.Members {
		at := t.place(m)
		if info, err := os.Stat(at); err != nil || !info.Mode().IsRegular() {
			return nil, false
		}
		paths = append(paths, at)
	}
	return paths, t.file.Members != nil
}

// unpack writes the members of the archive, which is here and was checked.
func (t *item) unpack(ctx context.Context) ([]string, error) {
	watch.Note(ctx, t.stage(), "unpacking")
	room := t.file.Unpacked
	if room == 0 {
		room = t.Limit
	}
	left, tooMuch := room, error(&SizeError{t.path, room})
	wanted := map[string]bool{}
	for _, m := range t.file.Members {
		wanted[path.Clean(m)] = true
	}
	refuse := func(format string, args ...any) error {
		return &mat32.FileError{Path: t.path, Kind: "archive", Reason: fmt.Sprintf(format, args...)}
	}
	take := func(name string, regular bool, r io.Reader) error {
		if !regular {
			return refuse("its member %s is not a plain file", name)
		}
		err := t.write(ctx, t.place(name), &bounded{r, &left, tooMuch})
		var stored *StoreError
		if err != nil && err != tooMuch && !errors.As(err, &stored) && ctx.Err() == nil {
			return refuse("its member %s: %v", name, err)
		}
		delete(wanted, name)
		return err
	}
	walk := t.walkTar
	if archiveOf(t.file.Name) == zipped {
		walk = t.walkZip
	}
	if err := walk(ctx, take, wanted); err != nil {
		var unread unreadable
		if errors.As(err, &unread) {
			return nil, refuse("%v", unread.error)
		}
		return nil, err
	}
	for _, m := range t.file.Members {
		if wanted[path.Clean(m)] {
			return nil, refuse("it has no member %s", m)
		}
	}
	paths, _ := t.unpacked()
	return paths, nil
}

// taker keeps a member of an archive.
type taker func(name string, regular bool, r io.Reader) error

// unreadable is an archive's own error, rather than one of what is done with it.
type unreadable struct{ error }

func (t *item) walkZip(_ context.Context, take taker, wanted map[string]bool) error {
	r, err := zip.OpenReader(t.path)
	if err != nil {
		return unreadable{err}
	}
	defer r.Close()
	for _, f := range r.File {
		name := path.Clean(f.Name)
		if !wanted[name] {
			continue
		}
		member, err := f.Open()
		if err != nil {
			return unreadable{err}
		}
		err = take(name, f.Mode().IsRegular(), member)
		member.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *item) walkTar(ctx context.Context, take taker, wanted map[string]bool) error {
	f, err := os.Open(t.path)
	if err != nil {
		return unreadable{err}
	}
	defer f.Close()
	in := io.Reader(cancellable{ctx, f})
	if archiveOf(t.file.Name) == tarGzipped {
		unzip, err := gzip.NewReader(in)
		if err != nil {
			return unreadable{err}
		}
		in = unzip
	}
	for r := tar.NewReader(in); len(wanted) > 0; {
		h, err := r.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return unreadable{err}
		}
		if name := path.Clean(h.Name); wanted[name] {
			if err := take(name, h.Typeflag == tar.TypeReg, r); err != nil {
				return err
			}
		}
	}
	return nil
}

// write makes a file whose bytes are those of r. It appears whole.
func (t *item) write(ctx context.Context, to string, r io.Reader) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return t.store(err)
	}
	var unread error // of r, or already one of the store
	err := whole.Save(to, func(f *os.File) error {
		if _, unread = io.CopyBuffer(storing{t, f}, cancellable{ctx, r}, make([]byte, bufferSize)); unread != nil {
			return unread
		}
		return f.Sync() // nobody compares it with a digest again
	})
	if err != nil && unread == nil {
		return t.store(err)
	}
	return err
}

// bounded is a reader that ends in an error when there is no room left.
type bounded struct {
	r    io.Reader
	left *int64
	over error
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if *b.left -= int64(n); *b.left < 0 {
		return 0, b.over
	}
	return n, err
}

// storing is a writer whose errors say that a file cannot be kept.
type storing struct {
	t *item
	w io.Writer
}

func (s storing) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	if err != nil {
		err = s.t.store(err)
	}
	return n, err
}
