package fetch

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/flatland-go/flatland/pkg/watch"
)

// client returns what makes the requests, and what to do when they are done.
func (f Fetcher) client() (c *http.Client, done func()) {
	const most = 5
	follow := func(r *http.Request, before []*http.Request) error {
		switch {
		case len(before) > most:
			return fmt.Errorf("it redirects more than %d times", most)
		case r.URL.Scheme != "https" && before[len(before)-1].URL.Scheme == "https":
			return errors.New("it redirects from https to " + r.URL.Scheme)
		}
		return nil
	}
	if f.Client != nil {
		own := *f.Client
		if own.CheckRedirect == nil {
			own.CheckRedirect = follow
		}
		return &own, func() {}
	}
	transport := &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 15 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
		TLSHandshakeTimeout:    15 * time.Second,
		MaxResponseHeaderBytes: 256 << 10,
		DisableCompression:     true,
		ForceAttemptHTTP2:      true,
	}
	return &http.Client{Transport: transport, CheckRedirect: follow}, transport.CloseIdleConnections
}

func meaning(code int) string {
	if text := http.StatusText(code); text != "" {
		return " " + text
	}
	return ""
}

// failure is a try that failed.
type failure struct {
	error
	again bool          // that another try may do better
	after time.Duration // how long the server wants it to wait
	got   int64         // bytes that the try brought
}

func (f *failure) Unwrap() error { return f.error }

// errStalled is why a request is cancelled that brings nothing.
var errStalled = errors.New("no byte came in time")

// download brings the file from the first address that has it. Damage is what is
// wrong with the file that is here already.
func (t *item) download(ctx context.Context, damage error) error {
	part := t.path + partEnding
	if !t.alone {
		// Others may be at it, too: their part is not ours.
		f, err := os.CreateTemp(filepath.Dir(t.path), "*"+partEnding)
		if err != nil {
			return t.store(err)
		}
		f.Close()
		part = f.Name()
		defer os.Remove(part)
		defer os.Remove(beside(part))
	}
	addresses := t.file.URLs
	if t.Mirror != "" {
		at, err := url.JoinPath(t.Mirror, t.set.folder(), t.file.Name)
		if err != nil {
			return err // Resolve has parsed it
		}
		addresses = append([]string{at}, addresses...)
	}
	reasons := []error{damage}
	for _, address := range addresses {
		err := t.persist(ctx, address, part)
		var stored *StoreError
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.As(err, &stored):
			return err
		}
		reasons = append(reasons, err)
	}
	if _, err := os.Stat(beside(part)); err != nil {
		os.Remove(part) // nobody can go on from it
	}
	return t.unavailable(reasons...)
}

// persist tries an address until it gives the file or there is no hope.
func (t *item) persist(ctx context.Context, address, part string) error {
	const worth = 1 << 20 // bytes that make a try a success of its own
	wait, left := t.Wait, max(t.Retries, 0)
	for {
		err := t.try(ctx, address, part)
		var failed *failure
		if !errors.As(err, &failed) {
			return err
		}
		if failed.got >= worth {
			wait, left = t.Wait, max(t.Retries, 0)
		}
		if !failed.again || left == 0 {
			return failed.error
		}
		left--
		watch.Note(ctx, t.stage(), fmt.Sprintf("trying again: %v", failed.error))
		if err := sleep(ctx, min(max(wait, failed.after), longestWait)); err != nil {
			return err
		}
		wait = min(2*wait, longestWait)
	}
}

