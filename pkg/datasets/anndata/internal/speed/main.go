// Command speed measures how long Flatland and anndata take to read .h5ad files whole: the matrix, both tables with their indexes,
// the map. The two are processes of their own, warm, and take turns; memory is the largest resident set of each.
//
//	speed PYTHON tests/peers/bench_anndata.py FILE…
//
// tests/peers/anndata.sh speed FOLDER runs it on files that it makes.
package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/flatland-go/flatland/pkg/datasets/anndata"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

const (
	pairs  = 5
	worker = "-worker"
)

func main() {
	if err := run(context.Background(), os.Args, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, in io.Reader, out io.Writer) error {
	if len(args) == 2 && args[1] == worker {
		return wire.Serve(ctx, in, out, wire.Hello{Language: runtime.Version()}, func(string) wire.Func { return read })
	}
	if len(args) < 4 {
		return fmt.Errorf("usage: %s PYTHON SCRIPT FILE…", filepath.Base(args[0]))
	}
	fmt.Fprintf(out, "%-20s %8s %8s %6s %15s %10s %10s\n", "file", "ours", "anndata", "ratio", "(from, to)", "our memory", "theirs")
	for _, path := range args[3:] {
		if err := measure(ctx, out, [2][]string{{args[0], worker}, args[1:3]}, path); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}

// read is what is measured of Flatland.
func read(ctx context.Context, _ []*mat32.Dense, o wire.Options, _ uint64) (r wire.Result, err error) {
	path, _ := o["path"].(string)
	f, err := anndata.Open(ctx, path)
	if err != nil {
		return r, err
	}
	defer f.Close()
	x, err := f.Matrix(ctx, "X")
	if err != nil {
		return r, err
	}
	for _, at := range []string{"obs", "var"} {
		if _, err := f.Table(ctx, at); err != nil {
			return r, err
		}
		if _, err := f.Names(ctx, at); err != nil {
			return r, err
		}
	}
	y, err := f.Matrix(ctx, "obsm/X_pca")
	if err != nil {
		return r, err
	}
	sparse, ok := x.(*mat32.CSR)
	cells, genes := x.Dims()
	pca, dense := y.(*mat32.Dense)
	if !ok || !dense {
		return r, fmt.Errorf("the matrix is a %T and the map a %T", x, y)
	}
	r.Values = map[string]float64{"cells": float64(cells), "genes": float64(genes), "nnz": float64(sparse.NNZ())}
	if o.Int("sums") == 0 {
		return r, nil
	}
	var values, indices, sum float64
	for i := range cells {
		columns, of := sparse.Row(i)
		for k, j := range columns {
			indices += float64(j)
			values += float64(of[k])
		}
	}
	for _, v := range pca.Data() {
		sum += float64(v)
	}
	r.Values["values"], r.Values["indices"], r.Values["map"] = values, indices, sum
	return r, nil
}

// measure prints the row of a file.
func measure(ctx context.Context, out io.Writer, commands [2][]string, path string) error {
	var workers [2]*wire.Worker
	var found [2]map[string]float64
	ask := func(side, sums int) (float64, error) {
		reply, err := workers[side].Run(wire.Request{Run: "read", Inputs: []wire.Input{}, Options: wire.Options{"path": path, "sums": sums}})
		if err != nil {
			return 0, err
		}
		if sums > 0 {
			found[side] = reply.Values
		}
		return reply.Seconds, nil
	}
	for side, command := range commands {
		w, err := wire.Start(ctx, command)
		if err != nil {
			return err
		}
		defer w.Close()
		workers[side] = w
		if _, err := ask(side, 1); err != nil {
			return err
		}
	}
	if len(found[0]) < 6 {
		return fmt.Errorf("nothing to compare: %v", found[0])
	}
	for name, v := range found[0] {
		if w, ok := found[1][name]; !ok || math.Abs(v-w) > 1e-9*math.Abs(w)+1e-6 {
			return fmt.Errorf("%s differs: %v and %v", name, v, w)
		}
	}
	var seconds [2][]float64
	var ratios []float64
	for range pairs {
		for side := range workers {
			s, err := ask(side, 0)
			if err != nil {
				return err
			}
			seconds[side] = append(seconds[side], s)
		}
		ratios = append(ratios, seconds[0][len(ratios)]/seconds[1][len(ratios)])
	}
	for _, s := range [][]float64{seconds[0], seconds[1], ratios} {
		slices.Sort(s)
	}
	middle := pairs / 2
	fmt.Fprintf(out, "%-20s %6.2f s %6.2f s %6.2f %15s %7d MB %7d MB\n", filepath.Base(path), seconds[0][middle], seconds[1][middle], ratios[middle],
		fmt.Sprintf("(%.2f, %.2f)", ratios[0], ratios[pairs-1]), workers[0].Memory()>>20, workers[1].Memory()>>20)
	return nil
}
