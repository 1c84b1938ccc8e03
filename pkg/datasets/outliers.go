package datasets

import (
	"math"

	"github.com/flatland-go/flatland/internal/rng"
)

// Outliers replaces a share of the rows of another generator's data by rows drawn
// uniformly from the smallest box, along the columns, that holds them all.
//
//	datasets.Outliers{Of: datasets.Blobs{}, Share: 0.05}
//
// Truth.Outliers says which rows were replaced; their labels become −1. All else
// that Truth says of such a row stays that of the row which stood there before.
//
// Whether a row is replaced depends on the options, the seed and its number
// alone. What it is replaced by depends on the box, and so on the whole sample.
type Outliers struct {
	// Of generates the data.
	Of Generator

	// Share is the probability that a row is replaced, at most 1. Zero, the
	// default, means none.
	Share float64

	// Seed chooses the rows and what they are replaced by.
	Seed uint64
}

// Resolve returns the options, or a *mat32.ParamError for the first that is out
// of its range.
func (g Outliers) Resolve() (Outliers, error) {
	o := options{generator: "datasets.Outliers"}
	o.needs("Of", g.Of)
	check(&o, "Share", &g.Share, 0, 0, 1)
	return g, o.err
}

// Generate returns the data of Of with outliers. The error is Of's or a
// *mat32.ParamError. Beyond what Of takes it costs O(n·d) for n rows of d columns.
func (g Outliers) Generate() (*Dataset, error) {
	g, err := g.Resolve()
	if err != nil {
		return nil, err
	}
	d, err := g.Of.Generate()
	if err != nil {
		return nil, err
	}
	n, cols, err := d.shape("datasets.Outliers")
	if err != nil {
		return nil, err
	}
	lo, hi := make([]float64, cols), make([]float64, cols)
	for j := range cols {
		lo[j], hi[j] = math.Inf(1), math.Inf(-1)
	}
	for i := range n {
		for j, v := range d.X.RawRowView(i) {
			lo[j], hi[j] = min(lo[j], v), max(hi[j], v)
		}
	}
	if d.Truth.Outliers == nil {
		d.Truth.Outliers = make([]bool, n)
	}
	eachRow(n, g.Seed, d.purpose("outliers"), func(i int, s *rng.Stream) {
		if s.Float64() >= g.Share {
			return
		}
		row := d.X.RawRowView(i)
		for j := range row {
			u := s.Float64()
			row[j] = (1-u)*lo[j] + u*hi[j]
		}
		d.Truth.Outliers[i] = true
		if d.Labels != nil {
			d.Labels[i] = -1
		}
		for _, f := range d.Factors {
			f.Labels[i] = -1
		}
	})
	count := 0
	for _, replaced := range d.Truth.Outliers {
		if replaced {
			count++
		}
	}
	d.layer("outliers %v, seed %d: %d of %d rows", g.Share, g.Seed, count, n)
	return d, nil
}
