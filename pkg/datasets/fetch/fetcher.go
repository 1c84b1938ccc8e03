package fetch

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/flatland-go/flatland/internal/lock"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// None is a number of Retries that means none at all.
const None = -1

// Fetcher brings the files of sets here and keeps them. Its zero value is what
// most want; every field but Client can be given as well by the environment of
// the program or is rarely needed. It is safe for concurrent use.
type Fetcher struct {
	// Dir is the folder that holds the folders of sets. Default
	// $FLATLAND_DATA, or else the folder flatland in the user's cache.
	Dir string

	// Mirror is an address below which the files lie as they do below Dir: a Dir
	// that somebody serves by HTTP. It is asked before the published addresses.
	// Default $FLATLAND_DATA_MIRROR, or else none.
	Mirror string

	// Offline forbids downloads. So does FLATLAND_OFFLINE=1.
	Offline bool

	// Retries is how often an address is tried again that failed in a way that
	// may pass: a server error, a time-out, a connection that broke. A download
	// that got on by a megabyte starts counting anew. Default 4; None means none.
	Retries int

	// Wait is the time before the first retry; it doubles at each that follows, to
	// at most 30 s. A server that asks for more time is given it, up to 30 s.
	// Default 500 ms.
	Wait time.Duration

	// Stall is the time without a byte after which a try has failed. Default
	// 30 s.
	Stall time.Duration

	// Limit is the most bytes that are taken of a file that does not say how
	// large it is, or of the members of an archive. Default 4 GiB.
	Limit int64

	// Client makes the requests. Default one that goes through the proxy named in
	// the environment and follows at most 5 redirects, none from https to http.
	Client *http.Client
}

const (
	partEnding = ".part"
	lockEnding = ".lock"
	fromEnding = ".from" + partEnding // beside a part: where it came from

	longestWait = 30 * time.Second
)

// Resolve returns the fetcher with its defaults filled in, or a
// *mat32.ParamError for values out of range.
func (f Fetcher) Resolve() (Fetcher, error) {
	refuse := func(param string, value any, want string) (Fetcher, error) {
		return f, &mat32.ParamError{Method: "fetch.Fetcher", Param: param, Value: value, Want: want}
	}
	if f.Dir == "" {
		f.Dir = os.Getenv("FLATLAND_DATA")
	}
	if f.Dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return refuse("Dir", `""`, "a folder, since this user has no folder for caches ("+err.Error()+"); FLATLAND_DATA may name one")
		}
		f.Dir = filepath.Join(cache, "flatland")
	}
	dir, err := filepath.Abs(f.Dir)
	if err != nil {
		return refuse("Dir", f.Dir, "a folder: "+err.Error())
	}
	f.Dir = dir
	if f.Mirror == "" {
		f.Mirror = os.Getenv("FLATLAND_DATA_MIRROR")
	}
	if f.Mirror != "" {
		if u, err := url.Parse(f.Mirror); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
			return refuse("Mirror", fmt.Sprintf("%q", f.Mirror), "an address that begins with https:// or http://")
		}
	}
	if text := os.Getenv("FLATLAND_OFFLINE"); text != "" && !f.Offline {
		if f.Offline, err = strconv.ParseBool(text); err != nil {
			return refuse("Offline", "FLATLAND_OFFLINE="+text, "FLATLAND_OFFLINE=1 or FLATLAND_OFFLINE=0")
		}
	}
	switch {
	case f.Retries == 0:
		f.Retries = 4
	case f.Retries < None:
		return refuse("Retries", f.Retries, "0 ≤ Retries, or None")
	}
	for _, d := range []struct {
		name  string
		value *time.Duration
		zero  time.Duration
	}{{"Wait", &f.Wait, 500 * time.Millisecond}, {"Stall", &f.Stall, 30 * time.Second}} {
		if *d.value < 0 {
			return refuse(d.name, *d.value, "0 ≤ "+d.name)
		}
		if *d.value == 0 {
			*d.value = d.zero
		}
	}
	if f.Limit < 0 {
		return refuse("Limit", f.Limit, "0 ≤ Limit")
	}
	if f.Limit == 0 {
		f.Limit = 4 << 30
	}
	return f, nil
}

