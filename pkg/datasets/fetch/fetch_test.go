package fetch_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/flatland-go/flatland/pkg/datasets/fetch"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// content is n bytes that no two of these tests share.
func content(seed uint64, n int) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func sum(b []byte) string { s := sha256.Sum256(b); return hex.EncodeToString(s[:]) }

// site is a server that answers the k-th request, counted from 0, as it is told.
type site struct {
	*httptest.Server
	mu       sync.Mutex
	requests []*http.Request
}

func serve(t *testing.T, answer func(k int, w http.ResponseWriter, r *http.Request)) *site {
	t.Helper()
	s := &site{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		k := len(s.requests)
		s.requests = append(s.requests, r)
		s.mu.Unlock()
		answer(k, w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *site) seen() []*http.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// whole answers with all of body, or the range that is asked for, under a tag.
func whole(body []byte, tag string) func(int, http.ResponseWriter, *http.Request) {
	return func(_ int, w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", tag)
		http.ServeContent(w, r, "f.bin", time.Time{}, bytes.NewReader(body))
	}
}

// cut answers with the first n bytes of body and breaks the connection.
func cut(w http.ResponseWriter, body []byte, n int, header ...string) {
	for i := 0; i+1 < len(header); i += 2 {
		w.Header().Set(header[i], header[i+1])
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.Write(body[:n])
	w.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}

func one(body []byte, urls ...string) fetch.Set {
	return fetch.Set{Name: "set", Files: []fetch.File{{Name: "f.bin", URLs: urls, Size: int64(len(body)), SHA256: sum(body)}}}
}

// quick is a fetcher into a new folder that does not wait long.
func quick(t *testing.T) fetch.Fetcher {
	t.Helper()
	for _, name := range []string{"FLATLAND_DATA", "FLATLAND_DATA_MIRROR", "FLATLAND_OFFLINE"} {
		t.Setenv(name, "")
	}
	return fetch.Fetcher{Dir: t.TempDir(), Wait: time.Millisecond}
}

func want(t *testing.T, f fetch.Fetcher, s fetch.Set, body []byte) {
	t.Helper()
	paths, err := f.Fetch(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{filepath.Join(f.Dir, "set", "f.bin")}; !slices.Equal(paths, want) {
		t.Fatalf("it is at %v, want %v", paths, want)
	}
	got, err := os.ReadFile(paths[0])
	if err != nil || !bytes.Equal(got, body) {
		t.Fatalf("it has %d bytes, want the %d that were served: %v", len(got), len(body), err)
	}
	entries, err := os.ReadDir(filepath.Dir(paths[0]))
	if err != nil || len(entries) != 1 {
		t.Fatalf("the folder holds %v: %v", entries, err)
	}
}

func TestAFileIsDownloadedOnce(t *testing.T) {
	body := content(1, 300_000)
	server := serve(t, whole(body, `"v1"`))
	f := quick(t)
	for range 2 {
		want(t, f, one(body, server.URL), body)
	}
	if n := len(server.seen()); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
	if got := server.seen()[0].Header.Get("Accept-Encoding"); got != "identity" {
		t.Errorf("it asked for the encoding %q", got)
	}
}

func TestADamagedFileIsDownloadedAgain(t *testing.T) {
	body := content(2, 3000)
	server := serve(t, whole(body, `"v1"`))
	f := quick(t)
	s := one(body, server.URL)
	want(t, f, s, body)
	for _, damaged := range [][]byte{body[:2999], append([]byte{body[0] ^ 1}, body[1:]...), nil} {
		if err := os.WriteFile(filepath.Join(f.Dir, "set", "f.bin"), damaged, 0o644); err != nil {
			t.Fatal(err)
		}
		away := f
		away.Offline = true
		_, err := away.Fetch(t.Context(), s)
		var unavailable *fetch.UnavailableError
		var mismatch *fetch.MismatchError
		if !errors.As(err, &unavailable) || !errors.As(err, &mismatch) {
			t.Errorf("offline, a damaged file gives %v", err)
		}
		want(t, f, s, body)
	}
	if n := len(server.seen()); n != 4 {
		t.Errorf("%d requests, want 4", n)
	}
}

// A download that is cut off, by the server, by a cancel or because it gives up,
// goes on where it ended; what was there is not sent again.
func TestADownloadThatWasCutOffGoesOn(t *testing.T) {
	body := content(3, 500_000)
	for _, tag := range [][]string{{"ETag", `"v1"`}, {"Last-Modified", "Mon, 02 Jan 2006 15:04:05 GMT"}} {
		var sent atomic.Int64
		server := serve(t, func(k int, w http.ResponseWriter, r *http.Request) {
			if k < 2 {
				cut(w, body, 200_000, tag...)
			}
			w.Header().Set(tag[0], tag[1])
			var modified time.Time
			if tag[0] == "Last-Modified" {
				modified, _ = http.ParseTime(tag[1])
			}
			http.ServeContent(counting{w, &sent}, r, "f.bin", modified, bytes.NewReader(body))
		})
		f := quick(t)
		f.Retries = fetch.None
		s := one(body, server.URL)
		if _, err := f.Fetch(t.Context(), s); err == nil {
			t.Fatal("a download that was cut off gave no error")
		}
		f.Retries = 2
		want(t, f, s, body)
		seen := server.seen()
		if len(seen) != 3 {
			t.Fatalf("%d requests, want 3", len(seen))
		}
		if got := seen[1].Header; got.Get("Range") != "bytes=200000-" || got.Get("If-Range") != tag[1] {
			t.Errorf("the second request asks for %q of %q", got.Get("Range"), got.Get("If-Range"))
		}
		if sent.Load() > 300_000 {
			t.Errorf("the last answer had %d bytes, want the 300 000 that were missing", sent.Load())
		}
	}
}

// A server that breaks off again and again is not given up while it brings much.
func TestADownloadThatGetsOnIsNotGivenUp(t *testing.T) {
	body := content(31, 6<<20)
	server := serve(t, func(k int, w http.ResponseWriter, r *http.Request) {
		var from int
		fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from)
		w.Header().Set("ETag", `"v1"`)
		w.Header().Set("Content-Length", strconv.Itoa(len(body)-from))
		if from > 0 {
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(body)-1, len(body)))
			w.WriteHeader(http.StatusPartialContent)
		}
		w.Write(body[from:min(from+3<<19, len(body))])
		w.(http.Flusher).Flush()
		if from+3<<19 < len(body) {
			panic(http.ErrAbortHandler)
		}
	})
	f := quick(t)
	f.Retries = 1
	want(t, f, one(body, server.URL), body)
	if n := len(server.seen()); n != 4 {
		t.Errorf("%d requests, want 4", n)
	}
}

// What nobody can go on from is not left on the disk.
func TestPartsOfNoUseAreRemoved(t *testing.T) {
	body := content(32, 200_000)
	server := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) { cut(w, body, 100_000) })
	f := quick(t)
	f.Retries = 1
	if _, err := f.Fetch(t.Context(), one(body, server.URL)); err == nil {
		t.Fatal("no error")
	}
	if entries, err := os.ReadDir(filepath.Join(f.Dir, "set")); err != nil || len(entries) != 0 {
		t.Errorf("it left %v: %v", entries, err)
	}
}

