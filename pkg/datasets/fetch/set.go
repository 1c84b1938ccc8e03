package fetch

import (
	"encoding/hex"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// Set is a published data set: the files that it is made of, and whose it is.
// Those that this package knows are listed by Sets; a course makes its own:
//
//	fetch.Set{Name: "tides", Files: []fetch.File{{
//		Name:   "tides.csv.gz",
//		URLs:   []string{"https://example.org/course/tides.csv.gz"},
//		Size:   48210,
//		SHA256: "6e89…",
//	}}}
type Set struct {
	Name  string // for example "mnist"
	About string // what it holds, in a line

	// Folder is where its files lie, below the Fetcher's Dir. Default Name.
	// Sets that are made of the same file share a folder.
	Folder string
	Files  []File

	Source  string // whose data these are: author, year, title
	License string // what may be done with them, as far as they say
}

// File is one file of a set.
type File struct {
	Name string   // what it is called here, for example "train-images-idx3-ubyte.gz"
	URLs []string // where it is, tried in this order

	// Size is its size in bytes, and 0 where that is not known. Limit is then the
	// most bytes that are taken of it. Default the Fetcher's Limit.
	Size, Limit int64

	// SHA256 is its digest in hexadecimal. MD5 stands in for it where whoever
	// publishes the file gives no other: it finds damage, and does not keep out
	// who means harm. One of them is needed.
	SHA256, MD5 string

	// Members names the files wanted of an archive, by their paths in it; Fetch
	// unpacks them and returns where they are in place of the archive. Nil leaves
	// a file as it is. Archives are of the kinds .zip, .tar, .tar.gz and .tgz.
	Members []string

	// Unpacked is the most bytes that its members may have together. Default
	// the Fetcher's Limit. It is ignored where there are no Members.
	Unpacked int64
}

// Bytes returns the size of all files, at most where a size is not known.
func (s Set) Bytes() int64 {
	var sum int64
	for _, f := range s.Files {
		sum += f.most()
	}
	return sum
}

func (f File) most() int64 {
	if f.Size > 0 {
		return f.Size
	}
	return f.Limit
}

// String returns a small table: name, files, licence and source.
func (s Set) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-10s %s\n", s.Name, s.About)
	for _, f := range s.Files {
		fmt.Fprintf(&b, "%-10s %s, %s\n", "file", f.Name, f.size())
	}
	if s.License != "" {
		fmt.Fprintf(&b, "%-10s %s\n", "licence", s.License)
	}
	if s.Source != "" {
		fmt.Fprintf(&b, "%-10s %s\n", "source", s.Source)
	}
	return b.String()
}

// size tells the size of a file in words.
func (f File) size() string {
	switch {
	case f.Size > 0:
		return bytesString(f.Size)
	case f.Limit > 0:
		return "at most " + bytesString(f.Limit)
	}
	return "of unknown size"
}

// digest tells the digest of a file in words.
func (f File) digest() string {
	if f.SHA256 != "" {
		return "SHA-256 " + f.SHA256
	}
	return "MD5 " + f.MD5
}

// bytesString tells a number of bytes as people do: 9.9 MB is 9 900 000 bytes.
func bytesString(n int64) string {
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	v := float64(n)
	for _, unit := range []string{"kB", "MB", "GB"} {
		if v /= 1000; v < 999.95 {
			return fmt.Sprintf("%.1f %s", v, unit)
		}
	}
	return fmt.Sprintf("%.1f TB", v/1000)
}

func (s Set) folder() string {
	if s.Folder != "" {
		return s.Folder
	}
	return s.Name
}

// check refuses sets that cannot be fetched, or whose files would lie elsewhere
// than below the Fetcher's Dir.
func (s Set) check() error {
	refuse := func(param string, value any, want string) error {
		return &mat32.ParamError{Method: "fetch.Set", Param: param, Value: value, Want: want}
	}
	if s.Name == "" {
		return refuse("Name", `""`, "a name")
	}
	if !plain(s.folder()) {
		return refuse("Folder", fmt.Sprintf("%q", s.folder()), "the plain name of a folder")
	}
	if len(s.Files) == 0 {
		return refuse("Files", "empty", "at least one file")
	}
	seen := map[string]bool{}
	for i, f := range s.Files {
		of := func(field string) string { return fmt.Sprintf("Files[%d].%s", i, field) }
		switch {
		case !plain(f.Name) || strings.HasSuffix(f.Name, partEnding) || strings.HasSuffix(f.Name, lockEnding):
			return refuse(of("Name"), fmt.Sprintf("%q", f.Name), "the plain name of a file")
		case seen[f.Name]:
			return refuse(of("Name"), fmt.Sprintf("%q", f.Name), "another name than the files before it")
		case len(f.URLs) == 0:
			return refuse(of("URLs"), "empty", "at least one address")
		case f.Size < 0:
			return refuse(of("Size"), f.Size, "0 ≤ Size")
		case f.Limit < 0:
			return refuse(of("Limit"), f.Limit, "0 ≤ Limit")
		case f.Unpacked < 0:
			return refuse(of("Unpacked"), f.Unpacked, "0 ≤ Unpacked")
		case f.SHA256 == "" && f.MD5 == "":
			return refuse(of("SHA256"), `""`, "the digest of the file, as the command sha256sum prints it")
		case f.SHA256 != "" && !hexadecimal(f.SHA256, 32):
			return refuse(of("SHA256"), fmt.Sprintf("%q", f.SHA256), "64 hexadecimal digits")
		case f.MD5 != "" && !hexadecimal(f.MD5, 16):
			return refuse(of("MD5"), fmt.Sprintf("%q", f.MD5), "32 hexadecimal digits")
		case f.Members != nil && archiveOf(f.Name) == none:
			return refuse(of("Members"), fmt.Sprintf("%q", f.Members), "none, since "+f.Name+" is not a .zip, .tar, .tar.gz or .tgz")
		}
		seen[f.Name] = true
		for _, address := range f.URLs {
			if u, err := url.Parse(address); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
				return refuse(of("URLs"), fmt.Sprintf("%q", address), "addresses that begin with https:// or http://")
			}
		}
		for j, m := range f.Members {
			if !filepath.IsLocal(filepath.FromSlash(m)) || strings.ContainsRune(m, '\\') || slices.Contains(f.Members[:j], m) {
				return refuse(of("Members"), fmt.Sprintf("%q", m), "paths below the archive's root, each once")
			}
		}
	}
	return nil
}

// plain says that a name is one of a file in a folder, on any system.
func plain(name string) bool {
	return name != "" && name[0] != '.' && filepath.IsLocal(name) && !strings.ContainsAny(name, `/\:`) &&
		!strings.ContainsFunc(name, func(r rune) bool { return r < ' ' })
}

func hexadecimal(text string, bytes int) bool {
	b, err := hex.DecodeString(text)
	return err == nil && len(b) == bytes
}

// Named returns the set of that name, or an *UnknownError that lists all names.
func Named(name string) (Set, error) {
	all := Sets()
	names := make([]string, len(all))
	for i, s := range all {
		if s.Name == name {
			return s, nil
		}
		names[i] = s.Name
	}
	return Set{}, &UnknownError{Name: name, Names: names}
}
