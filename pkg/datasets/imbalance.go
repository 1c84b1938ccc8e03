package datasets

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Imbalance thins another generator's data out unevenly. Where they have
// classes, a row of class k of c is kept with probability Ratio^(−k/(c−1)): the
// first class stays whole and the last is Ratio times as rare, with a constant
// factor between one class and the next. Where they have none, the density
// falls: a row is kept with probability Ratio^(−u), u being its place, from 0 to
// 1, between the least and the greatest value of the sample in the first
// coordinate, of Truth.Latent if that is known, else of X.
//
//	datasets.Imbalance{Of: datasets.Blobs{Classes: 5}, Ratio: 50}
//
// Whether a row is kept is drawn for each by itself, so that there are fewer rows
// than were asked of Of, and a class of few rows may vanish. With classes a larger
// sample begins with the smaller one; without, its range may differ.
//
// Source: the long-tailed sets of Cui, Jia, Lin, Song and Belongie (2019),
// Class-balanced loss based on effective number of samples.
type Imbalance struct {
	// Of generates the data.
	Of Generator

	// Ratio is how many times the last class, or the thin end, is rarer than it
	// would be. Zero means 10; 1 keeps every row.
	Ratio float64

	// Seed chooses which rows are kept.
	Seed uint64
}

// Resolve returns the options with the defaults filled in, or a
// *mat32.ParamError for the first that is out of its range.
func (g Imbalance) Resolve() (Imbalance, error) {
	o := options{generator: "datasets.Imbalance"}
	o.needs("Of", g.Of)
	check(&o, "Ratio", &g.Ratio, 10, 1, largest)
	return g, o.err
}

// Generate returns the rows of Of's data that are kept, in order. Rows without a
// label are. The error is Of's, a *mat32.ParamError, or a *mat32.DegenerateError
// when no row is left. Beyond what Of takes it costs O(n·d) for n rows of d columns.
func (g Imbalance) Generate() (*Dataset, error) {
	g, err := g.Resolve()
	if err != nil {
		return nil, err
	}
	d, err := g.Of.Generate()
	if err != nil {
		return nil, err
	}
	n, _, err := d.shape("datasets.Imbalance")
	if err != nil {
		return nil, err
	}
	place := d.places()
	keep := make([]bool, n)
	eachRow(n, g.Seed, d.purpose("imbalance"), func(i int, s *rng.Stream) {
		keep[i] = s.Float64() < math.Pow(g.Ratio, -place[i])
	})
	var rows []int
	for i, kept := range keep {
		if kept {
			rows = append(rows, i)
		}
	}
	if len(rows) == 0 {
		return nil, &mat32.DegenerateError{Method: "datasets.Imbalance",
			Reason: fmt.Sprintf("none of the %d rows is left at the ratio %v: the first classes have no rows", n, g.Ratio)}
	}
	thin := d.Select(rows)
	thin.layer("imbalance %v, seed %d: %d of %d rows kept", g.Ratio, g.Seed, len(rows), n)
	return thin, nil
}

// places returns where from 0, plenty, to 1, rare, each row stands.
func (d *Dataset) places() []float64 {
	n, _ := d.X.Dims()
	if len(d.Labels) == n {
		place := make([]float64, n)
		last := max(len(d.Names)-1, slices.Max(d.Labels), 1)
		for i, l := range d.Labels {
			place[i] = float64(max(l, 0)) / float64(last)
		}
		return place
	}
	along := d.X
	if d.Truth.Latent != nil {
		along = d.Truth.Latent
	}
	place := mat.Col(nil, 0, along)
	lo, hi := slices.Min(place), slices.Max(place)
	for i := range place {
		place[i] -= lo
		if hi > lo {
			place[i] /= hi - lo
		}
	}
	return place
}
