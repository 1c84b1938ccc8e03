package neighbors_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// Whatever a file holds, reading it gives a *mat32.FileError, or what is written
// back as the same bytes. The checksum is made to match, or nothing behind it would
// ever be tried.
func FuzzReadGraph(f *testing.F) {
	g := exact(f, inputs()["lattice"], 4)
	tree, err := g.Tree()
	if err != nil {
		f.Fatal(err)
	}
	small := &neighbors.Graph{N: 3, K: 2, Metric: "m", Notes: []string{"a note"}, Indices: []int32{1, 2, 0, 2, 0, 1}, Distances: []float64{1, 2, 1, 2, 3, 3}}
	two, err := neighbors.MST{}.Fit(context.Background(), inputs()["wide"])
	if err != nil {
		f.Fatal(err)
	}
	for _, v := range []kept{g, tree, small, two} {
		b, err := v.MarshalBinary()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b[:len(b)-8])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<16 {
			return
		}
		b = sum(b)
		for _, v := range []kept{new(neighbors.Graph), new(neighbors.Tree)} {
			err := v.UnmarshalBinary(b)
			var fe *mat32.FileError
			if err != nil {
				if !errors.As(err, &fe) {
					t.Fatalf("%T: an error of no known type: %v", v, err)
				}
				continue
			}
			// Steps may be written in more bits than they need; what is read from what
			// is written is written the same.
			once, err := v.MarshalBinary()
			if err != nil {
				t.Fatalf("%T: read, and cannot be written: %v", v, err)
			}
			if err := v.UnmarshalBinary(once); err != nil {
				t.Fatalf("%T: written, and cannot be read: %v", v, err)
			}
			if twice, err := v.MarshalBinary(); err != nil || !bytes.Equal(once, twice) {
				t.Fatalf("%T: read back it is another, %v", v, err)
			}
		}
	})
}