type counting struct {
	http.ResponseWriter
	n *atomic.Int64
}

func (c counting) Write(p []byte) (int, error) {
	c.n.Add(int64(len(p)))
	return c.ResponseWriter.Write(p)
}

// A server that does not know ranges, one whose file has changed, one that sends
// another range than the one asked for, and one that has no validator, are all
// read from the start.
func TestWhatCannotGoOnBeginsAnew(t *testing.T) {
	body, old := content(4, 400_000), content(5, 400_000)
	for name, then := range map[string]func(http.ResponseWriter, *http.Request){
		"no ranges": func(w http.ResponseWriter, r *http.Request) { w.Write(body) },
		"changed":   func(w http.ResponseWriter, r *http.Request) { whole(body, `"v2"`)(0, w, r) },
		"another range": func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Range") == "" {
				w.Write(body)
				return
			}
			w.Header().Set("Content-Range", "bytes 0-399999/400000")
			w.WriteHeader(http.StatusPartialContent)
			w.Write(body)
		},
		"changed, but If-Range ignored": func(w http.ResponseWriter, r *http.Request) {
			r.Header.Del("If-Range")
			whole(body, `"v2"`)(0, w, r)
		},
		"changed without a word": func(w http.ResponseWriter, r *http.Request) { // only the digest tells
			r.Header.Del("If-Range")
			whole(body, "")(0, w, r)
		},
		"no such range": func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Range") != "" {
				w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
				return
			}
			w.Write(body)
		},
		"a range that nobody asked for": func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Range") != "" {
				w.WriteHeader(http.StatusInternalServerError)
				return
			}
			w.Write(body)
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := serve(t, func(k int, w http.ResponseWriter, r *http.Request) {
				if k == 0 {
					tag := `"v1"`
					if name == "a range that nobody asked for" {
						tag = `W/"v1"` // a weak tag says nothing of bytes
					}
					cut(w, old, 150_000, "ETag", tag)
				}
				then(w, r)
			})
			want(t, quick(t), one(body, server.URL), body)
		})
	}
}

