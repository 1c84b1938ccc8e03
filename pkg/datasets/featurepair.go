package datasets

import (
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
)

// FeaturePair draws rows of −1 and 1 with two features to be computed, each from inputs of
// its own and each of either value half the time. The easy one is the majority of Easy
// inputs, which a line finds; the hard one is the parity of Hard inputs (exclusive or, for
// two), for which all of them must be known at once. The other inputs are noise. A network
// that computes both equally well represents the easy one far more strongly.
//
// Source: A. Lampinen, S. Chan and K. Hermann (2024), Learned feature representations are
// biased by complexity, learning order, position, and more.
type FeaturePair struct {
	// Rows is the number of samples. Zero means 1000.
	Rows int

	// Easy is the number of inputs of the easy feature, which is odd. Zero means 1.
	Easy int

	// Hard is the number of inputs of the hard feature. Larger ones make it harder: 1 is
	// as easy as can be. Zero means 3.
	Hard int

	// Noise is the number of inputs that neither depends on. Zero means 8.
	Noise int

	// Seed chooses the sample.
	Seed uint64
}

// Resolve returns the options with the defaults filled in, or a *mat32.ParamError for the
// first that is out of its range.
func (g FeaturePair) Resolve() (FeaturePair, error) {
	o := options{generator: "datasets.FeaturePair"}
	check(&o, "Rows", &g.Rows, standardRows, 1, mostRows)
	check(&o, "Easy", &g.Easy, 1, 1, 1<<16-1)
	check(&o, "Hard", &g.Hard, 3, 1, 1<<16)
	check(&o, "Noise", &g.Noise, 8, 1, 1<<16)
	if g.Easy%2 == 0 {
		o.refuse("Easy", g.Easy, "an odd number, which has a majority")
	}
	return g, o.err
}

// Generate returns a sample whose columns are the inputs of the easy feature, those of the
// hard one, and noise. Factors holds the features, "easy" and "hard", with the values −1
// and 1; Truth.Latent has them as columns, as a network is to give them, and Labels tells
// the four pairs of values apart. The error is a *mat32.ParamError or *mat32.MemoryError. It
// costs O(Rows·(Easy + Hard + Noise)).
func (g FeaturePair) Generate() (*Dataset, error) {
	g, err := g.Resolve()
	if err != nil {
		return nil, err
	}
	dim := g.Easy + g.Hard + g.Noise
	if err := checkMemory("datasets.FeaturePair", g.Rows, dim+5); err != nil {
		return nil, err
	}
	x, latent := mat.NewDense(g.Rows, dim, nil), mat.NewDense(g.Rows, 2, nil)
	easy := Factor{Name: "easy", Labels: make([]int, g.Rows), Names: []string{"-1", "1"}}
	hard := Factor{Name: "hard", Labels: make([]int, g.Rows), Names: []string{"-1", "1"}}
	labels := make([]int, g.Rows)
	eachRow(g.Rows, g.Seed, "featurepair", func(i int, s *rng.Stream) {
		row := x.RawRowView(i)
		for j := range row {
			row[j] = float64(2*int(s.Uint64()>>63) - 1)
		}
		sum, parity := 0., 1.
		for _, v := range row[:g.Easy] {
			sum += v
		}
		for _, v := range row[g.Easy:][:g.Hard] {
			parity *= v
		}
		if sum > 0 {
			easy.Labels[i] = 1
		}
		if parity > 0 {
			hard.Labels[i] = 1
		}
		labels[i] = 2*easy.Labels[i] + hard.Labels[i]
		latent.SetRow(i, []float64{float64(2*easy.Labels[i] - 1), parity})
	})
	features := make([]string, 0, dim)
	for _, part := range []struct {
		name  string
		count int
	}{{"easy", g.Easy}, {"hard", g.Hard}, {"noise", g.Noise}} {
		for j := range part.count {
			features = append(features, fmt.Sprintf("%s %d", part.name, j+1))
		}
	}
	return &Dataset{
		Name:     "feature pair",
		X:        x,
		Labels:   labels,
		Names:    []string{"-1 -1", "-1 1", "1 -1", "1 1"},
		Features: features,
		Factors:  []Factor{easy, hard},
		Source:   "generated; Lampinen, Chan and Hermann (2024)",
		Notes:    []string{fmt.Sprintf("majority of %d, parity of %d, %d of noise, seed %d", g.Easy, g.Hard, g.Noise, g.Seed)},
		Truth:    Truth{Latent: latent, Coordinates: []string{"easy", "hard"}},
	}, nil
}
