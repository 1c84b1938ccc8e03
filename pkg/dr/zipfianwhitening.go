package dr

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// ZipfianWhitening is Whitening of words as they are met in text and not as they
// stand in a dictionary: mean and covariance are those under the frequencies of the
// words, and the covariance under these becomes the identity. Few frequent words
// then no longer lie far off, and the norm of a vector tells how much its word says.
//
// Time, memory and directions without variance are those of Whitening.
//
// Source: S. Yokoi, H. Bao, H. Kurita and H. Shimodaira (2024), Zipfian whitening.
type ZipfianWhitening struct {
	// Weights are the frequencies of the rows, none negative, in any unit. Default:
	// those of Zipf's law, 1, 1/2, 1/3, …, for words listed by falling frequency.
	Weights []float64

	// Kind is which whitening. Default WhitenPCA.
	Kind WhiteningKind

	// Components is how many principal directions are kept, those of the largest
	// variance, at most min(n−1, d); see Whitening. Default: all that vary.
	Components int

	// Shrinkage is the share, from 0 to below 1, of the mean variance in every
	// variance that is divided by; see Whitening. Default 0: white.
	Shrinkage float64

	// MemoryLimit in bytes refuses data whose matrices would not fit. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

const zipfianName = "dr.ZipfianWhitening"

func (z ZipfianWhitening) whitening() Whitening {
	return Whitening{Kind: z.Kind, Components: z.Components, Shrinkage: z.Shrinkage, MemoryLimit: z.MemoryLimit}
}

// Resolve returns the options with defaults filled in for n × d data, or a
// *mat32.ParamError.
func (z ZipfianWhitening) Resolve(n, d int) (ZipfianWhitening, error) {
	w, err := z.whitening().resolve(zipfianName, n, d)
	z.Kind, z.Components = w.Kind, w.Components
	if err != nil {
		return z, err
	}
	if z.Weights == nil {
		z.Weights = zipf(n)
	}
	_, err = shares(zipfianName, z.Weights, n)
	return z, err
}

// zipf returns the frequencies of Zipf's law.
func zipf(n int) []float64 {
	w := make([]float64, n)
	for i := range w {
		w[i] = 1 / float64(i+1)
	}
	return w
}

// shares returns weights as shares of their sum.
func shares(method string, weights []float64, n int) ([]float64, error) {
	refuse := func(value any, want string) ([]float64, error) {
		return nil, &mat32.ParamError{Method: method, Param: "Weights", Value: value, Want: want}
	}
	if len(weights) != n {
		return refuse(fmt.Sprintf("%d numbers", len(weights)), fmt.Sprintf("one for each of %d rows", n))
	}
	largest, sum := 0., 0.
	for i, w := range weights {
		if !(w >= 0) || math.IsInf(w, 0) {
			return refuse(fmt.Sprintf("%v for row %d", w, i), "finite numbers of zero or more")
		}
		largest = max(largest, w)
	}
	if largest == 0 {
		return refuse("zero everywhere", "a row of positive weight")
	}
	p := make([]float64, n)
	for i, w := range weights {
		p[i] = w / largest
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p, nil
}

// String returns the options in one line, as captions and tables show them. A
// number of rows of equal weight says how even the weights are.
func (z ZipfianWhitening) String() string {
	s := z.whitening().String()
	p, err := shares(zipfianName, z.Weights, len(z.Weights))
	if err != nil {
		return s + ", weights by Zipf's law"
	}
	squares := 0.
	for _, v := range p {
		squares += v * v
	}
	return s + fmt.Sprintf(", weights as uneven as %.3g equal rows", 1/squares)
}

// Fit learns the map from x (n × d). Errors: those of Whitening.Fit, and
// *mat32.ParamError for weights that are not one number of zero or more a row.
func (z ZipfianWhitening) Fit(ctx context.Context, x mat.Matrix) (*WhiteningModel, error) {
	n, d, err := checkRows(ctx, zipfianName, x, 2)
	if err != nil {
		return nil, err
	}
	if z, err = z.Resolve(n, d); err != nil {
		return nil, err
	}
	p, err := shares(zipfianName, z.Weights, n)
	if err != nil {
		return nil, err
	}
	m := &WhiteningModel{method: zipfianName, name: "Zipfian whitening", options: z.String()}
	if err := z.whitening().learn(ctx, m, x, p); err != nil {
		return nil, err
	}
	return m, nil
}

// Embed returns the white rows of x: Fit(ctx, x) and its embedding.
func (z ZipfianWhitening) Embed(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	m, err := z.Fit(ctx, x)
	if err != nil {
		return nil, err
	}
	return m.embedding, nil
}

// Symmetry tells how evenly weighted rows lie about the origin, from 0 to 1.
type Symmetry struct {
	// Centrality is 1 less the length of the mean over the mean length: 1 where
	// the mean is the origin, 0 where all rows lie on one ray.
	Centrality float64

	// Isotropy is the entropy of the shares of the principal directions in the
	// variance, over its largest value, log d: 1 where no direction has more than
	// another.
	Isotropy float64
}

// SymmetryScores measures rows x (n × d) of the given frequencies, in any unit; nil
// means that all weigh the same. Rows that ZipfianWhitening made of all d directions
// by the same weights score 1 and 1.
//
// Time O(n·d·min(n, d)), memory 16·n·d bytes. Errors: those of mat32.CheckRows and
// mat32.Check, *mat32.ShapeError below 2 rows, *mat32.ParamError for the weights,
// *mat32.DegenerateError where all rows are equal, and one that wraps ctx.Err().
//
// Source: S. Yokoi, H. Bao, H. Kurita and H. Shimodaira (2024), Zipfian whitening.
func SymmetryScores(ctx context.Context, x mat.Matrix, weights []float64) (Symmetry, error) {
	const method = "dr.SymmetryScores"
	n, d, err := checkRows(ctx, method, x, 2)
	if err != nil {
		return Symmetry{}, err
	}
	if weights == nil {
		weights = make([]float64, n)
		for i := range weights {
			weights[i] = 1
		}
	}
	p, err := shares(method, weights, n)
	if err != nil {
		return Symmetry{}, err
	}
	small := int64(min(n, d))
	if err := mat32.CheckMemory(method, 16*(int64(n)*int64(d)+small*small), 0, "take fewer rows or columns"); err != nil {
		return Symmetry{}, err
	}
	c, err := newWeighed(ctx, x, p)
	if err != nil {
		return Symmetry{}, fmt.Errorf("%s: %w", method, err)
	}
	if c.constant {
		return Symmetry{}, &mat32.DegenerateError{Method: method, Reason: "all rows are equal: there is no direction of variance"}
	}
	lengths := make([]float64, n)
	err = par.BlocksWith(ctx, n, 256, func() []float64 { return make([]float64, d) }, func(buf []float64, lo, hi int) {
		for i := lo; i < hi; i++ {
			lengths[i] = length(mat32.Row(buf, i, x), c.unit)
		}
	})
	if err != nil {
		return Symmetry{}, fmt.Errorf("%s: %w", method, err)
	}
	mean := 0.
	for i, l := range lengths {
		mean += p[i] * l
	}
	s := Symmetry{Centrality: max(0, 1-length(c.mean, c.unit)/mean), Isotropy: 1}
	if d == 1 {
		return s, nil
	}
	size, t := d, blas.Trans
	if n < d {
		size, t = n, blas.NoTrans
	}
	scatter := mat.NewSymDense(size, nil)
	if err := addProducts(ctx, scatter, t, c.rows); err != nil {
		return Symmetry{}, fmt.Errorf("%s: %w", method, err)
	}
	values, err := linalg.EigenvaluesSym(ctx, scatter)
	if errors.Is(err, linalg.ErrNotFinite) {
		return Symmetry{}, &mat32.DegenerateError{Method: method, Reason: "the variance exceeds the largest float64: rescale the data"}
	}
	if err != nil {
		return Symmetry{}, fmt.Errorf("%s: %w", method, err)
	}
	total, entropy := 0., 0.
	for _, v := range values {
		total += max(v, 0)
	}
	if total == 0 {
		return Symmetry{}, &mat32.DegenerateError{Method: method, Reason: "the variance is below the smallest float64: rescale the data"}
	}
	for _, v := range values {
		if q := max(v, 0) / total; q > 0 {
			entropy -= q * math.Log(q)
		}
	}
	s.Isotropy = min(1, entropy/math.Log(float64(d)))
	return s, nil
}

// length returns the Euclidean norm of a row over unit.
func length(row []float64, unit float64) float64 {
	sum := 0.
	for _, v := range row {
		sum += v / unit * (v / unit)
	}
	return math.Sqrt(sum)
}
