package datasets

import (
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// Rotated lays another generator's data into a space of Dim dimensions by a
// random orthogonal map: a row x of d values becomes x·V, where the d rows of V
// are orthonormal and drawn uniformly among all such. Nothing but the columns
// changes: distances and angles stay what they were to rounding error, and so
// does whatever Truth says about the shape. What Truth says in coordinates of
// the space (Clean, Centers, Covariances, Bases,
// Singular) is mapped along.
//
//	datasets.Rotated{Of: datasets.SwissRoll{Rows: 1000}, Dim: 50}
//
// A method that answers otherwise for the rotated data looks at columns, not at
// distances.
//
// Source for the draw: Stewart (1980), The efficient generation of random
// orthogonal matrices with an application to condition estimators.
type Rotated struct {
	// Of generates the data.
	Of Generator

	// Dim is the number of columns afterwards, at least those of the data. Zero
	// means as many: a rotation, or reflection, within their space.
	Dim int

	// Seed chooses the map.
	Seed uint64
}

// Resolve returns the options, or a *mat32.ParamError for the first that is out
// of its range. Dim stays zero where it means the columns of the data.
func (g Rotated) Resolve() (Rotated, error) {
	o := options{generator: "datasets.Rotated"}
	o.needs("Of", g.Of)
	check(&o, "Dim", &g.Dim, 0, 0, mostDims)
	return g, o.err
}

// Generate returns the data of Of in Dim columns, which are named x1, x2, …;
// rows are no images any more. The error is Of's, a *mat32.ParamError (also for a
// Dim below the columns of the data) or a *mat32.MemoryError. Beyond what Of
// takes it costs O(n·d·Dim + d²·Dim) for n rows of d columns.
func (g Rotated) Generate() (*Dataset, error) {
	g, err := g.Resolve()
	if err != nil {
		return nil, err
	}
	d, err := g.Of.Generate()
	if err != nil {
		return nil, err
	}
	n, cols, err := d.shape("datasets.Rotated")
	if err != nil {
		return nil, err
	}
	dim := g.Dim
	if dim == 0 {
		dim = cols
	}
	if dim < cols {
		return nil, &mat32.ParamError{Method: "datasets.Rotated", Param: "Dim", Value: dim,
			Want: fmt.Sprintf("at least the %d columns of the data, or 0 for as many", cols)}
	}
	values := int64(2*n+cols)*int64(dim) + int64(len(d.Truth.Covariances))*int64(dim)*int64(dim)
	if err := mat32.CheckMemory("datasets.Rotated", 8*values, 0, "ask for fewer Rows or dimensions"); err != nil {
		return nil, err
	}
	v := basis(cols, dim, g.Seed, d.purpose("rotated"))
	d.X = span(d.X, v)
	if d.Truth.Clean != nil {
		d.Truth.Clean = span(d.Truth.Clean, v)
	}
	if d.Truth.Centers != nil {
		d.Truth.Centers = span(d.Truth.Centers, v)
	}
	if d.Truth.Singular != nil {
		d.Truth.Singular = span(d.Truth.Singular, v)
	}
	for k, c := range d.Truth.Covariances {
		half := span(mat.DenseCopyOf(c), v)
		full := span(mat.DenseCopyOf(half.T()), v)
		mapped := mat.NewSymDense(dim, nil)
		for i := range dim {
			for j := i; j < dim; j++ {
				mapped.SetSym(i, j, full.At(i, j))
			}
		}
		d.Truth.Covariances[k] = mapped
	}
	for k, b := range d.Truth.Bases {
		d.Truth.Bases[k] = span(b, v)
	}
	d.Features, d.Width, d.Height = axes(dim), 0, 0
	d.layer("rotated into %d dimensions, seed %d", dim, g.Seed)
	return d, nil
}
