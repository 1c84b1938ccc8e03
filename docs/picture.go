//go:build ignore

// Command picture draws the picture of the README: go run docs/picture.go
package main

import (
	"context"
	"log"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/viz"
)

func main() {
	d := datasets.Digits()
	emb, err := dr.TSNE{}.Embed(context.Background(), d.X)
	if err != nil {
		log.Fatal(err)
	}
	chart := viz.Scatter(emb, viz.Points{Labels: d.Labels, Names: d.Names}).Titled("1797 handwritten digits")
	if err := chart.Save("docs/digits.png"); err != nil {
		log.Fatal(err)
	}
}
