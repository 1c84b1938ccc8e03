package anndata

import (
	"context"
	"iter"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/datasets/anndata/internal/hdf5"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// mostSlab is how large the rows may be together that are unpacked at once for batches of a dense matrix.
const mostSlab = 256 << 20

// Rows returns the rows of the matrix at a place, for methods that take them a batch at a time. Batches are a *mat32.CSR where the
// file keeps the matrix sparse, else a *mat32.Dense. They are read from the file as they are asked for: memory is that of a batch, 8
// bytes a row for where rows begin in a sparse matrix, and, of a dense one, the rows of a row of chunks, where those take less than
// 256 MiB. A matrix that is kept by columns (csc_matrix) has no rows that could be read alone: it is read whole by the first batch,
// as Matrix does. The file must stay open, and every reading ends with ctx. Errors are as Matrix's; those of reading come with the
// batches.
func (f *File) Rows(ctx context.Context, at string) (*mat32.Rows, error) {
	m, err := f.locate(ctx, "Rows", at)
	if err != nil {
		return nil, err
	}
	var batches func(ctx context.Context, size int) iter.Seq2[mat.Matrix, error]
	switch m.encoding {
	case csrEncoding:
		batches = m.sparseBatches
	case arrayEncoding:
		batches = m.denseBatches
	default:
		batches = m.wholeBatches
	}
	return mat32.RowsFromBatches(m.cols, func(reading context.Context, size int) iter.Seq2[mat.Matrix, error] {
		return func(yield func(mat.Matrix, error) bool) {
			either, end := context.WithCancel(reading)
			defer end()
			defer context.AfterFunc(ctx, end)()
			for x, err := range batches(either, size) {
				if err == nil {
					err = ctx.Err()
				}
				if !yield(x, f.wrap(m.at, err)) {
					return
				}
			}
		}
	}), nil
}

func (m *stored) sparseBatches(ctx context.Context, size int) iter.Seq2[mat.Matrix, error] {
	return func(yield func(mat.Matrix, error) bool) {
		indptr, err := m.offsets(ctx)
		if err != nil {
			yield(nil, err)
			return
		}
		for lo := 0; lo < m.rows; {
			hi := lo + min(size, m.rows-lo)
			x, err := m.batch(ctx, indptr[lo:hi+1])
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(x, nil) {
				return
			}
			lo = hi
		}
	}
}

// batch reads the rows that begin at offsets.
func (m *stored) batch(ctx context.Context, offsets []int) (*mat32.CSR, error) {
	first := offsets[0]
	n := offsets[len(offsets)-1] - first
	if err := m.claim(m.method, 8*int64(n), m.data, m.indices); err != nil {
		return nil, err
	}
	indices, values, err := m.entries(ctx, first, first+n, nil)
	if err != nil {
		return nil, err
	}
	own := make([]int, len(offsets))
	for i, at := range offsets {
		own[i] = at - first
	}
	return sorted(ctx, len(own)-1, m.cols, own, indices, values)
}

func (m *stored) denseBatches(ctx context.Context, size int) iter.Seq2[mat.Matrix, error] {
	return func(yield func(mat.Matrix, error) bool) {
		// As many rows of chunks are unpacked at once as have a batch's rows, so that no chunk is unpacked twice.
		chunk := m.dense.ChunkRows()
		ahead := (size + chunk - 1) / chunk * chunk
		if int64(ahead)*int64(m.cols)*4 > mostSlab {
			ahead = size
		}
		ahead = min(ahead, m.rows)
		if err := m.claim(m.method, 4*int64(m.cols)*int64(ahead+min(size, m.rows)), m.dense); err != nil {
			yield(nil, err)
			return
		}
		slab, begin, end := make([]float32, ahead*m.cols), 0, 0
		for lo := 0; lo < m.rows; {
			hi := lo + min(size, m.rows-lo)
			x := mat32.NewDense(hi-lo, m.cols, nil)
			for at := lo; at < hi; {
				if at >= end {
					begin, end = end, min(end+ahead, m.rows)
					if err := hdf5.Read(ctx, m.dense, slab[:(end-begin)*m.cols], begin, end, nil); err != nil {
						yield(nil, err)
						return
					}
				}
				n := copy(x.Data()[(at-lo)*m.cols:], slab[(at-begin)*m.cols:(end-begin)*m.cols])
				at += n / m.cols
			}
			if !yield(x, nil) {
				return
			}
			lo = hi
		}
	}
}

func (m *stored) wholeBatches(ctx context.Context, size int) iter.Seq2[mat.Matrix, error] {
	return func(yield func(mat.Matrix, error) bool) {
		x, err := m.read(ctx)
		if err != nil {
			yield(nil, err)
			return
		}
		for batch, err := range mat32.RowsOf(x).Batches(ctx, size) {
			if !yield(batch, err) {
				return
			}
		}
	}
}
