package sketch

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// Distortion measures what a map did to distances: the squared distance of two
// rows of y over that of the same rows of x, 1 where it is kept, for random pairs
// of rows. Values are read as they are and summed in float64, by differences.
//
// Time O(Pairs·(columns of x and of y)), memory 8·Pairs bytes.
//
// Source: Johnson and Lindenstrauss (1984), Extensions of Lipschitz mappings into
// a Hilbert space, whose lemma bounds this ratio.
type Distortion struct {
	// Pairs is how many pairs of different rows are drawn, with replacement.
	// Larger ones cost more time and know the tails better. Zero means 10 000.
	// Where there are no more pairs than that, each is measured once.
	Pairs int

	// Seed chooses the pairs.
	Seed uint64
}

// Profile is what Distortion measured.
type Profile struct {
	Ratios  []float64 // of squared distances, ascending
	Equal   int       // pairs of equal rows of x, which have no ratio
	Mean    float64   // of the ratios; 1 where lengths are kept on average
	StdDev  float64   // of the ratios, divisor their number
	MeanAbs float64   // mean of |ratio − 1|
	Worst   float64   // greatest |ratio − 1|: the eps of these pairs
}

const distortion = "sketch.Distortion"

// Resolve fills in the defaults and checks the ranges.
func (o Distortion) Resolve(n, d int) (Distortion, error) {
	if o.Pairs == 0 {
		o.Pairs = 10_000
	}
	return o, checkRange(distortion, "Pairs", o.Pairs, 1, most)
}

