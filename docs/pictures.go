//go:build ignore

// Command pictures takes the pictures of the README out of the notebooks, as they are saved there: go run docs/pictures.go [FOLDER]
//
// The folder is docs unless another is named.
package main

import (
	"encoding/base64"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/flatland-go/flatland/pkg/nbtest"
)

// pictures are the files, and the charts that they show, by notebook and title.
var pictures = []struct{ file, notebook, title string }{
	{"digits", "01_quickstart", "Digits, t-SNE"},
	{"trust", "01_quickstart", "Where the map can be believed"},
	{"dimension", "10_intrinsic_dimension", "A Swiss roll, from near to far"},
	{"layers", "15_training_dynamics", "Layers of one network, compared"},
	{"torus", "18_curvature", "A torus bends in two ways"},
	{"rings", "19_topology", "Points joined where they are near"},
	{"tree", "20_hyperbolic", "121 nodes of a tree, and a grid"},
}

func main() {
	folder := "docs"
	if len(os.Args) > 1 {
		folder = os.Args[1]
	}
	for _, p := range pictures {
		png, err := find(filepath.Join("notebooks", p.notebook+".ipynb"), p.title)
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, p.file+".png"), png, 0o666)
		}
		if err != nil {
			log.Fatal(err)
		}
	}
}

// find returns the picture of the one chart of a notebook that has the title, which is the first line of the chart in words.
func find(path, title string) (png []byte, err error) {
	n, err := nbtest.Read(path)
	if err != nil {
		return nil, err
	}
	for _, c := range n.Cells {
		for _, o := range c.Outputs {
			words, _ := o.Data["text/plain"].(string)
			first, _, _ := strings.Cut(words, "\n")
			encoded, is := o.Data["image/png"].(string)
			if !is || first != title {
				continue
			}
			if png != nil {
				return nil, fmt.Errorf("%s has two charts called %q", path, title)
			}
			if png, err = base64.StdEncoding.DecodeString(strings.ReplaceAll(encoded, "\n", "")); err != nil {
				return nil, fmt.Errorf("%s: the picture of %q: %w", path, title, err)
			}
		}
	}
	if png == nil {
		return nil, fmt.Errorf("%s has no chart called %q", path, title)
	}
	return png, nil
}
