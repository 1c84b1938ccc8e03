package datasets

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Generator is what draws a data set: the generators of this package, what
// changes the data of another (Noise, Rotated, Imbalance, Outliers), and a
// *Dataset, which stands for a copy of itself.
type Generator interface {
	// Generate returns a data set that shares no memory with any other, so that
	// the caller may change it.
	Generate() (*Dataset, error)
}

const (
	// standardRows is the sample that Tenenbaum, de Silva and Langford (2000)
	// show, and a size at which every method of Flatland answers within seconds.
	standardRows = 1000

	mostRows = math.MaxInt32
	mostDims = 1 << 20

	// Lengths within [smallest, largest] keep squared distances inside the range
	// of float32, in which the fast kernels work.
	smallest = 1e-15
	largest  = 1e15
)

// options fills in and checks the options of one generator and keeps the first
// complaint.
type options struct {
	generator string
	err       error
}

func check[T int | float64](o *options, name string, value *T, standard, lo, hi T) {
	if *value == 0 {
		*value = standard
		return
	}
	if *value >= lo && *value <= hi { // never true for NaN
		return
	}
	want := fmt.Sprintf("%v ≤ %s ≤ %v", lo, name, hi)
	if standard != 0 {
		want += fmt.Sprintf(", or 0 for %v", standard)
	}
	o.refuse(name, *value, want)
}

func (o *options) refuse(name string, value any, want string) {
	if o.err == nil {
		o.err = &mat32.ParamError{Method: o.generator, Param: name, Value: value, Want: want}
	}
}

// checkMemory refuses a sample that would not fit, given its float64 values per
// row. Rows and values are at most 2³¹ and 2²³, so that the forecast fits int64.
func checkMemory(generator string, rows, values int) error {
	return mat32.CheckMemory(generator, 8*int64(rows)*int64(values), 0, "ask for fewer Rows or dimensions")
}

// eachRow calls f for every row with the row's own random numbers, on all
// cores.
func eachRow(n int, seed uint64, purpose string, f func(i int, s *rng.Stream)) {
	const block = 256
	// The one error of Blocks is that of its context, which is never cancelled.
	_ = par.Blocks(context.Background(), n, block, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			s := rng.New(seed, purpose, i)
			f(i, &s)
		}
	})
}

// deal gives every row a class: a shuffled pack of all classes for every so many
// rows, of which the last may be cut short, so that the classes are mixed and
// balanced.
func deal(rows, classes int, seed uint64, purpose string) []int {
	labels := make([]int, rows)
	pack := make([]int, classes)
	for lo := 0; lo < rows; lo += classes {
		for k := range pack {
			pack[k] = k
		}
		s := rng.New(seed, purpose, lo/classes)
		s.Shuffle(classes, func(a, b int) { pack[a], pack[b] = pack[b], pack[a] })
		copy(labels[lo:], pack)
	}
	return labels
}

// numbered returns the names "1", "2", … of classes without names of their own.
func numbered(classes int) []string {
	names := make([]string, classes)
	for k := range names {
		names[k] = strconv.Itoa(k + 1)
	}
	return names
}

// axes names the columns of a space without names of its own.
func axes(n int) []string {
	names := make([]string, n)
	for j := range names {
		names[j] = fmt.Sprintf("x%d", j+1)
	}
	return names
}

// inBox draws points uniformly from [−half, half] in every coordinate.
func inBox(points, dim int, half float64, seed uint64, purpose string) *mat.Dense {
	x := mat.NewDense(points, dim, nil)
	eachRow(points, seed, purpose, func(k int, s *rng.Stream) {
		row := x.RawRowView(k)
		for j := range row {
			row[j] = half * (2*s.Float64() - 1)
		}
	})
	return x
}

// basis draws k ≤ dim orthonormal rows, uniformly among all such (normal vectors
// made orthonormal one after the other).
func basis(k, dim int, seed uint64, purpose string) *mat.Dense {
	v := mat.NewDense(k, dim, nil)
	eachRow(k, seed, purpose, func(i int, s *rng.Stream) {
		row := v.RawRowView(i)
		for j := range row {
			row[j] = s.Normal()
		}
	})
	// The one error of Orthonormalize is that of its context.
	_ = linalg.Orthonormalize(context.Background(), v)
	return v
}

// span returns x·v, every row by itself, so that it does not depend on how many
// others there are.
func span(x, v *mat.Dense) *mat.Dense {
	n, _ := x.Dims()
	_, dim := v.Dims()
	y := mat.NewDense(n, dim, nil)
	_ = par.Blocks(context.Background(), n, 64, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row := y.RawRowView(i)
			for k, weight := range x.RawRowView(i) {
				floats.AddScaled(row, weight, v.RawRowView(k))
			}
		}
	})
	return y
}

// cumulate writes the sums of the shares up to each.
func cumulate(sums, shares []float64) {
	sum := 0.
	for k, share := range shares {
		sum += share
		sums[k] = sum
	}
}

// choose draws an index in proportion to the shares whose sums are given.
func choose(sums []float64, s *rng.Stream) int {
	// The first sum beyond u: indices without a share are never it.
	u := s.Float64() * sums[len(sums)-1]
	k, _ := slices.BinarySearchFunc(sums, u, func(sum, u float64) int {
		if sum <= u {
			return -1
		}
		return 1
	})
	return min(k, len(sums)-1)
}