// Compare measures y against x, which has as many rows. Errors: those of
// mat32.CheckRows and mat32.Check, *mat32.ParamError, *mat32.ShapeError for other
// numbers of rows or fewer than two, *mat32.DegenerateError where all pairs of x
// or of y are equal, or a ratio exceeds float64, and one that wraps ctx.Err().
func (o Distortion) Compare(ctx context.Context, x, y mat.Matrix) (*Profile, error) {
	n, d, err := checkShape(ctx, distortion, x)
	if err != nil {
		return nil, err
	}
	m, k, err := checkShape(ctx, distortion, y)
	if err != nil {
		return nil, err
	}
	if o, err = o.Resolve(n, d); err != nil {
		return nil, err
	}
	for _, z := range []mat.Matrix{x, y} {
		if err := mat32.CheckContext(ctx, z); err != nil {
			return nil, fmt.Errorf("%s: %w", distortion, err)
		}
	}
	if n < 2 || m != n {
		return nil, fmt.Errorf("%s: %w", distortion, &mat32.ShapeError{What: "y", Rows: m, Cols: k, Want: fmt.Sprintf("the %d rows of x, and at least 2", n)})
	}
	pairs, all := o.Pairs, n <= most && n*(n-1)/2 <= o.Pairs
	if all {
		pairs = n * (n - 1) / 2
	}
	ratios := make([]float64, pairs)
	progress := watch.Start(ctx, distortion, pairs)
	type rows struct{ a, b []float64 }
	err = par.BlocksWith(ctx, pairs, max(1, min(256, 1<<20/max(d, k))), func() [2]rows {
		return [2]rows{{make([]float64, d), make([]float64, d)}, {make([]float64, k), make([]float64, k)}}
	}, func(s [2]rows, lo, hi int) {
		for p := lo; p < hi; p++ {
			i, j := pair(p)
			if !all {
				r := rng.New(o.Seed, distortion, p)
				i = r.IntN(n)
				if j = r.IntN(n - 1); j >= i {
					j++
				}
			}
			ratios[p] = math.NaN() // of equal rows
			if before := distance(mat32.Row(s[0].a, i, x), mat32.Row(s[0].b, j, x)); before > 0 {
				after := distance(mat32.Row(s[1].a, i, y), mat32.Row(s[1].b, j, y)) / before
				ratios[p] = after * after
			}
		}
		progress.Add(hi - lo)
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", distortion, err)
	}
	ratios = slices.DeleteFunc(ratios, func(v float64) bool { return v != v })
	slices.Sort(ratios)
	return profile(ratios, pairs-len(ratios))
}

// pair returns the pair of that number, of rows j < i: (1, 0), (2, 0), (2, 1), …
func pair(p int) (i, j int) {
	i = int((1 + math.Sqrt(1+8*float64(p))) / 2)
	for i*(i-1)/2 > p {
		i--
	}
	for (i+1)*i/2 <= p {
		i++
	}
	return i, p - i*(i-1)/2
}

// distance returns the Euclidean distance; squares of no size leave float64.
func distance(a, b []float64) float64 {
	if square := kernel.SquaredDistance64(a, b); square > 1e-280 && square < math.Inf(1) {
		return math.Sqrt(square)
	}
	largest := 0.
	for j, v := range a {
		largest = max(largest, math.Abs(v/2-b[j]/2))
	}
	if largest == 0 {
		return 0
	}
	sum := 0.
	for j, v := range a {
		e := (v/2 - b[j]/2) / largest
		sum += e * e
	}
	return 2 * (largest * math.Sqrt(sum))
}

func profile(ratios []float64, equal int) (*Profile, error) {
	if len(ratios) == 0 {
		return nil, &mat32.DegenerateError{Method: distortion, Reason: "all pairs of rows that were drawn are equal: there are no distances to keep"}
	}
	p := &Profile{Ratios: ratios, Equal: equal}
	count := float64(len(ratios))
	for _, v := range ratios {
		p.Mean += v / count
		p.MeanAbs += math.Abs(v-1) / count
	}
	if ratios[len(ratios)-1] == 0 {
		return nil, &mat32.DegenerateError{Method: distortion, Reason: "all pairs of rows of y that were drawn are equal: the map has kept nothing"}
	}
	p.Worst = max(math.Abs(ratios[0]-1), math.Abs(ratios[len(ratios)-1]-1))
	for _, v := range ratios {
		p.StdDev += (v - p.Mean) / count * (v - p.Mean)
	}
	p.StdDev = math.Sqrt(p.StdDev)
	if s := p.Mean + p.StdDev + p.Worst; s-s != 0 {
		return nil, &mat32.DegenerateError{Method: distortion, Reason: "a ratio of distances exceeds the largest float64: rescale the data"}
	}
	return p, nil
}

// Quantile returns the ratio below which a share q of the pairs is, linearly
// interpolated; NaN for q outside [0, 1].
func (p *Profile) Quantile(q float64) float64 {
	if !(q >= 0 && q <= 1) || len(p.Ratios) == 0 {
		return math.NaN()
	}
	at := q * float64(len(p.Ratios)-1)
	i := int(at)
	f := at - float64(i)
	if f == 0 {
		return p.Ratios[i]
	}
	return p.Ratios[i]*(1-f) + p.Ratios[i+1]*f
}

// Within returns the share of pairs whose squared distance is kept within a factor
// of 1 ± eps.
func (p *Profile) Within(eps float64) float64 {
	in := 0
	for _, v := range p.Ratios {
		if math.Abs(v-1) <= eps {
			in++
		}
	}
	return float64(in) / float64(max(len(p.Ratios), 1))
}

// String returns the profile as a small table.
func (p *Profile) String() string {
	s := fmt.Sprintf("squared distance after / before, %d pairs", len(p.Ratios))
	if p.Equal > 0 {
		s += fmt.Sprintf(", %d of equal rows left out", p.Equal)
	}
	s += fmt.Sprintf("\nmean %.4f  standard deviation %.4f  mean |ratio − 1| %.4f  worst %.4f\n", p.Mean, p.StdDev, p.MeanAbs, p.Worst)
	for i, q := range []float64{0, .05, .25, .5, .75, .95, 1} {
		if i > 0 {
			s += "  "
		}
		s += fmt.Sprintf("%g%% %.4f", 100*q, p.Quantile(q))
	}
	return s + "\n"
}
