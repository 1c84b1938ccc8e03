package cell

import (
	"bufio"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/flatland-go/flatland/internal/lock"
)

// A store is a directory of results, each in a file named by its key.
type store struct {
	dir   string
	limit int64 // bytes
}

const (
	keptEnding = ".kept"
	lockEnding = ".lock"
	tempPrefix = ".writing-"

	// defaultLimit leaves room for some hundred models of a few thousand rows.
	defaultLimit = 2 << 30

	// abandoned is the age at which what a killed program left behind is removed. Nothing takes that long to write.
	abandoned = 24 * time.Hour
)

func openStore() (store, error) {
	s := store{dir: os.Getenv("FLATLAND_STORE"), limit: defaultLimit}
	if text := os.Getenv("FLATLAND_STORE_LIMIT"); text != "" {
		limit, err := parseBytes(text)
		if err != nil {
			return store{}, fmt.Errorf("FLATLAND_STORE_LIMIT is %q, want a number of bytes such as 500MiB", text)
		}
		s.limit = limit
	}
	if s.dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return store{}, err
		}
		s.dir = filepath.Join(cache, "flatland", "kept")
	}
	return s, os.MkdirAll(s.dir, 0o700)
}

func parseBytes(text string) (int64, error) {
	unit := int64(1)
	for _, u := range []struct {
		ending string
		bytes  int64
	}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40}, {"B", 1}} {
		if number, ok := strings.CutSuffix(text, u.ending); ok {
			text, unit = number, u.bytes
			break
		}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, err
	}
	if n < 0 || n > math.MaxInt64/unit {
		return 0, strconv.ErrRange
	}
	return n * unit, nil
}

func (s store) path(key digest, ending string) string {
	return filepath.Join(s.dir, hex.EncodeToString(key[:])+ending)
}

func (s store) remove(key digest) error { return os.Remove(s.path(key, keptEnding)) }

// magic begins every file; the number is that of the layout: magic, key, when it was computed in Unix seconds (8 bytes), the length of what it
// is (1 byte), what it is, content, and the SHA-256 of all these.
const magic = "flatland kept 2\n"

// A head is what a file says of itself before its content.
type head struct {
	key  digest
	made time.Time
	what string // at most 255 bytes
}

const fixedHead = len(magic) + sha256.Size + 9

func (h head) bytes() []byte {
	what := h.what[:min(len(h.what), math.MaxUint8)]
	b := append([]byte(magic), h.key[:]...)
	b = binary.LittleEndian.AppendUint64(b, uint64(h.made.Unix()))
	return append(append(b, byte(len(what))), what...)
}

// readHead reads a head; the error is errDamaged where there is none.
func readHead(r io.Reader) (head, error) {
	b := make([]byte, fixedHead)
	if _, err := io.ReadFull(r, b); err != nil || string(b[:len(magic)]) != magic {
		return head{}, errDamaged
	}
	what := make([]byte, b[fixedHead-1])
	if _, err := io.ReadFull(r, what); err != nil {
		return head{}, errDamaged
	}
	b = b[len(magic):]
	return head{digest(b[:sha256.Size]), time.Unix(int64(binary.LittleEndian.Uint64(b[sha256.Size:])), 0), string(what)}, nil
}

var errDamaged = errors.New("the file is damaged")

// An entry is the place of one result in a store.
type entry struct {
	store  store
	key    digest
	what   string // in words
	format format
}

// load reads the result into out, a *T. On an error, among them that there is none or that its file is damaged, out is left alone.
func (e entry) load(out any) error {
	name := e.store.path(e.key, keptEnding)
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	content, err := e.check(f)
	if err != nil {
		return err
	}
	fresh := reflect.New(reflect.TypeOf(out).Elem())
	if err := e.format.decode(content, fresh.Interface()); err != nil {
		return err
	}
	reflect.ValueOf(out).Elem().Set(fresh.Elem())
	now := time.Now()
	os.Chtimes(name, now, now) // when it was used last; in a store that cannot be written nothing is evicted either
	return nil
}