func TestWhatMayPassIsTriedAgain(t *testing.T) {
	body := content(6, 2000)
	for _, code := range []int{500, 502, 503, 504, 429, 408} {
		server := serve(t, func(k int, w http.ResponseWriter, r *http.Request) {
			if k < 3 {
				w.WriteHeader(code)
				return
			}
			w.Write(body)
		})
		want(t, quick(t), one(body, server.URL), body)
		f := quick(t)
		f.Retries = 2
		again := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) { w.WriteHeader(code) })
		_, err := f.Fetch(t.Context(), one(body, again.URL))
		var status *fetch.StatusError
		if !errors.As(err, &status) || status.Code != code || len(again.seen()) != 3 {
			t.Errorf("%d: after %d requests %v", code, len(again.seen()), err)
		}
	}
	for _, code := range []int{400, 401, 403, 404, 410, 204, 304} {
		server := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) { w.WriteHeader(code) })
		_, err := quick(t).Fetch(t.Context(), one(body, server.URL))
		var status *fetch.StatusError
		if !errors.As(err, &status) || status.Code != code || len(server.seen()) != 1 {
			t.Errorf("%d: after %d requests %v", code, len(server.seen()), err)
		}
	}
}

func TestAServerThatAsksForTimeIsGivenIt(t *testing.T) {
	body := content(7, 2000)
	for _, header := range []func() string{
		func() string { return "1" },
		func() string { return time.Now().Add(2 * time.Second).UTC().Format(http.TimeFormat) },
	} {
		server := serve(t, func(k int, w http.ResponseWriter, r *http.Request) {
			if k == 0 {
				w.Header().Set("Retry-After", header())
				w.WriteHeader(http.StatusTooManyRequests)
				return
			}
			w.Write(body)
		})
		begin := time.Now()
		want(t, quick(t), one(body, server.URL), body)
		if took := time.Since(begin); took < 500*time.Millisecond {
			t.Errorf("after %q it tried again in %v", header(), took)
		}
	}
}

func TestTheNextAddressIsTried(t *testing.T) {
	body := content(8, 2000)
	lacks := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) { w.WriteHeader(404) })
	other := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) { w.Write(content(9, 2000)) })
	short := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) { w.Write(body[:1000]) })
	gone := httptest.NewServer(nil)
	gone.Close()
	has := serve(t, whole(body, `"v1"`))
	want(t, quick(t), one(body, lacks.URL, other.URL, short.URL, gone.URL, has.URL), body)
	if len(lacks.seen()) != 1 || len(other.seen()) != 1 || len(short.seen()) != 1 || len(has.seen()) != 1 {
		t.Error("an address that will not do was asked twice")
	}

	f := quick(t)
	_, err := f.Fetch(t.Context(), one(body, lacks.URL, other.URL, short.URL, gone.URL))
	var unavailable *fetch.UnavailableError
	if !errors.As(err, &unavailable) || len(unavailable.Reasons) != 4 {
		t.Fatalf("%v", err)
	}
	for _, says := range []string{lacks.URL + ": the server answered 404 Not Found", other.URL + ": its SHA-256 is " + sum(content(9, 2000)) + ", want " + sum(body),
		short.URL + ": its size is 1000, want 2000", gone.URL, filepath.Join(f.Dir, "set", "f.bin"), "2.0 kB"} {
		if !strings.Contains(err.Error(), says) {
			t.Errorf("the error lacks %q:\n%v", says, err)
		}
	}
	if entries, _ := os.ReadDir(filepath.Join(f.Dir, "set")); len(entries) != 0 {
		t.Errorf("what cannot be used was left behind: %v", entries)
	}
}

