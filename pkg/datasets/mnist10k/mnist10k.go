// Package mnist10k holds the 10 000 handwritten digits of the test part of MNIST.
//
// It is a package of its own because the images are 1.6 MB: a program carries
// them when it imports the package, and no other does.
//
// Source: Y. LeCun, C. Cortes and C. J. C. Burges (1998), The MNIST database of
// handwritten digits, made from NIST's Special Databases 1 and 3 and described
// in LeCun, Bottou, Bengio and Haffner (1998), Gradient-based learning applied
// to document recognition. CC BY-SA 3.0.
package mnist10k

import (
	"compress/gzip"
	_ "embed" // for the file below
	"fmt"
	"io"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/datasets"
)

// The shape of the set: Rows images of Side × Side pixels.
const (
	Rows = 10_000
	Side = 28
)

//go:generate go run ./internal/pack -from $FLATLAND_DATA/mnist -to mnist10k.gz

//go:embed mnist10k.gz
var packed string

// Load returns the digits as images of 28 × 28 pixels with values from 0 (paper)
// to 255 (ink), in the published order, with the digit as label.
//
// It is the same *datasets.Dataset as every other set is, of float64 values: 63
// MB. Who has to do with less asks for Bytes. Every call unpacks the digits
// again, which takes about 0.1 s.
func Load() *datasets.Dataset {
	pixels, labels := Bytes()
	d := &datasets.Dataset{
		Name:     "mnist10k",
		X:        mat.NewDense(Rows, Side*Side, nil),
		Labels:   make([]int, Rows),
		Names:    make([]string, 10),
		Features: make([]string, Side*Side),
		Source:   "Y. LeCun, C. Cortes and C. J. C. Burges (1998), The MNIST database of handwritten digits, CC BY-SA 3.0",
		Notes:    []string{"the test part of the published set"},
		Width:    Side,
		Height:   Side,
		Ink:      255,
	}
	values := d.X.RawMatrix().Data
	for k, v := range pixels {
		values[k] = float64(v)
	}
	for i, l := range labels {
		d.Labels[i] = int(l)
	}
	for k := range d.Names {
		d.Names[k] = strconv.Itoa(k)
	}
	for k := range d.Features {
		d.Features[k] = fmt.Sprintf("pixel_%d_%d", k/Side, k%Side)
	}
	return d
}

// Bytes returns the digits as they are published: Side·Side pixels for every
// row, line after line from the top left, 0 for paper and 255 for ink, and the
// digit of every row. They are new memory, 8 MB.
func Bytes() (pixels, labels []byte) {
	all := make([]byte, Rows+Rows*Side*Side)
	unzip, err := gzip.NewReader(strings.NewReader(packed))
	if err == nil {
		_, err = io.ReadFull(unzip, all)
	}
	if err != nil { // the file is part of the program and read by its tests
		panic(fmt.Sprintf("mnist10k: the embedded digits are damaged: %v", err))
	}
	return all[Rows:], all[:Rows:Rows]
}
