package anndata

import (
	"context"
	"errors"
	"math"
	"slices"
	"sort"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/datasets/anndata/internal/hdf5"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

func (m *stored) locateSparse() error {
	shape, err := m.object.Attribute("shape")
	if err == nil && shape == nil {
		shape, err = m.object.Attribute("h5sparse_shape")
	}
	if err != nil {
		return err
	}
	if shape == nil {
		return m.file.errorf("%s: it is damaged: a sparse matrix has no shape", m.at)
	}
	dims, err := shape.Ints()
	if err != nil {
		return err
	}
	if len(dims) != 2 || dims[0] < 0 || dims[1] < 0 || dims[0] > math.MaxInt32 || dims[1] > math.MaxInt32 {
		return m.file.errorf("%s: it is damaged: the shape of a sparse matrix is %v", m.at, dims)
	}
	m.rows, m.cols = dims[0], dims[1]
	for _, p := range []struct {
		name string
		d    **hdf5.Dataset
	}{{"data", &m.data}, {"indices", &m.indices}, {"indptr", &m.indptr}} {
		if *p.d, err = m.file.part(m.object, p.name); err != nil {
			return err
		}
		if len((*p.d).Shape) != 1 {
			return m.file.errorf("%s/%s: it is damaged: it is no list", m.at, p.name)
		}
	}
	major := m.rows
	if m.encoding == cscEncoding {
		major = m.cols
	}
	if m.indptr.Len() != major+1 || m.data.Len() != m.indices.Len() {
		return m.file.errorf("%s: it is damaged: %d values, %d indices and %d offsets are no %d × %d matrix", m.at, m.data.Len(), m.indices.Len(), m.indptr.Len(), m.rows, m.cols)
	}
	return nil
}

// offsets reads where rows or columns begin.
func (m *stored) offsets(ctx context.Context) ([]int, error) {
	if err := m.claim(m.method, 8*int64(m.indptr.Len()), m.indptr); err != nil {
		return nil, err
	}
	indptr := make([]int, m.indptr.Len())
	if err := hdf5.Read(ctx, m.indptr, indptr, 0, len(indptr), nil); err != nil {
		return nil, err
	}
	if indptr[0] != 0 || indptr[len(indptr)-1] != m.data.Len() || !slices.IsSorted(indptr) {
		return nil, m.file.errorf("%s/indptr: it is damaged: its offsets do not ascend from 0 to the %d values", m.at, m.data.Len())
	}
	return indptr, nil
}

// read returns the indices and values of a stretch.
func (m *stored) entries(ctx context.Context, lo, hi int, tick hdf5.Tick) (indices []int32, values []float32, err error) {
	indices, values = make([]int32, hi-lo), make([]float32, hi-lo)
	if err := hdf5.Read(ctx, m.indices, indices, lo, hi, tick); err != nil {
		return nil, nil, err
	}
	return indices, values, hdf5.Read(ctx, m.data, values, lo, hi, tick)
}

func (m *stored) readCSR(ctx context.Context) (*mat32.CSR, error) {
	nnz := m.data.Len()
	if err := m.claim(m.method, 8*int64(nnz)+8*int64(m.rows+1), m.data, m.indices); err != nil {
		return nil, err
	}
	indptr, err := m.offsets(ctx)
	if err != nil {
		return nil, err
	}
	indices, values, err := m.entries(ctx, 0, nnz, watch.Start(ctx, "reading "+m.at, 2*nnz).Add)
	if err != nil {
		return nil, err
	}
	return sorted(ctx, m.rows, m.cols, indptr, indices, values)
}

// readCSC turns columns into rows.
func (m *stored) readCSC(ctx context.Context) (*mat32.CSR, error) {
	nnz := m.data.Len()
	if err := m.claim(m.method, 16*int64(nnz)+8*int64(m.rows+m.cols+2), m.data, m.indices); err != nil {
		return nil, err
	}
	indptr, err := m.offsets(ctx)
	if err != nil {
		return nil, err
	}
	rows, values, err := m.entries(ctx, 0, nnz, watch.Start(ctx, "reading "+m.at, 2*nnz).Add)
	if err != nil {
		return nil, err
	}
	start := make([]int, m.rows+1)
	for _, i := range rows {
		if i < 0 || int(i) >= m.rows {
			return nil, m.file.errorf("%s/indices: it is damaged: row %d is outside the %d rows", m.at, i, m.rows)
		}
		start[i+1]++
	}
	for i := range m.rows {
		start[i+1] += start[i]
	}
	next := slices.Clone(start[:m.rows])
	columns, turned := make([]int32, nnz), make([]float32, nnz)
	for j := range m.cols {
		if j%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		for k := indptr[j]; k < indptr[j+1]; k++ {
			at := &next[rows[k]]
			columns[*at], turned[*at] = int32(j), values[k]
			*at++
		}
	}
	return sorted(ctx, m.rows, m.cols, start, columns, turned)
}

// sorted returns a sparse matrix whose rows may be out of order, and may have several values for one place, which are added: SciPy
// allows both.
func sorted(ctx context.Context, rows, cols int, indptr []int, indices []int32, values []float32) (*mat32.CSR, error) {
	x, err := mat32.NewCSR(rows, cols, indptr, indices, values)
	var sparse *mat32.SparseError
	if !errors.As(err, &sparse) {
		return x, err
	}
	if canceled := par.Blocks(ctx, rows, 256, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row := entries{indices[indptr[i]:indptr[i+1]], values[indptr[i]:indptr[i+1]]}
			if !sort.IsSorted(row) {
				sort.Stable(row)
			}
		}
	}); canceled != nil {
		return nil, canceled
	}
	// Values for one place follow each other now.
	n, begin := 0, 0
	for i := range rows {
		end := indptr[i+1]
		for k := begin; k < end; {
			column, sum := indices[k], 0.
			for ; k < end && indices[k] == column; k++ {
				sum += float64(values[k])
			}
			indices[n], values[n] = column, float32(sum)
			n++
		}
		begin = end
		indptr[i+1] = n
	}
	return mat32.NewCSR(rows, cols, indptr, indices[:n:n], values[:n:n])
}

// entries sorts a row by columns.
type entries struct {
	indices []int32
	values  []float32
}

func (e entries) Len() int           { return len(e.indices) }
func (e entries) Less(i, j int) bool { return e.indices[i] < e.indices[j] }
func (e entries) Swap(i, j int) {
	e.indices[i], e.indices[j] = e.indices[j], e.indices[i]
	e.values[i], e.values[j] = e.values[j], e.values[i]
}
