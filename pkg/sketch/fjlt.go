package sketch

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// FJLT is the fast Johnson–Lindenstrauss transform P·H·D: random signs D and the
// Walsh–Hadamard matrix H spread every row over all columns, padded with zeros
// to a power of two m, so that a sparse matrix P of Dim rows keeps its length.
//
// The newer analysis allows a P that is sparser by a factor of
// α = min(ln(1/ε)/ε, ln N), at ε = √(ln N/Dim), than the m·q = ln²N entries a row
// of the first. Entries stand evenly, one in each stretch of a row, as often in
// every column, and are random signs (Matoušek, 2008, On variants of the
// Johnson–Lindenstrauss lemma): expectations are those of independent entries,
// and the distortion is no larger.
//
// Time O(m·log m + Dim·m·q) a row, memory 4·n·Dim bytes for the result and
// 8·Dim·m·q for P.
//
// Sources: Ailon and Chazelle (2009), The fast Johnson–Lindenstrauss transform
// and approximate nearest neighbors; Fandina, Høgsgaard and Larsen (2022), The
// fast Johnson-Lindenstrauss transform is even faster.
type FJLT struct {
	// Dim is the number of columns of the sketch. Larger ones distort less, as
	// 1/√Dim. Zero means 128, or the number of columns where that is less.
	Dim int

	// Points is how many rows N the density is chosen for. It is not the number
	// of rows given, so that further rows get the same sketch. Zero means 100 000.
	// Larger ones make P denser. Ignored where Density is given.
	Points int

	// Classical takes the density of 2009, without the factor α. Default false.
	// Ignored where Density is given.
	Classical bool

	// Density is the share q of P that is not zero, in (0, 1]; at least one entry
	// a row. Zero means as the analysis says. Larger ones cost more time.
	Density float64

	// Independent draws every entry of P by itself, not zero with probability q
	// and then normal with variance 1/q, as the papers do. Default false.
	Independent bool

	// Seed chooses the signs and P.
	Seed uint64
}

const fjlt = "sketch.FJLT"

// Resolve fills in the defaults for d columns and checks the ranges; n is not
// used.
func (f FJLT) Resolve(n, d int) (FJLT, error) {
	var err error
	if f.Dim, err = checkDim(fjlt, f.Dim, d, most); err != nil {
		return f, err
	}
	if f.Points == 0 {
		f.Points = 100_000
	}
	if f.Points < 2 {
		return f, &mat32.ParamError{Method: fjlt, Param: "Points", Value: f.Points, Want: "Points ≥ 2"}
	}
	if f.Density == 0 {
		f.Density = f.density(padded(max(d, 1)))
	}
	return f, checkDensity(fjlt, f.Density)
}

// density returns the share of entries for rows of m values.
func (f FJLT) density(m int) float64 {
	logN := math.Log(float64(f.Points))
	filled := logN * logN
	if eps := math.Sqrt(logN / float64(f.Dim)); eps < 1 && !f.Classical {
		filled /= max(1, min(math.Log(1/eps)/eps, logN))
	}
	return min(1, math.Ceil(filled)/float64(m))
}

// Apply returns the sketch of the rows of x (n × d), n × Dim.
func (f FJLT) Apply(ctx context.Context, x mat.Matrix) (*mat32.Dense, error) {
	return apply(ctx, fjlt, x, f.Resolve, FJLT.linear)
}

// ApplyT returns the rows of y (n × Dim), times the sketch of d columns transposed,
// n × d.
func (f FJLT) ApplyT(ctx context.Context, y mat.Matrix, d int) (*mat32.Dense, error) {
	return applyT(ctx, fjlt, y, d, f.Resolve, FJLT.linear)
}

func (f FJLT) shape() int { return f.Dim }

func (f FJLT) stored(d int) float64 { return 16 * float64(f.Dim) * f.Density * float64(padded(d)) }

func (f FJLT) linear(ctx context.Context, d int) *linear {
	m := padded(d)
	var p *table
	if f.Independent {
		p = f.independent(ctx, m)
	} else {
		p = f.even(m)
	}
	return &linear{d: d, k: f.Dim, spares: f.Independent, chains: []chain{{
		factors: signs(f.Seed, fjlt, d), size: m, stages: []stage{hadamard, {p}},
	}}}
}

// even puts one entry into each of as many stretches of a row as it has. The rows
// take the places of a stretch in turns, in an order drawn anew every time each
// had its turn.
func (f FJLT) even(m int) *table {
	count := max(1, int(math.Round(f.Density*float64(m))))
	p := &table{columns: m, start: make([]int32, f.Dim+1), places: make([]int32, f.Dim*count), weights: make([]float32, f.Dim*count)}
	for t := range count {
		lo, hi := t*m/count, (t+1)*m/count
		s := rng.New(f.Seed, "sketch.FJLT/P", t)
		order := make([]int, hi-lo)
		for i := range order {
			order[i] = lo + i
		}
		weight := math.Sqrt(float64(hi-lo) / (float64(f.Dim) * float64(m)))
		for c := range f.Dim {
			if c%len(order) == 0 {
				s.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
			}
			p.places[c*count+t] = int32(order[c%len(order)])
			p.weights[c*count+t] = float32(sign(&s) * weight)
		}
	}
	for c := range f.Dim {
		p.start[c+1] = int32((c + 1) * count)
	}
	return p
}

// independent draws every entry by itself, each column from its own stream.
func (f FJLT) independent(ctx context.Context, m int) *table {
	scale := 1 / math.Sqrt(f.Density*float64(f.Dim)*float64(m))
	return sprinkled(ctx, f.Seed, "sketch.FJLT/P", m, f.Dim, f.Density, func(s *rng.Stream) float64 { return s.Normal() * scale })
}
