package dr

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/screen"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/manifold"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// brownian is what the similarities of one row are made with.
type brownian struct {
	squared, volume, weights []float64
}

func newBrownian(n int) *brownian {
	return &brownian{make([]float64, n), make([]float64, n), make([]float64, n)}
}

// weigh writes to b.weights the similarities of a row by its distances, in b.squared, which
// are lost, and its logarithms of u₀, in b.volume. It returns the perplexity reached; ok is
// whether all distances are numbers.
func (b *brownian) weigh(perplexity float64) (reached float64, ok bool) {
	largest, curved := 0., false
	for j, d := range b.squared {
		largest = max(largest, d) // NaN where there is one
		curved = curved || b.volume[j] != 0
	}
	if !(largest <= math.MaxFloat64) {
		return 0, false
	}
	for j, d := range b.squared {
		if largest > 0 {
			d /= largest // the weights do not depend on the unit
		}
		b.squared[j] = d * d
	}
	precision, reached, err := affinity.Perplexity(b.weights, b.squared, perplexity)
	if err != nil || !curved || math.IsInf(precision, 1) || precision == 0 {
		return reached, err == nil // flat, or a matter of ties
	}
	return b.bend(precision, perplexity), true
}

// bend takes u₀ into account: of the precisions at which the perplexity is the one asked
// for, it finds one from that of flat space. Where u₀ grows with distance, entropy does
// not grow without end as the precision falls; where it stays below what is asked for, the
// weights are those of the largest that was found.
func (b *brownian) bend(precision, perplexity float64) (reached float64) {
	const (
		tolerance = 1e-9
		tries     = 200
	)
	target := math.Log(perplexity)
	low, high := 0., math.Inf(1) // entropy is above target at low, and not at high
	best, most := precision, math.Inf(-1)
	for range tries {
		h, slope := b.entropy(precision)
		if math.Abs(h-target) <= tolerance {
			best = precision
			break
		}
		if h > target {
			low = precision
		} else {
			high = precision
			if h > most {
				best, most = precision, h
			} else if low == 0 {
				break // past the largest entropy
			}
			if low == 0 && slope >= 0 {
				break
			}
		}
		next := precision * math.Exp(max(min((target-h)/slope, 1), -1))
		if !(next > low && next < high) {
			switch {
			case math.IsInf(high, 1):
				next = 2 * precision
			case low == 0:
				next = precision / 2
			default:
				next = math.Sqrt(low) * math.Sqrt(high)
			}
		}
		if next <= low || next >= high {
			break // neighbouring floats
		}
		precision = next
	}
	h, _ := b.entropy(best)
	sum := 0.
	for _, w := range b.weights {
		sum += w
	}
	for j := range b.weights {
		b.weights[j] /= sum
	}
	return math.Exp(h)
}

// entropy writes to b.weights those at a precision, the largest of them 1, and returns
// their entropy, in nats, and its derivative by the logarithm of the precision.
func (b *brownian) entropy(precision float64) (h, slope float64) {
	top := math.Inf(-1)
	for j, s := range b.squared {
		top = max(top, b.volume[j]-precision*s)
	}
	var sum, level, first, product float64
	for j, s := range b.squared {
		e := b.volume[j] - precision*s - top
		w := math.Exp(e)
		b.weights[j] = w
		sum += w
		level += w * e
		first += w * s
		product += w * s * e
	}
	level /= sum
	return math.Log(sum) - level, precision * (product/sum - first/sum*level)
}

// similarities returns the symmetric similarities of all pairs of points of Source, n × n
// with sum 1, and what is to be noted of the data.
func (r RieSNE) similarities(ctx context.Context, x *mat.Dense) (p []float32, notes []string, err error) {
	const (
		method = "dr.RieSNE"
		block  = 8
	)
	n, _ := x.Dims()
	distance := func(i, j int) float64 { return r.Source.Distance(x.RawRowView(i), x.RawRowView(j)) }
	if _, flat := r.Source.(manifold.Euclidean); flat { // whatever the magnitude
		rows, err := screen.New(ctx, x)
		if err != nil {
			return nil, nil, err
		}
		distance = rows.Exact
	}
	p = make([]float32, n*n)
	narrow, wide, equal := make([]bool, n), make([]bool, n), make([]bool, n)
	beyond := make([]bool, n)
	stage := watch.Start(ctx, "Rie-SNE: similarities", n)
	err = par.BlocksWith(ctx, n, block, func() *brownian { return newBrownian(n - 1) }, func(b *brownian, lo, hi int) {
		for i := lo; i < hi; i++ {
			if ctx.Err() != nil {
				return
			}
			equal[i] = true
			for j := range b.squared {
				k := j
				if j >= i {
					k = j + 1
				}
				b.squared[j] = distance(i, k)
				b.volume[j] = r.Source.LogVolume(x.RawRowView(i), x.RawRowView(k))
				equal[i] = equal[i] && b.squared[j] == 0
			}
			reached, ok := b.weigh(r.Perplexity)
			wide[i], narrow[i], beyond[i] = reached > r.Perplexity+.01, reached < r.Perplexity-.01, !ok
			row := p[i*n : (i+1)*n]
			for j, v := range b.weights[:i] {
				row[j] = float32(v)
			}
			for j, v := range b.weights[i:] {
				row[i+1+j] = float32(v)
			}
		}
		stage.Add(hi - lo)
	})
	if err != nil {
		return nil, nil, err
	}
	if i := slices.Index(beyond, true); i >= 0 {
		return nil, nil, &mat32.DegenerateError{Method: method, Reason: fmt.Sprintf("distances from row %d exceed the largest float64: rescale the data", i)}
	}
	if !slices.Contains(equal, false) {
		return nil, nil, &mat32.DegenerateError{Method: method, Reason: "all rows are equal: nobody is nearer than another"}
	}
	for _, c := range []struct {
		rows []bool
		says string
	}{
		{wide, "%d rows have more rows at their smallest distance than the perplexity: these share their similarity evenly"},
		{narrow, "%d rows are so far from the others that the heat kernel does not spread to the perplexity: theirs is the largest there is"},
	} {
		count := 0
		for _, is := range c.rows {
			if is {
				count++
			}
		}
		if count > 0 {
			notes = append(notes, fmt.Sprintf(c.says, count))
		}
	}
	return p, notes, symmetrize(ctx, p, n)
}