func TestTheMirrorIsAskedFirst(t *testing.T) {
	body := content(10, 2000)
	origin := serve(t, whole(body, `"v1"`))
	mirror := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/data/set/f.bin" {
			w.WriteHeader(404)
			return
		}
		w.Write(body)
	})
	f := quick(t)
	t.Setenv("FLATLAND_DATA_MIRROR", mirror.URL+"/data")
	want(t, f, one(body, origin.URL), body)
	if len(origin.seen()) != 0 || len(mirror.seen()) != 1 {
		t.Errorf("the mirror was asked %d times, the publisher %d", len(mirror.seen()), len(origin.seen()))
	}
	f = quick(t)
	f.Mirror = mirror.URL + "/none/"
	want(t, f, one(body, origin.URL), body)
	if len(origin.seen()) != 1 {
		t.Errorf("a mirror without the file: the publisher was asked %d times", len(origin.seen()))
	}
}

func TestRedirectsAreLimited(t *testing.T) {
	body := content(11, 2000)
	var hops atomic.Int64
	server := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		left, _ := strconv.Atoi(r.URL.Query().Get("left"))
		if hops.Add(1); left == 0 {
			w.Write(body)
			return
		}
		http.Redirect(w, r, fmt.Sprintf("/?left=%d", left-1), http.StatusFound)
	})
	want(t, quick(t), one(body, server.URL+"/?left=5"), body)
	hops.Store(0)
	if _, err := quick(t).Fetch(t.Context(), one(body, server.URL+"/?left=1000000")); err == nil || !strings.Contains(err.Error(), "redirects more than 5 times") {
		t.Errorf("a loop of redirects: %v", err)
	}
	if hops.Load() != 6 {
		t.Errorf("%d requests were made in a loop of redirects, want 6", hops.Load())
	}

	secure := httptest.NewTLSServer(http.RedirectHandler(server.URL+"/?left=0", http.StatusFound))
	defer secure.Close()
	f := quick(t)
	f.Client = secure.Client()
	if _, err := f.Fetch(t.Context(), one(body, secure.URL)); err == nil || !strings.Contains(err.Error(), "from https to http") {
		t.Errorf("a redirect out of https: %v", err)
	}
	if _, err := quick(t).Fetch(t.Context(), one(body, secure.URL)); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a server that nobody vouches for: %v", err)
	}
}