// check reads the whole file once, so that nothing damaged is ever decoded, and returns its content.
func (e entry) check(f *os.File) (io.Reader, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	h := sha256.New()
	begins, err := readHead(io.TeeReader(f, h))
	if err != nil {
		return nil, err
	}
	before, after := int64(fixedHead+len(begins.what)), int64(sha256.Size)
	size := info.Size()
	if size < before+after || begins.key != e.key {
		return nil, errDamaged
	}
	if _, err := io.CopyN(h, f, size-before-after); err != nil {
		return nil, err
	}
	var sum digest
	if _, err := io.ReadFull(f, sum[:]); err != nil {
		return nil, err
	}
	if sum != digest(h.Sum(nil)) {
		return nil, errDamaged
	}
	return bufio.NewReaderSize(io.NewSectionReader(f, before, size-before-after), 1<<16), nil
}

// save writes the result that out, a *T, points to. The file appears whole or not at all. Its bytes are not forced to the disk: the
// checksum finds what a power cut leaves.
func (e entry) save(out any) (err error) {
	f, err := os.CreateTemp(e.store.dir, tempPrefix)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	h := sha256.New()
	w := bufio.NewWriterSize(f, 1<<16)
	both := io.MultiWriter(w, h)
	if _, err := both.Write(head{e.key, time.Now(), e.what}.bytes()); err != nil {
		return err
	}
	if err := e.format.encode(both, out); err != nil {
		return err
	}
	if _, err := w.Write(h.Sum(nil)); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), e.store.path(e.key, keptEnding)); err != nil {
		return err
	}
	e.store.evict(e.key)
	return nil
}

// evict removes the results used longest ago until the rest is within the limit, and what killed programs have left. The newest stays,
// however large. Another program may do the same at the same time, so what cannot be removed has been.
func (s store) evict(newest digest) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return
	}
	type result struct {
		path string
		size int64
		used time.Time
	}
	var results []result
	var total int64
	for _, d := range entries {
		info, err := d.Info()
		if err != nil {
			continue
		}
		path := filepath.Join(s.dir, d.Name())
		old := time.Since(info.ModTime()) > abandoned
		switch {
		case strings.HasSuffix(path, keptEnding):
			total += info.Size()
			if path != s.path(newest, keptEnding) {
				results = append(results, result{path, info.Size(), info.ModTime()})
			}
		case strings.HasPrefix(d.Name(), tempPrefix) && old:
			os.Remove(path)
		case strings.HasSuffix(path, lockEnding) && old:
			if f, err := lock.Try(path); err == nil {
				lock.Release(f)
			}
		}
	}
	slices.SortFunc(results, func(a, b result) int { return cmp.Or(a.used.Compare(b.used), cmp.Compare(a.path, b.path)) })
	for _, r := range results {
		if total <= s.limit {
			return
		}
		if os.Remove(r.path) == nil {
			total -= r.size
		}
	}
}

// lock waits until nobody else computes the result with this key, and returns what ends the turn. The system ends it too when the program
// dies. Where files cannot be locked, everybody has a turn at once: that wastes work and harms nothing, since files appear whole.
func (s store) lock(ctx context.Context, key digest, title string) (done func(), err error) {
	path := s.path(key, lockEnding)
	f, err := lock.Try(path)
	if errors.Is(err, lock.ErrHeld) {
		_, hide := bar.watch(ctx, title+" is being computed elsewhere: waiting")
		defer hide()
		poll := time.NewTicker(25 * time.Millisecond)
		defer poll.Stop()
		for errors.Is(err, lock.ErrHeld) {
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-poll.C:
				f, err = lock.Try(path)
			}
		}
	}
	if err != nil {
		return func() {}, nil
	}
	return func() { lock.Release(f) }, nil
}
