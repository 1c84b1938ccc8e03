package sketch

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// RandomFeatures maps rows to where the inner product of two is, on average over
// seeds, their Gaussian kernel exp(−Gamma·‖x−y‖²): linear methods on the features
// do what kernel methods do on the rows. The map is not linear and has no ApplyT.
//
// The features of a row x are the cosines and sines of Dim/2 random projections
// w·x, times √(2/Dim), cosines first. Their inner product depends on x − y alone,
// and that of a row with itself is 1. Positive ones are exp(w·x − 2·Gamma·‖x‖²)/√Dim
// for Dim projections: their inner product is never negative, and errs by less
// than that of cosines where the kernel is small, but by far more for long rows,
// so that data should be centred.
//
// Directions that are drawn together, d at a time, err less. Orthogonal ones do
// for both kinds of features, those of a simplex for positive ones: no coupling of
// directions alone errs less. For cosines and sines, w and −w are the same, and
// Orthogonal is as good.
//
// Time O(Dim) for every value, of sparse rows for every stored one, and O(d²·Dim)
// to couple directions; memory 4·n·Dim bytes for the result and 4·d·Dim for the
// projections, 36·d·min(d, Dim) while they are coupled.
//
// Sources: Rahimi and Recht (2007), Random features for large-scale kernel
// machines; Yu et al. (2016), Orthogonal random features; Choromanski et al.
// (2021), Rethinking attention with Performers, for positive ones; Reid et al.
// (2023), Simplex random features.
type RandomFeatures struct {
	// Dim is the number of features, even unless Positive. Larger ones err less, as
	// 1/√Dim. Zero means 128.
	Dim int

	// Coupling is how directions are drawn that stand together. Default IID.
	Coupling Coupling

	// Positive takes features that are never negative. Default false.
	Positive bool

	// Gamma is 1/(2σ²) for a kernel of standard deviation σ, in the unit of the
	// data to the power −2. Larger ones look at nearer rows. Zero means 1/d, for
	// standardized columns.
	Gamma float64

	// Seed chooses the projections.
	Seed uint64
}

// Coupling is how random directions depend on each other; each of them by itself
// is uniform, and their lengths are independent.
type Coupling string

const (
	// IID draws every direction by itself.
	IID Coupling = ""

	// Orthogonal draws directions at right angles to each other.
	Orthogonal Coupling = "orthogonal"

	// Simplex draws the corners of a regular simplex around the origin.
	Simplex Coupling = "simplex"
)

const randomFeatures = "sketch.RandomFeatures"

// Resolve fills in the defaults for d columns and checks the ranges; n is not
// used.
func (f RandomFeatures) Resolve(n, d int) (RandomFeatures, error) {
	if f.Dim == 0 {
		f.Dim = defaultDim
	}
	if err := checkRange(randomFeatures, "Dim", f.Dim, 1, most); err != nil {
		return f, err
	}
	if f.Dim%2 == 1 && !f.Positive {
		return f, &mat32.ParamError{Method: randomFeatures, Param: "Dim", Value: f.Dim, Want: "an even Dim, for a cosine and a sine of each projection, or Positive"}
	}
	switch f.Coupling {
	case IID, Orthogonal, Simplex:
	default:
		return f, &mat32.ParamError{Method: randomFeatures, Param: "Coupling", Value: string(f.Coupling), Want: "IID, Orthogonal or Simplex"}
	}
	if f.Gamma == 0 {
		f.Gamma = 1 / float64(max(d, 1))
	}
	if !(f.Gamma > 0 && f.Gamma <= math.MaxFloat32) {
		return f, &mat32.ParamError{Method: randomFeatures, Param: "Gamma", Value: f.Gamma, Want: fmt.Sprintf("0 < Gamma ≤ %.1e", math.MaxFloat32)}
	}
	return f, nil
}

// Apply returns the features of the rows of x (n × d), n × Dim.
func (f RandomFeatures) Apply(ctx context.Context, x mat.Matrix) (*mat32.Dense, error) {
	return apply(ctx, randomFeatures, x, f.Resolve, RandomFeatures.draw)
}

func (f RandomFeatures) shape() int { return f.Dim }

func (f RandomFeatures) stored(d int) float64 {
	bytes := 4 * float64(d) * float64(f.Dim)
	if f.Coupling != IID {
		bytes += 36 * float64(d) * float64(min(d, f.Dim))
	}
	return bytes
}

// features are random projections, which are the rows of a matrix, and what is
// made of them.
type features struct {
	*dense
	dim      int
	positive bool
	gamma    float64
}

