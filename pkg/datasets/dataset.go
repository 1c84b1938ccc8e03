package datasets

import (
	"fmt"
	"image"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/mat"
)

// Dataset is a matrix of samples with what is known about them. It belongs to
// whoever asked for it: every call of a function or generator of this package
// returns one that shares no memory with any other.
type Dataset struct {
	Name string
	X    *mat.Dense // one row per sample, one column per feature

	// Labels holds the class of every row, an index into Names, −1 where it is
	// unknown. Both are nil where the data have no classes.
	Labels []int
	Names  []string

	Features []string // the names of X's columns, with units
	Factors  []Factor // what else is known about every row

	Source string   // whose data these are, and their licence
	Notes  []string // what was done to them, or the options that made them

	// Width and Height are the shape of the image that every row is, line after
	// line from the top left; zero where rows are not images. A pixel has one
	// value, or three for red, green and blue. Ink is the value that Image draws
	// black, while 0 stays white; zero means 1. With Light it is the other way
	// round, as in photographs: 0 is black and Ink white, or a full colour.
	Width, Height int
	Ink           float64
	Light         bool

	Truth Truth

	layers int // how many generators changed the data since they were drawn
}

// Factor is a categorical variable beside the labels.
type Factor struct {
	Name   string
	Labels []int // one per row, an index into Names, −1 where it is unknown
	Names  []string
}

// Truth is what a generator knows about its sample. Each field is zero where it
// is not known.
type Truth struct {
	// Dimension is the number of dimensions of the shape the rows were drawn
	// from, before noise.
	Dimension int

	// Dimensions holds the dimension of the shape at the place of every row, where
	// it is not the same everywhere; Dimension is then zero.
	Dimensions []int

	// Betti holds the Betti numbers of the shape, from dimension 0: its pieces, rings,
	// cavities and so on, with coefficients modulo 2.
	Betti []int

	// Singular holds the places, one in every row, around which the shape is no
	// manifold, where they are points.
	Singular *mat.Dense

	// Geodesic returns the length of the shortest path on the noise-free shape
	// between the places that rows i and j of X come from. It is safe for
	// concurrent use and panics, as a slice does, for a row that does not exist.
	Geodesic func(i, j int) float64

	// Latent holds the coordinates of every row on the shape, in the columns
	// that Coordinates names.
	Latent      *mat.Dense
	Coordinates []string

	// Clean holds the rows of X without their noise.
	Clean *mat.Dense

	// Centers holds the centre of every class, Covariances its covariance, and
	// Weights its share of the population.
	Centers     *mat.Dense
	Covariances []*mat.SymDense
	Weights     []float64

	// Bases holds an orthonormal basis, a vector in every row, of the linear
	// subspace that each class lies in before noise, or that all rows do.
	Bases []*mat.Dense

	// Spectrum holds the eigenvalues of the population's covariance, with noise,
	// the largest first.
	Spectrum []float64

	// Outliers says which rows are none of the shape's.
	Outliers []bool
}

// Image returns row i as a picture of grey levels, or of colours where a pixel
// has three values: ink dark on white paper, or light on black with Light. It is
// nil when rows are not images or there is no row i. Values outside [0, Ink] are
// drawn as the nearer end.
func (d *Dataset) Image(i int) image.Image {
	if d == nil || d.X == nil || d.Width <= 0 || d.Height <= 0 {
		return nil
	}
	n, cols := d.X.Dims()
	if i < 0 || i >= n || cols%d.Width != 0 || cols/d.Width != d.Height && (cols/d.Width%3 != 0 || cols/d.Width/3 != d.Height) {
		return nil
	}
	ink := d.Ink
	if ink == 0 {
		ink = 1
	}
	shade := func(v float64) uint8 {
		share := v / ink
		if !(share > 0) { // also NaN
			share = 0
		}
		share = min(share, 1)
		if !d.Light {
			share = 1 - share
		}
		return uint8(math.Round(255 * share))
	}
	frame := image.Rect(0, 0, d.Width, d.Height)
	row := d.X.RawRowView(i)
	if cols/d.Width == d.Height {
		picture := image.NewGray(frame)
		for j, v := range row {
			picture.Pix[j] = shade(v)
		}
		return picture
	}
	picture := image.NewNRGBA(frame)
	for j, v := range row {
		picture.Pix[j/3*4+j%3] = shade(v)
	}
	for j := 3; j < len(picture.Pix); j += 4 {
		picture.Pix[j] = 255
	}
	return picture
}