// Fetch returns the paths of the set's files on this machine, in their order; of
// an archive with Members, the paths of these. Those that are not here yet are
// downloaded.
//
// Every file is checked against its digest each time, downloaded or not, which
// takes about a second for a gigabyte; a file that fails is downloaded again.
// Members are not, once they are unpacked. A download that was cut off, by
// whatever, goes on where it ended when the server can do that and the file has
// not changed there. Files appear whole, by renaming, and one program at a time
// downloads a file while others that want it wait.
//
// Progress, in bytes, goes to whoever watches ctx. Memory is bounded by a few
// hundred kilobytes; a file takes no more room on disk than its Size or Limit.
//
// Errors are a *mat32.ParamError for a set that cannot be; one
// *UnavailableError for every file that is not here and may not be downloaded,
// or for the first that could not be, with the reasons it wraps (*StatusError,
// *MismatchError, *SizeError, those of net/http); a *StoreError where files cannot
// be kept; a *mat32.FileError for an archive that lacks a member; and what wraps
// ctx.Err() when ctx ends, which is heard within 250 ms.
func (f Fetcher) Fetch(ctx context.Context, s Set) ([]string, error) {
	f, err := f.Resolve()
	if err != nil {
		return nil, err
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	client, done := f.client()
	defer done()
	var paths []string
	var absent []error
	for _, file := range s.Files {
		on := item{Fetcher: f, set: s, file: file, client: client, path: filepath.Join(f.Dir, s.folder(), file.Name)}
		got, err := on.fetch(ctx)
		var unavailable *UnavailableError
		switch {
		case ctx.Err() != nil && err != nil:
			return nil, fmt.Errorf("fetch: %s: %s: %w", s.Name, file.Name, ctx.Err())
		case f.Offline && errors.As(err, &unavailable):
			absent = append(absent, err) // tell of all of them at once
		case err != nil:
			return nil, err
		}
		paths = append(paths, got...)
	}
	if absent != nil {
		return nil, errors.Join(absent...)
	}
	return paths, nil
}

// item is one file on its way.
type item struct {
	Fetcher
	set    Set
	file   File
	path   string // where it goes
	client *http.Client
	alone  bool // that no other program brings it at the same time
}

func (t *item) fetch(ctx context.Context) ([]string, error) {
	if paths, all := t.unpacked(); all {
		return paths, nil
	}
	here, damage, err := t.here(ctx)
	if err != nil {
		return nil, err
	}
	if here && t.file.Members == nil {
		return []string{t.path}, nil
	}
	if !here && t.Offline {
		return nil, t.unavailable(damage)
	}
	unlock, err := t.turn(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	// Somebody else may have brought it while this one waited.
	if here, damage, err = t.here(ctx); err != nil {
		return nil, err
	}
	if !here {
		if err := t.download(ctx, damage); err != nil {
			return nil, err
		}
	}
	if t.file.Members == nil {
		return []string{t.path}, nil
	}
	return t.unpack(ctx)
}

func (t *item) unavailable(reasons ...error) error {
	e := &UnavailableError{Set: t.set.Name, File: t.file, Path: t.path, Offline: t.Offline}
	for _, r := range reasons {
		if r != nil {
			e.Reasons = append(e.Reasons, r)
		}
	}
	return e
}

// here says whether the file is here as it was published, and if it is here
// otherwise, how it differs.
func (t *item) here(ctx context.Context) (here bool, damage, err error) {
	info, err := os.Stat(t.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil, nil
	case err != nil:
		return false, nil, t.store(err)
	case !info.Mode().IsRegular():
		return false, nil, t.store(errors.New("something that is not a file is in its place"))
	}
	err = t.verify(ctx, t.path, t.path)
	var mismatch *MismatchError
	if errors.As(err, &mismatch) {
		return false, err, nil
	}
	return err == nil, nil, err
}

func (t *item) store(err error) error {
	return &StoreError{Path: t.path, Need: t.file.Size, Err: err}
}

// verify reads a file and compares it with what was published. Errors tell of it
// as where.
func (t *item) verify(ctx context.Context, path, where string) error {
	f, err := os.Open(path)
	if err != nil {
		return t.store(err)
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && t.file.Size > 0 && info.Size() != t.file.Size {
		return &MismatchError{Where: where, What: "size", Got: strconv.FormatInt(info.Size(), 10), Want: strconv.FormatInt(t.file.Size, 10)}
	}
	sums := []struct {
		what, want string
		hash       hash.Hash
	}{{"SHA-256", t.file.SHA256, sha256.New()}, {"MD5", t.file.MD5, md5.New()}}
	var writers []io.Writer
	for _, s := range sums {
		if s.want != "" {
			writers = append(writers, s.hash)
		}
	}
	if _, err := io.CopyBuffer(io.MultiWriter(writers...), cancellable{ctx, f}, make([]byte, bufferSize)); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return t.store(err)
	}
	for _, s := range sums {
		if got := hex.EncodeToString(s.hash.Sum(nil)); s.want != "" && !strings.EqualFold(got, s.want) {
			return &MismatchError{Where: where, What: s.what, Got: got, Want: strings.ToLower(s.want)}
		}
	}
	return nil
}

const bufferSize = 128 << 10

// cancellable is a reader that ends when its context does.
type cancellable struct {
	ctx context.Context
	r   io.Reader
}

func (c cancellable) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// turn makes the file's folder and waits until nobody else is bringing the file.
// Where files cannot be locked everybody has a turn at once: that wastes work and
// harms nothing, since parts then have names of their own and files appear whole.
func (t *item) turn(ctx context.Context) (done func(), err error) {
	if err := os.MkdirAll(filepath.Dir(t.path), 0o755); err != nil {
		return nil, t.store(err)
	}
	for told := false; ; told = true {
		f, err := lock.Try(t.path + lockEnding)
		switch {
		case err == nil:
			t.alone = true
			return func() { lock.Release(f) }, nil
		case errors.Is(err, errors.ErrUnsupported):
			return func() {}, nil
		case !errors.Is(err, lock.ErrHeld):
			return nil, t.store(err)
		}
		if !told {
			watch.Note(ctx, t.stage(), "it is being brought elsewhere: waiting")
		}
		if err := sleep(ctx, 25*time.Millisecond); err != nil {
			return nil, err
		}
	}
}

func (t *item) stage() string { return "fetch: " + t.set.Name + ": " + t.file.Name }

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