// try makes one request, and the file if it brings the rest of it. Errors are
// *failure, or fatal.
func (t *item) try(ctx context.Context, address, part string) error {
	have, validator := begun(address, part)
	if t.file.Size > 0 && have >= t.file.Size {
		have = 0
	}
	within, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	alarm := time.AfterFunc(t.Stall, func() { cancel(errStalled) })
	defer alarm.Stop()
	request, err := http.NewRequestWithContext(within, http.MethodGet, address, nil)
	if err != nil {
		return &failure{error: err}
	}
	request.Header.Set("Accept-Encoding", "identity")
	request.Header.Set("User-Agent", "flatland-fetch")
	if have > 0 {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-", have))
		request.Header.Set("If-Range", validator)
	}
	broken := func(err error, got int64) error {
		if context.Cause(within) == errStalled {
			err = fmt.Errorf("%s: %w (%v)", address, errStalled, t.Stall)
		} else if got > 0 {
			err = fmt.Errorf("%s: the connection broke: %w", address, err)
		}
		return &failure{error: err, again: passing(err), got: got}
	}
	response, err := t.client.Do(request)
	if err != nil {
		return broken(err, 0)
	}
	defer response.Body.Close()

	switch code := response.StatusCode; {
	case code == http.StatusOK:
		have = 0 // the server does not go on, or the file has changed there
	case code == http.StatusPartialContent && have > 0 && continues(response, have, validator):
	case code == http.StatusPartialContent, code == http.StatusRequestedRangeNotSatisfiable:
		os.Remove(part)
		return &failure{error: &StatusError{address, code}, again: true}
	default:
		return &failure{error: &StatusError{address, code}, after: patience(response),
			again: code >= 500 || code == http.StatusTooManyRequests || code == http.StatusRequestTimeout}
	}

	total := response.ContentLength // −1 where the server does not say
	body := io.Reader(response.Body)
	decoded := false
	switch encoding := strings.ToLower(response.Header.Get("Content-Encoding")); encoding {
	case "", "identity":
	case "gzip", "x-gzip":
		// Many servers say so of a file that is a .gz itself, and send it as it is.
		asItIs := t.file.Size > 0 && total == t.file.Size || t.file.Size == 0 && (strings.HasSuffix(t.file.Name, "gz"))
		if !asItIs {
			if body, err = gzip.NewReader(body); err != nil {
				return broken(err, 0)
			}
			total, decoded = -1, true
		}
	default:
		return &failure{error: fmt.Errorf("%s: the server sends it encoded by %q, which nobody asked for", address, encoding)}
	}
	if total >= 0 {
		total += have
		if t.file.Size > 0 && total != t.file.Size {
			return &failure{error: &MismatchError{address, "size", strconv.FormatInt(total, 10), strconv.FormatInt(t.file.Size, 10)}}
		}
	}
	limit := t.file.most()
	if limit == 0 {
		limit = t.Limit
	}
	if total > limit {
		return &failure{error: &SizeError{address, limit}}
	}

	os.Remove(beside(part))
	flags := os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	if have > 0 {
		flags = os.O_WRONLY | os.O_APPEND
	}
	out, err := os.OpenFile(part, flags, 0o644)
	if err != nil {
		return t.store(err)
	}
	defer out.Close()
	if v := strong(response); v != "" && !decoded {
		if err := os.WriteFile(beside(part), []byte(address+"\n"+v+"\n"), 0o644); err != nil {
			return t.store(err)
		}
	}
	expected := max(total, t.file.Size, 0)
	report := func(done int64) {
		watch.Report(ctx, watch.Event{Stage: t.stage(), Done: count(done), Total: count(expected), Loss: math.NaN()})
	}
	report(have)
	resumed, done := have > 0, have
	buffer := make([]byte, bufferSize)
	for {
		n, err := body.Read(buffer)
		alarm.Reset(t.Stall)
		if done+int64(n) > limit {
			out.Close()
			os.Remove(part)
			return &failure{error: &SizeError{address, limit}}
		}
		if n > 0 {
			if _, err := out.Write(buffer[:n]); err != nil {
				return t.store(err)
			}
			done += int64(n)
			report(done)
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return broken(err, done-have)
		}
	}
	alarm.Stop()
	if err := errors.Join(out.Sync(), out.Close()); err != nil {
		return t.store(err)
	}
	if err := t.verify(ctx, part, address); err != nil {
		var mismatch *MismatchError
		if !errors.As(err, &mismatch) {
			return err
		}
		os.Remove(part)
		os.Remove(beside(part))
		// What was joined of two answers, or may have been cut off, may be whole the next time.
		return &failure{error: err, again: resumed || response.ContentLength < 0 || decoded}
	}
	os.Remove(beside(part))
	if err := os.Rename(part, t.path); err != nil {
		return t.store(err)
	}
	return nil
}

func count(bytes int64) int { return int(min(bytes, math.MaxInt)) }

// beside returns the path of the file that tells where a part came from.
func beside(part string) string { return strings.TrimSuffix(part, partEnding) + fromEnding }

// begun returns how many bytes of the file a part holds that came from this
// address, and by what the server tells whether the file is still the same.
func begun(address, part string) (have int64, validator string) {
	text, err := os.ReadFile(beside(part))
	if err != nil {
		return 0, ""
	}
	from, rest, _ := strings.Cut(string(text), "\n")
	validator, _, whole := strings.Cut(rest, "\n")
	info, err := os.Stat(part)
	if err != nil || from != address || validator == "" || !whole || !info.Mode().IsRegular() {
		return 0, ""
	}
	return info.Size(), validator
}

// strong returns by what a server tells one version of a file from another byte
// by byte: a strong entity tag, or else a date.
func strong(r *http.Response) string {
	if tag := r.Header.Get("ETag"); tag != "" && !strings.HasPrefix(tag, "W/") {
		return tag
	}
	return r.Header.Get("Last-Modified")
}

// continues says whether a partial answer goes on after have bytes, and of the
// same file.
func continues(r *http.Response, have int64, validator string) bool {
	if !strings.HasPrefix(r.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-", have)) {
		return false
	}
	v := strong(r)
	return v == "" || v == validator
}

// patience returns how long a server asks to be left alone.
func patience(r *http.Response) time.Duration {
	text := r.Header.Get("Retry-After")
	if seconds, err := strconv.Atoi(text); err == nil && seconds > 0 {
		return time.Duration(min(seconds, int(longestWait/time.Second))) * time.Second
	}
	if when, err := http.ParseTime(text); err == nil {
		return time.Until(when)
	}
	return 0
}

// passing says whether what broke a request may pass. What has no address, and a
// machine that nothing listens on or reaches, are as absent in a second.
func passing(err error) bool {
	var dial *net.OpError
	if errors.As(err, &dial) && dial.Op == "dial" {
		return dial.Timeout()
	}
	var refused *url.Error
	if errors.As(err, &refused) {
		return refused.Timeout() || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &dial) || errors.Is(err, errStalled)
	}
	return true // it broke on the way
}
