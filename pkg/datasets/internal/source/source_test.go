package source_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/datasets/internal/source"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// noise does not pack, so that packed files are about as long.
func noise(n int) []byte {
	b := make([]byte, n)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	b[0] = 'x' // no head of gzip
	return b
}

func pack(t *testing.T, b []byte) []byte {
	t.Helper()
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

func write(t *testing.T, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "data.bin")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFilesArePlainOrPacked(t *testing.T) {
	want := noise(3_000_000)
	for name, b := range map[string][]byte{"plain": want, "packed": pack(t, want), "packed in two parts": append(pack(t, want[:1000]), pack(t, want[1000:])...)} {
		f, err := source.Open(context.Background(), "thing", write(t, b))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(f)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
		if f.Packed() != (name != "plain") || f.Size != int64(len(b)) {
			t.Errorf("%s: packed %v, %d bytes", name, f.Packed(), f.Size)
		}
		if err := f.Close(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, short := range []string{"", "x", "\x1f"} {
		f, err := source.Open(context.Background(), "thing", write(t, []byte(short)))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(f); err != nil || string(got) != short {
			t.Errorf("%q is read as %q, %v", short, got, err)
		}
		f.Close()
	}
}

func TestDamagedPacking(t *testing.T) {
	whole := pack(t, noise(10_000))
	wrongSum := bytes.Clone(whole)
	wrongSum[len(wrongSum)-6] ^= 1
	for name, c := range map[string]struct {
		b    []byte
		says string
	}{
		"a cut head":    {whole[:5], "ends too early"},
		"a cut end":     {whole[:len(whole)-1], "ends too early"},
		"a cut middle":  {whole[:len(whole)/2], "ends too early"},
		"a wrong head":  {[]byte("\x1f\x8b\x00\x00\x00\x00\x00\x00\x00\x00\x00"), "gzip packing is damaged"},
		"a wrong sum":   {wrongSum, "gzip packing is damaged"},
		"a wrong block": {append(bytes.Clone(whole[:10]), 0xff, 0xff, 0xff, 0xff), "gzip packing is damaged"},
	} {
		path := write(t, c.b)
		f, err := source.Open(context.Background(), "thing", path)
		if err == nil {
			_, err = io.ReadAll(f)
			err = f.Wrap(err)
			f.Close()
		}
		var file *mat32.FileError
		if !errors.As(err, &file) || file.Path != path || file.Kind != "thing" || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatIsNoFile(t *testing.T) {
	if _, err := source.Open(context.Background(), "thing", filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	folder := t.TempDir()
	_, err := source.Open(context.Background(), "thing", folder)
	var file *mat32.FileError
	if !errors.As(err, &file) || file.Path != folder || !strings.Contains(err.Error(), "it is a folder") {
		t.Errorf("a folder: %v", err)
	}
}

func TestProgressIsOfTheFile(t *testing.T) {
	for name, b := range map[string][]byte{"plain": noise(9 << 20), "packed": pack(t, noise(9<<20))} {
		var events []watch.Event
		ctx := watch.With(context.Background(), func(e watch.Event) { events = append(events, e) })
		f, err := source.Open(ctx, "thing", write(t, b))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, f); err != nil {
			t.Fatal(err)
		}
		f.Close()
		if len(events) < 3 || len(events) > 6 {
			t.Errorf("%s: %d events", name, len(events))
		}
		for i, e := range events {
			if e.Stage != "reading data.bin" || e.Total != len(b) || i > 0 && e.Done <= events[i-1].Done {
				t.Errorf("%s: event %d is %+v", name, i, e)
			}
		}
		if last := events[len(events)-1]; last.Done != len(b) {
			t.Errorf("%s: %d bytes of %d are done in the end", name, last.Done, len(b))
		}
	}
}

func TestCancelEndsReading(t *testing.T) {
	for name, b := range map[string][]byte{"plain": noise(8 << 20), "packed": pack(t, noise(8<<20))} {
		ctx, cancel := context.WithCancel(context.Background())
		f, err := source.Open(ctx, "thing", write(t, b))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.CopyN(io.Discard, f, 100_000); err != nil {
			t.Fatal(err)
		}
		cancel()
		_, err = io.Copy(io.Discard, f)
		if err = f.Wrap(err); err != context.Canceled {
			t.Errorf("%s: %v", name, err)
		}
		f.Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), -time.Second)
	defer cancel()
	if _, err := source.Open(ctx, "thing", write(t, []byte("x"))); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("too late: %v", err)
	}
}

// A small file that unpacks to much is read as far as one likes.
func TestUnpackingIsBounded(t *testing.T) {
	testenv.Unraced(t)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := io.CopyN(z, zeros{}, 64<<20); err != nil {
		t.Fatal(err)
	}
	z.Close()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f, err := source.From(context.Background(), "thing", "", &packed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, f); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if spent := after.TotalAlloc - before.TotalAlloc; spent > 8<<20 {
		t.Errorf("%d bytes", spent)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestErrorsAreWorded(t *testing.T) {
	f, err := source.From(context.Background(), "thing", "name", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	for got, want := range map[string]string{
		f.Errorf("it has %d", 3).Error():                      "reading the thing name: it has 3",
		f.ErrorAt(7, "age", "it is %q", "old").Error():        "reading the thing name, line 7, age: it is \"old\"",
		f.Wrap(io.ErrUnexpectedEOF).Error():                   "reading the thing name: it ends too early: it is cut off, or it is not such a file",
		f.Wrap(errors.New("the disk is on fire")).Error():     "reading the thing name: the disk is on fire",
		f.Wrap(f.ErrorAt(7, "", "it stays as it is")).Error(): "reading the thing name, line 7: it stays as it is",
	} {
		if got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
	}
	if f.Wrap(nil) != nil || f.Wrap(context.Canceled) != context.Canceled || !errors.Is(f.Wrap(io.EOF), io.EOF) {
		t.Error("nil, a cancel or the cause is lost")
	}
	var over *mat32.MemoryError
	if err := f.CheckMemory("m", 3, 2, "less"); !errors.As(err, &over) || over.Path != "name" || f.Wrap(err) != err {
		t.Errorf("too much memory: %v", err)
	}
	var param *mat32.ParamError
	if err := f.CheckMemory("m", 1, -1, "less"); !errors.As(err, &param) || f.Wrap(err) != err {
		t.Errorf("a negative limit: %v", err)
	}
	if err := f.CheckMemory("m", 2, 2, "less"); err != nil {
		t.Error(err)
	}
	failing := errors.New("no more")
	if _, err := source.From(context.Background(), "thing", "name", failed{failing}); !errors.Is(err, failing) {
		t.Errorf("a reader that fails: %v", err)
	}
}

type failed struct{ err error }

func (f failed) Read([]byte) (int, error) { return 0, f.err }
