package fetch_test

import (
	"encoding/hex"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/datasets/fetch"
)

func TestTheRegistryIsWellFormed(t *testing.T) {
	names, digests, places := map[string]bool{}, map[string]string{}, map[string]string{}
	for _, s := range fetch.Sets() {
		if s.Name == "" || names[s.Name] || strings.ToLower(s.Name) != s.Name {
			t.Errorf("%q is no name, or another's", s.Name)
		}
		names[s.Name] = true
		if s.About == "" || s.Source == "" || s.License == "" {
			t.Errorf("%s: it does not say what it is, whose it is or what may be done with it", s.Name)
		}
		if s.Bytes() <= 0 {
			t.Errorf("%s has %d bytes", s.Name, s.Bytes())
		}
		for _, f := range s.Files {
			if f.Size <= 0 == (f.Limit <= 0) {
				t.Errorf("%s: %s has size %d and limit %d, want one of them", s.Name, f.Name, f.Size, f.Limit)
			}
			if f.Size > 1<<30 || f.Limit > 1<<30 {
				t.Errorf("%s: %s is too large for a laptop", s.Name, f.Name)
			}
			digest := f.SHA256 + f.MD5
			if b, err := hex.DecodeString(digest); err != nil || len(b) != 32 && len(b) != 16 || f.SHA256 != "" && f.MD5 != "" || strings.ToLower(digest) != digest {
				t.Errorf("%s: %s has the digest %q", s.Name, f.Name, digest)
			}
			folder := s.Folder
			if folder == "" {
				folder = s.Name
			}
			place := folder + "/" + f.Name
			if other := digests[digest]; other != "" && other != place {
				t.Errorf("%s has the digest of %s", place, other)
			}
			if other := places[place]; other != "" && other != digest {
				t.Errorf("two files go to %s", place)
			}
			digests[digest], places[place] = place, digest
			if len(f.URLs) == 0 {
				t.Errorf("%s: %s has no address", s.Name, f.Name)
			}
			for i, address := range f.URLs {
				if u, err := url.Parse(address); err != nil || u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || slices.Contains(f.URLs[:i], address) {
					t.Errorf("%s: %s has the address %q", s.Name, f.Name, address)
				}
			}
			if f.Members != nil && f.Unpacked <= 0 {
				t.Errorf("%s: %s may unpack to any size", s.Name, f.Name)
			}
		}
		if got, err := fetch.Named(s.Name); err != nil || got.Name != s.Name {
			t.Errorf("Named(%q) is %v, %v", s.Name, got.Name, err)
		}
		// Offline, each set passes its own checks and says how to get it.
		f := quick(t)
		f.Offline = true
		_, err := f.Fetch(t.Context(), s)
		var unavailable *fetch.UnavailableError
		if !errors.As(err, &unavailable) {
			t.Errorf("%s: %v", s.Name, err)
		}
	}
	if len(names) < 10 {
		t.Errorf("there are %d sets", len(names))
	}
}

// A list that is changed changes no other.
func TestSetsAreNew(t *testing.T) {
	fetch.Sets()[0].Files[0].URLs[0] = "changed"
	if got := fetch.Sets()[0].Files[0].URLs[0]; got == "changed" {
		t.Error("a set shares memory with another")
	}
}

func TestUnknownNames(t *testing.T) {
	_, err := fetch.Named("minst")
	var unknown *fetch.UnknownError
	if !errors.As(err, &unknown) || !strings.Contains(err.Error(), "fashion-mnist") {
		t.Errorf("%v", err)
	}
}

// The sums of the registry are those of the published files, where these are.
func TestTheSumsAreThoseOfMNIST(t *testing.T) {
	s, err := fetch.Named("mnist")
	if err != nil {
		t.Fatal(err)
	}
	images := testenv.Data(t, "mnist/t10k-images-idx3-ubyte.gz")
	s.Files = s.Files[2:] // the test part
	f := quick(t)
	f.Dir, f.Offline = strings.TrimSuffix(images, "/mnist/t10k-images-idx3-ubyte.gz"), true
	if paths, err := f.Fetch(t.Context(), s); err != nil || len(paths) != 2 || paths[0] != images {
		t.Errorf("%v, %v", paths, err)
	}
}
