package hdf5

import (
	"bytes"
	"context"
	"path"
	"testing"
)

// explore reads all there is in a file, whose checksums may be wrong: a fuzzer would get nowhere otherwise.
func explore(b []byte, trusting bool) error {
	ctx := context.Background()
	f, err := newFile(&File{kind: "HDF5 file", r: bytes.NewReader(b), size: uint64(len(b)), trusting: trusting})
	if err != nil {
		return err
	}
	root, err := f.Root()
	if err != nil {
		return err
	}
	left := 500 // of what is read, as a group may be in itself
	var first error
	note := func(err error) {
		if first == nil {
			first = err
		}
	}
	var look func(o *Object)
	look = func(o *Object) {
		if left--; left < 0 {
			return
		}
		for _, name := range []string{"a0", "a11", "ref", "encoding-type"} {
			a, err := o.Attribute(name)
			note(err)
			if a == nil {
				continue
			}
			if a.Type.Class == Reference {
				_, err := a.Object()
				note(err)
				continue
			}
			_, err = a.Strings()
			note(err)
			a.Ints()
			a.Floats()
		}
		if o.IsDataset() {
			d, err := o.Dataset()
			note(err)
			if err != nil {
				return
			}
			if err := d.Claim(); err != nil {
				note(err)
				return
			}
			if d.Len()*max(d.Type.Size, 8) > small { // what a caller's limit is for
				return
			}
			switch d.Type.Class {
			case Compound:
				fields, err := d.Fields(ctx)
				note(err)
				for _, f := range fields {
					f.Floats()
					f.Strings()
				}
			case String, Variable:
				_, err := d.Strings(ctx, 0, d.Rows())
				note(err)
			default:
				note(Read(ctx, d, make([]float64, d.Len()), 0, d.Rows(), nil))
				half := d.Rows() / 2
				note(Read(ctx, d, make([]float32, half*d.row()), 0, half, nil))
			}
		}
		if o.IsGroup() {
			names, err := o.Links()
			note(err)
			for _, name := range names {
				p, err := o.Open(name)
				note(err)
				if p != nil && len(path.Join(p.name)) < 200 {
					look(p)
				}
			}
		}
	}
	look(root)
	return first
}

// No bytes, however damaged, make reading panic, hang or ask for memory that they do not account for.
func FuzzOpen(f *testing.F) {
	for _, name := range []string{"few_earliest", "few_latest"} {
		f.Add(unpacked(f, name+".h5.gz"))
	}
	f.Fuzz(func(t *testing.T, b []byte) { explore(b, true) })
}

func TestExploreReadsAll(t *testing.T) {
	for _, name := range []string{"few_earliest", "few_latest"} {
		if err := explore(unpacked(t, name+".h5.gz"), false); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
