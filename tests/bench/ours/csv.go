package ours

import (
	"bufio"
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"

	"github.com/flatland-go/flatland/pkg/datasets/table"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// CSV reads a table of text, which it makes beside the input when it is first asked for, and sums its columns. The peer reads the
// same file.
func CSV(ctx context.Context, _ []*mat32.Dense, o wire.Options, _ uint64) (wire.Result, error) {
	path, err := textOf(ctx, o.Stream())
	if err != nil {
		return wire.Result{}, err
	}
	t, err := table.CSV{MemoryLimit: math.MaxInt64}.Open(ctx, path)
	if err != nil {
		return wire.Result{}, err
	}
	sums, missing := make([]float64, len(t.Columns)), 0
	for j, c := range t.Columns {
		for _, v := range c.Numbers {
			if math.IsNaN(v) {
				missing++
			} else {
				sums[j] += v
			}
		}
	}
	return wire.Result{
		Arrays: []wire.Output{{Name: "sums", Rows: 1, Columns: len(sums), Values: sums}},
		Values: map[string]float64{"missing": float64(missing), "rows": float64(t.Rows())},
	}, nil
}

// textOf writes the rows of a file as CSV, with the fewest digits that tell float32 values apart, and names for the columns.
func textOf(ctx context.Context, in wire.Input) (string, error) {
	path := fmt.Sprintf("%s.%d.csv", in.Path, in.Rows)
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	rows, err := mat32.RowsFromFloat32(in.Path, in.Columns)
	if err != nil {
		return "", err
	}
	file, err := os.CreateTemp(filepath.Dir(path), "text")
	if err != nil {
		return "", err
	}
	defer file.Close()
	w := bufio.NewWriterSize(file, 1<<20)
	var line []byte
	for j := range in.Columns {
		line = fmt.Appendf(line, "c%d,", j)
	}
	line[len(line)-1] = '\n'
	w.Write(line)
	left := in.Rows
	for batch, err := range rows.Batches(ctx, 0) {
		if err != nil {
			return "", err
		}
		x := batch.(*mat32.Dense)
		n, _ := x.Dims()
		for i := range min(n, left) {
			line = line[:0]
			for _, v := range x.Row(i) {
				line = append(strconv.AppendFloat(line, float64(v), 'f', -1, 32), ',')
			}
			line[len(line)-1] = '\n'
			w.Write(line)
		}
		if left -= n; left <= 0 {
			break
		}
	}
	if err := w.Flush(); err != nil {
		return "", err
	}
	return path, os.Rename(file.Name(), path)
}