// String returns a small table: shape, classes with their sizes, features,
// truth and source.
func (d *Dataset) String() string {
	var b strings.Builder
	line := func(head, format string, args ...any) {
		fmt.Fprintf(&b, "%-10s ", head)
		fmt.Fprintf(&b, format, args...)
		b.WriteByte('\n')
	}
	var n, cols int
	if d.X != nil {
		n, cols = d.X.Dims()
	}
	line(d.Name, "%d × %d", n, cols)
	if d.Width > 0 && d.Height > 0 {
		line("images", "%d × %d pixels", d.Width, d.Height)
	} else if len(d.Features) > 0 {
		line("features", "%s", list(d.Features))
	}
	if len(d.Names) > 0 {
		line("classes", "%s", list(sizes(d.Labels, d.Names)))
	}
	for _, f := range d.Factors {
		line(f.Name, "%s", list(sizes(f.Labels, f.Names)))
	}
	if known := d.Truth.known(); len(known) > 0 {
		line("truth", "%s", strings.Join(known, ", "))
	}
	for _, note := range d.Notes {
		line("note", "%s", note)
	}
	if d.Source != "" {
		line("source", "%s", d.Source)
	}
	return b.String()
}

func (t Truth) known() []string {
	var known []string
	if t.Dimension > 0 {
		known = append(known, fmt.Sprintf("dimension %d", t.Dimension))
	}
	if len(t.Dimensions) > 0 {
		known = append(known, fmt.Sprintf("dimensions %d to %d", slices.Min(t.Dimensions), slices.Max(t.Dimensions)))
	}
	if len(t.Betti) > 0 {
		numbers := make([]string, len(t.Betti))
		for k, b := range t.Betti {
			numbers[k] = strconv.Itoa(b)
		}
		known = append(known, "Betti numbers ("+list(numbers)+")")
	}
	if t.Singular != nil {
		known = append(known, "singular points")
	}
	if t.Geodesic != nil {
		known = append(known, "geodesics")
	}
	if len(t.Coordinates) > 0 {
		known = append(known, "coordinates ("+strings.Join(t.Coordinates, ", ")+")")
	}
	if t.Clean != nil {
		known = append(known, "rows without noise")
	}
	for _, k := range []struct {
		known bool
		what  string
	}{
		{t.Centers != nil, "centres"},
		{len(t.Covariances) > 0, "covariances"},
		{len(t.Weights) > 0, "weights"},
		{len(t.Bases) > 0, "bases"},
		{len(t.Spectrum) > 0, "spectrum"},
		{len(t.Outliers) > 0, "outliers"},
	} {
		if k.known {
			known = append(known, k.what)
		}
	}
	return known
}

// sizes returns every name with the number of rows that bear it.
func sizes(labels []int, names []string) []string {
	count := make([]int, len(names))
	for _, l := range labels {
		if l >= 0 && l < len(count) {
			count[l]++
		}
	}
	out := make([]string, len(names))
	for k, name := range names {
		out[k] = fmt.Sprintf("%s (%d)", name, count[k])
	}
	return out
}

// list joins words and leaves the middle out where there are many.
func list(words []string) string {
	const most = 12
	if len(words) <= most {
		return strings.Join(words, ", ")
	}
	return strings.Join(words[:most-2], ", ") + ", …, " + words[len(words)-1]
}
