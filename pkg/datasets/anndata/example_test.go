package anndata_test

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"

	"github.com/flatland-go/flatland/pkg/datasets/anndata"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// example unpacks a file of 24 cells.
func example() (path string, remove func()) {
	folder, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	packed, err := os.Open("testdata/v0.12.h5ad.gz")
	if err != nil {
		log.Fatal(err)
	}
	defer packed.Close()
	r, err := gzip.NewReader(packed)
	if err != nil {
		log.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		log.Fatal(err)
	}
	path = filepath.Join(folder, "cells.h5ad")
	if err := os.WriteFile(path, b, 0o644); err != nil {
		log.Fatal(err)
	}
	return path, func() { os.RemoveAll(folder) }
}

func Example() {
	path, remove := example()
	defer remove()
	ctx := context.Background()
	f, err := anndata.Open(ctx, path)
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	fmt.Println(f.Dims())
	x, err := f.Matrix(ctx, "X")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%T with %d values\n", x, x.(*mat32.CSR).NNZ())
	maps, err := f.Keys("obsm")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(maps)
	d, err := f.Dataset(ctx, "obsm/X_umap", "cell_type")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(d.Names, d.Features)
	// Output:
	// 24 15
	// *mat32.CSR with 128 values
	// [X_pca X_umap scores]
	// [B Monocyte é NK T] [X_umap 1 X_umap 2]
}

func ExampleFile_Rows() {
	path, remove := example()
	defer remove()
	ctx := context.Background()
	f, err := anndata.Open(ctx, path)
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	rows, err := f.Rows(ctx, "X") // as dr.IncrementalPCA takes them
	if err != nil {
		log.Fatal(err)
	}
	for batch, err := range rows.Batches(ctx, 10) {
		if err != nil {
			log.Fatal(err)
		}
		n, d := batch.Dims()
		fmt.Println(n, d)
	}
	// Output:
	// 10 15
	// 10 15
	// 4 15
}
