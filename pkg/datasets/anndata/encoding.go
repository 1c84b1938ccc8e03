package anndata

import (
	"github.com/flatland-go/flatland/pkg/datasets/anndata/internal/hdf5"
)

// encoding is how something is kept, under the names that anndata gives since version 0.8.
type encoding string

const (
	arrayEncoding       encoding = "array"
	stringsEncoding     encoding = "string-array"
	csrEncoding         encoding = "csr_matrix"
	cscEncoding         encoding = "csc_matrix"
	frameEncoding       encoding = "dataframe"
	categoricalEncoding encoding = "categorical"
	integersEncoding    encoding = "nullable-integer"
	booleansEncoding    encoding = "nullable-boolean"
	wordsEncoding       encoding = "nullable-string-array"
	recordsEncoding     encoding = "rec-array"
	dictEncoding        encoding = "dict"
	nullEncoding        encoding = "null"
)

// same are other names of encodings.
var same = map[string]encoding{
	"numeric-scalar":  arrayEncoding,
	"string":          stringsEncoding,
	"anndata":         dictEncoding,
	"raw":             dictEncoding,
	"csr":             csrEncoding,
	"csc":             cscEncoding,
	"nullable-string": wordsEncoding,
}

// encodingOf tells how an object is kept: by what it says itself, or as older versions left it to be seen.
func encodingOf(o *hdf5.Object) (encoding, error) {
	for _, name := range []string{"encoding-type", "h5sparse_format"} {
		word, err := text(o, name)
		if err != nil {
			return "", err
		}
		if word == "" {
			continue
		}
		if e, ok := same[word]; ok {
			return e, nil
		}
		return encoding(word), nil
	}
	if !o.IsDataset() {
		return dictEncoding, nil
	}
	d, err := o.Dataset()
	if err != nil {
		return "", err
	}
	switch {
	case d.Type.Class == hdf5.Compound:
		return recordsEncoding, nil
	case d.Type.Class == hdf5.String || d.Type.Class == hdf5.Variable:
		return stringsEncoding, nil
	}
	return arrayEncoding, nil
}

// text returns an attribute that is a word, or "" where there is none.
func text(o *hdf5.Object, name string) (string, error) {
	words, err := texts(o, name)
	if err != nil || len(words) != 1 {
		return "", err
	}
	return words[0], nil
}

// texts returns an attribute of words. One without values may be of any type.
func texts(o *hdf5.Object, name string) ([]string, error) {
	a, err := o.Attribute(name)
	if err != nil || a == nil || a.Len() == 0 {
		return nil, err
	}
	return a.Strings()
}

// part returns the dataset of a name in a group.
func (f *File) part(o *hdf5.Object, name string) (*hdf5.Dataset, error) {
	p, err := o.Open(name)
	if err != nil {
		return nil, err
	}
	if p == nil {
		return nil, f.errorf("%s: it is damaged: it has no %s", o.Name(), name)
	}
	return p.Dataset()
}
