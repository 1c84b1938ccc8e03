package quality

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

// LabelSeparation compares how far any two classes are apart in the data and in an
// embedding, without taking classes for clusters: label-trustworthiness suffers where
// classes that the data tell apart are mixed in the embedding, label-continuity where
// classes that overlap in the data are pulled apart (Jeon, Kuo, Aupetit, Ma and Seo,
// 2024, Classes are not clusters: improving label-based evaluation of dimensionality
// reduction).
//
// How far two classes are apart is told by their distance consistency (Sips, Neubert,
// Lewis and Hanrahan, 2009, Selecting good views of high-dimensional data using class
// consistency): the share of their rows that are nearer to the mean of their own class
// than to the other mean, on a scale on which one half is 0. A row as near to both
// belongs, as in ZADU, to the class of the lower label.
//
// Time O(n·d·L + n·L) for L classes, memory L·(n + 8·d) bytes.
type LabelSeparation struct {
	// Labels of the rows, 0 and above, −1 for unknown. At least two classes must be
	// known. Rows of unknown label are left out.
	Labels []int

	// MemoryLimit in bytes refuses data that would need more. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

const separation = "quality.LabelSeparation"

// Resolve returns the options, or a *mat32.ParamError or *mat32.ShapeError, for a matrix
// of n rows and d columns.
func (l LabelSeparation) Resolve(n, d int) (LabelSeparation, error) {
	if len(l.Labels) != n {
		return l, &mat32.ShapeError{What: "Labels", Rows: len(l.Labels), Cols: 1, Want: fmt.Sprintf("one for each row of a matrix of %d × %d", n, d)}
	}
	if l.MemoryLimit < 0 {
		return l, &mat32.ParamError{Method: separation, Param: "MemoryLimit", Value: l.MemoryLimit, Want: "0 or more bytes"}
	}
	return l, knownLabels(separation, l.Labels)
}

// LabelSeparations holds the distance consistency of all pairs of classes in two spaces,
// from −1 to 1. The scores are its methods.
type LabelSeparations struct {
	Classes  []int      // the labels, in order
	Rows     int        // of known label
	Original *mat.Dense // in the data
	Embedded *mat.Dense // in the embedding
}

// Compare measures the pairs of classes in the data x (n × d) and in their embedding y (n
// rows, any number of columns). Errors: those of mat32.CheckRows, mat32.Check and Resolve;
// *mat32.ShapeError when y has another number of rows; *mat32.MemoryError;
// *mat32.DegenerateError for fewer than two classes, and where distances may exceed float64; and one that wraps ctx.Err().
func (l LabelSeparation) Compare(ctx context.Context, x, y mat.Matrix) (*LabelSeparations, error) {
	for _, m := range []mat.Matrix{x, y} {
		if err := mat32.CheckRows(separation, m); err != nil {
			return nil, err
		}
	}
	n, d, err := checkBoth(ctx, separation, x, y)
	if err != nil {
		return nil, err
	}
	if l, err = l.Resolve(n, d); err != nil {
		return nil, err
	}
	s := &LabelSeparations{}
	for _, label := range l.Labels {
		if label >= 0 {
			s.Classes = append(s.Classes, label)
			s.Rows++
		}
	}
	slices.Sort(s.Classes)
	s.Classes = slices.Compact(s.Classes)
	if len(s.Classes) < 2 {
		return nil, &mat32.DegenerateError{Method: separation, Reason: fmt.Sprintf("there is no pair of classes among %d", len(s.Classes))}
	}
	_, columns := y.Dims()
	need := int64(n)*int64(8+len(s.Classes)) + 8*int64(len(s.Classes))*int64(max(d, columns)+3*len(s.Classes))
	if err := mat32.CheckMemory(separation, need, l.MemoryLimit, "reduce the number of classes or of rows"); err != nil {
		return nil, err
	}
	class := make([]int, n)
	for i, label := range l.Labels {
		class[i] = -1
		if label >= 0 {
			class[i], _ = slices.BinarySearch(s.Classes, label)
		}
	}
	if s.Original, err = consistencies(ctx, "x", x, class, len(s.Classes)); err != nil {
		return nil, err
	}
	s.Embedded, err = consistencies(ctx, "y", y, class, len(s.Classes))
	return s, err
}

// consistencies returns the distance consistency of all pairs of classes.
func consistencies(ctx context.Context, name string, x mat.Matrix, class []int, classes int) (*mat.Dense, error) {
	n, d := x.Dims()
	unit := 0.
	buffer := make([]float64, d)
	for i := range n {
		if i%1024 == 0 && ctx.Err() != nil {
			return nil, fmt.Errorf("%s: %w", separation, ctx.Err())
		}
		for _, v := range mat32.Row(buffer, i, x) {
			unit = max(unit, math.Abs(v))
		}
	}
	if unit > math.MaxFloat64/4 {
		return nil, &mat32.DegenerateError{Method: separation, Reason: name + " spans more than the largest float64: rescale it"}
	}
	_, exp := math.Frexp(unit) // values in units of this have squares within float64
	means, counts := make([]float64, classes*d), make([]float64, classes)
	first := slices.Clone(mat32.Row(buffer, 0, x)) // differences from it: an offset costs no digits
	from := func(buffer []float64, i int) []float64 {
		row := mat32.Row(buffer, i, x)
		for j, v := range row {
			buffer[j] = math.Ldexp(v-first[j], -exp)
		}
		return buffer
	}
	for i, c := range class {
		if i%1024 == 0 && ctx.Err() != nil {
			return nil, fmt.Errorf("%s: %w", separation, ctx.Err())
		}
		if c < 0 {
			continue
		}
		counts[c]++
		mean := means[c*d : (c+1)*d]
		for j, v := range from(buffer, i) {
			mean[j] += v
		}
	}
	for c, count := range counts {
		for j := range d {
			means[c*d+j] /= count
		}
	}
	// right[i·classes+c] is 1 where row i is on its own side of class c.
	right := make([]bool, n*classes)
	err := par.BlocksWith(ctx, n, 64, func() []float64 { return make([]float64, d) }, func(buffer []float64, lo, hi int) {
		for i := lo; i < hi; i++ {
			own := class[i]
			if own < 0 {
				continue
			}
			row := from(buffer, i)
			square := func(c int) (sum float64) {
				for j, v := range means[c*d : (c+1)*d] {
					sum += (row[j] - v) * (row[j] - v)
				}
				return sum
			}
			near := square(own)
			for c := range classes {
				far := square(c)
				right[i*classes+c] = near < far || near == far && own < c
			}
		}
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", separation, err)
	}
	pairs := make([]float64, classes*classes)
	for i, own := range class {
		for c := range classes {
			if own >= 0 && right[i*classes+c] {
				pairs[own*classes+c]++
			}
		}
	}
	all := mat.NewDense(classes, classes, nil)
	for a := range classes {
		for b := range a { // a class is not apart from itself: 0
			v := 2*(pairs[a*classes+b]+pairs[b*classes+a])/(counts[a]+counts[b]) - 1
			all.Set(a, b, v)
			all.Set(b, a, v)
		}
	}
	return all, nil
}

// Trustworthiness returns label-trustworthiness: 1 less the mean over pairs of classes of
// what their distance consistency lost in the embedding.
func (l *LabelSeparations) Trustworthiness() measure.Score {
	return l.lost("label-trustworthiness", l.Original, l.Embedded)
}

// Continuity returns label-continuity: 1 less the mean over pairs of classes of what
// their distance consistency gained in the embedding.
func (l *LabelSeparations) Continuity() measure.Score {
	return l.lost("label-continuity", l.Embedded, l.Original)
}

func (l *LabelSeparations) lost(name string, before, after *mat.Dense) measure.Score {
	classes, sum := len(l.Classes), 0.
	for a := range classes {
		for b := range a {
			sum += max(before.At(a, b)-after.At(a, b), 0)
		}
	}
	return measure.Score{Name: name, Value: 1 - sum/float64(classes*(classes-1)/2), Rows: l.Rows,
		Convention: "distance consistency of pairs of classes from −1 to 1, unknown labels left out"}
}

// String returns both scores in a line each.
func (l *LabelSeparations) String() string {
	return fmt.Sprintf("%d classes of %d rows\n  label-trustworthiness  %.4f\n  label-continuity       %.4f",
		len(l.Classes), l.Rows, l.Trustworthiness().Value, l.Continuity().Value)
}