func zip(t *testing.T, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// Servers compress though nobody asked them to, or say that they did of a file that
// is compressed by itself.
func TestEncodings(t *testing.T) {
	plain := bytes.Repeat([]byte("1,2,3\n"), 50_000)
	packed := zip(t, plain)
	encoded := func(body []byte, encoding string) func(int, http.ResponseWriter, *http.Request) {
		return func(_ int, w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", encoding)
			w.Header().Set("Content-Length", strconv.Itoa(len(body)))
			w.Write(body)
		}
	}
	for name, c := range map[string]struct {
		sent, file []byte
		size       bool
	}{
		"compressed on the way":                  {packed, plain, true},
		"compressed on the way, of unknown size": {packed, plain, false},
		"compressed by itself":                   {packed, packed, true},
		"compressed by itself and on the way":    {zip(t, packed), packed, true},
	} {
		s := one(c.file, serve(t, encoded(c.sent, "gzip")).URL)
		if !c.size {
			s.Files[0].Size = 0
		}
		t.Run(name, func(t *testing.T) { want(t, quick(t), s, c.file) })
	}
	t.Run("by its name", func(t *testing.T) {
		s := one(packed, serve(t, encoded(packed, "x-gzip")).URL)
		s.Files[0].Size, s.Files[0].Name = 0, "f.csv.gz"
		if _, err := quick(t).Fetch(t.Context(), s); err != nil {
			t.Error(err)
		}
	})
	t.Run("cut off", func(t *testing.T) { // decoded bytes are no place to go on from
		server := serve(t, func(k int, w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Header().Set("ETag", `"v1"`)
			if k == 0 {
				cut(w, packed, len(packed)-20)
			}
			w.Write(packed)
		})
		want(t, quick(t), one(plain, server.URL), plain)
		if r := server.seen()[1]; r.Header.Get("Range") != "" {
			t.Errorf("it asked for %s", r.Header.Get("Range"))
		}
	})
	t.Run("another encoding", func(t *testing.T) {
		_, err := quick(t).Fetch(t.Context(), one(plain, serve(t, encoded(packed, "br")).URL))
		if err == nil || !strings.Contains(err.Error(), `"br"`) {
			t.Errorf("%v", err)
		}
	})
	t.Run("a bomb", func(t *testing.T) {
		s := one(plain[:1000], serve(t, encoded(packed, "gzip")).URL)
		f := quick(t)
		_, err := f.Fetch(t.Context(), s)
		var size *fetch.SizeError
		if !errors.As(err, &size) || size.Limit != 1000 {
			t.Errorf("%v", err)
		}
	})
	t.Run("not what it says", func(t *testing.T) {
		f := quick(t)
		f.Retries = fetch.None
		if _, err := f.Fetch(t.Context(), one(plain, serve(t, encoded(plain[:100], "gzip")).URL)); err == nil {
			t.Error("no error")
		}
	})
}

// A server cannot send more than is asked for, whether it says how much comes or
// not.
func TestAServerCannotFillTheDisk(t *testing.T) {
	body := content(12, 1000)
	for name, c := range map[string]struct {
		set   func(*fetch.File)
		limit int64
		chunk bool
		what  string
	}{
		"announced":                {func(f *fetch.File) {}, 0, false, "size"},
		"endless":                  {func(f *fetch.File) {}, 0, true, "limit"},
		"the file's limit":         {func(f *fetch.File) { f.Size, f.Limit = 0, 1000 }, 0, true, "limit"},
		"announced, with a limit":  {func(f *fetch.File) { f.Size, f.Limit = 0, 1000 }, 0, false, "limit"},
		"the fetcher's limit":      {func(f *fetch.File) { f.Size = 0 }, 1000, true, "limit"},
		"announced, the fetcher's": {func(f *fetch.File) { f.Size = 0 }, 1000, false, "limit"},
	} {
		t.Run(name, func(t *testing.T) {
			var sent atomic.Int64
			server := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) {
				if !c.chunk {
					w.Header().Set("Content-Length", strconv.Itoa(1<<40))
				}
				for more := make([]byte, 1<<16); ; {
					n, err := w.Write(more)
					if sent.Add(int64(n)); err != nil || r.Context().Err() != nil {
						return
					}
				}
			})
			f := quick(t)
			f.Limit = c.limit
			s := one(body, server.URL)
			c.set(&s.Files[0])
			_, err := f.Fetch(t.Context(), s)
			var size *fetch.SizeError
			var mismatch *fetch.MismatchError
			if c.what == "limit" && (!errors.As(err, &size) || size.Limit != 1000) || c.what == "size" && !errors.As(err, &mismatch) {
				t.Errorf("%v", err)
			}
			if entries, _ := os.ReadDir(filepath.Join(f.Dir, "set")); len(entries) != 0 {
				t.Errorf("it left %v", entries)
			}
			if len(server.seen()) != 1 {
				t.Errorf("%d requests", len(server.seen()))
			}
		})
	}
}

func TestAServerThatFallsSilent(t *testing.T) {
	body := content(13, 200_000)
	for _, at := range []string{"before", "within"} {
		server := serve(t, func(k int, w http.ResponseWriter, r *http.Request) {
			if k > 0 {
				whole(body, `"v1"`)(k, w, r)
				return
			}
			if at == "within" {
				w.Header().Set("ETag", `"v1"`)
				w.Header().Set("Content-Length", strconv.Itoa(len(body)))
				w.Write(body[:100_000])
				w.(http.Flusher).Flush()
			}
			<-r.Context().Done()
		})
		f := quick(t)
		f.Stall = 50 * time.Millisecond
		want(t, f, one(body, server.URL), body)
		f = quick(t)
		f.Stall, f.Retries = 50*time.Millisecond, fetch.None
		silent := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		if _, err := f.Fetch(t.Context(), one(body, silent.URL)); err == nil || !strings.Contains(err.Error(), "no byte came in time") {
			t.Errorf("%v", err)
		}
	}
}

// A slow server is no silent one.
func TestASlowServer(t *testing.T) {
	body := content(14, 20)
	server := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		for i := range body {
			w.Write(body[i : i+1])
			w.(http.Flusher).Flush()
			time.Sleep(20 * time.Millisecond)
		}
	})
	f := quick(t)
	f.Stall, f.Retries = 300*time.Millisecond, fetch.None
	want(t, f, one(body, server.URL), body)
}

