package neighbors_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/gob"
	"errors"
	"fmt"
	"hash/crc64"
	"math"
	"reflect"
	"slices"
	"testing"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

func ExampleGraph_WriteTo() {
	g := &neighbors.Graph{N: 4, K: 1, Metric: neighbors.Euclidean{}.String(), // rows on a line at 0, 1, 3 and 10
		Indices: []int32{1, 0, 1, 2}, Distances: []float64{1, 1, 2, 7}}
	var file bytes.Buffer
	if _, err := g.WriteTo(&file); err != nil {
		fmt.Println(err)
		return
	}
	back := new(neighbors.Graph)
	if _, err := back.ReadFrom(&file); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(back)
	// Output:
	// graph of 4 rows, 1 nearest neighbours each, euclidean distance
}

func TestSavedGraphIsTheSame(t *testing.T) {
	graphs := map[string]*neighbors.Graph{
		"strange distances": {N: 3, K: 2, Metric: "m", Method: "by hand", Notes: []string{"one", ""}, Indices: []int32{1, 2, 0, 2, 0, 1},
			Distances: []float64{math.Copysign(0, -1), math.MaxFloat64, 5e-324, 1, 0, 5e-324}},
		"two rows": {N: 2, K: 1, Indices: []int32{1, 0}, Distances: []float64{0, 0}},
	}
	for name, x := range inputs() {
		n, _ := x.Dims()
		graphs[name] = exact(t, x, 15)
		if !testing.Short() {
			graphs[name+", all"] = exact(t, x, n-1)
		}
	}
	for name, g := range graphs {
		b, err := g.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		back := new(neighbors.Graph)
		if err := back.UnmarshalBinary(b); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !reflect.DeepEqual(back, g) || math.Signbit(back.Distances[0]) != math.Signbit(g.Distances[0]) {
			t.Errorf("%s: read back it is %v, not %v", name, back, g)
		}
		if size := len(b); g.N > 100 && size > 10*g.N*g.K+300 {
			t.Errorf("%s: %d bytes for %d neighbours", name, size, g.N*g.K)
		}
		var file bytes.Buffer
		if err := gob.NewEncoder(&file).Encode(g); err != nil {
			t.Fatal(err)
		}
		again := new(neighbors.Graph)
		if err := gob.NewDecoder(&file).Decode(again); err != nil || !reflect.DeepEqual(again, g) {
			t.Errorf("%s: gob makes %v of it, %v", name, again, err)
		}
	}
	for name, g := range broken(exact(t, inputs()["normal"], 5)) {
		var pe *mat32.ParamError
		if _, err := g.WriteTo(new(bytes.Buffer)); !errors.As(err, &pe) {
			t.Errorf("%s is written: %v", name, err)
		}
	}
}

func TestSavedTreeIsTheSame(t *testing.T) {
	for name, x := range inputs() {
		tree, err := neighbors.MST{Core: 3}.Fit(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		b, err := tree.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		back := new(neighbors.Tree)
		if err := back.UnmarshalBinary(b); err != nil || !reflect.DeepEqual(back, tree) {
			t.Errorf("%s: read back it is %v (%v), not %v", name, back, err, tree)
		}
	}
}

// kept is what can be read from a file.
type kept interface {
	MarshalBinary() ([]byte, error)
	UnmarshalBinary(b []byte) error
}

func TestDamagedFiles(t *testing.T) {
	testenv.Unraced(t)
	g := exact(t, inputs()["lattice"], 5)
	tree, err := g.Tree()
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []kept{g, tree} {
		good, err := v.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		before := fmt.Sprint(v)
		refuses := func(what string, b []byte) {
			var fe *mat32.FileError
			if err := v.UnmarshalBinary(b); !errors.As(err, &fe) {
				t.Errorf("%T, %s: %v", v, what, err)
			}
		}
		for i := 0; i < len(good); i += 1 + i/40 {
			bad := slices.Clone(good)
			bad[i] ^= 0x21
			refuses(fmt.Sprintf("byte %d changed", i), bad)
			refuses(fmt.Sprintf("cut at %d", i), good[:i])
			// With a checksum to match it must be refused, or be another value that holds together.
			if err := v.UnmarshalBinary(sum(bad[:len(bad)-8])); err == nil {
				if _, err := v.MarshalBinary(); err != nil {
					t.Errorf("%T: byte %d changed makes %v of it, which is not sound: %v", v, i, v, err)
				}
				if err := v.UnmarshalBinary(good); err != nil {
					t.Fatal(err)
				}
			}
		}
		if after := fmt.Sprint(v); after != before {
			t.Errorf("files that were refused changed %v to %v", before, after)
		}
	}
	b, err := tree.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	var fe *mat32.FileError
	if err := g.UnmarshalBinary(b); !errors.As(err, &fe) {
		t.Errorf("a tree is read as a graph: %v", err)
	}
}

// sum adds the checksum of a file to what it covers.
func sum(b []byte) []byte {
	return binary.LittleEndian.AppendUint64(slices.Clone(b), crc64.Checksum(b, crc64.MakeTable(crc64.ECMA)))
}
