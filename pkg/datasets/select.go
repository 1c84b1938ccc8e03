package datasets

import (
	"slices"

	"gonum.org/v1/gonum/mat"
)

// Select returns the given rows, in that order, with all that is known about
// them; a row may be named more than once. It shares no memory with d, but for
// what Truth.Geodesic reads, and panics, as a slice does, for a row that does not
// exist. It costs O(n·d) for n rows of d columns.
func (d *Dataset) Select(rows []int) *Dataset {
	rows = slices.Clone(rows) // for Geodesic, while the caller may change them
	s := d.copied(func(m *mat.Dense) *mat.Dense { return pick(m, rows) })
	s.Labels = picked(d.Labels, rows)
	for k, f := range d.Factors {
		s.Factors[k].Labels = picked(f.Labels, rows)
	}
	s.Truth.Outliers = picked(d.Truth.Outliers, rows)
	s.Truth.Dimensions = picked(d.Truth.Dimensions, rows)
	if between := d.Truth.Geodesic; between != nil {
		s.Truth.Geodesic = func(i, j int) float64 { return between(rows[i], rows[j]) }
	}
	return s
}

// Generate returns a copy of d, so that data at hand can stand where a generator
// can: datasets.Noise{Of: datasets.Digits(), StdDev: 2}. The copy shares no memory
// with d, but for what Truth.Geodesic reads. The error is always nil.
func (d *Dataset) Generate() (*Dataset, error) {
	if d == nil {
		return nil, nil // which layers refuse as empty
	}
	c := d.copied(copyOf)
	c.Labels = slices.Clone(d.Labels)
	for k, f := range d.Factors {
		c.Factors[k].Labels = slices.Clone(f.Labels)
	}
	c.Truth.Outliers = slices.Clone(d.Truth.Outliers)
	c.Truth.Dimensions = slices.Clone(d.Truth.Dimensions)
	return c, nil
}

// copied returns a copy of d whose matrices with a line for every row are what
// rows makes of them, and whose slices with an element for every row are still
// those of d.
func (d *Dataset) copied(rows func(*mat.Dense) *mat.Dense) *Dataset {
	c := *d
	c.X = rows(d.X)
	c.Truth.Clean, c.Truth.Latent = rows(d.Truth.Clean), rows(d.Truth.Latent)
	c.Names = slices.Clone(d.Names)
	c.Features = slices.Clone(d.Features)
	c.Notes = slices.Clone(d.Notes)
	c.Factors = slices.Clone(d.Factors)
	for k := range c.Factors {
		c.Factors[k].Names = slices.Clone(c.Factors[k].Names)
	}
	c.Truth.Coordinates = slices.Clone(d.Truth.Coordinates)
	c.Truth.Betti = slices.Clone(d.Truth.Betti)
	c.Truth.Singular = copyOf(d.Truth.Singular)
	c.Truth.Centers = copyOf(d.Truth.Centers)
	c.Truth.Weights = slices.Clone(d.Truth.Weights)
	c.Truth.Spectrum = slices.Clone(d.Truth.Spectrum)
	c.Truth.Bases = slices.Clone(d.Truth.Bases)
	for k, b := range c.Truth.Bases {
		c.Truth.Bases[k] = copyOf(b)
	}
	c.Truth.Covariances = slices.Clone(d.Truth.Covariances)
	for k, s := range c.Truth.Covariances {
		c.Truth.Covariances[k] = mat.NewSymDense(s.SymmetricDim(), nil)
		c.Truth.Covariances[k].CopySym(s)
	}
	return &c
}

func copyOf(m *mat.Dense) *mat.Dense {
	if m == nil {
		return nil
	}
	return mat.DenseCopyOf(m)
}

func pick(m *mat.Dense, rows []int) *mat.Dense {
	if m == nil {
		return nil
	}
	if len(rows) == 0 {
		return &mat.Dense{}
	}
	_, cols := m.Dims()
	s := mat.NewDense(len(rows), cols, nil)
	for i, r := range rows {
		s.SetRow(i, m.RawRowView(r))
	}
	return s
}

func picked[T any](values []T, rows []int) []T {
	if values == nil {
		return nil
	}
	s := make([]T, len(rows))
	for i, r := range rows {
		s[i] = values[r]
	}
	return s
}
