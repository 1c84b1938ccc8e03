package fetch

import (
	"fmt"
	"strings"
)

// UnknownError says that no set has a name.
type UnknownError struct {
	Name  string
	Names []string // those there are
}

// Error returns the message.
func (e *UnknownError) Error() string {
	return fmt.Sprintf("fetch: no data set is called %q; there are %s", e.Name, strings.Join(e.Names, ", "))
}

// UnavailableError says that a file is not here and cannot be had: where it is
// published, why it did not come, and where to put it by hand.
type UnavailableError struct {
	Set     string
	File    File
	Path    string  // where to put it by hand
	Offline bool    // that nothing was tried, as Offline or FLATLAND_OFFLINE asks for
	Reasons []error // why it did not come, one for each address that was tried
}

// Error returns the message.
func (e *UnavailableError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "fetch: %s: %s (%s) is not here", e.Set, e.File.Name, e.File.size())
	if e.Offline {
		b.WriteString(", and downloads are turned off (Offline, or FLATLAND_OFFLINE=1)")
	} else {
		b.WriteString(" and could not be downloaded:")
		for _, r := range e.Reasons {
			fmt.Fprintf(&b, "\n  %v", r)
		}
	}
	fmt.Fprintf(&b, "\nTo put it here by hand, get it from")
	for _, u := range e.File.URLs {
		fmt.Fprintf(&b, "\n  %s", u)
	}
	fmt.Fprintf(&b, "\nand save it as\n  %s\nIts %s is checked.", e.Path, e.File.digest())
	return b.String()
}

// Unwrap returns the reasons.
func (e *UnavailableError) Unwrap() []error { return e.Reasons }

// StatusError says that a server did not send a file.
type StatusError struct {
	URL  string
	Code int // as HTTP has it: 404 where there is no such file
}

// Error returns the message.
func (e *StatusError) Error() string {
	return fmt.Sprintf("%s: the server answered %d%s", e.URL, e.Code, meaning(e.Code))
}

// MismatchError says that a file is not the one that was published: cut off,
// damaged, or changed since.
type MismatchError struct {
	Where     string // its path, or the address it came from
	What      string // "size", "SHA-256" or "MD5"
	Got, Want string
}

// Error returns the message.
func (e *MismatchError) Error() string {
	return fmt.Sprintf("%s: its %s is %s, want %s", e.Where, e.What, e.Got, e.Want)
}

// SizeError says that a server sent, or an archive holds, more than is taken.
type SizeError struct {
	Where string
	Limit int64 // bytes
}

// Error returns the message.
func (e *SizeError) Error() string {
	return fmt.Sprintf("%s: it has more than the %s (%d bytes) that are taken of it", e.Where, bytesString(e.Limit), e.Limit)
}

// StoreError says that a file cannot be kept: a folder that may not be written
// to, or a disk that is full.
type StoreError struct {
	Path string
	Need int64 // bytes; 0 where that is not known
	Err  error
}

// Error returns the message.
func (e *StoreError) Error() string {
	s := fmt.Sprintf("fetch: cannot keep %s: %v", e.Path, e.Err)
	if e.Need > 0 {
		s += fmt.Sprintf("; it takes %s", bytesString(e.Need))
	}
	return s + ". Another folder may be named in FLATLAND_DATA or in Fetcher.Dir"
}

// Unwrap returns what the system said.
func (e *StoreError) Unwrap() error { return e.Err }
