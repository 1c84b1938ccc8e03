package anndata

import (
	"context"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/datasets/table"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Dataset returns the matrix at a place with what obs knows of the cells, for pictures: Labels and Names are its column label, a
// category or, taken as one with its words sorted, a text; "" leaves them out. The other categories are Factors. Features are the
// names of the genes for "X", "layers/…" and "raw/X", else the last word of the place and a number. The place must have a row for
// every cell: "obsm/X_umap" for a map, "X" for the counts themselves.
//
// Memory: 8 bytes for every cell and column, zeros and all, so that it is for few columns rather than for all genes. Errors are as
// Matrix's, and *mat32.ParamError where obs has no such column or it is of numbers.
func (f *File) Dataset(ctx context.Context, at, label string) (*datasets.Dataset, error) {
	m, err := f.locate(ctx, "Dataset", at)
	if err != nil {
		return nil, err
	}
	if m.rows != f.cells {
		return nil, f.errorf("%s: it has %d rows, and there are %d cells", m.at, m.rows, f.cells)
	}
	if m.rows < 1 || m.cols < 1 {
		return nil, mat32.ErrEmpty
	}
	if err := f.memory("Dataset", 12*int64(m.rows)*int64(m.cols), "Matrix keeps it in float32, and sparse where it is"); err != nil {
		return nil, err
	}
	obs, err := f.Table(ctx, "obs")
	if err != nil {
		return nil, err
	}
	d := &datasets.Dataset{Name: strings.TrimSuffix(filepath.Base(f.path), ".h5ad") + " " + m.at, Source: f.path, Notes: obs.Notes}
	var others []string
	for _, c := range obs.Columns {
		if c.Kind == table.Text && c.Name == label {
			c = byWord(c)
		}
		if c.Kind != table.Category {
			continue
		}
		if c.Name == label {
			d.Labels, d.Names = c.Codes, c.Names
			continue
		}
		others = append(others, c.Name)
		d.Factors = append(d.Factors, datasets.Factor{Name: c.Name, Labels: c.Codes, Names: c.Names})
	}
	if label != "" && d.Labels == nil {
		want := "a column of categories or texts in obs, of which there is none"
		if len(others) > 0 {
			want = "a column of categories or texts in obs: " + strings.Join(others, ", ")
		}
		return nil, &mat32.ParamError{Method: "anndata.File.Dataset", Param: "label", Value: label, Want: want}
	}
	x, err := m.read(ctx)
	if err != nil {
		return nil, f.wrap(m.at, err)
	}
	d.X = mat.NewDense(m.rows, m.cols, nil)
	for i := range m.rows {
		row := d.X.RawRowView(i)
		copy(row, mat32.Row(row, i, x))
	}
	d.Features, err = f.features(ctx, m)
	return d, err
}

// features names the columns of a matrix.
func (f *File) features(ctx context.Context, m *stored) ([]string, error) {
	part, _, _ := strings.Cut(m.at, "/")
	frame := map[string]string{"X": "var", "layers": "var", "raw": "raw/var", "raw.X": "raw/var"}[part]
	if frame != "" {
		names, err := f.Names(ctx, frame)
		if err != nil || len(names) == m.cols {
			return names, err
		}
	}
	if m.encoding == frameEncoding {
		return texts(m.object, "column-order")
	}
	names := make([]string, m.cols)
	for j := range names {
		names[j] = fmt.Sprintf("%s %d", path.Base(m.at), j+1)
	}
	return names, nil
}

// byWord takes a column of texts as one of categories.
func byWord(c table.Column) table.Column {
	names := slices.Clone(c.Texts)
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) > 0 && names[0] == "" { // missing
		names = names[1:]
	}
	codes := make([]int, len(c.Texts))
	for i, word := range c.Texts {
		code, ok := slices.BinarySearch(names, word)
		if !ok {
			code = -1
		}
		codes[i] = code
	}
	return table.Column{Name: c.Name, Kind: table.Category, Codes: codes, Names: names}
}