func TestCancel(t *testing.T) {
	body := content(15, 200_000)
	hold := func(_ int, w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"v1"`)
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.Write(body[:100_000])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}
	for name, answer := range map[string]func(int, http.ResponseWriter, *http.Request){
		"before the answer":  func(_ int, w http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"within the answer":  hold,
		"while it waits":     func(_ int, w http.ResponseWriter, r *http.Request) { w.WriteHeader(500) },
		"at the first sight": nil,
	} {
		t.Run(name, func(t *testing.T) {
			before := runtime.NumGoroutine()
			server := serve(t, answer)
			f := quick(t)
			f.Wait = time.Hour
			ctx, cancel := context.WithCancel(t.Context())
			if answer == nil {
				cancel()
			}
			var at time.Time
			stop := time.AfterFunc(50*time.Millisecond, func() { at = time.Now(); cancel() })
			_, err := f.Fetch(ctx, one(body, server.URL))
			took := time.Since(at)
			stop.Stop()
			cancel()
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%v", err)
			}
			if answer != nil && took > 250*time.Millisecond {
				t.Errorf("heard after %v", took)
			}
			server.Close()
			for range 100 {
				if runtime.NumGoroutine() <= before {
					break
				}
				time.Sleep(10 * time.Millisecond)
			}
			if n := runtime.NumGoroutine(); n > before {
				t.Errorf("%d goroutines were left", n-before)
			}
		})
	}
}

// Two fetchers at once download a file once; one that waits hears a cancel.
func TestTwoAtOnce(t *testing.T) {
	body := content(16, 100_000)
	release := make(chan struct{})
	server := serve(t, func(k int, w http.ResponseWriter, r *http.Request) {
		<-release
		w.Write(body)
	})
	f := quick(t)
	s := one(body, server.URL)
	var wg sync.WaitGroup
	var waiting atomic.Int64
	for range 4 {
		wg.Go(func() {
			ctx := watch.With(t.Context(), func(e watch.Event) {
				if strings.Contains(e.Note, "waiting") {
					waiting.Add(1)
				}
			})
			if _, err := f.Fetch(ctx, s); err != nil {
				t.Error(err)
			}
		})
	}
	for waiting.Load() < 3 {
		time.Sleep(time.Millisecond)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := f.Fetch(ctx, s); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("one that waits was cancelled and says %v", err)
	}
	close(release)
	wg.Wait()
	if n := len(server.seen()); n != 1 {
		t.Errorf("%d downloads", n)
	}
	want(t, f, s, body)
}

func TestProgress(t *testing.T) {
	body := content(17, 1_000_000)
	server := serve(t, func(k int, w http.ResponseWriter, r *http.Request) {
		if k == 0 {
			cut(w, body, 400_000, "ETag", `"v1"`)
		}
		whole(body, `"v1"`)(k, w, r)
	})
	var events []watch.Event
	ctx := watch.With(t.Context(), func(e watch.Event) { events = append(events, e) })
	if _, err := quick(t).Fetch(ctx, one(body, server.URL)); err != nil {
		t.Fatal(err)
	}
	last, retried := -1, false
	for _, e := range events {
		if e.Stage != "fetch: set: f.bin" {
			t.Fatalf("a stage %q", e.Stage)
		}
		if e.Note != "" {
			retried = retried || strings.HasPrefix(e.Note, "trying again")
			continue
		}
		if e.Total != len(body) || e.Done < last {
			t.Fatalf("%d of %d after %d", e.Done, e.Total, last)
		}
		last = e.Done
	}
	if last != len(body) || !retried {
		t.Errorf("the last event says %d; a retry was told of: %v", last, retried)
	}
}

func TestOffline(t *testing.T) {
	body := content(18, 2000)
	server := serve(t, whole(body, `"v1"`))
	s := one(body, server.URL+"/f.bin")
	s.Files = append(s.Files, fetch.File{Name: "g.bin", URLs: []string{server.URL + "/g.bin"}, SHA256: sum(body)})
	f := quick(t)
	t.Setenv("FLATLAND_OFFLINE", "1")
	_, err := f.Fetch(t.Context(), s)
	var unavailable *fetch.UnavailableError
	if !errors.As(err, &unavailable) || !unavailable.Offline || len(unavailable.Reasons) != 0 {
		t.Fatalf("%v", err)
	}
	for _, file := range s.Files {
		for _, says := range []string{file.URLs[0], filepath.Join(f.Dir, "set", file.Name), sum(body), "FLATLAND_OFFLINE"} {
			if !strings.Contains(err.Error(), says) {
				t.Errorf("the error lacks %q:\n%v", says, err)
			}
		}
		at := filepath.Join(f.Dir, "set", file.Name)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, body, 0o644); err != nil { // by hand
			t.Fatal(err)
		}
	}
	if paths, err := f.Fetch(t.Context(), s); err != nil || len(paths) != 2 {
		t.Errorf("what was put there by hand: %v, %v", paths, err)
	}
	if len(server.seen()) != 0 {
		t.Error("offline, a request was made")
	}
}

// A folder of data that nobody may write to is read, and left as it is.
func TestAFolderThatIsOnlyRead(t *testing.T) {
	body := content(19, 2000)
	f := quick(t)
	folder := filepath.Join(f.Dir, "set")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "f.bin"), body, 0o444); err != nil {
		t.Fatal(err)
	}
	past := time.Now().Add(-time.Hour)
	if err := os.Chtimes(folder, past, past); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(folder, 0o555); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(folder, 0o755)
	want(t, f, one(body, "http://127.0.0.1:1/"), body)
	if info, err := os.Stat(folder); err != nil || time.Since(info.ModTime()) < time.Minute {
		t.Errorf("something was written to it: %v", err)
	}
}

func TestWhatCannotBeKept(t *testing.T) {
	body := content(20, 2000)
	server := serve(t, whole(body, `"v1"`))
	s := one(body, server.URL)
	for name, prepare := range map[string]func(t *testing.T, f *fetch.Fetcher) error{
		"the folder is a file": func(t *testing.T, f *fetch.Fetcher) error {
			return os.WriteFile(filepath.Join(f.Dir, "set"), nil, 0o644)
		},
		"above it is a file": func(t *testing.T, f *fetch.Fetcher) error {
			f.Dir = filepath.Join(f.Dir, "file")
			return os.WriteFile(f.Dir, nil, 0o644)
		},
		"the file is a folder": func(t *testing.T, f *fetch.Fetcher) error {
			return os.MkdirAll(filepath.Join(f.Dir, "set", "f.bin"), 0o755)
		},
		"the part is a folder": func(t *testing.T, f *fetch.Fetcher) error {
			return os.MkdirAll(filepath.Join(f.Dir, "set", "f.bin.part", "in"), 0o755)
		},
		"the disk is full": func(t *testing.T, f *fetch.Fetcher) error {
			if runtime.GOOS != "linux" {
				return os.MkdirAll(filepath.Join(f.Dir, "set", "f.bin"), 0o755)
			}
			return errors.Join(os.MkdirAll(filepath.Join(f.Dir, "set"), 0o755), os.Symlink("/dev/full", filepath.Join(f.Dir, "set", "f.bin.part")))
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := quick(t)
			if err := prepare(t, &f); err != nil {
				t.Fatal(err)
			}
			_, err := f.Fetch(t.Context(), s)
			var stored *fetch.StoreError
			if !errors.As(err, &stored) || stored.Path != filepath.Join(f.Dir, "set", "f.bin") {
				t.Fatalf("%v", err)
			}
			if !strings.Contains(err.Error(), "FLATLAND_DATA") || !strings.Contains(err.Error(), "2.0 kB") {
				t.Errorf("it does not help: %v", err)
			}
		})
	}
}

func TestMD5StandsIn(t *testing.T) {
	body := content(21, 2000)
	server := serve(t, whole(body, `"v1"`))
	s := one(body, server.URL)
	digest := md5.Sum(body)
	s.Files[0].SHA256, s.Files[0].MD5 = "", strings.ToUpper(hex.EncodeToString(digest[:]))
	want(t, quick(t), s, body)
	s.Files[0].MD5 = strings.Repeat("0", 32)
	_, err := quick(t).Fetch(t.Context(), s)
	var mismatch *fetch.MismatchError
	if !errors.As(err, &mismatch) || mismatch.What != "MD5" {
		t.Errorf("%v", err)
	}
}

func TestWhereFilesLie(t *testing.T) {
	f := quick(t)
	f.Dir = ""
	home := t.TempDir()
	for _, name := range []string{"HOME", "XDG_CACHE_HOME", "LocalAppData"} {
		t.Setenv(name, home)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := f.Resolve(); err != nil || got.Dir != filepath.Join(cache, "flatland") {
		t.Errorf("by default in %s: %v", got.Dir, err)
	}
	t.Setenv("FLATLAND_DATA", filepath.Join(home, "data"))
	if got, err := f.Resolve(); err != nil || got.Dir != filepath.Join(home, "data") {
		t.Errorf("by FLATLAND_DATA in %s: %v", got.Dir, err)
	}
	f.Dir = filepath.Join(home, "own")
	if got, err := f.Resolve(); err != nil || got.Dir != f.Dir {
		t.Errorf("by Dir in %s: %v", got.Dir, err)
	}
}

func TestBadOptions(t *testing.T) {
	good := one(content(22, 10), "http://127.0.0.1:1/")
	with := func(change func(*fetch.File)) fetch.Set {
		s := good
		s.Files = slices.Clone(s.Files)
		change(&s.Files[0])
		return s
	}
	for name, s := range map[string]fetch.Set{
		"Name":               {Files: good.Files},
		"Folder":             {Name: "../up", Files: good.Files},
		"Files":              {Name: "set"},
		"Files[1].Name":      {Name: "set", Files: append(slices.Clone(good.Files), good.Files...)},
		"Files[0].Name":      with(func(f *fetch.File) { f.Name = "a/b" }),
		"Files[0].URLs":      with(func(f *fetch.File) { f.URLs = nil }),
		"Files[0].Size":      with(func(f *fetch.File) { f.Size = -1 }),
		"Files[0].Limit":     with(func(f *fetch.File) { f.Limit = -1 }),
		"Files[0].Unpacked":  with(func(f *fetch.File) { f.Unpacked = -1 }),
		"Files[0].SHA256":    with(func(f *fetch.File) { f.SHA256 = "" }),
		"Files[0].MD5":       with(func(f *fetch.File) { f.MD5 = "xyz" }),
		"Files[0].Members":   with(func(f *fetch.File) { f.Members = []string{"a"} }),
		"Files[0].Name ":     with(func(f *fetch.File) { f.Name = ".." }),
		"Files[0].Name  ":    with(func(f *fetch.File) { f.Name = "f.bin.part" }),
		"Files[0].Name   ":   with(func(f *fetch.File) { f.Name = `a\b` }),
		"Files[0].URLs ":     with(func(f *fetch.File) { f.URLs = []string{"file:///etc/passwd"} }),
		"Files[0].URLs  ":    with(func(f *fetch.File) { f.URLs = []string{"https://"} }),
		"Files[0].SHA256 ":   with(func(f *fetch.File) { f.SHA256 = strings.Repeat("g", 64) }),
		"Files[0].Members ":  with(func(f *fetch.File) { f.Name, f.Members = "a.zip", []string{"../a"} }),
		"Files[0].Members  ": with(func(f *fetch.File) { f.Name, f.Members = "a.zip", []string{"a", "a"} }),
	} {
		_, err := quick(t).Fetch(t.Context(), s)
		var param *mat32.ParamError
		if !errors.As(err, &param) || param.Param != strings.TrimSpace(name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, f := range map[string]fetch.Fetcher{
		"Mirror":  {Mirror: "there"},
		"Retries": {Retries: -2},
		"Wait":    {Wait: -1},
		"Stall":   {Stall: -1},
		"Limit":   {Limit: -1},
	} {
		f.Dir = quick(t).Dir
		_, err := f.Fetch(t.Context(), good)
		var param *mat32.ParamError
		if !errors.As(err, &param) || param.Param != name {
			t.Errorf("%s: %v", name, err)
		}
	}
	f := quick(t)
	t.Setenv("FLATLAND_OFFLINE", "perhaps")
	if _, err := f.Fetch(t.Context(), good); err == nil || !strings.Contains(err.Error(), "FLATLAND_OFFLINE=perhaps") {
		t.Errorf("FLATLAND_OFFLINE=perhaps: %v", err)
	}
}

// Memory does not grow with the file.
func TestMemoryIsBounded(t *testing.T) {
	const size = 64 << 20
	chunk := content(23, 1<<20)
	hash := sha256.New()
	for range size >> 20 {
		hash.Write(chunk)
	}
	server := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(size))
		for range size >> 20 {
			w.Write(chunk)
		}
	})
	s := fetch.Set{Name: "set", Files: []fetch.File{{Name: "f.bin", URLs: []string{server.URL}, Size: size, SHA256: hex.EncodeToString(hash.Sum(nil))}}}
	f := quick(t)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := f.Fetch(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 8<<20 {
		t.Errorf("%d bytes were allocated for a file of %d", grown, size)
	}
}
