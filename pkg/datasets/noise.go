package datasets

import (
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Noise adds independent normal noise to every value of another generator's
// data:
//
//	datasets.Noise{Of: datasets.SwissRoll{Rows: 500}, StdDev: 0.1}
//
// Noise moves the rows and does not draw others; Truth stays that of the rows
// without it, which Truth.Clean keeps. The order of layers matters: noise under
// a Rotated stays in the dimensions of the shape, noise over it fills all.
type Noise struct {
	// Of generates the data.
	Of Generator

	// StdDev is the standard deviation of the noise, in the unit of the columns.
	// Zero, the default, means none.
	StdDev float64

	// Seed chooses the noise.
	Seed uint64
}

// Resolve returns the options, or a *mat32.ParamError for the first that is out
// of its range.
func (g Noise) Resolve() (Noise, error) {
	o := options{generator: "datasets.Noise"}
	o.needs("Of", g.Of)
	check(&o, "StdDev", &g.StdDev, 0, 0, largest)
	return g, o.err
}

// Generate returns the data of Of with noise. The error is Of's, a
// *mat32.ParamError or a *mat32.MemoryError. Beyond what Of takes it costs O(n·d)
// for n rows of d columns.
func (g Noise) Generate() (*Dataset, error) {
	g, err := g.Resolve()
	if err != nil {
		return nil, err
	}
	d, err := g.Of.Generate()
	if err != nil {
		return nil, err
	}
	n, cols, err := d.shape("datasets.Noise")
	if err != nil {
		return nil, err
	}
	if d.Truth.Clean == nil {
		if err := mat32.CheckMemory("datasets.Noise", 16*int64(n)*int64(cols), 0, "ask for fewer Rows or dimensions"); err != nil {
			return nil, err
		}
		d.Truth.Clean = mat.DenseCopyOf(d.X)
	}
	if g.StdDev > 0 {
		eachRow(n, g.Seed, d.purpose("noise"), func(i int, s *rng.Stream) {
			row := d.X.RawRowView(i)
			for j := range row {
				row[j] += g.StdDev * s.Normal()
			}
		})
	}
	d.layer("noise %v, seed %d", g.StdDev, g.Seed)
	return d, nil
}

// needs refuses a layer that has nothing below it.
func (o *options) needs(name string, of Generator) {
	if of == nil {
		o.refuse(name, of, "a generator or a *Dataset")
	}
}

// shape returns the size of the data that a layer was given.
func (d *Dataset) shape(generator string) (rows, cols int, err error) {
	if d == nil || d.X == nil || d.X.IsEmpty() {
		return 0, 0, fmt.Errorf("%s: %w", generator, mat32.ErrEmpty)
	}
	rows, cols = d.X.Dims()
	return rows, cols, nil
}

// purpose names a layer's random numbers. Layers of one kind on top of each
// other have numbers of their own, although they may have one seed.
func (d *Dataset) purpose(what string) string {
	if d.layers == 0 {
		return d.Name + "/" + what
	}
	return fmt.Sprintf("%s/%s/%d", d.Name, what, d.layers)
}

// layer notes what a layer did.
func (d *Dataset) layer(format string, args ...any) {
	d.layers++
	d.Notes = append(d.Notes, fmt.Sprintf(format, args...))
}
