// Command digits70k writes the set of package digits70k as NumPy files, for the
// programs that Flatland is measured against:
//
//	go run ./internal/digits70k/cmd/digits70k [-seed N] FOLDER
//
// FOLDER receives digits70k.npy (70 000 × 784 float32, row after row) and
// digits70k_labels.npy (70 000 int64).
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"

	"github.com/flatland-go/flatland/internal/digits70k"
	"github.com/flatland-go/flatland/internal/whole"
)

func main() {
	log.SetFlags(0)
	seed := flag.Uint64("seed", 0, "the seed of the distortions")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: digits70k [-seed N] FOLDER")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	set := digits70k.Make(*seed)
	for _, f := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{"digits70k.npy", set.WriteImages},
		{"digits70k_labels.npy", set.WriteLabels},
	} {
		write := func(to *os.File) error { return f.write(to) }
		if err := whole.Save(filepath.Join(flag.Arg(0), f.name), write); err != nil {
			log.Fatalf("digits70k: %v", err)
		}
	}
}
