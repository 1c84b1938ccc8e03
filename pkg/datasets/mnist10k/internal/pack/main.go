// Command pack makes the file that package mnist10k embeds from the two in which
// the test part of MNIST is published. It is run when the file is to be made
// again, not when Flatland is built:
//
//	FLATLAND_DATA=<folder> go generate ./pkg/datasets/mnist10k
//
// The folder mnist of that folder holds t10k-images-idx3-ubyte.gz and
// t10k-labels-idx1-ubyte.gz. The result is one gzip stream: the labels, then the
// pixels, a byte each, without the heads.
package main

import (
	"bytes"
	"compress/gzip"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
)

func main() {
	log.SetFlags(0)
	from := flag.String("from", "", "folder of the published files")
	to := flag.String("to", "mnist10k.gz", "file to write")
	flag.Parse()
	if err := pack(*from, *to); err != nil {
		log.Fatalf("pack: %v", err)
	}
}

func pack(from, to string) error {
	var b bytes.Buffer
	zip, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return err
	}
	for _, file := range []struct {
		name string
		head []byte // of the IDX format: two zeros, type, number of axes, the length of each
	}{
		{"t10k-labels-idx1-ubyte.gz", []byte{0, 0, 8, 1, 0, 0, 0x27, 0x10}},
		{"t10k-images-idx3-ubyte.gz", []byte{0, 0, 8, 3, 0, 0, 0x27, 0x10, 0, 0, 0, 28, 0, 0, 0, 28}},
	} {
		packed, err := os.ReadFile(filepath.Join(from, file.name))
		if err != nil {
			return err
		}
		unzip, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			return err
		}
		plain, err := io.ReadAll(unzip)
		if err != nil {
			return err
		}
		values, ok := bytes.CutPrefix(plain, file.head)
		if !ok {
			return fmt.Errorf("%s begins with % x, want % x", file.name, plain[:min(len(plain), len(file.head))], file.head)
		}
		if _, err := zip.Write(values); err != nil {
			return err
		}
	}
	if err := zip.Close(); err != nil {
		return err
	}
	return os.WriteFile(to, b.Bytes(), 0o644)
}
