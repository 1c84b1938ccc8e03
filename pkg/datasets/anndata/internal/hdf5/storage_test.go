package hdf5

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
)

// unpacked returns a file of testdata.
func unpacked(t testing.TB, name string) []byte {
	t.Helper()
	packed, err := os.Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	r, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func opened(t testing.TB, b []byte) *Object {
	t.Helper()
	f, err := New("HDF5 file", "", bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	root, err := f.Root()
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// storage are the files that h5py wrote in the formats of several ages, with the hashes of what it reads in them.
func storage(t *testing.T) map[string]map[string][2]any {
	t.Helper()
	b, err := os.ReadFile("testdata/storage.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Hashes map[string]map[string][2]any
	}
	if err := json.Unmarshal(b, &golden); err != nil {
		t.Fatal(err)
	}
	return golden.Hashes
}

func hash(values []float64) string {
	h := sha256.New()
	for _, v := range values {
		h.Write(binary.LittleEndian.AppendUint64(nil, math.Float64bits(v)))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Every way to keep data gives what h5py reads: whole, and rows of it.
func TestStorage(t *testing.T) {
	ctx := context.Background()
	for name, want := range storage(t) {
		root := opened(t, unpacked(t, "storage_"+name+".h5.gz"))
		indexes := map[string]bool{}
		for path, golden := range want {
			o, err := root.Open(path)
			if err != nil || o == nil {
				t.Fatalf("%s/%s: %v, %v", name, path, o, err)
			}
			d, err := o.Dataset()
			if err != nil {
				t.Fatal(err)
			}
			if d.index != nil {
				indexes[fmt.Sprintf("%T", d.index)] = true
			}
			if got := fmt.Sprint(d.Shape); got != fmt.Sprint(golden[0]) {
				t.Errorf("%s/%s has the shape %v, want %v", name, path, got, golden[0])
			}
			if err := d.Claim(); err != nil {
				t.Error(err)
			}
			all := make([]float64, d.Len())
			if err := Read(ctx, d, all, 0, d.Rows(), nil); err != nil {
				t.Errorf("%s/%s: %v", name, path, err)
				continue
			}
			if got := hash(all); got != golden[1] {
				t.Errorf("%s/%s: the values hash to %s, want %s: %v", name, path, got, golden[1], all[:min(40, len(all))])
			}
			if d.Rows() < 5 {
				continue
			}
			lo, hi := d.Rows()/3, d.Rows()-1
			part := make([]float32, (hi-lo)*d.row())
			if err := Read(ctx, d, part, lo, hi, nil); err != nil {
				t.Fatal(err)
			}
			for i, v := range part {
				if float64(v) != float64(float32(all[lo*d.row()+i])) {
					t.Fatalf("%s/%s: element %d of rows %d to %d is %v, want %v", name, path, i, lo, hi, v, all[lo*d.row()+i])
				}
			}
		}
		all := 1
		if name != "earliest" {
			all = 5 // the file must try every index
		}
		if len(indexes) < all {
			t.Errorf("%s has the indexes %v only", name, indexes)
		}
	}
}

func TestGroupsAttributesAndStrings(t *testing.T) {
	ctx := context.Background()
	for name := range storage(t) {
		root := opened(t, unpacked(t, "storage_"+name+".h5.gz"))
		names, err := root.Open("names")
		if err != nil {
			t.Fatal(err)
		}
		links, err := names.Links()
		if err != nil || len(links) != 200 || links[7] != "n007" {
			t.Errorf("%s: links %v, %v", name, links, err)
		}
		for _, i := range []int{0, 7, 199} {
			a, err := root.Attribute(fmt.Sprintf("a%03d", i))
			if err != nil || a == nil {
				t.Fatalf("%s: attribute %d: %v", name, i, err)
			}
			if v, err := a.Ints(); err != nil || !slices.Equal(v, []int{i}) {
				t.Errorf("%s: attribute %d is %v, %v", name, i, v, err)
			}
		}
		long, err := root.Attribute("long")
		if err != nil {
			t.Fatal(err)
		}
		v, err := long.Ints()
		if want := map[bool]int{true: 5000, false: 20000}[name == "earliest"]; err != nil || len(v) != want || v[want-1] != want-1 {
			t.Errorf("%s: the long attribute has %d values, %v", name, len(v), err)
		}
		if none, err := root.Attribute("absent"); none != nil || err != nil {
			t.Errorf("%s: an attribute that is not there: %v, %v", name, none, err)
		}
		for path, want := range map[string][]string{"words": {"", "a", strings.Repeat("é", 40), strings.Repeat("x", 5000), "last"}, "fixed_words": {"one", "three", ""}} {
			o, err := root.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			d, err := o.Dataset()
			if err != nil {
				t.Fatal(err)
			}
			if got, err := d.Strings(ctx, 0, d.Rows()); err != nil || !slices.Equal(got, want) {
				t.Errorf("%s/%s: %q, %v", name, path, got, err)
			}
		}
	}
}

// behind is a file that begins at an offset of another.
type behind struct {
	offset int64
	b      *bytes.Reader
}

func (r behind) ReadAt(p []byte, at int64) (int, error) {
	if at < r.offset {
		clear(p)
		return len(p), nil
	}
	return r.b.ReadAt(p, at-r.offset)
}

// Offsets beyond 32 bits: a file behind a block of the user's of 8 GiB.
func TestBeyondFourGigabytes(t *testing.T) {
	b := unpacked(t, "few_latest.h5.gz")
	const offset = 8 << 30
	f, err := New("HDF5 file", "", behind{offset, bytes.NewReader(b)}, offset+int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	root, err := f.Root()
	if err != nil {
		t.Fatal(err)
	}
	o, err := root.Open("extensible")
	if err != nil {
		t.Fatal(err)
	}
	d, err := o.Dataset()
	if err != nil {
		t.Fatal(err)
	}
	got := make([]int, d.Len())
	if err := Read(context.Background(), d, got, 0, d.Rows(), nil); err != nil || len(got) != 20 || got[19] != 19 {
		t.Errorf("%v, %v", got, err)
	}
}

// Links that lead to each other, and shuffled values of a size that is not theirs.
func TestHeldToTheFile(t *testing.T) {
	b := unpacked(t, "few_latest.h5.gz")
	f, err := newFile(&File{kind: "HDF5 file", r: bytes.NewReader(bytes.ReplaceAll(b, []byte("/words"), []byte("/group"))), size: uint64(len(b)), trusting: true})
	if err != nil {
		t.Fatal(err)
	}
	root, err := f.Root()
	if err != nil {
		t.Fatal(err)
	}
	o, err := root.Open("group/n1/n2/n3")
	if err != nil || o == nil || o.Name() != "/group" {
		t.Errorf("%v, %v", o, err)
	}
	if _, err := root.Open("group" + strings.Repeat("/n1", 40)); err == nil || !strings.Contains(err.Error(), "circle") {
		t.Errorf("%v", err)
	}
	out := make([]byte, 5)
	unshuffle(out, []byte("abcde"), 1<<31)
	if string(out) != "abcde" {
		t.Errorf("%q", out)
	}
	unshuffle(out, []byte("acbde"), 2)
	if string(out) != "abcde" {
		t.Errorf("%q", out)
	}
}
