package anndata

import (
	"context"
	"path"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/datasets/anndata/internal/hdf5"
	"github.com/flatland-go/flatland/pkg/datasets/table"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// Matrix returns the matrix at a place: "X", "raw/X", "layers/counts", "obsm/X_pca", "varm/PCs", "obsp/connectivities". What the file
// keeps sparse is a *mat32.CSR (columns turned into rows where they are kept by columns, rows sorted and values for one place added
// where they are not in order), what it keeps dense a *mat32.Dense; a list is one column, a data frame of numbers one column for
// each. Values are rounded to float32, in which counts are exact up to 2²⁴; what is too large for it becomes infinite.
//
// Memory: 8 bytes a stored value of sparse matrices and 8 a row, twice that where they are kept by columns; 4 bytes a value of dense
// ones; and two chunks a core. Time: that of unpacking, on all cores.
//
// Errors: *mat32.ParamError where there is no such place, *mat32.FileError where it holds no matrix, is damaged or does not fit to
// the cells and genes of the file, *mat32.MemoryError, and that of ctx.
func (f *File) Matrix(ctx context.Context, at string) (mat.Matrix, error) {
	return f.matrix(ctx, "Matrix", at)
}

func (f *File) matrix(ctx context.Context, method, at string) (mat.Matrix, error) {
	m, err := f.locate(ctx, method, at)
	if err != nil {
		return nil, err
	}
	x, err := m.read(ctx)
	if err != nil {
		return nil, f.wrap(alias(at), err)
	}
	return x, nil
}

// stored is a matrix in the file.
type stored struct {
	file       *File
	method, at string
	rows, cols int
	encoding   encoding
	object     *hdf5.Object

	dense                 *hdf5.Dataset // of a dense one
	data, indices, indptr *hdf5.Dataset // of a sparse one
	field                 *hdf5.Field   // of a dense one that shares a dataset with others
}

// locate finds a matrix, and checks that its shape fits to the file.
func (f *File) locate(ctx context.Context, method, at string) (*stored, error) {
	m := &stored{file: f, method: method, at: alias(at)}
	o, err := f.find(method, at)
	if err != nil {
		field, other := f.sharedField(ctx, m.at)
		if other != nil {
			return nil, other
		}
		if field == nil {
			return nil, err
		}
		m.field = field
		m.encoding = recordsEncoding
		m.rows, m.cols = field.Rows(), field.Columns()
		return m, m.fits()
	}
	m.object = o
	if m.encoding, err = encodingOf(o); err != nil {
		return nil, err
	}
	switch m.encoding {
	case csrEncoding, cscEncoding:
		err = m.locateSparse()
	case arrayEncoding:
		err = m.locateDense()
	case frameEncoding:
		m.rows, err = f.frameRows(ctx, o)
		if err == nil {
			var names []string
			names, err = texts(o, "column-order")
			m.cols = len(names)
		}
	default:
		return nil, f.errorf("%s: it is no matrix of numbers but %s", m.at, m.encoding)
	}
	if err != nil {
		return nil, f.wrap(m.at, err)
	}
	return m, m.fits()
}

// fits compares the shape with that of the file.
func (m *stored) fits() error {
	cells, genes := m.file.cells, m.file.genes
	rows, cols := -1, -1
	switch part, _, _ := strings.Cut(m.at, "/"); part {
	case "X", "layers":
		rows, cols = cells, genes
	case "raw", "raw.X", "obsm":
		rows = cells
	case "obsp":
		rows, cols = cells, cells
	case "varm":
		rows = genes
	case "varp":
		rows, cols = genes, genes
	}
	if strings.HasPrefix(m.at, "raw/var") {
		rows = -1
	}
	if rows >= 0 && m.rows != rows || cols >= 0 && m.cols != cols {
		return m.file.errorf("%s: it is %d × %d, and the file has %d cells and %d genes", m.at, m.rows, m.cols, cells, genes)
	}
	return nil
}

func (m *stored) read(ctx context.Context) (mat.Matrix, error) {
	switch m.encoding {
	case csrEncoding:
		return m.readCSR(ctx)
	case cscEncoding:
		return m.readCSC(ctx)
	case frameEncoding:
		t, err := m.file.Table(ctx, m.at)
		if err != nil {
			return nil, err
		}
		return m.numbers(t)
	case recordsEncoding:
		values, err := m.field.Floats()
		if err != nil {
			return nil, err
		}
		x := mat32.NewDense(m.rows, m.cols, nil)
		for i, v := range values {
			x.Data()[i] = float32(v)
		}
		return x, nil
	}
	return m.readDense(ctx)
}

// numbers returns the columns of a table as a matrix.
func (m *stored) numbers(t *table.Table) (mat.Matrix, error) {
	columns := make([][]float64, len(t.Columns))
	for j, c := range t.Columns {
		if c.Kind != table.Number {
			return nil, m.file.errorf("%s: its column %s is no number", m.at, c.Name)
		}
		columns[j] = c.Numbers
	}
	if len(columns) != m.cols {
		return nil, m.file.errorf("%s: some of its columns cannot be read: %s", m.at, strings.Join(t.Notes, "; "))
	}
	return mat32.FromColumns(columns...)
}

func (m *stored) locateDense() error {
	d, err := m.object.Dataset()
	if err != nil {
		return err
	}
	m.dense = d
	switch len(d.Shape) {
	case 1:
		m.rows, m.cols = d.Shape[0], 1
	case 2:
		m.rows, m.cols = d.Shape[0], d.Shape[1]
	default:
		return m.file.errorf("%s: it is no matrix: its shape is %v", m.at, d.Shape)
	}
	return nil
}

func (m *stored) readDense(ctx context.Context) (*mat32.Dense, error) {
	if err := m.claim(m.method, 4*int64(m.dense.Len()), m.dense); err != nil {
		return nil, err
	}
	x := mat32.NewDense(m.rows, m.cols, nil)
	stage := watch.Start(ctx, "reading "+m.at, m.dense.Len())
	return x, hdf5.Read(ctx, m.dense, x.Data(), 0, m.rows, stage.Add)
}

// claim checks that memory for datasets may be asked for.
func (m *stored) claim(method string, need int64, of ...*hdf5.Dataset) error {
	for _, d := range of {
		if err := d.Claim(); err != nil {
			return err
		}
	}
	return m.file.memory(method, need, "Rows reads it a batch at a time")
}

// sharedField returns the field of the dataset that obsm and varm were until version 0.6, or nil.
func (f *File) sharedField(ctx context.Context, at string) (*hdf5.Field, error) {
	parent, err := f.root.Open(path.Dir("/" + at))
	if err != nil || parent == nil || !parent.IsDataset() {
		return nil, err
	}
	d, err := parent.Dataset()
	if err != nil || d.Type.Class != hdf5.Compound {
		return nil, err
	}
	fields, err := f.fields(ctx, d)
	if err != nil {
		return nil, err
	}
	for _, field := range fields {
		if field.Name == path.Base(at) {
			return &field, nil
		}
	}
	return nil, nil
}

// fields reads a dataset of compounds.
func (f *File) fields(ctx context.Context, d *hdf5.Dataset) ([]hdf5.Field, error) {
	if err := d.Claim(); err != nil {
		return nil, err
	}
	if err := f.memory("Table", 3*int64(d.Len())*int64(d.Type.Size), ""); err != nil {
		return nil, err
	}
	return d.Fields(ctx)
}