func (f features) apply(ctx context.Context, method string, x mat.Matrix) (*mat32.Dense, error) {
	finish := f.waves
	if f.positive {
		finish = f.powers
	}
	return f.multiply(ctx, method, x, blas.Trans, f.dim, finish)
}

// waves makes cosines and sines of the projections in the second half of a row.
func (f features) waves(row, _ []float32) {
	scale := math.Sqrt(2 / float64(f.dim))
	cosines, sines := row[:len(row)/2], row[len(row)/2:]
	for j, v := range sines {
		sin, cos := sincos(v)
		cosines[j], sines[j] = float32(cos*scale), float32(sin*scale)
	}
}

// powers makes exponentials of the projections.
func (f features) powers(row, x []float32) {
	square := 0. // summed one by one, so that zeros may be left out
	for _, v := range x {
		square += float64(v) * float64(v)
	}
	scale, size := 1/math.Sqrt(float64(f.dim)), 2*f.gamma*square
	size += size - size // NaN where x is not finite
	for j, v := range row {
		row[j] = float32(math.Exp(float64(v)-size) * scale)
	}
}

// sincos returns the sine and cosine of x, to what float32 holds.
func sincos(x float32) (sin, cos float64) {
	const magic = 3 << 51 // added, it leaves an integer in the last bits
	turns := float64(x) * (2 / math.Pi)
	if !(math.Abs(turns) < 1<<31) {
		return math.Sincos(float64(x))
	}
	quarters := turns + magic
	r := turns - (quarters - magic) // of a quarter turn, at most half a one
	a := r * (math.Pi / 2)
	s := float64(a * a)
	sin = a * (1 - float64(s/6*(1-float64(s/20*(1-float64(s/42*(1-float64(s/72))))))))
	cos = 1 - float64(s/2*(1-float64(s/12*(1-float64(s/30*(1-float64(s/56*(1-float64(s/90)))))))))
	q := math.Float64bits(quarters)
	if q&1 != 0 {
		sin, cos = cos, -sin
	}
	if q&2 != 0 {
		sin, cos = -sin, -cos
	}
	return sin, cos
}

func (f RandomFeatures) draw(ctx context.Context, d int) features {
	count := f.Dim
	if !f.Positive {
		count /= 2
	}
	m := &dense{d: count, k: d, at: make([]float32, count*d)}
	unit := math.Sqrt(2 * f.Gamma)
	if f.Coupling == IID {
		_ = par.Blocks(ctx, count, max(1, 1<<14/d), func(lo, hi int) {
			for i := lo; i < hi; i++ {
				s := rng.New(f.Seed, randomFeatures, i)
				for j := range m.at[i*d:][:d] {
					m.at[i*d+j] = float32(s.Normal() * unit)
				}
			}
		})
	} else {
		for lo := 0; lo < count && ctx.Err() == nil; lo += d {
			f.couple(ctx, m, unit, lo, min(lo+d, count))
		}
	}
	return features{dense: m, dim: f.Dim, positive: f.Positive, gamma: f.Gamma}
}

// couple draws projections [lo, hi), at most as many as there are columns: an
// orthonormal frame, uniform among all, or its corners as seen from their middle,
// with lengths of normal vectors.
func (f RandomFeatures) couple(ctx context.Context, m *dense, unit float64, lo, hi int) {
	d, p := m.k, hi-lo
	normal := mat.NewDense(d, p, nil)
	_ = par.Blocks(ctx, p, max(1, 1<<14/d), func(from, to int) {
		for c := from; c < to; c++ {
			s := rng.New(f.Seed, randomFeatures+"/frame", lo+c)
			for j := range d {
				normal.Set(j, c, s.Normal())
			}
		}
	})
	frame, _, err := linalg.QR(ctx, normal)
	if err != nil {
		return // of ctx: normal numbers are finite
	}
	stretch := 1.
	if f.Coupling == Simplex && p > 1 {
		stretch = math.Sqrt(float64(p) / float64(p-1))
		for j := range d {
			row := frame.RawRowView(j)
			floats.AddConst(-floats.Sum(row)/float64(p), row)
		}
	}
	_ = par.Blocks(ctx, p, max(1, 1<<14/d), func(from, to int) {
		for c := from; c < to; c++ {
			s, sum := rng.New(f.Seed, randomFeatures+"/length", lo+c), 0.
			for range d {
				v := s.Normal()
				sum += v * v
			}
			length := math.Sqrt(sum) * stretch * unit
			for j := range d {
				m.at[(lo+c)*d+j] = float32(frame.At(j, c) * length)
			}
		}
	})
}
