package sparse

import (
	"bytes"
	"context"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/datasets/internal/source"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// array reads what follows the header of an array: the columns one after the other, of symmetric ones what is below the diagonal.
func (m MatrixMarket) array(ctx context.Context, f *source.File, h *header) (*mat32.Dense, error) {
	total := h.values()
	if h.mirror != alone {
		total = h.rows * (h.rows + 1) / 2
		if h.mirror == negated {
			total -= h.rows
		}
	}
	err := m.check(f, h.values(), 8, "stream the rows by Rows")
	if err == nil {
		err = m.check(f, max(h.rows, h.cols), perRow, "the matrix has no values")
	}
	if err != nil {
		return nil, err
	}
	var blocks [][]float32
	read := int64(0)
	err = eachBlock(ctx, f, h.line, h.numbers, func(block []float32, line int) error {
		blocks = append(blocks, block)
		read += int64(len(block))
		if read > total {
			return f.ErrorAt(line+int(total-read)+len(block), "", "here, or soon below, more values begin than the %d of such a matrix of %d × %d", total, h.rows, h.cols)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if read < total {
		return nil, f.Errorf("it ends after %d of its %d values: it is cut off", read, total)
	}
	if h.mirror == alone {
		return m.unrolled(ctx, h, blocks)
	}
	n := int(h.rows)
	x := mat32.NewDense(n, n, nil)
	data := x.Data()
	sign, first := float32(1), 0
	if h.mirror == negated {
		sign, first = -1, 1
	}
	j, i := 0, first
	for _, block := range blocks {
		for _, v := range block {
			lower, upper := v, v*sign
			if m.Transpose {
				lower, upper = upper, lower
			}
			data[i*n+j] = lower
			if i != j {
				data[j*n+i] = upper
			}
			if i++; i == n {
				j++
				i = j + first
			}
		}
	}
	return x, nil
}

// unrolled puts values that come column by column into rows.
func (m MatrixMarket) unrolled(ctx context.Context, h *header, blocks [][]float32) (*mat32.Dense, error) {
	columns := make([]float32, 0, h.values())
	for _, block := range blocks {
		columns = append(columns, block...)
	}
	rows, cols := int(h.rows), int(h.cols)
	if m.Transpose {
		return mat32.NewDense(cols, rows, columns), nil
	}
	x := mat32.NewDense(rows, cols, nil)
	const tile = 64 // rows and columns, whose lines of cache are then used in full
	err := par.Blocks(ctx, rows, tile, func(lo, hi int) {
		for from := 0; from < cols; from += tile {
			to := min(from+tile, cols)
			for i := lo; i < hi; i++ {
				row := x.Row(i)
				for j := from; j < to; j++ {
					row[j] = columns[j*rows+i]
				}
			}
		}
	})
	return x, err
}

// numbers returns the values of a block of lines, and the number of lines.
func (h *header) numbers(text []byte) ([]float32, int, *fault) {
	list := make([]float32, 0, bytes.Count(text, []byte{'\n'})+1)
	lines := 0
	for i := 0; i < len(text); lines++ {
		i = skipSpace(text, i)
		if i == len(text) {
			break
		}
		switch text[i] {
		case '\n':
			i++
			continue
		case '%':
			i = nextLine(text, i)
			continue
		}
		v, j, why := number(text, i, lines, h.integer)
		if why != nil {
			return nil, 0, why
		}
		j = skipSpace(text, j)
		if j < len(text) {
			if text[j] != '\n' {
				return nil, 0, faultf(lines, "%.40q follows the value: an array has one in every line", token(text, j))
			}
			j++
		}
		list = append(list, v)
		i = j
	}
	return list, lines, nil
}

// compress leaves the zeros out.
func compress(x *mat32.Dense) (*mat32.CSR, error) {
	rows, cols := x.Dims()
	start := make([]int, rows+1)
	count := 0
	for _, v := range x.Data() {
		if v != 0 {
			count++
		}
	}
	indices, values := make([]int32, 0, count), make([]float32, 0, count)
	for i := range rows {
		for j, v := range x.Row(i) {
			if v != 0 {
				indices, values = append(indices, int32(j)), append(values, v)
			}
		}
		start[i+1] = len(indices)
	}
	return mat32.NewCSR(rows, cols, start, indices, values)
}
